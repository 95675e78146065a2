//! What the integration tests share: a vault in a temporary folder and a clock that can be set.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use amparo_core::{
    Amparo, Clock, ClockTrust, CreateOptions, EvidenceId, IncidentId, KdfParams, Passphrase, Stamp, Timestamp,
    UnlockOptions,
    evidence::{Evidence, ImportRequest, no_progress},
};
use amparo_crypto::age::{Identity, KeyKind, Recipient};

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Stamp {
        Stamp { time: Timestamp::from_unix(self.0.fetch_add(1, Ordering::Relaxed)), clock: ClockTrust::DEVICE }
    }
}

/// A clock that tests set; one that runs backwards is no harder than another. Negative seconds: a clock that is known to be wrong.
#[derive(Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl HandClock {
    pub fn at(day: &str) -> Self {
        let clock = Self(Arc::default());
        clock.set(day);
        clock
    }

    /// Sets it to the morning of a day, `YYYY-MM-DD`.
    pub fn set(&self, day: &str) {
        self.0.store(format!("{day}T06:00:00Z").parse::<Timestamp>().unwrap().unix(), Ordering::Relaxed);
    }

    /// From now on it is known to be wrong.
    pub fn distrust(&self) {
        self.0.store(-self.0.load(Ordering::Relaxed).abs(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Stamp {
        let seconds = self.0.load(Ordering::Relaxed);
        let clock = if seconds < 0 { ClockTrust::SUSPECT } else { ClockTrust::DEVICE };
        Stamp { time: Timestamp::from_unix(seconds.abs()), clock }
    }
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock(AtomicI64::new(1_795_429_230)))
}

pub fn passphrase() -> Passphrase {
    Passphrase::new(b"correct horse battery staple").unwrap()
}

pub struct Home {
    pub dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> (Self, Amparo) {
        let dir = tempfile::tempdir().unwrap();
        let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
        let amparo = Amparo::create(&dir.path().join("vault"), &passphrase(), &options, clock()).unwrap();
        (Self { dir }, amparo)
    }

    pub fn with_clock(clock: &HandClock) -> (Self, Amparo) {
        let dir = tempfile::tempdir().unwrap();
        let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
        let clock = Arc::new(clock.clone());
        let amparo = Amparo::create(&dir.path().join("vault"), &passphrase(), &options, clock).unwrap();
        (Self { dir }, amparo)
    }

    pub fn vault(&self) -> PathBuf {
        self.path("vault")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn unlock(&self) -> Amparo {
        unlock(&self.vault())
    }

    /// Files in the folder beside the vault.
    pub fn beside(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "vault")
            .collect();
        names.sort();
        names
    }
}

pub fn unlock(dir: &Path) -> Amparo {
    Amparo::unlock(dir, &passphrase(), &UnlockOptions::default(), clock()).unwrap()
}

pub fn for_incident(incident: IncidentId) -> ImportRequest {
    ImportRequest { incident: Some(incident), ..ImportRequest::default() }
}

pub fn import(amparo: &Amparo, incident: IncidentId, bytes: &[u8]) -> Evidence {
    amparo.evidence().import(bytes, None, for_incident(incident), &mut no_progress).unwrap()
}

pub fn read_all(amparo: &Amparo, id: EvidenceId) -> Vec<u8> {
    let mut out = Vec::new();
    amparo.evidence().open_reader(id).unwrap().read_to_end(&mut out).unwrap();
    out
}

/// `len` bytes that look like a JPEG and repeat nowhere near a slot's length.
pub fn photo(len: usize) -> Vec<u8> {
    let mut out = b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec();
    let mut state = 0x9e37_79b9u32;
    while out.len() < len {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out.push((state >> 24) as u8);
    }
    out.truncate(len);
    out
}

/// A source that does something when a part of it has been read.
pub struct Interrupted<'a> {
    pub bytes: &'a [u8],
    pub after: usize,
    pub done: usize,
    pub act: Option<Box<dyn FnOnce() -> io::Result<()> + 'a>>,
}

impl Read for Interrupted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.done >= self.after
            && let Some(act) = self.act.take()
        {
            act()?;
        }
        let n = out.len().min(self.bytes.len() - self.done);
        out[..n].copy_from_slice(&self.bytes[self.done..self.done + n]);
        self.done += n;
        Ok(n)
    }
}

pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn media_files(vault: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for space in std::fs::read_dir(vault.join("spaces")).unwrap() {
        let media = space.unwrap().path().join("media");
        out.extend(std::fs::read_dir(media).unwrap().map(|entry| entry.unwrap().path()));
    }
    out
}

pub fn key(kind: KeyKind) -> (Identity, Recipient) {
    let identity = Identity::generate(kind).unwrap();
    let recipient = identity.recipient();
    (identity, recipient)
}
