//! Derivatives: redacted, resized, stripped copies, transcripts, thumbnails. Each names the original it was made from and the
//! program that made it; the original is never changed.

use std::{fs::File, io::Read, path::Path};

use amparo_vault::MediaProfile;

use super::{
    Derivation, Evidence, EvidenceDescription, EvidenceKind, EvidenceState, EvidenceStore, Origin, Progress, Purpose,
    import::{open_source, size_of_open},
    ingest::{self, Ingest},
    limits, media_type, no_progress,
    store::{self, NewEvidence},
};
use crate::{CORE_NAME, CORE_SEMVER, CoreError, EvidenceId, text};

/// What is said of a derivative.
#[derive(Clone)]
pub struct DeriveRequest {
    /// How it was made.
    pub derivation: Derivation,
    /// What it is; what its original is when there is none.
    pub kind: Option<EvidenceKind>,
    /// Media type (RFC 6838); what its first bytes say when there is none.
    pub media_type: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// BCP 47 tag of the language in it.
    pub language: Option<String>,
}

impl DeriveRequest {
    /// A derivative for `purpose`, made by `tool`.
    #[must_use]
    pub fn new(purpose: Purpose, tool: impl Into<String>) -> Self {
        Self {
            derivation: Derivation::new(purpose, tool.into()),
            kind: None,
            media_type: None,
            note: None,
            language: None,
        }
    }
}

impl core::fmt::Debug for DeriveRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DeriveRequest").field("purpose", &self.derivation.purpose).finish_non_exhaustive()
    }
}

