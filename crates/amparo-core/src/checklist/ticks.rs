//! Runs and ticks in the database.
//!
//! A tick is kept by the item's id, with what the item said then. Nothing here deletes a tick but the user's own word.

use std::collections::BTreeMap;

use amparo_crypto::hash::Digest;
use amparo_pack::{Checklist, Item, Link, Pack, Section};
use amparo_report::locale::Locale;
use rusqlite::{Connection, OptionalExtension as _};

use super::{
    Draft, Finish, ItemState, MAX_NOTE_BYTES, MAX_RUNS, RunQuery,
    store::{self, Row},
    words::Wording,
};
use crate::{
    CoreError, IncidentId, RunId, Stamp,
    incident::{self, Act, ActCode, Incident, IncidentContent},
    text,
};

/// A run as it is stored.
pub(super) struct Run {
    pub(super) seq: i64,
    pub(super) id: RunId,
    pub(super) pack: i64,
    pub(super) checklist: String,
    pub(super) version: u64,
    pub(super) started: Stamp,
    pub(super) finished: bool,
    pub(super) wording: Digest,
}

/// A tick as it is stored.
pub(super) struct Ticked {
    pub(super) state: ItemState,
    pub(super) version: u64,
    pub(super) at: Stamp,
    pub(super) section: String,
    pub(super) note: String,
    pub(super) wording: Digest,
}

/// How a run ended.
pub(super) struct Ended {
    pub(super) seq: i64,
    pub(super) run: RunId,
    pub(super) finish: Finish,
    pub(super) scored: bool,
}

/// An item at the end of a run.
pub(super) struct EndedItem {
    pub(super) item: String,
    pub(super) state: ItemState,
    pub(super) time_critical: bool,
    pub(super) points: Option<u8>,
    pub(super) wording: Digest,
}

type Columns = (i64, RunId, i64, String, u64, i64, String, bool, Digest);

const SELECT: &str = "SELECT seq, id, pack, checklist, version, started, clock, finished, wording FROM checklist_run";

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    ))
}

fn read((seq, id, pack, checklist, version, started, clock, finished, wording): Columns) -> Result<Run, CoreError> {
    Ok(Run { seq, id, pack, checklist, version, started: Stamp::stored(started, &clock)?, finished, wording })
}

pub(super) fn find(conn: &Connection, id: RunId) -> Result<Run, CoreError> {
    let found = conn.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?.query_row([id], columns).optional()?;
    found.map(read).transpose()?.ok_or(CoreError::RunNotFound)
}

/// Newest first.
pub(super) fn list(conn: &Connection, query: &RunQuery) -> Result<Vec<Run>, CoreError> {
    let before = query.before.map(|id| find(conn, id)).transpose()?.map_or(i64::MAX, |run| run.seq);
    let pack = match &query.pack {
        None => None,
        Some(id) => match store::find(conn, id)? {
            Some(pack) => Some(pack.seq),
            None => return Ok(Vec::new()),
        },
    };
    let limit = i64::try_from(query.limit.clamp(1, MAX_RUNS)).unwrap_or(1);
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE seq < ?1 AND (?2 IS NULL OR pack = ?2) AND (?3 IS NULL OR checklist = ?3)
            AND (?4 IS NULL OR finished = ?4) ORDER BY seq DESC LIMIT ?5"
    ))?;
    let rows = statement.query_map((before, pack, &query.checklist, query.finished, limit), columns)?;
    rows.map(|row| read(row?)).collect()
}

/// All ticks of a run, by item.
pub(super) fn ticks(conn: &Connection, run: &Run) -> Result<BTreeMap<String, Ticked>, CoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT item, state, version, at, clock, section, note, wording FROM checklist_tick WHERE run = ?1",
    )?;
    let rows = statement.query_map([run.seq], |row| {
        let (item, state, clock): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(4)?);
        let at: i64 = row.get(3)?;
        Ok((item, state, clock, at, row.get(2)?, row.get(5)?, row.get(6)?, row.get(7)?))
    })?;
    let mut found = BTreeMap::new();
    for row in rows {
        let (item, state, clock, at, version, section, note, wording) = row?;
        let state = ItemState::parse(&state).ok_or(CoreError::DamagedRecord)?;
        found.insert(item, Ticked { state, version, at: Stamp::stored(at, &clock)?, section, note, wording });
    }
    Ok(found)
}

