//! Anchors as records: somebody else's word that a head of the log existed by some time.

use amparo_core::{CoreError, custody as log};

use crate::{
    convert::{IntoCore, IntoHost, answer, silent},
    ids::{AnchorId, Stamp},
};

/// Who gives the time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum AnchorKind {
    /// A timestamp authority (RFC 3161).
    Rfc3161,
    /// OpenTimestamps calendars, and behind them the Bitcoin chain.
    OpenTimestamps,
    /// A kind that this version does not know.
    Unlisted {
        /// Its name.
        code: String,
    },
}

impl IntoHost<AnchorKind> for log::AnchorKind {
    fn into_host(self) -> AnchorKind {
        match self {
            Self::Rfc3161 => AnchorKind::Rfc3161,
            Self::OpenTimestamps => AnchorKind::OpenTimestamps,
            other => AnchorKind::Unlisted { code: other.as_str().to_owned() },
        }
    }
}

impl IntoCore<log::AnchorKind> for AnchorKind {
    fn into_core(self) -> Result<log::AnchorKind, CoreError> {
        match self {
            Self::Rfc3161 => Ok(log::AnchorKind::Rfc3161),
            Self::OpenTimestamps => Ok(log::AnchorKind::OpenTimestamps),
            Self::Unlisted { code } => Ok(code.parse::<log::AnchorKind>()?),
        }
    }
}

/// What to send to a timestamp authority or to a calendar. It says nothing of the vault: a hash, and random numbers.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct AnchorRequest {
    /// Names the anchor: the answer is stored under it.
    pub id: AnchorId,
    /// Who is asked.
    pub kind: AnchorKind,
    /// The bytes to send: a `TimeStampReq`, or the 32 bytes for `POST <calendar>/digest`. OpenTimestamps' may go to several calendars.
    pub bytes: Vec<u8>,
    /// Their media type.
    pub media_type: String,
    /// What is timestamped, 64 hexadecimal digits.
    pub commitment: String,
}
silent!(AnchorRequest);

impl IntoHost<AnchorRequest> for log::AnchorRequest {
    fn into_host(self) -> AnchorRequest {
        let Self { id, kind, bytes, media_type, commitment } = self;
        AnchorRequest {
            id: id.into_host(),
            kind: kind.into_host(),
            bytes,
            media_type: media_type.to_owned(),
            commitment: commitment.into_host(),
        }
    }
}

/// Who attests what a path of a proof ends in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Attestation {
    /// A calendar has taken it and will have it in a block later. Proves nothing yet: ask for it with
    /// `GET <uri>/timestamp/<message in hexadecimal>` and give the answer to `complete_anchor`.
    Pending {
        /// The calendar's address.
        uri: String,
    },
    /// The message is the Merkle root of this Bitcoin block.
    Bitcoin {
        /// The block's height.
        height: u64,
    },
    /// The message is the Merkle root of this Litecoin block.
    Litecoin {
        /// The block's height.
        height: u64,
    },
    /// Of a kind that is not known here.
    Unlisted {
        /// Its eight-byte tag, in hexadecimal; empty where it has none.
        tag: String,
    },
}

impl IntoHost<Attestation> for log::Attestation {
    fn into_host(self) -> Attestation {
        match self {
            Self::Pending { uri } => Attestation::Pending { uri },
            Self::Bitcoin { height } => Attestation::Bitcoin { height },
            Self::Litecoin { height } => Attestation::Litecoin { height },
            Self::Other { tag } => Attestation::Unlisted { tag: amparo_core::hex::encode(&tag) },
            _ => Attestation::Unlisted { tag: String::new() },
        }
    }
}

/// An end of a proof.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ProofEnd {
    /// Who attests.
    pub attestation: Attestation,
    /// What the path comes to; absent behind a hash that is not computed here.
    pub digest: Option<Vec<u8>>,
}
silent!(ProofEnd);

