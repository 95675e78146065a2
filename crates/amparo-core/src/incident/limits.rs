//! Bounds. Far above what people write, low enough that one record cannot exhaust a phone.

/// Title, bytes of UTF-8.
pub const TITLE_BYTES: usize = 1024;
/// Narrative, bytes of UTF-8: some 150,000 words of English.
pub const NARRATIVE_BYTES: usize = 1 << 20;
/// Place in words, bytes of UTF-8.
pub const PLACE_BYTES: usize = 4096;
/// Any other text that tells something, bytes of UTF-8.
pub const TEXT_BYTES: usize = 65_536;
/// Names, handles, references, numbers: bytes of UTF-8.
pub const NAME_BYTES: usize = 4096;
/// Acts of one incident.
pub const ACTS: usize = 256;
/// Persons of one incident. A larger crowd is one person of the nature `group`.
pub const PERSONS: usize = 1000;
/// Perpetrators of one incident.
pub const PERPETRATORS: usize = 256;
/// Online harms of one incident.
pub const ONLINE_HARMS: usize = 256;
/// Sources of one incident.
pub const SOURCES: usize = 256;
/// Support needs, requested actions, actions taken: each.
pub const ACTIONS: usize = 256;
/// Related incidents, and any list of references within a part.
pub const REFERENCES: usize = 256;
/// Identifiers, scopes, marks: any short list within a part.
pub const CODES: usize = 64;
/// Tags of one incident.
pub const TAGS: usize = 64;
/// One tag, bytes of UTF-8.
pub const TAG_BYTES: usize = 128;
/// The whole record as JSON, with what a newer version added.
pub const RECORD_BYTES: usize = 4 << 20;
