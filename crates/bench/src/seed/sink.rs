//! Where seeded rows go: straight into an engine's tables, in bulk.
//!
//! Is not: a way to write to a store in use. The server is not running yet, and `usher check` says
//! afterwards whether what lies there is sound.

use crate::{Result, postgres};
use futures::pin_mut;
use rusqlite::{Connection, ToSql, params_from_iter};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql as ToPostgres, Type as PostgresType};
use usher_store::tables::{Row, Table, Type, Value};

pub enum Sink {
    Sqlite(Connection),
    Postgres(tokio_postgres::Client),
}

impl Sink {
    pub fn sqlite(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        // Rows arrive in no particular order; nothing is lost if the seeding has to be repeated.
        connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;")?;
        Ok(Self::Sqlite(connection))
    }

    pub async fn postgres(url: &str) -> Result<Self> {
        let client = postgres::connect(url).await?;
        client
            .batch_execute("SET session_replication_role = replica; SET synchronous_commit = off;")
            .await?;
        Ok(Self::Postgres(client))
    }

    pub async fn write(&mut self, rows: Vec<Row>) -> Result<()> {
        let tables = by_table(rows)?;
        match self {
            Self::Sqlite(connection) => into_sqlite(connection, tables),
            Self::Postgres(client) => into_postgres(client, tables).await,
        }
    }

    /// Leaves the tables as a store that has been in use for a while would: known to the planner.
    pub async fn settle(self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.execute_batch(CHAIN)?;
                connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
            }
            Self::Postgres(client) => {
                // Each on its own: several statements in one text are one transaction.
                client.batch_execute("VACUUM ANALYZE").await?;
                client.batch_execute("CHECKPOINT").await?;
            }
        }
        Ok(())
    }
}

/// The embedded store's journals are chains: each entry names the row of the one before.
const CHAIN: &str = "
    UPDATE journal SET before = chain.before FROM (
        SELECT rowid AS row, LAG(rowid, 1, 0) OVER (PARTITION BY head ORDER BY seq) AS before
        FROM journal
    ) AS chain WHERE journal.rowid = chain.row;
    UPDATE heads SET last = ends.last FROM (
        SELECT head, MAX(rowid) AS last FROM journal GROUP BY head
    ) AS ends WHERE heads.id = ends.head;
";

type Rows = BTreeMap<&'static str, (&'static Table, Vec<Vec<Value>>)>;

fn by_table(rows: Vec<Row>) -> Result<Rows> {
    let mut tables = Rows::new();
    for row in rows {
        let Row::Put(table, values) = row else {
            return Err("a seed removes nothing".into());
        };
        tables
            .entry(table.name)
            .or_insert((table, Vec::new()))
            .1
            .push(values);
    }
    Ok(tables)
}

fn column_list(table: &Table) -> String {
    let names: Vec<&str> = table.columns().map(|(name, _)| name).collect();
    names.join(", ")
}

fn into_sqlite(connection: &mut Connection, tables: Rows) -> Result<()> {
    let transaction = connection.transaction()?;
    for (table, rows) in tables.into_values() {
        let marks = vec!["?"; table.columns().count()].join(", ");
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({marks})",
            table.name,
            column_list(table)
        );
        let mut statement = transaction.prepare(&sql)?;
        for row in &rows {
            statement.execute(params_from_iter(row.iter().map(sqlite_value)))?;
        }
    }
    transaction.commit()?;
    Ok(())
}

fn sqlite_value(value: &Value) -> Box<dyn ToSql + '_> {
    match value {
        Value::Id(id) => Box::new(id.map(uuid::Uuid::into_bytes)),
        Value::Int(number) => Box::new(*number),
        Value::Text(text) => Box::new(text.as_ref().map(Cow::as_ref)),
        Value::Blob(bytes) => Box::new(bytes.as_deref()),
    }
}

async fn into_postgres(client: &tokio_postgres::Client, tables: Rows) -> Result<()> {
    for (table, rows) in tables.into_values() {
        let types: Vec<PostgresType> = table
            .columns()
            .map(|(_, kind)| postgres_type(kind))
            .collect();
        let sql = format!(
            "COPY {} ({}) FROM STDIN BINARY",
            table.name,
            column_list(table)
        );
        let writer = BinaryCopyInWriter::new(client.copy_in(&sql).await?, &types);
        pin_mut!(writer);
        for row in &rows {
            let values: Vec<Box<dyn ToPostgres + Sync + Send + '_>> =
                row.iter().map(postgres_value).collect();
            writer
                .as_mut()
                .write_raw(
                    values
                        .iter()
                        .map(|value| &**value as &(dyn ToPostgres + Sync)),
                )
                .await?;
        }
        writer.finish().await?;
    }
    Ok(())
}

fn postgres_type(kind: Type) -> PostgresType {
    match kind {
        Type::Id => PostgresType::UUID,
        Type::Int => PostgresType::INT8,
        Type::Text => PostgresType::TEXT,
        Type::Blob => PostgresType::BYTEA,
    }
}

fn postgres_value(value: &Value) -> Box<dyn ToPostgres + Sync + Send + '_> {
    match value {
        Value::Id(id) => Box::new(*id),
        Value::Int(number) => Box::new(*number),
        Value::Text(text) => Box::new(text.as_ref().map(Cow::as_ref)),
        Value::Blob(bytes) => Box::new(bytes.as_deref()),
    }
}
