//! What the command says to bad input: a distinct text, the documented exit code, nothing written outside the target, nothing
//! that was there changed, and never a panic.

#![allow(missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use amparo_tests::{
    command::{Answer, Place},
    document,
};

/// The files of a folder, by their paths.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn place() -> Place {
    Place::new(env!("CARGO_BIN_EXE_amparo-under-test"))
}

fn snapshot(dir: &Path) -> Files {
    let mut files = BTreeMap::new();
    if dir.is_dir() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files.extend(snapshot(&path))
            } else {
                drop(files.insert(path.clone(), fs::read(path).unwrap()))
            }
        }
    }
    files
}

fn refused(answer: &Answer, code: i32, what: &str) -> String {
    assert_eq!(answer.code, code, "{what}: {}{}", answer.out, answer.err);
    assert!(answer.err.starts_with("amparo: ") && !answer.err.contains("panicked"), "{what}: {}", answer.err);
    answer.err.clone()
}

/// A vault with an incident and a piece of evidence, a key, and a report sealed to it.
struct Scene {
    place: Place,
    incident: String,
    evidence: String,
    key: PathBuf,
    report: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let place = place();
        place.create_vault();
        let incident = place.new_incident("A title", "A narrative.");
        let photo = place.path("photo.jpg");
        fs::write(&photo, document::medium(3)).unwrap();
        let evidence = place.add(&incident, &photo);
        let (key, report) = (place.path("desk.key"), place.path("report.age"));
        let recipient = place.run(&["desk", "keygen", "-o", key.to_str().unwrap(), "--classic"]).out;
        let vault = place.vault();
        let seal = [
            "report",
            "seal",
            vault.to_str().unwrap(),
            "--incident",
            &incident,
            "--kind",
            "lawyer",
            "--to",
            recipient.trim(),
            "-o",
            report.to_str().unwrap(),
        ];
        assert_eq!(place.run(&seal).code, 0);
        Self { place, incident, evidence, key, report }
    }

    fn vault(&self) -> String {
        self.place.vault().to_str().unwrap().to_owned()
    }

    /// Runs a command on a changed copy of the vault's files, checks that the command changed none of them, and puts them back.
    fn with_vault_changed(&self, change: impl Fn(&mut Files), args: &[&str]) -> Answer {
        let before = snapshot(&self.place.vault());
        let mut changed = before.clone();
        change(&mut changed);
        for (path, bytes) in &changed {
            fs::write(path, bytes).unwrap();
        }
        for path in before.keys().filter(|path| !changed.contains_key(*path)) {
            fs::remove_file(path).unwrap();
        }
        let answer = self.place.run(args);
        if answer.code != 0 && answer.code != 1 {
            let after = snapshot(&self.place.vault());
            assert!(
                changed.iter().all(|(path, bytes)| after.get(path) == Some(bytes)),
                "an error changed the vault: {}",
                answer.err
            );
        }
        fs::remove_dir_all(self.place.vault().join("spaces")).unwrap();
        for (path, bytes) in &before {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        for space in fs::read_dir(self.place.vault().join("spaces")).unwrap() {
            fs::create_dir_all(space.unwrap().path().join("media")).unwrap();
        }
        answer
    }

    fn used_file(&self, files: &Files, name: &str) -> PathBuf {
        // The space in use is the one with a medium.
        let medium = files.keys().find(|p| p.parent().unwrap().ends_with("media")).unwrap();
        if name == "media" { medium.clone() } else { medium.parent().unwrap().parent().unwrap().join(name) }
    }
}

