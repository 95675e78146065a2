//! The few file operations that sealing needs, so that pages and logs can be proven against memory and against faults.
//!
//! Nothing here knows about keys. Implementors MUST report every failure: a swallowed error would let a commit be
//! acknowledged that is not on disk.

use std::ffi::c_int;

/// An extended SQLite result code other than `SQLITE_OK`.
pub(super) type Code = c_int;

/// One open file below the encryption.
pub(super) trait Store {
    /// Fills `buf` from `offset`. `SQLITE_IOERR_SHORT_READ` when the file ends before; `buf` is then unspecified.
    fn read(&mut self, buf: &mut [u8], offset: u64) -> Result<(), Code>;
    /// Writes all of `bytes` at `offset`, or fails; after a failure any part of them may be in the file.
    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Code>;
    /// Cuts the file to `size` bytes. Durable only after [`sync`](Self::sync).
    fn truncate(&mut self, size: u64) -> Result<(), Code>;
    /// Makes everything written so far survive a power loss. `flags` are SQLite's `SQLITE_SYNC_*`.
    fn sync(&mut self, flags: c_int) -> Result<(), Code>;
    /// Bytes in the file.
    fn size(&mut self) -> Result<u64, Code>;
}
