//! What is signed at every save of an incident: commitments to its fields, kept with the seed that opens them.
//!
//! The statement, its signature and the custody log's entry on it are written in the transaction of the save, so none is ever
//! without the others.

use amparo_crypto::SecretKey;
use amparo_report::{
    custody::Event,
    disclosure::{Commitment, RECORD_INCIDENT, Statement},
    hex,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{
    CORE_VERSION, CoreError, IncidentId, Stamp,
    custody::log::{self, Act},
    report::keys,
};

/// What was signed on one revision.
pub(crate) struct Signed {
    /// The exact bytes of the statement.
    pub statement: Vec<u8>,
    /// The exact bytes of the signature file.
    pub signature: Vec<u8>,
    /// The commitments, which open fields.
    pub commitment: Commitment,
    /// The log's entry on it.
    pub custody: u64,
}

/// Signs `record`, the stored JSON of revision `revision` of the incident, and records that in the custody log.
pub(crate) fn record(
    conn: &Connection,
    incident: i64,
    id: IncidentId,
    revision: u32,
    record: &str,
    now: &Stamp,
) -> Result<(), CoreError> {
    let seed = SecretKey::generate()?;
    let commitment = commit(record, &seed)?;
    let statement = Statement {
        record: RECORD_INCIDENT.to_owned(),
        id: id.to_bytes(),
        revision,
        root: commitment.root(),
        leaves: commitment.size(),
        time: now.time.to_string(),
        core: CORE_VERSION.to_owned(),
    };
    let statement = statement.to_json()?;
    let signature = Statement::sign(&statement, &keys::case(conn, incident)?)?;
    let hash = hex::encode(&amparo_crypto::hash::sha256(&statement));
    let act = Act { event: Event::Recorded, evidence: None, sha256: None, details: serde_json::Map::new() };
    let custody = log::append(conn, now, act.with("record", RECORD_INCIDENT).with("statement", hash))?;
    conn.prepare_cached(
        "INSERT INTO statement (incident, revision, seed, statement, signature, custody) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    // Exposed to be stored: the vault encrypts it.
    .execute(rusqlite::params![incident, revision, seed.expose(), statement, signature, custody])?;
    Ok(())
}

/// What was signed on the present revision of an incident. One that was saved before there were statements gets its own now; its
/// time says so.
pub(crate) fn of_present(conn: &Connection, incident: i64, id: IncidentId, now: &Stamp) -> Result<Signed, CoreError> {
    let (revision, stored): (u32, String) = conn
        .prepare_cached("SELECT revision, record FROM incident WHERE seq = ?1")?
        .query_row([incident], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some(signed) = find(conn, incident, revision, &stored)? {
        return Ok(signed);
    }
    record(conn, incident, id, revision, &stored, now)?;
    find(conn, incident, revision, &stored)?.ok_or(CoreError::DamagedRecord)
}

/// Seed, statement, signature, number of the log's entry.
type Row = ([u8; 32], Vec<u8>, Vec<u8>, u64);

fn find(conn: &Connection, incident: i64, revision: u32, stored: &str) -> Result<Option<Signed>, CoreError> {
    let found: Option<Row> = conn
        .prepare_cached(
            "SELECT seed, statement, signature, custody FROM statement WHERE incident = ?1 AND revision = ?2",
        )?
        .query_row((incident, revision), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((seed, statement, signature, custody)) = found else { return Ok(None) };
    let commitment = commit(stored, &SecretKey::take(&mut Zeroizing::new(seed)))?;
    let said = Statement::parse(&statement).map_err(|_| CoreError::DamagedRecord)?;
    // Else the record is not what was signed: nothing could be opened.
    if said.root != commitment.root() {
        return Err(CoreError::DamagedRecord);
    }
    Ok(Some(Signed { statement, signature, commitment, custody }))
}

fn commit(record: &str, seed: &SecretKey) -> Result<Commitment, CoreError> {
    let record: Value = serde_json::from_str(record).map_err(|_| CoreError::DamagedRecord)?;
    Ok(Commitment::new(&record, seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Timestamp,
        incident::{IncidentContent, Person, store},
    };

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in crate::COMPONENT.steps {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn now(seconds: i64) -> Stamp {
        Stamp { time: Timestamp::from_unix(seconds), clock: crate::ClockTrust::DEVICE }
    }

    #[test]
    fn every_save_is_signed_by_the_case_and_recorded_and_saving_the_same_is_not() {
        let conn = database();
        let incident = store::create(&conn, "x".into(), &now(1)).unwrap();
        let seq = store::seq_of(&conn, incident.id).unwrap();
        let first = of_present(&conn, seq, incident.id, &now(9)).unwrap();
        let said = Statement::parse(&first.statement).unwrap();
        assert_eq!((said.revision, said.id, said.time.as_str()), (1, incident.id.to_bytes(), "1970-01-01T00:00:01Z"));
        let key = keys::case(&conn, seq).unwrap().verifying_key();
        Statement::verify(&first.statement, &first.signature, Some(&key.to_bytes())).unwrap();

        store::save(&conn, incident.id, 1, "x".into(), &now(2)).unwrap();
        store::save(&conn, incident.id, 1, "y".into(), &now(3)).unwrap();
        let second = of_present(&conn, seq, incident.id, &now(9)).unwrap();
        assert_eq!(Statement::parse(&second.statement).unwrap().revision, 2);
        assert_ne!(first.commitment.root(), second.commitment.root());
        let entries = log::entries(&conn, 0, 10).unwrap();
        let told: Vec<_> = entries
            .iter()
            .map(|e| e.entry.clone().unwrap())
            .map(|e| (e.event, e.details["statement"].clone()))
            .collect();
        let hash = |signed: &Signed| Value::from(hex::encode(&amparo_crypto::hash::sha256(&signed.statement)));
        assert_eq!(told, [(Event::Recorded, hash(&first)), (Event::Recorded, hash(&second))]);
        assert_eq!((first.custody, second.custody), (0, 1));
    }

    #[test]
    fn a_record_from_before_statements_gets_one_whose_time_says_so_and_a_changed_one_none() {
        let conn = database();
        let incident = store::create(&conn, "x".into(), &now(1)).unwrap();
        let seq = store::seq_of(&conn, incident.id).unwrap();
        conn.execute("DELETE FROM statement", []).unwrap();
        let made = of_present(&conn, seq, incident.id, &now(50)).unwrap();
        assert_eq!(Statement::parse(&made.statement).unwrap().time, "1970-01-01T00:00:50Z");
        assert_eq!(of_present(&conn, seq, incident.id, &now(60)).unwrap().statement, made.statement);
        conn.execute("UPDATE incident SET record = replace(record, '\"x\"', '\"z\"')", []).unwrap();
        assert!(matches!(of_present(&conn, seq, incident.id, &now(60)), Err(CoreError::DamagedRecord)));
    }

    #[test]
    fn a_thousand_persons_are_saved_and_every_field_of_each_can_be_opened() {
        let conn = database();
        let person = |i: usize| Person { name: format!("n{i}"), pseudonym: "p".into(), ..Person::default() };
        let content = IncidentContent { persons: (0..1000).map(person).collect(), ..Default::default() };
        let incident = store::create(&conn, content, &now(1)).unwrap();
        let seq = store::seq_of(&conn, incident.id).unwrap();
        let signed = of_present(&conn, seq, incident.id, &now(1)).unwrap();
        let all: Vec<(String, String)> = signed.commitment.pointers().map(|p| (p.to_owned(), p.to_owned())).collect();
        assert!(all.len() > 3000 && all.iter().any(|(p, _)| p == "/persons/999/name"));
        signed.commitment.open(&all, &[]).unwrap().to_json().unwrap();
    }
}
