//! Counts for publication, with small numbers suppressed.

use amparo_core::{CoreError, incident};

use crate::{
    convert::{IntoCore, IntoHost, answer, silent},
    error::Failure,
    ids::PartialDate,
};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CountsRequest {
    /// Numbers below it are not told. At least 3; absent: 5.
    #[uniffi(default)]
    pub threshold: Option<u32>,
    /// The last month that is counted (`YYYY-MM`): incidents that happened, and were first saved, by its end. Absent: the last month
    /// that is over. A border that stays the same gives the same population in every export, but for what was edited.
    #[uniffi(default)]
    pub until: Option<PartialDate>,
    /// Count the codes of each month instead of those of all months. Publish the one or the other, not both: they can be computed from
    /// each other.
    #[uniffi(default)]
    pub by_month: bool,
}

impl IntoCore<incident::CountsRequest> for CountsRequest {
    fn into_core(self) -> Result<incident::CountsRequest, CoreError> {
        let Self { threshold, until, by_month } = self;
        Ok(incident::CountsRequest {
            threshold: threshold.unwrap_or(incident::DEFAULT_THRESHOLD),
            until: until.into_core()?,
            by_month,
        })
    }
}

/// One number, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum CountCell {
    /// The number.
    Exact {
        /// It.
        count: u64,
    },
    /// It is at least 1 and below this, the threshold.
    Below {
        /// The threshold.
        threshold: u32,
    },
    /// It is this, the threshold, or more, and not told because a number below could be computed from it.
    Withheld {
        /// The threshold.
        threshold: u32,
    },
}

impl IntoHost<CountCell> for incident::Cell {
    fn into_host(self) -> CountCell {
        match self {
            Self::Exact(count) => CountCell::Exact { count },
            Self::Below(threshold) => CountCell::Below { threshold },
            Self::Withheld(threshold) => CountCell::Withheld { threshold },
        }
    }
}

answer! {
    /// One row of a table.
    CountRow = amparo_core::incident::CountRow {
        /// A code, a month (`YYYY-MM`) or a country; absent for the incidents of which it is not known.
        code: Option<String>,
        /// How many incidents.
        incidents: CountCell,
    }
}

/// The incidents by one thing that is known of them.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct CountTable {
    /// `month`, `status`, `urgency`, `country`, `act`, `perpetrator`, `online_harm`, `support_need`, `requested_action`. In the first
    /// four every incident is in one row; in the others it can be in several, or in none.
    pub by: String,
    /// Whether these are the incidents of one month.
    pub of_month: bool,
    /// That month; absent when it is not known, and when they are the incidents of all months.
    pub month: Option<String>,
    /// The rows: known codes in the order of their list, then others; months and countries in alphabetical order.
    pub rows: Vec<CountRow>,
    /// The rows are left out, because no set of them could be told.
    pub withheld: bool,
}
silent!(CountTable);

impl IntoHost<CountTable> for incident::CountTable {
    fn into_host(self) -> CountTable {
        let Self { by, month, rows, withheld } = self;
        CountTable {
            by: by.to_owned(),
            of_month: month.is_some(),
            month: month.flatten(),
            rows: rows.into_host(),
            withheld,
        }
    }
}

/// Counts for publication.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Counts {
    /// Always `amparo.counts/1`.
    pub schema: String,
    /// The last month that is counted.
    pub until: String,
    /// Numbers below it are not told.
    pub threshold: u32,
    /// How many incidents are counted.
    pub incidents: CountCell,
    /// The tables; none when all incidents together are fewer than the threshold.
    pub tables: Vec<CountTable>,
    /// All of it as one JSON object (`docs/formats/counts.md`): what to publish.
    pub json: String,
    /// All of it as CSV (RFC 4180, CRLF): the columns `by`, `month`, `code`, `incidents`. What is not known is `(none)`. No cell
    /// begins with a character that makes a spreadsheet compute it.
    pub csv: String,
}
silent!(Counts);

/// The counts with their two texts.
pub(super) fn with_texts(counts: incident::Counts) -> Result<Counts, Failure> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| CoreError::MalformedRecord);
    let (json, csv) = (text(counts.to_json()?)?, text(counts.to_csv()?)?);
    let incident::Counts { schema, until, threshold, incidents, tables } = counts;
    Ok(Counts {
        schema: schema.to_owned(),
        until,
        threshold,
        incidents: incidents.into_host(),
        tables: tables.into_host(),
        json,
        csv,
    })
}
