//! SQLite's storage, encrypted: a shim over SQLite's own unix VFS, registered for one database file at a time.
//!
//! The base VFS keeps locks, syncs and error handling; the shim seals what passes through ([`page`] for the database,
//! [`log`] for journal and WAL). This is the only module of the project with `unsafe` code, all of it at the C boundary
//! ([`shim`], [`base`], [`memory`] and this file).
//!
//! What may not happen here:
//! - plaintext in any file: temporary files, sub- and super-journals, attached databases and every path but the
//!   database's own and its two logs are refused;
//! - a key that outlives the [`Registration`], even if SQLite leaks a file;
//! - an unwinding panic in a C callback.

mod base;
mod extents;
#[cfg(test)]
pub(crate) mod faults;
mod log;
mod memory;
mod page;
mod shim;
mod store;

use std::{
    ffi::{CString, c_int},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use amparo_crypto::{CryptoError, SecretKey, aead::RandomNonceKey, labels, random};
use rusqlite::{Connection, ffi};

use self::base::check;
pub(crate) use self::page::RESERVED;

/// Bytes of a database page. A database keeps the size it was created with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageSize {
    /// 4096 bytes.
    Kib4,
    /// 8192 bytes.
    #[cfg_attr(not(test), allow(dead_code, reason = "measured and tested against; a later format may choose it"))]
    Kib8,
}

impl PageSize {
    /// The size in bytes.
    pub(crate) const fn bytes(self) -> u16 {
        match self {
            Self::Kib4 => 4096,
            Self::Kib8 => 8192,
        }
    }
}

/// The keys of one database.
struct Keys {
    pages: RandomNonceKey,
    logs: RandomNonceKey,
}

impl Keys {
    fn derive(root: &SecretKey, page_size: PageSize) -> Self {
        // The page size is part of the keys: no file is ever read in pages of another size.
        let context = page_size.bytes().to_be_bytes();
        Self {
            pages: RandomNonceKey::derive(root, labels::DB_PAGES, &context),
            logs: RandomNonceKey::derive(root, labels::DB_LOG, &context),
        }
    }
}

/// What all open files of one database share.
struct Shared {
    base: *mut ffi::sqlite3_vfs,
    /// The paths this VFS serves, as SQLite spells them.
    main: CString,
    journal: CString,
    wal: CString,
    page_size: PageSize,
    /// `None` once the registration is gone.
    keys: Mutex<Option<Keys>>,
    /// Page 1 has authenticated, or the database is new: the key is the right one.
    key_proved: AtomicBool,
    /// See [`Registration::dropped_log_bytes`].
    dropped: AtomicU64,
    #[cfg(feature = "record-writes")]
    tape: Option<crate::record::Tape>,
    #[cfg(test)]
    faults: Option<Arc<faults::Faults>>,
}

// SAFETY: `base` is SQLite's static unix VFS, which is never unregistered and whose methods may be called from any thread;
// everything else is Send.
unsafe impl Send for Shared {}
// SAFETY: as above; what changes is behind a mutex or atomic.
unsafe impl Sync for Shared {}

impl Shared {
    fn wipe(&self) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Observers of one database's storage, for tests.
#[derive(Default, Clone)]
pub(crate) struct Observers {
    /// Records every operation.
    #[cfg(feature = "record-writes")]
    pub(crate) tape: Option<crate::record::Tape>,
    /// Makes operations fail.
    #[cfg(test)]
    pub(crate) faults: Option<Arc<faults::Faults>>,
}

/// Why a VFS could not be set up.
#[derive(Debug)]
pub(crate) enum SetupError {
    /// The path has a NUL byte.
    Path,
    /// SQLite refused, or has no unix VFS.
    Sqlite(c_int),
    /// No random name.
    Crypto(CryptoError),
}

/// A VFS for one database file, under a name nobody can guess. Dropping it unregisters the VFS and wipes the keys; files
/// that are still open (a connection that could not be closed) fail from then on.
pub(crate) struct Registration {
    vfs: *mut ffi::sqlite3_vfs,
    name: CString,
    shared: Arc<Shared>,
}

// SAFETY: `vfs` is owned by this value and only used by SQLite's thread-safe register and unregister.
unsafe impl Send for Registration {}

impl Registration {
    /// Registers a VFS that opens `path`, absolute and without symbolic links, and its journal and WAL, and nothing else.
    pub(crate) fn new(
        path: &Path,
        root: &SecretKey,
        page_size: PageSize,
        observers: Observers,
    ) -> Result<Self, SetupError> {
        #[cfg(not(any(test, feature = "record-writes")))]
        let Observers {} = observers;
        // Where something else in the process has used SQLite before, its memory stays as it is.
        memory::wipe_on_free();
        // SAFETY: no preconditions; initialising twice is harmless.
        check(unsafe { ffi::sqlite3_initialize() }).map_err(SetupError::Sqlite)?;
        // SAFETY: SQLite is initialised and the name is a C string.
        let base = unsafe { ffi::sqlite3_vfs_find(c"unix".as_ptr()) };
        // SAFETY: null or SQLite's static description of the unix VFS.
        let Some(base_ref) = (unsafe { base.as_ref() }) else { return Err(SetupError::Sqlite(ffi::SQLITE_ERROR)) };

        let main = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
        let c_path = |suffix: &str| CString::new([main, suffix.as_bytes()].concat()).map_err(|_| SetupError::Path);
        let id = random::array::<16>().map_err(SetupError::Crypto)?;
        let name = CString::new(format!("amparo-{:032x}", u128::from_be_bytes(id))).map_err(|_| SetupError::Path)?;
        let shared = Arc::new(Shared {
            base,
            main: c_path("")?,
            journal: c_path("-journal")?,
            wal: c_path("-wal")?,
            page_size,
            keys: Mutex::new(Some(Keys::derive(root, page_size))),
            key_proved: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            #[cfg(feature = "record-writes")]
            tape: observers.tape,
            #[cfg(test)]
            faults: observers.faults,
        });
        let vfs = Box::into_raw(Box::new(shim::describe(base_ref, &name, &shared)));
        let registration = Self { vfs, name, shared };
        // SAFETY: `vfs` and what it points to live until `drop` has unregistered it.
        check(unsafe { ffi::sqlite3_vfs_register(vfs, 0) }).map_err(SetupError::Sqlite)?;
        Ok(registration)
    }

