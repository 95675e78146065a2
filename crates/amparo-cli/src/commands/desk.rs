//! `amparo desk`: keygen, card, open, verify. Needs no vault.

use std::{ops::ControlFlow, path::Path};

use amparo_crypto::age::KeyKind;
use amparo_desk::{Severity, Verdict};
use serde_json::json;

use super::{Context, bytes, hex};
use crate::{args::Desk, failure::Failure, progress::Progress};

/// Runs `amparo desk …`.
pub fn run(context: &Context, command: Desk) -> Result<bool, Failure> {
    match command {
        Desk::Keygen { output, classic } => keygen(context, &output, classic),
        Desk::Card(command) => super::card::run(context, command),
        Desk::Open { file, identity, output } => open(context, &file, &identity, &output),
        Desk::Verify { path, identity } => verify(context, &path, identity.as_deref()),
    }
}

fn keygen(context: &Context, output: &Path, classic: bool) -> Result<bool, Failure> {
    let kind = if classic { KeyKind::Classic } else { KeyKind::PostQuantum };
    let recipient = amparo_desk::keygen(output, kind)?.to_string();
    let value = json!({ "recipient": recipient, "post_quantum": !classic, "key_file": output.to_string_lossy() });
    context.output.result(&value, || vec![recipient.clone()]);
    eprintln!(
        "amparo: the secret key is in the key file, unencrypted: whoever has that file can open what is sent to it"
    );
    Ok(true)
}

fn open(context: &Context, file: &Path, identity: &Path, output: &Path) -> Result<bool, Failure> {
    let identities = load(identity)?;
    let total = std::fs::metadata(file).map_or(0, |m| m.len());
    let mut progress = Progress::new("Opening", total, context.output.is_json());
    let opened = amparo_desk::open(file, &identities, output, &mut |done| {
        progress.set(done);
        ControlFlow::Continue(())
    })?;
    drop(progress);
    let value = json!({
        "folder": output.to_string_lossy(),
        "sealed_sha256": hex(&opened.sha256),
        "sealed_size": opened.size,
        "verdict": opened.verdict,
    });
    context.output.result(&value, || {
        let mut lines = vec![
            format!("Opened {} into {}.", bytes(opened.size), output.display()),
            "Start with report.html; it needs no network and no other program than a browser.".into(),
            String::new(),
        ];
        lines.extend(verdict_lines(&opened.verdict));
        lines
    });
    Ok(opened.verdict.ok)
}

fn verify(context: &Context, path: &Path, identity: Option<&Path>) -> Result<bool, Failure> {
    let identities = identity.map(load).transpose()?.unwrap_or_default();
    let mut progress = Progress::new("Verifying", 0, context.output.is_json());
    let verdict = amparo_desk::verify(path, &identities, &mut |done| {
        progress.set(done);
        ControlFlow::Continue(())
    })?;
    drop(progress);
    context.output.result(&serde_json::to_value(&verdict).unwrap_or_default(), || verdict_lines(&verdict));
    Ok(verdict.ok)
}

fn load(path: &Path) -> Result<Vec<amparo_crypto::age::Identity>, Failure> {
    let identities = amparo_desk::load_identities(path).map_err(|e| Failure::from(e).about("the key file", 0))?;
    if amparo_desk::key_file_is_exposed(path).unwrap_or(false) {
        eprintln!("amparo: other users of this computer can read the key file; protect it (chmod 600)");
    }
    Ok(identities)
}

/// A verdict for people: a mark and a sentence for each finding, and the whole at the end.
pub fn verdict_lines(verdict: &Verdict) -> Vec<String> {
    let mut lines: Vec<String> = verdict
        .items
        .iter()
        .map(|finding| {
            let mark = match finding.severity {
                Severity::Good => "ok  ",
                Severity::Note => "note",
                Severity::Bad => "BAD ",
            };
            match &finding.item {
                Some(item) => format!("{mark}  {item}: {}", finding.text),
                None => format!("{mark}  {}", finding.text),
            }
        })
        .collect();
    lines.push(if verdict.ok {
        "Everything verifies.".into()
    } else {
        "This report does NOT verify. Keep it, and ask the sender before relying on it.".into()
    });
    lines
}
