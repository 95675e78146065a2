//! Copies without metadata: what a camera adds to a photo or a film, and what a report must not give away unasked.
//!
//! The content is not touched: the compressed picture and the samples of sound and film are the same bytes as before. What is kept
//! is named (an allow-list for each format), so that metadata nobody has heard of yet goes as well. A file that does not keep to
//! its format is refused, because nobody can say where its metadata are.

mod exif;
mod jpeg;
mod mp4;
mod png;

use std::{
    collections::BTreeSet,
    io::{self, Read, Seek, SeekFrom, Write},
    ops::ControlFlow,
};

use amparo_vault::VaultError;
use zeroize::Zeroizing;

use super::{
    Evidence, EvidenceKind, EvidenceStore, Progress, Purpose,
    derive::{by_the_core, discard},
    ingest::Ingest,
    media_type,
};
use crate::{CoreError, EvidenceId};

/// What was taken out, as codes: `exif`, `xmp`, `iptc`, `comment`, `text`, `time`, `location_and_tags`, `handler_name`,
/// `encoder_name`, `data_track`, `thumbnail`, `trailing_data`, `unused_space`, `other`.
pub type Removed = BTreeSet<&'static str>;

/// What [`strip_stream`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// The media type, as the first bytes say.
    pub media_type: String,
    /// What it is.
    pub kind: EvidenceKind,
    /// What was taken out.
    pub removed: Removed,
}

