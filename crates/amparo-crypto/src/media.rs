//! The media chunk stream: fixed slots under a key that belongs to one file (`docs/formats/media.md`).
//!
//! ```text
//! header page, 4096 bytes   salt[24] ‖ commitment[32] ‖ random filler
//! slot i, 2^log2 bytes      ciphertext ‖ tag[16]
//! okm[76] = HKDF-Expand(media key, label ‖ 00 ‖ log2 ‖ salt ‖ media id) = key[32] ‖ base[12] ‖ commitment[32]
//! nonce i = base XOR (00000000 ‖ be64(i << 1 | final))
//! ```
//!
//! The counter nonces are safe because the key is used for one file that is written once, front to back, and never
//! reopened: a slot index must never be sealed twice. The writer that owns the file keeps that rule; resuming after a crash
//! is a new file. The commitment makes a wrong key or a spliced file fail at once, and keeps one file from opening to two
//! contents under two keys. Construction: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) with key commitment as in C2SP
//! chunked-encryption.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::AeadInOut};
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, SecretKey, hash, labels, random};

/// Bytes of the header page.
pub const HEADER_LEN: usize = 4096;
/// Bytes of a slot's tag.
pub const TAG_LEN: usize = 16;
/// Slot indices stay below this, so that `index << 1 | final` never wraps: 2^48 slots of 4 KiB are an exbibyte.
pub const MAX_SLOTS: u64 = 1 << 48;

const SALT_LEN: usize = 24;
const COMMIT_LEN: usize = 32;
/// The byte that ends the data of the final slot; only zeros follow it.
const PAD_MARK: u8 = 0x80;

/// How large a slot is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotSize {
    /// 4 KiB: audio and notes, where little may be lost and files are small.
    Small,
    /// 64 KiB: photos and video.
    Large,
}

impl SlotSize {
    /// The base-2 logarithm of the size, as it is stored.
    #[must_use]
    pub const fn log2(self) -> u8 {
        match self {
            Self::Small => 12,
            Self::Large => 16,
        }
    }

    /// The size whose logarithm is `log2`, if it is one of ours.
    #[must_use]
    pub const fn from_log2(log2: u8) -> Option<Self> {
        match log2 {
            12 => Some(Self::Small),
            16 => Some(Self::Large),
            _ => None,
        }
    }

    /// Bytes of a slot on disk.
    #[must_use]
    pub const fn bytes(self) -> usize {
        1 << self.log2()
    }

    /// Bytes of plaintext in a slot. The final slot holds at least one byte less: its padding is never empty.
    #[must_use]
    pub const fn data_len(self) -> usize {
        self.bytes() - TAG_LEN
    }
}

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// [`SlotSize::data_len`] bytes, and more slots follow.
    Inner,
    /// Padded data, and nothing follows.
    Final,
}

/// The keys of one media file. Wiped on drop.
#[derive(ZeroizeOnDrop)]
pub struct MediaCipher {
    #[zeroize(skip)] // wipes itself: `chacha20poly1305` is built with `zeroize`
    aead: ChaCha20Poly1305,
    base: [u8; 12],
    #[zeroize(skip)]
    size: SlotSize,
}

