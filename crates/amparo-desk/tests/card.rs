//! A desk's card over its life: made, made anew, and through everything that can go wrong in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, path::PathBuf};

use amparo_card::{Change, kind};
use amparo_desk::{
    Accepts, Card, CardError, CardFiles, DeskError, Endpoint, KeyKind, KeyTerms, NewCard, card_new, card_read,
    card_rotate, keygen, load_identities,
};
use time::{Date, Duration, macros::date};

const TODAY: Date = date!(2026 - 11 - 24);

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn with<T>(&self, work: impl FnOnce(&CardFiles<'_>) -> T) -> T {
        let (card, key, identities) = (self.path("desk.card"), self.path("signing.key"), self.path("keys.txt"));
        work(&CardFiles { card: &card, signing_key: &key, identities: &identities })
    }

    /// Names of all files, sorted.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What must hold after every success and after every failure: all keys that the card names can be used to open.
    fn assert_all_secrets_are_here(&self) {
        let card = card_read(&self.path("desk.card")).unwrap();
        let here = load_identities(&self.path("keys.txt")).unwrap();
        for key in &card.content().keys {
            let public = key.public.recipient().unwrap();
            assert!(here.iter().any(|identity| identity.recipient() == *public), "a secret is missing");
        }
    }
}

fn new_card(key_kinds: &[KeyKind]) -> NewCard {
    NewCard {
        name: "Línea".into(),
        kind: kind::HOTLINE.into(),
        languages: vec!["es".into()],
        endpoints: vec![Endpoint { kind: "email".into(), value: "desk@example.org".into() }],
        accepts: Accepts::default(),
        policy_url: None,
        key_kinds: key_kinds.to_vec(),
    }
}

fn terms(today: Date) -> KeyTerms {
    let later = |days| today + Duration::days(days);
    KeyTerms { today, current_until: later(365), next_until: later(730), expires: later(730) }
}

