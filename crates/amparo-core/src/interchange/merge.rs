//! What becomes of one imported record in the vault: it is new, known, or something else under an id that is there. Nothing that
//! the vault has is overwritten or removed here.

use std::collections::{HashMap, HashSet};

use amparo_crypto::hash::sha256;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value};

use super::{Conflict, ImportPolicy};
use crate::{
    CoreError, EvidenceId, IncidentId, Stamp, evidence,
    incident::{Incident, store},
};

/// A record that may go in.
pub(super) enum Record {
    Incident { incident: Box<Incident>, stored: String, evidence: Vec<EvidenceId> },
    Revision { incident: IncidentId, number: u32, modified: i64, stored: String },
    Evidence { id: EvidenceId, stored: String },
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Outcome {
    Created,
    Unchanged,
    Updated,
    /// The vault's own was kept.
    Skipped,
    /// Goes without saying: it belongs to an incident that was skipped or refused.
    Passed,
    Refused(CoreError),
}

/// How many pieces of evidence incidents name.
#[derive(Default, Clone, Copy)]
pub(super) struct Named {
    pub known: u64,
    pub missing: u64,
}

/// What must be remembered from record to record: of incidents that the vault kept its own of, their ids; when nothing is
/// written, what would be in the vault.
pub(super) struct Merge {
    policy: ImportPolicy,
    /// When what is written now is written; set before each transaction.
    pub now: Stamp,
    kept: HashSet<IncidentId>,
    tried: HashMap<IncidentId, Tried>,
    tried_evidence: HashMap<EvidenceId, HashSet<[u8; 32]>>,
}

/// An incident that a dry run would have written.
struct Tried {
    revision: u32,
    contents: HashSet<[u8; 32]>,
    revisions: HashMap<u32, [u8; 32]>,
}

impl Merge {
    pub fn new(policy: ImportPolicy, now: Stamp) -> Self {
        Self { policy, now, kept: HashSet::new(), tried: HashMap::new(), tried_evidence: HashMap::new() }
    }

    pub fn apply(&mut self, conn: &Connection, record: &Record, named: &mut Named) -> Result<Outcome, CoreError> {
        match record {
            Record::Incident { incident, stored, evidence } => {
                let outcome = self.incident(conn, incident, stored, evidence)?;
                if matches!(outcome, Outcome::Created | Outcome::Unchanged | Outcome::Updated) {
                    for id in evidence {
                        let count = if is_here(conn, *id)? { &mut named.known } else { &mut named.missing };
                        *count += 1;
                    }
                }
                Ok(outcome)
            }
            Record::Revision { incident, number, modified, stored } => {
                self.revision(conn, *incident, *number, *modified, stored)
            }
            Record::Evidence { id, stored } => self.evidence(conn, *id, stored),
        }
    }

    fn incident(
        &mut self,
        conn: &Connection,
        incident: &Incident,
        stored: &str,
        evidence: &[EvidenceId],
    ) -> Result<Outcome, CoreError> {
        let id = incident.id;
        let content = fingerprint(stored);
        let tried = self.tried.get(&id);
        if tried.is_some_and(|tried| tried.contents.contains(&content)) {
            return Ok(Outcome::Unchanged);
        }
        let present = present(conn, id)?;
        let Some(current) = tried.map(|tried| tried.revision).or(present.as_ref().map(|present| present.revision))
        else {
            if self.policy.dry_run {
                self.try_out(id, incident.revision, content);
            } else {
                let seq = store::insert(conn, incident, stored, &self.now)?;
                attach(conn, seq, evidence, true)?;
            }
            return Ok(Outcome::Created);
        };
        if let Some(present) = &present
            && is_known(conn, present.seq, stored)?
        {
            if !self.policy.dry_run {
                attach(conn, present.seq, evidence, false)?;
            }
            return Ok(Outcome::Unchanged);
        }
        let outcome = match self.policy.conflict {
            Conflict::Skip => Outcome::Skipped,
            Conflict::Refuse => Outcome::Refused(CoreError::OtherVersion),
            Conflict::Revision => match self.revise(conn, incident, stored, present.as_ref(), current, evidence) {
                Err(error @ (CoreError::NewerSchema | CoreError::DamagedRecord | CoreError::InvalidField { .. })) => {
                    Outcome::Refused(error)
                }
                other => other?,
            },
        };
        if !matches!(outcome, Outcome::Updated) {
            self.kept.insert(id);
        }
        Ok(outcome)
    }

