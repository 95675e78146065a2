//! Channel forms against incidents: the four of the starter pack, with everything, with nothing, with people who refused, and with
//! people whom a channel must not get.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, OnceLock},
};

use amparo_core::{
    Amparo, CoreError, EvidenceId, IncidentId, PersonId,
    evidence::{EvidenceKind, ImportRequest, Speaker, Testimony, no_progress},
    form::{self, ChannelForm, ConsentGap, FieldStatus, FormCheck, FormError, HiddenBecause, LaterReason, Level},
    incident::{Consent, ConsentPurpose, IncidentContent, PurposeConsent, RecipientKind},
    report::{
        FieldChoice, GroupPreview, LeftOutReason, PersonPolicy, Reason, RecipientGroup, ReportRequest, Told, Why,
    },
};
use amparo_crypto::{SecretKey, age::KeyKind, sign::SigningKey};
use amparo_pack::{
    Pack,
    author::{Against, Sources, build, sign},
};
use amparo_report::locale::Direction;
use common::*;
use serde_json::{Value, json};

const PROTECT: &str = "protect-defenders-urgent";
const UN: &str = "un-special-rapporteur-hrd";
const PLATFORM: &str = "platform-trust-safety";
const GENERAL: &str = "general-cso";

fn signed(sources: &Sources) -> Arc<Pack> {
    let (unsigned, _) = build(sources, &Against::default()).unwrap();
    let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32]));
    Arc::new(Pack::parse(&sign(&unsigned, &key).unwrap()).unwrap())
}

fn starter() -> Sources {
    Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/starter")).unwrap()
}

fn pack() -> &'static Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    PACK.get_or_init(|| signed(&starter()))
}

fn form(id: &str) -> ChannelForm {
    ChannelForm::of(pack(), id).unwrap()
}

/// The starter pack with one form changed.
fn changed(id: &str, change: &dyn Fn(&mut String)) -> ChannelForm {
    let path = format!("forms/{id}.toml");
    let files = starter();
    let files = files.files().map(|(name, text)| {
        let mut text = text.to_owned();
        if name == path {
            change(&mut text);
        }
        (name.to_owned(), text)
    });
    let mut files: BTreeMap<String, String> = files.collect();
    // A limit has a text in every language.
    for locale in ["en", "es", "fr", "ar", "ru"] {
        let words = match locale {
            "ar" => ("أرسلوا القليل.", "بريدهم ممتلئ."),
            "ru" => ("Пошлите меньше.", "Их почта полна."),
            "es" => ("Envíe poco.", "Su correo está lleno."),
            "fr" => ("Envoyez peu.", "Leur boîte est pleine."),
            _ => ("Send little.", "Their mail is full."),
        };
        if files[&path].contains("[limits]") {
            let text = format!("\n[form.\"{id}.limits\"]\ntext = \"{}\"\nwhy = \"{}\"\n", words.0, words.1);
            files.get_mut(&format!("text/{locale}/_forms.toml")).unwrap().push_str(&text);
        }
    }
    ChannelForm::of(&signed(&Sources::from_files(files)), id).unwrap()
}

fn limited(id: &str, limits: &str) -> ChannelForm {
    let facts = "source = \"https://example.org/limits\"\nlast_reviewed = \"2026-11-24\"\n";
    changed(id, &|text| text.push_str(&format!("\n[limits]\n{limits}\n{facts}")))
}

fn person_id(number: u8) -> String {
    PersonId::from_bytes([number; 16]).to_string()
}

fn consent(answers: &[(ConsentPurpose, bool)]) -> Consent {
    let scope = RecipientKind::KNOWN.to_vec();
    let purposes = answers.iter().map(|(purpose, yes)| PurposeConsent::new(purpose.clone(), *yes)).collect();
    Consent { scope, purposes, ..Consent::new("granted".parse().unwrap()) }
}

fn both() -> Consent {
    consent(&[(ConsentPurpose::LETTER_TO_AUTHORITIES, true), (ConsentPurpose::PUBLICATION, false)])
}

