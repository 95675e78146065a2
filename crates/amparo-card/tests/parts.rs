//! The texts of QR codes: any order, repeats, mixed and damaged ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use amparo_card::{Assembled, Assembler, Card, CardError, Endpoint, MAX_PARTS, PART_CHARS, PartError, parts};
use common::{content, key};
use proptest::{collection::vec, prelude::*};

/// `AMPARO-CARD/1/2/12/01234567/`: where the payload of a part with a number of one digit begins.
fn head_of(texts: &[String]) -> usize {
    26 + texts.len().to_string().len()
}

fn card() -> Card {
    content().sign(&key()).unwrap()
}

fn add_all<'a>(assembler: &mut Assembler, texts: impl IntoIterator<Item = &'a String>) -> Result<Assembled, PartError> {
    let mut last = Err(PartError::NotAPart);
    for text in texts {
        last = Ok(assembler.add(text)?);
    }
    last
}

#[test]
fn mixed_and_damaged_codes_are_refused_by_name_and_lose_nothing() {
    let texts = parts(&card(), PART_CHARS);
    let mut newer = content();
    newer.version = 4;
    let others = parts(&newer.sign(&key()).unwrap(), PART_CHARS);
    assert!(texts.len() > 3 && texts.len() == others.len());
    let mut assembler = Assembler::new();
    assert_eq!(assembler.missing(), Vec::<usize>::new());
    let missing = |parts: Vec<usize>| Ok(Assembled::Missing { parts, of: texts.len() });
    let but = |left_out: &[usize]| (1..=texts.len()).filter(|n| !left_out.contains(n)).collect::<Vec<_>>();
    assert_eq!(assembler.add(&texts[2]), missing(but(&[3])));
    assert_eq!(assembler.add(&texts[2]), missing(but(&[3])));
    assert_eq!(assembler.add(&others[0]), Err(PartError::OtherCard));
    // The same card in larger pieces.
    assert_eq!(assembler.add(&parts(&card(), 970)[0]), Err(PartError::OtherCard));
    // Two groups of three characters in each other's place are still base45.
    let (head, payload) = texts[2].split_at(head_of(&texts));
    let swapped = format!("{head}{}{}{}", &payload[3..6], &payload[..3], &payload[6..]);
    assert_eq!(assembler.add(&swapped), Err(PartError::Contradiction { part: 3 }));
    for (text, error) in [
        ("", PartError::NotAPart),
        ("https://example.org", PartError::NotAPart),
        ("amparo-card/1/1/1/00000000/00", PartError::NotAPart),
        ("AMPARO-CARD/2/x", PartError::UnknownFormat),
        ("AMPARO-CARD/", PartError::UnknownFormat),
        ("AMPARO-CARD/1", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/00000000", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/00000000/", PartError::Malformed),
        ("AMPARO-CARD/1/0/1/00000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/2/1/00000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/01/1/00000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/+1/1/00000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/1/65/00000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/1/18446744073709551616/00000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/0000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/abcdef00/00", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/é000000/00", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/00000000/0", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/00000000/00a", PartError::Malformed),
        // 45 × 45 − 1 is no byte, and 65536 no two bytes.
        ("AMPARO-CARD/1/1/1/00000000/::", PartError::Malformed),
        ("AMPARO-CARD/1/1/1/00000000/:::", PartError::Malformed),
    ] {
        assert_eq!(assembler.add(text), Err(error), "{text}");
        assert_eq!(Assembler::new().add(text), Err(error), "{text}");
    }
    assert_eq!(assembler.missing(), but(&[3]));
    assert_eq!(add_all(&mut assembler, texts.iter().rev()), Ok(Assembled::Complete(card())));
    // Empty again: the next card can be scanned.
    assert_eq!(assembler.missing(), Vec::<usize>::new());
    assert!(matches!(add_all(&mut assembler, &others), Ok(Assembled::Complete(card)) if card.version() == 4));
}

#[test]
fn what_does_not_fit_together_is_said_at_the_end() {
    let texts = parts(&card(), PART_CHARS);
    // Part 2 with the content of part 1.
    let (head, _) = texts[1].split_at(head_of(&texts));
    let forged = head.to_owned() + &texts[0][head_of(&texts)..];
    let mut assembler = Assembler::new();
    let mut result = assembler.add(&forged);
    for (at, text) in texts.iter().enumerate() {
        if at != 1 {
            result = assembler.add(text);
        }
    }
    assert_eq!(result, Err(PartError::Damaged));
    assert_eq!(assembler.missing(), Vec::<usize>::new());
    // One part with any bytes and their digest: the card itself is refused.
    let bytes = b"amparo.card/1\nno";
    let digest: String = amparo_report::hex::encode(&amparo_crypto::hash::sha256(bytes)[..4]).to_uppercase();
    let text = format!("AMPARO-CARD/1/1/1/{digest}/{}", base45::encode(bytes));
    assert_eq!(assembler.add(&text), Err(PartError::Card(CardError::WrongLength)));
    assert_eq!(format!("{assembler:?}"), "Assembler(0 of 0)");
}

#[test]
fn the_largest_card_fits_into_the_most_parts() {
    let mut large = content();
    let text = |n: usize| "é".repeat(200) + &n.to_string();
    large.endpoints = (0..12).map(|n| Endpoint { kind: "signal".into(), value: text(n) }).collect();
    for number in 5..9 {
        large.keys.push(common::card_key(amparo_crypto::age::KeyKind::PostQuantum, number, large.expires));
    }
    let card = large.sign(&key()).unwrap();
    assert!(card.bytes().len() > 12_000, "{}", card.bytes().len());
    for chars in [0, PART_CHARS, 970, usize::MAX] {
        let texts = parts(&card, chars);
        assert!(texts.len() <= MAX_PARTS && texts.iter().all(|text| text.len() <= chars.max(450)), "{}", texts.len());
        let shortest = texts.iter().map(String::len).min().unwrap();
        let longest = texts.iter().map(String::len).max().unwrap();
        assert!(longest - shortest <= longest / 8 + 3 * texts.len(), "{shortest} {longest}");
        assert_eq!(add_all(&mut Assembler::new(), &texts), Ok(Assembled::Complete(card.clone())));
    }
    // The bound itself: 16 KiB in the smallest parts.
    assert!(amparo_card::limits::FILE_BYTES.div_ceil((450 - 29) / 3 * 2) <= MAX_PARTS);
}

proptest! {
    #[test]
    fn any_order_with_repeats(order in Just((0..16usize).collect::<Vec<_>>()).prop_shuffle(), repeats in vec(0..16usize, 0..6), chars in 450usize..2000) {
        let texts = parts(&card(), chars);
        let alphanumeric = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b" $%*+-./:".contains(&b);
        prop_assert!(texts.iter().all(|text| text.len() <= chars && text.bytes().all(alphanumeric)));
        let mut assembler = Assembler::new();
        let mut seen = std::collections::BTreeSet::new();
        for at in repeats.into_iter().chain(order).filter(|at| *at < texts.len()) {
            if seen.len() == texts.len() {
                break;
            }
            seen.insert(at + 1);
            match assembler.add(&texts[at]).unwrap() {
                Assembled::Missing { parts, of } => {
                    prop_assert_eq!(of, texts.len());
                    prop_assert!(parts.iter().all(|part| !seen.contains(part)));
                    prop_assert_eq!(parts.len() + seen.len(), texts.len());
                }
                Assembled::Complete(whole) => {
                    prop_assert_eq!(seen.len(), texts.len());
                    prop_assert_eq!(whole, card());
                }
            }
        }
        prop_assert_eq!(seen.len(), texts.len());
    }

    #[test]
    fn any_text_is_refused_or_taken(text in "(AMPARO-CARD/)?(1/)?([1-9]/){0,2}([0-9A-F]{8}/)?[ -Z]{0,30}") {
        let mut assembler = Assembler::new();
        let _ = assembler.add(&text);
        let _ = assembler.add(&text);
    }
}
