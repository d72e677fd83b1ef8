//! Opening: the schema, and what the store notes of itself.

use tokio_postgres::Client;
use usher_store::{Error, Result};

use crate::Options;
use crate::connect::Config;
use crate::error::translate;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// Held while the schema is looked at or changed. Two numbers: turns are locks of one.
const LOCK: &str = "SELECT pg_advisory_lock(1970496882, 1)";

const WRONG_SANDBOX: &str =
    "this store was made as a sandbox: open it with --sandbox, or use another";
const NO_SANDBOX: &str = "this store was made without --sandbox, which can't be switched on for it";

/// Brings the schema up to date if that is wanted, and makes sure that it is, and that the
/// store was made for what it is opened as.
pub(crate) async fn prepare(config: &Config, options: Options) -> Result<bool> {
    let (mut client, connection) = config.connect().await?;
    let driver = tokio::spawn(connection);
    let prepared = under_lock(&mut client, options).await;
    drop(client);
    // Ends as soon as the goodbye is sent; how it ends makes no difference any more.
    let _ = driver.await;
    prepared
}

async fn under_lock(client: &mut Client, options: Options) -> Result<bool> {
    client.batch_execute(LOCK).await.map_err(translate)?;
    if has_table(client, "meta").await? {
        note_sandbox(client, options.sandbox).await?;
    }
    if options.migrate {
        let report = migrations::migrations::runner()
            .run_async(client)
            .await
            .map_err(|error| Error::Engine(format!("upgrading the schema: {error}")))?;
        for migration in report.applied_migrations() {
            tracing::info!(%migration, "schema upgraded");
        }
    }
    is_current(client).await?;
    note_sandbox(client, options.sandbox).await
}

async fn has_table(client: &Client, name: &str) -> Result<bool> {
    let row = client
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&name])
        .await
        .map_err(translate)?;
    row.try_get(0).map_err(translate)
}

/// Refuses a schema that this program was not made for.
async fn is_current(client: &mut Client) -> Result<()> {
    let runner = migrations::migrations::runner();
    let newest = runner.get_migrations().iter().map(|m| m.version()).max();
    let applied = if has_table(client, "refinery_schema_history").await? {
        runner
            .get_last_applied_migration_async(client)
            .await
            .map_err(|error| Error::Engine(format!("reading the schema's version: {error}")))?
            .map(|migration| migration.version())
    } else {
        None
    };
    if applied == newest {
        return Ok(());
    }
    let name = |version: Option<_>| version.map_or("none".to_owned(), |v| format!("V{v}"));
    let (is, needs) = (name(applied), name(newest));
    Err(Error::Engine(if applied > newest {
        format!("the store's schema is {is}, made by a newer usher than this, which knows {needs}")
    } else {
        format!("the store's schema is {is}, this usher needs {needs}: run `usher migrate`")
    }))
}

/// Notes in a new store whether it is a sandbox, and says whether it is; refuses to open one
/// the other way.
async fn note_sandbox(client: &Client, sandbox: Option<bool>) -> Result<bool> {
    let wanted = if sandbox == Some(true) { "1" } else { "0" };
    client
        .execute(
            "INSERT INTO meta (key, value) VALUES ('sandbox', $1) ON CONFLICT (key) DO NOTHING",
            &[&wanted],
        )
        .await
        .map_err(translate)?;
    let row = client
        .query_one("SELECT value FROM meta WHERE key = 'sandbox'", &[])
        .await
        .map_err(translate)?;
    let made: String = row.try_get(0).map_err(translate)?;
    match (made == "1", sandbox) {
        (false, Some(true)) => Err(Error::Sandbox(NO_SANDBOX)),
        (true, Some(false)) => Err(Error::Sandbox(WRONG_SANDBOX)),
        (is, _) => Ok(is),
    }
}
