//! CSV for Uwazi: what is told to whom, and whether its importer would read it as it was meant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeMap;

use amparo_core::{
    Amparo, CoreError,
    evidence::no_progress,
    incident::{
        Act, ActCode, Consent, ConsentStatus, Coordinates, IncidentContent, IncidentQuery, Occurred, Perpetrator,
        PerpetratorKind, Person, PersonRole, Place, PlacePrecision, RecipientKind,
    },
    interchange::{UWAZI_COLUMNS, UwaziOptions, lists::LISTS, thesaurus_csv},
};
use amparo_report::locale::Locale;
use common::*;

fn rows(amparo: &Amparo, options: &UwaziOptions) -> Vec<BTreeMap<String, String>> {
    let mut out = Vec::new();
    let query = IncidentQuery::default();
    let summary = amparo.interchange().export_uwazi(&query, options, &mut out, &mut no_progress).unwrap();
    assert_eq!(summary.bytes, out.len() as u64);
    let mut reader = csv::Reader::from_reader(out.as_slice());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(headers, UWAZI_COLUMNS);
    let rows: Vec<_> = reader
        .records()
        .map(|record| headers.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect())
        .collect();
    assert_eq!(rows.len() as u64, summary.incidents);
    rows
}

fn consenting(name: &str, kinds: &[RecipientKind]) -> Person {
    let consent = Consent { scope: kinds.to_vec(), ..Consent::new(ConsentStatus::GRANTED) };
    Person { name: name.into(), consent: Some(consent), ..Person::with_role(PersonRole::VICTIM) }
}

fn full() -> IncidentContent {
    let mut killing: Act = ActCode::KILLING.into();
    killing.method = "shot | at night".into();
    IncidentContent {
        title: "=cmd|' /C calc'!A0".into(),
        narrative: "سطر\nline two, with \"quotes\"".into(),
        language: Some("ar".into()),
        acts: vec![killing, ActCode::SURVEILLANCE.into(), ActCode::SURVEILLANCE.into()],
        occurred: Some(Occurred::at("2024-02".parse().unwrap())),
        place: Some(Place {
            text: "Town".into(),
            country: Some("EG".into()),
            coordinates: Some(Coordinates { latitude: -12.5, longitude: -77.25 }),
            precision: Some(PlacePrecision::EXACT),
            ..Place::default()
        }),
        persons: vec![
            consenting("Amina A|B", &[RecipientKind::CSO]),
            consenting("Secret Samir", &[RecipientKind::LAWYER]),
            Person {
                pseudonym: "Witness 7".into(),
                name: "Hidden Huda".into(),
                ..Person::with_role(PersonRole::WITNESS)
            },
            Person {
                name: "Refused Rami".into(),
                consent: Some(Consent::new(ConsentStatus::REFUSED)),
                ..Person::with_role(PersonRole::VICTIM)
            },
        ],
        perpetrators: vec![Perpetrator { kind: Some(PerpetratorKind::POLICE), ..Perpetrator::default() }],
        ..IncidentContent::default()
    }
}

#[test]
fn a_row_tells_what_a_report_to_this_kind_would_and_is_read_back_as_it_was_meant() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create(full()).unwrap();
    import(&amparo, incident.id, &photo(3000));
    amparo.incidents().create(IncidentContent { draft: true, ..IncidentContent::from("unfinished") }).unwrap();

    let found = rows(&amparo, &UwaziOptions::new(RecipientKind::CSO));
    assert_eq!(found.len(), 1, "no drafts");
    let row = &found[0];
    assert_eq!(row["title"], "'=cmd|' /C calc'!A0", "no spreadsheet may compute it");
    assert_eq!(row["narrative"], "سطر\nline two, with \"quotes\"");
    assert_eq!(row["occurred"], "2024-02-01:2024-02-29");
    assert_eq!(row["occurred_as_known"], "2024-02 (To the month)".replace("To the month", &word("precision", "month")));
    assert_eq!(row["acts"], format!("{}|{}", word("act", "killing"), word("act", "surveillance")), "each once");
    assert!(row["huridocs_acts"].contains("020103030000 Surveillance"));
    assert_eq!(row["geolocation_geolocation"], "-12.5|-77.25");
    assert_eq!(row["country"], "EG");
    let victims: Vec<&str> = row["victims"].split('|').collect();
    assert_eq!(victims, ["Amina A/B", &word("person_role", "victim")], "a name with a separator stays one value");
    assert_eq!(row["other_persons"], "Witness 7");
    assert_eq!(row["perpetrators"], word("perpetrator", "police"));
    assert!(row["evidence"].contains("SHA-256 "));
    assert_eq!(row["amparo_id"], incident.id.to_string());
    let all: String = row.values().cloned().collect();
    for hidden in ["Samir", "Huda", "Rami"] {
        assert!(!all.contains(hidden), "{hidden}");
    }

    let lawyer = rows(&amparo, &UwaziOptions::new(RecipientKind::LAWYER));
    assert!(lawyer[0]["victims"].contains("Secret Samir") && !lawyer[0]["victims"].contains("Amina"));
    let arabic = rows(&amparo, &UwaziOptions { locale: Locale::Arabic, ..UwaziOptions::new(RecipientKind::CSO) });
    assert_eq!(arabic[0]["perpetrators"], Locale::Arabic.code("perpetrator", "police"));
}

fn word(list: &str, code: &str) -> String {
    Locale::English.code(list, code)
}

#[test]
fn a_place_that_is_withheld_and_marked_fields_are_not_told() {
    let (_home, amparo) = Home::new();
    let mut content = full();
    content.place.as_mut().unwrap().precision = Some(PlacePrecision::TOWN);
    content.confidential = vec!["narrative".into()];
    amparo.incidents().create(content).unwrap();
    let row = rows(&amparo, &UwaziOptions::new(RecipientKind::CSO)).remove(0);
    assert_eq!((row["geolocation_geolocation"].as_str(), row["narrative"].as_str()), ("", ""));
    assert_eq!(row["place"], "Town");
}

#[test]
fn a_file_is_never_overwritten_and_a_cancelled_one_leaves_nothing() {
    let (home, amparo) = Home::new();
    amparo.incidents().create(full()).unwrap();
    let (target, options) = (home.path("out.csv"), UwaziOptions::new(RecipientKind::CSO));
    let query = IncidentQuery::default();
    let stopped =
        amparo.interchange().export_uwazi_file(&query, &options, &target, &mut |_| core::ops::ControlFlow::Break(()));
    assert!(matches!(stopped, Err(CoreError::Cancelled)));
    assert!(home.beside().is_empty());
    amparo.interchange().export_uwazi_file(&query, &options, &target, &mut no_progress).unwrap();
    let again = amparo.interchange().export_uwazi_file(&query, &options, &target, &mut no_progress);
    assert!(matches!(again, Err(CoreError::TargetExists)));
}

#[test]
fn every_list_is_a_thesaurus_in_five_languages_without_what_uwazi_would_split() {
    for list in LISTS {
        let bytes = thesaurus_csv(list.name).unwrap().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap(), vec!["English", "Spanish", "French", "Arabic", "Russian"]);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), list.codes().len());
        for label in rows.iter().flatten() {
            assert!(!label.contains('|') && !label.contains("::") && !label.trim_start().starts_with('-'), "{label}");
            assert!(!label.trim().is_empty());
        }
    }
    assert_eq!(thesaurus_csv("nothing").unwrap(), None);
}
