//! Checklists as a host sees them: the project's own starter pack, read without a vault, installed in one, updated, and refused.

use std::path::Path;

use amparo_core::checklist::PackFile;
use amparo_pack::author::{Against, Sources, build, keys, sign};

use super::{
    codes::{ItemState, Priority, Situation, TextDirection},
    packs::{ChecklistPack, PackOfferKind},
    runs::{DueState, ItemFate, RunStanding},
    view::{Lead, NextStep},
    *,
};
use crate::{incidents::RecipientKind, scene::Scene};

/// A publisher of these tests.
pub(crate) struct Author {
    key: String,
    public: String,
}

impl Author {
    pub(crate) fn new() -> Self {
        let (publisher, key) = keys::generate().unwrap();
        Self { key: key.to_string(), public: publisher.to_hex() }
    }

    fn pack(&self, files: impl IntoIterator<Item = (String, String)>) -> Vec<u8> {
        let (unsigned, _) = build(&Sources::from_files(files), &Against { today: None, previous: None }).unwrap();
        sign(&unsigned, &keys::parse(&self.key).unwrap()).unwrap()
    }

    fn starter(&self) -> Vec<u8> {
        self.pack(sources())
    }

    /// The starter pack as a later version might be: one item says something else in English, one is gone.
    fn update(&self) -> Vec<u8> {
        let gone = "\n[[sections.items]]\nid = \"arrest.medicine\"\npriority = \"normal\"\n";
        let tombstone =
            "\n[[tombstones]]\nitem = \"arrest.medicine\"\nremoved_in = 2\nreplaced_by = \"arrest.doctor\"\n\n[lint]\n";
        let changed = sources().into_iter().map(|(name, text)| {
            let text = match name.as_str() {
                "pack.toml" => text.replace("version = 1\n", "version = 2\n").replace("\n[lint]\n", tombstone),
                "checklists/arrest.toml" => {
                    assert!(text.contains(gone), "{text}");
                    text.replace(gone, "\n")
                }
                "text/en/arrest.toml" => text.replace("Learn by heart the number", "Know by heart the number"),
                _ => text,
            };
            let own = name.ends_with("/arrest.toml") && name.starts_with("text/");
            let text = if own { without_item(&text, "arrest.medicine") } else { text };
            (name, text)
        });
        self.pack(changed.collect::<Vec<_>>())
    }
}

fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/starter");
    let sources = Sources::read(&folder).unwrap();
    // Installed with the system's clock, and these tests must not expire.
    let dated = |text: &str| {
        text.replace("valid_from = \"2026-11-24\"", "valid_from = \"2020-01-01\"")
            .replace("review_by = \"2027-11-24\"", "review_by = \"9999-12-31\"")
    };
    sources.files().map(|(name, text)| (name.to_owned(), dated(text))).collect()
}

fn without_item(text: &str, id: &str) -> String {
    let (before, rest) = text.split_once(&format!("[item.\"{id}\"]")).unwrap();
    let after = rest.find("\n[").map_or("", |at| &rest[at..]);
    format!("{before}{after}")
}

pub(crate) fn installed(scene: &Scene, author: &Author) {
    scene.vault.packs().accept_publisher(author.public.clone()).unwrap();
    scene.vault.packs().install(&author.starter()).unwrap();
}

fn language(tag: &str) -> String {
    tag.to_owned()
}

#[test]
fn the_pack_of_an_app_is_read_without_a_vault() {
    let author = Author::new();
    let bytes = author.starter();
    let open = |tag: &str| ChecklistPack::bundled(&bytes, author.public.clone(), language(tag)).unwrap();
    let arabic = open("ar-EG");
    let info = arabic.info();
    assert_eq!((info.id.as_str(), info.version, info.languages.len()), ("amparo.starter", 1, 5));
    assert!(!info.to_string().contains("Amparo"));
    assert_eq!(arabic.title().unwrap().direction, TextDirection::Rtl);
    let lists = arabic.checklists();
    assert!(lists.len() >= 12, "{}", lists.len());
    let arrest = arabic.checklist("arrest".into()).unwrap();
    assert_eq!(arrest.heading, *lists.iter().find(|list| list.id == "arrest").unwrap());
    assert_eq!(arrest.heading.situation, Situation::Arrest);
    assert!(arrest.sections.iter().flat_map(|section| &section.items).all(|item| {
        item.text.direction == TextDirection::Rtl && !item.text.is_fallback && item.state == ItemState::Open
    }));
    let first = &arrest.sections[0].items[0];
    assert_eq!((first.id.as_str(), &first.priority), ("arrest.lawyer-number", &Priority::High));
    assert_eq!(first.leads[0], Lead::Recipients { kind: RecipientKind::Lawyer });
    // A language that it does not have.
    assert_eq!(open("tlh").checklist("arrest".into()).unwrap().heading.title.locale, "en");
    assert!(matches!(arabic.checklist("nothing".into()), Err(ChecklistError::NotFound { code: 282, .. })));

    // Every way through the questions comes to an end.
    let triage = arabic.triage().unwrap();
    let mut open_questions = vec![triage.start.clone()];
    let mut ends = 0;
    while let Some(id) = open_questions.pop() {
        let question = triage.questions.iter().find(|question| question.id == id).unwrap();
        for answer in &question.answers {
            match &answer.next {
                NextStep::Question { id } => open_questions.push(id.clone()),
                NextStep::End { checklist, title, recipients } => {
                    assert_eq!(checklist.is_some(), title.is_some());
                    assert!(checklist.is_some() || recipients.is_some());
                    ends += 1;
                }
            }
        }
    }
    assert!(ends > 20, "{ends}");

    // What somebody else signed, or changed, is not shown.
    let other = ChecklistPack::bundled(&bytes, Author::new().public, language("en"));
    assert!(matches!(other, Err(ChecklistError::UnknownPublisher { code: 268, .. })));
    let no_key = ChecklistPack::bundled(&bytes, "publisher".into(), language("en"));
    assert!(matches!(no_key, Err(ChecklistError::Invalid { code: 902, .. })));
    let changed = {
        let mut bytes = bytes.clone();
        let place = bytes.windows(7).position(|seven| seven == b"arrest.").unwrap();
        bytes[place] ^= 1;
        bytes
    };
    let changed = ChecklistPack::bundled(&changed, author.public.clone(), language("en"));
    assert!(matches!(changed, Err(ChecklistError::PackTampered { code: 266, .. })), "{:?}", changed.err());
}

