//! Feeds: what happens at a domain's front desk, told to the event streams of this process.
//!
//! However many streams follow a domain, its journal is read once: by one task, which lives
//! as long as somebody listens, is woken by what this process commits, and looks by itself
//! once a second for what others did. It hands each line to whom it concerns. A device that
//! listens is present (rule E8): the task notes that for all of them together.
//!
//! A feed tells only of what comes after it was joined; what was before is for a look that
//! begins later, so that between the two nothing is lost.

pub mod device;
pub mod place;
pub mod pool;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};
use usher_rules::{DomainId, Event, Head, PoolId, Refusal, SessionId, UserId};
use usher_store::lists::EventLine;
use usher_store::records::Digest;
use usher_store::{Load, Snapshot};

use crate::desk::Failure;
use crate::sessions::presence::Present;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

pub use device::{DeviceNews, DeviceNow, DeviceStream};
pub use place::PlaceStream;
pub use pool::{PoolNews, PoolStream};

/// What a listener wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    /// One session.
    Session(SessionId),
    /// What one user sits on and waits for, and its call links.
    User(UserId),
    /// What is set of one pool.
    Pool(PoolId),
    /// All that happens at the front desk.
    Desk,
}

/// Whom an event concerns.
fn topics(event: &Event) -> Vec<Topic> {
    use Event::*;
    let session = event.session().map(Topic::Session);
    let other = match *event {
        SessionStarted { user, .. }
        | LinkMade { user, .. }
        | LinkUsed { user, .. }
        | LinkRevoked { user, .. }
        | WaitingJoined { user, .. }
        | WaitingLeft { user, .. }
        | OfferMade { user, .. }
        | OfferLapsed { user, .. }
        | LicenseChanged { user, .. }
        | FeaturesOffChanged { user, .. }
        | ReservationChanged { user, .. } => Some(Topic::User(user)),
        PoolChanged { pool, .. } | PoolDetailsChanged { pool } | PoolDeleted { pool } => {
            Some(Topic::Pool(pool))
        }
        LogInRefused { .. } => Some(Topic::Desk),
        _ => None,
    };
    let mut topics: Vec<Topic> = session.into_iter().chain(other).collect();
    if !topics.is_empty() && !topics.contains(&Topic::Desk) {
        topics.push(Topic::Desk);
    }
    topics
}

/// A device that listens, and so is present.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listening {
    /// By which session.
    pub session: SessionId,
    /// By which token: another one ends the stream.
    pub token: Digest,
    /// How often that is noted, in seconds.
    pub every_seconds: i64,
}

struct Listener {
    lines: mpsc::Sender<Arc<EventLine>>,
    topics: Vec<Topic>,
    device: Option<(Listening, i64)>,
}

#[derive(Default)]
struct Listeners {
    /// Up to which line of the journal all were told.
    position: u64,
    next: u64,
    all: HashMap<u64, Listener>,
    by_topic: HashMap<Topic, HashSet<u64>>,
}

impl Listeners {
    fn remove(&mut self, id: u64) {
        let Some(listener) = self.all.remove(&id) else {
            return;
        };
        for topic in listener.topics {
            let others = self.by_topic.get_mut(&topic);
            if others.is_some_and(|others| others.remove(&id) && others.is_empty()) {
                self.by_topic.remove(&topic);
            }
        }
    }

    /// Hands lines on. One who takes them too slowly is cut off, and begins anew.
    fn tell(&mut self, lines: Vec<EventLine>) {
        for line in lines {
            self.position = line.seq;
            let topics = topics(&line.event);
            let concerned = topics.iter().filter_map(|topic| self.by_topic.get(topic));
            let concerned: HashSet<u64> = concerned.flatten().copied().collect();
            let line = Arc::new(line);
            for id in concerned {
                let listener = self.all.get(&id);
                let told = listener.map(|listener| listener.lines.try_send(line.clone()));
                if matches!(told, Some(Err(_))) {
                    self.remove(id);
                }
            }
        }
    }

    /// A second has passed: the devices whose presence is to be noted again.
    fn present(&mut self) -> Vec<(SessionId, Digest)> {
        let mut due = Vec::new();
        for listener in self.all.values_mut() {
            let Some((device, left)) = &mut listener.device else {
                continue;
            };
            *left -= 1;
            if *left <= 0 {
                *left = device.every_seconds;
                due.push((device.session, device.token));
            }
        }
        due
    }

