//! From a request to a fixed list of files, a signed manifest and an exact size.
//!
//! Whatever a desk would later object to is refused here, where it can still be put right.

use amparo_crypto::{
    age::{KeyKind, Recipient},
    hash::{self, Digest},
    random,
};

use super::{EvidenceItem, MAX_EVIDENCE, MAX_RECIPIENTS, OpenEvidence, REPLY_SCHEMA, SealError, SealRequest, Sender};
use crate::{
    anchor::MAX_TOKEN_BYTES,
    archive::MAX_HELD_BYTES,
    custody::{Disclosure, verify_disclosure},
    disclosure,
    hex::Hex,
    manifest::{self, FileEntry, MAX_FILES, MAX_MANIFEST_BYTES, Manifest, SenderMode},
    names, padme,
};

/// Bytes of a tar block.
pub(super) const BLOCK: u64 = 512;
/// Two blocks of zeros end a tar.
const END_MARK: u64 = 2 * BLOCK;

/// Where the content of a part comes from.
pub(super) enum Source<'r, 'a> {
    Bytes(Vec<u8>),
    Evidence { item: usize, sha256: Digest, open: &'r OpenEvidence<'a> },
}

/// One file of the tar.
pub(super) struct Part<'r, 'a> {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) source: Source<'r, 'a>,
}

impl Part<'_, '_> {
    fn bytes(path: &str, content: Vec<u8>) -> Self {
        Self { path: path.to_owned(), size: content.len() as u64, source: Source::Bytes(content) }
    }

    fn entry(&self) -> FileEntry {
        let sha256 = match &self.source {
            Source::Bytes(content) => hash::sha256(content),
            Source::Evidence { sha256, .. } => *sha256,
        };
        FileEntry { path: self.path.clone(), size: self.size, sha256: Hex(sha256) }
    }
}

/// A report that is ready to be written for one group of recipients.
pub struct Prepared<'r, 'a> {
    pub(super) parts: Vec<Part<'r, 'a>>,
    pub(super) recipients: Vec<Recipient>,
    pub(super) payload: u64,
    kind: KeyKind,
}

