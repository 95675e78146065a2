//! Anchors: somebody else's word that a head of a custody log existed by some time.
//!
//! What leaves the vault is a salted commitment, never a head: a timestamp authority learns nothing, and two anchors of one log
//! cannot be recognised as such by their requests. Here are the commitment, the requests, the readers of what comes back
//! ([`rfc3161`], [`ots`]), and the anchor in a report ([`Statement`]). Nothing here sends anything or reads a clock. The formats
//! are described in `docs/formats/anchor.md`.
//!
//! **What is not checked here**: whether the authority really signed. A token's imprint, nonce and content are compared; the
//! authority's signature and certificates are the recipient's to check, with `openssl ts -verify`; the block that an
//! OpenTimestamps proof ends in, with `ots verify`. [`check_command`] gives the command.

pub mod ots;
pub mod rfc3161;
mod statement;

use core::fmt;
use std::str::FromStr;

use amparo_crypto::{
    hash::{self, Digest},
    labels, random,
};

pub use statement::{ANCHOR_SCHEMA, Claim, MAX_ANCHORS, Statement, Verified, statement_path, token_path, verify};

/// Largest token or proof that is read, in bytes.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// Bytes of the salt in a commitment.
pub const SALT_LEN: usize = 32;

/// Who gives the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnchorKind {
    /// A timestamp authority (RFC 3161).
    Rfc3161,
    /// OpenTimestamps calendars, and behind them the Bitcoin chain.
    OpenTimestamps,
}

impl AnchorKind {
    /// Its name in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rfc3161 => "rfc3161",
            Self::OpenTimestamps => "opentimestamps",
        }
    }

    /// The file name extension of its tokens.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Rfc3161 => "tsr",
            Self::OpenTimestamps => "ots",
        }
    }

    /// The media type of the bytes to send: RFC 3161 §3.4, or a calendar's `POST /digest`.
    #[must_use]
    pub const fn request_media_type(self) -> &'static str {
        match self {
            Self::Rfc3161 => "application/timestamp-query",
            Self::OpenTimestamps => "application/octet-stream",
        }
    }
}

impl fmt::Display for AnchorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AnchorKind {
    type Err = AnchorError;

    /// Reads `rfc3161` or `opentimestamps`.
    fn from_str(name: &str) -> Result<Self, AnchorError> {
        match name {
            "rfc3161" => Ok(Self::Rfc3161),
            "opentimestamps" => Ok(Self::OpenTimestamps),
            _ => Err(AnchorError::UnknownKind),
        }
    }
}

/// Why an authority gave no timestamp (RFC 3161 §2.4.2). Its own words are not repeated: they are a stranger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The hash algorithm is not taken.
    Algorithm,
    /// The request is not understood, or its form is refused.
    Request,
    /// The authority's time source does not work.
    NoTime,
    /// The policy or an extension is not supported.
    Policy,
    /// The authority failed.
    Failure,
    /// It asks to wait.
    Waiting,
    /// It gave no reason, or one that this version does not know.
    Unexplained,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "it does not take this hash algorithm",
            Self::Request => "it does not take this request",
            Self::NoTime => "it has no time at the moment",
            Self::Policy => "it does not support what was asked for",
            Self::Failure => "it failed",
            Self::Waiting => "it asks to wait",
            Self::Unexplained => "it gave no reason",
        })
    }
}

