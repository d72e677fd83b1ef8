//! Random rows of the front desk, and what two stores say of them.

use usher_rules::DomainId;
use usher_rules::calls::{Call, Direction};
use usher_rules::ids::{DeviceKey, PoolId, SessionId, TeamId, UserId};
use usher_rules::links;
use usher_rules::pools::{Pool, PoolSettings};
use usher_rules::sessions::{EndReason, EndedSession, Session};
use usher_rules::tiers::Tier;
use usher_rules::waiting::Waiting;

use super::Run;
use super::change::{NAMES, OTHERS, POOLS, USERS};
use crate::contract::build::*;
use crate::lists::After;
use crate::memory::AnySession;
use crate::records::{ContactRecord, LinkRecord, PoolRecord, SessionRecord, TeamRecord};
use crate::unit::SessionRow;
use crate::{Load, Store, Write};

/// Times of a pool: none moves what is due by an hour, as [`Run::time`] needs it.
const SECONDS: [Option<i64>; 4] = [None, Some(60), Some(300), Some(1200)];

impl Run {
    fn pool_id(&mut self) -> PoolId {
        pol(self.dice.below(POOLS))
    }

    fn team_id(&mut self) -> TeamId {
        tem(self.dice.below(POOLS))
    }

    fn name(&mut self) -> String {
        self.dice.of(&NAMES).to_owned()
    }

    /// One row of the front desk, or a few that only make sense together.
    pub(super) fn desk_rows(&mut self) -> Vec<Write> {
        let (domain, n) = (self.domain_id(), self.dice.below(OTHERS));
        match self.dice.below(14) {
            0..=2 => self.pool_rows(domain),
            3..=5 if !self.is_over(domain, n) => vec![self.session(domain, n)],
            3..=6 => vec![self.ended_session(domain, n)],
            7 => vec![self.call(domain, n)],
            8 => vec![self.link(domain, n)],
            9 => vec![self.place(domain)],
            10 => vec![self.team(domain)],
            11..=12 => vec![self.contact(domain, n)],
            _ => vec![self.member(domain)],
        }
    }

    fn pool_rows(&mut self, domain: DomainId) -> Vec<Write> {
        let id = self.pool_id();
        if self.dice.percent(10) {
            return vec![
                Write::RemovePool(domain, id),
                Write::RemovePoolRecord(domain, id),
            ];
        }
        let pool = self.pool(domain, id);
        let record = PoolRecord {
            domain,
            pool: id,
            name: self.name(),
            created_at: self.time(),
        };
        vec![Write::Pool(pool), Write::PoolRecord(record)]
    }

    /// Now and then with a part that is more than the whole.
    fn pool(&mut self, domain: DomainId, id: PoolId) -> Pool {
        let dice = &mut self.dice;
        let wrong = dice.percent(5);
        let mut part = |whole: u32| dice.below(u64::from(whole) + 1) as u32 + u32::from(wrong) * 3;
        let (users, taken, waiting) = (part(9), part(6), part(3));
        let (reserved, occupied, waiting_reserved) = (part(users), part(taken), part(waiting));
        let offered = taken.saturating_sub(occupied);
        Pool {
            domain,
            id,
            settings: PoolSettings {
                seats: dice.below(7) as u32,
                tier: dice.of(&Tier::ALL),
                log_off_seconds: dice.of(&SECONDS),
                silence_seconds: dice.of(&SECONDS),
                notice_seconds: dice.of(&[None, Some(30)]),
                link_cap_seconds: 60,
                waiting_list: dice.percent(50),
            },
            users,
            reserved,
            occupied,
            offered,
            reserved_seated: dice.below(u64::from(taken) + 1) as u32,
            waiting,
            waiting_reserved,
            next_place: dice.below(99),
        }
    }

    /// One that is over stays so.
    fn is_over(&self, domain: DomainId, n: u64) -> bool {
        let row = self.model.sessions.get(&(domain, ses(n)));
        matches!(row, Some(AnySession::Ended(..)))
    }

