//! The C side: SQLite's callbacks, each of which does nothing but find its state and call safe code.
//!
//! What may not happen here: an unwinding panic (every callback is guarded; a file whose callback panicked fails from then
//! on), shared memory or memory maps (they would bypass the encryption: `iVersion` 1), a file control that makes the base
//! VFS write by itself.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
};

use rusqlite::ffi;

use super::{
    Keys, Shared,
    base::{BaseFile, check},
    log::{Log, LogKind},
    page::Pages,
    store::{Code, Store as _},
};

/// What SQLite allocates for one file: our header, then the base VFS's file object.
#[repr(C)]
struct ShimFile {
    methods: ffi::sqlite3_file,
    state: *mut OpenFile,
}

/// One open file.
struct OpenFile {
    shared: Arc<Shared>,
    base: BaseFile,
    body: Body,
    /// A callback panicked half-way: nothing about this state can be relied on.
    broken: bool,
}

enum Body {
    Main(Pages),
    Log(Box<Log>),
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// The description to register. It points to `name` and `shared`, which must outlive it.
pub(super) fn describe(base: &ffi::sqlite3_vfs, name: &CStr, shared: &Arc<Shared>) -> ffi::sqlite3_vfs {
    let own = c_int::try_from(size_of::<ShimFile>()).unwrap_or(c_int::MAX);
    ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: own.saturating_add(base.szOsFile),
        mxPathname: base.mxPathname,
        pNext: std::ptr::null_mut(),
        zName: name.as_ptr(),
        pAppData: Arc::as_ptr(shared).cast_mut().cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: Some(dl_open),
        xDlError: Some(dl_error),
        xDlSym: Some(dl_sym),
        xDlClose: Some(dl_close),
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(get_last_error),
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

// ---- guards ----

/// Runs `f`; a panic becomes `SQLITE_IOERR`.
fn guard(f: impl FnOnce() -> Result<(), Code>) -> c_int {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => ffi::SQLITE_OK,
        Ok(Err(code)) => code,
        Err(_) => ffi::SQLITE_IOERR,
    }
}

/// Runs `f` on the state of an open file; after a panic the file is broken.
///
/// # Safety
/// `file` was opened by [`open`] and is not closed; SQLite does not use it from another thread meanwhile.
unsafe fn with_file(file: *mut ffi::sqlite3_file, f: impl FnOnce(&mut OpenFile) -> Result<(), Code>) -> c_int {
    // SAFETY: `open` put a state that lives until `close` behind every file with our methods; SQLite serialises calls on one
    // file, so the reference is unique.
    let state = unsafe { &mut *(*file.cast::<ShimFile>()).state };
    if state.broken {
        return ffi::SQLITE_IOERR;
    }
    state.broken = true;
    guard(|| {
        let result = f(state);
        state.broken = false;
        result
    })
}

/// As [`with_file`], with the keys. Without them (the registration is gone) the file fails.
///
/// # Safety
/// As for [`with_file`].
unsafe fn with_keys(
    file: *mut ffi::sqlite3_file,
    f: impl FnOnce(&mut Body, &mut BaseFile, &Keys, &Shared) -> Result<(), Code>,
) -> c_int {
    // SAFETY: the caller's promise is the same.
    unsafe {
        with_file(file, |state| {
            let keys = state.shared.keys.lock().map_err(|_| ffi::SQLITE_IOERR)?;
            let keys = keys.as_ref().ok_or(ffi::SQLITE_IOERR)?;
            f(&mut state.body, &mut state.base, keys, &state.shared)
        })
    }
}

/// An offset or size from SQLite.
fn unsigned(value: i64) -> Result<u64, Code> {
    u64::try_from(value).map_err(|_| ffi::SQLITE_IOERR)
}

// ---- one file ----

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    guard(|| {
        // SAFETY: SQLite closes a file once; `open` made the state with `Box::into_raw`.
        let mut state = unsafe { Box::from_raw((*file.cast::<ShimFile>()).state) };
        // SAFETY: `file` is the memory that `open` filled.
        unsafe { (*file).pMethods = std::ptr::null() };
        let state = &mut *state;
        let flushed = catch_unwind(AssertUnwindSafe(|| match &mut state.body {
            Body::Log(log) if !state.broken => {
                let keys = state.shared.keys.lock().map_err(|_| ffi::SQLITE_IOERR)?;
                // Without keys there is nothing to write: what is held belongs to no commit.
                keys.as_ref().map_or(Ok(()), |keys| log.close(&keys.logs, &mut state.base))
            }
            _ => Ok(()),
        }));
        // Whatever happened above, the descriptor and its locks go.
        state.base.close()?;
        flushed.unwrap_or(Err(ffi::SQLITE_IOERR))
    })
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, buf: *mut c_void, length: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls with a file that we opened and a buffer of `length` bytes, which stays valid during the call.
    unsafe {
        with_keys(file, |body, base, keys, shared| {
            let length = usize::try_from(length).map_err(|_| ffi::SQLITE_IOERR_READ)?;
            let buf = std::slice::from_raw_parts_mut(buf.cast::<u8>(), length);
            let offset = unsigned(offset)?;
            match body {
                Body::Main(pages) => {
                    pages.read(&keys.pages, base, buf, offset)?;
                    if offset < u64::from(shared.page_size.bytes()) {
                        shared.key_proved.store(true, Ordering::Relaxed);
                    }
                    Ok(())
                }
                Body::Log(log) => log.read(&keys.logs, base, buf, offset),
            }
        })
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, length: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls with a file that we opened and `length` readable bytes, which stay valid during the call.
    unsafe {
        with_keys(file, |body, base, keys, _| {
            let length = usize::try_from(length).map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
            let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length);
            let offset = unsigned(offset)?;
            match body {
                Body::Main(pages) => pages.write(&keys.pages, base, bytes, offset),
                Body::Log(log) => log.write(&keys.logs, base, bytes, offset),
            }
        })
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite calls with a file that we opened.
    unsafe {
        with_keys(file, |body, base, keys, _| {
            let size = unsigned(size)?;
            match body {
                Body::Main(pages) => pages.truncate(&keys.pages, base, size),
                Body::Log(log) => log.truncate(&keys.logs, base, size),
            }
        })
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls with a file that we opened.
    unsafe {
        with_keys(file, |body, base, keys, _| match body {
            Body::Main(_) => base.sync(flags),
            Body::Log(log) => log.sync(&keys.logs, base, flags),
        })
    }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: SQLite calls with a file that we opened and a place for the answer.
    unsafe {
        with_file(file, |state| {
            let size = match &mut state.body {
                Body::Main(pages) => pages.size(&mut state.base)?,
                Body::Log(log) => log.size(),
            };
            *out = i64::try_from(size).map_err(|_| ffi::SQLITE_IOERR_FSTAT)?;
            Ok(())
        })
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite calls with a file that we opened.
    unsafe { with_file(file, |state| state.base.lock(level)) }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite calls with a file that we opened.
    unsafe { with_file(file, |state| state.base.unlock(level)) }
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite calls with a file that we opened and a place for the answer.
    unsafe {
        with_file(file, |state| {
            *out = state.base.is_reserved()?;
            Ok(())
        })
    }
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    // Only what asks or concerns locks. Size hints and chunk sizes would make the base VFS extend files with plain zeros.
    if !matches!(
        operation,
        ffi::SQLITE_FCNTL_LOCKSTATE
            | ffi::SQLITE_FCNTL_LAST_ERRNO
            | ffi::SQLITE_FCNTL_PERSIST_WAL
            | ffi::SQLITE_FCNTL_HAS_MOVED
            | ffi::SQLITE_FCNTL_LOCK_TIMEOUT
            | ffi::SQLITE_FCNTL_EXTERNAL_READER
    ) {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: SQLite calls with a file that we opened and the argument that the operation defines.
    unsafe { with_file(file, |state| check(state.base.control(operation, argument))) }
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    let mut size = 0;
    // SAFETY: SQLite calls with a file that we opened.
    let code = unsafe {
        with_file(file, |state| {
            size = state.base.sector_size();
            Ok(())
        })
    };
    if code == ffi::SQLITE_OK { size } else { 0 }
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    let mut flags = 0;
    // SAFETY: SQLite calls with a file that we opened.
    let code = unsafe {
        with_file(file, |state| {
            flags = state.base.characteristics();
            Ok(())
        })
    };
    // Atomicity and ordering that the base may promise for its writes do not hold for ours.
    let kept = ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE | ffi::SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN;
    if code == ffi::SQLITE_OK { flags & kept } else { 0 }
}

// ---- the VFS ----

/// # Safety
/// `vfs` is a description made by [`describe`] whose `shared` is alive.
unsafe fn shared<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Shared {
    // SAFETY: the caller's promise.
    unsafe { &*(*vfs).pAppData.cast::<Shared>() }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    guard(|| {
        // SAFETY: SQLite gives `szOsFile` bytes for the file; null methods mean that there is nothing to close.
        unsafe { (*file).pMethods = std::ptr::null() };
        // SAFETY: SQLite calls with our own description, which is registered, or kept alive by `Registration::drop`.
        let shared = unsafe {
            let pointer = (*vfs).pAppData.cast::<Shared>().cast_const();
            Arc::increment_strong_count(pointer);
            Arc::from_raw(pointer)
        };
        if name.is_null() {
            return Err(ffi::SQLITE_CANTOPEN); // a temporary file
        }
        // SAFETY: not null, so a C string.
        let path = unsafe { CStr::from_ptr(name) };
        let kind = if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 && path == shared.main.as_c_str() {
            None
        } else if flags & ffi::SQLITE_OPEN_MAIN_JOURNAL != 0 && path == shared.journal.as_c_str() {
            Some(LogKind::Journal)
        } else if flags & ffi::SQLITE_OPEN_WAL != 0 && path == shared.wal.as_c_str() {
            Some(LogKind::Wal)
        } else {
            return Err(ffi::SQLITE_CANTOPEN);
        };

        #[cfg(feature = "record-writes")]
        let existed = on_disk(path).exists();
        // SAFETY: SQLite reserved `szOsFile` bytes: ours, and behind them those that the base VFS asks for. `ShimFile` is a
        // multiple of a pointer long, so they are aligned.
        let real = unsafe { file.cast::<u8>().add(size_of::<ShimFile>()).cast::<ffi::sqlite3_file>() };
        // SAFETY: the base VFS is alive for ever; the arguments are SQLite's own.
        let opened = unsafe {
            (*real).pMethods = std::ptr::null();
            (*shared.base).xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| open(shared.base, name, real, flags, out_flags))
        };
        // SAFETY: `real` is the base's file object; used only if the base has filled it in.
        let mut base = unsafe { BaseFile::new(real) };
        if opened != ffi::SQLITE_OK {
            // As SQLite would: a failed open that left methods behind is closed.
            let _ = base.close();
            return Err(opened);
        }
        #[cfg(test)]
        {
            base.faults.clone_from(&shared.faults);
        }
        #[cfg(feature = "record-writes")]
        {
            base.tape = start_recording(&shared, path, kind.is_some(), existed);
        }
        let body = catch_unwind(AssertUnwindSafe(|| open_body(kind, &shared, &mut base)));
        match body.unwrap_or(Err(ffi::SQLITE_IOERR)) {
            Ok(body) => {
                let state = Box::new(OpenFile { shared, base, body, broken: false });
                // SAFETY: `file` has room for a `ShimFile`, which is written as a whole.
                unsafe {
                    file.cast::<ShimFile>().write(ShimFile {
                        methods: ffi::sqlite3_file { pMethods: &raw const METHODS },
                        state: Box::into_raw(state),
                    });
                }
                Ok(())
            }
            Err(code) => {
                let _ = base.close();
                Err(code)
            }
        }
    })
}

fn open_body(kind: Option<LogKind>, shared: &Shared, base: &mut BaseFile) -> Result<Body, Code> {
    let page_size = usize::from(shared.page_size.bytes());
    let Some(kind) = kind else {
        let mut pages = Pages::open(page_size, base)?;
        if pages.size(base)? == 0 {
            shared.key_proved.store(true, Ordering::Relaxed);
        }
        return Ok(Body::Main(pages));
    };
    let keys = shared.keys.lock().map_err(|_| ffi::SQLITE_IOERR)?;
    let keys = keys.as_ref().ok_or(ffi::SQLITE_IOERR)?;
    let opened = Log::open(kind, page_size, &keys.logs, base)?;
    if opened.dropped > 0 {
        if !opened.log.is_authentic() && !shared.key_proved.load(Ordering::Relaxed) {
            // Nothing of this vault has opened under this key. SQLite would take the log for empty and delete it.
            return Err(ffi::SQLITE_IOERR_DATA);
        }
        shared.dropped.fetch_max(opened.dropped, Ordering::Relaxed);
    }
    Ok(Body::Log(Box::new(opened.log)))
}

#[cfg(feature = "record-writes")]
fn on_disk(path: &CStr) -> &std::path::Path {
    std::path::Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path.to_bytes()))
}

#[cfg(feature = "record-writes")]
fn start_recording(shared: &Shared, path: &CStr, is_log: bool, existed: bool) -> Option<super::Recorder> {
    let tape = shared.tape.clone()?;
    let path = on_disk(path);
    let file = tape.name(path);
    let directory = path.parent().map(|parent| tape.name(parent)).unwrap_or_default();
    if !existed {
        tape.push(crate::record::Op::Create { file: file.clone() });
    }
    Some(super::Recorder { tape, file, directory, sync_directory: is_log && !existed })
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, _sync: c_int) -> c_int {
    guard(|| {
        // SAFETY: SQLite calls with our own description.
        let shared = unsafe { shared(vfs) };
        if name.is_null() {
            return Err(ffi::SQLITE_IOERR_DELETE);
        }
        // SAFETY: not null, so a C string.
        let path = unsafe { CStr::from_ptr(name) };
        if path != shared.journal.as_c_str() && path != shared.wal.as_c_str() {
            return Err(ffi::SQLITE_IOERR_DELETE);
        }
        // Always sync the directory, whatever SQLite asks: a rollback journal that comes back after a power loss would be
        // rolled back over a database that is in WAL mode by then.
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &shared.tape {
            tape.push(crate::record::Op::Delete { file: tape.name(on_disk(path)) });
        }
        // SAFETY: the base VFS is alive for ever; the name is SQLite's own.
        check(unsafe {
            (*shared.base).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(shared.base, name, 1))
        })?;
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &shared.tape {
            let directory = on_disk(path).parent().map(|parent| tape.name(parent)).unwrap_or_default();
            tape.push(crate::record::Op::SyncDirectory { directory });
        }
        Ok(())
    })
}

