//! What a reader takes, and what it refuses by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use amparo_card::{Accepts, Card, CardContent, CardError, CardId, CardKey, Endpoint, PublicKey, limits};
use amparo_crypto::{age::KeyKind, hash, labels};
use common::{body, card_key, content, key, other_key, public, raw_keys, sign_bytes};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use time::{Date, Duration, macros::date};

#[test]
fn a_card_reads_back_as_it_was_written() {
    let card = content().sign(&key()).unwrap();
    assert_eq!(Card::parse(card.bytes()), Ok(card.clone()));
    assert_eq!(*card.content(), content());
    assert_eq!(card.signer().to_bytes(), key().verifying_key().to_bytes());
    assert_eq!(card.digest(), hash::sha256(&card.bytes()[110..]));
    assert_eq!((card.id(), card.version()), (CardId::from_hex(&"5a".repeat(16)).unwrap(), 3));
    // The JSON of the format page, in any order of fields and with any white space.
    let by_hand = Card::parse(&sign_bytes(&serde_json::to_vec_pretty(&body()).unwrap(), &raw_keys())).unwrap();
    assert_eq!(*by_hand.content(), content());
    assert_eq!(
        format!("{card:?} {:?} {:?}", content(), content().endpoints),
        "Card(version 3, ..) CardContent(..) [Endpoint(..), Endpoint(..), Endpoint(..), Endpoint(..)]"
    );
}

#[test]
fn the_golden_card_reads_as_it_did() {
    let card = content().sign(&key()).unwrap();
    assert_eq!(card.bytes(), include_bytes!("vectors/full.card"));
    let digest = include_str!("vectors/full.digest").trim();
    assert_eq!(amparo_report::hex::encode(&card.digest()), digest);
}

/// What the bindings' tests, which cannot sign, offer in the place of the golden card.
#[test]
fn the_golden_impostor_is_sound_and_somebody_elses() {
    let mut content = content();
    content.version += 1;
    let card = content.sign(&other_key()).unwrap();
    assert_eq!(card.bytes(), include_bytes!("vectors/other-signer.card"));
}

#[test]
#[ignore = "writes the golden card: never once format 1 was part of a release"]
fn write_the_golden_card() {
    let card = content().sign(&key()).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::fs::write(folder.join("full.card"), card.bytes()).unwrap();
    std::fs::write(folder.join("full.digest"), amparo_report::hex::encode(&card.digest()) + "\n").unwrap();
    let mut content = content();
    content.version += 1;
    std::fs::write(folder.join("other-signer.card"), content.sign(&other_key()).unwrap().bytes()).unwrap();
}

#[test]
fn every_changed_byte_is_refused_by_name() {
    let bytes = content().sign(&key()).unwrap().bytes().to_vec();
    for at in 0..bytes.len() {
        for mask in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            let error = Card::parse(&changed).unwrap_err();
            let allowed: &[&str] = match at {
                0..14 => &["not_a_card", "unknown_format"],
                110..114 => &["too_large", "wrong_length", "bad_signature"],
                _ => &["bad_signature"],
            };
            assert!(allowed.contains(&error.name()), "byte {at}: {error}");
        }
    }
    for length in 0..bytes.len() {
        let error = Card::parse(&bytes[..length]).unwrap_err();
        assert!(["not_a_card", "wrong_length", "bad_signature"].contains(&error.name()), "{length}: {error}");
    }
    assert_eq!(Card::parse(&[bytes.as_slice(), b"\n"].concat()), Err(CardError::BadSignature));
    assert_eq!(Card::parse(&vec![b'a'; limits::FILE_BYTES + 1]), Err(CardError::TooLarge { what: "the file" }));
    assert_eq!(Card::parse(b"amparo.card/2\nwhatever"), Err(CardError::UnknownFormat));
    assert_eq!(Card::parse(b"amparo.pack/1\n"), Err(CardError::NotACard));
}

#[test]
fn a_signature_for_another_purpose_is_none() {
    let bytes = content().sign(&key()).unwrap().bytes().to_vec();
    for label in labels::ALL.iter().filter(|label| **label != labels::CARD_SIGNATURE) {
        let signature = key().sign(*label, &hash::sha256(&bytes[110..]));
        let forged = [&bytes[..46], &signature, &bytes[110..]].concat();
        assert_eq!(Card::parse(&forged), Err(CardError::BadSignature), "{}", label.as_str());
    }
    // A key of small order, under which anybody could sign anything.
    let mut weak = bytes.clone();
    weak[14..46].fill(0);
    weak[14] = 1;
    assert_eq!(Card::parse(&weak), Err(CardError::BadSignature));
}

