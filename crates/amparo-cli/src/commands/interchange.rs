//! `amparo incident export` and `amparo incident import`.

use std::ops::ControlFlow;

use amparo_core::interchange::{
    Conflict, ExportOptions, Format, ImportPolicy, ImportReport, UwaziOptions, lists::LISTS, thesaurus_csv,
};
use amparo_report::locale::Locale;
use serde_json::{Value, json};

use super::{Context, bytes, incident::find, new_file::write_new};
use crate::{
    args::{ExportFormat, IncidentExport, IncidentImport, OnConflict},
    failure::Failure,
    progress::Progress,
};

/// Runs `amparo incident export`.
pub fn export(context: &Context, args: &IncidentExport) -> Result<bool, Failure> {
    if args.format == ExportFormat::Thesaurus {
        return thesaurus(context, args);
    }
    let query = find::query(&args.conditions)?;
    let mut progress = Progress::new("Writing", 0, context.output.is_json());
    let mut progress = |done| {
        progress.set(done);
        ControlFlow::Continue(())
    };
    let file = args.output.as_path();
    let uwazi = args.format == ExportFormat::UwaziCsv;
    let done = if uwazi {
        let kind = args.kind.as_deref().unwrap_or_default().parse()?;
        let options = UwaziOptions { locale: Locale::for_tag(&args.language), ..UwaziOptions::new(kind) };
        context.with_vault(&args.dir, |amparo| {
            Ok(amparo.interchange().export_uwazi_file(&query, &options, file, &mut progress)?)
        })?
    } else {
        let format = if args.format == ExportFormat::Jsonl { Format::JsonLines } else { Format::Json };
        let options = ExportOptions { format, revisions: args.with_revisions, evidence: true };
        context.with_vault(&args.dir, |amparo| {
            Ok(amparo.interchange().export_file(&query, options, file, &mut progress)?)
        })?
    };
    let damaged: Vec<String> = done.damaged.iter().map(ToString::to_string).collect();
    let value = json!({ "file": file.to_string_lossy(), "incidents": done.incidents, "revisions": done.revisions,
        "evidence": done.evidence, "damaged": damaged, "bytes": done.bytes });
    let holds = if uwazi { "what this kind of recipient may be told" } else { "everything, names included" };
    context.output.result(&value, || {
        vec![
            format!("Wrote {} incident(s) to {} ({}).", done.incidents, file.display(), bytes(done.bytes)),
            format!(
                "The file is not encrypted and holds {holds}. Deleting it later may leave it readable on the disk."
            ),
        ]
    });
    if damaged.is_empty() {
        return Ok(true);
    }
    let said =
        format!("{} stored incident(s) are damaged and not whole in the file: {}", damaged.len(), damaged.join(", "));
    Err(Failure::new(crate::failure::Exit::Damaged, said))
}

fn thesaurus(context: &Context, args: &IncidentExport) -> Result<bool, Failure> {
    let list = args.list.as_deref().unwrap_or_default();
    let Some(csv) = thesaurus_csv(list)? else {
        let names: Vec<&str> = LISTS.iter().map(|list| list.name).collect();
        return Err(Failure::input(format!("there is no such list of codes; there are: {}", names.join(", "))));
    };
    write_new(&args.output, &csv)?;
    context.output.result(&json!({ "file": args.output.to_string_lossy(), "list": list }), || {
        vec![format!("Wrote {}.", args.output.display())]
    });
    Ok(true)
}

/// Runs `amparo incident import`.
pub fn import(context: &Context, args: &IncidentImport) -> Result<bool, Failure> {
    let conflict = match args.on_conflict {
        OnConflict::Skip => Conflict::Skip,
        OnConflict::Revision => Conflict::Revision,
        OnConflict::Refuse => Conflict::Refuse,
    };
    let policy = ImportPolicy { conflict, dry_run: args.dry_run };
    let report = context.with_vault(&args.dir, |amparo| {
        let total = std::fs::metadata(&args.file).map_or(0, |m| m.len());
        let mut progress = Progress::new("Reading", total, context.output.is_json());
        Ok(amparo.interchange().import_file(&args.file, policy, &mut |done| {
            progress.set(done);
            ControlFlow::Continue(())
        })?)
    })?;
    context.output.result(&describe(&report, args.dry_run), || lines(&report, args.dry_run));
    if let Some(stopped) = report.stopped {
        return Err(stopped.reason.into());
    }
    match report.refused_count {
        0 => Ok(true),
        n => Err(Failure::input(format!("{n} record(s) were refused; everything else went well"))),
    }
}

fn describe(report: &ImportReport, dry_run: bool) -> Value {
    let refused: Vec<Value> = report
        .refused
        .iter()
        .map(|r| json!({ "offset": r.offset, "line": r.line, "id": r.id, "code": r.reason.code(), "text": r.reason.to_string() }))
        .collect();
    json!({ "dry_run": dry_run, "created": report.created, "unchanged": report.unchanged, "updated": report.updated,
        "skipped": report.skipped, "revisions": report.revisions, "descriptions": report.descriptions,
        "evidence_known": report.evidence_known, "evidence_missing": report.evidence_missing,
        "refused_count": report.refused_count, "newer": report.newer, "refused": refused,
        "stopped": report.stopped.as_ref().map(|s| json!({ "offset": s.offset, "line": s.line, "code": s.reason.code(), "text": s.reason.to_string() })) })
}

fn lines(report: &ImportReport, dry_run: bool) -> Vec<String> {
    let mut lines = vec![format!(
        "{}{} new, {} unchanged, {} updated, {} skipped, {} refused.",
        if dry_run { "Nothing was written. Would be: " } else { "Incidents: " },
        report.created,
        report.unchanged,
        report.updated,
        report.skipped,
        report.refused_count
    )];
    if report.evidence_missing > 0 {
        lines.push(format!("{} piece(s) of evidence are named and not in this vault.", report.evidence_missing));
    }
    if report.newer > 0 {
        lines.push(format!("{} record(s) were written by a newer version: update to import them.", report.newer));
    }
    lines.extend(report.refused.iter().map(|refused| {
        let id = refused.id.as_deref().unwrap_or("without an id");
        format!("  line {}, byte {}: {id}: {}", refused.line, refused.offset, refused.reason)
    }));
    lines
}
