//! Decrypting a file with the keys at hand.

use std::io::{self, Read};

use super::{
    AgeError, FileKey, Identity,
    header::{self, Header, Recognised},
    stream::PayloadReader,
};

/// Decrypts what is read from it, in constant memory.
///
/// Every byte handed out was authenticated, but only the end of file (`Ok(0)`) says that the file is whole: until then, a caller
/// must be ready to take back what it did with the bytes. Errors come as [`io::Error`]; [`AgeError::from_io`] recovers them.
/// They are final, except those of the reader below, after which reading may be tried again.
pub struct Decryptor<R: Read>(PayloadReader<R>);

impl<R: Read> Decryptor<R> {
    /// Reads and verifies the header, trying every identity on every stanza. May block on `input`, which is read in blocks and
    /// beyond the header's end.
    ///
    /// # Errors
    /// [`AgeError::NotAge`], [`AgeError::Armored`], [`AgeError::UnsupportedVersion`], [`AgeError::MalformedHeader`],
    /// [`AgeError::PassphraseProtected`], [`AgeError::NoMatchingKey`], [`AgeError::HeaderMac`], [`AgeError::Io`].
    pub fn new(mut input: R, identities: &[Identity]) -> Result<Self, AgeError> {
        let (header, beyond) = header::read(&mut input)?;
        let file_key = unwrap(&header, identities)?;
        header.verify(&file_key)?;
        Ok(Self(PayloadReader::new(input, beyond, &file_key)?))
    }
}

impl<R: Read> Read for Decryptor<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl<R: Read> core::fmt::Debug for Decryptor<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Decryptor(..)")
    }
}

fn unwrap(header: &Header, identities: &[Identity]) -> Result<FileKey, AgeError> {
    // The parser made sure that such a stanza is alone.
    if header.stanzas.iter().any(|stanza| matches!(stanza, Recognised::Scrypt)) {
        return Err(AgeError::PassphraseProtected);
    }
    for identity in identities {
        for stanza in &header.stanzas {
            if let Some(file_key) = identity.unwrap(stanza)? {
                return Ok(file_key);
            }
        }
    }
    Err(AgeError::NoMatchingKey)
}
