//! Anchors in the vault: requests, the tokens that came back, and what of them goes into a report.
//!
//! A token is stored only if it is of this vault's own commitment and answers this very request; an earlier one is never replaced.
//! Nothing here sends anything: the host carries the bytes.

use amparo_crypto::{
    hash::Digest,
    random,
    sign::{SigningKey, VerifyingKey},
};
use amparo_report::{
    anchor::{self, AnchorError, AnchorKind, Claim, MAX_ANCHORS, SALT_LEN, Statement, ots, rfc3161},
    custody::{self, CustodyError, Head, root},
    hex,
    seal::ExtraFile,
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Map;

use super::{
    Event,
    log::{self, Act, Nodes},
};
use crate::{AnchorId, ClockTrust, CoreError, Stamp, Timestamp};

/// What to send to a timestamp authority or to a calendar. It says nothing of the vault: a hash, and random numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorRequest {
    /// Names the anchor: the answer is stored under it.
    pub id: AnchorId,
    /// Who is asked.
    pub kind: AnchorKind,
    /// The bytes to send: a `TimeStampReq`, or the 32 bytes for `POST <calendar>/digest`. OpenTimestamps' may go to several
    /// calendars.
    pub bytes: Vec<u8>,
    /// Their media type.
    pub media_type: &'static str,
    /// What is timestamped.
    pub commitment: Digest,
}

/// An anchor, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Names it.
    pub id: AnchorId,
    /// Who was asked.
    pub kind: AnchorKind,
    /// Entries of the log that it covers.
    pub size: u64,
    /// What is timestamped.
    pub commitment: Digest,
    /// When it was asked for, by this device's clock.
    pub requested: Stamp,
    /// When the answer was stored, by this device's clock; `None` while there is none.
    pub stored: Option<Stamp>,
    /// What the answer says. `None` while there is none, and when it no longer holds, which
    /// [`Custody::verify_anchors`](super::Custody::verify_anchors) names.
    pub claim: Option<Claim>,
}

/// An anchor that was checked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorCheck {
    /// The anchor.
    pub anchor: Anchor,
    /// What does not hold: [`AnchorError::Head`] when this vault did not sign the head, [`AnchorError::OtherLog`] when the log is no
    /// longer the one that was anchored, or what is wrong with the token.
    pub fault: Option<AnchorError>,
}

/// An anchor's files, for somebody who checks it without the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorExport {
    /// The token: a `TimeStampResp` or a detached OpenTimestamps proof.
    pub token: Vec<u8>,
    /// `amparo.anchor/1`: salt and head text, so that anybody can compute the commitment.
    pub statement: Vec<u8>,
    /// What is timestamped.
    pub commitment: Digest,
    /// Who gave the time.
    pub kind: AnchorKind,
}

struct Stored {
    seq: i64,
    id: AnchorId,
    kind: AnchorKind,
    size: u64,
    note: String,
    salt: [u8; SALT_LEN],
    nonce: Vec<u8>,
    requested: Stamp,
}

const COLUMNS: &str = "seq, id, kind, size, note, salt, nonce, requested, clock";

