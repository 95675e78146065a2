//! Captures: what is recorded is kept, however the recording ends, and a recording that was cut goes on in a further piece.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use amparo_core::{
    Amparo, CoreError, EvidenceId, VaultError,
    custody::Event,
    evidence::{
        Capture, CaptureRequest, CapturedAt, DeviceLocation, DeviceMetadata, EvidenceKind, EvidenceState,
        ImportRequest, MediaProfile, Origin, Segment, no_progress,
    },
};
use amparo_crypto::hash::sha256;
use common::*;

fn film() -> CaptureRequest {
    CaptureRequest::new(EvidenceKind::VIDEO, "video/mp2t")
}

fn sound() -> CaptureRequest {
    CaptureRequest::new(EvidenceKind::AUDIO, "audio/aac")
}

fn events(amparo: &Amparo, id: EvidenceId) -> Vec<Event> {
    amparo.custody().history(id).unwrap().into_iter().map(|h| h.entry.unwrap().event).collect()
}

fn write_all(capture: &mut Capture, bytes: &[u8]) {
    for piece in bytes.chunks(7_777) {
        capture.write(piece).unwrap();
    }
}

#[test]
fn a_capture_is_what_was_given_with_its_hash_and_its_entry() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    for (size, request) in [(1, film()), (70_000, sound()), (65_520, film()), (300_000, film())] {
        let bytes = photo(size);
        let request = CaptureRequest {
            incident: Some(incident),
            note: Some("from the window".into()),
            language: Some("ar".into()),
            media_type: "image/jpeg".into(),
            ..request
        };
        let mut capture = amparo.evidence().start_capture(request).unwrap();
        let id = capture.id();
        let running = amparo.evidence().get(id).unwrap();
        assert_eq!((&running.state, running.description.how), (&EvidenceState::WRITING, Origin::IN_APP));
        write_all(&mut capture, &bytes);
        capture.sync().unwrap();
        assert_eq!(capture.size(), size as u64);
        let done = capture.finish().unwrap();
        assert_eq!((done.id, &done.state, done.size), (id, &EvidenceState::COMPLETE, size as u64));
        assert_eq!(done.sha256, Some(sha256(&bytes)));
        assert_eq!(done.segment, None);
        assert_eq!(read_all(&amparo, id), bytes);
        let said = done.description;
        assert_eq!((said.detected_media_type, said.device), (None, None), "nothing that nobody asked for");
        assert!(said.captured_at.unwrap().time.to_string().starts_with("2026-11-23T"), "the clock's time");
        assert_eq!(events(&amparo, id), [Event::Captured]);
        let entry = amparo.custody().history(id).unwrap().remove(0).entry.unwrap();
        assert_eq!((entry.details["how"].as_str(), entry.sha256), (Some("in_app"), Some(sha256(&bytes))));
    }
    assert_eq!(amparo.evidence().list(incident).unwrap().len(), 4);
    let found = amparo.search().incidents("window", 5, None).unwrap().hits.len();
    assert_eq!(found, 1, "notes are searched");
    amparo.lock().unwrap();
    assert!(home.unlock().recovered().is_empty());
}

#[test]
fn sound_takes_small_slots_and_film_large_ones() {
    let (home, amparo) = Home::new();
    let size_of = |request: CaptureRequest| {
        let before: Vec<_> = media_files(&home.vault());
        let mut capture = amparo.evidence().start_capture(request).unwrap();
        capture.write(b"x").unwrap();
        capture.finish().unwrap();
        let new = media_files(&home.vault()).into_iter().find(|file| !before.contains(file)).unwrap();
        std::fs::metadata(new).unwrap().len()
    };
    assert_eq!(size_of(sound()), 4096 + 4096);
    assert_eq!(size_of(CaptureRequest::new(EvidenceKind::TESTIMONY, "audio/ogg")), 4096 + 4096);
    assert_eq!(size_of(film()), 4096 + 65_536);
    assert_eq!(size_of(CaptureRequest { profile: Some(MediaProfile::Small), ..film() }), 4096 + 4096);
}

#[test]
fn what_contradicts_the_app_is_noted_and_the_apps_word_stays() {
    let (_home, amparo) = Home::new();
    let mut capture = amparo.evidence().start_capture(CaptureRequest::new(EvidenceKind::VIDEO, "video/mp4")).unwrap();
    // In small bites: the type is told by what they make together.
    photo(5000).chunks(3).for_each(|bite| capture.write(bite).unwrap());
    let said = capture.finish().unwrap().description;
    assert_eq!((said.media_type.as_str(), said.detected_media_type.as_deref()), ("video/mp4", Some("image/jpeg")));
    for bad in ["", "video", "video/mp4; codecs=x"] {
        let refused = amparo.evidence().start_capture(CaptureRequest::new(EvidenceKind::VIDEO, bad));
        assert!(matches!(refused, Err(CoreError::InvalidField { field: "media_type", .. })), "{bad}");
    }
}

