//! All journals of a run, read as they grow: each line goes to the [`Desk`] of its domain, to the
//! rules' own replay, and to the [`Ledger`] of who asked. Then the rows are held against both.

use std::collections::BTreeMap;

use futures::FutureExt;
use usher_rules::seats::SeatKind;
use usher_rules::standing::State;
use usher_rules::{AccountId, DomainId, Entry, Head, PoolId, SessionId, Settings, World};
use usher_store::memory::MemoryStore;
use usher_store::{Load, Snapshot, Store};

use crate::desk::Desk;
use crate::leads::comes_or_goes;
use crate::ledger::Ledger;
use crate::trace::{Check, Trace, that};

/// For how long what is over is surely kept, in seconds.
const KEPT: i64 = 7 * 86_400;

/// What is known of a run by its journals.
pub struct Book {
    store: MemoryStore,
    read_to: BTreeMap<Head, u64>,
    pub desks: BTreeMap<DomainId, Desk>,
    /// The journals replayed by the rules.
    pub replay: World,
    /// The lines about each session.
    about: BTreeMap<SessionId, Vec<u64>>,
    /// The lines by which somebody came to a pool, or went.
    traffic: BTreeMap<PoolId, Vec<u64>>,
}

impl Book {
    /// Follows these domains and accounts from the beginning.
    pub fn new(store: MemoryStore, domains: &[DomainId], accounts: &[AccountId]) -> Book {
        let domains = domains.iter().map(|domain| Head::Domain(*domain));
        let accounts = accounts.iter().map(|account| Head::Account(*account));
        Book {
            store,
            read_to: domains.chain(accounts).map(|head| (head, 0)).collect(),
            desks: BTreeMap::new(),
            about: BTreeMap::new(),
            traffic: BTreeMap::new(),
            replay: World {
                settings: Settings::default(),
                ..World::default()
            },
        }
    }

    /// Reads on.
    pub fn read(&mut self, step: usize, ledger: &mut Ledger, trace: &mut Trace) -> Check {
        for (head, read_to) in &mut self.read_to {
            loop {
                let lines = at_once(self.store.journal(*head, *read_to, 500));
                let Some(last) = lines.last() else { break };
                let to = last.seq;
                for line in &lines {
                    that(line.seq == *read_to + 1, "J1: a gap in the journal")?;
                    *read_to = line.seq;
                    trace.line(step, line.at, &format!("    {} {:?}", line.seq, line.event));
                    self.replay.now = self.replay.now.max(line.recorded_at);
                    let (at, event) = (line.at, line.event.clone());
                    self.replay.apply(&Entry {
                        head: *head,
                        at,
                        event,
                    });
                    if let Some(session) = line.event.session() {
                        self.about.entry(session).or_default().push(line.seq);
                    }
                    if let Some(pool) = comes_or_goes(&line.event) {
                        self.traffic.entry(pool).or_default().push(line.seq);
                    }
                    ledger.wrote(line)?;
                    if let Head::Domain(domain) = head {
                        self.desks.entry(*domain).or_default().read(line)?;
                    }
                }
                that(*read_to == to, "J1: out of order")?;
            }
        }
        Ok(())
    }

    /// The lines about a session, and whether it has ended.
    pub fn about(&self, session: SessionId) -> (Vec<u64>, bool) {
        let lines = self.about.get(&session).cloned().unwrap_or_default();
        let mut desks = self.desks.values();
        (lines, desks.any(|desk| desk.ended.contains_key(&session)))
    }

    /// The lines by which somebody came to a pool, or went.
    pub fn traffic(&self, pool: PoolId) -> Vec<u64> {
        self.traffic.get(&pool).cloned().unwrap_or_default()
    }

