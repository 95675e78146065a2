//! Tar → zero padding → age, one buffer at a time.
//!
//! Evidence is hashed as it passes. If it is not what was recorded, sealing fails with the item's number and the output must
//! be thrown away: a report never carries evidence that contradicts its own manifest.

use std::{
    io::{self, Read, Write},
    ops::ControlFlow,
};

use amparo_crypto::{
    age::{Encryptor, StanzaPadding},
    hash::{Digest, Hasher},
};
use zeroize::Zeroizing;

use super::{
    Prepared, SealError,
    prepare::{BLOCK, Source},
};
use crate::archive::canonical_header;

/// Bytes that are read and written at a time.
const BUFFER: usize = 64 * 1024;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Bytes of the sealed file.
    pub size: u64,
    /// SHA-256 of the sealed file: what a receipt names.
    pub sha256: Digest,
}

impl Prepared<'_, '_> {
    /// Writes the sealed report to `out`. `progress` is told how many bytes of [`Prepared::payload_size`] are done, at least
    /// every 64 KiB; `ControlFlow::Break` stops with [`SealError::Cancelled`]. Blocks on reading the evidence and on `out`.
    ///
    /// # Errors
    /// [`SealError`]. What was written until then is unusable, and the caller deletes it.
    pub fn write<W: Write>(
        &self,
        out: W,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Sealed, SealError> {
        let counted = Counted { out, size: 0, hasher: Hasher::new() };
        let encryptor = Encryptor::new(counted, &self.recipients, StanzaPadding::Anonymous)?;
        let mut sink = Sink { out: encryptor, done: 0, total: self.payload, progress };
        sink.step(0)?;
        let mut buffer = Zeroizing::new(vec![0u8; BUFFER]);
        for part in &self.parts {
            sink.write(canonical_header(&part.path, part.size)?.as_bytes())?;
            match &part.source {
                Source::Bytes(content) => {
                    for piece in content.chunks(BUFFER) {
                        sink.write(piece)?;
                    }
                }
                Source::Evidence { item, sha256, open } => {
                    let mut reader = open().map_err(|e| SealError::EvidenceRead { item: *item, kind: e.kind() })?;
                    sink.evidence(&mut *reader, *item, part.size, sha256, &mut buffer)?;
                }
            }
            let rest = part.size.next_multiple_of(BLOCK) - part.size;
            sink.zeros(rest)?;
        }
        sink.zeros(self.payload.saturating_sub(sink.done))?;
        let mut counted = sink.out.finish()?;
        counted.flush()?;
        Ok(Sealed { size: counted.size, sha256: counted.hasher.finish() })
    }
}

struct Sink<'p, W: Write> {
    out: Encryptor<Counted<W>>,
    done: u64,
    total: u64,
    progress: &'p mut dyn FnMut(u64) -> ControlFlow<()>,
}

impl<W: Write> Sink<'_, W> {
    fn step(&mut self, bytes: u64) -> Result<(), SealError> {
        self.done = self.done.saturating_add(bytes);
        match (self.progress)(self.done.min(self.total)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(SealError::Cancelled),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        self.out.write_all(bytes)?;
        self.step(bytes.len() as u64)
    }

    fn zeros(&mut self, mut count: u64) -> Result<(), SealError> {
        // No longer: it is stored in the library as it stands.
        static ZEROS: [u8; 4096] = [0; 4096];
        while count > 0 {
            let len = usize::try_from(count).unwrap_or(ZEROS.len()).min(ZEROS.len());
            self.write(ZEROS.get(..len).unwrap_or(&ZEROS))?;
            count -= len as u64;
        }
        Ok(())
    }

    fn evidence(
        &mut self,
        reader: &mut dyn Read,
        item: usize,
        size: u64,
        sha256: &Digest,
        buffer: &mut [u8],
    ) -> Result<(), SealError> {
        let mut hasher = Hasher::new();
        let mut left = size;
        loop {
            let read = match reader.read(buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(SealError::EvidenceRead { item, kind: error.kind() }),
            };
            let piece = buffer.get(..read).ok_or(SealError::EvidenceMismatch { item })?;
            if piece.is_empty() {
                break;
            }
            // Longer than recorded: the tar's header is already written, so this cannot be healed.
            left = left.checked_sub(read as u64).ok_or(SealError::EvidenceMismatch { item })?;
            hasher.update(piece);
            self.write(piece)?;
        }
        if left == 0 && hasher.finish() == *sha256 { Ok(()) } else { Err(SealError::EvidenceMismatch { item }) }
    }
}

/// Counts and hashes the sealed bytes.
struct Counted<W: Write> {
    out: W,
    size: u64,
    hasher: Hasher,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.out.write(buf)?;
        self.size = self.size.saturating_add(written as u64);
        self.hasher.update(buf.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
