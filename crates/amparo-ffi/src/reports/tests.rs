//! Reports as a host makes them and a recipient opens them.

use super::*;
use crate::{
    desk::{Addressee, DeskError, FindingCode, desk_generate_key, desk_open, desk_verify, key_file_is_exposed},
    evidence::ImportRequest,
    incidents::{Consent, ConsentStatus, IncidentContent, Person},
    scene::Scene,
};

fn group(kind: RecipientKind, recipients: &[&str]) -> RecipientGroup {
    RecipientGroup {
        kind,
        recipients: recipients.iter().map(|&key| key.to_owned()).collect(),
        choice: None,
        form: None,
    }
}

fn request(incident: &IncidentId, groups: Vec<RecipientGroup>) -> ReportRequest {
    ReportRequest { incident: incident.clone(), groups, revision: None, sender: None, confirmed: Vec::new() }
}

fn person(name: &str, pseudonym: &str, consent: Option<(ConsentStatus, Vec<RecipientKind>)>) -> Person {
    let core = amparo_core::incident::Person { name: name.into(), pseudonym: pseudonym.into(), ..Default::default() };
    let mut person: Person = core.into_host();
    person.consent = consent.map(|(status, scope)| Consent {
        status,
        scope,
        given_by: String::new(),
        when: None,
        revocable: None,
        note: String::new(),
        purposes: Vec::new(),
        unknown: None,
    });
    person
}

fn content() -> IncidentContent {
    let lawyers = Some((ConsentStatus::Granted, vec![RecipientKind::Lawyer]));
    IncidentContent {
        title: "اعتقال 🕯️".to_owned(),
        persons: vec![
            person("Amal Haddad", "A.", lawyers),
            person("Nour Said", "", None),
            person("Sami Aziz", "", Some((ConsentStatus::Refused, Vec::new()))),
        ],
        tags: vec!["work".to_owned()],
        ..IncidentContent::from("They asked for Nour Said at the door.")
    }
}

