//! `PATCH /v1/domains/{domain}/pools/{pool}` (rule E9).

use axum::extract::State;
use serde::Deserialize;
use usher_app::pools::{ChangePool, PoolChanges};
use utoipa::ToSchema;

use super::wire::{OfPool, Pool};
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{Tier, given};

/// What changes of a pool; what is left out stays, and `null` switches a time off.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolChangeRequest {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    #[serde(default)]
    pub name: Option<String>,
    /// Its share of the domain's shared seats.
    #[schema(minimum = 0, maximum = 10_000_000, nullable = false)]
    #[serde(default)]
    pub seats: Option<u32>,
    /// What who sits there sits on.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// Automatic log-off.
    #[schema(value_type = Option<i64>, minimum = 60, maximum = 86_400)]
    #[serde(default, deserialize_with = "given")]
    pub log_off_seconds: Option<Option<i64>>,
    /// For how long a device may be silent.
    #[schema(value_type = Option<i64>, minimum = 30, maximum = 86_400)]
    #[serde(default, deserialize_with = "given")]
    pub silence_seconds: Option<Option<i64>>,
    /// How long before the automatic log-off the device is told.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 86_399)]
    #[serde(default, deserialize_with = "given")]
    pub notice_seconds: Option<Option<i64>>,
    /// For how long call links of its users may be valid.
    #[schema(minimum = 60, maximum = 2_592_000, nullable = false)]
    #[serde(default)]
    pub link_cap_seconds: Option<i64>,
    /// Whether one can wait for a seat.
    #[schema(nullable = false)]
    #[serde(default)]
    pub waiting_list: Option<bool>,
}

impl From<PoolChangeRequest> for PoolChanges {
    fn from(said: PoolChangeRequest) -> Self {
        PoolChanges {
            name: said.name,
            seats: said.seats,
            tier: said.tier.map(Into::into),
            log_off_seconds: said.log_off_seconds,
            silence_seconds: said.silence_seconds,
            notice_seconds: said.notice_seconds,
            link_cap_seconds: said.link_cap_seconds,
            waiting_list: said.waiting_list,
        }
    }
}

/// Change a seat pool
///
/// All in one step. With fewer seats than are occupied it drains: nobody is logged out,
/// nobody new gets in, and until fewer are occupied the seats count as in use. A shorter
/// time counts from now.
#[utoipa::path(
    patch, path = "/v1/domains/{domain}/pools/{pool}", tag = "pools",
    params(OfPool),
    request_body = PoolChangeRequest,
    responses((status = 200, description = "The pool", body = Pool)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available",
    ]))),
)]
pub async fn change_pool(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    Writes { ask, body }: Writes<PoolChangeRequest>,
) -> Answer {
    let case = ChangePool {
        domain: domain.0,
        pool: pool.0,
        changes: body.into(),
    };
    change(&http.app, ask, case, |line| Pool::from(line)).await
}
