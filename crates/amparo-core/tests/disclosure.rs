//! Who is told what: consent, choices, previews, and that what is left over still proves itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::{collections::BTreeMap, fs::File, ops::ControlFlow, path::Path};

use amparo_core::{
    CoreError, PersonId,
    custody::Event,
    evidence::{DeriveRequest, EvidenceKind, ImportRequest, Purpose, Testimony, no_progress},
    incident::{
        Act, ActCode, Consent, ConsentStatus, IncidentContent, Person, PersonRole, RecipientKind, SafeContact, Source,
        SupportKind, SupportNeed,
    },
    report::{
        FieldChoice, GroupPreview, LeftOutReason, PersonPolicy, Reason, RecipientGroup, ReportRequest, SenderMode,
        Shown, Told, Warning,
    },
};
use amparo_crypto::age::{Decryptor, Identity, KeyKind};
use amparo_report::{
    disclosure::{Openings, Statement},
    open,
    verdict::{Code, Severity, Verdict},
};
use common::*;
use proptest::prelude::*;
use serde_json::Value;

struct Opened {
    verdict: Verdict,
    files: BTreeMap<String, Vec<u8>>,
    folder: tempfile::TempDir,
}

impl Opened {
    fn new(path: &Path, identity: &Identity) -> Self {
        let reader = Decryptor::new(File::open(path).unwrap(), std::slice::from_ref(identity)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("opened");
        let mut go_on = |_| ControlFlow::Continue(());
        let verdict = open::extract(reader, &target, std::slice::from_ref(identity), &mut go_on).unwrap();
        let (mut files, mut todo) = (BTreeMap::new(), vec![target.clone()]);
        while let Some(dir) = todo.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    todo.push(path);
                } else {
                    let name = path.strip_prefix(&target).unwrap().to_str().unwrap().to_owned();
                    files.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        Self { verdict, files, folder }
    }

    fn incident(&self) -> Value {
        serde_json::from_slice::<Value>(&self.files["report.json"]).unwrap()["incident"].clone()
    }

    fn contains(&self, marker: &str) -> bool {
        self.files.values().any(|bytes| bytes.windows(marker.len()).any(|window| window == marker.as_bytes()))
    }

    fn says(&self, code: Code) -> bool {
        self.verdict.items.iter().any(|item| item.code == code)
    }
}

fn consent(status: &str, scope: &[RecipientKind]) -> Option<Consent> {
    Some(Consent { scope: scope.to_vec(), ..Consent::new(status.parse().unwrap()) })
}

fn person(number: u8, name: &str, consent: Option<Consent>) -> Person {
    Person {
        id: Some(PersonId::from_bytes([number; 16])),
        name: name.into(),
        pseudonym: format!("Pseudonym{number}"),
        affiliation: format!("Affiliation{number}"),
        description: format!("Description{number}"),
        safe_contact: Some(SafeContact { address: format!("Address{number}"), ..Default::default() }),
        consent,
        ..Person::with_role(PersonRole::WITNESS)
    }
}

fn id(number: u8) -> PersonId {
    PersonId::from_bytes([number; 16])
}

/// One person allows lawyers, one was not asked, one refused.
fn content() -> IncidentContent {
    let mut act = Act::new(ActCode::THREAT);
    act.victims = vec![id(1), id(2), id(3)];
    let mut of_refused = Act::new(ActCode::TORTURE_ILL_TREATMENT);
    (of_refused.victims, of_refused.injuries) = (vec![id(3)], "InjuriesOfThree".into());
    let mut need = SupportNeed::new(SupportKind::MEDICAL_SUPPORT);
    (need.persons, need.description) = (vec![id(3)], "NeedOfThree".into());
    let source = |n: u8| Source { person: Some(id(n)), description: format!("SourceText{n}"), ..Default::default() };
    IncidentContent {
        title: "A title".into(),
        narrative: "José was there.".into(),
        acts: vec![act, of_refused],
        persons: vec![
            person(3, "José Refused", consent("refused", &[RecipientKind::LAWYER])),
            person(1, "Allowed Person", consent("granted", &[RecipientKind::LAWYER])),
            person(2, "Unasked Person", None),
        ],
        sources: vec![source(1), source(2), source(3)],
        support_needs: vec![need],
        tags: vec!["secret tag".into()],
        ..Default::default()
    }
}

#[test]
fn two_groups_see_different_things_that_one_statement_proves() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create(content()).unwrap().id;
    import(&amparo, incident, &photo(5000));
    let ((lawyer, to_lawyer), (media, to_media)) = (key(KeyKind::PostQuantum), key(KeyKind::Classic));
    let request = ReportRequest::to_groups(
        incident,
        vec![
            RecipientGroup::new(RecipientKind::LAWYER, vec![to_lawyer]),
            RecipientGroup::new(RecipientKind::MEDIA, vec![to_media]),
        ],
    );
    let sealed = amparo.reports().seal_file(&request, &home.path("r.age"), &mut no_progress).unwrap();
    assert_eq!(home.beside(), ["r-media.age", "r.age"]);
    assert_ne!(sealed[0].id, sealed[1].id);
    let opened = [Opened::new(&home.path("r.age"), &lawyer), Opened::new(&home.path("r-media.age"), &media)];
    for opened in &opened {
        assert!(opened.verdict.ok, "{:?}", opened.verdict.faults().collect::<Vec<_>>());
        assert!(opened.says(Code::FieldsProven) && opened.says(Code::RecordInCustody));
        for hidden in [
            "José Refused",
            "Pseudonym3",
            "Unasked Person",
            "Affiliation2",
            "Address1",
            "InjuriesOfThree",
            "NeedOfThree",
            "SourceText2",
            "SourceText3",
            "secret tag",
            &id(3).to_string(),
        ] {
            assert!(!opened.contains(hidden), "{hidden}");
        }
        assert!(opened.contains("Pseudonym2"), "not asked: the pseudonym is told");
    }
    assert!(
        opened[0].contains("Allowed Person") && opened[0].contains("Affiliation1") && opened[0].contains("SourceText1")
    );
    assert!(
        !opened[1].contains("Allowed Person")
            && !opened[1].contains("Affiliation1")
            && !opened[1].contains("SourceText1")
    );
    for file in ["disclosure/statement.json", "disclosure/statement.sig"] {
        assert_eq!(
            opened[0].files[file], opened[1].files[file],
            "both are checked against what was signed at the save"
        );
    }
    let statement = Statement::parse(&opened[0].files["disclosure/statement.json"]).unwrap();
    let saved = amparo.incidents().get(incident).unwrap();
    assert_eq!((statement.revision, statement.time), (1, saved.modified.time.to_string()));

