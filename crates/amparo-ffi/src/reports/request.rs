//! What somebody asks to seal: for whom, and what of an incident they are told.

use amparo_core::{
    Amparo, CoreError,
    report::{self, AgeError, KeyFault, Recipient},
};

use crate::{
    convert::{IntoCore, plain, same_words, silent},
    error::{Failure, NOT_A_RECIPIENT, SECRET_KEY_GIVEN},
    forms::FormId,
    ids::{EvidenceId, IncidentId, ReportId},
    incidents::RecipientKind,
};

same_words! {
    /// The two kinds of keys.
    KeyKind = report::KeyKind {
        /// X25519 (`age1…`): every version of age reads it. What is recorded today could be read with a future quantum computer.
        Classic,
        /// ML-KEM-768 with X25519 (`age1pq1…`): take this one.
        PostQuantum,
    }
}

same_words! {
    /// Who signs a report.
    SenderMode = report::SenderMode {
        /// Nobody: anybody could have written it.
        Anonymous,
        /// A key made for this case: two reports of one case belong together, two cases do not.
        Case,
        /// A key by which the sender is known.
        Identified,
    }
}

same_words! {
    /// What becomes of persons who were not asked, or who did not allow this kind of recipient. Who refused is left out always.
    PersonPolicy = report::PersonPolicy {
        /// Only the role, and the pseudonym if there is one.
        Pseudonymise,
        /// Nothing.
        LeaveOut,
    }
}

/// What is shown beyond the incident's own fields. The default shows notes and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Shown {
    /// The notes on the evidence.
    #[uniffi(default = true)]
    pub notes: bool,
    /// The names the files had outside. They may tell of other people and places.
    #[uniffi(default)]
    pub file_names: bool,
    /// The user's own tags.
    #[uniffi(default)]
    pub tags: bool,
    /// What the device knew when the evidence was captured: place, model, network.
    #[uniffi(default)]
    pub device: bool,
    /// How to reach the persons who allow to be told of.
    #[uniffi(default)]
    pub contacts: bool,
}

impl IntoCore<report::Shown> for Shown {
    fn into_core(self) -> Result<report::Shown, CoreError> {
        let Self { notes, file_names, tags, device, contacts } = self;
        Ok(report::Shown { notes, file_names, tags, device, contacts })
    }
}

/// What goes in for one group. The default is every field that consent and the marks in the record allow, with all evidence.
///
/// A field is named by its path in the record, with `*` in place of a number for every element of a list: `/narrative`,
/// `/persons/0/name`.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct FieldChoice {
    /// Beyond the incident's own fields. Absent: notes and nothing else.
    #[uniffi(default)]
    pub shown: Option<Shown>,
    /// Only these fields, if there is a list. Ids, revision and times stay.
    #[uniffi(default)]
    pub only: Option<Vec<String>>,
    /// Not these fields.
    #[uniffi(default)]
    pub leave_out: Vec<String>,
    /// These too, although they are marked as confidential, or are never shown by themselves. One by one: `*` is refused. What a
    /// person's consent does not allow stays hidden.
    #[uniffi(default)]
    pub reveal: Vec<String>,
    /// What becomes of persons without consent for this kind of recipient. Absent: `Pseudonymise`.
    #[uniffi(default)]
    pub persons: Option<PersonPolicy>,
    /// The evidence, in this order. Absent: all that can be disclosed.
    #[uniffi(default)]
    pub evidence: Option<Vec<EvidenceId>>,
}
silent!(FieldChoice);

impl IntoCore<report::FieldChoice> for FieldChoice {
    fn into_core(self) -> Result<report::FieldChoice, CoreError> {
        let paths = |paths: Vec<String>| paths.iter().map(|path| path.parse()).collect::<Result<Vec<_>, _>>();
        let Self { shown, only, leave_out, reveal, persons, evidence } = self;
        Ok(report::FieldChoice {
            shown: shown.into_core()?.unwrap_or_default(),
            only: only.map(paths).transpose()?,
            leave_out: paths(leave_out)?,
            reveal: paths(reveal)?,
            persons: persons.into_core()?.unwrap_or_default(),
            evidence: evidence.into_core()?,
        })
    }
}

