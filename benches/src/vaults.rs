//! Vaults to measure on. The key derivation runs at its floor, once for each vault: its cost is measured on its own.

use std::{path::Path, sync::Arc};

use amparo_core::{Amparo, CreateOptions, KdfParams, Passphrase, SystemClock};

use crate::Fallible;

/// The passphrase of every vault made here: they hold nothing.
pub const PASSPHRASE: &[u8] = b"correct horse battery staple";

/// A new vault in `dir/vault`.
///
/// # Errors
/// The vault's.
pub fn create(dir: &Path) -> Fallible<Amparo> {
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    Ok(Amparo::create(&dir.join("vault"), &Passphrase::new(PASSPHRASE)?, &options, Arc::new(SystemClock))?)
}
