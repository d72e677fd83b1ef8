//! What a load gave: a part of the state at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use usher_rules::{
    AccountId, ContactId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId, World,
};

use crate::records::{
    AccountRecord, Attempts, ContactRecord, Digest, DomainRecord, LinkRecord, Person, PoolRecord,
    Remembered, SessionRecord, SigningKey, TeamRecord, Token,
};

/// Where a journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeadState {
    /// The sequence number of the last entry.
    pub version: u64,
    /// The time of the last decision; a new one is never earlier.
    pub at: Time,
}

/// When something is due next in a domain, of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Soonest {
    /// An invitation lapses.
    pub invitation: Option<Time>,
    /// A session in a pool ends or its device is told: not before this.
    pub session: Option<Time>,
    /// An offer lapses.
    pub offer: Option<Time>,
    /// Whether somebody waits for a seat of a pool: what is due then depends on the pool.
    pub queue: bool,
}

/// What a load gave.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// What the rules look at. `now` is the store's time when the snapshot was taken.
    pub world: World,
    /// Heads of accounts, domains and the system that were asked for.
    pub heads: BTreeMap<Head, HeadState>,
    /// What is due next in each domain that was asked for.
    pub soonest: BTreeMap<DomainId, Soonest>,
    /// Heads by key: those that were asked for so, of accounts whose token was asked for, and
    /// those on which the standing of a domain rests that was: its own, its owner's, and of the
    /// domains above.
    pub by_key: BTreeMap<Uuid, HeadState>,
    /// Tokens by digest.
    pub tokens: BTreeMap<Digest, Token>,
    /// Accounts' personal records.
    pub account_records: BTreeMap<AccountId, AccountRecord>,
    /// Domains' names.
    pub domain_records: BTreeMap<DomainId, DomainRecord>,
    /// Domains by prefix.
    pub prefixes: BTreeMap<String, DomainId>,
    /// Users' personal records.
    pub people: BTreeMap<(DomainId, UserId), Arc<Person>>,
    /// What pools are called.
    pub pool_records: BTreeMap<(DomainId, PoolId), PoolRecord>,
    /// Devices and tokens of sessions, live or over.
    pub session_records: BTreeMap<(DomainId, SessionId), SessionRecord>,
    /// Guests and tokens of call links.
    pub link_records: BTreeMap<(DomainId, LinkId), LinkRecord>,
    /// What teams are called.
    pub team_records: BTreeMap<(DomainId, TeamId), TeamRecord>,
    /// What users added to their contact lists.
    pub contact_records: BTreeMap<(DomainId, UserId, ContactId), ContactRecord>,
    /// Answers given under idempotency keys.
    pub remembered: BTreeMap<(Uuid, Digest), Remembered>,
    /// Wrong attempts.
    pub attempts: BTreeMap<Digest, Attempts>,
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
            .map(|p| &**p)
    }

    /// The session, live or over, whose token this is.
    #[must_use]
    pub fn session_by_token(&self, digest: &Digest) -> Option<(DomainId, SessionId)> {
        let mut records = self.session_records.iter();
        let found = records.find(|(_, record)| record.token == *digest);
        found.map(|(key, _)| *key)
    }

    /// The call link whose token this is.
    #[must_use]
    pub fn link_by_token(&self, digest: &Digest) -> Option<(DomainId, LinkId)> {
        let mut records = self.link_records.iter();
        let found = records.find(|(_, record)| record.token == *digest);
        found.map(|(key, _)| *key)
    }

    /// What a user added to its contact list.
    pub fn contacts_of(
        &self,
        domain: DomainId,
        user: UserId,
    ) -> impl Iterator<Item = &ContactRecord> {
        let (first, last) = (ContactId::nth(0), ContactId::nth(u128::MAX));
        let own = (domain, user, first)..=(domain, user, last);
        self.contact_records.range(own).map(|(_, record)| record)
    }

    fn people_of(&self, domain: DomainId) -> impl Iterator<Item = &Person> {
        let nil = UserId::from_bytes([0; 16]);
        let last = UserId::from_bytes([255; 16]);
        self.people
            .range((domain, nil)..=(domain, last))
            .map(|(_, person)| &**person)
    }
}
