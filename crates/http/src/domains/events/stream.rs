//! The stream: reads the journal in pages, by sequence number, woken when it may
//! have grown and, from time to time, by the clock. It is read as fast as the reader takes it, so that
//! nothing piles up here; a connection that takes nothing is cut off by the listener.

use std::future::Future;
use std::pin::Pin;

use axum::response::sse::Event;
use usher_app::hub::Following;
use usher_app::{Ask, Failure};
use usher_rules::DomainId;

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
    hints: Following,
}

/// Follows a domain's journal.
pub(super) async fn follow(http: Http, ask: Ask, domain: DomainId, after: u64) -> Answer {
    let place = Counted::new(&http)?;
    // Listens before it reads: what is committed in between wakes it.
    let hints = http.app.hub.follow(domain);
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

    /// Until something may have happened in this domain, or it is time to look anyway.
    async fn wait(&mut self) {
        let look = self.http.app.settings.look.min(limits::STREAM_RIGHTS);
        tokio::select! {
            () = self.hints.grown() => {}
            () = tokio::time::sleep(look) => {}
        }
    }
}