#[test]
fn every_damage_to_a_vault_has_its_own_answer() {
    let scene = Scene::new();
    let vault = scene.vault();
    let list = ["incident", "list", vault.as_str()];
    let header = scene.place.vault().join("header");
    let slots = scene.place.vault().join("slots");
    let mut texts = BTreeSet::new();
    let mut case = |what: &str, code: i32, change: &dyn Fn(&mut Files)| {
        texts.insert(refused(&scene.with_vault_changed(change, &list), code, what));
    };
    case("no header", 3, &|f| drop(f.remove(&header)));
    case("a header cut short", 6, &|f| f.get_mut(&header).unwrap().truncate(77));
    case("a flipped bit in the header", 6, &|f| f.get_mut(&header).unwrap()[40] ^= 4);
    case("hostile key derivation parameters", 3, &|f| {
        let bytes = f.get_mut(&header).unwrap();
        bytes[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
        let checksum = amparo_crypto::hash::sha256(&bytes[..224]);
        bytes[224..].copy_from_slice(&checksum);
    });
    case("a newer format", 3, &|f| {
        let bytes = f.get_mut(&header).unwrap();
        bytes[9] = 9;
        let checksum = amparo_crypto::hash::sha256(&bytes[..224]);
        bytes[224..].copy_from_slice(&checksum);
    });
    case("slots cut short", 6, &|f| f.get_mut(&slots).unwrap().truncate(4096));
    case("slots overwritten", 6, &|f| f.get_mut(&slots).unwrap().iter_mut().for_each(|b| *b ^= 0x80));
    case("a flipped bit in the database", 6, &|f| {
        let db = scene.used_file(f, "db");
        f.get_mut(&db).unwrap()[5000] ^= 1;
    });
    let mut wrong = scene.place.prepare(&list);
    let wrong = Answer::from(wrong.env("AMPARO_PASSPHRASE", "wrong").output().unwrap());
    texts.insert(refused(&wrong, 4, "a wrong passphrase"));
    let pin = scene.place.path("pin");
    let mut create = scene.place.prepare(&["vault", "create", pin.to_str().unwrap()]);
    texts.insert(refused(&Answer::from(create.env("AMPARO_PASSPHRASE", "1234").output().unwrap()), 3, "a PIN"));
    assert!(!pin.exists());
    assert_eq!(texts.len(), 10, "two damages have the same text: {texts:#?}");
    assert_eq!(scene.place.run(&list).code, 0, "the vault is whole again");
}

#[test]
fn a_damaged_medium_is_named_and_the_rest_stays_readable() {
    let scene = Scene::new();
    let vault = scene.vault();
    let target = scene.place.path("out.jpg");
    let export = ["evidence", "export", vault.as_str(), scene.evidence.as_str(), "-o", target.to_str().unwrap()];
    let flip = |files: &mut Files| {
        let medium = scene.used_file(files, "media");
        files.get_mut(&medium).unwrap()[4096 + 10] ^= 1;
    };
    refused(&scene.with_vault_changed(flip, &export), 6, "a flipped bit in a medium");
    assert!(!target.exists(), "nothing half-written is left");
    let gone = |files: &mut Files| drop(files.remove(&scene.used_file(files, "media")));
    refused(&scene.with_vault_changed(gone, &export), 6, "a missing medium");
    let check = scene.with_vault_changed(flip, &["vault", "check", &vault]);
    assert_eq!(check.code, 1, "{}{}", check.out, check.err);
    assert!(check.out.contains("1 damaged"), "{}", check.out);
    assert_eq!(scene.with_vault_changed(flip, &["incident", "list", &vault]).code, 0);
    assert_eq!(scene.place.run(&export).code, 0);
    let again = refused(&scene.place.run(&export), 8, "an existing target");
    assert!(again.contains("exists"));
}

#[test]
fn files_that_cannot_be_evidence_are_refused_by_name() {
    let scene = Scene::new();
    let (empty, folder) = (scene.place.path("empty"), scene.place.path("folder"));
    fs::write(&empty, "").unwrap();
    fs::create_dir(&folder).unwrap();
    let missing = scene.place.path("missing");
    let mut texts = BTreeSet::new();
    for file in [&empty, &folder, &missing] {
        let add = ["evidence", "add", &scene.vault(), file.to_str().unwrap(), "--incident", &scene.incident];
        let text = refused(&scene.place.run(&add), 3, "a file that is none");
        texts.insert(text.rsplit(": ").next().unwrap().to_owned());
    }
    assert_eq!(texts.len(), 3, "{texts:?}");
    let nobody = "0".repeat(32);
    let photo = scene.place.path("photo.jpg");
    let add = ["evidence", "add", &scene.vault(), photo.to_str().unwrap(), "--incident", &nobody];
    refused(&scene.place.run(&add), 3, "an unknown incident");
    refused(&scene.place.run(&["incident", "show", &scene.vault(), "not-an-id"]), 3, "a malformed id");
    refused(&scene.place.run(&["incident", "show", &scene.vault(), &nobody]), 3, "an unknown incident");
    let listed = scene.place.json(&["evidence", "list", &scene.vault()]);
    assert_eq!(listed["evidence"].as_array().unwrap().len(), 1, "a refused file left something behind");
    let vault = scene.place.run(&["vault", "create", &scene.vault()]);
    refused(&vault, 8, "a vault that exists");
    refused(&scene.place.run(&["incident", "list", folder.to_str().unwrap()]), 3, "a folder without a vault");
}

#[test]
fn every_bad_report_has_its_own_answer() {
    let scene = Scene::new();
    let good = fs::read(&scene.report).unwrap();
    let bad = scene.place.path("bad.age");
    let out = scene.place.path("out");
    let mut texts = BTreeSet::new();
    let mut case = |what: &str, code: i32, bytes: &[u8], key: &Path| {
        fs::write(&bad, bytes).unwrap();
        let before: BTreeSet<_> = fs::read_dir(scene.place.path(".")).unwrap().map(|e| e.unwrap().path()).collect();
        let open = ["desk", "open", bad.to_str().unwrap(), "-i", key.to_str().unwrap(), "-o", out.to_str().unwrap()];
        let text = refused(&scene.place.run(&open), code, what);
        let after: BTreeSet<_> = fs::read_dir(scene.place.path(".")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(before, after, "{what}: something was written");
        let verify = ["desk", "verify", bad.to_str().unwrap(), "-i", key.to_str().unwrap()];
        refused(&scene.place.run(&verify), code, what);
        texts.insert(text);
    };
    case("an empty file", 3, b"", &scene.key);
    case("not a report", 3, b"hello, this is a letter and no report\n", &scene.key);
    case("cut in the header", 6, &good[..100], &scene.key);
    case("cut in the payload", 6, &good[..good.len() - 5000], &scene.key);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    case("a flipped bit in the payload", 6, &flipped(good.len() / 2), &scene.key);
    case("something appended", 6, &[good.as_slice(), b"x"].concat(), &scene.key);
    let other = scene.place.path("other.key");
    assert_eq!(scene.place.run(&["desk", "keygen", "-o", other.to_str().unwrap()]).code, 0);
    case("a report for somebody else", 4, &good, &other);
    assert!(texts.len() >= 6, "{texts:#?}");

    let report = scene.report.to_str().unwrap();
    let occupied = scene.place.path("occupied");
    fs::create_dir(&occupied).unwrap();
    fs::write(occupied.join("mine"), "x").unwrap();
    let key = scene.key.to_str().unwrap();
    refused(
        &scene.place.run(&["desk", "open", report, "-i", key, "-o", occupied.to_str().unwrap()]),
        8,
        "an occupied folder",
    );
    assert_eq!(fs::read_dir(&occupied).unwrap().count(), 1);
    refused(&scene.place.run(&["desk", "verify", "no such file", "-i", key]), 3, "a missing report");
    refused(&scene.place.run(&["desk", "verify", report]), 3, "no key");
    refused(&scene.place.run(&["desk", "verify", report, "-i", report]), 3, "a key file that is none");
    refused(&scene.place.run(&["desk", "keygen", "-o", key]), 8, "a key file that exists");
}

#[test]
fn a_tampered_folder_does_not_verify_and_says_where() {
    let scene = Scene::new();
    let out = scene.place.path("out");
    let key = scene.key.to_str().unwrap();
    let open = ["desk", "open", scene.report.to_str().unwrap(), "-i", key, "-o", out.to_str().unwrap()];
    assert_eq!(scene.place.run(&open).code, 0);
    let files = snapshot(&out);
    assert!(files.len() >= 7, "{:?}", files.keys());
    for (path, bytes) in &files {
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(path, &changed).unwrap();
        let answer = scene.place.run(&["desk", "verify", out.to_str().unwrap(), "-i", key]);
        assert_eq!(answer.code, 1, "{}: {}", path.display(), answer.out);
        assert!(answer.out.contains("BAD"), "{}", answer.out);
        fs::remove_file(path).unwrap();
        assert_eq!(scene.place.run(&["desk", "verify", out.to_str().unwrap()]).code, 1, "{} missing", path.display());
        fs::write(path, bytes).unwrap();
    }
    fs::write(out.join("extra.txt"), "x").unwrap();
    assert_eq!(scene.place.run(&["desk", "verify", out.to_str().unwrap()]).code, 1);
    fs::remove_file(out.join("extra.txt")).unwrap();
    assert_eq!(scene.place.run(&["desk", "verify", out.to_str().unwrap()]).code, 0);
}

#[test]
fn a_second_process_gets_a_clear_answer() {
    let scene = Scene::new();
    let passphrase = amparo_core::Passphrase::new(amparo_tests::PASSPHRASE.as_bytes()).unwrap();
    let options = amparo_core::UnlockOptions::default();
    let clock = std::sync::Arc::new(amparo_core::SystemClock);
    let open = amparo_core::Amparo::unlock(&scene.place.vault(), &passphrase, &options, clock).unwrap();
    let text = refused(&scene.place.run(&["incident", "list", &scene.vault()]), 5, "a vault in use");
    assert!(text.contains("in use"), "{text}");
    open.lock().unwrap();
    assert_eq!(scene.place.run(&["incident", "list", &scene.vault()]).code, 0);
}

#[test]
fn recipients_that_are_none_are_refused_before_anything_is_written() {
    let scene = Scene::new();
    let target = scene.place.path("new.age");
    let typo = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";
    let secret = fs::read_to_string(&scene.key).unwrap();
    let secret = secret.lines().last().unwrap();
    for to in [typo, "no-such-file", secret, "age1pq1", scene.place.path("photo.jpg").to_str().unwrap()] {
        let seal = [
            "report",
            "seal",
            &scene.vault(),
            "--incident",
            &scene.incident,
            "--kind",
            "lawyer",
            "--to",
            to,
            "-o",
            target.to_str().unwrap(),
        ];
        let text = refused(&scene.place.run(&seal), 3, "a recipient that is none");
        assert!(!text.contains("SECRET-KEY"), "a secret key is repeated in a message");
        assert!(!target.exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_that_was_there() {
    use std::os::unix::fs::PermissionsExt as _;
    // A small file system of its own; where it cannot be mounted there is nothing to fill.
    let scene = Scene::new();
    let small = scene.place.path("small");
    fs::create_dir(&small).unwrap();
    let mounted =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(&small).output();
    if !mounted.is_ok_and(|m| m.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "SKIPPED: a full disk: no file system could be mounted");
        eprintln!("SKIPPED: a full disk: no file system could be mounted (needs root)");
        return;
    }
    let result = std::panic::catch_unwind(|| {
        let vault = small.join("vault");
        let vault = vault.to_str().unwrap();
        let run = |args: &[&str]| scene.place.run(args);
        assert_eq!(run(&["vault", "create", vault, "--kdf-memory", "64"]).code, 0);
        let new = scene.place.json(&["incident", "new", vault, "--text", "before the disk was full"]);
        let incident = new["id"].as_str().unwrap();
        let (little, much) = (scene.place.path("little.bin"), scene.place.path("much.bin"));
        fs::write(&little, document::medium(9)).unwrap();
        fs::write(&much, vec![7; 8 << 20]).unwrap();
        assert_eq!(run(&["evidence", "add", vault, little.to_str().unwrap(), "--incident", incident]).code, 0);
        let text = refused(
            &run(&["evidence", "add", vault, much.to_str().unwrap(), "--incident", incident]),
            7,
            "a full disk",
        );
        assert!(text.contains("full"), "{text}");
        // A recording is not taken back: what fitted is kept, and labelled at the latest when there is room for that.
        let ballast = small.join("ballast");
        fs::write(&ballast, vec![0; 300_000]).unwrap();
        let capture = ["evidence", "capture", vault, "--kind", "video", "--media-type", "video/mp2t"];
        let mut recorder = scene.place.prepare(&capture);
        recorder.stdin(fs::File::open(&much).unwrap());
        let text = refused(&recorder.output().unwrap().into(), 7, "a recording on a full disk");
        assert!(text.contains("is kept"), "{text}");
        fs::remove_file(&ballast).unwrap();
        let listed = scene.place.json(&["evidence", "list", vault]);
        let kept = &listed["evidence"][0];
        assert_eq!(
            (kept["kind"].as_str(), kept["state"].as_str()),
            (Some("video"), Some("unterminated")),
            "{listed:#}"
        );
        assert!(kept["size"].as_u64().unwrap() > 500_000, "{kept:#}");
        let key = fs::read_to_string(&scene.key).unwrap();
        let recipient = key.lines().find_map(|l| l.strip_prefix("# public key: ")).unwrap().to_owned();
        let filler = small.join("filler");
        let _ = fs::write(&filler, vec![0; 8 << 20]);
        let target = small.join("report.age");
        let seal = [
            "report",
            "seal",
            vault,
            "--incident",
            incident,
            "--kind",
            "lawyer",
            "--to",
            &recipient,
            "-o",
            target.to_str().unwrap(),
        ];
        refused(&run(&seal), 7, "a report on a full disk");
        assert!(!target.exists());
        fs::set_permissions(&filler, fs::Permissions::from_mode(0o600)).unwrap();
        fs::remove_file(filler).unwrap();
        assert_eq!(scene.place.json(&["incident", "list", vault])["incidents"].as_array().unwrap().len(), 1);
        assert_eq!(run(&["vault", "check", vault]).code, 0);
        assert_eq!(run(&["custody", "verify", vault]).code, 0);
        assert_eq!(run(&["evidence", "add", vault, little.to_str().unwrap(), "--incident", incident]).code, 0);
    });
    let _ = std::process::Command::new("umount").arg("-l").arg(&small).output();
    result.unwrap();
}
