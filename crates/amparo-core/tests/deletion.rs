//! Deletion: the key and everything that was said are gone, the hash and the log stay, and no crash leaves a half of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use amparo_core::{
    Amparo, CoreError, EvidenceId, VaultError,
    custody::Event,
    evidence::{
        CaptureRequest, DeleteOptions, Deleted, Derivatives, DeriveRequest, DeviceMetadata, EvidenceKind,
        EvidenceState, ImportRequest, Purpose, no_progress,
    },
};
use amparo_crypto::hash::sha256;
use common::*;

const MARKER: &str = "MARKER-7b1e";

fn delete(amparo: &Amparo, id: EvidenceId, derivatives: Derivatives) -> Result<Deleted, CoreError> {
    amparo.evidence().delete(id, DeleteOptions { derivatives })
}

fn derive(amparo: &Amparo, parent: EvidenceId, purpose: Purpose, bytes: &[u8]) -> EvidenceId {
    amparo.evidence().derive(parent, DeriveRequest::new(purpose, "t"), bytes, &mut no_progress).unwrap().id
}

/// Every text and every blob of every table of the open database, the search index's own tables included.
fn everything_stored(amparo: &Amparo) -> Vec<u8> {
    let dump = amparo.vault().read(|conn| {
        let mut tables = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
        let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut out = Vec::new();
        for name in names.iter().filter(|name| *name != "search_text") {
            let mut rows = conn.prepare(&format!("SELECT * FROM \"{name}\""))?;
            let columns = rows.column_count();
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    if let Ok(bytes) = row.get_ref(column)?.as_bytes() {
                        out.extend_from_slice(bytes);
                        out.push(b'\n');
                    }
                }
            }
        }
        Ok::<_, VaultError>(out)
    });
    dump.unwrap()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn what_is_deleted_is_gone_with_its_key_and_its_words() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("kept").unwrap().id;
    let other = import(&amparo, incident, &photo(9000)).id;
    let bytes = photo(100_000);
    let request = ImportRequest {
        file_name: Some(format!("{MARKER}.jpg")),
        note: Some(format!("{MARKER} note")),
        device: Some(DeviceMetadata { model: format!("{MARKER} model"), ..DeviceMetadata::default() }),
        ..for_incident(incident)
    };
    let known = media_files(&home.vault());
    let id = amparo.evidence().import(&bytes[..], None, request, &mut no_progress).unwrap().id;
    let medium = media_files(&home.vault()).into_iter().find(|file| !known.contains(file)).unwrap();
    let name = medium.file_name().unwrap().to_str().unwrap().to_owned();
    let media_id: Vec<u8> = (0..16).map(|i| u8::from_str_radix(&name[2 * i..2 * i + 2], 16).unwrap()).collect();
    let key: Vec<u8> = amparo
        .vault()
        .read(|conn| {
            Ok::<_, VaultError>(conn.query_row("SELECT key FROM media WHERE id = ?1", [&media_id], |r| r.get(0))?)
        })
        .unwrap();
    let before = everything_stored(&amparo);
    for trace in [MARKER.as_bytes(), MARKER.to_lowercase().split('-').next_back().unwrap().as_bytes(), &key, &media_id]
    {
        assert!(contains(&before, trace), "the search finds what is there");
    }
    let mut reader = amparo.evidence().open_reader(id).unwrap();

    let deleted = delete(&amparo, id, Derivatives::Refuse).unwrap();
    assert_eq!(deleted, Deleted { evidence: vec![id], bytes: 100_000 });

    let after = everything_stored(&amparo);
    for trace in [MARKER.as_bytes(), b"7b1e", &key, &media_id] {
        assert!(!contains(&after, trace), "{}", String::from_utf8_lossy(trace));
    }
    assert!(!medium.exists(), "the file is gone");
    for space in std::fs::read_dir(home.vault().join("spaces")).unwrap() {
        let log = std::fs::metadata(space.unwrap().path().join("db-wal")).map_or(0, |m| m.len());
        assert_eq!(log, 0, "no earlier page is left in the log's file");
    }

    let tomb = amparo.evidence().get(id).unwrap();
    assert_eq!((&tomb.state, tomb.size, tomb.sha256), (&EvidenceState::DELETED, 100_000, Some(sha256(&bytes))));
    let said = &tomb.description;
    assert_eq!((said.kind.as_str(), said.media_type.as_str(), said.how.as_str()), ("photo", "image/jpeg", "import"));
    assert_eq!((&said.file_name, &said.note, &said.device), (&None, &None, &None));
    let history = amparo.custody().history(id).unwrap();
    let last = history.last().unwrap().entry.as_ref().unwrap();
    assert_eq!(
        (&last.event, last.sha256, last.details["size"].as_u64()),
        (&Event::Deleted, tomb.sha256, Some(100_000))
    );

    // Whatever is asked of it has one answer.
    let evidence = amparo.evidence();
    let gone = |result: Result<(), CoreError>| assert!(matches!(result, Err(CoreError::EvidenceDeleted)), "{result:?}");
    gone(evidence.open_reader(id).map(drop));
    gone(evidence.open_recording(id).map(drop));
    gone(evidence.export(id, std::io::sink(), &mut no_progress).map(drop));
    gone(evidence.set_note(id, Some("x".into())).map(drop));
    gone(evidence.record_viewed(id));
    gone(evidence.attach(id, incident));
    gone(evidence.strip_metadata(id, &mut no_progress).map(drop));
    gone(evidence.derive(id, DeriveRequest::new(Purpose::OTHER, "t"), &b"x"[..], &mut no_progress).map(drop));
    gone(delete(&amparo, id, Derivatives::Delete).map(drop));
    assert_eq!(evidence.thumbnail(id).unwrap(), None);
    assert!(
        std::io::Read::read(&mut reader, &mut [0; 8]).is_ok(),
        "who had it open may still read from memory and file"
    );

    // The rest is as it was.
    assert_eq!(evidence.list(incident).unwrap().iter().map(|e| e.id).collect::<Vec<_>>(), [other]);
    assert_eq!(evidence.recent(10, None).unwrap().evidence.len(), 1);
    assert_eq!(evidence.deleted(10, None).unwrap().evidence, [tomb]);
    assert_eq!(read_all(&amparo, other), photo(9000));
    assert!(amparo.search().incidents("marker", 5, None).unwrap().hits.is_empty());
    let (_, recipient) = common::key(amparo_crypto::age::KeyKind::Classic);
    let request = amparo_core::report::ReportRequest::new(
        incident,
        amparo_core::incident::RecipientKind::LAWYER,
        vec![recipient],
    );
    amparo.reports().seal_file(&request, &home.path("r.age"), &mut no_progress).unwrap();
    amparo.lock().unwrap();
    let amparo = home.unlock();
    assert!(amparo.custody().verify().unwrap().is_intact());
    assert!(amparo.vault().check(|_| ()).unwrap().is_ok());
}