    /// Makes the imported record the present revision. Its number stays if it is higher than ours, so that revisions between
    /// the two find their place.
    fn revise(
        &mut self,
        conn: &Connection,
        incident: &Incident,
        stored: &str,
        present: Option<&Present>,
        current: u32,
        evidence: &[EvidenceId],
    ) -> Result<Outcome, CoreError> {
        let next = current.checked_add(1).ok_or(CoreError::DamagedRecord)?;
        let number = next.max(incident.revision);
        if let Some(present) = present {
            // One that this version cannot read may say more than the imported one.
            let ours = store::from_stored(&present.record)?;
            if ours.created != incident.created {
                return Err(CoreError::InvalidField { field: "created", rule: "must be what it is in the vault" });
            }
        }
        if self.policy.dry_run {
            self.try_out(incident.id, number, fingerprint(stored));
            return Ok(Outcome::Updated);
        }
        let seq = present.ok_or(CoreError::IncidentNotFound)?.seq;
        let incident = Incident { revision: number, ..incident.clone() };
        store::supersede(conn, seq, &incident, &with_revision(stored, number)?, &self.now)?;
        attach(conn, seq, evidence, true)?;
        Ok(Outcome::Updated)
    }

    fn try_out(&mut self, id: IncidentId, revision: u32, content: [u8; 32]) {
        let new = || Tried { revision, contents: HashSet::new(), revisions: HashMap::new() };
        let tried = self.tried.entry(id).or_insert_with(new);
        tried.revision = revision;
        tried.contents.insert(content);
    }

    fn revision(
        &mut self,
        conn: &Connection,
        incident: IncidentId,
        number: u32,
        modified: i64,
        stored: &str,
    ) -> Result<Outcome, CoreError> {
        if self.kept.contains(&incident) {
            return Ok(Outcome::Passed);
        }
        let present = present(conn, incident)?;
        let tried = self.tried.get_mut(&incident);
        let Some(current) =
            tried.as_ref().map(|tried| tried.revision).or(present.as_ref().map(|present| present.revision))
        else {
            return Ok(Outcome::Refused(CoreError::IncidentNotFound));
        };
        let content = fingerprint(stored);
        if let Some(there) = tried.as_ref().and_then(|tried| tried.revisions.get(&number)) {
            let same = *there == content;
            return Ok(if same { Outcome::Unchanged } else { Outcome::Refused(CoreError::RevisionTaken) });
        }
        let mut free = number < current;
        if let Some(present) = &present {
            if revision_is(conn, present.seq, number, stored)? {
                return Ok(Outcome::Unchanged);
            }
            free = free && number != present.revision && !revision_exists(conn, present.seq, number)?;
            if !free && is_known(conn, present.seq, stored)? {
                return Ok(Outcome::Unchanged);
            }
        }
        if !free {
            let known = tried.is_some_and(|tried| tried.contents.contains(&content));
            return Ok(if known { Outcome::Unchanged } else { Outcome::Refused(CoreError::RevisionTaken) });
        }
        match (self.policy.dry_run, tried, present) {
            (false, _, Some(present)) => {
                conn.prepare_cached(
                    "INSERT INTO incident_revision (incident, revision, record, saved) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((present.seq, number, stored, modified))?;
            }
            (_, Some(tried), _) => drop(tried.revisions.insert(number, content)),
            (true, None, Some(present)) => {
                let new = Tried { revision: present.revision, contents: HashSet::new(), revisions: HashMap::new() };
                self.tried.entry(incident).or_insert(new).revisions.insert(number, content);
            }
            (_, None, None) => return Ok(Outcome::Refused(CoreError::IncidentNotFound)),
        }
        Ok(Outcome::Created)
    }

    fn evidence(&mut self, conn: &Connection, id: EvidenceId, stored: &str) -> Result<Outcome, CoreError> {
        // What this vault says of its own evidence stands.
        if is_here(conn, id)? {
            return Ok(Outcome::Unchanged);
        }
        let content = sha256(stored.as_bytes());
        let mut last: Option<i64> = None;
        let mut statement =
            conn.prepare_cached("SELECT number, record FROM foreign_evidence WHERE id = ?1 ORDER BY number")?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            last = Some(row.get(0)?);
            if same_object(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?, stored, &[]) {
                return Ok(Outcome::Unchanged);
            }
        }
        let tried = self.tried_evidence.get(&id);
        if tried.is_some_and(|contents| contents.contains(&content)) {
            return Ok(Outcome::Unchanged);
        }
        let outcome = match (last.is_some() || tried.is_some(), self.policy.conflict) {
            (false, _) => Outcome::Created,
            (true, Conflict::Revision) => Outcome::Updated,
            (true, Conflict::Skip) => return Ok(Outcome::Skipped),
            (true, Conflict::Refuse) => return Ok(Outcome::Refused(CoreError::OtherVersion)),
        };
        if self.policy.dry_run {
            self.tried_evidence.entry(id).or_default().insert(content);
        } else {
            conn.prepare_cached("INSERT INTO foreign_evidence (id, number, record) VALUES (?1, ?2, ?3)")?.execute((
                id,
                last.unwrap_or(0).saturating_add(1),
                stored,
            ))?;
        }
        Ok(outcome)
    }
}

/// An incident's row.
struct Present {
    seq: i64,
    revision: u32,
    record: String,
}

fn present(conn: &Connection, id: IncidentId) -> Result<Option<Present>, CoreError> {
    Ok(conn
        .prepare_cached("SELECT seq, revision, record FROM incident WHERE id = ?1")?
        .query_row([id], |row| Ok(Present { seq: row.get(0)?, revision: row.get(1)?, record: row.get(2)? }))
        .optional()?)
}

fn is_here(conn: &Connection, id: EvidenceId) -> Result<bool, CoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM evidence WHERE id = ?1")?.exists([id])?)
}

