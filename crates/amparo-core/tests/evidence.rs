//! Evidence in a real vault: what goes in comes out, and what is cut off is kept or taken back as the rules say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::ControlFlow,
    path::Path,
};

use amparo_core::{
    CoreError, EvidenceId, IncidentId, VaultError,
    custody::{Event, FaultReason},
    evidence::{CapturedAt, EvidenceKind, EvidenceState, ImportRequest, no_progress},
    incident::{IncidentContent, Place},
};
use amparo_crypto::hash::sha256;
use common::*;

fn events(amparo: &amparo_core::Amparo, id: EvidenceId) -> Vec<Event> {
    amparo.custody().history(id).unwrap().into_iter().map(|h| h.entry.unwrap().event).collect()
}

#[test]
fn what_goes_in_comes_out_bit_for_bit_and_is_in_the_log() {
    let (home, amparo) = Home::new();
    let content = IncidentContent {
        title: "اعتقال 🕯️".into(),
        place: Some(Place { text: "القاهرة".into(), ..Default::default() }),
        ..IncidentContent::from("Полиция пришла ночью. They took the 📱.")
    };
    let incident = amparo.incidents().create(content.clone()).unwrap();
    assert_eq!(amparo.incidents().get(incident.id).unwrap().content, content);

    // Around every border of the small and the large layout.
    for size in [1, 4079, 4080, 4081, 65_535, 65_536, 65_537, 300_000] {
        let bytes = photo(size);
        let file = home.path(&format!("صورة {size}.jpg"));
        std::fs::write(&file, &bytes).unwrap();
        let mut steps = Vec::new();
        let evidence = amparo
            .evidence()
            .import_file(&file, for_incident(incident.id), &mut |done| {
                steps.push(done);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(steps.last(), Some(&(size as u64)));
        assert_eq!((evidence.size, evidence.sha256), (size as u64, Some(sha256(&bytes))));
        assert_eq!(evidence.state, EvidenceState::COMPLETE);
        assert_eq!(evidence.description.file_name.as_deref(), Some(format!("صورة {size}.jpg").as_str()));
        if size > 10 {
            assert_eq!(
                (evidence.description.kind.as_str(), evidence.description.media_type.as_str()),
                ("photo", "image/jpeg")
            );
        }
        let target = home.path(&format!("out-{size}"));
        amparo.evidence().export_file(evidence.id, &target, &mut no_progress).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), bytes);
        let mut stream = Vec::new();
        amparo.evidence().export(evidence.id, &mut stream, &mut no_progress).unwrap();
        assert_eq!(stream, bytes);
        assert_eq!(events(&amparo, evidence.id), [Event::Imported, Event::Exported, Event::Exported]);
        let entry = amparo.custody().history(evidence.id).unwrap().remove(0).entry.unwrap();
        assert_eq!(entry.sha256, Some(sha256(&bytes)));
        assert_eq!(entry.evidence, Some(evidence.id.to_string()));
        let line = String::from_utf8(amparo.custody().history(evidence.id).unwrap().remove(0).line).unwrap();
        assert!(!line.contains("صورة"), "no file name in the log: {line}");
    }
    let listed = amparo.evidence().list(incident.id).unwrap();
    assert_eq!(listed.len(), 8);
    let ids: Vec<_> = listed.iter().map(|evidence| evidence.id).collect();
    assert_eq!(amparo.incidents().get(incident.id).unwrap().evidence, ids);
    assert_eq!(amparo.incidents().list(10, None).unwrap().incidents[0].evidence_count, 8);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(home.path("out-1")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "an export is the owner's only");
    }

    // The same after a lock, with the log signed.
    amparo.lock().unwrap();
    assert!(matches!(amparo.incidents().list(1, None), Err(CoreError::Vault(VaultError::Locked))));
    amparo.lock().unwrap();
    let amparo = home.unlock();
    assert!(amparo.recovered().is_empty());
    assert!(amparo.custody().verify().unwrap().is_intact());
    assert_eq!(amparo.evidence().list(incident.id).unwrap(), listed);
    let found = |words: &str| amparo.search().incidents(words, 10, None).unwrap().hits.len();
    assert_eq!([found("полиц"), found("القاهره"), found("took NIGHT"), found("ночь took")], [1, 1, 0, 1]);
}

