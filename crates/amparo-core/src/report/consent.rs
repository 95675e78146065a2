//! Who may be told of to whom: each person's consent, and what of a person is left without it.

use crate::{
    PersonId,
    incident::{ConsentStatus, Person, RecipientKind},
};

/// What becomes of persons who were not asked, or who did not allow this kind of recipient. Who refused is left out always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PersonPolicy {
    /// Only the role, and the pseudonym if there is one.
    #[default]
    Pseudonymise,
    /// Nothing.
    LeaveOut,
}

/// How much of a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// What was entered, but for what was left out or is confidential.
    InFull,
    /// Role and pseudonym.
    Pseudonymised,
    /// Nothing.
    LeftOut,
}

/// Why a person is told of as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// They allowed this kind of recipient.
    Allowed,
    /// They allowed others, and not this kind.
    OtherKinds,
    /// Nobody asked.
    NotAsked,
    /// They refused.
    Refused,
    /// An answer that this version does not know.
    UnknownAnswer,
    /// They may be told of, and the channel must not get their name.
    Form,
}

impl Why {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::OtherKinds => "other_kinds",
            Self::NotAsked => "not_asked",
            Self::Refused => "refused",
            Self::UnknownAnswer => "unknown_answer",
            Self::Form => "form",
        }
    }
}

/// What a group is told of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonTold {
    /// The person's place in the incident, from 0.
    pub index: usize,
    /// Who.
    pub id: Option<PersonId>,
    /// How much.
    pub told: Told,
    /// Why.
    pub why: Why,
}

/// Decides on one person.
pub(super) fn decide(index: usize, person: &Person, kind: &RecipientKind, policy: PersonPolicy) -> PersonTold {
    let otherwise = match policy {
        PersonPolicy::Pseudonymise => Told::Pseudonymised,
        PersonPolicy::LeaveOut => Told::LeftOut,
    };
    let (told, why) = match &person.consent {
        None => (otherwise, Why::NotAsked),
        Some(consent) if consent.covers(kind) => (Told::InFull, Why::Allowed),
        Some(consent) if consent.status == ConsentStatus::GRANTED => (otherwise, Why::OtherKinds),
        Some(consent) if consent.status == ConsentStatus::NOT_ASKED => (otherwise, Why::NotAsked),
        Some(consent) if consent.status == ConsentStatus::REFUSED => (Told::LeftOut, Why::Refused),
        Some(_) => (Told::LeftOut, Why::UnknownAnswer),
    };
    PersonTold { index, id: person.id, told, why }
}
