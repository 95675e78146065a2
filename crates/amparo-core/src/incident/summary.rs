//! The row of an incident that lists read, and the rows it is filtered by: all made from its record, in the transaction that
//! saves it, or again at an unlock (upkeep.rs).
//!
//! Whether it is unsent, and how many pieces of evidence it has, triggers keep (migrations/0005-queries.sql): whoever attaches,
//! settles or removes evidence cannot forget it.

use core::fmt;

use rusqlite::{Connection, Row, params};

use super::{ActCode, Incident, IncidentContent, IncidentStatus, Occurred, Urgency};
use crate::{CoreError, EvidenceId, IncidentId, Timestamp};

/// What a list shows of an incident.
#[derive(Clone, PartialEq)]
pub struct IncidentSummary {
    /// Its id.
    pub id: IncidentId,
    /// Its present revision.
    pub revision: u32,
    /// Its title, or the beginning of what was told.
    pub heading: String,
    /// Not finished.
    pub draft: bool,
    /// Its present revision, or evidence attached to it, is in no sealed report.
    pub unsent: bool,
    /// What was done: each code once, in the record's order.
    pub acts: Vec<ActCode>,
    /// When it happened, as it was told, without fields of a newer version.
    pub occurred: Option<Occurred>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Whether it goes on.
    pub status: Option<IncidentStatus>,
    /// How soon somebody must act.
    pub urgency: Option<Urgency>,
    /// When it was first saved.
    pub created: Timestamp,
    /// When it was last saved.
    pub modified: Timestamp,
    /// How many pieces of evidence are attached.
    pub evidence_count: u64,
}

impl fmt::Debug for IncidentSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncidentSummary").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The columns that [`read`] takes, in its order, of `incident_summary s`.
pub(crate) const COLUMNS: &str = "s.seq, s.id, s.revision, s.heading, s.draft, s.unsent, s.acts, s.occurred, s.country,
    s.status, s.urgency, s.created, s.modified, s.evidence_count";

/// How many they are.
pub(crate) const COUNT: usize = 14;

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<(i64, IncidentSummary)> {
    // A column that is not a code was not written by us; the record says what it was, the list leaves it out.
    let code = |at| row.get::<_, Option<String>>(at);
    let acts: String = row.get(6)?;
    Ok((
        row.get(0)?,
        IncidentSummary {
            id: row.get(1)?,
            revision: row.get(2)?,
            heading: row.get(3)?,
            draft: row.get(4)?,
            unsent: row.get(5)?,
            acts: acts.split(' ').filter_map(|code| code.parse().ok()).collect(),
            occurred: code(7)?.and_then(|json| serde_json::from_str(&json).ok()),
            country: code(8)?,
            status: code(9)?.and_then(|text| text.parse().ok()),
            urgency: code(10)?.and_then(|text| text.parse().ok()),
            created: Timestamp::from_unix(row.get(11)?),
            modified: Timestamp::from_unix(row.get(12)?),
            evidence_count: row.get(13)?,
        },
    ))
}

/// How many days an interval spans, in the classes of the column `span`, and how many days earlier than a day an interval of
/// the class can begin and still reach it. The last class has no such bound.
pub(super) const SPANS: [Option<i64>; 4] = [Some(0), Some(30), Some(365), None];

fn span(from: i64, to: i64) -> i64 {
    let longer = |most: &Option<i64>| most.is_some_and(|most| to - from > most);
    SPANS.iter().take_while(|most| longer(most)).zip(1..).last().map_or(0, |(_, class)| class)
}

