//! The age header, from bytes that may be anything: it is parsed within bounds, and what opens is opened again the same way.
#![no_main]

use std::{
    io::{Read as _, Write as _},
    sync::OnceLock,
};

use amparo_crypto::age::{AgeError, Decryptor, Encryptor, Identity, StanzaPadding};
use amparo_fuzz::{identities, seed};
use libfuzzer_sys::fuzz_target;

static KEYS: OnceLock<Vec<Identity>> = OnceLock::new();

fn setup() {
    let keys = identities();
    let mut seeds = vec![
        ("intro", b"age-encryption.org/v1\n".to_vec()),
        (
            "grease",
            b"age-encryption.org/v1\n-> x-grease a b\nAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n".to_vec(),
        ),
        ("scrypt", b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\nAAAA\n".to_vec()),
        ("armor", b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n".to_vec()),
    ];
    for (name, key) in ["post-quantum", "classic"].into_iter().zip(&keys) {
        let sealed = Encryptor::new(Vec::new(), &[key.recipient()], StanzaPadding::None).and_then(|mut out| {
            out.write_all(b"seed")?;
            out.finish()
        });
        seeds.extend(sealed.ok().map(|sealed| (name, sealed)));
    }
    seed("age_header", seeds);
    let _ = KEYS.set(keys);
}

fn read(data: &[u8]) -> Result<Vec<u8>, AgeError> {
    let mut plain = Vec::new();
    Decryptor::new(data, KEYS.get().map_or(&[][..], Vec::as_slice))?.read_to_end(&mut plain)?;
    Ok(plain)
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let first = read(data);
    assert_eq!(first, read(data), "the same file, another outcome");
});
