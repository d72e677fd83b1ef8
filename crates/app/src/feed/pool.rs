//! What those who see a seat pool are told that follow it (rule E11): each thing that
//! happens there, with the pool and the session as they are after it.

use std::sync::Arc;

use usher_rules::users::License;
use usher_rules::{DomainId, Event, Head, PoolId, Refusal, SessionId, UserId};
use usher_store::lists::{EventLine, PoolLine};
use usher_store::{Load, Snapshot};

use super::{Subscription, Topic, Versioned, topics};
use crate::desk::Failure;
use crate::pools::GetPool;
use crate::sessions::{SessionView, view_of};
use crate::view::{Look, View};
use crate::{App, Ask, limits};

/// Something that happened in a pool.
#[derive(Debug, Clone)]
pub struct PoolNews {
    /// What.
    pub line: Arc<EventLine>,
    /// The pool now.
    pub pool: PoolLine,
    /// Which session it was about.
    pub about: Option<SessionId>,
    /// That session now; none once it is over.
    pub session: Option<SessionView>,
    /// Which user, and what the person is called.
    pub user: Option<(UserId, String)>,
}

/// What happens in a pool.
pub struct PoolStream {
    app: Arc<App>,
    ask: Ask,
    domain: DomainId,
    pool: PoolId,
    subscription: Subscription,
    told: u64,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, Default)]
struct About {
    session: Option<SessionId>,
    user: Option<UserId>,
    pool: Option<PoolId>,
}

fn about(event: &Event) -> About {
    use Event::*;
    let session = event.session();
    let (user, pool) = match *event {
        SessionStarted { user, pool, .. } | SessionEnded { user, pool, .. } => (Some(user), pool),
        LogInRefused { user, pool }
        | WaitingJoined { user, pool, .. }
        | WaitingLeft { user, pool }
        | OfferMade { user, pool, .. }
        | OfferLapsed { user, pool }
        | ReservationChanged { user, pool, .. } => (Some(user), Some(pool)),
        LogOutAfterCall { user, .. }
        | LogOffNear { user, .. }
        | SessionRenewed { user, .. }
        | CallStarted { user, .. }
        | CallAnswered { user, .. }
        | CallEnded { user, .. }
        | LinkMade { user, .. }
        | LinkUsed { user, .. }
        | LinkRevoked { user, .. }
        | LicenseChanged { user, .. } => (Some(user), None),
        PoolChanged { pool, .. } | PoolDetailsChanged { pool } => (None, Some(pool)),
        _ => (None, None),
    };
    About {
        session,
        user,
        pool,
    }
}

/// Lines of the journal, as far as they are about a pool.
#[derive(Clone)]
struct News {
    domain: DomainId,
    pool: PoolId,
    lines: Arc<[Arc<EventLine>]>,
}

impl Look for News {
    type Answer = Vec<PoolNews>;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.see_pool().needs(seen, load);
        for about in self.lines.iter().map(|line| about(&line.event)) {
            let session = about.session.map(|session| (self.domain, session));
            let user = about.user.map(|user| (self.domain, user));
            load.sessions.extend(session);
            load.people.extend(user);
            load.desks.extend(user);
        }
    }

    fn see(&self, view: View<'_>) -> Result<Vec<PoolNews>, Refusal> {
        let pool = self.see_pool().see(view)?;
        let lines = self.lines.iter();
        let news = lines.filter_map(|line| self.news(view.snapshot, &pool, line));
        Ok(news.collect())
    }
}

impl News {
    fn see_pool(&self) -> GetPool {
        GetPool {
            domain: self.domain,
            pool: self.pool,
        }
    }

