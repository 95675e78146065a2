//! Counts of real tables, and what a reader of an export can and cannot tell from it.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::incident::{
    Act, IncidentContent, Occurred, Perpetrator, Place,
    query::tests::{at, content, database},
    store,
};

/// 24 November 2026.
const NOW: i64 = 1_795_500_000;

fn export(conn: &Connection, request: &CountsRequest) -> Counts {
    counts(conn, request, Timestamp::from_unix(NOW)).unwrap()
}

fn add(conn: &Connection, times: usize, content: &IncidentContent) {
    (0..times).for_each(|_| drop(store::create(conn, content.clone(), &at(1_700_000_000)).unwrap()));
}

fn happened(text: &str) -> IncidentContent {
    IncidentContent {
        title: "TITLE".into(),
        occurred: Some(Occurred::at(text.parse().unwrap())),
        tags: vec!["TAG".into()],
        ..IncidentContent::default()
    }
}

fn rows(counts: &Counts, by: &str) -> Vec<(String, String)> {
    let table = counts.tables.iter().find(|table| table.by == by).unwrap();
    let name = |row: &CountRow| row.code.clone().unwrap_or_else(|| "-".into());
    table.rows.iter().map(|row| (name(row), row.incidents.to_string())).collect()
}

fn told(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(code, count)| ((*code).to_owned(), (*count).to_owned())).collect()
}

#[test]
fn small_numbers_and_what_would_tell_them_are_not_told() {
    let conn = database();
    let with = |status: Option<IncidentStatus>| IncidentContent { status, ..happened("2026-05-17") };
    add(&conn, 20, &with(Some(IncidentStatus::ONGOING)));
    add(&conn, 9, &with(Some(IncidentStatus::ENDED)));
    add(&conn, 2, &with(None));
    let counts = export(&conn, &CountsRequest::default());
    assert_eq!(counts.incidents, Cell::Exact(31));
    assert_eq!(counts.until, "2026-10");
    assert_eq!(rows(&counts, "status"), told(&[("ongoing", "20"), ("ended", ">=5"), ("-", "<5")]));
    assert_eq!(rows(&counts, "month"), told(&[("2026-05", "31")]));
    assert_eq!(rows(&counts, "urgency"), told(&[("-", "31")]));
    assert_eq!(rows(&counts, "act"), told(&[]));
    let lower = export(&conn, &CountsRequest { threshold: 3, ..CountsRequest::default() });
    assert_eq!(rows(&lower, "status"), told(&[("ongoing", "20"), ("ended", ">=3"), ("-", "<3")]));
    for threshold in [0, 1, 2] {
        let request = CountsRequest { threshold, ..CountsRequest::default() };
        let refused = super::counts(&conn, &request, Timestamp::from_unix(NOW));
        assert!(matches!(refused, Err(CoreError::InvalidField { field: "threshold", .. })));
    }
}

#[test]
fn few_incidents_in_all_are_told_as_few_and_nothing_else() {
    let conn = database();
    assert_eq!(export(&conn, &CountsRequest::default()).incidents, Cell::Exact(0));
    add(&conn, 4, &happened("2026-05"));
    let counts = export(&conn, &CountsRequest::default());
    assert_eq!((counts.incidents, counts.tables.len()), (Cell::Below(5), 0));
    assert_eq!(String::from_utf8(counts.to_csv().unwrap()).unwrap(), "by,month,code,incidents\r\nall,,,<5\r\n");
}

#[test]
fn drafts_later_months_and_what_was_entered_later_are_not_counted() {
    let conn = database();
    add(&conn, 10, &happened("2026-10-31"));
    add(&conn, 10, &IncidentContent { draft: true, ..happened("2026-10-31") });
    add(&conn, 10, &happened("2026-11-01"));
    add(&conn, 10, &happened("2026"));
    add(&conn, 10, &happened("2027"));
    add(&conn, 10, &"undated".into());
    // In November, of October.
    store::create(&conn, happened("2026-10-31"), &at(NOW)).unwrap();
    let counts = export(&conn, &CountsRequest::default());
    assert_eq!(rows(&counts, "month"), told(&[("2026-10", "10"), ("-", "20")]));
    let until = |text: &str| CountsRequest { until: Some(text.parse().unwrap()), ..CountsRequest::default() };
    assert_eq!(rows(&export(&conn, &until("2026-09")), "month"), told(&[("-", "20")]));
    for bad in ["2026", "2026-11", "2027-01", "2026-10-31"] {
        let refused = super::counts(&conn, &until(bad), Timestamp::from_unix(NOW));
        assert!(matches!(refused, Err(CoreError::InvalidField { field: "until", .. })), "{bad}");
    }
    let january = super::counts(&conn, &CountsRequest::default(), Timestamp::from_unix(1_767_225_600)).unwrap();
    assert_eq!(january.until, "2025-12");
}

