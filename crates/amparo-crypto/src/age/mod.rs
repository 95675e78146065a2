//! age v1 files: sealed reports, replies and receipts, and the keys they are made for (`docs/formats/age.md`).
//!
//! Written and read are exactly the files of <https://c2sp.org/age>, so any recipient can open them with standard tools,
//! today or long after this project. Everything streams in constant memory. Two native recipient types are implemented:
//! the hybrid post-quantum `mlkem768x25519` (the default) and the classic `X25519`.
//!
//! What may not happen here: no key material in an error, in `Debug` or in a log; no byte of plaintext released before its
//! chunk was authenticated; no end of file reported before the final chunk was; no allocation from a length that was not
//! checked. Passphrase (scrypt) stanzas and the ASCII armor are recognised and refused by name.

mod decrypt;
mod encrypt;
mod error;
mod header;
mod hybrid;
mod keys;
mod stream;
mod tag;
mod text;
mod x25519;

pub use decrypt::Decryptor;
pub use encrypt::{Encryptor, MAX_RECIPIENTS, StanzaPadding};
pub use error::{AgeError, HeaderFault, KeyFault, PayloadFault};
pub use header::{MAX_HEADER_LEN, MAX_STANZAS};
pub use keys::{Identity, KeyKind, Recipient, parse_identities, parse_recipients};
pub use stream::CHUNK_LEN;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, random};

/// Bytes of a file key.
const FILE_KEY_LEN: usize = 16;
/// Bytes of a ChaCha20-Poly1305 tag.
const TAG_LEN: usize = 16;
/// Bytes of a wrapped file key: the body of both native stanza types.
const WRAPPED_KEY_LEN: usize = FILE_KEY_LEN + TAG_LEN;

/// The symmetric key of one file. Boxed once, so moving the handle does not copy the bytes; wiped on drop.
#[derive(ZeroizeOnDrop)]
struct FileKey(Box<[u8; FILE_KEY_LEN]>);

impl FileKey {
    /// A fresh key. Used for one file and never again.
    fn generate() -> Result<Self, CryptoError> {
        let mut key = Self::blank();
        random::fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// All zeros, to be decrypted into.
    fn blank() -> Self {
        Self(Box::new([0; FILE_KEY_LEN]))
    }
}

/// `HKDF-SHA-256(ikm, salt, info)` with 32 bytes of output, as age uses it everywhere. The `info` strings are fixed by the age
/// specification, which separates its own purposes; they are therefore not among [`crate::labels`].
fn hkdf_sha256(ikm: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0u8; 32]);
    if Hkdf::<Sha256>::new(Some(salt), ikm).expand(info, out.as_mut_slice()).is_err() {
        // Not reachable: 32 bytes are far below HKDF's limit of 8160. Aborting beats returning a predictable key.
        std::process::abort();
    }
    out
}