/// One group of recipients: all of one kind, all told the same.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct RecipientGroup {
    /// What kind of recipients they are. Persons' consent is bound to it.
    pub kind: RecipientKind,
    /// Their public keys, `age1pq1…` or `age1…`. Keys of both kinds make two files.
    pub recipients: Vec<String>,
    /// What they are told. Absent: everything that may be told to their kind.
    #[uniffi(default)]
    pub choice: Option<FieldChoice>,
    /// The form of their channel: what it must not get is left out, and what its consent rule and its limits do not allow is not sealed.
    /// What it asks for and is not there stops nobody: see the preview.
    #[uniffi(default)]
    pub form: Option<FormId>,
}
silent!(RecipientGroup);

plain! {
    /// What was confirmed of one preview. It is not secret.
    Confirmed = report::Confirmed {
        required {
            /// The id that the report will have.
            report: ReportId,
            /// Hash over everything in it that people or programs read.
            content: String,
        }
    }
}

impl IntoCore<[u8; 32]> for String {
    fn into_core(self) -> Result<[u8; 32], CoreError> {
        let mut bytes = [0u8; 32];
        if self.len() != 64 || !self.is_ascii() {
            return Err(CoreError::MalformedId);
        }
        for (byte, digits) in bytes.iter_mut().zip(self.as_bytes().chunks(2)) {
            let digits = str::from_utf8(digits).map_err(|_| CoreError::MalformedId)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| CoreError::MalformedId)?;
        }
        Ok(bytes)
    }
}

/// What to seal, for whom.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ReportRequest {
    /// The incident.
    pub incident: IncidentId,
    /// To whom, and what each group is told. Each group gets a report of its own.
    pub groups: Vec<RecipientGroup>,
    /// The revision that the choice was made on; another one is refused then. Absent: the present.
    #[uniffi(default)]
    pub revision: Option<u32>,
    /// Who signs. Absent: the case's key.
    #[uniffi(default)]
    pub sender: Option<SenderMode>,
    /// The `confirmed` of each group's preview, in order: exactly that is sealed, or nothing. Empty: whatever is there now.
    #[uniffi(default)]
    pub confirmed: Vec<Confirmed>,
}
silent!(ReportRequest);

impl ReportRequest {
    /// As the core takes it.
    pub(crate) fn into_core(self, amparo: &Amparo) -> Result<report::ReportRequest, Failure> {
        let Self { incident, groups, revision, sender, confirmed } = self;
        Ok(report::ReportRequest {
            incident: incident.into_core()?,
            revision,
            groups: groups.into_iter().map(|one| group(one, amparo)).collect::<Result<_, _>>()?,
            sender: sender.into_core()?.unwrap_or(report::SenderMode::Case),
            confirmed: confirmed.into_core()?,
        })
    }
}

fn group(group: RecipientGroup, amparo: &Amparo) -> Result<report::RecipientGroup, Failure> {
    let RecipientGroup { kind, recipients, choice, form } = group;
    Ok(report::RecipientGroup {
        kind: kind.into_core()?,
        recipients: recipients.iter().map(|text| recipient(text)).collect::<Result<_, _>>()?,
        choice: choice.into_core()?.unwrap_or_default(),
        form: form.map(|form| form.open(amparo)).transpose()?,
    })
}

/// Reads a public key. Space around it comes with what people paste.
fn recipient(text: &str) -> Result<Recipient, Failure> {
    text.trim().parse().map_err(|error| match error {
        AgeError::MalformedKey(KeyFault::SecretGiven) => {
            Failure::new(SECRET_KEY_GIVEN, "this is a secret key: it must not be given to anybody, nor sealed to")
        }
        _ => Failure::new(NOT_A_RECIPIENT, "this is not a public key to seal to: it begins with age1"),
    })
}
