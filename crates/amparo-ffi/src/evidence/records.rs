//! The parts of an evidence record, as in the core and in `docs/formats/domain.md`, and what a host says when it brings evidence in.

use std::collections::BTreeSet;

use super::{EvidenceError, EvidenceKind, EvidenceState, NetworkKind, Origin, Purpose};
use crate::{
    convert::{IntoCore, IntoHost, answer, mirror, plain, same_words},
    error::call,
    ids::{Cursor, EvidenceId, IncidentId, PartialDate, PersonId, Stamp},
    incidents::{Consent, RecipientKind},
};

mirror! {
    /// Where the device says it was.
    DeviceLocation = amparo_core::evidence::DeviceLocation {
        required {
            /// Degrees north, −90 to 90 (WGS 84).
            latitude: f64,
            /// Degrees east, −180 to 180.
            longitude: f64,
        }
        /// How far the position may be off, in metres.
        accuracy_m: Option<f64>,
        /// Metres above the WGS 84 ellipsoid, −12,000 to 100,000.
        altitude_m: Option<f64>,
        /// When the device found it out: a fix may be older than the capture.
        at: Option<PartialDate>,
    }
}

mirror! {
    /// How the device was connected.
    DeviceNetwork = amparo_core::evidence::DeviceNetwork {
        /// By what.
        kind: Option<NetworkKind>,
        /// The operator's name or number.
        operator: String,
        /// The cell, as the device writes it.
        cell: String,
    }
}

mirror! {
    /// What the device knows of the moment of capture. The default says nothing.
    DeviceMetadata = amparo_core::evidence::DeviceMetadata {
        /// Where it was.
        location: Option<DeviceLocation>,
        /// The model of the device.
        model: String,
        /// Its operating system.
        os: String,
        /// How it was connected.
        network: Option<DeviceNetwork>,
    }
}

mirror! {
    /// How a derivative was made from its original.
    Derivation = amparo_core::evidence::Derivation {
        required {
            /// Why.
            purpose: Purpose,
            /// The program that made it: letters, digits, blanks and `.-_+`, at most 64 bytes. It stands in the custody log.
            tool: String,
        }
        /// The program's version, written like its name.
        tool_version: String,
        /// What was taken out, as far as the program says: `exif`, `location`, `trailing_data`, …
        removed: Vec<String>,
    }
}

mirror! {
    /// Who speaks or asks: one of the incident's persons, or a name in words.
    Speaker = amparo_core::evidence::Speaker {
        /// The person, in the incident that the testimony belongs to.
        person: Option<PersonId>,
        /// In words.
        name: String,
    }
}

mirror! {
    /// What is said of a testimony. Nothing is required; without consent it is told to nobody.
    Testimony = amparo_core::evidence::Testimony {
        /// Who speaks.
        speaker: Option<Speaker>,
        /// Who asked.
        interviewer: Option<Speaker>,
        /// What the speaker allows. Absent is "nobody asked", which is not a yes.
        consent: Option<Consent>,
    }
}

mirror! {
    /// When it was captured, as the capturing device said.
    CapturedAt = amparo_core::evidence::CapturedAt {
        required {
            /// Wall clock, as far as it is known.
            time: PartialDate,
        }
        /// Milliseconds since the device started.
        monotonic_ms: Option<u64>,
        /// IANA name of the time zone.
        timezone: Option<String>,
    }
}

mirror! {
    /// What is said of a piece of evidence.
    EvidenceDescription = amparo_core::evidence::EvidenceDescription {
        required {
            /// What it is.
            kind: EvidenceKind,
            /// Media type (RFC 6838): of what is imported as its first bytes say, of a capture as the app says.
            media_type: String,
            /// How it came into the vault.
            how: Origin,
        }
        /// The media type that the first bytes of a capture say, where they clearly contradict the app.
        detected_media_type: Option<String>,
        /// The name it had outside.
        file_name: Option<String>,
        /// When it was captured, if somebody said.
        captured_at: Option<CapturedAt>,
        /// A note.
        note: Option<String>,
        /// BCP 47 tag of the language in it.
        language: Option<String>,
        /// What the device knew of the moment, if somebody asked for it.
        device: Option<DeviceMetadata>,
        /// Of a testimony: who speaks, and to whom it may be told.
        testimony: Option<Testimony>,
        /// Of a derivative: how it was made.
        derivation: Option<Derivation>,
    }
}

answer! {
    /// Which part of a recording a piece of evidence is. A recording that was cut goes on in a further piece.
    Segment = amparo_core::evidence::Segment {
        /// The recording's first piece.
        recording: EvidenceId,
        /// Its number in the recording, from 1.
        number: u32,
    }
}

answer! {
    /// One piece of evidence as the vault keeps it.
    Evidence = amparo_core::evidence::Evidence {
        /// Always `amparo.evidence/1`.
        schema: String,
        /// Its id.
        id: EvidenceId,
        /// How complete it is.
        state: EvidenceState,
        /// Bytes; exact unless damaged. 0 while it is written.
        size: u64,
        /// SHA-256 of its bytes, 64 hexadecimal digits; absent while it is written and when damaged.
        sha256: Option<String>,
        /// When it came into the vault.
        added: Stamp,
        /// The original it was made from.
        derived_from: Option<EvidenceId>,
        /// Which part of a recording it is, if the recording has several.
        segment: Option<Segment>,
        /// What is said of it.
        description: EvidenceDescription,
    }
}

