//! What a form asks for: missing, hidden, answered, shown in its order.

use std::sync::Arc;

use amparo_core::{
    CoreError, PersonId,
    form::{self, ChannelForm, ConsentGap, FieldStatus, FormError, HiddenBecause, Level},
    incident::{Consent, ConsentPurpose, IncidentContent, RecipientKind},
    report::{FieldChoice, PersonPolicy, Reason, Why},
};
use amparo_report::locale::Direction;

use crate::{common::*, scene::*};

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
