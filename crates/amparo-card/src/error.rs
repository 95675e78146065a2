//! Why a card is refused.

use time::Date;

use crate::Signer;

/// Why a card is refused, or cannot be used. Nothing changes then. No text of a card is in any message, so messages may be logged;
/// fingerprints are there to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// It does not begin as a card does.
    #[error("this is not a recipient card")]
    NotACard,
    /// A card, in a format that this version does not know.
    #[error("this card has a format that this version does not know; update the app")]
    UnknownFormat,
    /// It ends before its end, or goes on after it.
    #[error("this card is not complete, or something was added to it")]
    WrongLength,
    /// Larger than a card, or something in it, may be.
    #[error("this card is too large: {what}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
    },
    /// The signature does not hold: this is not what its signer signed.
    #[error("the signature of this card does not hold: it was changed; ask for it again")]
    BadSignature,
    /// Signed as it is, but not in the shape of a card: a mistake of whoever made it.
    #[error("this card is malformed: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// The card of somebody else than the one that it would replace: another id.
    #[error("this is the card of another recipient than the one that it would replace")]
    OtherCard,
    /// Not signed by the key that is trusted. A recipient that lost its key makes a new card, which is imported and compared anew.
    #[error(
        "this card is signed by another key than the one that is trusted: {} instead of {}; do not use it before you asked the \
         recipient by another way",
        .offered.fingerprint(),
        .trusted.fingerprint()
    )]
    OtherSigner {
        /// Who signed this one.
        offered: Signer,
        /// Who signed the trusted one.
        trusted: Signer,
    },
    /// Older than what is trusted.
    #[error("this card is older than the one that is here: version {offered} instead of {trusted}")]
    Rollback {
        /// This one's version.
        offered: u64,
        /// That of the trusted one.
        trusted: u64,
    },
    /// The version that is here, with other content: two different cards claim to be one version.
    #[error(
        "this card says that it is version {version}, and differs from the version {version} that is here; ask the recipient"
    )]
    VersionReused {
        /// The version of both.
        version: u64,
    },
    /// The card is no longer valid.
    #[error("this card expired on {expires}; ask the recipient for a new one")]
    Expired {
        /// The last day on which it was valid.
        expires: Date,
    },
    /// Every key that is known here is past its last day, and a newer card is needed.
    #[error("all keys of this card expired; ask the recipient for a new one")]
    KeysExpired,
    /// It has only keys of kinds that this version does not know.
    #[error("this card has no key that this version can seal to; update the app")]
    NoKnownKey,
}

impl CardError {
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }

    /// A short name that stays the same, for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotACard => "not_a_card",
            Self::UnknownFormat => "unknown_format",
            Self::WrongLength => "wrong_length",
            Self::TooLarge { .. } => "too_large",
            Self::BadSignature => "bad_signature",
            Self::Malformed { .. } => "malformed",
            Self::OtherCard => "other_card",
            Self::OtherSigner { .. } => "other_signer",
            Self::Rollback { .. } => "rollback",
            Self::VersionReused { .. } => "version_reused",
            Self::Expired { .. } => "expired",
            Self::KeysExpired => "keys_expired",
            Self::NoKnownKey => "no_known_key",
        }
    }
}
