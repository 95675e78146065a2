//! What a card says, and the rules for each of its fields, for reading and for writing alike.
//!
//! Everything here is shown to people and opened by apps, and comes from somebody who may be anybody until a fingerprint was
//! compared. So addresses are of known shape (no other scheme, no second name before an `@`, no look-alike letters), and texts cannot
//! reach beyond themselves.

use core::{fmt, marker::PhantomData};
use std::collections::{BTreeMap, BTreeSet};

use amparo_crypto::{
    CryptoError,
    age::{KeyKind, Recipient},
    random,
};
use amparo_report::{
    characters,
    hex::{self, Hex},
    spelling::{date, is_code, is_id, is_locale},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use time::Date;

use crate::{CardError, limits};

/// `schema` of the body.
pub(crate) const SCHEMA: &str = "amparo.card/1";

/// Kinds of recipients, the codes of the core's `RecipientKind`. The list grows: an unknown code is kept and shown as it is.
pub mod kind {
    /// A hotline, such as that of ProtectDefenders.eu.
    pub const HOTLINE: &str = "hotline";
    /// A civil society organisation.
    pub const CSO: &str = "cso";
    /// A lawyer.
    pub const LAWYER: &str = "lawyer";
    /// A platform's trust-and-safety team.
    pub const PLATFORM: &str = "platform";
    /// A procedure of the United Nations.
    pub const UN_PROCEDURE: &str = "un_procedure";
    /// Media.
    pub const MEDIA: &str = "media";
    /// A trusted person.
    pub const TRUSTED_PERSON: &str = "trusted_person";
    /// All of them.
    pub const KNOWN: &[&str] = &[HOTLINE, CSO, LAWYER, PLATFORM, UN_PROCEDURE, MEDIA, TRUSTED_PERSON];
}

/// Kinds of endpoints. The list grows: an unknown one is kept, and its value is a text.
pub mod endpoint {
    /// A web address.
    pub const HTTPS: &str = "https";
    /// The address of an onion service, version 3.
    pub const ONION: &str = "onion";
    /// An e-mail address.
    pub const EMAIL: &str = "email";
    /// A telephone number in international form.
    pub const PHONE: &str = "phone";
    /// A Signal user name or number, as a text.
    pub const SIGNAL: &str = "signal";
    /// A postal address, as a text of one line.
    pub const POSTAL: &str = "postal";
}

/// Kinds of keys.
pub mod key_kind {
    /// X25519: [`super::KeyKind::Classic`].
    pub const CLASSIC: &str = "x25519";
    /// ML-KEM-768 with X25519: [`super::KeyKind::PostQuantum`].
    pub const POST_QUANTUM: &str = "mlkem768x25519";
}

/// Prints the type's name only: whom somebody writes to is not for logs.
macro_rules! silent {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    )*};
}
silent!(CardId, CardContent, CardKey, PublicKey, Endpoint, Accepts);

/// What is the same in all versions of one recipient's card: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId([u8; 16]);

impl CardId {
    /// A fresh one, for a recipient's first card.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn generate() -> Result<Self, CryptoError> {
        random::array().map(Self)
    }

    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// What a card says.
#[derive(Clone, PartialEq, Eq)]
pub struct CardContent {
    /// The same in all versions.
    pub id: CardId,
    /// From 1. A higher one replaces a lower one.
    pub version: u64,
    /// What the recipient is called. Proves nothing: the fingerprint does.
    pub name: String,
    /// A code of [`kind`], or one that is not known here.
    pub kind: String,
    /// Languages that reports may be written in (`ar`, `pt-BR`), the preferred one first. Empty: it does not say.
    pub languages: Vec<String>,
    /// Keys to seal to: of each kind first the current one, then the next. At least one.
    pub keys: Vec<CardKey>,
    /// How to reach the recipient, the preferred one first.
    pub endpoints: Vec<Endpoint>,
    /// What the recipient takes.
    pub accepts: Accepts,
    /// Where the recipient says what they do with reports: an address as of [`endpoint::HTTPS`] or [`endpoint::ONION`].
    pub policy_url: Option<String>,
    /// The day it was made.
    pub issued: Date,
    /// The last day on which it is valid.
    pub expires: Date,
}

