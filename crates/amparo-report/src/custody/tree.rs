//! The Merkle tree of RFC 9162 §2.1: hashes, roots, inclusion and consistency proofs, over stored perfect subtrees.
//!
//! A store keeps one hash for every perfect subtree: node (level, index) covers the leaves `index·2^level` up to
//! `(index+1)·2^level`. Every root and every proof of a log of `n` entries then reads O(log n) nodes. Nothing here keeps a
//! whole tree in memory except [`MemoryTree`].

use amparo_crypto::hash::Hasher;

use super::CustodyError;

/// A SHA-256 hash of the tree.
pub type Hash = amparo_crypto::hash::Digest;

/// Most entries a log may have. Far beyond any phone, and low enough that no index arithmetic here can overflow.
pub const MAX_SIZE: u64 = 1 << 48;

/// Hash of a leaf: SHA-256(0x00 ‖ line).
#[must_use]
pub fn leaf_hash(line: &[u8]) -> Hash {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(line);
    hasher.finish()
}

/// Hash of a node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Hasher::new();
    hasher.update(&[1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finish()
}

/// Root of the empty tree: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Hasher::new().finish()
}

/// A perfect subtree's place and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// 0 for leaves.
    pub level: u32,
    /// From 0, from the left, within the level.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Where the hashes of perfect subtrees are kept.
pub trait NodeSource {
    /// The store's own error.
    type Error: From<CustodyError>;

    /// The hash of node (`level`, `index`), `None` when the store does not have it. May block on the store.
    ///
    /// # Errors
    /// The store's.
    fn node(&self, level: u32, index: u64) -> Result<Option<Hash>, Self::Error>;
}

impl<S: NodeSource + ?Sized> NodeSource for &S {
    type Error = S::Error;

    fn node(&self, level: u32, index: u64) -> Result<Option<Hash>, Self::Error> {
        (**self).node(level, index)
    }
}

fn get<S: NodeSource>(source: &S, level: u32, index: u64) -> Result<Hash, S::Error> {
    source.node(level, index)?.ok_or_else(|| CustodyError::MissingNode { level, index }.into())
}

/// MTH(D[start:start+size]) where the range is one of RFC 9162's recursion: `start` is a multiple of a power of two that is
/// at least `size`.
fn range_hash<S: NodeSource>(source: &S, start: u64, size: u64) -> Result<Hash, S::Error> {
    // The range is a run of perfect subtrees of falling size; fold them from the right.
    let mut parts = Vec::new();
    let (mut at, mut left) = (start, size);
    while left > 0 {
        let level = left.ilog2();
        parts.push(get(source, level, at >> level)?);
        at += 1 << level;
        left -= 1 << level;
    }
    let mut parts = parts.into_iter().rev();
    let Some(mut hash) = parts.next() else { return Ok(empty_root()) };
    for part in parts {
        hash = node_hash(&part, &hash);
    }
    Ok(hash)
}

/// Largest power of two below `size` (which is at least 2).
fn split(size: u64) -> u64 {
    1 << (size.max(2) - 1).ilog2()
}

/// Root of the first `size` entries.
///
/// # Errors
/// [`CustodyError::MissingNode`], [`CustodyError::OutOfRange`] beyond [`MAX_SIZE`], or the store's error.
pub fn root<S: NodeSource>(source: &S, size: u64) -> Result<Hash, S::Error> {
    if size > MAX_SIZE {
        return Err(CustodyError::OutOfRange.into());
    }
    range_hash(source, 0, size)
}

