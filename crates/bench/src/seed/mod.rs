//! The worlds that are measured: made by the rules, written as rows (`plot`, `sink`), before the
//! server starts.
//!
//! Signing a thousand owners up through the API would cost a thousand password hashes per run; what
//! is measured begins after that. `usher check` must find every seeded store sound.

mod plot;
mod sink;

use crate::Result;
use plot::{Ids, Plot};
pub use sink::Sink;
use std::sync::Arc;
use usher_rules::pools::PoolSettings;
use usher_rules::{DomainId, Time, UserId};

/// A seeded domain, as a caller sees it.
#[derive(Debug, Clone)]
pub struct Seeded {
    pub domain: String,
    pub owner_token: Arc<str>,
    pub users: Vec<String>,
}

impl Seeded {
    fn new(domain: DomainId, token: String, users: &[UserId]) -> Self {
        Self {
            domain: domain.to_string(),
            owner_token: token.into(),
            users: users.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A seeded domain with a pool and its users.
#[derive(Debug, Clone)]
pub struct Desk {
    pub domain: String,
    pub owner_token: Arc<str>,
    /// Their log-ins, if they have any: id and token.
    pub users: Vec<(String, Arc<str>)>,
    /// Their sessions, if they are in: id and token.
    pub sessions: Vec<(String, Arc<str>)>,
}

/// How a desk opens.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    pub users: usize,
    pub settings: PoolSettings,
    /// Whether the users hold tokens by which they can log in.
    pub tokens: bool,
    /// How many seconds ago each user logged in, by number; none when nobody is in.
    pub in_since: Option<fn(usize) -> i64>,
}

impl Opening {
    /// A seat for every user, and nobody in yet.
    pub fn for_all(users: usize) -> Self {
        Self {
            users,
            settings: PoolSettings {
                seats: seats(users),
                ..PoolSettings::default()
            },
            tokens: true,
            in_since: None,
        }
    }
}

/// Makes worlds in one store.
pub struct Seeder {
    sink: Sink,
    ids: Ids,
    now: Time,
}

/// After so many desks likewise: their rules look at all that a plot holds.
const DESKS_AT_ONCE: usize = 20;
/// After so many people their rows are written out.
const CHUNK: usize = 20_000;
/// For so long a desk has been open when it is seeded: two days.
const OPENED_SECONDS: i64 = 2 * 24 * 3600;

impl Seeder {
    pub fn new(sink: Sink) -> Result<Self> {
        let now = plot::now()?;
        Ok(Self {
            sink,
            ids: Ids::new(now),
            now,
        })
    }

    /// Root domains with owners of their own, and a seat of each kind for every user.
    pub async fn roots(&mut self, domains: usize, users_per_domain: usize) -> Result<Vec<Seeded>> {
        let mut made = Vec::with_capacity(domains);
        let per_chunk = (CHUNK / users_per_domain.max(1)).max(1);
        while made.len() < domains {
            let mut plot = Plot::new(&mut self.ids, self.now);
            for _ in 0..per_chunk.min(domains - made.len()) {
                let owner = plot.root_owner();
                let domain = plot.domain(owner, None, seats(users_per_domain));
                let users: Vec<UserId> =
                    (0..users_per_domain).map(|_| plot.member(domain)).collect();
                made.push(Seeded::new(domain, plot.token(owner), &users));
            }
            self.sink.write(plot.finish()).await?;
        }
        Ok(made)
    }

    /// Root domains with a pool each.
    pub async fn desks(&mut self, domains: usize, opening: &Opening) -> Result<Vec<Desk>> {
        let mut made = Vec::with_capacity(domains);
        while made.len() < domains {
            let mut plot = Plot::new(&mut self.ids, self.now);
            for _ in 0..DESKS_AT_ONCE.min(domains - made.len()) {
                made.push(desk(&mut plot, self.now, opening));
            }
            self.sink.write(plot.finish()).await?;
        }
        Ok(made)
    }

    /// The same, of which only the number is of interest.
    pub async fn crowd_of_desks(&mut self, domains: usize, opening: &Opening) -> Result<()> {
        for made in (0..domains).step_by(DESKS_AT_ONCE) {
            let some = DESKS_AT_ONCE.min(domains - made);
            self.desks(some, opening).await?;
        }
        Ok(())
    }

    /// A root domain with many users, of whom only the number is of interest.
    pub async fn crowd(&mut self, users: usize) -> Result<Seeded> {
        let mut plot = Plot::new(&mut self.ids, self.now);
        let owner = plot.root_owner();
        let domain = plot.domain(owner, None, seats(users));
        let token = plot.token(owner);
        for number in 1..=users {
            plot.member(domain);
            if number % CHUNK == 0 {
                self.sink.write(plot.drain()).await?;
            }
        }
        self.sink.write(plot.finish()).await?;
        Ok(Seeded::new(domain, token, &[]))
    }

    /// A reseller with so many domains right below, each with its own users. Of the users the
    /// first of each sub-domain is named.
    pub async fn reseller(
        &mut self,
        domains: usize,
        users_per_domain: usize,
    ) -> Result<(Seeded, Vec<Seeded>)> {
        let mut plot = Plot::new(&mut self.ids, self.now);
        let owner = plot.root_owner();
        let top = plot.domain(owner, None, seats(domains));
        let token = plot.token(owner);
        let mut below = Vec::with_capacity(domains);
        let mut people = 0;
        for _ in 0..domains {
            let (deputy, account) = plot.deputy(top);
            let domain = plot.domain(account, Some((top, deputy)), seats(users_per_domain));
            let users: Vec<UserId> = (0..users_per_domain).map(|_| plot.member(domain)).collect();
            let first = users.get(..1).unwrap_or_default();
            below.push(Seeded::new(domain, plot.token(account), first));
            people += users_per_domain + 1;
            if people >= CHUNK {
                people = 0;
                self.sink.write(plot.drain()).await?;
            }
        }
        self.sink.write(plot.finish()).await?;
        Ok((Seeded::new(top, token, &[]), below))
    }

    /// A domain with a sub-domain with a sub-domain …, so many levels below the top; the last too.
    pub async fn chain(&mut self, depth: usize) -> Result<(Seeded, Seeded)> {
        let mut plot = Plot::new(&mut self.ids, self.now);
        let owner = plot.root_owner();
        let top = plot.domain(owner, None, 2);
        let first = Seeded::new(top, plot.token(owner), &[]);
        let (mut above, mut last) = (top, first.clone());
        for _ in 0..depth {
            let (deputy, account) = plot.deputy(above);
            let domain = plot.domain(account, Some((above, deputy)), 2);
            let member = plot.member(domain);
            last = Seeded::new(domain, plot.token(account), &[member]);
            above = domain;
        }
        self.sink.write(plot.finish()).await?;
        Ok((first, last))
    }

    pub async fn settle(self) -> Result<()> {
        self.sink.settle().await
    }
}

fn desk(plot: &mut Plot<'_>, now: Time, opening: &Opening) -> Desk {
    // Before anybody was in, so that its journal goes forward.
    plot.pass_to(now.plus_seconds(-OPENED_SECONDS));
    let owner = plot.root_owner();
    let domain = plot.domain(owner, None, 0);
    let pool = plot.pool(domain, opening.settings);
    let mut desk = Desk {
        domain: domain.to_string(),
        owner_token: plot.token(owner).into(),
        users: vec![],
        sessions: vec![],
    };
    let mut people = Vec::with_capacity(opening.users);
    for _ in 0..opening.users {
        let (user, account) = plot.sharer(domain, pool);
        people.push(user);
        if opening.tokens {
            let token = plot.token(account).into();
            desk.users.push((user.to_string(), token));
        }
    }
    if let Some(in_since) = opening.in_since {
        for (number, user) in people.into_iter().enumerate() {
            plot.pass_to(now.plus_seconds(-in_since(number)));
            let (session, token) = plot.session(domain, pool, user);
            desk.sessions.push((session.to_string(), token.into()));
        }
    }
    plot.pass_to(now);
    desk
}

fn seats(users: usize) -> u32 {
    u32::try_from(users).unwrap_or(u32::MAX)
}
