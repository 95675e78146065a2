//! What each group will see, before anything is sealed: the very bytes, and what is not in them and why.
//!
//! A request that was confirmed with its previews seals exactly these bytes or nothing.

use std::collections::BTreeMap;

use amparo_crypto::{
    age::{Identity, KeyKind},
    hash::Hasher,
};
use amparo_report::{
    names,
    seal::{Prepared, SealError},
};

use super::{LeftOut, PersonTold, ReportRequest, Reports, SenderMode, Withheld, compose::Composition, gather};
use crate::{CoreError, ReportId, evidence::EvidenceState, form::FieldFinding, incident::RecipientKind, search};

/// Something to think about before it is sealed. Warnings name fields, never what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Somebody's name, pseudonym or contact that is withheld stands in words that are shown, possibly in another case or without
    /// accents.
    NameInText {
        /// Where: a pointer into `report.json`.
        field: String,
    },
    /// Evidence goes in as it is: with place, time, device and owner, as far as its file says so, and with everybody who can be
    /// seen or heard.
    OriginalEvidence {
        /// Its path in the report.
        path: String,
    },
    /// What is there of this evidence is not all that was recorded.
    IncompleteEvidence {
        /// Its path in the report.
        path: String,
    },
    /// Some recipients have only classic keys: what is recorded today could be read with a future quantum computer.
    ClassicKeys,
    /// The custody excerpt shows that this report and others of the vault come from one log, although they are signed by the keys
    /// of their cases.
    Linkable,
}

impl Warning {
    /// A stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameInText { .. } => "name_in_text",
            Self::OriginalEvidence { .. } => "original_evidence",
            Self::IncompleteEvidence { .. } => "incomplete_evidence",
            Self::ClassicKeys => "classic_keys",
            Self::Linkable => "linkable",
        }
    }

    /// The field or file that it is about.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        match self {
            Self::NameInText { field } => Some(field),
            Self::OriginalEvidence { path } | Self::IncompleteEvidence { path } => Some(path),
            Self::ClassicKeys | Self::Linkable => None,
        }
    }
}

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFile {
    /// Its path in the report.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

/// One sealed file to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedSize {
    /// The kind of its recipients' keys.
    pub keys: KeyKind,
    /// How many recipients can open it.
    pub recipients: usize,
    /// Its size in bytes, exactly.
    pub size: u64,
}

/// What was confirmed of one preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The id that the report will have.
    pub report: ReportId,
    /// Hash over everything in it that people or programs read.
    pub content: [u8; 32],
}

/// Exactly what one group will see.
#[derive(Clone, PartialEq)]
pub struct GroupPreview {
    /// What kind of recipients.
    pub kind: RecipientKind,
    /// The id that the report will have, if it is sealed from this preview.
    pub report_id: ReportId,
    /// The revision of the incident.
    pub revision: u32,
    /// Who signs.
    pub sender: SenderMode,
    /// The bytes of `report.json`.
    pub report_json: Vec<u8>,
    /// The text of `report.html`.
    pub html: String,
    /// The text of `report.md`.
    pub markdown: String,
    /// Every file in the report, in its order.
    pub files: Vec<PreviewFile>,
    /// The sealed files, post-quantum recipients first.
    pub sealed: Vec<SealedSize>,
    /// What is told of each person, and why.
    pub persons: Vec<PersonTold>,
    /// Fields of the incident that are not in it, and why.
    pub withheld: Vec<Withheld>,
    /// Evidence of the incident that is not in it, and why.
    pub left_out: Vec<LeftOut>,
    /// What to think about.
    pub warnings: Vec<Warning>,
    /// What the channel's form says to it, if the group has one: what is asked for and is not there, known and hidden, or left out
    /// for the channel. In the report's language. None of it stops anybody from sealing.
    pub form: Vec<FieldFinding>,
    content: [u8; 32],
}

