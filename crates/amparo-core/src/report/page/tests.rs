//! The page of a full incident in every language, and the pages to look at.

use std::{collections::BTreeMap, fs, path::PathBuf};

use amparo_report::{custody::Event, html, locale::Direction, markdown};
use serde_json::{Value as Json, json};

use super::*;
use crate::evidence::{EvidenceKind, EvidenceState, NetworkKind, Origin, Purpose};
use crate::incident::{
    ActCode, ActionTakenKind, AgeBand, ConsentPurpose, ConsentStatus, ContactMethod, DatePrecision, Gender,
    IdentifierKind, IncidentStatus, Nature, Occupation, OnlineHarmKind, PerpetratorKind, PersonRole, PlacePrecision,
    RecipientKind, Relation, Reliability, RequestedActionKind, SourceKind, SupportKind, Urgency,
};

const PHOTO: &[u8] = include_bytes!("../../../../amparo-cli/samples/photo.jpg");

fn example(locale: Locale) -> Json {
    let json = match locale.tag() {
        "es" => include_str!("example/es.json"),
        "fr" => include_str!("example/fr.json"),
        "ar" => include_str!("example/ar.json"),
        "ru" => include_str!("example/ru.json"),
        _ => include_str!("example/en.json"),
    };
    serde_json::from_str(json).unwrap()
}

fn texts(locale: Locale) -> BTreeMap<String, String> {
    let json = match locale.tag() {
        "es" => include_str!("../../../../amparo-report/locales/es.json"),
        "fr" => include_str!("../../../../amparo-report/locales/fr.json"),
        "ar" => include_str!("../../../../amparo-report/locales/ar.json"),
        "ru" => include_str!("../../../../amparo-report/locales/ru.json"),
        _ => include_str!("../../../../amparo-report/locales/en.json"),
    };
    serde_json::from_str(json).unwrap()
}

/// Twelve pieces of evidence: every kind, state and origin, a copy of one that is here and of one that is not.
fn evidence() -> Vec<(Evidence, String)> {
    let kinds = ["photo", "video", "screenshot", "audio", "document", "testimony"];
    let row = |n: u8| {
        let kind = kinds[usize::from(n) % kinds.len()];
        let mut json = json!({
            "schema": "amparo.evidence/1", "id": format!("{:032x}", 0xe0 + u32::from(n)),
            "state": match n { 4 => "unterminated", 7 => "interrupted", _ => "complete" },
            "size": 40_000u64.pow(1 + u32::from(n) % 3 / 2) * u64::from(n) + 7,
            "added": {"time": "2026-11-20T06:40:00Z", "clock": "device"},
            "kind": kind, "media_type": match kind { "video" => "video/mp4", "audio" => "audio/ogg", "document" => "application/pdf", _ => "image/jpeg" },
            "how": match n { 2 => "locked_capture", 5 | 8 => "import", _ => "in_app" },
            "captured_at": {"time": format!("2026-11-20T08:{:02}:12+02:00", 35 + n), "timezone": "Africa/Cairo"},
        });
        let fields = json.as_object_mut().unwrap();
        match n {
            3 => drop(fields.insert("captured_at".into(), json!({"time": "2026-11"}))),
            6 => drop(fields.remove("captured_at")),
            9 => {
                fields.insert("derived_from".into(), format!("{:032x}", 0xe1).into());
                let tool = json!({"purpose": "stripped", "tool": "amparo-core", "tool_version": "0.1.0", "removed": ["exif", "location"]});
                fields.insert("derivation".into(), tool);
            }
            11 => {
                let speaker = json!({"speaker": {"person": format!("{:032x}", 6)}, "interviewer": {"name": "N. R."}, "consent": {"status": "granted", "scope": ["lawyer"]}});
                fields.insert("testimony".into(), speaker);
                fields.insert("segment".into(), json!({"recording": format!("{:032x}", 0xe5), "number": 2}));
            }
            12 => {
                let location = json!({"latitude": 30.0444196, "longitude": 31.2357116, "accuracy_m": 4.5, "altitude_m": 23.0, "at": "2026-11-20T08:46"});
                let network = json!({"kind": "cellular", "operator": "Nile Mobile", "cell": "602-02-3121"});
                fields.insert(
                    "device".into(),
                    json!({"location": location, "model": "Phone 7", "os": "OS 16", "network": network}),
                );
            }
            10 => drop(fields.insert("derived_from".into(), format!("{:032x}", 0xaa).into())),
            _ => {}
        }
        if n % 4 == 1 {
            fields.insert("note".into(), "IMG 7-3412 — ل 2024-05-17 (north)\nsecond line".into());
            fields.insert("file_name".into(), "IMG_20261120_083612 (копия).jpg".into());
        }
        let evidence: Evidence = serde_json::from_value(json).unwrap();
        let copy = if evidence.derived_from.is_some() { "-derivative" } else { "" };
        let extension = crate::evidence::extension(&evidence.description.media_type);
        (evidence, format!("evidence/{n:02}-{kind}{copy}.{extension}"))
    };
    (1..=12).map(row).collect()
}

