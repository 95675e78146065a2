//! What a reader takes, what it shows, and what it refuses by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use amparo_pack::{Admission, CoreVersion, Installed, Pack, PackError, PackFile, Publisher, compare::compare};
use amparo_report::locale::Direction;
use common::{Raw, key, other_key, publisher, sign_bytes};
use proptest::prelude::*;
use serde_json::json;
use time::{Date, macros::date};

const TODAY: Date = date!(2026 - 12 - 01);

#[test]
fn a_pack_shows_what_it_has_and_says_where_a_language_lacks_something() {
    let pack = Pack::parse(&Raw::small().signed()).unwrap();
    assert_eq!(pack.publisher(), Some(publisher()));
    assert_eq!(pack.structure().items().count(), 3);
    let told = pack.item_text("travel.tell", "ar-SY").unwrap();
    assert_eq!((told.text, told.locale, told.is_fallback), ("أخبروا شخصاً تثقون به.", "ar", false));
    assert_eq!(told.direction, Direction::Rtl);
    // The reason of the same item is not translated: it is there, in English, and says so.
    let why = pack.item_why("travel.tell", "ar").unwrap();
    assert_eq!((why.text, why.locale, why.direction, why.is_fallback), ("They notice.", "en", Direction::Ltr, true));
    assert!(pack.item_text("travel.copy", "ar").unwrap().is_fallback);
    assert!(!pack.item_text("travel.copy", "de").unwrap().is_fallback, "German gets English as its own language here");
    assert_eq!(pack.item_why("travel.copy", "en"), None);
    assert_eq!(pack.item_text("no.such", "en"), None);
    assert_eq!(pack.title("ar").unwrap().text, "صغيرة");
    assert!(pack.summary("ar").unwrap().is_fallback && pack.topic_title("road", "ar").unwrap().is_fallback);
    let list = pack.structure().checklist("travel").unwrap();
    assert_eq!(pack.section_title(list, &list.sections[0], "en").unwrap().text, "Plan");
    assert_eq!(pack.checklist_title("travel", "ar").unwrap().text, "السفر");
    assert_eq!(pack.checklist_summary("travel", "ar").unwrap().text, "Before you go.");
    let start = &pack.structure().triage.as_ref().unwrap().start;
    assert_eq!(pack.question_text(start, "en").unwrap().text, "What happens?");
    assert_eq!(pack.answer_text("a.far", "en").unwrap().text, "Far");
    assert_eq!(pack.forms().collect::<Vec<_>>(), ["general"]);
    assert!(pack.form("general").unwrap().starts_with(b"{") && pack.form("other").is_none());
    assert_eq!(pack.form_text("general", "title", "ar").unwrap().text, "Report");
}

#[test]
fn one_language_is_read_without_the_others() {
    let raw = Raw::small().edit("text/ar", "amparo.texts/1", "amparo.texts/9");
    let bytes = raw.signed();
    assert_eq!(Pack::parse(&bytes).unwrap_err(), PackError::UnknownFormat);
    let english = Pack::parse_for(&bytes, "en-GB").unwrap();
    assert_eq!(english.texts().count(), 1);
    assert_eq!(Pack::parse_for(&bytes, "ar").unwrap_err(), PackError::UnknownFormat);
    let arabic = Pack::parse_for(&Raw::small().signed(), "ar").unwrap();
    assert_eq!(arabic.texts().count(), 2);
    assert!(!arabic.item_text("travel.tell", "ar").unwrap().is_fallback);
    assert!(english.item_text("travel.tell", "ar").unwrap().is_fallback, "a language that was not read falls back");
}

