//! One encrypted SQLite database: opened with the settings that its promises need, each verified.
//!
//! The storage below is [`crate::vfs`]. What may not happen here: a database that runs with a setting other than the ones
//! promised, a commit that is reported before it is on the disk, an error that carries SQL text or values. A wrong key looks
//! like damage at this level; the slots above tell the two apart before a database is opened.

use std::path::{Path, PathBuf};

use amparo_crypto::{CryptoError, SecretKey};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, ffi};

use crate::vfs::{self, Observers, PageSize, Registration, SetupError};

/// The page size of every database of this version. Measured: `docs/decisions/0001-page-size.md`.
pub(crate) const PAGE_SIZE: PageSize = PageSize::Kib4;

/// Bytes of the WAL after which SQLite writes it back into the database.
const CHECKPOINT_AFTER: u32 = 4 * 1024 * 1024;
/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 16_000;
/// How long to wait for another process that has the database open.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_millis(250);
/// Prepared statements kept for the next use.
const STATEMENT_CACHE: usize = 64;

/// The tables of one part of the system, as ordered SQL scripts. Script `i` takes the component from version `i` to `i + 1`,
/// in one transaction; a script that was released is never changed.
#[derive(Debug, Clone, Copy)]
pub struct Component {
    /// The component's name in the table `schema_version`.
    pub name: &'static str,
    /// The scripts. They must not begin or end transactions.
    pub steps: &'static [&'static str],
}

/// Why the database refused. Never carries SQL text, values or file names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// No space on the device. What was committed is safe; the transaction at hand was rolled back.
    #[error("no space left on the device")]
    StorageFull,
    /// A page or log record is not authentic, or the structure is broken: damage, manipulation or the wrong key.
    #[error("the database is damaged or was made with another key")]
    Damaged,
    /// Another connection or process has the database open.
    #[error("the database is in use elsewhere")]
    InUse,
    /// A newer version of the software has written the database.
    #[error("component {component} has version {found}, this software knows {known}")]
    NewerSchema {
        /// The component.
        component: &'static str,
        /// The version on disk.
        found: u64,
        /// The newest version this software knows.
        known: u64,
    },
    /// There is no database at the path.
    #[error("there is no database")]
    Missing,
    /// There already is a file at the path of a new database.
    #[error("there already is a file in the database's place")]
    Exists,
    /// A statement that must return a row returned none.
    #[error("no such row")]
    NoRow,
    /// A constraint of the schema does not allow the change.
    #[error("a constraint does not hold (code {code})")]
    Constraint {
        /// SQLite's extended result code.
        code: i32,
    },
    /// A value in the database has another type than the caller asked for.
    #[error("a stored value has an unexpected type")]
    Type,
    /// A protective setting did not take effect; the database was not opened.
    #[error("the setting {setting} did not take effect")]
    Setting {
        /// The setting.
        setting: &'static str,
    },
    /// A migration script ended its own transaction.
    #[error("step {version} of component {component} is not one transaction")]
    Migration {
        /// The component.
        component: &'static str,
        /// The version the script leads to.
        version: u64,
    },
    /// The operating system's random source failed.
    #[error("the system's random source failed")]
    Randomness,
    /// The storage failed.
    #[error("storage error (code {code})")]
    Io {
        /// SQLite's extended result code, or 0 where there is none.
        code: i32,
    },
    /// Anything else, which is a defect of the caller or of this crate.
    #[error("database error (code {code})")]
    Other {
        /// SQLite's extended result code, or 0 where there is none.
        code: i32,
    },
}

impl DatabaseError {
    /// The class of an extended SQLite result code.
    fn from_code(code: i32) -> Self {
        match code & 0xff {
            _ if code == ffi::SQLITE_IOERR_DATA || code == ffi::SQLITE_IOERR_CORRUPTFS => Self::Damaged,
            ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Self::Damaged,
            ffi::SQLITE_FULL => Self::StorageFull,
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Self::InUse,
            ffi::SQLITE_MISMATCH => Self::Type,
            ffi::SQLITE_CONSTRAINT => Self::Constraint { code },
            ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY | ffi::SQLITE_PERM => Self::Io { code },
            _ => Self::Other { code },
        }
    }

    fn from_io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::AlreadyExists => Self::Exists,
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::StorageFull,
            _ => Self::Io { code: 0 },
        }
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(cause, _) => Self::from_code(cause.extended_code),
            rusqlite::Error::SqlInputError { error, .. } => Self::from_code(error.extended_code),
            rusqlite::Error::QueryReturnedNoRows => Self::NoRow,
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Type,
            _ => Self::Other { code: 0 },
        }
    }
}

