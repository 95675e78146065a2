//! One piece of evidence on its way in, from its row to its custody entry: what imports, captures and derivatives share.
//!
//! Nothing that was written is ever thrown away here, except by [`Ingest::take_back`]: a piece that is dropped, or that the vault
//! ended, is labelled with what was kept of it and entered in the custody log, at the latest at the next unlock.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use amparo_vault::{MediaId, MediaProfile, MediaWriter, VaultError};
use rusqlite::{Connection, Transaction};
use zeroize::Zeroizing;

use super::{Evidence, EvidenceKind, EvidenceState, EvidenceStore, Progress, media_type, store};
use crate::{Amparo, CoreError, EvidenceId};

/// Files up to this size waste least in small slots, whatever they are.
pub(super) const SMALL_BYTES: u64 = 64 * 1024;
/// Sound up to this size takes small slots: recordings are short, and little of one should be lost to a crash.
pub(super) const SMALL_AUDIO_BYTES: u64 = 16 * 1024 * 1024;

/// The media that writers of this process are writing. A row that says "writing" without being here was left by a writer that
/// is gone.
#[derive(Debug, Default)]
pub(crate) struct Live(Mutex<BTreeSet<MediaId>>);

impl Live {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<MediaId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open piece. See the module's first comment for what happens when it is dropped.
pub(super) struct Ingest {
    amparo: Amparo,
    id: EvidenceId,
    media: MediaId,
    writer: Option<MediaWriter>,
    /// Whether its end is recorded, so that nothing is left to be looked at.
    ended: bool,
}

impl Ingest {
    /// Commits the row that `on_row` makes, together with the medium's key.
    ///
    /// # Errors
    /// Those of `on_row`, and the vault's. There is no row then.
    pub fn begin(
        amparo: &Amparo,
        profile: MediaProfile,
        on_row: impl FnOnce(&Transaction<'_>, EvidenceId, MediaId) -> Result<(), CoreError>,
    ) -> Result<Self, CoreError> {
        let id = EvidenceId::generate()?;
        let live: &Arc<Live> = &amparo.live;
        let mut media = None;
        let begun = amparo.vault.create_media(profile, |tx, new| {
            // Before anybody else can see the row.
            media = Some(new);
            live.lock().insert(new);
            on_row(tx, id, new)
        });
        match (begun, media) {
            (Ok(writer), _) => {
                Ok(Self { amparo: amparo.clone(), id, media: writer.id(), writer: Some(writer), ended: false })
            }
            (Err(error), media) => {
                if let Some(media) = media {
                    // There is a row if the vault was locked right after it was committed, and none if the transaction failed.
                    live.lock().remove(&media);
                    let _ = amparo.vault.write(|tx| {
                        store::forget(tx, id)?;
                        Ok::<_, CoreError>(amparo.vault.delete_media(tx, media)?)
                    });
                }
                Err(error)
            }
        }
    }

    pub fn id(&self) -> EvidenceId {
        self.id
    }

    pub fn size(&self) -> u64 {
        self.writer.as_ref().map_or(0, MediaWriter::size)
    }

    /// Whether it takes more: not after an error, and not after the vault was locked.
    pub fn is_open(&self) -> bool {
        self.writer.as_ref().is_some_and(MediaWriter::is_open)
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), CoreError> {
        Ok(self.writer.as_mut().ok_or(VaultError::Locked)?.write(bytes)?)
    }

    pub fn sync(&mut self) -> Result<(), CoreError> {
        Ok(self.writer.as_mut().ok_or(VaultError::Locked)?.sync()?)
    }

    /// Ends it: its hash, its row and its custody entry are on the medium when this returns `Ok`. `before` runs in the same
    /// transaction, before the row is completed.
    ///
    /// # Errors
    /// The vault's, and those of `before`. What was written is kept and labelled then.
    pub fn finish(
        mut self,
        before: impl FnOnce(&Transaction<'_>) -> Result<(), CoreError>,
    ) -> Result<EvidenceId, CoreError> {
        let writer = self.writer.take().ok_or(VaultError::Locked)?;
        let now = self.amparo.clock.now();
        writer.finish(|tx, info| {
            before(tx)?;
            store::settle(tx, info, &now).map(|_| ())
        })?;
        self.ended = true;
        Ok(self.id)
    }

    /// Throws it away, as if it had never begun.
    ///
    /// # Errors
    /// The vault's. The bytes stay then, and are shown as cut off.
    pub fn take_back(mut self) -> Result<(), CoreError> {
        let id = self.id;
        let writer = self.writer.take().ok_or(VaultError::Locked)?;
        writer.abort(|tx| store::forget(tx, id))?;
        self.ended = true;
        Ok(())
    }

    /// Ends an import that failed. What the source or the caller ended is taken back, because the source is still where it was;
    /// what the vault ended is kept.
    pub fn give_up(self, error: CoreError) -> CoreError {
        let full = matches!(error, CoreError::Vault(VaultError::StorageFull));
        if full || matches!(error, CoreError::Cancelled | CoreError::SourceFailed { .. }) {
            // If even this fails, the row and the bytes stay, to be shown as cut off. That is no loss, and `error` is the cause.
            let _ = self.take_back();
        }
        error
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take()
            && !self.amparo.vault.is_locked()
        {
            let now = self.amparo.clock.now();
            let interrupted = writer.interrupt(|tx, info| store::settle(tx, info, &now).map(|_| ()));
            self.ended = interrupted.is_ok();
        }
        self.amparo.live.lock().remove(&self.media);
        if !self.ended {
            // The writer failed before: what is in the file says what was kept.
            label(&self.amparo, self.media);
        }
    }
}

/// Looks at what the vault kept of a piece that was not finished. What cannot be looked at now is at the next unlock.
fn label(amparo: &Amparo, media: MediaId) {
    if amparo.vault.is_locked() {
        return;
    }
    let now = amparo.clock.now();
    let _ = amparo.vault.recover_media(media, |tx, info| store::settle(tx, info, &now).map(|_| ()));
}

impl EvidenceStore<'_> {
    /// Labels those of the pieces that a writer which is gone left behind, so that the user can go on with them now and not after
    /// the next unlock only.
    pub(super) fn label_left_behind(
        &self,
        pieces: impl FnOnce(&Connection) -> Result<Vec<Evidence>, CoreError>,
    ) -> Result<(), CoreError> {
        let writing = self.amparo.vault.read(|conn| {
            let mut pieces = pieces(conn)?;
            pieces.retain(|piece| piece.state == EvidenceState::WRITING);
            pieces.iter().map(|piece| store::media_of(conn, piece.id)).collect::<Result<Vec<_>, _>>()
        })?;
        writing.into_iter().filter(|media| !self.amparo.live.lock().contains(media)).for_each(|media| {
            label(self.amparo, media);
        });
        Ok(())
    }
}

/// Writes the first `filled` bytes of `block`, then the rest of the source.
pub(super) fn copy(
    source: &mut impl Read,
    block: &mut [u8],
    mut filled: usize,
    ingest: &mut Ingest,
    progress: Progress<'_>,
) -> Result<(), CoreError> {
    let mut done = 0u64;
    loop {
        ingest.write(block.get(..filled).unwrap_or_default())?;
        done = done.saturating_add(filled as u64);
        if progress(done) == ControlFlow::Break(()) {
            return Err(CoreError::Cancelled);
        }
        if filled < block.len() {
            return Ok(());
        }
        filled = read_full(source, block, done)?;
        if filled == 0 {
            return Ok(());
        }
    }
}

/// The first block of a source, by whose bytes it is told what it is, and how much of it is filled. Both it and the rest go to
/// [`copy`].
///
/// # Errors
/// [`CoreError::SourceEmpty`], [`CoreError::SourceFailed`].
pub(super) fn first_block(source: &mut impl Read) -> Result<(Zeroizing<Vec<u8>>, usize), CoreError> {
    let mut block = Zeroizing::new(vec![0u8; media_type::HEAD_BYTES]);
    match read_full(source, &mut block, 0)? {
        0 => Err(CoreError::SourceEmpty),
        filled => Ok((block, filled)),
    }
}

/// Reads until `block` is full or the source ends.
fn read_full(source: &mut impl Read, block: &mut [u8], before: u64) -> Result<usize, CoreError> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(n) => filled = filled.saturating_add(n).min(block.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let after = before.saturating_add(filled as u64);
                return Err(CoreError::SourceFailed { after, kind: error.kind() });
            }
        }
    }
    Ok(filled)
}