/// Everything that any of the forms asks for. Persons: a defender, her brother, a witness, a person without a role.
fn full() -> IncidentContent {
    let granted = serde_json::to_value(both()).unwrap();
    serde_json::from_value(json!({
        "title": "Arrest at the square", "narrative": "They took her at the square.", "language": "en",
        "occurred": {"from": "2026-11-20", "precision": "day"},
        "place": {"text": "Cairo", "country": "EG", "precision": "town"},
        "status": "ongoing", "urgency": "imminent", "human_rights_link": "She defends prisoners.",
        "acts": [{"code": "arbitrary_detention", "victims": [person_id(1)], "injuries": "InjuryText",
                  "detention": {"place": "DetentionPlace", "charges": "Assembly"}}],
        "persons": [
            {"id": person_id(1), "role": "defender", "name": "NameOfDefender", "pseudonym": "D.", "gender": "woman", "occupation": "lawyer",
             "affiliation": "Group", "consent": granted, "safe_contact": {"method": "phone", "address": "AddressOfDefender"}},
            {"id": person_id(2), "role": "family", "name": "NameOfBrother", "consent": granted},
            {"id": person_id(3), "role": "witness", "name": "NameOfWitness", "pseudonym": "W.", "consent": granted,
             "affiliation": "AffiliationOfWitness", "description": "DescriptionOfWitness", "safe_contact": {"address": "AddressOfWitness"}},
            {"id": person_id(4), "name": "NameWithoutRole", "consent": granted}
        ],
        "perpetrators": [{"kind": "police"}],
        "online_harms": [{"kind": "doxxing", "platform": "P", "handle": "H", "target": "T", "urls": ["https://example.org/1"],
                          "reported": {"reference": "R-1"}}],
        "sources": [{"kind": "eyewitness", "person": person_id(3), "description": "SourceText"}],
        "support_needs": [{"kind": "legal_support", "by_when": "2026-12", "amount": {"value": "100", "currency": "EUR"}}],
        "requested_actions": [{"kind": "content_restoration"}],
        "actions_taken": [{"kind": "complaint_filed"}]
    }))
    .unwrap()
}

fn incident(amparo: &Amparo, content: IncidentContent) -> IncidentId {
    amparo.incidents().create(content).unwrap().id
}

fn screenshot(amparo: &Amparo, incident: IncidentId) -> EvidenceId {
    let request = ImportRequest { kind: Some(EvidenceKind::SCREENSHOT), ..for_incident(incident) };
    amparo.evidence().import(photo(3000).as_slice(), None, request, &mut no_progress).unwrap().id
}

fn testimony(amparo: &Amparo, incident: IncidentId) -> EvidenceId {
    let speaker = Some(Speaker { name: "NameOfSpeaker".into(), ..Speaker::default() });
    let testimony = Testimony { speaker, consent: Some(both()), ..Testimony::default() };
    let request: ImportRequest =
        ImportRequest { kind: Some(EvidenceKind::TESTIMONY), testimony: Some(testimony), ..for_incident(incident) };
    amparo.evidence().import(&b"RIFF\x24\0\0\0WAVEfmt "[..], None, request, &mut no_progress).unwrap().id
}

/// A request with one group for the first kind that the form is for, showing contacts.
fn request(incident: IncidentId, form: &ChannelForm) -> ReportRequest {
    let kind: RecipientKind = form.form().kinds[0].parse().unwrap();
    let (_, recipient) = key(KeyKind::PostQuantum);
    let mut group = RecipientGroup::new(kind, vec![recipient]);
    group.form = Some(form.clone());
    group.choice.shown.contacts = true;
    ReportRequest::to_groups(incident, vec![group])
}

fn check(amparo: &Amparo, request: &ReportRequest, form: &ChannelForm) -> FormCheck {
    amparo.forms().check(request, 0, form, "ar").unwrap()
}

/// Field, level, what is the matter.
fn said(check: &FormCheck) -> Vec<(&str, &str, &str)> {
    check.fields.iter().map(|found| (found.field.as_str(), found.level.as_str(), found.status.as_str())).collect()
}

fn paths<'a>(check: &'a FormCheck, field: &str) -> Vec<&'a str> {
    let found = check.fields.iter().filter(|found| found.field == field);
    found.flat_map(|found| &found.places).map(|place| place.path.as_str()).collect()
}

