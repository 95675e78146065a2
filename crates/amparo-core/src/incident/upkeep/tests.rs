//! What is made anew is what saving made, after whatever was done.

use proptest::prelude::*;
use rusqlite::types::Value;

use super::*;
use crate::incident::query::tests::{at, content, database, evidence};

/// Every row of what is made from the records.
fn made(conn: &Connection) -> Vec<Vec<Value>> {
    let tables = ["incident_summary", "incident_code", "incident_tag", "incident_related", "search_text_content"];
    let mut out = Vec::new();
    for table in tables {
        let mut statement = conn.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        out.extend(rows.collect::<Result<Vec<Vec<Value>>, _>>().unwrap());
    }
    out
}

fn run(conn: &Connection) {
    while next(conn).unwrap().is_some() {
        step(conn).unwrap();
    }
    // FTS5 checks its index against its content.
    conn.execute("INSERT INTO search_text (search_text, rank) VALUES ('integrity-check', 1)", []).unwrap();
}

#[derive(Debug, Clone)]
enum Done {
    Create(IncidentContent),
    Save(prop::sample::Index, IncidentContent),
    Attach(prop::sample::Index, &'static str),
    Seal(prop::sample::Index),
}

fn done() -> impl Strategy<Value = Done> {
    let texts = ("\\PC{0,20}", content()).prop_map(|(text, content)| {
        let mut content = IncidentContent { title: text, ..content };
        content.persons.push(crate::incident::Person { name: "名前 Łukasz".into(), ..Default::default() });
        content
    });
    let texts = texts.boxed();
    prop_oneof![
        3 => texts.clone().prop_map(Done::Create),
        3 => (any::<prop::sample::Index>(), texts).prop_map(|(which, content)| Done::Save(which, content)),
        2 => (any::<prop::sample::Index>(), prop::sample::select(&["complete", "writing"][..]))
            .prop_map(|(which, state)| Done::Attach(which, state)),
        1 => any::<prop::sample::Index>().prop_map(Done::Seal),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn made_anew_is_as_saved(work in prop::collection::vec(done(), 1..25), forget in any::<bool>()) {
        let conn = database();
        let mut ids = Vec::new();
        for (second, work) in (0..).zip(work) {
            match work {
                Done::Create(content) => ids.push(store::create(&conn, content, &at(second)).unwrap().id),
                _ if ids.is_empty() => {}
                Done::Save(which, content) => {
                    let id = *which.get(&ids);
                    let revision = store::get(&conn, id).unwrap().revision;
                    store::save(&conn, id, revision, content, &at(second)).unwrap();
                }
                Done::Attach(which, state) => {
                    evidence(&conn, *which.get(&ids), state, r#"{"note":"ملاحظة note"}"#);
                    let seq = store::seq_of(&conn, *which.get(&ids)).unwrap();
                    let notes = evidence::store::notes_of_incident(&conn, seq).unwrap();
                    search::index_notes(&conn, seq, &notes).unwrap();
                }
                Done::Seal(which) => {
                    let seq = store::seq_of(&conn, *which.get(&ids)).unwrap();
                    summary::sealed(&conn, seq, 1, &[]).unwrap();
                }
            }
        }
        let saved = made(&conn);
        if forget {
            // As a version that made nothing of it would have left it.
            conn.execute_batch(
                "DELETE FROM search_text; DELETE FROM incident_code; DELETE FROM incident_tag; DELETE FROM incident_related;
                 UPDATE incident_summary SET heading = '', acts = '', moment = NULL, month = NULL, draft = 0, span = NULL",
            ).unwrap();
        }
        run(&conn);
        prop_assert_eq!(made(&conn), saved);
    }
}

#[test]
fn it_goes_on_where_it_was_cut_off_and_again_when_the_version_changes() {
    let conn = database();
    let count = BATCH * 2 + 3;
    for i in 0..count {
        store::create(&conn, format!("number {i}").into(), &at(1)).unwrap();
    }
    let saved = made(&conn);
    conn.execute("UPDATE incident SET record = 'damaged' WHERE seq = 5", []).unwrap();
    let state = || -> (i64, Option<i64>) {
        conn.query_row("SELECT version, done FROM upkeep", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    step(&conn).unwrap();
    assert_eq!(state(), (VERSION, Some(BATCH as i64)));
    step(&conn).unwrap();
    step(&conn).unwrap();
    assert_eq!(state(), (VERSION, None));
    assert_eq!(next(&conn).unwrap(), None);
    let found = |conn: &Connection| -> Vec<Value> {
        let mut statement =
            conn.prepare("SELECT rowid FROM search_text WHERE search_text MATCH 'title : 0000number'").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(found(&conn), [Value::from(5)], "what cannot be read is found by its heading");
    conn.execute("UPDATE incident SET record = (SELECT record FROM incident WHERE seq = 6) WHERE seq = 5", []).unwrap();
    conn.execute("UPDATE upkeep SET version = version + 1", []).unwrap();
    run(&conn);
    conn.execute("UPDATE upkeep SET version = version + 1", []).unwrap();
    assert_eq!(next(&conn).unwrap(), Some(0));
    run(&conn);
    assert!(found(&conn).is_empty());
    assert_eq!(made(&conn).len(), saved.len());
}

#[test]
fn a_vault_of_the_first_version_is_brought_up_to_date() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON").unwrap();
    let steps = crate::COMPONENT.steps;
    let queries = steps.iter().position(|step| step.contains("CREATE TABLE incident_summary")).unwrap();
    let (earlier, queries) = steps.split_at(queries);
    earlier.iter().for_each(|step| conn.execute_batch(step).unwrap());
    let record = r#"{"schema":"amparo.incident/1","id":"000102030405060708090a0b0c0d0e0f","revision":2,
        "created":{"time":"2026-11-23T10:20:30Z","clock":"device"},"modified":{"time":"2026-11-23T10:20:30Z","clock":"device"},
        "title":"détention","acts":[{"code":"threat"}],"occurred":{"from":"2026-10-03","precision":"day"},
        "place":{"country":"EG"},"status":"ongoing","tags":["t"]}"#;
    conn.execute(
        "INSERT INTO incident (id, revision, record, heading, status, occurred_from, occurred_to, created, modified)
         VALUES (x'000102030405060708090a0b0c0d0e0f', 2, ?1, 'détention', 'ongoing', 1, 1, 1795429230, 1795429230),
                (x'00000000000000000000000000000001', 1, 'damaged', 'heading kept', NULL, NULL, NULL, 5, 6)",
        [record],
    )
    .unwrap();
    conn.execute_batch(
        r#"INSERT INTO incident_act VALUES ('threat', 1); INSERT INTO incident_tag VALUES ('t', 1);
        INSERT INTO evidence (id, state, kind, record, size, sha256, added, clock)
            VALUES (x'00000000000000000000000000000002', 'complete', 'photo',
                    '{"captured_at":{"time":"2026-10-03T09:00Z"},"note":"Übergabe"}', 1, zeroblob(32), 1, 'device');
        INSERT INTO attachment VALUES (1, 1);
        INSERT INTO report (id, incident, state, mode, reply_key, created, clock, summary)
            VALUES (x'00000000000000000000000000000003', 1, 'sealed', 'case', '', 1, 'device',
                    '{"revision":2,"evidence":["00000000000000000000000000000002"]}'),
                   (x'00000000000000000000000000000004', 2, 'sealed', 'case', '', 1, 'device', 'damaged');"#,
    )
    .unwrap();
    queries.iter().for_each(|step| conn.execute_batch(step).unwrap());
    run(&conn);
    let all = crate::incident::query::page(&conn, &crate::incident::IncidentQuery::default(), 9, None).unwrap();
    let headings: Vec<&str> = all.incidents.iter().map(|incident| incident.heading.as_str()).collect();
    assert_eq!(headings, ["heading kept", "détention"]);
    let [damaged, whole] = all.incidents.as_slice() else { panic!() };
    assert!(damaged.unsent && !whole.unsent);
    assert_eq!((whole.evidence_count, whole.country.as_deref(), whole.revision), (1, Some("EG"), 2));
    assert_eq!(whole.occurred.as_ref().unwrap().from.to_string(), "2026-10-03");
    let moment: Option<i64> = conn.query_row("SELECT moment FROM evidence", [], |row| row.get(0)).unwrap();
    assert!(moment.is_some());
    let notes: String = conn.query_row("SELECT notes FROM search_text WHERE rowid = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(notes, "0000ubergabe");
}
