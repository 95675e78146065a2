//! What a file is, by its first bytes. A label for people and for the report's file names: nothing is decoded, so nothing can
//! go wrong in a hostile file, and an unknown file is a document of unknown type.

use std::borrow::Cow;

use file_format::{FileFormat, Kind};

use super::EvidenceKind;

/// What is looked at.
pub(super) const HEAD_BYTES: usize = 64 * 1024;

/// Kind and media type of the file that begins with `head`.
pub(super) fn detect(head: &[u8]) -> (EvidenceKind, String) {
    let (kind, media_type) = detect_container(head).unwrap_or_else(|| detect_signature(head));
    (kind, media_type.into_owned())
}

type Found = (EvidenceKind, Cow<'static, str>);

fn found(kind: EvidenceKind, media_type: &'static str) -> Found {
    (kind, Cow::Borrowed(media_type))
}

fn detect_signature(head: &[u8]) -> Found {
    let format = FileFormat::from_bytes(head);
    let kind = match format.kind() {
        _ if format == FileFormat::ArbitraryBinaryData || format == FileFormat::PlainText => return plain(head),
        Kind::Image => EvidenceKind::PHOTO,
        Kind::Video => EvidenceKind::VIDEO,
        Kind::Audio => EvidenceKind::AUDIO,
        _ => EvidenceKind::DOCUMENT,
    };
    (kind, Cow::Owned(format.media_type().to_owned()))
}

/// Containers whose first bytes do not say which of their kinds they are.
fn detect_container(head: &[u8]) -> Option<Found> {
    // Found by fuzzing: the table of signatures also looks further in, where a picture can hold any four bytes.
    if head.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(found(EvidenceKind::PHOTO, "image/jpeg"));
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") && head.get(12..16) == Some(b"IHDR") {
        // An animated one is another type, for the table to tell.
        let animated = head.windows(4).any(|word| word == b"acTL");
        return (!animated).then_some(found(EvidenceKind::PHOTO, "image/png"));
    }
    // EBML (RFC 8794): the DocType element stands in the first bytes.
    if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        let start = head.get(..64.min(head.len()))?;
        let says = |word: &[u8]| start.windows(word.len()).any(|window| window == word);
        return Some(match () {
            () if says(b"webm") => found(EvidenceKind::VIDEO, "video/webm"),
            () => found(EvidenceKind::VIDEO, "video/matroska"),
        });
    }
    // Ogg (RFC 3533): the first packet names the codec. Video streams come first in a file (Theora specification, A.2).
    if head.starts_with(b"OggS") {
        let start = head.get(28..40.min(head.len())).unwrap_or_default();
        let video = start.starts_with(b"\x80theora") || start.starts_with(b"fishead");
        return Some(if video {
            found(EvidenceKind::VIDEO, "video/ogg")
        } else {
            found(EvidenceKind::AUDIO, "audio/ogg")
        });
    }
    // ISO base media (ISO/IEC 14496-12 §4.3): brands that phones use and the table of signatures does not hold.
    if head.get(4..8) == Some(b"ftyp") {
        return match head.get(8..12)? {
            b"3gp4" | b"3gp5" | b"3gp6" | b"3gp7" | b"3gr6" | b"3gs7" | b"3ge6" | b"3gg6" => {
                Some(found(EvidenceKind::VIDEO, "video/3gpp"))
            }
            b"qt  " => Some(found(EvidenceKind::VIDEO, "video/quicktime")),
            b"M4A " | b"M4B " => Some(found(EvidenceKind::AUDIO, "audio/mp4")),
            b"heic" | b"heix" => Some(found(EvidenceKind::PHOTO, "image/heic")),
            b"mif1" | b"heim" | b"heis" => Some(found(EvidenceKind::PHOTO, "image/heif")),
            b"avif" | b"avis" => Some(found(EvidenceKind::PHOTO, "image/avif")),
            _ => None,
        }
        // Any other brand is a film until the table knows better.
        .or_else(|| {
            let format = FileFormat::from_bytes(head);
            let unspecific = format == FileFormat::ArbitraryBinaryData || format.media_type() == "application/mp4";
            unspecific.then_some(found(EvidenceKind::VIDEO, "video/mp4"))
        });
    }
    // MPEG audio and AAC without a tag: a frame header (ISO/IEC 11172-3 §2.4.1.3; ADTS, ISO/IEC 13818-7 §6.2).
    match head {
        // An ID3v2 tag stands before MPEG audio as a rule.
        [b'I', b'D', b'3', ..] => Some(found(EvidenceKind::AUDIO, "audio/mpeg")),
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Some(found(EvidenceKind::AUDIO, "audio/aac")),
        [0xff, second, third, ..] if second & 0xe6 == 0xe2 && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c => {
            Some(found(EvidenceKind::AUDIO, "audio/mpeg"))
        }
        _ => None,
    }
}