answer! {
    /// One page of evidence.
    EvidencePage = amparo_core::evidence::EvidencePage {
        /// The evidence.
        evidence: Vec<Evidence>,
        /// Where the next page begins, if there is one.
        next: Option<Cursor>,
    }
}

plain! {
    /// What is said of a file that is imported. The default says nothing, and that is enough.
    ImportRequest = amparo_core::evidence::ImportRequest {
        /// The incident to attach it to.
        incident: Option<IncidentId>,
        /// What it is, when the user knows better than the first bytes (a screenshot, a testimony).
        kind: Option<EvidenceKind>,
        /// The name it has outside. `import_file` takes the path's when there is none here.
        file_name: Option<String>,
        /// When it was captured.
        captured_at: Option<CapturedAt>,
        /// A note.
        note: Option<String>,
        /// BCP 47 tag of the language in it.
        language: Option<String>,
        /// What the device knew, if the user wants it kept.
        device: Option<DeviceMetadata>,
        /// Who speaks and to whom it may be told, if it is a testimony.
        testimony: Option<Testimony>,
    }
}

plain! {
    /// What is said of a capture before its first byte.
    CaptureRequest = amparo_core::evidence::CaptureRequest {
        required {
            /// What it is.
            kind: EvidenceKind,
            /// Media type (RFC 6838): the app knows what it records.
            media_type: String,
        }
        /// The incident to attach it to.
        incident: Option<IncidentId>,
        /// When it begins; the clock's time now when there is none.
        captured_at: Option<CapturedAt>,
        /// A note.
        note: Option<String>,
        /// BCP 47 tag of the language in it.
        language: Option<String>,
        /// What the device knows, if the user wants it kept.
        device: Option<DeviceMetadata>,
        /// Who speaks and to whom it may be told, if it is a testimony.
        testimony: Option<Testimony>,
        /// The layout on disk. By default small slots for sound, so that a crash takes little of it, and large ones for the rest.
        profile: Option<MediaProfile>,
        /// A piece of the recording that this one goes on with.
        continues: Option<EvidenceId>,
    }
}

same_words! {
    /// How a medium is laid out on disk.
    MediaProfile = amparo_core::evidence::MediaProfile {
        /// Loses at most 4 KiB to a crash, and wastes least on small files.
        Small,
        /// Loses at most 64 KiB to a crash, and has the least overhead.
        Large,
    }
}

plain! {
    /// What is said of a derivative.
    DeriveRequest = amparo_core::evidence::DeriveRequest {
        required {
            /// How it was made.
            derivation: Derivation,
        }
        /// What it is; what its original is when there is none.
        kind: Option<EvidenceKind>,
        /// Media type (RFC 6838); what its first bytes say when there is none.
        media_type: Option<String>,
        /// A note.
        note: Option<String>,
        /// BCP 47 tag of the language in it.
        language: Option<String>,
    }
}

same_words! {
    /// What becomes of the copies that were made of what is deleted. Thumbnails are always deleted with their original.
    Derivatives = amparo_core::evidence::Derivatives {
        /// If there are any, nothing is deleted.
        Refuse,
        /// They are deleted too, and theirs.
        Delete,
        /// They stay: a redacted copy may outlive an original that is too dangerous to keep.
        Keep,
    }
}

answer! {
    /// What was deleted.
    Deleted = amparo_core::evidence::Deleted {
        /// All pieces, the one that was named first.
        evidence: Vec<EvidenceId>,
        /// Bytes that they held.
        bytes: u64,
    }
}

answer! {
    /// A copy without metadata that was made outside of a vault.
    Stripped = amparo_core::evidence::Stripped {
        /// The media type, as the first bytes say.
        media_type: String,
        /// What it is.
        kind: EvidenceKind,
        /// What was taken out, as codes: `exif`, `xmp`, `iptc`, `comment`, `text`, `time`, `location_and_tags`, `handler_name`,
        /// `encoder_name`, `data_track`, `thumbnail`, `trailing_data`, `unused_space`, `other`.
        removed: Vec<String>,
    }
}

impl IntoHost<Vec<String>> for BTreeSet<&'static str> {
    fn into_host(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}

#[uniffi::export]
impl EvidenceDescription {
    /// Whether consent lets it be told to a recipient of this kind. A testimony may be told only to those kinds that its speaker named;
    /// what is no testimony needs no consent of its own.
    pub fn may_be_told(&self, recipient: RecipientKind) -> Result<bool, EvidenceError> {
        call("evidence_description.may_be_told", || {
            let description: amparo_core::evidence::EvidenceDescription = self.clone().into_core()?;
            Ok(description.may_be_told(&recipient.into_core()?))
        })
    }
}
