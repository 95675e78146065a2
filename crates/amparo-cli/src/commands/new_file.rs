//! New files in the clear, at the user's word: readable by their owner only, and never in the place of one that exists.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use amparo_core::CoreError;

use crate::failure::{Exit, Failure};

/// What a failed write says.
pub fn storage(error: &io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("the file could not be written: {}", error.kind()))
}

/// A new file. What exists is not touched.
pub fn create(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CoreError::TargetExists.into(),
        io::ErrorKind::NotFound => CoreError::TargetFolderMissing.into(),
        _ => storage(&error),
    })
}

/// A new file with `bytes`; what was begun is removed.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        let _ = fs::remove_file(path);
        storage(&error)
    })
}
