//! An incident as readable text: everything that is known of it, and nothing that is not. What must not be disclosed without
//! being chosen by hand is marked where it stands.

use amparo_core::{
    PerpetratorId, PersonId,
    incident::{
        Act, ActionTaken, Amount, Consent, Detention, Incident, IncidentContent, OnlineHarm, PartialDate, Perpetrator,
        Person, Place, Source, SupportNeed,
    },
};
use serde_json::{Map, Value};

use super::{one_line, when};

const LABEL: usize = 14;

/// Lines that belong together, each `label value`.
struct Lines<'a> {
    indent: usize,
    confidential: &'a [String],
    lines: Vec<String>,
}

impl<'a> Lines<'a> {
    fn new(indent: usize, confidential: &'a [String]) -> Self {
        Self { indent, confidential, lines: Vec::new() }
    }

    /// `value` under `label`, unless nobody said anything. `field` is its name in the record, by which it can be confidential.
    fn field(&mut self, label: &str, field: &str, value: impl AsRef<str>) {
        let value = one_line(value.as_ref());
        if !value.is_empty() {
            let mark = self.mark(field);
            self.lines.push(format!("{:indent$}{label:<LABEL$} {mark}{value}", "", indent = self.indent));
        }
    }

    fn mark(&self, field: &str) -> &'static str {
        if self.confidential.iter().any(|name| name == field) { "[confidential] " } else { "" }
    }

    fn unknown(&mut self, fields: &Map<String, Value>) {
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        if !names.is_empty() {
            let text = format!("{} (this version does not know what they mean; --json shows them)", names.join(", "));
            self.field("Other fields", "", text);
        }
    }
}

/// The whole record, without its evidence.
pub fn lines(incident: &Incident) -> Vec<String> {
    let content = &incident.content;
    let mut head = Lines::new(0, &content.confidential);
    head.field("Incident", "", incident.id.to_string());
    head.field("Revision", "", format!("{}, saved {}", incident.revision, incident.modified.time));
    if incident.revision > 1 {
        head.field("First saved", "", incident.created.time.to_string());
    }
    if content.draft {
        head.field("Draft", "", "not finished; neither counted nor sealed");
    }
    head.field("Title", "title", &content.title);
    head.field("Occurred", "occurred", content.occurred.as_ref().map(when).unwrap_or_default());
    head.field("Place", "place", content.place.as_ref().map(place).unwrap_or_default());
    head.field("Status", "status", word(&content.status));
    head.field("Urgency", "urgency", word(&content.urgency));
    head.field("Language", "language", content.language.as_deref().unwrap_or_default());
    head.field("Rights work", "human_rights_link", &content.human_rights_link);
    head.field("Tags", "tags", content.tags.join(", "));
    // Marks of what is not there, or not known, are shown here alone.
    head.field("Confidential", "", content.confidential.join(", "));
    head.unknown(&content.unknown);
    let mut lines = head.lines;
    if !content.narrative.is_empty() {
        let mark = if content.confidential.iter().any(|name| name == "narrative") { "[confidential]" } else { "" };
        lines.extend([mark.to_owned(), content.narrative.clone()]);
    }
    let names = Names(content);
    section(&mut lines, content, "Acts", "acts", &content.acts, |act| self::act(act, &names));
    section(&mut lines, content, "Persons", "persons", &content.persons, person);
    section(&mut lines, content, "Perpetrators", "perpetrators", &content.perpetrators, perpetrator);
    section(&mut lines, content, "Harm online", "online_harms", &content.online_harms, online_harm);
    section(&mut lines, content, "Sources", "sources", &content.sources, |source| self::source(source, &names));
    section(&mut lines, content, "Needed", "support_needs", &content.support_needs, |need| self::need(need, &names));
    section(&mut lines, content, "Asked of recipients", "requested_actions", &content.requested_actions, |action| {
        let mut lines = Lines::new(4, &[]);
        lines.field("By when", "", date(action.by_when));
        lines.field("Description", "", &action.description);
        lines.unknown(&action.unknown);
        (action.kind.to_string(), lines.lines)
    });
    section(&mut lines, content, "Done already", "actions_taken", &content.actions_taken, action_taken);
    section(&mut lines, content, "Related incidents", "related", &content.related, |related| {
        let mut lines = Lines::new(4, &[]);
        lines.unknown(&related.unknown);
        let relation = related.relation.as_ref().map(|relation| format!("  {relation}")).unwrap_or_default();
        (format!("{}{relation}", related.id), lines.lines)
    });
    lines
}

