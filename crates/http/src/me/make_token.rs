//! `POST /v1/me/tokens`: a personal access token (rule I1).

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::tokens::{MakeToken, NewToken};
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render};
use crate::extract::Writes;
use crate::state::Http;
use crate::wire::{Moment, TokenId};

/// A token to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What its owner calls it: the program that will use it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Whether it may only read.
    #[serde(default)]
    pub read_only: Option<bool>,
    /// For how long it is good; 90 days unless said.
    #[schema(minimum = 1, maximum = 315_360_000)]
    #[serde(default)]
    pub expires_in_seconds: Option<i64>,
}

/// A new token.
#[derive(Clone, Serialize, ToSchema)]
pub struct NewTokenAnswer {
    /// The token itself, shown once.
    pub token: String,
    /// Its id.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// Whether it may only read.
    pub read_only: bool,
    /// When it was made.
    pub created_at: Moment,
    /// Until when it is good.
    pub expires_at: Moment,
}

impl From<&NewToken> for NewTokenAnswer {
    fn from(new: &NewToken) -> Self {
        NewTokenAnswer {
            token: new.text.clone(),
            id: new.token.id.into(),
            name: new.token.name.to_string(),
            read_only: new.token.read_only,
            created_at: new.token.created_at.into(),
            expires_at: new.token.expires_at.into(),
        }
    }
}

/// Make an access token
///
/// Sent again with the same Idempotency-Key, the answer holds a fresh token and the first
/// is void.
#[utoipa::path(
    post, path = "/v1/me/tokens", tag = "me",
    request_body = TokenRequest,
    responses((status = 201, description = "The token, shown once", body = NewTokenAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_state"]))),
)]
pub async fn make_token(
    State(http): State<Http>,
    Writes { ask, body }: Writes<TokenRequest>,
) -> Answer {
    let wanted = MakeToken {
        name: body.name,
        read_only: body.read_only.unwrap_or_default(),
        expires_in_seconds: body.expires_in_seconds,
    };
    let render = render(StatusCode::CREATED, |new| NewTokenAnswer::from(new));
    Ok(of_reply(http.app.make_token(ask, wanted, render).await?))
}