fn everything(preview: &GroupPreview) -> String {
    let report = String::from_utf8(preview.report_json.clone()).unwrap();
    format!("{report}\n{}\n{}", preview.html, preview.markdown)
}

fn seal(amparo: &Amparo, home: &Home, request: &ReportRequest) -> Result<(), CoreError> {
    let mut go_on = |_| ControlFlow::Continue(());
    amparo.reports().seal_file(request, &home.path("report.age"), &mut go_on).map(drop)
}

#[test]
fn a_full_incident_lacks_nothing_and_is_sealed_with_each_form() {
    let (home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    screenshot(&amparo, incident);
    for id in [PROTECT, UN, PLATFORM, GENERAL] {
        let form = form(id);
        let request = request(incident, &form);
        let check = check(&amparo, &request, &form);
        assert!(check.is_complete() && check.can_be_sealed(), "{id}: {check:?}");
        assert!(check.fields.iter().all(|found| found.level == Level::Forbidden), "{id}: {:?}", said(&check));
        let sealed = amparo.reports().preview(&request).unwrap()[0].sealed[0].size;
        assert_eq!(check.size.sealed, sealed, "the size is the one that it will have");
        seal(&amparo, &home, &request).unwrap();
        std::fs::remove_file(home.path("report.age")).unwrap();
    }
}

#[test]
fn an_empty_incident_is_told_what_matters_most_first_and_can_be_sealed() {
    let (home, amparo) = Home::new();
    let incident = incident(
        &amparo,
        IncidentContent { urgency: Some("serious".parse().unwrap()), tags: vec!["x".into()], ..Default::default() },
    );
    for (id, first, required) in [
        (PROTECT, "who", vec!["who", "contact", "human-rights-work", "situation", "country", "needs"]),
        (UN, "victim", vec!["victim", "account", "acts", "date", "place", "perpetrators", "human-rights-work"]),
        (PLATFORM, "harm", vec!["harm", "target", "risk"]),
        (GENERAL, "what-happened", vec!["what-happened"]),
    ] {
        let form = form(id);
        let request = request(incident, &form);
        let check = check(&amparo, &request, &form);
        assert!(check.can_be_sealed() && !check.is_complete(), "{id}");
        assert_eq!(check.fields[0].field, first);
        let missing: Vec<&str> = check
            .fields
            .iter()
            .filter(|found| found.level == Level::Required)
            .map(|found| found.field.as_str())
            .collect();
        assert_eq!(missing, required, "{id}");
        let levels: Vec<Level> = check.fields.iter().map(|found| found.level).collect();
        assert!(levels.is_sorted(), "{id}: {levels:?}");
        // In the order of the form within a level.
        let place = |field: &str| form.form().fields.iter().position(|known| known.id == field);
        for level in [Level::Required, Level::Wanted] {
            let places: Vec<_> = check.fields.iter().filter(|f| f.level == level).map(|f| place(&f.field)).collect();
            assert!(places.is_sorted(), "{id}");
        }
        for found in &check.fields {
            assert_eq!(found.status, FieldStatus::Missing, "{id} {}", found.field);
            let text = found.text.as_ref().unwrap();
            assert_eq!((text.locale.as_str(), text.direction, text.is_fallback), ("ar", Direction::Rtl, false));
            assert!(found.why.is_some() && !found.places.is_empty(), "{id} {}", found.field);
            assert!(found.places.iter().all(|place| place.hidden.is_none()));
        }
        // Somebody in a hurry can send it, and the preview says what is missing.
        let preview = &amparo.reports().preview(&request).unwrap()[0];
        assert_eq!(preview.form.len(), check.fields.len());
        assert_eq!(preview.form[0].text.as_ref().unwrap().locale, "en");
        seal(&amparo, &home, &request).unwrap();
        std::fs::remove_file(home.path("report.age")).unwrap();
    }
    let check = check(&amparo, &request(incident, &form(PROTECT)), &form(PROTECT));
    assert_eq!(paths(&check, "who"), ["/persons/-/name", "/persons/-/pseudonym"]);
    assert_eq!(paths(&check, "situation"), ["/narrative"]);
    assert_eq!(paths(&check, "needs"), ["/support_needs/-"]);
    assert_eq!(paths(&check, "proof"), ["/evidence/-"]);
}

#[test]
fn what_is_known_and_hidden_is_not_called_missing() {
    let (_home, amparo) = Home::new();
    let mut content = full();
    content.persons.truncate(1);
    content.sources.clear();
    content.persons[0].consent = None;
    content.confidential = vec!["narrative".into()];
    let incident = incident(&amparo, content);
    let form = form(PROTECT);
    let mut request = request(incident, &form);
    request.groups[0].choice.shown.contacts = false;
    let check = check(&amparo, &request, &form);
    // Nobody asked: the pseudonym is told, which is enough here; the rest is known.
    let required: Vec<_> = said(&check).into_iter().filter(|(_, level, _)| *level == "required").collect();
    assert_eq!(required, [("contact", "required", "hidden"), ("situation", "required", "hidden")]);
    let why = |field: &str| check.fields.iter().find(|found| found.field == field).unwrap().places[0].hidden;
    assert_eq!(why("contact"), Some(HiddenBecause::Field(Reason::Consent)));
    assert_eq!(why("situation"), Some(HiddenBecause::Field(Reason::Confidential)));
    assert_eq!(paths(&check, "contact"), ["/persons/0/safe_contact/address"]);
}

#[test]
fn contacts_that_were_not_chosen_are_said_to_be_so() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let form = form(PROTECT);
    let mut request = request(incident, &form);
    request.groups[0].choice = FieldChoice::default();
    let check = check(&amparo, &request, &form);
    let contact = check.fields.iter().find(|found| found.field == "contact").unwrap();
    assert_eq!(contact.status, FieldStatus::Hidden);
    assert!(contact.places.iter().any(|place| place.hidden == Some(HiddenBecause::Field(Reason::NotChosen))));
    assert!(!check.is_complete() && check.can_be_sealed());
}

