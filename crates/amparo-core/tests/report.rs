//! From an incident to an opened report, and what of the vault may not be in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::{collections::BTreeMap, fs::File, ops::ControlFlow, path::Path};

use amparo_core::{
    CoreError, EvidenceId, IncidentId,
    custody::Event,
    evidence::{EvidenceState, ImportRequest, no_progress},
    incident::{ActCode, IncidentContent, Occurred, Place, PlacePrecision, RecipientKind, Urgency},
    report::{FieldChoice, ReportRequest, SealError, SenderMode, Shown},
};
use amparo_crypto::{
    age::{Decryptor, Identity, KeyKind, Recipient},
    hash::sha256,
};
use amparo_report::{
    custody::{Head, verify_disclosure},
    open,
    verdict::Verdict,
};
use common::*;
use serde_json::Value;

struct Opened {
    verdict: Verdict,
    files: BTreeMap<String, Vec<u8>>,
}

impl Opened {
    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.files[path]).unwrap()
    }

    /// Every byte of every file, names included.
    fn contains(&self, marker: &[u8]) -> bool {
        let found = |bytes: &[u8]| bytes.windows(marker.len()).any(|window| window == marker);
        self.files.iter().any(|(name, bytes)| found(name.as_bytes()) || found(bytes))
    }
}

