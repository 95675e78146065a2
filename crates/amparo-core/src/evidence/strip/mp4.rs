//! MP4 and QuickTime (ISO/IEC 14496-12; QuickTime File Format) without metadata, in two passes and constant memory.
//!
//! Nothing moves: what is taken out is replaced by a `free` box of the same size filled with zeros, so that no offset changes and
//! the samples of sound and film are the same bytes at the same place. The first pass looks which tracks there are, the second
//! one copies. Tracks that are neither sound nor film (a phone's timed metadata, a drone's position in subtitles, time codes) go
//! with their samples.

use std::io::{Read, Seek, SeekFrom, Write};

use mp4box::{BoxHeader, parser::ParseError, read_box_header};
use zeroize::Zeroizing;

use super::{Removed, StripError};

/// Deeper than any film nests what is walked here (moov, trak, mdia, minf, stbl).
const MAX_DEPTH: usize = 12;
/// A box that is changed inside, and the sample tables of a track that goes, must be in memory.
const MAX_TABLE_BYTES: u64 = 32 * 1024 * 1024;
/// More tracks than this are no film.
const MAX_TRACKS: usize = 256;
/// Pieces that the samples of tracks that go lie in.
const MAX_RANGES: usize = 1 << 20;
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

/// A box in the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    kind: Kind,
    start: u64,
    content: u64,
    end: u64,
}

impl Place {
    fn content_bytes(&self) -> u64 {
        self.end.saturating_sub(self.content)
    }
}

const CUT: StripError = StripError::Malformed("an MP4 box reaches beyond what it is in");

fn read_error(error: ParseError) -> StripError {
    match error {
        ParseError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => CUT,
        ParseError::Io(error) => StripError::Read(error),
        _ => StripError::Malformed("an MP4 box is smaller than its own header"),
    }
}

/// The box at `at`, which must lie within `end`. Only samples at the end of the file may leave their size open.
fn place(source: &mut (impl Read + Seek), at: u64, end: u64, top: bool) -> Result<Place, StripError> {
    source.seek(SeekFrom::Start(at)).map_err(StripError::Read)?;
    let BoxHeader { size, typ, header_size, .. } = read_box_header(source).map_err(read_error)?;
    let content = at.checked_add(header_size).ok_or(CUT)?;
    let box_end = match size {
        0 if top && typ.0 == *b"mdat" => end,
        size => at.checked_add(size).ok_or(CUT)?,
    };
    if content > box_end || box_end > end {
        return Err(CUT);
    }
    Ok(Place { kind: typ.0, start: at, content, end: box_end })
}

/// What the first pass found out about one track.
#[derive(Default)]
struct TrackInfo {
    handler: Option<Kind>,
    tables: Vec<Place>,
}

impl TrackInfo {
    fn stays(&self) -> bool {
        matches!(self.handler.as_ref(), Some(b"vide" | b"soun" | b"auxv"))
    }
}

