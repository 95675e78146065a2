//! Recipients: the cards of those to whom reports can be sealed, and whom the user trusts to be who they say they are.
//!
//! Whether a card may replace another is `amparo-card`'s rule; here is what it is measured against. A first import needs the fingerprint
//! that the user compared by another way; every later version needs the key that was compared then. A refusal changes nothing. What
//! expired is kept and shown, and nothing can be sealed to it.

mod state;
mod store;

pub use amparo_card::{
    Accepts, Card, CardContent, CardError, CardId, CardKey, Change, Endpoint, Fingerprint, PublicKey, Signer,
};
pub use state::{Readiness, Recipient, RecipientKey};

use crate::{
    Amparo, CoreError, Stamp,
    incident::RecipientKind,
    report::{KeyKind, RecipientGroup, SealError},
    text,
};

/// Longest note on a recipient in bytes.
pub const MAX_NOTE_BYTES: usize = 4096;
/// Most recipients of one vault.
pub const MAX_RECIPIENTS: usize = 1000;

/// The vault's recipients. Got from [`Amparo::recipients`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Recipients<'a> {
    pub(crate) amparo: &'a Amparo,
}

/// What importing a card would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardOfferKind {
    /// The first card of this recipient: its fingerprint is to be compared before it is imported.
    New,
    /// A newer version of a trusted one, signed by the same key.
    Update {
        /// The version that is here.
        from: u64,
    },
    /// The very one that is here.
    Same,
    /// Not what may take the place of what is trusted, or expired: [`CardOffer::refusal`] says why.
    Refused,
}

/// A card that is offered, before anything is changed.
#[derive(Debug, Clone)]
pub struct CardOffer {
    /// The card. What it says of itself proves nothing; what people compare is [`Card::fingerprint`].
    pub card: Card,
    /// What importing it would be.
    pub kind: CardOfferKind,
    /// Why it would be refused now.
    pub refusal: Option<CardError>,
    /// Trusted recipients of the same name under another id. Somebody may be posing as one of them, or have lost their key: ask them
    /// by another way before you import it.
    pub namesakes: Vec<CardId>,
}

