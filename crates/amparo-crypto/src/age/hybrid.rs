//! The post-quantum stanza: `-> mlkem768x25519 <enc>` and a wrapped file key (C2SP age, "The MLKEM768-X25519 hybrid
//! post-quantum recipient type").
//!
//! ```text
//! enc, body = HPKE.SealBase(recipient, info = "age-encryption.org/mlkem768x25519", aad = "", file key)
//!             KEM X-Wing (0x647a), KDF HKDF-SHA256, AEAD ChaCha20-Poly1305; enc 1120 bytes, body 32 bytes
//! ```
//!
//! It stays secret as long as either ML-KEM-768 or X25519 holds. A share whose X25519 half is of low order is refused, as age
//! demands: `hpke` 0.15 would accept it, so x-wing's rejecting decapsulation runs first.

use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _,
    aead::{AeadTag, ChaCha20Poly1305},
    kdf::HkdfSha256,
    kem::XWing,
    rand_core::{TryCryptoRng, TryRng},
};
use x_wing::TryDecapsulate as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    AgeError, FILE_KEY_LEN, FileKey, HeaderFault, KeyFault, WRAPPED_KEY_LEN,
    header::Stanza,
    text::{decode_base64_array, encode_base64},
    x25519,
};
use crate::{CryptoError, SecretKey, random};

/// The first argument of the stanza.
pub(super) const NAME: &str = "mlkem768x25519";
/// Bytes of a public key: an ML-KEM-768 encapsulation key and an X25519 public key.
pub(super) const PUBLIC_LEN: usize = x_wing::ENCAPSULATION_KEY_SIZE;

const ENC_LEN: usize = x_wing::CIPHERTEXT_SIZE;
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";

type PrivateKey = <XWing as hpke::Kem>::PrivateKey;
type PublicKey = <XWing as hpke::Kem>::PublicKey;
type EncappedKey = <XWing as hpke::Kem>::EncappedKey;

/// The parsed content of a stanza.
pub(super) struct Wrapped {
    enc: [u8; ENC_LEN],
    body: [u8; WRAPPED_KEY_LEN],
}

impl Wrapped {
    /// Reads the content of a stanza whose first argument is [`NAME`].
    pub(super) fn parse(stanza: &Stanza) -> Result<Self, HeaderFault> {
        let [_, enc] = stanza.args.as_slice() else {
            return Err(HeaderFault::ArgumentCount);
        };
        Ok(Self {
            enc: decode_base64_array(enc.as_bytes()).ok_or(HeaderFault::Share)?,
            // Checked before decrypting: a longer body could be built to open under many keys (partitioning oracle).
            body: stanza.body.as_slice().try_into().map_err(|_| HeaderFault::WrappedKeyLength)?,
        })
    }
}

/// The public key of `seed`.
pub(super) fn public_of(seed: &SecretKey) -> Result<Box<[u8; PUBLIC_LEN]>, KeyFault> {
    let mut public = Box::new([0u8; PUBLIC_LEN]);
    XWing::sk_to_pk(&private_key(seed)?).write_exact(public.as_mut_slice());
    Ok(public)
}

/// Checks that a file sealed to `public` could be opened by somebody, and by nobody else: ML-KEM's own check (FIPS 203 §7.2)
/// and [`x25519::check_public`] on the other half, whose encoding is hashed into the shared secret.
pub(super) fn check_public(public: &[u8; PUBLIC_LEN]) -> Result<(), KeyFault> {
    PublicKey::from_bytes(public).map_err(|_| KeyFault::Unusable)?;
    let (_, classic) = public.split_last_chunk::<{ x25519::PUBLIC_LEN }>().ok_or(KeyFault::Unusable)?;
    x25519::check_public(classic)
}

/// Wraps `file_key` to `public` with fresh randomness.
pub(super) fn wrap(public: &[u8; PUBLIC_LEN], file_key: &FileKey) -> Result<Stanza, AgeError> {
    let public = PublicKey::from_bytes(public).map_err(|_| KeyFault::Unusable)?;
    let mut randomness = Drawn::new()?;
    let mut body = vec![0u8; FILE_KEY_LEN];
    body.copy_from_slice(file_key.0.as_slice());
    let sealed = hpke::single_shot_seal_inout_detached_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &public,
        INFO,
        body.as_mut_slice().into(),
        b"",
        &mut randomness,
    );
    let (Ok((enc, tag)), false) = (sealed, randomness.exhausted) else {
        // The body may still be the file key in clear.
        body.zeroize();
        return Err(AgeError::Randomness);
    };
    body.extend_from_slice(&tag.to_bytes());
    Ok(Stanza { args: vec![NAME.to_owned(), encode_base64(&enc.to_bytes())], body })
}

