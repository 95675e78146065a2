//! Incidents through the bindings: nothing is lost on the way, in either direction.

use amparo_core::incident as core_incident;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uniffi::{Lift, Lower};

use super::*;
use crate::{
    UniFfiTag,
    convert::{IntoCore, IntoHost},
    evidence::{EvidenceKind, ImportRequest},
    ids::PartialDate,
    scene::Scene,
};

/// Every field of what can be entered. (A field that the core gains is missed by the compiler, in the records.)
fn full() -> Value {
    json!({
        "title": "t", "narrative": "n", "language": "en", "draft": true,
        "acts": [{"code": "threat", "victims": ["000000000000000000000000000000a1"],
            "perpetrators": ["000000000000000000000000000000b1"],
            "occurred": {"from": "2026", "to": "2026-02", "precision": "year"}, "method": "m", "injuries": "i",
            "detention": {"place": "p", "since": "2026-01-02", "until": "2026", "charges": "c", "lawyer_access": true, "conditions": "c"},
            "description": "d", "evidence": ["000000000000000000000000000000e1"]}],
        "occurred": {"from": "2026-11-24T14:05:06+03:00", "to": "2026-11-24T14:05", "precision": "exact"},
        "place": {"text": "t", "country": "EG", "coordinates": {"latitude": 30.044_419_7, "longitude": -0.1},
            "accuracy_m": 12.5, "precision": "exact"},
        "status": "ended", "urgency": "serious", "human_rights_link": "h",
        "persons": [{"id": "000000000000000000000000000000a1", "role": "victim", "nature": "group", "number": 2, "name": "n",
            "pseudonym": "p", "gender": "woman", "age_band": "30-44", "occupation": "lawyer", "affiliation": "a",
            "safe_contact": {"method": "phone", "address": "a", "hours": "h", "never_use": ["x"]},
            "consent": {"status": "granted", "scope": ["lawyer"], "given_by": "g", "when": "2026", "revocable": true, "note": "n",
                "purposes": [{"purpose": "publication", "allowed": false}]},
            "description": "d", "confidential": ["name"]}],
        "perpetrators": [{"id": "000000000000000000000000000000b1", "kind": "police", "nature": "group", "number": 2, "name": "n",
            "identifiers": [{"kind": "unit", "value": "v"}], "description": "d"}],
        "online_harms": [{"kind": "threat", "platform": "p", "handle": "h", "target": "t", "urls": ["u"], "content_ids": ["c"],
            "reported": {"when": "2026", "reference": "r", "result": "r"}, "evidence": ["000000000000000000000000000000e1"],
            "description": "d"}],
        "sources": [{"kind": "media", "person": "000000000000000000000000000000a1", "description": "d",
            "reliability": "probable", "obtained": "2026"}],
        "support_needs": [{"kind": "other", "persons": ["000000000000000000000000000000a1"],
            "amount": {"value": "99.50", "currency": "EUR"}, "by_when": "2026", "description": "d"}],
        "requested_actions": [{"kind": "other", "by_when": "2026", "description": "d"}],
        "actions_taken": [{"kind": "other", "when": "2026", "by": "b", "result": "r", "description": "d"}],
        "related": [{"id": "00000000000000000000000000000077", "relation": "follows"}], "tags": ["t"], "confidential": ["title"],
    })
}

/// Fields that hold a code.
const CODES: [&str; 15] = [
    "code",
    "kind",
    "precision",
    "role",
    "nature",
    "gender",
    "age_band",
    "occupation",
    "status",
    "scope",
    "purpose",
    "urgency",
    "relation",
    "reliability",
    "method",
];
/// Fields without which their part cannot be read.
const REQUIRED: [&str; 13] = [
    "code",
    "kind",
    "from",
    "precision",
    "status",
    "id",
    "value",
    "currency",
    "latitude",
    "longitude",
    "amount",
    "purpose",
    "allowed",
];

/// What is done to one value, or to one object.
#[derive(Debug, Clone)]
enum Change {
    Nothing,
    /// A code that this version does not know.
    Code(String),
    /// Other words.
    Words(String),
    /// The field goes.
    Drop,
    /// A field of a newer version beside it.
    Add(String, Value),
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no other numbers", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => Just(Change::Nothing),
        2 => "[a-z0-9][a-z0-9_.-]{0,63}".prop_map(Change::Code),
        2 => any::<String>().prop_map(Change::Words),
        1 => Just(Change::Drop),
        2 => ("x_[^\\PC]{1,12}", any_json()).prop_map(|(key, value)| Change::Add(key, value)),
    ]
}

