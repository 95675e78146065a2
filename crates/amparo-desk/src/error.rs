//! Why a desk could not do what it was asked: one error for each thing that a person would do about it.
//!
//! No text carries a path, a key or a word of a report.

use std::io;

use amparo_card::CardError;
use amparo_crypto::{
    CryptoError,
    age::{AgeError, HeaderFault, PayloadFault},
};
use amparo_report::{archive::ArchiveFault, open::OpenError};

/// A desk function failed. Nothing that existed before was changed, and nothing half-made was left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// There is no such file or folder.
    #[error("there is no such file or folder")]
    Missing,
    /// The file is empty: a transfer that never began.
    #[error("the file is empty; ask for it to be sent again")]
    Empty,
    /// Not an age file at all.
    #[error("this is not a sealed report")]
    NotSealed,
    /// An age file in ASCII armor, of another version, or with a passphrase.
    #[error("this kind of age file is not a sealed report: {0}")]
    Unsupported(AgeError),
    /// An age file for one of the keys, with something else than a report inside.
    #[error("this file was encrypted for you, but it holds no report")]
    NotAReport,
    /// None of the keys opens it.
    #[error("this report is sealed for somebody else, or for a key that is not among those given")]
    ForSomebodyElse,
    /// It ends too early: an interrupted transfer.
    #[error("the file is cut short; ask for it to be sent again")]
    Truncated,
    /// Its last piece is cut off or changed; the two cannot be told apart.
    #[error("the end of the file is cut off or was changed; ask for it to be sent again")]
    TruncatedOrTampered,
    /// It was changed after it was sealed.
    #[error("the file was changed after it was sealed: {0}")]
    Tampered(AgeError),
    /// It is built to do harm, or by broken software.
    #[error("the report breaks a rule that protects you: {fault} (entry {entry}); nothing was written")]
    Hostile {
        /// The rule.
        fault: ArchiveFault,
        /// Which entry of the archive, from 1.
        entry: usize,
    },
    /// The folder to open into has content, or is a file.
    #[error("the folder to open into is not empty, or is not a folder")]
    OutputNotEmpty,
    /// The folder to open into is `.`, `..` or `/`.
    #[error("give the folder to open into a name")]
    OutputName,
    /// A key file of that name exists; keys are never overwritten.
    #[error("a file of that name exists already, and keys are never overwritten")]
    Exists,
    /// No space left.
    #[error("there is no space left on the disk")]
    DiskFull,
    /// The system does not allow it.
    #[error("you are not allowed to read or write there: check the permissions")]
    Permission,
    /// No key was given, and a sealed file cannot be opened without.
    #[error("a sealed file cannot be checked without your key file")]
    NoKeys,
    /// The key file holds no key.
    #[error("the key file holds no key")]
    EmptyKeyFile,
    /// No key file: too large, or not text.
    #[error("this is not a key file")]
    NotAKeyFile,
    /// The key file has a line that is no key.
    #[error("the key file cannot be used: {0}")]
    KeyFile(AgeError),
    /// A card is refused.
    #[error("{0}")]
    Card(CardError),
    /// The file with the signing key is none.
    #[error("this is not the file of a card's signing key")]
    NotASigningKey,
    /// The card was signed with another key.
    #[error("this card was signed with another key than the one in this file")]
    OtherSigningKey,
    /// A key that would stay in the card is not among the secret keys.
    #[error("the key file lacks the secret of a key in the card: reports that are sealed to it could not be opened")]
    MissingSecret,
    /// Another process works with the signing key.
    #[error("another process is making a card with this signing key; try again")]
    Busy,
    /// The operating system's random source failed.
    #[error("the operating system's random source failed")]
    Randomness,
    /// The caller stopped it.
    #[error("cancelled")]
    Cancelled,
    /// The disk failed.
    #[error("reading or writing failed: {0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for DeskError {
    fn from(error: io::Error) -> Self {
        AgeError::from_io(&error).map_or_else(|| error.kind().into(), Self::from)
    }
}

impl From<io::ErrorKind> for DeskError {
    fn from(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Permission,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull,
            io::ErrorKind::AlreadyExists => Self::Exists,
            // A folder where a sealed file was expected.
            io::ErrorKind::IsADirectory => Self::NotSealed,
            other => Self::Io(other),
        }
    }
}