/// The file key, or `None` when the stanza was made for another key (or changed: the two cannot be told apart).
pub(super) fn unwrap(seed: &SecretKey, wrapped: &Wrapped) -> Result<Option<FileKey>, HeaderFault> {
    // The check against low order that hpke leaves out. Its shared secret is thrown away; the work is done twice.
    let strict = x_wing::DecapsulationKeyRejectNonContrib::from(*seed.expose());
    let ciphertext = x_wing::Ciphertext::from(wrapped.enc);
    let mut shared = strict.try_decapsulate(&ciphertext).map_err(|_| HeaderFault::LowOrderShare)?;
    shared.as_mut_slice().zeroize();

    let private = private_key(seed).map_err(|_| HeaderFault::Share)?;
    let enc = EncappedKey::from_bytes(&wrapped.enc).map_err(|_| HeaderFault::Share)?;
    let (sealed, tag) = wrapped.body.split_at(FILE_KEY_LEN);
    let tag = AeadTag::<ChaCha20Poly1305>::from_bytes(tag).map_err(|_| HeaderFault::WrappedKeyLength)?;
    let mut file_key = FileKey::blank();
    file_key.0.copy_from_slice(sealed);
    let opened = hpke::single_shot_open_inout_detached::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &private,
        &enc,
        INFO,
        file_key.0.as_mut_slice().into(),
        b"",
        &tag,
    );
    Ok(opened.is_ok().then_some(file_key))
}

fn private_key(seed: &SecretKey) -> Result<PrivateKey, KeyFault> {
    PrivateKey::from_bytes(seed.expose()).map_err(|_| KeyFault::Unusable)
}

/// Randomness for one encapsulation, drawn from the operating system beforehand, so that a failing source is an error and not
/// a panic inside `hpke`. X-Wing takes 64 bytes. Whoever asks for more gets zeros and leaves `exhausted` set: what was made
/// with them must not be used.
struct Drawn {
    bytes: Zeroizing<[u8; x_wing::ENCAPSULATION_RANDOMNESS_SIZE]>,
    used: usize,
    exhausted: bool,
}

impl Drawn {
    fn new() -> Result<Self, CryptoError> {
        let mut bytes = Zeroizing::new([0u8; x_wing::ENCAPSULATION_RANDOMNESS_SIZE]);
        random::fill(bytes.as_mut_slice())?;
        Ok(Self { bytes, used: 0, exhausted: false })
    }
}

impl TryRng for Drawn {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut word = [0u8; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut word = [0u8; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        match self.bytes.get(self.used..self.used.saturating_add(dst.len())) {
            Some(bytes) => {
                dst.copy_from_slice(bytes);
                self.used += dst.len();
            }
            None => {
                dst.fill(0);
                self.exhausted = true;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_are_fresh_and_open_for_one_key_only() {
        let seed = SecretKey::generate().unwrap();
        let public = public_of(&seed).unwrap();
        check_public(&public).unwrap();
        let file_key = FileKey::generate().unwrap();
        let one = wrap(&public, &file_key).unwrap();
        let two = wrap(&public, &file_key).unwrap();
        assert_ne!(one.args, two.args);
        assert_ne!(one.body, two.body);
        let opened = unwrap(&seed, &Wrapped::parse(&one).unwrap()).unwrap().unwrap();
        assert_eq!(opened.0, file_key.0);
        let other = SecretKey::generate().unwrap();
        assert!(unwrap(&other, &Wrapped::parse(&one).unwrap()).unwrap().is_none());
    }

    #[test]
    fn a_low_order_share_is_refused_by_name() {
        let seed = SecretKey::generate().unwrap();
        let stanza = wrap(&public_of(&seed).unwrap(), &FileKey::blank()).unwrap();
        let mut wrapped = Wrapped::parse(&stanza).unwrap();
        wrapped.enc[ENC_LEN - 32..].fill(0);
        assert_eq!(unwrap(&seed, &wrapped).err(), Some(HeaderFault::LowOrderShare));
    }

    #[test]
    fn unusable_public_keys_are_refused() {
        let good = public_of(&SecretKey::generate().unwrap()).unwrap();
        let mut low_order = good.clone();
        low_order[PUBLIC_LEN - 32..].fill(0);
        assert_eq!(check_public(&low_order), Err(KeyFault::Unusable));
        let mut not_reduced = good.clone();
        not_reduced[..3].fill(0xff); // two coefficients of 4095, above q − 1 = 3328
        assert_eq!(check_public(&not_reduced), Err(KeyFault::Unusable));
        let mut high_bit = good;
        high_bit[PUBLIC_LEN - 1] |= 0x80;
        assert_eq!(check_public(&high_bit), Err(KeyFault::Unusable));
    }

    #[test]
    fn drawn_randomness_never_repeats_and_says_when_it_is_used_up() {
        let mut drawn = Drawn::new().unwrap();
        let (mut a, mut b) = ([0u8; 32], [0u8; 32]);
        drawn.try_fill_bytes(&mut a).unwrap();
        drawn.try_fill_bytes(&mut b).unwrap();
        assert_ne!(a, b);
        assert!(!drawn.exhausted);
        assert_eq!(drawn.try_next_u32(), Ok(0));
        assert!(drawn.exhausted);
    }
}
