//! `GET /v1/domains/{domain}/teams` (rule D5).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Team;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::state::Http;
use crate::wire::{Cursor, InDomain, PageQuery, limit};

/// A page of teams.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamPage {
    /// The teams, in the order of their making.
    pub items: Vec<Team>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// List the domain's teams
#[utoipa::path(
    get, path = "/v1/domains/{domain}/teams", tag = "teams",
    params(InDomain, PageQuery),
    responses((status = 200, description = "A page of teams", body = TeamPage)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_teams(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let after = query.cursor.as_deref().map(Cursor::read_id).transpose()?;
    let page = http.app.teams(&ask, domain.0, after, limit(query.limit));
    let page = page.await?;
    let last = page.items.last().filter(|_| page.more);
    Ok(ok(&TeamPage {
        next_cursor: last.map(|line| Cursor::write(&[&line.record.team.to_string()])),
        items: page.items.iter().map(Team::from).collect(),
    }))
}
