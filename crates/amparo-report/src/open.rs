//! Opening and verifying a decrypted report: as a stream, onto a disk, or in a folder that was opened with other tools.
//!
//! Extraction never writes outside a fresh folder of its own, which gets its name only when the whole stream, to its last
//! authenticated byte, has been read. On failure nothing is left, and nothing that existed before is touched.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use amparo_crypto::{
    age::{AgeError, Identity},
    hash::Hasher,
};

use crate::{
    archive::{Archive, ArchiveError, ArchiveFault, FileHead, checked_limit, held_limit},
    disk,
    manifest::MAX_FILES,
    names,
    verdict::{Code, Severity, Verdict},
    verify::{Collected, Seen, judge},
};

/// Bytes that are read at a time.
const BUFFER: usize = 64 * 1024;

/// Told how many bytes were read so far; `Break` stops with [`OpenError::Cancelled`].
pub type Progress<'p> = &'p mut dyn FnMut(u64) -> ControlFlow<()>;

/// A report could not be opened. Nothing was written, or what was is gone again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The archive breaks a rule of the format. Whoever sealed it did that on purpose, or with broken software.
    #[error("the report is built to do harm or broken: {fault} (entry {entry})")]
    Archive {
        /// The rule.
        fault: ArchiveFault,
        /// Which entry of the archive, from 1.
        entry: usize,
    },
    /// The encrypted file is damaged or cut short.
    #[error("{0}")]
    Age(AgeError),
    /// The sealed file or the folder could not be read.
    #[error("the report could not be read: {0}")]
    Read(io::ErrorKind),
    /// The folder to open into exists and is not an empty folder.
    #[error("the folder to open into is not empty, or is not a folder")]
    TargetNotEmpty,
    /// The folder to open into has no name of its own (`.`, `..`, `/`).
    #[error("the folder to open into must be named")]
    TargetName,
    /// No space left for the opened report.
    #[error("no space left to open the report")]
    DiskFull,
    /// Not allowed to write there.
    #[error("no permission to write the opened report there")]
    Permission,
    /// The opened report could not be written.
    #[error("the opened report could not be written: {0}")]
    Write(io::ErrorKind),
    /// The caller stopped it.
    #[error("opening was cancelled")]
    Cancelled,
}

impl From<ArchiveError> for OpenError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Fault { entry, fault } => Self::Archive { fault, entry },
            ArchiveError::Age(error) => Self::Age(error),
            ArchiveError::Io(kind) => Self::Read(kind),
        }
    }
}

fn write_error(error: io::Error) -> OpenError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => OpenError::DiskFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => OpenError::Permission,
        kind => OpenError::Write(kind),
    }
}

/// Verifies a decrypted report without writing anything. With `identities`, also whether it was made for them. Reads `reader`
/// to its end; blocks on it.
///
/// # Errors
/// [`OpenError::Archive`], [`OpenError::Age`], [`OpenError::Read`], [`OpenError::Cancelled`]. Everything that merely does not
/// verify is in the verdict.
pub fn verify_stream<R: Read>(
    reader: R,
    identities: &[Identity],
    progress: Progress<'_>,
) -> Result<Verdict, OpenError> {
    let seen = collect(reader, progress, &mut |_| Ok(None))?;
    Ok(judge(&seen, identities, Verdict::empty()))
}

/// Opens a decrypted report into `target`, which must not exist or be an empty folder, and verifies it on the way. The folder
/// is there only if the whole stream was read and written, whatever the verdict. Blocks on `reader` and on the disk.
///
/// # Errors
/// [`OpenError`]; nothing is left behind then.
pub fn extract<R: Read>(
    reader: R,
    target: &Path,
    identities: &[Identity],
    progress: Progress<'_>,
) -> Result<Verdict, OpenError> {
    check_target(target)?;
    let folder = NewFolder::beside(target)?;
    let seen = collect(reader, progress, &mut |head: &FileHead| folder.create(&head.path).map(Some))?;
    folder.publish(target)?;
    Ok(judge(&seen, identities, Verdict::empty()))
}

