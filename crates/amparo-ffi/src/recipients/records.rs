//! Recipients and their cards, as records. A record tells what a card says; what of it was compared by people is the signer's
//! fingerprint and nothing else.

use amparo_core::{
    CoreError,
    recipient::{self, Card, CardContent, CardError, CardKey, Fingerprint},
    report,
};
use time::Date;

use crate::{
    convert::{IntoCore, IntoHost, answer, plain, silent},
    error::Failure,
    ids::Stamp,
    incidents::RecipientKind,
    reports::RecipientGroup,
};

/// A recipient's card, the same in all its versions: 32 lower-case hexadecimal digits, random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardId(pub String);
uniffi::custom_newtype!(CardId, String);

impl IntoHost<CardId> for recipient::CardId {
    fn into_host(self) -> CardId {
        CardId(self.to_string())
    }
}

impl IntoCore<recipient::CardId> for CardId {
    fn into_core(self) -> Result<recipient::CardId, CoreError> {
        recipient::CardId::from_hex(&self.0).ok_or(CoreError::MalformedId)
    }
}

/// A day as `YYYY-MM-DD`.
impl IntoHost<String> for Date {
    fn into_host(self) -> String {
        self.to_string()
    }
}

/// Who signed a card. Show the words where people compare by voice, the digits where they compare by sight.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct CardSigner {
    /// The public signing key, 64 hexadecimal digits.
    pub public_key: String,
    /// Its fingerprint: 32 hexadecimal digits in groups of four.
    pub fingerprint: String,
    /// The same fingerprint as thirteen English words, to be read aloud. They are English in every language.
    pub words: Vec<String>,
}
silent!(CardSigner);

impl IntoHost<CardSigner> for recipient::Signer {
    fn into_host(self) -> CardSigner {
        let fingerprint = self.fingerprint();
        CardSigner {
            public_key: self.to_hex(),
            fingerprint: fingerprint.to_string(),
            words: fingerprint.words().map(str::to_owned).to_vec(),
        }
    }
}

/// The fingerprint that somebody typed, in digits or words.
pub(super) fn typed(fingerprint: &str) -> Result<Fingerprint, Failure> {
    Fingerprint::from_typed(fingerprint).ok_or_else(|| {
        Failure::argument(
            "this is no fingerprint: give its 32 hexadecimal digits, or its thirteen words, as they were compared",
        )
    })
}

/// How somebody is reached. The list grows.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum EndpointKind {
    /// A web address, `https://…`.
    Https,
    /// The address of an onion service: to be opened in Tor Browser.
    Onion,
    /// An e-mail address.
    Email,
    /// A telephone number in international form.
    Phone,
    /// A Signal user name or number, as a text: to be shown, not opened.
    Signal,
    /// A postal address: to be shown.
    Postal,
    /// A way that this version does not know: a text to be shown.
    Unlisted {
        /// Its code.
        code: String,
    },
}

/// A way to reach somebody.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Endpoint {
    /// The way.
    pub kind: EndpointKind,
    /// The address, in the shape of its kind: nothing else passes as a card. Only `Https`, `Onion`, `Email` and `Phone` are to be
    /// opened or dialled.
    pub value: String,
}
silent!(Endpoint);

impl IntoHost<Endpoint> for recipient::Endpoint {
    fn into_host(self) -> Endpoint {
        let Self { kind, value } = self;
        let kind = match kind.as_str() {
            "https" => EndpointKind::Https,
            "onion" => EndpointKind::Onion,
            "email" => EndpointKind::Email,
            "phone" => EndpointKind::Phone,
            "signal" => EndpointKind::Signal,
            "postal" => EndpointKind::Postal,
            _ => EndpointKind::Unlisted { code: kind },
        };
        Endpoint { kind, value }
    }
}

plain! {
    /// What somebody takes. What is absent is not limited.
    Accepts = recipient::Accepts {
        /// The largest sealed report in bytes.
        max_report_bytes: Option<u64>,
        /// The largest single piece of evidence in bytes.
        max_evidence_bytes: Option<u64>,
        /// Media types, such as `image/jpeg`; one with a star behind its slash is every type of its kind. Empty: all. Ask `accepts_media_type`.
        media_types: Vec<String>,
        /// The id of the channel form that a report should fulfil.
        form: Option<String>,
    }
}

answer! {
    /// A key to seal to.
    RecipientKey = recipient::RecipientKey {
        /// The code of its kind: `x25519`, `mlkem768x25519`, or one that is not known here.
        kind: String,
        /// The last day on which it may be sealed to, `YYYY-MM-DD`.
        not_after: String,
        /// The key as `age` writes it; absent for a kind that is not known here, which is never used.
        public: Option<String>,
    }
}

impl IntoHost<RecipientKey> for CardKey {
    fn into_host(self) -> RecipientKey {
        let Self { public, not_after } = self;
        RecipientKey {
            kind: public.kind().to_owned(),
            not_after: not_after.into_host(),
            public: public.recipient().map(ToString::to_string),
        }
    }
}

/// Whether something can be sealed to a recipient today.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Yes, until a day that is near: ask for a new card.
    ReadyUntil {
        /// The last day, `YYYY-MM-DD`.
        day: String,
    },
    /// No: the card is past its last day.
    CardExpired {
        /// The last day, `YYYY-MM-DD`.
        day: String,
    },
    /// No: all its keys are past their last days.
    KeysExpired,
    /// No: this version knows none of its keys' kinds. Update the app.
    NoKnownKey,
    /// No: the card is no longer what was imported. Import it again.
    Damaged,
}