/// Thirty entries of every event, some of them about no file of this report.
fn entries() -> Vec<Entry> {
    let events = [
        "captured",
        "viewed",
        "noted",
        "exported",
        "moved",
        "derived",
        "imported",
        "deleted",
        "recorded",
        "anchored",
        "teleported",
    ];
    let entry = |n: u64| {
        let event: Event = if n < 12 { Event::Captured } else { events[n as usize % events.len()].parse().unwrap() };
        let time = format!("2026-11-2{}T{:02}:{:02}:30Z", n / 12, 6 + n % 12, n);
        let actor = if n == 29 { "second_device" } else { "user" };
        let mut entry = Entry::new(n * 3, [7; 32], time, event, actor, "amparo-core 0.1.0").unwrap();
        if n < 28 {
            entry.evidence = Some(format!("{:032x}", 0xe1 + n % 12));
        }
        if n % 13 == 5 {
            entry.details.insert("clock".into(), "suspect".into());
        }
        entry
    };
    (0..30).map(entry).collect()
}

/// The view of `content` with that evidence and those entries. It may name people who were left out, as a disclosure may.
fn view_of(language: &str, content: &Json) -> ReportView {
    let content: IncidentContent = serde_json::from_value(content.clone()).unwrap();
    show(language, &content, true)
}

fn show(language: &str, content: &IncidentContent, withheld: bool) -> ReportView {
    let (evidence, entries) = (evidence(), entries());
    view(&PageInput {
        id: "6f0c2b1d9a8e4f7395b1c0d2e3f4a5b6".parse().unwrap(),
        day: "2026-11-23",
        language,
        mode: SenderMode::Case,
        fingerprint: Some("3f0a 91cc 7d12 e5b8 00aa 41f7 9c3d 2e60".into()),
        content,
        items: evidence
            .iter()
            .map(|(evidence, path)| PageItem {
                evidence,
                sha256: [0x3f; 32],
                path,
                device: evidence.description.device.as_ref(),
                testimony: evidence.description.testimony.as_ref(),
            })
            .collect(),
        entries: &entries,
        shown: Shown::EVERYTHING,
        withheld,
        layout: None,
        thumbnails: &|id| (id.to_string() < format!("{:032x}", 0xe9)).then(|| PHOTO.to_vec()),
    })
}

