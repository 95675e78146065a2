//! Evidence: photos, recordings and documents, bit for bit as they came, each with its SHA-256 and its custody entries.
//!
//! Bytes stream through in one pass and constant memory; nothing is re-encoded, nothing is kept in the clear. The row of a piece
//! of evidence is there before its first byte, so that a crash leaves something that is shown and labelled, never nothing.

mod export;
mod import;
mod media_type;
mod record;
pub(crate) mod store;

use core::ops::ControlFlow;

pub use amparo_vault::MediaReader;
pub(crate) use export::PartFile;
pub use import::ImportRequest;
pub(crate) use media_type::extension;
pub use record::{
    CapturedAt, EVIDENCE_SCHEMA, Evidence, EvidenceDescription, EvidenceKind, EvidenceState, Origin, limits,
};

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
    /// The evidence of an incident, oldest first.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], and the vault's.
    pub fn list(&self, incident: IncidentId) -> Result<Vec<Evidence>, CoreError> {
        self.amparo.vault.read(|conn| store::list(conn, incident))
    }

    /// All evidence of the vault, also what belongs to no incident yet: newest first, at most `limit` (1 to
    /// [`MAX_PAGE`](crate::incident::MAX_PAGE)), from where `after` points.
    ///
    /// # Errors
    /// The vault's.
    pub fn recent(&self, limit: usize, after: Option<&Cursor>) -> Result<EvidencePage, CoreError> {
        self.amparo.vault.read(|conn| store::recent(conn, limit, after))
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
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceUnfinished`], and the vault's.
    pub fn open_reader(&self, id: EvidenceId) -> Result<MediaReader, CoreError> {
        let media = self.amparo.vault.read(|conn| store::media_of(conn, id))?;
        Ok(self.amparo.vault.open_media(media)?)
    }

    /// Records that it was shown to somebody.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], and the vault's.
    pub fn record_viewed(&self, id: EvidenceId) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| {
            let evidence = store::get(tx, id)?;
            log::append(tx, &now, Act::on(Event::Viewed, id, evidence.sha256)).map(|_| ())
        })
    }

    /// Attaches it to one more incident. Attaching twice changes nothing.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::IncidentNotFound`], and the vault's.
    pub fn attach(&self, id: EvidenceId, incident: IncidentId) -> Result<(), CoreError> {
        self.amparo.vault.write(|tx| store::attach(tx, id, incident))
    }

    /// Replaces its note; `None` or an empty text removes it. The custody log records that, without the text.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::TooLong`], [`CoreError::DamagedRecord`], and the vault's.
    pub fn set_note(&self, id: EvidenceId, note: Option<String>) -> Result<Evidence, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| store::set_note(tx, id, note, &now))
    }
}
