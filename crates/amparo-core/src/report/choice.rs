//! What is told to one group of recipients: who they are, and what was chosen for them.

use amparo_crypto::age::Recipient;
use serde_json::Value;

use super::{consent::PersonPolicy, fields::FieldPath, filter};
use crate::{CoreError, EvidenceId, form::ChannelForm, incident::RecipientKind};

/// What is shown beyond the incident's own fields. The default shows notes and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The notes on the evidence.
    pub notes: bool,
    /// The names the files had outside. They may tell of other people and places.
    pub file_names: bool,
    /// The user's own tags.
    pub tags: bool,
    /// What the device knew when the evidence was captured: place, model, network.
    pub device: bool,
    /// How to reach the persons who allow to be told of.
    pub contacts: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self { notes: true, file_names: false, tags: false, device: false, contacts: false }
    }
}

impl Shown {
    /// Nothing.
    pub const NOTHING: Self = Self { notes: false, file_names: false, tags: false, device: false, contacts: false };
    /// Everything.
    pub const EVERYTHING: Self = Self { notes: true, file_names: true, tags: true, device: true, contacts: true };
}

/// What goes in for one group. The default is every field that consent and the marks in the record allow, with all evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldChoice {
    /// Beyond the incident's own fields.
    pub shown: Shown,
    /// Only these fields, if there is a list. Ids, revision and times stay.
    pub only: Option<Vec<FieldPath>>,
    /// Not these fields.
    pub leave_out: Vec<FieldPath>,
    /// These too, although they are marked as confidential, or are never shown by themselves. One by one: `*` is refused. What a
    /// person's consent does not allow stays hidden.
    pub reveal: Vec<FieldPath>,
    /// What becomes of persons without consent for this kind of recipient.
    pub persons: PersonPolicy,
    /// The evidence, in this order; `None` takes all that can be disclosed.
    pub evidence: Option<Vec<EvidenceId>>,
}

impl FieldChoice {
    /// Whether `at` was chosen by hand, by a path of at least `least` segments.
    pub(super) fn reveals(&self, at: &[String], least: usize) -> bool {
        self.reveal.iter().any(|path| path.len() >= least && path.holds(at))
    }

    /// Refuses paths that name nothing.
    pub(super) fn check(&self, record: &Value) -> Result<(), CoreError> {
        if !self.reveal.iter().all(FieldPath::is_exact) {
            return Err(CoreError::NoSuchField);
        }
        let only = self.only.iter().flatten();
        filter::check_paths(only.chain(&self.leave_out).chain(&self.reveal), record)
    }
}

/// One group of recipients: all of one kind, all told the same.
#[derive(Debug, Clone)]
pub struct RecipientGroup {
    /// What kind of recipients they are. Persons' consent is bound to it.
    pub kind: RecipientKind,
    /// Their keys. Keys of both kinds make two files.
    pub recipients: Vec<Recipient>,
    /// What they are told.
    pub choice: FieldChoice,
    /// The form of their channel: what it must not get is left out, what its consent rule and its limits do not allow is not sealed,
    /// and its layout is the page's. What it asks for and is not there does not stop anybody: see [`GroupPreview`](super::GroupPreview::form).
    pub form: Option<ChannelForm>,
}

impl RecipientGroup {
    /// A group that is told everything that may be told to its kind.
    #[must_use]
    pub fn new(kind: RecipientKind, recipients: Vec<Recipient>) -> Self {
        Self { kind, recipients, choice: FieldChoice::default(), form: None }
    }
}
