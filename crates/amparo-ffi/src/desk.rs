//! The recipient's side, without a vault: intake keys, opening and checking sealed reports.

use std::{path::Path, sync::Arc};

use amparo_desk as desk;

use crate::{
    convert::{IntoCore as _, IntoHost, answer, same_words, silent},
    error::{Failure, call, errors},
    job::{CancelToken, Progress, watch},
    reports::{KeyKind, SenderMode},
};

errors! {
    /// Why a sealed report could not be opened or checked, or a key not be made. Nothing half-made is left behind.
    DeskError {
        /// There is no such file or folder.
        Missing = 600,
        /// It is empty, or no sealed report, or something else is in it.
        NotAReport = 601..=604,
        /// None of the keys opens it.
        ForSomebodyElse = 605,
        /// It is cut short: ask for it to be sent again.
        CutShort = 606 | 607,
        /// It was changed after it was sealed.
        Tampered = 608,
        /// It is built to do harm, or by broken software.
        Hostile = 609,
        /// The folder to open into is not empty, or no folder, or has no name.
        OutputNotEmpty = 610 | 611,
        /// A file of that name exists. Keys are never overwritten.
        Exists = 620,
        /// The system does not allow it.
        Forbidden = 623,
        /// No key was given.
        NoKeys = 624 | 625,
        /// The key file cannot be used.
        NotAKeyFile = 626 | 627,
        /// The disk failed.
        Disk = 699,
    }
}

same_words! {
    /// How a finding weighs.
    Severity = desk::Severity {
        /// It was checked and holds.
        Good,
        /// Worth knowing; nothing is wrong.
        Note,
        /// It does not hold.
        Bad,
    }
}

same_words! {
    /// Whether the report was made for whom it is opened by.
    Addressee = desk::Addressee {
        /// Made for one of the given keys.
        You,
        /// Made for other keys, and possibly passed on.
        SomebodyElse,
        /// No keys were given, or the list of files does not tell.
        NotChecked,
    }
}

