//! What lists, searches and counts cost in vaults of different sizes: each should grow with its result, not with the vault.
//!
//! `cargo run --release -p amparo-benches --bin scale -- [INCIDENTS]…` (default: 1000 10000 100000)
//!
//! Incidents go through the core's own code, in large transactions; evidence rows (five an incident) are written as the core
//! writes them, without bytes. Prints a Markdown table of medians. Reads: processor time, which does not rise when others use the
//! machine (nothing waits here: the file is in the system's cache), with SQLite's cache as the last run left it, and emptied
//! before every run (each page is then read and decrypted again). Writes and unlocking: time on the clock.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use amparo_benches::{
    Fallible,
    measure::{median, show_seconds, time},
    numbers::{Numbers, word},
    records, scratch, vaults,
};
use amparo_core::{
    Amparo, Clock, ClockTrust, CoreError, CreateOptions, IncidentId, KdfParams, Passphrase, Stamp, Timestamp,
    UnlockOptions, VaultError,
    incident::{
        ActCode, CountsRequest, Cursor, DateRange, IncidentContent, IncidentQuery, IncidentStatus, PartialDate,
        Perpetrator, PerpetratorKind, Person, PersonRole, SupportKind, SupportNeed, TimelineQuery, Urgency,
    },
};
use rusqlite::params;

const EVIDENCE_EACH: usize = 5;
const RUNS: usize = 21;
const LIST: usize = 50;

