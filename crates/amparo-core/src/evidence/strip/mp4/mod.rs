//! MP4 and QuickTime (ISO/IEC 14496-12; QuickTime File Format) without metadata, in two passes and constant memory.
//!
//! Nothing moves: what is taken out is replaced by a `free` box of the same size filled with zeros, so that no offset changes and
//! the samples of sound and film are the same bytes at the same place. The first pass looks which tracks there are, the second
//! one copies. Tracks that are neither sound nor film (a phone's timed metadata, a drone's position in subtitles, time codes) go
//! with their samples.

mod survey;
#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom, Write};

use zeroize::Zeroizing;

use self::survey::{CUT, Place, Survey, be32, place, read_at, survey};
use super::{Removed, StripError};

/// Deeper than any film nests what is walked here (moov, trak, mdia, minf, stbl).
const MAX_DEPTH: usize = 12;
const BLOCK_BYTES: usize = 64 * 1024;

type Kind = [u8; 4];

/// What becomes of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Copied as it is.
    Copy,
    /// Its children are looked at.
    Enter,
    /// Copied with some fields set to zero.
    Edit,
    /// The samples: copied, but for those of tracks that go.
    Samples,
    /// A track: entered if it is sound or film, erased with its samples if not.
    Track,
    /// Replaced by zeros.
    Erase(&'static str),
    /// Space that belongs to nothing, replaced by zeros.
    Unused,
}

/// The allow-list: box `kind` in `parent` (`None`: the file itself).
fn fate(parent: Option<&Kind>, kind: &Kind) -> Fate {
    use Fate::{Copy, Edit, Enter, Erase, Samples, Track, Unused};
    match (parent.map_or(&b""[..], |parent| &parent[..]), kind) {
        (_, b"free" | b"skip" | b"wide") => Unused,
        (_, b"udta" | b"meta" | b"uuid") => Erase("location_and_tags"),
        (b"", b"ftyp" | b"styp" | b"sidx" | b"ssix" | b"pdin") => Copy,
        (b"", b"moov" | b"moof" | b"mfra") => Enter,
        (b"", b"mdat") => Samples,
        (b"moov", b"mvhd") | (b"trak", b"tkhd") | (b"mdia", b"mdhd" | b"hdlr") | (b"minf", b"hdlr") => Edit,
        (b"moov", b"iods") => Copy,
        (b"moov", b"trak") => Track,
        (b"moov", b"mvex") | (b"trak", b"mdia" | b"edts" | b"tapt") | (b"mdia", b"minf") => Enter,
        (b"minf", b"dinf" | b"stbl" | b"gmhd") => Enter,
        (b"mvex", b"mehd" | b"trex" | b"trep") | (b"edts", b"elst") | (b"tapt", b"clef" | b"prof" | b"enof") => Copy,
        // References between tracks; one to a track that goes is looked at where it is copied.
        (b"trak", b"tref" | b"trgr") | (b"mdia", b"elng") | (b"gmhd", b"gmin") => Copy,
        (b"minf", b"vmhd" | b"smhd" | b"hmhd" | b"nmhd" | b"sthd") => Copy,
        (b"dinf", b"dref") | (b"stbl", b"stsd") => Edit,
        (
            b"stbl",
            b"stts" | b"ctts" | b"cslg" | b"stsc" | b"stsz" | b"stz2" | b"stco" | b"co64" | b"stss" | b"stps" | b"stsh"
            | b"padb" | b"stdp" | b"sdtp" | b"sbgp" | b"sgpd" | b"subs" | b"saiz" | b"saio",
        ) => Copy,
        (b"moof", b"mfhd") | (b"mfra", b"tfra" | b"mfro") => Copy,
        (b"moof", b"traf") => Enter,
        (
            b"traf",
            b"tfhd" | b"tfdt" | b"trun" | b"sbgp" | b"sgpd" | b"subs" | b"saiz" | b"saio" | b"senc" | b"sdtp",
        ) => Copy,
        _ => Erase("other"),
    }
}

pub(super) fn strip(source: &mut (impl Read + Seek), out: &mut impl Write) -> Result<Removed, StripError> {
    let length = source.seek(SeekFrom::End(0)).map_err(StripError::Read)?;
    let survey = survey(source, length)?;
    let mut copy = Copier {
        source,
        out,
        survey: &survey,
        removed: Removed::new(),
        track: 0,
        handler: None,
        block: Zeroizing::new(vec![0; BLOCK_BYTES]),
    };
    let mut at = 0;
    while at < survey.end {
        at = copy.one(at, survey.end, None, 0)?;
    }
    if survey.end < length {
        copy.removed.insert("trailing_data");
    }
    Ok(copy.removed)
}

