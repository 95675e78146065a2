//! Cards as a host takes them: from a recipient, from somebody who poses as one, and from a bad line.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amparo_core::recipient::{Accepts as CoreAccepts, CardContent, CardKey, Endpoint as CoreEndpoint, PublicKey};
use amparo_crypto::{SecretKey, hash, labels, sign::SigningKey};
use proptest::prelude::*;
use time::{Date, macros::date};

use super::*;
use crate::{
    desk::{desk_generate_key, desk_open},
    error::ARGUMENT,
    host::{Clock, ClockError, ClockReading},
    ids::ClockTrust,
    reports::{KeyKind, ReportError, ReportRequest},
    scene::Scene,
};

/// A clock that a test sets to a day.
struct DayClock(AtomicU64);

impl DayClock {
    fn set(&self, day: Date) {
        let noon = day.midnight().assume_utc().unix_timestamp() + 43_200;
        self.0.store(u64::try_from(noon).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for DayClock {
    fn now(&self) -> Result<ClockReading, ClockError> {
        let time: SystemTime = UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed));
        Ok(ClockReading { time, trust: ClockTrust::Checked })
    }
}

/// A vault on the day of [`content`]'s card.
fn scene() -> (Scene, Arc<DayClock>) {
    let clock = Arc::new(DayClock(AtomicU64::new(0)));
    clock.set(date!(2026 - 11 - 24));
    (Scene::with_clock(Some(clock.clone())), clock)
}

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [seed; 32]))
}

fn keys_of(public: &str, not_after: Date) -> Vec<CardKey> {
    vec![CardKey { public: PublicKey::Known(public.parse().unwrap()), not_after }]
}

/// The public X25519 key 9 … 9: nobody's who matters.
fn some_key() -> PublicKey {
    PublicKey::Known(
        amparo_core::report::Recipient::from_bytes(amparo_core::report::KeyKind::Classic, &[9; 32]).unwrap(),
    )
}

fn content(id: u8, version: u64) -> CardContent {
    CardContent {
        id: amparo_core::recipient::CardId::from_bytes([id; 16]),
        version,
        name: format!("Desk {id}"),
        kind: "lawyer".into(),
        languages: Vec::new(),
        keys: vec![CardKey { public: some_key(), not_after: date!(2027 - 03 - 01) }],
        endpoints: Vec::new(),
        accepts: CoreAccepts::default(),
        policy_url: None,
        issued: date!(2026 - 11 - 01),
        expires: date!(2027 - 12 - 31),
    }
}

fn signed(content: &CardContent, seed: u8) -> Vec<u8> {
    content.sign(&signer(seed)).unwrap().bytes().to_vec()
}

/// Any body before the key 9 … 9, with a signature that holds: what only a malicious signer can make.
fn signed_by_hand(body: &str) -> Vec<u8> {
    let signed = [&u32::try_from(body.len()).unwrap().to_be_bytes(), body.as_bytes(), &[9; 32]].concat();
    let signature = signer(7).sign(labels::CARD_SIGNATURE, &hash::sha256(&signed));
    [b"amparo.card/1\n".as_slice(), &signer(7).verifying_key().to_bytes(), &signature, &signed].concat()
}

fn id(n: u8) -> CardId {
    CardId(format!("{n:02x}").repeat(16))
}

fn fingerprint_of(bytes: &[u8]) -> Option<String> {
    Some(read_card(bytes).unwrap().signer.fingerprint)
}

/// All that the vault has of recipients: what a refusal must not change.
fn known(recipients: &Recipients) -> Vec<(Recipient, Vec<u8>)> {
    let all = recipients.list(None).unwrap();
    all.into_iter().map(|found| (found.clone(), recipients.card(found.id).unwrap())).collect()
}

