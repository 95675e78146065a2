//! `report.html`: the report as one page that any browser opens, offline, for ever.
//!
//! The page is self-contained and inert: every value is escaped, there is no script, and its own policy forbids everything but
//! its inline style and embedded images. Its words come from the [`locale`](crate::locale) alone; what it shows is a
//! [`ReportView`], and nothing here decides what that holds.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde_json::{Value, json};

pub use crate::view::ReportView;
use crate::{
    locale::Locale,
    tame::tame,
    view::{MAX_IMAGES_BYTES, is_image},
};

const PAGE: &str = include_str!("../templates/report.html");
const FACTS: &str = include_str!("../templates/facts.html");
const VALUE: &str = include_str!("../templates/value.html");

/// The page could not be rendered. Carries no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the report's page could not be rendered")]
pub struct RenderError;

/// Renders the page. Pictures that cannot be embedded, and those beyond [`MAX_IMAGES_BYTES`] together, are left out.
///
/// # Errors
/// [`RenderError`]; only when memory or the template is broken.
pub fn render(view: &ReportView) -> Result<String, RenderError> {
    let locale = view.locale();
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).build().map_err(|_| RenderError)?;
    environment.set_syntax(syntax);
    // A key that the locale does not have is a broken template.
    environment.add_function("t", move |key: &str| {
        locale.find(key).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "no such text"))
    });
    for (name, template) in [("report.html", PAGE), ("facts.html", FACTS), ("value.html", VALUE)] {
        environment.add_template(name, template).map_err(|_| RenderError)?;
    }
    let context = context(view, locale)?;
    environment.get_template("report.html").and_then(|page| page.render(Serde(&context))).map_err(|_| RenderError)
}

/// The view as the template reads it, every text in it tame.
fn context(view: &ReportView, locale: Locale) -> Result<Value, RenderError> {
    let mut view = view.clone();
    view.language = view.language_tag().to_owned();
    let mut left = MAX_IMAGES_BYTES;
    for row in &mut view.evidence {
        row.image = row.image.take().filter(|image| is_image(image) && image.len() <= left);
        left = left.saturating_sub(row.image.as_ref().map_or(0, String::len));
    }
    let mut context = serde_json::to_value(view).map_err(|_| RenderError)?;
    tame_all(&mut context);
    let fields = context.as_object_mut().ok_or(RenderError)?;
    fields.insert("locale".to_owned(), locale.tag().into());
    fields.insert("direction".to_owned(), json!(locale.direction()));
    Ok(context)
}

fn tame_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = tame(text),
        Value::Array(values) => values.iter_mut().for_each(tame_all),
        Value::Object(fields) => fields.values_mut().for_each(tame_all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{self, Card, CustodyFile, CustodyRow, EvidenceRow, Fact, Section};

    const HOSTILE: &[&str] = &[
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "</style><script>alert(1)</script>",
        "</bdi></td></table><h1>",
        "javascript:alert(1)",
        "{{ 7*7 }}{% raw %}",
        "<!-- --><base href=//evil>",
        "&lt;script&gt;",
        "\u{202e}gpj.exe\u{2069}\u{2069}\0",
    ];

    /// A view with `text` in every field that can hold one.
    fn filled(text: &str) -> ReportView {
        let t = || text.to_owned();
        let value = || view::Value { words: t(), exact: t() };
        let fact = || Fact { label: t(), values: vec![value(), value()] };
        ReportView {
            language: t(),
            report_id: t(),
            sealed_on: value(),
            sender: value(),
            withheld: true,
            title: t(),
            narrative: t(),
            acts: vec![t()],
            facts: vec![fact()],
            sections: vec![Section {
                heading: t(),
                note: t(),
                cards: vec![Card { heading: t(), facts: vec![fact()], text: t() }],
            }],
            evidence: vec![EvidenceRow {
                path: t(),
                kind: t(),
                time: value(),
                size: t(),
                facts: vec![fact()],
                sha256: t(),
                image: Some(t()),
            }],
            custody: vec![CustodyFile {
                path: t(),
                sha256: t(),
                entries: vec![CustodyRow { seq: 1, time: value(), event: t(), actor: t() }],
            }],
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
            assert!(!page.contains("<script") && !page.contains(">49<"), "{text}");
            assert!(!page.contains(['\u{202e}', '\u{2069}', '\0']), "{text}");
        }
    }

    #[test]
    fn every_field_is_shown() {
        let view = ReportView { language: "en".into(), ..filled("needle") };
        let held = serde_json::to_string(&view).unwrap().matches("needle").count();
        // The picture is none, and the title stands twice.
        assert_eq!(render(&view).unwrap().matches("needle").count(), held - 1 + 1);
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
    fn the_page_prints_on_paper() {
        let page = render(&filled("x")).unwrap();
        for rule in ["@media print", "@page { size: A4", "table-header-group", "break-inside: avoid"] {
            assert!(page.contains(rule), "{rule}");
        }
    }

    #[test]
    fn language_and_direction_are_declared() {
        for locale in Locale::ALL {
            let view = ReportView { language: locale.tag().into(), title: "x".into(), ..ReportView::default() };
            let direction = if locale.tag() == "ar" { "rtl" } else { "ltr" };
            let page = render(&view).unwrap();
            assert!(page.contains(&format!("<html lang=\"{}\" dir=\"{direction}\">", locale.tag())));
        }
        // The words are English and say so; the author's text is in the author's language.
        let page =
            render(&ReportView { language: "fa-IR".into(), title: "x".into(), ..ReportView::default() }).unwrap();
        assert!(page.contains("<html lang=\"en\" dir=\"ltr\">") && page.contains("<h1 lang=\"fa-IR\" dir=\"auto\">"));
        let page = render(&ReportView { language: "x\" onload=".into(), ..ReportView::default() }).unwrap();
        assert!(page.contains("<html lang=\"en\" dir=\"ltr\">") && page.contains("<h1 lang=\"und\" dir=\"auto\">"));
    }

    #[test]
    fn all_words_are_of_the_report_s_language() {
        // What is not a tag, a style or a value came from the locale: it is found in its texts.
        for locale in Locale::ALL {
            let page = render(&ReportView { language: locale.tag().into(), ..filled("§") }).unwrap();
            let body = page.split("<body>").nth(1).unwrap();
            let texts = body.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
            let words: Vec<&str> = texts.map(str::trim).filter(|text| !text.is_empty() && *text != "§").collect();
            assert!(words.len() > 10, "{locale:?}");
            for word in words {
                let known = locale.has_text(word) || word == "1";
                assert!(known, "{locale:?}: {word}");
            }
        }
    }

    #[test]
    fn pictures_are_embedded_up_to_a_bound() {
        let picture = format!("data:image/png;base64,{}", "A".repeat(400 * 1024));
        let row = EvidenceRow { image: Some(picture.clone()), ..EvidenceRow::default() };
        let view = ReportView { evidence: vec![row; 60], ..ReportView::default() };
        let page = render(&view).unwrap();
        assert_eq!(page.matches("<img ").count(), MAX_IMAGES_BYTES / picture.len());
        assert!(page.len() < MAX_IMAGES_BYTES + 200_000);
    }

    #[test]
    fn an_empty_report_is_a_page_without_empty_parts() {
        let page = render(&ReportView::default()).unwrap();
        for part in ["<table", "<h2", "<dl", "<img"] {
            assert!(!page.contains(part), "{part}");
        }
    }
}
