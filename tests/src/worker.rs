//! Documents without end until it is killed, and says on standard output what was acknowledged: `incident ID N` and
//! `evidence ID SHA256 N`, one line each, flushed. Used by `killed.rs` and `forensic.rs`.
//!
//! Arguments: vault folder, first number. The passphrase is [`amparo_tests::PASSPHRASE`].

use std::{io::Write as _, path::Path, sync::Arc};

use amparo_core::{
    Amparo, Passphrase, SystemClock, UnlockOptions,
    evidence::{ImportRequest, no_progress},
    incident::IncidentContent,
};
use amparo_tests::{PASSPHRASE, document};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().unwrap();
    let first: u64 = arguments.next().unwrap().parse().unwrap();
    let passphrase = Passphrase::new(PASSPHRASE.as_bytes()).unwrap();
    let amparo =
        Amparo::unlock(Path::new(&dir), &passphrase, &UnlockOptions::default(), Arc::new(SystemClock)).unwrap();
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
    };
    say("ready".into());
    for n in first.. {
        let content = IncidentContent {
            title: document::title(n),
            narrative: document::narrative(n),
            tags: vec![document::marker("tag", n)],
            ..IncidentContent::default()
        };
        let incident = amparo.incidents().create(content).unwrap();
        say(format!("incident {} {n}", incident.id));
        let medium = document::medium(n);
        let request = ImportRequest {
            incident: Some(incident.id),
            file_name: Some(format!("{}.jpg", document::marker("file-name", n))),
            note: Some(document::marker("note", n)),
            ..ImportRequest::default()
        };
        let size = Some(medium.len() as u64);
        let evidence = amparo.evidence().import(medium.as_slice(), size, request, &mut no_progress).unwrap();
        let hash: String = evidence.sha256.unwrap().iter().map(|b| format!("{b:02x}")).collect();
        say(format!("evidence {} {hash} {n}", evidence.id));
    }
}
