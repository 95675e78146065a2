//! Evidence: photos, recordings and documents, bit for bit as they came. Bytes stream; nothing of them is kept in the clear.

mod capture;
mod codes;
mod derive;
#[cfg(unix)]
mod descriptor;
mod export;
mod import;
mod reader;
mod records;

use std::sync::Arc;

use amparo_core::{Amparo, evidence::DeleteOptions};
pub use capture::*;
pub use codes::*;
pub use reader::*;
pub use records::*;

use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::{call, errors},
    ids::{Cursor, EvidenceId, IncidentId},
};

errors! {
    /// Why a call on evidence failed.
    EvidenceError {
        /// No evidence of this id.
        NotFound = 300,
        /// No incident of this id to attach it to.
        IncidentNotFound = 230,
        /// It is still being written, or a piece of its recording is.
        Unfinished = 301,
        /// Nothing of it was kept, nothing was given to the capture, or the file to import is empty.
        Empty = 304 | 314,
        /// It was deleted: its hash and its custody entries are all that is left.
        Deleted = 305,
        /// Copies were made of it: say what becomes of them. Nothing was deleted.
        HasDerivatives = 306, {
            /// How many there are, derivatives of derivatives included.
            derivatives: u64,
        },
        /// The file to import does not exist.
        SourceMissing = 310,
        /// The file to import is a folder, or a device.
        SourceNotAFile = 311 | 313,
        /// The file to import may not be read.
        SourceForbidden = 312,
        /// The file to import could not be read to its end. Nothing of it was kept; it still is where it was.
        SourceFailed = 315,
        /// There is a file of this name already. It was not touched.
        TargetExists = 320,
        /// The folder to write to does not exist.
        TargetFolderMissing = 321,
        /// The file could not be written. What was begun was removed.
        TargetFailed = 323,
        /// Metadata cannot be removed from this: it is of another format, breaks its own, or is too large. Nothing was stored.
        CannotStrip = 324..=326,
        /// A write failed before, so the capture takes no more. End it: what was written is kept.
        CaptureFailed = 123,
        /// The capture was ended, or the reader was closed, before this call.
        Closed = 901 | 905,
    }
}

