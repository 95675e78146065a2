//! Checklists: signed packs in the vault ([`Packs`]), and the user's runs through their checklists ([`Checklists`]).
//!
//! A pack is read without a vault too: [`Pack::parse_for`] and [`ChecklistView::of`] need nothing but the file. What is kept here is
//! what only an unlocked vault may know: whose packs were accepted, and what somebody ticked. Nothing that was ticked is lost when a
//! pack is updated, removed or damaged, and nothing of a pack is used that was not verified when it was read.

mod due;
mod packs;
mod run_view;
mod runs;
mod score;
mod store;
mod ticks;
mod view;
mod words;

pub use amparo_pack::{
    Checklist, CoreVersion, Item, Link, LocaleEntry, Manifest, Pack, PackError, PackFile, Publisher, Section,
    Structure, Tombstone, TombstoneKind, Triage, compare::Changes,
};
pub use amparo_report::locale::Direction;
pub use due::{Due, DueState};
pub use packs::{AcceptedPublisher, InstalledPack, Offer, OfferKind, Packs};
pub use run_view::{Fate, LeftItem, RunView, Tick};
pub use runs::{Checklists, Draft, Finish, MAX_NOTE_BYTES, MAX_RUNS, Progress, RunQuery, RunSummary, Standing};
pub use score::{ItemChange, Points, Score};
pub use view::{
    AnswerView, ChecklistHeading, ChecklistView, ItemState, ItemView, Lead, Next, QuestionView, SectionView, TriageView,
};
pub use words::Text;

/// Opens the pack that an app brings with it, without a vault, in the language nearest to `language` (BCP 47). It must be signed by
/// `publisher`, whose key the app knows by itself. Dates are not judged: it is shown and not installed, and advice of last year is better
/// than none. Does not block.
///
/// # Errors
/// [`PackError`], with the reason: [`PackError::UnknownPublisher`] for a pack that somebody else signed.
pub fn bundled(bytes: &[u8], publisher: Publisher, language: &str) -> Result<Pack, PackError> {
    let file = PackFile::read(bytes)?;
    file.admit(&amparo_pack::Admission { accepted: &[publisher], installed: None, today: None })?;
    file.open_for(language)
}
