//! Time of the same work done in two ways, in turns, in one process: the only comparison that a noisy machine allows.

use std::{
    fmt::Write as _,
    fs,
    time::{Duration, Instant},
};

use crate::Fallible;

/// What one run of a piece of work took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Time on the clock, with waiting for the medium.
    pub wall: Duration,
    /// Time this thread ran on a processor, the kernel's work for it included. It does not rise when others use the machine.
    /// `None` where it was not asked for.
    pub cpu: Option<Duration>,
}

/// Runs `work` once.
///
/// # Errors
/// Those of `work`.
pub fn time<T>(work: impl FnOnce() -> Fallible<T>) -> Fallible<(T, Cost)> {
    let cpu = cpu_time()?;
    let start = Instant::now();
    let value = work()?;
    let wall = start.elapsed();
    Ok((value, Cost { wall, cpu: Some(cpu_time()?.saturating_sub(cpu)) }))
}

/// Processor time of this thread since it began.
fn cpu_time() -> Fallible<Duration> {
    // The kernel brings its count up to date when it takes the processor away, so give it away for a moment.
    std::thread::sleep(Duration::from_micros(1));
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = stat.split_whitespace().next().ok_or("/proc/thread-self/schedstat is empty")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// How a cost is shown.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// Time of one of so many operations.
    Each(u64),
    /// Throughput of so many bytes.
    Bytes(u64),
}

impl Unit {
    fn show(self, time: Duration) -> String {
        match self {
            Self::Each(count) => show_seconds(time.as_secs_f64() / count as f64),
            Self::Bytes(bytes) => format!("{:.0} MB/s", bytes as f64 / 1e6 / time.as_secs_f64()),
        }
    }
}

/// Seconds in the unit that fits.
#[must_use]
pub fn show_seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.1} µs", s * 1e6),
    }
}

/// Whether a table shows the piece of work called `name`: `only` holds parts of names, none for all.
#[must_use]
pub fn wanted(only: &[String], name: &str) -> bool {
    only.is_empty() || only.iter().any(|part| name.contains(part.as_str()))
}

/// A table of ratios that grows by one row for each pair.
#[derive(Debug)]
pub struct Table {
    rounds: usize,
    only: Vec<String>,
}

impl Table {
    /// A table whose pairs run `rounds` times each, at least once. Pairs whose name holds none of `only` are left out.
    #[must_use]
    pub fn new(rounds: usize, only: Vec<String>) -> Self {
        Self { rounds: rounds.max(1), only }
    }

    /// Whether any of these pairs is shown: what they need has not to be made otherwise.
    #[must_use]
    pub fn wants(&self, names: &[&str]) -> bool {
        names.iter().any(|name| wanted(&self.only, name))
    }

    /// The first lines.
    #[must_use]
    pub fn head() -> &'static str {
        "| work | baseline | Amparo | ratio | from – to | processor time |\n|---|---:|---:|---:|---:|---:|"
    }

    /// Runs `baseline` and `ours` in turns, the one and the other first, and gives the row: medians, the median of the ratios
    /// of the rounds, the smallest and the largest, and the ratio of processor time. `None` when the pair is left out. Each is
    /// called with the round's number, from 0, and says itself what of its work counts.
    ///
    /// # Errors
    /// Those of the work.
    pub fn row(
        &self,
        name: &str,
        unit: Unit,
        mut baseline: impl FnMut(usize) -> Fallible<Cost>,
        mut ours: impl FnMut(usize) -> Fallible<Cost>,
    ) -> Fallible<Option<String>> {
        if !wanted(&self.only, name) {
            return Ok(None);
        }
        let (mut base, mut own) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            if round % 2 == 0 {
                base.push(baseline(round)?);
                own.push(ours(round)?);
            } else {
                own.push(ours(round)?);
                base.push(baseline(round)?);
            }
        }
        let walls = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall.as_secs_f64()).collect());
        let ratios = |of: fn(&Cost) -> Option<Duration>| -> Vec<f64> {
            let pairs = base.iter().zip(&own).filter_map(|(b, o)| Some((of(b)?.as_secs_f64(), of(o)?.as_secs_f64())));
            pairs.map(|(base, own)| own / base.max(1e-9)).collect()
        };
        let wall = ratios(|cost| Some(cost.wall));
        let cpu = match median(ratios(|cost| cost.cpu)) {
            ratio if ratio.is_nan() => "–".to_owned(),
            ratio => format!("{ratio:.2}"),
        };
        let (least, most) = wall.iter().fold((f64::MAX, 0f64), |(l, m), r| (l.min(*r), m.max(*r)));
        let mut row = String::new();
        write!(
            row,
            "| {name} | {} | {} | **{:.2}** | {least:.2} – {most:.2} | {cpu} |",
            unit.show(Duration::from_secs_f64(walls(&base))),
            unit.show(Duration::from_secs_f64(walls(&own))),
            median(wall),
        )?;
        Ok(Some(row))
    }
}

/// The middle value; of an even number of values, the mean of the two in the middle.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    (at(low) + at(high)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn work_on_the_processor_is_counted_and_sleep_is_not() {
        let work = || {
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(30) {
                std::hint::black_box(crate::numbers::Numbers::new(1).bits());
            }
            Ok(())
        };
        let ((), busy) = time(work).unwrap();
        let ((), idle) = time(|| {
            std::thread::sleep(Duration::from_millis(30));
            Ok(())
        })
        .unwrap();
        assert!(busy.wall >= Duration::from_millis(30) && idle.wall >= Duration::from_millis(30));
        assert!(busy.cpu.unwrap() > idle.cpu.unwrap(), "{busy:?} {idle:?}");
    }

    #[test]
    fn a_row_shows_the_ratio_and_runs_both_as_often() {
        let (mut a, mut b) = (0, 0);
        let cost = |ms| Cost { wall: Duration::from_millis(ms), cpu: Some(Duration::from_millis(ms)) };
        let table = Table::new(3, Vec::new());
        let row = table.row(
            "x",
            Unit::Each(1),
            |_| {
                a += 1;
                Ok(cost(10))
            },
            |round| {
                b += 1;
                Ok(cost(20 + 10 * round as u64))
            },
        );
        assert_eq!(row.unwrap().unwrap(), "| x | 10.00 ms | 30.00 ms | **3.00** | 2.00 – 4.00 | 3.00 |");
        assert_eq!((a, b), (3, 3));
        let none = Table::new(3, vec!["y".into()]).row("x", Unit::Each(1), |_| Ok(cost(1)), |_| Ok(cost(1)));
        assert_eq!(none.unwrap(), None);
    }
}
