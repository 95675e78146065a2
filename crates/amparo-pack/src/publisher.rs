//! Who signed a pack.

use amparo_crypto::sign::VerifyingKey;
use amparo_report::{hex, manifest::show_fingerprint};

/// A publisher's public key. Its name in the manifest is only what it calls itself; people compare fingerprints.
///
/// Holds the 32 bytes and not the key's point: it travels in errors, which should be small. They were read as a key once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Publisher([u8; 32]);

impl Publisher {
    /// The publisher of this key; `None` for bytes that are no usable Ed25519 key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().map(Self::from)
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Self::from_bytes(&hex::decode(text)?)
    }

    /// The key's 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The key as 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(&self.0)
    }

    /// What people compare, over the telephone or on paper: 128 bits in groups of four digits.
    #[must_use]
    pub fn fingerprint(self) -> String {
        // Always a key: nothing else becomes a publisher.
        VerifyingKey::from_bytes(&self.0).map(|key| show_fingerprint(&key)).unwrap_or_default()
    }
}

impl From<VerifyingKey> for Publisher {
    fn from(key: VerifyingKey) -> Self {
        Self(key.to_bytes())
    }
}
