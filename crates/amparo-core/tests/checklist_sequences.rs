//! Any sequence of updates, removals and ticks: what was ticked is shown as it was ticked, and says what became of its item. Held
//! against a model that remembers every tick and every version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
#[path = "common/packs.rs"]
mod packs;

use std::collections::{BTreeMap, BTreeSet};

use amparo_core::{
    Amparo, CoreError, RunId,
    checklist::{Fate, ItemState, PackError, Points, Publisher, RunQuery, Standing},
};
use common::*;
use packs::*;
use proptest::prelude::*;
use serde_json::json;

/// Items that packs are made of.
const ITEMS: [&str; 6] = ["i.a", "i.b", "i.c", "i.d", "i.e", "i.f"];
const LISTS: [&str; 2] = ["one", "two"];

/// Where an item is in a version of the pack, and what it says there. `None`: it is not in it.
type Place = Option<(usize, usize, u8, Option<u8>, u8)>;

#[derive(Debug, Clone)]
struct Version {
    places: Vec<Place>,
    lists: [bool; 2],
    /// Whether what is gone is named.
    named: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Keep {
    All,
    Place,
    Nothing,
}

#[derive(Debug, Clone)]
enum Step {
    /// To this version, where each item is as drawn, or where it was with new words, or as it was.
    Update(Version, Vec<Keep>, u64),
    /// What must be refused: an older version, another's, a changed file.
    Refused(u8),
    Remove,
    Again,
    Start(usize),
    Tick(prop::sample::Index, usize, bool, Option<String>),
    /// Ticks once more what is ticked, as it is.
    Confirm(prop::sample::Index, prop::sample::Index),
    Untick(prop::sample::Index, usize),
    Finish(prop::sample::Index),
    Reopen(prop::sample::Index),
    Delete(prop::sample::Index),
    LockAndUnlock,
}

fn version() -> impl Strategy<Value = Version> {
    let place =
        prop::option::weighted(0.8, (0..2usize, 0..2usize, 0..3u8, prop::option::weighted(0.7, 0..3u8), 0..9u8));
    let lists = [prop::bool::weighted(0.9), prop::bool::weighted(0.7)];
    (prop::collection::vec(place, ITEMS.len()), lists, any::<bool>()).prop_map(|(places, lists, named)| {
        // An item whose list is not there is not there.
        let places = places.into_iter().map(|place: Place| place.filter(|place| lists[place.0])).collect();
        Version { places, lists, named }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    let keep = prop_oneof![4 => Just(Keep::All), 4 => Just(Keep::Place), 2 => Just(Keep::Nothing)];
    prop_oneof![
        4 => (version(), prop::collection::vec(keep, ITEMS.len()), 1..4u64)
            .prop_map(|(version, keep, by)| Step::Update(version, keep, by)),
        1 => (0..3u8).prop_map(Step::Refused),
        1 => Just(Step::Remove),
        1 => Just(Step::Again),
        3 => (0..2usize).prop_map(Step::Start),
        9 => (index(), 0..ITEMS.len(), any::<bool>(), prop::option::of("\\PC{0,12}"))
            .prop_map(|(run, item, done, note)| Step::Tick(run, item, done, note)),
        7 => (index(), index()).prop_map(|(run, tick)| Step::Confirm(run, tick)),
        2 => (index(), 0..ITEMS.len()).prop_map(|(run, item)| Step::Untick(run, item)),
        1 => index().prop_map(Step::Finish),
        3 => index().prop_map(Step::Reopen),
        1 => index().prop_map(Step::Delete),
        1 => Just(Step::LockAndUnlock),
    ]
}

#[derive(Debug, Clone, PartialEq)]
struct ModelTick {
    state: ItemState,
    note: String,
    version: u64,
    section: usize,
    english: u8,
    arabic: Option<u8>,
}

#[derive(Debug)]
struct ModelRun {
    id: RunId,
    list: usize,
    ticks: BTreeMap<usize, ModelTick>,
    finished: bool,
    /// The points at the last finish, if the checklist was there then.
    result: Option<Option<Points>>,
}

struct World {
    home: Home,
    amparo: Amparo,
    number: u64,
    now: Version,
    is_there: bool,
    runs: Vec<ModelRun>,
    /// Since which version an item that was ticked, or a list that was started, is gone without a name.
    gone: BTreeMap<usize, u64>,
    /// Results in the order of finishing.
    finished: Vec<RunId>,
}

fn spec(version: &Version, number: u64) -> PackSpec {
    let mut spec = PackSpec::new(number, &[]);
    for (at, name) in LISTS.iter().enumerate().filter(|(at, _)| version.lists[*at]) {
        let section = |wanted: usize| {
            let here = version.places.iter().enumerate().filter_map(move |(item, place)| {
                let (list, section, english, arabic, points) = (*place)?;
                let id = ITEMS[item].to_owned();
                (list == at && section == wanted).then_some(ItemSpec { id, english, arabic, points })
            });
            here.collect()
        };
        spec.lists.push(((*name).to_owned(), vec![section(0), section(1)]));
    }
    if version.named {
        let gone = version.places.iter().enumerate().filter(|(_, place)| place.is_none());
        spec.tombstones = gone.map(|(item, _)| json!({"kind": "item", "id": ITEMS[item], "removed_in": 1})).collect();
    }
    spec
}

impl World {
    fn run(&mut self, index: prop::sample::Index) -> Option<usize> {
        (!self.runs.is_empty()).then(|| index.index(self.runs.len()))
    }

    fn place(&self, item: usize) -> Place {
        self.now.places[item]
    }

    fn note_gone(&mut self) {
        let ticked: BTreeSet<usize> = self.runs.iter().flat_map(|run| run.ticks.keys().copied()).collect();
        for item in ticked {
            if self.place(item).is_some() {
                self.gone.remove(&item);
            } else {
                self.gone.entry(item).or_insert(self.number);
            }
        }
    }

    fn apply(&mut self, step: Step) {
        let amparo = self.amparo.clone();
        let (packs, lists) = (amparo.packs(), amparo.checklists());
        match step {
            Step::Update(mut version, keep, by) => {
                self.number += by;
                for (item, keep) in keep.into_iter().enumerate().filter(|(_, keep)| *keep != Keep::Nothing) {
                    let Some(before) = self.now.places[item].filter(|place| version.lists[place.0]) else { continue };
                    let (_, _, english, arabic, points) = version.places[item].unwrap_or(before);
                    let reworded = (before.0, before.1, english, arabic, points);
                    version.places[item] = Some(if keep == Keep::All { before } else { reworded });
                }
                self.now = version;
                self.is_there = true;
                packs.install(&spec(&self.now, self.number).signed()).unwrap();
                self.note_gone();
            }
            Step::Refused(how) => {
                let next = spec(&self.now, self.number + 1);
                let mut tampered = next.signed();
                *tampered.last_mut().unwrap() ^= 1;
                let other: Publisher = publisher(9);
                let (bytes, reason) = match how {
                    0 => (tampered, PackError::Tampered { part: 2 }),
                    1 => (next.sign(9), PackError::OtherPublisher { offered: other, installed: publisher(7) }),
                    _ => (
                        spec(&self.now, self.number - 1).signed(),
                        PackError::Rollback { offered: self.number - 1, installed: self.number },
                    ),
                };
                assert!(matches!(packs.install(&bytes), Err(CoreError::Pack(found)) if found == reason));
            }
            Step::Remove => {
                let done = packs.remove("test.pack");
                assert_eq!(done.is_ok(), self.is_there);
                self.is_there = false;
            }
            Step::Again => {
                packs.install(&spec(&self.now, self.number).signed()).unwrap();
                self.is_there = true;
                self.note_gone();
            }
            Step::Start(list) => match lists.start("test.pack", LISTS[list]) {
                Ok(id) => {
                    assert!(self.is_there && self.now.lists[list]);
                    let ticks = BTreeMap::new();
                    self.runs.push(ModelRun { id, list, ticks, finished: false, result: None });
                }
                Err(CoreError::PackNotFound) => assert!(!self.is_there),
                Err(CoreError::ChecklistNotFound) => assert!(!self.now.lists[list]),
                Err(other) => panic!("{other}"),
            },
            Step::Tick(run, item, done, note) => {
                let Some(at) = self.run(run) else { return };
                let (place, number) = (self.place(item), self.number);
                let run = &mut self.runs[at];
                let state = if done { ItemState::Done } else { ItemState::NotApplicable };
                let mark = if done {
                    lists.tick(run.id, ITEMS[item], note.as_deref())
                } else {
                    lists.not_applicable(run.id, ITEMS[item], note.as_deref())
                };
                let place = place.filter(|place| place.0 == run.list);
                match (mark, place) {
                    (Ok(()), Some((_, section, english, arabic, _))) => {
                        assert!(self.is_there && !run.finished);
                        let before = run.ticks.get(&item).cloned();
                        let kept = before.as_ref().map(|tick| tick.note.clone()).unwrap_or_default();
                        let fresh =
                            ModelTick { state, note: note.unwrap_or(kept), version: number, section, english, arabic };
                        let same = before.filter(|b| (b.state, b.english, b.arabic) == (state, english, arabic));
                        let tick = match same {
                            Some(same) => ModelTick { note: fresh.note, ..same },
                            None => fresh,
                        };
                        run.ticks.insert(item, tick);
                    }
                    (Err(CoreError::PackNotFound), _) => assert!(!self.is_there),
                    (Err(CoreError::RunFinished), _) => assert!(run.finished),
                    (Err(CoreError::ChecklistNotFound), None) => assert!(!self.now.lists[run.list]),
                    (Err(CoreError::ItemNotFound), None) => assert!(self.now.lists[run.list]),
                    (other, place) => panic!("{other:?} {place:?}"),
                }
            }
            Step::Confirm(run, tick) => {
                let Some(at) = self.run(run) else { return };
                let ticked: Vec<(usize, bool)> =
                    self.runs[at].ticks.iter().map(|(item, tick)| (*item, tick.state == ItemState::Done)).collect();
                if !ticked.is_empty() {
                    let (item, done) = ticked[tick.index(ticked.len())];
                    self.apply(Step::Tick(run, item, done, None));
                }
            }
            Step::Untick(run, item) => {
                let Some(at) = self.run(run) else { return };
                let run = &mut self.runs[at];
                match lists.untick(run.id, ITEMS[item]) {
                    Ok(was_there) => assert_eq!(was_there, run.ticks.remove(&item).is_some()),
                    Err(CoreError::RunFinished) => assert!(run.finished),
                    Err(other) => panic!("{other}"),
                }
            }
            Step::Finish(run) => {
                let Some(at) = self.run(run) else { return };
                lists.finish(self.runs[at].id).unwrap();
                if !self.runs[at].finished {
                    let points = self.points(&self.runs[at]);
                    let run = &mut self.runs[at];
                    (run.finished, run.result) = (true, Some(points));
                    let id = run.id;
                    self.finished.retain(|other| *other != id);
                    self.finished.push(id);
                }
            }
            Step::Reopen(run) => {
                let Some(at) = self.run(run) else { return };
                lists.reopen(self.runs[at].id).unwrap();
                self.runs[at].finished = false;
            }
            Step::Delete(run) => {
                let Some(at) = self.run(run) else { return };
                let run = self.runs.remove(at);
                lists.delete(run.id).unwrap();
                self.finished.retain(|other| *other != run.id);
            }
            Step::LockAndUnlock => {
                amparo.lock().unwrap();
                self.amparo = self.home.unlock();
            }
        }
    }

    /// The points of a run, if its checklist is there.
    fn points(&self, run: &ModelRun) -> Option<Points> {
        if !self.is_there || !self.now.lists[run.list] {
            return None;
        }
        let mut sum = Points::default();
        for (item, place) in self.now.places.iter().enumerate() {
            let Some((list, _, _, _, points)) = *place else { continue };
            let state = run.ticks.get(&item).map_or(ItemState::Open, |tick| tick.state);
            if list == run.list && state != ItemState::NotApplicable {
                sum.of += u32::from(points);
                sum.points += if state == ItemState::Open { u32::from(points) } else { 0 };
            }
        }
        Some(sum)
    }

    fn check(&self) {
        let lists = self.amparo.checklists();
        let listed: Vec<RunId> = lists.runs(&RunQuery::default(), "ar").unwrap().iter().map(|run| run.id).collect();
        assert_eq!(listed, self.runs.iter().rev().map(|run| run.id).collect::<Vec<_>>());
        for run in &self.runs {
            let view = lists.run(run.id, "en").unwrap();
            let there = self.is_there && self.now.lists[run.list];
            assert_eq!(view.checklist.is_some(), there);
            assert_eq!(view.summary.standing == Standing::Present, there);
            assert_eq!(view.summary.finished.is_some(), run.finished);
            let points = if run.finished { run.result.unwrap() } else { self.points(run) };
            assert_eq!(view.summary.points, points);
            let mut seen = BTreeSet::new();
            for (item, name) in ITEMS.iter().enumerate() {
                let shown = view.checklist.iter().flat_map(|list| list.items()).find(|shown| shown.item.id == *name);
                let left = view.left.iter().find(|left| left.item == *name);
                let place = self.place(item).filter(|place| there && place.0 == run.list);
                assert_eq!(shown.is_some(), place.is_some());
                let tick = shown.and_then(|shown| shown.tick.as_ref()).or(left.map(|left| &left.tick));
                let Some(model) = run.ticks.get(&item) else {
                    assert!(tick.is_none(), "nothing is ticked that nobody ticked");
                    continue;
                };
                let tick = tick.expect("nothing that was ticked is lost");
                seen.insert(item);
                assert_eq!((tick.state, tick.version, &tick.note), (model.state, model.version, &model.note));
                // Reworded in the languages of both in which it says something else, wherever it is now.
                if let Some((_, section, english, arabic, _)) = self.place(item).filter(|_| self.is_there) {
                    let mut reworded = Vec::new();
                    if let (Some(then), Some(now)) = (model.arabic, arabic)
                        && then != now
                    {
                        reworded.push("ar".to_owned());
                    }
                    if model.english != english {
                        reworded.push("en".to_owned());
                    }
                    assert_eq!(tick.reworded, reworded);
                    assert_eq!(tick.said.is_some(), !reworded.is_empty());
                    let moved = place.is_some() && section != model.section;
                    assert_eq!(tick.moved_from, moved.then(|| format!("s{}", model.section)));
                }
                if let Some(left) = left {
                    assert_eq!(left.text.as_ref().unwrap().text, format!("Do {name} {}", model.english));
                    let fate = match self.place(item) {
                        _ if !self.is_there => Fate::PackGone,
                        Some((list, ..)) => Fate::Moved { checklist: LISTS[list].to_owned() },
                        None if self.now.named => Fate::Removed { in_version: Some(1), replaced_by: None },
                        None => Fate::Removed { in_version: self.gone.get(&item).copied(), replaced_by: None },
                    };
                    assert_eq!(left.fate, fate);
                }
            }
            assert_eq!(seen.len(), run.ticks.len());
        }
        for (at, name) in LISTS.iter().enumerate() {
            let of_list = |id: &&RunId| self.runs.iter().any(|run| run.id == **id && run.list == at);
            let scored = |id: &&RunId| self.runs.iter().any(|run| run.id == **id && run.result.unwrap().is_some());
            let expected: Vec<RunId> = self.finished.iter().filter(of_list).filter(scored).copied().collect();
            let scores = lists.scores("test.pack", name, "en").unwrap();
            assert_eq!(scores.iter().map(|score| score.run).collect::<Vec<_>>(), expected);
            for score in &scores {
                let run = self.runs.iter().find(|run| run.id == score.run).unwrap();
                assert_eq!(Some(score.points), run.result.unwrap());
            }
        }
    }
}

proptest! {
    // Every case makes a vault, and a vault costs a key derivation.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn nothing_that_was_ticked_is_lost_or_told_wrong(first in version(), steps in prop::collection::vec(step(), 10..70)) {
        let (home, amparo) = Home::new();
        amparo.packs().accept_publisher(publisher(7)).unwrap();
        // Accepted, so that only being another's keeps its packs out.
        amparo.packs().accept_publisher(publisher(9)).unwrap();
        let number = 5;
        amparo.packs().install(&spec(&first, number).signed()).unwrap();
        let mut world = World {
            home, amparo, number, now: first, is_there: true, runs: Vec::new(), gone: BTreeMap::new(), finished: Vec::new(),
        };
        for step in steps {
            world.apply(step);
            world.check();
        }
        world.amparo.lock().unwrap();
        world.amparo = world.home.unlock();
        world.check();
        prop_assert!(world.amparo.vault().check(|_| ()).unwrap().is_ok());
        // Once every run is deleted, nothing of what was read is left.
        while let Some(run) = world.runs.pop() {
            world.amparo.checklists().delete(run.id).unwrap();
        }
        let left: i64 = world.amparo.vault().read(|conn| Ok::<_, CoreError>(conn.query_row(
            "SELECT (SELECT count(*) FROM checklist_wording) + (SELECT count(*) FROM checklist_tick)
                + (SELECT count(*) FROM checklist_result_item)", [], |row| row.get(0))?)).unwrap();
        prop_assert_eq!(left, 0);
    }
}
