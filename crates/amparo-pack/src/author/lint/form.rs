//! Channel forms: what a reader would refuse, said so that an author can mend it, and what a reader would take and nobody meant.
//!
//! A reader refuses a form whole and says no more than that; here each place is named. A code that no record has would forbid, or
//! demand, nothing: a reader keeps it, because a newer version may know it, and an author has misspelt it.

use serde_json::Value;

use super::{
    super::{finding::Findings, source::Read},
    shape,
};
use crate::{
    codes,
    form::{Form, FormError, PLACES, PURPOSES, Place, RESERVED, SECTIONS},
    is_id,
};

const LEVELS: &[&str] = &["required", "wanted", "forbidden"];

/// The parts of a form that have texts of their own: its fields, and its rules.
pub(super) fn parts(form: &Value) -> Vec<&str> {
    let fields = list(form, "fields").iter().filter_map(|field| text(field, "id"));
    let rules = ["consent", "limits"].into_iter().filter(|rule| form.get(rule).is_some());
    fields.chain(rules).collect()
}

/// What has a source or could have one: the part, its source, and when somebody last checked it.
pub(super) fn facts(form: &Value) -> Vec<(&str, Option<&str>, Option<&str>)> {
    let of = |value| (text(value, "source"), text(value, "last_reviewed"));
    let mut facts = Vec::new();
    for field in list(form, "fields") {
        let (source, reviewed) = of(field);
        facts.push((text(field, "id").unwrap_or_default(), source, reviewed));
    }
    for rule in ["consent", "limits"] {
        if let Some(value) = form.get(rule) {
            let (source, reviewed) = of(value);
            facts.push((rule, source, reviewed));
        }
    }
    facts
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn texts<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list(value, key).iter().filter_map(Value::as_str)
}

pub(super) fn check(read: &Read, findings: &mut Findings) {
    for (id, form) in &read.forms {
        Check { file: &format!("forms/{id}.toml"), findings }.form(id, form);
    }
}

