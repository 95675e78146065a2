//! The custody log: what happened to each piece of evidence, its check, its proofs, and other people's timestamps on it.

mod anchors;
mod records;

use amparo_core::{
    Amparo, CoreError,
    custody::{ConsistencyProof, Head, InclusionProof},
    interchange::Locale,
};
pub use anchors::*;
pub use records::*;

use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::{Failure, call, errors},
    ids::{AnchorId, EvidenceId},
};

errors! {
    /// Why a call on the custody log failed.
    CustodyError {
        /// No evidence of this id.
        NotFound = 300,
        /// No anchor of this id.
        AnchorNotFound = 412,
        /// The anchor has no answer yet.
        AnchorNotStored = 413,
        /// The log is empty: there is nothing to anchor.
        NothingToAnchor = 411,
        /// The log never had this size, there is no such entry, or a proof and a head are of different sizes.
        OutOfRange = 407,
        /// The stored tree does not match the log's lines, so proofs cannot be made. The log itself is not in doubt.
        TreeDamaged = 408 | 410,
        /// A proof does not lead to the head.
        ProofFailed = 409,
        /// A head is not signed by this key.
        HeadNotSigned = 406,
        /// An entry, a head, a proof or a statement is not in its format.
        Malformed = 400..=405 | 427,
        /// The authority gave no timestamp: see the text. Nothing was stored.
        AnchorRefused = 418,
        /// The answer is no timestamp, is damaged, or is of a kind or version that is not known. Nothing was stored.
        NotATimestamp = 414..=417 | 419 | 420 | 423 | 424,
        /// The answer belongs to something else than this anchor. Nothing was stored.
        OtherAnchor = 421 | 422 | 425,
        /// An anchored head cannot be read, is not this vault's, or is no longer of this log.
        AnchorBroken = 426 | 428,
    }
}

