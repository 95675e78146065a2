//! The custody log: what happened to each piece of evidence, kept in the vault and checked by anyone who opens a report.
//!
//! An entry is appended in the transaction of the act it records, so neither is ever without the other. Lines are stored as
//! they were written and never changed; the formats, the tree and the checks are `amparo_report::custody`'s.

mod anchor;
mod history;
pub(crate) mod log;

pub use amparo_crypto::sign::VerifyingKey;
pub use amparo_report::{
    anchor::{AnchorError, AnchorKind, Claim, ots::Attestation},
    custody::{ChainFault, ChainReport, ConsistencyProof, Entry, Event, FaultKind, FaultReason, Head, InclusionProof},
};
pub(crate) use anchor::anchors_for_excerpt;
pub use anchor::{Anchor, AnchorCheck, AnchorExport, AnchorRequest};
pub use history::HistoryLine;
pub(crate) use history::event_sentence;

use amparo_crypto::sign::SigningKey;
use amparo_report::{custody, locale::Locale};

use crate::{Amparo, AnchorId, CoreError, EvidenceId};

/// One stored entry.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Its number in the log.
    pub seq: u64,
    /// Its exact bytes: what is hashed.
    pub line: Vec<u8>,
    /// What it says; `None` when the line cannot be read, which [`Custody::verify`] names.
    pub entry: Option<Entry>,
}

