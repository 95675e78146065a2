//! The measurement behind `docs/decisions/0001-page-size.md`, repeatable:
//! `AMPARO_MEASURE_DIR=<directory> cargo test --release -p amparo-vault --lib measure -- --ignored --nocapture`
//!
//! Incident-like records of about 2 KB with a full-text index, in both page sizes, in turns; medians. What may not happen
//! here: an assertion on time.

use std::time::Instant;

use super::*;

const RECORDS: usize = 8000;
const ROUNDS: usize = 5;

/// A small generator of the same numbers in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn words(&mut self, bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            // Words as frequent as in a language: low numbers often.
            let rank = self.next(3000).min(self.next(3000)).min(self.next(3000));
            text.push_str(&format!("w{rank:x}o{} ", rank % 7));
        }
        text
    }

    /// About 2 KB of JSON: coded fields, a few persons, a narrative.
    fn incident(&mut self) -> (String, String) {
        let length = 600 + self.next(2000) as usize;
        let narrative = self.words(length);
        let persons: Vec<String> = (0..1 + self.next(3))
            .map(|_| format!(r#"{{"name":"{}","role":"victim","contact":"{}"}}"#, self.words(20), self.words(24)))
            .collect();
        let json = format!(
            r#"{{"schema":1,"acts":["arbitrary_detention","threat"],"perpetrators":["state_agent"],"place":"{}","persons":[{}],"needs":["legal","medical"],"narrative":"{narrative}"}}"#,
            self.words(40),
            persons.join(",")
        );
        (json, narrative)
    }
}

const SCHEMA: &str = "
    CREATE TABLE incident(id BLOB PRIMARY KEY NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE INDEX incident_at ON incident(at);
    CREATE VIRTUAL TABLE search USING fts5(narrative, content='', contentless_delete=1);
    INSERT INTO search(search, rank) VALUES('secure-delete', 1);";

fn insert(tx: &Transaction<'_>, numbers: &mut Numbers) -> rusqlite::Result<usize> {
    let (json, narrative) = numbers.incident();
    let id = [numbers.next(u64::MAX).to_be_bytes(), numbers.next(u64::MAX).to_be_bytes()].concat();
    let at = numbers.next(1 << 40) as i64;
    tx.prepare_cached("INSERT INTO incident VALUES(?1, ?2, 'draft', ?3)")?.execute((id, at, json))?;
    let row = tx.last_insert_rowid();
    tx.prepare_cached("INSERT INTO search(rowid, narrative) VALUES(?1, ?2)")?.execute((row, narrative))
}

/// Milliseconds of each step, then bytes.
fn run(directory: &Path, page_size: PageSize) -> Vec<(&'static str, f64)> {
    let place = Place { dir: TempDir::new_in(directory).unwrap(), key: SecretKey::generate().unwrap() };
    let mut numbers = Numbers(1);
    let mut out = Vec::new();
    let mut database = place.create(page_size);
    write(&mut database, |tx| tx.execute_batch(SCHEMA)).unwrap();

    let start = Instant::now();
    for _ in 0..RECORDS / 100 {
        write(&mut database, |tx| (0..100).try_for_each(|_| insert(tx, &mut numbers).map(drop))).unwrap();
    }
    database.checkpoint().unwrap();
    out.push(("bulk insert, 100 a transaction", start.elapsed().as_secs_f64() * 1e6 / RECORDS as f64));

    let start = Instant::now();
    for _ in 0..400 {
        write(&mut database, |tx| insert(tx, &mut numbers)).unwrap();
    }
    out.push(("single durable insert", start.elapsed().as_secs_f64() * 1e6 / 400.0));

    database.checkpoint().unwrap();
    for _ in 0..20 {
        write(&mut database, |tx| insert(tx, &mut numbers)).unwrap();
    }
    let wal = std::fs::metadata(place.wal()).unwrap().len() as f64;
    out.push(("KiB written to the WAL for a single insert", wal / 20.0 / 1024.0));

    let ids: Vec<Vec<u8>> = read(&mut database, |c| {
        c.prepare("SELECT id FROM incident ORDER BY at LIMIT 4000")?.query_map([], |row| row.get(0))?.collect()
    })
    .unwrap();
    database.checkpoint().unwrap();
    let start = Instant::now();
    for id in ids.iter().take(400) {
        write(&mut database, |tx| tx.execute("UPDATE incident SET status = 'final' WHERE id = ?1", [id])).unwrap();
    }
    out.push(("single small update", start.elapsed().as_secs_f64() * 1e6 / 400.0));
    database.checkpoint().unwrap();
    for id in ids.iter().rev().take(40) {
        write(&mut database, |tx| tx.execute("UPDATE incident SET status = 'final' WHERE id = ?1", [id])).unwrap();
    }
    let wal = std::fs::metadata(place.wal()).unwrap().len() as f64;
    out.push(("KiB written to the WAL for a small update", wal / 40.0 / 1024.0));

    database.close().unwrap();
    out.push((
        "bytes of file a record",
        std::fs::metadata(place.path()).unwrap().len() as f64 / (RECORDS + 420) as f64,
    ));

    let start = Instant::now();
    let mut database = place.open(page_size).unwrap();
    out.push(("open", start.elapsed().as_secs_f64() * 1e6));
    let start = Instant::now();
    let total: i64 =
        read(&mut database, |c| c.query_row("SELECT sum(length(body)) FROM incident", [], |row| row.get(0))).unwrap();
    assert!(total > RECORDS as i64 * 1000);
    out.push(("scan of all bodies, a record", start.elapsed().as_secs_f64() * 1e6 / RECORDS as f64));

    database.connection.execute_batch("PRAGMA cache_size = -2000").unwrap();
    let start = Instant::now();
    for id in &ids {
        let body: String = read(&mut database, |c| {
            c.prepare_cached("SELECT body FROM incident WHERE id = ?1")?.query_row([id], |row| row.get(0))
        })
        .unwrap();
        assert!(body.len() > 500);
    }
    out.push(("point read, 2 MB of cache", start.elapsed().as_secs_f64() * 1e6 / ids.len() as f64));

    let start = Instant::now();
    for query in 0..200 {
        let word = format!("w{:x}o{} ", 400 + query, (400 + query) % 7);
        let sql = "SELECT count(*) FROM search WHERE search MATCH ?1";
        let found: i64 = read(&mut database, |c| c.prepare_cached(sql)?.query_row([word], |row| row.get(0))).unwrap();
        assert!(found > 0);
    }
    out.push(("full-text query, 2 MB of cache", start.elapsed().as_secs_f64() * 1e6 / 200.0));
    database.close().unwrap();
    out
}

#[test]
#[ignore = "a measurement, not a test"]
fn page_sizes() {
    let directory = std::env::var_os("AMPARO_MEASURE_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let mut results: [Vec<Vec<(&str, f64)>>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (results, size) in results.iter_mut().zip(SIZES) {
            results.push(run(&directory, size));
        }
    }
    let median = |runs: &[Vec<(&'static str, f64)>], step: usize| {
        let mut values: Vec<f64> = runs.iter().map(|run| run[step].1).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("| µs unless named | 4096 | 8192 | ratio |");
    for step in 0..results[0][0].len() {
        let (four, eight) = (median(&results[0], step), median(&results[1], step));
        println!("| {} | {four:.1} | {eight:.1} | {:.2} |", results[0][0][step].0, eight / four);
    }
}
