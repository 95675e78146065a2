//! Exports and imports by the command: nothing overwritten, nothing lost, every refusal named, exit codes as promised.

#![allow(missing_docs)]

use std::fs;

use amparo_tests::command::Place;
use serde_json::Value;

fn place() -> Place {
    let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
    place.create_vault();
    place
}

#[test]
fn what_one_vault_exports_another_one_has() {
    let (here, there) = (place(), place());
    let id = here.new_incident("عنوان", "They came at night 🕯️");
    here.new_incident("Other", "Another day");
    let (vault, other) = (here.vault(), there.vault());
    let (vault, other) = (vault.to_str().unwrap(), other.to_str().unwrap());
    for (format, name) in [("json", "out.json"), ("jsonl", "out.jsonl")] {
        let file = here.path(name);
        let file = file.to_str().unwrap();
        let args = ["incident", "export", vault, "-o", file, "--format", format, "--with-revisions"];
        let answer = here.run(&args);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.contains("not encrypted"), "{}", answer.out);
        let before = fs::read(file).unwrap();
        assert_eq!(here.run(&args).code, 8, "never overwritten");
        assert_eq!(fs::read(file).unwrap(), before);

        let dry = there.json(&["incident", "import", other, file, "--dry-run"]);
        let done = there.json(&["incident", "import", other, file]);
        let again = there.json(&["incident", "import", other, file, "--on-conflict", "refuse"]);
        let new = if format == "json" { 2 } else { 0 };
        assert_eq!((&dry["created"], &done["created"], &again["unchanged"]), (&new.into(), &new.into(), &2.into()));
    }
    let show = |place: &Place, vault: &str| place.json(&["incident", "show", vault, &id])["incident"].clone();
    assert_eq!(show(&there, other), show(&here, vault));
}

#[test]
fn refused_records_and_cut_files_are_named_and_the_rest_is_in() {
    let place = place();
    place.new_incident("One", "Text");
    let vault = place.vault();
    let (vault, file) = (vault.to_str().unwrap(), place.path("out.jsonl"));
    let name = file.to_str().unwrap();
    assert_eq!(place.run(&["incident", "export", vault, "-o", name, "--format", "jsonl"]).code, 0);
    let text = fs::read_to_string(&file).unwrap();
    let record: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    let mut good = record.clone();
    good["id"] = "000000000000000000000000000000aa".into();
    let newer = record.to_string().replace("incident/1", "incident/2");
    fs::write(&file, format!("{text}{newer}\n{good}\n")).unwrap();
    let answer = place.run(&["incident", "import", vault, name]);
    assert_eq!(answer.code, 3, "{}{}", answer.out, answer.err);
    assert!(
        answer.out.contains("1 new") && answer.out.contains("line 3") && answer.out.contains("newer version"),
        "{}",
        answer.out
    );
    fs::write(&file, format!("{text}{}", &newer[..newer.len() - 5])).unwrap();
    let answer = place.run(&["incident", "import", vault, name]);
    assert!(answer.code == 3 && answer.err.contains("cut off"), "{}{}", answer.out, answer.err);
    fs::write(&file, "no export").unwrap();
    assert_eq!(place.run(&["incident", "import", vault, name]).code, 3);
    assert_eq!(place.run(&["incident", "import", vault, "/nonexistent"]).code, 3);
}
