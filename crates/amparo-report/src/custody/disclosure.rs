//! An excerpt of a custody log for a report: some entries, each with a proof to the signed head.
//!
//! The reader learns that these entries stand, unaltered and in this order, in a log that the head's key signed, and nothing
//! about the entries in between except how many there are. It learns the log's key and hashes that every excerpt of the same
//! log shares: two excerpts of one log can be recognised as such, so an anonymous report carries none.

use core::fmt;

use amparo_crypto::sign::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::{CustodyError, Entry, FaultKind, Hash, Head, NodeSource, inclusion_path, leaf_hash, verify_inclusion};
use crate::hex::Hex;

/// `schema` of `custody/proofs.json`.
pub const PROOFS_SCHEMA: &str = "amparo.custody-proofs/1";
/// Most entries in one excerpt.
pub const MAX_DISCLOSED: usize = 10_000;
/// Longest inclusion proof: one hash a level.
const MAX_PATH: usize = 64;

/// The inclusion proof of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The entry's number.
    pub seq: u64,
    /// RFC 9162 inclusion path, leaf end first.
    pub path: Vec<Hash>,
}

/// The content of `custody/proofs.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proofs {
    /// The key that signed the head.
    pub public_key: [u8; 32],
    /// Entries in the log at that head.
    pub size: u64,
    /// One for each entry, in the same order.
    pub proofs: Vec<Proof>,
}

/// The three files of `custody/` in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// `custody/entries.jsonl`: the entries' exact lines, each ended by a newline.
    pub entries: Vec<u8>,
    /// `custody/proofs.json`.
    pub proofs: Vec<u8>,
    /// `custody/head.txt`: the signed head.
    pub head: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct WireProofs {
    schema: String,
    public_key: Hex<32>,
    size: u64,
    proofs: Vec<WireProof>,
}

#[derive(Serialize, Deserialize)]
struct WireProof {
    seq: u64,
    path: Vec<Hex<32>>,
}

impl Proofs {
    /// Reads `custody/proofs.json`.
    ///
    /// # Errors
    /// [`CustodyError::Malformed`], [`CustodyError::UnknownSchema`], [`CustodyError::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CustodyError> {
        let wire: WireProofs = serde_json::from_slice(bytes).map_err(|_| CustodyError::Malformed)?;
        if wire.schema != PROOFS_SCHEMA {
            return Err(CustodyError::UnknownSchema);
        }
        if wire.proofs.len() > MAX_DISCLOSED || wire.proofs.iter().any(|proof| proof.path.len() > MAX_PATH) {
            return Err(CustodyError::TooLong);
        }
        let proofs = wire.proofs.into_iter();
        let proofs = proofs.map(|p| Proof { seq: p.seq, path: p.path.into_iter().map(|hash| hash.0).collect() });
        Ok(Self { public_key: wire.public_key.0, size: wire.size, proofs: proofs.collect() })
    }

    fn to_json(&self) -> Result<Vec<u8>, CustodyError> {
        let proofs = self.proofs.iter();
        let wire = WireProofs {
            schema: PROOFS_SCHEMA.to_owned(),
            public_key: Hex(self.public_key),
            size: self.size,
            proofs: proofs
                .map(|p| WireProof { seq: p.seq, path: p.path.iter().map(|hash| Hex(*hash)).collect() })
                .collect(),
        };
        let mut json = serde_json::to_vec_pretty(&wire).map_err(|_| CustodyError::Malformed)?;
        json.push(b'\n');
        Ok(json)
    }
}

