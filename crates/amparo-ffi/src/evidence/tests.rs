//! Drives the objects as a host would: what a handle does after its end, who owns a descriptor, what a lock leaves.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    fs::File,
    sync::{Mutex, Weak, mpsc},
    time::Duration,
};

use amparo_core::CoreError;

use super::*;
use crate::{
    error::Failure,
    host::{Clock, ClockError, ClockReading},
    ids::{ClockTrust, PartialDate},
    incidents::{Consent, ConsentStatus, RecipientKind},
    job::{CancelToken, Progress},
    scene::Scene,
};

const PHOTO: &[u8] = include_bytes!("../../../amparo-cli/samples/photo.jpg");

fn sound() -> CaptureRequest {
    CaptureRequest {
        kind: EvidenceKind::Audio,
        media_type: "audio/aac".into(),
        incident: None,
        captured_at: None,
        note: None,
        language: None,
        device: None,
        testimony: None,
        profile: None,
        continues: None,
    }
}

fn nothing_said() -> ImportRequest {
    let nothing = amparo_core::evidence::ImportRequest::default();
    nothing.into_host()
}

fn redacted() -> DeriveRequest {
    amparo_core::evidence::DeriveRequest::new(amparo_core::evidence::Purpose::REDACTED, "blur").into_host()
}

fn incident(scene: &Scene) -> IncidentId {
    scene.incident("They came at night.").id
}

/// Bytes that are not the same anywhere: a piece at the wrong place is seen.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(length).collect()
}

fn no_such() -> EvidenceId {
    EvidenceId("00112233445566778899aabbccddeeff".into())
}

fn sha256(bytes: &[u8]) -> Option<String> {
    let evidence = Scene::new().vault.evidence().import_bytes(bytes, nothing_said()).unwrap();
    evidence.sha256
}

fn read_all(store: &EvidenceStore, id: &EvidenceId) -> Vec<u8> {
    let reader = store.open_reader(id.clone()).unwrap();
    let mut bytes = Vec::new();
    loop {
        let piece = reader.read(bytes.len() as u64, 262_144).unwrap();
        if piece.is_empty() {
            assert_eq!(bytes.len() as u64, reader.size());
            return bytes;
        }
        bytes.extend(piece);
    }
}

#[test]
fn a_capture_is_read_back_as_it_was_given() {
    let scene = Scene::new();
    let (store, incident) = (scene.vault.evidence(), incident(&scene));
    let bytes = noise(700_001);
    let capture = store.start_capture(CaptureRequest { incident: Some(incident.clone()), ..sound() }).unwrap();
    let row = store.get(capture.id()).unwrap();
    assert_eq!((row.state, row.size, row.sha256), (EvidenceState::Writing, 0, None), "before the first byte");
    for part in bytes.chunks(65_537) {
        capture.write(part).unwrap();
    }
    capture.sync().unwrap();
    assert_eq!(capture.size(), 700_001);
    let unfinished = store.open_reader(capture.id());
    assert!(matches!(unfinished, Err(EvidenceError::Unfinished { code: 301, .. })));
    let evidence = capture.finish().unwrap();
    assert_eq!((&evidence.id, evidence.size), (&capture.id(), 700_001));
    assert_eq!(evidence.sha256, sha256(&bytes));
    assert_eq!(evidence.state, EvidenceState::Complete);
    assert_eq!(evidence.description.how, Origin::InApp);
    assert!(evidence.description.captured_at.is_some(), "the clock's");
    assert!(read_all(&store, &evidence.id) == bytes);
    assert_eq!(store.list(incident).unwrap(), vec![evidence]);
}

#[test]
fn a_capture_that_is_over_says_so_and_keeps_what_it_was() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let finished = store.start_capture(sound()).unwrap();
    finished.write(b"sound").unwrap();
    finished.finish().unwrap();
    let aborted = store.start_capture(sound()).unwrap();
    aborted.write(b"sound").unwrap();
    aborted.abort().unwrap();
    let empty = store.start_capture(sound()).unwrap();
    assert!(matches!(empty.finish(), Err(EvidenceError::Empty { code: 304, .. })));
    for capture in [&finished, &aborted, &empty] {
        let id = capture.id();
        for result in [capture.write(b"more"), capture.sync(), capture.finish().map(drop), capture.abort()] {
            assert!(matches!(result, Err(EvidenceError::Closed { code: 901, .. })), "{result:?}");
        }
        assert_eq!(capture.id(), id);
    }
    assert_eq!((finished.size(), aborted.size(), empty.size()), (5, 5, 0));
    assert_eq!(read_all(&store, &finished.id()), b"sound");
    for gone in [aborted.id(), empty.id()] {
        assert!(matches!(store.get(gone), Err(EvidenceError::NotFound { code: 300, .. })));
    }
    // Nobody ended this one.
    let forgotten = store.start_capture(sound()).unwrap();
    forgotten.write(b"sound").unwrap();
    let id = forgotten.id();
    drop(forgotten);
    assert_eq!(store.get(id.clone()).unwrap().state, EvidenceState::Interrupted);
    assert_eq!(read_all(&store, &id), b"sound");
}

