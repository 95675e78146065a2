//! A recipient as the vault knows them today: what their card says, and whether anything can be sealed to them.

use core::fmt;

use amparo_card::{Accepts, Card, CardError, CardId, Endpoint, Signer};
use time::{Date, Duration};

use super::{PREFERENCE, store::Row};
use crate::{CoreError, Stamp, incident::RecipientKind, report};

/// So many days before the last one, somebody should ask for a new card.
const SOON_DAYS: i64 = 30;

/// Whether something can be sealed to a recipient today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Yes, until this day, which is near: ask for a new card.
    ReadyUntil(Date),
    /// No: the card is past its last day.
    CardExpired(Date),
    /// No: all its keys are past their last days.
    KeysExpired,
    /// No: this version knows none of its keys' kinds. Update the app.
    NoKnownKey,
    /// No: the card is no longer what was imported. Import it again.
    Damaged,
}

impl Readiness {
    /// Whether something can be sealed to them.
    #[must_use]
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::ReadyUntil(_))
    }
}

/// One key of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct RecipientKey {
    /// The code of its kind: `x25519`, `mlkem768x25519`, or one that is not known here.
    pub kind: String,
    /// The last day on which it may be sealed to.
    pub not_after: Date,
    /// The key as `age` writes it; `None` for a kind that is not known here.
    pub public: Option<String>,
}

/// Somebody to whom reports can be sealed. What the card says is empty where it cannot be read ([`Readiness::Damaged`]).
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The card's id: the same in all its versions.
    pub id: CardId,
    /// What they are called. Proves nothing: the fingerprint that was compared does.
    pub name: String,
    /// What kind of recipient they are; persons' consent is bound to it. `None` where the card cannot be read.
    pub kind: Option<RecipientKind>,
    /// Languages that reports may be written in, the preferred one first. Empty: they do not say.
    pub languages: Vec<String>,
    /// How to reach them, the preferred way first.
    pub endpoints: Vec<Endpoint>,
    /// What they take.
    pub accepts: Accepts,
    /// Where they say what they do with reports.
    pub policy_url: Option<String>,
    /// The keys, of each kind the current one first.
    pub keys: Vec<RecipientKey>,
    /// The card's version.
    pub version: u64,
    /// The day on which it was made.
    pub issued: Option<Date>,
    /// Its last day.
    pub expires: Option<Date>,
    /// The key that was compared, and that every later card must be signed by.
    pub signer: Signer,
    /// When they were imported first.
    pub added: Stamp,
    /// When this version was imported.
    pub updated: Stamp,
    /// The user's own words.
    pub note: String,
    /// Whether something can be sealed to them today.
    pub readiness: Readiness,
}

/// Print the type's name only: whom somebody writes to is not for logs.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(..)")
    }
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecipientKey(..)")
    }
}

impl Recipient {
    pub(super) fn of(row: Row, now: &Stamp) -> Result<Self, CoreError> {
        let read = match row.card() {
            Ok(card) => Some(card),
            Err(CoreError::RecipientDamaged) => None,
            Err(other) => return Err(other),
        };
        let content = read.as_ref().map(Card::content);
        let keys = content.iter().flat_map(|content| &content.keys).map(|key| RecipientKey {
            kind: key.public.kind().to_owned(),
            not_after: key.not_after,
            public: key.public.recipient().map(ToString::to_string),
        });
        Ok(Self {
            id: row.id,
            name: content.map(|content| content.name.clone()).unwrap_or_default(),
            kind: content.map(|content| content.kind.parse()).transpose()?,
            languages: content.map(|content| content.languages.clone()).unwrap_or_default(),
            endpoints: content.map(|content| content.endpoints.clone()).unwrap_or_default(),
            accepts: content.map(|content| content.accepts.clone()).unwrap_or_default(),
            policy_url: content.and_then(|content| content.policy_url.clone()),
            keys: keys.collect(),
            version: row.version,
            issued: content.map(|content| content.issued),
            expires: content.map(|content| content.expires),
            signer: row.signer,
            readiness: read.as_ref().map_or(Readiness::Damaged, |card| readiness(card, now)),
            added: row.added,
            updated: row.updated,
            note: row.note,
        })
    }
}

fn readiness(card: &Card, now: &Stamp) -> Readiness {
    let Some(today) = now.day() else {
        return if any_key(card).is_some() { Readiness::Ready } else { Readiness::NoKnownKey };
    };
    match card.keys_on(today) {
        Err(CardError::Expired { expires }) => Readiness::CardExpired(expires),
        Err(CardError::NoKnownKey) => Readiness::NoKnownKey,
        Err(_) => Readiness::KeysExpired,
        Ok(_) => {
            let content = card.content();
            let known = content.keys.iter().filter(|key| key.public.recipient().is_some());
            let last = known.map(|key| key.not_after).max().unwrap_or(content.expires).min(content.expires);
            let soon = last.checked_sub(Duration::days(SOON_DAYS)).is_none_or(|soon| today >= soon);
            if soon { Readiness::ReadyUntil(last) } else { Readiness::Ready }
        }
    }
}

/// The key to seal to now. On a device whose clock is known to be wrong the first known key of the card is taken: it is the one that its
/// owner calls the current one.
pub(super) fn key_to_seal_to(card: &Card, now: &Stamp) -> Result<report::Recipient, CoreError> {
    let Some(today) = now.day() else { return Ok(any_key(card).ok_or(CardError::NoKnownKey)?) };
    for kind in PREFERENCE {
        if let Some(key) = card.key_on(today, kind)?.and_then(|key| key.public.recipient()) {
            return Ok(key.clone());
        }
    }
    Err(CardError::NoKnownKey.into())
}

fn any_key(card: &Card) -> Option<report::Recipient> {
    let known = || card.content().keys.iter().filter_map(|key| key.public.recipient());
    PREFERENCE.into_iter().find_map(|kind| known().find(|key| key.kind() == kind)).cloned()
}
