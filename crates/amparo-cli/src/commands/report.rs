//! `amparo report`: preview, check, seal, list, show.

mod check;
pub(super) mod recipients;

use std::{fs, io, ops::ControlFlow, path::Path};

use amparo_core::{
    Amparo, EvidenceId, IncidentId, ReportId,
    form::Level,
    incident::RecipientKind,
    report::{
        FieldChoice, FieldPath, GroupPreview, LeftOut, PersonPolicy, RecipientGroup, ReportRecord, ReportRequest,
        SealedReport, SenderMode, Shown, Told, Warning,
    },
};
use amparo_crypto::age::{KeyKind, Recipient, parse_recipients};
use serde_json::{Value, json};

use self::recipients::{Member, Note, notes};
use super::{Context, bytes, hex};
use crate::{
    args::{ChoiceArgs, Persons, Report, ReportArgs, Sender, Show},
    failure::Failure,
    progress::Progress,
};

/// A file of recipients is a list of lines; more than this is something else.
const MAX_RECIPIENT_FILE_BYTES: u64 = 1024 * 1024;

/// Runs `amparo report …`.
pub fn run(context: &Context, command: Report) -> Result<bool, Failure> {
    match command {
        Report::Preview { what, output } => preview(context, &what, &request(&what)?, output.as_deref()),
        Report::Check(what) => check::run(context, &what),
        Report::Seal { what, output } => seal(context, &what, &request(&what)?, &output),
        Report::List { dir, incident } => {
            let incident: IncidentId = incident.parse()?;
            let reports = context.with_vault(&dir, |amparo| Ok(amparo.reports().list(incident)?))?;
            context.output.result(&json!({ "reports": reports.iter().map(record).collect::<Vec<_>>() }), || {
                reports.iter().map(record_line).collect()
            });
            Ok(true)
        }
        Report::Show { dir, id } => {
            let id: ReportId = id.parse().map_err(|_| Failure::input("this is not a report's id"))?;
            let report = context.with_vault(&dir, |amparo| Ok(amparo.reports().get(id)?))?;
            context.output.result(&record(&report), || {
                let mut lines = vec![record_line(&report)];
                lines.extend(report.recipients.iter().map(|key| format!("to {key}")));
                lines.extend(report.files.iter().map(|(size, hash)| format!("{}  {}", bytes(*size), hex(hash))));
                lines
            });
            Ok(true)
        }
    }
}

fn choice(what: &ChoiceArgs) -> Result<(FieldChoice, SenderMode), Failure> {
    let paths = |list: &[String]| list.iter().map(|path| path.parse()).collect::<Result<Vec<FieldPath>, _>>();
    let evidence: Vec<EvidenceId> = what.evidence.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
    let choice = FieldChoice {
        shown: Shown {
            notes: what.show.contains(&Show::Notes),
            file_names: what.show.contains(&Show::FileNames),
            tags: what.show.contains(&Show::Tags),
            device: what.show.contains(&Show::Device),
            contacts: what.show.contains(&Show::Contacts),
        },
        only: if what.only.is_empty() { None } else { Some(paths(&what.only)?) },
        leave_out: paths(&what.leave_out)?,
        reveal: paths(&what.reveal)?,
        persons: match what.persons {
            Persons::Pseudonymise => PersonPolicy::Pseudonymise,
            Persons::LeaveOut => PersonPolicy::LeaveOut,
        },
        evidence: (!evidence.is_empty()).then_some(evidence),
    };
    let sender = match what.sender {
        Sender::Anonymous => SenderMode::Anonymous,
        Sender::Case => SenderMode::Case,
    };
    Ok((choice, sender))
}

fn request(what: &ReportArgs) -> Result<ReportRequest, Failure> {
    let (choice, sender) = choice(&what.choice)?;
    let mut groups = Vec::new();
    if let Some(kind) = &what.kind {
        groups.push(group(kind, &what.to)?);
    }
    for text in &what.groups {
        groups.push(parse_group(text)?);
    }
    let request = ReportRequest { sender, ..ReportRequest::to_groups(what.incident.parse()?, groups) };
    Ok(request.choosing(&choice))
}

