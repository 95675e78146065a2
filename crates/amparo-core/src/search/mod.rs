//! Full-text search over incidents: every text that was entered, and the notes on their evidence.
//!
//! What a user types is never FTS5 syntax: it becomes quoted words, all of which must occur, each as the beginning of a word.
//! No input is an error. Results come newest first, because that needs no look at more rows than it returns, and because a
//! page then stays the same page.

mod fold;
mod index;
mod names;

use core::ops::Range;

use rusqlite::Connection;
use serde::Deserialize;

pub(crate) use index::{clear, index, index_notes};
pub(crate) use names::{Folded, Name};

use crate::{
    Amparo, CoreError, EvidenceId, evidence,
    incident::{Cursor, INCIDENT_SCHEMA, IncidentQuery, IncidentSummary, Plan, store},
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
    /// Where it matches, when that is in its own texts.
    pub excerpt: Option<Excerpt>,
    /// The evidence whose notes have one of the words, oldest first.
    pub notes: Vec<NoteHit>,
}

/// A note on a piece of evidence that has one of the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteHit {
    /// The evidence.
    pub evidence: EvidenceId,
    /// Where its note matches.
    pub excerpt: Excerpt,
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
        self.incidents_where(query, &IncidentQuery::default(), limit, after)
    }

    /// As [`incidents`](Self::incidents), of those for which `conditions` hold.
    ///
    /// # Errors
    /// [`CoreError::Date`] for a range that ends before it begins, and the vault's.
    pub fn incidents_where(
        &self,
        query: &str,
        conditions: &IncidentQuery,
        limit: usize,
        after: Option<&Cursor>,
    ) -> Result<SearchPage, CoreError> {
        let Some(terms) = Terms::new(query) else { return Ok(SearchPage { hits: Vec::new(), next: None }) };
        self.amparo.vault.read(|conn| find(conn, &terms, conditions, limit, after))
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

    /// The FTS5 expression: `"one two" * AND "three" *`, each word with `mark` before it. The words hold letters, digits and
    /// marks only, so nothing in the quotes can end them.
    fn expression(&self, mark: &str) -> String {
        let phrase = |parts: &Vec<String>| {
            let words: Vec<String> = parts.iter().map(|part| format!("{mark}{part}")).collect();
            format!("\"{}\" *", words.join(" "))
        };
        self.0.iter().map(phrase).collect::<Vec<_>>().join(" AND ")
    }
}

/// Goes from the newest block of incidents to the oldest until there is enough, past blocks in which no incident meets the
/// conditions.
fn find(
    conn: &Connection,
    terms: &Terms,
    conditions: &IncidentQuery,
    limit: usize,
    after: Option<&Cursor>,
) -> Result<SearchPage, CoreError> {
    let limit = limit.clamp(1, store::MAX_PAGE);
    let plan = Plan::new(conn, conditions)?;
    let mut statement = conn.prepare_cached(
        "SELECT rowid FROM search_text WHERE search_text MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
    )?;
    let mut before = after.map_or(i64::MAX, Cursor::seq);
    let mut found: Vec<i64> = Vec::new();
    while let Some(newest) = plan.first(conn, before)?
        && found.len() <= limit
    {
        let (mark, oldest) = index::block(newest);
        let among = plan.all_within(conn, oldest..newest.saturating_add(1))?;
        let mut rows = statement.query((terms.expression(&mark), oldest, newest))?;
        while let Some(row) = rows.next()?
            && found.len() <= limit
        {
            let seq: i64 = row.get(0)?;
            if among.as_ref().is_none_or(|among| among.binary_search(&seq).is_ok()) {
                found.push(seq);
            }
        }
        before = oldest;
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let mut hits = Vec::with_capacity(found.len());
    for seq in &found {
        let Some((incident, record)) = store::summary_and_record(conn, *seq)? else { continue };
        let excerpt = excerpt(&record, terms);
        hits.push(SearchHit { incident, excerpt, notes: note_hits(conn, *seq, terms)? });
    }
    let next = if more { found.last().map(|seq| Cursor::at(*seq)) } else { None };
    Ok(SearchPage { hits, next })
}

fn note_hits(conn: &Connection, seq: i64, terms: &Terms) -> Result<Vec<NoteHit>, CoreError> {
    let notes = evidence::store::noted_evidence_of_incident(conn, seq)?;
    let hit = |(evidence, note): (EvidenceId, String)| Some(NoteHit { evidence, excerpt: excerpt_of(&note, terms)? });
    Ok(notes.into_iter().filter_map(hit).collect())
}

/// The texts in which a match most often is.
#[derive(Deserialize)]
struct First {
    schema: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    narrative: String,
    #[serde(default)]
    place: FirstPlace,
}

#[derive(Deserialize, Default)]
struct FirstPlace {
    #[serde(default)]
    text: String,
}

/// In the narrative if it is there, else in the title, the place, or whatever text has it. The whole record is read only for the
/// last; none of a version that is not known.
fn excerpt(record: &str, terms: &Terms) -> Option<Excerpt> {
    let first: First = serde_json::from_str(record).ok().filter(|first: &First| first.schema == INCIDENT_SCHEMA)?;
    let texts = [&first.narrative, &first.title, &first.place.text];
    let mut found = texts.into_iter().find_map(|text| excerpt_of(text, terms));
    if found.is_none()
        && let Ok(incident) = store::from_stored(record)
    {
        incident.content.texts(&mut |field, text| {
            let looked_at = matches!(field, "title" | "narrative" | "text");
            if found.is_none() && !looked_at && index::is_searched(field) {
                found = excerpt_of(text, terms);
            }
        });
    }
    found
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
        let mut parts = terms.0.iter().filter_map(|parts| parts.first());
        let matches = if word.is_ascii() {
            let begins = |part: &String| word.get(..part.len()).is_some_and(|head| head.eq_ignore_ascii_case(part));
            parts.any(begins)
        } else {
            let folded = fold::fold(word);
            parts.any(|part| fold::words(&folded).any(|word| word.starts_with(part.as_str())))
        };
        if matches {
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
