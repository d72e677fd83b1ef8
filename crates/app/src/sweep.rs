//! What time brings about, written down soon after it is due: invitations and offers that
//! lapse, sessions that end by their clocks or their silence, notices of it, scheduled
//! decreases, standings that change. Any number of processes may sweep: each
//! sends ordinary conditional commands, and what has happened already changes nothing.
//!
//! Nothing depends on a sweep being in time: every decision and every look settles what is
//! due by itself.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use usher_rules::{DomainId, Head, Refusal};
use usher_store::port::Forget;
use usher_store::records::Remembered;
use usher_store::{Load, Snapshot};

use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::{App, Ask, limits};

/// Domains that are settled at a stretch.
const ROUND: u32 = 200;

/// Writes down what is due in a domain. The desk does so before every decision, so there
/// is nothing left to decide.
pub(crate) struct Settle(pub DomainId);

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
    /// Settles all domains in which something is due by now, those due first before the
    /// others, several at a time. Gives how many there were.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize, Failure> {
        // Each domain once a sweep: one that can't be settled hides nobody behind it.
        let mut seen = HashSet::new();
        loop {
            let now = self.store.now().await?;
            let limit = ROUND + u32::try_from(seen.len()).unwrap_or(u32::MAX);
            let due = self.store.due(now, limit).await?;
            let due: Vec<_> = due.into_iter().filter(|id| seen.insert(*id)).collect();
            if due.is_empty() {
                break;
            }
            let settled = futures::stream::iter(due);
            let settled =
                settled.for_each_concurrent(limits::SETTLED_AT_ONCE, |domain| async move {
                    if let Err(error) = self.do_now(Ask::default(), Settle(domain)).await {
                        tracing::warn!(%domain, %error, "a domain could not be settled");
                    }
                });
            settled.await;
        }
        metrics::counter!("usher_sweep_settled_total").increment(seen.len() as u64);
        self.tell_what_is_kept();
        Ok(seen.len())
    }

    fn tell_what_is_kept(&self) {
        metrics::gauge!("usher_kept_rows").set(self.kept.count() as f64);
        for (found, count) in self.kept.found() {
            metrics::counter!("usher_kept_found_total", "found" => found.name()).absolute(count);
        }
    }

    /// Forgets what has had its time: answers under idempotency keys, expired tokens, old
    /// wrong attempts.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn forget(&self) -> Result<u64, Failure> {
        let now = self.store.now().await?;
        let before = Forget {
            remembered: now.plus_seconds(-Remembered::KEPT_SECONDS),
            tokens: now,
            attempts: now.plus_seconds(-limits::ATTEMPTS_SECONDS),
            sessions: now.plus_seconds(-self.settings.rules.ended_session_seconds),
            calls: now.plus_seconds(-limits::CALLS_SECONDS),
            links: now.plus_seconds(-limits::CALL_LINKS_SECONDS),
        };
        Ok(self.store.forget(before, 1000).await?)
    }
}
