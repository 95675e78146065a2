//! Opening the starter pack and finding a checklist in it: `cargo bench -p amparo-benches --bench packs`. There is no baseline: what
//! counts is that somebody who needs a checklist now does not wait (the aim is 5 ms).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

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
    sign(&unsigned, &SigningKey::from_seed(&SecretKey::take(&mut [7; 32]))).unwrap()
}

#[divan::bench(args = ["en", "ar"])]
fn one_language(bencher: Bencher<'_, '_>, language: &str) {
    let bytes = starter();
    bencher.bench_local(|| {
        let pack = Pack::parse_for(&bytes, language).unwrap();
        pack.checklist_title("arrest", language).unwrap().text.len()
    });
}

#[divan::bench]
fn all_languages(bencher: Bencher<'_, '_>) {
    let bytes = starter();
    bencher.bench_local(|| {
        let pack = Pack::parse(&bytes).unwrap();
        pack.checklist_title("arrest", "ar").unwrap().text.len()
    });
}
