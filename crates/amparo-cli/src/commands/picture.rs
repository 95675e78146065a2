//! Pictures from cameras and screens, as grey values. They come from anybody: what is read is bounded, and decoded in safe code only.

use std::path::Path;

use amparo_card::qr::MAX_PIXELS;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

use super::custody::read_small;
use crate::failure::Failure;

/// Largest picture file that is read.
const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;
/// Longest side in pixels.
const MAX_SIDE: usize = 16_384;

/// Whether these are the first bytes of a picture that [`grey`] reads.
pub fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff")
}

/// The texts of the QR codes in a picture.
pub fn qr_texts(bytes: &[u8]) -> Result<Vec<String>, Failure> {
    let (width, height, luma) = grey(bytes)?;
    Ok(amparo_card::qr::read_qr(width, height, &luma))
}

/// A file, if it is not larger than a picture may be.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read_small(path, "the file", MAX_FILE_BYTES)?;
    if bytes.len() > MAX_FILE_BYTES { Err(Failure::input("the file is too large for a picture")) } else { Ok(bytes) }
}

/// Width, height and grey values of a PNG or JPEG file.
fn grey(bytes: &[u8]) -> Result<(usize, usize, Vec<u8>), Failure> {
    let options = DecoderOptions::new_safe()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .png_set_strip_to_8bit(true)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let cannot = || Failure::input("the picture cannot be read: it is damaged, or of a kind that is not known here");
    let sized = |dimensions: Option<(usize, usize)>| {
        let (width, height) = dimensions.ok_or_else(cannot)?;
        // Before anything of that size is allocated.
        if width.saturating_mul(height) > MAX_PIXELS {
            Err(Failure::input("the picture is too large"))
        } else {
            Ok((width, height))
        }
    };
    if bytes.starts_with(b"\xff") {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(|_| cannot())?;
        let info = decoder.info().ok_or_else(cannot)?;
        let (width, height) = sized(Some((usize::from(info.width), usize::from(info.height))))?;
        let luma = decoder.decode().map_err(|_| cannot())?;
        return if luma.len() == width.saturating_mul(height) { Ok((width, height, luma)) } else { Err(cannot()) };
    }
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| cannot())?;
    let (width, height) = sized(decoder.dimensions())?;
    let raw = decoder.decode_raw().map_err(|_| cannot())?;
    let components = decoder.colorspace().ok_or_else(cannot)?.num_components();
    let pixels = raw.chunks_exact(components.max(1));
    let mut luma: Vec<u8> = pixels.map(over_white).collect();
    // Fewer than eight bits a pixel come as small numbers.
    if let Some(most @ 1..=15) = luma.iter().copied().max() {
        luma.iter_mut().for_each(|value| *value = value.saturating_mul(u8::MAX / most));
    }
    if luma.len() == width.saturating_mul(height) { Ok((width, height, luma)) } else { Err(cannot()) }
}

/// The grey value of a pixel; what can be seen through shows white paper.
fn over_white(pixel: &[u8]) -> u8 {
    let (value, alpha) = match *pixel {
        [grey] => (u32::from(grey), 255),
        [grey, alpha] => (u32::from(grey), u32::from(alpha)),
        [red, green, blue] => (weigh(red, green, blue), 255),
        [red, green, blue, alpha] => (weigh(red, green, blue), u32::from(alpha)),
        _ => (255, 255),
    };
    u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

/// Luminance as in BT.601, in thousandths.
fn weigh(red: u8, green: u8, blue: u8) -> u32 {
    (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000
}
