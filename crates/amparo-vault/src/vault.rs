//! A vault that is open: its keys, its database, its media, from unlock to lock.
//!
//! One connection behind one mutex; media stream outside it. Lock order: a media handle's own lock is never held while the
//! state's lock is taken, and nothing outside this crate is called while the state's lock is held, except the closures given
//! to [`Vault::read`] and [`Vault::write`].

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use amparo_crypto::{SecretKey, aead::RandomNonceKey, kdf::Passphrase, labels};
use rusqlite::{Connection, Transaction};

use crate::{
    VaultError,
    database::{self, Component, Database, DatabaseError, IntegrityCheck},
    media::{self, MediaDir, MediaId, MediaInfo, MediaProfile, MediaReader, MediaState, MediaWriter},
    slots::SlotContent,
    store,
};

pub use crate::store::{CreateOptions, HeaderInfo, UnlockOptions};

/// The tables that the vault keeps for itself.
pub(crate) const COMPONENT: Component =
    Component { name: "vault", steps: &[include_str!("../migrations/0001-media.sql")] };

/// An open vault. Cheap to clone, `Send` and `Sync`: all clones are one vault, and a lock of one locks all.
///
/// Every call may block for the disk and for other threads' calls.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    state: Mutex<Option<Open>>,
    /// The thread inside `state`'s lock, to turn a deadlock into an error.
    owner: AtomicU64,
    closing: AtomicBool,
    sweep_due: AtomicBool,
    handles: Mutex<Vec<Weak<dyn CloseOnLock>>>,
}

struct Open {
    database: Database,
    slot: SlotContent,
    media_wrap: Arc<RandomNonceKey>,
    media_dir: MediaDir,
    /// Holds the advisory lock that keeps other processes out; released when dropped, which must be last.
    _in_use: File,
}

/// Something that holds keys or files of an open vault and gives them up when it is locked.
pub(crate) trait CloseOnLock: Send + Sync {
    fn close_on_lock(&self);
}

/// See [`Vault::ticket`].
#[cfg(feature = "record-writes")]
#[doc(hidden)]
#[derive(Clone)]
pub struct Ticket(SlotContent);

/// What [`Vault::check`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Whether every page and index of the database is consistent.
    pub database_sound: bool,
    /// Whether the slot file's checksum matches.
    pub slots_intact: bool,
    /// Media files looked at.
    pub media_checked: u64,
    /// Media that are damaged or missing, with what is wrong.
    pub damaged: Vec<(MediaId, String)>,
    /// Media that a crash or a lock cut short, and that hold all that was kept.
    pub unfinished: Vec<MediaId>,
    /// Files in the media folder that no row names. They cannot be read by anybody; they are left where they are.
    pub orphans: u64,
}

impl CheckReport {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.database_sound && self.slots_intact && self.damaged.is_empty()
    }
}

impl Vault {
    /// Creates a vault in `dir`, which must not exist or be empty, and opens it. It appears whole or not at all. Blocks for
    /// the key derivation (and its calibration, if the options ask for it) and the disk.
    ///
    /// # Errors
    /// [`VaultError::AlreadyExists`], [`VaultError::PinNeedsDeviceKey`], [`VaultError::StorageFull`], [`VaultError::Io`], …
    pub fn create(dir: &Path, passphrase: &Passphrase, options: &CreateOptions) -> Result<Self, VaultError> {
        let slot = store::create(dir, passphrase, options)?;
        let in_use = store::claim(dir)?;
        Self::open(
            dir,
            slot,
            in_use,
            options.components,
            #[cfg(feature = "record-writes")]
            options.tape.clone(),
        )
    }

    /// Opens the vault in `dir`. Blocks for the key derivation, about a second by default, and the disk.
    ///
    /// Media that a crash interrupted are listed by [`unfinished_media`](Self::unfinished_media) afterwards.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], [`VaultError::VaultInUse`], [`VaultError::WrongPassphrase`],
    /// [`VaultError::SlotsDamaged`], [`VaultError::DeviceKeyRequired`], the header's and the database's errors.
    pub fn unlock(dir: &Path, passphrase: &Passphrase, options: &UnlockOptions) -> Result<Self, VaultError> {
        let header = store::read_header(dir)?;
        let in_use = store::claim(dir)?;
        let slot = store::open_slot(dir, &header, passphrase, options.device_key.as_deref())?;
        Self::open(
            dir,
            slot,
            in_use,
            options.components,
            #[cfg(feature = "record-writes")]
            options.tape.clone(),
        )
    }

    /// What can be said of the vault in `dir` without its passphrase.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`] and the header's errors.
    pub fn header_info(dir: &Path) -> Result<HeaderInfo, VaultError> {
        Ok(store::read_header(dir)?.info())
    }

