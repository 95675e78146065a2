//! The rollback journal and the write-ahead log: an append-only list of authenticated records.
//!
//! SQLite replays these files after a crash and believes them, so pages in them must be as safe from an attacker as pages
//! in the database. A file is one *generation*: a header with a random id, then records `(offset, bytes)` in the order in
//! which SQLite wrote. Reads go through a map from file offsets to records. Format: `docs/formats/database.md`.
//!
//! What may not happen here, and what sees to it:
//! - *A record is accepted out of its place.* Every record authenticates the generation, its number and the tag of the
//!   record before it. Two attempts at one number therefore never mix: what was written after the second attempt does not
//!   follow the first.
//! - *Map and file disagree.* Map, end and generation change only after the write below succeeded; after a failed one they
//!   are as before, and the part that may have reached the file is cut off before the next append or sync.
//! - *Synced records are lost.* They are never overwritten with anything else; an error while reading a log at open is an error of the open, not
//!   the end of the log.
//! - *A sync claims too much.* After a failed sync the system may have dropped the unwritten data and marked it clean, so a
//!   later sync would succeed over a hole. Everything since the last good sync is written again, byte for byte, first.

use std::ffi::c_int;

use amparo_crypto::{
    aead::{NONCE_LEN, RandomNonceKey, TAG_LEN},
    labels, random,
};
use rusqlite::ffi;
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    extents::{Extents, Source, end_of},
    store::{Code, Store},
};

const GENERATION_ID_LEN: usize = 16;
/// `nonce ‖ E(id) ‖ tag` at the start of the file.
const GENERATION_LEN: usize = NONCE_LEN + GENERATION_ID_LEN + TAG_LEN;
/// `be64 offset ‖ be32 length`.
const PLACE_LEN: usize = 8 + 4;
/// `nonce ‖ E(place) ‖ tag` in front of every record.
const RECORD_HEADER_LEN: usize = NONCE_LEN + PLACE_LEN + TAG_LEN;
/// The longest body. SQLite writes a frame (24 bytes and a page) or a journal header (at most 64 KiB) at a time.
const MAX_BODY_LEN: usize = 128 * 1024;
/// A record with the longest body.
const MAX_RECORD_LEN: usize = RECORD_HEADER_LEN + NONCE_LEN + MAX_BODY_LEN + TAG_LEN;
/// SQLite's header in front of each page in the WAL.
const FRAME_HEADER_LEN: usize = 24;
/// SQLite's header of the WAL, written at offset 0 when a WAL is started anew.
const WAL_HEADER_LEN: usize = 32;

const GENERATION_LABEL: &[u8] = labels::DB_GENERATION_AAD.as_bytes();
const RECORD_LABEL: &[u8] = labels::DB_RECORD_AAD.as_bytes();
const RECORD_AAD_LEN: usize = RECORD_LABEL.len() + 2 + GENERATION_ID_LEN + 8 + TAG_LEN;

/// Which of SQLite's two logs a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LogKind {
    Journal,
    Wal,
}

/// Which half of a record a message is.
#[derive(Clone, Copy)]
enum Part {
    Header = 0,
    Body = 1,
}

/// Where the next record goes, and what it follows.
#[derive(Clone, Copy)]
struct Cursor {
    position: u64,
    number: u64,
    /// The body tag of the record before; the generation header's tag for the first.
    previous: [u8; TAG_LEN],
}

impl Cursor {
    /// `label ‖ 0x00 ‖ part ‖ generation[16] ‖ be64(number) ‖ link[16]`. `link` is the tag that comes before in the chain:
    /// the previous record's for a header, the header's for its body.
    fn aad(&self, generation: &[u8; GENERATION_ID_LEN], part: Part, link: &[u8; TAG_LEN]) -> [u8; RECORD_AAD_LEN] {
        let mut aad = [0u8; RECORD_AAD_LEN];
        let fields =
            [RECORD_LABEL, &[0, part as u8], generation.as_slice(), &self.number.to_be_bytes(), link.as_slice()];
        for (place, byte) in aad.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
        aad
    }
}

/// A generation that has a header in the file.
#[derive(Clone, Copy)]
struct Generation {
    id: [u8; GENERATION_ID_LEN],
    end: Cursor,
}

