//! Cards as QR codes: shown on a screen, and put together from what a camera or the system's own scanner read.
//!
//! What a code says is anybody's. Texts are judged one by one, and the card that they make by its signature, as any card is.

use std::sync::{Arc, Mutex, PoisonError};

use amparo_card::{Assembled, Assembler, PART_CHARS, PartError, parts, qr};
use amparo_core::{CoreError, recipient::Card};

use super::RecipientError;
use crate::{
    convert::silent,
    error::{Failure, QR_CONTRADICTION, QR_DAMAGED, QR_NEWER_FORMAT, QR_NOT_OF_A_CARD, QR_OTHER_CARD, call},
};

/// One of the codes that a card is shown as. Draw it with four light modules around, dark on light whatever the theme.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct QrCode {
    /// Its text, for an app that draws with a library of its own (error correction M).
    pub text: String,
    /// Modules of a side, without the light ones around.
    pub size: u32,
    /// `size` × `size` bytes, row by row: 1 is dark, 0 is light.
    pub modules: Vec<u8>,
}
silent!(QrCode);

/// The codes of a card file, as few and small as a phone reads well. All are of one size.
#[uniffi::export]
pub fn qr_codes_of_card(bytes: &[u8]) -> Result<Vec<QrCode>, RecipientError> {
    call("qr_codes_of_card", || {
        let texts = parts(&Card::parse(bytes).map_err(CoreError::from)?, PART_CHARS);
        let codes = qr::codes(&texts).map_err(|error| Failure::argument(&error.to_string()))?;
        Ok(texts.into_iter().zip(&codes).map(|(text, code)| drawn(text, code)).collect())
    })
}

fn drawn(text: String, code: &qr::Code) -> QrCode {
    let side = code.width();
    let modules = (0..side).flat_map(|y| (0..side).map(move |x| u8::from(code.is_dark(x, y)))).collect();
    QrCode { text, size: u32::try_from(side).unwrap_or(u32::MAX), modules }
}

/// The texts of all QR codes in a picture of `width` × `height` grey values, row by row without padding, 0 is black: the first plane of a
/// camera's frame, where its rows have no padding. Each text once, in no particular order; empty when there is none. At most 64
/// million pixels. Takes up to a second for a large photograph: not for the thread that draws.
#[uniffi::export]
pub fn read_qr_picture(width: u32, height: u32, luma: &[u8]) -> Result<Vec<String>, RecipientError> {
    call("read_qr_picture", || {
        let (width, height) = (width as usize, height as usize);
        if width.checked_mul(height) != Some(luma.len()) {
            return Err(Failure::argument("a picture has width × height grey values: were its rows padded?"));
        }
        if luma.len() > qr::MAX_PIXELS {
            return Err(Failure::argument("a picture in which QR codes are looked for has at most 64 million pixels"));
        }
        Ok(qr::read_qr(width, height, luma))
    })
}

/// What there is after a code was added.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ScanProgress {
    /// More codes are needed.
    Missing {
        /// The numbers of those that are missing, from 1, rising.
        parts: Vec<u32>,
        /// How many there are in all.
        of: u32,
    },
    /// All are there, and the card's signature holds. Whether it is to be trusted is another question: `Recipients.offer`.
    Complete {
        /// The card file.
        bytes: Vec<u8>,
    },
}
silent!(ScanProgress);

/// Puts the codes of one card together, in any order. Safe to use from several threads.
#[derive(Debug, Default, uniffi::Object)]
pub struct QrAssembler {
    codes: Mutex<Assembler>,
}

#[uniffi::export]
impl QrAssembler {
    /// An empty one.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds the text of one code, exactly as it was scanned: a space at its end is part of it. One that was added before changes
    /// nothing. What is not of a card, or not of this one, is refused, changes nothing, and may be ignored while scanning goes on. After
    /// `Complete`, and after a card's own refusal, it is empty again; after `CodesContradict` call `reset`.
    pub fn add(&self, text: String) -> Result<ScanProgress, RecipientError> {
        call("qr_assembler.add", || {
            let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(match codes.add(&text).map_err(refused)? {
                Assembled::Missing { parts, of } => ScanProgress::Missing { parts: numbers(&parts), of: number(of) },
                Assembled::Complete(card) => ScanProgress::Complete { bytes: card.bytes().to_vec() },
            })
        })
    }

    /// Forgets what was added: for a button "start again".
    pub fn reset(&self) {
        *self.codes.lock().unwrap_or_else(PoisonError::into_inner) = Assembler::new();
    }

    /// The numbers of the codes that are missing, from 1. Empty too before the first one was added.
    pub fn missing(&self) -> Vec<u32> {
        numbers(&self.codes.lock().unwrap_or_else(PoisonError::into_inner).missing())
    }
}

fn refused(error: PartError) -> Failure {
    let code = match error {
        PartError::Card(error) => return CoreError::from(error).into(),
        PartError::NotAPart => QR_NOT_OF_A_CARD,
        PartError::UnknownFormat => QR_NEWER_FORMAT,
        PartError::OtherCard => QR_OTHER_CARD,
        PartError::Contradiction { .. } | PartError::Damaged => QR_CONTRADICTION,
        // What this code does not know yet is like a code that cannot be read.
        _ => QR_DAMAGED,
    };
    Failure::new(code, &error.to_string())
}

/// At most 64.
fn number(part: usize) -> u32 {
    u32::try_from(part).unwrap_or(u32::MAX)
}

fn numbers(parts: &[usize]) -> Vec<u32> {
    parts.iter().copied().map(number).collect()
}