/// A key to seal to.
#[derive(Clone, PartialEq, Eq)]
pub struct CardKey {
    /// The key.
    pub public: PublicKey,
    /// The last day on which it may be sealed to.
    pub not_after: Date,
}

/// A public key in a card.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// One that reports can be sealed to.
    Known(Recipient),
    /// One of a kind that this version does not know. It is kept and never used.
    Unknown {
        /// The code of its kind.
        kind: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl PublicKey {
    /// The code of its kind: [`key_kind`], or one that is not known here.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Known(recipient) => code_of(recipient.kind()),
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The key, where it is of a known kind.
    #[must_use]
    pub fn recipient(&self) -> Option<&Recipient> {
        match self {
            Self::Known(recipient) => Some(recipient),
            Self::Unknown { .. } => None,
        }
    }

    /// The bytes that stand in the card.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Known(recipient) => recipient.as_bytes(),
            Self::Unknown { bytes, .. } => bytes,
        }
    }

    fn read(kind: &str, bytes: &[u8]) -> Result<Self, CardError> {
        let known = match kind {
            key_kind::CLASSIC => KeyKind::Classic,
            key_kind::POST_QUANTUM => KeyKind::PostQuantum,
            _ => return Ok(Self::Unknown { kind: kind.to_owned(), bytes: bytes.to_vec() }),
        };
        let unusable = |_| CardError::malformed("a key has a wrong length, or cannot safely be sealed to");
        Recipient::from_bytes(known, bytes).map(Self::Known).map_err(unusable)
    }
}

const fn code_of(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Classic => key_kind::CLASSIC,
        KeyKind::PostQuantum => key_kind::POST_QUANTUM,
    }
}

/// A way to reach the recipient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// A code of [`endpoint`], or one that is not known here.
    pub kind: String,
    /// The address.
    pub value: String,
}

/// What the recipient takes. What is absent is not limited.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Accepts {
    /// The largest sealed report in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_report_bytes: Option<u64>,
    /// The largest single piece of evidence in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_evidence_bytes: Option<u64>,
    /// Media types (`image/jpeg`, `video/*`). Empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
    /// The id of the channel form that a report should fulfil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

impl Accepts {
    /// Whether a file of this media type is taken. Parameters (`; charset=…`) and case are not looked at.
    #[must_use]
    pub fn takes(&self, media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        self.media_types.is_empty()
            || self.media_types.iter().any(|taken| match taken.strip_suffix('*') {
                Some(front) => essence.strip_prefix(front).is_some_and(|rest| !rest.is_empty()),
                None => *taken == essence,
            })
    }
}

/// A JSON object. Derived readers would take an array of the values as well, which is a second spelling that no other reader knows.
#[derive(Default, Serialize)]
#[serde(transparent)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Map(PhantomData)).map(Self)
    }
}

/// What is looked at before the rest: another format may have changed everything else.
#[derive(Deserialize)]
struct Early {
    schema: String,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    schema: String,
    card: Hex<16>,
    version: u64,
    name: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    languages: Vec<String>,
    keys: Vec<Object<WireKey>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    endpoints: Vec<Object<Endpoint>>,
    #[serde(default)]
    accepts: Object<Accepts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_url: Option<String>,
    issued: String,
    expires: String,
}

#[derive(Serialize, Deserialize)]
struct WireKey {
    kind: String,
    size: u64,
    not_after: String,
}

