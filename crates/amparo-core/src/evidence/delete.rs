//! Deleting evidence: the only copy of its key goes, in the transaction of its custody entry; then its file. What stays is that
//! it was there: size, hash, what it was, and its entries in the custody log.
//!
//! What this cannot do stands in docs/known-issues.md: older images of the storage, and reports that were sealed, keep theirs.

use amparo_report::custody::Event;
use rusqlite::Connection;

use super::{Evidence, EvidencePage, EvidenceState, EvidenceStore, Purpose, store};
use crate::{
    CoreError, EvidenceId,
    custody::log::{self, Act},
    incident::Cursor,
};

/// What becomes of the copies that were made of what is deleted. Thumbnails are always deleted with their original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Derivatives {
    /// If there are any, nothing is deleted.
    #[default]
    Refuse,
    /// They are deleted too, and theirs.
    Delete,
    /// They stay: a redacted copy may outlive an original that is too dangerous to keep.
    Keep,
}

/// How evidence is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeleteOptions {
    /// What becomes of its derivatives.
    pub derivatives: Derivatives,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// All pieces, the one that was named first.
    pub evidence: Vec<EvidenceId>,
    /// Bytes that they held.
    pub bytes: u64,
}

impl EvidenceStore<'_> {
    /// Deletes evidence for good. When this returns, the key of its bytes is gone, and its note, names and device metadata are
    /// gone from the record and the search index; size, hash and custody entries stay. Reports that were sealed before keep
    /// their copy, and so does every older image of the storage. Blocks for the disk.
    ///
    /// # Errors
    /// [`CoreError::EvidenceHasDerivatives`] when there are copies and `options` do not say what becomes of them,
    /// [`CoreError::EvidenceUnfinished`] while it, or a derivative of it, is being written, [`CoreError::EvidenceDeleted`],
    /// [`CoreError::EvidenceNotFound`], and the vault's. Nothing is deleted then.
    pub fn delete(&self, id: EvidenceId, options: DeleteOptions) -> Result<Deleted, CoreError> {
        self.label_left_behind(|conn| {
            let mut pieces = descendants(conn, id)?;
            pieces.push(store::get(conn, id)?);
            Ok(pieces)
        })?;
        let now = self.amparo.clock.now();
        let vault = &self.amparo.vault;
        let deleted = vault.write(|tx| {
            let (doomed, kept) = choose(tx, id, options)?;
            if kept > 0 && options.derivatives == Derivatives::Refuse {
                return Err(CoreError::EvidenceHasDerivatives { derivatives: kept });
            }
            let mut deleted = Deleted { evidence: Vec::with_capacity(doomed.len()), bytes: 0 };
            for piece in doomed {
                if piece.state == EvidenceState::WRITING {
                    return Err(CoreError::EvidenceUnfinished);
                }
                let media = store::media_of(tx, piece.id)?;
                vault.delete_media(tx, media)?;
                store::bury(tx, piece.id)?;
                let act = Act::on(Event::Deleted, piece.id, piece.sha256).with("size", piece.size);
                log::append(tx, &now, act.with("state", piece.state.as_str()))?;
                deleted.evidence.push(piece.id);
                deleted.bytes = deleted.bytes.saturating_add(piece.size);
            }
            Ok(deleted)
        })?;
        // Earlier images of the pages, with the sealed key, leave the log's file now and not at the next lock only.
        let _ = vault.checkpoint();
        Ok(deleted)
    }

    /// What was deleted, newest first by when it came in, as [`recent`](Self::recent) lists what was not.
    ///
    /// # Errors
    /// The vault's.
    pub fn deleted(&self, limit: usize, after: Option<&Cursor>) -> Result<EvidencePage, CoreError> {
        self.amparo.vault.read(|conn| store::page(conn, store::Listed::Deleted, limit, after))
    }
}

/// What goes, the named piece first, and how many derivatives would stay.
fn choose(conn: &Connection, id: EvidenceId, options: DeleteOptions) -> Result<(Vec<Evidence>, usize), CoreError> {
    let named = store::get(conn, id)?;
    if named.is_deleted() {
        return Err(CoreError::EvidenceDeleted);
    }
    let below = descendants(conn, id)?;
    let mut doomed = vec![named];
    let mut kept = 0usize;
    for piece in below {
        // Of a copy that stays, the thumbnails stay as well.
        let of_doomed = doomed.iter().any(|other| piece.derived_from == Some(other.id));
        let goes = match options.derivatives {
            Derivatives::Delete => true,
            Derivatives::Refuse | Derivatives::Keep => of_doomed && piece.purpose() == Some(&Purpose::THUMBNAIL),
        };
        if goes {
            doomed.push(piece);
        } else {
            kept = kept.saturating_add(1);
        }
    }
    Ok((doomed, kept))
}

/// All that was derived from `id`, directly or not, and was not deleted, each after what it was derived from.
fn descendants(conn: &Connection, id: EvidenceId) -> Result<Vec<Evidence>, CoreError> {
    let root = store::seq_of(conn, id)?;
    // Derivatives are newer than what they were made from, so the order of rows is an order of descent, and there is no circle.
    let mut all = store::select(
        conn,
        "seq IN (WITH RECURSIVE below (seq) AS (
             SELECT seq FROM evidence WHERE derived_from = ?1
             UNION SELECT e.seq FROM evidence e JOIN below b ON e.derived_from = b.seq) SELECT seq FROM below)
         ORDER BY seq",
        root,
    )?;
    all.retain(|piece| !piece.is_deleted());
    Ok(all)
}
