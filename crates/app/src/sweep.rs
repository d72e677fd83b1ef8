//! What time brings about, written down soon after it is due: invitations that lapse,
//! scheduled decreases, standings that change. Any number of processes may sweep: each
//! sends ordinary conditional commands, and what has happened already changes nothing.
//!
//! Nothing depends on a sweep being in time: every decision and every look settles what is
//! due by itself.

use std::sync::Arc;

use usher_rules::{DomainId, Head, Refusal};
use usher_store::port::Forget;
use usher_store::{Load, Snapshot};

use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::{App, Ask, limits};

/// Domains that are settled at a stretch.
const ROUND: u32 = 200;

/// Writes down what is due in a domain. The desk does so before every decision, so there
/// is nothing left to decide.
struct Settle(DomainId);

impl UseCase for Settle {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.0)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.0);
    }

    fn decide(&self, _draft: &mut Draft<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl App {
    /// Settles all domains in which something is due by now, in due order. Gives how many
    /// there were.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize, Failure> {
        let mut settled = 0;
        let mut last = Vec::new();
        loop {
            let now = self.store.now().await?;
            let due = self.store.due(now, ROUND).await?;
            // What is due again though it was just settled waits for the next sweep.
            if due.is_empty() || due == last {
                break;
            }
            for domain in &due {
                self.do_now(Ask::default(), Settle(*domain)).await?;
            }
            settled += due.len();
            last = due;
        }
        metrics::counter!("usher_sweep_settled_total").increment(settled as u64);
        Ok(settled)
    }

    /// Forgets what has had its time: answers under idempotency keys, expired tokens, old
    /// wrong attempts.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn forget(&self) -> Result<u64, Failure> {
        let now = self.store.now().await?;
        let before = Forget {
            remembered: now.plus_seconds(-limits::IDEMPOTENCY_SECONDS),
            tokens: now,
            attempts: now.plus_seconds(-limits::ATTEMPTS_SECONDS),
        };
        Ok(self.store.forget(before, 1000).await?)
    }
}
