//! The codes that this version knows, in the order in which to offer them. A reader keeps others; a linter refuses them.

/// What may be happening.
pub const SITUATIONS: &[&str] = &[
    "arrest",
    "raid",
    "checkpoint",
    "border",
    "protest",
    "online-attack",
    "device-lost",
    "threat",
    "travel",
    "sexual-violence",
    "kidnapping",
    "evacuation",
    "wellbeing",
    "documenting",
    "device-care",
    "risk",
];

/// When a section is for.
pub const PHASES: &[&str] = &["prepare", "before", "during", "after"];

/// For whom a checklist is.
pub const PERSONAS: &[&str] = &["defender", "family", "organisation"];

/// How much an item matters.
pub const PRIORITIES: &[&str] = &["high", "normal", "low"];

/// Kinds of recipients. The same as in recipient cards.
pub const RECIPIENT_KINDS: &[&str] =
    &["hotline", "cso", "lawyer", "platform", "un_procedure", "media", "trusted_person"];

/// Acts with which an incident can begin. The same as in `amparo.incident/1`; this crate does not know the incidents, so a test
/// beside the command line compares them.
pub const ACTS: &[&str] = &[
    "physical_attack",
    "harassment",
    "smear_campaign",
    "arbitrary_detention",
    "torture_ill_treatment",
    "killing",
    "enforced_disappearance",
    "threat",
    "surveillance",
    "raid_search",
    "confiscation",
    "judicial_harassment",
    "travel_ban",
    "dismissal",
    "sexual_violence",
    "attack_on_family",
    "property_damage",
    "online_attack",
    "other",
];
