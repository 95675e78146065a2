//! Documents without end until it is killed, and says on standard output what was acknowledged: `incident ID N`,
//! `evidence ID SHA256 N` for what was imported or recorded, `deleting ID SHA256 N` before a deletion and `deleted ID SHA256 N`
//! after it, one line each, flushed. Used by `killed.rs` and `forensic.rs`.
//!
//! Arguments: vault folder, first number. The passphrase is [`amparo_tests::PASSPHRASE`].

use std::{io::Write as _, path::Path, sync::Arc};

use amparo_core::{
    Amparo, Passphrase, SystemClock, UnlockOptions,
    evidence::{
        CaptureRequest, DeleteOptions, Derivatives, DeriveRequest, EvidenceKind, ImportRequest, Purpose, no_progress,
    },
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
        let request = CaptureRequest {
            incident: Some(incident.id),
            note: Some(document::marker("note", n)),
            ..CaptureRequest::new(EvidenceKind::VIDEO, "video/mp2t")
        };
        let mut capture = amparo.evidence().start_capture(request).unwrap();
        medium.chunks(10_000).for_each(|piece| capture.write(piece).unwrap());
        if n % 4 == 1 {
            // Left behind as an app does that forgets it; nothing is promised of it but what it was given.
            drop(capture);
        } else {
            let recorded = capture.finish().unwrap();
            say(format!("evidence {} {hash} {n}", recorded.id));
        }
        let source = medium.get(..medium.len().min(3000)).unwrap();
        amparo
            .evidence()
            .derive(evidence.id, DeriveRequest::new(Purpose::REDACTED, "t"), source, &mut no_progress)
            .unwrap();
        if n % 3 == 1 {
            say(format!("deleting {} {hash} {n}", evidence.id));
            amparo.evidence().delete(evidence.id, DeleteOptions { derivatives: Derivatives::Delete }).unwrap();
            say(format!("deleted {} {hash} {n}", evidence.id));
        }
    }
}
