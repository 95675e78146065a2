//! Channel forms as their users meet them: what a form says of an incident, what stops a report, and what is left out of it.

#![allow(missing_docs)]

use std::{fs, path::Path};

use amparo_tests::command::{Answer, Place};
use serde_json::{Value, json};

const UN: &str = "un-special-rapporteur-hrd";

struct Scene {
    place: Place,
    vault: String,
    pack: String,
}

impl Scene {
    /// A vault, and the starter pack signed by a key of its own.
    fn new() -> Self {
        let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
        place.create_vault();
        let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/starter");
        let (key, built, pack) = (path("publisher.key"), path("built"), path("starter.pack"));
        for args in [
            &["pack", "keygen", "-o", &key][..],
            &["pack", "build", sources.to_str().unwrap(), "-o", &built, "--on", "2026-11-25"],
            &["pack", "sign", &built, "--key", &key, "-o", &pack],
        ] {
            let answer = place.run(args);
            assert_eq!(answer.code, 0, "{args:?}: {}{}", answer.out, answer.err);
        }
        let vault = place.vault().to_str().unwrap().to_owned();
        Self { place, vault, pack }
    }

    fn incident(&self, record: &Value) -> String {
        let file = self.place.path("record.json");
        fs::write(&file, record.to_string()).unwrap();
        let args = ["incident", "new", &self.vault, "--json-file", file.to_str().unwrap()];
        self.place.json(&args)["id"].as_str().unwrap().to_owned()
    }

    fn check(&self, incident: &str, form: &str, more: &[&str]) -> Answer {
        let args = ["report", "check", &self.vault, "--incident", incident, "--form", form, "--pack", &self.pack];
        self.place.run(&[&args[..], more].concat())
    }

    /// The check as data, whatever its exit code.
    fn checked(&self, incident: &str, form: &str) -> (i32, Value) {
        let answer = self.check(incident, form, &["--json"]);
        (answer.code, serde_json::from_str(&answer.out).unwrap())
    }
}

fn victim(answers: &Value) -> Value {
    json!({
        "narrative": "They took her.",
        "persons": [
            {"role": "defender", "name": "NameOfVictim",
             "consent": {"status": "granted", "scope": ["un_procedure", "platform"], "purposes": answers}},
            {"role": "witness", "name": "NameOfWitness", "consent": {"status": "granted", "scope": ["un_procedure", "platform"]}}
        ]
    })
}

#[test]
fn a_form_is_shown_in_the_readers_language_and_says_what_stops_a_report() {
    let scene = Scene::new();
    let yes = json!({"purpose": "letter_to_authorities", "allowed": true});
    let unasked = scene.incident(&victim(&json!([yes])));
    let answer = scene.check(&unasked, UN, &["--language", "ar"]);
    assert_eq!(answer.code, 1, "{}{}", answer.out, answer.err);
    let lines: Vec<&str> = answer.out.lines().filter(|line| !line.is_empty()).collect();
    // Every line has the direction of its script, and ids cannot turn it.
    assert!(lines.iter().all(|line| line.starts_with('\u{200f}')), "{}", answer.out);
    assert!(answer.out.contains("\u{2068}/occurred/from\u{2069}") && answer.out.contains("مطلوب"), "{}", answer.out);
    assert!(!answer.out.contains("NameOf"), "nothing that was entered");
    let (code, said) = scene.checked(&unasked, UN);
    assert_eq!((code, &said["can_be_sealed"], &said["complete"]), (1, &json!(false), &json!(false)));
    assert_eq!(said["consent"], json!([{"person": 0, "gap": "not_asked", "purpose": "publication"}]));
    assert_eq!(said["fields"][0]["field"], "acts");
    assert_eq!(said["fields"][0]["level"], "required");
    // Both answered: it can be sealed, although much is missing.
    let no = json!({"purpose": "publication", "allowed": false});
    let asked = scene.incident(&victim(&json!([yes, no])));
    let (code, said) = scene.checked(&asked, UN);
    assert_eq!((code, &said["can_be_sealed"], &said["complete"]), (0, &json!(true), &json!(false)));
    // Sealing keeps to the same.
    let desk = scene.place.path("desk.key");
    let key = scene.place.json(&["desk", "keygen", "-o", desk.to_str().unwrap()]);
    let recipient = key["recipient"].as_str().unwrap().to_owned();
    let report = scene.place.path("report.age");
    let seal = |incident: &str| {
        let args =
            ["report", "seal", &scene.vault, "--incident", incident, "--to", &recipient, "--kind", "un_procedure"];
        let form = ["--form", UN, "--pack", &scene.pack, "-o", report.to_str().unwrap()];
        scene.place.run(&[&args[..], &form].concat())
    };
    let refused = seal(&unasked);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("/persons/0") && !refused.err.contains("NameOf"), "{}", refused.err);
    assert!(!report.exists());
    let sealed = seal(&asked);
    assert_eq!(sealed.code, 0, "{}{}", sealed.out, sealed.err);
    assert!(report.exists());
}

#[test]
fn a_preview_with_a_form_leaves_out_what_the_channel_must_not_get() {
    let scene = Scene::new();
    let incident = scene.incident(&victim(&json!([])));
    let desk = scene.place.path("desk.key");
    let key = scene.place.json(&["desk", "keygen", "-o", desk.to_str().unwrap()]);
    let recipient = key["recipient"].as_str().unwrap().to_owned();
    let args = ["report", "preview", &scene.vault, "--incident", &incident, "--to", &recipient, "--kind", "platform"];
    let plain = scene.place.json(&args);
    let with = scene.place.json(&[&args[..], &["--form", "platform-trust-safety", "--pack", &scene.pack]].concat());
    assert!(plain["groups"][0]["report"].to_string().contains("NameOfWitness"));
    let report = with["groups"][0]["report"].to_string();
    assert!(report.contains("NameOfVictim") && !report.contains("NameOfWitness"));
    assert!(
        with["groups"][0]["withheld"].as_array().unwrap().contains(&json!({"field": "/persons/1", "reason": "form"}))
    );
    assert_eq!(with["groups"][0]["form"][0]["field"], "harm");
    // A form of an installed pack needs no file; one that nobody has is said to be so.
    let none = scene.place.run(&[&args[..], &["--form", "platform-trust-safety"]].concat());
    assert_eq!(none.code, 3);
    assert!(none.err.contains("amparo pack install"), "{}", none.err);
    let verified = scene.place.run(&["pack", "verify", &scene.pack, "--json"]);
    let verified: Value = serde_json::from_str(&verified.out).unwrap();
    let fingerprint = verified["fingerprint"].as_str().unwrap().to_owned();
    let install = scene.place.run(&["pack", "install", &scene.vault, &scene.pack, "--accept", &fingerprint]);
    assert_eq!(install.code, 0, "{}{}", install.out, install.err);
    let installed = scene.place.json(&[&args[..], &["--form", "platform-trust-safety"]].concat());
    assert_eq!(installed["groups"][0]["withheld"], with["groups"][0]["withheld"]);
    let other = scene.check(&incident, "no-such-form", &[]);
    assert_eq!(other.code, 3);
}
