//! `amparo incident export` and `amparo incident import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::incident::Conditions;

/// `amparo incident export`
#[derive(Args)]
pub struct IncidentExport {
    /// The vault's folder
    pub dir: PathBuf,
    /// The new file. It is not encrypted
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// How the file is laid out
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub format: ExportFormat,
    /// JSON: with all earlier revisions
    #[arg(long)]
    pub with_revisions: bool,
    /// Uwazi: what kind of recipient runs the database (hotline, cso, lawyer, …). Nobody is told of who did not allow this kind
    #[arg(long, required_if_eq("format", "uwazi-csv"))]
    pub kind: Option<String>,
    /// Uwazi: the language of the codes' words (en, es, fr, ar, ru)
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub language: String,
    /// Thesaurus: of which list of codes (act, perpetrator, support, …)
    #[arg(long, required_if_eq("format", "thesaurus"))]
    pub list: Option<String>,
    /// Which incidents
    #[command(flatten)]
    pub conditions: Box<Conditions>,
}

/// How an export is laid out.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON document with everything that was entered
    Json,
    /// JSON Lines: the same, one record a line
    Jsonl,
    /// CSV for the import of Uwazi: what a report to this kind of recipient would tell, a row an incident
    UwaziCsv,
    /// CSV of one list of codes in five languages, for the import of a thesaurus into Uwazi; nothing of the vault
    Thesaurus,
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
