//! What a use case writes while it decides: a snapshot that follows along, the journal
//! entries, and the records.

mod desk;
mod leave;
mod told;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::json;
use usher_rules::domains::Domain;
use usher_rules::roles::{Power, Rank};
use usher_rules::seats::Seats;
use usher_rules::{
    AccountId, DomainId, Entry, Head, LinkId, Refusal, SessionId, TokenId, UnitId, UserId, World,
    seats,
};
use usher_store::load::DUE_OF_A_KIND;
use usher_store::records::{Mail, Person};
use usher_store::{HeadChange, JournalEntry, Snapshot, Unit, Write};
use uuid::Uuid;

use crate::entropy::{Entropy, uuid};
use crate::notices::{self, Notice};
use crate::secrets::Secret;
use crate::view::{Caller, View};
use crate::{Ask, Settings};
use desk::{desk_after, links_after};

/// The draft of one batch. Use cases decide on it one after another; each sees what those
/// before it did.
pub struct Draft<'a> {
    snapshot: Snapshot,
    before: World,
    journal: Vec<(Option<AccountId>, Uuid, Entry)>,
    writes: Vec<Write>,
    renewed: BTreeSet<(DomainId, SessionId)>,
    renewed_links: BTreeSet<(DomainId, LinkId)>,
    unnamed: BTreeSet<DomainId>,
    ask: Ask,
    actor: Option<AccountId>,
    entropy: &'a dyn Entropy,
    /// What the server set.
    pub settings: &'a Settings,
}

