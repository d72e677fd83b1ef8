//! What a snapshot shall hold. A load is a set of keys, so that two of them make one:
//! requests that arrive together are loaded together.

use std::collections::BTreeSet;

use usher_rules::{AccountId, DomainId, Head, TokenId, UserId};

use crate::records::Digest;

/// The keys of what a snapshot shall hold. What does not exist is absent from it.
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
    /// line, and users whose invitation's time has passed (at most [`DUE_INVITATIONS`]).
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
    /// Answers by head and idempotency key.
    pub remembered: BTreeSet<(Head, Digest)>,
    /// Wrong attempts.
    pub attempts: BTreeSet<Digest>,
    /// The system's head and all price books.
    pub prices: bool,
    /// The system's head and all signing keys.
    pub keys: bool,
}

/// How many lapsed invitations of a domain one snapshot holds at most.
pub const DUE_INVITATIONS: i64 = 500;

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
        self.remembered.extend(&other.remembered);
        self.attempts.extend(&other.attempts);
        self.prices |= other.prices;
        self.keys |= other.keys;
    }
}
