//! `amparo evidence`: what comes in, what is made of it, what goes out, and what goes for good.

mod said;

use std::{
    fs::File,
    io::{self, Read as _, Write},
    ops::ControlFlow,
    path::Path,
};

use amparo_core::{
    Amparo, CoreError, EvidenceId, IncidentId,
    evidence::{
        CaptureRequest, CapturedAt, DeleteOptions, Derivatives, DeriveRequest, Evidence as Record, ImportRequest,
    },
    incident::MAX_PAGE,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Context, bytes, hex,
    new_file::{create, storage},
};
use crate::{
    args::evidence::{Evidence, EvidenceAdd, EvidenceCapture, EvidenceEdit},
    failure::Failure,
    output::printable,
    progress::Progress,
};

/// Runs `amparo evidence …`.
pub fn run(context: &Context, command: Evidence) -> Result<bool, Failure> {
    match command {
        Evidence::Add(add) => self::add(context, *add),
        Evidence::Capture(capture) => self::capture(context, *capture),
        Evidence::List { dir, incident, deleted } => list(context, &dir, incident.as_deref(), deleted),
        Evidence::Show { dir, id } => show(context, &dir, &id),
        Evidence::Note { dir, id, text } => note(context, &dir, &id, text),
        Evidence::Edit(edit) => self::edit(context, *edit),
        Evidence::Testimony { dir, id, testimony } => {
            let testimony = said::testimony(testimony)?;
            changed(context, &dir, &id, |amparo, id| amparo.evidence().set_testimony(id, testimony))
        }
        Evidence::Derive { dir, parent, file, purpose, tool, tool_version, kind, note, language } => {
            let mut request = DeriveRequest::new(purpose.parse()?, tool);
            request.derivation.tool_version = tool_version;
            request.kind = kind.as_deref().map(str::parse).transpose()?;
            (request.note, request.language) = (note, language);
            derive(context, &dir, &parent, &file, request)
        }
        Evidence::Thumbnail { dir, parent, file: Some(file), .. } => set_thumbnail(context, &dir, &parent, &file),
        Evidence::Thumbnail { dir, parent, file: None, output } => {
            thumbnail(context, &dir, &parent, &output.unwrap_or_default())
        }
        Evidence::Strip { dir, id } => strip(context, &dir, &id),
        Evidence::Segments { dir, id } => {
            let id: EvidenceId = id.parse()?;
            let segments = context.with_vault(&dir, |amparo| Ok(amparo.evidence().segments(id)?))?;
            print_all(context, &segments);
            Ok(true)
        }
        Evidence::Read { dir, id, offset, length, recording, output } => {
            read(context, &dir, &id, (offset, length.unwrap_or(u64::MAX)), recording, &output)
        }
        Evidence::Export { dir, id, output } => export(context, &dir, &id, &output),
        Evidence::Attach { dir, id, incident } => {
            let incident: IncidentId = incident.parse()?;
            changed(context, &dir, &id, |amparo, id| {
                amparo.evidence().attach(id, incident)?;
                amparo.evidence().get(id)
            })
        }
        Evidence::Detach { dir, id, incident } => detach(context, &dir, &id, &incident),
        Evidence::Delete { dir, id, with_derivatives, keep_derivatives, yes } => {
            let derivatives = match (with_derivatives, keep_derivatives) {
                (true, _) => Derivatives::Delete,
                (_, true) => Derivatives::Keep,
                _ => Derivatives::Refuse,
            };
            delete(context, &dir, &id, DeleteOptions { derivatives }, yes)
        }
    }
}