    /// What opens this vault again without its passphrase: the power-loss simulator opens thousands of images.
    #[cfg(feature = "record-writes")]
    #[doc(hidden)]
    pub fn ticket(&self) -> Result<Ticket, VaultError> {
        self.with_open(|open| Ok(Ticket(open.slot.clone())))
    }

    /// Opens a copy of the vault that gave the ticket.
    #[cfg(feature = "record-writes")]
    #[doc(hidden)]
    pub fn unlock_with_ticket(dir: &Path, ticket: &Ticket, options: &UnlockOptions) -> Result<Self, VaultError> {
        store::read_header(dir)?;
        Self::open(dir, ticket.0.clone(), store::claim(dir)?, options.components, options.tape.clone())
    }

    fn open(
        dir: &Path,
        slot: SlotContent,
        in_use: File,
        components: &[Component],
        #[cfg(feature = "record-writes")] tape: Option<crate::record::Tape>,
    ) -> Result<Self, VaultError> {
        let space = store::space_dir(dir, &slot.space);
        if !space.is_dir() {
            return Err(VaultError::SpaceMissing);
        }
        #[allow(unused_mut)] // only the recording changes it
        let mut options = database::Options::default();
        #[cfg(feature = "record-writes")]
        {
            options.observers.tape = tape.clone();
        }
        let database = store::open_database(&space, &slot, components, options)?;
        let master = &slot.master;
        let media_wrap = Arc::new(RandomNonceKey::derive(master, labels::MEDIA_WRAP, b""));
        let media_dir = MediaDir {
            path: space.join("media").canonicalize().map_err(|_| VaultError::SpaceMissing)?,
            #[cfg(feature = "record-writes")]
            tape,
        };
        let vault = Self {
            inner: Arc::new(Inner {
                dir: dir.to_path_buf(),
                state: Mutex::new(Some(Open { database, slot, media_wrap, media_dir, _in_use: in_use })),
                owner: AtomicU64::new(0),
                closing: AtomicBool::new(false),
                sweep_due: AtomicBool::new(false),
                handles: Mutex::new(Vec::new()),
            }),
        };
        vault.sweep_erased()?;
        Ok(vault)
    }

    /// Calls `f` with the database, for reading. `f` must not call the vault again ([`VaultError::Reentrant`]).
    ///
    /// # Errors
    /// [`VaultError::Locked`], and whatever `f` returns.
    pub fn read<T, E: From<VaultError>>(&self, f: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.with_open(|open| open.database.read(|conn| f(conn).map_err(Outcome::Caller)).map_err(Outcome::flatten))
    }

