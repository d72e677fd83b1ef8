//! What a snapshot shall hold. A load is a set of keys, so that two of them make one:
//! requests that arrive together are loaded together.

use std::collections::BTreeSet;

use usher_rules::{
    AccountId, CallId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, TokenId, UserId,
};

use uuid::Uuid;

use crate::Snapshot;
use crate::records::Digest;

/// The keys of what a snapshot shall hold. What does not exist is absent from it.
///
/// A user of a pool brings the pool, whatever brought the user but a token. Who waits for a seat is
/// brought together with who is before: see `domains`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Tokens by digest, each with its account and, of a managed account, its domain user.
    pub tokens: BTreeSet<Digest>,
    /// Tokens by account and id.
    pub token_ids: BTreeSet<(AccountId, TokenId)>,
    /// Accounts with head and record.
    pub accounts: BTreeSet<AccountId>,
    /// Accounts by e-mail address, likewise.
    pub emails: BTreeSet<String>,
    /// Domains with all that a decision needs: head, seats, owner, the owner's seat above,
    /// line; what is due (at most [`DUE_OF_A_KIND`] each, the earliest): users whose invitation
    /// lapsed, sessions with their pools, offers that lapsed with their pools; and pools for
    /// which somebody waits, with all of these who have a reservation and the first
    /// [`QUEUE`] of the others.
    pub domains: BTreeSet<DomainId>,
    /// What domains are called, and their owners' records: for who shows them or writes to
    /// them.
    pub names: BTreeSet<DomainId>,
    /// Domains by prefix: the id alone.
    pub prefixes: BTreeSet<String>,
    /// Lines of ancestors with what is recorded of their standing.
    pub lineages: BTreeSet<DomainId>,
    /// Domain users.
    pub users: BTreeSet<(DomainId, UserId)>,
    /// Domain users with their personal records.
    pub people: BTreeSet<(DomainId, UserId)>,
    /// Domain users by e-mail address.
    pub user_emails: BTreeSet<(DomainId, String)>,
    /// Domain users by the customer's own id.
    pub external_ids: BTreeSet<(DomainId, String)>,
    /// Domain users by the digest of an invitation's token.
    pub invitations: BTreeSet<Digest>,
    /// Users with all that stands at the desk for them: pool, live sessions, place in the
    /// waiting list, call links that are valid.
    pub desks: BTreeSet<(DomainId, UserId)>,
    /// The teams that users are in.
    pub memberships: BTreeSet<(DomainId, UserId)>,
    /// Sessions, live or over, each with its user.
    pub sessions: BTreeSet<(DomainId, SessionId)>,
    /// Seat pools with their records.
    pub pools: BTreeSet<(DomainId, PoolId)>,
    /// Likewise, with all live sessions.
    pub pool_sessions: BTreeSet<(DomainId, PoolId)>,
    /// Likewise, with all who wait or have an offer.
    pub pool_queues: BTreeSet<(DomainId, PoolId)>,
    /// All pools of a domain, without their records.
    pub all_pools: BTreeSet<DomainId>,
    /// Calls that are over.
    pub calls: BTreeSet<(DomainId, CallId)>,
    /// Call links in any state.
    pub links: BTreeSet<(DomainId, LinkId)>,
    /// Likewise by the digest of the link's token.
    pub link_tokens: BTreeSet<Digest>,
    /// Teams with their records.
    pub teams: BTreeSet<(DomainId, TeamId)>,
    /// Likewise, with all who are in them.
    pub team_members: BTreeSet<(DomainId, TeamId)>,
    /// All that users added to their contact lists.
    pub contacts: BTreeSet<(DomainId, UserId)>,
    /// Answers by head and idempotency key.
    pub remembered: BTreeSet<(Head, Digest)>,
    /// Wrong attempts.
    pub attempts: BTreeSet<Digest>,
    /// Heads by key, alone.
    pub heads: BTreeSet<Uuid>,
    /// The snapshot's moment is not before this one, whatever the clock says: what is due by it
    /// comes along.
    pub not_before: Time,
    /// The system's head and all price books.
    pub prices: bool,
    /// The system's head and all signing keys.
    pub keys: bool,
}

/// How much of a domain that is due one snapshot holds at most, of each kind.
pub const DUE_OF_A_KIND: i64 = 500;

/// How many who wait for a seat of a pool, without a reservation, a snapshot holds at most.
pub const QUEUE: i64 = 50;

/// How often a snapshot is asked what more it needs, at most.
pub const ROUNDS: usize = 8;

/// Says what a snapshot shall hold, given what it holds so far.
pub trait Needs: Send + Sync {
    /// What more it shall hold; asked until that is nothing, at most [`ROUNDS`] times. What is
    /// known already may be added to the snapshot instead.
    fn more(&self, snapshot: &mut Snapshot) -> Load;

    /// The snapshot holds nothing any more but what was loaded.
    fn anew(&self);
}

/// Applies a macro to every set of keys.
macro_rules! each_set {
    ($apply:ident) => {
        $apply!(
            tokens,
            token_ids,
            accounts,
            emails,
            domains,
            names,
            prefixes,
            lineages,
            users,
            people,
            user_emails,
            external_ids,
            invitations,
            desks,
            memberships,
            sessions,
            pools,
            pool_sessions,
            pool_queues,
            all_pools,
            calls,
            links,
            link_tokens,
            teams,
            team_members,
            contacts,
            remembered,
            attempts,
            heads
        )
    };
}

impl Load {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        macro_rules! all_empty {
            ($($set:ident),*) => { $(self.$set.is_empty())&&* };
        }
        each_set!(all_empty) && !self.prices && !self.keys
    }

    /// Adds another load's keys.
    pub fn merge(&mut self, other: &Load) {
        macro_rules! extend {
            ($($set:ident),*) => {$(
                if !other.$set.is_empty() {
                    self.$set.extend(other.$set.iter().cloned());
                }
            )*};
        }
        each_set!(extend);
        self.not_before = self.not_before.max(other.not_before);
        self.prices |= other.prices;
        self.keys |= other.keys;
    }

    /// Adds another load's keys; gives those of them that are new.
    pub fn take_up(&mut self, other: Load) -> Load {
        let mut more = Load {
            prices: other.prices && !self.prices,
            keys: other.keys && !self.keys,
            not_before: other.not_before,
            ..Load::default()
        };
        macro_rules! take_up {
            ($($set:ident),*) => {$(
                for key in other.$set {
                    if !self.$set.contains(&key) {
                        self.$set.insert(key.clone());
                        more.$set.insert(key);
                    }
                }
            )*};
        }
        each_set!(take_up);
        self.not_before = self.not_before.max(more.not_before);
        self.prices |= more.prices;
        self.keys |= more.keys;
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_new_is_told_once() {
        let [one, two] = [1, 2].map(|n| DomainId(Uuid::from_u128(n)));
        let before = Load {
            domains: [one].into(),
            tokens: [[1; 32]].into(),
            prices: true,
            ..Load::default()
        };
        let asked = Load {
            domains: [one, two].into(),
            names: [one].into(),
            keys: true,
            ..before.clone()
        };
        let mut whole = before.clone();
        let expected = Load {
            domains: [two].into(),
            names: [one].into(),
            keys: true,
            ..Load::default()
        };
        assert_eq!(whole.take_up(asked.clone()), expected);
        assert_eq!(whole, asked);
        assert!(whole.take_up(asked.clone()).is_empty());
        let mut merged = before;
        merged.merge(&expected);
        assert_eq!(merged, asked);
        assert!(!merged.is_empty() && Load::default().is_empty());
    }
}
