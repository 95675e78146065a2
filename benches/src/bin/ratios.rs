//! What encryption costs: every piece of work done by Amparo and by plain SQLite or plain files, in turns, in one process.
//!
//! `cargo run --release -p amparo-benches --bin ratios -- [--rounds N] [--records N] [--mib N] [PART-OF-A-NAME]…`
//!
//! Prints a Markdown table, medians of the rounds (default 7). Only ratios of one run compare; `AMPARO_BENCH_DIR` names the
//! medium. What may not happen here: a row whose two sides do not do the same work.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::{
    fs::File,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use amparo_benches::{
    Fallible, files,
    measure::{self, Cost, Table, Unit},
    numbers::Numbers,
    records::{self, Plain, Records, Row, Sealed},
    reports, scratch, vaults,
};
use amparo_core::{
    Amparo, KdfParams, Passphrase,
    evidence::{ImportRequest, no_progress},
    incident::IncidentContent,
    report::ReportRequest,
};
use amparo_crypto::{age::KeyKind, kdf};
use amparo_vault::{MediaId, MediaProfile, Vault};

struct Settings {
    rounds: usize,
    records: usize,
    mib: u64,
    only: Vec<String>,
}

fn main() -> ExitCode {
    let Some(settings) = settings(std::env::args().skip(1)) else {
        eprintln!("usage: ratios [--rounds N] [--records N] [--mib N] [PART-OF-A-NAME]…");
        return ExitCode::from(2);
    };
    match run(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Option<Settings> {
    let mut settings = Settings { rounds: 7, records: 8000, mib: 64, only: Vec::new() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => settings.rounds = arguments.next()?.parse().ok().filter(|n| *n > 0)?,
            "--records" => settings.records = arguments.next()?.parse().ok().filter(|n| *n >= 100)?,
            "--mib" => settings.mib = arguments.next()?.parse().ok().filter(|n| *n > 0)?,
            option if option.starts_with('-') => return None,
            _ => settings.only.push(argument),
        }
    }
    Some(settings)
}

fn run(settings: &Settings) -> Fallible<()> {
    let table = Table::new(settings.rounds, settings.only.clone());
    if measure::wanted(&settings.only, "key derivation") {
        let (passphrase, salt) = (Passphrase::new(vaults::PASSPHRASE)?, [0; kdf::SALT_LEN]);
        let (_, cost) =
            measure::time(|| Ok(kdf::derive_pre_key(&passphrase, &salt, KdfParams::FLOOR, kdf::STRETCH_LEN_MIN)?))?;
        println!(
            "key derivation at its floor (64 MiB, 3 passes), once: {}\n",
            measure::show_seconds(cost.wall.as_secs_f64())
        );
    }
    println!("{}", Table::head());
    database(&table, settings)?;
    domain(&table, settings)?;
    media(&table, settings)?;
    sealing(&table)
}

fn show(row: Option<String>) {
    if let Some(row) = row {
        println!("{row}");
    }
}

const BULK: &str = "bulk insert, 1000 a transaction";
const INSERT: &str = "durable single insert";
const UPDATE: &str = "durable small update";
const POINT: &str = "point read by id, pages in SQLite's cache";
const COLD_POINT: &str = "point read by id, pages from the file";
const SCAN: &str = "scan of all records";
const FTS: &str = "full-text search, 2 words, in SQLite's cache";
const COLD_FTS: &str = "full-text search, 2 words, from the file";

/// The vault's database and plain SQLite, with the same tables and statements.
fn database(table: &Table, settings: &Settings) -> Fallible<()> {
    if !table.wants(&[BULK, INSERT, UPDATE, POINT, COLD_POINT, SCAN, FTS, COLD_FTS]) {
        return Ok(());
    }
    let dir = scratch()?;
    let (plain, sealed) = (Plain::create(dir.path())?, Sealed::create(dir.path())?);
    let first = records::rows(1, settings.records)?;
    records::fill(&plain, &first)?;
    records::fill(&sealed, &first)?;
    let mut numbers = Numbers::new(2);
    let ids: Vec<[u8; 16]> = (0..2000)
        .filter_map(|_| first.get(usize::try_from(numbers.below(first.len() as u64)).ok()?).map(Row::id))
        .collect();
    drop(first);

    // Reading first: the databases are then the same in every run, whatever is left out below.
    let reads = Unit::Each(ids.len() as u64);
    let some = ids.get(..200).unwrap_or(&ids);
    let few = Unit::Each(some.len() as u64);
    show(table.row(
        COLD_POINT,
        few,
        |_| point_reads(&plain, some, Cache::Cold),
        |_| point_reads(&sealed, some, Cache::Cold),
    )?);
    show(table.row(
        POINT,
        reads,
        |_| point_reads(&plain, &ids, Cache::Warm),
        |_| point_reads(&sealed, &ids, Cache::Warm),
    )?);
    let rows = Unit::Each(settings.records as u64);
    show(table.row(SCAN, rows, |_| scan(&plain), |_| scan(&sealed))?);
    let queries = records::queries(3, 100);
    let searches = Unit::Each(queries.len() as u64);
    show(table.row(
        COLD_FTS,
        searches,
        |_| search(&plain, &queries, Cache::Cold),
        |_| search(&sealed, &queries, Cache::Cold),
    )?);
    show(table.row(
        FTS,
        searches,
        |_| search(&plain, &queries, Cache::Warm),
        |_| search(&sealed, &queries, Cache::Warm),
    )?);

    show(table.row(UPDATE, few, |round| updates(&plain, some, round), |round| updates(&sealed, some, round))?);
    show(table.row(INSERT, Unit::Each(200), |round| inserts(&plain, round), |round| inserts(&sealed, round))?);
    show(table.row(BULK, Unit::Each(1000), |round| bulk(&plain, round), |round| bulk(&sealed, round))?);
    Ok(())
}

/// What SQLite's cache of pages holds when the clock starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cache {
    /// What the same work, done just before, left in it.
    Warm,
    /// Nothing, before each of the operations.
    Cold,
}

