//! Records out of one vault and into another, as a host does it.

use super::*;
use crate::{
    incidents::{ActCode, Incident, IncidentContent, Urgency},
    scene::Scene,
};

fn everything() -> IncidentQuery {
    IncidentQuery {
        status: None,
        urgency: None,
        tag: None,
        act: None,
        occurred: None,
        created: None,
        unsent: None,
        draft: None,
        has_evidence: None,
        related_to: None,
    }
}

fn with_unknown(narrative: &str) -> IncidentContent {
    let newer = amparo_core::incident::Act::from("drone_strike".parse::<amparo_core::incident::ActCode>().unwrap());
    IncidentContent {
        acts: vec![newer.into_host()],
        unknown: Some(r#"{"x_field":{"a":[1,2.5]}}"#.to_owned()),
        urgency: Some(Urgency::Imminent),
        ..IncidentContent::from(narrative)
    }
}

fn options(format: Format) -> ExportOptions {
    ExportOptions { format: Some(format), revisions: true, evidence: true }
}

fn skip() -> ImportPolicy {
    ImportPolicy { conflict: None, dry_run: false }
}

fn get(scene: &Scene, incident: &Incident) -> Incident {
    scene.vault.incidents().get(incident.id.clone()).unwrap()
}

#[test]
fn what_leaves_one_vault_arrives_in_another_as_it_was() {
    for (format, name) in [(Format::Json, "export.json"), (Format::JsonLines, "export.jsonl")] {
        let (from, to) = (Scene::new(), Scene::new());
        let first = from.vault.incidents().create(with_unknown("مرحبا 🕯️")).unwrap();
        let second = from.incident("They took my phone.");
        let second = from.vault.incidents().save(second.id, 1, "They took my phone and my bag.".into()).unwrap();
        let file = from.path(name);
        let progress = Progress::new();
        let written = from
            .vault
            .interchange()
            .export_file(everything(), options(format), file.clone(), None, Some(Arc::clone(&progress)))
            .unwrap();
        assert_eq!((written.incidents, written.revisions, written.evidence), (2, 1, 0));
        assert_eq!(written.bytes, std::fs::metadata(&file).unwrap().len());
        assert!(progress.bytes() > 0 && progress.bytes() <= written.bytes);

        let import = |policy| to.vault.interchange().import_file(file.clone(), policy, None, None).unwrap();
        let tried = import(ImportPolicy { conflict: None, dry_run: true });
        assert_eq!((tried.created, tried.revisions), (2, 1));
        assert!(to.vault.incidents().list(10, None).unwrap().incidents.is_empty(), "tried only");
        let report = import(skip());
        assert_eq!((report.created, report.revisions, report.refused_count), (2, 1, 0));
        assert!(report.stopped.is_none());
        assert_eq!(get(&to, &first), get(&from, &first));
        assert_eq!(get(&to, &first).content.acts[0].code, ActCode::Unlisted { code: "drone_strike".to_owned() });
        let revisions = to.vault.incidents().revisions(second.id.clone()).unwrap();
        assert_eq!(revisions.len(), 2);
        assert_eq!(import(skip()).unchanged, 2);

        // Both went on by themselves.
        from.vault.incidents().save(second.id.clone(), 2, "And they came back.".into()).unwrap();
        to.vault.incidents().save(second.id.clone(), 2, "And they let him go.".into()).unwrap();
        let again = from.path("again");
        from.vault.interchange().export_file(everything(), options(format), again.clone(), None, None).unwrap();
        let import = |conflict| {
            let policy = ImportPolicy { conflict: Some(conflict), dry_run: false };
            to.vault.interchange().import_file(again.clone(), policy, None, None).unwrap()
        };
        let refused = import(ImportConflict::Refuse);
        let (count, refused) = (refused.refused_count, refused.refused);
        assert!(count >= 1 && refused.len() as u64 == count, "{count}");
        let of_incident = refused.iter().find(|refused| refused.kind == Some(RecordKind::Incident)).unwrap();
        assert_eq!((of_incident.code, of_incident.id.as_ref()), (251, Some(&second.id.0)));
        assert!(of_incident.offset > 0 && !of_incident.text.is_empty());
        assert_eq!(get(&to, &second).content.narrative, "And they let him go.");
        assert_eq!(import(ImportConflict::Revision).updated, 1);
        assert_eq!(get(&to, &second).content.narrative, "And they came back.");
    }
}

#[test]
fn a_query_chooses_and_a_file_that_is_there_is_not_touched() {
    let scene = Scene::new();
    scene.vault.incidents().create(with_unknown("urgent")).unwrap();
    scene.incident("They took my phone.");
    let interchange = scene.vault.interchange();
    let query = IncidentQuery { urgency: Some(Urgency::Imminent), ..everything() };
    let plain = ExportOptions { format: None, revisions: false, evidence: false };
    let export =
        |name: &str, cancel| interchange.export_file(query.clone(), plain.clone(), scene.path(name), cancel, None);
    assert_eq!(export("chosen", None).unwrap().incidents, 1);
    let before = std::fs::read(scene.path("chosen")).unwrap();
    assert!(matches!(export("chosen", None), Err(InterchangeError::TargetExists { code: 320, .. })));
    assert_eq!(std::fs::read(scene.path("chosen")).unwrap(), before);
    assert!(matches!(export("no/such", None), Err(InterchangeError::TargetFolderMissing { code: 321, .. })));
    let cancel = CancelToken::new();
    cancel.cancel();
    assert!(matches!(export("stopped", Some(cancel)), Err(InterchangeError::Cancelled { code: 316, .. })));
    assert_eq!(scene.files().len(), 1, "what was stopped left nothing");
}

#[test]
fn a_file_that_is_none_is_refused_by_what_it_is() {
    let scene = Scene::new();
    let import = |name: &str| scene.vault.interchange().import_file(scene.path(name), skip(), None, None);
    let other = |bytes: &[u8]| {
        std::fs::write(scene.path("file"), bytes).unwrap();
        import("file")
    };
    assert!(matches!(import("gone"), Err(InterchangeError::SourceMissing { code: 310, .. })));
    assert!(matches!(import("."), Err(InterchangeError::SourceNotAFile { code: 311, .. })));
    assert!(matches!(other(b""), Err(InterchangeError::SourceEmpty { code: 314, .. })));
    assert!(matches!(other(b"{\"a\":1}"), Err(InterchangeError::NotAnExport { code: 250, .. })));
    let newer = other(br#"{"schema":"amparo.export/9","incidents":[]}"#);
    assert!(matches!(newer, Err(InterchangeError::NewerVersion { code: 225, .. })), "{newer:?}");

    // Cut off: what is whole is in, and the report says where it stopped.
    scene.incident("one");
    scene.incident("two");
    let whole = scene.path("whole");
    scene.vault.interchange().export_file(everything(), options(Format::JsonLines), whole.clone(), None, None).unwrap();
    let whole = std::fs::read(whole).unwrap();
    let fresh = Scene::new();
    std::fs::write(fresh.path("cut"), &whole[..whole.len() - 20]).unwrap();
    let report = fresh.vault.interchange().import_file(fresh.path("cut"), skip(), None, None).unwrap();
    let stopped = report.stopped.unwrap();
    assert_eq!((report.created, stopped.code, stopped.offset), (1, 254, whole.len() as u64 - 20));
    assert!(!stopped.text.is_empty());
}

#[test]
fn a_file_for_uwazi_tells_what_a_report_would() {
    let scene = Scene::new();
    let content = IncidentContent { title: "Arrest".to_owned(), ..with_unknown("They took my phone.") };
    scene.vault.incidents().create(content).unwrap();
    let write = |name: &str, language: Option<&str>, leave_out: &[&str]| {
        let choice = FieldChoice {
            shown: None,
            only: None,
            leave_out: leave_out.iter().map(|&path| path.to_owned()).collect(),
            reveal: Vec::new(),
            persons: None,
            evidence: None,
        };
        let options =
            UwaziOptions { kind: RecipientKind::Cso, choice: Some(choice), language: language.map(str::to_owned) };
        let written =
            scene.vault.interchange().export_uwazi_file(everything(), options, scene.path(name), None, None)?;
        assert_eq!(written.incidents, 1);
        Ok::<_, InterchangeError>(std::fs::read_to_string(scene.path(name)).unwrap())
    };
    let english = write("en.csv", None, &[]).unwrap();
    assert!(english.contains("They took my phone.") && english.contains("drone strike"), "{english}");
    let left_out = write("left_out.csv", Some("es-MX"), &["/narrative"]).unwrap();
    assert!(!left_out.contains("They took my phone."));
    let urgency = |language: &str| {
        let lists = code_lists(language.to_owned());
        let list = lists.into_iter().find(|list| list.name == "urgency").unwrap();
        list.codes.into_iter().find(|code| code.code == "imminent").unwrap().word
    };
    assert!(english.contains(&urgency("en")) && left_out.contains(&urgency("es")) && urgency("en") != urgency("es"));
    assert!(matches!(write("no.csv", None, &["/nothing"]), Err(InterchangeError::NoSuchField { code: 502, .. })));
}

#[test]
fn lists_have_the_codes_of_the_core_with_words_and_counterparts() {
    let lists = code_lists("ar-EG".to_owned());
    assert_eq!(lists.len(), lists::LISTS.len());
    for (list, core) in lists.iter().zip(lists::LISTS) {
        let codes: Vec<&str> = list.codes.iter().map(|code| code.code.as_str()).collect();
        assert_eq!((list.name.as_str(), codes), (core.name, core.codes()));
        assert!(list.codes.iter().all(|code| !code.word.is_empty()));
    }
    let acts = &lists.iter().find(|list| list.name == "act").unwrap().codes;
    let killing = acts.iter().find(|code| code.code == "killing").unwrap();
    assert!(!killing.word.is_ascii());
    let term = killing.huridocs.as_ref().unwrap();
    assert_eq!(&term.code, &huridocs::code("act", "killing").unwrap().code);

    assert!(huridocs_thesaurus(term.thesaurus).is_some_and(|title| !title.is_empty()));
    assert!(huridocs_thesaurus(0).is_none());

    let csv = thesaurus_csv("act".to_owned()).unwrap().unwrap();
    assert!(csv.starts_with("English,") && csv.contains(&killing.word), "{csv}");
    assert!(thesaurus_csv("nothing".to_owned()).unwrap().is_none());
}
