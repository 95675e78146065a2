//! What becomes of a database whose files somebody or something has changed: an error, or what had been committed before.
//! Never other data, and nothing deleted by looking.

use std::io::BufRead as _;

use super::*;

/// All rows, or the error that reading them met.
fn rows(database: &mut Database) -> Result<Vec<(i64, String, String)>, DatabaseError> {
    read(database, |c| {
        c.prepare("SELECT id, word, body FROM t ORDER BY id")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
    })
}

fn snapshot(place: &Place) -> Vec<(String, Vec<u8>)> {
    place
        .file_names()
        .into_iter()
        .map(|name| (name.clone(), std::fs::read(place.dir.path().join(name)).unwrap()))
        .collect()
}

/// A database with values longer than a page, closed or as a crash leaves it.
fn sample(size: PageSize, crashed: bool) -> (Place, Vec<(i64, String, String)>) {
    let place = Place::new();
    let mut database = place.create(size);
    fill(&mut database, 12);
    write(&mut database, |tx| tx.execute("UPDATE t SET body = body || ?1 WHERE id = 3", ["long ".repeat(8000)]))
        .unwrap();
    database.checkpoint().unwrap();
    let rows_before = rows(&mut database).unwrap();
    if crashed {
        fill(&mut database, 12);
        let place = place.crashed_copy();
        return (place, rows(&mut database).unwrap());
    }
    database.close().unwrap();
    (place, rows_before)
}

/// Opens and reads everything: the rows, if nothing complained.
fn look(place: &Place, size: PageSize) -> Result<Vec<(i64, String, String)>, DatabaseError> {
    let mut database = place.open(size)?;
    let seen = rows(&mut database)?;
    database.check_integrity(IntegrityCheck::Full)?;
    Ok(seen)
}

#[test]
fn a_wrong_key_changes_nothing() {
    for size in SIZES {
        for crashed in [false, true] {
            let (mut place, expected) = sample(size, crashed);
            let before = snapshot(&place);
            let right = std::mem::replace(&mut place.key, SecretKey::generate().unwrap());
            assert_eq!(place.open(size).unwrap_err(), DatabaseError::Damaged);
            assert_eq!(snapshot(&place), before);
            place.key = right;
            let other_size = if size == PageSize::Kib4 { PageSize::Kib8 } else { PageSize::Kib4 };
            assert_eq!(place.open(other_size).unwrap_err(), DatabaseError::Damaged, "{size:?} {crashed}");
            assert_eq!(snapshot(&place), before);
            assert_eq!(look(&place, size).unwrap(), expected);
        }
    }
}

#[test]
fn every_page_is_authenticated_in_all_its_parts() {
    for size in SIZES {
        let (place, expected) = sample(size, false);
        let good = std::fs::read(place.path()).unwrap();
        let length = usize::from(size.bytes());
        assert!(good.len() / length >= 10);
        for page in 0..good.len() / length {
            for place_in_page in [0, 17, length / 2, length - 41, length - 40, length - 25, length - 24, length - 1] {
                let mut bad = good.clone();
                bad[page * length + place_in_page] ^= 0x40;
                std::fs::write(place.path(), &bad).unwrap();
                assert_eq!(look(&place, size), Err(DatabaseError::Damaged), "page {page}, byte {place_in_page}");
                assert_eq!(std::fs::read(place.path()).unwrap(), bad, "looking changes nothing");
            }
        }
        std::fs::write(place.path(), &good).unwrap();
        assert_eq!(look(&place, size).unwrap(), expected);
    }
}

#[test]
fn pages_do_not_move_vanish_or_come_from_elsewhere() {
    for size in SIZES {
        let (place, _) = sample(size, false);
        let (other, _) = sample(size, false);
        let good = std::fs::read(place.path()).unwrap();
        let foreign = std::fs::read(other.path()).unwrap();
        let length = usize::from(size.bytes());
        let pages = good.len() / length;
        for page in 0..pages {
            let range = page * length..(page + 1) * length;
            let next = (page + 1) % pages;
            let mut swapped = good.clone();
            swapped[range.clone()].copy_from_slice(&good[next * length..(next + 1) * length]);
            swapped[next * length..(next + 1) * length].copy_from_slice(&good[range.clone()]);
            let mut zeroed = good.clone();
            zeroed[range.clone()].fill(0);
            let mut transplanted = good.clone();
            transplanted[range.clone()].copy_from_slice(&foreign[range.clone()]);
            let shortened = good[..range.start].to_vec();
            for (kind, bad) in [(0, swapped), (1, zeroed), (2, transplanted), (3, shortened)] {
                std::fs::write(place.path(), &bad).unwrap();
                assert_eq!(look(&place, size), Err(DatabaseError::Damaged), "page {page}, kind {kind}");
            }
        }
    }
}