/// Runs `each` on all `items`; emptying the cache does not count.
fn with_cache<T, S: Records>(
    store: &S,
    cache: Cache,
    items: &[T],
    mut each: impl FnMut(&T) -> Fallible<usize>,
) -> Fallible<(usize, Cost)> {
    let mut total = 0;
    if cache == Cache::Warm {
        items.iter().try_for_each(|item| each(item).map(drop))?;
        let ((), cost) = measure::time(|| {
            items.iter().try_for_each(|item| {
                total += each(item)?;
                Ok(())
            })
        })?;
        return Ok((total, cost));
    }
    // Too short to ask the kernel for processor time around each.
    let mut wall = Duration::ZERO;
    for item in items {
        store.forget_pages()?;
        let start = Instant::now();
        total += each(item)?;
        wall += start.elapsed();
    }
    Ok((total, Cost { wall, cpu: None }))
}

fn point_reads(store: &impl Records, ids: &[[u8; 16]], cache: Cache) -> Fallible<Cost> {
    let read = |id: &[u8; 16]| Ok(store.read(|conn| records::point_read(conn, id))?.len());
    let (bytes, cost) = with_cache(store, cache, ids, read)?;
    if bytes < ids.len() * 500 { Err("the records are not what was stored".into()) } else { Ok(cost) }
}

fn scan(store: &impl Records) -> Fallible<Cost> {
    let (bytes, cost) = measure::time(|| store.read(records::scan))?;
    if bytes < 100_000 { Err("the records are not what was stored".into()) } else { Ok(cost) }
}

fn search(store: &impl Records, queries: &[String], cache: Cache) -> Fallible<Cost> {
    let find = |query: &String| Ok(store.read(|conn| records::search(conn, query))?.len());
    let (hits, cost) = with_cache(store, cache, queries, find)?;
    if hits == 0 { Err("nothing was found".into()) } else { Ok(cost) }
}

fn updates(store: &impl Records, ids: &[[u8; 16]], round: usize) -> Fallible<Cost> {
    Ok(measure::time(|| {
        ids.iter().try_for_each(|id| store.write(|conn| records::update(conn, id, 1_800_000_001 + round as u64)))
    })?
    .1)
}

fn inserts(store: &impl Records, round: usize) -> Fallible<Cost> {
    let rows = records::rows(1000 + round as u64, 200)?;
    Ok(measure::time(|| rows.iter().try_for_each(|row| store.write(|conn| row.insert(conn))))?.1)
}

fn bulk(store: &impl Records, round: usize) -> Fallible<Cost> {
    let rows = records::rows(2000 + round as u64, 1000)?;
    Ok(measure::time(|| store.write(|conn| rows.iter().try_for_each(|row| row.insert(conn))))?.1)
}

const SAVE: &str = "save an incident through the core";
const FIND: &str = "search through the core, with excerpts";

