//! The incident record: `amparo.incident/1`. What somebody entered, and what the vault adds to it.
//!
//! Only what the user entered is required. Nothing here may drop a field or a code that it does not know, and `Debug` prints
//! nothing of what was entered.

use core::fmt;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Act, ActionTaken, Occurred, OnlineHarm, Perpetrator, Person, Place, RequestedAction, Source, SupportNeed, limits,
    person::check_confidential,
};
use crate::{
    CoreError, EvidenceId, IncidentId, PerpetratorId, PersonId, Stamp,
    code::codes,
    record::{check_unknown, record, textless},
    text,
};

/// `schema` of an incident.
pub const INCIDENT_SCHEMA: &str = "amparo.incident/1";

codes! {
    /// Whether it goes on.
    IncidentStatus {
        /// It goes on.
        ONGOING = "ongoing",
        /// It is over.
        ENDED = "ended",
        /// Not known. Not the same as over.
        UNKNOWN = "unknown",
    }
}

codes! {
    /// How soon somebody must act.
    Urgency {
        /// Life or liberty is in danger now.
        IMMINENT = "imminent",
        /// Serious.
        SERIOUS = "serious",
        /// For the record.
        INFORMATION = "information",
    }
}

codes! {
    /// How two incidents belong together.
    Relation {
        /// Both belong to one case.
        SAME_CASE = "same_case",
        /// This one came after the other, because of it.
        FOLLOWS = "follows",
        /// This one is a part of the other.
        PART_OF = "part_of",
        /// In another way.
        RELATED = "related",
    }
}

record! {
    /// Another incident that belongs to this one.
    RelatedIncident {
        required {
            /// Which one. It need not be in the same vault.
            id: IncidentId,
        }
        /// How.
        relation: Option<Relation>,
    }
}

textless!(Occurred);

record! {
    /// What somebody entered about an incident. One sentence is enough: `IncidentContent::from("They took my phone.")`.
    IncidentContent {
        /// A line for lists.
        title: String,
        /// What happened, in the words of whoever tells it.
        narrative: String,
        /// BCP 47 tag of the language it is told in.
        language: Option<String>,
        /// Not finished: it is neither counted nor sealed.
        draft: bool,
        /// What was done.
        acts: Vec<Act>,
        /// When.
        occurred: Option<Occurred>,
        /// Where.
        place: Option<Place>,
        /// Whether it goes on. Absent when nobody said.
        status: Option<IncidentStatus>,
        /// How soon somebody must act.
        urgency: Option<Urgency>,
        /// How it is linked to somebody's work for human rights.
        human_rights_link: String,
        /// The people in it.
        persons: Vec<Person>,
        /// Who did it.
        perpetrators: Vec<Perpetrator>,
        /// What was done online.
        online_harms: Vec<OnlineHarm>,
        /// Where the information comes from.
        sources: Vec<Source>,
        /// What is needed.
        support_needs: Vec<SupportNeed>,
        /// What recipients are asked to do.
        requested_actions: Vec<RequestedAction>,
        /// What was done already.
        actions_taken: Vec<ActionTaken>,
        /// Incidents that belong to this one.
        related: Vec<RelatedIncident>,
        /// The user's own words to find it by.
        tags: Vec<String>,
        /// Names of fields of the incident that must not be disclosed unless somebody chooses each by hand. A person's own
        /// stand with the person.
        confidential: Vec<String>,
    }
}

/// One incident as the vault keeps it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Incident {
    /// Always [`INCIDENT_SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = INCIDENT_SCHEMA)))]
    pub schema: String,
    /// Its id.
    pub id: IncidentId,
    /// How often it was saved, from 1.
    pub revision: u32,
    /// When it was first saved.
    pub created: Stamp,
    /// When it was last saved.
    pub modified: Stamp,
    /// What was entered.
    #[serde(flatten)]
    pub content: IncidentContent,
    /// The evidence attached to it, oldest first, then what an import named and is not in this vault. Kept beside the record,
    /// not in its revisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

impl From<&str> for IncidentContent {
    fn from(narrative: &str) -> Self {
        Self { narrative: narrative.to_owned(), ..Self::default() }
    }
}

impl From<String> for IncidentContent {
    fn from(narrative: String) -> Self {
        Self { narrative, ..Self::default() }
    }
}

