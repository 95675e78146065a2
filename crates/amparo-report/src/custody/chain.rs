//! Verification of a whole custody log, line by line, against its latest signed head.
//!
//! The verifier streams: it needs two lines at a time and O(log n) hashes, whatever the length of the log. It names the
//! first entry that fails and what happened to it. It never says that a log is good because nothing was found to compare
//! with: without a valid head, everything is unsigned.

use core::fmt;

use amparo_crypto::sign::VerifyingKey;

use super::{CustodyError, Entry, FIRST_PREV, Frontier, Hash, Head, leaf_hash};

/// What happened to the first entry that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Its bytes were changed.
    Altered,
    /// It is no longer there.
    Missing,
    /// It stands in another place than it was written in, or a second time.
    Reordered,
    /// No valid signature covers it.
    Unsigned,
}

/// How that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultReason {
    /// The line cannot be read as an entry.
    Unreadable,
    /// The entry does not match the hash that the next entry, or the head, has of it.
    HashMismatch,
    /// Its number is not its place, while its link to the entry before holds.
    WrongNumber,
    /// A number is skipped and stands nowhere else in the log.
    NumberSkipped,
    /// The log ends before the signed size.
    CutShort,
    /// A later or an earlier entry stands here.
    OutOfPlace,
    /// Written after the last signed head. Normal while the vault is open.
    AfterHead,
    /// There is no signed head.
    NoHead,
    /// The head's signature does not verify, or the head cannot be read.
    BadHead,
    /// The head is signed, but not for these entries: its root is another.
    OtherRoot,
}

/// The first fault of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainFault {
    /// What happened.
    pub kind: FaultKind,
    /// To which entry (by its number, from 0).
    pub seq: u64,
    /// How it was seen.
    pub reason: FaultReason,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seq = self.seq;
        match self.reason {
            FaultReason::Unreadable => write!(f, "entry {seq} was altered: it can no longer be read"),
            FaultReason::HashMismatch => write!(f, "entry {seq} was altered: it no longer matches its recorded hash"),
            FaultReason::WrongNumber => write!(f, "entry {seq} was altered: it carries another number"),
            FaultReason::NumberSkipped => write!(f, "entry {seq} is missing: the log goes on without it"),
            FaultReason::CutShort => write!(f, "entry {seq} is missing: the log ends before it, but it was signed"),
            FaultReason::OutOfPlace => write!(f, "entries were reordered: entry {seq} is not where it was written"),
            FaultReason::AfterHead => write!(f, "entries from {seq} on are not signed yet"),
            FaultReason::NoHead => write!(f, "the log is unsigned: there is no signed head"),
            FaultReason::BadHead => write!(f, "the log is unsigned: the signature on its head does not hold"),
            FaultReason::OtherRoot => write!(f, "the log is unsigned: its signed head belongs to other entries"),
        }
    }
}

/// The result of [`verify_chain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Lines seen.
    pub entries: u64,
    /// Entries that the head's signature covers: 0 without a valid head.
    pub signed: u64,
    /// The first fault, if any. A fault of the content goes before one of the signature.
    pub fault: Option<ChainFault>,
}

impl ChainReport {
    /// Every entry is as it was written and signed.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.fault.is_none()
    }

    /// Nothing is wrong except that the newest entries, or all of a young log's, await their first signature: how a crash
    /// between two signatures leaves a log. Whoever can take a head away has the vault's key, and could sign another.
    #[must_use]
    pub fn is_intact_so_far(&self) -> bool {
        self.fault.is_none_or(|fault| matches!(fault.reason, FaultReason::AfterHead | FaultReason::NoHead))
    }
}

