//! The first pass: which boxes and tracks there are, and where the samples of those lie that go.

use std::io::{Read, Seek, SeekFrom};

use mp4box::{BoxHeader, parser::ParseError, read_box_header};
use zeroize::Zeroizing;

use super::{Kind, MAX_DEPTH};
use crate::evidence::strip::StripError;

/// A box that is changed inside, and the sample tables of a track that goes, must be in memory.
const MAX_TABLE_BYTES: u64 = 32 * 1024 * 1024;
/// More tracks than this are no film.
const MAX_TRACKS: usize = 256;
/// Pieces that the samples of tracks that go lie in.
const MAX_RANGES: usize = 1 << 20;

/// A box in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub kind: Kind,
    pub start: u64,
    pub content: u64,
    pub end: u64,
}

impl Place {
    pub fn content_bytes(&self) -> u64 {
        self.end.saturating_sub(self.content)
    }
}

pub(super) const CUT: StripError = StripError::Malformed("an MP4 box reaches beyond what it is in");

fn read_error(error: ParseError) -> StripError {
    match error {
        ParseError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => CUT,
        ParseError::Io(error) => StripError::Read(error),
        _ => StripError::Malformed("an MP4 box is smaller than its own header"),
    }
}

/// The box at `at`, which must lie within `end`. Only samples at the end of the file may leave their size open.
pub(super) fn place(source: &mut (impl Read + Seek), at: u64, end: u64, top: bool) -> Result<Place, StripError> {
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
pub(super) struct TrackInfo {
    pub handler: Option<Kind>,
    pub tables: Vec<Place>,
}

impl TrackInfo {
    pub fn stays(&self) -> bool {
        matches!(self.handler.as_ref(), Some(b"vide" | b"soun" | b"auxv"))
    }
}

/// What the first pass found out.
pub(super) struct Survey {
    pub tracks: Vec<TrackInfo>,
    /// Samples of tracks that go, in order, not overlapping.
    pub erased: Vec<(u64, u64)>,
    /// Where the last box ends. What follows is not part of the film.
    pub end: u64,
}

pub(super) fn survey(source: &mut (impl Read + Seek), length: u64) -> Result<Survey, StripError> {
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

pub(super) fn read_at(source: &mut (impl Read + Seek), at: u64, bytes: u64) -> Result<Zeroizing<Vec<u8>>, StripError> {
    let length = usize::try_from(bytes).ok().filter(|_| bytes <= MAX_TABLE_BYTES);
    let mut content = Zeroizing::new(vec![0; length.ok_or(StripError::TooLarge(MAX_TABLE_BYTES))?]);
    source.seek(SeekFrom::Start(at)).map_err(StripError::Read)?;
    source.read_exact(&mut content).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => CUT,
        _ => StripError::Read(error),
    })?;
    Ok(content)
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
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