impl MediaCipher {
    /// Keys for a new file and its header page, to be written once at offset 0.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn create(
        key: &SecretKey,
        media_id: &[u8; 16],
        size: SlotSize,
    ) -> Result<(Self, Box<[u8; HEADER_LEN]>), CryptoError> {
        let mut header = Box::new([0u8; HEADER_LEN]);
        random::fill(header.as_mut_slice())?;
        let (salt, rest) = split_header(header.as_mut_slice()).ok_or(CryptoError::TooLong)?;
        let (cipher, commitment) = Self::derive(key, salt, media_id, size);
        rest.copy_from_slice(&commitment);
        Ok((cipher, header))
    }

    /// Keys for an existing file, after its header page (or at least its first 56 bytes) was read.
    ///
    /// # Errors
    /// [`CryptoError::Tampered`] when the header is too short or was not made for this key, media id and slot size.
    pub fn open(key: &SecretKey, media_id: &[u8; 16], size: SlotSize, header: &[u8]) -> Result<Self, CryptoError> {
        let mut head = [0u8; SALT_LEN + COMMIT_LEN];
        head.copy_from_slice(header.get(..SALT_LEN + COMMIT_LEN).ok_or(CryptoError::Tampered)?);
        let (salt, stated) = split_header(&mut head).ok_or(CryptoError::Tampered)?;
        let (cipher, commitment) = Self::derive(key, salt, media_id, size);
        if bool::from(commitment.as_slice().ct_eq(stated)) { Ok(cipher) } else { Err(CryptoError::Tampered) }
    }

    fn derive(key: &SecretKey, salt: &[u8], media_id: &[u8; 16], size: SlotSize) -> (Self, [u8; COMMIT_LEN]) {
        let context = [&[size.log2()], salt, media_id].concat();
        let mut okm = Zeroizing::new([0u8; 76]);
        hash::expand(key.expose(), labels::MEDIA, &context, okm.as_mut_slice());
        let mut aead_key = Zeroizing::new([0u8; 32]);
        let (mut base, mut commitment) = ([0u8; 12], [0u8; COMMIT_LEN]);
        let (k, rest) = okm.split_at(32);
        let (b, c) = rest.split_at(12);
        aead_key.copy_from_slice(k);
        base.copy_from_slice(b);
        commitment.copy_from_slice(c);
        let aead = ChaCha20Poly1305::new((&*aead_key).into());
        (Self { aead, base, size }, commitment)
    }

    /// The slot size these keys are for.
    #[must_use]
    pub fn slot_size(&self) -> SlotSize {
        self.size
    }

    fn nonce(&self, index: u64, position: Position) -> Result<[u8; 12], CryptoError> {
        if index >= MAX_SLOTS {
            return Err(CryptoError::TooLong);
        }
        let counter = (index << 1) | u64::from(position == Position::Final);
        let mut nonce = self.base;
        for (n, c) in nonce.iter_mut().skip(4).zip(counter.to_be_bytes()) {
            *n ^= c;
        }
        Ok(nonce)
    }

    /// Seals one slot in place. `slot` is [`SlotSize::bytes`] long, its plaintext in front and room for the tag behind.
    /// MUST be called once per index, in rising order: see the module's first comment.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when `slot` has another length or the index is past [`MAX_SLOTS`].
    pub fn seal_slot(&self, index: u64, position: Position, slot: &mut [u8]) -> Result<(), CryptoError> {
        let (data, tag) = self.split(slot)?;
        let nonce = self.nonce(index, position)?;
        let made =
            self.aead.encrypt_inout_detached(&nonce.into(), b"", data.into()).map_err(|_| CryptoError::TooLong)?;
        tag.copy_from_slice(&made);
        Ok(())
    }

    /// Opens one slot in place and returns its plaintext: [`SlotSize::data_len`] bytes, or the unpadded data of a final slot.
    ///
    /// # Errors
    /// [`CryptoError::Tampered`] when the slot was changed, moved, comes from another file, or is not of this `position`.
    /// The slot then holds no plaintext.
    pub fn open_slot<'a>(
        &self,
        index: u64,
        position: Position,
        slot: &'a mut [u8],
    ) -> Result<&'a mut [u8], CryptoError> {
        let nonce = self.nonce(index, position)?;
        let (data, tag) = self.split(slot).map_err(|_| CryptoError::Tampered)?;
        let tag = (*tag).into();
        self.aead
            .decrypt_inout_detached(&nonce.into(), b"", (&mut *data).into(), &tag)
            .map_err(|_| CryptoError::Tampered)?;
        if position == Position::Inner {
            return Ok(data);
        }
        let end = data.iter().rposition(|b| *b != 0).filter(|at| data.get(*at) == Some(&PAD_MARK));
        let end = end.ok_or(CryptoError::Tampered)?;
        data.get_mut(..end).ok_or(CryptoError::Tampered)
    }

    /// Pads `slot` for [`Position::Final`]: `data ‖ 0x80 ‖ 00…`, where the first `len` bytes are data.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when there is no room for the mark.
    pub fn pad(&self, slot: &mut [u8], len: usize) -> Result<(), CryptoError> {
        let (data, _) = self.split(slot)?;
        let mut padding = data.get_mut(len..).ok_or(CryptoError::TooLong)?.iter_mut();
        *padding.next().ok_or(CryptoError::TooLong)? = PAD_MARK;
        padding.for_each(|b| *b = 0);
        Ok(())
    }

    fn split<'a>(&self, slot: &'a mut [u8]) -> Result<(&'a mut [u8], &'a mut [u8; TAG_LEN]), CryptoError> {
        if slot.len() != self.size.bytes() {
            return Err(CryptoError::TooLong);
        }
        slot.split_last_chunk_mut::<TAG_LEN>().ok_or(CryptoError::TooLong)
    }
}

