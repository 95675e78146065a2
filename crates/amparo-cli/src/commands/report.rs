//! `amparo report`: seal.

use std::{ops::ControlFlow, path::Path};

use amparo_core::{
    EvidenceId, IncidentId,
    report::{ReportRequest, SealedReport, SenderMode},
};
use amparo_crypto::age::{KeyKind, Recipient, parse_recipients};
use serde_json::{Value, json};

use super::{Context, bytes, hex};
use crate::{
    args::{Report, Sender},
    failure::Failure,
    progress::Progress,
};

/// A file of recipients is a list of lines; more than this is something else.
const MAX_RECIPIENT_FILE_BYTES: u64 = 1024 * 1024;

/// Runs `amparo report …`.
pub fn run(context: &Context, command: Report) -> Result<bool, Failure> {
    match command {
        Report::Seal { dir, incident, to, output, evidence, sender } => {
            let incident: IncidentId = incident.parse()?;
            let evidence: Vec<EvidenceId> = evidence.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
            let request = ReportRequest {
                evidence: (!evidence.is_empty()).then_some(evidence),
                sender: match sender {
                    Sender::Anonymous => SenderMode::Anonymous,
                    Sender::Case => SenderMode::Case,
                },
                ..ReportRequest::new(incident, recipients(&to)?)
            };
            seal(context, &dir, &request, &output)
        }
    }
}

fn seal(context: &Context, dir: &Path, request: &ReportRequest, output: &Path) -> Result<bool, Failure> {
    let sealed = context.with_vault(dir, |amparo| {
        let total: u64 = amparo.evidence().list(request.incident)?.iter().map(|e| e.size).sum();
        let mut progress = Progress::new("Sealing", total, context.output.is_json());
        Ok(amparo.reports().seal_file(request, output, &mut |done| {
            progress.set(done);
            ControlFlow::Continue(())
        })?)
    })?;
    context.output.result(&describe(&sealed), || {
        let mut lines = vec![format!("Report {} with {} piece(s) of evidence:", sealed.id, sealed.evidence.len())];
        for file in &sealed.files {
            let path = file.path.as_deref().unwrap_or(output).display();
            let people =
                if file.recipients == 1 { "1 recipient".into() } else { format!("{} recipients", file.recipients) };
            lines.push(format!(
                "{path}  {}  for {people} with {} key(s)",
                bytes(file.size),
                kind(file.kind).replace('_', "-")
            ));
        }
        if !sealed.left_out.is_empty() {
            lines.push(format!("Left out, because unfinished, empty or damaged: {}", ids(&sealed.left_out).join(", ")));
        }
        lines
    });
    Ok(true)
}

/// A sealed report as JSON.
pub fn describe(sealed: &SealedReport) -> Value {
    let files: Vec<Value> = sealed
        .files
        .iter()
        .map(|file| {
            json!({
                "path": file.path.as_ref().map(|p| p.to_string_lossy()),
                "key_kind": kind(file.kind),
                "recipients": file.recipients,
                "size": file.size,
                "sha256": hex(&file.sha256),
            })
        })
        .collect();
    json!({
        "report_id": sealed.id.to_string(),
        "files": files,
        "evidence": ids(&sealed.evidence),
        "left_out": ids(&sealed.left_out),
    })
}

fn ids(evidence: &[EvidenceId]) -> Vec<String> {
    evidence.iter().map(ToString::to_string).collect()
}

fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::PostQuantum => "post_quantum",
        KeyKind::Classic => "classic",
    }
}

/// Each argument is a recipient, or a file of recipients, one a line.
fn recipients(arguments: &[String]) -> Result<Vec<Recipient>, Failure> {
    let mut all: Vec<Recipient> = Vec::new();
    for argument in arguments {
        let found = if is_key(argument) {
            vec![argument.parse().map_err(|e| Failure::input(format!("a recipient cannot be used: {e}")))?]
        } else {
            let text = read_recipients(Path::new(argument))?;
            parse_recipients(&text)
                .map_err(|e| Failure::input(format!("the file of recipients cannot be used: {e}")))?
        };
        for recipient in found {
            if !all.contains(&recipient) {
                all.push(recipient);
            }
        }
    }
    Ok(all)
}

/// Looks like a key rather than a file's name, also when it is mistyped: a missing file would be the wrong message.
fn is_key(argument: &str) -> bool {
    let lower = argument.to_ascii_lowercase();
    (lower.starts_with("age1") || lower.starts_with("age-secret-key-")) && !Path::new(argument).exists()
}

fn read_recipients(path: &Path) -> Result<String, Failure> {
    use std::io::Read as _;
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::InvalidData => Failure::input("the file of recipients is not text"),
        kind => Failure::input(format!("a recipient is neither a key nor a file that can be read: {kind}")),
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_RECIPIENT_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
