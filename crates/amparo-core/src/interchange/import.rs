//! Reading records: one at a time, stored in batches. What is wrong with one record concerns that one; what is wrong with the
//! file ends the import with all that came before it in the vault.

use std::{io::Read, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    EXPORT_SCHEMA, Interchange, REVISION_SCHEMA,
    merge::{Merge, Named, Outcome, Record},
    split::{Piece, Source},
};
use crate::{
    CoreError, IncidentId,
    evidence::{EVIDENCE_SCHEMA, Evidence, Progress, limits as evidence_limits, open_source},
    incident::{INCIDENT_SCHEMA, Incident, limits},
    text,
};

/// One record in a file, bytes: what may be stored, with room for its evidence, for white space and for escaped characters.
pub const ELEMENT_BYTES: usize = 4 * limits::RECORD_BYTES;

/// How many refused records are named one by one.
pub const MAX_REFUSED: usize = 100;

/// Records of one transaction.
const BATCH_RECORDS: usize = 100;
/// Bytes of records after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;
/// A name or a schema around the records, bytes.
const NAME_BYTES: usize = 1024;
/// What an evidence record may have beside its description, bytes.
const EVIDENCE_FRAME_BYTES: usize = 4096;

/// What is done with a record whose id the vault has with other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conflict {
    /// The vault's own stays.
    #[default]
    Skip,
    /// The imported one becomes the newest revision, and the vault's own an earlier one.
    Revision,
    /// The vault's own stays, and the imported one is named as refused.
    Refuse,
}

/// How to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportPolicy {
    /// What is done with other content under the same id.
    pub conflict: Conflict,
    /// Nothing is written: the report says what would be. Memory then grows with the records, by some hundred bytes each.
    pub dry_run: bool,
}

/// A kind of record in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An incident.
    Incident,
    /// An earlier revision of an incident.
    Revision,
    /// What is said of a piece of evidence.
    Evidence,
}

/// A record that did not go in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Refused {
    /// How many bytes of the file come before it.
    pub offset: u64,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it is, as far as that can be told.
    pub kind: Option<Kind>,
    /// Its id, 32 hexadecimal digits, as far as that can be told; of a revision, the incident's.
    pub id: Option<String>,
    /// Why.
    pub reason: CoreError,
}

/// Why an import did not get to the end of the file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stopped {
    /// How far it was read, bytes.
    pub offset: u64,
    /// The line, from 1.
    pub line: u64,
    /// Why.
    pub reason: CoreError,
}

/// What became of a file's records.
#[derive(Debug, Default)]
#[non_exhaustive]
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
    /// The first [`MAX_REFUSED`] of them.
    pub refused: Vec<Refused>,
    /// How often incidents name evidence that is in the vault.
    pub evidence_known: u64,
    /// How often they name evidence that is not. Its id is kept.
    pub evidence_missing: u64,
    /// Why it did not get to the end of the file; `None` if it did. All that is counted is in.
    pub stopped: Option<Stopped>,
}

impl Interchange<'_> {
    /// Brings in what an export holds, in either layout: ids, revisions, stamps, unknown fields and codes stay as they are.
    /// Importing the same again changes nothing. `progress` gets the bytes read so far. Needs the memory of some records,
    /// whatever the length.
    ///
    /// A record that cannot go in is named in the report, and the others go in. What ends the import in the middle of the file
    /// (it is cut off, cannot be read, is no JSON between its records; the caller stops; the vault is locked or full) stands in
    /// [`ImportReport::stopped`]; whole batches of records that came before are in.
    ///
    /// # Errors
    /// Nothing was read into the vault: [`CoreError::SourceEmpty`], [`CoreError::NotAnExport`], [`CoreError::NewerSchema`],
    /// [`CoreError::NotUtf8`], [`CoreError::ExportCut`], [`CoreError::ExportMalformed`], [`CoreError::SourceFailed`].
    pub fn import(
        &self,
        reader: impl Read,
        policy: ImportPolicy,
        progress: Progress<'_>,
    ) -> Result<ImportReport, CoreError> {
        let mut source = Source::new(reader, progress);
        check_header(&mut source)?;
        let mut run = Run {
            interchange: self,
            merge: Merge::new(policy, self.amparo.clock.now()),
            batch: Vec::new(),
            batch_bytes: 0,
            report: ImportReport::default(),
        };
        let result = run.records(&mut source).and_then(|()| run.flush());
        if let Err(reason) = result {
            let reason = match reason {
                Fault::Vault(reason) => reason,
                Fault::File(CoreError::Cancelled) => CoreError::Cancelled,
                // What came before is whole.
                Fault::File(reason) => match run.flush() {
                    Ok(()) => reason,
                    Err(Fault::Vault(reason) | Fault::File(reason)) => reason,
                },
            };
            let place = source.place();
            run.report.stopped = Some(Stopped { offset: place.offset, line: place.line, reason });
        }
        Ok(run.report)
    }

    /// The same of a file.
    ///
    /// # Errors
    /// As [`import`](Self::import), and [`CoreError::SourceMissing`], [`CoreError::SourceIsFolder`],
    /// [`CoreError::SourceForbidden`], [`CoreError::SourceNotAFile`].
    pub fn import_file(
        &self,
        path: &Path,
        policy: ImportPolicy,
        progress: Progress<'_>,
    ) -> Result<ImportReport, CoreError> {
        let (file, _) = open_source(path)?;
        self.import(file, policy, progress)
    }
}

