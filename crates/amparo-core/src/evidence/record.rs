//! The evidence record: `amparo.evidence/1`. What is said of one piece of evidence, and what the vault knows of its bytes.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DeviceMetadata, Testimony};
use crate::{
    CoreError, EvidenceId, Stamp,
    code::codes,
    incident::{Consent, PartialDate, RecipientKind},
    record::{self, record},
    text,
};

/// `schema` of a piece of evidence.
pub const EVIDENCE_SCHEMA: &str = "amparo.evidence/1";

codes! {
    /// What it is.
    EvidenceKind {
        /// Photo.
        PHOTO = "photo",
        /// Video.
        VIDEO = "video",
        /// Sound recording.
        AUDIO = "audio",
        /// Document, and anything that is none of the others.
        DOCUMENT = "document",
        /// What somebody says, recorded for this purpose.
        TESTIMONY = "testimony",
        /// Picture of a screen.
        SCREENSHOT = "screenshot",
    }
}

codes! {
    /// How it came into the vault.
    Origin {
        /// Recorded by the app.
        IN_APP = "in_app",
        /// Recorded while the vault was locked.
        LOCKED_CAPTURE = "locked_capture",
        /// Brought in from a file or another app.
        IMPORT = "import",
    }
}

codes! {
    /// How complete its bytes are.
    EvidenceState {
        /// Being written now, or cut off and not yet looked at.
        WRITING = "writing",
        /// All of it.
        COMPLETE = "complete",
        /// A crash cut it: what is there is authentic, from the beginning.
        UNTERMINATED = "unterminated",
        /// The vault was locked, or the app stopped, while it was written: every byte that was given is there.
        INTERRUPTED = "interrupted",
        /// Less is there than was known to be. What still opens stays readable.
        DAMAGED = "damaged",
        /// Deleted: the key of its bytes is gone. Size, hash and custody entries stay.
        DELETED = "deleted",
    }
}

codes! {
    /// Why a derivative was made.
    Purpose {
        /// A small picture for lists. Belongs to its original: it is deleted with it and attached to no incident.
        THUMBNAIL = "thumbnail",
        /// Something in it was made unrecognisable.
        REDACTED = "redacted",
        /// Smaller, for bad networks.
        RESIZED = "resized",
        /// The same content without its metadata.
        STRIPPED = "stripped",
        /// Its words, written down.
        TRANSCRIBED = "transcribed",
        /// Its words in another language.
        TRANSLATED = "translated",
        /// Something else.
        OTHER = "other",
    }
}

record! {
    /// How a derivative was made from its original.
    Derivation {
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

impl Derivation {
    pub(super) fn validate(&self) -> Result<(), CoreError> {
        let plain = |text: &str| {
            text.len() <= limits::TOOL_BYTES && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" .-_+".contains(&b))
        };
        if self.tool.trim().is_empty() || !plain(&self.tool) || !plain(&self.tool_version) {
            return Err(CoreError::InvalidField {
                field: "tool",
                rule: "must be letters, digits, blanks and . - _ +, at most 64",
            });
        }
        text::check_count("removed", self.removed.len(), limits::REMOVED)?;
        if self.removed.iter().all(|code| crate::code::is_code(code)) {
            Ok(())
        } else {
            Err(CoreError::InvalidField { field: "removed", rule: "must hold codes" })
        }
    }
}

/// Which part of a recording a piece of evidence is. A recording that was cut goes on in a further piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Segment {
    /// The recording's first piece.
    pub recording: EvidenceId,
    /// Its number in the recording, from 1.
    pub number: u32,
}

/// When it was captured, as the capturing device said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapturedAt {
    /// Wall clock, as far as it is known.
    pub time: PartialDate,
    /// Milliseconds since the device started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monotonic_ms: Option<u64>,
    /// IANA name of the time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl CapturedAt {
    /// A wall clock's time, and nothing else.
    #[must_use]
    pub fn at(time: PartialDate) -> Self {
        Self { time, monotonic_ms: None, timezone: None, unknown: Map::new() }
    }
}

/// What is said of a piece of evidence.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceDescription {
    /// What it is.
    pub kind: EvidenceKind,
    /// Media type (RFC 6838): of what is imported as its first bytes say, of a capture as the app says.
    pub media_type: String,
    /// The media type that the first bytes of a capture say, where they clearly contradict the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_media_type: Option<String>,
    /// How it came into the vault.
    pub how: Origin,
    /// The name it had outside. Only here, encrypted: never a file's name, never in the custody log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// When it was captured, if somebody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<CapturedAt>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// BCP 47 tag of the language in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the device knew of the moment, if somebody asked for it. Never in the custody log; a report tells it only if its
    /// sender chose that by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceMetadata>,
    /// Of a testimony: who speaks, and to whom it may be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub testimony: Option<Testimony>,
    /// Of a derivative: how it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derivation: Option<Derivation>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// One piece of evidence as the vault keeps it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// Always [`EVIDENCE_SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = EVIDENCE_SCHEMA)))]
    pub schema: String,
    /// Its id.
    pub id: EvidenceId,
    /// How complete it is.
    pub state: EvidenceState,
    /// Bytes; exact unless damaged. 0 while it is written.
    pub size: u64,
    /// SHA-256 of its bytes; absent while it is written and when damaged.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex_option")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::interchange::schemas::sha256"))]
    pub sha256: Option<[u8; 32]>,
    /// When it came into the vault.
    pub added: Stamp,
    /// The original it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<EvidenceId>,
    /// Which part of a recording it is, if the recording has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<Segment>,
    /// What is said of it.
    #[serde(flatten)]
    pub description: EvidenceDescription,
}