    /// Ends the streams of these sessions that were opened by these tokens.
    fn end(&mut self, over: &[(SessionId, Digest)]) {
        let ended = |listener: &Listener| {
            let device = listener.device.as_ref();
            device.is_some_and(|(device, _)| over.contains(&(device.session, device.token)))
        };
        let all = self.all.iter();
        let ids: Vec<u64> = all
            .filter(|(_, listener)| ended(listener))
            .map(|(id, _)| *id)
            .collect();
        ids.into_iter().for_each(|id| self.remove(id));
    }
}

/// One domain's feed.
#[derive(Default)]
struct Feed {
    wake: Notify,
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

    /// A domain's journal has grown.
    pub(crate) fn wake(&self, domain: DomainId) {
        if let Some(feed) = self.domains().get(&domain) {
            feed.wake.notify_one();
        }
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
struct Versioned<'a, L>(&'a L, DomainId);

impl<L: Look + Sync> Look for Versioned<'_, L> {
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
        let mut seconds = interval(limits::FEED_LOOK);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let second = tokio::select! {
                _ = seconds.tick() => true,
                () = feed.wake.notified() => false,
            };
            self.read_on(domain, feed).await;
            if second {
                if self.feeds.gave_up(domain, feed) {
                    return;
                }
                self.note_present(domain, feed).await;
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
    use usher_rules::Time;

    fn line(seq: u64, event: Event) -> EventLine {
        EventLine {
            seq,
            at: Time::ZERO,
            recorded_at: Time::ZERO,
            actor: None,
            request: uuid::Uuid::nil(),
            event,
        }
    }

    fn join(
        listeners: &mut Listeners,
        topics: &[Topic],
        waiting: usize,
    ) -> mpsc::Receiver<Arc<EventLine>> {
        let (lines, receiver) = mpsc::channel(waiting);
        let id = listeners.next;
        listeners.next += 1;
        for topic in topics {
            listeners.by_topic.entry(*topic).or_default().insert(id);
        }
        let topics = topics.to_vec();
        let device = None;
        let listener = Listener {
            lines,
            topics,
            device,
        };
        listeners.all.insert(id, listener);
        receiver
    }

    fn offer(seq: u64, user: u128) -> EventLine {
        let (user, pool) = (UserId::nth(user), PoolId::nth(1));
        line(seq, Event::WaitingLeft { user, pool })
    }

    #[test]
    fn j2_a_line_is_told_once_to_each_whom_it_concerns() {
        let mut listeners = Listeners::default();
        let (one, two) = (Topic::User(UserId::nth(1)), Topic::User(UserId::nth(2)));
        let mut first = join(&mut listeners, &[one, Topic::Desk], 8);
        let mut second = join(&mut listeners, &[two], 8);
        let renamed = Event::DomainDetailsChanged;
        listeners.tell(vec![offer(1, 1), line(2, renamed), offer(3, 2)]);
        let seqs = |receiver: &mut mpsc::Receiver<Arc<EventLine>>| {
            let mut seqs = vec![];
            while let Ok(line) = receiver.try_recv() {
                seqs.push(line.seq);
            }
            seqs
        };
        assert_eq!(seqs(&mut first), [1, 3]);
        assert_eq!(seqs(&mut second), [3]);
        assert_eq!(listeners.position, 3);
    }

    #[test]
    fn j2_who_takes_too_slowly_is_cut_off_and_holds_up_nobody() {
        let mut listeners = Listeners::default();
        let mut slow = join(&mut listeners, &[Topic::Desk], 1);
        let mut quick = join(&mut listeners, &[Topic::Desk], 8);
        listeners.tell(vec![offer(1, 1), offer(2, 1), offer(3, 1)]);
        assert_eq!(slow.try_recv().map(|line| line.seq), Ok(1));
        assert_eq!(
            slow.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        );
        assert!((1..=3).all(|seq| quick.try_recv().map(|line| line.seq) == Ok(seq)));
        assert_eq!(listeners.all.len(), 1);
        assert_eq!(listeners.by_topic[&Topic::Desk].len(), 1);
    }
}
