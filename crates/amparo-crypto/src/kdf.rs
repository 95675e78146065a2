//! Passphrase to key.
/// Longest passphrase in bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 4096;
/// Argon2id parameters.
pub struct KdfParams;
