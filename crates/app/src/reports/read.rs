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

#[cfg(test)]
mod tests {
    use super::*;
    use usher_rules::ids::{DeviceKey, SessionId, UserId};
    use usher_rules::sessions::EndReason;
    use usher_rules::{DomainId, UnitId};
    use usher_store::memory::MemoryStore;
    use usher_store::{HeadChange, JournalEntry, Unit};
    use uuid::Uuid;

    const DOMAIN: Head = Head::Domain(DomainId(Uuid::from_u128(1)));
    const POOL: PoolId = PoolId(Uuid::from_u128(1));
    const START: i64 = 1_800_000_000;

    fn at(second: i64) -> Time {
        Time::ZERO.plus_seconds(START + second)
    }

    /// The session of this number starts.
    fn starts(n: u128, occupied: u32) -> Event {
        Event::SessionStarted {
            session: SessionId::nth(n),
            user: UserId::nth(n),
            pool: Some(POOL),
            device: DeviceKey::nth(n),
            links_until: None,
            occupied,
        }
    }

    /// It ends, having begun so many seconds after the start.
    fn ends(n: u128, began: i64, occupied: u32) -> Event {
        Event::SessionEnded {
            session: SessionId::nth(n),
            user: UserId::nth(n),
            pool: Some(POOL),
            reason: EndReason::LoggedOff,
            by: None,
            started_at: at(began),
            occupied,
        }
    }

    /// A journal of what takes effect and is recorded at these seconds.
    async fn store(entries: &[(i64, i64, Event)]) -> MemoryStore {
        let store = MemoryStore::new(at(0));
        for (seq, (effective, recorded, event)) in (1..).zip(entries) {
            let unit = Unit {
                id: UnitId::nth(u128::from(seq)),
                at: at(*recorded),
                heads: vec![HeadChange {
                    head: DOMAIN,
                    expected: seq - 1,
                    next: seq,
                    in_turn: false,
                }],
                journal: vec![JournalEntry {
                    head: DOMAIN,
                    seq,
                    at: at(*effective),
                    recorded_at: at(*recorded),
                    actor: None,
                    request: Uuid::nil(),
                    event: event.clone(),
                }],
                writes: Vec::new(),
            };
            assert_eq!(store.commit(vec![unit]).await, [Ok(())]);
        }
        store
    }

    /// When what was picked up took effect, in seconds from the start.
    async fn read(store: &MemoryStore, from: i64, to: i64, version: u64) -> Vec<i64> {
        let mut reading = Reading::new(POOL, at(from), at(to));
        let read = journal(store, DOMAIN, version, 100, &mut reading).await;
        assert_eq!(read, Ok(()));
        let seconds = |entry: &Entry| entry.at.0 / 1_000_000 - START;
        reading.entries.iter().map(seconds).collect()
    }

    #[tokio::test]
    async fn e14_reading_begins_with_the_first_entry_of_the_time() {
        let events: Vec<(i64, i64, Event)> = (0..50)
            .map(|n| (10 * n, 10 * n, starts(n as u128, n as u32 + 1)))
            .collect();
        let store = store(&events).await;
        for from in 0..=500 {
            let expected: Vec<i64> = (0..50).map(|n| 10 * n).filter(|at| *at >= from).collect();
            assert_eq!(read(&store, from, 1000, 50).await, expected, "from {from}");
            assert_eq!(
                before(&store, DOMAIN, 50, at(from)).await,
                Ok(50 - expected.len() as u64)
            );
        }
        assert_eq!(read(&store, 0, 1000, 0).await, [0; 0], "an empty journal");
        // What was committed after the state was looked at is no part of it.
        assert_eq!(read(&store, 0, 1000, 3).await, [0, 10, 20]);
    }

    #[tokio::test]
    async fn e14_what_took_effect_before_and_was_recorded_later_stays_out() {
        let store = store(&[
            (0, 0, starts(1, 1)),
            (90, 120, ends(1, 0, 0)),
            (130, 130, starts(2, 1)),
        ])
        .await;
        assert_eq!(read(&store, 100, 200, 3).await, [130]);
        assert_eq!(read(&store, 90, 200, 3).await, [90, 130]);
    }

    #[tokio::test]
    async fn e14_reading_ends_when_nothing_more_can_tell_of_the_time() {
        let before = |n| (50, 50, starts(n, n as u32));
        let mut events = vec![before(1), before(2)];
        events.push((150, 150, starts(3, 3)));
        events.push((160, 160, ends(2, 50, 2)));
        events.push((170, 170, ends(3, 150, 1)));
        events.push((180, 180, ends(1, 50, 0)));
        // Of sessions that began after the time.
        events.extend((0..20).map(|n| (200 + n, 200 + n, starts(9, 1))));
        let store = store(&events).await;
        assert_eq!(read(&store, 0, 100, 26).await, [50, 50, 150, 160, 170, 180]);
        // Nothing happened in the time: what comes first after it tells how many there were.
        assert_eq!(read(&store, 60, 100, 26).await, [150, 160, 170, 180]);
        // Nobody was there at its end.
        assert_eq!(read(&store, 175, 190, 26).await, [180]);
    }

    #[tokio::test]
    async fn e14_a_report_reads_a_limited_number_of_lines() {
        let page = u64::from(limits::REPORT_PAGE);
        let events: Vec<(i64, i64, Event)> = (0..page as i64 + 1)
            .map(|n| (n, n, starts(n as u128, n as u32 + 1)))
            .collect();
        let store = store(&events).await;
        let mut reading = Reading::new(POOL, at(0), at(1_000_000));
        let refused = journal(&store, DOMAIN, page + 1, page, &mut reading).await;
        let refused = refused.expect_err("too many lines");
        assert!(matches!(
            refused,
            Failure::Refused(Refusal::Invalid { field: "from", .. })
        ));
        let mut reading = Reading::new(POOL, at(0), at(1_000_000));
        let read = journal(&store, DOMAIN, page + 1, page + 1, &mut reading).await;
        assert_eq!((read, reading.entries.len() as u64), (Ok(()), page + 1));
        // A later time takes fewer.
        let mut reading = Reading::new(POOL, at(2), at(1_000_000));
        let read = journal(&store, DOMAIN, page + 1, page, &mut reading).await;
        assert_eq!(read, Ok(()));
    }
}
