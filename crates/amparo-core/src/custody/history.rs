//! The custody log in sentences, in the languages of the project. A sentence never says more than the entry does: facts that this
//! version does not know are left out, an unknown event is shown by its name, and a line that cannot be read is said to be one.

use amparo_report::{
    custody::{Entry, Event},
    locale::Locale,
};

use super::HistoryEntry;

/// One entry for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// Its number in the log.
    pub seq: u64,
    /// When, as the device's clock said: RFC 3339 in UTC. `None` when the line cannot be read.
    pub time: Option<String>,
    /// The sentence.
    pub text: String,
}

impl HistoryLine {
    pub(super) fn of(entry: &HistoryEntry, locale: Locale) -> Self {
        let (time, text) = match &entry.entry {
            Some(read) => (Some(read.time.clone()), sentence(read, locale)),
            None => (None, locale.text("custody.history.unreadable").to_owned()),
        };
        Self { seq: entry.seq, time, text }
    }
}

/// What happened and who did it, if it was not the user.
fn sentence(entry: &Entry, locale: Locale) -> String {
    let mut facts = facts(entry, locale);
    if entry.actor != "user" {
        facts.push(locale.fill("custody.history.actor", &[("actor", &entry.actor)]));
    }
    told(entry, &facts, locale)
}

/// What happened, where the actor stands beside it.
pub(crate) fn event_sentence(entry: &Entry, locale: Locale) -> String {
    told(entry, &facts(entry, locale), locale)
}

fn told(entry: &Entry, facts: &[String], locale: Locale) -> String {
    let event = match &entry.event {
        Event::Other(name) => locale.fill("custody.history.unknown", &[("event", name)]),
        known => locale.code("custody.event", known.as_str()),
    };
    if facts.is_empty() {
        return format!("{event}.");
    }
    let comma = if locale == Locale::Arabic { "\u{60c} " } else { ", " };
    let colon = if locale == Locale::French { "\u{a0}: " } else { ": " };
    format!("{event}{colon}{}.", facts.join(comma))
}

fn facts(entry: &Entry, locale: Locale) -> Vec<String> {
    let text = |name: &str| entry.details.get(name).and_then(|value| value.as_str());
    let number = |name: &str| entry.details.get(name).and_then(serde_json::Value::as_u64);
    let mut facts = Vec::new();
    if entry.event.is_origin() {
        facts.extend(text("kind").map(|kind| locale.code("evidence_kind", kind)));
        facts.extend(text("media_type").map(str::to_owned));
        facts.extend(number("size").map(|bytes| size(bytes, locale)));
        facts.extend(text("purpose").map(|purpose| locale.code("custody.purpose", purpose)));
        let tool = [text("tool"), text("tool_version")];
        let tool = tool.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        facts.extend((!tool.is_empty()).then(|| locale.fill("custody.history.tool", &[("tool", &tool)])));
        let state = text("state").filter(|state| *state != "complete");
        facts.extend(state.map(|state| locale.code("custody.state", state)));
    }
    match entry.event {
        Event::Exported => facts.extend(text("to").map(|to| locale.code("custody.to", to))),
        Event::Sealed => {
            let recipients = number("recipients").map(|count| count.to_string());
            facts.extend(recipients.map(|count| locale.fill("custody.history.recipients", &[("count", &count)])));
        }
        Event::Anchored => {
            facts.extend(text("kind").map(|kind| locale.code("custody.anchor", kind)));
            let covered = number("size").map(|count| count.to_string());
            facts.extend(covered.map(|count| locale.fill("custody.history.covers", &[("count", &count)])));
        }
        _ => {}
    }
    facts.extend(text("clock").map(|clock| locale.code("custody.clock", clock)));
    facts
}

/// A size as people say it: rounded, so "about".
fn size(bytes: u64, locale: Locale) -> String {
    let (unit, divisor) = match bytes {
        0..1_000 => return locale.text("custody.history.size.small").to_owned(),
        1_000..1_000_000 => (Unit::Kilo, 1_000),
        1_000_000..1_000_000_000 => (Unit::Mega, 1_000_000),
        _ => (Unit::Giga, 1_000_000_000),
    };
    // Rounded down to one decimal: 999,999 bytes are not yet a megabyte.
    let (whole, tenth) = (bytes / divisor, bytes % divisor * 10 / divisor);
    let comma = if matches!(locale, Locale::Spanish | Locale::French | Locale::Russian) { ',' } else { '.' };
    let number = if tenth == 0 { whole.to_string() } else { format!("{whole}{comma}{tenth}") };
    let values = [("size", number.as_str())];
    match unit {
        Unit::Kilo => locale.fill("custody.history.size.kilobytes", &values),
        Unit::Mega => locale.fill("custody.history.size.megabytes", &values),
        Unit::Giga => locale.fill("custody.history.size.gigabytes", &values),
    }
}