#[test]
fn device_metadata_is_kept_only_when_given_and_is_never_in_the_log() {
    let (_home, amparo) = Home::new();
    let device = DeviceMetadata {
        location: Some(DeviceLocation { accuracy_m: Some(8.0), ..DeviceLocation::new(30.044_421, 31.235_712) }),
        model: "Pocket 9".into(),
        ..DeviceMetadata::default()
    };
    let request = CaptureRequest { device: Some(device.clone()), ..film() };
    let mut capture = amparo.evidence().start_capture(request).unwrap();
    capture.write(b"film").unwrap();
    let id = capture.finish().unwrap().id;
    assert_eq!(amparo.evidence().get(id).unwrap().description.device, Some(device));
    let nowhere = DeviceMetadata { location: Some(DeviceLocation::new(91.0, 0.0)), ..DeviceMetadata::default() };
    let refused = amparo.evidence().start_capture(CaptureRequest { device: Some(nowhere), ..film() });
    assert!(matches!(refused, Err(CoreError::InvalidField { field: "coordinates", .. })));
    amparo.evidence().set_device(id, None).unwrap();
    assert_eq!(amparo.evidence().get(id).unwrap().description.device, None);
    for entry in amparo.custody().history(id).unwrap() {
        let line = String::from_utf8(entry.line).unwrap();
        assert!(!line.contains("30.0") && !line.contains("Pocket"), "{line}");
    }
    let nothing = amparo.evidence().start_capture(CaptureRequest { device: Some(DeviceMetadata::default()), ..film() });
    assert_eq!(amparo.evidence().get(nothing.unwrap().id()).unwrap().description.device, None);
}

#[test]
fn an_empty_or_aborted_capture_was_never_there() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let request = || CaptureRequest { incident: Some(incident), note: Some("uniqueword".into()), ..film() };
    let empty = amparo.evidence().start_capture(request()).unwrap();
    assert!(matches!(empty.finish(), Err(CoreError::EvidenceEmpty)));
    let mut aborted = amparo.evidence().start_capture(request()).unwrap();
    write_all(&mut aborted, &photo(200_000));
    aborted.abort().unwrap();
    assert!(amparo.evidence().list(incident).unwrap().is_empty());
    assert!(amparo.evidence().recent(10, None).unwrap().evidence.is_empty());
    assert!(media_files(&home.vault()).is_empty() && amparo.vault().unfinished_media().unwrap().is_empty());
    assert!(amparo.search().incidents("uniqueword", 5, None).unwrap().hits.is_empty());
    assert_eq!(amparo.custody().verify().unwrap().entries, 1, "the incident's own");
    let unknown = CaptureRequest { incident: Some(amparo_core::IncidentId::from_bytes([7; 16])), ..film() };
    assert!(matches!(amparo.evidence().start_capture(unknown), Err(CoreError::IncidentNotFound)));
    assert!(media_files(&home.vault()).is_empty());
}

#[test]
fn a_dropped_capture_is_kept_and_labelled_at_once() {
    let (home, amparo) = Home::new();
    let bytes = photo(100_001);
    let mut capture = amparo.evidence().start_capture(film()).unwrap();
    let id = capture.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            write_all(&mut capture, &bytes);
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
    });
    drop(capture);
    let kept = amparo.evidence().get(id).unwrap();
    assert_eq!((&kept.state, kept.size), (&EvidenceState::INTERRUPTED, 100_001));
    assert_eq!(kept.sha256, Some(sha256(&bytes)));
    assert_eq!(read_all(&amparo, id), bytes);
    assert_eq!(events(&amparo, id), [Event::Captured]);
    amparo.lock().unwrap();
    let amparo = home.unlock();
    assert!(amparo.recovered().is_empty(), "labelled already");
    assert!(amparo.custody().verify().unwrap().is_intact());
}

#[test]
fn a_lock_ends_a_capture_with_every_byte_and_the_writer_is_told() {
    let (home, amparo) = Home::new();
    let bytes = photo(70_001);
    let mut capture = amparo.evidence().start_capture(film()).unwrap();
    let id = capture.id();
    write_all(&mut capture, &bytes);
    amparo.lock().unwrap();
    assert!(matches!(capture.write(b"more"), Err(CoreError::Vault(VaultError::Locked))));
    assert!(matches!(capture.sync(), Err(CoreError::Vault(VaultError::Locked))));
    assert!(matches!(capture.finish(), Err(CoreError::Vault(VaultError::Locked))));
    let amparo = home.unlock();
    assert_eq!(amparo.recovered(), [id]);
    assert_eq!(amparo.evidence().get(id).unwrap().state, EvidenceState::INTERRUPTED);
    assert_eq!(read_all(&amparo, id), bytes);
    // Nothing was given before the lock: the piece is there, and says that it is empty.
    let capture = amparo.evidence().start_capture(film()).unwrap();
    let id = capture.id();
    amparo.lock().unwrap();
    assert!(matches!(capture.finish(), Err(CoreError::Vault(VaultError::Locked))));
    let amparo = home.unlock();
    assert_eq!(amparo.evidence().get(id).unwrap().size, 0);
    assert!(matches!(amparo.evidence().export(id, std::io::sink(), &mut no_progress), Err(CoreError::EvidenceEmpty)));
}

