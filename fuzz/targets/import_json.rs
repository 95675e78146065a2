//! Any file that is to be imported: every record goes in or is refused, and what went in comes out as a file that brings nothing
//! new.
#![no_main]

use std::sync::{Arc, OnceLock};

use amparo_core::{
    Amparo, CreateOptions, KdfParams, Passphrase, SystemClock,
    evidence::no_progress,
    incident::IncidentQuery,
    interchange::{Conflict, ExportOptions, Format, ImportPolicy},
};
use amparo_fuzz::{scratch, seed};
use libfuzzer_sys::fuzz_target;

const RECORD: &str = r#"{"schema":"amparo.incident/1","id":"00112233445566778899aabbccddeeff","revision":2,"created":{"time":"2026-03-14T18:42:07Z","clock":"device"},"modified":{"time":"2026-03-14T18:42:07Z","clock":"device"},"narrative":"x","evidence":["ffeeddccbbaa99887766554433221100"]}"#;

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let header = r#"{"schema":"amparo.export/1""#;
    let document = format!(r#"{header},"incidents":[{RECORD}],"revisions":[],"evidence":[]}}"#);
    let lines = format!("{header}}}\n{RECORD}\n");
    vec![("document", document.into_bytes()), ("lines", lines.into_bytes())]
}

fn amparo() -> &'static Amparo {
    static VAULT: OnceLock<Amparo> = OnceLock::new();
    VAULT.get_or_init(|| {
        let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
        let passphrase = Passphrase::new(b"correct horse battery staple").expect("a passphrase");
        Amparo::create(&scratch().join("vault"), &passphrase, &options, Arc::new(SystemClock)).expect("a vault")
    })
}

fuzz_target!(init: seed("import_json", seeds()), |data: &[u8]| {
    let policy = ImportPolicy { conflict: Conflict::Revision, dry_run: false };
    if amparo().interchange().import(data, policy, &mut no_progress).is_err() {
        return;
    }
    let mut file = Vec::new();
    let options = ExportOptions { format: Format::Json, revisions: true, evidence: true };
    let done = amparo().interchange().export(&IncidentQuery::default(), options, &mut file, &mut no_progress);
    assert!(done.expect("an export").damaged.is_empty(), "a damaged record went in");
    let report = amparo().interchange().import(&file[..], policy, &mut no_progress).expect("our own export");
    assert!(report.stopped.is_none() && report.refused_count == 0, "our own export is refused");
    assert_eq!((report.created, report.updated, report.revisions, report.descriptions), (0, 0, 0, 0), "not known again");
});
