//! The port itself.

use std::sync::Arc;

use async_trait::async_trait;

use usher_rules::{DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};

use crate::lists::{
    After, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page, PoolLine,
    SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use crate::load::{Needs, ROUNDS};
use crate::records::{Mail, Token};
use crate::unit::{Committed, Unit};
use crate::{Error, Load, Result, Snapshot};

/// The right to be next on some heads: held from before a load until after the commit, by
/// one process at a time. Who has it is not overtaken by who has not: so it makes contention
/// cheap and fair; it is never what makes it safe. Given back when dropped.
pub trait Turn: Send {}

/// Which journals may have grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grown {
    /// A domain's.
    Domain(DomainId),
    /// Any: hints were lost, so whoever follows a journal looks.
    Any,
}

/// What is said of needs that have no end.
pub const ENDLESS: &str = "what is needed has no end";

/// Takes hints. Must be quick, and wait for nothing.
pub type Hear = Arc<dyn Fn(Grown) + Send + Sync>;

/// What the app asks of storage.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The engine's name, for logs and metrics.
    fn engine(&self) -> &'static str;

    /// Whether nothing that is kept in memory ([`crate::kept`]) changes here but by what this
    /// process commits: it has the store to itself.
    fn is_sole(&self) -> bool {
        false
    }

    /// The time by which decisions are made: the database's clock, moved in a sandbox.
    async fn now(&self) -> Result<Time>;

    /// All that is asked for, at one moment that lies after this call began.
    async fn load(&self, load: &Load) -> Result<Snapshot>;

    /// All that turns out to be needed, at one such moment.
    async fn gather(&self, needs: Arc<dyn Needs>) -> Result<Snapshot> {
        let mut snapshot = Snapshot::default();
        let mut load = needs.more(&mut snapshot);
        if load.is_empty() {
            snapshot.world.now = self.now().await?.max(load.not_before);
            return Ok(snapshot);
        }
        for _ in 0..ROUNDS {
            snapshot = self.load(&load).await?;
            needs.anew();
            let more = needs.more(&mut snapshot);
            if more.is_empty() {
                return Ok(snapshot);
            }
            load.merge(&more);
        }
        Err(Error::Engine(ENDLESS.to_owned()))
    }

    /// Commits units, each whole or not at all; an answer per unit, in their order. When
    /// one says `Ok`, it is on disk.
    ///
    /// Per unit: [`crate::Error::Conflict`] when a head, or a row of attempts that is there,
    /// is not at the expected version, or another answer was given under the same key;
    /// [`crate::Error::NotUnique`] and [`crate::Error::Constraint`] when the database refuses
    /// a row; [`crate::Error::Unknown`] when the outcome can't be told.
    async fn commit(&self, units: Vec<Unit>) -> Vec<Committed>;

    /// Waits for the turn on heads, all of them. A store with a single writer gives it at
    /// once.
    async fn turn(&self, heads: &[Head]) -> Result<Box<dyn Turn>>;

    /// A journal after a sequence number, oldest first.
    async fn journal(&self, head: Head, after: u64, limit: u32) -> Result<Vec<EventLine>>;

    /// Tells from now on when a domain's journal may have grown by what another process
    /// committed. A hint, after the commit: it may come twice or for nothing, and one may be
    /// lost; the journal is the truth. A store that only one process can have open tells
    /// nothing.
    fn hear(&self, hear: Hear);

    /// Domains in which something is due by `now`: an invitation or an offer lapses, a session
    /// ends or its device is told, a scheduled decrease takes effect, a standing changes by
    /// time; or a pool owes an offer, which is due at once. Those due first come first.
    async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>>;

    /// A page of a domain's users (rule D4).
    async fn users(&self, domain: DomainId, listing: &Listing) -> Result<Page<UserLine>>;

    /// A page of a domain's seat pools, in the order of their making (rule E11).
    async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>>;

    /// A page of a pool's live sessions, in the order of log-in (rule E11).
    async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>>;

    /// Who waits for a seat of a pool or has one offered, in the order in which seats are
    /// offered (rule E13): those with a reservation first, each by place.
    async fn waiting(&self, domain: DomainId, pool: PoolId, limit: u32)
    -> Result<Vec<WaitingLine>>;

    /// A page of a user's call links, in whatever state, the newest first (rule F2).
    async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>>;

    /// A page of a domain's teams, in the order of their making (rule D5).
    async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>>;

    /// A page of the contacts of a user: everyone who has joined, is not suspended, and shares
    /// a team; and, if asked for, what the user added: as that person, where the address is
    /// such a user's (rule D5). Each once, by name in lower case, then by id.
    async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>>;

    /// Totals of the domains below one (rules C4, C8), itself not counted.
    async fn totals_below(&self, domain: DomainId) -> Result<Totals>;

    /// A page of all root domains, in the order of their making.
    async fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Result<Page<DomainLine>>;

    /// Verifications that wait for the operator, oldest first.
    async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>>;

    /// An account's tokens, newest first.
    async fn tokens(&self, account: usher_rules::AccountId) -> Result<Vec<Token>>;

    /// Credentials of proxies, whoever issued them, newest first (rule F1).
    async fn proxies(&self, limit: u32) -> Result<Vec<Token>>;

    /// Takes mails that are due, for one process until `lease_until`.
    async fn claim_mail(&self, now: Time, lease_until: Time, limit: u32) -> Result<Vec<Mail>>;

    /// Mails that were sent, newest first (kept in a sandbox only).
    async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>>;

    /// Says what became of a claimed mail: sent (and kept or not), or to be tried again.
    async fn settle_mail(&self, id: uuid::Uuid, outcome: MailOutcome) -> Result<()>;

    /// Forgets what has had its time: idempotency keys, expired tokens, old attempts, what is
    /// over at the front desk.
    /// Returns how many rows went; call again while it is `limit`.
    async fn forget(&self, before: Forget, limit: u32) -> Result<u64>;

    /// Recomputes every count from its rows; what differs.
    async fn check(&self) -> Result<Vec<Difference>>;

    /// Whether the store was made for a sandbox.
    fn is_sandbox(&self) -> bool;

    /// Moves the clock of a sandbox by so many microseconds.
    ///
    /// # Errors
    /// [`crate::Error::Sandbox`] outside of one.
    async fn move_clock(&self, by_micros: i64) -> Result<()>;

    /// Whether the store can be written to now; for the readiness route.
    async fn ready(&self) -> Result<()>;
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailOutcome {
    /// Sent, and no longer needed.
    Sent,
    /// Sent, and kept to be looked at (sandbox).
    SentAndKept(Time),
    /// Not sent; try again at this time.
    RetryAt(Time),
}

/// Up to when things are forgotten; nothing, unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forget {
    /// Answers under idempotency keys that were given before.
    pub remembered: Time,
    /// Tokens that expired before.
    pub tokens: Time,
    /// Wrong attempts whose last was before.
    pub attempts: Time,
    /// Sessions that ended before.
    pub sessions: Time,
    /// Calls that ended before.
    pub calls: Time,
    /// Call links whose validity ended before, used or revoked or not.
    pub links: Time,
}
