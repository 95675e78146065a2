//! Media: streamed in, read anywhere, recovered after a crash, damaged and still readable elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    fs,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use amparo_crypto::hash::sha256;
use amparo_vault::{
    CreateOptions, KdfParams, MediaId, MediaProfile, MediaState, MediaWriter, Passphrase, UnlockOptions, Vault,
    VaultError,
};
use proptest::prelude::*;

const HEADER: usize = 4096;

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> (Self, Vault) {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
        let vault = Vault::create(&home.dir(), &phrase(), &options).unwrap();
        (home, vault)
    }
    fn dir(&self) -> PathBuf {
        self.folder.path().join("vault")
    }
    fn unlock(&self) -> Vault {
        Vault::unlock(&self.dir(), &phrase(), &UnlockOptions::default()).unwrap()
    }
    fn file(&self, id: MediaId) -> PathBuf {
        fs::read_dir(self.dir().join("spaces"))
            .unwrap()
            .map(|space| space.unwrap().path().join("media").join(id.to_string()))
            .find(|path| path.exists())
            .unwrap()
    }
}

fn phrase() -> Passphrase {
    Passphrase::new(b"correct horse").unwrap()
}

fn begin(vault: &Vault, profile: MediaProfile) -> MediaWriter {
    vault.create_media(profile, |_, _| Ok::<_, VaultError>(())).unwrap()
}

fn store(vault: &Vault, profile: MediaProfile, content: &[u8]) -> MediaId {
    let mut writer = begin(vault, profile);
    for piece in content.chunks(10_000) {
        writer.write(piece).unwrap();
    }
    let info = writer.finish(|_, _| Ok::<_, VaultError>(())).unwrap();
    assert_eq!((info.size, info.sha256), (content.len() as u64, Some(sha256(content))));
    info.id
}

fn read_all(vault: &Vault, id: MediaId) -> Vec<u8> {
    let mut out = Vec::new();
    vault.open_media(id).unwrap().read_to_end(&mut out).unwrap();
    out
}

fn noise(len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    amparo_crypto::random::fill(&mut out).unwrap();
    out
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn recover(vault: &Vault, id: MediaId) -> amparo_vault::MediaInfo {
    vault.recover_media(id, |_, _| Ok::<_, VaultError>(())).unwrap()
}

#[test]
fn any_length_comes_back_bit_for_bit() {
    let (_home, vault) = Home::new();
    for profile in [MediaProfile::Small, MediaProfile::Large] {
        let slot = profile.data_len();
        for len in [0, 1, slot - 1, slot, slot + 1, 3 * slot - 1, 3 * slot, 200_000] {
            let content = noise(len);
            assert_eq!(read_all(&vault, store(&vault, profile, &content)), content, "{profile:?} {len}");
        }
    }
    assert!(vault.check(|_| ()).unwrap().is_ok());
}

#[test]
fn reads_start_anywhere() {
    let (_home, vault) = Home::new();
    let content = noise(300_000);
    for profile in [MediaProfile::Small, MediaProfile::Large] {
        let mut reader = vault.open_media(store(&vault, profile, &content)).unwrap();
        let mut runner = proptest::test_runner::TestRunner::default();
        runner
            .run(&(0u64..310_000, 0usize..100_000), |(at, len)| {
                let mut buf = vec![0; len];
                let n = reader.read_at(&mut buf, at).unwrap();
                let start = (at as usize).min(content.len());
                let end = (start + len).min(content.len());
                prop_assert_eq!(&buf[..n], &content[start..end]);
                Ok(())
            })
            .unwrap();
        assert_eq!(reader.seek(SeekFrom::End(-5)).unwrap(), 299_995);
        let mut tail = Vec::new();
        reader.read_to_end(&mut tail).unwrap();
        assert_eq!(tail, content[299_995..]);
        assert!(reader.seek(SeekFrom::Current(-400_000)).is_err());
        assert_eq!(reader.read_at(&mut [0; 9], u64::MAX).unwrap(), 0);
    }
}

#[test]
fn a_dropped_writer_keeps_every_byte() {
    let (home, vault) = Home::new();
    let mut writer = begin(&vault, MediaProfile::Small);
    let (id, content) = (writer.id(), noise(10_001));
    writer.write(&content).unwrap();
    drop(writer);
    assert!(matches!(vault.open_media(id), Err(VaultError::MediaUnfinished)));
    vault.lock().unwrap();
    drop(vault);
    let vault = home.unlock();
    assert_eq!(vault.unfinished_media().unwrap(), [id]);
    let info = recover(&vault, id);
    assert_eq!((info.state, info.size, info.sha256), (MediaState::Interrupted, 10_001, Some(sha256(&content))));
    assert_eq!(read_all(&vault, id), content);
    assert!(vault.unfinished_media().unwrap().is_empty());
}

#[test]
fn a_lock_ends_a_recording_with_all_it_was_given() {
    let (home, vault) = Home::new();
    let mut writer = begin(&vault, MediaProfile::Large);
    let (id, content) = (writer.id(), noise(70_000));
    writer.write(&content).unwrap();
    vault.lock().unwrap();
    assert!(matches!(writer.write(b"more"), Err(VaultError::Locked)));
    assert!(matches!(writer.finish(|_, _| Ok::<_, VaultError>(())), Err(VaultError::Locked)));
    drop(vault);
    let vault = home.unlock();
    assert_eq!(recover(&vault, id).state, MediaState::Interrupted);
    assert_eq!(read_all(&vault, id), content);
}

#[test]
fn a_crash_keeps_every_full_slot() {
    let (home, vault) = Home::new();
    let slot = MediaProfile::Small.data_len();
    let mut writer = begin(&vault, MediaProfile::Small);
    let (id, content) = (writer.id(), noise(5 * slot + 100));
    writer.write(&content).unwrap();
    std::mem::forget(writer); // a process that stops here
    let info = recover(&vault, id);
    assert_eq!((info.state, info.slots, info.size), (MediaState::Unterminated, 5, 5 * slot as u64));
    assert_eq!(info.sha256, Some(sha256(&content[..5 * slot])));
    assert_eq!(read_all(&vault, id), content[..5 * slot]);
    // A torn sixth slot is the same crash.
    let mut file = fs::read(home.file(id)).unwrap();
    file.extend_from_slice(&noise(1000));
    fs::write(home.file(id), file).unwrap();
    assert_eq!(read_all(&vault, id), content[..5 * slot]);
}

#[test]
fn fewer_slots_than_were_known_is_damage_and_not_a_crash() {
    let (home, vault) = Home::new();
    let slot = MediaProfile::Small.data_len();
    let content = noise(6 * slot);
    let cut = |len: usize| {
        let mut writer = begin(&vault, MediaProfile::Small);
        writer.write(&content).unwrap();
        writer.sync().unwrap();
        let id = writer.id();
        std::mem::forget(writer);
        let path = home.file(id);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..len]).unwrap();
        (recover(&vault, id), id)
    };
    assert_eq!(cut(HEADER + 6 * 4096).0.state, MediaState::Unterminated);
    let (info, id) = cut(HEADER + 4 * 4096);
    assert_eq!((info.state, info.sha256), (MediaState::Damaged, None));
    assert_eq!(read_all(&vault, id), content[..4 * slot], "what is left stays readable");
    assert_eq!(cut(10).0.state, MediaState::Damaged);
    assert!(!vault.check(|_| ()).unwrap().is_ok());
}

