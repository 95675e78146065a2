//! Channel forms: read whole or refused by name, whatever stands in them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use amparo_pack::form::{Form, FormError, Level, PLACES, RESERVED, SECTIONS, Way, form_limits, meets};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A form that has everything.
fn full() -> Value {
    serde_json::from_slice(include_bytes!("vectors/form.json")).unwrap()
}

fn read(form: &Value) -> Result<Form, FormError> {
    Form::parse(&serde_json::to_vec(form).unwrap(), "full")
}

/// The form with the value at `at` replaced.
fn with(at: &str, value: Value) -> Value {
    let mut form = full();
    let (parent, key) = at.rsplit_once('/').unwrap();
    match form.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{at}"),
    }
    form
}

#[test]
fn a_form_says_what_it_means() {
    let form = read(&full()).unwrap();
    assert!(form.is_for("newer_kind") && !form.is_for("media"));
    assert_eq!(form.of_level(Level::Required).map(|field| field.id.as_str()).collect::<Vec<_>>(), ["story", "when"]);
    assert!(form.consent_for("hotline").is_some() && form.consent_for("newer_kind").is_none());
    let order: Vec<&str> = form.layout.sections().collect();
    assert_eq!(order[..3], ["persons", "narrative", "human_rights_link"]);
    assert_eq!(order.len(), SECTIONS.len() - 1);
    assert!(form.limits.takes("image/jpeg") && form.limits.takes("Application/PDF; x=y"));
    assert!(!form.limits.takes("video/mp4") && !form.limits.takes("imagex/jpeg") && !form.limits.takes("image"));
    let keys = form.text_keys();
    for key in ["title", "summary", "story", "story.why", "voices.why", "consent", "limits.why"] {
        assert!(keys.contains(key), "{key}");
    }
}

#[test]
fn who_is_not_to_be_named_is_not_named_without_a_role_either() {
    let form = read(&full()).unwrap();
    let others = &form.fields[3].what[0];
    for (person, meant) in [
        (json!({"role": "witness"}), true),
        (json!({}), true),
        (json!({"role": "newer_role"}), true),
        (json!({"role": "victim"}), false),
    ] {
        assert_eq!(others.selects(&person), meant, "{person}");
    }
    assert!(others.holds("name") && others.holds("safe_contact/address") && !others.holds("role"));
    assert!(!others.holds("names") && !others.holds("safe_contacts"));
    assert!(meets(&json!({"x": 1}), &Default::default()) && !others.selects(&json!({"role": "defender"})));
}

#[test]
fn what_is_not_known_is_refused_and_never_skipped() {
    let newer = [
        ("/schema", json!("amparo.form/2")),
        ("/unless", json!(true)),
        ("/fields/0/level", json!("demanded")),
        ("/fields/0/unless", json!(null)),
        ("/fields/0/what/0/any", json!(["mood"])),
        ("/fields/0/what/0/any", json!(["narrative", "persons"])),
        ("/fields/0/what/0/any", json!(["occ"])),
        ("/fields/0/what/0/any", json!([""])),
        ("/fields/0/what/0/none", json!(["title"])),
        ("/fields/2/what/0/at", json!("/witnesses")),
        ("/fields/2/what/0/any", json!(["consent/purposes/*/purpose"])),
        ("/fields/2/what/0/where", json!({"name": ["x"]})),
        ("/fields/3/what/0/except", json!({"mood": ["x"]})),
        ("/fields/4/what/0/any", json!(["note"])),
        ("/consent/of", json!({"name": ["x"]})),
        ("/consent/written", json!(true)),
        ("/limits/words", json!(500)),
        ("/layout/order", json!(["appendix"])),
        ("/layout/columns", json!(2)),
    ];
    for (at, value) in newer {
        let result = read(&with(at, value.clone()));
        assert!(matches!(result, Err(FormError::Newer { .. })), "{at} {value}: {result:?}");
    }
}