#[test]
fn a_chain_of_rotations_is_followed_by_everybody_and_loses_no_secret() {
    let desk = Desk::new();
    let kinds = [KeyKind::PostQuantum, KeyKind::Classic];
    let first = desk.with(|files| card_new(files, &new_card(&kinds), &terms(TODAY))).unwrap();
    assert_eq!((first.version(), first.content().keys.len()), (1, 4));
    assert_eq!(card_read(&desk.path("desk.card")), Ok(first.clone()));
    let mut cards = vec![first];
    for step in 1..6 {
        let today = TODAY + Duration::days(300 * step);
        let before = cards.last().unwrap().clone();
        let card = desk.with(|files| card_rotate(files, &terms(today))).unwrap();
        assert_eq!(card_read(&desk.path("desk.card")).unwrap(), card);
        desk.assert_all_secrets_are_here();
        assert_eq!(card.supersedes(&before.trusted(), Some(today)), Ok(Change::Newer { from: before.version() }));
        assert_eq!(before.supersedes(&card.trusted(), Some(today)).unwrap_err().name(), "rollback");
        for kind in kinds {
            let of = |card: &Card| -> Vec<_> {
                let of_kind = |key: &&amparo_card::CardKey| key.public.recipient().is_some_and(|r| r.kind() == kind);
                card.content().keys.iter().filter(of_kind).cloned().collect()
            };
            let (old, new) = (of(&before), of(&card));
            // The next key became the current one, with the end that was promised; the new next key is new.
            assert_eq!((old.len(), new.len(), &new[0]), (2, 2, &old[1]));
            let known = cards.iter().flat_map(|card| card.content().keys.clone());
            assert!(known.into_iter().all(|key| key.public != new[1].public));
        }
        cards.push(card);
    }
    // Whoever has any of the cards can still be read, on every day that their card is valid.
    let here = load_identities(&desk.path("keys.txt")).unwrap();
    assert_eq!(here.len(), 2 * (2 + 5));
    for card in &cards {
        for key in &card.content().keys {
            assert!(here.iter().any(|identity| Some(&identity.recipient()) == key.public.recipient()));
        }
    }
    assert_eq!(desk.files(), ["desk.card", "keys.txt", "signing.key"]);
    let text = fs::read_to_string(desk.path("keys.txt")).unwrap();
    assert!(text.contains("for version 6 of card") && text.contains("# public key: age1pq1"));
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.with(|files| card_new(files, &new_card(&[KeyKind::Classic]), &terms(TODAY))).unwrap();
    desk.with(|files| card_rotate(files, &terms(TODAY + Duration::days(1)))).unwrap();
    for name in ["signing.key", "keys.txt"] {
        assert_eq!(fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    // A link to the key file stays one.
    let (real, link) = (desk.path("real.txt"), desk.path("keys.txt"));
    fs::rename(&link, &real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    desk.with(|files| card_rotate(files, &terms(TODAY + Duration::days(2)))).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    desk.assert_all_secrets_are_here();
}

#[test]
fn a_desk_that_slept_gets_a_current_key_too() {
    let desk = Desk::new();
    let first = desk.with(|files| card_new(files, &new_card(&[KeyKind::Classic]), &terms(TODAY))).unwrap();
    let today = TODAY + Duration::days(1000);
    assert_eq!(first.keys_on(today).unwrap_err().name(), "expired");
    let second = desk.with(|files| card_rotate(files, &terms(today))).unwrap();
    let keys = &second.content().keys;
    assert_eq!((keys.len(), keys[0].not_after), (2, today + Duration::days(365)));
    assert!(first.content().keys.iter().all(|old| keys.iter().all(|new| new.public != old.public)));
    desk.assert_all_secrets_are_here();
}

#[test]
fn what_goes_wrong_leaves_the_old_card_and_every_secret() {
    let desk = Desk::new();
    let first = desk.with(|files| card_new(files, &new_card(&[KeyKind::Classic]), &terms(TODAY))).unwrap();
    let rotate = || desk.with(|files| card_rotate(files, &terms(TODAY + Duration::days(1))));
    let secrets = || fs::read_to_string(desk.path("keys.txt")).unwrap();
    let before = secrets();
    // A folder where the new key file is prepared: nothing was added, so nothing is published.
    fs::create_dir(desk.path("keys.txt.amparo-new")).unwrap();
    rotate().unwrap_err();
    assert_eq!((card_read(&desk.path("desk.card")).unwrap(), secrets()), (first.clone(), before.clone()));
    fs::remove_dir(desk.path("keys.txt.amparo-new")).unwrap();
    // A folder where the new card is prepared: the secret is already there when publishing fails.
    fs::create_dir(desk.path("desk.card.amparo-new")).unwrap();
    rotate().unwrap_err();
    assert_eq!(card_read(&desk.path("desk.card")).unwrap(), first);
    assert!(secrets().starts_with(&before) && secrets().len() > before.len());
    fs::remove_dir(desk.path("desk.card.amparo-new")).unwrap();
    // What a process that was killed left behind is in nobody's way.
    fs::write(desk.path("keys.txt.amparo-new"), &before[..before.len() / 2]).unwrap();
    fs::write(desk.path("desk.card.amparo-new"), b"half").unwrap();
    rotate().unwrap();
    desk.assert_all_secrets_are_here();
    assert_eq!(desk.files(), ["desk.card", "keys.txt", "signing.key"]);
    // A key file that ends without a line break, as editors leave it.
    fs::write(desk.path("keys.txt"), secrets().trim_end()).unwrap();
    rotate().unwrap();
    desk.assert_all_secrets_are_here();
}

#[test]
fn what_does_not_belong_together_is_refused_and_nothing_changes() {
    let desk = Desk::new();
    desk.with(|files| card_new(files, &new_card(&[KeyKind::Classic]), &terms(TODAY))).unwrap();
    let other = Desk::new();
    other.with(|files| card_new(files, &new_card(&[KeyKind::Classic]), &terms(TODAY))).unwrap();
    let all = || ["desk.card", "signing.key", "keys.txt"].map(|name| fs::read(desk.path(name)).unwrap());
    let before = all();
    let card = desk.path("desk.card");
    let rotate = |card: &PathBuf, signing_key: &PathBuf, identities: &PathBuf| {
        card_rotate(&CardFiles { card, signing_key, identities }, &terms(TODAY))
    };
    let (key, identities) = (desk.path("signing.key"), desk.path("keys.txt"));
    assert_eq!(rotate(&card, &other.path("signing.key"), &identities), Err(DeskError::OtherSigningKey));
    assert_eq!(rotate(&card, &key, &other.path("keys.txt")), Err(DeskError::MissingSecret));
    assert_eq!(rotate(&card, &identities, &identities), Err(DeskError::NotASigningKey));
    assert_eq!(rotate(&card, &card, &identities), Err(DeskError::NotASigningKey));
    assert_eq!(rotate(&key, &key, &identities), Err(DeskError::Card(CardError::NotACard)));
    assert_eq!(rotate(&card, &desk.path("none"), &identities), Err(DeskError::Missing));
    assert!(matches!(rotate(&card, &key, &card), Err(DeskError::NotAKeyFile | DeskError::KeyFile(_))));
    let folder = desk.folder.path().to_owned();
    assert_eq!(rotate(&folder, &key, &identities), Err(DeskError::Card(CardError::NotACard)));
    let late = KeyTerms { expires: TODAY - Duration::days(1), ..terms(TODAY) };
    assert!(matches!(desk.with(|files| card_rotate(files, &late)), Err(DeskError::Card(CardError::Malformed { .. }))));
    // Two cards of one version must not come about.
    let locked = fs::File::open(&key).unwrap();
    locked.lock().unwrap();
    assert_eq!(rotate(&card, &key, &identities), Err(DeskError::Busy));
    drop(locked);
    // A digit of the signing key that changed.
    let text = fs::read_to_string(&key).unwrap();
    let last = text.trim_end().chars().last().unwrap();
    let changed = desk.path("changed.key");
    fs::write(
        &changed,
        format!("{}{}\n", &text.trim_end()[..text.trim_end().len() - 1], if last == '0' { '1' } else { '0' }),
    )
    .unwrap();
    assert_eq!(rotate(&card, &changed, &identities), Err(DeskError::NotASigningKey));
    assert_eq!(all(), before);
}

#[test]
fn a_first_card_writes_over_nothing_and_joins_a_key_file_that_is_there() {
    let desk = Desk::new();
    keygen(&desk.path("keys.txt"), KeyKind::PostQuantum).unwrap();
    let before = fs::read_to_string(desk.path("keys.txt")).unwrap();
    let make = |new: &NewCard| desk.with(|files| card_new(files, new, &terms(TODAY)));
    let bad = NewCard { name: "Line\n".into(), ..new_card(&[KeyKind::Classic]) };
    assert!(matches!(make(&bad), Err(DeskError::Card(CardError::Malformed { what: "name" }))));
    assert!(matches!(make(&new_card(&[])), Err(DeskError::Card(CardError::Malformed { .. }))));
    assert_eq!(desk.files(), ["keys.txt"]);
    let card = make(&new_card(&[KeyKind::PostQuantum])).unwrap();
    let after = fs::read_to_string(desk.path("keys.txt")).unwrap();
    assert!(after.starts_with(&before));
    assert_eq!(load_identities(&desk.path("keys.txt")).unwrap().len(), 3);
    assert_eq!(make(&new_card(&[KeyKind::PostQuantum])), Err(DeskError::Exists));
    fs::rename(desk.path("desk.card"), desk.path("moved.card")).unwrap();
    assert_eq!(make(&new_card(&[KeyKind::PostQuantum])), Err(DeskError::Exists), "the signing key is there");
    assert_eq!(desk.files(), ["keys.txt", "moved.card", "signing.key"]);
    assert_eq!(fs::read_to_string(desk.path("keys.txt")).unwrap(), after);
    // A key file that cannot be read is not added to, and no signing key stays behind.
    fs::remove_file(desk.path("signing.key")).unwrap();
    fs::write(desk.path("keys.txt"), "no key\n").unwrap();
    assert!(matches!(make(&new_card(&[KeyKind::PostQuantum])), Err(DeskError::KeyFile(_))));
    assert_eq!(desk.files(), ["keys.txt", "moved.card"]);
    assert_eq!(card_read(&desk.path("moved.card")).unwrap(), card);
}

#[test]
fn keys_of_a_card_that_is_made_anew_too_early_still_follow_one_another() {
    let desk = Desk::new();
    desk.with(|files| card_new(files, &new_card(&[KeyKind::PostQuantum]), &terms(TODAY))).unwrap();
    for _ in 0..3 {
        let card = desk.with(|files| card_rotate(files, &terms(TODAY))).unwrap();
        let ends: Vec<Date> = card.content().keys.iter().map(|key| key.not_after).collect();
        assert_eq!((ends.len(), ends[1] - ends[0]), (2, Duration::days(365)));
        assert_eq!(card.content().expires, ends[1]);
        desk.assert_all_secrets_are_here();
    }
}
