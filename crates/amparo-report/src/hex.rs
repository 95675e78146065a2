//! Lower-case hexadecimal of fixed length, as every hash, salt, key and id in our JSON is written.
//!
//! Reading is strict: upper case, a wrong length or any other character is refused, so that one value has one spelling.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// `bytes` in lower-case hexadecimal.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or('?');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// `bytes` as people compare them: hexadecimal digits in groups of four.
#[must_use]
pub fn groups(bytes: &[u8]) -> String {
    bytes.chunks(2).map(encode).collect::<Vec<_>>().join(" ")
}

/// The `N` bytes that `text` spells, or `None` when it is not exactly `2 × N` lower-case hexadecimal digits.
#[must_use]
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    let value = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut out = [0u8; N];
    for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *slot = (value(high)? << 4) | value(low)?;
    }
    Some(out)
}

/// `N` bytes that serde reads and writes as hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).map(Self).ok_or_else(|| D::Error::custom("not lower-case hexadecimal of the expected length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert_eq!(encode(&[0, 0xff, 0x1a]), "00ff1a");
        assert_eq!(decode::<3>("00ff1a"), Some([0, 0xff, 0x1a]));
        for bad in ["00FF1a", "00ff1", "00ff1a0", "00ff1g", "", "00ff1a\n"] {
            assert_eq!(decode::<3>(bad), None, "{bad:?}");
        }
    }
}