/// The vault's custody log. Got from [`Amparo::custody`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Custody<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl Custody<'_> {
    /// Reads the whole log and checks every line against its neighbours and against the latest signed head. Names the first
    /// entry that fails. Constant memory; the vault is busy meanwhile.
    ///
    /// # Errors
    /// [`CoreError::CustodyTreeDamaged`] when the lines hold and the stored tree does not match them, the vault's, and
    /// [`CoreError::DamagedRecord`] when a row cannot be read as one. Whatever is wrong with the log is in the
    /// report.
    pub fn verify(&self) -> Result<ChainReport, CoreError> {
        let key = self.verifying_key()?;
        self.amparo.vault.read(|conn| log::verify(conn, &key))
    }

    /// What happened to one piece of evidence, oldest first.
    ///
    /// # Errors
    /// [`CoreError::EvidenceNotFound`], and the vault's.
    pub fn history(&self, evidence: EvidenceId) -> Result<Vec<HistoryEntry>, CoreError> {
        self.amparo.vault.read(|conn| {
            let history = log::history(conn, evidence)?;
            if history.is_empty() {
                // Evidence that is still being written has no entry yet; evidence that was deleted still has its own.
                crate::evidence::store::seq_of(conn, evidence)?;
            }
            Ok(history)
        })
    }

    /// Entries from number `from` on, at most `limit` (1 to 500).
    ///
    /// # Errors
    /// The vault's.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<HistoryEntry>, CoreError> {
        self.amparo.vault.read(|conn| log::entries(conn, from, limit.clamp(1, 500)))
    }

    /// Signs the present head, if anything was added since the last one, and returns the latest head as it is stored: a signed
    /// note. `None` while the log is empty. Done by itself at every seal and lock.
    ///
    /// # Errors
    /// The vault's.
    pub fn sign_head(&self) -> Result<Option<String>, CoreError> {
        let now = self.amparo.clock.now().time;
        let key = self.signing_key()?;
        self.amparo.vault.write(|tx| log::sign_head(tx, &key, now))
    }

    /// The latest signed head, a C2SP signed note, without signing a new one.
    ///
    /// # Errors
    /// The vault's.
    pub fn head(&self) -> Result<Option<String>, CoreError> {
        self.amparo.vault.read(log::latest_head)
    }

    /// The key that heads are signed with. It identifies the vault: it is for the owner, and never part of a report.
    ///
    /// # Errors
    /// The vault's.
    pub fn verifying_key(&self) -> Result<VerifyingKey, CoreError> {
        Ok(self.signing_key()?.verifying_key())
    }

    /// Proof that the log of `old` entries is a prefix of the log of `new` entries (RFC 9162 §2.1.4), for whoever holds an older
    /// head.
    ///
    /// # Errors
    /// [`CoreError::Custody`] when the log never had these sizes, and the vault's.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<ConsistencyProof, CoreError> {
        self.amparo.vault.read(|conn| {
            if new > log::size(conn)? {
                return Err(custody::CustodyError::OutOfRange.into());
            }
            ConsistencyProof::make(&log::Nodes(conn), old, new)
        })
    }

    /// Entry number `seq`, with the proof that it stands in the log of `size` entries (RFC 9162 §2.1.3), for whoever holds the
    /// head of that size and may see this entry.
    ///
    /// # Errors
    /// [`CoreError::Custody`] when the log never had this size, there is no such entry, or the stored line is not the one whose
    /// hash is stored; and the vault's.
    pub fn inclusion_proof(&self, seq: u64, size: u64) -> Result<InclusionProof, CoreError> {
        self.amparo.vault.read(|conn| {
            let nodes = log::Nodes(conn);
            let found = log::entries(conn, seq, 1)?.pop().filter(|entry| entry.seq == seq);
            let line = found.ok_or(custody::CustodyError::OutOfRange)?.line;
            if size > log::size(conn)? {
                return Err(custody::CustodyError::OutOfRange.into());
            }
            if custody::NodeSource::node(&nodes, 0, seq)? != Some(custody::leaf_hash(&line)) {
                return Err(custody::CustodyError::Proof.into());
            }
            InclusionProof::make(&nodes, &line, seq, size)
        })
    }

    /// What happened to one piece of evidence in sentences, oldest first.
    ///
    /// # Errors
    /// As [`history`](Self::history).
    pub fn history_text(&self, evidence: EvidenceId, locale: Locale) -> Result<Vec<HistoryLine>, CoreError> {
        Ok(self.history(evidence)?.iter().map(|entry| HistoryLine::of(entry, locale)).collect())
    }

    /// The whole log in sentences: entries from number `from` on, at most `limit` (1 to 500).
    ///
    /// # Errors
    /// The vault's.
    pub fn log_text(&self, from: u64, limit: usize, locale: Locale) -> Result<Vec<HistoryLine>, CoreError> {
        Ok(self.entries(from, limit)?.iter().map(|entry| HistoryLine::of(entry, locale)).collect())
    }

    /// Signs the head, commits to it under a fresh salt, and gives what to send to a timestamp authority or a calendar. The answer
    /// goes to [`store_anchor`](Self::store_anchor).
    ///
    /// # Errors
    /// [`CoreError::NothingToAnchor`] when the log is empty, and the vault's.
    pub fn prepare_anchor(&self, kind: AnchorKind) -> Result<AnchorRequest, CoreError> {
        let now = self.amparo.clock.now();
        let key = self.signing_key()?;
        self.amparo.vault.write(|tx| anchor::prepare(tx, &key, &now, kind))
    }

    /// Stores the answer to an anchor's request after it was compared with it: a `TimeStampResp` or a bare token; a calendar's
    /// answer (several calendars', one after the other), or a whole `.ots` file, also one that was completed later. What was
    /// stored earlier is kept. **The authority's signature is not checked.**
    ///
    /// # Errors
    /// [`CoreError::AnchorNotFound`]; [`CoreError::Anchor`] when the answer is not for this request, and nothing is changed;
    /// and the vault's.
    pub fn store_anchor(&self, id: AnchorId, answer: &[u8]) -> Result<Anchor, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| anchor::store(tx, id, &anchor::Answer::Request, answer, &now))
    }

    /// Stores what a calendar answered when it was asked again about its promise: `message` is the one that
    /// [`Proof::pending`](amparo_report::anchor::ots::Proof::pending) names.
    ///
    /// # Errors
    /// As [`store_anchor`](Self::store_anchor); [`AnchorError::NoSuchMessage`] when the proof does not come by `message`.
    pub fn complete_anchor(&self, id: AnchorId, message: &[u8], answer: &[u8]) -> Result<Anchor, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| anchor::store(tx, id, &anchor::Answer::Promise(message), answer, &now))
    }

    /// One anchor.
    ///
    /// # Errors
    /// [`CoreError::AnchorNotFound`], and the vault's.
    pub fn anchor(&self, id: AnchorId) -> Result<Anchor, CoreError> {
        self.amparo.vault.read(|conn| anchor::get(conn, id))
    }

    /// All anchors, oldest first.
    ///
    /// # Errors
    /// The vault's.
    pub fn anchors(&self) -> Result<Vec<Anchor>, CoreError> {
        self.amparo.vault.read(anchor::list)
    }

    /// Checks every anchor again: the head's signature, whether the log still begins with it, and every token. The log's lines are
    /// [`verify`](Self::verify)'s to check.
    ///
    /// # Errors
    /// The vault's. What does not hold is in the result.
    pub fn verify_anchors(&self) -> Result<Vec<AnchorCheck>, CoreError> {
        let key = self.verifying_key()?;
        self.amparo.vault.read(|conn| anchor::verify(conn, &key))
    }

    /// An anchor's token and statement, for somebody who checks them without the vault.
    ///
    /// # Errors
    /// [`CoreError::AnchorNotFound`], [`CoreError::AnchorNotStored`], [`CoreError::Anchor`] when it does not hold, and the vault's.
    pub fn export_anchor(&self, id: AnchorId) -> Result<AnchorExport, CoreError> {
        self.amparo.vault.read(|conn| anchor::export(conn, id))
    }

    pub(crate) fn signing_key(&self) -> Result<SigningKey, CoreError> {
        Ok(SigningKey::from_seed(&self.amparo.vault.custody_seed()?))
    }
}