impl CardContent {
    /// Reads the body, and the keys behind it.
    pub(crate) fn parse(body: &[u8], mut keys: &[u8]) -> Result<Self, CardError> {
        const SHAPE: CardError = CardError::malformed("it cannot be read");
        let Object(early): Object<Early> = serde_json::from_slice(body).map_err(|_| SHAPE)?;
        if early.schema != SCHEMA {
            return Err(CardError::UnknownFormat);
        }
        let Object(wire): Object<Wire> = serde_json::from_slice(body).map_err(|_| SHAPE)?;
        if wire.keys.len() > limits::KEYS {
            return Err(CardError::TooLarge { what: "the list of keys" });
        }
        let mut read = Vec::with_capacity(wire.keys.len());
        for Object(key) in &wire.keys {
            let size = usize::try_from(key.size).map_err(|_| CardError::WrongLength)?;
            let (bytes, rest) = keys.split_at_checked(size).ok_or(CardError::WrongLength)?;
            keys = rest;
            let not_after = date(&key.not_after).ok_or(CardError::malformed("not_after"))?;
            read.push(CardKey { public: PublicKey::read(&key.kind, bytes)?, not_after });
        }
        if !keys.is_empty() {
            return Err(CardError::WrongLength);
        }
        let content = Self {
            id: CardId(wire.card.0),
            version: wire.version,
            name: wire.name,
            kind: wire.kind,
            languages: wire.languages,
            keys: read,
            endpoints: wire.endpoints.into_iter().map(|endpoint| endpoint.0).collect(),
            accepts: wire.accepts.0,
            policy_url: wire.policy_url,
            issued: date(&wire.issued).ok_or(CardError::malformed("issued"))?,
            expires: date(&wire.expires).ok_or(CardError::malformed("expires"))?,
        };
        content.validate()?;
        Ok(content)
    }

    /// The body, and the keys behind it. A content that breaks a rule is noticed when the card is read back.
    pub(crate) fn to_bytes(&self) -> Result<(Vec<u8>, Vec<u8>), CardError> {
        let key = |key: &CardKey| {
            Object(WireKey {
                kind: key.public.kind().to_owned(),
                size: key.public.as_bytes().len() as u64,
                not_after: key.not_after.to_string(),
            })
        };
        let wire = Wire {
            schema: SCHEMA.to_owned(),
            card: Hex(self.id.0),
            version: self.version,
            name: self.name.clone(),
            kind: self.kind.clone(),
            languages: self.languages.clone(),
            keys: self.keys.iter().map(key).collect(),
            endpoints: self.endpoints.iter().cloned().map(Object).collect(),
            accepts: Object(self.accepts.clone()),
            policy_url: self.policy_url.clone(),
            issued: self.issued.to_string(),
            expires: self.expires.to_string(),
        };
        // Without white space: a card should fit into few QR codes.
        let body = serde_json::to_vec(&wire).map_err(|_| CardError::malformed("it cannot be written"))?;
        let keys = self.keys.iter().flat_map(|key| key.public.as_bytes()).copied().collect();
        Ok((body, keys))
    }

    /// Whether every field keeps its rule, as a reader will ask.
    ///
    /// # Errors
    /// [`CardError::Malformed`] and [`CardError::TooLarge`], with the field.
    pub fn validate(&self) -> Result<(), CardError> {
        let short = [
            (self.languages.len() <= limits::LANGUAGES, "the list of languages"),
            (self.keys.len() <= limits::KEYS, "the list of keys"),
            (self.endpoints.len() <= limits::ENDPOINTS, "the list of endpoints"),
            (self.accepts.media_types.len() <= limits::MEDIA_TYPES, "the list of media types"),
        ];
        if let Some((_, what)) = short.iter().find(|(holds, _)| !holds) {
            return Err(CardError::TooLarge { what });
        }
        let number = |number: &u64| (1..=limits::NUMBER).contains(number);
        let numbered = |limit: &Option<u64>| limit.as_ref().is_none_or(number);
        let sound = [
            (number(&self.version), "version"),
            (is_text(&self.name, limits::NAME_BYTES), "name"),
            (is_code(&self.kind), "kind"),
            (self.languages.iter().all(|tag| is_locale(tag)), "a language is no language tag"),
            (distinct(&self.languages), "a language stands twice"),
            (self.endpoints.iter().all(Endpoint::is_sound), "an endpoint is not of the shape of its kind"),
            (numbered(&self.accepts.max_report_bytes), "max_report_bytes"),
            (numbered(&self.accepts.max_evidence_bytes), "max_evidence_bytes"),
            (self.accepts.media_types.iter().all(|text| is_media_type(text)), "a media type"),
            (self.accepts.form.as_deref().is_none_or(is_id), "form"),
            (self.policy_url.as_deref().is_none_or(|url| is_https(url) || is_onion(url)), "policy_url"),
            (self.issued <= self.expires, "issued is after expires"),
            (!self.keys.is_empty(), "there is no key"),
        ];
        if let Some((_, what)) = sound.iter().find(|(holds, _)| !holds) {
            return Err(CardError::malformed(what));
        }
        self.validate_keys()
    }

