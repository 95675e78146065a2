//! The grammar of `amparo recipient`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `amparo recipient`
#[derive(Subcommand)]
pub enum Recipient {
    /// Say who signed a card and what importing it would do; changes nothing. Exit code 1 when it would be refused
    Offer(CardFiles),
    /// Import a card, or a newer version of one that is here. The first one of a recipient is compared with them by another way
    Import {
        /// The vault and the card
        #[command(flatten)]
        card: CardFiles,
        /// The fingerprint as the recipient gave it by another way: 32 hexadecimal digits, or thirteen words
        #[arg(long, value_name = "WORDS-OR-HEX")]
        fingerprint: Option<String>,
    },
    /// List the recipients, and whether something can be sealed to them today
    List {
        /// The vault's folder
        dir: PathBuf,
        /// Only those of this kind: hotline, cso, lawyer, platform, un_procedure, media, trusted_person
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
    },
    /// Show a recipient: what their card says, and the fingerprint that was compared
    Show {
        /// Whom
        #[command(flatten)]
        who: Who,
    },
    /// Keep your own words on a recipient; they are never part of a report. Read from standard input, as the shell would remember them
    Note {
        /// Whom
        #[command(flatten)]
        who: Who,
    },
    /// Remove a recipient. Their card, if it comes again, is compared again
    Remove {
        /// Whom
        #[command(flatten)]
        who: Who,
    },
    /// Write a recipient's card into a new file, to hand on. Whoever gets it compares it anew
    Export {
        /// Whom
        #[command(flatten)]
        who: Who,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// A card that is looked at in a vault.
#[derive(Args)]
pub struct CardFiles {
    /// The vault's folder
    pub dir: PathBuf,
    /// The card, one or more pictures (PNG, JPEG) that show all of its QR codes, or - for the codes' texts on standard input, one a line
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// A recipient of a vault.
#[derive(Args)]
pub struct Who {
    /// The vault's folder
    pub dir: PathBuf,
    /// The id of their card, or its beginning
    pub id: String,
}
