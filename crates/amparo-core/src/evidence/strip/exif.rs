//! The one thing that is kept of a photo's Exif: which way up it is (tag 0x0112 of the first directory, Exif 2.32 §4.6.4, in a
//! TIFF 6.0 structure). Anything that cannot be read is no orientation.

/// 2 to 8, if the Exif block says that the picture is turned or mirrored.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let big_endian = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let offset: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let offset = if big_endian { u32::from_be_bytes(offset) } else { u32::from_le_bytes(offset) };
    let directory = usize::try_from(offset).ok()?;
    let first = directory.checked_add(2)?;
    (0..usize::from(u16_at(directory)?)).find_map(|entry| {
        let at = first.checked_add(entry.checked_mul(12)?)?;
        // Tag, type SHORT, count 1, value.
        let ours = u16_at(at)? == 0x0112 && u16_at(at.checked_add(2)?)? == 3;
        let value = u16_at(at.checked_add(8)?)?;
        u8::try_from(value).ok().filter(|value| ours && (2..=8).contains(value))
    })
}

/// A TIFF structure that says the orientation and nothing else.
pub(super) fn only_orientation(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    if let Some(value) = tiff.get_mut(19) {
        *value = orientation;
    }
    tiff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nonsense_is_nothing() {
        for value in 2..=8 {
            let tiff = only_orientation(value);
            assert_eq!(orientation(&tiff), Some(value));
            for end in 0..20 {
                assert_eq!(orientation(&tiff[..end]), None, "{end}");
            }
        }
        assert_eq!(orientation(&only_orientation(1)), None, "upright is said by saying nothing");
        assert_eq!(orientation(&only_orientation(9)), None);
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), None);
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0abcd\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(orientation(little), Some(6));
    }
}
