//! Which log record holds which bytes of a journal or WAL, as SQLite sees the file.
//!
//! Later records cover earlier ones. What may not happen here: an extent that points at bytes its record does not have.

use std::{collections::BTreeMap, ffi::c_int};

use amparo_crypto::aead::TAG_LEN;
use rusqlite::ffi;

/// One record in the log file: where it is, and what proves that it is that very record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Where the record starts in the log file.
    pub(super) position: u64,
    /// Its number in the generation.
    pub(super) number: u64,
    /// Plaintext bytes in its body.
    pub(super) length: usize,
    /// The tag of its body.
    pub(super) tag: [u8; TAG_LEN],
}

/// A run of file bytes that lies in one record's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    end: u64,
    source: Source,
    /// Bytes of the body in front of this run.
    skip: u64,
}

/// What of a read lies in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// First file byte.
    pub(super) start: u64,
    /// One past the last file byte.
    pub(super) end: u64,
    pub(super) source: Source,
    /// Where `start` is in the record's body.
    pub(super) skip: u64,
}

/// The map, and the logical length of the file.
#[derive(Default)]
pub(super) struct Extents {
    runs: BTreeMap<u64, Extent>,
    size: u64,
}

impl Extents {
    /// The length of the file as SQLite sees it.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes `offset..offset + source.length` are now in `source`.
    pub(super) fn insert(&mut self, offset: u64, source: Source) -> Result<(), c_int> {
        let end = end_of(offset, source.length)?;
        self.cut(offset, end);
        self.runs.insert(offset, Extent { end, source, skip: 0 });
        self.size = self.size.max(end);
        Ok(())
    }

    /// The file now ends at `size`, which is not behind its end.
    pub(super) fn truncate(&mut self, size: u64) {
        self.cut(size, u64::MAX);
        self.size = self.size.min(size);
    }

    /// Removes `start..end` from the map.
    fn cut(&mut self, start: u64, end: u64) {
        // The run that begins in front of `start` and reaches into it.
        if let Some((key, run)) = self.runs.range(..start).next_back().map(|(key, run)| (*key, *run))
            && run.end > start
        {
            self.runs.insert(key, Extent { end: start, ..run });
            if run.end > end {
                self.runs.insert(end, Extent { skip: run.skip + (end - key), ..run });
                return;
            }
        }
        while let Some((key, run)) = self.runs.range(start..end).next().map(|(key, run)| (*key, *run)) {
            self.runs.remove(&key);
            if run.end > end {
                self.runs.insert(end, Extent { skip: run.skip + (end - key), ..run });
            }
        }
    }

    /// The first run at or behind `from` that lies in front of `end`.
    pub(super) fn next_hit(&self, from: u64, end: u64) -> Option<Hit> {
        let covering = self.runs.range(..=from).next_back().filter(|(_, run)| run.end > from);
        let (key, run) = covering.or_else(|| self.runs.range(from..end).next())?;
        let start = (*key).max(from);
        let hit = Hit { start, end: run.end.min(end), source: run.source, skip: run.skip + (start - key) };
        (hit.start < hit.end).then_some(hit)
    }
}

/// `offset + length`, within what SQLite can address.
pub(super) fn end_of(offset: u64, length: usize) -> Result<u64, c_int> {
    offset.checked_add(length as u64).filter(|end| i64::try_from(*end).is_ok()).ok_or(ffi::SQLITE_FULL)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source(number: u64, length: usize) -> Source {
        Source { position: number * 1000, number, length, tag: [0; TAG_LEN] }
    }

    proptest! {
        /// The map agrees with a plain array that remembers the writer of each byte.
        #[test]
        fn agrees_with_a_plain_array(steps in proptest::collection::vec((0u64..200, 0usize..60, any::<bool>()), 1..60)) {
            let mut extents = Extents::default();
            let mut plain: Vec<Option<(u64, u64)>> = Vec::new();
            for (number, (offset, length, truncate)) in steps.into_iter().enumerate() {
                let number = number as u64;
                if truncate || length == 0 {
                    if (offset as usize) < plain.len() {
                        extents.truncate(offset);
                        plain.truncate(offset as usize);
                    }
                } else {
                    extents.insert(offset, source(number, length)).unwrap();
                    plain.resize(plain.len().max(offset as usize + length), None);
                    for i in 0..length {
                        plain[offset as usize + i] = Some((number, i as u64));
                    }
                }
                prop_assert_eq!(extents.size(), plain.len() as u64);
            }
            for start in [0u64, 3, 50, 199] {
                let end = 300;
                let mut seen = vec![None; 300];
                let mut at = start;
                while let Some(hit) = extents.next_hit(at, end) {
                    prop_assert!(hit.start >= at && hit.end > hit.start && hit.end <= end);
                    for i in 0..hit.end - hit.start {
                        prop_assert!(hit.skip + i < hit.source.length as u64);
                        seen[(hit.start + i) as usize] = Some((hit.source.number, hit.skip + i));
                    }
                    at = hit.end;
                }
                for i in start..end {
                    prop_assert_eq!(seen[i as usize], plain.get(i as usize).copied().flatten());
                }
            }
        }
    }

    #[test]
    fn offsets_beyond_sqlite_are_refused() {
        assert_eq!(Extents::default().insert(u64::MAX - 3, source(0, 8)), Err(ffi::SQLITE_FULL));
        assert_eq!(Extents::default().insert(i64::MAX as u64, source(0, 1)), Err(ffi::SQLITE_FULL));
    }
}
