//! Opening a store: schema upgrades, sandboxes, the clock.

use usher_store::{Error, Load, Store};
use usher_store_postgres::{Options, PostgresStore};

use crate::database::Database;

const SANDBOX: Options = Options {
    sandbox: Some(true),
    migrate: true,
    readers: 1,
};

fn refusal(opened: usher_store::Result<PostgresStore>) -> Error {
    opened.err().expect("a refusal")
}

#[tokio::test]
async fn a_store_without_a_schema_is_not_opened_but_by_migrate() {
    let database = Database::empty().await;
    let error = refusal(PostgresStore::open(&database.url(), Options::default()).await);
    assert!(error.to_string().contains("run `usher migrate`"), "{error}");
    drop(database.open().await);
    let opened = PostgresStore::open(&database.url(), Options::default()).await;
    assert!(opened.expect("a store").ready().await.is_ok());
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_not_opened() {
    let (database, _) = Database::with_store().await;
    let newer = "UPDATE refinery_schema_history SET version = 999 \
        WHERE version = (SELECT max(version) FROM refinery_schema_history)";
    let client = database.connect().await;
    client.batch_execute(newer).await.expect("a newer schema");
    let error = refusal(PostgresStore::open(&database.url(), Options::default()).await);
    assert!(
        error.to_string().contains("made by a newer usher"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_may_upgrade_at_once() {
    let database = Database::empty().await;
    let (a, b, c) = tokio::join!(database.open(), database.open(), database.open());
    for store in [a, b, c] {
        assert!(store.ready().await.is_ok());
    }
}

#[tokio::test]
async fn a_sandbox_is_one_for_ever() {
    let (real, _) = Database::with_store().await;
    let error = refusal(PostgresStore::open(&real.url(), SANDBOX).await);
    assert!(matches!(error, Error::Sandbox(_)), "{error}");

    let trial = Database::empty().await;
    let store = PostgresStore::open(&trial.url(), SANDBOX).await;
    assert!(store.expect("a sandbox").is_sandbox());
    let as_real = Options {
        sandbox: Some(false),
        ..Options::default()
    };
    let error = refusal(PostgresStore::open(&trial.url(), as_real).await);
    assert!(matches!(error, Error::Sandbox(_)), "{error}");
    // Unless said, it is opened as what it is.
    for (database, is_sandbox) in [(&trial, true), (&real, false)] {
        let opened = PostgresStore::open(&database.url(), Options::default()).await;
        assert_eq!(opened.expect("a store").is_sandbox(), is_sandbox);
    }
}

#[tokio::test]
async fn a_sandbox_clock_that_one_process_moves_is_moved_for_all() {
    const DAY: i64 = 86_400_000_000;
    let database = Database::empty().await;
    let one = PostgresStore::open(&database.url(), SANDBOX)
        .await
        .expect("a sandbox");
    let other = PostgresStore::open(&database.url(), SANDBOX)
        .await
        .expect("a sandbox");
    let before = other.now().await.expect("a time");
    one.move_clock(3 * DAY).await.expect("moved");
    other.move_clock(4 * DAY).await.expect("moved");
    for store in [&one, &other] {
        let snapshot = store.load(&Load::default()).await.expect("a snapshot");
        assert!(snapshot.world.now.0 >= before.0 + 7 * DAY);
        assert!(snapshot.world.now.0 < before.0 + 8 * DAY);
    }
}

#[tokio::test]
async fn a_clock_outside_of_a_sandbox_is_the_databases() {
    let (database, store) = Database::with_store().await;
    let text = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8";
    let client = database.connect().await;
    let clock = async || -> i64 { client.query_one(text, &[]).await.expect("a time").get(0) };
    let before = clock().await;
    let now = store.now().await.expect("a time").0;
    assert!((before..=clock().await).contains(&now));
    let moved = store.move_clock(1).await;
    assert!(matches!(moved, Err(Error::Sandbox(_))));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let url = "postgres://nobody@127.0.0.1:1/nothing";
    let error = refusal(PostgresStore::open(url, Options::default()).await);
    assert!(matches!(error, Error::Unavailable(_)), "{error}");
    let error = refusal(PostgresStore::open("not a url", Options::default()).await);
    assert!(matches!(error, Error::Engine(_)), "{error}");
}
