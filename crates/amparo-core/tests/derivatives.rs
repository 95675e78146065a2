//! Derivatives: they name their original and what made them, and a stripped copy holds the picture and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::ops::ControlFlow;

use amparo_core::{
    Amparo, CoreError, EvidenceId,
    custody::Event,
    evidence::{
        CaptureRequest, DeriveRequest, EvidenceKind, EvidenceState, ImportRequest, Purpose, Speaker, Testimony,
        no_progress, strip_stream,
    },
    incident::{Consent, ConsentStatus, RecipientKind},
};
use amparo_crypto::hash::sha256;
use common::*;
use proptest::prelude::*;

const PHOTO: &[u8] = include_bytes!("../../amparo-cli/samples/photo.jpg");
const FILM: &[u8] = include_bytes!("../../amparo-cli/samples/video.mp4");
/// In the samples' metadata.
const MARKER: &[u8] = b"AMPARO-SAMPLE-MARKER";

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn derive(amparo: &Amparo, parent: EvidenceId, bytes: &[u8]) -> Result<EvidenceId, CoreError> {
    let mut request = DeriveRequest::new(Purpose::REDACTED, "blur");
    request.derivation.tool_version = "1.2".into();
    amparo.evidence().derive(parent, request, bytes, &mut no_progress).map(|evidence| evidence.id)
}

#[test]
fn a_derivative_names_its_original_and_its_maker_in_the_log() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let original = import(&amparo, incident, PHOTO);
    let mut request = DeriveRequest::new(Purpose::REDACTED, "Blur tool");
    request.derivation.tool_version = "1.2".into();
    request.note = Some("faces".into());
    let redacted = amparo.evidence().derive(original.id, request, &photo(70_000)[..], &mut no_progress).unwrap();
    assert_eq!(redacted.derived_from, Some(original.id));
    assert_eq!(redacted.description.kind, original.description.kind);
    assert_eq!(redacted.purpose(), Some(&Purpose::REDACTED));
    assert_eq!(amparo.evidence().list(incident).unwrap().len(), 2, "where its original is");
    let entry = amparo.custody().history(redacted.id).unwrap().remove(0).entry.unwrap();
    assert_eq!((entry.event, entry.sha256), (Event::Derived, Some(sha256(&photo(70_000)))));
    let detail = |name: &str| entry.details[name].as_str().unwrap().to_owned();
    assert_eq!(detail("parent"), original.id.to_string());
    assert_eq!(detail("parent_sha256"), sha256(PHOTO).iter().map(|b| format!("{b:02x}")).collect::<String>());
    assert_eq!([detail("purpose"), detail("tool"), detail("tool_version")], ["redacted", "Blur tool", "1.2"]);
    // A derivative of a derivative names that one.
    let small = derive(&amparo, redacted.id, b"small").unwrap();
    assert_eq!(amparo.evidence().get(small).unwrap().derived_from, Some(redacted.id));
    let of = |id| amparo.evidence().derivatives(id).unwrap().iter().map(|e| e.id).collect::<Vec<_>>();
    assert_eq!((of(original.id), of(redacted.id), of(small)), (vec![redacted.id], vec![small], vec![]));
    assert!(read_all(&amparo, original.id) == PHOTO, "the original is not touched");
    // A report with both is sealed: the log tells where each came from.
    let (_, recipient) = key(amparo_crypto::age::KeyKind::Classic);
    let report = amparo_core::report::ReportRequest::new(
        incident,
        amparo_core::incident::RecipientKind::LAWYER,
        vec![recipient],
    );
    amparo.reports().seal_file(&report, &home.path("report.age"), &mut no_progress).unwrap();
}