impl IntoHost<Readiness> for recipient::Readiness {
    fn into_host(self) -> Readiness {
        match self {
            Self::Ready => Readiness::Ready,
            Self::ReadyUntil(day) => Readiness::ReadyUntil { day: day.into_host() },
            Self::CardExpired(day) => Readiness::CardExpired { day: day.into_host() },
            Self::KeysExpired => Readiness::KeysExpired,
            Self::NoKnownKey => Readiness::NoKnownKey,
            Self::Damaged => Readiness::Damaged,
        }
    }
}

answer! {
    /// Somebody to whom reports can be sealed. What the card says is empty or absent where it cannot be read (`Readiness.Damaged`).
    Recipient = recipient::Recipient {
        /// The card's id: the same in all its versions.
        id: CardId,
        /// What they are called. Proves nothing: the fingerprint that was compared does.
        name: String,
        /// What kind of recipient they are; persons' consent is bound to it.
        kind: Option<RecipientKind>,
        /// Languages that reports may be written in, the preferred one first. Empty: they do not say.
        languages: Vec<String>,
        /// How to reach them, the preferred way first.
        endpoints: Vec<Endpoint>,
        /// What they take.
        accepts: Accepts,
        /// Where they say what they do with reports.
        policy_url: Option<String>,
        /// The keys, of each kind the current one first.
        keys: Vec<RecipientKey>,
        /// The card's version.
        version: u64,
        /// The day on which it was made, `YYYY-MM-DD`.
        issued: Option<String>,
        /// Its last day, `YYYY-MM-DD`.
        expires: Option<String>,
        /// The key that was compared, and that every later card must be signed by.
        signer: CardSigner,
        /// When they were imported first.
        added: Stamp,
        /// When this version was imported.
        updated: Stamp,
        /// The user's own words.
        note: String,
        /// Whether something can be sealed to them today.
        readiness: Readiness,
    }
}

/// What a card says of whoever signed it. All of it is their own claim: compare the signer's fingerprint before it is believed.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct CardInfo {
    /// The same in all its versions.
    pub id: CardId,
    /// From 1. A higher one replaces a lower one.
    pub version: u64,
    /// What they call themselves. Proves nothing.
    pub name: String,
    /// What kind of recipient they say they are.
    pub kind: RecipientKind,
    /// Languages that reports may be written in, the preferred one first. Empty: it does not say.
    pub languages: Vec<String>,
    /// The keys to seal to, of each kind the current one first.
    pub keys: Vec<RecipientKey>,
    /// How to reach them, the preferred way first.
    pub endpoints: Vec<Endpoint>,
    /// What they take.
    pub accepts: Accepts,
    /// Where they say what they do with reports.
    pub policy_url: Option<String>,
    /// The day on which it was made, `YYYY-MM-DD`.
    pub issued: String,
    /// Its last day, `YYYY-MM-DD`.
    pub expires: String,
    /// Who signed it. The signature holds.
    pub signer: CardSigner,
}
silent!(CardInfo);

impl CardInfo {
    /// What `card` says.
    pub(super) fn of(card: &Card) -> Result<Self, Failure> {
        let signer = card.signer().into_host();
        let CardContent { id, version, name, kind, languages, keys, endpoints, accepts, policy_url, issued, expires } =
            card.content().clone();
        let kind: amparo_core::incident::RecipientKind = kind.parse()?;
        Ok(Self {
            id: id.into_host(),
            version,
            name,
            kind: kind.into_host(),
            languages,
            keys: keys.into_host(),
            endpoints: endpoints.into_host(),
            accepts: accepts.into_host(),
            policy_url,
            issued: issued.into_host(),
            expires: expires.into_host(),
            signer,
        })
    }
}

/// What importing a card would be.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
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
    /// It would be refused.
    Refused {
        /// The number of the error that the import would have.
        code: u32,
        /// In English, for logs. It carries nothing that the card says.
        text: String,
    },
}

/// A card that is offered. Nothing was changed.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct CardOffer {
    /// What it says.
    pub card: CardInfo,
    /// What importing it would be.
    pub kind: CardOfferKind,
    /// Trusted recipients of the same name under another id. Somebody may be posing as one of them, or they lost their key: say so,
    /// and have the user ask them by another way before they import it.
    pub namesakes: Vec<CardId>,
}
silent!(CardOffer);

impl CardOffer {
    /// As the core tells it.
    pub(super) fn of(offer: recipient::CardOffer) -> Result<Self, Failure> {
        let recipient::CardOffer { card, kind, refusal, namesakes } = offer;
        let kind = match (kind, refusal) {
            (_, Some(refusal)) => refused(refusal),
            (recipient::CardOfferKind::New, None) => CardOfferKind::New,
            (recipient::CardOfferKind::Update { from }, None) => CardOfferKind::Update { from },
            (recipient::CardOfferKind::Same, None) => CardOfferKind::Same,
            (recipient::CardOfferKind::Refused, None) => {
                return Err(Failure::new(crate::error::INTERNAL, "a card was refused without a reason"));
            }
        };
        Ok(Self { card: CardInfo::of(&card)?, kind, namesakes: namesakes.into_host() })
    }
}

fn refused(reason: CardError) -> CardOfferKind {
    let failure = Failure::from(CoreError::from(reason));
    CardOfferKind::Refused { code: failure.code, text: failure.text }
}

/// The group that the core made of cards: their current keys, and everything that may be told to their kind.
pub(super) fn group(group: report::RecipientGroup) -> RecipientGroup {
    RecipientGroup {
        kind: group.kind.into_host(),
        recipients: group.recipients.iter().map(ToString::to_string).collect(),
        choice: None,
        form: None,
    }
}
