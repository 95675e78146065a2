//! `amparo checklist`. Listing, showing and the triage work on a pack file too, without a vault and without a passphrase.

pub(super) mod page;
mod triage;
pub(super) mod values;

use std::path::{Path, PathBuf};

use amparo_core::{
    Amparo, CoreError, RunId,
    checklist::{ChecklistHeading, ChecklistView, DueState, Lead, Pack, RunQuery},
    incident::ActCode,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use self::page::Page;
use super::{Context, pack};
use crate::{args, failure::Failure, output::unmarked};

/// Runs `amparo checklist …`.
pub fn run(context: &Context, command: args::Checklist) -> Result<bool, Failure> {
    use args::Checklist as C;
    match command {
        C::List { dir, pack, language } => list(context, dir.as_deref(), pack.as_deref(), &language),
        C::Show { what, from } => show(context, &what, &from),
        C::Triage { what, from, no_prompt } => triage::run(context, &what, &from, no_prompt),
        C::Start { dir, checklist, of } => start(context, &dir, &checklist, of.as_deref()),
        C::Runs { dir, checklist, open, before, limit, language } => {
            let before = before.map(|id| id.parse()).transpose()?;
            let finished = open.then_some(false);
            runs(context, &dir, &RunQuery { pack: None, checklist, finished, before, limit }, &language)
        }
        C::Run { run, language } => show_run(context, &run, &language),
        C::Tick { run, items, not_applicable, note } => each(context, &run, &items, |amparo, run, item| {
            let (lists, note) = (amparo.checklists(), note.as_deref());
            if not_applicable { lists.not_applicable(run, item, note) } else { lists.tick(run, item, note) }
        }),
        C::Untick { run, items } => each(context, &run, &items, |amparo, run, item| {
            // What was not ticked is as asked for.
            amparo.checklists().untick(run, item).map(drop)
        }),
        C::Draft { run, item, act, language } => draft(context, &run, &item, act.as_deref(), &language),
        C::Finish { run } => change(context, &run, |amparo, run| amparo.checklists().finish(run)),
        C::Reopen { run } => change(context, &run, |amparo, run| amparo.checklists().reopen(run)),
        C::Delete { run } => delete(context, &run),
        C::Due { dir, language } => due(context, &dir, &language),
        C::Score { dir, checklist, of, language } => score(context, &dir, &checklist, of.as_deref(), &language),
    }
}

/// Works with the pack that is meant: the file, or the one of the vault's packs that has what is asked for.
fn with_pack<T>(
    context: &Context,
    dir: Option<&Path>,
    from: &args::checklist::From,
    has: impl Fn(&Pack) -> bool,
    work: impl FnOnce(&Pack) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match (&from.pack, dir) {
        (Some(file), None) => {
            let pack = Pack::parse_for(&pack::bytes_of(file)?, &from.language)?;
            if has(&pack) { work(&pack) } else { Err(nothing()) }
        }
        (None, Some(dir)) => {
            context.with_vault(dir, |amparo| work(&choose(amparo, from.of.as_deref(), &from.language, has)?))
        }
        (Some(_), Some(_)) => Err(Failure::input("name the vault's folder, or a pack with --pack, and not both")),
        (None, None) => Err(Failure::input("name the vault's folder, or a pack with --pack")),
    }
}

fn nothing() -> Failure {
    Failure::input("no pack has that; amparo checklist list shows what there is")
}

/// The installed pack that has what is asked for.
fn choose(amparo: &Amparo, of: Option<&str>, language: &str, has: impl Fn(&Pack) -> bool) -> Result<Pack, Failure> {
    let mut fit = Vec::new();
    for installed in amparo.packs().list()?.iter().filter(|pack| pack.manifest.is_some()) {
        if of.is_none_or(|id| id == installed.id) {
            let pack = amparo.packs().open_for(&installed.id, language)?;
            fit.extend(Some(pack).filter(&has));
        }
    }
    let last = fit.pop().ok_or_else(nothing)?;
    if fit.is_empty() {
        return Ok(last);
    }
    fit.push(last);
    let ids: Vec<&str> = fit.iter().map(|pack| pack.manifest().id.as_str()).collect();
    Err(Failure::input(format!("several packs have that; choose one with --of: {}", ids.join(", "))))
}

fn has_list(id: &str) -> impl Fn(&Pack) -> bool + '_ {
    move |pack| pack.structure().checklist(id).is_some()
}

