//! The key that never leaves the phone's secure element, as a trait the host implements.
//!
//! The vault calls it once per unlock, never while it holds its own lock. What it returns is mixed into the key-encryption
//! key, so a copy of the disk is worthless without the phone.

use zeroize::Zeroizing;

/// A key in hardware that can be used but not read.
pub trait DeviceKey: Send + Sync {
    /// A stable id of this key (not secret): recorded in the header so that the right key is asked for.
    fn id(&self) -> [u8; 16];

    /// Maps `pre` (the passphrase's Argon2id output) to 32 bytes that only this device can compute. Deterministic. May
    /// block: slowness here is what limits guessing.
    ///
    /// # Errors
    /// [`DeviceKeyError`], told apart so that the app can say "unlock your screen" or "this is another phone".
    fn stretch(&self, pre: &[u8]) -> Result<Zeroizing<[u8; 32]>, DeviceKeyError>;
}

/// Why a device key did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceKeyError {
    /// The device must be unlocked first.
    #[error("the device is locked: unlock its screen first")]
    DeviceLocked,
    /// The key is not on this device: the vault was restored or copied, or the key was destroyed.
    #[error("the device key is not on this device (was the vault restored from a backup?)")]
    KeyUnavailable,
    /// The secure element failed; trying again may work.
    #[error("the device key could not be used; try again")]
    Failed,
}