#[test]
fn at_the_united_nations_a_victim_is_named_and_answers_both_questions() {
    let (home, amparo) = Home::new();
    let form = form(UN);
    let with = |change: &dyn Fn(&mut IncidentContent)| {
        let mut content = full();
        change(&mut content);
        let request = request(incident(&amparo, content), &form);
        let check = check(&amparo, &request, &form);
        let gaps: Vec<(usize, ConsentGap)> = check.consent.iter().map(|f| (f.person, f.gap.clone())).collect();
        // What the check says is what stops it, by number and without a name.
        match amparo.reports().preview(&request) {
            Ok(_) => assert!(gaps.is_empty() && check.can_be_sealed()),
            Err(CoreError::FormConsent { persons }) => {
                assert_eq!(
                    persons,
                    gaps.iter()
                        .map(|(person, _)| *person)
                        .collect::<std::collections::BTreeSet<_>>()
                        .into_iter()
                        .collect::<Vec<_>>()
                );
                assert!(check.consent_text.is_some() && !check.can_be_sealed());
                let error = seal(&amparo, &home, &request).unwrap_err();
                assert_eq!((error.code(), error.to_string().contains("Name")), (544, false));
                assert!(!home.path("report.age").exists());
            }
            Err(other) => panic!("{other}"),
        }
        gaps
    };
    let unasked = |purpose| ConsentGap::NotAsked { purpose };
    assert_eq!(with(&|_| ()), []);
    // A no is an answer. What was not asked is none.
    let no = consent(&[(ConsentPurpose::LETTER_TO_AUTHORITIES, false), (ConsentPurpose::PUBLICATION, false)]);
    assert_eq!(with(&|c| c.persons[0].consent = Some(no.clone())), []);
    assert_eq!(
        with(&|c| c.persons[0].consent = Some(consent(&[]))),
        [(0, unasked(ConsentPurpose::LETTER_TO_AUTHORITIES)), (0, unasked(ConsentPurpose::PUBLICATION))]
    );
    let one = consent(&[(ConsentPurpose::LETTER_TO_AUTHORITIES, true)]);
    assert_eq!(with(&|c| c.persons[0].consent = Some(one.clone())), [(0, unasked(ConsentPurpose::PUBLICATION))]);
    // Anonymous is not accepted.
    assert_eq!(with(&|c| c.persons[0].name.clear()), [(0, ConsentGap::NoName)]);
    assert_eq!(with(&|c| c.persons[0].consent = None), [(0, ConsentGap::NotNamed { why: Why::NotAsked })]);
    let elsewhere = Consent { scope: vec![RecipientKind::LAWYER], ..both() };
    assert_eq!(
        with(&|c| c.persons[0].consent = Some(elsewhere.clone())),
        [(0, ConsentGap::NotNamed { why: Why::OtherKinds })]
    );
    let refused = Consent { status: "refused".parse().unwrap(), ..both() };
    assert_eq!(
        with(&|c| c.persons[0].consent = Some(refused.clone())),
        [(0, ConsentGap::NotNamed { why: Why::Refused })]
    );
    assert_eq!(
        with(&|c| c.persons[0].confidential = vec!["name".into()]),
        [(0, ConsentGap::NameHidden { reason: Reason::Confidential })]
    );
    assert_eq!(
        with(&|c| c.persons[0].confidential = vec!["consent".into()]).len(),
        2,
        "answers that nobody is told are none"
    );
    // Others are named without the one who refused.
    let mut second = full().persons[0].clone();
    second.id = Some(PersonId::from_bytes([9; 16]));
    second.consent = Some(refused);
    assert_eq!(with(&|c| c.persons.push(second.clone())), []);
    second.consent = None;
    assert_eq!(with(&|c| c.persons.push(second.clone())), [(4, ConsentGap::NotNamed { why: Why::NotAsked })]);
    // The others' answers are not the form's matter.
    assert_eq!(with(&|c| c.persons[2].consent = None), []);
    // A family that is not asked about is.
    assert_eq!(with(&|c| c.persons[1].consent = Some(consent(&[]))), []);
}

