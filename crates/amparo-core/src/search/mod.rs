//! Full-text search over incidents: title, narrative, place, tags, and the notes on their evidence.
//!
//! What a user types is never FTS5 syntax: it becomes quoted words, all of which must occur, each as the beginning of a word.
//! No input is an error. Results come newest first, because that needs no look at more rows than it returns, and because a
//! page then stays the same page.

mod fold;

use core::ops::Range;

use rusqlite::{Connection, OptionalExtension as _};

use crate::{
    Amparo, CoreError,
    incident::{Cursor, IncidentContent, IncidentSummary, store},
};

/// Words of a query that are looked at.
const MAX_WORDS: usize = 16;
/// Characters of a word that are looked at.
const MAX_WORD_CHARS: usize = 64;
/// Bytes of a query that are looked at.
const MAX_QUERY_BYTES: usize = 1024;
/// Characters of an excerpt before and after the first match.
const EXCERPT_BEFORE: usize = 40;
const EXCERPT_AFTER: usize = 100;

/// One incident that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchHit {
    /// The incident.
    pub incident: IncidentSummary,
    /// Where it matches, when that is in its title, narrative or place.
    pub excerpt: Option<Excerpt>,
}

/// A piece of a text around the first match.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The text as it was written.
    pub text: String,
    /// The matching word in `text`, in bytes, always at character borders.
    pub highlight: Range<usize>,
}

impl core::fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Excerpt(..)")
    }
}

/// One page of matches.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The matches, newest incident first.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Searches the vault. Got from [`Amparo::search`].
#[derive(Debug)]
pub struct Search<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl Search<'_> {
    /// Incidents in which every word of `query` begins some word. A query without any letter or digit matches nothing. `limit`
    /// is brought into 1 to [`MAX_PAGE`](crate::incident::MAX_PAGE). Blocks for the disk.
    ///
    /// # Errors
    /// Only the vault's: no query is an error.
    pub fn incidents(&self, query: &str, limit: usize, after: Option<&Cursor>) -> Result<SearchPage, CoreError> {
        let Some(terms) = Terms::new(query) else { return Ok(SearchPage { hits: Vec::new(), next: None }) };
        self.amparo.vault.read(|conn| find(conn, &terms, limit, after))
    }
}

/// The words that are looked for, folded.
struct Terms(Vec<Vec<String>>);

impl Terms {
    fn new(query: &str) -> Option<Self> {
        let mut end = query.len().min(MAX_QUERY_BYTES);
        while !query.is_char_boundary(end) {
            end -= 1;
        }
        let mut terms = Vec::new();
        for word in query.get(..end).unwrap_or_default().split_whitespace() {
            // One typed word can fold into several: "北京", "co-op". They must then stand together.
            let folded = fold::fold(word);
            let parts = fold::words(&folded).map(|part| part.chars().take(MAX_WORD_CHARS).collect::<String>());
            let parts: Vec<String> = parts.take(MAX_WORDS).collect();
            if !parts.is_empty() && terms.len() < MAX_WORDS {
                terms.push(parts);
            }
        }
        if terms.is_empty() { None } else { Some(Self(terms)) }
    }

    /// The FTS5 expression: `"one two" * AND "three" *`. The words hold letters, digits and marks only, so nothing in the
    /// quotes can end them.
    fn expression(&self) -> String {
        let phrases: Vec<String> = self.0.iter().map(|parts| format!("\"{}\" *", parts.join(" "))).collect();
        phrases.join(" AND ")
    }
}

fn find(conn: &Connection, terms: &Terms, limit: usize, after: Option<&Cursor>) -> Result<SearchPage, CoreError> {
    let limit = limit.clamp(1, store::MAX_PAGE);
    let before = after.map_or(i64::MAX, Cursor::seq);
    let mut statement = conn.prepare_cached(
        "SELECT rowid FROM search_text WHERE search_text MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3",
    )?;
    let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let rows = statement.query_map((terms.expression(), before, wanted), |row| row.get::<_, i64>(0))?;
    let mut found = rows.collect::<Result<Vec<i64>, _>>()?;
    let more = found.len() > limit;
    found.truncate(limit);
    let mut hits = Vec::with_capacity(found.len());
    for seq in &found {
        let Some((incident, content)) = store::summary_and_content(conn, *seq)? else { continue };
        let excerpt = content.and_then(|content| excerpt(&content, terms));
        hits.push(SearchHit { incident, excerpt });
    }
    let next = if more { found.last().map(|seq| Cursor::at(*seq)) } else { None };
    Ok(SearchPage { hits, next })
}

