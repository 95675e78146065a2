//! What goes into a report, decided before anything is sealed.
//!
//! Only fields that this version knows are disclosed: a field that a newer version added may be bound to somebody's consent,
//! and this version cannot tell. Precision that was withheld is withheld here. An anonymous report carries no id and no custody
//! excerpt, because either would tie it to the vault's other reports.

use std::collections::{BTreeMap, BTreeSet};

use amparo_crypto::sign::SigningKey;
use amparo_report::{
    custody::{self, Disclosure, Entry, Event},
    hex,
    manifest::SenderMode,
    names,
    seal::{ExtraFile, evidence_path},
};
use amparo_vault::MediaId;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{
    RecipientGroup, ReportRequest, Shown,
    consent::Told,
    filter::{self, Disclosed, For},
    keys,
};
use crate::{
    CORE_VERSION, CoreError, EvidenceId, IncidentId, ReportId, Stamp,
    custody::{anchors_for_excerpt, log},
    disclosure,
    evidence::{self, Derivation, DeviceMetadata, Evidence, Purpose, Speaker, Testimony},
    form::{
        ChannelForm,
        judge::{self, Judged, Seen},
    },
    incident::{self, Consent, IncidentContent, PurposeConsent, RecipientKind},
};

/// `schema` of `report.json`.
pub const REPORT_SCHEMA: &str = "amparo.report/1";

/// One piece of evidence that goes in.
pub(crate) struct Item {
    pub evidence: Evidence,
    pub media: MediaId,
    pub sha256: [u8; 32],
    pub kind: String,
    pub extension: &'static str,
    pub path: String,
    /// What the device knew, if it is disclosed.
    pub device: Option<DeviceMetadata>,
    /// Who speaks, as far as it is disclosed.
    pub testimony: Option<Testimony>,
}

/// A piece of evidence of the incident that does not go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Which one.
    pub evidence: EvidenceId,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why evidence that was not chosen by hand does not go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOutReason {
    /// It is still being written.
    Unfinished,
    /// It is damaged.
    Damaged,
    /// Nothing of it was kept.
    Empty,
    /// Whoever speaks in it, or in what it was made from, did not allow to tell this kind of recipient.
    Consent,
    /// A redacted copy of it, or one without metadata, is in the report. Whoever made one did not mean to tell the rest; who wants
    /// both chooses by hand.
    CopyInstead,
    /// The channel does not take it: what it is, or files of its type.
    NotForChannel,
    /// The channel does not take files of its size.
    TooLargeForChannel,
}

impl LeftOutReason {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Damaged => "damaged",
            Self::Empty => "empty",
            Self::Consent => "consent",
            Self::CopyInstead => "copy_instead",
            Self::NotForChannel => "not_for_channel",
            Self::TooLargeForChannel => "too_large_for_channel",
        }
    }
}

/// Everything that goes to one group, as it was at one moment.
pub(crate) struct Composition {
    pub id: ReportId,
    pub kind: RecipientKind,
    /// What is disclosed of the incident, as a record.
    pub content: IncidentContent,
    /// What is disclosed of it, field by field.
    pub disclosed: Disclosed,
    pub incident_seq: i64,
    pub revision: u32,
    pub items: Vec<Item>,
    pub left_out: Vec<LeftOut>,
    pub custody: Option<Disclosure>,
    pub entries: Vec<Entry>,
    /// The statement with its openings, and timestamps.
    pub extra: Vec<ExtraFile>,
    pub mode: SenderMode,
    pub signing_key: Option<SigningKey>,
    pub shown: Shown,
    /// The day, no finer: a sealing time to the second would help to match reports with traffic.
    pub day: String,
    pub language: String,
    pub thumbnails: BTreeMap<EvidenceId, Vec<u8>>,
    /// The channel's form, and what it says to this.
    pub form: Option<(ChannelForm, Judged)>,
}

