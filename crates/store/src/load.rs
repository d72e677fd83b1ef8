//! What a snapshot shall hold. A load is a set of keys, so that two of them make one:
//! requests that arrive together are loaded together.

mod keys;

use usher_rules::{
    AccountId, CallId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, TokenId, UserId,
};

use uuid::Uuid;

use crate::Snapshot;
use crate::records::Digest;

pub use keys::Keys;

/// The keys of what a snapshot shall hold. What does not exist is absent from it.
///
/// A user of a pool brings the pool, whatever brought the user but a token. Who waits for a seat is
/// brought together with who is before: see `domains`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Tokens by digest, each with its account and, of a managed account, its domain user.
    pub tokens: Keys<Digest>,
    /// Tokens by account and id.
    pub token_ids: Keys<(AccountId, TokenId)>,
    /// Accounts with head and record.
    pub accounts: Keys<AccountId>,
    /// Accounts by e-mail address, likewise.
    pub emails: Keys<String>,
    /// Domains with all that a decision needs: head, seats, owner, the owner's seat above,
    /// line; what is due (at most [`DUE_OF_A_KIND`] each, the earliest): users whose invitation
    /// lapsed, sessions with their pools, offers that lapsed with their pools; and pools for
    /// which somebody waits, with all of these who have a reservation and the first
    /// [`QUEUE`] of the others.
    pub domains: Keys<DomainId>,
    /// What domains are called, and their owners' records: for who shows them or writes to
    /// them.
    pub names: Keys<DomainId>,
    /// Domains by prefix: the id alone.
    pub prefixes: Keys<String>,
    /// Lines of ancestors with what is recorded of their standing.
    pub lineages: Keys<DomainId>,
    /// Domain users.
    pub users: Keys<(DomainId, UserId)>,
    /// Domain users with their personal records.
    pub people: Keys<(DomainId, UserId)>,
    /// Domain users by e-mail address.
    pub user_emails: Keys<(DomainId, String)>,
    /// Domain users by the customer's own id.
    pub external_ids: Keys<(DomainId, String)>,
    /// Domain users by the digest of an invitation's token.
    pub invitations: Keys<Digest>,
    /// Users with all that stands at the desk for them: pool, live sessions, place in the
    /// waiting list, call links that are valid.
    pub desks: Keys<(DomainId, UserId)>,
    /// The teams that users are in.
    pub memberships: Keys<(DomainId, UserId)>,
    /// Sessions, live or over, each with its user.
    pub sessions: Keys<(DomainId, SessionId)>,
    /// Seat pools with their records.
    pub pools: Keys<(DomainId, PoolId)>,
    /// Likewise, with all live sessions.
    pub pool_sessions: Keys<(DomainId, PoolId)>,
    /// Likewise, with all who wait or have an offer.
    pub pool_queues: Keys<(DomainId, PoolId)>,
    /// All pools of a domain, without their records.
    pub all_pools: Keys<DomainId>,
    /// Calls that are over.
    pub calls: Keys<(DomainId, CallId)>,
    /// Call links in any state.
    pub links: Keys<(DomainId, LinkId)>,
    /// Likewise by the digest of the link's token.
    pub link_tokens: Keys<Digest>,
    /// Teams with their records.
    pub teams: Keys<(DomainId, TeamId)>,
    /// Likewise, with all who are in them.
    pub team_members: Keys<(DomainId, TeamId)>,
    /// All that users added to their contact lists.
    pub contacts: Keys<(DomainId, UserId)>,
    /// Answers by head and idempotency key.
    pub remembered: Keys<(Head, Digest)>,
    /// Wrong attempts.
    pub attempts: Keys<Digest>,
    /// Heads by key, alone.
    pub heads: Keys<Uuid>,
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

    /// Whether a key came since the last [`Load::take_up`].
    #[must_use]
    pub fn has_fresh(&self) -> bool {
        macro_rules! any_fresh {
            ($($set:ident),*) => { $(!self.$set.fresh().is_empty())||* };
        }
        each_set!(any_fresh)
    }

    /// Adds those of another load's keys that came since the last time, and its flags.
    pub fn add_fresh(&mut self, other: &Load) {
        macro_rules! add_fresh {
            ($($set:ident),*) => {$( self.$set.extend(other.$set.fresh().iter().cloned()); )*};
        }
        each_set!(add_fresh);
        self.not_before = self.not_before.max(other.not_before);
        self.prices |= other.prices;
        self.keys |= other.keys;
    }

    /// No key that is here is fresh any more.
    pub fn take_up(&mut self) {
        macro_rules! take_up {
            ($($set:ident),*) => { $(self.$set.take_up();)* };
        }
        each_set!(take_up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_new_is_told_once() {
        let [one, two] = [1, 2].map(|n| DomainId(Uuid::from_u128(n)));
        let mut load = Load {
            domains: [one].into(),
            tokens: [[1; 32]].into(),
            ..Load::default()
        };
        assert!(load.has_fresh());
        let mut before = Load::default();
        before.add_fresh(&load);
        assert_eq!(before, load);
        load.take_up();
        load.domains.extend([one, two]);
        load.names.insert(one);
        load.keys = true;
        let mut more = Load::default();
        more.add_fresh(&load);
        let expected = Load {
            domains: [two].into(),
            names: [one].into(),
            keys: true,
            ..Load::default()
        };
        assert_eq!(more, expected);
        before.merge(&more);
        assert_eq!(before, load);
        load.take_up();
        assert!(!load.has_fresh() && !load.is_empty() && Load::default().is_empty());
    }
}
