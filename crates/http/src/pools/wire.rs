//! A seat pool as the API shows it.

use serde::{Deserialize, Serialize};
use usher_rules::pools::PoolSettings;
use usher_store::lists::PoolLine;
use utoipa::{IntoParams, ToSchema};

use crate::wire::{DomainId, Moment, PoolId, Tier};

/// A seat pool: a number of shared seats, and how many of them are taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// What it is called.
    pub name: String,
    /// Its share of the domain's shared seats.
    #[schema(minimum = 0)]
    pub seats: u32,
    /// How many are occupied, by who is logged in or by an offer.
    #[schema(minimum = 0)]
    pub occupied: u32,
    /// Of those, how many are held for someone of the waiting list.
    #[schema(minimum = 0)]
    pub offered: u32,
    /// Whether more are occupied than it has: nobody new gets in until fewer are.
    pub draining: bool,
    /// How many users are assigned, invited ones among them.
    #[schema(minimum = 0)]
    pub users: u32,
    /// For how many of them a seat is reserved.
    #[schema(minimum = 0)]
    pub reserved: u32,
    /// How many wait for a seat.
    #[schema(minimum = 0)]
    pub waiting: u32,
    /// What who sits there sits on.
    pub tier: Tier,
    /// After how many seconds without a call or a guest to wait for a user is logged off;
    /// `null`: never.
    pub log_off_seconds: Option<i64>,
    /// For how many seconds a device may be silent; `null`: for any time.
    pub silence_seconds: Option<i64>,
    /// How many seconds before the automatic log-off the device is told; `null`: not.
    pub notice_seconds: Option<i64>,
    /// For how many seconds call links of its users may be valid.
    pub link_cap_seconds: i64,
    /// Whether one can wait for a seat.
    pub waiting_list: bool,
    /// When it was made.
    pub created_at: Moment,
}

impl From<&PoolLine> for Pool {
    fn from(PoolLine { pool, record }: &PoolLine) -> Self {
        let settings = pool.settings;
        Pool {
            id: pool.id.into(),
            name: record.name.clone(),
            seats: settings.seats,
            occupied: pool.taken(),
            offered: pool.offered,
            draining: pool.is_draining(),
            users: pool.users,
            reserved: pool.reserved,
            waiting: pool.waiting,
            tier: settings.tier.into(),
            log_off_seconds: settings.log_off_seconds,
            silence_seconds: settings.silence_seconds,
            notice_seconds: settings.notice_seconds,
            link_cap_seconds: settings.link_cap_seconds,
            waiting_list: settings.waiting_list,
            created_at: record.created_at.into(),
        }
    }
}

/// A pool that is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolRequest {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Its share of the domain's shared seats.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub seats: u32,
    /// What who sits there sits on; `base` unless said.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// Automatic log-off; off unless said.
    #[schema(minimum = 60, maximum = 86_400)]
    #[serde(default)]
    pub log_off_seconds: Option<i64>,
    /// For how long a device may be silent; 300 unless said, `null`: for any time.
    #[schema(value_type = Option<i64>, minimum = 30, maximum = 86_400)]
    #[serde(default, deserialize_with = "crate::wire::given")]
    pub silence_seconds: Option<Option<i64>>,
    /// How long before the automatic log-off the device is told; not unless said.
    #[schema(minimum = 1, maximum = 86_399)]
    #[serde(default)]
    pub notice_seconds: Option<i64>,
    /// For how long call links of its users may be valid; a day unless said.
    #[schema(minimum = 60, maximum = 2_592_000, nullable = false)]
    #[serde(default)]
    pub link_cap_seconds: Option<i64>,
    /// Whether one can wait for a seat; not unless said.
    #[schema(nullable = false)]
    #[serde(default)]
    pub waiting_list: Option<bool>,
}

impl PoolRequest {
    /// The settings that it asks for.
    #[must_use]
    pub fn settings(&self) -> PoolSettings {
        let usual = PoolSettings::default();
        PoolSettings {
            seats: self.seats,
            tier: self.tier.map_or(usual.tier, Into::into),
            log_off_seconds: self.log_off_seconds,
            silence_seconds: self.silence_seconds.unwrap_or(usual.silence_seconds),
            notice_seconds: self.notice_seconds,
            link_cap_seconds: self.link_cap_seconds.unwrap_or(usual.link_cap_seconds),
            waiting_list: self.waiting_list.unwrap_or(usual.waiting_list),
        }
    }
}

/// A seat pool.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfPool {
    /// The domain.
    pub domain: DomainId,
    /// The pool.
    pub pool: PoolId,
}
