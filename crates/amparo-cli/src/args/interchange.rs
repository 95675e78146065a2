//! `amparo incident export` and `amparo incident import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `amparo incident export`
#[derive(Args)]
pub struct IncidentExport {
    /// The vault's folder
    pub dir: PathBuf,
    /// The new file. It is not encrypted and holds everything that was entered
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// How the file is laid out
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub format: ExportFormat,
    /// With all earlier revisions
    #[arg(long)]
    pub with_revisions: bool,
    /// Which incidents; all without any condition
    #[command(flatten)]
    pub conditions: super::incident::Conditions,
}

/// How an export is laid out.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON document
    Json,
    /// JSON Lines: one record a line
    Jsonl,
}

/// `amparo incident import`
#[derive(Args)]
pub struct IncidentImport {
    /// The vault's folder
    pub dir: PathBuf,
    /// The file: a JSON or JSON Lines export
    pub file: PathBuf,
    /// What is done with an incident that the vault has with other content
    #[arg(long, value_enum, default_value_t = OnConflict::Skip)]
    pub on_conflict: OnConflict,
    /// Write nothing, only say what would be
    #[arg(long)]
    pub dry_run: bool,
}

/// What is done with other content under the same id.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// The vault's own stays
    Skip,
    /// The imported one becomes the newest revision, the vault's own an earlier one
    Revision,
    /// The vault's own stays, and the command fails
    Refuse,
}
