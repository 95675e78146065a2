//! Encrypting a file to recipients, with or without hiding how many there are.

use std::io::{self, Write};

use super::{
    AgeError, FileKey, Identity, Recipient,
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
            // A dummy holds a key of its own and never the file key, so it is worthless even to somebody who kept its secret.
            stanzas.push(Identity::generate(kind)?.recipient().wrap(&FileKey::generate()?)?);
        }
        random::shuffle(&mut stanzas)?;
    }
    Ok(stanzas)
}
