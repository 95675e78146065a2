//! Cryptography for Amparo: passphrase derivation, small envelopes, the media chunk stream, age v1 files, signatures,
//! and the labels that keep their keys apart.
//!
//! Callers get envelopes, streams and handles; raw primitives stay private. Nothing here opens files, reads a clock or
//! knows what an incident is. AEAD nonces come by one of two schemes and no third:
//!
//! 1. a fresh 24-byte random nonce for every message ([`aead`]: XChaCha20-Poly1305; database pages, slots, envelopes);
//! 2. a counter and a final flag under a key that is derived for one stream and used once ([`media`] and [`age`]:
//!    ChaCha20-Poly1305).
//!
//! Naming: `derive_*` is deterministic, `generate_*` and `make_*` draw from the operating system's random source.

pub mod aead;
pub mod age;
mod error;
pub mod hash;
pub mod kdf;
pub mod labels;
pub mod media;
pub mod random;
mod secret;
pub mod sign;

pub use error::CryptoError;
pub use secret::SecretKey;
