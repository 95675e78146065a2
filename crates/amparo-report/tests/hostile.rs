//! Archives that try something: each is refused by name, and nothing is written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::{
    fs,
    io::{self, Read},
};

use amparo_report::{
    archive::ArchiveFault,
    manifest::MAX_FILES,
    names::PathFault,
    open::{OpenError, extract, verify_stream},
    verdict::Code,
};
use common::on;
use tar::{EntryType, Header};

/// A header as the format prescribes it, with any path.
fn header(path: &[u8], size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path);
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header
}

fn file(path: &str, content: &[u8]) -> Vec<u8> {
    raw(header(path.as_bytes(), content.len() as u64), content)
}

fn raw(header: Header, content: &[u8]) -> Vec<u8> {
    let mut bytes = [header.as_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn changed(path: &str, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header = header(path.as_bytes(), 0);
    change(&mut header);
    header.set_cksum();
    raw(header, b"")
}

const END: [u8; 1024] = [0; 1024];

/// The fault of an archive that begins with a good file and goes on with `rest`; checks that nothing is left on the disk.
fn fault(rest: &[u8]) -> ArchiveFault {
    refused(&[&file("README.txt", b"x"), rest, &END].concat())
}

fn refused(archive: &[u8]) -> ArchiveFault {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("mine"), b"mine").unwrap();
    let target = home.path().join("opened");
    let streamed = verify_stream(archive, &[], &mut on).unwrap_err();
    let extracted = extract(archive, &target, &[], &mut on).unwrap_err();
    assert_eq!(streamed, extracted);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "something was left behind");
    assert_eq!(fs::read(home.path().join("mine")).unwrap(), b"mine");
    match extracted {
        OpenError::Archive { fault, entry } => {
            assert!(entry >= 1);
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_base_of_these_attacks_is_well_formed() {
    let archive = [&file("README.txt", b"x")[..], &file("evidence/01-photo.jpg", b"y"), &END].concat();
    let verdict = verify_stream(archive.as_slice(), &[], &mut on).unwrap();
    assert_eq!(verdict.faults().map(|f| f.code).collect::<Vec<_>>(), [Code::ManifestMissing]);
}

#[test]
fn paths_that_climb_or_lead_elsewhere() {
    let path = |path: &str| fault(&file(path, b"y"));
    assert_eq!(path("../evil"), ArchiveFault::Path(PathFault::Parent));
    assert_eq!(path("evidence/../../evil"), ArchiveFault::Path(PathFault::Parent));
    assert_eq!(path("./x"), ArchiveFault::Path(PathFault::Parent));
    assert_eq!(path("..\\evil"), ArchiveFault::Path(PathFault::Parent));
    assert_eq!(path("/etc/cron.d/evil"), ArchiveFault::Path(PathFault::Absolute));
    assert_eq!(path("c:evil"), ArchiveFault::Path(PathFault::Absolute));
    assert_eq!(path("a/b/c"), ArchiveFault::Path(PathFault::TooDeep));
    assert_eq!(path(".bashrc"), ArchiveFault::Path(PathFault::Name));
    assert_eq!(path("Evidence/x"), ArchiveFault::Path(PathFault::Name));
    assert_eq!(path("nul.txt"), ArchiveFault::Path(PathFault::Name));
    assert_eq!(fault(&raw(header(b"a\xffb", 0), b"")), ArchiveFault::Path(PathFault::Name));
    // The path split over the prefix field of ustar.
    let prefix = |prefix: &[u8]| {
        let prefix = prefix.to_vec();
        fault(&changed("x", move |h| h.as_mut_bytes()[345..345 + prefix.len()].copy_from_slice(&prefix)))
    };
    assert_eq!(prefix(b"../.."), ArchiveFault::Path(PathFault::Parent));
    assert_eq!(prefix(b"/etc"), ArchiveFault::Path(PathFault::Absolute));
    assert_eq!(prefix(b"evidence"), ArchiveFault::NotCanonical);
}

#[test]
fn anything_but_a_plain_file() {
    let kind = |kind: EntryType| fault(&changed("evil", |h| h.set_entry_type(kind)));
    let link = |kind: EntryType| {
        fault(&changed("evil", |h| {
            h.set_entry_type(kind);
            h.set_link_name("/etc/passwd").unwrap();
        }))
    };
    assert_eq!(link(EntryType::Symlink), ArchiveFault::Link);
    assert_eq!(link(EntryType::Link), ArchiveFault::Link);
    assert_eq!(kind(EntryType::Char), ArchiveFault::Device);
    assert_eq!(kind(EntryType::Block), ArchiveFault::Device);
    assert_eq!(kind(EntryType::Fifo), ArchiveFault::Device);
    assert_eq!(kind(EntryType::Directory), ArchiveFault::Folder);
    assert_eq!(kind(EntryType::Continuous), ArchiveFault::OtherType);
    assert_eq!(kind(EntryType::XHeader), ArchiveFault::Extension);
    assert_eq!(kind(EntryType::XGlobalHeader), ArchiveFault::Extension);
    assert_eq!(kind(EntryType::GNULongName), ArchiveFault::Extension);
    assert_eq!(kind(EntryType::GNULongLink), ArchiveFault::Extension);
    assert_eq!(kind(EntryType::GNUSparse), ArchiveFault::Sparse);
    assert_eq!(kind(EntryType::new(b'V')), ArchiveFault::OtherType);
    // The plain file of archives from before 1988.
    assert_eq!(fault(&changed("x", |h| h.as_mut_bytes()[156] = 0)), ArchiveFault::NotCanonical);
}

#[test]
fn the_same_name_twice_or_as_file_and_folder() {
    assert_eq!(fault(&file("README.txt", b"y")), ArchiveFault::Duplicate);
    assert_eq!(fault(&file("readme.txt", b"y")), ArchiveFault::Duplicate);
    let twice = [file("evidence", b""), file("evidence/x", b"")].concat();
    assert_eq!(fault(&twice), ArchiveFault::Conflict);
    let twice = [file("evidence/x", b""), file("evidence", b"")].concat();
    assert_eq!(fault(&twice), ArchiveFault::Conflict);
}

#[test]
fn second_spellings_of_one_header() {
    assert_eq!(fault(&changed("x", |h| h.set_mode(0o4755))), ArchiveFault::NotCanonical);
    assert_eq!(fault(&changed("x", |h| h.set_uid(1000))), ArchiveFault::NotCanonical);
    assert_eq!(fault(&changed("x", |h| h.set_mtime(1))), ArchiveFault::NotCanonical);
    assert_eq!(fault(&changed("x", |h| h.set_username("root").unwrap())), ArchiveFault::NotCanonical);
    assert_eq!(fault(&changed("x", |h| h.set_link_name("y").unwrap())), ArchiveFault::NotCanonical);
    assert_eq!(fault(&changed("x", |h| h.as_mut_bytes()[300] = b'x')), ArchiveFault::NotCanonical);
    // Bytes behind the end of the name, and a size in another notation.
    assert_eq!(fault(&changed("x", |h| h.as_mut_bytes()[50] = b'y')), ArchiveFault::NotCanonical);
    let base256 = |h: &mut Header| h.as_mut_bytes()[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(fault(&changed("x", base256)), ArchiveFault::NotCanonical);
    let gnu = |h: &mut Header| h.as_mut_bytes()[257..265].copy_from_slice(b"ustar  \0");
    assert_eq!(fault(&changed("x", gnu)), ArchiveFault::NotCanonical);
    let garbage = |h: &mut Header| h.as_mut_bytes()[124..136].copy_from_slice(b"zzzzzzzzzzz\0");
    assert_eq!(fault(&changed("x", garbage)), ArchiveFault::BrokenHeader);
    let mut summed = header(b"x", 0);
    summed.as_mut_bytes()[148] ^= 1;
    assert_eq!(fault(&raw(summed, b"")), ArchiveFault::BrokenHeader);
}

#[test]
fn sizes_that_lie() {
    let huge = |path: &str, size: u64| fault(&raw(header(path.as_bytes(), size), b""));
    assert_eq!(huge("manifest.json", 1 << 40), ArchiveFault::TooLarge);
    assert_eq!(huge("manifest.sig", 4097), ArchiveFault::TooLarge);
    assert_eq!(huge("custody/proofs.json", (16 << 20) + 1), ArchiveFault::TooLarge);
    assert_eq!(huge("evidence/01-video.mp4", u64::MAX), ArchiveFault::CutShort);
    assert_eq!(huge("evidence/01-video.mp4", 1 << 62), ArchiveFault::CutShort);
}

#[test]
fn hidden_and_missing_data() {
    let good = file("README.txt", b"x");
    let mut tail = [&good[..], &END, &[0; 4096]].concat();
    assert!(verify_stream(tail.as_slice(), &[], &mut on).is_ok());
    for at in [good.len() + 512, good.len() + 1023, tail.len() - 1] {
        tail[at] = 1;
        assert_eq!(refused(&tail), ArchiveFault::HiddenData, "{at}");
        tail[at] = 0;
    }
    let mut slack = [&good[..], &END].concat();
    slack[513] = b'y';
    assert_eq!(refused(&slack), ArchiveFault::HiddenData);
    // A second archive behind the first.
    assert_eq!(refused(&[&good[..], &END, &good, &END].concat()), ArchiveFault::HiddenData);
    assert_eq!(refused(&good), ArchiveFault::CutShort);
    assert_eq!(refused(&[&good[..], &[0; 512]].concat()), ArchiveFault::CutShort);
    assert_eq!(refused(&good[..700]), ArchiveFault::CutShort);
    assert_eq!(refused(&[&good[..], &good[..100]].concat()), ArchiveFault::CutShort);
}

#[test]
fn what_is_no_archive() {
    assert_eq!(refused(b""), ArchiveFault::NotTar);
    assert_eq!(refused(b"hello"), ArchiveFault::NotTar);
    assert_eq!(refused(&[b'x'; 2048]), ArchiveFault::NotTar);
    assert_eq!(refused(&END), ArchiveFault::NotTar);
}

#[test]
fn endless_archives() {
    let many: Vec<u8> = (0..=MAX_FILES).flat_map(|i| file(&format!("evidence/{i}"), b"")).collect();
    assert_eq!(refused(&[many, END.to_vec()].concat()), ArchiveFault::TooManyFiles);
    // A stream that never ends is cut by the count, not by memory or disk.
    let mut endless = (0u64..).flat_map(|i| file(&format!("a/{i}"), b""));
    struct Stream<'a>(&'a mut dyn Iterator<Item = u8>);
    impl Read for Stream<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            out.iter_mut().zip(&mut *self.0).for_each(|(slot, byte)| *slot = byte);
            Ok(out.len())
        }
    }
    let outcome = verify_stream(Stream(&mut endless), &[], &mut on);
    assert!(matches!(outcome, Err(OpenError::Archive { fault: ArchiveFault::TooManyFiles, .. })), "{outcome:?}");
}
