//! Seat pools: making, seeing, changing, deleting them, and seats that are reserved (rules
//! E1, E9, E10, E12, E13).

use std::sync::Arc;

use usher_rules::pools::{self, PoolSettings};
use usher_rules::roles::Power;
use usher_rules::{DomainId, Event, Head, PoolId, Refusal, SessionId, UserId};
use usher_store::lists::{Page, PoolLine, SessionLine, UserLine, WaitingLine};
use usher_store::records::PoolRecord;
use usher_store::{Load, Snapshot, Write};

use crate::desk::{Failure, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::sessions::SessionView;
use crate::users::{line as user_line, needs_user};
use crate::view::{Look, View};
use crate::{App, Ask, limits};

fn line(snapshot: &Snapshot, domain: DomainId, pool: PoolId) -> Result<PoolLine, Refusal> {
    let record = snapshot.pool_records.get(&(domain, pool));
    Ok(PoolLine {
        pool: *snapshot.world.pool(domain, pool)?,
        record: record.ok_or(Refusal::not_found("pool"))?.clone(),
    })
}

/// Makes a pool of seats that are ordered and not given to one yet.
#[derive(Debug, Clone)]
pub struct MakePool {
    /// In which domain.
    pub domain: DomainId,
    /// What it shall be called.
    pub name: String,
    /// Seats, tier, times.
    pub settings: PoolSettings,
}

impl UseCase for MakePool {
    type Answer = PoolLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<PoolLine, Refusal> {
        draft.authorise(self.domain, Power::ManagePools)?;
        let record = PoolRecord {
            domain: self.domain,
            pool: PoolId(draft.id()),
            name: valid_name("name", &self.name)?,
            created_at: draft.world().now,
        };
        let pool = record.pool;
        let entries = pools::make(draft.world(), self.domain, pool, self.settings)?;
        draft.write(Write::PoolRecord(record));
        draft.happen(entries);
        line(draft.snapshot(), self.domain, pool)
    }
}

/// One pool.
#[derive(Debug, Clone, Copy)]
pub struct GetPool {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub pool: PoolId,
}

impl Look for GetPool {
    type Answer = PoolLine;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.pools.insert((self.domain, self.pool));
    }

    fn see(&self, view: View<'_>) -> Result<PoolLine, Refusal> {
        view.authorise(self.domain, Power::SeePools)?;
        line(view.snapshot, self.domain, self.pool)
    }
}

/// What changes of a pool; what is left out stays. An inner `None` switches a time off.
#[derive(Debug, Clone, Default)]
pub struct PoolChanges {
    /// What it shall be called.
    pub name: Option<String>,
    /// Its seats.
    pub seats: Option<u32>,
    /// What who sits there sits on.
    pub tier: Option<usher_rules::tiers::Tier>,
    /// Automatic log-off.
    pub log_off_seconds: Option<Option<i64>>,
    /// How long a device may be silent.
    pub silence_seconds: Option<Option<i64>>,
    /// How long before the log-off the device is told.
    pub notice_seconds: Option<Option<i64>>,
    /// The longest validity of call links.
    pub link_cap_seconds: Option<i64>,
    /// Whether there is a waiting list.
    pub waiting_list: Option<bool>,
}

impl PoolChanges {
    /// What the settings are with these changes.
    #[must_use]
    pub fn on(&self, from: PoolSettings) -> PoolSettings {
        PoolSettings {
            seats: self.seats.unwrap_or(from.seats),
            tier: self.tier.unwrap_or(from.tier),
            log_off_seconds: self.log_off_seconds.unwrap_or(from.log_off_seconds),
            silence_seconds: self.silence_seconds.unwrap_or(from.silence_seconds),
            notice_seconds: self.notice_seconds.unwrap_or(from.notice_seconds),
            link_cap_seconds: self.link_cap_seconds.unwrap_or(from.link_cap_seconds),
            waiting_list: self.waiting_list.unwrap_or(from.waiting_list),
        }
    }

    /// Whether the clocks of those who sit there may start anew.
    fn moves_clocks(&self) -> bool {
        self.log_off_seconds.is_some()
            || self.silence_seconds.is_some()
            || self.notice_seconds.is_some()
    }
}

/// Changes a pool (rule E9).
#[derive(Debug, Clone)]
pub struct ChangePool {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub pool: PoolId,
    /// What changes.
    pub changes: PoolChanges,
}

