//! The manifest: what a pack is, and the hash of each of its parts.

use std::collections::BTreeSet;

use amparo_report::{hex::Hex, locale::Direction};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    PackError, characters, limits,
    names::{date, is_id, is_locale, nearest_locale},
    version::CoreVersion,
};

/// `schema` of the manifest.
pub(crate) const SCHEMA: &str = "amparo.pack/1";
/// The name of the part that holds topics, checklists, triage and tombstones.
pub(crate) const CHECKLISTS: &str = "checklists";
/// What the names of parts with texts begin with; the language follows.
pub(crate) const TEXT: &str = "text/";
/// What the names of parts with channel forms begin with; the form's id follows.
pub(crate) const FORM: &str = "form/";
/// The largest integer that every JSON reader reads exactly.
const MAX_VERSION: u64 = (1 << 53) - 1;

/// A language of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocaleEntry {
    /// Its tag, such as `ar` or `pt-BR`.
    pub tag: String,
    /// The direction of its script.
    pub direction: Direction,
}

/// A part of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its name: `checklists`, `text/<language>`, `form/<id>`, or one that this version does not know.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Hex<32>,
}

/// What a pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The pack's id: the same in all its versions.
    pub id: String,
    /// Its version, from 1. A higher one replaces a lower one.
    pub version: u64,
    /// The oldest core that can read it.
    pub min_core: CoreVersion,
    /// What its publisher calls itself. Proves nothing: the key does.
    pub publisher: String,
    /// The licence of its texts (an SPDX expression, or a name).
    pub licence: String,
    /// The first day on which it is valid.
    pub valid_from: Date,
    /// The day by which its publisher wants it reviewed; it is not installed later.
    pub review_by: Date,
    /// The language that every text is there in.
    pub default_locale: String,
    /// Its languages, in the publisher's order.
    pub locales: Vec<LocaleEntry>,
    /// Its parts, in the order in which they stand in the file.
    pub parts: Vec<PartEntry>,
}

/// What is looked at before the rest: a newer format may have changed everything else.
#[derive(Deserialize)]
struct Early {
    schema: String,
    min_core: String,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    schema: String,
    id: String,
    version: u64,
    min_core: String,
    publisher: String,
    licence: String,
    valid_from: String,
    review_by: String,
    default_locale: String,
    locales: Vec<LocaleEntry>,
    parts: Vec<PartEntry>,
}

impl Manifest {
    /// Reads the signed bytes of a manifest, for a core of version `core`.
    pub(crate) fn parse(bytes: &[u8], core: CoreVersion) -> Result<Self, PackError> {
        const SHAPE: PackError = PackError::malformed("the manifest cannot be read");
        let early: Early = serde_json::from_slice(bytes).map_err(|_| SHAPE)?;
        if early.schema != SCHEMA {
            return Err(PackError::UnknownFormat);
        }
        let min_core = early.min_core.parse().map_err(|()| PackError::malformed("min_core"))?;
        if min_core > core {
            return Err(PackError::TooNew { min_core });
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| SHAPE)?;
        let manifest = Self {
            valid_from: date(&wire.valid_from).ok_or(PackError::malformed("valid_from"))?,
            review_by: date(&wire.review_by).ok_or(PackError::malformed("review_by"))?,
            id: wire.id,
            version: wire.version,
            min_core,
            publisher: wire.publisher,
            licence: wire.licence,
            default_locale: wire.default_locale,
            locales: wire.locales,
            parts: wire.parts,
        };
        manifest.validate()?;
        Ok(manifest)
    }

    /// The bytes that are signed.
    #[cfg(feature = "author")]
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, PackError> {
        let wire = Wire {
            schema: SCHEMA.to_owned(),
            id: self.id.clone(),
            version: self.version,
            min_core: self.min_core.to_string(),
            publisher: self.publisher.clone(),
            licence: self.licence.clone(),
            valid_from: self.valid_from.to_string(),
            review_by: self.review_by.to_string(),
            default_locale: self.default_locale.clone(),
            locales: self.locales.clone(),
            parts: self.parts.clone(),
        };
        self.validate()?;
        let mut json = serde_json::to_vec_pretty(&wire).map_err(|_| PackError::malformed("the manifest"))?;
        json.push(b'\n');
        Ok(json)
    }