#[test]
fn derivatives_are_deleted_kept_or_in_the_way_as_the_caller_says() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let family = || {
        let original = import(&amparo, incident, &photo(100)).id;
        let thumb = amparo.evidence().set_thumbnail(original, &photo(50), "image/jpeg").unwrap().id;
        let redacted = derive(&amparo, original, Purpose::REDACTED, b"redacted");
        let small = derive(&amparo, redacted, Purpose::RESIZED, b"small");
        let small_thumb = amparo.evidence().set_thumbnail(small, &photo(60), "image/jpeg").unwrap().id;
        [original, thumb, redacted, small, small_thumb]
    };
    let states = |ids: &[EvidenceId]| -> String {
        ids.iter().map(|id| if amparo.evidence().get(*id).unwrap().is_deleted() { '-' } else { '+' }).collect()
    };
    let ids = family();
    let files = media_files(&home.vault()).len();
    let entries = amparo.custody().verify().unwrap().entries;
    match delete(&amparo, ids[0], Derivatives::Refuse) {
        // The thumbnail of a copy that stays is a copy that stays.
        Err(CoreError::EvidenceHasDerivatives { derivatives }) => assert_eq!(derivatives, 3),
        other => panic!("{other:?}"),
    }
    assert_eq!((states(&ids).as_str(), media_files(&home.vault()).len()), ("+++++", files));
    assert_eq!(amparo.custody().verify().unwrap().entries, entries, "nothing recorded");

    delete(&amparo, ids[0], Derivatives::Keep).unwrap();
    assert_eq!(states(&ids), "--+++");
    assert_eq!(amparo.evidence().get(ids[2]).unwrap().derived_from, Some(ids[0]), "it still names its original");
    assert_eq!(read_all(&amparo, ids[2]), b"redacted");
    assert_eq!(amparo.evidence().derivatives(ids[0]).unwrap().len(), 1);
    assert_eq!(delete(&amparo, ids[2], Derivatives::Delete).unwrap().evidence, [ids[2], ids[3], ids[4]]);
    assert_eq!(states(&ids), "-----");

    let ids = family();
    assert_eq!(delete(&amparo, ids[0], Derivatives::Delete).unwrap().evidence, ids);
    assert!(media_files(&home.vault()).is_empty());
    // A thumbnail alone is in nobody's way.
    let alone = import(&amparo, incident, &photo(100)).id;
    amparo.evidence().set_thumbnail(alone, &photo(50), "image/jpeg").unwrap();
    assert_eq!(delete(&amparo, alone, Derivatives::Refuse).unwrap().evidence.len(), 2);
}