#[test]
fn ticks_survive_an_update_and_what_changed_is_told() {
    let scene = Scene::new();
    let author = Author::new();
    installed(&scene, &author);
    let lists = scene.vault.checklists();
    let run = lists.start("amparo.starter".into(), "arrest".into()).unwrap();
    for item in ["arrest.lawyer-number", "arrest.medicine", "arrest.doctor"] {
        lists.tick(run.clone(), item.into(), Some(format!("note on {item}"))).unwrap();
    }
    lists.not_applicable(run.clone(), "arrest.silence".into(), None).unwrap();
    let before = lists.run(run.clone(), language("es")).unwrap();
    assert_eq!((before.summary.progress.done, before.summary.progress.not_applicable), (3, 1));
    assert!(!format!("{before} {before:?}").contains("note on"));

    let update = author.update();
    let offer = scene.vault.packs().offer(&update).unwrap();
    assert_eq!((offer.kind, offer.refusal), (PackOfferKind::Update { from: 1 }, None));
    let changes = offer.changes.unwrap();
    assert_eq!(changes.gone_items, ["arrest.medicine"]);
    assert_eq!((changes.reworded[0].item.as_str(), changes.reworded.len()), ("arrest.lawyer-number", 1));
    assert_eq!(scene.vault.packs().install(&update).unwrap().version, 2);

    let after = lists.run(run.clone(), language("en")).unwrap();
    assert_eq!(after.summary.standing, RunStanding::Present);
    let items: Vec<_> = after.checklist.as_ref().unwrap().sections.iter().flat_map(|section| &section.items).collect();
    let tick = |id: &str| items.iter().find(|item| item.id == id).unwrap().tick.clone().unwrap();
    let reworded = tick("arrest.lawyer-number");
    assert_eq!((reworded.state, reworded.version, reworded.reworded), (ItemState::Done, 1, vec!["en".to_owned()]));
    assert!(reworded.said.unwrap().text.starts_with("Learn by heart"));
    assert!(tick("arrest.doctor").reworded.is_empty() && tick("arrest.doctor").note == "note on arrest.doctor");
    assert_eq!(tick("arrest.silence").state, ItemState::NotApplicable);
    assert_eq!(after.left.len(), 1);
    let fate = ItemFate::Removed { in_version: Some(2), replaced_by: Some("arrest.doctor".into()) };
    assert_eq!((after.left[0].item.as_str(), &after.left[0].fate), ("arrest.medicine", &fate));

    assert!(lists.untick(run.clone(), "arrest.medicine".into()).unwrap());
    assert!(!lists.untick(run.clone(), "arrest.medicine".into()).unwrap());
    let unknown = lists.tick(run.clone(), "arrest.medicine".into(), None);
    assert!(matches!(unknown, Err(ChecklistError::NotFound { code: 284, .. })));
    lists.finish(run.clone()).unwrap();
    assert!(matches!(
        lists.tick(run.clone(), "arrest.doctor".into(), None),
        Err(ChecklistError::RunFinished { code: 285, .. })
    ));
    lists.reopen(run.clone()).unwrap();
    scene.vault.packs().remove("amparo.starter".into()).unwrap();
    let kept = lists.run(run.clone(), language("en")).unwrap();
    assert_eq!((kept.summary.standing, kept.left.len(), kept.checklist.is_none()), (RunStanding::PackRemoved, 3, true));
    lists.delete(run.clone()).unwrap();
    assert!(matches!(lists.run(run, language("en")), Err(ChecklistError::NotFound { code: 283, .. })));
}

