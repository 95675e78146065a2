//! Opening and checking sealed reports.
//!
//! Plaintext goes to one place only: the fresh folder that the caller named.

use std::{
    fs::{self, File},
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
};

use amparo_crypto::{
    age::{Decryptor, Identity},
    hash::{Digest, Hasher},
};
use amparo_report::{
    open::{extract, verify_dir, verify_stream},
    verdict::Verdict,
};

use crate::DeskError;

/// An opened report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What was checked, and whether it holds. A report that does not verify is opened all the same: look at this first.
    pub verdict: Verdict,
    /// SHA-256 of the sealed file: what a receipt names.
    pub sha256: Digest,
    /// Bytes of the sealed file.
    pub size: u64,
}

/// Opens the sealed report `file` with one of `identities` into `outdir`, which must not exist or be empty, and verifies it on
/// the way. `progress` is told how many bytes of the content were read; `Break` cancels.
///
/// # Errors
/// [`DeskError`]; nothing is written then.
pub fn open(
    file: &Path,
    identities: &[Identity],
    outdir: &Path,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Opened, DeskError> {
    let mut input = Hashed::open(file)?;
    let verdict = extract(decrypt(&mut input, identities)?, outdir, identities, progress)?;
    Ok(Opened { verdict, size: input.size, sha256: input.hasher.finish() })
}

/// Checks a sealed report (with one of `identities`) or a folder that it was opened into, by [`open()`] or with `age` and `tar`
/// (`identities` may be empty then; with them, also whether it was made for you). Writes nothing.
///
/// # Errors
/// [`DeskError`]. Everything that merely does not verify is in the verdict.
pub fn verify(
    path: &Path,
    identities: &[Identity],
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Verdict, DeskError> {
    if fs::metadata(path)?.is_dir() {
        return Ok(verify_dir(path, identities, progress)?);
    }
    let mut input = Hashed::open(path)?;
    Ok(verify_stream(decrypt(&mut input, identities)?, identities, progress)?)
}

fn decrypt<'a>(input: &'a mut Hashed, identities: &[Identity]) -> Result<Decryptor<&'a mut Hashed>, DeskError> {
    if identities.is_empty() {
        return Err(DeskError::NoKeys);
    }
    Ok(Decryptor::new(input, identities)?)
}

/// The sealed file, hashed as it is read. The decryptor reads it to its last byte or fails.
struct Hashed {
    file: File,
    hasher: Hasher,
    size: u64,
}

impl Hashed {
    fn open(path: &Path) -> Result<Self, DeskError> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(DeskError::NotSealed);
        }
        if meta.is_file() && meta.len() == 0 {
            return Err(DeskError::Empty);
        }
        Ok(Self { file, hasher: Hasher::new(), size: 0 })
    }
}

impl Read for Hashed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        self.hasher.update(out.get(..read).unwrap_or_default());
        self.size = self.size.saturating_add(read as u64);
        Ok(read)
    }
}
