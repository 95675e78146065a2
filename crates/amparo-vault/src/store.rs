//! The vault's folder: creating it whole or not at all, reading the header, finding the slot that a passphrase opens.
//!
//! ```text
//! <vault dir>/  header  slots  spaces/<32 hex>/{db, db-wal, media/}  inbox/
//! ```
//!
//! Every vault has two spaces from the start, made the same way; the second one's key is thrown away until somebody sets up a
//! decoy, which replaces it. One advisory lock, on the header file, keeps a second process out.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use amparo_crypto::{
    SecretKey,
    kdf::{self, KdfParams, Passphrase},
    labels, random,
};
use zeroize::Zeroizing;

use crate::{
    DeviceKey, VaultError,
    database::{self, Component, Database, IntegrityCheck},
    device_key::DeviceKeyError,
    durable,
    header::{FORMAT_VERSION, HEADER_LEN, Header},
    slots::{self, SlotContent, SlotKind, Slots},
};

const HEADER: &str = "header";
const SLOTS: &str = "slots";
const DATABASE: &str = "db";
const SPACES: &str = "spaces";
const INBOX: &str = "inbox";
const SPACE_COUNT: usize = 2;

/// How long the key derivation should take on this device, when the options do not fix its parameters.
const KDF_TARGET: Duration = Duration::from_secs(1);

/// How a vault is created.
#[derive(Clone, Default)]
pub struct CreateOptions {
    /// The key derivation's parameters; `None` measures this device and aims at one second.
    pub kdf: Option<KdfParams>,
    /// A key in the device's secure element, without which the vault can then never be opened.
    pub device_key: Option<Arc<dyn DeviceKey>>,
    /// The tables of the layers above, brought up to date at every open.
    pub components: &'static [Component],
    /// Records what is written, for the power-loss simulator.
    #[cfg(feature = "record-writes")]
    pub tape: Option<crate::record::Tape>,
}

/// How a vault is unlocked.
#[derive(Clone, Default)]
pub struct UnlockOptions {
    /// The device key, if the vault was created with one.
    pub device_key: Option<Arc<dyn DeviceKey>>,
    /// The tables of the layers above, brought up to date at every open.
    pub components: &'static [Component],
    /// Records what is written, for the power-loss simulator.
    #[cfg(feature = "record-writes")]
    pub tape: Option<crate::record::Tape>,
}

/// What the header says: all that is visible of a vault without its passphrase, besides sizes and times of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderInfo {
    /// Version of the folder's format.
    pub format_version: u16,
    /// The key derivation's parameters.
    pub kdf: KdfParams,
    /// How many device keys it needs.
    pub device_keys: usize,
    /// How many slots there are, used or not.
    pub slots: usize,
}

impl Header {
    pub fn info(&self) -> HeaderInfo {
        HeaderInfo {
            format_version: FORMAT_VERSION,
            kdf: self.kdf,
            device_keys: self.device_keys.len(),
            slots: slots::SLOT_COUNT,
        }
    }
}

pub(crate) fn space_dir(dir: &Path, space: &[u8; 16]) -> PathBuf {
    let name: String = space.iter().map(|b| format!("{b:02x}")).collect();
    dir.join(SPACES).join(name)
}

pub(crate) fn read_header(dir: &Path) -> Result<Header, VaultError> {
    let bytes = durable::read_bounded(&dir.join(HEADER), HEADER_LEN + 1).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => VaultError::NotAVault,
        _ => VaultError::io("read the vault header")(e),
    })?;
    Header::parse(&bytes)
}

fn read_slots(dir: &Path) -> Result<Slots, VaultError> {
    let bytes = durable::read_bounded(&dir.join(SLOTS), slots::FILE_LEN + 1).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => VaultError::SlotsTruncated,
        _ => VaultError::io("read the slot file")(e),
    })?;
    Slots::parse(&bytes)
}

pub(crate) fn slots_intact(dir: &Path) -> Result<bool, VaultError> {
    Ok(read_slots(dir)?.intact())
}

/// Takes the vault for this handle until the returned file is dropped.
pub(crate) fn claim(dir: &Path) -> Result<File, VaultError> {
    let file = File::open(dir.join(HEADER)).map_err(VaultError::io("read the vault header"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(VaultError::VaultInUse),
        Err(TryLockError::Error(e)) => Err(VaultError::io("lock the vault")(e)),
    }
}

/// Runs the key derivation and the device key.
fn derive_kek(
    header: &Header,
    passphrase: &Passphrase,
    device_key: Option<&dyn DeviceKey>,
) -> Result<SecretKey, VaultError> {
    let device_key = match (header.device_keys.as_slice(), device_key) {
        ([], _) => None,
        (_, None) => return Err(VaultError::DeviceKeyRequired),
        (ids, Some(key)) if ids.contains(&key.id()) => Some(key),
        _ => return Err(DeviceKeyError::KeyUnavailable.into()),
    };
    let pre = kdf::derive_pre_key(passphrase, &header.salt, header.kdf, header.stretch_len)?;
    let hardware = match device_key {
        Some(key) => Zeroizing::new(key.stretch(&pre)?.to_vec()),
        None => Zeroizing::default(),
    };
    Ok(kdf::derive_kek(&header.salt, &pre, &hardware))
}

pub(crate) fn open_slot(
    dir: &Path,
    header: &Header,
    passphrase: &Passphrase,
    device_key: Option<&dyn DeviceKey>,
) -> Result<SlotContent, VaultError> {
    let slots = read_slots(dir)?;
    let kek = derive_kek(header, passphrase, device_key)?;
    let (_, content) = slots.open(&kek)?;
    Ok(content)
}

/// Makes the folder under a temporary name, complete and synced, and renames it into place.
pub(crate) fn create(dir: &Path, passphrase: &Passphrase, options: &CreateOptions) -> Result<SlotContent, VaultError> {
    check_strength(passphrase, options.device_key.is_some())?;
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(VaultError::AlreadyExists),
        Ok(false) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => return Err(VaultError::AlreadyExists),
        Err(e) => return Err(VaultError::io("look into the folder")(e)),
    }
    let name = dir.file_name().ok_or(VaultError::AlreadyExists)?.to_string_lossy().into_owned();
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let random: [u8; 8] = random::array()?;
    let temporary = parent.join(format!(".{name}.creating-{:016x}", u64::from_be_bytes(random)));
    let result = create_in(&temporary, passphrase, options).and_then(|slot| {
        fs::rename(&temporary, dir).map_err(VaultError::io("put the vault in place"))?;
        durable::sync_dir(parent)?;
        Ok(slot)
    });
    if result.is_err() {
        // Ours, made a moment ago, and never in use.
        let _ = fs::remove_dir_all(&temporary);
    }
    result
}

