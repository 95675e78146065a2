//! After a crash: what is left of a medium that was being written, and whether what is left is what it should be.
//!
//! The rule that tells a crash from a cut: every second the writer notes in the database how many slots are on the medium. A
//! file that ends above that mark was cut by the crash; one that ends below it was damaged, by somebody or by the storage.

use amparo_crypto::{hash::Hasher, media::Position};

use super::{MediaInfo, MediaRow, MediaState, file::MediaDir, reader::SlotReader};
use crate::VaultError;

/// Reads an unfinished medium from its start, authenticates every slot, and says what it is. Takes as long as reading the file.
pub(crate) fn examine(row: &MediaRow, key: &amparo_crypto::SecretKey, dir: &MediaDir) -> Result<MediaInfo, VaultError> {
    let mut reader = match SlotReader::open(row, key, dir) {
        Ok(reader) => reader,
        // Before the first sync neither the name nor the header page need be on the medium.
        Err(VaultError::MediaMissing | VaultError::MediaHeaderDamaged) if row.high_water == 0 => {
            return Ok(kept(row, MediaState::Unterminated, 0, 0, Hasher::new()));
        }
        Err(VaultError::MediaMissing | VaultError::MediaHeaderDamaged) => {
            return Ok(MediaInfo { state: MediaState::Damaged, slots: 0, size: 0, sha256: None, ..row.info });
        }
        Err(other) => return Err(other),
    };
    let on_disk = reader.slots_on_disk()?;
    let data_len = row.info.profile.data_len() as u64;
    let mut hasher = Hasher::new();
    for slot in 0..on_disk {
        match reader.read(slot, Position::Inner) {
            Ok(data) => hasher.update(data),
            Err(VaultError::MediaDamaged { .. }) => {
                return Ok(match reader.read(slot, Position::Final) {
                    Ok(data) if slot + 1 == on_disk => {
                        hasher.update(data);
                        let size = slot * data_len + data.len() as u64;
                        kept(row, MediaState::Interrupted, on_disk, size, hasher)
                    }
                    Err(VaultError::MediaDamaged { .. }) if slot >= row.high_water => {
                        kept(row, MediaState::Unterminated, slot, slot * data_len, hasher)
                    }
                    Ok(_) | Err(VaultError::MediaDamaged { .. }) => {
                        let full = on_disk.saturating_mul(data_len);
                        MediaInfo { state: MediaState::Damaged, slots: on_disk, size: full, sha256: None, ..row.info }
                    }
                    Err(other) => return Err(other),
                });
            }
            Err(other) => return Err(other),
        }
    }
    if on_disk < row.high_water {
        let size = on_disk * data_len;
        return Ok(MediaInfo { state: MediaState::Damaged, slots: on_disk, size, sha256: None, ..row.info });
    }
    Ok(kept(row, MediaState::Unterminated, on_disk, on_disk * data_len, hasher))
}

fn kept(row: &MediaRow, state: MediaState, slots: u64, size: u64, hasher: Hasher) -> MediaInfo {
    MediaInfo { state, slots, size, sha256: Some(hasher.finish()), ..row.info }
}

/// Reads a finished medium to its end and checks it against its row.
pub(crate) fn check(row: &MediaRow, key: &amparo_crypto::SecretKey, dir: &MediaDir) -> Result<(), VaultError> {
    let mut reader = SlotReader::open(row, key, dir)?;
    let (terminated, slots) = (row.info.is_terminated(), row.info.slots);
    if terminated {
        reader.check_end()?;
    }
    let (mut hasher, mut size) = (Hasher::new(), 0);
    for slot in 0..slots {
        let last = terminated && slot + 1 == slots;
        let data = reader.read(slot, if last { Position::Final } else { Position::Inner })?;
        hasher.update(data);
        size += data.len() as u64;
    }
    if size == row.info.size && row.info.sha256 == Some(hasher.finish()) {
        Ok(())
    } else {
        Err(VaultError::MediaDamaged { slot: slots })
    }
}
