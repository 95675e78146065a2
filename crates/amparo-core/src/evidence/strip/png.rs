//! PNG and APNG (ISO/IEC 15948, W3C PNG third edition) without metadata: image data, colours, animation, and which way up it is.

use std::io::Write;

use bytes::Bytes;
use img_parts::{
    Error,
    png::{Png, PngChunk},
};

use super::{Removed, StripError, exif};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks without which the picture would look different.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn strip<W: Write>(file: &Bytes, out: &mut W) -> Result<Removed, StripError> {
    let png = Png::from_bytes(file.clone()).map_err(|error| match error {
        Error::BadCRC => StripError::Malformed("a PNG chunk does not have its check value"),
        _ => StripError::Malformed("a PNG chunk is cut"),
    })?;
    let chunks = png.chunks();
    let kind = |chunk: Option<&PngChunk>| chunk.map(PngChunk::kind);
    if kind(chunks.first()) != Some(*b"IHDR") || kind(chunks.last()) != Some(*b"IEND") {
        return Err(StripError::Malformed("a PNG has no beginning or no end"));
    }
    if !chunks.iter().any(|chunk| chunk.kind() == *b"IDAT") {
        return Err(StripError::Malformed("a PNG has no picture"));
    }
    let mut removed = Removed::new();
    let parsed = chunks.iter().map(PngChunk::len).fold(SIGNATURE.len(), usize::saturating_add);
    if parsed < file.len() {
        removed.insert("trailing_data");
    }
    let exif = png.chunk_by_type(*b"eXIf").map(PngChunk::contents);
    let orientation = exif.and_then(|tiff| exif::orientation(tiff)).map(exif::only_orientation);

    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(StripError::Write);
    put(SIGNATURE)?;
    for chunk in chunks {
        let name = chunk.kind();
        if KEPT.contains(&&name) {
            put(&PngChunk::encoder(chunk.clone()).bytes())?;
            if let Some(tiff) = orientation.filter(|_| name == *b"IHDR") {
                put(&PngChunk::new(*b"eXIf", Bytes::copy_from_slice(&tiff)).encoder().bytes())?;
            }
            continue;
        }
        // Upper case: a decoder that does not know it must not show the picture.
        if name.first().is_some_and(u8::is_ascii_uppercase) {
            return Err(StripError::Unsupported("this PNG uses an extension that is not known"));
        }
        match &name {
            // What we write ourselves.
            b"eXIf" if orientation.is_some_and(|tiff| *chunk.contents() == tiff[..]) => {}
            b"eXIf" => drop(removed.insert("exif")),
            b"tEXt" | b"zTXt" | b"iTXt" => drop(removed.insert("text")),
            b"tIME" => drop(removed.insert("time")),
            _ => drop(removed.insert("other")),
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
        PngChunk::new(*kind, Bytes::copy_from_slice(contents)).encoder().bytes().to_vec()
    }

    fn stripped(file: &[u8]) -> Result<(Vec<u8>, Removed), StripError> {
        let mut out = Vec::new();
        let removed = strip(&Bytes::copy_from_slice(file), &mut out)?;
        Ok((out, removed))
    }

    fn full() -> Vec<u8> {
        let exif = [&exif::only_orientation(8)[..], b"GPS-SECRET"].concat();
        [
            SIGNATURE.to_vec(),
            chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]),
            chunk(b"sRGB", &[0]),
            chunk(b"tEXt", b"Author\0TEXT-SECRET"),
            chunk(b"eXIf", &exif),
            chunk(b"tIME", &[7, 230, 1, 1, 0, 0, 0]),
            chunk(b"prVt", b"PRIVATE-SECRET"),
            chunk(b"IDAT", b"first"),
            chunk(b"IDAT", b"second"),
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0XMP-SECRET"),
            chunk(b"IEND", b""),
            b"TRAILING-SECRET".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn only_what_the_picture_is_made_of_stays() {
        let (out, removed) = stripped(&full()).unwrap();
        assert_eq!(removed.into_iter().collect::<Vec<_>>(), ["exif", "other", "text", "time", "trailing_data"]);
        let expected = [
            SIGNATURE.to_vec(),
            chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]),
            chunk(b"eXIf", &exif::only_orientation(8)),
            chunk(b"sRGB", &[0]),
            chunk(b"IDAT", b"first"),
            chunk(b"IDAT", b"second"),
            chunk(b"IEND", b""),
        ]
        .concat();
        assert_eq!(out, expected);
        let (again, removed) = stripped(&out).unwrap();
        assert_eq!((again, removed.len()), (out, 0), "nothing is left to remove");
    }

    #[test]
    fn cuts_flips_and_unknown_critical_chunks_are_refused() {
        let file = full();
        let end = file.len() - b"TRAILING-SECRET".len();
        for length in 0..end {
            assert!(stripped(&file[..length]).is_err(), "{length}");
        }
        for at in 8..end {
            let mut flipped = file.clone();
            flipped[at] ^= 0x20;
            // A flipped case bit of a chunk's type fails its check value like any other bit.
            assert!(stripped(&flipped).is_err(), "{at}");
        }
        let unknown = [&file[..33], &chunk(b"CRIT", b"?"), &file[33..]].concat();
        assert!(matches!(stripped(&unknown), Err(StripError::Unsupported(_))));
    }
}
