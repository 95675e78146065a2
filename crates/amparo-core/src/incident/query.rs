//! Which incidents a list shows. Newest first, whatever is asked for, by pages that neither skip nor repeat.
//!
//! A query reads the rows of its rarest condition and checks the others on each. How many rows a condition has is counted
//! first, only as far as the rarest goes. No statement here sorts in the database, and none may walk a table that has an index
//! for what is asked.

use core::ops::Range;

use rusqlite::{Connection, OptionalExtension as _, types::Value};

use super::{
    ActCode, Cursor, IncidentPage, IncidentStatus, IncidentSummary, MAX_PAGE, PartialDate, Urgency,
    summary::{self, SPANS, kinds},
};
use crate::{CoreError, IncidentId, incident::DateError};

/// What a list shows. `IncidentQuery::default()` is everything; every condition that is set must hold.
#[derive(Clone, PartialEq, Default)]
pub struct IncidentQuery {
    /// This status.
    pub status: Option<IncidentStatus>,
    /// This urgency.
    pub urgency: Option<Urgency>,
    /// One of its tags is exactly this.
    pub tag: Option<String>,
    /// One of its acts has this code.
    pub act: Option<ActCode>,
    /// It can have happened in this time: what is known to the year only was possibly in each of its days.
    pub occurred: Option<DateRange>,
    /// It was first saved in this time, in UTC, by the device's clock.
    pub created: Option<DateRange>,
    /// Whether its present revision, or evidence attached to it, is in no sealed report.
    pub unsent: Option<bool>,
    /// Whether it is a draft.
    pub draft: Option<bool>,
    /// Whether evidence is attached.
    pub has_evidence: Option<bool>,
    /// It names this incident as related, or this incident names it.
    pub related_to: Option<IncidentId>,
}

impl core::fmt::Debug for IncidentQuery {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("IncidentQuery(..)")
    }
}

/// A time between two partial dates, both included; an end that is absent is open. `2024` to `2024-05` ends with May 2024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateRange {
    /// From the beginning of this.
    pub from: Option<PartialDate>,
    /// To the end of this.
    pub to: Option<PartialDate>,
}

impl DateRange {
    /// All of `date`.
    #[must_use]
    pub const fn of(date: PartialDate) -> Self {
        Self { from: Some(date), to: Some(date) }
    }

    pub(super) fn validate(&self) -> Result<(), CoreError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to.is_certainly_before(&from) => Err(DateError::EndBeforeBeginning.into()),
            _ => Ok(()),
        }
    }

    /// First and last day, as Julian days.
    pub(super) fn days(&self) -> (i64, i64) {
        (self.from.map_or(0, |from| from.days().0), self.to.map_or(i64::from(i32::MAX), |to| to.days().1))
    }

    /// First and last second since 1970.
    fn unix(&self) -> (i64, i64) {
        (self.from.map_or(i64::MIN, |from| from.unix().0), self.to.map_or(i64::MAX, |to| to.unix().1))
    }
}

/// One condition of a query, in SQL on `incident_summary s`. Parameters are `?1`, `?2`… of its own values; they are renumbered
/// when conditions are put together.
struct Condition {
    /// What holds of a row. No index may be used for it.
    check: String,
    /// Where its rows come from.
    rows: Rows,
    values: Vec<Value>,
}

