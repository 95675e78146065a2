//! QR codes through PNG files, terminals and bad photographs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    missing_docs
)]

mod common;

use std::time::Instant;

use amparo_card::{
    Assembled, Assembler, Card, MAX_PARTS, PART_CHARS, parts,
    qr::{DrawError, MAX_PIXELS, Picture, codes, read_qr, sheet},
};
use common::{content, key};
use proptest::{collection::vec, prelude::*};
use zune_core::bytestream::ZCursor;
use zune_png::PngDecoder;

fn card() -> Card {
    content().sign(&key()).unwrap()
}

fn picture(card: &Card, chars: usize, scale: usize) -> Picture {
    sheet(&codes(&parts(card, chars)).unwrap(), scale).unwrap()
}

/// The card whose codes are all on `picture`.
fn read(picture: &Picture) -> Option<Card> {
    let mut assembler = Assembler::new();
    for text in read_qr(picture.width, picture.height, &picture.luma) {
        if let Assembled::Complete(card) = assembler.add(&text).unwrap() {
            return Some(card);
        }
    }
    None
}

/// A repeatable sequence of numbers below 2^32.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as f64 / f64::from(u32::MAX)
    }
}

/// As a camera sees it: turned by `degrees`, `zoom` times as large, tilted, unevenly lit, with grain, on a grey table.
fn photograph(original: &Picture, degrees: f64, zoom: f64, tilt: f64, grain: f64) -> Picture {
    let side = (original.width.max(original.height) as f64 * zoom * 1.5) as usize;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = side as f64 / 2.0;
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < original.width as f64 && y < original.height as f64;
        if inside { f64::from(original.luma[y as usize * original.width + x as usize]) } else { 140.0 }
    };
    let mut numbers = Numbers(7);
    let mut luma = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let mut sum = 0.0;
            // Four samples a pixel: edges are soft, as behind a lens.
            for sub in 0..4 {
                let x = column as f64 + f64::from(sub % 2) / 2.0 - middle;
                let y = row as f64 + f64::from(sub / 2) / 2.0 - middle;
                let depth = 1.0 + tilt * y / middle;
                let (x, y) = (x * depth / zoom, y * depth / zoom);
                sum += at(
                    x * cos + y * sin + original.width as f64 / 2.0,
                    y * cos - x * sin + original.height as f64 / 2.0,
                );
            }
            let light = 0.45 + 0.5 * column as f64 / side as f64;
            let grey = sum / 4.0 * light * 0.8 + 20.0 + grain * (numbers.next() - 0.5);
            luma.push(grey.clamp(0.0, 255.0) as u8);
        }
    }
    Picture { width: side, height: side, luma }
}

fn enlarge(original: &Picture, zoom: usize) -> Picture {
    let (width, height) = (original.width * zoom, original.height * zoom);
    let at = |n: usize| original.luma[n / width / zoom * original.width + n % width / zoom];
    Picture { width, height, luma: (0..width * height).map(at).collect() }
}

fn decode(png: &[u8]) -> Picture {
    let mut decoder = PngDecoder::new(ZCursor::new(png));
    let luma = decoder.decode_raw().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    // Pixels of one bit come out as 0 and 1.
    let most = luma.iter().copied().max().unwrap();
    Picture { width, height, luma: luma.into_iter().map(|value| if value == most { 255 } else { 0 }).collect() }
}

#[test]
fn a_card_survives_a_png_file() {
    for (chars, scale) in [(PART_CHARS, 2), (PART_CHARS, 4), (PART_CHARS, 8), (970, 4)] {
        let picture = picture(&card(), chars, scale);
        let png = picture.png();
        let back = decode(&png);
        assert_eq!(back, picture);
        assert_eq!(read(&back), Some(card()), "{chars} {scale}");
        // Nothing but the picture: no time, no program's name.
        assert!(png.len() < picture.luma.len() / 8 + 200, "{}", png.len());
        assert_eq!(
            png.windows(4)
                .filter(|kind| [b"tEXt", b"tIME", b"eXIf", b"iTXt"].contains(&(*kind).try_into().unwrap()))
                .count(),
            0
        );
    }
}

#[test]
fn codes_survive_bad_photographs() {
    // Six pixels a module; what was measured beside stands in the format page.
    let texts = parts(&card(), PART_CHARS);
    for (text, (degrees, tilt, grain)) in
        texts.iter().zip([(90.0, 0.0, 20.0), (7.0, 0.05, 30.0), (-33.0, 0.05, 20.0), (45.0, 0.0, 30.0)])
    {
        let code = sheet(&codes(&[text]).unwrap(), 4).unwrap();
        let photograph = photograph(&code, degrees, 1.5, tilt, grain);
        assert_eq!(
            read_qr(photograph.width, photograph.height, &photograph.luma),
            std::slice::from_ref(text),
            "{degrees} {tilt}"
        );
    }
}

