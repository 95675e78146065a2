//! Incidents: the record of what happened, lists, timeline, counts, revisions.

mod codes;
mod counts;
mod queries;
mod records;

use std::time::SystemTime;

use amparo_core::Amparo;
pub use codes::*;
pub use counts::*;
pub use queries::*;
pub use records::*;

use crate::{
    convert::{IntoCore as _, IntoHost as _, answer},
    error::{call, errors},
    ids::{Cursor, EvidenceId, IncidentId, Stamp, TimelineCursor},
};

errors! {
    /// Why a call on incidents failed.
    IncidentError {
        /// No incident, or no revision, of this id.
        NotFound = 230 | 231,
        /// It was saved meanwhile: load it again. Nothing was overwritten.
        Conflict = 232, {
            /// The revision that is stored now.
            current: u32,
        },
    }
}

answer! {
    /// One incident as the vault keeps it.
    Incident = amparo_core::incident::Incident {
        /// Always `amparo.incident/1`.
        schema: String,
        /// Its id.
        id: IncidentId,
        /// How often it was saved, from 1.
        revision: u32,
        /// When it was first saved.
        created: Stamp,
        /// When it was last saved.
        modified: Stamp,
        /// What was entered.
        content: IncidentContent,
        /// The evidence attached to it, oldest first.
        evidence: Vec<EvidenceId>,
    }
}

answer! {
    /// What a list shows of an incident.
    IncidentSummary = amparo_core::incident::IncidentSummary {
        /// Its id.
        id: IncidentId,
        /// Its present revision.
        revision: u32,
        /// Its title, or the beginning of what was told.
        heading: String,
        /// Not finished.
        draft: bool,
        /// Its present revision, or evidence attached to it, is in no sealed report.
        unsent: bool,
        /// What was done: each code once, in the record's order.
        acts: Vec<ActCode>,
        /// When it happened, as it was told.
        occurred: Option<Occurred>,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// Whether it goes on.
        status: Option<IncidentStatus>,
        /// How soon somebody must act.
        urgency: Option<Urgency>,
        /// When it was first saved.
        created: SystemTime,
        /// When it was last saved.
        modified: SystemTime,
        /// How many pieces of evidence are attached.
        evidence_count: u64,
    }
}

answer! {
    /// One page of a list.
    IncidentPage = amparo_core::incident::IncidentPage {
        /// The incidents.
        incidents: Vec<IncidentSummary>,
        /// Where the next page begins, if there is one.
        next: Option<Cursor>,
    }
}

answer! {
    /// One revision of an incident.
    Revision = amparo_core::incident::Revision {
        /// Its number, from 1.
        number: u32,
        /// When it was saved.
        saved: SystemTime,
    }
}

/// The vault's incidents. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Incidents {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Incidents {
    /// Saves a new incident. One sentence is enough. On the medium when this returns.
    pub fn create(&self, content: IncidentContent) -> Result<Incident, IncidentError> {
        call("incidents.create", || Ok(self.amparo.incidents().create(content.into_core()?)?.into_host()))
    }

    /// Saves new incidents, all or none. As `create` otherwise.
    pub fn create_all(&self, contents: Vec<IncidentContent>) -> Result<Vec<Incident>, IncidentError> {
        call("incidents.create_all", || Ok(self.amparo.incidents().create_all(contents.into_core()?)?.into_host()))
    }

    /// Saves what was entered now and keeps what was there before as a revision. `revision` is the one that was edited. Saving the
    /// same again changes nothing.
    pub fn save(&self, id: IncidentId, revision: u32, content: IncidentContent) -> Result<Incident, IncidentError> {
        call("incidents.save", || {
            Ok(self.amparo.incidents().save(id.into_core()?, revision, content.into_core()?)?.into_host())
        })
    }

    /// One incident, with the ids of its evidence.
    pub fn get(&self, id: IncidentId) -> Result<Incident, IncidentError> {
        call("incidents.get", || Ok(self.amparo.incidents().get(id.into_core()?)?.into_host()))
    }

    /// Newest first, at most `limit` (1 to 1000), from where `after` points.
    pub fn list(&self, limit: u32, after: Option<Cursor>) -> Result<IncidentPage, IncidentError> {
        call("incidents.list", || {
            let after = after.into_core()?;
            Ok(self.amparo.incidents().list(limit as usize, after.as_ref())?.into_host())
        })
    }

    /// As `list`, of those for which every condition of `query` holds.
    pub fn query(
        &self,
        query: IncidentQuery,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<IncidentPage, IncidentError> {
        call("incidents.query", || {
            let (query, after) = (query.into_core()?, after.into_core()?);
            Ok(self.amparo.incidents().query(&query, limit as usize, after.as_ref())?.into_host())
        })
    }

    /// What happened when: oldest first, at most `limit` entries (1 to 1000), from where `after` points. Of what begins at the same
    /// time, the vaguer date comes first; incidents of which nobody said when come at the end.
    pub fn timeline(
        &self,
        query: TimelineQuery,
        limit: u32,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, IncidentError> {
        call("incidents.timeline", || {
            let (query, after) = (query.into_core()?, after.into_core()?);
            Ok(self.amparo.incidents().timeline(&query, limit as usize, after.as_ref())?.into_host())
        })
    }

    /// How many incidents there are of each code and in each month, with small numbers suppressed, for publication. Drafts are not
    /// counted. Reads all of the vault's summaries.
    pub fn counts(&self, request: CountsRequest) -> Result<Counts, IncidentError> {
        call("incidents.counts", || counts::with_texts(self.amparo.incidents().counts(&request.into_core()?)?))
    }

    /// All revisions, oldest first; the last one is the present.
    pub fn revisions(&self, id: IncidentId) -> Result<Vec<Revision>, IncidentError> {
        call("incidents.revisions", || Ok(self.amparo.incidents().revisions(id.into_core()?)?.into_host()))
    }

    /// The incident as it was at `revision`. The evidence ids are those of now.
    pub fn get_revision(&self, id: IncidentId, revision: u32) -> Result<Incident, IncidentError> {
        call("incidents.get_revision", || {
            Ok(self.amparo.incidents().get_revision(id.into_core()?, revision)?.into_host())
        })
    }

    /// What is different in revision `b`, seen from revision `a`: an empty list when nothing is. The changes, made to `a` one after
    /// the other, give `b`. Only what was entered is compared: no stamps, no attached evidence.
    pub fn compare(&self, id: IncidentId, a: u32, b: u32) -> Result<Vec<Change>, IncidentError> {
        call("incidents.compare", || Ok(self.amparo.incidents().compare(id.into_core()?, a, b)?.into_host()))
    }
}

#[cfg(test)]
mod tests;
