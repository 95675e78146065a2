//! What is exported comes back as it was, into an empty vault and into one that has something of it; what is wrong in a file is
//! named, and everything else goes in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::ops::ControlFlow;

use amparo_core::{
    Amparo, CoreError, IncidentId,
    evidence::no_progress,
    incident::{ActCode, Incident, IncidentContent, IncidentQuery},
    interchange::{Conflict, ExportOptions, Format, ImportPolicy, ImportReport, Kind},
};
use common::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const ALL: [Format; 2] = [Format::Json, Format::JsonLines];

fn everything(format: Format) -> ExportOptions {
    ExportOptions { format, revisions: true, evidence: true }
}

fn export(amparo: &Amparo, options: ExportOptions) -> Vec<u8> {
    let mut out = Vec::new();
    let summary = amparo.interchange().export(&IncidentQuery::default(), options, &mut out, &mut no_progress).unwrap();
    assert_eq!(summary.bytes, out.len() as u64);
    assert!(summary.damaged.is_empty());
    out
}

fn policy(conflict: Conflict) -> ImportPolicy {
    ImportPolicy { conflict, dry_run: false }
}

fn bring(amparo: &Amparo, file: &[u8], conflict: Conflict) -> ImportReport {
    amparo.interchange().import(file, policy(conflict), &mut no_progress).unwrap()
}

/// Without the first record's stamp, which says when the export was made.
fn body(file: &[u8]) -> Vec<u8> {
    let at = file.iter().position(|b| *b == b'\n').unwrap();
    file[at..].to_vec()
}

fn all(amparo: &Amparo) -> Vec<Incident> {
    let page = amparo.incidents().list(500, None).unwrap();
    let mut all: Vec<_> = page.incidents.iter().map(|i| amparo.incidents().get(i.id).unwrap()).collect();
    all.reverse();
    all
}

fn record(id: u8, revision: u32, narrative: &str) -> Value {
    json!({ "schema": "amparo.incident/1", "id": format!("{id:032x}"), "revision": revision,
        "created": {"time": "2026-01-01T00:00:00Z", "clock": "device"},
        "modified": {"time": format!("2026-01-{:02}T00:00:00Z", revision + 1), "clock": "device"}, "narrative": narrative })
}

fn lines(records: &[String]) -> Vec<u8> {
    let mut file = String::from("{\"schema\":\"amparo.export/1\"}\n");
    records.iter().for_each(|record| file.extend([record.as_str(), "\n"]));
    file.into_bytes()
}

fn document(records: &[String]) -> Vec<u8> {
    format!("{{\"schema\":\"amparo.export/1\",\"incidents\":[{}]}}", records.join(",")).into_bytes()
}

/// Both layouts of these records.
fn both(records: &[Value]) -> [Vec<u8>; 2] {
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    [document(&texts), lines(&texts)]
}

