//! How many incidents there are of each code and in each month, for publication: the transparency export.
//!
//! What may not happen here: a number below the threshold is told, or can be computed from what is told; anything of an
//! incident but its codes, month and country goes in. Format: docs/formats/counts.md.

mod suppress;

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde::{Serialize, Serializer};

use super::{
    ActCode, DatePrecision, IncidentStatus, OnlineHarmKind, PartialDate, PerpetratorKind, RequestedActionKind,
    SupportKind, Urgency, summary::kinds,
};
use crate::{CoreError, Timestamp, text::inert};

/// `schema` of an export.
pub const COUNTS_SCHEMA: &str = "amparo.counts/1";
/// The threshold if nobody says another.
pub const DEFAULT_THRESHOLD: u32 = 5;
/// The lowest threshold that hides anything: below it, "less than two" would be one.
pub const MIN_THRESHOLD: u32 = 3;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountsRequest {
    /// Numbers below it are not told. At least [`MIN_THRESHOLD`].
    pub threshold: u32,
    /// The last month that is counted (`YYYY-MM`): incidents that happened, and were first saved, by its end. `None` is the last
    /// month that is over. A border that stays the same gives the same population in every export, but for what was edited.
    pub until: Option<PartialDate>,
    /// Count the codes of each month instead of those of all months. Publish the one or the other, not both: they can be
    /// computed from each other.
    pub by_month: bool,
}

impl Default for CountsRequest {
    fn default() -> Self {
        Self { threshold: DEFAULT_THRESHOLD, until: None, by_month: false }
    }
}

/// One number, as far as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The number.
    Exact(u64),
    /// It is at least 1 and below this, the threshold.
    Below(u32),
    /// It is this, the threshold, or more, and not told because a number below could be computed from it.
    Withheld(u32),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(count) => write!(f, "{count}"),
            Self::Below(threshold) => write!(f, "<{threshold}"),
            Self::Withheld(threshold) => write!(f, ">={threshold}"),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(count) => serializer.serialize_u64(*count),
            _ => serializer.collect_str(self),
        }
    }
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountRow {
    /// A code, a month (`YYYY-MM`) or a country; `None` for the incidents of which it is not known.
    pub code: Option<String>,
    /// How many incidents.
    pub incidents: Cell,
}

/// The incidents by one thing that is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountTable {
    /// `month`, `status`, `urgency`, `country`, `act`, `perpetrator`, `online_harm`, `support_need`, `requested_action`. In the
    /// first four every incident is in one row; in the others it can be in several, or in none.
    pub by: &'static str,
    /// The month whose incidents these are, when they are counted by month; `None` for those whose month is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<Option<String>>,
    /// The rows: known codes in the order of their list, then others; months and countries in alphabetical order.
    pub rows: Vec<CountRow>,
    /// The rows are left out, because no set of them could be told.
    pub withheld: bool,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Always [`COUNTS_SCHEMA`].
    pub schema: &'static str,
    /// The last month that is counted.
    pub until: String,
    /// Numbers below it are not told.
    pub threshold: u32,
    /// How many incidents are counted.
    pub incidents: Cell,
    /// The tables; none when all incidents together are fewer than the threshold.
    pub tables: Vec<CountTable>,
}

impl Counts {
    /// The export as one JSON object.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_json(&self) -> Result<Vec<u8>, CoreError> {
        serde_json::to_vec_pretty(self).map_err(|_| CoreError::MalformedRecord)
    }

    /// The export as CSV (RFC 4180, UTF-8, CRLF): the columns `by`, `month`, `code`, `incidents`. What is not known is
    /// `(none)`. No cell begins with a character that makes a spreadsheet compute it.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_csv(&self) -> Result<Vec<u8>, CoreError> {
        let failed = |_| CoreError::MalformedRecord;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(["by", "month", "code", "incidents"]).map_err(failed)?;
        let mut row = |by: &str, month: &str, code: &str, cell: &str| {
            writer.write_record([by, month, code, cell].map(inert)).map_err(failed)
        };
        row("all", "", "", &self.incidents.to_string())?;
        for table in &self.tables {
            let month = table.month.as_ref().map_or("", |month| month.as_deref().unwrap_or(NONE));
            for CountRow { code, incidents } in &table.rows {
                row(table.by, month, code.as_deref().unwrap_or(NONE), &incidents.to_string())?;
            }
            if table.withheld {
                row(table.by, month, "(withheld)", "")?;
            }
        }
        writer.into_inner().map_err(|_| CoreError::MalformedRecord)
    }
}

