//! `amparo incident new`, `edit`, `relate`. An input that is refused changes nothing.

use std::path::Path;

use amparo_core::{
    Amparo, CoreError, IncidentId,
    incident::{ActCode, Incident, IncidentContent, IncidentStatus, RelatedIncident, Relation, Urgency},
};
use serde_json::{Value, json};

use super::{
    Context,
    input::{self, Lists},
};
use crate::{
    args::incident::{Content, Edit, New},
    failure::Failure,
};

/// `amparo incident new`
pub fn create(context: &Context, new: New) -> Result<bool, Failure> {
    let mut content = match input::json(&new.content)? {
        Some(fields) => input::content(fields)?,
        None => IncidentContent::default(),
    };
    input::apply(&new.content, Lists::Instead, &mut content)?;
    content.draft |= new.draft;
    // Before anybody is asked for a passphrase.
    content.validate()?;
    note_unknown_codes(context, &new.content);
    let incident = context.with_vault(&new.dir, |amparo| Ok(amparo.incidents().create(content)?))?;
    let value = json!({ "id": incident.id.to_string(), "revision": incident.revision });
    context.output.result(&value, || {
        let draft = if incident.content.draft { " as a draft" } else { "" };
        vec![format!("Saved incident {}{draft}", incident.id)]
    });
    Ok(true)
}

/// `amparo incident edit`
pub fn edit(context: &Context, edit: Edit) -> Result<bool, Failure> {
    let id: IncidentId = edit.id.parse()?;
    let patch = input::json(&edit.content)?;
    if patch.is_none() && !edit.content.says_something() && !edit.draft && !edit.finished {
        return Err(Failure::input("say what to change: with --json-file or another option"));
    }
    note_unknown_codes(context, &edit.content);
    let (before, after) = context.with_vault(&edit.dir, |amparo| {
        let before = amparo.incidents().get(id)?;
        check_revision(&before, edit.revision)?;
        let mut content = match patch {
            Some(patch) => patched(&before.content, patch)?,
            None => before.content.clone(),
        };
        input::apply(&edit.content, Lists::Added, &mut content)?;
        content.draft = edit.draft || (content.draft && !edit.finished);
        save(amparo, before, content)
    })?;
    saved(context, &before, &after, json!({}));
    Ok(true)
}

/// `amparo incident relate`
pub fn relate(context: &Context, dir: &Path, id: &str, other: &str, relation: Option<&str>) -> Result<bool, Failure> {
    let (id, other): (IncidentId, IncidentId) = (id.parse()?, other.parse()?);
    let relation: Option<Relation> = relation.map(str::parse).transpose()?;
    if id == other {
        return Err(Failure::input("an incident cannot be related to itself"));
    }
    let (before, after, in_vault) = context.with_vault(dir, |amparo| {
        let before = amparo.incidents().get(id)?;
        let in_vault = match amparo.incidents().get(other) {
            Err(CoreError::IncidentNotFound) => false,
            // Also one that this version cannot read.
            _ => true,
        };
        let mut content = before.content.clone();
        match content.related.iter_mut().find(|related| related.id == other) {
            Some(related) if relation.is_some() => related.relation = relation,
            Some(_) => {}
            None => content.related.push(RelatedIncident { relation, ..RelatedIncident::new(other) }),
        }
        let (before, after) = save(amparo, before, content)?;
        Ok((before, after, in_vault))
    })?;
    saved(context, &before, &after, json!({ "other_in_vault": in_vault }));
    if !in_vault {
        context.output.note("The other incident is not in this vault.");
    }
    Ok(true)
}

fn check_revision(incident: &Incident, wanted: Option<u32>) -> Result<(), Failure> {
    match wanted {
        Some(wanted) if wanted < incident.revision => Err(conflict(incident.revision)),
        Some(wanted) if wanted > incident.revision => Err(Failure::input(format!(
            "there is no revision {wanted} to edit: the last one is {}; nothing was changed",
            incident.revision
        ))),
        _ => Ok(()),
    }
}

fn conflict(current: u32) -> Failure {
    Failure::input(format!(
        "the incident was saved meanwhile: it is at revision {current}; nothing was changed. Look at it and make the change again"
    ))
}

fn patched(content: &IncidentContent, patch: serde_json::Map<String, Value>) -> Result<IncidentContent, Failure> {
    let mut value = serde_json::to_value(content).map_err(|_| CoreError::MalformedRecord)?;
    input::merge(&mut value, Value::Object(patch));
    let Value::Object(fields) = value else { return Err(CoreError::MalformedRecord.into()) };
    input::content(fields)
}

/// Before and after.
fn save(amparo: &Amparo, before: Incident, content: IncidentContent) -> Result<(Incident, Incident), Failure> {
    match amparo.incidents().save(before.id, before.revision, content) {
        Err(CoreError::Conflict { current }) => Err(conflict(current)),
        result => Ok((before, result?)),
    }
}

fn saved(context: &Context, before: &Incident, after: &Incident, more: Value) {
    let changed = after.revision != before.revision;
    let mut value = json!({ "id": after.id.to_string(), "revision": after.revision, "changed": changed });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    context.output.result(&value, || {
        let text = if changed {
            format!("Saved incident {} as revision {}", after.id, after.revision)
        } else {
            format!("Nothing to change: incident {} stays at revision {}", after.id, after.revision)
        };
        vec![text]
    });
}

/// Codes of a newer version are kept, and so are misspelt ones: whoever typed one should know.
fn note_unknown_codes(context: &Context, options: &Content) {
    let unknown = |code: &&String, known: bool| (!known).then(|| (*code).clone());
    let acts = options.acts.iter().filter_map(|code| unknown(&code, code.parse().is_ok_and(|c: ActCode| c.is_known())));
    let status =
        options.status.iter().filter_map(|c| unknown(&c, c.parse().is_ok_and(|c: IncidentStatus| c.is_known())));
    let urgency = options.urgency.iter().filter_map(|c| unknown(&c, c.parse().is_ok_and(|c: Urgency| c.is_known())));
    for code in acts.chain(status).chain(urgency) {
        if !context.output.is_json() {
            eprintln!("amparo: this version does not know \"{code}\"; it is kept as it is");
        }
    }
}
