//! `report.md`: the report as plain text, for e-mail forms and channels that take nothing else.
//!
//! It is Markdown (CommonMark) and reads well without any program. Everything that somebody entered is escaped: it can become
//! neither markup nor HTML nor an image nor a link. It holds no HTML of its own. What it shows is what the page shows, without
//! the pictures; its words come from the [`locale`](crate::locale) alone.

use crate::{
    figures::isolate,
    locale::Locale,
    tame::tame,
    view::{Card, CustodyFile, EvidenceRow, Fact, ReportView, Value},
};

/// Renders the text. Cannot fail and does not block.
#[must_use]
pub fn render(view: &ReportView) -> String {
    let mut page = Page { locale: view.locale(), text: String::new() };
    page.head(view);
    if !view.narrative.trim().is_empty() {
        page.heading(2, page.locale.text("section.narrative"));
        page.paragraphs(&view.narrative);
    }
    for section in &view.sections {
        page.heading(2, &section.heading);
        page.paragraphs(&section.note);
        section.cards.iter().for_each(|card| page.card(card));
    }
    if !view.evidence.is_empty() {
        page.heading(2, page.locale.text("section.evidence"));
        page.paragraphs(page.locale.text("page.evidence_note"));
        view.evidence.iter().for_each(|row| page.evidence(row));
    }
    if !view.custody.is_empty() {
        page.heading(2, page.locale.text("section.custody"));
        for about in ["custody.about.proves", "custody.about.limits", "custody.about.verify"] {
            page.paragraphs(page.locale.find(about).unwrap_or(about));
        }
        view.custody.iter().for_each(|file| page.custody(file));
    }
    page.heading(2, "");
    page.paragraphs(page.locale.text("page.footer"));
    page.text
}

struct Page {
    locale: Locale,
    /// Ends with a newline after every block.
    text: String,
}

impl Page {
    fn head(&mut self, view: &ReportView) {
        let locale = self.locale;
        let report = locale.text("page.report");
        let title = if view.title.trim().is_empty() { report } else { &view.title };
        self.heading(1, title);
        if title != report {
            self.paragraphs(report);
        }
        self.paragraphs(locale.text("page.confidential"));
        if view.withheld {
            self.paragraphs(locale.text("page.withheld"));
        }
        let label = |key: &'static str| locale.text(key).to_owned();
        let acts = Fact { label: label("field.acts"), values: view.acts.iter().map(Value::words).collect() };
        let sender = Fact { label: label("field.sender"), values: vec![view.sender.clone()] };
        let sealed = Fact { label: label("field.sealed_on"), values: vec![view.sealed_on.clone()] };
        let report = Fact { label: label("field.report"), values: vec![Value::exact(&view.report_id)] };
        let facts: Vec<&Fact> = [&acts].into_iter().chain(&view.facts).chain([&sender, &sealed, &report]).collect();
        self.facts(&facts);
    }

    fn card(&mut self, card: &Card) {
        self.heading(3, &card.heading);
        self.facts(&card.facts.iter().collect::<Vec<_>>());
        self.paragraphs(&card.text);
    }

    fn evidence(&mut self, row: &EvidenceRow) {
        let locale = self.locale;
        self.code_heading(&row.path);
        let kind = Fact::new(locale.text("field.kind"), row.kind.as_str());
        let time = Fact { label: locale.text("field.when").to_owned(), values: vec![row.time.clone()] };
        let size = Fact::new(locale.text("field.size"), row.size.as_str());
        let hash = Fact { label: locale.text("field.sha256").to_owned(), values: vec![Value::exact(&row.sha256)] };
        let facts: Vec<&Fact> = [&kind, &time, &size].into_iter().chain(&row.facts).chain([&hash]).collect();
        self.facts(&facts);
    }

