//! A damaged database file or write-ahead log: it opens to a state that was committed once, or it is refused. Never another row.
#![no_main]

use std::{fs, path::PathBuf, sync::OnceLock};

use amparo_fuzz::{damage, damage_seeds_after, scratch, seed};
use amparo_vault::{Component, CreateOptions, KdfParams, Passphrase, UnlockOptions, Vault, VaultError};
use libfuzzer_sys::fuzz_target;

const ROWS: &[Component] =
    &[Component { name: "fuzz", steps: &["CREATE TABLE row(id INTEGER PRIMARY KEY, body BLOB NOT NULL)"] }];
const COUNT: i64 = 24;

struct Template {
    /// Opens the vault without deriving its key again.
    open: Box<dyn Fn() -> Result<Vault, VaultError> + Send + Sync>,
    space: PathBuf,
    db: Vec<u8>,
    wal: Vec<u8>,
}

static TEMPLATE: OnceLock<Template> = OnceLock::new();

/// Content that no other row has.
fn body(id: i64) -> Vec<u8> {
    (0..900).map(|i| (i * 7 + id * 31) as u8).collect()
}

fn setup() {
    let dir = scratch().join("vault");
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), components: ROWS, ..CreateOptions::default() };
    let passphrase = Passphrase::new(b"fuzzing").expect("a passphrase");
    let vault = Vault::create(&dir, &passphrase, &options).expect("a vault");
    let ticket = vault.ticket().expect("an open vault");
    // Half of the rows go into the database file, half stay in the log, one transaction each.
    let insert = |vault: &Vault, ids: std::ops::RangeInclusive<i64>| {
        for id in ids {
            vault
                .write(|tx| Ok::<_, VaultError>(tx.execute("INSERT INTO row VALUES (?1, ?2)", (id, body(id)))?))
                .expect("a row");
        }
    };
    insert(&vault, 1..=COUNT / 2);
    vault.lock().expect("locks");
    let (folder, options) = (dir.clone(), UnlockOptions { components: ROWS, ..UnlockOptions::default() });
    let open = Box::new(move || Vault::unlock_with_ticket(&folder, &ticket, &options));
    let vault = open().expect("opens");
    insert(&vault, COUNT / 2 + 1..=COUNT);
    let spaces = fs::read_dir(dir.join("spaces")).expect("spaces").filter_map(Result::ok);
    let space = spaces.map(|s| s.path()).find(|s| s.join("db-wal").exists()).expect("a space in use");
    let db = fs::read(space.join("db")).expect("our own file");
    let wal = fs::read(space.join("db-wal")).expect("our own file");
    vault.lock().expect("locks");
    for choice in [0, 1, 2] {
        seed("database", damage_seeds_after(choice));
    }
    let _ = TEMPLATE.set(Template { open, space, db, wal });
}

fn rows(template: &Template) -> Result<Vec<(i64, Vec<u8>)>, VaultError> {
    let vault = (template.open)()?;
    let rows = vault.read(|conn| {
        let mut query = conn.prepare("SELECT id, body FROM row ORDER BY id")?;
        let rows = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok::<_, VaultError>(rows.collect::<Result<Vec<(i64, Vec<u8>)>, _>>()?)
    });
    let _ = vault.lock();
    rows
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, script)) = data.split_first() else { return };
    let Some(template) = TEMPLATE.get() else { return };
    let (mut db, mut wal) = (template.db.clone(), template.wal.clone());
    if choice % 3 != 1 {
        db = damage(&db, script);
    }
    if choice % 3 != 0 {
        wal = damage(&wal, script);
    }
    let _ = fs::remove_file(template.space.join("db-journal"));
    fs::write(template.space.join("db"), &db).expect("our own file");
    fs::write(template.space.join("db-wal"), &wal).expect("our own file");
    match rows(template) {
        Ok(rows) => {
            for (expected, (id, found)) in (1..).zip(&rows) {
                assert!(*id == expected && *found == body(*id), "a row that was never committed, or a gap");
            }
            let all = rows.len() == COUNT as usize;
            assert!(all || wal != template.wal, "rows are missing although the log is whole");
        }
        Err(error) => assert!(db != template.db || wal != template.wal, "an untouched database was refused: {error}"),
    }
});
