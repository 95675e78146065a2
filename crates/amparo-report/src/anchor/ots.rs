//! OpenTimestamps: the digest to submit, and proofs as the standard client writes and reads them.
//!
//! A proof is a tree: messages, steps that turn one into the next, and at its ends attestations: a calendar's promise, or a
//! Bitcoin block whose Merkle root the message is. The format is that of the standard client's library (there is no other
//! specification): version 1, its limits, its depth. Read with a stack of our own, never by recursion. That a block really has that
//! root is **not** checked here: `ots verify` asks the chain.

use amparo_crypto::hash::{self, Digest};

use super::{AnchorError, MAX_TOKEN_BYTES};

/// First bytes of a detached proof.
pub const MAGIC: &[u8; 31] = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94";
/// Bytes that are appended to the commitment before it is submitted, as the standard client does.
pub const NONCE_LEN: usize = 16;

const VERSION: u8 = 1;
const SHA1: u8 = 0x02;
const RIPEMD160: u8 = 0x03;
const SHA256: u8 = 0x08;
const KECCAK256: u8 = 0x67;
const APPEND: u8 = 0xf0;
const PREPEND: u8 = 0xf1;
const REVERSE: u8 = 0xf2;
const HEXLIFY: u8 = 0xf3;
const ATTESTATION: u8 = 0x00;
const FORK: u8 = 0xff;

const PENDING: [u8; 8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
const BITCOIN: [u8; 8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];
const LITECOIN: [u8; 8] = [0x06, 0x86, 0x9a, 0x0d, 0x73, 0xd7, 0x1b, 0x45];

/// Longest message and longest argument of a step.
const MAX_MESSAGE: usize = 4096;
/// Longest attestation.
const MAX_PAYLOAD: usize = 8192;
/// Longest calendar address.
const MAX_URI: usize = 1000;
/// Most steps from the digest to an attestation: beyond, the standard client refuses too.
const MAX_DEPTH: usize = 255;
/// Most steps of a proof, each over at most 4 KiB.
const MAX_STEPS: usize = 4096;
/// Most attestations.
const MAX_ATTESTATIONS: usize = 256;

/// Who attests what a path ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attestation {
    /// A calendar has taken it and will have it in a block later. Proves nothing yet.
    Pending {
        /// The calendar's address.
        uri: String,
    },
    /// The message is the Merkle root of this Bitcoin block.
    Bitcoin {
        /// The block's height.
        height: u64,
    },
    /// The message is the Merkle root of this Litecoin block.
    Litecoin {
        /// The block's height.
        height: u64,
    },
    /// Of a kind that is not known here.
    Other {
        /// Its eight-byte tag.
        tag: [u8; 8],
    },
}

/// An end of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// Who attests.
    pub attestation: Attestation,
    /// What the path comes to; `None` behind a hash that is not computed here (SHA-1, RIPEMD-160, Keccak).
    pub message: Option<Vec<u8>>,
}

/// What a proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its ends, in the file's order.
    pub ends: Vec<Attested>,
}

impl Proof {
    /// The lowest Bitcoin block that it ends in.
    #[must_use]
    pub fn bitcoin_height(&self) -> Option<u64> {
        let heights = self.ends.iter().filter_map(|end| match end.attestation {
            Attestation::Bitcoin { height } => Some(height),
            _ => None,
        });
        heights.min()
    }

    /// The calendars whose promise is still open, with what to ask them for: `GET <uri>/timestamp/<message in hexadecimal>`.
    pub fn pending(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.ends.iter().filter_map(|end| match (&end.attestation, &end.message) {
            (Attestation::Pending { uri }, Some(message)) => Some((uri.as_str(), message.as_slice())),
            _ => None,
        })
    }
}

/// What a calendar gets (`POST <calendar>/digest`): SHA-256(commitment ‖ nonce).
#[must_use]
pub fn submitted(commitment: &Digest, nonce: &[u8; NONCE_LEN]) -> Digest {
    hash::sha256(&[&commitment[..], nonce].concat())
}