/// A WAL frame header that SQLite has written and whose page is still to come: the two become one record.
struct Held {
    offset: u64,
    bytes: Zeroizing<[u8; FRAME_HEADER_LEN]>,
}

/// The state of one open journal or WAL.
pub(super) struct Log {
    kind: LogKind,
    page_size: usize,
    generation: Option<Generation>,
    extents: Extents,
    held: Option<Held>,
    /// What the last good sync through this handle covered. Nothing after opening: the records found may still be in the
    /// system's cache only.
    synced: Option<Cursor>,
    /// A sync failed since then: see the module's last rule.
    sync_failed: bool,
    /// What may be in the file behind the end.
    tail: Tail,
    scratch: Zeroizing<Vec<u8>>,
}

/// Bytes behind the last record of a log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    None,
    /// Found when the file was opened. Left alone for whoever looks into it, until the first append or sync.
    Found,
    /// Of a failed append of ours.
    Failed,
}

/// A log and how many bytes at the end of its file were not authentic. They are left in place until the next append.
pub(super) struct Opened {
    pub(super) log: Log,
    pub(super) dropped: u64,
}

impl Log {
    /// Reads a log file. Records from the first that does not authenticate on are dropped: a crash leaves such a tail.
    ///
    /// # Errors
    /// What the file below answers. A read error is never taken for the end of the log.
    pub(super) fn open(
        kind: LogKind,
        page_size: usize,
        key: &RandomNonceKey,
        store: &mut dyn Store,
    ) -> Result<Opened, Code> {
        let physical = store.size()?;
        let mut log = Self {
            kind,
            page_size,
            generation: None,
            extents: Extents::default(),
            held: None,
            synced: None,
            sync_failed: false,
            tail: if physical > 0 { Tail::Found } else { Tail::None },
            // As large as it can ever have to be: growing would leave plaintext in freed memory. Untouched pages cost nothing.
            scratch: Zeroizing::new(Vec::with_capacity(GENERATION_LEN + MAX_RECORD_LEN)),
        };
        let Some(mut generation) = log.read_generation(key, store, physical)? else {
            return Ok(Opened { log, dropped: physical });
        };
        let mut cursor = generation.end;
        while let Some(record) = log.read_record(key, store, &generation.id, &cursor, physical)? {
            if record.source.length == 0 {
                log.extents.truncate(record.offset);
            } else {
                log.extents.insert(record.offset, record.source)?;
            }
            cursor = record.next;
        }
        generation.end = cursor;
        log.generation = Some(generation);
        if physical == cursor.position {
            log.tail = Tail::None;
        }
        Ok(Opened { log, dropped: physical.saturating_sub(cursor.position) })
    }

    /// Whether the file has an authentic generation header.
    pub(super) const fn is_authentic(&self) -> bool {
        self.generation.is_some()
    }

    fn read_generation(
        &self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        physical: u64,
    ) -> Result<Option<Generation>, Code> {
        if physical < GENERATION_LEN as u64 {
            return Ok(None);
        }
        let mut header = [0u8; GENERATION_LEN];
        store.read(&mut header, 0)?;
        Ok((|| {
            let (nonce, rest) = header.split_first_chunk::<NONCE_LEN>()?;
            let (id, tag) = rest.split_first_chunk::<GENERATION_ID_LEN>()?;
            let tag: [u8; TAG_LEN] = tag.try_into().ok()?;
            let mut id = *id;
            key.open_in_place(&self.generation_aad(), nonce, &mut id, &tag).ok()?;
            let end = Cursor { position: GENERATION_LEN as u64, number: 0, previous: tag };
            Some(Generation { id, end })
        })())
    }

