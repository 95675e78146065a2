//! What is sealed can be opened, by everybody it is for and by nobody else, and verifies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::{
    cell::Cell,
    fs,
    io::{self, Read},
    ops::ControlFlow,
};

use amparo_crypto::{
    age::{AgeError, Decryptor, KeyKind, Recipient},
    hash::sha256,
    sign::SigningKey,
};
use amparo_report::{
    manifest::{Manifest, SenderMode},
    open::{OpenError, extract, verify_dir, verify_stream},
    padme,
    seal::{SealError, Sender, plan},
    verdict::{Addressee, Code, Severity, Verdict},
};
use common::*;

fn has(verdict: &Verdict, code: Code) -> bool {
    verdict.items.iter().any(|finding| finding.code == code)
}

#[test]
fn every_recipient_opens_it_whatever_their_number_and_kind() {
    let (key, _) = SigningKey::generate().unwrap();
    let contents = contents();
    for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
        for count in [1, 4, 16] {
            let people = identities(kind, count);
            let request = request(&contents, Sender::Case(&key));
            let keys = recipients(&people);
            let prepared = request.prepare(&keys).unwrap();
            let mut sealed = Vec::new();
            let mut last = 0;
            let done = prepared
                .write(&mut sealed, &mut |bytes| {
                    assert!(bytes >= last && bytes - last <= 65_536);
                    last = bytes;
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert_eq!(last, prepared.payload_size());
            assert_eq!(sealed.len() as u64, prepared.sealed_size(), "{kind:?} {count}");
            assert_eq!((done.size, done.sha256), (sealed.len() as u64, sha256(&sealed)));
            for person in people {
                let person = [person];
                let stream = Decryptor::new(sealed.as_slice(), &person).unwrap();
                let verdict = verify_stream(stream, &person, &mut on).unwrap();
                assert!(verdict.ok, "{:#?}", verdict.faults().collect::<Vec<_>>());
                assert_eq!(verdict.addressee, Addressee::You);
                assert!(has(&verdict, Code::CustodyProven) && has(&verdict, Code::PaddingRight));
            }
            let stranger = identities(kind, 1);
            assert_eq!(Decryptor::new(sealed.as_slice(), &stranger).unwrap_err(), AgeError::NoMatchingKey);
        }
    }
}

#[test]
fn the_tar_is_in_order_padded_and_holds_the_exact_bytes() {
    let (payload, _) = usual_payload();
    let mut names = Vec::new();
    let mut archive = tar::Archive::new(payload.as_slice());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        names.push((String::from_utf8(entry.path_bytes().into_owned()).unwrap(), content));
        assert_eq!((entry.header().mtime().unwrap(), entry.header().uid().unwrap()), (0, 0));
        assert_eq!(entry.header().mode().unwrap(), 0o644);
    }
    let order: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        order,
        [
            "README.txt",
            "manifest.json",
            "manifest.sig",
            "report.html",
            "report.md",
            "report.json",
            "evidence/01-document.txt",
            "evidence/02-photo.jpg",
            "evidence/03-audio.m4a",
            "evidence/04-video-derivative.mp4",
            "custody/entries.jsonl",
            "custody/proofs.json",
            "custody/head.txt",
            "disclosure/fields.json",
            "anchors/head.tsr",
            "reply.json",
        ]
    );
    for (content, (_, found)) in contents().iter().zip(&names[6..10]) {
        assert_eq!(content, found);
    }
    assert_eq!(padme::padded(payload.len() as u64), Some(payload.len() as u64));
    assert_eq!(payload.len() % 512, 0);
}

#[test]
fn the_manifest_names_addressees_only_to_themselves_and_always_as_many_as_stanzas() {
    let contents = contents();
    for (count, tags) in [(1, 4), (4, 4), (5, 8), (9, 16), (16, 16)] {
        let people = identities(KeyKind::Classic, count);
        let request = request(&contents, Sender::Anonymous);
        let sealed = seal(&request, &recipients(&people));
        let payload = payload(&sealed, people.into_iter().next().unwrap());
        let start = payload.windows(14).position(|w| w == b"manifest.json\0").unwrap() + 512;
        let end = start + payload[start..].iter().position(|b| *b == 0).unwrap_or(0);
        let manifest = Manifest::parse(&payload[start..end]).unwrap();
        assert_eq!(manifest.addressed_to.len(), tags);
        assert_eq!(manifest.mode, SenderMode::Anonymous);
        let stanzas = sealed.windows(10).filter(|w| w == b"-> X25519 ").count();
        assert_eq!(stanzas, tags);
    }
}

