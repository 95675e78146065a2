//! Checklist packs in a vault, and runs that survive whatever becomes of their pack.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
#[path = "common/packs.rs"]
mod packs;

use amparo_core::{
    Amparo, ClockTrust, CoreError, RunId,
    checklist::{
        ChecklistView, DueState, Fate, ItemState, Lead, MAX_NOTE_BYTES, Next, OfferKind, Pack, PackError, Points,
        RunQuery, RunView, Standing,
    },
    incident::{ActCode, RecipientKind},
};
use common::*;
use packs::*;
use proptest::prelude::*;
use serde_json::json;

const DAY: &str = "2026-11-24";

/// Every row of every table, as text.
fn database(amparo: &Amparo) -> Vec<String> {
    amparo
        .vault()
        .read(|conn| {
            let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
            let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut rows = Vec::new();
            for name in names {
                let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\""))?;
                let columns = statement.column_count();
                let mut found = statement.query([])?;
                while let Some(row) = found.next()? {
                    let cells: Vec<_> = (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
                    rows.push(format!("{name}: {cells:?}"));
                }
            }
            Ok::<_, CoreError>(rows)
        })
        .unwrap()
}

fn first() -> PackSpec {
    PackSpec::new(2, &[("one", &[&["one.a", "one.b"], &["one.c"]]), ("two", &[&["two.a"]])])
}

/// A vault with the first pack and its publisher.
fn installed(clock: &HandClock) -> (Home, Amparo) {
    let (home, amparo) = Home::with_clock(clock);
    amparo.packs().accept_publisher(publisher(7)).unwrap();
    amparo.packs().install(&first().signed()).unwrap();
    (home, amparo)
}

fn view(amparo: &Amparo, run: RunId) -> RunView {
    amparo.checklists().run(run, "en").unwrap()
}

fn states(view: &RunView) -> Vec<(String, ItemState)> {
    let list: &ChecklistView = view.checklist.as_ref().unwrap();
    list.items().map(|item| (item.item.id.clone(), item.state())).collect()
}

#[test]
fn every_refusal_has_its_name_and_changes_nothing() {
    let clock = HandClock::at(DAY);
    let (_home, amparo) = installed(&clock);
    let run = amparo.checklists().start("test.pack", "one").unwrap();
    amparo.checklists().tick(run, "one.a", Some("a note")).unwrap();
    let before = database(&amparo);
    assert!(before.iter().any(|row| row.starts_with("pack_file")), "the comparison sees packs");
    let good = first();
    let newer = PackSpec { version: 3, ..first() };
    let mut tampered = newer.signed();
    *tampered.last_mut().unwrap() ^= 1;
    let mut bad_signature = newer.signed();
    bad_signature[60] ^= 1;
    let mut unsigned = newer.signed();
    unsigned[14..110].fill(0);
    let mut other_content = good.clone();
    other_content.item_mut("one.a").english = 9;
    let bad_content =
        PackSpec { tombstones: vec![json!({"kind": "item", "id": "one.a", "removed_in": 2})], ..newer.clone() };
    let other = PackSpec { id: "other.pack".into(), ..first() };
    let day = |text: &str| time::Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).unwrap();
    let refused: Vec<(Vec<u8>, PackError, u32)> = vec![
        (b"no pack at all".to_vec(), PackError::NotAPack, 260),
        (b"amparo.pack/2\nwhatever".to_vec(), PackError::UnknownFormat, 261),
        (newer.signed()[..200].to_vec(), PackError::WrongLength, 262),
        (unsigned, PackError::Unsigned, 264),
        (bad_signature, PackError::BadSignature, 265),
        (tampered, PackError::Tampered { part: 2 }, 266),
        (bad_content.signed(), PackError::Malformed { what: "a tombstone names what is there, or stands twice" }, 267),
        (other.sign(9), PackError::UnknownPublisher { publisher: publisher(9) }, 268),
        (newer.sign(9), PackError::OtherPublisher { offered: publisher(9), installed: publisher(7) }, 269),
        (PackSpec { version: 1, ..first() }.signed(), PackError::Rollback { offered: 1, installed: 2 }, 271),
        (other_content.signed(), PackError::VersionReused { version: 2 }, 272),
        (
            newer.clone().with("min_core", json!("77.0.0")).signed(),
            PackError::TooNew { min_core: "77.0.0".parse().unwrap() },
            273,
        ),
        (
            newer.clone().with("review_by", json!("2026-11-23")).signed(),
            PackError::Expired { review_by: day("2026-11-23") },
            274,
        ),
        (
            newer.clone().with("valid_from", json!("2026-11-25")).signed(),
            PackError::NotYetValid { valid_from: day("2026-11-25") },
            275,
        ),
    ];
    for (bytes, reason, number) in refused {
        let error = amparo.packs().install(&bytes).unwrap_err();
        assert_eq!(error.code(), number);
        match &error {
            CoreError::Pack(found) => assert_eq!(*found, reason),
            other => panic!("{other}"),
        }
        assert!(!error.to_string().contains("one.a"), "{error}");
        // An offer says the same, and nothing of a pack that is not believed.
        match amparo.packs().offer(&bytes) {
            Ok(offer) => {
                assert!(offer.kind == OfferKind::Refused && offer.refusal == Some(reason) && offer.changes.is_none())
            }
            Err(CoreError::Pack(found)) => assert_eq!(found, reason),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(database(&amparo), before, "{number}");
    }
    let fingerprints = amparo.packs().install(&newer.sign(9)).unwrap_err().to_string();
    assert!(fingerprints.contains(&publisher(9).fingerprint()) && fingerprints.contains(&publisher(7).fingerprint()));
    assert!(amparo.packs().install(&other.sign(9)).unwrap_err().to_string().contains(&publisher(9).fingerprint()));
    // A clock that is known to be wrong leaves dates out, and nothing else.
    clock.distrust();
    let early = newer.with("valid_from", json!("2026-11-25"));
    assert!(matches!(amparo.packs().install(&early.sign(9)), Err(CoreError::Pack(PackError::OtherPublisher { .. }))));
    assert_eq!(amparo.packs().install(&early.signed()).unwrap().version, 3);
}

