//! From grey values to texts.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rqrr::PreparedImage;

use super::binary::{Binary, Plane, binarize};

/// Most pixels of a picture that is looked at: what the cameras of today's phones make.
pub const MAX_PIXELS: usize = 64 * 1024 * 1024;
/// Pixels in which a code is looked for. More show nothing but the grain of the paper.
const LOOKED_AT: usize = 4_000_000;
/// Most corners of codes in a picture. A sheet with all codes of an ordinary card has fewer than half of that.
const MAX_CORNERS: usize = 60;
/// The shortest side of a picture in which a code can be seen.
const MIN_SIDE: usize = 21;

/// The texts of all QR codes in a picture of `width × height` grey values, row by row, 0 is black: each once, in no particular
/// order. Rotated, tilted, unevenly lit and inverted codes are found. Empty when there is none, when `luma` does not have `width × height`
/// values, and for pictures of more than [`MAX_PIXELS`] or with more codes than anybody puts side by side.
///
/// Takes up to a second for a large photograph, and a few at worst: not for the thread that draws. Whatever the picture, it does not
/// panic; where panics cannot be caught (`panic = "abort"`) it must not be used on pictures of strangers.
#[must_use]
pub fn read_qr(width: usize, height: usize, luma: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    if width.checked_mul(height) != Some(luma.len()) || luma.len() > MAX_PIXELS {
        return found;
    }
    let plane = Plane { width, height, luma: Cow::Borrowed(luma) };
    look(&plane, &mut found);
    if found.is_empty() {
        look(&plane.inverted(), &mut found);
    }
    found
}

/// Adds what is there: first in the whole picture, then in nine windows of half its sides, each as it is and without its grain.
/// Windows are looked at more sharply, and a chance pattern that looks like a corner leads the reader astray where many codes are
/// seen at once, and less where few are.
fn look(plane: &Plane<'_>, found: &mut Vec<String>) {
    if plane.width.min(plane.height) < MIN_SIDE {
        return;
    }
    let factor = fitting(plane);
    let whole = plane.shrunk(factor);
    let something_left = look_at(&whole, false, found);
    if factor == 1 && !something_left && !found.is_empty() {
        return;
    }
    look_at(&whole, true, found);
    look_at(&plane.shrunk(factor.saturating_mul(2)), false, found);
    let (width, height) = (plane.width / 2, plane.height / 2);
    for place in 0..9 {
        let (left, top) = (place % 3 * plane.width / 4, place / 3 * plane.height / 4);
        let window = plane.window(left, top, width, height);
        let sharp = window.shrunk(fitting(&window));
        look_at(&sharp, true, found);
        look_at(&sharp, false, found);
    }
}

/// How many pixels of a side become one, so that no more than [`LOOKED_AT`] are left.
fn fitting(plane: &Plane<'_>) -> usize {
    let fits = |factor: &usize| (plane.width / factor).saturating_mul(plane.height / factor) <= LOOKED_AT;
    (1..).find(fits).unwrap_or(usize::MAX)
}

/// The same at once; whether something is left that may be a code. What was read is painted over, so that it is in nobody's way.
fn look_at(plane: &Plane<'_>, smooth: bool, found: &mut Vec<String>) -> bool {
    if plane.width.min(plane.height) < MIN_SIDE {
        return false;
    }
    let mut binary = binarize(plane, smooth);
    let mut corners = binary.corners();
    // Ends: there are fewer corners each time.
    while (3..=MAX_CORNERS).contains(&corners) {
        // The reader is written for pictures of its user's own and panics on some that are made up. Nothing of it is kept then.
        let seen = catch_unwind(AssertUnwindSafe(|| detect(&binary))).unwrap_or_default();
        for (text, bounds) in seen {
            binary.paint_over(bounds);
            if !found.contains(&text) {
                found.push(text);
            }
        }
        let before = core::mem::replace(&mut corners, binary.corners());
        if corners >= before {
            return true;
        }
    }
    corners > MAX_CORNERS
}

/// The texts of the codes that can be read, and where they are.
fn detect(binary: &Binary) -> Vec<(String, [(i64, i64); 4])> {
    let mut image = PreparedImage::prepare_from_bitmap(binary.width, binary.height, |x, y| binary.is_black(x, y));
    let mut read = Vec::new();
    for grid in image.detect_grids() {
        if let Ok((_, text)) = grid.decode() {
            read.push((text, grid.bounds.map(|point| (i64::from(point.x), i64::from(point.y)))));
        }
    }
    read
}
