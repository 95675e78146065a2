//! What a pack holds without any text: topics, checklists, triage, tombstones.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    PackError, characters, limits,
    names::{date, is_code, is_id},
};

/// `schema` of the part `checklists`.
pub(crate) const SCHEMA: &str = "amparo.checklists/1";

fn is_false(value: &bool) -> bool {
    !value
}

/// The part `checklists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    pub(crate) schema: String,
    /// The topics, in the order in which to show them.
    pub topics: Vec<Topic>,
    /// The checklists, in the order in which to show them within their topics.
    pub checklists: Vec<Checklist>,
    /// The way from "what is happening?" to a checklist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triage: Option<Triage>,
    /// What earlier versions had and this one does not. Names that are gone are never given again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tombstones: Vec<Tombstone>,
}

/// A group of checklists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its id.
    pub id: String,
}

/// A checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Its id, unique in all versions of the pack.
    pub id: String,
    /// Its topic's id.
    pub topic: String,
    /// What is happening (`codes::SITUATIONS`).
    pub situation: String,
    /// For whom it is (`codes::PERSONAS`).
    pub personas: Vec<String>,
    /// After how many days it is due again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurs_days: Option<u16>,
    /// Whether items carry points.
    #[serde(default, skip_serializing_if = "is_false")]
    pub scored: bool,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// A part of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its id, unique in the checklist.
    pub id: String,
    /// When it is for (`codes::PHASES`).
    pub phase: String,
    /// Its items, in order.
    pub items: Vec<Item>,
}

/// One thing to do, or one question of a scored checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id, unique in all versions of the pack. Ticks are kept by it.
    pub id: String,
    /// How much it matters (`codes::PRIORITIES`). An unknown one counts as `normal`.
    pub priority: String,
    /// Minutes or hours matter.
    #[serde(default, skip_serializing_if = "is_false")]
    pub time_critical: bool,
    /// Following it leaves a trace that somebody could find.
    #[serde(default, skip_serializing_if = "is_false")]
    pub leaves_trace: bool,
    /// It needs a network.
    #[serde(default, skip_serializing_if = "is_false")]
    pub needs_network: bool,
    /// Points of risk when it is not ticked; only in a scored checklist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// Where a fact comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When somebody last checked it, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reviewed: Option<String>,
    /// Where it leads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// Where an item leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Another checklist of the pack, by its id.
    Checklist(String),
    /// A draft of an incident that begins with this act.
    Incident(String),
    /// A recipient of this kind.
    Recipient(String),
}

/// Questions that lead to a checklist, to somebody who can help, or to both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// The first question's id.
    pub start: String,
    /// The questions.
    pub questions: Vec<Question>,
}

/// A question of the triage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// Its answers, in the order in which to show them.
    pub answers: Vec<Answer>,
}

/// An answer: goes on to a question, or ends at a checklist, a kind of recipient, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its id, unique in the pack.
    pub id: String,
    /// The next question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The checklist at which it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<String>,
    /// The kind of recipient at which it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

impl Answer {
    /// Whether it goes on, or ends, and not both.
    pub(crate) fn leads_one_way(&self) -> bool {
        self.question.is_some() != (self.checklist.is_some() || self.recipient.is_some())
    }
}

/// What kind of thing is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TombstoneKind {
    /// A checklist.
    Checklist,
    /// An item.
    Item,
}

/// Something that an earlier version had. Its id is never given again, so that nobody's tick of then is taken for one of
/// something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// What it was.
    pub kind: TombstoneKind,
    /// Its id.
    pub id: String,
    /// The first version without it.
    pub removed_in: u64,
    /// What takes its place, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
}

type Checked = Result<(), PackError>;

fn must(holds: bool, what: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(PackError::malformed(what)) }
}

impl Structure {
    /// A structure of these parts, not checked.
    #[cfg(feature = "author")]
    pub(crate) fn new(
        topics: Vec<Topic>,
        checklists: Vec<Checklist>,
        triage: Option<Triage>,
        tombstones: Vec<Tombstone>,
    ) -> Self {
        Self { schema: SCHEMA.to_owned(), topics, checklists, triage, tombstones }
    }

    /// Reads the part, once its hash was checked.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PackError> {
        let read: Self =
            serde_json::from_slice(bytes).map_err(|_| PackError::malformed("the checklists cannot be read"))?;
        if read.schema != SCHEMA {
            return Err(PackError::UnknownFormat);
        }
        read.validate()?;
        Ok(read)
    }

    /// All items, with the checklist and the section they are in.
    pub fn items(&self) -> impl Iterator<Item = (&Checklist, &Section, &Item)> {
        let sections = self.checklists.iter().flat_map(|list| list.sections.iter().map(move |section| (list, section)));
        sections.flat_map(|(list, section)| section.items.iter().map(move |item| (list, section, item)))
    }

    /// The checklist with this id.
    #[must_use]
    pub fn checklist(&self, id: &str) -> Option<&Checklist> {
        self.checklists.iter().find(|list| list.id == id)
    }

    pub(crate) fn validate(&self) -> Checked {
        must(self.topics.len() <= limits::TOPICS, "too many topics")?;
        must(self.checklists.len() <= limits::CHECKLISTS, "too many checklists")?;
        must(self.tombstones.len() <= limits::TOMBSTONES, "too many tombstones")?;
        let mut topics = BTreeSet::new();
        for topic in &self.topics {
            must(is_id(&topic.id) && topics.insert(topic.id.as_str()), "a topic's id is none, or stands twice")?;
        }
        let mut lists = BTreeSet::new();
        for list in &self.checklists {
            must(is_id(&list.id) && lists.insert(list.id.as_str()), "a checklist's id is none, or stands twice")?;
        }
        let mut items = BTreeSet::new();
        for list in &self.checklists {
            must(topics.contains(list.topic.as_str()), "a checklist is in no topic of the pack")?;
            list.validate(&lists, &mut items)?;
        }
        if let Some(triage) = &self.triage {
            triage.validate(&lists)?;
        }
        let mut gone = BTreeSet::new();
        for tombstone in &self.tombstones {
            let living = match tombstone.kind {
                TombstoneKind::Checklist => &lists,
                TombstoneKind::Item => &items,
            };
            let id = tombstone.id.as_str();
            let named = is_id(id) && !living.contains(id) && gone.insert((tombstone.kind, id));
            must(named, "a tombstone names what is there, or stands twice")?;
            let heir = tombstone.replaced_by.as_deref();
            must(heir.is_none_or(|heir| living.contains(heir)), "a tombstone names what is not there")?;
        }
        Ok(())
    }
}

