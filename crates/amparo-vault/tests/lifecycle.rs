//! From creation to lock: what opens a vault, what does not, and what is told apart.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use amparo_vault::{
    Component, CreateOptions, DeviceKey, DeviceKeyError, KdfParams, MediaProfile, Passphrase, UnlockOptions, Vault,
    VaultError,
};
use zeroize::Zeroizing;

const NOTES: &[Component] = &[Component { name: "notes", steps: &["CREATE TABLE note (text TEXT NOT NULL) STRICT;"] }];

fn phrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes()).unwrap()
}

fn create(dir: &Path) -> Vault {
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), components: NOTES, ..CreateOptions::default() };
    Vault::create(dir, &phrase("correct horse"), &options).unwrap()
}

fn unlock(dir: &Path, passphrase: &str) -> Result<Vault, VaultError> {
    Vault::unlock(dir, &phrase(passphrase), &UnlockOptions { components: NOTES, ..UnlockOptions::default() })
}

fn add(vault: &Vault, text: &str) -> Result<(), VaultError> {
    vault.write(|tx| Ok(tx.execute("INSERT INTO note VALUES (?1)", [text]).map(|_| ())?))
}

fn notes(vault: &Vault) -> Result<Vec<String>, VaultError> {
    vault.read(|c| {
        let mut statement = c.prepare("SELECT text FROM note ORDER BY rowid")?;
        let rows = statement.query_map([], |r| r.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn vault(&self) -> PathBuf {
        self.0.path().join("vault")
    }
}

#[test]
fn what_was_written_is_there_after_a_lock() {
    let folder = Folder::new();
    let vault = create(&folder.vault());
    add(&vault, "شهادة 🕯️").unwrap();
    vault.lock().unwrap();
    vault.lock().unwrap();
    assert!(vault.is_locked());
    assert!(matches!(add(&vault, "later"), Err(VaultError::Locked)));
    assert!(matches!(notes(&vault), Err(VaultError::Locked)));
    let again = unlock(&folder.vault(), "correct horse").unwrap();
    assert_eq!(notes(&again).unwrap(), ["شهادة 🕯️"]);
}

#[test]
fn creation_is_whole_or_not_at_all_and_never_overwrites() {
    let folder = Folder::new();
    let dir = folder.vault();
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("mine"), "x").unwrap();
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    assert!(matches!(Vault::create(&dir, &phrase("a b c"), &options), Err(VaultError::AlreadyExists)));
    assert_eq!(fs::read(dir.join("mine")).unwrap(), b"x");
    fs::remove_file(dir.join("mine")).unwrap();
    let vault = Vault::create(&dir, &phrase("a b c"), &options).unwrap();
    assert!(matches!(Vault::create(&dir, &phrase("a b c"), &options), Err(VaultError::AlreadyExists)));
    drop(vault);
    let file = folder.0.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(Vault::create(&file, &phrase("a b c"), &options), Err(VaultError::AlreadyExists)));
    let left: Vec<_> = fs::read_dir(folder.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing temporary is left: {left:?}");
}

#[test]
fn a_new_vault_has_two_spaces_of_the_same_shape() {
    let folder = Folder::new();
    create(&folder.vault()).lock().unwrap();
    let spaces: Vec<PathBuf> =
        fs::read_dir(folder.vault().join("spaces")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(spaces.len(), 2);
    let shape = |space: &PathBuf| {
        let mut files: Vec<_> = fs::read_dir(space)
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| (e.file_name(), e.metadata().unwrap().is_file().then(|| e.metadata().unwrap().len())))
            .collect();
        files.sort();
        files
    };
    assert_eq!(shape(&spaces[0]), shape(&spaces[1]));
    assert_ne!(fs::read(spaces[0].join("db")).unwrap(), fs::read(spaces[1].join("db")).unwrap());
}

#[cfg(unix)]
#[test]
fn every_file_is_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt as _;
    fn walk(dir: &Path) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
            if path.is_dir() {
                walk(&path);
            }
        }
    }
    let folder = Folder::new();
    let vault = create(&folder.vault());
    add(&vault, "x").unwrap();
    let mut writer = vault.create_media(MediaProfile::Small, |_, _| Ok::<_, VaultError>(())).unwrap();
    writer.write(b"x").unwrap();
    walk(folder.0.path());
}