#[test]
fn a_reader_gives_small_pieces_and_none_past_the_end() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let bytes = noise(300_000);
    let id = store.import_bytes(&bytes, nothing_said()).unwrap().id;
    let (reader, recording) = (store.open_reader(id.clone()).unwrap(), store.open_recording(id).unwrap());
    assert_eq!((reader.size(), recording.size(), recording.pieces()), (300_000, 300_000, 1));
    type Read<'a> = &'a dyn Fn(u64, u32) -> Result<Vec<u8>, EvidenceError>;
    let reads: [Read<'_>; 2] =
        [&|offset, length| reader.read(offset, length), &|offset, length| recording.read(offset, length)];
    for read in reads {
        assert!(read(0, 262_144).unwrap() == bytes[..262_144]);
        match read(0, 262_145) {
            Err(EvidenceError::Invalid { code: 902, field, limit, .. }) => {
                assert_eq!((field.as_str(), limit), ("length", 262_144));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(read(0, u32::MAX), Err(EvidenceError::Invalid { .. })));
        assert!(read(65_535, 3).unwrap() == bytes[65_535..65_538]);
        let tail = read(299_990, 262_144).unwrap();
        assert!(tail == bytes[299_990..] && tail.capacity() == 10, "no room for what is not there");
        for past in [300_000, 300_001, u64::MAX] {
            assert!(read(past, 262_144).unwrap().is_empty());
        }
        assert!(read(0, 0).unwrap().is_empty());
    }
}

#[test]
fn a_closed_reader_says_so_however_often_it_is_closed() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let id = store.import_bytes(b"a document", nothing_said()).unwrap().id;
    let (reader, recording) = (store.open_reader(id.clone()).unwrap(), store.open_recording(id.clone()).unwrap());
    let other = store.open_reader(id).unwrap();
    for _ in 0..2 {
        reader.close().unwrap();
        recording.close().unwrap();
        for read in [reader.read(0, 1), recording.read(0, 1)] {
            assert!(matches!(read, Err(EvidenceError::Closed { code: 905, .. })), "{read:?}");
        }
    }
    assert_eq!((reader.size(), recording.size()), (10, 10));
    assert_eq!(other.read(0, 10).unwrap(), b"a document", "each reader is its own");
}

#[test]
fn a_lock_ends_captures_and_readers_and_loses_nothing() {
    let mut scene = Scene::new();
    let store = scene.vault.evidence();
    let bytes = noise(100_000);
    let photo = store.import_bytes(&bytes, nothing_said()).unwrap().id;
    let (reader, recording) = (store.open_reader(photo.clone()).unwrap(), store.open_recording(photo).unwrap());
    let capture = store.start_capture(sound()).unwrap();
    capture.write(&bytes).unwrap();
    scene.vault.lock().unwrap();
    assert!(matches!(capture.write(b"more"), Err(EvidenceError::Locked { code: 103, .. })));
    assert_eq!(capture.size(), 100_000, "as much as was taken");
    assert!(matches!(capture.finish(), Err(EvidenceError::Locked { .. })));
    assert!(matches!(capture.finish(), Err(EvidenceError::Closed { .. })));
    assert!(matches!(reader.read(0, 1), Err(EvidenceError::Locked { .. })));
    assert!(matches!(recording.read(0, 1), Err(EvidenceError::Locked { .. })));
    assert!(matches!(store.get(capture.id()), Err(EvidenceError::Locked { .. })));
    reader.close().unwrap();
    scene.unlock();
    let store = scene.vault.evidence();
    assert_eq!(store.get(capture.id()).unwrap().state, EvidenceState::Interrupted);
    assert!(read_all(&store, &capture.id()) == bytes);
    // It goes on in a second piece, and a player reads both as one.
    let second = store.start_capture(CaptureRequest { continues: Some(capture.id()), ..sound() }).unwrap();
    second.write(b"the rest").unwrap();
    let second = second.finish().unwrap();
    let first = capture.id();
    assert_eq!(second.segment, Some(Segment { recording: first.clone(), number: 2 }));
    assert_eq!(store.segments(first.clone()).unwrap().len(), 2);
    let whole = store.open_recording(first).unwrap();
    assert_eq!((whole.size(), whole.pieces()), (100_008, 2));
    assert_eq!(whole.read(99_999, 100).unwrap(), [&bytes[99_999..], b"the rest"].concat(), "over the border");
}