#[test]
fn whoever_was_compared_once_is_sealed_to_and_opens_it() {
    let (scene, _) = scene();
    let recipients = scene.vault.recipients();
    let public = desk_generate_key(scene.path("key"), KeyKind::PostQuantum).unwrap();
    let card = CardContent { keys: keys_of(&public, date!(2027 - 03 - 01)), ..content(1, 1) };
    let bytes = signed(&card, 7);

    let offer = recipients.offer(&bytes).unwrap();
    assert_eq!(
        (&offer.kind, &offer.card, offer.namesakes.len()),
        (&CardOfferKind::New, &read_card(&bytes).unwrap(), 0)
    );
    assert!(matches!(
        recipients.import_card(&bytes, None),
        Err(RecipientError::FingerprintNotCompared { code: 571, .. })
    ));
    assert!(recipients.list(None).unwrap().is_empty());
    // The words as somebody types what they hear.
    let words = offer.card.signer.words.join(", ").to_uppercase();
    let imported = recipients.import_card(&bytes, Some(words)).unwrap();
    assert_eq!((&imported.id, &imported.signer), (&id(1), &offer.card.signer));
    assert_eq!(imported.added.clock, ClockTrust::Checked);
    assert_eq!(recipients.offer(&bytes).unwrap().kind, CardOfferKind::Same);

    let group = recipients.group(vec![id(1)]).unwrap();
    assert_eq!((&group.kind, &group.recipients), (&RecipientKind::Lawyer, &vec![public]));
    let incident = scene.incident("They took my phone.").id;
    let request = ReportRequest { incident, groups: vec![group], revision: None, sender: None, confirmed: Vec::new() };
    scene.vault.reports().seal_file(request, scene.path("report.age"), None, None).unwrap();
    let opened = desk_open(scene.path("report.age"), scene.path("key"), scene.path("opened"), None, None).unwrap();
    assert!(opened.verdict.ok);

    let newer = signed(&CardContent { version: 2, name: "Desk One".into(), ..card }, 7);
    assert_eq!(recipients.offer(&newer).unwrap().kind, CardOfferKind::Update { from: 1 });
    recipients.set_note(id(1), "met in Tunis".to_owned()).unwrap();
    let updated = recipients.import_card(&newer, None).unwrap();
    assert_eq!((updated.version, updated.name.as_str(), updated.note.as_str()), (2, "Desk One", "met in Tunis"));
    assert_eq!(recipients.card(id(1)).unwrap(), newer);
    assert_eq!(recipients.list(Some(RecipientKind::Lawyer)).unwrap(), [updated]);
    assert!(recipients.list(Some(RecipientKind::Media)).unwrap().is_empty());
    recipients.remove(id(1)).unwrap();
    assert!(matches!(recipients.get(id(1)), Err(RecipientError::NotFound { code: 570, .. })));
    assert!(matches!(recipients.import_card(&newer, None), Err(RecipientError::FingerprintNotCompared { .. })));
}

#[test]
fn what_is_typed_is_read_leniently_and_never_repeated() {
    let (scene, _) = scene();
    let recipients = scene.vault.recipients();
    let bytes = signed(&content(1, 1), 7);
    let offer = recipients.offer(&bytes).unwrap();
    let digits = offer.card.signer.fingerprint.clone();
    let words = offer.card.signer.words.join(" ");
    assert_eq!((digits.len(), offer.card.signer.words.len()), (39, 13));
    let import = |typed: &str| recipients.import_card(&bytes, Some(typed.to_owned()));
    for wrong in
        ["", "Amal", &digits[1..], &format!("{digits}0"), &words[..words.len() - 1], &format!("{digits} {words}")]
    {
        let refused = import(wrong).unwrap_err();
        assert!(matches!(refused, RecipientError::Invalid { code: ARGUMENT, .. }), "{wrong}: {refused:?}");
        assert!(wrong.is_empty() || !format!("{refused:?} {refused}").contains(wrong), "it is not told");
    }
    let theirs = read_card(&signed(&content(1, 1), 8)).unwrap().signer;
    for other in [theirs.fingerprint, theirs.words.join(" "), "0".repeat(32)] {
        assert!(matches!(import(&other), Err(RecipientError::FingerprintDiffers { code: 572, .. })));
    }
    assert!(recipients.list(None).unwrap().is_empty());
    for right in [digits.to_uppercase(), digits.replace(' ', ""), format!(" {}\n", digits.replace(' ', ":")), words] {
        import(&right).unwrap();
        recipients.remove(id(1)).unwrap();
    }
}

