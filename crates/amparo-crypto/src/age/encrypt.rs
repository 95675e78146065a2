//! Encrypting a file to recipients, with or without hiding how many there are.

use std::io::{self, Write};

use super::{
    AgeError, FileKey, Identity, KeyKind, Recipient,
    header::{self, Stanza},
    stream::PayloadWriter,
};
use crate::random;

/// Most recipients of one file that is written here.
pub const MAX_RECIPIENTS: usize = 16;
/// Numbers of stanzas that an anonymous header may have.
const BUCKETS: [usize; 3] = [4, 8, MAX_RECIPIENTS];

/// Whether the header tells how many recipients a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StanzaPadding {
    /// One stanza per recipient, in the order given.
    None,
    /// Dummies fill the header up to 4, 8 or 16 stanzas, and the order is random. A dummy is a stanza of the same kind to a key
    /// that was thrown away, so nobody but the holder of a key can tell which stanzas are real.
    Anonymous,
}

/// Encrypts what is written to it. Nothing reaches the writer below unencrypted, and memory use does not depend on the length.
///
/// The file is complete only after [`finish`](Self::finish): dropped without it, it is one that every reader refuses as cut short.
pub struct Encryptor<W: Write>(PayloadWriter<W>);

impl<W: Write> Encryptor<W> {
    /// Writes a header for `recipients` to `out`. May block on `out`. Recipients are not compared: naming one twice only takes
    /// up two stanzas.
    ///
    /// # Errors
    /// [`AgeError::NoRecipients`], [`AgeError::TooManyRecipients`] (above [`MAX_RECIPIENTS`]), [`AgeError::MixedRecipients`],
    /// [`AgeError::Randomness`], [`AgeError::Io`].
    pub fn new(out: W, recipients: &[Recipient], padding: StanzaPadding) -> Result<Self, AgeError> {
        let file_key = FileKey::generate()?;
        let stanzas = stanzas(recipients, padding, &file_key)?;
        let header = header::write(&stanzas, &file_key)?;
        Ok(Self(PayloadWriter::new(out, header, &file_key)?))
    }

    /// Seals the final chunk, flushes, and returns the writer below. May block.
    ///
    /// # Errors
    /// [`AgeError::Io`], and [`AgeError::Incomplete`] when an earlier write failed: the output must then be thrown away.
    pub fn finish(self) -> Result<W, AgeError> {
        self.0.finish()
    }
}

impl<W: Write> Write for Encryptor<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> core::fmt::Debug for Encryptor<W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Encryptor(..)")
    }
}

fn stanzas(recipients: &[Recipient], padding: StanzaPadding, file_key: &FileKey) -> Result<Vec<Stanza>, AgeError> {
    let kind = recipients.first().ok_or(AgeError::NoRecipients)?.kind();
    if recipients.len() > MAX_RECIPIENTS {
        return Err(AgeError::TooManyRecipients);
    }
    if recipients.iter().any(|recipient| recipient.kind() != kind) {
        return Err(AgeError::MixedRecipients);
    }
    let mut stanzas = recipients.iter().map(|recipient| recipient.wrap(file_key)).collect::<Result<Vec<_>, _>>()?;
    if padding == StanzaPadding::Anonymous {
        let total = BUCKETS.into_iter().find(|size| *size >= stanzas.len()).unwrap_or(MAX_RECIPIENTS);
        while stanzas.len() < total {
            stanzas.push(dummy(kind)?);
        }
        random::shuffle(&mut stanzas)?;
    }
    Ok(stanzas)
}

/// A stanza for nobody: to a key that is thrown away. It wraps a key of its own and never a file key, so it is worthless even to
/// somebody who could have kept its secret.
pub(super) fn dummy(kind: KeyKind) -> Result<Stanza, AgeError> {
    Identity::generate(kind)?.recipient().wrap(&FileKey::generate()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::age::header::Recognised;

    fn identities(kind: KeyKind, count: usize) -> Vec<Identity> {
        (0..count).map(|_| Identity::generate(kind).unwrap()).collect()
    }

    fn recipients(identities: &[Identity]) -> Vec<Recipient> {
        identities.iter().map(Identity::recipient).collect()
    }

    #[test]
    fn anonymous_headers_come_in_three_sizes_and_open_for_everybody() {
        for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
            let all = identities(kind, MAX_RECIPIENTS);
            for (count, total) in [(1, 4), (4, 4), (5, 8), (8, 8), (9, 16), (16, 16)] {
                let some = &all[..count];
                let file_key = FileKey::generate().unwrap();
                let stanzas = stanzas(&recipients(some), StanzaPadding::Anonymous, &file_key).unwrap();
                assert_eq!(stanzas.len(), total);
                let lens: BTreeSet<_> =
                    stanzas.iter().map(|s| (s.args.len(), s.args[0].clone(), s.args[1].len(), s.body.len())).collect();
                assert_eq!(lens.len(), 1, "dummies look like the others");
                let shares: BTreeSet<_> = stanzas.iter().map(|s| s.args[1].clone()).collect();
                assert_eq!(shares.len(), total, "no share twice");
                let parsed: Vec<_> = stanzas.iter().map(|s| Recognised::parse(s).unwrap()).collect();
                for identity in some {
                    let opened: Vec<_> = parsed.iter().filter_map(|s| identity.unwrap(s).unwrap()).collect();
                    assert_eq!(opened.len(), 1);
                    assert_eq!(opened[0].0, file_key.0);
                }
            }
        }
    }

    #[test]
    fn the_place_of_a_recipient_is_random() {
        let one = identities(KeyKind::Classic, 1);
        let mut places = BTreeSet::new();
        for _ in 0..64 {
            let stanzas = stanzas(&recipients(&one), StanzaPadding::Anonymous, &FileKey::generate().unwrap()).unwrap();
            places
                .extend((0..4).filter(|i| one[0].unwrap(&Recognised::parse(&stanzas[*i]).unwrap()).unwrap().is_some()));
        }
        // One of the four places stays unused in 64 draws with probability 4 · (3/4)^64, below 2^-24.
        assert_eq!(places.len(), 4);
    }

    #[test]
    fn sets_of_recipients_that_no_file_may_have() {
        let new = |recipients: &[Recipient], padding| Encryptor::new(Vec::new(), recipients, padding).err();
        let classic = recipients(&identities(KeyKind::Classic, MAX_RECIPIENTS + 1));
        let mixed = [classic[0].clone(), Identity::generate(KeyKind::PostQuantum).unwrap().recipient()];
        for padding in [StanzaPadding::None, StanzaPadding::Anonymous] {
            assert_eq!(new(&[], padding), Some(AgeError::NoRecipients));
            assert_eq!(new(&classic, padding), Some(AgeError::TooManyRecipients));
            assert_eq!(new(&mixed, padding), Some(AgeError::MixedRecipients));
            assert_eq!(new(&classic[1..], padding), None);
        }
    }
}
