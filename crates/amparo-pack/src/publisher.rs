//! Who signed a pack.

use amparo_crypto::sign::VerifyingKey;
use amparo_report::{hex, manifest::show_fingerprint};

/// A publisher's public key. Its name in the manifest is only what it calls itself; people compare fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publisher(VerifyingKey);

impl Publisher {
    /// The publisher of this key; `None` for bytes that are no usable Ed25519 key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().map(Self)
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Self::from_bytes(&hex::decode(text)?)
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> VerifyingKey {
        self.0
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The key as 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(&self.to_bytes())
    }

    /// What people compare, over the telephone or on paper: 128 bits in groups of four digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        show_fingerprint(&self.0)
    }
}

impl From<VerifyingKey> for Publisher {
    fn from(key: VerifyingKey) -> Self {
        Self(key)
    }
}