#[test]
fn a_parent_must_be_whole_and_a_failed_derivative_leaves_nothing() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let original = import(&amparo, incident, &photo(100)).id;
    assert!(matches!(derive(&amparo, EvidenceId::from_bytes([1; 16]), b"x"), Err(CoreError::EvidenceNotFound)));
    assert!(matches!(derive(&amparo, original, b""), Err(CoreError::SourceEmpty)));
    let mut capture = amparo.evidence().start_capture(CaptureRequest::new(EvidenceKind::AUDIO, "audio/aac")).unwrap();
    assert!(matches!(derive(&amparo, capture.id(), b"x"), Err(CoreError::EvidenceUnfinished)));
    capture.write(b"sound").unwrap();
    let interrupted = capture.id();
    drop(capture);
    derive(&amparo, interrupted, b"what is there can be copied").unwrap();

    let before = (media_files(&home.vault()).len(), amparo.custody().verify().unwrap().entries);
    let stopped = amparo.evidence().derive(
        original,
        DeriveRequest::new(Purpose::RESIZED, "t"),
        &photo(200_000)[..],
        &mut |done| if done > 100_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
    );
    assert!(matches!(stopped, Err(CoreError::Cancelled)));
    for tool in ["", "name\nof a person"] {
        let bad =
            amparo.evidence().derive(original, DeriveRequest::new(Purpose::OTHER, tool), &b"x"[..], &mut no_progress);
        assert!(matches!(bad, Err(CoreError::InvalidField { field: "tool", .. })));
    }
    assert_eq!((media_files(&home.vault()).len(), amparo.custody().verify().unwrap().entries), before);
    assert!(amparo.evidence().derivatives(original).unwrap().is_empty());
}

#[test]
fn a_derivative_comes_from_a_file_or_from_a_descriptor_where_it_stands() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let original = import(&amparo, incident, PHOTO).id;
    let path = home.path("the name of a person.jpg");
    std::fs::write(&path, photo(100_000)).unwrap();
    let request = || DeriveRequest::new(Purpose::REDACTED, "blur");
    let evidence = amparo.evidence();
    let from_file = evidence.derive_file(original, request(), &path, &mut no_progress).unwrap();
    assert_eq!((from_file.sha256, from_file.derived_from), (Some(sha256(&photo(100_000))), Some(original)));
    assert_eq!(from_file.description.file_name, None);
    let mut file = std::fs::File::open(&path).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(99_000)).unwrap();
    let from_open = evidence.derive_open_file(original, request(), file, &mut no_progress).unwrap();
    assert_eq!(from_open.sha256, Some(sha256(&photo(100_000)[99_000..])));
    let missing = evidence.derive_file(original, request(), &home.path("nothing"), &mut no_progress);
    assert!(matches!(missing, Err(CoreError::SourceMissing)));
    let folder = std::fs::File::open(home.dir.path()).unwrap();
    let folder = evidence.derive_open_file(original, request(), folder, &mut no_progress);
    assert!(matches!(folder, Err(CoreError::SourceIsFolder)));
    #[cfg(unix)]
    {
        let endless = std::fs::File::open("/dev/zero").unwrap();
        let endless = evidence.derive_open_file(original, request(), endless, &mut no_progress);
        assert!(matches!(endless, Err(CoreError::SourceNotAFile)));
    }
    assert_eq!(evidence.derivatives(original).unwrap().len(), 2);
}

#[test]
fn a_crash_while_deriving_keeps_a_labelled_piece_that_names_its_original() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let original = import(&amparo, incident, &photo(100)).id;
    let image = home.path("image");
    let source = Interrupted {
        bytes: &photo(400_000),
        after: 250_000,
        done: 0,
        act: Some(Box::new(|| {
            copy_dir(&home.vault(), &image);
            Ok(())
        })),
    };
    amparo.evidence().derive(original, DeriveRequest::new(Purpose::REDACTED, "t"), source, &mut no_progress).unwrap();
    let crashed = unlock(&image);
    let [cut] = crashed.recovered() else { panic!("one") };
    let cut = crashed.evidence().get(*cut).unwrap();
    assert_eq!((cut.state, cut.derived_from), (EvidenceState::UNTERMINATED, Some(original)));
    let entry = crashed.custody().history(cut.id).unwrap().remove(0).entry.unwrap();
    assert_eq!((entry.event, entry.details["parent"].as_str()), (Event::Derived, Some(original.to_string().as_str())));
    crashed.lock().unwrap();
    assert!(unlock(&image).custody().verify().unwrap().is_intact());
}

