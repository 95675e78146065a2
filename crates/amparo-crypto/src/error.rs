//! The one error of the primitives. Formats with richer failures (age, media) have errors of their own.
//!
//! No variant carries bytes from a key, a message or a file.

/// A primitive could not do what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The operating system's random source failed. Nothing was encrypted; trying later may work.
    #[error("the operating system's random source failed")]
    Randomness,
    /// The authentication tag did not match: wrong key, or the bytes were changed. The two cannot be told apart.
    #[error("the bytes were changed, or the key is not theirs")]
    Tampered,
    /// The passphrase is not acceptable where it was given (empty, or longer than [`crate::kdf::MAX_PASSPHRASE_BYTES`]).
    #[error("the passphrase is empty or too long")]
    Passphrase,
    /// Argon2id parameters outside [`crate::kdf::KdfParams`]'s bounds: below the floor, or large enough to exhaust memory.
    #[error("key derivation parameters are out of bounds (memory {memory_kib} KiB, passes {passes}, lanes {lanes})")]
    KdfParameters {
        /// Memory in KiB as stated.
        memory_kib: u32,
        /// Passes as stated.
        passes: u32,
        /// Lanes as stated.
        lanes: u32,
    },
    /// The memory that the key derivation needs could not be had.
    #[error("not enough memory for the key derivation")]
    OutOfMemory,
    /// An input is longer than the primitive may take.
    #[error("input too long for this primitive")]
    TooLong,
    /// A public key or a signature is not in its canonical encoding.
    #[error("malformed public key or signature")]
    MalformedKey,
    /// The signature does not verify under this key for this purpose.
    #[error("the signature does not verify")]
    Signature,
}
