//! The places of a report that a channel form may name.
//!
//! This crate does not know the incidents. The table says what the core shows of them, and a test of the core compares the two, in
//! both directions: a form can name whatever a report can tell, and nothing else.

use crate::codes::ACTS;

/// A list of a report, or the record itself.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Its pointer; empty for the record itself.
    pub at: &'static str,
    /// The fields of one element. `/` leads into a part, and `*` stands for the elements of a list.
    pub fields: &'static [&'static str],
    /// Fields that hold one code, by which elements can be selected, and the codes that are known. A reader keeps others; a
    /// linter refuses them: a role with a spelling mistake would forbid nothing. Without any, all are taken.
    pub codes: &'static [(&'static str, &'static [&'static str])],
}

impl Place {
    /// The place with this pointer.
    #[must_use]
    pub fn named(at: &str) -> Option<&'static Self> {
        PLACES.iter().find(|place| place.at == at)
    }

    /// The codes known for `field`, if elements can be selected by it.
    #[must_use]
    pub fn codes_of(&self, field: &str) -> Option<&'static [&'static str]> {
        self.codes.iter().find(|(known, _)| *known == field).map(|(_, codes)| *codes)
    }

    /// Whether `field` is a field of it, or a part that has fields.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        let within = |known: &&'static str| {
            known.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !field.is_empty() && !field.contains('*') && self.fields.iter().any(within)
    }
}

/// The evidence. Not a list of the record: what it shows of each piece is decided with the report.
pub const EVIDENCE: &str = "/evidence";

/// All of them.
pub const PLACES: &[Place] = &[
    Place {
        at: "",
        fields: &[
            "title",
            "narrative",
            "language",
            "occurred/from",
            "occurred/to",
            "occurred/precision",
            "place/text",
            "place/country",
            "place/coordinates/latitude",
            "place/coordinates/longitude",
            "place/accuracy_m",
            "place/precision",
            "status",
            "urgency",
            "human_rights_link",
            "tags/*",
        ],
        codes: &[],
    },
    Place {
        at: "/acts",
        fields: &[
            "code",
            "victims/*",
            "perpetrators/*",
            "occurred/from",
            "occurred/to",
            "occurred/precision",
            "method",
            "injuries",
            "detention/place",
            "detention/since",
            "detention/until",
            "detention/charges",
            "detention/lawyer_access",
            "detention/conditions",
            "description",
            "evidence/*",
        ],
        codes: &[("code", ACTS)],
    },
    Place {
        at: "/persons",
        fields: &[
            "role",
            "nature",
            "number",
            "name",
            "pseudonym",
            "gender",
            "age_band",
            "occupation",
            "affiliation",
            "safe_contact/method",
            "safe_contact/address",
            "safe_contact/hours",
            "safe_contact/never_use/*",
            "consent/status",
            "consent/scope/*",
            "consent/given_by",
            "consent/when",
            "consent/revocable",
            "consent/note",
            "consent/purposes/*/purpose",
            "consent/purposes/*/allowed",
            "description",
        ],
        codes: &[
            ("role", ROLES),
            ("nature", NATURES),
            ("gender", GENDERS),
            ("age_band", AGES),
            ("occupation", OCCUPATIONS),
        ],
    },
    Place {
        at: "/perpetrators",
        fields: &["kind", "nature", "number", "name", "identifiers/*/kind", "identifiers/*/value", "description"],
        codes: &[("kind", PERPETRATORS), ("nature", NATURES)],
    },
    Place {
        at: "/online_harms",
        fields: &[
            "kind",
            "platform",
            "handle",
            "target",
            "urls/*",
            "content_ids/*",
            "reported/when",
            "reported/reference",
            "reported/result",
            "evidence/*",
            "description",
        ],
        codes: &[("kind", HARMS)],
    },
    Place {
        at: "/sources",
        fields: &["kind", "person", "description", "reliability", "obtained"],
        codes: &[("kind", SOURCES), ("reliability", RELIABILITY)],
    },
    Place {
        at: "/support_needs",
        fields: &["kind", "persons/*", "amount/value", "amount/currency", "by_when", "description"],
        codes: &[("kind", NEEDS)],
    },
    Place { at: "/requested_actions", fields: &["kind", "by_when", "description"], codes: &[("kind", REQUESTS)] },
    Place { at: "/actions_taken", fields: &["kind", "when", "by", "result", "description"], codes: &[("kind", TAKEN)] },
    Place { at: "/related", fields: &["id", "relation"], codes: &[("relation", RELATIONS)] },
    Place {
        at: EVIDENCE,
        fields: &["kind", "media_type", "captured_at", "note", "file_name", "language"],
        codes: &[("kind", EVIDENCE_KINDS), ("media_type", ANY)],
    },
];

/// Parts of the page whose order a form may set, in the order that they have without one.
pub const SECTIONS: &[&str] = &[
    "narrative",
    "human_rights_link",
    "acts",
    "persons",
    "perpetrators",
    "online_harms",
    "sources",
    "support_needs",
    "requested_actions",
    "actions_taken",
    "related",
];

const ROLES: &[&str] = &["defender", "victim", "witness", "source", "family", "other"];
const NATURES: &[&str] = &["individual", "group"];
const GENDERS: &[&str] = &["woman", "man", "non_binary", "other"];
const AGES: &[&str] = &["0-11", "12-17", "18-29", "30-44", "45-59", "60_and_over"];
const OCCUPATIONS: &[&str] = &[
    "journalist",
    "blogger",
    "ngo_member",
    "academic",
    "lawyer",
    "trade_unionist",
    "indigenous_representative",
    "student",
    "health_worker",
    "artist",
    "environmental_defender",
    "public_official",
    "other",
];
const PERPETRATORS: &[&str] =
    &["state", "police", "military", "armed_group", "company", "private_person", "online_account", "unknown"];
const HARMS: &[&str] = &[
    "account_takeover",
    "doxxing",
    "impersonation",
    "coordinated_harassment",
    "threat",
    "malware",
    "censorship",
    "takedown",
    "image_abuse",
    "other",
];
const SOURCES: &[&str] = &["eyewitness", "victim", "family", "document", "media", "organisation", "online", "other"];
const RELIABILITY: &[&str] = &["confirmed", "probable", "unconfirmed", "doubtful", "unknown"];
const NEEDS: &[&str] = &[
    "physical_security",
    "digital_security",
    "communications",
    "security_training",
    "secure_transport",
    "legal_support",
    "medical_support",
    "humanitarian_and_family",
    "urgent_relocation",
    "monitoring_and_advocacy",
    "other",
];
const REQUESTS: &[&str] = &[
    "trial_observation",
    "detention_visit",
    "public_statement",
    "private_diplomacy",
    "platform_escalation",
    "evidence_preservation",
    "content_restoration",
    "other",
];
const TAKEN: &[&str] = &[
    "complaint_filed",
    "lawyer_contacted",
    "reported_to_platform",
    "medical_care",
    "public_statement",
    "relocated",
    "other",
];
const RELATIONS: &[&str] = &["same_case", "follows", "part_of", "related"];
const EVIDENCE_KINDS: &[&str] = &["photo", "video", "audio", "document", "testimony", "screenshot"];
/// Purposes of consent that are known.
pub const PURPOSES: &[&str] = &["letter_to_authorities", "publication", "passing_on", "legal_proceedings"];
/// A field whose values are no list.
const ANY: &[&str] = &[];