enum Rows {
    /// `FROM` and `WHERE` of a statement that yields the row numbers (`key`) in their order, straight from an index.
    InOrder { from: &'static str, condition: &'static str, key: &'static str },
    /// A statement that yields the row numbers in any order.
    Unordered(String),
}

impl Condition {
    fn column(
        from: &'static str,
        condition: &'static str,
        check: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        let rows = Rows::InOrder { from, condition, key: "s.seq" };
        Self { check: check.to_owned(), rows, values: values.into_iter().collect() }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn id(id: IncidentId) -> Value {
    Value::Blob(id.to_bytes().to_vec())
}

fn conditions(query: &IncidentQuery) -> Vec<Condition> {
    let mut out = Vec::new();
    let mut column = |from, condition, check: &str, value: Option<Value>| {
        out.push(Condition::column(from, condition, check, value));
    };
    if let Some(status) = &query.status {
        let from = "incident_summary s INDEXED BY incident_by_status";
        column(from, "s.status = ?1", "+s.status = ?1", Some(text(status.as_str())));
    }
    if let Some(urgency) = &query.urgency {
        let from = "incident_summary s INDEXED BY incident_by_urgency";
        column(from, "s.urgency = ?1", "+s.urgency = ?1", Some(text(urgency.as_str())));
    }
    match query.unsent {
        Some(true) => {
            column("incident_summary s INDEXED BY incident_unsent_first", "s.unsent = 1", "+s.unsent = 1", None);
        }
        Some(false) => column("incident_summary s INDEXED BY incident_sent", "s.unsent = 0", "+s.unsent = 0", None),
        None => {}
    }
    match query.draft {
        Some(true) => column("incident_summary s INDEXED BY incident_draft", "s.draft = 1", "+s.draft = 1", None),
        Some(false) => column("incident_summary s INDEXED BY incident_finished", "s.draft = 0", "+s.draft = 0", None),
        None => {}
    }
    match query.has_evidence {
        Some(true) => column(
            "incident_summary s INDEXED BY incident_with_evidence",
            "s.evidence_count > 0",
            "+s.evidence_count > 0",
            None,
        ),
        Some(false) => column(
            "incident_summary s INDEXED BY incident_without_evidence",
            "s.evidence_count = 0",
            "+s.evidence_count = 0",
            None,
        ),
        None => {}
    }
    if let Some(tag) = &query.tag {
        out.push(Condition {
            check: "EXISTS (SELECT 1 FROM incident_tag WHERE tag = ?1 AND incident = s.seq)".to_owned(),
            rows: Rows::InOrder {
                from: "incident_tag d CROSS JOIN incident_summary s ON s.seq = d.incident",
                condition: "d.tag = ?1",
                key: "d.incident",
            },
            values: vec![text(tag)],
        });
    }
    if let Some(act) = &query.act {
        out.push(Condition {
            check: "EXISTS (SELECT 1 FROM incident_code WHERE kind = ?1 AND code = ?2 AND incident = s.seq)".to_owned(),
            rows: Rows::InOrder {
                from: "incident_code d CROSS JOIN incident_summary s ON s.seq = d.incident",
                condition: "d.kind = ?1 AND d.code = ?2",
                key: "d.incident",
            },
            values: vec![text(kinds::ACT), text(act.as_str())],
        });
    }
    out.extend(query.occurred.as_ref().map(occurred));
    if let Some((first, last)) = query.created.as_ref().map(DateRange::unix) {
        out.push(Condition {
            check: "+s.created BETWEEN ?1 AND ?2".to_owned(),
            rows: Rows::Unordered(
                "SELECT seq FROM incident_summary INDEXED BY incident_by_creation WHERE created BETWEEN ?1 AND ?2"
                    .to_owned(),
            ),
            values: vec![first.into(), last.into()],
        });
    }
    out.extend(query.related_to.map(related));
    out
}

/// An interval reaches into the range if it begins before the range's end and ends after its beginning. By classes of how long
/// intervals are, so that only those are read that begin in the range or so shortly before it that they can reach it.
fn occurred(range: &DateRange) -> Condition {
    let (first, last) = range.days();
    let classes = SPANS.iter().zip(0..).map(|(most, class)| {
        let earliest = most.map_or_else(String::new, |most| format!(" AND occurred_from >= ?1 - {most}"));
        format!(
            "SELECT seq FROM incident_summary INDEXED BY incident_by_days
             WHERE span = {class} AND occurred_from <= ?2{earliest} AND occurred_to >= ?1"
        )
    });
    Condition {
        check: "(+s.occurred_from <= ?2 AND +s.occurred_to >= ?1)".to_owned(),
        rows: Rows::Unordered(classes.collect::<Vec<_>>().join(" UNION ALL ")),
        values: vec![first.into(), last.into()],
    }
}

fn related(other: IncidentId) -> Condition {
    Condition {
        check: "(EXISTS (SELECT 1 FROM incident_related WHERE other = ?1 AND incident = s.seq)
                 OR EXISTS (SELECT 1 FROM incident_related WHERE other = s.id
                            AND incident = (SELECT seq FROM incident WHERE id = ?1)))"
            .to_owned(),
        rows: Rows::Unordered(
            "SELECT incident AS seq FROM incident_related WHERE other = ?1
             UNION ALL SELECT i.seq FROM incident_related r CROSS JOIN incident i ON i.id = r.other
             WHERE r.incident = (SELECT seq FROM incident WHERE id = ?1)"
                .to_owned(),
        ),
        values: vec![id(other)],
    }
}

/// `sql` with its parameters `?1`, `?2`… as `?(1 + shift)`…
fn renumber(sql: &str, shift: usize) -> String {
    let mut out = String::with_capacity(sql.len() + 8);
    let mut rest = sql.split('?');
    out.push_str(rest.next().unwrap_or_default());
    for piece in rest {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = piece.split_at_checked(digits).unwrap_or(("", piece));
        out.push_str(&format!("?{}{tail}", number.parse::<usize>().unwrap_or(0) + shift));
    }
    out
}

/// Rows up to which a condition is counted. Conditions that all have more are taken as equally frequent.
const COUNTED: [i64; 3] = [256, 4096, 65_536];

enum Driver {
    /// Every incident, newest first.
    All,
    /// The rows of the condition at this place, newest first.
    Condition(usize),
    /// These rows, oldest first.
    These(Vec<i64>),
}

/// A query that is ready to run.
pub(crate) struct Plan {
    conditions: Vec<Condition>,
    driver: Driver,
}

impl Plan {
    pub(crate) fn new(conn: &Connection, query: &IncidentQuery) -> Result<Self, CoreError> {
        query.occurred.as_ref().map_or(Ok(()), DateRange::validate)?;
        query.created.as_ref().map_or(Ok(()), DateRange::validate)?;
        let conditions = conditions(query);
        let driver = match rarest(conn, &conditions)?.and_then(|place| Some((place, conditions.get(place)?))) {
            None => Driver::All,
            Some((place, Condition { rows: Rows::InOrder { .. }, .. })) => Driver::Condition(place),
            Some((_, Condition { rows: Rows::Unordered(sql), values, .. })) => {
                let mut statement = conn.prepare_cached(sql)?;
                let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
                let mut these = rows.collect::<Result<Vec<i64>, _>>()?;
                these.sort_unstable();
                these.dedup();
                Driver::These(these)
            }
        };
        Ok(Self { conditions, driver })
    }

