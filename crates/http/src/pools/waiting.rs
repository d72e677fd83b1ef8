//! `GET /v1/domains/{domain}/pools/{pool}/waiting` (rule E13).

use axum::extract::State;
use serde::Serialize;
use usher_store::lists::WaitingLine;
use utoipa::ToSchema;

use super::wire::OfPool;
use crate::answer::{Answer, ok};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::{Moment, UserId};

/// Who waits for a seat, or has one offered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Waiting {
    /// Who.
    pub user: UserId,
    /// What the person is called.
    pub name: String,
    /// Since when.
    pub since: Moment,
    /// Whether a seat is reserved for it: it comes before those without.
    pub reserved: bool,
    /// Until when a seat is held for it; `null` while it waits.
    pub offered_until: Option<Moment>,
}

impl From<&WaitingLine> for Waiting {
    fn from(WaitingLine { waiting, name }: &WaitingLine) -> Self {
        Waiting {
            user: waiting.user.into(),
            name: name.clone(),
            since: waiting.since.into(),
            reserved: waiting.reserved,
            offered_until: waiting.offered_until.map(Into::into),
        }
    }
}

/// The waiting list of a pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaitingList {
    /// The first 200, in the order in which seats are offered.
    pub items: Vec<Waiting>,
}

/// See the waiting list of a pool
#[utoipa::path(
    get, path = "/v1/domains/{domain}/pools/{pool}/waiting", tag = "pools",
    params(OfPool),
    responses((status = 200, description = "Who waits", body = WaitingList)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_waiting(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    Reads(ask): Reads,
) -> Answer {
    let lines = http.app.waiting(&ask, domain.0, pool.0).await?;
    let items = lines.iter().map(Waiting::from).collect();
    Ok(ok(&WaitingList { items }))
}