    // References follow the persons: who is left out is named nowhere, and nobody else moved into their place.
    let told = opened[1].incident();
    assert_eq!(told["persons"].as_array().unwrap().len(), 2);
    for person in told["persons"].as_array().unwrap() {
        assert_eq!(person["pseudonymised"], true);
        let keys: Vec<&String> = person.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "role", "pseudonym", "pseudonymised"]);
    }
    assert_eq!(told["acts"][0]["victims"], serde_json::json!([id(1), id(2)]));
    assert!(told["acts"][1].get("victims").is_none() && told.get("support_needs").is_none());

    // No salt of a hidden field is in any file, and the openings are no more than what is shown.
    let openings = Openings::parse(&opened[1].files["disclosure/openings.json"]).unwrap();
    assert!(
        openings.fields.iter().all(|f| told.pointer(&f.shown_as).is_some_and(|v| serde_json::from_str::<Value>(
            &f.value
        )
        .unwrap()
            == *v))
    );
    assert_eq!(openings.unsigned, ["/persons/0/pseudonymised", "/persons/1/pseudonymised"]);
    let lawyers = Openings::parse(&opened[0].files["disclosure/openings.json"]).unwrap();
    let hidden: Vec<_> = lawyers.fields.iter().filter(|f| !openings.fields.iter().any(|o| o.path == f.path)).collect();
    assert!(hidden.len() > 5);
    for field in hidden {
        assert!(!opened[1].contains(&amparo_report::hex::encode(&field.salt)));
    }
}

