//! Reports on how the seats of a pool were used, and how many its load needs (rule E14).
//!
//! They are reckoned from the domain's journal at each asking: nothing is counted on the
//! side, so nothing can differ from what happened. [`read`] brings the entries.

mod read;

use std::collections::BTreeMap;

use usher_rules::billing::Zone;
use usher_rules::pools::Pool;
use usher_rules::reports::{self, Step, Usage, edges};
use usher_rules::roles::Power;
use usher_rules::sessions::Session;
use usher_rules::{DomainId, Entry, Head, PoolId, Refusal, Time, UserId};
use usher_store::{Load, Snapshot};

use crate::desk::Failure;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

use read::Reading;

/// Of which pool, and of what time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Of which domain.
    pub domain: DomainId,
    /// Which pool.
    pub pool: PoolId,
    /// From when; 7 days before `to` unless said.
    pub from: Option<Time>,
    /// Until when; now unless said, and never later.
    pub to: Option<Time>,
}

impl Span {
    /// From when to when.
    fn times(&self, now: Time) -> Result<(Time, Time), Refusal> {
        let to = self.to.unwrap_or(now).min(now);
        let week = -limits::REPORT_SECONDS_DEFAULT;
        let from = self.from.unwrap_or_else(|| to.plus_seconds(week));
        let why = if from >= to {
            "must lie in the past, and before `to`"
        } else if from < to.plus_seconds(-limits::REPORT_SECONDS) {
            "at most 92 days before `to`"
        } else {
            return Ok((from, to));
        };
        let field = "from";
        Err(Refusal::Invalid { field, why })
    }
}

/// How the seats of a pool were used.
#[derive(Debug, Clone)]
pub struct SeatsReport {
    /// In stretches of an hour or a day, in their order; the last may not be over yet.
    pub stretches: Vec<Usage>,
    /// For how long each user held a seat; who held one for longest comes first.
    pub users: Vec<TimeInUse>,
}

/// For how long a user held a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeInUse {
    /// Which user.
    pub user: UserId,
    /// What the person is called; none, when the user is gone.
    pub name: Option<String>,
    /// In seconds.
    pub seconds: i64,
}

/// How many seats the load of a pool needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeatsNeeded {
    /// From when,
    pub from: Time,
    /// to when hours were looked at.
    pub to: Time,
    /// The hour of the greatest offered load.
    pub busy_hour: Usage,
    /// How many seats refuse at most the wanted share of its log-ins.
    pub seats_needed: u32,
    /// How many seats the pool has.
    pub seats: u32,
    /// The share of the busy hour's log-ins that so many are to refuse.
    pub refused_now: f64,
}

/// The pool as it is now, for one who sees reports.
#[derive(Clone)]
struct SeePool {
    domain: DomainId,
    pool: PoolId,
}

struct Now {
    at: Time,
    pool: Pool,
    live: Vec<Session>,
    /// Where the journal stands that this is the state of.
    version: u64,
}

impl Look for SeePool {
    type Answer = Now;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.pool_sessions.insert((self.domain, self.pool));
    }

    fn see(&self, view: View<'_>) -> Result<Now, Refusal> {
        view.authorise(self.domain, Power::SeeReports)?;
        let world = &view.snapshot.world;
        let head = view.snapshot.heads.get(&Head::Domain(self.domain));
        let live = world.sessions.values();
        Ok(Now {
            at: world.now,
            pool: *world.pool(self.domain, self.pool)?,
            live: live.copied().collect(),
            version: head.map_or(0, |head| head.version),
        })
    }
}

impl App {
    /// The pool as it is now, and what had to happen by now but isn't written down yet.
    async fn pool_now(&self, ask: &Ask, span: &Span) -> Result<(Now, Vec<Entry>), Failure> {
        let look = SeePool {
            domain: span.domain,
            pool: span.pool,
        };
        self.look_settled(ask, &look).await
    }

    /// What happened to the pool's seats between two moments, and after them what tells how
    /// it was until then.
    async fn entries(
        &self,
        span: &Span,
        between: (Time, Time),
        now: &Now,
        due: Vec<Entry>,
    ) -> Result<Vec<Entry>, Failure> {
        let (from, to) = between;
        let mut reading = Reading::new(span.pool, from, to);
        let head = Head::Domain(span.domain);
        let (store, limit) = (self.store.as_ref(), limits::REPORT_LINES);
        read::journal(store, head, now.version, limit, &mut reading).await?;
        for entry in due.into_iter().filter(|entry| entry.head == head) {
            reading.take(entry);
        }
        Ok(reading.entries)
    }

