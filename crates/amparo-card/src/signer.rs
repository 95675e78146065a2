//! Who signed a card, and how people compare it: 128 bits as digits, or as words to read aloud.
//!
//! The words are English whatever the language of either side: both must say the same ones. They are the first 1024 of EFF's short
//! list 2.0, in which no two words begin with the same three letters and any two differ in at least three (tested below), so that
//! a word that was misheard or cut short is still the right one or none.

use core::fmt;

use amparo_crypto::sign::VerifyingKey;
use amparo_report::hex;
use diceware_wordlists::EFF_SHORT_WORDLIST_2_0 as WORDS;

/// Words of a fingerprint.
pub const FINGERPRINT_WORDS: usize = 13;
/// Bits that a word stands for.
const BITS: u32 = 10;
/// Zeros behind the 128 bits, so that they fill whole words.
const SPARE: u32 = 2;

/// What people compare: the first 128 bits of the labelled hash of a signing key, the same as everywhere in Amparo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// That of a signing key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = key.fingerprint();
        Self(first)
    }

    /// The fingerprint with these 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// As thirteen English words, to be read aloud. The 128 bits, with two zero bits behind them, are cut into groups of ten, the
    /// first bit first; each is the place of a word in the list.
    #[must_use]
    pub fn words(self) -> [&'static str; FINGERPRINT_WORDS] {
        let number = u128::from_be_bytes(self.0);
        let mut words = [""; FINGERPRINT_WORDS];
        let mut end = 128 + SPARE;
        for word in &mut words {
            end = end.saturating_sub(BITS);
            let group = if end >= SPARE { number >> (end - SPARE) } else { number << SPARE };
            let place = usize::try_from(group & ((1 << BITS) - 1)).unwrap_or_default();
            *word = WORDS.get(place).copied().unwrap_or_default();
        }
        words
    }

    /// Reads thirteen words as somebody types what they heard: upper or lower case, with any space, comma or line break between
    /// them. `None` when one is no word of the list, or there are more or fewer, or they stand for no fingerprint.
    #[must_use]
    pub fn from_words(text: &str) -> Option<Self> {
        let mut number = 0u128;
        let mut count = 0;
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        for word in words {
            let place = WORDS.iter().take(1 << BITS).position(|known| known.eq_ignore_ascii_case(word))?;
            let place = u128::try_from(place).ok()?;
            count += 1;
            match count {
                // The last word holds what is left of the number, and the zeros.
                FINGERPRINT_WORDS if place & ((1 << SPARE) - 1) == 0 => {
                    number = (number << (BITS - SPARE)) | (place >> SPARE);
                }
                1..FINGERPRINT_WORDS => number = (number << BITS) | place,
                _ => return None,
            }
        }
        (count == FINGERPRINT_WORDS).then_some(Self(number.to_be_bytes()))
    }

    /// Reads what somebody typed after they compared: the words, as [`Fingerprint::from_words`], or the 32 hexadecimal digits, upper or
    /// lower case, with any space, hyphen, colon or comma between them. `None` for anything else. Never both: words have more letters
    /// than a fingerprint has digits.
    #[must_use]
    pub fn from_typed(text: &str) -> Option<Self> {
        let between = |c: &char| c.is_whitespace() || matches!(c, '-' | ':' | ',');
        // What is longer than this is no fingerprint, however it is spelled.
        let digits: String = text.chars().filter(|c| !between(c)).take(33).map(|c| c.to_ascii_lowercase()).collect();
        hex::decode(&digits).map(Self).or_else(|| Self::from_words(text))
    }
}

/// Hexadecimal digits in groups of four.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::groups(&self.0))
    }
}

/// A recipient's public signing key. It signs their cards, and later their receipts.
///
/// Holds the 32 bytes and not the key's point: it travels in errors, which should be small. They were read as a key once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signer([u8; 32]);

impl Signer {
    /// The signer with this key; `None` for bytes that are no usable Ed25519 key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().map(Self::from)
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Self::from_bytes(&hex::decode(text)?)
    }

    /// The key's 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The key as 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(&self.0)
    }

    /// What people compare.
    #[must_use]
    pub fn fingerprint(self) -> Fingerprint {
        // Always a key: nothing else becomes a signer. Zeros are nobody's fingerprint.
        VerifyingKey::from_bytes(&self.0).map_or(Fingerprint([0; 16]), |key| Fingerprint::of(&key))
    }
}