#[test]
fn a_sheet_with_all_codes_survives_a_photograph() {
    let mut small = content();
    small.keys.truncate(1);
    let small = small.sign(&key()).unwrap();
    let picture = picture(&small, PART_CHARS, 4);
    let photographed = photograph(&picture, 12.0, 1.5, 0.03, 20.0);
    assert_eq!(read(&photographed), Some(small.clone()));
    // Light on dark, as a terminal without colours shows it.
    let inverted = Picture { luma: picture.luma.iter().map(|value| !value).collect(), ..picture };
    assert_eq!(read(&inverted), Some(small));
}

#[test]
fn dirt_costs_nothing_up_to_a_tenth_of_a_code() {
    let text = &parts(&card(), PART_CHARS)[0];
    let mut picture = sheet(&codes(&[text]).unwrap(), 4).unwrap();
    // A blot beside the corners: of 69 × 69 modules 20 × 20 are 8 %.
    for y in 36..56 {
        for x in 36..56 {
            for pixel in 0..16 {
                picture.luma[(y * 4 + pixel / 4) * picture.width + x * 4 + pixel % 4] = 90;
            }
        }
    }
    assert_eq!(read_qr(picture.width, picture.height, &picture.luma), std::slice::from_ref(text));
}

#[test]
fn a_terminal_shows_the_code_in_eighty_columns() {
    let texts = parts(&card(), PART_CHARS);
    let code = &codes(&texts).unwrap()[0];
    assert_eq!(code.width(), 69);
    let lines = code.terminal(false);
    assert!(lines.iter().all(|line| line.chars().count() == 77) && lines.len() == 39);
    let coloured = code.terminal(true);
    assert!(coloured.iter().zip(&lines).all(|(a, b)| *a == format!("\u{1b}[38;5;16;48;5;231m{b}\u{1b}[0m")));
    // What stands there is the code: read it back from the characters, each of 4 × 8 pixels.
    let mut luma = Vec::new();
    for line in &lines {
        for row in 0..8 {
            for c in line.chars() {
                let dark = c == '█' || (c == '▀' && row < 4) || (c == '▄' && row >= 4);
                luma.extend([if dark { 0 } else { 255 }; 4]);
            }
        }
    }
    assert_eq!(read_qr(77 * 4, 39 * 8, &luma), [texts[0].clone()]);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    assert_eq!(codes::<&str>(&[]), Err(DrawError::Count));
    assert_eq!(codes(&vec!["A"; MAX_PARTS + 1]), Err(DrawError::Count));
    assert_eq!(codes(&["A".repeat(3392)]), Err(DrawError::TooLong));
    assert_eq!(codes(&["A".repeat(3391)]).unwrap()[0].width(), 177);
    assert_eq!(codes(&["A".repeat(PART_CHARS)]).unwrap()[0].width(), 69);
    assert_eq!(codes(&["A".repeat(PART_CHARS + 1)]).unwrap()[0].width(), 73);
    assert_eq!(sheet(&[], 4), Err(DrawError::Count));
    // All of one size, whatever their texts.
    let mixed = codes(&["A".repeat(970), "A".into()]).unwrap();
    assert!(mixed.iter().all(|code| code.width() == 97 && !code.is_dark(97, 0) && code.is_dark(0, 0)));
}

#[test]
fn pictures_that_are_made_to_take_long_do_not() {
    // Corners wherever there is room for one, and as many as are looked at.
    for (columns, rows) in [(170, 170), (10, 6), (12, 5), (60, 1), (7, 7)] {
        for space in [9, 15] {
            let (width, height) = (columns * space, rows * space);
            let mut picture = Picture { width, height, luma: vec![255; width * height] };
            for y in 0..height {
                for x in 0..width {
                    let (u, v) = (x % space, y % space);
                    let ring = u < 7 && v < 7 && (u == 0 || v == 0 || u == 6 || v == 6);
                    let stone = (2..5).contains(&u) && (2..5).contains(&v);
                    if ring || stone {
                        picture.luma[y * width + x] = 0;
                    }
                }
            }
            for zoom in [1, (3_900_000 / (width * height)).isqrt().max(1)] {
                let large = enlarge(&picture, zoom);
                let begin = Instant::now();
                assert_eq!(read_qr(large.width, large.height, &large.luma), Vec::<String>::new());
                let took = begin.elapsed();
                assert!(took.as_secs() < 20, "{columns} × {rows}: {took:?}");
            }
        }
    }
    // Nothing to see, and dimensions that are not those of the values.
    assert!(read_qr(0, 0, &[]).is_empty() && read_qr(5, 5, &[0; 24]).is_empty());
    assert!(read_qr(usize::MAX, 2, &[0; 24]).is_empty() && read_qr(1, 1_000_000, &vec![0; 1_000_000]).is_empty());
    assert!(read_qr(MAX_PIXELS + 1, 1, &vec![0; MAX_PIXELS + 1]).is_empty());
    assert!(read_qr(1000, 1000, &vec![128; 1_000_000]).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_picture_is_read_or_not(width in 1usize..120, values in vec(any::<u8>(), 1..9000), step in 1u8..=200) {
        let height = values.len() / width;
        let luma: Vec<u8> = values[..width * height].iter().map(|value| value / step * step).collect();
        let _ = read_qr(width, height, &luma);
    }
}
