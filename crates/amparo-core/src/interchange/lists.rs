//! The lists of codes, by the names that their words have in the locales: what the mapping to HURIDOCS and the thesauri for Uwazi
//! are made from, so that neither can forget one.

use crate::{
    evidence::{EvidenceKind, EvidenceState, Origin},
    incident::{
        ActCode, ActionTakenKind, AgeBand, ConsentPurpose, ConsentStatus, ContactMethod, DatePrecision, Gender,
        IdentifierKind, IncidentStatus, Nature, Occupation, OnlineHarmKind, PerpetratorKind, PersonRole,
        PlacePrecision, RecipientKind, Relation, Reliability, RequestedActionKind, SourceKind, SupportKind, Urgency,
    },
};

/// One list.
#[derive(Debug, Clone, Copy)]
pub struct CodeList {
    /// Its name: that of its words in the locales, as in `act.killing`.
    pub name: &'static str,
    /// Its name for people, in English.
    pub title: &'static str,
    codes: fn() -> Vec<&'static str>,
}

impl CodeList {
    /// The codes that this version knows, in the order in which a form should offer them.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        (self.codes)()
    }

    /// The list of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        LISTS.iter().find(|list| list.name == name)
    }
}

macro_rules! lists {
    ($($name:literal, $title:literal, $type:ty;)*) => {
        /// All lists of codes of incidents and evidence that people read.
        pub const LISTS: &[CodeList] = &[$(CodeList {
            name: $name,
            title: $title,
            codes: || <$type>::KNOWN.iter().map(<$type>::as_str).collect(),
        }),*];
    };
}

lists! {
    "act", "Types of acts", ActCode;
    "status", "Status", IncidentStatus;
    "urgency", "Urgency", Urgency;
    "precision", "Date precision", DatePrecision;
    "place_precision", "Place precision", PlacePrecision;
    "person_role", "Roles of persons", PersonRole;
    "nature", "One or many", Nature;
    "gender", "Gender", Gender;
    "age_band", "Age", AgeBand;
    "occupation", "Occupations", Occupation;
    "consent", "Consent", ConsentStatus;
    "consent_purpose", "Purposes of consent", ConsentPurpose;
    "recipient_kind", "Kinds of recipients", RecipientKind;
    "contact_method", "Ways of contact", ContactMethod;
    "perpetrator", "Types of perpetrators", PerpetratorKind;
    "identifier", "Identifiers", IdentifierKind;
    "online_harm", "Online harms", OnlineHarmKind;
    "source", "Types of sources", SourceKind;
    "reliability", "Reliability", Reliability;
    "support", "Support needs", SupportKind;
    "request", "Requested actions", RequestedActionKind;
    "action_taken", "Actions taken", ActionTakenKind;
    "relation", "Relations of incidents", Relation;
    "evidence_kind", "Types of evidence", EvidenceKind;
    "origin", "Origins of evidence", Origin;
    "evidence_state", "Completeness of evidence", EvidenceState;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use amparo_pack::{
        codes,
        form::{EVIDENCE, PLACES, PURPOSES, Place},
    };
    use amparo_report::locale::Locale;

    use super::*;

    #[test]
    fn every_known_code_has_a_word_of_its_own_in_every_language() {
        for list in LISTS {
            assert!(!list.codes().is_empty(), "{}", list.name);
            for locale in Locale::ALL {
                let words: Vec<String> = list.codes().iter().map(|code| locale.code(list.name, code)).collect();
                // A code without a word would be shown as itself with blanks, which no translation is.
                if locale == Locale::Arabic && list.name != "age_band" {
                    assert!(words.iter().all(|word| !word.is_ascii()), "{}: {words:?}", list.name);
                }
                let distinct: HashSet<_> = words.iter().map(|word| word.to_lowercase()).collect();
                assert_eq!(distinct.len(), words.len(), "{} in {}: {words:?}", list.name, locale.tag());
            }
        }
        assert_eq!(CodeList::named("act").unwrap().codes().len(), ActCode::KNOWN.len());
        assert!(CodeList::named("nothing").is_none());
    }

    #[test]
    fn channel_forms_know_the_same_codes() {
        let lists = [
            ("/acts", "code", "act"),
            ("/persons", "role", "person_role"),
            ("/persons", "nature", "nature"),
            ("/persons", "gender", "gender"),
            ("/persons", "age_band", "age_band"),
            ("/persons", "occupation", "occupation"),
            ("/perpetrators", "kind", "perpetrator"),
            ("/perpetrators", "nature", "nature"),
            ("/online_harms", "kind", "online_harm"),
            ("/sources", "kind", "source"),
            ("/sources", "reliability", "reliability"),
            ("/support_needs", "kind", "support"),
            ("/requested_actions", "kind", "request"),
            ("/actions_taken", "kind", "action_taken"),
            ("/related", "relation", "relation"),
            (EVIDENCE, "kind", "evidence_kind"),
            // Media types are no list.
            (EVIDENCE, "media_type", ""),
        ];
        let mut compared = 0;
        for (at, field, list) in lists {
            let ours = CodeList::named(list).map_or_else(Vec::new, CodeList::codes);
            assert_eq!(Place::named(at).unwrap().codes_of(field).unwrap(), ours, "{at} {field}");
            compared += 1;
        }
        assert_eq!(compared, PLACES.iter().map(|place| place.codes.len()).sum::<usize>(), "none is forgotten");
        assert_eq!(PURPOSES, CodeList::named("consent_purpose").unwrap().codes());
        assert_eq!(codes::RECIPIENT_KINDS, CodeList::named("recipient_kind").unwrap().codes());
    }
}
