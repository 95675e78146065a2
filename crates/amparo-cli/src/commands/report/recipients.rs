//! The vault's recipients in a report: groups of their cards, and what of the report they say they do not take.

use amparo_core::{
    Amparo,
    recipient::{CardId, Recipient},
    report::{FieldChoice, GroupPreview, KeyKind, RecipientGroup, ReportRequest},
};
use serde_json::{Value, json};

use super::super::{
    bytes,
    recipient::{named, resolve},
};
use crate::failure::Failure;

/// One of the recipients of a request who are known by their cards.
pub(in crate::commands) struct Member {
    /// The place of their group in the request.
    group: usize,
    recipient: Recipient,
    /// The kind of the key that is sealed to.
    keys: Option<KeyKind>,
}

/// Adds a group for each kind among the recipients with these ids, in the order in which the kinds are named first.
pub(in crate::commands) fn add(
    amparo: &Amparo,
    ids: &[String],
    choice: &FieldChoice,
    request: &mut ReportRequest,
) -> Result<Vec<Member>, Failure> {
    let recipients = amparo.recipients();
    let mut of_kind: Vec<(RecipientGroup, Vec<CardId>)> = Vec::new();
    let mut members = Vec::new();
    for id in ids {
        let id = resolve(amparo, id)?;
        let recipient = recipients.get(id)?;
        // Each alone first: what is wrong is said of whom it is wrong with.
        let alone = recipients.group(&[id]).map_err(|error| Failure::from(error).about(&named(&recipient), 0))?;
        let keys = alone.recipients.first().map(|key| key.kind());
        let place = of_kind.iter().position(|(group, _)| group.kind == alone.kind).unwrap_or(of_kind.len());
        match of_kind.get_mut(place) {
            Some((_, ids)) => ids.push(id),
            None => of_kind.push((alone, vec![id])),
        }
        members.push(Member { group: request.groups.len().saturating_add(place), recipient, keys });
    }
    for (_, ids) in of_kind {
        request.groups.push(RecipientGroup { choice: choice.clone(), ..recipients.group(&ids)? });
    }
    Ok(members)
}

/// What of a report a recipient says they do not take. Nobody is stopped by it: who asked for a large file may have said so elsewhere.
pub(in crate::commands) struct Note {
    /// The place of the group.
    pub(in crate::commands) group: usize,
    code: &'static str,
    recipient: CardId,
    about: String,
    text: String,
}

impl Note {
    pub(in crate::commands) fn line(&self) -> String {
        format!("Note: {}", self.text)
    }

    pub(in crate::commands) fn value(&self) -> Value {
        json!({ "code": self.code, "recipient": self.recipient.to_string(), "about": self.about })
    }
}

/// Compares each member's card with what their group would get.
pub(in crate::commands) fn notes(members: &[Member], request: &ReportRequest, previews: &[GroupPreview]) -> Vec<Note> {
    let mut notes = Vec::new();
    for member in members {
        let (Some(preview), Some(group)) = (previews.get(member.group), request.groups.get(member.group)) else {
            continue;
        };
        let (accepts, who) = (&member.recipient.accepts, named(&member.recipient));
        let mut note = |code, about: String, text| {
            notes.push(Note { group: member.group, code, recipient: member.recipient.id, about, text });
        };
        for file in preview.sealed.iter().filter(|file| Some(file.keys) == member.keys) {
            if let Some(most) = accepts.max_report_bytes.filter(|most| file.size > *most) {
                let text = format!("{who} takes reports of up to {}; this one has {}", bytes(most), bytes(file.size));
                note("report_too_large", file.size.to_string(), text);
            }
        }
        for (path, media_type) in evidence(preview) {
            let size = preview.files.iter().find(|file| file.path == path).map_or(0, |file| file.size);
            if let Some(most) = accepts.max_evidence_bytes.filter(|most| size > *most) {
                let text = format!("{who} takes files of up to {}; {path} has {}", bytes(most), bytes(size));
                note("evidence_too_large", path.clone(), text);
            }
            if media_type.as_ref().is_some_and(|media_type| !accepts.takes(media_type)) {
                let text = format!(
                    "{who} takes {}; {path} is {}",
                    accepts.media_types.join(", "),
                    media_type.unwrap_or_default()
                );
                note("media_type_not_taken", path, text);
            }
        }
        let form = group.form.as_ref().map(|form| form.form().id.as_str());
        if let Some(asked) = accepts.form.as_deref().filter(|asked| form != Some(*asked)) {
            let text = format!("{who} asks for the form {asked}: see amparo report check --form {asked}");
            note("form_asked_for", asked.to_owned(), text);
        }
    }
    notes
}

/// Path and media type of each piece of evidence, as the report has them.
fn evidence(preview: &GroupPreview) -> Vec<(String, Option<String>)> {
    let report: Value = serde_json::from_slice(&preview.report_json).unwrap_or_default();
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let items = report.get("evidence").and_then(Value::as_array).cloned().unwrap_or_default();
    items.iter().filter_map(|item| Some((text(item, "path")?, text(item, "media_type")))).collect()
}
