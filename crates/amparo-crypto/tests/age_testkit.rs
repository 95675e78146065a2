//! Every vector of the public age test kit (C2SP CCTV, `age/testkit`): the class of the failure, and the plaintext that a
//! streaming reader may release before it.
//!
//! The vectors in ASCII armor and those under a passphrase test what is not implemented here. They are run too, and must be
//! refused by name, never opened and never mistaken for damage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::{fs, io::Read};

use amparo_crypto::{
    age::{AgeError, Decryptor, Identity},
    hash,
};

struct Vector {
    name: String,
    fields: Vec<(String, String)>,
    file: Vec<u8>,
}

impl Vector {
    fn all(&self, key: &str) -> Vec<&str> {
        self.fields.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect()
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.all(key).first().copied()
    }

    fn identities(&self) -> Vec<Identity> {
        self.all("identity").into_iter().map(|text| Identity::parse(text).unwrap()).collect()
    }
}

fn load() -> Vec<Vector> {
    let mut found = Vec::new();
    for entry in fs::read_dir(common::vectors("age-testkit")).unwrap() {
        let path = entry.unwrap().path();
        let data = fs::read(&path).unwrap();
        let split = data.windows(2).position(|w| w == b"\n\n").expect("a vector has a preamble");
        let preamble = std::str::from_utf8(&data[..split]).unwrap();
        let fields: Vec<(String, String)> = preamble
            .lines()
            .map(|line| line.split_once(": ").map(|(k, v)| (k.to_owned(), v.to_owned())).expect("key: value"))
            .collect();
        let mut file = data[split + 2..].to_vec();
        match fields.iter().find(|(k, _)| k == "compressed").map(|(_, v)| v.as_str()) {
            None => {}
            Some("zlib") => {
                let mut inflated = Vec::new();
                flate2::read::ZlibDecoder::new(&file[..]).read_to_end(&mut inflated).unwrap();
                file = inflated;
            }
            Some(other) => panic!("unknown compression {other}"),
        }
        found.push(Vector { name: path.file_name().unwrap().to_str().unwrap().to_owned(), fields, file });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(found.len(), 143, "the age test kit is another one than these tests were written for");
    found
}

/// Hands out `step` bytes at a time, so that chunk borders never fall together with reads.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.1.min(out.len()).min(self.0.len());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn decrypt(input: impl Read, identities: &[Identity]) -> (Vec<u8>, Result<(), AgeError>) {
    let mut released = Vec::new();
    let mut reader = match Decryptor::new(input, identities) {
        Ok(reader) => reader,
        Err(error) => return (released, Err(error)),
    };
    // `read_to_end` keeps what came before an error.
    let result = reader.read_to_end(&mut released);
    let again = reader.read(&mut [0; 1]);
    match result {
        Ok(_) => {
            assert_eq!(again.unwrap(), 0, "the end stays the end");
            (released, Ok(()))
        }
        Err(error) => {
            let error = AgeError::from_io(&error).unwrap();
            assert_eq!(AgeError::from_io(&again.unwrap_err()), Some(error), "an error stays an error");
            (released, Err(error))
        }
    }
}

fn class(result: Result<(), AgeError>) -> &'static str {
    match result {
        Ok(()) => "success",
        // The kit counts everything up to the payload's nonce as header.
        Err(AgeError::NotAge | AgeError::UnsupportedVersion | AgeError::MalformedHeader(_)) => "header failure",
        Err(AgeError::NoMatchingKey) => "no match",
        Err(AgeError::HeaderMac) => "HMAC failure",
        Err(AgeError::Payload(_)) => "payload failure",
        Err(other) => panic!("not a class of the kit: {other:?}"),
    }
}

#[test]
fn every_applicable_vector_ends_as_the_kit_says() {
    let mut run = 0;
    let mut hybrid = 0;
    let mut failures = Vec::new();
    for vector in load() {
        if vector.one("armored").is_some() || vector.one("passphrase").is_some() {
            continue;
        }
        let identities = vector.identities();
        for step in [usize::MAX, 65_536, 1000, 7] {
            let (released, result) = decrypt(Trickle(&vector.file, step), &identities);
            let digest: String = hash::sha256(&released).iter().map(|b| format!("{b:02x}")).collect();
            let plaintext = match vector.one("payload") {
                Some(expected) => expected == digest,
                None => released.is_empty(),
            };
            if class(result) != vector.one("expect").unwrap() || !plaintext {
                failures.push(format!("{} (step {step}): {result:?}, released {}", vector.name, released.len()));
            }
        }
        run += 1;
        hybrid += usize::from(vector.name.starts_with("hybrid"));
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!((run, hybrid), (85, 18));
}

#[test]
fn armored_vectors_are_refused_by_name() {
    let mut run = 0;
    for vector in load() {
        if vector.one("armored").is_none() {
            continue;
        }
        let (released, result) = decrypt(&vector.file[..], &vector.identities());
        // A damaged first line cannot be recognised as armor.
        let not_armor = ["armor_garbage_leading", "armor_lowercase", "armor_whitespace_begin", "armor_wrong_type"];
        let expected = if not_armor.contains(&vector.name.as_str()) { AgeError::NotAge } else { AgeError::Armored };
        assert_eq!(result, Err(expected), "{}", vector.name);
        assert!(released.is_empty());
        run += 1;
    }
    assert_eq!(run, 33);
}

#[test]
fn passphrase_vectors_are_refused_by_name() {
    let (mut named, mut malformed) = (Vec::new(), Vec::new());
    for vector in load() {
        if vector.one("armored").is_some() || vector.one("passphrase").is_none() {
            continue;
        }
        let (released, result) = decrypt(&vector.file[..], &vector.identities());
        assert!(released.is_empty());
        match result.unwrap_err() {
            AgeError::PassphraseProtected => named.push(vector.name),
            AgeError::MalformedHeader(_) => {
                assert_eq!(vector.one("expect"), Some("header failure"), "{}", vector.name);
                malformed.push(vector.name);
            }
            // `-> SCRYPT` is an unknown type to everybody.
            AgeError::NoMatchingKey => assert_eq!(vector.name, "scrypt_uppercase"),
            other => panic!("{}: {other:?}", vector.name),
        }
    }
    // A passphrase stanza beside another one is malformed for everybody; its own arguments are not looked at.
    assert_eq!(malformed, ["scrypt_and_x25519", "scrypt_double", "scrypt_not_canonical_body"]);
    assert_eq!(named.len(), 21);
}
