//! A store in memory, for tests and simulation: it promises what every store promises
//! but durability. Deterministic: its clock stands still until someone moves it, and
//! nothing in it is left to chance.
//!
//! Not for production: whatever it holds is gone with the process.

mod check;
mod commit;
mod desk;
mod lists;
mod load;
mod tables;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use usher_rules::{AccountId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};

use crate::lists::{
    After, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page, PoolLine,
    SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use crate::port::{Forget, Grown, Hear, MailOutcome};
use crate::records::{Mail, Token};
use crate::{Committed, Error, Load, Result, Snapshot, Store, Turn, Unit};
pub(crate) use tables::{AnySession, Tables};

/// A store in memory. Clones are handles to the same store.
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
    /// Who has one of the handles to this store, each a process as it were.
    hearing: Arc<Mutex<Vec<Hear>>>,
}

#[derive(Clone)]
struct Inner {
    tables: Tables,
    clock: Time,
    sandbox: bool,
    faults: VecDeque<Fault>,
}

/// Something that goes wrong with a commit, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another process was first: nothing is committed.
    Conflict,
    /// The connection is lost before the commit, so that nothing was done.
    UnknownAndLost,
    /// The connection is lost after the commit, so that all was done.
    UnknownAndDone,
    /// The store can't be reached: nothing is committed.
    Unavailable,
}

impl MemoryStore {
    /// An empty store whose clock stands at `now`.
    #[must_use]
    pub fn new(now: Time) -> MemoryStore {
        Self::with(now, false)
    }

    /// An empty store for a sandbox: [`Store::move_clock`] moves its clock as well.
    #[must_use]
    pub fn sandbox(now: Time) -> MemoryStore {
        Self::with(now, true)
    }

    fn with(clock: Time, sandbox: bool) -> MemoryStore {
        let inner = Inner {
            tables: Tables::new(),
            clock,
            sandbox,
            faults: VecDeque::new(),
        };
        MemoryStore {
            inner: Arc::new(Mutex::new(inner)),
            hearing: Arc::default(),
        }
    }

    /// Another store that holds the same: what happens in one is not seen in the other.
    #[must_use]
    pub fn copied(&self) -> MemoryStore {
        MemoryStore {
            inner: Arc::new(Mutex::new(self.lock().clone())),
            hearing: Arc::default(),
        }
    }

    /// Holds again what another store holds, as if nothing else had ever happened here.
    pub fn become_like(&self, other: &MemoryStore) {
        let like = other.lock().clone();
        *self.lock() = like;
    }

    /// Moves the clock on, or back when negative: clocks of processes differ, and a
    /// decision has to bear it.
    pub fn advance(&self, seconds: i64) {
        let mut inner = self.lock();
        inner.clock = inner.clock.plus_seconds(seconds);
    }

    /// Sets the clock.
    pub fn set_now(&self, now: Time) {
        self.lock().clock = now;
    }

    /// Makes the next commit go wrong in this way; faults queue up, one per commit.
    pub fn fail_next(&self, fault: Fault) {
        self.lock().faults.push_back(fault);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in a test while it held the lock leaves whole units behind: each is
        // checked before it is applied.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn commit(&mut self, units: &[Unit]) -> Vec<Committed> {
        let fault = self.faults.pop_front();
        let lost = |error: Error| units.iter().map(|_| Err(error.clone())).collect();
        match fault {
            None => units.iter().map(|unit| self.tables.commit(unit)).collect(),
            Some(Fault::Conflict) => lost(Error::Conflict),
            Some(Fault::UnknownAndLost) => lost(Error::Unknown("before the commit".into())),
            Some(Fault::UnknownAndDone) => {
                for unit in units {
                    let _ = self.tables.commit(unit);
                }
                lost(Error::Unknown("after the commit".into()))
            }
            Some(Fault::Unavailable) => lost(Error::Unavailable("on purpose".into())),
        }
    }
}

