//! The front desk's counts from its rows, and rows whose user or pool is not there.

use usher_rules::ids::PoolId;
use usher_rules::pools::Pool;
use usher_rules::seats::Quantities;
use usher_rules::users::UserState;
use usher_rules::{DomainId, TeamId};

use super::all_of;
use crate::lists::Difference;
use crate::memory::check::{differs, missing};
use crate::memory::tables::{AnySession, Tables};

impl Tables {
    /// What all pools of a domain use, and how many there are of pools and teams.
    pub fn recount_pools(&self, domain: DomainId) -> (Quantities, u64, u64) {
        let pools: Vec<_> = self.pools.range(all_of!(domain, PoolId)).collect();
        let seats = pools.iter().fold(Quantities::default(), |sum, (_, pool)| {
            sum.plus(&pool.seats_in_use())
        });
        let teams = self.teams.range(all_of!(domain, TeamId)).count();
        (seats, pools.len() as u64, teams as u64)
    }

    /// Every pool's counts.
    pub fn pool_counts(&self) -> Vec<Difference> {
        let all = self.pools.values();
        all.flat_map(|pool| self.recount_pool(pool)).collect()
    }

    fn recount_pool(&self, pool: &Pool) -> Vec<Difference> {
        let users = || {
            let users = self.users_of(pool.domain);
            users.filter(|user| user.license.pool() == Some(pool.id))
        };
        let reserved = |user: &&usher_rules::users::User| {
            user.reserved && matches!(user.state, UserState::Active { .. })
        };
        let sessions = || {
            let sessions = self.live_sessions(pool.domain);
            sessions.filter(|row| row.session.pool == Some(pool.id))
        };
        let rows = |offered: bool| {
            let rows = self.waiting_in(pool.domain);
            rows.filter(move |row| row.pool == pool.id && row.offered_until.is_some() == offered)
        };
        let seated = sessions().filter(|row| row.session.reserved).count()
            + rows(true).filter(|row| row.reserved).count();
        let counts = [
            ("users of pool", pool.users, users().count()),
            (
                "reserved of pool",
                pool.reserved,
                users().filter(reserved).count(),
            ),
            ("occupied of pool", pool.occupied, sessions().count()),
            ("offered of pool", pool.offered, rows(true).count()),
            ("reserved_seated of pool", pool.reserved_seated, seated),
            ("waiting of pool", pool.waiting, rows(false).count()),
            (
                "waiting_reserved of pool",
                pool.waiting_reserved,
                rows(false).filter(|row| row.reserved).count(),
            ),
        ];
        let differs = |(what, recorded, counted): (&str, u32, usize)| {
            differs(pool.id.0, what, u64::from(recorded), counted as u64)
        };
        counts.into_iter().filter_map(differs).collect()
    }

    /// Live sessions that would be found later than they are due.
    pub fn late_sessions(&self) -> Vec<Difference> {
        let rows = self.sessions.values().filter_map(|session| match session {
            AnySession::Live(row) => Some(row),
            AnySession::Ended(..) => None,
        });
        let late = rows.filter_map(|row| {
            self.pool_of(&row.session)?;
            let due = row.due(self.silence(&row.session))?;
            let late = row.due_at.is_none_or(|at| due < at);
            late.then(|| Difference {
                recorded: row.due_at.map_or(0, |at| at.0),
                counted: due.0,
                ..missing(row.session.id.0, "due of session")
            })
        });
        late.collect()
    }

    /// Rows whose user, pool or name is not there.
    pub fn lost_at_desk(&self) -> Vec<Difference> {
        let mut lost = Vec::new();
        let domains: std::collections::BTreeSet<DomainId> =
            self.sessions.keys().map(|key| key.0).collect();
        for domain in domains {
            for row in self.live_sessions(domain) {
                let session = &row.session;
                if !self.users.contains_key(&(domain, session.user)) {
                    lost.push(missing(session.id.0, "user of session"));
                }
                if session.pool.is_some() && self.pool_of(session).is_none() {
                    lost.push(missing(session.id.0, "pool of session"));
                }
            }
        }
        for (key, row) in &self.waiting {
            if !self.users.contains_key(key) {
                lost.push(missing(key.1.0, "user of place"));
            }
            if !self.pools.contains_key(&(key.0, row.pool)) {
                lost.push(missing(key.1.0, "pool of place"));
            }
        }
        for (domain, team, user) in &self.members {
            if !self.users.contains_key(&(*domain, *user)) {
                lost.push(missing(user.0, "user of team"));
            }
            if !self.teams.contains_key(&(*domain, *team)) {
                lost.push(missing(user.0, "team of user"));
            }
        }
        for (domain, user, _) in self.contacts.keys() {
            if !self.users.contains_key(&(*domain, *user)) {
                lost.push(missing(user.0, "user of contact"));
            }
        }
        for user in self.users.values() {
            let pool = user.license.pool();
            if pool.is_some_and(|pool| !self.pools.contains_key(&(user.domain, pool))) {
                lost.push(missing(user.id.0, "pool of user"));
            }
        }
        for key in self.pools.keys() {
            if !self.pool_records.contains_key(key) {
                lost.push(missing(key.1.0, "name of pool"));
            }
        }
        lost
    }
}
