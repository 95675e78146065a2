//! The textual header: a strict, bounded parser, the writer, and the MAC.
//!
//! ```text
//! age-encryption.org/v1⏎
//! -> <argument> <argument> …⏎          one or more stanzas
//! <64 columns of base64>⏎ …  <fewer than 64>⏎
//! --- <43 columns of base64>⏎          HMAC-SHA-256 over everything up to and including "---"
//! ```
//!
//! The parser accepts exactly the grammar of C2SP age and no more. It reads at most [`MAX_HEADER_LEN`] bytes for a header, however
//! long its lines are, and hands back what it read beyond the header's end.

use std::io::{self, Read};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{
    AgeError, FileKey, HeaderFault, hkdf_sha256, hybrid,
    text::{decode_base64, decode_base64_array, encode_base64},
    x25519,
};

/// Longest header that is read, in bytes: some 160 post-quantum or 2600 classic recipients.
pub const MAX_HEADER_LEN: usize = 256 * 1024;
/// Most stanzas that are read. Every stanza costs a trial decryption with every identity.
pub const MAX_STANZAS: usize = 1024;

const INTRO: &[u8] = b"age-encryption.org/";
const VERSION: &[u8] = b"v1";
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const COLUMNS: usize = 64;
const MAC_LEN: usize = 32;
/// Enough of a file to tell what it is. Shorter than any age file, so waiting for it cannot block on a slow but whole one.
const PEEK_LEN: usize = 64;
const READ_BLOCK: usize = 4096;

/// One recipient stanza, as it stands in the header.
pub(super) struct Stanza {
    pub(super) args: Vec<String>,
    pub(super) body: Vec<u8>,
}

/// A stanza, by what it means to us. Parsing it does not depend on the identities at hand, so that whether a header is malformed
/// does not depend on who opens the file.
pub(super) enum Recognised {
    X25519(x25519::Wrapped),
    Hybrid(Box<hybrid::Wrapped>),
    Scrypt,
    /// Somebody else's recipient type, or grease: ignored.
    Other,
}

impl Recognised {
    pub(super) fn parse(stanza: &Stanza) -> Result<Self, HeaderFault> {
        Ok(match stanza.args.first().map(String::as_str) {
            Some(x25519::NAME) => Self::X25519(x25519::Wrapped::parse(stanza)?),
            Some(hybrid::NAME) => Self::Hybrid(Box::new(hybrid::Wrapped::parse(stanza)?)),
            Some("scrypt") => Self::Scrypt,
            _ => Self::Other,
        })
    }
}

/// A header that was read and is not verified yet.
pub(super) struct Header {
    pub(super) stanzas: Vec<Recognised>,
    authenticated: Vec<u8>,
    mac: [u8; MAC_LEN],
}

impl Header {
    /// Checks, in constant time, that the header was made by somebody who holds `file_key`.
    pub(super) fn verify(&self, file_key: &FileKey) -> Result<(), AgeError> {
        mac(file_key, &self.authenticated)?.verify_slice(&self.mac).map_err(|_| AgeError::HeaderMac)
    }
}

fn mac(file_key: &FileKey, authenticated: &[u8]) -> Result<Hmac<Sha256>, AgeError> {
    let key = hkdf_sha256(file_key.0.as_slice(), b"", b"header");
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).map_err(|_| AgeError::TooLong)?;
    mac.update(authenticated);
    Ok(mac)
}

