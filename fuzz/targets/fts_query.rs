//! Search: no text and no query is an error, a word that was written is found, and what is highlighted lies inside the text.
#![no_main]

use std::sync::{Arc, OnceLock};

use amparo_core::{
    Amparo, CreateOptions, IncidentId, KdfParams, Passphrase, SystemClock,
    incident::{Incident, IncidentContent},
};
use amparo_fuzz::{join, parts, scratch, seed};
use libfuzzer_sys::fuzz_target;

static VAULT: OnceLock<(Amparo, IncidentId)> = OnceLock::new();

fn setup() {
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let passphrase = Passphrase::new(b"fuzzing").expect("a passphrase");
    let amparo =
        Amparo::create(&scratch().join("vault"), &passphrase, &options, Arc::new(SystemClock)).expect("a vault");
    let id = amparo.incidents().create("They took my phone.").expect("an incident").id;
    let pairs = [
        ("phrase", "La détention à São Paulo", "detention"),
        ("arabic", "مُحَمَّد اعتُقِلَ في القاهرة", "محمد"),
        ("chinese", "北京警察拘留了他", "警察"),
        ("hindi", "हिन्दी में धमकी", "धमकी"),
        ("syntax", "NEAR(a b)", "\"a\" OR b* NOT (title: c) ^d -e + AND"),
    ];
    seed("fts_query", pairs.map(|(name, text, query)| (name, join(&[text.as_bytes(), query.as_bytes()]))));
    let _ = VAULT.set((amparo, id));
}

fn search(amparo: &Amparo, query: &str) -> Vec<Incident> {
    let page = amparo.search().incidents(query, 10, None).expect("no query is an error");
    for hit in &page.hits {
        if let Some(excerpt) = &hit.excerpt {
            assert!(
                excerpt.text.get(excerpt.highlight.clone()).is_some_and(|word| !word.is_empty()),
                "a broken highlight"
            );
        }
    }
    page.hits.iter().map(|hit| amparo.incidents().get(hit.incident.id).expect("a hit exists")).collect()
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((amparo, id)) = VAULT.get() else { return };
    let [text, query] = parts(data);
    let (Ok(text), Ok(query)) = (core::str::from_utf8(text), core::str::from_utf8(query)) else { return };
    search(amparo, query);
    let Ok(now) = amparo.incidents().get(*id) else { return };
    let content = IncidentContent::from(text);
    if amparo.incidents().save(*id, now.revision, content).is_err() {
        return;
    }
    // Some signs (joiners, marks on their own) are no part of a word, so only words of plain letters have to be found.
    let plain = |word: &&str| word.len() < 60 && word.bytes().all(|b| b.is_ascii_alphanumeric());
    if let Some(word) = text.split_whitespace().find(plain) {
        assert!(search(amparo, word).iter().any(|found| found.id == *id), "a word that was written is not found");
    }
});
