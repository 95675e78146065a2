//! Key pairs and their text forms: `age1…`, `age1pq1…`, `AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`.
//!
//! A public key that is accepted here is one that files can safely be sealed to: points of low order and encodings that their
//! owner could not open are refused when they are read, not when a report is on its way. Secret keys never appear in `Debug`.

use core::{fmt, str::FromStr};

use zeroize::Zeroizing;

use super::{
    AgeError, FileKey, HeaderFault, KeyFault,
    header::{Recognised, Stanza},
    hybrid,
    text::{decode_bech32, encode_bech32},
    x25519,
};
use crate::SecretKey;

const HRP_CLASSIC: &str = "age";
const HRP_HYBRID: &str = "age1pq";
const HRP_SECRET_CLASSIC: &str = "AGE-SECRET-KEY-";
const HRP_SECRET_HYBRID: &str = "AGE-SECRET-KEY-PQ-";

/// The two kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// X25519 (`age1…`): understood by every version of age; a future quantum computer could open what is recorded today.
    Classic,
    /// ML-KEM-768 with X25519 (`age1pq1…`): the default.
    PostQuantum,
}

/// A public key: somebody a file can be encrypted to. `FromStr` and `Display` are its text form.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(PublicKey);

#[derive(Clone, PartialEq, Eq)]
enum PublicKey {
    Classic([u8; x25519::PUBLIC_LEN]),
    PostQuantum(Box<[u8; hybrid::PUBLIC_LEN]>),
}

impl Recipient {
    /// The kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.0 {
            PublicKey::Classic(_) => KeyKind::Classic,
            PublicKey::PostQuantum(_) => KeyKind::PostQuantum,
        }
    }

    /// The public key from the bytes that its text form carries: 32 for a classic key, 1216 for a post-quantum one.
    ///
    /// # Errors
    /// [`AgeError::MalformedKey`]: another length, or a key that files could not safely be sealed to.
    pub fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<Self, AgeError> {
        let length = |_| AgeError::from(KeyFault::Encoding);
        Ok(Self(match kind {
            KeyKind::Classic => {
                let public = bytes.try_into().map_err(length)?;
                x25519::check_public(&public)?;
                PublicKey::Classic(public)
            }
            KeyKind::PostQuantum => {
                let public = Box::new(bytes.try_into().map_err(length)?);
                hybrid::check_public(&public)?;
                PublicKey::PostQuantum(public)
            }
        }))
    }

    /// The bytes that the text form carries.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            PublicKey::Classic(public) => public,
            PublicKey::PostQuantum(public) => public.as_slice(),
        }
    }

    /// Wraps `file_key` into a stanza that only the holder of the secret key can open, and that names nobody.
    pub(super) fn wrap(&self, file_key: &FileKey) -> Result<Stanza, AgeError> {
        match &self.0 {
            PublicKey::Classic(public) => x25519::wrap(public, file_key),
            PublicKey::PostQuantum(public) => hybrid::wrap(public, file_key),
        }
    }
}

impl FromStr for Recipient {
    type Err = AgeError;

    /// Reads `age1…` or `age1pq1…`, lower case, without surrounding space.
    ///
    /// # Errors
    /// [`AgeError::MalformedKey`].
    fn from_str(text: &str) -> Result<Self, AgeError> {
        // The longer prefix first: it starts with the shorter.
        if text.starts_with("age1pq1") {
            let mut public = Box::new([0u8; hybrid::PUBLIC_LEN]);
            decode_bech32(HRP_HYBRID, text, &mut public)?;
            hybrid::check_public(&public)?;
            return Ok(Self(PublicKey::PostQuantum(public)));
        }
        if looks_secret(text) {
            return Err(KeyFault::SecretGiven.into());
        }
        let mut public = [0u8; x25519::PUBLIC_LEN];
        decode_bech32(HRP_CLASSIC, text, &mut public)?;
        x25519::check_public(&public)?;
        Ok(Self(PublicKey::Classic(public)))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match &self.0 {
            PublicKey::Classic(public) => encode_bech32(HRP_CLASSIC, public),
            PublicKey::PostQuantum(public) => encode_bech32(HRP_HYBRID, public.as_slice()),
        };
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

/// Prints the kind only: whom somebody writes to is not for logs.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({:?}, ..)", self.kind())
    }
}

/// A secret key: somebody who can open files. Wiped on drop; `Debug` prints nothing of it.
pub struct Identity {
    kind: KeyKind,
    /// The X25519 scalar or the X-Wing seed.
    secret: SecretKey,
    recipient: Recipient,
}

impl Identity {
    /// A fresh key pair.
    ///
    /// # Errors
    /// [`AgeError::Randomness`].
    pub fn generate(kind: KeyKind) -> Result<Self, AgeError> {
        Self::from_secret(kind, SecretKey::generate()?)
    }

