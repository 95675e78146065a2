//! Media of the vault beside plain files that are hashed and synced likewise: `cargo bench -p amparo-benches --bench media`.
//! Ratios of runs in turns: the program `ratios`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs::File;

use amparo_benches::{files, numbers::Numbers, reports, scratch, vaults};
use amparo_core::{
    Amparo,
    evidence::{ImportRequest, no_progress},
};
use amparo_vault::{MediaId, MediaProfile};
use divan::{Bencher, counter::BytesCount};
use tempfile::TempDir;

const SIZE: usize = 32 * 1024 * 1024;
const PROFILES: [MediaProfile; 2] = [MediaProfile::Large, MediaProfile::Small];

fn main() {
    divan::main();
}

fn content() -> Vec<u8> {
    reports::evidence(SIZE).unwrap().0
}

fn vault() -> (TempDir, Amparo) {
    let dir = scratch().unwrap();
    let amparo = vaults::create(dir.path()).unwrap();
    (dir, amparo)
}

fn kept(profile: MediaProfile) -> (TempDir, Amparo, MediaId) {
    let (dir, amparo) = vault();
    let id = files::write_media(amparo.vault(), profile, &mut content().as_slice()).unwrap();
    (dir, amparo, id)
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn write_plain(bencher: Bencher<'_, '_>) {
    let (dir, content) = (scratch().unwrap(), content());
    let path = dir.path().join("plain");
    bencher
        .counter(BytesCount::new(SIZE))
        .with_inputs(|| drop(std::fs::remove_file(&path)))
        .bench_local_values(|()| files::write_plain(&path, &mut content.as_slice()).unwrap());
}

#[divan::bench(args = PROFILES, sample_count = 20, sample_size = 1)]
fn write_media(bencher: Bencher<'_, '_>, profile: MediaProfile) {
    let ((_dir, amparo), content) = (vault(), content());
    let mut last = None;
    bencher
        .counter(BytesCount::new(SIZE))
        .with_inputs(|| last.take().map(|id| files::delete_media(amparo.vault(), id).unwrap()))
        .bench_local_values(|_| files::write_media(amparo.vault(), profile, &mut content.as_slice()).unwrap());
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn core_import(bencher: Bencher<'_, '_>) {
    let ((_dir, amparo), content) = (vault(), content());
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| {
        let source = content.as_slice();
        amparo.evidence().import(source, Some(SIZE as u64), ImportRequest::default(), &mut no_progress).unwrap()
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn read_plain(bencher: Bencher<'_, '_>) {
    let dir = scratch().unwrap();
    let path = dir.path().join("plain");
    files::write_plain(&path, &mut content().as_slice()).unwrap();
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| files::read_plain(&path).unwrap());
}

#[divan::bench(args = PROFILES, sample_count = 20, sample_size = 1)]
fn read_media(bencher: Bencher<'_, '_>, profile: MediaProfile) {
    let (_dir, amparo, id) = kept(profile);
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| files::read_media(amparo.vault(), id).unwrap());
}

#[divan::bench(args = [4096, 65536], sample_count = 50, sample_size = 20)]
fn random_read_plain(bencher: Bencher<'_, '_>, length: usize) {
    let dir = scratch().unwrap();
    let path = dir.path().join("plain");
    files::write_plain(&path, &mut content().as_slice()).unwrap();
    let (mut file, mut numbers) = (File::open(&path).unwrap(), Numbers::new(1));
    bencher
        .with_inputs(|| [numbers.below((SIZE - length) as u64)])
        .bench_local_values(|offset| files::random_reads(&mut file, &offset, length).unwrap());
}

#[divan::bench(args = [
    (MediaProfile::Large, 4096), (MediaProfile::Large, 65536), (MediaProfile::Small, 4096), (MediaProfile::Small, 65536),
], sample_count = 50, sample_size = 20)]
fn random_read_media(bencher: Bencher<'_, '_>, (profile, length): (MediaProfile, usize)) {
    let (_dir, amparo, id) = kept(profile);
    let (mut reader, mut numbers) = (amparo.vault().open_media(id).unwrap(), Numbers::new(1));
    bencher
        .with_inputs(|| [numbers.below((SIZE - length) as u64)])
        .bench_local_values(|offset| files::random_reads(&mut reader, &offset, length).unwrap());
}
