//! `POST /v1/operator/proxies`: a credential for a proxy.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::tokens::NewToken;
use utoipa::ToSchema;

use super::list::Proxy;
use crate::answer::{Answer, of_reply, render};
use crate::extract::Writes;
use crate::state::Http;

/// A proxy that is to get a credential.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyRequest {
    /// What operators call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// A credential.
#[derive(Clone, Serialize, ToSchema)]
pub struct NewProxy {
    /// The credential itself, `prx_…`; shown once.
    pub token: String,
    /// The proxy.
    pub proxy: Proxy,
}

impl From<&NewToken> for NewProxy {
    fn from(new: &NewToken) -> Self {
        NewProxy {
            token: new.text.clone(),
            proxy: Proxy::from(&new.token),
        }
    }
}

/// Issue a credential to a proxy
///
/// Good until it is revoked, and for nothing but what is a proxy's. Sent again with the same
/// Idempotency-Key, the answer holds a fresh credential and the first is void.
#[utoipa::path(
    post, path = "/v1/operator/proxies", tag = "proxies",
    request_body = ProxyRequest,
    responses((status = 201, description = "The credential, shown once", body = NewProxy)),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_state"]))),
)]
pub async fn issue_proxy(
    State(http): State<Http>,
    Writes { ask, body }: Writes<ProxyRequest>,
) -> Answer {
    let render = render(StatusCode::CREATED, |new| NewProxy::from(new));
    Ok(of_reply(
        http.app.issue_proxy(ask, body.name, render).await?,
    ))
}
