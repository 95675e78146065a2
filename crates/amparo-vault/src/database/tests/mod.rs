//! The database as a whole: settings, migrations, transactions, and in the submodules damage, faults and power loss.

mod damage;
mod differential;
mod faults;
mod format;
mod measure;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(feature = "record-writes")]
mod power_loss;

use std::path::Path;

use tempfile::TempDir;

use super::*;

const SIZES: [PageSize; 2] = [PageSize::Kib4, PageSize::Kib8];

fn options(page_size: PageSize) -> Options {
    Options { page_size, ..Options::default() }
}

/// A directory, a path in it and a key.
pub(super) struct Place {
    pub(super) dir: TempDir,
    pub(super) key: SecretKey,
}

/// A directory in memory where there is such a place: these tests sync many thousands of times.
fn fast_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

impl Place {
    fn new() -> Self {
        Self { dir: fast_directory(), key: SecretKey::generate().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("db")
    }

    fn wal(&self) -> PathBuf {
        self.dir.path().join("db-wal")
    }

    fn create(&self, page_size: PageSize) -> Database {
        Database::create(&self.path(), &self.key, options(page_size)).unwrap()
    }

    fn open(&self, page_size: PageSize) -> Result<Database, DatabaseError> {
        Database::open(&self.path(), &self.key, options(page_size))
    }

    /// What a crash of the process leaves: a copy of the files while the database is open.
    fn crashed_copy(&self) -> Self {
        let copy = Self { dir: fast_directory(), key: self.key.clone() };
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.dir.path().join(entry.file_name())).unwrap();
        }
        copy
    }

    fn file_names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// `write` with the database's own errors.
fn write<T>(
    database: &mut Database,
    f: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> Result<T, DatabaseError> {
    database.write(|tx| Ok(f(tx)?))
}

fn read<T>(database: &mut Database, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, DatabaseError> {
    database.read(|connection| Ok(f(connection)?))
}

fn count(database: &mut Database, table: &str) -> i64 {
    read(database, |c| c.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))).unwrap()
}

/// A table, an index and a full-text index, filled with `rows` rows of about a kilobyte.
fn fill(database: &mut Database, rows: i64) {
    write(database, |tx| {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, word TEXT, body TEXT);
             CREATE INDEX IF NOT EXISTS t_word ON t(word);
             CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(body);
             INSERT INTO f(f, rank) VALUES('secure-delete', 1);",
        )
    })
    .unwrap();
    for row in 0..rows {
        write(database, |tx| {
            let body = format!("marker{row} {}", "witness statement ".repeat(60));
            tx.execute("INSERT INTO t(word, body) VALUES(?1, ?2)", (format!("marker{row}"), &body))?;
            tx.execute("INSERT INTO f(body) VALUES(?1)", [&body])
        })
        .unwrap();
    }
}

fn contains(path: &Path, needle: &[u8]) -> bool {
    std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
}

#[test]
fn survives_closing_and_leaves_one_private_file() {
    for size in SIZES {
        let place = Place::new();
        let mut database = place.create(size);
        fill(&mut database, 50);
        assert_eq!(place.file_names(), ["db", "db-wal"]);
        database.close().unwrap();
        assert_eq!(place.file_names(), ["db"]);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(place.path()).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::metadata(place.path()).unwrap().len() % u64::from(size.bytes()), 0);

        let mut database = place.open(size).unwrap();
        assert_eq!(database.dropped_log_bytes(), 0);
        database.check_integrity(IntegrityCheck::Full).unwrap();
        assert_eq!(count(&mut database, "t"), 50);
        assert_eq!(count(&mut database, "f WHERE f MATCH 'marker7'"), 1);
        database.close().unwrap();
    }
}

