//! Which fields of an incident a report may show, and how somebody chooses among them.
//!
//! What is not in the table is not shown: a field of a newer version may be bound to somebody's consent, and this version cannot
//! tell. `*` stands for any element of a list.

use std::str::FromStr;

use serde_json::Value;

use crate::CoreError;

/// Under which condition a field is shown, unless somebody left it out or marked it as confidential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Always.
    Shown,
    /// In a signed report: it would tie an anonymous one to others.
    Signed,
    /// If tags are shown.
    Tag,
    /// If contacts are shown.
    Contact,
    /// If it was chosen by hand: it speaks of somebody else, or of another case.
    ByHand,
    /// The id of a person or a perpetrator. Anonymous reports number them.
    Id,
    /// Names a person: if that person is shown.
    Person,
    /// Names a perpetrator: if that perpetrator is shown.
    Perpetrator,
    /// Names evidence: if it is in the report, and the report is signed.
    Evidence,
}

/// One field.
pub(super) struct Field {
    pub path: &'static str,
    pub rule: Rule,
    /// Words that somebody wrote: they may name anybody.
    pub text: bool,
}

const fn plain(path: &'static str, rule: Rule) -> Field {
    Field { path, rule, text: false }
}

const fn text(path: &'static str, rule: Rule) -> Field {
    Field { path, rule, text: true }
}