#[test]
fn a_removed_pack_takes_nothing_with_it_and_cannot_be_rolled_back() {
    let (home, amparo) = installed(&HandClock::at(DAY));
    let run = amparo.checklists().start("test.pack", "one").unwrap();
    amparo.checklists().tick(run, "one.a", Some("with Amal")).unwrap();
    amparo.packs().remove("test.pack").unwrap();
    assert!(matches!(amparo.packs().remove("test.pack"), Err(CoreError::PackNotFound)));
    assert!(matches!(amparo.packs().open("test.pack"), Err(CoreError::PackNotFound)));
    assert!(matches!(amparo.checklists().start("test.pack", "one"), Err(CoreError::PackNotFound)));
    assert!(matches!(amparo.checklists().tick(run, "one.b", None), Err(CoreError::PackNotFound)));
    assert!(amparo.checklists().list("en").unwrap().is_empty() && amparo.checklists().due("en").unwrap().is_empty());
    amparo.lock().unwrap();
    let amparo = home.unlock();
    let shown = amparo.checklists().run(run, "ar").unwrap();
    assert!(shown.checklist.is_none() && shown.summary.standing == Standing::PackRemoved);
    assert_eq!(shown.summary.title.unwrap().text, "قائمة one", "what it was called stays");
    assert_eq!((shown.summary.progress.done, shown.summary.progress.open), (1, None));
    let left = &shown.left[0];
    assert_eq!((left.item.as_str(), &left.fate, left.tick.note.as_str()), ("one.a", &Fate::PackGone, "with Amal"));
    assert_eq!(left.text.as_ref().unwrap().text, "افعل one.a 0");
    assert!(!format!("{shown:?}", shown = view(&amparo, run)).contains("Amal"), "notes are never in Debug");
    // Neither an older one nor somebody else's comes in its place; the same and newer ones do.
    let packs = amparo.packs();
    assert!(packs.list().unwrap()[0].removed.is_some());
    assert!(matches!(
        packs.install(&PackSpec { version: 1, ..first() }.signed()),
        Err(CoreError::Pack(PackError::Rollback { .. }))
    ));
    packs.accept_publisher(publisher(9)).unwrap();
    assert!(matches!(packs.install(&first().sign(9)), Err(CoreError::Pack(PackError::OtherPublisher { .. }))));
    assert_eq!(packs.offer(&first().signed()).unwrap().kind, OfferKind::Again { removed: 2 });
    assert!(packs.install(&first().signed()).unwrap().removed.is_none());
    assert_eq!(view(&amparo, run).summary.standing, Standing::Present);
    assert_eq!(states(&view(&amparo, run))[0], ("one.a".into(), ItemState::Done));
}