#[test]
fn a_reader_reads_at_any_place() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let bytes = photo(200_000);
    let evidence = import(&amparo, incident.id, &bytes);
    let mut reader = amparo.evidence().open_reader(evidence.id).unwrap();
    assert_eq!(reader.len(), 200_000);
    for at in [0usize, 65_519, 65_520, 131_040, 199_990] {
        reader.seek(SeekFrom::Start(at as u64)).unwrap();
        let mut piece = vec![0; 10];
        reader.read_exact(&mut piece).unwrap();
        assert_eq!(piece, bytes[at..at + 10]);
    }
    amparo.evidence().record_viewed(evidence.id).unwrap();
    assert_eq!(events(&amparo, evidence.id), [Event::Imported, Event::Viewed]);
}

#[test]
fn evidence_without_an_incident_is_not_lost() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let mut ids: Vec<EvidenceId> = (1..=5u8).map(|n| import(&amparo, incident, &[n; 9]).id).collect();
    let loose = amparo.evidence().import(&b"loose"[..], None, ImportRequest::default(), &mut no_progress).unwrap();
    ids.push(loose.id);
    ids.reverse();
    let first = amparo.evidence().recent(4, None).unwrap();
    let second = amparo.evidence().recent(4, first.next.as_ref()).unwrap();
    let seen: Vec<_> = first.evidence.iter().chain(&second.evidence).map(|evidence| evidence.id).collect();
    assert_eq!((seen, second.next), (ids, None));
    amparo.evidence().attach(loose.id, incident).unwrap();
    assert_eq!(amparo.evidence().list(incident).unwrap().len(), 6);
}

#[test]
fn what_the_user_says_goes_before_what_the_bytes_say() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let captured_at = CapturedAt {
        time: "2024-05".parse().unwrap(),
        monotonic_ms: None,
        timezone: None,
        unknown: Default::default(),
    };
    let request = ImportRequest {
        kind: Some(EvidenceKind::SCREENSHOT),
        file_name: Some("a name".into()),
        captured_at: Some(captured_at.clone()),
        note: Some("the threatening message".into()),
        language: Some("fr".into()),
        ..for_incident(incident.id)
    };
    let evidence = amparo.evidence().import(&photo(100)[..], None, request, &mut no_progress).unwrap();
    let said = &evidence.description;
    assert_eq!((&said.kind, said.media_type.as_str()), (&EvidenceKind::SCREENSHOT, "image/jpeg"));
    assert_eq!((said.captured_at.as_ref(), said.language.as_deref()), (Some(&captured_at), Some("fr")));
    let hits = |words: &str| amparo.search().incidents(words, 5, None).unwrap().hits.len();
    assert_eq!(hits("threatening"), 1, "notes are searched");
    amparo.evidence().set_note(evidence.id, Some("another".into())).unwrap();
    amparo.evidence().set_note(evidence.id, Some("another".into())).unwrap();
    assert_eq!([hits("threatening"), hits("another")], [0, 1]);
    assert_eq!(events(&amparo, evidence.id), [Event::Imported, Event::Noted], "the same again is no change");
    // The note of an edit survives an edit of the incident.
    amparo.incidents().save(incident.id, 1, "changed".into()).unwrap();
    assert_eq!(hits("another changed"), 1);
    let other = amparo.incidents().create("second").unwrap();
    amparo.evidence().attach(evidence.id, other.id).unwrap();
    amparo.evidence().attach(evidence.id, other.id).unwrap();
    assert_eq!((hits("another"), amparo.evidence().list(other.id).unwrap().len()), (2, 1));
    let too_long = amparo.evidence().set_note(evidence.id, Some("x".repeat(70_000)));
    assert!(matches!(too_long, Err(CoreError::TooLong { field: "note", .. })));
}

