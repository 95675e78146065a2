//! The main database file: every page sealed on its own, under a fresh random nonce, bound to its page number.
//!
//! On disk a page is `ciphertext ‖ tag[16] ‖ nonce[24]`; SQLite leaves these 40 bytes free because the database was made
//! with 40 reserved bytes a page. What may not happen here: a plaintext byte in the file, a page that is accepted without
//! its tag, a hole that reads as zeros. Format and reasons: `docs/formats/database.md`.

use amparo_crypto::{
    aead::{NONCE_LEN, OVERHEAD, RandomNonceKey, TAG_LEN},
    labels,
};
use rusqlite::ffi;
use zeroize::{Zeroize as _, Zeroizing};

use super::store::{Code, Store};

/// Bytes at the end of every page that SQLite must leave alone.
pub(crate) const RESERVED: usize = OVERHEAD;
/// SQLite's own header at the start of page 1; the only bytes it reads in less than a page.
const HEADER_LEN: usize = 100;
/// Where SQLite's header holds the page size, as a big-endian `u16`.
const HEADER_PAGE_SIZE: std::ops::Range<usize> = 16..18;
/// Where SQLite's header holds the number of reserved bytes a page.
const HEADER_RESERVED: usize = 20;

const LABEL: &[u8] = labels::DB_PAGE_AAD.as_bytes();
const AAD_LEN: usize = LABEL.len() + 1 + 8;

/// `label ‖ 0x00 ‖ be64(page number)`; pages count from 1.
fn page_aad(number: u64) -> [u8; AAD_LEN] {
    let mut aad = [0u8; AAD_LEN];
    let (label, rest) = aad.split_at_mut(LABEL.len());
    label.copy_from_slice(LABEL);
    let (_, tail) = rest.split_at_mut(1);
    tail.copy_from_slice(&number.to_be_bytes());
    aad
}

/// The state of one open main database file.
pub(super) struct Pages {
    page_size: usize,
    /// Bytes of whole pages in the file, so far as this handle knows. Every page below it has been sealed by somebody.
    size: u64,
    /// The sealed page on its way to the file; plaintext only between the copy and the seal.
    scratch: Zeroizing<Vec<u8>>,
}

impl Pages {
    /// Takes over an open file. A torn last page, left by a crash while the file grew, does not count.
    pub(super) fn open(page_size: usize, store: &mut dyn Store) -> Result<Self, Code> {
        let mut pages = Self { page_size, size: 0, scratch: Zeroizing::new(Vec::with_capacity(page_size)) };
        pages.size(store)?;
        Ok(pages)
    }

    /// Bytes of whole pages in the file.
    pub(super) fn size(&mut self, store: &mut dyn Store) -> Result<u64, Code> {
        let physical = store.size()?;
        self.size = physical - physical % self.len();
        Ok(self.size)
    }

    const fn len(&self) -> u64 {
        self.page_size as u64
    }

    /// Reads a whole page, or a part of page 1.
    ///
    /// A page that does not authenticate is `SQLITE_IOERR_DATA`. So is a page behind the end of the file: SQLite would take
    /// a short read for a page of zeros, and a shortened file would silently lose the contents of large values. The one
    /// exception are SQLite's probes of the header: they come before a hot journal or the WAL is replayed, and a torn page 1
    /// must not keep them from repairing it; they see an empty file, and the first whole read still fails.
    pub(super) fn read(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        buf: &mut [u8],
        offset: u64,
    ) -> Result<(), Code> {
        let result = if buf.len() == self.page_size && offset.is_multiple_of(self.len()) {
            self.read_page(key, store, buf, offset).map_err(|code| match code {
                ffi::SQLITE_IOERR_SHORT_READ => ffi::SQLITE_IOERR_DATA,
                other => other,
            })
        } else {
            self.read_header(key, store, buf, offset)
        };
        if result.is_err() {
            buf.fill(0);
        }
        result
    }