#[test]
fn a_changed_field_is_named_at_the_desk() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create(content()).unwrap().id;
    let (desk, to_desk) = key(KeyKind::Classic);
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    amparo.reports().seal_file(&request, &home.path("r.age"), &mut no_progress).unwrap();
    let opened = Opened::new(&home.path("r.age"), &desk);
    let path = opened.folder.path().join("opened/report.json");
    let changed = String::from_utf8(opened.files["report.json"].clone()).unwrap().replace("A title", "B title");
    std::fs::write(path, changed).unwrap();
    let verdict =
        open::verify_dir(&opened.folder.path().join("opened"), &[], &mut |_| ControlFlow::Continue(())).unwrap();
    let finding = verdict.items.iter().find(|item| item.code == Code::FieldsAltered).unwrap();
    assert_eq!((finding.severity, finding.text.contains("/title")), (Severity::Bad, true));
}

fn preview_one(amparo: &amparo_core::Amparo, request: &ReportRequest) -> GroupPreview {
    amparo.reports().preview(request).unwrap().remove(0)
}

#[test]
fn a_preview_is_what_is_sealed_or_nothing_is() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create(content()).unwrap().id;
    let evidence = import(&amparo, incident, &photo(5000)).id;
    let (desk, to_desk) = key(KeyKind::PostQuantum);
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let previews = amparo.reports().preview(&request).unwrap();
    assert!(home.beside().is_empty() && amparo.reports().list(incident).unwrap().is_empty());
    let bound = request.clone().confirmed(&previews);
    amparo.reports().seal_file(&bound, &home.path("r.age"), &mut no_progress).unwrap();
    let opened = Opened::new(&home.path("r.age"), &desk);
    let preview = &previews[0];
    assert_eq!(opened.files["report.json"], preview.report_json);
    assert_eq!(opened.files["report.html"], preview.html.as_bytes());
    assert_eq!(opened.files["report.md"], preview.markdown.as_bytes());
    let sizes: BTreeMap<String, u64> = preview.files.iter().map(|file| (file.path.clone(), file.size)).collect();
    assert_eq!(sizes, opened.files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)).collect());
    assert_eq!(preview.sealed[0].size, std::fs::metadata(home.path("r.age")).unwrap().len());

    let refused = |request: &ReportRequest| {
        let result = amparo.reports().seal_file(request, &home.path("again.age"), &mut no_progress);
        assert!(!home.path("again.age").exists());
        assert!(matches!(result, Err(CoreError::PreviewOutdated)), "{result:?}");
    };
    refused(&bound);
    let bound = request.clone().confirmed(&amparo.reports().preview(&request).unwrap());
    amparo.evidence().record_viewed(evidence).unwrap();
    refused(&bound);
    let bound = request.clone().confirmed(&amparo.reports().preview(&request).unwrap());
    amparo.incidents().save(incident, 1, IncidentContent { title: "Other".into(), ..content() }).unwrap();
    refused(&bound);
    let stale = ReportRequest { revision: Some(1), ..request };
    let result = amparo.reports().seal_file(&stale, &home.path("again.age"), &mut no_progress);
    assert!(matches!(result, Err(CoreError::Conflict { current: 2 })));
    assert_eq!(amparo.reports().list(incident).unwrap().len(), 1, "and nothing is left of what was refused");
}