#[test]
fn nothing_plaintext_reaches_the_disk() {
    for size in SIZES {
        let place = Place::new();
        let mut database = place.create(size);
        fill(&mut database, 60);
        // More than the memory for pages: SQLite spills in the middle of the transaction.
        write(&mut database, |tx| {
            tx.execute_batch("PRAGMA cache_size = 10; CREATE TEMP TABLE x AS SELECT * FROM t ORDER BY body DESC;")?;
            tx.execute("INSERT INTO t(word, body) SELECT word, body || ' again' FROM x", [])
        })
        .unwrap();
        let needles: [&[u8]; 7] = [
            b"SQLite format 3",
            b"marker",
            b"witness",
            b"CREATE TABLE",
            b"t_word",
            &[0x37, 0x7f, 0x06, 0x82],
            &[0x37, 0x7f, 0x06, 0x83],
        ];
        for needle in needles {
            assert!(!contains(&place.wal(), needle), "{needle:?}");
            assert!(!contains(&place.path(), needle), "{needle:?}");
        }
        assert!(std::fs::metadata(place.wal()).unwrap().len() > 100_000);
        assert_eq!(place.file_names(), ["db", "db-wal"]);
        database.close().unwrap();
        for needle in needles {
            assert!(!contains(&place.path(), needle), "{needle:?}");
        }
        // Uniform bytes: chi-square over byte values, 255 degrees of freedom; 400 has a chance of about one in 10^8.
        let bytes = std::fs::read(place.path()).unwrap();
        let expected = bytes.len() as f64 / 256.0;
        let mut counts = [0u64; 256];
        bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        let chi: f64 = counts.iter().map(|n| (*n as f64 - expected).powi(2) / expected).sum();
        assert!(chi < 400.0, "{chi}");
    }
}

#[test]
fn a_journal_is_sealed_too() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 20);
    read(&mut database, |c| c.query_row("PRAGMA journal_mode = TRUNCATE", [], |_| Ok(()))).unwrap();
    database.connection.execute_batch("BEGIN; PRAGMA cache_size = 5; UPDATE t SET body = body || 'x';").unwrap();
    let journal = place.dir.path().join("db-journal");
    assert!(std::fs::metadata(&journal).unwrap().len() > 10_000);
    for needle in [b"marker".as_slice(), b"witness", &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]] {
        assert!(!contains(&journal, needle) && !contains(&place.path(), needle));
    }
    // Hot: rolled back by the next to open it.
    let crashed = place.crashed_copy();
    let mut after = crashed.open(PAGE_SIZE).unwrap();
    after.check_integrity(IntegrityCheck::Full).unwrap();
    assert_eq!(count(&mut after, "t WHERE body LIKE '%x'"), 0);
    assert_eq!(count(&mut after, "t"), 20);
    database.connection.execute_batch("ROLLBACK").unwrap();
    database.check_integrity(IntegrityCheck::Full).unwrap();
}

#[test]
fn recovers_what_was_committed_before_a_crash() {
    for size in SIZES {
        let place = Place::new();
        let mut database = place.create(size);
        fill(&mut database, 30);
        database.connection.execute_batch("BEGIN; DELETE FROM t;").unwrap();
        let crashed = place.crashed_copy();
        let mut after = crashed.open(size).unwrap();
        assert_eq!(after.dropped_log_bytes(), 0);
        after.check_integrity(IntegrityCheck::Full).unwrap();
        assert_eq!(count(&mut after, "t"), 30);
        fill(&mut after, 5);
        let again = crashed.crashed_copy();
        after.close().unwrap();
        assert_eq!(count(&mut again.open(size).unwrap(), "t"), 35);
        assert_eq!(count(&mut crashed.open(size).unwrap(), "t"), 35);
    }
}

#[test]
fn leaked_statements_do_not_keep_keys() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 3);
    std::mem::forget(database.connection.prepare("SELECT * FROM t").unwrap());
    let leaked = unsafe_handle_for_later_use(&database);
    assert_eq!(database.close(), Err(DatabaseError::InUse));
    drop(leaked);
    // SQLite still has the file and its lock; the process can do nothing with them.
    assert_eq!(place.open(PAGE_SIZE).unwrap_err(), DatabaseError::InUse);
}

/// Nothing of a leaked connection can be reached from safe code; only its interrupt handle outlives it.
fn unsafe_handle_for_later_use(database: &Database) -> rusqlite::InterruptHandle {
    database.connection.get_interrupt_handle()
}

#[test]
fn a_second_opener_is_told_that_it_is_in_use() {
    let place = Place::new();
    let database = place.create(PAGE_SIZE);
    assert_eq!(place.open(PAGE_SIZE).unwrap_err(), DatabaseError::InUse);
    drop(database);
    place.open(PAGE_SIZE).unwrap().close().unwrap();
}

#[test]
fn creation_does_not_overwrite_and_opening_does_not_create() {
    let place = Place::new();
    assert_eq!(place.open(PAGE_SIZE).unwrap_err(), DatabaseError::Missing);
    assert!(place.file_names().is_empty());
    std::fs::write(place.path(), b"").unwrap();
    assert_eq!(place.open(PAGE_SIZE).unwrap_err(), DatabaseError::Damaged);
    let exists = Database::create(&place.path(), &place.key, Options::default()).unwrap_err();
    assert_eq!(exists, DatabaseError::Exists);
    let nowhere = place.dir.path().join("no/such/db");
    assert_eq!(Database::create(&nowhere, &place.key, Options::default()).unwrap_err(), DatabaseError::Missing);
}

