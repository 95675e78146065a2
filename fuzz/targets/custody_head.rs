//! Signed heads: a note is either exactly what the key signed, or refused.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_fuzz::{damage, damage_seeds_after, seed};
use amparo_report::custody::Head;
use libfuzzer_sys::fuzz_target;

static SIGNED: OnceLock<(SigningKey, Head, String)> = OnceLock::new();

fn setup() {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [5; 32]));
    let head = Head { size: 3, root: [1; 32], chain: [2; 32], time: "2026-03-14T18:42:07Z".to_owned() };
    let note = head.sign(&key).expect("a good head can be signed");
    // The first byte says whether the rest is a note or a script of edits to the signed one.
    let raw = [vec![0], note.clone().into_bytes()].concat();
    seed("custody_head", damage_seeds_after(1).into_iter().chain([("note".to_owned(), raw)]));
    let _ = SIGNED.set((key, head, note));
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some((key, head, note)) = SIGNED.get() else { return };
    let bytes = if choice % 2 == 0 { rest.to_vec() } else { damage(note.as_bytes(), rest) };
    let Ok(text) = core::str::from_utf8(&bytes) else { return };
    let _ = Head::parse_unverified(text);
    if let Ok(found) = Head::verify(text, &key.verifying_key()) {
        assert!(found == *head, "a head verified that was never signed");
    }
});
