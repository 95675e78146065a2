//! A damaged media file: every byte that is read is the byte that was written there, and no change is overlooked.
#![no_main]

use std::{fs, path::PathBuf, sync::OnceLock};

use amparo_fuzz::{damage, damage_seeds_after, scratch, seed};
use amparo_vault::{CreateOptions, KdfParams, MediaId, MediaProfile, Passphrase, Vault, VaultError};
use libfuzzer_sys::fuzz_target;

struct Medium {
    id: MediaId,
    path: PathBuf,
    plain: Vec<u8>,
    file: Vec<u8>,
}

static MEDIA: OnceLock<(Vault, Vec<Medium>)> = OnceLock::new();

fn setup() {
    let dir = scratch().join("vault");
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let vault = Vault::create(&dir, &Passphrase::new(b"fuzzing").expect("a passphrase"), &options).expect("a vault");
    let mut media = Vec::new();
    for (profile, len) in [(MediaProfile::Small, 0), (MediaProfile::Small, 30_000), (MediaProfile::Large, 150_000)] {
        let plain: Vec<u8> = (0..len).map(|i: u32| (i % 253) as u8).collect();
        let mut writer = vault.create_media(profile, |_, _| Ok::<_, VaultError>(())).expect("a medium");
        writer.write(&plain).expect("written");
        let info = writer.finish(|_, _| Ok::<_, VaultError>(())).expect("finished");
        let spaces = fs::read_dir(dir.join("spaces")).expect("spaces").filter_map(Result::ok);
        let path =
            spaces.map(|s| s.path().join("media").join(info.id.to_string())).find(|p| p.exists()).expect("a file");
        let file = fs::read(&path).expect("our own file");
        media.push(Medium { id: info.id, path, plain, file });
    }
    seed("media_reader", damage_seeds_after(1));
    let _ = MEDIA.set((vault, media));
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, script)) = data.split_first() else { return };
    let Some((vault, media)) = MEDIA.get() else { return };
    let medium = &media[usize::from(*choice) % media.len()];
    let file = damage(&medium.file, script);
    fs::write(&medium.path, &file).expect("our own file");
    let Ok(reader) = vault.open_media(medium.id) else {
        assert!(file != medium.file, "an untouched medium did not open");
        return;
    };
    let mut whole = true;
    let mut at = 0;
    while at < medium.plain.len() {
        let mut piece = [0; 5000];
        match reader.read_at(&mut piece, at as u64) {
            Ok(n) => assert!(n > 0 && medium.plain[at..].starts_with(&piece[..n]), "another byte than was written"),
            Err(_) => whole = false,
        }
        at += piece.len();
    }
    // 4072 bytes after salt and commitment are filler that nothing depends on.
    let same = file.len() == medium.file.len() && file[..56] == medium.file[..56] && file[4096..] == medium.file[4096..];
    assert!(same || !whole || medium.plain.is_empty(), "a change was overlooked");
});