fn parse(body: &Value) -> Result<Card, CardError> {
    Card::parse(&sign_bytes(&serde_json::to_vec(body).unwrap(), &raw_keys()))
}

#[test]
fn a_signed_card_that_breaks_a_rule_is_refused() {
    parse(&body()).unwrap();
    let malformed: &[(&str, Value)] = &[
        ("/card", json!("5A".repeat(16))),
        ("/card", json!("5a".repeat(15))),
        ("/version", json!(0)),
        ("/version", json!(-1)),
        ("/version", json!(1.5)),
        ("/version", json!(limits::NUMBER + 1)),
        ("/name", json!("")),
        ("/name", json!(" \u{a0}")),
        ("/name", json!("Hotline\n")),
        ("/name", json!("Hotline\u{202e}")),
        ("/name", json!("Hot\u{200b}line")),
        ("/name", json!("a".repeat(257))),
        ("/kind", json!("Hotline")),
        ("/kind", json!("")),
        ("/languages/1", json!("es")),
        ("/languages/1", json!("arabic")),
        ("/languages", json!("es")),
        ("/keys/0/not_after", json!("2026-11-23")),
        ("/keys/0/not_after", json!("2027-11-31")),
        ("/keys/0/not_after", json!("2028-11-25")),
        ("/keys/0/kind", json!("x25519")),
        ("/keys/0/kind", json!("ML-KEM")),
        ("/endpoints/0/value", json!("http://example.org")),
        ("/endpoints/0/kind", json!("onion")),
        ("/endpoints/3/value", json!("a\u{7}b")),
        ("/accepts/max_report_bytes", json!(0)),
        ("/accepts/max_evidence_bytes", json!("1")),
        ("/accepts/media_types/0", json!("*/*")),
        ("/accepts/form", json!("../form")),
        ("/policy_url", json!("https://user@example.org/")),
        ("/issued", json!("2028-11-25")),
        ("/issued", json!("24.11.2026")),
        ("/expires", json!(null)),
        ("/accepts", json!([])),
        ("/endpoints/0", json!(["https", "https://example.org"])),
        ("/keys/0", json!(["mlkem768x25519", 1216, "2027-11-24"])),
    ];
    for (path, value) in malformed {
        let mut body = body();
        *body.pointer_mut(path).unwrap() = value.clone();
        let error = parse(&body).unwrap_err();
        assert_eq!(error.name(), "malformed", "{path} {value}: {error}");
    }
    let mut keyless = body();
    keyless["keys"] = json!([]);
    let keyless = Card::parse(&sign_bytes(&serde_json::to_vec(&keyless).unwrap(), &[]));
    assert_eq!(keyless, Err(CardError::Malformed { what: "there is no key" }));
    for missing in ["card", "version", "name", "kind", "keys", "issued", "expires"] {
        let mut body = body();
        body.as_object_mut().unwrap().remove(missing).unwrap();
        assert_eq!(parse(&body).unwrap_err().name(), "malformed", "{missing}");
    }
    for optional in ["languages", "endpoints", "accepts", "policy_url"] {
        let mut body = body();
        body.as_object_mut().unwrap().remove(optional).unwrap();
        parse(&body).unwrap();
    }
    let many = |one: Value, count| Value::Array(vec![one; count]);
    let tags: Value =
        (0..33u8).map(|n| format!("a{}", char::from(b'a' + n % 26)) + if n < 26 { "" } else { "a" }).collect();
    for (field, value) in [
        ("languages", tags),
        ("endpoints", many(json!({"kind": "signal", "value": "a"}), 17)),
        ("keys", many(json!({"kind": "later", "size": 1, "not_after": "2027-11-24"}), 9)),
    ] {
        let mut body = body();
        body[field] = value;
        assert_eq!(parse(&body).unwrap_err().name(), "too_large", "{field}");
    }
    let mut body = body();
    body["accepts"]["media_types"] = many(json!("a/b"), 65);
    assert_eq!(parse(&body).unwrap_err().name(), "too_large");
    body["accepts"] = json!({"later": "a".repeat(8192)});
    assert_eq!(parse(&body), Err(CardError::TooLarge { what: "the body" }));
}