/// The layout on disk for content of this kind and, if it is known, this size.
pub(super) fn profile_for(kind: &EvidenceKind, size: Option<u64>) -> MediaProfile {
    let limit = if *kind == EvidenceKind::AUDIO { SMALL_AUDIO_BYTES } else { SMALL_BYTES };
    if size.is_some_and(|size| size <= limit) { MediaProfile::Small } else { MediaProfile::Large }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_follow_size_and_kind() {
        for (kind, size, expected) in [
            (EvidenceKind::PHOTO, Some(SMALL_BYTES), MediaProfile::Small),
            (EvidenceKind::PHOTO, Some(SMALL_BYTES + 1), MediaProfile::Large),
            (EvidenceKind::AUDIO, Some(SMALL_AUDIO_BYTES), MediaProfile::Small),
            (EvidenceKind::AUDIO, Some(SMALL_AUDIO_BYTES + 1), MediaProfile::Large),
            (EvidenceKind::AUDIO, None, MediaProfile::Large),
        ] {
            assert_eq!(profile_for(&kind, size), expected, "{kind} {size:?}");
        }
    }

    #[test]
    fn a_source_that_comes_in_bits_is_read_to_its_end() {
        struct Bits(u8);
        impl Read for Bits {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 | 3 => Err(io::ErrorKind::Interrupted.into()),
                    n if n < 9 => {
                        out[0] = n;
                        Ok(1)
                    }
                    _ => Ok(0),
                }
            }
        }
        let mut block = [0; 16];
        assert_eq!(read_full(&mut Bits(0), &mut block, 0).unwrap(), 6);
        assert_eq!(block[..6], [2, 4, 5, 6, 7, 8]);
    }
}
