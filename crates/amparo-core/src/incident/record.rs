//! The incident record: `amparo.incident/1`. What somebody entered, and what the vault adds to it.
//!
//! Only what the user entered is required. Nothing here may drop a field or a code that it does not know, and `Debug` prints
//! nothing of what was entered.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Occurred;
use crate::{CoreError, EvidenceId, IncidentId, Stamp, code::codes, text};

/// `schema` of an incident.
pub const INCIDENT_SCHEMA: &str = "amparo.incident/1";

codes! {
    /// What was done to somebody.
    ActCode {
        /// Violence against the body.
        PHYSICAL_ATTACK = "physical_attack",
        /// Harassment.
        HARASSMENT = "harassment",
        /// Public defamation.
        SMEAR_CAMPAIGN = "smear_campaign",
        /// Arrest or detention without lawful ground.
        ARBITRARY_DETENTION = "arbitrary_detention",
        /// Torture or other ill-treatment.
        TORTURE_ILL_TREATMENT = "torture_ill_treatment",
        /// Killing.
        KILLING = "killing",
        /// Detention or abduction that is denied.
        ENFORCED_DISAPPEARANCE = "enforced_disappearance",
        /// Threat.
        THREAT = "threat",
        /// Surveillance.
        SURVEILLANCE = "surveillance",
        /// Raid or search of a place.
        RAID_SEARCH = "raid_search",
        /// Things taken.
        CONFISCATION = "confiscation",
        /// Courts or investigations used as a weapon.
        JUDICIAL_HARASSMENT = "judicial_harassment",
        /// Travel ban.
        TRAVEL_BAN = "travel_ban",
        /// Loss of work.
        DISMISSAL = "dismissal",
        /// Sexual violence.
        SEXUAL_VIOLENCE = "sexual_violence",
        /// Attack on the family.
        ATTACK_ON_FAMILY = "attack_on_family",
        /// Damage to property.
        PROPERTY_DAMAGE = "property_damage",
        /// Attack online.
        ONLINE_ATTACK = "online_attack",
        /// Something else, told in the narrative.
        OTHER = "other",
    }
}

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
    /// How precisely a place may be told.
    PlacePrecision {
        /// The place itself.
        EXACT = "exact",
        /// The town.
        TOWN = "town",
        /// The region.
        REGION = "region",
        /// Known and not told.
        WITHHELD = "withheld",
    }
}

/// One act of an incident.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// What it was.
    pub code: ActCode,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl From<ActCode> for Act {
    fn from(code: ActCode) -> Self {
        Self { code, unknown: Map::new() }
    }
}

/// WGS 84.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

/// Where it happened.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Place {
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// On the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// How far the coordinates may be off, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// How precisely it may be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PlacePrecision>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What somebody entered about an incident. One sentence is enough: `IncidentContent::from("They took my phone.")`.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IncidentContent {
    /// A line for lists.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What happened, in the words of whoever tells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub narrative: String,
    /// BCP 47 tag of the language it is told in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Act>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred: Option<Occurred>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whether it goes on. Absent when nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<IncidentStatus>,
    /// How soon somebody must act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The user's own words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// One incident as the vault keeps it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Always [`INCIDENT_SCHEMA`].
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
    /// The evidence attached to it, oldest first. Kept beside the record, not in its revisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