fn check_target(target: &Path) -> Result<(), OpenError> {
    if target.file_name().is_none() {
        return Err(OpenError::TargetName);
    }
    match target.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(write_error(error)),
        Ok(meta) if !meta.is_dir() => Err(OpenError::TargetNotEmpty),
        Ok(_) => match fs::read_dir(target).map_err(write_error)?.next() {
            None => Ok(()),
            Some(_) => Err(OpenError::TargetNotEmpty),
        },
    }
}

/// Gives the file to write for a head; `None` when nothing is written.
type OpenFile<'f> = &'f mut dyn FnMut(&FileHead) -> Result<Option<File>, OpenError>;

fn collect<R: Read>(reader: R, progress: Progress<'_>, open: OpenFile<'_>) -> Result<Collected, OpenError> {
    let mut archive = Archive::new(reader);
    let mut seen = Collected::default();
    let mut buffer = vec![0u8; BUFFER];
    while let Some(head) = archive.next()? {
        let mut file = open(&head)?;
        let checked = checked_limit(&head.path).is_some_and(|limit| head.size <= limit);
        let mut held = (checked || held_limit(&head.path).is_some()).then(Vec::new);
        let mut hasher = Hasher::new();
        loop {
            let read = archive.read(&mut buffer)?;
            let piece = buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            hasher.update(piece);
            if let Some(held) = &mut held {
                held.extend_from_slice(piece);
            }
            if let Some(file) = &mut file {
                file.write_all(piece).map_err(write_error)?;
            }
            if progress(archive.position()).is_break() {
                return Err(OpenError::Cancelled);
            }
        }
        if let Some(file) = file {
            file.sync_all().map_err(write_error)?;
        }
        if let Some(held) = held {
            seen.held.insert(head.path.clone(), held);
        }
        seen.files.insert(head.path, Seen { size: head.size, sha256: hasher.finish() });
    }
    let lengths = archive.finish(&mut |position| progress(position).is_continue())?;
    seen.lengths = Some(lengths.ok_or(OpenError::Cancelled)?);
    Ok(seen)
}

/// A folder being filled under a random name. Removed when dropped, unless it was published.
struct NewFolder {
    path: Option<PathBuf>,
}

impl NewFolder {
    fn beside(target: &Path) -> Result<Self, OpenError> {
        let path = disk::temporary_sibling(target).map_err(write_error)?;
        create_folder(&path)?;
        Ok(Self { path: Some(path) })
    }

    /// Creates the file `path`, which [`names::check`] accepted.
    fn create(&self, path: &str) -> Result<File, OpenError> {
        let root = self.path.as_ref().ok_or(OpenError::Write(io::ErrorKind::NotFound))?;
        if let Some((folder, _)) = path.split_once('/') {
            let folder = root.join(folder);
            if folder.symlink_metadata().is_err() {
                create_folder(&folder)?;
            }
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(root.join(path)).map_err(write_error)
    }

    /// Gives the folder its name. On every system this refuses a target that has become something else than an empty folder.
    fn publish(mut self, target: &Path) -> Result<(), OpenError> {
        let Some(from) = self.path.clone() else { return Ok(()) };
        if cfg!(windows) && target.symlink_metadata().is_ok() {
            fs::remove_dir(target).map_err(|_| OpenError::TargetNotEmpty)?;
        }
        fs::rename(&from, target).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                OpenError::TargetNotEmpty
            }
            _ => write_error(error),
        })?;
        self.path = None;
        disk::sync_folder(disk::parent(target)).map_err(write_error)
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Nobody is left to tell; the folder is ours alone, made under a random name.
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Creates a folder that only its owner may enter.
fn create_folder(path: &Path) -> Result<(), OpenError> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(write_error)
}

