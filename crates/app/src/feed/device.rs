//! What a device is told that follows its session (rules E5 to E7, E13, F2): its session
//! after each change of it, and in the end why that is over.
//!
//! A stream begins with the session as it is, so that nothing is lost between two of them,
//! however long the device was away.

use std::sync::Arc;

use usher_rules::{Event, Refusal};
use usher_store::lists::EventLine;
use usher_store::{Load, Snapshot};

use super::{Listening, Subscription, Topic, Versioned};
use crate::App;
use crate::desk::Failure;
use crate::sessions::{OfSession, OwnSession, SessionView, presence};
use crate::view::{Look, View};
use crate::{Ask, feed};

/// A session as its device sees it now.
#[derive(Debug, Clone)]
pub struct DeviceNow {
    /// The session.
    pub view: SessionView,
    /// What the guest is called whose call it is in.
    pub guest: Option<String>,
}

/// Something that the device is told.
#[derive(Debug, Clone)]
pub struct DeviceNews {
    /// What happened.
    pub line: Arc<EventLine>,
    /// The session now; or [`Refusal::SessionEnded`], and there is nothing to tell after it.
    pub now: Result<DeviceNow, Refusal>,
    /// What the person is called who ended it.
    pub by_name: Option<String>,
}

/// What happens to a device's session.
pub struct DeviceStream {
    app: Arc<App>,
    of: OfSession,
    subscription: Subscription,
    told: u64,
    over: bool,
}

/// The device's own session with the guest of its call.
#[derive(Clone)]
struct Own(OfSession);

impl Look for Own {
    type Answer = DeviceNow;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        OwnSession(self.0).needs(seen, load);
        let session = seen.world.sessions.get(&(self.0.domain, self.0.session));
        let link = session.and_then(|session| session.call?.link);
        load.links.extend(link.map(|link| (self.0.domain, link)));
    }

    fn see(&self, view: View<'_>) -> Result<DeviceNow, Refusal> {
        let records = &view.snapshot.link_records;
        let view = OwnSession(self.0).see(view)?;
        let link = view.session.call.and_then(|call| call.link);
        let record = link.and_then(|link| records.get(&(self.0.domain, link)));
        Ok(DeviceNow {
            guest: record.map(|record| record.guest.clone()),
            view,
        })
    }
}

impl App {
    /// Follows a session as its device: the session now, the number of the journal's last line
    /// by then, and what happens from then on. As long as it is followed, the device is
    /// present (rule E8).
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] for any token but the session's own,
    /// [`Refusal::SessionEnded`]; storage errors.
    pub async fn follow_session(
        self: &Arc<Self>,
        of: OfSession,
    ) -> Result<(DeviceNow, u64, DeviceStream), Failure> {
        let own = Versioned(Own(of), of.domain);
        let (first, seen) = self.look(&Ask::default(), &own).await?;
        let session = first.view.session;
        let mut topics = vec![Topic::Session(of.session), Topic::User(session.user)];
        topics.extend(session.pool.map(Topic::Pool));
        let device = Listening {
            session: of.session,
            token: of.token.ok_or(Refusal::NotSignedIn)?,
            every_seconds: presence::every_seconds(first.view.pool.as_ref()),
        };
        let subscription = self.listen(of.domain, seen, topics, Some(device));
        // Looked at after it was joined: what comes between is in one or the other.
        let (now, told) = self.look(&Ask::default(), &own).await?;
        let stream = DeviceStream {
            app: self.clone(),
            of,
            subscription,
            told,
            over: false,
        };
        Ok((now, told, stream))
    }
}

impl DeviceStream {
    /// The next thing to tell; none when the stream ends. The device comes back, unless it
    /// was told that its session is over.
    pub async fn next(&mut self) -> Option<DeviceNews> {
        if self.over {
            return None;
        }
        let line = self.line().await?;
        if let Event::PoolChanged { to, .. } = line.event {
            let every = presence::every_seconds_of(&to);
            self.subscription.note_every(every);
        }
        let now = self.app.look(&Ask::default(), &Own(self.of)).await;
        let now = feed::refused(now)?;
        self.over = now.is_err();
        let by = match &now {
            Err(Refusal::SessionEnded { by, .. }) => *by,
            _ => None,
        };
        let by_name = match by {
            Some(account) => self.app.name_of(account).await.ok()?,
            None => None,
        };
        Some(DeviceNews { line, now, by_name })
    }

    async fn line(&mut self) -> Option<Arc<EventLine>> {
        loop {
            let line = self.subscription.next().await?;
            if line.seq > self.told {
                self.told = line.seq;
                return Some(line);
            }
        }
    }
}
