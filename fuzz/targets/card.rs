//! Recipient cards from strangers: a signed one that was damaged, content of any kind that its signer did sign, the texts of QR codes,
//! and pictures.
#![no_main]

use amparo_card::{Assembled, Assembler, Card, CardError, parts, qr};
use amparo_crypto::{SecretKey, hash::sha256, labels, sign::SigningKey};
use amparo_fuzz::{damage, damage_seeds_after, seed};
use libfuzzer_sys::fuzz_target;

/// The golden file of format 1; the key that signed it is public.
const FULL: &[u8] = include_bytes!("../../crates/amparo-card/tests/vectors/full.card");
const HEADER: usize = 114;

fn setup() {
    let golden = Card::parse(FULL).expect("the golden card reads");
    let texts = parts(&golden, 970);
    let edits = (0..4).flat_map(|choice| damage_seeds_after(choice));
    let whole = ("texts".to_owned(), [&[2u8], texts.join("\n").as_bytes()].concat());
    let code = qr::codes(&["AMPARO-CARD/1/1/1/00000000/00"]).expect("a short text");
    let picture = qr::sheet(&code, 2).expect("one code");
    let width = u8::try_from(picture.width).expect("a small picture");
    let drawn = ("picture".to_owned(), [&[4u8, width], picture.luma.as_slice()].concat());
    seed("card", edits.chain([whole, drawn]));
    // The reader of pictures panics on some and its caller catches that. libFuzzer's hook would end the process before; what is not
    // caught ends it as well.
    std::panic::set_hook(Box::new(|_| ()));
}

fn signed(body: &[u8], keys: &[u8]) -> Vec<u8> {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32]));
    let length = u32::try_from(body.len()).expect("a short body").to_be_bytes();
    let content = [&length, body, keys].concat();
    let signature = key.sign(labels::CARD_SIGNATURE, &sha256(&content));
    [&FULL[..14], &key.verifying_key().to_bytes(), &signature, &content].concat()
}

/// What must hold of every card that is taken.
fn check(card: &Card) {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32]));
    card.content().validate().expect("what was read keeps the rules");
    // Fields that are not known are not written again: the content is the same, and is itself once more.
    match card.content().sign(&key) {
        Ok(again) => assert_eq!(again.content(), card.content()),
        // White space can be left out and escapes written as they are, but not the other way round.
        Err(error) => assert_eq!(error, CardError::TooLarge { what: "the body" }),
    }
    for day in [card.content().issued, card.content().expires] {
        if let Ok(keys) = card.keys_on(day) {
            assert!(!keys.is_empty() && keys.iter().all(|key| day <= key.not_after), "an expired key was given out");
        }
    }
    let trusted = card.trusted();
    assert!(card.supersedes(&trusted, None).is_ok());
    let mut assembler = Assembler::new();
    let texts = parts(card, 0);
    for (number, text) in (1..).zip(&texts) {
        match assembler.add(text).expect("its own parts") {
            Assembled::Complete(whole) => assert!(number == texts.len() && whole == *card),
            Assembled::Missing { .. } => assert!(number < texts.len()),
        }
    }
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 5 {
        0 => {
            let bytes = damage(FULL, rest);
            let result = Card::parse(&bytes);
            assert_eq!(result.is_ok(), bytes == FULL, "a card that was changed was taken");
        }
        // The golden body or keys damaged, and signed again.
        1 => {
            let Some((which, script)) = rest.split_first() else { return };
            let length = usize::try_from(u32::from_be_bytes(FULL[110..HEADER].try_into().expect("four bytes"))).expect("a length");
            let (body, keys) = FULL[HEADER..].split_at(length);
            let bytes = if which % 2 == 0 { signed(&damage(body, script), keys) } else { signed(body, &damage(keys, script)) };
            if let Ok(card) = Card::parse(&bytes) {
                check(&card);
            }
        }
        2 => {
            let mut assembler = Assembler::new();
            for text in String::from_utf8_lossy(rest).split('\n') {
                if let Ok(Assembled::Complete(card)) = assembler.add(text) {
                    check(&card);
                }
            }
        }
        3 => {
            if let Ok(card) = Card::parse(&signed(rest, &FULL[FULL.len() - 32..])) {
                check(&card);
            }
        }
        _ => {
            let Some((width, luma)) = rest.split_first() else { return };
            let width = usize::from(*width).max(1);
            let height = luma.len() / width;
            let _ = qr::read_qr(width, height, &luma[..width * height]);
        }
    }
});
