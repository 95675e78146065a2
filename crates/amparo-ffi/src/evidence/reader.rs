//! Readers of evidence: what a player needs, in constant memory. Every byte they give was authenticated.

use std::sync::{Arc, Mutex, PoisonError};

use amparo_core::{CoreError, evidence};

use super::EvidenceError;
use crate::error::{ARGUMENT, CLOSED, Failure, call};

/// What one call returns at most. A larger piece would be copied as a whole on its way to the host, and stay in its memory.
pub(super) const PIECE_BYTES: u32 = 256 * 1024;

/// What a reader of the core is until it is closed. The core's readers call nobody, so our lock is held while one reads.
struct Open<R> {
    size: u64,
    reader: Mutex<Option<R>>,
}

impl<R> Open<R> {
    fn new(size: u64, reader: R) -> Self {
        Self { size, reader: Mutex::new(Some(reader)) }
    }

    fn read(
        &self,
        offset: u64,
        length: u32,
        read_at: impl FnOnce(&R, &mut [u8], u64) -> Result<usize, CoreError>,
    ) -> Result<Vec<u8>, Failure> {
        if length > PIECE_BYTES {
            return Err(Failure {
                field: "length".to_owned(),
                limit: PIECE_BYTES.into(),
                ..Failure::new(ARGUMENT, "length is too large: at most 262144 bytes at a time")
            });
        }
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = reader.as_ref().ok_or_else(|| Failure::new(CLOSED, "the reader is closed"))?;
        // No room for what is past the end.
        let length = u64::from(length).min(self.size.saturating_sub(offset));
        let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
        let read = read_at(reader, &mut piece, offset)?;
        piece.truncate(read);
        Ok(piece)
    }

    fn close(&self) {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(reader);
    }
}

/// Reads one piece of evidence at any place. Safe to use from several threads; a lock of the vault makes it fail with `Locked`.
#[derive(uniffi::Object)]
pub struct MediaReader {
    open: Open<evidence::MediaReader>,
}

impl MediaReader {
    pub(super) fn of(reader: evidence::MediaReader) -> Arc<Self> {
        Arc::new(Self { open: Open::new(reader.len(), reader) })
    }
}

#[uniffi::export]
impl MediaReader {
    /// Bytes of the evidence.
    pub fn size(&self) -> u64 {
        self.open.size
    }

    /// The bytes from `offset` on: `length` (at most 262,144) of them, less at the end, none past it. Damage is an error at its place
    /// and nowhere else. Blocks for the disk.
    pub fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, EvidenceError> {
        call("media_reader.read", || self.open.read(offset, length, |reader, piece, at| Ok(reader.read_at(piece, at)?)))
    }

    /// Closes the file and wipes its key. Reading fails with `Closed` from then on; closing again does nothing.
    pub fn close(&self) -> Result<(), EvidenceError> {
        call("media_reader.close", || {
            self.open.close();
            Ok(())
        })
    }
}

/// Reads all pieces of a recording as one stream. Safe to use from several threads; a lock of the vault makes it fail with `Locked`.
#[derive(uniffi::Object)]
pub struct RecordingReader {
    pieces: u32,
    open: Open<evidence::RecordingReader>,
}

impl RecordingReader {
    pub(super) fn of(reader: evidence::RecordingReader) -> Arc<Self> {
        let pieces = u32::try_from(reader.pieces()).unwrap_or(u32::MAX);
        Arc::new(Self { pieces, open: Open::new(reader.len(), reader) })
    }
}

#[uniffi::export]
impl RecordingReader {
    /// Bytes of all pieces together.
    pub fn size(&self) -> u64 {
        self.open.size
    }

    /// How many pieces there are that hold anything.
    pub fn pieces(&self) -> u32 {
        self.pieces
    }

    /// The bytes from `offset` on, as `MediaReader.read`, over the borders of pieces.
    pub fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, EvidenceError> {
        call("recording_reader.read", || self.open.read(offset, length, evidence::RecordingReader::read_at))
    }

    /// Closes the files and wipes their keys. Reading fails with `Closed` from then on; closing again does nothing.
    pub fn close(&self) -> Result<(), EvidenceError> {
        call("recording_reader.close", || {
            self.open.close();
            Ok(())
        })
    }
}