/// Writes everything that is made from the record of one incident, but its search row.
pub(super) fn write(conn: &Connection, seq: i64, incident: &Incident) -> Result<(), CoreError> {
    let content = &incident.content;
    let occurred = content.occurred.as_ref();
    let days = occurred.map(Occurred::days);
    let told = occurred.map(|o| Occurred { unknown: serde_json::Map::new(), ..o.clone() });
    let told = told.map(|told| serde_json::to_string(&told)).transpose().map_err(|_| CoreError::MalformedRecord)?;
    conn.prepare_cached(
        "INSERT INTO incident_summary (seq, id, revision, created, modified, draft, status, urgency, country, occurred_from,
                occurred_to, span, month, moment, acts, occurred, heading)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (seq) DO UPDATE SET revision = ?3, modified = ?5, draft = ?6, status = ?7, urgency = ?8, country = ?9,
                occurred_from = ?10, occurred_to = ?11, span = ?12, month = ?13, moment = ?14, acts = ?15, occurred = ?16,
                heading = ?17",
    )?
    .execute(params![
        seq,
        incident.id,
        incident.revision,
        incident.created.time.unix(),
        incident.modified.time.unix(),
        content.draft,
        content.status.as_ref().map(IncidentStatus::as_str),
        content.urgency.as_ref().map(Urgency::as_str),
        content.place.as_ref().and_then(|place| place.country.as_deref()),
        days.map(|(from, _)| from),
        days.map(|(_, to)| to),
        days.map(|(from, to)| span(from, to)),
        occurred.and_then(Occurred::month),
        occurred.map(|o| o.from.moment()),
        acts(content),
        told,
        content.heading(),
    ])?;
    write_codes(conn, seq, content)
}

fn acts(content: &IncidentContent) -> String {
    let mut codes: Vec<&str> = Vec::new();
    for act in &content.acts {
        if !codes.contains(&act.code.as_str()) {
            codes.push(act.code.as_str());
        }
    }
    codes.join(" ")
}

/// Kinds of codes in the table `incident_code`.
pub(super) mod kinds {
    pub(in super::super) const ACT: &str = "act";
    pub(in super::super) const PERPETRATOR: &str = "perpetrator";
    pub(in super::super) const ONLINE_HARM: &str = "online_harm";
    pub(in super::super) const SUPPORT_NEED: &str = "support_need";
    pub(in super::super) const REQUESTED_ACTION: &str = "requested_action";
}

fn write_codes(conn: &Connection, seq: i64, content: &IncidentContent) -> Result<(), CoreError> {
    conn.prepare_cached("DELETE FROM incident_code WHERE incident = ?1")?.execute([seq])?;
    conn.prepare_cached("DELETE FROM incident_tag WHERE incident = ?1")?.execute([seq])?;
    conn.prepare_cached("DELETE FROM incident_related WHERE incident = ?1")?.execute([seq])?;
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO incident_code (kind, code, incident) VALUES (?1, ?2, ?3)")?;
    let mut code = |kind: &str, code: &str| insert.execute((kind, code, seq)).map(drop);
    content.acts.iter().try_for_each(|act| code(kinds::ACT, act.code.as_str()))?;
    let actors = content.perpetrators.iter().filter_map(|perpetrator| perpetrator.kind.as_ref());
    actors.into_iter().try_for_each(|kind| code(kinds::PERPETRATOR, kind.as_str()))?;
    content.online_harms.iter().try_for_each(|harm| code(kinds::ONLINE_HARM, harm.kind.as_str()))?;
    content.support_needs.iter().try_for_each(|need| code(kinds::SUPPORT_NEED, need.kind.as_str()))?;
    content.requested_actions.iter().try_for_each(|action| code(kinds::REQUESTED_ACTION, action.kind.as_str()))?;
    for tag in &content.tags {
        conn.prepare_cached("INSERT OR IGNORE INTO incident_tag (tag, incident) VALUES (?1, ?2)")?
            .execute((tag, seq))?;
    }
    for related in &content.related {
        conn.prepare_cached("INSERT OR IGNORE INTO incident_related (other, incident) VALUES (?1, ?2)")?
            .execute((related.id, seq))?;
    }
    Ok(())
}

/// The heading of an incident whose record cannot be read.
pub(super) fn heading(conn: &Connection, seq: i64) -> Result<String, CoreError> {
    Ok(conn
        .prepare_cached("SELECT heading FROM incident_summary WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))?)
}

/// A report on the incident is sealed: its revision and these pieces of evidence are sent from now on. Called in the transaction
/// that records the seal.
pub(crate) fn sealed(conn: &Connection, seq: i64, revision: u32, evidence: &[EvidenceId]) -> Result<(), CoreError> {
    conn.prepare_cached("UPDATE incident_summary SET sealed_revision = max(sealed_revision, ?2) WHERE seq = ?1")?
        .execute((seq, revision))?;
    for id in evidence {
        conn.prepare_cached("UPDATE evidence SET sealed = 1 WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}
