//! Reading the entries that a report needs: from the first moment of its time on, and no
//! further than what is needed to know how it was until its last.

use usher_rules::{Entry, Event, Head, PoolId, Refusal, Time};
use usher_store::Store;
use usher_store::lists::EventLine;

use crate::desk::Failure;
use crate::limits;

/// What is picked up on the way.
pub(super) struct Reading {
    pool: PoolId,
    from: Time,
    to: Time,
    /// How many sessions of the pool were live at `to` and have not been seen to end; none, as
    /// long as no entry told how many there were.
    open: Option<u32>,
    /// What happened to the pool's seats, oldest first.
    pub(super) entries: Vec<Entry>,
}

impl Reading {
    /// For a pool between two moments.
    pub(super) fn new(pool: PoolId, from: Time, to: Time) -> Reading {
        Reading {
            pool,
            from,
            to,
            open: None,
            entries: Vec::new(),
        }
    }

    /// Picks an entry up, when it is of the pool and not from before.
    pub(super) fn take(&mut self, entry: Entry) {
        if entry.at < self.from {
            return;
        }
        let later = entry.at >= self.to;
        match entry.event {
            Event::SessionStarted {
                pool: Some(pool),
                occupied,
                ..
            } if pool == self.pool => self.started(later, occupied),
            Event::SessionEnded {
                pool: Some(pool),
                started_at,
                occupied,
                ..
            } if pool == self.pool => self.ended(later, started_at, occupied),
            Event::LogInRefused { pool, .. } if pool == self.pool => {}
            _ => return,
        }
        self.entries.push(entry);
    }

    fn started(&mut self, later: bool, occupied: u32) {
        if later {
            self.open.get_or_insert(occupied.saturating_sub(1));
        } else {
            self.open = Some(occupied);
        }
    }

    fn ended(&mut self, later: bool, started_at: Time, occupied: u32) {
        if !later {
            self.open = Some(occupied);
            return;
        }
        let open = self.open.get_or_insert(occupied.saturating_add(1));
        if started_at < self.to {
            *open = open.saturating_sub(1);
        }
    }

    /// Whether what comes after a line can't tell anything more of the time until `to`.
    fn is_done(&self, line: &EventLine) -> bool {
        line.recorded_at >= self.to && self.open == Some(0)
    }
}

/// Reads a journal up to an entry, beginning with the first that was recorded in the time of
/// the report.
///
/// # Errors
/// [`Refusal::Invalid`] when it would take more than `limit` lines; storage errors.
pub(super) async fn journal(
    store: &dyn Store,
    head: Head,
    version: u64,
    limit: u64,
    reading: &mut Reading,
) -> Result<(), Failure> {
    let begin = before(store, head, version, reading.from).await?;
    let mut after = begin;
    while after < version {
        if after - begin >= limit {
            return Err(Failure::Refused(Refusal::Invalid {
                field: "from",
                why: "too much happened since; ask for a later time",
            }));
        }
        let lines = store.journal(head, after, limits::REPORT_PAGE).await?;
        let Some(last) = lines.last() else { break };
        after = last.seq;
        for line in lines.into_iter().filter(|line| line.seq <= version) {
            let done = reading.is_done(&line);
            if done {
                return Ok(());
            }
            let (at, event) = (line.at, line.event);
            reading.take(Entry { head, at, event });
        }
    }
    Ok(())
}

/// The sequence number of the last entry that was recorded before a moment, by halving: times
/// of decisions never go back in a journal. What took effect from that moment on was recorded
/// from then on, too.
async fn before(store: &dyn Store, head: Head, version: u64, moment: Time) -> Result<u64, Failure> {
    let (mut low, mut high) = (0, version);
    while low < high {
        let middle = low + (high - low) / 2;
        let line = store.journal(head, middle, 1).await?.pop();
        match line.filter(|line| line.recorded_at < moment) {
            Some(line) => low = line.seq,
            None => high = middle,
        }
    }
    Ok(low)
}
