//! What the tests of this crate begin with: a vault in a folder of its own, as a host makes one.

use std::{path::PathBuf, sync::Arc};

use tempfile::TempDir;

use crate::{
    host::Clock,
    incidents::{Incident, IncidentContent},
    vault::{Kdf, Vault},
};

/// A vault and a folder beside it, both gone at the end.
pub(crate) struct Scene {
    folder: TempDir,
    pub vault: Arc<Vault>,
}

const PASSPHRASE: &[u8] = b"correct horse battery staple";

impl Scene {
    pub fn new() -> Self {
        Self::with_clock(None)
    }

    pub fn with_clock(clock: Option<Arc<dyn Clock>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kdf = Kdf::Fixed { memory_kib: 65536, passes: 3, lanes: 1 };
        let directory = folder.path().join("vault").to_str().unwrap().to_owned();
        let vault = Vault::create(directory, PASSPHRASE, kdf, None, clock).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder, vault }
    }

    /// The same vault, unlocked anew.
    pub fn unlock(&mut self) {
        let directory = self.folder.path().join("vault").to_str().unwrap().to_owned();
        self.vault = Vault::unlock(directory, PASSPHRASE, None, None).unwrap();
    }

    /// A path beside the vault.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join("out").join(name).to_str().unwrap().to_owned()
    }

    /// What is there beside the vault.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path().join("out")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    pub fn incident(&self, narrative: &str) -> Incident {
        self.vault.incidents().create(narrative.into()).unwrap()
    }
}

impl From<&str> for IncidentContent {
    fn from(narrative: &str) -> Self {
        use crate::convert::IntoHost as _;
        amparo_core::incident::IncidentContent::from(narrative).into_host()
    }
}