/// The header that carries `stanzas`, with its MAC.
pub(super) fn write(stanzas: &[Stanza], file_key: &FileKey) -> Result<Vec<u8>, AgeError> {
    let mut out = [INTRO, VERSION, b"\n"].concat();
    for stanza in stanzas {
        out.extend_from_slice(b"->");
        for arg in &stanza.args {
            out.push(b' ');
            out.extend_from_slice(arg.as_bytes());
        }
        out.push(b'\n');
        let body = encode_base64(&stanza.body);
        let mut lines = body.as_bytes().chunks_exact(COLUMNS);
        for line in &mut lines {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        // The last line is shorter than the others even when that leaves it empty: it ends the stanza.
        out.extend_from_slice(lines.remainder());
        out.push(b'\n');
    }
    out.extend_from_slice(b"---");
    let mac = mac(file_key, &out)?.finalize().into_bytes();
    out.push(b' ');
    out.extend_from_slice(encode_base64(&mac).as_bytes());
    out.push(b'\n');
    Ok(out)
}

/// Reads a header from the start of `input`. Returns it and what was read beyond its end.
pub(super) fn read<R: Read>(input: &mut R) -> Result<(Header, Vec<u8>), AgeError> {
    let mut lines = Lines { input, raw: Vec::new(), next: 0, ended: false };
    identify(&mut lines)?;
    let mut stanzas = Vec::new();
    let (authenticated, mac) = loop {
        let start = lines.next;
        let line = lines.line()?;
        if let Some(args) = line.strip_prefix(b"-> ") {
            let args = parse_args(args)?;
            let body = read_body(&mut lines)?;
            if stanzas.len() == MAX_STANZAS {
                return Err(HeaderFault::TooLarge.into());
            }
            stanzas.push(Recognised::parse(&Stanza { args, body })?);
        } else if let Some(rest) = line.strip_prefix(b"---") {
            let encoded = rest.strip_prefix(b" ").ok_or(HeaderFault::Mac)?;
            break (start + 3, decode_base64_array(encoded).ok_or(HeaderFault::Mac)?);
        } else {
            return Err(HeaderFault::Line.into());
        }
    };
    if stanzas.is_empty() {
        return Err(HeaderFault::NoStanza.into());
    }
    if stanzas.len() > 1 && stanzas.iter().any(|s| matches!(s, Recognised::Scrypt)) {
        return Err(HeaderFault::ScryptNotAlone.into());
    }
    let Lines { mut raw, next, .. } = lines;
    let beyond = raw.split_off(next);
    raw.truncate(authenticated);
    Ok((Header { stanzas, authenticated: raw, mac }, beyond))
}

/// Reads the version line, or says what the input is instead.
fn identify<R: Read>(lines: &mut Lines<'_, R>) -> Result<(), AgeError> {
    while lines.raw.len() < PEEK_LEN && lines.fill()? {}
    if !lines.raw.starts_with(INTRO) {
        let armored = lines.raw.trim_ascii_start().starts_with(ARMOR);
        return Err(if armored { AgeError::Armored } else { AgeError::NotAge });
    }
    let version = lines.line()?.strip_prefix(INTRO).unwrap_or_default();
    if version == VERSION {
        Ok(())
    } else if !version.is_empty() && version.iter().all(u8::is_ascii_graphic) {
        Err(AgeError::UnsupportedVersion)
    } else {
        Err(HeaderFault::Version.into())
    }
}

fn parse_args(line: &[u8]) -> Result<Vec<String>, HeaderFault> {
    let args = line.split(|b| *b == b' ').map(|arg| {
        // `is_ascii_graphic` is VCHAR: 0x21 to 0x7e.
        let visible = !arg.is_empty() && arg.iter().all(u8::is_ascii_graphic);
        if visible { str::from_utf8(arg).ok().map(str::to_owned) } else { None }
    });
    args.collect::<Option<_>>().ok_or(HeaderFault::Argument)
}

fn read_body<R: Read>(lines: &mut Lines<'_, R>) -> Result<Vec<u8>, AgeError> {
    let mut body = Vec::new();
    loop {
        let line = lines.line()?;
        if line.len() > COLUMNS {
            return Err(HeaderFault::Body.into());
        }
        // A full line is a whole number of base64 groups, so decoding line by line is decoding the whole.
        body.extend_from_slice(&decode_base64(line).ok_or(HeaderFault::Body)?);
        if line.len() < COLUMNS {
            return Ok(body);
        }
    }
}

/// Lines of the header, read in blocks. All bytes are kept: the MAC covers them.
struct Lines<'a, R> {
    input: &'a mut R,
    raw: Vec<u8>,
    next: usize,
    ended: bool,
}

