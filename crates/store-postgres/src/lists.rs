//! Lists, reports, sweeps' look-ups, mails: one statement each, on a small pool.

use deadpool_postgres::{Object, Pool};
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};
use usher_rules::{AccountId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};
use usher_store::lists::{
    After, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page, PoolLine,
    SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use usher_store::port::{Forget, MailOutcome};
use usher_store::queries::{Columns, lists};
use usher_store::records::{Mail, Token};
use usher_store::tables::Value;
use usher_store::{Error, Result};
use uuid::Uuid;

use crate::connect::{Config, Purpose, pool, taken};
use crate::error::{ends_session, translate};
use crate::rows::{Line, Param, sql_type};

const CONNECTIONS: usize = 4;
const MOVE_CLOCK: &str = "INSERT INTO meta (key, value) VALUES ('clock_offset', $1::int8::text) \
    ON CONFLICT (key) DO UPDATE SET value = (meta.value::int8 + excluded.value::int8)::text";
/// A row when the database takes no writes now.
const READ_ONLY: &str = "SELECT 1 WHERE pg_is_in_recovery() \
    OR current_setting('transaction_read_only')::bool";

type Params<'a> = [&'a (dyn ToSql + Sync)];

/// Where lists are asked for.
pub(crate) struct Lists {
    /// For pages in an index's order, and totals.
    pages: Pool,
    /// For everything else.
    rest: Pool,
}

impl Lists {
    pub(crate) fn new(config: &Config) -> Result<Lists> {
        Ok(Lists {
            pages: pool(config, Purpose::Page, CONNECTIONS)?,
            rest: pool(config, Purpose::List, CONNECTIONS)?,
        })
    }

    async fn rows<T>(
        &self,
        text: &str,
        params: &Params<'_>,
        read: fn(&dyn Columns) -> Result<T>,
    ) -> Result<Vec<T>> {
        rows(&self.rest, text, params, read).await
    }

    async fn page<T>(
        &self,
        text: &str,
        params: &Params<'_>,
        read: fn(&dyn Columns) -> Result<T>,
    ) -> Result<Vec<T>> {
        rows(&self.pages, text, params, read).await
    }

    async fn execute(&self, text: &str, params: &Params<'_>) -> Result<u64> {
        let connection = connection(&self.rest).await?;
        let statement = connection.prepare_cached(text).await.map_err(translate)?;
        let done = connection.execute(&statement, params).await;
        done.map_err(translate)
    }

