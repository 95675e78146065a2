//! What a form says to a report: decided on the saved record and on what is withheld of it, so that what is hidden and what is not
//! there are never confused.
//!
//! Works with places and codes only; nothing that somebody entered leaves this file.

use std::collections::{BTreeMap, BTreeSet};

use amparo_pack::form::{ConsentRule, EVIDENCE, Form, FormField, Level, Way, meets};
use serde_json::{Value, json};

use crate::{
    CoreError, EvidenceId,
    evidence::Evidence,
    incident::{ConsentPurpose, IncidentContent, RecipientKind},
    report::{Disclosed, Item, LeftOut, LeftOutReason, Reason, Shown, Told, Why, Withheld},
};

/// What is the matter with a field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldStatus {
    /// Nobody entered it.
    Missing,
    /// It is known, and this group is not told.
    Hidden,
    /// It would be told, and is left out because the channel must not get it.
    LeftOut,
}

impl FieldStatus {
    /// A stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Hidden => "hidden",
            Self::LeftOut => "left_out",
        }
    }
}

/// Why something that is known is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenBecause {
    /// A field of the incident.
    Field(Reason),
    /// A piece of evidence.
    Evidence(LeftOutReason),
}

impl HiddenBecause {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field(reason) => reason.as_str(),
            Self::Evidence(reason) => reason.as_str(),
        }
    }
}

/// Where something is, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormPlace {
    /// A pointer into the incident; `-` is an element that is not there yet. `/evidence/…` is the evidence of the report, in its order.
    pub path: String,
    /// The piece of evidence, if it is one that is not in the report.
    pub evidence: Option<EvidenceId>,
    /// Why it is not told, if it is known.
    pub hidden: Option<HiddenBecause>,
}

/// What a channel asks a person for and did not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentGap {
    /// The channel takes nobody without a name, and no name was entered.
    NoName,
    /// There is a name, and it is not told.
    NameHidden {
        /// Why.
        reason: Reason,
    },
    /// The channel takes nobody without a name, and this person's consent does not allow to tell it.
    NotNamed {
        /// What the person answered.
        why: Why,
    },
    /// Nobody asked for an answer on this purpose.
    NotAsked {
        /// Which.
        purpose: ConsentPurpose,
    },
    /// There is an answer on this purpose, and it is not told.
    AnswerHidden {
        /// Which.
        purpose: ConsentPurpose,
        /// Why.
        reason: Reason,
    },
}

impl ConsentGap {
    /// A stable word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoName => "no_name",
            Self::NameHidden { .. } => "name_hidden",
            Self::NotNamed { .. } => "not_named",
            Self::NotAsked { .. } => "not_asked",
            Self::AnswerHidden { .. } => "answer_hidden",
        }
    }
}

/// A person of whom the channel may not be told as things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentFinding {
    /// The person's place in the incident, from 0.
    pub person: usize,
    /// What is not there.
    pub gap: ConsentGap,
}

/// A finding without its texts.
pub(crate) struct Found {
    pub field: String,
    pub level: Level,
    pub status: FieldStatus,
    pub places: Vec<FormPlace>,
}

/// What a form says to one report.
pub(crate) struct Judged {
    pub fields: Vec<Found>,
    pub consent: Vec<ConsentFinding>,
    /// The first piece of evidence chosen by hand that the channel does not take.
    pub refused: Option<usize>,
}

impl Judged {
    /// What stops a report.
    pub fn enforce(&self, form: &Form, kind: &RecipientKind, items: usize) -> Result<(), CoreError> {
        if !form.is_for(kind.as_str()) {
            return Err(CoreError::FormOtherKind);
        }
        if !self.consent.is_empty() {
            let persons: BTreeSet<usize> = self.consent.iter().map(|finding| finding.person).collect();
            return Err(CoreError::FormConsent { persons: persons.into_iter().collect() });
        }
        if let Some(index) = self.refused {
            return Err(CoreError::FormEvidence { index });
        }
        match most(form) {
            Some(limit) if items > limit => Err(CoreError::FormTooMany { count: items, limit }),
            _ => Ok(()),
        }
    }
}

