//! The evidence record: `amparo.evidence/1`. What is said of one piece of evidence, and what the vault knows of its bytes.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{CoreError, EvidenceId, Stamp, code::codes, incident::PartialDate, text};

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
    }
}

/// When it was captured, as the capturing device said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// What is said of a piece of evidence.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceDescription {
    /// What it is.
    pub kind: EvidenceKind,
    /// Media type (RFC 6838), as its first bytes say.
    pub media_type: String,
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
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// One piece of evidence as the vault keeps it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Always [`EVIDENCE_SCHEMA`].
    pub schema: String,
    /// Its id.
    pub id: EvidenceId,
    /// How complete it is.
    pub state: EvidenceState,
    /// Bytes; exact unless damaged. 0 while it is written.
    pub size: u64,
    /// SHA-256 of its bytes; absent while it is written and when damaged.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex_option")]
    pub sha256: Option<[u8; 32]>,
    /// When it came into the vault.
    pub added: Stamp,
    /// The original it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<EvidenceId>,
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
    /// The whole description as JSON, with what a newer version added.
    pub const RECORD_BYTES: usize = 256 * 1024;
}

impl EvidenceDescription {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`CoreError::TooLong`], [`CoreError::InvalidField`].
    pub fn validate(&self) -> Result<(), CoreError> {
        text::check_len("file_name", self.file_name.as_deref().unwrap_or_default(), limits::FILE_NAME_BYTES)?;
        text::check_len("note", self.note.as_deref().unwrap_or_default(), limits::NOTE_BYTES)?;
        text::check_language(self.language.as_deref())?;
        let timezone = self.captured_at.as_ref().and_then(|at| at.timezone.as_deref());
        text::check_len("timezone", timezone.unwrap_or_default(), limits::TIMEZONE_BYTES)?;
        text::check_len("media_type", &self.media_type, limits::MEDIA_TYPE_BYTES)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        let halves = self.media_type.split_once('/');
        if !halves.is_some_and(|(a, b)| [a, b].iter().all(|half| !half.is_empty() && half.bytes().all(allowed))) {
            return Err(CoreError::InvalidField { field: "media_type", rule: "must be type/subtype (RFC 6838)" });
        }
        const OURS: &[&str] = &["schema", "id", "state", "size", "sha256", "added", "derived_from"];
        if OURS.iter().any(|name| self.unknown.contains_key(*name)) {
            return Err(CoreError::InvalidField { field: "record", rule: "must not set a field that the vault sets" });
        }
        Ok(())
    }

    /// The stored form.
    pub(super) fn to_stored(&self) -> Result<String, CoreError> {
        self.validate()?;
        let json = text::write_record(self, limits::RECORD_BYTES)?;
        String::from_utf8(json).map_err(|_| CoreError::DamagedRecord)
    }
}

impl Evidence {
    /// The hash of evidence that can leave the vault.
    pub(crate) fn disclosable_hash(&self) -> Result<[u8; 32], CoreError> {
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
        "kind":"hologram","media_type":"image/jpeg","how":"import","file_name":"IMG 1 صورة.jpg",
        "captured_at":{"time":"2026-11-22T09:00+02:00","monotonic_ms":12,"timezone":"Africa/Cairo","leap":true},
        "note":"n","language":"ar","device":{"model":"x"}}"#;

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
    }
}