fn open_report(path: &Path, identity: &Identity) -> Opened {
    let reader = Decryptor::new(File::open(path).unwrap(), std::slice::from_ref(identity)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("opened");
    let mut go_on = |_| ControlFlow::Continue(());
    let verdict = open::extract(reader, &target, std::slice::from_ref(identity), &mut go_on).unwrap();
    let mut files = BTreeMap::new();
    let mut todo = vec![target.clone()];
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
    Opened { verdict, files }
}

fn content() -> IncidentContent {
    IncidentContent {
        title: "Arrest at the ministry 🕯️".into(),
        narrative: "اعتقلوه أمام الوزارة <script>alert(1)</script>".into(),
        language: Some("ar".into()),
        acts: vec![ActCode::ARBITRARY_DETENTION.into(), "drone_strike".parse::<ActCode>().unwrap().into()],
        occurred: Some(Occurred::at("2026-11-22T09:30".parse().unwrap())),
        place: Some(Place {
            text: "Secret street 5".into(),
            precision: Some(PlacePrecision::WITHHELD),
            ..Default::default()
        }),
        urgency: Some(Urgency::IMMINENT),
        tags: vec!["private tag".into()],
        unknown: [("persons".to_owned(), serde_json::json!([{ "name": "Witness Person" }]))].into_iter().collect(),
        ..Default::default()
    }
}

fn named(incident: IncidentId, name: &str) -> ImportRequest {
    ImportRequest { file_name: Some(name.into()), note: Some("a note".into()), ..for_incident(incident) }
}

#[test]
fn a_sealed_report_opens_and_verifies_and_holds_what_was_chosen() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create(content()).unwrap().id;
    let bytes = photo(300_000);
    let evidence =
        amparo.evidence().import(&bytes[..], None, named(incident, "MY FILE.jpg"), &mut no_progress).unwrap();
    let note = amparo.evidence().import(&b"words"[..], None, named(incident, "n.txt"), &mut no_progress).unwrap();
    // Another incident's evidence, before and after, so that proofs have something to hide.
    let other = amparo.incidents().create("other case").unwrap().id;
    let hidden = import(&amparo, other, &photo(1000));
    amparo.evidence().record_viewed(evidence.id).unwrap();

    let ((desk, to_desk), (lawyer, to_lawyer)) = (key(KeyKind::PostQuantum), key(KeyKind::Classic));
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk.clone(), to_lawyer, to_desk]);
    let target = home.path("report.age");
    let mut steps = Vec::new();
    let sealed = amparo
        .reports()
        .seal_file(&request, &target, &mut |done| {
            steps.push(done);
            ControlFlow::Continue(())
        })
        .unwrap()
        .remove(0);
    assert!(steps.is_sorted() && *steps.last().unwrap() > 600_000, "progress counts over both files");
    assert_eq!(home.beside(), ["report-classic.age", "report.age"]);
    assert_eq!(
        sealed.files.iter().map(|f| (f.kind, f.recipients)).collect::<Vec<_>>(),
        [(KeyKind::PostQuantum, 1), (KeyKind::Classic, 1)]
    );
    for (file, identity) in sealed.files.iter().zip([&desk, &lawyer]) {
        let path = file.path.as_ref().unwrap();
        let stored = std::fs::read(path).unwrap();
        assert_eq!((file.size, file.sha256), (stored.len() as u64, sha256(&stored)));
        let opened = open_report(path, identity);
        assert!(opened.verdict.ok, "{:?}", opened.verdict.faults().collect::<Vec<_>>());
        assert_eq!(opened.verdict.report_id, Some(sealed.id.to_string()));
        let sender = opened.verdict.sender.as_ref().unwrap();
        assert!(sender.signed && sender.mode == SenderMode::Case);

        assert_eq!(opened.files["evidence/01-photo.jpg"], bytes);
        assert_eq!(opened.files["evidence/02-document.txt"], b"words");
        let report = opened.json("report.json");
        assert_eq!(report["schema"], "amparo.report/1");
        assert_eq!(report["incident"]["title"], "Arrest at the ministry 🕯️");
        assert_eq!(report["incident"]["acts"][1]["code"], "drone_strike");
        assert_eq!(report["incident"]["place"], serde_json::json!({ "precision": "withheld" }));
        assert_eq!(report["evidence"][0]["path"], "evidence/01-photo.jpg");
        assert_eq!(report["evidence"][0]["id"], evidence.id.to_string());
        assert_eq!(report["evidence"][0]["note"], "a note");
        let page = String::from_utf8(opened.files["report.html"].clone()).unwrap();
        assert!(page.contains("اعتقلوه") && page.contains("dir=\"rtl\"") && !page.contains("<script>"), "{page}");
        let plain = String::from_utf8(opened.files["report.md"].clone()).unwrap();
        assert!(plain.starts_with("# Arrest at the ministry 🕯️\n") && plain.contains("اعتقلوه"), "{plain}");
        assert!(!plain.contains("<script>"), "{plain}");
        let readme = String::from_utf8(opened.files["README.txt"].clone()).unwrap();
        assert!(readme.starts_with("تقرير مختوم") && readme.contains("SEALED REPORT"));

        for secret in
            ["Witness Person", "Secret street", "private tag", "MY FILE", &other.to_string(), &hidden.id.to_string()]
        {
            assert!(!opened.contains(secret.as_bytes()), "{secret}");
        }
        let reply: Recipient = opened.json("reply.json")["recipient"].as_str().unwrap().parse().unwrap();
        assert_eq!(reply.kind(), KeyKind::PostQuantum);

        let custody = verify_disclosure(
            &opened.files["custody/entries.jsonl"],
            &opened.files["custody/proofs.json"],
            &opened.files["custody/head.txt"],
        );
        assert!(custody.is_intact());
        let told: Vec<_> = custody.entries.iter().map(|e| (e.seq, e.event.clone())).collect();
        assert_eq!(told, [(0, Event::Recorded), (1, Event::Imported), (2, Event::Imported), (5, Event::Viewed)]);
        // The head is signed by the case's key and by no other of the vault's.
        assert_eq!(custody.public_key.unwrap().to_bytes()[..], hex(sender.public_key.as_ref().unwrap())[..]);
        let vault_key = amparo.custody().verifying_key().unwrap();
        assert!(Head::verify(core::str::from_utf8(&opened.files["custody/head.txt"]).unwrap(), &vault_key).is_err());
        assert!(!opened.contains(&vault_key.to_bytes()));
    }

    // The vault remembers, and its own head is signed.
    let custody = amparo.custody().verify().unwrap();
    assert!(custody.is_intact(), "{:?}", custody.fault);
    let history = amparo.custody().history(note.id).unwrap();
    let last = history.last().unwrap().entry.clone().unwrap();
    assert_eq!(last.event, Event::Sealed);
    assert_eq!(last.details["report"], sealed.id.to_string());
    assert_eq!(last.details["recipients"], 2);
    assert_eq!(last.details["sealed_sha256"].as_array().unwrap().len(), 2);
    let record = amparo.reports().get(sealed.id).unwrap();
    assert_eq!(
        (record.sealed, record.evidence.as_slice(), record.recipients.len()),
        (true, &[evidence.id, note.id][..], 2)
    );
    assert_eq!(record.files, sealed.files.iter().map(|f| (f.size, f.sha256)).collect::<Vec<_>>());
    assert_eq!(amparo.reports().list(incident).unwrap(), [record]);

    // What was sealed before is nobody else's business.
    let (second, to_second) = key(KeyKind::PostQuantum);
    let path = home.path("second.age");
    let again = &amparo
        .reports()
        .seal_file(&ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_second]), &path, &mut no_progress)
        .unwrap()[0];
    let opened = open_report(&path, &second);
    assert!(opened.verdict.ok);
    assert!(!opened.contains(sealed.id.to_string().as_bytes()) && !opened.contains(b"sealed_sha256"));
    assert_ne!(again.id, sealed.id);
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

