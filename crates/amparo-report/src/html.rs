//! `report.html`: the report as one page that any browser opens, offline, for ever.
//!
//! The page is self-contained and inert: every value is escaped, there is no script, and its own policy forbids everything but
//! its inline style and embedded images. Nothing here decides what is disclosed: it shows what [`ReportView`] holds.

use minijinja::{AutoEscape, Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::{Deserialize, Serialize};

pub use crate::locale::Direction;

const TEMPLATE: &str = include_str!("../templates/report.html");
/// Largest embedded image in bytes of its data URI.
const MAX_IMAGE_BYTES: usize = 512 * 1024;

/// A name and a value, such as "Place: town hall".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fact {
    /// The name, in the report's language.
    pub label: String,
    /// The value; line breaks are kept.
    pub value: String,
}

/// A further part of the report: persons, perpetrators, needs, actions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Facts, each on a line.
    pub facts: Vec<Fact>,
    /// Text; line breaks are kept.
    pub paragraphs: Vec<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EvidenceRow {
    /// Its path in the report.
    pub path: String,
    /// What it is: photo, video, …, in the report's language.
    pub kind: String,
    /// A description, or empty.
    pub description: String,
    /// When it was made, or empty.
    pub time: String,
    /// Its size, as people read it.
    pub size: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// A small picture as `data:image/png;base64,…` (or jpeg or webp). Anything else is left out.
    pub image: Option<String>,
}

/// One custody entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CustodyRow {
    /// Its number in the log.
    pub seq: u64,
    /// When.
    pub time: String,
    /// What happened, in the report's language.
    pub event: String,
    /// To what: the path of the evidence in the report, or empty.
    pub evidence: String,
    /// Who did it.
    pub actor: String,
}

/// The fixed words of the page, in the report's language. The default is English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "each field is the word that it names")]
pub struct Words {
    pub report: String,
    pub confidential: String,
    pub report_id: String,
    pub created: String,
    pub sender: String,
    pub acts: String,
    pub time: String,
    pub place: String,
    pub narrative: String,
    pub evidence: String,
    pub evidence_note: String,
    pub file: String,
    pub kind: String,
    pub size: String,
    pub custody: String,
    pub custody_note: String,
    pub number: String,
    pub event: String,
    pub actor: String,
    pub footer: String,
}

impl Default for Words {
    fn default() -> Self {
        let word = str::to_owned;
        Self {
            report: word("Incident report"),
            confidential: word("Confidential. It may name people who are in danger. Share only what you must."),
            report_id: word("Report"),
            created: word("Sealed on"),
            sender: word("Sender"),
            acts: word("What was done"),
            time: word("When"),
            place: word("Where"),
            narrative: word("What happened"),
            evidence: word("Evidence"),
            evidence_note: word(
                "The long number under each file is its SHA-256 hash. It is the same as long as not one bit of the file has changed.",
            ),
            file: word("File"),
            kind: word("Kind"),
            size: word("Size"),
            custody: word("Custody of the evidence"),
            custody_note: word(
                "What happened to each piece of evidence on the sender's device, as its log recorded it. Proofs are in the folder \u{201c}custody\u{201d}.",
            ),
            number: word("No."),
            event: word("Event"),
            actor: word("By"),
            footer: word("How to check this report: see README.txt beside this page."),
        }
    }
}

/// What the page shows. Empty parts are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportView {
    /// BCP 47, such as `es` or `ar`.
    pub language: String,
    /// Its direction.
    pub direction: Direction,
    /// The report's id.
    pub report_id: String,
    /// The day it was sealed.
    pub created: String,
    /// Who it is from, as a sentence: anonymous, a case key and its fingerprint, a name.
    pub sender: String,
    /// The incident's title.
    pub title: String,
    /// The narrative; line breaks are kept.
    pub narrative: String,
    /// Names of the acts.
    pub acts: Vec<String>,
    /// When it happened.
    pub time: String,
    /// Where it happened.
    pub place: String,
    /// Further facts beside those: urgency, status.
    pub facts: Vec<Fact>,
    /// Further parts, in order.
    pub sections: Vec<Section>,
    /// The evidence.
    pub evidence: Vec<EvidenceRow>,
    /// The custody entries.
    pub custody: Vec<CustodyRow>,
    /// The page's own words.
    pub words: Words,
}

