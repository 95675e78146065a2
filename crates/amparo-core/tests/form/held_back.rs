//! What is held back from a channel: people whom it must not get, voices, and what was made from them.

use amparo_core::{
    CoreError, EvidenceId, PersonId,
    evidence::{DeriveRequest, EvidenceKind, ImportRequest, Purpose, no_progress},
    form::{FieldStatus, HiddenBecause},
    incident::Consent,
    report::{LeftOutReason, Reason, Told, Why},
};
use serde_json::Value;

use crate::{common::*, scene::*};

#[test]
fn a_platform_gets_no_names_of_others_and_no_voices() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let (shot, voice) = (screenshot(&amparo, incident), testimony(&amparo, incident));
    let form = form(PLATFORM);
    let request = request(incident, &form);
    let preview = &amparo.reports().preview(&request).unwrap()[0];
    let text = everything(preview);
    assert!(text.contains("NameOfDefender") && text.contains("example.org/1"));
    for secret in [
        "NameOfWitness",
        "W.\"",
        "AffiliationOfWitness",
        "DescriptionOfWitness",
        "AddressOf",
        "NameOfBrother",
        "NameWithoutRole",
        "SourceText",
        "InjuryText",
        "DetentionPlace",
        "Cairo",
        "NameOfSpeaker",
        "testimony",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    // Nothing chosen by hand brings it back.
    let mut by_hand = request.clone();
    by_hand.groups[0].choice.reveal =
        vec!["/persons/2/name".parse().unwrap(), "/persons/2/safe_contact/address".parse().unwrap()];
    by_hand.groups[0].choice.shown.file_names = true;
    assert!(!everything(&amparo.reports().preview(&by_hand).unwrap()[0]).contains("OfWitness"));
    by_hand.groups[0].choice.evidence = Some(vec![shot, voice]);
    assert!(matches!(amparo.reports().preview(&by_hand), Err(CoreError::FormEvidence { index: 1 })));
    // Everything that would have been told is named, and why.
    let why = |field: &str| preview.withheld.iter().find(|w| w.field == field).map(|w| w.reason);
    for field in ["/persons/1", "/persons/2", "/persons/3", "/place/text", "/sources/0", "/acts/0/injuries"] {
        assert_eq!(why(field), Some(Reason::Form), "{field}: {:?}", preview.withheld);
    }
    assert!(preview.left_out.iter().any(|left| left.evidence == voice && left.reason == LeftOutReason::NotForChannel));
    let told: Vec<(Told, Why)> = preview.persons.iter().map(|person| (person.told, person.why)).collect();
    assert_eq!(told[0], (Told::InFull, Why::Allowed));
    assert!(told[1..].iter().all(|told| *told == (Told::LeftOut, Why::Form)));
    let check = check(&amparo, &request, &form);
    let left_out: Vec<&str> =
        check.fields.iter().filter(|f| f.status == FieldStatus::LeftOut).map(|f| f.field.as_str()).collect();
    assert_eq!(left_out, ["other-names", "private-contact", "place", "sources", "injuries", "testimony"]);
    assert_eq!(paths(&check, "other-names"), ["/persons/1", "/persons/2", "/persons/3"]);
    assert_eq!(check.size.unfit.len(), 1);
    // Without the form they are told: it is the form that leaves them out.
    let mut plain = request;
    plain.groups[0].form = None;
    let text = everything(&amparo.reports().preview(&plain).unwrap()[0]);
    assert!(text.contains("NameOfWitness") && text.contains("InjuryText") && text.contains("NameOfSpeaker"));
}

#[test]
fn what_consent_hides_is_not_the_forms_matter() {
    let (_home, amparo) = Home::new();
    let mut content = full();
    content.persons[2].consent = Some(Consent::new("refused".parse().unwrap()));
    content.sources.clear();
    let form = form(PLATFORM);
    let request = request(incident(&amparo, content), &form);
    let check = check(&amparo, &request, &form);
    assert_eq!(paths(&check, "other-names"), ["/persons/1", "/persons/3"]);
}

