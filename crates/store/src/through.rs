//! A store seen through something: for tests and simulation, which let another process come
//! in between, or let calls be late, fail, or never be answered.
//!
//! Not for production: nothing there comes between an app and its store.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use usher_rules::{AccountId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};

use crate::lists::{
    After, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page, PoolLine,
    SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use crate::port::{Forget, Hear, MailOutcome};
use crate::records::{Mail, Token};
use crate::{Committed, Load, Result, Snapshot, Store, Turn, Unit};

/// What comes between an app and a store: nothing, unless it says so.
#[async_trait]
pub trait Between: Send + Sync + 'static {
    /// Every call but a commit comes by here first: it may be late, or fail.
    ///
    /// # Errors
    /// What the caller is told instead of the store's answer.
    async fn asked(&self) -> Result<()> {
        Ok(())
    }

    /// Whether nobody else can come in between: see [`Store::is_sole`].
    fn is_sole(&self) -> bool {
        false
    }

    /// A load, after [`Between::asked`].
    ///
    /// # Errors
    /// The store's.
    async fn load(&self, store: &dyn Store, load: &Load) -> Result<Snapshot> {
        store.load(load).await
    }

    /// A commit.
    async fn commit(&self, store: &dyn Store, units: Vec<Unit>) -> Vec<Committed> {
        store.commit(units).await
    }

    /// Forgetting, after [`Between::asked`].
    ///
    /// # Errors
    /// The store's.
    async fn forget(&self, store: &dyn Store, before: Forget, limit: u32) -> Result<u64> {
        store.forget(before, limit).await
    }

    /// A list of an account's tokens, after [`Between::asked`].
    ///
    /// # Errors
    /// The store's.
    async fn tokens(&self, store: &dyn Store, account: AccountId) -> Result<Vec<Token>> {
        store.tokens(account).await
    }
}

/// A store seen through something.
#[derive(Clone)]
pub struct Through<B> {
    /// What is seen.
    pub store: Arc<dyn Store>,
    /// What comes between.
    pub between: B,
}

#[async_trait]
impl<B: Between> Store for Through<B> {
    fn engine(&self) -> &'static str {
        self.store.engine()
    }

    fn is_sole(&self) -> bool {
        self.between.is_sole()
    }

    async fn now(&self) -> Result<Time> {
        self.between.asked().await?;
        self.store.now().await
    }

    async fn load(&self, load: &Load) -> Result<Snapshot> {
        self.between.asked().await?;
        self.between.load(self.store.as_ref(), load).await
    }

    async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        self.between.commit(self.store.as_ref(), units).await
    }

    async fn turn(&self, heads: &[Head]) -> Result<Box<dyn Turn>> {
        self.between.asked().await?;
        self.store.turn(heads).await
    }

    async fn journal(&self, head: Head, after: u64, limit: u32) -> Result<Vec<EventLine>> {
        self.between.asked().await?;
        self.store.journal(head, after, limit).await
    }

    async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>> {
        self.between.asked().await?;
        self.store.due(now, limit).await
    }

    async fn users(&self, domain: DomainId, listing: &Listing) -> Result<Page<UserLine>> {
        self.between.asked().await?;
        self.store.users(domain, listing).await
    }

    async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>> {
        self.between.asked().await?;
        self.store.pools(domain, after, limit).await
    }

    async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>> {
        self.between.asked().await?;
        self.store.pool_sessions(domain, pool, after, limit).await
    }

    async fn waiting(
        &self,
        domain: DomainId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<WaitingLine>> {
        self.between.asked().await?;
        self.store.waiting(domain, pool, limit).await
    }

    async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>> {
        self.between.asked().await?;
        self.store.call_links(domain, user, before, limit).await
    }

    async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>> {
        self.between.asked().await?;
        self.store.teams(domain, after, limit).await
    }

    async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>> {
        self.between.asked().await?;
        self.store.contacts(domain, user, added, after, limit).await
    }

    async fn totals_below(&self, domain: DomainId) -> Result<Totals> {
        self.between.asked().await?;
        self.store.totals_below(domain).await
    }

    async fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Result<Page<DomainLine>> {
        self.between.asked().await?;
        self.store.root_domains(after, limit).await
    }

    async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>> {
        self.between.asked().await?;
        self.store.pending_verifications(limit).await
    }

    async fn tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        self.between.asked().await?;
        self.between.tokens(self.store.as_ref(), account).await
    }

    async fn proxies(&self, limit: u32) -> Result<Vec<Token>> {
        self.between.asked().await?;
        self.store.proxies(limit).await
    }

    async fn claim_mail(&self, now: Time, lease_until: Time, limit: u32) -> Result<Vec<Mail>> {
        self.between.asked().await?;
        self.store.claim_mail(now, lease_until, limit).await
    }

    async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>> {
        self.between.asked().await?;
        self.store.sent_mail(limit).await
    }

    async fn settle_mail(&self, id: Uuid, outcome: MailOutcome) -> Result<()> {
        self.between.asked().await?;
        self.store.settle_mail(id, outcome).await
    }

    async fn forget(&self, before: Forget, limit: u32) -> Result<u64> {
        self.between.asked().await?;
        let store = self.store.as_ref();
        self.between.forget(store, before, limit).await
    }

    async fn check(&self) -> Result<Vec<Difference>> {
        self.between.asked().await?;
        self.store.check().await
    }

    fn hear(&self, hear: Hear) {
        self.store.hear(hear);
    }

    fn is_sandbox(&self) -> bool {
        self.store.is_sandbox()
    }

    async fn move_clock(&self, by_micros: i64) -> Result<()> {
        self.between.asked().await?;
        self.store.move_clock(by_micros).await
    }

    async fn ready(&self) -> Result<()> {
        self.between.asked().await?;
        self.store.ready().await
    }
}