/// A page that begins with what must be known of the pack.
fn page_of(pack: &Pack, language: &str) -> Page {
    let mut page = Page::new(language);
    let review_by = pack.manifest().review_by;
    if OffsetDateTime::now_utc().date() > review_by {
        page.review_overdue(&review_by.to_string());
        page.gap();
    }
    page
}

fn list(context: &Context, dir: Option<&Path>, file: Option<&Path>, language: &str) -> Result<bool, Failure> {
    let (packs, unreadable) = match (file, dir) {
        (Some(file), _) => (vec![Pack::parse_for(&pack::bytes_of(file)?, language)?], Vec::new()),
        (None, Some(dir)) => context.with_vault(dir, |amparo| {
            let (mut packs, mut unreadable) = (Vec::new(), Vec::new());
            for installed in amparo.packs().list()? {
                if installed.manifest.is_some() {
                    packs.push(amparo.packs().open_for(&installed.id, language)?);
                } else if installed.unreadable {
                    unreadable.push(installed.id);
                }
            }
            Ok((packs, unreadable))
        })?,
        (None, None) => return Err(Failure::input("name the vault's folder, or a pack with --pack")),
    };
    for id in &unreadable {
        eprintln!("amparo: the pack {id} cannot be read; install it again");
    }
    let headings: Vec<ChecklistHeading> =
        packs.iter().flat_map(|pack| ChecklistHeading::all_of(pack, language)).collect();
    let value =
        json!({ "checklists": headings.iter().map(values::heading).collect::<Vec<_>>(), "unreadable": unreadable });
    context.output.result(&value, || {
        let mut lines = Vec::new();
        for pack in &packs {
            let mut page = page_of(pack, language);
            if let Some(title) = pack.title(language) {
                page.title(&title.into());
            }
            let mut topic = String::new();
            for list in headings.iter().filter(|list| list.pack == pack.manifest().id) {
                if list.topic != topic {
                    page.gap();
                    page.text("", &list.topic_title);
                    topic.clone_from(&list.topic);
                }
                page.text("  ", &list.title);
                page.id("    ", &list.id);
            }
            page.gap();
            lines.append(&mut page.lines);
        }
        if packs.is_empty() {
            lines.push("No pack is installed.".into());
        }
        lines
    });
    Ok(true)
}

fn show(context: &Context, what: &[String], from: &args::checklist::From) -> Result<bool, Failure> {
    let (dir, id) = match (what, &from.pack) {
        ([id], Some(_)) => (None, id),
        ([dir, id], None) => (Some(PathBuf::from(dir)), id),
        _ => {
            return Err(Failure::input(
                "name the vault's folder and a checklist, or a checklist and a pack with --pack",
            ));
        }
    };
    let id = &unmarked(id);
    let (value, page) = with_pack(context, dir.as_deref(), from, has_list(id), |pack| {
        let view = ChecklistView::of(pack, id, &from.language).ok_or(CoreError::ChecklistNotFound)?;
        let mut page = page_of(pack, &from.language);
        page.title(&view.heading.title);
        if let Some(summary) = &view.heading.summary {
            page.text("", summary);
        }
        if let Some(days) = view.heading.recurs_days {
            let repeat = page.words.fill("checklist.repeat", &[("days", &days.to_string())]);
            page.say("", &repeat);
        }
        page.sections(&view.sections);
        Ok((values::checklist(&view), page))
    })?;
    context.output.result(&value, || page.lines);
    Ok(true)
}