/// Attaches the evidence that an incident names, or keeps its id where the vault does not have it. Of an incident that was there
/// already, what the vault has stays as it is: somebody may have detached it.
fn attach(conn: &Connection, seq: i64, evidence: &[EvidenceId], ours: bool) -> Result<(), CoreError> {
    for id in evidence {
        let here = if ours { evidence::store::attach_named(conn, *id, seq)? } else { is_here(conn, *id)? };
        if !here {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO foreign_attachment (incident, place, evidence)
                 VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM foreign_attachment WHERE incident = ?1), ?2)",
            )?
            .execute((seq, id))?;
        }
    }
    Ok(())
}

fn revision_is(conn: &Connection, seq: i64, number: u32, stored: &str) -> Result<bool, CoreError> {
    let record: Option<String> = conn
        .prepare_cached("SELECT record FROM incident_revision WHERE incident = ?1 AND revision = ?2")?
        .query_row((seq, number), |row| row.get(0))
        .optional()?;
    Ok(record.is_some_and(|record| same_object(&record, stored, &[])))
}

fn revision_exists(conn: &Connection, seq: i64, number: u32) -> Result<bool, CoreError> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM incident_revision WHERE incident = ?1 AND revision = ?2")?;
    Ok(statement.exists((seq, number))?)
}

/// Whether the record is the incident's present one or one that it was, whatever number that has here.
fn is_known(conn: &Connection, seq: i64, stored: &str) -> Result<bool, CoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT record FROM incident WHERE seq = ?1 UNION ALL SELECT record FROM incident_revision WHERE incident = ?1",
    )?;
    let mut rows = statement.query([seq])?;
    while let Some(row) = rows.next()? {
        if same_object(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, stored, &["revision"]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether two records say the same, but for the fields in `but`.
fn same_object(a: &str, b: &str, but: &[&str]) -> bool {
    let read = |text: &str| {
        let mut object = serde_json::from_str::<Map<String, Value>>(text).ok()?;
        but.iter().for_each(|name| drop(object.shift_remove(*name)));
        Some(object)
    };
    a == b || read(a).is_some_and(|a| Some(a) == read(b))
}

/// The hash of an incident's record without its number.
fn fingerprint(stored: &str) -> [u8; 32] {
    match serde_json::from_str::<Map<String, Value>>(stored) {
        Ok(mut object) => {
            object.shift_remove("revision");
            sha256(Value::Object(object).to_string().as_bytes())
        }
        Err(_) => sha256(stored.as_bytes()),
    }
}

fn with_revision(stored: &str, number: u32) -> Result<String, CoreError> {
    let mut object: Map<String, Value> = serde_json::from_str(stored).map_err(|_| CoreError::MalformedRecord)?;
    object.insert("revision".to_owned(), number.into());
    Ok(Value::Object(object).to_string())
}
