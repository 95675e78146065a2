//! A statement on a saved record and its signature file, as a desk reads them from a stranger.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_fuzz::{join, parts, seed};
use amparo_report::disclosure::{RECORD_INCIDENT, Statement};
use libfuzzer_sys::fuzz_target;

static SIGNED: OnceLock<Vec<u8>> = OnceLock::new();

fn setup() {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [6; 32]));
    let statement = Statement {
        record: RECORD_INCIDENT.to_owned(),
        id: [1; 16],
        revision: 3,
        root: [2; 32],
        leaves: 64,
        time: "2026-03-14T18:42:07Z".to_owned(),
        core: "0.1.0".to_owned(),
    };
    let bytes = statement.to_json().expect("a good statement can be written");
    let signature = Statement::sign(&bytes, &key).expect("a statement can be signed");
    seed("disclosure_statement", [("signed", join(&[&bytes, &signature]))]);
    let _ = SIGNED.set(bytes);
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let [bytes, signature] = parts(data);
    if let Ok(statement) = Statement::parse(bytes) {
        let written = statement.to_json().expect("what was read can be written");
        assert_eq!(Statement::parse(&written).as_ref(), Ok(&statement), "a statement does not survive being written");
    }
    let ours = SigningKey::from_seed(&SecretKey::take(&mut [6; 32])).verifying_key().to_bytes();
    if Statement::verify(bytes, signature, Some(&ours)).is_ok() {
        assert_eq!(SIGNED.get().map(Vec::as_slice), Some(bytes), "a statement verified that was never signed");
    }
});