#[test]
fn a_signed_report_that_is_sealed_again_for_somebody_else_shows_it() {
    let (payload, me) = usual_payload();
    let stranger = identities(KeyKind::Classic, 1);
    let verdict = verify_stream(payload.as_slice(), &stranger, &mut on).unwrap();
    assert!(!verdict.ok);
    assert_eq!(verdict.addressee, Addressee::SomebodyElse);
    assert_eq!(verdict.faults().map(|f| f.code).collect::<Vec<_>>(), [Code::NotAddressedToYou]);
    let verdict = verify_stream(payload.as_slice(), &[], &mut on).unwrap();
    assert!(verdict.ok && verdict.addressee == Addressee::NotChecked);
    assert!(verify_stream(payload.as_slice(), &[me], &mut on).unwrap().ok);
}

#[test]
fn sender_modes_are_told_apart() {
    let (key, _) = SigningKey::generate().unwrap();
    let contents = contents();
    let me = identities(KeyKind::Classic, 1);
    for (sender, code, signed) in [
        (Sender::Anonymous, Code::Anonymous, false),
        (Sender::Case(&key), Code::SignedByCaseKey, true),
        (Sender::Identified(&key), Code::SignedByKnownKey, true),
    ] {
        let sealed = seal(&request(&contents, sender), &recipients(&me));
        let stream = Decryptor::new(sealed.as_slice(), &me).unwrap();
        let verdict = verify_stream(stream, &me, &mut on).unwrap();
        assert!(verdict.ok && has(&verdict, code));
        let found = verdict.sender.as_ref().unwrap();
        assert_eq!((found.signed, found.fingerprint.is_some()), (signed, signed));
        let json = serde_json::to_value(&verdict).unwrap();
        assert_eq!(json["schema"], "amparo.verdict/1");
        assert_eq!(json["ok"], true);
        assert_eq!(json["addressee"], "you");
        assert_eq!(json["sender"]["signed"], signed);
    }
}

#[test]
fn extraction_writes_exactly_the_report_and_the_folder_verifies() {
    let (payload, me) = usual_payload();
    let me = [me];
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("opened");
    let verdict = extract(payload.as_slice(), &target, &me, &mut on).unwrap();
    assert!(verdict.ok);
    assert_eq!(fs::read(target.join("evidence/03-audio.m4a")).unwrap(), contents()[2]);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no temporary folder is left");
    let again = verify_dir(&target, &me, &mut on).unwrap();
    assert!(again.ok, "{:#?}", again.faults().collect::<Vec<_>>());
    assert!(!has(&again, Code::PaddingRight));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(target.join("report.json")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // An empty folder that is there already is fine as well; one with content is not, and is not touched.
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(extract(payload.as_slice(), &empty, &me, &mut on).unwrap().ok);
    let full = home.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), b"mine").unwrap();
    assert_eq!(extract(payload.as_slice(), &full, &me, &mut on), Err(OpenError::TargetNotEmpty));
    let file = home.path().join("file");
    fs::write(&file, b"mine").unwrap();
    assert_eq!(extract(payload.as_slice(), &file, &me, &mut on), Err(OpenError::TargetNotEmpty));
    assert_eq!((fs::read(full.join("mine")).unwrap(), fs::read(&file).unwrap()), (b"mine".to_vec(), b"mine".to_vec()));
    assert_eq!(extract(payload.as_slice(), "/".as_ref(), &me, &mut on), Err(OpenError::TargetName));
    #[cfg(unix)]
    {
        let link = home.path().join("link");
        std::os::unix::fs::symlink(home.path().join("nowhere"), &link).unwrap();
        assert_eq!(extract(payload.as_slice(), &link, &me, &mut on), Err(OpenError::TargetNotEmpty));
    }
}

#[test]
fn a_cut_or_cancelled_extraction_leaves_nothing() {
    let (payload, _) = usual_payload();
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("opened");
    let cut = extract(&payload[..100_000], &target, &[], &mut on);
    assert!(matches!(cut, Err(OpenError::Archive { .. })), "{cut:?}");
    let mut stop = |bytes| if bytes > 90_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    assert_eq!(extract(payload.as_slice(), &target, &[], &mut stop), Err(OpenError::Cancelled));
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::TimedOut.into())
        }
    }
    let broken = (&payload[..90_000]).chain(Failing);
    assert_eq!(extract(broken, &target, &[], &mut on), Err(OpenError::Read(io::ErrorKind::TimedOut)));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_mixed_set_becomes_two_files_of_one_report() {
    let contents = contents();
    let (key, _) = SigningKey::generate().unwrap();
    let people = [identities(KeyKind::Classic, 1), identities(KeyKind::PostQuantum, 2)].concat_all();
    let request = request(&contents, Sender::Case(&key));
    assert_eq!(request.prepare(&recipients(&people)).err(), Some(SealError::MixedRecipients));
    let mut ids = Vec::new();
    for job in plan(&recipients(&people)).unwrap() {
        let sealed = seal(&request, &job.recipients);
        let stream = Decryptor::new(sealed.as_slice(), &people).unwrap();
        let verdict = verify_stream(stream, &people, &mut on).unwrap();
        assert!(verdict.ok);
        ids.push(verdict.report_id.unwrap());
    }
    assert_eq!(ids, [request.report_id.to_string(), request.report_id.to_string()]);
}

