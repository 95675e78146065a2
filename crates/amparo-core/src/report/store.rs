//! Reports in the database.

use amparo_crypto::age::{Identity, Recipient};
use amparo_report::{custody::Event, hex, manifest::SenderMode};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use super::{ReportRequest, SealedFile, compose::Composition, reply_text};
use crate::{
    CoreError, EvidenceId, IncidentId, ReportId, Stamp, Timestamp,
    custody::log::{self, Act},
    incident::{self, RecipientKind},
    text,
};

const SUMMARY_SCHEMA: &str = "amparo.report-summary/1";
const SUMMARY_BYTES: usize = 1 << 20;
const SEALING: &str = "sealing";
const SEALED: &str = "sealed";

/// A report as the sender's vault remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRecord {
    /// Its id.
    pub id: ReportId,
    /// Its incident.
    pub incident: IncidentId,
    /// Whether its sealing came to an end. `false` is what a crash in the middle left: no file of it is out.
    pub sealed: bool,
    /// When sealing began.
    pub created: Timestamp,
    /// Who signed.
    pub sender: SenderMode,
    /// For what kind of recipients; `None` for reports from before there were kinds.
    pub kind: Option<RecipientKind>,
    /// The revision of the incident that went in.
    pub revision: u32,
    /// The evidence that went in, in order.
    pub evidence: Vec<EvidenceId>,
    /// The public keys it was sealed to, in text form.
    pub recipients: Vec<String>,
    /// Size and SHA-256 of its files.
    pub files: Vec<(u64, [u8; 32])>,
}

#[derive(Serialize, Deserialize)]
struct Summary {
    schema: String,
    revision: u32,
    evidence: Vec<EvidenceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<RecipientKind>,
    recipients: Vec<String>,
}

fn mode_word(mode: SenderMode) -> &'static str {
    match mode {
        SenderMode::Anonymous => "anonymous",
        SenderMode::Case => "case",
        SenderMode::Identified => "identified",
    }
}

pub(super) fn begin(
    conn: &Connection,
    request: &ReportRequest,
    recipients: &[Recipient],
    composed: &Composition,
    reply: &Identity,
    now: &Stamp,
) -> Result<(), CoreError> {
    let summary = Summary {
        schema: SUMMARY_SCHEMA.to_owned(),
        revision: composed.revision,
        evidence: composed.ids(),
        kind: Some(composed.kind.clone()),
        recipients: distinct(recipients),
    };
    let summary = text::write_record(&summary, SUMMARY_BYTES)?;
    let summary = String::from_utf8(summary).map_err(|_| CoreError::DamagedRecord)?;
    conn.prepare_cached(
        "INSERT INTO report (id, incident, state, mode, reply_key, created, clock, summary)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(rusqlite::params![
        composed.id.to_bytes(),
        composed.incident_seq,
        SEALING,
        mode_word(request.sender),
        // Exposed to be stored: the vault encrypts it.
        reply_text(reply).as_str(),
        now.time.unix(),
        now.clock.as_str(),
        summary,
    ])?;
    Ok(())
}

