//! A whole report, damaged below the encryption, as by somebody who seals it again: what verifies is what was signed.
#![no_main]

use std::{collections::BTreeMap, fs, io::Read as _, ops::ControlFlow, path::PathBuf, sync::OnceLock};

use amparo_crypto::{SecretKey, age::Decryptor, hash::sha256, sign::SigningKey};
use amparo_fuzz::{damage, damage_seeds, identities, scratch, seed};
use amparo_report::{
    manifest::{ReportId, show_fingerprint},
    names,
    open::{extract, verify_stream},
    readme,
    seal::{EvidenceItem, SealRequest, Sender},
};
use libfuzzer_sys::fuzz_target;

struct Report {
    folder: PathBuf,
    fingerprint: String,
    tar: Vec<u8>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

static REPORT: OnceLock<Report> = OnceLock::new();
const PHOTO: &[u8] = &[0xd8; 3000];

/// Every file of an opened report that the manifest answers for.
fn files(folder: &std::path::Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("an opened report").filter_map(Result::ok) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else if entry.file_name() != names::SIGNATURE {
            found.insert(entry.path(), fs::read(entry.path()).expect("an opened file"));
        }
    }
    found
}

fn setup() {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [4; 32]));
    let identity = identities().remove(1);
    let request = SealRequest {
        report_id: ReportId::from_bytes([3; 16]),
        created: "2026-03-14".to_owned(),
        core: "0.1.0".to_owned(),
        readme: readme::text("en"),
        report_html: "<p>report</p>".to_owned(),
        report_md: "# report\n".to_owned(),
        report_json: b"{}".to_vec(),
        evidence: vec![EvidenceItem {
            kind: "photo".to_owned(),
            extension: "jpg".to_owned(),
            size: PHOTO.len() as u64,
            sha256: sha256(PHOTO),
            open: Box::new(|| Ok(Box::new(PHOTO))),
        }],
        custody: None,
        extra: Vec::new(),
        reply: Some(identity.recipient()),
        sender: Sender::Case(&key),
    };
    let prepared = request.prepare(&[identity.recipient()]).expect("a good request");
    let (mut sealed, mut tar) = (Vec::new(), Vec::new());
    prepared.write(&mut sealed, &mut |_| ControlFlow::Continue(())).expect("sealing works");
    Decryptor::new(&sealed[..], &[identity]).expect("ours").read_to_end(&mut tar).expect("whole");
    let folder = scratch();
    let target = folder.join("report");
    let verdict = extract(&tar[..], &target, &[], &mut |_| ControlFlow::Continue(())).expect("opens");
    assert!(verdict.ok, "an untouched report does not verify: {:?}", verdict.items);
    let files = files(&target);
    fs::remove_dir_all(&target).expect("our own folder");
    seed("sealed_report", damage_seeds());
    let _ = REPORT.set(Report { folder, fingerprint: show_fingerprint(&key.verifying_key()), tar, files });
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some(report) = REPORT.get() else { return };
    let tar = damage(&report.tar, data);
    let Ok(verdict) = verify_stream(&tar[..], &[], &mut |_| ControlFlow::Continue(())) else { return };
    let ours = verdict.sender.as_ref().is_some_and(|s| s.signed && s.fingerprint.as_deref() == Some(&report.fingerprint));
    if !(verdict.ok && ours) {
        return;
    }
    let target = report.folder.join("report");
    let opened = extract(&tar[..], &target, &[], &mut |_| ControlFlow::Continue(()));
    assert_eq!(opened.as_ref().map(|v| v.ok), Ok(true), "reading and opening disagree");
    assert!(files(&target) == report.files, "a changed report verified under its sender's key");
    fs::remove_dir_all(&target).expect("our own folder");
});
