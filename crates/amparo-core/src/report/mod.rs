//! Reports: what of an incident goes to whom, sealed.
//!
//! Each group of recipients gets a report of its own, with its own id: what one group is told says nothing of what another is.
//! The order is what keeps it safe. The reply key is in the vault before anything is sealed, so no answer is ever unreadable; the
//! custody log has its `sealed` entries before a file appears under its name, so no report is out without an entry; a failure
//! leaves neither a file nor a report behind.

mod choice;
mod compose;
mod consent;
mod fields;
mod filter;
pub(crate) mod keys;
mod page;
mod preview;
mod store;

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use amparo_crypto::age::Identity;
use amparo_report::seal::{EvidenceItem, OpenEvidence, Prepared, SealJob, SealRequest, Sealed, Sender, plan};
use zeroize::Zeroizing;

pub use amparo_crypto::age::{AgeError, KeyFault, KeyKind, Recipient};
pub use amparo_report::{manifest::SenderMode, seal::SealError};
pub use choice::{FieldChoice, RecipientGroup, Shown};
pub(crate) use compose::{Composition, Item, may_be_told};
pub use compose::{LeftOut, LeftOutReason, REPORT_SCHEMA};
pub use consent::{PersonPolicy, PersonTold, Told, Why};
pub use fields::FieldPath;
pub(crate) use filter::{Disclosed, content_for};
pub use filter::{Reason, Withheld};
pub use preview::{Confirmed, GroupPreview, PreviewFile, SealedSize, Warning};
pub use store::ReportRecord;

use crate::{
    Amparo, CORE_VERSION, CoreError, EvidenceId, IncidentId, ReportId, Stamp,
    custody::log,
    evidence::{PartFile, Progress},
    incident::RecipientKind,
    recipient,
};

/// What to seal, for whom.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// The incident.
    pub incident: IncidentId,
    /// The revision that the choice was made on; another one is refused then. `None` takes the present.
    pub revision: Option<u32>,
    /// To whom, and what each group is told.
    pub groups: Vec<RecipientGroup>,
    /// Who signs.
    pub sender: SenderMode,
    /// What was previewed, a group each: exactly that is sealed, or nothing. See [`ReportRequest::confirmed`].
    pub confirmed: Vec<Confirmed>,
}

impl ReportRequest {
    /// To one group: everything that may be told to recipients of this kind, signed by the case's key.
    #[must_use]
    pub fn new(incident: IncidentId, kind: RecipientKind, recipients: Vec<Recipient>) -> Self {
        Self::to_groups(incident, vec![RecipientGroup::new(kind, recipients)])
    }

    /// To several groups, signed by the case's key.
    #[must_use]
    pub fn to_groups(incident: IncidentId, groups: Vec<RecipientGroup>) -> Self {
        Self { incident, revision: None, groups, sender: SenderMode::Case, confirmed: Vec::new() }
    }

    /// The same request with `choice` for every group.
    #[must_use]
    pub fn choosing(mut self, choice: &FieldChoice) -> Self {
        for group in &mut self.groups {
            group.choice = choice.clone();
        }
        self
    }

    /// Binds the request to its previews: what is sealed is what was looked at, or sealing is refused with
    /// [`CoreError::PreviewOutdated`].
    #[must_use]
    pub fn confirmed(mut self, previews: &[GroupPreview]) -> Self {
        self.confirmed = previews.iter().map(GroupPreview::confirm).collect();
        self
    }

    /// The files that it makes: the group's number and its recipients.
    fn jobs(&self) -> Result<Vec<(usize, SealJob)>, CoreError> {
        let (mut jobs, mut seen) = (Vec::new(), BTreeSet::new());
        for (number, group) in self.groups.iter().enumerate() {
            for job in plan(&group.recipients)? {
                for recipient in &job.recipients {
                    if !seen.insert(recipient.to_string()) {
                        return Err(CoreError::RecipientTwice);
                    }
                }
                jobs.push((number, job));
            }
        }
        if jobs.is_empty() { Err(SealError::NoRecipients.into()) } else { Ok(jobs) }
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

/// A report that was sealed for one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedReport {
    /// Its id, the same in all its files, and no other group's.
    pub id: ReportId,
    /// What kind of recipients it is for.
    pub kind: RecipientKind,
    /// Its files, post-quantum recipients first.
    pub files: Vec<SealedFile>,
    /// The evidence in it, in order.
    pub evidence: Vec<EvidenceId>,
    /// Evidence of the incident that was not chosen by hand and could not go in.
    pub left_out: Vec<LeftOut>,
}

/// Which file is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFor {
    /// The group's place in the request, from 0.
    pub group: usize,
    /// The kind of its recipients' keys.
    pub keys: KeyKind,
}