#[test]
fn only_certain_months_are_months() {
    let month = |text: &str, to: Option<&str>, precision: &str| {
        let occurred = Occurred {
            to: to.map(|to| to.parse().unwrap()),
            precision: precision.parse().unwrap(),
            ..Occurred::at(text.parse().unwrap())
        };
        occurred.month()
    };
    assert_eq!(month("2026-05-17T10:00", None, "exact").as_deref(), Some("2026-05"));
    assert_eq!(month("2026-05-01", Some("2026-05-31"), "day").as_deref(), Some("2026-05"));
    assert_eq!(month("2026-05", None, "month").as_deref(), Some("2026-05"));
    for (from, to, precision) in [
        ("2026", None, "year"),
        ("2026-05-17", None, "circa"),
        ("2026-05-17", None, "year"),
        ("2026-05-17", None, "season"),
        ("2026-05-31", Some("2026-06-01"), "day"),
        ("2026-05-31", Some("2026"), "day"),
    ] {
        assert_eq!(month(from, to, precision), None, "{from} {to:?} {precision}");
    }
}

#[test]
fn rare_unknown_codes_are_other_and_nobody_is_counted_twice() {
    let conn = database();
    let acts = |codes: &[&str]| IncidentContent {
        acts: codes.iter().map(|code| Act::new(code.parse().unwrap())).collect(),
        ..happened("2026-05")
    };
    add(&conn, 4, &acts(&["drone_strike", "newer_code", "other"]));
    add(&conn, 2, &acts(&["other", "threat", "threat"]));
    add(&conn, 6, &acts(&["spyware"]));
    add(&conn, 10, &acts(&["threat"]));
    add(&conn, 30, &acts(&["killing"]));
    let counts = export(&conn, &CountsRequest::default());
    let expected = told(&[("killing", "30"), ("threat", "12"), ("other", "6"), ("spyware", "6")]);
    assert_eq!(rows(&counts, "act"), expected);
    let countries = IncidentContent {
        place: Some(Place { country: Some("EG".into()), ..Place::default() }),
        perpetrators: vec![Perpetrator { kind: Some(PerpetratorKind::POLICE), ..Perpetrator::default() }; 3],
        status: Some("paused".parse().unwrap()),
        ..happened("2026-05")
    };
    add(&conn, 7, &countries);
    let counts = export(&conn, &CountsRequest::default());
    assert_eq!(rows(&counts, "perpetrator"), told(&[("police", "7")]));
    assert_eq!(rows(&counts, "country"), told(&[("EG", "7"), ("-", "52")]));
    assert_eq!(rows(&counts, "status"), told(&[("paused", "7"), ("-", "52")]));
}

#[test]
fn a_month_whose_number_is_not_told_has_no_codes() {
    let conn = database();
    let with = |month: &str, status| IncidentContent { status: Some(status), ..happened(month) };
    add(&conn, 3, &with("2026-03", IncidentStatus::ONGOING));
    add(&conn, 8, &with("2026-04", IncidentStatus::ONGOING));
    add(&conn, 40, &with("2026-05", IncidentStatus::ONGOING));
    add(&conn, 12, &with("2026-05", IncidentStatus::ENDED));
    let counts = export(&conn, &CountsRequest { by_month: true, ..CountsRequest::default() });
    assert_eq!(rows(&counts, "month"), told(&[("2026-03", "<5"), ("2026-04", ">=5"), ("2026-05", "52")]));
    assert!(counts.tables.iter().skip(1).all(|table| table.month == Some(Some("2026-05".into()))));
    assert_eq!(rows(&counts, "status"), told(&[("ongoing", "40"), ("ended", "12")]));
}

