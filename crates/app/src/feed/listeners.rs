//! Who listens to a domain's front desk, for what, and how a line finds them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::mpsc;
use usher_rules::{Event, PoolId, SessionId, UserId};
use usher_store::lists::EventLine;
use usher_store::records::Digest;

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
pub(super) fn topics(event: &Event) -> Vec<Topic> {
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

pub(super) struct Listener {
    pub lines: mpsc::Sender<Arc<EventLine>>,
    pub topics: Vec<Topic>,
    pub device: Option<(Listening, i64)>,
}

#[derive(Default)]
pub(super) struct Listeners {
    /// Up to which line of the journal all were told.
    pub position: u64,
    pub next: u64,
    /// In an order, so that a run can be replayed.
    pub all: BTreeMap<u64, Listener>,
    pub by_topic: HashMap<Topic, BTreeSet<u64>>,
}

impl Listeners {
    pub fn remove(&mut self, id: u64) {
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
    pub fn tell(&mut self, lines: Vec<EventLine>) {
        for line in lines {
            self.position = line.seq;
            let topics = topics(&line.event);
            let concerned = topics.iter().filter_map(|topic| self.by_topic.get(topic));
            let concerned: BTreeSet<u64> = concerned.flatten().copied().collect();
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
    pub fn present(&mut self) -> Vec<(SessionId, Digest)> {
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
    pub fn end(&mut self, over: &[(SessionId, Digest)]) {
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