#[test]
fn every_code_has_its_words_in_every_language() {
    fn words<'a, T: 'a>(known: &'a [T], code: impl Fn(&'a T) -> &'a str) -> Vec<&'a str> {
        known.iter().map(code).collect()
    }
    let lists = [
        ("act", words(ActCode::KNOWN, ActCode::as_str)),
        ("status", words(IncidentStatus::KNOWN, IncidentStatus::as_str)),
        ("urgency", words(Urgency::KNOWN, Urgency::as_str)),
        ("precision", words(DatePrecision::KNOWN, DatePrecision::as_str)),
        ("place_precision", words(PlacePrecision::KNOWN, PlacePrecision::as_str)),
        ("person_role", words(PersonRole::KNOWN, PersonRole::as_str)),
        ("nature", words(Nature::KNOWN, Nature::as_str)),
        ("gender", words(Gender::KNOWN, Gender::as_str)),
        ("age_band", words(AgeBand::KNOWN, AgeBand::as_str)),
        ("occupation", words(Occupation::KNOWN, Occupation::as_str)),
        ("consent", words(ConsentStatus::KNOWN, ConsentStatus::as_str)),
        ("consent_purpose", words(ConsentPurpose::KNOWN, ConsentPurpose::as_str)),
        ("recipient_kind", words(RecipientKind::KNOWN, RecipientKind::as_str)),
        ("contact_method", words(ContactMethod::KNOWN, ContactMethod::as_str)),
        ("perpetrator", words(PerpetratorKind::KNOWN, PerpetratorKind::as_str)),
        ("identifier", words(IdentifierKind::KNOWN, IdentifierKind::as_str)),
        ("online_harm", words(OnlineHarmKind::KNOWN, OnlineHarmKind::as_str)),
        ("source", words(SourceKind::KNOWN, SourceKind::as_str)),
        ("reliability", words(Reliability::KNOWN, Reliability::as_str)),
        ("support", words(SupportKind::KNOWN, SupportKind::as_str)),
        ("request", words(RequestedActionKind::KNOWN, RequestedActionKind::as_str)),
        ("action_taken", words(ActionTakenKind::KNOWN, ActionTakenKind::as_str)),
        ("relation", words(Relation::KNOWN, Relation::as_str)),
        ("evidence_kind", words(EvidenceKind::KNOWN, EvidenceKind::as_str)),
        ("origin", words(Origin::KNOWN, Origin::as_str)),
        ("evidence_state", words(EvidenceState::KNOWN, EvidenceState::as_str)),
        ("purpose", words(Purpose::KNOWN, Purpose::as_str)),
        ("network", words(NetworkKind::KNOWN, NetworkKind::as_str)),
    ];
    for locale in Locale::ALL {
        let texts = texts(locale);
        for (list, codes) in &lists {
            for code in codes {
                assert_eq!(
                    Some(&locale.code(list, code)),
                    texts.get(&format!("{list}.{code}")),
                    "{locale:?} {list} {code}"
                );
            }
            let prefix = format!("{list}.");
            assert_eq!(texts.keys().filter(|key| key.starts_with(&prefix)).count(), codes.len(), "{list}");
        }
    }
}

#[test]
fn every_language_shows_every_part_in_its_own_words() {
    let english = texts(Locale::English);
    for locale in Locale::ALL {
        let content = example(locale);
        let view = view_of(locale.tag(), &content);
        let texts = texts(locale);
        let headings: Vec<&str> = view.sections.iter().map(|section| section.heading.as_str()).collect();
        let expected = [
            "human_rights_link",
            "acts",
            "persons",
            "perpetrators",
            "online_harms",
            "sources",
            "support_needs",
            "requested_actions",
            "actions_taken",
            "related",
        ];
        assert_eq!(headings, expected.map(|part| texts[&format!("section.{part}")].as_str()), "{locale:?}");
        let entered = content.to_string();
        for rendered in [html::render(&view).unwrap(), markdown::render(&view)] {
            for key in
                ["section.narrative", "section.evidence", "section.custody", "page.withheld", "name.person_elsewhere"]
            {
                assert!(rendered.contains(&texts[key]), "{locale:?} {key}");
            }
            // Nothing of the report's own words is left in English.
            for (key, text) in english.iter().filter(|(_, text)| text.len() > 7 && !text.contains('{')) {
                let elsewhere = entered.contains(text) || texts.values().any(|own| own.contains(text.as_str()));
                assert!(elsewhere || !rendered.contains(text), "{locale:?} {key}: {text}");
            }
            assert!(!rendered.contains("section.") && !rendered.contains("field."), "{locale:?}");
            assert!(rendered.contains("drone overflight") && rendered.contains("2026-11-20T08:35+02:00"));
        }
    }
}