/// Why there is no stripped copy: the source, the format, or the place the copy goes to.
#[derive(Debug)]
enum StripError {
    /// The source could not be read.
    Read(io::Error),
    /// The copy could not be written.
    Write(io::Error),
    Unsupported(&'static str),
    Malformed(&'static str),
    TooLarge(u64),
}

/// Formats that metadata can be removed from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
    Mp4,
}

fn format_of(media_type: &str) -> Option<Format> {
    match media_type {
        "image/jpeg" => Some(Format::Jpeg),
        "image/png" | "image/apng" => Some(Format::Png),
        "video/mp4" | "audio/mp4" | "audio/x-m4a" | "video/x-m4v" | "video/quicktime" | "video/3gpp"
        | "video/3gpp2" => Some(Format::Mp4),
        _ => None,
    }
}

/// Writes a copy of `source` without metadata to `out`: JPEG, PNG, MP4 and QuickTime, told by the first bytes. The picture, sound
/// and film are bit for bit those of the source. Photos are held in memory, films pass through in constant memory. Orientation
/// and colour profile of a photo are kept.
///
/// # Errors
/// [`CoreError::StripUnsupported`], [`CoreError::StripMalformed`], [`CoreError::StripTooLarge`],
/// [`CoreError::SourceFailed`], [`CoreError::TargetFailed`]. What `out` got before any of them must not be used.
pub fn strip_stream(source: &mut (impl Read + Seek), out: &mut impl Write) -> Result<Stripped, CoreError> {
    let (format, media_type, kind) = look(source)?;
    let removed = strip(format, source, out).map_err(|error| match error {
        StripError::Write(error) => CoreError::target(&error),
        other => other.into_core(),
    })?;
    Ok(Stripped { media_type, kind, removed })
}

fn look(source: &mut (impl Read + Seek)) -> Result<(Format, String, EvidenceKind), CoreError> {
    let failed = |error: io::Error| StripError::Read(error).into_core();
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    // Room to spare, so that growing leaves no copy behind in memory.
    let mut head = Zeroizing::new(Vec::with_capacity(2 * media_type::HEAD_BYTES));
    source.take(media_type::HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    let (kind, media_type) = media_type::detect(&head);
    let format = format_of(&media_type)
        .ok_or(CoreError::StripUnsupported { reason: "only JPEG, PNG, MP4 and QuickTime are known" })?;
    Ok((format, media_type, kind))
}

fn strip(format: Format, source: &mut (impl Read + Seek), out: &mut impl Write) -> Result<Removed, StripError> {
    match format {
        Format::Jpeg => strip_picture(jpeg::strip::<Vec<u8>>, &read_picture(source)?, out),
        Format::Png => strip_picture(png::strip::<Vec<u8>>, &read_picture(source)?, out),
        Format::Mp4 => mp4::strip(source, out),
    }
}

type StripPicture = fn(&bytes::Bytes, &mut Vec<u8>) -> Result<Removed, StripError>;

/// A copy is looked at again before it is given out: one that could not be read, or of which there would still be something to
/// take out, is none. Two readers can then not see two pictures in it because ours misunderstood a broken original.
fn strip_picture(strip: StripPicture, picture: &bytes::Bytes, out: &mut impl Write) -> Result<Removed, StripError> {
    const UNCLEAR: StripError = StripError::Malformed("this picture can be read in more than one way");
    // Room enough, so that growing leaves no copy behind in memory.
    let room = picture.len().saturating_add(1024);
    let mut copy = Zeroizing::new(Vec::with_capacity(room));
    let removed = strip(picture, &mut copy)?;
    let mut again = Zeroizing::new(Vec::with_capacity(room));
    let copy = bytes::Bytes::from_owner(Wiped(copy));
    let left = strip(&copy, &mut again).map_err(|_| UNCLEAR)?;
    if !left.is_empty() || **again != *copy {
        return Err(UNCLEAR);
    }
    out.write_all(&copy).map_err(StripError::Write)?;
    Ok(removed)
}

/// Larger pictures than any phone makes.
const MAX_PICTURE_BYTES: u64 = 128 * 1024 * 1024;

/// A whole picture, wiped when the last part of it is dropped.
fn read_picture(source: &mut (impl Read + Seek)) -> Result<bytes::Bytes, StripError> {
    let length = source.seek(SeekFrom::End(0)).map_err(StripError::Read)?;
    source.seek(SeekFrom::Start(0)).map_err(StripError::Read)?;
    let wanted = usize::try_from(length).ok().filter(|_| length <= MAX_PICTURE_BYTES);
    let wanted = wanted.ok_or(StripError::TooLarge(MAX_PICTURE_BYTES))?;
    let mut picture = Zeroizing::new(vec![0; wanted]);
    source.read_exact(&mut picture).map_err(StripError::Read)?;
    Ok(bytes::Bytes::from_owner(Wiped(picture)))
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl StripError {
    fn into_core(self) -> CoreError {
        match self {
            Self::Read(error) | Self::Write(error) => {
                vault_error(error).unwrap_or_else(|error| CoreError::SourceFailed { after: 0, kind: error.kind() })
            }
            Self::Unsupported(reason) => CoreError::StripUnsupported { reason },
            Self::Malformed(reason) => CoreError::StripMalformed { reason },
            Self::TooLarge(limit) => CoreError::StripTooLarge { limit },
        }
    }
}

/// The vault's own error, which [`amparo_vault::MediaReader`] wraps to be a [`Read`].
fn vault_error(error: io::Error) -> Result<CoreError, io::Error> {
    match error.downcast::<VaultError>() {
        Ok(vault) => Ok(vault.into()),
        Err(error) => Err(error),
    }
}

impl EvidenceStore<'_> {
    /// Makes a copy of `parent` without metadata and stores it as a derivative with the purpose
    /// [`STRIPPED`](super::Purpose::STRIPPED): see [`strip_stream`] for what is kept. The original is not touched. What was taken
    /// out stands in [`Derivation::removed`](super::Derivation). `progress` gets the bytes written so far.
    ///
    /// # Errors
    /// [`CoreError::StripUnsupported`], [`CoreError::StripMalformed`], [`CoreError::StripTooLarge`],
    /// [`CoreError::Cancelled`], those of [`derive`](Self::derive) on the parent, and the vault's. Nothing is stored then.
    pub fn strip_metadata(&self, parent: EvidenceId, progress: Progress<'_>) -> Result<Evidence, CoreError> {
        let original = self.get(parent)?;
        original.disclosable_hash()?;
        let mut source = self.open_reader(parent)?;
        let (format, media_type, _) = look(&mut source)?;
        let mut request = by_the_core(Purpose::STRIPPED);
        request.kind = Some(original.description.kind);
        request.language = original.description.language;
        let ingest = self.begin_derivative(parent, request, media_type, Some(original.size))?;
        let mut sink = Sink { ingest, done: 0, progress, failed: None };
        let stripped = strip(format, &mut source, &mut sink);
        let Sink { ingest, failed, .. } = sink;
        match (stripped, failed) {
            (Ok(removed), None) => self.end_derivative(ingest, Some(removed.into_iter().map(str::to_owned).collect())),
            (_, Some(error)) => Err(discard(ingest, error)),
            (Err(error), None) => Err(discard(ingest, error.into_core())),
        }
    }
}

/// Takes the copy into the vault, and remembers the vault's own error.
struct Sink<'a> {
    ingest: Ingest,
    done: u64,
    progress: Progress<'a>,
    failed: Option<CoreError>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut take = || {
            self.ingest.write(bytes)?;
            self.done = self.done.saturating_add(bytes.len() as u64);
            match (self.progress)(self.done) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(CoreError::Cancelled),
            }
        };
        match take() {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
