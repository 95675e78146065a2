//! The two text encodings of age: unpadded base64 in headers, Bech32 for keys.
//!
//! Both decoders accept exactly what the encoders write, so that one value has one text. Buffers that a secret passes
//! through are sized beforehand, so that growing never leaves a copy behind, and wiped.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bech32::{Bech32, Checksum, Hrp, primitives::decode::CheckedHrpstring};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::KeyFault;

/// RFC 4648 §4 without padding; non-canonical encodings are refused (§3.5).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

pub(super) fn encode_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Decodes canonical unpadded base64.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// Decodes canonical unpadded base64 of exactly `N` bytes.
pub(super) fn decode_base64_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    // Checked first: an argument of the wrong length is refused without being decoded.
    if text.len() != (N * 4).div_ceil(3) {
        return None;
    }
    decode_base64(text)?.try_into().ok()
}

/// Bech32 (BIP 173) without its limit on length, as age uses it. The longest string is a post-quantum recipient of 1959
/// characters. The checksum then detects errors without the guarantees it gives for 90 characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = 2048;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// Bech32 text of `data`: lower case under a lower-case `hrp`, upper case under an upper-case one.
///
/// # Errors
/// [`KeyFault::Encoding`] when `hrp` is not a human-readable part or `data` exceeds what any age key holds.
pub(super) fn encode_bech32(hrp: &str, data: &[u8]) -> Result<Zeroizing<String>, KeyFault> {
    let upper = hrp.bytes().any(|b| b.is_ascii_uppercase());
    let hrp = Hrp::parse(hrp).map_err(|_| KeyFault::Encoding)?;
    let len = bech32::encoded_length::<LongBech32>(hrp, data).map_err(|_| KeyFault::Encoding)?;
    let mut out = Zeroizing::new(String::with_capacity(len));
    let written = if upper {
        bech32::encode_upper_to_fmt::<LongBech32, _>(&mut *out, hrp, data)
    } else {
        bech32::encode_lower_to_fmt::<LongBech32, _>(&mut *out, hrp, data)
    };
    written.map_err(|_| KeyFault::Encoding)?;
    Ok(out)
}

/// Decodes `text` into `out`, if it is exactly what [`encode_bech32`] gives for `hrp` and some `N` bytes.
///
/// # Errors
/// [`KeyFault::Encoding`]; `out` is then zeroed.
pub(super) fn decode_bech32<const N: usize>(hrp: &str, text: &str, out: &mut [u8; N]) -> Result<(), KeyFault> {
    let decoded = decode_bech32_unchecked(text, out)
        .and_then(|()| encode_bech32(hrp, out))
        // Comparing the texts settles the prefix, the case, the length and the padding bits at once.
        .is_ok_and(|canonical| canonical.as_bytes().ct_eq(text.as_bytes()).into());
    if decoded {
        Ok(())
    } else {
        out.zeroize();
        Err(KeyFault::Encoding)
    }
}

fn decode_bech32_unchecked<const N: usize>(text: &str, out: &mut [u8; N]) -> Result<(), KeyFault> {
    let checked = CheckedHrpstring::new::<LongBech32>(text).map_err(|_| KeyFault::Encoding)?;
    let mut bytes = checked.byte_iter();
    if bytes.len() != N {
        return Err(KeyFault::Encoding);
    }
    for (slot, byte) in out.iter_mut().zip(&mut bytes) {
        *slot = byte;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_bech32_with_a_longer_code() {
        LongBech32::sanity_check();
        let plain = bech32::encode::<Bech32>(Hrp::parse("age").unwrap(), &[7; 32]).unwrap();
        assert_eq!(*encode_bech32("age", &[7; 32]).unwrap(), plain);
    }

    #[test]
    fn one_value_has_one_base64_text() {
        assert_eq!(decode_base64_array::<1>(b"AA"), Some([0]));
        for bad in [&b"AB"[..], b"AA=", b"AA==", b"A", b"", b"AA\n", b"A\r", b"-_", b"AAA"] {
            assert_eq!(decode_base64_array::<1>(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn one_value_has_one_bech32_text() {
        let text = encode_bech32("age", &[0xa5; 32]).unwrap();
        let mut out = [0u8; 32];
        decode_bech32("age", &text, &mut out).unwrap();
        assert_eq!(out, [0xa5; 32]);
        assert_eq!(decode_bech32("age", &text.to_uppercase(), &mut out), Err(KeyFault::Encoding));
        assert_eq!(out, [0; 32], "wiped");
        assert_eq!(decode_bech32("agf", &text, &mut out), Err(KeyFault::Encoding));
        assert_eq!(decode_bech32("age", &text, &mut [0u8; 31]), Err(KeyFault::Encoding));
        assert_eq!(decode_bech32("age", &text, &mut [0u8; 33]), Err(KeyFault::Encoding));
        assert_eq!(decode_bech32("age", &format!("{} ", *text), &mut out), Err(KeyFault::Encoding));
        // Padding bits that are not zero: the same 32 bytes, another last symbol, a matching checksum.
        use bech32::{ByteIterExt as _, Fe32, Fe32IterExt as _};
        let mut symbols: Vec<Fe32> = [0xa5u8; 32].iter().copied().bytes_to_fes().collect();
        let last = symbols.last_mut().unwrap();
        *last = Fe32::try_from(last.to_u8() | 1).unwrap();
        let sloppy: String =
            symbols.into_iter().with_checksum::<LongBech32>(&Hrp::parse("age").unwrap()).chars().collect();
        assert!(CheckedHrpstring::new::<LongBech32>(&sloppy).is_ok());
        assert_eq!(decode_bech32("age", &sloppy, &mut out), Err(KeyFault::Encoding));
    }
}
