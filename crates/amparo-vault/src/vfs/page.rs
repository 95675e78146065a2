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
        &self,
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

#[cfg(test)]
mod tests {
    use amparo_crypto::SecretKey;

    use super::*;

    const SIZE: usize = 4096;

    #[derive(Default)]
    struct Memory {
        bytes: Vec<u8>,
        full_after: Option<usize>,
    }

    impl Store for Memory {
        fn read(&mut self, buf: &mut [u8], offset: u64) -> Result<(), Code> {
            let offset = offset as usize;
            buf.copy_from_slice(self.bytes.get(offset..offset + buf.len()).ok_or(ffi::SQLITE_IOERR_SHORT_READ)?);
            Ok(())
        }

        fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Code> {
            let end = offset as usize + bytes.len();
            if self.full_after.is_some_and(|limit| end > limit) {
                return Err(ffi::SQLITE_FULL);
            }
            assert!(offset as usize <= self.bytes.len(), "no hole is ever left to the file system");
            self.bytes.resize(self.bytes.len().max(end), 0);
            self.bytes[offset as usize..end].copy_from_slice(bytes);
            Ok(())
        }

        fn truncate(&mut self, size: u64) -> Result<(), Code> {
            self.bytes.resize(size as usize, 0);
            Ok(())
        }

        fn sync(&mut self, _: std::ffi::c_int) -> Result<(), Code> {
            Ok(())
        }

        fn size(&mut self) -> Result<u64, Code> {
            Ok(self.bytes.len() as u64)
        }
    }

    fn key() -> RandomNonceKey {
        RandomNonceKey::from_key(&SecretKey::generate().unwrap())
    }

    /// A page as SQLite would write it.
    fn page(byte: u8) -> Vec<u8> {
        let mut page = vec![byte; SIZE];
        page[HEADER_PAGE_SIZE].copy_from_slice(&4096u16.to_be_bytes());
        page[HEADER_RESERVED] = 40;
        page[SIZE - RESERVED..].fill(0);
        page
    }

    fn read(pages: &Pages, key: &RandomNonceKey, store: &mut Memory, number: u64) -> Result<Vec<u8>, Code> {
        let mut buf = vec![0xee; SIZE];
        pages.read(key, store, &mut buf, (number - 1) * SIZE as u64)?;
        Ok(buf)
    }

    #[test]
    fn gaps_are_filled_with_sealed_zeros() {
        let (key, mut store) = (key(), Memory::default());
        let mut pages = Pages::open(SIZE, &mut store).unwrap();
        pages.write(&key, &mut store, &page(7), 3 * SIZE as u64).unwrap();
        assert_eq!(pages.size(&mut store), Ok(4 * SIZE as u64));
        for number in 1..=3 {
            assert_eq!(read(&pages, &key, &mut store, number).unwrap(), vec![0; SIZE]);
        }
        assert_eq!(read(&pages, &key, &mut store, 4).unwrap(), page(7));
        assert!(store.bytes.chunks(SIZE).all(|page| page.iter().any(|byte| *byte != 0)));
        // Growing by truncation, too; shrinking and growing again shows nothing of before.
        pages.truncate(&key, &mut store, 6 * SIZE as u64).unwrap();
        assert_eq!(read(&pages, &key, &mut store, 6).unwrap(), vec![0; SIZE]);
        pages.truncate(&key, &mut store, SIZE as u64).unwrap();
        pages.truncate(&key, &mut store, 4 * SIZE as u64).unwrap();
        assert_eq!(read(&pages, &key, &mut store, 4).unwrap(), vec![0; SIZE]);
        assert_eq!(pages.truncate(&key, &mut store, 5), Err(ffi::SQLITE_IOERR_TRUNCATE));
    }

