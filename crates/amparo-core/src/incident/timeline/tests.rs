//! The timeline against sorting everything, on random vaults.

use proptest::prelude::*;

use super::*;
use crate::incident::{
    Incident, IncidentContent, Occurred,
    query::tests::{at, content, database, date, evidence as add_evidence, steps},
    store,
};

fn name(entry: &TimelineEntry) -> String {
    match entry {
        TimelineEntry::Incident(incident) => incident.id.to_string(),
        TimelineEntry::Evidence { id, .. } => id.to_string(),
    }
}

fn all(conn: &Connection, query: &TimelineQuery, limit: usize) -> Vec<TimelineEntry> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let found = page(conn, query, limit, after.as_ref()).unwrap();
        assert!(found.entries.len() <= limit && (found.next.is_none() || found.entries.len() == limit));
        seen.extend(found.entries);
        // As a host would keep it.
        after = found.next.map(|next| next.to_string().parse::<TimelineCursor>().unwrap());
        if after.is_none() {
            return seen;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_page_is_a_piece_of_all_sorted_by_when_it_began(
        vault in prop::collection::vec((content(), prop::option::of(date())), 0..30),
        ranges in prop::collection::vec((prop::option::of(date()), prop::option::of(date()), any::<bool>(), 1usize..6), 10),
    ) {
        let conn = database();
        let mut made: Vec<(Incident, Option<(EvidenceId, PartialDate)>)> = Vec::new();
        for (content, captured) in vault {
            let incident = store::create(&conn, content, &at(1)).unwrap();
            let record = |date: &PartialDate| format!(r#"{{"kind":"photo","captured_at":{{"time":"{date}"}}}}"#);
            let piece = captured.map(|date| (add_evidence(&conn, incident.id, "complete", &record(&date)), date));
            made.push((incident, piece));
        }
        for (from, to, with_evidence, limit) in ranges {
            let range = Some(DateRange { from, to }).filter(|range| range.validate().is_ok() && limit < 5);
            let query = TimelineQuery { range, evidence: with_evidence };
            let (first, last) = range.unwrap_or_default().days();
            let mut expected: Vec<((i64, bool, usize), String)> = Vec::new();
            for (place, (incident, piece)) in made.iter().enumerate() {
                match &incident.content.occurred {
                    Some(occurred) => {
                        let (begin, end) = occurred.days();
                        if begin <= last && end >= first {
                            expected.push(((occurred.from.moment(), false, place), incident.id.to_string()));
                        }
                    }
                    None if range.is_none() => expected.push(((i64::MAX, false, place), incident.id.to_string())),
                    None => {}
                }
                if let Some((id, date)) = piece.as_ref().filter(|_| with_evidence) {
                    let day = date.unix().0.div_euclid(86_400) + super::super::date::UNIX_EPOCH_DAY;
                    if (first..=last).contains(&day) {
                        expected.push(((date.moment(), true, place), id.to_string()));
                    }
                }
            }
            expected.sort();
            let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
            let seen = all(&conn, &query, limit);
            prop_assert_eq!(seen.iter().map(name).collect::<Vec<_>>(), expected, "{:?} {}", query, limit);
            for entry in seen {
                if let TimelineEntry::Evidence { id, incidents, captured_at, .. } = entry {
                    let (incident, piece) = made.iter().find(|(_, piece)| piece.is_some_and(|piece| piece.0 == id)).unwrap();
                    prop_assert_eq!(incidents, vec![incident.id]);
                    prop_assert_eq!(captured_at, piece.map(|piece| piece.1));
                }
            }
        }
    }

    /// The database makes the same of a date's text as Rust does.
    #[test]
    fn evidence_and_incidents_are_sorted_by_one_measure(date in date()) {
        let conn = database();
        let incident = store::create(&conn, "n".into(), &at(1)).unwrap();
        add_evidence(&conn, incident.id, "complete", &format!(r#"{{"captured_at":{{"time":"{date}"}}}}"#));
        let moment: i64 = conn.query_row("SELECT moment FROM evidence", [], |row| row.get(0)).unwrap();
        prop_assert_eq!(moment, date.moment());
    }
}

#[test]
fn vague_dates_come_before_what_they_may_contain() {
    let conn = database();
    for text in ["2024-01-01T00:00", "2024-01-01", "2024-01", "2024", "2023-12-31T23:00-05:00"] {
        let content = IncidentContent {
            title: text.into(),
            occurred: Some(Occurred::at(text.parse().unwrap())),
            ..IncidentContent::default()
        };
        store::create(&conn, content, &at(1)).unwrap();
    }
    store::create(&conn, "undated".into(), &at(1)).unwrap();
    let headings: Vec<String> = all(&conn, &TimelineQuery::default(), 2)
        .iter()
        .map(|entry| match entry {
            TimelineEntry::Incident(incident) => incident.heading.clone(),
            TimelineEntry::Evidence { .. } => panic!(),
        })
        .collect();
    let order = ["2024", "2024-01", "2024-01-01", "2024-01-01T00:00", "2023-12-31T23:00-05:00", "undated"];
    assert_eq!(headings, order, "23:00 in New York is 04:00 in UTC");
}

#[test]
fn what_is_said_of_evidence_can_be_damaged_or_no_date() {
    let conn = database();
    let incident = store::create(&conn, "n".into(), &at(1)).unwrap();
    for record in [
        "{",
        "",
        "[]",
        r#"{"captured_at":{}}"#,
        r#"{"captured_at":{"time":7}}"#,
        r#"{"captured_at":{"time":"yesterday"}}"#,
        r#"{"captured_at":{"time":null}}"#,
        r#"{"captured_at":{"time":{"a":1}}}"#,
        r#"{"captured_at":{"time":"2024-02-31"}}"#,
    ] {
        add_evidence(&conn, incident.id, "complete", record);
    }
    conn.execute("UPDATE evidence SET record = '{{' WHERE seq = 3", []).unwrap();
    let query = TimelineQuery { range: None, evidence: true };
    let dates: Vec<Option<PartialDate>> = all(&conn, &query, 1)
        .into_iter()
        .filter_map(|entry| match entry {
            TimelineEntry::Evidence { captured_at, .. } => Some(captured_at),
            TimelineEntry::Incident(_) => None,
        })
        .collect();
    assert!(dates.iter().all(Option::is_none), "{dates:?}");
}

#[test]
fn cursors_have_one_spelling_and_nothing_else_is_one() {
    let cursor = TimelineCursor { moment: -5, evidence: true, seq: 3 };
    assert_eq!(cursor.to_string().parse::<TimelineCursor>().unwrap(), cursor);
    for bad in ["", "1", "1.i", "1.i.0", "1.x.1", "+1.i.1", "1.i.01", "1.i.1.", "9223372036854775808.i.1", "1.i.-1"] {
        assert!(matches!(bad.parse::<TimelineCursor>(), Err(CoreError::MalformedCursor)), "{bad}");
    }
}

#[test]
fn no_timeline_sorts_or_walks_what_has_an_index() {
    let conn = database();
    for sql in [
        "SELECT s.seq FROM incident_summary s INDEXED BY incident_by_moment WHERE +s.occurred_from BETWEEN 1 AND 2
             AND s.moment = 1 AND s.seq > 2 ORDER BY s.seq LIMIT 3",
        "SELECT s.seq FROM incident_summary s INDEXED BY incident_by_moment WHERE +s.occurred_from BETWEEN 1 AND 2
             AND s.moment > 1 AND s.moment <= 2 ORDER BY s.moment, s.seq LIMIT 3",
        "SELECT e.seq FROM evidence e INDEXED BY evidence_by_moment WHERE 1
             AND e.moment > 1 AND e.moment <= 2 ORDER BY e.moment, e.seq LIMIT 3",
        "SELECT moment, seq FROM incident_summary INDEXED BY incident_by_days
             WHERE span = 1 AND occurred_from >= 1 AND occurred_from < 2 AND occurred_to >= 2",
        "SELECT s.seq FROM incident_summary s INDEXED BY incident_undated WHERE s.moment IS NULL AND s.seq > 1
             ORDER BY s.seq LIMIT 2",
    ] {
        let steps = steps(&conn, sql);
        assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{sql}: {steps:?}");
    }
}