#[test]
fn what_is_being_written_is_not_deleted() {
    let (home, amparo) = Home::new();
    let request = || CaptureRequest::new(EvidenceKind::VIDEO, "video/mp2t");
    let mut capture = amparo.evidence().start_capture(request()).unwrap();
    capture.write(b"film").unwrap();
    let id = capture.id();
    assert!(matches!(delete(&amparo, id, Derivatives::Delete), Err(CoreError::EvidenceUnfinished)));
    drop(capture);
    // A piece in the middle of a recording: the others stay, and say that one is missing.
    let mut second = amparo.evidence().start_capture(CaptureRequest { continues: Some(id), ..request() }).unwrap();
    second.write(b"more").unwrap();
    let second = second.finish().unwrap().id;
    delete(&amparo, id, Derivatives::Refuse).unwrap();
    let segments = amparo.evidence().segments(second).unwrap();
    assert_eq!(
        segments.iter().map(|s| (s.segment.unwrap().number, s.is_deleted())).collect::<Vec<_>>(),
        [(1, true), (2, false)]
    );
    assert!(matches!(amparo.evidence().open_recording(second), Err(CoreError::EvidenceDeleted)));
    let go_on = |id| amparo.evidence().start_capture(CaptureRequest { continues: Some(id), ..request() });
    assert!(matches!(go_on(id), Err(CoreError::EvidenceDeleted)));
    let mut third = go_on(second).unwrap();
    third.write(b"end").unwrap();
    assert_eq!(third.finish().unwrap().segment.unwrap().number, 3);

    // A derivative under way keeps its original.
    let original = second;
    let source = Interrupted {
        bytes: &photo(200_000),
        after: 100_000,
        done: 0,
        act: Some(Box::new(|| {
            assert!(matches!(delete(&amparo, original, Derivatives::Delete), Err(CoreError::EvidenceUnfinished)));
            let refused = delete(&amparo, original, Derivatives::Refuse);
            assert!(matches!(refused, Err(CoreError::EvidenceHasDerivatives { .. })));
            // One that stays does not: it finds its original's hash in what is left of it.
            delete(&amparo, original, Derivatives::Keep).unwrap();
            Ok(())
        })),
    };
    let kept = amparo
        .evidence()
        .derive(original, DeriveRequest::new(Purpose::REDACTED, "t"), source, &mut no_progress)
        .unwrap();
    let entry = amparo.custody().history(kept.id).unwrap().remove(0).entry.unwrap();
    assert_eq!(entry.details["parent_sha256"].as_str().map(str::len), Some(64));
    amparo.lock().unwrap();
    assert!(home.unlock().custody().verify().unwrap().is_intact());
}

#[test]
fn a_crash_leaves_all_of_it_or_nothing_of_it() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let id = import(&amparo, incident, &photo(100_000)).id;
    let thumb = amparo.evidence().set_thumbnail(id, &photo(500), "image/jpeg").unwrap().id;
    let image = home.path("before");
    copy_dir(&home.vault(), &image);
    // Names that come back after the deletion, as a storage may do it that loses the unlinking in a power cut.
    delete(&amparo, id, Derivatives::Refuse).unwrap();
    let after = home.path("after");
    copy_dir(&home.vault(), &after);
    for entry in media_files(&image) {
        let target = after.join(entry.strip_prefix(&image).unwrap());
        std::fs::copy(&entry, target).unwrap();
    }
    let old = unlock(&image);
    assert_eq!(read_all(&old, id), photo(100_000), "an older image of the storage has it still");
    old.lock().unwrap();
    let new = unlock(&after);
    assert!(new.evidence().get(id).unwrap().is_deleted() && new.evidence().get(thumb).unwrap().is_deleted());
    assert!(new.vault().check(|_| ()).unwrap().is_ok());
    assert!(matches!(new.evidence().open_reader(id), Err(CoreError::EvidenceDeleted)));
    new.lock().unwrap();
    assert!(unlock(&after).custody().verify().unwrap().is_intact());
}
