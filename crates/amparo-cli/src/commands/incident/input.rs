//! What somebody says of an incident: files of text and JSON, and options. An error names the place in the input, never what
//! stands there.

use std::{
    io::{self, Read},
    path::Path,
};

use amparo_core::{
    CoreError,
    incident::{Act, ActCode, DatePrecision, INCIDENT_SCHEMA, IncidentContent, Occurred, PartialDate, limits},
};
use serde_json::{Map, Value};

use crate::{args::incident::Content, failure::Failure};

/// Set by the vault alone.
const VAULT_FIELDS: [&str; 5] = ["id", "revision", "created", "modified", "evidence"];

/// How the options for lists (acts, tags) are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// Instead of those that are there.
    Instead,
    /// Together with those that are there.
    Added,
}

/// Reads the JSON file, if one is given: an object without the fields that the vault sets.
pub fn json(options: &Content) -> Result<Option<Map<String, Value>>, Failure> {
    let Some(file) = &options.json_file else { return Ok(None) };
    if is_standard(file) && options.text_file.as_deref().is_some_and(is_standard) {
        return Err(Failure::input("the text and the JSON cannot both come from standard input"));
    }
    let bytes = read(file, "the JSON", limits::RECORD_BYTES)?;
    let text = core::str::from_utf8(&bytes).map_err(|_| Failure::input("the JSON is not UTF-8 text"))?;
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        Failure::input(format!("this is not JSON: line {}, column {}", error.line(), error.column()))
    })?;
    let Value::Object(mut fields) = value else { return Err(Failure::input("the JSON must be one object: {…}")) };
    match fields.shift_remove("schema") {
        None => {}
        Some(Value::String(schema)) if schema == INCIDENT_SCHEMA => {}
        Some(Value::String(schema)) if schema.starts_with("amparo.incident/") => {
            return Err(CoreError::NewerSchema.into());
        }
        Some(_) => {
            return Err(Failure::input(format!("the JSON is of another kind: its schema is not {INCIDENT_SCHEMA}")));
        }
    }
    if let Some(field) = VAULT_FIELDS.iter().find(|field| fields.contains_key(**field)) {
        return Err(Failure::input(format!("the JSON sets \"{field}\", which only the vault sets: leave it out")));
    }
    Ok(Some(fields))
}

/// The fields as an incident's content.
pub fn content(fields: Map<String, Value>) -> Result<IncidentContent, Failure> {
    serde_json::from_value(Value::Object(fields.clone())).map_err(|error| {
        let (place, error) = misfit(&fields).unwrap_or_else(|| ("the JSON".into(), error));
        Failure::input(format!("{place} cannot be taken: {}", reason(&error)))
    })
}

/// The first field that does not fit, with its place in a list, and why. Fields that this version does not know always fit.
fn misfit(fields: &Map<String, Value>) -> Option<(String, serde_json::Error)> {
    let alone = |name: &str, value: &Value| {
        let field = Map::from_iter([(name.to_owned(), value.clone())]);
        serde_json::from_value::<IncidentContent>(Value::Object(field)).err()
    };
    fields.iter().find_map(|(name, value)| {
        let error = alone(name, value)?;
        // Only of a field that is a list is it an element that does not fit.
        let is_list = alone(name, &Value::Array(Vec::new())).is_none();
        let elements = value.as_array().filter(|_| is_list).into_iter().flatten().enumerate();
        let element = elements.into_iter().find_map(|(at, element)| {
            let error = alone(name, &Value::Array(vec![element.clone()]))?;
            Some((format!("{name}[{at}]"), error))
        });
        Some(element.unwrap_or_else(|| (name.clone(), error)))
    })
}

/// Why, without the part of the input that serde quotes ("invalid type: string \"…\", expected …").
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) if text.starts_with("invalid ") || text.starts_with("unknown ") => {
            format!("expected {expected}")
        }
        _ => text,
    }
}

/// Makes `patch` to `target` (RFC 7386 §2).
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.shift_remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Puts what the options say into `content`.
pub fn apply(options: &Content, lists: Lists, content: &mut IncidentContent) -> Result<(), Failure> {
    let set = |field: &mut String, option: &Option<String>| {
        if let Some(text) = option {
            field.clone_from(text);
        }
    };
    set(&mut content.title, &options.title);
    set(&mut content.narrative, &options.text);
    set(&mut content.human_rights_link, &options.human_rights_link);
    if let Some(file) = &options.text_file {
        content.narrative = String::from_utf8(read(file, "the text", limits::NARRATIVE_BYTES)?)
            .map_err(|_| Failure::input("the text is not UTF-8"))?;
    }
    if options.language.is_some() {
        content.language.clone_from(&options.language);
    }
    set_code(&mut content.status, options.status.as_ref())?;
    set_code(&mut content.urgency, options.urgency.as_ref())?;
    if options.place.is_some() || options.country.is_some() || options.precision.is_some() {
        let place = content.place.get_or_insert_default();
        set(&mut place.text, &options.place);
        if options.country.is_some() {
            place.country.clone_from(&options.country);
        }
        set_code(&mut place.precision, options.precision.as_ref())?;
    }
    occurred(options, content)?;
    acts(options, lists, content)?;
    if lists == Lists::Instead && !options.tags.is_empty() {
        content.tags.clear();
    }
    for tag in &options.tags {
        if !content.tags.contains(tag) {
            content.tags.push(tag.clone());
        }
    }
    Ok(())
}

