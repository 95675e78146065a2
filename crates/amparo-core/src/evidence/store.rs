//! Evidence in the database.

use amparo_report::custody::Event;
use amparo_vault::{MediaId, MediaInfo, MediaState};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;

use super::{
    EVIDENCE_SCHEMA, Evidence, EvidenceDescription, EvidenceKind, EvidencePage, EvidenceState, Origin, limits,
};
use crate::{
    ClockTrust, CoreError, EvidenceId, IncidentId, Stamp, Timestamp,
    custody::log::{self, Act},
    incident::{self, Cursor, MAX_PAGE},
    search,
};

/// The row number of a piece of evidence.
pub(crate) fn seq_of(conn: &Connection, id: EvidenceId) -> Result<i64, CoreError> {
    conn.prepare_cached("SELECT seq FROM evidence WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or(CoreError::EvidenceNotFound)
}

/// The medium that holds its bytes.
pub(crate) fn media_of(conn: &Connection, id: EvidenceId) -> Result<MediaId, CoreError> {
    let media: Option<Option<[u8; 16]>> = conn
        .prepare_cached("SELECT media FROM evidence WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    media.flatten().map(MediaId::from_bytes).ok_or(CoreError::EvidenceNotFound)
}

/// The row of evidence whose bytes are about to be written, attached to its incident.
pub(super) fn begin(
    conn: &Connection,
    id: EvidenceId,
    media: MediaId,
    description: &EvidenceDescription,
    incident: Option<IncidentId>,
    now: &Stamp,
) -> Result<(), CoreError> {
    conn.prepare_cached(
        "INSERT INTO evidence (id, media, state, kind, record, added, clock) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(rusqlite::params![
        id,
        media.to_bytes(),
        EvidenceState::WRITING.as_str(),
        description.kind.as_str(),
        description.to_stored()?,
        now.time.unix(),
        now.clock.as_str(),
    ])?;
    let seq = conn.last_insert_rowid();
    if let Some(incident) = incident {
        link(conn, seq, incident)?;
    }
    Ok(())
}

fn link(conn: &Connection, seq: i64, incident: IncidentId) -> Result<(), CoreError> {
    let incident = incident::store::seq_of(conn, incident)?;
    conn.prepare_cached("INSERT OR IGNORE INTO attachment (incident, evidence) VALUES (?1, ?2)")?
        .execute((incident, seq))?;
    reindex(conn, incident)
}

fn reindex(conn: &Connection, incident: i64) -> Result<(), CoreError> {
    search::index_notes(conn, incident, &notes_of_incident(conn, incident)?)
}

pub(super) fn attach(conn: &Connection, id: EvidenceId, incident: IncidentId) -> Result<(), CoreError> {
    link(conn, seq_of(conn, id)?, incident)
}

/// Takes back a row whose import was given up. There is no custody entry yet: nothing came into the vault.
pub(super) fn forget(conn: &Connection, id: EvidenceId) -> Result<(), CoreError> {
    let seq = seq_of(conn, id)?;
    let incidents = incidents_of(conn, seq)?;
    conn.prepare_cached("DELETE FROM attachment WHERE evidence = ?1")?.execute([seq])?;
    conn.prepare_cached("DELETE FROM evidence WHERE seq = ?1")?.execute([seq])?;
    incidents.into_iter().try_for_each(|incident| reindex(conn, incident))
}

fn incidents_of(conn: &Connection, seq: i64) -> Result<Vec<i64>, CoreError> {
    let mut statement = conn.prepare_cached("SELECT incident FROM attachment WHERE evidence = ?1")?;
    let rows = statement.query_map([seq], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The bytes are at their end, or at what a crash left of them: completes the row and records the origin in the custody log.
/// Does nothing for a medium that is not evidence, or not waiting for its end. Returns the evidence it was.
pub(crate) fn settle(conn: &Connection, info: &MediaInfo, now: &Stamp) -> Result<Option<EvidenceId>, CoreError> {
    let found: Option<(i64, EvidenceId, String)> = conn
        .prepare_cached("SELECT seq, id, record FROM evidence WHERE media = ?1 AND state = ?2")?
        .query_row((info.id.to_bytes(), EvidenceState::WRITING.as_str()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((seq, id, record)) = found else { return Ok(None) };
    let state = match info.state {
        MediaState::Writing => return Ok(None),
        MediaState::Complete => EvidenceState::COMPLETE,
        MediaState::Unterminated => EvidenceState::UNTERMINATED,
        MediaState::Interrupted => EvidenceState::INTERRUPTED,
        MediaState::Damaged => EvidenceState::DAMAGED,
    };
    let size = i64::try_from(info.size).map_err(|_| CoreError::DamagedRecord)?;
    conn.prepare_cached("UPDATE evidence SET state = ?2, size = ?3, sha256 = ?4 WHERE seq = ?1")?.execute((
        seq,
        state.as_str(),
        size,
        info.sha256,
    ))?;
    // A description that cannot be read must not keep the bytes from being recorded.
    let description = read_description(&record).ok();
    let how = description.as_ref().map_or(Origin::IMPORT, |description| description.how.clone());
    let event = if how == Origin::IMPORT { Event::Imported } else { Event::Captured };
    let mut act = Act::on(event, id, info.sha256).with("how", how.as_str()).with("size", info.size);
    if let Some(description) = description {
        act = act.with("kind", description.kind.as_str()).with("media_type", description.media_type);
    }
    log::append(conn, now, act.with("state", state.as_str()))?;
    Ok(Some(id))
}

fn read_description(record: &str) -> Result<EvidenceDescription, CoreError> {
    if record.len() > limits::RECORD_BYTES {
        return Err(CoreError::DamagedRecord);
    }
    serde_json::from_str(record).map_err(|_| CoreError::DamagedRecord)
}

const COLUMNS: &str = "id, state, size, sha256, added, clock, record,
    (SELECT o.id FROM evidence o WHERE o.seq = evidence.derived_from)";

struct Columns {
    id: EvidenceId,
    state: String,
    size: i64,
    sha256: Option<[u8; 32]>,
    added: i64,
    clock: String,
    record: String,
    derived_from: Option<EvidenceId>,
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        id: row.get(0)?,
        state: row.get(1)?,
        size: row.get(2)?,
        sha256: row.get(3)?,
        added: row.get(4)?,
        clock: row.get(5)?,
        record: row.get(6)?,
        derived_from: row.get(7)?,
    })
}

impl Columns {
    fn into_evidence(self) -> Result<Evidence, CoreError> {
        let damaged = |_| CoreError::DamagedRecord;
        Ok(Evidence {
            schema: EVIDENCE_SCHEMA.to_owned(),
            id: self.id,
            state: self.state.parse().map_err(damaged)?,
            size: u64::try_from(self.size).map_err(|_| CoreError::DamagedRecord)?,
            sha256: self.sha256,
            added: Stamp {
                time: Timestamp::from_unix(self.added),
                clock: self.clock.parse::<ClockTrust>().map_err(damaged)?,
            },
            derived_from: self.derived_from,
            // The bytes and their hash stay within reach even if what is said of them cannot be read.
            description: read_description(&self.record).unwrap_or_else(|_| EvidenceDescription {
                kind: EvidenceKind::DOCUMENT,
                media_type: "application/octet-stream".to_owned(),
                how: Origin::IMPORT,
                file_name: None,
                captured_at: None,
                note: None,
                language: None,
                unknown: [("description_damaged".to_owned(), true.into())].into_iter().collect(),
            }),
        })
    }
}

pub(crate) fn get(conn: &Connection, id: EvidenceId) -> Result<Evidence, CoreError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM evidence WHERE id = ?1"))?
        .query_row([id], columns)
        .optional()?
        .ok_or(CoreError::EvidenceNotFound)?
        .into_evidence()
}

pub(crate) fn list(conn: &Connection, incident: IncidentId) -> Result<Vec<Evidence>, CoreError> {
    let incident = incident::store::seq_of(conn, incident)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM evidence WHERE seq IN (SELECT evidence FROM attachment WHERE incident = ?1) ORDER BY seq"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([incident], columns)?;
    rows.map(|row| row?.into_evidence()).collect()
}

/// Newest first.
pub(super) fn recent(conn: &Connection, limit: usize, after: Option<&Cursor>) -> Result<EvidencePage, CoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let sql = format!("SELECT {COLUMNS}, seq FROM evidence WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let rows = statement
        .query_map((after.map_or(i64::MAX, Cursor::seq), wanted), |row| Ok((columns(row)?, row.get::<_, i64>(8)?)))?;
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|(_, seq)| Cursor::at(*seq)) } else { None };
    let evidence = rows.into_iter().map(|(columns, _)| columns.into_evidence()).collect::<Result<_, _>>()?;
    Ok(EvidencePage { evidence, next })
}

