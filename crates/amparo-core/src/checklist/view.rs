//! A checklist and the triage as they are shown in one language. From a verified pack alone: nothing here needs a vault, because
//! somebody who is being arrested may not have unlocked.

use amparo_pack::{Answer, Checklist, Item, Link, Pack, Shown};

use super::{Text, run_view::Tick};
use crate::incident::{ActCode, RecipientKind};

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemState {
    /// Not ticked.
    Open,
    /// Ticked.
    Done,
    /// The user said that it does not concern them.
    NotApplicable,
}

impl ItemState {
    /// `open`, `done` or `not_applicable`. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::NotApplicable => "not_applicable",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Done, Self::NotApplicable].into_iter().find(|state| state.as_str() == text)
    }
}

/// A checklist as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistHeading {
    /// The pack's id.
    pub pack: String,
    /// The checklist's id.
    pub id: String,
    /// Its topic's id.
    pub topic: String,
    /// Its topic's title.
    pub topic_title: Text,
    /// Its title.
    pub title: Text,
    /// What it is for.
    pub summary: Option<Text>,
    /// What is happening, as a code; one that is not known is shown as it is.
    pub situation: String,
    /// For whom it is, as codes.
    pub personas: Vec<String>,
    /// After how many days it is due again.
    pub recurs_days: Option<u16>,
    /// Whether items carry points of risk.
    pub scored: bool,
    /// How many items it has.
    pub items: u32,
}

/// A checklist in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct ChecklistView {
    /// What a list shows of it.
    pub heading: ChecklistHeading,
    /// Its sections, in order.
    pub sections: Vec<SectionView>,
}

/// A section of a checklist.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionView {
    /// Its id, unique in the checklist.
    pub id: String,
    /// When it is for, as a code: prepare, before, during, after.
    pub phase: String,
    /// Its title.
    pub title: Text,
    /// Its items, in order.
    pub items: Vec<ItemView>,
}

/// An item of a checklist.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemView {
    /// Its id, its marks, its source, its points.
    pub item: Item,
    /// What to do.
    pub text: Text,
    /// Why.
    pub why: Option<Text>,
    /// Where it leads.
    pub leads: Vec<Lead>,
    /// What the user said, in a run; `None` while it is open, and outside of runs.
    pub tick: Option<Tick>,
}

impl ItemView {
    /// What became of it.
    #[must_use]
    pub fn state(&self) -> ItemState {
        self.tick.as_ref().map_or(ItemState::Open, |tick| tick.state)
    }
}

/// Where an item leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lead {
    /// Another checklist of the pack.
    Checklist {
        /// Its id.
        id: String,
        /// Its title.
        title: Text,
    },
    /// A draft of an incident that begins with this act.
    Incident(ActCode),
    /// Recipients of this kind.
    Recipients(RecipientKind),
}

/// The questions that lead from "what is happening?" to a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriageView {
    /// The first question's id.
    pub start: String,
    /// The questions. Every way through them ends.
    pub questions: Vec<QuestionView>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// Its id.
    pub id: String,
    /// What is asked.
    pub text: Text,
    /// The answers, in order. There is at least one.
    pub answers: Vec<AnswerView>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerView {
    /// Its id.
    pub id: String,
    /// What is said.
    pub text: Text,
    /// Where it leads.
    pub next: Next,
}

/// Where an answer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// To this question.
    Question(String),
    /// To an end: a checklist, somebody who can help, or both.
    End {
        /// The checklist: id and title.
        checklist: Option<(String, Text)>,
        /// The kind of recipients who can help.
        recipients: Option<RecipientKind>,
    },
}

/// What is shown. A verified pack has every text in its default language; if one were missing, its id would be shown.
fn text(shown: Option<Shown<'_>>, id: &str) -> Text {
    shown.map_or_else(
        || Text { text: id.to_owned(), locale: String::new(), direction: Default::default(), is_fallback: true },
        Text::from,
    )
}

