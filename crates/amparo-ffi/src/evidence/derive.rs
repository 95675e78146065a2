//! Derivatives: redacted, resized and stripped copies, transcripts, thumbnails. The original is never changed.

use std::{path::Path, sync::Arc};

use amparo_core::evidence::no_progress;

use super::{DeriveRequest, Evidence, EvidenceError, EvidenceStore};
use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::call,
    ids::EvidenceId,
    job::{CancelToken, Progress, watch},
};

#[uniffi::export]
impl EvidenceStore {
    /// Stores the file at `path` as a derivative of `parent`, attached to the same incidents. A derivative of a derivative names that
    /// one. When it fails, nothing is kept. A file on the storage is readable for others and cannot be deleted for good there: where
    /// the host has the bytes, `derive_from_bytes` or a pipe to `derive_from_descriptor` is better.
    pub fn derive_from_file(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        path: String,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.derive_from_file", || {
            let mut watch = watch(cancel, progress);
            let evidence = self.amparo.evidence();
            let path = Path::new(&path);
            Ok(evidence.derive_file(parent.into_core()?, request.into_core()?, path, &mut watch)?.into_host())
        })
    }

    /// As `derive_from_file`, of what the host has in memory. `bytes` is read in place; the caller wipes it.
    pub fn derive_from_bytes(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        bytes: &[u8],
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.derive_from_bytes", || {
            let evidence = self.amparo.evidence();
            Ok(evidence.derive(parent.into_core()?, request.into_core()?, bytes, &mut no_progress)?.into_host())
        })
    }

    /// Makes a copy of `parent` without metadata and stores it as a derivative with the purpose `Stripped`: JPEG, PNG, MP4 and
    /// QuickTime. Picture, sound and film are bit for bit the original's. What was taken out stands in the derivation. `progress`
    /// counts bytes written.
    pub fn strip_metadata(
        &self,
        parent: EvidenceId,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.strip_metadata", || {
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.evidence().strip_metadata(parent.into_core()?, &mut watch)?.into_host())
        })
    }

    /// What was derived from `id` directly and not deleted since, thumbnails included, oldest first.
    pub fn derivatives(&self, id: EvidenceId) -> Result<Vec<Evidence>, EvidenceError> {
        call("evidence.derivatives", || Ok(self.amparo.evidence().derivatives(id.into_core()?)?.into_host()))
    }

    /// Stores a small picture that the app made of `parent`, for lists. The newest one counts. JPEG, PNG or WebP, at most 256 KiB,
    /// which the first bytes must show.
    pub fn set_thumbnail(
        &self,
        parent: EvidenceId,
        picture: &[u8],
        media_type: String,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.set_thumbnail", || {
            Ok(self.amparo.evidence().set_thumbnail(parent.into_core()?, picture, &media_type)?.into_host())
        })
    }

    /// The newest thumbnail of `parent`, if there is one. At most 256 KiB.
    pub fn thumbnail(&self, parent: EvidenceId) -> Result<Option<Vec<u8>>, EvidenceError> {
        call("evidence.thumbnail", || Ok(self.amparo.evidence().thumbnail(parent.into_core()?)?))
    }
}

#[cfg(unix)]
#[uniffi::export]
impl EvidenceStore {
    /// As `derive_from_file`, of what an open descriptor yields, from where it stands to its end. **Takes the descriptor over and closes
    /// it**, also when it fails: give a detached or duplicated one, and do not use it again.
    pub fn derive_from_descriptor(
        &self,
        parent: EvidenceId,
        request: DeriveRequest,
        fd: i32,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.derive_from_descriptor", || {
            // First of all: it is ours, whatever else is wrong.
            let source = super::descriptor::take(fd)?;
            let mut watch = watch(cancel, progress);
            let evidence = self.amparo.evidence();
            Ok(evidence.derive_open_file(parent.into_core()?, request.into_core()?, source, &mut watch)?.into_host())
        })
    }
}
