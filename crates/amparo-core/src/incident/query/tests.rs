//! Queries against a filter that looks at every incident, on random vaults.

use proptest::prelude::*;

use super::*;
use crate::{
    ClockTrust, EvidenceId, Stamp, Timestamp,
    incident::{Act, Incident, IncidentContent, Occurred, RelatedIncident, store},
};

pub(crate) fn database() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON").unwrap();
    crate::COMPONENT.steps.iter().for_each(|step| conn.execute_batch(step).unwrap());
    conn
}

pub(crate) fn at(seconds: i64) -> Stamp {
    Stamp { time: Timestamp::from_unix(seconds), clock: ClockTrust::DEVICE }
}

/// A finished piece of evidence on an incident, as an import leaves it.
pub(crate) fn evidence(conn: &Connection, incident: IncidentId, state: &str, record: &str) -> EvidenceId {
    let id = EvidenceId::generate().unwrap();
    conn.execute(
        "INSERT INTO evidence (id, state, kind, record, size, sha256, added, clock)
         VALUES (?1, ?2, 'photo', ?3, 3, zeroblob(32), 0, 'device')",
        (id, state, record),
    )
    .unwrap();
    let seq = conn.last_insert_rowid();
    let incident = store::seq_of(conn, incident).unwrap();
    conn.execute("INSERT INTO attachment (incident, evidence) VALUES (?1, ?2)", (incident, seq)).unwrap();
    id
}

pub(crate) fn date() -> impl Strategy<Value = PartialDate> {
    let text = prop_oneof![
        (2023..2026u32).prop_map(|y| format!("{y}")),
        (2023..2026u32, 1..13u32).prop_map(|(y, m)| format!("{y}-{m:02}")),
        (2023..2026u32, 1..13u32, 1..29u32).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}")),
        (2023..2026u32, 1..13u32, 1..29u32, 0..24u32, "Z||[+]05:30|-09:00")
            .prop_map(|(y, m, d, h, z)| format!("{y}-{m:02}-{d:02}T{h:02}:30{z}")),
    ];
    text.prop_map(|text| text.parse().unwrap())
}

fn occurred() -> impl Strategy<Value = Occurred> {
    (date(), prop::option::of(date()))
        .prop_map(|(from, to)| Occurred { to: to.filter(|to| !to.is_certainly_before(&from)), ..Occurred::at(from) })
}

const TAGS: [&str; 3] = ["case", "وسم", "family"];

pub(crate) fn content() -> impl Strategy<Value = IncidentContent> {
    let acts = prop::collection::vec(prop::sample::select(ActCode::KNOWN), 0..3);
    let tags = prop::collection::vec(prop::sample::select(&TAGS[..]), 0..3);
    let codes = (
        prop::option::of(prop::sample::select(IncidentStatus::KNOWN)),
        prop::option::of(prop::sample::select(Urgency::KNOWN)),
    );
    (acts, tags, codes, prop::option::of(occurred()), any::<bool>()).prop_map(|(acts, tags, codes, occurred, draft)| {
        IncidentContent {
            narrative: "n".into(),
            acts: acts.into_iter().map(Act::from).collect(),
            tags: tags.into_iter().map(str::to_owned).collect(),
            status: codes.0,
            urgency: codes.1,
            occurred,
            draft,
            ..IncidentContent::default()
        }
    })
}

