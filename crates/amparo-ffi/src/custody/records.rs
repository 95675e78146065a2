//! What the custody log says, as records: entries, what a check found, heads.

use amparo_core::{CoreError, custody as log};

use crate::convert::{IntoHost, answer, same_words, silent};

/// What happened. New events are appended.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum CustodyEvent {
    /// Recorded by the app itself.
    Captured,
    /// Brought in from outside.
    Imported,
    /// Shown to the user.
    Viewed,
    /// A redacted or resized copy was made of it.
    Derived,
    /// A note about it was written or changed.
    Noted,
    /// Left the vault in the clear.
    Exported,
    /// Became part of a sealed report.
    Sealed,
    /// A sealed report was handed to a server or a file.
    Sent,
    /// A reply came in.
    Received,
    /// A desk's signed receipt came in.
    Receipt,
    /// Moved to another place in the vault.
    Moved,
    /// Its content was deleted; this entry and its hash stay.
    Deleted,
    /// An incident's statement, which commits to its fields, was signed at a save.
    Recorded,
    /// Somebody else's timestamp on a head of this log was stored.
    Anchored,
    /// An event that this version does not know.
    Unlisted {
        /// Its name: `[a-z][a-z0-9_]*`.
        code: String,
    },
}

impl IntoHost<CustodyEvent> for log::Event {
    fn into_host(self) -> CustodyEvent {
        match self {
            Self::Captured => CustodyEvent::Captured,
            Self::Imported => CustodyEvent::Imported,
            Self::Viewed => CustodyEvent::Viewed,
            Self::Derived => CustodyEvent::Derived,
            Self::Noted => CustodyEvent::Noted,
            Self::Exported => CustodyEvent::Exported,
            Self::Sealed => CustodyEvent::Sealed,
            Self::Sent => CustodyEvent::Sent,
            Self::Received => CustodyEvent::Received,
            Self::Receipt => CustodyEvent::Receipt,
            Self::Moved => CustodyEvent::Moved,
            Self::Deleted => CustodyEvent::Deleted,
            Self::Recorded => CustodyEvent::Recorded,
            Self::Anchored => CustodyEvent::Anchored,
            other => CustodyEvent::Unlisted { code: other.as_str().to_owned() },
        }
    }
}

answer! {
    /// One entry of the custody log, as its line says.
    CustodyEntry = amparo_core::custody::Entry {
        /// Always `amparo.custody/1`.
        schema: String,
        /// Place in the log, from 0, without gaps.
        seq: u64,
        /// Hash of the entry before, 64 hexadecimal digits; zeros for the first.
        prev: String,
        /// Random, 32 hexadecimal digits, so that the hash of an entry that is not disclosed cannot be guessed.
        salt: String,
        /// When, as the device's clock said: RFC 3339 in UTC.
        time: String,
        /// What happened.
        event: CustodyEvent,
        /// To which piece of evidence. Absent for events of the vault as a whole.
        evidence: Option<String>,
        /// SHA-256 of that evidence's bytes at that moment.
        sha256: Option<String>,
        /// Further facts, as one JSON object.
        details: Option<String>,
        /// Who did it: `user`, `app`, `desk`.
        actor: String,
        /// The version of the core that wrote the entry.
        core: String,
        /// Fields of a newer version, as one JSON object.
        unknown: Option<String>,
    }
}

impl IntoHost<String> for [u8; 16] {
    fn into_host(self) -> String {
        amparo_core::hex::encode(&self)
    }
}

/// One stored entry.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct HistoryEntry {
    /// Its number in the log.
    pub seq: u64,
    /// Its exact bytes: what is hashed. At most 16 KiB.
    pub line: Vec<u8>,
    /// What it says; absent when the line cannot be read, which `verify` names.
    pub entry: Option<CustodyEntry>,
}
silent!(HistoryEntry);

impl IntoHost<HistoryEntry> for log::HistoryEntry {
    fn into_host(self) -> HistoryEntry {
        let Self { seq, line, entry } = self;
        HistoryEntry { seq, line, entry: entry.into_host() }
    }
}

answer! {
    /// One entry for people.
    HistoryLine = amparo_core::custody::HistoryLine {
        /// Its number in the log.
        seq: u64,
        /// When, as the device's clock said: RFC 3339 in UTC. Absent when the line cannot be read.
        time: Option<String>,
        /// The sentence.
        text: String,
    }
}

same_words! {
    /// What happened to the first entry that fails.
    FaultKind = log::FaultKind {
        /// Its bytes were changed.
        Altered,
        /// It is no longer there.
        Missing,
        /// It stands in another place than it was written in, or a second time.
        Reordered,
        /// No valid signature covers it.
        Unsigned,
    }
}