/// Every field that may be shown.
pub(super) const FIELDS: &[Field] = &[
    plain("/schema", Rule::Signed),
    plain("/id", Rule::Signed),
    plain("/revision", Rule::Signed),
    plain("/created/time", Rule::Signed),
    plain("/created/clock", Rule::Signed),
    plain("/modified/time", Rule::Signed),
    plain("/modified/clock", Rule::Signed),
    text("/title", Rule::Shown),
    text("/narrative", Rule::Shown),
    plain("/language", Rule::Shown),
    plain("/acts/*/code", Rule::Shown),
    plain("/acts/*/victims/*", Rule::Person),
    plain("/acts/*/perpetrators/*", Rule::Perpetrator),
    plain("/acts/*/occurred/from", Rule::Shown),
    plain("/acts/*/occurred/to", Rule::Shown),
    plain("/acts/*/occurred/precision", Rule::Shown),
    text("/acts/*/method", Rule::Shown),
    text("/acts/*/injuries", Rule::Shown),
    text("/acts/*/detention/place", Rule::Shown),
    plain("/acts/*/detention/since", Rule::Shown),
    plain("/acts/*/detention/until", Rule::Shown),
    text("/acts/*/detention/charges", Rule::Shown),
    plain("/acts/*/detention/lawyer_access", Rule::Shown),
    text("/acts/*/detention/conditions", Rule::Shown),
    text("/acts/*/description", Rule::Shown),
    plain("/acts/*/evidence/*", Rule::Evidence),
    plain("/occurred/from", Rule::Shown),
    plain("/occurred/to", Rule::Shown),
    plain("/occurred/precision", Rule::Shown),
    text("/place/text", Rule::Shown),
    plain("/place/country", Rule::Shown),
    plain("/place/coordinates/latitude", Rule::Shown),
    plain("/place/coordinates/longitude", Rule::Shown),
    plain("/place/accuracy_m", Rule::Shown),
    plain("/place/precision", Rule::Shown),
    plain("/status", Rule::Shown),
    plain("/urgency", Rule::Shown),
    text("/human_rights_link", Rule::Shown),
    plain("/persons/*/id", Rule::Id),
    plain("/persons/*/role", Rule::Shown),
    plain("/persons/*/nature", Rule::Shown),
    plain("/persons/*/number", Rule::Shown),
    text("/persons/*/name", Rule::Shown),
    text("/persons/*/pseudonym", Rule::Shown),
    plain("/persons/*/gender", Rule::Shown),
    plain("/persons/*/age_band", Rule::Shown),
    plain("/persons/*/occupation", Rule::Shown),
    text("/persons/*/affiliation", Rule::Shown),
    plain("/persons/*/safe_contact/method", Rule::Contact),
    text("/persons/*/safe_contact/address", Rule::Contact),
    text("/persons/*/safe_contact/hours", Rule::Contact),
    text("/persons/*/safe_contact/never_use/*", Rule::Contact),
    plain("/persons/*/consent/status", Rule::Shown),
    plain("/persons/*/consent/scope/*", Rule::Shown),
    text("/persons/*/consent/given_by", Rule::ByHand),
    plain("/persons/*/consent/when", Rule::Shown),
    plain("/persons/*/consent/revocable", Rule::Shown),
    text("/persons/*/consent/note", Rule::ByHand),
    plain("/persons/*/consent/purposes/*/purpose", Rule::Shown),
    plain("/persons/*/consent/purposes/*/allowed", Rule::Shown),
    text("/persons/*/description", Rule::Shown),
    plain("/perpetrators/*/id", Rule::Id),
    plain("/perpetrators/*/kind", Rule::Shown),
    plain("/perpetrators/*/nature", Rule::Shown),
    plain("/perpetrators/*/number", Rule::Shown),
    text("/perpetrators/*/name", Rule::Shown),
    plain("/perpetrators/*/identifiers/*/kind", Rule::Shown),
    text("/perpetrators/*/identifiers/*/value", Rule::Shown),
    text("/perpetrators/*/description", Rule::Shown),
    plain("/online_harms/*/kind", Rule::Shown),
    text("/online_harms/*/platform", Rule::Shown),
    text("/online_harms/*/handle", Rule::Shown),
    text("/online_harms/*/target", Rule::Shown),
    text("/online_harms/*/urls/*", Rule::Shown),
    text("/online_harms/*/content_ids/*", Rule::Shown),
    plain("/online_harms/*/reported/when", Rule::Shown),
    text("/online_harms/*/reported/reference", Rule::Shown),
    text("/online_harms/*/reported/result", Rule::Shown),
    plain("/online_harms/*/evidence/*", Rule::Evidence),
    text("/online_harms/*/description", Rule::Shown),
    plain("/sources/*/kind", Rule::Shown),
    plain("/sources/*/person", Rule::Person),
    text("/sources/*/description", Rule::Shown),
    plain("/sources/*/reliability", Rule::Shown),
    plain("/sources/*/obtained", Rule::Shown),
    plain("/support_needs/*/kind", Rule::Shown),
    plain("/support_needs/*/persons/*", Rule::Person),
    plain("/support_needs/*/amount/value", Rule::Shown),
    plain("/support_needs/*/amount/currency", Rule::Shown),
    plain("/support_needs/*/by_when", Rule::Shown),
    text("/support_needs/*/description", Rule::Shown),
    plain("/requested_actions/*/kind", Rule::Shown),
    plain("/requested_actions/*/by_when", Rule::Shown),
    text("/requested_actions/*/description", Rule::Shown),
    plain("/actions_taken/*/kind", Rule::Shown),
    plain("/actions_taken/*/when", Rule::Shown),
    text("/actions_taken/*/by", Rule::Shown),
    text("/actions_taken/*/result", Rule::Shown),
    text("/actions_taken/*/description", Rule::Shown),
    plain("/related/*/id", Rule::ByHand),
    plain("/related/*/relation", Rule::ByHand),
    text("/tags/*", Rule::Tag),
];

/// What a part cannot be without: if that is not shown, the part is not.
pub(super) const REQUIRED: &[(&str, &[&str])] = &[
    ("/created", &["time", "clock"]),
    ("/modified", &["time", "clock"]),
    ("/acts/*", &["code"]),
    ("/acts/*/occurred", &["from", "precision"]),
    ("/occurred", &["from", "precision"]),
    ("/place/coordinates", &["latitude", "longitude"]),
    ("/persons/*/consent", &["status"]),
    ("/persons/*/consent/purposes/*", &["purpose", "allowed"]),
    ("/perpetrators/*/identifiers/*", &["kind", "value"]),
    ("/online_harms/*", &["kind"]),
    ("/support_needs/*", &["kind"]),
    ("/support_needs/*/amount", &["value", "currency"]),
    ("/requested_actions/*", &["kind"]),
    ("/related/*", &["id"]),
];

/// The table's entry for a pattern.
pub(super) fn field(pattern: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == pattern)
}