/// Who ended it.
enum Fault {
    File(CoreError),
    Vault(CoreError),
}

impl From<CoreError> for Fault {
    fn from(error: CoreError) -> Self {
        Self::File(error)
    }
}

/// Steps over the beginning of the outermost object: `{"schema":"amparo.export/1"`.
fn check_header(source: &mut Source<'_, impl Read>) -> Result<(), CoreError> {
    match source.peek()? {
        None => return Err(CoreError::SourceEmpty),
        Some(0xef) => {
            for expected in [0xef, 0xbb, 0xbf] {
                if source.next()? != Some(expected) {
                    return Err(CoreError::NotUtf8 { at: 0 });
                }
            }
        }
        // Of UTF-16.
        Some(0xfe | 0xff) => return Err(CoreError::NotUtf8 { at: 0 }),
        Some(_) => {}
    }
    if source.skip_space()? != Some(b'{') {
        return Err(CoreError::NotAnExport);
    }
    source.next()?;
    if source.skip_space()? != Some(b'"') {
        return Err(CoreError::NotAnExport);
    }
    let name = source.value(NAME_BYTES)?;
    if read_text(&name).as_deref() != Some("schema") {
        return Err(CoreError::NotAnExport);
    }
    expect_colon(source)?;
    let schema = read_text(&source.value(NAME_BYTES)?).ok_or(CoreError::NotAnExport)?;
    let family = |schema: &str| schema.rsplit_once('/').map(|(family, _)| family.to_owned());
    match schema.as_str() {
        EXPORT_SCHEMA => Ok(()),
        other if family(other) == family(EXPORT_SCHEMA) => Err(CoreError::NewerSchema),
        _ => Err(CoreError::NotAnExport),
    }
}

fn read_text(piece: &Piece) -> Option<String> {
    serde_json::from_slice(&piece.bytes).ok().filter(|_| !piece.too_long)
}

fn expect_colon(source: &mut Source<'_, impl Read>) -> Result<(), CoreError> {
    match source.skip_space()? {
        Some(b':') => {
            source.next()?;
            match source.skip_space()? {
                Some(_) => Ok(()),
                None => Err(source.cut()),
            }
        }
        Some(_) => Err(source.malformed()),
        None => Err(source.cut()),
    }
}

/// One import.
struct Run<'a> {
    interchange: &'a Interchange<'a>,
    merge: Merge,
    batch: Vec<(Refusable, Record)>,
    batch_bytes: usize,
    report: ImportReport,
}

/// What is said of a record if it is refused.
struct Refusable {
    offset: u64,
    line: u64,
    kind: Option<Kind>,
    id: Option<String>,
}

impl Refusable {
    fn because(self, reason: CoreError) -> Refused {
        Refused { offset: self.offset, line: self.line, kind: self.kind, id: self.id, reason }
    }
}