#[test]
fn odd_names_are_just_names() {
    let place = Place::new();
    for name in ["file:x?vfs=unix", "a b%20c?d#e", "ñandú"] {
        let path = place.dir.path().join(name);
        let mut database = Database::create(&path, &place.key, Options::default()).unwrap();
        fill(&mut database, 2);
        assert!(!contains(&path, b"SQLite format 3"));
        let copy = place.dir.path().join(format!("{name} copy"));
        database.copy_to(&copy, &place.key).unwrap();
        database.close().unwrap();
        Database::open(&copy, &place.key, Options::default()).unwrap().close().unwrap();
    }
}

#[test]
fn temporary_files_and_attached_databases_are_refused() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 400);
    for attach in ["ATTACH 'other' AS o", "ATTACH ':memory:' AS o", "ATTACH '' AS o", "ATTACH 'file:p?vfs=unix' AS o"] {
        assert!(database.connection.execute_batch(attach).is_err(), "{attach}");
    }
    let vacuum = format!("VACUUM INTO 'file:{}/plain?vfs=unix'", place.dir.path().display());
    assert!(database.connection.execute_batch(&vacuum).is_err());

    // Sorting and temporary tables in memory are fine; once they need a file they fail.
    let big =
        "CREATE TEMP TABLE IF NOT EXISTS big AS SELECT a.body || b.body AS x FROM t a, t b LIMIT 20000; SELECT 1;";
    database
        .connection
        .execute_batch("PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 10; PRAGMA cache_size = 10")
        .unwrap();
    let error: DatabaseError = database.connection.execute_batch(big).unwrap_err().into();
    assert!(matches!(error, DatabaseError::Io { .. }), "{error:?}");
    assert_eq!(place.file_names(), ["db", "db-wal"]);
    database.check_integrity(IntegrityCheck::Full).unwrap();
    assert_eq!(count(&mut database, "t"), 400);
}

#[test]
fn a_vacuum_in_place_stays_sealed() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 100);
    write(&mut database, |tx| tx.execute("DELETE FROM t WHERE id % 2", [])).unwrap();
    // It attaches a database for its own use, which is a temporary one, in memory.
    assert!(database.connection.execute_batch("VACUUM").is_err());
    assert_eq!(vfs::limit_attached(&database.connection, 1), 1);
    database.connection.execute_batch("VACUUM").unwrap();
    assert_eq!(place.file_names(), ["db", "db-wal"]);
    assert!(!contains(&place.wal(), b"witness"));
    database.check_integrity(IntegrityCheck::Full).unwrap();
    database.close().unwrap();
    assert_eq!(count(&mut place.open(PAGE_SIZE).unwrap(), "t"), 50);
}

#[test]
fn a_copy_under_another_key_has_everything_and_opens_with_that_key_only() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 40);
    let other = SecretKey::generate().unwrap();
    let path = place.dir.path().join("copy");
    database.copy_to(&path, &other).unwrap();
    assert_eq!(place.file_names(), ["copy", "db", "db-wal"]);
    assert!(!contains(&path, b"witness") && !contains(&path, b"SQLite format"));
    assert_eq!(database.copy_to(&path, &other), Err(DatabaseError::Exists));
    assert!(database.connection.execute_batch("ATTACH ':memory:' AS o").is_err());
    assert_eq!(Database::open(&path, &place.key, Options::default()).unwrap_err(), DatabaseError::Damaged);
    let mut copy = Database::open(&path, &other, Options::default()).unwrap();
    copy.check_integrity(IntegrityCheck::Full).unwrap();
    assert_eq!(count(&mut copy, "t"), 40);
    assert_eq!(count(&mut copy, "f WHERE f MATCH 'marker7'"), 1);
}