#[test]
fn whoever_is_left_out_by_choice_is_no_gap_while_others_are_named() {
    let (_home, amparo) = Home::new();
    let mut content = full();
    let mut second = content.persons[0].clone();
    (second.id, second.consent) = (Some(PersonId::from_bytes([9; 16])), None);
    content.persons.push(second);
    let form = form(UN);
    let mut request = request(incident(&amparo, content), &form);
    assert!(!check(&amparo, &request, &form).can_be_sealed());
    request.groups[0].choice.persons = PersonPolicy::LeaveOut;
    assert!(check(&amparo, &request, &form).can_be_sealed());
    amparo.reports().preview(&request).unwrap();
}

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
fn the_page_follows_the_form() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let order = |id: &str, headings: &[&str]| {
        let form = form(id);
        let preview = amparo.reports().preview(&request(incident, &form)).unwrap().remove(0);
        for page in [&preview.html, &preview.markdown] {
            let places: Vec<usize> = headings
                .iter()
                .map(|heading| {
                    let html = page.find(&format!("<h2>{heading}</h2>"));
                    html.or_else(|| page.find(&format!("## {heading}\n"))).unwrap_or_else(|| panic!("{id}: {heading}"))
                })
                .collect();
            assert!(places.is_sorted(), "{id}: {places:?}");
        }
        preview
    };
    order(PROTECT, &["Persons", "What happened", "Acts", "Support needed"]);
    order(PLATFORM, &["Harm online", "What happened", "Acts", "Persons"]);
    let un = order(UN, &["Persons", "What happened", "Acts", "Sources of the information"]);
    // The page leaves out a section; the report's data does not.
    assert!(!un.html.contains("<h2>Support needed</h2>"));
    assert!(String::from_utf8(un.report_json).unwrap().contains("legal_support"));
    // Without an order, the page is the one that it always is.
    let form = form(GENERAL);
    let mut plain = request(incident, &form);
    let with = amparo.reports().preview(&plain).unwrap().remove(0).markdown;
    plain.groups[0].form = None;
    let without = amparo.reports().preview(&plain).unwrap().remove(0).markdown;
    let body = |text: &str| text.lines().filter(|line| !line.contains("eport")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&with), body(&without));
}

