//! The payload: STREAM over ChaCha20-Poly1305 in chunks of 64 KiB (C2SP age, "Payload").
//!
//! ```text
//! nonce[16] ‖ chunk 0 ‖ chunk 1 ‖ … ‖ final chunk           chunk = ciphertext (65536 bytes, the final one 0 to 65536) ‖ tag[16]
//! payload key = HKDF-SHA-256(file key, nonce[16], "payload")
//! chunk nonce = be88(counter) ‖ (01 for the final chunk, else 00)
//! ```
//!
//! Counter nonces are safe because the payload key belongs to one file: the file key is fresh for every file, and the writer
//! seals every counter once. The final flag is what makes a truncated file detectable: the reader reports the end only after a
//! chunk authenticated as final and nothing followed it. Both directions hold one chunk in memory and work on it in place.

use std::io::{self, Read, Write};

use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::AeadInOut as _};
use zeroize::Zeroizing;

use super::{AgeError, FileKey, HeaderFault, PayloadFault, TAG_LEN, header::read_some, hkdf_sha256};
use crate::random;

/// Plaintext bytes of every chunk but the last.
pub const CHUNK_LEN: usize = 64 * 1024;

/// Bytes of a full chunk as stored.
const SEALED_LEN: usize = CHUNK_LEN + TAG_LEN;
/// Bytes of the nonce in front of the chunks.
pub(super) const NONCE_LEN: usize = 16;

/// Whether a chunk ends the payload.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Inner,
    Final,
}

/// The cipher of one payload and the number of the chunk it works on.
struct ChunkCipher {
    /// Wipes its key on drop.
    aead: ChaCha20Poly1305,
    counter: u64,
}

impl ChunkCipher {
    fn new(file_key: &FileKey, nonce: &[u8; NONCE_LEN]) -> Self {
        let key = hkdf_sha256(file_key.0.as_slice(), nonce, b"payload");
        Self { aead: ChaCha20Poly1305::new((&*key).into()), counter: 0 }
    }

    fn nonce(&self, position: Position) -> [u8; 12] {
        let mut nonce = [0u8; 12];
        let [_, _, _, counter @ .., flag] = &mut nonce;
        // The counter has 88 bits in the format; 64 of them are beyond any file (2^80 bytes).
        counter.copy_from_slice(&self.counter.to_be_bytes());
        *flag = u8::from(position == Position::Final);
        nonce
    }

    /// Encrypts `chunk` in place and moves on, so that no nonce is used twice.
    fn seal(&mut self, chunk: &mut [u8], position: Position) -> Result<[u8; TAG_LEN], AgeError> {
        let nonce = self.nonce(position);
        self.counter = self.counter.checked_add(1).ok_or(AgeError::TooLong)?;
        self.aead
            .encrypt_inout_detached(&nonce.into(), b"", chunk.into())
            .map(Into::into)
            .map_err(|_| AgeError::TooLong)
    }

    /// Decrypts `sealed` (with its tag) in place. `false` leaves it untouched.
    fn open(&self, sealed: &mut [u8], position: Position) -> bool {
        let Some((chunk, tag)) = sealed.split_last_chunk_mut::<TAG_LEN>() else {
            return false;
        };
        self.aead.decrypt_inout_detached(&self.nonce(position).into(), b"", chunk.into(), &(*tag).into()).is_ok()
    }
}

/// Encrypts a payload as it is written.
pub(super) struct PayloadWriter<W> {
    out: W,
    cipher: ChunkCipher,
    /// Room for a chunk and its tag; plaintext up to `filled`.
    buf: Zeroizing<Vec<u8>>,
    filled: usize,
    failed: bool,
}

impl<W: Write> PayloadWriter<W> {
    /// Writes `header` and a fresh payload nonce.
    pub(super) fn new(mut out: W, mut header: Vec<u8>, file_key: &FileKey) -> Result<Self, AgeError> {
        let nonce = random::array::<NONCE_LEN>()?;
        header.extend_from_slice(&nonce);
        out.write_all(&header)?;
        let cipher = ChunkCipher::new(file_key, &nonce);
        Ok(Self { out, cipher, buf: Zeroizing::new(vec![0; SEALED_LEN]), filled: 0, failed: false })
    }

    fn seal(&mut self, position: Position) -> io::Result<()> {
        // Set until the chunk is out: after a failure nobody knows how much of it was written, and sealing the next one
        // would only make the loss look like a file.
        self.failed = true;
        let (chunk, rest) = self.buf.split_at_mut_checked(self.filled).ok_or(AgeError::TooLong)?;
        let tag = self.cipher.seal(chunk, position)?;
        rest.get_mut(..TAG_LEN).ok_or(AgeError::TooLong)?.copy_from_slice(&tag);
        self.out.write_all(self.buf.get(..self.filled + TAG_LEN).unwrap_or_default())?;
        self.filled = 0;
        self.failed = false;
        Ok(())
    }

