//! Records to and from files, and the lists of codes with their words, for forms.

use std::{path::Path, sync::Arc};

use amparo_core::{
    Amparo, CoreError,
    interchange::{self, Locale, huridocs, lists},
};

use crate::{
    convert::{IntoCore, IntoHost, answer, same_words, silent},
    error::{call, errors},
    ids::IncidentId,
    incidents::{IncidentQuery, RecipientKind},
    job::{CancelToken, Progress, watch},
    reports::FieldChoice,
};

errors! {
    /// Why records could not be written to a file or read from one.
    InterchangeError {
        /// The file to read does not exist.
        SourceMissing = 310,
        /// The file to read is a folder, a device, a pipe.
        SourceNotAFile = 311 | 313,
        /// The file to read may not be read.
        SourceForbidden = 312,
        /// The file to read is empty.
        SourceEmpty = 314,
        /// The file could not be read to its end.
        SourceFailed = 315,
        /// Not an export of incidents, or one that is cut off or damaged at its beginning.
        NotAnExport = 250 | 253 | 254 | 255,
        /// It was written by a newer version.
        NewerVersion = 225,
        /// A path names no field of an incident.
        NoSuchField = 502,
        /// A file of that name exists. It was not touched.
        TargetExists = 320,
        /// The folder to write to does not exist.
        TargetFolderMissing = 321,
        /// The file could not be written. What was begun was removed.
        TargetFailed = 323,
    }
}

/// How an export is laid out. Both hold the same records, and an import takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Format {
    /// One JSON document.
    Json,
    /// JSON Lines: a header, then one record a line.
    JsonLines,
}

impl IntoCore<interchange::Format> for Format {
    fn into_core(self) -> Result<interchange::Format, CoreError> {
        Ok(match self {
            Self::Json => interchange::Format::Json,
            Self::JsonLines => interchange::Format::JsonLines,
        })
    }
}

/// What an export holds besides the present records.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExportOptions {
    /// How it is laid out. Absent: one JSON document.
    #[uniffi(default)]
    pub format: Option<Format>,
    /// Earlier revisions of the incidents.
    #[uniffi(default)]
    pub revisions: bool,
    /// What is said of the incidents' evidence. Never its bytes.
    #[uniffi(default)]
    pub evidence: bool,
}

impl IntoCore<interchange::ExportOptions> for ExportOptions {
    fn into_core(self) -> Result<interchange::ExportOptions, CoreError> {
        let Self { format, revisions, evidence } = self;
        Ok(interchange::ExportOptions { format: format.into_core()?.unwrap_or_default(), revisions, evidence })
    }
}

/// What was written.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ExportSummary {
    /// Incidents.
    pub incidents: u64,
    /// Earlier revisions.
    pub revisions: u64,
    /// Descriptions of evidence.
    pub evidence: u64,
    /// Incidents that are not in it, or not with all revisions, because a stored record is damaged.
    pub damaged: Vec<IncidentId>,
    /// Bytes.
    pub bytes: u64,
}
silent!(ExportSummary);

impl IntoHost<ExportSummary> for interchange::ExportSummary {
    fn into_host(self) -> ExportSummary {
        ExportSummary {
            incidents: self.incidents,
            revisions: self.revisions,
            evidence: self.evidence,
            damaged: self.damaged.into_host(),
            bytes: self.bytes,
        }
    }
}

same_words! {
    /// What is done with a record whose id the vault has with other content.
    ImportConflict = interchange::Conflict {
        /// The vault's own stays.
        Skip,
        /// The imported one becomes the newest revision, and the vault's own an earlier one.
        Revision,
        /// The vault's own stays, and the imported one is named as refused.
        Refuse,
    }
}

/// How to import.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportPolicy {
    /// What is done with other content under the same id. Absent: `Skip`.
    #[uniffi(default)]
    pub conflict: Option<ImportConflict>,
    /// Nothing is written: the report says what would be.
    #[uniffi(default)]
    pub dry_run: bool,
}

impl IntoCore<interchange::ImportPolicy> for ImportPolicy {
    fn into_core(self) -> Result<interchange::ImportPolicy, CoreError> {
        let Self { conflict, dry_run } = self;
        Ok(interchange::ImportPolicy { conflict: conflict.into_core()?.unwrap_or_default(), dry_run })
    }
}

/// A kind of record in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RecordKind {
    /// An incident.
    Incident,
    /// An earlier revision of an incident.
    Revision,
    /// What is said of a piece of evidence.
    Evidence,
    /// A kind that this version of the bindings has no case for.
    Unlisted,
}