mod hex_option {
    use amparo_report::hex::Hex;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub fn serialize<S: Serializer>(hash: &Option<[u8; 32]>, serializer: S) -> Result<S::Ok, S::Error> {
        hash.map(Hex).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[u8; 32]>, D::Error> {
        Ok(Option::<Hex<32>>::deserialize(deserializer)?.map(|hex| hex.0))
    }
}

/// Bounds.
pub mod limits {
    /// File name, bytes of UTF-8.
    pub const FILE_NAME_BYTES: usize = 1024;
    /// Note, bytes of UTF-8.
    pub const NOTE_BYTES: usize = 64 * 1024;
    /// Media type, bytes.
    pub const MEDIA_TYPE_BYTES: usize = 255;
    /// Time zone name, bytes.
    pub const TIMEZONE_BYTES: usize = 64;
    /// Name of a speaker, an interviewer, or of who consented, bytes of UTF-8.
    pub const SPEAKER_BYTES: usize = 4096;
    /// Name or version of the program that made a derivative, bytes.
    pub const TOOL_BYTES: usize = 64;
    /// Codes of what was taken out of a derivative.
    pub const REMOVED: usize = 64;
    /// A thumbnail, bytes.
    pub const THUMBNAIL_BYTES: usize = 256 * 1024;
    /// The whole description as JSON, with what a newer version added.
    pub const RECORD_BYTES: usize = 256 * 1024;
}

impl EvidenceDescription {
    /// Only what it cannot be without.
    #[must_use]
    pub fn new(kind: EvidenceKind, media_type: impl Into<String>, how: Origin) -> Self {
        Self {
            kind,
            media_type: media_type.into(),
            detected_media_type: None,
            how,
            file_name: None,
            captured_at: None,
            note: None,
            language: None,
            device: None,
            testimony: None,
            derivation: None,
            unknown: Map::new(),
        }
    }

    /// What the speaker of a testimony allows to be told.
    #[must_use]
    pub fn consent(&self) -> Option<&Consent> {
        self.testimony.as_ref()?.consent.as_ref()
    }

    /// Whether consent lets it be told to a recipient of this kind. A testimony may be told only to those kinds that its speaker
    /// named; what is no testimony needs no consent of its own.
    #[must_use]
    pub fn may_be_told(&self, kind: &RecipientKind) -> bool {
        match &self.testimony {
            Some(testimony) => testimony.covers(kind),
            None => self.kind != EvidenceKind::TESTIMONY,
        }
    }

    /// Checks the bounds.
    ///
    /// # Errors
    /// [`CoreError::TooLong`], [`CoreError::TooMany`], [`CoreError::InvalidField`].
    pub fn validate(&self) -> Result<(), CoreError> {
        text::check_len("file_name", self.file_name.as_deref().unwrap_or_default(), limits::FILE_NAME_BYTES)?;
        text::check_len("note", self.note.as_deref().unwrap_or_default(), limits::NOTE_BYTES)?;
        text::check_language(self.language.as_deref())?;
        let timezone = self.captured_at.as_ref().and_then(|at| at.timezone.as_deref());
        text::check_len("timezone", timezone.unwrap_or_default(), limits::TIMEZONE_BYTES)?;
        check_media_type(&self.media_type)?;
        self.detected_media_type.as_deref().map_or(Ok(()), check_media_type)?;
        self.device.as_ref().map_or(Ok(()), DeviceMetadata::validate)?;
        self.testimony.as_ref().map_or(Ok(()), Testimony::validate)?;
        self.derivation.as_ref().map_or(Ok(()), Derivation::validate)?;
        record::check_unknown(
            &self.unknown,
            &["schema", "id", "state", "size", "sha256", "added", "derived_from", "segment"],
        )
    }

    /// What stays of the description when the evidence is deleted.
    pub(super) fn tombstone(&self) -> Self {
        Self::new(self.kind.clone(), self.media_type.clone(), self.how.clone())
    }

