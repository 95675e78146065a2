//! What can go wrong in the domain, told apart so that an app can say what to do next, and its numbers.
//!
//! No variant carries anything that was entered, stored or named by the user. Numbers are stable from the first release on:
//! they are what an app's translations hang on (the table is in `docs/formats/errors.md`).

use std::io;

use amparo_card::{CardError, Signer};
use amparo_crypto::CryptoError;
use amparo_pack::{PackError, form::FormError};
use amparo_report::{anchor::AnchorError, custody::CustodyError, disclosure::FieldsError, seal::SealError};
use amparo_vault::VaultError;

use crate::incident::DateError;

/// An error of the domain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// The vault refused or failed.
    #[error(transparent)]
    Vault(VaultError),
    /// A cryptographic primitive failed: as a rule the operating system's random source.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The custody log's formats refused.
    #[error(transparent)]
    Custody(#[from] CustodyError),
    /// The report could not be made.
    #[error("the report could not be sealed: {0}")]
    Report(SealError),
    /// The report's page could not be rendered.
    #[error("the report's page could not be rendered")]
    Render,

    /// An anchor's formats refused: the answer of a timestamp authority is not what it should be.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The custody log is empty: there is nothing to anchor.
    #[error("the custody log is empty: there is nothing to timestamp")]
    NothingToAnchor,
    /// No anchor of this id.
    #[error("there is no such anchor")]
    AnchorNotFound,
    /// The anchor has no answer yet.
    #[error("the anchor has no timestamp yet")]
    AnchorNotStored,
    /// The commitments to a record's fields refused.
    #[error(transparent)]
    Fields(#[from] FieldsError),
    /// A path names no field of an incident.
    #[error("this is not a field of the incident: write for example /narrative or /persons/*/name")]
    NoSuchField,
    /// One key stands in two groups, which are told different things.
    #[error("the same recipient is in two groups: whoever it is would get both reports")]
    RecipientTwice,
    /// The incident is a draft.
    #[error("the incident is a draft: finish it before it is sealed")]
    Draft,
    /// What would be sealed is not what was previewed.
    #[error("what would be sealed is no longer what was previewed: look again")]
    PreviewOutdated,
    /// Evidence was chosen by hand whose speaker did not allow to tell this kind of recipient.
    #[error("whoever speaks in the evidence did not allow that it is told to this kind of recipient")]
    EvidenceWithoutConsent,

    /// The custody log's lines hold, and its stored tree is not theirs. Proofs cannot be made; the log itself is not in doubt.
    #[error("the custody log's tree does not match its lines")]
    CustodyTreeDamaged,

    /// Not 32 lower-case hexadecimal digits.
    #[error("this is not an id: 32 hexadecimal digits are expected")]
    MalformedId,
    /// Not a code: `[a-z0-9][a-z0-9_.-]*`, at most 64 bytes.
    #[error("this is not a code: lower-case letters, digits and _ . - are expected")]
    MalformedCode,
    /// Not RFC 3339 in UTC.
    #[error("this is not a time in UTC")]
    MalformedTime,
    /// A page cursor that did not come from this vault's lists.
    #[error("this is not a page cursor")]
    MalformedCursor,
    /// A date that cannot be.
    #[error(transparent)]
    Date(#[from] DateError),
    /// Nothing was entered.
    #[error("there is nothing to save: enter at least one sentence or choose what happened")]
    EmptyIncident,
    /// A text is longer than its bound.
    #[error("{field} is too long: at most {limit} bytes")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its bound in bytes.
        limit: usize,
    },
    /// A list is longer than its bound.
    #[error("too many {field}: at most {limit}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// Its bound.
        limit: usize,
    },
    /// A field breaks its rule.
    #[error("{field} {rule}")]
    InvalidField {
        /// The field.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// Not a record in the expected shape.
    #[error("this is not a record in the expected format")]
    MalformedRecord,
    /// A record of a newer version. It is kept as it is.
    #[error("this record was written by a newer version")]
    NewerSchema,
    /// A stored record that cannot be: the vault's database was changed from outside or by a fault.
    #[error("a stored record is damaged")]
    DamagedRecord,

    /// No incident of this id.
    #[error("there is no such incident")]
    IncidentNotFound,
    /// No such revision of this incident.
    #[error("there is no such revision")]
    RevisionNotFound,
    /// It was saved meanwhile: load it again. Nothing was overwritten.
    #[error("the incident was saved meanwhile as revision {current}: load it again")]
    Conflict {
        /// The revision that is stored now.
        current: u32,
    },
    /// Not an export of incidents.
    #[error("this is not an export of incidents: it must begin with its schema, amparo.export/1")]
    NotAnExport,
    /// The vault has something else under this id, and nothing was to be changed.
    #[error("the vault has another version of this record")]
    OtherVersion,
    /// The vault has something else as this revision of the incident. Both cannot have its number.
    #[error("the vault has another revision of this number")]
    RevisionTaken,
    /// Not UTF-8.
    #[error("this is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// How many bytes of the file come before.
        at: u64,
    },
    /// The file ends in the middle.
    #[error("the file is cut off: it ends in the middle, at byte {at}")]
    ExportCut {
        /// Its length.
        at: u64,
    },
    /// The file is not JSON between its records, so nobody can say where the next one begins.
    #[error("the file is damaged between its records, at byte {at}")]
    ExportMalformed {
        /// How many bytes of the file come before.
        at: u64,
    },
    /// A record of a kind that this version does not know.
    #[error("records of this kind are not known to this version")]
    UnknownRecord,
    /// The checklist pack was refused. Nothing that is installed changed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// No pack of this id is installed.
    #[error("no checklist pack of this id is installed")]
    PackNotFound,
    /// An installed pack is no longer what was installed. Its runs are not in doubt.
    #[error("the installed checklist pack is damaged: install it again")]
    PackDamaged,
    /// No checklist of this id in the pack.
    #[error("the pack has no such checklist")]
    ChecklistNotFound,
    /// No run of this id.
    #[error("there is no such run of a checklist")]
    RunNotFound,
    /// No item of this id in the run's checklist, as it is now.
    #[error("the checklist has no such item")]
    ItemNotFound,
    /// The run is finished.
    #[error("the run is finished: reopen it before anything is ticked")]
    RunFinished,
    /// The item does not lead to an incident with this act.
    #[error("the item does not lead to an incident with this act")]
    LinkNotFound,
    /// No evidence of this id.
    #[error("there is no such evidence")]
    EvidenceNotFound,
    /// The evidence is still being written.
    #[error("the evidence is still being written")]
    EvidenceUnfinished,
    /// What is stored does not have the hash it was stored with.
    #[error("the evidence is damaged: it no longer has the hash it was stored with")]
    EvidenceDamaged,
    /// The evidence was chosen for a report on an incident that it is not attached to.
    #[error("the evidence is not attached to this incident")]
    EvidenceOfOtherIncident,
    /// The device stopped before anything of it was kept.
    #[error("nothing of this evidence was kept")]
    EvidenceEmpty,
    /// The evidence was deleted. Its hash and its custody entries are all that is left.
    #[error("the evidence was deleted: only its hash and its custody entries are left")]
    EvidenceDeleted,
    /// Copies were made of the evidence: say whether they are to be deleted with it or to be kept.
    #[error("{derivatives} derivative(s) were made of this evidence: say whether they are deleted with it")]
    EvidenceHasDerivatives {
        /// How many there are, derivatives of derivatives included.
        derivatives: usize,
    },
    /// No report of this id.
    #[error("there is no such report")]
    ReportNotFound,

    /// The channel form is not there, is malformed, or needs a newer version.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The channel form is for other kinds of recipients than the group's.
    #[error("this channel form is for other kinds of recipients")]
    FormOtherKind,
    /// The channel asks persons for more than they answered. Nothing was sealed.
    #[error("the channel form asks for consent that is not there: person(s) {}", numbers(.persons))]
    FormConsent {
        /// Their places in the incident, from 0.
        persons: Vec<usize>,
    },
    /// A sealed file would be larger than the channel takes. Nothing was sealed.
    #[error("the report has {size} bytes, and the channel takes {limit}: leave evidence for a second report")]
    FormTooLarge {
        /// Bytes that it would have.
        size: u64,
        /// Bytes that the channel takes.
        limit: u64,
    },
    /// More evidence than the channel takes. Nothing was sealed.
    #[error("the report has {count} pieces of evidence, and the channel takes {limit}: leave some for a second report")]
    FormTooMany {
        /// How many there are.
        count: usize,
        /// How many the channel takes.
        limit: usize,
    },
    /// Evidence was chosen by hand that the channel does not take.
    #[error("the channel does not take evidence {index} of those chosen")]
    FormEvidence {
        /// Its place among those chosen, from 0.
        index: usize,
    },
    /// The recipient card was refused. Nothing changed.
    #[error(transparent)]
    Card(#[from] CardError),
    /// No recipient of this id.
    #[error("there is no such recipient")]
    RecipientNotFound,
    /// A first card, and nobody said what fingerprint they compared.
    #[error(
        "this recipient is not known here: compare the fingerprint {} with them by another way, then import the card with it",
        .signer.fingerprint()
    )]
    FingerprintNotCompared {
        /// Who signed the card.
        signer: Signer,
    },
    /// The fingerprint that was compared is not that of the card.
    #[error("this card is not signed by the key whose fingerprint was compared: do not use it")]
    FingerprintDiffers,
    /// A stored card is no longer what was imported.
    #[error("the recipient's card is damaged: import it again")]
    RecipientDamaged,
    /// A group is of one kind: persons' consent is bound to it.
    #[error("the recipients are of different kinds: make a group for each kind")]
    RecipientKindsDiffer,

    /// The file to import does not exist.
    #[error("the file to import does not exist")]
    SourceMissing,
    /// The file to import is a folder.
    #[error("the file to import is a folder")]
    SourceIsFolder,
    /// The file to import may not be read.
    #[error("the file to import may not be read: permission is missing")]
    SourceForbidden,
    /// The file to import is neither a file nor a folder: a device, a pipe, a socket.
    #[error("what is to be imported is not a file")]
    SourceNotAFile,
    /// The file to import is empty.
    #[error("the file to import is empty")]
    SourceEmpty,
    /// The file could not be opened or read to its end. Nothing of it was kept.
    #[error("the file to import could not be read after {after} bytes: {kind}")]
    SourceFailed {
        /// Bytes that were read.
        after: u64,
        /// The kind of failure.
        kind: io::ErrorKind,
    },
    /// The caller asked to stop. Nothing was kept.
    #[error("stopped as asked")]
    Cancelled,

    /// Metadata cannot be removed from files of this type. Nothing was stored.
    #[error("metadata cannot be removed from this kind of file: {reason}")]
    StripUnsupported {
        /// What it is that this version cannot do.
        reason: &'static str,
    },
    /// The file is not what its type demands, so nobody can say where its metadata are. Nothing was stored.
    #[error("the file does not keep to its format, so its metadata cannot be removed: {reason}")]
    StripMalformed {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file, or a part of it that must be in memory as a whole, is larger than what metadata can be removed from.
    #[error("the file is too large to remove its metadata: at most {limit} bytes")]
    StripTooLarge {
        /// The bound in bytes.
        limit: u64,
    },

    /// The file to write exists. It was not touched.
    #[error("the file to write exists already")]
    TargetExists,
    /// The folder to write to does not exist.
    #[error("the folder to write to does not exist")]
    TargetFolderMissing,
    /// The storage to write to is full. The unfinished file was removed.
    #[error("the storage to write to is full")]
    TargetFull,
    /// The file could not be written. What was begun was removed.
    #[error("the file could not be written: {kind}")]
    TargetFailed {
        /// The kind of failure.
        kind: io::ErrorKind,
    },
}

