//! Whether a card may take the place of the one that is trusted. The key that signed the first one is the only one that may: there
//! is no way to hand trust on from key to key, because whoever stole a key could walk it.

use amparo_crypto::hash::Digest;
use time::Date;

use crate::{Card, CardError, CardId, Signer};

/// What is kept of the card that is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trusted {
    /// Its id, by which the caller looks it up.
    pub id: CardId,
    /// Who signed it.
    pub signer: Signer,
    /// Its version.
    pub version: u64,
    /// [`Card::digest`].
    pub digest: Digest,
}

/// What a card would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: it is the one that is trusted.
    Unchanged,
    /// It is newer.
    Newer {
        /// The version that it replaces.
        from: u64,
    },
}

impl Card {
    /// What to keep once this card is trusted.
    #[must_use]
    pub fn trusted(&self) -> Trusted {
        Trusted { id: self.id(), signer: self.signer(), version: self.version(), digest: self.digest() }
    }

    /// Whether the card is valid on `today`. A day before it was issued is no reason to refuse it: clocks are wrong more often than
    /// cards are.
    ///
    /// # Errors
    /// [`CardError::Expired`].
    pub fn check_dates(&self, today: Date) -> Result<(), CardError> {
        let expires = self.content().expires;
        if today > expires { Err(CardError::Expired { expires }) } else { Ok(()) }
    }

    /// Whether this card may replace the one that is trusted. `today: None` leaves dates out, for a device whose clock is known to be
    /// wrong. The first error that holds is returned; nothing may change then.
    ///
    /// # Errors
    /// [`CardError::OtherCard`], [`CardError::OtherSigner`], [`CardError::Rollback`], [`CardError::VersionReused`],
    /// [`CardError::Expired`].
    pub fn supersedes(&self, trusted: &Trusted, today: Option<Date>) -> Result<Change, CardError> {
        if self.id() != trusted.id {
            return Err(CardError::OtherCard);
        }
        // Before anything that the card says of itself: what another key signed is worth nothing here.
        if self.signer() != trusted.signer {
            return Err(CardError::OtherSigner { offered: self.signer(), trusted: trusted.signer });
        }
        if self.version() < trusted.version {
            return Err(CardError::Rollback { offered: self.version(), trusted: trusted.version });
        }
        let same = self.version() == trusted.version;
        if same && self.digest() != trusted.digest {
            return Err(CardError::VersionReused { version: trusted.version });
        }
        if let Some(today) = today {
            self.check_dates(today)?;
        }
        Ok(if same { Change::Unchanged } else { Change::Newer { from: trusted.version } })
    }
}
