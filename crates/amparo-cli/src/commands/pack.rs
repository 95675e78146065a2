//! `amparo pack`: keygen, new, lint, build, sign, verify, diff, show, which need no vault; install and what belongs to it.

mod install;
mod show;

use std::{fs, path::Path};

use amparo_crypto::sign::SigningKey;
use amparo_pack::{
    Admission, Installed, Pack, PackError, PackFile, Publisher,
    author::{self, Against, AuthorError, Finding, Severity, Sources, keys},
    compare::{Changes, compare},
    is_id, is_locale, limits,
};
use serde_json::{Value, json};
use time::{Date, OffsetDateTime, macros::format_description};
use zeroize::Zeroizing;

use super::{Context, custody::read_small, hex, new_file::write_new};
use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs `amparo pack …`.
pub fn run(context: &Context, command: args::Pack) -> Result<bool, Failure> {
    use args::Pack as P;
    match command {
        P::Keygen { output } => keygen(context, &output),
        P::New { dir, id, language } => new(context, &dir, &id, &language),
        P::Lint(sources) => lint(context, &sources),
        P::Build { sources, output } => build(context, &sources, &output),
        P::Sign { file, key, output } => sign(context, &file, &key, &output),
        P::Verify { file, publishers, installed, on } => {
            verify(context, &file, &publishers, installed.as_deref(), on.as_deref())
        }
        P::Diff { old, new } => diff(context, &old, &new),
        P::Install { dir, file, accept, dry_run } => install::install(context, &dir, &file, accept.as_deref(), dry_run),
        P::Installed { dir, language } => install::installed(context, &dir, &language),
        P::Remove { dir, id } => install::remove(context, &dir, &id),
        P::Forget { dir, fingerprint } => install::forget(context, &dir, &fingerprint),
        P::Show { file, checklist, language, triage } => {
            let pack = look(&file)?;
            show::run(context, &pack, checklist.as_deref(), &language, triage)
        }
    }
}

fn keygen(context: &Context, output: &Path) -> Result<bool, Failure> {
    let (publisher, text) = keys::generate().map_err(Failure::from)?;
    write_new(output, text.as_bytes())?;
    let (key, fingerprint) = (publisher.to_hex(), publisher.fingerprint());
    let value = json!({ "publisher": key, "fingerprint": fingerprint, "key_file": output.to_string_lossy() });
    context.output.result(&value, || vec![format!("public key   {key}"), format!("fingerprint  {fingerprint}")]);
    eprintln!("amparo: the secret key is in the key file, unencrypted: whoever has that file can publish in your name");
    Ok(true)
}

fn new(context: &Context, dir: &Path, id: &str, language: &str) -> Result<bool, Failure> {
    if !is_id(id) || !is_locale(language) {
        return Err(Failure::input(
            "an id has lower-case letters, digits, and single - or . between them; a language is such as ar or pt-BR",
        ));
    }
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::new(Exit::Exists, "the folder is not empty; nothing was written"));
    }
    let sources = author::scaffold(id, language, today());
    let mut files = Vec::new();
    for (path, text) in sources.files() {
        let file = dir.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)
                .map_err(|e| Failure::new(Exit::Storage, format!("the folder cannot be made: {}", e.kind())))?;
        }
        write_new(&file, text.as_bytes())?;
        files.push(path.to_owned());
    }
    let value = json!({ "folder": dir.to_string_lossy(), "files": files });
    context.output.result(&value, || {
        let mut lines = vec![format!("Wrote {} files into {}:", files.len(), dir.display())];
        lines.extend(files.iter().map(|file| format!("  {file}")));
        lines.push("Change them, and ask amparo pack lint what is left to do.".into());
        lines
    });
    Ok(true)
}

fn lint(context: &Context, sources: &args::PackSources) -> Result<bool, Failure> {
    let previous = sources.previous.as_deref().map(look).transpose()?;
    let against = Against { today: Some(day(sources.on.as_deref())?), previous: previous.as_ref() };
    let found = author::lint(&Sources::read(&sources.dir)?, &against);
    Ok(findings(context, &found, json!({})))
}

/// Prints findings; whether there is no error among them.
fn findings(context: &Context, found: &[Finding], mut value: Value) -> bool {
    let count = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let rows = found.iter().map(|finding| {
        let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
        json!({
            "severity": severity, "rule": finding.rule, "file": finding.file, "about": finding.about, "text": finding.text
        })
    });
    if let Some(object) = value.as_object_mut() {
        object.insert("ok".into(), json!(errors == 0));
        object.insert("findings".into(), rows.collect());
    }
    context.output.result(&value, || {
        let mut lines: Vec<String> = found.iter().map(Finding::to_string).collect();
        lines.push(match (errors, warnings) {
            (0, 0) => "Nothing to complain about.".into(),
            _ => format!("{errors} error(s), {warnings} warning(s)."),
        });
        lines.extend(value.get("file").and_then(Value::as_str).map(|file| format!("Built {file}. It is not signed.")));
        lines
    });
    errors == 0
}