impl Run<'_> {
    /// The rest of the outermost object, then lines.
    fn records(&mut self, source: &mut Source<'_, impl Read>) -> Result<(), Fault> {
        loop {
            match source.skip_space()? {
                Some(b'}') => {
                    source.next()?;
                    break;
                }
                Some(b',') => {
                    source.next()?;
                    self.member(source)?;
                }
                Some(_) => return Err(source.malformed().into()),
                None => return Err(source.cut().into()),
            }
        }
        while let Some(piece) = source.line(ELEMENT_BYTES)? {
            if piece.is_blank() {
                continue;
            }
            let cut = piece.last && !piece.too_long && is_cut(&piece.bytes);
            if cut {
                return Err(source.cut().into());
            }
            self.take(piece, None)?;
        }
        Ok(())
    }

    fn member(&mut self, source: &mut Source<'_, impl Read>) -> Result<(), Fault> {
        match source.skip_space()? {
            Some(b'"') => {}
            Some(_) => return Err(source.malformed().into()),
            None => return Err(source.cut().into()),
        }
        let name = read_text(&source.value(NAME_BYTES)?);
        expect_colon(source)?;
        let kind = match name.as_deref() {
            Some("incidents") => Kind::Incident,
            Some("revisions") => Kind::Revision,
            Some("evidence") => Kind::Evidence,
            _ => {
                source.value(0)?;
                return Ok(());
            }
        };
        if source.peek()? != Some(b'[') {
            return Err(source.malformed().into());
        }
        source.next()?;
        if source.skip_space()? == Some(b']') {
            source.next()?;
            return Ok(());
        }
        loop {
            if source.skip_space()?.is_none() {
                return Err(source.cut().into());
            }
            let piece = source.value(ELEMENT_BYTES)?;
            self.take(piece, Some(kind))?;
            match source.skip_space()? {
                Some(b',') => source.next()?,
                Some(b']') => {
                    source.next()?;
                    return Ok(());
                }
                Some(_) => return Err(source.malformed().into()),
                None => return Err(source.cut().into()),
            };
        }
    }

    /// One record of the file.
    fn take(&mut self, piece: Piece, expected: Option<Kind>) -> Result<(), Fault> {
        let said = Refusable { offset: piece.place.offset, line: piece.place.line, kind: expected, id: None };
        if piece.too_long {
            self.refuse(said.because(CoreError::TooLong { field: "record", limit: ELEMENT_BYTES }));
            return Ok(());
        }
        let text = match str::from_utf8(&piece.bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = piece.place.offset.saturating_add(error.valid_up_to() as u64);
                self.refuse(said.because(CoreError::NotUtf8 { at }));
                return Ok(());
            }
        };
        let kind = expected.map_or_else(|| kind_of(text), Ok);
        let said = Refusable { kind: kind.as_ref().ok().copied(), id: id_of(text), ..said };
        match kind.and_then(|kind| read(kind, text)) {
            Ok(record) => {
                self.batch.push((said, record));
                self.batch_bytes = self.batch_bytes.saturating_add(piece.bytes.len());
                if self.batch.len() >= BATCH_RECORDS || self.batch_bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
            }
            Err(reason) => {
                self.refuse(said.because(reason));
                Ok(())
            }
        }
    }

    fn refuse(&mut self, refused: Refused) {
        self.report.refused_count += 1;
        self.report.newer += u64::from(matches!(refused.reason, CoreError::NewerSchema));
        if self.report.refused.len() < MAX_REFUSED {
            self.report.refused.push(refused);
        }
    }

    /// Stores what was read, in one transaction.
    fn flush(&mut self) -> Result<(), Fault> {
        let batch = core::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        self.merge.now = self.interchange.amparo.clock.now();
        let merge = &mut self.merge;
        let mut named = Named::default();
        let outcomes: Vec<Outcome> = self
            .interchange
            .amparo
            .vault
            .write(|tx| batch.iter().map(|(_, record)| merge.apply(tx, record, &mut named)).collect())
            .map_err(Fault::Vault)?;
        self.report.evidence_known += named.known;
        self.report.evidence_missing += named.missing;
        for ((said, record), outcome) in batch.into_iter().zip(outcomes) {
            let report = &mut self.report;
            match (outcome, record) {
                (Outcome::Refused(reason), _) => self.refuse(said.because(reason)),
                (Outcome::Created, Record::Incident { .. }) => report.created += 1,
                (Outcome::Unchanged, Record::Incident { .. }) => report.unchanged += 1,
                (Outcome::Updated, Record::Incident { .. }) => report.updated += 1,
                (Outcome::Skipped, _) => report.skipped += 1,
                (Outcome::Created, Record::Revision { .. }) => report.revisions += 1,
                (Outcome::Created | Outcome::Updated, Record::Evidence { .. }) => report.descriptions += 1,
                (Outcome::Unchanged | Outcome::Updated | Outcome::Passed, _) => {}
            }
        }
        Ok(())
    }
}

