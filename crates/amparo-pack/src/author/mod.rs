//! For authors of packs: read the sources, find what is wrong in them, build a file, sign it.
//!
//! Sources are plain TOML in a folder (`docs/formats/pack.md`, "Sources"). They are read into memory once ([`Sources::read`]) and
//! everything else works on that: [`lint()`] names file, id and what to do; [`build()`] makes the file without a signature, so that
//! it can be signed on another computer than it was made on; [`sign`] signs it.

mod build;
mod finding;
pub mod keys;
pub mod lint;
mod scaffold;
mod source;
mod toml_files;

pub use build::{build, inspect, sign};
pub use finding::{Finding, Severity};
pub use lint::{Against, lint};
pub use scaffold::scaffold;
pub use source::{Field, Kind, Sources, TextKey};

/// Why sources cannot be read, built or signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// A file or folder could not be read.
    #[error("{path} could not be read: {reason}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// The linter found errors; nothing was built.
    #[error("the sources have {} error(s); amparo pack lint names them", .0.iter().filter(|f| f.severity == Severity::Error).count())]
    Findings(Vec<Finding>),
    /// The file cannot be what it should be.
    #[error(transparent)]
    Pack(#[from] crate::PackError),
    /// A pack that is signed already is not signed again: its publisher would change.
    #[error("this pack is signed already")]
    AlreadySigned,
    /// Not a publisher's key file.
    #[error("this is not a publisher's key file, or it is damaged")]
    NotAKey,
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had")]
    Randomness,
}