fn add(context: &Context, add: EvidenceAdd) -> Result<bool, Failure> {
    let incident: Option<IncidentId> = add.incident.as_deref().map(str::parse).transpose()?;
    let request = ImportRequest {
        incident,
        kind: add.kind.as_deref().map(str::parse).transpose()?,
        file_name: None,
        captured_at: said::captured_at(add.said.captured.as_deref())?,
        note: add.said.note,
        language: add.said.language,
        device: said::device(add.said.device)?,
        testimony: said::testimony(add.said.testimony)?,
    };
    let added = context.with_vault(&add.dir, |amparo| {
        let mut added = Vec::with_capacity(add.files.len());
        for file in &add.files {
            let total = std::fs::metadata(file).map_or(0, |m| m.len());
            let mut progress = Progress::new("Encrypting", total, context.output.is_json());
            let mut step = |done| {
                progress.set(done);
                ControlFlow::Continue(())
            };
            let imported = if is_standard(file) {
                amparo.evidence().import(io::stdin().lock(), None, request.clone(), &mut step)
            } else {
                amparo.evidence().import_file(file, request.clone(), &mut step)
            };
            match imported {
                Ok(evidence) => added.push(evidence),
                // The others are in; say which one is not.
                Err(error) => return Err(Failure::from(error).about(&file.to_string_lossy(), added.len())),
            }
        }
        Ok(added)
    })?;
    print_all(context, &added);
    Ok(true)
}

fn capture(context: &Context, capture: EvidenceCapture) -> Result<bool, Failure> {
    let request = CaptureRequest {
        incident: capture.incident.as_deref().map(str::parse).transpose()?,
        continues: capture.continues.as_deref().map(str::parse).transpose()?,
        captured_at: said::captured_at(capture.said.captured.as_deref())?,
        note: capture.said.note,
        language: capture.said.language,
        device: said::device(capture.said.device)?,
        testimony: said::testimony(capture.said.testimony)?,
        ..CaptureRequest::new(capture.kind.parse()?, capture.media_type)
    };
    let evidence = context.with_vault(&capture.dir, |amparo| {
        let mut capture = amparo.evidence().start_capture(request)?;
        let id = capture.id();
        // Whoever has to go on after a failure needs the id.
        let kept = |failure: Failure| failure.about(&format!("capture {id}: what came is kept"), 0);
        let mut progress = Progress::new("Recording", 0, context.output.is_json());
        let mut input = io::stdin().lock();
        let mut block = Zeroizing::new(vec![0; 64 * 1024]);
        loop {
            let n = match input.read(&mut block) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    drop(capture);
                    return Err(kept(Failure::input(format!("standard input cannot be read: {}", error.kind()))));
                }
            };
            if let Err(error) = capture.write(block.get(..n).unwrap_or_default()) {
                drop(capture);
                return Err(kept(error.into()));
            }
            progress.add(n as u64);
        }
        match capture.finish() {
            Err(CoreError::EvidenceEmpty) => Err(Failure::input("nothing came on standard input; nothing was kept")),
            other => other.map_err(|error| kept(error.into())),
        }
    })?;
    print_one(context, &evidence);
    Ok(true)
}

fn list(context: &Context, dir: &Path, incident: Option<&str>, deleted: bool) -> Result<bool, Failure> {
    let incident: Option<IncidentId> = incident.map(str::parse).transpose()?;
    let evidence = context.with_vault(dir, |amparo| match incident {
        Some(incident) => {
            amparo.incidents().get(incident)?;
            Ok(amparo.evidence().list(incident)?)
        }
        None => {
            let (mut all, mut next) = (Vec::new(), None);
            loop {
                let store = amparo.evidence();
                let page = if deleted {
                    store.deleted(MAX_PAGE, next.as_ref())?
                } else {
                    store.recent(MAX_PAGE, next.as_ref())?
                };
                all.extend(page.evidence);
                next = page.next;
                if next.is_none() {
                    return Ok(all);
                }
            }
        }
    })?;
    print_all(context, &evidence);
    Ok(true)
}

