//! The vault's database beside plain SQLite with the same settings, tables and statements:
//! `cargo bench -p amparo-benches --bench database`. Ratios of runs in turns: the program `ratios`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use amparo_benches::{
    numbers::Numbers,
    records::{self, Plain, Records, Row, Sealed},
    scratch, vaults,
};
use amparo_core::Amparo;
use divan::Bencher;
use tempfile::TempDir;

/// Enough that the records do not all fit in SQLite's cache of 16 MB.
const RECORDS: usize = 8000;

fn main() {
    divan::main();
    // Statics are never dropped, and these hold folders to remove.
    drop((PLAIN.lock().unwrap().take(), SEALED.lock().unwrap().take()));
}

static PLAIN: Mutex<Option<Filled<Plain>>> = Mutex::new(None);
static SEALED: Mutex<Option<Filled<Sealed>>> = Mutex::new(None);

/// A database with [`RECORDS`] incidents, made once for all benchmarks that only read.
struct Filled<S> {
    store: S,
    ids: Vec<[u8; 16]>,
    _dir: TempDir,
}

trait Fixture: Records {
    fn place() -> &'static Mutex<Option<Filled<Self>>>;

    fn with_filled<T>(f: impl FnOnce(&Filled<Self>) -> T) -> T {
        let mut place = Self::place().lock().unwrap();
        f(place.get_or_insert_with(|| {
            let (dir, rows) = (scratch().unwrap(), records::rows(1, RECORDS).unwrap());
            let store = Self::create(dir.path()).unwrap();
            records::fill(&store, &rows).unwrap();
            Filled { store, ids: rows.iter().map(Row::id).collect(), _dir: dir }
        }))
    }
}

impl Fixture for Plain {
    fn place() -> &'static Mutex<Option<Filled<Self>>> {
        &PLAIN
    }
}

impl Fixture for Sealed {
    fn place() -> &'static Mutex<Option<Filled<Self>>> {
        &SEALED
    }
}

/// Rows that were never stored, different at every call.
fn fresh(count: usize) -> Vec<Row> {
    static SEED: AtomicUsize = AtomicUsize::new(1 << 32);
    records::rows(SEED.fetch_add(1, Ordering::Relaxed) as u64, count).unwrap()
}

#[divan::bench(types = [Plain, Sealed], sample_count = 50, sample_size = 4)]
fn durable_single_insert<S: Fixture>(bencher: Bencher<'_, '_>) {
    let dir = scratch().unwrap();
    let store = S::create(dir.path()).unwrap();
    bencher
        .with_inputs(|| fresh(1))
        .bench_local_values(|rows| rows.iter().for_each(|row| store.write(|conn| row.insert(conn)).unwrap()));
}

#[divan::bench(types = [Plain, Sealed], sample_count = 20, sample_size = 1)]
fn bulk_insert_1000<S: Fixture>(bencher: Bencher<'_, '_>) {
    let dir = scratch().unwrap();
    let store = S::create(dir.path()).unwrap();
    bencher.with_inputs(|| fresh(1000)).bench_local_values(|rows| {
        store.write(|conn| rows.iter().try_for_each(|row| row.insert(conn))).unwrap();
    });
}

#[divan::bench(types = [Plain, Sealed], sample_count = 50, sample_size = 4)]
fn durable_small_update<S: Fixture>(bencher: Bencher<'_, '_>) {
    let dir = scratch().unwrap();
    let store = S::create(dir.path()).unwrap();
    let rows = fresh(500);
    records::fill(&store, &rows).unwrap();
    let mut numbers = Numbers::new(3);
    bencher
        .with_inputs(|| (rows[numbers.below(500) as usize].id(), numbers.below(1 << 40)))
        .bench_local_values(|(id, to)| store.write(|conn| records::update(conn, &id, to)).unwrap());
}

#[divan::bench(types = [Plain, Sealed], sample_count = 200, sample_size = 20)]
fn point_read<S: Fixture>(bencher: Bencher<'_, '_>) {
    S::with_filled(|filled| {
        let mut numbers = Numbers::new(4);
        bencher
            .with_inputs(|| filled.ids[numbers.below(RECORDS as u64) as usize])
            .bench_local_values(|id| filled.store.read(|conn| records::point_read(conn, &id)).unwrap());
    });
}

#[divan::bench(types = [Plain, Sealed], sample_count = 50, sample_size = 10)]
fn full_text_search<S: Fixture>(bencher: Bencher<'_, '_>) {
    S::with_filled(|filled| {
        let mut queries = records::queries(5, 500).into_iter().cycle();
        bencher
            .with_inputs(|| queries.next().unwrap())
            .bench_local_values(|query| filled.store.read(|conn| records::search(conn, &query)).unwrap());
    });
}

#[divan::bench(types = [Plain, Sealed], sample_count = 20, sample_size = 1)]
fn scan_of_all_records<S: Fixture>(bencher: Bencher<'_, '_>) {
    S::with_filled(|filled| bencher.bench_local(|| filled.store.read(records::scan).unwrap()));
}

/// The core's own call, with everything it does before the database.
#[divan::bench(sample_count = 50, sample_size = 4)]
fn core_save_incident(bencher: Bencher<'_, '_>) {
    let (dir, mut numbers) = (scratch().unwrap(), Numbers::new(6));
    let amparo = vaults::create(dir.path()).unwrap();
    bencher
        .with_inputs(|| records::content(&mut numbers).unwrap())
        .bench_local_values(|content| amparo.incidents().create(content).unwrap());
}

/// The core's own call, with excerpts, on a vault of a quarter of the records.
#[divan::bench(sample_count = 50, sample_size = 10)]
fn core_search(bencher: Bencher<'_, '_>) {
    let dir = scratch().unwrap();
    let amparo: Amparo = vaults::create(dir.path()).unwrap();
    records::fill(&Sealed(amparo.vault().clone()), &records::rows(1, RECORDS / 4).unwrap()).unwrap();
    let mut queries = records::queries(5, 500).into_iter().cycle();
    bencher
        .with_inputs(|| queries.next().unwrap())
        .bench_local_values(|query| amparo.search().incidents(&query, 20, None).unwrap().hits.len());
}
