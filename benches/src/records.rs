//! Incidents as the core stores them, in its own tables, on two databases: the vault's and plain SQLite with the same settings.
//!
//! The statements are those of the core's incident store, written out here because plain SQLite has no core.

use std::{
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use amparo_core::{
    COMPONENT, ClockTrust, IncidentId, Stamp, Timestamp, VaultError,
    incident::{
        Act, ActCode, INCIDENT_SCHEMA, Incident, IncidentContent, IncidentStatus, Occurred, PartialDate, Place, Urgency,
    },
};
use amparo_vault::Vault;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::{Fallible, numbers::Numbers, vaults};

/// A database with the core's tables.
pub trait Records: Send + Sync + Sized + 'static {
    /// A new one in the folder `dir`, which is empty.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(dir: &Path) -> Fallible<Self>;

    /// Runs `f` in a transaction that is on the medium when this returns.
    ///
    /// # Errors
    /// Those of the database.
    fn write<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fallible<T>;

    /// Runs `f` for reading.
    ///
    /// # Errors
    /// Those of the database.
    fn read<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fallible<T>;

    /// Empties SQLite's cache of pages: what is read next comes from the file (and from the system's cache of it).
    ///
    /// # Errors
    /// Those of the database.
    fn forget_pages(&self) -> Fallible<()> {
        self.read(|conn| conn.execute_batch("PRAGMA shrink_memory"))
    }
}

/// Plain SQLite, set up as the vault sets up its own.
pub struct Plain(Mutex<Connection>);

/// What decides about speed or durability. The page size first: it counts only before the file has content.
const SETTINGS: [&str; 11] = [
    "page_size",
    "cache_size",
    "temp_store",
    "secure_delete",
    "cell_size_check",
    "trusted_schema",
    "foreign_keys",
    "fullfsync",
    "checkpoint_fullfsync",
    "synchronous",
    "wal_autocheckpoint",
];

/// The vault's own values of [`SETTINGS`], read from a vault that is made for it once: whatever the vault changes, the baseline
/// follows.
fn vault_settings() -> Fallible<&'static [i64]> {
    static VALUES: OnceLock<Vec<i64>> = OnceLock::new();
    if let Some(values) = VALUES.get() {
        return Ok(values);
    }
    let dir = crate::scratch()?;
    let vault = Sealed::create(dir.path())?;
    let value = |conn: &Connection, name: &&str| conn.pragma_query_value(None, name, |row| row.get(0));
    let values = vault.read(|conn| SETTINGS.iter().map(|name| value(conn, name)).collect())?;
    Ok(VALUES.get_or_init(|| values))
}

impl Records for Plain {
    fn create(dir: &Path) -> Fallible<Self> {
        let values = vault_settings()?;
        let connection = Connection::open(dir.join("plain"))?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
        for (name, value) in SETTINGS.iter().zip(values) {
            connection.pragma_update(None, name, value)?;
        }
        connection.execute_batch("PRAGMA journal_mode = WAL")?;
        for (name, value) in SETTINGS.iter().zip(values) {
            if connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))? != *value {
                return Err(format!("plain SQLite did not take the vault's {name}").into());
            }
        }
        COMPONENT.steps.iter().try_for_each(|step| connection.execute_batch(step))?;
        Ok(Self(Mutex::new(connection)))
    }

    fn write<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fallible<T> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = f(&tx)?;
        tx.commit()?;
        Ok(value)
    }

    fn read<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fallible<T> {
        Ok(f(&self.0.lock().unwrap_or_else(PoisonError::into_inner))?)
    }
}

/// The vault's database.
pub struct Sealed(pub Vault);

impl Records for Sealed {
    fn create(dir: &Path) -> Fallible<Self> {
        Ok(Self(vaults::create(dir)?.vault().clone()))
    }

    fn write<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fallible<T> {
        Ok(self.0.write(|tx| f(tx).map_err(VaultError::from))?)
    }

    fn read<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fallible<T> {
        Ok(self.0.read(|conn| f(conn).map_err(VaultError::from))?)
    }
}

