//! Opening a data folder: schema, settings of the connections, the store's own notes.

use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use usher_store::{Error, Result};

use crate::rows::error;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; made if it is not there.
    pub folder: PathBuf,
    /// Whether it is to be a sandbox, which is decided when it is made; unless said,
    /// whatever it is.
    pub sandbox: Option<bool>,
    /// Whether it is opened for a server, of which a folder has one at a time. Commands may write
    /// beside it what no server keeps in memory: new accounts, signing keys.
    pub sole: bool,
    /// How many threads read.
    pub readers: usize,
    /// The most units that are written in one transaction.
    pub max_batch: usize,
}

impl Options {
    /// A store in this folder, for real use.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Options {
        Options {
            folder: folder.into(),
            sandbox: None,
            sole: false,
            readers: 2,
            max_batch: 512,
        }
    }
}

/// The database's file in a data folder.
#[must_use]
pub fn file(folder: &Path) -> PathBuf {
    folder.join("usher.db")
}

/// Makes or upgrades the store; gives the writer's connection and whether it is a sandbox.
pub fn writer(options: &Options) -> Result<(Connection, bool)> {
    make_folder(&options.folder)?;
    let mut connection = Connection::open(file(&options.folder)).map_err(error)?;
    settings(&connection, 65_536)?;
    // WAL: readers never wait for the writer. FULL: a commit is on disk when it returns.
    pragma(&connection, "journal_mode", "wal")?;
    pragma(&connection, "synchronous", "full")?;
    migrations::migrations::runner()
        .run(&mut connection)
        .map_err(|e| Error::Engine(format!("schema upgrade: {e}")))?;
    let sandbox = note_sandbox(&connection, options.sandbox)?;
    Ok((connection, sandbox))
}

/// The right to be a folder's only server; gone with the process, however it ends.
///
/// # Errors
/// [`Error::Unavailable`] while another server has it.
pub fn lock(folder: &Path) -> Result<File> {
    make_folder(folder)?;
    let path = folder.join("usher.lock");
    let failed = |e: &dyn std::fmt::Display| Error::Unavailable(format!("{}: {e}", path.display()));
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| failed(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(failed(&"another server uses this folder")),
        Err(TryLockError::Error(e)) => Err(failed(&e)),
    }
}

/// Makes a data folder that only its owner can look into: it holds keys, and mails with
/// links. One that is there keeps its rights.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|e| Error::Unavailable(format!("{}: {e}", folder.display())))
}

/// A connection that copies the write-ahead log into the database's file, and does nothing else.
pub fn checkpointer(options: &Options) -> Result<Connection> {
    let connection = Connection::open(file(&options.folder)).map_err(error)?;
    settings(&connection, 64)?;
    pragma(&connection, "wal_autocheckpoint", "0")?;
    pragma(&connection, "synchronous", "full")?;
    Ok(connection)
}

/// A connection that can't write.
pub fn reader(options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file(&options.folder), flags).map_err(error)?;
    settings(&connection, 32_768)?;
    pragma(&connection, "query_only", "on")?;
    Ok(connection)
}

fn settings(connection: &Connection, cache_kib: u32) -> Result<()> {
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(error)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Without this, SQLite plans a prepared statement anew for nearly every set of values.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(error)?;
    pragma(connection, "cache_size", &format!("-{cache_kib}"))?;
    pragma(connection, "temp_store", "memory")
}

fn pragma(connection: &Connection, name: &str, value: &str) -> Result<()> {
    connection.pragma_update(None, name, value).map_err(error)
}

/// Whether it is a sandbox is decided when a store is made, and never again.
fn note_sandbox(connection: &Connection, wanted: Option<bool>) -> Result<bool> {
    let is = match meta(connection, "sandbox")? {
        Some(noted) => noted == "1",
        None => {
            let wanted = wanted.unwrap_or(false);
            set_meta(connection, "sandbox", if wanted { "1" } else { "0" })?;
            wanted
        }
    };
    match (is, wanted.unwrap_or(is)) {
        (true, false) => Err(Error::Sandbox(
            "this store was made for a sandbox; start it with --sandbox",
        )),
        (false, true) => Err(Error::Sandbox(
            "this store was made without a sandbox, and can't become one",
        )),
        _ => Ok(is),
    }
}

/// A note of the store's own.
pub fn meta(connection: &Connection, key: &str) -> Result<Option<String>> {
    connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()
        .map_err(error)
}

/// Writes a note of the store's own.
pub fn set_meta(connection: &Connection, key: &str, value: &str) -> Result<()> {
    connection
        .execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key, value],
        )
        .map_err(error)?;
    Ok(())
}

/// How far a sandbox's clock was moved, in microseconds.
pub fn clock_offset(connection: &Connection) -> Result<i64> {
    let noted = meta(connection, "clock_offset")?;
    Ok(noted.and_then(|text| text.parse().ok()).unwrap_or(0))
}