    /// Seals what is left as the final chunk and returns the writer below, flushed.
    pub(super) fn finish(mut self) -> Result<W, AgeError> {
        if self.failed {
            return Err(AgeError::Incomplete);
        }
        self.seal(Position::Final)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for PayloadWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Err(AgeError::Incomplete.into());
        }
        // A full chunk waits until more data comes: only then is it known not to be the final one.
        if self.filled == CHUNK_LEN && !data.is_empty() {
            self.seal(Position::Inner)?;
        }
        let room = self.buf.get_mut(self.filled..CHUNK_LEN).unwrap_or_default();
        let taken = copy_prefix(room, data);
        self.filled += taken;
        Ok(taken)
    }

    /// Flushes the writer below. The chunk being filled stays here: chunks have one length.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Decrypts a payload as it is read.
pub(super) struct PayloadReader<R> {
    input: Ahead<R>,
    cipher: ChunkCipher,
    /// One sealed chunk and one byte of what follows. After opening: plaintext.
    buf: Zeroizing<Vec<u8>>,
    /// Bytes of `buf` that were read from the input.
    filled: usize,
    /// Plaintext in `buf` that was not handed out yet.
    plain: core::ops::Range<usize>,
    /// The byte behind the opened chunk.
    carry: Option<u8>,
    /// What to say once `plain` is empty.
    end: Option<Result<(), PayloadFault>>,
}

/// What was read together with the header, then the input.
struct Ahead<R> {
    first: io::Cursor<Vec<u8>>,
    rest: R,
}

impl<R: Read> Ahead<R> {
    fn read_some(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.first.read(buf)? {
            0 => read_some(&mut self.rest, buf),
            n => Ok(n),
        }
    }
}

impl<R: Read> PayloadReader<R> {
    /// Reads the payload nonce from what follows the header: `beyond`, then `input`.
    pub(super) fn new(input: R, beyond: Vec<u8>, file_key: &FileKey) -> Result<Self, AgeError> {
        let mut input = Ahead { first: io::Cursor::new(beyond), rest: input };
        let mut nonce = [0u8; NONCE_LEN];
        let mut have = 0;
        while let Some(room @ [_, ..]) = nonce.get_mut(have..) {
            match input.read_some(room)? {
                0 => return Err(HeaderFault::MissingNonce.into()),
                n => have += n,
            }
        }
        Ok(Self {
            input,
            cipher: ChunkCipher::new(file_key, &nonce),
            buf: Zeroizing::new(vec![0; SEALED_LEN + 1]),
            filled: 0,
            plain: 0..0,
            carry: None,
            end: None,
        })
    }

    /// Reads and opens the next chunk. A failing input leaves everything in place, so that reading may be tried again.
    fn next_chunk(&mut self) -> io::Result<()> {
        if self.filled == 0
            && let (Some(byte), Some(first)) = (self.carry.take(), self.buf.first_mut())
        {
            *first = byte;
            self.filled = 1;
        }
        // One byte more than a chunk: whether anything follows decides which nonce must fit.
        while let Some(room @ [_, ..]) = self.buf.get_mut(self.filled..) {
            match self.input.read_some(room)? {
                0 => break,
                n => self.filled += n,
            }
        }
        let more = (self.filled > SEALED_LEN).then(|| self.buf.last().copied()).flatten();
        let len = self.filled.min(SEALED_LEN);
        self.filled = 0;
        self.carry = more;
        let sealed = self.buf.get_mut(..len).unwrap_or_default();
        self.end = open(&self.cipher, sealed, more.is_some());
        let released = match self.end {
            None | Some(Ok(()) | Err(PayloadFault::TrailingData)) => true,
            // A whole inner chunk at the end of the file is authentic, although the file is cut behind it.
            Some(Err(PayloadFault::Truncated)) => len == SEALED_LEN,
            Some(Err(_)) => false,
        };
        self.plain = 0..if released { len - TAG_LEN } else { 0 };
        if self.end.is_none() {
            self.cipher.counter =
                self.cipher.counter.checked_add(1).ok_or_else(|| io::Error::from(AgeError::TooLong))?;
        }
        Ok(())
    }
}

