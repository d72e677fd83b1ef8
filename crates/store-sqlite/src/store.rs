//! The port, on the writer and the readers.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use usher_rules::{AccountId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};
use usher_store::lists::{
    After, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page, PoolLine,
    SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use usher_store::load::Needs;
use usher_store::port::{Forget, Hear, MailOutcome};
use usher_store::queries::{Columns, lists};
use usher_store::records::{Mail, Token};
use usher_store::tables::Value;
use usher_store::{Committed, Error, Load, Result, Snapshot, Store, Turn, Unit};
use uuid::Uuid;

use crate::clock::Clock;
use crate::journal;
use crate::open::{self, Options};
use crate::read::{Loads, Readers};
use crate::rows::{Cells, bind, error};
use crate::write::Writer;

/// SQLite in one folder.
pub struct SqliteStore {
    writer: Writer,
    loads: Arc<Loads>,
    readers: Readers,
    sandbox: bool,
    clock: Clock,
    folder: PathBuf,
    /// Held while this is the folder's server.
    sole: Option<File>,
}

impl SqliteStore {
    /// Opens the store in a folder; makes it, or upgrades its schema, as needed.
    ///
    /// # Errors
    /// [`Error::Sandbox`] when it was made the other way, [`Error::Unavailable`] when the
    /// folder can't be used, or has a server and this is to be one.
    pub fn open(options: &Options) -> Result<SqliteStore> {
        let sole = options.sole.then(|| open::lock(&options.folder));
        let sole = sole.transpose()?;
        let (connection, sandbox) = open::writer(options)?;
        let offset = open::clock_offset(&connection)?;
        Ok(SqliteStore {
            loads: Arc::new(Loads::new(options)),
            readers: Readers::start(options)?,
            writer: Writer::start(connection, options)?,
            sandbox,
            clock: Clock::ahead_by(offset),
            folder: options.folder.clone(),
            sole,
        })
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    async fn list<T: Send + 'static>(
        &self,
        text: impl Into<String>,
        params: Vec<Value>,
        read: fn(&dyn Columns) -> Result<T>,
    ) -> Result<Vec<T>> {
        let text = lists::numbered(&text.into(), '?');
        self.readers
            .run(move |connection| query(connection, &text, &params, read))
            .await
    }

    async fn page<T: Send + 'static>(
        &self,
        text: impl Into<String>,
        params: Vec<Value>,
        limit: u32,
        read: fn(&dyn Columns) -> Result<T>,
    ) -> Result<Page<T>> {
        let mut items = self.list(text, params, read).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        Ok(Page { items, more })
    }
}

fn query<T>(
    connection: &Connection,
    text: &str,
    params: &[Value],
    read: fn(&dyn Columns) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(text).map_err(error)?;
    bind(&mut statement, params).map_err(error)?;
    let mut rows = statement.raw_query();
    let mut items = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        items.push(read(&Cells(row))?);
    }
    Ok(items)
}

fn execute(connection: &Connection, text: &str, params: &[Value]) -> Result<u64> {
    let text = lists::numbered(text, '?');
    let mut statement = connection.prepare_cached(&text).map_err(error)?;
    bind(&mut statement, params).map_err(error)?;
    let rows = statement.raw_execute().map_err(error)?;
    Ok(rows as u64)
}

fn id(id: Uuid) -> Value {
    Value::Id(Some(id))
}

fn int(number: impl Into<i64>) -> Value {
    Value::Int(Some(number.into()))
}

/// Needs that are known from the beginning.
struct Once(Mutex<Load>);

impl Needs for Once {
    fn more(&self, _snapshot: &mut Snapshot) -> Load {
        let mut load = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut load)
    }

    fn anew(&self) {}
}

struct NoTurn;
impl Turn for NoTurn {}

