//! The text of `README.txt`: how to open and check a report with tools that everybody can get.
//!
//! It stands in every report, so it tells nothing about this one. A language without a text of its own gets English; any
//! other language gets its own text followed by the English one.

const ENGLISH: &str = include_str!("../templates/readme.en.txt");

/// The text for a report in `language` (BCP 47, such as `es` or `ar-SY`).
#[must_use]
pub fn text(language: &str) -> String {
    let primary = language.split('-').next().unwrap_or_default();
    match own_text(primary) {
        Some(own) => format!("{own}\n{}\n\n{ENGLISH}", "-".repeat(72)),
        None => ENGLISH.to_owned(),
    }
}

/// The text in a language other than English, by its primary subtag.
fn own_text(_primary: &str) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_tools_and_fits_a_terminal() {
        let text = text("en");
        for needed in ["age -d -i", "tar x", "sha256sum -c", "manifest.json"] {
            assert!(text.contains(needed), "{needed}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100));
        assert!(text.is_ascii());
    }
}
