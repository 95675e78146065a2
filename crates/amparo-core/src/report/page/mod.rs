//! What the report shows to people, in words: the view behind `report.html` and `report.md`.
//!
//! Nothing here decides what is disclosed. It says all that [`PageInput`] holds, so nothing may be in it that may not be told;
//! fields that this version does not know are not in words and are not shown. Every word comes from the locale.

mod evidence;
mod facts;
mod record;
#[cfg(test)]
mod tests;

use amparo_pack::form::Layout;
use amparo_report::{
    custody::Entry,
    hex,
    locale::Locale,
    manifest::{SenderMode, show_fingerprint},
    view::{CustodyFile, CustodyRow, ReportView, Value},
};

use super::{Shown, compose::Composition};
use crate::{
    EvidenceId, ReportId,
    custody::event_sentence,
    evidence::{DeviceMetadata, Evidence, Testimony},
    incident::IncidentContent,
};
use facts::{Facts, date_value};

/// Everything that the report shows.
pub(super) struct PageInput<'a> {
    /// The report.
    pub id: ReportId,
    /// The day it is sealed, `YYYY-MM-DD`.
    pub day: &'a str,
    /// The language of what was entered, BCP 47.
    pub language: &'a str,
    /// Who signs.
    pub mode: SenderMode,
    /// The fingerprint of the key that signs, as people compare it.
    pub fingerprint: Option<String>,
    /// The incident, only what is disclosed of it.
    pub content: &'a IncidentContent,
    /// The evidence, in order.
    pub items: Vec<PageItem<'a>>,
    /// The custody entries that are disclosed, in the order of the log.
    pub entries: &'a [Entry],
    /// What is shown beyond the incident's own text.
    pub shown: Shown,
    /// Whether the sender left out something that is known.
    pub withheld: bool,
    /// The order of the channel's form.
    pub layout: Option<&'a Layout>,
    /// A small picture of a piece of evidence: JPEG, PNG or WebP. It is shown only if the composition discloses it.
    pub thumbnails: &'a dyn Fn(EvidenceId) -> Option<Vec<u8>>,
}

/// One piece of evidence that is in the report.
pub(super) struct PageItem<'a> {
    pub evidence: &'a Evidence,
    /// SHA-256 of the file in the report.
    pub sha256: [u8; 32],
    /// Its path in the report.
    pub path: &'a str,
    /// What the device knew of the moment, if that is disclosed. What stands in `evidence` is not shown.
    pub device: Option<&'a DeviceMetadata>,
    /// Who speaks in a testimony, if that is disclosed. What stands in `evidence` is not shown.
    pub testimony: Option<&'a Testimony>,
}

impl PageInput<'_> {
    fn path_of(&self, id: EvidenceId) -> Option<&str> {
        self.items.iter().find(|item| item.evidence.id == id).map(|item| item.path)
    }
}

/// What the report shows: the same as `report.json`, in words.
pub(super) fn view(input: &PageInput<'_>) -> ReportView {
    let locale = Locale::for_tag(input.language);
    let content = input.content;
    let mut facts = Facts::new(locale);
    facts.occurred(content.occurred.as_ref());
    facts.place(content.place.as_ref());
    facts.coded("field.urgency", "urgency", content.urgency.as_ref().map(|code| code.as_str()));
    facts.coded("field.status", "status", content.status.as_ref().map(|code| code.as_str()));
    if input.shown.tags {
        facts.values("field.tags", content.tags.iter().map(Value::words).collect());
    }
    ReportView {
        language: input.language.to_owned(),
        report_id: input.id.to_string(),
        sealed_on: date_value(locale, input.day),
        sender: sender(locale, input),
        withheld: input.withheld,
        title: content.title.clone(),
        // A channel's form says where it stands: among the sections.
        narrative: if input.layout.is_some() { String::new() } else { content.narrative.clone() },
        acts: content.acts.iter().map(|act| locale.code("act", act.code.as_str())).collect(),
        facts: facts.done(),
        sections: record::sections(locale, content, input.layout, &|id| input.path_of(id).map(str::to_owned)),
        evidence: input.items.iter().map(|item| evidence::row(locale, input, item)).collect(),
        custody: custody(locale, input),
    }
}

fn sender(locale: Locale, input: &PageInput<'_>) -> Value {
    let words = match input.mode {
        SenderMode::Anonymous => locale.text("sender.anonymous"),
        SenderMode::Case => locale.text("sender.case"),
        SenderMode::Identified => locale.text("sender.identified"),
    };
    Value { words: words.to_owned(), exact: input.fingerprint.clone().unwrap_or_default() }
}

/// The entries file by file, in the order of the evidence; then those that are not about one file of this report.
fn custody(locale: Locale, input: &PageInput<'_>) -> Vec<CustodyFile> {
    let about = |entry: &Entry, item: &PageItem<'_>| entry.evidence == Some(item.evidence.id.to_string());
    let rows = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<CustodyRow> {
        input.entries.iter().filter(|entry| wanted(entry)).map(|entry| custody_row(locale, entry)).collect()
    };
    let files = input.items.iter().map(|item| CustodyFile {
        path: item.path.to_owned(),
        sha256: hex::encode(&item.sha256),
        entries: rows(&|entry| about(entry, item)),
    });
    let rest = CustodyFile {
        entries: rows(&|entry| !input.items.iter().any(|item| about(entry, item))),
        ..CustodyFile::default()
    };
    files.chain([rest]).filter(|file| !file.entries.is_empty()).collect()
}

fn custody_row(locale: Locale, entry: &Entry) -> CustodyRow {
    CustodyRow {
        seq: entry.seq,
        time: date_value(locale, &entry.time),
        event: event_sentence(entry, locale),
        actor: match entry.actor.as_str() {
            "user" => locale.text("custody.actor.user").to_owned(),
            "app" => locale.text("custody.actor.app").to_owned(),
            "desk" => locale.text("custody.actor.desk").to_owned(),
            other => other.to_owned(),
        },
    }
}

impl Composition {
    /// What the report shows of this composition.
    pub fn view(&self) -> ReportView {
        view(&PageInput {
            id: self.id,
            day: &self.day,
            language: &self.language,
            mode: self.mode,
            fingerprint: self.signing_key.as_ref().map(|key| show_fingerprint(&key.verifying_key())),
            content: &self.content,
            items: self
                .items
                .iter()
                .map(|item| PageItem {
                    evidence: &item.evidence,
                    sha256: item.sha256,
                    path: &item.path,
                    device: item.device.as_ref(),
                    testimony: item.testimony.as_ref(),
                })
                .collect(),
            entries: &self.entries,
            shown: self.shown,
            // Only what can be seen anyway is said: that somebody refused is not for the page.
            withheld: !self.disclosed.unsigned.is_empty(),
            layout: self.form.as_ref().map(|(form, _)| &form.form().layout),
            thumbnails: &|id| self.thumbnails.get(&id).cloned(),
        })
    }
}
