//! What the fuzz targets share: fixed keys, seeds written by code, and damage that keeps most of a valid file intact.
//!
//! A fuzzer cannot forge an authentication tag, so bytes made from nothing die in the first check. [`damage`] therefore applies a
//! short script of edits, which the fuzzer evolves, to a file that is valid; a target then asserts that nothing but the
//! original bytes ever comes out. Nothing here is part of a product.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use amparo_crypto::{
    SecretKey,
    age::{Identity, KeyKind},
};

/// A post-quantum and a classic key that never change, so that seeds and findings stay valid.
#[must_use]
pub fn identities() -> Vec<Identity> {
    [(KeyKind::PostQuantum, 7u8), (KeyKind::Classic, 9u8)]
        .into_iter()
        .filter_map(|(kind, byte)| Identity::from_secret(kind, SecretKey::take(&mut [byte; 32])).ok())
        .collect()
}

/// Writes seeds into the corpus of `target` before libFuzzer reads it, so that no seed has to be kept as a binary file.
/// A corpus that cannot be written leaves the fuzzer to find everything by itself.
pub fn seed(target: &str, seeds: impl IntoIterator<Item = (impl Display, Vec<u8>)>) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    if fs::create_dir_all(&corpus).is_err() {
        return;
    }
    for (name, bytes) in seeds {
        let _ = fs::write(corpus.join(format!("seed-{name}")), bytes);
    }
}

/// An empty folder for this process alone, under `TMPDIR`. libFuzzer leaves without unwinding, so whoever starts it removes it.
#[must_use]
pub fn scratch() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("amparo-fuzz-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a writable TMPDIR");
    folder
}

/// Edit scripts behind a first byte, with which a target chooses what they are applied to.
#[must_use]
pub fn damage_seeds_after(choice: u8) -> Vec<(String, Vec<u8>)> {
    let named = |(name, script)| (format!("{choice}-{name}"), [vec![choice], script].concat());
    damage_seeds().into_iter().map(named).collect()
}

/// Edit scripts to start from: nothing, and one of each kind of edit.
#[must_use]
pub fn damage_seeds() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", vec![]),
        ("flip", vec![0, 40, 0, 0, 0, 1]),
        ("overwrite", vec![1, 100, 0, 0, 0, 4, 1, 2, 3, 4]),
        ("truncate", vec![2, 0, 1, 0, 0]),
        ("copy", vec![3, 0, 16, 0, 0, 0, 32, 0, 0, 0, 16]),
        ("insert", vec![4, 200, 0, 0, 0, 3, 45, 62, 32]),
        ("remove", vec![5, 50, 0, 0, 0, 8, 0]),
        ("zero", vec![6, 0, 16, 0, 0, 0, 16]),
    ]
}

/// Applies the edits in `script` to `original`. The result is at most twice as long plus 64 KiB.
#[must_use]
pub fn damage(original: &[u8], script: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let limit = original.len() * 2 + 64 * 1024;
    let mut script = Script(script);
    while let Some(kind) = script.byte() {
        let at = script.number(4) % (bytes.len() + 1);
        match kind % 7 {
            0 => {
                let mask = script.byte().unwrap_or(1).max(1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= mask;
                }
            }
            1 => {
                let new = script.take();
                let end = (at + new.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&new[..end - at]);
            }
            2 => bytes.truncate(at),
            3 => {
                let from = script.number(4) % (bytes.len() + 1);
                let len = script.number(2).min(bytes.len() - from).min(bytes.len() - at);
                bytes.copy_within(from..from + len, at);
            }
            4 => {
                let new = script.take();
                if bytes.len() + new.len() <= limit {
                    bytes.splice(at..at, new.iter().copied());
                }
            }
            5 => {
                let end = (at + script.number(2)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + script.number(2)).min(bytes.len());
                bytes[at..end].fill(0);
            }
        }
    }
    bytes
}

struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Little-endian, of up to `len` bytes; what is missing counts as zero.
    fn number(&mut self, len: usize) -> usize {
        (0..len).map(|i| usize::from(self.byte().unwrap_or(0)) << (8 * i)).sum()
    }

    /// A length byte and that many bytes.
    fn take(&mut self) -> &'a [u8] {
        let len = self.number(1).min(self.0.len());
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }
}

/// Splits `data` at its newlines of the form `\n%%\n` into exactly `N` parts; what is missing is empty.
#[must_use]
pub fn parts<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    const MARK: &[u8] = b"\n%%\n";
    let mut rest = data;
    std::array::from_fn(|i| match rest.windows(MARK.len()).position(|w| w == MARK).filter(|_| i + 1 < N) {
        Some(at) => {
            let part = &rest[..at];
            rest = &rest[at + MARK.len()..];
            part
        }
        None => std::mem::take(&mut rest),
    })
}

/// The inverse of [`parts`], for seeds.
#[must_use]
pub fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&b"\n%%\n"[..])
}
