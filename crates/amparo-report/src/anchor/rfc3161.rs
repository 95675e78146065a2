//! Timestamps of RFC 3161: the request, and what is checked of the answer.
//!
//! Strict DER, one level at a time and without recursion. Read are the status, the CMS frame (RFC 5652 §5), the TSTInfo, and of the
//! signer the digest that binds the two. **Not** checked are the authority's signature and its certificates: that needs a list of
//! whom to trust, and is `openssl ts -verify`'s. So nothing here shows that a time is true, only what the token claims.

use amparo_crypto::{
    hash::{self, Digest},
    random,
};
use der::{
    Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _,
    asn1::{AnyRef, IntRef, ObjectIdentifier, UintRef},
};
use time::{PrimitiveDateTime, format_description::well_known::Rfc3339, macros::format_description};

use super::{AnchorError, MAX_TOKEN_BYTES, Refusal};

/// Bytes of a request's nonce.
pub const NONCE_LEN: usize = 8;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Everything before the imprint: version 1, and SHA-256 with NULL parameters, as `openssl ts -query` writes it.
const REQUEST_HEAD: [u8; 20] = [
    0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00,
];
/// certReq TRUE: the answer brings the authority's certificate, without which nobody could check it in twenty years.
const WANT_CERTIFICATE: [u8; 3] = [0x01, 0x01, 0xff];

/// A fresh nonce.
///
/// # Errors
/// [`AnchorError::Randomness`].
pub fn fresh_nonce() -> Result<[u8; NONCE_LEN], AnchorError> {
    Ok(random::array()?)
}

/// The `TimeStampReq` (RFC 3161 §2.4.1) for `commitment`, in DER: the very bytes that `openssl ts -query -digest … -sha256 -cert`
/// writes with this nonce.
///
/// # Errors
/// None that can happen: the encoder's are [`AnchorError::Malformed`].
pub fn request(commitment: &Digest, nonce: &[u8; NONCE_LEN]) -> Result<Vec<u8>, AnchorError> {
    let mut number = [0u8; NONCE_LEN + 3];
    let nonce = UintRef::new(nonce).and_then(|n| n.encode_to_slice(&mut number)).map_err(|_| AnchorError::Malformed)?;
    let body = [&REQUEST_HEAD[..], &[0x04, 32], commitment, nonce, &WANT_CERTIFICATE].concat();
    // At most 68 bytes: one byte of length is enough.
    let length = u8::try_from(body.len()).map_err(|_| AnchorError::Malformed)?;
    Ok([&[0x30, length], body.as_slice()].concat())
}

/// What a token claims, as far as it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// When, by the authority's clock: RFC 3339 in UTC.
    pub time: String,
    /// How far off that may be, in microseconds, if the authority says so.
    pub accuracy_micros: Option<u64>,
    /// The policy it was made under, as a dotted OID.
    pub policy: String,
    /// The authority's serial number, in hexadecimal.
    pub serial: String,
    /// The authority changed something of the request and says so.
    pub with_modifications: bool,
    /// The signer's own digest of the time statement was compared. `false` for a digest algorithm that is not known here.
    pub content_digest_checked: bool,
    /// The nonce, without leading zeros, if there is one.
    pub nonce: Option<Vec<u8>>,
}

/// Reads a `TimeStampResp` or a bare `TimeStampToken` and compares it with what was asked: content types, hash algorithm,
/// imprint, the nonce if one is given, and the signer's digest of the time statement. The authority's signature is **not** checked.
///
/// # Errors
/// [`AnchorError`].
pub fn check(bytes: &[u8], commitment: &Digest, nonce: Option<&[u8; NONCE_LEN]>) -> Result<Token, AnchorError> {
    let (token, imprint) = read(bytes)?;
    if imprint != *commitment {
        return Err(AnchorError::OtherCommitment);
    }
    if let Some(nonce) = nonce {
        let zeros = nonce.iter().take_while(|b| **b == 0).count().min(NONCE_LEN - 1);
        if token.nonce.as_deref() != nonce.get(zeros..) {
            return Err(AnchorError::OtherNonce);
        }
    }
    Ok(token)
}

