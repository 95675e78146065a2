//! Recipients in the vault: who is trusted, what may replace whom, and what can be sealed to on a day.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use amparo_core::{
    Amparo, Clock, ClockTrust, CoreError, CreateOptions, KdfParams, Stamp, Timestamp,
    incident::RecipientKind,
    recipient::{
        Accepts, Card, CardContent, CardError, CardId, CardKey, CardOfferKind, Fingerprint, PublicKey, Readiness,
    },
    report::{KeyKind, ReportRequest, SealError},
};
use amparo_crypto::{SecretKey, age::Identity, sign::SigningKey};
use proptest::prelude::*;
use time::{Date, Duration, macros::date};

/// A clock that a test sets to a day, or spoils.
struct DayClock {
    unix: AtomicI64,
    suspect: AtomicBool,
}

impl DayClock {
    fn set(&self, day: Date) {
        self.unix.store(day.midnight().assume_utc().unix_timestamp() + 43_200, Ordering::Relaxed);
    }
}

impl Clock for DayClock {
    fn now(&self) -> Stamp {
        let clock = if self.suspect.load(Ordering::Relaxed) { ClockTrust::SUSPECT } else { ClockTrust::DEVICE };
        Stamp { time: Timestamp::from_unix(self.unix.fetch_add(1, Ordering::Relaxed)), clock }
    }
}

struct Scene {
    amparo: Amparo,
    clock: Arc<DayClock>,
    dir: tempfile::TempDir,
}

const TODAY: Date = date!(2026 - 11 - 24);

fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(DayClock { unix: AtomicI64::new(0), suspect: AtomicBool::new(false) });
    clock.set(TODAY);
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let amparo = Amparo::create(&dir.path().join("vault"), &common::passphrase(), &options, clock.clone()).unwrap();
    Scene { amparo, clock, dir }
}

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [seed; 32]))
}

/// Keys are slow to make and matter little here.
fn identity(kind: KeyKind, number: usize) -> Identity {
    static MADE: Mutex<Vec<(KeyKind, usize, String)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap();
    if !made.iter().any(|(k, n, _)| (*k, *n) == (kind, number)) {
        made.push((kind, number, Identity::generate(kind).unwrap().to_text().to_string()));
    }
    let (_, _, text) = made.iter().find(|(k, n, _)| (*k, *n) == (kind, number)).unwrap();
    Identity::parse(text).unwrap()
}

fn key(kind: KeyKind, number: usize, not_after: Date) -> CardKey {
    CardKey { public: PublicKey::Known(identity(kind, number).recipient()), not_after }
}

fn content(id: u8, version: u64) -> CardContent {
    CardContent {
        id: CardId::from_bytes([id; 16]),
        version,
        name: format!("Desk {id}"),
        kind: "hotline".into(),
        languages: vec!["ar".into(), "en".into()],
        keys: vec![
            key(KeyKind::PostQuantum, usize::from(id) * 2, date!(2027 - 03 - 01)),
            key(KeyKind::PostQuantum, usize::from(id) * 2 + 1, date!(2027 - 09 - 01)),
        ],
        endpoints: Vec::new(),
        accepts: Accepts::default(),
        policy_url: None,
        issued: date!(2026 - 11 - 01),
        expires: date!(2027 - 12 - 31),
    }
}

fn sign(content: &CardContent, seed: u8) -> Card {
    content.sign(&signer(seed)).unwrap()
}

fn bytes(content: &CardContent, seed: u8) -> Vec<u8> {
    sign(content, seed).bytes().to_vec()
}

/// What the vault knows of recipients, to see that nothing changed.
fn known(scene: &Scene) -> Vec<(CardId, u64, String, Vec<u8>)> {
    let recipients = scene.amparo.recipients();
    let all = recipients.list(None).unwrap();
    all.iter().map(|r| (r.id, r.version, r.note.clone(), recipients.card(r.id).unwrap().bytes().to_vec())).collect()
}