/// Writes the row of one incident anew. `notes` are those of its evidence.
pub(crate) fn index(conn: &Connection, seq: i64, content: &IncidentContent, notes: &[String]) -> Result<(), CoreError> {
    let place = content.place.as_ref().map(|place| place.text.as_str()).unwrap_or_default();
    let fold_all = |texts: &[String]| fold::indexable(&texts.join("\n"));
    let columns = (
        seq,
        fold::indexable(&content.title),
        fold::indexable(&content.narrative),
        fold::indexable(place),
        fold_all(&content.tags),
        fold_all(notes),
    );
    // An FTS5 table knows no upsert.
    conn.prepare_cached("DELETE FROM search_text WHERE rowid = ?1")?.execute([seq])?;
    conn.prepare_cached(
        "INSERT INTO search_text (rowid, title, narrative, place, tags, notes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(columns)?;
    Ok(())
}

/// Writes only the notes of an incident's row anew.
pub(crate) fn index_notes(conn: &Connection, seq: i64, notes: &[String]) -> Result<(), CoreError> {
    let notes = fold::indexable(&notes.join("\n"));
    let known: Option<bool> = conn
        .prepare_cached("SELECT notes = ?2 FROM search_text WHERE rowid = ?1")?
        .query_row((seq, &notes), |row| row.get(0))
        .optional()?;
    if known == Some(false) {
        conn.prepare_cached("UPDATE search_text SET notes = ?2 WHERE rowid = ?1")?.execute((seq, &notes))?;
    }
    Ok(())
}

fn excerpt(content: &IncidentContent, terms: &Terms) -> Option<Excerpt> {
    let place = content.place.as_ref().map(|place| place.text.as_str());
    let texts = [Some(content.narrative.as_str()), Some(content.title.as_str()), place];
    texts.into_iter().flatten().find_map(|text| excerpt_of(text, terms))
}

/// The first word of `text` that one of the terms begins, with what stands around it.
fn excerpt_of(text: &str, terms: &Terms) -> Option<Excerpt> {
    let is_word = |c: char| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let start = at + rest.find(is_word)?;
        let word = text.get(start..)?;
        let length = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, end) = (word.get(..length)?, start + length);
        let folded = fold::fold(word);
        let folded: Vec<&str> = fold::words(&folded).collect();
        let begins = |part: &String| folded.iter().any(|word| word.starts_with(part.as_str()));
        if terms.0.iter().filter_map(|parts| parts.first()).any(begins) {
            return Some(cut(text, start..end));
        }
        at = end;
    }
    None
}

fn cut(text: &str, found: Range<usize>) -> Excerpt {
    let before = text.get(..found.start).unwrap_or_default();
    let after = text.get(found.end..).unwrap_or_default();
    // A word without end (no spaces in the script) is itself cut.
    let word: String = text.get(found).unwrap_or_default().chars().take(EXCERPT_AFTER).collect();
    let from = before.char_indices().rev().nth(EXCERPT_BEFORE - 1).map_or(0, |(at, _)| at);
    let to = after.char_indices().nth(EXCERPT_AFTER).map_or(after.len(), |(at, _)| at);
    let mut out = String::new();
    if from > 0 {
        out.push('…');
    }
    out.push_str(before.get(from..).unwrap_or_default());
    let start = out.len();
    out.push_str(&word);
    let highlight = start..out.len();
    out.push_str(after.get(..to).unwrap_or_default());
    if to < after.len() {
        out.push('…');
    }
    Excerpt { text: out, highlight }
}

#[cfg(test)]
mod tests;
