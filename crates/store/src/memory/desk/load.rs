//! What a load brings of the front desk.

use usher_rules::ids::{LinkId, PoolId, SessionId, TeamId};
use usher_rules::links::LinkState;
use usher_rules::teams::Team;
use usher_rules::users::UserState;
use usher_rules::waiting::Waiting;
use usher_rules::{DomainId, Time, UserId};

use super::all_of;
use crate::Load;
use crate::load::{DUE_OF_A_KIND, QUEUE};
use crate::memory::load::Reading;
use crate::memory::tables::{AnySession, Claim, Holder};
use crate::snapshot::Soonest;

impl Reading<'_> {
    pub(in crate::memory) fn desk(&mut self, load: &Load, now: Time) {
        for domain in &load.domains {
            self.due_sessions(*domain, now);
            self.lapsed_offers(*domain, now);
            self.queues(*domain);
        }
        for (domain, user) in &load.desks {
            self.desk_of(*domain, *user, now);
        }
        for (domain, user) in &load.memberships {
            self.teams_of(*domain, *user);
        }
        for (domain, user) in &load.contacts {
            self.contacts_of(*domain, *user);
        }
        for (domain, id) in &load.sessions {
            self.session_and_user(*domain, *id);
        }
        self.pools(load);
        self.calls_and_links(load);
        self.teams(load);
    }

    pub(in crate::memory) fn soonest(&mut self, domain: DomainId) {
        let tables = self.tables;
        if !tables.heads.contains_key(&domain.0) {
            return;
        }
        let invited = tables.users_of(domain).filter_map(|user| match user.state {
            UserState::Invited { expires_at } => Some(expires_at),
            _ => None,
        });
        let seated = tables.live_sessions(domain);
        let seated = seated.filter(|row| row.session.pool.is_some());
        let offers = tables.waiting_in(domain);
        let mut pools = tables.pools.range(all_of!(domain, PoolId));
        let soonest = Soonest {
            invitation: invited.min(),
            session: seated.filter_map(|row| row.due_at).min(),
            offer: offers.filter_map(|row| row.offered_until).min(),
            queue: pools.any(|(_, pool)| pool.waiting > 0),
        };
        self.snapshot.soonest.insert(domain, soonest);
    }

    fn due_sessions(&mut self, domain: DomainId, now: Time) {
        let tables = self.tables;
        let due = tables.live_sessions(domain);
        let due = due.filter_map(|row| Some((tables.session_due(row, now)?, row.session.id)));
        let mut due: Vec<(Time, SessionId)> = due.collect();
        due.sort_unstable();
        due.truncate(DUE_OF_A_KIND as usize);
        for (_, id) in due {
            self.session(domain, id);
            if let Some(AnySession::Live(row)) = tables.sessions.get(&(domain, id)) {
                self.pool_of(domain, row.session.pool);
            }
        }
    }

    fn lapsed_offers(&mut self, domain: DomainId, now: Time) {
        let tables = self.tables;
        let lapsed = tables.waiting_in(domain);
        let lapsed = lapsed.filter(|row| tables.pools.contains_key(&(domain, row.pool)));
        let lapsed = lapsed.filter_map(|row| Some((row.offered_until?, row.user)));
        let mut lapsed: Vec<(Time, UserId)> = lapsed.filter(|(at, _)| *at <= now).collect();
        lapsed.sort_unstable();
        lapsed.truncate(DUE_OF_A_KIND as usize);
        for (_, user) in lapsed {
            if let Some(row) = tables.waiting.get(&(domain, user)) {
                self.snapshot.world.waiting.insert((domain, user), *row);
                self.pool_of(domain, Some(row.pool));
            }
        }
    }

    /// The first of each queue, and all in it with a reservation.
    fn queues(&mut self, domain: DomainId) {
        let tables = self.tables;
        for (key, pool) in tables.pools.range(all_of!(domain, PoolId)) {
            if pool.waiting == 0 {
                continue;
            }
            let queue = tables.waiting_in(domain);
            let queue = queue.filter(|row| row.pool == pool.id && row.offered_until.is_none());
            let (reserved, mut others): (Vec<&Waiting>, Vec<&Waiting>) =
                queue.partition(|row| row.reserved);
            others.sort_by_key(|row| row.place);
            let upto = others.get(QUEUE as usize - 1).map(|row| row.place);
            others.retain(|row| upto.is_none_or(|upto| row.place <= upto));
            let world = &mut self.snapshot.world;
            if let Some(place) = upto {
                world.waiting_loaded_to.insert(*key, place);
            }
            let reserved = reserved.into_iter().filter(|_| pool.waiting_reserved > 0);
            for row in reserved.chain(others) {
                world.waiting.insert((domain, row.user), *row);
                world.pools.insert(*key, *pool);
            }
        }
    }

    fn desk_of(&mut self, domain: DomainId, user: UserId, now: Time) {
        let tables = self.tables;
        self.user(domain, user);
        let sessions = tables.live_sessions(domain);
        let own = sessions.filter(|row| row.session.user == user);
        for row in own {
            self.session(domain, row.session.id);
        }
        if let Some(row) = tables.waiting.get(&(domain, user)) {
            self.snapshot.world.waiting.insert((domain, user), *row);
        }
        for ((_, id), (link, _)) in tables.links.range(all_of!(domain, LinkId)) {
            if link.user == user && link.state(now) == LinkState::Valid {
                self.link(domain, *id);
            }
        }
    }

    fn teams_of(&mut self, domain: DomainId, user: UserId) {
        for (of, team, member) in &self.tables.members {
            if (*of, *member) == (domain, user) {
                self.member(domain, *team, user);
            }
        }
    }

    pub(in crate::memory) fn pool_of(&mut self, domain: DomainId, pool: Option<PoolId>) {
        let pool = pool.and_then(|pool| self.tables.pools.get(&(domain, pool)));
        if let Some(pool) = pool {
            self.snapshot.world.pools.insert((domain, pool.id), *pool);
        }
    }

    fn session(&mut self, domain: DomainId, id: SessionId) {
        let key = (domain, id);
        let world = &mut self.snapshot.world;
        let record = match self.tables.sessions.get(&key) {
            Some(AnySession::Live(row)) => {
                world.sessions.insert(key, row.session);
                &row.record
            }
            Some(AnySession::Ended(ended, record)) => {
                world.ended_sessions.insert(key, *ended);
                record
            }
            None => return,
        };
        self.snapshot.session_records.insert(key, record.clone());
    }

    fn session_and_user(&mut self, domain: DomainId, id: SessionId) {
        let tables = self.tables;
        self.session(domain, id);
        let user = match tables.sessions.get(&(domain, id)) {
            Some(AnySession::Live(row)) => row.session.user,
            Some(AnySession::Ended(ended, _)) => ended.user,
            None => return,
        };
        self.user(domain, user);
    }

    fn pools(&mut self, load: &Load) {
        let tables = self.tables;
        let pools = load.pools.iter().chain(&load.pool_sessions);
        for key in pools.chain(&load.pool_queues) {
            let (Some(pool), Some(record)) = (tables.pools.get(key), tables.pool_records.get(key))
            else {
                continue;
            };
            self.snapshot.world.pools.insert(*key, *pool);
            self.snapshot.pool_records.insert(*key, record.clone());
        }
        for domain in &load.all_pools {
            let all = tables.pools.range(all_of!(*domain, PoolId));
            let all = all.map(|(key, pool)| (*key, *pool));
            self.snapshot.world.pools.extend(all);
        }
        for (domain, pool) in &load.pool_sessions {
            let own = tables.live_sessions(*domain);
            for row in own.filter(|row| row.session.pool == Some(*pool)) {
                self.session(*domain, row.session.id);
            }
        }
        for (domain, pool) in &load.pool_queues {
            let own = tables.waiting_in(*domain).filter(|row| row.pool == *pool);
            let own = own.map(|row| ((*domain, row.user), *row));
            self.snapshot.world.waiting.extend(own);
        }
    }

    fn calls_and_links(&mut self, load: &Load) {
        for key in &load.calls {
            if let Some(call) = self.tables.calls.get(key) {
                self.snapshot.world.ended_calls.insert(*key, *call);
            }
        }
        for (domain, link) in &load.links {
            self.link(*domain, *link);
        }
        for digest in &load.link_tokens {
            if let Some(Holder::Link(domain, id)) = self.tables.holder(&Claim::LinkToken(*digest)) {
                self.link(domain, id);
            }
        }
    }

    fn link(&mut self, domain: DomainId, id: LinkId) {
        let key = (domain, id);
        if let Some((link, record)) = self.tables.links.get(&key) {
            self.snapshot.world.links.insert(key, *link);
            self.snapshot.link_records.insert(key, record.clone());
        }
    }

    fn contacts_of(&mut self, domain: DomainId, user: UserId) {
        let tables = self.tables;
        for record in tables.contacts_of(domain, user) {
            let key = (domain, user, record.contact);
            self.snapshot.world.contacts.insert(key);
            self.snapshot.contact_records.insert(key, record.clone());
        }
    }

    fn teams(&mut self, load: &Load) {
        let tables = self.tables;
        for key in load.teams.iter().chain(&load.team_members) {
            let Some(record) = tables.teams.get(key) else {
                continue;
            };
            let (domain, id) = *key;
            let world = &mut self.snapshot.world;
            world.teams.insert(*key, Team { domain, id });
            self.snapshot.team_records.insert(*key, record.clone());
        }
        for (domain, team) in &load.team_members {
            let all = (*domain, *team, UserId::from_bytes([0; 16]))
                ..=(*domain, *team, UserId::from_bytes([255; 16]));
            for (_, _, user) in tables.members.range(all) {
                self.member(*domain, *team, *user);
            }
        }
    }

    fn member(&mut self, domain: DomainId, id: TeamId, user: UserId) {
        let world = &mut self.snapshot.world;
        world.teams.insert((domain, id), Team { domain, id });
        world.members.insert((domain, id, user));
    }
}