impl IncidentContent {
    /// Checks the bounds and what cannot be.
    ///
    /// # Errors
    /// [`CoreError::EmptyIncident`], [`CoreError::TooLong`], [`CoreError::TooMany`], [`CoreError::Date`],
    /// [`CoreError::InvalidField`].
    pub fn validate(&self) -> Result<(), CoreError> {
        if self.is_empty() {
            return Err(CoreError::EmptyIncident);
        }
        text::check_len("title", &self.title, limits::TITLE_BYTES)?;
        text::check_len("narrative", &self.narrative, limits::NARRATIVE_BYTES)?;
        text::check_language(self.language.as_deref())?;
        self.check_counts()?;
        for tag in &self.tags {
            text::check_len("tag", tag, limits::TAG_BYTES)?;
            if tag.trim().is_empty() {
                return Err(CoreError::InvalidField { field: "tag", rule: "must not be empty" });
            }
        }
        check_confidential(&self.confidential)?;
        self.occurred.as_ref().map_or(Ok(()), Occurred::validate)?;
        self.place.as_ref().map_or(Ok(()), Place::validate)?;
        self.acts.iter().try_for_each(Act::validate)?;
        self.persons.iter().try_for_each(Person::validate)?;
        self.perpetrators.iter().try_for_each(Perpetrator::validate)?;
        self.online_harms.iter().try_for_each(OnlineHarm::validate)?;
        self.support_needs.iter().try_for_each(SupportNeed::validate)?;
        self.check_texts()?;
        self.check_references()?;
        // Else a field of a newer version could take the place of one of ours when the record is read again.
        check_unknown(&self.unknown, &["schema", "id", "revision", "created", "modified", "evidence"])
    }

    fn is_empty(&self) -> bool {
        let blank = |text: &str| text.trim().is_empty();
        let rest = Self {
            title: String::new(),
            narrative: String::new(),
            language: None,
            draft: false,
            confidential: Vec::new(),
            ..self.clone()
        };
        blank(&self.title) && blank(&self.narrative) && rest == Self::default()
    }

    fn check_counts(&self) -> Result<(), CoreError> {
        text::check_count("acts", self.acts.len(), limits::ACTS)?;
        text::check_count("persons", self.persons.len(), limits::PERSONS)?;
        text::check_count("perpetrators", self.perpetrators.len(), limits::PERPETRATORS)?;
        text::check_count("online_harms", self.online_harms.len(), limits::ONLINE_HARMS)?;
        text::check_count("sources", self.sources.len(), limits::SOURCES)?;
        text::check_count("support_needs", self.support_needs.len(), limits::ACTIONS)?;
        text::check_count("requested_actions", self.requested_actions.len(), limits::ACTIONS)?;
        text::check_count("actions_taken", self.actions_taken.len(), limits::ACTIONS)?;
        text::check_count("related", self.related.len(), limits::REFERENCES)?;
        text::check_count("tags", self.tags.len(), limits::TAGS)
    }

    /// Every text that has no bound of its own.
    fn check_texts(&self) -> Result<(), CoreError> {
        let mut result = Ok(());
        self.texts(&mut |field, text| {
            let limit = match field {
                "narrative" => limits::NARRATIVE_BYTES,
                "description" | "method" | "injuries" | "conditions" | "charges" | "result" | "note"
                | "human_rights_link" => limits::TEXT_BYTES,
                _ => limits::NAME_BYTES,
            };
            if result.is_ok() {
                result = text::check_len(field, text, limit);
            }
        });
        result
    }

    /// Ids are given once, and what names a person or a perpetrator names one of this incident.
    fn check_references(&self) -> Result<(), CoreError> {
        let refused = |field, rule| Err(CoreError::InvalidField { field, rule });
        let (mut persons, mut perpetrators) = (BTreeSet::new(), BTreeSet::new());
        if !self.persons.iter().filter_map(|person| person.id).all(|id| persons.insert(id)) {
            return refused("persons.id", "must not be given twice");
        }
        if !self.perpetrators.iter().filter_map(|perpetrator| perpetrator.id).all(|id| perpetrators.insert(id)) {
            return refused("perpetrators.id", "must not be given twice");
        }
        let named = self.acts.iter().flat_map(|act| &act.victims);
        let named = named.chain(self.support_needs.iter().flat_map(|need| &need.persons));
        let named = named.chain(self.sources.iter().filter_map(|source| source.person.as_ref()));
        if !named.into_iter().all(|id| persons.contains(id)) {
            return refused("person", "must be one of the incident's persons");
        }
        if !self.acts.iter().flat_map(|act| &act.perpetrators).all(|id| perpetrators.contains(id)) {
            return refused("perpetrator", "must be one of the incident's perpetrators");
        }
        Ok(())
    }