    /// Of each kind the keys end one after another, so that "the first that is valid" is the current one and then the next.
    fn validate_keys(&self) -> Result<(), CardError> {
        let mut seen = BTreeSet::new();
        let mut ends: BTreeMap<&str, Date> = BTreeMap::new();
        for key in &self.keys {
            let kind = key.public.kind();
            let sound = [
                (is_code(kind), "a key's kind"),
                (!key.public.as_bytes().is_empty(), "a key is empty"),
                (key.not_after >= self.issued, "a key expired before the card was issued"),
                (seen.insert(key.public.as_bytes()), "a key stands twice"),
                (ends.insert(kind, key.not_after).is_none_or(|end| end <= key.not_after), "the order of the keys"),
            ];
            if let Some((_, what)) = sound.iter().find(|(holds, _)| !holds) {
                return Err(CardError::malformed(what));
            }
        }
        Ok(())
    }
}

impl Endpoint {
    /// Whether the value has the shape of its kind: what an app may open, dial or show without thinking further.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let value = self.value.as_str();
        is_code(&self.kind)
            && is_text(value, limits::VALUE_BYTES)
            && match self.kind.as_str() {
                endpoint::HTTPS => is_https(value),
                endpoint::ONION => is_onion(value),
                endpoint::EMAIL => is_email(value),
                endpoint::PHONE => is_phone(value),
                _ => true,
            }
    }
}

fn distinct(texts: &[String]) -> bool {
    let mut seen = BTreeSet::new();
    texts.iter().all(|text| seen.insert(text))
}

fn is_text(text: &str, most: usize) -> bool {
    text.len() <= most && !text.trim().is_empty() && characters::flaw(text).is_none()
}

/// The host of an address that is written in plain ASCII, without a user's name before it: `https://a@b` is at b, and reads as a.
fn host<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    let rest = url.strip_prefix(scheme)?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let sound = url.len() <= limits::VALUE_BYTES
        && url.bytes().all(plain)
        && port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
        && host.split('.').all(label);
    sound.then_some(host)
}

fn is_https(value: &str) -> bool {
    host(value, "https://").is_some_and(|host| host.contains('.') && !host.ends_with(".onion"))
}