impl From<VerifyingKey> for Signer {
    fn from(key: VerifyingKey) -> Self {
        Self(key.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use amparo_crypto::{SecretKey, sign::SigningKey};
    use amparo_report::manifest::show_fingerprint;
    use proptest::prelude::*;

    use super::*;

    fn distance(a: &str, b: &str) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.bytes().enumerate() {
            let mut diagonal = i;
            row[0] = i + 1;
            for (j, y) in b.bytes().enumerate() {
                let substituted = diagonal + usize::from(x != y);
                diagonal = row[j + 1];
                row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
            }
        }
        row[b.len()]
    }

    #[test]
    fn no_two_words_are_near_each_other() {
        let used = &WORDS[..1 << BITS];
        for (i, a) in used.iter().enumerate() {
            assert!((3..=10).contains(&a.len()) && a.bytes().all(|b| b.is_ascii_lowercase()), "{a}");
            for b in &used[..i] {
                assert!(a[..3] != b[..3] && distance(a, b) >= 3, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_words_of_the_format_page() {
        let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32])).verifying_key();
        let fingerprint = Signer::from(key).fingerprint();
        assert_eq!(fingerprint.to_string(), show_fingerprint(&key));
        let page = include_str!("../../../docs/formats/card.md");
        assert!(page.contains(&format!("`{fingerprint}`")), "{fingerprint}");
        assert!(page.contains(&format!("`{}`", fingerprint.words().join(" "))), "{:?}", fingerprint.words());
        let of = |byte| Fingerprint::from_bytes([byte; 16]).words();
        assert_eq!(of(0), ["aardvark"; 13]);
        // Ten ones are the last word; eight ones and two zeros the last that can stand at the end.
        assert_eq!(of(0xff)[..12], [WORDS[1023]; 12]);
        assert_eq!(of(0xff)[12], WORDS[1020]);
    }

    proptest! {
        #[test]
        fn words_say_the_whole_fingerprint_and_nothing_else(bytes: [u8; 16], bit in 0usize..128, at in 0usize..13) {
            let fingerprint = Fingerprint::from_bytes(bytes);
            let words = fingerprint.words();
            prop_assert_eq!(Fingerprint::from_words(&words.join(" ")), Some(fingerprint));
            prop_assert_eq!(Fingerprint::from_words(&words.join(",\n ").to_uppercase()), Some(fingerprint));
            let mut other = bytes;
            other[bit / 8] ^= 0x80 >> (bit % 8);
            let theirs = Fingerprint::from_bytes(other).words();
            let differing: Vec<usize> = (0..13).filter(|i| words[*i] != theirs[*i]).collect();
            prop_assert_eq!(differing, vec![bit / 10]);
            let mut wrong = words.to_vec();
            wrong[at] = "amparo";
            prop_assert_eq!(Fingerprint::from_words(&wrong.join(" ")), None);
            wrong.remove(at);
            prop_assert_eq!(Fingerprint::from_words(&wrong.join(" ")), None);
            prop_assert_eq!(Fingerprint::from_words(&format!("{} aardvark", words.join(" "))), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_typed_is_read_as_words_or_digits(bytes: [u8; 16], at in 0usize..32, between in "[ :,\\-\n]{0,3}") {
            let fingerprint = Fingerprint::from_bytes(bytes);
            let read = |text: &str| Fingerprint::from_typed(text);
            prop_assert_eq!(read(&fingerprint.to_string()), Some(fingerprint));
            prop_assert_eq!(read(&fingerprint.words().join("\n")), Some(fingerprint));
            let digits = hex::encode(&bytes).to_uppercase();
            let (front, back) = digits.split_at(at);
            prop_assert_eq!(read(&format!(" {front}{between}{back}\n")), Some(fingerprint));
            prop_assert_eq!(read(&format!("{front}g{}", &back[1..])), None);
            prop_assert_eq!(read(&format!("{front}0{back}")), None);
            prop_assert_eq!(read(&digits[1..]), None);
            prop_assert_eq!(read(&format!("{front}{between}{back} {}", fingerprint.words().join(" "))), None);
        }

        #[test]
        fn whatever_is_typed_is_read_or_none(text in "\\PC{0,80}") {
            if let Some(fingerprint) = Fingerprint::from_typed(&text) {
                prop_assert_eq!(Fingerprint::from_typed(&fingerprint.to_string()), Some(fingerprint));
            }
        }
    }

    #[test]
    fn words_that_stand_for_more_than_128_bits_are_none() {
        let mut words = ["aardvark"; 13];
        words[12] = WORDS[1];
        assert_eq!(Fingerprint::from_words(&words.join(" ")), None);
        assert_eq!(Fingerprint::from_words(""), None);
        // In the list, and not among the first 1024.
        words[12] = WORDS[1100];
        assert_eq!(Fingerprint::from_words(&words.join(" ")), None);
    }
}