impl From<VaultError> for CoreError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::MediaUnfinished => Self::EvidenceUnfinished,
            other => Self::Vault(other),
        }
    }
}

impl From<SealError> for CoreError {
    fn from(error: SealError) -> Self {
        match error {
            // What it has in common with an export has one name here.
            SealError::Cancelled => Self::Cancelled,
            SealError::Exists => Self::TargetExists,
            SealError::DiskFull => Self::TargetFull,
            SealError::Io(kind) => Self::TargetFailed { kind },
            SealError::EvidenceMismatch { .. } => Self::EvidenceDamaged,
            SealError::Randomness => Self::Crypto(CryptoError::Randomness),
            other => Self::Report(other),
        }
    }
}

impl From<rusqlite::Error> for CoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            // A column that cannot be read as what we wrote there.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::DamagedRecord,
            other => VaultError::from(other).into(),
        }
    }
}

impl CoreError {
    /// The error's number. 100–199: the vault; 200–299: what was entered or asked for; 300–399: evidence and files; 400–499: the
    /// custody log; 500–599: reports.
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::Vault(error) => vault_code(error),
            Self::Crypto(CryptoError::Randomness)
            | Self::Custody(CustodyError::Randomness)
            | Self::Anchor(AnchorError::Randomness) => 126,
            Self::Crypto(CryptoError::OutOfMemory) => 125,
            Self::Crypto(_) => 130,
            Self::MalformedId => 200,
            Self::MalformedCode => 201,
            Self::MalformedTime => 202,
            Self::MalformedCursor => 203,
            Self::Date(reason) => match reason {
                DateError::Format => 210,
                DateError::NoSuchMonth => 211,
                DateError::NoSuchDay => 212,
                DateError::NoSuchTime => 213,
                DateError::NoSuchOffset => 214,
                DateError::EndBeforeBeginning => 215,
                DateError::TooPrecise => 216,
            },
            Self::EmptyIncident => 220,
            Self::TooLong { .. } => 221,
            Self::TooMany { .. } => 222,
            Self::InvalidField { .. } => 223,
            Self::MalformedRecord => 224,
            Self::NewerSchema => 225,
            Self::DamagedRecord => 226,
            Self::IncidentNotFound => 230,
            Self::RevisionNotFound => 231,
            Self::Conflict { .. } => 232,
            Self::NotAnExport => 250,
            Self::OtherVersion => 251,
            Self::RevisionTaken => 252,
            Self::NotUtf8 { .. } => 253,
            Self::ExportCut { .. } => 254,
            Self::ExportMalformed { .. } => 255,
            Self::UnknownRecord => 256,
            Self::Pack(error) => pack_code(error),
            Self::PackNotFound => 280,
            Self::PackDamaged => 281,
            Self::ChecklistNotFound => 282,
            Self::RunNotFound => 283,
            Self::ItemNotFound => 284,
            Self::RunFinished => 285,
            Self::LinkNotFound => 286,
            Self::EvidenceNotFound => 300,
            Self::EvidenceUnfinished => 301,
            Self::EvidenceDamaged => 302,
            Self::EvidenceOfOtherIncident => 303,
            Self::EvidenceEmpty => 304,
            Self::EvidenceDeleted => 305,
            Self::EvidenceHasDerivatives { .. } => 306,
            Self::SourceMissing => 310,
            Self::SourceIsFolder => 311,
            Self::SourceForbidden => 312,
            Self::SourceNotAFile => 313,
            Self::SourceEmpty => 314,
            Self::SourceFailed { .. } => 315,
            Self::Cancelled => 316,
            Self::TargetExists => 320,
            Self::TargetFolderMissing => 321,
            Self::TargetFull => 322,
            Self::TargetFailed { .. } => 323,
            Self::StripUnsupported { .. } => 324,
            Self::StripMalformed { .. } => 325,
            Self::StripTooLarge { .. } => 326,
            Self::CustodyTreeDamaged => 410,
            Self::NothingToAnchor => 411,
            Self::AnchorNotFound => 412,
            Self::AnchorNotStored => 413,
            Self::Anchor(error) => anchor_code(*error),
            Self::Custody(error) => custody_code(*error),
            Self::ReportNotFound => 500,
            Self::Render => 501,
            Self::NoSuchField => 502,
            Self::RecipientTwice => 503,
            Self::Draft => 504,
            Self::PreviewOutdated => 505,
            Self::EvidenceWithoutConsent => 506,
            Self::Fields(_) => 507,
            Self::Form(error) => form_code(*error),
            Self::FormOtherKind => 543,
            Self::FormConsent { .. } => 544,
            Self::FormTooLarge { .. } => 545,
            Self::FormTooMany { .. } => 546,
            Self::FormEvidence { .. } => 547,
            Self::Report(error) => seal_code(*error),
            Self::Card(error) => card_code(error),
            Self::RecipientNotFound => 570,
            Self::FingerprintNotCompared { .. } => 571,
            Self::FingerprintDiffers => 572,
            Self::RecipientDamaged => 573,
            Self::RecipientKindsDiffer => 574,
        }
    }

    /// A failure to write outside the vault, without its path.
    #[must_use]
    pub fn from_target(error: &io::Error) -> Self {
        Self::target(error)
    }

    /// Turns a failure to write outside the vault into ours, without its path.
    pub(crate) fn target(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::TargetExists,
            io::ErrorKind::NotFound => Self::TargetFolderMissing,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::TargetFull,
            kind => Self::TargetFailed { kind },
        }
    }
}

