//! The JSON Schemas in docs/schemas are those of the types, and other people's software judges real exports by them as it should:
//! PyPI's jsonschema. Without it that part is skipped aloud.

#![allow(missing_docs)]

use std::{env, fs, path::PathBuf, process::Command, sync::Arc};

use amparo_core::{
    Amparo, CreateOptions, KdfParams, Passphrase, SystemClock,
    evidence::{ImportRequest, no_progress},
    incident::{Incident, IncidentQuery},
    interchange::{ExportOptions, Format, ImportPolicy, schemas},
};
use amparo_tests::external;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas")
}

#[test]
fn the_schemas_in_the_documentation_are_those_of_the_types() {
    let rewrite = env::var_os("AMPARO_WRITE_SCHEMAS").is_some();
    for (name, schema) in schemas::all() {
        let text = format!("{schema:#}\n");
        let path = folder().join(name);
        if rewrite {
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "{name} is not what the types say: AMPARO_WRITE_SCHEMAS=1 cargo test -p amparo-tests --test schemas"
        );
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}

fn incident() -> Value {
    json!({
        "schema": "amparo.incident/1", "id": "00112233445566778899aabbccddeeff", "revision": 1,
        "created": {"time": "2026-11-23T10:20:30Z", "clock": "device"}, "modified": {"time": "2026-11-24T10:20:30Z", "clock": "later"},
        "narrative": "اعتقال 🕯️", "acts": [{"code": "drone_strike", "x": 0}, {"code": "threat"}],
        "occurred": {"from": "2024-02-29T10:00+05:30", "precision": "circa"}, "status": null,
        "place": {"text": "x", "coordinates": {"latitude": 1, "longitude": 2.5}},
        "persons": [{"role": "victim", "consent": {"status": "granted", "scope": ["lawyer", "another"]}}], "field_of_tomorrow": {"a": [1]},
    })
}

/// What must be changed in a good incident to make it a bad one.
fn bad() -> Vec<Value> {
    let change = |path: &str, value: Value| {
        let mut record = incident();
        *record.pointer_mut(path).unwrap() = value;
        record
    };
    vec![
        change("/schema", json!("amparo.incident/2")),
        change("/id", json!("00112233445566778899AABBCCDDEEFF")),
        change("/revision", json!(-1)),
        change("/created/time", json!("2026-11-23")),
        change("/created", json!({})),
        change("/narrative", json!(7)),
        change("/acts/0/code", json!("Drone Strike")),
        change("/acts/0", json!({})),
        change("/occurred/from", json!("2024-13")),
        change("/occurred/from", json!("yesterday")),
        change("/persons/0/consent/scope/0", json!("A B")),
        change("/place/coordinates/latitude", json!("north")),
        json!([]),
    ]
}

/// The answers of PyPI's jsonschema: whether each value is valid.
fn judged(python: &PathBuf, schema: &str, values: &[Value]) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.json");
    fs::write(&path, Value::from(values.to_vec()).to_string()).unwrap();
    let script = "import json, sys, jsonschema\n\
        schema = json.load(open(sys.argv[1], encoding='utf-8'))\n\
        jsonschema.Draft202012Validator.check_schema(schema)\n\
        judge = jsonschema.Draft202012Validator(schema)\n\
        print(json.dumps([judge.is_valid(v) for v in json.load(open(sys.argv[2], encoding='utf-8'))]))";
    let out = Command::new(python).arg("-c").arg(script).arg(folder_of(schema)).arg(&path).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn folder_of(schema: &str) -> PathBuf {
    folder().join(schema)
}

#[test]
fn real_exports_are_valid_and_bad_ones_are_not() {
    let Some(python) = external::python("JSON Schemas against the Python package jsonschema") else { return };
    let answers = judged(&python, "amparo.incident-1.json", &[incident()]);
    assert_eq!(answers, [true]);
    for (record, valid) in bad().iter().zip(judged(&python, "amparo.incident-1.json", &bad())) {
        assert!(!valid, "{record}");
        assert!(Incident::from_json(record.to_string().as_bytes()).is_err(), "the import says the same: {record}");
    }

    let home = tempfile::tempdir().unwrap();
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let passphrase = Passphrase::new(amparo_tests::PASSPHRASE.as_bytes()).unwrap();
    let amparo = Amparo::create(&home.path().join("v"), &passphrase, &options, Arc::new(SystemClock)).unwrap();
    let file = json!({"schema": "amparo.export/1", "incidents": [incident()]}).to_string();
    amparo.interchange().import(file.as_bytes(), ImportPolicy::default(), &mut no_progress).unwrap();
    let made = amparo.incidents().create("one").unwrap();
    let made = amparo.incidents().save(made.id, 1, "two".into()).unwrap();
    let request =
        ImportRequest { incident: Some(made.id), note: Some("ملاحظة".into()), ..ImportRequest::default() };
    amparo.evidence().import(&b"some text"[..], None, request, &mut no_progress).unwrap();
    let export = |format| {
        let options = ExportOptions { format, revisions: true, evidence: true };
        let mut out = Vec::new();
        amparo.interchange().export(&IncidentQuery::default(), options, &mut out, &mut no_progress).unwrap();
        String::from_utf8(out).unwrap()
    };
    let document: Value = serde_json::from_str(&export(Format::Json)).unwrap();
    assert_eq!(["incidents", "revisions", "evidence"].map(|part| document[part].as_array().unwrap().len()), [2, 1, 1]);
    assert_eq!(judged(&python, "amparo.export-1.json", std::slice::from_ref(&document)), [true]);
    for line in export(Format::JsonLines).lines().skip(1) {
        let record: Value = serde_json::from_str(line).unwrap();
        let name = record["schema"].as_str().unwrap().replace('/', "-") + ".json";
        assert_eq!(judged(&python, &name, &[record]), [true], "{line}");
    }
    let mut wrong = document;
    wrong["evidence"][0]["sha256"] = json!("00");
    assert_eq!(judged(&python, "amparo.export-1.json", &[wrong]), [false]);
}