    /// Peak seats, log-ins and refused log-ins in hours or days of a zone, and time in use per
    /// user (rule E14). Whole hours or days, the first holding the span's begin.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn seats_report(
        &self,
        ask: &Ask,
        span: Span,
        step: Step,
        zone: Zone,
    ) -> Result<SeatsReport, Failure> {
        let (now, due) = self.pool_now(ask, &span).await?;
        let (from, to) = span.times(now.at)?;
        let edges = edges(from, to, step, zone, limits::REPORT_STRETCHES);
        let from = edges.first().copied().unwrap_or(from);
        let to = edges.last().copied().unwrap_or(to);
        let entries = self.entries(&span, (from, to), &now, due).await?;
        let occupied = now.pool.occupied;
        let until = to.min(now.at);
        let times = reports::time_in_use(&entries, &now.live, span.pool, from, until);
        Ok(SeatsReport {
            stretches: reports::usage(&entries, span.pool, occupied, now.at, &edges),
            users: self.named(span.domain, times).await?,
        })
    }

    async fn named(
        &self,
        domain: DomainId,
        times: BTreeMap<UserId, i64>,
    ) -> Result<Vec<TimeInUse>, Failure> {
        let ids: Vec<UserId> = times.keys().copied().collect();
        let mut users = Vec::with_capacity(ids.len());
        for ids in ids.chunks(limits::REPORT_NAMES) {
            let mut load = Load::default();
            load.people.extend(ids.iter().map(|user| (domain, *user)));
            let people = self.store.load(&load).await?.people;
            users.extend(ids.iter().map(|user| TimeInUse {
                user: *user,
                name: people.get(&(domain, *user)).map(|p| p.name.clone()),
                seconds: times.get(user).copied().unwrap_or_default(),
            }));
        }
        users.sort_by_key(|line| (std::cmp::Reverse(line.seconds), line.user));
        Ok(users)
    }

    /// How many seats refuse at most a share of the log-ins, by the load of the busiest whole
    /// hour of the span (rule E14). With [`reports::erlang_b`]'s assumptions.
    ///
    /// # Errors
    /// Refusals, among them [`Refusal::Invalid`] for a span that holds no whole hour; storage
    /// errors.
    pub async fn seats_needed(
        &self,
        ask: &Ask,
        span: Span,
        refused: f64,
    ) -> Result<SeatsNeeded, Failure> {
        let (now, due) = self.pool_now(ask, &span).await?;
        let (from, to) = span.times(now.at)?;
        let hours = whole_hours(from, to);
        let [from, .., to] = hours[..] else {
            return Err(Failure::Refused(no_whole_hour()));
        };
        let entries = self.entries(&span, (from, to), &now, due).await?;
        let usage = reports::usage(&entries, span.pool, now.pool.occupied, now.at, &hours);
        let busier = |one: Usage, other: Usage| match other.offered() > one.offered() {
            true => other,
            false => one,
        };
        let busy_hour = usage.into_iter().reduce(busier);
        let busy_hour = busy_hour.ok_or_else(no_whole_hour)?;
        let (load, seats) = (busy_hour.offered(), now.pool.settings.seats);
        Ok(SeatsNeeded {
            from,
            to,
            busy_hour,
            seats_needed: reports::seats_needed(load, refused),
            seats,
            refused_now: reports::erlang_b(seats, load),
        })
    }
}

/// The edges of the whole hours of a time, UTC: the first holds its begin, the last ends by its
/// end, so that none is measured before it is over.
fn whole_hours(from: Time, to: Time) -> Vec<Time> {
    let limit = limits::REPORT_STRETCHES;
    let mut hours = edges(from, to, Step::Hour, Zone::utc(), limit);
    hours.retain(|edge| *edge <= to);
    hours
}

fn no_whole_hour() -> Refusal {
    Refusal::Invalid {
        field: "to",
        why: "a whole hour must lie between `from` and `to`",
    }
}
