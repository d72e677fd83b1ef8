//! `GET /v1/operator/proxies`: the proxies that have a credential.

use axum::extract::State;
use serde::Serialize;
use usher_store::records::Token;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::{Asked, Reads};
use crate::state::Http;
use crate::wire::{AccountId, Moment, PageQuery, TokenId};

/// A trusted proxy.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Proxy {
    /// The id of its credential.
    pub id: TokenId,
    /// What operators call it.
    pub name: String,
    /// The operator who issued the credential.
    pub issued_by: AccountId,
    /// When.
    pub issued_at: Moment,
}

/// A page of proxies.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProxyPage {
    /// The proxies, newest first.
    pub items: Vec<Proxy>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl From<&Token> for Proxy {
    fn from(token: &Token) -> Self {
        Proxy {
            id: token.id.into(),
            name: token.name.to_string(),
            issued_by: token.account.into(),
            issued_at: token.created_at.into(),
        }
    }
}

/// List the proxies that have a credential
#[utoipa::path(
    get, path = "/v1/operator/proxies", tag = "proxies",
    params(PageQuery),
    responses((status = 200, description = "A page of proxies", body = ProxyPage)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn list_proxies(
    State(http): State<Http>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let proxies = http.app.proxies(&ask).await?;
    let (items, next_cursor) = query.cut(proxies, |token| token.id.to_string())?;
    Ok(ok(&ProxyPage {
        items: items.iter().map(Proxy::from).collect(),
        next_cursor,
    }))
}