#[test]
fn a_setting_that_would_weaken_the_file_fails_closed() {
    // Without the reserved tail there is no room for nonce and tag: nothing is written.
    let place = Place::new();
    std::fs::write(place.path(), b"").unwrap();
    let path = place.path().canonicalize().unwrap();
    for (registered, asked, reserve) in
        [(PageSize::Kib8, 8192, false), (PageSize::Kib8, 4096, true), (PageSize::Kib4, 8192, true)]
    {
        let registration = Registration::new(&path, &place.key, registered, Observers::default()).unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags_and_vfs(&path, flags, registration.name()).unwrap();
        if reserve {
            vfs::reserve_page_tail(&connection).unwrap();
        }
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE").unwrap();
        connection.pragma_update(None, "page_size", asked).unwrap();
        assert!(connection.execute_batch("CREATE TABLE marker(x); INSERT INTO marker VALUES('marker')").is_err());
        drop(connection);
        drop(registration);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0, "{registered:?} {asked} {reserve}");
    }
    // Without exclusive locking SQLite would need shared memory for the WAL, which the VFS does not have.
    let registration = Registration::new(&path, &place.key, PageSize::Kib8, Observers::default()).unwrap();
    let connection =
        Connection::open_with_flags_and_vfs(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, registration.name()).unwrap();
    vfs::reserve_page_tail(&connection).unwrap();
    connection.pragma_update(None, "page_size", 8192).unwrap();
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
    assert_ne!(mode, "wal");
}

#[test]
fn the_vfs_serves_its_own_path_only_and_goes_with_its_registration() {
    let place = Place::new();
    place.create(PAGE_SIZE).close().unwrap();
    let path = place.path().canonicalize().unwrap();
    let registration = Registration::new(&path, &place.key, PAGE_SIZE, Observers::default()).unwrap();
    let name = registration.name().to_owned();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let other = place.dir.path().join("other");
    assert!(Connection::open_with_flags_and_vfs(&other, flags, name.as_c_str()).is_err());
    assert!(!other.exists());
    let connection = Connection::open_with_flags_and_vfs(&path, flags, name.as_c_str()).unwrap();
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE").unwrap();
    assert!(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).is_ok());
    drop(registration);
    // Open files fail without keys, new ones are not found.
    assert!(connection.execute_batch("CREATE TABLE x(y)").is_err());
    assert!(Connection::open_with_flags_and_vfs(&path, flags, name.as_c_str()).is_err());
}

#[test]
fn migrations_run_once_in_order_and_a_newer_schema_is_refused() {
    const OLD: Component = Component { name: "a", steps: &["CREATE TABLE a1(x) STRICT; -- wrong: no type"] };
    const ONE: Component = Component { name: "a", steps: &["CREATE TABLE a1(x TEXT) STRICT;"] };
    const TWO: Component = Component {
        name: "a",
        steps: &[
            "CREATE TABLE a1(x TEXT) STRICT;",
            "ALTER TABLE a1 ADD COLUMN y TEXT; INSERT INTO a1 VALUES('1', '2');",
        ],
    };
    const OTHER: Component = Component { name: "b", steps: &["CREATE TABLE b1(x TEXT) STRICT;"] };
    const COMMITS: Component = Component { name: "c", steps: &["CREATE TABLE c1(x TEXT) STRICT; COMMIT;"] };

    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    assert!(database.migrate(&[OTHER, OLD]).is_err());
    assert_eq!(count(&mut database, "schema_version"), 1, "the failed step left nothing, the one before it stays");
    database.migrate(&[OTHER, ONE]).unwrap();
    database.migrate(&[OTHER, ONE]).unwrap();
    database.migrate(&[TWO]).unwrap();
    database.migrate(&[TWO, OTHER]).unwrap();
    assert_eq!(count(&mut database, "a1"), 1);
    let newer = DatabaseError::NewerSchema { component: "a", found: 2, known: 1 };
    assert_eq!(database.migrate(&[ONE]), Err(newer));
    assert_eq!(database.migrate(&[COMMITS]), Err(DatabaseError::Migration { component: "c", version: 1 }));
    database.close().unwrap();
    let mut database = place.open(PAGE_SIZE).unwrap();
    assert_eq!(database.migrate(&[ONE]), Err(DatabaseError::NewerSchema { component: "a", found: 2, known: 1 }));
    database.migrate(&[TWO]).unwrap();
}

#[test]
fn writes_are_whole_or_not_at_all() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 3);
    let refused: Result<(), DatabaseError> = database.write(|tx| {
        tx.execute("DELETE FROM t", [])?;
        Err(DatabaseError::NoRow)
    });
    assert_eq!(refused, Err(DatabaseError::NoRow));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        database.write(|tx| -> Result<(), DatabaseError> {
            tx.execute("DELETE FROM t", [])?;
            panic!("in the caller")
        })
    }));
    assert!(panicked.is_err());
    read(&mut database, |c| c.execute_batch("BEGIN; DELETE FROM t")).unwrap();
    write(&mut database, |tx| tx.execute("UPDATE t SET word = 'x' WHERE id = 1", [])).unwrap();
    assert_eq!(count(&mut database, "t"), 3);
}