fn show(context: &Context, dir: &Path, id: &str) -> Result<bool, Failure> {
    let id: EvidenceId = id.parse()?;
    let (evidence, derivatives, segments, history) = context.with_vault(dir, |amparo| {
        let store = amparo.evidence();
        Ok((store.get(id)?, store.derivatives(id)?, store.segments(id)?, amparo.custody().history(id)?))
    })?;
    let entries: Vec<Value> = history
        .iter()
        .map(|entry| serde_json::from_slice(&entry.line).unwrap_or_else(|_| json!({ "seq": entry.seq })))
        .collect();
    let value = json!({
        "evidence": describe(&evidence),
        "derivatives": derivatives.iter().map(describe).collect::<Vec<_>>(),
        "segments": segments.iter().map(|piece| piece.id.to_string()).collect::<Vec<_>>(),
        "custody": entries,
    });
    context.output.result(&value, || {
        let mut lines = vec![line(&evidence)];
        // All that is said of it, as the record has it.
        lines.extend(serde_json::to_string_pretty(&evidence.description).ok());
        if segments.len() > 1 {
            lines.push(format!("Recording in {} pieces:", segments.len()));
            lines.extend(segments.iter().map(|piece| format!("  {}", line(piece))));
        }
        if !derivatives.is_empty() {
            lines.push("Derived from it:".into());
            lines.extend(derivatives.iter().map(|piece| format!("  {}", line(piece))));
        }
        lines.push("Custody:".into());
        lines.extend(history.iter().map(|entry| match &entry.entry {
            Some(read) => format!("  {:>6}  {}  {}", entry.seq, read.time, read.event),
            None => format!("  {:>6}  (cannot be read)", entry.seq),
        }));
        lines
    });
    Ok(true)
}

fn note(context: &Context, dir: &Path, id: &str, text: String) -> Result<bool, Failure> {
    let text = if text == "-" {
        let mut read = String::new();
        let failed = |error: io::Error| Failure::input(format!("standard input cannot be read: {}", error.kind()));
        io::stdin().read_to_string(&mut read).map_err(failed)?;
        read.trim_end_matches(['\n', '\r']).to_owned()
    } else {
        text
    };
    changed(context, dir, id, |amparo, id| amparo.evidence().set_note(id, Some(text)))
}

fn edit(context: &Context, edit: EvidenceEdit) -> Result<bool, Failure> {
    let captured = match edit.captured.as_deref() {
        None => None,
        Some("") => Some(None),
        text => Some(said::captured_at(text)?),
    };
    let language = edit.language.map(|tag| Some(tag).filter(|tag| !tag.is_empty()));
    let device = said::device(edit.device)?;
    if captured.is_none() && language.is_none() && device.is_none() && !edit.forget_device {
        return Err(Failure::input(
            "nothing to change: give --captured, --language, --forget-device or a device option",
        ));
    }
    changed(context, &edit.dir, &edit.id, |amparo, id| {
        let store = amparo.evidence();
        captured.map_or(Ok(()), |at: Option<CapturedAt>| store.set_captured_at(id, at).map(drop))?;
        language.map_or(Ok(()), |tag| store.set_language(id, tag).map(drop))?;
        if device.is_some() || edit.forget_device {
            store.set_device(id, device)?;
        }
        store.get(id)
    })
}

/// Runs one change on one piece of evidence and prints what it is now.
fn changed(
    context: &Context,
    dir: &Path,
    id: &str,
    change: impl FnOnce(&Amparo, EvidenceId) -> Result<Record, CoreError>,
) -> Result<bool, Failure> {
    let id: EvidenceId = id.parse()?;
    let evidence = context.with_vault(dir, |amparo| Ok(change(amparo, id)?))?;
    print_one(context, &evidence);
    Ok(true)
}

