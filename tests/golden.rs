//! What was written once is read for ever: a small vault and sealed reports, frozen in `tests/golden/v1`, opened by the code of
//! today.
//!
//! The frozen files are never changed by a test (each works on a copy) and never regenerated once a release has written their
//! format: a new format gets a folder of its own beside them. How they were made: [`regenerate`] and `tests/golden/README.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
    slice,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use amparo_core::{
    Amparo, Clock, ClockTrust, CoreError, EvidenceId, IncidentId, Passphrase, ReportId, Stamp, Timestamp,
    UnlockOptions, Vault, VaultError,
    custody::Head,
    evidence::{EvidenceState, ImportRequest, no_progress},
    incident::{Incident, IncidentContent},
    report::{ReportRecord, ReportRequest},
};
use amparo_crypto::{age::Identity, hash::sha256, sign::VerifyingKey};
use amparo_desk::{Addressee, Code, DeskError, load_identities};
use amparo_report::{custody, hex};
use serde_json::{Map, Value, json};

#[path = "golden/content.rs"]
mod content;
#[path = "golden/generate.rs"]
mod generate;

use content::{
    KINDS, MEDIA_TYPES, NAMES, NOTES, ONE_SENTENCE, PASSPHRASE, PASSPHRASE_ELSEWHERE, REPORTS, SEARCHES, TWO_SENTENCES,
    captured, evidence_bytes, full_incident, many_scripts,
};

/// The first moment of the frozen clock: 2026-11-23T10:20:30Z.
const BEGINNING: i64 = 1_795_429_230;
/// Most bytes of all frozen files of one version. An empty vault takes more than half of it: its two spaces are of one size, so
/// that nobody can tell which is in use.
const MAX_BYTES: u64 = 600 * 1000;

/// The frozen files of the first format.
fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/v1")
}

/// A clock that goes on by a minute at every look.
struct FrozenClock(AtomicI64);

impl Clock for FrozenClock {
    fn now(&self) -> Stamp {
        let time = Timestamp::from_unix(self.0.fetch_add(60, Ordering::Relaxed));
        Stamp { time, clock: ClockTrust::CHECKED }
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(FrozenClock(AtomicI64::new(BEGINNING)))
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes()).unwrap()
}

fn unlock(vault: &Path) -> Amparo {
    Amparo::unlock(vault, &passphrase(PASSPHRASE), &UnlockOptions::default(), clock()).unwrap()
}

fn go(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).expect("the frozen files") {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Files with their content, by path, and the folders that hold nothing.
fn read_all(root: &Path) -> (BTreeMap<String, Vec<u8>>, BTreeSet<String>) {
    let (mut files, mut empty, mut folders) = (BTreeMap::new(), BTreeSet::new(), vec![root.to_path_buf()]);
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    while let Some(next) = folders.pop() {
        let entries: Vec<PathBuf> = fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()).collect();
        if entries.is_empty() {
            empty.insert(name(&next));
        }
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(name(&path), fs::read(&path).unwrap());
            }
        }
    }
    (files, empty)
}

/// A copy of frozen files that a test may open and change.
struct Golden {
    folder: tempfile::TempDir,
    expected: Value,
}

impl Golden {
    fn copy(root: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_dir(root, folder.path());
        let expected = serde_json::from_slice(&fs::read(folder.path().join("expected.json")).unwrap()).unwrap();
        let golden = Self { folder, expected };
        for empty in golden.empty_folders() {
            // git keeps files only.
            fs::create_dir_all(golden.path(&empty)).unwrap();
        }
        golden
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn unlock(&self) -> Amparo {
        unlock(&self.path("vault"))
    }

    fn incident_id(&self, n: usize) -> IncidentId {
        self.text(&format!("/incidents/{n}/now/id")).parse().unwrap()
    }

    fn evidence_id(&self, n: usize) -> EvidenceId {
        self.text(&format!("/evidence/{n}/id")).parse().unwrap()
    }

    fn at(&self, pointer: &str) -> &Value {
        self.expected.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in expected.json"))
    }

    fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap()
    }

