//! Checklists as their users follow them, command by command: the starter pack without a vault, installed into one, ticked, updated,
//! scored; pages in five languages.

#![allow(missing_docs)]

use std::{collections::BTreeMap, fs, path::Path};

use amparo_core::checklist::Publisher;
use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_pack::author::{Against, Sources, build, sign};
use amparo_tests::command::{Answer, Place};
use serde_json::Value;

const LANGUAGES: [&str; 5] = ["en", "es", "fr", "ar", "ru"];

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [seed; 32]))
}

fn fingerprint(seed: u8) -> String {
    Publisher::from(key(seed).verifying_key()).fingerprint()
}

/// The starter pack's sources, after `change`.
fn starter(seed: u8, change: impl Fn(&mut BTreeMap<String, String>)) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/starter");
    let sources = Sources::read(&folder).unwrap();
    let mut files: BTreeMap<String, String> =
        sources.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    // The command reads the system's clock, and this test must not expire.
    edit(&mut files, "pack.toml", "valid_from = \"2026-11-24\"", "valid_from = \"2020-01-01\"");
    edit(&mut files, "pack.toml", "review_by = \"2027-11-24\"", "review_by = \"9999-12-31\"");
    change(&mut files);
    let (built, _) = build(&Sources::from_files(files), &Against::default()).unwrap();
    sign(&built, &key(seed)).unwrap()
}

fn edit(files: &mut BTreeMap<String, String>, path: &str, from: &str, to: &str) {
    let text = files.get_mut(path).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    *text = text.replacen(from, to, 1);
}

