//! From a saved incident to what one group of recipients is told of it.
//!
//! Works on the stored JSON, so that every value that is shown is the one that was signed. Nothing is shown that the table of
//! fields, the choice, the marks in the record and everybody's consent do not all allow.

use std::collections::{BTreeMap, BTreeSet};

use amparo_pack::form::Form;
use amparo_report::disclosure::Commitment;
use serde_json::{Map, Value};

use super::{
    choice::FieldChoice,
    consent::{self, PersonTold, Told, Why},
    fields::{self, FieldPath, REQUIRED, Rule},
};
use crate::{
    CoreError, EvidenceId,
    incident::{Incident, IncidentContent, PlacePrecision, RecipientKind},
};

/// Why a field is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The sender left it out.
    LeftOut,
    /// It is marked as confidential in the record.
    Confidential,
    /// A person's consent does not allow it.
    Consent,
    /// It is shown only if somebody chooses it by hand: tags, contacts, other cases.
    NotChosen,
    /// The place may be told only less precisely.
    PlacePrecision,
    /// It would tie an anonymous report to others.
    Anonymous,
    /// It names something that is not in the report.
    NotInReport,
    /// The part that it belongs to cannot be without something that is not shown.
    Incomplete,
    /// A field of a newer version.
    UnknownField,
    /// It would be told, and the channel must not get it.
    Form,
}

impl Reason {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftOut => "left_out",
            Self::Confidential => "confidential",
            Self::Consent => "consent",
            Self::NotChosen => "not_chosen",
            Self::PlacePrecision => "place_precision",
            Self::Anonymous => "anonymous",
            Self::NotInReport => "not_in_report",
            Self::Incomplete => "incomplete",
            Self::UnknownField => "unknown_field",
            Self::Form => "form",
        }
    }
}

/// A field that is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Which one: a pointer into the saved record.
    pub field: String,
    /// Why.
    pub reason: Reason,
}

/// What one group is told of an incident.
pub(crate) struct Disclosed {
    /// `incident` of `report.json`.
    pub incident: Map<String, Value>,
    /// Fields as they were saved: pointer in the record, pointer in `incident`.
    pub shown: Vec<(String, String)>,
    /// What is shown and was not saved so.
    pub unsigned: Vec<String>,
    pub withheld: Vec<Withheld>,
    pub persons: Vec<PersonTold>,
    /// Ids of the persons and perpetrators that are shown, and what they are called in this report.
    pub ids: BTreeMap<String, String>,
    /// Words that somebody wrote: where they are shown, and what they say.
    pub texts: Vec<(String, String)>,
    /// Names that may not stand in them.
    pub names: Vec<String>,
}

/// For whom, and what else is in the report.
pub(super) struct For<'a> {
    pub kind: &'a RecipientKind,
    pub choice: &'a FieldChoice,
    pub anonymous: bool,
    pub evidence: &'a BTreeSet<EvidenceId>,
    /// What the channel must not get is not told, whatever was chosen.
    pub form: Option<&'a Form>,
}

/// A part of what is shown, with where it comes from.
enum Part {
    Field { from: String, value: Value, text: bool, signed: bool },
    List(Vec<Part>),
    Object(Vec<(String, Part)>),
}

struct Filter<'a> {
    record: &'a Value,
    incident: &'a Incident,
    to: &'a For<'a>,
    persons: Vec<PersonTold>,
    /// Marked fields, as segments.
    marks: Vec<Vec<String>>,
    /// Ids that references may name, and what they are called in this report.
    ids: BTreeMap<String, String>,
    withheld: Vec<Withheld>,
}

