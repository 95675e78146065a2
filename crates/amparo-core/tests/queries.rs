//! Lists, timeline, counts, comparing and search on a real vault: through locks, seals, deletions and unlocks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use amparo_core::{
    Amparo, CoreError, IncidentId, VaultError,
    evidence::{CapturedAt, DeleteOptions, Derivatives, ImportRequest, no_progress},
    incident::{
        ActCode, Cell, CountsRequest, DateRange, IncidentContent, IncidentQuery, Occurred, RecipientKind,
        TimelineEntry, TimelineQuery,
    },
    report::ReportRequest,
};
use amparo_crypto::age::KeyKind;
use amparo_report::manifest::SenderMode;
use common::*;

fn ids(amparo: &Amparo, query: &IncidentQuery) -> Vec<IncidentId> {
    amparo.incidents().query(query, 50, None).unwrap().incidents.iter().map(|incident| incident.id).collect()
}

fn unsent(amparo: &Amparo) -> Vec<IncidentId> {
    ids(amparo, &IncidentQuery { unsent: Some(true), ..IncidentQuery::default() })
}

#[test]
fn an_incident_is_unsent_until_all_of_it_is_in_a_sealed_report() {
    let (home, amparo) = Home::new();
    let (_, desk) = key(KeyKind::PostQuantum);
    let seal = |incident, name: &str, sender| {
        let request = ReportRequest { sender, ..ReportRequest::new(incident, RecipientKind::CSO, vec![desk.clone()]) };
        amparo.reports().seal_file(&request, &home.path(name), &mut no_progress).unwrap();
    };
    let incident = amparo.incidents().create("They came at night.").unwrap();
    assert_eq!(unsent(&amparo), [incident.id]);
    let piece = import(&amparo, incident.id, &photo(3000)).id;
    seal(incident.id, "1", SenderMode::Anonymous);
    assert!(unsent(&amparo).is_empty(), "an anonymous report is a report");
    let second = import(&amparo, incident.id, &photo(3000)).id;
    assert_eq!(unsent(&amparo), [incident.id]);
    let mut request = ReportRequest::new(incident.id, RecipientKind::CSO, vec![desk.clone()]);
    request.groups[0].choice.evidence = Some(vec![piece]);
    amparo.reports().seal_file(&request, &home.path("2"), &mut no_progress).unwrap();
    assert_eq!(unsent(&amparo), [incident.id], "the new piece was not in it");
    amparo.evidence().delete(second, DeleteOptions { derivatives: Derivatives::Refuse }).unwrap();
    assert!(unsent(&amparo).is_empty(), "what is deleted cannot be sent");
    let saved = amparo.incidents().save(incident.id, 1, "They came at night, and again.".into()).unwrap();
    assert_eq!(unsent(&amparo), [incident.id]);
    seal(incident.id, "3", SenderMode::Case);
    assert!(unsent(&amparo).is_empty());
    amparo.lock().unwrap();
    let amparo = home.unlock();
    let summary = amparo.incidents().list(1, None).unwrap().incidents.remove(0);
    assert!(!summary.unsent);
    assert_eq!((summary.revision, summary.evidence_count), (saved.revision, 1));
}

#[test]
fn everything_is_made_anew_at_the_unlock_when_another_version_made_it() {
    let (home, amparo) = Home::new();
    let content = IncidentContent {
        narrative: "Полиция задержала её".into(),
        acts: vec![ActCode::ARBITRARY_DETENTION.into()],
        occurred: Some(Occurred::at("2026-10-03".parse().unwrap())),
        ..IncidentContent::default()
    };
    let incident = amparo.incidents().create(content).unwrap();
    let piece = import(&amparo, incident.id, &photo(3000)).id;
    amparo.evidence().set_note(piece, Some("Übergabe".into())).unwrap();
    let forget =
        "DELETE FROM search_text; DELETE FROM incident_code; UPDATE incident_summary SET acts = '', span = NULL;
        UPDATE upkeep SET version = 0";
    amparo.vault().write(|tx| tx.execute_batch(forget).map_err(VaultError::from)).unwrap();
    let query = IncidentQuery {
        act: Some(ActCode::ARBITRARY_DETENTION),
        occurred: Some(DateRange::of("2026".parse().unwrap())),
        ..IncidentQuery::default()
    };
    assert!(ids(&amparo, &query).is_empty());
    amparo.lock().unwrap();
    let amparo = home.unlock();
    assert_eq!(ids(&amparo, &query), [incident.id]);
    let hits = amparo.search().incidents_where("полиция ubergabe", &query, 5, None).unwrap().hits;
    assert_eq!((hits.len(), hits[0].notes[0].evidence), (1, piece));
    assert_eq!(hits[0].incident.acts, [ActCode::ARBITRARY_DETENTION]);
}

#[test]
fn timeline_counts_and_comparing_read_what_was_saved() {
    let (_home, amparo) = Home::new();
    let happened = |text: &str| IncidentContent {
        narrative: "n".into(),
        occurred: Some(Occurred::at(text.parse().unwrap())),
        ..IncidentContent::default()
    };
    let mut contents: Vec<IncidentContent> = vec![happened("2026-10-02"); 6];
    contents.push("undated".into());
    let made = amparo.incidents().create_all(contents).unwrap();
    let captured_at = CapturedAt::at("2026-10-01T09:00Z".parse().unwrap());
    let request = ImportRequest { captured_at: Some(captured_at), ..for_incident(made[0].id) };
    let piece = amparo.evidence().import(&photo(500)[..], None, request, &mut no_progress).unwrap();
    let entries =
        amparo.incidents().timeline(&TimelineQuery { evidence: true, range: None }, 50, None).unwrap().entries;
    assert_eq!(entries.len(), 8);
    assert!(
        matches!(&entries[0], TimelineEntry::Evidence { id, incidents, .. } if *id == piece.id && *incidents == [made[0].id])
    );
    assert!(matches!(&entries[7], TimelineEntry::Incident(incident) if incident.id == made[6].id));

    let counts = amparo.incidents().counts(&CountsRequest { threshold: 3, ..CountsRequest::default() }).unwrap();
    assert_eq!(counts.incidents, Cell::Exact(0), "they were entered in a month that is not over");

    let mut content = made[0].content.clone();
    content.title = "T".into();
    amparo.incidents().save(made[0].id, 1, content).unwrap();
    let changes = amparo.incidents().compare(made[0].id, 1, 2).unwrap();
    assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["/title"]);
    assert_eq!(changes[0].after, Some("T".into()));
    assert!(matches!(amparo.incidents().compare(made[0].id, 1, 3), Err(CoreError::RevisionNotFound)));
}

#[test]
fn of_many_incidents_all_are_saved_or_none() {
    let (_home, amparo) = Home::new();
    let refused = amparo.incidents().create_all(vec!["one".into(), IncidentContent::default(), "three".into()]);
    assert!(matches!(refused, Err(CoreError::EmptyIncident)));
    assert!(ids(&amparo, &IncidentQuery::default()).is_empty());
    assert!(amparo.search().incidents("one", 5, None).unwrap().hits.is_empty());
}
