//! The user's runs through checklists: started, ticked, finished, due again. What can be asked of them; how it is kept is in
//! `ticks.rs`.

use super::{
    ChecklistHeading, ChecklistView, Due, ItemState, Points, RunView, Score, Text, TriageView, due, run_view, score,
    store, ticks,
};
use crate::{Amparo, CoreError, IncidentId, RunId, Stamp, incident::ActCode, incident::Incident};

/// Longest note of a tick in bytes.
pub const MAX_NOTE_BYTES: usize = 1024;
/// Most runs in one list.
pub const MAX_RUNS: usize = 1000;

/// The checklists of the installed packs, and the user's runs. Got from [`Amparo::checklists`]. Every call may block for the disk.
/// `language` is a BCP 47 tag everywhere; each text comes in the nearest language that the pack has, and says which.
#[derive(Debug)]
pub struct Checklists<'a> {
    pub(crate) amparo: &'a Amparo,
}

/// Which runs to list; all that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunQuery {
    /// Of this pack.
    pub pack: Option<String>,
    /// Of this checklist.
    pub checklist: Option<String>,
    /// Finished, or not.
    pub finished: Option<bool>,
    /// Started before this run: where the next page begins.
    pub before: Option<RunId>,
    /// At most so many, 1 to [`MAX_RUNS`].
    pub limit: usize,
}

impl Default for RunQuery {
    fn default() -> Self {
        Self { pack: None, checklist: None, finished: None, before: None, limit: 100 }
    }
}

/// A run as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// The pack's id.
    pub pack: String,
    /// The checklist's id.
    pub checklist: String,
    /// The checklist's title; of one that is gone, what it was called when the run was started.
    pub title: Option<Text>,
    /// The pack's version when it was started.
    pub version: u64,
    /// When it was started.
    pub started: Stamp,
    /// When it was finished; `None` for one that goes on.
    pub finished: Option<Finish>,
    /// Whether its checklist is still there.
    pub standing: Standing,
    /// How far it is, or how far it was when it was finished.
    pub progress: Progress,
    /// The points of risk, in a scored checklist: now, or when it was finished.
    pub points: Option<Points>,
}

/// When a run was finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// When.
    pub at: Stamp,
    /// The pack's version then.
    pub version: u64,
}

/// Whether a run's checklist is still there. Ticks and notes are there in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is there.
    Present,
    /// The pack has it no more.
    ChecklistRemoved {
        /// The first version without it, where that is known.
        in_version: Option<u64>,
        /// The checklist that took its place.
        replaced_by: Option<String>,
    },
    /// The pack was removed.
    PackRemoved,
    /// The pack cannot be read: install it again.
    PackUnreadable,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Items that are ticked.
    pub done: u32,
    /// Items that do not concern the user.
    pub not_applicable: u32,
    /// Items that are neither; `None` when the checklist is gone, and nobody knows.
    pub open: Option<u32>,
    /// Of these, the ones for which minutes or hours matter.
    pub open_time_critical: Option<u32>,
}

impl Progress {
    pub(super) fn add(&mut self, state: ItemState, time_critical: bool) {
        let count = |count: &mut u32| *count = count.saturating_add(1);
        match state {
            ItemState::Done => count(&mut self.done),
            ItemState::NotApplicable => count(&mut self.not_applicable),
            ItemState::Open => {
                count(self.open.get_or_insert(0));
                if time_critical {
                    count(self.open_time_critical.get_or_insert(0));
                }
            }
        }
    }
}

/// An incident that was begun from an item of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The incident.
    pub incident: IncidentId,
    /// The item's id.
    pub item: String,
    /// The act that it began with.
    pub act: ActCode,
}

