//! Recordings in several pieces: a capture that was cut goes on in a further piece of evidence, and a player reads them as one.
//!
//! A media file is never written to again, so going on means a new piece. Each has a number in its recording; no two have the
//! same, and none goes on while another one of the recording is being written.

use std::io::{self, Read, Seek, SeekFrom};

use amparo_vault::{MediaId, MediaReader};
use rusqlite::{Connection, OptionalExtension as _};

use super::{Evidence, EvidenceState, EvidenceStore, Origin, store};
use crate::{CoreError, EvidenceId};

impl EvidenceStore<'_> {
    /// All pieces of the recording that `id` is a piece of, in order; `id` alone if it was never continued. Pieces that were
    /// deleted are there as what is left of them.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], and the vault's.
    pub fn segments(&self, id: EvidenceId) -> Result<Vec<Evidence>, CoreError> {
        self.amparo.vault.read(|conn| segments(conn, id))
    }

    /// Opens the whole recording that `id` is a piece of for reading, as one stream: what one piece ends with is followed by what
    /// the next one begins with. Whether a player understands that depends on the format: MPEG-TS, MP3, ADTS and raw samples do.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceUnfinished`] and [`CoreError::EvidenceDeleted`] when that is true
    /// of any piece, and the vault's.
    pub fn open_recording(&self, id: EvidenceId) -> Result<RecordingReader, CoreError> {
        let media = self.amparo.vault.read(|conn| {
            let segments = segments(conn, id)?;
            // Of a piece of which a crash left nothing there may not even be a file.
            let kept = segments.iter().filter(|piece| piece.size > 0 || piece.state == EvidenceState::WRITING);
            kept.map(|piece| store::media_of(conn, piece.id)).collect::<Result<Vec<MediaId>, _>>()
        })?;
        let mut parts = Vec::with_capacity(media.len());
        let mut length = 0u64;
        for media in media {
            let reader = self.amparo.vault.open_media(media)?;
            let start = length;
            length = start.checked_add(reader.len()).ok_or(CoreError::DamagedRecord)?;
            parts.push(Part { start, reader });
        }
        Ok(RecordingReader { parts, length, position: 0 })
    }
}

pub(super) fn segments(conn: &Connection, id: EvidenceId) -> Result<Vec<Evidence>, CoreError> {
    let seq = store::seq_of(conn, id)?;
    match recording_of(conn, seq)? {
        Some(recording) => store::select(conn, "recording = ?1 ORDER BY segment", recording),
        None => Ok(vec![store::get(conn, id)?]),
    }
}

fn recording_of(conn: &Connection, seq: i64) -> Result<Option<i64>, CoreError> {
    let mut statement = conn.prepare_cached("SELECT recording FROM evidence WHERE seq = ?1")?;
    Ok(statement.query_row([seq], |row| row.get(0)).optional()?.flatten())
}

/// Makes the new row `seq` the next piece of the recording that `earlier` is a piece of.
pub(super) fn join(conn: &Connection, seq: i64, earlier: EvidenceId) -> Result<(), CoreError> {
    let piece = store::get(conn, earlier)?;
    if piece.state == EvidenceState::DELETED {
        return Err(CoreError::EvidenceDeleted);
    }
    if piece.derived_from.is_some() || piece.description.how == Origin::IMPORT {
        return Err(CoreError::InvalidField { field: "continues", rule: "must name a recording that the app made" });
    }
    let pieces = segments(conn, earlier)?;
    if pieces.iter().any(|piece| piece.state == EvidenceState::WRITING) {
        return Err(CoreError::EvidenceUnfinished);
    }
    let first = match pieces.first() {
        Some(first) => store::seq_of(conn, first.id)?,
        None => return Err(CoreError::DamagedRecord),
    };
    // The first piece becomes number 1 when there is a second one.
    conn.prepare_cached("UPDATE evidence SET recording = seq, segment = 1 WHERE seq = ?1 AND recording IS NULL")?
        .execute([first])?;
    conn.prepare_cached(
        "UPDATE evidence SET recording = ?2, segment = (SELECT max(segment) + 1 FROM evidence WHERE recording = ?2)
         WHERE seq = ?1",
    )?
    .execute((seq, first))?;
    Ok(())
}

struct Part {
    start: u64,
    reader: MediaReader,
}

/// Reads the pieces of a recording as one stream: [`Read`], [`Seek`] and [`read_at`](Self::read_at). `Send`. Every byte it
/// returns was authenticated.
pub struct RecordingReader {
    parts: Vec<Part>,
    length: u64,
    position: u64,
}

impl RecordingReader {
    /// Bytes of all pieces together.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many pieces there are that hold anything.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.parts.len()
    }

    /// Reads at `offset` until `buf` is full or the recording ends; returns the bytes read, 0 past the end. Blocks for the disk.
    ///
    /// # Errors
    /// The vault's: a damaged slot is an error at its place and nowhere else.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<usize, CoreError> {
        let mut done = 0usize;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(done as u64);
            let index = self.parts.partition_point(|part| part.start <= at);
            let Some(part) = index.checked_sub(1).and_then(|index| self.parts.get(index)) else { break };
            let n = part.reader.read_at(rest, at.saturating_sub(part.start))?;
            if n == 0 {
                break;
            }
            done = done.saturating_add(n);
        }
        Ok(done)
    }
}

impl Read for RecordingReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.read_at(buf, self.position).map_err(io::Error::other)?;
        self.position = self.position.saturating_add(n as u64);
        Ok(n)
    }
}

impl Seek for RecordingReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl core::fmt::Debug for RecordingReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RecordingReader").field("pieces", &self.parts.len()).finish_non_exhaustive()
    }
}