/// What somebody enters about an incident: about 2 KB, most of it narrative.
///
/// # Errors
/// None in practice: the texts of this file are valid.
pub fn content(numbers: &mut Numbers) -> Fallible<IncidentContent> {
    let acts = [ActCode::ARBITRARY_DETENTION, ActCode::THREAT, ActCode::RAID_SEARCH, ActCode::CONFISCATION];
    let first = usize::try_from(numbers.below(3))?;
    let length = 600 + usize::try_from(numbers.below(2000))?;
    let day: PartialDate =
        format!("20{:02}-{:02}-{:02}", numbers.below(27), 1 + numbers.below(12), 1 + numbers.below(28))
            .parse()
            .map_err(|_| "not a date")?;
    Ok(IncidentContent {
        title: numbers.words(40),
        narrative: numbers.words(length),
        language: Some("en".into()),
        acts: acts.into_iter().skip(first).take(2).map(Act::from).collect(),
        occurred: Some(Occurred::at(day)),
        place: Some(Place { text: numbers.words(40), ..Place::default() }),
        status: Some(IncidentStatus::ONGOING),
        urgency: Some(Urgency::IMMINENT),
        tags: vec![numbers.words(8), numbers.words(8)],
        ..IncidentContent::default()
    })
}

/// One incident, ready to be stored: what the core makes of [`content`] before it touches the database.
pub struct Row {
    id: [u8; 16],
    json: String,
    content: IncidentContent,
}

impl Row {
    /// The row of `content`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn new(numbers: &mut Numbers, content: IncidentContent) -> Fallible<Self> {
        let id = numbers.id();
        let now = Stamp { time: Timestamp::from_unix(1_800_000_000), clock: ClockTrust::DEVICE };
        let incident = Incident {
            schema: INCIDENT_SCHEMA.to_owned(),
            id: IncidentId::from_bytes(id),
            revision: 1,
            created: now.clone(),
            modified: now,
            content,
            evidence: Vec::new(),
        };
        let json = String::from_utf8(incident.to_json()?)?;
        Ok(Self { id, json, content: incident.content })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Stores it, with its codes and its search row.
    ///
    /// # Errors
    /// The database's.
    pub fn insert(&self, conn: &Connection) -> rusqlite::Result<()> {
        let content = &self.content;
        let days = content.occurred.as_ref().map(Occurred::days);
        let acts: Vec<&str> = content.acts.iter().map(|act| act.code.as_str()).collect();
        conn.prepare_cached(
            "INSERT INTO incident (id, revision, record, created, modified) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![self.id, 1, self.json, 1_800_000_000, 1_800_000_000])?;
        let seq = conn.last_insert_rowid();
        conn.prepare_cached(
            "INSERT INTO incident_summary (seq, id, revision, created, modified, draft, status, urgency, country, occurred_from,
                    occurred_to, span, month, moment, acts, occurred, heading)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            seq,
            self.id,
            1,
            1_800_000_000,
            1_800_000_000,
            content.draft,
            content.status.as_ref().map(IncidentStatus::as_str),
            content.urgency.as_ref().map(Urgency::as_str),
            content.place.as_ref().and_then(|place| place.country.as_deref()),
            days.map(|days| days.0),
            days.map(|days| days.1),
            days.map(|_| 0),
            content.occurred.as_ref().and_then(|occurred| occurred.from.to_string().get(..7).map(str::to_owned)),
            days.map(|days| days.0 * 86_400 * 4),
            acts.join(" "),
            content.occurred.as_ref().map(|occurred| format!("{{\"from\":\"{}\",\"precision\":\"day\"}}", occurred.from)),
            content.title,
        ])?;
        for act in acts {
            conn.prepare_cached("INSERT OR IGNORE INTO incident_code (kind, code, incident) VALUES ('act', ?1, ?2)")?
                .execute((act, seq))?;
        }
        for tag in &content.tags {
            conn.prepare_cached("INSERT OR IGNORE INTO incident_tag (tag, incident) VALUES (?1, ?2)")?
                .execute((tag, seq))?;
        }
        let place = content.place.as_ref().map(|place| place.text.as_str()).unwrap_or_default();
        let mark = mark(seq);
        let marked = |text: &str| text.split(' ').map(|word| format!("{mark}{word}")).collect::<Vec<_>>().join(" ");
        conn.prepare_cached("DELETE FROM search_text WHERE rowid = ?1")?.execute([seq])?;
        conn.prepare_cached(
            "INSERT INTO search_text (rowid, title, narrative, place, tags, details, notes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            seq,
            marked(&content.title),
            marked(&content.narrative),
            marked(place),
            marked(&content.tags.join(" ")),
            "",
            "",
        ))?;
        Ok(())
    }
}

