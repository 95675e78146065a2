//! Which incidents a list or a timeline shows, and what changed between revisions.

use amparo_core::incident;

use super::{ActCode, IncidentStatus, IncidentSummary, Urgency};
use crate::{
    convert::{IntoHost, answer, plain, silent},
    evidence::EvidenceKind,
    ids::{EvidenceId, IncidentId, PartialDate, TimelineCursor},
};

plain! {
    /// A time between two dates, both included; an end that is absent is open. `2024` to `2024-05` ends with May 2024.
    DateRange = amparo_core::incident::DateRange {
        /// From the beginning of this.
        from: Option<PartialDate>,
        /// To the end of this.
        to: Option<PartialDate>,
    }
}

plain! {
    /// What a list shows. The default is everything; every condition that is set must hold.
    IncidentQuery = amparo_core::incident::IncidentQuery {
        /// This status.
        status: Option<IncidentStatus>,
        /// This urgency.
        urgency: Option<Urgency>,
        /// One of its tags is exactly this.
        tag: Option<String>,
        /// One of its acts has this code.
        act: Option<ActCode>,
        /// It can have happened in this time: what is known to the year only was possibly in each of its days.
        occurred: Option<DateRange>,
        /// It was first saved in this time, in UTC, by the device's clock.
        created: Option<DateRange>,
        /// Whether its present revision, or evidence attached to it, is in no sealed report.
        unsent: Option<bool>,
        /// Whether it is a draft.
        draft: Option<bool>,
        /// Whether evidence is attached.
        has_evidence: Option<bool>,
        /// It names this incident as related, or this incident names it.
        related_to: Option<IncidentId>,
    }
}

plain! {
    /// What a timeline shows. The default is every incident.
    TimelineQuery = amparo_core::incident::TimelineQuery {
        /// Only what can have happened in this time; then undated incidents are left out.
        range: Option<DateRange>,
        /// Also evidence, where somebody said when it was captured: by the moment in which that time begins.
        evidence: bool,
    }
}

/// One entry of a timeline.
#[derive(Clone, PartialEq, uniffi::Enum)]
pub enum TimelineEntry {
    /// An incident; its `occurred` says when. Undated ones come last.
    Incident {
        /// What a list shows of it.
        summary: IncidentSummary,
    },
    /// A piece of evidence was captured.
    Evidence {
        /// Which.
        id: EvidenceId,
        /// The incidents it is attached to.
        incidents: Vec<IncidentId>,
        /// What it is.
        kind: EvidenceKind,
        /// When. Absent when what is said of it cannot be read.
        captured_at: Option<PartialDate>,
    },
}
silent!(TimelineEntry);

impl IntoHost<TimelineEntry> for incident::TimelineEntry {
    fn into_host(self) -> TimelineEntry {
        match self {
            Self::Incident(summary) => TimelineEntry::Incident { summary: (*summary).into_host() },
            Self::Evidence { id, incidents, kind, captured_at } => TimelineEntry::Evidence {
                id: id.into_host(),
                incidents: incidents.into_host(),
                kind: kind.into_host(),
                captured_at: captured_at.into_host(),
            },
        }
    }
}

answer! {
    /// One page of a timeline.
    TimelinePage = amparo_core::incident::TimelinePage {
        /// The entries.
        entries: Vec<TimelineEntry>,
        /// Where the next page begins, if there is one.
        next: Option<TimelineCursor>,
    }
}

/// One difference between two revisions.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Change {
    /// Where: a JSON Pointer (RFC 6901) into the record, but that an element of a list that has an `id` is named by it and not by its
    /// place: `/persons/00112233445566778899aabbccddeeff/name`.
    pub path: String,
    /// What was there, as JSON; absent when nothing was.
    pub before: Option<String>,
    /// What is there instead, as JSON; absent when nothing is.
    pub after: Option<String>,
}
silent!(Change);

impl IntoHost<Change> for incident::Change {
    fn into_host(self) -> Change {
        let Self { path, before, after } = self;
        Change { path, before: before.map(|value| value.to_string()), after: after.map(|value| value.to_string()) }
    }
}
