//! The opened fields of a report and what it shows: damaged, they never prove a field that was not saved so.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_fuzz::{damage, damage_seeds_after, join, parts, seed};
use amparo_report::disclosure::{Commitment, RECORD_INCIDENT, Statement, verify};
use libfuzzer_sys::fuzz_target;

struct Saved {
    key: [u8; 32],
    statement: Vec<u8>,
    signature: Vec<u8>,
    shown: Vec<u8>,
}

static SAVED: OnceLock<Saved> = OnceLock::new();
const RECORD: &str =
    r#"{"title":"T","number":1.5,"persons":[{"name":"A","role":"victim"},{"name":"B","role":"witness"}]}"#;
const SHOWN: &str = r#"{"title":"T","persons":[{"name":"B","role":"witness"}],"more":true}"#;

fn setup() {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [8; 32]));
    let record = serde_json::from_str(RECORD).expect("JSON");
    let commitment = Commitment::new(&record, &SecretKey::take(&mut [9; 32]));
    let statement = Statement {
        record: RECORD_INCIDENT.to_owned(),
        id: [1; 16],
        revision: 1,
        root: commitment.root(),
        leaves: commitment.size(),
        time: "2026-03-14T18:42:07Z".to_owned(),
        core: "0.1.0".to_owned(),
    };
    let statement = statement.to_json().expect("a good statement can be written");
    let signature = Statement::sign(&statement, &key).expect("a statement can be signed");
    let pairs = [("/title", "/title"), ("/persons/1/name", "/persons/0/name"), ("/persons/1/role", "/persons/0/role")];
    let pairs: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let openings = commitment.open(&pairs, &["/more".to_owned()]).and_then(|o| o.to_json()).expect("openings");
    let shown = join(&[&openings, SHOWN.as_bytes()]);
    seed(
        "disclosure_openings",
        damage_seeds_after(1).into_iter().chain([("whole".to_owned(), [vec![0], shown.clone()].concat())]),
    );
    let _ = SAVED.set(Saved { key: key.verifying_key().to_bytes(), statement, signature, shown });
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some(saved) = SAVED.get() else { return };
    let bytes = if choice % 2 == 0 { rest.to_vec() } else { damage(&saved.shown, rest) };
    let [openings, shown] = parts(&bytes);
    let Ok(incident) = serde_json::from_slice(shown) else { return };
    let report = verify(&saved.statement, &saved.signature, openings, &incident, Some(&saved.key));
    // What is neither said to be unsigned nor found wrong is as it was saved.
    if report.is_intact() && report.unsigned.is_empty() {
        let record: serde_json::Value = serde_json::from_str(RECORD).expect("JSON");
        if let Some(title) = incident.get("title") {
            assert_eq!(record.get("title"), Some(title), "a title was proven that was not saved");
        }
        for person in incident.get("persons").and_then(|p| p.as_array()).into_iter().flatten() {
            let saved = record.get("persons").and_then(|p| p.as_array()).into_iter().flatten();
            let same = |saved: &serde_json::Value| {
                person.as_object().is_some_and(|p| p.iter().all(|(key, value)| saved.get(key) == Some(value)))
            };
            assert!(saved.into_iter().any(same), "a person was proven that was not saved");
        }
    }
});
