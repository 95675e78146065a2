//! Writing a medium as it is recorded or imported.
//!
//! Rules that keep a capture safe: the row with the key is committed before the first byte of
//! plaintext is taken; a slot index is sealed once; a
//! failed write ends the file where it stands, because sealing the same index again would repeat a nonce; dropping the
//! writer, or locking the vault, ends the file with everything it was given. Only [`MediaWriter::abort`] throws bytes away.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use amparo_crypto::{
    SecretKey,
    hash::Hasher,
    media::{MediaCipher, Position},
};
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::{
    MediaFile, MediaId, MediaInfo, MediaProfile, MediaState, file::MediaDir, insert_row, set_high_water, update_row,
};
use crate::{Vault, VaultError, vault::CloseOnLock};

/// How long data may wait for the medium while it is being recorded.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Writes one medium. `Send`; not meant to be shared between threads. See the module's first comment for what happens when it
/// is dropped.
pub struct MediaWriter {
    vault: Vault,
    id: MediaId,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
}

enum State {
    Open(Box<Stream>),
    /// A write failed. The file holds what was written before.
    Broken,
    /// Ended by [`MediaWriter::finish`], or by a lock.
    Ended,
}

struct Stream {
    info: MediaInfo,
    cipher: MediaCipher,
    file: MediaFile,
    dir: MediaDir,
    /// One slot; its first `filled` bytes wait to be sealed.
    slot: Zeroizing<Vec<u8>>,
    filled: usize,
    hasher: Hasher,
    synced_at: Instant,
    dir_synced: bool,
}

impl MediaWriter {
    pub(crate) fn create<E: From<VaultError>>(
        vault: &Vault,
        profile: MediaProfile,
        on_row: impl FnOnce(&Transaction<'_>, MediaId) -> Result<(), E>,
    ) -> Result<Self, E> {
        let id = MediaId::generate()?;
        let key = SecretKey::generate().map_err(VaultError::from)?;
        let (cipher, header) = MediaCipher::create(&key, &id.to_bytes(), profile).map_err(VaultError::from)?;
        let (wrap, dir) = vault.media_context()?;
        // The empty file first: if the storage is full, no row is left behind that promises a medium.
        let mut file = dir.create(id).map_err(VaultError::io("create a media file"))?;
        let begun = file
            .append(header.as_slice())
            .map_err(|e| E::from(VaultError::io("write a media file")(e)))
            .and_then(|()| {
                vault.write(|tx| {
                    insert_row(tx, &wrap, id, profile, &key)?;
                    on_row(tx, id)
                })
            });
        if let Err(error) = begun {
            // A page of random bytes without a key: if it cannot be removed, it says nothing.
            let _ = dir.remove(id);
            return Err(error);
        }
        let stream = Stream {
            info: MediaInfo { id, profile, state: MediaState::Writing, size: 0, slots: 0, sha256: None },
            cipher,
            file,
            dir,
            slot: Zeroizing::new(vec![0; profile.bytes()]),
            filled: 0,
            hasher: Hasher::new(),
            synced_at: Instant::now(),
            dir_synced: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(State::Open(Box::new(stream))) });
        let handle: Arc<dyn CloseOnLock> = shared.clone();
        vault.register(&handle)?;
        Ok(Self { vault: vault.clone(), id, shared })
    }

    /// The medium's id.
    #[must_use]
    pub fn id(&self) -> MediaId {
        self.id
    }