/// Makes the excerpt of `lines` (the stored lines, in ascending order of their numbers) for the signed head `head` of `key`,
/// over the log's stored nodes. The result is verified before it is returned.
///
/// # Errors
/// [`CustodyError::HeadSignature`] or [`CustodyError::MalformedHead`] for the head; [`CustodyError::OutOfRange`] when an
/// entry is not under it or out of order; [`CustodyError::Proof`] when a line is not the one whose hash is stored; a parse
/// error of a line; [`CustodyError::TooLong`] beyond [`MAX_DISCLOSED`]; or the store's error.
pub fn disclose<S: NodeSource, L: AsRef<[u8]>>(
    source: &S,
    lines: &[L],
    head: &str,
    key: &VerifyingKey,
) -> Result<Disclosure, S::Error> {
    let signed = Head::verify(head, key)?;
    if lines.len() > MAX_DISCLOSED {
        return Err(CustodyError::TooLong.into());
    }
    let (mut entries, mut proofs, mut next) = (Vec::new(), Vec::new(), 0);
    for line in lines {
        let line = line.as_ref();
        let seq = Entry::parse(line)?.seq;
        if seq < next {
            return Err(CustodyError::OutOfRange.into());
        }
        next = seq.saturating_add(1);
        let path = inclusion_path(source, seq, signed.size)?;
        verify_inclusion(&leaf_hash(line), seq, signed.size, &path, &signed.root)?;
        proofs.push(Proof { seq, path });
        entries.extend_from_slice(line);
        entries.push(b'\n');
    }
    let proofs = Proofs { public_key: key.to_bytes(), size: signed.size, proofs };
    Ok(Disclosure { entries, proofs: proofs.to_json()?, head: head.as_bytes().to_vec() })
}

/// One thing that does not hold in an excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisclosureFault {
    /// What happened.
    pub kind: FaultKind,
    /// To which entry; `None` when it concerns the excerpt as a whole.
    pub seq: Option<u64>,
}

impl fmt::Display for DisclosureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.seq) {
            (FaultKind::Altered, Some(seq)) => write!(f, "custody entry {seq} was altered: its proof does not hold"),
            (FaultKind::Altered, None) => write!(f, "the custody excerpt was altered: it cannot be read"),
            (FaultKind::Missing, Some(seq)) => write!(f, "custody entry {seq} is missing from the excerpt"),
            (FaultKind::Missing, None) => write!(f, "a part of the custody excerpt is missing"),
            (FaultKind::Reordered, Some(seq)) => write!(f, "custody entry {seq} is out of order"),
            (FaultKind::Reordered, None) => write!(f, "the custody entries are out of order"),
            (FaultKind::Unsigned, Some(seq)) => write!(f, "custody entry {seq} comes without a proof"),
            (FaultKind::Unsigned, None) => write!(f, "the custody head is unsigned: its signature does not hold"),
        }
    }
}

/// What [`verify_disclosure`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct DisclosureReport {
    /// The head, if its signature holds.
    pub head: Option<Head>,
    /// The key that signed it, if the signature holds.
    pub public_key: Option<VerifyingKey>,
    /// The entries that hold, in order.
    pub entries: Vec<Entry>,
    /// What does not hold, in order; empty when everything does.
    pub faults: Vec<DisclosureFault>,
}