/// The vault's reports. Got from [`Amparo::reports`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Reports<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl Reports<'_> {
    /// Seals to new files, and returns one report a group. The first group's goes to `target`; another group's has the kind of its
    /// recipients before the extension (`report-lawyer.age`), and a second file for classic keys beside post-quantum ones has
    /// `-classic`. `progress` counts the bytes of all files together; its end is what [`SealedFile::size`] adds up to, within 2 %.
    ///
    /// # Errors
    /// [`CoreError::IncidentNotFound`], [`CoreError::Draft`], [`CoreError::Conflict`], [`CoreError::PreviewOutdated`],
    /// [`CoreError::NoSuchField`], [`CoreError::RecipientTwice`], [`CoreError::EvidenceNotFound`],
    /// [`CoreError::EvidenceOfOtherIncident`], [`CoreError::EvidenceUnfinished`], [`CoreError::EvidenceDamaged`],
    /// [`CoreError::EvidenceEmpty`], [`CoreError::EvidenceWithoutConsent`]; with a channel form [`CoreError::FormOtherKind`],
    /// [`CoreError::FormConsent`], [`CoreError::FormTooLarge`], [`CoreError::FormTooMany`], [`CoreError::FormEvidence`];
    /// [`CoreError::TargetExists`] and the other target
    /// errors, [`CoreError::Report`], [`CoreError::Cancelled`], and the vault's. No file is left behind then, except that a name
    /// taken by somebody else in the last instant leaves the files before it.
    pub fn seal_file(
        &self,
        request: &ReportRequest,
        target: &Path,
        progress: Progress<'_>,
    ) -> Result<Vec<SealedReport>, CoreError> {
        let targets = targets(request, target)?;
        if targets.iter().any(|path| path.symlink_metadata().is_ok()) {
            return Err(CoreError::TargetExists);
        }
        let mut parts = targets.iter().map(|path| PartFile::create(path)).collect::<Result<Vec<_>, _>>()?;
        let mut reports = self.seal_with(request, progress, |index, prepared, progress| {
            let part = parts.get_mut(index).ok_or(CoreError::TargetFailed { kind: io::ErrorKind::Other })?;
            let sealed = prepared.write(&mut part.file, progress)?;
            part.file.sync_all().map_err(|error| CoreError::target(&error))?;
            Ok(sealed)
        })?;
        let files = reports.iter_mut().flat_map(|report| &mut report.files);
        for ((file, part), path) in files.zip(parts).zip(targets) {
            // A name that was taken meanwhile: the record stays, because the custody log has it. What could not be given a name
            // is removed with its part file.
            part.publish(&path)?;
            file.path = Some(path);
        }
        Ok(reports)
    }

    /// Seals to writers: `open` is asked for one for each file.
    ///
    /// # Errors
    /// As [`seal_file`](Self::seal_file). What a writer got before an error must not be used.
    pub fn seal(
        &self,
        request: &ReportRequest,
        open: &mut dyn FnMut(FileFor) -> io::Result<Box<dyn Write>>,
        progress: Progress<'_>,
    ) -> Result<Vec<SealedReport>, CoreError> {
        let files: Vec<FileFor> =
            request.jobs()?.iter().map(|(group, job)| FileFor { group: *group, keys: job.kind }).collect();
        self.seal_with(request, progress, |index, prepared, progress| {
            let file = files.get(index).copied().ok_or(CoreError::TargetFailed { kind: io::ErrorKind::Other })?;
            let out = open(file).map_err(|error| CoreError::target(&error))?;
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
    ) -> Result<Vec<SealedReport>, CoreError> {
        let jobs = request.jobs()?;
        let now = self.amparo.clock.now();
        let replies = request.groups.iter().map(|_| Identity::generate(KeyKind::PostQuantum));
        let replies = replies.collect::<Result<Vec<_>, _>>().map_err(SealError::from)?;
        let mut composed = self.amparo.vault.write(|tx| {
            let composed = gather(tx, request, &now)?;
            for ((composition, reply), group) in composed.iter().zip(&replies).zip(&request.groups) {
                store::begin(tx, request, &group.recipients, composition, reply, &now)?;
            }
            Ok::<_, CoreError>(composed)
        })?;
        self.add_thumbnails(&mut composed);
        let sealed = self.write_jobs(request, &composed, &replies, &jobs, progress, &mut write);
        let files = match sealed {
            Ok(files) => files,
            Err(error) => {
                // Nothing is out. If this fails too, the records stay as ones that never came to an end.
                let _ = self.amparo.vault.write(|tx| composed.iter().try_for_each(|one| store::forget(tx, one.id)));
                return Err(error);
            }
        };
        let end = self.amparo.clock.now();
        let custody_key = self.amparo.custody().signing_key()?;
        self.amparo.vault.write(|tx| {
            for (composition, files) in composed.iter().zip(&files) {
                store::finish(tx, files, composition, &end)?;
            }
            log::sign_head(tx, &custody_key, end.time).map(|_| ())
        })?;
        let reports = composed.into_iter().zip(files).map(|(composition, files)| SealedReport {
            id: composition.id,
            evidence: composition.ids(),
            kind: composition.kind,
            files,
            left_out: composition.left_out,
        });
        Ok(reports.collect())
    }

    /// Small pictures for the page. One that cannot be read is not shown; the evidence itself is checked when it is sealed.
    fn add_thumbnails(&self, composed: &mut [Composition]) {
        /// All pictures of one page together, in bytes: a page is opened by whatever browser somebody has.
        const MOST: usize = 8 << 20;
        for composition in composed {
            let mut left = MOST;
            for id in composition.ids() {
                let Ok(Some(picture)) = self.amparo.evidence().thumbnail(id) else { continue };
                let Some(rest) = left.checked_sub(picture.len()) else { break };
                left = rest;
                composition.thumbnails.insert(id, picture);
            }
        }
    }

    /// The size of the largest file that these would be sealed to.
    pub(crate) fn largest_file(&self, composed: &mut [Composition], jobs: &[SealJob]) -> Result<u64, CoreError> {
        self.add_thumbnails(composed);
        // As long as the reply key that it will be.
        let reply = Identity::generate(KeyKind::PostQuantum).map_err(SealError::from)?.recipient();
        let mut largest = 0;
        for composition in composed {
            let request = self.seal_request(composition, &reply)?;
            for job in jobs {
                largest = request.prepare(&job.recipients)?.sealed_size().max(largest);
            }
        }
        Ok(largest)
    }

    /// What is sealed for one group.
    fn seal_request<'c>(&'c self, composed: &'c Composition, reply: &Recipient) -> Result<SealRequest<'c>, CoreError> {
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
        Ok(SealRequest {
            report_id: composed.id,
            created: composed.day.clone(),
            core: CORE_VERSION.to_owned(),
            readme: amparo_report::readme::text(&composed.language),
            report_html: amparo_report::html::render(&view).map_err(|_| CoreError::Render)?,
            report_md: amparo_report::markdown::render(&view),
            report_json: composed.report_json()?,
            evidence: evidence.collect(),
            custody: composed.custody.clone(),
            extra: composed.extra.clone(),
            reply: Some(reply.clone()),
            sender,
        })
    }

    /// The files of each group.
    fn write_jobs(
        &self,
        request: &ReportRequest,
        composed: &[Composition],
        replies: &[Identity],
        jobs: &[(usize, SealJob)],
        progress: Progress<'_>,
        write: &mut dyn FnMut(usize, &Prepared<'_, '_>, Progress<'_>) -> Result<Sealed, CoreError>,
    ) -> Result<Vec<Vec<SealedFile>>, CoreError> {
        let mut requests = Vec::with_capacity(composed.len());
        for (composition, reply) in composed.iter().zip(replies) {
            requests.push(self.seal_request(composition, &reply.recipient())?);
        }
        let mut files: Vec<Vec<SealedFile>> = composed.iter().map(|_| Vec::new()).collect();
        let mut prepared = Vec::with_capacity(jobs.len());
        for (group, job) in jobs {
            let Some(request) = requests.get(*group) else { return Err(SealError::NoRecipients.into()) };
            prepared.push((*group, job, request.prepare(&job.recipients)?));
        }
        for (group, _, prepared) in &prepared {
            composed.get(*group).map_or(Ok(()), |composition| composition.check_size(prepared.sealed_size()))?;
        }
        // Everything is compared before anything is written.
        for (number, confirmed) in request.confirmed.iter().enumerate() {
            let of_group = prepared.iter().filter(|(group, ..)| *group == number);
            if of_group.into_iter().any(|(_, _, prepared)| preview::content(prepared) != confirmed.content) {
                return Err(CoreError::PreviewOutdated);
            }
        }
        let mut before = 0u64;
        for (index, (group, job, prepared)) in prepared.iter().enumerate() {
            let sealed = write(index, prepared, &mut |done| progress(before.saturating_add(done)))?;
            before = before.saturating_add(prepared.payload_size());
            if let Some(files) = files.get_mut(*group) {
                files.push(SealedFile {
                    path: None,
                    kind: job.kind,
                    recipients: job.recipients.len(),
                    size: sealed.size,
                    sha256: sealed.sha256,
                });
            }
        }
        Ok(files)
    }
}

/// What each group is told, as it is now.
fn gather(conn: &rusqlite::Connection, request: &ReportRequest, now: &Stamp) -> Result<Vec<Composition>, CoreError> {
    if !request.confirmed.is_empty() && request.confirmed.len() != request.groups.len() {
        return Err(CoreError::PreviewOutdated);
    }
    let current = crate::incident::store::get(conn, request.incident)?.revision;
    if request.revision.is_some_and(|chosen| chosen != current) {
        return Err(CoreError::Conflict { current });
    }
    for group in &request.groups {
        recipient::refuse_expired(conn, &group.recipients, now)?;
    }
    let mut composed = Vec::with_capacity(request.groups.len());
    for (number, group) in request.groups.iter().enumerate() {
        let id = match request.confirmed.get(number) {
            // A preview is sealed once: two reports with one id would be taken for one.
            Some(confirmed) if store::exists(conn, confirmed.report)? => return Err(CoreError::PreviewOutdated),
            Some(confirmed) => confirmed.report,
            None => ReportId::generate()?,
        };
        let composition = Composition::gather(conn, id, request, group, now)?;
        composition
            .form
            .as_ref()
            .map_or(Ok(()), |(form, judged)| judged.enforce(form.form(), &group.kind, composition.items.len()))?;
        composed.push(composition);
    }
    Ok(composed)
}

/// The names of the files, in the order of the jobs.
fn targets(request: &ReportRequest, target: &Path) -> Result<Vec<PathBuf>, CoreError> {
    let (mut names, mut used) = (Vec::new(), BTreeSet::new());
    for (number, group) in request.groups.iter().enumerate() {
        let mut word = if number == 0 { String::new() } else { format!("-{}", group.kind) };
        if !used.insert(word.clone()) {
            word = format!("{word}-{}", number.saturating_add(1));
        }
        names.push(with_word(target, &word));
    }
    let mut targets = Vec::new();
    let mut before = None;
    for (number, job) in request.jobs()? {
        let Some(name) = names.get(number) else { continue };
        targets.push(if before == Some(number) { beside(name, job.kind) } else { name.clone() });
        before = Some(number);
    }
    Ok(targets)
}

/// The name of the second file of a report.
fn beside(target: &Path, kind: KeyKind) -> PathBuf {
    with_word(
        target,
        match kind {
            KeyKind::Classic => "-classic",
            KeyKind::PostQuantum => "-pq",
        },
    )
}

/// `word` before the extension.
fn with_word(target: &Path, word: &str) -> PathBuf {
    if word.is_empty() {
        return target.to_owned();
    }
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