impl core::fmt::Debug for MediaCipher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MediaCipher").field("size", &self.size).finish_non_exhaustive()
    }
}

fn split_header(header: &mut [u8]) -> Option<(&[u8], &mut [u8])> {
    let (salt, rest) = header.split_at_mut_checked(SALT_LEN)?;
    Some((salt, rest.get_mut(..COMMIT_LEN)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: SlotSize) -> (SecretKey, MediaCipher, Box<[u8; HEADER_LEN]>) {
        let key = SecretKey::generate().unwrap();
        let (cipher, header) = MediaCipher::create(&key, &[3; 16], size).unwrap();
        (key, cipher, header)
    }

    #[test]
    fn slots_open_only_where_they_were_sealed() {
        for size in [SlotSize::Small, SlotSize::Large] {
            let (key, cipher, header) = file(size);
            let mut slot = vec![0x5a; size.bytes()];
            cipher.seal_slot(7, Position::Inner, &mut slot).unwrap();
            let reader = MediaCipher::open(&key, &[3; 16], size, header.as_slice()).unwrap();
            assert!(reader.open_slot(7, Position::Inner, &mut slot.clone()).unwrap().iter().all(|b| *b == 0x5a));
            for (index, position) in [(6, Position::Inner), (8, Position::Inner), (7, Position::Final)] {
                assert_eq!(reader.open_slot(index, position, &mut slot.clone()), Err(CryptoError::Tampered));
            }
            for at in [0, size.bytes() / 2, size.bytes() - 1] {
                let mut bad = slot.clone();
                bad[at] ^= 1;
                assert_eq!(reader.open_slot(7, Position::Inner, &mut bad), Err(CryptoError::Tampered));
            }
            assert!(reader.open_slot(7, Position::Inner, &mut slot[1..]).is_err());
        }
    }

    #[test]
    fn the_final_slot_pads_any_length() {
        let (_, cipher, _) = file(SlotSize::Small);
        let room = SlotSize::Small.data_len() - 1;
        for len in [0, 1, 100, room - 1, room] {
            let mut slot = vec![0u8; SlotSize::Small.bytes()];
            slot[..len].fill(0x80); // data that looks like the mark
            cipher.pad(&mut slot, len).unwrap();
            cipher.seal_slot(0, Position::Final, &mut slot).unwrap();
            assert_eq!(cipher.open_slot(0, Position::Final, &mut slot).unwrap(), vec![0x80; len]);
        }
        assert!(cipher.pad(&mut vec![0; SlotSize::Small.bytes()], room + 1).is_err());
    }

    #[test]
    fn the_commitment_binds_key_id_and_slot_size() {
        let (key, _, header) = file(SlotSize::Small);
        let open = |key: &SecretKey, id: u8, size, header: &[u8]| MediaCipher::open(key, &[id; 16], size, header);
        assert!(open(&key, 3, SlotSize::Small, &header[..56]).is_ok());
        assert!(open(&SecretKey::generate().unwrap(), 3, SlotSize::Small, &header[..]).is_err());
        assert!(open(&key, 4, SlotSize::Small, &header[..]).is_err());
        assert!(open(&key, 3, SlotSize::Large, &header[..]).is_err());
        assert!(open(&key, 3, SlotSize::Small, &header[..55]).is_err());
        for at in 0..56 {
            let mut bad = header.clone();
            bad[at] ^= 0x10;
            assert!(open(&key, 3, SlotSize::Small, &bad[..]).is_err());
        }
    }
}
