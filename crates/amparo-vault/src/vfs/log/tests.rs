//! The log alone, on memory: what it accepts, what it drops, and what is left after every kind of failure below it.

use amparo_crypto::SecretKey;
use proptest::prelude::*;

use super::*;

const PAGE: usize = 64;

/// A file with a page cache: what was written, what a power loss would leave, and what is still to be written out.
#[derive(Default, Clone)]
struct Memory {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    dirty: Vec<std::ops::Range<usize>>,
    fail_write: Option<(Code, usize)>,
    fail_read: bool,
    fail_truncate: bool,
    fail_sync: bool,
}

impl Memory {
    fn of(bytes: Vec<u8>) -> Self {
        Self { durable: bytes.clone(), bytes, ..Self::default() }
    }
}

impl Store for Memory {
    fn read(&mut self, buf: &mut [u8], offset: u64) -> Result<(), Code> {
        if self.fail_read {
            return Err(ffi::SQLITE_IOERR_READ);
        }
        let offset = offset as usize;
        let part = self.bytes.get(offset..offset + buf.len()).ok_or(ffi::SQLITE_IOERR_SHORT_READ)?;
        buf.copy_from_slice(part);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Code> {
        let failure = self.fail_write.take();
        let landed = failure.map_or(bytes.len(), |(_, landed)| landed.min(bytes.len()));
        let range = offset as usize..offset as usize + landed;
        if !range.is_empty() {
            self.bytes.resize(self.bytes.len().max(range.end), 0);
            self.bytes[range.clone()].copy_from_slice(&bytes[..landed]);
            self.dirty.push(range);
        }
        failure.map_or(Ok(()), |(code, _)| Err(code))
    }

    fn truncate(&mut self, size: u64) -> Result<(), Code> {
        if self.fail_truncate {
            return Err(ffi::SQLITE_IOERR_TRUNCATE);
        }
        self.bytes.truncate(size as usize);
        Ok(())
    }

    fn sync(&mut self, _: c_int) -> Result<(), Code> {
        let dirty = std::mem::take(&mut self.dirty);
        if self.fail_sync {
            // As Linux does: the data stays in the cache, marked clean, and is never written out.
            return Err(ffi::SQLITE_IOERR_FSYNC);
        }
        self.durable.resize(self.bytes.len(), 0);
        for range in dirty {
            let end = range.end.min(self.bytes.len());
            let start = range.start.min(end);
            self.durable[start..end].copy_from_slice(&self.bytes[start..end]);
        }
        Ok(())
    }

    fn size(&mut self) -> Result<u64, Code> {
        Ok(self.bytes.len() as u64)
    }
}

fn new_key() -> RandomNonceKey {
    RandomNonceKey::from_key(&SecretKey::generate().unwrap())
}

fn open(kind: LogKind, key: &RandomNonceKey, store: &mut Memory) -> Opened {
    Log::open(kind, PAGE, key, store).unwrap()
}

fn open_wal(key: &RandomNonceKey, store: &mut Memory) -> Log {
    open(LogKind::Wal, key, store).log
}

/// The file as SQLite sees it.
fn contents(log: &mut Log, key: &RandomNonceKey, store: &mut Memory) -> Vec<u8> {
    let mut buf = vec![0xee; log.size() as usize];
    log.read(key, store, &mut buf, 0).unwrap();
    buf
}

/// What a power loss right now would leave.
fn durable_contents(key: &RandomNonceKey, kind: LogKind, store: &Memory) -> Vec<u8> {
    let mut copy = Memory::of(store.durable.clone());
    let mut log = open(kind, key, &mut copy).log;
    contents(&mut log, key, &mut copy)
}

/// A WAL of a header and frames; returns the file's contents after every record as well.
fn sample(key: &RandomNonceKey) -> (Memory, Vec<Vec<u8>>) {
    let mut store = Memory::default();
    let mut log = open_wal(key, &mut store);
    let mut states = vec![Vec::new()];
    log.write(key, &mut store, &[1; WAL_HEADER_LEN], 0).unwrap();
    states.push(contents(&mut log, key, &mut store));
    for frame in 0..3u8 {
        let at = WAL_HEADER_LEN as u64 + u64::from(frame) * (FRAME_HEADER_LEN + PAGE) as u64;
        log.write(key, &mut store, &[0x10 + frame; FRAME_HEADER_LEN], at).unwrap();
        log.write(key, &mut store, &[0x20 + frame; PAGE], at + FRAME_HEADER_LEN as u64).unwrap();
        states.push(contents(&mut log, key, &mut store));
    }
    // A page is overwritten in place, one more header, and the file is cut.
    log.write(key, &mut store, &[0x33; PAGE], 56).unwrap();
    states.push(contents(&mut log, key, &mut store));
    log.write(key, &mut store, &[0x34; FRAME_HEADER_LEN], 32).unwrap();
    log.sync(key, &mut store, 0).unwrap();
    states.push(contents(&mut log, key, &mut store));
    log.truncate(key, &mut store, 200).unwrap();
    states.push(contents(&mut log, key, &mut store));
    log.sync(key, &mut store, 0).unwrap();
    (store, states)
}

#[test]
fn a_header_and_its_page_are_one_record() {
    let key = new_key();
    let (store, states) = sample(&key);
    let records = [WAL_HEADER_LEN, 88, 88, 88, PAGE, FRAME_HEADER_LEN, 0];
    let overhead = RECORD_HEADER_LEN + NONCE_LEN + TAG_LEN;
    assert_eq!(overhead, 92);
    assert_eq!(store.bytes.len(), GENERATION_LEN + records.iter().map(|len| len + overhead).sum::<usize>());
    assert_eq!(states.last().unwrap().len(), 200);
}

#[test]
fn every_flipped_bit_leaves_a_prefix() {
    let key = new_key();
    let (store, states) = sample(&key);
    for bit in 0..store.bytes.len() * 8 {
        let mut bytes = store.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut bad = Memory::of(bytes);
        let Opened { mut log, dropped } = open(LogKind::Wal, &key, &mut bad);
        let seen = contents(&mut log, &key, &mut bad);
        assert!(dropped > 0, "bit {bit}");
        assert!(states[..states.len() - 1].contains(&seen), "bit {bit}");
        // Nothing was changed by looking, and going on from there works.
        assert_eq!(bad.bytes.len(), store.bytes.len());
        log.write(&key, &mut bad, &[9; 7], 0).unwrap();
        let expected = contents(&mut log, &key, &mut bad);
        let Opened { mut log, dropped } = open(LogKind::Wal, &key, &mut bad);
        assert_eq!((contents(&mut log, &key, &mut bad), dropped), (expected, 0));
    }
}

#[test]
fn a_bit_flipped_while_open_is_an_error_or_does_not_matter() {
    let key = new_key();
    let (mut store, states) = sample(&key);
    let mut log = open_wal(&key, &mut store);
    let right = states.last().unwrap();
    let mut errors = 0;
    for bit in 0..store.bytes.len() * 8 {
        let mut bad = store.clone();
        bad.bytes[bit / 8] ^= 1 << (bit % 8);
        let mut buf = vec![0xee; right.len()];
        match log.read(&key, &mut bad, &mut buf, 0) {
            Ok(()) => assert_eq!(&buf, right),
            Err(code) => {
                assert_eq!(code, ffi::SQLITE_IOERR_DATA);
                assert!(buf.iter().all(|byte| *byte == 0), "an error leaves nothing");
                errors += 1;
            }
        }
    }
    assert!(errors > 1000);
    // A file that became shorter is damage, not the end of the file.
    let mut cut = store.clone();
    cut.bytes.truncate(300);
    assert_eq!(log.read(&key, &mut cut, &mut vec![0; right.len()], 0), Err(ffi::SQLITE_IOERR_DATA));
}

#[test]
fn every_truncation_leaves_a_prefix() {
    let key = new_key();
    let (store, states) = sample(&key);
    let mut seen_states = 0;
    let mut last = None;
    for cut in 0..=store.bytes.len() {
        let mut short = Memory::of(store.bytes[..cut].to_vec());
        let mut log = open_wal(&key, &mut short);
        let seen = contents(&mut log, &key, &mut short);
        assert!(states.contains(&seen), "cut {cut}");
        if last.as_ref() != Some(&seen) {
            seen_states += 1;
            last = Some(seen);
        }
    }
    assert_eq!(seen_states, states.len(), "every record shows up at its own cut");
}

#[test]
fn records_do_not_move() {
    let key = new_key();
    let (store, states) = sample(&key);
    let frame = |n: usize| {
        let start = GENERATION_LEN + 92 + WAL_HEADER_LEN + n * (92 + FRAME_HEADER_LEN + PAGE);
        start..start + 92 + FRAME_HEADER_LEN + PAGE
    };
    let mut swapped = store.bytes.clone();
    let (one, two) = (store.bytes[frame(0)].to_vec(), store.bytes[frame(1)].to_vec());
    swapped[frame(0)].copy_from_slice(&two);
    swapped[frame(1)].copy_from_slice(&one);
    let mut doubled = store.bytes.clone();
    doubled.splice(frame(1).start..frame(1).start, one.iter().copied());
    let mut missing = store.bytes.clone();
    missing.drain(frame(1));
    for (bytes, expected) in [(swapped, &states[1]), (doubled, &states[2]), (missing, &states[2])] {
        let mut bad = Memory::of(bytes);
        let mut log = open_wal(&key, &mut bad);
        assert_eq!(&contents(&mut log, &key, &mut bad), expected);
    }
    // Nor between logs: another generation, another kind, another key.
    let (other, _) = sample(&key);
    let mut mixed = store.bytes.clone();
    mixed[frame(0)].copy_from_slice(&other.bytes[frame(0)]);
    let mut bad = Memory::of(mixed);
    let mut log = open_wal(&key, &mut bad);
    assert_eq!(contents(&mut log, &key, &mut bad), states[1]);
    assert!(!open(LogKind::Journal, &key, &mut Memory::of(store.bytes.clone())).log.is_authentic());
    assert!(!open(LogKind::Wal, &new_key(), &mut Memory::of(store.bytes.clone())).log.is_authentic());
}

#[test]
fn two_attempts_at_one_record_do_not_mix() {
    let key = new_key();
    let mut store = Memory::default();
    let mut log = open(LogKind::Journal, &key, &mut store).log;
    log.write(&key, &mut store, &[1; 50], 0).unwrap();
    let end = store.bytes.len();
    // The first attempt reaches the disk although an error is reported.
    store.fail_write = Some((ffi::SQLITE_IOERR_WRITE, usize::MAX));
    assert_eq!(log.write(&key, &mut store, &[2; 50], 50), Err(ffi::SQLITE_IOERR_WRITE));
    assert_eq!(contents(&mut log, &key, &mut store), [1; 50], "a failed write is not in the map");
    let first_attempt = store.bytes[end..].to_vec();
    assert_eq!(first_attempt.len(), 92 + 50);
    // The next two records take its place.
    log.write(&key, &mut store, &[3; 50], 50).unwrap();
    log.write(&key, &mut store, &[4; 50], 100).unwrap();
    // A power loss that keeps the first attempt's bytes and the later record.
    let mut mixed = store.bytes.clone();
    mixed[end..end + 142].copy_from_slice(&first_attempt);
    let mut mixed = Memory::of(mixed);
    let mut after = open(LogKind::Journal, &key, &mut mixed).log;
    assert_eq!(contents(&mut after, &key, &mut mixed), [[1; 50], [2; 50]].concat(), "the later record is not accepted");
    // While the file is open, the first attempt's record does not pass for the second's either.
    assert_eq!(log.read(&key, &mut mixed, &mut [0; 50], 50), Err(ffi::SQLITE_IOERR_DATA));
}

#[test]
fn a_failed_append_changes_nothing_and_its_remains_are_cut_off() {
    let key = new_key();
    for landed in [0, 1, 55, 56, 57, 100, 147, 148, 149, 190, usize::MAX] {
        for fresh in [true, false] {
            let mut store = Memory::default();
            let mut log = open(LogKind::Journal, &key, &mut store).log;
            let mut expected = Vec::new();
            if !fresh {
                log.write(&key, &mut store, &[1; 50], 0).unwrap();
                expected = vec![1; 50];
            }
            let end = store.bytes.len();
            let at = expected.len() as u64;
            store.fail_write = Some((ffi::SQLITE_FULL, landed));
            assert_eq!(log.write(&key, &mut store, &[2; 80], at), Err(ffi::SQLITE_FULL));
            assert_eq!(contents(&mut log, &key, &mut store), expected);
            assert_eq!(log.size(), at);

            // As long as the remains cannot be cut off, nothing is appended.
            store.fail_truncate = true;
            assert_eq!(log.write(&key, &mut store, &[3], at), Err(ffi::SQLITE_IOERR_TRUNCATE));
            store.fail_truncate = false;
            log.write(&key, &mut store, &[3; 10], at).unwrap();
            expected.extend([3; 10]);
            assert_eq!(contents(&mut log, &key, &mut store), expected);
            assert_eq!(store.bytes.len(), end + 92 + 10 + if fresh { GENERATION_LEN } else { 0 });
            let Opened { mut log, dropped } = open(LogKind::Journal, &key, &mut store);
            assert_eq!((contents(&mut log, &key, &mut store), dropped), (expected, 0));
        }
    }
}

#[test]
fn a_held_header_shows_in_reads_and_goes_with_a_failure() {
    let key = new_key();
    let mut store = Memory::default();
    let mut log = open_wal(&key, &mut store);
    log.write(&key, &mut store, &[1; WAL_HEADER_LEN], 0).unwrap();
    let before = store.bytes.clone();
    log.write(&key, &mut store, &[2; FRAME_HEADER_LEN], 32).unwrap();
    assert_eq!(store.bytes, before, "held");
    let held = [vec![1; WAL_HEADER_LEN], vec![2; FRAME_HEADER_LEN]].concat();
    assert_eq!(log.size(), 56);
    assert_eq!(contents(&mut log, &key, &mut store), held);
    let mut middle = [0; 10];
    log.read(&key, &mut store, &mut middle, 27).unwrap();
    assert_eq!(middle, [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    assert_eq!(log.read(&key, &mut store, &mut [0; 10], 50), Err(ffi::SQLITE_IOERR_SHORT_READ));

    // The page cannot be written: neither it nor the header is in the file.
    store.fail_write = Some((ffi::SQLITE_FULL, 60));
    assert_eq!(log.write(&key, &mut store, &[3; PAGE], 56), Err(ffi::SQLITE_FULL));
    assert_eq!(contents(&mut log, &key, &mut store), [1; WAL_HEADER_LEN]);
    assert_eq!(durable_contents(&key, LogKind::Wal, &store), []);
    // Then the disk works again, also for the checkpoint's sync, which a full disk must not stop.
    log.sync(&key, &mut store, 0).unwrap();
    assert_eq!(durable_contents(&key, LogKind::Wal, &store), [1; WAL_HEADER_LEN]);
    log.write(&key, &mut store, &[4; FRAME_HEADER_LEN], 32).unwrap();
    log.write(&key, &mut store, &[5; PAGE], 56).unwrap();
    let frame = [vec![1; 32], vec![4; 24], vec![5; PAGE]].concat();
    assert_eq!(contents(&mut log, &key, &mut store), frame);

    // Held alone, it is written by a sync, by a close, by the next header, by another write.
    for way in 0..4 {
        let (mut store, mut log) = (store.clone(), open_wal(&key, &mut store));
        let at = frame.len() as u64;
        log.write(&key, &mut store, &[6; FRAME_HEADER_LEN], at).unwrap();
        match way {
            0 => log.sync(&key, &mut store, 0).unwrap(),
            1 => log.close(&key, &mut store).unwrap(),
            2 => log.write(&key, &mut store, &[7; FRAME_HEADER_LEN], 32).unwrap(),
            _ => log.write(&key, &mut store, &[7; 3], 0).unwrap(),
        }
        let mut after = open_wal(&key, &mut store);
        assert_eq!(after.size(), at + 24, "way {way}");
        assert!(contents(&mut after, &key, &mut store).ends_with(&[6; FRAME_HEADER_LEN]));
        // The same with a failure: the call that needed the file says so, and the header is gone.
        let mut store = Memory::of(store.bytes.clone());
        let mut log = open_wal(&key, &mut store);
        let expected = contents(&mut log, &key, &mut store);
        log.write(&key, &mut store, &[8; FRAME_HEADER_LEN], 500).unwrap();
        store.fail_write = Some((ffi::SQLITE_IOERR_WRITE, 0));
        let result = match way {
            0 => log.sync(&key, &mut store, 0),
            1 => log.close(&key, &mut store),
            2 => log.write(&key, &mut store, &[7; FRAME_HEADER_LEN], 32),
            _ => log.truncate(&key, &mut store, 20),
        };
        assert_eq!(result, Err(ffi::SQLITE_IOERR_WRITE));
        assert_eq!(contents(&mut log, &key, &mut store), expected);
    }
    // A truncation to nothing drops it without writing.
    log.write(&key, &mut store, &[6; FRAME_HEADER_LEN], 500).unwrap();
    log.truncate(&key, &mut store, 0).unwrap();
    assert_eq!((log.size(), store.bytes.len()), (0, 0));
}

#[test]
fn a_failed_sync_is_made_good_by_the_next() {
    let key = new_key();
    for synced_before in [false, true] {
        let mut store = Memory::default();
        let mut log = open(LogKind::Journal, &key, &mut store).log;
        log.write(&key, &mut store, &[1; 40], 0).unwrap();
        if synced_before {
            log.sync(&key, &mut store, 0).unwrap();
        }
        log.write(&key, &mut store, &[2; 40], 40).unwrap();
        log.write(&key, &mut store, &[3; 40], 80).unwrap();
        let sealed = store.bytes.clone();
        store.fail_sync = true;
        assert_eq!(log.sync(&key, &mut store, 0), Err(ffi::SQLITE_IOERR_FSYNC));
        assert_eq!(log.sync(&key, &mut store, 0), Err(ffi::SQLITE_IOERR_FSYNC));
        store.fail_sync = false;
        log.write(&key, &mut store, &[4; 40], 120).unwrap();
        // A good sync of the file below would now leave a hole: this is what the rule is for.
        let mut naive = store.clone();
        naive.sync(0).unwrap();
        assert!(durable_contents(&key, LogKind::Journal, &naive).len() < 160);
        // The disk is full or broken while the lost bytes are written again: the sync fails, and the next one makes it good.
        store.fail_write = Some((ffi::SQLITE_FULL, 3));
        assert_eq!(log.sync(&key, &mut store, 0), Err(ffi::SQLITE_FULL));
        log.sync(&key, &mut store, 0).unwrap();
        assert_eq!(store.bytes[..sealed.len()], sealed, "the same bytes, not a second sealing");
        let all = [[1; 40], [2; 40], [3; 40], [4; 40]].concat();
        assert_eq!(durable_contents(&key, LogKind::Journal, &store), all);
        assert_eq!(contents(&mut log, &key, &mut store), all);

        // If the system has lost them altogether, no sync succeeds until the log starts over.
        log.write(&key, &mut store, &[5; 40], 160).unwrap();
        store.fail_sync = true;
        assert!(log.sync(&key, &mut store, 0).is_err());
        store.fail_sync = false;
        let at = store.bytes.len() - 1;
        store.bytes[at] ^= 1;
        assert_eq!(log.sync(&key, &mut store, 0), Err(ffi::SQLITE_IOERR_FSYNC));
        assert_eq!(log.sync(&key, &mut store, 0), Err(ffi::SQLITE_IOERR_FSYNC));
        log.truncate(&key, &mut store, 0).unwrap();
        log.write(&key, &mut store, &[6; 10], 0).unwrap();
        log.sync(&key, &mut store, 0).unwrap();
        assert_eq!(durable_contents(&key, LogKind::Journal, &store), [6; 10]);
    }
}

#[test]
fn a_read_error_is_not_the_end_of_the_log() {
    let key = new_key();
    let (mut store, states) = sample(&key);
    let bytes = store.bytes.clone();
    store.fail_read = true;
    assert_eq!(Log::open(LogKind::Wal, PAGE, &key, &mut store).err(), Some(ffi::SQLITE_IOERR_READ));
    store.fail_read = false;
    assert_eq!(store.bytes, bytes);
    let mut log = open_wal(&key, &mut store);
    assert_eq!(&contents(&mut log, &key, &mut store), states.last().unwrap());
    store.fail_read = true;
    assert_eq!(log.read(&key, &mut store, &mut [0; 4], 0), Err(ffi::SQLITE_IOERR_READ));
}

#[test]
fn a_restarted_wal_is_a_new_generation() {
    let key = new_key();
    let (mut store, states) = sample(&key);
    let old = store.bytes.clone();
    let mut log = open_wal(&key, &mut store);
    store.fail_truncate = true;
    assert_eq!(log.write(&key, &mut store, &[7; WAL_HEADER_LEN], 0), Err(ffi::SQLITE_IOERR_TRUNCATE));
    assert_eq!(&contents(&mut log, &key, &mut store), states.last().unwrap(), "still the old one");
    store.fail_truncate = false;
    log.write(&key, &mut store, &[7; WAL_HEADER_LEN], 0).unwrap();
    assert_eq!(contents(&mut log, &key, &mut store), [7; WAL_HEADER_LEN]);
    assert_eq!(store.bytes.len(), GENERATION_LEN + 92 + WAL_HEADER_LEN);
    // The truncation is lost in a power loss: what was behind belongs to no record.
    let mut power_loss = old.clone();
    power_loss[..store.bytes.len()].copy_from_slice(&store.bytes);
    let mut power_loss = Memory::of(power_loss);
    let mut after = open_wal(&key, &mut power_loss);
    assert_eq!(contents(&mut after, &key, &mut power_loss), [7; WAL_HEADER_LEN]);
}

#[test]
fn impossible_calls_are_refused() {
    let key = new_key();
    let mut store = Memory::default();
    let mut log = open_wal(&key, &mut store);
    assert_eq!(log.write(&key, &mut store, &vec![0; MAX_BODY_LEN], 0), Err(ffi::SQLITE_IOERR_WRITE));
    assert_eq!(log.write(&key, &mut store, &[0; 8], u64::MAX - 4), Err(ffi::SQLITE_FULL));
    assert_eq!(log.read(&key, &mut store, &mut [0; 8], u64::MAX - 4), Err(ffi::SQLITE_FULL));
    assert_eq!(log.truncate(&key, &mut store, 1), Err(ffi::SQLITE_IOERR_TRUNCATE));
    log.write(&key, &mut store, &[], 5).unwrap();
    assert_eq!((log.size(), store.bytes.len()), (0, 0));
    assert_eq!(log.read(&key, &mut store, &mut [1; 8], 0), Err(ffi::SQLITE_IOERR_SHORT_READ));
    // Terabytes away: only the record takes space.
    log.write(&key, &mut store, &[5; 8], 1 << 42).unwrap();
    let mut buf = [1; 16];
    log.read(&key, &mut store, &mut buf, (1 << 42) - 8).unwrap();
    assert_eq!(buf, [0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5, 5, 5]);
    assert!(store.bytes.len() < 200);
}

/// A step of the differential test.
#[derive(Debug, Clone)]
enum Step {
    Write(u16, u16, u8),
    Frame(u8, u8),
    Truncate(u16),
    Sync(bool),
    Reopen,
    Fail(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u16..600, 1u16..200, any::<u8>()).prop_map(|(at, len, byte)| Step::Write(at, len, byte)),
        4 => (0u8..8, any::<u8>()).prop_map(|(frame, byte)| Step::Frame(frame, byte)),
        1 => (0u16..700).prop_map(Step::Truncate),
        2 => any::<bool>().prop_map(Step::Sync),
        1 => Just(Step::Reopen),
        2 => (0u16..300).prop_map(Step::Fail),
    ]
}

fn put(plain: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    plain.resize(plain.len().max(at + bytes.len()), 0);
    plain[at..at + bytes.len()].copy_from_slice(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is written, cut, synced, reopened and failed: the log agrees with a plain file in which failed writes did
    /// not happen, and after a good sync so does what a power loss would leave.
    #[test]
    fn agrees_with_a_plain_file(wal in any::<bool>(), steps in proptest::collection::vec(step(), 1..50)) {
        let kind = if wal { LogKind::Wal } else { LogKind::Journal };
        let key = new_key();
        let mut store = Memory::default();
        let mut log = open(kind, &key, &mut store).log;
        let mut plain: Vec<u8> = Vec::new();
        for step in steps {
            match step {
                Step::Write(at, len, byte) => {
                    let bytes = vec![byte; usize::from(len)];
                    // These two lengths have a meaning to a WAL and are tested with it.
                    if wal && (bytes.len() == FRAME_HEADER_LEN || (at == 0 && bytes.len() == WAL_HEADER_LEN)) {
                        continue;
                    }
                    if log.write(&key, &mut store, &bytes, u64::from(at)).is_ok() {
                        put(&mut plain, usize::from(at), &bytes);
                    }
                }
                Step::Frame(frame, byte) => {
                    let at = WAL_HEADER_LEN + usize::from(frame) * (FRAME_HEADER_LEN + PAGE);
                    let both = [vec![byte; FRAME_HEADER_LEN], vec![!byte; PAGE]].concat();
                    let (header, page) = both.split_at(FRAME_HEADER_LEN);
                    let written = log.write(&key, &mut store, header, at as u64);
                    if written.is_ok() && !wal {
                        put(&mut plain, at, header);
                    }
                    if written.is_ok() && log.write(&key, &mut store, page, (at + FRAME_HEADER_LEN) as u64).is_ok() {
                        put(&mut plain, at, &both);
                    }
                }
                Step::Truncate(size) => {
                    if usize::from(size) <= plain.len() && log.truncate(&key, &mut store, u64::from(size)).is_ok() {
                        plain.truncate(usize::from(size));
                    }
                }
                Step::Sync(fail) => {
                    store.fail_sync = fail;
                    let synced = log.sync(&key, &mut store, 0);
                    store.fail_sync = false;
                    prop_assert!(!fail || synced.is_err());
                    if synced.is_ok() {
                        prop_assert_eq!(&durable_contents(&key, kind, &store), &plain);
                    }
                }
                Step::Reopen => {
                    store.fail_write = None;
                    log.close(&key, &mut store).unwrap();
                    // A failed sync that nobody made good before is beyond the reach of the next handle.
                    store.dirty.push(0..store.bytes.len());
                    log = open(kind, &key, &mut store).log;
                }
                Step::Fail(landed) => {
                    store.fail_write = Some((ffi::SQLITE_IOERR_WRITE, usize::from(landed)));
                }
            }
            prop_assert_eq!(&contents(&mut log, &key, &mut store), &plain);
        }
    }

    /// No bytes from outside are a log, and none of them make opening fail or allocate.
    #[test]
    fn garbage_is_an_empty_log(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let key = new_key();
        let length = bytes.len() as u64;
        let mut store = Memory::of(bytes);
        let Opened { mut log, dropped } = open(LogKind::Wal, &key, &mut store);
        prop_assert_eq!((log.size(), dropped, log.is_authentic()), (0, length, false));
        log.write(&key, &mut store, &[1; 9], 0).unwrap();
        prop_assert_eq!(store.bytes.len(), GENERATION_LEN + 92 + 9);
    }

    /// Nor behind an authentic log.
    #[test]
    fn garbage_behind_a_log_is_dropped(tail in proptest::collection::vec(any::<u8>(), 1..300)) {
        let key = new_key();
        let (mut store, states) = sample(&key);
        store.bytes.extend(&tail);
        let Opened { mut log, dropped } = open(LogKind::Wal, &key, &mut store);
        prop_assert_eq!(dropped, tail.len() as u64);
        prop_assert_eq!(&contents(&mut log, &key, &mut store), states.last().unwrap());
    }
}

#[test]
fn an_authentic_record_of_absurd_length_is_dropped_unread() {
    // Only somebody with the key can write one; still no length is trusted.
    let key = new_key();
    let mut store = Memory::default();
    let mut log = open_wal(&key, &mut store);
    log.write(&key, &mut store, &[1; 10], 0).unwrap();
    let generation = log.generation.unwrap();
    for length in [u32::MAX, MAX_BODY_LEN as u32 + 1] {
        let mut place = [0u8; PLACE_LEN];
        place[8..].copy_from_slice(&length.to_be_bytes());
        let aad = generation.end.aad(&generation.id, Part::Header, &generation.end.previous);
        let (nonce, tag) = key.seal_in_place(&aad, &mut place).unwrap();
        let mut bad = store.clone();
        bad.bytes.extend([nonce.as_slice(), &place, &tag].concat());
        bad.bytes.resize(bad.bytes.len() + 300_000, 0);
        let mut log = open_wal(&key, &mut bad);
        assert_eq!(contents(&mut log, &key, &mut bad), [1; 10]);
    }
}
