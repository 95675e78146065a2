//! The same statements on this database and on plain SQLite in memory: the same rows, whatever happens in between.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Insert { id: i64, size: usize },
    Update { from: i64, to: i64, size: usize },
    Delete { from: i64, to: i64 },
    Begin,
    Commit,
    Rollback,
    Savepoint,
    RollbackTo,
    Index(bool),
    Cache(i64),
    Checkpoint,
    Vacuum,
    Reopen,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![0usize..50, 1000usize..9000, Just(40_000usize)];
    prop_oneof![
        8 => (0i64..200, size.clone()).prop_map(|(id, size)| Step::Insert { id, size }),
        4 => (0i64..200, 0i64..40, size).prop_map(|(from, n, size)| Step::Update { from, to: from + n, size }),
        3 => (0i64..200, 0i64..40).prop_map(|(from, n)| Step::Delete { from, to: from + n }),
        3 => Just(Step::Begin),
        3 => Just(Step::Commit),
        1 => Just(Step::Rollback),
        2 => Just(Step::Savepoint),
        2 => Just(Step::RollbackTo),
        1 => any::<bool>().prop_map(Step::Index),
        1 => (3i64..40).prop_map(Step::Cache),
        2 => Just(Step::Checkpoint),
        1 => Just(Step::Vacuum),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ]
}

const SCHEMA: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, size INT);
    CREATE VIRTUAL TABLE f USING fts5(body);
    CREATE TRIGGER t_insert AFTER INSERT ON t BEGIN INSERT INTO f(rowid, body) VALUES(new.id, substr(new.body, 1, 40)); END;
    CREATE TRIGGER t_delete AFTER DELETE ON t BEGIN DELETE FROM f WHERE rowid = old.id; END;";

/// Runs `sql`; both sides must agree on whether it works.
fn execute(connection: &Connection, sql: &str) -> Result<(), i32> {
    connection.execute_batch(sql).map_err(|error| error.sqlite_error().map_or(-1, |error| error.extended_code))
}

fn dump(connection: &Connection) -> Vec<String> {
    let mut out = Vec::new();
    for sql in [
        "SELECT id || ':' || size || ':' || length(body) || ':' || body FROM t ORDER BY id",
        "SELECT 'size ' || group_concat(id) FROM (SELECT id, size FROM t WHERE size > 500 ORDER BY size, id)",
        "SELECT 'match ' || group_concat(rowid) FROM (SELECT rowid FROM f WHERE f MATCH 'even' ORDER BY rowid)",
        "SELECT 'bm25 ' || printf('%.6f', bm25(f)) FROM f WHERE f MATCH 'odd' ORDER BY rowid LIMIT 1",
        "SELECT name FROM sqlite_schema ORDER BY name",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
        out.extend(rows.map(|row| row.unwrap().unwrap_or_default()));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_same_rows_as_plain_sqlite(eight in any::<bool>(), steps in proptest::collection::vec(step(), 1..60)) {
        let size = if eight { PageSize::Kib8 } else { PageSize::Kib4 };
        let mut place = Place::new();
        let mut sealed = place.create(size);
        let plain = Connection::open_in_memory().unwrap();
        execute(&sealed.connection, SCHEMA).unwrap();
        execute(&plain, SCHEMA).unwrap();
        let mut in_transaction = false;
        for step in steps {
            let words = |id: i64, size: usize| {
                format!("{} number {id} {}", if id % 2 == 0 { "even" } else { "odd" }, "x".repeat(size))
            };
            let sql = match &step {
                Step::Insert { id, size } => {
                    format!("INSERT INTO t VALUES({id}, '{}', {size})", words(*id, *size))
                }
                Step::Update { from, to, size } => {
                    format!("UPDATE t SET body = body || '{}', size = {size} WHERE id BETWEEN {from} AND {to}", "y".repeat(*size))
                }
                Step::Delete { from, to } => format!("DELETE FROM t WHERE id BETWEEN {from} AND {to}"),
                Step::Begin => "BEGIN".to_owned(),
                Step::Commit => "COMMIT".to_owned(),
                Step::Rollback => "ROLLBACK".to_owned(),
                Step::Savepoint => "SAVEPOINT s".to_owned(),
                Step::RollbackTo => "ROLLBACK TO s".to_owned(),
                Step::Index(true) => "CREATE INDEX t_size ON t(size)".to_owned(),
                Step::Index(false) => "DROP INDEX t_size".to_owned(),
                Step::Cache(pages) => format!("PRAGMA cache_size = {pages}"),
                Step::Checkpoint if !in_transaction => {
                    sealed.checkpoint().unwrap();
                    continue;
                }
                Step::Vacuum if !in_transaction => {
                    vfs::limit_attached(&sealed.connection, 1);
                    execute(&sealed.connection, "VACUUM").unwrap();
                    vfs::limit_attached(&sealed.connection, 0);
                    continue;
                }
                Step::Reopen if !in_transaction => {
                    sealed.close().unwrap();
                    sealed = place.open(size).unwrap();
                    continue;
                }
                Step::Crash => {
                    // What was not committed is lost.
                    let crashed = place.crashed_copy();
                    drop(sealed);
                    place = crashed;
                    sealed = place.open(size).unwrap();
                    if in_transaction {
                        execute(&plain, "ROLLBACK").unwrap();
                    }
                    in_transaction = false;
                    continue;
                }
                Step::Checkpoint | Step::Vacuum | Step::Reopen => continue,
            };
            prop_assert_eq!(execute(&sealed.connection, &sql), execute(&plain, &sql));
            in_transaction = !plain.is_autocommit();
            prop_assert_eq!(sealed.connection.is_autocommit(), plain.is_autocommit());
            if matches!(step, Step::Commit | Step::Rollback | Step::RollbackTo) {
                prop_assert_eq!(dump(&sealed.connection), dump(&plain));
            }
        }
        prop_assert_eq!(dump(&sealed.connection), dump(&plain));
        if in_transaction {
            execute(&sealed.connection, "COMMIT").unwrap();
        }
        sealed.check_integrity(IntegrityCheck::Full).unwrap();
        sealed.close().unwrap();
        let mut sealed = place.open(size).unwrap();
        sealed.check_integrity(IntegrityCheck::Full).unwrap();
        prop_assert_eq!(dump(&sealed.connection), dump(&plain));
    }
}
