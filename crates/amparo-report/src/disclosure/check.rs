//! A report's fields against what was signed when the record was saved.

use std::collections::{BTreeMap, BTreeSet};

use amparo_crypto::sign::VerifyingKey;
use serde_json::Value;

use super::{
    FieldsError, Opening, Openings, Statement,
    commit::{ELEMENT, field_hash, is_field, push_key, root_of},
};

/// What [`verify`] found. Fields are named by RFC 6901 pointers into `incident` of `report.json`: text from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldsReport {
    /// What was signed, and by which key, if the signature holds.
    pub statement: Option<(Statement, VerifyingKey)>,
    /// Fields that are shown exactly as they were saved.
    pub covered: usize,
    /// What the sender shows and says themselves that it is not as it was saved.
    pub unsigned: Vec<String>,
    /// Opened fields that do not hold, in the order of the openings: another value than was signed, another place, or nothing
    /// there. The first is the first field that fails.
    pub altered: Vec<String>,
    /// Fields that are shown, and neither opened nor said to be unsigned.
    pub not_covered: Vec<String>,
    /// The openings as a whole cannot be used.
    pub fault: Option<FieldsError>,
}

impl FieldsReport {
    /// Everything that is shown is as it was signed, or is openly said not to be.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.statement.is_some() && self.fault.is_none() && self.altered.is_empty() && self.not_covered.is_empty()
    }
}

/// Checks the three files of `disclosure/` (exact bytes) against `incident`, that part of `report.json`. `expected` is the key
/// that must have signed, if the manifest names it.
#[must_use]
pub fn verify(
    statement: &[u8],
    signature: &[u8],
    openings: &[u8],
    incident: &Value,
    expected: Option<&[u8; 32]>,
) -> FieldsReport {
    let mut report = FieldsReport {
        statement: None,
        covered: 0,
        unsigned: Vec::new(),
        altered: Vec::new(),
        not_covered: Vec::new(),
        fault: None,
    };
    let (statement, key) = match Statement::verify(statement, signature, expected) {
        Ok(signed) => signed,
        Err(error) => {
            report.fault = Some(error);
            return report;
        }
    };
    let checked = Openings::parse(openings).and_then(|openings| {
        let whole = openings.leaves.len() == statement.leaves
            && openings.leaves.is_sorted_by(|a, b| a < b)
            && root_of(&openings.leaves) == statement.root;
        if whole { Ok(openings) } else { Err(FieldsError::Malformed) }
    });
    match checked {
        Ok(openings) => check_fields(&openings, &statement, incident, &mut report),
        Err(error) => report.fault = Some(error),
    }
    report.statement = Some((statement, key));
    report
}

fn check_fields(openings: &Openings, statement: &Statement, incident: &Value, report: &mut FieldsReport) {
    let mut places = Places::default();
    let mut shown = BTreeSet::new();
    for opening in &openings.fields {
        let leaf = field_hash(&opening.salt, &opening.path, opening.value.as_bytes());
        let holds = openings.leaves.binary_search(&leaf).is_ok()
            && same_value(opening, incident)
            && (opening.path != "/id" || is_id(&opening.value, &statement.id))
            && places.agree(&opening.path, &opening.shown_as, incident)
            && shown.insert(opening.shown_as.as_str());
        if holds {
            report.covered = report.covered.saturating_add(1);
        } else {
            report.altered.push(opening.shown_as.clone());
        }
    }
    let mut unsigned: BTreeSet<&str> = BTreeSet::new();
    for pointer in &openings.unsigned {
        // What is said to be unsigned is there, is not proven at the same time, and is said once.
        let there = incident.pointer(pointer).is_some() && !shown.contains(pointer.as_str());
        if !unsigned.insert(pointer) || !there {
            report.altered.push(pointer.clone());
        } else {
            report.unsigned.push(pointer.clone());
        }
    }
    let altered: BTreeSet<&str> = report.altered.iter().map(String::as_str).collect();
    let told = |pointer: &str| [&shown, &unsigned, &altered].into_iter().any(|set| set.contains(pointer));
    let mut uncovered = Vec::new();
    find_uncovered(incident, &mut String::new(), &told, &mut uncovered);
    report.not_covered = uncovered;
}