/// The most pieces of evidence that a channel takes.
pub(super) fn most(form: &Form) -> Option<usize> {
    form.limits.items.map(|most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// Why a channel does not take a piece of evidence, whatever else is in the report.
pub(crate) fn not_taken(form: &Form, evidence: &Evidence) -> Option<LeftOutReason> {
    let element = json!({ "kind": evidence.description.kind, "media_type": evidence.description.media_type });
    let forbidden = form.forbidden().any(|way| way.at == EVIDENCE && way.selects(&element));
    if forbidden || !form.limits.takes(&evidence.description.media_type) {
        return Some(LeftOutReason::NotForChannel);
    }
    let large = form.limits.item_bytes.is_some_and(|most| evidence.size > most);
    large.then_some(LeftOutReason::TooLargeForChannel)
}

/// A report as far as a form looks at it.
pub(crate) struct Seen<'a> {
    /// The stored record.
    pub record: &'a Value,
    pub incident: &'a IncidentContent,
    pub disclosed: &'a Disclosed,
    pub items: &'a [Item],
    pub left_out: &'a [LeftOut],
    /// All evidence that is attached.
    pub all: &'a [Evidence],
    pub shown: Shown,
}

/// What `form` says to what a recipient of `kind` would be told.
pub(crate) fn judge(form: &Form, kind: &RecipientKind, seen: &Seen<'_>, refused: Option<usize>) -> Judged {
    let judge = Judge { seen, withheld: withheld(&seen.disclosed.withheld) };
    let mut fields = Vec::new();
    for level in [Level::Required, Level::Wanted, Level::Forbidden] {
        for field in form.of_level(level) {
            if level == Level::Forbidden {
                judge.forbidden(field, &mut fields)
            } else {
                judge.asked(field, &mut fields)
            }
        }
    }
    let consent = form.consent_for(kind.as_str()).map_or_else(Vec::new, |rule| judge.consent(rule));
    Judged { fields, consent, refused }
}

fn withheld(list: &[Withheld]) -> BTreeMap<&str, Reason> {
    list.iter().map(|one| (one.field.as_str(), one.reason)).collect()
}

struct Judge<'a> {
    seen: &'a Seen<'a>,
    withheld: BTreeMap<&'a str, Reason>,
}

/// What is known of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Told,
    Hidden(HiddenBecause),
    Nothing,
}

impl Known {
    /// Of two places of which one is enough.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Told, _) | (_, Self::Told) => Self::Told,
            (Self::Hidden(why), _) | (_, Self::Hidden(why)) => Self::Hidden(why),
            _ => Self::Nothing,
        }
    }
}

/// What one way finds.
#[derive(Default)]
struct Look {
    there: bool,
    missing: Vec<FormPlace>,
    hidden: Vec<FormPlace>,
}

fn empty_place(path: String) -> FormPlace {
    FormPlace { path, evidence: None, hidden: None }
}

impl Look {
    /// Takes in one element, and says whether it has what is asked for.
    fn add(&mut self, known: Known, places: impl Iterator<Item = String>) -> bool {
        match known {
            Known::Told => return true,
            Known::Hidden(why) => {
                self.hidden.extend(places.map(|path| FormPlace { hidden: Some(why), ..empty_place(path) }))
            }
            Known::Nothing => self.missing.extend(places.map(empty_place)),
        }
        false
    }
}

