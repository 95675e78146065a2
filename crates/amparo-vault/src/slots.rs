//! The slot file: eight 512-byte slots that all look like noise (`docs/formats/vault.md`).
//!
//! ```text
//! slot      salt[24] ‖ commitment[32] ‖ nonce[24] ‖ ciphertext[416] ‖ tag[16]
//! slot key    HKDF-Expand(KEK, label ‖ 00 ‖ 00 ‖ index ‖ salt, 32)
//! commitment  HKDF-Expand(KEK, label ‖ 00 ‖ 01 ‖ index ‖ salt, 32)
//! content   kind ‖ flags ‖ 00 00 ‖ space[16] ‖ vault master key[32] ‖ epoch be64 ‖ zeros
//! file      slot 0 … slot 7 ‖ SHA-256 of the eight slots
//! ```
//!
//! An unused slot is random bytes, so nobody can count the passphrases. All eight are always tried, and compared in constant
//! time, so nobody can time which one opened. The commitment keeps one slot from opening under two keys. The checksum has no
//! key: it tells damage from a wrong passphrase, nothing else. Slots are written as one file, replaced atomically.

use amparo_crypto::{
    SecretKey,
    aead::{NONCE_LEN, RandomNonceKey},
    hash, labels, random,
};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::VaultError;

/// Number of slots, on every install.
pub(crate) const SLOT_COUNT: usize = 8;
/// Bytes of one slot.
pub(crate) const SLOT_LEN: usize = 512;
/// Bytes of the slot file.
pub(crate) const FILE_LEN: usize = SLOT_COUNT * SLOT_LEN + 32;

const SALT_LEN: usize = 24;
const COMMIT_LEN: usize = 32;
const ENVELOPE_LEN: usize = SLOT_LEN - SALT_LEN - COMMIT_LEN;
const CONTENT_LEN: usize = ENVELOPE_LEN - NONCE_LEN - 16;

/// What a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum SlotKind {
    /// The owner's passphrase.
    Main = 1,
}

/// The content of one slot.
#[derive(Clone)]
pub(crate) struct SlotContent {
    pub kind: SlotKind,
    /// The name of the space, under `spaces/`, whose master key this is.
    pub space: [u8; 16],
    pub master: SecretKey,
    /// Counts the changes of the master key.
    pub epoch: u64,
}

/// The slot file in memory.
pub(crate) struct Slots {
    slots: [[u8; SLOT_LEN]; SLOT_COUNT],
    intact: bool,
}

impl Slots {
    /// Eight slots of noise.
    pub fn generate() -> Result<Self, VaultError> {
        let mut slots = [[0u8; SLOT_LEN]; SLOT_COUNT];
        for slot in &mut slots {
            random::fill(slot)?;
        }
        Ok(Self { slots, intact: true })
    }

    /// Reads the file. A wrong checksum is remembered, not refused: a slot that is whole still opens.
    pub fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let (body, checksum) = bytes.split_last_chunk::<32>().ok_or(VaultError::SlotsTruncated)?;
        if bytes.len() != FILE_LEN {
            return Err(VaultError::SlotsTruncated);
        }
        let mut slots = [[0u8; SLOT_LEN]; SLOT_COUNT];
        for (slot, chunk) in slots.iter_mut().zip(body.chunks_exact(SLOT_LEN)) {
            slot.copy_from_slice(chunk);
        }
        Ok(Self { slots, intact: hash::sha256(body) == *checksum })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.slots.concat();
        let checksum = hash::sha256(&out);
        out.extend_from_slice(&checksum);
        out
    }

    /// Whether the file's checksum matched.
    pub fn intact(&self) -> bool {
        self.intact
    }

    /// Tries all slots.
    pub fn open(&self, kek: &SecretKey) -> Result<(usize, SlotContent), VaultError> {
        let mut found = u8::MAX;
        for (index, slot) in (0u8..).zip(&self.slots) {
            let (_, commitment) = slot_keys(kek, index, slot.first_chunk().unwrap_or(&[0; SALT_LEN]));
            let stated = slot.get(SALT_LEN..SALT_LEN + COMMIT_LEN).unwrap_or_default();
            found.conditional_assign(&index, commitment.as_slice().ct_eq(stated));
        }
        let not_found = if self.intact { VaultError::WrongPassphrase } else { VaultError::SlotsDamaged };
        let Some(slot) = self.slots.get(usize::from(found)) else { return Err(not_found) };
        let (salt, rest) = slot.split_first_chunk::<SALT_LEN>().ok_or(VaultError::SlotsTruncated)?;
        let (key, _) = slot_keys(kek, found, salt);
        let envelope = rest.get(COMMIT_LEN..).ok_or(VaultError::SlotsTruncated)?;
        // The commitment matched, so the passphrase is right and the rest of the slot is not.
        let content = RandomNonceKey::from_key(&key)
            .open(labels::SLOT_AAD.as_bytes(), envelope)
            .map_err(|_| VaultError::SlotsDamaged)?;
        Ok((usize::from(found), SlotContent::parse(&content)?))
    }

    /// Replaces slot `index`.
    pub fn seal(&mut self, index: usize, kek: &SecretKey, content: &SlotContent) -> Result<(), VaultError> {
        let salt = random::array::<SALT_LEN>()?;
        let slot = self.slots.get_mut(index).ok_or(VaultError::SlotsTruncated)?;
        let (key, commitment) = slot_keys(kek, index as u8, &salt);
        let envelope = RandomNonceKey::from_key(&key).seal(labels::SLOT_AAD.as_bytes(), &*content.to_bytes())?;
        slot.copy_from_slice(&[salt.as_slice(), &commitment, &envelope].concat());
        Ok(())
    }
}