/// The opened bytes say the same as what is shown.
fn same_value(opening: &Opening, incident: &Value) -> bool {
    let opened: Result<Value, _> = serde_json::from_str(&opening.value);
    opened.is_ok_and(|opened| incident.pointer(&opening.shown_as) == Some(&opened))
}

fn is_id(value: &str, id: &[u8; 16]) -> bool {
    value == format!("\"{}\"", crate::hex::encode(id))
}

/// Fields of what is shown that nothing is said about. What is opened or declared as a whole is not looked into.
fn find_uncovered(value: &Value, pointer: &mut String, told: &dyn Fn(&str) -> bool, out: &mut Vec<String>) {
    if told(pointer) {
        return;
    }
    if is_field(value) {
        // A report that shows no field at all shows nothing that would have to be proven.
        let nothing = pointer.is_empty() && value.as_object().is_some_and(serde_json::Map::is_empty);
        if nothing {
            return;
        }
        out.push(pointer.clone());
        return;
    }
    let at = pointer.len();
    let mut go = |key: &str, child: &Value| {
        push_key(pointer, key);
        find_uncovered(child, pointer, told, out);
        pointer.truncate(at);
    };
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(i, child)| go(&i.to_string(), child)),
        Value::Object(map) => map.iter().for_each(|(key, child)| go(key, child)),
        _ => {}
    }
}

/// Which saved list element is shown at which place. One element has one place and one place one element, or the parts of two
/// could be shown as one.
#[derive(Default)]
struct Places {
    shown: BTreeMap<String, String>,
    saved: BTreeMap<String, String>,
}