/// The nodes that become complete when the entry with hash `leaf` is appended to a log of `size` entries: the leaf first,
/// then its completed ancestors upwards. Store them in the transaction that stores the entry.
///
/// # Errors
/// [`CustodyError::MissingNode`], [`CustodyError::OutOfRange`] at [`MAX_SIZE`], or the store's error.
pub fn append_nodes<S: NodeSource>(source: &S, size: u64, leaf: Hash) -> Result<Vec<Node>, S::Error> {
    if size >= MAX_SIZE {
        return Err(CustodyError::OutOfRange.into());
    }
    let mut node = Node { level: 0, index: size, hash: leaf };
    let mut done = vec![node];
    while node.index & 1 == 1 {
        let left = get(source, node.level, node.index - 1)?;
        node = Node { level: node.level + 1, index: node.index >> 1, hash: node_hash(&left, &node.hash) };
        done.push(node);
    }
    Ok(done)
}

/// Inclusion proof for entry `index` in the tree of the first `size` entries (RFC 9162 §2.1.3.1), leaf end first.
///
/// # Errors
/// [`CustodyError::OutOfRange`], [`CustodyError::MissingNode`], or the store's error.
pub fn inclusion_path<S: NodeSource>(source: &S, index: u64, size: u64) -> Result<Vec<Hash>, S::Error> {
    if index >= size || size > MAX_SIZE {
        return Err(CustodyError::OutOfRange.into());
    }
    let mut path = Vec::new();
    let (mut start, mut size) = (0, size);
    while size > 1 {
        let k = split(size);
        if index - start < k {
            path.push(range_hash(source, start + k, size - k)?);
            size = k;
        } else {
            path.push(range_hash(source, start, k)?);
            start += k;
            size -= k;
        }
    }
    path.reverse();
    Ok(path)
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`CustodyError::OutOfRange`], [`CustodyError::Proof`].
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), CustodyError> {
    if index >= size || size > MAX_SIZE {
        return Err(CustodyError::OutOfRange);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(CustodyError::Proof);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(CustodyError::Proof) }
}

/// Proof that the log of `old` entries is a prefix of the log of `new` entries (RFC 9162 §2.1.4.1). Empty when `old` is 0 or
/// equal to `new`.
///
/// # Errors
/// [`CustodyError::OutOfRange`] when `old > new`, [`CustodyError::MissingNode`], or the store's error.
pub fn consistency_proof<S: NodeSource>(source: &S, old: u64, new: u64) -> Result<Vec<Hash>, S::Error> {
    if old > new || new > MAX_SIZE {
        return Err(CustodyError::OutOfRange.into());
    }
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Ok(proof);
    }
    // SUBPROOF(m, D_n, b): `whole` is b, true while the old tree is the whole left part.
    let (mut start, mut m, mut n, mut whole) = (0, old, new, true);
    while m != n {
        let k = split(n);
        if m <= k {
            proof.push(range_hash(source, start + k, n - k)?);
            n = k;
        } else {
            proof.push(range_hash(source, start, k)?);
            start += k;
            m -= k;
            n -= k;
            whole = false;
        }
    }
    if !whole {
        proof.push(range_hash(source, start, m)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks a consistency proof between two roots (RFC 9162 §2.1.4.2).
///
/// # Errors
/// [`CustodyError::OutOfRange`], [`CustodyError::Proof`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), CustodyError> {
    if old > new || new > MAX_SIZE {
        return Err(CustodyError::OutOfRange);
    }
    let holds = |condition: bool| if condition { Ok(()) } else { Err(CustodyError::Proof) };
    if old == new {
        return holds(proof.is_empty() && old_root == new_root);
    }
    if old == 0 {
        return holds(proof.is_empty() && *old_root == empty_root());
    }
    // A power of two is a subtree of the new tree: its root is the first hash of the path and is not sent.
    let mut path = proof.iter();
    let first = if old.is_power_of_two() { *old_root } else { *path.next().ok_or(CustodyError::Proof)? };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (first, first);
    for sibling in path {
        if last == 0 {
            return Err(CustodyError::Proof);
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    holds(last == 0 && from_old == *old_root && from_new == *new_root)
}

/// The right edge of a growing tree: enough to append and to tell the root, in O(log n) memory.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    /// Perfect subtrees from the left, of falling size.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends the entry with hash `leaf`.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The root of what was appended.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(&last) = peaks.next() else { return empty_root() };
        peaks.fold(last, |right, left| node_hash(left, &right))
    }
}

/// A whole tree in memory, for short logs and for tests.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends the entry with hash `leaf`.
    ///
    /// # Errors
    /// [`CustodyError::OutOfRange`] at [`MAX_SIZE`].
    pub fn push(&mut self, leaf: Hash) -> Result<(), CustodyError> {
        for node in append_nodes(self, self.size(), leaf)? {
            let level = node.level as usize;
            if self.levels.len() <= level {
                self.levels.resize_with(level + 1, Vec::new);
            }
            if let Some(nodes) = self.levels.get_mut(level) {
                nodes.push(node.hash);
            }
        }
        Ok(())
    }
}