/// Changes `value` here and there; it stays a record that this version reads.
fn mutate(value: &mut Value, key: &str, changes: &mut impl Iterator<Item = Change>) {
    match value {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                match changes.next() {
                    Some(Change::Drop) if !REQUIRED.contains(&key.as_str()) => drop(map.remove(&key)),
                    Some(Change::Add(name, added)) => drop(map.insert(name, added)),
                    _ => map.get_mut(&key).into_iter().for_each(|child| mutate(child, &key, changes)),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|child| mutate(child, key, changes)),
        Value::String(text) => match changes.next() {
            Some(Change::Code(code)) if CODES.contains(&key) => *text = code,
            Some(Change::Words(words)) if text.len() == 1 && !CODES.contains(&key) => *text = words,
            _ => {}
        },
        _ => {}
    }
}

/// Over the border and back, as the generated code of the languages does it.
fn there_and_back(content: core_incident::IncidentContent) -> core_incident::IncidentContent {
    let host: IncidentContent = content.into_host();
    let bytes = <IncidentContent as Lower<UniFfiTag>>::lower(host);
    <IncidentContent as Lift<UniFfiTag>>::try_lift(bytes).unwrap().into_core().unwrap()
}

#[test]
fn every_field_crosses() {
    let content: core_incident::IncidentContent = serde_json::from_value(full()).unwrap();
    assert_eq!(serde_json::to_value(&content).unwrap(), full(), "nothing of it is unknown or left out");
    let host: IncidentContent = content.clone().into_host();
    assert!(host.unknown.is_none() && host.persons.iter().all(|person| person.unknown.is_none()));
    assert_eq!(there_and_back(content.clone()), content);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn what_is_unknown_crosses_and_comes_back(changes in prop::collection::vec(any_change(), 0..160)) {
        let mut json = full();
        mutate(&mut json, "", &mut changes.into_iter());
        let content: core_incident::IncidentContent = serde_json::from_value(json).unwrap();
        let back = there_and_back(content.clone());
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), serde_json::to_string(&content).unwrap());
    }
}

#[test]
fn what_a_newer_version_wrote_is_saved_again_by_who_edits_something_else() {
    let scene = Scene::new();
    let incidents = scene.vault.incidents();
    let newer = r#"{"drones":[1,2.50,"three"]}"#;
    let content = IncidentContent {
        acts: vec![core_incident::Act::from("drone_strike".parse::<core_incident::ActCode>().unwrap()).into_host()],
        unknown: Some(newer.to_owned()),
        ..IncidentContent::from("It came from above.")
    };
    assert_eq!(content.acts[0].code, ActCode::Unlisted { code: "drone_strike".to_owned() });
    let saved = incidents.create(content).unwrap();
    let read = incidents.get(saved.id.clone()).unwrap();
    assert_eq!(read.content, saved.content);
    let edited = IncidentContent { title: "From above".to_owned(), ..read.content };
    let edited = incidents.save(saved.id.clone(), 1, edited).unwrap();
    assert_eq!(edited.content.acts[0].code, ActCode::Unlisted { code: "drone_strike".to_owned() });
    let kept: Map<String, Value> = serde_json::from_str(&edited.content.unknown.unwrap()).unwrap();
    assert_eq!(Value::Object(kept), serde_json::from_str::<Value>(newer).unwrap());

    // A known code that somebody spelt as an unlisted one is the known one; what is no code is refused.
    let spelt = |code: &str| {
        let code = ActCode::Unlisted { code: code.to_owned() };
        let act = Act { code, ..core_incident::Act::from(core_incident::ActCode::OTHER).into_host() };
        incidents.create(IncidentContent { acts: vec![act], ..IncidentContent::from("x") })
    };
    assert_eq!(spelt("killing").unwrap().content.acts[0].code, ActCode::Killing);
    assert!(matches!(spelt("Not a code"), Err(IncidentError::Invalid { code: 201, .. })));
    let broken = IncidentContent { unknown: Some("no JSON".to_owned()), ..IncidentContent::from("x") };
    assert!(matches!(incidents.create(broken), Err(IncidentError::Invalid { code: 224, .. })));
}

