//! `GET /v1/domains/{domain}/users/{user}/sessions` (rules E5, E11).

use axum::extract::State;
use serde::Serialize;
use usher_app::sessions::UserSessions;
use utoipa::ToSchema;

use super::wire::Session;
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::OfUser;

/// The sessions of a user.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserSessionList {
    /// In the order of log-in.
    pub items: Vec<Session>,
}

/// See where a user is logged in
///
/// At most once for a user of a pool; once per device for a named one. For the user itself, and
/// for those who see the domain's users.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}/sessions", tag = "sessions",
    params(OfUser),
    responses((status = 200, description = "The sessions", body = UserSessionList)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_user_sessions(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Reads(ask): Reads,
) -> Answer {
    let (domain, user) = (domain.0, user.0);
    let sessions = UserSessions { domain, user };
    look(&http.app, &ask, &sessions, |views| UserSessionList {
        items: views.iter().map(Session::from).collect(),
    })
    .await
}
