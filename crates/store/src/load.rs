//! What a snapshot shall hold. A load is a set of keys, so that two of them make one:
//! requests that arrive together are loaded together.

use std::collections::BTreeSet;
use std::sync::Arc;

use usher_rules::{
    AccountId, CallId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, TokenId, UserId,
};

use crate::Snapshot;
use crate::records::Digest;

/// The keys of what a snapshot shall hold. What does not exist is absent from it.
///
/// A user of a pool brings the pool, whatever brought the user. Who waits for a seat is
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
    /// Sessions, live or over, each with its user and the user's account.
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
    /// Answers by head and idempotency key.
    pub remembered: BTreeSet<(Head, Digest)>,
    /// Wrong attempts.
    pub attempts: BTreeSet<Digest>,
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

/// Says what a snapshot shall hold, given what it holds so far. Asked until it adds nothing,
/// at most [`ROUNDS`] times.
pub type Needs = Arc<dyn Fn(&Snapshot, &mut Load) + Send + Sync>;

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
            remembered,
            attempts
        )
    };
}

impl Load {
    /// Adds another load's keys.
    pub fn merge(&mut self, other: &Load) {
        macro_rules! extend {
            ($($set:ident),*) => {$( self.$set.extend(other.$set.iter().cloned()); )*};
        }
        each_set!(extend);
        self.not_before = self.not_before.max(other.not_before);
        self.prices |= other.prices;
        self.keys |= other.keys;
    }

    /// What is still to be loaded after a part of this load.
    #[must_use]
    pub fn without(&self, part: &Load) -> Load {
        let mut more = Load {
            prices: self.prices && !part.prices,
            keys: self.keys && !part.keys,
            ..Load::default()
        };
        macro_rules! difference {
            ($($set:ident),*) => {$(
                if self.$set.len() > part.$set.len() {
                    more.$set.extend(self.$set.difference(&part.$set).cloned());
                }
            )*};
        }
        each_set!(difference);
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_still_to_be_loaded_makes_up_the_whole() {
        let [one, two] = [1, 2].map(|n| DomainId(Uuid::from_u128(n)));
        let before = Load {
            domains: [one].into(),
            tokens: [[1; 32]].into(),
            prices: true,
            ..Load::default()
        };
        let wanted = Load {
            domains: [one, two].into(),
            names: [one].into(),
            keys: true,
            ..before.clone()
        };
        let more = wanted.without(&before);
        let expected = Load {
            domains: [two].into(),
            names: [one].into(),
            keys: true,
            ..Load::default()
        };
        assert_eq!(more, expected);
        let mut whole = before.clone();
        whole.merge(&more);
        assert_eq!(whole, wanted);
        assert_eq!(wanted.without(&wanted), Load::default());
    }
}