#[test]
fn cases_cannot_be_linked_by_their_keys_and_one_case_can() {
    let (home, amparo) = Home::new();
    let (desk, to_desk) = key(KeyKind::Classic);
    let mut count = 0;
    let mut seal = |incident: IncidentId, sender: SenderMode| {
        count += 1;
        let path = home.path(&format!("{count}.age"));
        let request =
            ReportRequest { sender, ..ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk.clone()]) };
        amparo.reports().seal_file(&request, &path, &mut no_progress).unwrap();
        open_report(&path, &desk)
    };
    let signer = |opened: &Opened| opened.verdict.sender.as_ref().unwrap().public_key.clone();
    let (a, b) = (amparo.incidents().create("a").unwrap().id, amparo.incidents().create("b").unwrap().id);
    import(&amparo, a, b"text a");
    let (a1, a2, b1) = (seal(a, SenderMode::Case), seal(a, SenderMode::Case), seal(b, SenderMode::Case));
    assert!(signer(&a1).is_some());
    assert_eq!(signer(&a1), signer(&a2));
    assert_ne!(signer(&a1), signer(&b1));
    let (i1, i2) = (seal(a, SenderMode::Identified), seal(b, SenderMode::Identified));
    assert_eq!(signer(&i1), signer(&i2));
    assert_ne!(signer(&i1), signer(&a1));

    // Anonymous: nothing by which it could be recognised.
    let anonymous = seal(a, SenderMode::Anonymous);
    assert!(anonymous.verdict.ok, "{:?}", anonymous.verdict.faults().collect::<Vec<_>>());
    assert_eq!(signer(&anonymous), None);
    assert!(!anonymous.files.keys().any(|path| path.starts_with("custody/")));
    let evidence = amparo.evidence().list(a).unwrap()[0].id;
    for id in [a.to_string(), evidence.to_string()] {
        assert!(a1.contains(id.as_bytes()) && !anonymous.contains(id.as_bytes()));
    }
    assert_eq!(anonymous.files["evidence/01-document.txt"], b"text a");
}

#[test]
fn what_is_shown_is_a_choice() {
    let (home, amparo) = Home::new();
    let (desk, to_desk) = key(KeyKind::Classic);
    let incident = amparo.incidents().create(content()).unwrap().id;
    let first = amparo.evidence().import(&b"one"[..], None, named(incident, "first.txt"), &mut no_progress).unwrap();
    let second = amparo.evidence().import(&b"two"[..], None, named(incident, "second.txt"), &mut no_progress).unwrap();
    let base = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let seal = |request: &ReportRequest, name: &str| {
        amparo.reports().seal_file(request, &home.path(name), &mut no_progress).unwrap();
        open_report(&home.path(name), &desk)
    };
    let choosing = |evidence: Vec<EvidenceId>, shown: Shown| {
        base.clone().choosing(&FieldChoice { evidence: Some(evidence), shown, ..FieldChoice::default() })
    };
    let chosen = choosing(vec![second.id, second.id], Shown::EVERYTHING);
    let opened = seal(&chosen, "chosen.age");
    assert_eq!(opened.files["evidence/01-document.txt"], b"two");
    assert!(
        !opened.files.contains_key("evidence/02-document.txt") && !opened.contains(first.id.to_string().as_bytes())
    );
    assert!(opened.contains(b"second.txt") && opened.contains(b"private tag") && opened.contains(b"a note"));
    let opened = seal(&choosing(Vec::new(), Shown::NOTHING), "none.age");
    assert!(opened.verdict.ok);
    assert!(!opened.contains(b"a note") && !opened.files.keys().any(|path| path.starts_with("evidence/")));
    // Without evidence, the log has one entry for the report itself.
    let last = amparo.custody().entries(3, 10).unwrap().pop().unwrap().entry.unwrap();
    assert_eq!((last.event, last.evidence), (Event::Sealed, None));

    let other = amparo.incidents().create("other").unwrap().id;
    let foreign = import(&amparo, other, b"foreign");
    let refuse = |request: ReportRequest| {
        amparo.reports().seal_file(&request, &home.path("refused.age"), &mut no_progress).unwrap_err()
    };
    let with = |ids: Vec<EvidenceId>| choosing(ids, Shown::default());
    assert!(matches!(refuse(with(vec![foreign.id])), CoreError::EvidenceOfOtherIncident));
    assert!(matches!(refuse(with(vec![EvidenceId::from_bytes([3; 16])])), CoreError::EvidenceNotFound));
    let unknown = IncidentId::from_bytes([9; 16]);
    assert!(matches!(refuse(ReportRequest { incident: unknown, ..base.clone() }), CoreError::IncidentNotFound));
    let nobody = ReportRequest::new(incident, RecipientKind::LAWYER, Vec::new());
    assert!(matches!(refuse(nobody), CoreError::Report(SealError::NoRecipients)));
    assert_eq!(home.beside(), ["chosen.age", "none.age"]);
}

