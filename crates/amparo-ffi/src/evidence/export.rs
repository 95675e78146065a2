//! Taking evidence out, in the clear, at the user's word. What leaves is entered in the custody log before anybody can see it.

use std::{path::Path, sync::Arc};

use super::{Evidence, EvidenceError, EvidenceStore};
#[cfg(unix)]
use super::{Stripped, descriptor::take};
#[cfg(unix)]
use crate::error::Failure;
use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::call,
    ids::EvidenceId,
    job::{CancelToken, Progress, watch},
};

#[uniffi::export]
impl EvidenceStore {
    /// Writes the exact bytes to a new file at `path`, readable by its owner only. It appears under its name only when it is whole and
    /// has the hash the evidence was stored with; an existing file is never touched.
    pub fn export_file(
        &self,
        id: EvidenceId,
        path: String,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.export_file", || {
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.evidence().export_file(id.into_core()?, Path::new(&path), &mut watch)?.into_host())
        })
    }
}

#[cfg(unix)]
#[uniffi::export]
impl EvidenceStore {
    /// Writes the exact bytes to an open descriptor, from where it stands. **Takes the descriptor over and closes it**, also when it
    /// fails: give a detached or duplicated one, and do not use it again. What was written before a failure must not be used.
    pub fn export_to_descriptor(
        &self,
        id: EvidenceId,
        fd: i32,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Evidence, EvidenceError> {
        call("evidence.export_to_descriptor", || {
            let target = take(fd)?;
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.evidence().export(id.into_core()?, target, &mut watch)?.into_host())
        })
    }

    /// Writes `length` bytes from `offset` on, or as many as there are, as `export_to_descriptor`, and returns how many that were.
    /// What is outside that part is not looked at.
    pub fn export_part_to_descriptor(
        &self,
        id: EvidenceId,
        offset: u64,
        length: u64,
        fd: i32,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<u64, EvidenceError> {
        call("evidence.export_part_to_descriptor", || {
            let target = take(fd)?;
            let mut watch = watch(cancel, progress);
            Ok(self.amparo.evidence().export_part(id.into_core()?, offset, length, target, &mut watch)?)
        })
    }
}

/// Writes a copy without metadata of what `source` holds to `target`, where it stands: JPEG, PNG, MP4 and QuickTime, told by the
/// first bytes. For a file that is not in a vault. `source` must be a regular file; it is read from its beginning. **Takes both
/// descriptors over and closes them**, also when it fails. What was written before a failure must not be used.
#[cfg(unix)]
#[uniffi::export]
pub fn strip_to_descriptor(source: i32, target: i32) -> Result<Stripped, EvidenceError> {
    call("strip_to_descriptor", || {
        if source == target {
            take(source)?;
            return Err(Failure::argument("source and target are one descriptor: give two"));
        }
        // Both are ours, whichever of them is refused.
        let (source, target) = (take(source), take(target));
        let (mut source, mut target) = (source?, target?);
        Ok(amparo_core::evidence::strip_stream(&mut source, &mut target)?.into_host())
    })
}
