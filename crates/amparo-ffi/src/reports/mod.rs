//! Reports: what of an incident goes to whom. Preview, let somebody look, seal exactly that.

mod preview;
mod request;

use std::{path::Path, sync::Arc, time::SystemTime};

use amparo_core::{Amparo, report};
pub use preview::*;
pub use request::*;

use crate::{
    convert::{IntoCore as _, IntoHost, answer, silent},
    error::{NOT_A_RECIPIENT, SECRET_KEY_GIVEN, call, errors},
    ids::{EvidenceId, IncidentId, ReportId},
    incidents::RecipientKind,
    job::{CancelToken, Progress, watch},
};

errors! {
    /// Why a report could not be previewed, sealed or found.
    ReportError {
        /// No incident, or no report, of this id.
        NotFound = 230 | 500,
        /// The incident was saved meanwhile: it is not the revision that the choice was made on.
        Conflict = 232, {
            /// The revision that is stored now.
            current: u32,
        },
        /// Nobody to seal to.
        NoRecipients = 510,
        /// What was given is no public key (`age1…`).
        NotARecipient = NOT_A_RECIPIENT,
        /// A secret key was given where a public one belongs. Whoever sent it should make a new one.
        SecretKeyGiven = SECRET_KEY_GIVEN,
        /// One key is in two groups: whoever it is would get both reports.
        RecipientTwice = 503,
        /// The incident is a draft.
        Draft = 504,
        /// What would be sealed is not what was previewed: look again.
        PreviewOutdated = 505,
        /// A path names no field of the incident.
        NoSuchField = 502,
        /// Evidence was chosen that is not there, or is not attached to this incident.
        EvidenceNotFound = 300 | 303,
        /// Evidence was chosen that is still being written.
        EvidenceUnfinished = 301,
        /// Evidence was chosen of which nothing is left.
        EvidenceEmpty = 304 | 305,
        /// Whoever speaks in the chosen evidence did not allow to tell this kind of recipient.
        EvidenceWithoutConsent = 506,
        /// Too many recipients or files, or too many bytes, for one report.
        TooLarge = 511 | 513 | 520,
        /// A file of that name exists. It was not touched.
        TargetExists = 320,
        /// The folder to write to does not exist.
        TargetFolderMissing = 321,
        /// The file could not be written. What was begun was removed.
        TargetFailed = 323,
        /// A key of a recipient's card, or the card, is past its last day: ask for a new one.
        RecipientExpired = 560 | 561,
        /// The channel's form cannot be used: it is not there, needs a newer version, is malformed, or is for other kinds of recipients.
        FormUnusable = 280 | 281 | 540..=543,
        /// The channel asks persons for more than they answered: check the form. Nothing was sealed.
        FormConsent = 544,
        /// The channel takes less than this: leave evidence for a second report, as the form's check suggests.
        FormTooLarge = 545 | 546,
        /// Evidence was chosen by hand that the channel does not take.
        FormEvidence = 547,
    }
}

/// One sealed file.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct SealedFile {
    /// Where it is.
    pub path: Option<String>,
    /// The kind of its recipients' keys.
    pub kind: KeyKind,
    /// How many recipients can open it.
    pub recipients: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256: what a receipt names.
    pub sha256: String,
}
silent!(SealedFile);

impl IntoHost<SealedFile> for report::SealedFile {
    fn into_host(self) -> SealedFile {
        let Self { path, kind, recipients, size, sha256 } = self;
        SealedFile {
            // Made from a target that came as a string: nothing is lost.
            path: path.map(|path| path.to_string_lossy().into_owned()),
            kind: kind.into_host(),
            recipients: count(recipients),
            size,
            sha256: sha256.into_host(),
        }
    }
}

answer! {
    /// A report that was sealed for one group.
    SealedReport = report::SealedReport {
        /// Its id, the same in all its files, and no other group's.
        id: ReportId,
        /// What kind of recipients it is for.
        kind: RecipientKind,
        /// Its files, post-quantum recipients first.
        files: Vec<SealedFile>,
        /// The evidence in it, in order.
        evidence: Vec<EvidenceId>,
        /// Evidence of the incident that was not chosen by hand and could not go in.
        left_out: Vec<LeftOut>,
    }
}

/// Size and hash of a file of a report that was sealed.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ReportFile {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256: what a receipt names.
    pub sha256: String,
}
silent!(ReportFile);

impl IntoHost<ReportFile> for (u64, [u8; 32]) {
    fn into_host(self) -> ReportFile {
        ReportFile { size: self.0, sha256: self.1.into_host() }
    }
}

answer! {
    /// A report as the sender's vault remembers it.
    ReportRecord = report::ReportRecord {
        /// Its id.
        id: ReportId,
        /// Its incident.
        incident: IncidentId,
        /// Whether its sealing came to an end. `false` is what a crash in the middle left: no file of it is out.
        sealed: bool,
        /// When sealing began.
        created: SystemTime,
        /// Who signed.
        sender: SenderMode,
        /// For what kind of recipients; absent for reports from before there were kinds.
        kind: Option<RecipientKind>,
        /// The revision of the incident that went in.
        revision: u32,
        /// The evidence that went in, in order.
        evidence: Vec<EvidenceId>,
        /// The public keys it was sealed to.
        recipients: Vec<String>,
        /// Size and SHA-256 of its files.
        files: Vec<ReportFile>,
    }
}

/// The vault's reports. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Reports {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Reports {
    /// What each group will see, in the order of the request, to the byte. Nothing is sealed and nobody is told. To seal exactly what
    /// was looked at, put each preview's `confirmed` into the request, in the same order.
    pub fn preview(&self, request: ReportRequest) -> Result<Vec<GroupPreview>, ReportError> {
        call("reports.preview", || {
            let request = request.into_core(&self.amparo)?;
            let previews = self.amparo.reports().preview(&request)?;
            let confirmed = request.confirmed(&previews).confirmed;
            Ok(previews.into_iter().zip(confirmed).map(preview::with_confirmed).collect())
        })
    }

    /// Seals to new files, and returns one report a group. The first group's goes to `target`; another group's has the kind of its
    /// recipients before the extension (`report-lawyer.age`), and a second file for classic keys beside post-quantum ones has
    /// `-classic`. `progress` counts the bytes of all files together. When it fails, or is cancelled, no file is left behind.
    pub fn seal_file(
        &self,
        request: ReportRequest,
        target: String,
        cancel: Option<Arc<CancelToken>>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Vec<SealedReport>, ReportError> {
        call("reports.seal_file", || {
            let request = request.into_core(&self.amparo)?;
            let sealed = self.amparo.reports().seal_file(&request, Path::new(&target), &mut watch(cancel, progress))?;
            Ok(sealed.into_host())
        })
    }

    /// The reports of an incident, newest first.
    pub fn list(&self, incident: IncidentId) -> Result<Vec<ReportRecord>, ReportError> {
        call("reports.list", || Ok(self.amparo.reports().list(incident.into_core()?)?.into_host()))
    }

    /// One report.
    pub fn get(&self, id: ReportId) -> Result<ReportRecord, ReportError> {
        call("reports.get", || Ok(self.amparo.reports().get(id.into_core()?)?.into_host()))
    }
}

/// A number of things that are bounded far below 2³².
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