const NONE: &str = "(none)";

/// The last month to count, as it is written, its last day as a Julian day, and the second at which it is over in UTC.
fn border(until: Option<PartialDate>, now: Timestamp) -> Result<(String, i64, i64), CoreError> {
    let refused = |rule| Err(CoreError::InvalidField { field: "until", rule });
    let present: PartialDate = now.to_string().get(..7).unwrap_or_default().parse()?;
    let month = match until {
        Some(month) => month,
        None => before(present)?,
    };
    if month.precision() != DatePrecision::MONTH {
        return refused("must be a month such as 2026-10");
    }
    if month.unix().1 >= now.unix() {
        return refused("must be a month that is over");
    }
    Ok((month.to_string(), month.days().1, month.unix().1.saturating_add(1)))
}

/// The month before this one.
fn before(month: PartialDate) -> Result<PartialDate, CoreError> {
    let text = month.to_string();
    let (year, number) = text.split_once('-').unwrap_or((&text, "01"));
    let (year, number) = (year.parse::<u16>().unwrap_or(1), number.parse::<u8>().unwrap_or(1));
    let text =
        if number > 1 { format!("{year:04}-{:02}", number - 1) } else { format!("{:04}-12", year.saturating_sub(1)) };
    Ok(text.parse()?)
}

/// The incidents that are counted: their month's place in `months` plus one, by row number; 0 for those that are not.
struct Population {
    months: Vec<Option<String>>,
    place: Vec<u32>,
}

/// Tallies of one table: how many incidents have each code.
type Tally = BTreeMap<Option<String>, u64>;

pub(super) fn counts(conn: &Connection, request: &CountsRequest, now: Timestamp) -> Result<Counts, CoreError> {
    if request.threshold < MIN_THRESHOLD {
        return Err(CoreError::InvalidField { field: "threshold", rule: "must be 3 or more" });
    }
    let (until, last_day, end) = border(request.until, now)?;
    let mut single: [Single; 3] = Default::default();
    let population = population(conn, last_day, end, &mut single)?;
    let mut by_month: BTreeMap<u32, u64> = BTreeMap::new();
    population.place.iter().filter(|place| **place > 0).for_each(|place| *by_month.entry(*place).or_default() += 1);
    let total: u64 = by_month.values().sum();
    let threshold = request.threshold;
    let mut counts = Counts {
        schema: COUNTS_SCHEMA,
        until,
        threshold,
        incidents: if total > 0 && total < u64::from(threshold) { Cell::Below(threshold) } else { Cell::Exact(total) },
        tables: Vec::new(),
    };
    if counts.incidents != Cell::Exact(total) || total == 0 {
        return Ok(counts);
    }
    let name = |place: u32| {
        let index = usize::try_from(place).unwrap_or(0).checked_sub(1);
        index.and_then(|index| population.months.get(index)).cloned().flatten()
    };
    let months = by_month.iter().map(|(place, count)| (name(*place), *count)).collect();
    let months = table("month", None, &[], &months, threshold);
    // The months of which the codes are told: those whose own number is. `None` is all months together.
    let slices: Vec<Option<u32>> = if request.by_month {
        let told = |place: &u32| {
            let month = name(*place);
            months.rows.iter().any(|row| row.code == month && matches!(row.incidents, Cell::Exact(_)))
        };
        by_month.keys().copied().filter(told).map(Some).collect()
    } else {
        vec![None]
    };
    counts.tables.push(months);
    let multiple = multiple(conn, &population)?;
    for slice in slices {
        let month = slice.map(&name);
        for ((by, known), tallies) in SINGLE.iter().zip(&single) {
            let mut tally = Tally::new();
            for (code, by_place) in &tallies.0 {
                let count = by_place.of(slice);
                if count > 0 {
                    tally.insert(code.clone(), count);
                }
            }
            let merged = merge_single(tally, known(), by, threshold);
            counts.tables.push(table(by, month.clone(), &known(), &merged, threshold));
        }
        for (by, known) in MULTIPLE {
            let tally = multiple.get(by).map(|codes| codes.tally(slice, threshold)).unwrap_or_default();
            counts.tables.push(table(by, month.clone(), &known(), &tally, threshold));
        }
    }
    Ok(counts)
}