    /// The next record, or `None` where the authentic log ends.
    fn read_record(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        generation: &[u8; GENERATION_ID_LEN],
        cursor: &Cursor,
        physical: u64,
    ) -> Result<Option<Record>, Code> {
        let Ok(body_at) = end_of(cursor.position, RECORD_HEADER_LEN) else { return Ok(None) };
        if body_at > physical {
            return Ok(None);
        }
        let mut header = [0u8; RECORD_HEADER_LEN];
        store.read(&mut header, cursor.position)?;
        let Some((offset, length)) = open_place(key, generation, cursor, &header) else { return Ok(None) };
        let Ok(next) = end_of(body_at, NONCE_LEN + length + TAG_LEN) else { return Ok(None) };
        // Authentic, so we wrote it; still nothing is allocated on its word alone.
        if length > MAX_BODY_LEN || next > physical || end_of(offset, length).is_err() {
            return Ok(None);
        }
        let mut source = Source { position: cursor.position, number: cursor.number, length, tag: [0; TAG_LEN] };
        match read_body(key, generation, &source, None, store, &mut self.scratch) {
            Ok(tag) => source.tag = tag,
            Err(ffi::SQLITE_IOERR_DATA) => return Ok(None),
            Err(code) => return Err(code),
        }
        let number = cursor.number.checked_add(1).ok_or(ffi::SQLITE_FULL)?;
        Ok(Some(Record { offset, source, next: Cursor { position: next, number, previous: source.tag } }))
    }

    /// `label ‖ 0x00 ‖ 'J' or 'W'`, so that neither log passes for the other.
    fn generation_aad(&self) -> [u8; GENERATION_LABEL.len() + 2] {
        let mut aad = [0u8; GENERATION_LABEL.len() + 2];
        let kind = match self.kind {
            LogKind::Journal => b'J',
            LogKind::Wal => b'W',
        };
        for (place, byte) in aad.iter_mut().zip(GENERATION_LABEL.iter().chain(&[0, kind])) {
            *place = *byte;
        }
        aad
    }

    /// The length of the file as SQLite sees it.
    pub(super) fn size(&self) -> u64 {
        let held = self.held.as_ref().map_or(0, |held| held.offset.saturating_add(FRAME_HEADER_LEN as u64));
        self.extents.size().max(held)
    }

