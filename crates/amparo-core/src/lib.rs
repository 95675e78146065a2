//! The domain on one unlocked vault: incidents, evidence, the custody log, search, and reports.
//!
//! Everything begins with [`Amparo`]: create or unlock a vault, then take the handle of a topic.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use amparo_core::{Amparo, Passphrase, SystemClock, UnlockOptions, evidence::{ImportRequest, no_progress}};
//!
//! # fn main() -> Result<(), amparo_core::CoreError> {
//! let passphrase = Passphrase::new(b"correct horse battery staple")?;
//! let amparo = Amparo::unlock(Path::new("vault"), &passphrase, &UnlockOptions::default(), Arc::new(SystemClock))?;
//! let incident = amparo.incidents().create("They came at night and took the computers.")?;
//! let request = ImportRequest { incident: Some(incident.id), ..ImportRequest::default() };
//! amparo.evidence().import_file(Path::new("door.jpg"), request, &mut no_progress)?;
//! amparo.lock()?;
//! # Ok(())
//! # }
//! ```
//!
//! The core has no network, no clock of its own ([`Clock`]), no file picker, and writes nothing in the clear except where the
//! caller asks for a file. It does no cryptography itself: that is `amparo-crypto`'s, `amparo-vault`'s and `amparo-report`'s.

mod amparo;
pub mod checklist;
mod clock;
pub(crate) mod code;
pub mod custody;
mod disclosure;
mod error;
pub mod evidence;
pub mod form;
mod id;
pub mod incident;
pub mod interchange;
pub mod recipient;
mod record;
pub mod report;
pub mod search;
mod text;

pub use amparo::Amparo;
pub use amparo_crypto::kdf::{KdfParams, Passphrase};
pub use amparo_report::{hex, manifest::ReportId};
pub use amparo_vault::{
    CheckReport, CreateOptions, DeviceKey, DeviceKeyError, HeaderInfo, UnlockOptions, Vault, VaultError,
};
pub use clock::{Clock, ClockTrust, Stamp, SystemClock, Timestamp};
pub use error::CoreError;
pub use id::{AnchorId, EvidenceId, IncidentId, PerpetratorId, PersonId, RunId};

/// The tables that the core keeps in a vault.
pub const COMPONENT: amparo_vault::Component = amparo_vault::Component {
    name: "core",
    steps: &[
        include_str!("../migrations/0001-domain.sql"),
        include_str!("../migrations/0002-evidence.sql"),
        include_str!("../migrations/0003-anchors.sql"),
        include_str!("../migrations/0004-disclosure.sql"),
        include_str!("../migrations/0005-queries.sql"),
        include_str!("../migrations/0006-interchange.sql"),
        include_str!("../migrations/0007-checklists.sql"),
        include_str!("../migrations/0008-recipients.sql"),
    ],
};

pub(crate) const CORE_NAME: &str = env!("CARGO_PKG_NAME");
pub(crate) const CORE_SEMVER: &str = env!("CARGO_PKG_VERSION");

/// Name and version, as custody entries and reports state it.
pub const CORE_VERSION: &str = concat!("amparo-core ", env!("CARGO_PKG_VERSION"));
