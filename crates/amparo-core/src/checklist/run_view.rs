//! A run as it is shown: today's checklist, what was ticked in it, and whether what was ticked is still the same.

use core::fmt;
use std::collections::{BTreeMap, btree_map::Entry};

use amparo_pack::{Checklist, Pack, TombstoneKind};
use rusqlite::Connection;

use super::{
    ChecklistView, Draft, ItemState, Points, Progress, RunQuery, RunSummary, Standing, Text,
    store::{self, Row},
    ticks::{self, Run, Ticked},
    words::Wording,
};
use crate::{CoreError, RunId, Stamp};

/// What the user said of an item, and what became of the item since.
#[derive(Clone, PartialEq, Eq)]
pub struct Tick {
    /// Done or not applicable.
    pub state: ItemState,
    /// When.
    pub at: Stamp,
    /// The pack's version then.
    pub version: u64,
    /// The user's note.
    pub note: String,
    /// The languages in which the item says something else now than then, of those that both versions have.
    pub reworded: Vec<String>,
    /// What it said then, if it was reworded.
    pub said: Option<Text>,
    /// The section that it stood in then, if it stands in another one now.
    pub moved_from: Option<String>,
}

impl fmt::Debug for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tick(..)")
    }
}

/// Something that was ticked and is not in the run's checklist any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftItem {
    /// The item's id.
    pub item: String,
    /// What it said when it was ticked.
    pub text: Option<Text>,
    /// What was said of it.
    pub tick: Tick,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an item that left a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The pack has it no more.
    Removed {
        /// The first version without it, where that is known.
        in_version: Option<u64>,
        /// The item that took its place.
        replaced_by: Option<String>,
    },
    /// It is in another checklist now.
    Moved {
        /// That checklist's id.
        checklist: String,
    },
    /// The pack is gone, or cannot be read.
    PackGone,
}

/// A run, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// What a list shows of it.
    pub summary: RunSummary,
    /// Its checklist as it is now, with the ticks; `None` when that is gone.
    pub checklist: Option<ChecklistView>,
    /// What was ticked and is not in the checklist any more.
    pub left: Vec<LeftItem>,
    /// The incidents that were begun from it.
    pub drafts: Vec<Draft>,
}

/// A run's pack, as far as it can be read.
struct Behind<'a> {
    row: &'a Row,
    pack: Option<&'a Pack>,
}

impl<'a> Behind<'a> {
    fn list(&self, run: &Run) -> Option<&'a Checklist> {
        self.pack?.structure().checklist(&run.checklist)
    }

    fn standing(&self, conn: &Connection, run: &Run) -> Result<Standing, CoreError> {
        let Some(pack) = self.pack else {
            return Ok(if self.row.removed.is_some() { Standing::PackRemoved } else { Standing::PackUnreadable });
        };
        if self.list(run).is_some() {
            return Ok(Standing::Present);
        }
        let (in_version, replaced_by) =
            store::gone(conn, self.row.seq, pack, TombstoneKind::Checklist, &run.checklist)?;
        Ok(Standing::ChecklistRemoved { in_version, replaced_by })
    }

    fn summary(
        &self,
        conn: &Connection,
        run: &Run,
        ticks: &BTreeMap<String, Ticked>,
        language: &str,
    ) -> Result<RunSummary, CoreError> {
        let title = self.pack.and_then(|pack| pack.checklist_title(&run.checklist, language)).map(Text::from);
        let title = match title {
            Some(title) => Some(title),
            None => Wording::load(conn, &run.wording)?.text(language),
        };
        let ended = if run.finished { ticks::ended(conn, run)? } else { None };
        let (mut progress, mut points) = (Progress::default(), None);
        match (&ended, self.list(run)) {
            (Some(ended), _) => {
                let items = ticks::ended_items(conn, ended.seq)?;
                (progress.open, progress.open_time_critical) = (Some(0), Some(0));
                items.iter().for_each(|item| progress.add(item.state, item.time_critical));
                points = ended.scored.then(|| Points::of_ended(&items));
            }
            (None, Some(list)) => {
                let mut sum = Points::default();
                (progress.open, progress.open_time_critical) = (Some(0), Some(0));
                for item in list.sections.iter().flat_map(|section| &section.items) {
                    let state = ticks.get(&item.id).map_or(ItemState::Open, |tick| tick.state);
                    progress.add(state, item.time_critical);
                    sum.add(state, item.score);
                }
                points = list.scored.then_some(sum);
            }
            (None, None) => ticks.values().for_each(|tick| progress.add(tick.state, false)),
        }
        Ok(RunSummary {
            id: run.id,
            pack: self.row.id.clone(),
            checklist: run.checklist.clone(),
            title,
            version: run.version,
            started: run.started.clone(),
            finished: ended.map(|ended| ended.finish),
            standing: self.standing(conn, run)?,
            progress,
            points,
        })
    }
}

