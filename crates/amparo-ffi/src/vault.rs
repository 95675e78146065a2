//! One unlocked vault: the root of everything.

use std::{path::Path, sync::Arc};

use amparo_core::{
    Amparo, CreateOptions, KdfParams, Passphrase, SystemClock, UnlockOptions, VaultError as CoreVaultError,
};

use crate::{
    checklists::{Checklists, Packs},
    convert::{IntoHost as _, silent},
    custody::Custody,
    error::{DEVICE_LOCKED, Failure, KEY_UNAVAILABLE, call, errors},
    evidence::EvidenceStore,
    forms::Forms,
    host::{Clock, DeviceKey, HostClock, HostDeviceKey, LogLevel, log},
    ids::EvidenceId,
    incidents::Incidents,
    interchange::Interchange,
    job::{Progress, watch},
    recipients::Recipients,
    reports::Reports,
    search::Search,
};

errors! {
    /// Why a vault could not be created, unlocked or looked at.
    VaultError {
        /// No vault in this folder.
        NotAVault = 100,
        /// The folder for the new vault is not empty.
        AlreadyExists = 101,
        /// Another process has it open.
        InUse = 102,
        /// The passphrase does not open it, or it is another vault's. Nothing is known to be damaged.
        WrongPassphrase = 104,
        /// A PIN, or a passphrase as weak as one, needs a device key.
        PassphraseTooWeak = 106 | 107,
        /// It was written by a newer version of this library. It is kept as it is.
        NewerVersion = 110,
        /// It was created with a device key: give one.
        DeviceKeyRequired = 114,
        /// The device's screen must be unlocked first.
        DeviceLocked = DEVICE_LOCKED,
        /// The device key is not on this device. Was the vault restored from a backup?
        KeyUnavailable = KEY_UNAVAILABLE,
        /// The device key could not be used; trying again may work.
        DeviceKeyFailed = 115,
    }
}

/// How long the key derivation takes, which is what slows guessing down. It is fixed when a vault is created.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Kdf {
    /// Measured on this device to take about one second. At least 64 MiB and 3 passes.
    Calibrated,
    /// These parameters of Argon2id.
    Fixed {
        /// 65536 to 1048576.
        memory_kib: u32,
        /// 3 to 16.
        passes: u32,
        /// 1 to 4.
        lanes: u32,
    },
}

/// What can be seen of a vault without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VaultInfo {
    /// Version of the folder's format.
    pub format_version: u32,
    /// Memory of the key derivation.
    pub kdf_memory_kib: u32,
    /// Passes of the key derivation.
    pub kdf_passes: u32,
    /// Lanes of the key derivation.
    pub kdf_lanes: u32,
    /// How many device keys it needs.
    pub device_keys: u32,
    /// How many slots there are, used or not.
    pub slots: u32,
}

/// What a check of the whole vault found.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckReport {
    /// Whether nothing is damaged.
    pub sound: bool,
    /// Whether every page and index of the database is consistent.
    pub database_sound: bool,
    /// Whether the slot file's checksum matches.
    pub slots_intact: bool,
    /// Media files looked at.
    pub media_checked: u64,
    /// Media that are damaged or missing, with what is wrong.
    pub damaged: Vec<DamagedMedium>,
    /// How many media a crash or a lock cut short. They hold all that was kept.
    pub unfinished: u64,
    /// Files in the media folder that nothing names. They cannot be read by anybody; they are left where they are.
    pub orphans: u64,
}
silent!(CheckReport);

/// A medium that is damaged.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DamagedMedium {
    /// The medium's own id.
    pub medium: String,
    /// What is wrong, in English.
    pub what: String,
}