fn slot_keys(kek: &SecretKey, index: u8, salt: &[u8; SALT_LEN]) -> (SecretKey, [u8; COMMIT_LEN]) {
    let context = |part: u8| [&[part, index], salt.as_slice()].concat();
    (kek.derive(labels::SLOT, &context(0)), *kek.derive(labels::SLOT, &context(1)).expose())
}

impl SlotContent {
    fn to_bytes(&self) -> Zeroizing<[u8; CONTENT_LEN]> {
        let mut out = Zeroizing::new([0u8; CONTENT_LEN]);
        let fields: [&[u8]; 5] =
            [&[self.kind as u8, 0, 0, 0], &self.space, self.master.expose(), &self.epoch.to_be_bytes(), &[]];
        for (to, from) in out.iter_mut().zip(fields.iter().flat_map(|f| f.iter())) {
            *to = *from;
        }
        out
    }

    fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let ([kind, flags, 0, 0], rest) = bytes.split_first_chunk::<4>().ok_or(VaultError::SlotsDamaged)? else {
            return Err(VaultError::SlotsDamaged);
        };
        let (space, rest) = rest.split_first_chunk::<16>().ok_or(VaultError::SlotsDamaged)?;
        let (master, rest) = rest.split_first_chunk::<32>().ok_or(VaultError::SlotsDamaged)?;
        let (epoch, _) = rest.split_first_chunk::<8>().ok_or(VaultError::SlotsDamaged)?;
        // An authentic slot of a kind or with a flag that this version does not know was written by a newer one.
        if *kind != SlotKind::Main as u8 || *flags != 0 {
            return Err(VaultError::NewerVersion {
                found: crate::header::FORMAT_VERSION + 1,
                supported: crate::header::FORMAT_VERSION,
            });
        }
        let mut master = *master;
        Ok(Self {
            kind: SlotKind::Main,
            space: *space,
            master: SecretKey::take(&mut master),
            epoch: u64::from_be_bytes(*epoch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> SlotContent {
        SlotContent { kind: SlotKind::Main, space: [4; 16], master: SecretKey::generate().unwrap(), epoch: 3 }
    }

    #[test]
    fn a_slot_opens_with_its_key_and_no_other() {
        let (kek, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let stored = content();
        for index in 0..SLOT_COUNT {
            let mut slots = Slots::generate().unwrap();
            slots.seal(index, &kek, &stored).unwrap();
            let slots = Slots::parse(&slots.to_bytes()).unwrap();
            let (at, opened) = slots.open(&kek).unwrap();
            assert_eq!((at, opened.space, opened.epoch), (index, stored.space, 3));
            assert_eq!(opened.master, stored.master);
            assert!(matches!(slots.open(&other), Err(VaultError::WrongPassphrase)));
        }
    }

    #[test]
    fn damage_is_not_taken_for_a_wrong_passphrase() {
        let kek = SecretKey::generate().unwrap();
        let mut slots = Slots::generate().unwrap();
        slots.seal(2, &kek, &content()).unwrap();
        let good = slots.to_bytes();
        for at in 0..FILE_LEN {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            let slots = Slots::parse(&bad).unwrap();
            assert!(!slots.intact());
            let in_our_slot = (2 * SLOT_LEN..3 * SLOT_LEN).contains(&at);
            match slots.open(&kek) {
                Err(VaultError::SlotsDamaged) => assert!(in_our_slot, "byte {at}"),
                Ok(_) => assert!(!in_our_slot, "byte {at}"),
                Err(other) => panic!("{other:?}"),
            }
        }
        for len in [0, 31, FILE_LEN - 1, FILE_LEN + 1] {
            let bytes = vec![0; len];
            assert!(matches!(Slots::parse(&bytes), Err(VaultError::SlotsTruncated)));
        }
    }

    #[test]
    fn used_and_unused_slots_have_the_same_shape() {
        let mut slots = Slots::generate().unwrap();
        slots.seal(0, &SecretKey::generate().unwrap(), &content()).unwrap();
        let ones: Vec<u32> = slots.slots.iter().map(|s| s.iter().map(|b| b.count_ones()).sum()).collect();
        // 4096 fair bits: mean 2048, standard deviation 32. Eight deviations either way never happen by chance.
        assert!(ones.iter().all(|n| (1792..2304).contains(n)), "{ones:?}");
    }
}