#[test]
fn what_is_not_known_is_ignored_and_what_stands_twice_is_refused() {
    let text = serde_json::to_string(&body()).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        Card::parse(&sign_bytes(text.replacen(from, to, 1).as_bytes(), &raw_keys()))
    };
    let plain = changed("{", "{").unwrap();
    for (from, to) in [("{", "{\"later\":{\"a\":[1]},"), ("{\"kind\":\"x25519\"", "{\"use\":1,\"kind\":\"x25519\"")] {
        assert_eq!(changed(from, to).unwrap().content(), plain.content());
    }
    for (from, to) in [
        ("\"version\":3", "\"version\":3,\"version\":4"),
        ("\"name\":", "\"name\":\"A\",\"name\":"),
        ("\"size\":32", "\"size\":32,\"size\":1216"),
        ("\"form\":", "\"form\":\"a\",\"form\":"),
        ("{", "\u{feff}{"),
        ("{", "{,"),
        ("{", "[\"amparo.card/1\"]"),
        ("\"version\":3", "\"version\":\"\\ud800\""),
    ] {
        assert_eq!(changed(from, to).unwrap_err().name(), "malformed", "{to}");
    }
    assert_eq!(changed("card/1", "card/2"), Err(CardError::UnknownFormat));
    let not_utf8 = [b"{\"schema\":\"amparo.card/1\",\"name\":\"\xff\"}".as_slice(), b""].concat();
    assert_eq!(Card::parse(&sign_bytes(&not_utf8, &[])).unwrap_err().name(), "malformed");
    let deep = [vec![b'['; 4000], vec![b']'; 4000]].concat();
    assert_eq!(Card::parse(&sign_bytes(&deep, &[])).unwrap_err().name(), "malformed");
}

#[test]
fn keys_are_those_that_the_body_lists() {
    let text = serde_json::to_vec(&body()).unwrap();
    let keys = raw_keys();
    let with = |keys: &[u8]| Card::parse(&sign_bytes(&text, keys));
    assert_eq!(with(&keys[..keys.len() - 1]), Err(CardError::WrongLength));
    assert_eq!(with(&[keys.as_slice(), &[0]].concat()), Err(CardError::WrongLength));
    assert_eq!(with(&[]), Err(CardError::WrongLength));
    let mut huge = body();
    huge["keys"][0]["size"] = json!(u64::MAX);
    assert_eq!(parse(&huge), Err(CardError::WrongLength));
    // A classic key of low order: everybody would know the shared secret.
    let mut weak = keys.clone();
    weak[1216..1248].fill(0);
    assert_eq!(with(&weak).unwrap_err().name(), "malformed");
    // The first byte of a post-quantum key that is out of its range.
    let mut weak = keys.clone();
    weak[..3].fill(0xff);
    assert_eq!(with(&weak).unwrap_err().name(), "malformed");
    // The next key is the current one once more.
    let mut twice = keys.clone();
    twice.copy_within(..1216, 1248);
    assert_eq!(with(&twice), Err(CardError::Malformed { what: "a key stands twice" }));
}

#[test]
fn expired_keys_are_never_given_out() {
    let card = content().sign(&key()).unwrap();
    let on = |day: Date| -> Vec<PublicKey> {
        card.keys_on(day).unwrap().into_iter().map(|key| key.public.clone()).collect()
    };
    let (hybrid, classic) = (|n| public(KeyKind::PostQuantum, n), |n| public(KeyKind::Classic, n));
    assert_eq!(on(date!(2020 - 01 - 01)), [hybrid(1), classic(2)]);
    assert_eq!(on(date!(2027 - 05 - 24)), [hybrid(1), classic(2)]);
    assert_eq!(on(date!(2027 - 05 - 25)), [hybrid(1), classic(4)]);
    assert_eq!(on(date!(2027 - 11 - 24)), [hybrid(1), classic(4)]);
    assert_eq!(on(date!(2027 - 11 - 25)), [hybrid(3)]);
    assert_eq!(on(date!(2028 - 11 - 24)), [hybrid(3)]);
    assert_eq!(card.key_on(date!(2027 - 11 - 25), KeyKind::Classic), Ok(None));
    assert_eq!(card.key_on(date!(2027 - 11 - 24), KeyKind::Classic).unwrap().unwrap().public, classic(4));
    let expired = Err(CardError::Expired { expires: date!(2028 - 11 - 24) });
    assert_eq!(card.keys_on(date!(2028 - 11 - 25)), expired);
    let mut longer = content();
    longer.expires = date!(2030 - 01 - 01);
    let longer = longer.sign(&key()).unwrap();
    assert_eq!(longer.keys_on(date!(2028 - 11 - 25)), Err(CardError::KeysExpired));
    // Keys of kinds that are not known are carried and not used.
    let mut later = content();
    later.keys.truncate(1);
    let unknown = PublicKey::Unknown { kind: "mlkem1024".into(), bytes: vec![1; 1568] };
    later.keys.push(CardKey { public: unknown.clone(), not_after: date!(2027 - 11 - 24) });
    let both = later.sign(&key()).unwrap();
    assert_eq!(both.content().keys[1].public, unknown);
    assert_eq!(both.keys_on(date!(2026 - 12 - 01)).unwrap().len(), 1);
    later.keys.remove(0);
    assert_eq!(later.sign(&key()).unwrap().keys_on(date!(2026 - 12 - 01)), Err(CardError::NoKnownKey));
}