impl<R: Read> Lines<'_, R> {
    /// Reads one more block. Returns whether there was anything.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let len = self.raw.len();
        self.raw.resize(len + READ_BLOCK, 0);
        let block = self.raw.get_mut(len..).unwrap_or_default();
        let result = read_some(self.input, block);
        self.raw.truncate(len + result.as_ref().map_or(0, |n| *n));
        self.ended = matches!(result, Ok(0));
        Ok(!self.ended && result.map(|n| n > 0)?)
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<&[u8], AgeError> {
        let start = self.next;
        let mut searched = start;
        let end = loop {
            let fresh = self.raw.get(searched..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|b| *b == b'\n') {
                break searched + at;
            }
            searched = self.raw.len();
            if searched > MAX_HEADER_LEN {
                return Err(HeaderFault::TooLarge.into());
            }
            if !self.fill()? {
                return Err(HeaderFault::Truncated.into());
            }
        };
        if end >= MAX_HEADER_LEN {
            return Err(HeaderFault::TooLarge.into());
        }
        self.next = end + 1;
        Ok(self.raw.get(start..end).unwrap_or_default())
    }
}

/// Like `Read::read`, retrying when interrupted.
pub(super) fn read_some<R: Read>(input: &mut R, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A reader that claims more than it was given room for would make the lengths below lie.
            result => return result.map(|n| n.min(buf.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    /// Parses a file whose version line is followed by `rest`.
    fn parse(rest: &str) -> Result<(Header, Vec<u8>), AgeError> {
        read(&mut format!("age-encryption.org/v1\n{rest}").as_bytes())
    }

    fn fault(rest: &str) -> HeaderFault {
        match parse(rest) {
            Err(AgeError::MalformedHeader(fault)) => fault,
            Err(other) => panic!("{rest:?}: {other:?}"),
            Ok(_) => panic!("{rest:?} was accepted"),
        }
    }

    #[test]
    fn every_fault_has_its_name() {
        let end = format!("--- {BODY}\n");
        let grease = "-> grease 1\n\n";
        assert!(parse(&format!("{grease}{end}")).is_ok());
        let cases = [
            (String::new(), HeaderFault::Truncated),
            (grease.to_owned(), HeaderFault::Truncated),
            (format!("{grease}--- {BODY}"), HeaderFault::Truncated),
            (end.clone(), HeaderFault::NoStanza),
            (format!("{grease}\n{end}"), HeaderFault::Line),
            (format!("{grease}->\n\n{end}"), HeaderFault::Line),
            (format!("->  x\n\n{end}"), HeaderFault::Argument),
            (format!("-> x \n\n{end}"), HeaderFault::Argument),
            (format!("-> x\r\n\n{end}"), HeaderFault::Argument),
            (format!("-> é\n\n{end}"), HeaderFault::Argument),
            (format!("-> x\nAB\n{end}"), HeaderFault::Body),
            (format!("-> x\nAA==\n{end}"), HeaderFault::Body),
            (format!("-> x\n{end}"), HeaderFault::Body),
            (format!("-> x\n{}\n{end}", "A".repeat(64)), HeaderFault::Body),
            (format!("-> x\n{}\n\n{end}", "A".repeat(68)), HeaderFault::Body),
            (format!("{grease}---\n"), HeaderFault::Mac),
            (format!("{grease}---{BODY}\n"), HeaderFault::Mac),
            (format!("{grease}--- {BODY}=\n"), HeaderFault::Mac),
            (format!("{grease}--- {}B\n", &BODY[1..]), HeaderFault::Mac),
            (format!("{grease}--- {BODY} \n"), HeaderFault::Mac),
            (format!("-> X25519\n{BODY}\n{end}"), HeaderFault::ArgumentCount),
            (format!("-> X25519 {BODY} {BODY}\n{BODY}\n{end}"), HeaderFault::ArgumentCount),
            (format!("-> X25519 {}\n{BODY}\n{end}", &BODY[2..]), HeaderFault::Share),
            (format!("-> X25519 {BODY}\n{}\n{end}", &BODY[3..]), HeaderFault::WrappedKeyLength),
            (format!("-> mlkem768x25519 {BODY}\n{BODY}\n{end}"), HeaderFault::Share),
            (format!("-> mlkem768x25519\n{BODY}\n{end}"), HeaderFault::ArgumentCount),
            (
                format!("-> mlkem768x25519 {}\n{}\n{end}", encode_base64(&[0; 1120]), encode_base64(&[0; 33])),
                HeaderFault::WrappedKeyLength,
            ),
            (format!("-> scrypt s 18\n{BODY}\n{grease}{end}"), HeaderFault::ScryptNotAlone),
        ];
        for (text, expected) in cases {
            // Padded so that the cases are told apart by their text and not by the end of the input.
            let padded = if expected == HeaderFault::Truncated { text } else { format!("{text}{}", "x".repeat(64)) };
            assert_eq!(fault(&padded), expected, "{padded:?}");
        }
    }

    #[test]
    fn what_is_no_age_v1_file_is_told_apart() {
        let kind = |bytes: &[u8]| read(&mut &bytes[..]).err();
        assert_eq!(kind(b""), Some(AgeError::NotAge));
        assert_eq!(kind(b"age-encryption.or"), Some(AgeError::NotAge));
        assert_eq!(kind(&[0; 4096]), Some(AgeError::NotAge));
        assert_eq!(kind(b"\r\n-----BEGIN AGE ENCRYPTED FILE-----\n"), Some(AgeError::Armored));
        assert_eq!(kind(b"age-encryption.org/v2\n..."), Some(AgeError::UnsupportedVersion));
        assert_eq!(kind(b"age-encryption.org/v1.1\n"), Some(AgeError::UnsupportedVersion));
        for broken in [&b"age-encryption.org/\n"[..], b"age-encryption.org/v1\r\n", b"age-encryption.org/v 1\n"] {
            assert_eq!(kind(broken), Some(HeaderFault::Version.into()), "{broken:?}");
        }
        assert_eq!(kind(b"age-encryption.org/v1"), Some(HeaderFault::Truncated.into()));
    }

    /// Counts what is read from an endless input.
    struct Endless {
        start: &'static [u8],
        then: &'static [u8],
        read: usize,
    }

    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            for (slot, at) in out.iter_mut().zip(self.read..) {
                *slot = match self.start.get(at) {
                    Some(byte) => *byte,
                    None => self.then[(at - self.start.len()) % self.then.len()],
                };
            }
            self.read += out.len();
            Ok(out.len())
        }
    }

    #[test]
    fn endless_headers_are_given_up_at_the_limit() {
        let line = b"-> x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
        for then in [&b"A"[..], b" ", &line[5..], line, b"-> x\n\n"] {
            let mut input = Endless { start: b"age-encryption.org/v1\n-> x\n", then, read: 0 };
            assert!(read(&mut input).is_err());
            assert!(input.read <= MAX_HEADER_LEN + 2 * READ_BLOCK, "{}", input.read);
        }
        let mut stanzas = Endless { start: b"age-encryption.org/v1\n", then: b"-> x\n\n", read: 0 };
        assert_eq!(read(&mut stanzas).err(), Some(HeaderFault::TooLarge.into()));
        assert!(stanzas.read <= MAX_STANZAS * 6 + 2 * READ_BLOCK);
        let mut version = Endless { start: b"age-encryption.org/", then: b"v", read: 0 };
        assert_eq!(read(&mut version).err(), Some(HeaderFault::TooLarge.into()));
    }

    #[test]
    fn the_limit_is_exact() {
        let (start, end) = ("age-encryption.org/v1\n-> ", format!("\n\n--- {BODY}\n"));
        let header = |len: usize| format!("{start}{}{end}", "x".repeat(len - start.len() - end.len()));
        assert!(read(&mut header(MAX_HEADER_LEN).as_bytes()).is_ok());
        for over in [1, 2, 100] {
            let error = read(&mut header(MAX_HEADER_LEN + over).as_bytes()).err();
            assert_eq!(error, Some(HeaderFault::TooLarge.into()));
        }
    }

    #[test]
    fn written_headers_are_read_back_and_verify_under_their_key_only() {
        let (key, other) = (FileKey::generate().unwrap(), FileKey::generate().unwrap());
        // Bodies around the length of a full line, 48 bytes: a full last line is followed by an empty one.
        for len in [0, 1, 47, 48, 49, 96, 100] {
            let stanza = |name: &str| Stanza { args: vec![name.to_owned(), "arg".to_owned()], body: vec![7; len] };
            let mut file = write(&[stanza("one"), stanza("two")], &key).unwrap();
            let header_len = file.len();
            file.extend_from_slice(b"payload");
            let (header, beyond) = read(&mut &file[..]).unwrap();
            assert_eq!(header.stanzas.len(), 2);
            assert_eq!(beyond, b"payload");
            assert_eq!(header.authenticated, &file[..header_len - 45]);
            header.verify(&key).unwrap();
            assert_eq!(header.verify(&other), Err(AgeError::HeaderMac));
        }
    }
}