#[test]
fn publishers_are_accepted_and_forgotten() {
    let (_home, amparo) = installed(&HandClock::at(DAY));
    let packs = amparo.packs();
    packs.accept_publisher(publisher(7)).unwrap();
    let known = packs.publishers().unwrap();
    assert_eq!(
        (known.len(), known[0].publisher, known[0].packs.as_slice()),
        (1, publisher(7), ["test.pack".to_owned()].as_slice())
    );
    assert!(packs.forget_publisher(publisher(7)).unwrap() && !packs.forget_publisher(publisher(7)).unwrap());
    let refusal = packs.offer(&PackSpec { version: 3, ..first() }.signed()).unwrap().refusal;
    assert_eq!(refusal, Some(PackError::UnknownPublisher { publisher: publisher(7) }));
    assert!(!packs.list().unwrap()[0].accepted);
    packs.open("test.pack").unwrap();
}

#[test]
fn an_offer_says_what_would_change() {
    let clock = HandClock::at(DAY);
    let (_home, amparo) = Home::with_clock(&clock);
    let packs = amparo.packs();
    assert_eq!(
        packs.offer(&first().signed()).unwrap().refusal,
        Some(PackError::UnknownPublisher { publisher: publisher(7) })
    );
    packs.accept_publisher(publisher(7)).unwrap();
    assert_eq!(packs.offer(&first().signed()).unwrap().kind, OfferKind::New);
    packs.install(&first().signed()).unwrap();
    assert_eq!(packs.offer(&first().signed()).unwrap().kind, OfferKind::Same);
    let mut next = PackSpec { version: 5, ..first() };
    next.item_mut("one.a").arabic = Some(1);
    let offer = packs.offer(&next.signed()).unwrap();
    assert_eq!(offer.kind, OfferKind::Update { from: 2 });
    assert_eq!(offer.changes.unwrap().reworded, [("one.a".to_owned(), vec!["ar".to_owned()])]);
    assert_eq!(packs.list().unwrap()[0].version, 2, "an offer changes nothing");
    // One that is installed is shown for ever, marked as such.
    clock.set("2030-01-01");
    assert!(packs.list().unwrap()[0].review_overdue);
    clock.distrust();
    assert!(!packs.list().unwrap()[0].review_overdue);
    packs.open("test.pack").unwrap();
}

#[test]
fn what_the_database_holds_is_verified_when_it_is_read() {
    let (_home, amparo) = installed(&HandClock::at(DAY));
    let run = amparo.checklists().start("test.pack", "one").unwrap();
    amparo.checklists().tick(run, "one.a", None).unwrap();
    let put = |bytes: &[u8]| {
        let done =
            amparo.vault().write(|tx| Ok::<_, CoreError>(tx.execute("UPDATE pack_file SET bytes = ?1", [bytes])?));
        assert_eq!(done.unwrap(), 1);
    };
    let mut changed = first().signed();
    *changed.last_mut().unwrap() ^= 1;
    // Changed; another version by the same publisher; the same pack by another.
    for bytes in [changed, PackSpec { version: 1, ..first() }.signed(), first().sign(9), b"nothing".to_vec()] {
        put(&bytes);
        assert!(matches!(amparo.packs().open("test.pack"), Err(CoreError::PackDamaged)));
        assert_eq!(view(&amparo, run).summary.standing, Standing::PackUnreadable);
        assert_eq!(view(&amparo, run).left[0].fate, Fate::PackGone);
        assert!(matches!(amparo.checklists().tick(run, "one.b", None), Err(CoreError::PackDamaged)));
    }
    assert!(amparo.packs().list().unwrap()[0].unreadable);
    amparo.packs().install(&first().signed()).unwrap();
    assert!(!amparo.packs().list().unwrap()[0].unreadable, "installing it again repairs it");
    assert_eq!(states(&view(&amparo, run))[0].1, ItemState::Done);
}