#[test]
fn wrong_passphrase_missing_vault_and_vault_in_use_are_three_answers() {
    let folder = Folder::new();
    assert!(matches!(unlock(&folder.vault(), "correct horse"), Err(VaultError::NotAVault)));
    let vault = create(&folder.vault());
    assert!(matches!(unlock(&folder.vault(), "correct horse"), Err(VaultError::VaultInUse)));
    vault.lock().unwrap();
    assert!(matches!(unlock(&folder.vault(), "wrong horse"), Err(VaultError::WrongPassphrase)));
    drop(unlock(&folder.vault(), "correct horse").unwrap());
    unlock(&folder.vault(), "correct horse").unwrap();
}

#[test]
fn damage_to_header_slots_and_spaces_is_named_and_nothing_is_deleted() {
    let folder = Folder::new();
    create(&folder.vault()).lock().unwrap();
    let with = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.vault().join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        change(&mut bad);
        fs::write(&path, &bad).unwrap();
        let result = unlock(&folder.vault(), "correct horse");
        assert_eq!(fs::read(&path).unwrap(), bad, "an error changed the file");
        fs::write(&path, good).unwrap();
        result.map(|_| ())
    };
    assert!(matches!(with("header", &|b| b.truncate(100)), Err(VaultError::HeaderTruncated)));
    assert!(matches!(with("header", &|b| b.clear()), Err(VaultError::HeaderTruncated)));
    assert!(matches!(with("header", &|b| b[30] ^= 1), Err(VaultError::HeaderDamaged)));
    assert!(matches!(with("header", &|b| b[0] ^= 1), Err(VaultError::NotAVault)));
    assert!(matches!(with("slots", &|b| b.truncate(4000)), Err(VaultError::SlotsTruncated)));
    assert!(matches!(with("slots", &|b| b.iter_mut().for_each(|b| *b ^= 1)), Err(VaultError::SlotsDamaged)));
    assert!(matches!(with("slots", &|b| b[4100] ^= 1), Ok(())), "a slot that is whole opens");
    fs::rename(folder.vault().join("slots"), folder.vault().join("elsewhere")).unwrap();
    assert!(matches!(unlock(&folder.vault(), "correct horse"), Err(VaultError::SlotsTruncated)));
    fs::rename(folder.vault().join("elsewhere"), folder.vault().join("slots")).unwrap();
    fs::rename(folder.vault().join("spaces"), folder.vault().join("elsewhere")).unwrap();
    assert!(matches!(unlock(&folder.vault(), "correct horse"), Err(VaultError::SpaceMissing)));
    fs::rename(folder.vault().join("elsewhere"), folder.vault().join("spaces")).unwrap();
    unlock(&folder.vault(), "correct horse").unwrap();
}

#[test]
fn the_passphrase_changes_and_the_data_stays() {
    let folder = Folder::new();
    let vault = create(&folder.vault());
    add(&vault, "before").unwrap();
    let (old, new) = (phrase("correct horse"), phrase("battery staple"));
    assert!(matches!(vault.change_passphrase(&new, &old, None), Err(VaultError::WrongPassphrase)));
    assert!(matches!(vault.change_passphrase(&old, &phrase("123456"), None), Err(VaultError::PinNeedsDeviceKey)));
    vault.change_passphrase(&old, &new, None).unwrap();
    add(&vault, "after").unwrap();
    vault.lock().unwrap();
    assert!(matches!(unlock(&folder.vault(), "correct horse"), Err(VaultError::WrongPassphrase)));
    assert_eq!(notes(&unlock(&folder.vault(), "battery staple").unwrap()).unwrap(), ["before", "after"]);
}

struct Chip(u8, Option<DeviceKeyError>);

impl DeviceKey for Chip {
    fn id(&self) -> [u8; 16] {
        [self.0; 16]
    }
    fn stretch(&self, pre: &[u8]) -> Result<Zeroizing<[u8; 32]>, DeviceKeyError> {
        let mut out = Zeroizing::new([self.0; 32]);
        out.iter_mut().zip(pre).for_each(|(o, p)| *o ^= p);
        self.1.map_or(Ok(out), Err)
    }
}