#[test]
fn a_form_for_others_is_refused_and_the_list_is_by_kind() {
    let (home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let form = form(UN);
    let mut wrong = request(incident, &form);
    wrong.groups[0].kind = RecipientKind::MEDIA;
    assert!(matches!(amparo.reports().preview(&wrong), Err(CoreError::FormOtherKind)));
    assert!(matches!(seal(&amparo, &home, &wrong), Err(CoreError::FormOtherKind)));
    let said = check(&amparo, &wrong, &form);
    assert!(!said.right_kind && !said.can_be_sealed());
    let packs = [Arc::clone(pack())];
    let ids =
        |kind: Option<&RecipientKind>| -> Vec<String> { form::list(&packs, kind).into_iter().map(|e| e.id).collect() };
    assert_eq!(ids(None).len(), 4);
    assert_eq!(ids(Some(&RecipientKind::HOTLINE)), [GENERAL, PROTECT]);
    assert_eq!(ids(Some(&RecipientKind::PLATFORM)), [PLATFORM]);
    assert!(ids(Some(&RecipientKind::MEDIA)).is_empty());
    assert!(matches!(ChannelForm::of(pack(), "none"), Err(CoreError::Form(FormError::NotFound))));
    for language in ["en", "es", "fr", "ar", "ru"] {
        assert!(!form.title(language).unwrap().is_fallback && !form.summary(language).unwrap().is_fallback);
    }
    assert!(!format!("{form:?}").contains("title"));
}

#[test]
fn a_check_needs_no_recipients_and_changes_nothing() {
    let (_home, amparo) = Home::new();
    let incident = incident(&amparo, full());
    let form = form(GENERAL);
    let mut request = request(incident, &form);
    request.groups[0].recipients.clear();
    let before = amparo.custody().verify().unwrap();
    let first = check(&amparo, &request, &form);
    assert_eq!(first, check(&amparo, &request, &form));
    assert_eq!(format!("{before:?}"), format!("{:?}", amparo.custody().verify().unwrap()));
    assert!(amparo.reports().list(incident).unwrap().is_empty());
    assert!(matches!(
        amparo.forms().check(&request, 1, &form, "en"),
        Err(CoreError::InvalidField { field: "group", .. })
    ));
    request.revision = Some(7);
    assert!(matches!(amparo.forms().check(&request, 0, &form, "en"), Err(CoreError::Conflict { .. })));
}

/// Ten photos of 1 KiB to 512 KiB; the act names the third largest.
fn many_photos(amparo: &Amparo) -> (IncidentId, Vec<EvidenceId>) {
    let incident = incident(amparo, full());
    let photos: Vec<EvidenceId> = (0..10u32)
        .map(|n| {
            let mut bytes = photo(1024 << n);
            bytes.extend(n.to_be_bytes());
            import(amparo, incident, &bytes).id
        })
        .collect();
    let saved = amparo.incidents().get(incident).unwrap();
    let mut content = saved.content;
    content.acts[0].evidence = vec![photos[7]];
    amparo.incidents().save(incident, saved.revision, content).unwrap();
    (incident, photos)
}

#[test]
fn what_is_suggested_fits_and_nothing_is_left_needlessly() {
    let (home, amparo) = Home::new();
    let (incident, photos) = many_photos(&amparo);
    let all = request(incident, &form(GENERAL));
    let whole = amparo.reports().preview(&all).unwrap()[0].sealed[0].size;
    let nothing = {
        let mut request = all.clone();
        request.groups[0].choice.evidence = Some(Vec::new());
        amparo.reports().preview(&request).unwrap()[0].sealed[0].size
    };
    for limit in [whole, whole - 1, whole / 2, 300_000, 180_000, nothing + 1, nothing - 1] {
        let form = limited(GENERAL, &format!("report_bytes = {limit}"));
        let mut request = all.clone();
        request.groups[0].form = Some(form.clone());
        let said = check(&amparo, &request, &form);
        assert_eq!(said, check(&amparo, &request, &form), "the same each time");
        assert_eq!((said.size.sealed, said.size.sealed_limit), (whole, Some(limit)));
        assert_eq!(said.size.fits(), whole <= limit);
        if said.size.fits() {
            assert!(said.size.keep.is_empty() && said.size.later.is_empty());
            amparo.reports().preview(&request).unwrap();
            continue;
        }
        assert!(said.limits_text.is_some());
        let too_large = amparo.reports().preview(&request);
        assert!(matches!(too_large, Err(CoreError::FormTooLarge { size, limit: l }) if size == whole && l == limit));
        assert!(matches!(seal(&amparo, &home, &request), Err(CoreError::FormTooLarge { .. })));
        assert!(!home.path("report.age").exists() && amparo.reports().list(incident).unwrap().is_empty());
        // Each is kept or left, once.
        let mut named: Vec<EvidenceId> = said.size.keep.clone();
        named.extend(said.size.later.iter().map(|later| later.evidence));
        named.sort();
        let mut expected = photos.clone();
        expected.sort();
        assert_eq!(named, expected);
        // What remains fits. If not even the report alone does, nothing is kept.
        request.groups[0].choice.evidence = Some(said.size.keep.clone());
        match amparo.reports().preview(&request) {
            Ok(previews) => assert!(previews[0].sealed[0].size <= limit),
            Err(CoreError::FormTooLarge { .. }) => assert!(limit < nothing && said.size.keep.is_empty()),
            Err(other) => panic!("{other}"),
        }
        // What is left would not have fitted along.
        for later in &said.size.later {
            let mut more = said.size.keep.clone();
            more.push(later.evidence);
            request.groups[0].choice.evidence = Some(more);
            let result = amparo.reports().preview(&request);
            assert!(matches!(result, Err(CoreError::FormTooLarge { .. })), "{limit}: {later:?} would have fitted");
        }
        // What the act names goes first wherever it fits.
        let named = amparo.evidence().get(photos[7]).unwrap().size;
        if limit > nothing + 2 * named {
            assert_eq!(said.size.keep.first(), Some(&photos[7]), "{limit}");
            assert!(said.size.later.iter().all(|later| !later.named));
        } else if let Some(later) = said.size.later.iter().find(|later| later.evidence == photos[7]) {
            assert!(later.named);
        }
        for later in &said.size.later {
            let alone = later.size > limit || said.size.keep.is_empty();
            assert_eq!(later.why, if alone { LaterReason::DoesNotFit } else { LaterReason::NoRoom }, "{limit}");
        }
    }
}

#[test]
fn a_channel_that_takes_few_gets_what_matters_and_then_what_is_small_and_recent() {
    let (_home, amparo) = Home::new();
    let (incident, photos) = many_photos(&amparo);
    let form = limited(GENERAL, "items = 3");
    let mut request = request(incident, &form);
    let said = check(&amparo, &request, &form);
    assert_eq!(said.size.keep, [photos[7], photos[0], photos[1]]);
    assert!(said.size.later.iter().all(|later| later.why == LaterReason::TooMany));
    let error = amparo.reports().preview(&request).unwrap_err();
    assert!(matches!(error, CoreError::FormTooMany { count: 10, limit: 3 }));
    request.groups[0].choice.evidence = Some(said.size.keep);
    assert!(check(&amparo, &request, &form).can_be_sealed());
    amparo.reports().preview(&request).unwrap();
}

#[test]
fn single_files_that_a_channel_does_not_take_are_left_out_and_named() {
    let (_home, amparo) = Home::new();
    let (incident, photos) = many_photos(&amparo);
    let voice = testimony(&amparo, incident);
    let form = limited(GENERAL, "item_bytes = 200000\nmedia_types = [\"image/*\"]");
    let mut request = request(incident, &form);
    let said = check(&amparo, &request, &form);
    assert!(said.can_be_sealed() && said.limits_text.is_some());
    let unfit: BTreeMap<EvidenceId, LeftOutReason> =
        said.size.unfit.iter().map(|one| (one.evidence, one.why)).collect();
    let large = LeftOutReason::TooLargeForChannel;
    assert_eq!(unfit, BTreeMap::from([(photos[8], large), (photos[9], large), (voice, LeftOutReason::NotForChannel)]));
    let preview = amparo.reports().preview(&request).unwrap().remove(0);
    assert_eq!(preview.left_out.len(), 3);
    request.groups[0].choice.evidence = Some(vec![photos[0], photos[9]]);
    assert!(matches!(amparo.reports().preview(&request), Err(CoreError::FormEvidence { index: 1 })));
    // The check says it and does not fail.
    assert_eq!(check(&amparo, &request, &form).size.unfit.len(), 1);
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
