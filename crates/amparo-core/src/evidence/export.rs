//! Taking evidence out, in the clear, at the user's word.
//!
//! What leaves is recorded before anybody outside can see it, so that no copy is out without an entry. A file appears under its
//! name only when it is whole, on the medium, and has the hash the evidence was stored with; an existing file is never touched.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use amparo_crypto::{hash::Hasher, random};
use amparo_report::{custody::Event, hex};
use zeroize::Zeroizing;

use super::{Evidence, EvidenceStore, Progress, store};
use crate::{
    CoreError, EvidenceId,
    custody::log::{self, Act},
};

const BLOCK_BYTES: usize = 64 * 1024;

impl EvidenceStore<'_> {
    /// Writes the exact bytes to a new file at `path`, readable by its owner only. `progress` gets the bytes written so far.
    ///
    /// # Errors
    /// [`CoreError::TargetExists`], [`CoreError::TargetFolderMissing`], [`CoreError::TargetFull`],
    /// [`CoreError::TargetFailed`], [`CoreError::Cancelled`], [`CoreError::EvidenceDamaged`],
    /// [`CoreError::EvidenceUnfinished`], [`CoreError::EvidenceEmpty`], [`CoreError::EvidenceNotFound`], and the vault's. No file is left behind then.
    pub fn export_file(&self, id: EvidenceId, path: &Path, progress: Progress<'_>) -> Result<Evidence, CoreError> {
        let evidence = self.exportable(id)?;
        if fs::symlink_metadata(path).is_ok() {
            return Err(CoreError::TargetExists);
        }
        let mut part = PartFile::create(path)?;
        self.copy_out(&evidence, &mut part.file, progress)?;
        part.file.sync_all().map_err(|error| CoreError::target(&error))?;
        self.record_exported(&evidence, "file")?;
        part.publish(path)?;
        Ok(evidence)
    }

    /// Writes the exact bytes to `out`. The custody log says so beforehand, because what went out cannot be taken back.
    ///
    /// # Errors
    /// [`CoreError::TargetFailed`], [`CoreError::TargetFull`], [`CoreError::Cancelled`], [`CoreError::EvidenceNotFound`],
    /// [`CoreError::EvidenceUnfinished`], and the vault's; [`CoreError::EvidenceDamaged`], at the latest at the end: what `out`
    /// got before any error must not be used.
    pub fn export(&self, id: EvidenceId, mut out: impl Write, progress: Progress<'_>) -> Result<Evidence, CoreError> {
        let evidence = self.exportable(id)?;
        self.record_exported(&evidence, "stream")?;
        self.copy_out(&evidence, &mut out, progress)?;
        out.flush().map_err(|error| write_error(&error))?;
        Ok(evidence)
    }

    /// Writes `length` bytes from `offset` on, or as many as there are, to `out`, and returns how many that were. The custody log
    /// says so beforehand, with the place. What is outside that part is not looked at.
    ///
    /// # Errors
    /// As [`export`](Self::export); damage shows only if it lies in that part.
    pub fn export_part(
        &self,
        id: EvidenceId,
        offset: u64,
        length: u64,
        mut out: impl Write,
        progress: Progress<'_>,
    ) -> Result<u64, CoreError> {
        let evidence = self.exportable(id)?;
        let length = length.min(evidence.size.saturating_sub(offset));
        let now = self.amparo.clock.now();
        let act = Act::on(Event::Exported, evidence.id, evidence.sha256).with("to", "stream");
        let act = act.with("offset", offset).with("length", length);
        self.amparo.vault.write(|tx| log::append(tx, &now, act).map(|_| ()))?;
        let reader = self.open_reader(id)?;
        let mut block = Zeroizing::new(vec![0u8; BLOCK_BYTES]);
        let mut done = 0u64;
        while done < length {
            let wanted = usize::try_from(length.saturating_sub(done)).unwrap_or(usize::MAX).min(BLOCK_BYTES);
            let part = block.get_mut(..wanted).unwrap_or_default();
            let n = reader.read_at(part, offset.saturating_add(done))?;
            let Some(bytes) = part.get(..n).filter(|bytes| !bytes.is_empty()) else { break };
            out.write_all(bytes).map_err(|error| write_error(&error))?;
            done = done.saturating_add(n as u64);
            if progress(done).is_break() {
                return Err(CoreError::Cancelled);
            }
        }
        out.flush().map_err(|error| write_error(&error))?;
        Ok(done)
    }

    fn exportable(&self, id: EvidenceId) -> Result<Evidence, CoreError> {
        let evidence = self.get(id)?;
        evidence.disclosable_hash()?;
        Ok(evidence)
    }

    fn record_exported(&self, evidence: &Evidence, to: &str) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        let act = Act::on(Event::Exported, evidence.id, evidence.sha256).with("to", to);
        self.amparo.vault.write(|tx| log::append(tx, &now, act).map(|_| ()))
    }

    /// Copies and checks the hash.
    fn copy_out(&self, evidence: &Evidence, out: &mut impl Write, progress: Progress<'_>) -> Result<(), CoreError> {
        let media = self.amparo.vault.read(|conn| store::media_of(conn, evidence.id))?;
        let reader = self.amparo.vault.open_media(media)?;
        let mut block = Zeroizing::new(vec![0u8; BLOCK_BYTES]);
        let (mut hasher, mut done) = (Hasher::new(), 0u64);
        loop {
            let n = reader.read_at(&mut block, done)?;
            let Some(bytes) = block.get(..n).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
            out.write_all(bytes).map_err(|error| write_error(&error))?;
            done = done.saturating_add(n as u64);
            if progress(done).is_break() {
                return Err(CoreError::Cancelled);
            }
        }
        let same = done == evidence.size && evidence.sha256 == Some(hasher.finish());
        if same { Ok(()) } else { Err(CoreError::EvidenceDamaged) }
    }
}