fn text() -> impl Strategy<Value = String> {
    "[ -~éλжعあ🚨]{1,40}".prop_filter("not blank", |text| !text.trim().is_empty())
}

fn any_content() -> impl Strategy<Value = CardContent> {
    let tags = select(vec!["en", "ar", "pt-BR", "zh-Hant", "es-419"]);
    let code = "[a-z0-9]{1,8}(_[a-z0-9]{1,8})?";
    let endpoints = vec((code, text()), 0..4).prop_map(|list| {
        let known = ["https", "onion", "email", "phone"];
        let free = list.into_iter().filter(move |(kind, _)| !known.contains(&kind.as_str()));
        free.map(|(kind, value)| Endpoint { kind, value }).collect::<Vec<_>>()
    });
    let number = || option::of(1..=limits::NUMBER);
    let accepts = (number(), number(), vec(select(vec!["image/*", "a/b"]), 0..3), option::of(select(vec!["a.b", "c"])));
    // Days since the issue, rising; kinds in any order.
    let keys = vec((any::<bool>(), 0i64..400), 1..6);
    (any::<[u8; 16]>(), 1..=limits::NUMBER, text(), code, vec(tags, 0..3), keys, endpoints, accepts, 0i64..3000)
        .prop_map(
            |(id, version, name, kind, mut languages, keys, endpoints, (report, evidence, media_types, form), days)| {
                languages.sort_unstable();
                languages.dedup();
                let issued = date!(2026 - 11 - 24) + Duration::days(days);
                let mut end = issued;
                let keys = keys.into_iter().zip(1u8..).map(|((hybrid, days), number)| {
                    end += Duration::days(days);
                    card_key(if hybrid { KeyKind::PostQuantum } else { KeyKind::Classic }, number, end)
                });
                CardContent {
                    id: CardId::from_bytes(id),
                    version,
                    name,
                    kind,
                    languages: languages.into_iter().map(String::from).collect(),
                    keys: keys.collect(),
                    endpoints,
                    accepts: Accepts {
                        max_report_bytes: report,
                        max_evidence_bytes: evidence,
                        media_types: media_types.into_iter().map(String::from).collect(),
                        form: form.map(String::from),
                    },
                    policy_url: None,
                    issued,
                    expires: issued + Duration::days(days),
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_sound_content_survives_the_file(content in any_content(), day in -10i64..4000) {
        let card = content.sign(&key()).unwrap();
        prop_assert_eq!(&Card::parse(card.bytes()).unwrap(), &card);
        prop_assert_eq!(card.content(), &content);
        let day = content.issued + Duration::days(day);
        match card.keys_on(day) {
            Ok(keys) => {
                prop_assert!(day <= content.expires);
                prop_assert!(keys.iter().all(|key| day <= key.not_after));
                let mut kinds: Vec<&str> = keys.iter().map(|key| key.public.kind()).collect();
                kinds.sort_unstable();
                kinds.dedup();
                prop_assert_eq!(kinds.len(), keys.len());
                // Nothing valid of a kind was passed over for a later one.
                for key in content.keys.iter().filter(|key| day <= key.not_after) {
                    prop_assert!(keys.iter().any(|k| k.public.kind() == key.public.kind() && k.not_after <= key.not_after));
                }
            }
            Err(CardError::Expired { expires }) => prop_assert!(day > expires && expires == content.expires),
            Err(CardError::KeysExpired) => prop_assert!(content.keys.iter().all(|key| day > key.not_after)),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(front in select(vec![0usize, 14, 110]), bytes in vec(any::<u8>(), 0..400)) {
        let golden = include_bytes!("vectors/full.card");
        let _ = Card::parse(&[&golden[..front], &bytes].concat());
        let _ = Card::parse(&sign_bytes(&bytes, &raw_keys()));
    }
}
