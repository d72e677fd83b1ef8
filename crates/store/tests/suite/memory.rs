//! The memory store passes the contract, and goes wrong as it is told to.

use std::sync::Arc;

use usher_rules::accounts::Account;
use usher_rules::{AccountId, Event, Head, Time, UnitId};
use usher_store::memory::{Fault, MemoryStore};
use usher_store::records::AccountRecord;
use usher_store::{
    Committed, Error, HeadChange, JournalEntry, Load, Snapshot, Store, Unit, Write, contract,
};

const NOW: Time = Time(1_760_000_000_000_000);

#[tokio::test]
async fn it_passes_the_suite() {
    contract::run_all(async || Arc::new(MemoryStore::new(NOW)) as _).await;
}

#[tokio::test]
async fn it_passes_the_suite_in_a_sandbox() {
    contract::run_all(async || Arc::new(MemoryStore::sandbox(NOW)) as _).await;
}

#[tokio::test]
async fn a_seed_gives_the_same_changes_each_time() {
    for seed in 1..=4 {
        let (one, other) = (MemoryStore::new(NOW), MemoryStore::new(NOW));
        contract::parallel::compare(seed, 200, Arc::new(one), Arc::new(other)).await;
    }
}

#[tokio::test]
async fn every_case_has_a_name_of_its_own() {
    let mut names: Vec<_> = contract::cases().map(|case| case.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 100, "{count} cases");
}

/// A unit that makes an account.
fn unit(n: u128) -> Unit {
    let (account, head) = (AccountId::nth(n), Head::Account(AccountId::nth(n)));
    Unit {
        id: UnitId::nth(n),
        at: NOW,
        heads: vec![HeadChange {
            head,
            expected: 0,
            next: 1,
            in_turn: false,
        }],
        journal: vec![JournalEntry {
            head,
            seq: 1,
            at: NOW,
            recorded_at: NOW,
            actor: None,
            request: UnitId::nth(n).0,
            event: Event::AccountMade { operator: false },
        }],
        writes: vec![
            Write::Account(Account::new(account)),
            Write::AccountRecord(AccountRecord {
                account,
                email: format!("account{n}@example.com"),
                name: String::new(),
                password: None,
                totp_secret: None,
                totp_active: false,
                identity_note: None,
                created_at: NOW,
            }),
        ],
    }
}

async fn commit(store: &MemoryStore, n: u128) -> Committed {
    let outcomes = store.commit(vec![unit(n)]).await;
    outcomes.into_iter().next().unwrap()
}

async fn accounts(store: &MemoryStore) -> Snapshot {
    let load = Load {
        accounts: (1..9).map(AccountId::nth).collect(),
        ..Load::default()
    };
    store.load(&load).await.unwrap()
}

#[tokio::test]
async fn a_fault_is_the_next_commits_and_no_others() {
    let store = MemoryStore::new(NOW);
    let faults = [
        Fault::Conflict,
        Fault::UnknownAndLost,
        Fault::UnknownAndDone,
        Fault::Unavailable,
    ];
    for fault in faults {
        store.fail_next(fault);
    }
    assert_eq!(commit(&store, 1).await, Err(Error::Conflict));
    let lost = commit(&store, 2).await;
    assert!(matches!(lost, Err(Error::Unknown(_))), "{lost:?}");
    let done = commit(&store, 3).await;
    assert!(matches!(done, Err(Error::Unknown(_))), "{done:?}");
    let gone = commit(&store, 4).await;
    assert!(matches!(gone, Err(Error::Unavailable(_))), "{gone:?}");
    assert_eq!(commit(&store, 5).await, Ok(()));
    let there: Vec<_> = accounts(&store).await.world.accounts.into_keys().collect();
    assert_eq!(there, [AccountId::nth(3), AccountId::nth(5)]);
}

#[tokio::test]
async fn a_fault_is_every_units_of_its_commit() {
    let store = MemoryStore::new(NOW);
    store.fail_next(Fault::Conflict);
    let outcomes = store.commit(vec![unit(1), unit(2)]).await;
    assert_eq!(outcomes, [Err(Error::Conflict), Err(Error::Conflict)]);
}

#[tokio::test]
async fn its_clock_stands_still_until_it_is_moved() {
    let store = MemoryStore::new(NOW);
    let handle = store.clone();
    assert_eq!(store.now().await, Ok(NOW));
    handle.advance(90);
    assert_eq!(store.now().await, Ok(NOW.plus_seconds(90)));
    assert_eq!(accounts(&store).await.world.now, NOW.plus_seconds(90));
    handle.advance(-100);
    assert_eq!(store.now().await, Ok(NOW.plus_seconds(-10)));
    handle.set_now(NOW);
    assert_eq!(store.now().await, Ok(NOW));
}
