//! Bringing files in. All or nothing, as far as the source goes: when it cannot be read to its end, or the caller stops, nothing
//! is kept (the source still is where it was). When the vault is locked or the device dies, what was written is kept and
//! labelled.

use std::{
    fs::{self, File},
    io::{self, Read, Seek as _},
    path::Path,
};

use super::{
    CapturedAt, DeviceMetadata, Evidence, EvidenceDescription, EvidenceKind, EvidenceStore, Origin, Progress,
    Testimony,
    ingest::{self, Ingest},
    limits, media_type,
    store::{self, NewEvidence},
};
use crate::{CoreError, IncidentId};

/// What is said of a file that is imported. `ImportRequest::default()` says nothing, and that is enough.
#[derive(Clone, Default)]
pub struct ImportRequest {
    /// The incident to attach it to.
    pub incident: Option<IncidentId>,
    /// What it is, when the user knows better than the first bytes (a screenshot, a testimony).
    pub kind: Option<EvidenceKind>,
    /// The name it has outside. [`EvidenceStore::import_file`] takes the path's when there is none here.
    pub file_name: Option<String>,
    /// When it was captured.
    pub captured_at: Option<CapturedAt>,
    /// A note.
    pub note: Option<String>,
    /// BCP 47 tag of the language in it.
    pub language: Option<String>,
    /// What the device knew, if the user wants it kept.
    pub device: Option<DeviceMetadata>,
    /// Who speaks and to whom it may be told, if it is a testimony.
    pub testimony: Option<Testimony>,
}

impl core::fmt::Debug for ImportRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ImportRequest")
            .field("incident", &self.incident)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl EvidenceStore<'_> {
    /// Imports the file at `path`, bit for bit. `progress` gets the bytes read so far.
    ///
    /// # Errors
    /// [`CoreError::SourceMissing`], [`CoreError::SourceIsFolder`], [`CoreError::SourceForbidden`],
    /// [`CoreError::SourceNotAFile`], and those of [`import`](Self::import).
    pub fn import_file(
        &self,
        path: &Path,
        mut request: ImportRequest,
        progress: Progress<'_>,
    ) -> Result<Evidence, CoreError> {
        let (file, size) = open_source(path)?;
        if request.file_name.is_none() {
            let name = path.file_name().map(|name| name.to_string_lossy());
            request.file_name = name.map(|name| shorten(&name, limits::FILE_NAME_BYTES));
        }
        self.import(file, Some(size), request, progress)
    }

    /// Imports what an open descriptor yields, from where it stands to its end: a regular file, a pipe or a socket, as another app
    /// or a document provider hands it over (a detached `ParcelFileDescriptor` is an [`std::os::fd::OwnedFd`]). It is closed
    /// afterwards. May block for whoever writes into a pipe.
    ///
    /// # Errors
    /// [`CoreError::SourceIsFolder`], [`CoreError::SourceNotAFile`], and those of [`import`](Self::import).
    pub fn import_open_file(
        &self,
        file: impl Into<File>,
        request: ImportRequest,
        progress: Progress<'_>,
    ) -> Result<Evidence, CoreError> {
        let file = file.into();
        let size = size_of_open(&file)?;
        self.import(file, size, request, progress)
    }

    /// Imports what `source` yields, to its end. `size_hint` is the size if it is known; it only chooses the layout on disk and
    /// need not be right. When this returns `Ok` the evidence, its hash and its custody entry are on the medium.
    ///
    /// # Errors
    /// [`CoreError::SourceEmpty`], [`CoreError::SourceFailed`], [`CoreError::Cancelled`]: nothing is kept.
    /// [`CoreError::IncidentNotFound`], [`CoreError::TooLong`], [`CoreError::InvalidField`]: nothing was read into the vault.
    /// The vault's errors: what was written is kept and labelled, unless the storage has room for nothing.
    pub fn import(
        &self,
        mut source: impl Read,
        size_hint: Option<u64>,
        request: ImportRequest,
        progress: Progress<'_>,
    ) -> Result<Evidence, CoreError> {
        let (mut block, filled) = ingest::first_block(&mut source)?;
        let (detected, media_type) = media_type::detect(block.get(..filled).unwrap_or_default());
        let size = if filled < block.len() { Some(filled as u64) } else { size_hint };
        let profile = ingest::profile_for(&detected, size);
        let description = EvidenceDescription {
            file_name: request.file_name,
            captured_at: request.captured_at,
            note: request.note,
            language: request.language,
            device: request.device.filter(|device| !device.is_empty()),
            testimony: request.testimony,
            ..EvidenceDescription::new(request.kind.unwrap_or(detected), media_type, Origin::IMPORT)
        };
        description.validate()?;
        let new = NewEvidence::of(description, self.amparo.clock.now()).attached_to(request.incident);
        let mut ingest = Ingest::begin(self.amparo, profile, |tx, id, media| store::begin(tx, id, media, &new))?;
        if let Err(error) = ingest::copy(&mut source, &mut block, filled, &mut ingest, progress) {
            return Err(ingest.give_up(error));
        }
        let id = ingest.finish(|_| Ok(()))?;
        self.get(id)
    }
}

/// Opens a regular file to read from, and says how long it is.
pub(crate) fn open_source(path: &Path) -> Result<(File, u64), CoreError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => CoreError::SourceMissing,
        io::ErrorKind::PermissionDenied => CoreError::SourceForbidden,
        io::ErrorKind::IsADirectory => CoreError::SourceIsFolder,
        kind => CoreError::SourceFailed { after: 0, kind },
    };
    // Before opening: opening a pipe would wait for somebody to write into it.
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(CoreError::SourceIsFolder);
    }
    if !metadata.is_file() {
        return Err(CoreError::SourceNotAFile);
    }
    let file = File::open(path).map_err(failed)?;
    Ok((file, metadata.len()))
}

/// How much an open descriptor yields from where it stands, if that can be known. What may never end is refused.
pub(super) fn size_of_open(mut file: &File) -> Result<Option<u64>, CoreError> {
    let failed = |error: io::Error| CoreError::SourceFailed { after: 0, kind: error.kind() };
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(CoreError::SourceIsFolder);
    }
    if metadata.is_file() {
        let position = file.stream_position().map_err(failed)?;
        return Ok(Some(metadata.len().saturating_sub(position)));
    }
    if yields_a_stream(metadata.file_type()) { Ok(None) } else { Err(CoreError::SourceNotAFile) }
}

/// Whether an open descriptor of this kind ends when its writer closes it. A device may never end.
fn yields_a_stream(kind: fs::FileType) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        kind.is_fifo() || kind.is_socket()
    }
    #[cfg(not(unix))]
    {
        let _ = kind;
        false
    }
}

/// The beginning of `text` that fits into `limit` bytes.
fn shorten(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert_eq!(shorten("صورة", 3), "ص");
        assert_eq!(shorten("abc", 9), "abc");
    }
}
