//! SQLite's memory, wiped when SQLite gives it back: its page cache is plaintext, and without this a lock would leave the pages
//! in freed memory.
//!
//! What may not happen here: a block that goes back to the system with its contents. The setting is for the whole process, of
//! which this library's copy of SQLite has no other user.

use std::{
    ffi::{c_int, c_void},
    sync::OnceLock,
};

use rusqlite::ffi;

/// SQLite's own methods, which ours wrap.
struct Original {
    malloc: unsafe extern "C" fn(c_int) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    size: unsafe extern "C" fn(*mut c_void) -> c_int,
}

static ORIGINAL: OnceLock<Original> = OnceLock::new();
static INSTALLED: OnceLock<bool> = OnceLock::new();

/// Makes SQLite wipe what it frees, from the first call on. Must come before SQLite is first used: afterwards it cannot be
/// changed, and the answer is `false`.
pub(super) fn wipe_on_free() -> bool {
    *INSTALLED.get_or_init(|| install().is_some())
}

fn install() -> Option<()> {
    let mut methods = ffi::sqlite3_mem_methods {
        xMalloc: None,
        xFree: None,
        xRealloc: None,
        xSize: None,
        xRoundup: None,
        xInit: None,
        xShutdown: None,
        pAppData: std::ptr::null_mut(),
    };
    // SAFETY: this operation fills one `sqlite3_mem_methods`.
    let code = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_GETMALLOC, &raw mut methods) };
    if code != ffi::SQLITE_OK {
        return None;
    }
    let original = Original { malloc: methods.xMalloc?, free: methods.xFree?, size: methods.xSize? };
    ORIGINAL.set(original).ok()?;
    methods.xFree = Some(wipe_and_free);
    methods.xRealloc = Some(move_and_wipe);
    // SAFETY: this operation copies one `sqlite3_mem_methods`; ours keep the contract of those they wrap. SQLite refuses when it
    // is in use already, so no block that it has was allocated otherwise.
    let code = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) };
    (code == ffi::SQLITE_OK).then_some(())
}

// Neither of these can panic: they do nothing but call C and write memory.

/// SQLite's `xFree`. It is never called with null.
unsafe extern "C" fn wipe_and_free(block: *mut c_void) {
    let Some(original) = ORIGINAL.get() else { return };
    // SAFETY: SQLite gives back a block that it has from these methods; all of its `size` bytes are its own until `free`. The
    // write is not optimised away, because `free` is a call through a pointer, which might read them.
    unsafe {
        let length = usize::try_from((original.size)(block)).unwrap_or(0);
        std::ptr::write_bytes(block.cast::<u8>(), 0, length);
        (original.free)(block);
    }
}

/// SQLite's `xRealloc`: never in place and never by the system, which would leave the old block as it was.
unsafe extern "C" fn move_and_wipe(block: *mut c_void, length: c_int) -> *mut c_void {
    let Some(original) = ORIGINAL.get() else { return std::ptr::null_mut() };
    // SAFETY: SQLite gives a block that it has from these methods and a length above zero. Both blocks have at least the bytes
    // that are copied and do not overlap; after a failed allocation the old block stays as it was, as `xRealloc` must.
    unsafe {
        let old = usize::try_from((original.size)(block)).unwrap_or(0);
        let new = (original.malloc)(length);
        if !new.is_null() {
            std::ptr::copy_nonoverlapping(
                block.cast::<u8>(),
                new.cast::<u8>(),
                old.min(usize::try_from(length).unwrap_or(0)),
            );
            wipe_and_free(block);
        }
        new
    }
}