/// The request with the vault's recipients, and with the form of the channel of its first group.
fn complete(
    amparo: &Amparo,
    what: &ReportArgs,
    request: &ReportRequest,
) -> Result<(ReportRequest, Vec<Member>), Failure> {
    let mut request = request.clone();
    let members = recipients::add(amparo, &what.recipients, &choice(&what.choice)?.0, &mut request)?;
    if let (Some(id), Some(group)) = (&what.form.form, request.groups.first_mut()) {
        group.form = Some(check::find(amparo, what.form.pack.as_deref(), id)?);
    }
    Ok((request, members))
}

pub(super) fn known_kind(kind: &str) -> Result<RecipientKind, Failure> {
    let kind: RecipientKind = kind.parse()?;
    // A misspelt kind would be one that nobody consented to.
    if !kind.is_known() {
        return Err(Failure::input(
            "there is no such kind of recipient: hotline, cso, lawyer, platform, un_procedure, media or trusted_person",
        ));
    }
    Ok(kind)
}

fn group(kind: &str, to: &[String]) -> Result<RecipientGroup, Failure> {
    Ok(RecipientGroup::new(known_kind(kind)?, recipients(to)?))
}

/// `kind=lawyer,to=age1…,to=…`.
fn parse_group(text: &str) -> Result<RecipientGroup, Failure> {
    let malformed = || Failure::input("a group is written kind=KIND,to=RECIPIENT[,to=RECIPIENT…]");
    let (mut kind, mut to) = (None, Vec::new());
    for part in text.split(',') {
        match part.split_once('=') {
            Some(("kind", word)) if kind.is_none() => kind = Some(word.to_owned()),
            Some(("to", recipient)) => to.push(recipient.to_owned()),
            _ => return Err(malformed()),
        }
    }
    let kind = kind.ok_or_else(malformed)?;
    if to.is_empty() { Err(malformed()) } else { group(&kind, &to) }
}

fn seal(context: &Context, what: &ReportArgs, request: &ReportRequest, output: &Path) -> Result<bool, Failure> {
    let (previews, sealed, notes) = context.with_vault(&what.dir, |amparo| {
        let (request, members) = &complete(amparo, what, request)?;
        // What is warned of is what is sealed.
        let previews = amparo.reports().preview(request)?;
        let notes = notes(members, request, &previews);
        let request = request.clone().confirmed(&previews);
        let total: u64 = amparo.evidence().list(request.incident)?.iter().map(|e| e.size).sum();
        let groups = u64::try_from(request.groups.len()).unwrap_or(1);
        let mut progress = Progress::new("Sealing", total.saturating_mul(groups), context.output.is_json());
        let sealed = amparo.reports().seal_file(&request, output, &mut |done| {
            progress.set(done);
            ControlFlow::Continue(())
        })?;
        Ok((previews, sealed, notes))
    })?;
    let pairs = || sealed.iter().zip(&previews).enumerate();
    let json = |(group, (report, preview)): (usize, (&SealedReport, &GroupPreview))| {
        let mut value = describe(report);
        value["warnings"] = warnings(preview);
        value["notes"] = of_group(&notes, group).map(Note::value).collect();
        value
    };
    context.output.result(&json!({ "reports": pairs().map(json).collect::<Vec<_>>() }), || {
        let lines = |(group, (report, preview)): (usize, (&SealedReport, &GroupPreview))| {
            let warned = preview.warnings.iter().map(warning_line).chain(of_group(&notes, group).map(Note::line));
            sealed_lines(report, output).into_iter().chain(warned).collect::<Vec<_>>()
        };
        pairs().flat_map(lines).collect()
    });
    Ok(true)
}

