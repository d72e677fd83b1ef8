//! What a load gave: a part of the state at one moment.

use std::collections::{BTreeMap, HashMap};

use usher_rules::{AccountId, DomainId, Head, Time, UserId, World};

use crate::records::{
    AccountRecord, Attempts, Digest, DomainRecord, Person, Remembered, SigningKey, Token,
};

/// Where a journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeadState {
    /// The sequence number of the last entry.
    pub version: u64,
    /// The time of the last decision; a new one is never earlier.
    pub at: Time,
}

/// What a load gave.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// What the rules look at. `now` is the store's time when the snapshot was taken.
    pub world: World,
    /// Heads of accounts, domains and the system that were asked for.
    pub heads: BTreeMap<Head, HeadState>,
    /// Tokens by digest.
    pub tokens: HashMap<Digest, Token>,
    /// Accounts' personal records.
    pub account_records: BTreeMap<AccountId, AccountRecord>,
    /// Domains' names.
    pub domain_records: BTreeMap<DomainId, DomainRecord>,
    /// Domains by prefix.
    pub prefixes: HashMap<String, DomainId>,
    /// Users' personal records.
    pub people: BTreeMap<(DomainId, UserId), Person>,
    /// Answers given under idempotency keys.
    pub remembered: HashMap<(uuid::Uuid, Digest), Remembered>,
    /// Wrong attempts.
    pub attempts: HashMap<Digest, Attempts>,
    /// Signing keys, the newest last.
    pub keys: Vec<SigningKey>,
}

impl Snapshot {
    /// The account with this address.
    #[must_use]
    pub fn account_by_email(&self, email: &str) -> Option<&AccountRecord> {
        self.account_records.values().find(|r| r.email == email)
    }

    /// The domain's user with this address.
    #[must_use]
    pub fn user_by_email(&self, domain: DomainId, email: &str) -> Option<&Person> {
        self.people_of(domain).find(|p| p.email == email)
    }

    /// The domain's user with this id of the customer's.
    #[must_use]
    pub fn user_by_external_id(&self, domain: DomainId, external_id: &str) -> Option<&Person> {
        self.people_of(domain)
            .find(|p| p.external_id.as_deref() == Some(external_id))
    }

    /// The user whose open invitation has this token.
    #[must_use]
    pub fn user_by_invitation(&self, digest: &Digest) -> Option<&Person> {
        self.people
            .values()
            .find(|p| p.invitation.as_ref() == Some(digest))
    }

    fn people_of(&self, domain: DomainId) -> impl Iterator<Item = &Person> {
        let nil = UserId::from_bytes([0; 16]);
        let last = UserId::from_bytes([255; 16]);
        self.people
            .range((domain, nil)..=(domain, last))
            .map(|(_, person)| person)
    }
}