#[test]
fn a_first_card_needs_the_fingerprint_that_was_compared() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let card = sign(&content(1, 3), 7);
    let offer = recipients.offer(card.bytes()).unwrap();
    assert_eq!((offer.kind, offer.refusal, offer.namesakes), (CardOfferKind::New, None, vec![]));
    match recipients.import(card.bytes(), None) {
        Err(error @ CoreError::FingerprintNotCompared { signer }) => {
            assert_eq!(signer, card.signer());
            assert!(error.to_string().contains(&card.fingerprint().to_string()), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let other = Fingerprint::from_bytes([1; 16]);
    assert!(matches!(recipients.import(card.bytes(), Some(other)), Err(CoreError::FingerprintDiffers)));
    assert!(known(&scene).is_empty());
    let heard = Fingerprint::from_words(&card.fingerprint().words().join(" ")).unwrap();
    let imported = recipients.import(card.bytes(), Some(heard)).unwrap();
    assert_eq!((imported.name.as_str(), imported.kind.clone()), ("Desk 1", Some(RecipientKind::HOTLINE)));
    assert_eq!((imported.version, imported.readiness), (3, Readiness::Ready));
    assert_eq!(format!("{imported:?}"), "Recipient(..)");
    // The same again, and after the vault was locked and opened.
    assert_eq!(recipients.offer(card.bytes()).unwrap().kind, CardOfferKind::Same);
    assert_eq!(recipients.import(card.bytes(), None).unwrap(), imported);
    assert!(matches!(recipients.import(card.bytes(), Some(other)), Err(CoreError::FingerprintDiffers)));
    scene.amparo.lock().unwrap();
    let again = common::unlock(&scene.dir.path().join("vault"));
    assert_eq!(again.recipients().card(imported.id).unwrap(), card);
}

#[test]
fn what_may_not_replace_a_trusted_card_is_refused_by_name_and_changes_nothing() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let first = sign(&content(1, 3), 7);
    recipients.import(first.bytes(), Some(first.fingerprint())).unwrap();
    recipients.set_note(first.id(), "met in Tunis").unwrap();
    let before = known(&scene);

    let renamed = CardContent { name: "Desk one".into(), ..content(1, 3) };
    let mut flipped = bytes(&content(1, 4), 7);
    *flipped.last_mut().unwrap() ^= 1;
    let mut no_card = bytes(&content(1, 4), 7);
    no_card[0] ^= 1;
    let newer_format = [b"amparo.card/2\n".as_slice(), &bytes(&content(1, 4), 7)[14..]].concat();
    let expired = CardContent { issued: date!(2026 - 01 - 01), expires: date!(2026 - 11 - 23), ..content(1, 4) };
    for (offered, name) in [
        (bytes(&content(1, 4), 8), "other_signer"),
        (bytes(&content(1, 2), 7), "rollback"),
        (bytes(&renamed, 7), "version_reused"),
        (bytes(&expired, 7), "expired"),
        (flipped, "bad_signature"),
        (no_card, "not_a_card"),
        (newer_format, "unknown_format"),
        (first.bytes()[..first.bytes().len() - 1].to_vec(), "bad_signature"),
    ] {
        for compared in [None, Some(first.fingerprint()), Some(Fingerprint::of(&signer(8).verifying_key()))] {
            match recipients.import(&offered, compared) {
                Err(CoreError::Card(error)) => assert_eq!(error.name(), name),
                other => panic!("{name}: {other:?}"),
            }
        }
        if let Ok(offer) = recipients.offer(&offered) {
            assert_eq!((offer.kind, offer.refusal.unwrap().name()), (CardOfferKind::Refused, name));
        }
        assert_eq!(known(&scene), before, "{name}");
    }
    // Both fingerprints are told.
    let told = recipients.import(&bytes(&content(1, 4), 8), None).unwrap_err().to_string();
    let theirs = Fingerprint::of(&signer(8).verifying_key()).to_string();
    assert!(told.contains(&theirs) && told.contains(&first.fingerprint().to_string()), "{told}");

    let updated = recipients.import(&bytes(&content(1, 9), 7), None).unwrap();
    assert_eq!((updated.version, updated.note.as_str()), (9, "met in Tunis"));
    assert!(updated.updated.time > updated.added.time);
}

#[test]
fn somebody_of_the_same_name_is_pointed_out() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let known = sign(&content(1, 1), 7);
    recipients.import(known.bytes(), Some(known.fingerprint())).unwrap();
    let posing = CardContent { name: " DESK 1".into(), ..content(2, 1) };
    let posing = CardContent { name: posing.name.trim().into(), ..posing };
    let offer = recipients.offer(&bytes(&posing, 8)).unwrap();
    assert_eq!((offer.kind, offer.namesakes), (CardOfferKind::New, vec![known.id()]));
}

#[test]
fn nothing_is_kept_of_who_was_removed() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let card = sign(&content(1, 5), 7);
    recipients.import(card.bytes(), Some(card.fingerprint())).unwrap();
    recipients.remove(card.id()).unwrap();
    assert!(matches!(recipients.remove(card.id()), Err(CoreError::RecipientNotFound)));
    assert!(matches!(recipients.get(card.id()), Err(CoreError::RecipientNotFound)));
    assert!(matches!(recipients.group(&[card.id()]), Err(CoreError::RecipientNotFound)));
    assert_eq!(recipients.offer(card.bytes()).unwrap().kind, CardOfferKind::New);
    assert!(matches!(recipients.import(card.bytes(), None), Err(CoreError::FingerprintNotCompared { .. })));
}

