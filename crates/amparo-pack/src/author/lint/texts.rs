//! Texts: there in every language, short, clean, and in the language that they claim to be in.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::is_nfc;

use super::{
    super::{
        finding::Findings,
        source::{Field, Kind, LocaleTexts, Read, SourceText, TextKey},
    },
    form,
};
use crate::characters;

/// The most characters that a text may have: what somebody in a hurry reads at a glance on a small screen.
#[must_use]
pub const fn limit(kind: Kind, field: Field) -> usize {
    match (kind, field) {
        (Kind::Topic | Kind::Section, _) => 60,
        (Kind::Answer, _) => 100,
        (_, Field::Title) => 80,
        (_, Field::Summary) => 160,
        (Kind::Form, Field::Text) => 200,
        (Kind::Form, Field::Why) => 300,
        (_, Field::Text) => 140,
        (_, Field::Why) => 220,
    }
}

pub(super) fn check(read: &Read, findings: &mut Findings) {
    let wanted = wanted(read);
    for tag in &read.pack.locales {
        let empty = LocaleTexts::new();
        let texts = read.texts.get(tag).unwrap_or(&empty);
        missing(tag, texts, &wanted, findings);
        left_over(tag, texts, &wanted, findings);
        for (key, text) in texts {
            clean(tag, key, text, findings);
            language(tag, key, text, findings);
        }
        repeated(tag, texts, findings);
    }
    same(read, findings);
    facts(read, findings);
}

/// Every text that the structure asks for, and the file that it asks for it in.
fn wanted(read: &Read) -> BTreeMap<TextKey, String> {
    let mut wanted = BTreeMap::new();
    let mut want = |kind: Kind, id: &str, fields: &[Field], file: &str| {
        for field in fields {
            wanted.insert(TextKey::new(kind, id, *field), file.to_owned());
        }
    };
    want(Kind::Pack, "", &[Field::Title, Field::Summary], "_pack");
    for topic in &read.pack.topics {
        want(Kind::Topic, &topic.id, &[Field::Title], "_pack");
    }
    for (_, list) in &read.checklists {
        want(Kind::Checklist, &list.id, &[Field::Title, Field::Summary], &list.id);
        for section in &list.sections {
            want(Kind::Section, &list.section_key(section), &[Field::Title], &list.id);
            for item in &section.items {
                want(Kind::Item, &item.id, &[Field::Text, Field::Why], &list.id);
            }
        }
    }
    for question in read.triage.iter().flat_map(|triage| &triage.questions) {
        want(Kind::Question, &question.id, &[Field::Text], "_triage");
        for answer in &question.answers {
            want(Kind::Answer, &answer.id, &[Field::Text], "_triage");
        }
    }
    for (id, form) in &read.forms {
        want(Kind::Form, id, &[Field::Title, Field::Summary], "_forms");
        for part in form::parts(form) {
            want(Kind::Form, &format!("{id}.{part}"), &[Field::Text, Field::Why], "_forms");
        }
    }
    wanted
}

fn missing(tag: &str, texts: &LocaleTexts, wanted: &BTreeMap<TextKey, String>, findings: &mut Findings) {
    for (key, file) in wanted.iter().filter(|(key, _)| !texts.contains_key(key)) {
        let (kind, field) = (key.kind, key.field);
        let table = if key.id.is_empty() { format!("[{kind}]") } else { format!("[{kind}.\"{}\"]", key.id) };
        let text = format!("is not translated; add {field} = \"…\" under {table}");
        findings.error("missing-text", &format!("text/{tag}/{file}.toml"), &format!("{tag}: {key}"), text);
    }
}

/// Texts of nothing: the id was misspelt, or the item was removed.
fn left_over(tag: &str, texts: &LocaleTexts, wanted: &BTreeMap<TextKey, String>, findings: &mut Findings) {
    for (key, text) in texts.iter().filter(|(key, _)| !wanted.contains_key(key)) {
        let text_of = "is a text of nothing in this pack; correct its id, or remove it";
        findings.error("unknown-text", &text.file, &format!("{tag}: {key}"), text_of);
    }
}

/// What is left of other formats and of unfinished work.
const LEFT_OVERS: &[&str] =
    &["**", "__", "`", "](", "{{", "}}", "{%", "\\n", "\\u", "TODO", "FIXME", "XXX", "???", "…?…", "lorem ipsum"];

