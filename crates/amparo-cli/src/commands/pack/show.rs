//! `amparo pack show`. Every text stands on a line of its own, without marks before it that have a direction, so that a terminal
//! that knows right-to-left scripts shows each line in its own direction.

use amparo_pack::{Checklist, Item, Pack, Shown};
use amparo_report::locale::{Direction, Locale};
use serde_json::{Value, json};

use super::super::Context;
use crate::failure::Failure;

pub(super) fn run(
    context: &Context,
    pack: &Pack,
    checklist: Option<&str>,
    language: &str,
    triage: bool,
) -> Result<bool, Failure> {
    let view = View { pack, language, words: Locale::for_tag(language) };
    let (value, lines) = match checklist {
        Some(id) => {
            let list = pack.structure().checklist(id);
            view.checklist(list.ok_or_else(|| Failure::input("the pack has no checklist with this id"))?)
        }
        None if triage => view.triage(),
        None => view.overview(),
    };
    context.output.result(&value, || lines);
    Ok(true)
}

struct View<'a> {
    pack: &'a Pack,
    language: &'a str,
    words: Locale,
}

fn value(shown: Option<Shown<'_>>) -> Value {
    shown.map_or(Value::Null, |shown| {
        let direction = if shown.direction == Direction::Rtl { "rtl" } else { "ltr" };
        json!({ "text": shown.text, "locale": shown.locale, "direction": direction, "fallback": shown.is_fallback })
    })
}

impl View<'_> {
    /// A text, and in which language it is when that is not the one that was asked for.
    fn line(&self, shown: Option<Shown<'_>>) -> String {
        shown.map_or_else(String::new, |shown| {
            if shown.is_fallback {
                format!("{} ({}: {})", shown.text, shown.locale, self.words.text("checklist.not_translated"))
            } else {
                shown.text.to_owned()
            }
        })
    }

    fn overview(&self) -> (Value, Vec<String>) {
        let (pack, language, structure) = (self.pack, self.language, self.pack.structure());
        let mut lines = vec![self.line(pack.title(language)), self.line(pack.summary(language))];
        let mut topics = Vec::new();
        for topic in &structure.topics {
            let title = pack.topic_title(&topic.id, language);
            lines.extend([String::new(), self.line(title)]);
            let mut lists = Vec::new();
            for list in structure.checklists.iter().filter(|list| list.topic == topic.id) {
                let (name, summary) =
                    (pack.checklist_title(&list.id, language), pack.checklist_summary(&list.id, language));
                lines.push(format!("  {}", list.id));
                lines.push(format!("      {}", self.line(name)));
                lists.push(json!({
                    "id": list.id, "title": value(name), "summary": value(summary), "situation": list.situation,
                    "personas": list.personas, "recurs_days": list.recurs_days, "scored": list.scored,
                    "items": list.sections.iter().map(|section| section.items.len()).sum::<usize>(),
                }));
            }
            topics.push(json!({ "id": topic.id, "title": value(title), "checklists": lists }));
        }
        let shown = json!({
            "title": value(pack.title(language)), "summary": value(pack.summary(language)), "topics": topics,
            "forms": pack.forms().collect::<Vec<_>>(), "tombstones": structure.tombstones,
        });
        (shown, lines)
    }

    fn checklist(&self, list: &Checklist) -> (Value, Vec<String>) {
        let (pack, language) = (self.pack, self.language);
        let (title, summary) = (pack.checklist_title(&list.id, language), pack.checklist_summary(&list.id, language));
        let mut lines = vec![self.line(title), self.line(summary)];
        if let Some(days) = list.recurs_days {
            lines.push(self.words.fill("checklist.repeat", &[("days", &days.to_string())]));
        }
        let mut sections = Vec::new();
        for section in &list.sections {
            let name = pack.section_title(list, section, language);
            lines.extend([String::new(), self.line(name)]);
            let items: Vec<Value> = section.items.iter().map(|item| self.item(item, &mut lines)).collect();
            sections.push(json!({ "id": section.id, "phase": section.phase, "title": value(name), "items": items }));
        }
        let shown = json!({ "id": list.id, "title": value(title), "summary": value(summary), "sections": sections });
        (shown, lines)
    }

    fn item(&self, item: &Item, lines: &mut Vec<String>) -> Value {
        let (text, why) = (self.pack.item_text(&item.id, self.language), self.pack.item_why(&item.id, self.language));
        lines.push(format!("  ☐ {}", self.line(text)));
        if why.is_some() {
            lines.push(format!("      {}", self.line(why)));
        }
        let marks: Vec<&str> = [
            (item.time_critical, "checklist.time_critical"),
            (item.leaves_trace, "checklist.leaves_trace"),
            (item.needs_network, "checklist.needs_network"),
        ]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, key)| self.words.text(key))
        .collect();
        if !marks.is_empty() {
            lines.push(format!("      ⚠ {}", marks.join(" · ")));
        }
        if let (Some(source), Some(day)) = (&item.source, &item.last_reviewed) {
            lines.push(format!("      {source} ({day})"));
        }
        json!({
            "id": item.id, "text": value(text), "why": value(why), "priority": item.priority,
            "time_critical": item.time_critical, "leaves_trace": item.leaves_trace, "needs_network": item.needs_network,
            "score": item.score, "source": item.source, "last_reviewed": item.last_reviewed, "links": item.links,
        })
    }

    /// Every question once, in the pack's order, which begins with the first.
    fn triage(&self) -> (Value, Vec<String>) {
        let (pack, language) = (self.pack, self.language);
        let Some(triage) = &pack.structure().triage else { return (Value::Null, Vec::new()) };
        let (mut lines, mut questions) = (Vec::new(), Vec::new());
        for question in &triage.questions {
            let asked = pack.question_text(&question.id, language);
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(self.line(asked));
            let mut answers = Vec::new();
            for answer in &question.answers {
                let said = pack.answer_text(&answer.id, language);
                lines.push(format!("  ○ {}", self.line(said)));
                let next = answer.question.as_ref().map(|id| self.line(pack.question_text(id, language)));
                let list = answer.checklist.as_ref().map(|id| self.line(pack.checklist_title(id, language)));
                let kind = answer.recipient.as_ref().map(|kind| self.words.code("recipient_kind", kind));
                lines.extend([next, list, kind].into_iter().flatten().map(|line| format!("      {line}")));
                answers.push(json!({
                    "id": answer.id, "text": value(said), "question": answer.question, "checklist": answer.checklist,
                    "recipient": answer.recipient,
                }));
            }
            questions.push(json!({ "id": question.id, "text": value(asked), "answers": answers }));
        }
        (json!({ "start": triage.start, "questions": questions }), lines)
    }
}