/// The same as a response: a bare token gets the status "granted" around it, so that one command checks both.
///
/// # Errors
/// [`AnchorError::TooLarge`], [`AnchorError::Malformed`].
pub fn as_response(bytes: &[u8]) -> Result<Vec<u8>, AnchorError> {
    let outer = whole(bytes)?;
    if children(outer)?.expect(|_| true)?.tag() == Tag::Sequence {
        return Ok(bytes.to_vec());
    }
    const GRANTED: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x00];
    let body = [&GRANTED[..], bytes].concat();
    AnyRef::new(Tag::Sequence, &body).and_then(|any| encode(&any)).map_err(|_| AnchorError::Malformed)
}

fn encode(any: &AnyRef<'_>) -> der::Result<Vec<u8>> {
    let length = usize::try_from(any.encoded_len()?)?;
    let mut out = vec![0; length];
    any.encode_to_slice(&mut out)?;
    Ok(out)
}

/// The elements of a constructed value, in order.
struct Elements<'a>(std::iter::Peekable<std::vec::IntoIter<AnyRef<'a>>>);

impl<'a> Elements<'a> {
    fn take(&mut self, wanted: impl Fn(AnyRef<'a>) -> bool) -> Option<AnyRef<'a>> {
        self.0.next_if(|any| wanted(*any))
    }

    fn expect(&mut self, wanted: impl Fn(AnyRef<'a>) -> bool) -> Result<AnyRef<'a>, AnchorError> {
        self.take(wanted).ok_or(AnchorError::Malformed)
    }

    fn tagged(&mut self, tag: Tag) -> Result<AnyRef<'a>, AnchorError> {
        self.expect(|any| any.tag() == tag)
    }

    fn context(&mut self, number: u32, constructed: bool) -> Option<AnyRef<'a>> {
        self.take(|any| any.tag() == Tag::ContextSpecific { constructed, number: TagNumber(number) })
    }

    fn end(mut self) -> Result<(), AnchorError> {
        if self.0.next().is_none() { Ok(()) } else { Err(AnchorError::Malformed) }
    }
}

fn whole(bytes: &[u8]) -> Result<AnyRef<'_>, AnchorError> {
    if bytes.len() > MAX_TOKEN_BYTES {
        return Err(AnchorError::TooLarge);
    }
    AnyRef::from_der(bytes).ok().filter(|any| any.tag() == Tag::Sequence).ok_or(AnchorError::Malformed)
}

fn children<'a>(any: AnyRef<'a>) -> Result<Elements<'a>, AnchorError> {
    list(any.value()).map_err(|_| AnchorError::Malformed)
}

fn list(bytes: &[u8]) -> der::Result<Elements<'_>> {
    let mut reader = SliceReader::new(bytes)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader)?);
    }
    Ok(Elements(elements.into_iter().peekable()))
}

fn is_oid(any: AnyRef<'_>, oid: &ObjectIdentifier) -> bool {
    any.tag() == Tag::ObjectIdentifier && any.value() == oid.as_bytes()
}

fn malformed<T>(result: der::Result<T>) -> Result<T, AnchorError> {
    result.map_err(|_| AnchorError::Malformed)
}

/// The only element of an explicit tag.
fn explicit<'a>(any: AnyRef<'a>, tag: Tag) -> Result<AnyRef<'a>, AnchorError> {
    let mut inside = children(any)?;
    let value = inside.tagged(tag)?;
    inside.end()?;
    Ok(value)
}

fn small(any: AnyRef<'_>) -> Result<u64, AnchorError> {
    malformed(any.decode_as::<u64>())
}

fn read(bytes: &[u8]) -> Result<(Token, Digest), AnchorError> {
    let outer = whole(bytes)?;
    let mut elements = children(outer)?;
    let Some(status) = elements.take(|any| any.tag() == Tag::Sequence) else {
        return content_info(elements, false);
    };
    // TimeStampResp: PKIStatusInfo, and the token if it was granted.
    let with_modifications = match status_of(status)? {
        Status::Granted => false,
        Status::Modified => true,
        Status::Refused(reason) => return Err(AnchorError::Refused(reason)),
    };
    let token = elements.tagged(Tag::Sequence)?;
    elements.end()?;
    content_info(children(token)?, with_modifications)
}

enum Status {
    Granted,
    Modified,
    Refused(Refusal),
}