impl Judge<'_> {
    /// Something that is required or wanted.
    fn asked(&self, field: &FormField, out: &mut Vec<Found>) {
        let looks: Vec<(&Way, Look)> = field.what.iter().map(|way| (way, self.look(way))).collect();
        if looks.iter().any(|(_, look)| look.there) {
            return;
        }
        let each = looks.iter().any(|(way, look)| way.each && !look.missing.is_empty());
        let (mut missing, mut hidden) = (Vec::new(), Vec::new());
        for (_, look) in looks {
            missing.extend(look.missing);
            hidden.extend(look.hidden);
        }
        let found = |status, places| Found { field: field.id.clone(), level: field.level, status, places };
        // What is known somewhere is not asked for a second time.
        let ask = hidden.is_empty() || each;
        if !missing.is_empty() && ask {
            out.push(found(FieldStatus::Missing, missing));
        }
        if !hidden.is_empty() {
            out.push(found(FieldStatus::Hidden, hidden));
        }
    }

    fn look(&self, way: &Way) -> Look {
        match way.at.as_str() {
            "" => self.look_record(way),
            EVIDENCE => self.look_evidence(way),
            _ => self.look_list(way),
        }
    }

    fn look_record(&self, way: &Way) -> Look {
        let mut look = Look::default();
        let mut known = Known::Nothing;
        for field in &way.any {
            let at = format!("/{field}");
            let one = self.known(&at);
            known = known.or(one);
            look.there |= look.add(one, [at].into_iter());
        }
        look
    }

    fn look_list(&self, way: &Way) -> Look {
        let mut look = Look::default();
        let (mut selected, mut having) = (0usize, 0usize);
        let elements = self.seen.record.pointer(&way.at).and_then(Value::as_array);
        for (i, element) in elements.into_iter().flatten().enumerate() {
            if !way.selects(element) {
                continue;
            }
            let at = format!("{}/{i}", way.at);
            let whole = self.element(&at, element);
            if way.each && whole != Known::Told {
                // Of whom nothing is told, nothing is asked.
                continue;
            }
            selected = selected.saturating_add(1);
            let fields: Vec<String> = way.any.iter().map(|field| format!("{at}/{field}")).collect();
            let known = if fields.is_empty() {
                whole
            } else {
                fields.iter().map(|field| self.known(field)).fold(Known::Nothing, Known::or)
            };
            // Who does not see the role does not know that this is one.
            let known = match (known, self.condition(&at, way)) {
                (Known::Told, Some(hidden)) => Known::Hidden(hidden),
                (known, _) => known,
            };
            let places = if fields.is_empty() { vec![at] } else { self.relevant(fields, known) };
            if look.add(known, places.into_iter()) {
                having = having.saturating_add(1);
            }
        }
        look.there = if way.each { having == selected } else { having > 0 };
        if selected == 0 && !way.each {
            let fields = way.any.iter().map(|field| format!("{}/-/{field}", way.at));
            let whole = way.any.is_empty().then(|| format!("{}/-", way.at));
            look.missing.extend(fields.chain(whole).map(empty_place));
        }
        look
    }

    fn look_evidence(&self, way: &Way) -> Look {
        let mut look = Look::default();
        for (i, item) in self.seen.items.iter().enumerate() {
            let element = self.evidence(&item.evidence);
            if !way.selects(&element) {
                continue;
            }
            let told = way.any.is_empty() || way.any.iter().any(|field| element.get(field).is_some_and(is_there));
            look.there |= told;
            if !told {
                look.missing.extend(way.any.iter().map(|field| empty_place(format!("{EVIDENCE}/{i}/{field}"))));
            }
        }
        for left in self.seen.left_out {
            let evidence = self.seen.all.iter().find(|evidence| evidence.id == left.evidence);
            // Its copy is looked at instead.
            let instead = left.reason == LeftOutReason::CopyInstead;
            if !instead && evidence.is_some_and(|evidence| way.selects(&self.evidence(evidence))) {
                let hidden = Some(HiddenBecause::Evidence(left.reason));
                look.hidden.push(FormPlace { path: EVIDENCE.to_owned(), evidence: Some(left.evidence), hidden });
            }
        }
        if look.missing.is_empty() && look.hidden.is_empty() {
            let fields = way.any.iter().map(|field| format!("{EVIDENCE}/-/{field}"));
            let whole = way.any.is_empty().then(|| format!("{EVIDENCE}/-"));
            look.missing.extend(fields.chain(whole).map(empty_place));
        }
        look
    }

    /// What is told of a piece of evidence, as far as forms look at it.
    fn evidence(&self, evidence: &Evidence) -> Value {
        let said = &evidence.description;
        json!({
            "kind": said.kind, "media_type": said.media_type, "language": said.language,
            "captured_at": said.captured_at.as_ref().map(|at| at.time),
            "note": said.note.as_ref().filter(|_| self.seen.shown.notes),
            "file_name": said.file_name.as_ref().filter(|_| self.seen.shown.file_names),
        })
    }

    /// Of several fields of which one would be enough: those that are hidden, if any is.
    fn relevant(&self, fields: Vec<String>, known: Known) -> Vec<String> {
        if !matches!(known, Known::Hidden(_)) {
            return fields;
        }
        let hidden = |field: &String| matches!(self.known(field), Known::Hidden(_) | Known::Told);
        fields.into_iter().filter(hidden).collect()
    }

    /// Whether what an element was selected by is told.
    fn condition(&self, at: &str, way: &Way) -> Option<HiddenBecause> {
        let hidden = |field: &String| match self.known(&format!("{at}/{field}")) {
            Known::Hidden(why) => Some(why),
            _ => None,
        };
        way.filter.keys().find_map(hidden)
    }

    /// An element of a list. An id, or nothing but what its kind needs, tells that there is one.
    fn element(&self, at: &str, element: &Value) -> Known {
        if let Some(reason) = self.reason(at) {
            return Known::Hidden(HiddenBecause::Field(reason));
        }
        let Value::Object(map) = element else { return self.known(at) };
        let fields = map.keys().filter(|key| !["id", "confidential"].contains(&key.as_str()));
        fields.map(|key| self.known(&format!("{at}/{key}"))).fold(Known::Nothing, Known::or)
    }

    /// What is known of everything at and below a place of the record.
    fn known(&self, at: &str) -> Known {
        let Some(value) = self.seen.record.pointer(at) else { return Known::Nothing };
        self.known_value(at, value)
    }

    fn known_value(&self, at: &str, value: &Value) -> Known {
        if !is_there(value) {
            return Known::Nothing;
        }
        if let Some(reason) = self.reason(at) {
            return Known::Hidden(HiddenBecause::Field(reason));
        }
        let below = |key: &str, child: &Value| self.known_value(&format!("{at}/{}", escaped(key)), child);
        match value {
            Value::Object(map) => map.iter().map(|(key, child)| below(key, child)).fold(Known::Nothing, Known::or),
            Value::Array(list) => {
                let all = list.iter().enumerate();
                all.map(|(i, child)| below(&i.to_string(), child)).fold(Known::Nothing, Known::or)
            }
            _ => Known::Told,
        }
    }

    /// Why a place, or something that it is in, is withheld.
    fn reason(&self, at: &str) -> Option<Reason> {
        let mut at = at;
        loop {
            if let Some(reason) = self.withheld.get(at) {
                return Some(*reason);
            }
            at = at.rsplit_once('/')?.0;
        }
    }

    /// What is left out because the channel must not get it.
    fn forbidden(&self, field: &FormField, out: &mut Vec<Found>) {
        let mut places = Vec::new();
        for (at, reason) in self.withheld.iter().filter(|(_, reason)| **reason == Reason::Form) {
            if field.what.iter().any(|way| self.means(way, at)) {
                let hidden = Some(HiddenBecause::Field(*reason));
                places.push(FormPlace { path: (*at).to_owned(), evidence: None, hidden });
            }
        }
        for left in self.seen.left_out.iter().filter(|left| left.reason == LeftOutReason::NotForChannel) {
            let evidence = self.seen.all.iter().find(|evidence| evidence.id == left.evidence);
            let means = |way: &Way| {
                way.at == EVIDENCE && evidence.is_some_and(|evidence| way.selects(&self.evidence(evidence)))
            };
            if field.what.iter().any(means) {
                let hidden = Some(HiddenBecause::Evidence(left.reason));
                places.push(FormPlace { path: EVIDENCE.to_owned(), evidence: Some(left.evidence), hidden });
            }
        }
        if !places.is_empty() {
            out.push(Found { field: field.id.clone(), level: field.level, status: FieldStatus::LeftOut, places });
        }
    }

    /// Whether a way means a place of the record. Who is not named is not told of in other ways either.
    fn means(&self, way: &Way, at: &str) -> bool {
        if way.at.is_empty() {
            return at.strip_prefix('/').is_some_and(|field| way.holds(field));
        }
        let Some(rest) = at.strip_prefix(&way.at).and_then(|rest| rest.strip_prefix('/')) else { return false };
        let (index, field) = rest.split_once('/').unwrap_or((rest, ""));
        let element = self.seen.record.pointer(&format!("{}/{index}", way.at));
        let names = way.at == "/persons" && way.holds("name");
        element.is_some_and(|element| way.selects(element)) && (names || way.holds(field))
    }

    fn consent(&self, rule: &ConsentRule) -> Vec<ConsentFinding> {
        let mut found = Vec::new();
        let (mut left_out, mut named) = (Vec::new(), false);
        for (person, (entered, told)) in self.seen.incident.persons.iter().zip(&self.seen.disclosed.persons).enumerate()
        {
            let at = format!("/persons/{person}");
            let Some(element) = self.seen.record.pointer(&at) else { continue };
            if !meets(element, &rule.of) {
                continue;
            }
            let mut gap = |gap: ConsentGap| found.push(ConsentFinding { person, gap });
            let whole = self.element(&at, element);
            match (told.told, whole) {
                (Told::LeftOut, _) | (_, Known::Hidden(_) | Known::Nothing) => {
                    left_out.push((person, told.why, whole));
                    continue;
                }
                (Told::Pseudonymised, _) => {
                    if !rule.anonymous {
                        gap(ConsentGap::NotNamed { why: told.why });
                    }
                    continue;
                }
                (Told::InFull, Known::Told) => {}
            }
            if !rule.anonymous {
                match self.known(&format!("{at}/name")) {
                    Known::Told => named = true,
                    Known::Hidden(HiddenBecause::Field(reason)) => gap(ConsentGap::NameHidden { reason }),
                    _ => gap(ConsentGap::NoName),
                }
            }
            let answers = entered.consent.as_ref().map_or(&[][..], |consent| consent.purposes.as_slice());
            for purpose in &rule.purposes {
                let Ok(purpose) = purpose.parse::<ConsentPurpose>() else { continue };
                match answers.iter().position(|answer| answer.purpose == purpose) {
                    None => gap(ConsentGap::NotAsked { purpose }),
                    Some(i) => {
                        let answer = format!("{at}/consent/purposes/{i}/allowed");
                        if let Known::Hidden(HiddenBecause::Field(reason)) = self.known(&answer) {
                            gap(ConsentGap::AnswerHidden { purpose, reason });
                        }
                    }
                }
            }
        }
        // Others may be named without them; if they are all there are, the report is about somebody who is not named.
        if !rule.anonymous && !named && found.is_empty() {
            found.extend(left_out.into_iter().map(|(person, why, whole)| {
                let gap = match (why, whole) {
                    (Why::Allowed, Known::Hidden(HiddenBecause::Field(reason))) => ConsentGap::NameHidden { reason },
                    (Why::Allowed, _) => ConsentGap::NoName,
                    _ => ConsentGap::NotNamed { why },
                };
                ConsentFinding { person, gap }
            }));
        }
        found
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Whether somebody said something.
fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => list.iter().any(is_there),
        Value::Object(map) => map.values().any(is_there),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
