//! A card as the texts of a few QR codes, and back.
//!
//! A part is `AMPARO-CARD/1/<i>/<n>/<8 hex>/<base45>`, in the characters that QR codes store most densely. What is put together is
//! checked as any card is, so the digest in a part is no protection: it tells two cards apart that are scanned at once, and says so
//! before somebody scanned them all.

use core::fmt::Write as _;

use amparo_crypto::hash;

use crate::{Card, CardError, limits};

/// What every part begins with; the number of the format follows.
const FAMILY: &str = "AMPARO-CARD/";
/// This format.
const VERSION: &str = "1";
/// Longest beginning of a part, up to its payload.
const HEAD_CHARS: usize = FAMILY.len() + "1/64/64/0123ABCD/".len();

/// Most parts of a card.
pub const MAX_PARTS: usize = 64;
/// Characters of a code: what version 13 with error correction M holds (69 × 69 modules). The largest version that was read from every
/// tilted photograph that was tried, and the largest that fits, with its quiet zone, into a terminal of 80 columns.
pub const PART_CHARS: usize = 483;
/// The fewest characters of a part with which every card fits into [`MAX_PARTS`].
const MIN_CHARS: usize = 450;

/// The texts of a card's QR codes: as few as there can be of at most `chars` characters each, and about as long as each other.
/// `chars` is at least 450, whatever is asked for: with fewer, a large card would have more than [`MAX_PARTS`].
#[must_use]
pub fn parts(card: &Card, chars: usize) -> Vec<String> {
    // Three characters stand for two bytes.
    let most = chars.max(MIN_CHARS).saturating_sub(HEAD_CHARS) / 3 * 2;
    let bytes = card.bytes();
    let count = bytes.len().div_ceil(most);
    let each = bytes.len().div_ceil(count).next_multiple_of(2);
    let digest = digest_of(bytes);
    let head = |number: usize| format!("{FAMILY}{VERSION}/{number}/{count}/{digest}/");
    bytes.chunks(each).zip(1..).map(|(chunk, number)| head(number) + &base45::encode(chunk)).collect()
}

/// What stands in every part of one card: eight upper-case hexadecimal digits.
fn digest_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(8);
    for byte in hash::sha256(bytes).iter().take(4) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

/// Why a scanned text is refused. What was put together so far is kept, but for [`PartError::Damaged`] and [`PartError::Card`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// Another QR code.
    #[error("this QR code is not of a recipient card")]
    NotAPart,
    /// Of a card, in a format that this version does not know.
    #[error("this QR code has a format that this version does not know; update the app")]
    UnknownFormat,
    /// It claims to be a part, and is not in the shape of one.
    #[error("this QR code is damaged; scan it again")]
    Malformed,
    /// A part of another card, or of another version of it, than those that were scanned before.
    #[error("this QR code belongs to another card than the ones before it; start again with the codes of one card")]
    OtherCard,
    /// The same number of the same card, with other content.
    #[error("two QR codes say that they are part {part} and differ; start again")]
    Contradiction {
        /// Its number, from 1.
        part: usize,
    },
    /// All parts are there, and are not what they say they are. The assembler is empty again.
    #[error("the QR codes do not fit together; start again")]
    Damaged,
    /// All parts are there, and the card is refused. The assembler is empty again.
    #[error(transparent)]
    Card(#[from] CardError),
}

impl PartError {
    /// A short name that stays the same, for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotAPart => "not_a_part",
            Self::UnknownFormat => "unknown_part_format",
            Self::Malformed => "malformed_part",
            Self::OtherCard => "other_card_part",
            Self::Contradiction { .. } => "contradicting_parts",
            Self::Damaged => "damaged_parts",
            Self::Card(error) => error.name(),
        }
    }
}

/// What there is after a part was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assembled {
    /// More is needed: the numbers of the parts that are missing, from 1, and how many there are in all.
    Missing {
        /// The missing ones, rising.
        parts: Vec<usize>,
        /// All.
        of: usize,
    },
    /// The card, whose signature holds. Whether it is to be trusted is another question. The assembler is empty again.
    Complete(Card),
}

/// Puts scanned parts together, in any order; one that was scanned before changes nothing.
#[derive(Clone, Default)]
pub struct Assembler {
    digest: String,
    parts: Vec<Option<Vec<u8>>>,
}

impl Assembler {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the text of one QR code, exactly as it was scanned: a space at its end is part of it.
    ///
    /// # Errors
    /// [`PartError`].
    pub fn add(&mut self, text: &str) -> Result<Assembled, PartError> {
        let part = Part::parse(text)?;
        if self.parts.is_empty() {
            self.digest = part.digest.to_owned();
            self.parts = vec![None; part.count];
        }
        if part.digest != self.digest || part.count != self.parts.len() {
            return Err(PartError::OtherCard);
        }
        let place = self.parts.get_mut(part.number.saturating_sub(1)).ok_or(PartError::Malformed)?;
        match place {
            Some(there) if *there != part.payload => return Err(PartError::Contradiction { part: part.number }),
            _ => *place = Some(part.payload),
        }
        let missing = self.missing();
        if !missing.is_empty() {
            return Ok(Assembled::Missing { parts: missing, of: self.parts.len() });
        }
        let all = core::mem::take(self);
        let bytes: Vec<u8> = all.parts.into_iter().flatten().flatten().collect();
        if digest_of(&bytes) != all.digest {
            return Err(PartError::Damaged);
        }
        Ok(Assembled::Complete(Card::parse(&bytes)?))
    }

    /// The numbers of the parts that are missing, from 1. Empty too before the first one was added.
    #[must_use]
    pub fn missing(&self) -> Vec<usize> {
        self.parts.iter().zip(1..).filter(|(part, _)| part.is_none()).map(|(_, number)| number).collect()
    }
}

/// Prints how many parts are there only.
impl core::fmt::Debug for Assembler {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Assembler({} of {})", self.parts.iter().flatten().count(), self.parts.len())
    }
}

struct Part<'a> {
    number: usize,
    count: usize,
    digest: &'a str,
    payload: Vec<u8>,
}

impl<'a> Part<'a> {
    fn parse(text: &'a str) -> Result<Self, PartError> {
        let rest = text.strip_prefix(FAMILY).ok_or(PartError::NotAPart)?;
        // The payload may have any of the characters, the separator too.
        let mut fields = rest.splitn(5, '/');
        let mut field = || fields.next().ok_or(PartError::Malformed);
        if field()? != VERSION {
            return Err(PartError::UnknownFormat);
        }
        let (number, count, digest, payload) = (decimal(field()?)?, decimal(field()?)?, field()?, field()?);
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
        if number > count
            || digest.len() != 8
            || !digest.bytes().all(hexadecimal)
            || payload.len() > limits::FILE_BYTES * 2
        {
            return Err(PartError::Malformed);
        }
        let bytes = base45::decode(payload).map_err(|_| PartError::Malformed)?;
        // One payload has one spelling. An empty part says nothing, and a card of nothing but such parts would never be complete.
        if bytes.is_empty() || base45::encode(&bytes) != payload {
            return Err(PartError::Malformed);
        }
        Ok(Self { number, count, digest, payload: bytes })
    }
}

/// 1 to [`MAX_PARTS`], without leading zeros.
fn decimal(text: &str) -> Result<usize, PartError> {
    let number: usize = text.parse().map_err(|_| PartError::Malformed)?;
    let sound = (1..=MAX_PARTS).contains(&number) && number.to_string() == text;
    if sound { Ok(number) } else { Err(PartError::Malformed) }
}
