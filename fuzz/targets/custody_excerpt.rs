//! The three files of `custody/` in a report: damaged, they never prove an entry that the log does not have.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_fuzz::{damage, damage_seeds_after, join, parts, seed};
use amparo_report::custody::{
    Entry, Event, FIRST_PREV, Head, MemoryTree, disclose, leaf_hash, root, verify_disclosure,
};
use libfuzzer_sys::fuzz_target;

struct Log {
    key: SigningKey,
    entries: Vec<Entry>,
    excerpt: Vec<u8>,
}

static LOG: OnceLock<Log> = OnceLock::new();
const TIME: &str = "2026-03-14T18:42:07Z";

fn setup() {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [8; 32]));
    let (mut tree, mut lines, mut entries, mut prev) = (MemoryTree::new(), Vec::new(), Vec::new(), FIRST_PREV);
    for seq in 0..11 {
        let mut entry = Entry::new(seq, prev, TIME, Event::Imported, "user", "0.1.0").expect("randomness");
        // The same log in every process: else an excerpt that an earlier one left in the corpus is another log of this key.
        entry.salt = [seq as u8; 16];
        let line = entry.to_line().expect("a good entry can be written");
        prev = leaf_hash(&line);
        tree.push(prev).expect("a small tree");
        entries.push(Entry::parse(&line).expect("and read"));
        lines.push(line);
    }
    let head = Head { size: 11, root: root(&tree, 11).expect("a root"), chain: prev, time: TIME.to_owned() };
    let note = head.sign(&key).expect("a good head can be signed");
    let shown: Vec<&Vec<u8>> = [&lines[2], &lines[3], &lines[9]].into();
    let excerpt = disclose(&tree, &shown, &note, &key.verifying_key()).expect("an excerpt");
    let excerpt = join(&[&excerpt.entries, &excerpt.proofs, &excerpt.head]);
    seed(
        "custody_excerpt",
        damage_seeds_after(1).into_iter().chain([("whole".to_owned(), [vec![0], excerpt.clone()].concat())]),
    );
    let _ = LOG.set(Log { key, entries, excerpt });
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some(log) = LOG.get() else { return };
    let bytes = if choice % 2 == 0 { rest.to_vec() } else { damage(&log.excerpt, rest) };
    let [entries, proofs, head] = parts(&bytes);
    let report = verify_disclosure(entries, proofs, head);
    // Under another key anybody can prove anything; the manifest says which key it has to be.
    if report.public_key.is_some_and(|key| key.to_bytes() == log.key.verifying_key().to_bytes()) {
        for entry in &report.entries {
            assert!(log.entries.contains(entry), "an entry was proven that the log does not have");
        }
    }
});
