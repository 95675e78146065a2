//! What happened when, across incidents: oldest first, vague dates before those they may contain, undated incidents at the end.

use core::fmt;
use std::str::FromStr;

use rusqlite::{Connection, Row, types::Value};
use serde::Deserialize;

use super::{
    DateRange, IncidentSummary, MAX_PAGE, PartialDate,
    summary::{self, SPANS},
};
use crate::{CoreError, EvidenceId, IncidentId, evidence::EvidenceKind};

/// What a timeline shows. `TimelineQuery::default()` is every incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimelineQuery {
    /// Only what can have happened in this time; then undated incidents are left out.
    pub range: Option<DateRange>,
    /// Also evidence, where somebody said when it was captured: by the moment in which that time begins.
    pub evidence: bool,
}

/// One entry of a timeline.
#[derive(Clone, PartialEq)]
pub enum TimelineEntry {
    /// An incident; `occurred` says when. Undated ones come last.
    Incident(Box<IncidentSummary>),
    /// A piece of evidence was captured.
    Evidence {
        /// Which.
        id: EvidenceId,
        /// The incidents it is attached to.
        incidents: Vec<IncidentId>,
        /// What it is.
        kind: EvidenceKind,
        /// When. `None` when what is said of it cannot be read.
        captured_at: Option<PartialDate>,
    },
}

impl fmt::Debug for TimelineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incident(incident) => f.debug_tuple("Incident").field(incident).finish(),
            Self::Evidence { id, .. } => f.debug_struct("Evidence").field("id", id).finish_non_exhaustive(),
        }
    }
}

/// One page of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePage {
    /// The entries.
    pub entries: Vec<TimelineEntry>,
    /// Where the next page begins, if there is one.
    pub next: Option<TimelineCursor>,
}

/// Where the next page of a timeline begins. Opaque, of this vault only; its text form is for hosts that keep it as a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimelineCursor {
    /// When the last entry began; [`UNDATED`] at the end.
    moment: i64,
    /// Incidents before evidence.
    evidence: bool,
    seq: i64,
}

/// Sorts after every date.
const UNDATED: i64 = i64::MAX;

impl TimelineCursor {
    const START: Self = Self { moment: i64::MIN, evidence: false, seq: 0 };
}

impl fmt::Display for TimelineCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = if self.evidence { 'e' } else { 'i' };
        write!(f, "{}.{sort}.{}", self.moment, self.seq)
    }
}

impl FromStr for TimelineCursor {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        let read = || {
            let (moment, rest) = text.split_once('.')?;
            let (sort, seq) = rest.split_once('.')?;
            let evidence = match sort {
                "i" => false,
                "e" => true,
                _ => return None,
            };
            let read = Self { moment: moment.parse().ok()?, evidence, seq: seq.parse().ok().filter(|seq| *seq > 0)? };
            (read.to_string() == text).then_some(read)
        };
        read().ok_or(CoreError::MalformedCursor)
    }
}

type Found = Vec<(TimelineCursor, TimelineEntry)>;

pub(super) fn page(
    conn: &Connection,
    query: &TimelineQuery,
    limit: usize,
    after: Option<&TimelineCursor>,
) -> Result<TimelinePage, CoreError> {
    query.range.as_ref().map_or(Ok(()), DateRange::validate)?;
    let limit = limit.clamp(1, MAX_PAGE);
    let after = after.copied().unwrap_or(TimelineCursor::START);
    let wanted = limit.saturating_add(1);
    let range = query.range.unwrap_or_default();
    let mut found = incidents(conn, &range, after, wanted)?;
    found.extend(begun_before(conn, &range, after, wanted)?);
    if query.evidence {
        found.extend(evidence(conn, &range, after, wanted)?);
    }
    if query.range.is_none() && found.len() < wanted {
        let missing = wanted.saturating_sub(found.len());
        found.extend(undated(conn, after, missing)?);
    }
    found.sort_by_key(|(place, _)| *place);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more { found.last().map(|(place, _)| *place) } else { None };
    Ok(TimelinePage { entries: found.into_iter().map(|(_, entry)| entry).collect(), next })
}

/// Quarter seconds of a day, as `moment` counts.
const DAY: i64 = 86_400 * 4;

/// Moments between which everything lies that begins on these Julian days, whatever its offset from UTC.
fn moments((first, last): (i64, i64)) -> (i64, i64) {
    let moment = |day: i64| (day - super::date::UNIX_EPOCH_DAY) * DAY;
    (moment(first) - DAY, moment(last) + 2 * DAY)
}

/// Rows of a table in the order of a moment and a row number.
struct Stream<'a> {
    /// The statement up to its conditions, the last of which may have the parameters `?4` and `?5`.
    select: &'a str,
    moment: &'static str,
    seq: &'static str,
    values: &'a [Value],
    /// The moment and the row number behind which it goes on.
    behind: (i64, i64),
    /// The first and the last moment.
    within: (i64, i64),
}

impl Stream<'_> {
    /// At most `wanted` rows. What begins in the very moment at which the last page ended, then what begins later: two reads of
    /// one index.
    fn read<T>(
        &self,
        conn: &Connection,
        wanted: usize,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, CoreError> {
        let Self { select, moment, seq, values, behind: (begun, last), within: (least, most) } = *self;
        let same = format!("{select} AND {moment} = ?1 AND {seq} > ?2 ORDER BY {seq} LIMIT ?3");
        let later = format!("{select} AND {moment} > ?1 AND {moment} <= ?2 ORDER BY {moment}, {seq} LIMIT ?3");
        let parts = [
            (same, begun, last, (least..=most).contains(&begun)),
            (later, begun.max(least.saturating_sub(1)), most, begun < most),
        ];
        let mut found = Vec::new();
        for (sql, first, second, needed) in parts {
            let missing = wanted.saturating_sub(found.len());
            if !needed || missing == 0 {
                continue;
            }
            let bounds = [first.into(), second.into(), i64::try_from(missing).unwrap_or(i64::MAX).into()];
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(bounds.iter().chain(values)), &read)?;
            for row in rows {
                found.push(row?);
            }
        }
        Ok(found)
    }
}

