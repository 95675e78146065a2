//! Whatever is changed in an opened report is found and named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use amparo_crypto::{age::KeyKind, sign::SigningKey};
use amparo_report::{
    open::{OpenError, extract, verify_dir},
    seal::Sender,
    verdict::{Code, Verdict},
};
use common::*;
use proptest::prelude::*;

/// A report opened once, as (path, content), and the folder it can be written to again.
fn opened() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let (payload, _) = usual_payload();
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("opened");
        assert!(extract(payload.as_slice(), &target, &[], &mut on).unwrap().ok);
        let mut files = Vec::new();
        for entry in walk(&target) {
            let name = entry.strip_prefix(&target).unwrap().to_str().unwrap().to_owned();
            files.push((name, fs::read(&entry).unwrap()));
        }
        files.sort();
        files
    })
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn write(dir: &Path, files: &[(String, Vec<u8>)]) {
    for (name, content) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The verdict on the folder after `change`.
fn after(change: impl FnOnce(&Path)) -> Verdict {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), opened());
    change(home.path());
    verify_dir(home.path(), &[], &mut on).unwrap()
}

fn codes(verdict: &Verdict) -> Vec<(Code, &str)> {
    assert_eq!(verdict.ok, verdict.faults().next().is_none());
    verdict.faults().map(|f| (f.code, f.item.as_deref().unwrap_or_default())).collect()
}

#[test]
fn an_untouched_folder_is_good() {
    let verdict = after(|_| ());
    assert!(verdict.ok, "{:#?}", verdict.items);
}

#[test]
fn every_file_can_be_missing_altered_or_replaced_and_it_shows() {
    for (name, content) in opened() {
        let verdict = after(|dir| fs::remove_file(dir.join(name)).unwrap());
        let expected = match name.as_str() {
            "manifest.json" => Code::ManifestMissing,
            "manifest.sig" => Code::SignatureMissing,
            _ => Code::FileMissing,
        };
        assert!(codes(&verdict).contains(&(expected, name.as_str())), "{name}: {:?}", codes(&verdict));
        for altered in [[content, &b"\n"[..]].concat(), content[..content.len().saturating_sub(1)].to_vec()] {
            if altered == *content {
                continue;
            }
            let verdict = after(|dir| fs::write(dir.join(name), &altered).unwrap());
            let found = codes(&verdict);
            let expected = match name.as_str() {
                "manifest.json" => &[Code::SignatureBad, Code::ManifestUnreadable][..],
                "manifest.sig" => &[Code::SignatureBad],
                _ => &[Code::FileAltered],
            };
            assert!(found.iter().any(|(code, _)| expected.contains(code)), "{name}: {found:?}");
        }
    }
}

#[test]
fn what_does_not_belong_is_named() {
    let extra = after(|dir| fs::write(dir.join("evidence/99-photo.jpg"), b"x").unwrap());
    assert_eq!(codes(&extra), [(Code::FileUnexpected, "evidence/99-photo.jpg")]);
    let notes = after(|dir| fs::write(dir.join("My Notes.txt"), b"x").unwrap());
    assert_eq!(codes(&notes), [(Code::FileUnexpected, "My Notes.txt")]);
    let deep = after(|dir| fs::create_dir_all(dir.join("evidence/more/more")).unwrap());
    assert_eq!(codes(&deep), [(Code::NotAFile, "evidence/more")]);
    let steering = after(|dir| fs::write(dir.join("a\u{1b}[2Jb"), b"x").unwrap());
    assert_eq!(codes(&steering), [(Code::FileUnexpected, "a\u{fffd}[2Jb")]);
    let large = after(|dir| fs::write(dir.join("manifest.sig"), vec![b'x'; 5000]).unwrap());
    assert!(codes(&large).contains(&(Code::FileUnreadable, "manifest.sig")));
    let crowd = after(|dir| (0..2100).for_each(|i| fs::write(dir.join(format!("x{i}")), b"").unwrap()));
    assert!(codes(&crowd).iter().any(|(code, _)| *code == Code::TooManyFiles));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = home.path().join("report.json");
    fs::write(&elsewhere, &opened().iter().find(|(name, _)| name == "report.json").unwrap().1).unwrap();
    let verdict = after(|dir| {
        fs::remove_file(dir.join("report.json")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, dir.join("report.json")).unwrap();
    });
    let found = codes(&verdict);
    assert!(found.contains(&(Code::NotAFile, "report.json")), "{found:?}");
    assert!(found.contains(&(Code::FileMissing, "report.json")), "{found:?}");
}

#[test]
fn a_part_of_the_custody_log_cannot_be_dropped() {
    let verdict = after(|dir| fs::remove_file(dir.join("custody/proofs.json")).unwrap());
    assert!(codes(&verdict).contains(&(Code::CustodyIncomplete, "custody/proofs.json")));
    let verdict = after(|dir| {
        let path = dir.join("custody/entries.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.split_inclusive('\n').skip(1).collect::<String>()).unwrap();
    });
    assert!(codes(&verdict).contains(&(Code::CustodyMissing, "custody/entries.jsonl")));
}

#[test]
fn an_unsigned_list_beside_a_signature_and_a_foreign_signature_are_bad() {
    let contents = contents();
    let me = identities(KeyKind::Classic, 1);
    let (key, _) = SigningKey::generate().unwrap();
    let home = tempfile::tempdir().unwrap();
    let open = |name: &str, sender| {
        let sealed = seal(&request(&contents, sender), &recipients(&me));
        let target = home.path().join(name);
        let identity = amparo_crypto::age::Identity::parse(&me[0].to_text()).unwrap();
        extract(payload(&sealed, identity).as_slice(), &target, &[], &mut on).unwrap();
        target
    };
    let anonymous = open("anonymous", Sender::Anonymous);
    let signed = open("signed", Sender::Case(&key));
    fs::copy(signed.join("manifest.sig"), anonymous.join("manifest.sig")).unwrap();
    let verdict = verify_dir(&anonymous, &[], &mut on).unwrap();
    assert_eq!(codes(&verdict), [(Code::SignatureUnexpected, "manifest.sig")]);
    let other = open("other", Sender::Case(&key));
    fs::copy(other.join("manifest.sig"), signed.join("manifest.sig")).unwrap();
    let verdict = verify_dir(&signed, &[], &mut on).unwrap();
    assert_eq!(codes(&verdict), [(Code::SignatureBad, "manifest.sig")]);
    assert!(!verdict.sender.unwrap().signed);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_an_empty_one_a_verdict() {
    let home = tempfile::tempdir().unwrap();
    let nowhere = home.path().join("nowhere");
    assert_eq!(verify_dir(&nowhere, &[], &mut on), Err(OpenError::Read(std::io::ErrorKind::NotFound)));
    let verdict = verify_dir(home.path(), &[], &mut on).unwrap();
    assert_eq!(codes(&verdict), [(Code::ManifestMissing, "manifest.json")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_byte_of_any_file_is_found(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), xor in 1u8..) {
        let files: Vec<_> = opened().iter().filter(|(_, content)| !content.is_empty()).collect();
        let (name, content) = files[which.index(files.len())];
        let mut content = content.clone();
        let at = place.index(content.len());
        content[at] ^= xor;
        let verdict = after(|dir| fs::write(dir.join(name), &content).unwrap());
        prop_assert!(!verdict.ok, "{} byte {}", name, at);
        let named = verdict.faults().any(|f| f.item.as_deref() == Some(name) || name.starts_with("manifest"));
        prop_assert!(named, "{} byte {}: {:?}", name, at, verdict.faults().collect::<Vec<_>>());
    }
}
