//! A disk that is full or broken at any one moment: what was acknowledged stays, nothing is half, and work goes on once the
//! disk allows it.

use std::sync::Arc;

use super::*;
use crate::vfs::faults::{Failure, Faults};

fn with_faults(faults: &Arc<Faults>) -> Options {
    let mut options = Options::default();
    options.observers.faults = Some(Arc::clone(faults));
    options
}

fn prepare(database: &mut Database) {
    // Little memory and many checkpoints, so that every kind of write happens in a few transactions.
    database.connection.execute_batch("PRAGMA cache_size = 4; PRAGMA wal_autocheckpoint = 12").unwrap();
}

fn schema(database: &mut Database) {
    write(database, |tx| {
        tx.execute_batch(
            "CREATE TABLE n(n INTEGER PRIMARY KEY); CREATE TABLE r(n INT, i INT, d TEXT); CREATE INDEX r_n ON r(n);
             CREATE VIRTUAL TABLE w USING fts5(b);",
        )
    })
    .unwrap();
}

/// Transaction `n`: several rows with a rolled-back part, an update of older ones, a word.
fn transact(database: &mut Database, n: i64) -> Result<(), DatabaseError> {
    write(database, |tx| {
        tx.execute("INSERT INTO n VALUES(?1)", [n])?;
        for i in 0..4 {
            tx.execute("INSERT INTO r VALUES(?1, ?2, ?3)", (n, i, format!("{n}-{i} ").repeat(700)))?;
        }
        tx.execute_batch("SAVEPOINT s; UPDATE r SET d = d || 'x'; ROLLBACK TO s; RELEASE s;")?;
        tx.execute("UPDATE r SET d = d || ?1 WHERE n = ?2", (format!("+{n}"), n - 2))?;
        tx.execute("INSERT INTO w VALUES(?1)", [format!("word{n}")])?;
        Ok(())
    })
}

/// Every transaction is there whole or not at all; all in `acknowledged` are. Returns which are there.
fn verify(database: &mut Database, acknowledged: &[i64]) -> Vec<i64> {
    database.check_integrity(IntegrityCheck::Full).unwrap();
    let there: Vec<i64> =
        read(database, |c| c.prepare("SELECT n FROM n ORDER BY n")?.query_map([], |row| row.get(0))?.collect())
            .unwrap();
    for n in acknowledged {
        assert!(there.contains(n), "lost {n}: {there:?} of {acknowledged:?}");
    }
    for n in &there {
        let expected: Vec<String> = (0..4)
            .map(|i| {
                let later = if there.contains(&(n + 2)) { format!("+{}", n + 2) } else { String::new() };
                format!("{}{later}", format!("{n}-{i} ").repeat(700))
            })
            .collect();
        let actual: Vec<String> = read(database, |c| {
            c.prepare("SELECT d FROM r WHERE n = ?1 ORDER BY i")?.query_map([n], |row| row.get(0))?.collect()
        })
        .unwrap();
        assert!(actual == expected, "transaction {n} is not whole");
        assert_eq!(count(database, &format!("w WHERE w MATCH 'word{n}'")), 1);
    }
    assert_eq!(count(database, "r"), 4 * there.len() as i64);
    assert_eq!(count(database, "w"), there.len() as i64);
    there
}