fn start(context: &Context, dir: &Path, checklist: &str, of: Option<&str>) -> Result<bool, Failure> {
    let checklist = &unmarked(checklist);
    let run = context.with_vault(dir, |amparo| {
        let pack = choose(amparo, of, "en", has_list(checklist))?;
        Ok(amparo.checklists().start(&pack.manifest().id, checklist)?)
    })?;
    context.output.result(&json!({ "run": run }), || vec![run.to_string()]);
    Ok(true)
}

/// The run that is meant: by its id, or as the only one of its checklist that goes on.
fn resolve(amparo: &Amparo, text: &str) -> Result<RunId, Failure> {
    let text = unmarked(text);
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let query = RunQuery { checklist: Some(text), finished: Some(false), limit: 2, ..RunQuery::default() };
    match amparo.checklists().runs(&query, "en")?.as_slice() {
        [run] => Ok(run.id),
        [] => Err(Failure::input("no run of this checklist goes on; amparo checklist runs lists them")),
        _ => Err(Failure::input("several runs of this checklist go on; name one by its id")),
    }
}

fn runs(context: &Context, dir: &Path, query: &RunQuery, language: &str) -> Result<bool, Failure> {
    let runs = context.with_vault(dir, |amparo| Ok(amparo.checklists().runs(query, language)?))?;
    let value = json!({ "runs": runs.iter().map(values::summary).collect::<Vec<_>>() });
    context.output.result(&value, || {
        let mut page = Page::new(language);
        for run in &runs {
            page.id("", &run.id.to_string());
            if let Some(title) = &run.title {
                page.text("  ", title);
            }
            page.summary("  ", run);
            page.gap();
        }
        if runs.is_empty() {
            page.lines.push("No runs.".into());
        }
        page.lines
    });
    Ok(true)
}

fn show_run(context: &Context, run: &args::checklist::RunArgs, language: &str) -> Result<bool, Failure> {
    let view =
        context.with_vault(&run.dir, |amparo| Ok(amparo.checklists().run(resolve(amparo, &run.run)?, language)?))?;
    context.output.result(&values::run(&view), || {
        let mut page = Page::new(language);
        page.run(&view);
        page.lines
    });
    Ok(true)
}

/// Does something with a run, and says how far it is then.
fn change(
    context: &Context,
    run: &args::checklist::RunArgs,
    work: impl Fn(&Amparo, RunId) -> Result<(), CoreError>,
) -> Result<bool, Failure> {
    let done = context.with_vault(&run.dir, |amparo| {
        let id = resolve(amparo, &run.run)?;
        work(amparo, id)?;
        Ok(amparo.checklists().run(id, "en")?.summary)
    })?;
    report(context, &done);
    Ok(true)
}

/// Does something with each of some items.
fn each(
    context: &Context,
    run: &args::checklist::RunArgs,
    items: &[String],
    work: impl Fn(&Amparo, RunId, &str) -> Result<(), CoreError>,
) -> Result<bool, Failure> {
    let done = context.with_vault(&run.dir, |amparo| {
        let id = resolve(amparo, &run.run)?;
        for (before, item) in items.iter().enumerate() {
            work(amparo, id, &unmarked(item)).map_err(|error| Failure::from(error).about(item, before))?;
        }
        Ok(amparo.checklists().run(id, "en")?.summary)
    })?;
    report(context, &done);
    Ok(true)
}

fn report(context: &Context, run: &amparo_core::checklist::RunSummary) {
    context.output.result(&json!({ "run": values::summary(run) }), || {
        let mut page = Page::new("en");
        page.id("", &run.id.to_string());
        page.summary("  ", run);
        page.lines
    });
}

fn delete(context: &Context, run: &args::checklist::RunArgs) -> Result<bool, Failure> {
    let id = context.with_vault(&run.dir, |amparo| {
        let id = resolve(amparo, &run.run)?;
        amparo.checklists().delete(id)?;
        Ok(id)
    })?;
    context.output.result(&json!({ "deleted": id }), || vec!["The run was deleted.".into()]);
    Ok(true)
}

