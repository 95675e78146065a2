//! A power loss at any moment: synced data is kept; of the rest every 512-byte piece, every deletion and every truncation may
//! or may not have reached the disk. A third of the images are those of a killed process, which loses nothing written.

use std::collections::{BTreeMap, BTreeSet};

use amparo_crypto::random;

use super::*;
use crate::record::{Op, Tape};

/// Images per page size, unless `AMPARO_CUTS` asks for another number.
const CUTS: usize = 150;
const SECTOR: usize = 512;

/// Random choices, from the operating system; a failure prints the cut and the operations around it.
fn below(limit: usize) -> usize {
    (u64::from_le_bytes(random::array().unwrap()) % limit as u64) as usize
}

fn maybe() -> bool {
    below(2) == 0
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn apply(files: &mut Files, op: &Op) {
    match op {
        Op::Write { file, offset, data } => {
            let bytes = files.entry(file.clone()).or_default();
            let start = *offset as usize;
            bytes.resize(bytes.len().max(start + data.len()), 0);
            bytes[start..start + data.len()].copy_from_slice(data);
        }
        Op::Truncate { file, size } => files.entry(file.clone()).or_default().resize(*size as usize, 0),
        Op::Create { file } => drop(files.entry(file.clone()).or_default()),
        Op::Delete { file } => drop(files.remove(file)),
        Op::Rename { .. } | Op::Sync { .. } | Op::SyncDirectory { .. } | Op::Mark(_) => {}
    }
}

/// The files after the first operations of a tape, and the last mark among them.
fn image(ops: &[Op], power_loss: bool) -> (Files, u64) {
    let mut durable = Files::new();
    let mut pending: BTreeMap<PathBuf, Vec<&Op>> = BTreeMap::new();
    // Files whose name need not be on the disk yet.
    let mut unnamed = BTreeSet::new();
    let mut mark = 0;
    for op in ops {
        match op {
            Op::Mark(number) => mark = *number,
            Op::Write { file, .. } | Op::Truncate { file, .. } | Op::Delete { file } => {
                pending.entry(file.clone()).or_default().push(op);
            }
            Op::Create { file } => {
                unnamed.insert(file.clone());
                pending.entry(file.clone()).or_default().push(op);
            }
            Op::Sync { file } => {
                // A deletion is not the file's data: a sync of a new file of that name does not make it durable, but the
                // new file's data is.
                for op in pending.remove(file).unwrap_or_default() {
                    apply(&mut durable, op);
                }
            }
            Op::SyncDirectory { .. } => {
                unnamed.clear();
                for ops in pending.values_mut() {
                    if let Some(last) = ops.iter().rposition(|op| matches!(op, Op::Delete { .. })) {
                        for op in ops.drain(..=last) {
                            apply(&mut durable, op);
                        }
                    }
                }
            }
            Op::Rename { .. } => panic!("the database renames nothing"),
        }
    }
    for op in pending.into_values().flatten() {
        if !power_loss {
            apply(&mut durable, op);
            continue;
        }
        match op {
            Op::Write { file, offset, data } => {
                let how = below(3);
                let mut start = *offset as usize;
                let end = start + data.len();
                while start < end {
                    let stop = ((start / SECTOR + 1) * SECTOR).min(end);
                    if how == 1 || (how == 2 && maybe()) {
                        let data = data[start - *offset as usize..stop - *offset as usize].to_vec();
                        apply(&mut durable, &Op::Write { file: file.clone(), offset: start as u64, data });
                    }
                    start = stop;
                }
            }
            op if maybe() => apply(&mut durable, op),
            _ => {}
        }
    }
    if power_loss {
        for file in unnamed {
            if maybe() {
                durable.remove(&file);
            }
        }
    }
    (durable, mark)
}

fn rows_of(transaction: i64) -> i64 {
    1 + transaction % 9
}

fn schema(database: &mut Database) {
    write(database, |tx| {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS log(n INTEGER PRIMARY KEY); CREATE TABLE IF NOT EXISTS r(n INT, i INT, d BLOB);
             CREATE INDEX IF NOT EXISTS r_n ON r(n); CREATE TABLE IF NOT EXISTS c(n INT);
             CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(body);
             INSERT INTO c SELECT 0 WHERE NOT EXISTS(SELECT 1 FROM c);",
        )
    })
    .unwrap();
}