#[test]
fn the_newest_thumbnail_counts_and_lists_leave_thumbnails_out() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let original = import(&amparo, incident, PHOTO).id;
    let evidence = amparo.evidence();
    assert_eq!(evidence.thumbnail(original).unwrap(), None);
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR small".to_vec();
    let webp = b"RIFF\x24\0\0\0WEBPVP8 small".to_vec();
    let first = evidence.set_thumbnail(original, &photo(9000), "image/jpeg").unwrap();
    assert_eq!(evidence.thumbnail(original).unwrap(), Some(photo(9000)));
    evidence.set_thumbnail(original, &webp, "image/webp").unwrap();
    evidence.set_thumbnail(original, &png, "image/png").unwrap();
    assert_eq!(evidence.thumbnail(original).unwrap(), Some(png.clone()));
    assert_eq!((first.purpose(), first.derived_from), (Some(&Purpose::THUMBNAIL), Some(original)));
    assert_eq!(evidence.derivatives(original).unwrap().len(), 3);
    assert_eq!(evidence.list(incident).unwrap().len(), 1);
    assert_eq!(amparo.incidents().get(incident).unwrap().evidence, [original]);
    assert_eq!(evidence.recent(10, None).unwrap().evidence.len(), 1);
    assert!(matches!(evidence.attach(first.id, incident), Err(CoreError::InvalidField { .. })));

    let at_most = photo(256 * 1024);
    evidence.set_thumbnail(original, &at_most, "image/jpeg").unwrap();
    assert_eq!(evidence.thumbnail(original).unwrap(), Some(at_most));
    let too_large = evidence.set_thumbnail(original, &photo(256 * 1024 + 1), "image/jpeg");
    assert!(matches!(too_large, Err(CoreError::TooLong { field: "thumbnail", .. })));
    for (bytes, said) in
        [(&png[..], "image/jpeg"), (b"GIF89a\x01\0\x01\0", "image/gif"), (b"", "image/png"), (b"x", "x")]
    {
        let refused = evidence.set_thumbnail(original, bytes, said);
        assert!(matches!(refused, Err(CoreError::InvalidField { field: "thumbnail", .. })), "{said}");
    }
}

/// The bytes between the first scan's header and the end of the picture: what a decoder makes pixels of.
fn picture(jpeg: &[u8]) -> &[u8] {
    let scan = jpeg.windows(2).position(|w| w == b"\xff\xda").unwrap();
    &jpeg[scan..]
}

/// The content of all boxes of one kind at the top of an MP4 file.
fn top_boxes<'a>(mut file: &'a [u8], kind: &[u8; 4]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    while file.len() >= 8 {
        let size = u32::from_be_bytes(file[..4].try_into().unwrap()) as usize;
        if &file[4..8] == kind {
            found.push(&file[8..size]);
        }
        file = &file[size..];
    }
    found
}

#[test]
fn a_stripped_photo_has_the_same_picture_and_no_metadata() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    assert!(contains(PHOTO, MARKER) && contains(PHOTO, b"Exif"), "the sample holds what is to be removed");
    let original = import(&amparo, incident, PHOTO);
    let stripped = amparo.evidence().strip_metadata(original.id, &mut no_progress).unwrap();
    let bytes = read_all(&amparo, stripped.id);
    assert!(!contains(&bytes, MARKER) && !contains(&bytes, b"Exif") && !contains(&bytes, b"Amparo"));
    assert_eq!(picture(&bytes), picture(PHOTO));
    assert_eq!((stripped.derived_from, stripped.purpose()), (Some(original.id), Some(&Purpose::STRIPPED)));
    assert_eq!(stripped.description.media_type, "image/jpeg");
    let made = stripped.description.derivation.unwrap();
    assert_eq!((made.tool.as_str(), made.removed), ("amparo-core", vec!["exif".to_owned()]));
    assert!(read_all(&amparo, original.id) == PHOTO, "the original is not touched");
    let again = amparo.evidence().strip_metadata(stripped.id, &mut no_progress).unwrap();
    assert_eq!((again.sha256, again.description.derivation.unwrap().removed.len()), (stripped.sha256, 0));
}