    fn validate(&self) -> Result<(), PackError> {
        let named = |text: &str| {
            !text.trim().is_empty() && text.len() <= limits::NAME_BYTES && characters::flaw(text).is_none()
        };
        let sound = [
            (is_id(&self.id), "id"),
            ((1..=MAX_VERSION).contains(&self.version), "version"),
            (named(&self.publisher), "publisher"),
            (named(&self.licence), "licence"),
            (self.valid_from <= self.review_by, "valid_from is after review_by"),
            (self.locales.len() <= limits::LOCALES, "too many languages"),
            (self.parts.len() <= limits::PARTS, "too many parts"),
            (self.locales.iter().any(|l| l.tag == self.default_locale), "default_locale"),
        ];
        if let Some((_, what)) = sound.iter().find(|(holds, _)| !holds) {
            return Err(PackError::malformed(what));
        }
        let mut tags = BTreeSet::new();
        if !self.locales.iter().all(|locale| is_locale(&locale.tag) && tags.insert(&locale.tag)) {
            return Err(PackError::malformed("a language is no language tag, or stands twice"));
        }
        let mut names = BTreeSet::new();
        for part in &self.parts {
            if !is_part_name(&part.name) || !names.insert(part.name.as_str()) {
                return Err(PackError::malformed("a part has no proper name, or stands twice"));
            }
            if part.size > limits::PART_BYTES as u64 {
                return Err(PackError::TooLarge { what: "a part" });
            }
            if part.name.strip_prefix(FORM).is_some_and(|id| !is_id(id)) {
                return Err(PackError::malformed("a form's id"));
            }
        }
        // Texts of a language that is not listed would never be shown, and a listed language without texts is a lie.
        let texts: BTreeSet<&str> = names.iter().filter_map(|name| name.strip_prefix(TEXT)).collect();
        let listed: BTreeSet<&str> = tags.iter().map(|tag| tag.as_str()).collect();
        if texts != listed || !names.contains(CHECKLISTS) {
            return Err(PackError::malformed("the parts are not those of the languages, or there are no checklists"));
        }
        Ok(())
    }

    /// The pack's language for somebody who wants `wanted` (BCP 47; `ar_EG` is read too): that very one; without its last
    /// subtags; another of the same language; the default.
    #[must_use]
    pub fn locale_for(&self, wanted: &str) -> &LocaleEntry {
        let near = nearest_locale(self.locales.iter().map(|locale| locale.tag.as_str()), wanted);
        let tag = near.unwrap_or(&self.default_locale);
        let near = self.locales.iter().find(|locale| locale.tag == tag);
        // Not reached: the default is one of the languages.
        near.unwrap_or(&NONE)
    }
}

/// For a manifest that was not read by [`Manifest::parse`], which does not exist.
static NONE: LocaleEntry = LocaleEntry { tag: String::new(), direction: Direction::Ltr };

fn is_part_name(name: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
    };
    name.len() <= limits::ID_BYTES && name.split('/').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json() -> String {
        let hash = "ab".repeat(32);
        format!(
            r#"{{"schema":"amparo.pack/1","id":"a.b","version":1,"min_core":"0.1.0","publisher":"A","licence":"CC0-1.0",
            "valid_from":"2026-11-24","review_by":"2027-11-24","default_locale":"en",
            "locales":[{{"tag":"en","direction":"ltr"}},{{"tag":"pt-BR","direction":"ltr"}},{{"tag":"ar","direction":"rtl"}}],
            "parts":[{{"name":"checklists","size":1,"sha256":"{hash}"}},{{"name":"text/en","size":1,"sha256":"{hash}"}},
            {{"name":"text/pt-BR","size":1,"sha256":"{hash}"}},{{"name":"text/ar","size":1,"sha256":"{hash}"}}]}}"#
        )
    }

    fn parse(json: &str) -> Result<Manifest, PackError> {
        Manifest::parse(json.as_bytes(), CoreVersion { major: 0, minor: 1, patch: 0 })
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let good = json();
        parse(&good).unwrap();
        let changed = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            parse(&good.replace(from, to))
        };
        assert_eq!(changed("pack/1", "pack/2"), Err(PackError::UnknownFormat));
        let newer = CoreVersion { major: 0, minor: 1, patch: 1 };
        // Said before anything else is looked at: a newer format may have changed all of it.
        assert_eq!(
            changed("\"min_core\":\"0.1.0\",\"publisher\":\"A\"", "\"min_core\":\"0.1.1\""),
            Err(PackError::TooNew { min_core: newer })
        );
        for (from, to) in [
            ("\"id\":\"a.b\"", "\"id\":\"../b\""),
            ("\"version\":1", "\"version\":0"),
            ("\"version\":1", "\"version\":9007199254740992"),
            ("\"version\":1", "\"version\":1,\"version\":2"),
            ("\"A\"", "\" \""),
            ("\"A\"", "\"A\\u202e\""),
            ("2027-11-24", "2026-11-23"),
            ("2027-11-24", "2027-11-31"),
            ("\"default_locale\":\"en\"", "\"default_locale\":\"fr\""),
            ("\"tag\":\"ar\"", "\"tag\":\"en\""),
            ("\"rtl\"", "\"up\""),
            ("text/ar", "text/fa"),
            ("text/ar", "text/en"),
            ("\"checklists\"", "\"checks\""),
            ("\"checklists\"", "\"../checklists\""),
            ("abab", "ABAB"),
        ] {
            assert!(matches!(changed(from, to), Err(PackError::Malformed { .. })), "{from} {to}");
        }
        let large = changed("\"checklists\",\"size\":1", "\"checklists\",\"size\":99999999");
        assert_eq!(large, Err(PackError::TooLarge { what: "a part" }));
        changed("\"id\"", "\"later\":[1],\"id\"").unwrap();
    }

    #[test]
    fn the_nearest_language_is_found() {
        let manifest = parse(&json()).unwrap();
        for (wanted, found) in [
            ("ar", "ar"),
            ("ar_EG", "ar"),
            ("AR-eg", "ar"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("de", "en"),
            ("", "en"),
            ("-", "en"),
        ] {
            assert_eq!(manifest.locale_for(wanted).tag, found, "{wanted}");
        }
        assert_eq!(manifest.locale_for("ar").direction, Direction::Rtl);
    }
}