/// Names fields of an incident: an RFC 6901 pointer into the record, in which `*` stands for every element of a list. It means
/// what stands at that place, and everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Whether it names `pointer` or something that `pointer` is in.
    pub(super) fn holds(&self, pointer: &[String]) -> bool {
        self.0.len() <= pointer.len() && self.agrees(pointer)
    }

    /// Whether one of the two names the other or something in it.
    fn agrees(&self, pointer: &[String]) -> bool {
        self.0.iter().zip(pointer).all(|(ours, theirs)| ours == "*" || ours == theirs)
    }

    pub(super) fn is_exact(&self) -> bool {
        !self.0.iter().any(|segment| segment == "*")
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Refuses a path that names nothing: a field that was misspelt would be told, or missing, without anybody noticing.
    pub(super) fn check(&self, record: &Value) -> Result<(), CoreError> {
        let known = FIELDS.iter().any(|field| {
            let pattern: Vec<&str> = field.path.split('/').skip(1).collect();
            self.0.len() <= pattern.len()
                && self
                    .0
                    .iter()
                    .zip(pattern)
                    .all(|(ours, theirs)| ours == theirs || (theirs == "*" && ours.parse::<usize>().is_ok()))
        });
        if known && self.in_bounds(record) { Ok(()) } else { Err(CoreError::NoSuchField) }
    }

    /// A number must be that of an element that is there.
    fn in_bounds(&self, record: &Value) -> bool {
        let mut value = Some(record);
        for segment in &self.0 {
            value = match value {
                Some(Value::Array(list)) if segment != "*" => match segment.parse::<usize>().map(|i| list.get(i)) {
                    Ok(Some(element)) => Some(element),
                    _ => return false,
                },
                // Nothing entered there, or every element: there is nothing to count.
                Some(Value::Object(map)) => map.get(segment),
                _ => None,
            };
        }
        true
    }
}

impl FromStr for FieldPath {
    type Err = CoreError;

    /// Reads `/narrative`, `/persons/*/name`, `/persons/0`. [`CoreError::NoSuchField`] for anything that is no path; whether
    /// there is such a field, sealing tells.
    fn from_str(text: &str) -> Result<Self, CoreError> {
        let rest = text.strip_prefix('/').filter(|rest| !rest.is_empty()).ok_or(CoreError::NoSuchField)?;
        let segments: Vec<String> = rest.split('/').map(str::to_owned).collect();
        if segments.iter().any(String::is_empty) { Err(CoreError::NoSuchField) } else { Ok(Self(segments)) }
    }
}

impl core::fmt::Display for FieldPath {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::incident::Incident;

