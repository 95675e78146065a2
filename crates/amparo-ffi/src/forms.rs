//! Channel forms: what a channel needs a report to contain, and what of it is there, before anything is sealed.

use amparo_core::{Amparo, CoreError, form};

use crate::{
    checklists::ShownText,
    convert::{IntoCore as _, IntoHost, answer, same_words, silent},
    error::{Failure, call, errors},
    ids::EvidenceId,
    incidents::{ConsentPurpose, RecipientKind},
    reports::{LeftOutReason, ReportRequest, ToldReason, WithheldReason, count},
};

errors! {
    /// Why a form cannot be used, or a report not be checked. What a form says to a report is no error.
    FormError {
        /// No such incident, pack or form.
        NotFound = 230 | 280 | 540,
        /// The incident was saved meanwhile: it is not the revision that the choice was made on.
        Conflict = 232, {
            /// The revision that is stored now.
            current: u32,
        },
        /// The form needs a newer version of this library: update the app.
        FormTooNew = 541,
        /// The form is malformed: its publisher's mistake.
        FormMalformed = 542,
        /// The incident is a draft.
        Draft = 504,
        /// A path names no field of the incident.
        NoSuchField = 502,
        /// Evidence was chosen that is not there, or is not attached to this incident.
        EvidenceNotFound = 300 | 303,
        /// Whoever speaks in the chosen evidence did not allow to tell this kind of recipient.
        EvidenceWithoutConsent = 506,
    }
}

/// A channel form of an installed pack, by its name.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FormId {
    /// The pack's id.
    pub pack: String,
    /// The form's id in the pack.
    pub form: String,
}

impl FormId {
    /// The form itself, verified again.
    pub(crate) fn open(&self, amparo: &Amparo) -> Result<form::ChannelForm, Failure> {
        Ok(amparo.forms().open(&self.pack, &self.form)?)
    }
}

/// A form that could be chosen.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct FormEntry {
    /// Which.
    pub id: FormId,
    /// Its title.
    pub title: Option<ShownText>,
    /// What it is for, in a sentence.
    pub summary: Option<ShownText>,
    /// The kinds of recipients that it is for.
    pub kinds: Vec<RecipientKind>,
    /// The number of the error with which it cannot be used, if it cannot: one that needs a newer version is named and not hidden.
    pub problem: Option<u32>,
}
silent!(FormEntry);

same_words! {
    /// How much a channel cares.
    FormLevel = form::Level {
        /// It cannot work without.
        Required,
        /// It helps.
        Wanted,
        /// It must not get it.
        Forbidden,
    }
}

same_words! {
    /// What is the matter with a field of a form.
    FieldStatus = form::FieldStatus {
        /// Nobody entered it.
        Missing,
        /// It is known, and this group is not told.
        Hidden,
        /// It would be told, and is left out because the channel must not get it.
        LeftOut,
    }
}

/// Why something that is known is not told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HiddenReason {
    /// A field of the incident.
    Field {
        /// Why.
        reason: WithheldReason,
    },
    /// A piece of evidence.
    Evidence {
        /// Why.
        reason: LeftOutReason,
    },
}

impl IntoHost<HiddenReason> for form::HiddenBecause {
    fn into_host(self) -> HiddenReason {
        match self {
            Self::Field(reason) => HiddenReason::Field { reason: reason.into_host() },
            Self::Evidence(reason) => HiddenReason::Evidence { reason: reason.into_host() },
        }
    }
}

answer! {
    /// Where something is, or could be.
    FormPlace = form::FormPlace {
        /// A pointer into the incident; `-` is an element that is not there yet. `/evidence/…` is the evidence of the report, in its order.
        path: String,
        /// The piece of evidence, if it is one that is not in the report.
        evidence: Option<EvidenceId>,
        /// Why it is not told, if it is known.
        hidden: Option<HiddenReason>,
    }
}

answer! {
    /// Something that a channel cares about and that is not as it would have it.
    FieldFinding = form::FieldFinding {
        /// The form's name for it.
        field: String,
        /// How much the channel cares.
        level: FormLevel,
        /// What is the matter.
        status: FieldStatus,
        /// Where: what could be filled, what is hidden, what is left out.
        places: Vec<FormPlace>,
        /// What to do, if the form has a text for it.
        text: Option<ShownText>,
        /// Why it matters.
        why: Option<ShownText>,
    }
}

