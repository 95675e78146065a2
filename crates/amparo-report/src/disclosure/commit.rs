//! From a saved record to its commitments: one leaf a field, a salt for each, decoys up to a power of two.
//!
//! Everything random comes from one secret seed for each save, so that the vault keeps 32 bytes and can open any field later. A
//! salt that is disclosed says nothing about the seed or another salt.

use amparo_crypto::{SecretKey, hash, labels};
use serde_json::Value;

use super::{FieldsError, Opening, Openings};
use crate::{
    custody::{Hash, leaf_hash, node_hash},
    hex,
};

/// Fewest leaves of a tree: a record with one field and one with thirty look alike.
pub const MIN_LEAVES: usize = 32;
/// Most leaves of a tree. A record with more fields is committed to in coarser parts.
pub const MAX_LEAVES: usize = 16_384;

/// One committed field.
struct Field {
    /// Where it stands in the record: RFC 6901.
    pointer: String,
    /// What is committed to in its place: the same with the numbers of list elements replaced.
    path: String,
    /// Its exact bytes, as serde_json writes them.
    value: String,
}

/// A record's commitments. Made at the save from a fresh seed, and made again from the same seed to open fields.
pub struct Commitment {
    fields: Vec<Field>,
    salts: Vec<[u8; 32]>,
    /// Commitments to fields and decoys, in ascending order: an order that says nothing about fields.
    leaves: Vec<Hash>,
    root: Hash,
}

impl Commitment {
    /// Commits to every field of `record`. `seed` is secret, and fresh for each save.
    #[must_use]
    pub fn new(record: &Value, seed: &SecretKey) -> Self {
        let mut fields = Vec::new();
        let walk = Walk { seed, depth: depth_for(record) };
        walk.collect(record, &mut String::new(), &mut String::new(), 0, &mut fields);
        // Not secret: each is disclosed with its field. What keeps the others hidden is the seed.
        let salts: Vec<[u8; 32]> =
            fields.iter().map(|f| *seed.derive(labels::FIELD_SALT, f.path.as_bytes()).expose()).collect();
        let mut leaves: Vec<Hash> =
            fields.iter().zip(&salts).map(|(f, salt)| field_hash(salt, &f.path, f.value.as_bytes())).collect();
        let size = leaves.len().next_power_of_two().max(MIN_LEAVES);
        for number in leaves.len()..size {
            leaves.push(*seed.derive(labels::FIELD_DECOY, &(number as u64).to_be_bytes()).expose());
        }
        leaves.sort_unstable();
        let root = root_of(&leaves);
        Self { fields, salts, leaves, root }
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Leaves, decoys included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.leaves.len()
    }

    /// The fields, by their RFC 6901 pointers in the record, in its order.
    pub fn pointers(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.pointer.as_str())
    }

    /// Opens some fields: pairs of a pointer in the record and one in what is shown. `unsigned` names what is shown and is not a
    /// field as it was saved.
    ///
    /// # Errors
    /// [`FieldsError::NoSuchField`], [`FieldsError::TooLarge`].
    pub fn open(&self, shown: &[(String, String)], unsigned: &[String]) -> Result<Openings, FieldsError> {
        let places: std::collections::BTreeMap<&str, usize> =
            self.fields.iter().enumerate().map(|(i, field)| (field.pointer.as_str(), i)).collect();
        let mut fields = Vec::with_capacity(shown.len());
        for (pointer, shown_as) in shown {
            let place = places.get(pointer.as_str()).ok_or(FieldsError::NoSuchField)?;
            let field = self.fields.get(*place).ok_or(FieldsError::NoSuchField)?;
            fields.push(Opening {
                shown_as: shown_as.clone(),
                path: field.path.clone(),
                salt: self.salts.get(*place).copied().ok_or(FieldsError::NoSuchField)?,
                value: field.value.clone(),
            });
        }
        Ok(Openings { fields, unsigned: unsigned.to_vec(), leaves: self.leaves.clone() })
    }
}

