//! `POST /v1/invitations/{token}/decline`: its seats are free (rule A2).

use axum::extract::State;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, OpenWrites};
use crate::state::Http;
use crate::wire::BySecret;

/// Decline an invitation
#[utoipa::path(
    post, path = "/v1/invitations/{token}/decline", tag = "invitations",
    params(BySecret),
    request_body = Nothing,
    responses((status = 204, description = "Declined")),
    security(()),
    extensions(("x-refusals" = json!(["not_found", "wrong_state"]))),
)]
pub async fn decline_invitation(
    State(http): State<Http>,
    At(BySecret { token }): At<BySecret>,
    OpenWrites { ask, .. }: OpenWrites<Nothing>,
) -> Answer {
    Ok(of_reply(
        http.app.decline(ask, &token, render_nothing()).await?,
    ))
}