/// Checks every line of a log in stored order against each other and against `head`, the text of the latest signed head.
///
/// One changed, removed or moved entry is named exactly. When several were, the one that is named is the first that provably
/// fails. Whoever holds the custody key can rewrite the whole log: only receipts and anchors outside of it show that.
///
/// # Errors
/// Only those of `lines`: whatever is wrong with the log is in the report.
pub fn verify_chain<I, L, E>(lines: I, head: Option<&str>, key: &VerifyingKey) -> Result<ChainReport, E>
where
    I: IntoIterator<Item = Result<L, E>>,
    L: AsRef<[u8]>,
{
    let checked_head = head.map(|note| Head::verify(note, key));
    let mut walk = Walk::new(checked_head.as_ref().and_then(|head| head.as_ref().ok()));
    for line in lines {
        walk.line(line?.as_ref());
    }
    Ok(walk.finish(checked_head.as_ref()))
}

struct Walk<'a> {
    head: Option<&'a Head>,
    /// Lines seen so far, which is the number that the next one must have.
    position: u64,
    /// Hash of the line before.
    before: Hash,
    frontier: Frontier,
    root_at_head: Option<Hash>,
    /// The link into this position is broken; which side was altered shows at the next line.
    undecided: Option<u64>,
    /// A number is missing at its place; `Reordered` if it turns up later.
    gap: Option<u64>,
    fault: Option<ChainFault>,
}

impl<'a> Walk<'a> {
    fn new(head: Option<&'a Head>) -> Self {
        Self {
            head,
            position: 0,
            before: FIRST_PREV,
            frontier: Frontier::new(),
            root_at_head: None,
            undecided: None,
            gap: None,
            fault: None,
        }
    }

    fn found(&mut self, kind: FaultKind, seq: u64, reason: FaultReason) {
        self.fault.get_or_insert(ChainFault { kind, seq, reason });
    }

    /// The hash that somebody else recorded of the line before is `recorded`.
    fn decide(&mut self, recorded: Option<Hash>) {
        let Some(at) = self.undecided.take() else { return };
        // Position `at` does not link to `at - 1`. If `at` itself is not as recorded, it was changed; otherwise `at - 1` was.
        // At the end of an unsigned tail nothing recorded `at`: then the earlier of the two is named.
        let altered = if recorded.is_some_and(|hash| hash != self.before) { at } else { at.saturating_sub(1) };
        self.found(FaultKind::Altered, altered, FaultReason::HashMismatch);
    }

    fn line(&mut self, line: &[u8]) {
        let position = self.position;
        if self.head.is_some_and(|head| head.size == position) {
            self.root_at_head = Some(self.frontier.root());
        }
        let hash = leaf_hash(line);
        if self.fault.is_none() {
            match Entry::parse(line) {
                Ok(entry) => self.entry(position, &entry),
                Err(_) => {
                    self.decide(None);
                    // Behind a gap the rest is shifted, and an unreadable line there is not the first fault.
                    if self.gap.is_none() {
                        self.found(FaultKind::Altered, position, FaultReason::Unreadable);
                    }
                }
            }
        }
        self.before = hash;
        self.frontier.push(hash);
        self.position = position.saturating_add(1);
    }

    fn entry(&mut self, position: u64, entry: &Entry) {
        if let Some(missing) = self.gap {
            if entry.seq == missing {
                self.found(FaultKind::Reordered, missing, FaultReason::OutOfPlace);
            }
            return;
        }
        self.decide(Some(entry.prev));
        if self.fault.is_some() {
            return;
        }
        match (entry.prev == self.before, entry.seq == position) {
            (true, true) => {
                // The head recorded the entry before, if it is the head's last.
                if self.head.is_some_and(|head| head.size == position && head.chain != self.before) {
                    self.found(FaultKind::Altered, position.saturating_sub(1), FaultReason::HashMismatch);
                }
            }
            (true, false) => self.found(FaultKind::Altered, position, FaultReason::WrongNumber),
            (false, true) => self.undecided = Some(position),
            (false, false) if entry.seq > position => self.gap = Some(position),
            (false, false) => self.found(FaultKind::Reordered, entry.seq, FaultReason::OutOfPlace),
        }
    }