impl Composition {
    /// Reads it all in one transaction, which makes the case's key and the statement on the record if there is none.
    pub fn gather(
        conn: &Connection,
        id: ReportId,
        request: &ReportRequest,
        group: &RecipientGroup,
        now: &Stamp,
    ) -> Result<Self, CoreError> {
        let incident = incident::store::get(conn, request.incident)?;
        if incident.content.draft {
            return Err(CoreError::Draft);
        }
        let incident_seq = incident::store::seq_of(conn, request.incident)?;
        let signing_key = match request.sender {
            SenderMode::Anonymous => None,
            SenderMode::Case => Some(keys::case(conn, incident_seq)?),
            SenderMode::Identified => Some(keys::identity(conn)?),
        };
        let Chosen { mut items, left_out, refused, all } = choose(conn, request.incident, group)?;
        let anonymous = signing_key.is_none();
        let form = group.form.as_ref().map(ChannelForm::form);
        let stored: String = conn
            .prepare_cached("SELECT record FROM incident WHERE seq = ?1")?
            .query_row([incident_seq], |row| row.get(0))?;
        let record: Value = serde_json::from_str(&stored).map_err(|_| CoreError::DamagedRecord)?;
        let evidence = items.iter().map(|item| item.evidence.id).collect();
        let to = For { kind: &group.kind, choice: &group.choice, anonymous, evidence: &evidence, form };
        let disclosed = filter::told(&record, &incident, &to)?;
        for item in &mut items {
            let said = &item.evidence.description;
            item.device = said.device.as_ref().filter(|_| group.choice.shown.device).map(known_device);
            item.testimony = said.testimony.as_ref().map(|testimony| told_testimony(testimony, &disclosed));
        }
        let content: IncidentContent =
            serde_json::from_value(Value::Object(disclosed.incident.clone())).map_err(|_| CoreError::DamagedRecord)?;
        let (mut custody, mut entries, mut extra) = (None, Vec::new(), Vec::new());
        if let Some(key) = &signing_key {
            let signed = disclosure::of_present(conn, incident_seq, incident.id, now)?;
            let (shown, unsigned) = disclosed.provable(&record, &signed.commitment);
            let openings = signed.commitment.open(&shown, &unsigned)?.to_json()?;
            let files = [
                (names::STATEMENT, signed.statement.clone()),
                (names::STATEMENT_SIGNATURE, signed.signature.clone()),
                (names::OPENINGS, openings),
            ];
            extra.extend(files.map(|(path, content)| ExtraFile { path: path.to_owned(), content }));
            let size;
            (custody, entries, size) = excerpt(conn, &items, signed.custody, key, now)?;
            if custody.is_some() {
                extra.extend(anchors_for_excerpt(conn, size)?);
            }
        }
        let judged = group.form.as_ref().map(|form| {
            let shown = group.choice.shown;
            let (items, left_out, all) = (&items, &left_out, &all);
            let seen = Seen {
                record: &record,
                incident: &incident.content,
                disclosed: &disclosed,
                items,
                left_out,
                all,
                shown,
            };
            (form.clone(), judge::judge(form.form(), &group.kind, &seen, refused))
        });
        let language = content.language.clone().unwrap_or_else(|| "en".to_owned());
        let day = now.time.to_string().chars().take("2026-11-23".len()).collect();
        Ok(Self {
            id,
            kind: group.kind.clone(),
            content,
            disclosed,
            incident_seq,
            revision: incident.revision,
            items,
            left_out,
            custody,
            entries,
            extra,
            mode: request.sender,
            signing_key,
            shown: group.choice.shown,
            day,
            language,
            thumbnails: BTreeMap::new(),
            form: judged,
        })
    }

    pub fn ids(&self) -> Vec<EvidenceId> {
        self.items.iter().map(|item| item.evidence.id).collect()
    }

    /// Whether the channel takes a sealed file of this size.
    pub fn check_size(&self, size: u64) -> Result<(), CoreError> {
        let limit = self.form.as_ref().and_then(|(form, _)| form.form().limits.report_bytes);
        match limit {
            Some(limit) if size > limit => Err(CoreError::FormTooLarge { size, limit }),
            _ => Ok(()),
        }
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
        report.insert("incident".to_owned(), Value::Object(self.disclosed.incident.clone()));
        let evidence = self.items.iter().map(|item| self.evidence_json(item)).collect::<Result<Vec<_>, _>>()?;
        report.insert("evidence".to_owned(), Value::Array(evidence));
        let mut bytes = serde_json::to_vec_pretty(&report).map_err(|_| CoreError::MalformedRecord)?;
        bytes.push(b'\n');
        Ok(bytes)
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
        put(&mut out, "device", item.device.as_ref())?;
        put(&mut out, "testimony", item.testimony.as_ref())?;
        let derivation = said.derivation.as_ref();
        let derivation = derivation.map(|made| Derivation { unknown: Map::new(), ..made.clone() });
        put(&mut out, "derivation", derivation.as_ref())?;
        Ok(Value::Object(out))
    }
}

