//! The vault's header: whatever it says, parameters that leave the parser are within bounds.
#![no_main]

use std::{fs, path::PathBuf, sync::OnceLock};

use amparo_crypto::hash::sha256;
use amparo_fuzz::{scratch, seed};
use amparo_vault::{CreateOptions, KdfParams, Passphrase, Vault};
use libfuzzer_sys::fuzz_target;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

fn setup() {
    let dir = scratch().join("vault");
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let passphrase = Passphrase::new(b"fuzzing").expect("a passphrase");
    drop(Vault::create(&dir, &passphrase, &options).expect("a vault"));
    seed("vault_header", fs::read(dir.join("header")).map(|bytes| ("good", bytes)));
    let _ = FOLDER.set(dir);
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some(dir) = FOLDER.get() else { return };
    // The checksum has no key: anyone who changes a header can correct it, so every other input has it corrected.
    let mut header = data.to_vec();
    if data.len() == 256 && data[255] & 1 == 0 {
        let sum = sha256(&header[..224]);
        header[224..].copy_from_slice(&sum);
    }
    fs::write(dir.join("header"), &header).expect("our own folder");
    if let Ok(info) = Vault::header_info(dir) {
        let within = (64 * 1024..=KdfParams::MAX_MEMORY_KIB).contains(&info.kdf.memory_kib())
            && (3..=KdfParams::MAX_PASSES).contains(&info.kdf.passes())
            && (1..=KdfParams::MAX_LANES).contains(&info.kdf.lanes());
        assert!(within && info.device_keys <= 4, "parameters out of bounds were accepted");
    }
});
