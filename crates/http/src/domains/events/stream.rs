//! The stream: reads the journal in pages, by sequence number, woken by what this process
//! commits and at least once a second. It is read as fast as the reader takes it, so that
//! nothing piles up here; a connection that takes nothing is cut off by the listener.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::http::HeaderValue;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream;
use metrics::gauge;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use usher_app::Ask;
use usher_rules::{DomainId, Head};
use usher_store::lists::EventLine;

use super::JournalEvent;
use crate::answer::Answer;
use crate::problem::{Stopped, table};
use crate::state::Http;
use crate::{limits, meters};

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

/// One of the streams that may run.
struct Counted(#[allow(dead_code)] OwnedSemaphorePermit);

impl Counted {
    fn new(place: OwnedSemaphorePermit) -> Counted {
        gauge!(meters::STREAMS).increment(1.0);
        Counted(place)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(meters::STREAMS).decrement(1.0);
    }
}

/// Follows a domain's journal.
pub(super) async fn follow(http: Http, ask: Ask, domain: DomainId, after: u64) -> Answer {
    let place = http.streams.clone().try_acquire_owned();
    let Ok(place) = place else {
        return Err(Stopped::saying(&table::BUSY, "too many event streams"));
    };
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
        _counted: Counted::new(place),
    };
    let events = stream::unfold(follower, Follower::next);
    let alive = KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // Proxies in between must not hold events back.
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    Ok(response)
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