#[test]
fn a_device_key_makes_a_pin_acceptable_and_is_then_needed() {
    let folder = Folder::new();
    let pin = phrase("123456");
    let create = |device_key: Option<Arc<dyn DeviceKey>>| {
        let options = CreateOptions { kdf: Some(KdfParams::FLOOR), device_key, ..CreateOptions::default() };
        Vault::create(&folder.vault(), &pin, &options)
    };
    assert!(matches!(create(None), Err(VaultError::PinNeedsDeviceKey)));
    create(Some(Arc::new(Chip(7, None)))).unwrap().lock().unwrap();
    let with = |device_key: Option<Arc<dyn DeviceKey>>| {
        Vault::unlock(&folder.vault(), &pin, &UnlockOptions { device_key, ..UnlockOptions::default() }).map(|_| ())
    };
    assert!(matches!(with(None), Err(VaultError::DeviceKeyRequired)));
    let other_phone = with(Some(Arc::new(Chip(8, None))));
    assert!(matches!(other_phone, Err(VaultError::DeviceKey(DeviceKeyError::KeyUnavailable))));
    let screen_locked = with(Some(Arc::new(Chip(7, Some(DeviceKeyError::DeviceLocked)))));
    assert!(matches!(screen_locked, Err(VaultError::DeviceKey(DeviceKeyError::DeviceLocked))));
    with(Some(Arc::new(Chip(7, None)))).unwrap();
}

#[test]
fn one_vault_serves_many_threads() {
    let folder = Folder::new();
    let vault = create(&folder.vault());
    std::thread::scope(|scope| {
        for t in 0..8 {
            let vault = vault.clone();
            scope.spawn(move || {
                for i in 0..10 {
                    add(&vault, &format!("{t}/{i}")).unwrap();
                    assert!(!notes(&vault).unwrap().is_empty());
                }
            });
        }
    });
    assert_eq!(notes(&vault).unwrap().len(), 80);
}

#[test]
fn a_lock_while_busy_is_a_clean_answer_for_everybody() {
    let folder = Folder::new();
    let vault = create(&folder.vault());
    let acknowledged = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|t| {
                let vault = vault.clone();
                scope.spawn(move || {
                    for i in 0.. {
                        match add(&vault, &format!("{t}/{i}")) {
                            Ok(()) => {}
                            Err(VaultError::Locked) => return i,
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                    0
                })
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(100));
        vault.lock().unwrap();
        workers.into_iter().map(|w| w.join().unwrap()).sum::<usize>()
    });
    assert!(acknowledged > 0);
    assert_eq!(notes(&unlock(&folder.vault(), "correct horse").unwrap()).unwrap().len(), acknowledged);
}

#[cfg(target_os = "linux")]
#[test]
fn after_a_lock_no_file_of_the_vault_is_open() {
    let folder = Folder::new();
    let dir = folder.vault();
    let vault = create(&dir);
    let dir = dir.canonicalize().unwrap();
    let mut writer = vault.create_media(MediaProfile::Large, |_, _| Ok::<_, VaultError>(())).unwrap();
    writer.write(b"recording").unwrap();
    let open = || {
        let fds = fs::read_dir("/proc/self/fd").unwrap();
        fds.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok()).filter(|target| target.starts_with(&dir)).count()
    };
    assert!(open() >= 3);
    vault.lock().unwrap();
    assert_eq!(open(), 0);
}

#[test]
fn calling_the_vault_from_its_own_transaction_is_an_error_and_not_a_deadlock() {
    let folder = Folder::new();
    let vault = create(&folder.vault());
    let inner = vault.write(|_| Ok::<_, VaultError>(add(&vault, "inner"))).unwrap();
    assert!(matches!(inner, Err(VaultError::Reentrant)));
    assert!(matches!(vault.read(|_| vault.lock()), Err(VaultError::Reentrant)));
    assert!(!vault.is_locked());
    add(&vault, "outer").unwrap();
}

#[test]
fn a_panic_in_a_transaction_undoes_it_and_locks_the_vault() {
    let folder = Folder::new();
    let vault = create(&folder.vault());
    add(&vault, "kept").unwrap();
    let shared = vault.clone();
    let crashed = std::thread::spawn(move || {
        shared.write(|tx| -> Result<(), VaultError> {
            tx.execute("INSERT INTO note VALUES ('half')", [])?;
            panic!("a bug in the caller")
        })
    });
    assert!(crashed.join().is_err());
    assert!(matches!(add(&vault, "x"), Err(VaultError::Locked)));
    assert!(vault.is_locked());
    assert_eq!(notes(&unlock(&folder.vault(), "correct horse").unwrap()).unwrap(), ["kept"]);
}
