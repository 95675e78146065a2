//! `amparo incident`: the grammar.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::interchange::{IncidentExport, IncidentImport};

/// `amparo incident`
#[derive(Subcommand)]
pub enum Incident {
    /// Write down an incident; one sentence is enough
    New(Box<New>),
    /// Change an incident; what was there before stays as a revision
    Edit(Box<Edit>),
    /// List incidents, newest first
    List {
        /// The vault's folder
        dir: PathBuf,
        /// Which incidents
        #[command(flatten)]
        conditions: Box<Conditions>,
        /// Which page
        #[command(flatten)]
        page: Page,
    },
    /// Show one incident with everything that is known of it
    Show {
        /// The vault's folder
        dir: PathBuf,
        /// The incident's id
        id: String,
        /// As it was at this revision; its evidence is that of now
        #[arg(long, value_name = "N")]
        revision: Option<u32>,
    },
    /// Write incidents to a file that is NOT encrypted, for another vault or another program
    Export(Box<IncidentExport>),
    /// Bring in incidents from an exported file
    Import(IncidentImport),
    /// Find incidents and evidence notes by words, in any language
    Search {
        /// The vault's folder
        dir: PathBuf,
        /// Words or beginnings of words; an incident must have all of them
        #[arg(required = true)]
        words: Vec<String>,
        /// Which incidents
        #[command(flatten)]
        conditions: Box<Conditions>,
        /// Which page
        #[command(flatten)]
        page: Page,
    },
    /// What happened when: oldest first, incidents without a date at the end
    Timeline {
        /// The vault's folder
        dir: PathBuf,
        /// Only what can have happened then or later: YYYY, YYYY-MM, YYYY-MM-DD or a time; incidents without a date are left out
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Only what can have happened by the end of this
        #[arg(long, value_name = "DATE")]
        to: Option<String>,
        /// Also show when evidence was captured
        #[arg(long)]
        evidence: bool,
        /// Which page
        #[command(flatten)]
        page: Page,
    },
    /// Count incidents for publication: small numbers are not told, drafts are not counted
    Counts(Counts),
    /// List the revisions of an incident, oldest first
    Revisions {
        /// The vault's folder
        dir: PathBuf,
        /// The incident's id
        id: String,
    },
    /// Show what is different in revision B, seen from revision A
    Compare {
        /// The vault's folder
        dir: PathBuf,
        /// The incident's id
        id: String,
        /// The one revision
        a: u32,
        /// The other
        b: u32,
    },
    /// Say that another incident belongs to this one
    Relate {
        /// The vault's folder
        dir: PathBuf,
        /// The incident's id
        id: String,
        /// The other incident's id; it need not be in this vault
        other: String,
        /// How: same_case, follows (this one came after the other, because of it), part_of (this one is a part of the other), related
        #[arg(long, value_name = "CODE")]
        relation: Option<String>,
    },
}

/// `amparo incident new`
#[derive(Args)]
pub struct New {
    /// The vault's folder
    pub dir: PathBuf,
    /// What is written down
    #[command(flatten)]
    pub content: Content,
    /// It is not finished: it is neither counted nor sealed
    #[arg(long)]
    pub draft: bool,
}

/// `amparo incident edit`
#[derive(Args)]
pub struct Edit {
    /// The vault's folder
    pub dir: PathBuf,
    /// The incident's id
    pub id: String,
    /// What is changed
    #[command(flatten)]
    pub content: Content,
    /// It is not finished: it is neither counted nor sealed
    #[arg(long)]
    pub draft: bool,
    /// It is finished
    #[arg(long = "final", conflicts_with = "draft")]
    pub finished: bool,
    /// The revision that was edited: refuse when it was saved meanwhile
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
}

/// What can be said of an incident. Options override what the JSON says.
#[derive(Args)]
pub struct Content {
    /// Read the incident as JSON (the names of amparo.incident/1, without the fields that the vault sets) from this file, or from
    /// standard input with "-". `edit` takes it for a merge patch (RFC 7386): what it names is replaced, null removes
    #[arg(long, value_name = "FILE")]
    pub json_file: Option<PathBuf>,
    /// A short title
    #[arg(long)]
    pub title: Option<String>,
    /// What happened
    #[arg(long)]
    pub text: Option<String>,
    /// Read what happened from this file, or from standard input with "-", so that it does not stand in the shell's history
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub text_file: Option<PathBuf>,
    /// What kind of act it was (arbitrary_detention, threat, raid_search, …); may be repeated. `edit` adds those that are not there
    #[arg(long = "act", value_name = "CODE")]
    pub acts: Vec<String>,
    /// When it happened, or since when: YYYY, YYYY-MM, YYYY-MM-DD, or a full RFC 3339 time
    #[arg(long, value_name = "DATE")]
    pub occurred: Option<String>,
    /// Until when
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// The date is known roughly only
    #[arg(long)]
    pub circa: bool,
    /// Where it happened
    #[arg(long, value_name = "TEXT")]
    pub place: Option<String>,
    /// In which country (two capital letters, ISO 3166-1, for example EG)
    #[arg(long, value_name = "CODE")]
    pub country: Option<String>,
    /// How precisely the place may be told: exact, town, region, withheld
    #[arg(long, value_name = "CODE")]
    pub precision: Option<String>,
    /// Whether it goes on: ongoing, ended, unknown
    #[arg(long, value_name = "CODE")]
    pub status: Option<String>,
    /// How soon somebody must act: imminent, serious, information
    #[arg(long, value_name = "CODE")]
    pub urgency: Option<String>,
    /// How it is linked to somebody's work for human rights
    #[arg(long, value_name = "TEXT")]
    pub human_rights_link: Option<String>,
    /// Language of the text (BCP 47, for example es)
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// A tag; may be repeated. `edit` adds those that are not there
    #[arg(long = "tag")]
    pub tags: Vec<String>,
}

