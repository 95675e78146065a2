//! The triage: from "what is happening?" everybody must come to an end, and to every checklist.

use std::collections::BTreeSet;

use super::{
    super::{finding::Findings, source::Read},
    shape,
};
use crate::{codes, limits, structure::Triage};

const FILE: &str = "triage.toml";

pub(super) fn check(read: &Read, findings: &mut Findings) {
    let Some(triage) = &read.triage else {
        if !read.checklists.is_empty() {
            findings.warning(
                "no-triage",
                FILE,
                "",
                "without questions that lead to a checklist, readers have to find theirs by its title",
            );
        }
        return;
    };
    let (mut questions, mut answers) = (BTreeSet::new(), BTreeSet::new());
    for question in &triage.questions {
        shape::id(&question.id, FILE, findings);
        if !questions.insert(question.id.as_str()) {
            findings.error("duplicate-id", FILE, &question.id, "this question stands twice; give one another id");
        }
        if question.answers.is_empty() {
            findings.error("no-end", FILE, &question.id, "this question has no answers: nobody can go on from here");
        }
        if question.answers.len() > limits::ANSWERS {
            findings.error("too-much", FILE, &question.id, format!("has more than {} answers", limits::ANSWERS));
        }
        for answer in &question.answers {
            shape::id(&answer.id, FILE, findings);
            if !answers.insert(answer.id.as_str()) {
                findings.error("duplicate-id", FILE, &answer.id, "this answer stands twice; give one another id");
            }
            if !answer.leads_one_way() {
                let text = "leads nowhere, or two ways; give it either question, or checklist and/or recipient";
                findings.error("no-end", FILE, &answer.id, text);
            }
            let list = answer.checklist.as_ref();
            if let Some(list) = list.filter(|id| !read.checklists.iter().any(|(_, list)| list.id == **id)) {
                findings.error("unknown-link", FILE, &answer.id, format!("there is no checklist {list:?}"));
            }
            if let Some(next) = answer.question.as_ref().filter(|id| triage.question(id).is_none()) {
                findings.error("unknown-link", FILE, &answer.id, format!("there is no question {next:?}"));
            }
            if let Some(kind) = &answer.recipient {
                shape::code("recipient", kind, codes::RECIPIENT_KINDS, FILE, &answer.id, findings);
            }
        }
    }
    if !questions.contains(triage.start.as_str()) {
        return findings.error("unknown-link", FILE, "start", format!("there is no question {:?}", triage.start));
    }
    for id in triage.loops() {
        findings.error("loop", FILE, id, "from this question one comes back to where one was; let each answer lead on");
    }
    reachable(read, triage, findings);
}

fn reachable(read: &Read, triage: &Triage, findings: &mut Findings) {
    let mut asked = BTreeSet::from([triage.start.as_str()]);
    let mut open = vec![triage.start.as_str()];
    let mut lists = BTreeSet::new();
    while let Some(question) = open.pop().and_then(|id| triage.question(id)) {
        for answer in &question.answers {
            lists.extend(answer.checklist.as_deref());
            open.extend(answer.question.as_deref().filter(|next| asked.insert(next)));
        }
    }
    for question in triage.questions.iter().filter(|question| !asked.contains(question.id.as_str())) {
        findings.error("unreachable", FILE, &question.id, "no answer leads to this question; link it, or remove it");
    }
    let excused = &read.pack.lint.not_in_triage;
    for (file, list) in read.checklists.iter().filter(|(_, list)| !lists.contains(list.id.as_str())) {
        if !excused.contains(&list.id) {
            let text = "no answer of the triage ends here; add one, or name it in not_in_triage of pack.toml";
            findings.error("unreachable", file, &list.id, text);
        }
    }
    for id in excused
        .iter()
        .filter(|id| !read.checklists.iter().any(|(_, list)| list.id == **id) || lists.contains(id.as_str()))
    {
        findings.warning("unreachable", "pack.toml", id, "not_in_triage needs no such entry; remove it");
    }
}