fn open_source(file: &Path) -> Result<File, Failure> {
    let failed = |error: io::Error| {
        Failure::from(match error.kind() {
            io::ErrorKind::NotFound => CoreError::SourceMissing,
            io::ErrorKind::PermissionDenied => CoreError::SourceForbidden,
            kind => CoreError::SourceFailed { after: 0, kind },
        })
        .about(&file.to_string_lossy(), 0)
    };
    if std::fs::metadata(file).map_err(failed)?.is_file() {
        File::open(file).map_err(failed)
    } else {
        Err(Failure::from(CoreError::SourceNotAFile).about(&file.to_string_lossy(), 0))
    }
}

fn derive(context: &Context, dir: &Path, parent: &str, file: &Path, request: DeriveRequest) -> Result<bool, Failure> {
    let source = open_source(file)?;
    changed(context, dir, parent, |amparo, parent| {
        let total = source.metadata().map_or(0, |m| m.len());
        let mut progress = Progress::new("Encrypting", total, context.output.is_json());
        amparo.evidence().derive(parent, request, &source, &mut |done| {
            progress.set(done);
            ControlFlow::Continue(())
        })
    })
}

fn set_thumbnail(context: &Context, dir: &Path, parent: &str, file: &Path) -> Result<bool, Failure> {
    let mut picture = Vec::new();
    // One byte more than is allowed tells that there is more.
    let limit = amparo_core::evidence::limits::THUMBNAIL_BYTES as u64 + 1;
    open_source(file)?
        .take(limit)
        .read_to_end(&mut picture)
        .map_err(|error| Failure::from(CoreError::SourceFailed { after: 0, kind: error.kind() }))?;
    let media_type = match picture.get(..4) {
        Some([0xff, 0xd8, ..]) => "image/jpeg",
        Some(b"RIFF") => "image/webp",
        _ => "image/png",
    };
    changed(context, dir, parent, |amparo, parent| amparo.evidence().set_thumbnail(parent, &picture, media_type))
}

fn thumbnail(context: &Context, dir: &Path, parent: &str, output: &Path) -> Result<bool, Failure> {
    let parent: EvidenceId = parent.parse()?;
    let picture = context.with_vault(dir, |amparo| Ok(amparo.evidence().thumbnail(parent)?))?;
    let picture = picture.ok_or_else(|| Failure::input("there is no thumbnail of this evidence"))?;
    let mut file = create(output)?;
    let written = file.write_all(&picture).and_then(|()| file.sync_all());
    finish_file(output, written.map_err(|error| storage(&error)))?;
    let value = json!({ "file": output.to_string_lossy(), "bytes": picture.len() });
    context.output.result(&value, || vec![format!("Wrote {}.", output.display())]);
    Ok(true)
}

