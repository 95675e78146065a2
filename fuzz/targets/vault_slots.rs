//! A damaged slot file opens the same vault or none. Every unlock pays for Argon2id at its floor, so few run a second.
#![no_main]

use std::{fs, path::PathBuf, sync::OnceLock};

use amparo_fuzz::{damage, damage_seeds, scratch, seed};
use amparo_vault::{CreateOptions, KdfParams, Passphrase, UnlockOptions, Vault, VaultError};
use libfuzzer_sys::fuzz_target;

struct Template {
    dir: PathBuf,
    slots: Vec<u8>,
    seed: [u8; 32],
}

static TEMPLATE: OnceLock<Template> = OnceLock::new();

fn passphrase() -> Passphrase {
    Passphrase::new(b"fuzzing").expect("a passphrase")
}

fn setup() {
    let dir = scratch().join("vault");
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let vault = Vault::create(&dir, &passphrase(), &options).expect("a vault");
    let custody = *vault.custody_seed().expect("an open vault").expose();
    vault.lock().expect("locks");
    seed("vault_slots", damage_seeds());
    let slots = fs::read(dir.join("slots")).expect("our own folder");
    let _ = TEMPLATE.set(Template { dir, slots, seed: custody });
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some(template) = TEMPLATE.get() else { return };
    let slots = damage(&template.slots, data);
    fs::write(template.dir.join("slots"), &slots).expect("our own folder");
    match Vault::unlock(&template.dir, &passphrase(), &UnlockOptions::default()) {
        Ok(vault) => {
            let seed = *vault.custody_seed().expect("an open vault").expose();
            assert!(seed == template.seed, "another vault opened");
            vault.lock().expect("locks");
        }
        Err(error) => {
            assert!(slots != template.slots, "an untouched vault did not open: {error}");
            assert!(!matches!(error, VaultError::WrongPassphrase), "damage was called a wrong passphrase");
        }
    }
});
