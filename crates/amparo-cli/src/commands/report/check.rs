//! `amparo report check`: what a channel's form says to a report, as a page in the reader's language.
//!
//! What matters most stands first, and nothing of what somebody entered is on the page but ids and places.

use std::{path::Path, sync::Arc};

use amparo_core::{
    Amparo, EvidenceId,
    checklist::{Pack, Text},
    form::{ChannelForm, ConsentFinding, ConsentGap, FieldFinding, FieldStatus, FormCheck, Level},
    incident::RecipientKind,
    report::{RecipientGroup, ReportRequest},
};
use amparo_report::{figures, locale::Locale};
use serde_json::{Value, json};

use super::{
    super::{
        Context,
        checklist::{page::Page, values},
        pack::bytes_of,
    },
    choice, known_kind,
};
use crate::{args::CheckArgs, failure::Failure};

pub(super) fn run(context: &Context, what: &CheckArgs) -> Result<bool, Failure> {
    let (choice, sender) = choice(&what.choice)?;
    let incident = what.incident.parse()?;
    let kind = what.kind.as_deref().map(known_kind).transpose()?;
    let check = context.with_vault(&what.dir, |amparo| {
        let form = find(amparo, what.pack.as_deref(), &what.form)?;
        let first = form.form().kinds.iter().find_map(|kind| kind.parse::<RecipientKind>().ok());
        let kind = kind.or(first).ok_or_else(|| Failure::input("the form is for no kind of recipient"))?;
        let group = RecipientGroup::new(kind, Vec::new());
        let request = ReportRequest { sender, ..ReportRequest::to_groups(incident, vec![group]) }.choosing(&choice);
        Ok(amparo.forms().check(&request, 0, &form, &what.language)?)
    })?;
    context.output.result(&describe(&check), || page(&check, &what.language));
    Ok(check.can_be_sealed())
}

/// A form: of the installed pack with this id, of a pack file, or of the one installed pack that has it.
pub(super) fn find(amparo: &Amparo, pack: Option<&str>, id: &str) -> Result<ChannelForm, Failure> {
    if let Some(pack) = pack {
        let path = Path::new(pack);
        if !path.exists() {
            return Ok(amparo.forms().open(pack, id)?);
        }
        return Ok(ChannelForm::of(&Arc::new(Pack::parse(&bytes_of(path)?).map_err(Failure::from)?), id)?);
    }
    let mut found = amparo.forms().list(None)?;
    found.retain(|entry| entry.id == id);
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(Failure::input(
            "no installed pack has this form: name a pack file with --pack, or install one with amparo pack install",
        )),
        (Some(entry), true) => Ok(entry.form.map_err(amparo_core::CoreError::from)?),
        (Some(_), false) => Err(Failure::input("several installed packs have this form: name one with --pack")),
    }
}

fn text(shown: Option<&Text>) -> Value {
    shown.map_or(Value::Null, values::text)
}

/// One finding as JSON.
pub(super) fn finding(found: &FieldFinding) -> Value {
    let place = |place: &amparo_core::form::FormPlace| {
        json!({
            "path": place.path, "evidence": place.evidence.map(|id| id.to_string()),
            "hidden": place.hidden.map(|why| why.as_str()),
        })
    };
    json!({
        "field": found.field, "level": found.level.as_str(), "status": found.status.as_str(),
        "places": found.places.iter().map(place).collect::<Vec<_>>(),
        "text": text(found.text.as_ref()), "why": text(found.why.as_ref()),
    })
}

fn describe(check: &FormCheck) -> Value {
    let gap = |found: &ConsentFinding| {
        let purpose = match &found.gap {
            ConsentGap::NotAsked { purpose } | ConsentGap::AnswerHidden { purpose, .. } => Some(purpose.as_str()),
            _ => None,
        };
        json!({ "person": found.person, "gap": found.gap.code(), "purpose": purpose })
    };
    let size = &check.size;
    let later = size.later.iter().map(|later| {
        json!({
            "evidence": later.evidence.to_string(), "size": later.size, "named": later.named, "why": later.why.as_str()
        })
    });
    let unfit = size.unfit.iter().map(|one| json!({ "evidence": one.evidence.to_string(), "why": one.why.as_str() }));
    json!({
        "form": check.form, "title": text(check.title.as_ref()),
        "complete": check.is_complete(), "can_be_sealed": check.can_be_sealed(), "right_kind": check.right_kind,
        "fields": check.fields.iter().map(finding).collect::<Vec<_>>(),
        "consent": check.consent.iter().map(gap).collect::<Vec<_>>(),
        "consent_text": text(check.consent_text.as_ref()), "consent_why": text(check.consent_why.as_ref()),
        "limits_text": text(check.limits_text.as_ref()),
        "size": {
            "sealed": size.sealed, "sealed_limit": size.sealed_limit, "items": size.items, "items_limit": size.items_limit,
            "fits": size.fits(), "keep": size.keep.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "later": later.collect::<Vec<_>>(), "unfit": unfit.collect::<Vec<_>>(),
        },
    })
}