fn build(context: &Context, sources: &args::PackSources, output: &Path) -> Result<bool, Failure> {
    let previous = sources.previous.as_deref().map(look).transpose()?;
    let against = Against { today: Some(day(sources.on.as_deref())?), previous: previous.as_ref() };
    match author::build(&Sources::read(&sources.dir)?, &against) {
        Ok((bytes, found)) => {
            write_new(output, &bytes)?;
            let pack = author::inspect(&bytes)?;
            let value = json!({
                "file": output.to_string_lossy(), "size": bytes.len(), "manifest_sha256": hex(&pack.digest()),
            });
            Ok(findings(context, &found, value))
        }
        Err(AuthorError::Findings(found)) => Ok(findings(context, &found, json!({}))),
        Err(error) => Err(error.into()),
    }
}

fn sign(context: &Context, file: &Path, key: &Path, output: &Path) -> Result<bool, Failure> {
    let signing = load_key(key)?;
    let signed = author::sign(&bytes_of(file)?, &signing)?;
    write_new(output, &signed)?;
    let publisher = Publisher::from(signing.verifying_key());
    let pack = Pack::parse(&signed).map_err(Failure::from)?;
    let (id, version) = (&pack.manifest().id, pack.manifest().version);
    let value = json!({
        "file": output.to_string_lossy(), "id": id, "version": version,
        "publisher": publisher.to_hex(), "fingerprint": publisher.fingerprint(),
    });
    context.output.result(&value, || {
        vec![
            format!("Signed {id} version {version}: {}", output.display()),
            format!("fingerprint  {}", publisher.fingerprint()),
        ]
    });
    Ok(true)
}

fn load_key(path: &Path) -> Result<SigningKey, Failure> {
    if amparo_desk::key_file_is_exposed(path).unwrap_or(false) {
        eprintln!("amparo: other users of this computer can read the key file; protect it (chmod 600)");
    }
    let bytes = Zeroizing::new(read_small(path, "the key file", keys::MAX_KEY_FILE_BYTES)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::from(AuthorError::NotAKey))?;
    Ok(keys::parse(text)?)
}

fn verify(
    context: &Context,
    path: &Path,
    publishers: &[String],
    installed: Option<&Path>,
    on: Option<&str>,
) -> Result<bool, Failure> {
    let accepted = publishers.iter().map(|text| publisher(text)).collect::<Result<Vec<_>, _>>()?;
    let installed = installed.map(bytes_of).transpose()?;
    let installed = installed.as_deref().map(PackFile::read).transpose().map_err(Failure::from)?;
    let installed = installed.as_ref().and_then(Installed::of);
    let admission = Admission { accepted: &accepted, installed: installed.as_ref(), today: Some(day(on)?) };
    let bytes = bytes_of(path)?;
    let file = PackFile::read(&bytes);
    let result = file.clone().and_then(|file| {
        file.admit(&admission)?;
        file.open()
    });
    let mut value = json!({ "ok": result.is_ok() });
    let mut lines = Vec::new();
    if let Ok(file) = &file {
        let (manifest, signer) = (file.manifest(), file.publisher());
        let locales: Vec<&str> = manifest.locales.iter().map(|locale| locale.tag.as_str()).collect();
        value = json!({
            "ok": result.is_ok(), "id": manifest.id, "version": manifest.version, "manifest_sha256": hex(&file.digest()),
            "publisher": signer.map(Publisher::to_hex), "fingerprint": signer.map(Publisher::fingerprint),
            "publisher_name": manifest.publisher, "licence": manifest.licence, "locales": locales,
            "valid_from": manifest.valid_from.to_string(), "review_by": manifest.review_by.to_string(),
            "min_core": manifest.min_core.to_string(),
        });
        lines.push(format!(
            "{} version {}, calls its publisher {:?}",
            manifest.id, manifest.version, manifest.publisher
        ));
        lines.push(format!("valid from {}, to be reviewed by {}", manifest.valid_from, manifest.review_by));
        lines.push(format!("languages: {}", locales.join(", ")));
        lines.extend(
            signer.map(|signer| format!("signed by {}  fingerprint {}", signer.to_hex(), signer.fingerprint())),
        );
    }
    match &result {
        Ok(pack) => {
            let (lists, items) = (pack.structure().checklists.len(), pack.structure().items().count());
            lines.push(format!("{lists} checklists, {items} items"));
            lines.push("Everything verifies.".into());
        }
        Err(error) => {
            if let Some(object) = value.as_object_mut() {
                object.insert("error".into(), json!({ "name": error.name(), "text": error.to_string() }));
            }
            lines.push(format!("This pack does NOT verify: {error}."));
            if let PackError::UnknownPublisher { publisher } = error {
                lines.push(
                    "Compare the fingerprint with the one that the publisher gives by another way. If it is the same:"
                        .into(),
                );
                lines.push(format!("  amparo pack verify --publisher {} …", publisher.to_hex()));
            }
        }
    }
    context.output.result(&value, || lines);
    Ok(result.is_ok())
}