    /// The name under which a connection finds this VFS.
    pub(crate) fn name(&self) -> &std::ffi::CStr {
        &self.name
    }

    /// Bytes at the end of journal or WAL that did not authenticate when they were opened: the torn tail that a crash leaves,
    /// or damage. They stay in the file until the next write to it.
    pub(crate) fn dropped_log_bytes(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: `vfs` is ours; unregistering one that is not registered is harmless.
        unsafe { ffi::sqlite3_vfs_unregister(self.vfs) };
        self.shared.wipe();
        if Arc::strong_count(&self.shared) == 1 {
            // SAFETY: made by `Box::into_raw` in `new`; no file is open and the name is no longer found, so nobody uses it.
            drop(unsafe { Box::from_raw(self.vfs) });
        } else {
            // A connection that SQLite would not close still points to the description and through it to what is shared:
            // both stay, without keys. The name's buffer goes with `self`; the description gets one that stays.
            std::mem::forget(Arc::clone(&self.shared));
            let leaked = self.name.clone().into_raw();
            // SAFETY: `vfs` is still allocated and nobody writes to it at the same time: it is unregistered.
            unsafe { (*self.vfs).zName = leaked };
        }
    }
}

/// Tells SQLite to leave [`RESERVED`] bytes of every page alone. Only has an effect before the database is created; for
/// an existing one the value comes from its header.
pub(crate) fn reserve_page_tail(connection: &Connection) -> Result<(), c_int> {
    let mut bytes = c_int::try_from(RESERVED).map_err(|_| ffi::SQLITE_ERROR)?;
    // SAFETY: the handle is that of an open connection, which nobody else uses meanwhile (`Connection` is not `Sync`); this
    // operation reads and writes an `int`.
    check(unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_RESERVE_BYTES,
            (&raw mut bytes).cast(),
        )
    })
}

/// Sets how many databases may be attached; SQLite's own `VACUUM INTO` needs one. Returns the limit that is now in force.
pub(crate) fn limit_attached(connection: &Connection, count: c_int) -> c_int {
    // SAFETY: the handle is that of an open connection, which nobody else uses meanwhile.
    unsafe {
        ffi::sqlite3_limit(connection.handle(), ffi::SQLITE_LIMIT_ATTACHED, count);
        ffi::sqlite3_limit(connection.handle(), ffi::SQLITE_LIMIT_ATTACHED, -1)
    }
}

/// Writes one file's operations to a tape.
#[cfg(feature = "record-writes")]
struct Recorder {
    tape: crate::record::Tape,
    file: std::path::PathBuf,
    directory: std::path::PathBuf,
    /// The base VFS syncs the directory with the first sync of a journal or WAL that it has created.
    sync_directory: bool,
}

#[cfg(feature = "record-writes")]
impl Recorder {
    fn write(&self, offset: u64, bytes: &[u8]) {
        self.tape.push(crate::record::Op::Write { file: self.file.clone(), offset, data: bytes.to_vec() });
    }

    fn truncate(&self, size: u64) {
        self.tape.push(crate::record::Op::Truncate { file: self.file.clone(), size });
    }

    fn sync(&mut self) {
        self.tape.push(crate::record::Op::Sync { file: self.file.clone() });
        if std::mem::take(&mut self.sync_directory) {
            self.tape.push(crate::record::Op::SyncDirectory { directory: self.directory.clone() });
        }
    }
}