/// Every key once.
fn distinct(recipients: &[Recipient]) -> Vec<String> {
    let mut keys = Vec::with_capacity(recipients.len());
    for key in recipients.iter().map(ToString::to_string) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

pub(super) fn exists(conn: &Connection, id: ReportId) -> Result<bool, CoreError> {
    match seq_of(conn, id) {
        Ok(_) => Ok(true),
        Err(CoreError::ReportNotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

fn seq_of(conn: &Connection, id: ReportId) -> Result<i64, CoreError> {
    conn.prepare_cached("SELECT seq FROM report WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()?
        .ok_or(CoreError::ReportNotFound)
}

/// Takes back a report of which nothing is out.
pub(super) fn forget(conn: &Connection, id: ReportId) -> Result<(), CoreError> {
    conn.prepare_cached("DELETE FROM report WHERE id = ?1 AND state = ?2")?.execute((id.to_bytes(), SEALING))?;
    Ok(())
}

/// Records the files, and in the custody log one entry for each piece of evidence (or one for the report, if it has none).
pub(super) fn finish(
    conn: &Connection,
    files: &[SealedFile],
    composed: &Composition,
    now: &Stamp,
) -> Result<(), CoreError> {
    let id = composed.id;
    let recipients: usize = files.iter().map(|file| file.recipients).sum();
    let seq = seq_of(conn, id)?;
    conn.prepare_cached("UPDATE report SET state = ?2 WHERE seq = ?1")?.execute((seq, SEALED))?;
    for (place, file) in (0i64..).zip(files) {
        let size = i64::try_from(file.size).map_err(|_| CoreError::DamagedRecord)?;
        conn.prepare_cached("INSERT INTO report_file (report, place, size, sha256) VALUES (?1, ?2, ?3, ?4)")?
            .execute((seq, place, size, file.sha256))?;
    }
    incident::summary::sealed(conn, composed.incident_seq, composed.revision, &composed.ids())?;
    let hashes: Vec<String> = files.iter().map(|file| hex::encode(&file.sha256)).collect();
    let told = |act: Act| {
        // How many, never who: the log outlives the reasons for keeping names.
        act.with("report", id.to_string()).with("recipients", recipients).with("sealed_sha256", hashes.clone())
    };
    for item in &composed.items {
        log::append(conn, now, told(Act::on(Event::Sealed, item.evidence.id, Some(item.sha256))))?;
    }
    if composed.items.is_empty() {
        let act = Act { event: Event::Sealed, evidence: None, sha256: None, details: serde_json::Map::new() };
        log::append(conn, now, told(act))?;
    }
    Ok(())
}

struct Columns {
    seq: i64,
    id: [u8; 16],
    incident: IncidentId,
    state: String,
    mode: String,
    created: i64,
    summary: String,
}

const COLUMNS: &str = "SELECT r.seq, r.id, i.id, r.state, r.mode, r.created, r.summary
    FROM report r JOIN incident i ON i.seq = r.incident";

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        seq: row.get(0)?,
        id: row.get(1)?,
        incident: row.get(2)?,
        state: row.get(3)?,
        mode: row.get(4)?,
        created: row.get(5)?,
        summary: row.get(6)?,
    })
}

fn record(conn: &Connection, columns: Columns) -> Result<ReportRecord, CoreError> {
    let summary: Summary = text::read_record(columns.summary.as_bytes(), SUMMARY_SCHEMA, SUMMARY_BYTES)
        .map_err(|error| if matches!(error, CoreError::NewerSchema) { error } else { CoreError::DamagedRecord })?;
    let modes = [SenderMode::Anonymous, SenderMode::Case, SenderMode::Identified];
    let sender = modes.into_iter().find(|mode| mode_word(*mode) == columns.mode).ok_or(CoreError::DamagedRecord)?;
    let mut statement = conn.prepare_cached("SELECT size, sha256 FROM report_file WHERE report = ?1 ORDER BY place")?;
    let files = statement.query_map([columns.seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ReportRecord {
        id: ReportId::from_bytes(columns.id),
        incident: columns.incident,
        sealed: columns.state == SEALED,
        created: Timestamp::from_unix(columns.created),
        sender,
        kind: summary.kind,
        revision: summary.revision,
        evidence: summary.evidence,
        recipients: summary.recipients,
        files: files.collect::<Result<_, _>>()?,
    })
}

pub(super) fn get(conn: &Connection, id: ReportId) -> Result<ReportRecord, CoreError> {
    let found = conn
        .prepare_cached(&format!("{COLUMNS} WHERE r.id = ?1"))?
        .query_row([id.to_bytes()], columns)
        .optional()?
        .ok_or(CoreError::ReportNotFound)?;
    record(conn, found)
}

pub(super) fn list(conn: &Connection, incident: IncidentId) -> Result<Vec<ReportRecord>, CoreError> {
    let incident = incident::store::seq_of(conn, incident)?;
    let mut statement = conn.prepare_cached(&format!("{COLUMNS} WHERE r.incident = ?1 ORDER BY r.seq DESC"))?;
    let rows = statement.query_map([incident], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|columns| record(conn, columns)).collect()
}
