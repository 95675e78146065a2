//! Incidents in the database. Everything that changes a record changes its columns and its search row in the same transaction.

use core::fmt;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension as _};

use super::{
    INCIDENT_SCHEMA, Incident, IncidentContent, limits,
    summary::{self, IncidentSummary},
};
use crate::{CoreError, EvidenceId, IncidentId, Stamp, Timestamp, disclosure, evidence, search, text};

/// Most incidents in one page.
pub const MAX_PAGE: usize = 1000;

/// Where the next page begins. Opaque, of this vault only; its text form is for hosts that keep it as a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(i64);

impl Cursor {
    pub(crate) fn at(seq: i64) -> Self {
        Self(seq)
    }

    pub(crate) fn seq(&self) -> i64 {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Cursor {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        text.parse().ok().filter(|seq| *seq > 0).map(Self).ok_or(CoreError::MalformedCursor)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentPage {
    /// The incidents.
    pub incidents: Vec<IncidentSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// One revision of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// When it was saved.
    pub saved: Timestamp,
}

pub(crate) fn create(conn: &Connection, mut content: IncidentContent, now: &Stamp) -> Result<Incident, CoreError> {
    content.identify()?;
    content.validate()?;
    let incident = Incident {
        schema: INCIDENT_SCHEMA.to_owned(),
        id: IncidentId::generate()?,
        revision: 1,
        created: now.clone(),
        modified: now.clone(),
        content,
        evidence: Vec::new(),
    };
    insert(conn, &incident, &to_stored(&incident)?, now)?;
    Ok(incident)
}

/// The rows of an incident that is not in the vault yet; `record` is its stored form. Returns its row number.
pub(crate) fn insert(conn: &Connection, incident: &Incident, record: &str, now: &Stamp) -> Result<i64, CoreError> {
    conn.prepare_cached("INSERT INTO incident (id, revision, record, created, modified) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(rusqlite::params![
            incident.id,
            incident.revision,
            record,
            incident.created.time.unix(),
            incident.modified.time.unix(),
        ])?;
    let seq = conn.last_insert_rowid();
    disclosure::record(conn, seq, incident.id, incident.revision, record, now)?;
    summary::write(conn, seq, incident)?;
    search::index(conn, seq, &incident.content, &[])?;
    Ok(seq)
}

/// Makes `incident`, whose stored form is `record`, the present revision of the incident in row `seq`; the one that was it until
/// now becomes an earlier revision.
pub(crate) fn supersede(
    conn: &Connection,
    seq: i64,
    incident: &Incident,
    record: &str,
    now: &Stamp,
) -> Result<(), CoreError> {
    conn.prepare_cached(
        "INSERT INTO incident_revision (incident, revision, record, saved)
         SELECT seq, revision, record, modified FROM incident WHERE seq = ?1",
    )?
    .execute([seq])?;
    conn.prepare_cached("UPDATE incident SET revision = ?2, record = ?3, modified = ?4 WHERE seq = ?1")?.execute((
        seq,
        incident.revision,
        record,
        incident.modified.time.unix(),
    ))?;
    disclosure::record(conn, seq, incident.id, incident.revision, record, now)?;
    summary::write(conn, seq, incident)?;
    search::index(conn, seq, &incident.content, &evidence::store::notes_of_incident(conn, seq)?)
}

pub(crate) fn save(
    conn: &Connection,
    id: IncidentId,
    revision: u32,
    mut content: IncidentContent,
    now: &Stamp,
) -> Result<Incident, CoreError> {
    content.identify()?;
    content.validate()?;
    let seq = seq_of(conn, id)?;
    let (stored, record): (u32, String) = conn
        .prepare_cached("SELECT revision, record FROM incident WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if stored != revision {
        return Err(CoreError::Conflict { current: stored });
    }
    let before = from_stored(&record)?;
    if before.content == content {
        return with_evidence(conn, seq, before);
    }
    let incident = Incident {
        revision: revision.checked_add(1).ok_or(CoreError::DamagedRecord)?,
        modified: now.clone(),
        content,
        ..before
    };
    supersede(conn, seq, &incident, &to_stored(&incident)?, now)?;
    with_evidence(conn, seq, incident)
}

/// The stored form leaves out what is kept elsewhere.
pub(crate) fn to_stored(incident: &Incident) -> Result<String, CoreError> {
    let record = Incident { evidence: Vec::new(), ..incident.clone() };
    String::from_utf8(text::write_record(&record, limits::RECORD_BYTES)?).map_err(|_| CoreError::DamagedRecord)
}

pub(crate) fn from_stored(record: &str) -> Result<Incident, CoreError> {
    match text::read_record(record.as_bytes(), INCIDENT_SCHEMA, limits::RECORD_BYTES) {
        Err(CoreError::MalformedRecord | CoreError::TooLong { .. }) => Err(CoreError::DamagedRecord),
        other => other,
    }
}

fn with_evidence(conn: &Connection, seq: i64, incident: Incident) -> Result<Incident, CoreError> {
    Ok(Incident { evidence: evidence_of(conn, seq)?, ..incident })
}

/// The ids of an incident's evidence: what is attached, oldest first, then what an import named and this vault does not have.
pub(crate) fn evidence_of(conn: &Connection, seq: i64) -> Result<Vec<EvidenceId>, CoreError> {
    let mut attached = conn.prepare_cached(
        "SELECT e.id FROM attachment a JOIN evidence e ON e.seq = a.evidence WHERE a.incident = ?1 ORDER BY a.evidence",
    )?;
    let mut foreign = conn.prepare_cached(
        "SELECT f.evidence FROM foreign_attachment f WHERE f.incident = ?1
            AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.id = f.evidence AND (e.state = 'deleted' OR EXISTS (
                SELECT 1 FROM attachment a WHERE a.incident = f.incident AND a.evidence = e.seq)))
         ORDER BY f.place",
    )?;
    let mut ids = attached.query_map([seq], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
    for id in foreign.query_map([seq], |row| row.get(0))? {
        ids.push(id?);
    }
    Ok(ids)
}

/// The row number of an incident.
pub(crate) fn seq_of(conn: &Connection, id: IncidentId) -> Result<i64, CoreError> {
    conn.prepare_cached("SELECT seq FROM incident WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or(CoreError::IncidentNotFound)
}

pub(crate) fn get(conn: &Connection, id: IncidentId) -> Result<Incident, CoreError> {
    let seq = seq_of(conn, id)?;
    let record: String =
        conn.prepare_cached("SELECT record FROM incident WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
    with_evidence(conn, seq, from_stored(&record)?)
}

pub(crate) fn revisions(conn: &Connection, id: IncidentId) -> Result<Vec<Revision>, CoreError> {
    let seq = seq_of(conn, id)?;
    let mut statement = conn.prepare_cached(
        "SELECT revision, saved FROM incident_revision WHERE incident = ?1
         UNION ALL SELECT revision, modified FROM incident WHERE seq = ?1 ORDER BY 1",
    )?;
    let rows = statement
        .query_map([seq], |row| Ok(Revision { number: row.get(0)?, saved: Timestamp::from_unix(row.get(1)?) }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn get_revision(conn: &Connection, id: IncidentId, revision: u32) -> Result<Incident, CoreError> {
    let seq = seq_of(conn, id)?;
    let record: Option<String> = conn
        .prepare_cached(
            "SELECT record FROM incident_revision WHERE incident = ?1 AND revision = ?2
             UNION ALL SELECT record FROM incident WHERE seq = ?1 AND revision = ?2",
        )?
        .query_row((seq, revision), |row| row.get(0))
        .optional()?;
    with_evidence(conn, seq, from_stored(&record.ok_or(CoreError::RevisionNotFound)?)?)
}

/// A summary, and the record as it is stored.
pub(crate) fn summary_and_record(conn: &Connection, seq: i64) -> Result<Option<(IncidentSummary, String)>, CoreError> {
    let columns = summary::COLUMNS;
    let sql =
        format!("SELECT {columns}, i.record FROM incident_summary s JOIN incident i ON i.seq = s.seq WHERE s.seq = ?1");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([seq], |row| Ok((summary::read(row)?.1, row.get(summary::COUNT)?)))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ClockTrust,
        incident::{ActCode, IncidentQuery, query},
    };

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in crate::COMPONENT.steps {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn at(seconds: i64) -> Stamp {
        Stamp { time: Timestamp::from_unix(seconds), clock: ClockTrust::DEVICE }
    }

    fn list(conn: &Connection, limit: usize, after: Option<&Cursor>) -> Result<IncidentPage, CoreError> {
        query::page(conn, &IncidentQuery::default(), limit, after)
    }

    #[test]
    fn every_save_keeps_what_was_there_before() {
        let conn = database();
        let first = create(&conn, "first".into(), &at(100)).unwrap();
        assert_eq!(first.revision, 1);
        assert_eq!(get(&conn, first.id).unwrap(), first);
        let mut content = first.content.clone();
        content.narrative = "second".into();
        content.acts = vec![ActCode::THREAT.into(), ActCode::THREAT.into()];
        content.tags = vec!["a".into(), "a".into()];
        let second = save(&conn, first.id, 1, content.clone(), &at(200)).unwrap();
        assert_eq!((second.revision, &second.created, second.modified.time.unix()), (2, &first.created, 200));
        // The same again is no new revision.
        assert_eq!(save(&conn, first.id, 2, content.clone(), &at(300)).unwrap(), second);
        content.narrative = "third".into();
        assert!(matches!(save(&conn, first.id, 1, content.clone(), &at(300)), Err(CoreError::Conflict { current: 2 })));
        let third = save(&conn, first.id, 2, content, &at(300)).unwrap();
        let numbers: Vec<_> = revisions(&conn, first.id).unwrap().iter().map(|r| (r.number, r.saved.unix())).collect();
        assert_eq!(numbers, [(1, 100), (2, 200), (3, 300)]);
        assert_eq!(get_revision(&conn, first.id, 1).unwrap(), first);
        assert_eq!(get_revision(&conn, first.id, 2).unwrap(), second);
        assert_eq!(get_revision(&conn, first.id, 3).unwrap(), third);
        assert!(matches!(get_revision(&conn, first.id, 4), Err(CoreError::RevisionNotFound)));
        let unknown = IncidentId::from_bytes([1; 16]);
        assert!(matches!(get(&conn, unknown), Err(CoreError::IncidentNotFound)));
        assert!(matches!(save(&conn, unknown, 1, "x".into(), &at(1)), Err(CoreError::IncidentNotFound)));
    }

    #[test]
    fn pages_are_newest_first_whatever_the_clock_says() {
        let conn = database();
        let ids: Vec<_> = (0..7).map(|i| create(&conn, "x".into(), &at(1000 - i * 10)).unwrap().id).collect();
        let first = list(&conn, 3, None).unwrap();
        let second = list(&conn, 3, first.next.as_ref()).unwrap();
        let third = list(&conn, 3, second.next.as_ref()).unwrap();
        assert_eq!(third.next, None);
        let seen: Vec<_> = [first, second, third].iter().flat_map(|p| p.incidents.iter().map(|i| i.id)).collect();
        assert_eq!(seen, ids.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(list(&conn, 0, None).unwrap().incidents.len(), 1, "at least one");
        assert_eq!(list(&conn, 7, None).unwrap().next, None, "an exact page is the last");
        let cursor = list(&conn, 3, None).unwrap().next.unwrap();
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for bad in ["", "0", "-1", "x", "9223372036854775808"] {
            assert!(matches!(bad.parse::<Cursor>(), Err(CoreError::MalformedCursor)), "{bad}");
        }
    }

    #[test]
    fn a_damaged_or_newer_record_is_an_error_and_the_list_still_shows_it() {
        let conn = database();
        let incident = create(&conn, "kept".into(), &at(1)).unwrap();
        conn.execute("UPDATE incident SET record = replace(record, 'incident/1', 'incident/9')", []).unwrap();
        assert!(matches!(get(&conn, incident.id), Err(CoreError::NewerSchema)));
        assert!(matches!(save(&conn, incident.id, 1, "new".into(), &at(2)), Err(CoreError::NewerSchema)));
        assert_eq!(list(&conn, 10, None).unwrap().incidents[0].heading, "kept");
        conn.execute("UPDATE incident SET record = '{'", []).unwrap();
        assert!(matches!(get(&conn, incident.id), Err(CoreError::DamagedRecord)));
        assert_eq!(list(&conn, 10, None).unwrap().incidents.len(), 1);
    }

    /// The plan of every statement that lists, finds or checks: none may walk a table.
    #[test]
    fn no_query_walks_a_table() {
        let conn = database();
        let sqls: [&str; 11] = [
            "SELECT seq FROM incident WHERE id = x'00'",
            "SELECT e.id FROM attachment a JOIN evidence e ON e.seq = a.evidence WHERE a.incident = 1 ORDER BY a.evidence",
            "SELECT record FROM evidence WHERE seq IN (SELECT evidence FROM attachment WHERE incident = 1) ORDER BY seq",
            "SELECT seq, id, record FROM evidence WHERE media = x'00' AND state = 'writing'",
            "SELECT incident FROM attachment WHERE evidence = 1",
            "SELECT max(place) FROM custody_node WHERE level = 0",
            "SELECT max(size) FROM custody_head",
            "SELECT note FROM custody_head ORDER BY size DESC LIMIT 1",
            "SELECT seq, line FROM custody_entry WHERE evidence = x'00' ORDER BY seq",
            "SELECT seq, line FROM custody_entry WHERE seq >= 1 ORDER BY seq LIMIT 5",
            "SELECT r.id FROM report r JOIN incident i ON i.seq = r.incident WHERE r.incident = 1 ORDER BY r.seq DESC",
        ];
        for sql in sqls {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> =
                statement.query_map([], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            let fine = |step: &String| {
                // Reading from one end in the order of the key, until LIMIT, is no walk.
                !step.contains("SCAN") || sql.contains("ORDER BY size DESC LIMIT 1") || sql.contains("max(size)")
            };
            assert!(steps.iter().all(fine), "{sql}: {steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}: {steps:?}");
        }
    }
}