impl IntoHost<RecordKind> for interchange::Kind {
    fn into_host(self) -> RecordKind {
        match self {
            Self::Incident => RecordKind::Incident,
            Self::Revision => RecordKind::Revision,
            Self::Evidence => RecordKind::Evidence,
            _ => RecordKind::Unlisted,
        }
    }
}

/// A record that did not go in.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Refused {
    /// How many bytes of the file come before it.
    pub offset: u64,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it is, as far as that can be told.
    pub kind: Option<RecordKind>,
    /// Its id, 32 hexadecimal digits, as far as that can be told; of a revision, the incident's.
    pub id: Option<String>,
    /// Why: the number of an error.
    pub code: u32,
    /// Why, in English.
    pub text: String,
}
silent!(Refused);

impl IntoHost<Refused> for interchange::Refused {
    fn into_host(self) -> Refused {
        Refused {
            offset: self.offset,
            line: self.line,
            kind: self.kind.into_host(),
            id: self.id,
            code: self.reason.code(),
            text: self.reason.to_string(),
        }
    }
}

/// Why an import did not get to the end of the file.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Stopped {
    /// How far it was read, bytes.
    pub offset: u64,
    /// The line, from 1.
    pub line: u64,
    /// Why: the number of an error.
    pub code: u32,
    /// Why, in English.
    pub text: String,
}
silent!(Stopped);

impl IntoHost<Stopped> for interchange::Stopped {
    fn into_host(self) -> Stopped {
        Stopped { offset: self.offset, line: self.line, code: self.reason.code(), text: self.reason.to_string() }
    }
}

/// What became of a file's records.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ImportReport {
    /// Incidents that were not in the vault.
    pub created: u64,
    /// Incidents that the vault has as they are, now or as an earlier revision.
    pub unchanged: u64,
    /// Incidents of which the imported one is the newest revision now.
    pub updated: u64,
    /// Incidents, and descriptions of evidence, of which the vault kept its own.
    pub skipped: u64,
    /// Earlier revisions that were not in the vault.
    pub revisions: u64,
    /// Descriptions of evidence that is not in this vault, kept for the next export.
    pub descriptions: u64,
    /// How many records were refused.
    pub refused_count: u64,
    /// How many of them because a newer version wrote them.
    pub newer: u64,
    /// The first 100 of them.
    pub refused: Vec<Refused>,
    /// How often incidents name evidence that is in the vault.
    pub evidence_known: u64,
    /// How often they name evidence that is not. Its id is kept.
    pub evidence_missing: u64,
    /// Why it did not get to the end of the file; absent if it did. All that is counted is in.
    pub stopped: Option<Stopped>,
}
silent!(ImportReport);

impl IntoHost<ImportReport> for interchange::ImportReport {
    fn into_host(self) -> ImportReport {
        ImportReport {
            created: self.created,
            unchanged: self.unchanged,
            updated: self.updated,
            skipped: self.skipped,
            revisions: self.revisions,
            descriptions: self.descriptions,
            refused_count: self.refused_count,
            newer: self.newer,
            refused: self.refused.into_host(),
            evidence_known: self.evidence_known,
            evidence_missing: self.evidence_missing,
            stopped: self.stopped.into_host(),
        }
    }
}

/// For whom a file for Uwazi is, and in which words.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct UwaziOptions {
    /// What kind of recipient runs the database. Persons' consent is bound to it.
    pub kind: RecipientKind,
    /// What they are told. Absent: what consent and marks allow.
    #[uniffi(default)]
    pub choice: Option<FieldChoice>,
    /// BCP 47 tag of the language of the codes' words: that of the thesauri in the database. Absent, and where there are no words in
    /// it: English.
    #[uniffi(default)]
    pub language: Option<String>,
}
silent!(UwaziOptions);

impl IntoCore<interchange::UwaziOptions> for UwaziOptions {
    fn into_core(self) -> Result<interchange::UwaziOptions, CoreError> {
        let Self { kind, choice, language } = self;
        Ok(interchange::UwaziOptions {
            kind: kind.into_core()?,
            choice: choice.into_core()?.unwrap_or_default(),
            locale: language.as_deref().map_or_else(Locale::default, Locale::for_tag),
        })
    }
}

