//! Sealing: a report becomes an age file, streamed in constant memory.
//!
//! [`SealRequest`] says what goes in; [`SealRequest::prepare`] checks it, makes the manifest for one group of recipients and
//! knows the exact size of the result; [`Prepared::write`] and [`Prepared::write_file`] stream it. Nothing here puts
//! plaintext anywhere but into the encryptor. Which recipients go into one file, [`plan()`] says.

mod file;
mod plan;
mod prepare;
mod stream;

use std::io::{self, Read};

use amparo_crypto::{
    age::{AgeError, KeyKind, Recipient},
    hash::Digest,
    sign::SigningKey,
};

pub use plan::{SealJob, plan};
pub use prepare::Prepared;
pub use stream::Sealed;

use crate::{
    custody::Disclosure,
    manifest::{ManifestError, ReportId},
    names::{self, EVIDENCE, PathFault},
};

/// `schema` of `reply.json`.
pub const REPLY_SCHEMA: &str = "amparo.reply/1";
/// Most pieces of evidence in one report.
pub const MAX_EVIDENCE: usize = 900;
/// Most recipients of one file.
pub const MAX_RECIPIENTS: usize = amparo_crypto::age::MAX_RECIPIENTS;

/// Who the report is from.
#[derive(Debug, Clone, Copy)]
pub enum Sender<'a> {
    /// Nobody: unsigned. Such a report carries no custody excerpt, which would link it to the vault's other reports.
    Anonymous,
    /// A key made for this case.
    Case(&'a SigningKey),
    /// A key by which the sender is known.
    Identified(&'a SigningKey),
}

/// Opens a piece of evidence from its beginning. Called once for each file that is written.
pub type OpenEvidence<'a> = Box<dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a>;

/// One piece of evidence, streamed from wherever it is kept.
pub struct EvidenceItem<'a> {
    /// What it is, `[a-z][a-z0-9-]*`, at most 24 bytes: `photo`, `video`, … A copy says so: `photo-derivative`.
    pub kind: String,
    /// Its file name extension, `[a-z0-9]+`, at most 8 bytes.
    pub extension: String,
    /// Its exact size in bytes.
    pub size: u64,
    /// SHA-256 of its content.
    pub sha256: Digest,
    /// How to read it.
    pub open: OpenEvidence<'a>,
}

impl EvidenceItem<'_> {
    /// Its path in the report as item number `number`, counted from 1. The user's own file name never stands in a path.
    #[must_use]
    pub fn path(&self, number: usize) -> String {
        evidence_path(number, &self.kind, &self.extension)
    }
}

/// The path of the evidence that is item number `number` (from 1) of a report.
#[must_use]
pub fn evidence_path(number: usize, kind: &str, extension: &str) -> String {
    format!("{EVIDENCE}{number:02}-{kind}.{extension}")
}

/// A further file, in `disclosure/` or `anchors/`.
#[derive(Debug, Clone)]
pub struct ExtraFile {
    /// Its path.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Everything that goes into a report.
pub struct SealRequest<'a> {
    /// The report's id, the same for every file of it.
    pub report_id: ReportId,
    /// The day, `YYYY-MM-DD`: the caller's clock, deliberately no finer.
    pub created: String,
    /// The core version.
    pub core: String,
    /// `README.txt`: see [`readme::text`](crate::readme::text).
    pub readme: String,
    /// `report.html`: see [`html::render`](crate::html::render).
    pub report_html: String,
    /// `report.md`: see [`markdown::render`](crate::markdown::render).
    pub report_md: String,
    /// `report.json`.
    pub report_json: Vec<u8>,
    /// The evidence, in order.
    pub evidence: Vec<EvidenceItem<'a>>,
    /// The custody excerpt: it must hold an entry of origin for every piece of evidence.
    pub custody: Option<Disclosure>,
    /// Further files.
    pub extra: Vec<ExtraFile>,
    /// A fresh public key for answers.
    pub reply: Option<Recipient>,
    /// Who it is from.
    pub sender: Sender<'a>,
}

