//! What is kept of domains between commands, so that it need not be loaded again.
//!
//! Whatever a domain consists of changes only under its head. So rows that were loaded stay
//! what the store holds for as long as the head stays at its version. [`Kept::gather`] takes
//! from here what it can and asks the store for the rest, together with the heads; rows whose
//! head has moved on are forgotten, and it begins anew. A store that one server has to itself
//! need not be asked for the heads: nothing of it changes there but by [`Kept::commit`].
//!
//! Nothing relies on this to be safe: a commit names the versions that it was decided on.

mod recent;
mod rows;
mod shelf;
#[cfg(test)]
mod tests;

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use usher_rules::accounts::Account;
use usher_rules::{AccountId, DomainId, Time, UserId};
use uuid::Uuid;

use crate::load::{self, Keys, ROUNDS};
use crate::records::Digest;
use crate::{Committed, Error, HeadState, Load, Result, Snapshot, Store, Unit, Write};
use rows::Rows;
use shelf::{Moment, Shelf, domains_of, whose};

/// How often it is tried; the last time without what is kept.
const ATTEMPTS: usize = 3;

/// What is kept. Every commit of this process goes through here.
pub struct Kept {
    shelf: Arc<Mutex<Shelf>>,
    capacity: usize,
    sole: bool,
    found: [AtomicU64; Found::ALL.len()],
}

/// What was found here of what was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// All that can be kept.
    All,
    /// A part; the store was asked for the rest.
    Some,
    /// Nothing.
    Nothing,
    /// Something that had moved on, so that it was tried again.
    Moved,
}

impl Found {
    /// All of them.
    pub const ALL: [Found; 4] = [Found::All, Found::Some, Found::Nothing, Found::Moved];

    /// As metrics name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Found::All => "all",
            Found::Some => "some",
            Found::Nothing => "nothing",
            Found::Moved => "moved",
        }
    }
}

impl Kept {
    /// Keeps at most about so many rows, none at all for zero, of a store that is or is not
    /// [sole](Store::is_sole).
    #[must_use]
    pub fn new(capacity: usize, sole: bool) -> Kept {
        Kept {
            shelf: Arc::new(Mutex::new(Shelf::new(capacity))),
            capacity,
            sole,
            found: Default::default(),
        }
    }

    #[cfg(test)]
    fn clear(&self) {
        lock(&self.shelf).clear();
    }

    /// How often what was found so far.
    #[must_use]
    pub fn found(&self) -> [(Found, u64); Found::ALL.len()] {
        let count = |found: Found| self.found[found as usize].load(Ordering::Relaxed);
        Found::ALL.map(|found| (found, count(found)))
    }

    fn found_again(&self, found: Found) {
        self.found[found as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many rows are kept, roughly.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.shelf).count()
    }

    /// Whose token it is, as the last commit left it: where one server has the store to itself,
    /// and where it is kept. Whether the token is still good is not said.
    #[must_use]
    pub fn bearer(&self, digest: &Digest) -> Option<Account> {
        let mut shelf = self.sole.then(|| lock(&self.shelf))?;
        shelf.bearer(digest).map(|bearer| bearer.account)
    }

    /// All that turns out to be needed, at one moment that lies after this call began. `needs`
    /// says what that is, given what is there so far.
    ///
    /// # Errors
    /// The store's.
    pub async fn gather(&self, store: &dyn Store, needs: Needs) -> Result<Snapshot> {
        for attempt in 0..ATTEMPTS {
            let asking = Arc::new(Asking {
                // In the end all is asked of the store.
                shelf: (attempt + 1 < ATTEMPTS).then(|| self.shelf.clone()),
                needs: needs.clone(),
                checked: !self.sole,
                state: Mutex::default(),
            });
            let since = lock(&self.shelf).begin();
            let snapshot = store.gather(asking.clone()).await?;
            if let Some(snapshot) = self.stands(&asking, since, snapshot) {
                return Ok(snapshot);
            }
            self.found_again(Found::Moved);
        }
        Err(Error::Engine("what is kept was never what is".to_owned()))
    }