    /// Holds the rows against what the journals tell. Nothing is half written between two
    /// steps, whatever is under way: a unit is there whole or not at all.
    pub fn compare(&mut self) -> Check {
        let rows = at_once(self.store.load(&self.everything()));
        self.forget(&rows);
        for (head, state) in &rows.heads {
            let read_to = self.read_to.get(head);
            that(
                read_to.is_none_or(|to| *to == state.version),
                "J1: a head beyond its journal",
            )?;
        }
        let mut world = rows.world.clone();
        for (key, session) in &mut world.sessions {
            // Presence is not journalled (rule E8).
            let known = self
                .replay
                .sessions
                .get(key)
                .ok_or("J1: a session of no journal")?;
            that(
                session.seen_at >= known.started_at,
                "E8: seen before it began",
            )?;
            session.seen_at = known.seen_at;
        }
        let replay = &self.replay;
        let same = [
            ("accounts", world.accounts == replay.accounts),
            ("domains", world.domains == replay.domains),
            ("users", world.users == replay.users),
            ("pools", world.pools == replay.pools),
            ("sessions", world.sessions == replay.sessions),
            (
                "ended sessions",
                world.ended_sessions == replay.ended_sessions,
            ),
            ("calls", world.ended_calls == replay.ended_calls),
            ("links", world.links == replay.links),
            ("waiting", world.waiting == replay.waiting),
        ];
        for (what, same) in same {
            that(same, &format!("J1: {what} are not as the journals tell"))?;
        }
        let differences = at_once(self.store.check());
        that(
            differences.is_empty(),
            &format!("A1: counts differ: {differences:?}"),
        )?;
        self.seats()?;
        for (domain, desk) in &self.desks {
            // A journal that is read before that of the domain above has no line in the replay.
            let derived = self.replay.state_of(*domain).map(|(state, _)| state);
            let noted = self.replay.domains.get(domain).map(|d| d.standing.noted);
            let is_frozen = derived == Ok(State::Frozen) || noted == Some(State::Frozen);
            desk.is_at_rest(is_frozen)?;
        }
        Ok(())
    }

    /// What is counted against what there is, and against the order.
    fn seats(&self) -> Check {
        for (domain, desk) in &self.desks {
            let in_use = desk.in_use();
            let row = self.replay.domains.get(domain).ok_or("no domain")?;
            for kind in SeatKind::ALL {
                let (kind, counted) = (row.seats.get(kind), *in_use.get(kind));
                that(kind.in_use == counted, "E1: in use is not what is used")?;
                that(kind.in_use <= kind.ordered, "A1: more in use than ordered")?;
            }
            let pools = desk.pools.values();
            let given: u32 = pools.map(|settings| settings.seats).sum();
            let ordered = *desk.order.get(SeatKind::SeatLicense);
            that(
                given <= ordered,
                "E1: pools have more seats than are ordered",
            )?;
        }
        Ok(())
    }

    /// All rows that the journals tell of.
    fn everything(&self) -> Load {
        let replay = &self.replay;
        Load {
            accounts: replay.accounts.keys().copied().collect(),
            domains: replay.domains.keys().copied().collect(),
            users: replay.users.keys().copied().collect(),
            desks: replay.users.keys().copied().collect(),
            sessions: (replay
                .sessions
                .keys()
                .chain(replay.ended_sessions.keys())
                .copied())
            .collect(),
            pool_sessions: replay.pools.keys().copied().collect(),
            pool_queues: replay.pools.keys().copied().collect(),
            all_pools: replay.domains.keys().copied().collect(),
            calls: replay.ended_calls.keys().copied().collect(),
            links: replay.links.keys().copied().collect(),
            ..Load::default()
        }
    }

    /// What has had its time may be gone from the rows.
    fn forget(&mut self, rows: &Snapshot) {
        let early = rows.world.now.plus_seconds(-KEPT);
        let there = &rows.world;
        self.replay
            .ended_sessions
            .retain(|key, ended| ended.ended_at > early || there.ended_sessions.contains_key(key));
        self.replay
            .ended_calls
            .retain(|key, ended| ended.ended_at > early || there.ended_calls.contains_key(key));
        self.replay
            .links
            .retain(|key, link| link.valid_until > early || there.links.contains_key(key));
    }
}

/// A store in memory never waits.
pub fn at_once<T>(call: impl Future<Output = usher_store::Result<T>>) -> T {
    let answer = call.now_or_never().expect("memory never waits");
    answer.expect("memory never fails")
}
