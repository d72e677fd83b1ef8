//! Faults that are planted to show that a run finds them.

use std::sync::Arc;

use async_trait::async_trait;
use usher_rules::sessions::Session;
pub use usher_store::planted::without_versions;
use usher_store::through::{Between, Through};
use usher_store::{Load, Result, Snapshot, Store};

/// None.
pub fn nothing(store: Arc<dyn Store>) -> Arc<dyn Store> {
    store
}

/// A clock that goes on during a call.
pub fn restless_clock(store: Arc<dyn Store>) -> Arc<dyn Store> {
    let between = RestlessClock;
    Arc::new(Through { store, between })
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
