//! `amparo checklist triage`: asks what is happening until it comes to an end. Answers on the command line are taken first; then,
//! in a terminal, the rest is asked.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
};

use amparo_core::checklist::{Next, QuestionView, TriageView};
use serde_json::{Value, json};

use super::{page_of, values, with_pack};
use crate::{args, commands::Context, failure::Failure, output::unmarked};

pub(super) fn run(
    context: &Context,
    what: &[String],
    from: &args::checklist::From,
    no_prompt: bool,
) -> Result<bool, Failure> {
    let (dir, answers) = match (what, &from.pack) {
        (answers, Some(_)) => (None, answers),
        ([dir, answers @ ..], None) => (Some(PathBuf::from(dir)), answers),
        ([], None) => return Err(Failure::input("name the vault's folder, or a pack with --pack")),
    };
    let has = |pack: &amparo_core::checklist::Pack| pack.structure().triage.is_some();
    // The vault is locked again before anybody thinks about an answer.
    let (triage, mut page) = with_pack(context, dir.as_deref(), from, has, |pack| {
        let triage = TriageView::of(pack, &from.language).ok_or_else(super::nothing)?;
        Ok((triage, page_of(pack, &from.language)))
    })?;
    let mut at = start(&triage)?;
    for text in answers {
        let Place::Asked(question) = at else { return Err(Failure::input("the answers go on behind the end")) };
        at = go(&triage, question, text)?;
    }
    let asks = !no_prompt && !context.output.is_json() && io::stdin().is_terminal();
    while let (Place::Asked(question), true) = (at, asks) {
        page.question(question);
        page.gap();
        page.lines.drain(..).for_each(|line| context.output.note(&line));
        at = go(&triage, question, &answer()?).unwrap_or_else(|failure| {
            context.output.note(failure.text());
            at
        });
    }
    let value = match at {
        Place::Asked(question) => json!({ "question": values::question(question), "end": Value::Null }),
        Place::End(next) => json!({ "question": Value::Null, "end": values::next(next) }),
    };
    context.output.result(&value, || {
        match at {
            Place::Asked(question) => page.question(question),
            Place::End(next) => page.end(next),
        }
        page.lines
    });
    Ok(true)
}

/// How far somebody has come.
#[derive(Clone, Copy)]
enum Place<'a> {
    Asked(&'a QuestionView),
    End(&'a Next),
}

fn start(triage: &TriageView) -> Result<Place<'_>, Failure> {
    triage.question(&triage.start).map(Place::Asked).ok_or_else(super::nothing)
}

/// Where the answer leads: its id, or its number in the list.
fn go<'a>(triage: &'a TriageView, question: &'a QuestionView, text: &str) -> Result<Place<'a>, Failure> {
    let text = unmarked(text);
    let number = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let numbered = number.and_then(|at| question.answers.get(at));
    let answer = question.answers.iter().find(|answer| answer.id == text).or(numbered);
    let answer = answer.ok_or_else(|| Failure::input("this is none of the answers: write one of their numbers"))?;
    match &answer.next {
        Next::Question(id) => triage.question(id).map(Place::Asked).ok_or_else(super::nothing),
        end @ Next::End { .. } => Ok(Place::End(end)),
    }
}

fn answer() -> Result<String, Failure> {
    let failed = |_| Failure::input("the answer cannot be read");
    let mut out = io::stdout().lock();
    write!(out, "> ").and_then(|()| out.flush()).map_err(failed)?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).map_err(failed)? == 0 {
        return Err(Failure::new(crate::failure::Exit::Cancelled, "no answer was given"));
    }
    Ok(line.trim().to_owned())
}