fn draft(
    context: &Context,
    run: &args::checklist::RunArgs,
    item: &str,
    act: Option<&str>,
    language: &str,
) -> Result<bool, Failure> {
    let item = &unmarked(item);
    let act: Option<ActCode> = act.map(str::parse).transpose()?;
    let incident = context.with_vault(&run.dir, |amparo| {
        let lists = amparo.checklists();
        let id = resolve(amparo, &run.run)?;
        let act = match &act {
            Some(act) => act.clone(),
            None => {
                let view = lists.run(id, language)?.checklist.ok_or(CoreError::ChecklistNotFound)?;
                let found = view.items().find(|shown| shown.item.id == *item).ok_or(CoreError::ItemNotFound)?;
                let acts: Vec<&ActCode> = found
                    .leads
                    .iter()
                    .filter_map(|lead| if let Lead::Incident(act) = lead { Some(act) } else { None })
                    .collect();
                match acts.as_slice() {
                    [act] => (*act).clone(),
                    [] => return Err(CoreError::LinkNotFound.into()),
                    _ => return Err(Failure::input("the item leads to several; choose one with --act")),
                }
            }
        };
        Ok(lists.draft_incident(id, item, &act, language)?)
    })?;
    let value = json!({ "incident": incident.id, "title": incident.content.title });
    context.output.result(&value, || vec![incident.id.to_string()]);
    Ok(true)
}

fn due(context: &Context, dir: &Path, language: &str) -> Result<bool, Failure> {
    let due = context.with_vault(dir, |amparo| Ok(amparo.checklists().due(language)?))?;
    let value = json!({ "due": due.iter().map(values::due).collect::<Vec<Value>>() });
    context.output.result(&value, || {
        let mut page = Page::new(language);
        let words = page.words;
        for one in &due {
            page.text("", &one.heading.title);
            page.id("  ", &one.heading.id);
            let said = match one.state {
                DueState::NeverStarted => words.text("checklist.never_started").to_owned(),
                DueState::Later { due, in_days } => {
                    let (day, days) = (page.piece(&due.to_string()), in_days.to_string());
                    words.fill("checklist.due_in", &[("day", &day), ("days", &days)])
                }
                DueState::Due { since, overdue_days } => {
                    let (day, days) = (page.piece(&since.to_string()), overdue_days.to_string());
                    words.fill("checklist.due_since", &[("day", &day), ("days", &days)])
                }
                DueState::ClockWentBack => words.text("checklist.clock_went_back").to_owned(),
                DueState::ClockUnknown => words.text("checklist.clock_unknown").to_owned(),
            };
            page.say("  ", &said);
            if let Some(finish) = &one.last_finished {
                let day = page.day(&finish.at.time.to_string());
                let said = words.fill("checklist.last_finished", &[("day", &day)]);
                page.say("  ", &said);
            }
        }
        if due.is_empty() {
            page.lines.push("No checklist is to be repeated.".into());
        }
        page.lines
    });
    Ok(true)
}

fn score(context: &Context, dir: &Path, checklist: &str, of: Option<&str>, language: &str) -> Result<bool, Failure> {
    let scores = context.with_vault(dir, |amparo| {
        let pack = match of {
            Some(id) => id.to_owned(),
            // Results outlive their pack; so the runs say whose they are.
            None => {
                let query = RunQuery { checklist: Some(checklist.to_owned()), limit: 1000, ..RunQuery::default() };
                let mut packs: Vec<String> =
                    amparo.checklists().runs(&query, language)?.into_iter().map(|run| run.pack).collect();
                packs.sort();
                packs.dedup();
                match packs.as_slice() {
                    [pack] => pack.clone(),
                    [] => return Err(Failure::input("this checklist has no runs")),
                    _ => return Err(Failure::input(format!("choose a pack with --of: {}", packs.join(", ")))),
                }
            }
        };
        Ok(amparo.checklists().scores(&pack, checklist, language)?)
    })?;
    let value = json!({ "scores": scores.iter().map(values::score).collect::<Vec<Value>>() });
    context.output.result(&value, || {
        let mut page = Page::new(language);
        scores.iter().for_each(|score| page.score(score));
        if scores.is_empty() {
            page.lines.push("No results.".into());
        }
        page.lines
    });
    Ok(true)
}
