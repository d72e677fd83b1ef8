//! What is kept gives what the store gives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use usher_rules::accounts::Place;
use usher_rules::users::{User, UserState};
use usher_rules::{Head, Time};

use super::Kept;
use crate::contract::build::*;
use crate::contract::load::holds_only;
use crate::memory::MemoryStore;
use crate::port::Forget;
use crate::records::Token;
use crate::through::{Between, Through};
use crate::{Committed, Load, Result, Snapshot, Store, Unit, Write, contract};

const NOW: Time = Time(1_760_000_000_000_000);

/// A process that keeps what it loaded.
#[derive(Clone)]
struct Keeping {
    kept: Arc<Kept>,
    loads: Arc<AtomicU64>,
}

impl Keeping {
    fn over(store: &MemoryStore, rows: usize, sole: bool) -> Through<Keeping> {
        let between = Keeping {
            kept: Arc::new(Kept::new(rows, sole)),
            loads: Arc::default(),
        };
        let store = Arc::new(store.clone());
        Through { store, between }
    }
}

#[async_trait]
impl Between for Keeping {
    async fn load(&self, store: &dyn Store, load: &Load) -> Result<Snapshot> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let load = load.clone();
        let needs = move |_: &Snapshot, wanted: &mut Load| wanted.merge(&load);
        self.kept.gather(store, Arc::new(needs)).await
    }

    async fn commit(&self, store: &dyn Store, units: Vec<Unit>) -> Vec<Committed> {
        let mut all = Vec::new();
        for unit in units {
            all.push(self.kept.commit(store, unit).await);
        }
        all
    }

    /// Here more is forgotten than what has had its time, which an app does not do.
    async fn forget(&self, store: &dyn Store, before: Forget, limit: u32) -> Result<u64> {
        let gone = store.forget(before, limit).await;
        self.kept.clear();
        gone
    }
}

#[tokio::test]
async fn j2_random_changes_give_the_same_with_and_without_it() {
    for (seed, sole, rows) in (1..=4).flat_map(|seed| {
        [(true, 1000), (false, 1000), (true, 40), (false, 0)].map(|(sole, rows)| (seed, sole, rows))
    }) {
        let keeping = Keeping::over(&MemoryStore::new(NOW), rows, sole);
        let plain = MemoryStore::new(NOW);
        contract::parallel::compare(seed, 200, Arc::new(keeping), Arc::new(plain)).await;
    }
}

/// Domain, user and session of a log-in, and who it is.
fn seated() -> Load {
    Load {
        tokens: [digest(5)].into(),
        domains: [dom(1)].into(),
        people: [(dom(1), usr(5))].into(),
        desks: [(dom(1), usr(5))].into(),
        memberships: [(dom(1), usr(5))].into(),
        sessions: [(dom(1), ses(5))].into(),
        ..Load::default()
    }
}

async fn furnished(store: &MemoryStore) {
    sharing_made(store, 1, pool(dom(1), 1), &[5, 6]).await;
    let mut account = account(5);
    account.place = Place::Managed {
        domain: dom(1),
        user: usr(5),
    };
    let token = Token {
        expires_at: FAR,
        ..token(acc(5), 5)
    };
    let session = session(dom(1), 5, Some(1));
    let writes = [
        Write::Account(account),
        Write::Token(token),
        Write::Person(person(dom(1), 5)),
        // Nothing is due in it.
        session_row(session, None),
    ];
    planted(store, writes).await;
}

#[tokio::test]
async fn j2_what_was_loaded_is_loaded_once_where_nobody_else_writes() {
    let store = MemoryStore::new(T0);
    furnished(&store).await;
    let keeping = Keeping::over(&store, 1000, true);
    let asked = seated();
    let direct = store.load(&asked).await.unwrap();
    for _ in 0..3 {
        holds_only(keeping.load(&asked).await.unwrap(), direct.clone());
    }
    let found = keeping.between.kept.found();
    let expected = [2, 0, 1, 0];
    assert_eq!(found.map(|(_, count)| count), expected, "{found:?}");
    assert!(keeping.between.kept.count() > 0);
    // The clock goes on where nothing is loaded.
    store.set_now(Time(T0.0 + 7));
    assert_eq!(keeping.load(&asked).await.unwrap().world.now.0, T0.0 + 7);
}

#[tokio::test]
async fn j2_what_another_process_changed_is_seen_at_once() {
    let store = MemoryStore::new(T0);
    furnished(&store).await;
    let keeping = Keeping::over(&store, 1000, false);
    let asked = seated();
    keeping.load(&asked).await.unwrap();
    let version = store.load(&asked).await.unwrap().heads[&Head::Domain(dom(1))].version;
    let ended = ended(&session(dom(1), 5, Some(1)), T0);
    Act::new()
        .moves(Head::Domain(dom(1)), version)
        .put(Write::EndedSession(ended, session_record(5)))
        .done(&store)
        .await;
    let direct = store.load(&asked).await.unwrap();
    assert!(direct.world.sessions.is_empty());
    holds_only(keeping.load(&asked).await.unwrap(), direct);
    let [_, _, _, (_, moved)] = keeping.between.kept.found();
    assert_eq!(moved, 1);
}

#[tokio::test]
async fn e8_what_falls_due_is_loaded_when_it_does() {
    let store = MemoryStore::new(T0);
    furnished(&store).await;
    let due = User {
        state: UserState::Invited {
            expires_at: T0.plus_seconds(10),
        },
        ..invited(dom(1), 9)
    };
    planted(&store, [Write::User(due)]).await;
    for sole in [true, false] {
        let keeping = Keeping::over(&store, 1000, sole);
        for (seconds, there) in [(0, false), (9, false), (10, true), (11, true)] {
            store.set_now(T0.plus_seconds(seconds));
            let snapshot = keeping.load(&seated()).await.unwrap();
            let found = snapshot.world.users.contains_key(&(dom(1), usr(9)));
            assert_eq!(found, there, "after {seconds} s, sole: {sole}");
        }
    }
}
