//! Reports: what of an incident goes to whom, sealed.
//!
//! The order is what keeps it safe. The reply key is in the vault before anything is sealed, so no answer is ever unreadable; the
//! custody log has its `sealed` entries before a file appears under its name, so no report is out without an entry; a failure
//! leaves neither a file nor a report behind.

mod compose;
pub(crate) mod keys;
mod page;
mod store;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use amparo_crypto::age::{Identity, KeyKind, Recipient};
use amparo_report::seal::{EvidenceItem, OpenEvidence, Prepared, SealRequest, Sealed, Sender, plan};
use zeroize::Zeroizing;

pub use amparo_report::{manifest::SenderMode, seal::SealError};
pub use compose::{REPORT_SCHEMA, Shown};
pub use store::ReportRecord;

use crate::{
    Amparo, CORE_VERSION, CoreError, EvidenceId, IncidentId, ReportId,
    custody::log,
    evidence::{PartFile, Progress},
};
use compose::Composition;

/// What to seal, for whom.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// The incident.
    pub incident: IncidentId,
    /// The evidence, in this order; `None` takes all that can be disclosed.
    pub evidence: Option<Vec<EvidenceId>>,
    /// To whom. Keys of both kinds make two files of one report.
    pub recipients: Vec<Recipient>,
    /// Who signs.
    pub sender: SenderMode,
    /// What is shown beyond the incident's own text.
    pub shown: Shown,
}

impl ReportRequest {
    /// All of an incident to `recipients`, signed by the case's key.
    #[must_use]
    pub fn new(incident: IncidentId, recipients: Vec<Recipient>) -> Self {
        Self { incident, evidence: None, recipients, sender: SenderMode::Case, shown: Shown::default() }
    }
}

/// One sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFile {
    /// Where it is; `None` when it went to a writer.
    pub path: Option<PathBuf>,
    /// The kind of its recipients' keys.
    pub kind: KeyKind,
    /// How many recipients can open it.
    pub recipients: usize,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256: what a receipt names.
    pub sha256: [u8; 32],
}

/// A report that was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedReport {
    /// Its id, the same in all its files.
    pub id: ReportId,
    /// Its files, post-quantum recipients first.
    pub files: Vec<SealedFile>,
    /// The evidence in it, in order.
    pub evidence: Vec<EvidenceId>,
    /// Evidence of the incident that was not chosen by hand and could not go in: still being written, damaged, or empty.
    pub left_out: Vec<EvidenceId>,
}