/// Filters `record`, the stored JSON of `incident`.
pub(super) fn told(record: &Value, incident: &Incident, to: &For<'_>) -> Result<Disclosed, CoreError> {
    to.choice.check(record)?;
    let content = &incident.content;
    let mut persons: Vec<PersonTold> = content
        .persons
        .iter()
        .enumerate()
        .map(|(i, person)| consent::decide(i, person, to.kind, to.choice.persons))
        .collect();
    if let Some(form) = to.form {
        persons.iter_mut().for_each(|person| spare(person, form, record));
    }
    let mut marks: Vec<Vec<String>> = content.confidential.iter().map(|name| mark(&[], name)).collect();
    for (i, person) in content.persons.iter().enumerate() {
        let at = ["persons".to_owned(), i.to_string()];
        marks.extend(person.confidential.iter().map(|name| mark(&at, name)));
    }
    let mut filter = Filter { record, incident, to, persons, marks, ids: BTreeMap::new(), withheld: Vec::new() };
    let Value::Object(map) = record else { return Err(CoreError::DamagedRecord) };
    // Persons and perpetrators first: what others may name is what is shown of them.
    let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
    let first = ["persons", "perpetrators"];
    for key in first.iter().copied().chain(map.keys().map(String::as_str).filter(|key| !first.contains(key))) {
        let Some(value) = map.get(key) else { continue };
        let mut at = vec![key.to_owned()];
        if let Some(part) = filter.part(value, &mut at, &format!("/{key}")) {
            parts.insert(key, part);
        }
    }
    let shown: Vec<(String, Part)> =
        map.keys().filter_map(|key| Some((key.clone(), parts.remove(key.as_str())?))).collect();
    let mut out = Disclosed {
        incident: Map::new(),
        shown: Vec::new(),
        unsigned: Vec::new(),
        withheld: filter.withheld,
        persons: filter.persons,
        ids: filter.ids,
        texts: Vec::new(),
        names: Vec::new(),
    };
    if let Value::Object(incident) = out.place(Part::Object(shown), &mut String::new()) {
        out.incident = incident;
    }
    out.withheld.sort_by(|a, b| (&a.field, a.reason).cmp(&(&b.field, b.reason)));
    out.names = withheld_names(incident, &out);
    Ok(out)
}

/// What a recipient of `kind` may be told of an incident whose stored form is `record`, with no report around it: for an export
/// to somebody else's database.
pub(crate) fn content_for(
    record: &str,
    incident: &Incident,
    kind: &RecipientKind,
    choice: &FieldChoice,
) -> Result<IncidentContent, CoreError> {
    let record: Value = serde_json::from_str(record).map_err(|_| CoreError::DamagedRecord)?;
    let told =
        told(&record, incident, &For { kind, choice, anonymous: false, evidence: &BTreeSet::new(), form: None })?;
    serde_json::from_value(Value::Object(told.incident)).map_err(|_| CoreError::DamagedRecord)
}

/// Tells less of a person whom the channel must not get, or not by name. Nothing that follows from a name may be told then either:
/// a source's words, a speaker's name.
fn spare(person: &mut PersonTold, form: &Form, record: &Value) {
    let Some(element) = record.pointer(&format!("/persons/{}", person.index)) else { return };
    let ways = || form.forbidden().filter(|way| way.at == "/persons" && way.selects(element));
    let told = if ways().any(|way| way.any.is_empty()) {
        Told::LeftOut
    } else if person.told == Told::InFull && ways().any(|way| way.holds("name")) {
        Told::Pseudonymised
    } else {
        return;
    };
    if person.told != Told::LeftOut {
        (person.told, person.why) = (told, Why::Form);
    }
}

/// A mark as segments. `safe_contact.address` means a field in a field.
fn mark(at: &[String], name: &str) -> Vec<String> {
    at.iter().cloned().chain(name.split('.').map(str::to_owned)).collect()
}

/// Names and pseudonyms that the report does not tell.
fn withheld_names(incident: &Incident, out: &Disclosed) -> Vec<String> {
    let told: BTreeSet<&str> = out.shown.iter().map(|(from, _)| from.as_str()).collect();
    let mut names = Vec::new();
    for (i, person) in incident.content.persons.iter().enumerate() {
        let address = person.safe_contact.as_ref().map_or("", |contact| contact.address.as_str());
        let said =
            [("name", person.name.as_str()), ("pseudonym", &person.pseudonym), ("safe_contact/address", address)];
        for (field, said) in said {
            if !told.contains(format!("/persons/{i}/{field}").as_str()) && !said.trim().is_empty() {
                names.push(said.to_owned());
            }
        }
    }
    names
}

/// Why less is told of a person.
fn because(person: &PersonTold) -> Reason {
    if person.why == Why::Form { Reason::Form } else { Reason::Consent }
}

