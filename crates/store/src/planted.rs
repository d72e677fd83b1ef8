//! A fault, planted: what is shown to find faults (the simulator, the history checker) has to
//! find this one.
//!
//! Not for production: nothing wires it but tests, and a server that was built with the feature
//! `planted-fault`, which no release has.

use std::sync::Arc;

use async_trait::async_trait;

use crate::records::Remembered;
use crate::through::{Between, Through};
use crate::{Committed, Error, HeadChange, Store, Unit, Write};

/// How often a unit is put after what came in between.
const ATTEMPTS: usize = 20;

/// A store that doesn't look whether the heads of a unit are still at the versions that its
/// decision was made on, nor whether another answer was given under its keys: what was decided
/// on what is no more is written all the same.
pub fn without_versions(store: Arc<dyn Store>) -> Arc<dyn Store> {
    let between = WithoutVersions;
    Arc::new(Through { store, between })
}

struct WithoutVersions;

#[async_trait]
impl Between for WithoutVersions {
    async fn commit(&self, store: &dyn Store, units: Vec<Unit>) -> Vec<Committed> {
        let mut done = Vec::with_capacity(units.len());
        for unit in units {
            done.push(commit(store, unit).await);
        }
        done
    }
}

async fn commit(store: &dyn Store, mut unit: Unit) -> Committed {
    for _ in 0..ATTEMPTS {
        unit = after_what_is_there(store, unit).await?;
        let done = store.commit(vec![unit.clone()]).await.pop();
        if done != Some(Err(Error::Conflict)) {
            return done.unwrap_or_else(|| Err(Error::Engine("no outcome".to_owned())));
        }
    }
    Err(Error::Conflict)
}

/// The unit as if it had been decided on the state that it meets.
async fn after_what_is_there(store: &dyn Store, mut unit: Unit) -> Result<Unit, Error> {
    for change in &mut unit.heads {
        let HeadChange { head, expected, .. } = *change;
        let lines = store.journal(head, expected, 1000).await?;
        let later = lines.len() as u64;
        (change.expected, change.next) = (expected + later, change.next + later);
        change.in_turn = false;
        let own = unit.journal.iter_mut().filter(|entry| entry.head == head);
        own.for_each(|entry| entry.seq += later);
    }
    for write in &mut unit.writes {
        if let Write::Remembered(answer) = write {
            // As if the one that is there had had its time.
            answer.at = answer.at.plus_seconds(Remembered::KEPT_SECONDS);
        }
    }
    Ok(unit)
}
