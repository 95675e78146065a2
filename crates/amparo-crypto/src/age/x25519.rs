//! The classic stanza: `-> X25519 <share>` and a wrapped file key (C2SP age, "The X25519 recipient type").
//!
//! ```text
//! salt     = share ‖ recipient
//! wrap key = HKDF-SHA-256(X25519(secret, public), salt, "age-encryption.org/v1/X25519")
//! body     = ChaCha20-Poly1305(wrap key, nonce = 0, file key)          32 bytes
//! ```
//!
//! A shared secret of zeros is refused on both sides: it would not depend on the secret key.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::AeadInOut as _};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};

use super::{
    AgeError, FILE_KEY_LEN, FileKey, HeaderFault, KeyFault, WRAPPED_KEY_LEN,
    header::Stanza,
    hkdf_sha256,
    text::{decode_base64_array, encode_base64},
};
use crate::SecretKey;

/// The first argument of the stanza.
pub(super) const NAME: &str = "X25519";
/// Bytes of a public key, and of a share.
pub(super) const PUBLIC_LEN: usize = 32;

const INFO: &[u8] = b"age-encryption.org/v1/X25519";

/// Fixed, because the wrap key is used once: its salt holds a share that is fresh for every stanza and every file.
const NONCE: [u8; 12] = [0; 12];

/// The parsed content of a stanza.
pub(super) struct Wrapped {
    share: [u8; PUBLIC_LEN],
    body: [u8; WRAPPED_KEY_LEN],
}

impl Wrapped {
    /// Reads the content of a stanza whose first argument is [`NAME`].
    pub(super) fn parse(stanza: &Stanza) -> Result<Self, HeaderFault> {
        let [_, share] = stanza.args.as_slice() else {
            return Err(HeaderFault::ArgumentCount);
        };
        Ok(Self {
            share: decode_base64_array(share.as_bytes()).ok_or(HeaderFault::Share)?,
            // Checked before decrypting: a longer body could be built to open under many keys (partitioning oracle).
            body: stanza.body.as_slice().try_into().map_err(|_| HeaderFault::WrappedKeyLength)?,
        })
    }
}

/// The public key of `secret`.
pub(super) fn public_of(secret: &SecretKey) -> [u8; PUBLIC_LEN] {
    PublicKey::from(&static_secret(secret)).to_bytes()
}

/// Checks that a file sealed to `public` could be opened by somebody, and by nobody else.
///
/// The owner's software derives the canonical encoding and hashes it into the wrap key, so a file sealed to any other
/// encoding of the point would open for nobody. A point of low order would open for everybody.
pub(super) fn check_public(public: &[u8; PUBLIC_LEN]) -> Result<(), KeyFault> {
    // Any scalar shows it: scalars are clamped to multiples of 8, which send exactly the points of low order to zero.
    let probe = StaticSecret::from([1; 32]).diffie_hellman(&PublicKey::from(*public));
    if is_canonical(public) && probe.was_contributory() { Ok(()) } else { Err(KeyFault::Unusable) }
}

/// Whether `u` is below 2^255 − 19, little-endian.
fn is_canonical(u: &[u8; PUBLIC_LEN]) -> bool {
    let [low, middle @ .., high] = u;
    *high < 0x7f || (*high == 0x7f && (middle.iter().any(|b| *b != 0xff) || *low < 0xed))
}

/// Wraps `file_key` to `public` under a fresh ephemeral key.
pub(super) fn wrap(public: &[u8; PUBLIC_LEN], file_key: &FileKey) -> Result<Stanza, AgeError> {
    let ephemeral = SecretKey::generate()?;
    let share = public_of(&ephemeral);
    let shared = static_secret(&ephemeral).diffie_hellman(&PublicKey::from(*public));
    if !shared.was_contributory() {
        return Err(KeyFault::Unusable.into());
    }
    let mut body = [0u8; WRAPPED_KEY_LEN];
    let (sealed, tag) = body.split_at_mut(FILE_KEY_LEN);
    sealed.copy_from_slice(file_key.0.as_slice());
    let computed = cipher(&shared, &share, public)
        .encrypt_inout_detached(&NONCE.into(), b"", sealed.into())
        .map_err(|_| AgeError::TooLong)?;
    tag.copy_from_slice(&computed);
    Ok(Stanza { args: vec![NAME.to_owned(), encode_base64(&share)], body: body.to_vec() })
}