    fn finish(mut self, checked_head: Option<&Result<Head, CustodyError>>) -> ChainReport {
        let entries = self.position;
        let head = self.head;
        let at_end = head.filter(|head| head.size == entries);
        if at_end.is_some() {
            self.root_at_head = Some(self.frontier.root());
        }
        self.decide(at_end.map(|head| head.chain));
        if let Some(missing) = self.gap {
            self.found(FaultKind::Missing, missing, FaultReason::NumberSkipped);
        }
        match (head, checked_head) {
            (Some(head), _) => {
                if entries < head.size {
                    self.found(FaultKind::Missing, entries, FaultReason::CutShort);
                } else if at_end.is_some_and(|head| head.chain != self.before) {
                    let last = entries.saturating_sub(1);
                    self.found(FaultKind::Altered, last, FaultReason::HashMismatch);
                } else if self.root_at_head != Some(head.root) {
                    self.found(FaultKind::Unsigned, 0, FaultReason::OtherRoot);
                } else if entries > head.size {
                    self.found(FaultKind::Unsigned, head.size, FaultReason::AfterHead);
                }
            }
            (None, Some(_)) => self.found(FaultKind::Unsigned, 0, FaultReason::BadHead),
            (None, None) if entries > 0 => self.found(FaultKind::Unsigned, 0, FaultReason::NoHead),
            (None, None) => {}
        }
        ChainReport { entries, signed: head.map_or(0, |head| head.size.min(entries)), fault: self.fault }
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::OnceLock};

    use amparo_crypto::sign::SigningKey;
    use proptest::prelude::*;

    use super::*;
    use crate::custody::Event;

    struct Log {
        lines: Vec<Vec<u8>>,
        head: String,
        key: VerifyingKey,
    }

    fn log(entries: u64, signed: u64) -> Log {
        let (key, _) = SigningKey::generate().unwrap();
        let (mut lines, mut frontier, mut prev) = (Vec::new(), Frontier::new(), FIRST_PREV);
        let mut note = String::new();
        for seq in 0..=entries {
            if seq == signed {
                let head =
                    Head { size: seq, root: frontier.root(), chain: prev, time: "2026-11-23T10:00:00.5Z".into() };
                note = head.sign(&key).unwrap();
            }
            let mut entry =
                Entry::new(seq, prev, format!("2026-11-23T10:00:{:02}Z", seq % 60), Event::Captured, "user", "core 1")
                    .unwrap();
            entry.sha256 = Some([seq as u8; 32]);
            entry.evidence = Some(format!("{seq:032x}"));
            let line = entry.to_line().unwrap();
            if seq < entries {
                prev = leaf_hash(&line);
                frontier.push(prev);
                lines.push(line);
            }
        }
        Log { lines, head: note, key: key.verifying_key() }
    }

