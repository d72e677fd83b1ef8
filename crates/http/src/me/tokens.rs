//! `GET /v1/me/tokens`: log-ins and access tokens (rules I1, I4).

use axum::extract::State;
use serde::Serialize;
use usher_store::records::{Token, TokenKind};
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::{Asked, Reads};
use crate::state::Http;
use crate::wire::{Moment, PageQuery, TokenId};

/// A log-in or an access token. The secret itself is shown once, when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenAnswer {
    /// Its id.
    pub id: TokenId,
    /// What it is.
    pub kind: TokenWord,
    /// What its owner calls it; the device or program.
    pub name: String,
    /// Whether it may only read.
    pub read_only: bool,
    /// When it was made.
    pub created_at: Moment,
    /// Until when it is good.
    pub expires_at: Moment,
    /// Whether it is the one that came along.
    pub current: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenWord {
    /// A log-in, of the panel or an app.
    LogIn,
    /// A personal access token.
    Personal,
}

/// A page of tokens.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenPage {
    /// The tokens, newest first.
    pub items: Vec<TokenAnswer>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl TokenAnswer {
    /// A token, and whether it came along.
    pub fn new(token: &Token, current: bool) -> TokenAnswer {
        TokenAnswer {
            id: token.id.into(),
            kind: match token.kind {
                TokenKind::Personal => TokenWord::Personal,
                // Tokens that choose a password, and proxies', are not listed here.
                TokenKind::LogIn | TokenKind::PasswordReset | TokenKind::Proxy => TokenWord::LogIn,
            },
            name: token.name.to_string(),
            read_only: token.read_only,
            created_at: token.created_at.into(),
            expires_at: token.expires_at.into(),
            current,
        }
    }
}

/// List one's log-ins and access tokens
#[utoipa::path(
    get, path = "/v1/me/tokens", tag = "me",
    params(PageQuery),
    responses((status = 200, description = "A page of tokens", body = TokenPage)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn list_tokens(
    State(http): State<Http>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let tokens = http.app.tokens(&ask).await?;
    let (items, next_cursor) = query.cut(tokens.items, |token| token.id.to_string())?;
    let items = items
        .iter()
        .map(|token| TokenAnswer::new(token, token.id == tokens.current));
    Ok(ok(&TokenPage {
        items: items.collect(),
        next_cursor,
    }))
}
