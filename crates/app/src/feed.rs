//! Feeds: what happens at a domain's front desk, told to the event streams of this process.
//!
//! However many streams follow a domain, its journal is read once: by one task, which lives
//! as long as somebody listens, is woken when the journal may have grown ([`crate::hub`]), and
//! looks by itself from time to time. It hands each line to whom it concerns. A device that
//! listens is present (rule E8): the task notes that for all of them together.
//!
//! A feed tells only of what comes after it was joined; what was before is for a look that
//! begins later, so that between the two nothing is lost.

pub mod device;
mod listeners;
pub mod place;
pub mod pool;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use usher_rules::{DomainId, Head, Refusal};
use usher_store::lists::EventLine;
use usher_store::{Load, Snapshot};

use crate::desk::Failure;
use crate::sessions::presence::Present;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

use listeners::{Listener, Listeners, topics};

pub use device::{DeviceNews, DeviceNow, DeviceStream};
pub(crate) use listeners::{Listening, Topic};
pub use place::PlaceStream;
pub use pool::{PoolNews, PoolStream};

/// One domain's feed.
#[derive(Default)]
struct Feed {
    listeners: Mutex<Listeners>,
}

impl Feed {
    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The feeds of this process that somebody listens to.
#[derive(Default)]
pub(crate) struct Feeds {
    domains: Mutex<HashMap<DomainId, Arc<Feed>>>,
}

impl Feeds {
    fn domains(&self) -> MutexGuard<'_, HashMap<DomainId, Arc<Feed>>> {
        self.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up the feed that nobody listens to any more.
    fn gave_up(&self, domain: DomainId, feed: &Feed) -> bool {
        let mut domains = self.domains();
        let unheard = feed.listeners().all.is_empty();
        if unheard {
            domains.remove(&domain);
        }
        unheard
    }
}

/// A place at a feed; given up when dropped.
pub(crate) struct Subscription {
    feed: Arc<Feed>,
    id: u64,
    lines: mpsc::Receiver<Arc<EventLine>>,
    /// Of which line on it tells: those that come after this one.
    pub after: u64,
}

impl Subscription {
    /// The next line; none when the stream is to end: it was too slow, or the device is no
    /// longer logged in by its token.
    pub async fn next(&mut self) -> Option<Arc<EventLine>> {
        self.lines.recv().await
    }

    /// A line that is there already.
    pub fn waiting(&mut self) -> Option<Arc<EventLine>> {
        self.lines.try_recv().ok()
    }

    /// How often the presence of the device that listens is to be noted from now on.
    pub fn note_every(&mut self, seconds: i64) {
        let mut listeners = self.feed.listeners();
        let listener = listeners.all.get_mut(&self.id);
        if let Some((device, left)) = listener.and_then(|listener| listener.device.as_mut()) {
            device.every_seconds = seconds;
            *left = (*left).min(seconds);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.listeners().remove(self.id);
    }
}

/// A look that also gives the version of a domain's head that it saw.
#[derive(Clone)]
struct Versioned<L>(L, DomainId);

impl<L: Look> Look for Versioned<L> {
    type Answer = (L::Answer, u64);

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.1);
        self.0.needs(seen, load);
    }

    fn see(&self, view: View<'_>) -> Result<Self::Answer, Refusal> {
        let seen = self.0.see(view)?;
        let head = view.snapshot.heads.get(&Head::Domain(self.1));
        Ok((seen, head.map_or(0, |head| head.version)))
    }
}

/// A refusal is something to tell; a storage error ends a stream, which begins anew.
fn refused<A>(seen: Result<A, Failure>) -> Option<Result<A, Refusal>> {
    match seen {
        Ok(seen) => Some(Ok(seen)),
        Err(Failure::Refused(refusal)) => Some(Err(refusal)),
        Err(_) => None,
    }
}

impl App {
    /// Listens to what happens at a domain's front desk from now on. `seen` is a version of
    /// the domain's head that the caller has seen. Who may listen is the caller's to know.
    pub(crate) fn listen(
        self: &Arc<Self>,
        domain: DomainId,
        seen: u64,
        topics: Vec<Topic>,
        device: Option<Listening>,
    ) -> Subscription {
        let (sender, lines) = mpsc::channel(limits::FEED_WAITING);
        let mut domains = self.feeds.domains();
        let feed = domains.entry(domain).or_insert_with(|| {
            let feed = Arc::new(Feed::default());
            feed.listeners().position = seen;
            let (app, own) = (self.clone(), feed.clone());
            tokio::spawn(async move { app.feed(domain, &own).await });
            feed
        });
        let feed = feed.clone();
        let mut listeners = feed.listeners();
        let id = listeners.next;
        listeners.next += 1;
        for topic in &topics {
            listeners.by_topic.entry(*topic).or_default().insert(id);
        }
        let listener = Listener {
            lines: sender,
            topics,
            device: device.map(|device| (device, 0)),
        };
        listeners.all.insert(id, listener);
        let after = listeners.position;
        drop(listeners);
        Subscription {
            feed: feed.clone(),
            id,
            lines,
            after,
        }
    }

