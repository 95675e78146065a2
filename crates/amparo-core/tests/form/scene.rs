//! What these tests share: the starter pack, an incident with everything, and what is asked of it.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, OnceLock},
};

use amparo_core::{
    Amparo, CoreError, EvidenceId, IncidentId, PersonId,
    evidence::{EvidenceKind, ImportRequest, Speaker, Testimony, no_progress},
    form::{ChannelForm, FormCheck},
    incident::{Consent, ConsentPurpose, IncidentContent, PurposeConsent, RecipientKind},
    report::{GroupPreview, RecipientGroup, ReportRequest},
};
use amparo_crypto::{SecretKey, age::KeyKind, sign::SigningKey};
use amparo_pack::{
    Pack,
    author::{Against, Sources, build, sign},
};
use serde_json::json;

use crate::common::*;

pub const PROTECT: &str = "protect-defenders-urgent";
pub const UN: &str = "un-special-rapporteur-hrd";
pub const PLATFORM: &str = "platform-trust-safety";
pub const GENERAL: &str = "general-cso";

pub fn signed(sources: &Sources) -> Arc<Pack> {
    let (unsigned, _) = build(sources, &Against::default()).unwrap();
    let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32]));
    Arc::new(Pack::parse(&sign(&unsigned, &key).unwrap()).unwrap())
}

pub fn starter() -> Sources {
    Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/starter")).unwrap()
}

pub fn pack() -> &'static Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    PACK.get_or_init(|| signed(&starter()))
}

pub fn form(id: &str) -> ChannelForm {
    ChannelForm::of(pack(), id).unwrap()
}

/// The starter pack with one form changed.
pub fn changed(id: &str, change: &dyn Fn(&mut String)) -> ChannelForm {
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

pub fn limited(id: &str, limits: &str) -> ChannelForm {
    let facts = "source = \"https://example.org/limits\"\nlast_reviewed = \"2026-11-24\"\n";
    changed(id, &|text| text.push_str(&format!("\n[limits]\n{limits}\n{facts}")))
}

pub fn person_id(number: u8) -> String {
    PersonId::from_bytes([number; 16]).to_string()
}

pub fn consent(answers: &[(ConsentPurpose, bool)]) -> Consent {
    let scope = RecipientKind::KNOWN.to_vec();
    let purposes = answers.iter().map(|(purpose, yes)| PurposeConsent::new(purpose.clone(), *yes)).collect();
    Consent { scope, purposes, ..Consent::new("granted".parse().unwrap()) }
}

pub fn both() -> Consent {
    consent(&[(ConsentPurpose::LETTER_TO_AUTHORITIES, true), (ConsentPurpose::PUBLICATION, false)])
}

/// Everything that any of the forms asks for. Persons: a defender, her brother, a witness, a person without a role.
pub fn full() -> IncidentContent {
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

pub fn incident(amparo: &Amparo, content: IncidentContent) -> IncidentId {
    amparo.incidents().create(content).unwrap().id
}

pub fn screenshot(amparo: &Amparo, incident: IncidentId) -> EvidenceId {
    let request = ImportRequest { kind: Some(EvidenceKind::SCREENSHOT), ..for_incident(incident) };
    amparo.evidence().import(photo(3000).as_slice(), None, request, &mut no_progress).unwrap().id
}

pub fn testimony(amparo: &Amparo, incident: IncidentId) -> EvidenceId {
    let speaker = Some(Speaker { name: "NameOfSpeaker".into(), ..Speaker::default() });
    let testimony = Testimony { speaker, consent: Some(both()), ..Testimony::default() };
    let request: ImportRequest =
        ImportRequest { kind: Some(EvidenceKind::TESTIMONY), testimony: Some(testimony), ..for_incident(incident) };
    amparo.evidence().import(&b"RIFF\x24\0\0\0WAVEfmt "[..], None, request, &mut no_progress).unwrap().id
}

/// A request with one group for the first kind that the form is for, showing contacts.
pub fn request(incident: IncidentId, form: &ChannelForm) -> ReportRequest {
    let kind: RecipientKind = form.form().kinds[0].parse().unwrap();
    let (_, recipient) = key(KeyKind::PostQuantum);
    let mut group = RecipientGroup::new(kind, vec![recipient]);
    group.form = Some(form.clone());
    group.choice.shown.contacts = true;
    ReportRequest::to_groups(incident, vec![group])
}

pub fn check(amparo: &Amparo, request: &ReportRequest, form: &ChannelForm) -> FormCheck {
    amparo.forms().check(request, 0, form, "ar").unwrap()
}

/// Field, level, what is the matter.
pub fn said(check: &FormCheck) -> Vec<(&str, &str, &str)> {
    check.fields.iter().map(|found| (found.field.as_str(), found.level.as_str(), found.status.as_str())).collect()
}

pub fn paths<'a>(check: &'a FormCheck, field: &str) -> Vec<&'a str> {
    let found = check.fields.iter().filter(|found| found.field == field);
    found.flat_map(|found| &found.places).map(|place| place.path.as_str()).collect()
}

pub fn everything(preview: &GroupPreview) -> String {
    let report = String::from_utf8(preview.report_json.clone()).unwrap();
    format!("{report}\n{}\n{}", preview.html, preview.markdown)
}

pub fn seal(amparo: &Amparo, home: &Home, request: &ReportRequest) -> Result<(), CoreError> {
    let mut go_on = |_| ControlFlow::Continue(());
    amparo.reports().seal_file(request, &home.path("report.age"), &mut go_on).map(drop)
}