pub(super) fn set_note(
    conn: &Connection,
    id: EvidenceId,
    note: Option<String>,
    now: &Stamp,
) -> Result<Evidence, CoreError> {
    let mut evidence = get(conn, id)?;
    let seq = seq_of(conn, id)?;
    let record: String =
        conn.prepare_cached("SELECT record FROM evidence WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
    // Not from `evidence`: a description that cannot be read must not be overwritten with a made-up one.
    let mut description = read_description(&record)?;
    let note = note.filter(|note| !note.is_empty());
    if description.note == note {
        return Ok(evidence);
    }
    description.note = note;
    conn.prepare_cached("UPDATE evidence SET record = ?2 WHERE seq = ?1")?.execute((seq, description.to_stored()?))?;
    log::append(conn, now, Act::on(Event::Noted, id, evidence.sha256))?;
    incidents_of(conn, seq)?.into_iter().try_for_each(|incident| reindex(conn, incident))?;
    evidence.description = description;
    Ok(evidence)
}

/// The notes on an incident's evidence, for the search row.
pub(crate) fn notes_of_incident(conn: &Connection, incident: i64) -> Result<Vec<String>, CoreError> {
    #[derive(Deserialize)]
    struct Noted {
        note: Option<String>,
    }
    let mut statement = conn.prepare_cached(
        "SELECT record FROM evidence WHERE seq IN (SELECT evidence FROM attachment WHERE incident = ?1) ORDER BY seq",
    )?;
    let rows = statement.query_map([incident], |row| row.get::<_, String>(0))?;
    let mut notes = Vec::new();
    for record in rows {
        let note = serde_json::from_str::<Noted>(&record?).ok().and_then(|noted| noted.note);
        notes.extend(note);
    }
    Ok(notes)
}