    /// SQLite's write.
    ///
    /// A WAL frame comes as two writes, 24 bytes of header and a page; the header is held back until the next call, so that
    /// the two are one record. The header has then been acknowledged without being in the file. That is sound because SQLite
    /// uses a frame only after the whole commit, sync included, has succeeded: a held header that cannot be written is
    /// dropped, the error goes to the call that needed the file (the page's write, a sync), and SQLite gives up the
    /// transaction whose frame it was. It never reads frames behind the last commit. Journals are read back within the
    /// transaction, so nothing of a journal is ever held.
    pub(super) fn write(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        bytes: &[u8],
        offset: u64,
    ) -> Result<(), Code> {
        let end = end_of(offset, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.len() > MAX_BODY_LEN - FRAME_HEADER_LEN {
            return Err(ffi::SQLITE_IOERR_WRITE);
        }
        if self.kind == LogKind::Wal {
            if offset == 0 && end == WAL_HEADER_LEN as u64 {
                // The WAL starts anew: SQLite has written all of it back and synced the database.
                self.reset(store)?;
            }
            if let Ok(header) = <&[u8; FRAME_HEADER_LEN]>::try_from(bytes) {
                self.flush(key, store)?;
                self.held = Some(Held { offset, bytes: Zeroizing::new(*header) });
                return Ok(());
            }
            if let Some(held) = self.held.take_if(|held| {
                held.offset.checked_add(FRAME_HEADER_LEN as u64) == Some(offset) && bytes.len() == self.page_size
            }) {
                return self.append(key, store, held.offset, &[held.bytes.as_slice(), bytes]);
            }
        }
        self.flush(key, store)?;
        self.append(key, store, offset, &[bytes])
    }

    /// Writes the held frame header, or drops it and reports why it cannot be written.
    fn flush(&mut self, key: &RandomNonceKey, store: &mut dyn Store) -> Result<(), Code> {
        match self.held.take() {
            Some(held) => self.append(key, store, held.offset, &[held.bytes.as_slice()]),
            None => Ok(()),
        }
    }

    /// Seals one record (and the generation's header before the first) and writes it with one call. No parts mean a
    /// truncation to `offset`.
    fn append(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        offset: u64,
        parts: &[&[u8]],
    ) -> Result<(), Code> {
        self.cut_tail(store)?;
        let mut out = std::mem::take(&mut *self.scratch);
        out.clear();
        let result = self.seal_record(key, offset, parts, &mut out).and_then(|(generation, start, source)| {
            // Until the write has succeeded its bytes may or may not be in the file.
            self.tail = Tail::Failed;
            store.write(&out, start)?;
            self.tail = Tail::None;
            Ok((generation, source))
        });
        if result.is_err() {
            // A failure to seal leaves plaintext in it.
            out.zeroize();
        }
        *self.scratch = out;
        let (generation, source) = result?;
        if source.length == 0 {
            self.extents.truncate(offset);
        } else {
            self.extents.insert(offset, source)?;
        }
        self.generation = Some(generation);
        Ok(())
    }

    /// Cuts off what a failed append or a crash may have left behind the end. A write that was reported as failed must not
    /// come back later.
    fn cut_tail(&mut self, store: &mut dyn Store) -> Result<(), Code> {
        if self.tail != Tail::None {
            store.truncate(self.generation.map_or(0, |generation| generation.end.position))?;
            self.tail = Tail::None;
        }
        Ok(())
    }

    /// Fills `out` with what goes to the file; returns the generation after it, the file position and the record.
    fn seal_record(
        &self,
        key: &RandomNonceKey,
        offset: u64,
        parts: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(Generation, u64, Source), Code> {
        let failed = |_| ffi::SQLITE_IOERR_WRITE;
        let (mut generation, start) = match self.generation {
            Some(generation) => (generation, generation.end.position),
            None => {
                let id = random::array::<GENERATION_ID_LEN>().map_err(failed)?;
                let mut sealed = id;
                let (nonce, tag) = key.seal_in_place(&self.generation_aad(), &mut sealed).map_err(failed)?;
                for piece in [nonce.as_slice(), &sealed, &tag] {
                    out.extend_from_slice(piece);
                }
                let end = Cursor { position: GENERATION_LEN as u64, number: 0, previous: tag };
                (Generation { id, end }, 0)
            }
        };
        let cursor = generation.end;
        let length: usize = parts.iter().map(|part| part.len()).sum();

        let mut place = [0u8; PLACE_LEN];
        let (offset_place, length_place) = place.split_at_mut(8);
        offset_place.copy_from_slice(&offset.to_be_bytes());
        length_place.copy_from_slice(&u32::try_from(length).map_err(|_| ffi::SQLITE_IOERR_WRITE)?.to_be_bytes());
        let aad = cursor.aad(&generation.id, Part::Header, &cursor.previous);
        let (header_nonce, header_tag) = key.seal_in_place(&aad, &mut place).map_err(failed)?;
        for piece in [header_nonce.as_slice(), &place, &header_tag, &[0u8; NONCE_LEN]] {
            out.extend_from_slice(piece);
        }
        let body_at = out.len();
        for part in parts {
            out.extend_from_slice(part);
        }
        let aad = cursor.aad(&generation.id, Part::Body, &header_tag);
        let (head, body) = out.split_at_mut(body_at);
        let (nonce, tag) = key.seal_in_place(&aad, body).map_err(failed)?;
        if let Some(nonce_place) = head.last_chunk_mut::<NONCE_LEN>() {
            *nonce_place = nonce;
        }
        out.extend_from_slice(&tag);

        let source = Source { position: cursor.position, number: cursor.number, length, tag };
        let number = cursor.number.checked_add(1).ok_or(ffi::SQLITE_FULL)?;
        generation.end = Cursor { position: end_of(start, out.len())?, number, previous: tag };
        Ok((generation, start, source))
    }

    /// SQLite's read. Bytes that nobody wrote are zeros; behind the end, `SQLITE_IOERR_SHORT_READ`.
    pub(super) fn read(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        buf: &mut [u8],
        offset: u64,
    ) -> Result<(), Code> {
        buf.fill(0);
        let end = end_of(offset, buf.len())?;
        let result = self.read_records(key, store, buf, offset, end);
        if result.is_err() {
            buf.fill(0);
        }
        result?;
        if let Some(held) = &self.held {
            let from = held.offset.max(offset);
            let to = held.offset.saturating_add(FRAME_HEADER_LEN as u64).min(end);
            copy_run(buf, offset, held.bytes.as_slice(), held.offset, from, to)?;
        }
        if end > self.size() { Err(ffi::SQLITE_IOERR_SHORT_READ) } else { Ok(()) }
    }

    fn read_records(
        &mut self,
        key: &RandomNonceKey,
        store: &mut dyn Store,
        buf: &mut [u8],
        offset: u64,
        end: u64,
    ) -> Result<(), Code> {
        let Some(generation) = self.generation else { return Ok(()) };
        let mut at = offset;
        while let Some(hit) = self.extents.next_hit(at, end) {
            read_body(key, &generation.id, &hit.source, Some(&hit.source.tag), store, &mut self.scratch).map_err(
                // A record that is gone is damage; to SQLite a short read would only be the end of the file.
                |code| if code == ffi::SQLITE_IOERR_SHORT_READ { ffi::SQLITE_IOERR_DATA } else { code },
            )?;
            let body = self.scratch.get(BODY_AT..BODY_AT + hit.source.length).ok_or(ffi::SQLITE_IOERR_READ)?;
            copy_run(buf, offset, body, hit.start - hit.skip, hit.start, hit.end)?;
            at = hit.end;
        }
        Ok(())
    }

    /// SQLite's truncation. To nothing, the log starts over; to less than it has, a record says so.
    pub(super) fn truncate(&mut self, key: &RandomNonceKey, store: &mut dyn Store, size: u64) -> Result<(), Code> {
        if size == 0 {
            return self.reset(store);
        }
        self.flush(key, store)?;
        match size.cmp(&self.extents.size()) {
            std::cmp::Ordering::Less => self.append(key, store, size, &[]),
            std::cmp::Ordering::Equal => Ok(()),
            // SQLite never grows a log this way.
            std::cmp::Ordering::Greater => Err(ffi::SQLITE_IOERR_TRUNCATE),
        }
    }

    /// Empties the file. The next record begins a new generation, to which nothing that is still on the disk belongs.
    fn reset(&mut self, store: &mut dyn Store) -> Result<(), Code> {
        self.held = None;
        if self.generation.is_none() && self.tail == Tail::None {
            return Ok(());
        }
        store.truncate(0)?;
        self.generation = None;
        self.extents = Extents::default();
        self.synced = None;
        self.sync_failed = false;
        self.tail = Tail::None;
        Ok(())
    }

    /// SQLite's sync: everything written so far is on the disk when this returns `Ok`.
    pub(super) fn sync(&mut self, key: &RandomNonceKey, store: &mut dyn Store, flags: c_int) -> Result<(), Code> {
        self.flush(key, store)?;
        self.cut_tail(store)?;
        if self.sync_failed {
            self.write_again(key, store)?;
        }
        self.sync_failed = true;
        store.sync(flags)?;
        self.sync_failed = false;
        self.synced = self.generation.map(|generation| generation.end);
        Ok(())
    }

    /// Writes the bytes since the last good sync once more, unchanged, so that the coming sync has them to write. They are
    /// read from the file and must still authenticate: what the system has lost is an error for as long as it is lost.
    fn write_again(&mut self, key: &RandomNonceKey, store: &mut dyn Store) -> Result<(), Code> {
        let Some(generation) = self.generation else { return Ok(()) };
        let mut cursor = match self.synced {
            Some(cursor) => cursor,
            None => {
                let found = self.read_generation(key, store, generation.end.position)?;
                let found = found.filter(|found| found.id == generation.id).ok_or(ffi::SQLITE_IOERR_FSYNC)?;
                copy_onto_itself(store, 0, found.end.position, &mut self.scratch)?;
                found.end
            }
        };
        while cursor.position < generation.end.position {
            let record = self
                .read_record(key, store, &generation.id, &cursor, generation.end.position)?
                .ok_or(ffi::SQLITE_IOERR_FSYNC)?;
            copy_onto_itself(store, cursor.position, record.next.position, &mut self.scratch)?;
            cursor = record.next;
        }
        if cursor.previous == generation.end.previous { Ok(()) } else { Err(ffi::SQLITE_IOERR_FSYNC) }
    }

    /// The last call: writes what is held, which is of no commit (see [`write`](Self::write)), and leaves nothing of a write
    /// that was reported as failed.
    pub(super) fn close(&mut self, key: &RandomNonceKey, store: &mut dyn Store) -> Result<(), Code> {
        let flushed = self.flush(key, store);
        if self.tail == Tail::Failed {
            self.cut_tail(store)?;
        }
        flushed
    }
}

/// A record as found in the file.
struct Record {
    offset: u64,
    source: Source,
    next: Cursor,
}

/// Where the body is in what [`read_body`] reads: behind the header's tag and the body's nonce.
const BODY_AT: usize = TAG_LEN + NONCE_LEN;

/// Reads the body of `source` into `scratch[BODY_AT..]` and returns its tag. `SQLITE_IOERR_DATA` when it is not authentic, or
/// not the record with the tag `expected`.
fn read_body(
    key: &RandomNonceKey,
    generation: &[u8; GENERATION_ID_LEN],
    source: &Source,
    expected: Option<&[u8; TAG_LEN]>,
    store: &mut dyn Store,
    scratch: &mut Vec<u8>,
) -> Result<[u8; TAG_LEN], Code> {
    let start = end_of(source.position, RECORD_HEADER_LEN - TAG_LEN)?;
    scratch.clear();
    scratch.resize(BODY_AT + source.length + TAG_LEN, 0);
    store.read(scratch, start)?;
    let opened = (|| {
        let (header_tag, rest) = scratch.split_first_chunk_mut::<TAG_LEN>()?;
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        let (body, tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
        if expected.is_some_and(|expected| expected != tag) {
            return None;
        }
        let cursor = Cursor { position: source.position, number: source.number, previous: [0; TAG_LEN] };
        key.open_in_place(&cursor.aad(generation, Part::Body, header_tag), nonce, body, tag).ok()?;
        Some(*tag)
    })();
    opened.ok_or(ffi::SQLITE_IOERR_DATA)
}

/// Opens a record's header: file offset and body length.
fn open_place(
    key: &RandomNonceKey,
    generation: &[u8; GENERATION_ID_LEN],
    cursor: &Cursor,
    header: &[u8; RECORD_HEADER_LEN],
) -> Option<(u64, usize)> {
    let (nonce, rest) = header.split_first_chunk::<NONCE_LEN>()?;
    let (place, tag) = rest.split_first_chunk::<PLACE_LEN>()?;
    let tag: &[u8; TAG_LEN] = tag.try_into().ok()?;
    let mut place = *place;
    key.open_in_place(&cursor.aad(generation, Part::Header, &cursor.previous), nonce, &mut place, tag).ok()?;
    let (offset, length) = place.split_first_chunk::<8>()?;
    let length: [u8; 4] = length.try_into().ok()?;
    Some((u64::from_be_bytes(*offset), usize::try_from(u32::from_be_bytes(length)).ok()?))
}

/// Copies file bytes `from..to` out of `run`, which starts at file byte `run_at`, into `buf`, which starts at `buf_at`.
fn copy_run(buf: &mut [u8], buf_at: u64, run: &[u8], run_at: u64, from: u64, to: u64) -> Result<(), Code> {
    if from >= to {
        return Ok(());
    }
    let slice = |base: u64| -> Option<std::ops::Range<usize>> {
        Some(usize::try_from(from.checked_sub(base)?).ok()?..usize::try_from(to.checked_sub(base)?).ok()?)
    };
    let target = slice(buf_at).and_then(|range| buf.get_mut(range)).ok_or(ffi::SQLITE_IOERR_READ)?;
    let source = slice(run_at).and_then(|range| run.get(range)).ok_or(ffi::SQLITE_IOERR_READ)?;
    target.copy_from_slice(source);
    Ok(())
}

/// Reads `from..to`, at most one record long, and writes it back where it was.
fn copy_onto_itself(store: &mut dyn Store, from: u64, to: u64, scratch: &mut Vec<u8>) -> Result<(), Code> {
    scratch.clear();
    scratch.resize(usize::try_from(to - from).map_err(|_| ffi::SQLITE_IOERR_FSYNC)?, 0);
    store.read(scratch, from)?;
    store.write(scratch, from)
}

#[cfg(test)]
mod tests;