#[cfg(test)]
mod tests {
    use amparo_card::qr::{Picture, codes, sheet};
    use proptest::prelude::*;

    use super::*;

    const CARD: &[u8] = include_bytes!("../../../amparo-card/tests/vectors/full.card");

    /// The card that `texts` make.
    fn assembled(texts: impl IntoIterator<Item = String>) -> Option<Vec<u8>> {
        let assembler = QrAssembler::new();
        texts.into_iter().find_map(|text| match assembler.add(text).unwrap() {
            ScanProgress::Missing { parts, .. } => {
                assert_eq!(parts, assembler.missing());
                None
            }
            ScanProgress::Complete { bytes } => Some(bytes),
        })
    }

    #[test]
    fn what_one_screen_shows_another_camera_reads() {
        let shown = qr_codes_of_card(CARD).unwrap();
        assert!(shown.len() > 1 && shown.iter().all(|code| code.modules.len() == (code.size * code.size) as usize));
        // Each as an app draws it: four light modules around, four pixels to each.
        let texts = shown.iter().flat_map(|code| {
            let side = (code.size + 8) * 4;
            let dark = |x: u32, y: u32| {
                let (x, y) = ((x / 4).checked_sub(4), (y / 4).checked_sub(4));
                matches!((x, y), (Some(x), Some(y)) if x < code.size && y < code.size
                    && code.modules[(y * code.size + x) as usize] == 1)
            };
            let luma: Vec<u8> =
                (0..side).flat_map(|y| (0..side).map(move |x| if dark(x, y) { 0 } else { 255 })).collect();
            let texts = read_qr_picture(side, side, &luma).unwrap();
            assert_eq!(texts, std::slice::from_ref(&code.text));
            texts
        });
        assert_eq!(assembled(texts).as_deref(), Some(CARD));
        // All on one sheet.
        let texts: Vec<&str> = shown.iter().map(|code| code.text.as_str()).collect();
        let Picture { width, height, luma } = sheet(&codes(&texts).unwrap(), 4).unwrap();
        let read = read_qr_picture(u32::try_from(width).unwrap(), u32::try_from(height).unwrap(), &luma).unwrap();
        assert_eq!(assembled(read).as_deref(), Some(CARD));
    }

    #[test]
    fn a_code_that_does_not_belong_there_is_refused_by_what_it_is() {
        let shown: Vec<String> = qr_codes_of_card(CARD).unwrap().into_iter().map(|code| code.text).collect();
        let assembler = QrAssembler::new();
        let add = |text: &str| assembler.add(text.to_owned());
        assert!(matches!(
            add("https://example.org"),
            Err(RecipientError::NotACardsCode { code: QR_NOT_OF_A_CARD, .. })
        ));
        assert!(assembler.missing().is_empty());
        add(&shown[0]).unwrap();
        let begun = assembler.missing();
        // The payload may hold any of the characters, the separator too.
        let [_, _, part, of, digest, payload] = shown[0].splitn(6, '/').collect::<Vec<_>>().try_into().unwrap();
        let head = format!("AMPARO-CARD/1/{part}/{of}/{digest}");
        let other = shown[1].replacen("AMPARO-CARD/1/", "AMPARO-CARD/2/", 1);
        assert!(matches!(add(&other), Err(RecipientError::NewerVersion { code: QR_NEWER_FORMAT, .. })));
        assert!(matches!(add(&format!("{head}/é")), Err(RecipientError::CodeDamaged { code: QR_DAMAGED, .. })));
        let of_another = format!("AMPARO-CARD/1/{part}/{of}/00000000/{payload}");
        assert!(matches!(add(&of_another), Err(RecipientError::CodeOfOtherCard { code: QR_OTHER_CARD, .. })));
        let contradicting = format!("{head}/BB8");
        assert!(matches!(add(&contradicting), Err(RecipientError::CodesContradict { code: QR_CONTRADICTION, .. })));
        assert_eq!(assembler.missing(), begun, "none of them changed anything");
        assembler.reset();
        assert!(assembler.missing().is_empty());
        assert_eq!(assembled(shown).as_deref(), Some(CARD));
        assert!(matches!(qr_codes_of_card(b"nothing"), Err(RecipientError::NotACard { .. })));
    }

    #[test]
    fn a_picture_is_as_large_as_it_says() {
        for (width, height, size) in
            [(10, 10, 99), (10, 10, 101), (0, 10, 1), (u32::MAX, u32::MAX, 1), (8193, 8192, 8193 * 8192)]
        {
            let refused = read_qr_picture(width, height, &vec![0; size]).unwrap_err();
            assert!(matches!(refused, RecipientError::Invalid { .. }), "{width} {height}: {refused:?}");
        }
        assert!(read_qr_picture(0, 0, &[]).unwrap().is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_text_and_no_picture_is_a_defect(text in "\\PC{0,40}", tail in "[A-Z0-9/ $%*+.:-]{0,60}",
            width in 0u32..80, luma in prop::collection::vec(any::<u8>(), 0..6400)) {
            let assembler = QrAssembler::new();
            for text in [text, format!("AMPARO-CARD/1/{tail}"), format!("AMPARO-CARD/1/1/1/{tail}")] {
                if let Err(refused) = assembler.add(text) {
                    prop_assert!(!matches!(refused, RecipientError::Internal { .. } | RecipientError::Other { .. }), "{:?}", refused);
                }
            }
            let height = u32::try_from(luma.len()).unwrap().checked_div(width).unwrap_or(0);
            prop_assert!(read_qr_picture(width, height, &luma[..(width * height) as usize]).is_ok());
        }
    }
}
