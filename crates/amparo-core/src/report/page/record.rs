//! The parts of the incident record in words: acts, people, harms, sources, needs, actions.
//!
//! A part refers to people and files by name or path, never by an id. Who is referred to and not in the report is said to be so.

use std::collections::BTreeMap;

use amparo_pack::form::Layout;
use amparo_report::{
    locale::Locale,
    view::{Card, Section, Value},
};

use super::facts::Facts;
use crate::{
    EvidenceId, PerpetratorId, PersonId,
    incident::{
        Act, ActionTaken, Consent, ConsentStatus, ContactMethod, IdentifierKind, IncidentContent, OnlineHarm,
        Perpetrator, Person, RelatedIncident, RequestedAction, SafeContact, Source, SupportNeed,
    },
};

/// What people are called in a report: never by an id.
pub(super) struct Names {
    locale: Locale,
    persons: BTreeMap<PersonId, String>,
    perpetrators: BTreeMap<PerpetratorId, String>,
    person_list: Vec<String>,
    perpetrator_list: Vec<String>,
}

impl Names {
    pub fn of(locale: Locale, content: &IncidentContent) -> Self {
        let person_list = named(content.persons.iter().map(|person| [person.name.as_str(), &person.pseudonym]), |n| {
            locale.fill("name.person", &[("number", n)])
        });
        let perpetrator_list = named(content.perpetrators.iter().map(|other| [other.name.as_str(), ""]), |n| {
            locale.fill("name.perpetrator", &[("number", n)])
        });
        let persons = known(content.persons.iter().map(|person| person.id), &person_list);
        let perpetrators = known(content.perpetrators.iter().map(|other| other.id), &perpetrator_list);
        Self { locale, persons, perpetrators, person_list, perpetrator_list }
    }

    pub fn person(&self, id: PersonId) -> &str {
        self.persons.get(&id).map_or_else(|| self.locale.text("name.person_elsewhere"), String::as_str)
    }

    fn perpetrator(&self, id: PerpetratorId) -> &str {
        self.perpetrators.get(&id).map_or_else(|| self.locale.text("name.perpetrator_elsewhere"), String::as_str)
    }
}

/// What the parts need to know of each other.
struct Words<'a> {
    locale: Locale,
    names: &'a Names,
    path_of: &'a dyn Fn(EvidenceId) -> Option<String>,
}

/// All parts that are not empty, in the order in which a desk reads them, or in that of its form. With a form, the narrative is one
/// of them.
pub(super) fn sections(
    locale: Locale,
    content: &IncidentContent,
    layout: Option<&Layout>,
    path_of: &dyn Fn(EvidenceId) -> Option<String>,
) -> Vec<Section> {
    let names = Names::of(locale, content);
    let words = Words { locale, names: &names, path_of };
    let link = Card { text: content.human_rights_link.clone(), ..Card::default() };
    // Acts of which nothing but the code is known stand at the head of the report already.
    let told = content.acts.iter().any(|act| *act != Act::new(act.code.clone()));
    let acts = content.acts.iter().filter(|_| told).map(|act| words.act(act));
    let persons = content.persons.iter().zip(&names.person_list).map(|(person, name)| words.person(person, name));
    let perpetrators = content.perpetrators.iter().zip(&names.perpetrator_list);
    let narrative = Card { text: content.narrative.clone(), ..Card::default() };
    let narrative = [narrative].into_iter().filter(|card| layout.is_some() && !card.text.trim().is_empty());
    let mut parts: Vec<(&'static str, Vec<Card>)> = vec![
        ("section.narrative", narrative.collect()),
        ("section.human_rights_link", [link].into_iter().filter(|card| !card.text.trim().is_empty()).collect()),
        ("section.acts", acts.collect()),
        ("section.persons", persons.collect()),
        ("section.perpetrators", perpetrators.map(|(other, name)| words.perpetrator(other, name)).collect()),
        ("section.online_harms", content.online_harms.iter().map(|harm| words.online_harm(harm)).collect()),
        ("section.sources", content.sources.iter().map(|source| words.source(source)).collect()),
        ("section.support_needs", content.support_needs.iter().map(|need| words.support_need(need)).collect()),
        ("section.requested_actions", content.requested_actions.iter().map(|wish| words.requested(wish)).collect()),
        ("section.actions_taken", content.actions_taken.iter().map(|action| words.taken(action)).collect()),
        ("section.related", content.related.iter().map(|related| words.related(related)).collect()),
    ];
    if let Some(layout) = layout {
        let place = |key: &str| layout.sections().position(|name| key.strip_prefix("section.") == Some(name));
        parts.retain(|(key, _)| place(key).is_some());
        parts.sort_by_key(|(key, _)| place(key));
    }
    let sections = parts.into_iter().filter(|(_, cards)| !cards.is_empty());
    let note = |key| if key == "section.persons" { locale.text("page.consent_note") } else { "" };
    sections
        .map(|(key, cards)| Section { heading: locale.text(key).to_owned(), note: note(key).to_owned(), cards })
        .collect()
}

