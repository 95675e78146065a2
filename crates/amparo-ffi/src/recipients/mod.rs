//! Recipients: whose cards the user trusts, and the groups of a report that are made of them.
//!
//! Whether a card may be trusted is decided in the core. Nothing here takes a fingerprint from the card itself: what `import_card`
//! gets is what the user typed, or confirmed after they compared.

mod qr;
mod records;

use amparo_core::{Amparo, recipient::Card};
pub use records::*;

use crate::{
    convert::{IntoCore as _, IntoHost as _},
    error::{QR_CONTRADICTION, QR_DAMAGED, QR_NEWER_FORMAT, QR_NOT_OF_A_CARD, QR_OTHER_CARD, call, errors},
    incidents::RecipientKind,
    reports::RecipientGroup,
};

errors! {
    /// Why a card was refused, or a recipient could not be found or used. Nothing changed then.
    RecipientError {
        /// No recipient of this id.
        NotFound = 570,
        /// The first card of a recipient, and no fingerprint was given: show `offer`, have it compared, import again.
        FingerprintNotCompared = 571,
        /// The card is not signed by the key whose fingerprint was compared: it is not theirs, or the fingerprint was mistyped.
        FingerprintDiffers = 572,
        /// Signed by another key than the one that is trusted. Have the user ask the recipient by another way.
        OtherSigner = 557,
        /// Older than the card that is here.
        Rollback = 558,
        /// Another card than the one that is here, and both say that they are one version. Have the user ask the recipient.
        VersionReused = 559,
        /// The card is past its last day: ask for a new one.
        Expired = 560,
        /// All keys of the card are past their last days: ask for a new one.
        KeysExpired = 561,
        /// The card has only keys of kinds that this version does not know: update the app.
        NoKnownKey = 562,
        /// Not a recipient's card.
        NotACard = 550,
        /// A card, or its QR code, of a newer format: update the app.
        NewerVersion = 551 | QR_NEWER_FORMAT,
        /// The card is not complete, or something was added to it: get it again.
        WrongLength = 552,
        /// Larger than a card may be.
        TooLarge = 553,
        /// The signature does not hold: the card was changed on its way.
        BadSignature = 554,
        /// Signed as it is, and malformed: a mistake of whoever made it.
        Malformed = 555,
        /// The card of somebody else than the one that it would replace.
        OtherCard = 556,
        /// Recipients of different kinds: make a group for each kind.
        KindsDiffer = 574,
        /// One recipient, or one key, stands twice.
        RecipientTwice = 503,
        /// Nobody to make a group of.
        NoRecipients = 510,
        /// A QR code that is not of a card: go on scanning.
        NotACardsCode = QR_NOT_OF_A_CARD,
        /// A QR code of a card that was not read well: scan it again.
        CodeDamaged = QR_DAMAGED,
        /// A QR code of another card, or of another version of it, than those before: scan the codes of one card.
        CodeOfOtherCard = QR_OTHER_CARD,
        /// The QR codes do not fit together: start again (`QrAssembler.reset`).
        CodesContradict = QR_CONTRADICTION,
    }
}

/// The vault's recipients. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Recipients {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Recipients {
    /// Looks at a card file: who signed it, and what importing it would do. Changes nothing. A card that would be refused is no error
    /// here, unless it is no card whose signature holds.
    pub fn offer(&self, bytes: &[u8]) -> Result<CardOffer, RecipientError> {
        call("recipients.offer", || CardOffer::of(self.amparo.recipients().offer(bytes)?))
    }

    /// Imports a card file, or updates the recipient of its id. For a recipient who is not here yet, `fingerprint` is the one that the
    /// user compared with the recipient by another way than the card came: 32 hexadecimal digits or thirteen words, in any case and
    /// grouping. For one who is here it may be absent: the key that was compared then must have signed this card too. The card that is
    /// here once more changes nothing. On the medium when this returns.
    pub fn import_card(&self, bytes: &[u8], fingerprint: Option<String>) -> Result<Recipient, RecipientError> {
        call("recipients.import_card", || {
            let compared = fingerprint.as_deref().map(typed).transpose()?;
            Ok(self.amparo.recipients().import(bytes, compared)?.into_host())
        })
    }

    /// All recipients, in the order in which they came; with `kind` those of one kind. One whose card cannot be read any more is listed
    /// as `Damaged`, without a `kind`.
    pub fn list(&self, kind: Option<RecipientKind>) -> Result<Vec<Recipient>, RecipientError> {
        call("recipients.list", || {
            let kind: Option<amparo_core::incident::RecipientKind> = kind.into_core()?;
            Ok(self.amparo.recipients().list(kind.as_ref())?.into_host())
        })
    }

    /// One recipient.
    pub fn get(&self, id: CardId) -> Result<Recipient, RecipientError> {
        call("recipients.get", || Ok(self.amparo.recipients().get(id.into_core()?)?.into_host()))
    }

    /// The recipient's card file, at most 16 KiB, as it was imported: to hand on to a colleague, who compares it anew.
    pub fn card(&self, id: CardId) -> Result<Vec<u8>, RecipientError> {
        call("recipients.card", || Ok(self.amparo.recipients().card(id.into_core()?)?.bytes().to_vec()))
    }

    /// Keeps the user's own words on a recipient, at most 4096 bytes. They are never part of a report.
    pub fn set_note(&self, id: CardId, note: String) -> Result<Recipient, RecipientError> {
        call("recipients.set_note", || Ok(self.amparo.recipients().set_note(id.into_core()?, &note)?.into_host()))
    }

    /// Removes a recipient. Nothing of them is kept: their card, if it comes again, is a first import, and is compared again.
    pub fn remove(&self, id: CardId) -> Result<(), RecipientError> {
        call("recipients.remove", || Ok(self.amparo.recipients().remove(id.into_core()?)?))
    }

    /// One group of a `ReportRequest` for these recipients, who must all be of one kind: each is sealed to with the key that is valid
    /// today, the post-quantum one where their card has one. They are told everything that may be told to their kind; set `choice` in
    /// the record to tell less. What expired meanwhile is refused once more when the report is sealed.
    pub fn group(&self, ids: Vec<CardId>) -> Result<RecipientGroup, RecipientError> {
        call("recipients.group", || {
            let ids: Vec<amparo_core::recipient::CardId> = ids.into_core()?;
            Ok(group(self.amparo.recipients().group(&ids)?))
        })
    }
}

/// What a card file says, and who signed it, without a vault. Its signature holds; whether the signer is who they say they are, people
/// must compare. Dates are not looked at.
#[uniffi::export]
pub fn read_card(bytes: &[u8]) -> Result<CardInfo, RecipientError> {
    call("read_card", || {
        let card = Card::parse(bytes).map_err(amparo_core::CoreError::from)?;
        CardInfo::of(&card)
    })
}

/// Whether somebody takes a file of this media type. Parameters (`; charset=…`) and case are not looked at.
#[uniffi::export]
pub fn accepts_media_type(accepts: Accepts, media_type: String) -> Result<bool, RecipientError> {
    call("accepts_media_type", || {
        let accepts: amparo_core::recipient::Accepts = accepts.into_core()?;
        Ok(accepts.takes(&media_type))
    })
}

#[cfg(test)]
mod tests;
