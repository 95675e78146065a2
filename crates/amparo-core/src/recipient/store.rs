//! Recipients in the database.

use amparo_card::{Card, CardId, Signer, Trusted};
use rusqlite::{Connection, OptionalExtension as _};

use crate::{CoreError, Stamp};

/// A trusted card as it is stored.
pub(super) struct Row {
    pub id: CardId,
    pub signer: Signer,
    pub version: u64,
    digest: [u8; 32],
    bytes: Vec<u8>,
    pub note: String,
    pub added: Stamp,
    pub updated: Stamp,
}

impl Row {
    /// What a card that would replace it is measured against.
    pub fn trusted(&self) -> Trusted {
        Trusted { id: self.id, signer: self.signer, version: self.version, digest: self.digest }
    }

    /// The card, verified again: a database that was changed from outside must not make somebody seal to another key.
    pub fn card(&self) -> Result<Card, CoreError> {
        let card = Card::parse(&self.bytes).map_err(|_| CoreError::RecipientDamaged)?;
        if card.trusted() == self.trusted() { Ok(card) } else { Err(CoreError::RecipientDamaged) }
    }
}

const COLUMNS: &str = "id, signer, version, digest, bytes, note, added, added_clock, updated, updated_clock";

/// What is in a row before it is judged.
type Raw = ([u8; 16], [u8; 32], u64, [u8; 32], Vec<u8>, String, (i64, String), (i64, String));

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        (row.get(6)?, row.get(7)?),
        (row.get(8)?, row.get(9)?),
    ))
}

fn read((id, signer, version, digest, bytes, note, added, updated): Raw) -> Result<Row, CoreError> {
    let stamp = |(seconds, clock): (i64, String)| Stamp::stored(seconds, &clock);
    Ok(Row {
        id: CardId::from_bytes(id),
        signer: Signer::from_bytes(&signer).ok_or(CoreError::DamagedRecord)?,
        version,
        digest,
        bytes,
        note,
        added: stamp(added)?,
        updated: stamp(updated)?,
    })
}

pub(super) fn find(conn: &Connection, id: CardId) -> Result<Option<Row>, CoreError> {
    let sql = format!("SELECT {COLUMNS} FROM recipient WHERE id = ?1");
    conn.prepare_cached(&sql)?.query_row([id.to_bytes()], raw).optional()?.map(read).transpose()
}

pub(super) fn all(conn: &Connection) -> Result<Vec<Row>, CoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM recipient ORDER BY seq"))?;
    let rows = statement.query_map([], raw)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(read).collect()
}

pub(super) fn count(conn: &Connection) -> Result<usize, CoreError> {
    Ok(conn.prepare_cached("SELECT count(*) FROM recipient")?.query_row([], |row| row.get(0))?)
}

pub(super) fn add(conn: &Connection, card: &Card, now: &Stamp) -> Result<(), CoreError> {
    conn.prepare_cached(&format!("INSERT INTO recipient ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7, ?6, ?7)"))?
        .execute((
            card.id().to_bytes(),
            card.signer().to_bytes(),
            card.version(),
            card.digest(),
            card.bytes(),
            now.time.unix(),
            now.clock.as_str(),
        ))?;
    Ok(())
}

pub(super) fn update(conn: &Connection, card: &Card, now: &Stamp) -> Result<(), CoreError> {
    conn.prepare_cached(
        "UPDATE recipient SET version = ?2, digest = ?3, bytes = ?4, updated = ?5, updated_clock = ?6 WHERE id = ?1",
    )?
    .execute((
        card.id().to_bytes(),
        card.version(),
        card.digest(),
        card.bytes(),
        now.time.unix(),
        now.clock.as_str(),
    ))?;
    Ok(())
}

pub(super) fn set_note(conn: &Connection, id: CardId, note: &str) -> Result<(), CoreError> {
    let changed =
        conn.prepare_cached("UPDATE recipient SET note = ?2 WHERE id = ?1")?.execute((id.to_bytes(), note))?;
    if changed == 0 { Err(CoreError::RecipientNotFound) } else { Ok(()) }
}

pub(super) fn remove(conn: &Connection, id: CardId) -> Result<(), CoreError> {
    let removed = conn.prepare_cached("DELETE FROM recipient WHERE id = ?1")?.execute([id.to_bytes()])?;
    if removed == 0 { Err(CoreError::RecipientNotFound) } else { Ok(()) }
}
