//! Writing records: page by page, each page read from the vault by itself, so that memory does not grow with the records and
//! nobody waits for a slow target.
//!
//! Records are written as they are stored, also those that a newer version wrote: nothing is read and written anew on the way.

use std::{
    collections::HashSet,
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::json;

use super::{EXPORT_SCHEMA, Interchange, REVISION_SCHEMA};
use crate::{
    CORE_VERSION, CoreError, EvidenceId, IncidentId, Stamp,
    evidence::{self, PartFile, Progress},
    incident::{IncidentQuery, Plan, store},
};

/// Bytes of records after which a page ends.
const PAGE_BYTES: usize = 1 << 20;
/// Records of one page.
const PAGE_RECORDS: usize = 100;
/// Row numbers of one read.
const ROWS: usize = 10_000;

/// How an export is laid out. Both hold the same records, and an import takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Format {
    /// One JSON document.
    #[default]
    Json,
    /// JSON Lines: a header, then one record a line.
    JsonLines,
}

/// What an export holds besides the present records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportOptions {
    /// How it is laid out.
    pub format: Format,
    /// Earlier revisions of the incidents.
    pub revisions: bool,
    /// What is said of the incidents' evidence. Never its bytes.
    pub evidence: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
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

impl Interchange<'_> {
    /// Writes the incidents for which `query` holds (all, if it has no condition), oldest first, to `out`. **What is written is
    /// plaintext with everything in it**: see the [module](super). `progress` gets the bytes written so far. Memory grows by 8
    /// bytes an incident and 16 bytes a piece of evidence.
    ///
    /// Changes made meanwhile may or may not be in it, each record whole.
    ///
    /// # Errors
    /// [`CoreError::Date`] for a range that ends before it begins, [`CoreError::TargetFull`], [`CoreError::TargetFailed`],
    /// [`CoreError::Cancelled`], and the vault's. What `out` got before is cut off then.
    pub fn export(
        &self,
        query: &IncidentQuery,
        options: ExportOptions,
        out: impl Write,
        progress: Progress<'_>,
    ) -> Result<ExportSummary, CoreError> {
        let created = self.amparo.clock.now();
        let mut writer = Writer::new(out, options, progress);
        writer.header(&created)?;
        let rows = self.rows(query)?;
        self.incidents(&rows, &mut writer)?;
        if options.revisions {
            self.revisions(&rows, &mut writer)?;
        }
        if options.evidence {
            self.evidence(&rows, *query == IncidentQuery::default(), &mut writer)?;
        }
        writer.finish()
    }

    /// The same to a new file at `path`, readable by its owner only. It appears under its name when it is whole; an existing file is never touched.
    ///
    /// # Errors
    /// As [`export`](Self::export), and [`CoreError::TargetExists`], [`CoreError::TargetFolderMissing`]. No file is left behind
    /// then.
    pub fn export_file(
        &self,
        query: &IncidentQuery,
        options: ExportOptions,
        path: &Path,
        progress: Progress<'_>,
    ) -> Result<ExportSummary, CoreError> {
        to_new_file(path, |file| self.export(query, options, file, progress))
    }

    /// The row numbers of the incidents, oldest first.
    pub(super) fn rows(&self, query: &IncidentQuery) -> Result<Vec<i64>, CoreError> {
        let mut rows: Vec<i64> = Vec::new();
        loop {
            let before = rows.last().copied().unwrap_or(i64::MAX);
            let page = self.amparo.vault.read(|conn| Plan::new(conn, query)?.seqs(conn, before, ROWS))?;
            let more = page.len() == ROWS;
            rows.extend(page);
            if !more {
                rows.reverse();
                return Ok(rows);
            }
        }
    }

    fn incidents(&self, rows: &[i64], writer: &mut Writer<'_, impl Write>) -> Result<(), CoreError> {
        writer.begin("incidents")?;
        let mut left = rows;
        while !left.is_empty() {
            let mut page = Vec::new();
            let done = self.amparo.vault.read(|conn| page_of(left, &mut page, |seq| incident(conn, seq)))?;
            left = left.get(done..).unwrap_or_default();
            for found in page.into_iter().flatten() {
                match found {
                    Ok(record) => writer.record(&record, |written| &mut written.incidents)?,
                    Err(id) => writer.summary.damaged.push(id),
                }
            }
        }
        writer.end()
    }

    fn revisions(&self, rows: &[i64], writer: &mut Writer<'_, impl Write>) -> Result<(), CoreError> {
        writer.begin("revisions")?;
        for seq in rows {
            let mut after = 0;
            loop {
                let page = self.amparo.vault.read(|conn| revisions_after(conn, *seq, after))?;
                let Some((last, _)) = page.last() else { break };
                after = *last;
                for (_, found) in page {
                    match found {
                        Ok(record) => writer.record(&record, |written| &mut written.revisions)?,
                        Err(id) if writer.summary.damaged.last() != Some(&id) => writer.summary.damaged.push(id),
                        Err(_) => {}
                    }
                }
            }
        }
        writer.end()
    }

    fn evidence(&self, rows: &[i64], all: bool, writer: &mut Writer<'_, impl Write>) -> Result<(), CoreError> {
        writer.begin("evidence")?;
        let mut seen: HashSet<EvidenceId> = HashSet::new();
        for seq in rows {
            let ids = self.amparo.vault.read(|conn| store::evidence_of(conn, *seq))?;
            let fresh: Vec<EvidenceId> = ids.into_iter().filter(|id| seen.insert(*id)).collect();
            self.descriptions(&fresh, writer)?;
        }
        // What an import said of evidence that no incident names any more.
        let mut after = all.then(Vec::new);
        while let Some(before) = after {
            let ids = self.amparo.vault.read(|conn| foreign_after(conn, &before))?;
            after = ids.last().map(|id| id.to_bytes().to_vec());
            let fresh: Vec<EvidenceId> = ids.into_iter().filter(|id| seen.insert(*id)).collect();
            self.descriptions(&fresh, writer)?;
        }
        writer.end()
    }

    fn descriptions(&self, ids: &[EvidenceId], writer: &mut Writer<'_, impl Write>) -> Result<(), CoreError> {
        let mut left = ids;
        while !left.is_empty() {
            let mut page = Vec::new();
            let done = self.amparo.vault.read(|conn| page_of(left, &mut page, |id| description(conn, id)))?;
            left = left.get(done..).unwrap_or_default();
            for record in page.into_iter().flatten() {
                writer.record(&record, |written| &mut written.evidence)?;
            }
        }
        Ok(())
    }
}