#[test]
fn errors_are_classified_and_say_nothing_of_the_data() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    write(&mut database, |tx| {
        tx.execute_batch(
            "CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT;
             CREATE TABLE q(p INTEGER REFERENCES p(id)) STRICT;
             INSERT INTO p VALUES(1, 'secret-name');",
        )
    })
    .unwrap();
    let fails = |database: &mut Database, sql: &str| write(database, |tx| tx.execute_batch(sql)).unwrap_err();
    let cases = [
        fails(&mut database, "INSERT INTO p VALUES(2, 'secret-name')"),
        fails(&mut database, "INSERT INTO q VALUES(7)"),
        fails(&mut database, "INSERT INTO p VALUES(2, x'73656372')"),
        fails(&mut database, "SELECT \"secret-name\""),
        fails(&mut database, "SELECT secret_name FROM"),
        read(&mut database, |c| c.query_row("SELECT name FROM p", [], |row| row.get::<_, i64>(0))).unwrap_err(),
        read(&mut database, |c| c.query_row("SELECT name FROM p WHERE id = 9", [], |_| Ok(()))).unwrap_err(),
    ];
    assert!(matches!(cases[0], DatabaseError::Constraint { code: ffi::SQLITE_CONSTRAINT_UNIQUE }));
    assert!(matches!(cases[1], DatabaseError::Constraint { code: ffi::SQLITE_CONSTRAINT_FOREIGNKEY }));
    assert!(matches!(cases[2], DatabaseError::Constraint { code: ffi::SQLITE_CONSTRAINT_DATATYPE }));
    assert!(matches!(cases[3], DatabaseError::Other { .. }), "a string in double quotes is not a string");
    assert!(matches!(cases[4], DatabaseError::Other { .. }));
    assert_eq!(cases[5], DatabaseError::Type);
    assert_eq!(cases[6], DatabaseError::NoRow);
    for error in cases {
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    assert_eq!(DatabaseError::from_code(ffi::SQLITE_IOERR_DATA), DatabaseError::Damaged);
    assert_eq!(DatabaseError::from_code(ffi::SQLITE_CORRUPT_INDEX), DatabaseError::Damaged);
    assert_eq!(DatabaseError::from_code(ffi::SQLITE_NOTADB), DatabaseError::Damaged);
    assert_eq!(DatabaseError::from_code(ffi::SQLITE_FULL), DatabaseError::StorageFull);
    assert_eq!(DatabaseError::from_code(ffi::SQLITE_BUSY_RECOVERY), DatabaseError::InUse);
    let io = ffi::SQLITE_IOERR_FSYNC;
    assert_eq!(DatabaseError::from_code(io), DatabaseError::Io { code: io });
}

#[test]
fn deleted_words_leave_the_search_index() {
    // Inside one key's life only the file's owner can look; still a deleted word must not stay in what is copied or purged.
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 30);
    write(&mut database, |tx| {
        tx.execute("INSERT INTO f(rowid, body) VALUES(999, 'uniquewordtodelete')", [])?;
        tx.execute("DELETE FROM f WHERE rowid = 999", [])
    })
    .unwrap();
    let left: i64 = read(&mut database, |c| {
        c.query_row(
            "SELECT count(*) FROM f_data WHERE instr(block, CAST('uniquewordtodelete' AS BLOB)) > 0",
            [],
            |row| row.get(0),
        )
    })
    .unwrap();
    assert_eq!(left, 0);
}

/// Descriptors of this process that point into `directory`.
#[cfg(target_os = "linux")]
fn descriptors_into(directory: &Path) -> usize {
    let directory = directory.canonicalize().unwrap();
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.starts_with(&directory))
        .count()
}

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left() {
    let mut place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 3);
    assert!(descriptors_into(place.dir.path()) >= 2);
    database.close().unwrap();
    assert_eq!(descriptors_into(place.dir.path()), 0);
    // Nor after an open that failed, or a crash's remains that could not be opened.
    let right = std::mem::replace(&mut place.key, SecretKey::generate().unwrap());
    place.open(PAGE_SIZE).unwrap_err();
    assert_eq!(descriptors_into(place.dir.path()), 0);
    place.key = right;
    let mut database = place.open(PAGE_SIZE).unwrap();
    fill(&mut database, 3);
    let mut crashed = place.crashed_copy();
    crashed.key = SecretKey::generate().unwrap();
    crashed.open(PAGE_SIZE).unwrap_err();
    assert_eq!(descriptors_into(crashed.dir.path()), 0);
    drop(database);
    assert_eq!(descriptors_into(place.dir.path()), 0);
}