#[test]
fn a_page_missing_behind_a_wal_is_an_error_and_not_zeros() {
    // SQLite takes the length from the WAL then, and would read what is missing as zeros.
    for size in SIZES {
        let (place, _) = sample(size, false);
        let mut database = place.open(size).unwrap();
        write(&mut database, |tx| tx.execute("UPDATE t SET word = 'changed' WHERE id = 1", [])).unwrap();
        let crashed = place.crashed_copy();
        drop(database);
        let good = std::fs::read(crashed.path()).unwrap();
        let mut errors = 0;
        for pages in 1..good.len() / usize::from(size.bytes()) {
            std::fs::write(crashed.path(), &good[..pages * usize::from(size.bytes())]).unwrap();
            let wal = std::fs::read(crashed.wal()).unwrap();
            assert_eq!(look(&crashed, size), Err(DatabaseError::Damaged), "{pages} pages");
            errors += 1;
            std::fs::write(crashed.path(), &good).unwrap();
            std::fs::write(crashed.wal(), wal).unwrap();
        }
        assert!(errors > 5);
    }
}

#[test]
fn a_page_torn_while_the_wal_was_written_back_is_repaired_from_it() {
    for size in SIZES {
        let (place, expected) = sample(size, true);
        let good = std::fs::read(place.path()).unwrap();
        // The frames of the last transactions hold page 1 (the file's length changed) and the pages they touched.
        let mut torn = good.clone();
        torn[100..512].fill(0xaa);
        std::fs::write(place.path(), &torn).unwrap();
        assert_eq!(look(&place, size).unwrap(), expected);
    }
}

#[test]
fn a_changed_wal_yields_what_was_committed_before_the_change() {
    for size in SIZES {
        let (place, all) = sample(size, true);
        let (db, wal) = (std::fs::read(place.path()).unwrap(), std::fs::read(place.wal()).unwrap());
        assert_eq!(look(&place.crashed_copy(), size).unwrap(), all);
        let mut states = std::collections::BTreeSet::new();
        let changes = (0..90).map(|i| i * wal.len() / 90).chain([wal.len() - 1]);
        for (number, at) in changes.enumerate() {
            std::fs::write(place.path(), &db).unwrap();
            let mut bad = wal.clone();
            match number % 3 {
                0 => bad[at] ^= 1,
                1 => bad.truncate(at),
                _ => bad[at..].fill(0),
            }
            std::fs::write(place.wal(), &bad).unwrap();
            let mut database = place.open(size).unwrap();
            if number % 3 != 1 {
                assert!(database.dropped_log_bytes() > 0);
            }
            let seen = rows(&mut database).unwrap();
            database.check_integrity(IntegrityCheck::Full).unwrap();
            assert!(seen.len() >= 12 && seen.len() <= all.len(), "what was written back stays");
            assert_eq!(seen, all[..seen.len()]);
            states.insert(seen.len());
            // It works on from there.
            fill(&mut database, 1);
            let again = place.crashed_copy();
            assert_eq!(look(&again, size).unwrap().len(), seen.len() + 1);
            database.close().unwrap();
            assert_eq!(look(&place, size).unwrap().len(), seen.len() + 1);
        }
        assert!(states.len() > 5, "{states:?}");
    }
}