type Known = fn() -> Vec<&'static str>;

fn words<T>(known: &'static [T], word: fn(&'static T) -> &'static str) -> Vec<&'static str> {
    known.iter().map(word).collect()
}

/// What an incident has at most one of.
const SINGLE: [(&str, Known); 3] = [
    ("status", || words(IncidentStatus::KNOWN, |code| code.as_str())),
    ("urgency", || words(Urgency::KNOWN, |code| code.as_str())),
    ("country", Vec::new),
];

/// What an incident can have several of.
const MULTIPLE: [(&str, Known); 5] = [
    (kinds::ACT, || words(ActCode::KNOWN, |code| code.as_str())),
    (kinds::PERPETRATOR, || words(PerpetratorKind::KNOWN, |code| code.as_str())),
    (kinds::ONLINE_HARM, || words(OnlineHarmKind::KNOWN, |code| code.as_str())),
    (kinds::SUPPORT_NEED, || words(SupportKind::KNOWN, |code| code.as_str())),
    (kinds::REQUESTED_ACTION, || words(RequestedActionKind::KNOWN, |code| code.as_str())),
];

/// Where codes go that this version does not know and that are too rare to be told by themselves.
const OTHER: &str = "other";

fn population(conn: &Connection, last_day: i64, end: i64, single: &mut [Single; 3]) -> Result<Population, CoreError> {
    let size: i64 =
        conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM incident_summary")?.query_row([], |row| row.get(0))?;
    let size = usize::try_from(size).unwrap_or(0).saturating_add(1);
    let mut population = Population { months: Vec::new(), place: vec![0; size] };
    let mut statement = conn.prepare_cached(
        "SELECT seq, month, status, urgency, country FROM incident_summary INDEXED BY incident_counted
         WHERE draft = 0 AND created < ?1 AND (occurred_from IS NULL OR occurred_from <= ?2) ORDER BY month",
    )?;
    let mut rows = statement.query((end, last_day))?;
    while let Some(row) = rows.next()? {
        let month = row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        if population.months.last().is_none_or(|last| last.as_deref() != month) {
            population.months.push(month.map(ToOwned::to_owned));
        }
        let place = u32::try_from(population.months.len()).unwrap_or(u32::MAX);
        let seq = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        if let Some(entry) = population.place.get_mut(seq) {
            *entry = place;
        }
        for (column, tally) in (2..).zip(single.iter_mut()) {
            tally.count(row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?, place);
        }
    }
    Ok(population)
}

/// Numbers by the place of the month.
#[derive(Default)]
struct ByPlace(Vec<u64>);

impl ByPlace {
    fn count(&mut self, place: u32) {
        let place = usize::try_from(place).unwrap_or(0);
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        if let Some(count) = self.0.get_mut(place) {
            *count += 1;
        }
    }

    /// Of one month, or of all.
    fn of(&self, slice: Option<u32>) -> u64 {
        match slice {
            Some(place) => usize::try_from(place).ok().and_then(|place| self.0.get(place)).copied().unwrap_or(0),
            None => self.0.iter().sum(),
        }
    }
}

/// Numbers by a code of which an incident has at most one, in the order in which codes were first seen.
#[derive(Default)]
struct Single(Vec<(Option<String>, ByPlace)>);

impl Single {
    fn count(&mut self, code: Option<&str>, place: u32) {
        match self.0.iter_mut().find(|(known, _)| known.as_deref() == code) {
            Some((_, counts)) => counts.count(place),
            None => {
                let mut counts = ByPlace::default();
                counts.count(place);
                self.0.push((code.map(ToOwned::to_owned), counts));
            }
        }
    }
}

