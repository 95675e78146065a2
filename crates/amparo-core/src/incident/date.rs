//! Partial dates: what somebody knows of when, and no more. "2024", "2024-05", "2024-05-17", "2024-05-17T14:05+02:00".
//!
//! A date that cannot exist is refused with the reason; a date that is not known exactly is never completed.

use core::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{CoreError, code::codes, record::textless};

/// Why a date cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateError {
    /// Not `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or `YYYY-MM-DDThh:mm[:ss][Z|±hh:mm]`.
    #[error("not a date: write 2024, 2024-05, 2024-05-17 or 2024-05-17T14:05")]
    Format,
    /// Month 0 or above 12, or year 0.
    #[error("there is no such month or year")]
    NoSuchMonth,
    /// A day that this month does not have in this year.
    #[error("this month has no such day in this year")]
    NoSuchDay,
    /// An hour above 23, a minute or second above 59.
    #[error("there is no such time of day")]
    NoSuchTime,
    /// An offset from UTC that no place has.
    #[error("there is no such offset from UTC")]
    NoSuchOffset,
    /// `to` lies before `from`.
    #[error("the end lies before the beginning")]
    EndBeforeBeginning,
    /// The precision claims more than the date says.
    #[error("the precision claims more than the date says")]
    TooPrecise,
}

codes! {
    /// How precisely a time is known.
    DatePrecision {
        /// To the minute.
        EXACT = "exact",
        /// To the day.
        DAY = "day",
        /// To the month.
        MONTH = "month",
        /// To the year.
        YEAR = "year",
        /// About then.
        CIRCA = "circa",
    }
}

/// A date as far as it is known. Reads and writes the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartialDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
    time: Option<TimeOfDay>,
}

textless!(PartialDate);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TimeOfDay {
    hour: u8,
    minute: u8,
    second: Option<u8>,
    /// Minutes east of UTC; `None` when the place's time is meant and its offset is not known.
    offset: Option<i16>,
}

/// Largest offset from UTC in use, in minutes (UTC+14).
const MAX_OFFSET: i16 = 14 * 60;
/// 1 January 1970 as a Julian day.
pub(super) const UNIX_EPOCH_DAY: i64 = 2_440_588;
/// Seconds by which two places' times can differ when neither offset is known.
const UNKNOWN_OFFSET_SLACK: i64 = 26 * 3600;

impl PartialDate {
    /// First and last day it can be, as Julian days, in its own zone.
    #[must_use]
    pub fn days(&self) -> (i64, i64) {
        let first = julian_day(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1));
        let month = self.month.unwrap_or(12);
        let last = julian_day(self.year, month, self.day.unwrap_or_else(|| days_in(self.year, month)));
        (first, last)
    }

    /// The precision that its text has.
    #[must_use]
    pub fn precision(&self) -> DatePrecision {
        match (self.month, self.day, self.time) {
            (_, _, Some(_)) => DatePrecision::EXACT,
            (_, Some(_), None) => DatePrecision::DAY,
            (Some(_), None, None) => DatePrecision::MONTH,
            (None, None, None) => DatePrecision::YEAR,
        }
    }

    /// First and last second, and whether they are in UTC.
    fn seconds(&self) -> (i64, i64, bool) {
        let (first, last) = self.days();
        match self.time {
            None => (first * 86_400, last * 86_400 + 86_399, false),
            Some(time) => {
                let of_day = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60;
                let from = first * 86_400 + of_day + i64::from(time.second.unwrap_or(0));
                let to = first * 86_400 + of_day + i64::from(time.second.unwrap_or(59));
                let shift = i64::from(time.offset.unwrap_or(0)) * 60;
                (from - shift, to - shift, time.offset.is_some())
            }
        }
    }

    /// First and last second it can be, since 1970; in UTC where its offset is not known.
    pub(crate) fn unix(&self) -> (i64, i64) {
        let (first, last, _) = self.seconds();
        (first - UNIX_EPOCH_DAY * 86_400, last - UNIX_EPOCH_DAY * 86_400)
    }

    /// What sorts dates by when they begin, vaguer ones first: the first second times 4, and 0 to 3 for how much is known. The
    /// database makes the same number of a text (migrations/0005-queries.sql).
    pub(crate) fn moment(&self) -> i64 {
        let known = match (self.month, self.day, self.time) {
            (_, _, Some(_)) => 3,
            (_, Some(_), None) => 2,
            (Some(_), None, None) => 1,
            (None, None, None) => 0,
        };
        self.unix().0 * 4 + known
    }

    /// Whether `self` is certainly before `other`, whatever is not known of both.
    #[must_use]
    pub fn is_certainly_before(&self, other: &Self) -> bool {
        let ((_, end, utc), (start, _, other_utc)) = (self.seconds(), other.seconds());
        let slack = if utc == other_utc { 0 } else { UNKNOWN_OFFSET_SLACK };
        end + slack < start
    }
}

