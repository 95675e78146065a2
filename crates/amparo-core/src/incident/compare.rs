//! What changed between two revisions, field by field.

use core::fmt;
use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value};

use super::store;
use crate::{CoreError, IncidentId};

/// One difference between two revisions.
#[derive(Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where: a JSON Pointer (RFC 6901) into the record, but that an element of a list that has an `id` is named by it and not
    /// by its place: `/persons/00112233445566778899aabbccddeeff/name`.
    pub path: String,
    /// What was there; `None` when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is there instead; `None` when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Change(..)")
    }
}

pub(super) fn revisions(conn: &Connection, id: IncidentId, a: u32, b: u32) -> Result<Vec<Change>, CoreError> {
    let content = |revision| {
        let incident = store::get_revision(conn, id, revision)?;
        serde_json::to_value(&incident.content).map_err(|_| CoreError::DamagedRecord)
    };
    Ok(changes(&content(a)?, &content(b)?))
}

/// The changes that make `b` of `a`, in an order in which they can be made one after the other.
fn changes(a: &Value, b: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    compare("", a, b, &mut out);
    out
}

fn compare(path: &str, a: &Value, b: &Value, out: &mut Vec<Change>) {
    if a == b {
        return;
    }
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => objects(path, a, b, out),
        (Value::Array(a), Value::Array(b)) => match (ids(a), ids(b)) {
            (Some(x), Some(y)) => identified(path, &x, &y, (a, b), out),
            (None, None) => places(path, a, b, out),
            _ => push(path.to_owned(), Some(&Value::Array(a.clone())), Some(&Value::Array(b.clone())), out),
        },
        _ => push(path.to_owned(), Some(a), Some(b), out),
    }
}

fn push(path: String, before: Option<&Value>, after: Option<&Value>, out: &mut Vec<Change>) {
    out.push(Change { path, before: before.cloned(), after: after.cloned() });
}

fn at(path: &str, token: &str) -> String {
    format!("{path}/{}", token.replace('~', "~0").replace('/', "~1"))
}

fn objects(path: &str, a: &Map<String, Value>, b: &Map<String, Value>, out: &mut Vec<Change>) {
    for (key, before) in a {
        match b.get(key) {
            Some(after) => compare(&at(path, key), before, after, out),
            None => push(at(path, key), Some(before), None, out),
        }
    }
    for (key, after) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
        push(at(path, key), None, Some(after), out);
    }
}

/// The elements of a list by their ids, if each has one (32 lower-case hexadecimal digits) that no other has, in their order.
/// An empty list is a list of either sort.
fn ids(list: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let id = |value: &Value| value.get("id").and_then(Value::as_str).is_some_and(|id| id.parse::<IncidentId>().is_ok());
    if !list.iter().all(id) {
        return None;
    }
    let named: Vec<(&str, &Value)> =
        list.iter().filter_map(|value| Some((value.get("id")?.as_str()?, value))).collect();
    let unique: BTreeMap<&str, ()> = named.iter().map(|(id, _)| (*id, ())).collect();
    (unique.len() == list.len()).then_some(named)
}

/// Element by element where they kept their order and new ones came at the end; else the list as a whole.
fn identified(
    path: &str,
    a: &[(&str, &Value)],
    b: &[(&str, &Value)],
    whole: (&[Value], &[Value]),
    out: &mut Vec<Change>,
) {
    let after: BTreeMap<&str, &Value> = b.iter().copied().collect();
    let kept: Vec<&str> = a.iter().map(|(id, _)| *id).filter(|id| after.contains_key(id)).collect();
    if !b.iter().map(|(id, _)| *id).take(kept.len()).eq(kept.iter().copied()) {
        let (a, b) = (Value::Array(whole.0.to_vec()), Value::Array(whole.1.to_vec()));
        return push(path.to_owned(), Some(&a), Some(&b), out);
    }
    for (id, before) in a {
        match after.get(id) {
            Some(after) => compare(&at(path, id), before, after, out),
            None => push(at(path, id), Some(before), None, out),
        }
    }
    for (id, after) in b.iter().skip(kept.len()) {
        push(at(path, id), None, Some(after), out);
    }
}

