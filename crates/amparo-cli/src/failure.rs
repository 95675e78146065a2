//! What a command that did not work says, and with which exit code. Exit codes are promises: `amparo --help` lists them.

use std::{fmt, process::ExitCode};

use amparo_card::{CardError, PartError};
use amparo_core::{CoreError, VaultError};
use amparo_desk::DeskError;
use amparo_pack::{PackError, author::AuthorError};
use amparo_report::custody::CustodyError;
use amparo_vault::DatabaseError;
use serde_json::json;

/// Exit codes. Changing a number breaks somebody's script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Something that was to be verified does not verify.
    NotVerified = 1,
    /// An input is missing, empty or not what it should be.
    Input = 3,
    /// A wrong passphrase or key.
    WrongKey = 4,
    /// The vault is in use.
    InUse = 5,
    /// Damaged or tampered with.
    Damaged = 6,
    /// Storage full, or a file operation failed.
    Storage = 7,
    /// The target exists.
    Exists = 8,
    /// Cancelled.
    Cancelled = 9,
}

/// A command that did not work.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    text: String,
}

impl Failure {
    /// A failure with this exit code and text.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// An input is not what it should be.
    pub fn input(text: impl Into<String>) -> Self {
        Self::new(Exit::Input, text)
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, said of `item`, after `before` others went well.
    pub fn about(self, item: &str, before: usize) -> Self {
        let done = if before > 0 { format!(" ({before} before it are in)") } else { String::new() };
        Self { text: format!("{}: {}{done}", crate::output::printable(item), self.text), ..self }
    }

    /// Prints it to standard error and gives the exit code.
    pub fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            eprintln!("{}", json!({ "error": { "exit_code": self.exit as u8, "text": self.text } }));
        } else {
            eprintln!("amparo: {}", self.text);
        }
        ExitCode::from(self.exit as u8)
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        use VaultError as E;
        let exit = match &error {
            E::WrongPassphrase | E::DeviceKeyRequired | E::DeviceKey(_) => Exit::WrongKey,
            E::VaultInUse => Exit::InUse,
            E::AlreadyExists => Exit::Exists,
            E::HeaderTruncated
            | E::HeaderDamaged
            | E::SlotsTruncated
            | E::SlotsDamaged
            | E::SpaceMissing
            | E::MediaMissing
            | E::MediaHeaderDamaged
            | E::MediaDamaged { .. }
            | E::Database(DatabaseError::Damaged | DatabaseError::Missing) => Exit::Damaged,
            E::StorageFull | E::OutOfMemory | E::Randomness | E::Io { .. } | E::Database(_) => Exit::Storage,
            _ => Exit::Input,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        use CoreError as E;
        let exit = match error {
            E::Vault(error) => return error.into(),
            E::Pack(error) => return error.into(),
            E::Card(error) => return error.into(),
            // Asked for what the log does not have.
            E::Custody(CustodyError::OutOfRange) => Exit::Input,
            E::EvidenceDamaged
            | E::DamagedRecord
            | E::Custody(_)
            | E::CustodyTreeDamaged
            | E::PackDamaged
            | E::RecipientDamaged => Exit::Damaged,
            E::TargetExists => Exit::Exists,
            E::TargetFull | E::TargetFailed { .. } | E::TargetFolderMissing | E::Crypto(_) => Exit::Storage,
            E::Cancelled => Exit::Cancelled,
            _ => Exit::Input,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        use DeskError as E;
        let exit = match error {
            E::Card(error) => return error.into(),
            E::Busy => Exit::InUse,
            E::ForSomebodyElse | E::OtherSigningKey | E::MissingSecret => Exit::WrongKey,
            E::Truncated | E::TruncatedOrTampered | E::Tampered(_) | E::Hostile { .. } => Exit::Damaged,
            E::OutputNotEmpty | E::Exists => Exit::Exists,
            E::DiskFull | E::Permission | E::Randomness | E::Io(_) => Exit::Storage,
            E::Cancelled => Exit::Cancelled,
            _ => Exit::Input,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<PackError> for Failure {
    fn from(error: PackError) -> Self {
        use PackError as E;
        let exit = match error {
            E::WrongLength | E::BadSignature | E::Tampered { .. } => Exit::Damaged,
            _ => Exit::Input,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        use CardError as E;
        let exit = match error {
            E::WrongLength | E::BadSignature => Exit::Damaged,
            _ => Exit::Input,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<PartError> for Failure {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Card(error) => error.into(),
            PartError::Damaged => Self::new(Exit::Damaged, error.to_string()),
            _ => Self::input(error.to_string()),
        }
    }
}

impl From<AuthorError> for Failure {
    fn from(error: AuthorError) -> Self {
        use AuthorError as E;
        let exit = match error {
            E::Pack(error) => return error.into(),
            E::Randomness => Exit::Storage,
            _ => Exit::Input,
        };
        Self::new(exit, error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
