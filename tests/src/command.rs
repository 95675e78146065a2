//! Runs the `amparo` command as its users do: another process, arguments, exit code, printed text.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::PASSPHRASE;

/// A folder for one test, with a place for temporary files of its own, so that what is left there can be looked at.
pub struct Place {
    command: PathBuf,
    folder: tempfile::TempDir,
}

/// What a run of the command answered.
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Place {
    /// A new folder; `command` is the path of the command under test.
    pub fn new(command: &str) -> Self {
        let place = Self { command: command.into(), folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.temporary()).unwrap();
        place
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The vault's folder.
    pub fn vault(&self) -> PathBuf {
        self.path("vault")
    }

    /// Where the command puts temporary files, if it makes any.
    pub fn temporary(&self) -> PathBuf {
        self.path("tmp")
    }

    /// The command with `args`, ready to run.
    pub fn prepare<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        let mut command = Command::new(&self.command);
        command.args(args).env("AMPARO_PASSPHRASE", PASSPHRASE).env("TMPDIR", self.temporary());
        command.env_remove("AMPARO_NEW_PASSPHRASE").stdin(std::process::Stdio::null());
        command
    }

    /// Runs the command with `args`.
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> Answer {
        Answer::from(self.prepare(args).output().unwrap())
    }

    /// Runs it with `--json` and reads what it prints; it must succeed.
    pub fn json<A: AsRef<OsStr>>(&self, args: &[A]) -> Value {
        let mut command = self.prepare(args);
        let answer = Answer::from(command.arg("--json").output().unwrap());
        assert_eq!(answer.code, 0, "{:?}: {}{}", command, answer.out, answer.err);
        serde_json::from_str(&answer.out).unwrap_or_else(|e| panic!("{e}: {}", answer.out))
    }

    /// Creates the vault, at the floor of the key derivation.
    pub fn create_vault(&self) {
        let vault = self.vault();
        let answer =
            self.run(&[OsStr::new("vault"), "create".as_ref(), vault.as_ref(), "--kdf-memory".as_ref(), "64".as_ref()]);
        assert_eq!(answer.code, 0, "{}", answer.err);
    }

    /// Writes an incident and returns its id.
    pub fn new_incident(&self, title: &str, text: &str) -> String {
        let vault = self.vault();
        let new = self.json(&["incident", "new", vault.to_str().unwrap(), "--title", title, "--text", text]);
        new["id"].as_str().unwrap().to_owned()
    }

    /// Adds a file to an incident and returns the evidence's id.
    pub fn add(&self, incident: &str, file: &Path) -> String {
        let vault = self.vault();
        let added =
            self.json(&["evidence", "add", vault.to_str().unwrap(), file.to_str().unwrap(), "--incident", incident]);
        added["evidence"][0]["id"].as_str().unwrap().to_owned()
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
