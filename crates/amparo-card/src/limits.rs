//! What a reader accepts at most. Everything is checked before it is used, so a hostile file costs little.

/// Largest card in bytes.
pub const FILE_BYTES: usize = 16 * 1024;
/// Largest body (JSON) in bytes.
pub const BODY_BYTES: usize = 8 * 1024;
/// Longest name in bytes.
pub const NAME_BYTES: usize = 256;
/// Most languages.
pub const LANGUAGES: usize = 32;
/// Most keys.
pub const KEYS: usize = 8;
/// Most endpoints.
pub const ENDPOINTS: usize = 16;
/// Longest value of an endpoint, and longest policy URL, in bytes.
pub const VALUE_BYTES: usize = 512;
/// Most media types.
pub const MEDIA_TYPES: usize = 64;
/// Longest media type in bytes.
pub const MEDIA_TYPE_BYTES: usize = 100;
/// The largest number, of a version or of bytes: the largest integer that every JSON reader reads exactly.
pub const NUMBER: u64 = (1 << 53) - 1;
