//! From texts to modules, and from modules to a picture, a PNG file or a terminal.
//!
//! Error correction is M: 15 % of a code may be dirty or blurred. A lower level would make fewer modules, but a photograph of a screen
//! or of a folded page loses more than 7 % of them.

use bytes::Bytes;
use img_parts::png::PngChunk;
use qrcode::{Color, EcLevel, QrCode, Version};

/// Light modules around a code, as the standard wants it.
const QUIET: usize = 4;
/// Most pixels of a module's side.
pub const MAX_SCALE: usize = 32;
/// Most codes on a sheet.
const MAX_CODES: usize = crate::MAX_PARTS;

/// Why a picture cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// A text is longer than a QR code holds.
    #[error("this text does not fit into a QR code")]
    TooLong,
    /// No text, or more than a sheet holds.
    #[error("a sheet holds one to {} QR codes", MAX_CODES)]
    Count,
}

/// A QR code: a square of modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    width: usize,
    dark: Vec<bool>,
}

/// One code for each text, all of the same size: the smallest that holds the longest.
///
/// # Errors
/// [`DrawError`].
pub fn codes<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Code>, DrawError> {
    if texts.is_empty() || texts.len() > MAX_CODES {
        return Err(DrawError::Count);
    }
    let mut widest = 0;
    for text in texts {
        let code = QrCode::with_error_correction_level(text.as_ref(), EcLevel::M).map_err(|_| DrawError::TooLong)?;
        widest = widest.max(match code.version() {
            Version::Normal(version) | Version::Micro(version) => version,
        });
    }
    let code = |text: &T| {
        let code =
            QrCode::with_version(text.as_ref(), Version::Normal(widest), EcLevel::M).map_err(|_| DrawError::TooLong)?;
        let width = code.width();
        Ok(Code { width, dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() })
    };
    texts.iter().map(code).collect()
}

impl Code {
    /// Modules of a side, without the quiet zone.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether a module is dark; those outside are light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y.saturating_mul(self.width).saturating_add(x)).copied().unwrap_or(false)
    }

    /// As it stands with its quiet zone around it.
    fn framed(&self, x: usize, y: usize) -> bool {
        x.checked_sub(QUIET).zip(y.checked_sub(QUIET)).is_some_and(|(x, y)| self.is_dark(x, y))
    }

    /// Lines for a terminal, two modules to a character: `width() + 8` columns. With `colour` each line says black on white, which reads
    /// on dark and on light terminals alike; without, it is right where text is dark on light, such as in a file.
    #[must_use]
    pub fn terminal(&self, colour: bool) -> Vec<String> {
        let (begin, end) = if colour { ("\u{1b}[38;5;16;48;5;231m", "\u{1b}[0m") } else { ("", "") };
        let side = self.width.saturating_add(2 * QUIET);
        let line = |y: usize| {
            let cells = (0..side).map(|x| match (self.framed(x, y), self.framed(x, y.saturating_add(1))) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
            core::iter::once(begin).map(String::from).chain(cells.map(String::from)).chain([end.to_owned()]).collect()
        };
        (0..side).step_by(2).map(line).collect()
    }
}

/// Grey values, row by row; 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width × height` values.
    pub luma: Vec<u8>,
}

/// All codes on one picture, row by row, each with its quiet zone. A module is `scale` pixels wide (1 to [`MAX_SCALE`]).
///
/// # Errors
/// [`DrawError::Count`].
pub fn sheet(codes: &[Code], scale: usize) -> Result<Picture, DrawError> {
    let widest = codes.iter().map(Code::width).max().ok_or(DrawError::Count)?;
    if codes.len() > MAX_CODES {
        return Err(DrawError::Count);
    }
    let scale = scale.clamp(1, MAX_SCALE);
    // At most 64 codes of 177 modules and 32 pixels: no product here comes near an overflow.
    let columns = (1..=codes.len()).find(|n| n * n >= codes.len()).unwrap_or(1);
    let cell = (widest + 2 * QUIET) * scale;
    let (width, height) = (cell * columns, cell * codes.len().div_ceil(columns));
    let mut luma = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let code = codes.get(y / cell * columns + x / cell);
            let dark = code.is_some_and(|code| code.framed(x % cell / scale, y % cell / scale));
            luma.push(if dark { 0 } else { 255 });
        }
    }
    Ok(Picture { width, height, luma })
}

impl Picture {
    /// A PNG file with one bit a pixel: darker than half is black.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        let mut rows = Vec::with_capacity((self.width / 8 + 2).saturating_mul(self.height));
        for row in self.luma.chunks(self.width.max(1)) {
            // No filter: runs of equal rows compress well as they are.
            rows.push(0);
            let pixel = |byte: u8, (value, bit): (&u8, u8)| byte | (u8::from(*value >= 128) << bit);
            rows.extend(row.chunks(8).map(|eight| eight.iter().zip((0..8).rev()).fold(0, pixel)));
        }
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
        // One bit, grey, and the only compression, filter and interlace methods that everybody reads.
        let header = [side(self.width).as_slice(), &side(self.height), &[1, 0, 0, 0, 0]].concat();
        let chunks = [
            (*b"IHDR", header),
            (*b"IDAT", miniz_oxide::deflate::compress_to_vec_zlib(&rows, 9)),
            (*b"IEND", Vec::new()),
        ];
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, content) in chunks {
            file.extend_from_slice(&PngChunk::new(kind, Bytes::from(content)).encoder().bytes());
        }
        file
    }
}