fn clean(tag: &str, key: &TextKey, source: &SourceText, findings: &mut Findings) {
    let (text, file, about) = (source.text.as_str(), source.file.as_str(), format!("{tag}: {key}"));
    let length = text.chars().count();
    let most = limit(key.kind, key.field);
    if length > most {
        let said = format!(
            "has {length} characters, {} more than the {most} that are read at a glance; shorten it",
            length - most
        );
        findings.error("too-long", file, &about, said);
    }
    if text.trim().is_empty() {
        return findings.error("empty", file, &about, "is empty; write the text");
    }
    if let Some(flaw) = characters::flaw(text) {
        findings.error("characters", file, &about, format!("has {flaw}; remove it"));
    }
    if text.trim() != text || text.contains("  ") {
        findings.error("spaces", file, &about, "has a blank at its begin or end, or two in a row; remove it");
    }
    if let Some(mark) = left_over_mark(text) {
        findings.error(
            "markup",
            file,
            &about,
            format!("has {mark}; texts are plain, without markup or notes to oneself"),
        );
    }
    if !is_nfc(text) {
        findings.error("characters", file, &about, "is not in Unicode's composed form (NFC); type the accents anew");
    }
}

fn left_over_mark(text: &str) -> Option<String> {
    if let Some(mark) = LEFT_OVERS.iter().find(|mark| text.contains(**mark)) {
        return Some(format!("{mark:?}"));
    }
    if text.starts_with(['#', '*', '•', '-', '>', '|']) {
        return Some("a list or heading mark at its begin".into());
    }
    let after = |open: char, test: fn(char) -> bool| text.split(open).skip(1).any(|rest| rest.starts_with(test));
    if after('<', |c| c.is_ascii_alphabetic() || matches!(c, '/' | '!')) {
        return Some("a tag".into());
    }
    let entity = |rest: &str| {
        rest.split_once(';').is_some_and(|(name, _)| {
            (2..=8).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
        })
    };
    text.split('&').skip(1).any(entity).then(|| "an HTML entity".into())
}

/// A script, and the languages that are written in it.
struct Script {
    name: &'static str,
    languages: &'static [&'static str],
    has: fn(char) -> bool,
}

const SCRIPTS: &[Script] = &[
    Script {
        name: "Arabic",
        languages: &["ar", "fa", "ur", "ps", "ckb", "ug", "sd"],
        has: |c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}'),
    },
    Script {
        name: "Cyrillic",
        languages: &["ru", "uk", "be", "bg", "mk", "kk", "ky", "tg", "mn"],
        has: |c| matches!(c, '\u{400}'..='\u{52f}'),
    },
    Script { name: "Hebrew", languages: &["he", "yi"], has: |c| matches!(c, '\u{590}'..='\u{5ff}') },
    Script { name: "Greek", languages: &["el"], has: |c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}') },
    Script { name: "Devanagari", languages: &["hi", "mr", "ne"], has: |c| matches!(c, '\u{900}'..='\u{97f}') },
    Script { name: "Burmese", languages: &["my"], has: |c| matches!(c, '\u{1000}'..='\u{109f}') },
    Script { name: "Ethiopic", languages: &["am", "ti"], has: |c| matches!(c, '\u{1200}'..='\u{139f}') },
    Script {
        name: "Georgian",
        languages: &["ka"],
        has: |c| matches!(c, '\u{10a0}'..='\u{10ff}' | '\u{1c90}'..='\u{1cbf}'),
    },
    Script { name: "Armenian", languages: &["hy"], has: |c| matches!(c, '\u{530}'..='\u{58f}') },
];

/// What no language of another script has: a text that was pasted into the wrong file, or letters that only look right.
fn language(tag: &str, key: &TextKey, source: &SourceText, findings: &mut Findings) {
    let (text, file, about) = (source.text.as_str(), source.file.as_str(), format!("{tag}: {key}"));
    // A language tag that names its script says itself what it is written in.
    if tag.split('-').any(|part| part.len() == 4) || !text.contains(char::is_alphabetic) {
        return;
    }
    let language = tag.split('-').next().unwrap_or_default();
    let own = SCRIPTS.iter().find(|script| script.languages.contains(&language));
    if let Some(own) = own
        && !text.contains(own.has)
    {
        findings.error("wrong-script", file, &about, format!("has no {} letter; is it translated?", own.name));
    }
    for other in SCRIPTS.iter().filter(|script| own.is_none_or(|own| own.name != script.name)) {
        // Some Indian and African languages may share; only what is surely foreign here is said.
        if text.contains(|c: char| c.is_alphabetic() && (other.has)(c)) && (own.is_some() || is_latin(language)) {
            findings.error(
                "wrong-script",
                file,
                &about,
                format!("has {} letters; is it in the right file?", other.name),
            );
        }
    }
    let mixed = |word: &str| {
        word.contains(|c: char| c.is_ascii_alphabetic()) && word.contains(|c| matches!(c, '\u{400}'..='\u{52f}'))
    };
    if text.split(|c: char| !c.is_alphabetic()).any(mixed) {
        findings.error(
            "wrong-script",
            file,
            &about,
            "has a word of Latin and Cyrillic letters that look the same; type it anew",
        );
    }
}