#[test]
fn a_report_that_fails_leaves_neither_file_nor_record() {
    let (home, amparo) = Home::new();
    let (_, to_desk) = key(KeyKind::Classic);
    let (_, to_other) = key(KeyKind::PostQuantum);
    let incident = amparo.incidents().create("x").unwrap().id;
    import(&amparo, incident, &photo(400_000));
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk, to_other]);
    let entries = amparo.custody().verify().unwrap().entries;
    let stop_after = |limit: u64| {
        amparo.reports().seal_file(&request, &home.path("r.age"), &mut |done| {
            if done > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    };
    assert!(matches!(stop_after(100_000), Err(CoreError::Cancelled)));
    assert!(matches!(stop_after(600_000), Err(CoreError::Cancelled)), "in the second file");
    assert!(home.beside().is_empty());
    std::fs::write(home.path("r-classic.age"), b"mine").unwrap();
    assert!(matches!(stop_after(u64::MAX), Err(CoreError::TargetExists)));
    assert_eq!(std::fs::read(home.path("r-classic.age")).unwrap(), b"mine");
    let missing = amparo.reports().seal_file(&request, &home.path("no/r.age"), &mut no_progress);
    assert!(matches!(missing, Err(CoreError::TargetFolderMissing)));

    // Evidence that was changed on disk does not go out.
    let [medium] = &media_files(&home.vault())[..] else { panic!("one medium") };
    let mut stored = std::fs::read(medium).unwrap();
    let middle = stored.len() / 2;
    stored[middle] ^= 1;
    std::fs::write(medium, stored).unwrap();
    let damaged = amparo.reports().seal_file(&request, &home.path("d.age"), &mut no_progress);
    assert!(matches!(damaged, Err(CoreError::Report(SealError::EvidenceRead { item: 1, .. }))), "{damaged:?}");
    assert_eq!(home.beside(), ["r-classic.age"]);
    assert!(amparo.reports().list(incident).unwrap().is_empty());
    assert_eq!(amparo.custody().verify().unwrap().entries, entries);
}

#[test]
fn what_a_crash_left_goes_in_as_what_was_kept() {
    let (home, amparo) = Home::new();
    let (desk, to_desk) = key(KeyKind::Classic);
    let incident = amparo.incidents().create("x").unwrap().id;
    let bytes = photo(400_000);
    let image = home.path("image");
    let source = Interrupted {
        bytes: &bytes,
        after: 250_000,
        done: 0,
        act: Some(Box::new(|| {
            // While it is written, it is left out of a report of everything, and refused when it is asked for.
            let path = home.path("early.age");
            let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk.clone()]);
            let sealed = amparo.reports().seal_file(&request, &path, &mut no_progress).unwrap().remove(0);
            assert_eq!((sealed.evidence.len(), sealed.left_out.len()), (0, 1));
            let left_out = sealed.left_out.iter().map(|left| left.evidence).collect();
            let asked = request.choosing(&FieldChoice { evidence: Some(left_out), ..FieldChoice::default() });
            let refused = amparo.reports().seal_file(&asked, &home.path("asked.age"), &mut no_progress);
            assert!(matches!(refused, Err(CoreError::EvidenceUnfinished)));
            copy_dir(&home.vault(), &image);
            Ok(())
        })),
    };
    amparo.evidence().import(source, Some(400_000), for_incident(incident), &mut no_progress).unwrap();

    let crashed = unlock(&image);
    let kept = crashed.evidence().list(incident).unwrap().remove(0);
    assert_eq!(kept.state, EvidenceState::UNTERMINATED);
    let path = home.path("crashed.age");
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk.clone()]);
    crashed.reports().seal_file(&request, &path, &mut no_progress).unwrap();
    let opened = open_report(&path, &desk);
    assert!(opened.verdict.ok, "{:?}", opened.verdict.faults().collect::<Vec<_>>());
    assert_eq!(opened.files["evidence/01-photo.jpg"], bytes[..kept.size as usize]);
    assert_eq!(opened.json("report.json")["evidence"][0]["state"], "unterminated");
    assert!(opened.contains(b"Cut off when the device stopped"));
}

#[test]
fn a_writer_gets_the_same_report() {
    let (home, amparo) = Home::new();
    let (desk, to_desk) = key(KeyKind::Classic);
    let incident = amparo.incidents().create("x").unwrap().id;
    let path = home.path("stream.age");
    let request = ReportRequest::new(incident, RecipientKind::LAWYER, vec![to_desk]);
    let sealed =
        amparo.reports().seal(&request, &mut |_| Ok(Box::new(File::create(&path)?)), &mut no_progress).unwrap();
    assert_eq!(sealed[0].files[0].sha256, sha256(&std::fs::read(&path).unwrap()));
    assert!(open_report(&path, &desk).verdict.ok);
}