#[test]
fn mistakes_are_malformed() {
    let many = |n: usize| json!(vec!["narrative"; n]);
    let malformed = [
        ("/schema", json!("amparo.pack/1")),
        ("/schema", json!(1)),
        ("/id", json!("other")),
        ("/kinds", json!([])),
        ("/kinds", json!(["a", "a"])),
        ("/kinds", json!(["A b"])),
        ("/fields", json!([])),
        ("/fields/0/id", json!("when")),
        ("/fields/0/id", json!("a.b")),
        ("/fields/0/id", json!(RESERVED[0])),
        ("/fields/0/what", json!([])),
        ("/fields/0/what/0", json!({})),
        ("/fields/0/what/0/each", json!(true)),
        ("/fields/0/what/0/where", json!({})),
        ("/fields/0/what/0/any", many(form_limits::ANY + 1)),
        ("/fields/2/last_reviewed", json!("yesterday")),
        ("/fields/2/source", json!("a\u{202e}b")),
        ("/fields/2/what/0/where", json!({"role": []})),
        ("/fields/2/what/0/where", json!({"role": ["A"]})),
        ("/fields/3/what/0/each", json!(true)),
        ("/consent/anonymous", json!("no")),
        ("/consent/purposes", json!(["a", "a"])),
        ("/limits/items", json!(0)),
        ("/limits/report_bytes", json!(-1)),
        ("/limits/media_types", json!(["image"])),
        ("/limits/media_types", json!(["*/*"])),
        ("/layout/omit", json!(["persons"])),
    ];
    for (at, value) in malformed {
        let result = read(&with(at, value.clone()));
        // An empty condition is none: that one is read.
        let read = value == json!({}) && at.ends_with("/where");
        assert!(read || matches!(result, Err(FormError::Malformed { .. })), "{at} {value}: {result:?}");
    }
    assert!(matches!(Form::parse(b"", "full"), Err(FormError::Malformed { .. })));
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(form_limits::BYTES));
    assert!(matches!(Form::parse(long.as_bytes(), "full"), Err(FormError::Malformed { .. })));
    let twice = full().to_string().replacen("\"anonymous\":false", "\"anonymous\":true,\"anonymous\":false", 1);
    assert!(
        matches!(Form::parse(twice.as_bytes(), "full"), Err(FormError::Malformed { .. })),
        "a key that stands twice"
    );
    assert!(matches!(Form::parse("[".repeat(60_000).as_bytes(), "full"), Err(FormError::Malformed { .. })));
}

#[test]
fn a_form_that_demands_what_it_forbids_is_refused() {
    let demand = |what: Value| {
        let mut form = full();
        form["fields"].as_array_mut().unwrap().push(json!({"id": "x", "level": "wanted", "what": what}));
        read(&form).is_err()
    };
    // Forbidden are: name and contact of all but victims and defenders; testimonies.
    assert!(demand(json!([{"at": "/evidence", "where": {"kind": ["testimony"]}}])));
    assert!(demand(json!([{"at": "/evidence", "where": {"kind": ["testimony"]}, "any": ["note"]}])));
    assert!(demand(
        json!([{"at": "/persons", "except": {"role": ["victim", "defender"]}, "any": ["safe_contact/method"]}])
    ));
    // These can be filled.
    assert!(!demand(json!([{"at": "/evidence", "where": {"kind": ["testimony", "photo"]}}])));
    assert!(!demand(json!([{"at": "/evidence"}])));
    assert!(!demand(json!([{"at": "/persons", "any": ["name"]}])));
    assert!(!demand(json!([{"at": "/evidence", "where": {"kind": ["testimony"]}}, {"any": ["title"]}])));
}

#[test]
fn places_can_be_named_as_they_are_written() {
    for place in PLACES {
        for field in place.fields {
            let plain = field.split("/*").next().unwrap();
            assert!(place.has(plain), "{} {field}", place.at);
            assert!(!place.has(&format!("{plain}x")));
        }
        assert!(place.codes.iter().all(|(field, _)| place.fields.contains(field)), "{}", place.at);
    }
}

/// Any JSON, with the words of a form in it.
fn anything() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "schema",
        "amparo.form/1",
        "id",
        "full",
        "kinds",
        "fields",
        "level",
        "required",
        "what",
        "at",
        "/persons",
        "where",
        "role",
        "any",
        "each",
        "consent",
        "anonymous",
        "limits",
        "layout",
        "order",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(word.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every pointer into a value.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, child)| pointers(child, &format!("{at}/{}", key.replace('/', "~1")), out))
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(i, child)| pointers(child, &format!("{at}/{i}"), out)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever stands anywhere, a form is read or refused; what is read keeps what it promises.
    #[test]
    fn a_form_of_a_stranger_is_read_or_refused(index in any::<prop::sample::Index>(), value in anything()) {
        let mut form = full();
        let mut all = Vec::new();
        pointers(&form, "", &mut all);
        *form.pointer_mut(&all[index.index(all.len())]).unwrap() = value;
        if let Ok(form) = read(&form) {
            prop_assert!(form.contradictions().is_empty());
            prop_assert!(form.fields.iter().all(|field| !field.what.is_empty()));
            let mut sections: Vec<&str> = form.layout.sections().collect();
            sections.sort_unstable();
            sections.dedup();
            prop_assert_eq!(sections.len() + form.layout.omit.len(), SECTIONS.len());
        }
    }

    /// What a way forbids, it forbids of everything inside it.
    #[test]
    fn a_part_is_meant_with_all_that_is_in_it(field in "[a-z]{1,4}(/[a-z]{1,4}){0,2}", inner in "[a-z]{1,4}") {
        let way = Way { at: "/persons".into(), any: vec![field.clone()], ..Way::default() };
        let (inside, beside) = (format!("{field}/{inner}"), format!("{field}{inner}"));
        prop_assert!(way.holds(&field) && way.holds(&inside));
        prop_assert!(!way.holds(&beside));
    }
}
