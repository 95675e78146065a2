//! From grey values to black and white, and how many corners of QR codes there may be.
//!
//! The reader of QR codes tries corners in threes and copies the picture for each try. Somebody who fills a picture with corners would
//! keep it busy for hours, so they are counted here first, in a way that never counts fewer than the reader finds: the same runs of
//! 1:1:3:1:1 pixels, in the same tolerance, whose outer ones are connected and whose middle one is not.

use std::borrow::Cow;

/// Black and white, row by row.
pub(super) struct Binary {
    pub width: usize,
    pub height: usize,
    pub black: Vec<bool>,
}

/// Grey values, row by row.
pub(super) struct Plane<'a> {
    pub width: usize,
    pub height: usize,
    pub luma: Cow<'a, [u8]>,
}

impl Plane<'_> {
    /// `factor` by `factor` pixels to one. What does not fill a square at the right and lower edges is left out.
    pub(super) fn shrunk(&self, factor: usize) -> Plane<'_> {
        if factor <= 1 {
            return Plane { width: self.width, height: self.height, luma: Cow::Borrowed(&self.luma) };
        }
        let (width, height) = (self.width / factor, self.height / factor);
        let mut luma = Vec::with_capacity(width * height);
        for rows in self.luma.chunks_exact(self.width * factor) {
            for x in 0..width {
                let square = rows.chunks_exact(self.width).filter_map(|row| row.get(x * factor..(x + 1) * factor));
                let sum: usize = square.flatten().map(|value| usize::from(*value)).sum();
                luma.push(u8::try_from(sum / (factor * factor)).unwrap_or(u8::MAX));
            }
        }
        Plane { width, height, luma: Cow::Owned(luma) }
    }

    /// A part of it; what would lie outside is left out.
    pub(super) fn window(&self, left: usize, top: usize, width: usize, height: usize) -> Plane<'static> {
        let width = width.min(self.width.saturating_sub(left)).max(1);
        let rows = self.luma.chunks_exact(self.width).skip(top).take(height);
        let luma: Vec<u8> = rows.filter_map(|row| row.get(left..left + width)).flatten().copied().collect();
        Plane { width, height: luma.len() / width, luma: Cow::Owned(luma) }
    }

    /// Light for dark.
    pub(super) fn inverted(&self) -> Plane<'static> {
        let luma = self.luma.iter().map(|value| !value).collect();
        Plane { width: self.width, height: self.height, luma: Cow::Owned(luma) }
    }
}

/// A pixel is black when it is a tenth darker than the mean around it, so that shadows and uneven light do not matter. With `smooth` it
/// is the mean of nine pixels that is compared, so that grain does not matter either, where a module is more than two pixels wide.
pub(super) fn binarize(plane: &Plane<'_>, smooth: bool) -> Binary {
    let Plane { width, height, luma } = plane;
    let (width, height) = (*width, *height);
    // Sums of everything above and to the left, with a row and a column of zeros before them.
    let stride = width + 1;
    let mut sums = vec![0u64; stride];
    sums.reserve(stride * height);
    for row in luma.chunks_exact(width) {
        let mut of_row = 0;
        let above = sums.len() - stride;
        sums.push(0);
        for (x, value) in (1..).zip(row) {
            of_row += u64::from(*value);
            sums.push(of_row + sums.get(above + x).copied().unwrap_or_default());
        }
    }
    // Wider than the corner of one large code, which would be its own surroundings otherwise.
    let reach = (width.max(height) / 8).max(8);
    let sum = |x: usize, y: usize| sums.get(y * stride + x).copied().unwrap_or_default();
    // Sum and number of the pixels that are no farther than `reach`.
    let around = |x: usize, y: usize, reach: usize| {
        let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        let inside = sum(right, bottom) + sum(left, top) - sum(left, bottom) - sum(right, top);
        (inside, ((bottom - top) * (right - left)) as u64)
    };
    let mut black = Vec::with_capacity(luma.len());
    for (y, row) in luma.chunks_exact(width).enumerate() {
        for (x, value) in row.iter().enumerate() {
            let (here, pixels) = if smooth { around(x, y, 1) } else { (u64::from(*value), 1) };
            let (all, count) = around(x, y, reach);
            black.push(here * count * 10 < all * pixels * 9);
        }
    }
    Binary { width, height, black }
}

/// Black pixels beside each other in a row, from `start` up to `end`.
struct Run {
    start: usize,
    end: usize,
    /// The run that stands for all that are connected with this one, once [`root`] was asked.
    parent: usize,
    pixels: usize,
}

