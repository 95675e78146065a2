//! Checklist packs: signed files of safety checklists and triage in several languages (`docs/formats/pack.md`).
//!
//! A pack is read without a vault: somebody who is being arrested may not have unlocked. This crate opens no file, no network
//! connection and no vault, and reads no clock.
//!
//! 1. [`PackFile::read`] checks the signature and gives the [`Manifest`]. Nothing else of the file was looked at yet.
//! 2. [`PackFile::admit`] says whether this pack may be used here and today ([`Admission`]).
//! 3. [`PackFile::open`] checks and reads everything; [`PackFile::open_for`] only what one language needs.
//!
//! [`Pack::parse`] is the first and the third step in one. [`compare`] tells an update from what it replaces. Authors' tools are
//! in `author`, behind the feature of that name.

mod admission;
#[cfg(feature = "author")]
pub mod author;
pub mod characters;
pub mod codes;
pub mod compare;
mod error;
mod file;
pub mod form;
pub mod limits;
mod manifest;
mod names;
mod pack;
mod publisher;
mod structure;
mod texts;
mod version;

pub use admission::{Admission, Installed};
pub use error::PackError;
pub use file::PackFile;
pub use manifest::{LocaleEntry, Manifest, PartEntry};
pub use names::{is_code, is_id, is_locale, nearest_locale};
pub use pack::{Pack, Shown};
pub use publisher::Publisher;
pub use structure::{
    Answer, Checklist, Item, Link, Question, Section, Structure, Tombstone, TombstoneKind, Topic, Triage,
};
pub use texts::{Texts, TextsOfItem, TextsOfList};
pub use version::CoreVersion;
