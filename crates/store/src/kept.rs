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

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use usher_rules::{AccountId, DomainId, Time};
use uuid::Uuid;

use crate::load::{self, ROUNDS};
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
        let state = std::mem::take(&mut *lock(&asking.state));
        let mut shelf = lock(&self.shelf);
        let mut all = !state.mixed;
        for (domain, served) in &state.served {
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
        for (account, bearer) in &state.bearers {
            let is_so = match asking.checked {
                true => bearer.is_in(*account, &snapshot),
                false => bearer
                    .keys
                    .iter()
                    .all(|key| shelf.is_as_it_was(since, *key)),
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
            let asked = !state.load.tokens.is_empty() || !domains_of(&state.load).is_empty();
            if asked {
                let served = state.served.iter();
                let served: Vec<_> = served.map(|(id, served)| (*id, served.head)).collect();
                shelf.learn(since, &state.load, &snapshot, &served);
                shelf.learn_bearers(since, &state.load, &snapshot);
            }
            let nothing = state.served.is_empty() && state.bearers.is_empty();
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
    keys: Vec<Uuid>,
    expires_at: Time,
}

impl Borne {
    /// Whether the account's head is where it was, says the store.
    fn is_in(&self, account: AccountId, snapshot: &Snapshot) -> bool {
        let head = snapshot.by_key.get(&account.0);
        head.is_some_and(|head| head.version == self.version)
    }
}

impl load::Needs for Asking {
    fn more(&self, snapshot: &mut Snapshot) -> Load {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let mut load = Load::default();
        for _ in 0..ROUNDS {
            let mut asked = Load::default();
            (self.needs)(snapshot, &mut asked);
            let mut more = state.wanted.take_up(asked);
            if more.is_empty() {
                load.not_before = load.not_before.max(more.not_before);
                break;
            }
            let served = self.serve(&mut more, snapshot, state, &mut load);
            load.merge(&more);
            if !served {
                break;
            }
        }
        state.load.merge(&load);
        load
    }

    fn anew(&self) {
        let state = &mut *lock(&self.state);
        state.wanted = state.load.clone();
    }
}

impl Asking {
    /// Puts what is kept of what is wanted into the snapshot. Whether there was any.
    fn serve(
        &self,
        wanted: &mut Load,
        snapshot: &mut Snapshot,
        state: &mut State,
        load: &mut Load,
    ) -> bool {
        let domains = domains_of(wanted);
        let Some(shelf) = &self.shelf else {
            return false;
        };
        if domains.is_empty() && wanted.tokens.is_empty() {
            return false;
        }
        let mut shelf = lock(shelf);
        let mut any = false;
        let mut heads = BTreeSet::new();
        wanted.tokens.retain(|digest| {
            let served = self.serve_bearer(digest, &mut shelf, snapshot, state, &mut heads);
            any |= served.is_some();
            served.is_none()
        });
        for domain in domains {
            let rows = shelf.get(domain);
            if let Some(rows) = rows.filter(|rows| rows.serve(wanted, snapshot)) {
                any = true;
                heads.extend(rows.heads());
                state.served_from(domain, rows);
            }
        }
        if self.checked {
            let asked = &state.load.heads;
            heads.retain(|head| !asked.contains(head));
            load.heads.append(&mut heads);
        }
        any
    }

    /// Who bears a token, if that is known. The seat of who is managed is the domain's; where
    /// no other process writes, the domain may be in the middle of a commit.
    fn serve_bearer(
        &self,
        digest: &Digest,
        shelf: &mut Shelf,
        snapshot: &mut Snapshot,
        state: &mut State,
        heads: &mut BTreeSet<Uuid>,
    ) -> Option<()> {
        let bearer = shelf.bearer(digest)?.clone();
        if let Some(user) = bearer.user {
            if self.checked {
                let rows = shelf.get(user.domain)?;
                rows.serve_user(user.id, snapshot)?;
                heads.extend(rows.heads());
                state.served_from(user.domain, rows);
            } else {
                let key = (user.domain, user.id);
                snapshot.world.users.insert(key, user);
            }
        }
        let id = bearer.account.id;
        heads.insert(id.0);
        let borne = Borne {
            version: bearer.version,
            keys: bearer.keys().collect(),
            expires_at: bearer.token.expires_at,
        };
        state.bearers.push((id, borne));
        snapshot.world.accounts.insert(id, bearer.account);
        snapshot.tokens.insert(*digest, bearer.token);
        Some(())
    }
}

impl State {
    fn served_from(&mut self, domain: DomainId, rows: &Rows) {
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