#[async_trait]
impl Store for SqliteStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    fn is_sole(&self) -> bool {
        self.sole.is_some()
    }

    async fn now(&self) -> Result<Time> {
        Ok(self.clock.now())
    }

    async fn load(&self, load: &Load) -> Result<Snapshot> {
        self.gather(Arc::new(Once(Mutex::new(load.clone())))).await
    }

    async fn gather(&self, needs: Arc<dyn Needs>) -> Result<Snapshot> {
        self.loads.run(needs, self.clock.clone()).await
    }

    async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        self.writer.commit(units).await
    }

    async fn turn(&self, _heads: &[Head]) -> Result<Box<dyn Turn>> {
        Ok(Box::new(NoTurn))
    }

    async fn journal(&self, head: Head, after: u64, limit: u32) -> Result<Vec<EventLine>> {
        self.readers
            .run(move |connection| journal::after(connection, head, after, limit))
            .await
    }

    fn hear(&self, _hear: Hear) {
        // The folder is this process's own: nobody else commits.
    }

    async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>> {
        self.list(lists::DUE, vec![int(now.0), int(limit)], lists::due)
            .await
    }

    async fn users(&self, domain: DomainId, listing: &Listing) -> Result<Page<UserLine>> {
        let (text, params) = lists::users(domain, listing);
        self.page(text, params, listing.limit, lists::user).await
    }

    async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>> {
        let params = lists::page(domain, None, after.map(|pool| pool.0), limit);
        self.page(lists::POOLS, params, limit, lists::pool).await
    }

    async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>> {
        let after = after.map(|session| session.0);
        let params = lists::page(domain, Some(pool.0), after, limit);
        self.page(lists::SESSIONS, params, limit, lists::session)
            .await
    }

    async fn waiting(
        &self,
        domain: DomainId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<WaitingLine>> {
        let params = vec![id(domain.0), id(pool.0), int(limit)];
        self.list(lists::WAITING, params, lists::waiting).await
    }

    async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>> {
        let before = before.map_or(Uuid::max(), |link| link.0);
        let params = lists::page(domain, Some(user.0), Some(before), limit);
        self.page(lists::CALL_LINKS, params, limit, lists::link)
            .await
    }

    async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>> {
        let params = lists::page(domain, None, after.map(|team| team.0), limit);
        self.page(lists::TEAMS, params, limit, lists::team).await
    }

    async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>> {
        let params = lists::contacts(domain, user, added, after, limit);
        self.page(lists::CONTACTS, params, limit, lists::contact)
            .await
    }

    async fn totals_below(&self, domain: DomainId) -> Result<Totals> {
        let rows = self
            .list(lists::TOTALS, vec![id(domain.0)], lists::totals)
            .await?;
        rows.into_iter()
            .next()
            .ok_or_else(|| Error::inconsistent("seats", "a sum without a row"))
    }

    async fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Result<Page<DomainLine>> {
        let after = after.map_or(Uuid::nil(), |domain| domain.0);
        let params = vec![id(after), int(i64::from(limit) + 1)];
        self.page(lists::ROOT_DOMAINS, params, limit, lists::domain)
            .await
    }

    async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>> {
        self.list(lists::VERIFICATIONS, vec![int(limit)], lists::verification)
            .await
    }

    async fn tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        self.list(lists::TOKENS, vec![id(account.0)], lists::token)
            .await
    }

    async fn proxies(&self, limit: u32) -> Result<Vec<Token>> {
        self.list(lists::PROXIES, vec![int(limit)], lists::token)
            .await
    }

    async fn claim_mail(&self, now: Time, lease_until: Time, limit: u32) -> Result<Vec<Mail>> {
        let text = lists::numbered(lists::CLAIM_MAIL, '?');
        let params = vec![int(now.0), int(lease_until.0), int(limit)];
        self.writer
            .run(move |connection| query(connection, &text, &params, lists::mail))
            .await
    }

    async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>> {
        self.list(lists::SENT_MAIL, vec![int(limit)], lists::mail)
            .await
    }

    async fn settle_mail(&self, mail: Uuid, outcome: MailOutcome) -> Result<()> {
        let (text, params) = match outcome {
            MailOutcome::Sent => (lists::MAIL_SENT, vec![id(mail)]),
            MailOutcome::SentAndKept(at) => (lists::MAIL_KEPT, vec![id(mail), int(at.0)]),
            MailOutcome::RetryAt(at) => (lists::MAIL_RETRY, vec![id(mail), int(at.0)]),
        };
        self.writer
            .run(move |connection| execute(connection, text, &params).map(|_| ()))
            .await
    }

    async fn forget(&self, before: Forget, limit: u32) -> Result<u64> {
        let times = lists::forget(&before);
        self.writer
            .run(move |connection| {
                let mut gone = 0;
                for (text, time) in lists::FORGET.iter().zip(times) {
                    let left = i64::from(limit) - gone as i64;
                    gone += execute(connection, text, &[int(time.0), int(left)])?;
                }
                Ok(gone)
            })
            .await
    }

    async fn check(&self) -> Result<Vec<Difference>> {
        let mut differences = Vec::new();
        for text in lists::CHECKS.into_iter().chain(journal::CHECKS) {
            differences.extend(self.list(text, vec![], lists::difference).await?);
        }
        Ok(differences)
    }

    fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    async fn move_clock(&self, by_micros: i64) -> Result<()> {
        if !self.sandbox {
            return Err(Error::Sandbox("the clock can be moved in a sandbox only"));
        }
        let offset = self
            .writer
            .run(move |connection| {
                let offset = open::clock_offset(connection)?.saturating_add(by_micros);
                open::set_meta(connection, "clock_offset", &offset.to_string())?;
                Ok(offset)
            })
            .await?;
        self.clock.set_ahead_by(offset);
        Ok(())
    }

    async fn ready(&self) -> Result<()> {
        self.writer.ready()
    }
}