/// What a channel asks a person for and did not get.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ConsentGap {
    /// The channel takes nobody without a name, and no name was entered.
    NoName,
    /// There is a name, and it is not told.
    NameHidden {
        /// Why.
        reason: WithheldReason,
    },
    /// The channel takes nobody without a name, and this person's consent does not allow to tell it.
    NotNamed {
        /// What the person answered.
        why: ToldReason,
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
        reason: WithheldReason,
    },
}

impl IntoHost<ConsentGap> for form::ConsentGap {
    fn into_host(self) -> ConsentGap {
        match self {
            Self::NoName => ConsentGap::NoName,
            Self::NameHidden { reason } => ConsentGap::NameHidden { reason: reason.into_host() },
            Self::NotNamed { why } => ConsentGap::NotNamed { why: why.into_host() },
            Self::NotAsked { purpose } => ConsentGap::NotAsked { purpose: purpose.into_host() },
            Self::AnswerHidden { purpose, reason } => {
                ConsentGap::AnswerHidden { purpose: purpose.into_host(), reason: reason.into_host() }
            }
        }
    }
}

/// A person of whom the channel may not be told as things are.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentFinding {
    /// The person's place in the incident, from 0.
    pub person: u32,
    /// What is not there.
    pub gap: ConsentGap,
}

impl IntoHost<ConsentFinding> for form::ConsentFinding {
    fn into_host(self) -> ConsentFinding {
        let Self { person, gap } = self;
        ConsentFinding { person: count(person), gap: gap.into_host() }
    }
}

same_words! {
    /// Why a piece of evidence is better left for a second report.
    LaterReason = form::LaterReason {
        /// It does not fit even by itself.
        DoesNotFit,
        /// What goes first leaves no room for it.
        NoRoom,
        /// The channel takes no more pieces.
        TooMany,
    }
}

answer! {
    /// A piece of evidence to leave for a second report.
    LaterEvidence = form::Later {
        /// Which one.
        evidence: EvidenceId,
        /// Its size in bytes.
        size: u64,
        /// Whether an act or an online harm names it. Such evidence is left last.
        named: bool,
        /// Why.
        why: LaterReason,
    }
}

answer! {
    /// A piece of evidence that the channel does not take in any report.
    UnfitEvidence = form::Unfit {
        /// Which one.
        evidence: EvidenceId,
        /// Why.
        why: LeftOutReason,
    }
}

/// How much it is, how much the channel takes, and what to do about it.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct SizeCheck {
    /// Whether the channel takes it as it is.
    pub fits: bool,
    /// Bytes of the largest sealed file, as it is now. Exact for the group's recipients; without any, for one.
    pub sealed: u64,
    /// Bytes that the channel takes, if that is known.
    pub sealed_limit: Option<u64>,
    /// Pieces of evidence, as it is now.
    pub items: u32,
    /// Pieces that the channel takes, if that is known.
    pub items_limit: Option<u32>,
    /// If it is too much: what to choose for this report, the most important first.
    pub keep: Vec<EvidenceId>,
    /// If it is too much: what to leave for a second report.
    pub later: Vec<LaterEvidence>,
    /// Evidence that the channel takes in no report. It is left out.
    pub unfit: Vec<UnfitEvidence>,
}
silent!(SizeCheck);

impl IntoHost<SizeCheck> for form::SizeCheck {
    fn into_host(self) -> SizeCheck {
        let fits = self.fits();
        let Self { sealed, sealed_limit, items, items_limit, keep, later, unfit } = self;
        SizeCheck {
            fits,
            sealed,
            sealed_limit,
            items: count(items),
            items_limit: items_limit.map(count),
            keep: keep.into_host(),
            later: later.into_host(),
            unfit: unfit.into_host(),
        }
    }
}

/// What a form says to a report.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct FormCheck {
    /// The form's id.
    pub form: String,
    /// Its title in the reader's language.
    pub title: Option<ShownText>,
    /// Whether a report for this group would be sealed with this form. What is missing does not stop it.
    pub can_be_sealed: bool,
    /// Whether everything that the channel requires would be told.
    pub is_complete: bool,
    /// Whether it is for recipients of the group's kind. If not, nothing can be sealed with it.
    pub right_kind: bool,
    /// Fields that are not as the channel would have them, what matters most first.
    pub fields: Vec<FieldFinding>,
    /// Persons of whom the channel may not be told as things are. While there is one, nothing is sealed with this form.
    pub consent: Vec<ConsentFinding>,
    /// What to do about those persons.
    pub consent_text: Option<ShownText>,
    /// Why the channel asks for it.
    pub consent_why: Option<ShownText>,
    /// How much it is.
    pub size: SizeCheck,
    /// What the channel takes, and what to do if it is more.
    pub limits_text: Option<ShownText>,
}
silent!(FormCheck);