/// The pack behind a run; `None` when it is gone or cannot be read, which must not hide what was ticked.
fn pack_of(opened: Result<Pack, CoreError>) -> Result<Option<Pack>, CoreError> {
    match opened {
        Ok(pack) => Ok(Some(pack)),
        Err(CoreError::PackNotFound | CoreError::PackDamaged | CoreError::Pack(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

pub(super) fn list(conn: &Connection, query: &RunQuery, language: &str) -> Result<Vec<RunSummary>, CoreError> {
    let mut packs: BTreeMap<i64, (Row, Option<Pack>)> = BTreeMap::new();
    let mut found = Vec::new();
    for run in ticks::list(conn, query)? {
        let (row, pack) = match packs.entry(run.pack) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let row = store::at(conn, run.pack)?;
                let pack = pack_of(store::open_for(conn, &row, language))?;
                place.insert((row, pack))
            }
        };
        let behind = Behind { row, pack: pack.as_ref() };
        found.push(behind.summary(conn, &run, &ticks::ticks(conn, &run)?, language)?);
    }
    Ok(found)
}

/// A tick whose item says `now`, and stands in `section`, today.
fn tick(
    conn: &Connection,
    ticked: &Ticked,
    now: Option<&Wording>,
    section: Option<&str>,
    language: &str,
) -> Result<Tick, CoreError> {
    let then = Wording::load(conn, &ticked.wording)?;
    let reworded = now.map(|now| then.changed_in(now)).unwrap_or_default();
    let said = if reworded.is_empty() { None } else { then.text(language) };
    let moved_from = section.filter(|section| *section != ticked.section).map(|_| ticked.section.clone());
    let (state, at, version, note) = (ticked.state, ticked.at.clone(), ticked.version, ticked.note.clone());
    Ok(Tick { state, at, version, note, reworded, said, moved_from })
}

pub(super) fn view(conn: &Connection, run: RunId, language: &str) -> Result<RunView, CoreError> {
    let run = ticks::find(conn, run)?;
    let row = store::at(conn, run.pack)?;
    // All languages: a tick may have been reworded in one that is not shown.
    let pack = pack_of(store::open(conn, &row))?;
    let behind = Behind { row: &row, pack: pack.as_ref() };
    let mut ticked = ticks::ticks(conn, &run)?;
    let summary = behind.summary(conn, &run, &ticked, language)?;
    let mut checklist = None;
    if let (Some(pack), Some(list)) = (behind.pack, behind.list(&run)) {
        let mut ticks = BTreeMap::new();
        for section in &list.sections {
            for item in &section.items {
                if let Some(ticked) = ticked.remove(&item.id) {
                    let now = Wording::of_item(pack, &item.id);
                    ticks.insert(item.id.clone(), tick(conn, &ticked, Some(&now), Some(&section.id), language)?);
                }
            }
        }
        checklist = Some(ChecklistView::with(pack, list, language, |item| ticks.remove(&item.id)));
    }
    let mut left = Vec::new();
    for (item, ticked) in ticked {
        let text = Wording::load(conn, &ticked.wording)?.text(language);
        let (fate, now) = match behind.pack {
            None => (Fate::PackGone, None),
            Some(pack) => match pack.structure().items().find(|(_, _, other)| other.id == item) {
                Some((list, _, _)) => (Fate::Moved { checklist: list.id.clone() }, Some(Wording::of_item(pack, &item))),
                None => {
                    let (in_version, replaced_by) = store::gone(conn, row.seq, pack, TombstoneKind::Item, &item)?;
                    (Fate::Removed { in_version, replaced_by }, None)
                }
            },
        };
        let tick = tick(conn, &ticked, now.as_ref(), None, language)?;
        left.push(LeftItem { item, text, tick, fate });
    }
    Ok(RunView { summary, checklist, left, drafts: ticks::drafts(conn, &run)? })
}
