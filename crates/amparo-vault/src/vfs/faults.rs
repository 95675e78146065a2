//! Tests only: a countdown in front of the base file's writes, truncations and syncs.
//!
//! What may not happen here: a fault that the product could meet (the module is not compiled into it).

use std::{ffi::c_int, sync::Mutex};

use rusqlite::ffi;

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The disk is full and nothing was written.
    Full,
    /// The disk is full and half of it was written.
    FullHalfWay,
    /// An I/O error; nothing was written.
    Error,
    /// An I/O error is reported, but everything was written.
    ErrorAfterwards,
    /// The code that calls the base file panics.
    Panic,
}

impl Failure {
    pub(super) const fn landed(self, length: usize) -> usize {
        match self {
            Self::Full | Self::Error | Self::Panic => 0,
            Self::FullHalfWay => length / 2,
            Self::ErrorAfterwards => length,
        }
    }

    pub(super) const fn code(self) -> c_int {
        match self {
            Self::Full | Self::FullHalfWay => ffi::SQLITE_FULL,
            Self::Error | Self::ErrorAfterwards | Self::Panic => ffi::SQLITE_IOERR_WRITE,
        }
    }

    pub(super) const fn sync_code(self) -> c_int {
        match self {
            Self::Full | Self::FullHalfWay => ffi::SQLITE_FULL,
            Self::Error | Self::ErrorAfterwards | Self::Panic => ffi::SQLITE_IOERR_FSYNC,
        }
    }
}

struct Plan {
    left: u64,
    failure: Failure,
    lasting: bool,
    fired: bool,
}

/// The countdown shared by all files of one database.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Option<Plan>>);

impl Faults {
    /// After `left` more operations, one fails, or (`lasting`) all do.
    pub(crate) fn plan(&self, left: u64, failure: Failure, lasting: bool) {
        *self.0.lock().unwrap() = Some(Plan { left, failure, lasting, fired: false });
    }

    /// No more faults. Returns whether there has been one.
    pub(crate) fn stop(&self) -> bool {
        self.0.lock().unwrap().take().is_some_and(|plan| plan.fired)
    }

    pub(super) fn next(&self) -> Option<Failure> {
        let mut guard = self.0.lock().unwrap();
        let plan = guard.as_mut()?;
        if let Some(left) = plan.left.checked_sub(1) {
            plan.left = left;
            return None;
        }
        let now = plan.lasting || !plan.fired;
        plan.fired = true;
        let failure = now.then_some(plan.failure);
        drop(guard);
        assert!(failure != Some(Failure::Panic), "as planned by the test");
        failure
    }
}
