//! Running other commands, and the two ways in which a task ends without success.

use std::{
    fmt::Display,
    io,
    path::Path,
    process::{Command, Stdio},
};

/// Why a task did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// Something went wrong.
    Failed(String),
    /// It could not be tried on this machine: what is missing, each with the way to get it.
    Missing(Vec<String>),
}

pub type Outcome<T = ()> = Result<T, Failure>;

/// What was being done when the operating system said no.
pub trait While<T> {
    fn while_doing(self, what: impl Display) -> Outcome<T>;
}

impl<T> While<T> for io::Result<T> {
    fn while_doing(self, what: impl Display) -> Outcome<T> {
        self.map_err(|error| Failure::Failed(format!("{what}: {error}")))
    }
}

/// `Failed` with these words.
pub fn failed<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Failure::Failed(why.into()))
}

/// `Missing`, if anything is.
pub fn nothing_missing(things: Vec<String>) -> Outcome {
    if things.is_empty() { Ok(()) } else { Err(Failure::Missing(things)) }
}

/// Shows the command, runs it to its end, and wants exit code 0 of it.
pub fn run(command: &mut Command) -> Outcome {
    let line = shown(command);
    eprintln!("$ {line}");
    let status = command.status().while_doing(&line)?;
    if status.success() { Ok(()) } else { failed(format!("{status}: {line}")) }
}

/// What a command prints, if it exists and succeeds. For asking a tool what it is.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program of this name is found.
pub fn is_there(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