/// Text is what reads as UTF-8 (a character cut at the end of the head aside) or UTF-16 with its mark.
fn plain(head: &[u8]) -> Found {
    let valid = match core::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            head.get(..error.valid_up_to()).and_then(|part| core::str::from_utf8(part).ok())
        }
        Err(_) => None,
    };
    let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let is_text = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'));
    if utf16 || valid.is_some_and(is_text) {
        found(EvidenceKind::DOCUMENT, "text/plain")
    } else {
        found(EvidenceKind::DOCUMENT, "application/octet-stream")
    }
}

/// The media type that `head` clearly says, if it cannot be what the app says it is.
pub(super) fn contradiction(head: &[u8], said: &str) -> Option<String> {
    let (_, detected) = detect(head);
    let says_nothing = matches!(detected.as_str(), "application/octet-stream" | "text/plain" | "application/x-empty");
    (!says_nothing && family(&detected) != family(said)).then_some(detected)
}

/// Names of one container: its first bytes do not tell which of them it is.
fn family(media_type: &str) -> &str {
    match media_type {
        "video/mp4" | "audio/mp4" | "audio/x-m4a" | "video/x-m4v" | "video/quicktime" | "video/3gpp" | "audio/3gpp"
        | "video/3gpp2" | "audio/3gpp2" | "application/mp4" => "mp4",
        "video/webm" | "audio/webm" | "video/matroska" | "video/x-matroska" | "audio/x-matroska" | "audio/matroska" => {
            "matroska"
        }
        "audio/ogg" | "video/ogg" | "application/ogg" | "audio/opus" | "audio/vorbis" => "ogg",
        "audio/wav" | "audio/x-wav" | "audio/vnd.wave" | "audio/wave" => "wav",
        "audio/mpeg" | "audio/mp3" | "audio/aac" | "audio/aacp" | "audio/x-aac" => "mpeg",
        "audio/flac" | "audio/x-flac" => "flac",
        "image/heic" | "image/heif" | "image/heic-sequence" | "image/heif-sequence" => "heif",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/png" | "image/apng" => "png",
        other => other,
    }
}