/// What the first pass found out.
struct Survey {
    tracks: Vec<TrackInfo>,
    /// Samples of tracks that go, in order, not overlapping.
    erased: Vec<(u64, u64)>,
    /// Where the last box ends. What follows is not part of the film.
    end: u64,
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

fn survey(source: &mut (impl Read + Seek), length: u64) -> Result<Survey, StripError> {
    let mut survey = Survey { tracks: Vec::new(), erased: Vec::new(), end: 0 };
    let (mut movie, mut samples, mut fragments) = (false, false, false);
    while survey.end < length {
        let found = place(source, survey.end, length, true);
        let known = found.as_ref().is_ok_and(|found| found.kind.iter().all(|b| matches!(b, 0x20..=0x7e | 0xa9)));
        let found = match found {
            // Phones append what is no box; a film that was cut has lost samples that its tables name.
            Ok(found) if known => found,
            Err(StripError::Read(error)) => return Err(StripError::Read(error)),
            _ if movie && samples => break,
            Err(error) => return Err(error),
            Ok(_) => return Err(StripError::Malformed("this is not an MP4 box")),
        };
        match &found.kind {
            b"moov" if movie => return Err(StripError::Malformed("an MP4 file describes two films")),
            b"moov" => {
                movie = true;
                tracks(source, found, 0, &mut survey.tracks)?;
            }
            b"moof" => fragments = true,
            b"mdat" => samples = true,
            _ => {}
        }
        survey.end = found.end;
    }
    if !movie || !samples {
        return Err(StripError::Malformed("an MP4 file has no index or no samples: a recording that was cut"));
    }
    if !survey.tracks.iter().any(TrackInfo::stays) {
        return Err(StripError::Unsupported("this MP4 file has neither sound nor film"));
    }
    if fragments && survey.tracks.iter().any(|track| !track.stays()) {
        return Err(StripError::Unsupported("this MP4 file is in fragments and has a track of data"));
    }
    for track in survey.tracks.iter().filter(|track| !track.stays()) {
        samples_of(source, track, &mut survey.erased)?;
    }
    survey.erased.sort_unstable();
    Ok(survey)
}

/// Collects the handlers and sample tables of all tracks below `parent`.
fn tracks(
    source: &mut (impl Read + Seek),
    parent: Place,
    depth: usize,
    found: &mut Vec<TrackInfo>,
) -> Result<(), StripError> {
    if depth > MAX_DEPTH {
        return Err(StripError::Malformed("MP4 boxes nest too deeply"));
    }
    let mut at = parent.content;
    // Fewer bytes than a header: QuickTime ends some lists with a zero.
    while parent.end.saturating_sub(at) >= 8 {
        let child = place(source, at, parent.end, false)?;
        match (&parent.kind, &child.kind) {
            (b"moov", b"trak") => {
                if found.len() >= MAX_TRACKS {
                    return Err(StripError::Unsupported("this MP4 file has too many tracks"));
                }
                found.push(TrackInfo::default());
                tracks(source, child, depth.saturating_add(1), found)?;
            }
            (b"trak", b"mdia") | (b"mdia", b"minf") | (b"minf", b"stbl") => {
                tracks(source, child, depth.saturating_add(1), found)?;
            }
            (b"mdia", b"hdlr") => {
                let head = read_at(source, child.content, 12)?;
                let handler = head.get(8..12).and_then(|kind| kind.try_into().ok()).ok_or(CUT)?;
                if child.content_bytes() < 12 {
                    return Err(CUT);
                }
                match found.last_mut() {
                    Some(track) if track.handler.is_none() => track.handler = Some(handler),
                    _ => return Err(StripError::Malformed("an MP4 track says twice what it is")),
                }
            }
            (b"stbl", b"stsz" | b"stz2" | b"stsc" | b"stco" | b"co64") => {
                if let Some(track) = found.last_mut() {
                    track.tables.push(child);
                }
            }
            _ => {}
        }
        at = child.end;
    }
    Ok(())
}

fn read_at(source: &mut (impl Read + Seek), at: u64, bytes: u64) -> Result<Zeroizing<Vec<u8>>, StripError> {
    let length = usize::try_from(bytes).ok().filter(|_| bytes <= MAX_TABLE_BYTES);
    let mut content = Zeroizing::new(vec![0; length.ok_or(StripError::TooLarge(MAX_TABLE_BYTES))?]);
    source.seek(SeekFrom::Start(at)).map_err(StripError::Read)?;
    source.read_exact(&mut content).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => CUT,
        _ => StripError::Read(error),
    })?;
    Ok(content)
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// Where the samples of a track are (ISO/IEC 14496-12 §8.7): chunks, each of as many samples as its run says.
fn samples_of(
    source: &mut (impl Read + Seek),
    track: &TrackInfo,
    ranges: &mut Vec<(u64, u64)>,
) -> Result<(), StripError> {
    const BAD: StripError = StripError::Malformed("an MP4 track's sample tables contradict each other");
    let mut table = |kinds: &[&Kind]| match track.tables.iter().find(|table| kinds.contains(&&table.kind)) {
        Some(table) => read_at(source, table.content, table.content_bytes()).map(|bytes| Some((table.kind, bytes))),
        None => Ok(None),
    };
    let (Some((offsets_kind, offsets)), Some((_, runs)), Some((sizes_kind, sizes))) =
        (table(&[b"stco", b"co64"])?, table(&[b"stsc"])?, table(&[b"stsz", b"stz2"])?)
    else {
        return Ok(());
    };
    if sizes_kind == *b"stz2" {
        return Err(StripError::Unsupported("this MP4 file has a track of data with compact sizes"));
    }
    let same_size = be32(&sizes, 4).ok_or(BAD)?;
    let chunks = be32(&offsets, 4).ok_or(BAD)?;
    let width = if offsets_kind == *b"co64" { 8 } else { 4 };
    let (mut run, mut per_chunk, mut sample) = (0usize, 0u32, 0usize);
    for chunk in 0..chunks {
        // The run that begins with this chunk (numbers count from 1).
        let first_of = |run: usize| be32(&runs, run.checked_mul(12)?.checked_add(8)?);
        while first_of(run).is_some_and(|first| first <= chunk.saturating_add(1)) {
            per_chunk = run.checked_mul(12).and_then(|at| be32(&runs, at.checked_add(12)?)).ok_or(BAD)?;
            run = run.saturating_add(1);
        }
        let index = usize::try_from(chunk).map_err(|_| BAD)?;
        let at = index.checked_mul(width).and_then(|at| at.checked_add(8)).ok_or(BAD)?;
        let start = if width == 8 { be64(&offsets, at) } else { be32(&offsets, at).map(u64::from) }.ok_or(BAD)?;
        let mut length = u64::from(same_size).checked_mul(u64::from(per_chunk)).ok_or(BAD)?;
        if same_size == 0 {
            for _ in 0..per_chunk {
                let size = sample.checked_mul(4).and_then(|at| be32(&sizes, at.checked_add(12)?)).ok_or(BAD)?;
                length = length.saturating_add(u64::from(size));
                sample = sample.saturating_add(1);
            }
        }
        let end = start.checked_add(length).ok_or(BAD)?;
        let full = ranges.len() >= MAX_RANGES;
        match ranges.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ if full => {
                return Err(StripError::Unsupported("this MP4 file scatters a track of data too widely"));
            }
            _ => ranges.push((start, end)),
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&size[..], kind, content].concat()
    }

    fn stripped(file: &[u8]) -> Result<(Vec<u8>, Removed), StripError> {
        let mut out = Vec::new();
        let removed = strip(&mut Cursor::new(file), &mut out)?;
        Ok((out, removed))
    }

    /// A track of one chunk of two samples at `offset`.
    fn track(handler: &[u8; 4], offset: usize, sizes: [u32; 2], entry: &[u8]) -> Vec<u8> {
        let n = |n: u32| n.to_be_bytes();
        let stbl = [
            boxed(b"stsd", &[&[0; 7], &[1][..], entry].concat()),
            boxed(b"stts", &[&[0; 7], &[1][..], &n(2), &n(1)].concat()),
            boxed(b"stsc", &[&[0; 7], &[1][..], &n(1), &n(2), &n(1)].concat()),
            boxed(b"stsz", &[&[0; 4][..], &n(0), &n(2), &n(sizes[0]), &n(sizes[1])].concat()),
            boxed(b"stco", &[&[0; 7], &[1][..], &n(u32::try_from(offset).unwrap())].concat()),
        ]
        .concat();
        let url = boxed(b"url ", b"\0\0\0\0file:///PATH-SECRET\0");
        let minf = [
            boxed(b"vmhd", &[0; 12]),
            boxed(b"dinf", &boxed(b"dref", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &url].concat())),
            boxed(b"stbl", &stbl),
        ]
        .concat();
        let mdia = [
            boxed(b"mdhd", &[&[0; 4][..], b"TIMETIME", &[0; 12]].concat()),
            boxed(b"hdlr", &[&[0; 8][..], handler, b"MAKR\0\0\0\0\0\0\0\0HANDLER-SECRET\0"].concat()),
            boxed(b"minf", &minf),
        ]
        .concat();
        let trak = [
            boxed(b"tkhd", &[&[1, 0, 0, 7][..], b"TIMETIMETIMETIME", &[0; 76]].concat()),
            boxed(b"tref", &boxed(b"cdsc", &[0, 0, 0, 2])),
            boxed(b"mdia", &mdia),
            boxed(b"meta", b"TRACK-SECRET"),
        ];
        boxed(b"trak", &trak.concat())
    }

    fn film_entry() -> Vec<u8> {
        let mut entry = vec![0; 78];
        entry[12..16].copy_from_slice(b"VNDR");
        entry[42..59].copy_from_slice(b"\x10COMPRESSOR-SECRE");
        entry.extend(boxed(b"avcC", b"decoder settings"));
        entry.extend(boxed(b"udta", b"ENTRY-SECRET"));
        boxed(b"avc1", &entry)
    }

    /// Film, then a phone's track of positions, their samples side by side.
    fn phone_film() -> Vec<u8> {
        let ftyp = boxed(b"ftyp", b"isom\0\0\0\0isom");
        let samples = b"filmFILM!POS-SECRETPOS-SECRET";
        let large = [&1u32.to_be_bytes()[..], b"mdat", &(16 + samples.len() as u64).to_be_bytes(), samples].concat();
        let offset = ftyp.len() + 16;
        let moov = [
            boxed(b"mvhd", &[&[0; 4][..], b"TIMETIME", &[0; 88]].concat()),
            track(b"vide", offset, [4, 5], &film_entry()),
            track(b"meta", offset + 9, [10, 10], &boxed(b"mebx", b"\0\0\0\0\0\0\0\x01KEYS-SECRET")),
            boxed(b"udta", &boxed(b"\xa9xyz", b"+30.0444+031.2357/")),
            boxed(b"uuid", b"0123456789abcdefUUID-SECRET"),
            boxed(b"zzzz", b"UNHEARD-SECRET"),
        ]
        .concat();
        [
            ftyp,
            large,
            boxed(b"free", b"UNUSED-SECRET"),
            boxed(b"moov", &moov),
            boxed(b"uuid", b"0123456789abcdefTOP-SECRET"),
            b"\0\0\0\0SEFHTRAILING-SECRET".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn nothing_moves_and_only_sound_and_film_stay() {
        let file = phone_film();
        let (out, removed) = stripped(&file).unwrap();
        for secret in [&b"SECRET"[..], b"SECRE", b"TIME", b"+30.0444", b"VNDR", b"MAKR", b"PATH", b"mebx"] {
            assert!(!out.windows(secret.len()).any(|w| w == secret), "{}", String::from_utf8_lossy(secret));
        }
        let all = [
            "data_track",
            "encoder_name",
            "handler_name",
            "location_and_tags",
            "other",
            "time",
            "trailing_data",
            "unused_space",
        ];
        assert_eq!(removed.into_iter().collect::<Vec<_>>(), all);
        assert_eq!(out.len(), file.len() - b"\0\0\0\0SEFHTRAILING-SECRET".len());
        let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
        for same in [&b"filmFILM!"[..], b"decoder settings", b"ftypisom", b"stco"] {
            assert_eq!(at(&out, same), at(&file, same), "{}", String::from_utf8_lossy(same));
        }
        let (again, removed) = stripped(&out).unwrap();
        assert_eq!((again, removed), (out, Removed::new()), "nothing is left to remove");
    }

    #[test]
    fn cut_films_and_boxes_that_cannot_be_are_refused() {
        let file = phone_film();
        let moov = file.windows(4).position(|w| w == b"moov").unwrap() - 4;
        let size = u32::from_be_bytes(file[moov..moov + 4].try_into().unwrap()) as usize;
        for length in 0..moov + size {
            assert!(stripped(&file[..length]).is_err(), "{length}");
        }
        // Every four bytes as a size that is far too large, and as none.
        for at in 0..file.len() - 4 {
            for value in [u32::MAX, 0, 1, 7] {
                let mut changed = file.clone();
                changed[at..at + 4].copy_from_slice(&value.to_be_bytes());
                if let Ok((out, _)) = stripped(&changed) {
                    assert!(out.len() <= changed.len());
                }
            }
        }
        let only_data = [boxed(b"moov", &track(b"meta", 0, [1, 1], &[])), boxed(b"mdat", b"x")].concat();
        assert!(matches!(stripped(&only_data), Err(StripError::Unsupported(_))));
        let moof = [file.clone()[..moov + size].to_vec(), boxed(b"moof", b"")].concat();
        assert!(matches!(stripped(&moof), Err(StripError::Unsupported(_))));
        let deep = (0..40).fold(Vec::new(), |inner, _| boxed(b"moov", &inner));
        assert!(stripped(&deep).is_err());
    }
}
