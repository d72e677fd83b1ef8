//! `POST /v1/domains/{domain}/verification`: the owner's identity (rules C2, G7). The same
//! as `POST /v1/me/verification`, from where an owner looks for it.

use axum::extract::State;
use usher_app::accounts::StartVerification;
use usher_app::domains::GetDomain;

use crate::answer::{Answer, change};
use crate::extract::{At, Nothing, Writes};
use crate::me::VerificationAnswer;
use crate::state::Http;
use crate::wire::InDomain;

/// Ask for verification of one's identity, as the domain's owner
///
/// Verification belongs to the account: once, then for good.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/verification", tag = "domains",
    params(InDomain),
    request_body = Nothing,
    responses((status = 200, description = "How far it is", body = VerificationAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn start_owner_verification(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let domain = GetDomain { domain: domain.0 };
    let owner = http.app.look(&ask, &domain).await?.domain.owner;
    // Refused for anyone whose account it is not.
    let case = StartVerification { account: owner };
    change(&http.app, ask, case, |state| {
        VerificationAnswer::from(*state)
    })
    .await
}
