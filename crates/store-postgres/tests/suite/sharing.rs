//! Several processes on one database: here, several stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;
use usher_store::{Error, Load, Store};

use crate::database::Database;
use crate::units::{
    attempts, change, commit, domain_id, head, named, of_domain, opening, requests,
};

#[tokio::test(flavor = "multi_thread")]
async fn a1_of_two_processes_one_moves_a_head_and_the_other_is_told() {
    let (database, one) = Database::with_store().await;
    let other = database.open().await;
    assert_eq!(commit(&one, opening(1)).await, Ok(()));
    let units = [change(1, 1, vec![]), change(1, 1, vec![])];
    let [first, second] = units;
    let ids = [first.id.0, second.id.0];
    let (a, b) = tokio::join!(commit(&one, first), commit(&other, second));
    let mut answers = [a, b];
    let winner = usize::from(answers[1].is_ok());
    answers.sort_by_key(Result::is_err);
    assert_eq!(answers, [Ok(()), Err(Error::Conflict)]);
    assert_eq!(requests(&other, 1).await[1..], [ids[winner]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_many_processes_on_few_heads_lose_and_double_nothing() {
    const PROCESSES: usize = 3;
    const EACH: u64 = 40;
    let (database, store) = Database::with_store().await;
    for n in 1..=2 {
        assert_eq!(commit(&store, opening(n)).await, Ok(()));
    }
    let stores = join_all((0..PROCESSES).map(|_| database.open())).await;
    let done: [AtomicU64; 2] = Default::default();
    let work = stores.iter().flat_map(|store| {
        let done = &done;
        (0..8).map(async move |task| {
            let n = 1 + task % 2;
            while done[task as usize % 2].load(Ordering::Relaxed) < EACH {
                let keys = [n as u8, 3 - n as u8];
                let load = Load {
                    attempts: keys.map(|key| [key; 32]).into(),
                    ..of_domain(n)
                };
                let snapshot = store.load(&load).await.expect("a snapshot");
                // The same two rows under no head, in either order: a deadlock would show.
                let rows = keys.map(|key| {
                    let seen = snapshot.attempts.get(&[key; 32]);
                    attempts(key, 1, seen.map_or(0, |seen| seen.version))
                });
                let rows = rows.to_vec();
                let unit = change(n, snapshot.heads[&head(n)].version, rows);
                if commit(store, unit).await.is_ok() {
                    done[task as usize % 2].fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    });
    join_all(work).await;
    for (n, done) in [(1, &done[0]), (2, &done[1])] {
        let mut entries = requests(&store, n).await;
        assert_eq!(entries.len() as u64, 1 + done.load(Ordering::Relaxed));
        entries.sort();
        entries.dedup();
        assert_eq!(entries.len() as u64, 1 + done.load(Ordering::Relaxed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_two_processes_have_one_turn_between_them() {
    let (database, one) = Database::with_store().await;
    let other = Arc::new(database.open().await);
    let held = one.turn(&[head(1)]).await.expect("a turn");
    let waiting = {
        let other = Arc::clone(&other);
        tokio::spawn(async move { other.turn(&[head(1)]).await.map(drop) })
    };
    wait_for_a_waiter(&database).await;
    // Another head's turn is nobody's concern.
    drop(other.turn(&[head(2)]).await.expect("another turn"));
    assert!(!waiting.is_finished());
    drop(held);
    waiting.await.expect("no panic").expect("the turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_who_has_the_turn_is_not_overtaken() {
    let (database, one) = Database::with_store().await;
    let other = database.open().await;
    for n in 1..=3 {
        assert_eq!(commit(&one, opening(n)).await, Ok(()));
    }
    let in_turn = |n, expected| {
        let mut unit = change(n, expected, vec![]);
        unit.heads[0].in_turn = true;
        unit
    };
    let held = one.turn(&[head(1), head(2)]).await.expect("the turns");
    for (store, at) in [(&one, 1), (&other, 2)] {
        let overtaking = [1, 2].map(|n| change(n, 1, vec![]));
        for unit in overtaking {
            assert_eq!(commit(store, unit).await, Err(Error::Conflict));
        }
        // Nor together with what may go ahead.
        let units = vec![change(1, 1, vec![]), change(3, at, vec![])];
        let outcomes = store.commit(units).await;
        assert_eq!(outcomes, [Err(Error::Conflict), Ok(())]);
    }
    assert_eq!(commit(&one, in_turn(1, 1)).await, Ok(()));
    drop(held);
    let _turn = other.turn(&[head(1)]).await.expect("the turn");
    assert_eq!(
        commit(&one, change(1, 2, vec![])).await,
        Err(Error::Conflict)
    );
    assert_eq!(commit(&other, in_turn(1, 2)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_who_no_longer_waits_for_a_turn_never_holds_it() {
    let (database, one) = Database::with_store().await;
    let other = Arc::new(database.open().await);
    let held = one.turn(&[head(1)]).await.expect("a turn");
    let waiting = {
        let other = Arc::clone(&other);
        tokio::spawn(async move { other.turn(&[head(1)]).await.map(drop) })
    };
    wait_for_a_waiter(&database).await;
    waiting.abort();
    assert!(waiting.await.is_err_and(|error| error.is_cancelled()));
    drop(held);
    drop(one.turn(&[head(1)]).await.expect("the turn again"));
    drop(other.turn(&[head(1)]).await.expect("the turn as well"));
}

async fn wait_for_a_waiter(database: &Database) {
    let client = database.connect().await;
    let text = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    loop {
        let row = client.query_one(text, &[]).await.expect("locks");
        if row.get::<_, i64>(0) > 0 {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_loads_that_are_answered_together_hold_only_what_each_asked_for() {
    let (_database, store) = Database::with_store().await;
    let openings = (1..=40).map(opening).collect();
    assert_eq!(store.commit(openings).await, vec![Ok(()); 40]);
    let loads = (0..400u128).map(|i| {
        let store = &store;
        async move {
            let n = i % 40 + 1;
            let mut load = of_domain(n);
            if i % 3 == 0 {
                load = Load::default();
                load.prefixes.insert(format!("prefix-{n}"));
                load.prefixes.insert("with\0zero".to_owned());
            }
            let snapshot = store.load(&load).await.expect("a snapshot");
            let domains: Vec<_> = snapshot.world.domains.keys().copied().collect();
            let prefixes: Vec<_> = snapshot.prefixes.values().copied().collect();
            if i % 3 == 0 {
                assert_eq!((domains, prefixes), (vec![], vec![domain_id(n)]));
            } else {
                assert_eq!((domains, prefixes), (vec![domain_id(n)], vec![]));
                assert_eq!(snapshot.world.accounts.len(), 1);
                assert_eq!(snapshot.world.lineages[&domain_id(n)].len(), 1);
            }
            assert!(snapshot.world.now.0 > 0);
        }
    });
    join_all(loads).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_text_that_the_engine_cannot_hold_fails_alone() {
    let (_database, store) = Database::with_store().await;
    let mut units: Vec<_> = (1..=5).map(opening).collect();
    units[2].writes.push(named(3, "with\0zero"));
    let answers = store.commit(units).await;
    assert!(
        matches!(answers[2], Err(Error::Constraint(_))),
        "{answers:?}"
    );
    let others: Vec<_> = answers.iter().filter(|answer| answer.is_ok()).collect();
    assert_eq!(others.len(), 4);
}
