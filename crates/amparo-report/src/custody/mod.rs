//! The custody log: what happened to each piece of evidence, as anyone can check it.
//!
//! Formats, Merkle tree, signed heads and verification, shared by the phone that writes the log and the desk that checks an
//! excerpt of it. Nothing here stores anything, reads a clock or knows the vault. The format is described in
//! `docs/formats/custody.md`.
//!
//! * [`Entry`]: one JSON line; its exact bytes are what is hashed.
//! * [`tree`]: RFC 9162 hashes and proofs over a [`NodeSource`].
//! * [`Head`]: size and root, signed as a C2SP checkpoint.
//! * [`verify_chain`]: the whole log, in the vault.
//! * [`Disclosure`]: an excerpt with proofs, in a report.
//! * [`InclusionProof`], [`ConsistencyProof`]: one proof on its own, for whoever holds a head.

mod chain;
mod disclosure;
mod entry;
mod head;
mod proof;
pub mod tree;

pub use chain::{ChainFault, ChainReport, FaultKind, FaultReason, verify_chain};
pub use disclosure::{
    Disclosure, DisclosureFault, DisclosureReport, MAX_DISCLOSED, PROOFS_SCHEMA, Proof, Proofs, disclose,
    verify_disclosure,
};
pub(crate) use entry::is_utc_time;
pub use entry::{ENTRY_SCHEMA, Entry, Event, FIRST_PREV, MAX_LINE_BYTES};
pub use head::{Head, MAX_HEAD_BYTES, ORIGIN};
pub use proof::{CONSISTENCY_SCHEMA, ConsistencyProof, INCLUSION_SCHEMA, InclusionProof};
pub use tree::{
    Frontier, Hash, MAX_SIZE, MemoryTree, Node, NodeSource, append_nodes, consistency_proof, inclusion_path, leaf_hash,
    node_hash, root, verify_consistency, verify_inclusion,
};

/// A custody entry, head or proof that cannot be what it claims. Never carries a line's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustodyError {
    /// A line longer than [`MAX_LINE_BYTES`].
    #[error("the entry is longer than a custody entry may be")]
    TooLong,
    /// Not one JSON object in the shape of a custody entry.
    #[error("the entry is not in the custody log's format")]
    Malformed,
    /// A `schema` other than [`ENTRY_SCHEMA`]: written by a newer version.
    #[error("the entry has a format that this version does not know")]
    UnknownSchema,
    /// `time` is not RFC 3339 in UTC.
    #[error("the entry's time is not RFC 3339 in UTC")]
    Time,
    /// A name (event, evidence id, actor, version) is empty, too long, or has characters that it may not have.
    #[error("a name in the entry is empty, too long or has characters it may not have")]
    Name,
    /// A head's text is not a C2SP checkpoint of this log.
    #[error("the head is not in the format of a signed custody head")]
    MalformedHead,
    /// No signature on the head verifies under the given key.
    #[error("the head is not signed by the custody key")]
    HeadSignature,
    /// A proof was asked for an entry that is not in a tree of that size.
    #[error("no such entry in a log of this size")]
    OutOfRange,
    /// The store does not have a node that a log of this size must have.
    #[error("the custody log's tree lacks a node: level {level}, index {index}")]
    MissingNode {
        /// 0 for leaves.
        level: u32,
        /// From 0, from the left.
        index: u64,
    },
    /// A proof does not lead to the root.
    #[error("the proof does not lead to the signed root")]
    Proof,
    /// The operating system's random source failed.
    #[error("the operating system's random source failed")]
    Randomness,
}

impl From<amparo_crypto::CryptoError> for CustodyError {
    fn from(error: amparo_crypto::CryptoError) -> Self {
        match error {
            amparo_crypto::CryptoError::Randomness => Self::Randomness,
            _ => Self::HeadSignature,
        }
    }
}
