//! A capture under way.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use amparo_core::evidence;

use super::{Evidence, EvidenceError};
use crate::{
    convert::IntoHost as _,
    error::{CAPTURE_OVER, Failure, call},
    ids::EvidenceId,
};

/// Records straight into the vault. Whoever forgets it loses nothing: dropped, or cut by a lock of the vault, it ends with every byte
/// that was given, in the state `Interrupted`. Only `abort` throws anything away. Calls from several threads follow one another.
#[derive(uniffi::Object)]
pub struct Capture {
    id: EvidenceId,
    taken: AtomicU64,
    capture: Mutex<Option<evidence::Capture>>,
}

impl Capture {
    pub(super) fn of(capture: evidence::Capture) -> Arc<Self> {
        let id = capture.id().into_host();
        Arc::new(Self { id, taken: AtomicU64::new(0), capture: Mutex::new(Some(capture)) })
    }

    fn open(&self) -> MutexGuard<'_, Option<evidence::Capture>> {
        self.capture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the capture out, so that it is ended outside of our lock: ending one asks the host's clock.
    fn end(&self) -> Result<evidence::Capture, Failure> {
        self.open().take().ok_or_else(over)
    }
}

fn over() -> Failure {
    Failure::new(CAPTURE_OVER, "the capture is over: it was finished or given up")
}

#[uniffi::export]
impl Capture {
    /// The id of the evidence it becomes.
    pub fn id(&self) -> EvidenceId {
        self.id.clone()
    }

    /// Bytes that were taken. Never waits, so that a display may ask while a write is under way.
    pub fn size(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes what was recorded. `bytes` is read in place; the caller wipes it. May block for the disk. About once a second what was
    /// taken is synced by itself. After an error no more is taken; end the capture then, what was written is kept.
    pub fn write(&self, bytes: &[u8]) -> Result<(), EvidenceError> {
        call("capture.write", || {
            self.open().as_mut().ok_or_else(over)?.write(bytes)?;
            self.taken.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            Ok(())
        })
    }

    /// Returns when every slot that is full is on the medium: for an app that is about to be suspended. Blocks for the disk.
    pub fn sync(&self) -> Result<(), EvidenceError> {
        call("capture.sync", || Ok(self.open().as_mut().ok_or_else(over)?.sync()?))
    }

    /// Ends the capture: when this returns, the evidence, its hash and its custody entry are on the medium. `Empty` when nothing was
    /// given: nothing is kept then, not even a row. After any other failure what was written is kept and labelled, under `id`. The
    /// capture is over in any case.
    pub fn finish(&self) -> Result<Evidence, EvidenceError> {
        call("capture.finish", || {
            let capture = self.end()?;
            Ok(capture.finish()?.into_host())
        })
    }

    /// Throws the capture away, as if it had never begun: row, key and bytes. The capture is over in any case.
    pub fn abort(&self) -> Result<(), EvidenceError> {
        call("capture.abort", || {
            let capture = self.end()?;
            Ok(capture.abort()?)
        })
    }
}