/// A point in a draft to which it can return.
pub struct Checkpoint {
    snapshot: Snapshot,
    renewed: BTreeSet<(DomainId, SessionId)>,
    renewed_links: BTreeSet<(DomainId, LinkId)>,
    journal: usize,
    writes: usize,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        snapshot: Snapshot,
        entropy: &'a dyn Entropy,
        settings: &'a Settings,
    ) -> Draft<'a> {
        Draft {
            before: snapshot.world.clone(),
            snapshot,
            journal: Vec::new(),
            writes: Vec::new(),
            renewed: BTreeSet::new(),
            renewed_links: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            ask: Ask::default(),
            actor: None,
            entropy,
            settings,
        }
    }

    /// What was loaded, with all that happened since.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The rules' part of it.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.snapshot.world
    }

    /// The draft as the caller sees it.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            snapshot: &self.snapshot,
            ask: &self.ask,
        }
    }

    /// The caller, who may change things: a token that may only read is refused.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`], [`Refusal::NotAllowed`].
    pub fn caller(&mut self) -> Result<Caller, Refusal> {
        let caller = self.view().caller()?;
        if caller.token.read_only {
            return Err(Refusal::NotAllowed);
        }
        self.actor = Some(caller.account.id);
        Ok(caller)
    }

    /// The caller, who has this power in the domain.
    ///
    /// # Errors
    /// As [`View::authorise`].
    pub fn authorise(&mut self, domain: DomainId, power: Power) -> Result<(Caller, Rank), Refusal> {
        self.caller()?;
        self.view().authorise(domain, power)
    }

    /// The caller, who runs the server.
    ///
    /// # Errors
    /// As [`View::operator`].
    pub fn operator(&mut self) -> Result<Caller, Refusal> {
        self.caller()?;
        self.view().operator()
    }

    /// The caller, who is this user: for what nobody else does in its place.
    ///
    /// # Errors
    /// As [`Draft::caller`]; [`Refusal::NotAllowed`] for anyone else.
    pub fn itself(&mut self, domain: DomainId, user: UserId) -> Result<(), Refusal> {
        let caller = self.caller()?;
        if self.view().own_user(&caller, domain) == Some(user) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed)
        }
    }

    /// Who acts, once it is known.
    #[must_use]
    pub fn actor(&self) -> Option<AccountId> {
        self.actor
    }

    /// Who acts, where no token says so (someone who signs up or signs in).
    pub fn act_as(&mut self, account: AccountId) {
        self.actor = Some(account);
    }

    /// Writes down what happened: applies it, and what follows from it.
    pub fn happen(&mut self, entries: Vec<Entry>) {
        let seats = self.seats();
        for entry in &entries {
            self.snapshot.world.apply(entry);
            self.take_along(entry);
        }
        self.record(self.actor, entries);
        let follows = self.snapshot.world.follow_standing();
        self.record(self.actor, follows);
        let offers = self.snapshot.world.follow_pools();
        self.record(self.actor, offers);
        self.tell_few_left(self.actor, seats);
    }

    fn seats(&self) -> Vec<(DomainId, Seats)> {
        let domains = self.world().domains.values();
        domains.map(|domain| (domain.id, domain.seats)).collect()
    }

    /// Tells of kinds of which few are left now and were not before (rule A8).
    fn tell_few_left(&mut self, actor: Option<AccountId>, before: Vec<(DomainId, Seats)>) {
        let few = self.settings.rules.few_seats_left;
        for (id, before) in before {
            let Some(after) = self.world().seats(id) else {
                continue;
            };
            let low = seats::running_low(&before, &after, few);
            let entry = |event| self.world().entry(Head::Domain(id), event);
            let low = low.into_iter().map(entry).collect();
            self.record(actor, low);
        }
    }

    /// What was due before anyone asked; nobody's doing. Gives the number of entries.
    pub(crate) fn settle(&mut self) -> usize {
        let domains: Vec<DomainId> = self.world().domains.keys().copied().collect();
        let seats = self.seats();
        let world = &mut self.snapshot.world;
        let settled = domains
            .into_iter()
            .flat_map(|domain| world.settle_loaded(domain, DUE_OF_A_KIND as usize));
        let mut entries: Vec<Entry> = settled.collect();
        let count = entries.len();
        let last = entries.iter().map(|entry| entry.at).max();
        let more = last.filter(|_| count >= DUE_OF_A_KIND as usize);
        entries.extend(world.follow_standing_until(more.unwrap_or(world.now)));
        entries.extend(world.follow_pools());
        // Neither is about what the other is about: each journal in due order.
        entries.sort_by_key(|entry| entry.at);
        self.record(None, entries);
        self.tell_few_left(None, seats);
        count
    }

    fn record(&mut self, actor: Option<AccountId>, entries: Vec<Entry>) {
        for entry in &entries {
            if let Some(notice) = notices::of(self, entry) {
                self.tell_owner(notice);
            }
        }
        let request = self.ask.request;
        self.journal
            .extend(entries.into_iter().map(|entry| (actor, request, entry)));
    }

    /// Mails a domain's owner. Few commands cause such a mail, so its address is not loaded
    /// beforehand: the draft notes what it lacks, and is decided again with it.
    fn tell_owner(&mut self, notice: Notice) {
        let Notice {
            domain,
            template,
            mut params,
        } = notice;
        let owner = self.world().domains.get(&domain).map(|d| d.owner);
        let Some(owner) = owner else { return };
        let address = self.snapshot.account_records.get(&owner);
        let record = self.snapshot.domain_records.get(&domain);
        let (Some(address), Some(record)) = (address, record) else {
            self.unnamed.insert(domain);
            return;
        };
        params["domain"] = json!(record.name);
        params["link"] = json!(self.settings.public_url);
        let recipient = address.email.clone();
        self.mail(template, &recipient, params);
    }

    /// Domains whose names and owners' addresses were missing: not to be committed before
    /// it was decided again with them.
    pub(crate) fn unnamed(&self) -> &BTreeSet<DomainId> {
        &self.unnamed
    }

    /// A device was heard of (rule E8). Lies under no head: a unit of nothing else conflicts
    /// with nobody.
    pub fn seen(&mut self, domain: DomainId, session: SessionId) {
        self.snapshot.world.seen(domain, session);
    }

    /// Writes a record, which the use cases after this one see.
    pub fn write(&mut self, write: Write) {
        let seen = &mut self.snapshot;
        match &write {
            Write::Person(person) => {
                let key = (person.domain, person.user);
                seen.people.insert(key, person.clone().into());
            }
            Write::RemovePerson(domain, user) => {
                seen.people.remove(&(*domain, *user));
            }
            Write::AccountRecord(record) => {
                seen.account_records.insert(record.account, record.clone());
            }
            Write::DomainRecord(record) => {
                seen.prefixes.insert(record.prefix.clone(), record.domain);
                seen.domain_records.insert(record.domain, record.clone());
            }
            Write::PoolRecord(record) => {
                let key = (record.domain, record.pool);
                seen.pool_records.insert(key, record.clone());
            }
            Write::RemovePoolRecord(domain, pool) => {
                seen.pool_records.remove(&(*domain, *pool));
            }
            Write::Team(record) => {
                let key = (record.domain, record.team);
                seen.team_records.insert(key, record.clone());
            }
            Write::RemoveTeam(domain, team) => {
                seen.team_records.remove(&(*domain, *team));
            }
            Write::Contact(record) => {
                let key = (record.domain, record.user, record.contact);
                seen.contact_records.insert(key, record.clone());
            }
            Write::RemoveContact(domain, user, contact) => {
                seen.contact_records.remove(&(*domain, *user, *contact));
            }
            Write::Token(token) => {
                seen.tokens.retain(|_, t| t.id != token.id);
                seen.tokens.insert(token.digest, token.clone());
            }
            Write::RemoveToken(_, id) => seen.tokens.retain(|_, token| token.id != *id),
            Write::Attempts(attempts) => {
                seen.attempts.insert(attempts.key, attempts.clone());
            }
            Write::Remembered(answer) => {
                let key = (answer.head, answer.key);
                seen.remembered.insert(key, answer.clone());
            }
            Write::PriceBook(book) => {
                seen.world.price_books.insert(book.version, book.clone());
            }
            Write::SigningKey(key) => {
                seen.keys.retain(|k| k.kid != key.kid);
                seen.keys.push(key.clone());
            }
            Write::RemoveSigningKey(kid) => seen.keys.retain(|k| k.kid != *kid),
            // Rows of the rules' state come from what happened, never from here.
            Write::Account(_)
            | Write::Domain(_)
            | Write::Seats(_)
            | Write::User(_)
            | Write::RemoveUser(..)
            | Write::Pool(_)
            | Write::RemovePool(..)
            | Write::Session(_)
            | Write::EndedSession(..)
            | Write::Seen { .. }
            | Write::Call(_)
            | Write::Link(..)
            | Write::Waiting(_)
            | Write::RemoveWaiting(..)
            | Write::Member(..)
            | Write::RemoveMember(..)
            | Write::Mail(_) => {}
        }
        self.writes.push(write);
    }

    /// Queues a mail in the same transaction.
    pub fn mail(&mut self, template: &str, recipient: &str, params: serde_json::Value) {
        let mail = self.new_mail(template, recipient, params);
        self.write(Write::Mail(mail));
    }

    pub(crate) fn new_mail(
        &self,
        template: &str,
        recipient: &str,
        params: serde_json::Value,
    ) -> Mail {
        Mail {
            id: self.id(),
            template: template.to_owned(),
            recipient: recipient.to_owned(),
            params: params.to_string(),
            created_at: self.world().now,
            due_at: self.world().now,
            attempts: 0,
            sent_at: None,
        }
    }

    /// A new id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        uuid(self.entropy, self.world().now)
    }

    /// A new user's id.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.id())
    }

    /// A new token's id.
    #[must_use]
    pub fn token_id(&self) -> TokenId {
        TokenId(self.id())
    }

    /// A new secret.
    #[must_use]
    pub fn secret(&self, prefix: &str) -> Secret {
        Secret::new(self.entropy, prefix)
    }

    /// A new secret of a device whose session belongs to this domain.
    #[must_use]
    pub fn device_secret(&self, domain: DomainId) -> Secret {
        Secret::of_device(self.entropy, domain)
    }

    /// A person's record in this draft.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn person(&self, domain: DomainId, user: UserId) -> Result<&Person, Refusal> {
        self.snapshot
            .people
            .get(&(domain, user))
            .map(|person| &**person)
            .ok_or(Refusal::not_found("user"))
    }

    /// A point to return to.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            snapshot: self.snapshot.clone(),
            renewed: self.renewed.clone(),
            renewed_links: self.renewed_links.clone(),
            journal: self.journal.len(),
            writes: self.writes.len(),
        }
    }

    /// Returns to a point: what came after never was.
    pub fn return_to(&mut self, point: Checkpoint) {
        self.snapshot = point.snapshot;
        self.renewed = point.renewed;
        self.renewed_links = point.renewed_links;
        self.journal.truncate(point.journal);
        self.writes.truncate(point.writes);
    }

    pub(crate) fn begin(&mut self, ask: &Ask) {
        self.ask = ask.clone();
        self.actor = None;
    }

    pub(crate) fn length(&self) -> (usize, usize) {
        (self.journal.len(), self.writes.len())
    }

    /// What the batch writes; none, when nothing happened. An answer that is remembered
    /// relies on the lane's head, and the store takes it only where there is none: of two
    /// processes that were asked the same, only one can be the first.
    pub(crate) fn finish(self, lane: Head) -> Option<Unit> {
        let mut writes = rows_after(&self.before, &self.snapshot.world);
        writes.extend(desk_after(&self.before, &self.snapshot, &self.renewed));
        writes.extend(links_after(
            &self.before,
            &self.snapshot,
            &self.renewed_links,
        ));
        writes.extend(self.writes);
        if self.journal.is_empty() && writes.is_empty() {
            return None;
        }
        let presence = |write: &Write| matches!(write, Write::Seen { .. });
        let presence_alone = self.journal.is_empty() && writes.iter().all(presence);
        let now = self.snapshot.world.now;
        let mut heads: BTreeMap<Head, HeadChange> = BTreeMap::new();
        let mut journal = Vec::with_capacity(self.journal.len());
        let id = UnitId(uuid(self.entropy, now));
        for (actor, request, entry) in self.journal {
            let change = heads.entry(entry.head).or_insert_with(|| {
                let known = self.snapshot.heads.get(&entry.head);
                let expected = known.map_or(0, |head| head.version);
                HeadChange {
                    head: entry.head,
                    expected,
                    next: expected,
                    in_turn: false,
                }
            });
            change.next += 1;
            journal.push(JournalEntry {
                head: entry.head,
                seq: change.next,
                at: entry.at,
                recorded_at: now,
                actor,
                request,
                event: entry.event,
            });
        }
        let relied_on = self.snapshot.heads.get(&lane);
        let relied_on = relied_on.filter(|head| head.version > 0 && !presence_alone);
        if let Some(known) = relied_on {
            heads.entry(lane).or_insert(HeadChange {
                head: lane,
                expected: known.version,
                next: known.version,
                in_turn: false,
            });
        }
        let writes = last_of_each_row(writes);
        let mut heads: Vec<HeadChange> = heads.into_values().collect();
        heads.sort_by_key(|change| change.head.key());
        debug_assert_eq!(
            told::untold(&heads, &writes),
            None,
            "no journal tells of it"
        );
        Some(Unit {
            id,
            at: now,
            heads,
            journal,
            writes,
        })
    }
}

