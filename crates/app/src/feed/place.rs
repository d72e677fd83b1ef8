//! What someone is told who waits for a seat (rule E13): the own place whenever it changes,
//! and so at once when a seat is offered.

use std::sync::Arc;

use usher_rules::waiting::Waiting;

use super::{Subscription, Topic, Versioned};
use crate::desk::Failure;
use crate::waiting::OwnPlace;
use crate::{App, Ask, limits};

/// The own place in a waiting list, as it changes.
pub struct PlaceStream {
    app: Arc<App>,
    ask: Ask,
    own: OwnPlace,
    subscription: Subscription,
    told: Option<Waiting>,
}

impl App {
    /// Follows the caller's own place in the waiting list: the place now, and its changes.
    ///
    /// # Errors
    /// Refusals of anyone else; storage errors.
    pub async fn follow_place(
        self: &Arc<Self>,
        ask: &Ask,
        own: OwnPlace,
    ) -> Result<(Option<Waiting>, PlaceStream), Failure> {
        let see = Versioned(own, own.domain);
        let (_, seen) = self.look(ask, &see).await?;
        let topics = vec![Topic::User(own.user)];
        let subscription = self.listen(own.domain, seen, topics, None);
        let (now, _) = self.look(ask, &see).await?;
        let stream = PlaceStream {
            app: self.clone(),
            ask: ask.clone(),
            own,
            subscription,
            told: now,
        };
        Ok((now, stream))
    }
}

impl PlaceStream {
    /// The place after its next change; none when the stream ends: the caller waits no
    /// longer and was told so, or may not follow any more.
    pub async fn next(&mut self) -> Option<Option<Waiting>> {
        self.told?;
        loop {
            tokio::select! {
                biased;
                line = self.subscription.next() => drop(line?),
                () = tokio::time::sleep(limits::FEED_RIGHTS) => {}
            }
            let now = self.app.look(&self.ask, &self.own).await.ok()?;
            if now != self.told {
                self.told = now;
                return Some(now);
            }
        }
    }
}
