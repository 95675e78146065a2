//! How ids, codes, languages and days are written.

use time::{Date, macros::format_description};

use crate::limits;

/// Whether `text` is an id: words of lower-case letters and digits, joined by single `-` or `.`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= limits::ID_BYTES && text.split(['-', '.']).all(word)
}

/// Whether `text` is a code of a list that grows, such as `online-attack` or `trusted_person`. What a code means may be unknown
/// here: it is kept and shown as it is, never dropped.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= limits::CODE_BYTES && text.split(['-', '_']).all(word)
}

/// Whether `text` is a language tag as packs write it (BCP 47): `ar`, `pt-BR`, `zh-Hant`, `sr-Latn-RS`, `es-419`.
#[must_use]
pub fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let subtag = |part: &str| {
        let upper = part.bytes().all(|b| b.is_ascii_uppercase());
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        let mut letters = part.bytes();
        let title = letters.next().is_some_and(|b| b.is_ascii_uppercase()) && letters.all(|b| b.is_ascii_lowercase());
        matches!(part.len(), 2 if upper) || matches!(part.len(), 3 if digits) || matches!(part.len(), 4 if title)
    };
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && text.len() <= 12
        && parts.all(subtag)
}

/// Of the languages `tags`, the one for somebody who wants `wanted` (`ar_EG` is read too): that very one; without its last subtags;
/// another of the same language. `None`: none of them is near, and the default is what is left.
#[must_use]
pub fn nearest_locale<'a>(tags: impl Iterator<Item = &'a str> + Clone, wanted: &str) -> Option<&'a str> {
    let wanted = wanted.replace('_', "-");
    let mut shorter = wanted.as_str();
    loop {
        if let Some(tag) = tags.clone().find(|tag| tag.eq_ignore_ascii_case(shorter)) {
            return Some(tag);
        }
        let Some((front, _)) = shorter.rsplit_once('-') else { break };
        shorter = front;
    }
    let mut tags = tags;
    tags.find(|tag| tag.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case(shorter)))
}

/// The day that `text` names, `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<Date> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
    // One day has one spelling: no signs, no more digits.
    (text.len() == 10).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_codes_locales_and_days_have_one_spelling() {
        for good in ["arrest", "arrest.lawyer-number", "q.how-soon", "a", "72h", &"a".repeat(96)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "a.", ".a", "A", "a b", "a_b", "é", "a\n", &"a".repeat(97)] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(is_code("trusted_person") && is_code("online-attack") && !is_code("a.b") && !is_code("_a"));
        for good in ["ar", "es-419", "pt-BR", "zh-Hant", "sr-Latn-RS", "ckb"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in ["", "a", "AR", "pt_BR", "pt-br", "en-", "en-x", "en-US-", "english", "en/../x"] {
            assert!(!is_locale(bad), "{bad}");
        }
        assert!(date("2026-11-24").is_some());
        for bad in ["2026-11-31", "2026-1-1", "+2026-11-2", "2026-11-24 ", "", "20261124"] {
            assert!(date(bad).is_none(), "{bad}");
        }
    }
}