#[test]
fn exports_are_well_formed_and_hold_no_text() {
    let conn = database();
    add(&conn, 20, &IncidentContent { status: Some(IncidentStatus::ENDED), ..happened("2026-05") });
    add(&conn, 3, &IncidentContent { status: Some(IncidentStatus::ONGOING), ..happened("2026-04") });
    let counts = export(&conn, &CountsRequest { by_month: true, ..CountsRequest::default() });
    let json: Value = serde_json::from_slice(&counts.to_json().unwrap()).unwrap();
    assert_eq!(json["schema"], "amparo.counts/1");
    assert_eq!(json["tables"][0]["withheld"], false);
    assert_eq!(json["tables"][0]["rows"][0]["incidents"], "<5");
    let csv = String::from_utf8(counts.to_csv().unwrap()).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap(), &["by", "month", "code", "incidents"][..]);
    assert!(reader.records().all(|record| record.unwrap().len() == 4));
    for text in ["TITLE", "TAG"] {
        assert!(!csv.contains(text) && !json.to_string().contains(text));
    }
    for (cell, inert_cell) in
        [("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("a=b", "a=b")]
    {
        assert_eq!(inert(cell), inert_cell);
    }
}

/// All cells of one table that are no more than a bound, and their sum if every incident is in one of its rows.
fn gaps(table: &CountTable) -> (u64, usize, usize) {
    table.rows.iter().fold((0, 0, 0), |(sum, below, withheld), row| match row.incidents {
        Cell::Exact(count) => (sum + count, below, withheld),
        Cell::Below(_) => (sum, below + 1, withheld),
        Cell::Withheld(_) => (sum, below, withheld + 1),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn totals_and_siblings_never_tell_a_number_that_is_not_told(
        vault in prop::collection::vec((content(), 1u64..6), 0..25), threshold in 3u32..7, by_month in any::<bool>(),
    ) {
        let conn = database();
        let mut kept: Vec<IncidentContent> = Vec::new();
        for (content, times) in vault {
            add(&conn, usize::try_from(times).unwrap(), &content);
            (0..times).for_each(|_| kept.push(content.clone()));
        }
        let request = CountsRequest { threshold, by_month, ..CountsRequest::default() };
        let counts = export(&conn, &request);
        let counted: Vec<&IncidentContent> = kept.iter().filter(|content| !content.draft).collect();
        let total = counted.len() as u64;
        match counts.incidents {
            Cell::Exact(n) => prop_assert_eq!(n, total),
            _ => prop_assert!(total < u64::from(threshold) && counts.tables.is_empty()),
        }
        let limit = u64::from(threshold);
        let months: std::collections::BTreeMap<Option<String>, u64> = counts.tables.iter().filter(|table| table.by == "month")
            .flat_map(|table| &table.rows)
            .filter_map(|row| match row.incidents { Cell::Exact(n) => Some((row.code.clone(), n)), _ => None })
            .collect();
        for table in &counts.tables {
            let (sum, below, withheld) = gaps(table);
            prop_assert!(!table.withheld || table.rows.is_empty());
            // One gap would be the total less the rest.
            prop_assert!(below + withheld != 1 && (below == 0) == (withheld == 0), "{table:?}");
            let of_month = |content: &IncidentContent| {
                table.month.as_ref().is_none_or(|month| &content.occurred.as_ref().and_then(Occurred::month) == month)
            };
            if ["month", "status", "urgency", "country"].contains(&table.by) {
                let all = match &table.month {
                    Some(month) => *months.get(month).unwrap(),
                    None => total,
                };
                if below == 0 && !table.withheld {
                    prop_assert_eq!(sum, all);
                } else if !table.withheld {
                    // What is missing leaves each number below the threshold every value that it could have.
                    let missing = all - sum;
                    prop_assert!(missing >= (limit - 1) + (below as u64 - 1) + withheld as u64 * limit);
                }
            }
            for row in &table.rows {
                let is = |content: &&&IncidentContent| {
                    let code = row.code.as_deref();
                    of_month(content) && match table.by {
                        "month" => content.occurred.as_ref().and_then(Occurred::month).as_deref() == code,
                        "status" => content.status.as_ref().map(IncidentStatus::as_str) == code,
                        "urgency" => content.urgency.as_ref().map(Urgency::as_str) == code,
                        "act" => content.acts.iter().any(|act| Some(act.code.as_str()) == code),
                        _ => code.is_none(),
                    }
                };
                let count = counted.iter().filter(is).count() as u64;
                match row.incidents {
                    Cell::Exact(n) => prop_assert!(n == count && n >= limit, "{row:?} {count}"),
                    Cell::Below(k) => prop_assert!(k == threshold && (1..limit).contains(&count), "{row:?} {count}"),
                    Cell::Withheld(k) => prop_assert!(k == threshold && count >= limit, "{row:?} {count}"),
                }
            }
        }
    }
}
