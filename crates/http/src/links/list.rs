//! `GET /v1/me/call-links` (rule F2).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::CallLink;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, Reads};
use crate::state::Http;
use crate::wire::{Cursor, PageQuery, limit};

/// A page of call links.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallLinkPage {
    /// The links, in whatever state, the newest first.
    pub items: Vec<CallLink>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// List one's call links
///
/// Those that are no longer valid are listed until 30 days after their time.
#[utoipa::path(
    get, path = "/v1/me/call-links", tag = "call links",
    params(PageQuery),
    responses((status = 200, description = "A page of call links", body = CallLinkPage)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn list_call_links(
    State(http): State<Http>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let before = query.cursor.as_deref().map(Cursor::read_id).transpose()?;
    let links = http.app.call_links(&ask, before, limit(query.limit));
    let links = links.await?;
    let items = links.page.items.iter();
    let last = links.page.items.last().filter(|_| links.page.more);
    Ok(ok(&CallLinkPage {
        next_cursor: last.map(|line| Cursor::write(&[&line.link.id.to_string()])),
        items: items.map(|line| CallLink::new(line, links.now)).collect(),
    }))
}
