//! Packs in the database. What comes out of it is verified as if it came from outside: the signature, and that it is the very
//! version that was installed.

use std::collections::BTreeSet;

use amparo_crypto::hash::Digest;
use amparo_pack::{Installed, Manifest, Pack, PackError, PackFile, Publisher, TombstoneKind};
use rusqlite::{Connection, OptionalExtension as _};

use super::packs::AcceptedPublisher;
use crate::{CoreError, Stamp};

/// A pack that is or was installed.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) publisher: Publisher,
    pub(super) version: u64,
    pub(super) digest: Digest,
    pub(super) installed: Stamp,
    pub(super) removed: Option<Stamp>,
}

impl Row {
    /// As the rules for updates want it.
    pub(super) fn installed(&self) -> Installed {
        Installed { id: self.id.clone(), publisher: self.publisher, version: self.version, digest: self.digest }
    }
}

fn publisher(key: &[u8; 32]) -> Result<Publisher, CoreError> {
    Publisher::from_bytes(key).ok_or(CoreError::DamagedRecord)
}

pub(super) fn accept(conn: &Connection, publisher: Publisher, now: &Stamp) -> Result<(), CoreError> {
    conn.prepare_cached("INSERT OR IGNORE INTO pack_publisher (key, accepted, clock) VALUES (?1, ?2, ?3)")?
        .execute((publisher.to_bytes(), now.time.unix(), now.clock.as_str()))?;
    Ok(())
}

pub(super) fn forget(conn: &Connection, publisher: Publisher) -> Result<bool, CoreError> {
    let gone = conn.prepare_cached("DELETE FROM pack_publisher WHERE key = ?1")?.execute([publisher.to_bytes()])?;
    Ok(gone > 0)
}

pub(super) fn accepted(conn: &Connection) -> Result<Vec<Publisher>, CoreError> {
    let mut statement = conn.prepare_cached("SELECT key FROM pack_publisher")?;
    let keys = statement.query_map([], |row| row.get(0))?;
    keys.map(|key| publisher(&key?)).collect()
}

pub(super) fn publishers(conn: &Connection) -> Result<Vec<AcceptedPublisher>, CoreError> {
    let mut statement =
        conn.prepare_cached("SELECT key, accepted, clock FROM pack_publisher ORDER BY accepted, key")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
    let packs = all(conn)?;
    let mut found = Vec::new();
    for row in rows {
        let (key, seconds, clock) = row?;
        let publisher = publisher(&key)?;
        let signed = packs.iter().filter(|pack| pack.publisher == publisher).map(|pack| pack.id.clone());
        found.push(AcceptedPublisher { publisher, accepted: Stamp::stored(seconds, &clock)?, packs: signed.collect() });
    }
    Ok(found)
}

type Columns = (i64, String, [u8; 32], u64, [u8; 32], i64, String, Option<i64>, Option<String>);

const SELECT: &str = "SELECT seq, id, publisher, version, digest, installed, clock, removed, removed_clock FROM pack";

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    ))
}

fn read(columns: Columns) -> Result<Row, CoreError> {
    let (seq, id, key, version, digest, installed, clock, removed, removed_clock) = columns;
    let removed = match (removed, removed_clock) {
        (Some(seconds), Some(clock)) => Some(Stamp::stored(seconds, &clock)?),
        (None, None) => None,
        _ => return Err(CoreError::DamagedRecord),
    };
    Ok(Row {
        seq,
        id,
        publisher: publisher(&key)?,
        version,
        digest,
        installed: Stamp::stored(installed, &clock)?,
        removed,
    })
}

/// The pack of this id, removed or not.
pub(super) fn find(conn: &Connection, id: &str) -> Result<Option<Row>, CoreError> {
    let found = conn.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?.query_row([id], columns).optional()?;
    found.map(read).transpose()
}

/// The pack in this row.
pub(super) fn at(conn: &Connection, seq: i64) -> Result<Row, CoreError> {
    let found = conn.prepare_cached(&format!("{SELECT} WHERE seq = ?1"))?.query_row([seq], columns).optional()?;
    found.map(read).transpose()?.ok_or(CoreError::DamagedRecord)
}

/// The pack of this id, if it is installed.
pub(super) fn present(conn: &Connection, id: &str) -> Result<Row, CoreError> {
    find(conn, id)?.filter(|pack| pack.removed.is_none()).ok_or(CoreError::PackNotFound)
}

pub(super) fn all(conn: &Connection) -> Result<Vec<Row>, CoreError> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY seq"))?;
    let rows = statement.query_map([], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(read).collect()
}

