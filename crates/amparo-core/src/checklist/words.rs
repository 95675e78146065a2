//! Texts of packs as they are shown, and what they said once.
//!
//! A tick belongs to what somebody read. So what an item said is kept with the tick, in every language of the pack: a later version
//! may say something else, and a pack that is gone says nothing.

use std::collections::BTreeMap;

use amparo_crypto::hash::{self, Digest};
use amparo_pack::{Pack, Shown, nearest_locale};
use amparo_report::locale::Direction;
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use crate::CoreError;

/// A text as it can be shown: whoever shows it uses its direction, and says when it is in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text. Plain, without markup.
    pub text: String,
    /// The language that it is in.
    pub locale: String,
    /// The direction of that language's script.
    pub direction: Direction,
    /// Whether it is in the pack's default language because the one that was asked for lacks this text.
    pub is_fallback: bool,
}

impl From<Shown<'_>> for Text {
    fn from(shown: Shown<'_>) -> Self {
        let Shown { text, locale, direction, is_fallback } = shown;
        Self { text: text.to_owned(), locale: locale.to_owned(), direction, is_fallback }
    }
}

fn is_ltr(direction: &Direction) -> bool {
    *direction == Direction::Ltr
}

/// Two texts of one thing in one language: an item's text and reason, or a checklist's title and summary.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Words {
    #[serde(default, skip_serializing_if = "is_ltr")]
    direction: Direction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    more: Option<String>,
}

/// What one thing says in every language of a pack.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wording {
    default: String,
    languages: BTreeMap<String, Words>,
}

impl Wording {
    /// What an item says. The pack must have been opened in all its languages.
    pub(super) fn of_item(pack: &Pack, id: &str) -> Self {
        Self::of(pack, |texts| texts.items.get(id).map(|item| (item.text.clone(), item.why.clone())))
    }

    /// What a checklist is called. The pack must have been opened in all its languages.
    pub(super) fn of_list(pack: &Pack, id: &str) -> Self {
        Self::of(pack, |texts| texts.checklists.get(id).map(|list| (list.title.clone(), list.summary.clone())))
    }

    fn of(pack: &Pack, pick: impl Fn(&amparo_pack::Texts) -> Option<(Option<String>, Option<String>)>) -> Self {
        let texts = pack.texts().filter_map(|(locale, texts)| {
            let (text, more) = pick(texts)?;
            Some((locale.tag.clone(), Words { direction: locale.direction, text, more }))
        });
        Self { default: pack.manifest().default_locale.clone(), languages: texts.collect() }
    }

    /// The languages of both in which it says something else now.
    pub(super) fn changed_in(&self, now: &Self) -> Vec<String> {
        let same = |tag: &String, words: &Words| {
            now.languages.get(tag).is_none_or(|now| (&now.text, &now.more) == (&words.text, &words.more))
        };
        self.languages.iter().filter(|(tag, words)| !same(tag, words)).map(|(tag, _)| tag.clone()).collect()
    }

    /// An item's text, or a checklist's title.
    pub(super) fn text(&self, wanted: &str) -> Option<Text> {
        let tags = self.languages.keys().map(String::as_str);
        let chosen = nearest_locale(tags, wanted).unwrap_or(&self.default);
        [chosen, self.default.as_str()].into_iter().find_map(|tag| {
            let words = self.languages.get(tag)?;
            let (text, locale) = (words.text.clone()?, tag.to_owned());
            Some(Text { text, locale, direction: words.direction, is_fallback: tag != chosen })
        })
    }

    /// Stores it, if it is not there yet. Returns its name.
    pub(super) fn store(&self, conn: &Connection) -> Result<Digest, CoreError> {
        let texts = serde_json::to_string(self).map_err(|_| CoreError::MalformedRecord)?;
        let name = hash::sha256(texts.as_bytes());
        conn.prepare_cached("INSERT OR IGNORE INTO checklist_wording (hash, texts) VALUES (?1, ?2)")?
            .execute((name, texts))?;
        Ok(name)
    }

    /// Reads one that was stored.
    pub(super) fn load(conn: &Connection, name: &Digest) -> Result<Self, CoreError> {
        let texts: Option<String> = conn
            .prepare_cached("SELECT texts FROM checklist_wording WHERE hash = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        serde_json::from_str(&texts.ok_or(CoreError::DamagedRecord)?).map_err(|_| CoreError::DamagedRecord)
    }

    /// Deletes those that nothing names any more.
    pub(super) fn sweep(conn: &Connection) -> Result<(), CoreError> {
        conn.prepare_cached(
            "DELETE FROM checklist_wording WHERE hash NOT IN (
                 SELECT wording FROM checklist_tick UNION SELECT wording FROM checklist_run
                 UNION SELECT wording FROM checklist_result_item)",
        )?
        .execute([])?;
        Ok(())
    }
}
