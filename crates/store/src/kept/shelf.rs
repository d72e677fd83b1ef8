//! Where the rows of domains are kept, and how they stay what the store holds.
//!
//! A commit takes what is kept of its domains off the shelf, and puts it back when it is
//! done: in between the store alone knows. What was loaded is put here only when no commit
//! touched it since the load began.

use foldhash::{HashMap, HashMapExt as _, HashSet};
use std::collections::hash_map::Entry;

use usher_rules::accounts::{Account, Place};
use usher_rules::users::User;
use usher_rules::{DomainId, Head};
use uuid::Uuid;

use super::recent::{Recent, Weigh};
use super::rows::Rows;
use crate::load::Keys;
use crate::records::{Digest, Token};
use crate::{HeadState, Load, Snapshot, Unit, Write};

/// Over how many places the moments of last commits are spread: two heads that share one take
/// each other's commits for their own, and are loaded once more.
const MARKS: usize = 4096;

/// How often a domain that others changed is not kept after that: while several processes are
/// at work on it, asking for it once more each time would cost more than is saved.
const SHY: usize = 16;

/// A moment in the order of loads and commits in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment(u64);

/// What is kept, by use.
pub(super) struct Shelf {
    domains: Recent<DomainId, Box<Rows>>,
    moving: HashMap<DomainId, Moving>,
    /// Domains that others changed lately, and how often more they are not kept.
    shy: Recent<DomainId, Shy>,
    /// Whose rows rest on a head that is not their domain's.
    resting: HashMap<Uuid, HashSet<DomainId>>,
    /// Who bears which token.
    bearers: Recent<Digest, Bearer>,
    /// Their tokens, by the accounts and users that they are.
    tokens: HashMap<Uuid, HashSet<Digest>>,
    now: Moment,
    marks: Vec<Moment>,
    gave_up: bool,
}

/// A domain in the middle of commits.
struct Moving {
    commits: usize,
    /// What was kept of it, while there is one commit alone.
    rows: Option<Box<Rows>>,
}

/// A token and whose it is.
#[derive(Clone)]
pub(super) struct Bearer {
    pub token: Token,
    pub account: Account,
    /// The version of the account's head.
    pub version: u64,
    /// The seat of an account that is managed, which lies under the domain's head.
    pub user: Option<User>,
}

impl Bearer {
    fn of(snapshot: &Snapshot, digest: &Digest) -> Option<Bearer> {
        let token = snapshot.tokens.get(digest)?;
        let account = *snapshot.world.accounts.get(&token.account)?;
        let user = match account.place {
            Place::Managed { domain, user } => Some(*snapshot.world.users.get(&(domain, user))?),
            Place::Unmanaged { .. } => None,
        };
        Some(Bearer {
            token: token.clone(),
            account,
            version: snapshot.by_key.get(&account.id.0)?.version,
            user,
        })
    }

    /// By what it is known: account and user.
    pub fn keys(&self) -> impl Iterator<Item = Uuid> {
        let user = self.user.map(|user| user.id.0);
        [self.account.id.0].into_iter().chain(user)
    }
}

/// How often more a domain is not kept.
struct Shy(usize);

impl Weigh for Shy {
    fn weight(&self) -> usize {
        1
    }
}

impl Weigh for Box<Rows> {
    fn weight(&self) -> usize {
        self.count()
    }
}

impl Weigh for Bearer {
    fn weight(&self) -> usize {
        3
    }
}

impl Shelf {
    pub fn new(capacity: usize) -> Shelf {
        Shelf {
            domains: Recent::new(capacity - capacity / 4),
            moving: HashMap::new(),
            shy: Recent::new(capacity / 16),
            resting: HashMap::new(),
            bearers: Recent::new(capacity / 4),
            tokens: HashMap::new(),
            now: Moment(0),
            marks: vec![Moment(0); MARKS],
            gave_up: false,
        }
    }

    /// How many rows are kept, roughly.
    pub fn count(&self) -> usize {
        let rows = self.domains.iter().map(|(_, rows)| rows.weight());
        let bearers = self.bearers.iter().map(|(_, bearer)| bearer.weight());
        rows.chain(bearers).sum()
    }

    /// The moment in which a load begins.
    pub fn begin(&self) -> Moment {
        self.now
    }

    /// What is kept of a domain.
    pub fn get(&mut self, domain: DomainId) -> Option<&Rows> {
        if self.domains.is_old(&domain)
            && let Some(rows) = self.domains.take(&domain)
        {
            self.put(domain, rows);
        }
        self.domains.peek(&domain).map(|rows| &**rows)
    }

