//! A data folder of a test's own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use usher_store::Error;
use usher_store_sqlite::{Options, SqliteStore};

/// A folder that is gone when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("usher-sqlite-{}-{n}", std::process::id());
        Folder(std::env::temp_dir().join(name))
    }

    pub fn open(&self, sandbox: bool) -> Result<SqliteStore, Error> {
        SqliteStore::open(&Options {
            sandbox: Some(sandbox),
            ..Options::new(&self.0)
        })
    }

    /// A connection of the test's own.
    pub fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.0.join("usher.db")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