fn create_in(dir: &Path, passphrase: &Passphrase, options: &CreateOptions) -> Result<SlotContent, VaultError> {
    let header = Header {
        kdf: match options.kdf {
            Some(params) => params,
            None => KdfParams::calibrate(KDF_TARGET, KdfParams::MAX_MEMORY_KIB)?,
        },
        stretch_len: kdf::STRETCH_LEN_MIN,
        salt: random::array()?,
        device_keys: options.device_key.iter().map(|key| key.id()).collect(),
    };
    durable::create_private_dir(dir)?;
    durable::create_private_dir(&dir.join(SPACES))?;
    durable::create_private_dir(&dir.join(INBOX))?;
    let mut contents = Vec::with_capacity(SPACE_COUNT);
    for _ in 0..SPACE_COUNT {
        let content =
            SlotContent { kind: SlotKind::Main, space: random::array()?, master: SecretKey::generate()?, epoch: 0 };
        create_space(dir, &content, options.components)?;
        contents.push(content);
    }
    // Which of the two is in use must not follow from the order they were made in.
    random::shuffle(&mut contents)?;
    let content = contents.pop().ok_or(VaultError::SpaceMissing)?;
    let kek = derive_kek(&header, passphrase, options.device_key.as_deref())?;
    let mut slots = Slots::generate()?;
    let [choice] = random::array::<1>()?;
    let index = usize::from(choice) % slots::SLOT_COUNT;
    slots.seal(index, &kek, &content)?;
    durable::write_new(&dir.join(SLOTS), &slots.to_bytes())?;
    durable::write_new(&dir.join(HEADER), &header.to_bytes())?;
    durable::sync_dir(&dir.join(SPACES))?;
    durable::sync_dir(dir)?;
    Ok(content)
}

fn create_space(dir: &Path, content: &SlotContent, components: &[Component]) -> Result<(), VaultError> {
    let space = space_dir(dir, &content.space);
    durable::create_private_dir(&space)?;
    durable::create_private_dir(&space.join("media"))?;
    let mut database = Database::create(&space.join(DATABASE), &database_key(content), database::Options::default())?;
    migrate(&mut database, components)?;
    database.close()?;
    durable::sync_dir(&space)
}

/// Opens the database of the space in `space` and brings its tables up to date.
pub(crate) fn open_database(
    space: &Path,
    content: &SlotContent,
    components: &[Component],
    options: database::Options,
) -> Result<Database, VaultError> {
    let mut database = Database::open(&space.join(DATABASE), &database_key(content), options)?;
    if database.dropped_log_bytes() > 0 {
        // The usual end of a crash; it could also be somebody's work. Either way the pages must fit together.
        database.check_integrity(IntegrityCheck::Quick)?;
    }
    migrate(&mut database, components)?;
    Ok(database)
}

fn database_key(content: &SlotContent) -> SecretKey {
    content.master.derive(labels::DATABASE, b"")
}

fn migrate(database: &mut Database, components: &[Component]) -> Result<(), VaultError> {
    Ok(database.migrate(&[&[crate::vault::COMPONENT], components].concat())?)
}

pub(crate) fn change_passphrase(
    dir: &Path,
    space: &[u8; 16],
    old: &Passphrase,
    new: &Passphrase,
    device_key: Option<&dyn DeviceKey>,
) -> Result<(), VaultError> {
    let header = read_header(dir)?;
    check_strength(new, !header.device_keys.is_empty())?;
    let mut slots = read_slots(dir)?;
    let (index, content) = slots.open(&derive_kek(&header, old, device_key)?)?;
    if content.space != *space {
        // A passphrase of another slot: for this vault it is as wrong as any other.
        return Err(VaultError::WrongPassphrase);
    }
    let kek = derive_kek(&header, new, device_key)?;
    if slots.open(&kek).is_ok_and(|(other, _)| other != index) {
        return Err(VaultError::PassphraseRefused);
    }
    slots.seal(index, &kek, &content)?;
    durable::replace(dir, SLOTS, &slots.to_bytes())
}

fn check_strength(passphrase: &Passphrase, has_device_key: bool) -> Result<(), VaultError> {
    if passphrase.is_pin() && !has_device_key { Err(VaultError::PinNeedsDeviceKey) } else { Ok(()) }
}
