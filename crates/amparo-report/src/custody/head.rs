//! The signed head of a custody log: a C2SP tlog-checkpoint in a C2SP signed-note, Ed25519.
//!
//! A head says: at this time the log had this many entries, this root, and this last entry. Signature lines of other keys
//! (witnesses, a later algorithm) are allowed and ignored; a head without a valid line of the custody key is not accepted.

use amparo_crypto::{
    hash,
    sign::{SigningKey, VerifyingKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{CustodyError, Hash, MAX_SIZE, entry::is_utc_time};
use crate::hex;

/// First line of a head and key name of its signature.
pub const ORIGIN: &str = "amparo/v1/custody";
/// Longest signed head in bytes.
pub const MAX_HEAD_BYTES: usize = 4096;
/// Type byte of Ed25519 in a signed note's key id.
const ED25519: u8 = 1;
/// Start of a signature line: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// What a head says. See `docs/formats/custody.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Entries in the log.
    pub size: u64,
    /// Root of their Merkle tree.
    pub root: Hash,
    /// [`leaf_hash`](super::leaf_hash) of the last entry; zeros for an empty log.
    pub chain: Hash,
    /// When it was signed, as the device's clock said: RFC 3339 in UTC.
    pub time: String,
}

impl Head {
    /// The note's text, without signatures.
    fn text(&self) -> String {
        format!(
            "{ORIGIN}\n{}\n{}\nchain {}\ntime {}\n",
            self.size,
            STANDARD.encode(self.root),
            hex::encode(&self.chain),
            self.time
        )
    }

    /// The signed head, as text to store and to disclose.
    ///
    /// # Errors
    /// [`CustodyError::Time`], [`CustodyError::OutOfRange`].
    pub fn sign(&self, key: &SigningKey) -> Result<String, CustodyError> {
        if !is_utc_time(&self.time) {
            return Err(CustodyError::Time);
        }
        if self.size > MAX_SIZE {
            return Err(CustodyError::OutOfRange);
        }
        let text = self.text();
        let signature = key.sign_bare(text.as_bytes());
        let blob = [&key_id(&key.verifying_key())[..], &signature[..]].concat();
        Ok(format!("{text}\n{SIGNATURE_MARK}{ORIGIN} {}\n", STANDARD.encode(blob)))
    }

    /// Reads a signed head and checks its signature under `key`.
    ///
    /// # Errors
    /// [`CustodyError::MalformedHead`], [`CustodyError::HeadSignature`].
    pub fn verify(note: &str, key: &VerifyingKey) -> Result<Self, CustodyError> {
        let (head, text, signatures) = parse(note)?;
        let id = key_id(key);
        let signed = signatures.iter().any(|(name, blob)| {
            *name == ORIGIN
                && blob.split_first_chunk::<4>().is_some_and(|(found, rest)| {
                    *found == id
                        && <[u8; 64]>::try_from(rest).is_ok_and(|sig| key.verify_bare(text.as_bytes(), &sig).is_ok())
                })
        });
        if signed { Ok(head) } else { Err(CustodyError::HeadSignature) }
    }

    /// Reads a signed head **without** checking any signature, to show what it claims.
    ///
    /// # Errors
    /// [`CustodyError::MalformedHead`].
    pub fn parse_unverified(note: &str) -> Result<Self, CustodyError> {
        parse(note).map(|(head, _, _)| head)
    }

    /// The exact text of a signed head, without the empty line and the signatures. They name the key; the text names nobody.
    ///
    /// # Errors
    /// [`CustodyError::MalformedHead`].
    pub fn text_of(note: &str) -> Result<&str, CustodyError> {
        parse(note).map(|(_, text, _)| text)
    }

    /// Reads a head's text, as [`text_of`](Self::text_of) gives it.
    ///
    /// # Errors
    /// [`CustodyError::MalformedHead`].
    pub fn parse_text(text: &str) -> Result<Self, CustodyError> {
        if text.len() > MAX_HEAD_BYTES || text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(CustodyError::MalformedHead);
        }
        parse_lines(text).ok_or(CustodyError::MalformedHead)
    }
}

type Parsed<'a> = (Head, &'a str, Vec<(&'a str, Vec<u8>)>);

fn parse(note: &str) -> Result<Parsed<'_>, CustodyError> {
    parse_note(note).ok_or(CustodyError::MalformedHead)
}

fn parse_note(note: &str) -> Option<Parsed<'_>> {
    if note.len() > MAX_HEAD_BYTES || note.chars().any(|c| c.is_control() && c != '\n') {
        return None;
    }
    // The text is everything up to the last blank line, with its final newline.
    let cut = note.rfind("\n\n")?.checked_add(1)?;
    let text = note.get(..cut)?;
    let lines = note.get(cut..)?.strip_prefix('\n')?.strip_suffix('\n')?;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        let (name, blob) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
        if name.is_empty() {
            return None;
        }
        signatures.push((name, STANDARD.decode(blob).ok()?));
    }
    Some((parse_lines(text)?, text, signatures))
}

