//! JSON Schemas (2020-12) of what is exported, made from the types that read and write it; kept in docs/schemas.
//!
//! A schema says what a record looks like. What it cannot say (a date that does not exist, a person that is named and not
//! there, bounds in bytes) the import says.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{EXPORT_SCHEMA, REVISION_SCHEMA};
use crate::{IncidentId, Stamp, evidence::Evidence, incident::Incident};

/// Of a code: one of those known today, or another one.
pub(crate) fn code(known: &[&str]) -> Schema {
    json_schema!({ "type": "string", "anyOf": [{ "enum": known }, { "pattern": "^[a-z0-9][a-z0-9_.-]{0,63}$" }] })
}

/// Of a text of this form.
pub(crate) fn pattern(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern })
}

/// Of a hash that may be absent.
pub(crate) fn sha256(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "pattern": "^[0-9a-f]{64}$" })
}

/// An earlier revision of an incident.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Revision {
    /// Always `amparo.revision/1`.
    #[schemars(extend("const" = REVISION_SCHEMA))]
    schema: String,
    /// Of which incident.
    incident: IncidentId,
    /// Its number, from 1.
    #[schemars(range(min = 1))]
    number: u32,
    /// The incident as it was, with the same id and number, without evidence.
    record: Incident,
}

/// Incidents as one JSON document. Plaintext with everything in it.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Export {
    /// Always `amparo.export/1`. The first member.
    #[schemars(extend("const" = EXPORT_SCHEMA))]
    schema: String,
    /// When it was made.
    #[schemars(default)]
    created: Option<Stamp>,
    /// What made it.
    #[schemars(default)]
    core: Option<String>,
    /// The incidents, oldest first.
    #[schemars(default)]
    incidents: Vec<Incident>,
    /// Their earlier revisions.
    #[schemars(default)]
    revisions: Vec<Revision>,
    /// What is said of their evidence.
    #[schemars(default)]
    evidence: Vec<Evidence>,
}

/// The schemas: each with the name of its file.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    let of = |schema: Schema| schema.to_value();
    let generate = SchemaGenerator::default;
    vec![
        ("amparo.incident-1.json", of(generate().into_root_schema_for::<Incident>())),
        ("amparo.evidence-1.json", of(generate().into_root_schema_for::<Evidence>())),
        ("amparo.revision-1.json", of(generate().into_root_schema_for::<Revision>())),
        ("amparo.export-1.json", of(generate().into_root_schema_for::<Export>())),
    ]
}
