//! `amparo incident`: new, list, show, search.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use amparo_core::{
    IncidentId,
    incident::{
        Act, ActCode, Cursor, Incident as Record, IncidentContent, IncidentSummary, Occurred, PartialDate, Place,
    },
};
use serde_json::{Value, json};

use super::Context;
use crate::{
    args::{Incident, IncidentNew},
    failure::Failure,
};

/// Runs `amparo incident …`.
pub fn run(context: &Context, command: Incident) -> Result<bool, Failure> {
    match command {
        Incident::New(new) => create(context, *new),
        Incident::List { dir, limit, cursor } => list(context, &dir, limit, cursor.as_deref()),
        Incident::Show { dir, id } => show(context, &dir, &id),
        Incident::Export(args) => super::interchange::export(context, &args),
        Incident::Import(args) => super::interchange::import(context, &args),
        Incident::Search { dir, words, limit } => search(context, &dir, &words.join(" "), limit),
    }
}

fn create(context: &Context, new: IncidentNew) -> Result<bool, Failure> {
    let narrative = match (new.text, &new.text_file) {
        (Some(text), _) => text,
        (None, Some(file)) => read_text(file)?,
        (None, None) => String::new(),
    };
    let content = IncidentContent {
        title: new.title,
        narrative,
        language: new.language,
        acts: new.acts.iter().map(|code| Ok(Act::from(code.parse::<ActCode>()?))).collect::<Result<_, Failure>>()?,
        occurred: new
            .occurred
            .map(|text| text.parse::<PartialDate>())
            .transpose()
            .map_err(amparo_core::CoreError::from)?
            .map(Occurred::at),
        place: new.place.map(|text| Place { text, ..Place::default() }),
        tags: new.tags,
        ..IncidentContent::default()
    };
    let incident = context.with_vault(&new.dir, |amparo| Ok(amparo.incidents().create(content)?))?;
    let id = incident.id.to_string();
    context.output.result(&json!({ "id": id }), || vec![format!("Saved incident {id}")]);
    Ok(true)
}

fn read_text(file: &PathBuf) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut f| f.read_to_string(&mut text))
    };
    read.map_err(|e| Failure::input(format!("cannot read the text: {}", e.kind())))?;
    Ok(text)
}

fn list(context: &Context, dir: &Path, limit: u32, cursor: Option<&str>) -> Result<bool, Failure> {
    let cursor = cursor.map(str::parse::<Cursor>).transpose()?;
    let page = context.with_vault(dir, |amparo| Ok(amparo.incidents().list(limit as usize, cursor.as_ref())?))?;
    let next = page.next.map(|c| c.to_string());
    let value = json!({ "incidents": page.incidents.iter().map(summary).collect::<Vec<_>>(), "next": next });
    context.output.result(&value, || {
        let mut lines: Vec<String> = page.incidents.iter().map(summary_line).collect();
        if lines.is_empty() {
            lines.push("No incidents.".into());
        }
        lines.extend(next.map(|next| format!("More: --cursor {next}")));
        lines
    });
    Ok(true)
}

fn show(context: &Context, dir: &Path, id: &str) -> Result<bool, Failure> {
    let id: IncidentId = id.parse()?;
    let (incident, evidence) =
        context.with_vault(dir, |amparo| Ok((amparo.incidents().get(id)?, amparo.evidence().list(id)?)))?;
    let value = json!({
        "incident": serde_json::to_value(&incident).unwrap_or_default(),
        "evidence": evidence.iter().map(super::evidence::describe).collect::<Vec<_>>(),
    });
    context.output.result(&value, || {
        let mut lines = describe(&incident);
        lines.extend(evidence.iter().map(super::evidence::line));
        lines
    });
    Ok(true)
}

fn search(context: &Context, dir: &Path, query: &str, limit: u32) -> Result<bool, Failure> {
    let page = context.with_vault(dir, |amparo| Ok(amparo.search().incidents(query, limit as usize, None)?))?;
    let hits: Vec<Value> = page
        .hits
        .iter()
        .map(|hit| {
            let mut value = summary(&hit.incident);
            value["excerpt"] = hit.excerpt.as_ref().map(|e| e.text.clone()).into();
            value
        })
        .collect();
    context.output.result(&json!({ "hits": hits, "next": page.next.as_ref().map(ToString::to_string) }), || {
        let mut lines = Vec::new();
        for hit in &page.hits {
            lines.push(summary_line(&hit.incident));
            lines.extend(hit.excerpt.as_ref().map(|e| format!("    … {} …", one_line(&e.text))));
        }
        if lines.is_empty() {
            lines.push("Nothing found.".into());
        }
        lines
    });
    Ok(true)
}

fn summary(incident: &IncidentSummary) -> Value {
    json!({
        "id": incident.id.to_string(),
        "heading": incident.heading,
        "created": incident.created.to_string(),
        "modified": incident.modified.to_string(),
        "evidence_count": incident.evidence_count,
    })
}

fn summary_line(incident: &IncidentSummary) -> String {
    let evidence = match incident.evidence_count {
        0 => String::new(),
        n => format!("  [{n} evidence]"),
    };
    format!("{}  {}  {}{evidence}", incident.id, incident.created, one_line(&incident.heading))
}

fn describe(incident: &Record) -> Vec<String> {
    let content = &incident.content;
    let mut lines = vec![format!("Incident   {} (revision {})", incident.id, incident.revision)];
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{name:<10} {value}"));
        }
    };
    let codes: Vec<&str> = content.acts.iter().map(|act| act.code.as_str()).collect();
    field("Title", one_line(&content.title));
    field("Acts", codes.join(", "));
    field("Occurred", content.occurred.as_ref().map(|o| o.from.to_string()).unwrap_or_default());
    field("Place", content.place.as_ref().map(|p| one_line(&p.text)).unwrap_or_default());
    field("Language", content.language.clone().unwrap_or_default());
    field("Tags", content.tags.join(", "));
    field("Saved", incident.modified.time.to_string());
    if !content.narrative.is_empty() {
        lines.extend([String::new(), content.narrative.clone(), String::new()]);
    }
    lines
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