fn vault_code(error: &VaultError) -> u32 {
    match error {
        VaultError::NotAVault => 100,
        VaultError::AlreadyExists => 101,
        VaultError::VaultInUse => 102,
        VaultError::Locked => 103,
        VaultError::WrongPassphrase => 104,
        VaultError::UnusablePassphrase => 105,
        VaultError::PinNeedsDeviceKey => 106,
        VaultError::PassphraseRefused => 107,
        VaultError::HeaderTruncated => 108,
        VaultError::HeaderDamaged => 109,
        VaultError::NewerVersion { .. } => 110,
        VaultError::KdfParameters { .. } => 111,
        VaultError::SlotsTruncated => 112,
        VaultError::SlotsDamaged => 113,
        VaultError::DeviceKeyRequired => 114,
        VaultError::DeviceKey(_) => 115,
        VaultError::SpaceMissing => 116,
        VaultError::Database(_) => 117,
        VaultError::MediaNotFound => 118,
        VaultError::MediaMissing => 119,
        VaultError::MediaHeaderDamaged => 120,
        VaultError::MediaDamaged { .. } => 121,
        VaultError::MediaUnfinished => 301,
        VaultError::MediaBroken => 123,
        VaultError::StorageFull => 124,
        VaultError::OutOfMemory => 125,
        VaultError::Randomness => 126,
        VaultError::Reentrant => 127,
        VaultError::Io { .. } => 128,
        _ => 199,
    }
}