#[test]
fn each_refusal_is_a_case_of_its_own_and_changes_nothing() {
    let (scene, _) = scene();
    let recipients = scene.vault.recipients();
    let trusted = signed(&content(1, 5), 7);
    recipients.import_card(&trusted, fingerprint_of(&trusted)).unwrap();
    let before = known(&recipients);
    let past = CardContent { expires: date!(2026 - 11 - 23), ..content(2, 1) };
    // What an offer tells is what an import would fail with.
    for (case, offered) in [
        (557, signed(&content(1, 6), 8)),
        (557, signed(&content(1, 5), 8)),
        (558, signed(&content(1, 4), 7)),
        (559, signed(&CardContent { name: "Other".into(), ..content(1, 5) }, 7)),
        (560, signed(&CardContent { expires: date!(2026 - 11 - 23), ..content(1, 6) }, 7)),
        (560, signed(&past, 8)),
    ] {
        let CardOfferKind::Refused { code, text } = recipients.offer(&offered).unwrap().kind else { panic!("{case}") };
        // An attacker's card comes with the attacker's fingerprint.
        for compared in [None, fingerprint_of(&offered)] {
            let refused = recipients.import_card(&offered, compared).unwrap_err();
            assert_eq!((code, text.as_str()), (case, refused.to_string().as_str()));
            assert!(match case {
                557 => matches!(refused, RecipientError::OtherSigner { code: 557, .. }),
                558 => matches!(refused, RecipientError::Rollback { code: 558, .. }),
                559 => matches!(refused, RecipientError::VersionReused { code: 559, .. }),
                _ => matches!(refused, RecipientError::Expired { code: 560, .. }),
            });
        }
    }
    // Whoever compares again, and finds something else, hears of it.
    let newer = signed(&content(1, 6), 7);
    let mistaken = recipients.import_card(&newer, fingerprint_of(&signed(&content(1, 1), 8)));
    assert!(matches!(mistaken, Err(RecipientError::FingerprintDiffers { .. })));
    assert_eq!(known(&recipients), before);

    let posing = signed(&CardContent { name: "DESK 1".into(), ..content(2, 1) }, 8);
    let offer = recipients.offer(&posing).unwrap();
    assert_eq!((offer.kind, offer.namesakes), (CardOfferKind::New, vec![id(1)]));

    let missing = || id(9);
    assert!(matches!(recipients.get(missing()), Err(RecipientError::NotFound { .. })));
    assert!(matches!(recipients.card(missing()), Err(RecipientError::NotFound { .. })));
    assert!(matches!(recipients.set_note(missing(), "x".into()), Err(RecipientError::NotFound { .. })));
    assert!(matches!(recipients.remove(missing()), Err(RecipientError::NotFound { .. })));
    assert!(matches!(recipients.group(vec![missing()]), Err(RecipientError::NotFound { .. })));
    for malformed in ["", "5a", &"5A".repeat(16), &"é".repeat(16)] {
        let refused = recipients.get(CardId(malformed.to_owned())).unwrap_err();
        assert!(matches!(refused, RecipientError::Invalid { code: 200, .. }), "{malformed}: {refused:?}");
    }
    let long = recipients.set_note(id(1), "x".repeat(4097)).unwrap_err();
    assert!(matches!(&long, RecipientError::Invalid { field, limit: 4096, .. } if field == "note"), "{long:?}");
    assert_eq!(known(&recipients), before);
    scene.vault.lock().unwrap();
    assert!(matches!(recipients.offer(&trusted), Err(RecipientError::Locked { code: 103, .. })));
    assert!(matches!(recipients.list(None), Err(RecipientError::Locked { .. })));
}

