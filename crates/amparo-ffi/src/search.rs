//! Full-text search over incidents and the notes on their evidence. No query is an error.

use core::ops::Range;

use amparo_core::{Amparo, search};

use crate::{
    convert::{IntoCore as _, IntoHost, answer, silent},
    error::{call, errors},
    ids::{Cursor, EvidenceId},
    incidents::{IncidentQuery, IncidentSummary},
};

errors! {
    /// Why a search failed.
    SearchError {}
}

/// A piece of a text around the first match, in three parts: a place in a text would be another number in every language.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Excerpt {
    /// What stands before the match; `…` where more was cut off.
    pub before: String,
    /// The matching word, as it was written.
    pub matched: String,
    /// What stands after it; `…` where more was cut off.
    pub after: String,
}
silent!(Excerpt);

impl IntoHost<Excerpt> for search::Excerpt {
    fn into_host(self) -> Excerpt {
        let Range { start, end } = self.highlight;
        let part = |range: Option<&str>| range.unwrap_or_default().to_owned();
        Excerpt {
            before: part(self.text.get(..start)),
            matched: part(self.text.get(start..end)),
            after: part(self.text.get(end..)),
        }
    }
}

answer! {
    /// A note on a piece of evidence that has one of the words.
    NoteHit = amparo_core::search::NoteHit {
        /// The evidence.
        evidence: EvidenceId,
        /// Where its note matches.
        excerpt: Excerpt,
    }
}

answer! {
    /// One incident that matches.
    SearchHit = amparo_core::search::SearchHit {
        /// The incident.
        incident: IncidentSummary,
        /// Where it matches, when that is in its own texts.
        excerpt: Option<Excerpt>,
        /// The evidence whose notes have one of the words, oldest first.
        notes: Vec<NoteHit>,
    }
}

answer! {
    /// One page of matches.
    SearchPage = amparo_core::search::SearchPage {
        /// The matches, newest incident first.
        hits: Vec<SearchHit>,
        /// Where the next page begins, if there is one.
        next: Option<Cursor>,
    }
}

/// Searches the vault. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Search {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Search {
    /// Incidents in which every word of `query` begins some word, newest first: at most `limit` (1 to 1000), from where `after` points.
    /// Accents, case and the writing of numbers do not matter. What was typed is never a syntax; without any letter or digit it matches
    /// nothing.
    pub fn incidents(&self, query: String, limit: u32, after: Option<Cursor>) -> Result<SearchPage, SearchError> {
        call("search.incidents", || {
            let after = after.into_core()?;
            Ok(self.amparo.search().incidents(&query, limit as usize, after.as_ref())?.into_host())
        })
    }

    /// As `incidents`, of those for which every condition holds.
    pub fn incidents_where(
        &self,
        query: String,
        conditions: IncidentQuery,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<SearchPage, SearchError> {
        call("search.incidents_where", || {
            let (conditions, after) = (conditions.into_core()?, after.into_core()?);
            let page = self.amparo.search().incidents_where(&query, &conditions, limit as usize, after.as_ref())?;
            Ok(page.into_host())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evidence::ImportRequest, ids::PartialDate, incidents::DateRange, scene::Scene};

    fn everything() -> IncidentQuery {
        amparo_core::incident::IncidentQuery::default().into_host()
    }

    #[test]
    fn what_was_typed_is_found_and_shown_in_its_place() {
        let scene = Scene::new();
        let search = scene.vault.search();
        let door = scene.incident("📷 Vinieron de noche y rompieron LA PUÉRTA de la oficina.").id;
        let other = scene.incident("جاءوا ليلا وكسروا الباب").id;
        let request: ImportRequest = amparo_core::evidence::ImportRequest::default().into_host();
        let request =
            ImportRequest { incident: Some(other.clone()), note: Some("a photo of the puerta".into()), ..request };
        let evidence = scene.vault.evidence().import_bytes(b"picture", request).unwrap().id;

        let page = search.incidents("puert".into(), 10, None).unwrap();
        let found: Vec<_> = page.hits.iter().map(|hit| &hit.incident.id).collect();
        assert_eq!(found, [&other, &door], "newest first");
        let excerpt = page.hits[1].excerpt.as_ref().unwrap();
        assert_eq!(excerpt.matched, "PUÉRTA");
        assert!(excerpt.before.ends_with("rompieron LA ") && excerpt.after.starts_with(" de la oficina"));
        let (by_note, note) = (&page.hits[0], &page.hits[0].notes[0]);
        assert_eq!((by_note.excerpt.as_ref(), &note.evidence), (None, &evidence));
        assert_eq!((note.excerpt.before.as_str(), note.excerpt.matched.as_str()), ("a photo of the ", "puerta"));
        assert!(!format!("{page:?} {page}").contains("PUÉRTA"));

        let arabic = search.incidents("الباب".into(), 10, None).unwrap();
        assert_eq!(arabic.hits[0].excerpt.as_ref().unwrap().matched, "الباب");
        for nothing in ["", "  ", "\"", "* OR *", "NEAR(", "nirgends", "\u{0}"] {
            assert!(search.incidents(nothing.into(), 10, None).unwrap().hits.is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn pages_follow_one_another_and_conditions_hold() {
        let scene = Scene::new();
        let search = scene.vault.search();
        let ids: Vec<_> = (0..5).map(|n| scene.incident(&format!("raid number {n}")).id).collect();
        let first = search.incidents("raid".into(), 3, None).unwrap();
        let second = search.incidents("raid".into(), 3, first.next.clone()).unwrap();
        let found: Vec<_> = first.hits.iter().chain(&second.hits).map(|hit| hit.incident.id.clone()).collect();
        assert_eq!(found, ids.iter().rev().cloned().collect::<Vec<_>>());
        assert_eq!(second.next, None);

        let with = |query: IncidentQuery| search.incidents_where("raid".into(), query, 10, None);
        assert_eq!(with(everything()).unwrap().hits.len(), 5);
        assert!(with(IncidentQuery { draft: Some(true), ..everything() }).unwrap().hits.is_empty());
        let date = |date: &str| Some(PartialDate(date.into()));
        let backwards = DateRange { from: date("2026"), to: date("2025") };
        let backwards = with(IncidentQuery { created: Some(backwards), ..everything() });
        assert!(matches!(backwards, Err(SearchError::Invalid { code: 215, .. })), "{backwards:?}");
        let forged = search.incidents("raid".into(), 3, Some(Cursor("no cursor".into())));
        assert!(matches!(forged, Err(SearchError::Invalid { code: 203, .. })), "{forged:?}");
        scene.vault.lock().unwrap();
        let locked = search.incidents("raid".into(), 3, None);
        assert!(matches!(locked, Err(SearchError::Locked { code: 103, .. })));
    }
}