    /// Plaintext bytes taken so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &*self.shared.lock() {
            State::Open(stream) => stream.info.size,
            State::Broken | State::Ended => 0,
        }
    }

    /// Whether it takes more: not after an error, and not after the vault was locked.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(&*self.shared.lock(), State::Open(_))
    }

    /// Adds `data`. Blocks for the disk. Once a second what was added is synced, and the number of slots on the medium is
    /// noted in the database, so that a later cut below it is known for what it is.
    ///
    /// # Errors
    /// [`VaultError::StorageFull`] or [`VaultError::Io`]: the medium then holds all slots written before and takes no more.
    /// [`VaultError::Locked`] when the vault was locked meanwhile: what was added before is kept.
    pub fn write(&mut self, data: &[u8]) -> Result<(), VaultError> {
        let mut state = self.shared.lock();
        let stream = match &mut *state {
            State::Open(stream) => stream,
            State::Broken => return Err(VaultError::MediaBroken),
            State::Ended => return Err(VaultError::Locked),
        };
        let due = stream.write(data).map(|()| stream.synced_at.elapsed() >= SYNC_INTERVAL);
        if due.is_err() {
            *state = State::Broken;
        }
        drop(state);
        if due? { self.sync() } else { Ok(()) }
    }

    /// Returns when every full slot is on the medium and noted. For an app that is about to be suspended; while data flows it
    /// happens by itself. What does not fill a slot yet stays in memory until more comes or the medium is ended.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn sync(&mut self) -> Result<(), VaultError> {
        let mut state = self.shared.lock();
        let synced = match &mut *state {
            State::Open(stream) => stream.sync().map(|()| stream.info.slots),
            State::Broken => Err(VaultError::MediaBroken),
            State::Ended => Err(VaultError::Locked),
        };
        if synced.is_err() && matches!(*state, State::Open(_)) {
            *state = State::Broken;
        }
        drop(state);
        let slots = synced?;
        // Only a help for the recovery: a capture goes on even if the database cannot take the note now.
        let _ = self.vault.write(|tx| set_high_water(tx, self.id, slots));
        Ok(())
    }

    /// Ends the file, syncs it, and completes its row in the same transaction as `on_done`. When this returns `Ok`, the medium
    /// survives a power cut.
    ///
    /// # Errors
    /// As [`write`](Self::write), and whatever `on_done` returns. On an error nothing is lost: the medium stays as one that is
    /// still to be recovered.
    pub fn finish<E: From<VaultError>>(
        self,
        on_done: impl FnOnce(&Transaction<'_>, &MediaInfo) -> Result<(), E>,
    ) -> Result<MediaInfo, E> {
        self.end_as(MediaState::Complete, on_done)
    }

    /// Ends the file as [`finish`](Self::finish) does, and says that nobody gave their word that it is whole. What a drop does
    /// to the file, with its row completed at once: nothing has to be read again to find out what was kept.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn interrupt<E: From<VaultError>>(
        self,
        on_done: impl FnOnce(&Transaction<'_>, &MediaInfo) -> Result<(), E>,
    ) -> Result<MediaInfo, E> {
        self.end_as(MediaState::Interrupted, on_done)
    }

    fn end_as<E: From<VaultError>>(
        self,
        state: MediaState,
        on_done: impl FnOnce(&Transaction<'_>, &MediaInfo) -> Result<(), E>,
    ) -> Result<MediaInfo, E> {
        let info = self.shared.end(state)?;
        self.vault.write(|tx| {
            update_row(tx, &info)?;
            on_done(tx, &info)
        })?;
        Ok(info)
    }

    /// Throws the medium away: row, key and file. On a full disk the file's bytes go first, to make room for recording it;
    /// `on_gone` is then called a second time, in a second transaction.
    ///
    /// # Errors
    /// [`VaultError`] when the database cannot record it; the medium then stays, to be recovered.
    pub fn abort<E: From<VaultError>>(self, on_gone: impl Fn(&Transaction<'_>) -> Result<(), E>) -> Result<(), E> {
        let erase = || {
            self.vault.write(|tx| {
                on_gone(tx)?;
                self.vault.delete_media(tx, self.id).map_err(E::from)
            })
        };
        let (_, dir) = self.vault.media_context()?;
        let erased = erase().or_else(|error| {
            dir.empty(self.id).map_err(|_| error)?;
            erase()
        });
        if erased.is_ok() {
            *self.shared.lock() = State::Ended;
        }
        erased
    }
}

impl io::Write for MediaWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Self::write(self, data).map_err(io::Error::other)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for MediaWriter {
    fn drop(&mut self) {
        // Everything that was given is kept; the recovery finds the file terminated and its row not.
        let _ = self.shared.end(MediaState::Interrupted);
    }
}

impl core::fmt::Debug for MediaWriter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MediaWriter").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, state: MediaState) -> Result<MediaInfo, VaultError> {
        match std::mem::replace(&mut *self.lock(), State::Ended) {
            State::Open(stream) => stream.end(state),
            State::Broken => Err(VaultError::MediaBroken),
            State::Ended => Err(VaultError::Locked),
        }
    }
}

impl CloseOnLock for Shared {
    fn close_on_lock(&self) {
        let _ = self.end(MediaState::Interrupted);
    }
}

impl Stream {
    fn write(&mut self, mut data: &[u8]) -> Result<(), VaultError> {
        self.hasher.update(data);
        self.info.size += data.len() as u64;
        let room = self.info.profile.data_len();
        while !data.is_empty() {
            let (now, later) = data.split_at(data.len().min(room - self.filled));
            if let Some(target) = self.slot.get_mut(self.filled..self.filled + now.len()) {
                target.copy_from_slice(now);
            }
            self.filled += now.len();
            data = later;
            if self.filled == room {
                self.seal(Position::Inner)?;
            }
        }
        Ok(())
    }

    fn seal(&mut self, position: Position) -> Result<(), VaultError> {
        self.cipher.seal_slot(self.info.slots, position, &mut self.slot)?;
        self.filled = 0;
        self.info.slots += 1;
        self.file.append(&self.slot).map_err(VaultError::io("write a media file"))
    }

    fn sync(&mut self) -> Result<(), VaultError> {
        self.file.sync().map_err(VaultError::io("sync a media file"))?;
        if !self.dir_synced {
            self.dir.sync()?;
            self.dir_synced = true;
        }
        self.synced_at = Instant::now();
        Ok(())
    }

    fn end(mut self, state: MediaState) -> Result<MediaInfo, VaultError> {
        self.cipher.pad(&mut self.slot, self.filled)?;
        self.seal(Position::Final)?;
        self.sync()?;
        Ok(MediaInfo { state, sha256: Some(self.hasher.finish()), ..self.info })
    }
}
