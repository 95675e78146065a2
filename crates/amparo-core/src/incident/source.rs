//! Where the information comes from, and how far it is trusted.

use super::PartialDate;
use crate::{PersonId, code::codes, record::record};

codes! {
    /// What kind of source it is.
    SourceKind {
        /// Somebody who saw it.
        EYEWITNESS = "eyewitness",
        /// The victim.
        VICTIM = "victim",
        /// The victim's family.
        FAMILY = "family",
        /// A document.
        DOCUMENT = "document",
        /// The media.
        MEDIA = "media",
        /// An organisation.
        ORGANISATION = "organisation",
        /// Something found online.
        ONLINE = "online",
        /// Another.
        OTHER = "other",
    }
}

codes! {
    /// How far what a source says is trusted.
    Reliability {
        /// Another source, independent of it, says the same.
        CONFIRMED = "confirmed",
        /// Likely true.
        PROBABLE = "probable",
        /// Nothing for it and nothing against it.
        UNCONFIRMED = "unconfirmed",
        /// Something speaks against it.
        DOUBTFUL = "doubtful",
        /// Nobody judged it yet.
        UNKNOWN = "unknown",
    }
}

record! {
    /// One source. Nothing is required.
    Source {
        /// What kind.
        kind: Option<SourceKind>,
        /// Who, if it is a person of this incident.
        person: Option<PersonId>,
        /// Title, link, or who told it.
        description: String,
        /// How far it is trusted.
        reliability: Option<Reliability>,
        /// When the information was obtained.
        obtained: Option<PartialDate>,
    }
}
