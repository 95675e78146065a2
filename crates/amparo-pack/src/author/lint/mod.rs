//! What is wrong in the sources of a pack.
//!
//! A reader refuses what would harm it. This is stricter: it refuses what would harm the person who reads the pack, and says to
//! the author what to do. Every rule has a name that stays the same.

mod dates;
mod form;
mod shape;
mod texts;
mod triage;

use time::Date;

use super::{
    Sources,
    finding::{Finding, Findings, Severity},
    source::Read,
};
use crate::{Pack, compare};

pub use texts::limit;

/// What the sources are measured against, beside themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Against<'a> {
    /// Today; without it nothing is said of dates that passed.
    pub today: Option<Date>,
    /// The version that is out there; without it nothing is said of ids that went away.
    pub previous: Option<&'a Pack>,
}

/// Everything that is wrong in `sources`, errors first, then by file.
#[must_use]
pub fn lint(sources: &Sources, against: &Against<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    let read = sources.parse(&mut findings);
    check(&read, against, &mut findings);
    // With errors in the sources there is nothing to compare that would be worth reading.
    if let Some(previous) = against.previous
        && !findings.0.iter().any(|finding| finding.severity == Severity::Error)
    {
        update(&read, previous, &mut findings);
    }
    let mut found = findings.0;
    found.sort_by(|a, b| (a.severity, &a.file, &a.about).cmp(&(b.severity, &b.file, &b.about)));
    found
}

pub(super) fn check(read: &Read, against: &Against<'_>, findings: &mut Findings) {
    shape::check(read, findings);
    triage::check(read, findings);
    form::check(read, findings);
    texts::check(read, findings);
    dates::check(read, against.today, findings);
}

/// What the format promises of an update: a higher version, and a name on everything that went away.
fn update(read: &Read, previous: &Pack, findings: &mut Findings) {
    let file = "pack.toml";
    let before = previous.manifest();
    if before.id != read.pack.id {
        return findings.error(
            "other-pack",
            file,
            &read.pack.id,
            format!("the previous pack is {}, another one", before.id),
        );
    }
    if read.pack.version <= before.version {
        let text = format!(
            "version {} is out there; make this one {} or higher",
            before.version,
            before.version.saturating_add(1)
        );
        findings.error("version", file, "version", text);
    }
    let Ok(next) = super::build::assemble(read).and_then(|bytes| super::build::inspect(&bytes)) else { return };
    let changes = compare::compare(previous, &next);
    for id in &changes.unnamed {
        let text = format!(
            "is gone since version {}; add [[tombstones]] with its id and removed_in = {}",
            before.version, read.pack.version
        );
        findings.error("no-tombstone", file, id, text);
    }
    for id in &changes.revived {
        findings.error("id-reused", file, id, "was removed in an earlier version; give the new one another id");
    }
    for id in &changes.forgotten {
        findings.error("lost-tombstone", file, id, "was named as removed before; put its [[tombstones]] entry back");
    }
    for tag in &changes.gone_locales {
        findings.warning(
            "locale-gone",
            file,
            tag,
            "this language was there before; its readers will see the default one",
        );
    }
}
