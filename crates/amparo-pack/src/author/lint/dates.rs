//! What goes out of date: the pack's days, and facts with their sources.

use time::{Date, Duration};

use super::{
    super::{
        finding::Findings,
        source::{Field, Kind, Read, TextKey},
    },
    form,
};
use crate::{limits, names::date};

/// After so many days a fact should be looked at again.
const REVIEW_DAYS: i64 = 366;

pub(super) fn check(read: &Read, today: Option<Date>, findings: &mut Findings) {
    let pack = &read.pack;
    let mut day = |name: &str, text: &str| {
        let day = date(text);
        if day.is_none() {
            findings.error("date", "pack.toml", name, "write a day as 2026-11-24");
        }
        day
    };
    let (from, by) = (day("valid_from", &pack.valid_from), day("review_by", &pack.review_by));
    if let (Some(from), Some(by)) = (from, by)
        && from > by
    {
        findings.error("date", "pack.toml", "review_by", "is before valid_from");
    }
    if let (Some(today), Some(by)) = (today, by)
        && by < today
    {
        let text = "passed: nobody can install this pack. Review every item, then set a later day";
        findings.error("review-passed", "pack.toml", "review_by", text);
    }
    for (file, list) in &read.checklists {
        for item in list.sections.iter().flat_map(|section| &section.items) {
            let about = About { kind: Kind::Item, id: &item.id, file };
            fact(read, &about, item.source.as_deref(), item.last_reviewed.as_deref(), today, findings);
        }
    }
    for (form, value) in &read.forms {
        let file = format!("forms/{form}.toml");
        for (part, source, reviewed) in form::facts(value) {
            let about = About { kind: Kind::Form, id: &format!("{form}.{part}"), file: &file };
            fact(read, &about, source, reviewed, today, findings);
        }
    }
}

/// What a fact is said of.
struct About<'a> {
    kind: Kind,
    id: &'a str,
    file: &'a str,
}

fn fact(
    read: &Read,
    item: &About<'_>,
    source: Option<&str>,
    reviewed: Option<&str>,
    today: Option<Date>,
    findings: &mut Findings,
) {
    let file = item.file;
    match (source, reviewed) {
        (Some(_), None) => {
            findings.error(
                "no-review",
                file,
                item.id,
                "has a source and no last_reviewed; check the fact and write the day",
            );
        }
        (None, Some(_)) => {
            findings.error("no-source", file, item.id, "has last_reviewed and no source; name the source")
        }
        (None, None) => {
            let fields = [Field::Text, Field::Why].map(|field| TextKey::new(item.kind, item.id, field));
            let texts = read.texts.values().flat_map(|texts| fields.iter().filter_map(|key| texts.get(key)));
            if let Some(text) = texts.into_iter().find(|text| has_address(&text.text)) {
                let message =
                    "names an address or a number and has no source; such facts change: add source and last_reviewed";
                findings.error("no-source", &text.file, item.id, message);
            }
        }
        (Some(_), Some(_)) => {}
    }
    if let Some(source) = source {
        let plain = source
            .strip_prefix("https://")
            .is_some_and(|rest| rest.contains('.') && !rest.contains(char::is_whitespace));
        if !plain || source.len() > limits::NAME_BYTES || crate::characters::flaw(source).is_some() {
            findings.error("source", file, item.id, "a source is an https:// address");
        }
    }
    let Some(reviewed) = reviewed else { return };
    match (date(reviewed), today) {
        (None, _) => findings.error("date", file, item.id, "write last_reviewed as 2026-11-24"),
        (Some(day), Some(today)) if day > today => {
            findings.error("date", file, item.id, "last_reviewed is in the future");
        }
        (Some(day), Some(today)) if today - day > Duration::days(REVIEW_DAYS) => {
            findings.warning(
                "review-old",
                file,
                item.id,
                format!("was last checked on {reviewed}; check the fact again"),
            );
        }
        _ => {}
    }
}

/// Whether a text has a web or mail address or a telephone number: facts that change.
fn has_address(text: &str) -> bool {
    let digits = text.split(|c: char| !(c.is_numeric() || matches!(c, ' ' | '-' | '/' | '\u{a0}' | '(' | ')' | '+')));
    let number = digits.map(|run| run.chars().filter(|c| c.is_numeric()).count()).any(|count| count >= 6);
    number || text.contains("://") || text.contains("www.") || text.contains('@')
}