/// What a record is worth in a page.
trait Weight {
    fn weight(&self) -> usize;
}

impl Weight for String {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl Weight for Result<String, IncidentId> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, String::len)
    }
}

/// Reads what `keys` name until a page is full; how many of them are in it.
fn page_of<K: Copy, T: Weight>(
    keys: &[K],
    page: &mut Vec<Option<T>>,
    mut read: impl FnMut(K) -> Result<Option<T>, CoreError>,
) -> Result<usize, CoreError> {
    let mut bytes = 0;
    for key in keys.iter().take(PAGE_RECORDS) {
        let record = read(*key)?;
        bytes += record.as_ref().map_or(0, Weight::weight);
        page.push(record);
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(page.len())
}

/// A record as it is stored, with the ids of its evidence at its end.
fn incident(conn: &Connection, seq: i64) -> Result<Option<Result<String, IncidentId>>, CoreError> {
    let found: Option<(IncidentId, String)> = conn
        .prepare_cached("SELECT id, record FROM incident WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, mut record)) = found else { return Ok(None) };
    if !is_object(&record) {
        return Ok(Some(Err(id)));
    }
    let ids = store::evidence_of(conn, seq)?;
    if !ids.is_empty() {
        record.pop();
        record.push_str(",\"evidence\":");
        record.push_str(&serde_json::to_string(&ids).map_err(|_| CoreError::DamagedRecord)?);
        record.push('}');
    }
    Ok(Some(Ok(record)))
}

/// One object on one line, with at least its schema: what may be written as it is.
fn is_object(record: &str) -> bool {
    let whole = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(record);
    whole.is_ok_and(|object| object.contains_key("schema"))
        && record.starts_with('{')
        && record.ends_with('}')
        && !record.contains(['\n', '\r'])
}

/// The first earlier revisions above `after`, each with its number.
#[allow(clippy::type_complexity)]
fn revisions_after(
    conn: &Connection,
    seq: i64,
    after: u32,
) -> Result<Vec<(u32, Result<String, IncidentId>)>, CoreError> {
    let id: Option<IncidentId> =
        conn.prepare_cached("SELECT id FROM incident WHERE seq = ?1")?.query_row([seq], |row| row.get(0)).optional()?;
    let Some(id) = id else { return Ok(Vec::new()) };
    let mut statement = conn.prepare_cached(
        "SELECT revision, record FROM incident_revision WHERE incident = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
    )?;
    let mut rows = statement.query((seq, after, i64::try_from(PAGE_RECORDS).unwrap_or(i64::MAX)))?;
    let (mut page, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let (number, record): (u32, String) = (row.get(0)?, row.get(1)?);
        bytes += record.len();
        let found = if is_object(&record) {
            let id = id.to_string();
            Ok(format!(r#"{{"schema":"{REVISION_SCHEMA}","incident":"{id}","number":{number},"record":{record}}}"#))
        } else {
            Err(id)
        };
        page.push((number, found));
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(page)
}

/// What is said of a piece of evidence, here or by an import; `None` when nothing is.
fn description(conn: &Connection, id: EvidenceId) -> Result<Option<String>, CoreError> {
    match evidence::store::get(conn, id) {
        Ok(evidence) => serde_json::to_string(&evidence).map(Some).map_err(|_| CoreError::DamagedRecord),
        Err(CoreError::EvidenceNotFound) => Ok(conn
            .prepare_cached("SELECT record FROM foreign_evidence WHERE id = ?1 ORDER BY number DESC LIMIT 1")?
            .query_row([id], |row| row.get(0))
            .optional()?),
        Err(error) => Err(error),
    }
}

/// The first ids above `after` of which an import said something.
fn foreign_after(conn: &Connection, after: &[u8]) -> Result<Vec<EvidenceId>, CoreError> {
    let mut statement =
        conn.prepare_cached("SELECT DISTINCT id FROM foreign_evidence WHERE id > ?1 ORDER BY id LIMIT 1000")?;
    let rows = statement.query_map([after], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The layout around the records.
struct Writer<'a, W: Write> {
    out: BufWriter<W>,
    lines: bool,
    first: bool,
    summary: ExportSummary,
    progress: Progress<'a>,
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(out: W, options: ExportOptions, progress: Progress<'a>) -> Self {
        let lines = options.format == Format::JsonLines;
        Self { out: BufWriter::new(out), lines, first: true, summary: ExportSummary::default(), progress }
    }

    fn write(&mut self, text: &str) -> Result<(), CoreError> {
        self.out.write_all(text.as_bytes()).map_err(|error| write_error(&error))?;
        self.summary.bytes = self.summary.bytes.saturating_add(text.len() as u64);
        Ok(())
    }

    fn header(&mut self, created: &Stamp) -> Result<(), CoreError> {
        let header = json!({ "schema": EXPORT_SCHEMA, "created": created, "core": CORE_VERSION }).to_string();
        if self.lines {
            self.write(&header)?;
            return self.write("\n");
        }
        self.write(header.strip_suffix('}').unwrap_or(&header))
    }

    fn begin(&mut self, name: &str) -> Result<(), CoreError> {
        self.first = true;
        if self.lines { Ok(()) } else { self.write(&format!(",\n\"{name}\":[")) }
    }

    fn record(&mut self, record: &str, counter: impl FnOnce(&mut ExportSummary) -> &mut u64) -> Result<(), CoreError> {
        match (self.lines, core::mem::replace(&mut self.first, false)) {
            (true, _) => {}
            (false, true) => self.write("\n")?,
            (false, false) => self.write(",\n")?,
        }
        self.write(record)?;
        if self.lines {
            self.write("\n")?;
        }
        *counter(&mut self.summary) += 1;
        if (self.progress)(self.summary.bytes).is_break() { Err(CoreError::Cancelled) } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), CoreError> {
        if self.lines { Ok(()) } else { self.write("]") }
    }

    fn finish(mut self) -> Result<ExportSummary, CoreError> {
        if !self.lines {
            self.write("}\n")?;
        }
        self.out.flush().map_err(|error| write_error(&error))?;
        Ok(self.summary)
    }
}

/// While writing, "not found" and "exists" do not mean what they mean when a file is created.
fn write_error(error: &io::Error) -> CoreError {
    match CoreError::target(error) {
        full @ CoreError::TargetFull => full,
        _ => CoreError::TargetFailed { kind: error.kind() },
    }
}

/// Gives `write` a new file that appears at `path` when it is whole. An existing file is never touched, and a failure leaves none.
pub(super) fn to_new_file<T>(
    path: &Path,
    write: impl FnOnce(&mut fs::File) -> Result<T, CoreError>,
) -> Result<T, CoreError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(CoreError::TargetExists);
    }
    let mut part = PartFile::create(path)?;
    let written = write(&mut part.file)?;
    part.file.sync_all().map_err(|error| CoreError::target(&error))?;
    part.publish(path)?;
    Ok(written)
}