fn card_code(error: &CardError) -> u32 {
    match error {
        CardError::NotACard => 550,
        CardError::UnknownFormat => 551,
        CardError::WrongLength => 552,
        CardError::TooLarge { .. } => 553,
        CardError::BadSignature => 554,
        CardError::Malformed { .. } => 555,
        CardError::OtherCard => 556,
        CardError::OtherSigner { .. } => 557,
        CardError::Rollback { .. } => 558,
        CardError::VersionReused { .. } => 559,
        CardError::Expired { .. } => 560,
        CardError::KeysExpired => 561,
        CardError::NoKnownKey => 562,
        _ => 563,
    }
}

fn pack_code(error: &PackError) -> u32 {
    match error {
        PackError::NotAPack => 260,
        PackError::UnknownFormat => 261,
        PackError::WrongLength => 262,
        PackError::TooLarge { .. } => 263,
        PackError::Unsigned => 264,
        PackError::BadSignature => 265,
        PackError::Tampered { .. } => 266,
        PackError::Malformed { .. } => 267,
        PackError::UnknownPublisher { .. } => 268,
        PackError::OtherPublisher { .. } => 269,
        PackError::OtherPack => 270,
        PackError::Rollback { .. } => 271,
        PackError::VersionReused { .. } => 272,
        PackError::TooNew { .. } => 273,
        PackError::Expired { .. } => 274,
        PackError::NotYetValid { .. } => 275,
        _ => 279,
    }
}