    fn empty_folders(&self) -> BTreeSet<String> {
        self.at("/empty_folders").as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// The whole log, one line an entry, as it was exported.
    fn custody_lines(&self) -> Vec<Vec<u8>> {
        let all = fs::read(self.path("custody.jsonl")).unwrap();
        all.strip_suffix(b"\n").unwrap().split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
    }

    fn custody_head(&self) -> String {
        fs::read_to_string(self.path("custody-head.txt")).unwrap()
    }
}

fn incident_json(incident: &Incident) -> Value {
    serde_json::from_slice(&incident.to_json().unwrap()).unwrap()
}

fn record_json(record: &ReportRecord) -> Value {
    let files: Vec<Value> =
        record.files.iter().map(|(size, hash)| json!({ "size": size, "sha256": hex::encode(hash) })).collect();
    json!({
        "id": record.id.to_string(),
        "incident": record.incident,
        "sealed": record.sealed,
        "created": record.created,
        "sender": record.sender,
        "revision": record.revision,
        "evidence": record.evidence,
        "recipients": record.recipients,
        "files": files,
    })
}

fn header_json(vault: &Path) -> Value {
    let info = Vault::header_info(vault).unwrap();
    json!({
        "format_version": info.format_version,
        "kdf": [info.kdf.memory_kib(), info.kdf.passes(), info.kdf.lanes()],
        "device_keys": info.device_keys,
        "slots": info.slots,
    })
}

fn custody_lines(amparo: &Amparo) -> Vec<Vec<u8>> {
    amparo.custody().entries(0, 500).unwrap().into_iter().map(|entry| entry.line).collect()
}

// The checks, on any folder of this version.

fn check_folder(root: &Path) {
    let golden = Golden::copy(root);
    let (files, empty) = read_all(root);
    let bytes: u64 = files.values().map(|content| content.len() as u64).sum();
    assert!(bytes < MAX_BYTES, "{bytes}");
    assert!(empty.is_subset(&golden.empty_folders()), "{empty:?}");
    assert_eq!(header_json(&golden.path("vault")), *golden.at("/header"));
    for (index, (file, _)) in REPORTS.iter().enumerate() {
        let sealed = &files[*file];
        assert_eq!(hex::encode(&sha256(sealed)), golden.text(&format!("/reports/{index}/sha256")), "{file}");
    }
}

fn check_vault(root: &Path) {
    let golden = Golden::copy(root);
    let vault = golden.path("vault");
    let wrong = Amparo::unlock(&vault, &passphrase("another"), &UnlockOptions::default(), clock());
    assert!(matches!(wrong, Err(CoreError::Vault(VaultError::WrongPassphrase))), "{wrong:?}");
    let elsewhere = Amparo::unlock(&vault, &passphrase(PASSPHRASE_ELSEWHERE), &UnlockOptions::default(), clock());
    elsewhere.expect("the same passphrase in another normalisation").lock().unwrap();

    let amparo = golden.unlock();
    assert!(amparo.recovered().is_empty());
    assert!(amparo.vault().check(|_| {}).unwrap().is_ok());
    let page = amparo.incidents().list(10, None).unwrap();
    let listed: Vec<IncidentId> = page.incidents.iter().map(|summary| summary.id).collect();
    assert_eq!(listed, [golden.incident_id(2), golden.incident_id(1), golden.incident_id(0)], "newest first");
    assert_eq!(page.next, None);
    let contents = [full_incident(), TWO_SENTENCES.into(), many_scripts()];
    for (n, content) in contents.into_iter().enumerate() {
        let incident = amparo.incidents().get(golden.incident_id(n)).unwrap();
        // Once against what was entered, once against the names and forms in which it is exported.
        assert!(incident.content == content, "incident {n}");
        assert_eq!(incident_json(&incident), *golden.at(&format!("/incidents/{n}/now")), "incident {n}");
        assert_eq!(page.incidents[2 - n].heading, content.heading());
        assert_eq!(page.incidents[2 - n].evidence_count, incident.evidence.len() as u64);
    }
    let revisions = amparo.incidents().revisions(golden.incident_id(1)).unwrap();
    let numbers: Vec<u32> = revisions.iter().map(|revision| revision.number).collect();
    assert_eq!(numbers, [1, 2]);
    let first = amparo.incidents().get_revision(golden.incident_id(1), 1).unwrap();
    assert!(first.content == ONE_SENTENCE.into());
    assert_eq!(incident_json(&first), *golden.at("/incidents/1/first"));

    for (words, n) in SEARCHES {
        let page = amparo.search().incidents(words, 10, None).unwrap();
        let found: Vec<IncidentId> = page.hits.iter().map(|hit| hit.incident.id).collect();
        assert_eq!(found, [golden.incident_id(n)], "{words}");
    }
}

fn check_evidence(root: &Path) {
    let golden = Golden::copy(root);
    let amparo = golden.unlock();
    for (n, bytes) in evidence_bytes().into_iter().enumerate() {
        let id = golden.evidence_id(n);
        let evidence = amparo.evidence().get(id).unwrap();
        assert_eq!(serde_json::to_value(&evidence).unwrap(), *golden.at(&format!("/evidence/{n}")), "evidence {n}");
        assert_eq!(evidence.state, EvidenceState::COMPLETE);
        assert_eq!((evidence.size, evidence.sha256), (bytes.len() as u64, Some(sha256(&bytes))));
        let said = &evidence.description;
        assert_eq!((said.note.as_deref(), said.file_name.as_deref()), (NOTES[n], NAMES[n]));
        assert_eq!((&said.kind, said.media_type.as_str()), (&KINDS[n], MEDIA_TYPES[n]));
        assert_eq!(said.captured_at, (n == 0).then(captured));
        let mut read = Vec::new();
        amparo.evidence().open_reader(id).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes, "evidence {n}, bit for bit");
    }
    let of = |n: usize| -> Vec<EvidenceId> {
        amparo.evidence().list(golden.incident_id(n)).unwrap().iter().map(|evidence| evidence.id).collect()
    };
    assert_eq!(of(0), [golden.evidence_id(0), golden.evidence_id(1)]);
    assert_eq!(of(1), [golden.evidence_id(1)]);
    assert_eq!(of(2), []);
}