#[test]
fn keys_change_with_the_days_and_end() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let card = sign(&content(1, 1), 7);
    recipients.import(card.bytes(), Some(card.fingerprint())).unwrap();
    let sealed_to = |day: Date| {
        scene.clock.set(day);
        recipients.group(&[card.id()]).map(|group| group.recipients)
    };
    let of = |number| vec![identity(KeyKind::PostQuantum, number).recipient()];
    assert_eq!(sealed_to(TODAY).unwrap(), of(2));
    assert_eq!(sealed_to(date!(2027 - 03 - 01)).unwrap(), of(2));
    assert_eq!(sealed_to(date!(2027 - 03 - 02)).unwrap(), of(3));
    let readiness = |day: Date| {
        scene.clock.set(day);
        recipients.get(card.id()).unwrap().readiness
    };
    assert_eq!(readiness(date!(2027 - 08 - 01)), Readiness::Ready);
    assert_eq!(readiness(date!(2027 - 08 - 02)), Readiness::ReadyUntil(date!(2027 - 09 - 01)));
    assert_eq!(readiness(date!(2027 - 09 - 02)), Readiness::KeysExpired);
    assert_eq!(readiness(date!(2028 - 01 - 01)), Readiness::CardExpired(date!(2027 - 12 - 31)));
    assert!(matches!(sealed_to(date!(2027 - 09 - 02)), Err(CoreError::Card(CardError::KeysExpired))));
    assert!(matches!(sealed_to(date!(2028 - 01 - 01)), Err(CoreError::Card(CardError::Expired { .. }))));
    // A clock that is known to be wrong decides nothing.
    scene.clock.suspect.store(true, Ordering::Relaxed);
    assert_eq!(sealed_to(date!(1970 - 01 - 01)).unwrap(), of(2));
    assert!(readiness(date!(2030 - 01 - 01)).is_ready());
}

#[test]
fn an_expired_key_cannot_be_sealed_to_even_when_it_is_given_by_hand() {
    let scene = scene();
    let amparo = &scene.amparo;
    let card = sign(&content(1, 1), 7);
    amparo.recipients().import(card.bytes(), Some(card.fingerprint())).unwrap();
    let incident = amparo.incidents().create("They took my phone.").unwrap().id;
    let expired = identity(KeyKind::PostQuantum, 2).recipient();
    let request = ReportRequest::new(incident, RecipientKind::HOTLINE, vec![expired]);
    let out = scene.dir.path().join("report.age");
    amparo.reports().preview(&request).unwrap();
    scene.clock.set(date!(2027 - 03 - 02));
    for refused in [
        amparo.reports().preview(&request).map(drop),
        amparo.reports().seal_file(&request, &out, &mut amparo_core::evidence::no_progress).map(drop),
    ] {
        assert!(matches!(refused, Err(CoreError::Card(CardError::KeysExpired))), "{refused:?}");
    }
    assert!(!out.exists() && amparo.reports().list(incident).unwrap().is_empty());
    // The next key of the same card can.
    let group = amparo.recipients().group(&[card.id()]).unwrap();
    let request = ReportRequest::to_groups(incident, vec![group]);
    amparo.reports().seal_file(&request, &out, &mut amparo_core::evidence::no_progress).unwrap();
    assert!(out.exists());
}

#[test]
fn a_group_is_of_one_kind_and_prefers_the_stronger_key() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let lawyer = CardContent { kind: "lawyer".into(), ..content(2, 1) };
    let both = CardContent {
        keys: vec![
            key(KeyKind::Classic, 100, date!(2027 - 06 - 01)),
            key(KeyKind::PostQuantum, 101, date!(2027 - 06 - 01)),
        ],
        ..content(3, 1)
    };
    let same_key = CardContent { keys: both.keys.clone(), ..content(4, 1) };
    let newer_kind = CardContent { kind: "ombudsperson".into(), ..content(5, 1) };
    for (number, content) in [content(1, 1), lawyer, both, same_key, newer_kind].iter().enumerate() {
        let card = sign(content, u8::try_from(number).unwrap());
        recipients.import(card.bytes(), Some(card.fingerprint())).unwrap();
    }
    let id = |n| CardId::from_bytes([n; 16]);
    assert!(matches!(recipients.group(&[id(1), id(2)]), Err(CoreError::RecipientKindsDiffer)));
    assert!(matches!(recipients.group(&[id(1), id(1)]), Err(CoreError::RecipientTwice)));
    assert!(matches!(recipients.group(&[id(3), id(4)]), Err(CoreError::RecipientTwice)));
    assert!(matches!(recipients.group(&[]), Err(CoreError::Report(SealError::NoRecipients))));
    let group = recipients.group(&[id(1), id(3)]).unwrap();
    assert_eq!(group.kind, RecipientKind::HOTLINE);
    assert_eq!(group.recipients[1], identity(KeyKind::PostQuantum, 101).recipient());
    assert_eq!(recipients.group(&[id(5)]).unwrap().kind.as_str(), "ombudsperson");
    let of_kind = |kind: &RecipientKind| recipients.list(Some(kind)).unwrap().iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(of_kind(&RecipientKind::LAWYER), [id(2)]);
    assert_eq!(of_kind(&RecipientKind::HOTLINE), [id(1), id(3), id(4)]);
}