/// Passes a call on to the base VFS.
macro_rules! pass_on {
    ($($(#[$doc:meta])* $name:ident => $method:ident($($arg:ident: $type:ty),*) or $missing:expr;)*) => {
        $($(#[$doc])* unsafe extern "C" fn $name(vfs: *mut ffi::sqlite3_vfs, $($arg: $type),*) -> c_int {
            catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: SQLite calls with our own description; the base VFS is alive for ever and gets SQLite's arguments.
                unsafe {
                    let base = shared(vfs).base;
                    (*base).$method.map_or($missing, |method| method(base, $($arg),*))
                }
            }))
            .unwrap_or($missing)
        })*
    };
}

pass_on! {
    access => xAccess(name: *const c_char, flags: c_int, out: *mut c_int) or ffi::SQLITE_IOERR_ACCESS;
    full_pathname => xFullPathname(name: *const c_char, length: c_int, out: *mut c_char) or ffi::SQLITE_CANTOPEN;
    randomness => xRandomness(length: c_int, out: *mut c_char) or 0;
    sleep => xSleep(microseconds: c_int) or 0;
    current_time => xCurrentTime(out: *mut f64) or ffi::SQLITE_ERROR;
    current_time_int64 => xCurrentTimeInt64(out: *mut i64) or ffi::SQLITE_ERROR;
    get_last_error => xGetLastError(length: c_int, out: *mut c_char) or 0;
}

// Extensions are never loaded; the entries exist because SQLite calls them without looking. None of them can panic.

unsafe extern "C" fn dl_open(_: *mut ffi::sqlite3_vfs, _: *const c_char) -> *mut c_void {
    std::ptr::null_mut()
}

unsafe extern "C" fn dl_error(_: *mut ffi::sqlite3_vfs, length: c_int, out: *mut c_char) {
    if length > 0 && !out.is_null() {
        // SAFETY: SQLite gives room for `length` bytes.
        unsafe { *out = 0 };
    }
}

unsafe extern "C" fn dl_sym(
    _: *mut ffi::sqlite3_vfs,
    _: *mut c_void,
    _: *const c_char,
) -> Option<unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *mut c_void, *const c_char)> {
    None
}

unsafe extern "C" fn dl_close(_: *mut ffi::sqlite3_vfs, _: *mut c_void) {}
