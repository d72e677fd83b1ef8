//! `DELETE /v1/domains/{domain}/pools/{pool}` (rule E10).

use axum::extract::State;
use usher_app::pools::DeletePool;

use super::wire::OfPool;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Delete a seat pool
///
/// One to which nobody is assigned, invited ones counted; not the last while shared seats
/// are ordered.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}/pools/{pool}", tag = "pools",
    params(OfPool),
    responses((status = 204, description = "Deleted")),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "pool_not_empty", "wrong_state",
    ]))),
)]
pub async fn delete_pool(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = DeletePool {
        domain: domain.0,
        pool: pool.0,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