#[test]
fn a_stripped_film_has_the_same_samples_at_the_same_place() {
    let (_home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    assert!(contains(FILM, MARKER));
    let original = import(&amparo, incident, FILM).id;
    let stripped = amparo.evidence().strip_metadata(original, &mut no_progress).unwrap();
    let bytes = read_all(&amparo, stripped.id);
    assert!(!contains(&bytes, MARKER) && !contains(&bytes, b"VideoHandler"));
    assert_eq!(bytes.len(), FILM.len());
    assert_eq!(top_boxes(&bytes, b"mdat"), top_boxes(FILM, b"mdat"));
    assert_eq!(top_boxes(&bytes, b"moof"), top_boxes(FILM, b"moof"));
    let made = stripped.description.derivation.unwrap();
    assert!(made.removed.contains(&"location_and_tags".to_owned()), "{:?}", made.removed);
}

#[test]
fn what_cannot_be_stripped_is_refused_by_name_and_stores_nothing() {
    let (home, amparo) = Home::new();
    let incident = amparo.incidents().create("x").unwrap().id;
    let before = |bytes: &[u8]| {
        let id = import(&amparo, incident, bytes).id;
        (id, media_files(&home.vault()).len(), amparo.custody().verify().unwrap().entries)
    };
    let strip = |id| amparo.evidence().strip_metadata(id, &mut no_progress);
    let (sound, ..) = before(include_bytes!("../../amparo-cli/samples/audio.ogg"));
    assert!(matches!(strip(sound), Err(CoreError::StripUnsupported { .. })));
    let (text, ..) = before(b"words");
    assert!(matches!(strip(text), Err(CoreError::StripUnsupported { .. })));
    let (cut, ..) = before(&PHOTO[..20_000]);
    assert!(matches!(strip(cut), Err(CoreError::StripMalformed { .. })));
    let (film, files, entries) = before(&FILM[..600]);
    assert!(matches!(strip(film), Err(CoreError::StripMalformed { .. })));
    let (whole, ..) = before(PHOTO);
    let stopped = amparo.evidence().strip_metadata(whole, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(CoreError::Cancelled)));
    assert_eq!(
        (media_files(&home.vault()).len(), amparo.custody().verify().unwrap().entries),
        (files + 1, entries + 1)
    );

    // A source that fails, and a target that does.
    struct Failing;
    impl std::io::Write for Failing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let full = strip_stream(&mut std::io::Cursor::new(FILM), &mut Failing);
    assert!(matches!(full, Err(CoreError::TargetFull)));
    // A byte of the original changed on disk.
    let id = import(&amparo, incident, PHOTO).id;
    let known: Vec<_> = media_files(&home.vault());
    let newest = known.iter().max_by_key(|file| std::fs::metadata(file).unwrap().modified().unwrap()).unwrap();
    let mut stored = std::fs::read(newest).unwrap();
    let middle = stored.len() / 2;
    stored[middle] ^= 1;
    std::fs::write(newest, stored).unwrap();
    assert!(matches!(strip(id), Err(CoreError::Vault(amparo_core::VaultError::MediaDamaged { .. }))));
    assert_eq!(media_files(&home.vault()).len(), known.len(), "nothing was stored");
}

