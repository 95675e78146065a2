//! Films made box by box, with everything that phones and drones hide in them.

use std::io::Cursor;

use super::*;

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&size[..], kind, content].concat()
}

fn stripped(file: &[u8]) -> Result<(Vec<u8>, Removed), StripError> {
    let mut out = Vec::new();
    let removed = strip(&mut Cursor::new(file), &mut out)?;
    Ok((out, removed))
}

/// A track of one chunk of two samples at `offset`.
fn track(handler: &[u8; 4], offset: usize, sizes: [u32; 2], entry: &[u8]) -> Vec<u8> {
    let n = |n: u32| n.to_be_bytes();
    let stbl = [
        boxed(b"stsd", &[&[0; 7], &[1][..], entry].concat()),
        boxed(b"stts", &[&[0; 7], &[1][..], &n(2), &n(1)].concat()),
        boxed(b"stsc", &[&[0; 7], &[1][..], &n(1), &n(2), &n(1)].concat()),
        boxed(b"stsz", &[&[0; 4][..], &n(0), &n(2), &n(sizes[0]), &n(sizes[1])].concat()),
        boxed(b"stco", &[&[0; 7], &[1][..], &n(u32::try_from(offset).unwrap())].concat()),
    ]
    .concat();
    let url = boxed(b"url ", b"\0\0\0\0file:///PATH-SECRET\0");
    let minf = [
        boxed(b"vmhd", &[0; 12]),
        boxed(b"dinf", &boxed(b"dref", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &url].concat())),
        boxed(b"stbl", &stbl),
    ]
    .concat();
    let mdia = [
        boxed(b"mdhd", &[&[0; 4][..], b"TIMETIME", &[0; 12]].concat()),
        boxed(b"hdlr", &[&[0; 8][..], handler, b"MAKR\0\0\0\0\0\0\0\0HANDLER-SECRET\0"].concat()),
        boxed(b"minf", &minf),
    ]
    .concat();
    let trak = [
        boxed(b"tkhd", &[&[1, 0, 0, 7][..], b"TIMETIMETIMETIME", &[0; 76]].concat()),
        boxed(b"tref", &boxed(b"cdsc", &[0, 0, 0, 2])),
        boxed(b"mdia", &mdia),
        boxed(b"meta", b"TRACK-SECRET"),
    ];
    boxed(b"trak", &trak.concat())
}

fn film_entry() -> Vec<u8> {
    let mut entry = vec![0; 78];
    entry[12..16].copy_from_slice(b"VNDR");
    entry[42..59].copy_from_slice(b"\x10COMPRESSOR-SECRE");
    entry.extend(boxed(b"avcC", b"decoder settings"));
    entry.extend(boxed(b"udta", b"ENTRY-SECRET"));
    boxed(b"avc1", &entry)
}

/// Film, then a phone's track of positions, their samples side by side.
fn phone_film() -> Vec<u8> {
    let ftyp = boxed(b"ftyp", b"isom\0\0\0\0isom");
    let samples = b"filmFILM!POS-SECRETPOS-SECRET";
    let large = [&1u32.to_be_bytes()[..], b"mdat", &(16 + samples.len() as u64).to_be_bytes(), samples].concat();
    let offset = ftyp.len() + 16;
    let moov = [
        boxed(b"mvhd", &[&[0; 4][..], b"TIMETIME", &[0; 88]].concat()),
        track(b"vide", offset, [4, 5], &film_entry()),
        track(b"meta", offset + 9, [10, 10], &boxed(b"mebx", b"\0\0\0\0\0\0\0\x01KEYS-SECRET")),
        boxed(b"udta", &boxed(b"\xa9xyz", b"+30.0444+031.2357/")),
        boxed(b"uuid", b"0123456789abcdefUUID-SECRET"),
        boxed(b"zzzz", b"UNHEARD-SECRET"),
    ]
    .concat();
    [
        ftyp,
        large,
        boxed(b"free", b"UNUSED-SECRET"),
        boxed(b"moov", &moov),
        boxed(b"uuid", b"0123456789abcdefTOP-SECRET"),
        b"\0\0\0\0SEFHTRAILING-SECRET".to_vec(),
    ]
    .concat()
}

#[test]
fn nothing_moves_and_only_sound_and_film_stay() {
    let file = phone_film();
    let (out, removed) = stripped(&file).unwrap();
    for secret in [&b"SECRET"[..], b"SECRE", b"TIME", b"+30.0444", b"VNDR", b"MAKR", b"PATH", b"mebx"] {
        assert!(!out.windows(secret.len()).any(|w| w == secret), "{}", String::from_utf8_lossy(secret));
    }
    let all = [
        "data_track",
        "encoder_name",
        "handler_name",
        "location_and_tags",
        "other",
        "time",
        "trailing_data",
        "unused_space",
    ];
    assert_eq!(removed.into_iter().collect::<Vec<_>>(), all);
    assert_eq!(out.len(), file.len() - b"\0\0\0\0SEFHTRAILING-SECRET".len());
    let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
    for same in [&b"filmFILM!"[..], b"decoder settings", b"ftypisom", b"stco"] {
        assert_eq!(at(&out, same), at(&file, same), "{}", String::from_utf8_lossy(same));
    }
    let (again, removed) = stripped(&out).unwrap();
    assert_eq!((again, removed), (out, Removed::new()), "nothing is left to remove");
}

#[test]
fn cut_films_and_boxes_that_cannot_be_are_refused() {
    let file = phone_film();
    let moov = file.windows(4).position(|w| w == b"moov").unwrap() - 4;
    let size = u32::from_be_bytes(file[moov..moov + 4].try_into().unwrap()) as usize;
    for length in 0..moov + size {
        assert!(stripped(&file[..length]).is_err(), "{length}");
    }
    // Every four bytes as a size that is far too large, and as none.
    for at in 0..file.len() - 4 {
        for value in [u32::MAX, 0, 1, 7] {
            let mut changed = file.clone();
            changed[at..at + 4].copy_from_slice(&value.to_be_bytes());
            if let Ok((out, _)) = stripped(&changed) {
                assert!(out.len() <= changed.len());
            }
        }
    }
    let only_data = [boxed(b"moov", &track(b"meta", 0, [1, 1], &[])), boxed(b"mdat", b"x")].concat();
    assert!(matches!(stripped(&only_data), Err(StripError::Unsupported(_))));
    let moof = [file.clone()[..moov + size].to_vec(), boxed(b"moof", b"")].concat();
    assert!(matches!(stripped(&moof), Err(StripError::Unsupported(_))));
    let deep = (0..40).fold(Vec::new(), |inner, _| boxed(b"moov", &inner));
    assert!(stripped(&deep).is_err());
}
