//! The root of the core: one unlocked vault and a clock.

use std::{path::Path, sync::Arc};

use amparo_vault::{CreateOptions, UnlockOptions, Vault};

use crate::{
    COMPONENT, Clock, CoreError, EvidenceId, Passphrase,
    checklist::{Checklists, Packs},
    custody::Custody,
    evidence::{self, EvidenceStore, Live},
    form::Forms,
    incident::{Incidents, upkeep},
    interchange::Interchange,
    recipient::Recipients,
    report::Reports,
    search::Search,
};

const COMPONENTS: &[amparo_vault::Component] = &[COMPONENT];

/// One unlocked vault. Cheap to clone, `Send` and `Sync`: all clones are one vault, and locking one locks all.
#[derive(Clone)]
pub struct Amparo {
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: Arc<Live>,
    recovered: Arc<[EvidenceId]>,
}

impl Amparo {
    /// Creates a vault in `dir`, which must not exist or be empty, and opens it. `options.components` is set here. Blocks for the
    /// key derivation and the disk.
    ///
    /// # Errors
    /// The vault's.
    pub fn create(
        dir: &Path,
        passphrase: &Passphrase,
        options: &CreateOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CoreError> {
        let options = CreateOptions { components: COMPONENTS, ..options.clone() };
        let vault = Vault::create(dir, passphrase, &options)?;
        upkeep::bring_up_to_date(&vault)?;
        Ok(Self { vault, clock, live: Arc::default(), recovered: Arc::new([]) })
    }

    /// Opens the vault in `dir`, and looks at evidence that a crash or a lock cut off: what was kept of it is hashed, labelled
    /// and entered in the custody log, and listed by [`recovered`](Self::recovered). What lists and searches read is made anew
    /// from the records if another version made it. `options.components` is set here. Blocks
    /// for the key derivation, and for reading what was cut off.
    ///
    /// # Errors
    /// The vault's.
    pub fn unlock(
        dir: &Path,
        passphrase: &Passphrase,
        options: &UnlockOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CoreError> {
        let options = UnlockOptions { components: COMPONENTS, ..options.clone() };
        let vault = Vault::unlock(dir, passphrase, &options)?;
        // A full storage must not keep the vault closed: lists and searches then miss what is not made yet, records do not, and
        // it goes on at the next unlock.
        let _ = upkeep::bring_up_to_date(&vault);
        let now = clock.now();
        let mut recovered = Vec::new();
        for media in vault.unfinished_media()? {
            let mut evidence = None;
            // One medium that cannot be looked at now (it stays as it is) must not keep the vault closed.
            let looked = vault.recover_media(media, |tx, info| {
                evidence = evidence::store::settle(tx, info, &now)?;
                Ok::<_, CoreError>(())
            });
            if looked.is_ok() {
                recovered.extend(evidence);
            }
        }
        Ok(Self { vault, clock, live: Arc::default(), recovered: recovered.into() })
    }

    /// Evidence that was found cut off at this unlock.
    #[must_use]
    pub fn recovered(&self) -> &[EvidenceId] {
        &self.recovered
    }

    /// The vault itself: to change the passphrase, check it, see whether it is locked. Its database and media are the core's.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Incidents.
    #[must_use]
    pub fn incidents(&self) -> Incidents<'_> {
        Incidents { amparo: self }
    }

    /// Evidence.
    #[must_use]
    pub fn evidence(&self) -> EvidenceStore<'_> {
        EvidenceStore { amparo: self }
    }

    /// The custody log.
    #[must_use]
    pub fn custody(&self) -> Custody<'_> {
        Custody { amparo: self }
    }

    /// Full-text search.
    #[must_use]
    pub fn search(&self) -> Search<'_> {
        Search { amparo: self }
    }

    /// Records to and from files.
    #[must_use]
    pub fn interchange(&self) -> Interchange<'_> {
        Interchange { amparo: self }
    }

    /// Recipients: the cards of those to whom reports can be sealed.
    #[must_use]
    pub fn recipients(&self) -> Recipients<'_> {
        Recipients { amparo: self }
    }

    /// Reports.
    #[must_use]
    pub fn reports(&self) -> Reports<'_> {
        Reports { amparo: self }
    }

    /// Channel forms.
    #[must_use]
    pub fn forms(&self) -> Forms<'_> {
        Forms { amparo: self }
    }

    /// Checklist packs and their publishers.
    #[must_use]
    pub fn packs(&self) -> Packs<'_> {
        Packs { amparo: self }
    }

    /// Checklists of the installed packs, and the user's runs through them.
    #[must_use]
    pub fn checklists(&self) -> Checklists<'_> {
        Checklists { amparo: self }
    }

    /// Signs the custody log's head, then locks the vault: evidence being written is ended with all it was given, files are
    /// closed, keys are wiped. Idempotent. Whatever it returns, the vault is locked.
    ///
    /// # Errors
    /// The vault's. A head that could not be signed (the storage is full) is signed at the next lock or seal.
    pub fn lock(&self) -> Result<(), CoreError> {
        if self.vault.is_locked() {
            return Ok(self.vault.lock()?);
        }
        let signed = self.custody().sign_head();
        self.vault.lock()?;
        match signed {
            // Somebody else locked it in between.
            Ok(_) | Err(CoreError::Vault(amparo_vault::VaultError::Locked)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl core::fmt::Debug for Amparo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Amparo").field("vault", &self.vault).finish_non_exhaustive()
    }
}