    /// All conditions but the one at `but`, as ` AND …` with parameters from `?(1 + shift)`, and their values.
    fn checks(&self, but: Option<usize>, shift: usize) -> (String, Vec<Value>) {
        let (mut sql, mut values) = (String::new(), Vec::new());
        for (_, condition) in self.conditions.iter().enumerate().filter(|(place, _)| Some(*place) != but) {
            sql.push_str(" AND ");
            sql.push_str(&renumber(&condition.check, shift + values.len()));
            values.extend(condition.values.iter().cloned());
        }
        (sql, values)
    }

    /// All conditions as ` AND …` with parameters from `?(1 + shift)`, and their values.
    fn all_checks(&self, shift: usize) -> (String, Vec<Value>) {
        self.checks(None, shift)
    }

    /// The statement for a driver that has one: rows from `?2` to before `?1`, at most `?3`.
    fn statement(&self, columns: &str) -> Option<(String, Vec<Value>)> {
        let (from, condition, key, place) = match self.driver {
            Driver::All => ("incident_summary s", None, "s.seq", None),
            Driver::Condition(place) => {
                let driver = self.conditions.get(place)?;
                let Rows::InOrder { from, condition, key } = driver.rows else { return None };
                (from, Some((condition, &driver.values)), key, Some(place))
            }
            Driver::These(_) => return None,
        };
        let (condition, mut values) = match condition {
            Some((condition, values)) => (format!("{} AND ", renumber(condition, 3)), values.clone()),
            None => (String::new(), Vec::new()),
        };
        let (checks, more) = self.checks(place, 3 + values.len());
        values.extend(more);
        let sql = format!(
            "SELECT {columns} FROM {from} WHERE {condition}{key} < ?1 AND {key} >= ?2{checks} ORDER BY {key} DESC LIMIT ?3"
        );
        Some((sql, values))
    }

