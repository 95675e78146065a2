//! The shapes of the source files. Fields that nobody knows are refused: a flag with a spelling mistake must not be lost.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::structure::{Checklist, Item, Link, Question, Section, Triage};

/// `pack.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackFile {
    pub id: String,
    pub version: u64,
    pub publisher: String,
    pub licence: String,
    pub locales: Vec<String>,
    pub default_locale: String,
    pub valid_from: String,
    pub review_by: String,
    pub min_core: String,
    /// Languages that are written from right to left, beyond those that are known to be.
    #[serde(default)]
    pub right_to_left: Vec<String>,
    #[serde(default)]
    pub topics: Vec<TopicEntry>,
    #[serde(default)]
    pub tombstones: Vec<TombstoneEntry>,
    #[serde(default)]
    pub lint: LintEntry,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicEntry {
    pub id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TombstoneEntry {
    pub item: Option<String>,
    pub checklist: Option<String>,
    pub removed_in: u64,
    pub replaced_by: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LintEntry {
    /// Texts that are rightly the same in two languages, such as `topic.documentation.title`.
    #[serde(default)]
    pub same_text: Vec<String>,
    /// Checklists that the triage rightly does not lead to.
    #[serde(default)]
    pub not_in_triage: Vec<String>,
}

/// `checklists/<id>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChecklistFile {
    pub id: String,
    pub topic: String,
    pub situation: String,
    pub personas: Vec<String>,
    pub recurs_days: Option<u16>,
    #[serde(default)]
    pub scored: bool,
    #[serde(default)]
    pub sections: Vec<SectionEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionEntry {
    pub id: String,
    pub phase: String,
    #[serde(default)]
    pub items: Vec<ItemEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemEntry {
    pub id: String,
    pub priority: String,
    #[serde(default)]
    pub time_critical: bool,
    #[serde(default)]
    pub leaves_trace: bool,
    #[serde(default)]
    pub needs_network: bool,
    pub score: Option<u8>,
    pub source: Option<String>,
    pub last_reviewed: Option<String>,
    #[serde(default)]
    pub links: Vec<Link>,
}

impl From<ChecklistFile> for Checklist {
    fn from(file: ChecklistFile) -> Self {
        let sections = file.sections.into_iter().map(|section| Section {
            id: section.id,
            phase: section.phase,
            items: section.items.into_iter().map(Item::from).collect(),
        });
        Self {
            id: file.id,
            topic: file.topic,
            situation: file.situation,
            personas: file.personas,
            recurs_days: file.recurs_days,
            scored: file.scored,
            sections: sections.collect(),
        }
    }
}

impl From<ItemEntry> for Item {
    fn from(item: ItemEntry) -> Self {
        Self {
            id: item.id,
            priority: item.priority,
            time_critical: item.time_critical,
            leaves_trace: item.leaves_trace,
            needs_network: item.needs_network,
            score: item.score,
            source: item.source,
            last_reviewed: item.last_reviewed,
            links: item.links,
        }
    }
}

/// `triage.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TriageFile {
    pub start: String,
    #[serde(default)]
    pub questions: Vec<QuestionEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionEntry {
    pub id: String,
    #[serde(default)]
    pub answers: Vec<AnswerEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerEntry {
    pub id: String,
    pub question: Option<String>,
    pub checklist: Option<String>,
    pub recipient: Option<String>,
}

impl From<TriageFile> for Triage {
    fn from(file: TriageFile) -> Self {
        let answer = |entry: AnswerEntry| crate::Answer {
            id: entry.id,
            question: entry.question,
            checklist: entry.checklist,
            recipient: entry.recipient,
        };
        let questions = file.questions.into_iter();
        let question =
            |entry: QuestionEntry| Question { id: entry.id, answers: entry.answers.into_iter().map(answer).collect() };
        Self { start: file.start, questions: questions.map(question).collect() }
    }
}

/// `text/<locale>/*.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextFile {
    pub pack: Option<Words>,
    #[serde(default)]
    pub topic: BTreeMap<String, Words>,
    #[serde(default)]
    pub checklist: BTreeMap<String, Words>,
    #[serde(default)]
    pub section: BTreeMap<String, Words>,
    #[serde(default)]
    pub item: BTreeMap<String, Words>,
    #[serde(default)]
    pub question: BTreeMap<String, Words>,
    #[serde(default)]
    pub answer: BTreeMap<String, Words>,
    #[serde(default)]
    pub form: BTreeMap<String, Words>,
}

/// The words of one thing. Which of them it has depends on its kind; the linter says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
    pub why: Option<String>,
}