impl UseCase for ChangePool {
    type Answer = PoolLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        let key = (self.domain, self.pool);
        load.domains.insert(self.domain);
        load.pools.insert(key);
        if self.changes.moves_clocks() {
            load.pool_sessions.insert(key);
        }
        if self.changes.waiting_list == Some(false) {
            load.pool_queues.insert(key);
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<PoolLine, Refusal> {
        draft.authorise(self.domain, Power::ManagePools)?;
        let PoolLine { pool, mut record } = line(draft.snapshot(), self.domain, self.pool)?;
        let settings = self.changes.on(pool.settings);
        let mut entries = pools::change(draft.world(), self.domain, self.pool, settings)?;
        if let Some(name) = &self.changes.name {
            let name = valid_name("name", name)?;
            if record.name != name {
                record.name = name;
                let renamed = Event::PoolDetailsChanged { pool: self.pool };
                entries.push(draft.world().entry(self.head(), renamed));
                draft.write(Write::PoolRecord(record));
            }
        }
        draft.happen(entries);
        line(draft.snapshot(), self.domain, self.pool)
    }
}

/// Deletes a pool to which nobody is assigned (rule E10).
#[derive(Debug, Clone, Copy)]
pub struct DeletePool {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub pool: PoolId,
}

impl UseCase for DeletePool {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.pools.insert((self.domain, self.pool));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        draft.authorise(self.domain, Power::ManagePools)?;
        let entries = pools::delete(draft.world(), self.domain, self.pool)?;
        draft.happen(entries);
        draft.write(Write::RemovePoolRecord(self.domain, self.pool));
        Ok(())
    }
}

/// Reserves a seat of its pool for a user, or no longer does (rule E13).
#[derive(Debug, Clone, Copy)]
pub struct Reserve {
    /// Of which domain.
    pub domain: DomainId,
    /// For whom.
    pub user: UserId,
    /// Whether a seat is reserved.
    pub reserved: bool,
}

impl UseCase for Reserve {
    type Answer = UserLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_user(seen, load, self.domain, self.user);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<UserLine, Refusal> {
        draft.authorise(self.domain, Power::ManagePools)?;
        let entries = pools::reserve(draft.world(), self.domain, self.user, self.reserved)?;
        draft.happen(entries);
        user_line(draft.snapshot(), self.domain, self.user)
    }
}

/// Whether the caller may see the domain's pools.
#[derive(Clone)]
pub(crate) struct SeePools(pub DomainId);

impl Look for SeePools {
    type Answer = ();

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<(), Refusal> {
        view.authorise(self.0, Power::SeePools).map(|_| ())
    }
}

/// A page of a pool's live sessions.
#[derive(Debug, Clone)]
pub struct PoolSessions {
    /// The sessions.
    pub items: Vec<SessionView>,
    /// After which the next page begins; none on the last.
    pub next: Option<SessionId>,
}

impl App {
    /// A page of a domain's pools, in the order of their making (rule E11).
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn pools(
        self: &Arc<Self>,
        ask: &Ask,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>, Failure> {
        self.look_written(ask, &SeePools(domain), domain).await?;
        Ok(self.store.pools(domain, after, limit).await?)
    }

    /// A page of a pool's live sessions, in the order of log-in (rule E11).
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn pool_sessions(
        self: &Arc<Self>,
        ask: &Ask,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<PoolSessions, Failure> {
        let see = GetPool { domain, pool };
        let line = self.look_written(ask, &see, domain).await?;
        let page = self.store.pool_sessions(domain, pool, after, limit).await?;
        let now = self.store.now().await?;
        let last = page.items.last().filter(|_| page.more);
        let next = last.map(|line| line.session.id);
        let view = |item: SessionLine| SessionView {
            session: item.session,
            record: item.record,
            name: item.name,
            pool: Some(line.pool),
            now,
        };
        Ok(PoolSessions {
            items: page.items.into_iter().map(view).collect(),
            next,
        })
    }

    /// Who waits for a seat of a pool or has one offered, in the order in which seats are
    /// offered (rule E13).
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn waiting(
        self: &Arc<Self>,
        ask: &Ask,
        domain: DomainId,
        pool: PoolId,
    ) -> Result<Vec<WaitingLine>, Failure> {
        let see = GetPool { domain, pool };
        self.look_written(ask, &see, domain).await?;
        let page = limits::PAGE;
        Ok(self.store.waiting(domain, pool, page).await?)
    }
}
