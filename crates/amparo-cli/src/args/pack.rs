//! The grammar of `amparo pack`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `amparo pack`
#[derive(Subcommand)]
pub enum Pack {
    /// Make a publisher's key; prints the public key and the fingerprint to hand out
    Keygen {
        /// The new key file
        #[arg(short, long, value_name = "KEYFILE")]
        output: PathBuf,
    },
    /// Write the sources of a first pack into a new folder
    New {
        /// The folder
        dir: PathBuf,
        /// The pack's id: lower-case letters, digits, - and .
        #[arg(long, value_name = "ID")]
        id: String,
        /// The language to write in first, such as ar or pt-BR
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Say what is wrong in the sources of a pack, where, and what to do
    Lint(Sources),
    /// Build a pack from its sources, without a signature
    Build {
        /// What to build
        #[command(flatten)]
        sources: Sources,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Sign a pack that was built
    Sign {
        /// The pack that was built
        file: PathBuf,
        /// The publisher's key file
        #[arg(short, long, value_name = "KEYFILE")]
        key: PathBuf,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Verify a pack: signature, publisher, content, dates
    Verify {
        /// The pack
        file: PathBuf,
        /// A publisher to accept: its public key (64 hexadecimal digits), or a file with it; may be repeated
        #[arg(long = "publisher", value_name = "KEY")]
        publishers: Vec<String>,
        /// The pack that it would replace
        #[arg(long, value_name = "FILE")]
        installed: Option<PathBuf>,
        /// The day to judge on (2026-11-24); today by default
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Say what changes from one pack to another; exit code 1 when ids are not kept as an update must
    Diff {
        /// The older pack
        old: PathBuf,
        /// The newer pack
        new: PathBuf,
    },
    /// Install a pack into a vault, or update it: shows whose it is and what changes, and asks whether its publisher is accepted
    Install {
        /// The vault's folder
        dir: PathBuf,
        /// The pack
        file: PathBuf,
        /// Accept its publisher if this is the fingerprint; compare it with what the publisher gives by another way
        #[arg(long, value_name = "FINGERPRINT")]
        accept: Option<String>,
        /// Only say what installing would do
        #[arg(long)]
        dry_run: bool,
    },
    /// List a vault's packs and the publishers it accepts
    Installed {
        /// The vault's folder
        dir: PathBuf,
        /// Titles in this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Remove a pack from a vault; what was ticked stays
    Remove {
        /// The vault's folder
        dir: PathBuf,
        /// The pack's id
        id: String,
    },
    /// Accept a publisher's packs no more; those that are installed stay
    Forget {
        /// The vault's folder
        dir: PathBuf,
        /// The publisher's fingerprint
        fingerprint: String,
    },
    /// Show a pack's checklists, or one of them
    Show {
        /// The pack
        file: PathBuf,
        /// A checklist's id
        checklist: Option<String>,
        /// In this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
        /// Show the questions that lead to the checklists
        #[arg(long, conflicts_with = "checklist")]
        triage: bool,
    },
}

/// Sources, and what they are measured against.
#[derive(Args)]
pub struct Sources {
    /// The folder with pack.toml
    pub dir: PathBuf,
    /// The version that is out there: what it has and this one does not must be named as removed
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// The day to judge on (2026-11-24); today by default
    #[arg(long, value_name = "DAY")]
    pub on: Option<String>,
}