/// The text's lines, each ended by a newline.
fn parse_lines(text: &str) -> Option<Head> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != ORIGIN {
        return None;
    }
    let size_text = lines.next()?;
    let size: u64 = size_text.parse().ok().filter(|&n| n <= MAX_SIZE)?;
    // One spelling: no sign, no leading zeros.
    if size.to_string() != size_text {
        return None;
    }
    let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
    let chain = hex::decode(lines.next()?.strip_prefix("chain ")?)?;
    let time = lines.next()?.strip_prefix("time ").filter(|t| is_utc_time(t))?.to_owned();
    // Further extension lines belong to newer versions: signed, not understood, not empty.
    if lines.any(str::is_empty) {
        return None;
    }
    Some(Head { size, root, chain, time })
}

/// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), as C2SP signed-note defines it for Ed25519.
fn key_id(key: &VerifyingKey) -> [u8; 4] {
    let digest = hash::sha256(&[ORIGIN.as_bytes(), &[b'\n', ED25519], &key.to_bytes()].concat());
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use amparo_crypto::SecretKey;

    use super::*;

    fn head() -> Head {
        Head { size: 42, root: [3; 32], chain: [4; 32], time: "2026-11-23T10:00:00Z".into() }
    }

    #[test]
    fn a_head_is_a_signed_note() {
        let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32]));
        let note = head().sign(&key).unwrap();
        let lines: Vec<&str> = note.split('\n').collect();
        assert_eq!(lines[..3], ["amparo/v1/custody", "42", "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="]);
        assert_eq!(lines[3], format!("chain {}", "04".repeat(32)));
        assert_eq!(lines[4..6], ["time 2026-11-23T10:00:00Z", ""]);
        assert!(lines[6].starts_with("\u{2014} amparo/v1/custody "));
        assert_eq!(lines[7..], [""]);
        assert_eq!(Head::verify(&note, &key.verifying_key()).unwrap(), head());
        assert_eq!(Head::parse_unverified(&note).unwrap(), head());
    }

    #[test]
    fn every_changed_character_and_a_foreign_key_are_refused() {
        let (key, _) = SigningKey::generate().unwrap();
        let note = head().sign(&key).unwrap();
        let public = key.verifying_key();
        for (at, c) in note.char_indices() {
            for replacement in ["", "A", "0", "\n", " ", "\u{e9}"] {
                if replacement.starts_with(c) {
                    continue;
                }
                let changed = format!("{}{replacement}{}", &note[..at], &note[at + c.len_utf8()..]);
                assert!(Head::verify(&changed, &public).is_err(), "{changed:?}");
            }
        }
        let (other, _) = SigningKey::generate().unwrap();
        assert_eq!(Head::verify(&note, &other.verifying_key()), Err(CustodyError::HeadSignature));
        assert_eq!(Head::verify(&"x".repeat(MAX_HEAD_BYTES + 1), &public), Err(CustodyError::MalformedHead));
        assert_eq!(Head::verify("", &public), Err(CustodyError::MalformedHead));
    }

    #[test]
    fn further_signatures_and_extension_lines_are_allowed() {
        let (key, _) = SigningKey::generate().unwrap();
        let note = head().sign(&key).unwrap();
        let cosigned = format!("{note}\u{2014} witness.example/w AAAAAAAA\n");
        assert_eq!(Head::verify(&cosigned, &key.verifying_key()).unwrap(), head());

        let text = format!("{}anchor abc\n", head().text());
        let blob = [&key_id(&key.verifying_key())[..], &key.sign_bare(text.as_bytes())[..]].concat();
        let extended = format!("{text}\n{SIGNATURE_MARK}{ORIGIN} {}\n", STANDARD.encode(blob));
        assert_eq!(Head::verify(&extended, &key.verifying_key()).unwrap(), head());
    }

    #[test]
    fn a_heads_text_is_what_is_signed_and_names_no_key() {
        let (key, _) = SigningKey::generate().unwrap();
        let note = head().sign(&key).unwrap();
        let text = Head::text_of(&note).unwrap();
        assert_eq!(text, head().text());
        assert_eq!(Head::parse_text(text).unwrap(), head());
        for bad in ["", "\n", &note, text.trim_end(), &format!("{text}\n"), &text.replace("42", "042")] {
            assert_eq!(Head::parse_text(bad), Err(CustodyError::MalformedHead), "{bad:?}");
        }
    }

    #[test]
    fn a_head_without_a_usable_time_is_not_signed() {
        let (key, _) = SigningKey::generate().unwrap();
        let late = Head { time: "yesterday\nchain 00".into(), ..head() };
        assert_eq!(late.sign(&key), Err(CustodyError::Time));
    }
}