fn date(text: &str) -> PartialDate {
    PartialDate(text.to_owned())
}

fn dated(narrative: &str, from: &str) -> IncidentContent {
    let occurred = core_incident::Occurred::at(from.parse().unwrap()).into_host();
    IncidentContent { occurred: Some(occurred), ..IncidentContent::from(narrative) }
}

#[test]
fn lists_are_asked_for_and_paged() {
    let scene = Scene::new();
    let incidents = scene.vault.incidents();
    let urgent = |number: u32| IncidentContent {
        urgency: Some(Urgency::Imminent),
        tags: vec!["case 7".to_owned()],
        ..dated(&format!("urgent {number}"), "2026-05")
    };
    let saved = incidents.create_all((0..5).map(urgent).chain([dated("later", "2026-09-01")]).collect()).unwrap();
    assert_eq!(saved.len(), 6);
    let all = IncidentQuery {
        status: None,
        urgency: None,
        tag: None,
        act: None,
        occurred: None,
        created: None,
        unsent: None,
        draft: None,
        has_evidence: None,
        related_to: None,
    };
    let asked = IncidentQuery { urgency: Some(Urgency::Imminent), tag: Some("case 7".to_owned()), ..all.clone() };
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = incidents.query(asked.clone(), 2, after).unwrap();
        assert!(page.incidents.len() <= 2);
        found.extend(page.incidents.into_iter().map(|summary| summary.heading));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["urgent 4", "urgent 3", "urgent 2", "urgent 1", "urgent 0"]);
    let of = |query: IncidentQuery| incidents.query(query, 10, None).unwrap().incidents.len();
    let may = DateRange { from: Some(date("2026-05")), to: Some(date("2026-05")) };
    assert_eq!(of(IncidentQuery { occurred: Some(may), ..all.clone() }), 5);
    assert_eq!(of(IncidentQuery { unsent: Some(true), draft: Some(false), ..all.clone() }), 6);
    assert_eq!(of(IncidentQuery { has_evidence: Some(true), ..all.clone() }), 0);
    assert_eq!(of(IncidentQuery { related_to: Some(saved[0].id.clone()), ..all.clone() }), 0);
    let backwards = DateRange { from: Some(date("2026-06")), to: Some(date("2026-05")) };
    let refused = incidents.query(IncidentQuery { created: Some(backwards), ..all }, 10, None);
    assert!(matches!(refused, Err(IncidentError::Invalid { code: 215, .. })), "{refused:?}");

    // All or none.
    let refused = incidents.create_all(vec!["good".into(), "".into()]);
    assert!(matches!(refused, Err(IncidentError::Invalid { code: 220, .. })));
    assert_eq!(incidents.list(500, None).unwrap().incidents.len(), 6);
}

#[test]
fn a_timeline_has_incidents_and_evidence_in_their_order() {
    let scene = Scene::new();
    let incidents = scene.vault.incidents();
    let first = incidents.create(dated("first", "2026-05-01")).unwrap().id;
    incidents.create("nobody knows when".into()).unwrap();
    incidents.create(dated("last", "2026-05-03")).unwrap();
    let file = scene.path("note.txt");
    std::fs::write(&file, "seen").unwrap();
    let nothing: ImportRequest = amparo_core::evidence::ImportRequest::default().into_host();
    let captured: core_incident::PartialDate = "2026-05-02T10:00".parse().unwrap();
    let captured =
        amparo_core::evidence::CapturedAt { time: captured, monotonic_ms: None, timezone: None, unknown: Map::new() };
    let request = ImportRequest { incident: Some(first.clone()), captured_at: Some(captured.into_host()), ..nothing };
    let evidence = scene.vault.evidence().import_file(file, request, None, None).unwrap().id;

    let (mut after, mut entries) = (None, Vec::new());
    loop {
        let page = incidents.timeline(TimelineQuery { range: None, evidence: true }, 1, after).unwrap();
        entries.extend(page.entries);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let told: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            TimelineEntry::Incident { summary } => summary.heading.clone(),
            TimelineEntry::Evidence { id, .. } => id.0.clone(),
        })
        .collect();
    assert_eq!(told, ["first", &evidence.0, "last", "nobody knows when"]);
    let Some(TimelineEntry::Evidence { incidents: of, kind, captured_at, .. }) = entries.get(1) else {
        panic!("evidence comes second")
    };
    assert_eq!((of, kind), (&vec![first], &EvidenceKind::Document));
    assert_eq!(captured_at, &Some(date("2026-05-02T10:00")));
    let range = Some(DateRange { from: Some(date("2026-05-03")), to: None });
    let page = incidents.timeline(TimelineQuery { range, evidence: true }, 10, None).unwrap();
    assert_eq!(page.entries.len(), 1);
    let wrong = TimelineQuery { range: None, evidence: false };
    let wrong = incidents.timeline(wrong, 10, Some(TimelineCursor("x".to_owned())));
    assert!(matches!(wrong, Err(IncidentError::Invalid { code: 203, .. })));
}

