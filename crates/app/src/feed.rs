//! Follows a domain's journal once for all who listen: ten thousand devices of a domain cost
//! one look into its journal, not ten thousand.
//!
//! What is told here is a copy of the journal, line by line. A listener that falls behind
//! reads what it missed from the journal itself, so nothing is lost and nothing told twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use usher_rules::{DomainId, Head};
use usher_store::lists::EventLine;
use usher_store::{Result, Store};

use crate::App;

/// Lines that may wait for a listener; one who is further behind reads the journal.
const WAITING: usize = 256;
/// Lines that are read at a stretch.
const PAGE: u32 = 100;
/// How often the journal is looked at without a hint: other processes write it too.
const LOOK: Duration = Duration::from_secs(1);

type Lines = broadcast::Sender<Arc<EventLine>>;

/// The domains that somebody listens to.
#[derive(Default)]
pub(crate) struct Feeds {
    of: Mutex<HashMap<DomainId, Lines>>,
}

impl Feeds {
    fn of(&self) -> MutexGuard<'_, HashMap<DomainId, Lines>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a feed that nobody listens to; false while somebody does.
    fn end(&self, domain: DomainId) -> bool {
        let mut all = self.of();
        let alone = all
            .get(&domain)
            .is_none_or(|lines| lines.receiver_count() == 0);
        if alone {
            all.remove(&domain);
        }
        alone
    }
}

/// Someone who listens to a domain.
pub struct Listener {
    store: Arc<dyn Store>,
    domain: DomainId,
    /// The number of the last line that was given.
    after: u64,
    missed: VecDeque<Arc<EventLine>>,
    /// Whether the journal may hold lines that were not told.
    behind: bool,
    live: broadcast::Receiver<Arc<EventLine>>,
}

impl Listener {
    /// The next line of the journal, as soon as there is one; none when nothing more will
    /// be told.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn next(&mut self) -> Result<Option<Arc<EventLine>>> {
        loop {
            if let Some(line) = self.missed.pop_front() {
                self.after = line.seq;
                return Ok(Some(line));
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(line) if line.seq <= self.after => {}
                Ok(line) if line.seq == self.after + 1 => self.missed.push_back(line),
                Ok(_) | Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    async fn catch_up(&mut self) -> Result<()> {
        let head = Head::Domain(self.domain);
        let lines = self.store.journal(head, self.after, PAGE).await?;
        self.behind = lines.len() == PAGE as usize;
        self.missed = lines.into_iter().map(Arc::new).collect();
        Ok(())
    }
}

impl App {
    /// Listens to a domain's journal after a line. Whether the caller may is to be asked
    /// before.
    pub fn listen(self: &Arc<Self>, domain: DomainId, after: u64) -> Listener {
        let mut all = self.feeds.of();
        let live = match all.get(&domain) {
            Some(lines) => lines.subscribe(),
            None => {
                let (lines, live) = broadcast::channel(WAITING);
                all.insert(domain, lines.clone());
                let app = self.clone();
                tokio::spawn(async move { app.feed(domain, after, lines).await });
                live
            }
        };
        Listener {
            store: self.store.clone(),
            domain,
            after,
            missed: VecDeque::new(),
            behind: true,
            live,
        }
    }

    /// Tells what the journal gets, until nobody listens.
    async fn feed(self: Arc<Self>, domain: DomainId, mut after: u64, lines: Lines) {
        let head = Head::Domain(domain);
        let mut hints = self.hub.listen();
        while !self.feeds.end(domain) {
            let read = self.store.journal(head, after, PAGE).await;
            let read = read.unwrap_or_else(|error| {
                tracing::warn!(%domain, %error, "the journal could not be read");
                Vec::new()
            });
            let full = read.len() == PAGE as usize;
            for line in read {
                after = line.seq;
                // Nobody listening any more is seen above.
                let _ = lines.send(Arc::new(line));
            }
            if full {
                continue;
            }
            let hint = async { while matches!(hints.recv().await, Ok(grown) if grown != head) {} };
            let _ = tokio::time::timeout(LOOK, hint).await;
        }
    }
}
