//! One entry of the custody log: a JSON line whose exact bytes are hashed.
//!
//! There is no canonical form: a line is written once and kept as it was written, so a newer version's unknown fields and
//! events survive and still verify. Nothing here may re-serialise a line that was read.

use core::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::{CustodyError, Hash};
use crate::hex::Hex;

/// `schema` of an entry.
pub const ENTRY_SCHEMA: &str = "amparo.custody/1";
/// Longest line in bytes, without the newline. Details are short facts, never content.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
/// `prev` of the first entry.
pub const FIRST_PREV: Hash = [0; 32];
/// Longest event name, evidence id, actor or version in bytes.
const MAX_NAME_BYTES: usize = 128;

/// What happened. A name that this version does not know is kept as [`Event::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// Recorded by the app itself.
    Captured,
    /// Brought in from outside.
    Imported,
    /// Shown to the user.
    Viewed,
    /// A redacted or resized copy was made of it.
    Derived,
    /// A note about it was written or changed.
    Noted,
    /// Left the vault in the clear.
    Exported,
    /// Became part of a sealed report.
    Sealed,
    /// A sealed report was handed to a server or a file.
    Sent,
    /// A reply came in.
    Received,
    /// A desk's signed receipt came in.
    Receipt,
    /// Moved to another place in the vault.
    Moved,
    /// Its content was deleted; this entry and its hash stay.
    Deleted,
    /// An incident's statement, which commits to its fields, was signed at a save.
    Recorded,
    /// Somebody else's timestamp on a head of this log was stored.
    Anchored,
    /// An event of a newer version.
    Other(String),
}