    fn read_page(&self, key: &RandomNonceKey, store: &mut dyn Store, page: &mut [u8], offset: u64) -> Result<(), Code> {
        store.read(page, offset)?;
        let number = offset / self.len() + 1;
        let opened = (|| {
            let (rest, nonce) = page.split_last_chunk_mut::<NONCE_LEN>()?;
            let (body, tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
            key.open_in_place(&page_aad(number), nonce, body, tag).ok()?;
            nonce.fill(0);
            tag.fill(0);
            Some(())
        })();
        opened.ok_or(ffi::SQLITE_IOERR_DATA)
    }

    fn read_header(
        &self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        buf: &mut [u8],
        offset: u64,
    ) -> Result<(), Code> {
        let start = usize::try_from(offset).map_err(|_| ffi::SQLITE_IOERR_READ)?;
        let end = start.checked_add(buf.len()).ok_or(ffi::SQLITE_IOERR_READ)?;
        let mut page = Zeroizing::new(vec![0u8; self.page_size]);
        let opened = self.read_page(key, store, &mut page, 0);
        match (opened, page.get(start..end)) {
            // Another page size than the file's, or a read across pages: this database was not set up by us.
            (_, None) => Err(ffi::SQLITE_IOERR_READ),
            (Ok(()), Some(part)) => {
                buf.copy_from_slice(part);
                Ok(())
            }
            (Err(ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_SHORT_READ), Some(_)) if end <= HEADER_LEN => {
                Err(ffi::SQLITE_IOERR_SHORT_READ)
            }
            (Err(ffi::SQLITE_IOERR_SHORT_READ), Some(_)) => Err(ffi::SQLITE_IOERR_DATA),
            (Err(code), Some(_)) => Err(code),
        }
    }

    /// Seals and writes one page. A page behind the end first fills the gap with sealed pages of zeros.
    pub(super) fn write(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        page: &[u8],
        offset: u64,
    ) -> Result<(), Code> {
        if page.len() != self.page_size || !offset.is_multiple_of(self.len()) {
            return Err(ffi::SQLITE_IOERR_WRITE);
        }
        self.check(page, offset)?;
        self.fill_gap(key, store, offset)?;
        self.seal_and_write(key, store, Some(page), offset)
    }

    /// Fails closed when SQLite was not told to reserve the tail, before a page that we could not restore is written.
    fn check(&self, page: &[u8], offset: u64) -> Result<(), Code> {
        let tail_is_free = page.get(self.page_size - RESERVED..).is_some_and(|tail| tail.iter().all(|byte| *byte == 0));
        // SQLite writes page 1 as zeros when it restores a file that had been one page long: no header yet, nothing to check.
        let header_is_ours = offset != 0
            || page.iter().all(|byte| *byte == 0)
            || (page.get(HEADER_RESERVED).copied().map(usize::from) == Some(RESERVED)
                && u16::try_from(self.page_size)
                    .is_ok_and(|size| page.get(HEADER_PAGE_SIZE) == Some(&size.to_be_bytes()[..])));
        if tail_is_free && header_is_ours { Ok(()) } else { Err(ffi::SQLITE_IOERR_WRITE) }
    }

    /// Seals pages of zeros from the end of the file up to `offset`. Page 1 can be among them: SQLite may spill a later page
    /// of a new database first.
    fn fill_gap(&mut self, key: &RandomNonceKey, store: &mut dyn Store, offset: u64) -> Result<(), Code> {
        while self.size < offset {
            self.seal_and_write(key, store, None, self.size)?;
        }
        Ok(())
    }

    fn seal_and_write(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        page: Option<&[u8]>,
        offset: u64,
    ) -> Result<(), Code> {
        let end = offset.checked_add(self.len()).ok_or(ffi::SQLITE_FULL)?;
        let mut sealed = std::mem::take(&mut *self.scratch);
        sealed.clear();
        match page {
            Some(bytes) => sealed.extend_from_slice(bytes),
            None => sealed.resize(self.page_size, 0),
        }
        let number = offset / self.len() + 1;
        let result = (|| {
            let (rest, nonce_place) = sealed.split_last_chunk_mut::<NONCE_LEN>().ok_or(ffi::SQLITE_IOERR_WRITE)?;
            let (body, tag_place) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(ffi::SQLITE_IOERR_WRITE)?;
            let (nonce, tag) = key.seal_in_place(&page_aad(number), body).map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
            *nonce_place = nonce;
            *tag_place = tag;
            Ok(())
        })();
        let result = match result {
            Ok(()) => store.write(&sealed, offset),
            Err(code) => {
                // No randomness: `sealed` is still plaintext.
                sealed.zeroize();
                Err(code)
            }
        };
        *self.scratch = sealed;
        if result.is_ok() {
            self.size = self.size.max(end);
        }
        result
    }

    /// Cuts the file, or grows it with sealed pages of zeros.
    pub(super) fn truncate(&mut self, key: &RandomNonceKey, store: &mut dyn Store, size: u64) -> Result<(), Code> {
        if !size.is_multiple_of(self.len()) {
            return Err(ffi::SQLITE_IOERR_TRUNCATE);
        }
        if size > self.size {
            return self.fill_gap(key, store, size);
        }
        store.truncate(size)?;
        self.size = size;
        Ok(())
    }
}
