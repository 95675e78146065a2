//! `amparo incident`: what happened, written down, found, counted and compared.

mod counts;
pub mod find;
mod input;
mod sheet;
mod show;
mod write;

use amparo_core::incident::{DatePrecision, IncidentSummary, Occurred};
use serde_json::{Value, json};

use super::Context;
use crate::{args::Incident, failure::Failure};

/// Runs `amparo incident …`.
pub fn run(context: &Context, command: Incident) -> Result<bool, Failure> {
    match command {
        Incident::New(new) => write::create(context, *new),
        Incident::Edit(edit) => write::edit(context, *edit),
        Incident::Relate { dir, id, other, relation } => write::relate(context, &dir, &id, &other, relation.as_deref()),
        Incident::List { dir, conditions, page } => find::list(context, &dir, &conditions, &page),
        Incident::Search { dir, words, conditions, page } => {
            find::search(context, &dir, &words.join(" "), &conditions, &page)
        }
        Incident::Timeline { dir, from, to, evidence, page } => {
            find::timeline(context, &dir, (from.as_deref(), to.as_deref()), evidence, &page)
        }
        Incident::Show { dir, id, revision } => show::show(context, &dir, &id, revision),
        Incident::Revisions { dir, id } => show::revisions(context, &dir, &id),
        Incident::Compare { dir, id, a, b } => show::compare(context, &dir, &id, a, b),
        Incident::Export(args) => super::interchange::export(context, &args),
        Incident::Import(args) => super::interchange::import(context, &args),
        Incident::Counts(counts) => counts::counts(context, &counts),
    }
}

/// What a list shows of an incident, as JSON.
fn summary(incident: &IncidentSummary) -> Value {
    json!({
        "id": incident.id.to_string(),
        "revision": incident.revision,
        "heading": incident.heading,
        "draft": incident.draft,
        "unsent": incident.unsent,
        "acts": incident.acts,
        "occurred": incident.occurred,
        "country": incident.country,
        "status": incident.status,
        "urgency": incident.urgency,
        "created": incident.created.to_string(),
        "modified": incident.modified.to_string(),
        "evidence_count": incident.evidence_count,
    })
}

/// The same in one line. What was entered stands last: right-to-left text then moves nothing else.
fn summary_line(incident: &IncidentSummary) -> String {
    let occurred = incident.occurred.as_ref().map_or_else(|| "no date".into(), when);
    format!("{}  {occurred:<10}  {}", incident.id, marks_and_heading(incident))
}

/// `[draft, imminent, 2 evidence] Heading`.
fn marks_and_heading(incident: &IncidentSummary) -> String {
    let mut marks: Vec<String> = Vec::new();
    if incident.draft {
        marks.push("draft".into());
    }
    marks.extend(incident.urgency.iter().map(ToString::to_string));
    marks.extend(incident.status.iter().map(ToString::to_string));
    if incident.evidence_count > 0 {
        marks.push(format!("{} evidence", incident.evidence_count));
    }
    let heading = match one_line(&incident.heading) {
        heading if heading.is_empty() => incident.acts.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", "),
        heading => heading,
    };
    if marks.is_empty() { heading } else { format!("[{}] {heading}", marks.join(", ")) }
}

/// `2026-11-02 to 2026-11-05`, `about 2026`.
fn when(occurred: &Occurred) -> String {
    let mut text = occurred.from.to_string();
    if let Some(to) = &occurred.to {
        text = format!("{text} to {to}");
    }
    if occurred.precision == DatePrecision::CIRCA {
        format!("about {text}")
    } else if occurred.to.is_some() || occurred.precision == occurred.from.precision() {
        text
    } else {
        // Somebody wrote a whole date and said that less of it is sure.
        format!("{text} (sure: {})", occurred.precision)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
