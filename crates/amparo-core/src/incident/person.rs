//! The people of an incident, and what each of them allows to be told to whom.
//!
//! Consent is recorded per person and per kind of recipient. What nobody asked is not consent.

use std::collections::BTreeSet;

use super::{PartialDate, limits};
use crate::{
    CoreError, PersonId,
    code::{self, codes},
    record::record,
    text,
};

codes! {
    /// What somebody is in an incident.
    PersonRole {
        /// A human rights defender.
        DEFENDER = "defender",
        /// Somebody to whom it was done.
        VICTIM = "victim",
        /// Somebody who saw it.
        WITNESS = "witness",
        /// Somebody who told of it.
        SOURCE = "source",
        /// A member of the family.
        FAMILY = "family",
        /// Something else.
        OTHER = "other",
    }
}

codes! {
    /// One or many.
    Nature {
        /// One person.
        INDIVIDUAL = "individual",
        /// A group or an organisation.
        GROUP = "group",
    }
}

codes! {
    /// Gender, as the person says.
    Gender {
        /// Woman.
        WOMAN = "woman",
        /// Man.
        MAN = "man",
        /// Non-binary.
        NON_BINARY = "non_binary",
        /// Another.
        OTHER = "other",
    }
}

codes! {
    /// Age in years, no finer than it is needed.
    AgeBand {
        /// Up to 11.
        CHILD = "0-11",
        /// 12 to 17.
        ADOLESCENT = "12-17",
        /// 18 to 29.
        YOUNG_ADULT = "18-29",
        /// 30 to 44.
        ADULT = "30-44",
        /// 45 to 59.
        MIDDLE_AGED = "45-59",
        /// 60 and over.
        OLDER = "60_and_over",
    }
}

codes! {
    /// What somebody does. The first seven are the kinds of human rights defenders that the European Union's guidelines name.
    Occupation {
        /// Journalist.
        JOURNALIST = "journalist",
        /// Blogger.
        BLOGGER = "blogger",
        /// Member of a human rights organisation.
        NGO_MEMBER = "ngo_member",
        /// Academic.
        ACADEMIC = "academic",
        /// Lawyer.
        LAWYER = "lawyer",
        /// Trade unionist.
        TRADE_UNIONIST = "trade_unionist",
        /// Representative of an indigenous community.
        INDIGENOUS_REPRESENTATIVE = "indigenous_representative",
        /// Student.
        STUDENT = "student",
        /// Health worker.
        HEALTH_WORKER = "health_worker",
        /// Artist.
        ARTIST = "artist",
        /// Environmental defender.
        ENVIRONMENTAL_DEFENDER = "environmental_defender",
        /// Public official.
        PUBLIC_OFFICIAL = "public_official",
        /// Something else.
        OTHER = "other",
    }
}

codes! {
    /// A kind of recipient of reports.
    RecipientKind {
        /// A hotline, such as that of ProtectDefenders.eu.
        HOTLINE = "hotline",
        /// A civil society organisation.
        CSO = "cso",
        /// A lawyer.
        LAWYER = "lawyer",
        /// A platform's trust-and-safety team.
        PLATFORM = "platform",
        /// A procedure of the United Nations.
        UN_PROCEDURE = "un_procedure",
        /// The media.
        MEDIA = "media",
        /// Somebody whom the user trusts.
        TRUSTED_PERSON = "trusted_person",
    }
}

codes! {
    /// What a person answered.
    ConsentStatus {
        /// Yes, to the kinds of recipients in the scope.
        GRANTED = "granted",
        /// No.
        REFUSED = "refused",
        /// Nobody asked. Not a yes.
        NOT_ASKED = "not_asked",
    }
}

codes! {
    /// What somebody may be asked beyond being told of: a yes to a report is not a yes to this.
    ConsentPurpose {
        /// Their name may stand in a letter to the authorities of the State concerned.
        LETTER_TO_AUTHORITIES = "letter_to_authorities",
        /// Their name may stand in what is published.
        PUBLICATION = "publication",
        /// The report may be passed on to other organisations.
        PASSING_ON = "passing_on",
        /// The report may be used in proceedings before a court.
        LEGAL_PROCEEDINGS = "legal_proceedings",
    }
}

codes! {
    /// How somebody can be reached.
    ContactMethod {
        /// By telephone.
        PHONE = "phone",
        /// By a messenger app.
        MESSENGER = "messenger",
        /// By e-mail.
        EMAIL = "email",
        /// Only in person.
        IN_PERSON = "in_person",
        /// Through somebody else.
        THROUGH_SOMEBODY = "through_somebody",
        /// In another way.
        OTHER = "other",
    }
}

record! {
    /// An explicit answer on one purpose.
    PurposeConsent {
        required {
            /// What was asked.
            purpose: ConsentPurpose,
            /// Yes or no. What was not asked has no entry.
            allowed: bool,
        }
    }
}

record! {
    /// Consent to be told of in reports.
    Consent {
        required {
            /// What was answered.
            status: ConsentStatus,
        }
        /// To which kinds of recipients. Only these; none means nobody.
        scope: Vec<RecipientKind>,
        /// Who answered: the person, a parent, a lawyer.
        given_by: String,
        /// When.
        when: Option<PartialDate>,
        /// Whether it can be taken back.
        revocable: Option<bool>,
        /// In what words, or under which conditions.
        note: String,
        /// Answers on what may be done with the report; one for each purpose that was asked. Absent is not asked, which is not "no".
        purposes: Vec<PurposeConsent>,
    }
}