    fn news(
        &self,
        snapshot: &Snapshot,
        pool: &PoolLine,
        line: &Arc<EventLine>,
    ) -> Option<PoolNews> {
        let mut about = about(&line.event);
        let of_user = |user| {
            let mut own = snapshot.world.sessions_of(self.domain, user);
            own.find(|session| session.pool == Some(self.pool))
        };
        if about.session.is_none() {
            about.session = about.user.and_then(of_user).map(|session| session.id);
        }
        let key = about.session.map(|session| (self.domain, session));
        let live = key.and_then(|key| snapshot.world.sessions.get(&key));
        let ended = key.and_then(|key| snapshot.world.ended_sessions.get(&key));
        let sits_in = live.map(|s| s.pool).or(ended.map(|s| s.pool)).flatten();
        let assigned = match line.event {
            Event::LicenseChanged { from, to, .. } => {
                [from, to].contains(&License::Shared { pool: self.pool })
            }
            _ => false,
        };
        if about.pool.or(sits_in) != Some(self.pool) && !assigned {
            return None;
        }
        let session = live.filter(|session| session.pool == Some(self.pool));
        let session = session.and_then(|s| view_of(snapshot, self.domain, s.id).ok());
        let user = about.user.map(|user| {
            let person = snapshot.people.get(&(self.domain, user));
            (user, person.map_or_else(String::new, |p| p.name.clone()))
        });
        Some(PoolNews {
            line: line.clone(),
            pool: pool.clone(),
            about: about.session,
            session,
            user,
        })
    }
}

impl App {
    /// Follows a pool: the pool now, the number of the journal's last line by then, and what
    /// happens after that line; or after an earlier one, for who comes back.
    ///
    /// # Errors
    /// Refusals of who may not see pools, [`Refusal::NotFound`]; storage errors.
    pub async fn follow_pool(
        self: &Arc<Self>,
        ask: &Ask,
        domain: DomainId,
        pool: PoolId,
        after: Option<u64>,
    ) -> Result<(PoolLine, u64, PoolStream), Failure> {
        let see = GetPool { domain, pool };
        let see = Versioned(see, domain);
        let (_, seen) = self.look(ask, &see).await?;
        let subscription = self.listen(domain, seen, vec![Topic::Desk], None);
        let (now, version) = self.look(ask, &see).await?;
        let stream = PoolStream {
            app: self.clone(),
            ask: ask.clone(),
            domain,
            pool,
            subscription,
            told: after.unwrap_or(version).min(version),
        };
        Ok((now, version, stream))
    }
}

impl PoolStream {
    /// What happened since, oldest first; none when the stream ends: the caller may no longer
    /// see it, the pool is gone, or it was too slow. Authorised at each call, and from time to
    /// time while nothing happens.
    pub async fn next(&mut self) -> Option<Vec<PoolNews>> {
        loop {
            let lines = self.lines().await?;
            let news = News {
                domain: self.domain,
                pool: self.pool,
                lines: lines.into(),
            };
            let news = self.app.look(&self.ask, &news).await.ok()?;
            if !news.is_empty() {
                return Some(news);
            }
        }
    }

    async fn lines(&mut self) -> Option<Vec<Arc<EventLine>>> {
        if self.told < self.subscription.after {
            return self.missed().await;
        }
        let recheck = tokio::time::sleep(limits::FEED_RIGHTS);
        let line = tokio::select! {
            biased;
            line = self.subscription.next() => line?,
            () = recheck => return Some(vec![]),
        };
        let mut lines = vec![line];
        while lines.len() < limits::FEED_NEWS
            && let Some(line) = self.subscription.waiting()
        {
            lines.push(line);
        }
        lines.retain(|line| line.seq > self.told);
        self.told = lines.last().map_or(self.told, |line| line.seq);
        Some(lines)
    }

    /// What happened between the last that was told and what the feed tells of.
    async fn missed(&mut self) -> Option<Vec<Arc<EventLine>>> {
        let head = Head::Domain(self.domain);
        let count = u32::try_from(limits::FEED_NEWS).unwrap_or(u32::MAX);
        let lines = self.app.store.journal(head, self.told, count).await.ok()?;
        let last = lines.last().map(|line| line.seq);
        self.told = last.unwrap_or(self.subscription.after);
        let told = lines.into_iter();
        let told = told.filter(|line| !topics(&line.event).is_empty());
        Some(told.map(Arc::new).collect())
    }
}