#[test]
fn every_bad_source_has_its_own_error_and_leaves_nothing() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let import = |path: &Path| amparo.evidence().import_file(path, for_incident(incident.id), &mut no_progress);
    assert!(matches!(import(&home.path("missing")), Err(CoreError::SourceMissing)));
    assert!(matches!(import(&home.dir.path().join("vault/header/below")), Err(CoreError::SourceMissing)));
    assert!(matches!(import(home.dir.path()), Err(CoreError::SourceIsFolder)));
    std::fs::write(home.path("empty"), b"").unwrap();
    assert!(matches!(import(&home.path("empty")), Err(CoreError::SourceEmpty)));
    #[cfg(unix)]
    {
        let _socket = std::os::unix::net::UnixListener::bind(home.path("socket")).unwrap();
        assert!(matches!(import(&home.path("socket")), Err(CoreError::SourceNotAFile)));
    }
    let bytes = photo(300_000);
    let failing = Interrupted {
        bytes: &bytes,
        after: 150_000,
        done: 0,
        act: Some(Box::new(|| Err(io::ErrorKind::ConnectionReset.into()))),
    };
    match amparo.evidence().import(failing, None, for_incident(incident.id), &mut no_progress) {
        Err(CoreError::SourceFailed { after, kind: io::ErrorKind::ConnectionReset }) => {
            assert!((150_000..300_000).contains(&after));
        }
        other => panic!("{other:?}"),
    }
    let unknown = for_incident(IncidentId::from_bytes([7; 16]));
    let result = amparo.evidence().import(&bytes[..], None, unknown, &mut no_progress);
    assert!(matches!(result, Err(CoreError::IncidentNotFound)));
    let bad = ImportRequest { language: Some("no language".into()), ..for_incident(incident.id) };
    let result = amparo.evidence().import(&bytes[..], None, bad, &mut no_progress);
    assert!(matches!(result, Err(CoreError::InvalidField { field: "language", .. })));

    assert!(amparo.evidence().list(incident.id).unwrap().is_empty());
    assert!(amparo.vault().unfinished_media().unwrap().is_empty());
    assert!(media_files(&home.vault()).is_empty());
    assert_eq!(amparo.custody().verify().unwrap().entries, 1, "the incident's own");
    assert!(matches!(amparo.evidence().get(EvidenceId::from_bytes([1; 16])), Err(CoreError::EvidenceNotFound)));
    assert!(matches!(amparo.custody().history(EvidenceId::from_bytes([1; 16])), Err(CoreError::EvidenceNotFound)));
}

#[test]
fn a_stopped_import_leaves_nothing() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let bytes = photo(400_000);
    let request = ImportRequest { note: Some("uniqueword".into()), ..for_incident(incident.id) };
    let result = amparo.evidence().import(&bytes[..], None, request, &mut |done| {
        if done > 200_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(result, Err(CoreError::Cancelled)));
    assert!(amparo.evidence().list(incident.id).unwrap().is_empty());
    assert!(media_files(&home.vault()).is_empty());
    assert!(amparo.search().incidents("uniqueword", 5, None).unwrap().hits.is_empty());
    assert_eq!(amparo.custody().verify().unwrap().entries, 1, "the incident's own");
    amparo.lock().unwrap();
    assert!(home.unlock().recovered().is_empty());
}

