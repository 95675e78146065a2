//! `amparo evidence`: add, list, export.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use amparo_core::{
    EvidenceId, IncidentId,
    evidence::{Evidence as Record, ImportRequest},
    incident::MAX_PAGE,
};
use serde_json::{Value, json};

use super::{Context, bytes, hex};
use crate::{args::Evidence, failure::Failure, output::printable, progress::Progress};

/// Runs `amparo evidence …`.
pub fn run(context: &Context, command: Evidence) -> Result<bool, Failure> {
    match command {
        Evidence::Add { dir, files, incident, note } => add(context, &dir, &files, &incident, note.as_deref()),
        Evidence::List { dir, incident } => list(context, &dir, incident.as_deref()),
        Evidence::Export { dir, id, output } => export(context, &dir, &id, &output),
    }
}

fn add(context: &Context, dir: &Path, files: &[PathBuf], incident: &str, note: Option<&str>) -> Result<bool, Failure> {
    let incident: IncidentId = incident.parse()?;
    let added = context.with_vault(dir, |amparo| {
        let mut added = Vec::with_capacity(files.len());
        for file in files {
            let request =
                ImportRequest { incident: Some(incident), note: note.map(str::to_owned), ..ImportRequest::default() };
            let total = std::fs::metadata(file).map_or(0, |m| m.len());
            let mut progress = Progress::new("Encrypting", total, context.output.is_json());
            let imported = amparo.evidence().import_file(file, request, &mut |done| {
                progress.set(done);
                ControlFlow::Continue(())
            });
            match imported {
                Ok(evidence) => added.push(evidence),
                // The others are in; say which one is not.
                Err(error) => return Err(Failure::from(error).about(&file.to_string_lossy(), added.len())),
            }
        }
        Ok(added)
    })?;
    context.output.result(&json!({ "evidence": added.iter().map(describe).collect::<Vec<_>>() }), || {
        added.iter().map(line).collect()
    });
    Ok(true)
}

fn list(context: &Context, dir: &Path, incident: Option<&str>) -> Result<bool, Failure> {
    let incident: Option<IncidentId> = incident.map(str::parse).transpose()?;
    let evidence = context.with_vault(dir, |amparo| match incident {
        Some(incident) => {
            amparo.incidents().get(incident)?;
            Ok(amparo.evidence().list(incident)?)
        }
        None => {
            let (mut all, mut next) = (Vec::new(), None);
            loop {
                let page = amparo.evidence().recent(MAX_PAGE, next.as_ref())?;
                all.extend(page.evidence);
                next = page.next;
                if next.is_none() {
                    return Ok(all);
                }
            }
        }
    })?;
    context.output.result(&json!({ "evidence": evidence.iter().map(describe).collect::<Vec<_>>() }), || {
        if evidence.is_empty() { vec!["No evidence.".into()] } else { evidence.iter().map(line).collect() }
    });
    Ok(true)
}

fn export(context: &Context, dir: &Path, id: &str, output: &Path) -> Result<bool, Failure> {
    let id: EvidenceId = id.parse()?;
    let evidence = context.with_vault(dir, |amparo| {
        let total = amparo.evidence().get(id)?.size;
        let mut progress = Progress::new("Decrypting", total, context.output.is_json());
        Ok(amparo.evidence().export_file(id, output, &mut |done| {
            progress.set(done);
            ControlFlow::Continue(())
        })?)
    })?;
    let value = json!({ "file": output.to_string_lossy(), "evidence": describe(&evidence) });
    context.output.result(&value, || {
        vec![
            format!("Wrote {} ({}).", output.display(), bytes(evidence.size)),
            "The file is not encrypted. Deleting it later may leave it readable on the disk.".into(),
        ]
    });
    Ok(true)
}

/// A piece of evidence as JSON.
pub fn describe(evidence: &Record) -> Value {
    serde_json::to_value(evidence).unwrap_or_default()
}

/// A piece of evidence in one line.
pub fn line(evidence: &Record) -> String {
    let hash = evidence.sha256.map_or_else(|| "-".into(), |digest| hex(&digest));
    let name = evidence.description.file_name.as_deref().unwrap_or_default().replace(['\n', '\t'], " ");
    format!(
        "{}  {:<10} {:>10}  {}  sha256 {hash}  {}",
        evidence.id,
        evidence.description.kind.as_str(),
        bytes(evidence.size),
        evidence.state.as_str(),
        printable(&name)
    )
}
