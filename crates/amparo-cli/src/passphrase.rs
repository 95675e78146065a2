//! Where a passphrase comes from: a file, the environment, or a prompt without echo. Never an argument: those are visible to
//! every process of the machine and stay in the shell's history.

use std::{io::IsTerminal as _, path::Path};

use amparo_crypto::kdf::Passphrase;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The environment variable of the passphrase.
const PASSPHRASE: &str = "AMPARO_PASSPHRASE";
/// The environment variable of the new passphrase of `vault passwd`.
const NEW_PASSPHRASE: &str = "AMPARO_NEW_PASSPHRASE";

/// A passphrase that exists already.
pub fn existing(file: Option<&Path>) -> Result<Passphrase, Failure> {
    given(file, PASSPHRASE)?.map_or_else(|| prompt("Passphrase: "), Ok)
}

/// The passphrase of a vault that is being created: a prompt asks twice.
pub fn chosen(file: Option<&Path>) -> Result<Passphrase, Failure> {
    given(file, PASSPHRASE)?.map_or_else(|| prompt_twice("Passphrase for the new vault: "), Ok)
}

/// The passphrase to change to: a prompt asks twice.
pub fn replacement(file: Option<&Path>) -> Result<Passphrase, Failure> {
    given(file, NEW_PASSPHRASE)?.map_or_else(|| prompt_twice("New passphrase: "), Ok)
}

fn given(file: Option<&Path>, variable: &str) -> Result<Option<Passphrase>, Failure> {
    let bytes = match file {
        Some(path) => {
            let bytes = std::fs::read(path)
                .map_err(|e| Failure::input(format!("cannot read the passphrase file: {}", e.kind())))?;
            Some(Zeroizing::new(bytes))
        }
        None => std::env::var_os(variable).map(|value| Zeroizing::new(value.into_encoded_bytes())),
    };
    bytes.map(|bytes| make(&bytes)).transpose()
}

fn make(bytes: &[u8]) -> Result<Passphrase, Failure> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Passphrase::new(line).map_err(|_| Failure::input("the passphrase is empty or too long"))
}

fn prompt(text: &str) -> Result<Passphrase, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::input(format!(
            "no passphrase: use --passphrase-file, set {PASSPHRASE}, or run in a terminal to be asked"
        )));
    }
    let typed = rpassword::prompt_password(text)
        .map_err(|e| Failure::input(format!("cannot read the passphrase: {}", e.kind())))?;
    make(Zeroizing::new(typed).as_bytes())
}

fn prompt_twice(text: &str) -> Result<Passphrase, Failure> {
    let first = prompt(text)?;
    let second = prompt("Again: ")?;
    if first.same_as(&second) { Ok(first) } else { Err(Failure::input("the two passphrases differ")) }
}
