//! The front desk's lists, and what is due and forgotten of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use usher_rules::ids::{LinkId, PoolId, SessionId, TeamId};
use usher_rules::standing::State;
use usher_rules::users::UserState;
use usher_rules::{DomainId, Time, UserId};

use super::all_of;
use crate::lists::{
    After, ContactLine, LinkLine, Page, PoolLine, SessionLine, TeamLine, WaitingLine,
};
use crate::memory::lists::page;
use crate::memory::tables::{AnySession, Tables};
use crate::port::Forget;
use crate::records::ContactRecord;

impl Tables {
    pub fn pools(&self, domain: DomainId, after: Option<PoolId>, limit: u32) -> Page<PoolLine> {
        let all = self.pools.range(all_of!(domain, PoolId));
        let lines = all.filter_map(|(key, pool)| {
            let record = self.pool_records.get(key)?.clone();
            Some(PoolLine {
                pool: *pool,
                record,
            })
        });
        let after = |line: &PoolLine| after.is_none_or(|after| line.pool.id > after);
        page(lines.filter(after), limit)
    }

    pub fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Page<SessionLine> {
        let own = self.live_sessions(domain);
        let own = own.filter(|row| row.session.pool == Some(pool));
        let lines = own.filter_map(|row| {
            Some(SessionLine {
                session: row.session,
                record: row.record.clone(),
                name: self.people.get(&(domain, row.session.user))?.name.clone(),
            })
        });
        let after = |line: &SessionLine| after.is_none_or(|after| line.session.id > after);
        page(lines.filter(after), limit)
    }

    pub fn waiting_list(&self, domain: DomainId, pool: PoolId, limit: u32) -> Vec<WaitingLine> {
        let own = self.waiting_in(domain).filter(|row| row.pool == pool);
        let lines = own.filter_map(|row| {
            Some(WaitingLine {
                waiting: *row,
                name: self.people.get(&(domain, row.user))?.name.clone(),
            })
        });
        let mut lines: Vec<WaitingLine> = lines.collect();
        lines.sort_by_key(|line| {
            let row = line.waiting;
            (Reverse(row.reserved), row.place, row.user)
        });
        lines.truncate(limit as usize);
        lines
    }

    pub fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Page<LinkLine> {
        let all = self.links.range(all_of!(domain, LinkId)).rev();
        let own = all.filter(|(_, (link, _))| link.user == user);
        let lines = own.map(|(_, (link, record))| LinkLine {
            link: *link,
            record: record.clone(),
        });
        let before = |line: &LinkLine| before.is_none_or(|before| line.link.id < before);
        page(lines.filter(before), limit)
    }

    pub fn teams(&self, domain: DomainId, after: Option<TeamId>, limit: u32) -> Page<TeamLine> {
        let all = self.teams.range(all_of!(domain, TeamId));
        let lines = all.map(|(_, record)| {
            let members = self.members.iter();
            let members = members.filter(|row| (row.0, row.1) == (domain, record.team));
            TeamLine {
                record: record.clone(),
                members: members.count() as u64,
            }
        });
        let after = |line: &TeamLine| after.is_none_or(|after| line.record.team > after);
        page(lines.filter(after), limit)
    }

    pub fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Page<ContactLine> {
        let added = self.contacts_of(domain, user).filter(|_| added);
        let added: BTreeMap<&str, &ContactRecord> = added.map(|c| (c.email.as_str(), c)).collect();
        let own = |team: TeamId| self.members.contains(&(domain, team, user));
        let shares = |other: UserId| {
            let mut teams = self
                .members
                .iter()
                .filter(|row| (row.0, row.2) == (domain, other));
            teams.any(|row| own(row.1))
        };
        let active = self.users_of(domain);
        let active = active.filter(|row| matches!(row.state, UserState::Active { .. }));
        let active = active.filter_map(|row| self.people.get(&(domain, row.id)));
        let mut plain = added.clone();
        let mut lines: Vec<ContactLine> = Vec::new();
        for person in active {
            let known = plain.remove(person.email.as_str());
            if person.user != user && (known.is_some() || shares(person.user)) {
                lines.push(ContactLine {
                    contact: known.map(|record| record.contact),
                    user: Some(person.user),
                    name: person.name.clone(),
                    email: person.email.clone(),
                });
            }
        }
        lines.extend(plain.values().map(|record| ContactLine {
            contact: Some(record.contact),
            user: None,
            name: record.name.clone(),
            email: record.email.clone(),
        }));
        let place = |line: &ContactLine| {
            let After { key, id } = line.place();
            (key, id)
        };
        let after = after.map(|after| (after.key.clone(), after.id));
        lines.sort_by_key(place);
        lines.retain(|line| after.as_ref().is_none_or(|after| place(line) > *after));
        page(lines.into_iter(), limit)
    }

    /// The first moment by `now` at which something is due at the front desk.
    pub fn desk_due_at(&self, domain: DomainId, now: Time) -> Option<Time> {
        let sessions = self.live_sessions(domain);
        let sessions = sessions.filter_map(|row| self.session_due(row, now));
        let offers = self.waiting_in(domain).filter_map(|row| row.offered_until);
        let mut pools = self.pools.range(all_of!(domain, PoolId));
        let noted = self.domains.get(&domain).map(|d| d.standing.noted);
        let owes = noted != Some(State::Frozen) && pools.any(|(_, pool)| pool.owes_offers());
        let owed = owes.then_some(Time::ZERO);
        let offers = offers.filter(|at| *at <= now);
        sessions.chain(offers).chain(owed).min()
    }

    /// Sessions, calls and call links that have had their time, at most so many.
    pub fn forget_at_desk(&mut self, before: Forget, limit: usize) -> usize {
        let mut left = limit;
        let sessions: Vec<_> = (self.sessions.iter())
            .filter(|(_, session)| match session {
                AnySession::Ended(ended, _) => ended.ended_at < before.sessions,
                AnySession::Live(_) => false,
            })
            .map(|(key, _)| *key)
            .take(left)
            .collect();
        left -= sessions.len();
        let calls: Vec<_> = (self.calls.iter())
            .filter(|(_, call)| call.ended_at < before.calls)
            .map(|(key, _)| *key)
            .take(left)
            .collect();
        left -= calls.len();
        let links: Vec<_> = (self.links.iter())
            .filter(|(_, (link, _))| link.valid_until < before.links)
            .map(|(key, _)| *key)
            .take(left)
            .collect();
        left -= links.len();
        for (domain, id) in sessions {
            self.give_up(super::super::tables::Holder::Session(domain, id));
            self.sessions.remove(&(domain, id));
        }
        for key in calls {
            self.calls.remove(&key);
        }
        for (domain, id) in links {
            self.give_up(super::super::tables::Holder::Link(domain, id));
            self.links.remove(&(domain, id));
        }
        limit - left
    }
}