fn set_code<T: core::str::FromStr<Err = CoreError>>(
    field: &mut Option<T>,
    option: Option<&String>,
) -> Result<(), Failure> {
    if let Some(code) = option {
        *field = Some(code.parse()?);
    }
    Ok(())
}

/// A date from an option.
pub fn date(text: &str) -> Result<PartialDate, Failure> {
    Ok(text.parse::<PartialDate>().map_err(CoreError::from)?)
}

fn occurred(options: &Content, content: &mut IncidentContent) -> Result<(), Failure> {
    if let Some(from) = &options.occurred {
        let at = Occurred::at(date(from)?);
        content.occurred = Some(match content.occurred.take() {
            Some(before) => Occurred { from: at.from, precision: at.precision, ..before },
            None => at,
        });
    }
    if options.until.is_none() && !options.circa {
        return Ok(());
    }
    let Some(occurred) = &mut content.occurred else {
        return Err(Failure::input("say when it began: --until and --circa need --occurred"));
    };
    if let Some(until) = &options.until {
        let to = date(until)?;
        occurred.to = Some(to);
        // The precision is that of both.
        let order = [DatePrecision::YEAR, DatePrecision::MONTH, DatePrecision::DAY, DatePrecision::EXACT];
        let rank = |precision: &DatePrecision| order.iter().position(|known| known == precision);
        if rank(&occurred.precision).is_some_and(|rank_of_from| Some(rank_of_from) > rank(&to.precision())) {
            occurred.precision = to.precision();
        }
    }
    if options.circa {
        occurred.precision = DatePrecision::CIRCA;
    }
    Ok(())
}

/// What the JSON or the incident says of an act of the same code stays.
fn acts(options: &Content, lists: Lists, content: &mut IncidentContent) -> Result<(), Failure> {
    let codes: Vec<ActCode> = options.acts.iter().map(|code| code.parse()).collect::<Result<_, CoreError>>()?;
    if lists == Lists::Instead && !codes.is_empty() {
        content.acts.retain(|act| codes.contains(&act.code));
    }
    for code in codes {
        if !content.acts.iter().any(|act| act.code == code) {
            content.acts.push(Act::from(code));
        }
    }
    Ok(())
}

fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// A whole file, or standard input.
fn read(file: &Path, what: &'static str, limit: usize) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::input(format!("{what} cannot be read: {}", error.kind()));
    let source: Box<dyn Read> =
        if is_standard(file) { Box::new(io::stdin()) } else { Box::new(std::fs::File::open(file).map_err(failed)?) };
    let mut bytes = Vec::new();
    // One byte more, so that what is too long is refused and not cut.
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    source.take(bound).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limit {
        return Err(Failure::input(format!("{what} is too long: at most {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The table in RFC 7386, appendix A.
    #[test]
    fn a_merge_patch_does_what_the_rfc_says() {
        for (mut target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let said = format!("{target} {patch}");
            merge(&mut target, patch);
            assert_eq!(target, result, "{said}");
        }
    }

    #[test]
    fn a_field_that_does_not_fit_is_named_and_not_quoted() {
        let said = |value: Value| content(value.as_object().unwrap().clone()).unwrap_err().to_string();
        assert_eq!(
            said(json!({"title": "T", "x": 1, "narrative": ["SECRET"]})),
            "narrative cannot be taken: expected a string"
        );
        let text = said(json!({"title": 5, "tags": "SECRET, expected NOTHING"}));
        assert_eq!(text, "title cannot be taken: expected a string");
        assert_eq!(
            said(json!({"persons": [{"name": "A"}, {"name": {"SECRET": 1}}]})),
            "persons[1] cannot be taken: expected a string"
        );
        assert_eq!(
            said(json!({"occurred": {"from": "2026-02-30", "precision": "day"}})),
            "occurred cannot be taken: this month has no such day in this year"
        );
        assert_eq!(said(json!({"acts": [{"method": "m"}]})), "acts[0] cannot be taken: missing field `code`");
        let text = said(json!({"persons": [{"number": "SECRET, expected MORE SECRETS"}]}));
        assert!(!text.contains("SECRET"), "{text}");
    }
}
