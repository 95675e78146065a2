//! From the bytes of a form to its meaning, or to why it is not used.
//!
//! Everything that is not known is collected and refused, not skipped. Shape and bounds come first, so that a hostile form costs
//! no more than its 64 KiB.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Condition, ConsentRule, EVIDENCE, FORM_SCHEMA, Fact, Form, FormError, FormField, FormLimits, Layout, Level, Place,
    RESERVED, SECTIONS, Way, form_limits as limits,
};
use crate::{
    characters, limits as pack_limits,
    names::{date, is_code, is_id},
};

#[derive(Deserialize)]
struct RawForm {
    #[serde(default)]
    schema: String,
    id: String,
    kinds: Vec<String>,
    fields: Vec<RawField>,
    consent: Option<RawConsent>,
    limits: Option<RawLimits>,
    layout: Option<RawLayout>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawField {
    id: String,
    level: String,
    what: Vec<RawWay>,
    source: Option<String>,
    last_reviewed: Option<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawWay {
    #[serde(default)]
    at: String,
    #[serde(default, rename = "where")]
    filter: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    except: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    each: bool,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawConsent {
    #[serde(default)]
    of: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    purposes: Vec<String>,
    anonymous: bool,
    source: Option<String>,
    last_reviewed: Option<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawLimits {
    report_bytes: Option<u64>,
    items: Option<u32>,
    item_bytes: Option<u64>,
    #[serde(default)]
    media_types: Vec<String>,
    source: Option<String>,
    last_reviewed: Option<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawLayout {
    #[serde(default)]
    order: Vec<String>,
    #[serde(default)]
    omit: Vec<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

const fn malformed(what: &'static str) -> FormError {
    FormError::Malformed { what }
}

fn must(holds: bool, what: &'static str) -> Result<(), FormError> {
    if holds { Ok(()) } else { Err(malformed(what)) }
}

/// What only a newer version can know.
fn known(holds: bool, what: &'static str) -> Result<(), FormError> {
    if holds { Ok(()) } else { Err(FormError::Newer { what }) }
}

fn all_known(unknown: &Map<String, Value>) -> Result<(), FormError> {
    known(unknown.is_empty(), "a key that this version does not know")
}

/// A word that ids of forms and of their fields are made of: no dot, because texts join form and field with one.
pub(super) fn is_form_id(id: &str) -> bool {
    is_id(id) && !id.contains('.')
}

pub(super) fn form(bytes: &[u8], id: &str) -> Result<Form, FormError> {
    must(bytes.len() <= limits::BYTES, "it is too large")?;
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        schema: String,
    }
    let unreadable = "it cannot be read";
    // A newer form may have another shape: what it says of itself is looked at first.
    let head: Head = serde_json::from_slice(bytes).map_err(|_| malformed(unreadable))?;
    if head.schema != FORM_SCHEMA {
        let family = head.schema.starts_with("amparo.form/");
        return Err(if family { FormError::Newer { what: "its format" } } else { malformed("it is no form") });
    }
    let raw: RawForm = serde_json::from_slice(bytes).map_err(|_| malformed(unreadable))?;
    must(raw.schema == FORM_SCHEMA, unreadable)?;
    all_known(&raw.unknown)?;
    must(raw.id == id && is_form_id(id), "its id is none, or another than its part's")?;
    must(!raw.kinds.is_empty() && codes(&raw.kinds, limits::KINDS), "it is for no kind of recipient")?;
    must((1..=limits::FIELDS).contains(&raw.fields.len()), "it has no fields, or too many")?;
    let mut ids = BTreeSet::new();
    let mut fields = Vec::with_capacity(raw.fields.len());
    for field in raw.fields {
        let fresh = ids.insert(field.id.clone());
        let named = is_form_id(&field.id) && !RESERVED.contains(&field.id.as_str());
        must(named && fresh, "a field's id is none, or stands twice")?;
        fields.push(read_field(field)?);
    }
    let form = Form {
        id: raw.id,
        kinds: raw.kinds,
        fields,
        consent: raw.consent.map(consent).transpose()?,
        limits: raw.limits.map(read_limits).transpose()?.unwrap_or_default(),
        layout: raw.layout.map(layout).transpose()?.unwrap_or_default(),
    };
    must(form.contradictions().is_empty(), "it demands and forbids the same")?;
    Ok(form)
}

fn read_field(raw: RawField) -> Result<FormField, FormError> {
    all_known(&raw.unknown)?;
    let level = match raw.level.as_str() {
        "required" => Level::Required,
        "wanted" => Level::Wanted,
        "forbidden" => Level::Forbidden,
        _ => return Err(FormError::Newer { what: "a level that this version does not know" }),
    };
    must((1..=limits::WAYS).contains(&raw.what.len()), "a field names nothing, or too much")?;
    let what = raw.what.into_iter().map(|raw| way(raw, level)).collect::<Result<_, _>>()?;
    Ok(FormField { id: raw.id, level, what, fact: fact(raw.source, raw.last_reviewed)? })
}

fn way(raw: RawWay, level: Level) -> Result<Way, FormError> {
    all_known(&raw.unknown)?;
    let Some(place) = Place::named(&raw.at) else { return Err(FormError::Newer { what: "a place in the report" }) };
    must(raw.any.len() <= limits::ANY, "a field names too much")?;
    known(raw.any.iter().all(|field| place.has(field)), "a field of the report")?;
    let plain = raw.filter.is_empty() && raw.except.is_empty() && !raw.each;
    must(!place.at.is_empty() || !raw.any.is_empty() && plain, "the record itself is named without a field of it")?;
    condition(&raw.filter, place)?;
    condition(&raw.except, place)?;
    must(!raw.each || !raw.any.is_empty() && level != Level::Forbidden, "each needs fields, and nothing forbidden")?;
    // What a report shows of evidence is set for all of it at once: a piece is told of, or not.
    let evidence = level == Level::Forbidden && place.at == EVIDENCE && !raw.any.is_empty();
    known(!evidence, "single fields of evidence cannot be left out")?;
    Ok(Way { at: raw.at, filter: raw.filter, except: raw.except, any: raw.any, each: raw.each })
}

fn condition(condition: &Condition, place: &Place) -> Result<(), FormError> {
    known(condition.keys().all(|field| place.codes_of(field).is_some()), "a condition on a field")?;
    let listed = |codes_of: &Vec<String>| {
        !codes_of.is_empty() && codes_of.len() <= limits::CODES && codes_of.iter().all(|code| is_value(code))
    };
    must(condition.values().all(listed), "a condition without codes, or with too many")
}

/// A code, or a media type.
fn is_value(text: &str) -> bool {
    is_code(text) || is_media_type(text, false)
}

fn is_media_type(text: &str, family: bool) -> bool {
    let word = |word: &str| {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'_');
        !word.is_empty() && word.len() <= 127 && word.bytes().all(good)
    };
    text.split_once('/').is_some_and(|(main, sub)| word(main) && (word(sub) || family && sub == "*"))
}

fn codes(list: &[String], most: usize) -> bool {
    let distinct: BTreeSet<&String> = list.iter().collect();
    list.len() <= most && distinct.len() == list.len() && list.iter().all(|code| is_code(code))
}

fn consent(raw: RawConsent) -> Result<ConsentRule, FormError> {
    all_known(&raw.unknown)?;
    let Some(persons) = Place::named("/persons") else { return Err(malformed("it is no form")) };
    condition(&raw.of, persons)?;
    must(codes(&raw.kinds, limits::KINDS) && codes(&raw.purposes, limits::KINDS), "a kind or purpose is no code")?;
    Ok(ConsentRule {
        of: raw.of,
        kinds: raw.kinds,
        purposes: raw.purposes,
        anonymous: raw.anonymous,
        fact: fact(raw.source, raw.last_reviewed)?,
    })
}

fn read_limits(raw: RawLimits) -> Result<FormLimits, FormError> {
    all_known(&raw.unknown)?;
    let zero = raw.report_bytes == Some(0) || raw.items == Some(0) || raw.item_bytes == Some(0);
    must(!zero, "a limit is nothing")?;
    let types = raw.media_types.len() <= limits::MEDIA_TYPES;
    must(types && raw.media_types.iter().all(|text| is_media_type(text, true)), "a media type is none")?;
    Ok(FormLimits {
        report_bytes: raw.report_bytes,
        items: raw.items,
        item_bytes: raw.item_bytes,
        media_types: raw.media_types,
        fact: fact(raw.source, raw.last_reviewed)?,
    })
}

fn layout(raw: RawLayout) -> Result<Layout, FormError> {
    all_known(&raw.unknown)?;
    let all = || raw.order.iter().chain(&raw.omit);
    known(all().all(|name| SECTIONS.contains(&name.as_str())), "a section of the page")?;
    let distinct: BTreeSet<&String> = all().collect();
    must(distinct.len() == all().count(), "a section of the page stands twice")?;
    Ok(Layout { order: raw.order, omit: raw.omit })
}

fn fact(source: Option<String>, last_reviewed: Option<String>) -> Result<Fact, FormError> {
    let shown = |text: &String| text.len() <= pack_limits::NAME_BYTES && characters::flaw(text).is_none();
    must(source.as_ref().is_none_or(shown), "a source cannot be shown")?;
    must(last_reviewed.as_deref().is_none_or(|day| date(day).is_some()), "last_reviewed is no day")?;
    Ok(Fact { source, last_reviewed })
}