impl From<AgeError> for DeskError {
    fn from(error: AgeError) -> Self {
        match error {
            AgeError::NotAge => Self::NotSealed,
            AgeError::Armored | AgeError::UnsupportedVersion | AgeError::PassphraseProtected => {
                Self::Unsupported(error)
            }
            AgeError::NoMatchingKey => Self::ForSomebodyElse,
            AgeError::MalformedHeader(HeaderFault::Truncated | HeaderFault::MissingNonce)
            | AgeError::Payload(PayloadFault::Truncated) => Self::Truncated,
            AgeError::Payload(PayloadFault::CutOrTampered) => Self::TruncatedOrTampered,
            AgeError::NoKeys => Self::EmptyKeyFile,
            AgeError::MalformedKey(_) | AgeError::KeyFile { .. } => Self::KeyFile(error),
            AgeError::Randomness => Self::Randomness,
            AgeError::Io(kind) => kind.into(),
            other => Self::Tampered(other),
        }
    }
}

impl From<CardError> for DeskError {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

impl From<CryptoError> for DeskError {
    /// Making a key fails for want of randomness only.
    fn from(_: CryptoError) -> Self {
        Self::Randomness
    }
}

impl From<OpenError> for DeskError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Archive { fault: ArchiveFault::NotTar, .. } => Self::NotAReport,
            OpenError::Archive { fault, entry } => Self::Hostile { fault, entry },
            OpenError::Age(error) => error.into(),
            OpenError::Read(kind) | OpenError::Write(kind) => kind.into(),
            OpenError::TargetNotEmpty => Self::OutputNotEmpty,
            OpenError::TargetName => Self::OutputName,
            OpenError::DiskFull => Self::DiskFull,
            OpenError::Permission => Self::Permission,
            OpenError::Cancelled => Self::Cancelled,
            // The enum may grow; what is not known here is an error of reading.
            _ => Self::Io(io::ErrorKind::Other),
        }
    }
}

impl DeskError {
    /// The error's number, 600 to 699, stable from the first release on (`docs/formats/errors.md`).
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::Missing => 600,
            Self::Empty => 601,
            Self::NotSealed => 602,
            Self::Unsupported(_) => 603,
            Self::NotAReport => 604,
            Self::ForSomebodyElse => 605,
            Self::Truncated => 606,
            Self::TruncatedOrTampered => 607,
            Self::Tampered(_) => 608,
            Self::Hostile { .. } => 609,
            Self::OutputNotEmpty => 610,
            Self::OutputName => 611,
            Self::Exists => 620,
            Self::DiskFull => 622,
            Self::Permission => 623,
            Self::NoKeys => 624,
            Self::EmptyKeyFile => 625,
            Self::NotAKeyFile => 626,
            Self::KeyFile(_) => 627,
            Self::Cancelled => 628,
            Self::Randomness => 629,
            Self::Card(_) => 630,
            Self::NotASigningKey => 631,
            Self::OtherSigningKey => 632,
            Self::MissingSecret => 633,
            Self::Busy => 634,
            Self::Io(_) => 699,
        }
    }
}

#[cfg(test)]
mod tests {
    use amparo_crypto::age::{AgeError, HeaderFault, PayloadFault};

    use super::*;

    #[test]
    fn every_number_is_documented_and_every_documented_number_exists() {
        let documented: Vec<u32> = include_str!("../../../docs/formats/errors.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")?.0.parse().ok())
            .filter(|number| (600..700).contains(number))
            .collect();
        // The numbers in `code`, read from this file: a new variant cannot be forgotten here.
        let (source, _) = include_str!("error.rs").split_once("#[cfg(test)]").unwrap();
        let arms = source.lines().filter_map(|line| line.split_once("=> ")?.1.strip_suffix(',')?.parse().ok());
        let used: Vec<u32> = arms.collect();
        assert!(used.len() > 20, "{used:?}");
        assert!(used.is_sorted_by(|a, b| a < b), "in order, none twice");
        assert_eq!(used, documented);
    }

    #[test]
    fn what_happens_on_two_ways_has_one_number() {
        let code = |error: DeskError| error.code();
        let cut = AgeError::Payload(PayloadFault::Truncated);
        assert_eq!(code(cut.into()), code(DeskError::Truncated));
        assert_eq!(code(AgeError::MalformedHeader(HeaderFault::Truncated).into()), code(DeskError::Truncated));
        assert_eq!(code(OpenError::Age(AgeError::NoMatchingKey).into()), code(DeskError::ForSomebodyElse));
        assert_eq!(code(io::Error::from(io::ErrorKind::StorageFull).into()), code(DeskError::DiskFull));
        assert_eq!(code(OpenError::DiskFull.into()), code(DeskError::DiskFull));
    }
}