    /// The key pair whose secret half (X25519 scalar or X-Wing seed) is `secret`.
    ///
    /// # Errors
    /// [`AgeError::MalformedKey`]; not for the uniformly random bytes that a [`SecretKey`] holds.
    pub fn from_secret(kind: KeyKind, secret: SecretKey) -> Result<Self, AgeError> {
        let recipient = Recipient(match kind {
            KeyKind::Classic => PublicKey::Classic(x25519::public_of(&secret)),
            KeyKind::PostQuantum => PublicKey::PostQuantum(hybrid::public_of(&secret)?),
        });
        Ok(Self { kind, secret, recipient })
    }

    /// Reads `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`, upper case, without surrounding space. The caller wipes `text`.
    ///
    /// # Errors
    /// [`AgeError::MalformedKey`].
    pub fn parse(text: &str) -> Result<Self, AgeError> {
        let (kind, hrp) = if text.starts_with(HRP_SECRET_HYBRID) {
            (KeyKind::PostQuantum, HRP_SECRET_HYBRID)
        } else if text.starts_with("age1") {
            return Err(KeyFault::PublicGiven.into());
        } else {
            (KeyKind::Classic, HRP_SECRET_CLASSIC)
        };
        let mut bytes = Zeroizing::new([0u8; 32]);
        decode_bech32(hrp, text, &mut bytes)?;
        let secret = SecretKey::take(&mut bytes);
        Self::from_secret(kind, secret)
    }

    /// The secret key as text, for a key file or an encrypted envelope. Wiped on drop.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let hrp = match self.kind {
            KeyKind::Classic => HRP_SECRET_CLASSIC,
            KeyKind::PostQuantum => HRP_SECRET_HYBRID,
        };
        // Encoding 32 bytes under a constant prefix cannot fail; an empty text would be refused by every reader.
        encode_bech32(hrp, self.secret.expose()).unwrap_or_default()
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        self.recipient.clone()
    }

    /// The kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The file key inside `stanza`, or `None` when the stanza is not for this key.
    pub(super) fn unwrap(&self, stanza: &Recognised) -> Result<Option<FileKey>, HeaderFault> {
        match (&self.recipient.0, stanza) {
            (PublicKey::Classic(public), Recognised::X25519(wrapped)) => x25519::unwrap(&self.secret, public, wrapped),
            (PublicKey::PostQuantum(_), Recognised::Hybrid(wrapped)) => hybrid::unwrap(&self.secret, wrapped),
            _ => Ok(None),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?}, ..)", self.kind)
    }
}

fn looks_secret(text: &str) -> bool {
    text.get(..HRP_SECRET_CLASSIC.len()).is_some_and(|start| start.eq_ignore_ascii_case(HRP_SECRET_CLASSIC))
}

/// Reads a key file as `age-keygen` writes it: one secret key a line, blank lines, and comments that begin with `#`. The caller
/// wipes `text`.
///
/// # Errors
/// [`AgeError::KeyFile`] with the line, and [`AgeError::NoKeys`].
pub fn parse_identities(text: &str) -> Result<Vec<Identity>, AgeError> {
    parse_lines(text, Identity::parse)
}

/// Reads a recipients file: one public key a line, blank lines, and comments that begin with `#`.
///
/// # Errors
/// [`AgeError::KeyFile`] with the line, and [`AgeError::NoKeys`].
pub fn parse_recipients(text: &str) -> Result<Vec<Recipient>, AgeError> {
    parse_lines(text, Recipient::from_str)
}

