//! The grammar of `amparo checklist`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `amparo checklist`
#[derive(Subcommand)]
pub enum Checklist {
    /// List the checklists: of the packs in a vault, or of a pack file (no vault, no passphrase)
    List {
        /// The vault's folder; not with --pack
        #[arg(required_unless_present = "pack", conflicts_with = "pack")]
        dir: Option<PathBuf>,
        /// The pack file to read
        #[arg(long, value_name = "FILE")]
        pack: Option<PathBuf>,
        /// In this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Show a checklist: of a vault's packs, or of a pack file (no vault, no passphrase)
    Show {
        /// The vault's folder, not with --pack; and the checklist's id
        #[arg(required = true, num_args = 1..=2, value_names = ["DIR", "CHECKLIST"])]
        what: Vec<String>,
        /// Where to read
        #[command(flatten)]
        from: From,
    },
    /// Ask what is happening and say which checklist is for it; of a vault's packs, or of a pack file (no vault, no passphrase)
    Triage {
        /// The vault's folder, not with --pack; and the answers so far: each an id, or its number in the list
        #[arg(num_args = 0.., value_names = ["DIR", "ANSWER"])]
        what: Vec<String>,
        /// Where to read
        #[command(flatten)]
        from: From,
        /// Print the question that the answers lead to, and ask nothing
        #[arg(long)]
        no_prompt: bool,
    },
    /// Start a run of a checklist; prints its id
    Start {
        /// The vault's folder
        dir: PathBuf,
        /// The checklist's id
        checklist: String,
        /// The pack's id, where several have such a checklist
        #[arg(long, value_name = "PACK")]
        of: Option<String>,
    },
    /// List the runs, newest first
    Runs {
        /// The vault's folder
        dir: PathBuf,
        /// Of this checklist
        #[arg(long, value_name = "CHECKLIST")]
        checklist: Option<String>,
        /// Only those that go on
        #[arg(long)]
        open: bool,
        /// Started before this run: the next page
        #[arg(long, value_name = "RUN")]
        before: Option<String>,
        /// At most this many (1 to 1000)
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: usize,
        /// In this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Show a run with its ticks, and what became of what was ticked
    Run {
        /// Which
        #[command(flatten)]
        run: RunArgs,
        /// In this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Tick items of a run
    Tick {
        /// Which run
        #[command(flatten)]
        run: RunArgs,
        /// The items' ids
        #[arg(required = true)]
        items: Vec<String>,
        /// Say that they do not concern you, instead
        #[arg(long)]
        not_applicable: bool,
        /// A short note
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Take ticks back, with their notes
    Untick {
        /// Which run
        #[command(flatten)]
        run: RunArgs,
        /// The items' ids
        #[arg(required = true)]
        items: Vec<String>,
    },
    /// Begin an incident from an item that leads to one; prints its id
    Draft {
        /// Which run
        #[command(flatten)]
        run: RunArgs,
        /// The item's id
        item: String,
        /// The act, where the item leads to several
        #[arg(long, value_name = "CODE")]
        act: Option<String>,
        /// The language of the title
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Finish a run and keep its result
    Finish {
        /// Which
        #[command(flatten)]
        run: RunArgs,
    },
    /// Go on with a finished run
    Reopen {
        /// Which
        #[command(flatten)]
        run: RunArgs,
    },
    /// Delete a run with its ticks, notes and result
    Delete {
        /// Which
        #[command(flatten)]
        run: RunArgs,
    },
    /// Say which checklists that are to be repeated are due
    Due {
        /// The vault's folder
        dir: PathBuf,
        /// In this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Show the results of a scored checklist and what changed between them
    Score {
        /// The vault's folder
        dir: PathBuf,
        /// The checklist's id
        checklist: String,
        /// The pack's id, where several have such a checklist
        #[arg(long, value_name = "PACK")]
        of: Option<String>,
        /// In this language, as far as the pack has it
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
}

/// A run of a vault.
#[derive(Args)]
pub struct RunArgs {
    /// The vault's folder
    pub dir: PathBuf,
    /// The run's id, or a checklist's id when one run of it goes on
    pub run: String,
}

/// Where checklists are read from.
#[derive(Args)]
pub struct From {
    /// The pack file to read
    #[arg(long, value_name = "FILE")]
    pub pack: Option<PathBuf>,
    /// The id of the vault's pack, where several have what is asked for
    #[arg(long, value_name = "PACK", conflicts_with = "pack")]
    pub of: Option<String>,
    /// In this language, as far as the pack has it
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub language: String,
}
