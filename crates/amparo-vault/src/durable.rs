//! File operations that are on the medium when they return: private files, synced folders, atomic replacement.
//!
//! Everything is created private to the user (0600 and 0700 on Unix). Nothing here overwrites a file except [`replace`], and
//! that is atomic.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
};

use crate::VaultError;

/// Creates a file that must not exist, private to the user, for reading and writing.
pub(crate) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a folder that must not exist, private to the user.
pub(crate) fn create_private_dir(path: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(VaultError::io("create a folder"))
}

/// Makes the names in `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    File::open(dir).and_then(|d| d.sync_all()).map_err(VaultError::io("sync a folder"))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// Writes a new file with `bytes`, synced. The folder is not synced.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut file = create_private(path).map_err(VaultError::io("create a file"))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(VaultError::io("write a file"))
}

/// Replaces `dir/name` by `bytes` so that after a crash at any point the file holds either the old bytes or the new ones.
pub(crate) fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
    let temporary = dir.join(format!(".{name}.new"));
    // A crash in an earlier replacement can have left one behind. It is ours and was never in force.
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(VaultError::io("replace a file")(e)),
        _ => {}
    }
    let result = write_new(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, dir.join(name)).map_err(VaultError::io("replace a file")))
        .and_then(|()| sync_dir(dir));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Reads a file of at most `limit` bytes; a longer one is cut there, so that a hostile size allocates nothing.
pub(crate) fn read_bounded(path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut out = Vec::new();
    File::open(path)?.take(limit as u64).read_to_end(&mut out)?;
    Ok(out)
}
