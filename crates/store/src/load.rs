//! What a snapshot shall hold. A load is a set of keys, so that two of them make one:
//! requests that arrive together are loaded together.

use std::collections::BTreeSet;

use usher_rules::{
    AccountId, CallId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, TokenId, UserId,
};

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
    /// waiting list, call links that are valid, teams.
    pub desks: BTreeSet<(DomainId, UserId)>,
    /// Sessions, live or over, each with its user and the user's account.
    pub sessions: BTreeSet<(DomainId, SessionId)>,
    /// Likewise by the digest of the session's token.
    pub session_tokens: BTreeSet<Digest>,
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
    /// The system's head and all price books.
    pub prices: bool,
    /// The system's head and all signing keys.
    pub keys: bool,
}

/// How much of a domain that is due one snapshot holds at most, of each kind.
pub const DUE_OF_A_KIND: i64 = 500;

/// How many who wait for a seat of a pool, without a reservation, a snapshot holds at most.
pub const QUEUE: i64 = 50;

impl Load {
    /// Adds another load's keys.
    pub fn merge(&mut self, other: &Load) {
        self.tokens.extend(&other.tokens);
        self.token_ids.extend(&other.token_ids);
        self.accounts.extend(&other.accounts);
        self.emails.extend(other.emails.iter().cloned());
        self.domains.extend(&other.domains);
        self.names.extend(&other.names);
        self.prefixes.extend(other.prefixes.iter().cloned());
        self.lineages.extend(&other.lineages);
        self.users.extend(&other.users);
        self.people.extend(&other.people);
        self.user_emails.extend(other.user_emails.iter().cloned());
        self.external_ids.extend(other.external_ids.iter().cloned());
        self.invitations.extend(&other.invitations);
        self.desks.extend(&other.desks);
        self.sessions.extend(&other.sessions);
        self.session_tokens.extend(&other.session_tokens);
        self.pools.extend(&other.pools);
        self.pool_sessions.extend(&other.pool_sessions);
        self.pool_queues.extend(&other.pool_queues);
        self.all_pools.extend(&other.all_pools);
        self.calls.extend(&other.calls);
        self.links.extend(&other.links);
        self.link_tokens.extend(&other.link_tokens);
        self.teams.extend(&other.teams);
        self.team_members.extend(&other.team_members);
        self.remembered.extend(&other.remembered);
        self.attempts.extend(&other.attempts);
        self.prices |= other.prices;
        self.keys |= other.keys;
    }
}