#[test]
fn ticks_survive_updates_and_say_what_became_of_their_items() {
    let clock = HandClock::at(DAY);
    let (_home, amparo) = installed(&clock);
    let lists = amparo.checklists();
    let run = lists.start("test.pack", "one").unwrap();
    lists.tick(run, "one.a", None).unwrap();
    lists.not_applicable(run, "one.b", Some("no car")).unwrap();
    lists.tick(run, "one.c", None).unwrap();
    // Version 3: one.a reworded in Arabic, one.b gone and named, one.c moved up, one.d new.
    let mut third = PackSpec::new(3, &[("one", &[&["one.a", "one.c", "one.d"], &[]]), ("two", &[&["two.a"]])]);
    third.item_mut("one.a").arabic = Some(1);
    third.tombstones = vec![json!({"kind": "item", "id": "one.b", "removed_in": 3, "replaced_by": "one.d"})];
    amparo.packs().install(&third.signed()).unwrap();
    let shown = view(&amparo, run);
    assert_eq!(
        states(&shown),
        [("one.a".into(), ItemState::Done), ("one.c".into(), ItemState::Done), ("one.d".into(), ItemState::Open)]
    );
    let list = shown.checklist.unwrap();
    let ticks: Vec<_> = list.items().filter_map(|item| item.tick.clone()).collect();
    assert_eq!((ticks[0].reworded.as_slice(), ticks[0].version), (["ar".to_owned()].as_slice(), 2));
    assert_eq!(ticks[1].moved_from.as_deref(), Some("s1"));
    assert!(ticks[1].reworded.is_empty() && ticks[0].moved_from.is_none());
    let left = &shown.left[0];
    assert_eq!(left.fate, Fate::Removed { in_version: Some(3), replaced_by: Some("one.d".into()) });
    assert_eq!((left.tick.state, left.tick.note.as_str()), (ItemState::NotApplicable, "no car"));
    let in_arabic = lists.run(run, "ar").unwrap().checklist.unwrap().items().next().unwrap().tick.clone().unwrap();
    assert_eq!(in_arabic.said.unwrap().text, "افعل one.a 0");
    // Ticked again, it is ticked as it is now.
    lists.tick(run, "one.a", None).unwrap();
    let again = view(&amparo, run).checklist.unwrap().items().next().unwrap().tick.clone().unwrap();
    assert!(again.version == 3 && again.reworded.is_empty() && again.said.is_none());
    // Version 4 drops one.c without a word, and moves one.d to the other list.
    let fourth = PackSpec {
        tombstones: third.tombstones.iter().map(|_| json!({"kind": "item", "id": "one.b", "removed_in": 3})).collect(),
        ..PackSpec::new(4, &[("one", &[&["one.a"]]), ("two", &[&["two.a", "one.d"]])])
    };
    lists.tick(run, "one.d", None).unwrap();
    amparo.packs().install(&fourth.signed()).unwrap();
    let shown = view(&amparo, run);
    assert_eq!(shown.checklist.unwrap().items().next().unwrap().tick.as_ref().unwrap().reworded, ["ar"]);
    let fates: Vec<_> = shown.left.iter().map(|left| (left.item.as_str(), left.fate.clone())).collect();
    assert_eq!(
        fates,
        [
            ("one.b", Fate::Removed { in_version: Some(3), replaced_by: None }),
            ("one.c", Fate::Removed { in_version: Some(4), replaced_by: None }),
            ("one.d", Fate::Moved { checklist: "two".into() }),
        ]
    );
    // Later versions without it do not change since when it is gone.
    amparo.packs().install(&PackSpec { version: 6, ..fourth.clone() }.signed()).unwrap();
    assert_eq!(view(&amparo, run).left[1].fate, Fate::Removed { in_version: Some(4), replaced_by: None });
    // The whole list goes.
    let fifth = PackSpec::new(7, &[("two", &[&["two.a"]])]);
    amparo.packs().install(&fifth.signed()).unwrap();
    let shown = view(&amparo, run);
    assert_eq!(shown.summary.standing, Standing::ChecklistRemoved { in_version: Some(7), replaced_by: None });
    assert_eq!((shown.left.len(), shown.summary.title.unwrap().text), (4, "List one".into()));
    assert!(matches!(lists.tick(run, "one.a", None), Err(CoreError::ChecklistNotFound)));
    assert!(lists.untick(run, "one.b").unwrap(), "what is gone can be unticked");
    lists.finish(run).unwrap();
    let done = view(&amparo, run).summary;
    assert_eq!((done.progress.done, done.finished.unwrap().version, done.points), (3, 2, None));
}