    /// Every field of the record, once.
    const FULL: &str = r#"{"schema":"amparo.incident/1","id":"00112233445566778899aabbccddeeff","revision":1,
        "created":{"time":"2026-11-23T10:20:30Z","clock":"device"},"modified":{"time":"2026-11-23T10:20:30Z","clock":"device"},
        "title":"t","narrative":"n","language":"en","draft":true,
        "acts":[{"code":"threat","victims":["000000000000000000000000000000a1"],"perpetrators":["000000000000000000000000000000b1"],
          "occurred":{"from":"2026","to":"2026","precision":"year"},"method":"m","injuries":"i",
          "detention":{"place":"p","since":"2026","until":"2026","charges":"c","lawyer_access":true,"conditions":"c"},
          "description":"d","evidence":["000000000000000000000000000000e1"]}],
        "occurred":{"from":"2026","to":"2026","precision":"year"},
        "place":{"text":"t","country":"EG","coordinates":{"latitude":1.0,"longitude":1.0},"accuracy_m":1.0,"precision":"exact"},
        "status":"ended","urgency":"serious","human_rights_link":"h",
        "persons":[{"id":"000000000000000000000000000000a1","role":"victim","nature":"group","number":2,"name":"n","pseudonym":"p",
          "gender":"woman","age_band":"30-44","occupation":"lawyer","affiliation":"a",
          "safe_contact":{"method":"phone","address":"a","hours":"h","never_use":["x"]},
          "consent":{"status":"granted","scope":["lawyer"],"given_by":"g","when":"2026","revocable":true,"note":"n",
            "purposes":[{"purpose":"publication","allowed":true}]},
          "description":"d","confidential":["name"]}],
        "perpetrators":[{"id":"000000000000000000000000000000b1","kind":"police","nature":"group","number":2,"name":"n",
          "identifiers":[{"kind":"unit","value":"v"}],"description":"d"}],
        "online_harms":[{"kind":"threat","platform":"p","handle":"h","target":"t","urls":["u"],"content_ids":["c"],
          "reported":{"when":"2026","reference":"r","result":"r"},"evidence":["000000000000000000000000000000e1"],"description":"d"}],
        "sources":[{"kind":"media","person":"000000000000000000000000000000a1","description":"d","reliability":"probable","obtained":"2026"}],
        "support_needs":[{"kind":"other","persons":["000000000000000000000000000000a1"],"amount":{"value":"1","currency":"EUR"},
          "by_when":"2026","description":"d"}],
        "requested_actions":[{"kind":"other","by_when":"2026","description":"d"}],
        "actions_taken":[{"kind":"other","when":"2026","by":"b","result":"r","description":"d"}],
        "related":[{"id":"00000000000000000000000000000077","relation":"follows"}],"tags":["t"],"confidential":["title"]}"#;

    fn patterns(value: &Value, pattern: &str, out: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, child)| patterns(child, &format!("{pattern}/{key}"), out)),
            Value::Array(list) => list.iter().for_each(|child| patterns(child, &format!("{pattern}/*"), out)),
            _ => drop(out.insert(pattern.to_owned())),
        }
    }

    #[test]
    fn the_table_has_every_field_and_nothing_else() {
        // What the model reads and writes again is a field of the model: nothing of this is unknown to it.
        let incident = Incident::from_json(FULL.as_bytes()).unwrap();
        let mut fields = BTreeSet::new();
        patterns(&serde_json::from_slice(&incident.to_json().unwrap()).unwrap(), "", &mut fields);
        for never in ["/draft", "/confidential/*", "/persons/*/confidential/*"] {
            assert!(fields.remove(never), "{never}");
        }
        let table: BTreeSet<String> = FIELDS.iter().map(|field| field.path.to_owned()).collect();
        assert_eq!(table.len(), FIELDS.len(), "none twice");
        assert_eq!(table, fields);
        for (part, keys) in REQUIRED {
            assert!(keys.iter().all(|key| table.contains(&format!("{part}/{key}"))), "{part}");
        }
    }

    #[test]
    fn channel_forms_can_name_what_a_report_can_tell_and_nothing_else() {
        use amparo_pack::form::{EVIDENCE, PLACES};
        let mut named = BTreeSet::new();
        for place in PLACES.iter().filter(|place| place.at != EVIDENCE) {
            let list = if place.at.is_empty() { String::new() } else { format!("{}/*", place.at) };
            named.extend(place.fields.iter().map(|field| format!("{list}/{field}")));
        }
        // What holds the record together is not for a channel to ask for.
        let own = |path: &str| {
            let id = path.ends_with("/id") && !path.starts_with("/related");
            id || ["/schema", "/revision", "/created", "/modified"].iter().any(|fixed| path.starts_with(fixed))
        };
        let told = FIELDS.iter().map(|field| field.path.to_owned()).filter(|path| !own(path));
        assert_eq!(named, told.collect());
    }

    #[test]
    fn paths_name_fields_or_are_refused() {
        let record: Value = serde_json::from_str(FULL).unwrap();
        let check = |path: &str| path.parse::<FieldPath>().and_then(|path| path.check(&record));
        for good in
            ["/title", "/persons", "/persons/*", "/persons/0", "/persons/0/consent/note", "/acts/*/victims/0", "/place"]
        {
            check(good).unwrap();
        }
        for bad in [
            "",
            "/",
            "title",
            "/titel",
            "/persons/1",
            "/persons/name",
            "/persons/-1",
            "/draft",
            "/title/0",
            "//",
            "/persons/",
        ] {
            assert!(matches!(check(bad), Err(CoreError::NoSuchField)), "{bad}");
        }
    }
}
