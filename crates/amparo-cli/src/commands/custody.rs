//! `amparo custody`: verify, history, log, head, prove, check-proof, and the timestamps (`anchor`).

mod anchor;
mod proof;

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use amparo_core::{
    EvidenceId,
    custody::{FaultKind, Head, HistoryLine},
};
use amparo_report::{locale::Locale, manifest::show_fingerprint};
use serde_json::{Value, json};

use super::{Context, hex, new_file::write_new};
use crate::{args::Custody, failure::Failure};

/// Runs `amparo custody …`.
pub fn run(context: &Context, command: Custody) -> Result<bool, Failure> {
    match command {
        Custody::Verify { dir } => verify(context, &dir),
        Custody::History { dir, evidence, language } => history(context, &dir, &evidence, &language),
        Custody::Log { dir, from, limit, language } => log(context, &dir, from, limit, &language),
        Custody::Head { dir, output } => head(context, &dir, output.as_deref()),
        Custody::Prove(request) => proof::prove(context, &request),
        Custody::CheckProof { proof, head, old_head, key } => {
            proof::check(context, &proof, &head, old_head.as_deref(), key.as_deref())
        }
        Custody::Anchor(command) => anchor::run(context, command),
    }
}

fn verify(context: &Context, dir: &Path) -> Result<bool, Failure> {
    let report = context.with_vault(dir, |amparo| Ok(amparo.custody().verify()?))?;
    // Entries since the last lock or seal are not signed yet; that is how it should be, and it is said.
    let ok = report.is_intact_so_far();
    let kind = |kind: FaultKind| match kind {
        FaultKind::Altered => "altered",
        FaultKind::Missing => "missing",
        FaultKind::Reordered => "reordered",
        FaultKind::Unsigned => "unsigned",
    };
    let fault = report.fault.map(|f| json!({ "entry": f.seq, "kind": kind(f.kind), "text": f.to_string() }));
    let value = json!({ "ok": ok, "entries": report.entries, "signed": report.signed, "fault": fault });
    context.output.result(&value, || {
        let mut lines = vec![format!("{} entries, {} of them under a signed head", report.entries, report.signed)];
        lines.extend(report.fault.map(|fault| fault.to_string()));
        lines.push(if ok { "The custody log is whole.".into() } else { "The custody log does NOT verify.".into() });
        lines
    });
    Ok(ok)
}

fn history(context: &Context, dir: &Path, evidence: &str, language: &str) -> Result<bool, Failure> {
    let evidence: EvidenceId = evidence.parse()?;
    let locale = Locale::for_tag(language);
    let lines = context.with_vault(dir, |amparo| Ok(amparo.custody().history_text(evidence, locale)?))?;
    show(context, &lines, json!({ "evidence": evidence.to_string() }));
    Ok(true)
}

fn log(context: &Context, dir: &Path, from: u64, limit: u32, language: &str) -> Result<bool, Failure> {
    let locale = Locale::for_tag(language);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let lines = context.with_vault(dir, |amparo| Ok(amparo.custody().log_text(from, limit, locale)?))?;
    show(context, &lines, json!({ "from": from }));
    Ok(true)
}

fn show(context: &Context, lines: &[HistoryLine], mut value: Value) {
    let entries: Vec<Value> =
        lines.iter().map(|line| json!({ "entry": line.seq, "time": line.time, "text": line.text })).collect();
    if let Some(object) = value.as_object_mut() {
        object.insert("entries".to_owned(), entries.into());
    }
    context.output.result(&value, || {
        let line =
            |line: &HistoryLine| format!("{:>6}  {:<20}  {}", line.seq, line.time.as_deref().unwrap_or("-"), line.text);
        if lines.is_empty() { vec!["No entries.".into()] } else { lines.iter().map(line).collect() }
    });
}

fn head(context: &Context, dir: &Path, output: Option<&Path>) -> Result<bool, Failure> {
    let (note, key) = context.with_vault(dir, |amparo| {
        let note = amparo.custody().sign_head()?.ok_or_else(|| Failure::input("the custody log is empty"))?;
        Ok((note, amparo.custody().verifying_key()?))
    })?;
    let head = Head::verify(&note, &key).map_err(amparo_core::CoreError::from)?;
    if let Some(output) = output {
        write_new(output, note.as_bytes())?;
    }
    let public_key = hex(&key.to_bytes());
    let value = json!({ "entries": head.size, "time": head.time, "public_key": public_key,
        "file": output.map(Path::to_string_lossy), "head": note });
    context.output.result(&value, || match output {
        None => vec![note.trim_end().to_owned()],
        Some(output) => vec![
            format!("Wrote the head of {} entries to {}.", head.size, output.display()),
            format!("Its key: {public_key}"),
            format!("fingerprint {}", show_fingerprint(&key)),
            "Whoever keeps both can check later that nothing before was changed. The key recognises this vault.".into(),
        ],
    });
    Ok(true)
}

/// Reads a small file that somebody else may have made.
pub(super) fn read_small(path: &Path, what: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::input(format!("{what} cannot be read: {}", error.kind()));
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    // One byte more, so that what is too long is refused and not cut.
    File::open(path).map_err(failed)?.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