    /// Calls `f` inside one transaction: committed, and on the medium, when this returns `Ok`; undone when `f` returns an
    /// error or panics. `f` must not call the vault again ([`VaultError::Reentrant`]).
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::StorageFull`], and whatever `f` returns.
    pub fn write<T, E: From<VaultError>>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let value =
            self.with_open(|open| open.database.write(|tx| f(tx).map_err(Outcome::Caller)).map_err(Outcome::flatten))?;
        if self.inner.sweep_due.swap(false, Ordering::Relaxed) {
            // The rows are gone, so the media are erased; a file that cannot be unlinked now is swept at the next unlock.
            let _ = self.sweep_erased();
        }
        Ok(value)
    }

    /// Writes the write-ahead log back into the database and empties it, so that earlier images of pages, which may hold what was
    /// deleted since, leave the log's file. Happens by itself at a lock. Blocks for the disk.
    ///
    /// # Errors
    /// [`VaultError::Locked`], and the storage's; everything committed is still safe in the log then.
    pub fn checkpoint(&self) -> Result<(), VaultError> {
        self.with_open(|open| Ok(open.database.checkpoint()?))
    }

    /// Locks the vault: media being written are ended with all they were given, files are closed, keys are wiped. Idempotent.
    /// Whatever it returns, the keys are gone and no file of the vault is open.
    ///
    /// # Errors
    /// [`VaultError::Database`] when the database could not be closed cleanly; the next unlock recovers it.
    pub fn lock(&self) -> Result<(), VaultError> {
        if self.inner.owner.load(Ordering::Relaxed) == thread_number() {
            return Err(VaultError::Reentrant);
        }
        self.inner.closing.store(true, Ordering::SeqCst);
        let handles = std::mem::take(&mut *self.inner.handles());
        handles.iter().filter_map(Weak::upgrade).for_each(|handle| handle.close_on_lock());
        let open = self.inner.state().take();
        match open {
            Some(Open { database, _in_use, .. }) => Ok(database.close()?),
            None => Ok(()),
        }
    }

    /// Whether the vault is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.inner.closing.load(Ordering::SeqCst)
    }

    /// Replaces the passphrase `old` by `new`: one slot is rewritten, atomically; the data is not touched. Blocks for two key
    /// derivations.
    ///
    /// Whoever has an older copy of the slot file can still use the old passphrase on it.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] when `old` does not open this vault; [`VaultError::PassphraseRefused`],
    /// [`VaultError::PinNeedsDeviceKey`], [`VaultError::StorageFull`]: nothing is changed then.
    pub fn change_passphrase(
        &self,
        old: &Passphrase,
        new: &Passphrase,
        device_key: Option<&dyn crate::DeviceKey>,
    ) -> Result<(), VaultError> {
        let space = self.with_open(|open| Ok::<_, VaultError>(open.slot.space))?;
        store::change_passphrase(&self.inner.dir, &space, old, new, device_key)
    }

    /// The seed of the custody log's signing key.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn custody_seed(&self) -> Result<SecretKey, VaultError> {
        self.with_open(|open| Ok(open.slot.master.derive(labels::CUSTODY_SEED, b"")))
    }

    /// Begins a medium. `on_row` runs in the transaction that records its key; only then is anything written.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::StorageFull`], [`VaultError::Io`], and whatever `on_row` returns.
    pub fn create_media<E: From<VaultError>>(
        &self,
        profile: MediaProfile,
        on_row: impl FnOnce(&Transaction<'_>, MediaId) -> Result<(), E>,
    ) -> Result<MediaWriter, E> {
        MediaWriter::create(self, profile, on_row)
    }

    /// Opens a medium for reading.
    ///
    /// # Errors
    /// [`VaultError::MediaNotFound`], [`VaultError::MediaMissing`], [`VaultError::MediaHeaderDamaged`],
    /// [`VaultError::MediaUnfinished`], [`VaultError::MediaDamaged`] when the file is shorter or longer than its row says.
    pub fn open_media(&self, id: MediaId) -> Result<MediaReader, VaultError> {
        let row = self.read(|conn| media::find_row(conn, id))?;
        MediaReader::open(self, &row)
    }

    /// The row of a medium.
    ///
    /// # Errors
    /// [`VaultError::MediaNotFound`].
    pub fn media_info(&self, id: MediaId) -> Result<MediaInfo, VaultError> {
        Ok(self.read(|conn| media::find_row(conn, id))?.info)
    }

    /// Erases a medium within `tx`: with its row goes the only copy of its key. The file is unlinked after the commit. What an
    /// older image of the storage holds stays readable to whoever opens that image.
    ///
    /// # Errors
    /// [`VaultError::MediaNotFound`].
    pub fn delete_media(&self, tx: &Transaction<'_>, id: MediaId) -> Result<(), VaultError> {
        media::erase_row(tx, id)?;
        self.inner.sweep_due.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Media that no writer finished: recordings cut by a crash, a kill, a lock. Give each to
    /// [`recover_media`](Self::recover_media). Media that a writer of this process is writing now are among them.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn unfinished_media(&self) -> Result<Vec<MediaId>, VaultError> {
        self.read(|conn| media::ids(conn, "SELECT id FROM media WHERE state = 0"))
    }

    /// Finds out what is left of an unfinished medium and records it, in one transaction with `on_done`. Reads the whole file.
    /// Nothing is ever removed from it.
    ///
    /// # Errors
    /// [`VaultError::MediaNotFound`], [`VaultError::Io`], and whatever `on_done` returns.
    pub fn recover_media<E: From<VaultError>>(
        &self,
        id: MediaId,
        on_done: impl FnOnce(&Transaction<'_>, &MediaInfo) -> Result<(), E>,
    ) -> Result<MediaInfo, E> {
        let row = self.read(|conn| media::find_row(conn, id))?;
        if row.info.state != MediaState::Writing {
            return Ok(row.info);
        }
        let (wrap, dir) = self.media_context()?;
        let info = media::examine(&row, &row.key(&wrap)?, &dir)?;
        self.write(|tx| {
            media::update_row(tx, &info)?;
            on_done(tx, &info)
        })?;
        Ok(info)
    }

    /// Reads everything and says what is damaged. Takes as long as reading the whole vault; `progress` is called with each
    /// medium's size once it was read.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Io`]. Damage is in the report, not an error.
    pub fn check(&self, mut progress: impl FnMut(u64)) -> Result<CheckReport, VaultError> {
        let database_sound =
            match self.with_open(|open| Ok::<_, VaultError>(open.database.check_integrity(IntegrityCheck::Full)))? {
                Ok(()) => true,
                Err(DatabaseError::Damaged) => false,
                Err(other) => return Err(other.into()),
            };
        let all = self.read(|conn| media::ids(conn, "SELECT id FROM media ORDER BY id"))?;
        let (wrap, dir) = self.media_context()?;
        let (mut damaged, mut unfinished) = (Vec::new(), Vec::new());
        for id in &all {
            let row = self.read(|conn| media::find_row(conn, *id))?;
            match row.info.state {
                MediaState::Writing => unfinished.push(*id),
                MediaState::Damaged => damaged.push((*id, "damaged before its recovery".to_owned())),
                MediaState::Complete | MediaState::Unterminated | MediaState::Interrupted => {
                    if row.info.state != MediaState::Complete {
                        unfinished.push(*id);
                    }
                    match row.key(&wrap).and_then(|key| media::check(&row, &key, &dir)) {
                        Ok(()) => {}
                        // A crash before the first sync: nothing was promised, and neither name nor header need be there.
                        Err(VaultError::MediaMissing | VaultError::MediaHeaderDamaged) if row.info.slots == 0 => {}
                        Err(error) => damaged.push((*id, error.to_string())),
                    }
                }
            }
            progress(row.info.size);
        }
        let on_disk = dir.list().map_err(VaultError::io("list the media folder"))?;
        let orphans = on_disk.iter().filter(|id| all.binary_search(id).is_err()).count() as u64;
        Ok(CheckReport {
            database_sound,
            slots_intact: store::slots_intact(&self.inner.dir)?,
            media_checked: all.len() as u64,
            damaged,
            unfinished,
            orphans,
        })
    }

    pub(crate) fn media_context(&self) -> Result<(Arc<RandomNonceKey>, MediaDir), VaultError> {
        self.with_open(|open| Ok((Arc::clone(&open.media_wrap), open.media_dir.clone())))
    }

    /// Remembers a handle that has keys or files open. Refuses when a lock is under way, so that none is missed.
    pub(crate) fn register(&self, handle: &Arc<dyn CloseOnLock>) -> Result<(), VaultError> {
        let mut handles = self.inner.handles();
        if self.is_locked() {
            handle.close_on_lock();
            return Err(VaultError::Locked);
        }
        handles.retain(|other| other.strong_count() > 0);
        handles.push(Arc::downgrade(handle));
        Ok(())
    }

    fn sweep_erased(&self) -> Result<(), VaultError> {
        let erased = self.read(|conn| media::ids(conn, "SELECT id FROM media_erased"))?;
        if erased.is_empty() {
            return Ok(());
        }
        let (_, dir) = self.media_context()?;
        for id in &erased {
            dir.remove(*id).map_err(VaultError::io("remove a media file"))?;
        }
        dir.sync()?;
        self.write(|tx| Ok(tx.execute("DELETE FROM media_erased", []).map(|_| ())?))
    }

    fn with_open<T, E: From<VaultError>>(&self, f: impl FnOnce(&mut Open) -> Result<T, E>) -> Result<T, E> {
        let me = thread_number();
        if self.inner.owner.load(Ordering::Relaxed) == me {
            return Err(VaultError::Reentrant.into());
        }
        let mut state = self.inner.state();
        let open = state.as_mut().ok_or(VaultError::Locked)?;
        self.inner.owner.store(me, Ordering::Relaxed);
        let _owner = Owner(&self.inner.owner);
        f(open)
    }
}

/// An error of the database itself, or of the closure that was given to it.
enum Outcome<E> {
    Database(DatabaseError),
    Caller(E),
}

impl<E> From<DatabaseError> for Outcome<E> {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl<E: From<VaultError>> Outcome<E> {
    fn flatten(self) -> E {
        match self {
            Self::Database(error) => VaultError::from(error).into(),
            Self::Caller(error) => error,
        }
    }
}

/// Clears the owner even when the closure panics.
struct Owner<'a>(&'a AtomicU64);

impl Drop for Owner<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A number that no other living thread has, never 0.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|n| *n)
}

impl Inner {
    /// The state. A panic inside a closure leaves the vault locked: half-done work must not go on with the keys in memory.
    fn state(&self) -> MutexGuard<'_, Option<Open>> {
        self.state.lock().unwrap_or_else(|poisoned| {
            self.state.clear_poison();
            self.closing.store(true, Ordering::SeqCst);
            let mut state = poisoned.into_inner();
            state.take();
            state
        })
    }

    fn handles(&self) -> MutexGuard<'_, Vec<Weak<dyn CloseOnLock>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The last clone is gone: nobody can ask for a lock any more, so close as one would.
        for handle in std::mem::take(&mut *self.handles()).iter().filter_map(Weak::upgrade) {
            handle.close_on_lock();
        }
    }
}

impl core::fmt::Debug for Vault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Vault").field("locked", &self.is_locked()).finish_non_exhaustive()
    }
}
