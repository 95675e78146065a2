//! What our codes are called in the micro-thesauri of HURIDOCS. The mapping is data, in `data/huridocs.json`, with its source; here
//! it is only looked up.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::lists::CodeList;

/// How a HURIDOCS term stands to our code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Match {
    /// It means the same.
    Exact,
    /// Near enough for searching, not the same.
    Close,
    /// It means more than ours.
    Broad,
    /// It means less than ours.
    Narrow,
}

/// A term of HURIDOCS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HuridocsCode {
    /// The number of the micro-thesaurus.
    pub thesaurus: u32,
    /// Twelve digits, two for each level.
    pub code: String,
    /// The term in English, as the edition has it.
    pub term: String,
    /// How it stands to our code.
    #[serde(rename = "match")]
    pub matches: Match,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Term(HuridocsCode),
    None {
        #[cfg_attr(not(test), expect(dead_code, reason = "the reason is for people, and tests see that there is one"))]
        none: String,
    },
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    codes: BTreeMap<String, Entry>,
    /// Why no code of the list has a counterpart.
    #[cfg_attr(not(test), expect(dead_code, reason = "the reason is for people, and tests see that there is one"))]
    none: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    source: BTreeMap<String, String>,
    thesauri: BTreeMap<u32, String>,
    lists: BTreeMap<String, List>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    // The embedded file is read by a test; a build with a broken one knows no counterparts.
    serde_json::from_str(include_str!("../../data/huridocs.json")).unwrap_or_else(|_| Data {
        source: BTreeMap::new(),
        thesauri: BTreeMap::new(),
        lists: BTreeMap::new(),
    })
});

/// The counterpart of a code of one of [`LISTS`](super::lists::LISTS), if HURIDOCS has one.
#[must_use]
pub fn code(list: &str, our_code: &str) -> Option<&'static HuridocsCode> {
    match DATA.lists.get(list)?.codes.get(our_code)? {
        Entry::Term(term) => Some(term),
        Entry::None { .. } => None,
    }
}

/// The English title of a micro-thesaurus that [`code`] names.
#[must_use]
pub fn thesaurus(number: u32) -> Option<&'static str> {
    DATA.thesauri.get(&number).map(String::as_str)
}

/// The block of an export: all counterparts, by list and code, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    /// Title, authors, publisher, edition and copyright of the thesauri.
    pub source: BTreeMap<String, String>,
    /// Our list, our code, the term of HURIDOCS.
    pub codes: BTreeMap<String, BTreeMap<String, HuridocsCode>>,
}

/// All counterparts.
#[must_use]
pub fn block() -> Block {
    let terms = |list: &CodeList| {
        let mapped =
            list.codes().into_iter().filter_map(|ours| Some((ours.to_owned(), code(list.name, ours)?.clone())));
        mapped.collect::<BTreeMap<_, _>>()
    };
    let codes = super::lists::LISTS.iter().map(|list| (list.name.to_owned(), terms(list)));
    Block { source: DATA.source.clone(), codes: codes.filter(|(_, codes)| !codes.is_empty()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interchange::lists::LISTS;

    fn data() -> Data {
        serde_json::from_str(include_str!("../../data/huridocs.json")).unwrap()
    }

    #[test]
    fn every_known_code_is_mapped_or_says_why_not() {
        let data = data();
        for list in LISTS {
            let mapped = data.lists.get(list.name).unwrap_or_else(|| panic!("{} is missing", list.name));
            if let Some(reason) = &mapped.none {
                assert!(reason.len() > 20 && mapped.codes.is_empty(), "{}", list.name);
                continue;
            }
            let ours: Vec<&str> = list.codes();
            for code in &ours {
                match mapped.codes.get(*code) {
                    Some(Entry::Term(term)) => {
                        assert_eq!(term.code.len(), 12, "{code}");
                        assert!(term.code.bytes().all(|b| b.is_ascii_digit()), "{code}");
                        assert!(!term.term.trim().is_empty(), "{code}");
                        assert!(data.thesauri.contains_key(&term.thesaurus), "{code}");
                    }
                    Some(Entry::None { none }) => assert!(none.len() > 20, "{code}: why not?"),
                    None => panic!("{}.{code} is neither mapped nor explained", list.name),
                }
            }
            assert_eq!(mapped.codes.len(), ours.len(), "{}: a code that we do not have", list.name);
        }
        assert_eq!(data.lists.len(), LISTS.len(), "a list that we do not have");
        assert!(data.source.contains_key("edition") && data.source.contains_key("read_in"));
    }

    #[test]
    fn codes_are_looked_up_and_unknown_ones_have_no_counterpart() {
        let surveillance = code("act", "surveillance").unwrap();
        assert_eq!((surveillance.thesaurus, surveillance.code.as_str()), (4, "020103030000"));
        assert_eq!(thesaurus(4), Some("Types of acts"));
        for (list, ours) in
            [("act", "online_attack"), ("act", "drone_strike"), ("nothing", "other"), ("status", "ended")]
        {
            assert_eq!(code(list, ours), None, "{list}.{ours}");
        }
        let block = block();
        assert_eq!(block.codes["act"]["surveillance"], *surveillance);
        assert!(!block.codes.contains_key("status"));
    }
}