/// Incidents of one block of the search index.
const BLOCK: i64 = 2048;

/// What stands before each word of a row of the search index.
fn mark(seq: i64) -> String {
    format!("{:04x}", seq / BLOCK)
}

/// The same `count` incidents for every seed.
///
/// # Errors
/// As [`content`].
pub fn rows(seed: u64, count: usize) -> Fallible<Vec<Row>> {
    let mut numbers = Numbers::new(seed);
    (0..count)
        .map(|_| {
            let content = content(&mut numbers)?;
            Row::new(&mut numbers, content)
        })
        .collect()
}

/// Stores `rows` in transactions of 100.
///
/// # Errors
/// The database's.
pub fn fill(store: &impl Records, rows: &[Row]) -> Fallible<()> {
    rows.chunks(100).try_for_each(|some| store.write(|conn| some.iter().try_for_each(|row| row.insert(conn))))
}

/// The record of one incident.
///
/// # Errors
/// The database's.
pub fn point_read(conn: &Connection, id: &[u8; 16]) -> rusqlite::Result<String> {
    conn.prepare_cached("SELECT record FROM incident WHERE id = ?1")?.query_row([id], |row| row.get(0))
}

/// Marks one incident as changed at `to`: about the smallest change there is.
///
/// # Errors
/// The database's.
pub fn update(conn: &Connection, id: &[u8; 16], to: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE incident SET modified = ?2 WHERE id = ?1")?.execute((id, to.cast_signed())).map(drop)
}

/// The first 20 incidents, newest first, in which both words begin some word.
///
/// # Errors
/// The database's.
pub fn search(conn: &Connection, query: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(
        "SELECT rowid FROM search_text WHERE search_text MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC LIMIT ?4",
    )?;
    let mut found: Vec<i64> = Vec::new();
    let mut newest: Option<i64> =
        conn.prepare_cached("SELECT max(seq) FROM incident")?.query_row([], |row| row.get(0))?;
    while let Some(last) = newest.filter(|last| *last > 0 && found.len() < 21) {
        let mark = mark(last);
        let expression: Vec<String> = query.split(' ').map(|word| format!("\"{mark}{word}\" *")).collect();
        let oldest = last / BLOCK * BLOCK;
        let missing = 21i64 - i64::try_from(found.len()).unwrap_or(21);
        let rows =
            statement.query_map((expression.join(" AND "), oldest, last, missing), |row| row.get::<_, i64>(0))?;
        for row in rows {
            found.push(row?);
        }
        newest = Some(oldest - 1);
    }
    Ok(found)
}

/// [`search`], and the records of what was found: what the core reads to show a page of results.
///
/// # Errors
/// The database's.
pub fn search_and_read(conn: &Connection, query: &str) -> rusqlite::Result<usize> {
    let mut bytes = 0;
    for seq in search(conn, query)?.into_iter().take(20) {
        let record: String =
            conn.prepare_cached("SELECT record FROM incident WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
        bytes += record.len();
    }
    Ok(bytes)
}

/// Reads every record.
///
/// # Errors
/// The database's.
pub fn scan(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT sum(length(CAST(record AS BLOB))) FROM incident WHERE record NOT LIKE 'x%'", [], |row| {
        row.get(0)
    })
}

/// Queries of two words, as seldom as what people look for.
#[must_use]
pub fn queries(seed: u64, count: usize) -> Vec<String> {
    let mut numbers = Numbers::new(seed);
    let mut word = || crate::numbers::word(50 + numbers.below(400));
    (0..count).map(|_| format!("{} {}", word(), word())).collect()
}
