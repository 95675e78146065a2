//! Records to and from files: `amparo.export/1` (docs/formats/export.md).
//!
//! **An export is plaintext.** It holds everything that was entered, names, places and contacts included, also what is marked
//! confidential; nothing is filtered. It is the owner's own data, for a move to another vault or another program. What others
//! may see is a report ([`crate::report`]).
//!
//! Exports are not entered in the custody log: it tells what happened to bytes of evidence, and none are in an export.

mod export;
pub mod huridocs;
mod import;
pub mod lists;
mod merge;
#[cfg(feature = "schema")]
pub mod schemas;
mod split;
mod uwazi;

pub use amparo_report::locale::Locale;
pub use export::{ExportOptions, ExportSummary, Format};
pub use import::{Conflict, ELEMENT_BYTES, ImportPolicy, ImportReport, Kind, MAX_REFUSED, Refused, Stopped};

pub use uwazi::{COLUMNS as UWAZI_COLUMNS, UwaziOptions, thesaurus_csv};

use crate::Amparo;

/// `schema` of an export.
pub const EXPORT_SCHEMA: &str = "amparo.export/1";

/// `schema` of an earlier revision of an incident in an export.
pub const REVISION_SCHEMA: &str = "amparo.revision/1";

/// Records to and from files. Got from [`Amparo::interchange`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Interchange<'a> {
    pub(crate) amparo: &'a Amparo,
}