fn pointer(at: &[String]) -> String {
    let mut out = String::new();
    for segment in at {
        out.push('/');
        out.push_str(&segment.replace('~', "~0").replace('/', "~1"));
    }
    out
}

impl Filter<'_> {
    fn withhold(&mut self, at: &[String], reason: Reason) -> Option<Part> {
        self.withheld.push(Withheld { field: pointer(at), reason });
        None
    }

    fn part(&mut self, value: &Value, at: &mut Vec<String>, pattern: &str) -> Option<Part> {
        if ["/confidential", "/draft", "/persons/*/confidential"].contains(&pattern) {
            return None;
        }
        if let Some(reason) = self.whole(value, at, pattern) {
            return self.withhold(at, reason);
        }
        match value {
            Value::Object(map) if !map.is_empty() => {
                let before = self.withheld.len();
                let mut parts = Vec::new();
                for (key, child) in map {
                    at.push(key.clone());
                    let part = self.part(child, at, &format!("{pattern}/{key}"));
                    at.pop();
                    parts.extend(part.map(|part| (key.clone(), part)));
                }
                let required = REQUIRED.iter().find(|(path, _)| *path == pattern).map_or(&[][..], |(_, keys)| keys);
                if parts.is_empty() {
                    return None;
                }
                if !required.iter().all(|key| parts.iter().any(|(name, _)| name == key)) {
                    self.withheld.truncate(before);
                    return self.withhold(at, Reason::Incomplete);
                }
                self.finish(pattern, at, &mut parts)?;
                Some(Part::Object(parts))
            }
            Value::Array(list) if !list.is_empty() => {
                let mut parts = Vec::new();
                for (i, child) in list.iter().enumerate() {
                    at.push(i.to_string());
                    parts.extend(self.part(child, at, &format!("{pattern}/*")));
                    at.pop();
                }
                if parts.is_empty() { None } else { Some(Part::List(parts)) }
            }
            _ => self.field(value, at, pattern),
        }
    }

    /// What follows when a person or a perpetrator is shown.
    fn finish(&mut self, pattern: &str, at: &[String], parts: &mut Vec<(String, Part)>) -> Option<()> {
        if !["/persons/*", "/perpetrators/*"].contains(&pattern) {
            return Some(());
        }
        let told = self.person(at).map_or(Told::InFull, |person| person.told);
        // An id alone tells nothing but that there is somebody.
        if parts.iter().all(|(key, _)| key == "id") && (told != Told::Pseudonymised || self.to.choice.only.is_some()) {
            return None;
        }
        if told == Told::Pseudonymised {
            let value = Value::Bool(true);
            let mark = Part::Field { from: String::new(), value, text: false, signed: false };
            parts.push(("pseudonymised".to_owned(), mark));
        }
        let number = self.ids.len().saturating_add(1);
        let id = parts.iter_mut().find_map(|(key, part)| match part {
            Part::Field { value, signed, .. } if key == "id" => Some((value, signed)),
            _ => None,
        });
        // Records from before persons had ids.
        let Some((value, signed)) = id else { return Some(()) };
        let was = value.as_str()?.to_owned();
        if self.to.anonymous {
            // Their own ids would be the same in every report of the case.
            *value = Value::String(format!("{number:032x}"));
            *signed = false;
        }
        self.ids.insert(was, value.as_str()?.to_owned());
        Some(())
    }

    fn person(&self, at: &[String]) -> Option<&PersonTold> {
        let index = at.get(1).filter(|_| at.first().is_some_and(|key| key == "persons"))?;
        self.persons.get(index.parse::<usize>().ok()?)
    }

    /// Why a part is not shown as a whole.
    fn whole(&self, value: &Value, at: &[String], pattern: &str) -> Option<Reason> {
        let consent = match pattern {
            "/persons/*" if self.person(at)?.told == Told::LeftOut => Some(because(self.person(at)?)),
            "/support_needs/*" if self.only_of_left_out(value.get("persons")) => Some(Reason::Consent),
            "/acts/*/injuries" | "/acts/*/detention" => {
                let act = self.incident.content.acts.get(at.get(1)?.parse::<usize>().ok()?)?;
                let victims = serde_json::to_value(&act.victims).ok();
                self.only_of_left_out(victims.as_ref()).then_some(Reason::Consent)
            }
            "/sources/*/description" => {
                let source = self.incident.content.sources.get(at.get(1)?.parse::<usize>().ok()?)?;
                let person = self.persons.iter().find(|person| person.id.is_some() && person.id == source.person)?;
                (person.told != Told::InFull).then_some(because(person))
            }
            _ => None,
        };
        consent.or_else(|| self.forbids_element(value, pattern).then_some(Reason::Form))
    }

    /// Whether the channel must not get an element of a list.
    fn forbids_element(&self, value: &Value, pattern: &str) -> bool {
        let ways = self.to.form.into_iter().flat_map(Form::forbidden);
        let Some(list) = pattern.strip_suffix("/*") else { return false };
        ways.filter(|way| way.at == list).any(|way| way.any.is_empty() && way.selects(value))
    }

    /// Whether the channel must not get a field.
    fn forbids(&self, at: &[String], pattern: &str) -> bool {
        let mut ways = self.to.form.into_iter().flat_map(Form::forbidden);
        ways.any(|way| {
            if way.at.is_empty() {
                return pattern.strip_prefix('/').is_some_and(|field| way.holds(field));
            }
            let Some(field) = pattern.strip_prefix(&way.at).and_then(|rest| rest.strip_prefix("/*/")) else {
                return false;
            };
            let element = at.get(..2).and_then(|element| self.record.pointer(&pointer(element)));
            way.holds(field) && element.is_some_and(|element| way.selects(element))
        })
    }

    /// A list that names persons, all of whom are left out.
    fn only_of_left_out(&self, ids: Option<&Value>) -> bool {
        let Some(Value::Array(ids)) = ids else { return false };
        let left_out = |id: &Value| {
            self.persons.iter().any(|person| {
                person.told == Told::LeftOut && person.id.map(|id| id.to_string()).as_deref() == id.as_str()
            })
        };
        !ids.is_empty() && ids.iter().all(left_out)
    }

    fn field(&mut self, value: &Value, at: &[String], pattern: &str) -> Option<Part> {
        let Some(field) = fields::field(pattern) else { return self.withhold(at, Reason::UnknownField) };
        if let Some(reason) = self.hidden(field.rule, at, pattern) {
            return self.withhold(at, reason);
        }
        let mut shown = Part::Field { from: pointer(at), value: value.clone(), text: field.text, signed: true };
        if matches!(field.rule, Rule::Person | Rule::Perpetrator) {
            let Some(id) = value.as_str().and_then(|id| self.ids.get(id)) else {
                return self.withhold(at, Reason::NotInReport);
            };
            if let Part::Field { value, signed, .. } = &mut shown {
                *signed = !self.to.anonymous;
                *value = Value::String(id.clone());
            }
        }
        if field.rule == Rule::Evidence {
            let id: Option<EvidenceId> = value.as_str().and_then(|id| id.parse().ok());
            if !id.is_some_and(|id| self.to.evidence.contains(&id)) {
                return self.withhold(at, Reason::NotInReport);
            }
        }
        Some(shown)
    }

    fn hidden(&self, rule: Rule, at: &[String], pattern: &str) -> Option<Reason> {
        let choice = self.to.choice;
        if let Some(person) = self.person(at)
            && person.told == Told::Pseudonymised
            && !["/persons/*/id", "/persons/*/role", "/persons/*/pseudonym"].contains(&pattern)
        {
            return Some(because(person));
        }
        let marked = self.marks.iter().find(|mark| at.starts_with(mark));
        if marked.is_some_and(|mark| !choice.reveals(at, mark.len())) {
            return Some(Reason::Confidential);
        }
        if choice.leave_out.iter().any(|path| path.holds(at)) {
            return Some(Reason::LeftOut);
        }
        // What a report is on, and the ids that hold it together, are not for choosing.
        let fixed = matches!(rule, Rule::Signed | Rule::Id);
        if !fixed && choice.only.as_ref().is_some_and(|only| !only.iter().any(|path| path.holds(at))) {
            return Some(Reason::LeftOut);
        }
        match rule {
            Rule::Signed | Rule::Evidence if self.to.anonymous => return Some(Reason::Anonymous),
            Rule::Tag if !choice.shown.tags => return Some(Reason::NotChosen),
            Rule::Contact if !choice.shown.contacts && !choice.reveals(at, 3) => return Some(Reason::NotChosen),
            Rule::ByHand if !choice.reveals(at, if pattern.starts_with("/related") { 1 } else { 3 }) => {
                return Some(Reason::NotChosen);
            }
            _ => {}
        }
        if self.imprecise(pattern) {
            return Some(Reason::PlacePrecision);
        }
        // Last: what is hidden anyway is no matter of the channel's.
        self.forbids(at, pattern).then_some(Reason::Form)
    }

    /// The place is told no more precisely than it may be.
    fn imprecise(&self, pattern: &str) -> bool {
        let Some(within) = pattern.strip_prefix("/place/") else { return false };
        let precision = self.incident.content.place.as_ref().and_then(|place| place.precision.as_ref());
        match precision {
            None => false,
            Some(precision) if *precision == PlacePrecision::EXACT => false,
            Some(precision) if [PlacePrecision::TOWN, PlacePrecision::REGION].contains(precision) => {
                within.starts_with("coordinates") || within == "accuracy_m"
            }
            // Withheld, or a rule that this version does not know.
            Some(_) => within != "precision",
        }
    }
}

