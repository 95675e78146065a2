use std::path::PathBuf;

use amparo_core::incident::ActCode;

use super::*;
use crate::{args::Pack as Command, output::Output};

fn context() -> Context {
    Context { output: Output::new(true), passphrase_file: None }
}

fn starter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/starter")
}

fn sources(dir: &Path) -> args::PackSources {
    args::PackSources { dir: dir.to_owned(), previous: None, on: Some("2026-11-25".into()) }
}

#[test]
fn the_acts_of_packs_are_those_of_incidents() {
    let acts: Vec<&str> = ActCode::KNOWN.iter().map(ActCode::as_str).collect();
    assert_eq!(acts, amparo_pack::codes::ACTS);
}

#[test]
fn from_sources_to_a_pack_that_verifies() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let on = || Some("2026-11-25".to_owned());
    let context = context();
    let run = |command| run(&context, command);
    assert!(run(Command::Keygen { output: at("key") }).unwrap());
    assert!(run(Command::Keygen { output: at("key") }).is_err(), "a key is never overwritten");
    assert!(run(Command::Lint(sources(&starter()))).unwrap());
    assert!(run(Command::Build { sources: sources(&starter()), output: at("built") }).unwrap());
    let verify = |file: &str, publishers: Vec<String>, installed: Option<PathBuf>| {
        run(Command::Verify { file: at(file), publishers, installed, on: on() }).unwrap()
    };
    let key = at("key").to_string_lossy().into_owned();
    assert!(!verify("built", vec![key.clone()], None), "not signed");
    assert!(run(Command::Sign { file: at("built"), key: at("key"), output: at("pack") }).unwrap());
    assert!(run(Command::Sign { file: at("pack"), key: at("key"), output: at("again") }).is_err());
    assert!(!verify("pack", vec![], None), "an unknown publisher is not believed");
    assert!(verify("pack", vec![key.clone()], None));
    assert!(verify("pack", vec![key.clone()], Some(at("pack"))));
    let expired = Command::Verify {
        file: at("pack"),
        publishers: vec![key.clone()],
        installed: None,
        on: Some("2028-01-01".into()),
    };
    assert!(!run(expired).unwrap());
    let mut bytes = fs::read(at("pack")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(at("changed"), &bytes).unwrap();
    assert!(!verify("changed", vec![key], None));
    assert!(run(Command::Diff { old: at("built"), new: at("pack") }).unwrap());
    for (checklist, triage) in [(None, false), (Some("arrest"), false), (None, true)] {
        for language in ["en", "es", "fr", "ar", "ru", "de"] {
            let checklist = checklist.map(str::to_owned);
            assert!(run(Command::Show { file: at("pack"), checklist, language: language.into(), triage }).unwrap());
        }
    }
    let missing =
        Command::Show { file: at("pack"), checklist: Some("none".into()), language: "en".into(), triage: false };
    assert!(run(missing).is_err());
}

#[test]
fn a_new_pack_lints_and_builds() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("sources");
    let new = |id: &str| run(&context(), Command::New { dir: dir.clone(), id: id.into(), language: "en".into() });
    assert!(new("No Id").is_err());
    assert!(new("org.first").unwrap());
    assert!(new("org.first").is_err(), "what is there is not overwritten");
    let own = args::PackSources { dir: dir.clone(), previous: None, on: None };
    assert!(run(&context(), Command::Lint(own)).unwrap());
    fs::write(dir.join("triage.toml"), "start = 1").unwrap();
    let output = home.path().join("pack");
    let own = args::PackSources { dir, previous: None, on: None };
    assert!(!run(&context(), Command::Build { sources: own, output: output.clone() }).unwrap());
    assert!(!output.exists());
}
