//! `report.html`'s content: the composition in words.
//!
//! Nothing here decides what is disclosed: it says what [`Composition`] holds.

use amparo_report::{
    custody::Entry,
    hex,
    html::{CustodyRow, Direction, EvidenceRow, Fact, ReportView},
    manifest::{SenderMode, show_fingerprint},
};

use super::compose::{Composition, Item, disclosed_place};
use crate::{
    evidence::EvidenceState,
    incident::{DatePrecision, Occurred, Place, PlacePrecision},
};

impl Composition {
    /// What the page shows: the same as `report.json`, in words.
    pub fn view(&self) -> ReportView {
        let content = &self.incident.content;
        let mut facts = Vec::new();
        let codes = [
            ("Status", content.status.as_ref().map(|code| words(code.as_str()))),
            ("Urgency", content.urgency.as_ref().map(|code| words(code.as_str()))),
            ("Tags", Some(content.tags.join(", ")).filter(|tags| self.shown.tags && !tags.is_empty())),
        ];
        for (label, value) in codes {
            facts.extend(value.map(|value| Fact { label: label.to_owned(), value }));
        }
        ReportView {
            language: self.language.clone(),
            direction: direction(&self.language),
            report_id: self.id.to_string(),
            created: self.day.clone(),
            sender: self.sender_words(),
            title: content.title.clone(),
            narrative: content.narrative.clone(),
            acts: content.acts.iter().map(|act| words(act.code.as_str())).collect(),
            time: content.occurred.as_ref().map(occurred_words).unwrap_or_default(),
            place: disclosed_place(content.place.as_ref()).map(|place| place_words(&place)).unwrap_or_default(),
            facts,
            evidence: self.items.iter().map(|item| self.evidence_row(item)).collect(),
            custody: self.entries.iter().map(|entry| self.custody_row(entry)).collect(),
            ..ReportView::default()
        }
    }

    fn sender_words(&self) -> String {
        let fingerprint =
            self.signing_key.as_ref().map(|key| show_fingerprint(&key.verifying_key())).unwrap_or_default();
        match self.mode {
            SenderMode::Anonymous => "Anonymous: this report is not signed.".to_owned(),
            SenderMode::Case => format!("Signed with a key made for this case: {fingerprint}"),
            SenderMode::Identified => format!("Signed with the sender's own key: {fingerprint}"),
        }
    }

    fn evidence_row(&self, item: &Item) -> EvidenceRow {
        let said = &item.evidence.description;
        let note = said.note.clone().filter(|_| self.shown.notes);
        let name = said.file_name.clone().filter(|_| self.shown.file_names);
        let state = state_words(&item.evidence.state).map(str::to_owned);
        let parts: Vec<String> = [state, note, name].into_iter().flatten().collect();
        EvidenceRow {
            path: item.path.clone(),
            kind: words(said.kind.as_str()),
            description: parts.join("\n"),
            time: said.captured_at.as_ref().map(|at| at.time.to_string()).unwrap_or_default(),
            size: size_words(item.evidence.size),
            sha256: hex::encode(&item.sha256),
            image: None,
        }
    }

    fn custody_row(&self, entry: &Entry) -> CustodyRow {
        let path = self.items.iter().find(|item| entry.evidence == Some(item.evidence.id.to_string()));
        CustodyRow {
            seq: entry.seq,
            time: entry.time.clone(),
            event: words(entry.event.as_str()),
            evidence: path.map(|item| item.path.clone()).unwrap_or_default(),
            actor: entry.actor.clone(),
        }
    }
}

fn place_words(place: &Place) -> String {
    if place.precision == Some(PlacePrecision::WITHHELD) {
        return "Known, and withheld.".to_owned();
    }
    let coordinates = place.coordinates.map(|at| format!("{}, {}", at.latitude, at.longitude));
    let parts = [Some(place.text.clone()).filter(|text| !text.is_empty()), place.country.clone(), coordinates];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} ")
}

fn occurred_words(occurred: &Occurred) -> String {
    let about = if occurred.precision == DatePrecision::CIRCA { "about " } else { "" };
    match occurred.to {
        Some(to) => format!("{about}{} \u{2013} {to}", occurred.from),
        None => format!("{about}{}", occurred.from),
    }
}

/// A code as words: `arbitrary_detention` is "Arbitrary detention".
fn words(code: &str) -> String {
    let text = code.replace('_', " ");
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn state_words(state: &EvidenceState) -> Option<&'static str> {
    if *state == EvidenceState::UNTERMINATED {
        Some("Cut off when the device stopped. What is here is authentic, from the beginning.")
    } else if *state == EvidenceState::INTERRUPTED {
        Some("Interrupted while it was recorded or imported. What is here is authentic, from the beginning.")
    } else {
        None
    }
}

fn size_words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = UNITS.iter();
    let mut name = unit.next().copied().unwrap_or_default();
    // Before rounding, so that nothing reads as 1000.0.
    while value >= 999.95 {
        let Some(next) = unit.next() else { break };
        value /= 1000.0;
        name = next;
    }
    format!("{value:.1} {name}")
}

fn direction(language: &str) -> Direction {
    const RIGHT_TO_LEFT: &[&str] = &["ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug", "dv", "yi", "syr"];
    let mut subtags = language.split('-');
    let primary = subtags.next().unwrap_or_default().to_ascii_lowercase();
    // A script subtag decides where there is one: `az-Arab`, `ku-Latn`.
    match subtags.find(|subtag| subtag.len() == 4 && subtag.bytes().all(|b| b.is_ascii_alphabetic())) {
        Some(script) if ["arab", "hebr", "syrc", "thaa", "nkoo"].contains(&script.to_ascii_lowercase().as_str()) => {
            Direction::Rtl
        }
        Some(_) => Direction::Ltr,
        None if RIGHT_TO_LEFT.contains(&primary.as_str()) => Direction::Rtl,
        None => Direction::Ltr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Coordinates;

    #[test]
    fn a_place_in_words() {
        let place = Place {
            text: "12 Main Street".into(),
            country: Some("EG".into()),
            coordinates: Some(Coordinates { latitude: 30.0, longitude: 31.0 }),
            ..Place::default()
        };
        assert_eq!(place_words(&place), "12 Main Street · EG · 30, 31");
    }

    #[test]
    fn words_sizes_and_directions() {
        assert_eq!(words("arbitrary_detention"), "Arbitrary detention");
        assert_eq!(words(""), "");
        for (bytes, text) in [
            (999, "999 bytes"),
            (1000, "1.0 KB"),
            (999_949, "999.9 KB"),
            (999_951, "1.0 MB"),
            (4_294_967_296, "4.3 GB"),
            (u64::MAX, "18446744.1 TB"),
        ] {
            assert_eq!(size_words(bytes), text);
        }
        for (tag, rtl) in [
            ("ar", true),
            ("ar-EG", true),
            ("FA", true),
            ("az-Arab", true),
            ("ku-Latn", false),
            ("en", false),
            ("", false),
        ] {
            assert_eq!(direction(tag) == Direction::Rtl, rtl, "{tag}");
        }
    }
}