/// Reads a stored file with `f`, if it is the one that was installed.
fn with_file<T>(
    conn: &Connection,
    pack: &Row,
    f: impl FnOnce(&PackFile<'_>) -> Result<T, PackError>,
) -> Result<T, CoreError> {
    if pack.removed.is_some() {
        return Err(CoreError::PackNotFound);
    }
    let bytes: Option<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM pack_file WHERE pack = ?1")?
        .query_row([pack.seq], |row| row.get(0))
        .optional()?;
    let bytes = bytes.ok_or(CoreError::PackDamaged)?;
    let done = PackFile::read(&bytes).and_then(|file| {
        // Another file that somebody signed is not this one.
        if Installed::of(&file).as_ref() == Some(&pack.installed()) { f(&file).map(Some) } else { Ok(None) }
    });
    match done {
        Ok(Some(done)) => Ok(done),
        Err(newer @ (PackError::UnknownFormat | PackError::TooNew { .. })) => Err(newer.into()),
        Ok(None) | Err(_) => Err(CoreError::PackDamaged),
    }
}

pub(super) fn manifest(conn: &Connection, pack: &Row) -> Result<Manifest, CoreError> {
    with_file(conn, pack, |file| Ok(file.manifest().clone()))
}

pub(super) fn open(conn: &Connection, pack: &Row) -> Result<Pack, CoreError> {
    with_file(conn, pack, |file| file.open())
}

pub(super) fn open_for(conn: &Connection, pack: &Row, language: &str) -> Result<Pack, CoreError> {
    with_file(conn, pack, |file| file.open_for(language))
}

/// The installed packs that can be read, in the language nearest to `language`.
pub(super) fn readable(conn: &Connection, language: &str) -> Result<Vec<(Row, Pack)>, CoreError> {
    let mut found = Vec::new();
    for row in all(conn)?.into_iter().filter(|row| row.removed.is_none()) {
        match open_for(conn, &row, language) {
            Ok(pack) => found.push((row, pack)),
            Err(CoreError::PackDamaged | CoreError::Pack(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

/// Installs a pack that was admitted and opened.
pub(super) fn put(
    conn: &Connection,
    known: Option<&Row>,
    pack: &Pack,
    bytes: &[u8],
    now: &Stamp,
) -> Result<(), CoreError> {
    let manifest = pack.manifest();
    let publisher = pack.publisher().ok_or(PackError::Unsigned)?;
    let version = i64::try_from(manifest.version).map_err(|_| CoreError::DamagedRecord)?;
    let is_same = known.is_some_and(|known| known.removed.is_none() && known.version == manifest.version);
    // The same once more repairs the bytes, and was not installed now.
    if !is_same {
        conn.prepare_cached(
            "INSERT INTO pack (id, publisher, version, digest, installed, clock) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET version = ?3, digest = ?4, installed = ?5, clock = ?6,
                removed = NULL, removed_clock = NULL",
        )?
        .execute((
            &manifest.id,
            publisher.to_bytes(),
            version,
            pack.digest(),
            now.time.unix(),
            now.clock.as_str(),
        ))?;
    }
    let seq: i64 =
        conn.prepare_cached("SELECT seq FROM pack WHERE id = ?1")?.query_row([&manifest.id], |row| row.get(0))?;
    conn.prepare_cached(
        "INSERT INTO pack_file (pack, bytes) VALUES (?1, ?2) ON CONFLICT (pack) DO UPDATE SET bytes = ?2",
    )?
    .execute((seq, bytes))?;
    note_gone(conn, seq, pack, version)
}

/// Remembers since which version what runs know is missing. An earlier version that lacked it already stays named.
fn note_gone(conn: &Connection, seq: i64, pack: &Pack, version: i64) -> Result<(), CoreError> {
    let items: BTreeSet<&str> = pack.structure().items().map(|(_, _, item)| item.id.as_str()).collect();
    let known = |sql: &str| -> Result<Vec<String>, CoreError> {
        Ok(conn.prepare_cached(sql)?.query_map([seq], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let ticked =
        known("SELECT DISTINCT t.item FROM checklist_run r JOIN checklist_tick t ON t.run = r.seq WHERE r.pack = ?1")?;
    let started = known("SELECT DISTINCT checklist FROM checklist_run WHERE pack = ?1")?;
    let items = ticked.iter().map(|id| (TombstoneKind::Item, id, items.contains(id.as_str())));
    let lists = started.iter().map(|id| (TombstoneKind::Checklist, id, pack.structure().checklist(id).is_some()));
    for (kind, id, is_there) in items.chain(lists) {
        if is_there {
            conn.prepare_cached("DELETE FROM pack_gone WHERE pack = ?1 AND kind = ?2 AND id = ?3")?.execute((
                seq,
                word(kind),
                id,
            ))?;
        } else {
            conn.prepare_cached("INSERT OR IGNORE INTO pack_gone (pack, kind, id, version) VALUES (?1, ?2, ?3, ?4)")?
                .execute((seq, word(kind), id, version))?;
        }
    }
    Ok(())
}

fn word(kind: TombstoneKind) -> &'static str {
    match kind {
        TombstoneKind::Checklist => "checklist",
        TombstoneKind::Item => "item",
    }
}

/// Since which version something is gone, and what took its place: what its tombstone says, otherwise what was seen here.
pub(super) fn gone(
    conn: &Connection,
    seq: i64,
    pack: &Pack,
    kind: TombstoneKind,
    id: &str,
) -> Result<(Option<u64>, Option<String>), CoreError> {
    let mut tombstones = pack.structure().tombstones.iter();
    if let Some(tombstone) = tombstones.find(|tombstone| tombstone.kind == kind && tombstone.id == id) {
        return Ok((Some(tombstone.removed_in), tombstone.replaced_by.clone()));
    }
    let version = conn
        .prepare_cached("SELECT version FROM pack_gone WHERE pack = ?1 AND kind = ?2 AND id = ?3")?
        .query_row((seq, word(kind), id), |row| row.get(0))
        .optional()?;
    Ok((version, None))
}

pub(super) fn remove(conn: &Connection, pack: &Row, now: &Stamp) -> Result<(), CoreError> {
    conn.prepare_cached("DELETE FROM pack_file WHERE pack = ?1")?.execute([pack.seq])?;
    conn.prepare_cached("UPDATE pack SET removed = ?2, removed_clock = ?3 WHERE seq = ?1")?.execute((
        pack.seq,
        now.time.unix(),
        now.clock.as_str(),
    ))?;
    Ok(())
}
