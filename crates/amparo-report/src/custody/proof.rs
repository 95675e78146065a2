//! Proofs on their own, for whoever holds a head and nothing else: that an entry stands in the log, that one head continues
//! another.
//!
//! Both are small JSON files with one spelling. Checking them needs no vault; whose log it is, the head's key says, which the
//! holder of the head must know from elsewhere.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    CustodyError, Entry, Hash, Head, MAX_LINE_BYTES, NodeSource, consistency_proof, inclusion_path, leaf_hash,
    verify_consistency, verify_inclusion,
};
use crate::hex::Hex;

/// `schema` of an [`InclusionProof`].
pub const INCLUSION_SCHEMA: &str = "amparo.custody-inclusion/1";
/// `schema` of a [`ConsistencyProof`].
pub const CONSISTENCY_SCHEMA: &str = "amparo.custody-consistency/1";
/// Most bytes of a proof file: a line, each byte of it escaped, and the hashes.
const MAX_PROOF_BYTES: usize = 8 * MAX_LINE_BYTES;
/// Most hashes of a proof.
const MAX_PATH: usize = 128;

/// One entry, with its proof to the head of a log of `size` entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Entries under the head.
    pub size: u64,
    /// The entry's number.
    pub seq: u64,
    /// The entry's exact line.
    pub entry: String,
    /// RFC 9162 §2.1.3 inclusion path, leaf end first.
    pub path: Vec<Hash>,
}

/// Proof that the log of `new` entries begins with the log of `old` entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Entries under the older head.
    pub old: u64,
    /// Entries under the newer head.
    pub new: u64,
    /// RFC 9162 §2.1.4 consistency path.
    pub path: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
struct WireInclusion {
    schema: String,
    size: u64,
    seq: u64,
    entry: String,
    path: Vec<Hex<32>>,
}

#[derive(Serialize, Deserialize)]
struct WireConsistency {
    schema: String,
    old: u64,
    new: u64,
    path: Vec<Hex<32>>,
}

fn to_json<T: Serialize>(wire: &T) -> Result<Vec<u8>, CustodyError> {
    let mut json = serde_json::to_vec_pretty(wire).map_err(|_| CustodyError::Malformed)?;
    json.push(b'\n');
    Ok(json)
}

fn from_json<T: DeserializeOwned>(bytes: &[u8], schema: &str) -> Result<T, CustodyError> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    if bytes.len() > MAX_PROOF_BYTES {
        return Err(CustodyError::TooLong);
    }
    let found: Schema = serde_json::from_slice(bytes).map_err(|_| CustodyError::Malformed)?;
    if found.schema != schema {
        return Err(CustodyError::UnknownSchema);
    }
    serde_json::from_slice(bytes).map_err(|_| CustodyError::Malformed)
}

fn hashes(path: &[Hash]) -> Vec<Hex<32>> {
    path.iter().map(|hash| Hex(*hash)).collect()
}

fn path(hashes: Vec<Hex<32>>) -> Result<Vec<Hash>, CustodyError> {
    if hashes.len() > MAX_PATH {
        return Err(CustodyError::TooLong);
    }
    Ok(hashes.into_iter().map(|hash| hash.0).collect())
}

impl InclusionProof {
    /// The proof of the stored `line` with number `seq` in the log of `size` entries.
    ///
    /// # Errors
    /// [`CustodyError::OutOfRange`], [`CustodyError::Malformed`] when the line cannot be read, or the store's error. Whether the
    /// line is the one whose hash is stored shows [`verify`](Self::verify).
    pub fn make<S: NodeSource>(source: &S, line: &[u8], seq: u64, size: u64) -> Result<Self, S::Error> {
        let entry = core::str::from_utf8(line).map_err(|_| CustodyError::Malformed)?.to_owned();
        if Entry::parse(line)?.seq != seq {
            return Err(CustodyError::Malformed.into());
        }
        Ok(Self { size, seq, entry, path: inclusion_path(source, seq, size)? })
    }