    fn session(&mut self, domain: DomainId, n: u64) -> Write {
        let (pool, user) = (self.pool_id(), self.user_id());
        let pool = self.dice.perhaps(|_| pool);
        let times = [(); 8].map(|()| self.time());
        let (call, by) = (self.dice.below(OTHERS), self.account_id());
        let dice = &mut self.dice;
        let call = dice.perhaps(|dice| Call {
            id: cal(call),
            direction: dice.of(&[Direction::Made, Direction::Received]),
            link: dice.perhaps(|_| lnk(call)),
            started_at: times[0],
            answered_at: dice.perhaps(|_| times[1]),
        });
        let session = Session {
            domain,
            id: ses(n),
            user,
            pool,
            device: DeviceKey(digest(dice.below(3))),
            started_at: times[2],
            clock_from: times[3],
            links_until: dice.perhaps(|_| times[4]),
            call,
            seen_at: times[5],
            log_out_after_call: dice.perhaps(|_| by),
            noticed: dice.perhaps(|_| times[6]),
            reserved: dice.percent(30),
        };
        let record = self.session_record();
        let pool = pool.and_then(|pool| self.model.pools.get(&(domain, pool)));
        Write::Session(SessionRow::new(session, record, pool))
    }

    fn session_record(&mut self) -> SessionRecord {
        SessionRecord {
            device_id: self.name().into(),
            device_name: self.name().into(),
            token: digest(self.dice.below(OTHERS * 2)),
        }
    }

    fn ended_session(&mut self, domain: DomainId, n: u64) -> Write {
        let (pool, user, by) = (self.pool_id(), self.user_id(), self.account_id());
        let (started_at, ended_at) = (self.time(), self.time());
        let dice = &mut self.dice;
        let ended = EndedSession {
            domain,
            id: ses(n),
            user,
            pool: dice.perhaps(|_| pool),
            device: DeviceKey(digest(dice.below(3))),
            started_at,
            ended_at,
            reason: dice.of(&EndReason::ALL),
            by: dice.perhaps(|_| by),
        };
        Write::EndedSession(ended, self.session_record())
    }

    fn call(&mut self, domain: DomainId, n: u64) -> Write {
        let ended_at = self.time();
        Write::Call(usher_rules::calls::EndedCall {
            user: self.user_id(),
            ended_at,
            ..call(domain, n)
        })
    }

    fn link(&mut self, domain: DomainId, n: u64) -> Write {
        let user = self.dice.below(USERS);
        let (made_at, valid_until, at) = (self.time(), self.time(), self.time());
        let dice = &mut self.dice;
        let record = match dice.below(4) {
            0 => links::LinkRecord::Used {
                call: cal(dice.below(OTHERS)),
                at,
            },
            1 => links::LinkRecord::Revoked { at },
            _ => links::LinkRecord::Open,
        };
        let link = links::CallLink {
            made_at,
            valid_until,
            one_call: dice.percent(50),
            record,
            ..link(domain, n, user)
        };
        let record = LinkRecord {
            token: digest(self.dice.below(OTHERS * 2)),
            guest: self.name(),
        };
        Write::Link(link, record)
    }

    fn place(&mut self, domain: DomainId) -> Write {
        let (user, pool) = (self.user_id(), self.pool_id());
        if self.dice.percent(20) {
            return Write::RemoveWaiting(domain, user);
        }
        let (since, until) = (self.time(), self.time());
        let dice = &mut self.dice;
        Write::Waiting(Waiting {
            domain,
            user,
            pool,
            place: dice.below(999),
            since,
            reserved: dice.percent(30),
            offered_until: dice.perhaps(|_| until),
        })
    }

    fn team(&mut self, domain: DomainId) -> Write {
        let team = self.team_id();
        if self.dice.percent(20) {
            return Write::RemoveTeam(domain, team);
        }
        Write::Team(TeamRecord {
            domain,
            team,
            name: self.name(),
            created_at: self.time(),
        })
    }

    fn contact(&mut self, domain: DomainId, n: u64) -> Write {
        let user = self.user_id();
        if self.dice.percent(20) {
            return Write::RemoveContact(domain, user, con(n));
        }
        Write::Contact(ContactRecord {
            domain,
            user,
            contact: con(n),
            email: super::change::email(&mut self.dice),
            name: self.name(),
            created_at: self.time(),
        })
    }

    fn member(&mut self, domain: DomainId) -> Write {
        let (team, user) = (self.team_id(), self.user_id());
        if self.dice.percent(20) {
            Write::RemoveMember(domain, team, user)
        } else {
            Write::Member(domain, team, user)
        }
    }