#[test]
fn a_crash_in_an_import_keeps_and_labels_what_was_written() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let bytes = photo(400_000);
    // The vault's folder as it is on disk in the middle of the import: what a kill would leave.
    let image = home.path("image");
    let source = Interrupted {
        bytes: &bytes,
        after: 250_000,
        done: 0,
        act: Some(Box::new(|| {
            let running = amparo.evidence().list(incident.id).unwrap();
            assert_eq!((running.len(), &running[0].state), (1, &EvidenceState::WRITING));
            assert!(matches!(amparo.evidence().open_reader(running[0].id), Err(CoreError::EvidenceUnfinished)));
            let target = home.path("early");
            let early = amparo.evidence().export_file(running[0].id, &target, &mut no_progress);
            assert!(matches!(early, Err(CoreError::EvidenceUnfinished)));
            copy_dir(&home.vault(), &image);
            Ok(())
        })),
    };
    let whole = amparo.evidence().import(source, Some(400_000), for_incident(incident.id), &mut no_progress).unwrap();
    assert_eq!(whole.size, 400_000);

    let crashed = unlock(&image);
    assert_eq!(crashed.recovered(), [whole.id]);
    let kept = crashed.evidence().get(whole.id).unwrap();
    assert_eq!(kept.state, EvidenceState::UNTERMINATED);
    assert!(kept.size >= 190_000 && kept.size < 400_000, "{}", kept.size);
    let size = kept.size as usize;
    assert_eq!(read_all(&crashed, whole.id), bytes[..size]);
    assert_eq!(kept.sha256, Some(sha256(&bytes[..size])));
    assert_eq!(events(&crashed, whole.id), [Event::Imported]);
    let entry = crashed.custody().history(whole.id).unwrap().remove(0).entry.unwrap();
    assert_eq!((entry.sha256, entry.details["state"].as_str()), (kept.sha256, Some("unterminated")));
    let target = home.path("kept");
    crashed.evidence().export_file(whole.id, &target, &mut no_progress).unwrap();
    assert_eq!(std::fs::read(target).unwrap(), bytes[..size]);
    crashed.lock().unwrap();
    let crashed = unlock(&image);
    assert!(crashed.recovered().is_empty(), "looked at once");
    assert!(crashed.custody().verify().unwrap().is_intact());
}

#[test]
fn a_lock_in_an_import_keeps_every_byte_that_was_given() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let bytes = photo(400_000);
    let source = Interrupted {
        bytes: &bytes,
        after: 196_608,
        done: 0,
        act: Some(Box::new(|| {
            amparo.lock().unwrap();
            Ok(())
        })),
    };
    let result = amparo.evidence().import(source, Some(400_000), for_incident(incident.id), &mut no_progress);
    assert!(matches!(result, Err(CoreError::Vault(VaultError::Locked))), "{result:?}");
    let amparo = home.unlock();
    let [id] = amparo.recovered() else { panic!("one") };
    let kept = amparo.evidence().get(*id).unwrap();
    assert_eq!((&kept.state, kept.size), (&EvidenceState::INTERRUPTED, 196_608));
    assert_eq!(read_all(&amparo, *id), bytes[..196_608]);
}

#[test]
fn an_export_never_touches_what_is_there_and_leaves_nothing_half() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap();
    let evidence = import(&amparo, incident.id, &photo(300_000));
    let export = |name: &str| amparo.evidence().export_file(evidence.id, &home.path(name), &mut no_progress);
    std::fs::write(home.path("there"), b"mine").unwrap();
    assert!(matches!(export("there"), Err(CoreError::TargetExists)));
    assert_eq!(std::fs::read(home.path("there")).unwrap(), b"mine");
    assert!(matches!(export("no/such/folder"), Err(CoreError::TargetFolderMissing)));
    let result = amparo.evidence().export_file(evidence.id, &home.path("stopped"), &mut |done| {
        if done > 100_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(result, Err(CoreError::Cancelled)));
    assert_eq!(home.beside(), ["there"]);
    assert_eq!(events(&amparo, evidence.id), [Event::Imported], "nothing left, nothing recorded");

    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(matches!(amparo.evidence().export(evidence.id, Full, &mut no_progress), Err(CoreError::TargetFull)));

    // One byte of the medium changed on disk.
    let [medium] = &media_files(&home.vault())[..] else { panic!("one medium") };
    let mut stored = std::fs::read(medium).unwrap();
    let middle = stored.len() / 2;
    stored[middle] ^= 1;
    std::fs::write(medium, stored).unwrap();
    assert!(matches!(export("damaged"), Err(CoreError::Vault(VaultError::MediaDamaged { .. }))));
    assert_eq!(home.beside(), ["there"]);
}