struct Scene {
    place: Place,
    vault: String,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
        place.create_vault();
        let vault = place.vault().to_str().unwrap().to_owned();
        Self { place, vault }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.place.path(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Answer {
        self.place.run(args)
    }

    fn json(&self, args: &[&str]) -> Value {
        self.place.json(args)
    }

    fn refused(&self, args: &[&str], code: i32, word: &str) {
        let answer = self.run(args);
        assert_eq!(answer.code, code, "{args:?}: {}{}", answer.out, answer.err);
        assert!(answer.err.contains(word) && !answer.err.contains("panicked"), "{args:?}: {}", answer.err);
    }
}

#[test]
fn the_starter_pack_needs_no_vault_and_no_passphrase() {
    let scene = Scene::new();
    let pack = scene.file("pack", &starter(7, |_| ()));
    let without_passphrase = |args: &[&str]| {
        let output = scene.place.prepare(args).env_remove("AMPARO_PASSPHRASE").output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for language in LANGUAGES {
        let list = without_passphrase(&["checklist", "list", "--pack", &pack, "--language", language]);
        assert!(list.contains("arrest"));
        let page = without_passphrase(&["checklist", "show", "arrest", "--pack", &pack, "--language", language]);
        let triage = without_passphrase(&["checklist", "triage", "--pack", &pack, "--language", language]);
        for text in [list, page, triage] {
            assert!(!text.contains('\u{fffd}') && !text.contains("checklist."), "{language}: {text}");
            check_direction(&text, language == "ar");
        }
    }
    // Who reads no language of the pack is told so, once.
    let page = without_passphrase(&["checklist", "show", "arrest", "--pack", &pack, "--language", "de"]);
    assert_eq!(page.matches("(en: not translated yet)").count(), 1);
    check_direction(&page, false);
    scene.refused(&["checklist", "show", "none", "--pack", &pack], 3, "no pack has that");
    scene.refused(&["checklist", "show", "arrest"], 3, "--pack");
    scene.refused(&["checklist", "triage", "--pack", &pack, "99"], 3, "none of the answers");
    let end = scene.json(&["checklist", "triage", "--pack", &pack, "1", "1"]);
    assert!(end["question"].is_null() && (end["end"]["checklist"].is_object() || end["end"]["recipients"].is_string()));
}

/// Every line of a right-to-left page begins with its mark, and nothing foreign in it is bare; other pages have no marks at all.
fn check_direction(page: &str, right_to_left: bool) {
    for line in page.lines().filter(|line| !line.is_empty()) {
        let marks = |c: char| matches!(c, '\u{200f}' | '\u{2068}' | '\u{2069}');
        if !right_to_left {
            assert!(!line.contains(marks), "{line:?}");
            continue;
        }
        assert!(line.starts_with('\u{200f}'), "{line:?}");
        let mut bare = String::new();
        let mut depth = 0;
        for c in line.chars() {
            match c {
                '\u{2066}'..='\u{2068}' => depth += 1,
                '\u{2069}' => depth -= 1,
                _ if depth == 0 => bare.push(c),
                _ => {}
            }
        }
        assert_eq!(depth, 0, "{line:?}");
        // Ids, days and addresses turn around when they stand bare in such a line.
        let digits = bare.split(|c: char| !c.is_ascii_digit() && c != '-');
        assert!(!digits.clone().any(|word| word.len() > 6 && word.contains('-')), "{line:?}");
        assert!(!bare.contains("://") && !bare.contains('_'), "{line:?}");
    }
}

#[test]
fn a_pack_is_installed_by_its_fingerprint_and_ticks_survive_its_update() {
    let scene = Scene::new();
    let vault = scene.vault.as_str();
    let pack = scene.file("pack", &starter(7, |_| ()));
    let install = |file: &str, more: &[&str]| scene.run(&[&["pack", "install", vault, file], more].concat());
    let unknown = install(&pack, &[]);
    assert!(unknown.code == 3 && unknown.err.contains(&fingerprint(7)), "{}", unknown.err);
    assert!(install(&pack, &["--accept", &fingerprint(8)]).err.contains("another fingerprint"));
    assert!(scene.json(&["pack", "installed", vault])["publishers"].as_array().unwrap().is_empty());
    let dry = install(&pack, &["--dry-run", "--json"]);
    assert_eq!(dry.code, 1, "it would be refused");
    let dry: Value = serde_json::from_str(&dry.out).unwrap();
    assert_eq!((dry["installed"].as_bool(), dry["refusal"]["name"].as_str()), (Some(false), Some("unknown_publisher")));
    // Grouped otherwise, and in capitals.
    let typed = fingerprint(7).replace(' ', "").to_uppercase();
    assert_eq!(install(&pack, &["--accept", &typed]).code, 0);
    let run = scene.json(&["checklist", "start", vault, "risk-assessment"])["run"].as_str().unwrap().to_owned();
    let shown = |language: &str| scene.json(&["checklist", "run", vault, "risk-assessment", "--language", language]);
    let items: Vec<String> = shown("en")["checklist"]["sections"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|section| section["items"].as_array().unwrap())
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    let before = scene.json(&["checklist", "runs", vault])["runs"][0]["points"]["points"].as_u64().unwrap();
    scene.json(&["checklist", "tick", vault, &run, &items[0], &items[1], "--note", "مع Amal"]);
    scene.json(&["checklist", "tick", vault, &run, &items[2], "--not-applicable"]);
    // An id as it was copied from a page in Arabic.
    scene.json(&["checklist", "untick", vault, &run, &format!("\u{200f}\u{2068}{}\u{2069}", items[1])]);
    scene.refused(&["checklist", "tick", vault, &run, "no-such-item"], 3, "no such item");
    let next = starter(7, |files| {
        edit(files, "pack.toml", "version = 1", "version = 2");
        let path = "text/ar/risk-assessment.toml";
        let text = files[path].clone();
        let at = text.find(&format!("[item.\"{}\"]", items[0])).unwrap();
        let old = text[at..].lines().find(|line| line.starts_with("text = ")).unwrap().to_owned();
        edit(files, path, &old, "text = \"هل تعرفون من قد يؤذيكم؟\"");
    });
    let file = scene.file("next", &next);
    let offer = scene.json(&["pack", "install", vault, &file, "--dry-run"]);
    assert_eq!((offer["kind"].as_str(), offer["from"].as_u64()), (Some("update"), Some(1)));
    assert_eq!(install(&file, &[]).code, 0);
    scene.refused(&["pack", "install", vault, &pack], 3, "older than the one that is installed");
    scene.refused(&["pack", "install", vault, &scene.file("other", &starter(9, |_| ()))], 3, "another publisher");
    let mut changed = next.clone();
    *changed.last_mut().unwrap() ^= 1;
    scene.refused(&["pack", "install", vault, &scene.file("changed", &changed)], 6, "changed");
    let first = shown("ar")["checklist"]["sections"][0]["items"][0].clone();
    assert_eq!(first["tick"]["reworded"], serde_json::json!(["ar"]));
    assert_eq!(first["tick"]["note"], "مع Amal");
    let page = scene.run(&["checklist", "run", vault, &run, "--language", "ar"]).out;
    check_direction(&page, true);
    assert!(page.contains("كان نصه") && page.contains("[✓]") && page.contains("[–]") && page.contains("[ ]"));
    assert!(scene.run(&["checklist", "run", vault, &run]).out.contains("Note: \u{2068}مع Amal\u{2069}"));
    scene.json(&["checklist", "finish", vault, &run]);
    scene.refused(&["checklist", "tick", vault, &run, &items[1]], 3, "finished");
    scene.json(&["checklist", "start", vault, "risk-assessment"]);
    scene.json(&["checklist", "finish", vault, "risk-assessment"]);
    let scores = scene.json(&["checklist", "score", vault, "risk-assessment"]);
    assert!(scores["scores"][0]["result"]["points"].as_u64().unwrap() < before);
    assert_eq!(scores["scores"][1]["result"]["points"].as_u64().unwrap(), before);
    assert_eq!(scores["scores"][1]["changes"].as_array().unwrap().len(), 2);
    let due = scene.json(&["checklist", "due", vault]);
    let of = |id: &str| {
        let mut all = due["due"].as_array().unwrap().iter();
        all.find(|due| due["checklist"]["id"] == id).unwrap()["due"]["state"].clone()
    };
    assert_eq!((of("risk-assessment"), of("device-check")), ("later".into(), "never_started".into()));
    for language in LANGUAGES {
        for args in [vec!["due"], vec!["runs"], vec!["score", "risk-assessment"]] {
            let args = [&["checklist", args[0], vault], &args[1..], &["--language", language]].concat();
            let page = scene.run(&args).out;
            assert!(!page.contains("checklist.") && !page.contains('{'), "{page}");
            check_direction(&page, language == "ar");
        }
    }
    scene.json(&["pack", "remove", vault, "amparo.starter"]);
    let gone = scene.json(&["checklist", "run", vault, &run]);
    assert_eq!(gone["run"]["standing"]["state"], "pack_removed");
    assert_eq!(gone["left"].as_array().unwrap().len(), 2);
    assert_eq!(scene.json(&["checklist", "score", vault, "risk-assessment"]), scores, "results stay");
    scene.refused(&["pack", "install", vault, &pack], 3, "older than the one that is installed");
    scene.json(&["pack", "forget", vault, &fingerprint(7)]);
    scene.refused(&["pack", "install", vault, &file], 3, "not accepted yet");
    scene.json(&["checklist", "delete", vault, &run]);
    scene.refused(&["checklist", "run", vault, &run], 3, "no such run");
}

#[test]
fn an_item_becomes_an_incident() {
    let scene = Scene::new();
    let vault = scene.vault.as_str();
    let pack = scene.file("pack", &starter(7, |_| ()));
    assert_eq!(scene.run(&["pack", "install", vault, &pack, "--accept", &fingerprint(7)]).code, 0);
    let lists = scene.json(&["checklist", "list", vault]);
    let (list, item, act) = lists["checklists"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|list| {
            let id = list["id"].as_str().unwrap();
            let shown = scene.json(&["checklist", "show", vault, id]);
            shown["sections"].as_array().unwrap().iter().find_map(|section| {
                section["items"].as_array().unwrap().iter().find_map(|item| {
                    let act = item["leads"].as_array().unwrap().iter().find_map(|lead| lead["incident"].as_str())?;
                    Some((id.to_owned(), item["id"].as_str().unwrap().to_owned(), act.to_owned()))
                })
            })
        })
        .unwrap();
    scene.json(&["checklist", "start", vault, &list]);
    let draft = scene.json(&["checklist", "draft", vault, &list, &item, "--act", &act, "--language", "fr"]);
    let id = draft["incident"].as_str().unwrap();
    let incident = scene.json(&["incident", "show", vault, id])["incident"].take();
    assert_eq!((incident["draft"].as_bool(), incident["acts"][0]["code"].as_str()), (Some(true), Some(act.as_str())));
    assert_eq!(incident["language"], "fr");
    let run = scene.json(&["checklist", "run", vault, &list]);
    assert_eq!(run["drafts"][0]["incident"], id);
    scene.refused(&["checklist", "draft", vault, &list, &item, "--act", "dismissal"], 3, "does not lead");
}