    /// Gives an id to every person and perpetrator that has none. Done at every save.
    pub(crate) fn identify(&mut self) -> Result<(), CoreError> {
        for person in self.persons.iter_mut().filter(|person| person.id.is_none()) {
            person.id = Some(PersonId::generate()?);
        }
        for perpetrator in self.perpetrators.iter_mut().filter(|perpetrator| perpetrator.id.is_none()) {
            perpetrator.id = Some(PerpetratorId::generate()?);
        }
        Ok(())
    }

    /// Calls `visit` with every text that was entered and the name of the field it stands in, in the order of the record.
    pub(crate) fn texts<'a>(&'a self, visit: &mut dyn FnMut(&'static str, &'a str)) {
        crate::record::Texts::texts(self, "", visit);
    }

    /// What a list shows: the title, or else the beginning of the narrative, or of the place.
    #[must_use]
    pub fn heading(&self) -> String {
        const CHARS: usize = 120;
        let candidates = [&self.title, &self.narrative];
        let place = self.place.as_ref().map(|place| &place.text);
        let first = candidates.into_iter().chain(place).map(|t| t.trim()).find(|t| !t.is_empty()).unwrap_or_default();
        let line = first.lines().next().unwrap_or_default().trim();
        match line.char_indices().nth(CHARS) {
            Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default().trim_end()),
            None => line.to_owned(),
        }
    }
}

impl Incident {
    /// Reads one exported incident.
    ///
    /// # Errors
    /// [`CoreError::TooLong`], [`CoreError::NewerSchema`], [`CoreError::MalformedRecord`], and those of
    /// [`IncidentContent::validate`].
    pub fn from_json(json: &[u8]) -> Result<Self, CoreError> {
        let incident: Self = text::read_record(json, INCIDENT_SCHEMA, limits::RECORD_BYTES)?;
        incident.content.validate()?;
        Ok(incident)
    }

    /// The incident as exported: JSON with the names of the design, one object.
    ///
    /// # Errors
    /// [`CoreError::TooLong`] beyond [`limits::RECORD_BYTES`].
    pub fn to_json(&self) -> Result<Vec<u8>, CoreError> {
        text::write_record(self, limits::RECORD_BYTES)
    }
}