#[test]
fn ticks_are_marked_once_and_taken_back() {
    let clock = HandClock::at(DAY);
    let (_home, amparo) = installed(&clock);
    let lists = amparo.checklists();
    let (run, other) = (lists.start("test.pack", "one").unwrap(), lists.start("test.pack", "one").unwrap());
    lists.tick(run, "one.a", Some("first")).unwrap();
    clock.set("2026-11-30");
    lists.tick(run, "one.a", None).unwrap();
    let tick = |run| view(&amparo, run).checklist.unwrap().items().next().unwrap().tick.clone();
    let first = tick(run).unwrap();
    assert_eq!((first.at.time.to_string().as_str(), first.note.as_str()), ("2026-11-24T06:00:00Z", "first"));
    lists.tick(run, "one.a", Some("")).unwrap();
    assert_eq!(tick(run).unwrap().note, "");
    lists.not_applicable(run, "one.a", None).unwrap();
    assert_eq!(tick(run).unwrap().at.time.to_string(), "2026-11-30T06:00:00Z");
    assert!(tick(other).is_none(), "runs of one list do not share ticks");
    let progress = view(&amparo, run).summary.progress;
    assert_eq!(
        (progress.done, progress.not_applicable, progress.open, progress.open_time_critical),
        (0, 1, Some(2), Some(2))
    );
    let before = database(&amparo);
    for (result, number) in [
        (lists.tick(run, "two.a", None), 284),
        (lists.tick(run, "nothing", None), 284),
        (lists.tick(RunId::generate().unwrap(), "one.a", None), 283),
        (lists.tick(run, "one.a", Some(&"x".repeat(MAX_NOTE_BYTES + 1))), 221),
        (lists.start("test.pack", "three").map(drop), 282),
        (lists.start("none", "one").map(drop), 280),
        (lists.reopen(run), 0),
        (lists.untick(other, "one.a").map(|found| assert!(!found)), 0),
    ] {
        assert_eq!(result.err().map_or(0, |error| error.code()), number);
    }
    lists.finish(other).unwrap();
    let finished = database(&amparo);
    assert_ne!(finished, before);
    lists.finish(other).unwrap();
    assert!(matches!(lists.tick(other, "one.a", None), Err(CoreError::RunFinished)));
    assert!(matches!(lists.untick(other, "one.a"), Err(CoreError::RunFinished)));
    assert_eq!(database(&amparo), finished);
    let page = |query: RunQuery| lists.runs(&query, "en").unwrap().iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!(page(RunQuery::default()), [other, run]);
    assert_eq!(page(RunQuery { finished: Some(true), ..RunQuery::default() }), [other]);
    assert_eq!(page(RunQuery { finished: Some(false), limit: 0, ..RunQuery::default() }), [run]);
    assert_eq!(page(RunQuery { before: Some(other), ..RunQuery::default() }), [run]);
    assert!(page(RunQuery { pack: Some("none".into()), ..RunQuery::default() }).is_empty());
    assert!(page(RunQuery { checklist: Some("two".into()), ..RunQuery::default() }).is_empty());
    assert!(untouched_after_delete(&amparo, run, other));
}

/// Deleting both runs leaves no row of them, and no wording.
fn untouched_after_delete(amparo: &Amparo, run: RunId, other: RunId) -> bool {
    amparo.checklists().delete(run).unwrap();
    assert!(matches!(amparo.checklists().run(run, "en"), Err(CoreError::RunNotFound)));
    amparo.checklists().delete(other).unwrap();
    // The counters of AUTOINCREMENT stay.
    database(amparo).iter().all(|row| !row.starts_with("checklist_"))
}