#[test]
fn a_card_that_was_changed_in_the_database_is_never_sealed_to() {
    let scene = scene();
    let recipients = scene.amparo.recipients();
    let card = sign(&content(1, 2), 7);
    recipients.import(card.bytes(), Some(card.fingerprint())).unwrap();
    let theirs = sign(&content(1, 2), 8);
    let put = |bytes: &[u8], version: i64| {
        scene
            .amparo
            .vault()
            .write(|tx| {
                tx.execute("UPDATE recipient SET bytes = ?1, version = ?2", (bytes, version)).map_err(CoreError::from)
            })
            .unwrap()
    };
    // Another key's card; a true older one; nothing.
    for (bytes, version) in
        [(theirs.bytes(), 2), (sign(&content(1, 1), 7).bytes(), 2), (b"".as_slice(), 2), (card.bytes(), 1)]
    {
        put(bytes, version);
        assert_eq!(recipients.get(card.id()).unwrap().readiness, Readiness::Damaged);
        assert!(matches!(recipients.group(&[card.id()]), Err(CoreError::RecipientDamaged)));
    }
    // Importing it again repairs it, and what another key signed still may not.
    put(b"", 2);
    assert!(matches!(recipients.import(theirs.bytes(), None), Err(CoreError::Card(CardError::OtherSigner { .. }))));
    assert_eq!(recipients.import(card.bytes(), None).unwrap().readiness, Readiness::Ready);
    assert_eq!(recipients.card(card.id()).unwrap(), card);
}

#[derive(Debug, Clone, Copy)]
struct Offered {
    id: u8,
    version: u64,
    seed: u8,
    /// Day after [`TODAY`] on which it expires.
    expires: i64,
    compared: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is offered in whatever order: of each id the highest version that its first signer signed, and never another's.
    #[test]
    fn trust_follows_the_first_key(
        offers in prop::collection::vec(
            (1u8..3, 1u64..6, 1u8..3, -2i64..400, any::<bool>())
                .prop_map(|(id, version, seed, expires, compared)| Offered { id, version, seed, expires, compared }),
            1..24,
        )
    ) {
        let scene = scene();
        let recipients = scene.amparo.recipients();
        let mut model: std::collections::BTreeMap<u8, (u8, u64, Vec<u8>)> = std::collections::BTreeMap::new();
        for offer in offers {
            let expires = TODAY + Duration::days(offer.expires);
            let keys = vec![key(KeyKind::Classic, usize::from(offer.id), expires)];
            let content = CardContent { keys, issued: date!(2026 - 11 - 01), expires, ..content(offer.id, offer.version) };
            let card = sign(&content, offer.seed);
            let compared = offer.compared.then(|| card.fingerprint());
            let taken = match model.get(&offer.id) {
                _ if offer.expires < 0 => false,
                None => offer.compared,
                Some((seed, version, bytes)) => {
                    *seed == offer.seed && (offer.version > *version || card.bytes() == bytes.as_slice())
                }
            };
            prop_assert_eq!(recipients.import(card.bytes(), compared).is_ok(), taken, "{:?}", offer);
            if taken {
                model.insert(offer.id, (offer.seed, offer.version, card.bytes().to_vec()));
            }
            let mut stored: Vec<_> = known(&scene).into_iter().map(|(id, version, _, bytes)| (id, version, bytes)).collect();
            stored.sort();
            let expected: Vec<_> = model
                .iter()
                .map(|(id, (_, version, bytes))| (CardId::from_bytes([*id; 16]), *version, bytes.clone()))
                .collect();
            prop_assert_eq!(stored, expected);
        }
    }
}
