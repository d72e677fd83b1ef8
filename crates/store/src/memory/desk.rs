//! The front desk's rows: written, loaded, listed, checked.

mod check;
mod lists;
mod load;

use usher_rules::Time;
use usher_rules::pools::Pool;
use usher_rules::sessions::Session;
use usher_rules::{ContactId, DomainId, SessionId, UserId};

use super::tables::{AnySession, Tables};
use crate::records::ContactRecord;
use crate::unit::SessionRow;
use crate::{Committed, Error, Write};

/// All keys of a domain whose second half is one of these ids.
macro_rules! all_of {
    ($domain:expr, $id:ident) => {
        ($domain, $id::from_bytes([0; 16]))..=($domain, $id::from_bytes([255; 16]))
    };
}
use all_of;

impl Tables {
    /// Writes or removes a row of the front desk; whether it was one.
    pub fn put_at_desk(&mut self, write: &Write) -> bool {
        match write.clone() {
            Write::Pool(p) => drop(self.pools.insert((p.domain, p.id), p)),
            Write::RemovePool(domain, pool) => drop(self.pools.remove(&(domain, pool))),
            Write::PoolRecord(r) => drop(self.pool_records.insert((r.domain, r.pool), r)),
            Write::RemovePoolRecord(domain, pool) => {
                self.pool_records.remove(&(domain, pool));
            }
            Write::Session(row) => self.put_session(row),
            Write::EndedSession(ended, record) => {
                let key = (ended.domain, ended.id);
                self.sessions.insert(key, AnySession::Ended(ended, record));
            }
            Write::Seen {
                domain,
                session,
                at,
            } => self.seen(domain, session, at),
            Write::Call(c) => drop(self.calls.insert((c.domain, c.id), c)),
            Write::Link(l, r) => drop(self.links.insert((l.domain, l.id), (l, r))),
            Write::Waiting(w) => drop(self.waiting.insert((w.domain, w.user), w)),
            Write::RemoveWaiting(domain, user) => drop(self.waiting.remove(&(domain, user))),
            Write::Team(t) => drop(self.teams.insert((t.domain, t.team), t)),
            Write::RemoveTeam(domain, team) => drop(self.teams.remove(&(domain, team))),
            Write::Member(domain, team, user) => {
                self.members.insert((domain, team, user));
            }
            Write::RemoveMember(domain, team, user) => {
                self.members.remove(&(domain, team, user));
            }
            Write::Contact(c) => {
                self.contacts.insert((c.domain, c.user, c.contact), c);
            }
            Write::RemoveContact(domain, user, contact) => {
                self.contacts.remove(&(domain, user, contact));
            }
            _ => return false,
        }
        true
    }

    /// That it was seen only grows.
    fn put_session(&mut self, mut row: SessionRow) {
        let key = (row.session.domain, row.session.id);
        if let Some(AnySession::Live(there)) = self.sessions.get(&key) {
            row.session.seen_at = row.session.seen_at.max(there.session.seen_at);
        }
        self.sessions.insert(key, AnySession::Live(row));
    }

    fn seen(&mut self, domain: DomainId, id: SessionId, at: Time) {
        let silence = match self.sessions.get(&(domain, id)) {
            Some(AnySession::Live(row)) => self.silence(&row.session),
            _ => return,
        };
        if let Some(AnySession::Live(row)) = self.sessions.get_mut(&(domain, id)) {
            row.seen(at, silence);
        }
    }

    fn silence(&self, session: &Session) -> Option<i64> {
        self.pool_of(session)?.settings.silence_seconds
    }

    fn pool_of(&self, session: &Session) -> Option<&Pool> {
        self.pools.get(&(session.domain, session.pool?))
    }

    /// The live sessions of a domain, in the order of their ids.
    fn live_sessions(&self, domain: DomainId) -> impl Iterator<Item = &SessionRow> {
        let sessions = self.sessions.range(all_of!(domain, SessionId));
        sessions.filter_map(|(_, session)| match session {
            AnySession::Live(row) => Some(row),
            AnySession::Ended(..) => None,
        })
    }

    /// What a user added to its contact list.
    fn contacts_of(&self, domain: DomainId, user: UserId) -> impl Iterator<Item = &ContactRecord> {
        let (first, last) = (ContactId::nth(0), ContactId::nth(u128::MAX));
        let own = (domain, user, first)..=(domain, user, last);
        self.contacts.range(own).map(|(_, record)| record)
    }

    /// When something is due in a session by `now`, as far as its row says: it tells of no
    /// moment before `due_at`.
    fn session_due(&self, row: &SessionRow, now: Time) -> Option<Time> {
        self.pool_of(&row.session)?;
        row.due_at.filter(|at| *at <= now)?;
        row.due(self.silence(&row.session)).filter(|at| *at <= now)
    }

    /// Who of a domain waits for a seat, or has one offered.
    fn waiting_in(&self, domain: DomainId) -> impl Iterator<Item = &usher_rules::waiting::Waiting> {
        let all = self.waiting.range(all_of!(domain, UserId));
        all.map(|(_, waiting)| waiting)
    }
}

impl Tables {
    /// What of a pool's counts contains what, and that no more seats are taken than there are.
    pub(super) fn check_pool(&self, write: &Write) -> Committed {
        let Write::Pool(pool) = write else {
            return Ok(());
        };
        let before = self.pools.get(&(pool.domain, pool.id));
        if pool.reserved > pool.users
            || pool.waiting_reserved > pool.waiting
            || pool.reserved_seated > pool.taken()
        {
            let what = "pools: a part is more than the whole";
            return Err(Error::Constraint(what.to_owned()));
        }
        let most = |before: &Pool| before.taken().max(before.settings.seats);
        match before {
            Some(before) if pool.taken() > most(before).max(pool.settings.seats) => {
                Err(Error::Constraint("pool_oversold".to_owned()))
            }
            _ => Ok(()),
        }
    }
}
