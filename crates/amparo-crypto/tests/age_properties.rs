//! Properties of age files that no table of vectors can show: any length, any split of writes and reads, any changed byte, any
//! cut.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    io::{Read, Write},
    sync::LazyLock,
};

use amparo_crypto::age::{AgeError, CHUNK_LEN, Decryptor, Encryptor, Identity, KeyKind, StanzaPadding};
use proptest::prelude::*;

static CLASSIC: LazyLock<Identity> = LazyLock::new(|| Identity::generate(KeyKind::Classic).unwrap());
static HYBRID: LazyLock<Identity> = LazyLock::new(|| Identity::generate(KeyKind::PostQuantum).unwrap());

fn identity(kind: KeyKind) -> &'static Identity {
    match kind {
        KeyKind::Classic => &CLASSIC,
        KeyKind::PostQuantum => &HYBRID,
    }
}

/// Bytes in which no two stretches are alike, so that a misplaced one shows.
fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn seal(plain: &[u8], kind: KeyKind, padding: StanzaPadding, writes: &[usize]) -> Vec<u8> {
    let mut writer = Encryptor::new(Vec::new(), &[identity(kind).recipient()], padding).unwrap();
    let mut rest = plain;
    for len in writes.iter().copied().cycle() {
        let (now, later) = rest.split_at(len.min(rest.len()));
        writer.write_all(now).unwrap();
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    writer.finish().unwrap()
}

/// An input that gives its bytes in pieces of the given lengths.
struct Pieces<'a> {
    rest: &'a [u8],
    lens: Vec<usize>,
    at: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = self.lens[self.at % self.lens.len()].min(out.len());
        self.at += 1;
        self.rest.read(&mut out[..len])
    }
}

/// What was released, and how it ended.
fn open(input: impl Read, kind: KeyKind, reads: &[usize]) -> (Vec<u8>, Result<(), AgeError>) {
    let mut released = Vec::new();
    let mut reader = match Decryptor::new(input, std::slice::from_ref(identity(kind))) {
        Ok(reader) => reader,
        Err(error) => return (released, Err(error)),
    };
    for len in reads.iter().copied().cycle() {
        let mut buf = vec![0; len];
        match reader.read(&mut buf) {
            Ok(0) => return (released, Ok(())),
            Ok(n) => released.extend_from_slice(&buf[..n]),
            Err(error) => return (released, Err(AgeError::from_io(&error).unwrap())),
        }
    }
    panic!("no read lengths given")
}

/// A changed file is refused, and what was released before is a beginning of the plaintext.
fn assert_refused(file: &[u8], plain: &[u8], kind: KeyKind, what: &str) -> AgeError {
    let (released, result) = open(file, kind, &[CHUNK_LEN]);
    assert!(plain.starts_with(&released), "{what}: something else came out");
    result.expect_err(what)
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..200usize,
        (0..4usize, 0..64usize).prop_map(|(chunks, off)| (chunks * CHUNK_LEN + off).saturating_sub(32)),
        0..3 * CHUNK_LEN,
    ]
}

fn splits() -> impl Strategy<Value = Vec<usize>> {
    let len = prop_oneof![1..100usize, CHUNK_LEN - 20..CHUNK_LEN + 20, 1..3 * CHUNK_LEN];
    // At least one large piece, so that a case does not take hundreds of thousands of calls.
    (prop::collection::vec(len, 0..4), 10_000..CHUNK_LEN * 2).prop_map(|(mut lens, large)| {
        lens.push(large);
        lens
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_length_and_any_split_round_trips(
        len in lengths(), hybrid: bool, anonymous: bool, writes in splits(), pieces in splits(), reads in splits(),
    ) {
        let kind = if hybrid { KeyKind::PostQuantum } else { KeyKind::Classic };
        let padding = if anonymous { StanzaPadding::Anonymous } else { StanzaPadding::None };
        let plain = plaintext(len);
        let file = seal(&plain, kind, padding, &writes);
        let chunks = len.div_ceil(CHUNK_LEN).max(1);
        let body = 16 + len + 16 * chunks;
        prop_assert!(file.len() > body && file[file.len() - body - 1] == b'\n', "the length is that of the format");
        let (opened, result) = open(Pieces { rest: &file, lens: pieces, at: 0 }, kind, &reads);
        prop_assert_eq!(result, Ok(()));
        prop_assert!(opened == plain);
    }

    #[test]
    fn any_changed_byte_of_a_long_file_is_refused(len in lengths(), at: prop::sample::Index, change in 1..=255u8) {
        let plain = plaintext(len);
        let mut file = seal(&plain, KeyKind::Classic, StanzaPadding::None, &[CHUNK_LEN]);
        let at = at.index(file.len());
        file[at] ^= change;
        assert_refused(&file, &plain, KeyKind::Classic, &format!("byte {at} of {}", file.len()));
    }

    #[test]
    fn any_cut_and_any_appended_byte_of_a_long_file_is_refused(len in lengths(), at: prop::sample::Index, more: u8) {
        let plain = plaintext(len);
        let mut file = seal(&plain, KeyKind::Classic, StanzaPadding::None, &[CHUNK_LEN]);
        let cut = at.index(file.len());
        assert_refused(&file[..cut], &plain, KeyKind::Classic, &format!("cut at {cut} of {}", file.len()));
        file.push(more);
        assert_refused(&file, &plain, KeyKind::Classic, "one byte appended");
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_open(
        start in prop_oneof![Just(""), Just("age-encryption.org/v1\n"), Just("age-encryption.org/v1\n-> X25519 ")],
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let file = [start.as_bytes(), &bytes].concat();
        prop_assert!(open(&file[..], KeyKind::Classic, &[64]).1.is_err());
    }
}

#[test]
fn every_bit_of_a_small_file_matters() {
    for (kind, padding, step) in
        [(KeyKind::Classic, StanzaPadding::None, 1), (KeyKind::PostQuantum, StanzaPadding::None, 7)]
    {
        let plain = b"they came at four in the morning";
        let file = seal(plain, kind, padding, &[10]);
        for bit in (0..file.len() * 8).step_by(step) {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let error = assert_refused(&changed, plain, kind, &format!("bit {bit}"));
            // The classes: what stands before the MAC line never looks like a damaged payload, and the other way round.
            let header_len = file.len() - 16 - plain.len() - 16;
            assert_eq!(matches!(error, AgeError::Payload(_)), bit / 8 >= header_len, "bit {bit}: {error:?}");
        }
    }
}

#[test]
fn every_cut_of_a_small_file_is_refused() {
    for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
        let plain = b"they came at four in the morning";
        let file = seal(plain, kind, StanzaPadding::None, &[10]);
        for cut in 0..file.len() {
            assert_refused(&file[..cut], plain, kind, &format!("cut at {cut}"));
        }
    }
}

#[test]
fn two_files_of_the_same_content_share_nothing_but_the_form() {
    let plain = plaintext(1000);
    let one = seal(&plain, KeyKind::Classic, StanzaPadding::None, &[1000]);
    let two = seal(&plain, KeyKind::Classic, StanzaPadding::None, &[1000]);
    assert_eq!(one.len(), two.len());
    let tail = one.len() - 1000;
    assert_ne!(one[tail..], two[tail..]);
}