fn check_custody(root: &Path) {
    let golden = Golden::copy(root);
    let (lines, note) = (golden.custody_lines(), golden.custody_head());
    // Without the vault: the exported log, its head and its key are all that a third party has.
    let key = VerifyingKey::from_bytes(&hex::decode(golden.text("/custody_key")).unwrap()).unwrap();
    let verify = |lines: &[Vec<u8>]| custody::verify_chain(lines.iter().map(Ok::<_, ()>), Some(&note), &key).unwrap();
    let report = verify(&lines);
    assert!(report.is_intact(), "{:?}", report.fault);
    assert_eq!((report.entries, report.signed), (lines.len() as u64, lines.len() as u64));
    let mut altered = lines.clone();
    let place = altered[1].len() / 2;
    altered[1][place] ^= 1;
    assert_eq!(verify(&altered).fault.unwrap().seq, 1);
    assert!(!verify(&lines[1..]).is_intact());
    let head = Head::verify(&note, &key).unwrap();
    assert_eq!(head.size, lines.len() as u64);
    assert_eq!(head.chain, custody::leaf_hash(lines.last().unwrap()));

    // In the vault: the same lines, byte for byte, under the same head and the same key.
    let amparo = golden.unlock();
    assert!(custody_lines(&amparo) == lines);
    assert_eq!(amparo.custody().head().unwrap(), Some(note.clone()));
    assert_eq!(amparo.custody().verifying_key().unwrap(), key);
    assert!(amparo.custody().verify().unwrap().is_intact());
    let events = |n: usize| -> Vec<String> {
        let history = amparo.custody().history(golden.evidence_id(n)).unwrap();
        history.into_iter().map(|entry| entry.entry.unwrap().event.to_string()).collect()
    };
    assert_eq!(events(0), ["imported", "viewed", "sealed"]);
    assert_eq!(events(1), ["imported", "noted", "exported", "sealed", "sealed"]);
    assert_eq!(events(2), ["imported"]);
}