impl Content {
    /// Whether any option but that of the JSON is given.
    pub fn says_something(&self) -> bool {
        let texts = [
            &self.title,
            &self.text,
            &self.occurred,
            &self.until,
            &self.place,
            &self.country,
            &self.precision,
            &self.status,
            &self.urgency,
            &self.human_rights_link,
            &self.language,
        ];
        let lists = [&self.acts, &self.tags];
        self.circa
            || self.text_file.is_some()
            || texts.iter().any(|text| text.is_some())
            || lists.iter().any(|list| !list.is_empty())
    }
}

/// Which incidents: every condition that is given must hold.
#[derive(Args)]
pub struct Conditions {
    /// Only this status (ongoing, ended, unknown)
    #[arg(long, value_name = "CODE")]
    pub status: Option<String>,
    /// Only this urgency (imminent, serious, information)
    #[arg(long, value_name = "CODE")]
    pub urgency: Option<String>,
    /// Only with an act of this kind
    #[arg(long, value_name = "CODE")]
    pub act: Option<String>,
    /// Only with exactly this tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Only what can have happened then or later: YYYY, YYYY-MM, YYYY-MM-DD or a time
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Only what can have happened by the end of this
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Only what was first saved then or later (UTC)
    #[arg(long, value_name = "DATE")]
    pub created_from: Option<String>,
    /// Only what was first saved by the end of this (UTC)
    #[arg(long, value_name = "DATE")]
    pub created_to: Option<String>,
    /// Only with something that is in no sealed report yet
    #[arg(long)]
    pub unsent: bool,
    /// Only what is all in a sealed report
    #[arg(long, conflicts_with = "unsent")]
    pub sent: bool,
    /// Only drafts
    #[arg(long)]
    pub draft: bool,
    /// No drafts
    #[arg(long, conflicts_with = "draft")]
    pub no_draft: bool,
    /// Only with evidence
    #[arg(long)]
    pub with_evidence: bool,
    /// Only without evidence
    #[arg(long, conflicts_with = "with_evidence")]
    pub without_evidence: bool,
    /// Only what names this incident as related, or is named by it
    #[arg(long, value_name = "ID")]
    pub related: Option<String>,
}

/// One page of a list.
#[derive(Args)]
pub struct Page {
    /// At most this many (up to 1000)
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
    /// Go on where an earlier page ended (its "next")
    #[arg(long)]
    pub cursor: Option<String>,
}

/// `amparo incident counts`
#[derive(Args)]
pub struct Counts {
    /// The vault's folder
    pub dir: PathBuf,
    /// Only this table; may be repeated. All by default
    #[arg(long, value_enum, value_name = "WHAT")]
    pub by: Vec<By>,
    /// Numbers below this are not told; 3 or more
    #[arg(long, value_name = "K", default_value_t = amparo_core::incident::DEFAULT_THRESHOLD)]
    pub threshold: u32,
    /// The last month to count (YYYY-MM); by default the last one that is over
    #[arg(long, value_name = "MONTH")]
    pub until: Option<String>,
    /// Count the codes of each month instead of those of all months. Publish the one or the other, not both
    #[arg(long)]
    pub each_month: bool,
    /// As CSV
    #[arg(long)]
    pub csv: bool,
    /// Write to this new file, as CSV or else as JSON
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What incidents are counted by.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum By {
    /// The month in which it happened
    Month,
    /// Whether it goes on
    Status,
    /// How soon somebody must act
    Urgency,
    /// The country
    Country,
    /// The kinds of acts
    Act,
    /// The kinds of perpetrators
    Perpetrator,
    /// The kinds of harm online
    OnlineHarm,
    /// What is needed
    SupportNeed,
    /// What recipients are asked to do
    RequestedAction,
}

impl By {
    /// What the table of the export is called.
    pub fn table(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Status => "status",
            Self::Urgency => "urgency",
            Self::Country => "country",
            Self::Act => "act",
            Self::Perpetrator => "perpetrator",
            Self::OnlineHarm => "online_harm",
            Self::SupportNeed => "support_need",
            Self::RequestedAction => "requested_action",
        }
    }
}
