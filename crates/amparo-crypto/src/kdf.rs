//! From a passphrase to a key-encryption key: NFKC, Argon2id (RFC 9106), an optional device key, HKDF.
//!
//! The parameters are read from a header that an attacker may have written, so they are bounded before any memory is asked
//! for: [`KdfParams::new`] is the only way to make them.

use core::fmt;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, Zeroizing};

use crate::{CryptoError, SecretKey, hash, labels};

/// Longest passphrase accepted, in bytes of its normalised form.
pub const MAX_PASSPHRASE_BYTES: usize = 4096;
/// Bytes of the salt.
pub const SALT_LEN: usize = 32;
/// Shortest and default output of Argon2id, the input of the device key.
pub const STRETCH_LEN_MIN: u32 = 64;
/// Longest output of Argon2id that a header may ask for (a device key may want a long input to slow it down).
pub const STRETCH_LEN_MAX: u32 = 1 << 20;

const MIB: u32 = 1024;

/// Argon2id parameters within bounds: at least the floor of 64 MiB and 3 passes, at most 1 GiB, 16 passes and 4 lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfParams {
    /// 64 MiB, 3 passes, 1 lane: the second recommended option of RFC 9106 §4 on one lane, and the least that is accepted.
    pub const FLOOR: Self = Self { memory_kib: 64 * MIB, passes: 3, lanes: 1 };
    /// The most memory a header may ask for, in KiB: a phone must survive a hostile header.
    pub const MAX_MEMORY_KIB: u32 = 1024 * MIB;
    /// The most passes a header may ask for.
    pub const MAX_PASSES: u32 = 16;
    /// The most lanes a header may ask for.
    pub const MAX_LANES: u32 = 4;

    /// Checks the bounds.
    ///
    /// # Errors
    /// [`CryptoError::KdfParameters`] with the values as stated.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CryptoError> {
        let ok = (Self::FLOOR.memory_kib..=Self::MAX_MEMORY_KIB).contains(&memory_kib)
            && (Self::FLOOR.passes..=Self::MAX_PASSES).contains(&passes)
            && (1..=Self::MAX_LANES).contains(&lanes);
        if ok {
            Ok(Self { memory_kib, passes, lanes })
        } else {
            Err(CryptoError::KdfParameters { memory_kib, passes, lanes })
        }
    }

    /// Memory in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes. They run one after the other: more lanes do not make this implementation faster.
    #[must_use]
    pub fn lanes(&self) -> u32 {
        self.lanes
    }

    /// Times one run at the floor and doubles the memory, up to 512 MiB and `max_memory_kib`, while the expected time stays
    /// within `target`. Never returns less than the floor. Blocks for one run (a quarter of a second on a slow laptop core).
    ///
    /// # Errors
    /// [`CryptoError::OutOfMemory`] when not even the floor can be had.
    pub fn calibrate(target: Duration, max_memory_kib: u32) -> Result<Self, CryptoError> {
        let start = Instant::now();
        let probe = Passphrase::new(b"calibration")?;
        derive_pre_key(&probe, &[0; SALT_LEN], Self::FLOOR, STRETCH_LEN_MIN)?;
        let mut expected = start.elapsed();
        let mut params = Self::FLOOR;
        while params.memory_kib < 512 * MIB && params.memory_kib * 2 <= max_memory_kib && expected * 2 <= target {
            params.memory_kib *= 2;
            expected *= 2;
        }
        Ok(params)
    }
}

/// A passphrase in Unicode NFKC, so that the same words typed on two keyboards open the same vault. Wiped on drop.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Normalises `bytes`. Bytes that are not UTF-8 are taken as they are. The caller wipes its own copy.
    ///
    /// # Errors
    /// [`CryptoError::Passphrase`] when it is empty or longer than [`MAX_PASSPHRASE_BYTES`].
    pub fn new(bytes: &[u8]) -> Result<Self, CryptoError> {
        if bytes.is_empty() || bytes.len() > MAX_PASSPHRASE_BYTES {
            return Err(CryptoError::Passphrase);
        }
        // NFKC can lengthen a character up to 18-fold in UTF-8 (U+FDFA: 3 bytes to 33); reserving for the worst case keeps the
        // buffer from moving and leaving a copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() * 18));
        match core::str::from_utf8(bytes) {
            Ok(text) => {
                let mut utf8 = [0u8; 4];
                for c in text.nfkc() {
                    out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
                }
                utf8.zeroize();
            }
            Err(_) => out.extend_from_slice(bytes),
        }
        if out.len() > MAX_PASSPHRASE_BYTES { Err(CryptoError::Passphrase) } else { Ok(Self(out)) }
    }

    /// Whether both are the same, compared in constant time: for asking twice.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice()).into()
    }

    /// Whether it is a short string of digits: what a person would call a PIN. Ten thousand, or even ten billion, guesses
    /// are nothing to somebody who holds a copy of the disk, so a PIN is only good behind a device key.
    #[must_use]
    pub fn is_pin(&self) -> bool {
        self.0.len() < 16 && self.0.iter().all(u8::is_ascii_digit)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// `Argon2id(passphrase, salt)` of `stretch_len` bytes: the input of the device key and of [`derive_kek`]. Blocks for the
/// time the parameters were calibrated to, and holds `memory_kib` of memory, wiped before it returns.
///
/// # Errors
/// [`CryptoError::OutOfMemory`]; [`CryptoError::KdfParameters`] when `stretch_len` is outside its bounds.
pub fn derive_pre_key(
    passphrase: &Passphrase,
    salt: &[u8; SALT_LEN],
    params: KdfParams,
    stretch_len: u32,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let KdfParams { memory_kib, passes, lanes } = params;
    let out_of_bounds = CryptoError::KdfParameters { memory_kib, passes, lanes };
    if !(STRETCH_LEN_MIN..=STRETCH_LEN_MAX).contains(&stretch_len) {
        return Err(out_of_bounds);
    }
    let mut out = Zeroizing::new(vec![0u8; stretch_len as usize]);
    let argon_params = Params::new(memory_kib, passes, lanes, Some(out.len())).map_err(|_| out_of_bounds)?;
    let mut blocks: Vec<Block> = Vec::new();
    blocks.try_reserve_exact(argon_params.block_count()).map_err(|_| CryptoError::OutOfMemory)?;
    blocks.resize(argon_params.block_count(), Block::default());
    let result = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon_params)
        .hash_password_into_with_memory(&passphrase.0, salt, &mut out, &mut blocks)
        .map_err(|_| out_of_bounds);
    blocks.iter_mut().for_each(Zeroize::zeroize);
    result.map(|()| out)
}

