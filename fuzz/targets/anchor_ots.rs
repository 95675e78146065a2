//! OpenTimestamps proofs: bounded, of our commitment or refused, and nothing is lost when an answer is joined.
#![no_main]

use amparo_fuzz::{damage, damage_seeds_after, join, parts, seed};
use amparo_report::anchor::ots;
use libfuzzer_sys::fuzz_target;

const COMMITMENT: [u8; 32] = [7; 32];
const NONCE: [u8; 16] = [9; 16];

fn promise(uri: &str) -> Vec<u8> {
    let tag = [0x00, 0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
    [&tag[..], &[uri.len() as u8 + 1, uri.len() as u8], uri.as_bytes()].concat()
}

fn block() -> Vec<u8> {
    vec![0x00, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 0x03, 0xa0, 0x8d, 0x06]
}

/// A fork, every kind of step, both kinds of ends.
fn answer() -> Vec<u8> {
    let steps = [&[0xff, 0xf0, 2, 1, 2, 0x08][..], &promise("https://a.example")].concat();
    [&steps[..], &[0xff, 0xf3, 0xf2, 0x08][..], &block(), &[0x03, 0x08], &block()].concat()
}

fn setup() {
    let proof = ots::detached(&COMMITMENT, &NONCE, &answer()).expect("a good answer");
    // The first byte says what the rest is: a proof, an edit script, an answer, or a message and an answer to join.
    let raw = [
        ("proof".to_owned(), [vec![0], proof].concat()),
        ("answer".to_owned(), [vec![2], answer()].concat()),
        ("join".to_owned(), [vec![3], join(&[&ots::submitted(&COMMITMENT, &NONCE), &block()])].concat()),
    ];
    seed("anchor_ots", damage_seeds_after(1).into_iter().chain(raw));
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let good = ots::detached(&COMMITMENT, &NONCE, &answer()).expect("a good answer");
    match choice % 4 {
        0 | 1 => {
            let bytes = if choice % 4 == 0 { rest.to_vec() } else { damage(&good, rest) };
            if let Ok(proof) = ots::check(&bytes, &COMMITMENT) {
                assert!(!proof.ends.is_empty(), "a proof without an end");
                assert!(bytes[33..65] == COMMITMENT, "a proof of something else");
                assert!(ots::check(&bytes, &[8; 32]).is_err());
            }
        }
        2 => {
            if let Ok(proof) = ots::detached(&COMMITMENT, &NONCE, rest) {
                let ends = ots::check(&proof, &COMMITMENT).expect("what was made is read").ends;
                assert!(!ends.is_empty());
            }
        }
        _ => {
            let [message, answer] = parts(rest);
            if let Ok(joined) = ots::graft(&good, &COMMITMENT, message, answer) {
                let before = ots::check(&good, &COMMITMENT).expect("a good proof").ends;
                let after = ots::check(&joined, &COMMITMENT).expect("what was joined is read").ends;
                assert!(after.len() > before.len() && before.iter().all(|end| after.contains(end)), "an end was lost");
            }
        }
    }
});
