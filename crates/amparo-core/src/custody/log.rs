//! The log's tables: lines, tree nodes, signed heads.

use amparo_crypto::sign::{SigningKey, VerifyingKey};
use amparo_report::custody::{
    ChainReport, CustodyError, Entry, Event, FIRST_PREV, FaultKind, Hash, Head, NodeSource, append_nodes, leaf_hash,
    node_hash, root, verify_chain,
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Map, Value};

use super::HistoryEntry;
use crate::{CORE_VERSION, ClockTrust, CoreError, EvidenceId, Stamp, Timestamp};

/// Who acts in the vault: its user. Other actors are written by whoever imports their word (a desk's receipt).
const USER: &str = "user";

/// What is recorded.
pub(crate) struct Act {
    pub event: Event,
    pub evidence: Option<EvidenceId>,
    pub sha256: Option<Hash>,
    /// Short facts. Never names, notes or anything else that was entered: a report shows them.
    pub details: Map<String, Value>,
}

impl Act {
    /// `event` on `evidence`, whose content then has the hash `sha256`.
    pub fn on(event: Event, evidence: EvidenceId, sha256: Option<Hash>) -> Self {
        Self { event, evidence: Some(evidence), sha256, details: Map::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// The stored nodes.
pub(crate) struct Nodes<'a>(pub &'a Connection);

impl NodeSource for Nodes<'_> {
    type Error = CoreError;

    fn node(&self, level: u32, index: u64) -> Result<Option<Hash>, CoreError> {
        let Ok(place) = i64::try_from(index) else { return Ok(None) };
        Ok(self
            .0
            .prepare_cached("SELECT hash FROM custody_node WHERE level = ?1 AND place = ?2")?
            .query_row((level, place), |row| row.get(0))
            .optional()?)
    }
}

/// Entries in the log.
pub(crate) fn size(conn: &Connection) -> Result<u64, CoreError> {
    // The leaves, not the lines, say how long the log is: a line that was taken out must not make room for another.
    let last: Option<u64> =
        conn.prepare_cached("SELECT max(place) FROM custody_node WHERE level = 0")?.query_row([], |row| row.get(0))?;
    Ok(last.map_or(0, |last| last.saturating_add(1)))
}

/// Appends one entry within the transaction of the act it records. Returns its number.
pub(crate) fn append(conn: &Connection, now: &Stamp, act: Act) -> Result<u64, CoreError> {
    let seq = size(conn)?;
    let prev = match seq.checked_sub(1) {
        None => FIRST_PREV,
        Some(last) => Nodes(conn).node(0, last)?.ok_or(CustodyError::MissingNode { level: 0, index: last })?,
    };
    let mut entry = Entry::new(seq, prev, now.time.to_string(), act.event, USER, CORE_VERSION)?;
    entry.evidence = act.evidence.map(|id| id.to_string());
    entry.sha256 = act.sha256;
    entry.details = act.details;
    if now.clock != ClockTrust::DEVICE {
        entry.details.insert("clock".to_owned(), now.clock.as_str().into());
    }
    let line = entry.to_line()?;
    conn.prepare_cached("INSERT INTO custody_entry (seq, line, evidence) VALUES (?1, ?2, ?3)")?.execute((
        to_column(seq)?,
        &line,
        act.evidence,
    ))?;
    for node in append_nodes(&Nodes(conn), seq, leaf_hash(&line))? {
        conn.prepare_cached("INSERT INTO custody_node (level, place, hash) VALUES (?1, ?2, ?3)")?.execute((
            node.level,
            to_column(node.index)?,
            node.hash,
        ))?;
    }
    Ok(seq)
}

fn to_column(n: u64) -> Result<i64, CoreError> {
    i64::try_from(n).map_err(|_| CustodyError::OutOfRange.into())
}

/// The head of the log as it is now; `None` while it is empty.
pub(crate) fn head_now(conn: &Connection, now: Timestamp) -> Result<Option<Head>, CoreError> {
    let nodes = Nodes(conn);
    let size = size(conn)?;
    let Some(last) = size.checked_sub(1) else { return Ok(None) };
    let chain = nodes.node(0, last)?.ok_or(CustodyError::MissingNode { level: 0, index: last })?;
    Ok(Some(Head { size, root: root(&nodes, size)?, chain, time: now.to_string() }))
}

/// Signs and stores the present head if it is not signed yet; returns the latest one.
pub(crate) fn sign_head(conn: &Connection, key: &SigningKey, now: Timestamp) -> Result<Option<String>, CoreError> {
    let signed: Option<u64> =
        conn.prepare_cached("SELECT max(size) FROM custody_head")?.query_row([], |row| row.get(0))?;
    if let Some(head) = head_now(conn, now)?
        && signed.is_none_or(|signed| signed < head.size)
    {
        conn.prepare_cached("INSERT INTO custody_head (size, note) VALUES (?1, ?2)")?
            .execute((to_column(head.size)?, head.sign(key)?))?;
    }
    latest_head(conn)
}

pub(crate) fn latest_head(conn: &Connection) -> Result<Option<String>, CoreError> {
    Ok(conn
        .prepare_cached("SELECT note FROM custody_head ORDER BY size DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

pub(crate) fn verify(conn: &Connection, key: &VerifyingKey) -> Result<ChainReport, CoreError> {
    let head = latest_head(conn)?;
    let mut statement = conn.prepare_cached("SELECT line FROM custody_entry ORDER BY seq")?;
    let lines = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let mut tree = TreeCheck { conn, size: 0, peaks: Vec::new(), same: true };
    let lines = lines.map(|line| {
        let line = line?;
        tree.push(leaf_hash(&line))?;
        Ok::<_, CoreError>(line)
    });
    let report = verify_chain(lines, head.as_deref(), key)?;
    // What is wrong with a line is the news; a tree that differs from it follows.
    let lines_hold = report.fault.is_none_or(|fault| fault.kind == FaultKind::Unsigned);
    if lines_hold && !(tree.same && size(conn)? == tree.size) {
        return Err(CoreError::CustodyTreeDamaged);
    }
    Ok(report)
}

/// Compares every stored node with the one that the lines make, as the lines pass by.
struct TreeCheck<'a> {
    conn: &'a Connection,
    size: u64,
    peaks: Vec<Hash>,
    same: bool,
}

impl TreeCheck<'_> {
    fn push(&mut self, leaf: Hash) -> Result<(), CoreError> {
        let (mut level, mut index, mut hash) = (0, self.size, leaf);
        loop {
            self.same &= Nodes(self.conn).node(level, index)? == Some(hash);
            if index & 1 == 0 {
                break;
            }
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level = level.saturating_add(1);
            index >>= 1;
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
        Ok(())
    }
}

fn history_entry(row: &Row<'_>) -> rusqlite::Result<HistoryEntry> {
    let line: Vec<u8> = row.get(1)?;
    Ok(HistoryEntry { seq: row.get(0)?, entry: Entry::parse(&line).ok(), line })
}

pub(crate) fn history(conn: &Connection, evidence: EvidenceId) -> Result<Vec<HistoryEntry>, CoreError> {
    let mut statement = conn.prepare_cached("SELECT seq, line FROM custody_entry WHERE evidence = ?1 ORDER BY seq")?;
    let rows = statement.query_map([evidence], history_entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn entries(conn: &Connection, from: u64, limit: usize) -> Result<Vec<HistoryEntry>, CoreError> {
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let mut statement =
        conn.prepare_cached("SELECT seq, line FROM custody_entry WHERE seq >= ?1 ORDER BY seq LIMIT ?2")?;
    let rows = statement.query_map((from, i64::try_from(limit).unwrap_or(i64::MAX)), history_entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use amparo_report::custody::{FaultReason, inclusion_path, verify_inclusion};
    use proptest::prelude::*;

    use super::*;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in crate::COMPONENT.steps {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn fill(conn: &Connection, n: u8) {
        for i in 0..n {
            let act = Act::on(Event::Imported, EvidenceId::from_bytes([i % 3; 16]), Some([i; 32])).with("size", i);
            assert_eq!(append(conn, &at(i64::from(i)), act).unwrap() % 256, u64::from(i));
        }
    }

    fn at(seconds: i64) -> Stamp {
        Stamp { time: Timestamp::from_unix(seconds), clock: ClockTrust::DEVICE }
    }

    fn key() -> SigningKey {
        SigningKey::generate().unwrap().0
    }

    #[test]
    fn a_log_verifies_at_every_length_and_its_proofs_hold() {
        let (conn, key) = (database(), key());
        assert!(verify(&conn, &key.verifying_key()).unwrap().is_intact());
        assert_eq!(sign_head(&conn, &key, Timestamp::from_unix(0)).unwrap(), None);
        for i in 0..40u8 {
            append(&conn, &at(0), Act::on(Event::Imported, EvidenceId::from_bytes([i; 16]), None)).unwrap();
            let report = verify(&conn, &key.verifying_key()).unwrap();
            assert!(report.is_intact_so_far() || i == 0, "{:?}", report.fault);
            let note = sign_head(&conn, &key, Timestamp::from_unix(9)).unwrap().unwrap();
            assert_eq!(sign_head(&conn, &key, Timestamp::from_unix(10)).unwrap().unwrap(), note, "signed once");
            assert!(verify(&conn, &key.verifying_key()).unwrap().is_intact());
            let head = Head::verify(&note, &key.verifying_key()).unwrap();
            for seq in 0..head.size {
                let line = entries(&conn, seq, 1).unwrap().remove(0).line;
                let path = inclusion_path(&Nodes(&conn), seq, head.size).unwrap();
                verify_inclusion(&leaf_hash(&line), seq, head.size, &path, &head.root).unwrap();
            }
        }
    }

    #[test]
    fn history_is_of_one_piece_of_evidence() {
        let conn = database();
        fill(&conn, 10);
        let seqs =
            |i| history(&conn, EvidenceId::from_bytes([i; 16])).unwrap().iter().map(|h| h.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), [0, 3, 6, 9]);
        assert!(seqs(7).is_empty());
    }

    #[test]
    fn a_line_or_a_tail_that_is_gone_is_named() {
        let (conn, key) = (database(), key());
        fill(&conn, 9);
        sign_head(&conn, &key, Timestamp::from_unix(9)).unwrap();
        let fault = |sql: &str| {
            conn.execute_batch("SAVEPOINT s").unwrap();
            conn.execute_batch(sql).unwrap();
            let fault = verify(&conn, &key.verifying_key()).unwrap().fault.unwrap();
            conn.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
            (fault.kind, fault.seq, fault.reason)
        };
        assert_eq!(
            fault("DELETE FROM custody_entry WHERE seq = 4"),
            (FaultKind::Missing, 4, FaultReason::NumberSkipped)
        );
        assert_eq!(fault("DELETE FROM custody_entry WHERE seq >= 7"), (FaultKind::Missing, 7, FaultReason::CutShort));
        let (kind, ..) = fault(
            "UPDATE custody_entry SET seq = 100 WHERE seq = 2; UPDATE custody_entry SET seq = 2 WHERE seq = 5;
             UPDATE custody_entry SET seq = 5 WHERE seq = 100",
        );
        assert_eq!(kind, FaultKind::Reordered);
        let (kind, _, reason) = fault("DELETE FROM custody_head");
        assert_eq!((kind, reason), (FaultKind::Unsigned, FaultReason::NoHead));
        let (kind, _, reason) = fault("UPDATE custody_head SET note = replace(note, 'chain', 'chair')");
        assert_eq!((kind, reason), (FaultKind::Unsigned, FaultReason::BadHead));
        assert!(verify(&conn, &key.verifying_key()).unwrap().is_intact());
    }

    #[test]
    fn a_changed_or_missing_node_is_found() {
        let (conn, key) = (database(), key());
        fill(&conn, 13);
        sign_head(&conn, &key, Timestamp::from_unix(9)).unwrap();
        let nodes: Vec<(u32, i64)> = {
            let mut statement = conn.prepare("SELECT level, place FROM custody_node").unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(nodes.len(), 13 + 6 + 3 + 1);
        for sql in ["UPDATE custody_node SET hash = zeroblob(32)", "DELETE FROM custody_node"] {
            for node in &nodes {
                conn.execute_batch("SAVEPOINT s").unwrap();
                conn.execute(&format!("{sql} WHERE level = ?1 AND place = ?2"), *node).unwrap();
                let result = verify(&conn, &key.verifying_key());
                assert!(matches!(result, Err(CoreError::CustodyTreeDamaged)), "{sql} {node:?}: {result:?}");
                conn.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
            }
        }
        assert!(verify(&conn, &key.verifying_key()).unwrap().is_intact());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_flipped_bit_of_a_line_is_found_at_its_entry(count in 2u8..12, line in any::<prop::sample::Index>(),
                                                           byte in any::<prop::sample::Index>(), bit in 0u8..8) {
            let (conn, key) = (database(), key());
            fill(&conn, count);
            sign_head(&conn, &key, Timestamp::from_unix(9)).unwrap();
            let seq = line.index(usize::from(count));
            let mut bytes = entries(&conn, seq as u64, 1).unwrap().remove(0).line;
            let at = byte.index(bytes.len());
            bytes[at] ^= 1 << bit;
            conn.execute("UPDATE custody_entry SET line = ?2 WHERE seq = ?1", (seq as i64, bytes)).unwrap();
            let fault = verify(&conn, &key.verifying_key()).unwrap().fault.expect("a flipped bit is found");
            prop_assert_ne!(fault.kind, FaultKind::Unsigned);
            prop_assert!(fault.seq == seq as u64 || fault.kind != FaultKind::Altered, "{fault} for entry {seq}");
        }
    }
}