    fn shared() -> &'static Log {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| log(24, 24))
    }

    fn check(lines: &[Vec<u8>], head: Option<&str>, key: &VerifyingKey) -> ChainReport {
        verify_chain(lines.iter().map(Ok::<_, Infallible>), head, key).unwrap()
    }

    fn fault(log: &Log, lines: &[Vec<u8>]) -> (FaultKind, u64) {
        let report = check(lines, Some(&log.head), &log.key);
        let fault = report.fault.expect("a fault");
        assert!(fault.to_string().contains(&fault.seq.to_string()) || fault.kind == FaultKind::Unsigned);
        (fault.kind, fault.seq)
    }

    #[test]
    fn an_untouched_log_is_intact() {
        for n in [0, 1, 2, 3, 24] {
            let log = log(n, n);
            let report = check(&log.lines, Some(&log.head), &log.key);
            assert_eq!(report, ChainReport { entries: n, signed: n, fault: None });
            assert!(report.is_intact());
        }
    }

    #[test]
    fn entries_after_the_head_are_unsigned_but_still_linked() {
        let log = log(10, 7);
        let report = check(&log.lines, Some(&log.head), &log.key);
        assert_eq!((report.entries, report.signed), (10, 7));
        assert_eq!(
            report.fault,
            Some(ChainFault { kind: FaultKind::Unsigned, seq: 7, reason: FaultReason::AfterHead })
        );
        assert!(report.is_intact_so_far() && !report.is_intact());
        // The entry at the head's edge, and one behind it, are still checked.
        for at in [6, 8] {
            let mut lines = log.lines.clone();
            let end = lines[at].len() - 3;
            lines[at][end] ^= 1;
            assert_eq!(fault(&log, &lines), (FaultKind::Altered, at as u64));
        }
        assert_eq!(fault(&log, &log.lines[..5]), (FaultKind::Missing, 5));
    }

    #[test]
    fn a_log_without_a_valid_head_is_unsigned() {
        let log = log(5, 5);
        let (other, _) = SigningKey::generate().unwrap();
        let reason = |report: ChainReport| {
            assert!(report.signed == 0 && !report.is_intact());
            let fault = report.fault.unwrap();
            // Only a log that was never signed can be as a crash leaves it.
            assert_eq!(report.is_intact_so_far(), fault.reason == FaultReason::NoHead);
            assert_eq!(fault.kind, FaultKind::Unsigned);
            fault.reason
        };
        assert_eq!(reason(check(&log.lines, None, &log.key)), FaultReason::NoHead);
        assert_eq!(reason(check(&log.lines, Some(&log.head), &other.verifying_key())), FaultReason::BadHead);
        assert_eq!(reason(check(&log.lines, Some("x"), &log.key)), FaultReason::BadHead);
        // What is wrong inside is still named first.
        let mut lines = log.lines.clone();
        lines.remove(2);
        let found = check(&lines, None, &log.key).fault.unwrap();
        assert_eq!((found.kind, found.seq), (FaultKind::Missing, 2));
    }

    #[test]
    fn a_signed_head_of_other_entries_is_named() {
        let log = log(5, 5);
        let (key, _) = SigningKey::generate().unwrap();
        let head = Head { root: [1; 32], ..Head::parse_unverified(&log.head).unwrap() };
        let report = check(&log.lines, Some(&head.sign(&key).unwrap()), &key.verifying_key());
        assert_eq!(report.fault.unwrap().reason, FaultReason::OtherRoot);
    }

    #[test]
    fn a_repeated_and_a_rewritten_entry_are_named() {
        let log = shared();
        let mut twice = log.lines.clone();
        twice.insert(9, log.lines[4].clone());
        assert_eq!(fault(log, &twice), (FaultKind::Reordered, 4));
        // Rewritten to be self-consistent up to the next entry's link.
        let mut lines = log.lines.clone();
        let mut entry = Entry::parse(&lines[6]).unwrap();
        entry.sha256 = Some([0xaa; 32]);
        lines[6] = entry.to_line().unwrap();
        assert_eq!(fault(log, &lines), (FaultKind::Altered, 6));
    }

    #[test]
    fn every_removal_and_every_swap_is_named() {
        let log = shared();
        let n = log.lines.len();
        for i in 0..n {
            let mut removed = log.lines.clone();
            removed.remove(i);
            assert_eq!(fault(log, &removed), (FaultKind::Missing, i as u64), "removed {i}");
            for j in i + 1..n {
                let mut swapped = log.lines.clone();
                swapped.swap(i, j);
                assert_eq!(fault(log, &swapped), (FaultKind::Reordered, i as u64), "swapped {i} and {j}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

        #[test]
        fn every_flipped_bit_names_its_entry(at in 0usize..24, place in any::<prop::sample::Index>(), bit in 0u8..8) {
            let log = shared();
            let mut lines = log.lines.clone();
            let byte = place.index(lines[at].len());
            lines[at][byte] ^= 1 << bit;
            prop_assert_eq!(fault(log, &lines), (FaultKind::Altered, at as u64));
        }

        #[test]
        fn every_flipped_bit_of_the_head_is_unsigned(place in any::<prop::sample::Index>(), bit in 0u8..8) {
            let log = shared();
            let mut note = log.head.clone().into_bytes();
            let byte = place.index(note.len());
            note[byte] ^= 1 << bit;
            let note = String::from_utf8_lossy(&note).into_owned();
            let report = check(&log.lines, Some(&note), &log.key);
            prop_assert_eq!(report.fault.map(|fault| fault.kind), Some(FaultKind::Unsigned));
        }
    }
}
