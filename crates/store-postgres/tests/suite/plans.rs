//! No look-up reads a table from end to end: the plans on an empty store, where the planner
//! knows nothing, are those that a store has in its first minutes, whatever it holds by then.

use tokio_postgres::Client;

use crate::database::Database;

/// The lines of a statement's plan, for whatever values.
async fn plan(client: &Client, text: &str) -> Vec<String> {
    let arguments = (1..).take_while(|n| text.contains(&format!("${n}")));
    let nulls: Vec<_> = arguments.map(|_| "NULL").collect();
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE plan({})", nulls.join(", "));
    let prepare = format!("PREPARE plan AS {text}");
    client.batch_execute(&prepare).await.expect(text);
    let rows = client.query(&explain, &[]).await.expect(text);
    client.batch_execute("DEALLOCATE plan").await.expect(text);
    rows.iter().map(|row| row.get(0)).collect()
}

/// Scans of a table that are not by a key.
fn scans(plan: &[String]) -> Vec<&String> {
    let bounded = |n: usize| {
        plan.get(n + 1)
            .is_some_and(|line| line.contains("Index Cond:"))
    };
    let by_index = |line: &str| line.contains("Index Scan") || line.contains("Index Only Scan");
    let lines = plan.iter().enumerate();
    let unbounded =
        lines.filter(|(n, line)| line.contains("Seq Scan") || (by_index(line) && !bounded(*n)));
    unbounded.map(|(_, line)| line).collect()
}

#[tokio::test]
async fn e4_what_is_asked_by_key_is_looked_up_by_key() {
    let (database, _store) = Database::with_store().await;
    let client = database.connect().await;
    let (settings, texts) = usher_store_postgres::by_key();
    client.batch_execute(&settings).await.expect("settings");
    for text in texts {
        let plan = plan(&client, &text).await;
        // There are a few signing keys, and all are wanted.
        let allowed = |line: &&String| line.contains("on signing_keys");
        let scans: Vec<_> = scans(&plan).into_iter().filter(|l| !allowed(l)).collect();
        assert!(scans.is_empty(), "{scans:#?} of\n{text}\n{plan:#?}");
    }
}

#[tokio::test]
async fn e4_the_way_of_a_log_in_is_by_the_index_meant_for_it() {
    let (database, _store) = Database::with_store().await;
    let client = database.connect().await;
    let (settings, texts) = usher_store_postgres::by_key();
    client.batch_execute(&settings).await.expect("settings");
    let mut plans = Vec::new();
    for text in texts {
        plans.extend(plan(&client, &text).await);
    }
    for index in [
        "session_of_user",
        "sessions_due_in",
        "sessions_pkey",
        "waiting_offered",
        "waiting_in_line",
        "pools_waited_for",
        "call_links_open",
        "call_link_token",
        "teams_of_user",
    ] {
        let used = |line: &String| line.contains(&format!("using {index} on"));
        assert!(plans.iter().any(used), "{index}");
    }
}

/// How many rows of a table this transaction changed without touching an index.
async fn hot(client: &Client, table: &str) -> i64 {
    let text = format!("SELECT pg_stat_get_xact_tuples_hot_updated('{table}'::regclass)");
    client.query_one(&text, &[]).await.expect(table).get(0)
}

#[tokio::test]
async fn e8_a_heartbeat_and_a_pools_counts_touch_no_index() {
    let (database, _store) = Database::with_store().await;
    let client = database.connect().await;
    let (_, texts) = usher_store_postgres::by_key();
    let seen = texts.last().expect("the text for sights");
    let seen = client.prepare(seen).await.expect("it is one");
    let rows = "INSERT INTO pools SELECT id, id, 5, 'base', NULL, 300, NULL, 60, 1, 9, 1, 3, 1, 1, \
         2, 1, 7 FROM (SELECT 'dddddddd-0000-0000-0000-000000000000'::uuid) AS one(id); \
         INSERT INTO sessions (domain, id, user_id, pool, device, device_id, device_name, token, \
         started_at, clock_from, seen_at, reserved, due_at) SELECT id, id, id, id, sha256('d'), \
         '', '', sha256('t'), 0, 0, 0, 0, 300000000 FROM pools";
    client.batch_execute(rows).await.expect("rows");
    client.batch_execute("BEGIN").await.expect("a transaction");
    let id: uuid::Uuid = "dddddddd-0000-0000-0000-000000000000"
        .parse()
        .expect("an id");
    let see = async |at: i64| {
        let (ids, times) = (vec![id], vec![at]);
        let done = client.execute(&seen, &[&ids, &ids, &times]).await;
        done.expect("a sight")
    };
    assert_eq!(see(100_000_000).await, 1);
    assert_eq!(see(100_000_000).await, 0, "it was seen then");
    assert_eq!(hot(&client, "sessions").await, 1);
    // Half of the limit has passed: what is due is put off.
    assert_eq!(see(200_000_000).await, 1);
    assert_eq!(hot(&client, "sessions").await, 1);
    let taken = "UPDATE pools SET occupied = occupied + 1";
    client.batch_execute(taken).await.expect(taken);
    assert_eq!(hot(&client, "pools").await, 1);
}