/// Whether `bytes` are a detached proof, and not a calendar's answer.
#[must_use]
pub fn is_detached(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The detached proof of `commitment` from the answer of a calendar that got [`submitted`].
///
/// # Errors
/// [`AnchorError`], when the answer cannot be read.
pub fn detached(commitment: &Digest, nonce: &[u8; NONCE_LEN], answer: &[u8]) -> Result<Vec<u8>, AnchorError> {
    if answer.len() > MAX_TOKEN_BYTES {
        return Err(AnchorError::TooLarge);
    }
    walk(answer, 0, &submitted(commitment, nonce))?;
    let proof = [&MAGIC[..], &[VERSION, SHA256], commitment, &[APPEND, 16], nonce, &[SHA256], answer].concat();
    check(&proof, commitment)?;
    Ok(proof)
}

/// Reads a detached proof and compares its digest with `commitment`.
///
/// # Errors
/// [`AnchorError`].
pub fn check(proof: &[u8], commitment: &Digest) -> Result<Proof, AnchorError> {
    let start = begin(proof, commitment)?;
    Ok(Proof { ends: walk(proof, start, commitment)?.ends })
}

/// Adds a calendar's `answer` about `message` to a proof: that of a second calendar (about what was [`submitted`]), or the block
/// that a promise came to (about the message of [`Proof::pending`]). What was there stays.
///
/// # Errors
/// [`AnchorError::NoSuchMessage`] when the proof does not come by `message`; otherwise as [`check`].
pub fn graft(proof: &[u8], commitment: &Digest, message: &[u8], answer: &[u8]) -> Result<Vec<u8>, AnchorError> {
    let start = begin(proof, commitment)?;
    if answer.len() > MAX_TOKEN_BYTES {
        return Err(AnchorError::TooLarge);
    }
    let nodes = walk(proof, start, commitment)?.nodes;
    let at = nodes.iter().find(|(_, found)| found == message).map(|(at, _)| *at).ok_or(AnchorError::NoSuchMessage)?;
    // A node is `(0xff item)* item`: the answer's items come first, the last of them with the mark that others follow.
    let last = walk(answer, 0, message)?.last_of_first_node;
    let (before, after) = proof.split_at_checked(at).ok_or(AnchorError::Malformed)?;
    let (items, last) = answer.split_at_checked(last).ok_or(AnchorError::Malformed)?;
    let grafted = [before, items, &[FORK], last, after].concat();
    check(&grafted, commitment)?;
    Ok(grafted)
}

/// Where the tree begins.
fn begin(proof: &[u8], commitment: &Digest) -> Result<usize, AnchorError> {
    if proof.len() > MAX_TOKEN_BYTES {
        return Err(AnchorError::TooLarge);
    }
    let rest = proof.strip_prefix(MAGIC.as_slice()).ok_or(AnchorError::Malformed)?;
    let (&[version, algorithm], rest) = rest.split_first_chunk().ok_or(AnchorError::Malformed)?;
    if version != VERSION {
        return Err(AnchorError::UnknownVersion);
    }
    if algorithm != SHA256 {
        return Err(AnchorError::OtherAlgorithm);
    }
    let digest: &Digest = rest.first_chunk().ok_or(AnchorError::Malformed)?;
    if digest != commitment { Err(AnchorError::OtherCommitment) } else { Ok(MAGIC.len() + 2 + 32) }
}

#[derive(Default)]
struct Walked {
    ends: Vec<Attested>,
    /// Where each node begins, and its message.
    nodes: Vec<(usize, Vec<u8>)>,
    /// Where the first node's last item begins.
    last_of_first_node: usize,
}

/// A node to come back to: it has more items.
struct Open {
    message: Option<Vec<u8>>,
    depth: usize,
}

/// Reads a whole tree over `message` from `start` to the end of `bytes`.
fn walk(bytes: &[u8], start: usize, message: &[u8]) -> Result<Walked, AnchorError> {
    let mut input = Input { bytes, at: start };
    let mut walked = Walked { nodes: vec![(start, message.to_vec())], ..Walked::default() };
    let mut open: Vec<Open> = Vec::new();
    let mut here = Open { message: Some(message.to_vec()), depth: 0 };
    let mut steps = 0usize;
    loop {
        let mut tag = input.byte()?;
        let more = tag == FORK;
        if more {
            tag = input.byte()?;
        } else if here.depth == 0 {
            walked.last_of_first_node = input.at.saturating_sub(1);
        }
        if tag == ATTESTATION {
            let attestation = attestation(&mut input)?;
            walked.ends.push(Attested { attestation, message: here.message.clone() });
            if walked.ends.len() > MAX_ATTESTATIONS {
                return Err(AnchorError::TooLarge);
            }
            if !more {
                match open.pop() {
                    Some(node) => here = node,
                    None => break,
                }
            }
            continue;
        }
        steps = steps.saturating_add(1);
        let depth = here.depth.saturating_add(1);
        if steps > MAX_STEPS || depth > MAX_DEPTH {
            return Err(AnchorError::TooLarge);
        }
        let result = step(&mut input, tag, here.message.as_deref())?;
        if let Some(result) = &result {
            walked.nodes.push((input.at, result.clone()));
        }
        let below = Open { message: result, depth };
        let left = core::mem::replace(&mut here, below);
        if more {
            open.push(left);
        }
    }
    if input.at == bytes.len() { Ok(walked) } else { Err(AnchorError::Malformed) }
}

/// One step on `message`; `None` where that is not computed here.
fn step(input: &mut Input<'_>, tag: u8, message: Option<&[u8]>) -> Result<Option<Vec<u8>>, AnchorError> {
    let argument = match tag {
        APPEND | PREPEND => input.counted(1, MAX_MESSAGE)?,
        SHA1 | RIPEMD160 | SHA256 | KECCAK256 | REVERSE | HEXLIFY => &[],
        _ => return Err(AnchorError::UnknownStep),
    };
    let Some(message) = message else { return Ok(None) };
    let result = match tag {
        APPEND => [message, argument].concat(),
        PREPEND => [argument, message].concat(),
        SHA256 => hash::sha256(message).to_vec(),
        REVERSE => message.iter().rev().copied().collect(),
        HEXLIFY => crate::hex::encode(message).into_bytes(),
        _ => return Ok(None),
    };
    if result.len() > MAX_MESSAGE { Err(AnchorError::TooLarge) } else { Ok(Some(result)) }
}

fn attestation(input: &mut Input<'_>) -> Result<Attestation, AnchorError> {
    let tag: [u8; 8] = input.take(8)?.try_into().map_err(|_| AnchorError::Malformed)?;
    let mut payload = Input { bytes: input.counted(0, MAX_PAYLOAD)?, at: 0 };
    let attestation = match tag {
        PENDING => {
            let uri = payload.counted(0, MAX_URI)?;
            // What the standard client allows: nothing that could be a query, an account, or worse in a terminal.
            let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._/:".contains(b);
            if !uri.iter().all(plain) {
                return Err(AnchorError::Malformed);
            }
            Attestation::Pending { uri: String::from_utf8_lossy(uri).into_owned() }
        }
        BITCOIN => Attestation::Bitcoin { height: payload.number()? },
        LITECOIN => Attestation::Litecoin { height: payload.number()? },
        _ => return Ok(Attestation::Other { tag }),
    };
    if payload.at == payload.bytes.len() { Ok(attestation) } else { Err(AnchorError::Malformed) }
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], AnchorError> {
        let end = self.at.checked_add(count).ok_or(AnchorError::Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(AnchorError::Malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, AnchorError> {
        self.take(1)?.first().copied().ok_or(AnchorError::Malformed)
    }

    /// Little-endian, seven bits a byte.
    fn number(&mut self) -> Result<u64, AnchorError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            let shifted = part << shift;
            if shifted >> shift != part {
                return Err(AnchorError::Malformed);
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(AnchorError::Malformed)
    }

    /// A number of bytes, and the bytes.
    fn counted(&mut self, min: usize, max: usize) -> Result<&'a [u8], AnchorError> {
        let count = usize::try_from(self.number()?).map_err(|_| AnchorError::TooLarge)?;
        if count < min {
            return Err(AnchorError::Malformed);
        }
        if count > max {
            return Err(AnchorError::TooLarge);
        }
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITMENT: Digest = [7; 32];
    const NONCE: [u8; NONCE_LEN] = [9; NONCE_LEN];

    fn promise(uri: &str) -> Vec<u8> {
        [&[ATTESTATION][..], &PENDING, &[uri.len() as u8 + 1, uri.len() as u8], uri.as_bytes()].concat()
    }

    fn block(height: u8) -> Vec<u8> {
        [&[ATTESTATION][..], &BITCOIN, &[1, height]].concat()
    }

    fn answer(uri: &str) -> Vec<u8> {
        [&[APPEND, 2, 1, 2, SHA256, PREPEND, 1, 5, FORK][..], &promise(uri), &[SHA256], &promise("https://b.example")]
            .concat()
    }

    #[test]
    fn a_calendars_answer_becomes_a_proof() {
        let proof = detached(&COMMITMENT, &NONCE, &answer("https://a.example")).unwrap();
        let read = check(&proof, &COMMITMENT).unwrap();
        let sent = submitted(&COMMITMENT, &NONCE);
        let first = [&[5][..], &hash::sha256(&[&sent[..], &[1, 2]].concat())].concat();
        let pending: Vec<_> = read.pending().collect();
        assert_eq!(pending, [("https://a.example", &first[..]), ("https://b.example", &hash::sha256(&first)[..])]);
        assert_eq!(read.bitcoin_height(), None);
        assert_eq!(check(&proof, &[8; 32]), Err(AnchorError::OtherCommitment));
    }

    #[test]
    fn further_answers_are_grafted_and_nothing_is_lost() {
        let sent = submitted(&COMMITMENT, &NONCE);
        let proof = detached(&COMMITMENT, &NONCE, &answer("https://a.example")).unwrap();
        let two = graft(&proof, &COMMITMENT, &sent, &promise("https://c.example")).unwrap();
        let uris = |proof: &[u8]| -> Vec<String> {
            check(proof, &COMMITMENT).unwrap().pending().map(|(uri, _)| uri.to_owned()).collect()
        };
        assert_eq!(uris(&two), ["https://c.example", "https://a.example", "https://b.example"]);
        // Each promise can come to a block, whether it is its node's last item or not.
        for uri in uris(&two) {
            let message = {
                let read = check(&two, &COMMITMENT).unwrap();
                read.pending().find(|(found, _)| *found == uri).unwrap().1.to_vec()
            };
            let upgrade = [&[FORK][..], &block(99), &[SHA256], &block(42)].concat();
            let done = graft(&two, &COMMITMENT, &message, &upgrade).unwrap();
            let read = check(&done, &COMMITMENT).unwrap();
            assert_eq!((read.ends.len(), read.bitcoin_height()), (5, Some(42)));
            let root = read.ends.iter().find(|end| end.attestation == Attestation::Bitcoin { height: 42 }).unwrap();
            assert_eq!(root.message.as_deref(), Some(&hash::sha256(&message)[..]));
            assert_eq!(uris(&done).len(), 3);
        }
        assert_eq!(graft(&two, &COMMITMENT, b"nothing of it", &block(1)), Err(AnchorError::NoSuchMessage));
    }

    #[test]
    fn what_is_no_proof_is_refused_by_name() {
        let good = detached(&COMMITMENT, &NONCE, &promise("https://a.example")).unwrap();
        for cut in 0..good.len() {
            assert!(check(&good[..cut], &COMMITMENT).is_err(), "{cut}");
        }
        assert_eq!(check(&[&good[..], b"x"].concat(), &COMMITMENT), Err(AnchorError::Malformed));
        let changed = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            check(&bytes, &COMMITMENT).unwrap_err()
        };
        assert_eq!(changed(5, 0), AnchorError::Malformed);
        assert_eq!(changed(MAGIC.len(), 2), AnchorError::UnknownVersion);
        assert_eq!(changed(MAGIC.len() + 1, SHA1), AnchorError::OtherAlgorithm);
        assert_eq!(changed(MAGIC.len() + 2, 8), AnchorError::OtherCommitment);
        assert_eq!(changed(MAGIC.len() + 34, 0x55), AnchorError::UnknownStep);
        let answer = |bytes: &[u8]| detached(&COMMITMENT, &NONCE, bytes).unwrap_err();
        assert_eq!(answer(b""), AnchorError::Malformed);
        assert_eq!(answer(b"Not found"), AnchorError::UnknownStep);
        assert_eq!(answer(&promise("https://a.example?q=1")), AnchorError::Malformed);
        assert_eq!(answer(&promise("a\x1b[2J")), AnchorError::Malformed);
        assert_eq!(answer(&[APPEND, 0]), AnchorError::Malformed);
        assert_eq!(answer(&[APPEND, 0x81, 0x20]), AnchorError::TooLarge);
        assert_eq!(answer(&[&[APPEND][..], &[0xff; 10]].concat()), AnchorError::Malformed);
        assert_eq!(answer(&vec![0; MAX_TOKEN_BYTES + 1]), AnchorError::TooLarge);
    }

    #[test]
    fn depth_width_and_length_are_bounded() {
        let deep = |steps: usize| [&vec![SHA256; steps][..], &promise("https://a.example")].concat();
        // Two steps of ours come before.
        assert!(detached(&COMMITMENT, &NONCE, &deep(MAX_DEPTH - 2)).is_ok());
        assert_eq!(detached(&COMMITMENT, &NONCE, &deep(MAX_DEPTH - 1)), Err(AnchorError::TooLarge));
        let wide = |ends: usize| [[&[FORK][..], &block(1)].concat().repeat(ends - 1), block(1)].concat();
        assert!(detached(&COMMITMENT, &NONCE, &wide(MAX_ATTESTATIONS)).is_ok());
        assert_eq!(detached(&COMMITMENT, &NONCE, &wide(MAX_ATTESTATIONS + 1)), Err(AnchorError::TooLarge));
        let long = [&[HEXLIFY; 8][..], &block(1)].concat();
        assert_eq!(detached(&COMMITMENT, &NONCE, &long), Err(AnchorError::TooLarge));
        let forks = [&[FORK, SHA256].repeat(200)[..], &block(1)].concat();
        assert_eq!(detached(&COMMITMENT, &NONCE, &forks), Err(AnchorError::Malformed), "every fork needs its own end");
    }

    #[test]
    fn what_is_not_computed_here_is_kept_as_unknown() {
        let proof = detached(&COMMITMENT, &NONCE, &[&[RIPEMD160, SHA256][..], &block(3)].concat()).unwrap();
        let read = check(&proof, &COMMITMENT).unwrap();
        assert_eq!(read.ends, [Attested { attestation: Attestation::Bitcoin { height: 3 }, message: None }]);
        let other = [&[ATTESTATION][..], &[1; 8], &[2, 0xaa, 0xbb]].concat();
        let proof = detached(&COMMITMENT, &NONCE, &other).unwrap();
        assert_eq!(check(&proof, &COMMITMENT).unwrap().ends[0].attestation, Attestation::Other { tag: [1; 8] });
    }
}
