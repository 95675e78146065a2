//! The core's own time for what the bindings do too: a program in another language runs this in the same run and compares.
//!
//! `native capture MiB KiB` streams that many MiB in pieces of so many KiB; `native import FILE` imports a file by its descriptor;
//! `native list N ROUNDS` lists N incidents in pages of 500. Each prints `seconds S`: of the work alone, without the vault's
//! creation. Where it works is chosen by `AMPARO_BENCH_DIR`, as for the other programs here.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::{fs::File, process::ExitCode, time::Instant};

use amparo_benches::{Fallible, scratch, vaults};
use amparo_core::{
    Amparo,
    evidence::{CaptureRequest, EvidenceKind, ImportRequest, no_progress},
    incident::{IncidentContent, MAX_PAGE},
};

const USAGE: &str = "usage: native capture MiB KiB | native import FILE | native list N ROUNDS";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(seconds) => {
            println!("seconds {seconds:.6}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Fallible<f64> {
    let dir = scratch()?;
    let amparo = vaults::create(dir.path())?;
    let seconds = match args {
        ["capture", mib, kib] => capture(&amparo, mib.parse()?, kib.parse()?)?,
        ["import", file] => import(&amparo, file)?,
        ["list", count, rounds] => list(&amparo, count.parse()?, rounds.parse()?)?,
        _ => return Err(USAGE.into()),
    };
    amparo.lock()?;
    Ok(seconds)
}

/// Begins, writes all pieces from one buffer, and finishes: until the hash and the custody entry are on the medium.
fn capture(amparo: &Amparo, mib: usize, kib: usize) -> Fallible<f64> {
    let piece = vec![0x5a; kib * 1024];
    let started = Instant::now();
    let mut capture = amparo.evidence().start_capture(CaptureRequest::new(EvidenceKind::VIDEO, "video/mp4"))?;
    for _ in 0..(mib * 1024 / kib) {
        capture.write(&piece)?;
    }
    capture.finish()?;
    Ok(started.elapsed().as_secs_f64())
}

fn import(amparo: &Amparo, file: &str) -> Fallible<f64> {
    let started = Instant::now();
    amparo.evidence().import_open_file(File::open(file)?, ImportRequest::default(), &mut no_progress)?;
    Ok(started.elapsed().as_secs_f64())
}

/// The mean of the rounds, after one that does not count.
fn list(amparo: &Amparo, count: usize, rounds: u32) -> Fallible<f64> {
    let content = |number: usize| IncidentContent {
        title: format!("Incident {number}"),
        narrative: "They came at night and took the computers.".to_owned(),
        ..IncidentContent::default()
    };
    amparo.incidents().create_all((0..count).map(content).collect())?;
    let once = || -> Fallible<()> {
        let mut after = None;
        loop {
            let page = amparo.incidents().list(MAX_PAGE, after.as_ref())?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    };
    once()?;
    let started = Instant::now();
    for _ in 0..rounds {
        once()?;
    }
    Ok(started.elapsed().as_secs_f64() / f64::from(rounds))
}
