//! The search index: one row an incident, every word with the mark of the incident's block before it.
//!
//! FTS5 gathers all rows of all words that begin as a query's word does before it gives the first. With the mark, it gathers
//! those of one block of incidents at a time, so a search reads from the newest block until it has enough, and a word that is in
//! every incident costs no more in a large vault than in a small one. A word that is in none costs one look per block.
//!
//! A change of what is written here, or of how texts are folded, needs a new [`VERSION`](crate::incident::upkeep::VERSION).

use rusqlite::{Connection, OptionalExtension as _};

use super::fold;
use crate::{CoreError, incident::IncidentContent};

/// Incidents of one block. Few in this crate's own tests, so that they cross borders.
pub(super) const BLOCK: i64 = if cfg!(test) { 8 } else { 2048 };

/// The mark of the block of the incident in row `seq`, and the first row of the block.
pub(super) fn block(seq: i64) -> (String, i64) {
    let block = seq.max(0) / BLOCK;
    (format!("{block:04x}"), block * BLOCK)
}

/// Whether the texts of a field are searched. Codes and names of fields are not texts that somebody would look for.
pub(super) fn is_searched(field: &str) -> bool {
    !matches!(field, "language" | "confidential" | "country" | "currency")
}

/// Writes the row of one incident anew. `notes` are those of its evidence.
pub(crate) fn index(conn: &Connection, seq: i64, content: &IncidentContent, notes: &[String]) -> Result<(), CoreError> {
    let (mark, _) = block(seq);
    let [mut title, mut narrative, mut place, mut tags, mut details] = [const { String::new() }; 5];
    content.texts(&mut |field, text| {
        let column = match field {
            "title" => &mut title,
            "narrative" => &mut narrative,
            "text" => &mut place,
            "tags" => &mut tags,
            _ => &mut details,
        };
        if is_searched(field) {
            fold::index(text, &mark, column);
        }
    });
    let mut noted = String::new();
    notes.iter().for_each(|note| fold::index(note, &mark, &mut noted));
    // Taking a row out of the index costs far more than looking whether it is the same: many saves change no text.
    let same: Option<bool> = conn
        .prepare_cached(
            "SELECT title = ?2 AND narrative = ?3 AND place = ?4 AND tags = ?5 AND details = ?6 AND notes = ?7
             FROM search_text WHERE rowid = ?1",
        )?
        .query_row((seq, &title, &narrative, &place, &tags, &details, &noted), |row| row.get(0))
        .optional()?;
    if same == Some(true) {
        return Ok(());
    }
    // An FTS5 table knows no upsert.
    conn.prepare_cached("DELETE FROM search_text WHERE rowid = ?1")?.execute([seq])?;
    conn.prepare_cached(
        "INSERT INTO search_text (rowid, title, narrative, place, tags, details, notes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((seq, title, narrative, place, tags, details, noted))?;
    Ok(())
}

/// Writes only the notes of an incident's row anew.
pub(crate) fn index_notes(conn: &Connection, seq: i64, notes: &[String]) -> Result<(), CoreError> {
    let (mark, _) = block(seq);
    let mut noted = String::new();
    notes.iter().for_each(|note| fold::index(note, &mark, &mut noted));
    let known: Option<bool> = conn
        .prepare_cached("SELECT notes = ?2 FROM search_text WHERE rowid = ?1")?
        .query_row((seq, &noted), |row| row.get(0))
        .optional()?;
    if known == Some(false) {
        conn.prepare_cached("UPDATE search_text SET notes = ?2 WHERE rowid = ?1")?.execute((seq, &noted))?;
    }
    Ok(())
}

/// Makes the index as empty as a new one. Taking its rows out one by one would take hours.
pub(crate) fn clear(conn: &Connection) -> Result<(), CoreError> {
    let made: String =
        conn.query_row("SELECT sql FROM sqlite_schema WHERE name = 'search_text'", [], |row| row.get(0))?;
    conn.execute_batch("DROP TABLE search_text")?;
    conn.execute_batch(&made)?;
    Ok(conn.execute_batch("INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1)")?)
}