/// What a token says. **The authority's signature is not checked**: that is for whoever relies on it, with `openssl ts -verify` or
/// `ots verify`.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum AnchorClaim {
    /// A timestamp authority names a time.
    Token {
        /// When, by the authority's clock: RFC 3339 in UTC.
        time: String,
        /// How far off that may be, in microseconds, if the authority says so.
        accuracy_micros: Option<u64>,
        /// The policy it was made under, as a dotted OID.
        policy: String,
        /// The authority's serial number, in hexadecimal.
        serial: String,
        /// The authority changed something of the request and says so.
        with_modifications: bool,
        /// The signer's own digest of the time statement was compared. False for a digest algorithm that is not known here.
        content_digest_checked: bool,
        /// The nonce, without leading zeros, if there is one.
        nonce: Option<Vec<u8>>,
    },
    /// A proof of OpenTimestamps ends in blocks or in promises.
    Proof {
        /// Its ends, in the file's order.
        ends: Vec<ProofEnd>,
        /// The lowest Bitcoin block that it ends in.
        bitcoin_height: Option<u64>,
    },
    /// A claim that this version does not know.
    Unlisted,
}
silent!(AnchorClaim);

impl IntoHost<AnchorClaim> for log::Claim {
    fn into_host(self) -> AnchorClaim {
        match self {
            Self::Token(token) => AnchorClaim::Token {
                time: token.time,
                accuracy_micros: token.accuracy_micros,
                policy: token.policy,
                serial: token.serial,
                with_modifications: token.with_modifications,
                content_digest_checked: token.content_digest_checked,
                nonce: token.nonce,
            },
            Self::Proof(proof) => {
                let bitcoin_height = proof.bitcoin_height();
                let ends = proof.ends.into_iter();
                let ends = ends.map(|end| ProofEnd { attestation: end.attestation.into_host(), digest: end.message });
                AnchorClaim::Proof { ends: ends.collect(), bitcoin_height }
            }
            _ => AnchorClaim::Unlisted,
        }
    }
}

answer! {
    /// An anchor, as far as it has come.
    Anchor = amparo_core::custody::Anchor {
        /// Names it.
        id: AnchorId,
        /// Who was asked.
        kind: AnchorKind,
        /// Entries of the log that it covers.
        size: u64,
        /// What is timestamped, 64 hexadecimal digits.
        commitment: String,
        /// When it was asked for, by this device's clock.
        requested: Stamp,
        /// When the answer was stored, by this device's clock; absent while there is none.
        stored: Option<Stamp>,
        /// What the answer says. Absent while there is none, and when it no longer holds, which `verify_anchors` names.
        claim: Option<AnchorClaim>,
    }
}

/// What does not hold of an anchor.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AnchorFault {
    /// The number, as an error's: 426 when this vault did not sign the head, 428 when the log is no longer the one that was anchored,
    /// or what is wrong with the token.
    pub code: u32,
    /// In English, for logs.
    pub text: String,
}

impl IntoHost<AnchorFault> for log::AnchorError {
    fn into_host(self) -> AnchorFault {
        let error = CoreError::from(self);
        AnchorFault { code: error.code(), text: error.to_string() }
    }
}

answer! {
    /// An anchor that was checked again.
    AnchorCheck = amparo_core::custody::AnchorCheck {
        /// The anchor.
        anchor: Anchor,
        /// What does not hold.
        fault: Option<AnchorFault>,
    }
}

/// An anchor's files, for somebody who checks it without the vault.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct AnchorExport {
    /// The token: a `TimeStampResp` or a detached OpenTimestamps proof. At most 64 KiB.
    pub token: Vec<u8>,
    /// `amparo.anchor/1`, JSON: salt and head text, so that anybody can compute the commitment.
    pub statement: Vec<u8>,
    /// What is timestamped, 64 hexadecimal digits.
    pub commitment: String,
    /// Who gave the time.
    pub kind: AnchorKind,
}
silent!(AnchorExport);

impl IntoHost<AnchorExport> for log::AnchorExport {
    fn into_host(self) -> AnchorExport {
        let Self { token, statement, commitment, kind } = self;
        AnchorExport { token, statement, commitment: commitment.into_host(), kind: kind.into_host() }
    }
}
