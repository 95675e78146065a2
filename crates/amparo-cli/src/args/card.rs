//! The grammar of `amparo desk card`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `amparo desk card`
#[derive(Subcommand)]
pub enum DeskCard {
    /// Make a card with a signing key, a current and a next key; prints the fingerprint to read out
    New(Box<NewCard>),
    /// Make the next version of a card: the next key becomes the current one, and a fresh next one is made. Old reports still open
    Rotate {
        /// The card; the new one takes its place
        card: PathBuf,
        /// Its two key files and its days
        #[command(flatten)]
        keys: CardKeys,
    },
    /// Show what a card says, its fingerprint, and which keys are valid. Reads card files, and photographs of QR codes (PNG, JPEG)
    Show {
        /// The card, or one or more pictures that show all of its QR codes
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Draw the QR codes in the terminal; not with --json
        #[arg(long)]
        qr: bool,
        /// Draw the QR codes into this new picture
        #[arg(long, value_name = "FILE")]
        png: Option<PathBuf>,
        /// Write the card into this new file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The day to judge on (2026-11-24); today by default
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
}

/// What a first card says.
#[derive(Args)]
pub struct NewCard {
    /// The new card
    #[arg(short, long, value_name = "CARD")]
    pub output: PathBuf,
    /// Its two key files and its days
    #[command(flatten)]
    pub keys: CardKeys,
    /// What you are called
    #[arg(long)]
    pub name: String,
    /// What you are: hotline, cso, lawyer, platform, un_procedure, media, trusted_person
    #[arg(long)]
    pub kind: String,
    /// A language that reports may be written in, such as ar or pt-BR, the preferred one first; may be repeated
    #[arg(long = "language", value_name = "TAG")]
    pub languages: Vec<String>,
    /// How to reach you: https=https://…, onion=http://….onion, email=…, phone=+…, signal=…, postal=…; may be repeated
    #[arg(long = "endpoint", value_name = "KIND=VALUE")]
    pub endpoints: Vec<String>,
    /// The largest sealed report that you take, in bytes
    #[arg(long, value_name = "BYTES")]
    pub max_report: Option<u64>,
    /// The largest single file that you take, in bytes
    #[arg(long, value_name = "BYTES")]
    pub max_evidence: Option<u64>,
    /// A media type that you take, such as image/* or application/pdf; may be repeated. All, if none is given
    #[arg(long = "media-type", value_name = "TYPE")]
    pub media_types: Vec<String>,
    /// The id of the channel form that reports should fulfil
    #[arg(long, value_name = "ID")]
    pub form: Option<String>,
    /// Where you say what you do with reports
    #[arg(long, value_name = "URL")]
    pub policy_url: Option<String>,
    /// Have X25519 keys beside the post-quantum ones, for software that knows no others
    #[arg(long)]
    pub classic: bool,
}

/// The key files and days of a card.
#[derive(Args)]
pub struct CardKeys {
    /// The signing key. Keep it apart: whoever has it can redirect what is sealed to you
    #[arg(short = 'k', long, value_name = "KEYFILE")]
    pub signing_key: PathBuf,
    /// The key file (age's identity format) that the secrets of the encryption keys are added to
    #[arg(short, long, value_name = "KEYFILE")]
    pub identity: PathBuf,
    /// Days that a key is valid for; the next key is valid for as long again, and the card with it
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
}