#[test]
fn nobody_is_shown_by_an_id() {
    let (html, plain) = {
        let view = view_of("en", &example(Locale::English));
        (html::render(&view).unwrap(), markdown::render(&view))
    };
    for rendered in [html, plain] {
        for id in [1, 2, 3, 4, 5, 6, 0x11, 0x12, 0x13, 0x99, 0xe1, 0xaa] {
            assert!(!rendered.contains(&format!("{id:032x}")), "{id:x}");
        }
    }
}

#[test]
fn people_are_called_by_name_or_number() {
    let victims = [1, 2, 3, 4].map(|n| format!("{n:032x}"));
    let content = json!({
        "persons": [
            {"id": format!("{:032x}", 1), "name": "Sam"}, {"id": format!("{:032x}", 2), "name": " Sam"},
            {"id": format!("{:032x}", 3), "role": "witness"}, {"id": format!("{:032x}", 4), "pseudonym": "P."},
        ],
        "acts": [{"code": "threat", "victims": victims}],
    });
    let view = view_of("en", &content);
    let victims: Vec<&str> =
        view.sections[0].cards[0].facts[0].values.iter().map(|value| value.words.as_str()).collect();
    assert_eq!(victims, ["Sam (Person 1)", "Sam (Person 2)", "Person 3", "P."]);
    let headings: Vec<&str> = view.sections[1].cards.iter().map(|card| card.heading.as_str()).collect();
    assert_eq!(headings, victims);
}

#[test]
fn consent_says_who_may_be_told() {
    let person = |consent: Json| {
        let view = view_of("en", &json!({"persons": [{"name": "N", "consent": consent}]}));
        let facts = view.sections[0].cards[0].facts.clone();
        facts.into_iter().map(|fact| (fact.label, fact.values[0].words.clone(), fact.values.len())).collect::<Vec<_>>()
    };
    let fact = |label: &str, words: &str, count: usize| (label.to_owned(), words.to_owned(), count);
    assert_eq!(
        person(json!({"status": "granted", "scope": ["lawyer", "newer_kind"]})),
        [fact("Consent", "Granted", 1), fact("May be told to", "Lawyer", 2)]
    );
    assert_eq!(
        person(json!({"status": "granted"})),
        [fact("Consent", "Granted", 1), fact("May be told to", "Nobody", 1)]
    );
    assert_eq!(person(json!({"status": "refused", "scope": ["lawyer"]})), [fact("Consent", "Refused", 1)]);
    assert_eq!(person(Json::Null), [fact("Consent", "Not asked", 1)]);
}

#[test]
fn times_and_places_are_told_as_far_as_they_are_known() {
    let facts = |content: Json| {
        let view = view_of("en", &content);
        let values = view.facts.into_iter().map(|fact| {
            let values: Vec<String> = fact.values.iter().map(|v| format!("{}|{}", v.words, v.exact)).collect();
            format!("{}: {}", fact.label, values.join("; "))
        });
        values.collect::<Vec<_>>()
    };
    let when = |occurred: Json| facts(json!({"occurred": occurred}));
    assert_eq!(when(json!({"from": "2024-05", "precision": "circa"})), ["When: about May 2024|2024-05"]);
    assert_eq!(when(json!({"from": "2024", "precision": "year"})), ["When: 2024|"]);
    assert_eq!(
        when(json!({"from": "2024-05-17", "to": "2024-05-19", "precision": "month"})),
        ["When: 17 May 2024 to 19 May 2024|2024-05-17/2024-05-19", "How exact: To the month|"]
    );
    let place = |place: Json| facts(json!({"place": place}));
    assert_eq!(
        place(
            json!({"text": "12 Main Street", "country": "EG", "coordinates": {"latitude": 30.0, "longitude": 31.5}, "accuracy_m": 20.0})
        ),
        ["Where: 12 Main Street · EG|30, 31.5; to within 20 m|"]
    );
    assert_eq!(place(json!({"text": "Giza", "precision": "town"})), ["Where: Giza|; Town only|"]);
    assert_eq!(place(json!({"precision": "withheld"})), ["Where: Known, and withheld.|"]);
}

