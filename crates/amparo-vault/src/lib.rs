//! The encrypted vault: one folder that holds a header, slots, an encrypted SQLite database and encrypted media.
//!
//! A vault is created or unlocked with a passphrase ([`Vault`]), used from any number of threads, and locked. Plaintext
//! never touches storage: no temporary files, no unencrypted journal, media encrypted as they stream. Nothing is deleted on
//! an error: damage is named, and what is not damaged stays readable.
//!
//! What it knows nothing of: incidents, custody, reports. The layer above brings its own tables ([`Component`]).

mod database;
mod device_key;
mod durable;
mod error;
mod header;
mod media;
#[cfg(feature = "record-writes")]
pub mod record;
mod slots;
mod store;
mod vault;
// The only unsafe code of the crate: SQLite's virtual file system is a C interface.
#[allow(unsafe_code)]
mod vfs;

pub use amparo_crypto::kdf::{KdfParams, Passphrase};
pub use database::{Component, DatabaseError};
pub use device_key::{DeviceKey, DeviceKeyError};
pub use error::VaultError;
pub use header::FORMAT_VERSION;
pub use media::{MediaId, MediaInfo, MediaProfile, MediaReader, MediaState, MediaWriter};
pub use vault::{CheckReport, CreateOptions, HeaderInfo, UnlockOptions, Vault};