/// The page could not be rendered. Carries no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the report's page could not be rendered")]
pub struct RenderError;

/// Renders the page.
///
/// # Errors
/// [`RenderError`]; only when memory or the template is broken.
pub fn render(view: &ReportView) -> Result<String, RenderError> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).build().map_err(|_| RenderError)?;
    environment.set_syntax(syntax);
    environment.add_template("report.html", TEMPLATE).map_err(|_| RenderError)?;
    let mut view = view.clone();
    if !is_language(&view.language) {
        view.language = "und".to_owned();
    }
    for row in &mut view.evidence {
        row.image = row.image.take().filter(|image| is_image(image));
    }
    environment.get_template("report.html").and_then(|page| page.render(Serde(&view))).map_err(|_| RenderError)
}

fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A raster image in base64. SVG could carry active content and is not an image here.
fn is_image(uri: &str) -> bool {
    let data = ["png", "jpeg", "webp"].iter().find_map(|kind| uri.strip_prefix(&format!("data:image/{kind};base64,")));
    uri.len() <= MAX_IMAGE_BYTES
        && data.is_some_and(|data| {
            !data.is_empty() && data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[&str] = &[
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "</style><script>alert(1)</script>",
        "javascript:alert(1)",
        "{{ 7*7 }}{% raw %}",
        "<!-- --><base href=//evil>",
        "&lt;script&gt;",
    ];

    fn filled(text: &str) -> ReportView {
        let t = || text.to_owned();
        let fact = || Fact { label: t(), value: t() };
        ReportView {
            language: t(),
            direction: Direction::Rtl,
            report_id: t(),
            created: t(),
            sender: t(),
            title: t(),
            narrative: t(),
            acts: vec![t()],
            time: t(),
            place: t(),
            facts: vec![fact()],
            sections: vec![Section { heading: t(), facts: vec![fact()], paragraphs: vec![t()] }],
            evidence: vec![EvidenceRow {
                path: t(),
                kind: t(),
                description: t(),
                time: t(),
                size: t(),
                sha256: t(),
                image: Some(t()),
            }],
            custody: vec![CustodyRow { seq: 1, time: t(), event: t(), evidence: t(), actor: t() }],
            words: Words { report: t(), confidential: t(), footer: t(), ..Words::default() },
        }
    }

    /// The tags of a page, in order: what a parser would see as markup.
    fn tags(page: &str) -> Vec<String> {
        page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn hostile_text_stays_text_in_every_field() {
        let harmless = tags(&render(&filled("x")).unwrap());
        for text in HOSTILE {
            let page = render(&filled(text)).unwrap();
            assert_eq!(tags(&page), harmless, "{text}");
            assert!(!page.contains("<script") && !page.contains("49"), "{text}");
        }
    }

    #[test]
    fn the_page_is_self_contained_and_inert() {
        let page = render(&filled("x")).unwrap();
        let policy =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
        assert!(page.contains(&format!("content=\"{policy}\"")));
        assert!(page.find("Content-Security-Policy").unwrap() < page.find("<title>").unwrap());
        for active in
            ["<script", "<link", "<iframe", "<object", "<form", "http://", "https://", "url(", "@import", " on"]
        {
            let found = tags(&page).iter().any(|tag| format!("<{tag}").contains(active))
                || active.contains(':') && page.contains(active);
            assert!(!found, "{active}");
        }
        assert!(!page.contains("url(") && !page.contains("@import"));
    }

    #[test]
    fn language_and_direction_are_declared() {
        let view = ReportView { language: "ar".into(), direction: Direction::Rtl, ..ReportView::default() };
        assert!(render(&view).unwrap().contains("<html lang=\"ar\" dir=\"rtl\">"));
        let view = ReportView { language: "x\" onload=".into(), ..ReportView::default() };
        assert!(render(&view).unwrap().contains("<html lang=\"und\" dir=\"ltr\">"));
    }

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
    fn an_empty_report_is_a_page_without_empty_parts() {
        let page = render(&ReportView::default()).unwrap();
        assert!(!page.contains("<table") && !page.contains("<h2"));
    }
}