/// A heading, and each element: one line, and what else is known of it below.
fn section<T>(
    lines: &mut Vec<String>,
    content: &IncidentContent,
    heading: &str,
    field: &str,
    elements: &[T],
    describe: impl Fn(&T) -> (String, Vec<String>),
) {
    if elements.is_empty() {
        return;
    }
    let confidential = content.confidential.iter().any(|name| name == field);
    lines.extend([String::new(), format!("{heading}{}", if confidential { " [confidential]" } else { "" })]);
    for element in elements {
        let (first, more) = describe(element);
        lines.push(format!("  - {first}"));
        lines.extend(more);
    }
}

/// What the persons and perpetrators that other parts name are called.
struct Names<'a>(&'a IncidentContent);

impl Names<'_> {
    fn persons<'i>(&self, ids: impl IntoIterator<Item = &'i PersonId>) -> String {
        let name = |id: &PersonId| {
            let person = self.0.persons.iter().find(|person| person.id.as_ref() == Some(id));
            person.map_or_else(
                || id.to_string(),
                |person| self::name(&[&person.name, &person.pseudonym], word(&person.role)),
            )
        };
        ids.into_iter().map(name).collect::<Vec<_>>().join(", ")
    }

    fn perpetrators<'i>(&self, ids: impl IntoIterator<Item = &'i PerpetratorId>) -> String {
        let name = |id: &PerpetratorId| {
            let found = self.0.perpetrators.iter().find(|perpetrator| perpetrator.id.as_ref() == Some(id));
            found.map_or_else(|| id.to_string(), |found| self::name(&[&found.name], word(&found.kind)))
        };
        ids.into_iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// The first of the names that is there; else what they are.
fn name(names: &[&str], or: &str) -> String {
    let name = names.iter().map(|name| one_line(name)).find(|name| !name.is_empty());
    name.unwrap_or_else(|| if or.is_empty() { "not named".into() } else { or.into() })
}

/// `name (victim, woman, 30-44)`.
fn titled(name: String, facts: &[&str]) -> String {
    let facts: Vec<&str> = facts.iter().copied().filter(|fact| !fact.is_empty() && *fact != name).collect();
    if facts.is_empty() { name } else { format!("{name} ({})", facts.join(", ")) }
}

fn word<T: Word>(code: &Option<T>) -> &str {
    code.as_ref().map(Word::word).unwrap_or_default()
}

/// A code of any list.
trait Word {
    fn word(&self) -> &str;
}

macro_rules! words {
    ($($code:ident),*) => {$(
        impl Word for amparo_core::incident::$code {
            fn word(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}

words!(
    ActionTakenKind,
    AgeBand,
    ContactMethod,
    Gender,
    IncidentStatus,
    Nature,
    Occupation,
    PerpetratorKind,
    PersonRole,
    PlacePrecision,
    Reliability,
    SourceKind,
    Urgency
);

fn date(date: Option<PartialDate>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

fn yes_no(answer: Option<bool>) -> &'static str {
    match answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

fn joined(parts: &[String]) -> String {
    parts.iter().map(|part| one_line(part)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn place(place: &Place) -> String {
    let map = place.coordinates.map(|c| {
        let accuracy = place.accuracy_m.map(|metres| format!(" ±{metres} m")).unwrap_or_default();
        format!("{}, {}{accuracy}", c.latitude, c.longitude)
    });
    let told = match word(&place.precision) {
        "" => String::new(),
        precision => format!("may be told: {precision}"),
    };
    let other = match place.unknown.len() {
        0 => String::new(),
        n => format!("{n} other field(s)"),
    };
    joined(&[place.text.clone(), place.country.clone().unwrap_or_default(), map.unwrap_or_default(), told, other])
}

fn group(nature: &str, number: Option<u32>) -> String {
    match number {
        None => nature.to_owned(),
        Some(number) if nature.is_empty() => format!("{number} people"),
        Some(number) => format!("{nature} of {number}"),
    }
}

fn act(act: &Act, names: &Names<'_>) -> (String, Vec<String>) {
    let mut lines = Lines::new(4, &[]);
    lines.field("To", "", names.persons(&act.victims));
    lines.field("By", "", names.perpetrators(&act.perpetrators));
    lines.field("Occurred", "", act.occurred.as_ref().map(when).unwrap_or_default());
    lines.field("Method", "", &act.method);
    lines.field("Injuries", "", &act.injuries);
    if let Some(detention) = &act.detention {
        self::detention(detention, &mut lines);
    }
    lines.field("Description", "", &act.description);
    lines.field("Evidence", "", ids(&act.evidence));
    lines.unknown(&act.unknown);
    (act.code.to_string(), lines.lines)
}

fn detention(detention: &Detention, lines: &mut Lines<'_>) {
    let until = detention.until.map(|until| format!(" until {until}")).unwrap_or_default();
    let since = detention.since.map(|since| format!("since {since}")).unwrap_or_default();
    lines.field("Detained", "", joined(&[detention.place.clone(), format!("{since}{until}")]));
    lines.field("Charges", "", &detention.charges);
    lines.field("Lawyer access", "", yes_no(detention.lawyer_access));
    lines.field("Conditions", "", &detention.conditions);
    lines.unknown(&detention.unknown);
}

fn person(person: &Person) -> (String, Vec<String>) {
    let named = name(&[&person.name, &person.pseudonym], word(&person.role));
    let group = group(word(&person.nature), person.number);
    let mut lines = Lines::new(4, &person.confidential);
    let facts = [word(&person.role), &group, word(&person.gender), word(&person.age_band), word(&person.occupation)];
    let mark = lines.mark("name");
    if !person.name.is_empty() {
        lines.field("Pseudonym", "pseudonym", &person.pseudonym);
    }
    lines.field("Affiliation", "affiliation", &person.affiliation);
    if let Some(contact) = &person.safe_contact {
        let never = match joined(&contact.never_use) {
            never if never.is_empty() => never,
            never => format!("never use: {never}"),
        };
        let reached =
            joined(&[word(&contact.method).to_owned(), contact.address.clone(), contact.hours.clone(), never]);
        lines.field("Safe contact", "safe_contact", reached);
        lines.unknown(&contact.unknown);
    }
    lines.field("Consent", "consent", person.consent.as_ref().map_or_else(|| "not_asked".into(), consent));
    lines.field("Description", "description", &person.description);
    lines.field("Confidential", "", person.confidential.join(", "));
    lines.unknown(&person.unknown);
    if let Some(consent) = &person.consent {
        lines.unknown(&consent.unknown);
        consent.purposes.iter().for_each(|answer| lines.unknown(&answer.unknown));
    }
    lines.field("Id", "", person.id.map(|id| id.to_string()).unwrap_or_default());
    (format!("{mark}{}", titled(named, &facts)), lines.lines)
}

fn consent(consent: &Consent) -> String {
    let scope: Vec<&str> = consent.scope.iter().map(|kind| kind.as_str()).collect();
    let scope = match (scope.is_empty(), consent.status.as_str()) {
        (false, _) => format!("for {}", scope.join(", ")),
        // Consent without a kind of recipient is consent to nobody.
        (true, "granted") => "for nobody".into(),
        (true, _) => String::new(),
    };
    let given = match one_line(&consent.given_by) {
        by if by.is_empty() => String::new(),
        by => format!("by {by}"),
    };
    let revocable = match consent.revocable {
        Some(true) => "can be taken back",
        Some(false) => "cannot be taken back",
        None => "",
    };
    let first = format!("{} {scope}", consent.status);
    let answers = consent.purposes.iter();
    let answers: Vec<String> =
        answers.map(|answer| format!("{} {}", answer.purpose, if answer.allowed { "yes" } else { "no" })).collect();
    joined(&[first, given, date(consent.when), revocable.into(), answers.join(", "), consent.note.clone()])
}

fn perpetrator(perpetrator: &Perpetrator) -> (String, Vec<String>) {
    let named = name(&[&perpetrator.name], word(&perpetrator.kind));
    let group = group(word(&perpetrator.nature), perpetrator.number);
    let mut lines = Lines::new(4, &[]);
    for identifier in &perpetrator.identifiers {
        lines.field("Recognised by", "", format!("{}: {}", identifier.kind, identifier.value));
        lines.unknown(&identifier.unknown);
    }
    lines.field("Description", "", &perpetrator.description);
    lines.unknown(&perpetrator.unknown);
    lines.field("Id", "", perpetrator.id.map(|id| id.to_string()).unwrap_or_default());
    (titled(named, &[word(&perpetrator.kind), &group]), lines.lines)
}

fn online_harm(harm: &OnlineHarm) -> (String, Vec<String>) {
    let mut lines = Lines::new(4, &[]);
    lines.field("Platform", "", &harm.platform);
    lines.field("From account", "", &harm.handle);
    lines.field("Target", "", &harm.target);
    for url in &harm.urls {
        lines.field("Link", "", url);
    }
    lines.field("Content ids", "", joined(&harm.content_ids));
    if let Some(report) = &harm.reported {
        let reported = joined(&[date(report.when), report.reference.clone(), report.result.clone()]);
        lines.field("Reported", "", if reported.is_empty() { "yes".into() } else { reported });
        lines.unknown(&report.unknown);
    }
    lines.field("Description", "", &harm.description);
    lines.field("Evidence", "", ids(&harm.evidence));
    lines.unknown(&harm.unknown);
    (harm.kind.to_string(), lines.lines)
}

fn source(source: &Source, names: &Names<'_>) -> (String, Vec<String>) {
    let mut lines = Lines::new(4, &[]);
    lines.field("Person", "", names.persons(&source.person));
    lines.field("Description", "", &source.description);
    lines.field("Reliability", "", word(&source.reliability));
    lines.field("Obtained", "", date(source.obtained));
    lines.unknown(&source.unknown);
    (name(&[], word(&source.kind)), lines.lines)
}

fn need(need: &SupportNeed, names: &Names<'_>) -> (String, Vec<String>) {
    let mut lines = Lines::new(4, &[]);
    lines.field("For", "", names.persons(&need.persons));
    lines.field("Amount", "", need.amount.as_ref().map(amount).unwrap_or_default());
    lines.field("By when", "", date(need.by_when));
    lines.field("Description", "", &need.description);
    lines.unknown(&need.unknown);
    (need.kind.to_string(), lines.lines)
}

fn amount(amount: &Amount) -> String {
    format!("{} {}", amount.value, amount.currency)
}

fn action_taken(action: &ActionTaken) -> (String, Vec<String>) {
    let mut lines = Lines::new(4, &[]);
    lines.field("When", "", date(action.when));
    lines.field("By", "", &action.by);
    lines.field("Result", "", &action.result);
    lines.field("Description", "", &action.description);
    lines.unknown(&action.unknown);
    (name(&[], word(&action.kind)), lines.lines)
}

fn ids(evidence: &[amparo_core::EvidenceId]) -> String {
    evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