#[test]
fn a_crash_keeps_what_was_synced_and_the_recording_goes_on() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let first = photo(200_000);
    let mut capture = amparo.evidence().start_capture(CaptureRequest { incident: Some(incident), ..sound() }).unwrap();
    let id = capture.id();
    write_all(&mut capture, &first);
    capture.sync().unwrap();
    let image = home.path("image");
    copy_dir(&home.vault(), &image);
    drop(capture);

    let amparo = unlock(&image);
    assert_eq!(amparo.recovered(), [id]);
    let kept = amparo.evidence().get(id).unwrap();
    assert_eq!(kept.state, EvidenceState::UNTERMINATED);
    assert_eq!(kept.size, 200_000 / 4080 * 4080, "every full slot");
    assert_eq!(kept.sha256, Some(sha256(&first[..kept.size as usize])));
    let cut = read_all(&amparo, id);

    // Twice more, each continuing whichever piece the app has at hand.
    let mut pieces = vec![id];
    let mut whole = cut.clone();
    for (n, earlier) in [(2u8, id), (3, id)] {
        let more = vec![n; 5000 + usize::from(n)];
        let request = CaptureRequest { continues: Some(earlier), ..sound() };
        let mut capture = amparo.evidence().start_capture(request.clone()).unwrap();
        let again = amparo.evidence().start_capture(request);
        assert!(matches!(again, Err(CoreError::EvidenceUnfinished)), "one at a time");
        write_all(&mut capture, &more);
        let done = capture.finish().unwrap();
        assert_eq!(done.segment, Some(Segment { recording: id, number: u32::from(n) }));
        pieces.push(done.id);
        whole.extend(more);
    }
    assert_eq!(amparo.incidents().get(incident).unwrap().evidence, pieces, "in the same incident");
    let entry = amparo.custody().history(pieces[2]).unwrap().remove(0).entry.unwrap();
    assert_eq!(entry.details["recording"].as_str(), Some(id.to_string().as_str()));
    assert_eq!(entry.details["segment"].as_u64(), Some(3));
    for piece in &pieces {
        let segments = amparo.evidence().segments(*piece).unwrap();
        assert_eq!(segments.iter().map(|s| s.id).collect::<Vec<_>>(), pieces);
        let numbers: Vec<_> = segments.iter().map(|s| s.segment.unwrap().number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
    let mut reader = amparo.evidence().open_recording(pieces[1]).unwrap();
    assert_eq!((reader.len(), reader.pieces()), (whole.len() as u64, 3));
    let mut all = Vec::new();
    reader.read_to_end(&mut all).unwrap();
    assert!(all == whole);
    for at in [0, cut.len() - 3, cut.len(), cut.len() + 5000, whole.len() - 2, whole.len(), whole.len() + 9] {
        reader.seek(SeekFrom::Start(at as u64)).unwrap();
        let mut piece = Vec::new();
        (&mut reader).take(6).read_to_end(&mut piece).unwrap();
        assert_eq!(piece, whole.get(at..).unwrap_or_default().iter().take(6).copied().collect::<Vec<_>>(), "{at}");
    }
    assert_eq!(reader.seek(SeekFrom::End(-1)).unwrap(), whole.len() as u64 - 1);
    assert!(reader.seek(SeekFrom::Current(-(whole.len() as i64) - 1)).is_err());
    amparo.lock().unwrap();
    assert!(reader.read(&mut [0; 4]).is_err(), "readers stop at a lock");
    assert!(unlock(&image).custody().verify().unwrap().is_intact());
}

#[test]
fn only_what_the_app_recorded_goes_on() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let imported = import(&amparo, incident, &photo(100)).id;
    let go_on = |id| amparo.evidence().start_capture(CaptureRequest { continues: Some(id), ..film() });
    assert!(matches!(go_on(imported), Err(CoreError::InvalidField { field: "continues", .. })));
    assert!(matches!(go_on(EvidenceId::from_bytes([9; 16])), Err(CoreError::EvidenceNotFound)));
    assert_eq!(amparo.evidence().segments(imported).unwrap().len(), 1);
    let mut alone = Vec::new();
    amparo.evidence().open_recording(imported).unwrap().read_to_end(&mut alone).unwrap();
    assert_eq!(alone, photo(100));
    // A dropped capture is no live one.
    let mut capture = amparo.evidence().start_capture(film()).unwrap();
    let id = capture.id();
    capture.write(b"one").unwrap();
    assert!(matches!(go_on(id), Err(CoreError::EvidenceUnfinished)));
    assert!(matches!(amparo.evidence().open_recording(id), Err(CoreError::EvidenceUnfinished)));
    drop(capture);
    // One that is aborted leaves its number free.
    go_on(id).unwrap().abort().unwrap();
    let mut second = go_on(id).unwrap();
    second.write(b"two").unwrap();
    assert_eq!(second.finish().unwrap().segment.unwrap().number, 2);
}