/// Opens one chunk in place. `None`: an inner chunk was opened and more follow. `Some(Ok)`: the final chunk was. With
/// [`PayloadFault::TrailingData`], and with [`PayloadFault::Truncated`] for a full chunk, `sealed` was opened too.
fn open(cipher: &ChunkCipher, sealed: &mut [u8], more: bool) -> Option<Result<(), PayloadFault>> {
    if more {
        return if cipher.open(sealed, Position::Inner) {
            None
        } else if cipher.open(sealed, Position::Final) {
            Some(Err(PayloadFault::TrailingData))
        } else {
            Some(Err(PayloadFault::Tampered))
        };
    }
    if sealed.len() < TAG_LEN {
        return Some(Err(PayloadFault::Truncated));
    }
    if cipher.counter > 0 && sealed.len() == TAG_LEN {
        // Refused whether or not it authenticates: only a payload of no bytes ends with an empty chunk.
        let authentic = cipher.open(sealed, Position::Final);
        return Some(Err(if authentic { PayloadFault::EmptyFinalChunk } else { PayloadFault::CutOrTampered }));
    }
    if cipher.open(sealed, Position::Final) {
        Some(Ok(()))
    } else if sealed.len() == SEALED_LEN && cipher.open(sealed, Position::Inner) {
        Some(Err(PayloadFault::Truncated))
    } else {
        Some(Err(PayloadFault::CutOrTampered))
    }
}

impl<R: Read> Read for PayloadReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.plain.is_empty() {
            match self.end {
                None => self.next_chunk()?,
                Some(Ok(())) => return Ok(0),
                Some(Err(fault)) => return Err(AgeError::Payload(fault).into()),
            }
        }
        let ready = self.buf.get(self.plain.clone()).unwrap_or_default();
        let taken = copy_prefix(out, ready);
        self.plain.start += taken;
        Ok(taken)
    }
}

