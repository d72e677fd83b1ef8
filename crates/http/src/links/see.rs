//! `GET /v1/call-links/{token}` (rule F2): the guest's side, for programs.

use axum::extract::State;
use serde::Serialize;
use usher_app::links::guest::GuestView;
use utoipa::ToSchema;

use super::wire::ByLink;
use crate::answer::{Answer, ok};
use crate::extract::At;
use crate::state::Http;
use crate::wire::{LinkState, Moment};

/// A call link, as the guest sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GuestLink {
    /// What the guest is called.
    pub guest_name: String,
    /// Whom the guest calls; `null` when that user is gone.
    pub user_name: Option<String>,
    /// Whether the guest can call, and if not, why.
    pub state: LinkState,
    /// Whether the first answered call uses it up.
    pub one_call: bool,
    /// The first moment at which it is no longer valid by time.
    pub valid_until: Moment,
    /// Whether the user is logged in now; `null` unless the link is valid.
    pub logged_in: Option<bool>,
}

impl From<GuestView> for GuestLink {
    fn from(view: GuestView) -> Self {
        GuestLink {
            guest_name: view.guest_name,
            user_name: view.user_name,
            state: view.state.into(),
            one_call: view.one_call,
            valid_until: view.valid_until.into(),
            logged_in: view.logged_in,
        }
    }
}

/// See a call link as its guest
#[utoipa::path(
    get, path = "/v1/call-links/{token}", tag = "call links",
    params(ByLink),
    responses((status = 200, description = "The link, in whatever state", body = GuestLink)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn see_call_link(State(http): State<Http>, At(ByLink { token }): At<ByLink>) -> Answer {
    let view = http.app.call_link(&token, None).await?;
    Ok(ok(&GuestLink::from(view)))
}
