//! Evidence in the database.

use amparo_report::{custody::Event, hex};
use amparo_vault::{MediaId, MediaInfo, MediaState};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;

use super::{
    EVIDENCE_SCHEMA, Evidence, EvidenceDescription, EvidenceKind, EvidencePage, EvidenceState, Origin, Purpose,
    Segment, limits, recording,
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

/// Its row number, unless it was deleted.
fn living_seq_of(conn: &Connection, id: EvidenceId) -> Result<i64, CoreError> {
    let (seq, state): (i64, String) = conn
        .prepare_cached("SELECT seq, state FROM evidence WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(CoreError::EvidenceNotFound)?;
    if state == EvidenceState::DELETED.as_str() { Err(CoreError::EvidenceDeleted) } else { Ok(seq) }
}

/// The medium that holds its bytes.
pub(crate) fn media_of(conn: &Connection, id: EvidenceId) -> Result<MediaId, CoreError> {
    let seq = living_seq_of(conn, id)?;
    let media: Option<[u8; 16]> =
        conn.prepare_cached("SELECT media FROM evidence WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
    media.map(MediaId::from_bytes).ok_or(CoreError::DamagedRecord)
}

/// A row whose bytes are about to be written.
pub(super) struct NewEvidence {
    pub description: EvidenceDescription,
    pub begun: Stamp,
    pub incident: Option<IncidentId>,
    /// The original of a derivative.
    pub parent: Option<EvidenceId>,
    /// A piece of the recording that this one goes on with.
    pub continues: Option<EvidenceId>,
}

impl NewEvidence {
    pub fn of(description: EvidenceDescription, begun: Stamp) -> Self {
        Self { description, begun, incident: None, parent: None, continues: None }
    }

    pub fn attached_to(self, incident: Option<IncidentId>) -> Self {
        Self { incident, ..self }
    }
}

/// Makes the row and attaches it. A derivative goes where its original is, a thumbnail nowhere; a recording goes on in the same
/// incidents.
pub(super) fn begin(conn: &Connection, id: EvidenceId, media: MediaId, new: &NewEvidence) -> Result<(), CoreError> {
    let description = &new.description;
    let parent = match new.parent {
        Some(parent) => {
            get(conn, parent)?.disclosable_hash()?;
            Some(seq_of(conn, parent)?)
        }
        None => None,
    };
    let purpose = description.derivation.as_ref().map(|derivation| derivation.purpose.as_str());
    conn.prepare_cached(
        "INSERT INTO evidence (id, media, state, kind, record, added, clock, derived_from, purpose)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(rusqlite::params![
        id,
        media.to_bytes(),
        EvidenceState::WRITING.as_str(),
        description.kind.as_str(),
        description.to_stored()?,
        new.begun.time.unix(),
        new.begun.clock.as_str(),
        parent,
        purpose,
    ])?;
    let seq = conn.last_insert_rowid();
    if let Some(earlier) = new.continues {
        recording::join(conn, seq, earlier)?;
        let incidents = incidents_of(conn, seq_of(conn, earlier)?)?;
        incidents.into_iter().try_for_each(|incident| link_seq(conn, seq, incident))?;
    }
    if let Some(incident) = new.incident {
        link(conn, seq, incident)?;
    }
    let incidents = match parent {
        Some(parent) if purpose != Some(Purpose::THUMBNAIL.as_str()) => incidents_of(conn, parent)?,
        _ => Vec::new(),
    };
    incidents.into_iter().try_for_each(|incident| link_seq(conn, seq, incident))
}

fn link(conn: &Connection, seq: i64, incident: IncidentId) -> Result<(), CoreError> {
    link_seq(conn, seq, incident::store::seq_of(conn, incident)?)
}

fn link_seq(conn: &Connection, seq: i64, incident: i64) -> Result<(), CoreError> {
    conn.prepare_cached("INSERT OR IGNORE INTO attachment (incident, evidence) VALUES (?1, ?2)")?
        .execute((incident, seq))?;
    reindex(conn, incident)
}

fn reindex(conn: &Connection, incident: i64) -> Result<(), CoreError> {
    search::index_notes(conn, incident, &notes_of_incident(conn, incident)?)
}

/// Attaches what an imported incident names, if it can be attached. False when the vault does not have it.
pub(crate) fn attach_named(conn: &Connection, id: EvidenceId, incident: i64) -> Result<bool, CoreError> {
    let found: Option<(i64, String, Option<String>)> = conn
        .prepare_cached("SELECT seq, state, purpose FROM evidence WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((seq, state, purpose)) = found else { return Ok(false) };
    if state != EvidenceState::DELETED.as_str() && purpose.as_deref() != Some(Purpose::THUMBNAIL.as_str()) {
        link_seq(conn, seq, incident)?;
    }
    Ok(true)
}

pub(super) fn attach(conn: &Connection, id: EvidenceId, incident: IncidentId) -> Result<(), CoreError> {
    let seq = living_seq_of(conn, id)?;
    let purpose: Option<String> =
        conn.prepare_cached("SELECT purpose FROM evidence WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
    if purpose.as_deref() == Some(Purpose::THUMBNAIL.as_str()) {
        return Err(CoreError::InvalidField { field: "incident", rule: "must not have thumbnails attached" });
    }
    link(conn, seq, incident)
}

/// Takes it out of an incident. False when it was not in it.
pub(super) fn detach(conn: &Connection, id: EvidenceId, incident: IncidentId) -> Result<bool, CoreError> {
    let (seq, incident) = (seq_of(conn, id)?, incident::store::seq_of(conn, incident)?);
    let removed = conn
        .prepare_cached("DELETE FROM attachment WHERE incident = ?1 AND evidence = ?2")?
        .execute((incident, seq))?;
    if removed > 0 {
        reindex(conn, incident)?;
    }
    Ok(removed > 0)
}

/// Takes back a row whose import was given up. There is no custody entry yet: nothing came into the vault.
pub(super) fn forget(conn: &Connection, id: EvidenceId) -> Result<(), CoreError> {
    let seq = seq_of(conn, id)?;
    let incidents = unlink_all(conn, seq)?;
    conn.prepare_cached("DELETE FROM evidence WHERE seq = ?1")?.execute([seq])?;
    incidents.into_iter().try_for_each(|incident| reindex(conn, incident))
}

/// Takes it out of all its incidents and says which these were. Their search rows still hold its note.
fn unlink_all(conn: &Connection, seq: i64) -> Result<Vec<i64>, CoreError> {
    let incidents = incidents_of(conn, seq)?;
    conn.prepare_cached("DELETE FROM attachment WHERE evidence = ?1")?.execute([seq])?;
    Ok(incidents)
}

/// Makes a tombstone of the row: size, hash and what it was stay. The medium must be erased in the same transaction.
pub(super) fn bury(conn: &Connection, id: EvidenceId) -> Result<(), CoreError> {
    let seq = living_seq_of(conn, id)?;
    let said = get(conn, id)?.description.tombstone();
    let incidents = unlink_all(conn, seq)?;
    conn.prepare_cached("UPDATE evidence SET state = ?2, media = NULL, record = ?3 WHERE seq = ?1")?.execute((
        seq,
        EvidenceState::DELETED.as_str(),
        said.to_stored()?,
    ))?;
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
    let found: Option<(i64, EvidenceId, String, Option<i64>)> = conn
        .prepare_cached("SELECT seq, id, record, derived_from FROM evidence WHERE media = ?1 AND state = ?2")?
        .query_row((info.id.to_bytes(), EvidenceState::WRITING.as_str()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((seq, id, record, parent)) = found else { return Ok(None) };
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
    let event = match parent {
        Some(_) => Event::Derived,
        None if how == Origin::IMPORT => Event::Imported,
        None => Event::Captured,
    };
    let mut act = Act::on(event, id, info.sha256).with("how", how.as_str()).with("size", info.size);
    if let Some(parent) = parent {
        let (parent, sha256): (EvidenceId, Option<[u8; 32]>) = conn
            .prepare_cached("SELECT id, sha256 FROM evidence WHERE seq = ?1")?
            .query_row([parent], |row| Ok((row.get(0)?, row.get(1)?)))?;
        act = act.with("parent", parent.to_string());
        act = act.with("parent_sha256", sha256.map(|hash| hex::encode(&hash)));
    }
    if let Some(segment) = get(conn, id)?.segment {
        act = act.with("recording", segment.recording.to_string()).with("segment", segment.number);
    }
    if let Some(description) = description {
        act = act.with("kind", description.kind.as_str()).with("media_type", description.media_type);
        if let Some(made) = description.derivation.filter(|_| parent.is_some()) {
            act = act.with("purpose", made.purpose.as_str()).with("tool", made.tool);
            act = act.with("tool_version", made.tool_version);
        }
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

/// The columns of [`Columns`], then the row number.
const COLUMNS: &str = "id, state, size, sha256, added, clock, record,
    (SELECT o.id FROM evidence o WHERE o.seq = evidence.derived_from),
    (SELECT o.id FROM evidence o WHERE o.seq = evidence.recording), segment, seq";
const SEQ_COLUMN: usize = 10;

struct Columns {
    id: EvidenceId,
    state: String,
    size: i64,
    sha256: Option<[u8; 32]>,
    added: i64,
    clock: String,
    record: String,
    derived_from: Option<EvidenceId>,
    recording: Option<EvidenceId>,
    segment: Option<u32>,
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
        recording: row.get(8)?,
        segment: row.get(9)?,
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
            segment: self.recording.zip(self.segment).map(|(recording, number)| Segment { recording, number }),
            // The bytes and their hash stay within reach even if what is said of them cannot be read.
            description: read_description(&self.record).unwrap_or_else(|_| EvidenceDescription {
                unknown: [("description_damaged".to_owned(), true.into())].into_iter().collect(),
                ..EvidenceDescription::new(EvidenceKind::DOCUMENT, "application/octet-stream", Origin::IMPORT)
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

/// What a page lists.
#[derive(Clone, Copy)]
pub(super) enum Listed {
    /// All but thumbnails and tombstones.
    Living,
    /// The tombstones.
    Deleted,
}

/// Newest first.
pub(super) fn page(
    conn: &Connection,
    listed: Listed,
    limit: usize,
    after: Option<&Cursor>,
) -> Result<EvidencePage, CoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    // The conditions are those of the indexes.
    let which = match listed {
        Listed::Living => "purpose IS NOT 'thumbnail' AND state <> 'deleted'",
        Listed::Deleted => "state = 'deleted'",
    };
    let sql = format!("SELECT {COLUMNS} FROM evidence WHERE {which} AND seq < ?1 ORDER BY seq DESC LIMIT ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let rows = statement.query_map((after.map_or(i64::MAX, Cursor::seq), wanted), |row| {
        Ok((columns(row)?, row.get::<_, i64>(SEQ_COLUMN)?))
    })?;
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|(_, seq)| Cursor::at(*seq)) } else { None };
    let evidence = rows.into_iter().map(|(columns, _)| columns.into_evidence()).collect::<Result<_, _>>()?;
    Ok(EvidencePage { evidence, next })
}

/// The rows that `condition`, with the one parameter `value`, picks, in `order`.
pub(super) fn select(conn: &Connection, condition: &'static str, value: i64) -> Result<Vec<Evidence>, CoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM evidence WHERE {condition}"))?;
    let rows = statement.query_map([value], columns)?;
    rows.map(|row| row?.into_evidence()).collect()
}

/// Changes what is said of it and records which field that was, without its content. The same again is no change.
pub(super) fn edit(
    conn: &Connection,
    id: EvidenceId,
    field: &'static str,
    now: &Stamp,
    change: impl FnOnce(&mut EvidenceDescription),
) -> Result<Evidence, CoreError> {
    let seq = living_seq_of(conn, id)?;
    let mut evidence = get(conn, id)?;
    let before = stored_description(conn, seq)?;
    let mut description = before.clone();
    change(&mut description);
    if description == before {
        return Ok(evidence);
    }
    put_description(conn, seq, &description)?;
    log::append(conn, now, Act::on(Event::Noted, id, evidence.sha256).with("field", field))?;
    incidents_of(conn, seq)?.into_iter().try_for_each(|incident| reindex(conn, incident))?;
    evidence.description = description;
    Ok(evidence)
}

/// Not from [`get`]: a description that cannot be read must not be overwritten with a made-up one.
fn stored_description(conn: &Connection, seq: i64) -> Result<EvidenceDescription, CoreError> {
    let record: String =
        conn.prepare_cached("SELECT record FROM evidence WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
    read_description(&record)
}

fn put_description(conn: &Connection, seq: i64, description: &EvidenceDescription) -> Result<(), CoreError> {
    conn.prepare_cached("UPDATE evidence SET record = ?2 WHERE seq = ?1")?.execute((seq, description.to_stored()?))?;
    Ok(())
}

/// Adds what was found out while it was written, before there is a custody entry of it.
pub(super) fn complete_description(
    conn: &Connection,
    id: EvidenceId,
    change: impl FnOnce(&mut EvidenceDescription),
) -> Result<(), CoreError> {
    let seq = seq_of(conn, id)?;
    let mut description = stored_description(conn, seq)?;
    change(&mut description);
    put_description(conn, seq, &description)
}

/// The notes on an incident's evidence, for the search row.
pub(crate) fn notes_of_incident(conn: &Connection, incident: i64) -> Result<Vec<String>, CoreError> {
    Ok(noted_evidence_of_incident(conn, incident)?.into_iter().map(|(_, note)| note).collect())
}

/// The evidence of an incident that has a note, and the note.
pub(crate) fn noted_evidence_of_incident(
    conn: &Connection,
    incident: i64,
) -> Result<Vec<(EvidenceId, String)>, CoreError> {
    #[derive(Deserialize)]
    struct Noted {
        note: Option<String>,
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, record FROM evidence WHERE seq IN (SELECT evidence FROM attachment WHERE incident = ?1) ORDER BY seq",
    )?;
    let rows = statement.query_map([incident], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut notes = Vec::new();
    for row in rows {
        let (id, record) = row?;
        let note = serde_json::from_str::<Noted>(&record).ok().and_then(|noted| noted.note);
        notes.extend(note.map(|note| (id, note)));
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_reads_more_rows_than_it_shows() {
        let conn = Connection::open_in_memory().unwrap();
        crate::COMPONENT.steps.iter().for_each(|step| conn.execute_batch(step).unwrap());
        let conditions = [
            "purpose IS NOT 'thumbnail' AND state <> 'deleted' AND seq < 9 ORDER BY seq DESC LIMIT 5",
            "state = 'deleted' AND seq < 9 ORDER BY seq DESC LIMIT 5",
            "recording = 1 ORDER BY segment",
            "derived_from = 1 AND state <> 'deleted' ORDER BY seq",
            "derived_from = 1 AND purpose = 'thumbnail' AND state = 'complete' ORDER BY seq DESC LIMIT 1",
            "seq IN (WITH RECURSIVE below (seq) AS (SELECT seq FROM evidence WHERE derived_from = 1
                 UNION SELECT e.seq FROM evidence e JOIN below b ON e.derived_from = b.seq) SELECT seq FROM below)
             ORDER BY seq",
            "seq = (SELECT max(segment) + 1 FROM evidence WHERE recording = 1)",
        ];
        for condition in conditions {
            let sql = format!("EXPLAIN QUERY PLAN SELECT {COLUMNS} FROM evidence WHERE {condition}");
            let mut statement = conn.prepare(&sql).unwrap();
            let steps: Vec<String> =
                statement.query_map([], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            // The descendants themselves are what is walked there.
            let fine = |step: &String| !step.contains("SCAN") || step == "SCAN b" || step == "SCAN below";
            assert!(steps.iter().all(fine), "{condition}: {steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{condition}: {steps:?}");
        }
    }
}