/// Whether it would go on.
fn is_cut(bytes: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(bytes).is_err_and(|error| error.is_eof())
}

/// The family of a schema, by which a line says what it is.
fn kind_of(text: &str) -> Result<Kind, CoreError> {
    #[derive(Deserialize)]
    struct Tag {
        schema: String,
    }
    let tag: Tag = serde_json::from_str(text).map_err(|_| CoreError::MalformedRecord)?;
    match tag.schema.rsplit_once('/').map(|(family, _)| family) {
        Some("amparo.incident") => Ok(Kind::Incident),
        Some("amparo.revision") => Ok(Kind::Revision),
        Some("amparo.evidence") => Ok(Kind::Evidence),
        _ => Err(CoreError::UnknownRecord),
    }
}

fn id_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        id: Option<IncidentId>,
        incident: Option<IncidentId>,
    }
    let named: Named = serde_json::from_str(text).ok()?;
    named.incident.or(named.id).map(|id| id.to_string())
}

/// A record that may go in.
fn read(kind: Kind, text: &str) -> Result<Record, CoreError> {
    match kind {
        Kind::Incident => {
            let (mut incident, stored) = read_incident(text)?;
            let evidence = core::mem::take(&mut incident.evidence);
            Ok(Record::Incident { incident: Box::new(incident), stored, evidence })
        }
        Kind::Revision => {
            // Members that a newer version might add would be lost: such a record is refused.
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Wrapped<'a> {
                #[serde(rename = "schema")]
                _schema: String,
                incident: IncidentId,
                number: u32,
                #[serde(borrow)]
                record: &'a RawValue,
            }
            text::check_schema(text.as_bytes(), REVISION_SCHEMA)?;
            let wrapped: Wrapped<'_> = serde_json::from_str(text).map_err(|_| CoreError::MalformedRecord)?;
            let (record, stored) = read_incident(wrapped.record.get())?;
            if record.id != wrapped.incident || record.revision != wrapped.number {
                return Err(CoreError::InvalidField {
                    field: "record",
                    rule: "must be of the incident and number it is given for",
                });
            }
            let modified = record.modified.time.unix();
            Ok(Record::Revision { incident: wrapped.incident, number: wrapped.number, modified, stored })
        }
        Kind::Evidence => {
            let limit = evidence_limits::RECORD_BYTES + EVIDENCE_FRAME_BYTES;
            let evidence: Evidence = text::read_record(text.as_bytes(), EVIDENCE_SCHEMA, ELEMENT_BYTES)?;
            evidence.description.validate()?;
            let stored = exactly(text, &evidence, &[])?;
            text::check_len("record", &stored, limit)?;
            Ok(Record::Evidence { id: evidence.id, stored })
        }
    }
}

/// An incident and its stored form.
fn read_incident(text: &str) -> Result<(Incident, String), CoreError> {
    let mut incident: Incident = text::read_record(text.as_bytes(), INCIDENT_SCHEMA, ELEMENT_BYTES)?;
    incident.content.validate()?;
    if incident.revision == 0 {
        return Err(CoreError::InvalidField { field: "revision", rule: "must count from 1" });
    }
    let evidence = core::mem::take(&mut incident.evidence);
    let stored = exactly(text, &incident, &["evidence"])?;
    text::check_len("record", &stored, limits::RECORD_BYTES)?;
    Ok((Incident { evidence, ..incident }, stored))
}

/// The record as this version writes it, if that says all that stood in the file; else what stood there, without white space.
fn exactly<T: serde::Serialize>(text: &str, record: &T, but: &[&str]) -> Result<String, CoreError> {
    let mut object: Map<String, Value> = serde_json::from_str(text).map_err(|_| CoreError::MalformedRecord)?;
    but.iter().for_each(|name| drop(object.shift_remove(*name)));
    let object = Value::Object(object);
    match serde_json::to_value(record) {
        Ok(ours) if ours == object => serde_json::to_string(record).map_err(|_| CoreError::MalformedRecord),
        _ => Ok(object.to_string()),
    }
}
