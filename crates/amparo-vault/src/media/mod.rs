//! The media store: one encrypted file per photo, recording or document, next to the database that holds its key.
//!
//! Files are written once, front to back, and never reopened for writing (`amparo_crypto::media` says why). A crash keeps
//! every full slot; the recovery labels what it kept. Deleting the row erases the medium, because the key goes with it.
//! Nothing here writes plaintext anywhere.

mod file;
mod reader;
mod recovery;
mod writer;

use core::fmt;

use amparo_crypto::{SecretKey, aead::RandomNonceKey, labels, media::SlotSize, random};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

pub use reader::MediaReader;
pub use writer::MediaWriter;

pub(crate) use file::MediaDir;
pub(crate) use recovery::{check, examine};

use file::MediaFile;

use crate::VaultError;

/// Names one media file. Random, so it says nothing about when or in which order media were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaId([u8; 16]);

impl MediaId {
    pub(crate) fn generate() -> Result<Self, VaultError> {
        Ok(Self(random::array()?))
    }

    /// The id whose bytes are `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// How a medium is laid out on disk: [`SlotSize::Large`] loses at most 64 KiB to a crash and has the least overhead,
/// [`SlotSize::Small`] loses at most 4 KiB and wastes least on small files.
pub type MediaProfile = SlotSize;

/// What is known of a medium's completeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// Being written, or interrupted and not yet recovered.
    Writing,
    /// Written to its end and hashed.
    Complete,
    /// A crash cut it. What is there is authentic, from the start, and ends at a slot border.
    Unterminated,
    /// The writer ended it without the caller's word that it was whole: a lock, or a writer that was dropped. Every byte that
    /// was written is there.
    Interrupted,
    /// Less is left than was known to be on the medium, or a slot does not open. The readable slots stay readable.
    Damaged,
}

impl MediaState {
    const ALL: [Self; 5] = [Self::Writing, Self::Complete, Self::Unterminated, Self::Interrupted, Self::Damaged];

    fn from_column(value: i64) -> Result<Self, VaultError> {
        usize::try_from(value).ok().and_then(|i| Self::ALL.get(i).copied()).ok_or(VaultError::MediaHeaderDamaged)
    }

    fn to_column(self) -> i64 {
        self as i64
    }
}

/// One medium, as its row describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaInfo {
    /// Its id.
    pub id: MediaId,
    /// Its layout.
    pub profile: MediaProfile,
    /// How complete it is.
    pub state: MediaState,
    /// Bytes of plaintext. For a damaged medium: as many as its full slots could hold.
    pub size: u64,
    /// Slots in the file.
    pub slots: u64,
    /// SHA-256 of the plaintext; `None` while writing and when damaged.
    pub sha256: Option<[u8; 32]>,
}

impl MediaInfo {
    /// Whether its file ends with a final slot.
    fn is_terminated(&self) -> bool {
        matches!(self.state, MediaState::Complete | MediaState::Interrupted)
    }
}

/// A row with what opens the file.
pub(crate) struct MediaRow {
    pub info: MediaInfo,
    pub high_water: u64,
    wrapped_key: Vec<u8>,
}

impl MediaRow {
    pub fn key(&self, wrap: &RandomNonceKey) -> Result<SecretKey, VaultError> {
        let plain =
            wrap.open(&wrap_aad(self.info.id), &self.wrapped_key).map_err(|_| VaultError::MediaHeaderDamaged)?;
        let mut bytes: [u8; 32] = plain.as_slice().try_into().map_err(|_| VaultError::MediaHeaderDamaged)?;
        Ok(SecretKey::take(&mut bytes))
    }
}

fn wrap_aad(id: MediaId) -> Vec<u8> {
    [labels::MEDIA_WRAP_AAD.as_bytes(), &[0], &id.0].concat()
}

pub(crate) fn insert_row(
    tx: &Transaction<'_>,
    wrap: &RandomNonceKey,
    id: MediaId,
    profile: MediaProfile,
    key: &SecretKey,
) -> Result<(), VaultError> {
    let wrapped = wrap.seal(&wrap_aad(id), key.expose())?;
    tx.prepare_cached("INSERT INTO media (id, key, slot_log2) VALUES (?1, ?2, ?3)")?.execute((
        id.0,
        wrapped,
        profile.log2(),
    ))?;
    Ok(())
}

pub(crate) fn find_row(conn: &Connection, id: MediaId) -> Result<MediaRow, VaultError> {
    let mut statement =
        conn.prepare_cached("SELECT key, slot_log2, state, high_water, slots, size, sha256 FROM media WHERE id = ?1")?;
    let columns = statement
        .query_row([id.0], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, u8>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, i64>(5)?,
                row.get::<_, Option<[u8; 32]>>(6)?,
            ))
        })
        .optional()?;
    let (wrapped_key, log2, state, high_water, slots, size, sha256) = columns.ok_or(VaultError::MediaNotFound)?;
    let count = |n: i64| u64::try_from(n).map_err(|_| VaultError::MediaHeaderDamaged);
    Ok(MediaRow {
        info: MediaInfo {
            id,
            profile: SlotSize::from_log2(log2).ok_or(VaultError::MediaHeaderDamaged)?,
            state: MediaState::from_column(state)?,
            size: count(size)?,
            slots: count(slots)?,
            sha256,
        },
        high_water: count(high_water)?,
        wrapped_key,
    })
}

pub(crate) fn update_row(tx: &Transaction<'_>, info: &MediaInfo) -> Result<(), VaultError> {
    let count = |n: u64| i64::try_from(n).map_err(|_| VaultError::MediaHeaderDamaged);
    let changed = tx
        .prepare_cached("UPDATE media SET state = ?2, slots = ?3, size = ?4, sha256 = ?5 WHERE id = ?1")?
        .execute((info.id.0, info.state.to_column(), count(info.slots)?, count(info.size)?, info.sha256))?;
    if changed == 1 { Ok(()) } else { Err(VaultError::MediaNotFound) }
}

pub(crate) fn set_high_water(tx: &Transaction<'_>, id: MediaId, slots: u64) -> Result<(), VaultError> {
    tx.prepare_cached("UPDATE media SET high_water = ?2 WHERE id = ?1")?
        .execute((id.0, i64::try_from(slots).map_err(|_| VaultError::MediaHeaderDamaged)?))?;
    Ok(())
}

/// Removes the row, and with it the only copy of the key, and remembers the file for unlinking after the commit.
pub(crate) fn erase_row(tx: &Transaction<'_>, id: MediaId) -> Result<(), VaultError> {
    if tx.prepare_cached("DELETE FROM media WHERE id = ?1")?.execute([id.0])? != 1 {
        return Err(VaultError::MediaNotFound);
    }
    tx.prepare_cached("INSERT OR IGNORE INTO media_erased (id) VALUES (?1)")?.execute([id.0])?;
    Ok(())
}

pub(crate) fn ids(conn: &Connection, sql: &'static str) -> Result<Vec<MediaId>, VaultError> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, [u8; 16]>(0))?;
    Ok(rows.map(|id| id.map(MediaId)).collect::<Result<_, _>>()?)
}
