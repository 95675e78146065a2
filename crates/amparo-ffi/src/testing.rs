//! A vault for the tests of this crate: with the least that a key derivation may cost, in a folder that goes with it.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crate::{
    host::Clock,
    vault::{Kdf, Vault},
};

pub const PASSPHRASE: &[u8] = b"seven words that nobody would guess here";

pub struct Home {
    dir: tempfile::TempDir,
    pub vault: Arc<Vault>,
}

impl Home {
    pub fn new() -> Self {
        Self::with_clock(None)
    }

    pub fn with_clock(clock: Option<Arc<dyn Clock>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path().join("vault").to_str().unwrap().to_owned();
        let kdf = Kdf::Fixed { memory_kib: 65_536, passes: 3, lanes: 1 };
        let vault = Vault::create(directory, PASSPHRASE, kdf, None, clock).unwrap();
        Self { dir, vault }
    }

    /// A path beside the vault.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// The same vault, unlocked anew.
    pub fn unlock(&mut self) {
        self.vault = Vault::unlock(self.path("vault"), PASSPHRASE, None, None).unwrap();
    }
}

/// Bytes that are not the same anywhere: a piece at the wrong place is seen.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}