impl NodeSource for MemoryTree {
    type Error = CustodyError;

    fn node(&self, level: u32, index: u64) -> Result<Option<Hash>, CustodyError> {
        let index = usize::try_from(index).map_err(|_| CustodyError::OutOfRange)?;
        Ok(self.levels.get(level as usize).and_then(|nodes| nodes.get(index)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(format!("entry {i}").as_bytes())).collect()
    }

    fn tree(leaves: &[Hash]) -> MemoryTree {
        let mut tree = MemoryTree::new();
        leaves.iter().for_each(|leaf| tree.push(*leaf).unwrap());
        tree
    }

    // RFC 9162 §2.1.1, §2.1.3.1 and §2.1.4.1, written as the RFC writes them: slices and recursion.
    fn mth(d: &[Hash]) -> Hash {
        match d {
            [] => empty_root(),
            [one] => *one,
            _ => {
                let k = d.len().next_power_of_two() / 2;
                node_hash(&mth(&d[..k]), &mth(&d[k..]))
            }
        }
    }

    fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
        if d.len() == 1 {
            return vec![];
        }
        let k = d.len().next_power_of_two() / 2;
        let (mut path, last) =
            if m < k { (path(m, &d[..k]), mth(&d[k..])) } else { (path(m - k, &d[k..]), mth(&d[..k])) };
        path.push(last);
        path
    }

    fn subproof(m: usize, d: &[Hash], b: bool) -> Vec<Hash> {
        if m == d.len() {
            return if b { vec![] } else { vec![mth(d)] };
        }
        let k = d.len().next_power_of_two() / 2;
        let (mut proof, last) = if m <= k {
            (subproof(m, &d[..k], b), mth(&d[k..]))
        } else {
            (subproof(m - k, &d[k..], false), mth(&d[..k]))
        };
        proof.push(last);
        proof
    }

