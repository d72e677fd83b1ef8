//! `GET /v1/invitations/{token}`.

use axum::extract::State;
use serde::Serialize;
use usher_app::invitations::Invitation;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::At;
use crate::state::Http;
use crate::wire::{BySecret, Moment};

/// An invitation, as who holds its token sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvitationAnswer {
    /// The domain's name.
    pub domain_name: String,
    /// Whom it was sent to.
    pub email: String,
    /// Until when it can be accepted.
    pub expires_at: Moment,
}

impl From<Invitation> for InvitationAnswer {
    fn from(invitation: Invitation) -> Self {
        InvitationAnswer {
            domain_name: invitation.domain_name,
            email: invitation.email,
            expires_at: invitation.expires_at.into(),
        }
    }
}

/// See an invitation
#[utoipa::path(
    get, path = "/v1/invitations/{token}", tag = "invitations",
    params(BySecret),
    responses((status = 200, description = "The invitation", body = InvitationAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn see_invitation(
    State(http): State<Http>,
    At(BySecret { token }): At<BySecret>,
) -> Answer {
    let invitation = http.app.invitation(&token).await?;
    Ok(ok(&InvitationAnswer::from(invitation)))
}