/// The codes of one kind.
#[derive(Default)]
struct Codes {
    /// How many incidents have a known code.
    known: Vec<(String, ByPlace)>,
    /// The incidents with an unknown code, or with `other`, by month and code: what is merged must not count one twice.
    rest: BTreeMap<(u32, String), Vec<u32>>,
}

impl Codes {
    fn tally(&self, slice: Option<u32>, threshold: u32) -> Tally {
        let wanted = |place: u32| slice.is_none_or(|slice| slice == place);
        let mut tally = Tally::new();
        for (code, by_place) in &self.known {
            let count = by_place.of(slice);
            if count > 0 {
                tally.insert(Some(code.clone()), count);
            }
        }
        let mut rest: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for ((_, code), incidents) in self.rest.iter().filter(|((place, _), _)| wanted(*place)) {
            rest.entry(code).or_default().extend(incidents);
        }
        let mut other = BTreeSet::new();
        for (code, incidents) in rest {
            let count = incidents.len() as u64;
            if code == OTHER || count < u64::from(threshold) {
                other.extend(incidents);
            } else {
                tally.insert(Some(code.to_owned()), count);
            }
        }
        if !other.is_empty() {
            tally.insert(Some(OTHER.to_owned()), other.len() as u64);
        }
        tally
    }
}

fn multiple(conn: &Connection, population: &Population) -> Result<BTreeMap<&'static str, Codes>, CoreError> {
    let mut out = BTreeMap::new();
    for (by, known) in MULTIPLE {
        let known: BTreeSet<&str> = known().into_iter().filter(|code| *code != OTHER).collect();
        let codes: &mut Codes = out.entry(by).or_default();
        let mut statement =
            conn.prepare_cached("SELECT code, incident FROM incident_code WHERE kind = ?1 ORDER BY code, incident")?;
        let mut rows = statement.query([by])?;
        while let Some(row) = rows.next()? {
            let seq: u32 = row.get(1)?;
            let place = population.place.get(usize::try_from(seq).unwrap_or(0)).copied().unwrap_or(0);
            if place == 0 {
                continue;
            }
            let code = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            // Rows come by code.
            if let Some((_, counts)) = codes.known.last_mut().filter(|(last, _)| last == code) {
                counts.count(place);
            } else if known.contains(code) {
                let mut counts = ByPlace::default();
                counts.count(place);
                codes.known.push((code.to_owned(), counts));
            } else {
                codes.rest.entry((place, code.to_owned())).or_default().push(seq);
            }
        }
    }
    Ok(out)
}

/// Rare unknown codes of a table in which every incident has one row become `other`.
fn merge_single(tally: Tally, known: Vec<&'static str>, by: &str, threshold: u32) -> Tally {
    let mut out = Tally::new();
    for (code, count) in tally {
        let rare = code.as_deref().is_some_and(|code| !known.contains(&code)) && count < u64::from(threshold);
        let code = if rare && by != "country" { Some(OTHER.to_owned()) } else { code };
        *out.entry(code).or_default() += count;
    }
    out
}

fn table(by: &'static str, month: Option<Option<String>>, known: &[&str], tally: &Tally, threshold: u32) -> CountTable {
    let mut rows: Vec<(&Option<String>, u64)> = tally.iter().map(|(code, count)| (code, *count)).collect();
    let rank = |code: &Option<String>| match code {
        Some(code) => known.iter().position(|known| known == code).unwrap_or(known.len()),
        None => usize::MAX,
    };
    rows.sort_by_key(|(code, _)| rank(code));
    let cells = suppress::suppress(&rows.iter().map(|(_, count)| *count).collect::<Vec<_>>(), threshold);
    let withheld = cells.is_none();
    let told = rows.into_iter().zip(cells.unwrap_or_default());
    let rows = told.map(|((code, _), incidents)| CountRow { code: code.clone(), incidents }).collect();
    CountTable { by, month, rows, withheld }
}

#[cfg(test)]
mod tests;
