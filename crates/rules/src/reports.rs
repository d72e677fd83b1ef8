//! Reports on how seats were used (rule E14): folds over a domain's journal, and the number
//! of seats that a measured load needs.
//!
//! Nothing here is money, so it reckons in floats.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::billing::Zone;
use crate::event::{Entry, Event};
use crate::ids::{PoolId, UserId};
use crate::seats::MAX_SEATS;
use crate::sessions::{EndReason, Session};
use crate::time::Time;

/// How long the stretches of a report are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Hours.
    Hour,
    /// Days of a zone: of 23 to 25 hours.
    Day,
}

impl Step {
    /// Both.
    pub const ALL: [Step; 2] = [Step::Hour, Step::Day];

    /// The word for it in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Step::Hour => "hour",
            Step::Day => "day",
        }
    }

    /// The step of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// Where the stretches from `from` to `to` begin, whole hours or days of the zone, with the
/// end of the last one; at most `limit` stretches. The first holds `from`.
#[must_use]
pub fn edges(from: Time, to: Time, step: Step, zone: Zone, limit: usize) -> Vec<Time> {
    let zone = TimeZone::get(zone.name()).unwrap_or(TimeZone::UTC);
    let day = from.timestamp().to_zoned(zone.clone());
    let start = match step {
        Step::Day => day
            .start_of_day()
            .map_or(from, |day| day.timestamp().into()),
        Step::Hour => Time(from.0 - from.0.rem_euclid(HOUR_MICROS)),
    };
    let mut edges = vec![start];
    let mut last = start;
    while last < to && edges.len() <= limit {
        last = match step {
            Step::Hour => last.plus_seconds(3600),
            Step::Day => next_day(last, &zone),
        };
        edges.push(last);
    }
    edges
}

const HOUR_MICROS: i64 = 3_600_000_000;

fn next_day(day: Time, zone: &TimeZone) -> Time {
    let today = day.timestamp().to_zoned(zone.clone());
    let next = today
        .checked_add(1.day())
        .and_then(|next| next.start_of_day());
    next.map_or(day.plus_seconds(86_400), |next| next.timestamp().into())
}

/// How a pool was used in one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// The first moment.
    pub from: Time,
    /// The first moment after.
    pub to: Time,
    /// The most seats that were occupied at a time.
    pub peak: u32,
    /// Seats occupied on average: the carried load, in erlangs.
    pub carried: f64,
    /// Log-ins that took a seat.
    pub started: u32,
    /// Log-ins that were refused for want of one.
    pub refused: u32,
}

impl Usage {
    /// The load that was offered, in erlangs: what was carried, and what those would have
    /// added who were refused, had they stayed as long on average.
    #[must_use]
    pub fn offered(&self) -> f64 {
        let wanted = f64::from(self.started) + f64::from(self.refused);
        if self.started == 0 {
            return self.carried;
        }
        self.carried * wanted / f64::from(self.started)
    }
}

/// A pool's use between the edges, by its domain's journal from the first edge until now.
///
/// `occupied_now` is how many seats are occupied now: all there is to know where nothing
/// happened. Entries carry how many are occupied after them, so that the level before the
/// first is known. A take-over is not a log-in: its seat stays the user's. Stretches that
/// lie ahead are cut off at `now`.
#[must_use]
pub fn usage<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    pool: PoolId,
    occupied_now: u32,
    now: Time,
    edges: &[Time],
) -> Vec<Usage> {
    let moments = moments(entries, pool);
    let first = moments.iter().find_map(|moment| moment.level);
    let mut level = first.map_or(occupied_now, |(before, _)| before);
    let mut moments = moments.into_iter().peekable();
    let mut all = Vec::with_capacity(edges.len());
    for edge in edges.windows(2) {
        let mut stretch = Stretch::new(edge[0], edge[1], now);
        while let Some(moment) = moments.next_if(|moment| moment.at < edge[1]) {
            stretch.add(&moment, &mut level);
        }
        all.push(stretch.end(level));
    }
    all
}

/// Something that happened to a pool's use: seats occupied before and after, and whether
/// someone got a seat or was refused one.
struct Moment {
    at: Time,
    level: Option<(u32, u32)>,
    started: bool,
    refused: bool,
}

fn moments<'a>(entries: impl IntoIterator<Item = &'a Entry>, pool: PoolId) -> Vec<Moment> {
    let mut taken_over = None;
    let mut all = Vec::new();
    for entry in entries {
        let moment = match entry.event {
            Event::SessionStarted {
                pool: Some(of),
                user,
                occupied,
                ..
            } if of == pool => Moment {
                at: entry.at,
                level: Some((occupied.saturating_sub(1), occupied)),
                started: taken_over.take() != Some(user),
                refused: false,
            },
            Event::SessionEnded {
                pool: Some(of),
                user,
                reason,
                occupied,
                ..
            } if of == pool => {
                taken_over = (reason == EndReason::TakenOver).then_some(user);
                Moment {
                    at: entry.at,
                    level: Some((occupied.saturating_add(1), occupied)),
                    started: false,
                    refused: false,
                }
            }
            Event::LogInRefused { pool: of, .. } if of == pool => Moment {
                at: entry.at,
                level: None,
                started: false,
                refused: true,
            },
            _ => continue,
        };
        all.push(moment);
    }
    all
}