#[test]
fn a_witness_is_known_to_the_united_nations_by_a_pseudonym() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let form = form(UN);
    let request = request(incident, &form);
    let preview = &amparo.reports().preview(&request).unwrap()[0];
    let report: Value = serde_json::from_slice(&preview.report_json).unwrap();
    let witness = &report["incident"]["persons"][2];
    assert_eq!((witness["role"].as_str(), witness["pseudonym"].as_str()), (Some("witness"), Some("W.")));
    let text = everything(preview);
    // What follows from the name is not told either: the source's own words.
    for secret in [
        "NameOfWitness",
        "AddressOfWitness",
        "AffiliationOfWitness",
        "DescriptionOfWitness",
        "SourceText",
        "NameWithoutRole",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("NameOfBrother") && text.contains("NameOfDefender"));
    assert!(text.contains("letter_to_authorities"), "the desk sees the answers");
}

#[test]
fn what_was_made_from_a_voice_is_not_told_where_the_voice_must_not_be() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let voice = testimony(&amparo, incident);
    let mut written = DeriveRequest::new(Purpose::TRANSCRIBED, "by hand");
    (written.kind, written.media_type) = (Some(EvidenceKind::DOCUMENT), Some("text/plain".into()));
    let transcript = amparo.evidence().derive(voice, written, &b"WordsOfTheSpeaker"[..], &mut no_progress).unwrap().id;
    let left_out = |id: &str| -> Vec<EvidenceId> {
        let preview = amparo.reports().preview(&request(incident, &form(id))).unwrap().remove(0);
        preview.left_out.iter().filter(|l| l.reason == LeftOutReason::NotForChannel).map(|l| l.evidence).collect()
    };
    assert_eq!(left_out(PLATFORM), [voice, transcript]);
    assert_eq!(left_out(UN), [voice, transcript]);
    assert!(left_out(GENERAL).is_empty());
}

#[test]
fn a_need_of_those_left_out_for_the_channel_is_not_said_to_lack_consent() {
    let (_home, amparo) = Home::new();
    let with = |refused: bool| {
        let mut content = full();
        content.support_needs[0].persons = vec![PersonId::from_bytes([2; 16])];
        if refused {
            content.persons[1].consent = Some(Consent::new("refused".parse().unwrap()));
        }
        let request = request(incident(&amparo, content), &form(PLATFORM));
        let preview = amparo.reports().preview(&request).unwrap().remove(0);
        preview.withheld.iter().find(|field| field.field == "/support_needs/0").map(|field| field.reason)
    };
    assert_eq!(with(false), Some(Reason::Form));
    assert_eq!(with(true), Some(Reason::Consent));
}

#[test]
fn evidence_that_is_hidden_is_not_called_missing() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let form = changed(PROTECT, &|text| {
        *text = text.replace(
            "what = [{ at = \"/evidence\" }]",
            "what = [{ at = \"/evidence\", where = { kind = [\"testimony\"] } }]",
        );
    });
    let request = request(incident, &form);
    let look = || {
        let check = check(&amparo, &request, &form);
        check.fields.into_iter().find(|found| found.field == "proof").map(|found| (found.status, found.places))
    };
    assert_eq!(look().unwrap().0, FieldStatus::Missing);
    let request_of = ImportRequest { kind: Some(EvidenceKind::TESTIMONY), ..for_incident(incident) };
    let voice =
        amparo.evidence().import(&b"RIFF\x24\0\0\0WAVEfmt "[..], None, request_of, &mut no_progress).unwrap().id;
    let (status, places) = look().unwrap();
    assert_eq!((status, places[0].evidence), (FieldStatus::Hidden, Some(voice)));
    assert_eq!(places[0].hidden, Some(HiddenBecause::Evidence(LeftOutReason::Consent)));
    testimony(&amparo, incident);
    assert!(look().is_none());
}

#[test]
fn an_anonymous_report_keeps_to_the_form() {
    let (home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let form = form(PLATFORM);
    let mut request = request(incident, &form);
    request.sender = amparo_core::report::SenderMode::Anonymous;
    let text = everything(&amparo.reports().preview(&request).unwrap()[0]);
    assert!(!text.contains("NameOfWitness") && text.contains("NameOfDefender"));
    assert!(check(&amparo, &request, &form).is_complete());
    let previews = amparo.reports().preview(&request).unwrap();
    seal(&amparo, &home, &request.confirmed(&previews)).unwrap();
}