fn custody_code(error: CustodyError) -> u32 {
    match error {
        CustodyError::TooLong => 400,
        CustodyError::Malformed => 401,
        CustodyError::UnknownSchema => 402,
        CustodyError::Time => 403,
        CustodyError::Name => 404,
        CustodyError::MalformedHead => 405,
        CustodyError::HeadSignature => 406,
        CustodyError::OutOfRange => 407,
        CustodyError::MissingNode { .. } => 408,
        CustodyError::Proof => 409,
        CustodyError::Randomness => 126,
        _ => 499,
    }
}

fn anchor_code(error: AnchorError) -> u32 {
    match error {
        AnchorError::UnknownKind => 414,
        AnchorError::TooLarge => 415,
        AnchorError::Malformed => 416,
        AnchorError::UnknownVersion => 417,
        AnchorError::Refused(_) => 418,
        AnchorError::NotATimestamp => 419,
        AnchorError::OtherAlgorithm => 420,
        AnchorError::OtherCommitment => 421,
        AnchorError::OtherNonce => 422,
        AnchorError::ContentAltered => 423,
        AnchorError::UnknownStep => 424,
        AnchorError::NoSuchMessage => 425,
        AnchorError::Head => 426,
        AnchorError::Statement => 427,
        AnchorError::OtherLog => 428,
        AnchorError::Randomness => 126,
        _ => 449,
    }
}