/// The file key, or `None` when the stanza was made for another key (or changed: the two cannot be told apart).
pub(super) fn unwrap(
    secret: &SecretKey,
    public: &[u8; PUBLIC_LEN],
    wrapped: &Wrapped,
) -> Result<Option<FileKey>, HeaderFault> {
    let shared = static_secret(secret).diffie_hellman(&PublicKey::from(wrapped.share));
    if !shared.was_contributory() {
        return Err(HeaderFault::LowOrderShare);
    }
    let mut file_key = FileKey::blank();
    let (sealed, tag) = wrapped.body.split_at(FILE_KEY_LEN);
    file_key.0.copy_from_slice(sealed);
    let Ok(tag) = <[u8; 16]>::try_from(tag) else {
        return Err(HeaderFault::WrappedKeyLength);
    };
    let opened = cipher(&shared, &wrapped.share, public).decrypt_inout_detached(
        &NONCE.into(),
        b"",
        file_key.0.as_mut_slice().into(),
        &tag.into(),
    );
    Ok(opened.is_ok().then_some(file_key))
}

fn cipher(shared: &SharedSecret, share: &[u8; PUBLIC_LEN], public: &[u8; PUBLIC_LEN]) -> ChaCha20Poly1305 {
    let mut salt = [0u8; 2 * PUBLIC_LEN];
    let (first, second) = salt.split_at_mut(PUBLIC_LEN);
    first.copy_from_slice(share);
    second.copy_from_slice(public);
    let key = hkdf_sha256(shared.as_bytes(), &salt, INFO);
    ChaCha20Poly1305::new((&*key).into())
}

/// The scalar of `secret`, wiped on drop. `x25519-dalek` takes it by value: a copy may stay on the stack until overwritten.
fn static_secret(secret: &SecretKey) -> StaticSecret {
    StaticSecret::from(*secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low_order() -> Vec<[u8; 32]> {
        let mut points = vec![[0; 32], [0; 32], [0xff; 32]];
        points[1][0] = 1;
        points[2][0] = 0xec; // p − 1
        points[2][31] = 0x7f;
        points
    }

    #[test]
    fn unusable_public_keys_are_refused() {
        for point in low_order() {
            assert_eq!(check_public(&point), Err(KeyFault::Unusable));
            assert_eq!(wrap(&point, &FileKey::blank()).err(), Some(AgeError::MalformedKey(KeyFault::Unusable)));
        }
        let good = public_of(&SecretKey::generate().unwrap());
        assert_eq!(check_public(&good), Ok(()));
        let mut high_bit = good;
        high_bit[31] |= 0x80;
        assert_eq!(check_public(&high_bit), Err(KeyFault::Unusable));
        // The base point is 9; p + 9 is the same point in another encoding.
        let mut nine = [0u8; 32];
        nine[0] = 9;
        assert_eq!(check_public(&nine), Ok(()));
        let mut p_plus_nine = [0xff; 32];
        p_plus_nine[0] = 0xed + 9;
        p_plus_nine[31] = 0x7f;
        assert_eq!(check_public(&p_plus_nine), Err(KeyFault::Unusable));
    }

    #[test]
    fn a_low_order_share_is_refused_by_name() {
        let secret = SecretKey::generate().unwrap();
        let public = public_of(&secret);
        for share in low_order() {
            let wrapped = Wrapped { share, body: [0; 32] };
            assert_eq!(unwrap(&secret, &public, &wrapped).err(), Some(HeaderFault::LowOrderShare));
        }
    }

    #[test]
    fn wraps_are_fresh_and_open_for_one_key_only() {
        let secret = SecretKey::generate().unwrap();
        let public = public_of(&secret);
        let file_key = FileKey::generate().unwrap();
        let one = wrap(&public, &file_key).unwrap();
        let two = wrap(&public, &file_key).unwrap();
        assert_ne!(one.args, two.args);
        assert_ne!(one.body, two.body);
        let opened = unwrap(&secret, &public, &Wrapped::parse(&one).unwrap()).unwrap().unwrap();
        assert_eq!(opened.0, file_key.0);
        let other = SecretKey::generate().unwrap();
        assert!(unwrap(&other, &public_of(&other), &Wrapped::parse(&one).unwrap()).unwrap().is_none());
    }
}