/// Runs the workload with one fault after `left` operations. Returns whether the fault happened.
fn run(left: u64, failure: Failure, lasting: bool) -> bool {
    let place = Place::new();
    let faults = Arc::new(Faults::default());
    let mut database = Database::create(&place.path(), &place.key, with_faults(&faults)).unwrap();
    prepare(&mut database);
    schema(&mut database);
    let mut acknowledged = Vec::new();
    faults.plan(left, failure, lasting);
    let mut failed = 0;
    for n in 1..=6 {
        match transact(&mut database, n) {
            Ok(()) => acknowledged.push(n),
            Err(DatabaseError::StorageFull | DatabaseError::Io { .. }) => failed += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    // While the disk fails, what there is can be read.
    let now: i64 = count(&mut database, "n");
    assert!(now >= acknowledged.len() as i64);
    let crashed = place.crashed_copy();
    let fired = faults.stop();

    // In the same session, without opening again, the disk works again.
    for n in 101..=103 {
        transact(&mut database, n).unwrap();
    }
    let mut all = acknowledged.clone();
    all.extend(101..=103);
    let there = verify(&mut database, &all);
    assert_eq!(there.len() as i64, now + 3, "a transaction that failed does not come back while the database is open");
    // A crash now, a crash back then, and a clean end.
    verify(&mut place.crashed_copy().open(PAGE_SIZE).unwrap(), &all);
    verify(&mut crashed.open(PAGE_SIZE).unwrap(), &acknowledged);
    database.close().unwrap();
    let mut database = place.open(PAGE_SIZE).unwrap();
    assert_eq!(verify(&mut database, &all), there);
    // A failed checkpoint is no failed transaction, so not every fault makes one fail.
    assert!(fired || failed == 0);
    fired
}

fn every_moment(failure: Failure, lasting: bool) {
    // Every operation of the first transactions, then every few; another few for every kind of failure.
    let mut left = 0;
    while run(left, failure, lasting) {
        left += if left < 30 { 1 } else { 23 + failure as u64 };
    }
    assert!(left > 90, "the workload has {left} operations only");
}

#[test]
fn a_full_disk_for_one_moment() {
    every_moment(Failure::Full, false);
}

#[test]
fn a_full_disk_in_the_middle_of_a_write() {
    every_moment(Failure::FullHalfWay, false);
}

#[test]
fn a_full_disk_that_stays_full() {
    every_moment(Failure::FullHalfWay, true);
}

#[test]
fn an_io_error() {
    every_moment(Failure::Error, false);
}

#[test]
fn an_io_error_for_what_was_written_after_all() {
    every_moment(Failure::ErrorAfterwards, false);
}

#[test]
fn io_errors_that_stay() {
    every_moment(Failure::Error, true);
}

#[test]
fn creation_under_faults_leaves_nothing_or_a_database() {
    for failure in [Failure::Full, Failure::FullHalfWay, Failure::Error, Failure::ErrorAfterwards] {
        for left in 0.. {
            let place = Place::new();
            let faults = Arc::new(Faults::default());
            faults.plan(left, failure, false);
            let created = Database::create(&place.path(), &place.key, with_faults(&faults));
            let fired = faults.stop();
            match created {
                Ok(mut database) => {
                    schema(&mut database);
                    transact(&mut database, 1).unwrap();
                    database.close().unwrap();
                    verify(&mut place.open(PAGE_SIZE).unwrap(), &[1]);
                }
                Err(error) => {
                    assert!(
                        fired && matches!(error, DatabaseError::StorageFull | DatabaseError::Io { .. }),
                        "{error:?}"
                    );
                    assert!(place.file_names().is_empty());
                }
            }
            if !fired {
                assert!(left > 4, "creation has {left} operations only");
                break;
            }
        }
    }
}

#[test]
fn closing_on_a_failing_disk_keeps_everything() {
    for failure in [Failure::Full, Failure::FullHalfWay, Failure::Error, Failure::ErrorAfterwards] {
        for left in 0.. {
            let place = Place::new();
            let faults = Arc::new(Faults::default());
            let mut database = Database::create(&place.path(), &place.key, with_faults(&faults)).unwrap();
            schema(&mut database);
            for n in 1..=3 {
                transact(&mut database, n).unwrap();
            }
            faults.plan(left, failure, true);
            let closed = database.close();
            let fired = faults.stop();
            assert_eq!(closed.is_err(), fired, "a definite answer");
            let mut database = place.open(PAGE_SIZE).unwrap();
            assert_eq!(verify(&mut database, &[1, 2, 3]), [1, 2, 3]);
            if !fired {
                break;
            }
        }
    }
}

#[test]
fn a_panic_in_a_callback_is_an_error_and_loses_nothing() {
    for left in 0..12 {
        let place = Place::new();
        let faults = Arc::new(Faults::default());
        let mut database = Database::create(&place.path(), &place.key, with_faults(&faults)).unwrap();
        prepare(&mut database);
        schema(&mut database);
        transact(&mut database, 1).unwrap();
        faults.plan(left, Failure::Panic, false);
        assert!(matches!(transact(&mut database, 2), Err(DatabaseError::Io { .. })));
        // Nobody knows in which state the file's bookkeeping was left: nothing more is written through it.
        assert!(transact(&mut database, 3).is_err());
        assert!(database.close().is_err());
        assert_eq!(verify(&mut place.open(PAGE_SIZE).unwrap(), &[1]), [1]);
    }
}