/// A stretch while it is reckoned.
struct Stretch {
    usage: Usage,
    since: Time,
    end: Time,
    seat_micros: f64,
}

impl Stretch {
    fn new(from: Time, to: Time, now: Time) -> Stretch {
        let usage = Usage {
            from,
            to,
            peak: 0,
            carried: 0.0,
            started: 0,
            refused: 0,
        };
        Stretch {
            usage,
            since: from,
            end: to.min(now),
            seat_micros: 0.0,
        }
    }

    fn add(&mut self, moment: &Moment, level: &mut u32) {
        self.usage.started += u32::from(moment.started);
        self.usage.refused += u32::from(moment.refused);
        if let Some((_, after)) = moment.level {
            self.last_until(moment.at, *level);
            *level = after;
            self.usage.peak = self.usage.peak.max(after);
        }
    }

    /// The level held until then; one that changed right as the stretch began didn't.
    fn last_until(&mut self, until: Time, level: u32) {
        if until > self.since {
            self.usage.peak = self.usage.peak.max(level);
            self.seat_micros += f64::from(level) * micros(self.since, until);
            self.since = until;
        }
    }

    fn end(mut self, level: u32) -> Usage {
        self.last_until(self.end, level);
        let length = micros(self.usage.from, self.end);
        if length > 0.0 {
            self.usage.carried = self.seat_micros / length;
        }
        self.usage
    }
}

fn micros(from: Time, to: Time) -> f64 {
    to.micros_since(from).max(0) as f64
}

/// For how many seconds each user held a seat of the pool between two moments, by the
/// domain's journal from the first of them until now, and the sessions that are live now.
#[must_use]
pub fn time_in_use<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    live: impl IntoIterator<Item = &'a Session>,
    pool: PoolId,
    from: Time,
    to: Time,
) -> BTreeMap<UserId, i64> {
    let ended = entries.into_iter().filter_map(|entry| match entry.event {
        Event::SessionEnded {
            user,
            pool: of,
            started_at,
            ..
        } if of == Some(pool) => Some((user, started_at, entry.at)),
        _ => None,
    });
    let live = live
        .into_iter()
        .filter(|session| session.pool == Some(pool));
    let live = live.map(|session| (session.user, session.started_at, to));
    let mut micros: BTreeMap<UserId, i64> = BTreeMap::new();
    for (user, started, ended) in ended.chain(live) {
        let length = ended.min(to).micros_since(started.max(from));
        if length > 0 {
            *micros.entry(user).or_default() += length;
        }
    }
    let seconds = |(user, micros)| (user, micros / 1_000_000);
    micros.into_iter().map(seconds).collect()
}

/// The share of log-ins that is refused when `load` erlangs are offered to so many seats:
/// Erlang's first formula (Erlang B).
///
/// It assumes log-ins that come independently of one another at an even rate, no matter how
/// many are logged in, and users who are refused and don't try again. Few users for many
/// seats, or waiting users, make the true share differ.
///
/// By the recursion over seats, which is stable: each step stays between 0 and 1.
#[must_use]
pub fn erlang_b(seats: u32, load: f64) -> f64 {
    if load.is_nan() || load <= 0.0 {
        return if seats == 0 { 1.0 } else { 0.0 };
    }
    if load.is_infinite() {
        return 1.0;
    }
    (1..=seats).fold(1.0, |blocked, n| refused_by(n, load, blocked))
}

/// From what `n - 1` seats refuse to what `n` do.
fn refused_by(n: u32, load: f64, blocked: f64) -> f64 {
    let carried = load * blocked;
    carried / (f64::from(n) + carried)
}

/// The smallest number of seats that refuses at most `refusal_rate` (above 0, at most 1) of
/// the log-ins when `load` erlangs are offered; [`MAX_SEATS`] at most. With [`erlang_b`]'s
/// assumptions.
#[must_use]
pub fn seats_needed(load: f64, refusal_rate: f64) -> u32 {
    if load.is_nan() || load <= 0.0 {
        return 0;
    }
    if load.is_infinite() {
        return MAX_SEATS;
    }
    let mut blocked = 1.0;
    let mut seats = 0;
    while blocked > refusal_rate && seats < MAX_SEATS {
        seats += 1;
        blocked = refused_by(seats, load, blocked);
    }
    seats
}