fn transact(database: &mut Database, n: i64) {
    write(database, |tx| {
        tx.execute("INSERT INTO log VALUES(?1)", [n])?;
        for i in 0..rows_of(n) {
            let size = 50 + below(9000) as i64;
            tx.execute("INSERT INTO r VALUES(?1, ?2, randomblob(?3))", (n, i, size))?;
            if below(5) == 0 {
                tx.execute_batch("SAVEPOINT s")?;
                tx.execute("UPDATE r SET d = zeroblob(9000) WHERE n BETWEEN ?1 - 6 AND ?1 - 1", [n])?;
                tx.execute_batch("ROLLBACK TO s; RELEASE s")?;
            }
        }
        tx.execute("INSERT INTO f VALUES(?1)", [format!("txnword{n} {}", "lorem ipsum dolor ".repeat(20))])?;
        tx.execute("DELETE FROM r WHERE n = ?1", [n - 25])?;
        tx.execute("UPDATE c SET n = ?1", [n])
    })
    .unwrap();
}

/// The last transaction that is there; all before it must be, and it must be whole.
fn verify(database: &mut Database) -> i64 {
    database.check_integrity(IntegrityCheck::Full).unwrap();
    if count(database, "sqlite_schema WHERE name = 'c'") == 0 {
        return 0;
    }
    let last: i64 = read(database, |c| c.query_row("SELECT n FROM c", [], |row| row.get(0))).unwrap();
    assert_eq!((count(database, "log"), count(database, &format!("log WHERE n = {last}"))), (last, last.min(1)));
    for n in (last - 24).max(1)..=last {
        assert_eq!(count(database, &format!("r WHERE n = {n}")), rows_of(n), "transaction {n} of {last}");
        assert_eq!(count(database, &format!("f WHERE f MATCH 'txnword{n}'")), 1);
    }
    last
}

#[test]
fn no_power_loss_takes_what_was_acknowledged() {
    for size in SIZES {
        let place = Place::new();
        let tape = Tape::new(place.dir.path()).unwrap();
        let mut options = options(size);
        options.observers.tape = Some(tape.clone());
        let mut n = 0;
        for session in 0..3 {
            let mut database = if session == 0 {
                Database::create(&place.path(), &place.key, options.clone()).unwrap()
            } else {
                Database::open(&place.path(), &place.key, options.clone()).unwrap()
            };
            database.connection.execute_batch("PRAGMA cache_size = 12; PRAGMA wal_autocheckpoint = 60").unwrap();
            schema(&mut database);
            for _ in 0..30 {
                n += 1;
                transact(&mut database, n);
                tape.mark(n as u64);
            }
            if session < 2 {
                database.close().unwrap();
            }
        }
        let ops = tape.ops();
        let counts = |f: fn(&Op) -> bool| ops.iter().filter(|op| f(op)).count();
        assert!(counts(|op| matches!(op, Op::Sync { .. })) > 90);
        assert!(counts(|op| matches!(op, Op::Delete { .. })) >= 2);
        let mut seen = BTreeSet::new();
        let cuts = std::env::var("AMPARO_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(CUTS);
        for cut in 0..cuts {
            let end = 1 + below(ops.len());
            let power_loss = cut % 3 != 0;
            let (files, mark) = image(&ops[..end], power_loss);
            let crashed = Place { dir: fast_directory(), key: place.key.clone() };
            for (name, bytes) in &files {
                std::fs::write(crashed.dir.path().join(name), bytes).unwrap();
            }
            let about = format!("{size:?}, cut {end} of {}, power loss {power_loss}, mark {mark}", ops.len());
            let mut database = match crashed.open(size) {
                Ok(database) => database,
                // The creation itself was cut short.
                Err(DatabaseError::Missing | DatabaseError::Damaged) if mark == 0 => continue,
                Err(error) => panic!("{error:?}: {about}"),
            };
            let last = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| verify(&mut database)));
            let last =
                last.unwrap_or_else(|_| panic!("{about}, before: {:?}", brief(&ops[end.saturating_sub(6)..end])));
            assert!(last >= mark as i64, "lost {mark}, found {last}: {about}");
            seen.insert(last);
            // It works on, and what it does then survives as well.
            schema(&mut database);
            transact(&mut database, last + 1);
            database.close().unwrap();
            assert_eq!(verify(&mut crashed.open(size).unwrap()), last + 1);
        }
        assert!(seen.len() > 20, "{seen:?}");
    }
}

fn brief(ops: &[Op]) -> Vec<String> {
    ops.iter()
        .map(|op| match op {
            Op::Write { file, offset, data } => format!("write {} bytes to {} at {offset}", data.len(), file.display()),
            other => format!("{other:?}"),
        })
        .collect()
}