/// The second pass.
struct Copier<'a, R, W> {
    source: &'a mut R,
    out: &'a mut W,
    survey: &'a Survey,
    removed: Removed,
    /// Tracks met so far.
    track: usize,
    /// What the track that is being copied is.
    handler: Option<Kind>,
    block: Zeroizing<Vec<u8>>,
}

impl<R: Read + Seek, W: Write> Copier<'_, R, W> {
    /// Copies the box at `at` and returns where it ends.
    fn one(&mut self, at: u64, end: u64, parent: Option<&Kind>, depth: usize) -> Result<u64, StripError> {
        if depth > MAX_DEPTH {
            return Err(StripError::Malformed("MP4 boxes nest too deeply"));
        }
        let found = place(self.source, at, end, parent.is_none())?;
        let mut what = fate(parent, &found.kind);
        if what == Fate::Track {
            let info = self.survey.tracks.get(self.track).ok_or(CUT)?;
            self.track = self.track.saturating_add(1);
            self.handler = info.handler;
            what = if info.stays() { Fate::Enter } else { Fate::Erase("data_track") };
        }
        // A reference may name a track that goes.
        let references = found.kind == *b"tref" && self.survey.tracks.iter().any(|track| !track.stays());
        match what {
            Fate::Copy if !references => self.copy(found.start, found.end)?,
            Fate::Copy => self.erase(found, "data_track")?,
            Fate::Erase(what) => self.erase(found, what)?,
            Fate::Unused => self.unused(found)?,
            Fate::Samples => self.samples(found)?,
            Fate::Edit => self.edit(found)?,
            Fate::Enter | Fate::Track => {
                self.copy(found.start, found.content)?;
                let mut at = found.content;
                while found.end.saturating_sub(at) >= 8 {
                    at = self.one(at, found.end, Some(&found.kind), depth.saturating_add(1))?;
                }
                self.zeros(found.end.saturating_sub(at))?;
            }
        }
        Ok(found.end)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), StripError> {
        self.out.write_all(bytes).map_err(StripError::Write)
    }

    fn zeros(&mut self, mut bytes: u64) -> Result<(), StripError> {
        const ZEROS: [u8; 4096] = [0; 4096];
        while bytes > 0 {
            let now = bytes.min(ZEROS.len() as u64);
            self.put(ZEROS.get(..usize::try_from(now).unwrap_or(0)).unwrap_or_default())?;
            bytes = bytes.saturating_sub(now);
        }
        Ok(())
    }

    fn copy(&mut self, from: u64, to: u64) -> Result<(), StripError> {
        self.source.seek(SeekFrom::Start(from)).map_err(StripError::Read)?;
        let mut left = to.saturating_sub(from);
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK_BYTES);
            let block = self.block.get_mut(..now).ok_or(CUT)?;
            self.source.read_exact(block).map_err(StripError::Read)?;
            self.out.write_all(block).map_err(StripError::Write)?;
            left = left.saturating_sub(now as u64);
        }
        Ok(())
    }

    /// A box of the same size that says nothing.
    fn erase(&mut self, found: Place, what: &'static str) -> Result<(), StripError> {
        self.removed.insert(what);
        self.put_free(found)
    }

    fn unused(&mut self, found: Place) -> Result<(), StripError> {
        if !self.is_zero(found.content, found.end)? {
            self.removed.insert("unused_space");
        }
        self.put_free(found)
    }

    fn put_free(&mut self, found: Place) -> Result<(), StripError> {
        let mut header = read_at(self.source, found.start, found.content.saturating_sub(found.start).min(16))?;
        if let Some(kind) = header.get_mut(4..8).filter(|kind| **kind != *b"wide" && **kind != *b"skip") {
            kind.copy_from_slice(b"free");
        }
        // Without a 64-bit size, what follows the first eight bytes is the name of a `uuid` box.
        let long = be32(&header, 0) == Some(1);
        let kept = if long { 16 } else { 8 };
        let header = header.get(..kept).ok_or(CUT)?.to_vec();
        self.put(&header)?;
        self.zeros(found.end.saturating_sub(found.start).saturating_sub(kept as u64))
    }

    fn is_zero(&mut self, from: u64, to: u64) -> Result<bool, StripError> {
        self.source.seek(SeekFrom::Start(from)).map_err(StripError::Read)?;
        let mut left = to.saturating_sub(from);
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK_BYTES);
            let block = self.block.get_mut(..now).ok_or(CUT)?;
            self.source.read_exact(block).map_err(StripError::Read)?;
            if block.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            left = left.saturating_sub(now as u64);
        }
        Ok(true)
    }

    fn samples(&mut self, found: Place) -> Result<(), StripError> {
        let survey = self.survey;
        let mut at = found.start;
        for &(start, end) in &survey.erased {
            let (start, end) = (start.max(found.content), end.min(found.end));
            if start < end && end > at {
                let start = start.max(at);
                self.copy(at, start)?;
                self.zeros(end.saturating_sub(start))?;
                at = end;
            }
        }
        self.copy(at, found.end)
    }

    /// A box with fields that tell something.
    fn edit(&mut self, found: Place) -> Result<(), StripError> {
        let mut content = read_at(self.source, found.content, found.content_bytes())?;
        let version = content.first().copied().unwrap_or(0);
        match &found.kind {
            // Creation and modification times.
            b"mvhd" | b"tkhd" | b"mdhd" => {
                self.clear(&mut content, 4, if version == 1 { 16 } else { 8 }, "time")?;
            }
            // Manufacturer, flags, mask; name.
            b"hdlr" => {
                self.clear(&mut content, 12, 12, "handler_name")?;
                let name = content.len().saturating_sub(24);
                self.clear(&mut content, 24, name, "handler_name")?;
            }
            // Where samples are: in this file. Anything said beyond that is a path or an address.
            b"dref" => {
                let mut inner = 8usize;
                while let Some(size) = be32(&content, inner) {
                    let size = usize::try_from(size).map_err(|_| CUT)?;
                    let next = inner.checked_add(size).filter(|next| size >= 12 && *next <= content.len());
                    let next = next.ok_or(CUT)?;
                    self.clear(&mut content, inner.saturating_add(12), size.saturating_sub(12), "location_and_tags")?;
                    inner = next;
                }
            }
            b"stsd" => self.sample_entries(&mut content)?,
            _ => {}
        }
        self.copy(found.start, found.content)?;
        self.put(&content)
    }

    /// Sample entries (§8.5.2, §12.1.3): the encoder's vendor and name.
    fn sample_entries(&mut self, content: &mut [u8]) -> Result<(), StripError> {
        let mut at = 8usize;
        while let Some(size) = be32(content, at) {
            let size = usize::try_from(size).map_err(|_| CUT)?;
            let next = at.checked_add(size).filter(|next| size >= 16 && *next <= content.len()).ok_or(CUT)?;
            let entry = content.get_mut(at..next).ok_or(CUT)?;
            let film = matches!(self.handler.as_ref(), Some(b"vide" | b"auxv"));
            if entry.len() >= 24 {
                self.clear(entry, 20, 4, "encoder_name")?;
            }
            if film && entry.len() >= 86 {
                self.clear(entry, 50, 32, "encoder_name")?;
                self.entry_boxes(entry, 86)?;
            }
            at = next;
        }
        Ok(())
    }

    /// Boxes in a film's sample entry: the decoder's settings stay, tags do not. What does not read as boxes is left alone.
    fn entry_boxes(&mut self, entry: &mut [u8], mut at: usize) -> Result<(), StripError> {
        while let Some(size) = be32(entry, at) {
            let size = usize::try_from(size).map_err(|_| CUT)?;
            let Some(next) = at.checked_add(size).filter(|next| size >= 8 && *next <= entry.len()) else { break };
            let tags =
                matches!(entry.get(at.saturating_add(4)..at.saturating_add(8)), Some(b"udta" | b"meta" | b"uuid"));
            if tags {
                if let Some(kind) = entry.get_mut(at.saturating_add(4)..at.saturating_add(8)) {
                    kind.copy_from_slice(b"free");
                }
                self.removed.insert("location_and_tags");
                self.clear(entry, at.saturating_add(8), size.saturating_sub(8), "location_and_tags")?;
            }
            at = next;
        }
        Ok(())
    }

    /// Sets `length` bytes at `at` to zero.
    fn clear(&mut self, bytes: &mut [u8], at: usize, length: usize, what: &'static str) -> Result<(), StripError> {
        let end = at.checked_add(length).ok_or(CUT)?;
        if length == 0 {
            return Ok(());
        }
        let field = bytes.get_mut(at..end).ok_or(StripError::Malformed("an MP4 box lacks some of its fields"))?;
        if field.iter().any(|byte| *byte != 0) {
            self.removed.insert(what);
            field.fill(0);
        }
        Ok(())
    }
}