/// The vault's custody log. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Custody {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Custody {
    /// Reads the whole log and checks every line against its neighbours and against the latest signed head. Names the first entry that
    /// fails: whatever is wrong with the log is in the report. The vault is busy meanwhile.
    pub fn verify(&self) -> Result<ChainReport, CustodyError> {
        call("custody.verify", || Ok(self.amparo.custody().verify()?.into_host()))
    }

    /// What happened to one piece of evidence, oldest first.
    pub fn history(&self, evidence: EvidenceId) -> Result<Vec<HistoryEntry>, CustodyError> {
        call("custody.history", || Ok(self.amparo.custody().history(evidence.into_core()?)?.into_host()))
    }

    /// Entries from number `from` on, at most `limit` (1 to 500).
    pub fn entries(&self, from: u64, limit: u32) -> Result<Vec<HistoryEntry>, CustodyError> {
        call("custody.entries", || Ok(self.amparo.custody().entries(from, limit as usize)?.into_host()))
    }

    /// What happened to one piece of evidence in sentences, oldest first. `language` is a BCP 47 tag; there are texts in English,
    /// Spanish, French, Arabic and Russian, and English is taken for any other.
    pub fn history_text(&self, evidence: EvidenceId, language: String) -> Result<Vec<HistoryLine>, CustodyError> {
        call("custody.history_text", || {
            let locale = Locale::for_tag(&language);
            Ok(self.amparo.custody().history_text(evidence.into_core()?, locale)?.into_host())
        })
    }

    /// The whole log in sentences: entries from number `from` on, at most `limit` (1 to 500).
    pub fn log_text(&self, from: u64, limit: u32, language: String) -> Result<Vec<HistoryLine>, CustodyError> {
        call("custody.log_text", || {
            let locale = Locale::for_tag(&language);
            Ok(self.amparo.custody().log_text(from, limit as usize, locale)?.into_host())
        })
    }

    /// Signs the present head, if anything was added since the last one, and returns the latest: a signed note. Nothing while the log is
    /// empty. Done by itself at every seal and lock.
    pub fn sign_head(&self) -> Result<Option<String>, CustodyError> {
        call("custody.sign_head", || Ok(self.amparo.custody().sign_head()?))
    }

    /// The latest signed head, a C2SP signed note, without signing a new one.
    pub fn head(&self) -> Result<Option<String>, CustodyError> {
        call("custody.head", || Ok(self.amparo.custody().head()?))
    }

    /// The key that heads are signed with. **It identifies the vault**: it is for the owner, and never part of a report.
    pub fn verifying_key(&self) -> Result<CustodyKey, CustodyError> {
        call("custody.verifying_key", || Ok(self.amparo.custody().verifying_key()?.into_host()))
    }

    /// Proof that the log of `old` entries is the beginning of the log of `new` entries, as the text of a JSON file, for whoever holds an
    /// older head: see `verify_consistency_proof`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<String, CustodyError> {
        call("custody.consistency_proof", || {
            text(self.amparo.custody().consistency_proof(old, new)?.to_json().map_err(CoreError::from)?)
        })
    }

    /// Entry number `seq` with the proof that it stands in the log of `size` entries, as the text of a JSON file, for whoever holds the
    /// head of that size and may see this entry: see `verify_inclusion_proof`.
    pub fn inclusion_proof(&self, seq: u64, size: u64) -> Result<String, CustodyError> {
        call("custody.inclusion_proof", || {
            text(self.amparo.custody().inclusion_proof(seq, size)?.to_json().map_err(CoreError::from)?)
        })
    }

    /// Signs the head, commits to it under a fresh salt, and gives what to send to a timestamp authority or a calendar. Nothing is sent
    /// here; the answer goes to `store_anchor`.
    pub fn prepare_anchor(&self, kind: AnchorKind) -> Result<AnchorRequest, CustodyError> {
        call("custody.prepare_anchor", || Ok(self.amparo.custody().prepare_anchor(kind.into_core()?)?.into_host()))
    }

    /// Stores the answer to an anchor's request after it was compared with it: a `TimeStampResp` or a bare token; a calendar's answer
    /// (several calendars', one after the other), or a whole `.ots` file, also one that was completed later. What was stored earlier is
    /// kept. **The authority's signature is not checked.**
    pub fn store_anchor(&self, id: AnchorId, answer: &[u8]) -> Result<Anchor, CustodyError> {
        call("custody.store_anchor", || Ok(self.amparo.custody().store_anchor(id.into_core()?, answer)?.into_host()))
    }

    /// Stores what a calendar answered when it was asked again about its promise: `digest` is that of the `ProofEnd` that is pending.
    pub fn complete_anchor(&self, id: AnchorId, digest: &[u8], answer: &[u8]) -> Result<Anchor, CustodyError> {
        call("custody.complete_anchor", || {
            Ok(self.amparo.custody().complete_anchor(id.into_core()?, digest, answer)?.into_host())
        })
    }

    /// One anchor.
    pub fn anchor(&self, id: AnchorId) -> Result<Anchor, CustodyError> {
        call("custody.anchor", || Ok(self.amparo.custody().anchor(id.into_core()?)?.into_host()))
    }

    /// All anchors, oldest first.
    pub fn anchors(&self) -> Result<Vec<Anchor>, CustodyError> {
        call("custody.anchors", || Ok(self.amparo.custody().anchors()?.into_host()))
    }

    /// Checks every anchor again: the head's signature, whether the log still begins with it, and every token. What does not hold is in
    /// the result. The log's lines are `verify`'s to check.
    pub fn verify_anchors(&self) -> Result<Vec<AnchorCheck>, CustodyError> {
        call("custody.verify_anchors", || Ok(self.amparo.custody().verify_anchors()?.into_host()))
    }

    /// An anchor's token and statement, for somebody who checks them without the vault.
    pub fn export_anchor(&self, id: AnchorId) -> Result<AnchorExport, CustodyError> {
        call("custody.export_anchor", || Ok(self.amparo.custody().export_anchor(id.into_core()?)?.into_host()))
    }
}

/// What a head says, when it is signed by `public_key` (64 hexadecimal digits, as `CustodyKey` has it). Needs no vault.
#[uniffi::export]
pub fn read_custody_head(head: String, public_key: String) -> Result<CustodyHead, CustodyError> {
    call("read_custody_head", || Ok(signed(&head, &public_key)?.into_host()))
}

/// The entry that `proof` proves to stand under `head`, which must be signed by `public_key`. Needs no vault.
#[uniffi::export]
pub fn verify_inclusion_proof(proof: String, head: String, public_key: String) -> Result<CustodyEntry, CustodyError> {
    call("verify_inclusion_proof", || {
        let proof = InclusionProof::parse(proof.as_bytes()).map_err(CoreError::from)?;
        Ok(proof.verify(&signed(&head, &public_key)?).map_err(CoreError::from)?.into_host())
    })
}

/// Checks that the log under the head `new` begins with the log under the head `old`; both must be signed by `public_key`. Needs no
/// vault.
#[uniffi::export]
pub fn verify_consistency_proof(
    proof: String,
    old: String,
    new: String,
    public_key: String,
) -> Result<(), CustodyError> {
    call("verify_consistency_proof", || {
        let proof = ConsistencyProof::parse(proof.as_bytes()).map_err(CoreError::from)?;
        let (old, new) = (signed(&old, &public_key)?, signed(&new, &public_key)?);
        Ok(proof.verify(&old, &new).map_err(CoreError::from)?)
    })
}

fn signed(head: &str, public_key: &str) -> Result<Head, CoreError> {
    Ok(Head::verify(head, &read_key(public_key)?)?)
}

fn text(json: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(json).map_err(|_| CoreError::DamagedRecord.into())
}

#[cfg(test)]
mod tests;
