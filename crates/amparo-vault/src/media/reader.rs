//! Random-access reading of a medium, one slot at a time: what a player needs, in constant memory.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use amparo_crypto::media::{HEADER_LEN, MediaCipher, Position, TAG_LEN};
use zeroize::Zeroizing;

use super::{MediaFile, MediaInfo, MediaRow, MediaState, file::MediaDir};
use crate::{Vault, VaultError, vault::CloseOnLock};

/// Bytes of a header page that are read to open a file: salt and commitment.
const HEADER_USED: usize = 56;

/// The slots of one file, authenticated as they are read.
pub(super) struct SlotReader {
    pub info: MediaInfo,
    cipher: MediaCipher,
    file: MediaFile,
    slot: Zeroizing<Vec<u8>>,
    /// Which slot `slot` holds, and how many of its bytes are data.
    cached: Option<(u64, usize)>,
}

impl SlotReader {
    pub fn open(row: &MediaRow, key: &amparo_crypto::SecretKey, dir: &MediaDir) -> Result<Self, VaultError> {
        let info = row.info;
        let mut file = dir.open(info.id).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => VaultError::MediaMissing,
            _ => VaultError::io("open a media file")(e),
        })?;
        let mut head = [0u8; HEADER_USED];
        let read = file.read_at(&mut head, 0).map_err(VaultError::io("read a media file"))?;
        let cipher = MediaCipher::open(key, &info.id.to_bytes(), info.profile, head.get(..read).unwrap_or_default())
            .map_err(|_| VaultError::MediaHeaderDamaged)?;
        Ok(Self { info, cipher, file, slot: Zeroizing::new(vec![0; info.profile.bytes()]), cached: None })
    }

    /// Slots that the file has room for, the last one counted even when it is cut.
    pub fn slots_on_disk(&self) -> Result<u64, VaultError> {
        let len = self.file.len().map_err(VaultError::io("read a media file"))?;
        Ok(len.saturating_sub(HEADER_LEN as u64).div_ceil(self.info.profile.bytes() as u64))
    }

    /// Checks that the file ends where its row says, with its final slot: a reader that stops before the end could not know.
    pub fn check_end(&mut self) -> Result<(), VaultError> {
        let (slots, size) = (self.info.slots, self.info.profile.bytes() as u64);
        let last = slots.checked_sub(1).ok_or(VaultError::MediaDamaged { slot: 0 })?;
        let on_disk = self.slots_on_disk()?;
        if on_disk != slots {
            return Err(VaultError::MediaDamaged { slot: on_disk.min(slots) });
        }
        let data = self.read(last, Position::Final)?.len() as u64;
        let stated = last.checked_mul(size - TAG_LEN as u64).and_then(|full| full.checked_add(data));
        if stated == Some(self.info.size) { Ok(()) } else { Err(VaultError::MediaDamaged { slot: last }) }
    }

    /// Reads and authenticates slot `index` as one of `position`.
    pub fn read(&mut self, index: u64, position: Position) -> Result<&[u8], VaultError> {
        if self.cached.is_none_or(|(cached, _)| cached != index) {
            self.cached = None;
            let size = self.info.profile.bytes();
            let offset = index.saturating_mul(size as u64).saturating_add(HEADER_LEN as u64);
            let read = self.file.read_at(&mut self.slot, offset).map_err(VaultError::io("read a media file"))?;
            if read != size {
                return Err(VaultError::MediaDamaged { slot: index });
            }
            let opened = self.cipher.open_slot(index, position, &mut self.slot);
            let len = opened.map_err(|_| VaultError::MediaDamaged { slot: index })?.len();
            self.cached = Some((index, len));
        }
        let len = self.cached.map_or(0, |(_, len)| len);
        self.slot.get(..len).ok_or(VaultError::MediaDamaged { slot: index })
    }
}

/// Reads one medium: [`Read`], [`Seek`] and [`read_at`](Self::read_at). `Send` and `Sync`. Every byte it returns was
/// authenticated; a damaged slot is an error at that place and nowhere else.
pub struct MediaReader {
    shared: Arc<Shared>,
    info: MediaInfo,
    position: u64,
}

struct Shared {
    slots: Mutex<Option<SlotReader>>,
}

impl MediaReader {
    pub(crate) fn open(vault: &Vault, row: &MediaRow) -> Result<Self, VaultError> {
        if row.info.state == MediaState::Writing {
            return Err(VaultError::MediaUnfinished);
        }
        let (wrap, dir) = vault.media_context()?;
        let mut slots = SlotReader::open(row, &row.key(&wrap)?, &dir)?;
        if row.info.is_terminated() {
            slots.check_end()?;
        }
        let shared = Arc::new(Shared { slots: Mutex::new(Some(slots)) });
        let handle: Arc<dyn CloseOnLock> = shared.clone();
        vault.register(&handle)?;
        Ok(Self { shared, info: row.info, position: 0 })
    }

    /// The medium's row.
    #[must_use]
    pub fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// Bytes of plaintext.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.info.size
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.info.size == 0
    }

    /// Reads at `offset` until `buf` is full or the medium ends; returns the bytes read, 0 past the end. Blocks for the disk.
    ///
    /// # Errors
    /// [`VaultError::MediaDamaged`] with the slot, [`VaultError::Locked`] after a lock, [`VaultError::Io`].
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<usize, VaultError> {
        let mut guard = self.shared.lock();
        let slots = guard.as_mut().ok_or(VaultError::Locked)?;
        let data_len = self.info.profile.data_len() as u64;
        let terminated = self.info.is_terminated();
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            let at = offset.saturating_add(done as u64);
            if at >= self.info.size {
                break;
            }
            let (index, within) = (at / data_len, (at % data_len) as usize);
            let last = terminated && index + 1 == self.info.slots;
            let data = slots.read(index, if last { Position::Final } else { Position::Inner })?;
            let available = data.get(within..).unwrap_or_default();
            let n = available.len().min(rest.len());
            if n == 0 {
                // The row promises more than the slot holds: the row and the file do not belong together.
                return Err(VaultError::MediaDamaged { slot: index });
            }
            for (to, from) in rest.iter_mut().zip(available) {
                *to = *from;
            }
            done += n;
        }
        Ok(done)
    }
}

impl Read for MediaReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.read_at(buf, self.position).map_err(io::Error::other)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for MediaReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.info.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl core::fmt::Debug for MediaReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MediaReader").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<SlotReader>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CloseOnLock for Shared {
    fn close_on_lock(&self) {
        self.lock().take();
    }
}
