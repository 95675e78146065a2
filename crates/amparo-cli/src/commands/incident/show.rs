//! `amparo incident show`, `revisions`, `compare`.

use std::path::Path;

use amparo_core::{IncidentId, incident::Change};
use serde_json::{Value, json};

use super::{Context, sheet};
use crate::failure::Failure;

/// Characters of a value in a comparison for people; `--json` has all of it.
const VALUE_CHARS: usize = 200;

/// `amparo incident show`
pub fn show(context: &Context, dir: &Path, id: &str, revision: Option<u32>) -> Result<bool, Failure> {
    let id: IncidentId = id.parse()?;
    let (incident, evidence) = context.with_vault(dir, |amparo| {
        let incident = match revision {
            Some(revision) => amparo.incidents().get_revision(id, revision)?,
            None => amparo.incidents().get(id)?,
        };
        Ok((incident, amparo.evidence().list(id)?))
    })?;
    let value = json!({
        "incident": serde_json::to_value(&incident).unwrap_or_default(),
        "evidence": evidence.iter().map(crate::commands::evidence::describe).collect::<Vec<_>>(),
    });
    context.output.result(&value, || {
        let mut lines = sheet::lines(&incident);
        if !evidence.is_empty() {
            lines.extend([String::new(), "Evidence".into()]);
            lines.extend(evidence.iter().map(|e| format!("  {}", crate::commands::evidence::line(e))));
        }
        lines
    });
    Ok(true)
}

/// `amparo incident revisions`
pub fn revisions(context: &Context, dir: &Path, id: &str) -> Result<bool, Failure> {
    let id: IncidentId = id.parse()?;
    let revisions = context.with_vault(dir, |amparo| Ok(amparo.incidents().revisions(id)?))?;
    let value: Vec<Value> =
        revisions.iter().map(|r| json!({ "number": r.number, "saved": r.saved.to_string() })).collect();
    context.output.result(&json!({ "revisions": value }), || {
        revisions.iter().map(|r| format!("{:>4}  saved {}", r.number, r.saved)).collect()
    });
    Ok(true)
}

/// `amparo incident compare`
pub fn compare(context: &Context, dir: &Path, id: &str, a: u32, b: u32) -> Result<bool, Failure> {
    let id: IncidentId = id.parse()?;
    let changes = context.with_vault(dir, |amparo| Ok(amparo.incidents().compare(id, a, b)?))?;
    context.output.result(&json!({ "changes": changes }), || {
        if changes.is_empty() { vec!["No difference.".into()] } else { changes.iter().map(change_line).collect() }
    });
    Ok(true)
}

/// `path: before → after`. The marks at the arrow keep "before" on its left between two right-to-left texts.
fn change_line(change: &Change) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "(nothing)".into(), cut);
    let path = if change.path.is_empty() { "/" } else { &change.path };
    format!("{path}: {}\u{200e} → \u{200e}{}", value(&change.before), value(&change.after))
}

/// A value in one line: JSON breaks no line within a text.
fn cut(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_one_short_line_with_before_on_the_left() {
        let change = |before: Option<Value>, after: Option<Value>| {
            change_line(&Change { path: "/title".into(), before, after }).replace('\u{200e}', "")
        };
        assert_eq!(change(Some(json!("a\nb")), Some(json!("قديم"))), "/title: \"a\\nb\" → \"قديم\"");
        assert_eq!(change(None, Some(json!([1]))), "/title: (nothing) → [1]");
        let long = change(Some(json!("ж".repeat(1_000_000))), None);
        assert!(long.chars().count() < 250 && long.ends_with("…  → (nothing)".replace("  ", " ").as_str()), "{long}");
    }
}