fn import(scene: &Scene, incident: &IncidentId) -> EvidenceId {
    let source = scene.path("door.txt");
    std::fs::write(&source, "a letter under the door\n".repeat(4000)).unwrap();
    let nothing: ImportRequest = amparo_core::evidence::ImportRequest::default().into_host();
    let request = ImportRequest { incident: Some(incident.clone()), ..nothing };
    let id = scene.vault.evidence().import_file(source.clone(), request, None, None).unwrap().id;
    std::fs::remove_file(source).unwrap();
    id
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn what_was_previewed_is_what_each_recipient_opens() {
    let scene = Scene::new();
    let lawyer = desk_generate_key(scene.path("lawyer.key"), KeyKind::PostQuantum).unwrap();
    let platform = desk_generate_key(scene.path("platform.key"), KeyKind::Classic).unwrap();
    assert!(lawyer.starts_with("age1pq1") && platform.starts_with("age1") && !platform.starts_with("age1pq1"));
    let incident = scene.vault.incidents().create(content()).unwrap().id;
    let evidence = import(&scene, &incident);
    let reports = scene.vault.reports();
    // Keys come with line breaks from where they are pasted from.
    let pasted = format!(" {lawyer}\n");
    let mut asked = request(
        &incident,
        vec![group(RecipientKind::Lawyer, &[&pasted]), group(RecipientKind::Platform, &[&platform])],
    );
    let previews = reports.preview(asked.clone()).unwrap();
    assert_eq!(previews.len(), 2);
    asked.confirmed = previews.iter().map(|preview| preview.confirmed.clone()).collect();
    let progress = Progress::new();
    let sealed = reports.seal_file(asked, scene.path("report.age"), None, Some(Arc::clone(&progress))).unwrap();
    assert_eq!(
        sealed.iter().map(|report| report.kind.clone()).collect::<Vec<_>>(),
        [RecipientKind::Lawyer, RecipientKind::Platform]
    );
    assert!(progress.bytes() > 90_000, "{}", progress.bytes());

    for ((sealed, preview), keys) in sealed.iter().zip(&previews).zip(["lawyer.key", "platform.key"]) {
        assert_eq!((&sealed.id, &sealed.evidence), (&preview.report_id, &vec![evidence.clone()]));
        let [file] = sealed.files.as_slice() else { panic!("one file for one kind of keys") };
        let path = file.path.clone().unwrap();
        assert_eq!(preview.sealed, [SealedSize { keys: file.kind, recipients: 1, size: file.size }]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), file.size);

        let folder = scene.path(&format!("opened-{keys}"));
        let opened = desk_open(path, scene.path(keys), folder.clone(), None, None).unwrap();
        assert_eq!((&opened.sha256, opened.size), (&file.sha256, file.size));
        let verdict = &opened.verdict;
        assert!(verdict.ok, "{:?}", verdict.items.iter().map(|found| &found.text).collect::<Vec<_>>());
        assert_eq!(verdict.report_id.as_ref(), Some(&sealed.id.0));
        assert_eq!(verdict.addressee, Addressee::You);
        let sender = verdict.sender.as_ref().unwrap();
        assert!(sender.mode == SenderMode::Case && sender.signed && sender.public_key.is_some());
        let codes: Vec<_> = verdict.items.iter().map(|found| &found.code).collect();
        assert!(codes.contains(&&FindingCode::CustodyProven) && codes.contains(&&FindingCode::FieldsProven));

        assert_eq!(read(&format!("{folder}/report.json")), preview.report_json.as_bytes());
        assert_eq!(read(&format!("{folder}/report.html")), preview.html.as_bytes());
        assert_eq!(read(&format!("{folder}/report.md")), preview.markdown.as_bytes());
        for file in &preview.files {
            assert_eq!(std::fs::metadata(format!("{folder}/{}", file.path)).unwrap().len(), file.size, "{}", file.path);
        }
        assert_eq!(desk_verify(folder.clone(), None, None, None).unwrap().addressee, Addressee::NotChecked);

        let record = reports.get(sealed.id.clone()).unwrap();
        assert!(record.sealed && record.incident == incident && record.revision == 1);
        let files = [ReportFile { size: file.size, sha256: file.sha256.clone() }];
        assert_eq!((record.kind, record.files.as_slice()), (Some(sealed.kind.clone()), &files[..]));
    }
    let listed: Vec<_> = reports.list(incident).unwrap().into_iter().map(|record| record.id).collect();
    assert_eq!(listed, [sealed[1].id.clone(), sealed[0].id.clone()], "newest first");
}

#[test]
fn a_preview_tells_who_is_told_and_what_is_not_and_why() {
    let scene = Scene::new();
    let key = desk_generate_key(scene.path("key"), KeyKind::Classic).unwrap();
    let incident = scene.vault.incidents().create(content()).unwrap();
    import(&scene, &incident.id);
    let preview = |kind: RecipientKind| {
        let asked = request(&incident.id, vec![group(kind, &[&key])]);
        scene.vault.reports().preview(asked).unwrap().remove(0)
    };
    let lawyer = preview(RecipientKind::Lawyer);
    let told: Vec<_> = lawyer.persons.iter().map(|person| (person.index, person.told, person.why)).collect();
    assert_eq!(
        told,
        [
            (0, Told::InFull, ToldReason::Allowed),
            (1, Told::Pseudonymised, ToldReason::NotAsked),
            (2, Told::LeftOut, ToldReason::Refused),
        ]
    );
    assert_eq!(lawyer.persons[0].id, incident.content.persons[0].id);
    let withheld =
        |field: &str| lawyer.withheld.iter().find(|withheld| withheld.field == field).map(|withheld| withheld.reason);
    assert_eq!(withheld("/persons/1/name"), Some(WithheldReason::Consent));
    assert_eq!(withheld("/tags/0"), Some(WithheldReason::NotChosen));
    assert_eq!(withheld("/narrative"), None);
    let warned = |kind: &WarningKind| lawyer.warnings.iter().find(|warning| warning.kind == *kind);
    assert_eq!(warned(&WarningKind::NameInText).unwrap().about.as_deref(), Some("/incident/narrative"));
    let original = warned(&WarningKind::OriginalEvidence).unwrap().about.clone().unwrap();
    assert!(lawyer.files.iter().any(|file| file.path == original), "{original}");
    assert_eq!(warned(&WarningKind::ClassicKeys).unwrap().about, None);
    assert!(lawyer.report_json.contains("Amal Haddad") && !lawyer.report_json.contains("Sami"));

    let media = preview(RecipientKind::Media);
    assert_eq!(media.persons[0].why, ToldReason::OtherKinds);
    assert!(!media.report_json.contains("Amal Haddad"));
}