#[test]
fn what_was_withheld_is_said_and_only_then() {
    let content = IncidentContent::from("x");
    for withheld in [true, false] {
        let view = show("fr", &content, withheld);
        for rendered in [html::render(&view).unwrap(), markdown::render(&view)] {
            assert_eq!(rendered.contains(&texts(Locale::French)["page.withheld"]), withheld);
        }
    }
}

#[test]
fn an_act_of_which_only_the_code_is_known_is_told_once() {
    let view = view_of("en", &json!({"acts": [{"code": "killing"}]}));
    assert_eq!((view.acts.as_slice(), view.sections.len()), (["Killing".to_owned()].as_slice(), 0));
}

/// Puts `text` in place of every text that somebody entered.
fn replace_texts(value: &mut Json, text: &str) {
    // What must be a code, a date, an id, a number or a currency.
    const FIXED: &[&str] = &[
        "code",
        "status",
        "urgency",
        "precision",
        "role",
        "nature",
        "gender",
        "age_band",
        "occupation",
        "scope",
        "purpose",
        "method",
        "kind",
        "relation",
        "reliability",
        "id",
        "victims",
        "perpetrators",
        "evidence",
        "persons",
        "person",
        "from",
        "to",
        "when",
        "since",
        "by_when",
        "obtained",
        "country",
        "value",
        "currency",
        "language",
    ];
    match value {
        Json::String(entered) => *entered = text.to_owned(),
        Json::Array(values) => values.iter_mut().for_each(|value| replace_texts(value, text)),
        Json::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                // The same name is a list of parts in one place and of ids in another.
                let ids = value.as_array().is_some_and(|values| values.iter().all(Json::is_string));
                let nested = value.is_object() || value.is_array() && !ids;
                let free = name == "method" && value.as_str().is_some_and(|v| v.contains(' '));
                if nested || free || !FIXED.contains(&name.as_str()) {
                    replace_texts(value, text);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn hostile_text_stays_text_in_every_field_of_the_record() {
    let rendered = |text: &str| {
        let mut content = example(Locale::English);
        replace_texts(&mut content, text);
        let view = view_of("ar", &content);
        (html::render(&view).unwrap(), markdown::render(&view))
    };
    let tags = |page: &str| page.matches('<').count();
    let (harmless, plain) = rendered("x");
    assert!(harmless.matches(">x<").count() > 40);
    for text in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</bdi></dd></dl>",
        "[a](javascript:b) <b>",
        "{{ title }}",
    ] {
        let (page, markdown) = rendered(text);
        assert_eq!(tags(&page), tags(&harmless), "{text}");
        assert!(!page.contains("<script") && !page.contains("onerror=alert(1)>"), "{text}");
        // In code spans it stands as it is, and is code.
        let unescaped = |line: &str| line.split('`').step_by(2).any(|outside| outside.contains(text));
        assert!(!text.contains('<') || !markdown.lines().any(unescaped), "{text}");
        assert_eq!(markdown.lines().count(), plain.lines().count(), "{text}");
    }
}

#[test]
fn the_log_is_told_file_by_file() {
    let view = view_of("en", &example(Locale::English));
    let (last, files) = view.custody.split_last().unwrap();
    assert_eq!(files.len(), 12);
    for (file, row) in files.iter().zip(&view.evidence) {
        assert_eq!((&file.path, &file.sha256), (&row.path, &row.sha256));
        assert!(file.entries.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    }
    assert!(last.path.is_empty() && last.sha256.is_empty());
    let all: usize = view.custody.iter().map(|file| file.entries.len()).sum();
    assert_eq!(all, 30, "every entry, once");
    let first = &files[0].entries[0];
    assert_eq!(
        (first.time.words.as_str(), first.event.as_str()),
        ("20 November 2026, 06:00:30 UTC", "Recorded in the app.")
    );
    assert_eq!((last.entries[1].actor.as_str(), first.actor.as_str()), ("second_device", "The user of the app"));
    let doubted: Vec<&CustodyRow> =
        files.iter().flat_map(|f| &f.entries).filter(|e| e.event.contains("clock")).collect();
    assert_eq!(doubted.len(), 2);
}

#[test]
fn what_a_device_knew_and_who_speaks_is_shown_only_when_it_is_given() {
    let content: IncidentContent = serde_json::from_value(example(Locale::English)).unwrap();
    let (evidence, with) = (evidence(), html::render(&show("en", &content, true)).unwrap());
    let without = view(&PageInput {
        items: evidence
            .iter()
            .map(|(evidence, path)| PageItem { evidence, sha256: [1; 32], path, device: None, testimony: None })
            .collect(),
        id: "6f0c2b1d9a8e4f7395b1c0d2e3f4a5b6".parse().unwrap(),
        day: "2026-11-23",
        language: "en",
        mode: SenderMode::Anonymous,
        fingerprint: None,
        content: &content,
        entries: &[],
        shown: Shown::NOTHING,
        withheld: false,
        layout: None,
        thumbnails: &|_| None,
    });
    let without = html::render(&without).unwrap() + &markdown::render(&without);
    for told in [
        "Nile Mobile",
        "Phone 7",
        "602-02-3121",
        "to within 4.5 m",
        "N. R.",
        "IMG_20261120",
        "second line",
        "lawyers</bdi>",
    ] {
        assert!(with.contains(told), "{told}");
        assert!(!without.contains(told), "{told}");
    }
    assert!(with.contains("Mobile network") && without.contains("Anonymous: this report is not signed."));
}

#[test]
fn only_pictures_become_thumbnails() {
    let view = view_of("en", &example(Locale::English));
    let pictures = view.evidence.iter().filter(|row| row.image.is_some()).count();
    assert_eq!(pictures, 8);
    assert_eq!(html::render(&view).unwrap().matches("<img ").count(), 8);
}

#[test]
fn arabic_is_written_from_right_to_left_and_numbers_are_not() {
    let view = view_of("ar", &example(Locale::Arabic));
    assert_eq!(view.locale().direction(), Direction::Rtl);
    let page = html::render(&view).unwrap();
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(page.contains("dir=\"ltr\">2026-11-20T08:35+02:00&#x2f;2026-11-21<"));
    assert!(page.contains("dir=\"ltr\">evidence&#x2f;01-video.mp4<"));
}

/// Writes the pages of the example in all languages to the folder that `AMPARO_PAGES` names, for people to look at:
/// `AMPARO_PAGES=pages cargo test -p amparo-core --lib pages_to_look_at -- --ignored`.
#[test]
#[ignore = "writes files for people to look at"]
fn pages_to_look_at() {
    let folder = PathBuf::from(std::env::var_os("AMPARO_PAGES").expect("AMPARO_PAGES names a folder"));
    fs::create_dir_all(&folder).unwrap();
    for locale in Locale::ALL {
        let view = view_of(locale.tag(), &example(locale));
        fs::write(folder.join(format!("{}.html", locale.tag())), html::render(&view).unwrap()).unwrap();
        fs::write(folder.join(format!("{}.md", locale.tag())), markdown::render(&view)).unwrap();
    }
}