    #[test]
    fn a_disk_that_fills_up_in_a_gap_leaves_whole_pages() {
        let (key, mut store) = (key(), Memory { full_after: Some(2 * SIZE), ..Memory::default() });
        let mut pages = Pages::open(SIZE, &mut store).unwrap();
        assert_eq!(pages.write(&key, &mut store, &page(7), 5 * SIZE as u64), Err(ffi::SQLITE_FULL));
        store.full_after = None;
        pages.write(&key, &mut store, &page(8), 5 * SIZE as u64).unwrap();
        assert_eq!(read(&pages, &key, &mut store, 6).unwrap(), page(8));
        assert_eq!(read(&pages, &key, &mut store, 3).unwrap(), vec![0; SIZE]);
        // A torn last page does not count, and is written over.
        store.bytes.truncate(5 * SIZE + 100);
        let mut pages = Pages::open(SIZE, &mut store).unwrap();
        assert_eq!(pages.size(&mut store), Ok(5 * SIZE as u64));
        pages.write(&key, &mut store, &page(9), 6 * SIZE as u64).unwrap();
        assert_eq!(read(&pages, &key, &mut store, 6).unwrap(), vec![0; SIZE]);
    }

    #[test]
    fn what_is_not_ours_is_not_written() {
        let (key, mut store) = (key(), Memory::default());
        let mut pages = Pages::open(SIZE, &mut store).unwrap();
        let mut write = |page: &[u8], offset| pages.write(&key, &mut store, page, offset);
        for tail in [SIZE - 40, SIZE - 1] {
            let mut bad = page(0);
            bad[tail] = 1;
            assert_eq!(write(&bad, 0), Err(ffi::SQLITE_IOERR_WRITE));
            assert_eq!(write(&bad, SIZE as u64), Err(ffi::SQLITE_IOERR_WRITE));
        }
        let mut other_reserve = page(0);
        other_reserve[HEADER_RESERVED] = 48;
        let mut other_size = page(0);
        other_size[16] = 0x20;
        assert_eq!(write(&other_reserve, 0), Err(ffi::SQLITE_IOERR_WRITE));
        assert_eq!(write(&other_size, 0), Err(ffi::SQLITE_IOERR_WRITE));
        assert_eq!(write(&page(0)[..512], 0), Err(ffi::SQLITE_IOERR_WRITE));
        assert_eq!(write(&page(0), 512), Err(ffi::SQLITE_IOERR_WRITE));
        write(&vec![0; SIZE], 0).unwrap();
        write(&page(0), 0).unwrap();
        assert_eq!(store.bytes.len(), SIZE);
    }

    #[test]
    fn probes_of_the_header_see_it_or_an_empty_file() {
        let (key, mut store) = (key(), Memory::default());
        let mut pages = Pages::open(SIZE, &mut store).unwrap();
        let probe = |pages: &Pages, store: &mut Memory, offset: u64, length: usize| {
            let mut buf = vec![0xee; length];
            let result = pages.read(&key, store, &mut buf, offset);
            (result, buf)
        };
        let short = |length: usize| (Err(ffi::SQLITE_IOERR_SHORT_READ), vec![0; length]);
        assert_eq!(probe(&pages, &mut store, 0, 100), short(100));
        pages.write(&key, &mut store, &page(5), 0).unwrap();
        assert_eq!(probe(&pages, &mut store, 0, 100), (Ok(()), page(5)[..100].to_vec()));
        assert_eq!(probe(&pages, &mut store, 24, 16), (Ok(()), page(5)[24..40].to_vec()));
        store.bytes[2000] ^= 1;
        assert_eq!(probe(&pages, &mut store, 0, 100), short(100));
        assert_eq!(probe(&pages, &mut store, 24, 16), short(16));
        // Nothing but the probes gets away with it.
        assert_eq!(probe(&pages, &mut store, 24, 100), (Err(ffi::SQLITE_IOERR_DATA), vec![0; 100]));
        assert_eq!(probe(&pages, &mut store, 0, SIZE), (Err(ffi::SQLITE_IOERR_DATA), vec![0; SIZE]));
        assert_eq!(probe(&pages, &mut store, 0, 2 * SIZE), (Err(ffi::SQLITE_IOERR_READ), vec![0; 2 * SIZE]));
        assert_eq!(probe(&pages, &mut store, SIZE as u64, SIZE), (Err(ffi::SQLITE_IOERR_DATA), vec![0; SIZE]));
        assert_eq!(probe(&pages, &mut store, u64::MAX - 3, 100).0, Err(ffi::SQLITE_IOERR_READ));
    }
}