#[test]
fn damage_is_an_error_at_its_place_and_nowhere_else() {
    let (home, vault) = Home::new();
    let content = noise(6 * MediaProfile::Small.data_len());
    let id = store(&vault, MediaProfile::Small, &content);
    let path = home.file(id);
    let good = fs::read(&path).unwrap();
    flip(&path, HEADER + 2 * 4096 + 77);
    let mut reader = vault.open_media(id).unwrap();
    let mut buf = vec![0; 4080];
    assert_eq!(reader.read_at(&mut buf, 4080).unwrap(), 4080);
    assert!(matches!(reader.read_at(&mut buf, 2 * 4080 + 5), Err(VaultError::MediaDamaged { slot: 2 })));
    assert_eq!(reader.read_at(&mut buf, 3 * 4080).unwrap(), 4080);
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
    assert_eq!(vault.check(|_| ()).unwrap().damaged.len(), 1);

    let mut swapped = good.clone();
    swapped[HEADER..HEADER + 8192].rotate_left(4096);
    for (bytes, what) in [
        (good[..good.len() - 4096].to_vec(), "the final slot dropped"),
        (good[..good.len() - 1].to_vec(), "a byte cut"),
        ([good.clone(), noise(4096)].concat(), "a slot appended"),
        (swapped, "two slots swapped"),
        (noise(good.len()), "another file"),
        (Vec::new(), "an empty file"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let opened =
            vault.open_media(id).map_err(|_| ()).and_then(|mut r| r.read_to_end(&mut Vec::new()).map_err(|_| ()));
        assert!(opened.is_err(), "{what} was not noticed");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{what}: an error changed the file");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(vault.open_media(id), Err(VaultError::MediaMissing)));
    fs::write(&path, good).unwrap();
    assert_eq!(read_all(&vault, id), content);
}

#[test]
fn one_medium_does_not_pass_for_another() {
    let (home, vault) = Home::new();
    let (a, b) = (store(&vault, MediaProfile::Small, b"one"), store(&vault, MediaProfile::Small, b"two"));
    fs::copy(home.file(a), home.file(b)).unwrap();
    assert!(matches!(vault.open_media(b), Err(VaultError::MediaHeaderDamaged)));
}

#[test]
fn an_erased_medium_is_gone_with_its_key() {
    let (home, vault) = Home::new();
    let id = store(&vault, MediaProfile::Small, b"to be erased");
    let (path, copy) = (home.file(id), home.folder.path().join("copy"));
    fs::copy(&path, &copy).unwrap();
    vault.write(|tx| vault.delete_media(tx, id)).unwrap();
    assert!(!path.exists());
    assert!(matches!(vault.open_media(id), Err(VaultError::MediaNotFound)));
    fs::copy(&copy, &path).unwrap();
    assert!(matches!(vault.open_media(id), Err(VaultError::MediaNotFound)));
    assert_eq!(vault.check(|_| ()).unwrap().orphans, 1);
}

#[test]
fn an_erasure_that_is_rolled_back_erases_nothing() {
    let (_home, vault) = Home::new();
    let id = store(&vault, MediaProfile::Small, b"kept");
    let undone = vault.write(|tx| {
        vault.delete_media(tx, id)?;
        Err::<(), _>(VaultError::Locked)
    });
    assert!(undone.is_err());
    assert_eq!(read_all(&vault, id), b"kept");
}

#[test]
fn abort_leaves_nothing_and_a_failed_row_leaves_no_file() {
    let (_home, vault) = Home::new();
    let mut writer = begin(&vault, MediaProfile::Large);
    writer.write(&noise(100_000)).unwrap();
    let id = writer.id();
    writer.abort(|_| Ok::<_, VaultError>(())).unwrap();
    assert!(matches!(vault.media_info(id), Err(VaultError::MediaNotFound)));
    let refused = vault.create_media(MediaProfile::Small, |_, _| Err(VaultError::Locked));
    assert!(refused.is_err());
    let report = vault.check(|_| ()).unwrap();
    assert_eq!((report.media_checked, report.orphans), (0, 0));
}

#[test]
fn readers_stop_at_a_lock() {
    let (_home, vault) = Home::new();
    let reader = vault.open_media(store(&vault, MediaProfile::Small, b"secret")).unwrap();
    vault.lock().unwrap();
    assert!(matches!(reader.read_at(&mut [0; 6], 0), Err(VaultError::Locked)));
}

#[test]
fn a_slot_is_opened_once_for_many_small_reads() {
    let (home, vault) = Home::new();
    let content: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
    let id = store(&vault, MediaProfile::Large, &content);
    let reader = vault.open_media(id).unwrap();
    let mut piece = [0; 4096];
    assert_eq!(reader.read_at(&mut piece, 0).unwrap(), 4096);
    // The first slot goes bad on the disk: what was opened already is served, what has to be opened again is refused.
    let file = home.file(id);
    let mut stored = fs::read(&file).unwrap();
    stored[HEADER + 100] ^= 1;
    fs::write(&file, stored).unwrap();
    for at in (0..60_000u64).step_by(4096) {
        assert_eq!(reader.read_at(&mut piece, at).unwrap(), 4096, "{at}");
        assert!(piece[..] == content[at as usize..at as usize + 4096]);
    }
    assert_eq!(reader.read_at(&mut piece, 70_000).unwrap(), 4096, "another slot");
    assert!(matches!(reader.read_at(&mut piece, 0), Err(VaultError::MediaDamaged { slot: 0 })), "one slot is kept");
}

#[test]
fn a_writer_says_whether_it_takes_more_and_a_checkpoint_empties_the_log() {
    let (home, vault) = Home::new();
    let mut writer = begin(&vault, MediaProfile::Small);
    writer.write(b"x").unwrap();
    assert!(writer.is_open());
    let logs = || -> u64 {
        let spaces = fs::read_dir(home.dir().join("spaces")).unwrap();
        spaces.map(|space| fs::metadata(space.unwrap().path().join("db-wal")).map_or(0, |m| m.len())).sum()
    };
    assert!(logs() > 0, "the row of the medium is in the log");
    vault.checkpoint().unwrap();
    assert_eq!(logs(), 0);
    vault.lock().unwrap();
    assert!(!writer.is_open());
    assert!(matches!(vault.checkpoint(), Err(VaultError::Locked)));
}

#[test]
fn what_is_interrupted_is_recorded_with_all_it_was_given() {
    let (home, vault) = Home::new();
    let content = vec![9; 70_001];
    let mut writer = begin(&vault, MediaProfile::Small);
    writer.write(&content).unwrap();
    let id = writer.id();
    let mut told = None;
    let info = writer
        .interrupt(|_, info| {
            told = Some(*info);
            Ok::<_, VaultError>(())
        })
        .unwrap();
    assert_eq!((info.state, info.size, info.sha256), (MediaState::Interrupted, 70_001, Some(sha256(&content))));
    assert_eq!((told, vault.media_info(id).unwrap()), (Some(info), info));
    assert!(vault.unfinished_media().unwrap().is_empty());
    vault.lock().unwrap();
    let vault = home.unlock();
    let mut read = Vec::new();
    vault.open_media(id).unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read, content);
    assert!(vault.check(|_| ()).unwrap().is_ok());
}