/// The rows that differ: removals first, so that what a name was taken by is gone before
/// another takes it.
fn rows_after(before: &World, after: &World) -> Vec<Write> {
    let mut writes = Vec::new();
    for (domain, user) in before.users.keys() {
        if !after.users.contains_key(&(*domain, *user)) {
            writes.push(Write::RemoveUser(*domain, *user));
        }
    }
    for (id, account) in &after.accounts {
        if before.accounts.get(id) != Some(account) {
            writes.push(Write::Account(*account));
        }
    }
    for (id, domain) in &after.domains {
        let former = before.domains.get(id);
        if former.map(core) != Some(core(domain)) {
            writes.push(Write::Domain(*domain));
        }
        if former.map(counts) != Some(counts(domain)) {
            writes.push(Write::Seats(*domain));
        }
    }
    for (key, user) in &after.users {
        if before.users.get(key) != Some(user) {
            writes.push(Write::User(*user));
        }
    }
    writes
}

/// Keeps the last write of each row, in order.
fn last_of_each_row(writes: Vec<Write>) -> Vec<Write> {
    let mut seen = HashSet::with_capacity(writes.len());
    let mut kept: Vec<Write> = writes
        .into_iter()
        .rev()
        .filter(|write| seen.insert(write.key()))
        .collect();
    kept.reverse();
    kept
}

/// A domain without what changes most often.
fn core(domain: &Domain) -> Domain {
    Domain {
        seats: Default::default(),
        users: 0,
        pools: 0,
        teams: 0,
        ..*domain
    }
}

/// What does.
fn counts(domain: &Domain) -> (Seats, u32, u32, u32) {
    (domain.seats, domain.users, domain.pools, domain.teams)
}