/// One unlocked vault. All objects got from it are the same vault: locking it makes all of them fail with `Locked`.
///
/// Safe to use from several threads. Dropping it does not lock it: call `lock`.
#[derive(uniffi::Object)]
pub struct Vault {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Vault {
    /// Creates a vault in `directory`, which must not exist or be empty, and opens it. `passphrase` is UTF-8 in a buffer that the
    /// caller wipes; no copy of it is left here. Blocks for the key derivation: a second or more.
    #[uniffi::constructor]
    pub fn create(
        directory: String,
        passphrase: &[u8],
        kdf: Kdf,
        device_key: Option<Arc<dyn DeviceKey>>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Arc<Self>, VaultError> {
        call("vault.create", || {
            let kdf = match kdf {
                Kdf::Calibrated => None,
                Kdf::Fixed { memory_kib, passes, lanes } => {
                    Some(KdfParams::new(memory_kib, passes, lanes).map_err(CoreVaultError::from)?)
                }
            };
            let options = CreateOptions { kdf, device_key: device(device_key)?, ..CreateOptions::default() };
            let passphrase = Passphrase::new(passphrase).map_err(CoreVaultError::from)?;
            let amparo =
                Amparo::create(Path::new(&directory), &passphrase, &options, core_clock(clock)).map_err(failure)?;
            log(LogLevel::Info, "vault.create", 0, "a vault was created");
            Ok(Arc::new(Self { amparo }))
        })
    }

    /// Opens the vault in `directory`. Captures that a crash or a lock cut off are settled and listed by `recovered`. `passphrase` is
    /// UTF-8 in a buffer that the caller wipes; no copy of it is left here. Blocks for the key derivation: a second or more.
    #[uniffi::constructor]
    pub fn unlock(
        directory: String,
        passphrase: &[u8],
        device_key: Option<Arc<dyn DeviceKey>>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Arc<Self>, VaultError> {
        call("vault.unlock", || {
            let options = UnlockOptions { device_key: device(device_key)?, ..UnlockOptions::default() };
            let passphrase = Passphrase::new(passphrase).map_err(CoreVaultError::from)?;
            let amparo =
                Amparo::unlock(Path::new(&directory), &passphrase, &options, core_clock(clock)).map_err(failure)?;
            log(LogLevel::Info, "vault.unlock", 0, "a vault was unlocked");
            Ok(Arc::new(Self { amparo }))
        })
    }

    /// Locks it: what is being captured is ended with all it was given, the custody log's head is signed, files are closed, keys are
    /// wiped. May be called at any time, from any thread, more than once. Whatever it returns, the vault is locked.
    pub fn lock(&self) -> Result<(), VaultError> {
        call("vault.lock", || {
            self.amparo.lock().map_err(failure)?;
            log(LogLevel::Info, "vault.lock", 0, "a vault was locked");
            Ok(())
        })
    }

    /// Whether it is locked.
    pub fn is_locked(&self) -> bool {
        self.amparo.vault().is_locked()
    }

    /// Evidence that was found cut off at this unlock. All that was kept of it is readable.
    pub fn recovered(&self) -> Vec<EvidenceId> {
        self.amparo.recovered().iter().map(|id| id.into_host()).collect()
    }

    /// Replaces the passphrase. Whoever has an older copy of the slot file can still use the old one on it. Blocks for two key
    /// derivations.
    pub fn change_passphrase(
        &self,
        old: &[u8],
        new: &[u8],
        device_key: Option<Arc<dyn DeviceKey>>,
    ) -> Result<(), VaultError> {
        call("vault.change_passphrase", || {
            let old = Passphrase::new(old).map_err(CoreVaultError::from)?;
            let new = Passphrase::new(new).map_err(CoreVaultError::from)?;
            let key = device(device_key)?;
            self.amparo.vault().change_passphrase(&old, &new, key.as_deref()).map_err(|error| failure(error.into()))
        })
    }

    /// Reads everything and says what is damaged. Takes as long as reading the whole vault.
    pub fn check(&self, progress: Option<Arc<Progress>>) -> Result<CheckReport, VaultError> {
        call("vault.check", || {
            let mut watch = watch(None, progress);
            let mut read = 0u64;
            let report = self.amparo.vault().check(|size| {
                read = read.saturating_add(size);
                let _ = watch(read);
            })?;
            Ok(CheckReport {
                sound: report.is_ok(),
                database_sound: report.database_sound,
                slots_intact: report.slots_intact,
                media_checked: report.media_checked,
                unfinished: report.unfinished.len() as u64,
                orphans: report.orphans,
                damaged: report
                    .damaged
                    .into_iter()
                    .map(|(medium, what)| DamagedMedium { medium: medium.to_string(), what })
                    .collect(),
            })
        })
    }

    /// Incidents.
    pub fn incidents(&self) -> Arc<Incidents> {
        Arc::new(Incidents { amparo: self.amparo.clone() })
    }

    /// Photos, recordings and documents.
    pub fn evidence(&self) -> Arc<EvidenceStore> {
        Arc::new(EvidenceStore { amparo: self.amparo.clone() })
    }

    /// The custody log.
    pub fn custody(&self) -> Arc<Custody> {
        Arc::new(Custody { amparo: self.amparo.clone() })
    }

    /// Full-text search.
    pub fn search(&self) -> Arc<Search> {
        Arc::new(Search { amparo: self.amparo.clone() })
    }

    /// Checklist packs, and whose may be installed.
    pub fn packs(&self) -> Arc<Packs> {
        Arc::new(Packs { amparo: self.amparo.clone() })
    }

    /// The checklists of the installed packs, and the user's runs.
    pub fn checklists(&self) -> Arc<Checklists> {
        Arc::new(Checklists { amparo: self.amparo.clone() })
    }

    /// Channel forms of the installed packs.
    pub fn forms(&self) -> Arc<Forms> {
        Arc::new(Forms { amparo: self.amparo.clone() })
    }

    /// Reports.
    pub fn reports(&self) -> Arc<Reports> {
        Arc::new(Reports { amparo: self.amparo.clone() })
    }

    /// Those to whom reports can be sealed.
    pub fn recipients(&self) -> Arc<Recipients> {
        Arc::new(Recipients { amparo: self.amparo.clone() })
    }

    /// Records to and from files.
    pub fn interchange(&self) -> Arc<Interchange> {
        Arc::new(Interchange { amparo: self.amparo.clone() })
    }
}

/// What can be seen of the vault in `directory` without its passphrase: whether there is one, and whether it needs a device key.
#[uniffi::export]
pub fn inspect_vault(directory: String) -> Result<VaultInfo, VaultError> {
    call("inspect_vault", || {
        let info = amparo_core::Vault::header_info(Path::new(&directory))?;
        Ok(VaultInfo {
            format_version: u32::from(info.format_version),
            kdf_memory_kib: info.kdf.memory_kib(),
            kdf_passes: info.kdf.passes(),
            kdf_lanes: info.kdf.lanes(),
            device_keys: u32::try_from(info.device_keys).unwrap_or(u32::MAX),
            slots: u32::try_from(info.slots).unwrap_or(u32::MAX),
        })
    })
}

fn core_clock(clock: Option<Arc<dyn Clock>>) -> Arc<dyn amparo_core::Clock> {
    match clock {
        Some(clock) => Arc::new(HostClock(clock)),
        None => Arc::new(SystemClock),
    }
}

fn device(key: Option<Arc<dyn DeviceKey>>) -> Result<Option<Arc<dyn amparo_core::DeviceKey>>, Failure> {
    let key =
        key.map(HostDeviceKey::new).transpose().map_err(|error| failure(CoreVaultError::DeviceKey(error).into()))?;
    Ok(key.map(|key| Arc::new(key) as Arc<dyn amparo_core::DeviceKey>))
}

/// The device key's reasons have one number in the core and one case each here, because an app answers them differently.
fn failure(error: amparo_core::CoreError) -> Failure {
    use amparo_core::{CoreError, DeviceKeyError};
    let reason = match &error {
        CoreError::Vault(CoreVaultError::DeviceKey(reason)) => Some(*reason),
        _ => None,
    };
    let mut failure = Failure::from(error);
    match reason {
        Some(DeviceKeyError::DeviceLocked) => failure.code = DEVICE_LOCKED,
        Some(DeviceKeyError::KeyUnavailable) => failure.code = KEY_UNAVAILABLE,
        _ => {}
    }
    failure
}