/// The file name extension for a media type in a report. Only letters and digits; `bin` for what has none.
pub(crate) fn extension(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" => "jpg",
        "image/png" | "image/apng" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/heic" => "heic",
        "image/heif" => "heif",
        "image/avif" => "avif",
        "image/tiff" => "tif",
        "image/bmp" => "bmp",
        "image/svg+xml" => "svg",
        "image/x-adobe-dng" => "dng",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/3gpp" => "3gp",
        "video/3gpp2" => "3g2",
        "video/webm" => "webm",
        "video/matroska" | "video/x-matroska" => "mkv",
        "video/ogg" => "ogv",
        "video/x-msvideo" | "video/avi" => "avi",
        "video/x-m4v" => "m4v",
        "video/mpeg" => "mpg",
        "audio/mpeg" => "mp3",
        "audio/wav" | "audio/x-wav" | "audio/vnd.wave" => "wav",
        "audio/ogg" => "ogg",
        "audio/mp4" | "audio/x-m4a" => "m4a",
        "audio/aac" => "aac",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/amr" => "amr",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/rtf" | "text/rtf" => "rtf",
        "application/json" => "json",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "message/rfc822" => "eml",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ftyp(brand: &[u8; 4]) -> Vec<u8> {
        [b"\0\0\0\x18ftyp", &brand[..], b"\0\0\0\0isommp42\0\0\0\x08free"].concat()
    }

    #[test]
    fn what_a_picture_holds_further_in_does_not_make_it_something_else() {
        let mut jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        jpeg.resize(44, 0);
        jpeg.extend_from_slice(b"SCRM");
        assert_eq!(detect(&jpeg).1, "image/jpeg");
    }

    #[test]
    fn the_files_of_phones_are_known() {
        let ebml =
            |kind: &[u8]| [&[0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1, 0x42, 0x82, 0x84], kind].concat();
        let ogg = |packet: &[u8]| [b"OggS\0\x02", &[0; 22][..], packet].concat();
        let riff = |kind: &[u8]| [b"RIFF\x24\0\0\0", kind, b"fmt \x10\0\0\0"].concat();
        let cases: Vec<(Vec<u8>, &str, &str, &str)> = vec![
            (b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "photo", "image/jpeg", "jpg"),
            (b"\xff\xd8\xff\xe1\0\x10Exif".to_vec(), "photo", "image/jpeg", "jpg"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "photo", "image/png", "png"),
            (b"GIF89a\x01\0\x01\0".to_vec(), "photo", "image/gif", "gif"),
            (riff(b"WEBPVP8 "), "photo", "image/webp", "webp"),
            (ftyp(b"heic"), "photo", "image/heic", "heic"),
            (ftyp(b"mif1"), "photo", "image/heif", "heif"),
            (ftyp(b"isom"), "video", "video/mp4", "mp4"),
            (ftyp(b"mp42"), "video", "video/mp4", "mp4"),
            (ftyp(b"iso9"), "video", "video/mp4", "mp4"),
            (ftyp(b"qt  "), "video", "video/quicktime", "mov"),
            (ftyp(b"3gp4"), "video", "video/3gpp", "3gp"),
            (ftyp(b"3gp5"), "video", "video/3gpp", "3gp"),
            (ftyp(b"M4A "), "audio", "audio/mp4", "m4a"),
            (ebml(b"webm"), "video", "video/webm", "webm"),
            (ebml(b"matroska"), "video", "video/matroska", "mkv"),
            (b"ID3\x04\0\0\0\0\0\0".to_vec(), "audio", "audio/mpeg", "mp3"),
            (b"\xff\xfb\x90\x64\0\0\0\0".to_vec(), "audio", "audio/mpeg", "mp3"),
            (b"\xff\xf1\x50\x80\x02\x1f\xfc".to_vec(), "audio", "audio/aac", "aac"),
            (riff(b"WAVE"), "audio", "audio/vnd.wave", "wav"),
            (ogg(b"OpusHead"), "audio", "audio/ogg", "ogg"),
            (ogg(b"\x01vorbis"), "audio", "audio/ogg", "ogg"),
            (ogg(b"\x80theora"), "video", "video/ogg", "ogv"),
            (b"fLaC\0\0\0\x22".to_vec(), "audio", "audio/flac", "flac"),
            (b"#!AMR\n\x0c".to_vec(), "audio", "audio/amr", "amr"),
            (b"%PDF-1.7\n".to_vec(), "document", "application/pdf", "pdf"),
            (b"PK\x03\x04\x14\0\0\0".to_vec(), "document", "application/zip", "zip"),
            ("They came at night.\n".into(), "document", "text/plain", "txt"),
            ("اعتقلوه ليلا".into(), "document", "text/plain", "txt"),
            (b"\xff\xfea\0b\0".to_vec(), "document", "text/plain", "txt"),
            (b"\0\x01\x02\x03\x04".to_vec(), "document", "application/octet-stream", "bin"),
            (b"\xff".to_vec(), "document", "application/octet-stream", "bin"),
            (b"x\0y".to_vec(), "document", "application/octet-stream", "bin"),
        ];
        for (head, kind, media_type, ext) in cases {
            let found = detect(&head);
            assert_eq!((found.0.as_str(), &*found.1, extension(&found.1)), (kind, media_type, ext), "{head:x?}");
        }
    }

    #[test]
    fn a_character_cut_at_the_end_of_the_head_is_still_text() {
        let text = "ночь".repeat(100);
        assert_eq!(detect(&text.as_bytes()[..text.len() - 1]).1, "text/plain");
        assert_eq!(detect(b"\xd0").1, "application/octet-stream", "one byte is no text");
    }

    #[test]
    fn only_a_clear_contradiction_is_one() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF";
        assert_eq!(contradiction(jpeg, "video/mp4").as_deref(), Some("image/jpeg"));
        assert_eq!(contradiction(jpeg, "image/jpeg"), None);
        assert_eq!(contradiction(&ftyp(b"isom"), "audio/mp4"), None, "the same container");
        for head in [&b""[..], b"plain words", b"\0\x01\x02"] {
            assert_eq!(contradiction(head, "audio/ogg"), None, "bytes that say nothing contradict nothing");
        }
    }

    #[test]
    fn every_prefix_of_anything_has_an_answer() {
        for head in [ftyp(b"isom"), b"OggS".to_vec(), b"\x1a\x45\xdf\xa3".to_vec(), b"RIFF\0\0\0\0WAVE".to_vec()] {
            for end in 0..=head.len() {
                assert!(!detect(&head[..end]).1.is_empty());
            }
        }
    }
}
