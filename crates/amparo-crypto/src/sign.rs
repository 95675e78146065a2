//! Ed25519 signatures (RFC 8032), each bound to a purpose.
//!
//! What is signed is `label ‖ 0x00 ‖ message`, so a signature made for one purpose never verifies for another. Verification
//! is strict (`verify_strict`): small-order keys and non-canonical encodings are refused.

use core::fmt;

use ed25519_dalek::Signer as _;

use crate::{
    CryptoError, SecretKey, hash,
    labels::{self, Label},
};

/// A signing key, derived from a 32-byte seed. Wiped on drop.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key whose RFC 8032 seed is `seed`.
    #[must_use]
    pub fn from_seed(seed: &SecretKey) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// A fresh key and the seed to keep.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn generate() -> Result<(Self, SecretKey), CryptoError> {
        let seed = SecretKey::generate()?;
        Ok((Self::from_seed(&seed), seed))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs `message` for the purpose `label`.
    #[must_use]
    pub fn sign(&self, label: Label, message: &[u8]) -> [u8; 64] {
        self.0.sign(&input(label, message)).to_bytes()
    }

    /// Signs exactly `message`, for formats whose own specification fixes the signed bytes and separates its purposes itself
    /// (C2SP signed notes).
    #[must_use]
    pub fn sign_bare(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`CryptoError::MalformedKey`] when they are not a point, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| CryptoError::MalformedKey)?;
        if key.is_weak() { Err(CryptoError::MalformedKey) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Checks `signature` over `message` for the purpose `label`.
    ///
    /// # Errors
    /// [`CryptoError::Signature`].
    pub fn verify(&self, label: Label, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
        self.verify_bare(&input(label, message), signature)
    }

    /// Checks `signature` over exactly `message`: see [`SigningKey::sign_bare`].
    ///
    /// # Errors
    /// [`CryptoError::Signature`].
    pub fn verify_bare(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| CryptoError::Signature)
    }

    /// SHA-256 over the labelled key, for people to compare.
    #[must_use]
    pub fn fingerprint(&self) -> hash::Digest {
        hash::labelled(labels::FINGERPRINT, &[&self.to_bytes()])
    }
}

fn input(label: Label, message: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_purpose_only() {
        let (key, seed) = SigningKey::generate().unwrap();
        let public = key.verifying_key();
        let signature = key.sign(labels::CUSTODY_HEAD, b"head");
        public.verify(labels::CUSTODY_HEAD, b"head", &signature).unwrap();
        assert_eq!(public.verify(labels::REPORT_SIGNATURE, b"head", &signature), Err(CryptoError::Signature));
        assert_eq!(public.verify(labels::CUSTODY_HEAD, b"heap", &signature), Err(CryptoError::Signature));
        assert_eq!(SigningKey::from_seed(&seed).verifying_key(), public);
        assert_eq!(VerifyingKey::from_bytes(&public.to_bytes()).unwrap(), public);
        assert_eq!(VerifyingKey::from_bytes(&[0; 32]), Err(CryptoError::MalformedKey));
    }
}