#[test]
fn an_incident_begins_where_a_checklist_leads_to_one() {
    let scene = Scene::new();
    installed(&scene, &Author::new());
    let lists = scene.vault.checklists();
    let run = lists.start("amparo.starter".into(), "arrest".into()).unwrap();
    let item = || "arrest.urgent-support".to_owned();
    let draft = lists.draft_incident(run.clone(), item(), ActCode::ArbitraryDetention, language("fr")).unwrap();
    assert!(draft.content.draft && !draft.content.title.is_empty());
    assert_eq!(draft.content.acts[0].code, ActCode::ArbitraryDetention);
    assert_eq!(lists.origin_of(draft.id.clone()).unwrap(), Some(run.clone()));
    assert_eq!(lists.run(run.clone(), language("fr")).unwrap().drafts[0].incident, draft.id);
    let other = lists.draft_incident(run, item(), ActCode::Killing, language("fr"));
    assert!(matches!(other, Err(ChecklistError::NotFound { code: 286, .. })));
}

#[test]
fn a_self_assessment_keeps_its_results_and_is_due_again() {
    let scene = Scene::new();
    installed(&scene, &Author::new());
    let lists = scene.vault.checklists();
    let state =
        |id: &str| lists.due(language("en")).unwrap().into_iter().find(|due| due.heading.id == id).unwrap().state;
    assert_eq!(state("risk-assessment"), DueState::NeverStarted);
    let (pack, list) = (|| "amparo.starter".to_owned(), || "risk-assessment".to_owned());
    let first = lists.start(pack(), list()).unwrap();
    lists.finish(first.clone()).unwrap();
    assert!(matches!(state("risk-assessment"), DueState::Later { in_days: 90, .. }), "{:?}", state("risk-assessment"));
    let second = lists.start(pack(), list()).unwrap();
    lists.tick(second.clone(), "risk-assessment.phone-locked".into(), None).unwrap();
    lists.finish(second.clone()).unwrap();
    let scores = lists.scores(pack(), list(), language("ru")).unwrap();
    assert_eq!(scores.iter().map(|score| &score.run).collect::<Vec<_>>(), [&first, &second]);
    assert_eq!(scores[0].points.points, scores[0].points.of);
    assert_eq!(scores[1].points.points + 4, scores[0].points.points);
    assert_eq!((scores[1].changes.len(), scores[1].changes[0].risk_before, scores[1].changes[0].risk_after), (1, 4, 0));
    let query = RunQuery { pack: Some(pack()), checklist: None, finished: Some(true), before: None, limit: 1 };
    let newest = lists.runs(query.clone(), language("ru")).unwrap();
    assert_eq!(newest.iter().map(|run| &run.id).collect::<Vec<_>>(), [&second]);
    let older = lists.runs(RunQuery { before: Some(second), ..query }, language("ru")).unwrap();
    assert_eq!(older.iter().map(|run| &run.id).collect::<Vec<_>>(), [&first]);
}

#[test]
fn what_may_not_come_in_is_refused_by_name() {
    let scene = Scene::new();
    let (author, other) = (Author::new(), Author::new());
    let packs = scene.vault.packs();
    let starter = author.starter();
    let unknown = packs.offer(&starter).unwrap();
    assert_eq!((unknown.kind, unknown.refusal), (PackOfferKind::Refused, Some(268)));
    assert_eq!(unknown.publisher.key, author.public);
    assert!(matches!(packs.install(&starter), Err(ChecklistError::UnknownPublisher { .. })));
    assert!(packs.list().unwrap().is_empty());
    packs.accept_publisher(author.public.clone()).unwrap();
    packs.accept_publisher(other.public.clone()).unwrap();
    packs.install(&author.update()).unwrap();
    let refusals = |bytes: &[u8]| packs.install(bytes).unwrap_err();
    assert!(matches!(refusals(&starter), ChecklistError::PackRollback { code: 271, .. }));
    assert!(matches!(refusals(&other.update()), ChecklistError::OtherPublisher { code: 269, .. }));
    assert!(matches!(refusals(b"GIF89a"), ChecklistError::NotAPack { code: 260, .. }));
    let mut unsigned = author.update();
    unsigned[14..110].fill(0);
    assert!(PackFile::read(&unsigned).is_err());
    assert!(matches!(refusals(&unsigned), ChecklistError::PackUnsigned { code: 264, .. }));
    let installed = packs.list().unwrap();
    assert_eq!((installed.len(), installed[0].version, installed[0].accepted), (1, 2, true));
    assert!(packs.forget_publisher(author.public.clone()).unwrap());
    assert!(!packs.list().unwrap()[0].accepted);
    assert_eq!(packs.publishers().unwrap().len(), 1);
    scene.vault.lock().unwrap();
    assert!(matches!(packs.list(), Err(ChecklistError::Locked { code: 103, .. })));
}