/// Place by place; what is gone is named from the end.
fn places(path: &str, a: &[Value], b: &[Value], out: &mut Vec<Change>) {
    for (place, (before, after)) in a.iter().zip(b).enumerate() {
        compare(&at(path, &place.to_string()), before, after, out);
    }
    for (place, before) in a.iter().enumerate().skip(b.len()).rev() {
        push(at(path, &place.to_string()), Some(before), None, out);
    }
    for (place, after) in b.iter().enumerate().skip(a.len()) {
        push(at(path, &place.to_string()), None, Some(after), out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What the documentation of [`Change`] says, done by somebody who has only the record and the changes.
    fn apply(value: &mut Value, change: &Change) {
        let Some(path) = change.path.strip_prefix('/') else {
            assert_eq!(Some(&*value), change.before.as_ref());
            *value = change.after.clone().unwrap();
            return;
        };
        let tokens: Vec<String> = path.split('/').map(|t| t.replace("~1", "/").replace("~0", "~")).collect();
        let (last, parents) = tokens.split_last().unwrap();
        let place = |list: &[Value], token: &str| {
            if token.len() == 32 {
                list.iter().position(|element| element["id"] == json!(token))
            } else {
                token.parse().ok().filter(|place| *place < list.len())
            }
        };
        let mut parent = value;
        for token in parents {
            parent = match parent {
                Value::Object(map) => map.get_mut(token).unwrap(),
                Value::Array(list) => {
                    let at = place(list, token).unwrap();
                    &mut list[at]
                }
                _ => panic!("no such place"),
            };
        }
        match parent {
            Value::Object(map) => {
                assert_eq!(map.get(last), change.before.as_ref());
                match &change.after {
                    Some(after) => drop(map.insert(last.clone(), after.clone())),
                    None => drop(map.remove(last)),
                }
            }
            Value::Array(list) => {
                let at = place(list, last);
                assert_eq!(at.map(|at| &list[at]), change.before.as_ref());
                match (at, &change.after) {
                    (Some(at), Some(after)) => list[at] = after.clone(),
                    (Some(at), None) => drop(list.remove(at)),
                    (None, Some(after)) => list.push(after.clone()),
                    (None, None) => panic!("nothing to do"),
                }
            }
            _ => panic!("no such place"),
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let id = (0u8..4).prop_map(|n| format!("{n:032x}"));
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0u8..3).prop_map(Value::from),
            "[ab~/0]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 4, move |inner| {
            let element =
                (id.clone(), prop::collection::btree_map("[ab]", inner.clone(), 0..3)).prop_map(|(id, map)| {
                    let mut map: Map<String, Value> = map.into_iter().collect();
                    map.insert("id".into(), id.into());
                    Value::Object(map)
                });
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec(element, 0..4).prop_map(Value::Array),
                prop::collection::btree_map("[ab~/1]{0,2}|id", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_changes_made_to_the_one_give_the_other(a in value(), b in value()) {
            let found = changes(&a, &b);
            prop_assert_eq!(found.is_empty(), a == b);
            let mut made = a.clone();
            found.iter().for_each(|change| apply(&mut made, change));
            prop_assert_eq!(&made, &b);
            for change in &found {
                prop_assert!(change.before != change.after);
                prop_assert_eq!(format!("{change:?}"), "Change(..)");
            }
        }
    }

    #[test]
    fn a_field_of_a_person_is_named_by_the_person() {
        let (x, y) = ("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100");
        let a = json!({"title": "a", "tags": ["x", "y"], "persons": [{"id": x, "name": "N"}, {"id": y}]});
        let b = json!({"tags": ["x"], "persons": [{"id": y, "role": "victim"}], "draft": true});
        let paths: Vec<String> = changes(&a, &b).into_iter().map(|change| change.path).collect();
        assert_eq!(
            paths,
            ["/title", "/tags/1", &format!("/persons/{x}"), &format!("/persons/{y}/role"), "/draft"].map(str::to_owned)
        );
        let swapped = json!({"title": "a", "tags": ["x", "y"], "persons": [{"id": y}, {"id": x, "name": "N"}]});
        assert_eq!(changes(&a, &swapped).iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["/persons"]);
    }
}
