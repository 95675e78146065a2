//! Salted commitments to the single fields of a record: what lets a report leave fields out and still be checked against what
//! was signed when the record was saved.
//!
//! Every field of a saved record becomes the leaf of a Merkle tree, hidden by a salt of its own. A [`Statement`] with the tree's
//! root is signed at the save. A report carries it with the [`Openings`] of the fields that it shows; [`verify`] checks them
//! against `report.json`. What is not opened stays hidden: neither its value nor its name can be guessed from a hash, nor, within a
//! power of two, how many fields there are. The format is described in `docs/formats/disclosure.md`. Nothing here stores anything
//! or reads a clock.

mod check;
mod commit;
mod openings;
mod statement;

pub use check::{FieldsReport, verify};
pub use commit::{Commitment, MAX_LEAVES, MIN_LEAVES};
pub use openings::{MAX_OPENINGS_BYTES, OPENINGS_SCHEMA, Opening, Openings};
pub use statement::{MAX_STATEMENT_BYTES, RECORD_INCIDENT, STATEMENT_SCHEMA, Statement};

/// A statement, its openings or a record that cannot be what it claims. Never carries a field's name or content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// Larger than the format allows.
    #[error("the disclosure's file is too large")]
    TooLarge,
    /// Not JSON in the shape of the format, or spelt in another way than the format's.
    #[error("the disclosure's file cannot be read")]
    Malformed,
    /// Another `schema`: made by a newer version.
    #[error("the disclosure's file has a format that this version does not know")]
    UnknownSchema,
    /// The statement is not signed by the expected key, or was changed.
    #[error("the statement's signature does not hold")]
    Signature,
    /// A field was to be opened that the record does not have.
    #[error("there is no such field in the record")]
    NoSuchField,
}
