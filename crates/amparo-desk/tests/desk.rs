//! A desk's day: keys, reports that open, and every way in which one does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    fs,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use amparo_crypto::{
    age::{Encryptor, Identity, KeyKind, Recipient, StanzaPadding},
    hash::sha256,
    sign::SigningKey,
};
use amparo_desk::{Addressee, Code, DeskError, key_file_is_exposed, keygen, load_identities, open, verify};
use amparo_report::{
    archive::ArchiveFault,
    manifest::ReportId,
    readme,
    seal::{EvidenceItem, SealRequest, Sender},
};

fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

struct Desk {
    home: tempfile::TempDir,
    identities: Vec<Identity>,
    recipient: Recipient,
}

impl Desk {
    fn new(kind: KeyKind) -> Self {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("key.txt");
        let recipient = keygen(&key, kind).unwrap();
        let identities = load_identities(&key).unwrap();
        Self { home, identities, recipient }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes `bytes` to a file and opens it into a folder that must not appear.
    fn refused(&self, bytes: &[u8]) -> DeskError {
        let (file, out) = (self.path("report.age"), self.path("opened"));
        fs::write(&file, bytes).unwrap();
        let error = open(&file, &self.identities, &out, &mut on).unwrap_err();
        assert!(!out.exists());
        assert_eq!(verify(&file, &self.identities, &mut on), Err(error));
        fs::remove_file(&file).unwrap();
        assert_eq!(fs::read_dir(self.home.path()).unwrap().count(), 1, "only the key is left");
        error
    }
}

fn report(to: &Recipient) -> Vec<u8> {
    let (key, _) = SigningKey::generate().unwrap();
    let content = vec![7u8; 150_000];
    let request = SealRequest {
        report_id: ReportId::generate().unwrap(),
        created: "2026-11-23".into(),
        core: "amparo 0.1.0".into(),
        readme: readme::text("en"),
        report_html: "<!DOCTYPE html>".into(),
        report_md: "# x\n".into(),
        report_json: b"{}".to_vec(),
        evidence: vec![EvidenceItem {
            kind: "photo".into(),
            extension: "jpg".into(),
            size: content.len() as u64,
            sha256: sha256(&content),
            open: Box::new(move || Ok(Box::new(std::io::Cursor::new(content.clone())))),
        }],
        custody: None,
        extra: Vec::new(),
        reply: None,
        sender: Sender::Case(&key),
    };
    let mut sealed = Vec::new();
    request.prepare(std::slice::from_ref(to)).unwrap().write(&mut sealed, &mut on).unwrap();
    sealed
}

fn sealed(to: &Recipient, content: &[u8]) -> Vec<u8> {
    let mut out = Encryptor::new(Vec::new(), std::slice::from_ref(to), StanzaPadding::None).unwrap();
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

#[test]
fn a_report_opens_and_verifies_as_file_and_as_folder() {
    for kind in [KeyKind::Classic, KeyKind::PostQuantum] {
        let desk = Desk::new(kind);
        let bytes = report(&desk.recipient);
        let (file, out) = (desk.path("report.age"), desk.path("opened"));
        fs::write(&file, &bytes).unwrap();
        let mut last = 0;
        let opened = open(&file, &desk.identities, &out, &mut |bytes| {
            last = bytes;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(opened.verdict.ok && last > 150_000);
        assert_eq!((opened.size, opened.sha256), (bytes.len() as u64, sha256(&bytes)));
        assert_eq!(opened.verdict.addressee, Addressee::You);
        assert_eq!(fs::read(out.join("evidence/01-photo.jpg")).unwrap(), vec![7u8; 150_000]);
        assert_eq!(verify(&file, &desk.identities, &mut on).unwrap(), opened.verdict);
        assert_eq!(verify(&out, &desk.identities, &mut on).unwrap().addressee, Addressee::You);
        assert!(verify(&out, &[], &mut on).unwrap().ok);
        fs::write(out.join("evidence/01-photo.jpg"), b"edited").unwrap();
        let verdict = verify(&out, &[], &mut on).unwrap();
        assert_eq!(verdict.faults().map(|f| f.code).collect::<Vec<_>>(), [Code::FileAltered]);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_apart() {
    let desk = Desk::new(KeyKind::Classic);
    let good = report(&desk.recipient);
    let (file, out) = (desk.path("report.age"), desk.path("opened"));
    assert_eq!(open(&file, &desk.identities, &out, &mut on), Err(DeskError::Missing));
    assert_eq!(desk.refused(b""), DeskError::Empty);
    assert_eq!(desk.refused(b"%PDF-1.7 something else"), DeskError::NotSealed);
    let armored = desk.refused(b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n");
    assert!(matches!(armored, DeskError::Unsupported(_)), "{armored:?}");
    let other = Identity::generate(KeyKind::Classic).unwrap().recipient();
    assert_eq!(desk.refused(&report(&other)), DeskError::ForSomebodyElse);
    assert_eq!(desk.refused(&good[..60]), DeskError::Truncated);
    // On a chunk's edge, and inside a chunk.
    let header = good.windows(4).position(|w| w == b"\n---").unwrap() + 1 + 48 + 16;
    assert_eq!(desk.refused(&good[..header + 65_552]), DeskError::Truncated);
    assert_eq!(desk.refused(&good[..header + 70_000]), DeskError::TruncatedOrTampered);
    for (at, why) in [(header + 9, "payload"), (header - 40, "header")] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let error = desk.refused(&bad);
        assert!(matches!(error, DeskError::Tampered(_)), "{why}: {error:?}");
    }
    let appended = desk.refused(&[&good[..], b"x"].concat());
    assert!(matches!(appended, DeskError::Tampered(_) | DeskError::TruncatedOrTampered), "{appended:?}");
    assert_eq!(desk.refused(&sealed(&desk.recipient, b"a letter")), DeskError::NotAReport);
}

#[test]
fn hostile_archives_are_refused_by_name() {
    let desk = Desk::new(KeyKind::Classic);
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_path("evidence").unwrap();
    header.set_link_name("/etc").unwrap();
    header.set_size(0);
    header.set_cksum();
    builder.append(&header, std::io::empty()).unwrap();
    let bytes = sealed(&desk.recipient, &builder.into_inner().unwrap());
    assert_eq!(desk.refused(&bytes), DeskError::Hostile { fault: ArchiveFault::Link, entry: 1 });
}

#[test]
fn the_output_folder_is_never_touched_when_it_has_content() {
    let desk = Desk::new(KeyKind::Classic);
    let (file, out) = (desk.path("report.age"), desk.path("opened"));
    fs::write(&file, report(&desk.recipient)).unwrap();
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), b"mine").unwrap();
    assert_eq!(open(&file, &desk.identities, &out, &mut on), Err(DeskError::OutputNotEmpty));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    assert_eq!(open(&file, &desk.identities, Path::new("/"), &mut on), Err(DeskError::OutputName));
    assert_eq!(open(&out, &desk.identities, &desk.path("x"), &mut on), Err(DeskError::NotSealed));
    let cancelled = open(&file, &desk.identities, &desk.path("x"), &mut |_| ControlFlow::Break(()));
    assert_eq!(cancelled, Err(DeskError::Cancelled));
    assert_eq!(open(&file, &[], &desk.path("x"), &mut on), Err(DeskError::NoKeys));
    assert_eq!(open(&file, &desk.identities, &desk.path("no/such/x"), &mut on), Err(DeskError::Missing));
    assert!(!desk.path("x").exists());
}

/// Always full, as far as writing goes.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_has_its_own_error() {
    assert_eq!(DeskError::from(fs::write("/dev/full", b"x").unwrap_err()), DeskError::DiskFull);
}

#[test]
fn keys_are_written_once_and_read_back() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key.txt");
    let recipient = keygen(&path, KeyKind::PostQuantum).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# created: 20") && lines[0].ends_with('Z'), "{}", lines[0]);
    assert_eq!(lines[1], format!("# public key: {recipient}"));
    assert!(lines[2].starts_with("AGE-SECRET-KEY-PQ-1") && lines.len() == 3);
    assert!(load_identities(&path).unwrap()[0].recipient() == recipient);

    assert_eq!(keygen(&path, KeyKind::Classic), Err(DeskError::Exists));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(keygen(&home.path().join("no/such/key"), KeyKind::Classic), Err(DeskError::Missing));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(key_file_is_exposed(&path), Ok(false));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(key_file_is_exposed(&path), Ok(true));
    }
}

#[test]
fn bad_key_files_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key.txt");
    let error = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        load_identities(&path).unwrap_err()
    };
    assert_eq!(error(b""), DeskError::EmptyKeyFile);
    assert_eq!(error(b"# only a comment\n\n"), DeskError::EmptyKeyFile);
    assert_eq!(error(b"\xff\xfe\x00"), DeskError::NotAKeyFile);
    assert_eq!(error(&vec![b'#'; (1 << 20) + 1]), DeskError::NotAKeyFile);
    assert!(matches!(error(b"# x\nAGE-SECRET-KEY-1NONSENSE\n"), DeskError::KeyFile(_)));
    let public = Identity::generate(KeyKind::Classic).unwrap().recipient().to_string();
    assert!(matches!(error(public.as_bytes()), DeskError::KeyFile(_)));
    assert_eq!(load_identities(&home.path().join("none")).unwrap_err(), DeskError::Missing);
    for line in [error(b"AGE-SECRET-KEY-1NONSENSE").to_string(), format!("{:?}", error(b"AGE-SECRET-KEY-1NONSENSE"))] {
        assert!(!line.contains("NONSENSE"), "{line}");
    }
}