fn page(check: &FormCheck, language: &str) -> Vec<String> {
    let mut page = Page::new(language);
    let words = page.words;
    if let Some(title) = &check.title {
        page.title(title);
    }
    if !check.right_kind {
        page.say("", words.text("form.other_kind"));
    }
    consent(&mut page, check);
    let parts = [
        (Level::Required, FieldStatus::Missing, "form.required"),
        (Level::Required, FieldStatus::Hidden, "form.required"),
        (Level::Wanted, FieldStatus::Missing, "form.wanted"),
        (Level::Wanted, FieldStatus::Hidden, "form.wanted"),
        (Level::Forbidden, FieldStatus::LeftOut, "form.forbidden"),
    ];
    let mut headed = "";
    for (level, status, heading) in parts {
        let mut found = check.fields.iter().filter(|one| one.level == level && one.status == status).peekable();
        if found.peek().is_none() {
            continue;
        }
        if headed != heading {
            headed = heading;
            page.gap();
            page.say("", words.text(heading));
        }
        if status == FieldStatus::Hidden {
            page.say("  ", words.text("form.hidden"));
        }
        found.for_each(|one| field(&mut page, one));
    }
    size(&mut page, check, words);
    page.gap();
    page.say(
        "",
        words.text(match (check.can_be_sealed(), check.is_complete()) {
            (false, _) => "form.cannot_be_sealed",
            (true, true) => "form.complete",
            (true, false) => "form.can_be_sealed",
        }),
    );
    page.lines
}

fn field(page: &mut Page, found: &FieldFinding) {
    // Most things can be there in several places; the first few are enough to find them.
    const PLACES: usize = 4;
    match &found.text {
        Some(text) => page.text("  - ", text),
        None => page.id("  - ", &found.field),
    }
    if let Some(why) = &found.why {
        page.text("      ", why);
    }
    for place in found.places.iter().take(PLACES) {
        let about = place.evidence.map_or_else(|| place.path.clone(), |id| id.to_string());
        page.id("      ", &place.hidden.map_or_else(|| about.clone(), |why| format!("{about} ({})", why.as_str())));
    }
    if found.places.len() > PLACES {
        page.say("      ", "…");
    }
}

fn consent(page: &mut Page, check: &FormCheck) {
    if check.consent.is_empty() {
        return;
    }
    let words = page.words;
    page.gap();
    page.say("", words.text("form.consent"));
    if let Some(text) = &check.consent_text {
        page.text("  - ", text);
    }
    if let Some(why) = &check.consent_why {
        page.text("      ", why);
    }
    for found in &check.consent {
        // People count from one.
        let number = page.piece(&found.person.saturating_add(1).to_string());
        let (key, purpose) = match &found.gap {
            ConsentGap::NoName => ("form.gap.no_name", None),
            ConsentGap::NameHidden { .. } => ("form.gap.name_hidden", None),
            ConsentGap::NotNamed { .. } => ("form.gap.not_named", None),
            ConsentGap::NotAsked { purpose } => ("form.gap.not_asked", Some(purpose)),
            ConsentGap::AnswerHidden { purpose, .. } => ("form.gap.answer_hidden", Some(purpose)),
        };
        let purpose = purpose.map(|purpose| words.code("consent_purpose", purpose.as_str())).unwrap_or_default();
        let line = words.fill(key, &[("number", &number), ("purpose", &purpose)]);
        page.say("      ", &line);
    }
}

fn size(page: &mut Page, check: &FormCheck, words: Locale) {
    let size = &check.size;
    if size.fits() && size.unfit.is_empty() {
        return;
    }
    page.gap();
    if let Some(text) = &check.limits_text {
        page.text("", text);
    }
    if let Some(limit) = size.sealed_limit {
        for (key, bytes) in [("form.size", size.sealed), ("form.size_limit", limit)] {
            let bytes = page.piece(&figures::size(words, bytes));
            let line = words.fill(key, &[("size", &bytes)]);
            page.say("", &line);
        }
    }
    if let Some(most) = size.items_limit {
        let (count, most) = (page.piece(&size.items.to_string()), page.piece(&most.to_string()));
        let line = words.fill("form.items_limit", &[("count", &count), ("most", &most)]);
        page.say("", &line);
    }
    let mut list = |heading: &'static str, ids: Vec<EvidenceId>| {
        if !ids.is_empty() {
            page.say("", words.text(heading));
            ids.iter().for_each(|id| page.id("  ", &id.to_string()));
        }
    };
    list("form.first", size.keep.clone());
    list("form.later", size.later.iter().map(|later| later.evidence).collect());
    list("form.unfit", size.unfit.iter().map(|one| one.evidence).collect());
}
