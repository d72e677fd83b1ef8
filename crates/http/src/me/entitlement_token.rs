//! `GET /v1/me/entitlement-token`: signed entitlements (rule B5).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::Reads;
use crate::state::Http;
use crate::wire::Moment;

/// Signed entitlements.
#[derive(Clone, Serialize, ToSchema)]
pub struct EntitlementTokenAnswer {
    /// A JWT (RFC 7519), signed with EdDSA.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Moment,
}

/// Get one's entitlements, signed
///
/// A proxy or an app checks them with the keys at `/.well-known/jwks.json`, without asking
/// this server.
#[utoipa::path(
    get, path = "/v1/me/entitlement-token", tag = "me",
    responses((status = 200, description = "The token", body = EntitlementTokenAnswer)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn make_entitlement_token(State(http): State<Http>, Reads(ask): Reads) -> Answer {
    let signed = http.app.entitlement_token(&ask).await?;
    Ok(ok(&EntitlementTokenAnswer {
        token: signed.token,
        expires_at: signed.expires_at.into(),
    }))
}