fn of_group(notes: &[Note], group: usize) -> impl Iterator<Item = &Note> {
    notes.iter().filter(move |note| note.group == group)
}

fn warnings(preview: &GroupPreview) -> Value {
    preview.warnings.iter().map(|warning| json!({ "code": warning.code(), "about": warning.about() })).collect()
}

fn warning_line(warning: &Warning) -> String {
    let about = warning.about().unwrap_or_default();
    let text = match warning {
        Warning::NameInText { .. } => format!("{about} holds the name of somebody whose name is withheld: read it"),
        Warning::OriginalEvidence { .. } => {
            format!("{about} goes in as it is, with its metadata and everybody who can be seen or heard")
        }
        Warning::IncompleteEvidence { .. } => format!("{about} is not all that was recorded"),
        Warning::ClassicKeys => "a classic key: what is recorded today could be read with a quantum computer".into(),
        Warning::Linkable => "whoever has other signed reports of this vault can see that they come from one".into(),
        other => format!("{} {about}", other.code()),
    };
    format!("Warning: {text}")
}

fn sealed_lines(sealed: &SealedReport, output: &Path) -> Vec<String> {
    let mut lines =
        vec![format!("Report {} ({}) with {} piece(s) of evidence:", sealed.id, sealed.kind, sealed.evidence.len())];
    for file in &sealed.files {
        let path = file.path.as_deref().unwrap_or(output).display();
        lines.push(format!("{path}  {}  for {}", bytes(file.size), people(file.recipients, file.kind)));
    }
    lines.extend(sealed.left_out.iter().map(left_out_line));
    lines
}

fn people(recipients: usize, keys: KeyKind) -> String {
    let people = if recipients == 1 { "1 recipient".into() } else { format!("{recipients} recipients") };
    format!("{people} with {} key(s)", kind(keys).replace('_', "-"))
}

fn left_out_line(left_out: &LeftOut) -> String {
    format!("Left out: evidence {} ({})", left_out.evidence, left_out.reason.as_str())
}

fn preview(
    context: &Context,
    what: &ReportArgs,
    request: &ReportRequest,
    output: Option<&Path>,
) -> Result<bool, Failure> {
    if let Some(folder) = output {
        // Refused before the vault is opened.
        private_folder(folder).map_err(|error| cannot_write(&error))?;
    }
    let (previews, notes) = context.with_vault(&what.dir, |amparo| {
        let (request, members) = complete(amparo, what, request)?;
        let previews = amparo.reports().preview(&request)?;
        let notes = notes(&members, &request, &previews);
        Ok((previews, notes))
    })?;
    if let Some(folder) = output {
        for (number, preview) in (1..).zip(&previews) {
            let group = folder.join(format!("{number}-{}", preview.kind));
            private_folder(&group).map_err(|error| cannot_write(&error))?;
            let files = [
                ("report.html", preview.html.as_bytes()),
                ("report.md", preview.markdown.as_bytes()),
                ("report.json", &preview.report_json),
            ];
            for (name, content) in files {
                fs::write(group.join(name), content).map_err(|error| cannot_write(&error))?;
            }
        }
    }
    let json = |(group, preview): (usize, &GroupPreview)| {
        let mut value = describe_preview(preview);
        value["notes"] = of_group(&notes, group).map(Note::value).collect();
        value
    };
    context.output.result(&json!({ "groups": previews.iter().enumerate().map(json).collect::<Vec<_>>() }), || {
        let lines = |(group, preview)| {
            let noted = of_group(&notes, group).map(|note| format!("  {}", note.line()));
            preview_lines(preview).into_iter().chain(noted).collect::<Vec<_>>()
        };
        previews.iter().enumerate().flat_map(lines).collect()
    });
    Ok(true)
}

