//! A generator of the same numbers in every run (splitmix64). Not random, and never used for a key.

use std::io::{self, Read};

/// The generator.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// Begins the sequence named `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number below `limit`, which is taken for 1 when it is 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.bits() % if limit == 0 { 1 } else { limit }
    }

    /// The next 16 bytes, for an id.
    pub fn id(&mut self) -> [u8; 16] {
        ((u128::from(self.bits()) << 64) | u128::from(self.bits())).to_be_bytes()
    }

    /// About `bytes` bytes of words in lower case, as frequent as in a language: few often, many seldom.
    pub fn words(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 12);
        while text.len() < bytes {
            let rank = self.below(WORDS).min(self.below(WORDS)).min(self.below(WORDS));
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word(rank));
        }
        text
    }
}

/// How many words the made-up language has.
const WORDS: u64 = 4000;

/// The word with this rank; 0 is the most frequent.
#[must_use]
pub fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "ve"];
    let mut text = String::new();
    let mut rest = rank + 16;
    while rest > 0 {
        text.push_str(SYLLABLES.get(usize::try_from(rest % 16).unwrap_or_default()).copied().unwrap_or_default());
        rest /= 16;
    }
    text
}

/// Generated media: `length` bytes that no compressor and no cache of zeros makes cheaper, beginning like an MP4 file.
#[derive(Debug, Clone)]
pub struct Media {
    numbers: Numbers,
    left: u64,
    first: Option<[u8; 16]>,
}

impl Media {
    /// `length` bytes of the sequence named `seed`.
    #[must_use]
    pub const fn new(seed: u64, length: u64) -> Self {
        Self { numbers: Numbers::new(seed), left: length, first: Some(*b"\0\0\0\x10ftypisom\0\0\0\0") }
    }
}

impl Read for Media {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        let (out, _) = buf.split_at_mut(taken);
        for piece in out.chunks_mut(8) {
            let bytes = self.numbers.bits().to_le_bytes();
            for (to, from) in piece.iter_mut().zip(bytes) {
                *to = from;
            }
        }
        if let Some(first) = self.first.take_if(|_| taken > 0) {
            for (to, from) in out.iter_mut().zip(first) {
                *to = from;
            }
        }
        self.left -= taken as u64;
        Ok(taken)
    }
}