impl Places {
    /// Whether `path` and `shown_as` say the same, given all before: the same keys, and elements where there are lists.
    fn agree(&mut self, path: &str, shown_as: &str, incident: &Value) -> bool {
        let (mut saved, mut shown) = (path.split('/'), shown_as.split('/'));
        if saved.next() != Some("") || shown.next() != Some("") {
            return false;
        }
        let (mut saved_at, mut shown_at, mut value) = (String::new(), String::new(), Some(incident));
        let mut pairs = Vec::new();
        loop {
            let (key, place) = match (saved.next(), shown.next()) {
                (None, None) => break,
                (Some(key), Some(place)) => (key, place),
                _ => return false,
            };
            let in_list = matches!(value, Some(Value::Array(_)));
            for (at, segment) in [(&mut saved_at, key), (&mut shown_at, place)] {
                at.push('/');
                at.push_str(segment);
            }
            if key.starts_with(ELEMENT) != in_list || (!in_list && key != place) {
                return false;
            }
            if in_list {
                pairs.push((saved_at.clone(), shown_at.clone()));
            }
            value = incident.pointer(&shown_at);
        }
        let same =
            |map: &BTreeMap<String, String>, key: &String, value: &String| map.get(key).is_none_or(|v| v == value);
        if !pairs.iter().all(|(saved, shown)| same(&self.saved, saved, shown) && same(&self.shown, shown, saved)) {
            return false;
        }
        for (saved, shown) in pairs {
            self.shown.insert(shown.clone(), saved.clone());
            self.saved.insert(saved, shown);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use amparo_crypto::{SecretKey, sign::SigningKey};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::disclosure::{Commitment, RECORD_INCIDENT};

    struct Saved {
        commitment: Commitment,
        statement: Vec<u8>,
        signature: Vec<u8>,
        key: [u8; 32],
    }

    fn record() -> Value {
        json!({
            "id": "07070707070707070707070707070707", "title": "T", "ongoing": true,
            "persons": [{"name": "Ana", "role": "victim"}, {"name": "Bo", "role": "witness"}],
            "place": {"text": "Street", "at": {"latitude": 30.0444196, "longitude": 31.2357116}},
        })
    }

    fn save(record: &Value) -> Saved {
        let commitment = Commitment::new(record, &SecretKey::generate().unwrap());
        let (key, _) = SigningKey::generate().unwrap();
        let statement = Statement {
            record: RECORD_INCIDENT.into(),
            id: [7; 16],
            revision: 1,
            root: commitment.root(),
            leaves: commitment.size(),
            time: "2026-11-24T10:00:00Z".into(),
            core: "t".into(),
        };
        let statement = statement.to_json().unwrap();
        let signature = Statement::sign(&statement, &key).unwrap();
        Saved { commitment, statement, signature, key: key.verifying_key().to_bytes() }
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    impl Saved {
        fn open(&self, shown: &[(&str, &str)], unsigned: &[&str]) -> Vec<u8> {
            let unsigned: Vec<String> = unsigned.iter().map(|p| (*p).to_owned()).collect();
            self.commitment.open(&pairs(shown), &unsigned).unwrap().to_json().unwrap()
        }

        fn check(&self, openings: &[u8], shown: &Value) -> FieldsReport {
            verify(&self.statement, &self.signature, openings, shown, Some(&self.key))
        }
    }

    const SECOND: &[(&str, &str)] =
        &[("/title", "/title"), ("/persons/1/name", "/persons/0/name"), ("/persons/1/role", "/persons/0/role")];

    #[test]
    fn a_report_that_leaves_fields_out_verifies_against_the_original_statement() {
        let saved = save(&record());
        let shown = json!({"title": "T", "persons": [{"name": "Bo", "role": "witness"}]});
        let report = saved.check(&saved.open(SECOND, &[]), &shown);
        assert!(report.is_intact(), "{report:?}");
        assert_eq!((report.covered, report.statement.unwrap().0.revision), (3, 1));
        let all: Vec<(String, String)> = saved.commitment.pointers().map(|p| (p.to_owned(), p.to_owned())).collect();
        let all = saved.commitment.open(&all, &[]).unwrap().to_json().unwrap();
        assert!(saved.check(&all, &record()).is_intact());
        assert!(saved.check(&saved.open(&[], &[]), &json!({})).is_intact(), "and so does one that shows nothing");
    }

    #[test]
    fn what_is_not_as_it_was_saved_is_named() {
        let saved = save(&record());
        let openings = saved.open(SECOND, &[]);
        let altered = |shown: Value| saved.check(&openings, &shown).altered;
        let witness = |name: &str, role: &str| json!({"title": "T", "persons": [{"name": name, "role": role}]});
        assert_eq!(altered(witness("Ana", "witness")), ["/persons/0/name"]);
        assert_eq!(altered(witness("Bo", "victim")), ["/persons/0/role"]);
        assert_eq!(altered(json!({"title": "U", "persons": []})), ["/title", "/persons/0/name", "/persons/0/role"]);
        let more =
            json!({"title": "T", "narrative": "N", "persons": [{"name": "Bo", "role": "witness", "age": 1}, {}]});
        let report = saved.check(&openings, &more);
        assert_eq!(report.not_covered, ["/narrative", "/persons/0/age", "/persons/1"].map(String::from));
        assert!(!report.is_intact() && report.altered.is_empty());
        let declared = saved.open(SECOND, &["/narrative", "/persons/0/age", "/persons/1"]);
        let report = saved.check(&declared, &more);
        assert!(report.is_intact() && report.unsigned.len() == 3, "{report:?}");
        // Declaring what is not there, or what is proven, or one thing twice, is no declaration.
        for (unsigned, fault) in
            [(&["/x"][..], "/x"), (&["/title"], "/title"), (&["/narrative", "/narrative"], "/narrative")]
        {
            let report = saved.check(&saved.open(SECOND, unsigned), &more);
            assert_eq!(report.altered, [fault], "{unsigned:?}");
        }
    }

    #[test]
    fn parts_of_two_persons_cannot_be_shown_as_one() {
        let saved = save(&record());
        let mixed = saved.open(&[("/persons/0/name", "/persons/0/name"), ("/persons/1/role", "/persons/0/role")], &[]);
        let report = saved.check(&mixed, &json!({"persons": [{"name": "Ana", "role": "witness"}]}));
        assert_eq!(report.altered, ["/persons/0/role"]);
        let split = saved.open(&[("/persons/0/name", "/persons/0/name"), ("/persons/0/role", "/persons/1/role")], &[]);
        let report = saved.check(&split, &json!({"persons": [{"name": "Ana"}, {"role": "victim"}]}));
        assert_eq!(report.altered, ["/persons/1/role"]);
        // A field keeps its name, and a list element is no key.
        for (from, to, shown) in [
            ("/title", "/narrative", json!({"narrative": "T"})),
            ("/persons/0/name", "/persons/0/role", json!({"persons": [{"role": "Ana"}]})),
            ("/persons/0/name", "/persons/x/name", json!({"persons": {"x": {"name": "Ana"}}})),
            ("/title", "/title/0", json!({"title": ["T"]})),
            ("/place/text", "/text", json!({"text": "Street"})),
        ] {
            let report = saved.check(&saved.open(&[(from, to)], &[]), &shown);
            assert_eq!(report.altered, [to]);
        }
    }

    #[test]
    fn another_incident_another_key_and_another_record_do_not_verify() {
        let (saved, other) = (save(&record()), save(&record()));
        let openings = saved.open(&[("/id", "/id")], &[]);
        let shown = json!({"id": "07070707070707070707070707070707"});
        assert!(saved.check(&openings, &shown).is_intact());
        assert_eq!(other.check(&openings, &shown).fault, Some(FieldsError::Malformed), "another save's leaves");
        let under = verify(&saved.statement, &saved.signature, &openings, &shown, Some(&other.key));
        assert_eq!((under.statement, under.fault), (None, Some(FieldsError::Signature)));
        let foreign = save(&json!({"id": "08080808080808080808080808080808"}));
        let report =
            foreign.check(&foreign.open(&[("/id", "/id")], &[]), &json!({"id": "08080808080808080808080808080808"}));
        assert_eq!(report.altered, ["/id"], "the statement is on another record");
    }

    #[test]
    fn nothing_hidden_is_in_the_files_and_a_guess_cannot_be_confirmed() {
        // A field with two possible values: whoever has the report tries both, with every salt that it carries.
        let saved = save(&record());
        let openings = Openings::parse(&saved.open(SECOND, &[])).unwrap();
        let salts: Vec<[u8; 32]> = openings.fields.iter().map(|f| f.salt).chain([[0; 32]]).collect();
        for guess in ["true", "false"] {
            for salt in &salts {
                assert!(!openings.leaves.contains(&field_hash(salt, "/ongoing", guess.as_bytes())));
            }
        }
        let text = [saved.open(SECOND, &[]), saved.statement.clone()].concat();
        let text = String::from_utf8(text).unwrap();
        for hidden in ["ongoing", "Ana", "victim", "Street", "30.04"] {
            assert!(!text.contains(hidden), "{hidden}");
        }
        // Of all leaves only the opened ones can be told from decoys, and all leaves are 32 bytes.
        let opened = openings
            .fields
            .iter()
            .filter(|f| openings.leaves.contains(&field_hash(&f.salt, &f.path, f.value.as_bytes())));
        assert_eq!((opened.count(), openings.leaves.len()), (3, 32));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_flipped_bit_of_the_three_files_is_found(file in 0usize..3, at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let saved = save(&record());
            let shown = json!({"title": "T", "extra": 1, "persons": [{"name": "Bo", "role": "witness"}]});
            let mut files = [saved.statement.clone(), saved.signature.clone(), saved.open(SECOND, &["/extra"])];
            prop_assert!(verify(&files[0], &files[1], &files[2], &shown, Some(&saved.key)).is_intact());
            let index = at.index(files[file].len());
            files[file][index] ^= 1 << bit;
            prop_assert!(!verify(&files[0], &files[1], &files[2], &shown, Some(&saved.key)).is_intact());
        }

        #[test]
        fn any_choice_of_fields_verifies_and_hides_the_rest(choice in proptest::collection::vec(any::<bool>(), 10)) {
            let saved = save(&record());
            let all: Vec<String> = saved.commitment.pointers().map(str::to_owned).collect();
            prop_assert_eq!(all.len(), 10);
            let chosen: Vec<(String, String)> =
                all.iter().zip(&choice).filter(|(_, c)| **c).map(|(p, _)| (p.clone(), p.clone())).collect();
            let openings = saved.commitment.open(&chosen, &[]).unwrap();
            let report = saved.check(&openings.to_json().unwrap(), &record());
            prop_assert_eq!(report.covered, chosen.len());
            prop_assert!(report.altered.is_empty());
            let hidden: Vec<String> = all.into_iter().filter(|p| !chosen.iter().any(|(c, _)| c == p)).collect();
            prop_assert_eq!(report.not_covered, hidden);
        }
    }
}
