//! Keeps what is made from the records (summaries, codes, the search index) as the present code makes it.
//!
//! A vault that an older version wrote has rows that were made otherwise. They are made anew at the unlock, some at a time, each
//! time in a transaction of its own: what a crash cut off goes on at the next unlock. Records are never changed here, and one
//! that cannot be read keeps its summary, and is found by the heading there.

use amparo_vault::Vault;
use rusqlite::{Connection, OptionalExtension as _};

use super::{IncidentContent, store, summary};
use crate::{CoreError, evidence, search};

/// The version of what is made from the records. It rises with every change of summary.rs, search/index.rs and search/fold.rs
/// that makes other rows of the same record.
pub(crate) const VERSION: i64 = 1;

const TASK: &str = "made-from-records";
/// Incidents of one transaction.
const BATCH: usize = 256;

/// Makes everything anew that another version made.
pub(crate) fn bring_up_to_date(vault: &Vault) -> Result<(), CoreError> {
    while vault.read(|conn| Ok::<_, CoreError>(next(conn)?.is_some()))? {
        vault.write(|tx| step(tx))?;
    }
    Ok(())
}

/// The row behind which to go on; `None` when nothing is left to do.
fn next(conn: &Connection) -> Result<Option<i64>, CoreError> {
    let state: Option<(i64, Option<i64>)> = conn
        .prepare_cached("SELECT version, done FROM upkeep WHERE task = ?1")?
        .query_row([TASK], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match state {
        Some((VERSION, done)) => done,
        _ => Some(0),
    })
}

fn step(conn: &Connection) -> Result<(), CoreError> {
    let Some(after) = next(conn)? else { return Ok(()) };
    if after == 0 {
        search::clear(conn)?;
    }
    let mut last = after;
    let mut count = 0;
    let mut statement = conn.prepare_cached("SELECT seq, record FROM incident WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = statement.query((after, i64::try_from(BATCH).unwrap_or(i64::MAX)))?;
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        count += 1;
        let record = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let content = match store::from_stored(record) {
            Ok(incident) => {
                summary::write(conn, last, &incident)?;
                incident.content
            }
            Err(_) => IncidentContent { title: summary::heading(conn, last)?, ..IncidentContent::default() },
        };
        search::index(conn, last, &content, &evidence::store::notes_of_incident(conn, last)?)?;
    }
    let done = (count == BATCH).then_some(last);
    conn.prepare_cached("INSERT OR REPLACE INTO upkeep (task, version, done) VALUES (?1, ?2, ?3)")?
        .execute((TASK, VERSION, done))?;
    Ok(())
}

#[cfg(test)]
mod tests;
