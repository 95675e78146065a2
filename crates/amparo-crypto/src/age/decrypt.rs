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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::age::{Encryptor, KeyKind, Recipient, StanzaPadding, header::Stanza, stream::PayloadWriter};

    fn open(file: &[u8], identities: &[Identity]) -> Result<Vec<u8>, AgeError> {
        let mut plain = Vec::new();
        Decryptor::new(file, identities)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    /// A file whose stanzas are written as given.
    fn file(stanzas: &[Stanza], key: &FileKey) -> Vec<u8> {
        let mut writer = PayloadWriter::new(Vec::new(), header::write(stanzas, key).unwrap(), key).unwrap();
        writer.write_all(b"hello").unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn every_recipient_opens_and_nobody_else() {
        for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
            let all: Vec<_> = (0..4).map(|_| Identity::generate(kind).unwrap()).collect();
            let recipients: Vec<Recipient> = all[..3].iter().map(Identity::recipient).collect();
            for padding in [StanzaPadding::None, StanzaPadding::Anonymous] {
                let mut writer = Encryptor::new(Vec::new(), &recipients, padding).unwrap();
                writer.write_all(b"hello").unwrap();
                let sealed = writer.finish().unwrap();
                for identity in &all[..3] {
                    assert_eq!(open(&sealed, core::slice::from_ref(identity)).unwrap(), b"hello");
                }
                assert_eq!(open(&sealed, &all).unwrap(), b"hello");
                assert_eq!(open(&sealed, &all[3..]), Err(AgeError::NoMatchingKey));
                assert_eq!(open(&sealed, &[]), Err(AgeError::NoMatchingKey));
            }
        }
    }

    #[test]
    fn a_dropped_encryptor_leaves_a_file_that_is_refused() {
        let me = Identity::generate(KeyKind::Classic).unwrap();
        let mut out = Vec::new();
        let mut writer = Encryptor::new(&mut out, &[me.recipient()], StanzaPadding::None).unwrap();
        writer.write_all(&[0; 200_000]).unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert!(matches!(open(&out, &[me]), Err(AgeError::Payload(_))));
    }

    #[test]
    fn a_stanza_for_another_key_or_type_is_passed_over() {
        let (me, other) =
            (Identity::generate(KeyKind::Classic).unwrap(), Identity::generate(KeyKind::Classic).unwrap());
        let pq = Identity::generate(KeyKind::PostQuantum).unwrap();
        let key = FileKey::generate().unwrap();
        let grease = Stanza { args: vec!["x-grease".to_owned(), "!~".to_owned()], body: vec![1; 100] };
        let sealed = file(
            &[
                grease,
                pq.recipient().wrap(&key).unwrap(),
                other.recipient().wrap(&key).unwrap(),
                me.recipient().wrap(&key).unwrap(),
            ],
            &key,
        );
        for identity in [me, other, pq] {
            assert_eq!(open(&sealed, &[identity]).unwrap(), b"hello");
        }
    }

    #[test]
    fn a_header_under_another_file_key_is_refused() {
        let me = Identity::generate(KeyKind::Classic).unwrap();
        let (key, other) = (FileKey::generate().unwrap(), FileKey::generate().unwrap());
        let sealed = file(&[me.recipient().wrap(&other).unwrap()], &key);
        assert_eq!(open(&sealed, &[me]), Err(AgeError::HeaderMac));
    }

    #[test]
    fn a_malformed_native_stanza_is_refused_whoever_reads_it() {
        let me = Identity::generate(KeyKind::Classic).unwrap();
        let key = FileKey::generate().unwrap();
        let broken = Stanza { args: vec!["mlkem768x25519".to_owned()], body: vec![0; 32] };
        let sealed = file(&[me.recipient().wrap(&key).unwrap(), broken], &key);
        assert!(matches!(open(&sealed, &[me]), Err(AgeError::MalformedHeader(_))));
    }

    #[test]
    fn a_passphrase_file_is_named() {
        let key = FileKey::generate().unwrap();
        let scrypt = Stanza { args: vec!["scrypt".to_owned(), "salt".to_owned(), "18".to_owned()], body: vec![0; 32] };
        let me = Identity::generate(KeyKind::Classic).unwrap();
        assert_eq!(open(&file(&[scrypt], &key), &[me]), Err(AgeError::PassphraseProtected));
    }
}
