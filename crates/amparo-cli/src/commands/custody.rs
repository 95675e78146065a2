//! `amparo custody`: verify.

use std::path::Path;

use serde_json::json;

use super::Context;
use crate::{args::Custody, failure::Failure};

/// Runs `amparo custody …`.
pub fn run(context: &Context, command: Custody) -> Result<bool, Failure> {
    match command {
        Custody::Verify { dir } => verify(context, &dir),
    }
}

fn verify(context: &Context, dir: &Path) -> Result<bool, Failure> {
    let report = context.with_vault(dir, |amparo| Ok(amparo.custody().verify()?))?;
    // Entries since the last lock or seal are not signed yet; that is how it should be, and it is said.
    let ok = report.is_intact_so_far();
    let fault = report.fault.map(|fault| json!({ "entry": fault.seq, "text": fault.to_string() }));
    let value = json!({ "ok": ok, "entries": report.entries, "signed": report.signed, "fault": fault });
    context.output.result(&value, || {
        let mut lines = vec![format!("{} entries, {} of them under a signed head", report.entries, report.signed)];
        lines.extend(report.fault.map(|fault| fault.to_string()));
        lines.push(if ok { "The custody log is whole.".into() } else { "The custody log does NOT verify.".into() });
        lines
    });
    Ok(ok)
}