fn is_leap(year: u16) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Julian day number of a Gregorian date (Fliegel and Van Flandern 1968).
fn julian_day(year: u16, month: u8, day: u8) -> i64 {
    let (y, m, d) = (i64::from(year), i64::from(month), i64::from(day));
    let a = (m - 14) / 12;
    (1461 * (y + 4800 + a)) / 4 + (367 * (m - 2 - 12 * a)) / 12 - (3 * ((y + 4900 + a) / 100)) / 4 + d - 32_075
}

fn digits<const N: usize>(text: &str) -> Result<u16, DateError> {
    if text.len() == N && text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().map_err(|_| DateError::Format)
    } else {
        Err(DateError::Format)
    }
}

fn two(text: &str) -> Result<u8, DateError> {
    digits::<2>(text).and_then(|n| u8::try_from(n).map_err(|_| DateError::Format))
}

fn parse_time(text: &str) -> Result<TimeOfDay, DateError> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        None => (text, None),
        Some(at) => {
            let (clock, zone) = text.split_at_checked(at).ok_or(DateError::Format)?;
            (clock, Some(parse_offset(zone)?))
        }
    };
    let mut parts = clock.split(':');
    let hour = two(parts.next().unwrap_or_default())?;
    let minute = two(parts.next().ok_or(DateError::Format)?)?;
    let second = parts.next().map(two).transpose()?;
    if parts.next().is_some() {
        return Err(DateError::Format);
    }
    if hour > 23 || minute > 59 || second.is_some_and(|s| s > 59) {
        return Err(DateError::NoSuchTime);
    }
    Ok(TimeOfDay { hour, minute, second, offset })
}

fn parse_offset(zone: &str) -> Result<i16, DateError> {
    if zone == "Z" {
        return Ok(0);
    }
    let (sign, rest) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return Err(DateError::Format),
    };
    let (hours, minutes) = rest.split_once(':').ok_or(DateError::Format)?;
    let (hours, minutes) = (i16::from(two(hours)?), i16::from(two(minutes)?));
    let offset = sign * (hours * 60 + minutes);
    // One spelling of UTC: `Z`.
    if minutes > 59 || offset == 0 || offset.abs() > MAX_OFFSET {
        return Err(DateError::NoSuchOffset);
    }
    Ok(offset)
}