/// A clock that uses the capture whose end asks it for the time.
#[derive(Default)]
struct Meddler(Mutex<Weak<Capture>>, Mutex<Vec<Result<(), EvidenceError>>>);

impl Clock for Meddler {
    fn now(&self) -> Result<ClockReading, ClockError> {
        let capture = self.0.lock().unwrap().upgrade();
        if let Some(capture) = capture {
            let (send, answer) = mpsc::channel();
            std::thread::spawn(move || send.send(capture.write(b"too late")));
            let answer = answer.recv_timeout(Duration::from_secs(20));
            self.1.lock().unwrap().push(answer.unwrap_or(Ok(())));
        }
        Ok(ClockReading {
            time: std::time::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
            trust: ClockTrust::Checked,
        })
    }
}

#[test]
fn the_host_is_never_called_while_a_handle_is_held() {
    let clock = Arc::new(Meddler::default());
    let scene = Scene::with_clock(Some(clock.clone()));
    let store = scene.vault.evidence();
    let capture = store.start_capture(sound()).unwrap();
    capture.write(b"sound").unwrap();
    *clock.0.lock().unwrap() = Arc::downgrade(&capture);
    let evidence = capture.finish().unwrap();
    *clock.0.lock().unwrap() = Weak::new();
    let answers = clock.1.lock().unwrap();
    assert!(!answers.is_empty(), "finishing asks for the time");
    for answer in answers.iter() {
        assert!(matches!(answer, Err(EvidenceError::Closed { .. })), "it waited: {answer:?}");
    }
    assert_eq!((evidence.size, evidence.added.clock), (5, ClockTrust::Checked));
}

#[test]
fn a_job_that_is_cancelled_keeps_nothing_and_a_job_that_is_not_counts() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let path = scene.path("film");
    std::fs::write(&path, noise(300_000)).unwrap();
    let token = CancelToken::new();
    token.cancel();
    let stopped = store.import_file(path.clone(), nothing_said(), Some(token.clone()), None);
    assert!(matches!(stopped, Err(EvidenceError::Cancelled { code: 316, .. })));
    assert!(store.recent(10, None).unwrap().evidence.is_empty());
    let progress = Progress::new();
    let fresh = Some(CancelToken::new());
    let evidence = store.import_file(path, nothing_said(), fresh, Some(progress.clone())).unwrap();
    assert_eq!((progress.bytes(), evidence.size), (300_000, 300_000));
    assert_eq!(evidence.description.file_name.as_deref(), Some("film"));
    let target = scene.path("out");
    let stopped = store.export_file(evidence.id.clone(), target.clone(), Some(token.clone()), None);
    assert!(matches!(stopped, Err(EvidenceError::Cancelled { .. })));
    assert!(File::open(&target).is_err());
    let path = scene.path("film");
    let stopped = store.derive_from_file(evidence.id.clone(), redacted(), path, Some(token), None);
    assert!(matches!(stopped, Err(EvidenceError::Cancelled { .. })));
    assert!(store.derivatives(evidence.id).unwrap().is_empty());
}