impl IntoHost<FormCheck> for form::FormCheck {
    fn into_host(self) -> FormCheck {
        let (can_be_sealed, is_complete) = (self.can_be_sealed(), self.is_complete());
        let Self { form, title, right_kind, fields, consent, consent_text, consent_why, size, limits_text } = self;
        FormCheck {
            form,
            title: title.into_host(),
            can_be_sealed,
            is_complete,
            right_kind,
            fields: fields.into_host(),
            consent: consent.into_host(),
            consent_text: consent_text.into_host(),
            consent_why: consent_why.into_host(),
            size: size.into_host(),
            limits_text: limits_text.into_host(),
        }
    }
}

/// Channel forms of the installed packs. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Forms {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Forms {
    /// The forms of the installed packs, those for recipients of `kind` only if one is given, with texts in the language nearest to
    /// `language`. A pack that cannot be read is not in it; `packs.list` says so.
    pub fn list(&self, kind: Option<RecipientKind>, language: String) -> Result<Vec<FormEntry>, FormError> {
        call("forms.list", || {
            let kind = kind.into_core()?;
            let entry = |entry: form::FormEntry| {
                let form::FormEntry { pack, id, form } = entry;
                let kinds = form.as_ref().map_or(&[][..], |form| &form.form().kinds);
                let kinds: Vec<amparo_core::incident::RecipientKind> =
                    kinds.iter().map(|kind| kind.parse()).collect::<Result<_, CoreError>>()?;
                Ok(FormEntry {
                    id: FormId { pack, form: id },
                    title: form.as_ref().ok().and_then(|form| form.title(&language)).into_host(),
                    summary: form.as_ref().ok().and_then(|form| form.summary(&language)).into_host(),
                    kinds: kinds.into_host(),
                    problem: form.err().map(|error| CoreError::from(error).code()),
                })
            };
            self.amparo.forms().list(kind.as_ref())?.into_iter().map(entry).collect()
        })
    }

    /// What a form says to what group number `group` (from 0) of a request would be told, after consent, marks and choice; texts in the
    /// language nearest to `language`. The group may have no recipients yet. Nothing is sealed. With limits and much evidence it
    /// composes the report several times, without reading the evidence.
    pub fn check(
        &self,
        request: ReportRequest,
        group: u32,
        form: FormId,
        language: String,
    ) -> Result<FormCheck, FormError> {
        call("forms.check", || {
            let (request, form) = (request.into_core(&self.amparo)?, form.open(&self.amparo)?);
            Ok(self.amparo.forms().check(&request, group as usize, &form, &language)?.into_host())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checklists::tests::{Author, installed},
        ids::PersonId,
        incidents::{Consent, ConsentStatus, IncidentContent, Person, PersonRole, PurposeConsent},
        reports::{KeyKind, RecipientGroup, ReportError},
        scene::Scene,
    };

    const UN: &str = "un-special-rapporteur-hrd";

    fn form(id: &str) -> FormId {
        FormId { pack: "amparo.starter".into(), form: id.into() }
    }

    fn person(role: PersonRole, name: &str) -> Person {
        let person: Person = amparo_core::incident::Person::default().into_host();
        Person { role: Some(role), name: name.into(), ..person }
    }

    fn consent(kind: RecipientKind) -> Consent {
        let consent: Consent =
            amparo_core::incident::Consent::new(amparo_core::incident::ConsentStatus::NOT_ASKED).into_host();
        Consent { status: ConsentStatus::Granted, scope: vec![kind], ..consent }
    }

    fn request(scene: &Scene, persons: Vec<Person>, kind: RecipientKind, form: Option<FormId>) -> ReportRequest {
        let content: IncidentContent = "They came at night and took her.".into();
        let incident = scene.vault.incidents().create(IncidentContent { persons, ..content }).unwrap();
        let key = scene.path(&format!("key-{}", incident.id.0));
        let recipient = crate::desk::desk_generate_key(key, KeyKind::Classic).unwrap();
        let group = RecipientGroup { kind, recipients: vec![recipient], choice: None, form };
        ReportRequest { incident: incident.id, groups: vec![group], revision: None, sender: None, confirmed: vec![] }
    }

    #[test]
    fn forms_are_listed_for_whom_they_are() {
        let scene = Scene::new();
        assert!(scene.vault.forms().list(None, "es".into()).unwrap().is_empty());
        installed(&scene, &Author::new());
        let all = scene.vault.forms().list(None, "ar".into()).unwrap();
        assert_eq!(all.len(), 4);
        assert!(all.iter().all(|entry| entry.problem.is_none() && entry.title.as_ref().unwrap().locale == "ar"));
        let un = scene.vault.forms().list(Some(RecipientKind::UnProcedure), "ar".into()).unwrap();
        assert_eq!(un.iter().map(|entry| entry.id.form.as_str()).collect::<Vec<_>>(), [UN]);
        let nothing = scene.vault.forms().check(
            request(&scene, vec![], RecipientKind::Cso, None),
            0,
            form("nothing"),
            "en".into(),
        );
        assert!(matches!(nothing, Err(FormError::NotFound { code: 540, .. })), "{:?}", nothing.err());
    }

    #[test]
    fn nobody_without_a_name_goes_to_the_united_nations() {
        let scene = Scene::new();
        installed(&scene, &Author::new());
        let kind = || RecipientKind::UnProcedure;
        let check = |request: &ReportRequest, language: &str| {
            scene.vault.forms().check(request.clone(), 0, form(UN), language.into()).unwrap()
        };
        let nameless = |consent: Option<Consent>| {
            let victim = Person { consent, ..person(PersonRole::Victim, "") };
            request(&scene, vec![victim], kind(), Some(form(UN)))
        };
        let unasked = check(&nameless(None), "en").consent.remove(0);
        assert_eq!((unasked.person, unasked.gap), (0, ConsentGap::NotNamed { why: ToldReason::NotAsked }));
        let anonymous = nameless(Some(consent(kind())));
        let said = check(&anonymous, "ru");
        assert!(!said.can_be_sealed && !said.is_complete && said.right_kind);
        assert_eq!((said.consent[0].person, &said.consent[0].gap), (0, &ConsentGap::NoName));
        assert_eq!(said.consent_text.unwrap().locale, "ru");
        assert!(!said.fields.is_empty() && said.fields[0].level == FormLevel::Required);
        let refused = scene.vault.reports().preview(anonymous);
        assert!(matches!(refused, Err(ReportError::FormConsent { code: 544, .. })), "{:?}", refused.err());

        let asked = |purpose: ConsentPurpose, allowed: bool| {
            let core = amparo_core::incident::PurposeConsent::new(purpose.into_core().unwrap(), allowed);
            let answer: PurposeConsent = core.into_host();
            answer
        };
        let named = |purposes: Vec<PurposeConsent>| Person {
            consent: Some(Consent { purposes, ..consent(kind()) }),
            ..person(PersonRole::Victim, "Amal")
        };
        let half = vec![asked(ConsentPurpose::LetterToAuthorities, true)];
        let half = request(&scene, vec![named(half)], kind(), Some(form(UN)));
        let gaps: Vec<_> = check(&half, "en").consent.into_iter().map(|finding| finding.gap).collect();
        assert_eq!(gaps, [ConsentGap::NotAsked { purpose: ConsentPurpose::Publication }]);
        // A no is an answer.
        let both = vec![asked(ConsentPurpose::LetterToAuthorities, true), asked(ConsentPurpose::Publication, false)];
        let both = request(&scene, vec![named(both)], kind(), Some(form(UN)));
        assert!(check(&both, "en").can_be_sealed);
        assert_eq!(scene.vault.reports().preview(both).unwrap().len(), 1);
    }

    #[test]
    fn a_platform_is_not_told_who_saw_it() {
        let scene = Scene::new();
        installed(&scene, &Author::new());
        let platform = || form("platform-trust-safety");
        let witness = Person {
            consent: Some(consent(RecipientKind::Platform)),
            id: Some(PersonId("000000000000000000000000000000a1".into())),
            ..person(PersonRole::Witness, "Zaynab")
        };
        let request = request(&scene, vec![witness], RecipientKind::Platform, Some(platform()));
        let check = scene.vault.forms().check(request.clone(), 0, platform(), "fr".into()).unwrap();
        let left: Vec<_> = check.fields.iter().filter(|field| field.status == FieldStatus::LeftOut).collect();
        assert!(!left.is_empty() && left.iter().all(|field| field.level == FormLevel::Forbidden));
        let preview = &scene.vault.reports().preview(request).unwrap()[0];
        assert!(!preview.report_json.contains("Zaynab") && !preview.html.contains("Zaynab"));
        assert!(preview.withheld.iter().any(|withheld| withheld.reason == WithheldReason::Form));
        assert!(!preview.form.is_empty());
    }
}