fn put<T: serde::Serialize>(out: &mut Map<String, Value>, name: &str, value: Option<&T>) -> Result<(), CoreError> {
    if let Some(value) = value {
        out.insert(name.to_owned(), serde_json::to_value(value).map_err(|_| CoreError::MalformedRecord)?);
    }
    Ok(())
}

/// What this version knows of what the device said.
fn known_device(device: &DeviceMetadata) -> DeviceMetadata {
    let mut device = DeviceMetadata { unknown: Map::new(), ..device.clone() };
    if let Some(location) = &mut device.location {
        location.unknown = Map::new();
    }
    if let Some(network) = &mut device.network {
        network.unknown = Map::new();
    }
    device
}

/// Who speaks and what they allow, as far as the report tells of persons. Who asked, and in what words somebody consented, is not
/// told: it speaks of somebody else.
fn told_testimony(testimony: &Testimony, disclosed: &Disclosed) -> Testimony {
    let speaker = testimony.speaker.as_ref().and_then(|speaker| match speaker.person {
        None => Some(Speaker { name: speaker.name.clone(), ..Speaker::default() }),
        Some(id) => {
            let told = disclosed.persons.iter().find(|person| person.id == Some(id));
            let shown = disclosed.ids.get(&id.to_string()).and_then(|id| id.parse().ok());
            let name = if told.is_some_and(|person| person.told == Told::InFull) { speaker.name.as_str() } else { "" };
            shown.map(|person| Speaker { person: Some(person), name: name.to_owned(), ..Speaker::default() })
        }
    });
    let consent = testimony.consent.as_ref().map(|consent| Consent {
        scope: consent.scope.clone(),
        when: consent.when,
        revocable: consent.revocable,
        purposes: consent
            .purposes
            .iter()
            .map(|answer| PurposeConsent::new(answer.purpose.clone(), answer.allowed))
            .collect(),
        ..Consent::new(consent.status.clone())
    });
    Testimony { speaker, consent, ..Testimony::default() }
}

/// What becomes of the evidence.
struct Chosen {
    items: Vec<Item>,
    left_out: Vec<LeftOut>,
    /// The first of those chosen by hand that the channel does not take.
    refused: Option<usize>,
    /// All that is attached.
    all: Vec<Evidence>,
}

