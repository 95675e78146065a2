//! Plain files with what the vault promises of media, encryption apart: SHA-256 in the same pass, synced, with a durable name.

use std::{
    fs::{File, OpenOptions},
    io::{Read, SeekFrom, Write as _},
    path::Path,
};

use amparo_crypto::hash::{Digest, Hasher};
use amparo_vault::{MediaId, MediaProfile, Vault, VaultError};

use crate::{Fallible, numbers::Numbers};

/// Bytes that are read and written at a time, in every baseline and by the core itself.
pub const BLOCK: usize = 64 * 1024;

/// Writes what `source` yields to the new file `path`.
///
/// # Errors
/// Those of the source and of the disk.
pub fn write_plain(path: &Path, source: &mut impl Read) -> Fallible<Digest> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut hasher = Hasher::new();
    each_block(source, |block| {
        hasher.update(block);
        Ok(file.write_all(block)?)
    })?;
    file.sync_all()?;
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(hasher.finish())
}

/// Reads the file `path` to its end.
///
/// # Errors
/// Those of the disk.
pub fn read_plain(path: &Path) -> Fallible<Digest> {
    hash(&mut File::open(path)?)
}

/// SHA-256 of what `source` yields.
///
/// # Errors
/// Those of the source.
pub fn hash(source: &mut impl Read) -> Fallible<Digest> {
    let mut hasher = Hasher::new();
    each_block(source, |block| {
        hasher.update(block);
        Ok(())
    })?;
    Ok(hasher.finish())
}

fn each_block(source: &mut impl Read, mut f: impl FnMut(&[u8]) -> Fallible<()>) -> Fallible<()> {
    let mut block = vec![0; BLOCK];
    loop {
        let read = source.read(&mut block)?;
        match block.get(..read) {
            Some(bytes @ [_, ..]) => f(bytes)?,
            _ => return Ok(()),
        }
    }
}

/// Writes what `source` yields as a medium of `vault`.
///
/// # Errors
/// Those of the source and of the vault.
pub fn write_media(vault: &Vault, profile: MediaProfile, source: &mut impl Read) -> Fallible<MediaId> {
    let mut writer = vault.create_media(profile, |_, _| Ok::<_, VaultError>(()))?;
    each_block(source, |block| Ok(writer.write(block)?))?;
    Ok(writer.finish(|_, _| Ok::<_, VaultError>(()))?.id)
}

/// Removes a medium.
///
/// # Errors
/// The vault's.
pub fn delete_media(vault: &Vault, id: MediaId) -> Fallible<()> {
    Ok(vault.write(|tx| vault.delete_media(tx, id))?)
}

/// Reads a medium to its end.
///
/// # Errors
/// The vault's.
pub fn read_media(vault: &Vault, id: MediaId) -> Fallible<Digest> {
    hash(&mut vault.open_media(id)?)
}

/// The same places for every seed: `count` offsets at which `length` bytes are in a file of `size` bytes.
#[must_use]
pub fn offsets(seed: u64, count: usize, size: u64, length: usize) -> Vec<u64> {
    let mut numbers = Numbers::new(seed);
    (0..count).map(|_| numbers.below(size.saturating_sub(length as u64))).collect()
}

/// Reads `length` bytes at each of `offsets`.
///
/// # Errors
/// The source's.
pub fn random_reads(source: &mut (impl Read + std::io::Seek), offsets: &[u64], length: usize) -> Fallible<()> {
    let mut block = vec![0; length];
    for offset in offsets {
        source.seek(SeekFrom::Start(*offset))?;
        source.read_exact(&mut block)?;
    }
    Ok(())
}