/// A publisher's key from the command line, or from the file that it names.
fn publisher(text: &str) -> Result<Publisher, Failure> {
    if let Some(publisher) = Publisher::from_hex(text) {
        return Ok(publisher);
    }
    let bytes = Zeroizing::new(read_small(Path::new(text), "the publisher's key", keys::MAX_KEY_FILE_BYTES)?);
    let found = std::str::from_utf8(&bytes).ok().and_then(keys::publisher);
    found.ok_or_else(|| Failure::input("the publisher's key is not one: 64 hexadecimal digits are expected"))
}

fn diff(context: &Context, old: &Path, new: &Path) -> Result<bool, Failure> {
    let (old, new) = (look(old)?, look(new)?);
    let changes = compare(&old, &new);
    let versions = (old.manifest().version, new.manifest().version);
    let same_pack = old.manifest().id == new.manifest().id;
    let same_publisher = old.publisher() == new.publisher();
    let reworded: Vec<Value> =
        changes.reworded.iter().map(|(id, locales)| json!({ "id": id, "locales": locales })).collect();
    let value = json!({
        "old_version": versions.0, "new_version": versions.1, "same_pack": same_pack, "same_publisher": same_publisher,
        "keeps_ids": changes.keeps_ids(),
        "new_checklists": changes.new_checklists, "gone_checklists": changes.gone_checklists,
        "new_items": changes.new_items, "gone_items": changes.gone_items, "reworded": reworded,
        "remarked": changes.remarked, "moved": changes.moved, "triage": changes.triage,
        "new_locales": changes.new_locales, "gone_locales": changes.gone_locales,
        "without_tombstone": changes.unnamed, "ids_reused": changes.revived, "tombstones_lost": changes.forgotten,
    });
    context.output.result(&value, || {
        let mut lines = vec![format!("version {} → {}", versions.0, versions.1)];
        if !same_pack {
            lines.push("These are two different packs.".into());
        }
        if !same_publisher {
            lines.push("They are not by the same publisher (one that is not signed has none).".into());
        }
        lines.extend(change_lines(&changes));
        lines
    });
    Ok(same_pack && changes.keeps_ids())
}

fn change_lines(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    for (mark, what, ids) in [
        ("+", "language", &changes.new_locales),
        ("-", "language", &changes.gone_locales),
        ("+", "checklist", &changes.new_checklists),
        ("-", "checklist", &changes.gone_checklists),
        ("+", "item", &changes.new_items),
        ("-", "item", &changes.gone_items),
        ("~", "moved", &changes.moved),
        ("~", "marked otherwise", &changes.remarked),
        ("BAD", "gone without a tombstone", &changes.unnamed),
        ("BAD", "id used again", &changes.revived),
        ("BAD", "tombstone lost", &changes.forgotten),
    ] {
        lines.extend(ids.iter().map(|id| format!("{mark} {what}  {id}")));
    }
    lines.extend(changes.reworded.iter().map(|(id, locales)| format!("~ reworded  {id}  ({})", locales.join(", "))));
    if changes.triage {
        lines.push("~ triage".into());
    }
    if lines.is_empty() {
        lines.push("Nothing changes.".into());
    }
    lines
}

/// A pack to look at, signed or not. Whom to believe is the business of `verify`.
fn look(path: &Path) -> Result<Pack, Failure> {
    let pack = author::inspect(&bytes_of(path)?)?;
    if pack.publisher().is_none() {
        eprintln!("amparo: {} is not signed", crate::output::printable(&path.to_string_lossy()));
    }
    Ok(pack)
}

pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    read_small(path, "the pack", limits::FILE_BYTES)
}

fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

pub(super) fn day(text: Option<&str>) -> Result<Date, Failure> {
    let Some(text) = text else { return Ok(today()) };
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| Failure::input("the day is not one: it is written as 2026-11-24"))
}

#[cfg(test)]
mod tests;
