//! JPEG (ITU-T T.81) without metadata: the segments that the picture is made of, colour profile, and which way up it is.

use std::io::Write;

use bytes::Bytes;
use img_parts::{
    ImageEXIF as _,
    jpeg::{Jpeg, JpegSegment, markers},
};

use super::{Removed, StripError, exif};

const JFIF: &[u8] = b"JFIF\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
const ADOBE: &[u8] = b"Adobe";
/// JFIF's fields before its thumbnail (ISO/IEC 10918-5 §10.1).
const JFIF_BYTES: usize = 12;
/// Adobe's segment: version, two flags, colour transform (ITU-T T.872 §6.5.3). Decoders need it to know the colours.
const ADOBE_BYTES: usize = 12;

pub(super) fn strip<W: Write>(file: &Bytes, out: &mut W) -> Result<Removed, StripError> {
    let mut jpeg = Jpeg::from_bytes(file.clone()).map_err(|_| StripError::Malformed("a JPEG segment is cut"))?;
    let mut removed = Removed::new();
    if jpeg.len() < file.len() {
        // Bytes between the segments, which decoders skip.
        removed.insert("other");
    }
    let orientation = jpeg.exif().and_then(|tiff| exif::orientation(&tiff));
    let scan = jpeg.segments_mut().pop().filter(|last| last.marker() == markers::SOS);
    let scan = scan.ok_or(StripError::Malformed("a JPEG has no picture"))?;
    let frame = jpeg.segments().iter().any(|segment| is_frame(segment.marker()));
    if !frame || !scan.has_entropy() {
        return Err(StripError::Malformed("a JPEG has no picture"));
    }
    let (entropy, rest) = scans(file, &scan, &mut removed)?;
    if !rest.is_empty() {
        removed.insert("trailing_data");
    }

    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(StripError::Write);
    put(&[markers::P, markers::SOI])?;
    let mut oriented = orientation;
    for segment in jpeg.segments() {
        // Where JFIF wants to be first, it is first.
        let is_jfif = segment.marker() == markers::APP0 && segment.contents().starts_with(JFIF);
        if let Some(value) = oriented.filter(|_| !is_jfif) {
            oriented = None;
            put_segment(&mut put, markers::APP1, &[b"Exif\0\0", &exif::only_orientation(value)[..]].concat())?;
        }
        if let Some(kept) = kept(segment, orientation, &mut removed)? {
            put_segment(&mut put, segment.marker(), &kept)?;
        }
    }
    put_segment(&mut put, markers::SOS, scan.contents())?;
    entropy.iter().try_for_each(|piece| put(piece))?;
    Ok(removed)
}

fn put_segment(
    put: &mut impl FnMut(&[u8]) -> Result<(), StripError>,
    marker: u8,
    contents: &[u8],
) -> Result<(), StripError> {
    let length = u16::try_from(contents.len().saturating_add(2));
    let length = length.map_err(|_| StripError::Malformed("a JPEG segment is too long"))?;
    put(&[markers::P, marker])?;
    put(&length.to_be_bytes())?;
    put(contents)
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, markers::DHT | 0xc8 | 0xcc)
}

/// What stays of a segment before the picture, if anything does.
fn kept(segment: &JpegSegment, orientation: Option<u8>, removed: &mut Removed) -> Result<Option<Bytes>, StripError> {
    let contents = segment.contents();
    let shortened = |length: usize, what: &'static str, removed: &mut Removed| {
        if contents.len() > length {
            removed.insert(what);
        }
        Ok(Some(contents.slice(..length.min(contents.len()))))
    };
    match segment.marker() {
        markers::APP0 if contents.starts_with(JFIF) => {
            // The thumbnail may show what was cut off the picture since: its size becomes 0 × 0.
            let Some(fields) = contents.get(..JFIF_BYTES) else {
                return Err(StripError::Malformed("a JPEG's JFIF segment is cut"));
            };
            if contents.len() > JFIF_BYTES.saturating_add(2) {
                removed.insert("thumbnail");
            }
            Ok(Some(Bytes::from([fields, &[0, 0]].concat())))
        }
        markers::APP2 if contents.starts_with(ICC) => Ok(Some(contents.clone())),
        markers::APP14 if contents.starts_with(ADOBE) => shortened(ADOBE_BYTES, "other", removed),
        marker @ markers::APP0..=markers::APP15 => {
            let name = name_of(marker, contents);
            // An Exif block that says nothing but the orientation is what we write ourselves.
            let ours = orientation.is_some_and(|value| {
                contents.strip_prefix(b"Exif\0\0").is_some_and(|tiff| *tiff == exif::only_orientation(value))
            });
            if !ours {
                removed.insert(name);
            }
            Ok(None)
        }
        markers::COM => {
            removed.insert("comment");
            Ok(None)
        }
        marker if is_picture(marker) => Ok(Some(contents.clone())),
        _ => Err(StripError::Unsupported("this JPEG uses an extension that is not known")),
    }
}