/// While writing, "not found" and "exists" do not mean what they mean when a file is created.
fn write_error(error: &io::Error) -> CoreError {
    match CoreError::target(error) {
        full @ CoreError::TargetFull => full,
        _ => CoreError::TargetFailed { kind: error.kind() },
    }
}

/// A file beside its future name. Removed when dropped, unless it was published.
pub(crate) struct PartFile {
    pub file: File,
    path: Option<PathBuf>,
}

impl PartFile {
    /// Creates the part file of the future file `target`, in the same folder, so that it can be renamed.
    pub fn create(target: &Path) -> Result<Self, CoreError> {
        let random: [u8; 8] = random::array()?;
        // Our own name, not one made from the user's: it may be too long already.
        let path = target.with_file_name(format!(".amparo-{}.part", hex::encode(&random)));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| CoreError::target(&error))?;
        Ok(Self { file, path: Some(path) })
    }

    /// Gives the file its name, durably. It must be synced already.
    ///
    /// The name is first taken by an empty file that only we can have created, then replaced: this never overwrites a file of
    /// somebody else, on any file system.
    pub fn publish(mut self, target: &Path) -> Result<(), CoreError> {
        let Some(path) = self.path.take() else { return Ok(()) };
        let result = OpenOptions::new().write(true).create_new(true).open(target).map(drop).and_then(|()| {
            fs::rename(&path, target).inspect_err(|_| {
                // The empty file is ours.
                let _ = fs::remove_file(target);
            })
        });
        if let Err(error) = result {
            let _ = fs::remove_file(&path);
            return Err(CoreError::target(&error));
        }
        sync_folder(target).map_err(|error| CoreError::target(&error))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Ours, unfinished, and in the clear: it must not stay.
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes a new name durable. Some systems and file systems cannot sync a folder; the file itself is on the medium then.
fn sync_folder(target: &Path) -> io::Result<()> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}
