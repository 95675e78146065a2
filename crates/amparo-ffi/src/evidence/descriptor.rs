//! Descriptors that the host hands over: a detached `ParcelFileDescriptor`, a `FileHandle`'s duplicate, an end of a pipe.

use std::{
    fs::File,
    os::fd::{BorrowedFd, FromRawFd as _, OwnedFd},
};

use crate::error::Failure;

/// Takes a descriptor over: whatever happens next, it is closed. The numbers of the standard streams are refused, because a host that
/// gives one of them gives it by mistake, and so is a number that is not open, which shows that it was given or closed before.
pub(super) fn take(fd: i32) -> Result<File, Failure> {
    if fd <= 2 {
        return Err(Failure::argument("this is not a descriptor that can be handed over"));
    }
    // SAFETY: it is borrowed for one call of the system's only, which fails for a number that is not open; and it is not -1.
    let open = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
    if open.is_err() {
        return Err(Failure::argument("this descriptor is not open: was it handed over before?"));
    }
    // SAFETY: it is open, as was just seen, and the caller gives it away, as every operation that takes one says: nobody else uses or
    // closes it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}