type EndedColumns = (i64, RunId, u64, i64, String, bool);

const SELECT_ENDED: &str = "SELECT e.seq, r.id, e.version, e.finished, e.clock, e.scored
    FROM checklist_result e JOIN checklist_run r ON r.seq = e.run";

fn ended_columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<EndedColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn read_ended((seq, run, version, at, clock, scored): EndedColumns) -> Result<Ended, CoreError> {
    Ok(Ended { seq, run, finish: Finish { at: Stamp::stored(at, &clock)?, version }, scored })
}

/// How a run ended last.
pub(super) fn ended(conn: &Connection, run: &Run) -> Result<Option<Ended>, CoreError> {
    let found = conn
        .prepare_cached(&format!("{SELECT_ENDED} WHERE e.run = ?1"))?
        .query_row([run.seq], ended_columns)
        .optional()?;
    found.map(read_ended).transpose()
}

/// How the runs of a checklist ended, in the order in which they did.
pub(super) fn all_ended(conn: &Connection, pack: i64, checklist: &str) -> Result<Vec<Ended>, CoreError> {
    let mut statement =
        conn.prepare_cached(&format!("{SELECT_ENDED} WHERE r.pack = ?1 AND r.checklist = ?2 ORDER BY e.seq"))?;
    let rows = statement.query_map((pack, checklist), ended_columns)?;
    rows.map(|row| read_ended(row?)).collect()
}

/// The last finish of a checklist's runs, of those that were not reopened, in the order of finishing.
pub(super) fn last_finish(conn: &Connection, pack: i64, checklist: &str) -> Result<Option<Finish>, CoreError> {
    let found = conn
        .prepare_cached(&format!(
            "{SELECT_ENDED} WHERE r.pack = ?1 AND r.checklist = ?2 AND r.finished = 1 ORDER BY e.seq DESC LIMIT 1"
        ))?
        .query_row((pack, checklist), ended_columns)
        .optional()?;
    Ok(found.map(read_ended).transpose()?.map(|ended| ended.finish))
}

