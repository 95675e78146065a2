//! `amparo evidence`: its grammar.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `amparo evidence`
#[derive(Subcommand)]
pub enum Evidence {
    /// Bring files into the vault, bit for bit, and attach them to an incident
    Add(Box<EvidenceAdd>),
    /// Record what comes on standard input, encrypted as it comes; whatever ends it, what came is kept
    Capture(Box<EvidenceCapture>),
    /// List evidence, without thumbnails and what was deleted
    List {
        /// The vault's folder
        dir: PathBuf,
        /// Only that of this incident
        #[arg(long, value_name = "ID", conflicts_with = "deleted")]
        incident: Option<String>,
        /// What is left of deleted evidence instead
        #[arg(long)]
        deleted: bool,
    },
    /// Show one piece of evidence, what was derived from it, and its recording
    Show {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
    },
    /// Replace the note
    Note {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// The note; "" removes it, "-" reads it from standard input, so that it does not stand in the shell's history
        text: String,
    },
    /// Replace when it was captured, the language in it, or what the device knew
    Edit(Box<EvidenceEdit>),
    /// Replace who speaks in a testimony and to whom it may be told
    Testimony {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// Who speaks, and the consent
        #[command(flatten)]
        testimony: TestimonyOptions,
    },
    /// Store a copy that was made of evidence (redacted, resized, transcribed, …) as its derivative
    Derive {
        /// The vault's folder
        dir: PathBuf,
        /// The id of what it was made from
        parent: String,
        /// The copy
        file: PathBuf,
        /// Why it was made: redacted, resized, stripped, transcribed, translated, other
        #[arg(long, value_name = "CODE")]
        purpose: String,
        /// The program that made it; stands in the custody log
        #[arg(long, value_name = "NAME")]
        tool: String,
        /// That program's version
        #[arg(long, value_name = "VERSION", default_value = "")]
        tool_version: String,
        /// What it is, if not what its original is
        #[arg(long, value_name = "CODE")]
        kind: Option<String>,
        /// A note
        #[arg(long)]
        note: Option<String>,
        /// Language in it (BCP 47)
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Store a small picture of evidence for lists (JPEG, PNG or WebP, at most 256 KiB), or write the newest one to a file
    Thumbnail {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        parent: String,
        /// The picture to store
        #[arg(required_unless_present = "output")]
        file: Option<PathBuf>,
        /// Write the newest one to this new file instead
        #[arg(short, long, value_name = "FILE", conflicts_with = "file")]
        output: Option<PathBuf>,
    },
    /// Make a copy without metadata (JPEG, PNG, MP4, QuickTime) as a derivative; the original stays as it is
    Strip {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
    },
    /// List the pieces of a recording that was cut and went on
    Segments {
        /// The vault's folder
        dir: PathBuf,
        /// The id of any of its pieces
        id: String,
    },
    /// Write a part, decrypted, to a new file or to standard output
    Read {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// Where to begin, in bytes
        #[arg(long, default_value_t = 0)]
        offset: u64,
        /// How many bytes; to the end without it
        #[arg(long)]
        length: Option<u64>,
        /// All pieces of the recording, one after the other
        #[arg(long, conflicts_with_all = ["offset", "length"])]
        recording: bool,
        /// The new file, or "-" for standard output
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Write an original, decrypted, to a new file
    Export {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Attach it to one more incident
    Attach {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// The incident's id
        incident: String,
    },
    /// Take it out of an incident; it stays in the vault
    Detach {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// The incident's id
        incident: String,
    },
    /// Delete it for good: its key is erased; size, hash and custody entries stay
    Delete {
        /// The vault's folder
        dir: PathBuf,
        /// The evidence's id
        id: String,
        /// Delete what was derived from it too
        #[arg(long)]
        with_derivatives: bool,
        /// Keep what was derived from it (thumbnails are always deleted)
        #[arg(long, conflicts_with = "with_derivatives")]
        keep_derivatives: bool,
        /// Yes, delete it
        #[arg(long)]
        yes: bool,
    },
}

/// `amparo evidence add`
#[derive(Args)]
pub struct EvidenceAdd {
    /// The vault's folder
    pub dir: PathBuf,
    /// The files; "-" is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The incident's id
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// What it is, if not what its first bytes say: photo, video, audio, document, testimony, screenshot
    #[arg(long, value_name = "CODE")]
    pub kind: Option<String>,
    /// What is said of it
    #[command(flatten)]
    pub said: Said,
}

/// `amparo evidence capture`
#[derive(Args)]
pub struct EvidenceCapture {
    /// The vault's folder
    pub dir: PathBuf,
    /// What it is: photo, video, audio, document, testimony, screenshot
    #[arg(long, value_name = "CODE")]
    pub kind: String,
    /// Its media type, for example video/mp2t
    #[arg(long, value_name = "TYPE")]
    pub media_type: String,
    /// The incident's id
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Go on with the recording that this piece belongs to
    #[arg(long = "continue", value_name = "ID")]
    pub continues: Option<String>,
    /// What is said of it
    #[command(flatten)]
    pub said: Said,
}

/// `amparo evidence edit`
#[derive(Args)]
pub struct EvidenceEdit {
    /// The vault's folder
    pub dir: PathBuf,
    /// The evidence's id
    pub id: String,
    /// When it was captured: YYYY, YYYY-MM, YYYY-MM-DD, or a full RFC 3339 time; "" removes it
    #[arg(long, value_name = "DATE")]
    pub captured: Option<String>,
    /// Language in it (BCP 47); "" removes it
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// Forget all that the device knew
    #[arg(long)]
    pub forget_device: bool,
    /// What the device knew; replaces what is there
    #[command(flatten)]
    pub device: DeviceOptions,
}

/// What is said of evidence as it comes in.
#[derive(Args)]
pub struct Said {
    /// A note on what this shows
    #[arg(long)]
    pub note: Option<String>,
    /// When it was captured: YYYY, YYYY-MM, YYYY-MM-DD, or a full RFC 3339 time
    #[arg(long, value_name = "DATE")]
    pub captured: Option<String>,
    /// Language in it (BCP 47, for example ar)
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// What the device knew; nothing is kept unless it is given here
    #[command(flatten)]
    pub device: DeviceOptions,
    /// Of a testimony: who speaks, and the consent
    #[command(flatten)]
    pub testimony: TestimonyOptions,
}

/// What the device knew.
#[derive(Args)]
pub struct DeviceOptions {
    /// Where: LATITUDE,LONGITUDE or LATITUDE,LONGITUDE,ACCURACY in metres
    #[arg(long, value_name = "LAT,LON[,M]", allow_hyphen_values = true)]
    pub device_location: Option<String>,
    /// Metres above sea level
    #[arg(long, value_name = "M", allow_hyphen_values = true, requires = "device_location")]
    pub device_altitude: Option<f64>,
    /// Model of the device
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub device_model: String,
    /// Its operating system
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub device_os: String,
    /// How it was connected: none, wifi, cellular, ethernet, other
    #[arg(long, value_name = "CODE")]
    pub device_network: Option<String>,
    /// The mobile operator
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub device_operator: String,
    /// The mobile cell
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub device_cell: String,
}

/// Who speaks, and to whom it may be told.
#[derive(Args)]
pub struct TestimonyOptions {
    /// Who speaks: a name, or the id of a person of the incident
    #[arg(long, value_name = "NAME|ID")]
    pub speaker: Option<String>,
    /// Who asked: a name, or the id of a person of the incident
    #[arg(long, value_name = "NAME|ID")]
    pub interviewer: Option<String>,
    /// What the speaker answered: granted, refused, not_asked
    #[arg(long, value_name = "CODE")]
    pub consent: Option<String>,
    /// A kind of recipient it may be told to (hotline, cso, lawyer, platform, un_procedure, media, trusted_person); may be repeated
    #[arg(long = "consent-to", value_name = "CODE", requires = "consent")]
    pub consent_to: Vec<String>,
    /// Who gave the consent, if not the speaker
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true, requires = "consent")]
    pub consent_by: String,
    /// When it was given
    #[arg(long, value_name = "DATE", requires = "consent")]
    pub consent_when: Option<String>,
    /// Whether it can be taken back
    #[arg(long, value_name = "true|false", requires = "consent")]
    pub consent_revocable: Option<bool>,
}
