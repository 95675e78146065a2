//! Why a pack is refused.

use crate::{Publisher, version::CoreVersion};

/// Why a pack is refused. Nothing of it is used then. No text of the pack is in any message, so messages may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// It does not begin as a pack does.
    #[error("this is not a checklist pack")]
    NotAPack,
    /// A pack, in a format that this version does not know.
    #[error("this pack has a format that this version does not know; update the app")]
    UnknownFormat,
    /// It ends before its end, or goes on after it.
    #[error("this pack is not complete, or something was added to it")]
    WrongLength,
    /// Larger than a pack, or something in it, may be.
    #[error("this pack is too large: {what}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
    },
    /// Built, and not signed yet.
    #[error("this pack is not signed")]
    Unsigned,
    /// The signature does not hold: this is not what the publisher signed, or nobody signed it.
    #[error("the signature of this pack does not hold: it was changed, or is not by this publisher")]
    BadSignature,
    /// A part is not the one that the publisher signed.
    #[error("this pack was changed after it was signed (part {part})")]
    Tampered {
        /// The part's place in the manifest's list, from 0.
        part: usize,
    },
    /// Signed as it is, but not in the shape of a pack: a mistake of its publisher.
    #[error("this pack is malformed: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// Signed by somebody whose key was not accepted here.
    #[error("this pack is by a publisher that was not accepted yet; fingerprint {}", .publisher.fingerprint())]
    UnknownPublisher {
        /// Who signed it.
        publisher: Publisher,
    },
    /// Not by the publisher of the pack that it would replace.
    #[error(
        "this pack is by another publisher than the one that it would replace: {} instead of {}",
        .offered.fingerprint(),
        .installed.fingerprint()
    )]
    OtherPublisher {
        /// Who signed this one.
        offered: Publisher,
        /// Who signed the one that is installed.
        installed: Publisher,
    },
    /// Not the pack that it would replace: another id.
    #[error("this is another pack than the one that it would replace")]
    OtherPack,
    /// Older than what is installed.
    #[error("this pack is older than the one that is installed: version {offered} instead of {installed}")]
    Rollback {
        /// This one's version.
        offered: u64,
        /// That of the one that is installed.
        installed: u64,
    },
    /// The version that is installed, with other content: two different files claim to be one version.
    #[error("this pack says that it is version {version}, and differs from the version {version} that is installed")]
    VersionReused {
        /// The version of both.
        version: u64,
    },
    /// Made for a newer core.
    #[error("this pack needs version {min_core} or later; update the app")]
    TooNew {
        /// The version that it needs.
        min_core: CoreVersion,
    },
    /// Its publisher wanted it reviewed by now.
    #[error("this pack expired: it was to be reviewed by {review_by}")]
    Expired {
        /// The last day on which it may be installed.
        review_by: time::Date,
    },
    /// It begins to be valid later.
    #[error("this pack is valid from {valid_from} only")]
    NotYetValid {
        /// The first day.
        valid_from: time::Date,
    },
}

impl PackError {
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }

    /// A short name that stays the same, for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotAPack => "not_a_pack",
            Self::UnknownFormat => "unknown_format",
            Self::WrongLength => "wrong_length",
            Self::TooLarge { .. } => "too_large",
            Self::Unsigned => "unsigned",
            Self::BadSignature => "bad_signature",
            Self::Tampered { .. } => "tampered",
            Self::Malformed { .. } => "malformed",
            Self::UnknownPublisher { .. } => "unknown_publisher",
            Self::OtherPublisher { .. } => "other_publisher",
            Self::OtherPack => "other_pack",
            Self::Rollback { .. } => "rollback",
            Self::VersionReused { .. } => "version_reused",
            Self::TooNew { .. } => "too_new",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
        }
    }
}