#[test]
fn what_is_no_card_is_told_apart_by_what_to_do() {
    let card = signed(&content(1, 1), 7);
    let read = |bytes: &[u8]| read_card(bytes).unwrap_err();
    let spoiled = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = card.clone();
        spoil(&mut bytes);
        read(&bytes)
    };
    assert!(matches!(read(b""), RecipientError::NotACard { code: 550, .. }));
    assert!(matches!(read(b"age1pq1"), RecipientError::NotACard { .. }));
    assert!(matches!(spoiled(&|bytes| bytes[12] = b'2'), RecipientError::NewerVersion { code: 551, .. }));
    assert!(matches!(spoiled(&|bytes| bytes.truncate(100)), RecipientError::WrongLength { code: 552, .. }));
    assert!(matches!(spoiled(&|bytes| bytes.resize(16 * 1024 + 1, 0)), RecipientError::TooLarge { code: 553, .. }));
    assert!(matches!(spoiled(&|bytes| bytes[200] ^= 1), RecipientError::BadSignature { code: 554, .. }));

    let body = |name: &str| {
        format!(
            r#"{{"schema":"amparo.card/1","card":"{}","version":1,"name":{name},"kind":"cso","keys":[{{"kind":"x25519","size":32,
            "not_after":"2027-01-01"}}],"issued":"2026-11-01","expires":"2027-01-01"}}"#,
            "01".repeat(16)
        )
    };
    assert_eq!(read_card(&signed_by_hand(&body(r#""Desk""#))).unwrap().name, "Desk");
    // Names that would clear a screen, turn a line round, hide a letter, or fill the page.
    for name in [
        r#""Desk\u001b[2J""#,
        r#""\u202eksed""#,
        r#""De\u200bsk""#,
        r#""Desk\nconfirmed""#,
        r#""\u0007""#,
        r#"" ""#,
        "7",
    ] {
        let refused = read(&signed_by_hand(&body(name)));
        assert!(matches!(refused, RecipientError::Malformed { code: 555, .. }), "{name}: {refused:?}");
        assert!(!format!("{refused:?}").contains("ksed") && refused.to_string().is_ascii());
    }
    let refused = read(&signed_by_hand(&body(&format!("\"{}\"", "x".repeat(257)))));
    assert!(matches!(refused, RecipientError::Malformed { .. } | RecipientError::TooLarge { .. }), "{refused:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// One flipped bit anywhere, and noise of a card's size with or without a card's beginning: refused, without a panic.
    #[test]
    fn noise_is_no_card(noise in prop::collection::vec(any::<u8>(), 0..16 * 1024), at: prop::sample::Index, bit in 0u8..8) {
        let mut card = signed(&content(1, 1), 7);
        let begun = [&card[..46], &noise].concat();
        let at = at.index(card.len());
        card[at] ^= 1 << bit;
        for bytes in [noise, begun, card] {
            let refused = read_card(&bytes).unwrap_err();
            prop_assert!(
                !matches!(refused, RecipientError::Internal { .. } | RecipientError::Other { .. } | RecipientError::Invalid { .. }),
                "{:?}", refused
            );
        }
    }
}

#[test]
fn nothing_is_sealed_to_what_expired() {
    let (scene, clock) = scene();
    let recipients = scene.vault.recipients();
    let card = signed(&content(1, 1), 7);
    let imported = recipients.import_card(&card, fingerprint_of(&card)).unwrap();
    assert_eq!(imported.readiness, Readiness::Ready);
    let group = recipients.group(vec![id(1)]).unwrap();
    let readiness = || recipients.get(id(1)).unwrap().readiness;
    clock.set(date!(2027 - 03 - 01));
    assert_eq!(readiness(), Readiness::ReadyUntil { day: "2027-03-01".into() });
    clock.set(date!(2027 - 03 - 02));
    assert_eq!(readiness(), Readiness::KeysExpired);
    assert!(matches!(recipients.group(vec![id(1)]), Err(RecipientError::KeysExpired { code: 561, .. })));
    // A group that an app kept does not outlive the key.
    let incident = scene.incident("They took my phone.").id;
    let request = ReportRequest { incident, groups: vec![group], revision: None, sender: None, confirmed: Vec::new() };
    let sealed = scene.vault.reports().seal_file(request, scene.path("report.age"), None, None);
    assert!(matches!(sealed, Err(ReportError::RecipientExpired { code: 561, .. })), "{sealed:?}");
    assert!(scene.files().is_empty());
    clock.set(date!(2028 - 01 - 01));
    assert_eq!(readiness(), Readiness::CardExpired { day: "2027-12-31".into() });
    assert!(matches!(recipients.group(vec![id(1)]), Err(RecipientError::Expired { code: 560, .. })));
    let newer_kind = CardContent {
        keys: vec![CardKey {
            public: PublicKey::Unknown { kind: "newer".into(), bytes: vec![1] },
            not_after: date!(2029 - 01 - 01),
        }],
        expires: date!(2029 - 01 - 01),
        ..content(2, 1)
    };
    let card = signed(&newer_kind, 7);
    let imported = recipients.import_card(&card, fingerprint_of(&card)).unwrap();
    assert_eq!((&imported.readiness, &imported.keys[0].public), (&Readiness::NoKnownKey, &None));
    assert!(matches!(recipients.group(vec![id(2)]), Err(RecipientError::NoKnownKey { code: 562, .. })));
}

#[test]
fn a_group_is_of_one_kind_and_has_nobody_twice() {
    let (scene, _) = scene();
    let recipients = scene.vault.recipients();
    let newer_kind = CardContent { kind: "ombudsperson".into(), ..content(3, 1) };
    for content in [content(1, 1), CardContent { kind: "media".into(), ..content(2, 1) }, newer_kind] {
        let card = signed(&content, 7);
        recipients.import_card(&card, fingerprint_of(&card)).unwrap();
    }
    let refused = |ids: Vec<CardId>| recipients.group(ids).unwrap_err();
    assert!(matches!(refused(vec![id(1), id(2)]), RecipientError::KindsDiffer { code: 574, .. }));
    assert!(matches!(refused(vec![id(1), id(1)]), RecipientError::RecipientTwice { code: 503, .. }));
    assert!(matches!(refused(Vec::new()), RecipientError::NoRecipients { code: 510, .. }));
    let ombudsperson = RecipientKind::Unlisted { code: "ombudsperson".into() };
    assert_eq!(recipients.group(vec![id(3)]).unwrap().kind, ombudsperson);
    assert_eq!(recipients.list(Some(ombudsperson)).unwrap().len(), 1);
}

#[test]
fn a_card_that_was_changed_in_the_database_is_shown_as_damaged_and_can_be_imported_again() {
    let (scene, _) = scene();
    let recipients = scene.vault.recipients();
    let card = signed(&content(1, 1), 7);
    recipients.import_card(&card, fingerprint_of(&card)).unwrap();
    let spoil = scene.vault.amparo.vault().write(|tx| {
        tx.execute("UPDATE recipient SET bytes = zeroblob(300)", [])?;
        Ok::<_, amparo_core::CoreError>(())
    });
    spoil.unwrap();
    let [found] = recipients.list(None).unwrap().try_into().unwrap();
    assert_eq!((&found.readiness, &found.kind, found.name.as_str()), (&Readiness::Damaged, &None, ""));
    assert!(matches!(recipients.card(id(1)), Err(RecipientError::Damaged { code: 573, .. })));
    assert!(matches!(recipients.group(vec![id(1)]), Err(RecipientError::Damaged { .. })));
    assert_eq!(recipients.import_card(&card, None).unwrap().readiness, Readiness::Ready);
}

/// The card of the format page says everything that a card can.
#[test]
fn everything_that_a_card_says_is_told() {
    let bytes = include_bytes!("../../../amparo-card/tests/vectors/full.card");
    let card = read_card(bytes).unwrap();
    assert_eq!((card.id, card.version, card.kind), (CardId("5a".repeat(16)), 3, RecipientKind::Hotline));
    assert_eq!(card.languages, ["es", "ar", "pt-BR"]);
    assert_eq!((card.issued.as_str(), card.expires.as_str()), ("2026-11-24", "2028-11-24"));
    assert_eq!(card.policy_url.as_deref(), Some("https://example.org/privacy"));
    let keys: Vec<_> = card.keys.iter().map(|key| (key.kind.as_str(), key.not_after.as_str())).collect();
    assert_eq!(keys[..2], [("mlkem768x25519", "2027-11-24"), ("x25519", "2027-05-24")]);
    assert!(card.keys[0].public.as_ref().unwrap().starts_with("age1pq1"));
    let kinds: Vec<_> = card.endpoints.iter().map(|endpoint| endpoint.kind.clone()).collect();
    assert_eq!(kinds, [EndpointKind::Https, EndpointKind::Onion, EndpointKind::Phone, EndpointKind::Postal]);
    let accepts = Accepts {
        max_report_bytes: Some(104_857_600),
        max_evidence_bytes: Some(52_428_800),
        media_types: vec!["image/*".into(), "application/pdf".into()],
        form: Some("general-cso".into()),
    };
    assert_eq!(card.accepts, accepts);
    let takes = |media_type: &str| accepts_media_type(accepts.clone(), media_type.to_owned()).unwrap();
    assert!(takes("IMAGE/jpeg; q=1") && takes("application/pdf") && !takes("video/mp4") && !takes(""));
    assert_eq!(card.signer.fingerprint, "3430 b017 7750 3864 5829 decd 766e 8ca4");
    assert_eq!(card.signer.words[..2], ["clubhouse", "nefarious"]);
    assert_eq!(card.signer.public_key.len(), 64);

    let endpoint = |kind: &str, value: &str| CoreEndpoint { kind: kind.into(), value: value.into() };
    let more = vec![endpoint("email", "desk@example.org"), endpoint("signal", "desk.42"), endpoint("matrix", "@desk")];
    let told = read_card(&signed(&CardContent { endpoints: more, ..content(1, 1) }, 7)).unwrap().endpoints;
    let kinds: Vec<_> = told.into_iter().map(|endpoint| endpoint.kind).collect();
    assert_eq!(kinds, [EndpointKind::Email, EndpointKind::Signal, EndpointKind::Unlisted { code: "matrix".into() }]);
}

#[test]
fn records_print_nothing_of_what_is_in_them() {
    let (scene, _) = scene();
    let recipients = scene.vault.recipients();
    let bytes = signed(&content(1, 1), 7);
    let offer = recipients.offer(&bytes).unwrap();
    assert_eq!(
        format!("{offer} {:?} {:?}", offer.card, offer.card.signer),
        "CardOffer(..) CardInfo(..) CardSigner(..)"
    );
    let recipient = recipients.import_card(&bytes, fingerprint_of(&bytes)).unwrap();
    assert_eq!(format!("{recipient} {:?}", recipient.keys), "Recipient(..) [RecipientKey(..)]");
}
