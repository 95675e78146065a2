//! Long jobs: how the host stops one, and how it sees how far one is. The host polls; nothing calls it.

use core::ops::ControlFlow;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Stops a long job. The job ends with the topic's `Cancelled`, after the block it is at, and keeps nothing half-made.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken {
    cancelled: AtomicBool,
}

#[uniffi::export]
impl CancelToken {
    /// A token that nobody has used.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Asks the job to stop. It cannot be taken back; a token is for one job, or for several that stop together.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// How far a job is. Give a new one to each job and read it from any thread, as often as the display is drawn.
#[derive(Debug, Default, uniffi::Object)]
pub struct Progress {
    bytes: AtomicU64,
}

#[uniffi::export]
impl Progress {
    /// At the beginning.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Bytes that have passed.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// What a job in the core calls between its blocks.
pub(crate) fn watch(
    cancel: Option<Arc<CancelToken>>,
    progress: Option<Arc<Progress>>,
) -> impl FnMut(u64) -> ControlFlow<()> {
    move |bytes| {
        if let Some(progress) = &progress {
            progress.bytes.store(bytes, Ordering::Relaxed);
        }
        match &cancel {
            Some(cancel) if cancel.is_cancelled() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}