fn stored(row: &Row<'_>) -> rusqlite::Result<Result<Stored, CoreError>> {
    let (kind, clock): (String, String) = (row.get(2)?, row.get(8)?);
    let requested: i64 = row.get(7)?;
    let (seq, id, size, note, salt, nonce) =
        (row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
    let read = || {
        let kind = kind.parse().map_err(|_| CoreError::DamagedRecord)?;
        Ok(Stored { seq, id, kind, size, note, salt, nonce, requested: stamp(requested, &clock)? })
    };
    Ok(read())
}

fn stamp(seconds: i64, clock: &str) -> Result<Stamp, CoreError> {
    let clock: ClockTrust = clock.parse().map_err(|_| CoreError::DamagedRecord)?;
    Ok(Stamp { time: Timestamp::from_unix(seconds), clock })
}

impl Stored {
    fn text(&self) -> Result<&str, AnchorError> {
        anchor::head_text(&self.note)
    }

    fn commitment(&self) -> Result<Digest, AnchorError> {
        Ok(anchor::commitment(&self.salt, self.text()?))
    }

    fn statement(&self, consistency: Vec<custody::Hash>) -> Result<Statement, AnchorError> {
        Ok(Statement { kind: self.kind, salt: self.salt, head: self.text()?.to_owned(), consistency })
    }

    /// Reads a token and compares it with what was asked.
    fn check(&self, token: &[u8]) -> Result<Claim, AnchorError> {
        let nonce = match self.kind {
            AnchorKind::Rfc3161 => Some(self.nonce.as_slice().try_into().map_err(|_| AnchorError::Malformed)?),
            _ => None,
        };
        Claim::check(self.kind, token, &self.commitment()?, nonce.as_ref())
    }
}

fn find(conn: &Connection, id: AnchorId) -> Result<Stored, CoreError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM anchor WHERE id = ?1"))?
        .query_row([id], stored)
        .optional()?
        .ok_or(CoreError::AnchorNotFound)?
}

fn all(conn: &Connection) -> Result<Vec<Stored>, CoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM anchor ORDER BY seq"))?;
    let rows = statement.query_map([], stored)?;
    rows.map(|row| row?).collect()
}

/// An anchor's tokens, in the order in which they came.
fn tokens(conn: &Connection, anchor: i64) -> Result<Vec<(Vec<u8>, Stamp)>, CoreError> {
    let mut statement =
        conn.prepare_cached("SELECT token, stored, clock FROM anchor_token WHERE anchor = ?1 ORDER BY place")?;
    let rows = statement.query_map([anchor], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
    rows.map(|row| row.map_err(CoreError::from).and_then(|(token, at, clock)| Ok((token, stamp(at, &clock)?))))
        .collect()
}

/// The token that says most: the newest that a block bears out, otherwise the newest that holds, otherwise the newest.
fn best(anchor: &Stored, mut tokens: Vec<(Vec<u8>, Stamp)>) -> Option<(Vec<u8>, Stamp)> {
    let rank = |token: &[u8]| match anchor.check(token) {
        Err(_) => 0,
        Ok(Claim::Proof(proof)) if proof.bitcoin_height().is_some() => 2,
        Ok(_) => 1,
    };
    let at = tokens.iter().enumerate().max_by_key(|(place, (token, _))| (rank(token), *place)).map(|(at, _)| at)?;
    Some(tokens.swap_remove(at))
}

pub(super) fn prepare(
    conn: &Connection,
    key: &SigningKey,
    now: &Stamp,
    kind: AnchorKind,
) -> Result<AnchorRequest, CoreError> {
    let note = log::sign_head(conn, key, now.time)?.ok_or(CoreError::NothingToAnchor)?;
    let head = Head::verify(&note, &key.verifying_key())?;
    let (id, salt) = (AnchorId::generate()?, anchor::fresh_salt()?);
    let commitment = anchor::commitment(&salt, anchor::head_text(&note)?);
    let (nonce, bytes) = match kind {
        AnchorKind::Rfc3161 => {
            let nonce = rfc3161::fresh_nonce()?;
            (nonce.to_vec(), rfc3161::request(&commitment, &nonce)?)
        }
        AnchorKind::OpenTimestamps => {
            let nonce = random::array()?;
            (nonce.to_vec(), ots::submitted(&commitment, &nonce).to_vec())
        }
        _ => return Err(AnchorError::UnknownKind.into()),
    };
    conn.prepare_cached(
        "INSERT INTO anchor (id, kind, size, note, salt, nonce, requested, clock) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        id,
        kind.as_str(),
        i64::try_from(head.size).map_err(|_| CustodyError::OutOfRange)?,
        &note,
        salt,
        nonce,
        now.time.unix(),
        now.clock.as_str(),
    ))?;
    Ok(AnchorRequest { id, kind, bytes, media_type: kind.request_media_type(), commitment })
}