    /// Devices are seen. By themselves: what a row of sessions says of it depends on the pool.
    pub(super) async fn see(&mut self, a: &dyn Store, b: &dyn Store) {
        let mut units = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let live: Vec<(DomainId, SessionId)> = self.model.sessions.keys().copied().collect();
            let (domain, session) = match live.len() {
                0 => (self.domain_id(), ses(0)),
                _ => self.dice.of(&live),
            };
            let at = self.time();
            let seen = Write::Seen {
                domain,
                session,
                at,
            };
            units.push(Act::new().put(seen).unit());
        }
        for unit in &units {
            assert_eq!(self.model.commit(unit), Ok(()));
        }
        for store in [a, b] {
            let outcomes = store.commit(units.clone()).await;
            let done = outcomes.iter().all(Result::is_ok);
            assert!(done, "{}: {outcomes:?}", self.place);
        }
    }

    /// About one of three of these keys.
    pub(super) fn some_of_the_desk(&mut self, load: &mut Load) {
        let dice = &mut self.dice;
        load.desks.retain(|_| dice.percent(30));
        load.memberships.retain(|_| dice.percent(30));
        load.contacts.retain(|_| dice.percent(30));
        load.sessions.retain(|_| dice.percent(30));
        load.pools.retain(|_| dice.percent(30));
        load.pool_sessions.retain(|_| dice.percent(30));
        load.pool_queues.retain(|_| dice.percent(30));
        load.all_pools.retain(|_| dice.percent(30));
        load.calls.retain(|_| dice.percent(30));
        load.links.retain(|_| dice.percent(30));
        load.link_tokens.retain(|_| dice.percent(30));
        load.teams.retain(|_| dice.percent(30));
        load.team_members.retain(|_| dice.percent(30));
    }

    /// A page of each list of a domain's front desk, from anywhere.
    pub(super) async fn pages(&mut self, a: &dyn Store, b: &dyn Store) {
        let domain = self.domain_id();
        let (pool, user, n) = (self.pool_id(), self.user_id(), self.dice.below(OTHERS));
        let dice = &mut self.dice;
        let after = dice.perhaps(|dice| After {
            key: dice.of(&NAMES).to_lowercase(),
            id: usr(dice.below(USERS)).0,
        });
        let of = Of {
            domain,
            pool,
            user,
            from: dice.perhaps(|_| n),
            after,
            limit: dice.below(4) as u32,
        };
        self.compare_pages(&of, a, b).await;
    }

    /// All of a domain's front desk.
    pub(super) async fn whole_desk(&self, domain: DomainId, a: &dyn Store, b: &dyn Store) {
        for n in 0..USERS.max(POOLS) {
            let of = Of {
                domain,
                pool: pol(n),
                user: usr(n),
                from: None,
                after: None,
                limit: 1000,
            };
            self.compare_pages(&of, a, b).await;
        }
    }

    async fn compare_pages(&self, of: &Of, a: &dyn Store, b: &dyn Store) {
        let Of {
            domain,
            pool,
            user,
            from,
            after,
            limit,
        } = of;
        let (domain, pool, user, limit) = (*domain, *pool, *user, *limit);
        let from_pool = from.map(|n| pol(n % POOLS));
        let left = a.pools(domain, from_pool, limit).await;
        let right = b.pools(domain, from_pool, limit).await;
        self.same("pools", left, right);
        let from_session = from.map(ses);
        let left = a.pool_sessions(domain, pool, from_session, limit).await;
        let right = b.pool_sessions(domain, pool, from_session, limit).await;
        self.same("sessions", left, right);
        let left = a.waiting(domain, pool, limit).await;
        let right = b.waiting(domain, pool, limit).await;
        self.same("a waiting list", left, right);
        let from_link = from.map(lnk);
        let left = a.call_links(domain, user, from_link, limit).await;
        let right = b.call_links(domain, user, from_link, limit).await;
        self.same("call links", left, right);
        let from_team = from.map(|n| tem(n % POOLS));
        let left = a.teams(domain, from_team, limit).await;
        let right = b.teams(domain, from_team, limit).await;
        self.same("teams", left, right);
        for added in [true, false] {
            let after = after.as_ref();
            let left = a.contacts(domain, user, added, after, limit).await;
            let right = b.contacts(domain, user, added, after, limit).await;
            self.same("contacts", left, right);
        }
    }
}

/// What is asked of each list.
struct Of {
    domain: DomainId,
    pool: PoolId,
    user: UserId,
    from: Option<u64>,
    after: Option<After>,
    limit: u32,
}
