//! Who did it, as far as it is known: one or many, named or only described.

use super::{Nature, limits};
use crate::{CoreError, PerpetratorId, code::codes, record::record, text};

codes! {
    /// What kind of actor a perpetrator is.
    PerpetratorKind {
        /// A State body other than police and military.
        STATE = "state",
        /// Police.
        POLICE = "police",
        /// Military.
        MILITARY = "military",
        /// An armed group that is no State's.
        ARMED_GROUP = "armed_group",
        /// A company, or somebody who works for one.
        COMPANY = "company",
        /// A private person.
        PRIVATE_PERSON = "private_person",
        /// An account online, whoever is behind it.
        ONLINE_ACCOUNT = "online_account",
        /// Not known.
        UNKNOWN = "unknown",
    }
}

codes! {
    /// What somebody can be recognised by.
    IdentifierKind {
        /// A uniform or its signs.
        UNIFORM = "uniform",
        /// The name or number of a unit.
        UNIT = "unit",
        /// A vehicle or its number plate.
        VEHICLE = "vehicle",
        /// A handle online.
        HANDLE = "handle",
        /// Something else.
        OTHER = "other",
    }
}

record! {
    /// Something by which a perpetrator can be recognised.
    Identifier {
        required {
            /// What it is.
            kind: IdentifierKind,
            /// As it was seen.
            value: String,
        }
    }
}

record! {
    /// One perpetrator, or a group. Nothing is required.
    Perpetrator {
        /// What acts name the perpetrator by. Given at the first save if it is absent.
        id: Option<PerpetratorId>,
        /// What kind of actor.
        kind: Option<PerpetratorKind>,
        /// One or many.
        nature: Option<Nature>,
        /// How many, if it is a group.
        number: Option<u32>,
        /// Name, or rank and name.
        name: String,
        /// What they can be recognised by.
        identifiers: Vec<Identifier>,
        /// Anything else.
        description: String,
    }
}

impl Perpetrator {
    pub(super) fn validate(&self) -> Result<(), CoreError> {
        text::check_count("perpetrators.identifiers", self.identifiers.len(), limits::CODES)
    }
}