impl Binary {
    pub(super) fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width && self.black.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// Makes everything within four corners white. They are those of a convex shape, in order, and may lie outside.
    pub(super) fn paint_over(&mut self, corners: [(i64, i64); 4]) {
        let [a, b, c, d] = corners;
        let edges = [(a, b), (b, c), (c, d), (d, a)];
        // On the same side of all edges. Wrapping, which no real coordinates do, would only paint less or more.
        let inside = |x: i64, y: i64| {
            let side = |((x0, y0), (x1, y1)): ((i64, i64), (i64, i64))| {
                let across = x1.wrapping_sub(x0).wrapping_mul(y.wrapping_sub(y0));
                across.wrapping_sub(y1.wrapping_sub(y0).wrapping_mul(x.wrapping_sub(x0))).signum()
            };
            let sides = edges.map(side);
            !(sides.contains(&1) && sides.contains(&-1))
        };
        for (y, row) in (0..).zip(self.black.chunks_exact_mut(self.width)) {
            for (x, black) in (0..).zip(row) {
                if *black && inside(x, y) {
                    *black = false;
                }
            }
        }
    }

    /// At least as many as the reader finds.
    pub(super) fn corners(&self) -> usize {
        let mut runs: Vec<Run> = Vec::new();
        let mut rows: Vec<core::ops::Range<usize>> = Vec::new();
        for row in self.black.chunks_exact(self.width) {
            let first = runs.len();
            let mut x = 0;
            while let Some(start) = row.iter().skip(x).position(|black| *black).map(|n| x + n) {
                let end = row.iter().skip(start).position(|black| !*black).map_or(self.width, |n| start + n);
                runs.push(Run { start, end, parent: runs.len(), pixels: end - start });
                x = end;
            }
            connect(&mut runs, rows.last().cloned().unwrap_or(0..0), first);
            rows.push(first..runs.len());
        }
        let mut rings = std::collections::BTreeSet::new();
        for row in rows {
            for left in row.start..row.end.saturating_sub(2) {
                rings.extend(ring(&runs, left));
            }
        }
        rings.len()
    }
}

/// Joins the runs from `first` on, which are those of one row, with those of the row above that they touch.
fn connect(runs: &mut [Run], above: core::ops::Range<usize>, first: usize) {
    let mut upper = above.start;
    let mut lower = first;
    while upper < above.end && lower < runs.len() {
        let (Some(a), Some(b)) = (runs.get(upper), runs.get(lower)) else { return };
        let (a_end, b_end) = (a.end, b.end);
        if a.start < b.end && b.start < a.end {
            let (one, other) = (root(runs, upper), root(runs, lower));
            if one != other {
                let pixels = runs.get(other).map_or(0, |run| run.pixels);
                if let Some(run) = runs.get_mut(other) {
                    run.parent = one;
                }
                if let Some(run) = runs.get_mut(one) {
                    run.pixels += pixels;
                }
            }
        }
        if a_end <= b_end {
            upper += 1;
        }
        if b_end <= a_end {
            lower += 1;
        }
    }
}

/// The run that stands for all that are connected with `run`. Halves the way there for the next time.
fn root(runs: &mut [Run], mut run: usize) -> usize {
    loop {
        let parent = runs.get(run).map_or(run, |r| r.parent);
        if parent == run {
            return run;
        }
        let grand = runs.get(parent).map_or(parent, |r| r.parent);
        if let Some(r) = runs.get_mut(run) {
            r.parent = grand;
        }
        run = grand;
    }
}

/// The same without halving, once all are connected.
fn settled(runs: &[Run], mut run: usize) -> Option<(usize, usize)> {
    loop {
        let here = runs.get(run)?;
        if here.parent == run {
            return Some((run, here.pixels));
        }
        run = here.parent;
    }
}

/// The ring of a corner, if the run `left` and the two behind it cross one.
fn ring(runs: &[Run], left: usize) -> Option<usize> {
    let [a, b, c] = runs.get(left..left + 3)? else { return None };
    let lengths = [a.end - a.start, b.start - a.end, b.end - b.start, c.start - b.end, c.end - c.start];
    let [one, two, _, four, five] = lengths;
    let mean = (one + two + four + five) / 4;
    let off = mean * 3 / 4;
    let fits = |(length, times): (usize, usize)| (times * mean - off..=times * mean + off).contains(&length);
    if !lengths.into_iter().zip([1, 1, 3, 1, 1]).all(fits) {
        return None;
    }
    let ((outer, ring), (inner, stone), (end, _)) =
        (settled(runs, left)?, settled(runs, left + 1)?, settled(runs, left + 2)?);
    let share = stone * 100 / ring.max(1);
    (outer == end && outer != inner && (11..70).contains(&share)).then_some(outer)
}