/// A report could not be sealed. Items are counted from 1, as in their file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Nobody to seal to.
    #[error("no recipient was chosen")]
    NoRecipients,
    /// More than [`MAX_RECIPIENTS`] of one kind.
    #[error("more than {MAX_RECIPIENTS} recipients with {} keys", kind_name(*kind))]
    TooManyRecipients {
        /// Of this kind.
        kind: KeyKind,
    },
    /// Both kinds of keys in one file: use [`plan()`].
    #[error("post-quantum and classic recipients need two files")]
    MixedRecipients,
    /// More than [`MAX_EVIDENCE`] pieces of evidence, or files altogether.
    #[error("too many files for one report")]
    TooManyFiles,
    /// A kind or an extension that a file name may not have.
    #[error("item {item}: its kind or extension cannot stand in a file name")]
    EvidenceName {
        /// The item.
        item: usize,
    },
    /// A path of an extra file is not allowed, not in its folder, or taken.
    #[error("extra file {index} has a path that a report may not have")]
    ExtraPath {
        /// Which one, from 1.
        index: usize,
    },
    /// `created` is not a day, or another text in the manifest is not fit for it.
    #[error("the manifest cannot be made: {0}")]
    Manifest(ManifestError),
    /// The custody excerpt does not verify.
    #[error("the custody excerpt does not verify")]
    Custody,
    /// The custody excerpt has no entry of origin with the hash of this item.
    #[error("item {item}: the custody excerpt does not tell where it came from")]
    EvidenceNotInCustody {
        /// The item.
        item: usize,
    },
    /// An anonymous report with a custody excerpt, or a timestamp of the log, would be recognisable as one of the vault's.
    #[error(
        "an anonymous report may not carry a custody excerpt or its timestamps: they would link it to the vault's others"
    )]
    AnonymousCustody,
    /// An anonymous report with a signed statement would be no such thing.
    #[error("an anonymous report may not carry a signed statement: it would tell who made it")]
    AnonymousStatement,
    /// The statement, its openings and `report.json` do not belong together.
    #[error("the shown fields are not those that were signed when the record was saved")]
    Disclosure,
    /// A part of the report is larger than a reader accepts, or the whole does not fit in a file.
    #[error("the report is too large")]
    TooLarge,
    /// The evidence is not what its recorded size or hash says. The output is unusable.
    #[error("item {item} is not what was recorded: its content was changed or damaged")]
    EvidenceMismatch {
        /// The item.
        item: usize,
    },
    /// The evidence could not be read. The output is unusable.
    #[error("item {item} could not be read: {kind}")]
    EvidenceRead {
        /// The item.
        item: usize,
        /// The kind of the failure.
        kind: io::ErrorKind,
    },
    /// The caller stopped it. The output is unusable.
    #[error("sealing was cancelled")]
    Cancelled,
    /// The target is there already, and was not touched.
    #[error("a file of that name exists already")]
    Exists,
    /// No space left. The output is unusable.
    #[error("no space left to write the sealed report")]
    DiskFull,
    /// The operating system's random source failed.
    #[error("the operating system's random source failed")]
    Randomness,
    /// Writing failed. The output is unusable.
    #[error("the sealed report could not be written: {0}")]
    Io(io::ErrorKind),
    /// The encryption failed. The output is unusable.
    #[error("the report could not be encrypted: {0}")]
    Age(AgeError),
}

fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Classic => "classic",
        KeyKind::PostQuantum => "post-quantum",
    }
}

impl From<AgeError> for SealError {
    fn from(error: AgeError) -> Self {
        match error {
            AgeError::NoRecipients => Self::NoRecipients,
            AgeError::MixedRecipients => Self::MixedRecipients,
            AgeError::Randomness => Self::Randomness,
            AgeError::TooLong => Self::TooLarge,
            AgeError::Io(kind) => kind.into(),
            other => Self::Age(other),
        }
    }
}

impl From<io::ErrorKind> for SealError {
    fn from(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull,
            io::ErrorKind::AlreadyExists => Self::Exists,
            other => Self::Io(other),
        }
    }
}

impl From<io::Error> for SealError {
    fn from(error: io::Error) -> Self {
        AgeError::from_io(&error).map_or_else(|| error.kind().into(), Self::from)
    }
}

impl From<ManifestError> for SealError {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::TooLarge => Self::TooLarge,
            other => Self::Manifest(other),
        }
    }
}

impl From<amparo_crypto::CryptoError> for SealError {
    fn from(error: amparo_crypto::CryptoError) -> Self {
        AgeError::from(error).into()
    }
}

/// Checks the path of an extra file.
fn check_extra(path: &str) -> Result<(), PathFault> {
    names::check(path.as_bytes())?;
    let allowed = path.starts_with(names::DISCLOSURE) || path.starts_with(names::ANCHORS);
    if allowed { Ok(()) } else { Err(PathFault::Name) }
}