/// How that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FaultReason {
    /// The line cannot be read as an entry.
    Unreadable,
    /// The entry does not match the hash that the next entry, or the head, has of it.
    HashMismatch,
    /// Its number is not its place, while its link to the entry before holds.
    WrongNumber,
    /// A number is skipped and stands nowhere else in the log.
    NumberSkipped,
    /// The log ends before the signed size.
    CutShort,
    /// A later or an earlier entry stands here.
    OutOfPlace,
    /// Written after the last signed head. Normal while the vault is open.
    AfterHead,
    /// There is no signed head.
    NoHead,
    /// The head's signature does not verify, or the head cannot be read.
    BadHead,
    /// The head is signed, but not for these entries: its root is another.
    OtherRoot,
    /// A reason that this version does not know.
    Unlisted,
}

impl IntoHost<FaultReason> for log::FaultReason {
    fn into_host(self) -> FaultReason {
        match self {
            Self::Unreadable => FaultReason::Unreadable,
            Self::HashMismatch => FaultReason::HashMismatch,
            Self::WrongNumber => FaultReason::WrongNumber,
            Self::NumberSkipped => FaultReason::NumberSkipped,
            Self::CutShort => FaultReason::CutShort,
            Self::OutOfPlace => FaultReason::OutOfPlace,
            Self::AfterHead => FaultReason::AfterHead,
            Self::NoHead => FaultReason::NoHead,
            Self::BadHead => FaultReason::BadHead,
            Self::OtherRoot => FaultReason::OtherRoot,
            _ => FaultReason::Unlisted,
        }
    }
}

/// The first fault of a log.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChainFault {
    /// What happened.
    pub kind: FaultKind,
    /// To which entry (by its number, from 0).
    pub seq: u64,
    /// How it was seen.
    pub reason: FaultReason,
    /// That in English, for logs.
    pub text: String,
}

impl IntoHost<ChainFault> for log::ChainFault {
    fn into_host(self) -> ChainFault {
        let text = self.to_string();
        let Self { kind, seq, reason } = self;
        ChainFault { kind: kind.into_host(), seq, reason: reason.into_host(), text }
    }
}

/// What the check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChainReport {
    /// Lines seen.
    pub entries: u64,
    /// Entries that the head's signature covers: 0 without a valid head.
    pub signed: u64,
    /// The first fault, if any. A fault of the content goes before one of the signature.
    pub fault: Option<ChainFault>,
    /// Every entry is as it was written and signed.
    pub intact: bool,
    /// Nothing is wrong except that the newest entries await their signature: how a crash between two signatures leaves a log.
    pub intact_so_far: bool,
}

impl IntoHost<ChainReport> for log::ChainReport {
    fn into_host(self) -> ChainReport {
        let (intact, intact_so_far) = (self.is_intact(), self.is_intact_so_far());
        let Self { entries, signed, fault } = self;
        ChainReport { entries, signed, fault: fault.into_host(), intact, intact_so_far }
    }
}

/// The key that a vault's heads are signed with. **It identifies the vault**: for its owner, and never part of a report.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct CustodyKey {
    /// Ed25519, 64 hexadecimal digits.
    pub public_key: String,
    /// SHA-256 over the labelled key, 64 hexadecimal digits. People compare the first 32 of them, in groups of four.
    pub fingerprint: String,
}
silent!(CustodyKey);

impl IntoHost<CustodyKey> for log::VerifyingKey {
    fn into_host(self) -> CustodyKey {
        CustodyKey { public_key: self.to_bytes().into_host(), fingerprint: self.fingerprint().into_host() }
    }
}

answer! {
    /// What a signed head says.
    CustodyHead = amparo_core::custody::Head {
        /// Entries in the log.
        size: u64,
        /// Root of their Merkle tree, 64 hexadecimal digits.
        root: String,
        /// Hash of the last entry; zeros for an empty log.
        chain: String,
        /// When it was signed, as the device's clock said: RFC 3339 in UTC.
        time: String,
    }
}

/// A key as [`CustodyKey`] writes it.
pub(super) fn read_key(public_key: &str) -> Result<log::VerifyingKey, CoreError> {
    const RULE: CoreError =
        CoreError::InvalidField { field: "public_key", rule: "must be an Ed25519 key: 64 hexadecimal digits" };
    let digits = public_key.as_bytes();
    let mut key = [0u8; 32];
    if digits.len() != 64 {
        return Err(RULE);
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'));
        *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(RULE)?;
    }
    log::VerifyingKey::from_bytes(&key).map_err(|_| RULE)
}
