//! The parts of an incident record, as in the core and in `docs/formats/domain.md`: what is left out is not known, which is not "no".

use super::{
    ActCode, ActionTakenKind, AgeBand, ConsentPurpose, ConsentStatus, ContactMethod, DatePrecision, Gender,
    IdentifierKind, IncidentStatus, Nature, Occupation, OnlineHarmKind, PerpetratorKind, PersonRole, PlacePrecision,
    RecipientKind, Relation, Reliability, RequestedActionKind, SourceKind, SupportKind, Urgency,
};
use crate::{
    convert::{mirror, plain},
    ids::{EvidenceId, IncidentId, PartialDate, PerpetratorId, PersonId},
};

plain! {
    /// WGS 84.
    Coordinates = amparo_core::incident::Coordinates {
        required {
            /// Degrees north, -90 to 90.
            latitude: f64,
            /// Degrees east, -180 to 180.
            longitude: f64,
        }
    }
}

mirror! {
    /// When something happened.
    Occurred = amparo_core::incident::Occurred {
        required {
            /// When, or since when.
            from: PartialDate,
            /// How precisely `from` and `to` are known.
            precision: DatePrecision,
        }
        /// Until when.
        to: Option<PartialDate>,
    }
}

mirror! {
    /// What is known of a detention.
    Detention = amparo_core::incident::Detention {
        /// Where somebody is held.
        place: String,
        /// Since when.
        since: Option<PartialDate>,
        /// Until when, if it is over.
        until: Option<PartialDate>,
        /// Of what they are accused.
        charges: String,
        /// Whether they may see a lawyer. Absent when nobody knows.
        lawyer_access: Option<bool>,
        /// How they are held.
        conditions: String,
    }
}

mirror! {
    /// One act of an incident.
    Act = amparo_core::incident::Act {
        required {
            /// What it was.
            code: ActCode,
        }
        /// To whom.
        victims: Vec<PersonId>,
        /// By whom.
        perpetrators: Vec<PerpetratorId>,
        /// When, if not with the whole incident.
        occurred: Option<Occurred>,
        /// How it was done.
        method: String,
        /// Injuries of body and mind.
        injuries: String,
        /// If somebody was detained.
        detention: Option<Detention>,
        /// What the code does not say.
        description: String,
        /// The evidence of this act, of that which is attached to the incident.
        evidence: Vec<EvidenceId>,
    }
}

mirror! {
    /// An amount of money.
    Amount = amparo_core::incident::Amount {
        required {
            /// Decimal number, such as `1500` or `99.50`.
            value: String,
            /// ISO 4217, such as `EUR`.
            currency: String,
        }
    }
}

mirror! {
    /// Support that is needed.
    SupportNeed = amparo_core::incident::SupportNeed {
        required {
            /// What kind.
            kind: SupportKind,
        }
        /// By whom it is needed.
        persons: Vec<PersonId>,
        /// How much.
        amount: Option<Amount>,
        /// By when.
        by_when: Option<PartialDate>,
        /// What the code does not say.
        description: String,
    }
}

mirror! {
    /// Something a recipient is asked to do.
    RequestedAction = amparo_core::incident::RequestedAction {
        required {
            /// What.
            kind: RequestedActionKind,
        }
        /// By when.
        by_when: Option<PartialDate>,
        /// What the code does not say.
        description: String,
    }
}

mirror! {
    /// Something that was done already. Nothing is required.
    ActionTaken = amparo_core::incident::ActionTaken {
        /// What.
        kind: Option<ActionTakenKind>,
        /// When.
        #[uniffi(name = "date")]
        when: Option<PartialDate>,
        /// By whom.
        by: String,
        /// What came of it.
        result: String,
        /// What the code does not say.
        description: String,
    }
}

mirror! {
    /// What a platform was told, and what came of it.
    PlatformReport = amparo_core::incident::PlatformReport {
        /// When.
        #[uniffi(name = "date")]
        when: Option<PartialDate>,
        /// The platform's reference.
        reference: String,
        /// What it answered or did.
        result: String,
    }
}

mirror! {
    /// One harm online.
    OnlineHarm = amparo_core::incident::OnlineHarm {
        required {
            /// What it was.
            kind: OnlineHarmKind,
        }
        /// On which platform.
        platform: String,
        /// The account from which it came.
        handle: String,
        /// The account that was attacked.
        target: String,
        /// Where it can be seen.
        urls: Vec<String>,
        /// The platform's ids of the content.
        content_ids: Vec<String>,
        /// Whether the platform was told.
        reported: Option<PlatformReport>,
        /// The evidence of it, of that which is attached to the incident.
        evidence: Vec<EvidenceId>,
        /// What the code does not say.
        description: String,
    }
}

mirror! {
    /// Something by which a perpetrator can be recognised.
    Identifier = amparo_core::incident::Identifier {
        required {
            /// What it is.
            kind: IdentifierKind,
            /// As it was seen.
            value: String,
        }
    }
}

mirror! {
    /// One perpetrator, or a group. Nothing is required.
    Perpetrator = amparo_core::incident::Perpetrator {
        /// What acts name the perpetrator by. Given at the first save if it is absent.
        id: Option<PerpetratorId>,
        /// What kind of actor.
        kind: Option<PerpetratorKind>,
        /// One or many.
        nature: Option<Nature>,
        /// How many, if it is a group.
        number: Option<u32>,
        /// Name, or rank and name.
        name: String,
        /// What they can be recognised by.
        identifiers: Vec<Identifier>,
        /// Anything else.
        description: String,
    }
}