fn main() -> ExitCode {
    let sizes: Option<Vec<usize>> =
        std::env::args().skip(1).map(|size| size.parse().ok().filter(|n| *n >= 1000)).collect();
    let Some(mut sizes) = sizes else {
        eprintln!("usage: scale [INCIDENTS, at least 1000]…");
        return ExitCode::from(2);
    };
    if sizes.is_empty() {
        sizes = vec![1000, 10_000, 100_000];
    }
    match run(&sizes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Goes on by itself: ten years for a vault of any size.
struct BenchClock {
    now: AtomicI64,
    step: i64,
}

impl Clock for BenchClock {
    fn now(&self) -> Stamp {
        let now = self.now.fetch_add(self.step, Ordering::Relaxed);
        Stamp { time: Timestamp::from_unix(now), clock: ClockTrust::DEVICE }
    }
}

struct Row {
    name: &'static str,
    cells: Vec<String>,
}

fn run(sizes: &[usize]) -> Fallible<()> {
    let mut rows: Vec<Row> = Vec::new();
    for size in sizes {
        for (index, (name, cell)) in measure(*size)?.into_iter().enumerate() {
            match rows.get_mut(index) {
                Some(row) => row.cells.push(cell),
                None => rows.push(Row { name, cells: vec![cell] }),
            }
        }
    }
    let heads: Vec<String> = sizes.iter().map(|size| format!("{size} incidents")).collect();
    println!("| median, cached / from the file | {} |", heads.join(" | "));
    println!("|---|{}", "---:|".repeat(sizes.len()));
    for Row { name, cells } in rows {
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}

type Cells = Vec<(&'static str, String)>;

fn measure(size: usize) -> Fallible<Cells> {
    let dir = scratch()?;
    let started = Instant::now();
    let step = i64::try_from(10 * 365 * 86_400 / (size.div_ceil(500) + 1))?;
    let clock = Arc::new(BenchClock { now: AtomicI64::new(1_450_000_000), step });
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let passphrase = Passphrase::new(vaults::PASSPHRASE)?;
    let path = dir.path().join("vault");
    let amparo = Amparo::create(&path, &passphrase, &options, clock.clone())?;
    let ids = fill(&amparo, size)?;
    eprintln!("{size} incidents, {} pieces of evidence: built in {:.0?}", size * EVIDENCE_EACH, started.elapsed());

    let mut cells = reads(&amparo, &ids)?;
    cells.extend(writes(&amparo, &ids)?);
    amparo.vault().write(|tx| {
        tx.execute("UPDATE upkeep SET version = 0", [])
            .map(drop)
            .map_err(|error| CoreError::from(VaultError::from(error)))
    })?;
    amparo.lock()?;
    let bytes: u64 = bytes_of(&path)?;
    let unlock = || {
        let started = Instant::now();
        let amparo = Amparo::unlock(&path, &passphrase, &UnlockOptions::default(), clock.clone())?;
        let took = started.elapsed();
        amparo.lock()?;
        Fallible::Ok(took)
    };
    let (anew, plain) = (unlock()?, unlock()?);
    cells.push(("unlock, with its key derivation", show_seconds(plain.as_secs_f64())));
    cells.push(("unlock, and everything made anew", show_seconds(anew.as_secs_f64())));
    cells.push(("the vault on disk", format!("{} MiB", bytes >> 20)));
    Ok(cells)
}

fn bytes_of(path: &std::path::Path) -> Fallible<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

fn content(numbers: &mut Numbers, place: usize) -> Fallible<IncidentContent> {
    let mut content = records::content(numbers)?;
    content.status =
        [Some(IncidentStatus::ONGOING), Some(IncidentStatus::ENDED), None].into_iter().cycle().nth(place % 3).flatten();
    content.urgency = Some(if place.is_multiple_of(500) { Urgency::IMMINENT } else { Urgency::INFORMATION });
    content.draft = place % 50 == 7;
    content.tags = vec![format!("tag{}", numbers.below(200))];
    if place.is_multiple_of(1000) {
        content.acts = vec![ActCode::KILLING.into()];
    }
    content.persons = vec![Person { name: numbers.words(16), ..Person::with_role(PersonRole::VICTIM) }];
    content.perpetrators = vec![Perpetrator { kind: Some(PerpetratorKind::POLICE), ..Perpetrator::default() }];
    content.support_needs = vec![SupportNeed::new(SupportKind::LEGAL_SUPPORT)];
    if let Some(place) = content.place.as_mut() {
        place.country =
            ["EG", "BY", "NI", "SD", "VN"].get(usize::try_from(numbers.below(5))?).map(|&code| code.to_owned());
    }
    if place % 1000 == 501 {
        content.narrative.push_str(" zzrare");
    }
    Ok(content)
}

fn fill(amparo: &Amparo, size: usize) -> Fallible<Vec<IncidentId>> {
    let mut numbers = Numbers::new(7);
    let mut ids = Vec::with_capacity(size);
    while ids.len() < size {
        let count = 500.min(size - ids.len());
        let contents = (0..count).map(|n| content(&mut numbers, ids.len() + n)).collect::<Fallible<Vec<_>>>()?;
        let made: Vec<IncidentId> =
            amparo.incidents().create_all(contents)?.iter().map(|incident| incident.id).collect();
        evidence(amparo, &mut numbers, &made)?;
        ids.extend(made);
    }
    // Some are noted, as a user would.
    for id in ids.iter().step_by(100) {
        if let Some(piece) = amparo.incidents().get(*id)?.evidence.first() {
            amparo.evidence().set_note(*piece, Some(format!("{} zznoted", numbers.words(60))))?;
        }
    }
    // Every second one is sent.
    let sealed = amparo.vault().write(|tx| {
        tx.execute_batch(
            "UPDATE evidence SET sealed = 1 WHERE seq IN (SELECT evidence FROM attachment WHERE incident % 2 = 0);
             UPDATE incident_summary SET sealed_revision = revision WHERE seq % 2 = 0",
        )
        .map_err(VaultError::from)
    });
    sealed?;
    Ok(ids)
}

fn evidence(amparo: &Amparo, numbers: &mut Numbers, incidents: &[IncidentId]) -> Fallible<()> {
    let written = amparo.vault().write(|tx| {
        let mut piece = tx.prepare_cached(
            "INSERT INTO evidence (id, state, kind, record, size, sha256, added, clock)
             VALUES (?1, 'complete', 'photo', ?2, 100000, ?3, 1800000000, 'device')",
        )?;
        let mut attach = tx.prepare_cached(
            "INSERT INTO attachment (incident, evidence) VALUES ((SELECT seq FROM incident WHERE id = ?1), ?2)",
        )?;
        for incident in incidents {
            for n in 0..EVIDENCE_EACH {
                let day = format!("20{:02}-{:02}-{:02}", 15 + numbers.below(11), 1 + numbers.below(12), 1 + numbers.below(28));
                let record = format!(
                    r#"{{"kind":"photo","media_type":"image/jpeg","how":"import","file_name":"IMG_{n}.jpg","captured_at":{{"time":"{day}T09:30+02:00"}}}}"#
                );
                let hash = [numbers.id(), numbers.id()].concat();
                piece.execute(params![numbers.id(), record, hash])?;
                attach.execute(params![incident, tx.last_insert_rowid()])?;
            }
        }
        Ok::<_, rusqlite::Error>(())
    }.map_err(VaultError::from));
    Ok(written?)
}

/// Medians of `work`, with the cache as it is and emptied before each run.
fn both(amparo: &Amparo, mut work: impl FnMut() -> Fallible<usize>) -> Fallible<String> {
    let mut median_of = |empty: bool| {
        let mut times: Vec<f64> = Vec::new();
        for _ in 0..RUNS {
            if empty {
                amparo.vault().read(|conn| conn.execute_batch("PRAGMA shrink_memory").map_err(VaultError::from))?;
            }
            let (count, cost) = time(&mut work)?;
            std::hint::black_box(count);
            times.push(cost.cpu.unwrap_or(cost.wall).as_secs_f64());
        }
        Fallible::Ok(median(times))
    };
    median_of(false)?;
    let (warm, cold) = (median_of(false)?, median_of(true)?);
    Ok(format!("{} / {}", show_seconds(warm), show_seconds(cold)))
}

fn month(text: &str) -> Fallible<Option<DateRange>> {
    let date: PartialDate = text.parse().map_err(|_| "not a date")?;
    Ok(Some(DateRange::of(date)))
}

fn reads(amparo: &Amparo, ids: &[IncidentId]) -> Fallible<Cells> {
    let (incidents, search) = (amparo.incidents(), amparo.search());
    let mut cells: Cells = Vec::new();
    let mut row = |name: &'static str, work: &mut dyn FnMut() -> Fallible<usize>| {
        cells.push((name, both(amparo, work)?));
        Fallible::Ok(())
    };
    let second = incidents.list(LIST, None)?.next;
    row("list the newest 50", &mut || Ok(incidents.list(LIST, None)?.incidents.len()))?;
    row("list page 2", &mut || Ok(incidents.list(LIST, second.as_ref())?.incidents.len()))?;
    let middle = *ids.get(ids.len() / 2).ok_or("no incidents")?;
    row("open one", &mut || Ok(incidents.get(middle)?.evidence.len()))?;
    row("its evidence", &mut || Ok(amparo.evidence().list(middle)?.len()))?;

    let all = IncidentQuery::default;
    let queries = [
        ("by status (a third)", IncidentQuery { status: Some(IncidentStatus::ONGOING), ..all() }),
        ("by urgency (1 in 500)", IncidentQuery { urgency: Some(Urgency::IMMINENT), ..all() }),
        ("by tag (1 in 200)", IncidentQuery { tag: Some("tag17".into()), ..all() }),
        ("by act (1 in 1000)", IncidentQuery { act: Some(ActCode::KILLING), ..all() }),
        ("by month of the event", IncidentQuery { occurred: month("2016-05")?, ..all() }),
        ("by year of the event", IncidentQuery { occurred: month("2016")?, ..all() }),
        ("by month of entry", IncidentQuery { created: month("2016-05")?, ..all() }),
        ("unsent (half)", IncidentQuery { unsent: Some(true), ..all() }),
        ("drafts (1 in 50)", IncidentQuery { draft: Some(true), ..all() }),
        ("without evidence (none)", IncidentQuery { has_evidence: Some(false), ..all() }),
        (
            "status, act and year",
            IncidentQuery {
                status: Some(IncidentStatus::ENDED),
                act: Some(ActCode::THREAT),
                occurred: month("2016")?,
                ..all()
            },
        ),
        (
            "unsent, tag and month (few)",
            IncidentQuery { unsent: Some(true), tag: Some("tag17".into()), occurred: month("2016-05")?, ..all() },
        ),
    ];
    for (name, query) in &queries {
        row(name, &mut || Ok(incidents.query(query, LIST, None)?.incidents.len()))?;
    }

    let searches = [
        ("search the most common word", word(0)),
        ("search a common word", word(60)),
        ("search a rare word (1 in 1000)", "zzrare".to_owned()),
        ("search a word that is nowhere", "zznothing".to_owned()),
        ("search one letter", "b".to_owned()),
        ("search two words", format!("{} {}", word(60), word(90))),
        ("search a note on evidence", "zznoted".to_owned()),
    ];
    let everything = all();
    let mut find = |name, text: &str, query: &IncidentQuery, after: Option<&Cursor>| {
        row(name, &mut || Ok(search.incidents_where(text, query, LIST, after)?.hits.len()))
    };
    for (name, text) in &searches {
        find(name, text, &everything, None)?;
    }
    let second = search.incidents(&word(0), LIST, None)?.next;
    find("search the most common word, page 2", &word(0), &everything, second.as_ref())?;
    find("search it among 1 in 200", &word(0), &IncidentQuery { tag: Some("tag17".into()), ..all() }, None)?;

    let whole = TimelineQuery::default();
    let part = TimelineQuery { range: month("2016")?, evidence: true };
    row("timeline, first 50", &mut || Ok(incidents.timeline(&whole, LIST, None)?.entries.len()))?;
    row("timeline of a year with evidence, first 50", &mut || {
        Ok(incidents.timeline(&part, LIST, None)?.entries.len())
    })?;
    let request = CountsRequest { until: month("2025-01")?.and_then(|range| range.to), ..CountsRequest::default() };
    let monthly = CountsRequest { by_month: true, ..request.clone() };
    row("counts", &mut || Ok(incidents.counts(&request)?.tables.len()))?;
    row("counts by month", &mut || Ok(incidents.counts(&monthly)?.tables.len()))?;
    Ok(cells)
}

fn writes(amparo: &Amparo, ids: &[IncidentId]) -> Fallible<Cells> {
    let incidents = amparo.incidents();
    let mut numbers = Numbers::new(8);
    let mut timed = |work: &mut dyn FnMut(&mut Numbers) -> Fallible<Duration>| {
        let times = (0..RUNS).map(|_| Ok(work(&mut numbers)?.as_secs_f64())).collect::<Fallible<Vec<f64>>>()?;
        Fallible::Ok(show_seconds(median(times)))
    };
    let create = timed(&mut |numbers| {
        let content = content(numbers, 1)?;
        let started = Instant::now();
        incidents.create(content)?;
        Ok(started.elapsed())
    })?;
    let edited = *ids.get(ids.len() / 2).ok_or("no incidents")?;
    let save = timed(&mut |numbers| {
        let mut incident = incidents.get(edited)?;
        incident.content.narrative = numbers.words(1500);
        let started = Instant::now();
        incidents.save(edited, incident.revision, incident.content)?;
        Ok(started.elapsed())
    })?;
    let last = incidents.get(edited)?.revision;
    let compare = both(amparo, || Ok(incidents.compare(edited, 1, last)?.len()))?;
    Ok(vec![("save a new incident", create), ("save an edit", save), ("compare two revisions", compare)])
}
