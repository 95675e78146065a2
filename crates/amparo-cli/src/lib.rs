//! The `amparo` command line: vault, incidents, evidence, custody, reports and the desk, from a terminal.
//!
//! No logic of the domain lives here: a command reads its arguments, calls `amparo-core`, `amparo-pack` or `amparo-desk`, and prints. What it
//! prints to standard output is the result; everything else goes to standard error.

#![allow(clippy::print_stderr)] // it is a command line: failures go to standard error

mod args;
mod commands;
mod failure;
mod output;
mod passphrase;
mod progress;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    args::{Cli, Command},
    commands::Context,
    failure::{Exit, Failure},
    output::Output,
};

/// Runs the command that this process's arguments ask for.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let context = Context { output: Output::new(cli.json), passphrase_file: cli.passphrase_file };
    let result = match cli.command {
        Command::Vault(command) => commands::vault::run(&context, command),
        Command::Incident(command) => commands::incident::run(&context, command),
        Command::Evidence(command) => commands::evidence::run(&context, command),
        Command::Custody(command) => commands::custody::run(&context, command),
        Command::Recipient(command) => commands::recipient::run(&context, command),
        Command::Report(command) => commands::report::run(&context, command),
        Command::Checklist(command) => commands::checklist::run(&context, command),
        Command::Pack(command) => commands::pack::run(&context, command),
        Command::Desk(command) => commands::desk::run(&context, command),
        Command::Tour(command) => commands::tour::run(&context, &command),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        // The result was printed; it is the answer to "does it verify?".
        Ok(false) => ExitCode::from(Exit::NotVerified as u8),
        Err(failure) => Failure::report(&failure, cli.json),
    }
}