#[test]
fn revisions_are_kept_and_compared() {
    let scene = Scene::new();
    let incidents = scene.vault.incidents();
    let id = scene.incident("They took my phone.").id;
    incidents.save(id.clone(), 1, dated("They took my phone.", "2026-05-01")).unwrap();
    let conflict = incidents.save(id.clone(), 1, "Something else".into());
    assert!(matches!(conflict, Err(IncidentError::Conflict { code: 232, current: 2, .. })));
    let numbers: Vec<u32> = incidents.revisions(id.clone()).unwrap().iter().map(|revision| revision.number).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(incidents.get_revision(id.clone(), 1).unwrap().content.occurred.is_none());
    let changes = incidents.compare(id.clone(), 1, 2).unwrap();
    let [change] = changes.as_slice() else { panic!("one change: {changes:?}") };
    assert_eq!((change.path.as_str(), change.before.as_deref()), ("/occurred", None));
    let after: Value = serde_json::from_str(change.after.as_deref().unwrap()).unwrap();
    assert_eq!(after["from"], "2026-05-01");
    assert!(incidents.compare(id.clone(), 2, 2).unwrap().is_empty());
    assert!(matches!(incidents.get_revision(id, 3), Err(IncidentError::NotFound { code: 231, .. })));
}

#[test]
fn counts_hide_small_numbers_in_records_and_texts_alike() {
    let scene = Scene::new();
    let incidents = scene.vault.incidents();
    let count = |request| incidents.counts(request).unwrap();
    let until = Some(date("2020-12"));
    let request = |threshold, by_month| CountsRequest { threshold, until: until.clone(), by_month };
    // What was saved now is not counted up to a month of 2020, and nothing is not a small number.
    let none = count(request(None, false));
    assert_eq!(
        (none.threshold, none.incidents.clone(), none.until.as_str()),
        (5, CountCell::Exact { count: 0 }, "2020-12")
    );
    assert!(matches!(
        incidents.counts(request(Some(2), false)),
        Err(IncidentError::Invalid { code: 223, ref field, .. }) if field == "threshold"
    ));

    let core = core_incident::Counts {
        schema: core_incident::COUNTS_SCHEMA,
        until: "2026-10".to_owned(),
        threshold: 5,
        incidents: core_incident::Cell::Exact(12),
        tables: vec![
            core_incident::CountTable {
                by: "act",
                month: Some(None),
                rows: vec![
                    core_incident::CountRow {
                        code: Some("=killing".to_owned()),
                        incidents: core_incident::Cell::Below(5),
                    },
                    core_incident::CountRow { code: None, incidents: core_incident::Cell::Withheld(5) },
                ],
                withheld: false,
            },
            core_incident::CountTable { by: "status", month: None, rows: Vec::new(), withheld: true },
        ],
    };
    let host = counts::with_texts(core.clone()).unwrap();
    assert_eq!(host.json.as_bytes(), core.to_json().unwrap());
    assert_eq!(host.csv.as_bytes(), core.to_csv().unwrap());
    assert!(host.csv.contains("act,(none),'=killing,<5\r\n"), "{}", host.csv);
    let [act, status] = host.tables.as_slice() else { panic!("two tables") };
    assert!(act.of_month && act.month.is_none() && !status.of_month && status.withheld);
    let cells: Vec<_> = act.rows.iter().map(|row| row.incidents.clone()).collect();
    assert_eq!(cells, [CountCell::Below { threshold: 5 }, CountCell::Withheld { threshold: 5 }]);
}