impl<'a> SealRequest<'a> {
    /// Checks the request and makes the manifest for `recipients` (of one kind: see [`plan()`](super::plan())). Every call
    /// makes fresh addressee tags.
    ///
    /// # Errors
    /// [`SealError`], except the variants of reading and writing.
    pub fn prepare(&self, recipients: &[Recipient]) -> Result<Prepared<'_, 'a>, SealError> {
        let kind = recipients.first().ok_or(SealError::NoRecipients)?.kind();
        if recipients.iter().any(|recipient| recipient.kind() != kind) {
            return Err(SealError::MixedRecipients);
        }
        if recipients.len() > MAX_RECIPIENTS {
            return Err(SealError::TooManyRecipients { kind });
        }
        self.check_custody()?;
        self.check_disclosure()?;
        let (before, after) = self.parts()?;
        let entries = before.iter().chain(&after).map(Part::entry).collect::<Vec<_>>();
        // The reader counts the manifest and its signature too.
        if entries.len() + 2 > MAX_FILES {
            return Err(SealError::TooManyFiles);
        }
        let (mode, key) = match self.sender {
            Sender::Anonymous => (SenderMode::Anonymous, None),
            Sender::Case(key) => (SenderMode::Case, Some(key)),
            Sender::Identified(key) => (SenderMode::Identified, Some(key)),
        };
        let manifest = Manifest {
            report_id: self.report_id,
            created: self.created.clone(),
            core: self.core.clone(),
            mode,
            public_key: key.map(|key| key.verifying_key().to_bytes()),
            files: entries,
            addressed_to: addressee_tags(recipients, kind, &self.report_id.to_bytes())?,
        };
        let manifest = manifest.to_json()?;
        if manifest.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(SealError::TooLarge);
        }
        let mut parts = before;
        let signature = key.map(|key| manifest::sign(&manifest, key)).transpose()?;
        parts.push(Part::bytes(names::MANIFEST, manifest));
        parts.extend(signature.map(|signature| Part::bytes(names::SIGNATURE, signature)));
        parts.extend(after);
        let payload = payload_size(&parts).ok_or(SealError::TooLarge)?;
        Ok(Prepared { parts, recipients: recipients.to_vec(), payload, kind })
    }

    /// The files before and after the manifest.
    fn parts<'r>(&'r self) -> Result<(Vec<Part<'r, 'a>>, Vec<Part<'r, 'a>>), SealError> {
        let before = vec![Part::bytes(names::README, self.readme.as_bytes().to_vec())];
        let mut parts = vec![
            Part::bytes(names::REPORT_HTML, self.report_html.as_bytes().to_vec()),
            Part::bytes(names::REPORT_MD, self.report_md.as_bytes().to_vec()),
            Part::bytes(names::REPORT_JSON, self.report_json.clone()),
        ];
        if self.evidence.len() > MAX_EVIDENCE {
            return Err(SealError::TooManyFiles);
        }
        for (number, item) in (1..).zip(&self.evidence) {
            parts.push(evidence_part(number, item)?);
        }
        if let Some(Disclosure { entries, proofs, head }) = &self.custody {
            let files =
                [(names::CUSTODY_ENTRIES, entries), (names::CUSTODY_PROOFS, proofs), (names::CUSTODY_HEAD, head)];
            for (path, content) in files {
                if content.len() as u64 > MAX_HELD_BYTES {
                    return Err(SealError::TooLarge);
                }
                parts.push(Part::bytes(path, content.clone()));
            }
        }
        // The order of the format: commitments, then anchors.
        for folder in [names::DISCLOSURE, names::ANCHORS] {
            for (index, file) in (1..).zip(&self.extra) {
                super::check_extra(&file.path).map_err(|_| SealError::ExtraPath { index })?;
                if names::anchor_number(&file.path).is_some() {
                    // A timestamp on the vault's log is as good as an excerpt of it to recognise the vault by.
                    if matches!(self.sender, Sender::Anonymous) {
                        return Err(SealError::AnonymousCustody);
                    }
                    if file.content.len() > MAX_TOKEN_BYTES {
                        return Err(SealError::TooLarge);
                    }
                }
                if !file.path.starts_with(folder) {
                    continue;
                }
                if parts.iter().any(|part| part.path == file.path) {
                    return Err(SealError::ExtraPath { index });
                }
                parts.push(Part::bytes(&file.path, file.content.clone()));
            }
        }
        if let Some(reply) = &self.reply {
            let id = self.report_id;
            let json = serde_json::json!({ "schema": REPLY_SCHEMA, "report_id": id.to_string(), "recipient": reply.to_string() });
            parts.push(Part::bytes(names::REPLY, format!("{json:#}\n").into_bytes()));
        }
        Ok((before, parts))
    }

    fn check_custody(&self) -> Result<(), SealError> {
        let Some(custody) = &self.custody else { return Ok(()) };
        if matches!(self.sender, Sender::Anonymous) {
            return Err(SealError::AnonymousCustody);
        }
        let report = verify_disclosure(&custody.entries, &custody.proofs, &custody.head);
        if !report.is_intact() {
            return Err(SealError::Custody);
        }
        for (item, evidence) in (1..).zip(&self.evidence) {
            let told = report.entries.iter().any(|e| e.event.is_origin() && e.sha256 == Some(evidence.sha256));
            if !told {
                return Err(SealError::EvidenceNotInCustody { item });
            }
        }
        Ok(())
    }
}

