//! SQLite's own open file below ours: the unix VFS keeps locking, syncing and error handling.
//!
//! Every call goes through the method table that the base VFS filled in. What may not happen here: an error that is not
//! passed on, and, without the feature `record-writes`, anything but the call itself.

use std::ffi::{c_int, c_void};

use rusqlite::ffi;

#[cfg(test)]
use super::faults::Faults;
use super::store::{Code, Store};

/// An open file of the base VFS. It lives in memory that SQLite owns, behind our own file object.
pub(super) struct BaseFile {
    file: *mut ffi::sqlite3_file,
    #[cfg(feature = "record-writes")]
    pub(super) tape: Option<super::Recorder>,
    #[cfg(test)]
    pub(super) faults: Option<std::sync::Arc<Faults>>,
}

/// Turns a result code into a result.
pub(super) const fn check(code: c_int) -> Result<(), Code> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

/// The base file's method, or the error for a base VFS that lacks it.
macro_rules! method {
    ($self:ident, $name:ident) => {
        $self.methods().and_then(|methods| methods.$name).ok_or(ffi::SQLITE_IOERR)
    };
}

impl BaseFile {
    /// # Safety
    /// `file` was opened by a VFS, and stays valid and in place until [`close`](Self::close) was called or `self` is gone.
    pub(super) const unsafe fn new(file: *mut ffi::sqlite3_file) -> Self {
        Self {
            file,
            #[cfg(feature = "record-writes")]
            tape: None,
            #[cfg(test)]
            faults: None,
        }
    }

    fn methods(&self) -> Option<&ffi::sqlite3_io_methods> {
        // SAFETY: `new`'s contract: `file` is an open file, whose method table is null or outlives it.
        unsafe { (*self.file).pMethods.as_ref() }
    }

    /// Closes the base file. No other call may follow.
    pub(super) fn close(&mut self) -> Result<(), Code> {
        let method = method!(self, xClose)?;
        // SAFETY: the method belongs to this file, which is open.
        check(unsafe { method(self.file) })
    }

    pub(super) fn lock(&mut self, level: c_int) -> Result<(), Code> {
        let method = method!(self, xLock)?;
        // SAFETY: the method belongs to this file, which is open.
        check(unsafe { method(self.file, level) })
    }

    pub(super) fn unlock(&mut self, level: c_int) -> Result<(), Code> {
        let method = method!(self, xUnlock)?;
        // SAFETY: the method belongs to this file, which is open.
        check(unsafe { method(self.file, level) })
    }

    pub(super) fn is_reserved(&mut self) -> Result<c_int, Code> {
        let method = method!(self, xCheckReservedLock)?;
        let mut out = 0;
        // SAFETY: the method belongs to this file, which is open; `out` is a valid place for its answer.
        check(unsafe { method(self.file, &raw mut out) })?;
        Ok(out)
    }

    /// # Safety
    /// `argument` is what SQLite defines for `operation`.
    pub(super) unsafe fn control(&mut self, operation: c_int, argument: *mut c_void) -> c_int {
        match method!(self, xFileControl) {
            // SAFETY: the method belongs to this file, which is open; the caller vouches for the argument.
            Ok(method) => unsafe { method(self.file, operation, argument) },
            Err(_) => ffi::SQLITE_NOTFOUND,
        }
    }

    pub(super) fn sector_size(&mut self) -> c_int {
        match method!(self, xSectorSize) {
            // SAFETY: the method belongs to this file, which is open.
            Ok(method) => unsafe { method(self.file) },
            Err(_) => 0,
        }
    }

    pub(super) fn characteristics(&mut self) -> c_int {
        match method!(self, xDeviceCharacteristics) {
            // SAFETY: the method belongs to this file, which is open.
            Ok(method) => unsafe { method(self.file) },
            Err(_) => 0,
        }
    }

    fn write_through(&mut self, bytes: &[u8], offset: u64) -> Result<(), Code> {
        let method = method!(self, xWrite)?;
        let length = c_int::try_from(bytes.len()).map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
        let at = i64::try_from(offset).map_err(|_| ffi::SQLITE_FULL)?;
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &self.tape {
            tape.write(offset, bytes);
        }
        // SAFETY: the method belongs to this file, which is open; it reads `length` bytes, which is what `bytes` has.
        check(unsafe { method(self.file, bytes.as_ptr().cast(), length, at) })
    }
}

impl Store for BaseFile {
    fn read(&mut self, buf: &mut [u8], offset: u64) -> Result<(), Code> {
        let method = method!(self, xRead)?;
        let length = c_int::try_from(buf.len()).map_err(|_| ffi::SQLITE_IOERR_READ)?;
        let at = i64::try_from(offset).map_err(|_| ffi::SQLITE_IOERR_READ)?;
        // SAFETY: the method belongs to this file, which is open; it fills at most `length` bytes, which is what `buf` has.
        check(unsafe { method(self.file, buf.as_mut_ptr().cast(), length, at) })
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Code> {
        #[cfg(test)]
        if let Some(failure) = self.faults.as_ref().and_then(|faults| faults.next()) {
            let landed = failure.landed(bytes.len());
            if landed > 0 {
                self.write_through(bytes.get(..landed).unwrap_or(bytes), offset)?;
            }
            return Err(failure.code());
        }
        self.write_through(bytes, offset)
    }

    fn truncate(&mut self, size: u64) -> Result<(), Code> {
        let method = method!(self, xTruncate)?;
        let at = i64::try_from(size).map_err(|_| ffi::SQLITE_IOERR_TRUNCATE)?;
        #[cfg(test)]
        if self.faults.as_ref().and_then(|faults| faults.next()).is_some() {
            return Err(ffi::SQLITE_IOERR_TRUNCATE);
        }
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &self.tape {
            tape.truncate(size);
        }
        // SAFETY: the method belongs to this file, which is open.
        check(unsafe { method(self.file, at) })
    }

    fn sync(&mut self, flags: c_int) -> Result<(), Code> {
        let method = method!(self, xSync)?;
        #[cfg(test)]
        if let Some(failure) = self.faults.as_ref().and_then(|faults| faults.next()) {
            return Err(failure.sync_code());
        }
        // SAFETY: the method belongs to this file, which is open.
        check(unsafe { method(self.file, flags) })?;
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &mut self.tape {
            tape.sync();
        }
        Ok(())
    }

    fn size(&mut self) -> Result<u64, Code> {
        let method = method!(self, xFileSize)?;
        let mut size = 0;
        // SAFETY: the method belongs to this file, which is open; `size` is a valid place for its answer.
        check(unsafe { method(self.file, &raw mut size) })?;
        u64::try_from(size).map_err(|_| ffi::SQLITE_IOERR_FSTAT)
    }
}