/// Declares the findings beside those of the report's own crate, which may gain some.
macro_rules! findings {
    ($($(#[$doc:meta])* $variant:ident,)+) => {
        /// What was found. An app's translations hang on these; new ones are appended.
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
        pub enum FindingCode {
            $($(#[$doc])* $variant,)+
            /// One that this version of the bindings has no case for.
            Unlisted {
                /// Its stable word.
                code: String,
            },
        }

        impl IntoHost<FindingCode> for desk::Code {
            fn into_host(self) -> FindingCode {
                match self {
                    $(Self::$variant => FindingCode::$variant,)+
                    other => FindingCode::Unlisted { code: word(other) },
                }
            }
        }

        #[cfg(test)]
        const LISTED: &[&str] = &[$(stringify!($variant)),+];
    };
}

findings! {
    /// The list of files is there and readable.
    ManifestRead,
    /// The list of files is not there: nothing can be checked.
    ManifestMissing,
    /// The list of files cannot be read: nothing can be checked.
    ManifestUnreadable,
    /// The list is signed with a key made for the case.
    SignedByCaseKey,
    /// The list is signed with a key by which the sender is known.
    SignedByKnownKey,
    /// The list is unsigned on purpose.
    Anonymous,
    /// The list names a sender, but its signature is not there.
    SignatureMissing,
    /// The signature does not hold.
    SignatureBad,
    /// A signature beside a list that says it has none.
    SignatureUnexpected,
    /// The file is as listed.
    FileUnchanged,
    /// The file is not as listed.
    FileAltered,
    /// The file is listed, but not there.
    FileMissing,
    /// The file is there, but not listed.
    FileUnexpected,
    /// The file could not be read.
    FileUnreadable,
    /// A link, a device or another thing that is no file.
    NotAFile,
    /// The folder holds more than a report can.
    TooManyFiles,
    /// The report was made for one of the given keys.
    AddressedToYou,
    /// The report was made for other keys.
    NotAddressedToYou,
    /// No key was given to check for whom the report was made.
    AddresseeNotChecked,
    /// The custody excerpt is proven.
    CustodyProven,
    /// There is no custody excerpt.
    CustodyAbsent,
    /// A part of the custody excerpt is missing.
    CustodyIncomplete,
    /// A custody entry was altered, or the excerpt cannot be read.
    CustodyAltered,
    /// A custody entry is missing.
    CustodyMissing,
    /// The custody entries are out of order.
    CustodyReordered,
    /// The custody head or an entry has no valid signature or proof.
    CustodyUnsigned,
    /// A timestamp of the custody log is what it should be, as far as it can be checked without trusting its authority.
    AnchorHolds,
    /// A timestamp of the custody log is of something else, or cannot be read.
    AnchorBroken,
    /// The evidence is what the custody log recorded.
    EvidenceInCustody,
    /// The custody log has no such evidence.
    EvidenceNotInCustody,
    /// The fields that are shown are as they were signed when the record was saved.
    FieldsProven,
    /// A field is not as it was signed, or the list of fields cannot be read.
    FieldsAltered,
    /// Fields are shown for which nothing is proven. A note if the sender says so, else a fault.
    FieldsNotCovered,
    /// The statement on the saved record has no valid signature of the sender.
    StatementUnsigned,
    /// A part of the statement or of its fields is missing.
    DisclosureIncomplete,
    /// The report carries no statement: its fields are only as the sender sealed them.
    DisclosureAbsent,
    /// The fields could not be compared: `report.json` is missing, too large, or cannot be read.
    FieldsUnchecked,
    /// The custody log has the entry that was made when the record was saved.
    RecordInCustody,
    /// The custody excerpt does not have that entry.
    RecordNotInCustody,
    /// The padding is as the format prescribes.
    PaddingRight,
    /// The padding is not as the format prescribes: sealed again by something else.
    PaddingWrong,
}

/// A code as it is written in `amparo.verdict/1`.
fn word(code: desk::Code) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

answer! {
    /// One thing that was checked.
    Finding = desk::Finding {
        /// How it weighs.
        severity: Severity,
        /// What was found.
        code: FindingCode,
        /// The file it is about, made safe to show.
        item: Option<String>,
        /// The same for people, in English. It carries no content of the report.
        text: String,
    }
}

answer! {
    /// Who the report is from, as far as its signature shows.
    SenderVerdict = desk::SenderVerdict {
        /// What the report says.
        mode: SenderMode,
        /// The signature holds. Always `false` for an anonymous report.
        signed: bool,
        /// The signing key in hexadecimal, if the signature holds.
        public_key: Option<String>,
        /// Its fingerprint as people compare it, if the signature holds.
        fingerprint: Option<String>,
    }
}

/// The result of a verification.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Verdict {
    /// Always `amparo.verdict/1`.
    pub schema: String,
    /// Everything that was checked holds.
    pub ok: bool,
    /// The report's id, if its list of files is readable.
    pub report_id: Option<String>,
    /// The day it was sealed, as the sender's clock said.
    pub created: Option<String>,
    /// Who it is from.
    pub sender: Option<SenderVerdict>,
    /// Whether it was made for the given keys.
    pub addressee: Addressee,
    /// All findings, in the order of the report.
    pub items: Vec<Finding>,
}
silent!(Verdict);

impl IntoHost<Verdict> for desk::Verdict {
    fn into_host(self) -> Verdict {
        let Self { schema, ok, report_id, created, sender, addressee, items } = self;
        Verdict {
            schema: schema.to_owned(),
            ok,
            report_id,
            created,
            sender: sender.into_host(),
            addressee: addressee.into_host(),
            items: items.into_host(),
        }
    }
}

answer! {
    /// An opened report.
    OpenedReport = desk::Opened {
        /// What was checked, and whether it holds. A report that does not verify is opened all the same: look at this first.
        verdict: Verdict,
        /// SHA-256 of the sealed file: what a receipt names.
        sha256: String,
        /// Bytes of the sealed file.
        size: u64,
    }
}

/// Makes a key pair, writes the secret key to `path`, which must not exist and which only its owner can read, and returns the public
/// key to give to senders. Take `PostQuantum`; a classic key is for senders who have nothing else.
#[uniffi::export]
pub fn desk_generate_key(path: String, kind: KeyKind) -> Result<String, DeskError> {
    call("desk_generate_key", || Ok(desk::keygen(Path::new(&path), kind.into_core()?)?.to_string()))
}

/// Whether others on this computer may read the key file. Always `false` where permissions are not those of Unix.
#[uniffi::export]
pub fn key_file_is_exposed(path: String) -> Result<bool, DeskError> {
    call("key_file_is_exposed", || Ok(desk::key_file_is_exposed(Path::new(&path))?))
}

/// Opens the sealed report `file` with the secret keys in the file `keys` into the folder `outdir`, which must not exist or be empty, and
/// verifies it on the way. `progress` counts the bytes of the content. When it fails, nothing is written.
#[uniffi::export]
pub fn desk_open(
    file: String,
    keys: String,
    outdir: String,
    cancel: Option<Arc<CancelToken>>,
    progress: Option<Arc<Progress>>,
) -> Result<OpenedReport, DeskError> {
    call("desk_open", || {
        let identities = desk::load_identities(Path::new(&keys))?;
        let mut watch = watch(cancel, progress);
        Ok(desk::open(Path::new(&file), &identities, Path::new(&outdir), &mut watch)?.into_host())
    })
}

/// Checks a sealed report, with the secret keys in the file `keys`, or a folder that it was opened into, by this library or by `age` and
/// `tar`. For a folder `keys` may be absent: whether it was made for you is then not checked. Writes nothing. What merely does not
/// verify is in the verdict.
#[uniffi::export]
pub fn desk_verify(
    path: String,
    keys: Option<String>,
    cancel: Option<Arc<CancelToken>>,
    progress: Option<Arc<Progress>>,
) -> Result<Verdict, DeskError> {
    call("desk_verify", || {
        let identities = match keys {
            Some(keys) => desk::load_identities(Path::new(&keys))?,
            None => Vec::new(),
        };
        let verdict: desk::Verdict = desk::verify(Path::new(&path), &identities, &mut watch(cancel, progress))?;
        Ok::<_, Failure>(verdict.into_host())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_has_a_case_of_its_own() {
        // The enum may grow; it is read where it is declared.
        let source = include_str!("../../amparo-report/src/verdict.rs");
        let (_, rest) = source.split_once("pub enum Code {").unwrap();
        let (body, _) = rest.split_once("\n}").unwrap();
        let declared: Vec<&str> = body.lines().filter_map(|line| line.trim().strip_suffix(',')).collect();
        assert!(declared.len() > 40, "{}", declared.len());
        assert_eq!(LISTED, declared);
    }

    #[test]
    fn codes_have_the_words_of_the_format() {
        assert_eq!(word(desk::Code::NotAddressedToYou), "not_addressed_to_you");
    }
}