    /// The file's bytes. There is exactly one spelling.
    ///
    /// # Errors
    /// [`CustodyError::Malformed`].
    pub fn to_json(&self) -> Result<Vec<u8>, CustodyError> {
        to_json(&WireInclusion {
            schema: INCLUSION_SCHEMA.to_owned(),
            size: self.size,
            seq: self.seq,
            entry: self.entry.clone(),
            path: hashes(&self.path),
        })
    }

    /// Reads the file: any other spelling of the same is refused.
    ///
    /// # Errors
    /// [`CustodyError::TooLong`], [`CustodyError::Malformed`], [`CustodyError::UnknownSchema`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CustodyError> {
        let wire: WireInclusion = from_json(bytes, INCLUSION_SCHEMA)?;
        let proof = Self { size: wire.size, seq: wire.seq, entry: wire.entry, path: path(wire.path)? };
        if proof.to_json()? == bytes { Ok(proof) } else { Err(CustodyError::Malformed) }
    }

    /// Checks the proof against a head, whose signature the caller has checked, and gives the entry.
    ///
    /// # Errors
    /// A parse error of the entry; [`CustodyError::OutOfRange`] when the head is of another size; [`CustodyError::Proof`].
    pub fn verify(&self, head: &Head) -> Result<Entry, CustodyError> {
        let entry = Entry::parse(self.entry.as_bytes())?;
        if head.size != self.size {
            return Err(CustodyError::OutOfRange);
        }
        if entry.seq != self.seq {
            return Err(CustodyError::Proof);
        }
        let leaf = leaf_hash(self.entry.as_bytes());
        verify_inclusion(&leaf, self.seq, self.size, &self.path, &head.root)?;
        if self.seq.checked_add(1) == Some(head.size) && head.chain != leaf {
            return Err(CustodyError::Proof);
        }
        Ok(entry)
    }
}

impl ConsistencyProof {
    /// The proof that the log of `old` entries is the beginning of the log of `new` entries.
    ///
    /// # Errors
    /// [`CustodyError::OutOfRange`], or the store's error.
    pub fn make<S: NodeSource>(source: &S, old: u64, new: u64) -> Result<Self, S::Error> {
        Ok(Self { old, new, path: consistency_proof(source, old, new)? })
    }

    /// The file's bytes. There is exactly one spelling.
    ///
    /// # Errors
    /// [`CustodyError::Malformed`].
    pub fn to_json(&self) -> Result<Vec<u8>, CustodyError> {
        to_json(&WireConsistency {
            schema: CONSISTENCY_SCHEMA.to_owned(),
            old: self.old,
            new: self.new,
            path: hashes(&self.path),
        })
    }

