//! Checklists as JSON. Names and shapes are promises: others script against them.

use amparo_core::{
    Stamp,
    checklist::{
        AnswerView, ChecklistHeading, ChecklistView, Direction, Due, DueState, Fate, Finish, ItemView, Lead, LeftItem,
        Next, Points, QuestionView, RunSummary, RunView, Score, Standing, Text, Tick,
    },
};
use serde_json::{Value, json};

pub fn text(text: &Text) -> Value {
    let direction = if text.direction == Direction::Rtl { "rtl" } else { "ltr" };
    json!({ "text": text.text, "locale": text.locale, "direction": direction, "fallback": text.is_fallback })
}

fn maybe(shown: Option<&Text>) -> Value {
    shown.map_or(Value::Null, text)
}

pub fn stamp(stamp: &Stamp) -> Value {
    json!({ "time": stamp.time, "clock": stamp.clock })
}

fn finish(finish: &Finish) -> Value {
    json!({ "at": stamp(&finish.at), "version": finish.version })
}

fn points(sum: Points) -> Value {
    json!({ "points": sum.points, "of": sum.of })
}

pub fn heading(list: &ChecklistHeading) -> Value {
    json!({
        "pack": list.pack, "id": list.id, "topic": { "id": list.topic, "title": text(&list.topic_title) },
        "title": text(&list.title), "summary": maybe(list.summary.as_ref()), "situation": list.situation,
        "personas": list.personas, "recurs_days": list.recurs_days, "scored": list.scored, "items": list.items,
    })
}

fn lead(lead: &Lead) -> Value {
    match lead {
        Lead::Checklist { id, title } => json!({ "checklist": id, "title": text(title) }),
        Lead::Incident(act) => json!({ "incident": act }),
        Lead::Recipients(kind) => json!({ "recipients": kind }),
    }
}

fn tick(tick: &Tick) -> Value {
    json!({
        "state": tick.state.as_str(), "at": stamp(&tick.at), "version": tick.version, "note": tick.note,
        "reworded": tick.reworded, "said": maybe(tick.said.as_ref()), "moved_from": tick.moved_from,
    })
}

fn item(item: &ItemView) -> Value {
    json!({
        "id": item.item.id, "text": text(&item.text), "why": maybe(item.why.as_ref()), "priority": item.item.priority,
        "time_critical": item.item.time_critical, "leaves_trace": item.item.leaves_trace,
        "needs_network": item.item.needs_network, "score": item.item.score, "source": item.item.source,
        "last_reviewed": item.item.last_reviewed, "leads": item.leads.iter().map(lead).collect::<Vec<_>>(),
        "state": item.state().as_str(), "tick": item.tick.as_ref().map(tick),
    })
}

pub fn checklist(list: &ChecklistView) -> Value {
    let sections = list.sections.iter().map(|section| {
        json!({
            "id": section.id, "phase": section.phase, "title": text(&section.title),
            "items": section.items.iter().map(item).collect::<Vec<_>>(),
        })
    });
    json!({ "heading": heading(&list.heading), "sections": sections.collect::<Vec<_>>() })
}

fn standing(standing: &Standing) -> Value {
    match standing {
        Standing::Present => json!({ "state": "present" }),
        Standing::ChecklistRemoved { in_version, replaced_by } => {
            json!({ "state": "checklist_removed", "in_version": in_version, "replaced_by": replaced_by })
        }
        Standing::PackRemoved => json!({ "state": "pack_removed" }),
        Standing::PackUnreadable => json!({ "state": "pack_unreadable" }),
    }
}

pub fn summary(run: &RunSummary) -> Value {
    json!({
        "id": run.id, "pack": run.pack, "checklist": run.checklist, "title": maybe(run.title.as_ref()),
        "version": run.version, "started": stamp(&run.started), "finished": run.finished.as_ref().map(finish),
        "standing": standing(&run.standing), "points": run.points.map(points),
        "progress": {
            "done": run.progress.done, "not_applicable": run.progress.not_applicable, "open": run.progress.open,
            "open_time_critical": run.progress.open_time_critical,
        },
    })
}

fn left(left: &LeftItem) -> Value {
    let fate = match &left.fate {
        Fate::Removed { in_version, replaced_by } => {
            json!({ "fate": "removed", "in_version": in_version, "replaced_by": replaced_by })
        }
        Fate::Moved { checklist } => json!({ "fate": "moved", "checklist": checklist }),
        Fate::PackGone => json!({ "fate": "pack_gone" }),
    };
    json!({ "id": left.item, "text": maybe(left.text.as_ref()), "tick": tick(&left.tick), "became": fate })
}

pub fn run(view: &RunView) -> Value {
    let drafts =
        view.drafts.iter().map(|draft| json!({ "incident": draft.incident, "item": draft.item, "act": draft.act }));
    json!({
        "run": summary(&view.summary), "checklist": view.checklist.as_ref().map(checklist),
        "left": view.left.iter().map(left).collect::<Vec<_>>(), "drafts": drafts.collect::<Vec<_>>(),
    })
}

pub fn next(next: &Next) -> Value {
    match next {
        Next::Question(id) => json!({ "question": id }),
        Next::End { checklist, recipients } => {
            let list = checklist.as_ref().map(|(id, title)| json!({ "id": id, "title": text(title) }));
            json!({ "checklist": list, "recipients": recipients })
        }
    }
}

pub fn question(question: &QuestionView) -> Value {
    let answer =
        |answer: &AnswerView| json!({ "id": answer.id, "text": text(&answer.text), "next": next(&answer.next) });
    json!({
        "id": question.id, "text": text(&question.text), "answers": question.answers.iter().map(answer).collect::<Vec<_>>(),
    })
}

pub fn due(due: &Due) -> Value {
    let state = match due.state {
        DueState::NeverStarted => json!({ "state": "never_started" }),
        DueState::Later { due, in_days } => json!({ "state": "later", "due": due.to_string(), "in_days": in_days }),
        DueState::Due { since, overdue_days } => {
            json!({ "state": "due", "since": since.to_string(), "overdue_days": overdue_days })
        }
        DueState::ClockWentBack => json!({ "state": "clock_went_back" }),
        DueState::ClockUnknown => json!({ "state": "clock_unknown" }),
    };
    json!({
        "checklist": heading(&due.heading), "recurs_days": due.recurs_days, "due": state,
        "last_finished": due.last_finished.as_ref().map(finish), "open_run": due.open_run,
    })
}

pub fn score(score: &Score) -> Value {
    let changes = score.changes.iter().map(|change| {
        json!({
            "item": change.item, "text": maybe(change.text.as_ref()), "before": change.before.map(|s| s.as_str()),
            "after": change.after.map(|s| s.as_str()), "risk_before": change.risk_before, "risk_after": change.risk_after,
        })
    });
    json!({
        "run": score.run, "finished": finish(&score.finish), "result": points(score.points),
        "changes": changes.collect::<Vec<_>>(),
    })
}