impl Event {
    /// The name in the log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Captured => "captured",
            Self::Imported => "imported",
            Self::Viewed => "viewed",
            Self::Derived => "derived",
            Self::Noted => "noted",
            Self::Exported => "exported",
            Self::Sealed => "sealed",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Receipt => "receipt",
            Self::Moved => "moved",
            Self::Deleted => "deleted",
            Self::Recorded => "recorded",
            Self::Anchored => "anchored",
            Self::Other(name) => name,
        }
    }

    /// Whether evidence comes into being with this event, so that its SHA-256 is the hash of the file.
    #[must_use]
    pub fn is_origin(&self) -> bool {
        matches!(self, Self::Captured | Self::Imported | Self::Derived)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Event {
    type Err = CustodyError;

    /// Reads `[a-z][a-z0-9_]*` of at most 128 bytes.
    fn from_str(name: &str) -> Result<Self, CustodyError> {
        let known = match name {
            "captured" => Self::Captured,
            "imported" => Self::Imported,
            "viewed" => Self::Viewed,
            "derived" => Self::Derived,
            "noted" => Self::Noted,
            "exported" => Self::Exported,
            "sealed" => Self::Sealed,
            "sent" => Self::Sent,
            "received" => Self::Received,
            "receipt" => Self::Receipt,
            "moved" => Self::Moved,
            "deleted" => Self::Deleted,
            "recorded" => Self::Recorded,
            "anchored" => Self::Anchored,
            other => {
                let fits = other.len() <= MAX_NAME_BYTES
                    && other.starts_with(|c: char| c.is_ascii_lowercase())
                    && other.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
                if !fits {
                    return Err(CustodyError::Name);
                }
                Self::Other(other.to_owned())
            }
        };
        Ok(known)
    }
}

/// One entry. See `docs/formats/custody.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Always [`ENTRY_SCHEMA`].
    pub schema: String,
    /// Place in the log, from 0, without gaps.
    pub seq: u64,
    /// [`leaf_hash`](super::leaf_hash) of the entry before; [`FIRST_PREV`] for the first.
    pub prev: Hash,
    /// Random, so that the hash of an entry that is not disclosed cannot be guessed.
    pub salt: [u8; 16],
    /// When, as the device's clock said: RFC 3339 in UTC.
    pub time: String,
    /// What happened.
    pub event: Event,
    /// To which piece of evidence: its id in the vault. `None` for events of the vault as a whole.
    pub evidence: Option<String>,
    /// SHA-256 of that evidence's plaintext at that moment.
    pub sha256: Option<Hash>,
    /// Further facts, by name.
    pub details: Map<String, Value>,
    /// Who did it, as the app names them (`user`, `app`, `desk`).
    pub actor: String,
    /// The version of the core that wrote the entry.
    pub core: String,
    /// Top-level fields of a newer version.
    pub unknown: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    schema: String,
    seq: u64,
    prev: Hex<32>,
    salt: Hex<16>,
    time: String,
    event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Hex<32>>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    details: Map<String, Value>,
    actor: String,
    core: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Entry {
    /// An entry with a fresh salt and neither evidence nor details; set those on the result.
    ///
    /// # Errors
    /// [`CustodyError::Randomness`].
    pub fn new(
        seq: u64,
        prev: Hash,
        time: impl Into<String>,
        event: Event,
        actor: impl Into<String>,
        core: impl Into<String>,
    ) -> Result<Self, CustodyError> {
        Ok(Self {
            schema: ENTRY_SCHEMA.to_owned(),
            seq,
            prev,
            salt: amparo_crypto::random::array()?,
            time: time.into(),
            event,
            evidence: None,
            sha256: None,
            details: Map::new(),
            actor: actor.into(),
            core: core.into(),
            unknown: Map::new(),
        })
    }

    /// The line to store and to hash, without a newline. What it returns, [`Entry::parse`] reads.
    ///
    /// # Errors
    /// [`CustodyError::TooLong`], [`CustodyError::Time`], [`CustodyError::Name`], [`CustodyError::UnknownSchema`],
    /// [`CustodyError::Malformed`] when an unknown field has the name of a known one.
    pub fn to_line(&self) -> Result<Vec<u8>, CustodyError> {
        let wire = Wire {
            schema: self.schema.clone(),
            seq: self.seq,
            prev: Hex(self.prev),
            salt: Hex(self.salt),
            time: self.time.clone(),
            event: self.event.as_str().to_owned(),
            evidence: self.evidence.clone(),
            sha256: self.sha256.map(Hex),
            details: self.details.clone(),
            actor: self.actor.clone(),
            core: self.core.clone(),
            unknown: self.unknown.clone(),
        };
        let line = serde_json::to_vec(&wire).map_err(|_| CustodyError::Malformed)?;
        // Read back, so that no line is ever stored that a verifier would refuse.
        if Self::parse(&line)? == *self { Ok(line) } else { Err(CustodyError::Malformed) }
    }

    /// Reads one line, without its newline.
    ///
    /// # Errors
    /// Any of [`CustodyError`]'s entry variants.
    pub fn parse(line: &[u8]) -> Result<Self, CustodyError> {
        if line.len() > MAX_LINE_BYTES {
            return Err(CustodyError::TooLong);
        }
        // One line is one entry in `entries.jsonl`; JSON would allow line breaks between tokens.
        if line.iter().any(|b| matches!(b, b'\n' | b'\r')) {
            return Err(CustodyError::Malformed);
        }
        let wire: Wire = serde_json::from_slice(line).map_err(|_| CustodyError::Malformed)?;
        if wire.schema != ENTRY_SCHEMA {
            return Err(CustodyError::UnknownSchema);
        }
        if !is_utc_time(&wire.time) {
            return Err(CustodyError::Time);
        }
        let names = [Some(&wire.actor), Some(&wire.core), wire.evidence.as_ref()];
        if names.into_iter().flatten().any(|name| !is_name(name)) {
            return Err(CustodyError::Name);
        }
        Ok(Self {
            schema: wire.schema,
            seq: wire.seq,
            prev: wire.prev.0,
            salt: wire.salt.0,
            time: wire.time,
            event: wire.event.parse()?,
            evidence: wire.evidence,
            sha256: wire.sha256.map(|hex| hex.0),
            details: wire.details,
            actor: wire.actor,
            core: wire.core,
            unknown: wire.unknown,
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control)
}

/// RFC 3339 with the offset written as `Z`: one spelling of the zone, so that lines sort and read alike.
pub(crate) fn is_utc_time(text: &str) -> bool {
    text.len() <= 40
        && text.ends_with('Z')
        && OffsetDateTime::parse(text, &Rfc3339).is_ok_and(|time| time.offset() == UtcOffset::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut entry =
            Entry::new(3, [7; 32], "2026-11-23T10:20:30Z", Event::Captured, "user", "amparo-core 0.1.0").unwrap();
        entry.evidence = Some("00112233445566778899aabbccddeeff".into());
        entry.sha256 = Some([9; 32]);
        entry.details.insert("how".into(), "in_app".into());
        entry
    }

    #[test]
    fn a_line_reads_back_and_its_bytes_are_stable() {
        let entry = entry();
        let line = entry.to_line().unwrap();
        assert_eq!(Entry::parse(&line).unwrap(), entry);
        assert_eq!(Entry::parse(&line).unwrap().to_line().unwrap(), line);
        let text = String::from_utf8(line).unwrap();
        assert!(text.starts_with("{\"schema\":\"amparo.custody/1\",\"seq\":3,\"prev\":\"0707"), "{text}");
        assert!(!text.contains('\n'));
    }

    #[test]
    fn every_event_of_this_version_reads_back_by_its_name() {
        let names = "captured imported viewed derived noted exported sealed sent received receipt moved deleted recorded anchored";
        for name in names.split(' ') {
            let event: Event = name.parse().unwrap();
            assert!(event.as_str() == name && !matches!(event, Event::Other(_)), "{name}");
        }
    }

    #[test]
    fn what_a_newer_version_adds_survives() {
        let text = String::from_utf8(entry().to_line().unwrap()).unwrap();
        let newer =
            text.replace("\"captured\"", "\"teleported\"").replace("\"actor\"", "\"colour\":{\"a\":[1]},\"actor\"");
        let read = Entry::parse(newer.as_bytes()).unwrap();
        assert_eq!(read.event, Event::Other("teleported".into()));
        assert_eq!(read.unknown.get("colour"), Some(&serde_json::json!({"a": [1]})));
        assert_eq!(Entry::parse(&read.to_line().unwrap()).unwrap(), read);
    }

    #[test]
    fn malformed_lines_are_told_apart() {
        let text = String::from_utf8(entry().to_line().unwrap()).unwrap();
        let cases = [
            (text.replace("custody/1", "custody/2"), CustodyError::UnknownSchema),
            (text.replace("30Z", "30+01:00"), CustodyError::Time),
            (text.replace("30Z", "30+00:00"), CustodyError::Time),
            (text.replace("2026-11-23", "2026-13-23"), CustodyError::Time),
            (text.replace("captured", "Captured"), CustodyError::Name),
            (text.replace("\"user\"", "\"\""), CustodyError::Name),
            (text.replace("\"user\"", "\"a\\nb\""), CustodyError::Name),
            (text.replace("0707", "070G"), CustodyError::Malformed),
            (text.replace("\"seq\":3", "\"seq\":-3"), CustodyError::Malformed),
            (text.replace("\"seq\":3", "\"seq\":3,\"seq\":4"), CustodyError::Malformed),
            (text.replace("\"seq\"", "\n\"seq\""), CustodyError::Malformed),
            (format!("{text} x"), CustodyError::Malformed),
            ("[".repeat(4000), CustodyError::Malformed),
            (text.replace("user", &"u".repeat(MAX_LINE_BYTES)), CustodyError::TooLong),
        ];
        for (line, expected) in cases {
            assert_eq!(Entry::parse(line.as_bytes()), Err(expected), "{line}");
        }
    }

    #[test]
    fn a_line_that_would_not_verify_is_not_written() {
        let mut long = entry();
        long.details.insert("x".into(), "y".repeat(MAX_LINE_BYTES).into());
        assert_eq!(long.to_line(), Err(CustodyError::TooLong));
        let mut shadow = entry();
        shadow.unknown.insert("seq".into(), 9.into());
        assert_eq!(shadow.to_line(), Err(CustodyError::Malformed));
        let mut event = entry();
        event.event = Event::Other("captured".into());
        assert_eq!(event.to_line(), Err(CustodyError::Malformed), "a known event under another name");
    }

    #[test]
    fn salts_differ() {
        assert_ne!(entry().salt, entry().salt);
    }
}
