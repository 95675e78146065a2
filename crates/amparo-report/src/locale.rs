//! The words that people read, in the languages of the report: English, Spanish, French, Arabic, Russian.
//!
//! All texts are data in `locales/`, embedded; no other file may hold a text of its own that ends up in a report. A missing
//! text shows its key: that is ugly, and better than a report that cannot be made.

use std::{collections::HashMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

/// The direction of a language's script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Left to right.
    #[default]
    Ltr,
    /// Right to left.
    Rtl,
}

/// A language that this project has texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Arabic.
    Arabic,
    /// Russian.
    Russian,
}

type Texts = HashMap<String, String>;

fn parse(json: &str) -> Texts {
    // The embedded files are read by a test; a build with a broken one shows keys.
    serde_json::from_str(json).unwrap_or_default()
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/en.json")));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/es.json")));
static FRENCH: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/fr.json")));
static ARABIC: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/ar.json")));
static RUSSIAN: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/ru.json")));

impl Locale {
    /// All of them, English first.
    pub const ALL: [Self; 5] = [Self::English, Self::Spanish, Self::French, Self::Arabic, Self::Russian];

    /// The one nearest to a language tag (BCP 47, such as `ar-EG`; `ar_EG` is read too): that of its primary subtag, English
    /// when there is none.
    #[must_use]
    pub fn for_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary)).unwrap_or_default()
    }

    /// Its tag: two letters.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Arabic => "ar",
            Self::Russian => "ru",
        }
    }

    /// Its name in English.
    #[must_use]
    pub const fn english_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Spanish",
            Self::French => "French",
            Self::Arabic => "Arabic",
            Self::Russian => "Russian",
        }
    }

    /// Its direction.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Arabic => Direction::Rtl,
            Self::English | Self::Spanish | Self::French | Self::Russian => Direction::Ltr,
        }
    }

    /// The text of a key, such as `act.killing`. A key that does not exist gives itself.
    #[must_use]
    pub fn text(self, key: &'static str) -> &'static str {
        self.find(key).unwrap_or(key)
    }

    /// The text of a key with its `{placeholders}` filled. Values are put in as they are and never read for placeholders.
    #[must_use]
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.text(key);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => filled.push_str(value),
                None => filled.extend(["{", name, "}"]),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// What a code of a list means: `code("act", "killing")` is the text of `act.killing`. A code that this version does not
    /// know is shown as its own words: `drone_strike` is "drone strike".
    #[must_use]
    pub fn code(self, list: &str, code: &str) -> String {
        self.find(&format!("{list}.{code}")).map_or_else(|| code.replace('_', " "), str::to_owned)
    }

    /// The text of a key, if there is one.
    pub(crate) fn find(self, key: &str) -> Option<&'static str> {
        self.texts().get(key).map(String::as_str)
    }

    /// Whether `text`, as it stands in a page, is one of this language's.
    #[cfg(test)]
    pub(crate) fn has_text(self, text: &str) -> bool {
        let plain = text.replace("&#x27;", "'").replace("&quot;", "\"");
        self.texts().values().any(|known| *known == plain)
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
            Self::French => &FRENCH,
            Self::Arabic => &ARABIC,
            Self::Russian => &RUSSIAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    fn keys(locale: Locale) -> BTreeSet<&'static str> {
        locale.texts().keys().map(String::as_str).collect()
    }

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|rest| rest.split_once('}').expect("a closed placeholder").0).collect()
    }

    #[test]
    fn all_languages_have_the_same_keys_and_placeholders() {
        assert!(Locale::English.texts().len() > 150);
        for locale in Locale::ALL {
            assert_eq!(keys(locale), keys(Locale::English), "{locale:?}");
            for (key, text) in locale.texts() {
                assert!(!text.trim().is_empty() && text.trim() == text, "{locale:?} {key}");
                let english = &Locale::English.texts()[key];
                assert_eq!(placeholders(text), placeholders(english), "{locale:?} {key}");
            }
        }
    }

    #[test]
    fn no_key_stands_twice_in_a_file() {
        for (locale, json) in Locale::ALL.into_iter().zip([
            include_str!("../locales/en.json"),
            include_str!("../locales/es.json"),
            include_str!("../locales/fr.json"),
            include_str!("../locales/ar.json"),
            include_str!("../locales/ru.json"),
        ]) {
            // One text a line: a second one of the same key would silently win.
            let lines = json.lines().filter(|line| line.starts_with("  \"")).count();
            assert_eq!(lines, locale.texts().len(), "{locale:?}");
        }
    }

    /// Texts that are the same word in another language.
    const SAME_IN_ENGLISH: &[(&str, &[&str])] =
        &[("es", SPANISH_AS_ENGLISH), ("fr", FRENCH_AS_ENGLISH), ("ar", &[]), ("ru", &[])];
    const SPANISH_AS_ENGLISH: &[&str] = &[
        "reliability.probable",
        "size.bytes",
        "size.gb",
        "size.kb",
        "size.mb",
        "size.one",
        "size.tb",
        "value.metres",
        "value.no",
    ];
    const FRENCH_AS_ENGLISH: &[&str] = &[
        "act.confiscation",
        "act.surveillance",
        "evidence_kind.document",
        "evidence_kind.photo",
        "field.altitude",
        "field.conditions",
        "field.description",
        "field.incident",
        "field.note",
        "perpetrator.police",
        "person_role.source",
        "reliability.probable",
        "source.document",
        "source.organisation",
        "value.metres",
    ];

    /// A text without its placeholders.
    fn outside(text: &str) -> String {
        text.split(['{', '}']).step_by(2).collect()
    }

    #[test]
    fn nothing_is_left_in_english() {
        for (tag, allowed) in SAME_IN_ENGLISH {
            let locale = Locale::for_tag(tag);
            // What is nothing but placeholders and marks is in no language.
            let texts = locale.texts().iter().filter(|(_, text)| outside(text).contains(char::is_alphabetic));
            let same: BTreeSet<&str> = texts
                .filter(|(key, text)| Locale::English.texts()[*key] == **text)
                .map(|(key, _)| key.as_str())
                .collect();
            assert_eq!(same, allowed.iter().copied().collect(), "{tag}");
        }
        let latin_words = |text: &str| {
            outside(text)
                .split(|c: char| !c.is_ascii_alphabetic())
                .filter(|word| word.len() > 1)
                .map(str::to_owned)
                .collect()
        };
        for locale in [Locale::Arabic, Locale::Russian] {
            for (key, text) in locale.texts() {
                let words: Vec<String> = latin_words(text);
                let allowed = |word: &String| LATIN_ANYWHERE.contains(&word.as_str());
                assert!(words.iter().all(allowed), "{locale:?} {key}: {words:?}");
            }
        }
    }

    /// Names of files, formats and standards that are written in Latin letters in every language.
    const LATIN_ANYWHERE: &[&str] = &["SHA", "UTC", "README", "txt", "custody"];

    #[test]
    fn the_nearest_language_is_found() {
        for (tag, locale) in [
            ("en", Locale::English),
            ("es-419", Locale::Spanish),
            ("FR", Locale::French),
            ("ar-EG", Locale::Arabic),
            ("ar_SY", Locale::Arabic),
            ("ru-Cyrl-RU", Locale::Russian),
            ("de", Locale::English),
            ("arc", Locale::English),
            ("est", Locale::English),
            ("", Locale::English),
            ("-ar", Locale::English),
        ] {
            assert_eq!(Locale::for_tag(tag), locale, "{tag}");
        }
        for locale in Locale::ALL {
            assert_eq!(Locale::for_tag(locale.tag()), locale);
            assert_eq!(locale.direction() == Direction::Rtl, locale.tag() == "ar");
        }
    }

    #[test]
    fn what_has_no_text_shows_itself() {
        assert_eq!(Locale::French.text("no.such.key"), "no.such.key");
        assert_eq!(Locale::Spanish.code("act", "killing"), "Homicidio");
        assert_eq!(Locale::Arabic.code("act", "drone_strike"), "drone strike");
        assert_eq!(Locale::English.code("age_band", "60_and_over"), "60 years and over");
    }

    #[test]
    fn values_are_put_in_as_they_are() {
        assert_eq!(Locale::English.fill("{a} and {b}{", &[("a", "{b}"), ("b", "{a}")]), "{b} and {a}{");
        assert_eq!(Locale::English.fill("{a} {c} {}", &[("a", "x")]), "x {c} {}");
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html" || e == "md") {
                found.push(path);
            }
        }
    }

    /// The literal keys after `call` in a source.
    fn used(source: &str, call: &str) -> Vec<String> {
        let after = source.split(call).skip(1);
        let quoted = after.filter_map(|rest| rest.trim_start().strip_prefix('"').and_then(|key| key.split('"').next()));
        quoted.map(str::to_owned).collect()
    }

    #[test]
    fn every_key_that_the_code_names_exists() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = vec![];
        for entry in fs::read_dir(crates).unwrap() {
            for part in ["src", "templates"] {
                let folder = entry.as_ref().unwrap().path().join(part);
                if folder.is_dir() {
                    sources(&folder, &mut files);
                }
            }
        }
        assert!(files.len() > 50);
        let exists = |key: &str| Locale::English.find(key).is_some();
        for file in files {
            let source = fs::read_to_string(&file).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            for call in [".text(", ".fill(", " t(", "=\"{{ t("] {
                for key in used(source, call).iter().filter(|key| key.contains('.')) {
                    assert!(exists(key), "{}: {key}", file.display());
                }
            }
            for list in used(source, ".code(") {
                let prefix = format!("{list}.");
                assert!(keys(Locale::English).iter().any(|key| key.starts_with(&prefix)), "{}: {list}", file.display());
            }
        }
    }
}
