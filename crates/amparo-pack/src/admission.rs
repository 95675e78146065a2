//! Whether a pack may be used here and today.

use amparo_crypto::hash::Digest;
use time::Date;

use crate::{PackError, PackFile, Publisher};

/// What is installed under the id of a pack that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its id.
    pub id: String,
    /// Who signed it.
    pub publisher: Publisher,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its manifest.
    pub digest: Digest,
}

impl Installed {
    /// What `file` is, once it is installed. `None` for one that nobody signed.
    #[must_use]
    pub fn of(file: &PackFile<'_>) -> Option<Self> {
        let manifest = file.manifest();
        let (id, version) = (manifest.id.clone(), manifest.version);
        Some(Self { id, publisher: file.publisher()?, version, digest: file.digest() })
    }
}

/// What the device knows and a pack is measured against.
#[derive(Debug, Clone, Default)]
pub struct Admission<'a> {
    /// The publishers whose fingerprints were accepted.
    pub accepted: &'a [Publisher],
    /// What the pack would replace. The caller looks it up by the pack's id.
    pub installed: Option<&'a Installed>,
    /// Today; `None` leaves dates out, for a device whose clock is known to be wrong.
    pub today: Option<Date>,
}

impl PackFile<'_> {
    /// Whether this pack may be installed: by an accepted publisher, no step back, within its dates. Nothing else of the pack
    /// has to be read for this.
    ///
    /// # Errors
    /// [`PackError::Unsigned`], [`PackError::UnknownPublisher`], [`PackError::OtherPack`], [`PackError::OtherPublisher`],
    /// [`PackError::Rollback`], [`PackError::VersionReused`], [`PackError::Expired`], [`PackError::NotYetValid`].
    pub fn admit(&self, admission: &Admission<'_>) -> Result<(), PackError> {
        let (manifest, publisher) = (self.manifest(), self.publisher().ok_or(PackError::Unsigned)?);
        if let Some(installed) = admission.installed {
            if installed.id != manifest.id {
                return Err(PackError::OtherPack);
            }
            // Named before "unknown": that somebody else updates a pack is the graver news. Accepting the new key elsewhere does
            // not make it this pack's publisher either.
            if installed.publisher != publisher {
                return Err(PackError::OtherPublisher { offered: publisher, installed: installed.publisher });
            }
        }
        if !admission.accepted.contains(&publisher) {
            return Err(PackError::UnknownPublisher { publisher });
        }
        if let Some(installed) = admission.installed {
            if manifest.version < installed.version {
                return Err(PackError::Rollback { offered: manifest.version, installed: installed.version });
            }
            if manifest.version == installed.version && self.digest() != installed.digest {
                return Err(PackError::VersionReused { version: manifest.version });
            }
        }
        match admission.today {
            Some(today) if today > manifest.review_by => Err(PackError::Expired { review_by: manifest.review_by }),
            Some(today) if today < manifest.valid_from => {
                Err(PackError::NotYetValid { valid_from: manifest.valid_from })
            }
            _ => Ok(()),
        }
    }
}
