//! `GET /v1/domains/{domain}/pools` (rule E11).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Pool;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::state::Http;
use crate::wire::{Cursor, InDomain, PageQuery, limit};

/// A page of seat pools.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolPage {
    /// The pools, in the order of their making.
    pub items: Vec<Pool>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// List the domain's seat pools
#[utoipa::path(
    get, path = "/v1/domains/{domain}/pools", tag = "pools",
    params(InDomain, PageQuery),
    responses((status = 200, description = "A page of pools", body = PoolPage)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_pools(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let after = query.cursor.as_deref().map(Cursor::read_id).transpose()?;
    let page = http.app.pools(&ask, domain.0, after, limit(query.limit));
    let page = page.await?;
    let last = page.items.last().filter(|_| page.more);
    Ok(ok(&PoolPage {
        next_cursor: last.map(|line| Cursor::write(&[&line.pool.id.to_string()])),
        items: page.items.iter().map(Pool::from).collect(),
    }))
}
