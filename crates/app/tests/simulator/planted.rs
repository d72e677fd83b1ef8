//! Faults that are planted to show that a run finds them.

use std::sync::Arc;

use async_trait::async_trait;
use usher_rules::sessions::Session;
use usher_store::through::{Between, Through};
use usher_store::{Committed, HeadChange, JournalEntry, Load, Result, Snapshot, Store, Unit};

/// None.
pub fn nothing(store: Arc<dyn Store>) -> Arc<dyn Store> {
    store
}

/// A store that doesn't look whether a head is still at the version that a decision was made on.
pub fn no_versions(store: Arc<dyn Store>) -> Arc<dyn Store> {
    let between = NoVersions;
    Arc::new(Through { store, between })
}

/// A clock that goes on during a call.
pub fn restless_clock(store: Arc<dyn Store>) -> Arc<dyn Store> {
    let between = RestlessClock;
    Arc::new(Through { store, between })
}

struct NoVersions;

#[async_trait]
impl Between for NoVersions {
    async fn commit(&self, store: &dyn Store, units: Vec<Unit>) -> Vec<Committed> {
        let mut done = Vec::new();
        for unit in units {
            let unit = on_whatever_is_there(store, unit).await;
            done.extend(store.commit(vec![unit]).await);
        }
        done
    }
}

/// The unit as if it had been decided on the state that it meets.
async fn on_whatever_is_there(store: &dyn Store, mut unit: Unit) -> Unit {
    for change in &mut unit.heads {
        let HeadChange { head, expected, .. } = *change;
        let later = store.journal(head, expected, u32::MAX).await;
        let later = later.map_or(0, |lines| lines.len() as u64);
        (change.expected, change.next) = (expected + later, change.next + later);
        let own = |entry: &&mut JournalEntry| entry.head == head;
        unit.journal
            .iter_mut()
            .filter(own)
            .for_each(|entry| entry.seq += later);
    }
    unit
}

struct RestlessClock;

#[async_trait]
impl Between for RestlessClock {
    async fn load(&self, store: &dyn Store, load: &Load) -> Result<Snapshot> {
        let mut snapshot = store.load(load).await?;
        let world = &mut snapshot.world;
        for session in world.sessions.values_mut() {
            let quiet = Session {
                call: None,
                ..*session
            };
            let pool = session
                .pool
                .and_then(|pool| world.pools.get(&(session.domain, pool)));
            if quiet.log_off_at(pool).is_some_and(|at| at <= world.now) {
                *session = quiet;
            }
        }
        Ok(snapshot)
    }
}
