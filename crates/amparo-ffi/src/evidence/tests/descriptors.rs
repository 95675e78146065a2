//! Who owns a descriptor: whoever was given it closes it, whatever happens.

use std::{
    io::{ErrorKind, PipeReader, PipeWriter, Read as _, Seek as _, SeekFrom, Write as _, pipe},
    os::fd::IntoRawFd as _,
};

use super::*;
use crate::evidence::export::strip_to_descriptor;

/// Whether whoever was given the reading end closed it.
fn is_closed(writer: &mut PipeWriter) -> bool {
    matches!(writer.write_all(b"?"), Err(error) if error.kind() == ErrorKind::BrokenPipe)
}

/// What came through, once whoever was given the writing end closed it.
fn drain(mut reader: PipeReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_descriptor_is_read_from_where_it_stands_and_closed() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let bytes = noise(300_000);
    std::fs::write(scene.path("film"), &bytes).unwrap();
    let mut file = File::open(scene.path("film")).unwrap();
    file.seek(SeekFrom::Start(1000)).unwrap();
    let rest = store.import_descriptor(file.into_raw_fd(), nothing_said(), None, None).unwrap();
    assert!(read_all(&store, &rest.id) == bytes[1000..]);

    let (reader, mut writer) = pipe().unwrap();
    let (sent, store_of_thread) = (bytes.clone(), store.clone());
    let piped =
        std::thread::spawn(move || store_of_thread.import_descriptor(reader.into_raw_fd(), nothing_said(), None, None));
    writer.write_all(&sent).unwrap();
    drop(writer);
    assert_eq!(piped.join().unwrap().unwrap().sha256, sha256(&bytes));

    let parent = rest.id;
    let file = File::open(scene.path("film")).unwrap().into_raw_fd();
    let copy = store.derive_from_descriptor(parent, redacted(), file, None, None).unwrap();
    assert_eq!(copy.sha256, sha256(&bytes));
}

#[test]
fn a_descriptor_is_closed_whatever_is_wrong_with_the_call() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let wrong = ImportRequest { incident: Some(IncidentId("no id".into())), ..nothing_said() };
    let (reader, mut writer) = pipe().unwrap();
    assert!(!is_closed(&mut writer));
    let refused = store.import_descriptor(reader.into_raw_fd(), wrong, None, None);
    assert!(matches!(refused, Err(EvidenceError::Invalid { code: 200, .. })));
    assert!(is_closed(&mut writer));

    let (reader, mut writer) = pipe().unwrap();
    let refused = store.derive_from_descriptor(EvidenceId("?".into()), redacted(), reader.into_raw_fd(), None, None);
    assert!(matches!(refused, Err(EvidenceError::Invalid { .. })));
    assert!(is_closed(&mut writer));

    let (reader, writer) = pipe().unwrap();
    let refused = store.export_to_descriptor(no_such(), writer.into_raw_fd(), None, None);
    assert!(matches!(refused, Err(EvidenceError::NotFound { .. })));
    assert!(drain(reader).is_empty());

    let (reader, writer) = pipe().unwrap();
    let refused = store.export_part_to_descriptor(no_such(), 0, 1, writer.into_raw_fd(), None, None);
    assert!(matches!(refused, Err(EvidenceError::NotFound { .. })));
    assert!(drain(reader).is_empty());

    let (reader, writer) = pipe().unwrap();
    scene.vault.lock().unwrap();
    let refused = store.export_to_descriptor(no_such(), writer.into_raw_fd(), None, None);
    assert!(matches!(refused, Err(EvidenceError::Locked { .. })));
    assert!(drain(reader).is_empty());
}

#[test]
fn a_number_that_cannot_be_handed_over_is_refused_and_left_alone() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    for fd in [i32::MIN, -1, 0, 1, 2, i32::MAX] {
        let refused = store.import_descriptor(fd, nothing_said(), None, None);
        assert!(matches!(refused, Err(EvidenceError::Invalid { code: 902, .. })), "{fd}: {refused:?}");
        let refused = store.export_to_descriptor(no_such(), fd, None, None);
        assert!(matches!(refused, Err(EvidenceError::Invalid { code: 902, .. })), "{fd}");
    }
    for stream in 0..3 {
        assert!(std::fs::symlink_metadata(format!("/dev/fd/{stream}")).is_ok(), "{stream} is still open");
    }
}

#[test]
fn evidence_goes_out_through_a_descriptor_whole_or_in_part() {
    let scene = Scene::new();
    let store = scene.vault.evidence();
    let bytes = noise(200_000);
    let id = store.import_bytes(&bytes, nothing_said()).unwrap().id;
    let through = |export: &dyn Fn(i32) -> u64| {
        let (reader, writer) = pipe().unwrap();
        let read = std::thread::spawn(move || drain(reader));
        let size = export(writer.into_raw_fd());
        (size, read.join().unwrap())
    };
    let (size, whole) = through(&|fd| store.export_to_descriptor(id.clone(), fd, None, None).unwrap().size);
    assert!(size == 200_000 && whole == bytes);
    let (size, part) =
        through(&|fd| store.export_part_to_descriptor(id.clone(), 199_000, 5_000, fd, None, None).unwrap());
    assert!(size == 1_000 && part == bytes[199_000..]);
}

#[test]
fn a_file_outside_of_a_vault_is_stripped_into_another() {
    let scene = Scene::new();
    std::fs::write(scene.path("in.jpg"), PHOTO).unwrap();
    let open = || File::open(scene.path("in.jpg")).unwrap().into_raw_fd();
    let target = File::create(scene.path("out.jpg")).unwrap().into_raw_fd();
    let stripped = strip_to_descriptor(open(), target).unwrap();
    assert_eq!((stripped.media_type.as_str(), stripped.kind), ("image/jpeg", EvidenceKind::Photo));
    assert!(stripped.removed.contains(&"exif".to_owned()));
    let copy = std::fs::read(scene.path("out.jpg")).unwrap();
    assert!(copy.len() < PHOTO.len() && !copy.windows(4).any(|part| part == b"Exif"));

    let (reader, writer) = pipe().unwrap();
    assert!(matches!(strip_to_descriptor(-1, writer.into_raw_fd()), Err(EvidenceError::Invalid { .. })));
    assert!(drain(reader).is_empty(), "the other one is closed");
    let (reader, mut writer) = pipe().unwrap();
    assert!(matches!(strip_to_descriptor(reader.into_raw_fd(), 1), Err(EvidenceError::Invalid { .. })));
    assert!(is_closed(&mut writer));
    let one = open();
    assert!(matches!(strip_to_descriptor(one, one), Err(EvidenceError::Invalid { code: 902, .. })));
}
