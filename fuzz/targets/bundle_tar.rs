//! The tar inside a report, from bytes that may be anything: nothing is written outside the folder, whatever the names say.
#![no_main]

use std::{fs, ops::ControlFlow, path::PathBuf, sync::OnceLock};

use amparo_fuzz::{scratch, seed};
use amparo_report::open::{extract, verify_stream};
use libfuzzer_sys::fuzz_target;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// One ustar entry.
fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut head = [0u8; 512];
    let mut put = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = head.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn setup() {
    let end = vec![0u8; 1024];
    let tar = |entries: &[Vec<u8>]| [entries.concat(), end.clone()].concat();
    seed(
        "bundle_tar",
        [
            ("empty", end.clone()),
            ("readme", tar(&[entry("README.txt", b'0', "", b"hello")])),
            ("two", tar(&[entry("README.txt", b'0', "", b"a"), entry("evidence/01-photo.jpg", b'0', "", &[1; 600])])),
            ("up", tar(&[entry("../up.txt", b'0', "", b"out")])),
            ("absolute", tar(&[entry("/tmp/absolute", b'0', "", b"out")])),
            ("symlink", tar(&[entry("evidence/l", b'2', "/etc", b""), entry("evidence/l/passwd", b'0', "", b"out")])),
            ("hardlink", tar(&[entry("evidence/01-photo.jpg", b'1', "/etc/passwd", b"")])),
            ("folder", tar(&[entry("evidence/", b'5', "", b"")])),
            ("pax", tar(&[entry("PaxHeader", b'x', "", b"20 path=../../up.txt\n"), entry("a", b'0', "", b"b")])),
            ("long", tar(&[entry("././@LongLink", b'L', "", &[b'a'; 200]), entry("a", b'0', "", b"b")])),
        ],
    );
    let _ = FOLDER.set(scratch());
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some(folder) = FOLDER.get() else { return };
    let target = folder.join("report");
    let stream = verify_stream(data, &[], &mut |_| ControlFlow::Continue(()));
    let files = extract(data, &target, &[], &mut |_| ControlFlow::Continue(()));
    assert_eq!(stream.is_ok(), files.is_ok(), "reading and opening disagree");
    let left: Vec<_> = fs::read_dir(folder).expect("our folder").filter_map(Result::ok).map(|e| e.path()).collect();
    assert!(left.iter().all(|path| *path == target), "something was written beside the report's folder");
    assert_eq!(left.len(), usize::from(files.is_ok()), "a report that was refused left something behind");
    let _ = fs::remove_dir_all(&target);
});
