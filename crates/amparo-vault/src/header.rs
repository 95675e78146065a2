//! The plaintext header of a vault: what must be known before a passphrase can be tried (`docs/formats/vault.md`).
//!
//! Written once, at creation, and never changed. Nothing in it is secret and nothing in it says who the vault belongs to,
//! how many passphrases open it, or what it holds. Every field is bounded when it is read: an attacker may have written it.

use amparo_crypto::{
    hash,
    kdf::{self, KdfParams},
};

use crate::VaultError;

/// Bytes of the header file.
pub(crate) const HEADER_LEN: usize = 256;
/// The newest format version this code reads and the one it writes.
pub const FORMAT_VERSION: u16 = 1;

const MAGIC: &[u8; 8] = b"AMPAROVT";
const CHECKSUM_AT: usize = HEADER_LEN - 32;
const MAX_DEVICE_KEYS: usize = 4;

/// The header's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub kdf: KdfParams,
    /// Bytes of Argon2id output handed to the device key.
    pub stretch_len: u32,
    pub salt: [u8; kdf::SALT_LEN],
    pub device_keys: Vec<[u8; 16]>,
}

impl Header {
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut out = Vec::with_capacity(HEADER_LEN);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_be_bytes());
        out.extend_from_slice(&[0, self.device_keys.len().min(MAX_DEVICE_KEYS) as u8]);
        for field in [self.kdf.memory_kib(), self.kdf.passes(), self.kdf.lanes(), self.stretch_len] {
            out.extend_from_slice(&field.to_be_bytes());
        }
        out.extend_from_slice(&self.salt);
        for id in self.device_keys.iter().take(MAX_DEVICE_KEYS) {
            out.extend_from_slice(id);
        }
        out.resize(CHECKSUM_AT, 0);
        let checksum = hash::sha256(&out);
        out.extend_from_slice(&checksum);
        let mut bytes = [0u8; HEADER_LEN];
        bytes.copy_from_slice(&out);
        bytes
    }

    /// Reads a header. The order of the checks decides what the user is told: not ours, cut off, newer, damaged, hostile.
    pub fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut fields = Reader(bytes);
        if &fields.take::<8>()? != MAGIC {
            return Err(VaultError::NotAVault);
        }
        let version = u16::from_be_bytes(fields.take()?);
        if bytes.len() < HEADER_LEN {
            return Err(VaultError::HeaderTruncated);
        }
        let (body, checksum) = bytes.split_at_checked(CHECKSUM_AT).ok_or(VaultError::HeaderTruncated)?;
        // The checksum finds accidents, not attackers: it has no key. Version first among intact headers only, so that a
        // flipped bit in the version is damage and not "made by a newer version".
        if hash::sha256(body) != checksum {
            return Err(VaultError::HeaderDamaged);
        }
        if version > FORMAT_VERSION {
            return Err(VaultError::NewerVersion { found: version, supported: FORMAT_VERSION });
        }
        let [reserved, device_key_count] = fields.take()?;
        let [memory_kib, passes, lanes, stretch_len] = [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
        let salt = fields.take()?;
        let count = usize::from(device_key_count);
        let stretch_ok = (kdf::STRETCH_LEN_MIN..=kdf::STRETCH_LEN_MAX).contains(&stretch_len);
        if bytes.len() != HEADER_LEN || version == 0 || reserved != 0 || count > MAX_DEVICE_KEYS || !stretch_ok {
            return Err(VaultError::HeaderDamaged);
        }
        let kdf = KdfParams::new(memory_kib, passes, lanes)?;
        let device_keys = (0..count).map(|_| fields.take()).collect::<Result<_, _>>()?;
        Ok(Self { kdf, stretch_len, salt, device_keys })
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], VaultError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(VaultError::HeaderTruncated)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u32(&mut self) -> Result<u32, VaultError> {
        Ok(u32::from_be_bytes(self.take()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { kdf: KdfParams::FLOOR, stretch_len: 64, salt: [9; 32], device_keys: vec![[1; 16], [2; 16]] }
    }

    fn resealed(change: impl FnOnce(&mut [u8; HEADER_LEN])) -> Result<Header, VaultError> {
        let mut bytes = header().to_bytes();
        change(&mut bytes);
        let checksum = hash::sha256(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum);
        Header::parse(&bytes)
    }

    #[test]
    fn round_trip() {
        assert_eq!(Header::parse(&header().to_bytes()).unwrap(), header());
    }

    #[test]
    fn every_flip_and_every_cut_is_refused_by_name() {
        let good = header().to_bytes();
        for bit in 0..HEADER_LEN * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            let expected_foreign = bit / 8 < 8;
            match Header::parse(&bad).unwrap_err() {
                VaultError::NotAVault => assert!(expected_foreign),
                VaultError::HeaderDamaged => assert!(!expected_foreign),
                other => panic!("{other:?}"),
            }
        }
        for cut in 0..HEADER_LEN {
            assert!(matches!(Header::parse(&good[..cut]), Err(VaultError::HeaderTruncated)));
        }
        assert!(matches!(Header::parse(&[good.as_slice(), &[0]].concat()), Err(VaultError::HeaderDamaged)));
    }

    #[test]
    fn a_hostile_but_well_formed_header_is_refused() {
        let set =
            |at: usize, value: u32| move |b: &mut [u8; HEADER_LEN]| b[at..at + 4].copy_from_slice(&value.to_be_bytes());
        assert!(matches!(resealed(set(12, u32::MAX)), Err(VaultError::KdfParameters { memory_kib: u32::MAX, .. })));
        assert!(matches!(resealed(set(12, 8)), Err(VaultError::KdfParameters { memory_kib: 8, .. })));
        assert!(matches!(resealed(set(16, 1 << 30)), Err(VaultError::KdfParameters { .. })));
        assert!(matches!(resealed(set(24, u32::MAX)), Err(VaultError::HeaderDamaged)));
        assert!(matches!(resealed(|b| b[11] = 5), Err(VaultError::HeaderDamaged)));
        assert!(matches!(resealed(|b| b[9] = 2), Err(VaultError::NewerVersion { found: 2, supported: 1 })));
    }
}