/// `HKDF-SHA256(salt, pre ‖ device)`: the key-encryption key. `device` is what the device key made of `pre`, empty without
/// one.
#[must_use]
pub fn derive_kek(salt: &[u8; SALT_LEN], pre: &[u8], device: &[u8]) -> SecretKey {
    let mut kek = [0u8; 32];
    hash::extract_expand(salt, &[pre, device], labels::KEK, &mut kek);
    SecretKey::take(&mut kek)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_on_both_sides() {
        let f = KdfParams::FLOOR;
        assert!(KdfParams::new(f.memory_kib, f.passes, 1).is_ok());
        for (m, t, p) in [
            (f.memory_kib - 1, 3, 1),
            (KdfParams::MAX_MEMORY_KIB + 1, 3, 1),
            (u32::MAX, 3, 1),
            (f.memory_kib, 2, 1),
            (f.memory_kib, u32::MAX, 1),
            (f.memory_kib, 3, 0),
            (f.memory_kib, 3, 5),
        ] {
            assert_eq!(KdfParams::new(m, t, p), Err(CryptoError::KdfParameters { memory_kib: m, passes: t, lanes: p }));
        }
    }

    #[test]
    fn the_same_words_from_two_keyboards_are_one_passphrase() {
        let composed = Passphrase::new("café ﬁn".as_bytes()).unwrap();
        let decomposed = Passphrase::new("cafe\u{301} fin".as_bytes()).unwrap();
        assert_eq!(composed.0, decomposed.0);
        assert_eq!(format!("{composed:?}"), "Passphrase(..)");
        assert_eq!(Passphrase::new(b"").unwrap_err(), CryptoError::Passphrase);
        assert_eq!(Passphrase::new(&[b'a'; MAX_PASSPHRASE_BYTES + 1]).unwrap_err(), CryptoError::Passphrase);
        assert!(Passphrase::new(&[0xff, 0xfe]).is_ok());
        assert!(Passphrase::new(b"123456").unwrap().is_pin());
        assert!(Passphrase::new("٤٥٦".as_bytes()).is_ok_and(|p| !p.is_pin()));
        assert!(!Passphrase::new(b"correct horse").unwrap().is_pin());
    }

    #[test]
    fn the_device_key_and_the_salt_change_the_key() {
        let kek = derive_kek(&[1; 32], b"pre", b"");
        assert_ne!(kek, derive_kek(&[1; 32], b"pre", b"device"));
        assert_ne!(kek, derive_kek(&[2; 32], b"pre", b""));
        assert_eq!(kek, derive_kek(&[1; 32], b"pre", b""));
    }

    /// RFC 9106 §5.3 needs 32 KiB, below our floor, so the library is checked directly with the RFC's input.
    #[test]
    fn argon2id_matches_rfc_9106() {
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0u8; 32];
        argon.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e,
            0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
        ];
        assert_eq!(tag, expected);
    }

    #[test]
    fn derivation_at_the_floor_is_deterministic_and_bounded() {
        let passphrase = Passphrase::new(b"correct horse").unwrap();
        let a = derive_pre_key(&passphrase, &[7; 32], KdfParams::FLOOR, 64).unwrap();
        assert_eq!(a.len(), 64);
        assert_eq!(a, derive_pre_key(&passphrase, &[7; 32], KdfParams::FLOOR, 64).unwrap());
        assert!(derive_pre_key(&passphrase, &[7; 32], KdfParams::FLOOR, 63).is_err());
        assert!(derive_pre_key(&passphrase, &[7; 32], KdfParams::FLOOR, u32::MAX).is_err());
    }
}