    #[test]
    fn the_public_example_roots_hold() {
        // The tree heads that certificate-transparency implementations publish for these eight leaves.
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let heads = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::new();
        assert_eq!(
            crate::hex::encode(&frontier.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (input, head) in inputs.iter().zip(heads) {
            frontier.push(leaf_hash(input));
            assert_eq!(crate::hex::encode(&frontier.root()), head);
        }
    }

    #[test]
    fn roots_and_proofs_are_those_of_the_rfc_for_every_size() {
        let leaves = leaves(200);
        let tree = tree(&leaves);
        let mut frontier = Frontier::new();
        let roots: Vec<Hash> = (0..=200).map(|n| mth(&leaves[..n])).collect();
        assert_eq!(root(&tree, 0).unwrap(), empty_root());
        for n in 1..=200usize {
            frontier.push(leaves[n - 1]);
            assert_eq!(root(&tree, n as u64).unwrap(), roots[n]);
            assert_eq!(frontier.root(), roots[n]);
            for m in 0..n {
                let proof = inclusion_path(&tree, m as u64, n as u64).unwrap();
                assert_eq!(proof, path(m, &leaves[..n]), "{m} of {n}");
                verify_inclusion(&leaves[m], m as u64, n as u64, &proof, &roots[n]).unwrap();
                if m > 0 {
                    let proof = consistency_proof(&tree, m as u64, n as u64).unwrap();
                    assert_eq!(proof, subproof(m, &leaves[..n], true), "{m} to {n}");
                    verify_consistency(m as u64, n as u64, &roots[m], &roots[n], &proof).unwrap();
                }
            }
        }
    }

    #[test]
    fn a_proof_holds_for_its_leaf_place_size_and_root_only() {
        let leaves = leaves(23);
        let tree = tree(&leaves);
        for n in 2..=23u64 {
            let good_root = root(&tree, n).unwrap();
            for m in 0..n {
                let leaf = leaves[m as usize];
                let proof = inclusion_path(&tree, m, n).unwrap();
                for other in (0..n).filter(|&o| o != m) {
                    assert!(verify_inclusion(&leaf, other, n, &proof, &good_root).is_err(), "{m} as {other} of {n}");
                }
                assert!(verify_inclusion(&leaves[((m + 1) % n) as usize], m, n, &proof, &good_root).is_err());
                assert!(verify_inclusion(&leaf, m, n, &proof, &[0; 32]).is_err());
                assert!(verify_inclusion(&leaf, m, n, &proof[1..], &good_root).is_err());
                assert!(verify_inclusion(&leaf, m, n, &[&proof[..], &[leaf]].concat(), &good_root).is_err());
                for i in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[i][0] ^= 1;
                    assert!(verify_inclusion(&leaf, m, n, &bad, &good_root).is_err());
                }
                if m > 0 {
                    let old_root = root(&tree, m).unwrap();
                    let proof = consistency_proof(&tree, m, n).unwrap();
                    assert!(verify_consistency(m, n, &[1; 32], &good_root, &proof).is_err());
                    assert!(verify_consistency(m, n, &old_root, &[1; 32], &proof).is_err());
                    assert!(verify_consistency(m, n, &old_root, &good_root, &proof[1..]).is_err());
                    let long = [&proof[..], &[leaf]].concat();
                    assert!(verify_consistency(m, n, &old_root, &good_root, &long).is_err());
                    for i in 0..proof.len() {
                        let mut bad = proof.clone();
                        bad[i][31] ^= 1;
                        assert!(verify_consistency(m, n, &old_root, &good_root, &bad).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn ranges_are_checked() {
        let leaves = leaves(5);
        let tree = tree(&leaves);
        assert_eq!(inclusion_path(&tree, 5, 5), Err(CustodyError::OutOfRange));
        assert_eq!(inclusion_path(&tree, 0, 0), Err(CustodyError::OutOfRange));
        assert_eq!(consistency_proof(&tree, 6, 5), Err(CustodyError::OutOfRange));
        assert_eq!(root(&tree, 6), Err(CustodyError::MissingNode { level: 1, index: 2 }));
        assert_eq!(root(&tree, u64::MAX), Err(CustodyError::OutOfRange));
        assert_eq!(append_nodes(&tree, 7, leaves[0]), Err(CustodyError::MissingNode { level: 0, index: 6 }));
        let (a, b) = (leaves[0], leaves[1]);
        assert_eq!(verify_inclusion(&a, 0, 0, &[], &a), Err(CustodyError::OutOfRange));
        assert_eq!(verify_consistency(0, 3, &empty_root(), &a, &[]), Ok(()));
        assert_eq!(verify_consistency(0, 3, &a, &b, &[]), Err(CustodyError::Proof));
        assert_eq!(verify_consistency(3, 3, &a, &a, &[]), Ok(()));
        assert_eq!(verify_consistency(3, 3, &a, &b, &[]), Err(CustodyError::Proof));
        assert_eq!(verify_consistency(4, 3, &a, &b, &[]), Err(CustodyError::OutOfRange));
    }
}