/// Verifies a folder that was opened before, by [`extract`] or with `age` and `tar`. Blocks on the disk.
///
/// # Errors
/// [`OpenError::Read`] when the folder itself cannot be listed, [`OpenError::Cancelled`]. Everything else is in the verdict.
pub fn verify_dir(dir: &Path, identities: &[Identity], progress: Progress<'_>) -> Result<Verdict, OpenError> {
    let mut survey = Survey { seen: Collected::default(), verdict: Verdict::empty(), count: 0, done: 0, progress };
    survey.folder(dir, None)?;
    Ok(judge(&survey.seen, identities, survey.verdict))
}

struct Survey<'p> {
    seen: Collected,
    verdict: Verdict,
    count: usize,
    done: u64,
    progress: Progress<'p>,
}

impl Survey<'_> {
    fn folder(&mut self, dir: &Path, prefix: Option<&str>) -> Result<(), OpenError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(|error| OpenError::Read(error.kind()))? {
            let entry = entry.map_err(|error| OpenError::Read(error.kind()))?;
            self.count = self.count.saturating_add(1);
            // Twice the files of the largest report: its folders, and some that do not belong.
            if self.count > MAX_FILES.saturating_mul(2) {
                let text = "The folder holds more files than a report can have; not all of them were looked at.";
                self.verdict.add(Severity::Bad, Code::TooManyFiles, None, text);
                break;
            }
            entries.push(entry.path());
        }
        entries.sort();
        for path in entries {
            self.entry(&path, prefix)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, prefix: Option<&str>) -> Result<(), OpenError> {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let full = prefix.map_or_else(|| name.to_vec(), |prefix| [prefix.as_bytes(), b"/", name].concat());
        let shown = names::printable(&full);
        let kind = path.symlink_metadata().map(|meta| meta.file_type());
        let known = names::check(&full).ok().map(str::to_owned);
        match (kind, known) {
            (Err(error), _) => self.unreadable(&shown, error.kind()),
            (Ok(kind), Some(known)) if kind.is_dir() && prefix.is_none() => return self.folder(path, Some(&known)),
            (Ok(kind), Some(known)) if kind.is_file() => return self.file(path, known),
            (Ok(kind), None) if kind.is_file() => {
                let text = format!("{shown} is not part of this report.");
                self.verdict.add(Severity::Bad, Code::FileUnexpected, Some(&shown), text);
            }
            (Ok(kind), _) => {
                let what = if kind.is_dir() { "a folder that does not belong to a report" } else { "no plain file" };
                self.verdict.add(Severity::Bad, Code::NotAFile, Some(&shown), format!("{shown} is {what}."));
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, shown: &str, kind: io::ErrorKind) {
        let text = format!("{shown} could not be read: {kind}.");
        self.verdict.add(Severity::Bad, Code::FileUnreadable, Some(shown), text);
    }

    fn file(&mut self, path: &Path, name: String) -> Result<(), OpenError> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                self.unreadable(&name, error.kind());
                return Ok(());
            }
        };
        let mut hasher = Hasher::new();
        let limit = held_limit(&name);
        let mut held = limit.or_else(|| checked_limit(&name)).map(|limit| (limit, Vec::new()));
        let mut size = 0u64;
        let mut buffer = vec![0u8; BUFFER];
        loop {
            let read = match file.read(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.unreadable(&name, error.kind());
                    return Ok(());
                }
            };
            let piece = buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            hasher.update(piece);
            size = size.saturating_add(read as u64);
            if limit.is_none() && held.as_ref().is_some_and(|(most, _)| size > *most) {
                held = None;
            }
            if let Some((limit, content)) = &mut held {
                if size > *limit {
                    self.verdict.add(Severity::Bad, Code::FileUnreadable, Some(&name), format!("{name} is too large."));
                    return Ok(());
                }
                content.extend_from_slice(piece);
            }
            self.done = self.done.saturating_add(read as u64);
            if (self.progress)(self.done).is_break() {
                return Err(OpenError::Cancelled);
            }
        }
        if let Some((_, content)) = held {
            self.seen.held.insert(name.clone(), content);
        }
        self.seen.files.insert(name, Seen { size, sha256: hasher.finish() });
        Ok(())
    }
}
