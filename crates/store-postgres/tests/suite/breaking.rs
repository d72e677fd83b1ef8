//! Connections that break around a commit: nothing is lost, nothing is done twice, and
//! whoever asked is told what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio_postgres::Client;
use usher_store::{Error, Load, Store};
use usher_store_postgres::{Options, PostgresStore};

use crate::database::Database;
use crate::proxy::{Cut, Proxy};
use crate::units::{attempts, change, commit, named, of_domain, opening, requests, under_no_head};

const KILL_WRITER: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'usher writer'";
const KILL_ALL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name LIKE 'usher %'";

async fn count(client: &Client, text: &str) -> i64 {
    client.query_one(text, &[]).await.expect(text).get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_killing_the_writers_connection_loses_and_doubles_nothing() {
    const KILLS: u64 = 25;
    const TASKS: u128 = 8;
    let (database, store) = Database::with_store().await;
    let store = Arc::new(store);
    let over = Arc::new(AtomicBool::new(false));
    let commits = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (1..=TASKS)
        .map(|n| {
            let (store, over, commits) = (store.clone(), over.clone(), commits.clone());
            tokio::spawn(async move {
                let mut done = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let unit = match done.len() {
                        0 => opening(n),
                        version => {
                            let rows = vec![attempts(n as u8, 1, version as i64 - 1)];
                            change(n, version as u64, rows)
                        }
                    };
                    done.push(unit.id.0);
                    // Alone on its head: a conflict would be its own commit, unrecognised.
                    assert_eq!(commit(&*store, unit).await, Ok(()));
                    commits.fetch_add(1, Ordering::Relaxed);
                }
                done
            })
        })
        .collect();
    let client = database.connect().await;
    let mut kills = 0;
    while kills < KILLS {
        let before = commits.load(Ordering::Relaxed);
        kills += count(&client, KILL_WRITER).await.unsigned_abs();
        // Something gets through between two kills, or this would only show patience.
        while commits.load(Ordering::Relaxed) == before && tasks.iter().all(|t| !t.is_finished()) {
            tokio::task::yield_now().await;
        }
    }
    over.store(true, Ordering::Relaxed);
    for (n, task) in (1..).zip(tasks) {
        let done = task.await.expect("no answer but success");
        // The opening has the number of its domain's entry only.
        assert_eq!(requests(&*store, n).await, done);
    }
}