fn id(n: u8) -> IncidentId {
    IncidentId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n])
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{1,20}",
        Just("اعتقال في القاهرة".into()),
        Just("🕯️👩🏽‍⚖️\u{202e}x\u{0000}\"\\\n".into()),
        Just("é".repeat(900))
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((words(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn unknown() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec(("x_\\PC{0,8}", anything()), 0..3).prop_map(|pairs| pairs.into_iter().collect())
}

/// All parts of the model, each with fields and codes of a newer version.
fn content() -> impl Strategy<Value = IncidentContent> {
    let code = "[a-z0-9][a-z0-9_.-]{0,20}";
    let parts = (words(), words(), code, unknown(), unknown(), unknown(), any::<[u8; 16]>(), any::<f64>());
    (parts, prop::collection::vec("[a-z]{1,9}", 0..3), any::<u16>()).prop_map(|(parts, tags, which)| {
        let (title, text, code, a, b, c, id, number) = parts;
        let id: String = id.iter().map(|b| format!("{b:02x}")).collect();
        let has = |bit: u16| which & (1 << bit) != 0;
        let with = |mut part: Value, more: &Map<String, Value>| {
            part.as_object_mut().unwrap().extend(more.clone());
            part
        };
        let mut record = json!({ "title": title.chars().take(100).collect::<String>(), "narrative": text });
        let mut set = |bit, name: &str, value: Value| {
            if has(bit) {
                record[name] = value;
            }
        };
        set(0, "acts", json!([with(json!({"code": code, "victims": [id], "description": text,
            "occurred": with(json!({"from": "2024-02-29T10:00+05:30", "precision": "circa"}), &b),
            "detention": with(json!({"place": text, "since": "2024", "lawyer_access": false}), &c), "evidence": [id]}), &a),
            {"code": "threat"}]));
        set(1, "occurred", with(json!({"from": "2024", "to": "2025-01", "precision": code}), &c));
        set(2, "place", with(json!({"text": "القاهرة", "country": "EG", "accuracy_m": number.abs() % 1e6,
            "coordinates": {"latitude": number % 90.0, "longitude": -0.1}, "precision": code}), &b));
        set(3, "status", json!(code));
        set(4, "perpetrators", json!([with(json!({"id": id, "kind": code, "number": which,
            "identifiers": [with(json!({"kind": "unit", "value": text}), &c)]}), &a)]));
        set(5, "online_harms", json!([with(json!({"kind": code, "urls": ["https://example.org/؟"], "reported":
            with(json!({"when": "2024-05", "reference": "r"}), &b), "evidence": [id]}), &c)]));
        set(6, "support_needs", json!([with(json!({"kind": code, "amount": with(json!({"value": "99.50", "currency": "EUR"}), &a)}), &c)]));
        set(7, "requested_actions", json!([with(json!({"kind": code, "by_when": "2027"}), &a)]));
        set(8, "actions_taken", json!([with(json!({"kind": code, "by": "x"}), &b)]));
        set(9, "related", json!([with(json!({"id": id, "relation": code}), &c)]));
        set(10, "draft", json!(true));
        set(11, "confidential", json!(["place"]));
        set(12, "tags", json!(tags));
        set(13, "language", json!("ar-EG"));
        set(14, "sources", json!([with(json!({"kind": code, "description": text, "obtained": "2024-12"}), &a)]));
        record["persons"] = json!([with(json!({"id": id, "role": code, "name": text, "consent": with(json!({"status": code,
            "scope": ["lawyer", code], "when": "2024", "revocable": true}), &b), "safe_contact": with(json!({"method": code,
            "never_use": [code]}), &c)}), &a)]);
        let mut record = with(record, &a);
        if tags.is_empty() {
            record.as_object_mut().unwrap().remove("tags");
        }
        serde_json::from_value(record).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_comes_back_as_it_was(contents in prop::collection::vec(content(), 1..5), edits in prop::collection::vec(content(), 0..3)) {
        let (_home, amparo) = Home::new();
        for content in contents {
            let mut incident = amparo.incidents().create(content).unwrap();
            for edit in &edits {
                incident = amparo.incidents().save(incident.id, incident.revision, edit.clone()).unwrap();
            }
            import(&amparo, incident.id, incident.id.to_string().as_bytes());
        }
        for format in ALL {
            let file = export(&amparo, everything(format));
            let (_other, fresh) = Home::new();
            let report = bring(&fresh, &file, Conflict::Refuse);
            prop_assert!(report.refused.is_empty() && report.stopped.is_none(), "{report:?}");
            prop_assert_eq!(all(&fresh), all(&amparo));
            for incident in all(&amparo) {
                for revision in amparo.incidents().revisions(incident.id).unwrap() {
                    prop_assert_eq!(fresh.incidents().get_revision(incident.id, revision.number).unwrap(),
                        amparo.incidents().get_revision(incident.id, revision.number).unwrap());
                }
                prop_assert_eq!(fresh.incidents().revisions(incident.id).unwrap(), amparo.incidents().revisions(incident.id).unwrap());
            }
            for again in ALL {
                prop_assert_eq!(body(&export(&fresh, everything(again))), body(&export(&amparo, everything(again))));
            }
            let report = bring(&fresh, &file, Conflict::Revision);
            prop_assert_eq!((report.created, report.updated, report.revisions, report.descriptions), (0, 0, 0, 0));
            prop_assert_eq!(body(&export(&fresh, everything(format))), body(&file));
            fresh.lock().unwrap();
        }
    }
}

#[test]
fn lists_and_searches_know_what_was_imported() {
    let (_home, amparo) = Home::new();
    let mut one = record(1, 3, "They came at night");
    one["acts"] = json!([{"code": "raid_search"}]);
    one["urgency"] = json!("imminent");
    bring(&amparo, &both(&[one])[0], Conflict::Skip);
    let query = IncidentQuery { act: Some(ActCode::RAID_SEARCH), ..IncidentQuery::default() };
    let page = amparo.incidents().query(&query, 10, None).unwrap();
    assert_eq!((page.incidents[0].id, page.incidents[0].revision), (id(1), 3));
    assert_eq!(amparo.search().incidents("night", 10, None).unwrap().hits.len(), 1);
    let entries = amparo.custody().verify().unwrap();
    assert!(format!("{entries:?}").contains("entries: 1"), "it is signed, and the log says so: {entries:?}");
    let saved = amparo.incidents().save(id(1), 3, "The next day".into()).unwrap();
    assert_eq!(saved.revision, 4);
}

#[test]
fn fields_that_this_version_cannot_hold_are_kept_where_they_stood() {
    let (_home, amparo) = Home::new();
    let mut one = record(1, 1, "x");
    one["created"]["zone"] = json!("Africa/Cairo");
    one["place"] = json!({"coordinates": {"latitude": 1, "longitude": 2, "altitude": 3}});
    one["status"] = json!(null);
    bring(&amparo, &both(&[one.clone()])[1], Conflict::Skip);
    let file: Value = serde_json::from_slice(&export(&amparo, ExportOptions::default())).unwrap();
    assert_eq!(file["incidents"][0], one);
    assert_eq!(bring(&amparo, &both(&[one])[0], Conflict::Refuse).unchanged, 1);
}

#[test]
fn what_the_vault_has_otherwise_is_skipped_refused_or_becomes_an_earlier_revision() {
    for file in both(&[record(1, 2, "theirs"), record(2, 1, "new")]) {
        let ours = both(&[record(1, 2, "ours")])[0].clone();
        let (_home, amparo) = Home::new();
        bring(&amparo, &ours, Conflict::Skip);
        let before = amparo.incidents().get(id(1)).unwrap();

        let report = bring(&amparo, &file, Conflict::Skip);
        assert_eq!((report.created, report.skipped, report.refused_count), (1, 1, 0));
        let report = bring(&amparo, &file, Conflict::Refuse);
        assert_eq!((report.unchanged, report.refused_count), (1, 1));
        assert!(matches!(report.refused[0].reason, CoreError::OtherVersion));
        assert_eq!(report.refused[0].reason.code(), 251);
        assert_eq!(report.refused[0].id, Some(id(1).to_string()));
        assert_eq!(amparo.incidents().get(id(1)).unwrap(), before);

        let report = bring(&amparo, &file, Conflict::Revision);
        assert_eq!((report.unchanged, report.updated, report.refused_count), (1, 1, 0));
        let now = amparo.incidents().get(id(1)).unwrap();
        assert_eq!((now.revision, now.content.narrative.as_str()), (3, "theirs"));
        assert_eq!(now.modified, before.modified, "when it was saved there");
        assert_eq!(amparo.incidents().get_revision(id(1), 2).unwrap(), before);
        // The same again, and the vault's own older state again.
        assert_eq!(bring(&amparo, &file, Conflict::Revision).unchanged, 2);
        assert_eq!(bring(&amparo, &ours, Conflict::Revision).unchanged, 1);
        assert_eq!(amparo.incidents().get(id(1)).unwrap(), now);
    }
}

#[test]
fn a_history_that_went_on_elsewhere_comes_back_with_all_its_revisions() {
    let (_home, here) = Home::new();
    let first = here.incidents().create("one").unwrap();
    let (_other, there) = Home::new();
    bring(&there, &export(&here, everything(Format::Json)), Conflict::Refuse);
    for text in ["two", "three", "four"] {
        let now = there.incidents().get(first.id).unwrap();
        there.incidents().save(first.id, now.revision, text.into()).unwrap();
    }
    for format in ALL {
        let report = bring(&here, &export(&there, everything(format)), Conflict::Revision);
        assert_eq!(report.refused_count, 0, "{report:?}");
        assert_eq!(body(&export(&here, everything(format))), body(&export(&there, everything(format))));
    }
}

#[test]
fn histories_that_parted_lose_nothing_of_either() {
    let (_home, amparo) = Home::new();
    let revision = |number: u32, text: &str| json!({"schema": "amparo.revision/1", "incident": format!("{:032x}", 1), "number": number, "record": record(1, number, text)});
    bring(&amparo, &both(&[record(1, 2, "ours")])[1], Conflict::Skip);
    let file = lines(
        &[record(1, 4, "theirs"), revision(1, "both"), revision(2, "other"), revision(3, "between")]
            .map(|r| r.to_string()),
    );
    let report = bring(&amparo, &file, Conflict::Revision);
    assert_eq!((report.updated, report.revisions, report.refused_count), (1, 2, 1));
    assert!(matches!(report.refused[0].reason, CoreError::RevisionTaken));
    let texts: Vec<_> = (1..=4).map(|n| amparo.incidents().get_revision(id(1), n).unwrap().content.narrative).collect();
    assert_eq!(texts, ["both", "ours", "between", "theirs"]);
    let before = export(&amparo, everything(Format::Json));
    bring(&amparo, &file, Conflict::Revision);
    assert_eq!(body(&export(&amparo, everything(Format::Json))), body(&before));
    // Of an incident that is kept as it is, nothing comes in.
    let (_home, amparo) = Home::new();
    bring(&amparo, &both(&[record(1, 2, "ours")])[1], Conflict::Skip);
    let report = bring(&amparo, &file, Conflict::Skip);
    assert_eq!((report.skipped, report.revisions, report.refused_count), (1, 0, 0));
    assert_eq!(amparo.incidents().revisions(id(1)).unwrap().len(), 1);
}

#[test]
fn evidence_that_is_elsewhere_stays_named_and_described() {
    let (_home, here) = Home::new();
    let incident = here.incidents().create("x").unwrap();
    let kept: Vec<_> = (0..3).map(|n| import(&here, incident.id, &photo(100 + n)).id).collect();
    here.evidence().set_note(kept[1], Some("ملاحظة".into())).unwrap();
    let file = export(&here, everything(Format::Json));
    let (_other, there) = Home::new();
    let report = bring(&there, &file, Conflict::Skip);
    assert_eq!((report.evidence_known, report.evidence_missing, report.descriptions), (0, 3, 3));
    assert_eq!(there.incidents().get(incident.id).unwrap().evidence, kept);
    assert!(matches!(there.evidence().get(kept[0]), Err(CoreError::EvidenceNotFound)));
    assert!(there.evidence().list(incident.id).unwrap().is_empty());
    assert_eq!(body(&export(&there, everything(Format::Json))), body(&file));
    // Where the bytes are, nothing is doubled, and what somebody detached stays detached.
    here.evidence().detach(kept[2], incident.id).unwrap();
    let report = bring(&here, &file, Conflict::Revision);
    assert_eq!((report.evidence_known, report.evidence_missing, report.descriptions, report.unchanged), (3, 0, 0, 1));
    assert_eq!(here.incidents().get(incident.id).unwrap().evidence, kept[..2]);
    // What is said of it later does not take the place of what was said first.
    here.evidence().attach(kept[2], incident.id).unwrap();
    here.evidence().set_note(kept[1], None).unwrap();
    let newer = export(&here, everything(Format::Json));
    assert_eq!(bring(&there, &newer, Conflict::Skip).skipped, 1);
    assert_eq!(bring(&there, &newer, Conflict::Refuse).refused[0].kind, Some(Kind::Evidence));
    assert_eq!(bring(&there, &newer, Conflict::Revision).descriptions, 1);
    assert_eq!(body(&export(&there, everything(Format::Json))), body(&newer));
    assert_eq!(bring(&there, &file, Conflict::Revision).descriptions, 0, "known");
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let revision = json!({"schema": "amparo.revision/1", "incident": format!("{:032x}", 2), "number": 1, "record": record(2, 1, "old")});
    for conflict in [Conflict::Skip, Conflict::Revision, Conflict::Refuse] {
        let (_home, amparo) = Home::new();
        bring(&amparo, &both(&[record(1, 1, "ours")])[0], Conflict::Skip);
        let before = export(&amparo, everything(Format::Json));
        let records =
            [record(1, 1, "theirs"), record(2, 2, "new"), record(2, 2, "new"), record(2, 2, "other"), revision.clone()];
        let file = lines(&records.map(|r| r.to_string()));
        let count = |r: &ImportReport| (r.created, r.unchanged, r.updated, r.skipped, r.revisions, r.refused_count);
        let dry = ImportPolicy { conflict, dry_run: true };
        let foretold = amparo.interchange().import(&file[..], dry, &mut no_progress).unwrap();
        assert_eq!(body(&export(&amparo, everything(Format::Json))), body(&before));
        assert_eq!(count(&foretold), count(&bring(&amparo, &file, conflict)), "{conflict:?}");
    }
}

#[test]
fn every_bad_record_is_named_and_every_good_one_goes_in() {
    let mut newer = record(3, 1, "newer");
    newer["schema"] = json!("amparo.incident/2");
    let mut crowd = record(4, 1, "crowd");
    crowd["persons"] = json!(vec![json!({"role": "victim"}); 10_000]);
    let mut date = record(6, 1, "date");
    date["occurred"] = json!({"from": "2023-02-29", "precision": "day"});
    let mut reversed = record(7, 1, "reversed");
    reversed["occurred"] = json!({"from": "2023-02", "to": "2022", "precision": "day"});
    let mut latin = record(8, 1, "X").to_string().into_bytes();
    let at = latin.iter().position(|b| *b == b'X').unwrap();
    latin[at] = 0xff;
    let deep = record(9, 1, "d")
        .to_string()
        .replace("\"d\"", &format!("\"d\",\"x\":{}1{}", "[".repeat(50_000), "]".repeat(50_000)));
    let zero = record(10, 0, "zero");
    let bad: Vec<(Vec<u8>, u32)> = vec![
        (newer.to_string().into_bytes(), 225),
        (crowd.to_string().into_bytes(), 222),
        (record(5, 1, &"x".repeat(5 << 20)).to_string().into_bytes(), 221),
        (record(5, 1, &"x".repeat(20 << 20)).to_string().into_bytes(), 221),
        (date.to_string().into_bytes(), 224),
        (reversed.to_string().into_bytes(), 215),
        (latin, 253),
        (deep.into_bytes(), 224),
        (zero.to_string().into_bytes(), 223),
        (record(11, 1, " ").to_string().into_bytes(), 220),
        (b"{\"schema\":\"amparo.incident/1\"}".to_vec(), 224),
        (b"17".to_vec(), 224),
        (b"{\"schema\":\"amparo.incident/1\",,}".to_vec(), 224),
    ];
    let good = |n| record(n, 1, "good").to_string().into_bytes();
    let mut records = vec![good(100)];
    for (n, (bytes, _)) in bad.iter().enumerate() {
        records.extend([bytes.clone(), good(101 + n as u8)]);
    }
    for array in [true, false] {
        let mut file = b"\xef\xbb\xbf{\"schema\":\"amparo.export/1\"".to_vec();
        file.extend(if array { &b",\"incidents\":["[..] } else { b"}\r\n\r\n" });
        file.extend(records.join(if array { &b" ,\n"[..] } else { b"\r\n" }));
        file.extend(if array { &b"],\"later\":{\"x\":[1]}}"[..] } else { b"" });
        let (_home, amparo) = Home::new();
        let report = bring(&amparo, &file, Conflict::Skip);
        assert!(report.stopped.is_none(), "{report:?}");
        let codes: Vec<u32> = report.refused.iter().map(|refused| refused.reason.code()).collect();
        assert_eq!(codes, bad.iter().map(|(_, code)| *code).collect::<Vec<_>>());
        assert_eq!((report.created, report.newer), (14, 1));
        for refused in &report.refused {
            assert_ne!(file[refused.offset as usize - 1], b'{', "{refused:?}");
            let found =
                bad.iter().any(|(bytes, _)| file[refused.offset as usize..].starts_with(&bytes[..bytes.len().min(30)]));
            assert!(found, "{refused:?}");
        }
        assert_eq!(report.refused[0].id, Some(id(3).to_string()));
        assert!(!format!("{report:?}").contains("reversed"), "nothing that was entered");
    }
}

#[test]
fn what_is_no_export_is_refused_as_a_whole() {
    let (_home, amparo) = Home::new();
    let one = record(1, 1, "x").to_string();
    for (file, code) in [
        (Vec::new(), 314),
        (b"[]".to_vec(), 250),
        (b"null".to_vec(), 250),
        (b"{}".to_vec(), 250),
        (b"{\"incidents\":[],\"schema\":\"amparo.export/1\"}".to_vec(), 250),
        (one.clone().into_bytes(), 250),
        (b"title;narrative\n".to_vec(), 250),
        (b"{\"schema\":\"amparo.export/2\",\"incidents\":[]}".to_vec(), 225),
        (b"{\"schema\":7}".to_vec(), 250),
        (b"\xff\xfe{\0".to_vec(), 253),
        (b"\xef\xbb".to_vec(), 253),
        (b"{\"schema\":\"amparo.exp".to_vec(), 254),
        (b"{\"schema\"".to_vec(), 254),
        (vec![b'{'; 100_000], 250),
    ] {
        let error = amparo.interchange().import(&file[..], ImportPolicy::default(), &mut no_progress).unwrap_err();
        assert_eq!(error.code(), code, "{}", String::from_utf8_lossy(&file[..file.len().min(60)]));
    }
    let missing =
        amparo.interchange().import_file(_home.path("none").as_path(), ImportPolicy::default(), &mut no_progress);
    assert!(matches!(missing, Err(CoreError::SourceMissing)));
    let other = lines(&[json!({"schema": "amparo.song/1"}).to_string(), one]);
    let report = bring(&amparo, &other, Conflict::Skip);
    assert_eq!((report.created, report.refused[0].reason.code()), (1, 256));
    assert_eq!((report.refused[0].line, report.refused[0].offset), (2, 29));
}

#[test]
fn a_file_that_is_cut_anywhere_brings_in_what_is_whole() {
    let records: Vec<Value> = (1..6).map(|n| record(n, 1, "{\"]\\")).collect();
    for (lined, file) in both(&records).into_iter().enumerate() {
        let (_home, amparo) = Home::new();
        let dry = ImportPolicy { dry_run: true, ..ImportPolicy::default() };
        for cut in 1..file.len() {
            let Ok(report) = amparo.interchange().import(&file[..cut], dry, &mut no_progress) else {
                assert!(cut < 31, "{cut}");
                continue;
            };
            let whole = file[..cut].windows(3).filter(|w| w == b"\"},").count() as u64;
            match report.stopped {
                Some(stopped) => {
                    assert!(matches!(stopped.reason, CoreError::ExportCut { at } if at == cut as u64), "{stopped:?}");
                    assert_eq!(report.refused_count, 0);
                    assert!(lined == 1 || report.created >= whole / 3, "{cut}");
                }
                // Between two lines nothing is missing that could be seen.
                None => assert!(lined == 1 && [b'}', b'\n'].contains(&file[cut - 1]), "{cut}"),
            }
        }
        assert_eq!(bring(&amparo, &file[..file.len() - 30], Conflict::Skip).created, 4);
    }
}

#[test]
fn damage_between_records_ends_the_import_with_what_came_before() {
    let (_home, amparo) = Home::new();
    let one = record(1, 1, "x").to_string();
    for tail in ["{}", "} ]", "]]", "],7:[]}", "],\"evidence\":{}}", "; ]}"] {
        let file = format!("{{\"schema\":\"amparo.export/1\",\"incidents\":[{one}{tail}");
        let report = bring(&amparo, file.as_bytes(), Conflict::Skip);
        assert_eq!(report.created + report.unchanged, 1, "{tail}");
        let reason = report.stopped.unwrap().reason;
        assert!(matches!(reason, CoreError::ExportMalformed { .. }), "{tail}: {reason:?}");
    }
}

#[test]
fn garbage_is_counted_and_not_hoarded() {
    let (_home, amparo) = Home::new();
    let mut records = vec!["{}".to_owned(); 100_000];
    records.push(record(1, 1, "x").to_string());
    for file in [document(&records), lines(&records)] {
        let report = bring(&amparo, &file, Conflict::Skip);
        assert_eq!((report.refused_count, report.refused.len()), (100_000, 100));
        assert_eq!(report.created + report.unchanged, 1);
    }
}

#[test]
fn the_same_id_twice_in_one_file_is_a_conflict_like_any_other() {
    for file in both(&[record(1, 1, "a"), record(1, 1, "a"), record(1, 1, "b")]) {
        for (conflict, expected) in [
            (Conflict::Skip, (1, 1, 0, 1, 0)),
            (Conflict::Revision, (1, 1, 1, 0, 0)),
            (Conflict::Refuse, (1, 1, 0, 0, 1)),
        ] {
            let (_home, amparo) = Home::new();
            let report = bring(&amparo, &file, conflict);
            assert_eq!(
                (report.created, report.unchanged, report.updated, report.skipped, report.refused_count),
                expected
            );
        }
    }
}

#[test]
fn who_stops_an_import_or_an_export_keeps_whole_records() {
    let (home, amparo) = Home::new();
    let records: Vec<Value> = (0..250)
        .map(|n| {
            let mut record = record(0, 1, &"x".repeat(2000));
            record["id"] = json!(format!("{n:032x}"));
            record
        })
        .collect();
    for file in both(&records) {
        let mut stop = |done: u64| if done > 300_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let report = amparo.interchange().import(&file[..], ImportPolicy::default(), &mut stop).unwrap();
        assert!(matches!(report.stopped.as_ref().unwrap().reason, CoreError::Cancelled));
        assert_eq!(report.created + report.unchanged, 100, "whole batches");
        assert_eq!(all(&amparo).len(), 100);
        assert_eq!(body(&export(&amparo, everything(Format::Json))), body(&export(&amparo, everything(Format::Json))));
    }
    let path = home.path("out.json");
    let mut stop = |_| ControlFlow::Break(());
    let stopped =
        amparo.interchange().export_file(&IncidentQuery::default(), everything(Format::Json), &path, &mut stop);
    assert!(matches!(stopped, Err(CoreError::Cancelled)));
    assert_eq!(home.beside(), Vec::<String>::new());
    amparo
        .interchange()
        .export_file(&IncidentQuery::default(), everything(Format::Json), &path, &mut no_progress)
        .unwrap();
    let there = std::fs::read(&path).unwrap();
    let again =
        amparo.interchange().export_file(&IncidentQuery::default(), everything(Format::Json), &path, &mut no_progress);
    assert!(matches!(again, Err(CoreError::TargetExists)));
    assert_eq!(std::fs::read(&path).unwrap(), there);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_export_takes_only_what_the_query_asks_for() {
    let (_home, amparo) = Home::new();
    let tagged = IncidentContent { tags: vec!["t".into()], ..IncidentContent::from("tagged") };
    let tagged = amparo.incidents().create(tagged).unwrap();
    let other = amparo.incidents().create("other").unwrap();
    let (a, b) = (import(&amparo, tagged.id, &photo(50)), import(&amparo, other.id, &photo(60)));
    let query = IncidentQuery { tag: Some("t".into()), ..IncidentQuery::default() };
    let mut out = Vec::new();
    let summary = amparo.interchange().export(&query, everything(Format::Json), &mut out, &mut no_progress).unwrap();
    assert_eq!((summary.incidents, summary.revisions, summary.evidence), (1, 0, 1));
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains(&a.id.to_string()) && !text.contains(&b.id.to_string()) && !text.contains("other"));
    let bare: Value = serde_json::from_slice(&export(&amparo, ExportOptions::default())).unwrap();
    assert_eq!(bare.as_object().unwrap().keys().collect::<Vec<_>>(), ["schema", "created", "core", "incidents"]);
}
