//! `DELETE /v1/me/contacts/{contact}` (rule D5).

use axum::extract::State;
use usher_app::contacts::RemoveContact;

use super::wire::OfContact;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Take a contact off the list
///
/// One that was added. Who shares a team stays in the list.
#[utoipa::path(
    delete, path = "/v1/me/contacts/{contact}", tag = "teams",
    params(OfContact),
    responses((status = 204, description = "It is no longer added")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn remove_contact(
    State(http): State<Http>,
    At(OfContact { contact }): At<OfContact>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let (domain, user) = http.app.managed_place(&ask).await?;
    let contact = contact.0;
    let case = RemoveContact {
        domain,
        user,
        contact,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