impl FromStr for PartialDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = digits::<4>(parts.next().unwrap_or_default())?;
        let month = parts.next().map(two).transpose()?;
        let day = parts.next().map(two).transpose()?;
        if parts.next().is_some() || (time.is_some() && day.is_none()) {
            return Err(DateError::Format);
        }
        if year == 0 || month.is_some_and(|m| !(1..=12).contains(&m)) {
            return Err(DateError::NoSuchMonth);
        }
        if let (Some(month), Some(day)) = (month, day)
            && !(1..=days_in(year, month)).contains(&day)
        {
            return Err(DateError::NoSuchDay);
        }
        Ok(Self { year, month, day, time: time.map(parse_time).transpose()? })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        let Some(time) = self.time else { return Ok(()) };
        write!(f, "T{:02}:{:02}", time.hour, time.minute)?;
        if let Some(second) = time.second {
            write!(f, ":{second:02}")?;
        }
        match time.offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for PartialDate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PartialDate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::interchange::schemas::pattern(
            r"^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?)?)?$",
        )
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// When something happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Occurred {
    /// When, or since when.
    pub from: PartialDate,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartialDate>,
    /// How precisely `from` and `to` are known.
    pub precision: DatePrecision,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Occurred {
    /// At `date`, as precisely as its text says.
    #[must_use]
    pub fn at(date: PartialDate) -> Self {
        Self { from: date, to: None, precision: date.precision(), unknown: Map::new() }
    }

    /// First and last day it can have been, as Julian days.
    #[must_use]
    pub fn days(&self) -> (i64, i64) {
        let (first, last) = self.from.days();
        (first, self.to.map_or(last, |to| to.days().1.max(last)))
    }

    /// The month in which it certainly was, `YYYY-MM`. What is known to the year only, or roughly, has none.
    pub(crate) fn month(&self) -> Option<String> {
        let known = [DatePrecision::EXACT, DatePrecision::DAY, DatePrecision::MONTH].contains(&self.precision);
        let month = |date: &PartialDate| date.month.map(|month| format!("{:04}-{month:02}", date.year));
        let first = month(&self.from).filter(|_| known)?;
        let same = self.to.as_ref().is_none_or(|to| month(to).as_ref() == Some(&first));
        same.then_some(first)
    }

    pub(crate) fn validate(&self) -> Result<(), CoreError> {
        if self.to.is_some_and(|to| to.is_certainly_before(&self.from)) {
            return Err(DateError::EndBeforeBeginning.into());
        }
        let rank = |precision: &DatePrecision| {
            let order = [DatePrecision::YEAR, DatePrecision::MONTH, DatePrecision::DAY, DatePrecision::EXACT];
            order.iter().position(|known| known == precision)
        };
        // `circa` and the precisions of a newer version claim nothing that could be checked.
        if rank(&self.precision).is_some_and(|claimed| Some(claimed) > rank(&self.from.precision())) {
            return Err(DateError::TooPrecise.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> PartialDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_known_is_written_back_and_nothing_more() {
        for text in [
            "2024",
            "0001",
            "2024-05",
            "2024-02-29",
            "2000-02-29",
            "2024-05-17T14:05",
            "2024-05-17T14:05:09",
            "2024-05-17T14:05Z",
            "2024-05-17T00:00:00+05:30",
            "2024-05-17T23:59-09:30",
        ] {
            assert_eq!(date(text).to_string(), text);
            let json = serde_json::to_string(&date(text)).unwrap();
            assert_eq!(serde_json::from_str::<PartialDate>(&json).unwrap(), date(text));
        }
    }

    #[test]
    fn impossible_dates_are_refused_for_their_reason() {
        for (text, reason) in [
            ("", DateError::Format),
            ("yesterday", DateError::Format),
            ("24-05-17", DateError::Format),
            ("2024/05/17", DateError::Format),
            ("2024-5-7", DateError::Format),
            ("2024-05-17 14:05", DateError::Format),
            ("2024-05T14:05", DateError::Format),
            ("2024-05-17T14", DateError::Format),
            ("2024-05-17T14:05:09:01", DateError::Format),
            ("2024-05-17T14:05é", DateError::Format),
            ("٢٠٢٤", DateError::Format),
            ("2024-05-17T14:05+0200", DateError::Format),
            ("0000", DateError::NoSuchMonth),
            ("2024-13", DateError::NoSuchMonth),
            ("2024-00", DateError::NoSuchMonth),
            ("2024-02-30", DateError::NoSuchDay),
            ("2023-02-29", DateError::NoSuchDay),
            ("1900-02-29", DateError::NoSuchDay),
            ("2024-04-31", DateError::NoSuchDay),
            ("2024-04-00", DateError::NoSuchDay),
            ("2024-04-01T24:00", DateError::NoSuchTime),
            ("2024-04-01T12:60", DateError::NoSuchTime),
            ("2024-04-01T12:00:60", DateError::NoSuchTime),
            ("2024-04-01T12:00+15:00", DateError::NoSuchOffset),
            ("2024-04-01T12:00+00:00", DateError::NoSuchOffset),
            ("2024-04-01T12:00+02:75", DateError::NoSuchOffset),
        ] {
            assert_eq!(text.parse::<PartialDate>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn an_end_may_not_lie_before_the_beginning_as_far_as_is_known() {
        let between = |from: &str, to: &str| {
            Occurred { to: Some(date(to)), ..Occurred::at(date(from)) }.validate().map_err(|e| match e {
                CoreError::Date(reason) => reason,
                other => panic!("{other}"),
            })
        };
        assert_eq!(between("2024-05", "2024"), Ok(()));
        assert_eq!(between("2024-05-17", "2024-05"), Ok(()));
        assert_eq!(between("2024-05-17T14:05", "2024-05-17"), Ok(()));
        assert_eq!(between("2024-05-17T14:05+02:00", "2024-05-17T12:30Z"), Ok(()));
        assert_eq!(between("2024-05-17T14:05", "2024-05-16T23:00Z"), Ok(()), "the offset is not known");
        assert_eq!(between("2024-05-17T14:05", "2024-05-17T14:04"), Err(DateError::EndBeforeBeginning));
        assert_eq!(between("2024-05-17T14:05+02:00", "2024-05-17T12:00Z"), Err(DateError::EndBeforeBeginning));
        assert_eq!(between("2024-05", "2024-04"), Err(DateError::EndBeforeBeginning));
        assert_eq!(between("2024", "2023-12-31"), Err(DateError::EndBeforeBeginning));
    }

    #[test]
    fn precision_may_be_less_than_the_date_and_not_more() {
        let with = |text: &str, precision: DatePrecision| {
            Occurred { precision, ..Occurred::at(date(text)) }.validate().is_ok()
        };
        assert!(with("2024", DatePrecision::CIRCA));
        assert!(with("2024", "season".parse().unwrap()));
        assert!(with("2024-05-17", DatePrecision::MONTH));
        assert!(!with("2024", DatePrecision::DAY));
        assert!(!with("2024-05-17", DatePrecision::EXACT));
    }

    #[test]
    fn days_span_all_that_is_not_known() {
        assert_eq!(date("2000-01-01").days(), (2_451_545, 2_451_545));
        assert_eq!(date("2024").days(), (date("2024-01-01").days().0, date("2024-12-31").days().0));
        assert_eq!(date("2024-02").days().1, date("2024-02-29").days().0);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_the_same_or_refused(text in "[-+0-9:TZ]{0,26}|\\PC{0,12}") {
            if let Ok(read) = text.parse::<PartialDate>() {
                prop_assert_eq!(read.to_string(), text);
                let (first, last) = read.days();
                prop_assert!(first <= last && last - first <= 366);
            }
        }

        #[test]
        fn julian_days_count_up_by_one(day in 1_721_426i32..5_373_484) {
            let a = time::Date::from_julian_day(day).unwrap();
            let text = format!("{:04}-{:02}-{:02}", a.year(), u8::from(a.month()), a.day());
            prop_assert_eq!(date(&text).days(), (i64::from(day), i64::from(day)));
        }
    }
}
