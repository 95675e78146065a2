//! Recording straight into the vault: what the camera or the microphone yields is encrypted as it comes, and nothing of it is
//! ever lost to a lock, a kill, a full storage or a forgotten call, beyond what did not fill a slot yet when the device died.

use amparo_vault::MediaProfile;
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::{
    CapturedAt, DeviceMetadata, Evidence, EvidenceDescription, EvidenceKind, EvidenceStore, Origin, Testimony,
    ingest::Ingest,
    media_type, recording,
    store::{self, NewEvidence},
};
use crate::{CoreError, EvidenceId, IncidentId};

/// How much of the beginning is kept in memory to be compared with the media type that the app gave.
const HEAD_BYTES: usize = 4096;

/// What is said of a capture before its first byte.
#[derive(Clone)]
pub struct CaptureRequest {
    /// What it is.
    pub kind: EvidenceKind,
    /// Media type (RFC 6838): the app knows what it records.
    pub media_type: String,
    /// The incident to attach it to.
    pub incident: Option<IncidentId>,
    /// When it begins; the clock's time now when there is none.
    pub captured_at: Option<CapturedAt>,
    /// A note.
    pub note: Option<String>,
    /// BCP 47 tag of the language in it.
    pub language: Option<String>,
    /// What the device knows, if the user wants it kept.
    pub device: Option<DeviceMetadata>,
    /// Who speaks and to whom it may be told, if it is a testimony.
    pub testimony: Option<Testimony>,
    /// The layout on disk. By default small slots for sound, so that a crash takes little of it, and large ones for the rest.
    pub profile: Option<MediaProfile>,
    /// A piece of the recording that this one goes on with.
    pub continues: Option<EvidenceId>,
}

impl CaptureRequest {
    /// Only what it cannot be without.
    #[must_use]
    pub fn new(kind: EvidenceKind, media_type: impl Into<String>) -> Self {
        Self {
            kind,
            media_type: media_type.into(),
            incident: None,
            captured_at: None,
            note: None,
            language: None,
            device: None,
            testimony: None,
            profile: None,
            continues: None,
        }
    }
}

impl core::fmt::Debug for CaptureRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CaptureRequest")
            .field("kind", &self.kind)
            .field("incident", &self.incident)
            .field("continues", &self.continues)
            .finish_non_exhaustive()
    }
}

impl EvidenceStore<'_> {
    /// Begins a capture. Its row, attached to its incident and with the medium's key, is on the medium when this returns, before
    /// the first byte is taken.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::TooLong`], [`CoreError::InvalidField`]; for a recording that goes on
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceDeleted`] and, while a piece of it is being written,
    /// [`CoreError::EvidenceUnfinished`]; and the vault's. There is no capture then.
    pub fn start_capture(&self, request: CaptureRequest) -> Result<Capture, CoreError> {
        let now = self.amparo.clock.now();
        let captured_at = match request.captured_at {
            Some(said) => said,
            None => CapturedAt::at(now.time.to_string().parse()?),
        };
        let sound = request.kind == EvidenceKind::AUDIO || request.media_type.starts_with("audio/");
        let profile = request.profile.unwrap_or(if sound { MediaProfile::Small } else { MediaProfile::Large });
        let description = EvidenceDescription {
            captured_at: Some(captured_at),
            note: request.note.filter(|note| !note.is_empty()),
            language: request.language,
            device: request.device.filter(|device| !device.is_empty()),
            testimony: request.testimony,
            ..EvidenceDescription::new(request.kind, request.media_type, Origin::IN_APP)
        };
        description.validate()?;
        if let Some(earlier) = request.continues {
            self.label_left_behind(|conn| recording::segments(conn, earlier))?;
        }
        let media_type = description.media_type.clone();
        let new = NewEvidence { continues: request.continues, ..NewEvidence::of(description, now) };
        let new = new.attached_to(request.incident);
        let ingest = Ingest::begin(self.amparo, profile, |tx, id, media| store::begin(tx, id, media, &new))?;
        Ok(Capture { amparo: self.amparo.clone(), ingest, media_type, head: Zeroizing::new(Vec::new()) })
    }
}

/// A capture under way. `Send`: it may move to the thread that records. Dropping it ends the piece with every byte that was
/// given, in the state [`INTERRUPTED`](super::EvidenceState::INTERRUPTED); so does a lock of the vault. Only
/// [`abort`](Self::abort) throws anything away.
pub struct Capture {
    amparo: crate::Amparo,
    ingest: Ingest,
    media_type: String,
    head: Zeroizing<Vec<u8>>,
}

impl Capture {
    /// The id of the evidence it becomes.
    #[must_use]
    pub fn id(&self) -> EvidenceId {
        self.ingest.id()
    }

    /// Bytes taken so far; 0 after an error, and after the vault was locked.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.ingest.size()
    }

    /// Takes what was recorded. May block for the disk. About once a second what was taken is synced by itself.
    ///
    /// # Errors
    /// The vault's, [`StorageFull`](amparo_vault::VaultError::StorageFull) among them: no more is taken after one. What was
    /// written is kept, and labelled when the capture is dropped or finished.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), CoreError> {
        self.ingest.write(bytes)?;
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        if room > 0 {
            // All at once, so that growing leaves no copy behind in memory.
            self.head.reserve_exact(room);
            self.head.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        }
        Ok(())
    }

    /// Returns when every slot that is full is on the medium: for an app that is about to be suspended. Blocks for the disk.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn sync(&mut self) -> Result<(), CoreError> {
        self.ingest.sync()
    }

    /// Ends the capture: when this returns `Ok`, the evidence, its hash and its custody entry are on the medium.
    ///
    /// # Errors
    /// [`CoreError::EvidenceEmpty`] when nothing was given: nothing is kept then, not even a row. The vault's: what was written
    /// is kept and labelled, with [`id`](Self::id) as its id.
    pub fn finish(self) -> Result<Evidence, CoreError> {
        let Self { amparo, ingest, media_type, head } = self;
        if head.is_empty() && ingest.size() == 0 && ingest.is_open() {
            ingest.take_back()?;
            return Err(CoreError::EvidenceEmpty);
        }
        let detected = media_type::contradiction(&head, &media_type);
        let id = ingest.id();
        ingest.finish(|tx: &Transaction<'_>| match detected {
            Some(detected) => store::complete_description(tx, id, |said| said.detected_media_type = Some(detected)),
            None => Ok(()),
        })?;
        amparo.vault.read(|conn| store::get(conn, id))
    }

    /// Throws the capture away, as if it had never begun: row, key and bytes.
    ///
    /// # Errors
    /// The vault's. What was written is kept and labelled then.
    pub fn abort(self) -> Result<(), CoreError> {
        self.ingest.take_back()
    }
}

impl core::fmt::Debug for Capture {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Capture").field("id", &self.id()).field("size", &self.size()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_capture_may_move_to_the_thread_that_records() {
        fn is_send<T: Send>() {}
        is_send::<super::Capture>();
        is_send::<crate::evidence::RecordingReader>();
    }
}
