//! The stream: reads the journal in pages, by sequence number, woken by what this process
//! commits and at least once a second. It is read as fast as the reader takes it, so that
//! nothing piles up here; a connection that takes nothing is cut off by the listener.

use std::future::Future;
use std::pin::Pin;

use axum::response::sse::Event;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use usher_app::{Ask, Failure};
use usher_rules::{DomainId, Head};

use super::JournalEvent;
use crate::answer::Answer;
use crate::limits;
use crate::state::Http;
use crate::streams::{Counted, Source, event, send};

/// Someone who follows a journal.
struct Follower {
    http: Http,
    ask: Ask,
    domain: DomainId,
    after: u64,
    hints: broadcast::Receiver<Head>,
}

/// Follows a domain's journal.
pub(super) async fn follow(http: Http, ask: Ask, domain: DomainId, after: u64) -> Answer {
    let place = Counted::new(&http)?;
    // Listens before it reads: what is committed in between wakes it.
    let hints = http.app.hub.listen();
    let mut follower = Follower {
        http: http.clone(),
        ask,
        domain,
        after,
        hints,
    };
    let first = follower.read().await?;
    Ok(send(&http, place, first, follower))
}

impl Source for Follower {
    /// None when the caller may no longer follow, or the store can't be read: the reader comes
    /// back and resumes.
    fn more(&mut self) -> Pin<Box<dyn Future<Output = Option<Vec<Event>>> + Send + '_>> {
        Box::pin(async {
            loop {
                let lines = self.read().await.ok()?;
                if !lines.is_empty() {
                    return Some(lines);
                }
                self.wait().await;
            }
        })
    }
}

impl Follower {
    /// What the journal holds behind the last line that was read.
    async fn read(&mut self) -> Result<Vec<Event>, Failure> {
        let app = &self.http.app;
        let lines = app.events(&self.ask, self.domain, self.after, limits::STREAM_LINES);
        let lines = lines.await?;
        self.after = lines.last().map_or(self.after, |line| line.seq);
        let shown = lines.iter().map(JournalEvent::from);
        Ok(shown
            .map(|line| event(&line.kind, Some(line.seq), &line))
            .collect())
    }

    /// Until something may have happened in this domain, or a second has passed.
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
        tokio::select! {
            () = hint => {}
            () = tokio::time::sleep(limits::STREAM_LOOK) => {}
        }
    }
}
