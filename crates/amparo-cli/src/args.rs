//! The command line's grammar. Others script against it: a name or an option, once released, keeps its meaning.

mod card;
pub mod checklist;
mod custody;
pub mod evidence;
pub mod incident;
mod interchange;
mod pack;
mod recipient;
mod report;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use card::{CardKeys, DeskCard, NewCard};
pub use checklist::Checklist;
pub use custody::{Anchor, AnchorKind, Custody, Prove};
pub use incident::Incident;
pub use interchange::{ExportFormat, IncidentExport, IncidentImport, OnConflict};
pub use pack::{Pack, Sources as PackSources};
pub use recipient::{CardFiles, Recipient, Who};
pub use report::{CheckArgs, ChoiceArgs, Persons, Report, ReportArgs, Sender, Show};

/// Keeps incident evidence encrypted, and seals reports that only their recipients can open.
#[derive(Parser)]
#[command(name = "amparo", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// Print results as JSON (one document on standard output); errors become JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Read the passphrase from this file (a final line break is not part of it) instead of AMPARO_PASSPHRASE or a prompt
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for verify and check: everything verified
  1  verify or check found something wrong
  2  the command line is not understood
  3  an input is missing, empty or not what it should be
  4  wrong passphrase, or a report sealed to somebody else
  5  the vault is in use by another process
  6  the vault, a medium or a report is damaged or was tampered with
  7  the storage is full, or the operating system refused a file operation
  8  the target exists already; nothing was overwritten
  9  cancelled";

/// The topics.
#[derive(Subcommand)]
pub enum Command {
    /// Create and look after a vault
    #[command(subcommand)]
    Vault(Vault),
    /// Write down and find what happened
    #[command(subcommand)]
    Incident(Incident),
    /// Record and add photos, video, sound, documents and testimony, make copies, delete
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// The log of what was done with each piece of evidence
    #[command(subcommand)]
    Custody(Custody),
    /// Seal what should be disclosed
    #[command(subcommand)]
    Report(Report),
    /// Those to whom reports can be sealed: import and compare their cards, list, show, hand on
    #[command(subcommand)]
    Recipient(Recipient),
    /// Follow safety checklists: show, start, tick, repeat
    #[command(subcommand)]
    Checklist(Checklist),
    /// Checklist packs: write, check, build, sign, verify, show and install them. Only installing needs a vault
    #[command(subcommand)]
    Pack(Pack),
    /// The recipient's side: make keys and a card, open and verify reports
    #[command(subcommand)]
    Desk(Desk),
    /// Show the whole way once, from a photo to an opened report, in a temporary folder
    Tour(Tour),
}

/// `amparo vault`
#[derive(Subcommand)]
pub enum Vault {
    /// Create a vault in a new or empty folder
    Create {
        /// The folder
        dir: PathBuf,
        /// Memory for the key derivation in MiB (64 to 1024); by default this machine is measured and about a second is spent
        #[arg(long, value_name = "MIB")]
        kdf_memory: Option<u32>,
    },
    /// Show what is visible of a vault without its passphrase
    Info {
        /// The vault's folder
        dir: PathBuf,
    },
    /// Change the passphrase
    Passwd {
        /// The vault's folder
        dir: PathBuf,
        /// Read the new passphrase from this file instead of AMPARO_NEW_PASSPHRASE or a prompt
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Read everything in the vault and name what is damaged
    Check {
        /// The vault's folder
        dir: PathBuf,
    },
}

/// `amparo desk`
#[derive(Subcommand)]
pub enum Desk {
    /// Make a key pair; prints the recipient to hand out
    Keygen {
        /// The new key file (age's identity format)
        #[arg(short, long, value_name = "KEYFILE")]
        output: PathBuf,
        /// An X25519 key, for software that knows no post-quantum keys
        #[arg(long)]
        classic: bool,
    },
    /// The card that hands out your keys: make, renew and show it
    #[command(subcommand)]
    Card(DeskCard),
    /// Open a sealed report into a new folder and verify it
    Open {
        /// The sealed report
        file: PathBuf,
        /// The key file
        #[arg(short, long, value_name = "KEYFILE")]
        identity: PathBuf,
        /// The new folder
        #[arg(short, long, value_name = "OUTDIR")]
        output: PathBuf,
    },
    /// Verify a sealed report, or a folder that one was opened into
    Verify {
        /// The sealed report or the folder
        path: PathBuf,
        /// The key file; needed for a sealed report
        #[arg(short, long, value_name = "KEYFILE")]
        identity: Option<PathBuf>,
    },
}

/// `amparo tour`
#[derive(Args)]
pub struct Tour {
    /// Your own files; without any, a photo, a video and a sound that come with the program
    pub files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
