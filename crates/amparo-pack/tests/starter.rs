//! The starter pack of this project: clean, complete, and the same whenever it is built.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::path::{Path, PathBuf};

use amparo_pack::{
    Admission, Pack, PackError, PackFile,
    author::{Against, Sources, build, lint, sign},
    form::Level,
};
use amparo_report::locale::{Direction, Locale};
use common::{key, publisher};
use time::macros::date;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/starter")
}

fn against() -> Against<'static> {
    Against { today: Some(date!(2026 - 11 - 25)), previous: None }
}

fn signed() -> Vec<u8> {
    let (bytes, _) = build(&Sources::read(&folder()).unwrap(), &against()).unwrap();
    sign(&bytes, &key()).unwrap()
}

#[test]
fn it_has_nothing_to_complain_about() {
    let found = lint(&Sources::read(&folder()).unwrap(), &against());
    assert!(found.is_empty(), "{}", found.iter().map(|f| format!("{f}\n")).collect::<String>());
}

#[test]
fn it_has_what_it_promises_in_every_language() {
    let pack = Pack::parse(&signed()).unwrap();
    let structure = pack.structure();
    assert!(structure.checklists.len() >= 12, "{}", structure.checklists.len());
    assert!(structure.items().count() >= 150, "{}", structure.items().count());
    let locales: Vec<&str> = pack.manifest().locales.iter().map(|locale| locale.tag.as_str()).collect();
    for locale in Locale::ALL {
        let tag = locale.tag();
        assert!(locales.contains(&tag), "{tag}");
        for (list, section, item) in structure.items() {
            for shown in
                [pack.item_text(&item.id, tag), pack.item_why(&item.id, tag), pack.section_title(list, section, tag)]
            {
                let shown = shown.unwrap();
                assert!(!shown.is_fallback && shown.locale == tag, "{tag} {}", item.id);
                assert_eq!(shown.direction, locale.direction());
            }
            assert!(!pack.checklist_title(&list.id, tag).unwrap().is_fallback);
            assert!(!pack.topic_title(&list.topic, tag).unwrap().is_fallback);
        }
    }
    assert_eq!(pack.item_text("arrest.silence", "ar").unwrap().direction, Direction::Rtl);
    // Everything that the design asks for can be reached from the first question.
    for situation in [
        "protest",
        "arrest",
        "raid",
        "checkpoint",
        "device-lost",
        "online-attack",
        "threat",
        "risk",
        "documenting",
        "wellbeing",
    ] {
        assert!(structure.checklists.iter().any(|list| list.situation == situation), "{situation}");
    }
    let mut forms: Vec<&str> = pack.forms().collect();
    forms.sort_unstable();
    assert_eq!(
        forms,
        ["general-cso", "platform-trust-safety", "protect-defenders-urgent", "un-special-rapporteur-hrd"]
    );
    for id in forms {
        let form = pack.channel_form(id).unwrap();
        assert!(form.of_level(Level::Required).count() > 0, "{id}");
        for (key, locale) in form.text_keys().iter().flat_map(|key| Locale::ALL.map(|locale| (key, locale))) {
            let shown = pack.form_text(id, key, locale.tag()).unwrap_or_else(|| panic!("{id} {key}"));
            assert_eq!((shown.is_fallback, shown.direction), (false, locale.direction()), "{id} {key} {locale:?}");
        }
    }
    let scored: Vec<_> = structure.checklists.iter().filter(|list| list.scored).collect();
    assert!(scored.iter().flat_map(|list| &list.sections).flat_map(|s| &s.items).all(|item| item.score.is_some()));
    assert!(!scored.is_empty() && structure.checklists.iter().any(|list| list.recurs_days == Some(7)));
}

#[test]
fn it_builds_the_same_bytes_each_time_and_is_admitted() {
    let bytes = signed();
    assert_eq!(bytes, signed());
    assert!(bytes.len() < 1024 * 1024, "{} bytes", bytes.len());
    let file = PackFile::read(&bytes).unwrap();
    let accepted = [publisher()];
    file.admit(&Admission { accepted: &accepted, installed: None, today: Some(date!(2026 - 11 - 25)) }).unwrap();
    for locale in ["en", "es", "fr", "ar", "ru"] {
        let one = file.open_for(locale).unwrap();
        let all = file.open().unwrap();
        for (_, _, item) in all.structure().items() {
            assert_eq!(one.item_text(&item.id, locale), all.item_text(&item.id, locale));
        }
    }
}

#[test]
fn a_change_anywhere_is_refused() {
    let bytes = signed();
    for at in (0..bytes.len()).step_by(397) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        let error = Pack::parse(&changed).unwrap_err();
        let named = ["not_a_pack", "unknown_format", "bad_signature", "wrong_length", "too_large", "tampered"];
        assert!(named.contains(&error.name()), "byte {at}: {error}");
    }
    let unsigned = build(&Sources::read(&folder()).unwrap(), &against()).unwrap().0;
    assert_eq!(Pack::parse(&unsigned).unwrap_err(), PackError::Unsigned);
}

/// `cargo test -p amparo-pack --features author --release --test starter -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn how_long_opening_takes() {
    let bytes = signed();
    let time = |name: &str, work: &dyn Fn()| {
        let mut times: Vec<_> = (0..50)
            .map(|_| {
                let start = std::time::Instant::now();
                work();
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{name}: median {:?}, worst {:?}, {} bytes", times[25], times[49], bytes.len());
    };
    time("hashing alone", &|| assert_ne!(amparo_crypto::hash::sha256(&bytes), [0; 32]));
    time("signature and manifest alone", &|| drop(PackFile::read(&bytes).unwrap()));
    time("all languages", &|| {
        let pack = Pack::parse(&bytes).unwrap();
        assert!(pack.checklist_title("arrest", "ar").is_some());
    });
    time("one language", &|| {
        let pack = Pack::parse_for(&bytes, "ar").unwrap();
        assert!(pack.checklist_title("arrest", "ar").is_some());
    });
}