    /// Who bears a token.
    pub fn bearer(&mut self, digest: &Digest) -> Option<&Bearer> {
        if self.bearers.is_old(digest)
            && let Some(bearer) = self.bearers.take(digest)
        {
            self.put_bearer(bearer);
        }
        self.bearers.peek(digest)
    }

    /// Whether no commit of this process touched what is under a head since then.
    pub fn is_as_it_was(&self, since: Moment, head: Uuid) -> bool {
        !self.gave_up && self.marks[mark(head)] <= since
    }

    /// Keeps nothing of what it keeps now; commits under way bring nothing back.
    #[cfg(test)]
    pub fn clear(&mut self) {
        self.domains.clear();
        self.shy.clear();
        self.bearers.clear();
        self.resting.clear();
        self.tokens.clear();
        for moving in self.moving.values_mut() {
            moving.rows = None;
        }
    }

    /// Keeps nothing, from now on.
    pub fn give_up(&mut self) {
        *self = Shelf::new(0);
        self.gave_up = true;
    }

    /// Whether a domain's rows are kept at this version.
    pub fn is_at(&self, domain: DomainId, head: HeadState) -> bool {
        let kept = self.domains.peek(&domain);
        kept.is_some_and(|rows| rows.head.version == head.version)
    }

    /// Forgets a domain that is no longer as it is kept, if it is still kept at this version.
    pub fn forget(&mut self, domain: DomainId, head: HeadState) {
        if self.is_at(domain, head) {
            self.domains.take(&domain);
        }
    }

    /// Likewise, after somebody else changed it.
    pub fn forget_for_others(&mut self, domain: DomainId, head: HeadState) {
        self.forget(domain, head);
        self.shy.put(domain, Shy(SHY));
    }

    /// Whether a domain is not to be kept this time.
    fn is_shy(&mut self, domain: DomainId) -> bool {
        let Some(Shy(more)) = self.shy.take(&domain) else {
            return false;
        };
        if more > 1 {
            self.shy.put(domain, Shy(more - 1));
        }
        true
    }

    /// Forgets the tokens of an account or a user.
    pub fn forget_bearer(&mut self, key: Uuid) {
        for digest in self.tokens.remove(&key).into_iter().flatten() {
            self.bearers.take(&digest);
        }
    }

    fn put(&mut self, domain: DomainId, rows: Box<Rows>) {
        rest(&mut self.resting, domain, &rows);
        if self.domains.put(domain, rows) {
            self.resting.clear();
            let moving = self.moving.iter();
            let moving = moving.filter_map(|(id, moving)| Some((id, moving.rows.as_ref()?)));
            for (domain, rows) in self.domains.iter().chain(moving) {
                rest(&mut self.resting, *domain, rows);
            }
        }
    }

    fn put_bearer(&mut self, bearer: Bearer) {
        note(&mut self.tokens, &bearer);
        if self.bearers.put(bearer.token.digest, bearer) {
            self.tokens.clear();
            for (_, bearer) in self.bearers.iter() {
                note(&mut self.tokens, bearer);
            }
        }
    }

    /// Keeps who bears the tokens that were loaded, since a moment.
    pub fn learn_bearers(&mut self, since: Moment, loaded: &Load, snapshot: &Snapshot) {
        for digest in &loaded.tokens {
            let bearer = Bearer::of(snapshot, digest);
            let bearer = bearer.filter(|b| b.token.expires_at > snapshot.world.now);
            let bearer = bearer.filter(|b| b.keys().all(|key| self.is_as_it_was(since, key)));
            if let Some(bearer) = bearer {
                self.put_bearer(bearer);
            }
        }
    }

    /// Keeps what was loaded, since a moment, of the domains that were asked for, and of those
    /// of which a part was served in this state.
    pub fn learn(
        &mut self,
        since: Moment,
        loaded: &Load,
        snapshot: &Snapshot,
        served: &[(DomainId, HeadState)],
    ) {
        for domain in &loaded.domains {
            let fresh = Rows::of(snapshot, *domain).map(Box::new);
            let fresh = fresh.filter(|rows| self.is_untouched(since, *domain, rows));
            if let Some(rows) = fresh.filter(|rows| !self.is_at(*domain, rows.head))
                && !self.is_shy(*domain)
            {
                self.put(*domain, rows);
            }
        }
        let mut learnt = Keys::default();
        for domain in domains_of(loaded) {
            if !learnt.insert(domain) {
                continue;
            }
            let served = served.iter().find(|(id, _)| *id == domain);
            let fresh = snapshot.heads.get(&Head::Domain(domain));
            let Some(state) = served.map(|(_, state)| state).or(fresh) else {
                continue;
            };
            let kept = self.domains.peek(&domain);
            let kept = kept.filter(|rows| rows.head.version == state.version);
            if kept.is_none_or(|rows| !self.is_untouched(since, domain, rows)) {
                continue;
            }
            if let Some(mut rows) = self.domains.take(&domain) {
                rows.learn(loaded, snapshot);
                self.put(domain, rows);
            }
        }
    }

