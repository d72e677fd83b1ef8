//! `GET /v1/domains/{domain}/pools/{pool}/sessions` (rule E11).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::OfPool;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::sessions::Session;
use crate::state::Http;
use crate::wire::{Cursor, PageQuery, limit};

/// A page of sessions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionPage {
    /// The sessions, in the order of log-in.
    pub items: Vec<Session>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// List who sits in a pool
///
/// Whoever is logged in: on which device, since when, in a call or not, waiting for a guest
/// or not, and when it would be logged off.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/pools/{pool}/sessions", tag = "pools",
    params(OfPool, PageQuery),
    responses((status = 200, description = "A page of sessions", body = SessionPage)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_pool_sessions(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let after = query.cursor.as_deref().map(Cursor::read_id).transpose()?;
    let limit = limit(query.limit);
    let seen = http.app.pool_sessions(&ask, domain.0, pool.0, after, limit);
    let seen = seen.await?;
    Ok(ok(&SessionPage {
        next_cursor: seen.next.map(|id| Cursor::write(&[&id.to_string()])),
        items: seen.items.iter().map(Session::from).collect(),
    }))
}