/// Languages that are surely written in Latin letters. Others are not judged.
fn is_latin(language: &str) -> bool {
    ["en", "es", "fr", "pt", "de", "it", "nl", "pl", "cs", "tr", "id", "vi", "sw", "ht", "qu", "ro", "sq"]
        .contains(&language)
}

/// One text for two items: a copy that was not rewritten.
fn repeated(tag: &str, texts: &LocaleTexts, findings: &mut Findings) {
    let mut seen: BTreeMap<&str, &TextKey> = BTreeMap::new();
    let items = texts.iter().filter(|(key, _)| key.kind == Kind::Item && key.field == Field::Text);
    for (key, source) in items {
        if let Some(other) = seen.insert(&source.text, key) {
            let text = format!("is the same as {other}; one item is enough, or they differ");
            findings.warning("repeated", &source.file, &format!("{tag}: {key}"), text);
        }
    }
}

/// Texts that are the same in two languages: one of them was not translated.
fn same(read: &Read, findings: &mut Findings) {
    let excused: BTreeSet<&str> = read.pack.lint.same_text.iter().map(String::as_str).collect();
    let mut used = BTreeSet::new();
    let mut by_key: BTreeMap<&TextKey, Vec<(&str, &SourceText)>> = BTreeMap::new();
    for (tag, texts) in &read.texts {
        for (key, source) in texts {
            by_key.entry(key).or_default().push((tag, source));
        }
    }
    for (key, mut sources) in by_key {
        sources.sort_by_key(|(tag, source)| (source.text.as_str(), *tag));
        for pair in sources.windows(2) {
            let [(first, one), (second, other)] = pair else { continue };
            if one.text != other.text || !one.text.contains(char::is_alphabetic) {
                continue;
            }
            let name = key.to_string();
            if excused.contains(name.as_str()) {
                used.insert(name);
                continue;
            }
            // Said of the language that is not the default: it is the translation that is missing.
            let (source, tag, from) =
                if *second == read.pack.default_locale { (one, first, second) } else { (other, second, first) };
            let text =
                format!("is the same in {from}; translate it, or add {name:?} to same_text under [lint] in pack.toml");
            findings.error("same-text", &source.file, &format!("{tag}: {name}"), text);
        }
    }
    for name in excused.into_iter().filter(|name| !used.contains(*name)) {
        findings.warning("same-text", "pack.toml", name, "same_text needs no such entry; remove it");
    }
}

/// Addresses and numbers that a translation changed: 27 hours for 72 is a mistake that nobody sees who does not read both.
fn facts(read: &Read, findings: &mut Findings) {
    let Some(original) = read.texts.get(&read.pack.default_locale) else { return };
    let translations = read.texts.iter().filter(|(tag, _)| **tag != read.pack.default_locale);
    for (tag, texts) in translations {
        for (key, source) in texts {
            let Some(from) = original.get(key) else { continue };
            let (about, tongue) = (format!("{tag}: {key}"), &read.pack.default_locale);
            if addresses(&source.text) != addresses(&from.text) {
                let text = format!("has other addresses than the text in {tongue}; make them the same");
                findings.error("other-address", &source.file, &about, text);
            }
            // A number may be a word in another language; one that is nowhere in the original is a mistake.
            if let Some(number) = numbers(&source.text).difference(&numbers(&from.text)).next() {
                let text =
                    format!("has the number {number}, which the text in {tongue} has not; correct one of the two");
                findings.error("other-number", &source.file, &about, text);
            }
        }
    }
}

fn addresses(text: &str) -> BTreeSet<&str> {
    let words = text
        .split(|c: char| c.is_whitespace() || matches!(c, '،' | '؛' | '(' | ')' | '«' | '»' | '\u{2066}'..='\u{2069}'));
    let bare = words.map(|word| word.trim_matches(['.', ',', ';', ':', '!', '?', '؟', '\u{200e}', '\u{200f}']));
    bare.filter(|word| word.contains('@') || word.contains("://")).collect()
}

/// The numbers of a text outside its addresses, in the digits of any of the scripts that have their own here.
fn numbers(text: &str) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for word in text.split_whitespace().filter(|word| !word.contains('@') && !word.contains("://")) {
        let digits: String = word.chars().map(|c| digit(c).unwrap_or(' ')).collect();
        numbers.extend(digits.split_ascii_whitespace().map(str::to_owned));
    }
    numbers
}

fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{1040}'..='\u{1049}' => '\u{1040}',
        _ => return None,
    };
    char::from_digit((c as u32).checked_sub(zero as u32)?, 10)
}
