//! The size of what an app carries: the library as phones get it, stripped. A history says when it grew, and
//! what grows unnoticed fails.

use std::{fs, path::Path};

use crate::{
    run::{Outcome, While as _, failed, is_there, nothing_missing, run},
    workspace::{Workspace, library_name},
};

/// What was aimed at, when SQLite, the cryptography and uniffi alone were 1.6 MB and the domain was not there yet. It is missed by
/// far (`docs/decisions/0007-bindings.md` says by what), so it is told with every measurement and not enforced.
const AIM: u64 = 2_500_000;
/// By how much of the last line of the history it may grow without somebody recording it, in percent.
const GROWTH: u64 = 3;
const HISTORY: &str = "docs/size-history.csv";
const HEADER: &str = "date,version,bytes,target";
const PROFILE: &str = "mobile";

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    date: String,
    version: String,
    bytes: u64,
    target: String,
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let [date, version, bytes, target] = line.split(',').collect::<Vec<_>>().try_into().ok()?;
        Some(Self { date: date.into(), version: version.into(), bytes: bytes.parse().ok()?, target: target.into() })
    }

    fn line(&self) -> String {
        format!("{},{},{},{}", self.date, self.version, self.bytes, self.target)
    }
}

pub fn measure(workspace: &Workspace, record: bool) -> Outcome {
    nothing_missing(if is_there("strip") {
        vec![]
    } else {
        vec!["strip: on Debian or Ubuntu, apt-get install binutils".into()]
    })?;
    let history = workspace.path(HISTORY);
    let lines = fs::read_to_string(&history).while_doing(HISTORY)?;
    let Some(entries) = parse(&lines) else { return failed(format!("{HISTORY}: every line is {HEADER}")) };

    let target = target();
    run(workspace.cargo().args(["rustc", "--package", "amparo-ffi", "--profile", PROFILE, "--crate-type", "cdylib"]))?;
    let stripped = workspace.target("size").join(library_name());
    strip(workspace, &workspace.library(PROFILE), &stripped)?;
    let bytes = fs::metadata(&stripped).while_doing(stripped.display())?.len();
    let now = Entry {
        date: time::OffsetDateTime::now_utc().date().to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
        bytes,
        target,
    };
    println!("{}", report(&now, &entries));
    if !record && let Some(limit) = limit(&now, &entries).filter(|limit| bytes > *limit) {
        return failed(format!(
            "{bytes} bytes are over {limit}: see what grew, and record it with --record if it is worth it"
        ));
    }
    if record {
        fs::write(&history, format!("{}{}\n", ended(&lines), now.line())).while_doing(HISTORY)?;
    }
    Ok(())
}

/// A copy without symbols. The library itself keeps them: the generator of the bindings reads it by them.
fn strip(workspace: &Workspace, library: &Path, copy: &Path) -> Outcome {
    let folder = copy.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).while_doing(folder.display())?;
    // What macOS calls all symbols includes those that the library is for.
    let all = if cfg!(target_os = "macos") { "-x" } else { "--strip-all" };
    run(workspace.command("strip").args([all, "-o"]).arg(copy).arg(library))
}

/// The last measurement for the same target.
fn last<'h>(now: &Entry, history: &'h [Entry]) -> Option<&'h Entry> {
    history.iter().rev().find(|entry| entry.target == now.target)
}

/// What it may not exceed without being recorded.
fn limit(now: &Entry, history: &[Entry]) -> Option<u64> {
    Some(last(now, history)?.bytes * (100 + GROWTH) / 100)
}

/// What was measured, beside the aim and the last measurement for the same target.
fn report(now: &Entry, history: &[Entry]) -> String {
    let share = now.bytes * 1000 / AIM;
    let since = match last(now, history) {
        Some(last) => {
            let change = i128::from(now.bytes) - i128::from(last.bytes);
            format!("{change:+} since {} ({} bytes)", last.date, last.bytes)
        }
        None => "the first measurement for this target".into(),
    };
    format!("{}: {} bytes, {}.{} % of the aim of {AIM}; {since}", now.target, now.bytes, share / 10, share % 10)
}

fn parse(history: &str) -> Option<Vec<Entry>> {
    let mut lines = history.lines();
    if lines.next()? != HEADER {
        return None;
    }
    lines.map(Entry::parse).collect()
}

fn ended(lines: &str) -> String {
    if lines.ends_with('\n') { lines.into() } else { format!("{lines}\n") }
}

/// The target that this machine builds for when it is not told.
fn target() -> String {
    let system = match std::env::consts::OS {
        "linux" => "unknown-linux-gnu",
        "macos" => "apple-darwin",
        other => other,
    };
    format!("{}-{system}", std::env::consts::ARCH)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(date: &str, bytes: u64, target: &str) -> Entry {
        Entry { date: date.into(), version: "0.1.0".into(), bytes, target: target.into() }
    }

    #[test]
    fn the_last_line_of_the_same_target_is_compared() {
        let history =
            parse(&format!("{HEADER}\n2026-01-02,0.1.0,2000000,a\n2026-01-03,0.1.0,2100000,a\n2026-01-04,0.1.0,9,b\n"))
                .unwrap();
        let said = report(&entry("2026-02-01", 2_050_000, "a"), &history);
        assert_eq!(said, "a: 2050000 bytes, 82.0 % of the aim of 2500000; -50000 since 2026-01-03 (2100000 bytes)");
        assert!(report(&entry("2026-02-01", 1, "c"), &history).contains("the first measurement"));
        assert_eq!(limit(&entry("2026-02-01", 1, "a"), &history), Some(2_163_000));
        assert_eq!(limit(&entry("2026-02-01", 1, "c"), &history), None);
    }

    #[test]
    fn a_line_that_says_something_else_is_not_skipped() {
        assert_eq!(
            parse(&format!("{HEADER}\n{}\n", entry("2026-01-02", 7, "a").line())),
            Some(vec![entry("2026-01-02", 7, "a")])
        );
        for wrong in [
            "",
            "date,bytes\n",
            "date,version,bytes,target\n2026-01-02,0.1.0,many,a\n",
            "date,version,bytes,target\n\n",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