fn check_reports(root: &Path) {
    let golden = Golden::copy(root);
    let amparo = golden.unlock();
    let bytes = evidence_bytes();
    for (index, (file, key)) in REPORTS.into_iter().enumerate() {
        let expected = |name: &str| golden.at(&format!("/reports/{index}/{name}"));
        let identities = load_identities(&golden.path(key)).unwrap();
        let outdir = golden.path(&format!("opened-{index}"));
        let opened = amparo_desk::open(&golden.path(file), &identities, &outdir, &mut go).unwrap();
        let verdict = opened.verdict;
        assert!(verdict.ok, "{file}: {:?}", verdict.faults().collect::<Vec<_>>());
        assert_eq!(verdict.addressee, Addressee::You);
        let sender = verdict.sender.clone().unwrap();
        assert_eq!(json!({ "mode": sender.mode, "public_key": sender.public_key }), *expected("sender"), "{file}");
        let codes: Vec<Code> = verdict.items.iter().map(|finding| finding.code).collect();
        let signed = index == 0;
        assert_eq!(sender.signed, signed);
        assert_eq!(codes.contains(&Code::CustodyProven), signed);
        assert!(codes.contains(&Code::PaddingRight));

        let (files, _) = read_all(&outdir);
        let hashes: Map<String, Value> =
            files.iter().map(|(path, content)| (path.clone(), hex::encode(&sha256(content)).into())).collect();
        assert_eq!(Value::Object(hashes), *expected("files"), "{file}");
        let told: Value = serde_json::from_slice(&files["report.json"]).unwrap();
        if signed {
            assert!(files["evidence/01-photo.jpg"] == bytes[0] && files["evidence/02-testimony.txt"] == bytes[1]);
            assert_eq!(told["incident"]["narrative"], full_incident().narrative);
            assert_eq!(told["evidence"][0]["note"], NOTES[0].unwrap());
        } else {
            assert!(files["evidence/01-testimony.txt"] == bytes[1]);
            assert_eq!(told["incident"]["narrative"], TWO_SENTENCES);
            assert_eq!(told["evidence"][0]["note"], NOTES[1].unwrap());
        }
        // The opened folder verifies as well, and nobody else's key opens the file.
        assert!(amparo_desk::verify(&outdir, &identities, &mut go).unwrap().ok);
        let stranger = Identity::generate(identities[0].kind()).unwrap();
        let refused = amparo_desk::verify(&golden.path(file), slice::from_ref(&stranger), &mut go);
        assert_eq!(refused.unwrap_err(), DeskError::ForSomebodyElse);

        // The sender's memory of it.
        let id: ReportId = golden.text(&format!("/reports/{index}/record/id")).parse().unwrap();
        assert_eq!(verdict.report_id, Some(id.to_string()));
        let record = amparo.reports().get(id).unwrap();
        assert_eq!(record_json(&record), *expected("record"));
        let recipient = identities[0].recipient().to_string();
        assert!(record.recipients.contains(&recipient));
        assert!(fs::read_to_string(golden.path(key)).unwrap().contains(&format!("# public key: {recipient}\n")));
        assert!(record.files.contains(&(opened.size, opened.sha256)), "{file}");
    }
}

