//! Files and folders that appear completely or not at all, and never in the place of something else.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use amparo_crypto::random;

use crate::hex;

/// A file being written under a random name. Removed when dropped, unless it was published.
pub(crate) struct NewFile {
    file: File,
    path: Option<PathBuf>,
}

impl NewFile {
    /// Creates a file beside `target`, readable by its owner only.
    pub(crate) fn beside(target: &Path) -> io::Result<Self> {
        let path = temporary_sibling(target)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(&path)?, path: Some(path) })
    }

    /// The open file.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Nobody is left to tell. The name says what it is, and it holds ciphertext only.
            let _ = fs::remove_file(path);
        }
    }
}

/// Gives `temp` the name `target` unless that is taken, and makes the name durable.
pub(crate) fn publish_file(mut temp: NewFile, target: &Path) -> io::Result<()> {
    let Some(from) = temp.path.clone() else { return Err(io::ErrorKind::NotFound.into()) };
    match fs::hard_link(&from, target) {
        // The drop of `temp` removes the other name.
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => {
            // No hard links here (FAT, exFAT, some shared storage): reserve the name, then rename over our own reservation.
            OpenOptions::new().write(true).create_new(true).open(target)?;
            if let Err(error) = fs::rename(&from, target) {
                let _ = fs::remove_file(target);
                return Err(error);
            }
            temp.path = None;
        }
    }
    drop(temp);
    sync_folder(parent(target))
}

/// The folder that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// `.<name>.<random>.partial` in the folder of `target`.
pub(crate) fn temporary_sibling(target: &Path) -> io::Result<PathBuf> {
    let mut name = std::ffi::OsString::from(".");
    // A target that ends in `..` or is a root has no name of its own and cannot be created.
    name.push(target.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    let salt: [u8; 8] = random::array().map_err(|_| io::ErrorKind::Other)?;
    name.push(format!(".{}.partial", hex::encode(&salt)));
    Ok(parent(target).join(name))
}

/// Makes names in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    match File::open(folder)?.sync_all() {
        // Some network and user-space file systems cannot; the file itself is durable.
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Err(error),
        _ => Ok(()),
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(())
    }
}