#[test]
fn whom_and_when_to_believe_is_asked_by_name() {
    let bytes = Raw::small().signed();
    let file = PackFile::read(&bytes).unwrap();
    let accepted = [publisher()];
    let here = Admission { accepted: &accepted, installed: None, today: Some(TODAY) };
    file.admit(&here).unwrap();
    let unknown = file.admit(&Admission { accepted: &[], ..here.clone() });
    assert_eq!(unknown, Err(PackError::UnknownPublisher { publisher: publisher() }));
    assert!(unknown.unwrap_err().to_string().contains(&publisher().fingerprint()));
    let on = |day| file.admit(&Admission { today: Some(day), ..here.clone() });
    assert_eq!(on(date!(2027 - 11 - 24)), Ok(()));
    assert_eq!(on(date!(2027 - 11 - 25)), Err(PackError::Expired { review_by: date!(2027 - 11 - 24) }));
    assert_eq!(on(date!(2026 - 11 - 23)), Err(PackError::NotYetValid { valid_from: date!(2026 - 11 - 24) }));
    file.admit(&Admission { today: None, ..here.clone() }).unwrap();

    let installed = Installed::of(&file).unwrap();
    let over = |raw: &Raw, installed: &Installed| {
        PackFile::read(&raw.signed()).unwrap().admit(&Admission { installed: Some(installed), ..here.clone() })
    };
    assert_eq!(over(&Raw::small(), &installed), Ok(()));
    assert_eq!(over(&Raw::small().with("version", json!(4)), &installed), Ok(()));
    let older = over(&Raw::small().with("version", json!(2)), &installed);
    assert_eq!(older, Err(PackError::Rollback { offered: 2, installed: 3 }));
    let same = over(&Raw::small().with("licence", json!("MIT")), &installed);
    assert_eq!(same, Err(PackError::VersionReused { version: 3 }));
    assert_eq!(over(&Raw::small().with("id", json!("test.large")), &installed), Err(PackError::OtherPack));
    let other = Publisher::from(other_key().verifying_key());
    let theirs = Installed { publisher: other, ..installed };
    let refused = over(&Raw::small().with("version", json!(9)), &theirs).unwrap_err();
    assert_eq!(refused, PackError::OtherPublisher { offered: publisher(), installed: other });
    let said = refused.to_string();
    assert!(said.contains(&other.fingerprint()) && said.contains(&publisher().fingerprint()), "{said}");
}

#[test]
fn a_pack_for_a_newer_core_says_so_and_is_not_called_malformed() {
    let newer = Raw::small().with("min_core", json!("9.0.0")).with("locales", json!("in a new shape"));
    let min_core = CoreVersion { major: 9, minor: 0, patch: 0 };
    assert_eq!(Pack::parse(&newer.signed()).unwrap_err(), PackError::TooNew { min_core });
    assert_eq!(Pack::parse(b"amparo.pack/2\nwhatever").unwrap_err(), PackError::UnknownFormat);
    assert_eq!(
        Pack::parse(&Raw::small().with("schema", json!("amparo.pack/2")).signed()).unwrap_err(),
        PackError::UnknownFormat
    );
    // Parts and fields that this version does not know are carried, checked and ignored.
    let mut raw = Raw::small().edit("checklists", "\"topics\"", "\"later\":{\"a\":[1]},\"topics\"");
    raw.parts.push(("sound/ar".into(), vec![0xff; 10]));
    Pack::parse(&raw.signed()).unwrap();
    let mut bytes = raw.signed();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(Pack::parse(&bytes).unwrap_err(), PackError::Tampered { part: 4 });
}

#[test]
fn every_changed_byte_is_refused_by_name() {
    let raw = Raw::small();
    let bytes = raw.signed();
    let manifest = 114 + u32::from_be_bytes(bytes[110..114].try_into().unwrap()) as usize;
    let mut ends = vec![];
    let mut at = manifest;
    for (_, part) in &raw.parts {
        at += part.len();
        ends.push(at);
    }
    assert_eq!(at, bytes.len());
    for at in 0..bytes.len() {
        for mask in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            let error = Pack::parse(&changed).unwrap_err();
            let allowed: &[&str] = match at {
                0..14 => &["not_a_pack", "unknown_format"],
                14..110 => &["bad_signature"],
                110..114 => &["too_large", "wrong_length", "bad_signature"],
                _ if at < manifest => &["bad_signature"],
                _ => &["tampered"],
            };
            assert!(allowed.contains(&error.name()), "byte {at}: {error}");
            if let PackError::Tampered { part } = error {
                assert_eq!(Some(part), ends.iter().position(|end| at < *end), "byte {at}");
            }
        }
    }
    for length in 0..bytes.len() {
        let error = Pack::parse(&bytes[..length]).unwrap_err();
        assert!(["not_a_pack", "wrong_length"].contains(&error.name()), "{length}: {error}");
    }
    assert_eq!(Pack::parse(&[bytes.as_slice(), b"\n"].concat()).unwrap_err(), PackError::WrongLength);
    assert_eq!(Pack::parse(&vec![b'a'; 17 << 20]).unwrap_err().name(), "too_large");
}