/// The chosen evidence. What was chosen by hand must be fit to go in; of all, what is not fit is left out and named.
fn choose(conn: &Connection, incident: IncidentId, group: &RecipientGroup) -> Result<Chosen, CoreError> {
    let attached = evidence::store::list(conn, incident)?;
    let (all, mut refused) = (attached.clone(), None);
    let (mut items, mut left_out) = (Vec::new(), Vec::new());
    let by_hand = group.choice.evidence.as_ref();
    let chosen = match by_hand {
        None => {
            let replaced: BTreeSet<EvidenceId> = attached.iter().filter_map(stands_for).collect();
            let (copied, rest): (Vec<_>, Vec<_>) = attached.into_iter().partition(|piece| replaced.contains(&piece.id));
            left_out.extend(
                copied.into_iter().map(|piece| LeftOut { evidence: piece.id, reason: LeftOutReason::CopyInstead }),
            );
            rest
        }
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
    let form = group.form.as_ref().map(ChannelForm::form);
    for (index, evidence) in chosen.into_iter().enumerate() {
        let id = evidence.id;
        let fits = match may_be_told(conn, &evidence, &group.kind) {
            Ok(true) => fit(conn, evidence, items.len().saturating_add(1)),
            Ok(false) => Err(CoreError::EvidenceWithoutConsent),
            Err(error) => Err(error),
        };
        let error = match fits {
            Ok(item) => {
                match form.and_then(|form| judge::not_taken(form, &item.evidence)) {
                    None => items.push(item),
                    Some(reason) => {
                        refused = refused.or(by_hand.map(|_| index));
                        left_out.push(LeftOut { evidence: id, reason });
                    }
                }
                continue;
            }
            Err(error) => error,
        };
        let reason = match error {
            CoreError::EvidenceUnfinished => LeftOutReason::Unfinished,
            CoreError::EvidenceDamaged => LeftOutReason::Damaged,
            CoreError::EvidenceEmpty => LeftOutReason::Empty,
            CoreError::EvidenceWithoutConsent => LeftOutReason::Consent,
            other => return Err(other),
        };
        if by_hand.is_some() {
            return Err(error);
        }
        left_out.push(LeftOut { evidence: id, reason });
    }
    Ok(Chosen { items, left_out, refused, all })
}

/// The piece that a copy was made to be told instead of, if it can be.
fn stands_for(copy: &Evidence) -> Option<EvidenceId> {
    let instead = [Some(&Purpose::REDACTED), Some(&Purpose::STRIPPED)].contains(&copy.purpose());
    copy.derived_from.filter(|_| instead && copy.disclosable_hash().is_ok())
}

/// Whether consent allows it: its own, and that of everything that it was made from.
pub(crate) fn may_be_told(conn: &Connection, evidence: &Evidence, kind: &RecipientKind) -> Result<bool, CoreError> {
    let (mut evidence, mut seen) = (evidence.clone(), BTreeSet::new());
    loop {
        if !evidence.description.may_be_told(kind) {
            return Ok(false);
        }
        match evidence.derived_from {
            Some(original) if seen.insert(original) => evidence = evidence::store::get(conn, original)?,
            _ => return Ok(true),
        }
    }
}

fn fit(conn: &Connection, evidence: Evidence, number: usize) -> Result<Item, CoreError> {
    let sha256 = evidence.disclosable_hash()?;
    let media = evidence::store::media_of(conn, evidence.id)?;
    // File names in a report are ours: a kind that this version does not know is not trusted with one.
    let kind = if evidence.description.kind.is_known() { evidence.description.kind.as_str() } else { "item" };
    let kind = if evidence.derived_from.is_some() { format!("{kind}-derivative") } else { kind.to_owned() };
    let extension = evidence::extension(&evidence.description.media_type);
    let path = evidence_path(number, &kind, extension);
    Ok(Item { evidence, media, sha256, kind, extension, path, device: None, testimony: None })
}

/// The custody entries that may be disclosed: what happened to the bytes. Entries on sealing, sending and answers speak of other
/// recipients, and an event of a newer version may.
fn is_disclosed(event: &Event) -> bool {
    event.is_origin() || matches!(event, Event::Viewed | Event::Noted | Event::Exported | Event::Moved | Event::Deleted)
}

/// An excerpt of the log, what it says, and how many entries the log has.
type Excerpt = (Option<Disclosure>, Vec<Entry>, u64);

/// The entries of the items, and the one that the save of the record made, with their proofs to a head that only the case's key
/// signs: the vault's own custody key would tie all its reports together.
fn excerpt(
    conn: &Connection,
    items: &[Item],
    recorded: u64,
    key: &SigningKey,
    now: &Stamp,
) -> Result<Excerpt, CoreError> {
    let mut found = log::entries(conn, recorded, 1)?;
    found.retain(|entry| entry.seq == recorded);
    for item in items {
        for entry in log::history(conn, item.evidence.id)? {
            if entry.entry.as_ref().is_some_and(|parsed| is_disclosed(&parsed.event)) {
                found.push(entry);
            }
        }
    }
    found.sort_by_key(|entry| entry.seq);
    let Some(head) = log::head_now(conn, now.time)? else { return Ok((None, Vec::new(), 0)) };
    if found.is_empty() {
        return Ok((None, Vec::new(), 0));
    }
    let lines: Vec<&[u8]> = found.iter().map(|entry| entry.line.as_slice()).collect();
    let note = head.sign(key)?;
    let disclosure = custody::disclose(&log::Nodes(conn), &lines, &note, &key.verifying_key())?;
    Ok((Some(disclosure), found.into_iter().filter_map(|entry| entry.entry).collect(), head.size))
}

#[cfg(test)]
mod tests {
    use super::*;

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