/// Commitment to one field.
pub(super) fn field_hash(salt: &[u8; 32], path: &str, value: &[u8]) -> Hash {
    hash::labelled(labels::FIELD, &[salt, path.as_bytes(), value])
}

/// Root over the commitments: RFC 9162 leaves and nodes of a perfect tree.
pub(super) fn root_of(leaves: &[Hash]) -> Hash {
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    while level.len() > 1 {
        level = level.chunks(2).filter_map(|pair| Some(node_hash(pair.first()?, pair.get(1)?))).collect();
    }
    level.first().copied().unwrap_or_default()
}

/// Whether a value is a field as a whole: a scalar, or a list or object without content.
pub(super) fn is_field(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => true,
    }
}

/// One segment of a pointer (RFC 6901 §3).
pub(super) fn push_key(path: &mut String, key: &str) {
    path.push('/');
    for c in key.chars() {
        match c {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            c => path.push(c),
        }
    }
}

/// Starts a segment that stands for a list element. No pointer has it: `~` is followed by 0 or 1 there.
pub(super) const ELEMENT: &str = "~e";

struct Walk<'a> {
    seed: &'a SecretKey,
    depth: usize,
}

impl Walk<'_> {
    fn collect(&self, value: &Value, pointer: &mut String, path: &mut String, depth: usize, fields: &mut Vec<Field>) {
        if depth >= self.depth || is_field(value) {
            fields.push(Field { pointer: pointer.clone(), path: path.clone(), value: value.to_string() });
            return;
        }
        let (at, path_at) = (pointer.len(), path.len());
        let mut go = |key: &str, element: bool, child: &Value| {
            push_key(pointer, key);
            if element {
                // Its number would tell how many others there are that are not shown.
                let token = self.seed.derive(labels::FIELD_ELEMENT, pointer.as_bytes());
                let token = hex::encode(token.expose().get(..8).unwrap_or_default());
                path.push('/');
                path.push_str(ELEMENT);
                path.push_str(&token);
            } else {
                push_key(path, key);
            }
            self.collect(child, pointer, path, depth.saturating_add(1), fields);
            pointer.truncate(at);
            path.truncate(path_at);
        };
        match value {
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(i, child)| go(&i.to_string(), true, child));
            }
            Value::Object(map) => map.iter().for_each(|(key, child)| go(key, false, child)),
            _ => {}
        }
    }
}