impl DisclosureReport {
    /// Every entry is proven under a signed head.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks the three files of an excerpt: the head's signature under the key named in the proofs, every entry's proof, their
/// order, and the links between neighbours. Whose key it is, the report's signed manifest says by naming the file's hash.
#[must_use]
pub fn verify_disclosure(entries: &[u8], proofs: &[u8], head: &[u8]) -> DisclosureReport {
    let mut report = DisclosureReport { head: None, public_key: None, entries: Vec::new(), faults: Vec::new() };
    let fault = |kind, seq| DisclosureFault { kind, seq };
    let Ok(proofs) = Proofs::parse(proofs) else {
        report.faults.push(fault(FaultKind::Altered, None));
        return report;
    };
    let head = core::str::from_utf8(head).ok();
    let signed = VerifyingKey::from_bytes(&proofs.public_key)
        .ok()
        .and_then(|key| Head::verify(head?, &key).ok().filter(|head| head.size == proofs.size).map(|head| (head, key)));
    let Some((head, key)) = signed else {
        report.faults.push(fault(FaultKind::Unsigned, None));
        return report;
    };
    let lines: Vec<&[u8]> = match entries.strip_suffix(b"\n") {
        Some(all) => all.split(|b| *b == b'\n').collect(),
        None if entries.is_empty() => Vec::new(),
        None => {
            report.faults.push(fault(FaultKind::Altered, None));
            return report;
        }
    };
    if !proofs.proofs.is_sorted_by(|a, b| a.seq < b.seq) {
        report.faults.push(fault(FaultKind::Reordered, None));
    }
    if lines.len() == proofs.proofs.len() {
        check_pairs(&lines, &proofs, &head, &mut report);
    } else {
        check_counts(&lines, &proofs, &mut report);
    }
    (report.head, report.public_key) = (Some(head), Some(key));
    report
}

/// As many lines as proofs: the n-th proof is the n-th line's.
fn check_pairs(lines: &[&[u8]], proofs: &Proofs, head: &Head, report: &mut DisclosureReport) {
    let mut before: Option<(u64, Hash)> = None;
    for (line, proof) in lines.iter().zip(&proofs.proofs) {
        let leaf = leaf_hash(line);
        let proven = verify_inclusion(&leaf, proof.seq, head.size, &proof.path, &head.root).is_ok();
        let kind = match Entry::parse(line) {
            Err(_) => Some(FaultKind::Altered),
            Ok(entry) if entry.seq != proof.seq => {
                let elsewhere = proofs.proofs.iter().any(|other| other.seq == entry.seq);
                Some(if elsewhere { FaultKind::Reordered } else { FaultKind::Altered })
            }
            Ok(_) if !proven => Some(FaultKind::Altered),
            Ok(entry) => {
                let linked =
                    before.is_none_or(|(seq, hash)| seq.checked_add(1) != Some(entry.seq) || entry.prev == hash);
                let last = entry.seq.checked_add(1) != Some(head.size) || head.chain == leaf;
                report.entries.push(entry);
                (!linked || !last).then_some(FaultKind::Altered)
            }
        };
        if let Some(kind) = kind {
            report.faults.push(DisclosureFault { kind, seq: Some(proof.seq) });
        }
        before = Some((proof.seq, leaf));
    }
}

/// More or fewer lines than proofs: name what has no counterpart.
fn check_counts(lines: &[&[u8]], proofs: &Proofs, report: &mut DisclosureReport) {
    let numbers: Vec<u64> = lines.iter().filter_map(|line| Entry::parse(line).ok()).map(|entry| entry.seq).collect();
    let known: Vec<u64> = proofs.proofs.iter().map(|proof| proof.seq).collect();
    let (kind, seq) = if lines.len() < known.len() {
        (FaultKind::Missing, known.iter().find(|seq| !numbers.contains(seq)))
    } else {
        (FaultKind::Unsigned, numbers.iter().find(|seq| !known.contains(seq)))
    };
    // Without a single culprit (a line doubled or unreadable) the excerpt as a whole is at fault.
    let whole = DisclosureFault { kind: FaultKind::Altered, seq: None };
    report.faults.push(seq.map_or(whole, |seq| DisclosureFault { kind, seq: Some(*seq) }));
}

#[cfg(test)]
mod tests {
    use amparo_crypto::sign::SigningKey;
    use proptest::prelude::*;

    use super::*;
    use crate::custody::{Event, FIRST_PREV, MemoryTree, root};

    fn made() -> (MemoryTree, Vec<Vec<u8>>, String, SigningKey) {
        let (key, _) = SigningKey::generate().unwrap();
        let (mut tree, mut lines, mut prev) = (MemoryTree::new(), Vec::new(), FIRST_PREV);
        for seq in 0..13 {
            let mut entry = Entry::new(seq, prev, "2026-11-23T10:00:00Z", Event::Captured, "user", "core 1").unwrap();
            entry.sha256 = Some([seq as u8; 32]);
            let line = entry.to_line().unwrap();
            prev = leaf_hash(&line);
            tree.push(prev).unwrap();
            lines.push(line);
        }
        let head = Head { size: 13, root: root(&tree, 13).unwrap(), chain: prev, time: "2026-11-23T11:00:00Z".into() };
        let note = head.sign(&key).unwrap();
        (tree, lines, note, key)
    }