impl Checklist {
    /// The text key of one of its sections.
    #[must_use]
    pub fn section_key(&self, section: &Section) -> String {
        format!("{}.{}", self.id, section.id)
    }

    fn validate<'a>(&'a self, lists: &BTreeSet<&str>, items: &mut BTreeSet<&'a str>) -> Checked {
        let personas = self.personas.len() <= limits::PERSONAS && self.personas.iter().all(|code| is_code(code));
        must(is_code(&self.situation) && personas, "a situation or persona is no code")?;
        must(self.recurs_days != Some(0), "recurs_days is zero")?;
        must(self.sections.len() <= limits::SECTIONS, "too many sections")?;
        let mut sections = BTreeSet::new();
        for section in &self.sections {
            must(
                is_id(&section.id) && sections.insert(section.id.as_str()),
                "a section's id is none, or stands twice",
            )?;
            must(is_code(&section.phase), "a phase is no code")?;
            for item in &section.items {
                must(is_id(&item.id) && items.insert(item.id.as_str()), "an item's id is none, or stands twice")?;
                must(items.len() <= limits::ITEMS, "too many items")?;
                item.validate(lists)?;
            }
        }
        Ok(())
    }
}

impl Item {
    fn validate(&self, lists: &BTreeSet<&str>) -> Checked {
        let source = |text: &String| text.len() <= limits::NAME_BYTES && characters::flaw(text).is_none();
        must(is_code(&self.priority), "a priority is no code")?;
        must(self.source.as_ref().is_none_or(source), "a source cannot be shown")?;
        must(self.last_reviewed.as_deref().is_none_or(|day| date(day).is_some()), "last_reviewed is no day")?;
        must(self.links.len() <= limits::LINKS, "too many links")?;
        let good = |link: &Link| match link {
            Link::Checklist(id) => lists.contains(id.as_str()),
            Link::Incident(code) | Link::Recipient(code) => is_code(code),
        };
        must(self.links.iter().all(good), "a link leads nowhere")
    }
}

impl Triage {
    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    fn validate(&self, lists: &BTreeSet<&str>) -> Checked {
        must(self.questions.len() <= limits::QUESTIONS, "too many questions")?;
        let mut questions: BTreeMap<&str, &Question> = BTreeMap::new();
        for question in &self.questions {
            let fresh = questions.insert(&question.id, question).is_none();
            must(is_id(&question.id) && fresh, "a question's id is none, or stands twice")?;
        }
        must(questions.contains_key(self.start.as_str()), "the triage begins nowhere")?;
        let mut answers = BTreeSet::new();
        for question in &self.questions {
            must((1..=limits::ANSWERS).contains(&question.answers.len()), "a question has no answers, or too many")?;
            for answer in &question.answers {
                must(
                    is_id(&answer.id) && answers.insert(answer.id.as_str()),
                    "an answer's id is none, or stands twice",
                )?;
                let next = answer.question.as_deref().is_none_or(|id| questions.contains_key(id));
                let list = answer.checklist.as_deref().is_none_or(|id| lists.contains(id));
                let kind = answer.recipient.as_deref().is_none_or(is_code);
                must(next && list && kind && answer.leads_one_way(), "an answer leads nowhere, or two ways")?;
            }
        }
        must(self.loops().is_empty(), "the triage goes in a circle")
    }

    /// The questions from which one comes back to themselves, or to others that do: those that are left when every question
    /// all of whose answers end is taken away, again and again. Linear in the number of answers.
    pub(crate) fn loops(&self) -> Vec<&str> {
        let mut asked_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut open: BTreeMap<&str, usize> = BTreeMap::new();
        for question in &self.questions {
            let nexts = question.answers.iter().filter_map(|answer| answer.question.as_deref());
            open.insert(&question.id, nexts.clone().count());
            for next in nexts {
                asked_by.entry(next).or_default().push(&question.id);
            }
        }
        let mut ends: Vec<&str> = open.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
        while let Some(ended) = ends.pop() {
            for asker in asked_by.get(ended).into_iter().flatten() {
                if let Some(count) = open.get_mut(asker) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        ends.push(asker);
                    }
                }
            }
        }
        open.into_iter().filter(|(_, count)| *count > 0).map(|(id, _)| id).collect()
    }
}