#[test]
fn a_signature_is_of_one_key_and_one_purpose() {
    let bytes = Raw::small().signed();
    let zeros = [&bytes[..14], &[0; 96], &bytes[110..]].concat();
    assert_eq!(Pack::parse(&zeros).unwrap_err(), PackError::Unsigned);
    let others = Raw::small().sign(&other_key());
    let mixed = [&bytes[..14], &others[14..46], &bytes[46..]].concat();
    assert_eq!(Pack::parse(&mixed).unwrap_err(), PackError::BadSignature);
    let (head, manifest) = (&bytes[..46], &bytes[114..]);
    let digest =
        amparo_crypto::hash::sha256(&manifest[..u32::from_be_bytes(bytes[110..114].try_into().unwrap()) as usize]);
    let elsewhere = key().sign(amparo_crypto::labels::REPORT_SIGNATURE, &digest);
    let reused = [head, &elsewhere, &bytes[110..]].concat();
    assert_eq!(Pack::parse(&reused).unwrap_err(), PackError::BadSignature);
    assert_eq!(Publisher::from_bytes(&[0; 32]), None);
}

#[test]
fn a_publishers_mistakes_are_refused() {
    let structure = |from: &str, to: &str| Pack::parse(&Raw::small().edit("checklists", from, to).signed()).map(|_| ());
    for (from, to) in [
        ("\"id\":\"check\"", "\"id\":\"travel\""),
        ("\"id\":\"travel.copy\"", "\"id\":\"travel.tell\""),
        ("\"id\":\"travel.copy\"", "\"id\":\"travel copy\""),
        ("{\"checklist\":\"check\"}", "{\"checklist\":\"gone\"}"),
        ("{\"checklist\":\"check\"}", "{\"planet\":\"check\"}"),
        ("{\"incident\":\"threat\"}", "{\"incident\":\"A Threat\"}"),
        ("\"topic\":\"road\"", "\"topic\":\"rail\""),
        ("\"start\":\"q.what\"", "\"start\":\"q.none\""),
        ("\"question\":\"q.where\"", "\"question\":\"q.what\""),
        ("\"question\":\"q.where\"", "\"question\":\"q.none\""),
        ("\"checklist\":\"travel\",\"recipient\":\"lawyer\"", "\"question\":\"q.where\""),
        ("\"checklist\":\"travel\",\"recipient\":\"lawyer\"", "\"question\":\"q.what\""),
        ("\"recipient\":\"hotline\"", "\"later\":\"hotline\""),
        ("\"id\":\"travel.old\"", "\"id\":\"travel.copy\""),
        ("\"replaced_by\":\"travel.tell\"", "\"replaced_by\":\"travel.old\""),
        ("\"recurs_days\":7", "\"recurs_days\":0"),
        ("2026-11-24", "2026-13-24"),
        ("\"phase\":\"prepare\"", "\"phase\":\"\""),
        ("\"road\"}", "\"road\",\"id\":\"road\"}"),
        ("https://example.org/updates", "https://example.org/\\u202eupdates"),
    ] {
        assert!(matches!(structure(from, to), Err(PackError::Malformed { .. })), "{from} {to}");
    }
    // Codes of a list that grew are kept.
    structure("\"situation\":\"travel\"", "\"situation\":\"flood\"").unwrap();
    structure("{\"incident\":\"threat\"}", "{\"incident\":\"drone_strike\"}").unwrap();
    let english = |from: &str, to: &str| Pack::parse(&Raw::small().edit("text/en", from, to).signed()).map(|_| ());
    for (from, to) in [
        ("Tell somebody.", "Tell \\u202esomebody."),
        ("Tell somebody.", "Tell\\nsomebody."),
        ("Tell somebody.", "Tell \\u001b[2J"),
        ("Tell somebody.", " "),
        ("\"travel.copy\":{\"text\"", "\"travel.copy\":{\"why\""),
        ("\"travel.plan\":\"Plan\"", "\"travel.plan\":\"Plan\",\"travel.plan\":\"Another\""),
        ("\"travel.plan\"", "\"travel.other\""),
        ("\"a.far\"", "\"a.near\""),
        ("\"title\":\"Small\",", ""),
        ("\"locale\":\"en\"", "\"locale\":\"ar\""),
    ] {
        assert!(matches!(english(from, to), Err(PackError::Malformed { .. })), "{from} {to}");
    }
    assert_eq!(english("Tell somebody.", &"x".repeat(5000)), Err(PackError::TooLarge { what: "a text" }));
}