    /// Reads the file: any other spelling of the same is refused.
    ///
    /// # Errors
    /// [`CustodyError::TooLong`], [`CustodyError::Malformed`], [`CustodyError::UnknownSchema`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CustodyError> {
        let wire: WireConsistency = from_json(bytes, CONSISTENCY_SCHEMA)?;
        let proof = Self { old: wire.old, new: wire.new, path: path(wire.path)? };
        if proof.to_json()? == bytes { Ok(proof) } else { Err(CustodyError::Malformed) }
    }

    /// Checks the proof between two heads, whose signatures the caller has checked.
    ///
    /// # Errors
    /// [`CustodyError::OutOfRange`] when a head is of another size; [`CustodyError::Proof`].
    pub fn verify(&self, old: &Head, new: &Head) -> Result<(), CustodyError> {
        if old.size != self.old || new.size != self.new {
            return Err(CustodyError::OutOfRange);
        }
        if old.size == new.size && old.chain != new.chain {
            return Err(CustodyError::Proof);
        }
        verify_consistency(self.old, self.new, &old.root, &new.root, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::custody::{Event, FIRST_PREV, MemoryTree, root};

    struct Log {
        tree: MemoryTree,
        lines: Vec<Vec<u8>>,
    }

    fn log(entries: u64) -> Log {
        let (mut tree, mut lines, mut prev) = (MemoryTree::new(), Vec::new(), FIRST_PREV);
        for seq in 0..entries {
            let mut entry = Entry::new(seq, prev, "2026-11-23T10:00:00Z", Event::Imported, "user", "core 1").unwrap();
            // Text that JSON inside JSON has to escape.
            entry.details.insert("kind".into(), "a\"\\\u{e9}\u{1f4f7}".into());
            let line = entry.to_line().unwrap();
            prev = leaf_hash(&line);
            tree.push(prev).unwrap();
            lines.push(line);
        }
        Log { tree, lines }
    }

    impl Log {
        fn head(&self, size: u64) -> Head {
            let last = size.checked_sub(1).map(|last| leaf_hash(&self.lines[last as usize]));
            let chain = last.unwrap_or(FIRST_PREV);
            Head { size, root: root(&self.tree, size).unwrap(), chain, time: "2026-11-23T10:00:00Z".into() }
        }

        fn inclusion(&self, seq: u64, size: u64) -> InclusionProof {
            InclusionProof::make(&self.tree, &self.lines[seq as usize], seq, size).unwrap()
        }
    }

    #[test]
    fn every_entry_and_every_pair_of_sizes_is_proven() {
        let log = log(20);
        for size in 0..=20 {
            for seq in 0..size {
                let json = log.inclusion(seq, size).to_json().unwrap();
                let entry = InclusionProof::parse(&json).unwrap().verify(&log.head(size)).unwrap();
                assert_eq!(entry, Entry::parse(&log.lines[seq as usize]).unwrap());
            }
            for old in 0..=size {
                let proof = ConsistencyProof::make(&log.tree, old, size).unwrap();
                let json = proof.to_json().unwrap();
                ConsistencyProof::parse(&json).unwrap().verify(&log.head(old), &log.head(size)).unwrap();
                // Not for any other pair of heads of this log.
                for other in (0..=20).filter(|n| *n != size) {
                    assert!(proof.verify(&log.head(old), &log.head(other)).is_err());
                }
            }
        }
        assert_eq!(ConsistencyProof::make(&log.tree, 9, 8), Err(CustodyError::OutOfRange));
        assert_eq!(InclusionProof::make(&log.tree, &log.lines[3], 4, 8), Err(CustodyError::Malformed));
    }

    #[test]
    fn a_proof_of_another_log_or_of_another_head_is_refused() {
        let (ours, theirs) = (log(9), log(9));
        let proof = theirs.inclusion(4, 9);
        assert_eq!(proof.verify(&ours.head(9)), Err(CustodyError::Proof));
        assert_eq!(proof.verify(&theirs.head(8)), Err(CustodyError::OutOfRange));
        let proof = ConsistencyProof::make(&theirs.tree, 4, 9).unwrap();
        assert_eq!(proof.verify(&ours.head(4), &theirs.head(9)), Err(CustodyError::Proof));
        assert_eq!(proof.verify(&theirs.head(4), &ours.head(9)), Err(CustodyError::Proof));
        let schema = |json: Vec<u8>| String::from_utf8(json).unwrap().replace("/1\"", "/2\"").into_bytes();
        let newer = schema(proof.to_json().unwrap());
        assert_eq!(ConsistencyProof::parse(&newer), Err(CustodyError::UnknownSchema));
        assert_eq!(InclusionProof::parse(&proof.to_json().unwrap()), Err(CustodyError::UnknownSchema));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_a_proof_is_refused(size in 2u64..20, place in any::<prop::sample::Index>(), bit in 0u8..8,
                                                 number in any::<prop::sample::Index>()) {
            let log = log(size);
            let (head, number) = (log.head(size), number.index(size as usize - 1) as u64);
            let mut json = log.inclusion(number, size).to_json().unwrap();
            let at = place.index(json.len());
            json[at] ^= 1 << bit;
            prop_assert!(InclusionProof::parse(&json).and_then(|proof| proof.verify(&head)).is_err());
            let mut json = ConsistencyProof::make(&log.tree, number + 1, size).unwrap().to_json().unwrap();
            let at = place.index(json.len());
            json[at] ^= 1 << bit;
            let older = log.head(number + 1);
            prop_assert!(ConsistencyProof::parse(&json).and_then(|proof| proof.verify(&older, &head)).is_err());
        }
    }
}