    fn excerpt() -> (Disclosure, Vec<Vec<u8>>) {
        let (tree, lines, note, key) = made();
        let chosen: Vec<Vec<u8>> = [1usize, 4, 5, 12].iter().map(|&i| lines[i].clone()).collect();
        (disclose(&tree, &chosen, &note, &key.verifying_key()).unwrap(), chosen)
    }

    fn verify(d: &Disclosure) -> DisclosureReport {
        verify_disclosure(&d.entries, &d.proofs, &d.head)
    }

    fn join(lines: &[Vec<u8>]) -> Vec<u8> {
        lines.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect()
    }

    #[test]
    fn an_excerpt_verifies_and_shows_only_what_was_chosen() {
        let (d, _) = excerpt();
        let report = verify(&d);
        assert!(report.is_intact(), "{:?}", report.faults);
        assert_eq!(report.entries.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 4, 5, 12]);
        assert_eq!(report.head.unwrap().size, 13);
        assert_eq!(d.entries.iter().filter(|b| **b == b'\n').count(), 4);
    }

    #[test]
    fn an_empty_excerpt_still_proves_the_head() {
        let (tree, _, note, key) = made();
        let d = disclose(&tree, &[] as &[Vec<u8>], &note, &key.verifying_key()).unwrap();
        assert!(verify(&d).is_intact());
    }

    #[test]
    fn what_happened_is_told_apart() {
        let (d, lines) = excerpt();
        let with = |lines: &[Vec<u8>]| verify(&Disclosure { entries: join(lines), ..d.clone() }).faults;
        let fault = |kind, seq| DisclosureFault { kind, seq };
        assert_eq!(with(&lines[1..]), [fault(FaultKind::Missing, Some(1))]);
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert_eq!(with(&swapped)[0], fault(FaultKind::Reordered, Some(4)));
        let (_, others, ..) = made();
        let mut foreign = lines.clone();
        foreign[0] = others[1].clone();
        assert_eq!(with(&foreign)[0], fault(FaultKind::Altered, Some(1)));
        let mut more = lines.clone();
        more.push(others[7].clone());
        assert_eq!(with(&more), [fault(FaultKind::Unsigned, Some(7))]);
        let (key, _) = SigningKey::generate().unwrap();
        let forged = Head::parse_unverified(core::str::from_utf8(&d.head).unwrap()).unwrap().sign(&key).unwrap();
        let report = verify(&Disclosure { head: forged.into_bytes(), ..d.clone() });
        assert_eq!(report.faults, [fault(FaultKind::Unsigned, None)]);
    }

    #[test]
    fn a_bad_excerpt_is_not_made() {
        let (tree, lines, note, key) = made();
        let public = key.verifying_key();
        let backwards = [lines[4].clone(), lines[1].clone()];
        assert_eq!(disclose(&tree, &backwards, &note, &public), Err(CustodyError::OutOfRange));
        let (_, others, ..) = made();
        assert_eq!(disclose(&tree, &others[3..4], &note, &public), Err(CustodyError::Proof));
        let (other, _) = SigningKey::generate().unwrap();
        assert_eq!(disclose(&tree, &lines[3..4], &note, &other.verifying_key()), Err(CustodyError::HeadSignature));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_found(file in 0usize..3, place in any::<prop::sample::Index>(), bit in 0u8..8) {
            let (mut d, _) = excerpt();
            // A flip in the white space of the proofs, or in an unknown field's name, would be harmless: there is a hash of
            // the file in the manifest for that. Everything else must fail here.
            let bytes = [&mut d.entries, &mut d.proofs, &mut d.head].into_iter().nth(file).unwrap();
            let byte = place.index(bytes.len());
            let before = bytes.clone();
            bytes[byte] ^= 1 << bit;
            if file == 1 {
                prop_assume!(!before[byte].is_ascii_whitespace());
            }
            prop_assert!(!verify(&d).is_intact(), "{} {}", file, byte);
        }
    }
}
