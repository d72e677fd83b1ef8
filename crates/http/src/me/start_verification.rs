//! `POST /v1/me/verification`: asks for identity verification (rule G7).

use axum::extract::State;
use serde::Serialize;
use usher_app::accounts::StartVerification;
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::{Nothing, Writes};
use crate::state::Http;
use crate::wire::Identity;

/// How far verification is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerificationAnswer {
    /// The state.
    pub state: Identity,
}

impl From<usher_rules::accounts::Identity> for VerificationAnswer {
    fn from(state: usher_rules::accounts::Identity) -> Self {
        VerificationAnswer {
            state: state.into(),
        }
    }
}

/// Ask for verification of one's identity
///
/// Asking again while it is pending, or once it is proven, changes nothing.
#[utoipa::path(
    post, path = "/v1/me/verification", tag = "me",
    request_body = Nothing,
    responses((status = 200, description = "How far it is", body = VerificationAnswer)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn start_verification(
    State(http): State<Http>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let account = http.app.who(&ask).await?;
    let case = StartVerification { account };
    change(&http.app, ask, case, |state| {
        VerificationAnswer::from(*state)
    })
    .await
}