/// The vault's evidence. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct EvidenceStore {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl EvidenceStore {
    /// The evidence of an incident, oldest first. Thumbnails belong to their originals and are not among it.
    pub fn list(&self, incident: IncidentId) -> Result<Vec<Evidence>, EvidenceError> {
        call("evidence.list", || Ok(self.amparo.evidence().list(incident.into_core()?)?.into_host()))
    }

    /// All evidence of the vault, also what belongs to no incident yet, without thumbnails and what was deleted: newest first, at most
    /// `limit` (1 to 1000), from where `after` points.
    pub fn recent(&self, limit: u32, after: Option<Cursor>) -> Result<EvidencePage, EvidenceError> {
        call("evidence.recent", || {
            let after = after.into_core()?;
            Ok(self.amparo.evidence().recent(limit as usize, after.as_ref())?.into_host())
        })
    }

    /// One piece of evidence.
    pub fn get(&self, id: EvidenceId) -> Result<Evidence, EvidenceError> {
        call("evidence.get", || Ok(self.amparo.evidence().get(id.into_core()?)?.into_host()))
    }

    /// Begins a capture. Its row, attached to its incident, is on the medium when this returns, before the first byte is taken.
    pub fn start_capture(&self, request: CaptureRequest) -> Result<Arc<Capture>, EvidenceError> {
        call("evidence.start_capture", || Ok(Capture::of(self.amparo.evidence().start_capture(request.into_core()?)?)))
    }

    /// Opens the bytes for reading at any place. What is shown to somebody is recorded with `record_viewed`.
    pub fn open_reader(&self, id: EvidenceId) -> Result<Arc<MediaReader>, EvidenceError> {
        call("evidence.open_reader", || Ok(MediaReader::of(self.amparo.evidence().open_reader(id.into_core()?)?)))
    }

    /// All pieces of the recording that `id` is a piece of, in order; `id` alone if it was never continued. Pieces that were deleted
    /// are there as what is left of them.
    pub fn segments(&self, id: EvidenceId) -> Result<Vec<Evidence>, EvidenceError> {
        call("evidence.segments", || Ok(self.amparo.evidence().segments(id.into_core()?)?.into_host()))
    }

    /// Opens the whole recording that `id` is a piece of, as one stream: what one piece ends with is followed by what the next one
    /// begins with. Whether a player understands that depends on the format: MPEG-TS, MP3, ADTS and raw samples do.
    pub fn open_recording(&self, id: EvidenceId) -> Result<Arc<RecordingReader>, EvidenceError> {
        call("evidence.open_recording", || {
            Ok(RecordingReader::of(self.amparo.evidence().open_recording(id.into_core()?)?))
        })
    }

    /// Records in the custody log that it was shown to somebody.
    pub fn record_viewed(&self, id: EvidenceId) -> Result<(), EvidenceError> {
        call("evidence.record_viewed", || Ok(self.amparo.evidence().record_viewed(id.into_core()?)?))
    }

    /// Attaches it to one more incident. Attaching twice changes nothing.
    pub fn attach(&self, id: EvidenceId, incident: IncidentId) -> Result<(), EvidenceError> {
        call("evidence.attach", || Ok(self.amparo.evidence().attach(id.into_core()?, incident.into_core()?)?))
    }

    /// Takes it out of an incident; the evidence itself stays in the vault. False when it was not attached.
    pub fn detach(&self, id: EvidenceId, incident: IncidentId) -> Result<bool, EvidenceError> {
        call("evidence.detach", || Ok(self.amparo.evidence().detach(id.into_core()?, incident.into_core()?)?))
    }

    /// Replaces its note; nothing, or an empty text, removes it. The custody log records that, without the text.
    pub fn set_note(&self, id: EvidenceId, note: Option<String>) -> Result<Evidence, EvidenceError> {
        call("evidence.set_note", || Ok(self.amparo.evidence().set_note(id.into_core()?, note)?.into_host()))
    }

    /// Replaces when it was captured. The custody log records that, without the time.
    pub fn set_captured_at(&self, id: EvidenceId, at: Option<CapturedAt>) -> Result<Evidence, EvidenceError> {
        call("evidence.set_captured_at", || {
            Ok(self.amparo.evidence().set_captured_at(id.into_core()?, at.into_core()?)?.into_host())
        })
    }

    /// Replaces the language in it. The custody log records that, without the language.
    pub fn set_language(&self, id: EvidenceId, language: Option<String>) -> Result<Evidence, EvidenceError> {
        call("evidence.set_language", || {
            Ok(self.amparo.evidence().set_language(id.into_core()?, language)?.into_host())
        })
    }

    /// Replaces who speaks and what they allow: consent may be given later, and taken back. The custody log records that, without names.
    pub fn set_testimony(&self, id: EvidenceId, testimony: Option<Testimony>) -> Result<Evidence, EvidenceError> {
        call("evidence.set_testimony", || {
            Ok(self.amparo.evidence().set_testimony(id.into_core()?, testimony.into_core()?)?.into_host())
        })
    }

    /// Replaces what the device knew; nothing forgets it. The custody log records that, without any of it.
    pub fn set_device(&self, id: EvidenceId, device: Option<DeviceMetadata>) -> Result<Evidence, EvidenceError> {
        call("evidence.set_device", || {
            Ok(self.amparo.evidence().set_device(id.into_core()?, device.into_core()?)?.into_host())
        })
    }

    /// Deletes it for good. When this returns, the key of its bytes is gone, and its note, names and device metadata are gone from the
    /// record and the search index; size, hash and custody entries stay. Reports that were sealed before keep their copy, and so does
    /// every older image of the storage. Blocks for the disk.
    pub fn delete(&self, id: EvidenceId, derivatives: Derivatives) -> Result<Deleted, EvidenceError> {
        call("evidence.delete", || {
            let options = DeleteOptions { derivatives: derivatives.into_core()? };
            Ok(self.amparo.evidence().delete(id.into_core()?, options)?.into_host())
        })
    }

    /// What was deleted, newest first by when it came in, as `recent` lists what was not.
    pub fn deleted(&self, limit: u32, after: Option<Cursor>) -> Result<EvidencePage, EvidenceError> {
        call("evidence.deleted", || {
            let after = after.into_core()?;
            Ok(self.amparo.evidence().deleted(limit as usize, after.as_ref())?.into_host())
        })
    }
}

#[cfg(test)]
mod tests;