/// Records to and from files. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Interchange {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Interchange {
    /// Writes the incidents for which `query` holds (all, if it has no condition), oldest first, to a new file at `path`, readable by
    /// its owner only. **The file is plaintext with everything in it, also what is confidential.** `progress` counts the bytes written.
    pub fn export_file(
        &self,
        query: IncidentQuery,
        options: ExportOptions,
        path: String,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<ExportSummary, InterchangeError> {
        call("interchange.export_file", || {
            let (query, options) = (query.into_core()?, options.into_core()?);
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.interchange().export_file(&query, options, Path::new(&path), &mut watch)?.into_host())
        })
    }

    /// Brings in what an export holds: ids, revisions, stamps, unknown fields and codes stay as they are. Importing the same again
    /// changes nothing. A record that cannot go in is named in the report, and the others go in. What ends the import in the middle of
    /// the file, a cancellation too, stands in the report's `stopped`; what came before is in. `progress` counts the bytes read.
    pub fn import_file(
        &self,
        path: String,
        policy: ImportPolicy,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<ImportReport, InterchangeError> {
        call("interchange.import_file", || {
            let policy = policy.into_core()?;
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.interchange().import_file(Path::new(&path), policy, &mut watch)?.into_host())
        })
    }

    /// Writes the incidents for which `query` holds, oldest first, as CSV for Uwazi to a new file at `path`, readable by its owner
    /// only. Drafts are left out, and so is everything that a report to this kind of recipient would not tell. **The file is
    /// plaintext.** `progress` counts the bytes written.
    pub fn export_uwazi_file(
        &self,
        query: IncidentQuery,
        options: UwaziOptions,
        path: String,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<ExportSummary, InterchangeError> {
        call("interchange.export_uwazi_file", || {
            let (query, options) = (query.into_core()?, options.into_core()?);
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.interchange().export_uwazi_file(&query, &options, Path::new(&path), &mut watch)?.into_host())
        })
    }
}

/// The thesaurus of a list of codes (`code_lists` has their names) as Uwazi imports it, in every language. Absent for a list that does
/// not exist.
#[uniffi::export]
pub fn thesaurus_csv(list: String) -> Result<Option<String>, InterchangeError> {
    call("thesaurus_csv", || {
        let Some(csv) = interchange::thesaurus_csv(&list)? else { return Ok(None) };
        Ok(Some(String::from_utf8(csv).map_err(|_| CoreError::MalformedRecord)?))
    })
}

same_words! {
    /// How a term of HURIDOCS stands to our code.
    HuridocsMatch = huridocs::Match {
        /// It means the same.
        Exact,
        /// Near enough for searching, not the same.
        Close,
        /// It means more than ours.
        Broad,
        /// It means less than ours.
        Narrow,
    }
}

answer! {
    /// A term of HURIDOCS.
    HuridocsCode = huridocs::HuridocsCode {
        /// The number of the micro-thesaurus.
        thesaurus: u32,
        /// Twelve digits, two for each level.
        code: String,
        /// The term in English, as the edition has it.
        term: String,
        /// How it stands to our code.
        matches: HuridocsMatch,
    }
}

/// The English title of a micro-thesaurus that a `HuridocsCode` names.
#[uniffi::export]
pub fn huridocs_thesaurus(number: u32) -> Option<String> {
    huridocs::thesaurus(number).map(str::to_owned)
}

/// One code of a list.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CodeWord {
    /// The code, as it stands in records.
    pub code: String,
    /// What it means, in the language that was asked for.
    pub word: String,
    /// Its counterpart in the micro-thesauri of HURIDOCS, if there is one.
    pub huridocs: Option<HuridocsCode>,
}

/// One list of codes.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CodeList {
    /// Its name, such as `act`.
    pub name: String,
    /// Its name for people, in English.
    pub title: String,
    /// The codes that this version knows, in the order in which a form should offer them.
    pub codes: Vec<CodeWord>,
}

/// All lists of codes of incidents and evidence that people read, with their words in the language of the BCP 47 tag `language` (English
/// where there are none in it): what a form offers.
#[uniffi::export]
pub fn code_lists(language: String) -> Vec<CodeList> {
    let locale = Locale::for_tag(&language);
    let list = |list: &lists::CodeList| CodeList {
        name: list.name.to_owned(),
        title: list.title.to_owned(),
        codes: list.codes().into_iter().map(|code| word(locale, list.name, code)).collect(),
    };
    lists::LISTS.iter().map(list).collect()
}

fn word(locale: Locale, list: &str, code: &str) -> CodeWord {
    CodeWord {
        code: code.to_owned(),
        word: locale.code(list, code),
        huridocs: huridocs::code(list, code).cloned().into_host(),
    }
}

#[cfg(test)]
mod tests;