/// `PKIStatusInfo`: a number, words that are not repeated, and reasons as bits (RFC 3161 §2.4.2).
fn status_of(info: AnyRef<'_>) -> Result<Status, AnchorError> {
    let mut elements = children(info)?;
    let status = small(elements.tagged(Tag::Integer)?)?;
    elements.take(|any| any.tag() == Tag::Sequence);
    let failure = elements.take(|any| any.tag() == Tag::BitString);
    elements.end()?;
    let bits = failure.and_then(|any| any.value().split_first()).map(|(_, bits)| bits).unwrap_or_default();
    let is_set = |bit: usize| bits.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
    Ok(match status {
        0 => Status::Granted,
        1 => Status::Modified,
        3 => Status::Refused(Refusal::Waiting),
        _ if is_set(0) => Status::Refused(Refusal::Algorithm),
        _ if is_set(2) || is_set(5) => Status::Refused(Refusal::Request),
        _ if is_set(14) => Status::Refused(Refusal::NoTime),
        _ if is_set(15) || is_set(16) || is_set(17) => Status::Refused(Refusal::Policy),
        _ if is_set(25) => Status::Refused(Refusal::Failure),
        _ => Status::Refused(Refusal::Unexplained),
    })
}

/// `ContentInfo` with `SignedData` (RFC 5652 §3, §5.1).
fn content_info(mut elements: Elements<'_>, with_modifications: bool) -> Result<(Token, Digest), AnchorError> {
    let kind = elements.tagged(Tag::ObjectIdentifier)?;
    if !is_oid(kind, &SIGNED_DATA) {
        return Err(AnchorError::NotATimestamp);
    }
    let content = elements.context(0, true).ok_or(AnchorError::Malformed)?;
    elements.end()?;
    let mut signed = children(explicit(content, Tag::Sequence)?)?;
    signed.tagged(Tag::Integer)?;
    signed.tagged(Tag::Set)?;
    let mut encapsulated = children(signed.tagged(Tag::Sequence)?)?;
    if !is_oid(encapsulated.tagged(Tag::ObjectIdentifier)?, &TST_INFO) {
        return Err(AnchorError::NotATimestamp);
    }
    let octets = explicit(encapsulated.context(0, true).ok_or(AnchorError::Malformed)?, Tag::OctetString)?.value();
    encapsulated.end()?;
    // Certificates and revocation lists are for whoever checks the signature.
    signed.context(0, true);
    signed.context(1, true);
    let signers = signed.tagged(Tag::Set)?;
    signed.end()?;
    let content_digest_checked = signer(signers, octets)?;
    let (token, imprint) = tst_info(octets)?;
    Ok((Token { with_modifications, content_digest_checked, ..token }, imprint))
}

/// The one `SignerInfo` (RFC 5652 §5.3): that its signed attributes name a timestamp, and the digest of this one.
fn signer(signers: AnyRef<'_>, content: &[u8]) -> Result<bool, AnchorError> {
    let mut info = children(explicit(signers, Tag::Sequence)?)?;
    info.tagged(Tag::Integer)?;
    info.expect(|any| any.tag() == Tag::Sequence || matches!(any.tag(), Tag::ContextSpecific { .. }))?;
    let algorithm = children(info.tagged(Tag::Sequence)?)?.tagged(Tag::ObjectIdentifier)?;
    // RFC 3161 §2.4.2 asks for an attribute, so they are always there.
    let mut attributes = children(info.context(0, true).ok_or(AnchorError::Malformed)?)?;
    info.tagged(Tag::Sequence)?;
    info.tagged(Tag::OctetString)?;
    info.context(1, true);
    info.end()?;
    let (mut kind, mut digest) = (None, None);
    while let Some(attribute) = attributes.take(|any| any.tag() == Tag::Sequence) {
        let mut parts = children(attribute)?;
        let name = parts.tagged(Tag::ObjectIdentifier)?;
        let values = parts.tagged(Tag::Set)?;
        parts.end()?;
        let slot = match name {
            name if is_oid(name, &CONTENT_TYPE) => &mut kind,
            name if is_oid(name, &MESSAGE_DIGEST) => &mut digest,
            _ => continue,
        };
        // Twice would be two answers to one question.
        if slot
            .replace(explicit(
                values,
                if is_oid(name, &CONTENT_TYPE) { Tag::ObjectIdentifier } else { Tag::OctetString },
            )?)
            .is_some()
        {
            return Err(AnchorError::Malformed);
        }
    }
    attributes.end()?;
    let (Some(kind), Some(digest)) = (kind, digest) else { return Err(AnchorError::Malformed) };
    if !is_oid(kind, &TST_INFO) {
        return Err(AnchorError::NotATimestamp);
    }
    let same = match algorithm {
        name if is_oid(name, &SHA256) => digest.value() == hash::sha256(content),
        name if is_oid(name, &SHA384) => digest.value() == hash::sha384(content),
        name if is_oid(name, &SHA512) => digest.value() == hash::sha512(content),
        _ => return Ok(false),
    };
    if same { Ok(true) } else { Err(AnchorError::ContentAltered) }
}