fn parse_lines<T>(text: &str, parse: impl Fn(&str) -> Result<T, AgeError>) -> Result<Vec<T>, AgeError> {
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // Trimmed: editors and messengers leave carriage returns and spaces behind.
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        keys.push(parse(line).map_err(|error| match error {
            AgeError::MalformedKey(fault) => {
                AgeError::KeyFile { line: u32::try_from(index + 1).unwrap_or(u32::MAX), fault }
            }
            other => other,
        })?);
    }
    if keys.is_empty() { Err(AgeError::NoKeys) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key pairs of C2SP age.
    const SECRET_CLASSIC: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    const PUBLIC_CLASSIC: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    const SECRET_HYBRID: &str = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
    const PUBLIC_HYBRID_START: &str = "age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5zrqtzd";
    // Ends with the checksum of the whole.
    const PUBLIC_HYBRID_END: &str = "mwze9pyyzk3tlhl53k2ykx3qheyty7saeq0d3fzv49zc0k";

    #[test]
    fn the_key_pairs_of_the_specification() {
        let classic = Identity::parse(SECRET_CLASSIC).unwrap();
        assert_eq!(classic.kind(), KeyKind::Classic);
        assert_eq!(classic.recipient().to_string(), PUBLIC_CLASSIC);
        assert_eq!(*classic.to_text(), SECRET_CLASSIC);
        let hybrid = Identity::parse(SECRET_HYBRID).unwrap();
        assert_eq!(hybrid.kind(), KeyKind::PostQuantum);
        let public = hybrid.recipient().to_string();
        assert_eq!(public.len(), 1959);
        assert!(public.starts_with(PUBLIC_HYBRID_START) && public.ends_with(PUBLIC_HYBRID_END));
        assert_eq!(*hybrid.to_text(), SECRET_HYBRID);
    }

    #[test]
    fn generated_keys_survive_their_text() {
        for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
            let one = Identity::generate(kind).unwrap();
            let two = Identity::parse(&one.to_text()).unwrap();
            assert_eq!(one.recipient(), two.recipient());
            assert_eq!(one.recipient(), one.recipient().to_string().parse().unwrap());
            let bytes = one.recipient().as_bytes().to_vec();
            assert_eq!(Recipient::from_bytes(kind, &bytes), Ok(one.recipient()));
            assert_eq!(Recipient::from_bytes(kind, &bytes[1..]), Err(KeyFault::Encoding.into()));
            assert_eq!(Recipient::from_bytes(kind, &vec![0; bytes.len()]), Err(KeyFault::Unusable.into()));
            assert_eq!(one.recipient().kind(), kind);
            assert_ne!(one.recipient(), Identity::generate(kind).unwrap().recipient());
        }
    }

    #[test]
    fn debug_names_nobody_and_shows_no_secret() {
        let identity = Identity::parse(SECRET_CLASSIC).unwrap();
        assert_eq!(format!("{identity:?}"), "Identity(Classic, ..)");
        assert_eq!(format!("{:?}", identity.recipient()), "Recipient(Classic, ..)");
    }

    #[test]
    fn mistaken_and_mistyped_keys_are_told_apart() {
        let public = |text: &str| text.parse::<Recipient>().unwrap_err();
        let secret = |text: &str| Identity::parse(text).unwrap_err();
        let hybrid = Identity::parse(SECRET_HYBRID).unwrap().recipient().to_string();
        assert_eq!(public(SECRET_CLASSIC), KeyFault::SecretGiven.into());
        assert_eq!(public(SECRET_HYBRID), KeyFault::SecretGiven.into());
        assert_eq!(secret(PUBLIC_CLASSIC), KeyFault::PublicGiven.into());
        assert_eq!(secret(&hybrid), KeyFault::PublicGiven.into());
        for text in [
            "",
            "age1",
            "age1pq1",
            "AGE-SECRET-KEY-1",
            "age1 ",
            "é",
            &PUBLIC_CLASSIC.to_uppercase(),
            &hybrid.to_uppercase(),
            &SECRET_CLASSIC.to_lowercase(),
            &PUBLIC_CLASSIC.replace('z', "x"),
            &hybrid[..hybrid.len() - 1],
            &PUBLIC_CLASSIC[..PUBLIC_CLASSIC.len() - 1],
        ] {
            let fault = public(text);
            assert!([KeyFault::Encoding.into(), KeyFault::SecretGiven.into()].contains(&fault), "{text}: {fault:?}");
            assert_eq!(secret(&text.replace("age1", "agf1")), KeyFault::Encoding.into(), "{text}");
        }
        // Right checksum, wrong length, and right length under the other prefix.
        assert_eq!(public(&encode_bech32(HRP_CLASSIC, &[9; 31]).unwrap()), KeyFault::Encoding.into());
        assert_eq!(public(&encode_bech32(HRP_HYBRID, &[9; 32]).unwrap()), KeyFault::Encoding.into());
        // A point of low order.
        assert_eq!(public(&encode_bech32(HRP_CLASSIC, &[0; 32]).unwrap()), KeyFault::Unusable.into());
        assert_eq!(public(&encode_bech32(HRP_HYBRID, &[0; 1216]).unwrap()), KeyFault::Unusable.into());
    }

    #[test]
    fn every_mistyped_character_is_noticed() {
        for at in 0..PUBLIC_CLASSIC.len() {
            for with in ['q', 'p', '1', ' '] {
                let mut text: Vec<char> = PUBLIC_CLASSIC.chars().collect();
                if core::mem::replace(&mut text[at], with) != with {
                    assert!(text.iter().collect::<String>().parse::<Recipient>().is_err());
                }
            }
        }
    }

    #[test]
    fn key_files() {
        let file =
            format!("# created: today\r\n# public key: {PUBLIC_CLASSIC}\r\n{SECRET_CLASSIC}\r\n\n{SECRET_HYBRID}");
        let kinds: Vec<_> = parse_identities(&file).unwrap().iter().map(Identity::kind).collect();
        assert_eq!(kinds, [KeyKind::Classic, KeyKind::PostQuantum]);
        let both = parse_recipients(&format!("#\n\n{PUBLIC_CLASSIC} \n{PUBLIC_CLASSIC}")).unwrap();
        assert_eq!(both.len(), 2);
        assert_eq!(parse_identities("# nothing\n\n").unwrap_err(), AgeError::NoKeys);
        assert_eq!(parse_recipients("").unwrap_err(), AgeError::NoKeys);
        assert_eq!(
            parse_recipients(&format!("# secret by mistake\n{SECRET_CLASSIC}")).unwrap_err(),
            AgeError::KeyFile { line: 2, fault: KeyFault::SecretGiven }
        );
        assert_eq!(
            parse_identities(&format!("{SECRET_CLASSIC}\nage")).unwrap_err(),
            AgeError::KeyFile { line: 2, fault: KeyFault::Encoding }
        );
    }
}
