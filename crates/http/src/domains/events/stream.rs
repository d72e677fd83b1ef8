//! The stream: reads the journal in pages, by sequence number, woken by what this process
//! commits and at least once a second. It is read as fast as the reader takes it, so that
//! nothing piles up here; a connection that takes nothing is cut off by the listener.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::response::sse::Event;
use futures::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use usher_app::Ask;
use usher_rules::{DomainId, Head};
use usher_store::lists::EventLine;

use super::JournalEvent;
use crate::answer::Answer;
use crate::limits;
use crate::state::Http;
use crate::streams::{Counted, respond};

/// Someone who follows a journal.
struct Follower {
    http: Http,
    ask: Ask,
    domain: DomainId,
    after: u64,
    read: VecDeque<EventLine>,
    hints: broadcast::Receiver<Head>,
    stopping: watch::Receiver<bool>,
    _counted: Counted,
}

/// Follows a domain's journal.
pub(super) async fn follow(http: Http, ask: Ask, domain: DomainId, after: u64) -> Answer {
    let place = Counted::new(&http)?;
    // Listens before it reads: what is committed in between wakes it.
    let hints = http.app.hub.listen();
    let read = http
        .app
        .events(&ask, domain, after, limits::STREAM_LINES)
        .await?;
    let follower = Follower {
        stopping: http.options.stopping.clone(),
        http,
        ask,
        domain,
        after,
        read: read.into(),
        hints,
        _counted: place,
    };
    let events = stream::unfold(follower, Follower::next);
    Ok(respond(events))
}

impl Follower {
    /// The next event; none when the stream ends: the server stops, the caller may no
    /// longer follow, or the store can't be read. The reader comes back and resumes.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(line) = self.read.pop_front() {
                self.after = line.seq;
                return Some((Ok(event(&line)), self));
            }
            if *self.stopping.borrow() {
                return None;
            }
            let more =
                self.http
                    .app
                    .events(&self.ask, self.domain, self.after, limits::STREAM_LINES);
            self.read = more.await.ok()?.into();
            if self.read.is_empty() {
                self.wait().await;
            }
        }
    }

    /// Until something may have happened in this domain, a second has passed, or the
    /// server stops.
    async fn wait(&mut self) {
        let head = Head::Domain(self.domain);
        let hint = async {
            loop {
                match self.hints.recv().await {
                    Ok(grown) if grown != head => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    // Nobody tells any more; the clock alone wakes it.
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        let stopped = async {
            if self.stopping.wait_for(|stopping| *stopping).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = hint => {}
            () = tokio::time::sleep(limits::STREAM_LOOK) => {}
            () = stopped => {}
        }
    }
}

fn event(line: &EventLine) -> Event {
    let shown = JournalEvent::from(line);
    let data = serde_json::to_string(&shown).unwrap_or_default();
    Event::default()
        .id(line.seq.to_string())
        .event(shown.kind)
        .data(data)
}
