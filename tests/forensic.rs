//! Nothing readable on the disk: the whole path with markers in every field and file name, then a search of every file of the
//! vault and of the folder for temporary files, at the end and after a kill in the middle.

#![allow(missing_docs)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use amparo_tests::{
    command::Place,
    document::{MARKER, marker, medium, narrative, title},
    forensic::{Traces, contains},
};

fn place() -> Place {
    Place::new(env!("CARGO_BIN_EXE_amparo-under-test"))
}

fn traces(media: impl IntoIterator<Item = u64>) -> Traces {
    let mut traces = Traces::of_formats();
    traces.add("a marker", MARKER.as_bytes());
    traces.add("the passphrase", amparo_tests::PASSPHRASE.as_bytes());
    for n in media {
        traces.add_medium(&format!("medium {n}"), &medium(n));
    }
    traces
}

#[test]
fn the_search_finds_what_is_there() {
    let place = place();
    for (name, content) in [
        ("marker", marker("note", 1).into_bytes()),
        ("utf16", marker("note", 1).encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("database", b"SQLite format 3\0".to_vec()),
        ("log", b"\x37\x7f\x06\x82rest".to_vec()),
        ("photo", medium(1)[40_000.min(medium(1).len() / 2)..].to_vec()),
        (MARKER, Vec::new()),
    ] {
        let folder = place.path(&format!("case-{}", name.len()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), content).unwrap();
        assert!(!traces([1]).find_in(&[&folder]).0.is_empty(), "{name} was not found");
        fs::remove_dir_all(folder).unwrap();
    }
    assert!(contains(b"aab", b"ab") && !contains(b"aa", b"ab"));
}

#[test]
fn nothing_is_readable_at_the_end() {
    let place = place();
    place.create_vault();
    let vault = place.vault();
    let dir = vault.to_str().unwrap();
    let new = place.json(&[
        "incident",
        "new",
        dir,
        "--title",
        &title(1),
        "--text",
        &narrative(1),
        "--act",
        "threat",
        "--place",
        &marker("place", 1),
        "--tag",
        &marker("tag", 1),
        "--occurred",
        "2026-05-01",
    ]);
    let incident = new["id"].as_str().unwrap();
    for n in 1..4 {
        let file = place.path(&format!("{}.jpg", marker("file-name", n)));
        fs::write(&file, medium(n)).unwrap();
        let note = marker("note", n);
        place.json(&["evidence", "add", dir, file.to_str().unwrap(), "--incident", incident, "--note", &note]);
        fs::remove_file(file).unwrap();
    }
    place.json(&["incident", "search", dir, MARKER]);
    let (key, report) = (place.path("desk.key"), place.path("report.age"));
    let recipient = place.run(&["desk", "keygen", "-o", key.to_str().unwrap()]).out;
    place.json(&[
        "report",
        "seal",
        dir,
        "--incident",
        incident,
        "--kind",
        "lawyer",
        "--to",
        recipient.trim(),
        "-o",
        report.to_str().unwrap(),
    ]);
    place.json(&["custody", "verify", dir]);

    let (found, files) = traces(1..4).find_in(&[&vault, &place.temporary(), &report]);
    assert!(found.is_empty(), "{found:#?}");
    assert!(files >= 10, "only {files} files were looked at");
    let left = fs::read_dir(place.temporary()).unwrap().count();
    assert_eq!(left, 0, "temporary files are left");
}

#[test]
fn nothing_is_readable_after_a_kill_in_the_middle() {
    let place = place();
    place.create_vault();
    for round in 0..3 {
        let mut worker = Command::new(env!("CARGO_BIN_EXE_worker"))
            .args([place.vault().as_os_str(), format!("{}", round * 1000).as_ref()])
            .env("TMPDIR", place.temporary())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        for _ in 0..6 + round * 5 {
            lines.next().unwrap().unwrap();
        }
        std::thread::sleep(Duration::from_millis(7 * round));
        worker.kill().unwrap();
        worker.wait().unwrap();
        let media = (round * 1000)..(round * 1000 + 20);
        let (found, files) = traces(media).find_in(&[&place.vault(), &place.temporary()]);
        assert!(found.is_empty(), "{found:#?}");
        assert!(files >= 10, "only {files} files were looked at");
    }
}
