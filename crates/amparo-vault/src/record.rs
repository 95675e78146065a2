//! A recording of everything that reaches the disk, in order, for the power-loss simulator.
//!
//! Compiled only with the feature `record-writes`. A simulator replays a prefix of the tape, keeps what was synced and
//! loses, keeps or tears the rest. What may not happen here: a recorded operation that the file system was not asked for, or
//! one that was asked for and is not on the tape. An operation is recorded before it is attempted (a failed write may have
//! reached the disk), a sync only after it succeeded.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// One operation on storage. File names are relative to the tape's root directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A file was created, empty.
    Create {
        /// The new file.
        file: PathBuf,
    },
    /// Bytes were written. Not durable before the next [`Op::Sync`] of the file.
    Write {
        /// The file.
        file: PathBuf,
        /// Bytes from its start.
        offset: u64,
        /// What was written.
        data: Vec<u8>,
    },
    /// The file was cut or extended with zeros. Not durable before the next [`Op::Sync`] of the file.
    Truncate {
        /// The file.
        file: PathBuf,
        /// Its new length in bytes.
        size: u64,
    },
    /// Everything written to the file so far is durable.
    Sync {
        /// The file.
        file: PathBuf,
    },
    /// The file was deleted. Not durable before the next [`Op::SyncDirectory`] of its directory.
    Delete {
        /// The file.
        file: PathBuf,
    },
    /// The file was renamed, replacing `to`. Not durable before the next [`Op::SyncDirectory`].
    Rename {
        /// The old name.
        from: PathBuf,
        /// The new name.
        to: PathBuf,
    },
    /// All creations, deletions and renames in the directory so far are durable.
    SyncDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// A note of the test, for example "transaction `n` was acknowledged".
    Mark(u64),
}

/// A shared, growing list of operations. Clones record to the same list.
#[derive(Clone, Debug)]
pub struct Tape {
    root: Arc<PathBuf>,
    ops: Arc<Mutex<Vec<Op>>>,
}

impl Tape {
    /// An empty tape for files under `root`, which must exist.
    ///
    /// # Errors
    /// What resolving `root` answers.
    pub fn new(root: &Path) -> std::io::Result<Self> {
        Ok(Self { root: Arc::new(root.canonicalize()?), ops: Arc::default() })
    }

    /// Appends `op`.
    pub fn push(&self, op: Op) {
        self.ops.lock().unwrap_or_else(PoisonError::into_inner).push(op);
    }

    /// Appends [`Op::Mark`].
    pub fn mark(&self, number: u64) {
        self.push(Op::Mark(number));
    }

    /// The name that `path` has on the tape: relative to the root, or `path` itself outside of it.
    #[must_use]
    pub fn name(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root.as_path()).unwrap_or(path).to_path_buf()
    }

    /// A copy of everything recorded so far.
    #[must_use]
    pub fn ops(&self) -> Vec<Op> {
        self.ops.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
