//! The check: every count from its rows, every reference from its other end.

use usher_rules::accounts::Place;
use usher_rules::domains::Domain;
use usher_rules::seats::{Quantities, SeatKind};
use usher_rules::{AccountId, DomainId, UserId};
use uuid::Uuid;

use crate::lists::Difference;

use super::tables::Tables;

impl Tables {
    pub fn check(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (id, recorded) in &self.seats {
            differences.extend(self.recount(*id, recorded));
        }
        for (head, state) in &self.heads {
            let lines = self.journal.range((*head, 0)..=(*head, u64::MAX));
            let last = lines.last().map_or(0, |((_, seq), _)| *seq);
            differences.extend(differs(*head, "journal", state.version, last));
        }
        differences.extend(self.pool_counts());
        differences.extend(self.late_sessions());
        differences.extend(self.lost_at_desk());
        differences.extend(self.lost_members());
        differences.extend(self.owners());
        differences
    }

    /// A domain's counts against the rows of its users and pools.
    fn recount(&self, id: DomainId, recorded: &Domain) -> Vec<Difference> {
        let users = self.users_of(id).filter(|user| user.state.counts()).count();
        let seats =
            (self.users_of(id)).fold(Quantities::default(), |sum, user| sum.plus(&user.seats()));
        let (in_pools, pools, teams) = self.recount_pools(id);
        let seats = seats.plus(&in_pools);
        let what = [
            (SeatKind::DomainUser, "domain_user_in_use"),
            (SeatKind::Business, "business_in_use"),
            (SeatKind::BusinessPro, "business_pro_in_use"),
            (SeatKind::SeatLicense, "seat_license_in_use"),
        ];
        let seats = what.into_iter().filter_map(|(kind, what)| {
            let in_use = recorded.seats.get(kind).in_use;
            differs(id.0, what, u64::from(in_use), u64::from(*seats.get(kind)))
        });
        let counts = [
            ("users", recorded.users, users as u64),
            ("pools", recorded.pools, pools),
            ("teams", recorded.teams, teams),
        ];
        let counts = counts.into_iter();
        let counts = counts.filter_map(|(what, n, counted)| differs(id.0, what, n.into(), counted));
        counts.chain(seats).collect()
    }

    /// Users, their accounts and their records name each other.
    fn lost_members(&self) -> Vec<Difference> {
        let mut lost = Vec::new();
        for user in self.users.values() {
            let account = user.state.account();
            if account.is_some_and(|account| self.place(account) != Some((user.domain, user.id))) {
                lost.push(missing(user.id.0, "account of user"));
            }
        }
        for id in self.accounts.keys() {
            let user = self.place(*id).map(|place| self.users.get(&place));
            if user.is_some_and(|user| user.and_then(|u| u.state.account()) != Some(*id)) {
                lost.push(missing(id.0, "user of account"));
            }
        }
        for person in self.people.keys() {
            if !self.users.contains_key(person) {
                lost.push(missing(person.1.0, "user of person"));
            }
        }
        lost
    }

    fn place(&self, account: AccountId) -> Option<(DomainId, UserId)> {
        match self.accounts.get(&account)?.place {
            Place::Managed { domain, user } => Some((domain, user)),
            Place::Unmanaged { .. } => None,
        }
    }

    /// Open domains, their owners and the owners' seats above name each other.
    fn owners(&self) -> Vec<Difference> {
        let mut lost = Vec::new();
        for domain in self.domains.values().filter(|domain| !domain.closed) {
            let owns = self.accounts.get(&domain.owner).and_then(|a| a.owns);
            if owns != Some(domain.id) {
                lost.push(missing(domain.id.0, "owner of domain"));
            }
            let seat = domain.parent.map(|place| self.users.get(&place));
            if seat.is_some_and(|user| user.and_then(|u| u.owns) != Some(domain.id)) {
                lost.push(missing(domain.id.0, "owner above"));
            }
        }
        lost
    }
}

pub(super) fn missing(of: Uuid, what: &str) -> Difference {
    Difference {
        of,
        what: what.to_owned(),
        recorded: 1,
        counted: 0,
    }
}

pub(super) fn differs(of: Uuid, what: &str, recorded: u64, counted: u64) -> Option<Difference> {
    (recorded != counted).then(|| Difference {
        recorded: recorded as i64,
        counted: counted as i64,
        ..missing(of, what)
    })
}