#[test]
fn threads_share_one_vault() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("shared").unwrap().id;
    std::thread::scope(|scope| {
        for worker in 0..4u8 {
            let amparo = amparo.clone();
            scope.spawn(move || {
                for i in 0..5usize {
                    let bytes = vec![worker + 1; 70_000 + i];
                    let evidence = import(&amparo, incident, &bytes);
                    assert_eq!(read_all(&amparo, evidence.id), bytes);
                    assert_eq!(amparo.search().incidents("shared", 5, None).unwrap().hits.len(), 1);
                    let fault = amparo.custody().verify().unwrap().fault.unwrap();
                    assert_eq!(fault.reason, FaultReason::NoHead);
                }
            });
        }
    });
    assert_eq!(amparo.evidence().list(incident).unwrap().len(), 20);
    let report = amparo.custody().verify().unwrap();
    assert_eq!((report.entries, report.signed), (1 + 20, 0));
    assert_eq!(report.fault.unwrap().reason, FaultReason::NoHead);
    amparo.lock().unwrap();
    assert!(home.unlock().custody().verify().unwrap().is_intact());
}

/// A clock, and a progress, that call the vault: they would deadlock (or be refused) if they were called inside its lock.
#[test]
fn foreign_code_is_never_called_inside_the_lock() {
    use std::sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    };

    use amparo_core::{Amparo, Clock, CreateOptions, KdfParams, Stamp, SystemClock, Vault};

    #[derive(Default)]
    struct Nosy {
        vault: OnceLock<Vault>,
        calls: AtomicU32,
    }
    impl Clock for Nosy {
        fn now(&self) -> Stamp {
            if let Some(vault) = self.vault.get() {
                vault.read(|_| Ok::<_, VaultError>(())).expect("the vault is free");
                self.calls.fetch_add(1, Ordering::Relaxed);
            }
            SystemClock.now()
        }
    }

    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(Nosy::default());
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let amparo = Amparo::create(&dir.path().join("vault"), &passphrase(), &options, clock.clone()).unwrap();
    clock.vault.set(amparo.vault().clone()).unwrap();
    let incident = amparo.incidents().create("x").unwrap();
    amparo.incidents().save(incident.id, 1, "y".into()).unwrap();
    let mut nosy = |_| {
        amparo.vault().read(|_| Ok::<_, VaultError>(())).expect("the vault is free");
        ControlFlow::Continue(())
    };
    let bytes = photo(200_000);
    let evidence = amparo.evidence().import(&bytes[..], None, for_incident(incident.id), &mut nosy).unwrap();
    amparo.evidence().set_note(evidence.id, Some("n".into())).unwrap();
    amparo.evidence().record_viewed(evidence.id).unwrap();
    amparo.evidence().export(evidence.id, io::sink(), &mut nosy).unwrap();
    let request = amparo_core::report::ReportRequest::new(
        incident.id,
        amparo_core::incident::RecipientKind::LAWYER,
        vec![key(amparo_crypto::age::KeyKind::Classic).1],
    );
    amparo.reports().seal_file(&request, &dir.path().join("r.age"), &mut nosy).unwrap();
    amparo.custody().sign_head().unwrap();
    amparo.lock().unwrap();
    assert!(clock.calls.load(Ordering::Relaxed) >= 10);
}