#[test]
fn a_wal_whose_beginning_is_gone_is_reported() {
    let (place, all) = sample(PAGE_SIZE, true);
    let wal = std::fs::read(place.wal()).unwrap();
    let mut bad = wal.clone();
    bad[5] ^= 1;
    std::fs::write(place.wal(), &bad).unwrap();
    let database = place.open(PAGE_SIZE).unwrap();
    assert_eq!(database.dropped_log_bytes(), wal.len() as u64);
    assert_eq!(std::fs::read(place.wal()).unwrap(), bad, "still there for whoever wants to keep it");
    drop(database);
    // With page 1 gone as well nothing proves that the key is the right one: the WAL is not taken for empty.
    let (place, _) = sample(PAGE_SIZE, true);
    let mut db = std::fs::read(place.path()).unwrap();
    db[5] ^= 1;
    std::fs::write(place.path(), db).unwrap();
    std::fs::write(place.wal(), &bad).unwrap();
    let before = snapshot(&place);
    assert_eq!(place.open(PAGE_SIZE).unwrap_err(), DatabaseError::Damaged);
    assert_eq!(snapshot(&place), before);
    assert!(all.len() > 12);
}

#[test]
fn an_emptied_database_does_not_take_its_wal_with_it() {
    let (place, _) = sample(PAGE_SIZE, true);
    std::fs::write(place.path(), b"").unwrap();
    let before = snapshot(&place);
    assert_eq!(place.open(PAGE_SIZE).unwrap_err(), DatabaseError::Damaged);
    assert_eq!(snapshot(&place), before);
}

#[test]
fn damage_while_open_is_an_error() {
    let (place, _) = sample(PAGE_SIZE, false);
    let mut database = place.open(PAGE_SIZE).unwrap();
    let mut bytes = std::fs::read(place.path()).unwrap();
    let length = usize::from(PAGE_SIZE.bytes());
    for page in bytes.chunks_mut(length).skip(1) {
        page[100] ^= 1;
    }
    std::fs::write(place.path(), &bytes).unwrap();
    assert_eq!(rows(&mut database), Err(DatabaseError::Damaged));
    assert_eq!(database.check_integrity(IntegrityCheck::Quick), Err(DatabaseError::Damaged));
    std::fs::write(place.path(), &bytes[..length]).unwrap();
    assert_eq!(rows(&mut database), Err(DatabaseError::Damaged));
}

const CHILD: &str = "AMPARO_TEST_KILLED_CHILD";

/// The writer that [`a_killed_process_loses_nothing_acknowledged`] kills.
#[test]
#[ignore = "started by another test"]
fn killed_child() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let key = SecretKey::take(&mut [7; 32]);
    let path = PathBuf::from(directory).join("db");
    let mut database = Database::open(&path, &key, Options::default())
        .or_else(|_| Database::create(&path, &key, Options::default()))
        .unwrap();
    database.connection.execute_batch("PRAGMA cache_size = 20; PRAGMA wal_autocheckpoint = 40").unwrap();
    write(&mut database, |tx| {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS n(n INTEGER PRIMARY KEY); CREATE TABLE IF NOT EXISTS r(n INT, d BLOB);
             CREATE VIRTUAL TABLE IF NOT EXISTS w USING fts5(b);",
        )
    })
    .unwrap();
    let first = count(&mut database, "n") + 1;
    for n in first..first + 10_000 {
        write(&mut database, |tx| {
            tx.execute("INSERT INTO n VALUES(?1)", [n])?;
            for _ in 0..5 {
                tx.execute("INSERT INTO r VALUES(?1, randomblob(3000))", [n])?;
            }
            tx.execute("INSERT INTO w VALUES('statement ' || ?1)", [n])
        })
        .unwrap();
        println!("acknowledged {n}");
    }
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let place = Place { dir: fast_directory(), key: SecretKey::take(&mut [7; 32]) };
    let mut acknowledged = 0;
    for round in 0..6 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "database::tests::damage::killed_child", "--ignored", "--nocapture"])
            .env(CHILD, place.dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let wanted = acknowledged + 3 + round * 7;
        for line in std::io::BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(n) = line.unwrap().rsplit("acknowledged ").next().and_then(|n| n.parse::<i64>().ok()) {
                acknowledged = n;
                if n == wanted {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        let mut database = place.open(PAGE_SIZE).unwrap();
        database.check_integrity(IntegrityCheck::Full).unwrap();
        let there = count(&mut database, "n");
        assert!(acknowledged >= wanted && there >= acknowledged, "{there} {acknowledged} {wanted}");
        assert_eq!(count(&mut database, "r"), 5 * there);
        assert_eq!(count(&mut database, "w"), there);
        acknowledged = there;
        if round % 2 == 0 {
            database.close().unwrap();
        }
    }
}