impl Checklists<'_> {
    /// What a list shows of every checklist of every installed pack. A pack that cannot be read is left out;
    /// [`Packs::list`](super::Packs::list) names it.
    ///
    /// # Errors
    /// The vault's.
    pub fn list(&self, language: &str) -> Result<Vec<ChecklistHeading>, CoreError> {
        self.amparo.vault.read(|conn| {
            let packs = store::readable(conn, language)?;
            Ok(packs.iter().flat_map(|(_, pack)| ChecklistHeading::all_of(pack, language)).collect())
        })
    }

    /// A checklist of an installed pack, without a run.
    ///
    /// # Errors
    /// [`CoreError::ChecklistNotFound`], those of [`Packs::open`](super::Packs::open), and the vault's.
    pub fn show(&self, pack: &str, checklist: &str, language: &str) -> Result<ChecklistView, CoreError> {
        let pack = self.amparo.packs().open_for(pack, language)?;
        ChecklistView::of(&pack, checklist, language).ok_or(CoreError::ChecklistNotFound)
    }

    /// The triage of an installed pack; `None` when it has none.
    ///
    /// # Errors
    /// Those of [`Packs::open`](super::Packs::open), and the vault's.
    pub fn triage(&self, pack: &str, language: &str) -> Result<Option<TriageView>, CoreError> {
        let pack = self.amparo.packs().open_for(pack, language)?;
        Ok(TriageView::of(&pack, language))
    }

    /// Starts a run of a checklist. Several runs of one may go on at a time. On the medium when this returns.
    ///
    /// # Errors
    /// [`CoreError::ChecklistNotFound`], those of [`Packs::open`](super::Packs::open), and the vault's.
    pub fn start(&self, pack: &str, checklist: &str) -> Result<RunId, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| ticks::start(tx, pack, checklist, &now))
    }

    /// Runs, newest first. "Newest" is the order in which they were started in this vault, whatever the clock said.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`] for a page that begins nowhere, and the vault's.
    pub fn runs(&self, query: &RunQuery, language: &str) -> Result<Vec<RunSummary>, CoreError> {
        self.amparo.vault.read(|conn| run_view::list(conn, query, language))
    }

    /// A run: its checklist as it is now, with what was ticked, and what was ticked and is not in it any more.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], and the vault's.
    pub fn run(&self, run: RunId, language: &str) -> Result<RunView, CoreError> {
        self.amparo.vault.read(|conn| run_view::view(conn, run, language))
    }

    /// Ticks an item of a run. A note of `None` leaves the one that is there, an empty one takes it away. Ticking again what says
    /// the same as it did changes neither stamp nor version; what was reworded since is ticked anew.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], [`CoreError::RunFinished`], [`CoreError::ItemNotFound`], [`CoreError::ChecklistNotFound`],
    /// [`CoreError::TooLong`] beyond [`MAX_NOTE_BYTES`], those of [`Packs::open`](super::Packs::open), and the vault's.
    pub fn tick(&self, run: RunId, item: &str, note: Option<&str>) -> Result<(), CoreError> {
        self.mark(run, item, ItemState::Done, note)
    }

    /// Says that an item does not concern the user. As [`tick`](Self::tick) otherwise.
    ///
    /// # Errors
    /// As [`tick`](Self::tick).
    pub fn not_applicable(&self, run: RunId, item: &str, note: Option<&str>) -> Result<(), CoreError> {
        self.mark(run, item, ItemState::NotApplicable, note)
    }

    fn mark(&self, run: RunId, item: &str, state: ItemState, note: Option<&str>) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| ticks::mark(tx, run, item, state, note, &now))
    }

    /// Takes a tick back, with its note; also of an item that is gone. Returns whether there was one.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], [`CoreError::RunFinished`], and the vault's.
    pub fn untick(&self, run: RunId, item: &str) -> Result<bool, CoreError> {
        self.amparo.vault.write(|tx| ticks::untick(tx, run, item))
    }

    /// Finishes a run, whatever is open in it, and keeps how it ended: every item, and the points of a scored checklist. Finishing a
    /// finished one changes nothing.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], and the vault's.
    pub fn finish(&self, run: RunId) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| ticks::finish(tx, run, &now))
    }

    /// Goes on with a run that was finished. Its result stays in [`scores`](Self::scores) until it is finished again.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], and the vault's.
    pub fn reopen(&self, run: RunId) -> Result<(), CoreError> {
        self.amparo.vault.write(|tx| ticks::reopen(tx, run))
    }

    /// Deletes a run with its ticks, notes and result. Incidents that were begun from it stay.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], and the vault's.
    pub fn delete(&self, run: RunId) -> Result<(), CoreError> {
        self.amparo.vault.write(|tx| ticks::delete(tx, run))
    }

    /// Begins an incident from an item that leads to one: a draft with the act, and the act's name in `language` as its title. A
    /// draft that was begun from the same item and was not touched since is given again.
    ///
    /// # Errors
    /// [`CoreError::RunNotFound`], [`CoreError::ItemNotFound`], [`CoreError::LinkNotFound`], [`CoreError::ChecklistNotFound`], those of
    /// [`Packs::open`](super::Packs::open), and the vault's.
    pub fn draft_incident(&self, run: RunId, item: &str, act: &ActCode, language: &str) -> Result<Incident, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| ticks::draft_incident(tx, run, item, act, language, &now))
    }

    /// The run that an incident was begun from.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], and the vault's.
    pub fn origin_of(&self, incident: IncidentId) -> Result<Option<RunId>, CoreError> {
        self.amparo.vault.read(|conn| ticks::origin_of(conn, incident))
    }

    /// Every checklist that is to be repeated, of all installed packs: when it was last finished, and whether it is due. The core says
    /// it; reminding is the app's.
    ///
    /// # Errors
    /// The vault's.
    pub fn due(&self, language: &str) -> Result<Vec<Due>, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.read(|conn| due::list(conn, &now, language))
    }

    /// The results of a scored checklist, oldest first in the order of finishing, each with what changed since the one before. They
    /// are there also when the pack is gone.
    ///
    /// # Errors
    /// [`CoreError::PackNotFound`] for a pack that was never installed, and the vault's.
    pub fn scores(&self, pack: &str, checklist: &str, language: &str) -> Result<Vec<Score>, CoreError> {
        self.amparo.vault.read(|conn| score::history(conn, pack, checklist, language))
    }
}
