//! Checklists and triage in one language, as they are shown.

use amparo_core::checklist;

use super::{
    codes::{ItemState, Persona, Phase, Priority, Situation, TextDirection},
    runs::Tick,
};
use crate::{
    convert::{IntoHost, answer, silent},
    incidents::{ActCode, RecipientKind},
};

answer! {
    /// A text in the reader's language, or in the pack's default language where theirs lacks it.
    ShownText = checklist::Text {
        /// The text: plain, without markup.
        text: String,
        /// The language that it is in.
        locale: String,
        /// The direction of that language's script.
        direction: TextDirection,
        /// The pack has the reader's language, and not this text in it: say so where you show it. A pack that lacks the language
        /// altogether is all in the default one; `locale` tells.
        is_fallback: bool,
    }
}

answer! {
    /// A checklist as a list shows it.
    ChecklistHeading = checklist::ChecklistHeading {
        /// The pack's id.
        pack: String,
        /// Its id, the same in all versions of the pack.
        id: String,
        /// Its topic's id.
        topic: String,
        /// Its topic's title.
        topic_title: ShownText,
        /// Its title.
        title: ShownText,
        /// What it is for.
        summary: Option<ShownText>,
        /// What is happening.
        situation: Situation,
        /// For whom it is.
        personas: Vec<Persona>,
        /// After how many days it is due again.
        recurs_days: Option<u32>,
        /// Whether its items carry points of risk.
        scored: bool,
        /// How many items it has.
        items: u32,
    }
}

answer! {
    /// A checklist in one language.
    ChecklistView = checklist::ChecklistView {
        /// What a list shows of it.
        heading: ChecklistHeading,
        /// Its sections, in order.
        sections: Vec<SectionView>,
    }
}

answer! {
    /// A part of a checklist.
    SectionView = checklist::SectionView {
        /// Its id, unique in the checklist.
        id: String,
        /// When it is for.
        phase: Phase,
        /// Its title.
        title: ShownText,
        /// Its items, in order.
        items: Vec<ItemView>,
    }
}

/// One thing to do, or one question of a scored checklist.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ItemView {
    /// Its id, the same in all versions of the pack. Ticks are kept by it.
    pub id: String,
    /// What to do.
    pub text: ShownText,
    /// Why.
    pub why: Option<ShownText>,
    /// How much it matters.
    pub priority: Priority,
    /// Minutes or hours matter.
    pub time_critical: bool,
    /// Following it leaves a trace that somebody could find: say so before it is followed.
    pub leaves_trace: bool,
    /// It needs a network.
    pub needs_network: bool,
    /// Points of risk while it is not ticked; only in a scored checklist.
    pub score: Option<u32>,
    /// Where a fact comes from.
    pub source: Option<String>,
    /// When somebody last checked it, `YYYY-MM-DD`.
    pub last_reviewed: Option<String>,
    /// Where it leads.
    pub leads: Vec<Lead>,
    /// `Open` outside of a run.
    pub state: ItemState,
    /// What the user said, in a run; absent while it is open, and outside of runs.
    pub tick: Option<Tick>,
}
silent!(ItemView);

impl IntoHost<ItemView> for checklist::ItemView {
    fn into_host(self) -> ItemView {
        let state = self.state().into_host();
        let Self { item, text, why, leads, tick } = self;
        // The links are what `leads` shows.
        let checklist::Item {
            id,
            priority,
            time_critical,
            leaves_trace,
            needs_network,
            score,
            source,
            last_reviewed,
            links: _,
        } = item;
        ItemView {
            id,
            text: text.into_host(),
            why: why.into_host(),
            priority: priority.into_host(),
            time_critical,
            leaves_trace,
            needs_network,
            score: score.map(u32::from),
            source,
            last_reviewed,
            leads: leads.into_host(),
            state,
            tick: tick.into_host(),
        }
    }
}

/// Where an item leads.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Lead {
    /// To another checklist of the pack.
    Checklist {
        /// Its id.
        id: String,
        /// Its title.
        title: ShownText,
    },
    /// To a draft of an incident that begins with this act: `draft_incident`.
    Incident {
        /// The act.
        act: ActCode,
    },
    /// To recipients of this kind.
    Recipients {
        /// The kind.
        kind: RecipientKind,
    },
}

impl IntoHost<Lead> for checklist::Lead {
    fn into_host(self) -> Lead {
        match self {
            Self::Checklist { id, title } => Lead::Checklist { id, title: title.into_host() },
            Self::Incident(act) => Lead::Incident { act: act.into_host() },
            Self::Recipients(kind) => Lead::Recipients { kind: kind.into_host() },
        }
    }
}

answer! {
    /// The questions that lead from "what is happening?" to a checklist. Every way through them ends.
    TriageView = checklist::TriageView {
        /// The first question's id.
        start: String,
        /// The questions.
        questions: Vec<QuestionView>,
    }
}

answer! {
    /// A question.
    QuestionView = checklist::QuestionView {
        /// Its id.
        id: String,
        /// What is asked.
        text: ShownText,
        /// The answers, in order. There is at least one.
        answers: Vec<AnswerView>,
    }
}

answer! {
    /// An answer.
    AnswerView = checklist::AnswerView {
        /// Its id.
        id: String,
        /// What is said.
        text: ShownText,
        /// Where it leads.
        next: NextStep,
    }
}

/// Where an answer leads.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum NextStep {
    /// To a question.
    Question {
        /// Its id.
        id: String,
    },
    /// To an end: a checklist, somebody who can help, or both.
    End {
        /// The checklist's id.
        checklist: Option<String>,
        /// Its title.
        title: Option<ShownText>,
        /// The kind of recipients who can help.
        recipients: Option<RecipientKind>,
    },
}

impl IntoHost<NextStep> for checklist::Next {
    fn into_host(self) -> NextStep {
        match self {
            Self::Question(id) => NextStep::Question { id },
            Self::End { checklist, recipients } => {
                let (checklist, title) = checklist.unzip();
                NextStep::End { checklist, title: title.into_host(), recipients: recipients.into_host() }
            }
        }
    }
}