#[test]
fn the_preview_says_what_is_left_out_and_why() {
    let (_home, amparo) = Home::new();
    let mut said = content();
    said.confidential = vec!["title".into()];
    said.persons[1].confidential = vec!["affiliation".into()];
    said.unknown.insert("newer".into(), serde_json::json!({"a": "x"}));
    let incident = amparo.incidents().create(said).unwrap().id;
    let (_, to_desk) = key(KeyKind::Classic);
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let preview = preview_one(&amparo, &request);
    let told: Vec<_> = preview.persons.iter().map(|p| (p.told, p.why.as_str())).collect();
    assert_eq!(told, [(Told::LeftOut, "refused"), (Told::InFull, "allowed"), (Told::Pseudonymised, "not_asked")]);
    let reason = |field: &str| preview.withheld.iter().find(|w| w.field == field).map(|w| w.reason);
    for (field, why) in [
        ("/title", Reason::Confidential),
        ("/persons/0", Reason::Consent),
        ("/persons/1/affiliation", Reason::Confidential),
        ("/persons/1/safe_contact/address", Reason::NotChosen),
        ("/persons/2/name", Reason::Consent),
        ("/acts/0/victims/2", Reason::NotInReport),
        ("/acts/1/injuries", Reason::Consent),
        ("/sources/1/description", Reason::Consent),
        ("/tags/0", Reason::NotChosen),
        ("/newer/a", Reason::UnknownField),
    ] {
        assert_eq!(reason(field), Some(why), "{field}");
    }
    // The narrative names somebody who refused.
    assert!(preview.warnings.contains(&Warning::NameInText { field: "/incident/narrative".into() }));
    assert!(preview.warnings.contains(&Warning::ClassicKeys) && preview.warnings.contains(&Warning::Linkable));

    let choice = |choice: FieldChoice| preview_one(&amparo, &request.clone().choosing(&choice));
    let shown =
        |preview: &GroupPreview| serde_json::from_slice::<Value>(&preview.report_json).unwrap()["incident"].clone();
    let paths = |list: &[&str]| list.iter().map(|path| path.parse().unwrap()).collect::<Vec<_>>();
    let by_hand = choice(FieldChoice { reveal: paths(&["/title", "/persons/1/affiliation"]), ..Default::default() });
    assert_eq!(
        (&shown(&by_hand)["title"], &shown(&by_hand)["persons"][0]["affiliation"]),
        (&"A title".into(), &"Affiliation1".into())
    );
    let more = choice(FieldChoice { shown: Shown::EVERYTHING, ..Default::default() });
    assert_eq!(shown(&more)["persons"][0]["safe_contact"]["address"], "Address1");
    assert!(shown(&more)["persons"][1].get("safe_contact").is_none(), "never of who did not allow it");
    assert_eq!(shown(&more)["tags"][0], "secret tag");
    let only = shown(&choice(FieldChoice { only: Some(paths(&["/narrative"])), ..Default::default() }));
    assert_eq!(
        only.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["schema", "id", "revision", "created", "modified", "narrative"]
    );
    let without = choice(FieldChoice {
        leave_out: paths(&["/persons/*/name", "/sources"]),
        persons: PersonPolicy::LeaveOut,
        ..Default::default()
    });
    assert_eq!(shown(&without)["persons"].as_array().unwrap().len(), 1);
    assert!(shown(&without).get("sources").is_none() && shown(&without)["persons"][0].get("name").is_none());

    for wrong in ["/narative", "/persons/7/name", "/persons/x", "/title/x", "/newer"] {
        let choice = FieldChoice { leave_out: paths(&[wrong]), ..Default::default() };
        assert!(
            matches!(amparo.reports().preview(&request.clone().choosing(&choice)), Err(CoreError::NoSuchField)),
            "{wrong}"
        );
    }
    let every = FieldChoice { reveal: paths(&["/persons/*/affiliation"]), ..Default::default() };
    assert!(matches!(amparo.reports().preview(&request.clone().choosing(&every)), Err(CoreError::NoSuchField)));
    let twice = ReportRequest::to_groups(
        incident,
        vec![request.groups[0].clone(), RecipientGroup { kind: RecipientKind::MEDIA, ..request.groups[0].clone() }],
    );
    assert!(matches!(amparo.reports().preview(&twice), Err(CoreError::RecipientTwice)));
}

