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
use crate::{AnchorId, CoreError, Stamp};

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
        Ok(Stored { seq, id, kind, size, note, salt, nonce, requested: Stamp::stored(requested, &clock)? })
    };
    Ok(read())
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
    rows.map(|row| row.map_err(CoreError::from).and_then(|(token, at, clock)| Ok((token, Stamp::stored(at, &clock)?))))
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

#[cfg(test)]
mod tests {
    use amparo_report::anchor::{self as formats, Verified};
    use proptest::prelude::*;

    use super::*;
    use crate::{ClockTrust, EvidenceId, Timestamp};

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in crate::COMPONENT.steps {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn now(seconds: i64) -> Stamp {
        Stamp { time: Timestamp::from_unix(seconds), clock: ClockTrust::DEVICE }
    }

    fn grow(conn: &Connection, entries: u8) {
        for i in 0..entries {
            let act = Act::on(Event::Imported, EvidenceId::from_bytes([i; 16]), Some([i; 32]));
            log::append(conn, &now(i64::from(i)), act).unwrap();
        }
    }

    fn key() -> SigningKey {
        SigningKey::generate().unwrap().0
    }

    fn promise(calendar: &str) -> Vec<u8> {
        let uri = format!("https://{calendar}.example");
        let tag = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
        [&[0xf0, 1, 7, 0x08, 0x00][..], &tag, &[uri.len() as u8 + 1, uri.len() as u8], uri.as_bytes()].concat()
    }

    fn block(height: u8) -> Vec<u8> {
        [&[0x08, 0x00, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 1][..], &[height]].concat()
    }

    fn ask(conn: &Connection, key: &SigningKey, kind: AnchorKind) -> AnchorRequest {
        prepare(conn, key, &now(100), kind).unwrap()
    }

    fn answer(conn: &Connection, id: AnchorId, bytes: &[u8]) -> Result<Anchor, CoreError> {
        store(conn, id, &Answer::Request, bytes, &now(200))
    }

    fn calendars(anchor: &Anchor) -> Vec<(String, Vec<u8>)> {
        match &anchor.claim {
            Some(Claim::Proof(proof)) => proof.pending().map(|(uri, m)| (uri.to_owned(), m.to_vec())).collect(),
            _ => vec![],
        }
    }

    fn rows(conn: &Connection) -> (u64, i64) {
        let tokens = conn.query_row("SELECT count(*) FROM anchor_token", [], |row| row.get(0)).unwrap();
        (log::size(conn).unwrap(), tokens)
    }

    #[test]
    fn a_request_says_nothing_and_no_two_are_alike() {
        let (conn, key) = (database(), key());
        assert!(matches!(prepare(&conn, &key, &now(0), AnchorKind::Rfc3161), Err(CoreError::NothingToAnchor)));
        grow(&conn, 5);
        let mut seen = Vec::new();
        for kind in [AnchorKind::Rfc3161, AnchorKind::OpenTimestamps, AnchorKind::Rfc3161, AnchorKind::OpenTimestamps] {
            let request = ask(&conn, &key, kind);
            let note = log::latest_head(&conn).unwrap().unwrap();
            let head = Head::verify(&note, &key.verifying_key()).unwrap();
            // Neither the head, nor a hash in it, nor the key, nor the commitment of another request of the same head.
            let secrets = [head.root.as_slice(), &head.chain, &key.verifying_key().to_bytes()];
            for secret in secrets.into_iter().chain(seen.iter().map(Vec::as_slice)) {
                assert!(!request.bytes.windows(secret.len()).any(|window| window == secret));
            }
            seen.push(request.commitment.to_vec());
        }
        let lengths: Vec<usize> =
            list(&conn).unwrap().iter().map(|anchor| usize::from(anchor.stored.is_some())).collect();
        assert_eq!(lengths, [0; 4], "requested, and nothing stored");
    }

    #[test]
    fn calendars_answers_are_joined_kept_and_completed() {
        let (conn, key) = (database(), key());
        grow(&conn, 3);
        let request = ask(&conn, &key, AnchorKind::OpenTimestamps);
        let first = answer(&conn, request.id, &promise("a")).unwrap();
        assert_eq!((calendars(&first).len(), first.size, first.commitment), (1, 3, request.commitment));
        assert_eq!(rows(&conn), (4, 1));
        let both = answer(&conn, request.id, &promise("b")).unwrap();
        assert_eq!(calendars(&both).len(), 2);
        // Storing either once more changes nothing.
        for again in ["a", "b"] {
            assert_eq!(answer(&conn, request.id, &promise(again)).unwrap(), both);
        }
        assert_eq!(rows(&conn), (5, 2));
        let (_, message) = calendars(&both).remove(1);
        let done = store(&conn, request.id, &Answer::Promise(&message), &block(77), &now(300)).unwrap();
        let Some(Claim::Proof(proof)) = &done.claim else { panic!() };
        assert_eq!((proof.bitcoin_height(), proof.pending().count()), (Some(77), 2));
        assert_eq!(rows(&conn), (6, 3), "and the earlier ones are still there");
        // A promise that comes later does not hide the block.
        let later = answer(&conn, request.id, &promise("c")).unwrap();
        let Some(Claim::Proof(proof)) = &later.claim else { panic!() };
        assert_eq!((proof.bitcoin_height(), proof.pending().count()), (Some(77), 3));
        let entry = log::entries(&conn, 3, 1).unwrap().remove(0).entry.unwrap();
        assert_eq!((entry.event, entry.evidence), (Event::Anchored, None));
        assert_eq!(entry.details["commitment"], hex::encode(&request.commitment));
        assert_eq!((&entry.details["kind"], &entry.details["size"]), (&"opentimestamps".into(), &3.into()));
        assert_eq!(entry.details.len(), 3);
        let checks = verify(&conn, &key.verifying_key()).unwrap();
        assert!(checks.len() == 1 && checks[0].fault.is_none());
    }

    #[test]
    fn a_foreign_answer_is_refused_by_name_and_changes_nothing() {
        let (conn, key) = (database(), key());
        grow(&conn, 3);
        let ours = ask(&conn, &key, AnchorKind::OpenTimestamps);
        let theirs = ask(&conn, &key, AnchorKind::OpenTimestamps);
        answer(&conn, theirs.id, &promise("a")).unwrap();
        let foreign = export(&conn, theirs.id).unwrap().token;
        let before = rows(&conn);
        let refused = |bytes: &[u8]| match answer(&conn, ours.id, bytes) {
            Err(CoreError::Anchor(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&foreign), AnchorError::OtherCommitment);
        assert_eq!(refused(b"<html>Not found</html>"), AnchorError::UnknownStep);
        assert_eq!(refused(&foreign[..40]), AnchorError::Malformed);
        assert_eq!(refused(&vec![0; 70_000]), AnchorError::TooLarge);
        let none = store(&conn, ours.id, &Answer::Promise(b"x"), &block(1), &now(0));
        assert!(matches!(none, Err(CoreError::Anchor(AnchorError::NoSuchMessage))));
        let nobody = answer(&conn, AnchorId::from_bytes([0; 16]), &promise("a"));
        assert!(matches!(nobody, Err(CoreError::AnchorNotFound)));
        assert!(matches!(export(&conn, ours.id), Err(CoreError::AnchorNotStored)));
        let token = ask(&conn, &key, AnchorKind::Rfc3161);
        assert!(matches!(answer(&conn, token.id, b"0\x030\x00"), Err(CoreError::Anchor(AnchorError::Malformed))));
        assert_eq!(rows(&conn), before);
        assert!(get(&conn, ours.id).unwrap().stored.is_none());
    }

    #[test]
    fn a_log_that_was_rewritten_no_longer_has_its_anchor() {
        let (conn, key) = (database(), key());
        grow(&conn, 9);
        let request = ask(&conn, &key, AnchorKind::OpenTimestamps);
        answer(&conn, request.id, &promise("a")).unwrap();
        grow(&conn, 4);
        let fault = |sql: &str| {
            conn.execute_batch("SAVEPOINT s").unwrap();
            conn.execute_batch(sql).unwrap();
            let fault = verify(&conn, &key.verifying_key()).unwrap()[0].fault;
            conn.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
            fault
        };
        assert_eq!(fault("SELECT 1"), None);
        assert_eq!(
            fault("UPDATE custody_node SET hash = zeroblob(32) WHERE level = 0 AND place = 8"),
            Some(AnchorError::OtherLog)
        );
        assert_eq!(
            fault("UPDATE custody_node SET hash = zeroblob(32) WHERE level = 3 AND place = 0"),
            Some(AnchorError::OtherLog)
        );
        assert_eq!(fault("DELETE FROM custody_node WHERE place > 3"), Some(AnchorError::OtherLog));
        assert_eq!(fault("UPDATE anchor SET size = 8"), Some(AnchorError::OtherLog));
        assert_eq!(fault("UPDATE anchor SET salt = zeroblob(32)"), Some(AnchorError::OtherCommitment));
        assert_eq!(fault("UPDATE anchor SET note = replace(note, 'time 1970', 'time 1971')"), Some(AnchorError::Head));
        assert_eq!(fault("UPDATE anchor_token SET token = substr(token, 2)"), Some(AnchorError::Malformed));
        // Somebody who rewrote the log, and signs with a key of their own.
        let other = super::tests::key().verifying_key();
        assert_eq!(verify(&conn, &other).unwrap()[0].fault, Some(AnchorError::Head));
    }

    #[test]
    fn a_report_gets_the_anchors_that_its_excerpt_covers() {
        let (conn, key) = (database(), key());
        assert!(anchors_for_excerpt(&conn, 0).is_err(), "no excerpt has no entries");
        let mut sizes = Vec::new();
        for i in 0..4u8 {
            grow(&conn, 3);
            let request = ask(&conn, &key, AnchorKind::OpenTimestamps);
            sizes.push(get(&conn, request.id).unwrap().size);
            // The third is never answered.
            if i != 2 {
                answer(&conn, request.id, &promise("a")).unwrap();
            }
        }
        let total = log::size(&conn).unwrap();
        for size in 1..=total {
            let excerpt = head_at(&conn, size).unwrap();
            let files = anchors_for_excerpt(&conn, size).unwrap();
            let mut covered = Vec::new();
            for (number, pair) in (1..).zip(files.chunks(2)) {
                assert_eq!(pair[0].path, format!("anchors/{number:02}.json"));
                assert_eq!(pair[1].path, format!("anchors/{number:02}.ots"));
                let Verified { head, .. } = formats::verify(&pair[0].content, &pair[1].content, &excerpt).unwrap();
                covered.push(head.size);
                // Nothing in it is the vault's key or signed by it.
                let text = String::from_utf8(pair[0].content.clone()).unwrap();
                assert!(!text.contains('\u{2014}') && !text.contains("u2014"));
                assert!(!text.contains(&hex::encode(&key.verifying_key().to_bytes())));
            }
            let expected: Vec<u64> = [sizes[0], sizes[1], sizes[3]].into_iter().filter(|s| *s <= size).collect();
            assert_eq!(covered, expected);
        }
        assert!(matches!(anchors_for_excerpt(&conn, total + 1), Err(CoreError::Custody(_))));
        // One that no longer holds is left out, and the others stay.
        conn.execute("UPDATE anchor SET salt = zeroblob(32) WHERE size = ?1", [sizes[1] as i64]).unwrap();
        assert_eq!(anchors_for_excerpt(&conn, total).unwrap().len(), 4);
    }

    #[test]
    fn of_very_many_anchors_a_report_gets_the_earliest_and_the_latest() {
        let (conn, key) = (database(), key());
        for _ in 0..40 {
            grow(&conn, 1);
            let request = ask(&conn, &key, AnchorKind::OpenTimestamps);
            answer(&conn, request.id, &promise("a")).unwrap();
        }
        let size = log::size(&conn).unwrap();
        let files = anchors_for_excerpt(&conn, size).unwrap();
        assert_eq!(files.len(), 2 * MAX_ANCHORS);
        let excerpt = head_at(&conn, size).unwrap();
        let covered: Vec<u64> = files
            .chunks(2)
            .map(|pair| formats::verify(&pair[0].content, &pair[1].content, &excerpt).unwrap().head.size)
            .collect();
        assert!(covered.is_sorted() && covered[0] == 1 && covered[MAX_ANCHORS - 1] == size - 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn any_flipped_bit_of_a_statement_is_found(grown in 0u8..6, place in any::<prop::sample::Index>(), bit in 0u8..8) {
            let (conn, key) = (database(), key());
            grow(&conn, 5);
            let request = ask(&conn, &key, AnchorKind::OpenTimestamps);
            answer(&conn, request.id, &promise("a")).unwrap();
            grow(&conn, grown);
            let size = log::size(&conn).unwrap();
            let mut files = anchors_for_excerpt(&conn, size).unwrap();
            let at = place.index(files[0].content.len());
            files[0].content[at] ^= 1 << bit;
            let excerpt = head_at(&conn, size).unwrap();
            prop_assert!(formats::verify(&files[0].content, &files[1].content, &excerpt).is_err());
        }
    }
}