/// Copies as much of `from` as fits into `to`; returns how much.
fn copy_prefix(to: &mut [u8], from: &[u8]) -> usize {
    let taken = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..taken), from.get(..taken)) {
        to.copy_from_slice(from);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payload with one chunk for every entry: its length and whether it is marked final. No header.
    fn payload(key: &FileKey, chunks: &[(usize, bool)]) -> Vec<u8> {
        let nonce = [5u8; NONCE_LEN];
        let mut cipher = ChunkCipher::new(key, &nonce);
        let mut out = nonce.to_vec();
        for (len, last) in chunks {
            let mut chunk = vec![b'a'; *len];
            let position = if *last { Position::Final } else { Position::Inner };
            let tag = cipher.seal(&mut chunk, position).unwrap();
            out.extend_from_slice(&chunk);
            out.extend_from_slice(&tag);
        }
        out
    }

    fn read_all(key: &FileKey, bytes: &[u8]) -> (usize, Result<(), AgeError>) {
        let mut released = Vec::new();
        let mut reader = PayloadReader::new(bytes, Vec::new(), key).unwrap();
        let result = reader.read_to_end(&mut released).map(|_| ()).map_err(AgeError::from);
        assert!(released.iter().all(|b| *b == b'a'), "only what was written may come out");
        (released.len(), result)
    }

    #[test]
    fn every_ending_has_its_name() {
        let key = FileKey::generate().unwrap();
        let full = CHUNK_LEN;
        type Case<'a> = (&'a [(usize, bool)], usize, Result<(), PayloadFault>);
        let cases: &[Case<'_>] = &[
            (&[(0, true)], 0, Ok(())),
            (&[(1, true)], 1, Ok(())),
            (&[(full, true)], full, Ok(())),
            (&[(full, false), (1, true)], full + 1, Ok(())),
            (&[], 0, Err(PayloadFault::Truncated)),
            (&[(full, false)], full, Err(PayloadFault::Truncated)),
            (&[(full, false), (full, false)], 2 * full, Err(PayloadFault::Truncated)),
            (&[(full, false), (0, true)], full, Err(PayloadFault::EmptyFinalChunk)),
            (&[(full, false), (0, false)], full, Err(PayloadFault::CutOrTampered)),
            (&[(full, true), (1, true)], full, Err(PayloadFault::TrailingData)),
            (&[(full, true), (full, true), (1, true)], full, Err(PayloadFault::TrailingData)),
            (&[(1, false)], 0, Err(PayloadFault::CutOrTampered)),
            (&[(1, false), (1, true)], 0, Err(PayloadFault::CutOrTampered)),
        ];
        for (chunks, released, result) in cases {
            let expected = (*released, result.map_err(AgeError::Payload));
            assert_eq!(read_all(&key, &payload(&key, chunks)), expected, "{chunks:?}");
        }
    }

    #[test]
    fn chunks_stay_in_their_place_and_in_their_file() {
        let key = FileKey::generate().unwrap();
        let whole = payload(&key, &[(CHUNK_LEN, false), (CHUNK_LEN, false), (1, true)]);
        let (first, second) = (NONCE_LEN..NONCE_LEN + SEALED_LEN, NONCE_LEN + SEALED_LEN..NONCE_LEN + 2 * SEALED_LEN);
        let mut swapped = whole.clone();
        swapped[first.clone()].copy_from_slice(&whole[second.clone()]);
        swapped[second.clone()].copy_from_slice(&whole[first]);
        assert_eq!(read_all(&key, &swapped), (0, Err(AgeError::Payload(PayloadFault::Tampered))));
        let mut dropped = whole.clone();
        dropped.drain(second);
        assert_eq!(read_all(&key, &dropped), (CHUNK_LEN, Err(AgeError::Payload(PayloadFault::CutOrTampered))));
        let other = FileKey::generate().unwrap();
        assert_eq!(read_all(&other, &whole), (0, Err(AgeError::Payload(PayloadFault::Tampered))));
        let mut nonce = whole;
        nonce[0] ^= 1;
        assert_eq!(read_all(&key, &nonce), (0, Err(AgeError::Payload(PayloadFault::Tampered))));
    }

    #[test]
    fn a_short_nonce_is_named() {
        let key = FileKey::generate().unwrap();
        for len in 0..NONCE_LEN {
            for split in 0..=len {
                let rest = vec![0; len - split];
                let error = PayloadReader::new(&rest[..], vec![0; split], &key).err();
                assert_eq!(error, Some(HeaderFault::MissingNonce.into()));
            }
        }
    }

    /// Fails every other call, as a network mount does.
    struct Flaky<'a>(&'a [u8], bool);

    impl Read for Flaky<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let room = out.len().min(10_000);
            self.0.read(&mut out[..room])
        }
    }

    #[test]
    fn reading_goes_on_after_the_input_failed() {
        let key = FileKey::generate().unwrap();
        let bytes = payload(&key, &[(CHUNK_LEN, false), (CHUNK_LEN, false), (77, true)]);
        let (nonce, rest) = bytes.split_at(NONCE_LEN);
        let mut reader = PayloadReader::new(Flaky(rest, false), nonce.to_vec(), &key).unwrap();
        let (mut released, mut failures) = (0, 0);
        let mut buf = [0u8; 9999];
        loop {
            match reader.read(&mut buf) {
                Ok(0) => break,
                Ok(n) => released += n,
                Err(error) => {
                    assert_eq!((error.kind(), AgeError::from_io(&error)), (io::ErrorKind::TimedOut, None));
                    failures += 1;
                }
            }
        }
        assert_eq!(released, 2 * CHUNK_LEN + 77);
        assert!(failures > 10);
    }

    /// Takes `room` bytes and then fails.
    struct Full {
        room: usize,
    }

    impl Write for Full {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            match self.room.min(data.len()) {
                0 => Err(io::ErrorKind::StorageFull.into()),
                n => {
                    self.room -= n;
                    Ok(n)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_failed_write_there_is_no_finished_file() {
        let key = FileKey::generate().unwrap();
        let data = vec![0u8; 2 * CHUNK_LEN];
        let no_room = PayloadWriter::new(Full { room: 3 }, vec![1, 2], &key);
        assert_eq!(no_room.err(), Some(AgeError::Io(io::ErrorKind::StorageFull)));
        let mut writer = PayloadWriter::new(Full { room: 1000 }, Vec::new(), &key).unwrap();
        assert_eq!(writer.write_all(&data).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(AgeError::from_io(&writer.write(&data).unwrap_err()), Some(AgeError::Incomplete));
        assert_eq!(writer.finish().err(), Some(AgeError::Incomplete));
        let mut writer = PayloadWriter::new(Full { room: 1000 }, Vec::new(), &key).unwrap();
        writer.write_all(&data[..CHUNK_LEN]).unwrap();
        assert_eq!(writer.finish().err(), Some(AgeError::Io(io::ErrorKind::StorageFull)));
    }

    #[test]
    fn writing_nothing_changes_nothing() {
        let key = FileKey::generate().unwrap();
        let mut writer = PayloadWriter::new(Vec::new(), Vec::new(), &key).unwrap();
        writer.write_all(&[b'a'; CHUNK_LEN]).unwrap();
        assert_eq!(writer.write(&[]).unwrap(), 0);
        writer.flush().unwrap();
        assert_eq!(read_all(&key, &writer.finish().unwrap()), (CHUNK_LEN, Ok(())));
    }

    #[test]
    fn nonces_are_counter_and_flag() {
        let mut cipher = ChunkCipher::new(&FileKey::blank(), &[0; NONCE_LEN]);
        assert_eq!(cipher.nonce(Position::Inner), [0; 12]);
        assert_eq!(cipher.nonce(Position::Final), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        cipher.counter = 0x0102;
        assert_eq!(cipher.nonce(Position::Inner), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0]);
        cipher.counter = u64::MAX;
        assert_eq!(cipher.seal(&mut [], Position::Final), Err(AgeError::TooLong));
    }
}
