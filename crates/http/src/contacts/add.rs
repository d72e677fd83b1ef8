//! `POST /v1/me/contacts` (rule D5).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use usher_app::contacts::{AddContact, Added};
use usher_app::desk::Reply;
use usher_rules::Refusal;
use utoipa::ToSchema;

use super::wire::Contact;
use crate::answer::{Answer, of_reply, reply};
use crate::extract::Writes;
use crate::problem::Problem;
use crate::state::Http;
use crate::wire::Email;

/// Someone to be added to the contact list.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactRequest {
    /// The address.
    pub email: Email,
    /// What one calls the contact, as long as nobody of the own domain has the address; the
    /// address, unless given.
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
}

/// Add a contact
///
/// By an e-mail address. An active user of the own domain who has it is shown as that person. Of
/// any other address nothing is told, nor is anyone who has it. One that is in the list already
/// stays as it is.
#[utoipa::path(
    post, path = "/v1/me/contacts", tag = "teams",
    request_body = ContactRequest,
    responses(
        (status = 201, description = "A new contact", body = Contact),
        (status = 200, description = "The contact that was there", body = Contact),
    ),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_state"]))),
)]
pub async fn add_contact(
    State(http): State<Http>,
    Writes { ask, body }: Writes<ContactRequest>,
) -> Answer {
    let (domain, user) = http.app.managed_place(&ask).await?;
    let case = AddContact {
        domain,
        user,
        email: body.email.0,
        name: body.name,
    };
    Ok(of_reply(http.app.run(ask, case, shown).await?))
}

fn shown(result: Result<&Added, &Refusal>) -> Reply {
    match result {
        Ok(Added { line, known }) => {
            let status = match known {
                true => StatusCode::OK,
                false => StatusCode::CREATED,
            };
            reply(status, &Contact::from(line))
        }
        Err(refusal) => Problem::from(refusal).into_reply(),
    }
}