/// Bounds. Far above what people write, low enough that one record cannot exhaust a phone.
pub mod limits {
    /// Title, bytes of UTF-8.
    pub const TITLE_BYTES: usize = 1024;
    /// Narrative, bytes of UTF-8: some 150,000 words of English.
    pub const NARRATIVE_BYTES: usize = 1 << 20;
    /// Place in words, bytes of UTF-8.
    pub const PLACE_BYTES: usize = 4096;
    /// Acts of one incident.
    pub const ACTS: usize = 256;
    /// Tags of one incident.
    pub const TAGS: usize = 64;
    /// One tag, bytes of UTF-8.
    pub const TAG_BYTES: usize = 128;
    /// The whole record as JSON, with what a newer version added.
    pub const RECORD_BYTES: usize = 4 << 20;
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
        let blank = self.title.trim().is_empty() && self.narrative.trim().is_empty();
        let nothing_else = Self { title: String::new(), narrative: String::new(), language: None, ..self.clone() };
        if blank && nothing_else == Self::default() {
            return Err(CoreError::EmptyIncident);
        }
        text::check_len("title", &self.title, limits::TITLE_BYTES)?;
        text::check_len("narrative", &self.narrative, limits::NARRATIVE_BYTES)?;
        text::check_language(self.language.as_deref())?;
        text::check_count("acts", self.acts.len(), limits::ACTS)?;
        text::check_count("tags", self.tags.len(), limits::TAGS)?;
        for tag in &self.tags {
            text::check_len("tag", tag, limits::TAG_BYTES)?;
            if tag.trim().is_empty() {
                return Err(CoreError::InvalidField { field: "tag", rule: "must not be empty" });
            }
        }
        self.occurred.as_ref().map_or(Ok(()), Occurred::validate)?;
        self.place.as_ref().map_or(Ok(()), Place::validate)?;
        // Else a field of a newer version could take the place of one of ours when the record is read again.
        const OURS: &[&str] = &["schema", "id", "revision", "created", "modified", "evidence"];
        if OURS.iter().any(|name| self.unknown.contains_key(*name)) {
            return Err(CoreError::InvalidField { field: "record", rule: "must not set a field that the vault sets" });
        }
        Ok(())
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

impl Place {
    fn validate(&self) -> Result<(), CoreError> {
        let invalid = |field, rule| Err(CoreError::InvalidField { field, rule });
        text::check_len("place", &self.text, limits::PLACE_BYTES)?;
        if self.country.as_ref().is_some_and(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
            return invalid("country", "must be two capital letters (ISO 3166-1)");
        }
        if let Some(Coordinates { latitude, longitude }) = self.coordinates
            && !((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude))
        {
            return invalid("coordinates", "must be degrees: latitude -90 to 90, longitude -180 to 180");
        }
        // Half the circumference of the Earth.
        if self.accuracy_m.is_some_and(|m| !(0.0..=20_037_509.0).contains(&m)) {
            return invalid("accuracy_m", "must be metres, from 0 to 20,037,509");
        }
        Ok(())
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

impl fmt::Debug for IncidentContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncidentContent")
            .field("title_bytes", &self.title.len())
            .field("narrative_bytes", &self.narrative.len())
            .field("acts", &self.acts.len())
            .finish_non_exhaustive()
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

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Act").field("code", &self.code).finish_non_exhaustive()
    }
}

impl fmt::Debug for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coordinates(..)")
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("precision", &self.precision).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::DateError;

    const FULL: &str = r#"{
        "schema": "amparo.incident/1", "id": "00112233445566778899aabbccddeeff", "revision": 3,
        "created": {"time": "2026-11-23T10:20:30Z", "clock": "device"},
        "modified": {"time": "2026-11-24T10:20:30Z", "clock": "atomic"},
        "title": "اعتقال", "narrative": "Полиция пришла ночью 🕯️", "language": "ar-EG",
        "acts": [{"code": "arbitrary_detention", "detention": {"place": "x", "since": "2026"}}, {"code": "drone_strike"}],
        "occurred": {"from": "2026-11", "to": "2026-12", "precision": "circa", "calendar": "hijri"},
        "place": {"text": "القاهرة", "country": "EG", "coordinates": {"latitude": 30.0444196, "longitude": 31.2357116},
                  "accuracy_m": 12.5, "precision": "town", "floor": 3},
        "status": "ongoing", "urgency": "imminent", "tags": ["a b", "🕊"],
        "persons": [{"role": "victim", "name": "N"}], "number": 0.30000000000000004, "big": 18446744073709551615,
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
        for secret in ["اعتقال", "Полиция", "القاهرة", "30.04", "victim", "a b", "hijri"] {
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
    fn a_heading_is_one_short_line() {
        assert_eq!(IncidentContent::from("  first\nsecond").heading(), "first");
        let long = IncidentContent::from("é".repeat(500)).heading();
        assert_eq!(long.chars().count(), 121);
        let titled = IncidentContent { title: "T".into(), ..IncidentContent::from("n") };
        assert_eq!(titled.heading(), "T");
    }
}
