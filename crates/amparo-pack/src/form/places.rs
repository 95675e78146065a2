//! The places of a report that a channel form may name.
//!
//! This crate does not know the incidents. The table says what the core shows of them, and a test of the core compares the two, in
//! both directions: a form can name whatever a report can tell, and nothing else.

/// A list of a report, or the record itself.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Its pointer; empty for the record itself.
    pub at: &'static str,
    /// The fields of one element. `/` leads into a part, and `*` stands for the elements of a list.
    pub fields: &'static [&'static str],
    /// Fields that hold one code, by which elements can be selected.
    pub codes: &'static [&'static str],
}

impl Place {
    /// The place with this pointer.
    #[must_use]
    pub fn named(at: &str) -> Option<&'static Self> {
        PLACES.iter().find(|place| place.at == at)
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
        codes: &["code"],
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
        codes: &["role", "nature", "gender", "age_band", "occupation"],
    },
    Place {
        at: "/perpetrators",
        fields: &["kind", "nature", "number", "name", "identifiers/*/kind", "identifiers/*/value", "description"],
        codes: &["kind", "nature"],
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
        codes: &["kind"],
    },
    Place {
        at: "/sources",
        fields: &["kind", "person", "description", "reliability", "obtained"],
        codes: &["kind", "reliability"],
    },
    Place {
        at: "/support_needs",
        fields: &["kind", "persons/*", "amount/value", "amount/currency", "by_when", "description"],
        codes: &["kind"],
    },
    Place { at: "/requested_actions", fields: &["kind", "by_when", "description"], codes: &["kind"] },
    Place { at: "/actions_taken", fields: &["kind", "when", "by", "result", "description"], codes: &["kind"] },
    Place { at: "/related", fields: &["id", "relation"], codes: &["relation"] },
    Place {
        at: EVIDENCE,
        fields: &["kind", "media_type", "captured_at", "note", "file_name", "language"],
        codes: &["kind", "media_type"],
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
