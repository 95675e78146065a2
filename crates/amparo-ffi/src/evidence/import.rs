//! Bringing files in.

use std::{path::Path, sync::Arc};

use amparo_core::evidence::no_progress;

use super::{Evidence, EvidenceError, EvidenceStore, ImportRequest};
use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::call,
    job::{CancelToken, Progress, watch},
};

#[uniffi::export]
impl EvidenceStore {
    /// Imports the file at `path`, bit for bit. When this returns, the evidence, its hash and its custody entry are on the medium; when
    /// it fails for the source's sake or is cancelled, nothing is kept.
    pub fn import_file(
        &self,
        path: String,
        request: ImportRequest,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.import_file", || {
            let mut watch = watch(cancel, progress);
            let evidence = self.amparo.evidence();
            Ok(evidence.import_file(Path::new(&path), request.into_core()?, &mut watch)?.into_host())
        })
    }

    /// Imports what the host has in memory: a photo that was just taken, a text. `bytes` is read in place; the caller wipes it.
    pub fn import_bytes(&self, bytes: &[u8], request: ImportRequest) -> Result<Evidence, EvidenceError> {
        call("evidence.import_bytes", || {
            let size = Some(bytes.len() as u64);
            let evidence = self.amparo.evidence();
            Ok(evidence.import(bytes, size, request.into_core()?, &mut no_progress)?.into_host())
        })
    }
}

#[cfg(unix)]
#[uniffi::export]
impl EvidenceStore {
    /// Imports what an open descriptor yields, from where it stands to its end: a regular file, a pipe or a socket, as another app or a
    /// document provider hands it over. **Takes the descriptor over and closes it**, also when it fails: give a detached or duplicated
    /// one, and do not use it again. May block for whoever writes into a pipe.
    pub fn import_descriptor(
        &self,
        fd: i32,
        request: ImportRequest,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.import_descriptor", || {
            // First of all: it is ours, whatever else is wrong.
            let source = super::descriptor::take(fd)?;
            let mut watch = watch(cancel, progress);
            let evidence = self.amparo.evidence();
            Ok(evidence.import_open_file(source, request.into_core()?, &mut watch)?.into_host())
        })
    }
}