/// One incident of a random vault: content, the second of creation, states of evidence, which incident it names, what was sealed.
type Made = (IncidentContent, i64, Vec<&'static str>, Option<prop::sample::Index>, u8);

fn made() -> impl Strategy<Value = Made> {
    let states =
        prop::collection::vec(prop::sample::select(&["complete", "writing", "damaged", "interrupted"][..]), 0..3);
    (content(), 1_672_531_200i64..1_798_761_600, states, prop::option::of(any::<prop::sample::Index>()), 0u8..4)
}

fn query() -> impl Strategy<Value = (IncidentQuery, Option<prop::sample::Index>)> {
    let range = || prop::option::weighted(0.4, (prop::option::of(date()), prop::option::of(date())));
    let range = move || {
        range()
            .prop_map(|range| range.map(|(from, to)| DateRange { from, to }).filter(|range| range.validate().is_ok()))
    };
    let flag = || prop::option::weighted(0.2, any::<bool>());
    (
        prop::option::weighted(0.3, prop::sample::select(IncidentStatus::KNOWN)),
        prop::option::weighted(0.3, prop::sample::select(Urgency::KNOWN)),
        prop::option::weighted(0.3, prop::sample::select(&TAGS[..])),
        prop::option::weighted(0.3, prop::sample::select(&ActCode::KNOWN[..4])),
        (range(), range()),
        (flag(), flag(), flag()),
        prop::option::weighted(0.2, any::<prop::sample::Index>()),
    )
        .prop_map(|(status, urgency, tag, act, (occurred, created), (unsent, draft, has_evidence), related)| {
            let tag = tag.map(str::to_owned);
            (
                IncidentQuery {
                    status,
                    urgency,
                    tag,
                    act,
                    occurred,
                    created,
                    unsent,
                    draft,
                    has_evidence,
                    related_to: None,
                },
                related,
            )
        })
}

struct Kept {
    incident: Incident,
    unsent: bool,
}

fn holds(query: &IncidentQuery, kept: &Kept, all: &[Kept]) -> bool {
    let content = &kept.incident.content;
    let overlaps = |range: &DateRange| {
        let (first, last) = range.days();
        content.occurred.as_ref().map(Occurred::days).is_some_and(|(from, to)| from <= last && to >= first)
    };
    let created = |range: &DateRange| {
        let (first, last) = range.unix();
        (first..=last).contains(&kept.incident.created.time.unix())
    };
    let related = |other: &IncidentId| {
        content.related.iter().any(|related| related.id == *other)
            || all.iter().any(|one| {
                one.incident.id == *other && one.incident.content.related.iter().any(|r| r.id == kept.incident.id)
            })
    };
    query.status.as_ref().is_none_or(|status| content.status.as_ref() == Some(status))
        && query.urgency.as_ref().is_none_or(|urgency| content.urgency.as_ref() == Some(urgency))
        && query.tag.as_ref().is_none_or(|tag| content.tags.contains(tag))
        && query.act.as_ref().is_none_or(|code| content.acts.iter().any(|act| act.code == *code))
        && query.occurred.as_ref().is_none_or(overlaps)
        && query.created.as_ref().is_none_or(created)
        && query.unsent.is_none_or(|unsent| unsent == kept.unsent)
        && query.draft.is_none_or(|draft| draft == content.draft)
        && query.has_evidence.is_none_or(|has| has != kept.incident.evidence.is_empty())
        && query.related_to.as_ref().is_none_or(related)
}

fn fill(conn: &Connection, vault: Vec<Made>) -> Vec<Kept> {
    let mut all: Vec<Kept> = Vec::new();
    for (mut content, second, states, names, sealed) in vault {
        content.related = names
            .filter(|_| !all.is_empty())
            .map(|index| RelatedIncident::new(index.get(&all).incident.id))
            .into_iter()
            .collect();
        let incident = store::create(conn, content, &at(second)).unwrap();
        let attached: Vec<EvidenceId> = states.iter().map(|state| evidence(conn, incident.id, state, "{}")).collect();
        let seq = store::seq_of(conn, incident.id).unwrap();
        // 0: nothing is sealed; 1: its revision alone; 2: all of it; 3: all of it, and saved again since.
        let sent = if sealed > 1 { attached.as_slice() } else { &[] };
        if sealed > 0 {
            summary::sealed(conn, seq, 1, sent).unwrap();
        }
        if sealed == 3 {
            let again = IncidentContent { narrative: "again".into(), ..incident.content.clone() };
            store::save(conn, incident.id, 1, again, &at(second)).unwrap();
        }
        let sendable = states.iter().any(|state| ["complete", "interrupted"].contains(state));
        let unsent = match sealed {
            1 => sendable,
            2 => false,
            _ => true,
        };
        all.push(Kept { incident: store::get(conn, incident.id).unwrap(), unsent });
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_query_gives_what_a_look_at_every_incident_gives(
        vault in prop::collection::vec(made(), 0..40),
        queries in prop::collection::vec((query(), 1usize..8), 12),
    ) {
        let conn = database();
        let all = fill(&conn, vault);
        for ((mut query, related), limit) in queries {
            query.related_to = match related {
                Some(index) if !all.is_empty() => Some(index.get(&all).incident.id),
                Some(_) => Some(IncidentId::from_bytes([7; 16])),
                None => None,
            };
            let expected: Vec<IncidentId> =
                all.iter().rev().filter(|kept| holds(&query, kept, &all)).map(|kept| kept.incident.id).collect();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let found = page(&conn, &query, limit, after.as_ref()).unwrap();
                prop_assert!(found.incidents.len() <= limit);
                prop_assert!(found.next.is_none() || found.incidents.len() == limit);
                for incident in found.incidents {
                    let kept = all.iter().find(|kept| kept.incident.id == incident.id).unwrap();
                    prop_assert_eq!(incident.unsent, kept.unsent);
                    prop_assert_eq!(incident.draft, kept.incident.content.draft);
                    prop_assert_eq!(&incident.occurred, &kept.incident.content.occurred);
                    prop_assert_eq!(incident.evidence_count, kept.incident.evidence.len() as u64);
                    prop_assert_eq!(incident.revision, kept.incident.revision);
                    prop_assert!(kept.incident.content.acts.iter().all(|act| incident.acts.contains(&act.code)));
                    seen.push(incident.id);
                }
                after = found.next.map(|next| next.to_string().parse().unwrap());
                if after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, expected, "{:?} {}", Plan::new(&conn, &query).unwrap().statement("s.seq"), limit);
        }
    }
}

/// Every condition, one that is held by some.
fn conditions_of_all_sorts() -> Vec<IncidentQuery> {
    let all = IncidentQuery::default();
    let year = DateRange::of("2024".parse().unwrap());
    vec![
        IncidentQuery { status: Some(IncidentStatus::ONGOING), ..all.clone() },
        IncidentQuery { urgency: Some(Urgency::SERIOUS), ..all.clone() },
        IncidentQuery { tag: Some("t".into()), ..all.clone() },
        IncidentQuery { act: Some(ActCode::THREAT), ..all.clone() },
        IncidentQuery { occurred: Some(year), ..all.clone() },
        IncidentQuery { created: Some(year), ..all.clone() },
        IncidentQuery { unsent: Some(true), ..all.clone() },
        IncidentQuery { unsent: Some(false), ..all.clone() },
        IncidentQuery { draft: Some(true), ..all.clone() },
        IncidentQuery { draft: Some(false), ..all.clone() },
        IncidentQuery { has_evidence: Some(true), ..all.clone() },
        IncidentQuery { has_evidence: Some(false), ..all.clone() },
        IncidentQuery { related_to: Some(IncidentId::from_bytes([1; 16])), ..all },
    ]
}

pub(crate) fn steps(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing = vec![Value::Null; statement.parameter_count()];
    let rows = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Reading an index or a table in its order from one end, until there is enough, is no walk if it is what was asked for.
fn walks(step: &str, allowed: &[&str]) -> bool {
    step.contains("TEMP B-TREE") || (step.contains("SCAN") && !allowed.iter().any(|index| step.contains(index)))
}

#[test]
fn no_query_sorts_or_walks_what_has_an_index() {
    let conn = database();
    // Partial indexes that hold exactly what is asked for are read from their newest end.
    let whole = [
        "incident_unsent_first",
        "incident_sent",
        "incident_draft",
        "incident_finished",
        "incident_with_evidence",
        "incident_without_evidence",
    ];
    let queries = conditions_of_all_sorts();
    for first in &queries {
        for second in &queries {
            let both = [conditions(first), conditions(second)].into_iter().flatten().collect::<Vec<_>>();
            for (place, condition) in both.iter().enumerate() {
                if let Rows::Unordered(sql) = &condition.rows {
                    let steps = steps(&conn, sql);
                    assert!(!steps.iter().any(|step| walks(step, &["CONSTANT ROW"])), "{sql}: {steps:?}");
                }
                let driver = match condition.rows {
                    Rows::InOrder { .. } => Driver::Condition(place),
                    Rows::Unordered(_) => Driver::These(vec![1]),
                };
                let conditions = [conditions(first), conditions(second)].into_iter().flatten().collect();
                let plan = Plan { conditions, driver };
                let sql = match plan.statement(summary::COLUMNS) {
                    Some((sql, _)) => sql,
                    None => format!("SELECT s.seq FROM incident_summary s WHERE s.seq = ?1{}", plan.all_checks(1).0),
                };
                let steps = steps(&conn, &sql);
                assert!(!steps.iter().any(|step| walks(step, &whole)), "{sql}: {steps:?}");
            }
        }
    }
    let (sql, _) = Plan { conditions: Vec::new(), driver: Driver::All }.statement(summary::COLUMNS).unwrap();
    assert!(!steps(&conn, &sql).iter().any(|step| walks(step, &[])), "{:?}", steps(&conn, &sql));
}

#[test]
fn a_query_reads_from_its_rarest_condition() {
    let conn = database();
    for i in 0..600 {
        let content = IncidentContent {
            narrative: "n".into(),
            status: Some(IncidentStatus::ONGOING),
            tags: if i % 200 == 0 { vec!["rare".into()] } else { Vec::new() },
            occurred: Some(Occurred::at(format!("2024-{:02}", 1 + i / 60).parse().unwrap())),
            ..IncidentContent::default()
        };
        store::create(&conn, content, &at(i)).unwrap();
    }
    let month = |text: &str| Some(DateRange::of(text.parse().unwrap()));
    let driver = |query: &IncidentQuery| match Plan::new(&conn, query).unwrap().driver {
        Driver::All => "all".to_owned(),
        Driver::Condition(place) => conditions(query)[place].check.clone(),
        Driver::These(these) => format!("{} rows", these.len()),
    };
    let ongoing = IncidentQuery { status: Some(IncidentStatus::ONGOING), ..IncidentQuery::default() };
    assert_eq!(driver(&IncidentQuery::default()), "all");
    assert_eq!(driver(&ongoing), "+s.status = ?1");
    assert!(driver(&IncidentQuery { tag: Some("rare".into()), ..ongoing.clone() }).contains("incident_tag"));
    assert_eq!(driver(&IncidentQuery { occurred: month("2024-03"), ..ongoing.clone() }), "60 rows");
    let rare = IncidentQuery { tag: Some("rare".into()), occurred: month("2024-03"), ..ongoing };
    assert!(driver(&rare).contains("incident_tag"));
    let backwards = DateRange { from: Some("2024".parse().unwrap()), to: Some("2023".parse().unwrap()) };
    for query in [
        IncidentQuery { occurred: Some(backwards), ..IncidentQuery::default() },
        IncidentQuery { created: Some(backwards), ..IncidentQuery::default() },
    ] {
        assert!(matches!(page(&conn, &query, 5, None), Err(CoreError::Date(DateError::EndBeforeBeginning))));
    }
}

#[test]
fn unsent_follows_saves_seals_and_evidence() {
    let conn = database();
    let unsent = |id| {
        let found = page(&conn, &IncidentQuery { unsent: Some(true), ..IncidentQuery::default() }, 50, None).unwrap();
        found.incidents.iter().any(|incident| incident.id == id)
    };
    let incident = store::create(&conn, "n".into(), &at(1)).unwrap();
    let (id, seq) = (incident.id, store::seq_of(&conn, incident.id).unwrap());
    assert!(unsent(id));
    summary::sealed(&conn, seq, 1, &[]).unwrap();
    assert!(!unsent(id));
    let writing = evidence(&conn, id, "writing", "{}");
    assert!(!unsent(id), "not there yet");
    conn.execute("UPDATE evidence SET state = 'complete' WHERE id = ?1", [writing]).unwrap();
    assert!(unsent(id), "settled");
    summary::sealed(&conn, seq, 1, &[writing]).unwrap();
    assert!(!unsent(id));
    let second = evidence(&conn, id, "complete", "{}");
    assert!(unsent(id));
    conn.execute("DELETE FROM attachment WHERE evidence = (SELECT seq FROM evidence WHERE id = ?1)", [second]).unwrap();
    assert!(!unsent(id));
    let other = store::create(&conn, "o".into(), &at(1)).unwrap();
    summary::sealed(&conn, store::seq_of(&conn, other.id).unwrap(), 1, &[]).unwrap();
    conn.execute("INSERT INTO attachment SELECT 1, seq FROM evidence WHERE id = ?1", [second]).unwrap();
    conn.execute("INSERT INTO attachment SELECT 2, seq FROM evidence WHERE id = ?1", [second]).unwrap();
    assert!(unsent(id) && unsent(other.id));
    summary::sealed(&conn, seq, 1, &[second]).unwrap();
    assert!(!unsent(id) && !unsent(other.id), "sealed for one, sent for all that have it");
    store::save(&conn, id, 1, "m".into(), &at(2)).unwrap();
    assert!(unsent(id));
    summary::sealed(&conn, seq, 1, &[]).unwrap();
    assert!(unsent(id), "an older revision was sealed meanwhile");
    summary::sealed(&conn, seq, 2, &[]).unwrap();
    assert!(!unsent(id));
}
