//! What a channel's form says to a report before it is sealed: what is missing, what is hidden, what is left out, and what to
//! leave for a second report.
//!
//! Nothing is sealed and nobody is told. The sizes are those that sealing would give, not estimates.

use std::{cmp::Reverse, collections::BTreeSet};

use amparo_crypto::age::{Identity, KeyKind};
use amparo_report::seal::{SealError, SealJob, plan};

use super::{ChannelForm, ConsentFinding, FieldFinding, Forms, Level, fit, judge};
use crate::{
    CoreError, EvidenceId, ReportId,
    checklist::Text,
    evidence::Evidence,
    incident::IncidentContent,
    report::{Composition, LeftOut, LeftOutReason, RecipientGroup, ReportRequest},
};

/// Why a piece of evidence is better left for a second report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaterReason {
    /// It does not fit even by itself.
    DoesNotFit,
    /// What goes first leaves no room for it.
    NoRoom,
    /// The channel takes no more pieces.
    TooMany,
}

impl LaterReason {
    /// A stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoesNotFit => "does_not_fit",
            Self::NoRoom => "no_room",
            Self::TooMany => "too_many",
        }
    }
}

/// A piece of evidence to leave for a second report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// Which one.
    pub evidence: EvidenceId,
    /// Its size in bytes.
    pub size: u64,
    /// Whether an act or an online harm names it. Such evidence is left last.
    pub named: bool,
    /// Why.
    pub why: LaterReason,
}

/// A piece of evidence that the channel does not take in any report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// Which one.
    pub evidence: EvidenceId,
    /// Why: [`LeftOutReason::NotForChannel`] or [`LeftOutReason::TooLargeForChannel`].
    pub why: LeftOutReason,
}

/// How much it is, how much the channel takes, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeCheck {
    /// Bytes of the largest sealed file, as it is now. Exact for the group's recipients; without any, for one.
    pub sealed: u64,
    /// Bytes that the channel takes, if that is known.
    pub sealed_limit: Option<u64>,
    /// Pieces of evidence, as it is now.
    pub items: usize,
    /// Pieces that the channel takes, if that is known.
    pub items_limit: Option<usize>,
    /// If it is too much: what to choose for this report, the most important first. Empty if nothing fits or nothing need be left.
    pub keep: Vec<EvidenceId>,
    /// If it is too much: what to leave for a second report. It keeps what acts and online harms name, then what is small, then
    /// originals, then what is recent.
    pub later: Vec<Later>,
    /// Evidence that the channel takes in no report. It is left out.
    pub unfit: Vec<Unfit>,
}

impl SizeCheck {
    /// Whether the channel takes it as it is.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.sealed_limit.is_none_or(|limit| self.sealed <= limit)
            && self.items_limit.is_none_or(|most| self.items <= most)
    }
}

/// What a form says to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormCheck {
    /// The form's id.
    pub form: String,
    /// Its title in the reader's language.
    pub title: Option<Text>,
    /// Whether it is for recipients of the group's kind. If not, nothing can be sealed with it.
    pub right_kind: bool,
    /// Fields that are not as the channel would have them: required ones first, then wanted ones, then what is left out; within
    /// that, in the order of the form, which is that of what matters most.
    pub fields: Vec<FieldFinding>,
    /// Persons of whom the channel may not be told as things are. While there is one, nothing is sealed with this form.
    pub consent: Vec<ConsentFinding>,
    /// What to do about those persons, and why.
    pub consent_text: Option<Text>,
    /// Why the channel asks for it.
    pub consent_why: Option<Text>,
    /// How much it is.
    pub size: SizeCheck,
    /// What the channel takes, and what to do if it is more.
    pub limits_text: Option<Text>,
}

impl FormCheck {
    /// Whether a report for this group would be sealed with this form. What is missing does not stop it.
    #[must_use]
    pub fn can_be_sealed(&self) -> bool {
        self.right_kind && self.consent.is_empty() && self.size.fits()
    }

    /// Whether everything that the channel requires would be told.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.can_be_sealed() && !self.fields.iter().any(|field| field.level == Level::Required)
    }
}

impl Forms<'_> {
    /// What `form` says to what group `group` of `request` would be told, after consent, marks and choice; texts in the language
    /// nearest to `language`. The group's own form is not looked at, and it may have no recipients yet. Blocks for the disk; with
    /// limits and much evidence it composes the report several times, without reading the evidence.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::Draft`], [`CoreError::Conflict`], [`CoreError::NoSuchField`],
    /// those of evidence that was chosen by hand as in [`Reports::preview`](crate::report::Reports::preview),
    /// [`CoreError::InvalidField`] if there is no such group, and the vault's. What the form says is no error.
    pub fn check(
        &self,
        request: &ReportRequest,
        group: usize,
        form: &ChannelForm,
        language: &str,
    ) -> Result<FormCheck, CoreError> {
        let no_group = CoreError::InvalidField { field: "group", rule: "must be one of the request's" };
        let group = request.groups.get(group).ok_or(no_group)?;
        let mut group = RecipientGroup { form: Some(form.clone()), ..group.clone() };
        if group.recipients.is_empty() {
            let stand_in = Identity::generate(KeyKind::PostQuantum).map_err(SealError::from)?;
            group.recipients = vec![stand_in.recipient()];
        }
        let trial = Trial { forms: self, request, jobs: plan(&group.recipients)? };
        let (composition, sealed) = trial.compose(&group)?;
        let size = trial.size(&group, form, &composition, sealed)?;
        let judged = composition.form.as_ref().map(|(_, judged)| judged);
        let fields = judged.map_or_else(Vec::new, |judged| form.explain(&judged.fields, language));
        let consent = judged.map_or_else(Vec::new, |judged| judged.consent.clone());
        let text = |key: &str, needed: bool| form.text(key, language).filter(|_| needed);
        Ok(FormCheck {
            form: form.form().id.clone(),
            title: form.title(language),
            right_kind: form.form().is_for(group.kind.as_str()),
            fields,
            consent_text: text("consent", !consent.is_empty()),
            consent_why: text("consent.why", !consent.is_empty()),
            consent,
            limits_text: text("limits", !size.fits() || !size.unfit.is_empty()),
            size,
        })
    }
}

