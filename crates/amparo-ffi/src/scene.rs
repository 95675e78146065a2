//! What the tests of this crate begin with: a vault in a folder of its own, as a host makes one.

use std::{path::PathBuf, sync::Arc};

use tempfile::TempDir;

use crate::{
    incidents::{Incident, IncidentContent},
    vault::{Kdf, Vault},
};

/// A vault and a folder beside it, both gone at the end.
pub(crate) struct Scene {
    folder: TempDir,
    pub vault: Arc<Vault>,
}

impl Scene {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kdf = Kdf::Fixed { memory_kib: 65536, passes: 3, lanes: 1 };
        let directory = folder.path().join("vault").to_str().unwrap().to_owned();
        let vault = Vault::create(directory, b"correct horse battery staple", kdf, None, None).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder, vault }
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
