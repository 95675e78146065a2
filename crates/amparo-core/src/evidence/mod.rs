//! Evidence: photos, recordings and documents, bit for bit as they came, each with its SHA-256 and its custody entries.
//!
//! Bytes stream through in one pass and constant memory; nothing is re-encoded, nothing is kept in the clear. The row of a piece
//! of evidence is there before its first byte, so that a crash leaves something that is shown and labelled, never nothing.

mod capture;
mod delete;
mod derive;
mod device;
mod export;
mod import;
mod ingest;
mod media_type;
mod record;
mod recording;
pub(crate) mod store;
mod strip;
mod testimony;

use core::ops::ControlFlow;

pub use amparo_vault::{MediaProfile, MediaReader};
pub use capture::{Capture, CaptureRequest};
pub use delete::{DeleteOptions, Deleted, Derivatives};
pub use derive::DeriveRequest;
pub use device::{DeviceLocation, DeviceMetadata, DeviceNetwork, NetworkKind};
pub(crate) use export::PartFile;
pub use import::ImportRequest;
pub(crate) use import::open_source;
pub(crate) use ingest::Live;
pub(crate) use media_type::extension;
pub use record::{
    CapturedAt, Derivation, EVIDENCE_SCHEMA, Evidence, EvidenceDescription, EvidenceKind, EvidenceState, Origin,
    Purpose, Segment, limits,
};
pub use recording::RecordingReader;
pub use strip::{Stripped, strip_stream};
pub use testimony::{Speaker, Testimony};

use amparo_report::custody::Event;

use crate::{
    Amparo, CoreError, EvidenceId, IncidentId,
    custody::log::{self, Act},
    incident::Cursor,
};

/// Told how many bytes have passed so far; answers whether to go on. Called between blocks, never while the vault's lock is
/// held.
pub type Progress<'a> = &'a mut dyn FnMut(u64) -> ControlFlow<()>;

/// One page of evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidencePage {
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A progress that never stops.
pub fn no_progress(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The vault's evidence. Got from [`Amparo::evidence`]. Every call may block for the disk.
#[derive(Debug)]
pub struct EvidenceStore<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl EvidenceStore<'_> {
    /// The evidence of an incident, oldest first. Thumbnails belong to their originals and are not among it.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], and the vault's.
    pub fn list(&self, incident: IncidentId) -> Result<Vec<Evidence>, CoreError> {
        self.amparo.vault.read(|conn| store::list(conn, incident))
    }

    /// All evidence of the vault, also what belongs to no incident yet, without thumbnails and what was deleted: newest first, at most `limit` (1 to
    /// [`MAX_PAGE`](crate::incident::MAX_PAGE)), from where `after` points.
    ///
    /// # Errors
    /// The vault's.
    pub fn recent(&self, limit: usize, after: Option<&Cursor>) -> Result<EvidencePage, CoreError> {
        self.amparo.vault.read(|conn| store::page(conn, store::Listed::Living, limit, after))
    }

    /// One piece of evidence.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], and the vault's.
    pub fn get(&self, id: EvidenceId) -> Result<Evidence, CoreError> {
        self.amparo.vault.read(|conn| store::get(conn, id))
    }

    /// Opens the bytes for reading: [`std::io::Read`], [`std::io::Seek`], and reads at any place. Every byte it returns was
    /// authenticated. What is shown to somebody is recorded with [`record_viewed`](Self::record_viewed).
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceUnfinished`], [`CoreError::EvidenceDeleted`], and the vault's.
    pub fn open_reader(&self, id: EvidenceId) -> Result<MediaReader, CoreError> {
        let media = self.amparo.vault.read(|conn| store::media_of(conn, id))?;
        Ok(self.amparo.vault.open_media(media)?)
    }

    /// Records that it was shown to somebody.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceDeleted`], and the vault's.
    pub fn record_viewed(&self, id: EvidenceId) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| {
            let evidence = store::get(tx, id)?;
            if evidence.is_deleted() {
                return Err(CoreError::EvidenceDeleted);
            }
            log::append(tx, &now, Act::on(Event::Viewed, id, evidence.sha256)).map(|_| ())
        })
    }

    /// Attaches it to one more incident. Attaching twice changes nothing.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceDeleted`], [`CoreError::IncidentNotFound`],
    /// [`CoreError::InvalidField`] for a thumbnail, and the vault's.
    pub fn attach(&self, id: EvidenceId, incident: IncidentId) -> Result<(), CoreError> {
        self.amparo.vault.write(|tx| store::attach(tx, id, incident))
    }

    /// Takes it out of an incident; the evidence itself stays in the vault. False when it was not attached.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::IncidentNotFound`], and the vault's.
    pub fn detach(&self, id: EvidenceId, incident: IncidentId) -> Result<bool, CoreError> {
        self.amparo.vault.write(|tx| store::detach(tx, id, incident))
    }

    /// Replaces its note; `None` or an empty text removes it. The custody log records that, without the text.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceDeleted`], [`CoreError::TooLong`],
    /// [`CoreError::DamagedRecord`], and the vault's.
    pub fn set_note(&self, id: EvidenceId, note: Option<String>) -> Result<Evidence, CoreError> {
        self.edit(id, "note", |said| said.note = note.filter(|note| !note.is_empty()))
    }

    /// Replaces when it was captured. The custody log records that, without the time.
    ///
    /// # Errors
    /// As [`set_note`](Self::set_note).
    pub fn set_captured_at(&self, id: EvidenceId, at: Option<CapturedAt>) -> Result<Evidence, CoreError> {
        self.edit(id, "captured_at", |said| said.captured_at = at)
    }

    /// Replaces the language in it. The custody log records that, without the language.
    ///
    /// # Errors
    /// As [`set_note`](Self::set_note), and [`CoreError::InvalidField`].
    pub fn set_language(&self, id: EvidenceId, language: Option<String>) -> Result<Evidence, CoreError> {
        self.edit(id, "language", |said| said.language = language)
    }

    /// Replaces who speaks and what they allow: consent may be given later, and taken back. The custody log records that, without
    /// names.
    ///
    /// # Errors
    /// As [`set_note`](Self::set_note).
    pub fn set_testimony(&self, id: EvidenceId, testimony: Option<Testimony>) -> Result<Evidence, CoreError> {
        self.edit(id, "testimony", |said| said.testimony = testimony)
    }

    /// Replaces what the device knew; `None` forgets it. The custody log records that, without any of it.
    ///
    /// # Errors
    /// As [`set_note`](Self::set_note), and [`CoreError::InvalidField`].
    pub fn set_device(&self, id: EvidenceId, device: Option<DeviceMetadata>) -> Result<Evidence, CoreError> {
        self.edit(id, "device", |said| said.device = device.filter(|device| !device.is_empty()))
    }

    fn edit(
        &self,
        id: EvidenceId,
        field: &'static str,
        change: impl FnOnce(&mut EvidenceDescription),
    ) -> Result<Evidence, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| store::edit(tx, id, field, &now, change))
    }
}