    /// The snapshot, if what was kept of it was so at its moment; learns what was loaded.
    fn stands(&self, asking: &Asking, since: Moment, mut snapshot: Snapshot) -> Option<Snapshot> {
        let State { load, sources, .. } = std::mem::take(&mut *lock(&asking.state));
        let mut shelf = lock(&self.shelf);
        let mut all = !sources.mixed;
        for (domain, served) in &sources.served {
            if asking.checked && !served.is_in(*domain, &snapshot) {
                shelf.forget_for_others(*domain, served.head);
                all = false;
            } else if !served.is_due_after(&snapshot)
                || !asking.checked && !shelf.is_at(*domain, served.head)
            {
                shelf.forget(*domain, served.head);
                all = false;
            }
        }
        for (account, bearer) in &sources.bearers {
            let is_so = match asking.checked {
                true => bearer.is_in(*account, &snapshot),
                false => bearer
                    .keys(*account)
                    .all(|key| shelf.is_as_it_was(since, key)),
            };
            if !is_so || bearer.expires_at <= snapshot.world.now {
                shelf.forget_bearer(account.0);
                all = false;
            }
        }
        if !all {
            return None;
        }
        if self.capacity > 0 {
            let asked = !load.tokens.is_empty() || domains_of(&load).next().is_some();
            if asked {
                let served = sources.served.iter();
                let served: Vec<_> = served.map(|(id, served)| (*id, served.head)).collect();
                shelf.learn(since, &load, &snapshot, &served);
                shelf.learn_bearers(since, &load, &snapshot);
            }
            let nothing = sources.served.is_empty() && sources.bearers.is_empty();
            self.found_again(match (nothing, asked) {
                (false, false) => Found::All,
                (false, true) => Found::Some,
                (true, _) => Found::Nothing,
            });
        }
        // Who only relied on a head moved its time.
        for (head, state) in &mut snapshot.heads {
            if let Some(known) = snapshot.by_key.get(&head.key()) {
                *state = *known;
            }
        }
        Some(snapshot)
    }

    /// Commits a unit.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn commit(&self, store: &dyn Store, unit: Unit) -> Committed {
        if self.capacity == 0 {
            return commit(store, unit).await;
        }
        let kept = |write: &&Write| write.domain().is_some() || whose(write).is_some();
        let rows = unit.writes.iter().filter(kept);
        let followed = Unit {
            id: unit.id,
            at: unit.at,
            heads: unit.heads.clone(),
            journal: vec![],
            writes: rows.cloned().collect(),
        };
        let under_way = Commit::start(&self.shelf, followed);
        let committed = commit(store, unit).await;
        under_way.finish(committed.is_ok());
        committed
    }
}

async fn commit(store: &dyn Store, unit: Unit) -> Committed {
    let outcome = store.commit(vec![unit]).await.pop();
    outcome.unwrap_or_else(|| Err(Error::Engine("no outcome".to_owned())))
}

/// A commit under way.
struct Commit<'a> {
    shelf: &'a Mutex<Shelf>,
    unit: Option<Unit>,
}

impl Commit<'_> {
    fn start(shelf: &Mutex<Shelf>, unit: Unit) -> Commit<'_> {
        lock(shelf).start(&unit);
        let unit = Some(unit);
        Commit { shelf, unit }
    }

    fn finish(mut self, done: bool) {
        if let Some(unit) = self.unit.take() {
            lock(self.shelf).finish(&unit, done);
        }
    }
}

