//! The texts of a pack in one language.

use core::{fmt, marker::PhantomData};
use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor},
};

use crate::{PackError, characters, limits, structure::Structure};

/// `schema` of the parts `text/…`.
pub(crate) const SCHEMA: &str = "amparo.texts/1";

/// Texts by id.
type Map<V> = BTreeMap<String, V>;

/// All texts of one language. What is missing here is shown in the pack's default language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Texts {
    pub(crate) schema: String,
    pub(crate) locale: String,
    /// Of the pack itself.
    #[serde(default)]
    pub pack: TextsOfList,
    /// Titles of topics.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub topics: Map<String>,
    /// Of checklists.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub checklists: Map<TextsOfList>,
    /// Titles of sections, by `<checklist>.<section>`.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub sections: Map<String>,
    /// Of items.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub items: Map<TextsOfItem>,
    /// Questions of the triage.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub questions: Map<String>,
    /// Their answers.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub answers: Map<String>,
    /// Of channel forms, by `<form>.<key>`.
    #[serde(default, deserialize_with = "unique", skip_serializing_if = "Map::is_empty")]
    pub forms: Map<String>,
}

/// Title and summary.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TextsOfList {
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// What to do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TextsOfItem {
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Texts {
    /// No texts of `locale` yet.
    #[cfg(feature = "author")]
    pub(crate) fn of(locale: &str) -> Self {
        Self { schema: SCHEMA.to_owned(), locale: locale.to_owned(), ..Self::default() }
    }

    /// Reads the part of `locale`, once its hash was checked.
    pub(crate) fn parse(bytes: &[u8], locale: &str) -> Result<Self, PackError> {
        let read: Self = serde_json::from_slice(bytes).map_err(|_| PackError::malformed("the texts cannot be read"))?;
        if read.schema != SCHEMA {
            return Err(PackError::UnknownFormat);
        }
        if read.locale != locale {
            return Err(PackError::malformed("the texts are of another language than the manifest says"));
        }
        for text in read.all() {
            if text.len() > limits::TEXT_BYTES {
                return Err(PackError::TooLarge { what: "a text" });
            }
            if text.trim().is_empty() || characters::flaw(text).is_some() {
                return Err(PackError::malformed("a text is empty, or has characters that it may not have"));
            }
        }
        Ok(read)
    }

    /// Every text.
    fn all(&self) -> impl Iterator<Item = &String> {
        let lists = self.checklists.values().chain([&self.pack]);
        let items = self.items.values().flat_map(|item| item.text.iter().chain(&item.why));
        let single = [&self.topics, &self.sections, &self.questions, &self.answers, &self.forms];
        lists
            .flat_map(|list| list.title.iter().chain(&list.summary))
            .chain(items)
            .chain(single.into_iter().flat_map(Map::values))
    }

    /// Whether everything in `structure` has the text without which it cannot be shown.
    pub(crate) fn is_complete(&self, structure: &Structure) -> bool {
        let title = |id: &String| self.checklists.get(id).is_some_and(|texts| texts.title.is_some());
        let lists = structure.checklists.iter().all(|list| {
            title(&list.id)
                && list.sections.iter().all(|section| self.sections.contains_key(&list.section_key(section)))
        });
        let items = || structure.items().all(|(_, _, item)| self.items.get(&item.id).is_some_and(|i| i.text.is_some()));
        let questions = || {
            structure.triage.iter().flat_map(|triage| &triage.questions).all(|question| {
                self.questions.contains_key(&question.id)
                    && question.answers.iter().all(|answer| self.answers.contains_key(&answer.id))
            })
        };
        let topics = || structure.topics.iter().all(|topic| self.topics.contains_key(&topic.id));
        self.pack.title.is_some() && lists && topics() && items() && questions()
    }
}

/// A map in which no key stands twice: two readers that keep another one of the two would show different texts of one file.
fn unique<'de, D: Deserializer<'de>, V: Deserialize<'de>>(deserializer: D) -> Result<Map<V>, D::Error> {
    struct Unique<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
        type Value = Map<V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("texts by id")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Map<V>, A::Error> {
            let mut map = Map::new();
            while let Some((key, value)) = access.next_entry()? {
                if map.insert(key, value).is_some() {
                    return Err(A::Error::custom("a key stands twice"));
                }
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique(PhantomData))
}
