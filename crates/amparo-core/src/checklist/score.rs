//! Scored checklists: the points of risk, and how they changed from one result to the next.
//!
//! A result is what was kept when a run was finished, never counted anew: a later version may give other points.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{
    Finish, ItemState, Text, store,
    ticks::{self, EndedItem},
    words::Wording,
};
use crate::{CoreError, RunId};

/// Points of risk: those of the items that are open, out of those of all items that concern the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Points {
    /// The points of open items.
    pub points: u32,
    /// The points of open and done items.
    pub of: u32,
}

impl Points {
    pub(super) fn add(&mut self, state: ItemState, points: Option<u8>) {
        let points = u32::from(points.unwrap_or(0));
        match state {
            ItemState::NotApplicable => {}
            ItemState::Done => self.of = self.of.saturating_add(points),
            ItemState::Open => {
                self.of = self.of.saturating_add(points);
                self.points = self.points.saturating_add(points);
            }
        }
    }

    pub(super) fn of_ended(items: &[EndedItem]) -> Self {
        let mut sum = Self::default();
        items.iter().for_each(|item| sum.add(item.state, item.points));
        sum
    }
}

/// The result of a finished run of a scored checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The run.
    pub run: RunId,
    /// When it was finished, and with which version of the pack.
    pub finish: Finish,
    /// Its points.
    pub points: Points,
    /// What is different from the result before: empty for the first one. In the order of the checklist, what left it last.
    pub changes: Vec<ItemChange>,
}

/// What is different about one item from one result to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// The item's id.
    pub item: String,
    /// What it said in the later of the two results that it is in.
    pub text: Option<Text>,
    /// What became of it in the earlier result; `None`: it was not in the checklist then.
    pub before: Option<ItemState>,
    /// What became of it in the later one; `None`: it is not in the checklist any more.
    pub after: Option<ItemState>,
    /// Its points of risk in the earlier result: 0 unless it was open.
    pub risk_before: u32,
    /// Its points of risk in the later one.
    pub risk_after: u32,
}

fn risk(item: Option<&EndedItem>) -> u32 {
    item.filter(|item| item.state == ItemState::Open).and_then(|item| item.points).map_or(0, u32::from)
}

fn changes(
    conn: &Connection,
    before: &[EndedItem],
    after: &[EndedItem],
    language: &str,
) -> Result<Vec<ItemChange>, CoreError> {
    let by_id = |items: &'_ [EndedItem]| -> BTreeMap<String, usize> {
        items.iter().enumerate().map(|(at, item)| (item.item.clone(), at)).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let pairs = after.iter().map(|item| (old.get(&item.item).and_then(|at| before.get(*at)), Some(item)));
    let left = before.iter().filter(|item| !new.contains_key(&item.item)).map(|item| (Some(item), None));
    let mut found = Vec::new();
    for (before, after) in pairs.chain(left) {
        let state = |item: Option<&EndedItem>| item.map(|item| item.state);
        if state(before) == state(after) && risk(before) == risk(after) {
            continue;
        }
        let Some(latest) = after.or(before) else { continue };
        found.push(ItemChange {
            item: latest.item.clone(),
            text: Wording::load(conn, &latest.wording)?.text(language),
            before: state(before),
            after: state(after),
            risk_before: risk(before),
            risk_after: risk(after),
        });
    }
    Ok(found)
}

pub(super) fn history(conn: &Connection, pack: &str, checklist: &str, language: &str) -> Result<Vec<Score>, CoreError> {
    let pack = store::find(conn, pack)?.ok_or(CoreError::PackNotFound)?;
    let mut scores = Vec::new();
    let mut last: Option<Vec<EndedItem>> = None;
    for ended in ticks::all_ended(conn, pack.seq, checklist)?.into_iter().filter(|ended| ended.scored) {
        let items = ticks::ended_items(conn, ended.seq)?;
        let changes = match &last {
            Some(before) => changes(conn, before, &items, language)?,
            None => Vec::new(),
        };
        scores.push(Score { run: ended.run, finish: ended.finish, points: Points::of_ended(&items), changes });
        last = Some(items);
    }
    Ok(scores)
}