struct Check<'a> {
    file: &'a str,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn error(&mut self, rule: &'static str, about: &str, text: impl Into<String>) {
        self.findings.error(rule, self.file, about, text);
    }

    fn form(&mut self, id: &str, form: &Value) {
        let before = self.findings.0.len();
        self.id(id);
        self.keys(form, id, &["schema", "id", "kinds", "fields", "consent", "limits", "layout"]);
        for kind in texts(form, "kinds") {
            shape::code("kind", kind, codes::RECIPIENT_KINDS, self.file, id, self.findings);
        }
        let mut seen = Vec::new();
        for field in list(form, "fields") {
            let name = text(field, "id").unwrap_or_default();
            self.field(name, field);
            if seen.contains(&name) {
                self.error("duplicate-id", name, "this field stands twice in the form; give one another id");
            }
            seen.push(name);
        }
        if let Some(rule) = form.get("consent") {
            self.keys(rule, "consent", &["of", "kinds", "purposes", "anonymous", "source", "last_reviewed"]);
            self.condition("consent", rule, "of", "/persons");
            for kind in texts(rule, "kinds") {
                shape::code("kind", kind, codes::RECIPIENT_KINDS, self.file, "consent", self.findings);
            }
            for purpose in texts(rule, "purposes") {
                shape::code("purpose", purpose, PURPOSES, self.file, "consent", self.findings);
            }
        }
        if let Some(limits) = form.get("limits") {
            let known = ["report_bytes", "items", "item_bytes", "media_types", "source", "last_reviewed"];
            self.keys(limits, "limits", &known);
            if limits.get("source").is_none() {
                let text = "a limit is a fact about the channel: add source and last_reviewed, or leave the limit out";
                self.error("no-source", "limits", text);
            }
        }
        if let Some(layout) = form.get("layout") {
            self.keys(layout, "layout", &["order", "omit"]);
            for section in texts(layout, "order").chain(texts(layout, "omit")) {
                shape::code("section", section, SECTIONS, self.file, "layout", self.findings);
            }
        }
        // What is named already is not said a second time in a reader's words.
        if self.findings.0.len() > before {
            return;
        }
        let bytes = serde_json::to_vec(form).unwrap_or_default();
        match Form::parse(&bytes, id) {
            Ok(_) => {}
            Err(FormError::Malformed { what }) if what.contains("forbids") => self.contradiction(id, form),
            Err(error) => self.error("form", id, format!("a reader refuses it: {error}")),
        }
    }

    /// Which field is both, found by leaving out one after another.
    fn contradiction(&mut self, id: &str, form: &Value) {
        let fields = list(form, "fields");
        let forbidden = |field: &&Value| text(field, "level") == Some("forbidden");
        for field in fields.iter().filter(|field| !forbidden(field)) {
            let mut alone = form.clone();
            let kept: Vec<Value> = fields.iter().filter(forbidden).chain([field]).cloned().collect();
            if let Some(map) = alone.as_object_mut() {
                map.insert("fields".to_owned(), Value::Array(kept));
            }
            if Form::parse(&serde_json::to_vec(&alone).unwrap_or_default(), id).is_err() {
                let name = text(field, "id").unwrap_or_default();
                let text = "is asked for and forbidden by another field; narrow one of the two with where or except";
                self.error("contradiction", name, text);
            }
        }
    }

    fn id(&mut self, id: &str) {
        if !is_id(id) || id.contains('.') {
            self.error("id", id, "an id of a form or its fields has small letters, digits and single hyphens");
        }
        if RESERVED.contains(&id) {
            self.error("id", id, format!("these ids have a meaning of their own: {}", RESERVED.join(", ")));
        }
    }

    fn keys(&mut self, value: &Value, about: &str, known: &[&str]) {
        for key in value.as_object().into_iter().flat_map(|map| map.keys()) {
            if !known.contains(&key.as_str()) {
                let text = format!("no reader knows {key:?}; correct it, or remove it: {}", known.join(", "));
                self.error("unknown-key", about, text);
            }
        }
    }

    fn field(&mut self, name: &str, field: &Value) {
        self.id(name);
        self.keys(field, name, &["id", "level", "what", "source", "last_reviewed"]);
        shape::code("level", text(field, "level").unwrap_or_default(), LEVELS, self.file, name, self.findings);
        for way in list(field, "what") {
            self.keys(way, name, &["at", "where", "except", "any", "each"]);
            let at = text(way, "at").unwrap_or_default();
            let Some(place) = Place::named(at) else {
                let known: Vec<&str> = PLACES.iter().map(|place| place.at).filter(|at| !at.is_empty()).collect();
                let text = format!(
                    "a report has no list {at:?}; it has {}, and the record itself without at",
                    known.join(", ")
                );
                self.error("unknown-place", name, text);
                continue;
            };
            for wanted in texts(way, "any").filter(|wanted| !place.has(wanted)) {
                let known = place.fields.join(", ").replace("/*", "");
                self.error("unknown-place", name, format!("there is no field {wanted:?} there; there are {known}"));
            }
            self.condition(name, way, "where", at);
            self.condition(name, way, "except", at);
        }
    }

    fn condition(&mut self, about: &str, value: &Value, key: &str, at: &str) {
        let Some(place) = Place::named(at) else { return };
        let Some(condition) = value.get(key).and_then(Value::as_object) else { return };
        for (field, _) in condition {
            match place.codes_of(field) {
                None => {
                    let known: Vec<&str> = place.codes.iter().map(|(field, _)| *field).collect();
                    let text = format!("elements cannot be selected by {field:?}; use one of {}", known.join(", "));
                    self.error("unknown-place", about, text);
                }
                Some([]) => {}
                Some(known) => {
                    for code in texts(&Value::Object(condition.clone()), field) {
                        shape::code(field, code, known, self.file, about, self.findings);
                    }
                }
            }
        }
    }
}
