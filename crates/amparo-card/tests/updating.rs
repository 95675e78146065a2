//! Which card may take the place of the one that is trusted: each refusal by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use amparo_card::{Card, CardContent, CardError, CardId, Change, Signer};
use common::{content, key, other_key};
use proptest::prelude::*;
use time::{Date, macros::date};

const TODAY: Date = date!(2026 - 12 - 01);

fn changed(edit: impl FnOnce(&mut CardContent)) -> Card {
    let mut content = content();
    edit(&mut content);
    content.sign(&key()).unwrap()
}

#[test]
fn each_refusal_has_its_name() {
    let trusted = content().sign(&key()).unwrap().trusted();
    let over = |card: &Card| card.supersedes(&trusted, Some(TODAY));
    assert_eq!(over(&changed(|_| {})), Ok(Change::Unchanged));
    assert_eq!(over(&changed(|c| c.version = 4)), Ok(Change::Newer { from: 3 }));
    assert_eq!(over(&changed(|c| c.version = 2)), Err(CardError::Rollback { offered: 2, trusted: 3 }));
    assert_eq!(over(&changed(|c| c.name = "Other".into())), Err(CardError::VersionReused { version: 3 }));
    let other = changed(|c| {
        c.id = CardId::from_bytes([1; 16]);
        c.version = 4;
    });
    assert_eq!(over(&other), Err(CardError::OtherCard));
    let mut newer = content();
    newer.version = 9;
    let theirs = newer.sign(&other_key()).unwrap();
    let (offered, ours) = (Signer::from(other_key().verifying_key()), Signer::from(key().verifying_key()));
    let refused = over(&theirs).unwrap_err();
    assert_eq!(refused, CardError::OtherSigner { offered, trusted: ours });
    let said = refused.to_string();
    assert!(
        said.contains(&offered.fingerprint().to_string()) && said.contains(&ours.fingerprint().to_string()),
        "{said}"
    );
    // A card of another signer is never called a rollback or expired: what it says of itself is worth nothing.
    for version in [1, 3] {
        newer.version = version;
        newer.expires = newer.issued;
        newer.keys.truncate(1);
        assert_eq!(over(&newer.sign(&other_key()).unwrap()).unwrap_err().name(), "other_signer");
    }
}

#[test]
fn dates_are_days_and_may_be_left_out() {
    let trusted = content().sign(&key()).unwrap().trusted();
    let newer = changed(|c| c.version = 4);
    let on = |day| newer.supersedes(&trusted, Some(day));
    assert_eq!(on(date!(2028 - 11 - 24)), Ok(Change::Newer { from: 3 }));
    let expired = CardError::Expired { expires: date!(2028 - 11 - 24) };
    assert_eq!(on(date!(2028 - 11 - 25)), Err(expired));
    assert_eq!(newer.check_dates(date!(2028 - 11 - 25)), Err(expired));
    assert_eq!(on(date!(2020 - 01 - 01)), Ok(Change::Newer { from: 3 }), "issued in the future");
    assert_eq!(newer.supersedes(&trusted, None), Ok(Change::Newer { from: 3 }));
    // The trusted card itself, once it expired, says so too.
    assert_eq!(changed(|_| {}).supersedes(&trusted, Some(date!(2029 - 01 - 01))), Err(expired));
}

proptest! {
    #[test]
    fn versions_only_ever_rise(versions in proptest::collection::vec(1u64..6, 1..12)) {
        let mut trusted = changed(|c| c.version = 1).trusted();
        for (step, version) in versions.into_iter().enumerate() {
            let card = changed(|c| {
                c.version = version;
                c.name = format!("step {}", if version == 1 { 0 } else { step });
            });
            let before = trusted;
            match card.supersedes(&trusted, Some(TODAY)) {
                Ok(Change::Newer { from }) => {
                    prop_assert!(from == before.version && version > from);
                    trusted = card.trusted();
                }
                Ok(Change::Unchanged) => prop_assert_eq!(card.trusted(), before),
                Err(CardError::Rollback { .. }) => prop_assert!(version < before.version),
                Err(CardError::VersionReused { .. }) => prop_assert!(version == before.version && card.digest() != before.digest),
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }
}