impl Recipients<'_> {
    /// Looks at the card file `bytes`: who signed it, and what importing it would do. Changes nothing.
    ///
    /// # Errors
    /// [`CoreError::Card`] when it is no card whose signature holds; and the vault's. A card that would be refused is no error here.
    pub fn offer(&self, bytes: &[u8]) -> Result<CardOffer, CoreError> {
        let now = self.amparo.clock.now();
        let card = Card::parse(bytes)?;
        self.amparo.vault.read(|conn| {
            let (kind, refusal) = match judge(conn, &card, &now)? {
                Ok(kind) => (kind, None),
                Err(refusal) => (CardOfferKind::Refused, Some(refusal)),
            };
            let mut namesakes = Vec::new();
            for row in store::all(conn)? {
                // A damaged card has no name; it is named when it is used.
                let name = row.card().map(|known| known.content().name.trim().to_lowercase());
                if row.id != card.id() && name.is_ok_and(|name| name == card.content().name.trim().to_lowercase()) {
                    namesakes.push(row.id);
                }
            }
            Ok(CardOffer { card: card.clone(), kind, refusal, namesakes })
        })
    }

    /// Imports the card file `bytes`, or updates the recipient of its id. For a recipient who is not here yet, `compared` is the
    /// fingerprint that the user compared with the recipient by another way than the card came; for one who is, it is not needed: the
    /// key that was compared then must have signed this card too. The card that is here once more changes nothing. On the medium when
    /// this returns.
    ///
    /// # Errors
    /// [`CoreError::Card`] with the reason; [`CoreError::FingerprintNotCompared`]; [`CoreError::FingerprintDiffers`] when the card is
    /// not signed by the key of `compared`; [`CoreError::TooMany`]; and the vault's. Nothing changed then.
    pub fn import(&self, bytes: &[u8], compared: Option<Fingerprint>) -> Result<Recipient, CoreError> {
        let now = self.amparo.clock.now();
        let card = Card::parse(bytes)?;
        self.amparo.vault.write(|tx| {
            match judge(tx, &card, &now)?? {
                CardOfferKind::New => match compared {
                    None => return Err(CoreError::FingerprintNotCompared { signer: card.signer() }),
                    Some(compared) if compared != card.fingerprint() => return Err(CoreError::FingerprintDiffers),
                    Some(_) => {
                        text::check_count("recipients", store::count(tx)?.saturating_add(1), MAX_RECIPIENTS)?;
                        store::add(tx, &card, &now)?;
                    }
                },
                // Whoever compared again, and found something else, must hear of it.
                _ if compared.is_some_and(|compared| compared != card.fingerprint()) => {
                    return Err(CoreError::FingerprintDiffers);
                }
                CardOfferKind::Update { .. } => store::update(tx, &card, &now)?,
                CardOfferKind::Same | CardOfferKind::Refused => {}
            }
            Recipient::of(store::find(tx, card.id())?.ok_or(CoreError::RecipientNotFound)?, &now)
        })
    }

    /// All recipients, in the order in which they came; with `kind` those of one kind. One whose card cannot be read any more is listed
    /// as [`Readiness::Damaged`].
    ///
    /// # Errors
    /// The vault's.
    pub fn list(&self, kind: Option<&RecipientKind>) -> Result<Vec<Recipient>, CoreError> {
        let now = self.amparo.clock.now();
        let mut found = Vec::new();
        for row in self.amparo.vault.read(store::all)? {
            let recipient = Recipient::of(row, &now)?;
            if kind.is_none_or(|kind| recipient.kind.as_ref() == Some(kind)) {
                found.push(recipient);
            }
        }
        Ok(found)
    }

    /// One recipient.
    ///
    /// # Errors
    /// [`CoreError::RecipientNotFound`], and the vault's.
    pub fn get(&self, id: CardId) -> Result<Recipient, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.read(|conn| Recipient::of(store::find(conn, id)?.ok_or(CoreError::RecipientNotFound)?, &now))
    }

    /// The recipient's card, as it was imported: to look at, or to hand on to a colleague.
    ///
    /// # Errors
    /// [`CoreError::RecipientNotFound`], [`CoreError::RecipientDamaged`], and the vault's.
    pub fn card(&self, id: CardId) -> Result<Card, CoreError> {
        self.amparo.vault.read(|conn| store::find(conn, id)?.ok_or(CoreError::RecipientNotFound)?.card())
    }

    /// Keeps the user's own words on a recipient, at most [`MAX_NOTE_BYTES`]. They are never part of a report.
    ///
    /// # Errors
    /// [`CoreError::TooLong`], [`CoreError::RecipientNotFound`], and the vault's.
    pub fn set_note(&self, id: CardId, note: &str) -> Result<Recipient, CoreError> {
        let now = self.amparo.clock.now();
        text::check_len("note", note, MAX_NOTE_BYTES)?;
        self.amparo.vault.write(|tx| {
            store::set_note(tx, id, note)?;
            Recipient::of(store::find(tx, id)?.ok_or(CoreError::RecipientNotFound)?, &now)
        })
    }

    /// Removes a recipient. Nothing of them is kept: their card, if it comes again, is a first import, and is compared again.
    ///
    /// # Errors
    /// [`CoreError::RecipientNotFound`], and the vault's.
    pub fn remove(&self, id: CardId) -> Result<(), CoreError> {
        self.amparo.vault.write(|tx| store::remove(tx, id))
    }

    /// One group of a report for these recipients, who must all be of one kind: each is sealed to with the key that is valid today, the
    /// post-quantum one where their card has one. They are told everything that may be told to their kind; choose with
    /// [`RecipientGroup::choice`].
    ///
    /// # Errors
    /// [`CoreError::RecipientNotFound`], [`CoreError::RecipientDamaged`]; [`CoreError::Card`] with what expired;
    /// [`CoreError::RecipientKindsDiffer`], [`CoreError::RecipientTwice`], [`SealError::NoRecipients`] for an empty list; and the vault's.
    pub fn group(&self, ids: &[CardId]) -> Result<RecipientGroup, CoreError> {
        let now = self.amparo.clock.now();
        let cards = self.amparo.vault.read(|conn| {
            ids.iter()
                .map(|id| store::find(conn, *id)?.ok_or(CoreError::RecipientNotFound)?.card())
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut group: Option<RecipientGroup> = None;
        for card in cards {
            let kind: RecipientKind = card.content().kind.parse()?;
            let key = state::key_to_seal_to(&card, &now)?;
            let group = group.get_or_insert_with(|| RecipientGroup::new(kind.clone(), Vec::new()));
            if group.kind != kind {
                return Err(CoreError::RecipientKindsDiffer);
            }
            if group.recipients.contains(&key) {
                return Err(CoreError::RecipientTwice);
            }
            group.recipients.push(key);
        }
        group.ok_or(SealError::NoRecipients.into())
    }
}

/// What importing `card` would be, or why it is refused.
fn judge(conn: &rusqlite::Connection, card: &Card, now: &Stamp) -> Result<Result<CardOfferKind, CardError>, CoreError> {
    let today = now.day();
    Ok(match store::find(conn, card.id())? {
        // What is kept beside the card is enough to refuse another, so a damaged card can be replaced by its own next version or itself.
        Some(row) => card.supersedes(&row.trusted(), today).map(|change| match change {
            Change::Unchanged if row.card().is_ok() => CardOfferKind::Same,
            Change::Unchanged => CardOfferKind::Update { from: row.version },
            Change::Newer { from } => CardOfferKind::Update { from },
        }),
        None => today.map_or(Ok(()), |today| card.check_dates(today)).map(|()| CardOfferKind::New),
    })
}

/// Refuses keys that a trusted card no longer allows to seal to, however they were given. Called before every seal.
pub(crate) fn refuse_expired(
    conn: &rusqlite::Connection,
    keys: &[crate::report::Recipient],
    now: &Stamp,
) -> Result<(), CoreError> {
    let Some(today) = now.day() else { return Ok(()) };
    for row in store::all(conn)? {
        // A card that cannot be read says nothing of a key that was given by hand.
        let Ok(card) = row.card() else { continue };
        let content = card.content();
        for key in &content.keys {
            let last = key.not_after.min(content.expires);
            if key.public.recipient().is_some_and(|known| keys.contains(known)) && today > last {
                return Err(CardError::KeysExpired.into());
            }
        }
    }
    Ok(())
}

/// The order in which keys of a card are tried: what a quantum computer could one day open is second.
const PREFERENCE: [KeyKind; 2] = [KeyKind::PostQuantum, KeyKind::Classic];
