//! Streams large media through the whole main job, import, export, seal and opening at the desk, and says what each stage
//! cost in time and memory: `cargo run --release -p amparo-benches --bin large_media -- [GiB, default 4]`.
//!
//! Fails (exit code 1) when a stage's peak memory is above 64 MiB, or when anything does not come out as it went in. It needs
//! about three times the size on the disk of `AMPARO_BENCH_DIR` (default: the folder for temporary files), and leaves nothing.
//! What may not happen here: a copy of the media in memory.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::{fs, path::Path, process::ExitCode};

use amparo_benches::{
    Fallible,
    measure::{self, Cost},
    memory,
    numbers::Media,
    reports, scratch, vaults,
};
use amparo_core::{
    evidence::{ImportRequest, no_progress},
    report::ReportRequest,
};
use amparo_crypto::{age::KeyKind, hash};

/// What a stage may have resident at its peak. The key derivation's memory is given back before the first stage begins.
const LIMIT: u64 = 64 * MIB;
const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

fn main() -> ExitCode {
    match std::env::args().nth(1).map_or(Ok(4.0), |text| text.parse()) {
        Ok(gib) if (0.001..=1024.0).contains(&gib) => match run((gib * GIB as f64) as u64) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => {
                eprintln!("a stage had more than {} MiB resident", LIMIT / MIB);
                ExitCode::FAILURE
            }
            Err(error) => {
                eprintln!("failed: {error}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("usage: large_media [GiB]");
            ExitCode::from(2)
        }
    }
}

/// Runs all stages; whether each kept to the limit.
fn run(size: u64) -> Fallible<bool> {
    let dir = scratch()?;
    let path = |name: &str| dir.path().join(name);
    let amparo = vaults::create(dir.path())?;
    println!(
        "{:.3} GiB of generated media; peak of the key derivation: {} MiB resident\n",
        size as f64 / GIB as f64,
        mib(memory::peak()?)
    );
    println!("| stage | wall | processor | throughput | peak memory |\n|---|---:|---:|---:|---:|");
    let mut stages = Stages { size, within: true };

    // What the generator and the hash alone cost: the import cannot be faster.
    let expected =
        stages.run("generate and hash (no file)", || amparo_benches::files::hash(&mut Media::new(1, size)))?;
    let incident = amparo.incidents().create("Filmed from a window on the third floor.")?;
    let request = ImportRequest { incident: Some(incident.id), ..ImportRequest::default() };
    let evidence = stages.run("import", || {
        Ok(amparo.evidence().import(Media::new(1, size), Some(size), request, &mut no_progress)?)
    })?;
    same(evidence.sha256, expected)?;
    stages.run("export", || Ok(amparo.evidence().export_file(evidence.id, &path("exported"), &mut no_progress)?))?;
    stages.run("hash the exported file", || {
        same(Some(amparo_benches::files::read_plain(&path("exported"))?), expected)
    })?;
    fs::remove_file(path("exported"))?;

    let identities = reports::identities(KeyKind::PostQuantum, 3)?;
    let request =
        ReportRequest::new(incident.id, amparo_core::incident::RecipientKind::LAWYER, reports::recipients(&identities));
    let sealed = stages.run("seal to 3 post-quantum keys", || {
        Ok(amparo.reports().seal_file(&request, &path("report.age"), &mut no_progress)?)
    })?;
    amparo.lock()?;
    fs::remove_dir_all(path("vault"))?;

    let last = identities.get(2..).unwrap_or_default();
    let verdict =
        stages.run("verify at the desk", || Ok(amparo_desk::verify(&path("report.age"), last, &mut no_progress)?))?;
    let opened = stages.run("open at the desk", || {
        Ok(amparo_desk::open(&path("report.age"), last, &path("opened"), &mut no_progress)?)
    })?;
    if !(verdict.ok && opened.verdict.ok)
        || sealed.first().and_then(|report| report.files.first()).map(|file| file.sha256) != Some(opened.sha256)
    {
        return Err("the report does not verify".into());
    }
    same(Some(find_evidence(&path("opened"))?), expected)?;
    println!("\nsame SHA-256 in the vault, exported, and opened at the desk: {}", hex(&expected));
    Ok(stages.within)
}

struct Stages {
    size: u64,
    within: bool,
}

impl Stages {
    fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
        memory::reset_peak()?;
        let (value, Cost { wall, cpu }) = measure::time(work)?;
        let peak = memory::peak()?;
        self.within &= peak <= LIMIT;
        let speed = self.size as f64 / 1e6 / wall.as_secs_f64();
        println!(
            "| {name} | {:.1} s | {:.1} s | {speed:.0} MB/s | {} MiB |",
            wall.as_secs_f64(),
            cpu.unwrap_or_default().as_secs_f64(),
            mib(peak)
        );
        Ok(value)
    }
}

fn mib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / MIB as f64)
}

fn same(found: Option<hash::Digest>, expected: hash::Digest) -> Fallible<()> {
    if found == Some(expected) { Ok(()) } else { Err("the media did not come out as they went in".into()) }
}

/// SHA-256 of the one piece of evidence of an opened report.
fn find_evidence(opened: &Path) -> Fallible<hash::Digest> {
    let mut files = fs::read_dir(opened.join("evidence"))?;
    let file = files.next().ok_or("the report holds no evidence")??;
    amparo_benches::files::read_plain(&file.path())
}

fn hex(digest: &hash::Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