impl From<SetupError> for DatabaseError {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Path => Self::Io { code: ffi::SQLITE_CANTOPEN },
            SetupError::Sqlite(code) => Self::from_code(code),
            SetupError::Crypto(CryptoError::Randomness) => Self::Randomness,
            SetupError::Crypto(_) => Self::Other { code: 0 },
        }
    }
}

/// How deep [`Database::check_integrity`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegrityCheck {
    /// Every page in use authenticates and every b-tree is well formed.
    Quick,
    /// Also that indexes, full-text indexes and foreign keys agree with their tables.
    Full,
}

/// What a database is opened with besides its key.
#[derive(Clone)]
pub(crate) struct Options {
    /// Must be the size the database was created with.
    pub(crate) page_size: PageSize,
    /// For tests.
    pub(crate) observers: Observers,
}

impl Default for Options {
    fn default() -> Self {
        Self { page_size: PAGE_SIZE, observers: Observers::default() }
    }
}

/// An open database: one connection, which has the file to itself.
pub(crate) struct Database {
    // In this order: the connection's files go before the VFS they are on.
    connection: Connection,
    registration: Registration,
    /// A transaction failed, and what SQLite's extensions remember of it has not been thrown away yet.
    reset_due: bool,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database(..)")
    }
}

impl Database {
    /// Creates the database `path` under the root key `key`, readable by this user alone. Blocks on the disk.
    ///
    /// # Errors
    /// [`DatabaseError::Exists`] when there is any file at `path`. After another error nothing is left behind.
    pub(crate) fn create(path: &Path, key: &SecretKey, options: Options) -> Result<Self, DatabaseError> {
        let path = resolve(path)?;
        create_private(&path)?;
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &options.observers.tape {
            tape.push(crate::record::Op::Create { file: tape.name(&path) });
        }
        let created = Self::connect(path.clone(), key, options);
        if created.is_err() {
            // The file was made above, and nobody was told of it.
            remove_with_logs(&path);
        }
        created
    }

    /// Opens the database at `path`, after a crash as it was with the last commit. Blocks on the disk.
    ///
    /// # Errors
    /// [`DatabaseError::Missing`], [`DatabaseError::Damaged`] (also for the wrong key), [`DatabaseError::InUse`] and the
    /// storage's own. No error deletes anything.
    pub(crate) fn open(path: &Path, key: &SecretKey, options: Options) -> Result<Self, DatabaseError> {
        let path = resolve(path)?;
        let length = std::fs::metadata(&path).map_err(|error| DatabaseError::from_io(&error))?.len();
        if length < u64::from(options.page_size.bytes()) {
            // To SQLite this would be a new database, and a WAL beside it a leftover to delete.
            return Err(DatabaseError::Damaged);
        }
        Self::connect(path, key, options)
    }

    fn connect(path: PathBuf, key: &SecretKey, options: Options) -> Result<Self, DatabaseError> {
        let registration = Registration::new(&path, key, options.page_size, options.observers)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags_and_vfs(&path, flags, registration.name())?;
        set_up(&connection, options.page_size)?;
        Ok(Self { connection, registration, reset_due: false })
    }

    /// Bytes at the end of a log that were not authentic when the database was opened: none after a clean close, the torn
    /// tail after a crash, or damage. When not zero, the caller checks integrity and custody log. The bytes stay in the file
    /// until the next write.
    pub(crate) fn dropped_log_bytes(&self) -> u64 {
        self.registration.dropped_log_bytes()
    }

