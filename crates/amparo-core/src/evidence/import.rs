//! Bringing files in. All or nothing, as far as the source goes: when it cannot be read to its end, or the caller stops, nothing
//! is kept (the source still is where it was). When the vault is locked or the device dies, what was written is kept and
//! labelled.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use amparo_vault::{MediaId, MediaProfile, MediaWriter};
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::{
    CapturedAt, Evidence, EvidenceDescription, EvidenceKind, EvidenceStore, Origin, Progress, limits, media_type, store,
};
use crate::{CoreError, EvidenceId, IncidentId};

/// Files up to this size waste least in small slots, whatever they are.
const SMALL_BYTES: u64 = 64 * 1024;
/// Sound up to this size takes small slots: recordings are short, and little of one should be lost to a crash.
const SMALL_AUDIO_BYTES: u64 = 16 * 1024 * 1024;

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
        if request.file_name.is_none() {
            let name = path.file_name().map(|name| name.to_string_lossy());
            request.file_name = name.map(|name| shorten(&name, limits::FILE_NAME_BYTES));
        }
        self.import(file, Some(metadata.len()), request, progress)
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
        let mut block = Zeroizing::new(vec![0u8; media_type::HEAD_BYTES]);
        let filled = read_full(&mut source, &mut block, 0)?;
        let head = block.get(..filled).unwrap_or_default();
        if head.is_empty() {
            return Err(CoreError::SourceEmpty);
        }
        let (detected, media_type) = media_type::detect(head);
        let size = if filled < block.len() { Some(filled as u64) } else { size_hint };
        let profile = profile_for(&detected, size);
        let description = EvidenceDescription {
            kind: request.kind.unwrap_or(detected),
            media_type,
            how: Origin::IMPORT,
            file_name: request.file_name,
            captured_at: request.captured_at,
            note: request.note,
            language: request.language,
            unknown: serde_json::Map::new(),
        };
        description.validate()?;
        let (id, begun) = (EvidenceId::generate()?, self.amparo.clock.now());
        let begin = |tx: &Transaction<'_>, media| store::begin(tx, id, media, &description, request.incident, &begun);
        let mut writer = match self.amparo.vault.create_media(profile, begin) {
            Ok(writer) => writer,
            Err(error) => {
                self.take_back(id);
                return Err(error);
            }
        };
        if let Err(error) = copy(&mut source, &mut block, filled, &mut writer, progress) {
            return Err(self.give_up(writer, id, error));
        }
        let (media, now) = (writer.id(), self.amparo.clock.now());
        if let Err(error) = writer.finish(|tx, info| store::settle(tx, info, &now).map(|_| ())) {
            self.label(media);
            return Err(error);
        }
        self.get(id)
    }

    /// Removes the row of an import whose file could not even be created. There is none when its transaction failed.
    fn take_back(&self, id: EvidenceId) {
        let _ = self.amparo.vault.write(|tx| {
            let media = store::media_of(tx, id)?;
            store::forget(tx, id)?;
            Ok::<_, CoreError>(self.amparo.vault.delete_media(tx, media)?)
        });
    }

    /// Looks at what the vault kept of an import that it could not finish. What cannot be looked at now is at the next unlock.
    fn label(&self, media: MediaId) {
        let now = self.amparo.clock.now();
        let _ = self.amparo.vault.recover_media(media, |tx, info| store::settle(tx, info, &now).map(|_| ()));
    }

    /// Ends an import that failed. What the source or the caller ended is taken back; what the vault ended is kept.
    fn give_up(&self, writer: MediaWriter, id: EvidenceId, error: CoreError) -> CoreError {
        let full = matches!(error, CoreError::Vault(amparo_vault::VaultError::StorageFull));
        if full || matches!(error, CoreError::Cancelled | CoreError::SourceFailed { .. }) {
            // If even this fails, the row and the bytes stay, to be shown as cut off. That is no loss, and `error` is the cause.
            let _ = writer.abort(|tx| store::forget(tx, id));
        } else {
            let media = writer.id();
            drop(writer);
            self.label(media);
        }
        error
    }
}

/// Writes the first `filled` bytes of `block`, then the rest of the source.
fn copy(
    source: &mut impl Read,
    block: &mut [u8],
    mut filled: usize,
    writer: &mut MediaWriter,
    progress: Progress<'_>,
) -> Result<(), CoreError> {
    let mut done = 0u64;
    loop {
        writer.write(block.get(..filled).unwrap_or_default())?;
        done = done.saturating_add(filled as u64);
        if progress(done).is_break() {
            return Err(CoreError::Cancelled);
        }
        if filled < block.len() {
            return Ok(());
        }
        filled = read_full(source, block, done)?;
        if filled == 0 {
            return Ok(());
        }
    }
}

/// Reads until `block` is full or the source ends.
fn read_full(source: &mut impl Read, block: &mut [u8], before: u64) -> Result<usize, CoreError> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(n) => filled = filled.saturating_add(n).min(block.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let after = before.saturating_add(filled as u64);
                return Err(CoreError::SourceFailed { after, kind: error.kind() });
            }
        }
    }
    Ok(filled)
}

fn profile_for(kind: &EvidenceKind, size: Option<u64>) -> MediaProfile {
    let limit = if *kind == EvidenceKind::AUDIO { SMALL_AUDIO_BYTES } else { SMALL_BYTES };
    if size.is_some_and(|size| size <= limit) { MediaProfile::Small } else { MediaProfile::Large }
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
    fn layouts_follow_size_and_kind() {
        for (kind, size, expected) in [
            (EvidenceKind::PHOTO, Some(SMALL_BYTES), MediaProfile::Small),
            (EvidenceKind::PHOTO, Some(SMALL_BYTES + 1), MediaProfile::Large),
            (EvidenceKind::AUDIO, Some(SMALL_AUDIO_BYTES), MediaProfile::Small),
            (EvidenceKind::AUDIO, Some(SMALL_AUDIO_BYTES + 1), MediaProfile::Large),
            (EvidenceKind::AUDIO, None, MediaProfile::Large),
        ] {
            assert_eq!(profile_for(&kind, size), expected, "{kind} {size:?}");
        }
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert_eq!(shorten("صورة", 3), "ص");
        assert_eq!(shorten("abc", 9), "abc");
    }

    #[test]
    fn a_source_that_comes_in_bits_is_read_to_its_end() {
        struct Bits(u8);
        impl Read for Bits {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 | 3 => Err(io::ErrorKind::Interrupted.into()),
                    n if n < 9 => {
                        out[0] = n;
                        Ok(1)
                    }
                    _ => Ok(0),
                }
            }
        }
        let mut block = [0; 16];
        assert_eq!(read_full(&mut Bits(0), &mut block, 0).unwrap(), 6);
        assert_eq!(block[..6], [2, 4, 5, 6, 7, 8]);
    }
}
