//! Addressee tags: proof to one person, inside a signed manifest, that a report was made for them.
//!
//! A tag is one age stanza on one line, `<type> <share> <body>` in unpadded base64, that wraps the first 16 bytes of
//! `SHA-256(label ‖ 00 ‖ be64(len) ‖ context)` to the recipient. It names nobody: only the holder of the secret key can tell a
//! tag for them from a tag for somebody else or from a decoy. It is no encryption of a secret (the context is known to every
//! reader of the manifest), and worth as much as the signature over the manifest that carries it.

use subtle::ConstantTimeEq as _;

use super::{
    AgeError, FILE_KEY_LEN, FileKey, Identity, KeyKind, Recipient,
    encrypt::dummy,
    header::{Recognised, Stanza},
    text::{decode_base64, encode_base64},
};
use crate::{hash, labels};

/// Longest tag that is read, in bytes: a post-quantum one has 1553.
const MAX_TAG_LEN: usize = 2048;

impl Recipient {
    /// A tag that tells the holder of the secret key that what `context` identifies (a report id) is for them.
    ///
    /// # Errors
    /// [`AgeError::Randomness`].
    pub fn make_addressee_tag(&self, context: &[u8]) -> Result<String, AgeError> {
        Ok(write(&self.wrap(&proof(context))?))
    }

    /// A tag for nobody, which only the holders of real ones can tell from theirs: it hides how many there are.
    ///
    /// # Errors
    /// [`AgeError::Randomness`].
    pub fn make_decoy_tag(kind: KeyKind) -> Result<String, AgeError> {
        Ok(write(&dummy(kind)?))
    }
}

impl Identity {
    /// Whether `tag` was made for this key and for `context`. A tag for a key of the other kind is simply not for this one.
    ///
    /// # Errors
    /// [`AgeError::MalformedTag`] when `tag` is no stanza of a known type: nothing can then be said about it.
    pub fn opens_addressee_tag(&self, tag: &str, context: &[u8]) -> Result<bool, AgeError> {
        let stanza = parse(tag).ok_or(AgeError::MalformedTag)?;
        let opened = self.unwrap(&stanza).map_err(|_| AgeError::MalformedTag)?;
        Ok(opened.is_some_and(|found| found.0.as_slice().ct_eq(proof(context).0.as_slice()).into()))
    }
}

fn proof(context: &[u8]) -> FileKey {
    let digest = hash::labelled(labels::ADDRESSEE, &[context]);
    let mut proof = FileKey::blank();
    for (slot, byte) in proof.0.iter_mut().zip(digest.iter().take(FILE_KEY_LEN)) {
        *slot = *byte;
    }
    proof
}

fn write(stanza: &Stanza) -> String {
    let mut out = stanza.args.join(" ");
    out.push(' ');
    out.push_str(&encode_base64(&stanza.body));
    out
}

fn parse(tag: &str) -> Option<Recognised> {
    if tag.len() > MAX_TAG_LEN {
        return None;
    }
    let (args, body) = tag.rsplit_once(' ')?;
    let args = args.split(' ').map(str::to_owned).collect();
    let stanza = Stanza { args, body: decode_base64(body.as_bytes())? };
    match Recognised::parse(&stanza).ok()? {
        found @ (Recognised::X25519(_) | Recognised::Hybrid(_)) => Some(found),
        Recognised::Scrypt | Recognised::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_for_one_key_and_one_context() {
        for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
            let me = Identity::generate(kind).unwrap();
            let other = Identity::generate(kind).unwrap();
            let tag = me.recipient().make_addressee_tag(b"report 1").unwrap();
            assert_ne!(tag, me.recipient().make_addressee_tag(b"report 1").unwrap());
            assert!(me.opens_addressee_tag(&tag, b"report 1").unwrap());
            assert!(!me.opens_addressee_tag(&tag, b"report 2").unwrap());
            assert!(!other.opens_addressee_tag(&tag, b"report 1").unwrap());
            let decoy = Recipient::make_decoy_tag(kind).unwrap();
            assert_eq!(decoy.len(), tag.len());
            assert!(!me.opens_addressee_tag(&decoy, b"report 1").unwrap());
        }
    }

    #[test]
    fn a_tag_of_the_other_kind_is_for_somebody_else() {
        let classic = Identity::generate(KeyKind::Classic).unwrap();
        let hybrid = Identity::generate(KeyKind::PostQuantum).unwrap();
        assert_eq!(classic.opens_addressee_tag(&hybrid.recipient().make_addressee_tag(b"").unwrap(), b""), Ok(false));
        assert_eq!(hybrid.opens_addressee_tag(&classic.recipient().make_addressee_tag(b"").unwrap(), b""), Ok(false));
    }

    #[test]
    fn what_is_no_tag_is_refused_and_never_false() {
        let me = Identity::generate(KeyKind::Classic).unwrap();
        let tag = me.recipient().make_addressee_tag(b"r").unwrap();
        let long = format!("{tag} {}", "A".repeat(MAX_TAG_LEN));
        let low_order = format!("X25519 {} {}", "A".repeat(43), "A".repeat(43));
        for bad in [
            "",
            " ",
            "X25519",
            &tag[..tag.len() - 1],
            &tag[1..],
            &format!("{tag} "),
            &format!(" {tag}"),
            &long,
            &low_order,
        ] {
            assert_eq!(me.opens_addressee_tag(bad, b"r"), Err(AgeError::MalformedTag), "{bad:?}");
        }
        assert_eq!(me.opens_addressee_tag(&tag.replace("X25519", "p256tag"), b"r"), Err(AgeError::MalformedTag));
    }
}