#[test]
fn an_item_leads_to_an_incident_and_to_people() {
    let (_home, amparo) = installed(&HandClock::at(DAY));
    let lists = amparo.checklists();
    let run = lists.start("test.pack", "one").unwrap();
    let leads = view(&amparo, run).checklist.unwrap().items().next().unwrap().leads.clone();
    assert_eq!(leads, [Lead::Incident(ActCode::THREAT), Lead::Recipients(RecipientKind::LAWYER)]);
    let draft = lists.draft_incident(run, "one.a", &ActCode::THREAT, "ar-EG").unwrap();
    assert!(draft.content.draft && draft.content.acts[0].code == ActCode::THREAT);
    assert_eq!((draft.content.title.as_str(), draft.content.language.as_deref()), ("تهديد", Some("ar")));
    assert_eq!(lists.draft_incident(run, "one.a", &ActCode::THREAT, "en").unwrap().id, draft.id, "asked twice");
    let mut content = draft.content.clone();
    content.narrative = "They called at night.".into();
    amparo.incidents().save(draft.id, 1, content).unwrap();
    let second = lists.draft_incident(run, "one.a", &ActCode::THREAT, "en").unwrap();
    assert_ne!(second.id, draft.id);
    assert_eq!(view(&amparo, run).drafts.iter().map(|draft| draft.incident).collect::<Vec<_>>(), [draft.id, second.id]);
    assert_eq!(lists.origin_of(draft.id).unwrap(), Some(run));
    assert!(matches!(lists.draft_incident(run, "one.a", &ActCode::KILLING, "en"), Err(CoreError::LinkNotFound)));
    assert!(matches!(lists.draft_incident(run, "two.a", &ActCode::THREAT, "en"), Err(CoreError::ItemNotFound)));
    lists.delete(run).unwrap();
    assert_eq!(lists.origin_of(draft.id).unwrap(), None);
    amparo.incidents().get(draft.id).unwrap();
}

#[test]
fn what_is_due_follows_the_calendar_and_survives_a_clock_that_goes_back() {
    let clock = HandClock::at(DAY);
    let (_home, amparo) = installed(&clock);
    let lists = amparo.checklists();
    let state = || lists.due("en").unwrap().into_iter().find(|due| due.heading.id == "one").unwrap();
    assert_eq!(state().state, DueState::NeverStarted);
    let run = lists.start("test.pack", "one").unwrap();
    assert!(matches!(state().state, DueState::Later { in_days: 7, .. }));
    assert_eq!(state().open_run, Some(run));
    clock.set("2026-12-02");
    assert!(matches!(state().state, DueState::Due { overdue_days: 1, .. }), "started, never finished");
    lists.finish(run).unwrap();
    let due = state();
    assert!(matches!(due.state, DueState::Later { in_days: 7, .. }) && due.open_run.is_none());
    assert_eq!(due.last_finished.unwrap().at.time.to_string(), "2026-12-02T06:00:00Z");
    clock.set("2026-12-09");
    assert!(matches!(state().state, DueState::Due { overdue_days: 0, .. }));
    clock.set("2026-11-01");
    assert_eq!(state().state, DueState::ClockWentBack);
    // What is finished then counts, although an earlier finish says a later day.
    let second = lists.start("test.pack", "one").unwrap();
    lists.finish(second).unwrap();
    assert!(matches!(state().state, DueState::Later { in_days: 7, .. }));
    lists.reopen(second).unwrap();
    assert_eq!(state().state, DueState::ClockWentBack, "one that was reopened is not finished");
    clock.distrust();
    assert_eq!(state().state, DueState::ClockUnknown);
    assert_eq!(lists.due("en").unwrap()[1].state, DueState::NeverStarted);
    assert_eq!(view(&amparo, run).summary.started.clock, ClockTrust::DEVICE);
}