    pub(crate) async fn journal(
        &self,
        head: Head,
        after: u64,
        limit: u32,
    ) -> Result<Vec<EventLine>> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let params: &Params<'_> = &[&head.key(), &after, &i64::from(limit)];
        self.page(lists::JOURNAL, params, lists::event).await
    }

    pub(crate) async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>> {
        let params: &Params<'_> = &[&now.0, &i64::from(limit)];
        self.rows(lists::DUE, params, lists::due).await
    }

    /// The text depends on what is asked for, in more ways than are worth keeping
    /// prepared; planned each time, it is planned for these very values.
    pub(crate) async fn users(
        &self,
        domain: DomainId,
        listing: &Listing,
    ) -> Result<Page<UserLine>> {
        let (text, values) = lists::users(domain, listing);
        let typed: Vec<_> = values.iter().map(|v| (Param(v), sql_type(v))).collect();
        let params: Vec<(&(dyn ToSql + Sync), _)> =
            typed.iter().map(|(v, t)| (v as _, t.clone())).collect();
        // A search gathers what three indexes find, and sorts that.
        let searches = listing.search.is_some();
        let pool = if searches { &self.rest } else { &self.pages };
        let rows = connection(pool).await?.query_typed(&text, &params).await;
        let lines = read_all(&rows.map_err(translate)?, lists::user)?;
        Ok(page(lines, listing.limit))
    }

    /// A page by the parameters that both engines share.
    async fn page_of<T>(
        &self,
        text: &str,
        values: Vec<Value>,
        limit: u32,
        read: fn(&dyn Columns) -> Result<T>,
    ) -> Result<Page<T>> {
        let values: Vec<_> = values.iter().map(Param).collect();
        let params: Vec<_> = values.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        Ok(page(self.page(text, &params, read).await?, limit))
    }

    pub(crate) async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>> {
        let params = lists::page(domain, None, after.map(|pool| pool.0), limit);
        self.page_of(lists::POOLS, params, limit, lists::pool).await
    }

    pub(crate) async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>> {
        let after = after.map(|session| session.0);
        let params = lists::page(domain, Some(pool.0), after, limit);
        self.page_of(lists::SESSIONS, params, limit, lists::session)
            .await
    }

    pub(crate) async fn waiting(
        &self,
        domain: DomainId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<WaitingLine>> {
        let params: &Params<'_> = &[&domain.0, &pool.0, &i64::from(limit)];
        self.page(lists::WAITING, params, lists::waiting).await
    }

    pub(crate) async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>> {
        let before = before.map_or(Uuid::max(), |link| link.0);
        let params = lists::page(domain, Some(user.0), Some(before), limit);
        self.page_of(lists::CALL_LINKS, params, limit, lists::link)
            .await
    }

    pub(crate) async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>> {
        let params = lists::page(domain, None, after.map(|team| team.0), limit);
        self.page_of(lists::TEAMS, params, limit, lists::team).await
    }

    pub(crate) async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        added: bool,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>> {
        let params = lists::contacts(domain, user, added, after, limit);
        self.page_of(lists::CONTACTS, params, limit, lists::contact)
            .await
    }

    pub(crate) async fn totals_below(&self, domain: DomainId) -> Result<Totals> {
        let totals = self
            .page(lists::TOTALS, &[&domain.0], lists::totals)
            .await?;
        Ok(totals.into_iter().next().unwrap_or_default())
    }

    pub(crate) async fn root_domains(
        &self,
        after: Option<DomainId>,
        limit: u32,
    ) -> Result<Page<DomainLine>> {
        let after = after.map_or(Uuid::nil(), |domain| domain.0);
        let params: &Params<'_> = &[&after, &(i64::from(limit) + 1)];
        let lines = self
            .page(lists::ROOT_DOMAINS, params, lists::domain)
            .await?;
        Ok(page(lines, limit))
    }

    pub(crate) async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>> {
        let params: &Params<'_> = &[&i64::from(limit)];
        self.rows(lists::VERIFICATIONS, params, lists::verification)
            .await
    }

    pub(crate) async fn tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        self.rows(lists::TOKENS, &[&account.0], lists::token).await
    }

    pub(crate) async fn proxies(&self, limit: u32) -> Result<Vec<Token>> {
        self.rows(lists::PROXIES, &[&i64::from(limit)], lists::token)
            .await
    }

    pub(crate) async fn claim_mail(
        &self,
        now: Time,
        lease_until: Time,
        limit: u32,
    ) -> Result<Vec<Mail>> {
        let params: &Params<'_> = &[&now.0, &lease_until.0, &i64::from(limit)];
        self.rows(lists::CLAIM_MAIL, params, lists::mail).await
    }

    pub(crate) async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>> {
        let params: &Params<'_> = &[&i64::from(limit)];
        self.rows(lists::SENT_MAIL, params, lists::mail).await
    }

    pub(crate) async fn settle_mail(&self, id: Uuid, outcome: MailOutcome) -> Result<()> {
        let settled = match outcome {
            MailOutcome::Sent => self.execute(lists::MAIL_SENT, &[&id]).await,
            MailOutcome::SentAndKept(at) => self.execute(lists::MAIL_KEPT, &[&id, &at.0]).await,
            MailOutcome::RetryAt(at) => self.execute(lists::MAIL_RETRY, &[&id, &at.0]).await,
        };
        settled.map(|_| ())
    }

    /// Each kind takes of the limit what those before it left.
    pub(crate) async fn forget(&self, before: Forget, limit: u32) -> Result<u64> {
        let times = lists::forget(&before);
        let mut gone = 0;
        for (text, time) in lists::FORGET.into_iter().zip(times) {
            let left = i64::from(limit).saturating_sub_unsigned(gone);
            if left > 0 {
                gone += self.execute(text, &[&time.0, &left]).await?;
            }
        }
        Ok(gone)
    }

    /// All counts at one moment, however long that takes.
    pub(crate) async fn check(&self) -> Result<Vec<Difference>> {
        let mut connection = connection(&self.rest).await?;
        let moment = connection
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await
            .map_err(translate)?;
        let unhurried = moment
            .batch_execute("SET LOCAL statement_timeout = 0")
            .await;
        unhurried.map_err(translate)?;
        let mut differences = Vec::new();
        for text in lists::CHECKS {
            let rows = moment.query(text, &[]).await.map_err(translate)?;
            differences.extend(read_all(&rows, lists::difference)?);
        }
        Ok(differences)
    }

    pub(crate) async fn move_clock(&self, by_micros: i64) -> Result<()> {
        self.execute(MOVE_CLOCK, &[&by_micros]).await.map(|_| ())
    }

    pub(crate) async fn ready(&self) -> Result<()> {
        let read_only = self.rows(READ_ONLY, &[], |_| Ok(())).await?;
        if read_only.is_empty() {
            Ok(())
        } else {
            Err(Error::Unavailable(
                "the database takes no writes".to_owned(),
            ))
        }
    }
}

async fn connection(pool: &Pool) -> Result<Object> {
    pool.get().await.map_err(taken)
}

/// Rows of a query that may be asked again: when the connection breaks, it is.
async fn rows<T>(
    pool: &Pool,
    text: &str,
    params: &Params<'_>,
    read: fn(&dyn Columns) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = query(&connection(pool).await?, text, params).await;
    if rows.as_ref().is_err_and(ends_session) {
        rows = query(&connection(pool).await?, text, params).await;
    }
    read_all(&rows.map_err(translate)?, read)
}

async fn query(
    connection: &Object,
    text: &str,
    params: &Params<'_>,
) -> std::result::Result<Vec<Row>, tokio_postgres::Error> {
    let statement = connection.prepare_cached(text).await?;
    connection.query(&statement, params).await
}

fn read_all<T>(rows: &[Row], read: fn(&dyn Columns) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(|row| read(&Line::whole(row))).collect()
}

/// A page of rows of which one more than the limit was asked for.
fn page<T>(mut items: Vec<T>, limit: u32) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    Page { items, more }
}