/// What each is called: the first of its names that is not empty, or else its number. Two of one name get their numbers too.
fn named<'a, const N: usize>(
    names: impl Iterator<Item = [&'a str; N]>,
    number: impl Fn(&str) -> String,
) -> Vec<String> {
    let numbered = |index: usize| number(&index.saturating_add(1).to_string());
    let first: Vec<Option<&str>> =
        names.map(|names| names.into_iter().map(str::trim).find(|name| !name.is_empty())).collect();
    let called = first.iter().enumerate().map(|(index, name)| match name {
        Some(name) if first.iter().filter(|other| *other == &Some(*name)).count() > 1 => {
            format!("{name} ({})", numbered(index))
        }
        Some(name) => (*name).to_owned(),
        None => numbered(index),
    });
    called.collect()
}

fn known<T: Ord>(ids: impl Iterator<Item = Option<T>>, names: &[String]) -> BTreeMap<T, String> {
    ids.zip(names).filter_map(|(id, name)| Some((id?, name.clone()))).collect()
}

impl Words<'_> {
    fn facts(&self) -> Facts {
        Facts::new(self.locale)
    }

    /// A card that is headed by what a code means.
    fn card(&self, list: &str, code: &str, facts: Facts, text: &str) -> Card {
        Card { heading: self.locale.code(list, code), facts: facts.done(), text: text.to_owned() }
    }

    fn people(&self, ids: &[PersonId]) -> Vec<Value> {
        once_each(ids.iter().map(|id| Value::words(self.names.person(*id))))
    }

    fn files(&self, ids: &[EvidenceId]) -> Vec<Value> {
        ids.iter().filter_map(|id| (self.path_of)(*id)).map(Value::exact).collect()
    }

    fn act(&self, act: &Act) -> Card {
        let mut facts = self.facts();
        let perpetrators = act.perpetrators.iter().map(|id| Value::words(self.names.perpetrator(*id)));
        let perpetrators = once_each(perpetrators);
        facts.values("field.victims", self.people(&act.victims));
        facts.values("field.perpetrators", perpetrators);
        facts.occurred(act.occurred.as_ref());
        facts.fact("field.method", &act.method);
        facts.fact("field.injuries", &act.injuries);
        if let Some(detention) = &act.detention {
            facts.fact("field.detention_place", &detention.place);
            facts.date("field.detention_since", detention.since.as_ref());
            facts.date("field.detention_until", detention.until.as_ref());
            facts.fact("field.charges", &detention.charges);
            facts.flag("field.lawyer_access", detention.lawyer_access);
            facts.fact("field.conditions", &detention.conditions);
        }
        facts.values("field.evidence", self.files(&act.evidence));
        self.card("act", act.code.as_str(), facts, &act.description)
    }

    fn person(&self, person: &Person, heading: &str) -> Card {
        let mut facts = self.facts();
        facts.coded("field.role", "person_role", person.role.as_ref().map(|code| code.as_str()));
        // The heading is the name where there is one.
        if !person.name.trim().is_empty() {
            facts.fact("field.pseudonym", &person.pseudonym);
        }
        facts.coded("field.nature", "nature", person.nature.as_ref().map(|code| code.as_str()));
        facts.fact("field.number", &number(person.number));
        facts.coded("field.gender", "gender", person.gender.as_ref().map(|code| code.as_str()));
        facts.coded("field.age", "age_band", person.age_band.as_ref().map(|code| code.as_str()));
        facts.coded("field.occupation", "occupation", person.occupation.as_ref().map(|code| code.as_str()));
        facts.fact("field.affiliation", &person.affiliation);
        if let Some(contact) = &person.safe_contact {
            self.contact(&mut facts, contact);
        }
        consent(self.locale, &mut facts, person.consent.as_ref());
        Card { heading: heading.to_owned(), facts: facts.done(), text: person.description.clone() }
    }

    fn contact(&self, facts: &mut Facts, contact: &SafeContact) {
        let method = contact.method.as_ref().map(|code| self.locale.code("contact_method", code.as_str()));
        let method = Value::words(method.unwrap_or_default());
        facts.values("field.contact", vec![method, Value::exact(contact.address.as_str())]);
        facts.fact("field.contact_hours", &contact.hours);
        // Codes of the ways to reach somebody, or free words.
        let never = contact.never_use.iter().map(|way| match way.parse::<ContactMethod>() {
            Ok(method) if method.is_known() => Value::words(self.locale.code("contact_method", way)),
            _ => Value::words(way.as_str()),
        });
        facts.values("field.never_use", never.collect());
    }

    fn perpetrator(&self, perpetrator: &Perpetrator, heading: &str) -> Card {
        let mut facts = self.facts();
        facts.coded("field.kind", "perpetrator", perpetrator.kind.as_ref().map(|code| code.as_str()));
        facts.coded("field.nature", "nature", perpetrator.nature.as_ref().map(|code| code.as_str()));
        facts.fact("field.number", &number(perpetrator.number));
        let signs = perpetrator.identifiers.iter().map(|sign| {
            let label = self.locale.code("identifier", sign.kind.as_str());
            // A number plate or a handle stands as it is; a uniform is described in words.
            if [IdentifierKind::VEHICLE, IdentifierKind::HANDLE].contains(&sign.kind) {
                let words = self.locale.fill("page.label", &[("label", &label)]);
                return Value { words, exact: sign.value.clone() };
            }
            Value::words(self.locale.fill("page.pair", &[("label", &label), ("value", &sign.value)]))
        });
        facts.values("field.identifiers", signs.collect());
        Card { heading: heading.to_owned(), facts: facts.done(), text: perpetrator.description.clone() }
    }

    fn online_harm(&self, harm: &OnlineHarm) -> Card {
        let mut facts = self.facts();
        facts.fact("field.platform", &harm.platform);
        facts.values("field.handle", vec![Value::exact(harm.handle.as_str())]);
        facts.values("field.target", vec![Value::exact(harm.target.as_str())]);
        facts.values("field.urls", harm.urls.iter().map(Value::exact).collect());
        facts.values("field.content_ids", harm.content_ids.iter().map(Value::exact).collect());
        if let Some(reported) = &harm.reported {
            match &reported.when {
                Some(when) => facts.date("field.reported", Some(when)),
                None => facts.fact("field.reported", self.locale.text("value.yes")),
            }
            facts.values("field.reference", vec![Value::exact(reported.reference.as_str())]);
            facts.fact("field.result", &reported.result);
        }
        facts.values("field.evidence", self.files(&harm.evidence));
        self.card("online_harm", harm.kind.as_str(), facts, &harm.description)
    }

    fn source(&self, source: &Source) -> Card {
        let mut facts = self.facts();
        facts.values("field.person", self.people(source.person.as_slice()));
        facts.coded("field.reliability", "reliability", source.reliability.as_ref().map(|code| code.as_str()));
        facts.date("field.obtained", source.obtained.as_ref());
        let kind = source.kind.as_ref().map(|code| self.locale.code("source", code.as_str()));
        Card { heading: kind.unwrap_or_default(), facts: facts.done(), text: source.description.clone() }
    }

    fn support_need(&self, need: &SupportNeed) -> Card {
        let mut facts = self.facts();
        facts.values("field.for_whom", self.people(&need.persons));
        let amount = need.amount.as_ref().map(|amount| Value::exact(format!("{} {}", amount.value, amount.currency)));
        facts.values("field.amount", amount.into_iter().collect());
        facts.date("field.by_when", need.by_when.as_ref());
        self.card("support", need.kind.as_str(), facts, &need.description)
    }

    fn requested(&self, wish: &RequestedAction) -> Card {
        let mut facts = self.facts();
        facts.date("field.by_when", wish.by_when.as_ref());
        self.card("request", wish.kind.as_str(), facts, &wish.description)
    }

    fn taken(&self, action: &ActionTaken) -> Card {
        let mut facts = self.facts();
        facts.date("field.when", action.when.as_ref());
        facts.fact("field.by_whom", &action.by);
        facts.fact("field.result", &action.result);
        let kind = action.kind.as_ref().map(|code| self.locale.code("action_taken", code.as_str()));
        Card { heading: kind.unwrap_or_default(), facts: facts.done(), text: action.description.clone() }
    }

    fn related(&self, related: &RelatedIncident) -> Card {
        let mut facts = self.facts();
        facts.coded("field.relation", "relation", related.relation.as_ref().map(|code| code.as_str()));
        facts.values("field.incident", vec![Value::exact(related.id.to_string())]);
        Card { facts: facts.done(), ..Card::default() }
    }
}

