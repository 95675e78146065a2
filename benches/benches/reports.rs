//! Sealing and opening reports beside a plain copy of their evidence, and the key derivation:
//! `cargo bench -p amparo-benches --bench reports`. Ratios of runs in turns: the program `ratios`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;

use amparo_benches::{files, reports, scratch, vaults};
use amparo_core::{
    KdfParams, Passphrase,
    evidence::{ImportRequest, no_progress},
    report::ReportRequest,
};
use amparo_crypto::{age::KeyKind, kdf};
use divan::Bencher;

const MIB: usize = 1024 * 1024;
const RECIPIENTS: [usize; 3] = [1, 4, 16];

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 64], sample_count = 20, sample_size = 1)]
fn plain_copy(bencher: Bencher<'_, '_>, mib: usize) {
    let (dir, (evidence, _)) = (scratch().unwrap(), reports::evidence(mib * MIB).unwrap());
    let path = dir.path().join("copy");
    bencher
        .with_inputs(|| drop(fs::remove_file(&path)))
        .bench_local_values(|()| files::write_plain(&path, &mut evidence.as_slice()).unwrap());
}

fn seal(bencher: Bencher<'_, '_>, kind: KeyKind, count: usize, mib: usize) {
    let (dir, (evidence, digest)) = (scratch().unwrap(), reports::evidence(mib * MIB).unwrap());
    let recipients = reports::recipients(&reports::identities(kind, count).unwrap());
    let path = dir.path().join("report.age");
    bencher
        .with_inputs(|| drop(fs::remove_file(&path)))
        .bench_local_values(|()| reports::seal(&evidence, digest, &recipients, &path).unwrap());
}

fn open(bencher: Bencher<'_, '_>, kind: KeyKind, count: usize, mib: usize) {
    let (dir, (evidence, digest)) = (scratch().unwrap(), reports::evidence(mib * MIB).unwrap());
    let identities = reports::identities(kind, count).unwrap();
    let (path, target) = (dir.path().join("report.age"), dir.path().join("opened"));
    reports::seal(&evidence, digest, &reports::recipients(&identities), &path).unwrap();
    bencher
        .with_inputs(|| drop(fs::remove_dir_all(&target)))
        .bench_local_values(|()| reports::open(&path, &identities[count - 1..], &target).unwrap());
}

#[divan::bench(args = RECIPIENTS, sample_count = 20, sample_size = 1)]
fn seal_1_mib_post_quantum(bencher: Bencher<'_, '_>, count: usize) {
    seal(bencher, KeyKind::PostQuantum, count, 1);
}

#[divan::bench(args = RECIPIENTS, sample_count = 20, sample_size = 1)]
fn seal_1_mib_classic(bencher: Bencher<'_, '_>, count: usize) {
    seal(bencher, KeyKind::Classic, count, 1);
}

#[divan::bench(args = RECIPIENTS, sample_count = 10, sample_size = 1)]
fn seal_64_mib_post_quantum(bencher: Bencher<'_, '_>, count: usize) {
    seal(bencher, KeyKind::PostQuantum, count, 64);
}

#[divan::bench(args = RECIPIENTS, sample_count = 20, sample_size = 1)]
fn open_1_mib_post_quantum(bencher: Bencher<'_, '_>, count: usize) {
    open(bencher, KeyKind::PostQuantum, count, 1);
}

#[divan::bench(args = RECIPIENTS, sample_count = 20, sample_size = 1)]
fn open_1_mib_classic(bencher: Bencher<'_, '_>, count: usize) {
    open(bencher, KeyKind::Classic, count, 1);
}

#[divan::bench(args = RECIPIENTS, sample_count = 10, sample_size = 1)]
fn open_64_mib_post_quantum(bencher: Bencher<'_, '_>, count: usize) {
    open(bencher, KeyKind::PostQuantum, count, 64);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn core_seal_64_mib_from_a_vault(bencher: Bencher<'_, '_>) {
    let (dir, (evidence, _)) = (scratch().unwrap(), reports::evidence(64 * MIB).unwrap());
    let amparo = vaults::create(dir.path()).unwrap();
    let incident = amparo.incidents().create("They took my phone.").unwrap().id;
    let request = ImportRequest { incident: Some(incident), ..ImportRequest::default() };
    amparo.evidence().import(evidence.as_slice(), None, request, &mut no_progress).unwrap();
    let recipients = reports::recipients(&reports::identities(KeyKind::PostQuantum, 1).unwrap());
    let (request, path) = (
        ReportRequest::new(incident, amparo_core::incident::RecipientKind::LAWYER, recipients),
        dir.path().join("report.age"),
    );
    bencher
        .with_inputs(|| drop(fs::remove_file(&path)))
        .bench_local_values(|()| amparo.reports().seal_file(&request, &path, &mut no_progress).unwrap());
}

/// Once: it is the same at every call, and meant to be slow.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn key_derivation_at_its_floor() -> usize {
    let passphrase = Passphrase::new(vaults::PASSPHRASE).unwrap();
    kdf::derive_pre_key(&passphrase, &[0; kdf::SALT_LEN], KdfParams::FLOOR, kdf::STRETCH_LEN_MIN).unwrap().len()
}