impl SealRequest<'_> {
    fn check_disclosure(&self) -> Result<(), SealError> {
        let file = |path| self.extra.iter().find(|file| file.path == path).map(|file| file.content.as_slice());
        let [statement, signature, openings] =
            [names::STATEMENT, names::STATEMENT_SIGNATURE, names::OPENINGS].map(file);
        if statement.or(signature).or(openings).is_none() {
            return Ok(());
        }
        let expected = match self.sender {
            Sender::Anonymous => return Err(SealError::AnonymousStatement),
            Sender::Case(key) => Some(key.verifying_key().to_bytes()),
            // The manifest, signed by the sender's own key, names the statement's hash.
            Sender::Identified(_) => None,
        };
        let (Some(statement), Some(signature), Some(openings)) = (statement, signature, openings) else {
            return Err(SealError::Disclosure);
        };
        let report: serde_json::Value = serde_json::from_slice(&self.report_json).map_err(|_| SealError::Disclosure)?;
        let incident = report.get("incident").ok_or(SealError::Disclosure)?;
        let checked = disclosure::verify(statement, signature, openings, incident, expected.as_ref());
        if checked.is_intact() { Ok(()) } else { Err(SealError::Disclosure) }
    }
}

fn evidence_part<'r, 'a>(number: usize, item: &'r EvidenceItem<'a>) -> Result<Part<'r, 'a>, SealError> {
    if !names::is_word(&item.kind, 24) || !names::is_extension(&item.extension) {
        return Err(SealError::EvidenceName { item: number });
    }
    let source = Source::Evidence { item: number, sha256: item.sha256, open: &item.open };
    Ok(Part { path: item.path(number), size: item.size, source })
}

/// Real tags and decoys, as many as the file has stanzas, in random order: the manifest tells no more than the file does.
fn addressee_tags(recipients: &[Recipient], kind: KeyKind, context: &[u8]) -> Result<Vec<String>, SealError> {
    let mut tags = Vec::with_capacity(MAX_RECIPIENTS);
    for recipient in recipients {
        tags.push(recipient.make_addressee_tag(context)?);
    }
    while tags.len() < stanza_count(recipients.len()) {
        tags.push(Recipient::make_decoy_tag(kind)?);
    }
    random::shuffle(&mut tags)?;
    Ok(tags)
}

/// 4, 8 or 16, as the encryptor pads the stanzas.
fn stanza_count(recipients: usize) -> usize {
    match recipients {
        0..=4 => 4,
        5..=8 => 8,
        _ => 16,
    }
}

/// Bytes of the padded tar.
fn payload_size(parts: &[Part<'_, '_>]) -> Option<u64> {
    let mut size = END_MARK;
    for part in parts {
        size = size.checked_add(BLOCK)?.checked_add(part.size.checked_next_multiple_of(BLOCK)?)?;
    }
    padme::padded(size)
}

impl Prepared<'_, '_> {
    /// Bytes of the padded tar: what the progress callback counts up to.
    #[must_use]
    pub fn payload_size(&self) -> u64 {
        self.payload
    }

    /// Bytes of the sealed file, exactly. Follows from the age format: a header with its stanzas, a nonce, and 16 bytes for
    /// every chunk of 64 KiB.
    #[must_use]
    pub fn sealed_size(&self) -> u64 {
        const VERSION_LINE: u64 = 22;
        const MAC_LINE: u64 = 48;
        const NONCE: u64 = 16;
        const TAG: u64 = 16;
        /// A 32-byte body in base64, with its newline.
        const BODY: u64 = 44;
        let arguments = match self.kind {
            // "-> X25519 " and 43 digits; "-> mlkem768x25519 " and 1494 digits; a newline.
            KeyKind::Classic => 10 + 43 + 1,
            KeyKind::PostQuantum => 18 + 1494 + 1,
        };
        let stanzas = stanza_count(self.recipients.len()) as u64 * (arguments + BODY);
        let chunks = self.payload.div_ceil(amparo_crypto::age::CHUNK_LEN as u64);
        let fixed = VERSION_LINE + stanzas + MAC_LINE + NONCE;
        fixed.saturating_add(self.payload).saturating_add(chunks.saturating_mul(TAG))
    }
}
