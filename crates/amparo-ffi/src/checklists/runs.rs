//! A user's runs through checklists: what was ticked, what became of it, what is due, what a self-assessment said.

use amparo_core::checklist;

use super::{
    codes::ItemState,
    view::{ChecklistHeading, ChecklistView, ShownText},
};
use crate::{
    convert::{IntoCore, IntoHost, answer},
    ids::{IncidentId, RunId, Stamp},
    incidents::ActCode,
};

answer! {
    /// What the user said of an item, and what became of the item since.
    Tick = checklist::Tick {
        /// Done or not applicable.
        state: ItemState,
        /// When.
        at: Stamp,
        /// The pack's version then.
        version: u64,
        /// The user's note.
        note: String,
        /// The languages in which the item says something else now than then: show the tick as one of another text.
        reworded: Vec<String>,
        /// What it said then, if it was reworded.
        said: Option<ShownText>,
        /// The section that it stood in then, if it stands in another one now.
        moved_from: Option<String>,
    }
}

answer! {
    /// Something that was ticked and is not in the run's checklist any more.
    LeftItem = checklist::LeftItem {
        /// The item's id.
        item: String,
        /// What it said when it was ticked.
        text: Option<ShownText>,
        /// What was said of it.
        tick: Tick,
        /// What became of it.
        fate: ItemFate,
    }
}

/// What became of an item that left a checklist.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ItemFate {
    /// The pack has it no more.
    Removed {
        /// The first version without it, where that is known.
        in_version: Option<u64>,
        /// The item that took its place.
        replaced_by: Option<String>,
    },
    /// It is in another checklist now.
    Moved {
        /// That checklist's id.
        checklist: String,
    },
    /// The pack is gone, or cannot be read.
    PackGone,
}

impl IntoHost<ItemFate> for checklist::Fate {
    fn into_host(self) -> ItemFate {
        match self {
            Self::Removed { in_version, replaced_by } => ItemFate::Removed { in_version, replaced_by },
            Self::Moved { checklist } => ItemFate::Moved { checklist },
            Self::PackGone => ItemFate::PackGone,
        }
    }
}

answer! {
    /// A run, as it is shown.
    RunView = checklist::RunView {
        /// What a list shows of it.
        summary: RunSummary,
        /// Its checklist as it is now, with the ticks; absent when that is gone.
        checklist: Option<ChecklistView>,
        /// What was ticked and is not in the checklist any more.
        left: Vec<LeftItem>,
        /// The incidents that were begun from it.
        drafts: Vec<RunDraft>,
    }
}

answer! {
    /// A run as a list shows it.
    RunSummary = checklist::RunSummary {
        /// Its id.
        id: RunId,
        /// The pack's id.
        pack: String,
        /// The checklist's id.
        checklist: String,
        /// The checklist's title; of one that is gone, what it was called when the run was started.
        title: Option<ShownText>,
        /// The pack's version when it was started.
        version: u64,
        /// When it was started.
        started: Stamp,
        /// When it was finished; absent for one that goes on.
        finished: Option<RunFinish>,
        /// Whether its checklist is still there.
        standing: RunStanding,
        /// How far it is, or how far it was when it was finished.
        progress: RunProgress,
        /// The points of risk, in a scored checklist: now, or when it was finished.
        points: Option<RiskPoints>,
    }
}

answer! {
    /// When a run was finished.
    RunFinish = checklist::Finish {
        /// When.
        at: Stamp,
        /// The pack's version then.
        version: u64,
    }
}

/// Whether a run's checklist is still there. Ticks and notes are there in any case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RunStanding {
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

impl IntoHost<RunStanding> for checklist::Standing {
    fn into_host(self) -> RunStanding {
        match self {
            Self::Present => RunStanding::Present,
            Self::ChecklistRemoved { in_version, replaced_by } => {
                RunStanding::ChecklistRemoved { in_version, replaced_by }
            }
            Self::PackRemoved => RunStanding::PackRemoved,
            Self::PackUnreadable => RunStanding::PackUnreadable,
        }
    }
}

