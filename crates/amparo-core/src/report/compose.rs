//! What goes into a report, decided before anything is sealed.
//!
//! Only fields that this version knows are disclosed: a field that a newer version added may be bound to somebody's consent,
//! and this version cannot tell. Precision that was withheld is withheld here. An anonymous report carries no id and no custody
//! excerpt, because either would tie it to the vault's other reports.

use amparo_crypto::sign::SigningKey;
use amparo_report::{
    custody::{self, Disclosure, Entry, Event},
    hex,
    manifest::SenderMode,
    seal::evidence_path,
};
use amparo_vault::MediaId;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{ReportRequest, keys};
use crate::{
    CORE_VERSION, CoreError, EvidenceId, ReportId, Stamp,
    custody::log,
    evidence::{self, Evidence},
    incident::{self, Incident, Occurred, Place, PlacePrecision},
};

/// `schema` of `report.json`.
pub const REPORT_SCHEMA: &str = "amparo.report/1";

/// What is shown beyond the incident's own text. The default shows notes and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The notes on the evidence.
    pub notes: bool,
    /// The names the files had outside. They may tell of other people and places.
    pub file_names: bool,
    /// The user's own tags.
    pub tags: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self { notes: true, file_names: false, tags: false }
    }
}

/// One piece of evidence that goes in.
pub(super) struct Item {
    pub evidence: Evidence,
    pub media: MediaId,
    pub sha256: [u8; 32],
    pub kind: String,
    pub extension: &'static str,
    pub path: String,
}

/// Everything that goes in, as it was at one moment.
pub(super) struct Composition {
    pub id: ReportId,
    pub incident: Incident,
    pub incident_seq: i64,
    pub items: Vec<Item>,
    pub left_out: Vec<EvidenceId>,
    pub custody: Option<Disclosure>,
    pub entries: Vec<Entry>,
    pub mode: SenderMode,
    pub signing_key: Option<SigningKey>,
    pub shown: Shown,
    /// The day, no finer: a sealing time to the second would help to match reports with traffic.
    pub day: String,
    pub language: String,
}

impl Composition {
    /// Reads it all in one transaction, which makes the case's key if there is none.
    pub fn gather(conn: &Connection, id: ReportId, request: &ReportRequest, now: &Stamp) -> Result<Self, CoreError> {
        let incident = incident::store::get(conn, request.incident)?;
        let incident_seq = incident::store::seq_of(conn, request.incident)?;
        let signing_key = match request.sender {
            SenderMode::Anonymous => None,
            SenderMode::Case => Some(keys::case(conn, incident_seq)?),
            SenderMode::Identified => Some(keys::identity(conn)?),
        };
        let (items, left_out) = choose(conn, request)?;
        let (custody, entries) = match &signing_key {
            Some(key) => excerpt(conn, &items, key, now)?,
            None => (None, Vec::new()),
        };
        let language = incident.content.language.clone().unwrap_or_else(|| "en".to_owned());
        let day = now.time.to_string().chars().take("2026-11-23".len()).collect();
        Ok(Self {
            id,
            incident,
            incident_seq,
            items,
            left_out,
            custody,
            entries,
            mode: request.sender,
            signing_key,
            shown: request.shown,
            day,
            language,
        })
    }

    pub fn ids(&self) -> Vec<EvidenceId> {
        self.items.iter().map(|item| item.evidence.id).collect()
    }

    fn anonymous(&self) -> bool {
        self.mode == SenderMode::Anonymous
    }