fn form_code(error: FormError) -> u32 {
    match error {
        FormError::NotFound => 540,
        FormError::Newer { .. } => 541,
        FormError::Malformed { .. } => 542,
        _ => 549,
    }
}

/// Places in a list, as they are said in a message.
fn numbers(places: &[usize]) -> String {
    places.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn seal_code(error: SealError) -> u32 {
    match error {
        SealError::NoRecipients => 510,
        SealError::TooManyRecipients { .. } => 511,
        SealError::MixedRecipients => 512,
        SealError::TooManyFiles => 513,
        SealError::EvidenceName { .. } => 514,
        SealError::ExtraPath { .. } => 515,
        SealError::Manifest(_) => 516,
        SealError::Custody => 517,
        SealError::EvidenceNotInCustody { .. } => 518,
        SealError::AnonymousCustody => 519,
        SealError::TooLarge => 520,
        SealError::EvidenceMismatch { .. } => 302,
        SealError::AnonymousStatement => 523,
        SealError::Disclosure => 524,
        SealError::EvidenceRead { .. } => 521,
        SealError::Cancelled => 316,
        SealError::Exists => 320,
        SealError::DiskFull => 322,
        SealError::Randomness => 126,
        SealError::Io(_) => 323,
        SealError::Age(_) => 522,
        _ => 599,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers in the functions above, read from this file: a new variant cannot be forgotten here.
    fn numbers() -> Vec<u32> {
        let source = include_str!("error.rs");
        let (source, _) = source.split_once("#[cfg(test)]").unwrap();
        let arms = source.lines().filter_map(|line| line.split_once("=> ")?.1.strip_suffix(',')?.parse().ok());
        arms.collect()
    }

    #[test]
    fn every_number_is_documented_and_every_documented_number_exists() {
        let documented: Vec<u32> = include_str!("../../../docs/formats/errors.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")?.0.parse().ok())
            // The desk's and the bindings' stand on the same page; they have their own tests.
            .filter(|number| *number < 600)
            .collect();
        assert!(documented.is_sorted_by(|a, b| a < b), "in order, none twice");
        let mut used = numbers();
        assert!(used.len() > 90, "{}", used.len());
        used.sort_unstable();
        used.dedup();
        assert_eq!(used, documented);
    }

    #[test]
    fn what_happens_on_two_ways_has_one_number() {
        let code = |error: CoreError| error.code();
        assert_eq!(code(SealError::Cancelled.into()), code(CoreError::Cancelled));
        assert_eq!(code(SealError::Exists.into()), code(CoreError::TargetExists));
        assert_eq!(code(VaultError::MediaUnfinished.into()), code(CoreError::EvidenceUnfinished));
        assert_eq!(code(CustodyError::Randomness.into()), code(CryptoError::Randomness.into()));
        assert_eq!(code(SealError::EvidenceMismatch { item: 1 }.into()), code(CoreError::EvidenceDamaged));
        assert_eq!(CoreError::Conflict { current: 2 }.code(), 232);
        assert_eq!(code(DateError::NoSuchDay.into()), 212);
    }

    #[test]
    fn texts_say_what_happened_and_nothing_else() {
        let error = CoreError::SourceFailed { after: 12, kind: io::ErrorKind::UnexpectedEof };
        assert_eq!(error.to_string(), "the file to import could not be read after 12 bytes: unexpected end of file");
        let too_long = CoreError::TooLong { field: "title", limit: 1024 };
        assert_eq!(too_long.to_string(), "title is too long: at most 1024 bytes");
    }
}