#[test]
fn a_draft_is_not_sealed() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create(IncidentContent { draft: true, .."x".into() }).unwrap().id;
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![key(KeyKind::Classic).1]);
    let result = amparo.reports().seal_file(&request, &home.path("r.age"), &mut no_progress);
    assert!(matches!(result, Err(CoreError::Draft)));
    assert!(home.beside().is_empty());
}

#[test]
fn of_a_redacted_or_stripped_copy_and_its_original_only_the_copy_goes_by_itself() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let (desk, to_desk) = key(KeyKind::Classic);
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let copy_of = |parent, purpose: Purpose, bytes: &[u8]| {
        let request = DeriveRequest::new(purpose, "editor 1");
        amparo.evidence().derive(parent, request, bytes, &mut no_progress).unwrap().id
    };
    let original = import(&amparo, incident, &photo(900)).id;
    let other = import(&amparo, incident, &photo(950)).id;
    let resized = copy_of(other, Purpose::RESIZED, &photo(400));
    let left = |request: &ReportRequest| {
        let preview = preview_one(&amparo, request);
        preview.left_out.iter().map(|l| (l.evidence, l.reason)).collect::<Vec<_>>()
    };
    assert_eq!(left(&request), [], "a smaller copy hides nothing");
    let redacted = copy_of(original, Purpose::REDACTED, &photo(800));
    assert_eq!(left(&request), [(original, LeftOutReason::CopyInstead)]);
    let sealed = amparo.reports().seal_file(&request, &home.path("r.age"), &mut no_progress).unwrap().remove(0);
    assert_eq!(sealed.evidence, [other, resized, redacted]);
    let opened = Opened::new(&home.path("r.age"), &desk);
    assert!(opened.verdict.ok && !opened.files.values().any(|bytes| *bytes == photo(900)));
    let by_hand = FieldChoice { evidence: Some(vec![original]), ..Default::default() };
    let sealed =
        amparo.reports().seal_file(&request.choosing(&by_hand), &home.path("s.age"), &mut no_progress).unwrap();
    assert_eq!(sealed[0].evidence, [original], "whoever names it means it");
}

#[test]
fn a_testimony_goes_to_those_whom_the_speaker_named() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let request = ImportRequest { kind: Some(EvidenceKind::TESTIMONY), ..for_incident(incident) };
    let testimony = amparo.evidence().import(&b"words"[..], None, request, &mut no_progress).unwrap().id;
    let (desk, to_desk) = key(KeyKind::Classic);
    let to_lawyer = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let preview = preview_one(&amparo, &to_lawyer);
    assert_eq!(
        preview.left_out.iter().map(|l| (l.evidence, l.reason)).collect::<Vec<_>>(),
        [(testimony, LeftOutReason::Consent)]
    );
    let by_hand = to_lawyer.clone().choosing(&FieldChoice { evidence: Some(vec![testimony]), ..Default::default() });
    assert!(matches!(amparo.reports().preview(&by_hand), Err(CoreError::EvidenceWithoutConsent)));
    let allowed = Testimony { consent: consent("granted", &[RecipientKind::LAWYER]), ..Default::default() };
    amparo.evidence().set_testimony(testimony, Some(allowed)).unwrap();
    amparo.reports().seal_file(&to_lawyer, &home.path("r.age"), &mut no_progress).unwrap();
    let opened = Opened::new(&home.path("r.age"), &desk);
    assert!(opened.verdict.ok && opened.files.keys().any(|path| path.starts_with("evidence/")));
}

