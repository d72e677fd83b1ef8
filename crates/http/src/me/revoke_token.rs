//! `DELETE /v1/me/tokens/{token}`: ends a log-in or an access token (rule I4).

use axum::extract::State;
use usher_app::tokens::RevokeToken;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::OfToken;

/// End a log-in or an access token
#[utoipa::path(
    delete, path = "/v1/me/tokens/{token}", tag = "me",
    params(OfToken),
    responses((status = 204, description = "It is no longer good")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn revoke_token(
    State(http): State<Http>,
    At(OfToken { token }): At<OfToken>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = RevokeToken {
        account: http.app.who(&ask).await?,
        id: token.0,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