/// An address of version 3 is 56 characters long; the older ones no longer work.
fn is_onion(value: &str) -> bool {
    let host = host(value, "http://").or_else(|| host(value, "https://"));
    let name = host.and_then(|host| host.strip_suffix(".onion")).and_then(|front| front.rsplit('.').next());
    name.is_some_and(|name| name.len() == 56 && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')))
}

/// Fewer characters than RFC 5322 allows: `?`, `&` and `%` would put words of their own into a `mailto:` link.
fn is_email(value: &str) -> bool {
    let Some((user, domain)) = value.split_once('@') else { return false };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+-_.".contains(&b);
    !user.is_empty() && user.bytes().all(plain) && domain.contains('.') && host(domain, "").is_some_and(|h| h == domain)
}

/// `+`, the country's code and the number, with single spaces or hyphens for the eye.
fn is_phone(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('+') else { return false };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    (5..=15).contains(&digits)
        && rest.split([' ', '-']).all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()))
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&^_.+-".contains(&b))
    };
    text.len() <= limits::MEDIA_TYPE_BYTES
        && text.split_once('/').is_some_and(|(front, back)| token(front) && (back == "*" || token(back)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(kind: &str, value: &str) -> bool {
        Endpoint { kind: kind.into(), value: value.into() }.is_sound()
    }

    #[test]
    fn addresses_have_the_shape_of_their_kind() {
        let onion = "a2".repeat(28);
        for (kind, value) in [
            ("https", "https://protectdefenders.eu/contact?a=b#c"),
            ("https", "https://a-b.example.org:8443"),
            ("onion", &format!("http://{onion}.onion/report")),
            ("onion", &format!("https://www.{onion}.onion")),
            ("email", "contact@protectdefenders.eu"),
            ("email", "first.last+desk@example.org"),
            ("phone", "+353 1 210 0489"),
            ("phone", "+3531-210-0489"),
            ("signal", "desk.42"),
            ("postal", "11 Rue de la Linière, 1060 Bruxelles"),
            ("matrix", "@desk:example.org"),
        ] {
            assert!(endpoint(kind, value), "{kind} {value}");
        }
        for (kind, value) in [
            ("https", "http://example.org"),
            ("https", "HTTPS://example.org"),
            ("https", "javascript:alert(1)//https://example.org"),
            ("https", "https://example.org@evil.example"),
            ("https", "https://example.org:443@evil.example/"),
            ("https", "https://example.org:65536/"),
            ("https", "https://example.org:0443/"),
            ("https", "https://exаmple.org/"),
            ("https", "https://example.org/a b"),
            ("https", "https://example.org\\@evil.example"),
            ("https", "https://-example.org"),
            ("https", "https://.example.org"),
            ("https", "https://localhost"),
            ("https", "https:///path"),
            ("https", &format!("https://{onion}.onion")),
            ("onion", &format!("http://{}.onion", "a2".repeat(8))),
            ("onion", &format!("http://{onion}.onion.example.org")),
            ("onion", "http://example.org"),
            ("email", "desk"),
            ("email", "desk@example"),
            ("email", "desk@example.org@evil.example"),
            ("email", "desk@example.org:25"),
            ("email", "desk@example.org/x"),
            ("email", "desk@example.org?bcc=a@evil.example"),
            ("email", "a b@example.org"),
            ("email", "desk?cc=evil%40evil.example&x@example.org"),
            ("phone", "00353 1 210 0489"),
            ("phone", "+1"),
            ("phone", "+353  12100489"),
            ("phone", "+35312100489;ext=1"),
            ("phone", "+1234567890123456"),
            ("signal", "desk\u{202e}24"),
            ("signal", " "),
            ("Signal", "desk"),
            ("postal", &"a".repeat(513)),
        ] {
            assert!(!endpoint(kind, value), "{kind} {value}");
        }
    }

    #[test]
    fn what_is_taken_is_asked_by_media_type() {
        let only = |types: &[&str]| Accepts {
            media_types: types.iter().map(ToString::to_string).collect(),
            ..Accepts::default()
        };
        assert!(only(&[]).takes("anything/at-all"));
        let some = only(&["image/*", "application/pdf"]);
        assert!(some.takes("image/jpeg") && some.takes("IMAGE/JPEG; q=1") && some.takes("application/pdf"));
        assert!(!some.takes("image/") && !some.takes("video/mp4") && !some.takes("application/pdfx"));
        for good in ["image/*", "application/vnd.oasis.opendocument.text", "image/svg+xml"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["", "image", "*/*", "image/", "/jpeg", "Image/jpeg", "image/jpeg; q=1", "a/b/c"] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