mirror! {
    /// An explicit answer on one purpose.
    PurposeConsent = amparo_core::incident::PurposeConsent {
        required {
            /// What was asked.
            purpose: ConsentPurpose,
            /// Yes or no. What was not asked has no entry.
            allowed: bool,
        }
    }
}

mirror! {
    /// Consent to be told of in reports.
    Consent = amparo_core::incident::Consent {
        required {
            /// What was answered.
            status: ConsentStatus,
        }
        /// To which kinds of recipients. Only these; none means nobody.
        scope: Vec<RecipientKind>,
        /// Who answered: the person, a parent, a lawyer.
        given_by: String,
        /// When.
        #[uniffi(name = "date")]
        when: Option<PartialDate>,
        /// Whether it can be taken back.
        revocable: Option<bool>,
        /// In what words, or under which conditions.
        note: String,
        /// Answers on what may be done with the report; one for each purpose that was asked. Absent is not asked, which is not "no".
        purposes: Vec<PurposeConsent>,
    }
}

mirror! {
    /// How somebody can be reached without putting them in danger.
    SafeContact = amparo_core::incident::SafeContact {
        /// By which means.
        method: Option<ContactMethod>,
        /// Number, address, handle.
        address: String,
        /// When, in words: "after 18:00, never on Fridays".
        hours: String,
        /// Ways that must never be used.
        never_use: Vec<String>,
    }
}

mirror! {
    /// One person, or a group, of an incident. Nothing is required.
    Person = amparo_core::incident::Person {
        /// What the incident's other parts name the person by. Given at the first save if it is absent.
        id: Option<PersonId>,
        /// What they are in this incident.
        role: Option<PersonRole>,
        /// One or many.
        nature: Option<Nature>,
        /// How many, if it is a group.
        number: Option<u32>,
        /// Their name.
        name: String,
        /// The name under which they may be told of.
        pseudonym: String,
        /// Gender.
        gender: Option<Gender>,
        /// Age.
        age_band: Option<AgeBand>,
        /// What they do.
        occupation: Option<Occupation>,
        /// The organisation or community they belong to.
        affiliation: String,
        /// How to reach them.
        safe_contact: Option<SafeContact>,
        /// What they allow. Absent is "not asked".
        consent: Option<Consent>,
        /// Anything else.
        description: String,
        /// Names of the person's fields that must not be disclosed unless somebody chooses each by hand.
        confidential: Vec<String>,
    }
}

mirror! {
    /// Where it happened.
    Place = amparo_core::incident::Place {
        /// In words.
        text: String,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// On the map.
        coordinates: Option<Coordinates>,
        /// How far the coordinates may be off, in metres.
        accuracy_m: Option<f64>,
        /// How precisely it may be told.
        precision: Option<PlacePrecision>,
    }
}

mirror! {
    /// Another incident that belongs to this one.
    RelatedIncident = amparo_core::incident::RelatedIncident {
        required {
            /// Which one. It need not be in the same vault.
            id: IncidentId,
        }
        /// How.
        relation: Option<Relation>,
    }
}

mirror! {
    /// What somebody entered about an incident. One sentence is enough: `IncidentContent::from("They took my phone.")`.
    IncidentContent = amparo_core::incident::IncidentContent {
        /// A line for lists.
        title: String,
        /// What happened, in the words of whoever tells it.
        narrative: String,
        /// BCP 47 tag of the language it is told in.
        language: Option<String>,
        /// Not finished: it is neither counted nor sealed.
        draft: bool,
        /// What was done.
        acts: Vec<Act>,
        /// When.
        occurred: Option<Occurred>,
        /// Where.
        place: Option<Place>,
        /// Whether it goes on. Absent when nobody said.
        status: Option<IncidentStatus>,
        /// How soon somebody must act.
        urgency: Option<Urgency>,
        /// How it is linked to somebody's work for human rights.
        human_rights_link: String,
        /// The people in it.
        persons: Vec<Person>,
        /// Who did it.
        perpetrators: Vec<Perpetrator>,
        /// What was done online.
        online_harms: Vec<OnlineHarm>,
        /// Where the information comes from.
        sources: Vec<Source>,
        /// What is needed.
        support_needs: Vec<SupportNeed>,
        /// What recipients are asked to do.
        requested_actions: Vec<RequestedAction>,
        /// What was done already.
        actions_taken: Vec<ActionTaken>,
        /// Incidents that belong to this one.
        related: Vec<RelatedIncident>,
        /// The user's own words to find it by.
        tags: Vec<String>,
        /// Names of fields of the incident that must not be disclosed unless somebody chooses each by hand. A person's own
        /// stand with the person.
        confidential: Vec<String>,
    }
}

mirror! {
    /// One source. Nothing is required.
    Source = amparo_core::incident::Source {
        /// What kind.
        kind: Option<SourceKind>,
        /// Who, if it is a person of this incident.
        person: Option<PersonId>,
        /// Title, link, or who told it.
        description: String,
        /// How far it is trusted.
        reliability: Option<Reliability>,
        /// When the information was obtained.
        obtained: Option<PartialDate>,
    }
}
