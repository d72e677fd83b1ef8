//! The store for scale: PostgreSQL. Any number of processes on one database.
//!
//! - [`write`]: one connection that merges what waits into one transaction; [`batch`] has
//!   its rows and texts, [`lookup`] what became of it when the connection broke.
//! - [`read`]: a few connections; loads that wait are answered from one snapshot, which
//!   [`merge`] puts together and deals out.
//! - [`lists`]: lists and reports on a small pool of their own.
//! - [`hints`]: what other processes committed, by LISTEN and NOTIFY.
//! - [`turn`]: advisory locks by which processes that contend for a head queue up.
//! - [`connect`]: how all of them connect, over TLS or not as [`tls`] reads it in the URL.
//! - [`open`]: the schema.
//!
//! Only the server names this crate. Absent here: any decision, and any fact that outlives
//! a request; what the database says now is all there is.

mod batch;
mod connect;
mod error;
mod hints;
mod lists;
mod lookup;
mod merge;
mod open;
mod read;
mod rows;
mod tls;
mod turn;
mod write;

use async_trait::async_trait;
use uuid::Uuid;

use usher_rules::{AccountId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};
use usher_store::lists::{
    After, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page, PoolLine,
    SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use usher_store::port::{Forget, Hear, MailOutcome};
use usher_store::records::{Mail, Token};
use usher_store::{Committed, Error, Load, Result, Snapshot, Store, Turn, Unit};

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whether it is to be a sandbox, which is decided when it is made; unless said,
    /// whatever it is.
    pub sandbox: Option<bool>,
    /// Whether to bring an older schema, or none, up to date.
    pub migrate: bool,
    /// Connections for loads. Fewer of them merge more loads into one.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            sandbox: None,
            migrate: false,
            readers: 2,
        }
    }
}

/// How a connection that looks up and writes by key is set, and the texts that are prepared on
/// such ones: for who wants to see their plans.
#[must_use]
pub fn by_key() -> (String, Vec<String>) {
    let loads = usher_store::queries::loads::ALL;
    let clock = merge::clock(false);
    let loads = loads.iter().map(|query| merge::text(query, &clock));
    let removes = batch::written().map(batch::remove);
    let others = [batch::SEEN.to_owned()];
    let texts = loads.chain(removes).chain(others);
    (connect::Purpose::Write.settings(), texts.collect())
}

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    loads: read::Loads,
    writer: write::Writer,
    lists: lists::Lists,
    turns: turn::Turns,
    hints: hints::Hints,
    sandbox: bool,
}

impl PostgresStore {
    /// Opens the store at a URL (`postgres://user:password@host/database`); `sslmode` and
    /// `sslrootcert` in it say how connections are encrypted.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database can't be reached, [`Error::Sandbox`] when
    /// it was made the other way, [`Error::Engine`] when its schema is another than this
    /// program's.
    pub async fn open(url: &str, options: Options) -> Result<PostgresStore> {
        let config = connect::config(url)?;
        let sandbox = open::prepare(&config, options).await?;
        Ok(PostgresStore {
            loads: read::Loads::start(&config, options.readers, sandbox),
            writer: write::Writer::start(&config),
            lists: lists::Lists::new(&config)?,
            turns: turn::Turns::new(&config)?,
            hints: hints::Hints::start(&config),
            sandbox,
        })
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn engine(&self) -> &'static str {
        "postgres"
    }

    async fn now(&self) -> Result<Time> {
        let nothing = self.loads.load(&Load::default()).await?;
        Ok(nothing.world.now)
    }

    async fn load(&self, load: &Load) -> Result<Snapshot> {
        self.loads.load(load).await
    }

    async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        let domains: Vec<Vec<DomainId>> = units.iter().map(|u| u.domains().collect()).collect();
        let committed = self.writer.commit(units).await;
        let done = domains.iter().zip(&committed).filter(|(_, c)| c.is_ok());
        self.hints.tell(done.flat_map(|(domains, _)| domains));
        committed
    }

    async fn turn(&self, heads: &[Head]) -> Result<Box<dyn Turn>> {
        self.turns.wait_for(heads).await
    }

    async fn journal(&self, head: Head, after: u64, limit: u32) -> Result<Vec<EventLine>> {
        self.lists.journal(head, after, limit).await
    }

    fn hear(&self, hear: Hear) {
        self.hints.hear(hear);
    }

    async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>> {
        self.lists.due(now, limit).await
    }

    async fn users(&self, domain: DomainId, listing: &Listing) -> Result<Page<UserLine>> {
        self.lists.users(domain, listing).await
    }

    async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>> {
        self.lists.pools(domain, after, limit).await
    }

    async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>> {
        self.lists.pool_sessions(domain, pool, after, limit).await
    }

    async fn waiting(
        &self,
        domain: DomainId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<WaitingLine>> {
        self.lists.waiting(domain, pool, limit).await
    }

    async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>> {
        self.lists.call_links(domain, user, before, limit).await
    }

    async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>> {
        self.lists.teams(domain, after, limit).await
    }

    async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>> {
        self.lists.contacts(domain, user, added, after, limit).await
    }

    async fn totals_below(&self, domain: DomainId) -> Result<Totals> {
        self.lists.totals_below(domain).await
    }

    async fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Result<Page<DomainLine>> {
        self.lists.root_domains(after, limit).await
    }

    async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>> {
        self.lists.pending_verifications(limit).await
    }

    async fn tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        self.lists.tokens(account).await
    }

    async fn proxies(&self, limit: u32) -> Result<Vec<Token>> {
        self.lists.proxies(limit).await
    }

    async fn claim_mail(&self, now: Time, lease_until: Time, limit: u32) -> Result<Vec<Mail>> {
        self.lists.claim_mail(now, lease_until, limit).await
    }

    async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>> {
        self.lists.sent_mail(limit).await
    }

    async fn settle_mail(&self, id: Uuid, outcome: MailOutcome) -> Result<()> {
        self.lists.settle_mail(id, outcome).await
    }

    async fn forget(&self, before: Forget, limit: u32) -> Result<u64> {
        self.lists.forget(before, limit).await
    }

    async fn check(&self) -> Result<Vec<Difference>> {
        self.lists.check().await
    }

    fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    async fn move_clock(&self, by_micros: i64) -> Result<()> {
        if !self.sandbox {
            return Err(Error::Sandbox("only a sandbox's clock can be moved"));
        }
        self.lists.move_clock(by_micros).await
    }

    async fn ready(&self) -> Result<()> {
        self.lists.ready().await
    }
}
