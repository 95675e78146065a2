//! The custody log: what happened to each piece of evidence, kept in the vault and checked by anyone who opens a report.
//!
//! An entry is appended in the transaction of the act it records, so neither is ever without the other. Lines are stored as
//! they were written and never changed; the formats, the tree and the checks are `amparo_report::custody`'s.

pub(crate) mod log;

pub use amparo_report::custody::{ChainFault, ChainReport, Entry, Event, FaultKind, FaultReason, Head};

use amparo_crypto::sign::{SigningKey, VerifyingKey};
use amparo_report::custody;

use crate::{Amparo, CoreError, EvidenceId};

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
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<custody::Hash>, CoreError> {
        self.amparo.vault.read(|conn| {
            if new > log::size(conn)? {
                return Err(custody::CustodyError::OutOfRange.into());
            }
            custody::consistency_proof(&log::Nodes(conn), old, new)
        })
    }

    pub(crate) fn signing_key(&self) -> Result<SigningKey, CoreError> {
        Ok(SigningKey::from_seed(&self.amparo.vault.custody_seed()?))
    }
}
