//! What is due in a domain, and when something is next.

use usher_rules::{DomainId, Time};

use super::{Query, Step, columns, desk, put_user, user_query};
use crate::load::DUE_OF_A_KIND;
use crate::queries::decode::Reader;
use crate::snapshot::{Snapshot, Soonest};
use crate::tables::{Type, Value};

/// When something is due next in a domain. In most domains nothing is, which one question
/// tells faster than each of the queries about it ([`Query::is_seldom`]) for itself.
pub static SOONEST: Query = Query {
    template: "SELECT h.id, \
        (SELECT u.expires_at FROM users u WHERE u.domain = h.id AND u.state = 'invited' \
        AND u.expires_at IS NOT NULL ORDER BY u.expires_at LIMIT 1), \
        (SELECT s.due_at FROM sessions s WHERE s.domain = h.id AND s.ended_at IS NULL \
        AND s.pool IS NOT NULL AND s.due_at IS NOT NULL ORDER BY s.due_at LIMIT 1), \
        (SELECT w.offered_until FROM waiting w WHERE w.domain = h.id \
        AND w.offered_until IS NOT NULL ORDER BY w.offered_until LIMIT 1), \
        (SELECT p.waiting FROM pools p WHERE p.domain = h.id AND p.waiting > 0 LIMIT 1) \
        FROM {{heads h | h.id = {a}}}",
    keys: &[Type::Id],
    read: |row, snapshot| {
        let reader = Reader::new(row, "heads", 0);
        let soonest = Soonest {
            invitation: reader.opt_time(1)?,
            session: reader.opt_time(2)?,
            offer: reader.opt_time(3)?,
            queue: row.opt_int(4)?.is_some(),
        };
        snapshot.soonest.insert(DomainId(reader.id(0)?), soonest);
        Ok(())
    },
};

impl Query {
    /// Whether it is about what is due in a domain, which [`SOONEST`] knows of beforehand.
    #[must_use]
    pub fn is_seldom(&self) -> bool {
        self.is_due(&Soonest::default(), Time::default()).is_some()
    }

    /// Whether there may be rows in any of a snapshot's domains.
    #[must_use]
    pub fn may_find(&self, snapshot: &Snapshot) -> bool {
        let due = |soonest| self.is_due(soonest, snapshot.world.now);
        !self.is_seldom() || snapshot.soonest.values().any(|s| due(s) == Some(true))
    }

    fn is_due(&self, soonest: &Soonest, now: Time) -> Option<bool> {
        let by_now = |at: Option<Time>| Some(at.is_some_and(|at| at <= now));
        let is = |other: &Query| std::ptr::eq(self, other);
        if is(&DUE_USERS) {
            by_now(soonest.invitation)
        } else if is(&desk::DUE_SESSIONS) {
            by_now(soonest.session)
        } else if is(&desk::LAPSED_OFFERS) {
            by_now(soonest.offer)
        } else if is(&desk::QUEUES) || is(&desk::RESERVED_QUEUES) {
            Some(soonest.queue)
        } else {
            None
        }
    }
}

impl Step {
    /// Whether there may be rows of one of its keys, as far as the snapshot knows.
    #[must_use]
    pub fn may_find(&self, key: &[Value], snapshot: &Snapshot) -> bool {
        let Some(Value::Id(Some(domain))) = key.first() else {
            return true;
        };
        let soonest = snapshot.soonest.get(&DomainId(*domain)).copied();
        let soonest = soonest.unwrap_or_default();
        let due = self.query.is_due(&soonest, snapshot.world.now);
        due.unwrap_or(true)
    }
}

/// The limit is [`DUE_OF_A_KIND`]; the time comes with the key.
pub(super) static DUE_USERS: Query = Query {
    template: concat!(
        user_query!("u.domain = {a} AND u.state = 'invited' AND u.expires_at <= {b}"),
        " ORDER BY u.expires_at, u.id LIMIT 500"
    ),
    keys: &[Type::Id, Type::Int],
    read: |row, snapshot| put_user(row, 0, snapshot),
};
const _: () = assert!(DUE_OF_A_KIND == 500, "the limit in DUE_USERS");