    /// Tells all who listen to a domain, as long as somebody does.
    async fn feed(self: Arc<Self>, domain: DomainId, feed: &Feed) {
        let mut grown = self.hub.follow(domain);
        let [mut seconds, mut look] = [limits::FEED_UPKEEP, self.settings.look].map(interval);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // In this order, so that a run can be replayed; a second that has passed is not
            // kept waiting by what happens.
            tokio::select! {
                biased;
                _ = seconds.tick() => {
                    if self.feeds.gave_up(domain, feed) {
                        return;
                    }
                    self.note_present(domain, feed).await;
                }
                _ = look.tick() => self.read_on(domain, feed).await,
                () = grown.grown() => self.read_on(domain, feed).await,
            }
        }
    }

    async fn read_on(&self, domain: DomainId, feed: &Feed) {
        loop {
            let after = feed.listeners().position;
            let head = Head::Domain(domain);
            match self.store.journal(head, after, limits::FEED_LINES).await {
                Ok(lines) if lines.is_empty() => return,
                Ok(lines) => feed.listeners().tell(lines),
                Err(error) => {
                    tracing::warn!(%domain, %error, "a journal could not be read");
                    return;
                }
            }
        }
    }

    /// Notes that the devices that listen are there.
    async fn note_present(self: &Arc<Self>, domain: DomainId, feed: &Feed) {
        let due = feed.listeners().present();
        for devices in due.chunks(limits::PRESENT) {
            let devices = devices.to_vec();
            let present = Present { domain, devices };
            match self.do_now(Ask::default(), present).await {
                Ok(over) => feed.listeners().end(&over),
                Err(error) => {
                    tracing::warn!(%domain, %error, "presence could not be noted");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_rules::ids::{AccountId, UnitId};
    use usher_rules::{Event, SessionId, Time, UserId};
    use usher_store::memory::MemoryStore;
    use usher_store::{HeadChange, JournalEntry, Store as _, Unit};
    use uuid::Uuid;

    /// A journal's lines: an admin's log-out that waits for the end of a call, session by
    /// session.
    fn unit(domain: DomainId, sessions: u64) -> Unit {
        let head = Head::Domain(domain);
        let line = |seq: u64| JournalEntry {
            head,
            seq,
            at: Time::ZERO,
            recorded_at: Time::ZERO,
            actor: None,
            request: Uuid::nil(),
            event: Event::LogOutAfterCall {
                session: SessionId::nth(u128::from(seq)),
                user: UserId::nth(1),
                by: AccountId::nth(1),
            },
        };
        Unit {
            id: UnitId::nth(1),
            at: Time::ZERO,
            heads: vec![HeadChange {
                head,
                expected: 0,
                next: sessions,
                in_turn: false,
            }],
            journal: (1..=sessions).map(line).collect(),
            writes: vec![],
        }
    }

    #[tokio::test]
    async fn j2_ten_thousand_who_listen_have_one_reader_and_each_hears_its_own() {
        const MANY: u64 = 10_000;
        let store = MemoryStore::new(Time::ZERO);
        let entropy = Arc::new(crate::entropy::System);
        let app = App::new(Arc::new(store.clone()), crate::Settings::default(), entropy);
        let domain = DomainId::nth(1);
        let sessions = 1..=MANY;
        let topic = |n: u64| vec![Topic::Session(SessionId::nth(u128::from(n)))];
        let mut all: Vec<Subscription> = sessions
            .map(|n| app.listen(domain, 0, topic(n), None))
            .collect();
        assert_eq!(app.feeds.domains().len(), 1);
        let committed = store.commit(vec![unit(domain, MANY)]).await;
        assert_eq!(committed, [Ok(())]);
        app.hub.tell(usher_store::Grown::Domain(domain));
        for (n, subscription) in (1..).zip(&mut all) {
            let line = subscription.next().await.expect("a line");
            assert_eq!(line.seq, n);
            assert!(subscription.waiting().is_none());
        }
        // Nobody listens any more: the reader goes.
        let feed = all[0].feed.clone();
        drop(all);
        assert!(app.feeds.gave_up(domain, &feed));
        assert!(app.feeds.domains().is_empty());
    }
}