/// What somebody agreed to. What nobody asked is said to be so.
pub(super) fn consent(locale: Locale, facts: &mut Facts, consent: Option<&Consent>) {
    let status = consent.map_or(ConsentStatus::NOT_ASKED, |consent| consent.status.clone());
    facts.coded("field.consent", "consent", Some(status.as_str()));
    let Some(consent) = consent else { return };
    let kinds = consent.scope.iter().map(|kind| Value::words(locale.code("recipient_kind", kind.as_str())));
    let mut scope: Vec<Value> = kinds.collect();
    if scope.is_empty() && status == ConsentStatus::GRANTED {
        scope.push(Value::words(locale.text("value.nobody")));
    }
    // A scope without a yes allows nothing and is not shown as if it did.
    if status == ConsentStatus::GRANTED {
        facts.values("field.consent_scope", scope);
    }
    let answers = consent.purposes.iter().map(|answer| {
        let label = locale.code("consent_purpose", answer.purpose.as_str());
        let value = locale.text(if answer.allowed { "value.yes" } else { "value.no" });
        Value::words(locale.fill("page.pair", &[("label", &label), ("value", value)]))
    });
    facts.values("field.consent_purposes", answers.collect());
    facts.fact("field.consent_given_by", &consent.given_by);
    facts.date("field.consent_when", consent.when.as_ref());
    facts.flag("field.consent_revocable", consent.revocable);
    facts.fact("field.consent_note", &consent.note);
}

fn number(number: Option<u32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// Several who are not in the report are said to be so once.
fn once_each(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    values.for_each(|value| {
        if !kept.contains(&value) {
            kept.push(value);
        }
    });
    kept
}