    /// Whether no commit of this process touched a domain, or what it rests on, since then.
    fn is_untouched(&self, since: Moment, domain: DomainId, rows: &Rows) -> bool {
        let still = |head| self.is_as_it_was(since, head);
        !self.moving.contains_key(&domain) && rows.heads().all(still)
    }

    /// A commit begins: what is kept of its domains is off the shelf until it is over.
    pub fn start(&mut self, unit: &Unit) {
        self.touch(unit);
        for change in &unit.heads {
            if let Head::Domain(domain) = change.head {
                let rows = self.domains.take(&domain);
                let rows = rows.filter(|rows| rows.head.version == change.expected);
                match self.moving.entry(domain) {
                    Entry::Vacant(place) => drop(place.insert(Moving { commits: 1, rows })),
                    Entry::Occupied(mut other) => {
                        other.get_mut().commits += 1;
                        other.get_mut().rows = None;
                    }
                }
            }
        }
    }

    /// It is over. What it did, if that is known, is done here too.
    pub fn finish(&mut self, unit: &Unit, done: bool) {
        self.touch(unit);
        for change in &unit.heads {
            let Head::Domain(domain) = change.head else {
                continue;
            };
            let Entry::Occupied(mut moving) = self.moving.entry(domain) else {
                continue;
            };
            moving.get_mut().commits -= 1;
            if moving.get().commits > 0 {
                continue;
            }
            let Some(mut rows) = moving.remove().rows.filter(|_| done) else {
                continue;
            };
            rows.head = HeadState {
                version: change.next,
                at: unit.at,
            };
            let own = unit.writes.iter();
            let mut own = own.filter(|write| write.domain() == Some(domain));
            if own.all(|write| rows.follow(write).is_ok()) {
                self.put(domain, rows);
            }
        }
        if done && unit.heads.is_empty() {
            self.saw(unit);
        }
    }

    /// Devices that were seen, under no head.
    fn saw(&mut self, unit: &Unit) {
        for write in &unit.writes {
            let Write::Seen {
                domain,
                session,
                at,
            } = *write
            else {
                continue;
            };
            if let Some(rows) = self.domains.peek_mut(&domain) {
                rows.seen(session, at);
            }
        }
    }

    /// Whatever rests on what a unit changes does so no longer.
    fn touch(&mut self, unit: &Unit) {
        self.now.0 += 1;
        for change in &unit.heads {
            let key = change.head.key();
            self.marks[mark(key)] = self.now;
            for domain in self.resting.remove(&key).into_iter().flatten() {
                self.domains.take(&domain);
                if let Some(moving) = self.moving.get_mut(&domain) {
                    moving.rows = None;
                }
            }
        }
        for key in unit.writes.iter().filter_map(whose) {
            self.marks[mark(key)] = self.now;
            self.forget_bearer(key);
        }
    }
}

/// Whose token, account or seat a write is about.
pub(super) fn whose(write: &Write) -> Option<Uuid> {
    match write {
        Write::Account(account) => Some(account.id.0),
        Write::Token(token) => Some(token.account.0),
        Write::RemoveToken(account, _) => Some(account.0),
        Write::User(user) => Some(user.id.0),
        Write::RemoveUser(_, user) => Some(user.0),
        _ => None,
    }
}

fn note(tokens: &mut HashMap<Uuid, HashSet<Digest>>, bearer: &Bearer) {
    for key in bearer.keys() {
        let own = tokens.entry(key).or_default();
        own.insert(bearer.token.digest);
    }
}

fn rest(resting: &mut HashMap<Uuid, HashSet<DomainId>>, domain: DomainId, rows: &Rows) {
    for (head, _) in &*rows.rests_on {
        resting.entry(*head).or_default().insert(domain);
    }
}

/// The domains that a load is about, as far as their rows are kept; a domain may be there more
/// than once.
pub(super) fn domains_of(load: &Load) -> impl Iterator<Item = DomainId> {
    let alone = load.domains.iter().chain(&load.lineages).copied();
    let users = [&load.users, &load.people, &load.desks, &load.memberships];
    let users = users.into_iter().flatten().map(|(domain, _)| *domain);
    let sessions = load.sessions.iter().map(|(domain, _)| *domain);
    alone.chain(users).chain(sessions)
}

fn mark(head: Uuid) -> usize {
    // The last bytes of an id are random.
    let bytes = head.as_bytes();
    usize::from(u16::from_be_bytes([bytes[14], bytes[15]])) % MARKS
}
