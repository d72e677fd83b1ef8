//! Wrong attempts: they lie under no head, and are counted together all the same.

use std::sync::Arc;

use super::build::*;
use super::commit::{leaves_no_trace, many_rows};
use crate::port::Forget;
use crate::records::Attempts;
use crate::{Error, Store, Write};

super::list! {
    i1_attempts_are_counted_on_the_count_that_was_seen,
    i1_of_many_who_count_at_once_none_is_left_out,
    i1_units_of_one_commit_that_count_the_same_follow_one_another,
    i1_attempts_that_were_forgotten_can_be_counted,
}

/// So many attempts at this, on a count of this version.
fn counted(n: u64, wrong: i64, version: i64) -> Act {
    Act::new().put(Write::Attempts(Attempts {
        wrong,
        version,
        ..attempts(n)
    }))
}

/// The attempts as they are, and their version.
async fn count(store: &dyn Store, n: u64) -> (i64, i64) {
    let snapshot = load(store, |load| load.attempts = [digest(n)].into()).await;
    let row = snapshot.attempts.get(&digest(n));
    row.map_or((0, 0), |row| (row.wrong, row.version))
}

async fn i1_attempts_are_counted_on_the_count_that_was_seen(store: Arc<dyn Store>) {
    let store = &*store;
    counted(1, 1, 0).done(store).await;
    assert_eq!(count(store, 1).await, (1, 1));
    counted(1, 2, 1).done(store).await;
    // Who saw the count of another time, or none.
    for version in [0, 1, 3] {
        leaves_no_trace(store, counted(1, 9, version), Error::Conflict).await;
    }
    assert_eq!(count(store, 1).await, (2, 2));
    // Nothing of the unit is left, and nothing else about it is told.
    domain_opened(1).done(store).await;
    let taken = Act::new().makes_account(account(2), account_record(1));
    let overtaken = taken.put(Write::Attempts(attempts(1)));
    leaves_no_trace(store, many_rows(overtaken), Error::Conflict).await;
}

async fn i1_of_many_who_count_at_once_none_is_left_out(store: Arc<dyn Store>) {
    const TASKS: i64 = 8;
    const EACH: i64 = 6;
    let tasks = (0..TASKS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut done = 0;
            while done < EACH {
                let (wrong, version) = count(&*store, 1).await;
                match counted(1, wrong + 1, version).commit(&*store).await {
                    Ok(()) => done += 1,
                    Err(Error::Conflict) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(count(&*store, 1).await, (TASKS * EACH, TASKS * EACH));
}

async fn i1_units_of_one_commit_that_count_the_same_follow_one_another(store: Arc<dyn Store>) {
    let units = [
        counted(1, 1, 0),
        counted(1, 7, 0),
        counted(2, 1, 0),
        counted(1, 2, 1),
    ];
    let outcomes = store.commit(units.map(Act::unit).to_vec()).await;
    assert_eq!(outcomes, [Ok(()), Err(Error::Conflict), Ok(()), Ok(())]);
    assert_eq!(count(&*store, 1).await, (2, 2));
    assert_eq!(count(&*store, 2).await, (1, 1));
}

async fn i1_attempts_that_were_forgotten_can_be_counted(store: Arc<dyn Store>) {
    counted(1, 3, 0).done(&*store).await;
    let (wrong, version) = count(&*store, 1).await;
    let before = Forget {
        attempts: FAR,
        ..Forget::default()
    };
    assert_eq!(store.forget(before, 10).await, Ok(1));
    counted(1, wrong + 1, version).done(&*store).await;
    assert_eq!(count(&*store, 1).await.0, 4);
}