#[test]
fn descriptors_are_read_from_where_they_stand() {
    let (home, amparo) = Home::new();
    let path = home.path("file");
    let bytes = photo(100_000);
    std::fs::write(&path, &bytes).unwrap();
    let import =
        |file: std::fs::File| amparo.evidence().import_open_file(file, ImportRequest::default(), &mut no_progress);
    let whole = import(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!((whole.size, whole.description.media_type.as_str()), (100_000, "image/jpeg"));
    assert_eq!(whole.description.file_name, None, "a descriptor has no name");
    let mut file = std::fs::File::open(&path).unwrap();
    file.seek(SeekFrom::Start(99_000)).unwrap();
    let rest = import(file).unwrap();
    assert_eq!(read_all(&amparo, rest.id), bytes[99_000..]);
    let mut end = std::fs::File::open(&path).unwrap();
    end.seek(SeekFrom::End(0)).unwrap();
    assert!(matches!(import(end), Err(CoreError::SourceEmpty)));
    assert!(matches!(import(std::fs::File::open(home.dir.path()).unwrap()), Err(CoreError::SourceIsFolder)));
    let unreadable = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    assert!(matches!(import(unreadable), Err(CoreError::SourceFailed { after: 0, .. })));
    #[cfg(unix)]
    {
        use std::os::{fd::OwnedFd, unix::net::UnixStream};
        let (reader, mut writer) = std::io::pipe().unwrap();
        let sent = bytes.clone();
        let thread = std::thread::spawn(move || writer.write_all(&sent).unwrap());
        let request = ImportRequest { kind: Some(EvidenceKind::SCREENSHOT), ..ImportRequest::default() };
        let piped = amparo.evidence().import_open_file(OwnedFd::from(reader), request, &mut no_progress).unwrap();
        thread.join().unwrap();
        assert_eq!((piped.sha256, piped.description.kind), (Some(sha256(&bytes)), EvidenceKind::SCREENSHOT));
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"by socket").unwrap();
        drop(theirs);
        let socket =
            amparo.evidence().import_open_file(OwnedFd::from(ours), ImportRequest::default(), &mut no_progress);
        assert_eq!(socket.unwrap().size, 9);
        let endless = std::fs::File::open("/dev/zero").unwrap();
        assert!(matches!(import(endless), Err(CoreError::SourceNotAFile)));
    }
}

#[test]
fn what_is_said_is_changed_with_an_entry_and_without_its_content() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let id = import(&amparo, incident, &photo(100)).id;
    let evidence = amparo.evidence();
    evidence.set_captured_at(id, Some(CapturedAt::at("2024-05".parse().unwrap()))).unwrap();
    evidence.set_captured_at(id, Some(CapturedAt::at("2024-05".parse().unwrap()))).unwrap();
    evidence.set_language(id, Some("es".into())).unwrap();
    evidence.set_note(id, Some("a note".into())).unwrap();
    assert!(matches!(evidence.set_language(id, Some("??".into())), Err(CoreError::InvalidField { .. })));
    let said = evidence.get(id).unwrap().description;
    assert_eq!(
        (said.captured_at.unwrap().time.to_string().as_str(), said.language.as_deref()),
        ("2024-05", Some("es"))
    );
    let fields: Vec<_> = amparo.custody().history(id).unwrap().into_iter().skip(1).map(|h| h.entry.unwrap()).collect();
    assert!(fields.iter().all(|entry| entry.event == Event::Noted && entry.sha256 == Some(sha256(&photo(100)))));
    let named: Vec<_> = fields.iter().map(|entry| entry.details["field"].as_str().unwrap().to_owned()).collect();
    assert_eq!(named, ["captured_at", "language", "note"]);
    assert!(evidence.detach(id, incident).unwrap());
    assert!(!evidence.detach(id, incident).unwrap());
    assert!(evidence.list(incident).unwrap().is_empty());
    assert!(amparo.search().incidents("note", 5, None).unwrap().hits.is_empty());
    assert_eq!(evidence.recent(5, None).unwrap().evidence.len(), 1);
}
