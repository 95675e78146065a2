//! What a reader accepts at most. Everything is checked before it is used, so a hostile file costs little.
//!
//! They are generous: the starter pack has 231 items and 0.4 MB in five languages. What an author should keep to is stricter
//! (`author::lint`).

/// Largest pack file in bytes.
pub const FILE_BYTES: usize = 16 * 1024 * 1024;
/// Largest manifest in bytes.
pub const MANIFEST_BYTES: usize = 64 * 1024;
/// Largest part in bytes.
pub const PART_BYTES: usize = 4 * 1024 * 1024;
/// Most parts.
pub const PARTS: usize = 128;
/// Most languages.
pub const LOCALES: usize = 64;
/// Longest id in bytes.
pub const ID_BYTES: usize = amparo_report::spelling::ID_BYTES;
/// Longest code in bytes.
pub const CODE_BYTES: usize = amparo_report::spelling::CODE_BYTES;
/// Longest name of a publisher, a licence or a source in bytes.
pub const NAME_BYTES: usize = 512;
/// Longest single text in bytes.
pub const TEXT_BYTES: usize = 4096;
/// Most topics.
pub const TOPICS: usize = 64;
/// Most checklists.
pub const CHECKLISTS: usize = 256;
/// Most sections of a checklist.
pub const SECTIONS: usize = 64;
/// Most items of a pack.
pub const ITEMS: usize = 10_000;
/// Most links of an item.
pub const LINKS: usize = 16;
/// Most personas of a checklist.
pub const PERSONAS: usize = 16;
/// Most questions of the triage.
pub const QUESTIONS: usize = 256;
/// Most answers to a question.
pub const ANSWERS: usize = 32;
/// Most tombstones.
pub const TOMBSTONES: usize = 10_000;
