//! Safety checklists: the packs that they come in, read with or without a vault, and the user's runs through them.

mod codes;
mod packs;
mod runs;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use amparo_core::Amparo;

pub use packs::Packs;
use runs::{DueChecklist, RunQuery, RunSummary, RunView, Score};
pub use view::ShownText;
use view::{ChecklistHeading, ChecklistView, TriageView};

use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::{call, errors},
    ids::{IncidentId, RunId},
    incidents::{ActCode, Incident},
};

errors! {
    /// Why a pack was refused, or something could not be done with a checklist. Nothing changed.
    ChecklistError {
        /// Not a checklist pack.
        NotAPack = 260,
        /// The pack needs a newer version of this library: update the app.
        PackTooNew = 261 | 273,
        /// The pack is not as its publisher signed it: get it again.
        PackTampered = 262 | 265 | 266,
        /// The pack is not signed.
        PackUnsigned = 264,
        /// The pack is signed, and malformed or too large: its publisher's mistake.
        PackMalformed = 263 | 267,
        /// Its publisher was not accepted: let the user compare the fingerprint by another way.
        UnknownPublisher = 268,
        /// Another publisher signed what is installed: do not use it before you asked.
        OtherPublisher = 269,
        /// It is older than what is installed.
        PackRollback = 271,
        /// It says that it is the version that is installed, and is another.
        PackVersionReused = 272,
        /// Its publisher wanted it reviewed by now.
        PackExpired = 274,
        /// It is not valid yet. Is the device's clock right?
        PackNotYetValid = 275,
        /// No such pack, checklist, run or item.
        NotFound = 280 | 282..=284 | 286,
        /// The run is finished: reopen it first.
        RunFinished = 285,
    }
}

/// The checklists of the installed packs, and the user's runs. Every call may block for the disk. `language` is a BCP 47 tag everywhere;
/// each text comes in the nearest language that the pack has, and says which.
#[derive(uniffi::Object)]
pub struct Checklists {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Checklists {
    /// What a list shows of every checklist of every installed pack.
    pub fn list(&self, language: String) -> Result<Vec<ChecklistHeading>, ChecklistError> {
        call("checklists.list", || Ok(self.amparo.checklists().list(&language)?.into_host()))
    }

    /// A checklist of an installed pack, without a run.
    pub fn show(&self, pack: String, checklist: String, language: String) -> Result<ChecklistView, ChecklistError> {
        call("checklists.show", || Ok(self.amparo.checklists().show(&pack, &checklist, &language)?.into_host()))
    }

    /// The triage of an installed pack; absent when it has none.
    pub fn triage(&self, pack: String, language: String) -> Result<Option<TriageView>, ChecklistError> {
        call("checklists.triage", || Ok(self.amparo.checklists().triage(&pack, &language)?.into_host()))
    }

    /// Starts a run of a checklist. Several runs of one may go on at a time. On the medium when this returns.
    pub fn start(&self, pack: String, checklist: String) -> Result<RunId, ChecklistError> {
        call("checklists.start", || Ok(self.amparo.checklists().start(&pack, &checklist)?.into_host()))
    }

    /// Runs, newest first, whatever the clock said.
    pub fn runs(&self, query: RunQuery, language: String) -> Result<Vec<RunSummary>, ChecklistError> {
        call("checklists.runs", || Ok(self.amparo.checklists().runs(&query.into_core()?, &language)?.into_host()))
    }

    /// A run: its checklist as it is now, with what was ticked, and what was ticked and is not in it any more.
    pub fn run(&self, run: RunId, language: String) -> Result<RunView, ChecklistError> {
        call("checklists.run", || Ok(self.amparo.checklists().run(run.into_core()?, &language)?.into_host()))
    }

    /// Ticks an item of a run. Without a note the one that is there stays; an empty one takes it away. A note has at most 1024 bytes.
    pub fn tick(&self, run: RunId, item: String, note: Option<String>) -> Result<(), ChecklistError> {
        call("checklists.tick", || Ok(self.amparo.checklists().tick(run.into_core()?, &item, note.as_deref())?))
    }

    /// Says that an item does not concern the user. As `tick` otherwise.
    pub fn not_applicable(&self, run: RunId, item: String, note: Option<String>) -> Result<(), ChecklistError> {
        call("checklists.not_applicable", || {
            Ok(self.amparo.checklists().not_applicable(run.into_core()?, &item, note.as_deref())?)
        })
    }

    /// Takes a tick back, with its note; also of an item that is gone. Returns whether there was one.
    pub fn untick(&self, run: RunId, item: String) -> Result<bool, ChecklistError> {
        call("checklists.untick", || Ok(self.amparo.checklists().untick(run.into_core()?, &item)?))
    }

    /// Finishes a run, whatever is open in it, and keeps how it ended: every item, and the points of a scored checklist.
    pub fn finish(&self, run: RunId) -> Result<(), ChecklistError> {
        call("checklists.finish", || Ok(self.amparo.checklists().finish(run.into_core()?)?))
    }

    /// Goes on with a run that was finished. Its result stays until it is finished again.
    pub fn reopen(&self, run: RunId) -> Result<(), ChecklistError> {
        call("checklists.reopen", || Ok(self.amparo.checklists().reopen(run.into_core()?)?))
    }

    /// Deletes a run with its ticks, notes and result. Incidents that were begun from it stay.
    pub fn delete(&self, run: RunId) -> Result<(), ChecklistError> {
        call("checklists.delete", || Ok(self.amparo.checklists().delete(run.into_core()?)?))
    }

    /// Begins an incident from an item that leads to one: a draft with the act, and the act's name in `language` as its title. A draft
    /// that was begun from the same item and was not touched since is given again.
    pub fn draft_incident(
        &self,
        run: RunId,
        item: String,
        act: ActCode,
        language: String,
    ) -> Result<Incident, ChecklistError> {
        call("checklists.draft_incident", || {
            let (run, act) = (run.into_core()?, act.into_core()?);
            Ok(self.amparo.checklists().draft_incident(run, &item, &act, &language)?.into_host())
        })
    }

    /// The run that an incident was begun from.
    pub fn origin_of(&self, incident: IncidentId) -> Result<Option<RunId>, ChecklistError> {
        call("checklists.origin_of", || Ok(self.amparo.checklists().origin_of(incident.into_core()?)?.into_host()))
    }

    /// Every checklist that is to be repeated, of all installed packs: when it was last finished, and whether it is due.
    pub fn due(&self, language: String) -> Result<Vec<DueChecklist>, ChecklistError> {
        call("checklists.due", || Ok(self.amparo.checklists().due(&language)?.into_host()))
    }

    /// The results of a scored checklist, oldest first, each with what changed since the one before. They are there also when the pack
    /// is gone.
    pub fn scores(&self, pack: String, checklist: String, language: String) -> Result<Vec<Score>, ChecklistError> {
        call("checklists.scores", || Ok(self.amparo.checklists().scores(&pack, &checklist, &language)?.into_host()))
    }
}
