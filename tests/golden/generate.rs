//! Writes golden files, once for each format: see `tests/golden/README.md`. Never called by an ordinary test run.

use std::{fs, path::Path};

use amparo_core::{
    Amparo, CORE_VERSION, CreateOptions, EvidenceId, IncidentId, KdfParams, ReportId,
    evidence::{Evidence, ImportRequest, no_progress},
    report::{ReportRequest, SenderMode, Shown},
};
use amparo_crypto::{
    age::{Identity, KeyKind},
    hash::sha256,
};
use amparo_desk::{keygen, load_identities};
use amparo_report::hex;
use serde_json::{Map, Value, json};

use crate::{
    clock,
    content::{
        KINDS, NAMES, NOTES, ONE_SENTENCE, PASSPHRASE, REPORTS, TWO_SENTENCES, captured, evidence_bytes, full_incident,
        many_scripts,
    },
    custody_lines, go, header_json, incident_json, passphrase, read_all, record_json, unlock,
};

/// Fills the empty folder `root`.
pub fn generate(root: &Path) {
    let vault = root.join("vault");
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let amparo = Amparo::create(&vault, &passphrase(PASSPHRASE), &options, clock()).unwrap();
    let incidents = enter_incidents(&amparo);
    let evidence = enter_evidence(&amparo, &incidents);
    let sealed = seal_reports(&amparo, root, &incidents);

    let first = amparo.incidents().get_revision(incidents[1], 1).unwrap();
    let now = |id: IncidentId| incident_json(&amparo.incidents().get(id).unwrap());
    let custody_key = amparo.custody().verifying_key().unwrap();
    let expected_evidence: Vec<Evidence> = evidence.iter().map(|id| amparo.evidence().get(*id).unwrap()).collect();
    let mut expected = json!({
        "core": CORE_VERSION,
        "header": header_json(&vault),
        "custody_key": hex::encode(&custody_key.to_bytes()),
        "incidents": [
            { "now": now(incidents[0]) },
            { "now": now(incidents[1]), "first": incident_json(&first) },
            { "now": now(incidents[2]) },
        ],
        "evidence": expected_evidence,
        "reports": expected_reports(&amparo, root, &sealed),
    });
    let lines = custody_lines(&amparo).into_iter().flat_map(|line| [&line[..], b"\n"].concat());
    fs::write(root.join("custody.jsonl"), lines.collect::<Vec<u8>>()).unwrap();
    // The last head is signed at the lock.
    amparo.lock().unwrap();
    let locked = unlock(&vault);
    fs::write(root.join("custody-head.txt"), locked.custody().head().unwrap().unwrap()).unwrap();
    locked.lock().unwrap();
    // Of a folder without files, git keeps nothing.
    expected["empty_folders"] = json!(read_all(root).1);
    fs::write(root.join("expected.json"), format!("{expected:#}\n")).unwrap();
}

fn enter_incidents(amparo: &Amparo) -> [IncidentId; 3] {
    let full = amparo.incidents().create(full_incident()).unwrap();
    let short = amparo.incidents().create(ONE_SENTENCE).unwrap();
    amparo.incidents().save(short.id, short.revision, TWO_SENTENCES.into()).unwrap();
    let scripts = amparo.incidents().create(many_scripts()).unwrap();
    [full.id, short.id, scripts.id]
}

fn enter_evidence(amparo: &Amparo, incidents: &[IncidentId; 3]) -> Vec<EvidenceId> {
    let of = [Some(incidents[0]), Some(incidents[0]), None];
    let mut ids = Vec::new();
    for (n, bytes) in evidence_bytes().iter().enumerate() {
        let request = ImportRequest {
            incident: of[n],
            // What the first bytes say, where nobody knows better.
            kind: (n == 1).then(|| KINDS[n].clone()),
            file_name: NAMES[n].map(str::to_owned),
            captured_at: (n == 0).then(captured),
            note: NOTES[n].filter(|_| n != 1).map(str::to_owned),
            language: (n == 1).then(|| "ru".to_owned()),
            ..ImportRequest::default()
        };
        let size = Some(bytes.len() as u64);
        ids.push(amparo.evidence().import(&bytes[..], size, request, &mut no_progress).unwrap().id);
    }
    amparo.evidence().record_viewed(ids[0]).unwrap();
    amparo.evidence().set_note(ids[1], NOTES[1].map(str::to_owned)).unwrap();
    amparo.evidence().attach(ids[1], incidents[1]).unwrap();
    amparo.evidence().export(ids[1], Vec::new(), &mut no_progress).unwrap();
    ids
}

fn seal_reports(amparo: &Amparo, root: &Path, incidents: &[IncidentId; 3]) -> [ReportId; 2] {
    fs::create_dir(root.join("keys")).unwrap();
    fs::create_dir(root.join("reports")).unwrap();
    let [(case, desk_key), (anonymous, lawyer_key)] = REPORTS.map(|(file, key)| (root.join(file), root.join(key)));
    let desk = keygen(&desk_key, KeyKind::PostQuantum).unwrap();
    let other_desk = Identity::generate(KeyKind::PostQuantum).unwrap().recipient();
    let shown = Shown::EVERYTHING;
    let request =
        ReportRequest::new(incidents[0], amparo_core::incident::RecipientKind::LAWYER, vec![desk, other_desk])
            .choosing(&amparo_core::report::FieldChoice { shown, ..Default::default() });
    let first = amparo.reports().seal_file(&request, &case, &mut no_progress).unwrap();
    let lawyer = keygen(&lawyer_key, KeyKind::Classic).unwrap();
    let request = ReportRequest {
        sender: SenderMode::Anonymous,
        ..ReportRequest::new(incidents[1], amparo_core::incident::RecipientKind::LAWYER, vec![lawyer])
    };
    let second = amparo.reports().seal_file(&request, &anonymous, &mut no_progress).unwrap();
    [first[0].id, second[0].id]
}

fn expected_reports(amparo: &Amparo, root: &Path, sealed: &[ReportId; 2]) -> Vec<Value> {
    let opened = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    for (index, (file, key)) in REPORTS.into_iter().enumerate() {
        let identities = load_identities(&root.join(key)).unwrap();
        let outdir = opened.path().join(index.to_string());
        let sender =
            amparo_desk::open(&root.join(file), &identities, &outdir, &mut go).unwrap().verdict.sender.unwrap();
        let hashes: Map<String, Value> = read_all(&outdir)
            .0
            .iter()
            .map(|(path, bytes)| (path.clone(), hex::encode(&sha256(bytes)).into()))
            .collect();
        out.push(json!({
            "sha256": hex::encode(&sha256(&fs::read(root.join(file)).unwrap())),
            "sender": { "mode": sender.mode, "public_key": sender.public_key },
            "files": hashes,
            "record": record_json(&amparo.reports().get(sealed[index]).unwrap()),
        }));
    }
    out
}