/// The vault's reports. Got from [`Amparo::reports`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Reports<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl Reports<'_> {
    /// Seals to new files: to `target`, and, when there are recipients with classic keys beside post-quantum ones, for them to a
    /// second file of the same name with `-classic` before its extension. `progress` counts the bytes of all files together; its
    /// end is what [`SealedFile::size`] adds up to, within 2 %.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::EvidenceNotFound`], [`CoreError::EvidenceOfOtherIncident`],
    /// [`CoreError::EvidenceUnfinished`], [`CoreError::EvidenceDamaged`], [`CoreError::EvidenceEmpty`],
    /// [`CoreError::TargetExists`] and the other target errors, [`CoreError::Report`], [`CoreError::Cancelled`], and the
    /// vault's. No file is left behind then, except that a name taken by somebody else in the last instant leaves the first of two
    /// files.
    pub fn seal_file(
        &self,
        request: &ReportRequest,
        target: &Path,
        progress: Progress<'_>,
    ) -> Result<SealedReport, CoreError> {
        let jobs = plan(&request.recipients)?;
        let targets: Vec<PathBuf> = jobs
            .iter()
            .enumerate()
            .map(|(i, job)| if i == 0 { target.to_owned() } else { beside(target, job.kind) })
            .collect();
        if targets.iter().any(|path| path.symlink_metadata().is_ok()) {
            return Err(CoreError::TargetExists);
        }
        let mut parts = targets.iter().map(|path| PartFile::create(path)).collect::<Result<Vec<_>, _>>()?;
        let mut report = self.seal_with(request, progress, |index, prepared, progress| {
            let part = parts.get_mut(index).ok_or(CoreError::TargetFailed { kind: io::ErrorKind::Other })?;
            let sealed = prepared.write(&mut part.file, progress)?;
            part.file.sync_all().map_err(|error| CoreError::target(&error))?;
            Ok(sealed)
        })?;
        for ((file, part), path) in report.files.iter_mut().zip(parts).zip(targets) {
            // A name that was taken meanwhile: the record stays, because the custody log has it. What could not be given a name
            // is removed with its part file.
            part.publish(&path)?;
            file.path = Some(path);
        }
        Ok(report)
    }

    /// Seals to writers: `open` is asked for one for each file, with the kind of its recipients' keys.
    ///
    /// # Errors
    /// As [`seal_file`](Self::seal_file). What a writer got before an error must not be used.
    pub fn seal(
        &self,
        request: &ReportRequest,
        open: &mut dyn FnMut(KeyKind) -> io::Result<Box<dyn Write>>,
        progress: Progress<'_>,
    ) -> Result<SealedReport, CoreError> {
        let kinds: Vec<KeyKind> = plan(&request.recipients)?.iter().map(|job| job.kind).collect();
        self.seal_with(request, progress, |index, prepared, progress| {
            let kind = kinds.get(index).copied().unwrap_or(KeyKind::PostQuantum);
            let out = open(kind).map_err(|error| CoreError::target(&error))?;
            Ok(prepared.write(out, progress)?)
        })
    }

    /// The reports of an incident, newest first.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], and the vault's.
    pub fn list(&self, incident: IncidentId) -> Result<Vec<ReportRecord>, CoreError> {
        self.amparo.vault.read(|conn| store::list(conn, incident))
    }

    /// One report.
    ///
    /// # Errors
    /// [`CoreError::ReportNotFound`], and the vault's.
    pub fn get(&self, id: ReportId) -> Result<ReportRecord, CoreError> {
        self.amparo.vault.read(|conn| store::get(conn, id))
    }

    fn seal_with(
        &self,
        request: &ReportRequest,
        progress: Progress<'_>,
        mut write: impl FnMut(usize, &Prepared<'_, '_>, Progress<'_>) -> Result<Sealed, CoreError>,
    ) -> Result<SealedReport, CoreError> {
        let jobs = plan(&request.recipients)?;
        let (id, now) = (ReportId::generate()?, self.amparo.clock.now());
        let reply = Identity::generate(KeyKind::PostQuantum).map_err(SealError::from)?;
        let recipients: Vec<&Recipient> = jobs.iter().flat_map(|job| &job.recipients).collect();
        let composed = self.amparo.vault.write(|tx| {
            let composed = Composition::gather(tx, id, request, &now)?;
            store::begin(tx, id, request, &recipients, &composed, &reply, &now)?;
            Ok::<_, CoreError>(composed)
        })?;
        let sealed = self.write_jobs(&composed, id, &reply.recipient(), &jobs, progress, &mut write);
        let files = match sealed {
            Ok(files) => files,
            Err(error) => {
                // Nothing is out. If this fails too, the record stays as one that never came to an end.
                let _ = self.amparo.vault.write(|tx| store::forget(tx, id));
                return Err(error);
            }
        };
        let end = self.amparo.clock.now();
        let custody_key = self.amparo.custody().signing_key()?;
        self.amparo.vault.write(|tx| {
            store::finish(tx, id, &files, &composed, recipients.len(), &end)?;
            log::sign_head(tx, &custody_key, end.time).map(|_| ())
        })?;
        Ok(SealedReport { id, files, evidence: composed.ids(), left_out: composed.left_out })
    }

    fn write_jobs(
        &self,
        composed: &Composition,
        id: ReportId,
        reply: &Recipient,
        jobs: &[amparo_report::seal::SealJob],
        progress: Progress<'_>,
        write: &mut dyn FnMut(usize, &Prepared<'_, '_>, Progress<'_>) -> Result<Sealed, CoreError>,
    ) -> Result<Vec<SealedFile>, CoreError> {
        let sender = match (&composed.signing_key, composed.mode) {
            (Some(key), SenderMode::Case) => Sender::Case(key),
            (Some(key), SenderMode::Identified) => Sender::Identified(key),
            _ => Sender::Anonymous,
        };
        let vault = &self.amparo.vault;
        let evidence = composed.items.iter().map(|item| {
            let media = item.media;
            let open: OpenEvidence<'_> = Box::new(move || {
                let reader = vault.open_media(media).map_err(io::Error::other)?;
                Ok(Box::new(reader) as Box<dyn io::Read>)
            });
            EvidenceItem {
                kind: item.kind.clone(),
                extension: item.extension.to_owned(),
                size: item.evidence.size,
                sha256: item.sha256,
                open,
            }
        });
        let view = composed.view();
        let request = SealRequest {
            report_id: id,
            created: composed.day.clone(),
            core: CORE_VERSION.to_owned(),
            readme: amparo_report::readme::text(&composed.language),
            report_html: amparo_report::html::render(&view).map_err(|_| CoreError::Render)?,
            report_md: amparo_report::markdown::render(&view),
            report_json: composed.report_json()?,
            evidence: evidence.collect(),
            custody: composed.custody.clone(),
            extra: Vec::new(),
            reply: Some(reply.clone()),
            sender,
        };
        let (mut files, mut before) = (Vec::with_capacity(jobs.len()), 0u64);
        for (index, job) in jobs.iter().enumerate() {
            let prepared = request.prepare(&job.recipients)?;
            let sealed = write(index, &prepared, &mut |done| progress(before.saturating_add(done)))?;
            before = before.saturating_add(prepared.payload_size());
            files.push(SealedFile {
                path: None,
                kind: job.kind,
                recipients: job.recipients.len(),
                size: sealed.size,
                sha256: sealed.sha256,
            });
        }
        Ok(files)
    }
}

/// The name of the second file of a report.
fn beside(target: &Path, kind: KeyKind) -> PathBuf {
    let word = match kind {
        KeyKind::Classic => "-classic",
        KeyKind::PostQuantum => "-pq",
    };
    let mut name = target.file_stem().unwrap_or_default().to_owned();
    name.push(word);
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    target.with_file_name(name)
}

/// The reply key as it is stored: an age identity, readable only inside the vault.
fn reply_text(reply: &Identity) -> Zeroizing<String> {
    reply.to_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_file_is_named_after_the_first() {
        let name = |path: &str| beside(Path::new(path), KeyKind::Classic);
        assert_eq!(name("/a/report.age"), Path::new("/a/report-classic.age"));
        assert_eq!(name("report"), Path::new("report-classic"));
        assert_eq!(name("a.b.age"), Path::new("a.b-classic.age"));
    }
}
