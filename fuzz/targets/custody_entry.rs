//! One line of the custody log: what parses is written back as a line that says the same.
#![no_main]

use amparo_fuzz::seed;
use amparo_report::custody::Entry;
use libfuzzer_sys::fuzz_target;

const SEED: &str = r#"{"schema":"amparo.custody/1","seq":1,"prev":"0000000000000000000000000000000000000000000000000000000000000000","salt":"00112233445566778899aabbccddeeff","time":"2026-03-14T18:42:07Z","event":"imported","evidence":"e-1","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","details":{"size":3},"actor":"owner","core":"0.1.0"}"#;

fuzz_target!(init: seed("custody_entry", [("imported", SEED.as_bytes().to_vec())]), |data: &[u8]| {
    let Ok(entry) = Entry::parse(data) else { return };
    if let Ok(line) = entry.to_line() {
        assert_eq!(Entry::parse(&line).as_ref(), Ok(&entry), "an entry does not survive being written");
    }
});