    /// The stored form.
    pub(super) fn to_stored(&self) -> Result<String, CoreError> {
        self.validate()?;
        let json = text::write_record(self, limits::RECORD_BYTES)?;
        String::from_utf8(json).map_err(|_| CoreError::DamagedRecord)
    }
}

fn check_media_type(media_type: &str) -> Result<(), CoreError> {
    text::check_len("media_type", media_type, limits::MEDIA_TYPE_BYTES)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
    let halves = media_type.split_once('/');
    if halves.is_some_and(|(a, b)| [a, b].iter().all(|half| !half.is_empty() && half.bytes().all(allowed))) {
        return Ok(());
    }
    Err(CoreError::InvalidField { field: "media_type", rule: "must be type/subtype (RFC 6838)" })
}

impl Evidence {
    /// The hash of evidence that can leave the vault, or have derivatives.
    pub(crate) fn disclosable_hash(&self) -> Result<[u8; 32], CoreError> {
        if self.state == EvidenceState::DELETED {
            return Err(CoreError::EvidenceDeleted);
        }
        if self.state == EvidenceState::WRITING {
            return Err(CoreError::EvidenceUnfinished);
        }
        let sha256 = self.sha256.ok_or(CoreError::EvidenceDamaged)?;
        if self.size == 0 { Err(CoreError::EvidenceEmpty) } else { Ok(sha256) }
    }
}

impl fmt::Debug for EvidenceDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidenceDescription").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("size", &self.size)
            .field("kind", &self.description.kind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"schema":"amparo.evidence/1","id":"00112233445566778899aabbccddeeff","state":"complete","size":5,
        "sha256":"0707070707070707070707070707070707070707070707070707070707070707",
        "added":{"time":"2026-11-23T10:20:30Z","clock":"device"},"derived_from":"ffeeddccbbaa99887766554433221100",
        "segment":{"recording":"0f0e0d0c0b0a09080706050403020100","number":2},"kind":"hologram","media_type":"image/jpeg","how":"import","file_name":"IMG 1 صورة.jpg",
        "captured_at":{"time":"2026-11-22T09:00+02:00","monotonic_ms":12,"timezone":"Africa/Cairo","leap":true},
        "note":"n","language":"ar","detected_media_type":"image/png","device":{"model":"x","colour":"red"},
        "testimony":{"speaker":{"name":"s"},"consent":{"status":"granted","scope":["media"]}},
        "derivation":{"purpose":"restored","tool":"t","tool_version":"1.2","removed":["exif"],"engine":7},"aura":{"x":1}}"#;

    #[test]
    fn unknown_fields_and_codes_survive_and_debug_is_silent() {
        let evidence: Evidence = serde_json::from_str(FULL).unwrap();
        evidence.description.validate().unwrap();
        assert_eq!(serde_json::to_value(&evidence).unwrap(), serde_json::from_str::<Value>(FULL).unwrap());
        assert!(!format!("{evidence:?}").contains("صورة"));
        let minimal = r#"{"kind":"photo","media_type":"image/png","how":"import"}"#;
        let description: EvidenceDescription = serde_json::from_str(minimal).unwrap();
        assert_eq!(serde_json::to_string(&description).unwrap(), minimal);
    }

    #[test]
    fn only_a_testimony_needs_consent_of_its_own() {
        let evidence: Evidence = serde_json::from_str(FULL).unwrap();
        let mut said = evidence.description;
        assert!(said.may_be_told(&RecipientKind::MEDIA) && !said.may_be_told(&RecipientKind::LAWYER));
        assert!(said.consent().is_some());
        said.testimony = None;
        assert!(said.may_be_told(&RecipientKind::LAWYER), "a hologram is no testimony");
        said.kind = EvidenceKind::TESTIMONY;
        assert!(!said.may_be_told(&RecipientKind::LAWYER) && said.consent().is_none(), "nobody asked");
    }

    #[test]
    fn bounds_are_kept() {
        let base: Evidence = serde_json::from_str(FULL).unwrap();
        let refused = |change: &dyn Fn(&mut EvidenceDescription)| {
            let mut description = base.description.clone();
            change(&mut description);
            match description.validate() {
                Err(CoreError::TooLong { field, .. } | CoreError::InvalidField { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refused(&|d| d.note = Some("x".repeat(limits::NOTE_BYTES + 1))), "note");
        assert_eq!(refused(&|d| d.file_name = Some("x".repeat(limits::FILE_NAME_BYTES + 1))), "file_name");
        assert_eq!(refused(&|d| d.language = Some("??".into())), "language");
        for bad in ["", "image", "image/", "/x", "a/b/c", "image/jp eg", "image/é"] {
            assert_eq!(refused(&|d| d.media_type = bad.into()), "media_type", "{bad}");
        }
        assert_eq!(refused(&|d| drop(d.unknown.insert("sha256".into(), 1.into()))), "record");
        for bad in ["", " ", "a\n", "صورة", &"x".repeat(limits::TOOL_BYTES + 1)] {
            assert_eq!(refused(&|d| d.derivation.as_mut().unwrap().tool = bad.into()), "tool", "{bad}");
        }
        assert_eq!(refused(&|d| d.derivation.as_mut().unwrap().removed = vec!["Not a code".into()]), "removed");
    }
}