impl Consent {
    /// Whether it allows to tell a recipient of this kind.
    #[must_use]
    pub fn covers(&self, kind: &RecipientKind) -> bool {
        self.status == ConsentStatus::GRANTED && self.scope.contains(kind)
    }

    /// What was answered on this purpose; `None` if nobody asked.
    #[must_use]
    pub fn answer(&self, purpose: &ConsentPurpose) -> Option<bool> {
        self.purposes.iter().find(|answer| answer.purpose == *purpose).map(|answer| answer.allowed)
    }

    pub(crate) fn validate(&self) -> Result<(), CoreError> {
        text::check_count("consent.scope", self.scope.len(), limits::CODES)?;
        text::check_count("consent.purposes", self.purposes.len(), limits::CODES)?;
        let asked: BTreeSet<&str> = self.purposes.iter().map(|answer| answer.purpose.as_str()).collect();
        // Of two answers on one purpose, somebody would read the yes.
        if asked.len() == self.purposes.len() {
            Ok(())
        } else {
            Err(CoreError::InvalidField { field: "consent.purposes", rule: "must not answer twice on one purpose" })
        }
    }
}

record! {
    /// How somebody can be reached without putting them in danger.
    SafeContact {
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

record! {
    /// One person, or a group, of an incident. Nothing is required.
    Person {
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
        /// What they allow. Absent is [`ConsentStatus::NOT_ASKED`].
        consent: Option<Consent>,
        /// Anything else.
        description: String,
        /// Names of the person's fields that must not be disclosed unless somebody chooses each by hand.
        confidential: Vec<String>,
    }
}

impl Person {
    /// A person of whom only the role is known.
    #[must_use]
    pub fn with_role(role: PersonRole) -> Self {
        Self { role: Some(role), ..Self::default() }
    }

    pub(super) fn validate(&self) -> Result<(), CoreError> {
        check_confidential(&self.confidential)?;
        self.consent.as_ref().map_or(Ok(()), Consent::validate)?;
        let never_use = self.safe_contact.as_ref().map_or(0, |contact| contact.never_use.len());
        text::check_count("safe_contact.never_use", never_use, limits::CODES)
    }
}

pub(super) fn check_confidential(fields: &[String]) -> Result<(), CoreError> {
    text::check_count("confidential", fields.len(), limits::CODES)?;
    if fields.iter().all(|field| code::is_code(field)) {
        Ok(())
    } else {
        Err(CoreError::InvalidField { field: "confidential", rule: "must hold names of fields" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_for_this_kind_is_consent() {
        let mut consent = Consent::new(ConsentStatus::GRANTED);
        assert!(!consent.covers(&RecipientKind::LAWYER), "an empty scope is nobody");
        consent.scope = vec![RecipientKind::LAWYER];
        assert!(consent.covers(&RecipientKind::LAWYER) && !consent.covers(&RecipientKind::MEDIA));
        for status in ["refused", "not_asked", "newer_answer"] {
            consent.status = status.parse().unwrap();
            assert!(!consent.covers(&RecipientKind::LAWYER), "{status}");
        }
    }

    #[test]
    fn an_answer_is_yes_no_or_not_asked_and_never_both() {
        let mut consent = Consent::new(ConsentStatus::GRANTED);
        assert_eq!(consent.answer(&ConsentPurpose::PUBLICATION), None);
        consent.purposes = vec![
            PurposeConsent::new(ConsentPurpose::LETTER_TO_AUTHORITIES, true),
            PurposeConsent::new(ConsentPurpose::PUBLICATION, false),
            PurposeConsent::new("newer_purpose".parse().unwrap(), true),
        ];
        consent.validate().unwrap();
        assert_eq!(consent.answer(&ConsentPurpose::PUBLICATION), Some(false));
        assert_eq!(consent.answer(&ConsentPurpose::LETTER_TO_AUTHORITIES), Some(true));
        consent.purposes.push(PurposeConsent::new(ConsentPurpose::PUBLICATION, true));
        assert!(matches!(consent.validate(), Err(CoreError::InvalidField { field: "consent.purposes", .. })));
        consent.purposes =
            (0..=limits::CODES).map(|n| PurposeConsent::new(format!("p{n}").parse().unwrap(), true)).collect();
        assert!(matches!(consent.validate(), Err(CoreError::TooMany { field: "consent.purposes", .. })));
    }

    #[test]
    fn a_person_needs_nothing_and_keeps_everything() {
        let empty: Person = serde_json::from_str("{}").unwrap();
        assert_eq!(serde_json::to_string(&empty).unwrap(), "{}");
        let full = r#"{"id":"00112233445566778899aabbccddeeff","role":"victim","nature":"individual","number":1,"name":"ن",
            "pseudonym":"P","gender":"woman","age_band":"30-44","occupation":"journalist","affiliation":"A",
            "safe_contact":{"method":"phone","address":"+1","hours":"h","never_use":["email"],"x":1},
            "consent":{"status":"granted","scope":["lawyer","newer_kind"],"given_by":"g","when":"2026-11","revocable":true,"note":"n",
              "purposes":[{"purpose":"publication","allowed":false,"v":1},{"purpose":"newer_purpose","allowed":true}],"y":2},
            "description":"d","confidential":["name"],"z":[3]}"#;
        let person: Person = serde_json::from_str(full).unwrap();
        person.validate().unwrap();
        let (read, written): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(full).unwrap(), serde_json::to_value(&person).unwrap());
        assert_eq!(written, read);
        assert!(!format!("{person:?}").contains('ن'));
        let bad = Person { confidential: vec!["/name".into()], ..person };
        assert!(matches!(bad.validate(), Err(CoreError::InvalidField { field: "confidential", .. })));
    }
}
