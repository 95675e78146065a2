//! What can go wrong with a vault, told apart so that an app can say what to do next.
//!
//! No variant carries a path, a file name, a passphrase, a key or anything that was stored. "Wrong passphrase", "device
//! locked", "key gone" and "damaged" are four different answers: none of them ever leads to a deletion.

use std::io;

use amparo_crypto::CryptoError;

use crate::database::DatabaseError;

/// An error of the vault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The folder holds no vault header.
    #[error("there is no vault in this folder")]
    NotAVault,
    /// The folder for a new vault exists and is not empty. Nothing was touched.
    #[error("the folder for the new vault is not empty")]
    AlreadyExists,
    /// Another process, or another handle in this one, has the vault open.
    #[error("the vault is in use by another process or handle")]
    VaultInUse,
    /// The vault was locked while or before this was asked.
    #[error("the vault is locked")]
    Locked,
    /// No slot opens with this passphrase (and device key). The slots themselves are intact.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The passphrase is empty or too long.
    #[error("the passphrase is empty or too long")]
    UnusablePassphrase,
    /// A short string of digits was given as the passphrase of a vault without a device key.
    #[error("a PIN protects nothing without a device key: use a passphrase of several words")]
    PinNeedsDeviceKey,
    /// The new passphrase cannot be used for this vault; another one can.
    #[error("this passphrase cannot be used here; choose another one")]
    PassphraseRefused,
    /// The header is shorter than its format says.
    #[error("the vault header is truncated")]
    HeaderTruncated,
    /// The header's checksum does not match its bytes, or its fields contradict each other.
    #[error("the vault header is damaged")]
    HeaderDamaged,
    /// The vault was written by a newer version.
    #[error("the vault has format version {found}; this version reads up to {supported}")]
    NewerVersion {
        /// The version found.
        found: u16,
        /// The newest version this code reads.
        supported: u16,
    },
    /// The header asks for a key derivation outside the bounds: too weak to trust, or large enough to exhaust the device.
    #[error(
        "the vault header asks for key derivation parameters out of bounds ({memory_kib} KiB, {passes} passes, {lanes} lanes)"
    )]
    KdfParameters {
        /// Memory in KiB as stated.
        memory_kib: u32,
        /// Passes as stated.
        passes: u32,
        /// Lanes as stated.
        lanes: u32,
    },
    /// The slot file is missing or has another length than its format says.
    #[error("the slot file is missing or truncated")]
    SlotsTruncated,
    /// No slot opens and the slot file's checksum does not match: the passphrase may well be right.
    #[error("the slot file is damaged; the passphrase may be right")]
    SlotsDamaged,
    /// The vault was made with a device key and none was given.
    #[error("this vault needs the device key it was made with")]
    DeviceKeyRequired,
    /// The device key cannot be used now.
    #[error(transparent)]
    DeviceKey(#[from] crate::device_key::DeviceKeyError),
    /// The folder of the space that the slot names is missing.
    #[error("the vault's data folder is missing")]
    SpaceMissing,
    /// The database could not be opened, read or written.
    #[error(transparent)]
    Database(DatabaseError),
    /// There is no media file of this id in the vault.
    #[error("no such media in this vault")]
    MediaNotFound,
    /// The media file's row exists and the file does not.
    #[error("the media file is missing")]
    MediaMissing,
    /// The media file's header does not belong to this media id and key.
    #[error("the media file is damaged: its header does not match")]
    MediaHeaderDamaged,
    /// A slot of a media file was changed or cut. The others stay readable.
    #[error("the media file is damaged at slot {slot}")]
    MediaDamaged {
        /// The first bad slot, counted from 0.
        slot: u64,
    },
    /// The medium is still being written, or was interrupted and not yet recovered.
    #[error("the medium is still being written")]
    MediaUnfinished,
    /// A write to this medium failed earlier. What was written before is kept; nothing more can be added.
    #[error("an earlier write to this medium failed; what was written before is kept")]
    MediaBroken,
    /// The storage is full. Nothing that was acknowledged is lost.
    #[error("the storage is full")]
    StorageFull,
    /// Not enough memory for the key derivation.
    #[error("not enough memory")]
    OutOfMemory,
    /// The operating system's random source failed.
    #[error("the operating system's random source failed")]
    Randomness,
    /// The vault was called from inside one of its own read or write closures.
    #[error("the vault was called from inside its own transaction")]
    Reentrant,
    /// The operating system refused a file operation.
    #[error("could not {operation}: {kind}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The kind of failure.
        kind: io::ErrorKind,
    },
}

impl VaultError {
    /// Turns an I/O error into ours, without its path.
    pub(crate) fn io(operation: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::StorageFull,
            kind => Self::Io { operation, kind },
        }
    }
}

impl From<CryptoError> for VaultError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::Randomness => Self::Randomness,
            CryptoError::OutOfMemory => Self::OutOfMemory,
            CryptoError::Passphrase => Self::UnusablePassphrase,
            CryptoError::KdfParameters { memory_kib, passes, lanes } => {
                Self::KdfParameters { memory_kib, passes, lanes }
            }
            // The callers map tampering to what was tampered with; what is left cannot come from stored bytes.
            _ => Self::HeaderDamaged,
        }
    }
}

impl From<DatabaseError> for VaultError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::StorageFull => Self::StorageFull,
            other => Self::Database(other),
        }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        DatabaseError::from(error).into()
    }
}