/// The core's own calls against the bare statements on plain SQLite: what everything between the app and the disk costs.
fn domain(table: &Table, settings: &Settings) -> Fallible<()> {
    if !table.wants(&[SAVE, FIND]) {
        return Ok(());
    }
    let dir = scratch()?;
    let (plain, amparo) = (Plain::create(dir.path())?, vaults::create(dir.path())?);
    let first = records::rows(1, settings.records)?;
    records::fill(&plain, &first)?;
    records::fill(&Sealed(amparo.vault().clone()), &first)?;
    drop(first);
    let queries = records::queries(3, 100);
    let searches = |round: usize| {
        let mut hits = 0;
        let ((), cost) = measure::time(|| {
            queries.iter().try_for_each(|query| {
                hits += amparo.search().incidents(query, 20, None)?.hits.len();
                Ok(())
            })
        })?;
        if hits == 0 { Err(format!("nothing was found in round {round}").into()) } else { Ok(cost) }
    };
    let plain_searches = |_| {
        Ok(measure::time(|| {
            queries.iter().try_for_each(|query| plain.read(|conn| records::search_and_read(conn, query)).map(drop))
        })?
        .1)
    };
    show(table.row(FIND, Unit::Each(queries.len() as u64), plain_searches, searches)?);
    show(table.row(SAVE, Unit::Each(200), |round| inserts(&plain, round), |round| saves(&amparo, round))?);
    Ok(())
}

fn saves(amparo: &Amparo, round: usize) -> Fallible<Cost> {
    let mut numbers = Numbers::new(1000 + round as u64);
    let contents: Vec<IncidentContent> = (0..200).map(|_| records::content(&mut numbers)).collect::<Fallible<_>>()?;
    Ok(measure::time(|| {
        contents.into_iter().try_for_each(|content| {
            amparo.incidents().create(content)?;
            Ok(())
        })
    })?
    .1)
}

const PROFILES: [(MediaProfile, &str); 2] =
    [(MediaProfile::Large, "64 KiB slots"), (MediaProfile::Small, "4 KiB slots")];
const RANDOM: [usize; 2] = [4 * 1024, 64 * 1024];
const IMPORT: &str = "media import through the core";
const EXPORT: &str = "media export through the core";
const CORE_SEAL: &str = "seal from a vault";

/// Media and plain files that are hashed and synced likewise.
fn media(table: &Table, settings: &Settings) -> Fallible<()> {
    let dir = scratch()?;
    let bytes = settings.mib * 1024 * 1024;
    let unit = Unit::Bytes(bytes);
    let path = |name: &str| dir.path().join(name);
    let (content, _) = reports::evidence(usize::try_from(bytes)?)?;
    let amparo = vaults::create(dir.path())?;
    let vault = amparo.vault();
    files::write_plain(&path("kept"), &mut content.as_slice())?;
    for (profile, slots) in PROFILES {
        let write = format!("media write, {slots}");
        let read = format!("media read, {slots}");
        let random = RANDOM.map(|length| format!("media random read of {} KiB, {slots}", length / 1024));
        let kept = files::write_media(vault, profile, &mut content.as_slice())?;
        show(table.row(
            &write,
            unit,
            |_| copy_plain(&content, &path("copy")),
            |_| {
                let (id, cost) = measure::time(|| files::write_media(vault, profile, &mut content.as_slice()))?;
                files::delete_media(vault, id)?;
                Ok(cost)
            },
        )?);
        show(table.row(
            &read,
            unit,
            |_| Ok(measure::time(|| files::read_plain(&path("kept")))?.1),
            |_| Ok(measure::time(|| files::read_media(vault, kept))?.1),
        )?);
        for (name, length) in random.iter().zip(RANDOM) {
            random_reads(table, name, &path("kept"), vault, kept, length, bytes)?;
        }
        files::delete_media(vault, kept)?;
    }

    show(table.row(
        IMPORT,
        unit,
        |_| copy_plain(&content, &path("copy")),
        |_| {
            Ok(measure::time(|| {
                let source = content.as_slice();
                Ok(amparo.evidence().import(source, Some(bytes), ImportRequest::default(), &mut no_progress)?)
            })?
            .1)
        },
    )?);
    if !table.wants(&[EXPORT, CORE_SEAL]) {
        return Ok(());
    }
    let incident = amparo.incidents().create("They took my phone.")?.id;
    let request = ImportRequest { incident: Some(incident), ..ImportRequest::default() };
    let kept = amparo.evidence().import(content.as_slice(), Some(bytes), request, &mut no_progress)?.id;
    let from_file = |_| {
        let (_, cost) = measure::time(|| files::write_plain(&path("copy"), &mut File::open(path("kept"))?))?;
        std::fs::remove_file(path("copy"))?;
        Ok(cost)
    };
    show(table.row(EXPORT, unit, from_file, |_| {
        let (_, cost) = measure::time(|| Ok(amparo.evidence().export_file(kept, &path("out"), &mut no_progress)?))?;
        std::fs::remove_file(path("out"))?;
        Ok(cost)
    })?);
    let request = ReportRequest::new(
        incident,
        amparo_core::incident::RecipientKind::LAWYER,
        reports::recipients(&reports::identities(KeyKind::PostQuantum, 1)?),
    );
    show(table.row(CORE_SEAL, unit, from_file, |_| {
        let (_, cost) = measure::time(|| Ok(amparo.reports().seal_file(&request, &path("out"), &mut no_progress)?))?;
        std::fs::remove_file(path("out"))?;
        Ok(cost)
    })?);
    Ok(())
}