/// `TSTInfo` (RFC 3161 §2.4.2).
fn tst_info(octets: &[u8]) -> Result<(Token, Digest), AnchorError> {
    let mut info = children(whole(octets)?)?;
    if small(info.tagged(Tag::Integer)?)? != 1 {
        return Err(AnchorError::UnknownVersion);
    }
    let policy = malformed(info.tagged(Tag::ObjectIdentifier)?.decode_as::<ObjectIdentifier>())?;
    let mut imprint = children(info.tagged(Tag::Sequence)?)?;
    let mut algorithm = children(imprint.tagged(Tag::Sequence)?)?;
    let hash = algorithm.tagged(Tag::ObjectIdentifier)?;
    algorithm.take(|any| any.tag() == Tag::Null && any.value().is_empty());
    algorithm.end()?;
    let hashed = imprint.tagged(Tag::OctetString)?;
    imprint.end()?;
    if !is_oid(hash, &SHA256) {
        return Err(AnchorError::OtherAlgorithm);
    }
    let hashed: Digest = hashed.value().try_into().map_err(|_| AnchorError::Malformed)?;
    let serial = malformed(info.tagged(Tag::Integer)?.decode_as::<IntRef<'_>>())?;
    let time = general_time(info.tagged(Tag::GeneralizedTime)?.value())?;
    let accuracy = info.take(|any| any.tag() == Tag::Sequence).map(accuracy_micros).transpose()?;
    info.take(|any| any.tag() == Tag::Boolean);
    let nonce = info.take(|any| any.tag() == Tag::Integer);
    let nonce =
        nonce.map(|any| malformed(any.decode_as::<UintRef<'_>>()).map(|n| n.as_bytes().to_vec())).transpose()?;
    info.context(0, true);
    info.context(1, true);
    info.end()?;
    let token = Token {
        time,
        accuracy_micros: accuracy,
        policy: policy.to_string(),
        serial: crate::hex::encode(serial.as_bytes()),
        with_modifications: false,
        content_digest_checked: false,
        nonce,
    };
    Ok((token, hashed))
}

/// `Accuracy`: seconds, milliseconds, microseconds, each optional, the latter two from 1 to 999.
fn accuracy_micros(any: AnyRef<'_>) -> Result<u64, AnchorError> {
    let mut parts = children(any)?;
    let seconds = parts.take(|any| any.tag() == Tag::Integer).map(small).transpose()?.unwrap_or(0);
    let mut thousandths = |number| -> Result<u64, AnchorError> {
        let Some(any) = parts.context(number, false) else { return Ok(0) };
        let value = malformed(AnyRef::new(Tag::Integer, any.value()))?;
        small(value).ok().filter(|n| (1..1000).contains(n)).ok_or(AnchorError::Malformed)
    };
    let (millis, micros) = (thousandths(0)?, thousandths(1)?);
    parts.end()?;
    let below = millis.saturating_mul(1000).saturating_add(micros);
    seconds.checked_mul(1_000_000).and_then(|all| all.checked_add(below)).ok_or(AnchorError::Malformed)
}

/// `YYYYMMDDhhmmss[.f…]Z`, without trailing zeros in the fraction (RFC 3161 §2.4.2), as RFC 3339.
fn general_time(value: &[u8]) -> Result<String, AnchorError> {
    let text =
        core::str::from_utf8(value).ok().and_then(|text| text.strip_suffix('Z')).ok_or(AnchorError::Malformed)?;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let fits = |f: &str| (1..=9).contains(&f.len()) && !f.ends_with('0') && f.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 14 || !whole.bytes().all(|b| b.is_ascii_digit()) || !fraction.is_none_or(fits) {
        return Err(AnchorError::Malformed);
    }
    let format = format_description!("[year][month][day][hour][minute][second]");
    let time = PrimitiveDateTime::parse(whole, &format).map_err(|_| AnchorError::Malformed)?;
    let text = time.assume_utc().format(&Rfc3339).map_err(|_| AnchorError::Malformed)?;
    Ok(match (fraction, text.strip_suffix('Z')) {
        (Some(fraction), Some(whole)) => format!("{whole}.{fraction}Z"),
        _ => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_exact_and_its_nonce_is_a_positive_number() {
        let made = request(&[0xab; 32], &[0x01, 2, 3, 4, 5, 6, 7, 8]).unwrap();
        let head = "3043020101303130 0d060960864801650304020105000420".replace(' ', "");
        let expected = format!("{head}{}0208{}0101ff", "ab".repeat(32), "0102030405060708");
        assert_eq!(crate::hex::encode(&made), expected);
        // A high bit would be a minus; leading zeros are not DER.
        let high = request(&[0xab; 32], &[0xff; 8]).unwrap();
        assert_eq!(&high[high.len() - 14..], [&[2, 9, 0][..], &[0xff; 8], &[1, 1, 0xff]].concat());
        let low = request(&[0xab; 32], &[0, 0, 0, 0, 0, 0, 0, 9]).unwrap();
        assert_eq!(&low[low.len() - 6..], [2, 1, 9, 1, 1, 0xff]);
        let zero = request(&[0xab; 32], &[0; 8]).unwrap();
        assert_eq!(&zero[zero.len() - 6..], [2, 1, 0, 1, 1, 0xff]);
    }

    #[test]
    fn times_are_read_strictly() {
        let read = |text: &str| general_time(text.as_bytes());
        assert_eq!(read("20261123102030Z").unwrap(), "2026-11-23T10:20:30Z");
        assert_eq!(read("20261123102030.25Z").unwrap(), "2026-11-23T10:20:30.25Z");
        for bad in [
            "",
            "Z",
            "20261123102030",
            "202611231020Z",
            "20261323102030Z",
            "20261123102030+0000",
            "20261123102030.Z",
            "20261123102030.50Z",
            "20261123102030.1234567891Z",
            "20261123102030.2a5Z",
            "2026112310203\u{e9}Z",
        ] {
            assert_eq!(read(bad), Err(AnchorError::Malformed), "{bad}");
        }
    }

    #[test]
    fn refusals_are_told_apart_and_not_repeated() {
        let answer = |status: u8, bit: Option<usize>| {
            let mut info = vec![2, 1, status, 0x30, 4, 0x0c, 2, b'n', b'o'];
            if let Some(bit) = bit {
                let mut bits = [0u8; 4];
                bits[bit / 8] = 0x80 >> (bit % 8);
                info.extend([3, 5, 0]);
                info.extend(bits);
            }
            let inner = [&[0x30, info.len() as u8][..], &info].concat();
            let bytes = [&[0x30, inner.len() as u8][..], &inner].concat();
            match check(&bytes, &[0; 32], None) {
                Err(AnchorError::Refused(reason)) => reason,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(answer(2, None), Refusal::Unexplained);
        assert_eq!(answer(2, Some(0)), Refusal::Algorithm);
        assert_eq!(answer(2, Some(5)), Refusal::Request);
        assert_eq!(answer(2, Some(14)), Refusal::NoTime);
        assert_eq!(answer(2, Some(15)), Refusal::Policy);
        assert_eq!(answer(2, Some(25)), Refusal::Failure);
        assert_eq!(answer(3, None), Refusal::Waiting);
        assert_eq!(answer(99, Some(31)), Refusal::Unexplained);
    }

    #[test]
    fn what_is_no_token_is_refused_by_name() {
        let check = |bytes: &[u8]| check(bytes, &[0; 32], None).unwrap_err();
        for bad in
            [&b""[..], &[0x30], &[0x30, 0x80], &[0x30, 0], &[0x31, 0], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], b"<html>"]
        {
            assert_eq!(check(bad), AnchorError::Malformed, "{bad:?}");
        }
        assert_eq!(check(&vec![0x30; MAX_TOKEN_BYTES + 1]), AnchorError::TooLarge);
        // Granted, without the token.
        assert_eq!(check(&[0x30, 5, 0x30, 3, 2, 1, 0]), AnchorError::Malformed);
        // ContentInfo of another kind.
        assert_eq!(check(&[0x30, 7, 6, 1, 0x2a, 0xa0, 2, 5, 0]), AnchorError::NotATimestamp);
    }
}
