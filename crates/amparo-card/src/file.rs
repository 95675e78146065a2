//! The card file: a header with key and signature, and what is signed: a length, the body, and the keys it lists.
//!
//! The order of checks is the format's point: lengths and signature first, on bytes that nobody interpreted. Everything behind the
//! signature is signed, the length too, so nothing in a card can be chosen freely but the key.

use amparo_crypto::{
    hash, labels,
    sign::{SigningKey, VerifyingKey},
};

use crate::{Card, CardContent, CardError, limits};

/// What every version begins with; the number of the format and a line break follow.
const FAMILY: &[u8] = b"amparo.card/";
/// What this version begins with.
const MAGIC: &[u8; 14] = b"amparo.card/1\n";

impl Card {
    /// Reads a card and checks its signature under the key that it names. Whether that key is one to trust, nobody can tell from
    /// the card: see [`Card::supersedes`] and [`crate::Fingerprint::words`].
    ///
    /// # Errors
    /// [`CardError::NotACard`], [`CardError::UnknownFormat`], [`CardError::WrongLength`], [`CardError::TooLarge`],
    /// [`CardError::BadSignature`], [`CardError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CardError> {
        if bytes.len() > limits::FILE_BYTES {
            return Err(CardError::TooLarge { what: "the file" });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong_magic(bytes))?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or(CardError::WrongLength)?;
        let (signature, signed) = rest.split_first_chunk::<64>().ok_or(CardError::WrongLength)?;
        let (length, rest) = signed.split_first_chunk::<4>().ok_or(CardError::WrongLength)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > limits::BODY_BYTES {
            return Err(CardError::TooLarge { what: "the body" });
        }
        let (body, keys) = rest.split_at_checked(length).ok_or(CardError::WrongLength)?;
        let digest = hash::sha256(signed);
        let key = VerifyingKey::from_bytes(key).map_err(|_| CardError::BadSignature)?;
        key.verify(labels::CARD_SIGNATURE, &digest, signature).map_err(|_| CardError::BadSignature)?;
        Ok(Self::new(bytes, key.into(), digest, CardContent::parse(body, keys)?))
    }
}

impl CardContent {
    /// Signs this content: the recipient's side. The key MUST be the one that signed all earlier versions, or nobody who trusts
    /// one of them takes this one.
    ///
    /// # Errors
    /// [`CardError::Malformed`], [`CardError::TooLarge`]: the content breaks a rule, as every reader would say.
    pub fn sign(&self, key: &SigningKey) -> Result<Card, CardError> {
        self.validate()?;
        let (body, keys) = self.to_bytes()?;
        let length = u32::try_from(body.len()).map_err(|_| CardError::TooLarge { what: "the body" })?;
        let signed = [&length.to_be_bytes(), body.as_slice(), &keys].concat();
        let signature = key.sign(labels::CARD_SIGNATURE, &hash::sha256(&signed));
        Card::parse(&[MAGIC.as_slice(), &key.verifying_key().to_bytes(), &signature, &signed].concat())
    }
}

fn wrong_magic(bytes: &[u8]) -> CardError {
    let rest = bytes.strip_prefix(FAMILY).unwrap_or_default();
    let version = rest.iter().position(|b| *b == b'\n').and_then(|end| rest.get(..end)).unwrap_or_default();
    let numbered = (1..=4).contains(&version.len()) && version.iter().all(u8::is_ascii_digit);
    if numbered { CardError::UnknownFormat } else { CardError::NotACard }
}
