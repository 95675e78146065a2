//! What is due again. Days are counted on the calendar (UTC), from the last finish or, before there is one, from the first start.
//!
//! A checklist that nobody ever started is listed and never due: nobody chose it. A clock that went back must not silence a reminder
//! for years: a last finish that lies in the future is not counted from, and the checklist is due.

use rusqlite::{Connection, OptionalExtension as _};
use time::{Date, Duration};

use super::{ChecklistHeading, Finish, store, ticks};
use crate::{CoreError, RunId, Stamp};

/// A checklist that is to be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The checklist.
    pub heading: ChecklistHeading,
    /// After how many days it is due again.
    pub recurs_days: u16,
    /// When it was last finished, in the order of finishing; `None`: never.
    pub last_finished: Option<Finish>,
    /// The newest of its runs that go on.
    pub open_run: Option<RunId>,
    /// Whether it is due.
    pub state: DueState,
}

/// Whether a checklist is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueState {
    /// It was never started. Not due.
    NeverStarted,
    /// Not yet.
    Later {
        /// The day on which it is due.
        due: Date,
        /// In so many days, at least 1.
        in_days: u32,
    },
    /// It is due.
    Due {
        /// The day since which it is.
        since: Date,
        /// For so many days; 0: since today.
        overdue_days: u32,
    },
    /// It is due because nobody knows when it was last done: the clock said a later day then than it says today.
    ClockWentBack,
    /// The clock is known to be wrong, so days cannot be counted.
    ClockUnknown,
}

/// Where the days are counted from, seen from `today`.
fn judge(from: Date, today: Date, recurs_days: u16) -> DueState {
    // A day ahead is a clock that was set right by minutes around midnight.
    if from.checked_sub(Duration::days(1)).is_some_and(|before| before > today) {
        return DueState::ClockWentBack;
    }
    let due = from.checked_add(Duration::days(i64::from(recurs_days))).unwrap_or(Date::MAX);
    let days = (today - due).whole_days();
    let count = |days: i64| u32::try_from(days).unwrap_or(0);
    if days >= 0 {
        DueState::Due { since: due, overdue_days: count(days) }
    } else {
        DueState::Later { due, in_days: count(days.saturating_neg()) }
    }
}

pub(super) fn list(conn: &Connection, now: &Stamp, language: &str) -> Result<Vec<Due>, CoreError> {
    let mut found = Vec::new();
    for (row, pack) in store::readable(conn, language)? {
        for heading in ChecklistHeading::all_of(&pack, language) {
            if let Some(recurs_days) = heading.recurs_days {
                found.push(one(conn, row.seq, heading, recurs_days, now)?);
            }
        }
    }
    Ok(found)
}

fn one(
    conn: &Connection,
    pack: i64,
    heading: ChecklistHeading,
    recurs_days: u16,
    now: &Stamp,
) -> Result<Due, CoreError> {
    let last_finished = ticks::last_finish(conn, pack, &heading.id)?;
    let open_run = conn
        .prepare_cached(
            "SELECT id FROM checklist_run WHERE pack = ?1 AND checklist = ?2 AND finished = 0 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row((pack, &heading.id), |row| row.get(0))
        .optional()?;
    let first_start = conn
        .prepare_cached(
            "SELECT started, clock FROM checklist_run WHERE pack = ?1 AND checklist = ?2 ORDER BY seq LIMIT 1",
        )?
        .query_row((pack, &heading.id), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let first_start = first_start.map(|(started, clock)| Stamp::stored(started, &clock)).transpose()?;
    let from = last_finished.as_ref().map(|finish| &finish.at).or(first_start.as_ref());
    let state = match (from, now.day()) {
        (None, _) => DueState::NeverStarted,
        (Some(_), None) => DueState::ClockUnknown,
        (Some(from), Some(today)) => from.date().map_or(DueState::ClockUnknown, |from| judge(from, today, recurs_days)),
    };
    Ok(Due { heading, recurs_days, last_finished, open_run, state })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn days_are_counted_on_the_calendar() {
        let due = |from, today| judge(from, today, 7);
        assert_eq!(
            due(date!(2026 - 02 - 25), date!(2026 - 02 - 25)),
            DueState::Later { due: date!(2026 - 03 - 04), in_days: 7 }
        );
        assert_eq!(
            due(date!(2028 - 02 - 25), date!(2028 - 03 - 02)),
            DueState::Later { due: date!(2028 - 03 - 03), in_days: 1 }
        );
        assert_eq!(
            due(date!(2026 - 12 - 28), date!(2027 - 01 - 04)),
            DueState::Due { since: date!(2027 - 01 - 04), overdue_days: 0 }
        );
        assert_eq!(
            due(date!(2026 - 12 - 28), date!(2027 - 02 - 04)),
            DueState::Due { since: date!(2027 - 01 - 04), overdue_days: 31 }
        );
    }

    #[test]
    fn a_clock_that_goes_back_never_silences() {
        assert_eq!(judge(date!(2030 - 01 - 01), date!(2026 - 01 - 01), 7), DueState::ClockWentBack);
        assert_eq!(judge(date!(2026 - 01 - 03), date!(2026 - 01 - 01), 7), DueState::ClockWentBack);
        assert_eq!(
            judge(date!(2026 - 01 - 02), date!(2026 - 01 - 01), 1),
            DueState::Later { due: date!(2026 - 01 - 03), in_days: 2 }
        );
        assert!(matches!(judge(date!(9999 - 12 - 31), date!(9999 - 12 - 31), u16::MAX), DueState::Due { .. }));
        assert!(matches!(judge(date!(1970 - 01 - 01), date!(9999 - 12 - 31), 1), DueState::Due { .. }));
    }
}
