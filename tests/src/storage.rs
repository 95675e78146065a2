//! Storage as a power loss leaves it, from a recording of what was written.
//!
//! The model: what was synced is there. What was not synced is there, is not there, or is there in part, in pieces of 512
//! bytes and in any order. A name that was created, and not made durable by a sync of its folder, may be missing; a deleted
//! one may be back. Not modelled: storage that lies about a sync.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use amparo_vault::record::Op;
use rand::{Rng, RngExt};

const SECTOR: usize = 512;

/// The storage after a prefix of a recording.
#[derive(Clone, Default)]
pub struct Storage {
    files: BTreeMap<PathBuf, FileState>,
}

#[derive(Clone, Default)]
struct FileState {
    durable: Vec<u8>,
    /// Writes and truncations since the last sync.
    pending: Vec<Op>,
    /// Whether the name survives; `None` when it does and nothing is pending.
    name: Name,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Name {
    #[default]
    Durable,
    Created,
    Deleted,
}

/// How the machine stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The process was killed: everything handed to the operating system is there.
    Kill,
    /// The power went: what was not synced is lost, kept or torn.
    PowerLoss,
}

impl Storage {
    /// The files under `root`, all of them durable.
    pub fn load(root: &Path) -> Self {
        let mut storage = Self::default();
        storage.load_dir(root, root);
        storage
    }

    fn load_dir(&mut self, root: &Path, dir: &Path) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.load_dir(root, &path);
            } else {
                let state = FileState { durable: fs::read(&path).unwrap(), ..FileState::default() };
                self.files.insert(path.strip_prefix(root).unwrap().to_path_buf(), state);
            }
        }
    }

    /// Plays one recorded operation.
    pub fn play(&mut self, op: &Op) {
        match op {
            Op::Create { file } => {
                self.files.entry(file.clone()).or_insert(FileState { name: Name::Created, ..FileState::default() });
            }
            Op::Write { file, .. } | Op::Truncate { file, .. } => {
                let new = FileState { name: Name::Created, ..FileState::default() };
                self.files.entry(file.clone()).or_insert(new).pending.push(op.clone());
            }
            Op::Sync { file } => {
                if let Some(state) = self.files.get_mut(file) {
                    for op in std::mem::take(&mut state.pending) {
                        apply(&mut state.durable, &op);
                    }
                    // SQLite's own VFS syncs the folder with the first sync of a new journal or log.
                    if state.name == Name::Created && is_sqlite_log(file) {
                        state.name = Name::Durable;
                    }
                }
            }
            Op::Delete { file } => {
                if let Some(state) = self.files.get_mut(file) {
                    state.name = Name::Deleted;
                }
            }
            Op::Rename { .. } => panic!("no rename is expected while a vault is open"),
            Op::SyncDirectory { directory } => {
                let here = |file: &Path| file.parent() == Some(directory);
                self.files.retain(|file, state| !(here(file) && state.name == Name::Deleted));
                self.files.iter_mut().filter(|(file, _)| here(file)).for_each(|(_, state)| state.name = Name::Durable);
            }
            Op::Mark(_) => {}
        }
    }

    /// Writes what is left after `stop` into the empty folder `target`.
    pub fn leave(&self, stop: Stop, target: &Path, rng: &mut impl Rng) {
        for (file, state) in &self.files {
            let power = stop == Stop::PowerLoss;
            let present = match state.name {
                Name::Durable => true,
                Name::Created => !power || rng.random_bool(0.5),
                Name::Deleted => power && rng.random_bool(0.5),
            };
            if !present {
                continue;
            }
            let mut content = state.durable.clone();
            for op in &state.pending {
                if power { tear(&mut content, op, rng) } else { apply(&mut content, op) }
            }
            let path = target.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
}

fn is_sqlite_log(file: &Path) -> bool {
    let name = file.to_string_lossy();
    name.ends_with("-wal") || name.ends_with("-journal")
}

fn apply(content: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Write { offset, data, .. } => {
            let start = usize::try_from(*offset).unwrap();
            if content.len() < start + data.len() {
                content.resize(start + data.len(), 0);
            }
            content[start..start + data.len()].copy_from_slice(data);
        }
        Op::Truncate { size, .. } => content.resize(usize::try_from(*size).unwrap(), 0),
        _ => {}
    }
}

fn tear(content: &mut Vec<u8>, op: &Op, rng: &mut impl Rng) {
    let Op::Write { file, offset, data } = op else {
        if rng.random_bool(0.5) {
            apply(content, op);
        }
        return;
    };
    let kept = rng.random_range(0..3);
    let mut at = 0;
    while at < data.len() {
        // Pieces end at multiples of the sector size in the file.
        let in_sector = (usize::try_from(*offset).unwrap() + at) % SECTOR;
        let end = (at + SECTOR - in_sector).min(data.len());
        if kept == 1 || (kept == 2 && rng.random_bool(0.5)) {
            let piece = Op::Write { file: file.clone(), offset: offset + at as u64, data: data[at..end].to_vec() };
            apply(content, &piece);
        }
        at = end;
    }
}
