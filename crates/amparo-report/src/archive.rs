//! Reading the tar inside a report, hardened: nothing but plain files with our names in the one prescribed form.
//!
//! A report comes from strangers, and its sealed content is authentic only in the sense that *somebody* sealed it. So every
//! header must be, byte for byte, the header that the format prescribes for its path and size: no links, devices, folders,
//! extensions, modes or second spellings exist for an attacker to play with, and no two programs can read one archive in two
//! ways. What is wrong is named before that last check, so that a desk learns which trick was tried.

use std::{
    collections::BTreeSet,
    io::{self, Read},
};

use amparo_crypto::age::AgeError;

use crate::{
    anchor::MAX_TOKEN_BYTES,
    disclosure::{MAX_OPENINGS_BYTES, MAX_STATEMENT_BYTES},
    manifest::{MAX_FILES, MAX_MANIFEST_BYTES, MAX_SIGNATURE_BYTES},
    names::{self, PathFault},
};

/// Largest file in bytes that is kept in memory to be checked (custody; an anchor's files are smaller). Everything else streams.
pub const MAX_HELD_BYTES: u64 = 16 * 1024 * 1024;
/// Largest `report.json` in bytes whose fields are compared with what was signed at the save. A larger one still streams.
pub const MAX_CHECKED_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes of a tar block.
pub(crate) const BLOCK: usize = 512;

/// Which rule of the archive was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveFault {
    /// The payload does not begin with a tar header.
    #[error("the content is not an archive")]
    NotTar,
    /// A header's checksum or size field is wrong.
    #[error("a broken archive header")]
    BrokenHeader,
    /// A symbolic or hard link.
    #[error("a link")]
    Link,
    /// A device or a named pipe.
    #[error("a device or pipe")]
    Device,
    /// A folder entry.
    #[error("a folder entry")]
    Folder,
    /// A pax or GNU extension that would rename or reinterpret the next file.
    #[error("an archive extension")]
    Extension,
    /// A sparse file.
    #[error("a sparse file")]
    Sparse,
    /// Another kind of entry that is not a plain file.
    #[error("an entry that is not a plain file")]
    OtherType,
    /// A path that a report may not use.
    #[error("{0}")]
    Path(PathFault),
    /// The same path twice, or twice on a system that ignores case.
    #[error("the same file twice")]
    Duplicate,
    /// A path that is a file and a folder at once.
    #[error("a file and a folder of the same name")]
    Conflict,
    /// A header that is not exactly the one prescribed for its path and size.
    #[error("an archive header in another form than the format prescribes")]
    NotCanonical,
    /// More than [`MAX_FILES`] files.
    #[error("too many files")]
    TooManyFiles,
    /// A manifest, signature or custody file larger than it may be.
    #[error("a list or proof that is too large")]
    TooLarge,
    /// The archive ends inside a file or without its end mark.
    #[error("the archive ends too early")]
    CutShort,
    /// Something other than zeros after the end mark, or between files.
    #[error("hidden data after the end of the archive or of a file")]
    HiddenData,
}

/// Reading a report's archive failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArchiveError {
    /// A rule was broken at the entry with this number, from 1.
    Fault { entry: usize, fault: ArchiveFault },
    /// The encrypted file is damaged.
    Age(AgeError),
    /// The medium failed.
    Io(io::ErrorKind),
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        AgeError::from_io(&error).map_or_else(|| Self::Io(error.kind()), Self::Age)
    }
}

/// The largest size of a file that is kept in memory to be checked; `None` for files that only stream by.
pub(crate) fn held_limit(path: &str) -> Option<u64> {
    match path {
        names::MANIFEST => Some(MAX_MANIFEST_BYTES),
        names::SIGNATURE => Some(MAX_SIGNATURE_BYTES),
        names::CUSTODY_ENTRIES | names::CUSTODY_PROOFS | names::CUSTODY_HEAD => Some(MAX_HELD_BYTES),
        path if names::anchor_number(path).is_some() => Some(MAX_TOKEN_BYTES as u64),
        names::STATEMENT => Some(MAX_STATEMENT_BYTES as u64),
        names::STATEMENT_SIGNATURE => Some(MAX_SIGNATURE_BYTES),
        names::OPENINGS => Some(MAX_OPENINGS_BYTES),
        _ => None,
    }
}

/// Up to which size a file that may have any is kept in memory to be checked further.
pub(crate) fn checked_limit(path: &str) -> Option<u64> {
    (path == names::REPORT_JSON).then_some(MAX_CHECKED_BYTES)
}

/// The one header of the file `path` with `size` bytes: ustar, plain file, mode 0644, no owner, no time.
///
/// # Errors
/// When `path` does not fit, which no path that [`names::check`] accepts does.
pub(crate) fn canonical_header(path: &str, size: u64) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_ustar();
    header.set_path(path)?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    // From 8 GiB on this is base-256, which GNU tar, bsdtar and Python read.
    header.set_size(size);
    header.set_cksum();
    Ok(header)
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileHead {
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// How long the archive was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lengths {
    /// Up to and including the end mark.
    pub(crate) content: u64,
    /// With the padding.
    pub(crate) total: u64,
}