fn incident_entry(row: &Row<'_>) -> rusqlite::Result<(TimelineCursor, TimelineEntry)> {
    let (seq, incident) = summary::read(row)?;
    let moment: Option<i64> = row.get(summary::COUNT)?;
    let place = TimelineCursor { moment: moment.unwrap_or(UNDATED), evidence: false, seq };
    Ok((place, TimelineEntry::Incident(Box::new(incident))))
}

/// The row behind which a stream of incidents or of evidence goes on: of the same moment, evidence comes after all incidents.
fn behind(after: TimelineCursor, evidence: bool) -> (i64, i64) {
    match (after.evidence, evidence) {
        (true, false) => (after.moment, i64::MAX),
        (false, true) => (after.moment, 0),
        _ => (after.moment, after.seq),
    }
}

/// Incidents that begin in the range.
fn incidents(conn: &Connection, range: &DateRange, after: TimelineCursor, wanted: usize) -> Result<Found, CoreError> {
    if after.moment == UNDATED {
        return Ok(Vec::new());
    }
    let days = range.days();
    let select = format!(
        "SELECT {}, s.moment FROM incident_summary s INDEXED BY incident_by_moment
         WHERE +s.occurred_from BETWEEN ?4 AND ?5",
        summary::COLUMNS
    );
    let values = [days.0.into(), days.1.into()];
    let (behind, within) = (behind(after, false), moments(days));
    let stream = Stream { select: &select, moment: "s.moment", seq: "s.seq", values: &values, behind, within };
    stream.read(conn, wanted, incident_entry)
}

/// Incidents that began before the range and may have gone on into it.
fn begun_before(
    conn: &Connection,
    range: &DateRange,
    after: TimelineCursor,
    wanted: usize,
) -> Result<Found, CoreError> {
    if range.from.is_none() {
        return Ok(Vec::new());
    }
    let (first, _) = range.days();
    let mut places = Vec::new();
    for (most, class) in SPANS.iter().zip(0i64..) {
        let earliest = most.map_or(0, |most| first.saturating_sub(most));
        let mut statement = conn.prepare_cached(
            "SELECT moment, seq FROM incident_summary INDEXED BY incident_by_days
             WHERE span = ?1 AND occurred_from >= ?2 AND occurred_from < ?3 AND occurred_to >= ?3",
        )?;
        let rows = statement.query_map((class, earliest, first), |row| {
            Ok(TimelineCursor { moment: row.get(0)?, evidence: false, seq: row.get(1)? })
        })?;
        for place in rows {
            places.extend(Some(place?).filter(|place| *place > after));
        }
    }
    places.sort_unstable();
    let sql = format!("SELECT {}, s.moment FROM incident_summary s WHERE s.seq = ?1", summary::COLUMNS);
    let mut statement = conn.prepare_cached(&sql)?;
    places.iter().take(wanted).map(|place| Ok(statement.query_row([place.seq], incident_entry)?)).collect()
}

fn undated(conn: &Connection, after: TimelineCursor, wanted: usize) -> Result<Found, CoreError> {
    let from = if after.moment == UNDATED { after.seq } else { 0 };
    let sql = format!(
        "SELECT {}, s.moment FROM incident_summary s INDEXED BY incident_undated
         WHERE s.moment IS NULL AND s.seq > ?1 ORDER BY s.seq LIMIT ?2",
        summary::COLUMNS
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((from, i64::try_from(wanted).unwrap_or(i64::MAX)), incident_entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn evidence(conn: &Connection, range: &DateRange, after: TimelineCursor, wanted: usize) -> Result<Found, CoreError> {
    if after.moment == UNDATED {
        return Ok(Vec::new());
    }
    let (first, last) = range.days();
    let select = "SELECT e.seq, e.moment, e.id, e.kind, e.record,
            (SELECT group_concat(lower(hex(i.id)), ' ') FROM attachment a CROSS JOIN incident i ON i.seq = a.incident
             WHERE a.evidence = e.seq)
         FROM evidence e INDEXED BY evidence_by_moment WHERE 1";
    let within = (moments((first, first)).0 + DAY, moments((last, last)).1 - DAY - 1);
    let behind = behind(after, true);
    Stream { select, moment: "e.moment", seq: "e.seq", values: &[], behind, within }.read(conn, wanted, |row| {
        let place = TimelineCursor { moment: row.get(1)?, evidence: true, seq: row.get(0)? };
        let (kind, record, attached): (String, String, Option<String>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let entry = TimelineEntry::Evidence {
            id: row.get(2)?,
            incidents: attached.iter().flat_map(|ids| ids.split(' ')).filter_map(|id| id.parse().ok()).collect(),
            kind: kind.parse().unwrap_or(EvidenceKind::DOCUMENT),
            captured_at: serde_json::from_str::<Described>(&record).ok().map(|described| described.captured_at.time),
        };
        Ok((place, entry))
    })
}

#[derive(Deserialize)]
struct Described {
    captured_at: Captured,
}

#[derive(Deserialize)]
struct Captured {
    time: PartialDate,
}

#[cfg(test)]
mod tests;