answer! {
    /// How far a run is.
    RunProgress = checklist::Progress {
        /// Items that are ticked.
        done: u32,
        /// Items that do not concern the user.
        not_applicable: u32,
        /// Items that are neither; absent when the checklist is gone, and nobody knows.
        open: Option<u32>,
        /// Of these, the ones for which minutes or hours matter.
        open_time_critical: Option<u32>,
    }
}

answer! {
    /// Points of risk: those of the items that are open, out of those of all items that concern the user.
    RiskPoints = checklist::Points {
        /// The points of open items.
        points: u32,
        /// The points of open and done items.
        of: u32,
    }
}

answer! {
    /// An incident that was begun from an item of a run.
    RunDraft = checklist::Draft {
        /// The incident.
        incident: IncidentId,
        /// The item's id.
        item: String,
        /// The act that it began with.
        act: ActCode,
    }
}

/// Which runs to list; all that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RunQuery {
    /// Of this pack.
    #[uniffi(default)]
    pub pack: Option<String>,
    /// Of this checklist.
    #[uniffi(default)]
    pub checklist: Option<String>,
    /// Finished, or not.
    #[uniffi(default)]
    pub finished: Option<bool>,
    /// Started before this run: where the next page begins.
    #[uniffi(default)]
    pub before: Option<RunId>,
    /// At most so many, 1 to 1000.
    #[uniffi(default = 100)]
    pub limit: u32,
}

impl IntoCore<checklist::RunQuery> for RunQuery {
    fn into_core(self) -> Result<checklist::RunQuery, amparo_core::CoreError> {
        let Self { pack, checklist, finished, before, limit } = self;
        Ok(checklist::RunQuery { pack, checklist, finished, before: before.into_core()?, limit: limit as usize })
    }
}

answer! {
    /// A checklist that is to be repeated.
    DueChecklist = checklist::Due {
        /// The checklist.
        heading: ChecklistHeading,
        /// After how many days it is due again.
        recurs_days: u32,
        /// When it was last finished; absent: never.
        last_finished: Option<RunFinish>,
        /// The newest of its runs that go on.
        open_run: Option<RunId>,
        /// Whether it is due.
        state: DueState,
    }
}

/// Whether a checklist is due. Reminding is the app's.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum DueState {
    /// It was never started. Not due: nobody chose it.
    NeverStarted,
    /// Not yet.
    Later {
        /// The day on which it is due, `YYYY-MM-DD`.
        due: String,
        /// In so many days, at least 1.
        in_days: u32,
    },
    /// It is due.
    Due {
        /// The day since which it is, `YYYY-MM-DD`.
        since: String,
        /// For so many days; 0: since today.
        overdue_days: u32,
    },
    /// It is due because nobody knows when it was last done: the clock said a later day then than it says today.
    ClockWentBack,
    /// The clock is known to be wrong, so days cannot be counted.
    ClockUnknown,
}

impl IntoHost<DueState> for checklist::DueState {
    fn into_host(self) -> DueState {
        match self {
            Self::NeverStarted => DueState::NeverStarted,
            Self::Later { due, in_days } => DueState::Later { due: due.to_string(), in_days },
            Self::Due { since, overdue_days } => DueState::Due { since: since.to_string(), overdue_days },
            Self::ClockWentBack => DueState::ClockWentBack,
            Self::ClockUnknown => DueState::ClockUnknown,
        }
    }
}

answer! {
    /// The result of a finished run of a scored checklist.
    Score = checklist::Score {
        /// The run.
        run: RunId,
        /// When it was finished, and with which version of the pack.
        finish: RunFinish,
        /// Its points.
        points: RiskPoints,
        /// What is different from the result before; empty for the first one.
        changes: Vec<ItemChange>,
    }
}

answer! {
    /// What is different about one item from one result to the next.
    ItemChange = checklist::ItemChange {
        /// The item's id.
        item: String,
        /// What it said in the later of the two results that it is in.
        text: Option<ShownText>,
        /// What became of it in the earlier result; absent: it was not in the checklist then.
        before: Option<ItemState>,
        /// What became of it in the later one; absent: it is not in the checklist any more.
        after: Option<ItemState>,
        /// Its points of risk in the earlier result: 0 unless it was open.
        risk_before: u32,
        /// Its points of risk in the later one.
        risk_after: u32,
    }
}
