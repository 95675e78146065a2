//! After `unlock` has returned and the caller has wiped its own buffer, no copy of the passphrase is left in the process: its whole
//! memory is read from outside and searched.
//!
//! The process is this file's `unlocking_process`. It is given the passphrase masked, so that neither its arguments nor its
//! environment hold it in the clear, and a first search must find it: a search that finds nothing must be able to find something.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use amparo::{Kdf, Vault};
use zeroize::Zeroize as _;

const MASK: u8 = 0xa5;
const FOLDER: &str = "AMPARO_MEMORY_FOLDER";
const MASKED: &str = "AMPARO_MEMORY_MASKED";

fn masked(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{:02x}", byte ^ MASK)).collect()
}

/// Runs as a process of its own, below. Its steps are told and driven over its standard streams.
#[test]
#[ignore = "a part of the other tests of this file"]
fn unlocking_process() {
    let folder = std::env::var(FOLDER).unwrap();
    let hex = std::env::var(MASKED).unwrap();
    let mut passphrase = Vec::with_capacity(hex.len());
    for pair in hex.as_bytes().chunks(2) {
        passphrase.push(u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap() ^ MASK);
    }
    step("held");
    let vault = if Path::new(&folder).exists() {
        Vault::unlock(folder, &passphrase, None, None).unwrap()
    } else {
        let kdf = Kdf::Fixed { memory_kib: 65536, passes: 3, lanes: 1 };
        Vault::create(folder, &passphrase, kdf, None, None).unwrap()
    };
    passphrase.zeroize();
    step("open");
    assert!(vault.incidents().list(1, None).unwrap().incidents.is_empty());
    vault.lock().unwrap();
    step("locked");
}

/// Says where it is, and waits to be told to go on.
fn step(name: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "STEP {name}").unwrap();
    out.flush().unwrap();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
}

struct Process {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(folder: &Path, passphrase: &[u8]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "--test-threads=1", "unlocking_process"])
            .env(FOLDER, folder)
            .env(MASKED, masked(passphrase))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    fn reach(&mut self, name: &str) {
        let wanted = format!("STEP {name}");
        let mut line = String::new();
        while self.out.read_line(&mut line).unwrap() > 0 {
            if line.contains(&wanted) {
                return;
            }
            line.clear();
        }
        panic!("the process ended before {name}");
    }

    fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Where each of `needles` is in the process's memory, as the names of the mappings.
    fn find(&self, needles: &[Vec<u8>]) -> Vec<String> {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.child.id())).unwrap();
        let memory = File::open(format!("/proc/{}/mem", self.child.id())).unwrap();
        let mut found = Vec::new();
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            let name = words.nth(3).unwrap_or("anonymous");
            // Pages of the kernel, which cannot be read this way.
            if !rights.starts_with('r') || name.starts_with("[v") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let address = |text: &str| u64::from_str_radix(text, 16).unwrap();
            let mut bytes = vec![0; usize::try_from(address(to) - address(from)).unwrap()];
            memory.read_exact_at(&mut bytes, address(from)).unwrap();
            for needle in needles {
                let hits = bytes.windows(needle.len()).filter(|window| window == needle).count();
                found.extend((0..hits).map(|_| format!("{name} ({} bytes)", needle.len())));
            }
        }
        found
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The passphrase whole and in halves, and as UTF-16, which the JVM's strings are.
fn needles(passphrase: &[u8]) -> Vec<Vec<u8>> {
    let (first, second) = passphrase.split_at(passphrase.len() / 2);
    let utf16 = passphrase.iter().flat_map(|byte| [*byte, 0]).collect();
    vec![passphrase.to_vec(), first.to_vec(), second.to_vec(), utf16]
}

fn random_passphrase() -> Vec<u8> {
    let mut random = [0u8; 32];
    File::open("/dev/urandom").unwrap().read_exact(&mut random).unwrap();
    random.iter().map(|byte| b'!' + byte % 90).collect()
}

#[test]
fn no_copy_of_the_passphrase_outlives_create_and_unlock() {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    let passphrase = random_passphrase();
    let needles = needles(&passphrase);
    for opening in ["create", "unlock"] {
        let mut process = Process::start(&vault, &passphrase);
        process.reach("held");
        assert!(!process.find(&needles).is_empty(), "{opening}: the search cannot find what is there");
        process.go_on();
        process.reach("open");
        assert_eq!(process.find(&needles), Vec::<String>::new(), "{opening}");
        process.go_on();
        process.reach("locked");
        assert_eq!(process.find(&needles), Vec::<String>::new(), "{opening}, then locked");
        process.go_on();
        assert!(process.child.wait().unwrap().success());
    }
}
