//! One module a topic. `run` returns `Ok(true)` when the command did what it was asked, `Ok(false)` when it was asked to verify
//! something that does not verify.

pub mod card;
pub mod checklist;
pub mod custody;
pub mod desk;
pub mod evidence;
pub mod incident;
pub mod interchange;
mod new_file;
pub mod pack;
mod picture;
pub mod recipient;
pub mod report;
pub mod tour;
pub mod vault;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use amparo_core::{Amparo, CoreError, SystemClock, UnlockOptions, VaultError};

use crate::{failure::Failure, output::Output, passphrase};

/// What the options that every command has came to.
pub struct Context {
    /// Where results go.
    pub output: Output,
    /// Where the passphrase comes from, if not from the environment or a prompt.
    pub passphrase_file: Option<PathBuf>,
}

impl Context {
    /// Unlocks the vault in `dir`, runs `work` on it, and locks it again, whatever `work` did.
    fn with_vault<T>(&self, dir: &Path, work: impl FnOnce(&Amparo) -> Result<T, Failure>) -> Result<T, Failure> {
        // Before anybody is asked for a passphrase.
        amparo_core::Vault::header_info(dir)?;
        let passphrase = passphrase::existing(self.passphrase_file.as_deref())?;
        let amparo = Amparo::unlock(dir, &passphrase, &UnlockOptions::default(), Arc::new(SystemClock))?;
        if !amparo.recovered().is_empty() {
            eprintln!(
                "amparo: {} piece(s) of evidence were cut off when the vault was last used; all that was kept is there, labelled as such",
                amparo.recovered().len()
            );
        }
        let result = work(&amparo);
        let locked = amparo.lock();
        let value = result?;
        match locked {
            // Committed is committed: only the log could not be written back. What was read must not be kept from its reader for that.
            Err(CoreError::Vault(VaultError::StorageFull)) => eprintln!(
                "amparo: the storage is full. What was done is saved, and the vault is locked; free some space before more is entered"
            ),
            locked => locked?,
        }
        Ok(value)
    }
}

/// `n` bytes, for people.
fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}

/// A digest as 64 lower-case hexadecimal digits.
fn hex(digest: &[u8]) -> String {
    amparo_report::hex::encode(digest)
}
