//! What a verification says: one plain sentence an item, and one word for the whole.
//!
//! The texts are English; `code` is stable and is what another language, or a program, goes by. No text carries content of
//! the report: only its own path names, numbers, times and fingerprints.

use serde::Serialize;

use crate::manifest::SenderMode;

/// How a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It was checked and holds.
    Good,
    /// Worth knowing; nothing is wrong.
    Note,
    /// It does not hold.
    Bad,
}

/// What was found. Stable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Code {
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

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it weighs.
    pub severity: Severity,
    /// What was found.
    pub code: Code,
    /// The file it is about, made safe to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The same for people.
    pub text: String,
}

/// Whether the report was made for whom it is opened by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressee {
    /// Made for one of the given keys.
    You,
    /// Made for other keys, and possibly passed on.
    SomebodyElse,
    /// No keys were given, or the manifest does not tell.
    NotChecked,
}

/// Who the report is from, as far as its signature shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SenderVerdict {
    /// What the manifest says.
    pub mode: SenderMode,
    /// The signature holds. Always `false` for an anonymous report.
    pub signed: bool,
    /// The signing key in hexadecimal, if the signature holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Its fingerprint as people compare it, if the signature holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Always `amparo.verdict/1`.
    pub schema: &'static str,
    /// Everything that was checked holds.
    pub ok: bool,
    /// The report's id, if its manifest is readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_id: Option<String>,
    /// The day it was sealed, as the sender's clock said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Who it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<SenderVerdict>,
    /// Whether it was made for the given keys.
    pub addressee: Addressee,
    /// All findings, in the order of the report.
    pub items: Vec<Finding>,
}

impl Verdict {
    pub(crate) fn empty() -> Self {
        Self {
            schema: "amparo.verdict/1",
            ok: false,
            report_id: None,
            created: None,
            sender: None,
            addressee: Addressee::NotChecked,
            items: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, severity: Severity, code: Code, item: Option<&str>, text: impl Into<String>) {
        self.items.push(Finding { severity, code, item: item.map(str::to_owned), text: text.into() });
    }

    /// Says `ok` exactly if nothing bad was found. Called last.
    pub(crate) fn close(mut self) -> Self {
        self.ok = !self.items.is_empty() && self.items.iter().all(|finding| finding.severity != Severity::Bad);
        self
    }

    /// The findings that do not hold.
    pub fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().filter(|finding| finding.severity == Severity::Bad)
    }
}