impl Disclosed {
    /// Puts a part where it is shown, and notes where it came from.
    fn place(&mut self, part: Part, at: &mut String) -> Value {
        let here = at.len();
        match part {
            Part::Field { from, value, text, signed } => {
                if signed {
                    self.shown.push((from, at.clone()));
                } else {
                    self.unsigned.push(at.clone());
                }
                if let (true, Value::String(words)) = (text, &value) {
                    self.texts.push((at.clone(), words.clone()));
                }
                value
            }
            Part::List(parts) => {
                let mut list = Vec::with_capacity(parts.len());
                for (i, part) in parts.into_iter().enumerate() {
                    at.push_str(&format!("/{i}"));
                    list.push(self.place(part, at));
                    at.truncate(here);
                }
                Value::Array(list)
            }
            Part::Object(parts) => {
                let mut map = Map::new();
                for (key, part) in parts {
                    // Keys of the table have nothing to escape.
                    at.push_str(&format!("/{key}"));
                    let value = self.place(part, at);
                    at.truncate(here);
                    map.insert(key, value);
                }
                Value::Object(map)
            }
        }
    }

    /// Which fields can be opened, and what then is to be called unsigned. A large record is committed to in coarser parts: one
    /// that is not shown as a whole proves nothing.
    pub(super) fn provable(&self, record: &Value, commitment: &Commitment) -> (Vec<(String, String)>, Vec<String>) {
        let committed: BTreeSet<&str> = commitment.pointers().collect();
        let whole = Value::Object(self.incident.clone());
        let (mut opened, mut unsigned, mut seen) = (Vec::new(), self.unsigned.clone(), BTreeSet::new());
        for (from, shown_as) in &self.shown {
            if committed.contains(from.as_str()) {
                opened.push((from.clone(), shown_as.clone()));
                continue;
            }
            // The committed part that this field is in, if all of it is shown.
            let (mut from_part, mut shown_part) = (from.as_str(), shown_as.as_str());
            let mut found = None;
            while let (Some((a, _)), Some((b, _))) = (from_part.rsplit_once('/'), shown_part.rsplit_once('/')) {
                (from_part, shown_part) = (a, b);
                if committed.contains(from_part) {
                    let same = record.pointer(from_part) == whole.pointer(shown_part);
                    found = same.then(|| (from_part.to_owned(), shown_part.to_owned()));
                    break;
                }
            }
            match found {
                Some(part) if seen.insert(part.1.clone()) => opened.push(part),
                Some(_) => {}
                None => unsigned.push(shown_as.clone()),
            }
        }
        (opened, unsigned)
    }
}

/// Checks a choice against the record.
pub(super) fn check_paths<'a>(paths: impl Iterator<Item = &'a FieldPath>, record: &Value) -> Result<(), CoreError> {
    paths.into_iter().try_for_each(|path| path.check(record))
}
