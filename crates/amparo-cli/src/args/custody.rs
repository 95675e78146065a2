//! The grammar of `amparo custody`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `amparo custody`
#[derive(Subcommand)]
pub enum Custody {
    /// Check the whole log and name the first entry that fails
    Verify {
        /// The vault's folder
        dir: PathBuf,
    },
    /// Tell what happened to one piece of evidence
    History {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        evidence: String,
        /// In this language: en, es, fr, ar, ru
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Tell what happened in the vault, oldest first
    Log {
        /// The vault's folder
        dir: PathBuf,
        /// Begin at this entry
        #[arg(long, value_name = "N", default_value_t = 0)]
        from: u64,
        /// At most this many (1 to 500)
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: u32,
        /// In this language: en, es, fr, ar, ru
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Sign the log as it is now and give out the signed head, for somebody to keep
    Head {
        /// The vault's folder
        dir: PathBuf,
        /// The new file; by default it is printed
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Prove to somebody who keeps a head that an entry stands in the log, or that the log only grew since
    Prove(Prove),
    /// Check such a proof; needs no vault
    CheckProof {
        /// The proof
        proof: PathBuf,
        /// The head that it is for: of an entry's proof the one of its size, otherwise the newer one
        #[arg(long, value_name = "FILE")]
        head: PathBuf,
        /// The older head, for a proof that the log only grew
        #[arg(long, value_name = "FILE")]
        old_head: Option<PathBuf>,
        /// The key that must have signed the heads (64 hexadecimal digits); without it, signatures are not checked
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// Timestamps of others on the log: nothing but a salted hash leaves the vault
    #[command(subcommand)]
    Anchor(Anchor),
}

/// `amparo custody prove`
#[derive(Args)]
pub struct Prove {
    /// The vault's folder
    pub dir: PathBuf,
    /// Prove this entry, which the proof shows
    #[arg(long, value_name = "N", required_unless_present = "since_head", conflicts_with = "since_head")]
    pub entry: Option<u64>,
    /// Prove that the log still begins as it was under this head
    #[arg(long, value_name = "FILE")]
    pub since_head: Option<PathBuf>,
    /// The new file
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// `amparo custody anchor`
#[derive(Subcommand)]
pub enum Anchor {
    /// Write what is to be sent to a timestamp authority or to OpenTimestamps calendars
    Request {
        /// The vault's folder
        dir: PathBuf,
        /// Whom to ask
        #[arg(long, value_enum)]
        kind: AnchorKind,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Store the answer, if it is the answer to this request
    Store {
        /// The vault's folder
        dir: PathBuf,
        /// The anchor's id
        id: String,
        /// The answer: a timestamp response or token, a calendar's answer, or an .ots file
        file: PathBuf,
    },
    /// Store what a calendar answered when it was asked again about its promise
    Complete {
        /// The vault's folder
        dir: PathBuf,
        /// The anchor's id
        id: String,
        /// The promise, as list names it (hexadecimal)
        #[arg(long, value_name = "HEX")]
        promise: String,
        /// The calendar's answer
        file: PathBuf,
    },
    /// List the timestamps
    List {
        /// The vault's folder
        dir: PathBuf,
    },
    /// Check all timestamps against the log
    Verify {
        /// The vault's folder
        dir: PathBuf,
    },
    /// Write a timestamp, and beside it (FILE.json) what it is of, so that anybody can check it
    Export {
        /// The vault's folder
        dir: PathBuf,
        /// The anchor's id
        id: String,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// Who gives the time.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnchorKind {
    /// A timestamp authority (RFC 3161)
    Rfc3161,
    /// OpenTimestamps calendars, and behind them the Bitcoin chain
    #[value(name = "opentimestamps")]
    OpenTimestamps,
}