/// Streams over an archive: `next`, then `read` to the end of that file, and so on; `finish` after `next` gave `None`.
pub(crate) struct Archive<R> {
    input: R,
    position: u64,
    entries: usize,
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
    left: u64,
    padding: usize,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(input: R) -> Self {
        let (files, folders) = (BTreeSet::new(), BTreeSet::new());
        Self { input, position: 0, entries: 0, files, folders, left: 0, padding: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    fn fault(&self, fault: ArchiveFault) -> ArchiveError {
        ArchiveError::Fault { entry: self.entries, fault }
    }

    /// Fills `buffer` as far as the input goes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.position = self.position.saturating_add(filled as u64);
        Ok(filled)
    }

    /// The next file, or `None` at the end mark. The previous file must have been read to its end.
    pub(crate) fn next(&mut self) -> Result<Option<FileHead>, ArchiveError> {
        let mut block = [0u8; BLOCK];
        self.entries = self.entries.saturating_add(1);
        let filled = self.fill(&mut block)?;
        if filled < BLOCK {
            let fault = if self.entries == 1 { ArchiveFault::NotTar } else { ArchiveFault::CutShort };
            return Err(self.fault(fault));
        }
        if block.iter().all(|b| *b == 0) {
            // Without any file this is a block of zeros, not a report.
            return if self.entries == 1 { Err(self.fault(ArchiveFault::NotTar)) } else { Ok(None) };
        }
        let header = tar::Header::from_byte_slice(&block);
        let head = self.check(header)?;
        self.left = head.size;
        self.padding = usize::try_from(head.size.wrapping_neg() % BLOCK as u64).unwrap_or_default();
        self.skip_padding_of_empty()?;
        Ok(Some(head))
    }

    fn skip_padding_of_empty(&mut self) -> Result<(), ArchiveError> {
        if self.left == 0 { self.skip_padding() } else { Ok(()) }
    }

    fn check(&mut self, header: &tar::Header) -> Result<FileHead, ArchiveError> {
        use tar::EntryType;
        let broken = if self.entries == 1 { ArchiveFault::NotTar } else { ArchiveFault::BrokenHeader };
        let mut summed = header.clone();
        summed.set_cksum();
        if header.cksum().ok() != summed.cksum().ok() || header.cksum().is_err() {
            return Err(self.fault(broken));
        }
        let fault = match header.entry_type() {
            EntryType::Regular => None,
            EntryType::Link | EntryType::Symlink => Some(ArchiveFault::Link),
            EntryType::Char | EntryType::Block | EntryType::Fifo => Some(ArchiveFault::Device),
            EntryType::Directory => Some(ArchiveFault::Folder),
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader => {
                Some(ArchiveFault::Extension)
            }
            EntryType::GNUSparse => Some(ArchiveFault::Sparse),
            _ => Some(ArchiveFault::OtherType),
        };
        if let Some(fault) = fault {
            return Err(self.fault(fault));
        }
        let raw_path = header.path_bytes().into_owned();
        let path = names::check(&raw_path).map_err(|fault| self.fault(ArchiveFault::Path(fault)))?;
        let size = header.entry_size().map_err(|_| self.fault(ArchiveFault::BrokenHeader))?;
        let canonical = canonical_header(path, size).map_err(|_| self.fault(ArchiveFault::NotCanonical))?;
        if canonical.as_bytes() != header.as_bytes() {
            return Err(self.fault(ArchiveFault::NotCanonical));
        }
        // Some systems ignore case, and only README.txt has any.
        let folded = path.to_ascii_lowercase();
        if let Some((folder, _)) = folded.split_once('/') {
            if self.files.contains(folder) {
                return Err(self.fault(ArchiveFault::Conflict));
            }
            self.folders.insert(folder.to_owned());
        }
        if self.folders.contains(&folded) {
            return Err(self.fault(ArchiveFault::Conflict));
        }
        if !self.files.insert(folded) {
            return Err(self.fault(ArchiveFault::Duplicate));
        }
        if self.files.len() > MAX_FILES {
            return Err(self.fault(ArchiveFault::TooManyFiles));
        }
        if held_limit(path).is_some_and(|limit| size > limit) {
            return Err(self.fault(ArchiveFault::TooLarge));
        }
        Ok(FileHead { path: path.to_owned(), size })
    }

    /// Reads on in the current file; 0 at its end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let read = self.fill(buffer)?;
        if read < wanted {
            return Err(self.fault(ArchiveFault::CutShort));
        }
        self.left = self.left.saturating_sub(read as u64);
        if self.left == 0 {
            self.skip_padding()?;
        }
        Ok(read)
    }

    fn skip_padding(&mut self) -> Result<(), ArchiveError> {
        let mut block = [0u8; BLOCK];
        let len = core::mem::take(&mut self.padding);
        let Some(padding) = block.get_mut(..len) else { return Ok(()) };
        if self.fill(padding)? < len {
            return Err(self.fault(ArchiveFault::CutShort));
        }
        if padding.iter().any(|b| *b != 0) { Err(self.fault(ArchiveFault::HiddenData)) } else { Ok(()) }
    }

    /// Reads everything behind the first block of the end mark: it must be zeros, and at least one block. Only this makes the
    /// decryptor authenticate the last chunk, so nothing may be called good before it.
    pub(crate) fn finish(mut self, step: &mut dyn FnMut(u64) -> bool) -> Result<Option<Lengths>, ArchiveError> {
        let content = self.position.saturating_add(BLOCK as u64);
        let mut buffer = vec![0u8; 64 * 1024];
        loop {
            let read = self.fill(&mut buffer)?;
            if buffer.iter().take(read).any(|b| *b != 0) {
                return Err(self.fault(ArchiveFault::HiddenData));
            }
            if !step(self.position) {
                return Ok(None);
            }
            if read < buffer.len() {
                break;
            }
        }
        if self.position < content {
            return Err(self.fault(ArchiveFault::CutShort));
        }
        Ok(Some(Lengths { content, total: self.position }))
    }
}
