//! Opening the starter pack and showing a checklist of it, from bytes and from a vault: `cargo bench -p amparo-benches --bench packs`. There is no baseline: what
//! counts is that somebody who needs a checklist now does not wait (the aim is 5 ms).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{path::Path, sync::Arc};

use amparo_core::{
    Amparo, CreateOptions, KdfParams, Passphrase, SystemClock,
    checklist::{ChecklistView, Publisher},
};
use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_pack::{
    Pack,
    author::{Against, Sources, build, sign},
};
use divan::Bencher;

fn main() {
    divan::main();
}

fn starter() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/starter");
    let (unsigned, _) = build(&Sources::read(&folder).unwrap(), &Against::default()).unwrap();
    sign(&unsigned, &key()).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [7; 32]))
}

/// A vault with the starter pack, on a disk.
fn installed(folder: &Path) -> Amparo {
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let passphrase = Passphrase::new(b"correct horse battery staple").unwrap();
    let amparo = Amparo::create(&folder.join("vault"), &passphrase, &options, Arc::new(SystemClock)).unwrap();
    amparo.packs().accept_publisher(Publisher::from(key().verifying_key())).unwrap();
    amparo.packs().install(&starter()).unwrap();
    amparo
}

#[divan::bench(args = ["en", "ar"])]
fn one_language(bencher: Bencher<'_, '_>, language: &str) {
    let bytes = starter();
    bencher.bench_local(|| {
        let pack = Pack::parse_for(&bytes, language).unwrap();
        ChecklistView::of(&pack, "arrest", language).unwrap().items().count()
    });
}

#[divan::bench]
fn all_languages(bencher: Bencher<'_, '_>) {
    let bytes = starter();
    bencher.bench_local(|| {
        let pack = Pack::parse(&bytes).unwrap();
        ChecklistView::of(&pack, "arrest", "ar").unwrap().items().count()
    });
}

/// A checklist of an installed pack in one language: read from the database, verified, shown.
#[divan::bench(args = ["en", "ar"])]
fn from_a_vault(bencher: Bencher<'_, '_>, language: &str) {
    let folder = tempfile::tempdir().unwrap();
    let amparo = installed(folder.path());
    bencher.bench_local(|| amparo.checklists().show("amparo.starter", "arrest", language).unwrap().items().count());
}

/// A run with every item ticked: all languages are read, to say what was reworded.
#[divan::bench]
fn run_from_a_vault(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let amparo = installed(folder.path());
    let lists = amparo.checklists();
    let run = lists.start("amparo.starter", "arrest").unwrap();
    for item in lists.show("amparo.starter", "arrest", "en").unwrap().items() {
        lists.tick(run, &item.item.id, None).unwrap();
    }
    bencher.bench_local(|| lists.run(run, "ar").unwrap().checklist.unwrap().items().count());
}

/// Ticking: the pack is verified, the tick is on the medium.
#[divan::bench(sample_count = 30)]
fn tick(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let amparo = installed(folder.path());
    let lists = amparo.checklists();
    let run = lists.start("amparo.starter", "arrest").unwrap();
    let items = lists.show("amparo.starter", "arrest", "en").unwrap();
    let mut ids = items.items().map(|item| item.item.id.clone()).collect::<Vec<_>>().into_iter().cycle();
    bencher.bench_local(|| {
        let id = ids.next().unwrap();
        lists.untick(run, &id).unwrap();
        lists.tick(run, &id, None).unwrap();
    });
}
