//! XChaCha20-Poly1305 with a fresh random nonce per message: database pages, log records, slots, wrapped keys.
//!
//! The 192-bit nonce is drawn from the operating system for every message, so one key may seal any number of messages a
//! device can write, and a restored disk image cannot make a nonce repeat. Source: RFC 8439 and
//! draft-irtf-cfrg-xchacha-03; vectors: Wycheproof `xchacha20_poly1305_test`.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::AeadInOut};

use crate::{CryptoError, SecretKey, labels::Label, random};

/// Bytes of a nonce.
pub const NONCE_LEN: usize = 24;
/// Bytes of an authentication tag.
pub const TAG_LEN: usize = 16;
/// What [`RandomNonceKey::seal`] adds to a message.
pub const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// A key that seals messages under random nonces. Wiped on drop.
pub struct RandomNonceKey(XChaCha20Poly1305);

impl RandomNonceKey {
    /// The key for `label` and `context` under `root`.
    #[must_use]
    pub fn derive(root: &SecretKey, label: Label, context: &[u8]) -> Self {
        Self::from_key(&root.derive(label, context))
    }

    /// Uses `key` itself, for a key that was derived for this one purpose.
    #[must_use]
    pub fn from_key(key: &SecretKey) -> Self {
        Self(XChaCha20Poly1305::new(key.expose().into()))
    }

    /// Encrypts `buf` in place and returns the fresh nonce and the tag.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`]; `buf` is then still plaintext and must not be written.
    pub fn seal_in_place(&self, aad: &[u8], buf: &mut [u8]) -> Result<([u8; NONCE_LEN], [u8; TAG_LEN]), CryptoError> {
        let nonce = random::array::<NONCE_LEN>()?;
        let tag = self.0.encrypt_inout_detached(&nonce.into(), aad, buf.into()).map_err(|_| CryptoError::TooLong)?;
        Ok((nonce, tag.into()))
    }

    /// Decrypts `buf` in place.
    ///
    /// # Errors
    /// [`CryptoError::Tampered`]; `buf` then holds no plaintext (it is left as it was given or zeroed).
    pub fn open_in_place(
        &self,
        aad: &[u8],
        nonce: &[u8; NONCE_LEN],
        buf: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), CryptoError> {
        self.0
            .decrypt_inout_detached(&(*nonce).into(), aad, buf.into(), &(*tag).into())
            .map_err(|_| CryptoError::Tampered)
    }

    /// Seals a small message as `nonce[24] ‖ ciphertext ‖ tag[16]`.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut out = vec![0u8; NONCE_LEN];
        out.reserve_exact(plaintext.len() + TAG_LEN);
        out.extend_from_slice(plaintext);
        let (nonce, tag) = self.seal_in_place(aad, out.get_mut(NONCE_LEN..).unwrap_or_default())?;
        out.splice(..NONCE_LEN, nonce);
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// Opens what [`seal`](Self::seal) made. The plaintext is wiped on drop.
    ///
    /// # Errors
    /// [`CryptoError::Tampered`], also when `sealed` is shorter than [`OVERHEAD`].
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, CryptoError> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::Tampered)?;
        let (body, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(CryptoError::Tampered)?;
        let mut plain = zeroize::Zeroizing::new(body.to_vec());
        self.open_in_place(aad, nonce, &mut plain, tag)?;
        Ok(plain)
    }
}

impl core::fmt::Debug for RandomNonceKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RandomNonceKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels;

    #[test]
    fn every_single_bit_matters() {
        let key = RandomNonceKey::derive(&SecretKey::generate().unwrap(), labels::SLOT, b"");
        let sealed = key.seal(b"aad", b"attack at the courthouse").unwrap();
        assert_eq!(key.open(b"aad", &sealed).unwrap().as_slice(), b"attack at the courthouse");
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(b"aad", &bad), Err(CryptoError::Tampered));
        }
        assert_eq!(key.open(b"aae", &sealed), Err(CryptoError::Tampered));
        for cut in 0..sealed.len() {
            assert_eq!(key.open(b"aad", &sealed[..cut]), Err(CryptoError::Tampered));
        }
    }
}
