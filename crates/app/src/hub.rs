//! Wakes who follows a domain's journal in this process once it may have grown, by a commit of
//! this process or, as far as the store hears of it, of another. A hint only: the journal is
//! the truth, and who follows looks there by itself from time to time as well
//! ([`crate::Settings::look`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use usher_rules::DomainId;
use usher_store::port::Grown;

/// The hints, domain by domain; nothing is kept of one that nobody follows.
#[derive(Default)]
pub struct Hub {
    followed: Mutex<HashMap<DomainId, watch::Sender<()>>>,
}

/// Following a domain's journal, until dropped.
pub struct Following {
    hub: Arc<Hub>,
    domain: DomainId,
    grown: watch::Receiver<()>,
}

impl Hub {
    fn followed(&self) -> MutexGuard<'_, HashMap<DomainId, watch::Sender<()>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A journal may have grown.
    pub fn tell(&self, grown: Grown) {
        let followed = self.followed();
        match grown {
            Grown::Domain(domain) => {
                if let Some(followers) = followed.get(&domain) {
                    followers.send_replace(());
                }
            }
            Grown::Any => {
                for followers in followed.values() {
                    followers.send_replace(());
                }
            }
        }
    }

    /// Hints of a domain from now on.
    #[must_use]
    pub fn follow(self: &Arc<Self>, domain: DomainId) -> Following {
        let mut followed = self.followed();
        let followers = followed.entry(domain).or_default();
        Following {
            hub: self.clone(),
            domain,
            grown: followers.subscribe(),
        }
    }
}

impl Following {
    /// Until the journal may have grown since this was last asked.
    pub async fn grown(&mut self) {
        if self.grown.changed().await.is_err() {
            // Never so while this is followed. The clock alone would wake it then.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut followed = self.hub.followed();
        let last = |followers: &watch::Sender<()>| followers.receiver_count() == 1;
        if followed.get(&self.domain).is_some_and(last) {
            followed.remove(&self.domain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn j2_who_follows_is_woken_by_its_own_domain_and_by_any() {
        let hub = Arc::new(Hub::default());
        let [one, other] = [1, 2].map(DomainId::nth);
        let mut ones = [hub.follow(one), hub.follow(one)];
        let mut others = hub.follow(other);
        hub.tell(Grown::Domain(one));
        for follower in &mut ones {
            assert!(follower.grown().now_or_never().is_some());
            assert!(follower.grown().now_or_never().is_none(), "once");
        }
        assert!(others.grown().now_or_never().is_none());
        hub.tell(Grown::Any);
        for follower in ones.iter_mut().chain([&mut others]) {
            assert!(follower.grown().now_or_never().is_some());
        }
    }

    #[test]
    fn j2_nothing_is_kept_of_a_domain_that_nobody_follows() {
        let hub = Arc::new(Hub::default());
        let [first, second] = [(); 2].map(|()| hub.follow(DomainId::nth(1)));
        drop(first);
        assert_eq!(hub.followed().len(), 1);
        drop(second);
        assert!(hub.followed().is_empty());
    }
}