enum Unit {
    Kilo,
    Mega,
    Giga,
}

#[cfg(test)]
mod tests {
    use amparo_report::custody::FIRST_PREV;
    use serde_json::{Map, Value, json};

    use super::*;

    fn line(event: Event, actor: &str, details: Value, locale: Locale) -> String {
        let mut entry = Entry::new(7, FIRST_PREV, "2026-11-23T10:20:30Z", event, actor, "core 1").unwrap();
        entry.details = details.as_object().cloned().unwrap_or_else(Map::new);
        let stored = HistoryEntry { seq: 7, line: entry.to_line().unwrap(), entry: Some(entry) };
        let shown = HistoryLine::of(&stored, locale);
        assert_eq!((shown.seq, shown.time.as_deref()), (7, Some("2026-11-23T10:20:30Z")));
        shown.text
    }

    #[test]
    fn an_entry_is_a_sentence_in_every_language() {
        let photo = json!({"kind": "photo", "media_type": "image/jpeg", "size": 3_251_000, "state": "complete", "how": "import"});
        let say = |locale| line(Event::Imported, "user", photo.clone(), locale);
        assert_eq!(say(Locale::English), "Brought into the vault from outside: Photo, image/jpeg, about 3.2 MB.");
        assert!(say(Locale::Spanish).contains("3,2 MB") && say(Locale::French).contains("3,2 Mo"));
        assert!(say(Locale::Russian).contains("3,2 МБ") && say(Locale::Arabic).contains("3.2"));
        for locale in Locale::ALL {
            for name in "captured imported viewed derived noted exported sealed sent received receipt moved deleted recorded anchored".split(' ') {
                let text = line(name.parse().unwrap(), "user", json!({}), locale);
                assert!(text.ends_with('.') && !text.contains(['{', '_']), "{locale:?} {name}: {text}");
            }
        }
    }

    #[test]
    fn facts_are_told_and_what_is_not_known_is_tolerated() {
        let say = |event: Event, details: Value| line(event, "user", details, Locale::English);
        assert_eq!(say(Event::Viewed, json!({})), "Viewed in the app.");
        assert_eq!(say(Event::Exported, json!({"to": "file"})), "A copy left the vault unencrypted: to a file.");
        assert_eq!(
            say(Event::Exported, json!({"to": "carrier_pigeon"})),
            "A copy left the vault unencrypted: carrier pigeon."
        );
        assert_eq!(
            say(Event::Sealed, json!({"recipients": 2, "report": "ab"})),
            "Put into a sealed report: recipients: 2."
        );
        assert_eq!(
            say(Event::Viewed, json!({"clock": "suspect"})),
            "Viewed in the app: the device's clock may have been wrong."
        );
        let anchored = say(Event::Anchored, json!({"kind": "rfc3161", "commitment": "00", "size": 42}));
        assert_eq!(anchored, "The log got a timestamp from outside: from a timestamp authority, entries covered: 42.");
        // Details of any other shape say nothing.
        for odd in [json!({"kind": 5, "size": "x", "media_type": []}), json!({"size": -1}), json!({"newer": {"a": 1}})]
        {
            assert_eq!(say(Event::Imported, odd), "Brought into the vault from outside.");
        }
        assert_eq!(say(Event::Other("beamed_up".into()), json!({})), "“beamed_up”, an event of a newer version.");
        let receipt = line(Event::Receipt, "desk", json!({}), Locale::English);
        assert_eq!(receipt, "The recipient confirmed that the report arrived: by desk.");
        let derived =
            json!({"kind": "photo", "purpose": "stripped", "tool": "amparo", "tool_version": "0.1", "parent": "ab"});
        assert_eq!(
            say(Event::Derived, derived),
            "Made as a copy of another item: Photo, without its metadata, made with amparo 0.1."
        );
        let cut = say(Event::Captured, json!({"state": "unterminated", "kind": "video"}));
        assert_eq!(cut, "Recorded in the app: Video, cut off when the device stopped.");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_said_to_be_one() {
        let stored = HistoryEntry { seq: 3, line: b"{".to_vec(), entry: None };
        for locale in Locale::ALL {
            let shown = HistoryLine::of(&stored, locale);
            assert!(shown.time.is_none() && shown.text.len() > 20, "{}", shown.text);
        }
    }

    #[test]
    fn sizes_never_claim_more_than_there_is() {
        for (bytes, text) in [
            (0, "less than 1 KB"),
            (999, "less than 1 KB"),
            (1_000, "about 1 KB"),
            (999_999, "about 999.9 KB"),
            (1_000_000, "about 1 MB"),
            (3_251_000, "about 3.2 MB"),
            (u64::MAX, "about 18446744073.7 GB"),
        ] {
            assert_eq!(size(bytes, Locale::English), text);
        }
    }
}