/// Down to which depth fields are committed to one by one, so that there are at most [`MAX_LEAVES`]. What is nested deeper is
/// committed to as a whole.
fn depth_for(record: &Value) -> usize {
    /// By depth: fields, and lists or objects with content.
    fn count(value: &Value, depth: usize, levels: &mut Vec<(usize, usize)>) {
        if levels.len() <= depth {
            levels.resize(depth.saturating_add(1), (0, 0));
        }
        let Some((fields, parts)) = levels.get_mut(depth) else { return };
        if is_field(value) {
            *fields = fields.saturating_add(1);
            return;
        }
        *parts = parts.saturating_add(1);
        let next = depth.saturating_add(1);
        match value {
            Value::Array(list) => list.iter().for_each(|child| count(child, next, levels)),
            Value::Object(map) => map.values().for_each(|child| count(child, next, levels)),
            _ => {}
        }
    }
    let mut levels = Vec::new();
    count(record, 0, &mut levels);
    let (mut before, mut depth) = (0usize, 0);
    for (level, (fields, parts)) in levels.iter().enumerate() {
        before = before.saturating_add(*fields);
        if before.saturating_add(*parts) > MAX_LEAVES {
            break;
        }
        depth = level;
    }
    depth
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seed() -> SecretKey {
        SecretKey::generate().unwrap()
    }

    #[test]
    fn a_record_becomes_one_leaf_a_field_and_list_places_do_not_show() {
        let record =
            json!({"title": "t", "a/b~": 1.5, "persons": [{"name": "N"}, {"name": "M"}], "tags": [], "o": {"x": null}});
        let commitment = Commitment::new(&record, &seed());
        let pointers: Vec<&str> = commitment.pointers().collect();
        assert_eq!(pointers, ["/title", "/a~1b~0", "/persons/0/name", "/persons/1/name", "/tags", "/o/x"]);
        assert_eq!(commitment.size(), MIN_LEAVES);
        for field in &commitment.fields {
            assert_eq!(record.pointer(&field.pointer).unwrap().to_string(), field.value);
            if field.pointer.starts_with("/persons") {
                let token = field.path.split('/').nth(2).unwrap();
                assert!(token.starts_with(ELEMENT) && token.len() == 18, "{token}");
            } else {
                assert_eq!(field.path, field.pointer);
            }
        }
        let paths: std::collections::BTreeSet<&str> = commitment.fields.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths.len(), 6);
    }

    #[test]
    fn the_same_seed_makes_the_same_and_another_seed_shares_nothing() {
        let record = json!({"a": 1, "b": [true, false]});
        let (one, two) = (seed(), seed());
        let (a, b, c) =
            (Commitment::new(&record, &one), Commitment::new(&record, &one), Commitment::new(&record, &two));
        assert_eq!(a.leaves, b.leaves);
        assert!(a.leaves.iter().all(|leaf| !c.leaves.contains(leaf)));
        assert_ne!(a.root(), c.root());
    }

    #[test]
    fn the_number_of_fields_shows_only_as_a_power_of_two() {
        let sizes = |fields: usize| {
            let record: Value =
                (0..fields).map(|i| (i.to_string(), Value::from(i))).collect::<serde_json::Map<_, _>>().into();
            Commitment::new(&record, &seed()).size()
        };
        assert_eq!([1, 31, 32, 33, 64, 65].map(sizes), [32, 32, 32, 64, 64, 128]);
        assert_eq!(sizes(0), 32, "an empty record is one field");
    }

    #[test]
    fn a_large_record_is_committed_to_in_coarser_parts() {
        let person = |i: usize| json!({"id": i, "name": "n", "role": "victim", "consent": {"status": "granted", "scope": ["a", "b"]}});
        let persons = |n: usize| json!({"title": "t", "persons": (0..n).map(person).collect::<Vec<_>>()});
        let thousand = Commitment::new(&persons(1000), &seed());
        assert_eq!((thousand.fields.len(), thousand.size()), (6001, 8192));
        // Beyond the bound, what is nested deepest becomes one field; a person's own fields stay apart.
        let many = Commitment::new(&persons(4000), &seed());
        assert_eq!((many.fields.len(), many.size()), (16_001, MAX_LEAVES));
        assert!(
            many.pointers().any(|p| p == "/persons/3999/consent") && many.pointers().any(|p| p == "/persons/0/name")
        );
        let endless = Commitment::new(&json!({"x": vec![1; 100_000], "title": "t"}), &seed());
        assert_eq!(endless.pointers().collect::<Vec<_>>(), ["/x", "/title"]);
        let wide: Value =
            (0..20_000).map(|i| (i.to_string(), Value::from(i))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(
            Commitment::new(&wide, &seed()).pointers().collect::<Vec<_>>(),
            [""],
            "the whole record is one field"
        );
    }

    #[test]
    fn the_root_is_that_of_rfc_9162() {
        use crate::custody::{MemoryTree, root};
        let commitment = Commitment::new(&json!({"a": 1, "b": 2}), &seed());
        let mut tree = MemoryTree::new();
        for leaf in &commitment.leaves {
            tree.push(leaf_hash(leaf)).unwrap();
        }
        assert_eq!(root(&tree, 32).unwrap(), commitment.root());
        assert!(commitment.leaves.is_sorted());
    }
}