#[test]
fn a_choice_reaches_the_core() {
    let scene = Scene::new();
    let key = desk_generate_key(scene.path("key"), KeyKind::PostQuantum).unwrap();
    let incident = scene.vault.incidents().create(content()).unwrap().id;
    import(&scene, &incident);
    let choice = FieldChoice {
        shown: Some(Shown { notes: false, file_names: true, tags: true, device: false, contacts: false }),
        only: Some(vec!["/narrative".to_owned(), "/persons".to_owned(), "/tags".to_owned()]),
        leave_out: vec!["/persons/*/pseudonym".to_owned()],
        reveal: Vec::new(),
        persons: Some(PersonPolicy::LeaveOut),
        evidence: None,
    };
    let mut asked = request(&incident, vec![group(RecipientKind::Lawyer, &[&key])]);
    asked.groups[0].choice = Some(choice.clone());
    asked.sender = Some(SenderMode::Anonymous);
    let preview = scene.vault.reports().preview(asked.clone()).unwrap().remove(0);
    assert_eq!(preview.sender, SenderMode::Anonymous);
    assert!(preview.report_json.contains("door.txt") && preview.report_json.contains("\"work\""));
    assert!(!preview.report_json.contains("\"A.\"") && !preview.report_json.contains("اعتقال"));
    assert_eq!(preview.persons[1].told, Told::LeftOut);

    asked.groups[0].choice = Some(FieldChoice { evidence: Some(Vec::new()), ..choice.clone() });
    let preview = scene.vault.reports().preview(asked.clone()).unwrap().remove(0);
    assert!(!preview.files.iter().any(|file| file.path.starts_with("evidence/")));

    for wrong in ["narrative", "/no/such/field", "/persons/9/name"] {
        asked.groups[0].choice = Some(FieldChoice { leave_out: vec![wrong.to_owned()], ..choice.clone() });
        let refused = scene.vault.reports().preview(asked.clone()).unwrap_err();
        assert!(matches!(refused, ReportError::NoSuchField { code: 502, .. }), "{wrong}: {refused:?}");
    }
}

#[test]
fn what_changed_since_the_preview_is_not_sealed() {
    let scene = Scene::new();
    let key = desk_generate_key(scene.path("key"), KeyKind::PostQuantum).unwrap();
    let incident = scene.incident("They took my phone.");
    let reports = scene.vault.reports();
    let mut asked = request(&incident.id, vec![group(RecipientKind::Cso, &[&key])]);
    asked.confirmed = vec![reports.preview(asked.clone()).unwrap().remove(0).confirmed];
    let before = scene.files();
    let seal = |asked: &ReportRequest| reports.seal_file(asked.clone(), scene.path("report.age"), None, None);

    scene.vault.incidents().save(incident.id.clone(), 1, "They took my phone and my bag.".into()).unwrap();
    assert!(matches!(seal(&asked), Err(ReportError::PreviewOutdated { code: 505, .. })));
    let old = ReportRequest { revision: Some(1), ..asked.clone() };
    assert!(matches!(seal(&old), Err(ReportError::Conflict { current: 2, .. })));
    assert_eq!(scene.files(), before, "nothing is left behind");

    // Looked at again, it is sealed, and once only.
    asked.confirmed = vec![reports.preview(asked.clone()).unwrap().remove(0).confirmed];
    let mut other = asked.clone();
    other.confirmed[0].content = "0".repeat(64);
    assert!(matches!(seal(&other), Err(ReportError::PreviewOutdated { .. })));
    other.confirmed[0].content = "0".repeat(63) + "g";
    assert!(matches!(seal(&other), Err(ReportError::Invalid { .. })));
    assert_eq!(seal(&asked).unwrap()[0].id, asked.confirmed[0].report);
    assert!(matches!(
        reports.seal_file(asked, scene.path("again.age"), None, None),
        Err(ReportError::PreviewOutdated { .. })
    ));
}