/// A store behind a proxy.
async fn behind_a_proxy() -> (Database, Proxy, PostgresStore) {
    let database = Database::empty().await;
    drop(database.open().await);
    let proxy = Proxy::start(&database.config()).await;
    let url = proxy.url(&database.config());
    let store = PostgresStore::open(&url, Options::default()).await;
    (database, proxy, store.expect("a store"))
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_commit_whose_answer_was_lost_is_recognised() {
    let (_database, proxy, store) = behind_a_proxy().await;
    assert_eq!(commit(&store, opening(1)).await, Ok(()));
    for version in 1..=5 {
        proxy.cut(Cut::AfterIt);
        let unit = change(1, version, vec![]);
        let id = unit.id.0;
        assert_eq!(commit(&store, unit).await, Ok(()));
        assert!(proxy.has_cut());
        assert_eq!(requests(&store, 1).await[version as usize..], [id]);
    }
    // Heads that no one can have locked before, being new.
    proxy.cut(Cut::AfterIt);
    assert_eq!(commit(&store, opening(2)).await, Ok(()));
    assert!(proxy.has_cut());
    assert_eq!(requests(&store, 2).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_commit_that_did_not_arrive_is_made_again() {
    let (_database, proxy, store) = behind_a_proxy().await;
    assert_eq!(commit(&store, opening(1)).await, Ok(()));
    for version in 1..=3 {
        proxy.cut(Cut::BeforeIt);
        assert_eq!(commit(&store, change(1, version, vec![])).await, Ok(()));
        assert!(proxy.has_cut());
        assert_eq!(requests(&store, 1).await.len() as u64, version + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_attempts_whose_answer_was_lost_are_counted_once() {
    let (_database, proxy, store) = behind_a_proxy().await;
    for (n, cut) in (1..).zip([Cut::AfterIt, Cut::AfterIt, Cut::BeforeIt, Cut::AfterIt]) {
        proxy.cut(cut);
        let unit = under_no_head(vec![attempts(7, n, n - 1)]);
        assert_eq!(commit(&store, unit).await, Ok(()), "{n}: {cut:?}");
        assert!(proxy.has_cut());
        let load = Load {
            attempts: [[7; 32]].into(),
            ..Load::default()
        };
        let snapshot = store.load(&load).await.expect("a snapshot");
        let row = &snapshot.attempts[&[7; 32]];
        assert_eq!((row.wrong, row.version), (n, n));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_lost_answer_of_a_refusal_is_given_again() {
    let (database, proxy, store) = behind_a_proxy().await;
    let other = database.open().await;
    for n in 1..=2 {
        assert_eq!(commit(&store, opening(n)).await, Ok(()));
    }
    // Another process was faster with one head; the other unit of the batch goes ahead.
    assert_eq!(commit(&other, change(1, 1, vec![])).await, Ok(()));
    for cut in [Cut::BeforeIt, Cut::AfterIt] {
        let version = requests(&store, 2).await.len() as u64;
        proxy.cut(cut);
        let units = vec![change(1, 1, vec![]), change(2, version, vec![])];
        let answers = store.commit(units).await;
        assert_eq!(answers, [Err(Error::Conflict), Ok(())]);
        assert!(proxy.has_cut());
    }
    assert_eq!(requests(&store, 1).await.len(), 2);
    assert_eq!(requests(&store, 2).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_backend_killed_between_rows_and_commit_did_nothing() {
    let (database, store) = Database::with_store().await;
    assert_eq!(commit(&store, opening(1)).await, Ok(()));
    let first = change(1, 1, vec![attempts(7, 1, 0)]);
    assert_eq!(commit(&store, first).await, Ok(()));
    // Someone else holds a row, so that the writer stops with its commit behind it.
    let mut holder = database.connect().await;
    let held = holder.transaction().await.expect("a transaction");
    let lock = "SELECT FROM attempts FOR UPDATE";
    held.batch_execute(lock).await.expect("the row");
    let store = Arc::new(store);
    let unit = change(1, 2, vec![attempts(7, 2, 1), named(1, "renamed")]);
    let id = unit.id.0;
    let committing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { commit(&*store, unit).await })
    };
    let client = database.connect().await;
    let blocked = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'usher writer' \
        AND wait_event_type = 'Lock'";
    for _ in 0..3 {
        while count(&client, blocked).await == 0 {}
    }
    held.rollback().await.expect("the row is free");
    assert_eq!(committing.await.expect("no panic"), Ok(()));
    assert_eq!(requests(&*store, 1).await[2..], [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_reads_go_on_when_connections_are_killed() {
    let (database, store) = Database::with_store().await;
    assert_eq!(commit(&store, opening(1)).await, Ok(()));
    let client = database.connect().await;
    for _ in 0..5 {
        let snapshot = store.load(&of_domain(1)).await.expect("a snapshot");
        assert_eq!(snapshot.world.domains.len(), 1);
        let turn = store.turn(&[crate::units::head(1)]).await.expect("a turn");
        count(&client, KILL_ALL).await;
        drop(turn);
    }
    assert_eq!(commit(&store, change(1, 1, vec![])).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_commit_is_on_disk_whatever_the_servers_default() {
    let database = Database::empty().await;
    let client = database.connect().await;
    let config = database.config();
    let name = config.get_dbname().expect("a name");
    let off = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    client.batch_execute(&off).await.expect("off");
    let store = database.open().await;
    client
        .batch_execute(
            "CREATE TABLE seen (setting text); \
             CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); \
             RETURN NULL; END $$; \
             CREATE TRIGGER see AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION see()",
        )
        .await
        .expect("a trigger");
    assert_eq!(commit(&store, opening(1)).await, Ok(()));
    let row = client.query_one("SELECT setting FROM seen", &[]).await;
    assert_eq!(row.expect("seen").get::<_, &str>(0), "on");
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_refused_row_is_told_by_its_constraint() {
    let (_database, store) = Database::with_store().await;
    let answers = store.commit((1..=4).map(opening).collect()).await;
    assert_eq!(answers, vec![Ok(()); 4]);
    let units = vec![
        change(1, 1, vec![named(1, "one")]),
        change(2, 1, vec![named(2, "prefix-3")]),
        change(3, 1, vec![named(3, "three")]),
        // What another let go of in the same batch may be taken.
        change(4, 1, vec![named(4, "prefix-1")]),
    ];
    let answers = store.commit(units).await;
    let taken = Err(Error::NotUnique("domain_prefix".to_owned()));
    assert_eq!(answers, [Ok(()), taken, Ok(()), Ok(())]);
    let swap = vec![change(1, 2, vec![named(1, "three"), named(3, "one")])];
    assert_eq!(store.commit(swap).await, [Ok(())]);
}
