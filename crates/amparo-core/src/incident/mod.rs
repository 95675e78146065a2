//! Incidents: what happened, as a record that keeps every revision.

mod act;
mod compare;
mod counts;
mod date;
pub mod limits;
mod needs;
mod online_harm;
mod perpetrator;
mod person;
mod place;
mod query;
mod record;
mod source;
pub(crate) mod store;
pub(crate) mod summary;
mod timeline;
pub(crate) mod upkeep;

pub use act::{Act, ActCode, Detention};
pub use compare::Change;
pub use counts::{COUNTS_SCHEMA, Cell, CountRow, CountTable, Counts, CountsRequest, DEFAULT_THRESHOLD, MIN_THRESHOLD};
pub use date::{DateError, DatePrecision, Occurred, PartialDate};
pub use needs::{ActionTaken, ActionTakenKind, Amount, RequestedAction, RequestedActionKind, SupportKind, SupportNeed};
pub use online_harm::{OnlineHarm, OnlineHarmKind, PlatformReport};
pub use perpetrator::{Identifier, IdentifierKind, Perpetrator, PerpetratorKind};
pub use person::{
    AgeBand, Consent, ConsentPurpose, ConsentStatus, ContactMethod, Gender, Nature, Occupation, Person, PersonRole,
    PurposeConsent, RecipientKind, SafeContact,
};
pub use place::{Coordinates, Place, PlacePrecision};
pub(crate) use query::Plan;
#[cfg(test)]
pub(crate) use query::tests::evidence as add_evidence;
pub use query::{DateRange, IncidentQuery};
pub use record::{INCIDENT_SCHEMA, Incident, IncidentContent, IncidentStatus, RelatedIncident, Relation, Urgency};
pub use source::{Reliability, Source, SourceKind};
pub use store::{Cursor, IncidentPage, MAX_PAGE, Revision};
pub use summary::IncidentSummary;
pub use timeline::{TimelineCursor, TimelineEntry, TimelinePage, TimelineQuery};

use crate::{Amparo, CoreError, IncidentId};

/// The vault's incidents. Got from [`Amparo::incidents`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Incidents<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl Incidents<'_> {
    /// Saves a new incident. One sentence is enough: `create("They took my phone.")`. On the medium when this returns.
    ///
    /// # Errors
    /// Those of [`IncidentContent::validate`], and the vault's.
    pub fn create(&self, content: impl Into<IncidentContent>) -> Result<Incident, CoreError> {
        let (content, now) = (content.into(), self.amparo.clock.now());
        self.amparo.vault.write(|tx| store::create(tx, content, &now))
    }

    /// Saves new incidents, all or none, in one transaction: for imports. As [`create`](Self::create) otherwise.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_all(&self, contents: Vec<IncidentContent>) -> Result<Vec<Incident>, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| contents.into_iter().map(|content| store::create(tx, content, &now)).collect())
    }

    /// Saves what was entered now and keeps what was there before as a revision. `revision` is the one that was edited. Saving
    /// the same again changes nothing.
    ///
    /// # Errors
    /// [`CoreError::Conflict`] when it was saved meanwhile, [`CoreError::IncidentNotFound`], those of
    /// [`IncidentContent::validate`], and the vault's.
    pub fn save(&self, id: IncidentId, revision: u32, content: IncidentContent) -> Result<Incident, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| store::save(tx, id, revision, content, &now))
    }

    /// One incident, with the ids of its evidence.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::NewerSchema`], and the vault's.
    pub fn get(&self, id: IncidentId) -> Result<Incident, CoreError> {
        self.amparo.vault.read(|conn| store::get(conn, id))
    }

    /// Newest first, at most `limit` (1 to [`MAX_PAGE`]), from where `after` points. "Newest" is the order of creation in this
    /// vault, so a clock that jumped cannot hide an incident. Reads as many rows as it returns.
    ///
    /// # Errors
    /// The vault's.
    pub fn list(&self, limit: usize, after: Option<&Cursor>) -> Result<IncidentPage, CoreError> {
        self.query(&IncidentQuery::default(), limit, after)
    }

    /// As [`list`](Self::list), of those for which every condition of `query` holds. Reads the incidents that have its rarest
    /// condition, as far as the page needs.
    ///
    /// # Errors
    /// [`CoreError::Date`] for a range that ends before it begins, and the vault's.
    pub fn query(
        &self,
        query: &IncidentQuery,
        limit: usize,
        after: Option<&Cursor>,
    ) -> Result<IncidentPage, CoreError> {
        self.amparo.vault.read(|conn| query::page(conn, query, limit, after))
    }

    /// What happened when: oldest first, at most `limit` entries (1 to [`MAX_PAGE`]), from where `after` points. Of what begins
    /// at the same time, the vaguer date comes first; incidents of which nobody said when come at the end.
    ///
    /// # Errors
    /// [`CoreError::Date`] for a range that ends before it begins, and the vault's.
    pub fn timeline(
        &self,
        query: &TimelineQuery,
        limit: usize,
        after: Option<&TimelineCursor>,
    ) -> Result<TimelinePage, CoreError> {
        self.amparo.vault.read(|conn| timeline::page(conn, query, limit, after))
    }

    /// How many incidents there are of each code and in each month, with small numbers suppressed, for publication. Drafts are
    /// not counted. Reads all of the vault's summaries.
    ///
    /// # Errors
    /// [`CoreError::InvalidField`] for a threshold below [`MIN_THRESHOLD`], and for a month that is not over or no month; the
    /// vault's.
    pub fn counts(&self, request: &CountsRequest) -> Result<Counts, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.read(|conn| counts::counts(conn, request, now.time))
    }

    /// All revisions, oldest first; the last one is the present.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], and the vault's.
    pub fn revisions(&self, id: IncidentId) -> Result<Vec<Revision>, CoreError> {
        self.amparo.vault.read(|conn| store::revisions(conn, id))
    }

    /// The incident as it was at `revision`. The evidence ids are those of now.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::RevisionNotFound`], and the vault's.
    pub fn get_revision(&self, id: IncidentId, revision: u32) -> Result<Incident, CoreError> {
        self.amparo.vault.read(|conn| store::get_revision(conn, id, revision))
    }

    /// What is different in revision `b`, seen from revision `a`: an empty list when nothing is. The changes, made to `a` one
    /// after the other, give `b`. Only what was entered is compared: no stamps, no attached evidence.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::RevisionNotFound`], [`CoreError::NewerSchema`], and the vault's.
    pub fn compare(&self, id: IncidentId, a: u32, b: u32) -> Result<Vec<Change>, CoreError> {
        self.amparo.vault.read(|conn| compare::revisions(conn, id, a, b))
    }
}
