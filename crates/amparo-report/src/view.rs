//! What the report for people shows, in order and in words, before it becomes a page or plain text.
//!
//! Nothing here decides what is disclosed, and nothing here is markup: a view holds texts, and each rendering escapes them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::locale::Locale;

/// Largest embedded image in bytes of its data URI.
pub const MAX_IMAGE_BYTES: usize = 512 * 1024;
/// Bytes of all embedded images of one report: a page must open on a phone.
pub const MAX_IMAGES_BYTES: usize = 16 * 1024 * 1024;

/// A value: words for people, and beside them, where exactness matters, what machines write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Value {
    /// In words; line breaks are kept. Empty when there is only the exact form.
    pub words: String,
    /// An ISO date, a URL, a fingerprint: always left to right. Or empty.
    pub exact: String,
}

impl Value {
    /// Words only.
    #[must_use]
    pub fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), exact: String::new() }
    }

    /// Only what machines write.
    #[must_use]
    pub fn exact(exact: impl Into<String>) -> Self {
        Self { words: String::new(), exact: exact.into() }
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.exact.is_empty()
    }
}

/// A name and its values, such as "Place: town hall".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact {
    /// The name, in the report's language.
    pub label: String,
    /// The values; several are shown one below the other.
    pub values: Vec<Value>,
}

impl Fact {
    /// One value in words.
    #[must_use]
    pub fn new(label: impl Into<String>, words: impl Into<String>) -> Self {
        Self { label: label.into(), values: vec![Value::words(words)] }
    }
}

/// One thing of a section: an act, a person, a need.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// What it is, or empty.
    pub heading: String,
    /// Facts.
    pub facts: Vec<Fact>,
    /// Text; line breaks are kept.
    pub text: String,
}

/// A further part of the report: acts, persons, perpetrators, needs, actions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What a reader must know about all of it, or empty.
    pub note: String,
    /// What is in it.
    pub cards: Vec<Card>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EvidenceRow {
    /// Its path in the report.
    pub path: String,
    /// What it is: photo, video, …, in the report's language.
    pub kind: String,
    /// When it was made.
    pub time: Value,
    /// Its size, as people read it and exactly.
    pub size: String,
    /// Further facts: note, origin, completeness.
    pub facts: Vec<Fact>,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// A small picture, as [`data_uri`] gives it. Anything else is left out.
    pub image: Option<String>,
}

/// One custody entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CustodyRow {
    /// Its number in the log.
    pub seq: u64,
    /// When, in UTC.
    pub time: Value,
    /// What happened, as a sentence in the report's language.
    pub event: String,
    /// Who did it.
    pub actor: String,
}

/// The custody entries of one file, in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CustodyFile {
    /// The file's path in the report; empty for entries that are not about one file of it.
    pub path: String,
    /// SHA-256 of the file in hexadecimal, or empty.
    pub sha256: String,
    /// The entries.
    pub entries: Vec<CustodyRow>,
}

/// What is shown. Empty parts are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportView {
    /// The language that the report's author wrote in: BCP 47, such as `es` or `ar-EG`. The report's own words are in the
    /// nearest of [`Locale::ALL`].
    pub language: String,
    /// The report's id.
    pub report_id: String,
    /// The day it was sealed.
    pub sealed_on: Value,
    /// Who it is from, as a sentence; exactly: the fingerprint of the key.
    pub sender: Value,
    /// Whether something that is known was left out by the sender's choice.
    pub withheld: bool,
    /// The incident's title.
    pub title: String,
    /// The narrative; line breaks are kept.
    pub narrative: String,
    /// Names of the acts.
    pub acts: Vec<String>,
    /// When, where, urgency, status.
    pub facts: Vec<Fact>,
    /// Further parts, in order.
    pub sections: Vec<Section>,
    /// The evidence.
    pub evidence: Vec<EvidenceRow>,
    /// The custody entries, file by file.
    pub custody: Vec<CustodyFile>,
}

impl ReportView {
    /// The language of the report's own words.
    #[must_use]
    pub fn locale(&self) -> Locale {
        Locale::for_tag(&self.language)
    }

    /// The author's language as it may stand in markup: `und` for what is no tag.
    pub(crate) fn language_tag(&self) -> &str {
        let tag = self.language.as_str();
        let fits = (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { tag } else { "und" }
    }
}

/// A picture as [`EvidenceRow::image`] holds it. `None` when it is not JPEG, PNG or WebP by its first bytes, or too large: SVG
/// could carry active content and is not a picture here.
#[must_use]
pub fn data_uri(picture: &[u8]) -> Option<String> {
    let kind = match picture {
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        _ => return None,
    };
    // Before the base64 is made: nothing huge is held twice.
    if picture.len() > MAX_IMAGE_BYTES / 4 * 3 {
        return None;
    }
    let uri = format!("data:image/{kind};base64,{}", STANDARD.encode(picture));
    is_image(&uri).then_some(uri)
}

/// Whether it is a picture that may be embedded.
pub(crate) fn is_image(uri: &str) -> bool {
    let data = ["png", "jpeg", "webp"].iter().find_map(|kind| uri.strip_prefix(&format!("data:image/{kind};base64,")));
    uri.len() <= MAX_IMAGE_BYTES
        && data.is_some_and(|data| {
            !data.is_empty() && data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_raster_images_are_embedded() {
        for good in ["data:image/png;base64,AAAA", "data:image/jpeg;base64,/9j/+A=="] {
            assert!(is_image(good), "{good}");
        }
        for bad in [
            "data:image/svg+xml;base64,AAAA",
            "data:text/html;base64,AAAA",
            "data:image/png;base64,",
            "data:image/png;base64,AA\"x",
            "https://example.org/x.png",
            "javascript:1",
        ] {
            assert!(!is_image(bad), "{bad}");
        }
        assert!(!is_image(&format!("data:image/png;base64,{}", "A".repeat(MAX_IMAGE_BYTES))));
    }

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        let starts: [(&[u8], &str); 3] = [
            (b"\xff\xd8\xff\xe0", "data:image/jpeg;base64,/9j/4A=="),
            (b"\x89PNG\r\n\x1a\n", "data:image/png;base64,iVBORw0KGgo="),
            (b"RIFF\x08\0\0\0WEBP", "data:image/webp;base64,UklGRggAAABXRUJQ"),
        ];
        for (bytes, uri) in starts {
            assert_eq!(data_uri(bytes).as_deref(), Some(uri));
        }
        for bytes in [&b"<svg xmlns="[..], b"GIF89a", b"", b"\xff\xd8", b"RIFF\0\0\0\0WAVE"] {
            assert_eq!(data_uri(bytes), None);
        }
        let mut large = vec![0; MAX_IMAGE_BYTES];
        large[..3].copy_from_slice(b"\xff\xd8\xff");
        assert_eq!(data_uri(&large), None);
        large.truncate(MAX_IMAGE_BYTES / 4 * 3 - 64);
        assert!(data_uri(&large).is_some());
    }
}
