//! 32 bytes that are wiped when dropped and never printed.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, labels::Label, random};

/// A 32-byte symmetric key or seed. Boxed once, so moving the handle does not copy the bytes; wiped on drop; compared in
/// constant time; `Debug` prints nothing of it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SecretKey(Box<[u8; 32]>);

impl SecretKey {
    /// Takes over `bytes` and wipes the caller's copy.
    #[must_use]
    pub fn take(bytes: &mut [u8; 32]) -> Self {
        let mut boxed = Box::new([0u8; 32]);
        boxed.copy_from_slice(bytes);
        bytes.zeroize();
        Self(boxed)
    }

    /// A fresh key from the operating system's random source.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn generate() -> Result<Self, CryptoError> {
        let mut boxed = Box::new([0u8; 32]);
        random::fill(boxed.as_mut_slice())?;
        Ok(Self(boxed))
    }

    /// `HKDF-Expand(self, label ‖ 0x00 ‖ context, 32)` with SHA-256 (RFC 5869 §2.3). `self` must be uniformly random, which
    /// every `SecretKey` is: it came from the random source or from a key derivation.
    #[must_use]
    pub fn derive(&self, label: Label, context: &[u8]) -> Self {
        let mut boxed = Box::new([0u8; 32]);
        crate::hash::expand(&self.0, label, context, boxed.as_mut_slice());
        Self(boxed)
    }

    /// The bytes, for a caller that seals them into an envelope or hands them to another primitive. Every use outside this
    /// crate states why it needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A wiped-on-drop copy, for formats that carry the key inside an encrypted envelope.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(*self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for SecretKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn take_wipes_the_source_and_debug_is_silent() {
        let mut bytes = [0x41u8; 32];
        let key = SecretKey::take(&mut bytes);
        assert_eq!(bytes, [0; 32]);
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
        assert_eq!(key.expose(), &[0x41; 32]);
    }

    #[test]
    fn derivations_differ_by_label_and_by_context() {
        let root = SecretKey::generate().unwrap();
        let a = root.derive(crate::labels::DB_PAGES, b"");
        assert_eq!(a, root.derive(crate::labels::DB_PAGES, b""));
        assert_ne!(a, root.derive(crate::labels::DB_LOG, b""));
        assert_ne!(a, root.derive(crate::labels::DB_PAGES, b"x"));
    }
}