impl ChecklistHeading {
    pub(super) fn of(pack: &Pack, list: &Checklist, language: &str) -> Self {
        let items = list.sections.iter().map(|section| section.items.len()).sum::<usize>();
        Self {
            pack: pack.manifest().id.clone(),
            id: list.id.clone(),
            topic: list.topic.clone(),
            topic_title: text(pack.topic_title(&list.topic, language), &list.topic),
            title: text(pack.checklist_title(&list.id, language), &list.id),
            summary: pack.checklist_summary(&list.id, language).map(Text::from),
            situation: list.situation.clone(),
            personas: list.personas.clone(),
            recurs_days: list.recurs_days,
            scored: list.scored,
            items: u32::try_from(items).unwrap_or(u32::MAX),
        }
    }

    /// What a list shows of all checklists of a pack: in the order of its topics, and of the checklists in each.
    #[must_use]
    pub fn all_of(pack: &Pack, language: &str) -> Vec<Self> {
        let structure = pack.structure();
        let of_topic = |id| structure.checklists.iter().filter(move |list| list.topic == id);
        let lists = structure.topics.iter().flat_map(|topic| of_topic(topic.id.as_str()));
        lists.map(|list| Self::of(pack, list, language)).collect()
    }
}

impl ChecklistView {
    /// The checklist `id` of a pack, in the language nearest to `language` (BCP 47) that was opened. `None`: there is no such checklist.
    #[must_use]
    pub fn of(pack: &Pack, id: &str, language: &str) -> Option<Self> {
        pack.structure().checklist(id).map(|list| Self::with(pack, list, language, |_| None))
    }

    pub(super) fn with(
        pack: &Pack,
        list: &Checklist,
        language: &str,
        mut tick: impl FnMut(&Item) -> Option<Tick>,
    ) -> Self {
        let sections = list.sections.iter().map(|section| SectionView {
            id: section.id.clone(),
            phase: section.phase.clone(),
            title: text(pack.section_title(list, section, language), &section.id),
            items: section.items.iter().map(|item| ItemView::of(pack, item, language, tick(item))).collect(),
        });
        let sections = sections.collect();
        Self { heading: ChecklistHeading::of(pack, list, language), sections }
    }

    /// All items, in order.
    pub fn items(&self) -> impl Iterator<Item = &ItemView> {
        self.sections.iter().flat_map(|section| &section.items)
    }
}

impl ItemView {
    fn of(pack: &Pack, item: &Item, language: &str, tick: Option<Tick>) -> Self {
        let lead = |link: &Link| match link {
            Link::Checklist(id) => {
                let title = text(pack.checklist_title(id, language), id);
                Some(Lead::Checklist { id: id.clone(), title })
            }
            // Codes of a pack are codes of an incident's shape too.
            Link::Incident(act) => act.parse().ok().map(Lead::Incident),
            Link::Recipient(kind) => kind.parse().ok().map(Lead::Recipients),
        };
        Self {
            text: text(pack.item_text(&item.id, language), &item.id),
            why: pack.item_why(&item.id, language).map(Text::from),
            leads: item.links.iter().filter_map(lead).collect(),
            item: item.clone(),
            tick,
        }
    }
}

impl TriageView {
    /// The triage of a pack, in the language nearest to `language` (BCP 47) that was opened. `None`: the pack has none.
    #[must_use]
    pub fn of(pack: &Pack, language: &str) -> Option<Self> {
        let triage = pack.structure().triage.as_ref()?;
        let next = |answer: &Answer| match &answer.question {
            Some(id) => Next::Question(id.clone()),
            None => Next::End {
                checklist: answer
                    .checklist
                    .as_ref()
                    .map(|id| (id.clone(), text(pack.checklist_title(id, language), id))),
                recipients: answer.recipient.as_ref().and_then(|kind| kind.parse().ok()),
            },
        };
        let answer = |answer: &Answer| AnswerView {
            text: text(pack.answer_text(&answer.id, language), &answer.id),
            next: next(answer),
            id: answer.id.clone(),
        };
        let questions = triage.questions.iter().map(|question| QuestionView {
            id: question.id.clone(),
            text: text(pack.question_text(&question.id, language), &question.id),
            answers: question.answers.iter().map(answer).collect(),
        });
        Some(Self { start: triage.start.clone(), questions: questions.collect() })
    }

    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&QuestionView> {
        self.questions.iter().find(|question| question.id == id)
    }
}
