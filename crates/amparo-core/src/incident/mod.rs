//! Incidents: what happened, as a record that keeps every revision.

mod act;
mod date;
pub mod limits;
mod needs;
mod online_harm;
mod perpetrator;
mod person;
mod place;
mod record;
mod source;
pub(crate) mod store;

pub use act::{Act, ActCode, Detention};
pub use date::{DateError, DatePrecision, Occurred, PartialDate};
pub use needs::{ActionTaken, ActionTakenKind, Amount, RequestedAction, RequestedActionKind, SupportKind, SupportNeed};
pub use online_harm::{OnlineHarm, OnlineHarmKind, PlatformReport};
pub use perpetrator::{Identifier, IdentifierKind, Perpetrator, PerpetratorKind};
pub use person::{
    AgeBand, Consent, ConsentStatus, ContactMethod, Gender, Nature, Occupation, Person, PersonRole, RecipientKind,
    SafeContact,
};
pub use place::{Coordinates, Place, PlacePrecision};
pub use record::{INCIDENT_SCHEMA, Incident, IncidentContent, IncidentStatus, RelatedIncident, Relation, Urgency};
pub use source::{Reliability, Source, SourceKind};
pub use store::{Cursor, IncidentPage, IncidentSummary, MAX_PAGE, Revision};

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
        self.amparo.vault.read(|conn| store::list(conn, limit, after))
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
}
