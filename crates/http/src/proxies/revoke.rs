//! `DELETE /v1/operator/proxies/{proxy}`: a proxy's credential is void.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::TokenId;

/// A proxy.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfProxy {
    /// The id of its credential.
    pub proxy: TokenId,
}

/// Revoke a proxy's credential
///
/// By any operator, whoever issued it.
#[utoipa::path(
    delete, path = "/v1/operator/proxies/{proxy}", tag = "proxies",
    params(OfProxy),
    responses((status = 204, description = "It is no longer good")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn revoke_proxy(
    State(http): State<Http>,
    At(OfProxy { proxy }): At<OfProxy>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let revoked = http.app.revoke_proxy(ask, proxy.0, render_nothing());
    Ok(of_reply(revoked.await?))
}
