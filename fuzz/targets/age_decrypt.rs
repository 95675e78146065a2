//! A damaged age file gives a prefix of what was sealed and then an error, never another byte and never a clean end.
#![no_main]

use std::{
    io::{Read as _, Write as _},
    sync::OnceLock,
};

use amparo_crypto::age::{AgeError, CHUNK_LEN, Decryptor, Encryptor, Identity, StanzaPadding};
use amparo_fuzz::{damage, damage_seeds_after, identities, seed};
use libfuzzer_sys::fuzz_target;

struct Sealed {
    key: Identity,
    plain: Vec<u8>,
    file: Vec<u8>,
}

static FILES: OnceLock<Vec<Sealed>> = OnceLock::new();

fn setup() {
    let mut files = Vec::new();
    for len in [0, 100, CHUNK_LEN, 2 * CHUNK_LEN + 5] {
        for key in identities() {
            let plain: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let file = Encryptor::new(Vec::new(), &[key.recipient()], StanzaPadding::Anonymous)
                .and_then(|mut out| {
                    out.write_all(&plain)?;
                    out.finish()
                })
                .expect("sealing to a good key works");
            files.push(Sealed { key, plain, file });
        }
    }
    seed("age_decrypt", damage_seeds_after(3));
    let _ = FILES.set(files);
}

/// What is released, and how the reading ends.
fn read(file: &[u8], key: &Identity) -> (Vec<u8>, Result<(), AgeError>) {
    let mut plain = Vec::new();
    let end = Decryptor::new(file, std::slice::from_ref(key))
        .and_then(|mut input| input.read_to_end(&mut plain).map(drop).map_err(AgeError::from));
    (plain, end)
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, script)) = data.split_first() else { return };
    let Some(files) = FILES.get() else { return };
    let sealed = &files[usize::from(*choice) % files.len()];
    let file = damage(&sealed.file, script);
    let (plain, end) = read(&file, &sealed.key);
    assert!(sealed.plain.starts_with(&plain), "released bytes that nobody sealed");
    assert_eq!(end.is_ok(), file == sealed.file, "a changed file ended cleanly, or a whole one did not");
});
