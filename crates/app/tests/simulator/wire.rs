//! What lies between a process and the store: calls that are late, fail or are never answered,
//! commits that conflict, arrive twice, or whose answer is lost; and the death of the process
//! in the middle of one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use usher_store::through::Between;
use usher_store::{Committed, Error, Result, Store, Unit};

use crate::chance::Chance;

/// A process's way to the store. Clones are the same way.
#[derive(Clone)]
pub struct Wire {
    chance: Chance,
    /// Whether it is the only one to the store.
    alone: bool,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    dead: AtomicBool,
    calm: AtomicBool,
    /// How often each of [`FAULTS`] happened.
    happened: [AtomicU64; FAULTS.len()],
}

/// What may go wrong with a commit, each as often as its weight says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Conflict,
    LostBefore,
    LostAfter,
    Unavailable,
    Twice,
    DiesBefore,
    DiesAfter,
}

const FAULTS: [(Fault, usize); 8] = [
    (Fault::None, 150),
    (Fault::Conflict, 12),
    (Fault::LostBefore, 4),
    (Fault::LostAfter, 4),
    (Fault::Unavailable, 3),
    (Fault::Twice, 5),
    (Fault::DiesBefore, 2),
    (Fault::DiesAfter, 2),
];

impl Wire {
    pub fn new(chance: Chance, alone: bool) -> Wire {
        Wire {
            chance,
            alone,
            state: Arc::default(),
        }
    }

    /// The process is dead: none of its calls is ever answered again.
    pub fn cut(&self) {
        self.state.dead.store(true, Ordering::Relaxed);
    }

    pub fn is_cut(&self) -> bool {
        self.state.dead.load(Ordering::Relaxed)
    }

    /// Nothing goes wrong any more.
    pub fn calm(&self) {
        self.state.calm.store(true, Ordering::Relaxed);
    }

    /// Counts what went wrong.
    pub fn count(&self, into: &mut BTreeMap<String, u64>) {
        for ((fault, _), happened) in FAULTS.iter().zip(&self.state.happened) {
            *into.entry(format!("{fault:?}")).or_default() += happened.load(Ordering::Relaxed);
        }
    }

    fn fault(&self) -> Fault {
        if self.state.calm.load(Ordering::Relaxed) {
            return Fault::None;
        }
        let index = self.chance.weighted(&FAULTS.map(|(_, weight)| weight));
        self.state.happened[index].fetch_add(1, Ordering::Relaxed);
        FAULTS[index].0
    }

    /// Others come first, seldom many; a dead process waits for ever.
    async fn wait(&self) {
        let calm = self.state.calm.load(Ordering::Relaxed);
        let turns = match self.chance.below(16) {
            _ if calm => 0,
            0 => 12 + self.chance.below(40),
            1..=7 => self.chance.below(4),
            _ => 0,
        };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        self.live_on().await;
    }

    async fn live_on(&self) {
        if self.is_cut() {
            std::future::pending::<()>().await;
        }
    }

    async fn die(&self) {
        self.cut();
        self.live_on().await;
    }
}

#[async_trait]
impl Between for Wire {
    fn is_sole(&self) -> bool {
        self.alone
    }

    async fn asked(&self) -> Result<()> {
        self.wait().await;
        if !self.state.calm.load(Ordering::Relaxed) && self.chance.one_in(200) {
            return Err(Error::Unavailable("a simulated fault".to_owned()));
        }
        Ok(())
    }

    async fn commit(&self, store: &dyn Store, units: Vec<Unit>) -> Vec<Committed> {
        self.wait().await;
        let fault = self.fault();
        let all = |error: Error| units.iter().map(|_| Err(error.clone())).collect();
        let done = match fault {
            Fault::Conflict => all(Error::Conflict),
            Fault::LostBefore => all(Error::Unknown("before the commit".to_owned())),
            Fault::Unavailable => all(Error::Unavailable("a simulated fault".to_owned())),
            Fault::DiesBefore => {
                self.die().await;
                vec![]
            }
            Fault::None => store.commit(units).await,
            Fault::LostAfter => {
                let lost = all(Error::Unknown("after the commit".to_owned()));
                store.commit(units).await;
                lost
            }
            Fault::Twice => {
                let first = store.commit(units.clone()).await;
                store.commit(units).await;
                first
            }
            Fault::DiesAfter => {
                store.commit(units).await;
                self.die().await;
                vec![]
            }
        };
        self.wait().await;
        done
    }
}