/// An old vault is not a museum piece: it is worked on, and what was there stays as it was.
fn check_going_on(root: &Path) {
    let golden = Golden::copy(root);
    let amparo = golden.unlock();
    let (old, old_head) = (golden.custody_lines(), golden.custody_head());
    let incident = amparo.incidents().get(golden.incident_id(2)).unwrap();
    let content = IncidentContent { title: "后来".into(), ..incident.content.clone() };
    amparo.incidents().save(incident.id, incident.revision, content.clone()).unwrap();
    let request = ImportRequest { incident: Some(incident.id), ..ImportRequest::default() };
    let added = amparo.evidence().import(&b"new words"[..], None, request, &mut no_progress).unwrap();
    amparo.vault().change_passphrase(&passphrase(PASSPHRASE), &passphrase("neu"), None).unwrap();
    amparo.lock().unwrap();

    let options = UnlockOptions::default();
    let amparo = Amparo::unlock(&golden.path("vault"), &passphrase("neu"), &options, clock()).unwrap();
    assert!(amparo.incidents().get(incident.id).unwrap().content == content);
    assert_eq!(amparo.evidence().get(added.id).unwrap().sha256, Some(sha256(b"new words")));
    assert!(amparo.incidents().get(golden.incident_id(0)).unwrap().content == full_incident());
    assert_eq!(amparo.search().incidents("后来", 10, None).unwrap().hits.len(), 1);
    assert!(amparo.vault().check(|_| {}).unwrap().is_ok());
    // The log grew behind the frozen head and not under it.
    let lines = custody_lines(&amparo);
    assert!(lines.len() == old.len() + 2 && lines.starts_with(&old));
    assert!(amparo.custody().verify().unwrap().is_intact());
    let key = amparo.custody().verifying_key().unwrap();
    let before = Head::verify(&old_head, &key).unwrap();
    let after = Head::verify(&amparo.custody().head().unwrap().unwrap(), &key).unwrap();
    let proof = amparo.custody().consistency_proof(before.size, after.size).unwrap();
    custody::verify_consistency(before.size, after.size, &before.root, &after.root, &proof.path).unwrap();
    // And is sealed and opened like any other.
    let desk = load_identities(&golden.path("keys/desk-pq.txt")).unwrap();
    let target = golden.path("later.age");
    let request =
        ReportRequest::new(incident.id, amparo_core::incident::RecipientKind::LAWYER, vec![desk[0].recipient()]);
    let sealed = amparo.reports().seal_file(&request, &target, &mut no_progress).unwrap();
    assert_eq!(sealed[0].evidence, [added.id]);
    assert!(amparo_desk::verify(&target, &desk, &mut go).unwrap().ok);
}

#[test]
fn the_folder_is_whole() {
    check_folder(&frozen());
}

#[test]
fn the_vault_opens_and_holds_what_was_entered() {
    check_vault(&frozen());
}

#[test]
fn the_evidence_is_there_bit_for_bit() {
    check_evidence(&frozen());
}

#[test]
fn the_custody_log_verifies_and_has_not_changed() {
    check_custody(&frozen());
}

#[test]
fn the_sealed_reports_open() {
    check_reports(&frozen());
}

#[test]
fn an_old_vault_is_worked_on() {
    check_going_on(&frozen());
}

/// Writes a new folder to the path in `AMPARO_GOLDEN`, which must not exist, and checks it. See `tests/golden/README.md`.
#[test]
#[ignore = "writes new golden files; only for a new format"]
fn regenerate() {
    let root = PathBuf::from(env::var_os("AMPARO_GOLDEN").expect("AMPARO_GOLDEN: the folder to write"));
    fs::create_dir(&root).expect("a folder that does not exist yet, in one that does");
    generate::generate(&root);
    for check in [check_folder, check_vault, check_evidence, check_custody, check_reports, check_going_on] {
        check(&root);
    }
}
