//! What was done online, with what a platform needs to find it.

use super::{PartialDate, limits};
use crate::{CoreError, EvidenceId, code::codes, record::record, text};

codes! {
    /// What was done online.
    OnlineHarmKind {
        /// An account was taken over.
        ACCOUNT_TAKEOVER = "account_takeover",
        /// Private data were published.
        DOXXING = "doxxing",
        /// Somebody pretends to be somebody else.
        IMPERSONATION = "impersonation",
        /// Many harass one.
        COORDINATED_HARASSMENT = "coordinated_harassment",
        /// Threat.
        THREAT = "threat",
        /// Malware or phishing.
        MALWARE = "malware",
        /// Blocking or filtering by an authority.
        CENSORSHIP = "censorship",
        /// The platform removed content or an account.
        TAKEDOWN = "takedown",
        /// Abuse of pictures.
        IMAGE_ABUSE = "image_abuse",
        /// Something else.
        OTHER = "other",
    }
}

record! {
    /// What a platform was told, and what came of it.
    PlatformReport {
        /// When.
        when: Option<PartialDate>,
        /// The platform's reference.
        reference: String,
        /// What it answered or did.
        result: String,
    }
}

record! {
    /// One harm online.
    OnlineHarm {
        required {
            /// What it was.
            kind: OnlineHarmKind,
        }
        /// On which platform.
        platform: String,
        /// The account from which it came.
        handle: String,
        /// The account that was attacked.
        target: String,
        /// Where it can be seen.
        urls: Vec<String>,
        /// The platform's ids of the content.
        content_ids: Vec<String>,
        /// Whether the platform was told.
        reported: Option<PlatformReport>,
        /// The evidence of it, of that which is attached to the incident.
        evidence: Vec<EvidenceId>,
        /// What the code does not say.
        description: String,
    }
}

impl OnlineHarm {
    pub(super) fn validate(&self) -> Result<(), CoreError> {
        text::check_count("online_harms.urls", self.urls.len(), limits::REFERENCES)?;
        text::check_count("online_harms.content_ids", self.content_ids.len(), limits::REFERENCES)?;
        text::check_count("online_harms.evidence", self.evidence.len(), limits::REFERENCES)
    }
}