/// A new folder that only its owner may enter.
fn private_folder(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn cannot_write(error: &io::Error) -> Failure {
    amparo_core::CoreError::from_target(error).into()
}

fn preview_lines(preview: &GroupPreview) -> Vec<String> {
    let mut lines = vec![format!("For {}, revision {}:", preview.kind, preview.revision)];
    for sealed in &preview.sealed {
        lines.push(format!("  a file of {} for {}", bytes(sealed.size), people(sealed.recipients, sealed.keys)));
    }
    lines.extend(preview.files.iter().map(|file| format!("  {}  {}", file.path, bytes(file.size))));
    for person in preview.persons.iter().filter(|person| person.told != Told::InFull) {
        lines.push(format!("  Person {}: {} ({})", person.index, told(person.told), person.why.as_str()));
    }
    for field in &preview.withheld {
        lines.push(format!("  Not shown: {} ({})", field.field, field.reason.as_str()));
    }
    lines.extend(preview.left_out.iter().map(|item| format!("  {}", left_out_line(item))));
    lines.extend(preview.warnings.iter().map(|warning| format!("  {}", warning_line(warning))));
    for found in preview.form.iter().filter(|found| found.level == Level::Required) {
        lines.push(format!("  The channel requires: {} ({})", found.field, found.status.as_str()));
    }
    lines
}

fn told(told: Told) -> &'static str {
    match told {
        Told::InFull => "in_full",
        Told::Pseudonymised => "pseudonymised",
        Told::LeftOut => "left_out",
    }
}

fn describe_preview(preview: &GroupPreview) -> Value {
    let report: Value = serde_json::from_slice(&preview.report_json).unwrap_or_default();
    let files: Vec<Value> = preview.files.iter().map(|file| json!({ "path": file.path, "size": file.size })).collect();
    let sealed: Vec<Value> = preview
        .sealed
        .iter()
        .map(|file| json!({ "key_kind": kind(file.keys), "recipients": file.recipients, "size": file.size }))
        .collect();
    let persons: Vec<Value> = preview
        .persons
        .iter()
        .map(|person| {
            let id = person.id.map(|id| id.to_string());
            json!({ "index": person.index, "id": id, "told": told(person.told), "why": person.why.as_str() })
        })
        .collect();
    let withheld: Vec<Value> =
        preview.withheld.iter().map(|field| json!({ "field": field.field, "reason": field.reason.as_str() })).collect();
    json!({
        "kind": preview.kind.as_str(),
        "revision": preview.revision,
        "report": report,
        "files": files,
        "sealed": sealed,
        "persons": persons,
        "withheld": withheld,
        "left_out": left_out(&preview.left_out),
        "warnings": warnings(preview),
        "form": preview.form.iter().map(check::finding).collect::<Vec<_>>(),
    })
}

fn left_out(items: &[LeftOut]) -> Vec<Value> {
    items.iter().map(|item| json!({ "evidence": item.evidence.to_string(), "reason": item.reason.as_str() })).collect()
}

fn record(report: &ReportRecord) -> Value {
    let files: Vec<Value> =
        report.files.iter().map(|(size, hash)| json!({ "size": size, "sha256": hex(hash) })).collect();
    json!({
        "report_id": report.id.to_string(),
        "incident": report.incident.to_string(),
        "sealed": report.sealed,
        "created": report.created.to_string(),
        "sender": report.sender,
        "kind": report.kind.as_ref().map(|kind| kind.as_str()),
        "revision": report.revision,
        "evidence": ids(&report.evidence),
        "recipients": report.recipients,
        "files": files,
    })
}

fn record_line(report: &ReportRecord) -> String {
    let kind = report.kind.as_ref().map_or("", |kind| kind.as_str());
    let state = if report.sealed { "sealed" } else { "not finished" };
    format!(
        "{}  {}  {state}  {kind}  revision {}, {} piece(s) of evidence, {} recipient(s)",
        report.id,
        report.created,
        report.revision,
        report.evidence.len(),
        report.recipients.len()
    )
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
        "kind": sealed.kind.as_str(),
        "files": files,
        "evidence": ids(&sealed.evidence),
        "left_out": left_out(&sealed.left_out),
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