impl EvidenceStore<'_> {
    /// Stores what `source` yields, to its end, as a derivative of `parent`, attached to the same incidents. A derivative of a
    /// derivative names that one. `progress` gets the bytes read so far.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceDeleted`], [`CoreError::EvidenceUnfinished`],
    /// [`CoreError::EvidenceDamaged`] and [`CoreError::EvidenceEmpty`] say what the parent is;
    /// [`CoreError::SourceEmpty`], [`CoreError::SourceFailed`], [`CoreError::Cancelled`], [`CoreError::TooLong`],
    /// [`CoreError::InvalidField`], and the vault's. Nothing is kept then: the parent is still there.
    pub fn derive(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        mut source: impl Read,
        progress: Progress<'_>,
    ) -> Result<Evidence, CoreError> {
        let (mut block, filled) = ingest::first_block(&mut source)?;
        let (_, detected) = media_type::detect(block.get(..filled).unwrap_or_default());
        let size = (filled < block.len()).then_some(filled as u64);
        let mut derivative = self.begin_derivative(parent, request, detected, size)?;
        match ingest::copy(&mut source, &mut block, filled, &mut derivative, progress) {
            Ok(()) => self.end_derivative(derivative, None),
            Err(error) => Err(discard(derivative, error)),
        }
    }

    /// As [`derive`](Self::derive), from the file at `path`. Its name is not kept.
    ///
    /// # Errors
    /// [`CoreError::SourceMissing`], [`CoreError::SourceIsFolder`], [`CoreError::SourceForbidden`],
    /// [`CoreError::SourceNotAFile`], and those of [`derive`](Self::derive).
    pub fn derive_file(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        path: &Path,
        progress: Progress<'_>,
    ) -> Result<Evidence, CoreError> {
        let (file, _) = open_source(path)?;
        self.derive(parent, request, file, progress)
    }

    /// As [`derive`](Self::derive), of what an open descriptor yields, from where it stands to its end: see
    /// [`import_open_file`](Self::import_open_file). It is closed afterwards.
    ///
    /// # Errors
    /// [`CoreError::SourceIsFolder`], [`CoreError::SourceNotAFile`], and those of [`derive`](Self::derive).
    pub fn derive_open_file(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        file: impl Into<File>,
        progress: Progress<'_>,
    ) -> Result<Evidence, CoreError> {
        let file = file.into();
        size_of_open(&file)?;
        self.derive(parent, request, file, progress)
    }

    pub(super) fn begin_derivative(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        detected: String,
        size: Option<u64>,
    ) -> Result<Ingest, CoreError> {
        let kind = match request.kind {
            Some(kind) => kind,
            None => self.get(parent)?.description.kind,
        };
        let profile = match request.derivation.purpose == Purpose::THUMBNAIL {
            true => MediaProfile::Small,
            false => ingest::profile_for(&kind, size),
        };
        let description = EvidenceDescription {
            note: request.note.filter(|note| !note.is_empty()),
            language: request.language,
            derivation: Some(request.derivation),
            ..EvidenceDescription::new(kind, request.media_type.unwrap_or(detected), Origin::IMPORT)
        };
        description.validate()?;
        let new = NewEvidence { parent: Some(parent), ..NewEvidence::of(description, self.amparo.clock.now()) };
        Ingest::begin(self.amparo, profile, |tx, id, media| store::begin(tx, id, media, &new))
    }

    /// Ends a derivative; `removed` is what was found out, while it was made, to be left out of it.
    pub(super) fn end_derivative(&self, ingest: Ingest, removed: Option<Vec<String>>) -> Result<Evidence, CoreError> {
        let id = ingest.id();
        ingest.finish(|tx| match removed {
            Some(removed) => store::complete_description(tx, id, |said| {
                if let Some(derivation) = &mut said.derivation {
                    derivation.removed = removed;
                }
            }),
            None => Ok(()),
        })?;
        self.get(id)
    }

    /// What was derived from `id` directly and not deleted since, thumbnails included, oldest first.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], and the vault's.
    pub fn derivatives(&self, id: EvidenceId) -> Result<Vec<Evidence>, CoreError> {
        self.amparo.vault.read(|conn| {
            let seq = store::seq_of(conn, id)?;
            store::select(conn, "derived_from = ?1 AND state <> 'deleted' ORDER BY seq", seq)
        })
    }

    /// Stores a small picture that the app made of `parent`, for lists. The newest one counts. JPEG, PNG or WebP, at most 256 KiB,
    /// which the first bytes must show.
    ///
    /// # Errors
    /// [`CoreError::TooLong`], [`CoreError::InvalidField`], and those of [`derive`](Self::derive).
    pub fn set_thumbnail(&self, parent: EvidenceId, picture: &[u8], media_type: &str) -> Result<Evidence, CoreError> {
        if picture.len() > limits::THUMBNAIL_BYTES {
            return Err(CoreError::TooLong { field: "thumbnail", limit: limits::THUMBNAIL_BYTES });
        }
        let (_, detected) = media_type::detect(picture);
        if !["image/jpeg", "image/png", "image/webp"].contains(&detected.as_str()) || detected != media_type {
            return Err(CoreError::InvalidField {
                field: "thumbnail",
                rule: "must be a JPEG, PNG or WebP picture, and of the media type it is said to be",
            });
        }
        let mut request = DeriveRequest::new(Purpose::THUMBNAIL, "app");
        request.kind = Some(EvidenceKind::PHOTO);
        self.derive(parent, request, picture, &mut no_progress)
    }

    /// The newest thumbnail of `parent`, if there is one.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], and the vault's.
    pub fn thumbnail(&self, parent: EvidenceId) -> Result<Option<Vec<u8>>, CoreError> {
        let found = self.amparo.vault.read(|conn| {
            let seq = store::seq_of(conn, parent)?;
            store::select(
                conn,
                "derived_from = ?1 AND purpose = 'thumbnail' AND state = 'complete' ORDER BY seq DESC LIMIT 1",
                seq,
            )
        })?;
        let Some(thumbnail) = found.first() else { return Ok(None) };
        let reader = self.open_reader(thumbnail.id)?;
        let length = usize::try_from(reader.len()).unwrap_or(usize::MAX);
        text::check_count("thumbnail", length, limits::THUMBNAIL_BYTES)?;
        let mut picture = vec![0; length];
        let read = reader.read_at(&mut picture, 0)?;
        picture.truncate(read);
        Ok(Some(picture))
    }
}

/// How a derivative that the core itself makes says so.
pub(super) fn by_the_core(purpose: Purpose) -> DeriveRequest {
    let mut request = DeriveRequest::new(purpose, CORE_NAME);
    CORE_SEMVER.clone_into(&mut request.derivation.tool_version);
    request
}

/// Takes back a derivative that could not be made. If even that fails, it stays as one that was cut off.
pub(super) fn discard(ingest: Ingest, error: CoreError) -> CoreError {
    let _ = ingest.take_back();
    error
}

impl Evidence {
    /// Why it was made, if it is a derivative.
    #[must_use]
    pub fn purpose(&self) -> Option<&Purpose> {
        self.description.derivation.as_ref().map(|derivation| &derivation.purpose)
    }

    /// Whether its bytes are gone for good.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.state == EvidenceState::DELETED
    }
}
