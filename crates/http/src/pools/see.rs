//! `GET /v1/domains/{domain}/pools/{pool}` (rule E11).

use axum::extract::State;
use usher_app::pools::GetPool;

use super::wire::{OfPool, Pool};
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;

/// See a seat pool
#[utoipa::path(
    get, path = "/v1/domains/{domain}/pools/{pool}", tag = "pools",
    params(OfPool),
    responses((status = 200, description = "The pool", body = Pool)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_pool(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    Reads(ask): Reads,
) -> Answer {
    let (domain, pool) = (domain.0, pool.0);
    look(&http.app, &ask, &GetPool { domain, pool }, |line| {
        Pool::from(line)
    })
    .await
}