/// Composes a report without sealing it.
struct Trial<'a> {
    forms: &'a Forms<'a>,
    request: &'a ReportRequest,
    jobs: Vec<SealJob>,
}

impl Trial<'_> {
    /// What would be told, and how large the largest file of it would be.
    fn compose(&self, group: &RecipientGroup) -> Result<(Composition, u64), CoreError> {
        let amparo = self.forms.amparo;
        let (now, id) = (amparo.clock.now(), ReportId::generate()?);
        let composition = amparo.vault.write(|tx| {
            let current = crate::incident::store::get(tx, self.request.incident)?.revision;
            if self.request.revision.is_some_and(|chosen| chosen != current) {
                return Err(CoreError::Conflict { current });
            }
            Composition::gather(tx, id, self.request, group, &now)
        })?;
        let mut composed = [composition];
        let size = amparo.reports().largest_file(&mut composed, &self.jobs)?;
        let [composition] = composed;
        Ok((composition, size))
    }

    /// How much it is, and what to leave if it is too much.
    fn size(
        &self,
        group: &RecipientGroup,
        form: &ChannelForm,
        composition: &Composition,
        sealed: u64,
    ) -> Result<SizeCheck, CoreError> {
        let unfit = |left: &LeftOut| match left.reason {
            why @ (LeftOutReason::NotForChannel | LeftOutReason::TooLargeForChannel) => {
                Some(Unfit { evidence: left.evidence, why })
            }
            _ => None,
        };
        let mut check = SizeCheck {
            sealed,
            sealed_limit: form.form().limits.report_bytes,
            items: composition.items.len(),
            items_limit: judge::most(form.form()),
            keep: Vec::new(),
            later: Vec::new(),
            unfit: composition.left_out.iter().filter_map(unfit).collect(),
        };
        if check.fits() {
            return Ok(check);
        }
        let named = self.named()?;
        let mut order: Vec<&Evidence> = composition.items.iter().map(|item| &item.evidence).collect();
        order.sort_by_key(|evidence| rank(evidence, &named));
        let limit = check.sealed_limit.unwrap_or(u64::MAX);
        let most = check.items_limit.unwrap_or(usize::MAX);
        let bytes = |chosen: &[&Evidence]| chosen.iter().fold(0u64, |sum, one| sum.saturating_add(one.size));
        // A sealed file is larger than what is in it.
        let cannot = |kept: &[&Evidence], next: &Evidence| bytes(kept).saturating_add(next.size) > limit;
        let kept = fit::keep(&order, most, cannot, |choice: &[&Evidence]| {
            if check.sealed_limit.is_none() {
                return Ok(true);
            }
            if bytes(choice) > limit {
                return Ok(false);
            }
            Ok::<_, CoreError>(self.sealed_with(group, choice)? <= limit)
        })?;
        check.keep = kept.iter().map(|evidence| evidence.id).collect();
        for evidence in order {
            if check.keep.contains(&evidence.id) {
                continue;
            }
            let why = if cannot(&[], evidence) {
                LaterReason::DoesNotFit
            } else if kept.len() >= most {
                LaterReason::TooMany
            } else if kept.is_empty() {
                // Nothing is in its way.
                LaterReason::DoesNotFit
            } else {
                LaterReason::NoRoom
            };
            check.later.push(Later {
                evidence: evidence.id,
                size: evidence.size,
                named: named.contains(&evidence.id),
                why,
            });
        }
        Ok(check)
    }

    fn sealed_with(&self, group: &RecipientGroup, choice: &[&Evidence]) -> Result<u64, CoreError> {
        let mut group = group.clone();
        group.choice.evidence = Some(choice.iter().map(|evidence| evidence.id).collect());
        Ok(self.compose(&group)?.1)
    }

    /// The evidence that acts and online harms name.
    fn named(&self) -> Result<BTreeSet<EvidenceId>, CoreError> {
        let incident = self.forms.amparo.incidents().get(self.request.incident)?;
        let IncidentContent { acts, online_harms, .. } = incident.content;
        let of_acts = acts.into_iter().flat_map(|act| act.evidence);
        Ok(of_acts.chain(online_harms.into_iter().flat_map(|harm| harm.evidence)).collect())
    }
}

/// What goes first: named; then small, by orders of magnitude, so that one more byte decides nothing; then originals; then what is
/// recent. Ids come last, so that the same is suggested each time.
fn rank(evidence: &Evidence, named: &BTreeSet<EvidenceId>) -> impl Ord + use<> {
    let captured = evidence.description.captured_at.as_ref().map(|at| at.time.to_string());
    let when = captured.unwrap_or_else(|| evidence.added.time.to_string());
    let copy = evidence.derived_from.is_some();
    (
        !named.contains(&evidence.id),
        u64::BITS.saturating_sub(evidence.size.leading_zeros()),
        copy,
        Reverse(when),
        evidence.id,
    )
}
