//! `POST /v1/me/call-links` (rule F2).

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::links::{MakeLink, NewLink};
use utoipa::ToSchema;

use super::wire::CallLink;
use crate::answer::{Answer, of_reply, render};
use crate::extract::Writes;
use crate::state::Http;

/// A call link to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallLinkRequest {
    /// What the guest is called.
    #[schema(min_length = 1, max_length = 100)]
    pub guest_name: String,
    /// For how long it shall be valid: 1 minute to 30 days. The user's pool may allow less;
    /// then it is shortened.
    #[schema(minimum = 60, maximum = 2_592_000)]
    pub valid_seconds: i64,
    /// Whether the first answered call uses it up; otherwise any number of calls.
    #[serde(default)]
    pub one_call: Option<bool>,
}

/// A new call link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NewCallLink {
    /// Where the guest goes, shown once. What follows `/call/` is the link's token.
    #[schema(format = "uri")]
    pub url: String,
    /// The link.
    pub link: CallLink,
}

impl From<&NewLink> for NewCallLink {
    fn from(new: &NewLink) -> Self {
        NewCallLink {
            url: new.url.clone(),
            link: CallLink::new(&new.line, new.now),
        }
    }
}

/// Make a call link
///
/// Who has its address can call the user for as long as it is valid. Sent again with the same
/// Idempotency-Key, the answer holds a fresh address and the first is void.
#[utoipa::path(
    post, path = "/v1/me/call-links", tag = "call links",
    request_body = CallLinkRequest,
    responses((status = 201, description = "The link, its address shown once", body = NewCallLink)),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_state"]))),
)]
pub async fn make_call_link(
    State(http): State<Http>,
    Writes { ask, body }: Writes<CallLinkRequest>,
) -> Answer {
    let (domain, user) = http.app.managed_place(&ask).await?;
    let case = MakeLink {
        domain,
        user,
        guest_name: body.guest_name,
        valid_seconds: body.valid_seconds,
        one_call: body.one_call.unwrap_or_default(),
    };
    let render = render(StatusCode::CREATED, |new| NewCallLink::from(new));
    Ok(of_reply(http.app.run(ask, case, render).await?))
}