    /// `report.json`.
    pub fn report_json(&self) -> Result<Vec<u8>, CoreError> {
        let mut report = Map::new();
        report.insert("schema".to_owned(), REPORT_SCHEMA.into());
        report.insert("report_id".to_owned(), self.id.to_string().into());
        report.insert("created".to_owned(), self.day.clone().into());
        report.insert("core".to_owned(), CORE_VERSION.into());
        report.insert("sender".to_owned(), json!({ "mode": self.mode }));
        report.insert("incident".to_owned(), Value::Object(self.incident_json()?));
        let evidence = self.items.iter().map(|item| self.evidence_json(item)).collect::<Result<Vec<_>, _>>()?;
        report.insert("evidence".to_owned(), Value::Array(evidence));
        let mut bytes = serde_json::to_vec_pretty(&report).map_err(|_| CoreError::MalformedRecord)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn incident_json(&self) -> Result<Map<String, Value>, CoreError> {
        let content = &self.incident.content;
        let mut out = Map::new();
        if !self.anonymous() {
            out.insert("schema".to_owned(), incident::INCIDENT_SCHEMA.into());
            out.insert("id".to_owned(), self.incident.id.to_string().into());
            put(&mut out, "revision", Some(&self.incident.revision))?;
            put(&mut out, "created", Some(&self.incident.created))?;
            put(&mut out, "modified", Some(&self.incident.modified))?;
        }
        put(&mut out, "title", Some(&content.title).filter(|text| !text.is_empty()))?;
        put(&mut out, "narrative", Some(&content.narrative).filter(|text| !text.is_empty()))?;
        put(&mut out, "language", content.language.as_ref())?;
        let acts: Vec<Value> = content.acts.iter().map(|act| json!({ "code": act.code })).collect();
        put(&mut out, "acts", Some(&acts).filter(|acts| !acts.is_empty()))?;
        let occurred = content.occurred.clone().map(|occurred| Occurred { unknown: Map::new(), ..occurred });
        put(&mut out, "occurred", occurred.as_ref())?;
        put(&mut out, "place", disclosed_place(content.place.as_ref()).as_ref())?;
        put(&mut out, "status", content.status.as_ref())?;
        put(&mut out, "urgency", content.urgency.as_ref())?;
        put(&mut out, "tags", Some(&content.tags).filter(|tags| self.shown.tags && !tags.is_empty()))?;
        Ok(out)
    }

    fn evidence_json(&self, item: &Item) -> Result<Value, CoreError> {
        let (evidence, said) = (&item.evidence, &item.evidence.description);
        let mut out = Map::new();
        out.insert("path".to_owned(), item.path.clone().into());
        if !self.anonymous() {
            out.insert("id".to_owned(), evidence.id.to_string().into());
            put(&mut out, "added", Some(&evidence.added))?;
            put(&mut out, "derived_from", evidence.derived_from.as_ref())?;
        }
        put(&mut out, "kind", Some(&said.kind))?;
        put(&mut out, "media_type", Some(&said.media_type))?;
        put(&mut out, "size", Some(&evidence.size))?;
        out.insert("sha256".to_owned(), hex::encode(&item.sha256).into());
        put(&mut out, "state", Some(&evidence.state))?;
        put(&mut out, "how", Some(&said.how))?;
        // Time since boot would recognise a device.
        let captured = said.captured_at.as_ref().map(|at| json!({ "time": at.time, "timezone": at.timezone }));
        put(&mut out, "captured_at", captured.as_ref())?;
        put(&mut out, "language", said.language.as_ref())?;
        put(&mut out, "note", said.note.as_ref().filter(|_| self.shown.notes))?;
        put(&mut out, "file_name", said.file_name.as_ref().filter(|_| self.shown.file_names))?;
        Ok(Value::Object(out))
    }
}

fn put<T: serde::Serialize>(out: &mut Map<String, Value>, name: &str, value: Option<&T>) -> Result<(), CoreError> {
    if let Some(value) = value {
        out.insert(name.to_owned(), serde_json::to_value(value).map_err(|_| CoreError::MalformedRecord)?);
    }
    Ok(())
}

/// The chosen evidence. What was chosen by hand must be fit to go in; of all, what is not fit is left out and named.
fn choose(conn: &Connection, request: &ReportRequest) -> Result<(Vec<Item>, Vec<EvidenceId>), CoreError> {
    let attached = evidence::store::list(conn, request.incident)?;
    let (mut items, mut left_out) = (Vec::new(), Vec::new());
    let chosen = match &request.evidence {
        None => attached,
        Some(ids) => {
            let mut chosen: Vec<Evidence> = Vec::with_capacity(ids.len());
            for id in ids {
                let found = attached.iter().find(|evidence| evidence.id == *id);
                let Some(found) = found else {
                    evidence::store::seq_of(conn, *id)?;
                    return Err(CoreError::EvidenceOfOtherIncident);
                };
                if !chosen.iter().any(|other| other.id == *id) {
                    chosen.push(found.clone());
                }
            }
            chosen
        }
    };
    for evidence in chosen {
        let id = evidence.id;
        match fit(conn, evidence, items.len().saturating_add(1)) {
            Ok(item) => items.push(item),
            Err(CoreError::EvidenceUnfinished | CoreError::EvidenceDamaged | CoreError::EvidenceEmpty)
                if request.evidence.is_none() =>
            {
                left_out.push(id)
            }
            Err(error) => return Err(error),
        }
    }
    Ok((items, left_out))
}

fn fit(conn: &Connection, evidence: Evidence, number: usize) -> Result<Item, CoreError> {
    let sha256 = evidence.disclosable_hash()?;
    let media = evidence::store::media_of(conn, evidence.id)?;
    // File names in a report are ours: a kind that this version does not know is not trusted with one.
    let kind = if evidence.description.kind.is_known() { evidence.description.kind.as_str() } else { "item" };
    let kind = if evidence.derived_from.is_some() { format!("{kind}-derivative") } else { kind.to_owned() };
    let extension = evidence::extension(&evidence.description.media_type);
    let path = evidence_path(number, &kind, extension);
    Ok(Item { evidence, media, sha256, kind, extension, path })
}

/// The custody entries that may be disclosed: what happened to the bytes. Entries on sealing, sending and answers speak of other
/// recipients, and an event of a newer version may.
fn is_disclosed(event: &Event) -> bool {
    event.is_origin() || matches!(event, Event::Viewed | Event::Noted | Event::Exported | Event::Moved | Event::Deleted)
}

/// The entries of the items with their proofs to a head that only the case's key signs: the vault's own custody key would tie all
/// its reports together.
fn excerpt(
    conn: &Connection,
    items: &[Item],
    key: &SigningKey,
    now: &Stamp,
) -> Result<(Option<Disclosure>, Vec<Entry>), CoreError> {
    let mut found = Vec::new();
    for item in items {
        for entry in log::history(conn, item.evidence.id)? {
            if entry.entry.as_ref().is_some_and(|parsed| is_disclosed(&parsed.event)) {
                found.push(entry);
            }
        }
    }
    found.sort_by_key(|entry| entry.seq);
    if found.is_empty() {
        return Ok((None, Vec::new()));
    }
    let Some(head) = log::head_now(conn, now.time)? else { return Ok((None, Vec::new())) };
    let lines: Vec<&[u8]> = found.iter().map(|entry| entry.line.as_slice()).collect();
    let note = head.sign(key)?;
    let disclosure = custody::disclose(&log::Nodes(conn), &lines, &note, &key.verifying_key())?;
    Ok((Some(disclosure), found.into_iter().filter_map(|entry| entry.entry).collect()))
}

/// The place as far as it may be told.
pub(super) fn disclosed_place(place: Option<&Place>) -> Option<Place> {
    let place = Place { unknown: Map::new(), ..place?.clone() };
    let Some(precision) = &place.precision else { return Some(place) };
    if *precision == PlacePrecision::EXACT {
        return Some(place);
    }
    let coarse = Place { coordinates: None, accuracy_m: None, ..place.clone() };
    if [PlacePrecision::TOWN, PlacePrecision::REGION].contains(precision) {
        return Some(coarse);
    }
    // Withheld, or a rule that this version does not know.
    Some(Place { precision: coarse.precision, ..Place::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Coordinates;

    #[test]
    fn a_place_is_told_as_far_as_it_may_be() {
        let exact = Place {
            text: "12 Main Street".into(),
            country: Some("EG".into()),
            coordinates: Some(Coordinates { latitude: 30.0, longitude: 31.0 }),
            accuracy_m: Some(5.0),
            precision: Some(PlacePrecision::EXACT),
            unknown: [("floor".to_owned(), 3.into())].into_iter().collect(),
        };
        let told = |precision: Option<&str>| {
            let precision = precision.map(|code| code.parse().unwrap());
            disclosed_place(Some(&Place { precision, ..exact.clone() })).unwrap()
        };
        assert!(told(Some("exact")).coordinates.is_some() && told(Some("exact")).unknown.is_empty());
        assert!(told(None).coordinates.is_some());
        for coarse in ["town", "region"] {
            let place = told(Some(coarse));
            assert!(place.coordinates.is_none() && place.accuracy_m.is_none() && !place.text.is_empty());
        }
        for hidden in ["withheld", "newer_rule"] {
            let place = told(Some(hidden));
            assert_eq!((place.text.as_str(), &place.country, place.coordinates), ("", &None, None), "{hidden}");
        }
        assert_eq!(disclosed_place(None), None);
    }

    #[test]
    fn entries_that_speak_of_other_recipients_stay_in_the_vault() {
        for hidden in [Event::Sealed, Event::Sent, Event::Received, Event::Receipt, Event::Other("x".into())] {
            assert!(!is_disclosed(&hidden), "{hidden}");
        }
        for shown in [Event::Captured, Event::Imported, Event::Derived, Event::Exported, Event::Viewed, Event::Noted] {
            assert!(is_disclosed(&shown), "{shown}");
        }
    }
}