impl Drop for Commit<'_> {
    /// Nobody waited for its end, which may still be to come.
    fn drop(&mut self) {
        if self.unit.is_some() {
            lock(self.shelf).give_up();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says what is needed, given what is there so far. Adds to the load, which may be any part of
/// what was asked for before.
pub type Needs = Arc<dyn Fn(&Snapshot, &mut Load) + Send + Sync>;

/// A gathering under way.
struct Asking {
    shelf: Option<Arc<Mutex<Shelf>>>,
    needs: Needs,
    /// Whether the store is asked for the heads.
    checked: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// All that is needed, so far.
    wanted: Load,
    /// What of it the store is asked for.
    load: Load,
    /// What the rest is from.
    sources: Sources,
}

#[derive(Default)]
struct Sources {
    /// Domains.
    served: Vec<(DomainId, Served)>,
    /// Whose tokens were kept.
    bearers: Vec<(AccountId, Borne)>,
    /// Whether a domain moved on in the middle.
    mixed: bool,
}

/// The state in which a domain's rows were kept.
struct Served {
    head: HeadState,
    rests_on: Arc<[(Uuid, u64)]>,
    due_at: Option<Time>,
}

impl Served {
    fn is_due_after(&self, snapshot: &Snapshot) -> bool {
        self.due_at.is_none_or(|due| due > snapshot.world.now)
    }

    /// Whether all heads are where they were, says the store.
    fn is_in(&self, domain: DomainId, snapshot: &Snapshot) -> bool {
        let is_at = |(head, version): &(Uuid, u64)| {
            let state = snapshot.by_key.get(head);
            state.is_some_and(|state| state.version == *version)
        };
        self.rests_on.iter().all(is_at) && is_at(&(domain.0, self.head.version))
    }
}

/// The state in which it was kept who bears a token.
struct Borne {
    version: u64,
    user: Option<UserId>,
    expires_at: Time,
}

impl Borne {
    /// By what it is known: account and user.
    fn keys(&self, account: AccountId) -> impl Iterator<Item = Uuid> {
        [account.0].into_iter().chain(self.user.map(|user| user.0))
    }

    /// Whether the account's head is where it was, says the store.
    fn is_in(&self, account: AccountId, snapshot: &Snapshot) -> bool {
        let head = snapshot.by_key.get(&account.0);
        head.is_some_and(|head| head.version == self.version)
    }
}

impl load::Needs for Asking {
    fn more(&self, snapshot: &mut Snapshot) -> Load {
        let state = &mut *lock(&self.state);
        let mut load = Load::default();
        for _ in 0..ROUNDS {
            (self.needs)(snapshot, &mut state.wanted);
            let served = self.serve(snapshot, state, &mut load);
            load.add_fresh(&state.wanted);
            state.wanted.take_up();
            if !served {
                break;
            }
        }
        // These are asked for once.
        load.prices &= !state.load.prices;
        load.keys &= !state.load.keys;
        state.load.merge(&load);
        load
    }

    fn anew(&self) {
        let state = &mut *lock(&self.state);
        state.wanted = state.load.clone();
        state.wanted.take_up();
    }
}

impl Asking {
    /// Puts what is kept of what is newly wanted into the snapshot, and the rest of what can be
    /// kept into the load. Whether there was any.
    fn serve(&self, snapshot: &mut Snapshot, state: &mut State, load: &mut Load) -> bool {
        let State {
            wanted,
            load: asked,
            sources,
        } = state;
        let Some(shelf) = &self.shelf else {
            return false;
        };
        if !wanted.has_fresh() {
            return false;
        }
        let mut serving = Serving {
            shelf: &mut lock(shelf),
            snapshot,
            sources,
            heads: self.checked.then_some((&asked.heads, &mut load.heads)),
        };
        let mut any = sift(&mut wanted.tokens, &mut load.tokens, |digest| {
            serving.bearer(digest)
        });
        any |= sift(&mut wanted.domains, &mut load.domains, |domain| {
            serving.rows(*domain, Rows::serve_domain)
        });
        any |= sift(&mut wanted.lineages, &mut load.lineages, |domain| {
            serving.rows(*domain, Rows::serve_line)
        });
        let each = [
            (
                &mut wanted.users,
                &mut load.users,
                Rows::serve_user as Serve,
            ),
            (&mut wanted.people, &mut load.people, Rows::serve_person),
            (&mut wanted.desks, &mut load.desks, Rows::serve_desk),
            (
                &mut wanted.memberships,
                &mut load.memberships,
                Rows::serve_teams,
            ),
        ];
        for (wanted, load, serve) in each {
            any |= sift(wanted, load, |(domain, user)| {
                serving.rows(*domain, |rows, snapshot| serve(rows, *user, snapshot))
            });
        }
        any |= sift(&mut wanted.sessions, &mut load.sessions, |(domain, id)| {
            serving.rows(*domain, |rows, snapshot| rows.serve_seated(*id, snapshot))
        });
        any
    }
}

/// Puts what is kept of a user into a snapshot; none when it is not known.
type Serve = fn(&Rows, UserId, &mut Snapshot) -> Option<()>;

/// Serves what is newly wanted; what can't be is left for the load. Whether any could.
fn sift<K: Eq + Hash + Clone>(
    wanted: &mut Keys<K>,
    load: &mut Keys<K>,
    mut serve: impl FnMut(&K) -> bool,
) -> bool {
    let mut any = false;
    for key in wanted.fresh() {
        if serve(key) {
            any = true;
        } else {
            load.insert(key.clone());
        }
    }
    wanted.take_up();
    any
}

/// Serving from the shelf.
struct Serving<'a> {
    shelf: &'a mut Shelf,
    snapshot: &'a mut Snapshot,
    sources: &'a mut Sources,
    /// Where the store is asked for heads: those that it was asked for, and those that it is to
    /// be asked for.
    heads: Option<(&'a Keys<Uuid>, &'a mut Keys<Uuid>)>,
}

impl Serving<'_> {
    /// From the rows of a domain.
    fn rows(
        &mut self,
        domain: DomainId,
        serve: impl FnOnce(&Rows, &mut Snapshot) -> Option<()>,
    ) -> bool {
        let rows = self.shelf.get(domain);
        let rows = rows.filter(|rows| serve(rows, self.snapshot).is_some());
        if let Some(rows) = rows {
            check(&mut self.heads, rows.heads());
            self.sources.add(domain, rows);
        }
        rows.is_some()
    }

    /// Who bears a token, if that is known. The seat of who is managed is the domain's; where
    /// no other process writes, the domain may be in the middle of a commit.
    fn bearer(&mut self, digest: &Digest) -> bool {
        let Some(bearer) = self.shelf.bearer(digest).cloned() else {
            return false;
        };
        if let Some(user) = bearer.user {
            if self.heads.is_none() {
                let key = (user.domain, user.id);
                self.snapshot.world.users.insert(key, user);
            } else if !self.rows(user.domain, |rows, snapshot| {
                rows.serve_user(user.id, snapshot)
            }) {
                return false;
            }
        }
        let id = bearer.account.id;
        check(&mut self.heads, [id.0]);
        let borne = Borne {
            version: bearer.version,
            user: bearer.user.map(|user| user.id),
            expires_at: bearer.token.expires_at,
        };
        self.sources.bearers.push((id, borne));
        self.snapshot.world.accounts.insert(id, bearer.account);
        self.snapshot.tokens.insert(*digest, bearer.token);
        true
    }
}

/// Has the store asked for heads that it was not yet asked for.
fn check(heads: &mut Option<(&Keys<Uuid>, &mut Keys<Uuid>)>, on: impl IntoIterator<Item = Uuid>) {
    if let Some((asked, load)) = heads {
        load.extend(on.into_iter().filter(|head| !asked.contains(head)));
    }
}

impl Sources {
    fn add(&mut self, domain: DomainId, rows: &Rows) {
        let before = self.served.iter().find(|(of, _)| *of == domain);
        if let Some((_, before)) = before {
            self.mixed |= before.head.version != rows.head.version;
            return;
        }
        let served = Served {
            head: rows.head,
            rests_on: rows.rests_on.clone(),
            due_at: rows.due_at,
        };
        self.served.push((domain, served));
    }
}
