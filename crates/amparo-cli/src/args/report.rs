//! The grammar of `amparo report`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `amparo report`
#[derive(Subcommand)]
pub enum Report {
    /// Show exactly what each group of recipients would see, and seal nothing
    Preview {
        /// What to show
        #[command(flatten)]
        what: Box<ReportArgs>,
        /// Write report.html, report.md and report.json of each group to this new folder, to look at. They are not encrypted
        #[arg(short, long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
    /// Say what a channel's form still asks for, what is known and not told, and what to leave for a second report; seals nothing.
    /// Exit code 1 when it could not be sealed for this channel
    Check(Box<CheckArgs>),
    /// Seal an incident and its evidence to one or more recipients
    Seal {
        /// What to seal
        #[command(flatten)]
        what: Box<ReportArgs>,
        /// The new file. Another group's file has the kind of its recipients in its name
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// List what was sealed of an incident
    List {
        /// The vault's folder
        dir: PathBuf,
        /// The incident's id
        #[arg(long, value_name = "ID")]
        incident: String,
    },
    /// Show one report: what went to whom
    Show {
        /// The vault's folder
        dir: PathBuf,
        /// The report's id
        id: String,
    },
}

/// What goes to whom.
#[derive(Args)]
pub struct ReportArgs {
    /// The vault's folder
    pub dir: PathBuf,
    /// The incident's id
    #[arg(long, value_name = "ID")]
    pub incident: String,
    /// An age1pq… or age1… recipient, or a file that holds some; may be repeated. Recipients of both kinds of keys make two files
    #[arg(long = "to", value_name = "RECIPIENT", num_args = 1.., requires = "kind", required_unless_present_any = ["groups", "recipients"])]
    pub to: Vec<String>,
    /// What kind of recipients they are: hotline, cso, lawyer, platform, un_procedure, media, trusted_person. Nobody is told of
    /// who did not allow this kind
    #[arg(long, value_name = "KIND", requires = "to")]
    pub kind: Option<String>,
    /// A further group, with a report of its own: kind=lawyer,to=age1…[,to=…]; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    pub groups: Vec<String>,
    /// A recipient of the vault, by the id of their card or its beginning; may be repeated. Those of one kind get one report
    #[arg(long = "recipient", value_name = "ID", num_args = 1..)]
    pub recipients: Vec<String>,
    /// What is told of it
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// The form of the channel of the first group
    #[command(flatten)]
    pub form: FormArgs,
}

/// What is checked against a channel's form.
#[derive(Args)]
pub struct CheckArgs {
    /// The vault's folder
    pub dir: PathBuf,
    /// The incident's id
    #[arg(long, value_name = "ID")]
    pub incident: String,
    /// The form's id, such as un-special-rapporteur-hrd
    #[arg(long, value_name = "ID")]
    pub form: String,
    /// Where the form is: the id of an installed pack, or a pack file. Without it, among all installed packs
    #[arg(long, value_name = "PACK")]
    pub pack: Option<String>,
    /// What kind of recipients it would go to; the first that the form is for without it
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// In this language, as far as the pack has it
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub language: String,
    /// What would be told
    #[command(flatten)]
    pub choice: ChoiceArgs,
}

/// A channel's form.
#[derive(Args)]
pub struct FormArgs {
    /// Keep to the form of the channel of the first group (--to, then --group, then --recipient): its id, such as
    /// un-special-rapporteur-hrd. What it forbids is left out
    #[arg(long, value_name = "ID")]
    pub form: Option<String>,
    /// Where the form is: the id of an installed pack, or a pack file. Without it, among all installed packs
    #[arg(long, value_name = "PACK", requires = "form")]
    pub pack: Option<String>,
}

/// What is told.
#[derive(Args)]
pub struct ChoiceArgs {
    /// Leave out all evidence but this; may be repeated
    #[arg(long = "evidence", value_name = "ID")]
    pub evidence: Vec<String>,
    /// Leave out this field, such as /narrative or /persons/*/name; may be repeated
    #[arg(long, value_name = "PATH")]
    pub leave_out: Vec<String>,
    /// Leave out all fields but this; may be repeated
    #[arg(long, value_name = "PATH")]
    pub only: Vec<String>,
    /// Show this field although it is marked as confidential or is not shown by itself; may be repeated
    #[arg(long, value_name = "PATH")]
    pub reveal: Vec<String>,
    /// What to show beyond the incident's own fields
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', default_value = "notes")]
    pub show: Vec<Show>,
    /// What becomes of persons who did not allow this kind of recipient. Who refused is always left out
    #[arg(long, value_enum, default_value_t = Persons::Pseudonymise)]
    pub persons: Persons,
    /// Who signs: nobody, or a key made for this case that says nothing about other cases
    #[arg(long, value_enum, default_value_t = Sender::Case)]
    pub sender: Sender,
}

/// What is shown beyond the incident's own fields.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Show {
    /// None of these
    Nothing,
    /// The notes on the evidence
    Notes,
    /// The names that the files had
    FileNames,
    /// Your own tags
    Tags,
    /// What the device knew when evidence was captured
    Device,
    /// How to reach the persons who allow to be told of
    Contacts,
}

/// What becomes of persons without consent.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Persons {
    /// Only role and pseudonym
    Pseudonymise,
    /// Nothing
    LeaveOut,
}

/// How a report is signed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sender {
    /// Not signed
    Anonymous,
    /// Signed with a key of this case alone
    Case,
}