impl fmt::Debug for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incident")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::incident::{ActCode, Coordinates, DateError};

    const FULL: &str = r#"{
        "schema": "amparo.incident/1", "id": "00112233445566778899aabbccddeeff", "revision": 3,
        "created": {"time": "2026-11-23T10:20:30Z", "clock": "device"},
        "modified": {"time": "2026-11-24T10:20:30Z", "clock": "atomic"},
        "title": "اعتقال", "narrative": "Полиция пришла ночью 🕯️", "language": "ar-EG",
        "acts": [{"code": "arbitrary_detention", "victims": ["000000000000000000000000000000a1"],
            "perpetrators": ["000000000000000000000000000000b1"], "occurred": {"from": "2026-11-02", "precision": "day"},
            "method": "m", "injuries": "i",
            "detention": {"place": "x", "since": "2026", "until": "2027", "charges": "c", "lawyer_access": false, "conditions": "o", "x": 0},
            "description": "d", "evidence": ["ffeeddccbbaa99887766554433221100"]}, {"code": "drone_strike", "x": 0}],
        "occurred": {"from": "2026-11", "to": "2026-12", "precision": "circa", "calendar": "hijri"},
        "place": {"text": "القاهرة", "country": "EG", "coordinates": {"latitude": 30.0444196, "longitude": 31.2357116},
                  "accuracy_m": 12.5, "precision": "town", "floor": 3},
        "status": "ongoing", "urgency": "imminent", "tags": ["a b", "🕊"],
        "draft": true, "human_rights_link": "L", "confidential": ["place"],
        "persons": [{"id": "000000000000000000000000000000a1", "role": "victim", "name": "N", "x": 1}],
        "perpetrators": [{"id": "000000000000000000000000000000b1", "kind": "police", "nature": "group", "number": 4, "name": "P",
            "identifiers": [{"kind": "unit", "value": "7", "x": 2}], "description": "d", "x": 3}],
        "online_harms": [{"kind": "doxxing", "platform": "p", "handle": "h", "target": "t", "urls": ["u"], "content_ids": ["c"],
            "reported": {"when": "2026", "reference": "r", "result": "s", "x": 4},
            "evidence": ["ffeeddccbbaa99887766554433221100"], "description": "d", "x": 5}],
        "sources": [{"kind": "eyewitness", "person": "000000000000000000000000000000a1", "description": "d",
            "reliability": "probable", "obtained": "2026-11", "x": 6}],
        "support_needs": [{"kind": "legal_support", "persons": ["000000000000000000000000000000a1"],
            "amount": {"value": "99.50", "currency": "EUR", "x": 7}, "by_when": "2026-12", "description": "d", "x": 8}],
        "requested_actions": [{"kind": "detention_visit", "by_when": "2026-12", "description": "d", "x": 9}],
        "actions_taken": [{"kind": "medical_care", "when": "2026", "by": "b", "result": "r", "description": "d", "x": 10}],
        "related": [{"id": "00000000000000000000000000000077", "relation": "follows", "x": 11}], "number": 0.30000000000000004, "big": 18446744073709551615,
        "evidence": ["ffeeddccbbaa99887766554433221100"]
    }"#;

    #[test]
    fn unknown_fields_and_codes_survive_a_round_trip() {
        let incident = Incident::from_json(FULL.as_bytes()).unwrap();
        assert_eq!(incident.content.acts.len(), 2);
        assert!(!incident.content.acts[1].code.is_known());
        let before: Value = serde_json::from_str(FULL).unwrap();
        let after: Value = serde_json::from_slice(&incident.to_json().unwrap()).unwrap();
        assert_eq!(after, before);
        assert_eq!(Incident::from_json(&incident.to_json().unwrap()).unwrap(), incident);
    }

    #[test]
    fn debug_prints_nothing_that_was_entered() {
        let printed = format!("{:#?}", Incident::from_json(FULL.as_bytes()).unwrap());
        for secret in ["اعتقال", "Полиция", "القاهرة", "30.04", "victim", "a b", "hijri", "police", "doxxing"]
        {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
    }

    #[test]
    fn a_newer_schema_and_a_malformed_record_are_told_apart() {
        let newer = FULL.replace("incident/1", "incident/2");
        assert!(matches!(Incident::from_json(newer.as_bytes()), Err(CoreError::NewerSchema)));
        let other = FULL.replace("amparo.incident/1", "amparo.evidence/1");
        assert!(matches!(Incident::from_json(other.as_bytes()), Err(CoreError::MalformedRecord)));
        for bad in ["", "[]", "{}", "{\"schema\":1}", &FULL.replace("\"revision\": 3", "\"revision\": -3")] {
            assert!(matches!(Incident::from_json(bad.as_bytes()), Err(CoreError::MalformedRecord)), "{bad}");
        }
        assert!(matches!(Incident::from_json(b"\xff\xfe{}"), Err(CoreError::MalformedRecord)), "invalid UTF-8");
        assert!(matches!(Incident::from_json(&vec![b' '; 5 << 20]), Err(CoreError::TooLong { .. })));
        assert!(matches!(Incident::from_json("[".repeat(100_000).as_bytes()), Err(CoreError::MalformedRecord)));
    }

    #[test]
    fn one_sentence_is_enough_and_nothing_is_not() {
        IncidentContent::from("They took my phone.").validate().unwrap();
        IncidentContent { acts: vec![ActCode::THREAT.into()], ..Default::default() }.validate().unwrap();
        for empty in ["", "  \n\t"] {
            assert!(matches!(IncidentContent::from(empty).validate(), Err(CoreError::EmptyIncident)));
        }
        let language_only = IncidentContent { language: Some("en".into()), ..Default::default() };
        assert!(matches!(language_only.validate(), Err(CoreError::EmptyIncident)));
    }

    #[test]
    fn what_cannot_be_is_refused_by_field() {
        let base = || IncidentContent::from("x");
        let place = |place: Place| IncidentContent { place: Some(place), ..base() };
        let at = |latitude, longitude| {
            place(Place { coordinates: Some(Coordinates { latitude, longitude }), ..Default::default() })
        };
        let cases = [
            (IncidentContent { title: "t".repeat(limits::TITLE_BYTES + 1), ..base() }, "title"),
            (IncidentContent::from("n".repeat(limits::NARRATIVE_BYTES + 1)), "narrative"),
            (IncidentContent { language: Some("english!".into()), ..base() }, "language"),
            (IncidentContent { acts: vec![ActCode::THREAT.into(); limits::ACTS + 1], ..base() }, "acts"),
            (IncidentContent { tags: vec!["t".into(); limits::TAGS + 1], ..base() }, "tags"),
            (IncidentContent { tags: vec![" ".into()], ..base() }, "tag"),
            (IncidentContent { tags: vec!["t".repeat(limits::TAG_BYTES + 1)], ..base() }, "tag"),
            (place(Place { text: "p".repeat(limits::PLACE_BYTES + 1), ..Default::default() }), "place"),
            (place(Place { country: Some("eg".into()), ..Default::default() }), "country"),
            (place(Place { accuracy_m: Some(f64::NAN), ..Default::default() }), "accuracy_m"),
            (place(Place { accuracy_m: Some(-1.0), ..Default::default() }), "accuracy_m"),
            (at(90.1, 0.0), "coordinates"),
            (at(0.0, f64::INFINITY), "coordinates"),
        ];
        for (content, name) in cases {
            match content.validate() {
                Err(
                    CoreError::TooLong { field, .. }
                    | CoreError::TooMany { field, .. }
                    | CoreError::InvalidField { field, .. },
                ) => assert_eq!(field, name),
                other => panic!("{name}: {other:?}"),
            }
        }
        let mut occurred = Occurred::at("2024-05".parse().unwrap());
        occurred.to = Some("2024-04".parse().unwrap());
        let content = IncidentContent { occurred: Some(occurred), ..base() };
        assert!(matches!(content.validate(), Err(CoreError::Date(DateError::EndBeforeBeginning))));
    }

    #[test]
    fn every_text_is_reached_and_bounded() {
        let full = Incident::from_json(FULL.as_bytes()).unwrap().content;
        let mut fields = BTreeSet::new();
        full.texts(&mut |field, _| {
            fields.insert(field);
        });
        let expected = [
            "by",
            "charges",
            "conditions",
            "confidential",
            "content_ids",
            "country",
            "currency",
            "description",
            "handle",
            "human_rights_link",
            "injuries",
            "language",
            "method",
            "name",
            "narrative",
            "place",
            "platform",
            "reference",
            "result",
            "tags",
            "target",
            "text",
            "title",
            "urls",
            "value",
        ];
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), expected);
        let mut long = full.clone();
        long.acts[0].detention.as_mut().unwrap().conditions = "x".repeat(limits::TEXT_BYTES + 1);
        assert!(matches!(long.validate(), Err(CoreError::TooLong { field: "conditions", limit: limits::TEXT_BYTES })));
        let mut long = full.clone();
        long.perpetrators[0].identifiers[0].value = "x".repeat(limits::NAME_BYTES + 1);
        assert!(matches!(long.validate(), Err(CoreError::TooLong { field: "value", .. })));
        let mut many = full;
        many.persons = vec![Person::default(); 10_000];
        assert!(matches!(many.validate(), Err(CoreError::TooMany { field: "persons", limit: limits::PERSONS })));
    }

    #[test]
    fn what_is_named_must_be_there_and_ids_are_given_once() {
        let full = Incident::from_json(FULL.as_bytes()).unwrap().content;
        let refused = |change: &dyn Fn(&mut IncidentContent)| {
            let mut content = full.clone();
            change(&mut content);
            match content.validate() {
                Err(CoreError::InvalidField { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        let (person, perpetrator) = (PersonId::from_bytes([9; 16]), PerpetratorId::from_bytes([9; 16]));
        assert_eq!(refused(&|c| c.acts[0].victims.push(person)), "person");
        assert_eq!(refused(&|c| c.support_needs[0].persons.push(person)), "person");
        assert_eq!(refused(&|c| c.sources[0].person = Some(person)), "person");
        assert_eq!(refused(&|c| c.acts[1].perpetrators.push(perpetrator)), "perpetrator");
        assert_eq!(refused(&|c| c.persons.push(c.persons[0].clone())), "persons.id");
        assert_eq!(refused(&|c| c.perpetrators.push(c.perpetrators[0].clone())), "perpetrators.id");
        assert_eq!(refused(&|c| c.support_needs[0].amount.as_mut().unwrap().currency = "euro".into()), "currency");
        assert_eq!(refused(&|c| c.confidential.push("A B".into())), "confidential");
        let mut content = full.clone();
        content.persons.push(Person::default());
        content.perpetrators.push(Perpetrator::default());
        content.identify().unwrap();
        content.validate().unwrap();
        assert!(content.persons[1].id.is_some() && content.perpetrators[1].id.is_some());
        assert_eq!(content.persons[0], full.persons[0], "an id that is there stays");
        let mut dates = full;
        dates.acts[0].detention.as_mut().unwrap().until = Some("2025".parse().unwrap());
        assert!(matches!(dates.validate(), Err(CoreError::Date(DateError::EndBeforeBeginning))));
    }

    #[test]
    fn a_heading_is_one_short_line() {
        assert_eq!(IncidentContent::from("  first\nsecond").heading(), "first");
        let long = IncidentContent::from("é".repeat(500)).heading();
        assert_eq!(long.chars().count(), 121);
        let titled = IncidentContent { title: "T".into(), ..IncidentContent::from("n") };
        assert_eq!(titled.heading(), "T");
    }
}