#[test]
fn what_was_said_comes_back_as_it_was_said() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let consent: amparo_core::incident::Consent =
        serde_json::from_str(r#"{"status":"granted","scope":["lawyer","oracle"],"when":"2026-11","sign":1}"#).unwrap();
    let consent: Consent = consent.into_host();
    assert_eq!(consent.scope[1], RecipientKind::Unlisted { code: "oracle".into() });
    let device: amparo_core::evidence::DeviceMetadata = serde_json::from_str(
        r#"{"location":{"latitude":30.5,"longitude":31.25,"accuracy_m":4.5},"model":"M","network":{"kind":"none"},"z":[3]}"#,
    )
    .unwrap();
    let device: DeviceMetadata = device.into_host();
    assert_eq!(device.unknown.as_deref(), Some(r#"{"z":[3]}"#));
    assert_eq!(device.network.as_ref().unwrap().kind, Some(NetworkKind::Disconnected));
    let testimony: Testimony = amparo_core::evidence::Testimony::default().into_host();
    let testimony = Testimony { consent: Some(consent), ..testimony };
    let at: CapturedAt = amparo_core::evidence::CapturedAt::at("2026-11-22T09:00".parse().unwrap()).into_host();
    let at = CapturedAt { timezone: Some("Africa/Cairo".into()), monotonic_ms: Some(u64::MAX), ..at };
    let request = ImportRequest {
        kind: Some(EvidenceKind::Testimony),
        file_name: Some("صورة 📷.jpg".into()),
        captured_at: Some(at.clone()),
        note: Some("الباب".into()),
        language: Some("ar".into()),
        device: Some(device.clone()),
        testimony: Some(testimony.clone()),
        incident: None,
    };
    let evidence = store.import_bytes(PHOTO, request.clone()).unwrap();
    let said = &evidence.description;
    assert_eq!((&said.kind, said.media_type.as_str()), (&EvidenceKind::Testimony, "image/jpeg"));
    assert_eq!(said.file_name, request.file_name);
    assert_eq!((&said.captured_at, &said.device), (&request.captured_at, &request.device));
    assert_eq!((&said.note, &said.language, &said.testimony), (&request.note, &request.language, &request.testimony));
    assert_eq!(store.get(evidence.id.clone()).unwrap(), evidence);
    assert!(said.may_be_told(RecipientKind::Lawyer).unwrap() && !said.may_be_told(RecipientKind::Media).unwrap());
    assert!(!format!("{evidence:?} {evidence} {request}").contains("صورة"));

    let id = || evidence.id.clone();
    let refused = Consent { status: ConsentStatus::Refused, ..testimony.consent.clone().unwrap() };
    let later = CapturedAt { time: PartialDate("2027".into()), ..at };
    store.set_testimony(id(), Some(Testimony { consent: Some(refused), ..testimony })).unwrap();
    store.set_captured_at(id(), Some(later.clone())).unwrap();
    store.set_note(id(), Some("changed".into())).unwrap();
    store.set_language(id(), None).unwrap();
    let now = store.set_device(id(), None).unwrap().description;
    assert!(!now.may_be_told(RecipientKind::Lawyer).unwrap(), "it was taken back");
    assert_eq!((now.captured_at, now.note.as_deref()), (Some(later), Some("changed")));
    assert_eq!((now.language, now.device), (None, None));
    match store.set_note(id(), Some("x".repeat(65_537))) {
        Err(EvidenceError::Invalid { code: 221, field, limit, .. }) => {
            assert_eq!((field.as_str(), limit), ("note", 65_536));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn evidence_is_attached_listed_viewed_and_deleted() {
    let scene = Scene::new();
    let (store, first, second) = (scene.vault.evidence(), incident(&scene), incident(&scene));
    let request = ImportRequest { incident: Some(first.clone()), ..nothing_said() };
    let id = store.import_bytes(PHOTO, request).unwrap().id;
    store.attach(id.clone(), second.clone()).unwrap();
    assert_eq!(store.list(second.clone()).unwrap().len(), 1);
    assert!(store.detach(id.clone(), first.clone()).unwrap());
    assert!(!store.detach(id.clone(), first).unwrap(), "it was not there any more");
    let nowhere = store.attach(id.clone(), IncidentId(no_such().0));
    assert!(matches!(nowhere, Err(EvidenceError::IncidentNotFound { code: 230, .. })));
    store.record_viewed(id.clone()).unwrap();

    let copy = store.derive_from_bytes(id.clone(), redacted(), b"blurred").unwrap();
    assert_eq!((copy.derived_from.as_ref(), copy.size), (Some(&id), 7));
    assert_eq!(copy.description.derivation.as_ref().unwrap().purpose, Purpose::Redacted);
    let stripped = store.strip_metadata(id.clone(), None, None).unwrap();
    assert!(!stripped.description.derivation.unwrap().removed.is_empty());
    let text = store.import_bytes(b"no picture", nothing_said()).unwrap().id;
    assert!(matches!(store.strip_metadata(text, None, None), Err(EvidenceError::CannotStrip { code: 324, .. })));
    assert_eq!(store.thumbnail(id.clone()).unwrap(), None);
    let mislabelled = store.set_thumbnail(id.clone(), PHOTO, "image/png".into());
    assert!(matches!(mislabelled, Err(EvidenceError::Invalid { code: 223, .. })));
    store.set_thumbnail(id.clone(), PHOTO, "image/jpeg".into()).unwrap();
    assert_eq!(store.thumbnail(id.clone()).unwrap().as_deref(), Some(PHOTO));
    assert_eq!(store.derivatives(id.clone()).unwrap().len(), 3);

    let page = store.recent(2, None).unwrap();
    assert_eq!(page.evidence.len(), 2);
    let rest = store.recent(2, page.next).unwrap();
    assert_eq!((rest.evidence.len(), rest.next), (2, None));

    match store.delete(id.clone(), Derivatives::Refuse) {
        Err(EvidenceError::HasDerivatives { code: 306, derivatives, .. }) => assert_eq!(derivatives, 2),
        other => panic!("{other:?}"),
    }
    let deleted = store.delete(id.clone(), Derivatives::Delete).unwrap();
    assert_eq!((deleted.evidence.len(), &deleted.evidence[0]), (4, &id), "with both copies and the thumbnail");
    assert!(deleted.bytes > 2 * PHOTO.len() as u64);
    assert!(matches!(store.open_reader(id.clone()), Err(EvidenceError::Deleted { code: 305, .. })));
    assert_eq!(store.get(id).unwrap().state, EvidenceState::Deleted);
    assert_eq!(store.deleted(500, None).unwrap().evidence.len(), 4);
    assert!(store.list(second).unwrap().is_empty());
}

#[test]
fn a_copy_that_is_kept_outlives_its_original() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let id = store.import_bytes(PHOTO, nothing_said()).unwrap().id;
    let copy = store.derive_from_bytes(id.clone(), redacted(), b"blurred").unwrap().id;
    assert_eq!(store.delete(id.clone(), Derivatives::Keep).unwrap().evidence, [id]);
    assert_eq!(read_all(&store, &copy), b"blurred");
}

#[test]
fn exported_files_are_whole_and_never_replace_another() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let id = store.import_bytes(PHOTO, nothing_said()).unwrap().id;
    let target = scene.path("out.jpg");
    store.export_file(id.clone(), target.clone(), None, None).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), PHOTO);
    let again = store.export_file(id.clone(), target, None, None);
    assert!(matches!(again, Err(EvidenceError::TargetExists { code: 320, .. })));
    let nowhere = store.export_file(id, scene.path("no/out.jpg"), None, None);
    assert!(matches!(nowhere, Err(EvidenceError::TargetFolderMissing { code: 321, .. })));
    for (path, code) in [(scene.path("none"), 310), (scene.path(""), 311)] {
        match store.import_file(path, nothing_said(), None, None) {
            Err(
                EvidenceError::SourceMissing { code: found, .. } | EvidenceError::SourceNotAFile { code: found, .. },
            ) => {
                assert_eq!(found, code);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_reason_has_the_case_that_a_caller_tells_apart() {
    use amparo_core::VaultError;
    let case = |error: CoreError| format!("{:?}", EvidenceError::from(Failure::from(error)));
    for (error, name) in [
        (CoreError::EvidenceUnfinished, "Unfinished"),
        (CoreError::EvidenceEmpty, "Empty"),
        (CoreError::SourceEmpty, "Empty"),
        (CoreError::SourceNotAFile, "SourceNotAFile"),
        (CoreError::SourceForbidden, "SourceForbidden"),
        (CoreError::SourceFailed { after: 1, kind: std::io::ErrorKind::Other }, "SourceFailed"),
        (CoreError::TargetFailed { kind: std::io::ErrorKind::Other }, "TargetFailed"),
        (CoreError::TargetFull, "StorageFull"),
        (CoreError::StripMalformed { reason: "x" }, "CannotStrip"),
        (CoreError::StripTooLarge { limit: 1 }, "CannotStrip"),
        (CoreError::EvidenceDamaged, "Damaged"),
        (VaultError::MediaBroken.into(), "CaptureFailed"),
        (VaultError::StorageFull.into(), "StorageFull"),
        (VaultError::MediaDamaged { slot: 1 }.into(), "Damaged"),
        (VaultError::MediaMissing.into(), "Damaged"),
        (CoreError::MalformedId, "Invalid"),
    ] {
        let found = case(error);
        assert!(found.starts_with(&format!("{name} {{")), "{name}: {found}");
    }
}

#[cfg(unix)]
mod descriptors;