#[test]
fn an_anonymous_report_has_no_statement_and_no_ids() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create(content()).unwrap().id;
    let (desk, to_desk) = key(KeyKind::Classic);
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let anonymous = ReportRequest { sender: SenderMode::Anonymous, ..request.clone() };
    let identified = ReportRequest { sender: SenderMode::Identified, ..request };
    amparo.reports().seal_file(&anonymous, &home.path("a.age"), &mut no_progress).unwrap();
    amparo.reports().seal_file(&identified, &home.path("i.age"), &mut no_progress).unwrap();
    let opened = Opened::new(&home.path("a.age"), &desk);
    assert!(opened.verdict.ok && opened.says(Code::DisclosureAbsent));
    assert!(!opened.files.keys().any(|path| path.starts_with("disclosure/") || path.starts_with("custody/")));
    for id in [incident.to_string(), id(1).to_string(), id(2).to_string()] {
        assert!(!opened.contains(&id), "{id}");
    }
    let told = opened.incident();
    let ids: Vec<&Value> = told["persons"].as_array().unwrap().iter().map(|person| &person["id"]).collect();
    assert_eq!(
        told["acts"][0]["victims"].as_array().unwrap().iter().collect::<Vec<_>>(),
        ids,
        "they still belong together"
    );
    let opened = Opened::new(&home.path("i.age"), &desk);
    assert!(opened.verdict.ok && opened.says(Code::FieldsProven), "{:?}", opened.verdict.items);
}

#[test]
fn the_save_itself_is_in_the_log() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    amparo.incidents().save(incident.id, 1, "y".into()).unwrap();
    amparo.incidents().save(incident.id, 2, "y".into()).unwrap();
    let entries = amparo.custody().entries(0, 10).unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let entry = entry.entry.unwrap();
        assert_eq!((entry.event, entry.evidence), (Event::Recorded, None));
        assert_eq!(entry.details["statement"].as_str().unwrap().len(), 64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn nobody_is_named_to_a_kind_of_recipient_that_they_did_not_allow(
        answers in proptest::collection::vec((0usize..5, proptest::collection::vec(0usize..7, 0..4)), 1..6),
        kind in 0usize..7,
        leave_out in any::<bool>(),
        anonymous in any::<bool>(),
        everything in any::<bool>(),
    ) {
        let (_home, amparo) = Home::new();
        let kinds = RecipientKind::KNOWN;
        let persons: Vec<Person> = answers.iter().enumerate().map(|(i, (status, scope))| {
            let scope: Vec<RecipientKind> = scope.iter().map(|k| kinds[*k].clone()).collect();
            let status = ["granted", "refused", "not_asked", "newer_answer"].get(*status);
            let number = u8::try_from(i + 1).unwrap();
            person(number, &format!("Zzname{number}"), status.and_then(|status| consent(status, &scope)))
        }).collect();
        let mut act = Act::new(ActCode::THREAT);
        act.victims = persons.iter().filter_map(|person| person.id).collect();
        let content = IncidentContent { persons: persons.clone(), acts: vec![act], ..IncidentContent::from("told") };
        let incident = amparo.incidents().create(content).unwrap().id;
        let choice = FieldChoice {
            persons: if leave_out { PersonPolicy::LeaveOut } else { PersonPolicy::Pseudonymise },
            shown: if everything { Shown::EVERYTHING } else { Shown::default() },
            ..Default::default()
        };
        let request = ReportRequest {
            sender: if anonymous { SenderMode::Anonymous } else { SenderMode::Case },
            ..ReportRequest::new(incident, kinds[kind].clone(), vec![key(KeyKind::Classic).1])
        };
        let preview = preview_one(&amparo, &request.choosing(&choice));
        let all = [preview.report_json.as_slice(), preview.html.as_bytes(), preview.markdown.as_bytes()].concat();
        let all = String::from_utf8(all).unwrap();
        for (person, number) in persons.iter().zip(1..) {
            let said = person.consent.as_ref();
            let allowed = said.is_some_and(|c| c.status == ConsentStatus::GRANTED && c.scope.contains(&kinds[kind]));
            let asked_no = said.is_some_and(|c| ![ConsentStatus::GRANTED, ConsentStatus::NOT_ASKED].contains(&c.status));
            prop_assert_eq!(all.contains(&person.name), allowed);
            prop_assert_eq!(all.contains(&format!("Address{number}")), allowed && everything);
            prop_assert_eq!(all.contains(&format!("Affiliation{number}")), allowed);
            prop_assert_eq!(all.contains(&format!("Pseudonym{number}")), allowed || (!leave_out && !asked_no));
        }
    }
}