    fn custody(&mut self, file: &CustodyFile) {
        let locale = self.locale;
        if file.path.is_empty() {
            self.heading(3, locale.text("custody.whole"));
        } else {
            self.code_heading(&file.path);
        }
        if !file.sha256.is_empty() {
            let hash = Fact { label: locale.text("field.sha256").to_owned(), values: vec![Value::exact(&file.sha256)] };
            self.facts(&[&hash]);
        }
        let lines = file.entries.iter().map(|entry| {
            let number = locale.fill("custody.entry", &[("number", &entry.seq.to_string())]);
            let parts = [self.value(&entry.time), inline(&entry.event), inline(&entry.actor)];
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            format!("- {} {}\n", self.label(&number), parts.join(" \u{2013} "))
        });
        let lines: String = lines.collect();
        self.block(&lines);
    }

    /// A block of lines, with an empty line before it.
    fn block(&mut self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(lines);
    }

    /// A heading. Without text: a line that ends what was before.
    fn heading(&mut self, level: usize, text: &str) {
        let text = inline(text);
        match (text.is_empty(), level) {
            (false, _) => self.block(&format!("{} {text}\n", "#".repeat(level))),
            (true, 3) => {}
            (true, _) => self.block("---\n"),
        }
    }

    fn code_heading(&mut self, path: &str) {
        self.block(&format!("### {}\n", self.code(path)));
    }

    fn facts(&mut self, facts: &[&Fact]) {
        let mut lines = String::new();
        for fact in facts {
            let values: Vec<String> =
                fact.values.iter().map(|value| self.value(value)).filter(|value| !value.is_empty()).collect();
            match values.as_slice() {
                [] => {}
                [value] => lines.push_str(&format!("- {} {value}\n", self.label(&fact.label))),
                several => {
                    lines.push_str(&format!("- {}\n", self.label(&fact.label)));
                    several.iter().for_each(|value| lines.push_str(&format!("  - {}\n", value.replace('\n', "\n  "))));
                }
            }
        }
        self.block(&lines);
    }

    fn label(&self, label: &str) -> String {
        format!("**{}**", inline(&self.locale.fill("page.label", &[("label", label)])))
    }

    /// Words and exact form. Further lines are indented, so that they stay in their list item.
    fn value(&self, value: &Value) -> String {
        let lines = lines(&value.words).into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>();
        let words = lines.join("  \n  ");
        match (words.is_empty(), value.exact.is_empty()) {
            (_, true) => words,
            (true, false) => self.code(&value.exact),
            (false, false) => format!("{words} {}", self.code(&value.exact)),
        }
    }

    /// What machines write, as code: nothing in it is markup.
    fn code(&self, exact: &str) -> String {
        let exact = tame(exact).replace('\n', " ");
        let longest = exact.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest + 1);
        // A space is taken off each side where there is one on both; a backtick must not touch the fence.
        let pad = if exact.starts_with(['`', ' ']) || exact.ends_with(['`', ' ']) { " " } else { "" };
        if exact.trim().is_empty() {
            return String::new();
        }
        isolate(self.locale, &format!("{fence}{pad}{exact}{pad}{fence}"))
    }

    /// Text with its paragraphs and line breaks.
    fn paragraphs(&mut self, text: &str) {
        let lines = lines(text);
        for paragraph in lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()) {
            // Two spaces before the newline break the line and are nothing to see in plain text.
            self.block(&format!("{}\n", paragraph.join("  \n")));
        }
    }
}