fn copy_plain(content: &[u8], path: &Path) -> Fallible<Cost> {
    let (_, cost) = measure::time(|| files::write_plain(path, &mut &*content))?;
    std::fs::remove_file(path)?;
    Ok(cost)
}

fn random_reads(
    table: &Table,
    name: &str,
    plain: &Path,
    vault: &Vault,
    medium: MediaId,
    length: usize,
    size: u64,
) -> Fallible<()> {
    let offsets = files::offsets(5, 2000, size, length);
    let (mut file, mut reader) = (File::open(plain)?, vault.open_media(medium)?);
    show(table.row(
        name,
        Unit::Each(offsets.len() as u64),
        |_| Ok(measure::time(|| files::random_reads(&mut file, &offsets, length))?.1),
        |_| Ok(measure::time(|| files::random_reads(&mut reader, &offsets, length))?.1),
    )?);
    Ok(())
}

/// Sealing and opening against a plain copy of the evidence that is hashed and synced.
fn sealing(table: &Table) -> Fallible<()> {
    let dir = scratch()?;
    let path = |name: &str| dir.path().join(name);
    for (mib, kind, count) in [
        (1, KeyKind::PostQuantum, 1),
        (1, KeyKind::PostQuantum, 4),
        (1, KeyKind::PostQuantum, 16),
        (1, KeyKind::Classic, 1),
        (1, KeyKind::Classic, 4),
        (1, KeyKind::Classic, 16),
        (64, KeyKind::PostQuantum, 1),
        (64, KeyKind::PostQuantum, 4),
        (64, KeyKind::PostQuantum, 16),
    ] {
        let kind_name = if kind == KeyKind::PostQuantum { "post-quantum" } else { "classic" };
        let [seal, open] =
            ["seal", "open"].map(|verb| format!("{verb} {mib} MiB, {count} {kind_name} recipient{}", plural(count)));
        if !table.wants(&[&seal, &open]) {
            continue;
        }
        let unit = if mib == 1 { Unit::Each(1) } else { Unit::Bytes(mib * 1024 * 1024) };
        let (evidence, digest) = reports::evidence(usize::try_from(mib)? * 1024 * 1024)?;
        let identities = reports::identities(kind, count)?;
        let recipients = reports::recipients(&identities);
        show(table.row(
            &seal,
            unit,
            |_| copy_plain(&evidence, &path("copy")),
            |_| {
                let ((), cost) = measure::time(|| reports::seal(&evidence, digest, &recipients, &path("sealed")))?;
                std::fs::remove_file(path("sealed"))?;
                Ok(cost)
            },
        )?);
        // The last of the recipients: stanzas are in random order, so nobody's place is special.
        let last = identities.get(count - 1..).unwrap_or_default();
        reports::seal(&evidence, digest, &recipients, &path("report"))?;
        files::write_plain(&path("kept"), &mut evidence.as_slice())?;
        show(table.row(
            &open,
            unit,
            |_| {
                let (_, cost) = measure::time(|| files::write_plain(&path("copy"), &mut File::open(path("kept"))?))?;
                std::fs::remove_file(path("copy"))?;
                Ok(cost)
            },
            |_| {
                let ((), cost) = measure::time(|| reports::open(&path("report"), last, &path("opened")))?;
                std::fs::remove_dir_all(path("opened"))?;
                Ok(cost)
            },
        )?);
        std::fs::remove_file(path("report"))?;
        std::fs::remove_file(path("kept"))?;
    }
    Ok(())
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