#[test]
fn results_stay_with_their_points_and_what_changed() {
    let clock = HandClock::at(DAY);
    let (_home, amparo) = installed(&clock);
    let lists = amparo.checklists();
    let run = lists.start("test.pack", "one").unwrap();
    lists.tick(run, "one.a", None).unwrap();
    assert_eq!(view(&amparo, run).summary.points, Some(Points { points: 4, of: 6 }));
    lists.finish(run).unwrap();
    let mut next = PackSpec { version: 3, ..first() };
    next.lists[0].1 = vec![vec![item("one.a"), item("one.c"), item("one.new")]];
    next.item_mut("one.c").points = 9;
    amparo.packs().install(&next.signed()).unwrap();
    assert_eq!(view(&amparo, run).summary.points, Some(Points { points: 4, of: 6 }), "a result is not counted anew");
    let second = lists.start("test.pack", "one").unwrap();
    lists.not_applicable(second, "one.a", None).unwrap();
    lists.finish(second).unwrap();
    amparo.packs().remove("test.pack").unwrap();
    let scores = lists.scores("test.pack", "one", "en").unwrap();
    assert_eq!(
        scores.iter().map(|score| score.points).collect::<Vec<_>>(),
        [Points { points: 4, of: 6 }, Points { points: 11, of: 11 }]
    );
    assert_eq!(scores.iter().map(|score| score.finish.version).collect::<Vec<_>>(), [2, 3]);
    assert!(scores[0].changes.is_empty());
    let changes: Vec<_> =
        scores[1].changes.iter().map(|c| (c.item.as_str(), c.before, c.after, c.risk_before, c.risk_after)).collect();
    use ItemState::{Done, NotApplicable, Open};
    assert_eq!(
        changes,
        [
            ("one.a", Some(Done), Some(NotApplicable), 0, 0),
            ("one.c", Some(Open), Some(Open), 2, 9),
            ("one.new", None, Some(Open), 0, 2),
            ("one.b", Some(Open), None, 2, 0),
        ]
    );
    assert_eq!(scores[1].changes[3].text.as_ref().unwrap().text, "Do one.b 0", "readable without the pack");
    // Reopening takes nothing back; finishing again replaces it, as the newest.
    lists.reopen(run).unwrap();
    assert_eq!(lists.scores("test.pack", "one", "en").unwrap().len(), 2);
    amparo.packs().install(&next.signed()).unwrap();
    lists.tick(run, "one.c", None).unwrap();
    lists.finish(run).unwrap();
    let scores = lists.scores("test.pack", "one", "en").unwrap();
    assert_eq!(scores.iter().map(|score| score.run).collect::<Vec<_>>(), [second, run]);
    assert_eq!(scores[1].points, Points { points: 2, of: 13 });
    assert!(lists.scores("test.pack", "two", "en").unwrap().is_empty());
    assert!(matches!(lists.scores("none", "one", "en"), Err(CoreError::PackNotFound)));
}

#[test]
fn a_pack_is_read_while_the_vault_is_locked() {
    let (_home, amparo) = installed(&HandClock::at(DAY));
    amparo.lock().unwrap();
    assert!(matches!(amparo.checklists().list("ar"), Err(CoreError::Vault(_))));
    let pack = Pack::parse_for(&first().signed(), "ar").unwrap();
    let shown = ChecklistView::of(&pack, "one", "ar").unwrap();
    assert_eq!(shown.items().next().unwrap().text.text, "افعل one.a 0");
    assert!(shown.sections[0].title.is_fallback, "what is not translated says so");
    let triage = amparo_core::checklist::TriageView::of(&pack, "ar").unwrap();
    let answer = &triage.question(&triage.start).unwrap().answers[0];
    assert!(matches!(&answer.next, Next::End { checklist: Some((id, _)), recipients: Some(kind) }
        if id == "one" && *kind == RecipientKind::LAWYER));
}

/// A change to a file that is no pack any more then.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Add(Vec<u8>),
    Swap(prop::sample::Index, prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), 1..=255u8).prop_map(|(at, by)| Damage::Flip(at, by)),
        1 => index().prop_map(Damage::Cut),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Damage::Add),
        1 => (index(), index(), 1..64usize).prop_map(|(a, b, n)| Damage::Swap(a, b, n)),
    ]
}

#[test]
fn no_damaged_update_gets_in_or_changes_anything() {
    let (_home, amparo) = installed(&HandClock::at(DAY));
    let good = PackSpec { version: 3, ..first() }.signed();
    let before = database(&amparo);
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let all = prop::collection::vec(damage(), 1..3);
    let result = runner.run(&all, |all| {
        let mut bytes = good.clone();
        for damage in all {
            match damage {
                Damage::Flip(at, by) => {
                    let at = at.index(bytes.len());
                    bytes[at] ^= by;
                }
                Damage::Cut(at) => bytes.truncate(at.index(bytes.len()).max(1)),
                Damage::Add(more) => bytes.extend(more),
                Damage::Swap(a, b, n) => {
                    let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
                    let n = n.min(bytes.len() - a.max(b));
                    (0..n).for_each(|k| bytes.swap(a + k, b + k));
                }
            }
        }
        if bytes != good {
            prop_assert!(matches!(amparo.packs().install(&bytes), Err(CoreError::Pack(_))));
            prop_assert!(matches!(amparo.packs().offer(&bytes), Err(CoreError::Pack(_))));
        }
        Ok(())
    });
    result.unwrap();
    assert_eq!(database(&amparo), before);
    amparo.packs().install(&good).unwrap();
}