/// Text of one line, as it may stand anywhere in a line.
fn inline(text: &str) -> String {
    lines(text).into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The lines of a text, escaped, without white space around them.
fn lines(text: &str) -> Vec<String> {
    tame(text).split('\n').map(|line| escape(line.trim())).collect()
}

/// One line that means only its characters, wherever it stands (CommonMark 0.31.2 and the extensions of GitHub).
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len() + 8);
    // What could begin a block: a list item, an underline of a heading, a definition, a comment of some dialects.
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = digits > 0 && matches!(line.as_bytes().get(digits), Some(b'.' | b')'));
    for (at, c) in line.char_indices() {
        let after = line.get(at + c.len_utf8()..).unwrap_or_default();
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' | '@' | '#' | '^' => true,
            '+' | '-' | '=' | ':' | '%' if at == 0 => true,
            '.' | ')' if numbered && at == digits => true,
            // Bare addresses, which some programs make links of.
            ':' => after.starts_with("//"),
            '.' => line.get(..at).is_some_and(ends_with_www),
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn ends_with_www(before: &str) -> bool {
    before.len() >= 3 && before.get(before.len() - 3..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

#[cfg(test)]
mod tests {
    use markdown::{Constructs, ParseOptions, mdast::Node, to_mdast};
    use proptest::prelude::*;

    use super::*;
    use crate::view::{CustodyRow, Section};

    /// A view with `text` in every field that the text shows.
    fn filled(text: &str) -> ReportView {
        let t = || text.to_owned();
        let value = || Value { words: t(), exact: t() };
        let fact = || Fact { label: t(), values: vec![value(), value()] };
        ReportView {
            language: "en".into(),
            report_id: t(),
            sealed_on: value(),
            sender: value(),
            withheld: true,
            title: t(),
            narrative: t(),
            acts: vec![t(), t()],
            facts: vec![fact(), Fact::new(t(), t())],
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
                image: None,
            }],
            custody: vec![CustodyFile {
                path: t(),
                sha256: t(),
                entries: vec![CustodyRow { seq: 1, time: value(), event: t(), actor: t() }],
            }],
        }
    }

    fn read(text: &str) -> Node {
        let mut options = ParseOptions::gfm();
        options.constructs = Constructs { math_flow: true, math_text: true, ..options.constructs };
        to_mdast(text, &options).unwrap()
    }

    /// The kinds of nodes, in order, and the text in them.
    fn walk(node: &Node, kinds: &mut Vec<String>, texts: &mut String) {
        let kind = match node {
            Node::Text(node) => {
                texts.push_str(&node.value);
                None
            }
            Node::InlineCode(node) => {
                texts.push_str(&node.value);
                Some("code".to_owned())
            }
            // Breaks follow from the lines of a text.
            Node::Break(_) => {
                texts.push('\n');
                None
            }
            Node::Heading(heading) => Some(format!("heading {}", heading.depth)),
            Node::Root(_) => Some("root".to_owned()),
            Node::Paragraph(_) => Some("paragraph".to_owned()),
            Node::List(list) => Some(format!("list {}", list.ordered)),
            Node::ListItem(_) => Some("item".to_owned()),
            Node::Strong(_) => Some("strong".to_owned()),
            Node::ThematicBreak(_) => Some("rule".to_owned()),
            other => Some(format!("NOT ALLOWED: {other:?}")),
        };
        kinds.extend(kind);
        for child in node.children().into_iter().flatten() {
            walk(child, kinds, texts);
        }
    }

    const HOSTILE: &[&str] = &[
        "<script>alert(1)</script>",
        "<!-- x --><b>bold</b><img src=x onerror=y>",
        "[click](https://evil.example)",
        "![pixel](https://evil.example/x.png)",
        "[a]: https://evil.example",
        "https://evil.example and www.evil.example and http://x.example, WWW.x.example",
        "<https://evil.example> <mailto:a@b.example>",
        "a@b.example",
        "# heading #",
        "## ##",
        "- item",
        "+ item",
        "* item",
        "1. item",
        "12) item",
        "> quote",
        "```\ncode\n```",
        "~~~\ncode\n~~~",
        "    indented",
        "\tindented",
        "text\n===",
        "text\n---",
        "---",
        "***",
        "- - -",
        "**bold** _soft_ ~~gone~~ `code` ``",
        "| a | b |\n|---|---|\n| c | d |",
        "&lt;b&gt; &amp; &#60;",
        "ends with a backslash \\",
        "two spaces  \nand a line",
        "$x$ $$y$$ [^1] [^1]: note",
        "*a_b*c_[d]{e}(f)!g",
        "- [ ] task\n- [x] done",
        "`",
        "``x",
        "a\n\n\n# b\n\n- c",
        "+++\n---\ntitle: x\n---",
        "\u{202e}x\u{2069}",
    ];

    /// What kinds of nodes the text has when every field holds a single harmless word.
    fn kinds_of(text: &str) -> Vec<String> {
        let (mut kinds, mut texts) = (vec![], String::new());
        walk(&read(&render(&filled(text))), &mut kinds, &mut texts);
        kinds
    }

    #[test]
    fn hostile_text_stays_text_in_every_field() {
        for text in HOSTILE {
            // A field of several paragraphs has several paragraphs, and nothing else.
            let paragraphs = |kinds: Vec<String>| kinds.into_iter().filter(|k| k != "paragraph").collect::<Vec<_>>();
            assert_eq!(paragraphs(kinds_of(text)), paragraphs(kinds_of("x")), "{text}\n{}", render(&filled(text)));
        }
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        for text in HOSTILE.iter().filter(|text| !text.contains('\n')) {
            let view = ReportView { narrative: (*text).to_owned(), title: "§".into(), ..ReportView::default() };
            let (mut kinds, mut texts) = (vec![], String::new());
            walk(&read(&render(&view)), &mut kinds, &mut texts);
            assert!(texts.contains(tame(text).trim()), "{text}: {texts}");
        }
    }

    #[test]
    fn ordinary_text_stays_readable() {
        for text in
            ["He came at 14:05 (about).", "Se llevaron 3,5 kg; ¿por qué?", "اعتقال: 2024/05/17", "e-mail - 5 + 3 = 8"]
        {
            assert_eq!(escape(text), text);
        }
        let view = ReportView {
            title: "Raid".into(),
            narrative: "First line.\nSecond line.\n\n\nNew paragraph.".into(),
            sealed_on: Value { words: "23 November 2026".into(), exact: "2026-11-23".into() },
            acts: vec!["Threat".into()],
            ..ReportView::default()
        };
        let expected = "# Raid\n\nIncident report\n\nConfidential. It may name people who are in danger. Share only what you must.\n\n\
            - **What was done:** Threat\n- **Sealed on:** 23 November 2026 `2026-11-23`\n\n## What happened\n\n\
            First line.  \nSecond line.\n\nNew paragraph.\n\n---\n\n\
            How to check this report: see README.txt beside this page.\n";
        assert_eq!(render(&view), expected);
    }

    #[test]
    fn what_is_written_left_to_right_is_isolated_in_arabic() {
        let view = ReportView { language: "ar".into(), report_id: "00ff".into(), ..ReportView::default() };
        assert!(render(&view).contains("\u{2066}`00ff`\u{2069}"));
    }

    #[test]
    fn every_language_has_its_own_words() {
        for locale in Locale::ALL {
            let view = ReportView { language: locale.tag().into(), ..filled("x") };
            let (mut kinds, mut texts) = (vec![], String::new());
            walk(&read(&render(&view)), &mut kinds, &mut texts);
            for key in
                ["page.confidential", "page.withheld", "section.evidence", "custody.about.limits", "field.sha256"]
            {
                assert!(texts.contains(locale.find(key).unwrap()), "{locale:?} {key}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_becomes_markup(text in "([-#*+=>_`~|<&\\[\\]()!:.@1a /\\\\\n\t]|www|http|é|\\PC){0,40}") {
            let kinds = kinds_of(&text);
            prop_assert!(!kinds.iter().any(|kind| kind.starts_with("NOT ALLOWED")), "{:?}\n{}", kinds, render(&filled(&text)));
            let count = |kinds: &[String], kind: &str| kinds.iter().filter(|k| k.as_str() == kind).count();
            let harmless = kinds_of("x");
            for kind in ["heading 1", "list true", "item", "heading 4"] {
                prop_assert!(count(&kinds, kind) <= count(&harmless, kind), "{}\n{}", kind, render(&filled(&text)));
            }
        }
    }
}
