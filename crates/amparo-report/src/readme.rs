//! The text of `README.txt`: how to open and check a report with tools that everybody can get.
//!
//! It stands in every report, so it tells nothing about this one. A report in another language than English has the text in its
//! own language and then in English, because a desk may not read the first.

use crate::locale::Locale;

const ENGLISH: &str = include_str!("../templates/readme.en.txt");
const SPANISH: &str = include_str!("../templates/readme.es.txt");
const FRENCH: &str = include_str!("../templates/readme.fr.txt");
const ARABIC: &str = include_str!("../templates/readme.ar.txt");
const RUSSIAN: &str = include_str!("../templates/readme.ru.txt");

/// The text for a report in `language` (BCP 47, such as `es` or `ar-SY`).
#[must_use]
pub fn text(language: &str) -> String {
    match own_text(Locale::for_tag(language)) {
        Some(own) => format!("{own}\n{}\n\n{ENGLISH}", "-".repeat(72)),
        None => ENGLISH.to_owned(),
    }
}

/// The text in a language other than English.
fn own_text(locale: Locale) -> Option<&'static str> {
    match locale {
        Locale::English => None,
        Locale::Spanish => Some(SPANISH),
        Locale::French => Some(FRENCH),
        Locale::Arabic => Some(ARABIC),
        Locale::Russian => Some(RUSSIAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    fn texts() -> impl Iterator<Item = (Locale, &'static str)> {
        Locale::ALL.into_iter().map(|locale| (locale, own_text(locale).unwrap_or(ENGLISH)))
    }

    #[test]
    fn every_text_names_the_tools_and_files_and_fits_a_terminal() {
        let files = [names::REPORT_HTML, names::REPORT_MD, names::REPORT_JSON, names::EVIDENCE, names::MANIFEST];
        let more = [names::SIGNATURE, "custody/", names::DISCLOSURE, names::ANCHORS, names::REPLY];
        let tools = ["age -d -i", "tar x", "sha256sum -c", "amparo desk verify"];
        for (locale, text) in texts() {
            for needed in files.iter().chain(&more).chain(&tools) {
                assert!(text.contains(needed), "{locale:?}: {needed}");
            }
            assert!(text.lines().all(|line| line.chars().count() <= 84), "{locale:?}");
        }
        assert!(ENGLISH.is_ascii());
    }

    #[test]
    fn the_commands_are_the_same_in_every_language() {
        let commands = |text: &str| {
            let lines = text.lines().filter(|line| line.starts_with("  ") && !line.contains("desk verify"));
            let lines = lines.filter(|line| ["age -d", "mkdir", "sed ", "sha256sum"].iter().any(|c| line.contains(c)));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(commands(ENGLISH).len(), 4);
        for (locale, text) in texts() {
            assert_eq!(commands(text), commands(ENGLISH), "{locale:?}");
            // As many headings, paragraphs and blocks.
            assert_eq!(text.split("\n\n").count(), ENGLISH.split("\n\n").count(), "{locale:?}");
        }
    }

    #[test]
    fn the_language_comes_first_and_english_is_always_there() {
        for (tag, first) in [
            ("en", "SEALED REPORT"),
            ("de", "SEALED REPORT"),
            ("es-419", "INFORME SELLADO"),
            ("fr", "RAPPORT SCELL\u{c9}"),
            ("ar-SY", "تقرير مختوم"),
            ("ru", "ЗАПЕЧАТАННЫЙ ОТЧЁТ"),
        ] {
            let text = text(tag);
            assert_eq!(text.lines().next(), Some(first));
            assert_eq!(text.matches(ENGLISH).count(), 1, "{tag}");
        }
    }
}
