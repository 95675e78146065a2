//! `amparo incident list`, `search`, `timeline`.

use std::path::Path;

use amparo_core::incident::{
    ActCode, Cursor, DateRange, IncidentPage, IncidentQuery, IncidentStatus, TimelineCursor, TimelineEntry,
    TimelineQuery, Urgency,
};
use serde_json::{Value, json};

use super::{Context, input, marks_and_heading, one_line, summary, summary_line, when};
use crate::{
    args::incident::{Conditions, Page},
    failure::Failure,
};

/// `amparo incident list`
pub fn list(context: &Context, dir: &Path, conditions: &Conditions, page: &Page) -> Result<bool, Failure> {
    let query = query(conditions)?;
    let cursor = page.cursor.as_deref().map(str::parse::<Cursor>).transpose()?;
    let IncidentPage { incidents, next } =
        context.with_vault(dir, |amparo| Ok(amparo.incidents().query(&query, limit(page), cursor.as_ref())?))?;
    check_codes(&query, incidents.is_empty() && cursor.is_none())?;
    let next = next.map(|c| c.to_string());
    let value = json!({ "incidents": incidents.iter().map(summary).collect::<Vec<_>>(), "next": next });
    context
        .output
        .result(&value, || pages(incidents.iter().map(summary_line).collect(), "No incidents.", next.as_deref()));
    Ok(true)
}

/// `amparo incident search`
pub fn search(
    context: &Context,
    dir: &Path,
    words: &str,
    conditions: &Conditions,
    page: &Page,
) -> Result<bool, Failure> {
    let query = query(conditions)?;
    let cursor = page.cursor.as_deref().map(str::parse::<Cursor>).transpose()?;
    let found = context.with_vault(dir, |amparo| {
        Ok(amparo.search().incidents_where(words, &query, limit(page), cursor.as_ref())?)
    })?;
    check_codes(&query, found.hits.is_empty() && cursor.is_none())?;
    let next = found.next.as_ref().map(ToString::to_string);
    let hits: Vec<Value> = found
        .hits
        .iter()
        .map(|hit| {
            let mut value = summary(&hit.incident);
            value["excerpt"] = hit.excerpt.as_ref().map(|e| e.text.clone()).into();
            let notes = hit.notes.iter();
            let notes = notes.map(|n| json!({ "evidence": n.evidence.to_string(), "excerpt": n.excerpt.text }));
            value["notes"] = notes.collect();
            value
        })
        .collect();
    context.output.result(&json!({ "hits": hits, "next": next }), || {
        let mut lines = Vec::new();
        for hit in &found.hits {
            lines.push(summary_line(&hit.incident));
            lines.extend(hit.excerpt.as_ref().map(|e| format!("    {}", one_line(&e.text))));
            let notes = hit.notes.iter();
            lines.extend(notes.map(|n| format!("    evidence {}: {}", n.evidence, one_line(&n.excerpt.text))));
        }
        pages(lines, "Nothing found.", next.as_deref())
    });
    Ok(true)
}

/// `amparo incident timeline`
pub fn timeline(
    context: &Context,
    dir: &Path,
    (from, to): (Option<&str>, Option<&str>),
    evidence: bool,
    page: &Page,
) -> Result<bool, Failure> {
    let query = TimelineQuery { range: range(from, to)?, evidence };
    let cursor = page.cursor.as_deref().map(str::parse::<TimelineCursor>).transpose()?;
    let found =
        context.with_vault(dir, |amparo| Ok(amparo.incidents().timeline(&query, limit(page), cursor.as_ref())?))?;
    let next = found.next.map(|c| c.to_string());
    let entries: Vec<Value> = found.entries.iter().map(entry).collect();
    context.output.result(&json!({ "entries": entries, "next": next }), || {
        pages(found.entries.iter().map(entry_line).collect(), "Nothing.", next.as_deref())
    });
    Ok(true)
}

fn entry(entry: &TimelineEntry) -> Value {
    match entry {
        TimelineEntry::Incident(incident) => json!({ "incident": summary(incident) }),
        TimelineEntry::Evidence { id, incidents, kind, captured_at } => json!({ "evidence": {
            "id": id.to_string(),
            "kind": kind,
            "captured_at": captured_at,
            "incidents": incidents.iter().map(ToString::to_string).collect::<Vec<_>>(),
        } }),
    }
}

fn entry_line(entry: &TimelineEntry) -> String {
    match entry {
        TimelineEntry::Incident(incident) => {
            let occurred = incident.occurred.as_ref().map_or_else(|| "no date".into(), when);
            format!("{occurred:<24}  {}  {}", incident.id, marks_and_heading(incident))
        }
        TimelineEntry::Evidence { id, kind, captured_at, .. } => {
            let captured = captured_at.map_or_else(|| "no date".into(), |at| at.to_string());
            format!("{captured:<24}  {id}  evidence captured: {kind}")
        }
    }
}

fn pages(mut lines: Vec<String>, nothing: &str, next: Option<&str>) -> Vec<String> {
    if lines.is_empty() {
        lines.push(nothing.into());
    }
    lines.extend(next.map(|next| format!("More: --cursor {next}")));
    lines
}

fn limit(page: &Page) -> usize {
    usize::try_from(page.limit).unwrap_or(usize::MAX)
}

/// The query that these conditions are.
pub fn query(conditions: &Conditions) -> Result<IncidentQuery, Failure> {
    Ok(IncidentQuery {
        status: conditions.status.as_deref().map(str::parse).transpose()?,
        urgency: conditions.urgency.as_deref().map(str::parse).transpose()?,
        tag: conditions.tag.clone(),
        act: conditions.act.as_deref().map(str::parse).transpose()?,
        occurred: range(conditions.from.as_deref(), conditions.to.as_deref())?,
        created: range(conditions.created_from.as_deref(), conditions.created_to.as_deref())?,
        unsent: either(conditions.unsent, conditions.sent),
        draft: either(conditions.draft, conditions.no_draft),
        has_evidence: either(conditions.with_evidence, conditions.without_evidence),
        related_to: conditions.related.as_deref().map(str::parse).transpose()?,
    })
}

fn either(yes: bool, no: bool) -> Option<bool> {
    if yes { Some(true) } else { no.then_some(false) }
}

fn range(from: Option<&str>, to: Option<&str>) -> Result<Option<DateRange>, Failure> {
    let range = DateRange { from: from.map(input::date).transpose()?, to: to.map(input::date).transpose()? };
    Ok((range != DateRange::default()).then_some(range))
}

/// An incident can have a code of a newer version, so a code that is not known is an error only where nothing has it: then it
/// is more likely misspelt, and "none" would be the wrong answer.
fn check_codes(query: &IncidentQuery, nothing: bool) -> Result<(), Failure> {
    if !nothing {
        return Ok(());
    }
    fn known<T>(codes: &[T], text: fn(&T) -> &str) -> String {
        codes.iter().map(text).collect::<Vec<_>>().join(", ")
    }
    let unknown = |what: &str, known: String| {
        Err(Failure::input(format!("no incident has this {what}, and it is none that is known: {known}")))
    };
    if query.status.as_ref().is_some_and(|code| !code.is_known()) {
        return unknown("status", known(IncidentStatus::KNOWN, IncidentStatus::as_str));
    }
    if query.urgency.as_ref().is_some_and(|code| !code.is_known()) {
        return unknown("urgency", known(Urgency::KNOWN, Urgency::as_str));
    }
    if query.act.as_ref().is_some_and(|code| !code.is_known()) {
        return unknown("kind of act", known(ActCode::KNOWN, ActCode::as_str));
    }
    Ok(())
}