    /// Brings `components` up to date, each step in a transaction of its own. Repeatable.
    ///
    /// # Errors
    /// [`DatabaseError::NewerSchema`] before anything is changed.
    pub(crate) fn migrate(&mut self, components: &[Component]) -> Result<(), DatabaseError> {
        self.write(|tx| -> Result<(), DatabaseError> {
            tx.execute_batch(
                "CREATE TABLE IF NOT EXISTS schema_version(
                     component TEXT PRIMARY KEY NOT NULL,
                     version INTEGER NOT NULL
                 ) STRICT, WITHOUT ROWID",
            )?;
            Ok(())
        })?;
        let mut pending = Vec::new();
        for component in components {
            let found = self.schema_version(component.name)?;
            let known = component.steps.len() as u64;
            let done = usize::try_from(found).ok().filter(|done| *done <= component.steps.len());
            let done = done.ok_or(DatabaseError::NewerSchema { component: component.name, found, known })?;
            pending.push((component, done));
        }
        for (component, done) in pending {
            for (step, version) in component.steps.iter().skip(done).zip(done as u64 + 1..) {
                self.write(|tx| -> Result<(), DatabaseError> {
                    tx.execute_batch(step)?;
                    if tx.is_autocommit() {
                        return Err(DatabaseError::Migration { component: component.name, version });
                    }
                    tx.execute(
                        "INSERT INTO schema_version(component, version) VALUES(?1, ?2)
                         ON CONFLICT(component) DO UPDATE SET version = excluded.version",
                        (component.name, i64::try_from(version).unwrap_or(i64::MAX)),
                    )?;
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn schema_version(&mut self, component: &str) -> Result<u64, DatabaseError> {
        let sql = "SELECT version FROM schema_version WHERE component = ?1";
        match self.connection.query_row(sql, [component], |row| row.get::<_, i64>(0)) {
            Ok(version) => u64::try_from(version).map_err(|_| DatabaseError::Damaged),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Runs `f` on the connection. For reading: what it writes outside of a transaction is committed at once, a transaction
    /// that it leaves open is undone by the next call.
    ///
    /// # Errors
    /// Those of `f`.
    pub(crate) fn read<T, E: From<DatabaseError>>(
        &mut self,
        f: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.end_stray_transaction()?;
        // If not even that is possible now, reading still is; no write happens before it was.
        let _ = self.reset_if_due();
        f(&self.connection)
    }

    /// Runs `f` in a transaction that has the write lock from the start. It is on the disk when this returns `Ok`, and undone
    /// when `f` fails or panics, or when it cannot be committed.
    ///
    /// # Errors
    /// Those of `f`, and those of the commit. After an error of the storage during the commit the transaction may show up
    /// again after a crash, complete, as with every database.
    pub(crate) fn write<T, E: From<DatabaseError>>(
        &mut self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.end_stray_transaction()?;
        self.reset_if_due()?;
        // Until the commit is through; also when `f` panics.
        self.reset_due = true;
        let tx =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(DatabaseError::from)?;
        let value = f(&tx)?;
        tx.commit().map_err(DatabaseError::from)?;
        self.reset_due = false;
        Ok(value)
    }

    /// After a failed transaction, makes SQLite forget what it keeps in memory of virtual tables.
    ///
    /// When a write fails on a full disk, FTS5 (SQLite 3.54.1) can keep the number of rows that it had counted within the
    /// transaction, and the next commit writes it into the index, which is then reported as malformed. A rolled-back change of
    /// the schema closes all virtual tables; it writes nothing to the disk.
    fn reset_if_due(&mut self) -> Result<(), DatabaseError> {
        if self.reset_due {
            self.connection.execute_batch("BEGIN IMMEDIATE; CREATE TABLE amparo_reset(x); ROLLBACK")?;
            self.reset_due = false;
        }
        Ok(())
    }

    /// Undoes a transaction that a caller of [`read`](Self::read) began and left open.
    fn end_stray_transaction(&self) -> Result<(), DatabaseError> {
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        Ok(())
    }

    /// Reads everything and checks it. Takes as long as reading the file.
    ///
    /// # Errors
    /// [`DatabaseError::Damaged`] when anything is wrong.
    pub(crate) fn check_integrity(&mut self, depth: IntegrityCheck) -> Result<(), DatabaseError> {
        let sql = match depth {
            IntegrityCheck::Quick => "PRAGMA quick_check(1)",
            IntegrityCheck::Full => "PRAGMA integrity_check(1)",
        };
        let verdict: String = self.connection.query_row(sql, [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(DatabaseError::Damaged);
        }
        if depth == IntegrityCheck::Full {
            let mut orphans = self.connection.prepare("PRAGMA foreign_key_check")?;
            if orphans.query([])?.next()?.is_some() {
                return Err(DatabaseError::Damaged);
            }
        }
        Ok(())
    }

    /// Writes the whole WAL back into the database and empties it.
    ///
    /// # Errors
    /// The storage's; everything committed is still safe in the WAL then.
    pub(crate) fn checkpoint(&mut self) -> Result<(), DatabaseError> {
        self.end_stray_transaction()?;
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(DatabaseError::InUse) }
    }

    /// Copies the database, without what was deleted, to the new file `path` under another key. On the disk when this
    /// returns `Ok`. Needs as much free space as the database has pages in use.
    ///
    /// # Errors
    /// [`DatabaseError::Exists`]; after another error the copy is removed.
    #[cfg_attr(not(test), allow(dead_code, reason = "for the purge of a vault, which comes with the device keys"))]
    pub(crate) fn copy_to(&mut self, path: &Path, key: &SecretKey) -> Result<(), DatabaseError> {
        self.copy_with(path, key, Options::default())
    }

    fn copy_with(&mut self, path: &Path, key: &SecretKey, options: Options) -> Result<(), DatabaseError> {
        self.end_stray_transaction()?;
        let path = resolve(path)?;
        // `VACUUM INTO` fills an empty file; made here, it is readable by this user alone.
        create_private(&path)?;
        let result = self.vacuum_into(&path, key, options);
        if result.is_err() {
            remove_with_logs(&path);
        }
        result
    }

    fn vacuum_into(&mut self, path: &Path, key: &SecretKey, options: Options) -> Result<(), DatabaseError> {
        let io = |error: std::io::Error| DatabaseError::from_io(&error);
        let target = Registration::new(path, key, options.page_size, options.observers.clone())?;
        let name = target.name().to_str().map_err(|_| DatabaseError::Other { code: 0 })?;
        let uri = format!("file:{}?vfs={name}&reserve={}", percent_encode(path), vfs::RESERVED);
        vfs::limit_attached(&self.connection, 1);
        let copied = self.connection.execute("VACUUM INTO ?1", [uri]);
        vfs::limit_attached(&self.connection, 0);
        copied?;
        drop(target);
        // In WAL mode, verified and closed: as every other database on the disk.
        let mut copy = Self::open(path, key, options)?;
        copy.check_integrity(IntegrityCheck::Quick)?;
        copy.close()?;
        let file = std::fs::File::open(path).map_err(io)?;
        file.sync_all().map_err(io)?;
        if let Some(parent) = path.parent() {
            std::fs::File::open(parent).and_then(|directory| directory.sync_all()).map_err(io)?;
        }
        Ok(())
    }

    /// Writes the WAL back, closes all files and wipes the keys. `Ok` means that nothing but the database file is left.
    ///
    /// # Errors
    /// What kept the WAL from being written back; the database is closed all the same and everything committed is safe in
    /// the WAL. [`DatabaseError::InUse`] when SQLite would not let go of a file because a statement leaked.
    pub(crate) fn close(mut self) -> Result<(), DatabaseError> {
        let written_back = self.checkpoint();
        let closed = self.connection.close().map_err(|(_, error)| DatabaseError::from(error));
        drop(self.registration);
        written_back.and(closed)
    }
}

/// `path` with its directory resolved, because the VFS serves one spelling of the name only.
fn resolve(path: &Path) -> Result<PathBuf, DatabaseError> {
    let name = path.file_name().ok_or(DatabaseError::Missing)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    Ok(parent.canonicalize().map_err(|error| DatabaseError::from_io(&error))?.join(name))
}

fn create_private(path: &Path) -> Result<(), DatabaseError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map(drop).map_err(|error| DatabaseError::from_io(&error))
}

/// Removes a database that this call has begun and could not finish.
fn remove_with_logs(path: &Path) {
    for suffix in ["", "-journal", "-wal"] {
        let mut name = path.to_path_buf().into_os_string();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
}

/// `path` as the path of a URI.
fn percent_encode(path: &Path) -> String {
    let mut out = String::new();
    for byte in std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()) {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Sets what the promises rest on, and reads every setting back.
fn set_up(connection: &Connection, page_size: PageSize) -> Result<(), DatabaseError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    let switches = [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true, "defensive"),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false, "trusted_schema"),
        (DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false, "writable_schema"),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false, "dqs_dml"),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false, "dqs_ddl"),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true, "foreign_keys"),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false, "attach_create"),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false, "attach_write"),
    ];
    for (switch, value, setting) in switches {
        if connection.set_db_config(switch, value)? != value {
            return Err(DatabaseError::Setting { setting });
        }
    }
    if vfs::limit_attached(connection, 0) != 0 {
        return Err(DatabaseError::Setting { setting: "limit_attached" });
    }
    vfs::reserve_page_tail(connection).map_err(DatabaseError::from_code)?;

    let bytes = i64::from(page_size.bytes());
    // Exclusive before the first access: SQLite then keeps the index of the WAL in memory and never asks for shared memory,
    // which the VFS does not have. The page size, too, counts only before the file is created.
    let settings: [(&'static str, i64); 11] = [
        ("page_size", bytes),
        ("temp_store", 2),
        ("cache_size", -CACHE_KIB),
        ("secure_delete", 1),
        ("cell_size_check", 1),
        ("trusted_schema", 0),
        ("foreign_keys", 1),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("synchronous", 2),
        ("wal_autocheckpoint", i64::from(CHECKPOINT_AFTER) / bytes),
    ];
    let exclusive: String = connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |row| row.get(0))?;
    if exclusive != "exclusive" {
        return Err(DatabaseError::Setting { setting: "locking_mode" });
    }
    for (setting, value) in settings {
        connection.pragma_update(None, setting, value)?;
    }
    let journal: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if journal != "wal" {
        return Err(DatabaseError::Setting { setting: "journal_mode" });
    }
    for (setting, value) in settings {
        let actual: i64 = connection.pragma_query_value(None, setting, |row| row.get(0))?;
        if actual != value {
            return Err(DatabaseError::Setting { setting });
        }
    }
    // The first access under the key: a database that does not open under it fails here, not in the middle of work.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

#[cfg(test)]
mod tests;
