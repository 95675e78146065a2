//! A card whose signature holds, and which of its keys may be sealed to.

use core::fmt;
use std::sync::Arc;

use amparo_crypto::{age::KeyKind, hash::Digest};
use time::Date;

use crate::{CardContent, CardError, CardId, CardKey, Fingerprint, Signer};

/// A card that was read: its signature holds, and every field keeps its rule. Cheap to clone; holds no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    bytes: Arc<[u8]>,
    signer: Signer,
    digest: Digest,
    content: Arc<CardContent>,
}

impl Card {
    pub(crate) fn new(bytes: &[u8], signer: Signer, digest: Digest, content: CardContent) -> Self {
        Self { bytes: bytes.into(), signer, digest, content: Arc::new(content) }
    }

    /// The file, exactly as it was read: what is kept, and what is handed on.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of what is signed: names this version of this card, whatever it says of itself.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Who signed it.
    #[must_use]
    pub fn signer(&self) -> Signer {
        self.signer
    }

    /// What people compare before they trust its first version; its [`Fingerprint::words`] are for reading aloud.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.signer.fingerprint()
    }

    /// What it says.
    #[must_use]
    pub fn content(&self) -> &CardContent {
        &self.content
    }

    /// The same in all versions of one recipient's card.
    #[must_use]
    pub fn id(&self) -> CardId {
        self.content.id
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.content.version
    }

    /// The keys that may be sealed to on `day`: of each kind the first that has not expired, in the card's order. A report is sealed
    /// to one of them; to prefer [`KeyKind::PostQuantum`] is the caller's part ([`Card::key_on`]).
    ///
    /// # Errors
    /// [`CardError::Expired`] (the card itself), [`CardError::KeysExpired`], [`CardError::NoKnownKey`].
    pub fn keys_on(&self, day: Date) -> Result<Vec<&CardKey>, CardError> {
        self.check_dates(day)?;
        let mut known = self.content.keys.iter().filter(|key| key.public.recipient().is_some()).peekable();
        if known.peek().is_none() {
            return Err(CardError::NoKnownKey);
        }
        let mut valid: Vec<&CardKey> = Vec::new();
        for key in known.filter(|key| day <= key.not_after) {
            if !valid.iter().any(|other| other.public.kind() == key.public.kind()) {
                valid.push(key);
            }
        }
        if valid.is_empty() { Err(CardError::KeysExpired) } else { Ok(valid) }
    }

    /// The key that may be sealed to on `day`, of the kind that is asked for; `None` when the card has none of it that day.
    ///
    /// # Errors
    /// As [`Card::keys_on`].
    pub fn key_on(&self, day: Date, kind: KeyKind) -> Result<Option<&CardKey>, CardError> {
        let of_kind = |key: &&CardKey| key.public.recipient().is_some_and(|recipient| recipient.kind() == kind);
        Ok(self.keys_on(day)?.into_iter().find(of_kind))
    }
}

/// Prints the version only: whom somebody writes to is not for logs.
impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card(version {}, ..)", self.version())
    }
}