pub(super) fn ended_items(conn: &Connection, result: i64) -> Result<Vec<EndedItem>, CoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT item, state, time_critical, points, wording FROM checklist_result_item WHERE result = ?1 ORDER BY place",
    )?;
    let rows = statement.query_map([result], |row| {
        let state: String = row.get(1)?;
        Ok((state, row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (state, item, time_critical, points, wording) = row?;
        let state = ItemState::parse(&state).ok_or(CoreError::DamagedRecord)?;
        found.push(EndedItem { item, state, time_critical, points, wording });
    }
    Ok(found)
}

pub(super) fn start(conn: &Connection, pack: &str, checklist: &str, now: &Stamp) -> Result<RunId, CoreError> {
    let row = store::present(conn, pack)?;
    let pack = store::open(conn, &row)?;
    if pack.structure().checklist(checklist).is_none() {
        return Err(CoreError::ChecklistNotFound);
    }
    let (id, wording) = (RunId::generate()?, Wording::of_list(&pack, checklist).store(conn)?);
    conn.prepare_cached(
        "INSERT INTO checklist_run (id, pack, checklist, version, started, clock, wording)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((id, row.seq, checklist, number(row.version)?, now.time.unix(), now.clock.as_str(), wording))?;
    Ok(id)
}

fn number(version: u64) -> Result<i64, CoreError> {
    i64::try_from(version).map_err(|_| CoreError::DamagedRecord)
}

/// A run, its pack in all languages, and the pack's row.
fn open(conn: &Connection, id: RunId) -> Result<(Run, Row, Pack), CoreError> {
    let run = find(conn, id)?;
    let row = store::at(conn, run.pack)?;
    let pack = store::open(conn, &row)?;
    Ok((run, row, pack))
}

/// An item of a run's checklist as it is now.
fn item<'a>(pack: &'a Pack, run: &Run, id: &str) -> Result<(&'a Section, &'a Item), CoreError> {
    let list: &Checklist = pack.structure().checklist(&run.checklist).ok_or(CoreError::ChecklistNotFound)?;
    let mut items = list.sections.iter().flat_map(|section| section.items.iter().map(move |item| (section, item)));
    items.find(|(_, item)| item.id == id).ok_or(CoreError::ItemNotFound)
}

pub(super) fn mark(
    conn: &Connection,
    run: RunId,
    id: &str,
    state: ItemState,
    note: Option<&str>,
    now: &Stamp,
) -> Result<(), CoreError> {
    text::check_len("note", note.unwrap_or_default(), MAX_NOTE_BYTES)?;
    let (run, row, pack) = open(conn, run)?;
    if run.finished {
        return Err(CoreError::RunFinished);
    }
    let (section, item) = item(&pack, &run, id)?;
    let wording = Wording::of_item(&pack, &item.id).store(conn)?;
    let before = ticks(conn, &run)?.remove(&item.id);
    let kept = before.as_ref().map_or("", |tick| tick.note.as_str());
    let note = note.unwrap_or(kept);
    if let Some(same) = before.as_ref().filter(|tick| tick.state == state && tick.wording == wording) {
        if same.note != note {
            conn.prepare_cached("UPDATE checklist_tick SET note = ?3 WHERE run = ?1 AND item = ?2")?
                .execute((run.seq, &item.id, note))?;
        }
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT OR REPLACE INTO checklist_tick (run, item, state, version, at, clock, section, note, wording)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        run.seq,
        &item.id,
        state.as_str(),
        number(row.version)?,
        now.time.unix(),
        now.clock.as_str(),
        &section.id,
        note,
        wording,
    ))?;
    if before.is_some() { Wording::sweep(conn) } else { Ok(()) }
}

pub(super) fn untick(conn: &Connection, run: RunId, item: &str) -> Result<bool, CoreError> {
    let run = find(conn, run)?;
    if run.finished {
        return Err(CoreError::RunFinished);
    }
    let gone =
        conn.prepare_cached("DELETE FROM checklist_tick WHERE run = ?1 AND item = ?2")?.execute((run.seq, item))?;
    Wording::sweep(conn)?;
    Ok(gone > 0)
}

pub(super) fn finish(conn: &Connection, run: RunId, now: &Stamp) -> Result<(), CoreError> {
    let run = find(conn, run)?;
    if run.finished {
        return Ok(());
    }
    let row = store::at(conn, run.pack)?;
    let pack = match store::open(conn, &row) {
        Ok(pack) => Some(pack),
        // A run can be ended when its pack is gone; what was ticked is its result then.
        Err(CoreError::PackNotFound | CoreError::PackDamaged | CoreError::Pack(_)) => None,
        Err(other) => return Err(other),
    };
    let list = pack.as_ref().and_then(|pack| Some((pack, pack.structure().checklist(&run.checklist)?)));
    let ticks = ticks(conn, &run)?;
    let mut items = Vec::new();
    match list {
        Some((pack, list)) => {
            for item in list.sections.iter().flat_map(|section| &section.items) {
                let (state, wording) = match ticks.get(&item.id) {
                    Some(tick) => (tick.state, tick.wording),
                    None => (ItemState::Open, Wording::of_item(pack, &item.id).store(conn)?),
                };
                let (item, time_critical, points) = (item.id.clone(), item.time_critical, item.score);
                items.push(EndedItem { item, state, time_critical, points, wording });
            }
        }
        None => items.extend(ticks.into_iter().map(|(item, tick)| {
            let (state, wording) = (tick.state, tick.wording);
            EndedItem { item, state, time_critical: false, points: None, wording }
        })),
    }
    let version = if list.is_some() { row.version } else { run.version };
    let scored = list.is_some_and(|(_, list)| list.scored);
    conn.prepare_cached("DELETE FROM checklist_result WHERE run = ?1")?.execute([run.seq])?;
    conn.prepare_cached(
        "INSERT INTO checklist_result (run, version, finished, clock, scored) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((run.seq, number(version)?, now.time.unix(), now.clock.as_str(), scored))?;
    let result = conn.last_insert_rowid();
    for (place, item) in items.iter().enumerate() {
        conn.prepare_cached(
            "INSERT INTO checklist_result_item (result, place, item, state, time_critical, points, wording)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            result,
            i64::try_from(place).map_err(|_| CoreError::DamagedRecord)?,
            &item.item,
            item.state.as_str(),
            item.time_critical,
            item.points,
            item.wording,
        ))?;
    }
    set_finished(conn, &run, true)?;
    Wording::sweep(conn)
}

fn set_finished(conn: &Connection, run: &Run, finished: bool) -> Result<(), CoreError> {
    conn.prepare_cached("UPDATE checklist_run SET finished = ?2 WHERE seq = ?1")?.execute((run.seq, finished))?;
    Ok(())
}

pub(super) fn reopen(conn: &Connection, run: RunId) -> Result<(), CoreError> {
    let run = find(conn, run)?;
    if run.finished { set_finished(conn, &run, false) } else { Ok(()) }
}

pub(super) fn delete(conn: &Connection, run: RunId) -> Result<(), CoreError> {
    let run = find(conn, run)?;
    conn.prepare_cached("DELETE FROM checklist_run WHERE seq = ?1")?.execute([run.seq])?;
    Wording::sweep(conn)
}

pub(super) fn draft_incident(
    conn: &Connection,
    run: RunId,
    id: &str,
    act: &ActCode,
    language: &str,
    now: &Stamp,
) -> Result<Incident, CoreError> {
    let (run, _, pack) = open(conn, run)?;
    let (_, item) = item(&pack, &run, id)?;
    if !item.links.iter().any(|link| matches!(link, Link::Incident(code) if code == act.as_str())) {
        return Err(CoreError::LinkNotFound);
    }
    for draft in drafts(conn, &run)?.iter().filter(|draft| draft.item == item.id && draft.act == *act) {
        let incident = incident::store::get(conn, draft.incident)?;
        // Asked for twice by a finger that trembled.
        if incident.revision == 1 && incident.content.draft && incident.evidence.is_empty() {
            return Ok(incident);
        }
    }
    let words = Locale::for_tag(language);
    let content = IncidentContent {
        title: words.code("act", act.as_str()),
        language: Some(words.tag().to_owned()),
        draft: true,
        acts: vec![Act::new(act.clone())],
        ..IncidentContent::default()
    };
    let incident = incident::store::create(conn, content, now)?;
    let seq = incident::store::seq_of(conn, incident.id)?;
    conn.prepare_cached("INSERT INTO checklist_draft (run, incident, item, act) VALUES (?1, ?2, ?3, ?4)")?
        .execute((run.seq, seq, &item.id, act.as_str()))?;
    Ok(incident)
}

/// The incidents that were begun from a run, oldest first.
pub(super) fn drafts(conn: &Connection, run: &Run) -> Result<Vec<Draft>, CoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT i.id, d.item, d.act FROM checklist_draft d JOIN incident i ON i.seq = d.incident
         WHERE d.run = ?1 ORDER BY d.incident",
    )?;
    let rows = statement.query_map([run.seq], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
    rows.map(|row| {
        let (incident, item, act) = row?;
        Ok(Draft { incident, item, act: act.parse().map_err(|_| CoreError::DamagedRecord)? })
    })
    .collect()
}

pub(super) fn origin_of(conn: &Connection, incident: IncidentId) -> Result<Option<RunId>, CoreError> {
    let seq = incident::store::seq_of(conn, incident)?;
    let found = conn
        .prepare_cached(
            "SELECT r.id FROM checklist_draft d JOIN checklist_run r ON r.seq = d.run WHERE d.incident = ?1",
        )?
        .query_row([seq], |row| row.get(0));
    Ok(found.optional()?)
}
