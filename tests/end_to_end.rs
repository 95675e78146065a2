//! The main job as its users do it, command by command: vault, incident, evidence, seal, open, verify.

#![allow(missing_docs)]

use std::{fs, path::Path};

use amparo_crypto::hash::sha256;
use amparo_tests::{command::Place, document};

fn place() -> Place {
    Place::new(env!("CARGO_BIN_EXE_amparo-under-test"))
}

fn samples() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/amparo-cli/samples");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e != "md"))
        .collect();
    files.sort();
    assert!(files.len() >= 3, "a photo, a video and a sound are shipped");
    files
}

#[test]
fn from_a_photo_to_an_opened_report() {
    let place = place();
    place.create_vault();
    let vault = place.vault();
    let vault = vault.to_str().unwrap();
    let incident =
        place.new_incident("Überfall am Gerichtsgebäude", "Llegaron de noche. وصلوا ليلاً. Они пришли ночью. 🕯️");
    let mut originals = Vec::new();
    for file in samples() {
        let id = place.add(&incident, &file);
        originals.push((id, fs::read(&file).unwrap(), file));
    }

    // What went in comes out, bit for bit.
    for (id, bytes, file) in &originals {
        let target = place.path(&format!("out-{id}"));
        let answer = place.run(&["evidence", "export", vault, id, "-o", target.to_str().unwrap()]);
        assert_eq!(answer.code, 0, "{}: {}", file.display(), answer.err);
        assert_eq!(&fs::read(&target).unwrap(), bytes);
    }
    let shown = place.json(&["incident", "show", vault, &incident]);
    assert_eq!(shown["incident"]["title"], "Überfall am Gerichtsgebäude");
    assert_eq!(shown["evidence"].as_array().unwrap().len(), originals.len());
    let kinds: Vec<&str> = shown["evidence"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    for kind in ["photo", "video", "audio"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    for (words, hits) in
        [("gerichts", 1), ("noche uberfall", 1), ("ليلا", 1), ("ночью", 1), ("nothing", 0), ("\"*) OR", 0)]
    {
        let found = place.json(&["incident", "search", vault, words]);
        assert_eq!(found["hits"].as_array().unwrap().len(), hits, "{words}");
    }
    assert_eq!(place.json(&["custody", "verify", vault])["ok"], true);
    assert_eq!(place.json(&["vault", "check", vault])["ok"], true);

    for (flag, prefix) in [(None, "age1pq1"), (Some("--classic"), "age1")] {
        let (key, report, opened) =
            (place.path(&format!("{prefix}.key")), place.path(&format!("{prefix}.age")), place.path(prefix));
        let (key, report, opened) = (key.to_str().unwrap(), report.to_str().unwrap(), opened.to_str().unwrap());
        let generated = place.run(&[&["desk", "keygen", "-o", key][..], flag.as_slice()].concat());
        let recipient = generated.out.trim();
        assert!(recipient.starts_with(prefix), "{}{}", generated.out, generated.err);
        let sealed = place.json(&[
            "report",
            "seal",
            vault,
            "--incident",
            &incident,
            "--kind",
            "lawyer",
            "--to",
            recipient,
            "-o",
            report,
        ]);
        assert_eq!(sealed["reports"][0]["files"].as_array().unwrap().len(), 1);

        let verdict = place.json(&["desk", "verify", report, "-i", key]);
        assert_eq!((&verdict["ok"], &verdict["addressee"]), (&true.into(), &"you".into()), "{verdict:#}");
        let answer = place.json(&["desk", "open", report, "-i", key, "-o", opened]);
        assert_eq!(answer["verdict"]["ok"], true);
        assert_eq!(answer["sealed_sha256"], sealed["reports"][0]["files"][0]["sha256"]);
        let unkeyed = place.json(&["desk", "verify", opened]);
        assert_eq!((&unkeyed["ok"], &unkeyed["addressee"]), (&true.into(), &"not_checked".into()));

        let mut received: Vec<_> = fs::read_dir(Path::new(opened).join("evidence"))
            .unwrap()
            .map(|e| sha256(&fs::read(e.unwrap().path()).unwrap()))
            .collect();
        let mut sent: Vec<_> = originals.iter().map(|(_, bytes, _)| sha256(bytes)).collect();
        received.sort_unstable();
        sent.sort_unstable();
        assert_eq!(received, sent);
        let page = fs::read_to_string(Path::new(opened).join("report.html")).unwrap();
        assert!(page.contains("Überfall am Gerichtsgebäude") && page.contains("وصلوا ليلاً"));
    }
    assert_eq!(place.json(&["custody", "verify", vault])["ok"], true);
}

#[test]
fn a_report_to_both_kinds_of_keys_is_two_files_and_each_opens_its_own() {
    let place = place();
    place.create_vault();
    let incident = place.new_incident("", "One sentence.");
    let photo = place.path("photo.jpg");
    fs::write(&photo, document::medium(1)).unwrap();
    place.add(&incident, &photo);
    let mut recipients = String::from("# two desks\n");
    for (name, flag) in [("new.key", None), ("old.key", Some("--classic"))] {
        let key = place.path(name);
        let made = place.run(&[&["desk", "keygen", "-o", key.to_str().unwrap()][..], flag.as_slice()].concat());
        recipients.push_str(&made.out);
    }
    let list = place.path("recipients.txt");
    fs::write(&list, recipients).unwrap();
    let sealed = place.json(&[
        "report",
        "seal",
        place.vault().to_str().unwrap(),
        "--incident",
        &incident,
        "--kind",
        "lawyer",
        "--to",
        list.to_str().unwrap(),
        "-o",
        place.path("report.age").to_str().unwrap(),
    ]);
    let files = sealed["reports"][0]["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    let opens = |file: &serde_json::Value, key: &str| {
        place.run(&["desk", "verify", file["path"].as_str().unwrap(), "-i", place.path(key).to_str().unwrap()]).code
    };
    for file in files {
        let (mine, other) =
            if file["key_kind"] == "post_quantum" { ("new.key", "old.key") } else { ("old.key", "new.key") };
        assert_eq!(opens(file, mine), 0);
        assert_eq!(opens(file, other), 4, "a report for somebody else");
    }
}

#[test]
fn the_passphrase_changes() {
    let place = place();
    place.create_vault();
    place.new_incident("before", "kept");
    let vault = place.vault();
    let vault = vault.to_str().unwrap();
    let mut change = place.prepare(&["vault", "passwd", vault]);
    assert!(change.env("AMPARO_NEW_PASSPHRASE", "another one").status().unwrap().success());
    assert_eq!(place.run(&["incident", "list", vault]).code, 4);
    let file = place.path("passphrase.txt");
    fs::write(&file, "another one\n").unwrap();
    let listed = place.json(&["incident", "list", vault, "--passphrase-file", file.to_str().unwrap()]);
    assert_eq!(listed["incidents"][0]["heading"], "before");
}

#[test]
fn the_tour_runs_on_its_own_samples_and_on_given_files() {
    let place = place();
    let own = place.json(&["tour"]);
    assert_eq!((&own["ok"], own["evidence"].as_array().unwrap().len()), (&true.into(), 3), "{own:#}");
    assert!(Path::new(own["opened"].as_str().unwrap()).join("report.html").exists());
    let given = place.path("given.bin");
    fs::write(&given, document::medium(5)).unwrap();
    let answer = place.run(&["tour", given.to_str().unwrap()]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("report.html"), "{}", answer.out);
    assert_eq!(place.run(&["tour", "no such file"]).code, 3);
}
