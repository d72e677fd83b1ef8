//! Loads: what [`crate::load`] says of each key, word for word.

use uuid::Uuid;

use usher_rules::accounts::Place;
use usher_rules::users::UserState;
use usher_rules::world::Link;
use usher_rules::{AccountId, DomainId, Head, Time, TokenId, UserId};

use crate::load::DUE_OF_A_KIND;
use crate::{Load, Snapshot};

use super::tables::{Claim, Holder, Tables};

impl Tables {
    pub fn load(&self, load: &Load, clock: Time) -> Snapshot {
        let now = clock.max(load.not_before);
        let mut reading = Reading {
            tables: self,
            snapshot: Snapshot::default(),
        };
        reading.snapshot.world.now = now;
        reading.accounts(load);
        reading.domains(load, now);
        reading.people(load);
        reading.desk(load, now);
        reading.records(load);
        reading.snapshot
    }
}

/// A load in the middle.
pub(super) struct Reading<'a> {
    pub(super) tables: &'a Tables,
    pub(super) snapshot: Snapshot,
}

impl Reading<'_> {
    fn accounts(&mut self, load: &Load) {
        for digest in &load.tokens {
            if let Some(Holder::Token(account, id)) = self.tables.holder(&Claim::Token(*digest)) {
                self.bearer(account, id);
            }
        }
        for (account, id) in &load.token_ids {
            self.token(*account, *id);
        }
        for key in &load.heads {
            self.head_by_key(*key);
        }
        for id in &load.accounts {
            self.account(*id);
        }
        for email in &load.emails {
            let claim = Claim::AccountEmail(email.clone());
            if let Some(Holder::AccountRecord(id)) = self.tables.holder(&claim) {
                self.account(id);
            }
        }
    }

    fn token(&mut self, account: AccountId, id: TokenId) {
        if let Some(token) = self.tables.tokens.get(&(account, id)) {
            self.snapshot.tokens.insert(token.digest, token.clone());
        }
    }

    /// The token and whose it is: the account, its seat if it is managed.
    fn bearer(&mut self, id: AccountId, token: TokenId) {
        let Some(account) = self.tables.accounts.get(&id) else {
            return;
        };
        self.token(id, token);
        self.head_by_key(id.0);
        self.snapshot.world.accounts.insert(id, *account);
        if let Place::Managed { domain, user } = account.place
            && let Some(row) = self.tables.users.get(&(domain, user))
        {
            self.snapshot.world.users.insert((domain, user), *row);
        }
    }

    fn account(&mut self, id: AccountId) {
        let (Some(account), Some(record)) = (
            self.tables.accounts.get(&id),
            self.tables.account_records.get(&id),
        ) else {
            return;
        };
        self.snapshot.world.accounts.insert(id, *account);
        self.snapshot.account_records.insert(id, record.clone());
        self.head(Head::Account(id));
    }

    fn head(&mut self, head: Head) {
        if let Some(state) = self.tables.heads.get(&head.key()) {
            self.snapshot.heads.insert(head, *state);
        }
    }

    fn head_by_key(&mut self, key: Uuid) {
        if let Some(state) = self.tables.heads.get(&key) {
            self.snapshot.by_key.insert(key, *state);
        }
    }

    fn domains(&mut self, load: &Load, now: Time) {
        for id in &load.domains {
            self.domain(*id);
            self.due_invitations(*id, now);
            self.soonest(*id);
            self.lineage(*id);
        }
        for id in &load.lineages {
            self.lineage(*id);
        }
        for id in &load.names {
            self.names(*id);
        }
        for prefix in &load.prefixes {
            let claim = Claim::Prefix(prefix.clone());
            if let Some(Holder::DomainRecord(id)) = self.tables.holder(&claim) {
                self.snapshot.prefixes.insert(prefix.clone(), id);
            }
        }
    }

    fn domain(&mut self, id: DomainId) {
        let Some(domain) = self.tables.domain(id) else {
            return;
        };
        let Some(owner) = self.tables.accounts.get(&domain.owner) else {
            return;
        };
        self.snapshot.world.domains.insert(id, domain);
        self.head(Head::Domain(id));
        self.head_by_key(id.0);
        self.head_by_key(owner.id.0);
        self.snapshot.world.accounts.insert(owner.id, *owner);
        if let Some((above, user)) = domain.parent {
            self.user(above, user);
        }
    }

    /// What a domain is called, and its owner's record.
    fn names(&mut self, id: DomainId) {
        let tables = self.tables;
        let owner = tables.domains.get(&id).map(|domain| domain.owner);
        let owner = owner.and_then(|owner| tables.account_records.get(&owner));
        if let (Some(record), Some(owner)) = (tables.domain_records.get(&id), owner) {
            self.snapshot.domain_records.insert(id, record.clone());
            let records = &mut self.snapshot.account_records;
            records.insert(owner.account, owner.clone());
        }
    }

    fn due_invitations(&mut self, domain: DomainId, now: Time) {
        let mut due: Vec<(Time, UserId)> = self
            .tables
            .users_of(domain)
            .filter_map(|user| match user.state {
                UserState::Invited { expires_at } if expires_at <= now => {
                    Some((expires_at, user.id))
                }
                _ => None,
            })
            .collect();
        due.sort_unstable();
        due.truncate(DUE_OF_A_KIND as usize);
        for (_, user) in due {
            self.user(domain, user);
        }
    }

    /// Root first, the domain itself last.
    fn lineage(&mut self, id: DomainId) {
        let mut line = Vec::new();
        let mut next = Some(id);
        while let Some(domain) = next.and_then(|id| self.tables.domains.get(&id)) {
            line.push(Link {
                domain: domain.id,
                record: domain.standing,
            });
            next = domain.parent.map(|(above, _)| above);
            self.head_by_key(domain.id.0);
        }
        line.reverse();
        if !line.is_empty() {
            self.snapshot.world.lineages.insert(id, line);
        }
    }

    /// The user, and its pool.
    pub(super) fn user(&mut self, domain: DomainId, id: UserId) {
        if let Some(user) = self.tables.users.get(&(domain, id)) {
            self.snapshot.world.users.insert((domain, id), *user);
            self.pool_of(domain, user.license.pool());
        }
    }

    fn people(&mut self, load: &Load) {
        for (domain, id) in &load.users {
            self.user(*domain, *id);
        }
        for (domain, id) in &load.people {
            self.person(*domain, *id);
        }
        let emails = (load.user_emails.iter()).map(|(d, email)| Claim::Email(*d, email.clone()));
        let ids = (load.external_ids.iter()).map(|(d, id)| Claim::ExternalId(*d, id.clone()));
        let invitations = load.invitations.iter().map(|d| Claim::Invitation(*d));
        for claim in emails.chain(ids).chain(invitations) {
            if let Some(Holder::Person(domain, id)) = self.tables.holder(&claim) {
                self.person(domain, id);
            }
        }
    }

    fn person(&mut self, domain: DomainId, id: UserId) {
        let key = (domain, id);
        self.user(domain, id);
        let person = self.tables.people.get(&key);
        if let Some(person) = person.filter(|_| self.tables.users.contains_key(&key)) {
            self.snapshot.people.insert(key, person.clone().into());
        }
    }

    fn records(&mut self, load: &Load) {
        for (head, key) in &load.remembered {
            let key = (head.key(), *key);
            if let Some(answer) = self.tables.remembered.get(&key) {
                self.snapshot.remembered.insert(key, answer.clone());
            }
        }
        for key in &load.attempts {
            if let Some(attempts) = self.tables.attempts.get(key) {
                self.snapshot.attempts.insert(*key, attempts.clone());
            }
        }
        if load.prices || load.keys {
            self.head(Head::System);
        }
        if load.prices {
            self.snapshot.world.price_books = self.tables.price_books.clone();
        }
        if load.keys {
            let mut keys: Vec<_> = self.tables.signing_keys.values().cloned().collect();
            keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
            self.snapshot.keys = keys;
        }
    }
}