/// There is one writer, the holder of the lock: it is always anyone's turn.
struct AtOnce;
impl Turn for AtOnce {}

#[async_trait]
impl Store for MemoryStore {
    fn engine(&self) -> &'static str {
        "memory"
    }

    async fn now(&self) -> Result<Time> {
        Ok(self.lock().clock)
    }

    async fn load(&self, load: &Load) -> Result<Snapshot> {
        let inner = self.lock();
        Ok(inner.tables.load(load, inner.clock))
    }

    async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        let committed = self.lock().commit(&units);
        let hearing = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        for (unit, _) in units.iter().zip(&committed).filter(|(_, c)| c.is_ok()) {
            for domain in unit.domains() {
                hearing.iter().for_each(|hear| hear(Grown::Domain(domain)));
            }
        }
        committed
    }

    async fn turn(&self, _heads: &[Head]) -> Result<Box<dyn Turn>> {
        Ok(Box::new(AtOnce))
    }

    async fn journal(&self, head: Head, after: u64, limit: u32) -> Result<Vec<EventLine>> {
        Ok(self.lock().tables.journal(head, after, limit))
    }

    fn hear(&self, hear: Hear) {
        let mut hearing = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        hearing.push(hear);
    }

    async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>> {
        Ok(self.lock().tables.due(now, limit))
    }

    async fn users(&self, domain: DomainId, listing: &Listing) -> Result<Page<UserLine>> {
        Ok(self.lock().tables.users(domain, listing))
    }

    async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>> {
        Ok(self.lock().tables.pools(domain, after, limit))
    }

    async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>> {
        let inner = self.lock();
        Ok(inner.tables.pool_sessions(domain, pool, after, limit))
    }

    async fn waiting(
        &self,
        domain: DomainId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<WaitingLine>> {
        Ok(self.lock().tables.waiting_list(domain, pool, limit))
    }

    async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>> {
        Ok(self.lock().tables.call_links(domain, user, before, limit))
    }

    async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>> {
        Ok(self.lock().tables.teams(domain, after, limit))
    }

    async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>> {
        Ok(self
            .lock()
            .tables
            .contacts(domain, user, added, after, limit))
    }

    async fn totals_below(&self, domain: DomainId) -> Result<Totals> {
        Ok(self.lock().tables.totals_below(domain))
    }

    async fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Result<Page<DomainLine>> {
        Ok(self.lock().tables.root_domains(after, limit))
    }

    async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>> {
        Ok(self.lock().tables.pending_verifications(limit))
    }

    async fn tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        Ok(self.lock().tables.tokens_of(account))
    }

    async fn proxies(&self, limit: u32) -> Result<Vec<Token>> {
        Ok(self.lock().tables.proxies(limit))
    }

    async fn claim_mail(&self, now: Time, lease_until: Time, limit: u32) -> Result<Vec<Mail>> {
        Ok(self.lock().tables.claim_mail(now, lease_until, limit))
    }

    async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>> {
        Ok(self.lock().tables.sent_mail(limit))
    }

    async fn settle_mail(&self, id: Uuid, outcome: MailOutcome) -> Result<()> {
        self.lock().tables.settle_mail(id, outcome);
        Ok(())
    }

    async fn forget(&self, before: Forget, limit: u32) -> Result<u64> {
        Ok(self.lock().tables.forget(before, limit))
    }

    async fn check(&self) -> Result<Vec<Difference>> {
        Ok(self.lock().tables.check())
    }

    fn is_sandbox(&self) -> bool {
        self.lock().sandbox
    }

    async fn move_clock(&self, by_micros: i64) -> Result<()> {
        let mut inner = self.lock();
        if !inner.sandbox {
            return Err(Error::Sandbox("the clock can be moved in a sandbox only"));
        }
        inner.clock = Time(inner.clock.0.saturating_add(by_micros));
        Ok(())
    }

    async fn ready(&self) -> Result<()> {
        Ok(())
    }
}