#[test]
fn an_update_says_what_it_changes() {
    let old = Pack::parse(&Raw::small().signed()).unwrap();
    assert!(compare(&old, &old).is_empty() && compare(&old, &old).keeps_ids());
    let newer = Raw::small()
        .with("version", json!(4))
        .edit(
            "checklists",
            ",{\"id\":\"travel.copy\",\"priority\":\"normal\"}",
            ",{\"id\":\"travel.map\",\"priority\":\"low\"}",
        )
        .edit("checklists", "\"leaves_trace\":true,", "")
        .edit("text/en", "\"travel.copy\"", "\"travel.map\"")
        .edit("text/ar", "تثقون به", "موثوقاً");
    let new = Pack::parse(&newer.signed()).unwrap();
    let changes = compare(&old, &new);
    assert_eq!(
        (&*changes.gone_items, &*changes.new_items),
        (&["travel.copy".to_owned()][..], &["travel.map".to_owned()][..])
    );
    assert_eq!(changes.reworded, [("travel.tell".to_owned(), vec!["ar".to_owned()])]);
    assert_eq!(changes.remarked, ["travel.tell"]);
    assert_eq!(changes.unnamed, ["travel.copy"]);
    assert!(!changes.keeps_ids());
    let named = newer.clone().edit(
        "checklists",
        "\"tombstones\":[",
        "\"tombstones\":[{\"kind\":\"item\",\"id\":\"travel.copy\",\"removed_in\":4},",
    );
    assert!(compare(&old, &Pack::parse(&named.signed()).unwrap()).keeps_ids());
    let forgotten = Raw::small().edit("checklists", "\"id\":\"travel.old\"", "\"id\":\"travel.older\"");
    let changes = compare(&old, &Pack::parse(&forgotten.signed()).unwrap());
    assert_eq!(changes.forgotten, ["travel.old"]);
    let revived = Raw::small()
        .edit("checklists", "\"id\":\"travel.old\"", "\"id\":\"travel.older\"")
        .edit("checklists", "travel.copy", "travel.old")
        .edit("text/en", "travel.copy", "travel.old");
    assert_eq!(compare(&old, &Pack::parse(&revived.signed()).unwrap()).revived, ["travel.old"]);
}

/// The file of format 1 that is read for ever (`tests/vectors/README.md`).
#[test]
fn the_golden_pack_reads_as_it_did() {
    let bytes = include_bytes!("vectors/small.pack");
    let pack = Pack::parse(bytes).unwrap();
    assert_eq!(amparo_report::hex::encode(&pack.digest()), include_str!("vectors/small.digest").trim());
    assert_eq!(pack.publisher(), Some(publisher()));
    let manifest = pack.manifest();
    assert_eq!((manifest.id.as_str(), manifest.version, manifest.review_by), ("test.small", 3, date!(2027 - 11 - 24)));
    // Ed25519 is deterministic: the same content and key give the same file, if the format is still the same.
    assert_eq!(Raw::small().signed(), bytes);
    assert_eq!(pack.item_text("travel.tell", "ar").unwrap().text, "أخبروا شخصاً تثقون به.");
    assert_eq!(pack.structure().tombstones[0].id, "travel.old");
}

#[test]
#[ignore = "writes the golden file; only before the first release"]
fn write_the_golden_pack() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let bytes = Raw::small().signed();
    let digest = amparo_report::hex::encode(&PackFile::read(&bytes).unwrap().digest());
    std::fs::write(folder.join("small.pack"), &bytes).unwrap();
    std::fs::write(folder.join("small.digest"), digest + "\n").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_made_up_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
        let bytes = if magic { [b"amparo.pack/1\n".as_slice(), &bytes].concat() } else { bytes };
        prop_assert!(Pack::parse(&bytes).is_err());
    }

    /// Damage in a part that is signed as it is: a publisher's mistake, or a publisher who means harm.
    #[test]
    fn signed_nonsense_is_refused_or_read_within_bounds(part in 0usize..3, at in any::<prop::sample::Index>(), with in proptest::collection::vec(any::<u8>(), 0..6), drop in 0usize..6) {
        let mut raw = Raw::small();
        let bytes = &mut raw.parts[part].1;
        let at = at.index(bytes.len());
        let end = (at + drop).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(pack) = Pack::parse(&raw.signed()) {
            for (_, _, item) in pack.structure().items() {
                prop_assert!(pack.item_text(&item.id, "en").is_some());
                prop_assert!(pack.item_text(&item.id, "ar").is_some());
            }
        }
    }

    #[test]
    fn a_signed_manifest_of_any_bytes_is_no_pack(manifest in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Pack::parse(&sign_bytes(&manifest, &[], &key())).is_err());
    }

    #[test]
    fn one_flaw_in_a_text_is_found_wherever_it_stands(before in "[a-z ]{0,8}", after in "[a-z ]{0,8}", bad in prop::sample::select(vec!['\u{0}', '\u{7}', '\n', '\u{85}', '\u{2028}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200b}', '\u{feff}', '\u{fffd}', '\u{e0020}'])) {
        let text = format!("{before}{bad}{after}");
        prop_assert!(amparo_pack::characters::flaw(&text).is_some());
    }
}
