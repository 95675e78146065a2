//! What a group will see, before anything is sealed: the very bytes, and what is not in them and why.

use amparo_core::report;

use super::{Confirmed, KeyKind, SenderMode, count};
use crate::{
    convert::{IntoHost, answer, same_words, silent},
    forms::FieldFinding,
    ids::{EvidenceId, PersonId, ReportId},
    incidents::RecipientKind,
};

same_words! {
    /// How much of a person is told.
    Told = report::Told {
        /// What was entered, but for what was left out or is confidential.
        InFull,
        /// Role and pseudonym.
        Pseudonymised,
        /// Nothing.
        LeftOut,
    }
}

same_words! {
    /// Why a person is told of as they are.
    ToldReason = report::Why {
        /// They allowed this kind of recipient.
        Allowed,
        /// They allowed others, and not this kind.
        OtherKinds,
        /// Nobody asked.
        NotAsked,
        /// They refused.
        Refused,
        /// An answer that this version does not know.
        UnknownAnswer,
        /// They may be told of, and the channel must not get their name.
        Form,
    }
}

same_words! {
    /// Why a field is not shown.
    WithheldReason = report::Reason {
        /// The sender left it out.
        LeftOut,
        /// It is marked as confidential in the record.
        Confidential,
        /// A person's consent does not allow it.
        Consent,
        /// It is shown only if somebody chooses it by hand: tags, contacts, other cases.
        NotChosen,
        /// The place may be told only less precisely.
        PlacePrecision,
        /// It would tie an anonymous report to others.
        Anonymous,
        /// It names something that is not in the report.
        NotInReport,
        /// The part that it belongs to cannot be without something that is not shown.
        Incomplete,
        /// A field of a newer version.
        UnknownField,
        /// It would be told, and the channel must not get it.
        Form,
    }
}

same_words! {
    /// Why evidence that was not chosen by hand does not go in.
    LeftOutReason = report::LeftOutReason {
        /// It is still being written.
        Unfinished,
        /// It is damaged.
        Damaged,
        /// Nothing of it was kept.
        Empty,
        /// Whoever speaks in it, or in what it was made from, did not allow to tell this kind of recipient.
        Consent,
        /// A redacted copy of it, or one without metadata, is in the report. Whoever made one did not mean to tell the rest; who wants
        /// both chooses by hand.
        CopyInstead,
        /// The channel does not take it: what it is, or files of its type.
        NotForChannel,
        /// The channel does not take files of its size.
        TooLargeForChannel,
    }
}

/// What a group is told of one person.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct PersonTold {
    /// The person's place in the incident, from 0.
    pub index: u32,
    /// Who.
    pub id: Option<PersonId>,
    /// How much.
    pub told: Told,
    /// Why.
    pub why: ToldReason,
}
silent!(PersonTold);

impl IntoHost<PersonTold> for report::PersonTold {
    fn into_host(self) -> PersonTold {
        let Self { index, id, told, why } = self;
        PersonTold { index: count(index), id: id.into_host(), told: told.into_host(), why: why.into_host() }
    }
}

answer! {
    /// A field that is not shown.
    Withheld = report::Withheld {
        /// Which one: a path in the saved record.
        field: String,
        /// Why.
        reason: WithheldReason,
    }
}

answer! {
    /// A piece of evidence of the incident that does not go in.
    LeftOut = report::LeftOut {
        /// Which one.
        evidence: EvidenceId,
        /// Why.
        reason: LeftOutReason,
    }
}

/// What a warning is about.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum WarningKind {
    /// Somebody's name, pseudonym or contact that is withheld stands in words that are shown, possibly in another case or without
    /// accents. `about` is a path in `report.json`.
    NameInText,
    /// Evidence goes in as it is: with place, time, device and owner, as far as its file says so, and with everybody who can be seen
    /// or heard. `about` is its path in the report.
    OriginalEvidence,
    /// What is there of this evidence is not all that was recorded. `about` is its path in the report.
    IncompleteEvidence,
    /// Some recipients have only classic keys: what is recorded today could be read with a future quantum computer.
    ClassicKeys,
    /// The custody excerpt shows that this report and others of the vault come from one log, although they are signed by the keys of
    /// their cases.
    Linkable,
    /// One that this version of the bindings has no case for.
    Unlisted {
        /// Its stable word.
        code: String,
    },
}

