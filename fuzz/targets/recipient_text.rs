//! Recipient strings and addressee tags: one text form for one key, and a tag that opens only for its holder.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::age::{Identity, Recipient};
use amparo_fuzz::{identities, seed};
use libfuzzer_sys::fuzz_target;

const CONTEXT: &[u8] = b"fuzz";
static KEYS: OnceLock<Vec<(Identity, String)>> = OnceLock::new();

fn setup() {
    let mut keys = Vec::new();
    let mut seeds = Vec::new();
    for (key, names) in identities().into_iter().zip([("pq", "pq-tag"), ("classic", "classic-tag")]) {
        let tag = key.recipient().make_addressee_tag(CONTEXT).expect("tagging a good key works");
        seeds.push((names.0, key.recipient().to_string().into_bytes()));
        seeds.push((names.1, tag.clone().into_bytes()));
        keys.push((key, tag));
    }
    seed("recipient_text", seeds);
    let _ = KEYS.set(keys);
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(recipient) = text.parse::<Recipient>() {
        assert_eq!(recipient.to_string(), text, "two texts for one key");
    }
    for (key, _) in KEYS.get().into_iter().flatten() {
        // A tag for this key can be made by anyone who has its public half, so only the wrong context is an error here.
        let _ = key.opens_addressee_tag(text, CONTEXT);
        assert!(!key.opens_addressee_tag(text, b"another report").unwrap_or(false), "a tag opened for another report");
    }
});