impl core::fmt::Debug for GroupPreview {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("GroupPreview")
            .field("kind", &self.kind)
            .field("report_id", &self.report_id)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

impl GroupPreview {
    pub(super) fn confirm(&self) -> Confirmed {
        Confirmed { report: self.report_id, content: self.content }
    }
}

impl Reports<'_> {
    /// What each group will see, in the order of the request. Nothing is sealed and nobody is told. An incident that was saved
    /// before there were signed statements gets its statement now.
    ///
    /// # Errors
    /// As [`seal_file`](Self::seal_file), without those of writing.
    pub fn preview(&self, request: &ReportRequest) -> Result<Vec<GroupPreview>, CoreError> {
        let jobs = request.jobs()?;
        let now = self.amparo.clock.now();
        let mut composed = self.amparo.vault.write(|tx| gather(tx, request, &now))?;
        self.add_thumbnails(&mut composed);
        // As long as the reply key that it will be.
        let reply = Identity::generate(KeyKind::PostQuantum).map_err(SealError::from)?.recipient();
        let mut previews = Vec::with_capacity(composed.len());
        for (number, composition) in composed.iter().enumerate() {
            let request = self.seal_request(composition, &reply)?;
            let (mut sealed, mut files, mut hash) = (Vec::new(), Vec::new(), [0; 32]);
            for (_, job) in jobs.iter().filter(|(group, _)| *group == number) {
                let prepared = request.prepare(&job.recipients)?;
                if sealed.is_empty() {
                    let all = prepared.files().into_iter();
                    files = all.map(|file| PreviewFile { path: file.path, size: file.size }).collect();
                    hash = content(&prepared);
                }
                composition.check_size(prepared.sealed_size())?;
                sealed.push(SealedSize {
                    keys: job.kind,
                    recipients: job.recipients.len(),
                    size: prepared.sealed_size(),
                });
            }
            previews.push(GroupPreview {
                kind: composition.kind.clone(),
                report_id: composition.id,
                revision: composition.revision,
                sender: composition.mode,
                report_json: request.report_json.clone(),
                html: request.report_html.clone(),
                markdown: request.report_md.clone(),
                files,
                warnings: warnings(composition, &sealed),
                sealed,
                persons: composition.disclosed.persons.clone(),
                withheld: composition.disclosed.withheld.clone(),
                left_out: composition.left_out.clone(),
                form: composition
                    .form
                    .as_ref()
                    .map_or_else(Vec::new, |(form, judged)| form.explain(&judged.fields, &composition.language)),
                content: hash,
            });
        }
        Ok(previews)
    }
}

/// Hash over what is read of a report. Not in it: what is fresh at every sealing (addressee tags, reply key, the log's head), and
/// what follows from it.
pub(super) fn content(prepared: &Prepared<'_, '_>) -> [u8; 32] {
    let fresh = [names::MANIFEST, names::SIGNATURE, names::REPLY, names::CUSTODY_PROOFS, names::CUSTODY_HEAD];
    let mut hasher = Hasher::new();
    for file in prepared.files() {
        if !fresh.contains(&file.path.as_str()) && !file.path.starts_with(names::ANCHORS) {
            // No path has a line break in it.
            hasher.update(file.path.as_bytes());
            hasher.update(b"\n");
            hasher.update(&file.sha256.0);
        }
    }
    hasher.finish()
}

fn warnings(composed: &Composition, sealed: &[SealedSize]) -> Vec<Warning> {
    let names: Vec<search::Name> = composed.disclosed.names.iter().map(|name| search::Name::new(name)).collect();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (pointer, words) in &composed.disclosed.texts {
        texts.insert(format!("/incident{pointer}"), words.clone());
    }
    for (i, item) in composed.items.iter().enumerate() {
        let said = &item.evidence.description;
        if let (true, Some(note)) = (composed.shown.notes, &said.note) {
            texts.insert(format!("/evidence/{i}/note"), note.clone());
        }
        if let (true, Some(name)) = (composed.shown.file_names, &said.file_name) {
            texts.insert(format!("/evidence/{i}/file_name"), name.clone());
        }
    }
    let mut warnings = Vec::new();
    for (field, words) in texts {
        let folded = search::Folded::new(&words);
        if names.iter().any(|name| name.is_in(&folded)) {
            warnings.push(Warning::NameInText { field });
        }
    }
    for item in &composed.items {
        if item.evidence.derived_from.is_none() {
            warnings.push(Warning::OriginalEvidence { path: item.path.clone() });
        }
        if item.evidence.state != EvidenceState::COMPLETE {
            warnings.push(Warning::IncompleteEvidence { path: item.path.clone() });
        }
    }
    if sealed.iter().any(|file| file.keys == KeyKind::Classic) {
        warnings.push(Warning::ClassicKeys);
    }
    if composed.custody.is_some() {
        warnings.push(Warning::Linkable);
    }
    warnings
}
