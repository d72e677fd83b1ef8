//! Leads who watch a pool, and come back with the number of the last line that they were told:
//! nothing is lost, nothing told twice (rules E11, J2).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;
use usher_app::desk::Failure;
use usher_app::{App, Ask};
use usher_rules::{DomainId, Event, PoolId};
use usher_store::records::Digest;

use crate::trace::{Check, that};

/// What a lead was told, by all streams together.
#[derive(Default)]
struct Watched {
    /// The journal's last line when it began; none before it did.
    since: Option<u64>,
    /// Where the next stream goes on.
    last: Option<u64>,
    /// Lines by which somebody came or went.
    lines: Vec<u64>,
    /// Whether the stream ended.
    closed: bool,
    /// Whether the pool is gone, or the lead may no longer see it.
    over: bool,
}

type Told = Arc<Mutex<Watched>>;

struct Lead {
    owner: Digest,
    process: usize,
    told: Told,
    task: JoinHandle<()>,
}

/// All leads, one for a pool.
#[derive(Default)]
pub struct Leads(BTreeMap<(DomainId, PoolId), Lead>);

fn watched(told: &Told) -> MutexGuard<'_, Watched> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether somebody comes or goes by this.
pub fn comes_or_goes(event: &Event) -> Option<PoolId> {
    match *event {
        Event::SessionStarted { pool, .. } | Event::SessionEnded { pool, .. } => pool,
        _ => None,
    }
}

async fn watch(app: Arc<App>, owner: Digest, of: (DomainId, PoolId), told: Told) {
    let ask = Ask {
        token: Some(owner),
        ..Ask::default()
    };
    let after = watched(&told).last;
    match app.follow_pool(&ask, of.0, of.1, after).await {
        Ok((_, now, mut stream)) => {
            watched(&told).since.get_or_insert(now);
            watched(&told).last.get_or_insert(now);
            while let Some(news) = stream.next().await {
                let mut watched = watched(&told);
                let seqs = news
                    .iter()
                    .filter(|news| comes_or_goes(&news.line.event).is_some());
                watched.lines.extend(seqs.map(|news| news.line.seq));
                watched.last = news.last().map(|news| news.line.seq).or(watched.last);
            }
        }
        Err(Failure::Refused(_)) => watched(&told).over = true,
        // The lead comes back.
        Err(_) => {}
    }
    watched(&told).closed = true;
}

impl Leads {
    /// A lead watches by a process, or comes back.
    pub fn watch(&mut self, app: &Arc<App>, process: usize, of: (DomainId, PoolId), owner: Digest) {
        let before = self.0.remove(&of);
        let told = match before {
            Some(before) => {
                before.task.abort();
                before.told
            }
            None => Told::default(),
        };
        watched(&told).closed = false;
        let task = tokio::spawn(watch(app.clone(), owner, of, told.clone()));
        let lead = Lead {
            owner,
            process,
            told,
            task,
        };
        self.0.insert(of, lead);
    }

    /// Streams of a process that died.
    pub fn cut(&mut self, process: usize) {
        for lead in self.0.values().filter(|lead| lead.process == process) {
            lead.task.abort();
            watched(&lead.told).closed = true;
        }
    }

    /// Leads whose stream ended, though they may watch.
    pub fn closed(&self) -> Vec<((DomainId, PoolId), Digest)> {
        let leads = self.0.iter();
        let closed = leads.filter(|(_, lead)| {
            let watched = watched(&lead.told);
            watched.closed && !watched.over
        });
        closed.map(|(of, lead)| (*of, lead.owner)).collect()
    }

    /// Each was told of all who came and went since it began, once and in order. `about` gives
    /// the lines of a pool.
    pub fn check(&self, about: impl Fn(PoolId) -> Vec<u64>) -> Check {
        for ((_, pool), lead) in &self.0 {
            let watched = watched(&lead.told);
            let in_order = watched.lines.is_sorted_by(|one, next| one < next);
            that(in_order, "J2: a lead was told twice or out of order")?;
            let (Some(since), false) = (watched.since, watched.over) else {
                continue;
            };
            let lines = about(*pool).into_iter().filter(|seq| *seq > since);
            let lines: Vec<u64> = lines.collect();
            that(
                watched.lines == lines,
                "E11: a lead was not told who came and went",
            )?;
        }
        Ok(())
    }
}