fn strip(context: &Context, dir: &Path, id: &str) -> Result<bool, Failure> {
    let id: EvidenceId = id.parse()?;
    let copy = context.with_vault(dir, |amparo| {
        let mut progress = Progress::new("Stripping", amparo.evidence().get(id)?.size, context.output.is_json());
        Ok(amparo.evidence().strip_metadata(id, &mut |done| {
            progress.set(done);
            ControlFlow::Continue(())
        })?)
    })?;
    let removed = copy.description.derivation.as_ref().map(|made| made.removed.join(", ")).unwrap_or_default();
    context.output.result(&json!({ "evidence": describe(&copy) }), || {
        let said =
            if removed.is_empty() { "There was nothing to remove.".into() } else { format!("Removed: {removed}.") };
        vec![line(&copy), said, "What the picture, the film or the sound itself shows is still in it.".into()]
    });
    Ok(true)
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Removes the new file again when it did not become what it should.
fn finish_file<T>(path: &Path, result: Result<T, Failure>) -> Result<T, Failure> {
    if result.is_err() {
        let _ = std::fs::remove_file(path);
    }
    result
}

fn read(
    context: &Context,
    dir: &Path,
    id: &str,
    (offset, length): (u64, u64),
    recording: bool,
    output: &Path,
) -> Result<bool, Failure> {
    let id: EvidenceId = id.parse()?;
    let copy = |out: &mut dyn Write| {
        context.with_vault(dir, |amparo| {
            let store = amparo.evidence();
            if !recording {
                let mut silent = |_| ControlFlow::Continue(());
                return Ok(store.export_part(id, offset, length, out, &mut silent)?);
            }
            let mut done = 0u64;
            for piece in store.segments(id)? {
                let mut silent = |_| ControlFlow::Continue(());
                match store.export(piece.id, &mut *out, &mut silent) {
                    Ok(piece) => done = done.saturating_add(piece.size),
                    // A crash left nothing of this piece.
                    Err(CoreError::EvidenceEmpty) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(done)
        })
    };
    if is_standard(output) {
        // The bytes are the result: nothing else is printed there.
        copy(&mut io::stdout().lock())?;
        return Ok(true);
    }
    let mut file = create(output)?;
    let done = copy(&mut file).and_then(|done| file.sync_all().map(|()| done).map_err(|error| storage(&error)));
    let done = finish_file(output, done)?;
    let value = json!({ "file": output.to_string_lossy(), "bytes": done });
    context.output.result(&value, || vec![format!("Wrote {} ({}), not encrypted.", output.display(), bytes(done))]);
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

fn detach(context: &Context, dir: &Path, id: &str, incident: &str) -> Result<bool, Failure> {
    let (id, incident): (EvidenceId, IncidentId) = (id.parse()?, incident.parse()?);
    let detached = context.with_vault(dir, |amparo| Ok(amparo.evidence().detach(id, incident)?))?;
    context.output.result(&json!({ "detached": detached }), || {
        vec![if detached { "Detached; it stays in the vault.".into() } else { "It was not attached.".into() }]
    });
    Ok(true)
}

fn delete(context: &Context, dir: &Path, id: &str, options: DeleteOptions, yes: bool) -> Result<bool, Failure> {
    let id: EvidenceId = id.parse()?;
    if !yes {
        return Err(Failure::input("deletion cannot be undone: say --yes"));
    }
    let deleted = context.with_vault(dir, |amparo| Ok(amparo.evidence().delete(id, options)?))?;
    let ids: Vec<String> = deleted.evidence.iter().map(ToString::to_string).collect();
    context.output.result(&json!({ "deleted": ids, "bytes": deleted.bytes }), || {
        let mut lines: Vec<String> = ids.iter().map(|id| format!("Deleted {id}")).collect();
        lines.push("Reports sealed before, and older copies of the storage, still hold it.".into());
        lines
    });
    Ok(true)
}

fn print_all(context: &Context, evidence: &[Record]) {
    context.output.result(&json!({ "evidence": evidence.iter().map(describe).collect::<Vec<_>>() }), || {
        if evidence.is_empty() { vec!["No evidence.".into()] } else { evidence.iter().map(line).collect() }
    });
}

fn print_one(context: &Context, evidence: &Record) {
    context.output.result(&json!({ "evidence": describe(evidence) }), || vec![line(evidence)]);
}

/// A piece of evidence as JSON.
pub fn describe(evidence: &Record) -> Value {
    serde_json::to_value(evidence).unwrap_or_default()
}

/// A piece of evidence in one line.
pub fn line(evidence: &Record) -> String {
    let hash = evidence.sha256.map_or_else(|| "-".into(), |digest| hex(&digest));
    let name = evidence.description.file_name.as_deref().unwrap_or_default().replace(['\n', '\t'], " ");
    let purpose = evidence.purpose().map_or_else(String::new, |purpose| format!(" {purpose}"));
    let piece = evidence.segment.map_or_else(String::new, |segment| format!(" piece {}", segment.number));
    format!(
        "{}  {:<10} {:>10}  {}{purpose}{piece}  sha256 {hash}  {}",
        evidence.id,
        evidence.description.kind.as_str(),
        bytes(evidence.size),
        evidence.state.as_str(),
        printable(&name)
    )
}