/// Something to think about before it is sealed. It names fields, never what is in them.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ReportWarning {
    /// What it is.
    pub kind: WarningKind,
    /// The field or file that it is about, if it is about one.
    pub about: Option<String>,
}
silent!(ReportWarning);

impl IntoHost<ReportWarning> for report::Warning {
    fn into_host(self) -> ReportWarning {
        let about = self.about().map(str::to_owned);
        let kind = match self {
            Self::NameInText { .. } => WarningKind::NameInText,
            Self::OriginalEvidence { .. } => WarningKind::OriginalEvidence,
            Self::IncompleteEvidence { .. } => WarningKind::IncompleteEvidence,
            Self::ClassicKeys => WarningKind::ClassicKeys,
            Self::Linkable => WarningKind::Linkable,
            other => WarningKind::Unlisted { code: other.code().to_owned() },
        };
        ReportWarning { kind, about }
    }
}

answer! {
    /// One file of a report.
    PreviewFile = report::PreviewFile {
        /// Its path in the report.
        path: String,
        /// Its size in bytes.
        size: u64,
    }
}

/// One sealed file to be.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct SealedSize {
    /// The kind of its recipients' keys.
    pub keys: KeyKind,
    /// How many recipients can open it.
    pub recipients: u32,
    /// Its size in bytes, exactly.
    pub size: u64,
}
silent!(SealedSize);

impl IntoHost<SealedSize> for report::SealedSize {
    fn into_host(self) -> SealedSize {
        let Self { keys, recipients, size } = self;
        SealedSize { keys: keys.into_host(), recipients: count(recipients), size }
    }
}

/// Exactly what one group will see.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct GroupPreview {
    /// What kind of recipients.
    pub kind: RecipientKind,
    /// The id that the report will have, if it is sealed from this preview.
    pub report_id: ReportId,
    /// The revision of the incident.
    pub revision: u32,
    /// Who signs.
    pub sender: SenderMode,
    /// `report.json`.
    pub report_json: String,
    /// `report.html`, with its pictures in it: it may be some 10 MiB. Show it in a view without network and without scripts.
    pub html: String,
    /// `report.md`.
    pub markdown: String,
    /// Every file in the report, in its order.
    pub files: Vec<PreviewFile>,
    /// The sealed files, post-quantum recipients first.
    pub sealed: Vec<SealedSize>,
    /// What is told of each person, and why.
    pub persons: Vec<PersonTold>,
    /// Fields of the incident that are not in it, and why.
    pub withheld: Vec<Withheld>,
    /// Evidence of the incident that is not in it, and why.
    pub left_out: Vec<LeftOut>,
    /// What the channel's form says to it, if the group has one: what is asked for and is not there, known and hidden, or left out for
    /// the channel. In the report's language.
    pub form: Vec<FieldFinding>,
    /// What to think about.
    pub warnings: Vec<ReportWarning>,
    /// For `ReportRequest.confirmed`: that this was looked at.
    pub confirmed: Confirmed,
}
silent!(GroupPreview);

/// The preview with what a request must carry to seal exactly it.
pub(super) fn with_confirmed((preview, confirmed): (report::GroupPreview, report::Confirmed)) -> GroupPreview {
    GroupPreview {
        kind: preview.kind.into_host(),
        report_id: preview.report_id.into_host(),
        revision: preview.revision,
        sender: preview.sender.into_host(),
        // The core writes it from strings: it is UTF-8.
        report_json: String::from_utf8_lossy(&preview.report_json).into_owned(),
        html: preview.html,
        markdown: preview.markdown,
        files: preview.files.into_host(),
        sealed: preview.sealed.into_host(),
        persons: preview.persons.into_host(),
        withheld: preview.withheld.into_host(),
        left_out: preview.left_out.into_host(),
        form: preview.form.into_host(),
        warnings: preview.warnings.into_host(),
        confirmed: confirmed.into_host(),
    }
}