trait ConcatAll<T> {
    fn concat_all(self) -> Vec<T>;
}

impl<T, const N: usize> ConcatAll<T> for [Vec<T>; N] {
    fn concat_all(self) -> Vec<T> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn evidence_that_is_not_what_was_recorded_stops_the_sealing() {
    let contents = contents();
    let (key, _) = SigningKey::generate().unwrap();
    let me = recipients(&identities(KeyKind::Classic, 1));
    let outcome = |change: &dyn Fn(&mut Vec<u8>), item: usize| {
        let mut request = request(&contents, Sender::Case(&key));
        let mut bytes = contents[item].clone();
        change(&mut bytes);
        request.evidence[item].open = Box::new(move || Ok(Box::new(io::Cursor::new(bytes.clone()))));
        request.prepare(&me).unwrap().write(io::sink(), &mut on).unwrap_err()
    };
    assert_eq!(outcome(&|bytes| bytes[9] ^= 1, 2), SealError::EvidenceMismatch { item: 3 });
    assert_eq!(outcome(&|bytes| bytes.push(0), 2), SealError::EvidenceMismatch { item: 3 });
    assert_eq!(outcome(&|bytes| bytes.push(0), 0), SealError::EvidenceMismatch { item: 1 });
    assert_eq!(outcome(&|bytes| bytes.truncate(5), 3), SealError::EvidenceMismatch { item: 4 });
    let mut request = request(&contents, Sender::Case(&key));
    request.evidence[1].open = Box::new(|| Err(io::ErrorKind::PermissionDenied.into()));
    assert_eq!(
        request.prepare(&me).unwrap().write(io::sink(), &mut on),
        Err(SealError::EvidenceRead { item: 2, kind: io::ErrorKind::PermissionDenied })
    );
}

#[test]
fn what_a_desk_would_object_to_is_not_sealed() {
    let contents = contents();
    let (key, _) = SigningKey::generate().unwrap();
    let me = recipients(&identities(KeyKind::Classic, 1));
    let refused = |change: &dyn Fn(&mut amparo_report::seal::SealRequest<'_>), people: &[Recipient]| {
        let mut request = request(&contents, Sender::Case(&key));
        change(&mut request);
        request.prepare(people).err()
    };
    assert_eq!(refused(&|_| (), &[]), Some(SealError::NoRecipients));
    let many = recipients(&identities(KeyKind::Classic, 17));
    assert_eq!(refused(&|_| (), &many), Some(SealError::TooManyRecipients { kind: KeyKind::Classic }));
    assert_eq!(refused(&|r| r.sender = Sender::Anonymous, &me), Some(SealError::AnonymousCustody));
    assert_eq!(refused(&|r| r.evidence[2].sha256 = [0; 32], &me), Some(SealError::EvidenceNotInCustody { item: 3 }));
    assert_eq!(refused(&|r| r.custody.as_mut().unwrap().entries[20] ^= 1, &me), Some(SealError::Custody));
    for bad in ["Photo", "../x", "", "a/b", "photo photo"] {
        let name = |r: &mut amparo_report::seal::SealRequest<'_>| r.evidence[0].kind = bad.into();
        assert_eq!(refused(&name, &me), Some(SealError::EvidenceName { item: 1 }), "{bad:?}");
    }
    let extension = |r: &mut amparo_report::seal::SealRequest<'_>| r.evidence[3].extension = "J/PG".into();
    assert_eq!(refused(&extension, &me), Some(SealError::EvidenceName { item: 4 }));
    for bad in ["report.json", "custody/x", "anchors/../x", "disclosure/fields.json/x", "anchors/A"] {
        let path = |r: &mut amparo_report::seal::SealRequest<'_>| r.extra[0].path = bad.into();
        assert_eq!(refused(&path, &me), Some(SealError::ExtraPath { index: 1 }), "{bad:?}");
    }
    assert!(matches!(refused(&|r| r.created = "today".into(), &me), Some(SealError::Manifest(_))));
    assert_eq!(refused(&|_| (), &me), None);
}

#[test]
fn a_sealed_file_is_there_completely_or_not_at_all() {
    let contents = contents();
    let (key, _) = SigningKey::generate().unwrap();
    let people = identities(KeyKind::Classic, 2);
    let mut request = request(&contents, Sender::Case(&key));
    let keys = recipients(&people);
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("report.age");
    let count = || fs::read_dir(home.path()).unwrap().count();

    let prepared = request.prepare(&keys).unwrap();
    let done = prepared.write_file(&target, &mut on).unwrap();
    let bytes = fs::read(&target).unwrap();
    assert_eq!((bytes.len() as u64, sha256(&bytes), count()), (done.size, done.sha256, 1));
    assert_eq!(done.size, prepared.sealed_size());

    // A second one of the same name is refused, and the first is untouched.
    assert_eq!(prepared.write_file(&target, &mut on), Err(SealError::Exists));
    assert_eq!((fs::read(&target).unwrap(), count()), (bytes, 1));

    // One that appears while the sealing runs is not overwritten either.
    let late = home.path().join("late.age");
    let written = Cell::new(false);
    let mut race = |_| {
        if !written.replace(true) {
            fs::write(&late, b"theirs").unwrap();
        }
        ControlFlow::Continue(())
    };
    assert_eq!(prepared.write_file(&late, &mut race), Err(SealError::Exists));
    assert_eq!((fs::read(&late).unwrap(), count()), (b"theirs".to_vec(), 2));

    // Cancelled and failed ones leave nothing.
    let other = home.path().join("other.age");
    let mut stop = |bytes| if bytes > 70_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    assert_eq!(prepared.write_file(&other, &mut stop), Err(SealError::Cancelled));
    drop(prepared);
    request.evidence[3].open = Box::new(|| Ok(Box::new(io::empty())));
    let broken = request.prepare(&keys).unwrap();
    assert_eq!(broken.write_file(&other, &mut on), Err(SealError::EvidenceMismatch { item: 4 }));
    let nowhere = home.path().join("no/such/folder/x.age");
    assert_eq!(broken.write_file(&nowhere, &mut on), Err(SealError::Io(io::ErrorKind::NotFound)));
    assert_eq!(count(), 2);
}

#[test]
fn large_evidence_streams_in_constant_memory_and_is_predicted_exactly() {
    // 96 MiB that nobody holds: if anything buffered it, the buffers would show in the process's peak.
    const SIZE: u64 = 96 << 20;
    let digest = {
        let mut hasher = amparo_crypto::hash::Hasher::new();
        (0..SIZE >> 16).for_each(|_| hasher.update(&[7; 1 << 16]));
        hasher.finish()
    };
    let contents = Vec::new();
    let me = identities(KeyKind::Classic, 1);
    let mut request = request(&contents, Sender::Anonymous);
    request.evidence = vec![amparo_report::seal::EvidenceItem {
        kind: "video".into(),
        extension: "mp4".into(),
        size: SIZE,
        sha256: digest,
        open: Box::new(|| Ok(Box::new(io::repeat(7).take(SIZE)))),
    }];
    let prepared = request.prepare(&recipients(&me)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("big.age");
    let before = peak();
    let done = prepared.write_file(&path, &mut on).unwrap();
    assert_eq!(done.size, prepared.sealed_size());
    let stream = Decryptor::new(fs::File::open(&path).unwrap(), &me).unwrap();
    let verdict = verify_stream(stream, &me, &mut on).unwrap();
    assert!(verdict.items.iter().all(|finding| finding.severity != Severity::Bad));
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < 32 << 20, "peak grew by {} bytes", after - before);
    }
}

/// Peak resident memory of this process in bytes, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// The README's promise: `tar` opens the padded payload, and its own command line checks the list.
#[cfg(target_os = "linux")]
#[test]
fn standard_tools_open_and_check_a_report() {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };
    let (payload, _) = usual_payload();
    let home = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar").arg("x").current_dir(&home).stdin(Stdio::piped()).spawn().unwrap();
    tar.stdin.take().unwrap().write_all(&payload).unwrap();
    assert!(tar.wait().unwrap().success());
    let readme = fs::read_to_string(home.path().join("README.txt")).unwrap();
    let start = readme.find("  sed -n").unwrap();
    let end = start + readme[start..].find("\n\n").unwrap();
    let check = || Command::new("sh").arg("-c").arg(&readme[start..end]).current_dir(&home).output().unwrap();
    let good = check();
    assert!(good.status.success(), "{good:?}");
    assert_eq!(String::from_utf8(good.stdout).unwrap().matches(": OK").count(), 14);
    assert!(verify_dir(home.path(), &[], &mut on).unwrap().ok);
    fs::write(home.path().join("evidence/02-photo.jpg"), b"edited").unwrap();
    assert!(!check().status.success());
}
