//! SHA-256 (FIPS 180-4), the digest of every piece of evidence, and HKDF-Expand under a label.

use hkdf::Hkdf;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::labels::Label;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// SHA-384 of `bytes`, to check what others hashed. Nothing of ours is hashed with it.
#[must_use]
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    Sha384::digest(bytes).into()
}

/// SHA-512 of `bytes`, to check what others hashed. Nothing of ours is hashed with it.
#[must_use]
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    Sha512::digest(bytes).into()
}

/// SHA-256 computed while bytes pass by.
#[derive(Clone, Default, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that was added.
    #[must_use]
    pub fn finish(self) -> Digest {
        self.0.finalize().into()
    }
}

/// SHA-256 of `label ‖ 0x00 ‖ part ‖ part …`, each part preceded by its length as `u64` big-endian, so that no two lists of
/// parts have the same input.
#[must_use]
pub fn labelled(label: Label, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(label.as_bytes());
    hasher.update([0]);
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// `HKDF-Expand-SHA256(prk, label ‖ 0x00 ‖ context)` into `out` (RFC 5869 §2.3). `out` is at most 76 bytes in this crate, far
/// below the limit of 255 × 32 at which the expansion can fail.
pub(crate) fn expand(prk: &[u8; 32], label: Label, context: &[u8], out: &mut [u8]) {
    debug_assert!(out.len() <= 255 * 32);
    let info = [label.as_bytes(), &[0], context];
    if let Ok(hkdf) = Hkdf::<Sha256>::from_prk(prk)
        && hkdf.expand_multi_info(&info, out).is_ok()
    {
        return;
    }
    // Not reachable: a 32-byte PRK and a short output are always accepted. Aborting beats returning a predictable key.
    std::process::abort();
}

/// `HKDF-SHA256` extract and expand in one (RFC 5869 §2), for inputs that are not uniformly random.
pub(crate) fn extract_expand(salt: &[u8], ikm: &[&[u8]], label: Label, out: &mut [u8]) {
    let mut extract = hkdf::HkdfExtract::<Sha256>::new(Some(salt));
    for part in ikm {
        extract.input_ikm(part);
    }
    let (mut prk, _) = extract.finalize();
    let mut key = zeroize::Zeroizing::new([0u8; 32]);
    key.copy_from_slice(&prk);
    zeroize::Zeroize::zeroize(prk.as_mut_slice());
    expand(&key, label, b"", out);
}