/// Frames, tables and parameters that a decoder needs.
fn is_picture(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc7 | 0xc9..=0xcf | markers::DQT | markers::DNL | markers::DRI | markers::DHP | markers::EXP)
}

fn name_of(marker: u8, contents: &[u8]) -> &'static str {
    match marker {
        markers::APP1 if contents.starts_with(b"Exif\0") => "exif",
        markers::APP1 if contents.starts_with(b"http://ns.adobe.com/") => "xmp",
        markers::APP13 => "iptc",
        markers::APP0 if contents.starts_with(b"JFXX") => "thumbnail",
        _ => "other",
    }
}

/// The scans from the first one's data to the end of the picture, without segments that are no part of it, and what follows it in
/// the file: a second picture, a film, or whatever somebody appended.
fn scans(file: &Bytes, scan: &JpegSegment, removed: &mut Removed) -> Result<(Vec<Bytes>, Bytes), StripError> {
    const CUT: StripError = StripError::Malformed("a JPEG ends before its picture does");
    // The first scan's data and all that follows it are the end of the file.
    let length = scan.len_with_entropy().saturating_sub(scan.len());
    let data = file.slice(file.len().checked_sub(length).ok_or(CUT)?..);
    let mut kept = Vec::new();
    // Where the fill bytes before a marker begin: they go with its segment, or they would make a marker of what follows.
    let (mut from, mut at, mut fill) = (0usize, 0usize, None);
    loop {
        let found = data.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == markers::P)).ok_or(CUT)?;
        let marker_at = at.saturating_add(found);
        let code_at = marker_at.saturating_add(1);
        let begins = fill.take().unwrap_or(marker_at);
        match *data.get(code_at).ok_or(CUT)? {
            // A stuffed byte, a restart marker, a fill byte: parts of the data.
            0x00 | 0x01 | markers::RST0..=markers::RST7 => at = code_at.saturating_add(1),
            markers::P => (at, fill) = (code_at, Some(begins)),
            markers::EOI => {
                let end = code_at.saturating_add(1);
                kept.push(data.slice(from..end));
                return Ok((kept, data.slice(end..)));
            }
            code => {
                let mut segment = data.slice(code_at.saturating_add(1)..);
                let before = segment.len();
                let length = segment.get(..2).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes).ok_or(CUT)?;
                let length = usize::from(length);
                if length < 2 || length > before {
                    return Err(CUT);
                }
                segment.truncate(length);
                let end = code_at.saturating_add(1).saturating_add(length);
                let metadata = matches!(code, markers::APP0..=markers::APP15 | markers::COM);
                if metadata {
                    kept.push(data.slice(from..begins));
                    from = end;
                    removed.insert(if code == markers::COM {
                        "comment"
                    } else {
                        name_of(code, segment.get(2..).unwrap_or_default())
                    });
                } else if !is_picture(code) && code != markers::SOS {
                    return Err(StripError::Unsupported("this JPEG uses an extension that is not known"));
                }
                at = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
        let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &length, contents].concat()
    }

    fn stripped(file: &[u8]) -> Result<(Vec<u8>, Removed), StripError> {
        let mut out = Vec::new();
        let removed = strip(&Bytes::copy_from_slice(file), &mut out)?;
        Ok((out, removed))
    }

    /// A progressive picture of two scans with everything that cameras and editors add, before, between and after them.
    fn full(orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0".to_vec();
        exif.extend(exif::only_orientation(orientation));
        exif.extend(b"GPS-SECRET");
        [
            b"\xff\xd8".to_vec(),
            segment(0xe0, b"JFIF\0\x01\x02\x00\x00\x48\x00\x48\x01\x01THUMB-SECRET"),
            segment(0xe0, b"JFXX\0\x10THUMB-SECRET"),
            segment(0xe1, &exif),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0XMP-SECRET"),
            segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"),
            segment(0xe2, b"MPF\0MPF-SECRET"),
            segment(0xed, b"Photoshop 3.0\0IPTC-SECRET"),
            segment(0xee, b"Adobe\0\x64\0\0\0\0\x01ADOBE-SECRET"),
            segment(0xef, b"VENDOR-SECRET"),
            segment(0xfe, b"COMMENT-SECRET"),
            segment(0xdb, &[1; 65]),
            segment(0xc2, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00"),
            segment(0xc4, &[2; 20]),
            segment(0xda, b"\x01\x01\x00\x00\x3f\x00"),
            b"data\xff\x00more\xff\xd0after".to_vec(),
            segment(0xfe, b"LATE-SECRET"),
            segment(0xc4, &[3; 20]),
            segment(0xe1, b"LATE-SECRET"),
            segment(0xda, b"\x01\x01\x00\x01\x3f\x00"),
            b"second\xff\xff\xd9".to_vec(),
            b"\xff\xd8TRAILING-SECRET".to_vec(),
        ]
        .concat()
    }

    /// Found by fuzzing: the fill byte that stayed made a marker of what followed the comment.
    #[test]
    fn fill_bytes_go_with_the_segment_that_they_stand_before() {
        let comment = segment(0xfe, b"note");
        let file = [
            &b"\xff\xd8"[..],
            &segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
            &segment(0xda, &[1, 1, 0, 0, 63, 0]),
            b"\x01\x02\xff\xff",
            &comment,
            b"\xe1\x00\x04zz\x03\xff\xd9",
        ]
        .concat();
        let (copy, removed) = stripped(&file).unwrap();
        assert_eq!(removed, Removed::from(["comment"]));
        assert!(copy.ends_with(b"\x01\x02\xe1\x00\x04zz\x03\xff\xd9"), "{copy:x?}");
        assert_eq!(stripped(&copy).unwrap(), (copy, Removed::new()), "a copy of a copy is the same");
    }

    #[test]
    fn only_what_the_picture_is_made_of_stays() {
        let (out, removed) = stripped(&full(6)).unwrap();
        let text = String::from_utf8_lossy(&out);
        assert!(!text.contains("SECRET"), "{text}");
        let all = ["comment", "exif", "iptc", "other", "thumbnail", "trailing_data", "xmp"];
        assert_eq!(removed.into_iter().collect::<Vec<_>>(), all);
        let mut oriented = b"Exif\0\0".to_vec();
        oriented.extend(exif::only_orientation(6));
        let expected = [
            b"\xff\xd8".to_vec(),
            segment(0xe0, b"JFIF\0\x01\x02\x00\x00\x48\x00\x48\0\0"),
            segment(0xe1, &oriented),
            segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"),
            segment(0xee, b"Adobe\0\x64\0\0\0\0\x01"),
            segment(0xdb, &[1; 65]),
            segment(0xc2, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00"),
            segment(0xc4, &[2; 20]),
            segment(0xda, b"\x01\x01\x00\x00\x3f\x00"),
            b"data\xff\x00more\xff\xd0after".to_vec(),
            segment(0xc4, &[3; 20]),
            segment(0xda, b"\x01\x01\x00\x01\x3f\x00"),
            b"second\xff\xff\xd9".to_vec(),
        ]
        .concat();
        assert_eq!(out, expected);
        let (again, removed) = stripped(&out).unwrap();
        assert_eq!((again, removed.len()), (out, 0), "nothing is left to remove");
        let (upright, _) = stripped(&full(1)).unwrap();
        assert!(!upright.windows(4).any(|w| w == b"Exif"), "upright is said by saying nothing");
    }

    #[test]
    fn every_cut_is_refused_and_nothing_panics() {
        let file = full(6);
        let end = file.len() - b"\xff\xd8TRAILING-SECRET".len();
        for length in 2..end {
            assert!(stripped(&file[..length]).is_err(), "{length}");
        }
        stripped(&file[..end]).unwrap();
        let no_frame = [b"\xff\xd8".to_vec(), segment(0xda, b"\0"), b"x\xff\xd9".to_vec()].concat();
        assert!(matches!(stripped(&no_frame), Err(StripError::Malformed(_))));
        let extension = [b"\xff\xd8".to_vec(), segment(0xf7, b"LS"), full(1)[2..].to_vec()].concat();
        assert!(matches!(stripped(&extension), Err(StripError::Unsupported(_))));
    }
}
