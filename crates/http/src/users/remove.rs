//! `DELETE /v1/domains/{domain}/users/{user}`: gone, or the invitation cancelled (rules
//! A7, C7).

use axum::extract::State;
use usher_app::users::{Step, TakeStep};

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::OfUser;

/// Remove a user, or cancel an invitation
///
/// Frees every seat that it used, in the same step; its account becomes a Personal one.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}/users/{user}", tag = "users",
    params(OfUser),
    responses((status = 204, description = "Removed")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "owns_a_domain"]))),
)]
pub async fn remove_user(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = TakeStep {
        domain: domain.0,
        user: user.0,
        step: Step::Remove,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