/// A token, a proof or a statement that does not hold. Never carries content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// A kind of anchor that this version does not know.
    #[error("this kind of timestamp is not known")]
    UnknownKind,
    /// More than [`MAX_TOKEN_BYTES`], or more steps than a proof may have.
    #[error("the timestamp is larger than a timestamp may be")]
    TooLarge,
    /// Not a timestamp response, token or proof.
    #[error("this is not a timestamp, or it is damaged")]
    Malformed,
    /// A version of the format that is not known.
    #[error("the timestamp has a version that is not known")]
    UnknownVersion,
    /// The authority gave no timestamp.
    #[error("the authority gave no timestamp: {0}")]
    Refused(Refusal),
    /// Signed data of another kind.
    #[error("this is signed data, but no timestamp")]
    NotATimestamp,
    /// The timestamp is of a hash of another algorithm.
    #[error("the timestamp is of another hash algorithm")]
    OtherAlgorithm,
    /// The timestamp is of something else.
    #[error("the timestamp is of something else: it has another hash")]
    OtherCommitment,
    /// The answer belongs to another request, or to none.
    #[error("the timestamp answers another request: its nonce is not ours")]
    OtherNonce,
    /// The part that says the time is not the one that was signed.
    #[error("the timestamp was altered: its content is not what was signed")]
    ContentAltered,
    /// The proof uses a step that this version does not know.
    #[error("the proof has a step that is not known")]
    UnknownStep,
    /// The part to add belongs to no open end of the proof.
    #[error("the proof has no such open end")]
    NoSuchMessage,
    /// The anchored head cannot be read.
    #[error("the anchored head cannot be read")]
    Head,
    /// The statement beside a token is not in the format.
    #[error("the anchor's statement is not in the format")]
    Statement,
    /// The anchored head is not of this log, or of a later state of it.
    #[error("the anchored head does not belong to this log")]
    OtherLog,
    /// The operating system's random source failed.
    #[error("the operating system's random source failed")]
    Randomness,
}

impl From<amparo_crypto::CryptoError> for AnchorError {
    fn from(_: amparo_crypto::CryptoError) -> Self {
        Self::Randomness
    }
}

/// What is timestamped: `SHA-256("amparo/v1/anchor" ‖ 0x00 ‖ be64(32) ‖ salt ‖ be64(32) ‖ SHA-256(head))`, where `head` is a
/// head's exact text without its signatures ([`head_text`]).
#[must_use]
pub fn commitment(salt: &[u8; SALT_LEN], head: &str) -> Digest {
    hash::labelled(labels::ANCHOR, &[salt, &hash::sha256(head.as_bytes())])
}

/// A fresh salt.
///
/// # Errors
/// [`AnchorError::Randomness`].
pub fn fresh_salt() -> Result<[u8; SALT_LEN], AnchorError> {
    Ok(random::array()?)
}

/// The text of a signed head, without the signatures, which name the vault's key: what an anchor commits to and what a report
/// shows.
///
/// # Errors
/// [`AnchorError::Head`].
pub fn head_text(note: &str) -> Result<&str, AnchorError> {
    crate::custody::Head::text_of(note).map_err(|_| AnchorError::Head)
}

/// How a recipient checks what is not checked here, as one line for a shell. `token` is the token's file.
#[must_use]
pub fn check_command(kind: AnchorKind, commitment: &Digest, token: &str) -> String {
    let digest = crate::hex::encode(commitment);
    match kind {
        AnchorKind::Rfc3161 => format!("openssl ts -verify -digest {digest} -in {token} -CAfile AUTHORITY.pem"),
        AnchorKind::OpenTimestamps => format!("ots verify -d {digest} {token}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commitment_is_as_documented() {
        let input = [
            b"amparo/v1/anchor\0".as_slice(),
            &32u64.to_be_bytes(),
            &[7; 32],
            &32u64.to_be_bytes(),
            &hash::sha256(b"head\n"),
        ]
        .concat();
        assert_eq!(commitment(&[7; 32], "head\n"), hash::sha256(&input));
        assert_ne!(commitment(&[7; 32], "head\n"), commitment(&[8; 32], "head\n"));
        assert_ne!(fresh_salt().unwrap(), fresh_salt().unwrap());
    }

    #[test]
    fn kinds_have_one_name() {
        for kind in [AnchorKind::Rfc3161, AnchorKind::OpenTimestamps] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("RFC3161".parse::<AnchorKind>(), Err(AnchorError::UnknownKind));
    }
}
