//! A card for tests, and files made by hand.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "each test file uses some of it")]

use amparo_card::{Accepts, CardContent, CardId, CardKey, Endpoint, PublicKey};
use amparo_crypto::{
    SecretKey,
    age::{Identity, KeyKind},
    hash, labels,
    sign::SigningKey,
};
use serde_json::{Value, json};
use time::{Date, macros::date};

/// The key that signs in tests. Its seed is public: it signs nothing that anybody should believe.
pub fn key() -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [7; 32]))
}

pub fn other_key() -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [8; 32]))
}

/// A public key of this kind, the same for the same number.
pub fn public(kind: KeyKind, number: u8) -> PublicKey {
    PublicKey::Known(Identity::from_secret(kind, SecretKey::take(&mut [number; 32])).unwrap().recipient())
}

pub fn card_key(kind: KeyKind, number: u8, not_after: Date) -> CardKey {
    CardKey { public: public(kind, number), not_after }
}

/// Everything that a card can say.
pub fn content() -> CardContent {
    let endpoint = |kind: &str, value: &str| Endpoint { kind: kind.into(), value: value.into() };
    CardContent {
        id: CardId::from_bytes([0x5a; 16]),
        version: 3,
        name: "Línea de ayuda · خط المساعدة".into(),
        kind: "hotline".into(),
        languages: vec!["es".into(), "ar".into(), "pt-BR".into()],
        keys: vec![
            card_key(KeyKind::PostQuantum, 1, date!(2027 - 11 - 24)),
            card_key(KeyKind::Classic, 2, date!(2027 - 05 - 24)),
            card_key(KeyKind::PostQuantum, 3, date!(2028 - 11 - 24)),
            card_key(KeyKind::Classic, 4, date!(2027 - 11 - 24)),
        ],
        endpoints: vec![
            endpoint("https", "https://example.org/report"),
            endpoint("onion", &format!("http://{}.onion/", "a2".repeat(28))),
            endpoint("phone", "+353 1 210 0489"),
            endpoint("postal", "11 Rue de la Linière, 1060 Bruxelles"),
        ],
        accepts: Accepts {
            max_report_bytes: Some(104_857_600),
            max_evidence_bytes: Some(52_428_800),
            media_types: vec!["image/*".into(), "application/pdf".into()],
            form: Some("general-cso".into()),
        },
        policy_url: Some("https://example.org/privacy".into()),
        issued: date!(2026 - 11 - 24),
        expires: date!(2028 - 11 - 24),
    }
}

/// The body of [`content`], as JSON to be changed by hand.
pub fn body() -> Value {
    json!({
        "schema": "amparo.card/1", "card": "5a".repeat(16), "version": 3,
        "name": "Línea de ayuda · خط المساعدة", "kind": "hotline", "languages": ["es", "ar", "pt-BR"],
        "keys": [
            {"kind": "mlkem768x25519", "size": 1216, "not_after": "2027-11-24"},
            {"kind": "x25519", "size": 32, "not_after": "2027-05-24"},
            {"kind": "mlkem768x25519", "size": 1216, "not_after": "2028-11-24"},
            {"kind": "x25519", "size": 32, "not_after": "2027-11-24"}],
        "endpoints": [
            {"kind": "https", "value": "https://example.org/report"},
            {"kind": "onion", "value": format!("http://{}.onion/", "a2".repeat(28))},
            {"kind": "phone", "value": "+353 1 210 0489"},
            {"kind": "postal", "value": "11 Rue de la Linière, 1060 Bruxelles"}],
        "accepts": {"max_report_bytes": 104_857_600, "max_evidence_bytes": 52_428_800,
                    "media_types": ["image/*", "application/pdf"], "form": "general-cso"},
        "policy_url": "https://example.org/privacy", "issued": "2026-11-24", "expires": "2028-11-24"
    })
}

/// The raw keys of [`content`].
pub fn raw_keys() -> Vec<u8> {
    content().keys.iter().flat_map(|key| key.public.as_bytes().to_vec()).collect()
}

/// Any body and any keys, with the signature that only the holder of the key can make.
pub fn sign_bytes(body: &[u8], keys: &[u8]) -> Vec<u8> {
    let signed = [&u32::try_from(body.len()).unwrap().to_be_bytes(), body, keys].concat();
    let signature = key().sign(labels::CARD_SIGNATURE, &hash::sha256(&signed));
    [b"amparo.card/1\n".as_slice(), &key().verifying_key().to_bytes(), &signature, &signed].concat()
}
