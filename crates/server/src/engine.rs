//! The one place that names a store by its engine.

use std::sync::Arc;

use usher_store::Store;
use usher_store_postgres::PostgresStore;
use usher_store_sqlite::SqliteStore;

use crate::commands::Error;
use crate::settings::Settings;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A server, of which an embedded store has one at a time.
    Serve,
    /// A command, which may run beside a server.
    Command,
    /// `usher migrate`.
    Migrate,
}

/// Opens the store that the settings name. The embedded one is brought up to date by
/// itself; PostgreSQL only by `usher migrate`.
pub async fn open(settings: &Settings, purpose: Purpose) -> Result<Arc<dyn Store>, Error> {
    match &settings.database_url {
        Some(url) => {
            let options = usher_store_postgres::Options {
                sandbox: settings.sandbox,
                migrate: purpose == Purpose::Migrate,
                readers: settings.readers,
            };
            Ok(Arc::new(PostgresStore::open(url, options).await?))
        }
        None => {
            let options = usher_store_sqlite::Options {
                sandbox: settings.sandbox,
                readers: settings.readers,
                sole: purpose == Purpose::Serve,
                ..usher_store_sqlite::Options::new(&settings.data)
            };
            Ok(Arc::new(SqliteStore::open(&options)?))
        }
    }
}

/// The store as a build for tests of tests sees it: with a fault planted that such a test has to
/// find. For sandboxes alone.
#[cfg(feature = "planted-fault")]
pub fn with_fault(store: Arc<dyn Store>) -> Result<Arc<dyn Store>, Error> {
    if !store.is_sandbox() {
        let why = "this build has a fault planted and serves sandboxes alone";
        return Err(Error::Settings(why.to_owned()));
    }
    Ok(usher_store::planted::without_versions(store))
}

/// The data folder, for what only the embedded store can do.
pub fn folder(settings: &Settings) -> Result<&std::path::Path, Error> {
    match &settings.database_url {
        None => Ok(&settings.data),
        Some(_) => Err(Error::Settings(
            "backup and restore are the embedded store's; use pg_dump and pg_restore".to_owned(),
        )),
    }
}

pub use usher_store_sqlite::{backup, restore};