#[test]
fn each_refusal_is_a_case_of_its_own() {
    let scene = Scene::new();
    let key = desk_generate_key(scene.path("key"), KeyKind::PostQuantum).unwrap();
    let incident = scene.incident("They took my phone.").id;
    let reports = scene.vault.reports();
    let seal = |groups| reports.seal_file(request(&incident, groups), scene.path("report.age"), None, None);
    let cso = |keys: &[&str]| vec![group(RecipientKind::Cso, keys)];

    let secret = String::from_utf8(read(&scene.path("key"))).unwrap();
    let secret = secret.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
    let refused = seal(cso(&[secret])).unwrap_err();
    assert!(matches!(refused, ReportError::SecretKeyGiven { code: SECRET_KEY_GIVEN, .. }), "{refused:?}");
    assert!(!format!("{refused:?} {refused}").contains(secret), "and it is not told");
    for wrong in ["", "age1", "somebody", &key[..key.len() - 1]] {
        let refused = seal(cso(&[wrong])).unwrap_err();
        assert!(matches!(refused, ReportError::NotARecipient { code: NOT_A_RECIPIENT, .. }), "{wrong}: {refused:?}");
    }
    assert!(matches!(seal(Vec::new()), Err(ReportError::NoRecipients { code: 510, .. })));
    assert!(matches!(seal(cso(&[])), Err(ReportError::NoRecipients { .. })));
    let twice = vec![group(RecipientKind::Cso, &[&key]), group(RecipientKind::Media, &[&key])];
    assert!(matches!(seal(twice), Err(ReportError::RecipientTwice { code: 503, .. })));
    let invalid = request(&IncidentId("nothing".to_owned()), cso(&[&key]));
    assert!(matches!(reports.preview(invalid), Err(ReportError::Invalid { code: 200, .. })));
    let missing = request(&IncidentId("0".repeat(32)), cso(&[&key]));
    assert!(matches!(reports.preview(missing), Err(ReportError::NotFound { code: 230, .. })));
    assert!(matches!(reports.get(ReportId("0".repeat(32))), Err(ReportError::NotFound { code: 500, .. })));
    let draft = IncidentContent { draft: true, ..IncidentContent::from("Not finished") };
    let draft = scene.vault.incidents().create(draft).unwrap().id;
    assert!(matches!(reports.preview(request(&draft, cso(&[&key]))), Err(ReportError::Draft { code: 504, .. })));

    let cancel = CancelToken::new();
    cancel.cancel();
    let stopped = reports.seal_file(request(&incident, cso(&[&key])), scene.path("report.age"), Some(cancel), None);
    assert!(matches!(stopped, Err(ReportError::Cancelled { code: 316, .. })), "{stopped:?}");
    assert_eq!(scene.files().len(), 1, "the key and nothing else");
    let nowhere = reports.seal_file(request(&incident, cso(&[&key])), scene.path("no/report.age"), None, None);
    assert!(matches!(nowhere, Err(ReportError::TargetFolderMissing { code: 321, .. })));
    seal(cso(&[&key])).unwrap();
    assert!(matches!(seal(cso(&[&key])), Err(ReportError::TargetExists { code: 320, .. })));
    scene.vault.lock().unwrap();
    assert!(matches!(reports.list(incident), Err(ReportError::Locked { code: 103, .. })));
}