#[test]
fn a_testimony_is_covered_by_its_speakers_word_only() {
    let (_home, amparo) = Home::new();
    let consent = Consent { scope: vec![RecipientKind::LAWYER], ..Consent::new(ConsentStatus::GRANTED) };
    let testimony = Testimony {
        speaker: Some(Speaker { name: "شاهدة".into(), ..Speaker::default() }),
        consent: Some(consent.clone()),
        ..Testimony::default()
    };
    let request = ImportRequest {
        kind: Some(EvidenceKind::TESTIMONY),
        language: Some("ar".into()),
        testimony: Some(testimony.clone()),
        ..ImportRequest::default()
    };
    let id = amparo.evidence().import(&b"what she said"[..], None, request, &mut no_progress).unwrap().id;
    let said = amparo.evidence().get(id).unwrap().description;
    assert_eq!(said.consent(), Some(&consent));
    assert!(said.may_be_told(&RecipientKind::LAWYER) && !said.may_be_told(&RecipientKind::MEDIA));
    // Taken back.
    let refused = Testimony { consent: Some(Consent::new(ConsentStatus::REFUSED)), ..testimony };
    amparo.evidence().set_testimony(id, Some(refused)).unwrap();
    assert!(!amparo.evidence().get(id).unwrap().description.may_be_told(&RecipientKind::LAWYER));
    let history = amparo.custody().history(id).unwrap();
    assert_eq!(history[1].entry.as_ref().unwrap().details["field"].as_str(), Some("testimony"));
    assert!(history.iter().all(|h| !String::from_utf8_lossy(&h.line).contains("شاهدة")));
}

/// A film whose index follows its samples, a turned photo and a small picture: what the samples are not.
fn more_media() -> Vec<Vec<u8>> {
    let boxed = |kind: &[u8; 4], content: &[u8]| {
        [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
    };
    let hdlr = |kind: &[u8; 4]| boxed(b"hdlr", &[&[0; 8][..], kind, &[0; 12], b"name\0"].concat());
    let stbl = |entry: &[u8]| {
        let tables = [
            boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], entry].concat()),
            boxed(b"stsc", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1]),
            boxed(b"stsz", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 6]),
            boxed(b"stco", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 24]),
        ];
        boxed(b"stbl", &tables.concat())
    };
    let track = |kind: &[u8; 4], entry: &[u8]| {
        let media = boxed(b"mdia", &[hdlr(kind), boxed(b"minf", &stbl(entry))].concat());
        boxed(b"trak", &[boxed(b"tkhd", &[7; 84]), media].concat())
    };
    let film = [track(b"vide", &boxed(b"avc1", &[9; 90])), track(b"meta", &boxed(b"mebx", &[8; 30]))].concat();
    let film = [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"mdat", &[3; 60]), boxed(b"moov", &film)].concat();
    let mut turned = PHOTO[..2].to_vec();
    turned.extend(b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    turned.extend(&PHOTO[2..]);
    vec![film, turned]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn of_any_damaged_file_a_copy_has_nothing_left_or_there_is_none(
        which in 0..4usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 4]>(), 0..5u8), 0..6),
    ) {
        let extra = more_media();
        let mut file = [PHOTO, FILM, &extra[0], &extra[1]][which].to_vec();
        for (at, bytes, how) in edits {
            // Near the beginning, where the structure is, as often as anywhere.
            let reach = if bytes[0] & 1 == 0 { file.len() } else { file.len().min(900) };
            let at = at.index(reach.max(1)).min(file.len());
            match how {
                0 => drop(file.get_mut(at).map(|byte| *byte = bytes[1])),
                1 => file.truncate(at),
                2 => drop(file.splice(at..at, bytes)),
                3 => drop(file.splice(at..(at + usize::from(bytes[1])).min(file.len()), [])),
                _ => {
                    let end = (at + 4).min(file.len());
                    file[at..end].copy_from_slice(&bytes[..end - at]);
                }
            }
        }
        let strip = |bytes: &[u8]| {
            let mut out = Vec::new();
            strip_stream(&mut std::io::Cursor::new(bytes), &mut out).map(|stripped| (out, stripped))
        };
        let Ok((copy, stripped)) = strip(&file) else { return Ok(()) };
        prop_assert!(copy.len() <= file.len() + 64);
        if stripped.kind == EvidenceKind::VIDEO && !stripped.removed.contains("trailing_data") {
            prop_assert_eq!(copy.len(), file.len());
        }
        let (again, second) = strip(&copy).expect("a copy keeps to its format");
        prop_assert!(again == copy, "a copy of a copy differs");
        prop_assert!(second.removed.is_empty(), "{:?}", second.removed);
    }
}