/// What a stored answer is about: what was submitted, or an open promise of the proof.
pub(super) enum Answer<'a> {
    Request,
    Promise(&'a [u8]),
}

pub(super) fn store(
    conn: &Connection,
    id: AnchorId,
    about: &Answer<'_>,
    bytes: &[u8],
    now: &Stamp,
) -> Result<Anchor, CoreError> {
    let anchor = find(conn, id)?;
    let earlier = tokens(conn, anchor.seq)?;
    let token = match anchor.kind {
        AnchorKind::OpenTimestamps if !ots::is_detached(bytes) => proof(&anchor, &earlier, about, bytes)?,
        _ => bytes.to_vec(),
    };
    anchor.check(&token)?;
    // The same once more changes nothing: a host may not know whether it had stored it.
    if !earlier.iter().any(|(known, _)| *known == token) {
        let place = i64::try_from(earlier.len()).map_err(|_| CoreError::DamagedRecord)?;
        conn.prepare_cached(
            "INSERT INTO anchor_token (anchor, place, token, stored, clock) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((anchor.seq, place, &token, now.time.unix(), now.clock.as_str()))?;
        let act = Act { event: Event::Anchored, evidence: None, sha256: None, details: Map::new() }
            .with("kind", anchor.kind.as_str())
            .with("commitment", hex::encode(&anchor.commitment()?))
            .with("size", anchor.size);
        log::append(conn, now, act)?;
    }
    describe(conn, &anchor)
}

/// A calendar's answer as a proof, or added to the newest one. An answer that was stored before gives what it gave then.
fn proof(
    anchor: &Stored,
    earlier: &[(Vec<u8>, Stamp)],
    about: &Answer<'_>,
    bytes: &[u8],
) -> Result<Vec<u8>, CoreError> {
    let commitment = anchor.commitment()?;
    let nonce = anchor.nonce.as_slice().try_into().map_err(|_| CoreError::DamagedRecord)?;
    let submitted = ots::submitted(&commitment, &nonce);
    let message = match about {
        Answer::Request => submitted.as_slice(),
        Answer::Promise(message) => message,
    };
    let alone = match about {
        // Also beside a proof that was made elsewhere, over a nonce of its own.
        Answer::Request => ots::detached(&commitment, &nonce, bytes),
        Answer::Promise(_) => Err(AnchorError::NoSuchMessage),
    };
    let known = |made: &Result<Vec<u8>, AnchorError>| {
        made.as_ref().is_ok_and(|made| earlier.iter().any(|(proof, _)| proof == made))
    };
    if known(&alone) {
        return Ok(alone?);
    }
    let mut made = alone;
    // Oldest first, so that the newest has the last word.
    for (proof, _) in earlier {
        let grafted = ots::graft(proof, &commitment, message, bytes);
        if known(&grafted) {
            return Ok(grafted?);
        }
        if !matches!(grafted, Err(AnchorError::NoSuchMessage)) {
            made = grafted;
        }
    }
    Ok(made?)
}

fn describe(conn: &Connection, anchor: &Stored) -> Result<Anchor, CoreError> {
    let token = best(anchor, tokens(conn, anchor.seq)?);
    Ok(Anchor {
        id: anchor.id,
        kind: anchor.kind,
        size: anchor.size,
        commitment: anchor.commitment()?,
        requested: anchor.requested.clone(),
        claim: token.as_ref().and_then(|(token, _)| anchor.check(token).ok()),
        stored: token.map(|(_, at)| at),
    })
}

pub(super) fn get(conn: &Connection, id: AnchorId) -> Result<Anchor, CoreError> {
    describe(conn, &find(conn, id)?)
}

pub(super) fn list(conn: &Connection) -> Result<Vec<Anchor>, CoreError> {
    all(conn)?.iter().map(|anchor| describe(conn, anchor)).collect()
}

pub(super) fn verify(conn: &Connection, key: &VerifyingKey) -> Result<Vec<AnchorCheck>, CoreError> {
    let mut checks = Vec::new();
    for stored in all(conn)? {
        let mut fault = holds(conn, &stored, key)?.err();
        for (token, _) in tokens(conn, stored.seq)? {
            fault = fault.or(stored.check(&token).err());
        }
        checks.push(AnchorCheck { anchor: describe(conn, &stored)?, fault });
    }
    Ok(checks)
}

/// Whether the anchored head is this vault's, and the log still begins with it.
fn holds(conn: &Connection, anchor: &Stored, key: &VerifyingKey) -> Result<Result<(), AnchorError>, CoreError> {
    let Ok(head) = Head::verify(&anchor.note, key) else { return Ok(Err(AnchorError::Head)) };
    let same = match head_at(conn, anchor.size) {
        Ok(now) => head.size == now.size && head.root == now.root && head.chain == now.chain,
        Err(CoreError::Custody(CustodyError::MissingNode { .. } | CustodyError::OutOfRange)) => false,
        Err(error) => return Err(error),
    };
    Ok(if same { Ok(()) } else { Err(AnchorError::OtherLog) })
}

/// Size, root and chain of the log as it was with `size` entries. The time is not known.
fn head_at(conn: &Connection, size: u64) -> Result<Head, CoreError> {
    let nodes = Nodes(conn);
    let last = size.checked_sub(1).ok_or(CustodyError::OutOfRange)?;
    let chain = custody::NodeSource::node(&nodes, 0, last)?.ok_or(CustodyError::OutOfRange)?;
    Ok(Head { size, root: root(&nodes, size)?, chain, time: String::new() })
}

pub(super) fn export(conn: &Connection, id: AnchorId) -> Result<AnchorExport, CoreError> {
    let anchor = find(conn, id)?;
    let (token, _) = best(&anchor, tokens(conn, anchor.seq)?).ok_or(CoreError::AnchorNotStored)?;
    // By itself it is of no report: the head that it is consistent with is its own.
    let head = Head::parse_text(anchor.text()?)?;
    let [statement, token] = anchor.statement(Vec::new())?.files(1, &token, &head)?;
    let commitment = anchor.commitment()?;
    Ok(AnchorExport { token: token.content, statement: statement.content, commitment, kind: anchor.kind })
}

/// The anchors for a report whose custody excerpt has a head of `size` entries: those that cover no more than that, in the order of
/// their sizes, as the files `anchors/NN.json` with `anchors/NN.tsr` or `anchors/NN.ots`. An anchor that does not hold is left
/// out. When there are too many, the earliest and the latest are taken. For an anonymous report the caller takes none.
///
/// # Errors
/// The vault's, and [`CoreError::Custody`] when the log never had `size` entries.
#[allow(dead_code, reason = "called by the composer of reports")]
pub(crate) fn anchors_for_excerpt(conn: &Connection, size: u64) -> Result<Vec<ExtraFile>, CoreError> {
    let excerpt = head_at(conn, size)?;
    let mut found = Vec::new();
    for anchor in all(conn)?.into_iter().filter(|anchor| anchor.size <= size) {
        let Some((token, _)) = best(&anchor, tokens(conn, anchor.seq)?) else { continue };
        let consistency = custody::consistency_proof(&Nodes(conn), anchor.size, size)?;
        if anchor.statement(consistency.clone()).and_then(|made| made.files(1, &token, &excerpt)).is_ok() {
            found.push((anchor, token, consistency));
        }
    }
    found.sort_by_key(|(anchor, ..)| (anchor.size, anchor.seq));
    let surplus = found.len().saturating_sub(MAX_ANCHORS);
    let kept = found.into_iter().enumerate().filter(|(i, _)| *i < MAX_ANCHORS / 2 || *i >= MAX_ANCHORS / 2 + surplus);
    let mut files = Vec::new();
    for (number, (_, (anchor, token, consistency))) in (1..).zip(kept) {
        files.extend(anchor.statement(consistency)?.files(number, &token, &excerpt)?);
    }
    Ok(files)
}