    /// The rows of `within` for which all conditions hold, newest first, at most `limit`.
    fn rows<T>(
        &self,
        conn: &Connection,
        columns: &str,
        within: Range<i64>,
        limit: usize,
        read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, CoreError> {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
        if let Some((sql, values)) = self.statement(columns) {
            let mut all = vec![Value::from(within.end), Value::from(within.start), Value::from(wanted)];
            all.extend(values);
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(all), read)?;
            return Ok(rows.collect::<Result<_, _>>()?);
        }
        let Driver::These(these) = &self.driver else { return Ok(Vec::new()) };
        let (checks, values) = self.all_checks(1);
        let mut statement =
            conn.prepare_cached(&format!("SELECT {columns} FROM incident_summary s WHERE s.seq = ?1{checks}"))?;
        let mut found = Vec::new();
        let place = |border: i64| these.partition_point(|seq| *seq < border);
        for seq in these.get(place(within.start)..place(within.end)).unwrap_or_default().iter().rev() {
            if found.len() == limit {
                break;
            }
            let all = [Value::from(*seq)].into_iter().chain(values.iter().cloned());
            found.extend(statement.query_row(rusqlite::params_from_iter(all), &read).optional()?);
        }
        Ok(found)
    }

    /// The numbers of the first rows below `before` for which all conditions hold, newest first, at most `limit`.
    pub(crate) fn seqs(&self, conn: &Connection, before: i64, limit: usize) -> Result<Vec<i64>, CoreError> {
        self.rows(conn, "s.seq", 0..before, limit, |row| row.get(0))
    }

    /// The newest row below `before` for which all conditions hold.
    pub(crate) fn first(&self, conn: &Connection, before: i64) -> Result<Option<i64>, CoreError> {
        Ok(self.rows(conn, "s.seq", 0..before, 1, |row| row.get(0))?.into_iter().next())
    }

    /// The rows of `within` for which all conditions hold, oldest first; `None` when there is no condition.
    pub(crate) fn all_within(&self, conn: &Connection, within: Range<i64>) -> Result<Option<Vec<i64>>, CoreError> {
        if self.conditions.is_empty() {
            return Ok(None);
        }
        let mut found: Vec<i64> = self.rows(conn, "s.seq", within, usize::MAX, |row| row.get(0))?;
        found.reverse();
        Ok(Some(found))
    }
}

/// The place of the condition with the fewest rows: counted in rounds, so that no more is counted than a few times what the
/// rarest has.
fn rarest(conn: &Connection, conditions: &[Condition]) -> Result<Option<usize>, CoreError> {
    if let [Condition { rows: Rows::InOrder { .. }, .. }] = conditions {
        return Ok(Some(0));
    }
    for most in COUNTED {
        let mut best: Option<(i64, usize)> = None;
        for (place, condition) in conditions.iter().enumerate() {
            let sql = match &condition.rows {
                Rows::InOrder { from, condition, .. } => {
                    // The join with the summary is for its columns: not needed to count.
                    let from = from.split(" CROSS JOIN ").next().unwrap_or(from);
                    format!("SELECT 1 FROM {from} WHERE {condition}")
                }
                Rows::Unordered(sql) => sql.clone(),
            };
            let sql = format!("SELECT count(*) FROM ({sql} LIMIT {most})");
            let count: i64 = conn
                .prepare_cached(&sql)?
                .query_row(rusqlite::params_from_iter(&condition.values), |row| row.get(0))?;
            if count < most && best.is_none_or(|(fewest, _)| count < fewest) {
                best = Some((count, place));
            }
        }
        if let Some((_, place)) = best {
            return Ok(Some(place));
        }
    }
    // None of them is rare.
    Ok(conditions.iter().position(|condition| matches!(condition.rows, Rows::InOrder { .. })))
}

pub(super) fn page(
    conn: &Connection,
    query: &IncidentQuery,
    limit: usize,
    after: Option<&Cursor>,
) -> Result<IncidentPage, CoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let plan = Plan::new(conn, query)?;
    let before = after.map_or(i64::MAX, Cursor::seq);
    let mut rows: Vec<(i64, IncidentSummary)> =
        plan.rows(conn, summary::COLUMNS, 0..before, limit.saturating_add(1), summary::read)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|(seq, _)| Cursor::at(*seq)) } else { None };
    Ok(IncidentPage { incidents: rows.into_iter().map(|(_, summary)| summary).collect(), next })
}

#[cfg(test)]
pub(super) mod tests;