#[test]
fn a_desk_is_told_what_is_wrong_with_a_file() {
    let scene = Scene::new();
    let keys = scene.path("key");
    let key = desk_generate_key(keys.clone(), KeyKind::PostQuantum).unwrap();
    desk_generate_key(scene.path("other"), KeyKind::PostQuantum).unwrap();
    let incident = scene.incident("They took my phone.").id;
    let sealed = scene.path("report.age");
    let asked = request(&incident, vec![group(RecipientKind::Cso, &[&key])]);
    scene.vault.reports().seal_file(asked, sealed.clone(), None, None).unwrap();
    let open = |file: &str, keys: &str| desk_open(file.to_owned(), keys.to_owned(), scene.path("opened"), None, None);

    assert!(matches!(open(&sealed, &scene.path("other")), Err(DeskError::ForSomebodyElse { code: 605, .. })));
    assert!(matches!(open(&scene.path("gone"), &keys), Err(DeskError::Missing { code: 600, .. })));
    assert!(matches!(open(&keys, &keys), Err(DeskError::NotAReport { code: 602, .. })));
    assert!(matches!(open(&sealed, &sealed), Err(DeskError::NotAKeyFile { .. })));
    let whole = read(&sealed);
    let other = |name: &str, bytes: &[u8]| {
        std::fs::write(scene.path(name), bytes).unwrap();
        open(&scene.path(name), &keys).unwrap_err()
    };
    let cut = other("cut", &whole[..whole.len() - 100]);
    assert!(matches!(cut, DeskError::CutShort { .. }), "{cut:?}");
    let mut altered = whole.clone();
    let middle = altered.len() - 60_000;
    altered[middle] ^= 1;
    let altered = other("altered", &altered);
    assert!(matches!(altered, DeskError::Tampered { .. } | DeskError::CutShort { .. }), "{altered:?}");
    let cancel = CancelToken::new();
    cancel.cancel();
    let stopped = desk_open(sealed.clone(), keys.clone(), scene.path("opened"), Some(cancel), None);
    assert!(matches!(stopped, Err(DeskError::Cancelled { code: 628, .. })), "{stopped:?}");
    assert!(!std::fs::exists(scene.path("opened")).unwrap(), "nothing is written by what fails");
    assert!(matches!(desk_verify(sealed.clone(), None, None, None), Err(DeskError::NoKeys { code: 624, .. })));

    open(&sealed, &keys).unwrap();
    assert!(matches!(open(&sealed, &keys), Err(DeskError::OutputNotEmpty { code: 610, .. })));
    std::fs::write(scene.path("opened/report.md"), "something else").unwrap();
    let verdict = desk_verify(scene.path("opened"), Some(keys.clone()), None, None).unwrap();
    let faults: Vec<_> = verdict.items.iter().filter(|found| found.code == FindingCode::FileAltered).collect();
    assert!(!verdict.ok && faults.len() == 1 && faults[0].item.as_deref() == Some("report.md"));

    assert!(matches!(desk_generate_key(keys.clone(), KeyKind::Classic), Err(DeskError::Exists { code: 620, .. })));
    assert!(!key_file_is_exposed(keys.clone()).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(key_file_is_exposed(keys).unwrap());
    }
}

#[test]
fn records_print_nothing_of_what_is_in_them() {
    let asked = request(&IncidentId("0".repeat(32)), vec![group(RecipientKind::Cso, &["age1somebody"])]);
    assert_eq!(format!("{asked} {asked:?}"), "ReportRequest(..) ReportRequest(..)");
    assert_eq!(format!("{:?}", asked.groups), "[RecipientGroup(..)]");
    assert_eq!(content().to_string(), "IncidentContent(..)");
}
