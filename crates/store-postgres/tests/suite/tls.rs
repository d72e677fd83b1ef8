//! Connections over TLS: all of them, to the right server only.

use std::path::{Path, PathBuf};

use usher_rules::{Head, Time};
use usher_store::{Error, Store};
use usher_store_postgres::{Options, PostgresStore};

use crate::database::Database;
use crate::units::{commit, head, opening};

/// The certificate of the cluster's authority, in a file of the test's own.
struct Authority(PathBuf);

impl Authority {
    /// Of a cluster whose certificate is for `localhost`.
    async fn of(database: &Database) -> Authority {
        let client = database.connect().await;
        let read = "SELECT current_setting('ssl'), pg_read_file('root.crt', 0, 100000, true)";
        let row = client.query_one(read, &[]).await.expect("a superuser");
        let (ssl, text): (&str, Option<String>) = (row.get(0), row.get(1));
        let text = text.filter(|_| ssl == "on");
        let text = text.expect("a cluster with TLS, as `cargo xtask postgres` makes one");
        Authority::file(&text)
    }

    fn file(text: &str) -> Authority {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = folder.join(format!("authority {}.pem", uuid::Uuid::now_v7()));
        std::fs::write(&file, text).expect("a file");
        Authority(file)
    }

    /// In a URL.
    fn option(&self) -> String {
        let path = self.0.display().to_string();
        format!("sslrootcert={}", path.replace(' ', "%20"))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn open(url: &str) -> Result<PostgresStore, Error> {
    let options = Options {
        migrate: true,
        ..Options::default()
    };
    PostgresStore::open(url, options).await
}

/// Why no store was opened.
async fn refused(url: &str) -> String {
    match open(url).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string(),
    }
}

/// Of each kind of connection that the store has open, whether it is encrypted.
async fn encrypted(database: &Database) -> Vec<(String, bool)> {
    let client = database.connect().await;
    let text = "SELECT application_name, bool_and(ssl) FROM pg_stat_activity \
        JOIN pg_stat_ssl USING (pid) \
        WHERE datname = current_database() AND application_name LIKE 'usher %' \
        GROUP BY 1 ORDER BY 1";
    let rows = client.query(text, &[]).await.expect("connections");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Uses every kind of connection of a new store; all are encrypted, or none.
async fn all_are(ssl: bool, host: &str, options: &str) {
    let database = Database::empty().await;
    let opened = open(&database.url_at(host, options)).await;
    let store = opened.unwrap_or_else(|error| panic!("{options}: {error}"));
    assert_eq!(commit(&store, opening(1)).await, Ok(()));
    store.now().await.expect("a load");
    store.journal(Head::System, 0, 1).await.expect("a page");
    store.due(Time::ZERO, 1).await.expect("a list");
    drop(store.turn(&[head(1)]).await.expect("a turn"));
    let kinds = ["hints", "lists", "loads", "pages", "turns", "writer"];
    let expected = kinds.map(|kind| (format!("usher {kind}"), ssl));
    // The one for hints is opened by a task of its own, when it likes.
    let mut seen = encrypted(&database).await;
    while seen.len() < expected.len() {
        seen = encrypted(&database).await;
    }
    assert_eq!(seen, expected, "{options:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_to_the_right_server_is_encrypted() {
    let database = Database::empty().await;
    let authority = Authority::of(&database).await;
    for mode in ["require", "verify-full", "prefer"] {
        let options = format!("sslmode={mode}&{}", authority.option());
        all_are(true, "localhost", &options).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_name_or_authority_is_refused() {
    let database = Database::empty().await;
    let authority = Authority::of(&database).await;
    let known = authority.option();
    // The certificate is for localhost.
    for mode in ["require", "verify-full", "prefer"] {
        let url = database.url_at("127.0.0.1", &format!("sslmode={mode}&{known}"));
        let why = refused(&url).await;
        assert!(why.contains("not valid for name"), "{mode}: {why}");
    }
    // Its authority is not one of the public ones.
    for mode in ["require", "verify-full"] {
        let url = database.url_at("localhost", &format!("sslmode={mode}"));
        let why = refused(&url).await;
        assert!(why.contains("UnknownIssuer"), "{mode}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mode_a_connection_is_encrypted_where_the_server_can() {
    let database = Database::empty().await;
    let _authority = Authority::of(&database).await;
    all_are(true, "127.0.0.1", "").await;
    all_are(true, "127.0.0.1", "sslmode=prefer").await;
    all_are(false, "127.0.0.1", "sslmode=disable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_certificates_is_named() {
    let empty = Authority::file("no certificate\n");
    let url = format!("postgres://nobody@localhost/none?{}", empty.option());
    let why = refused(&url).await;
    assert!(why.contains("no certificate is in it"), "{why}");
    let url = "postgres://nobody@localhost/none?sslrootcert=/no/such/file";
    let why = refused(url).await;
    assert!(why.contains("/no/such/file"), "{why}");
}
