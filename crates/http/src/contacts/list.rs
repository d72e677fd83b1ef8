//! `GET /v1/me/contacts` and `GET /v1/domains/{domain}/users/{user}/contacts`: the contact
//! list (rule D5).

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use usher_store::lists::{After, ContactLine, Page};
use utoipa::ToSchema;

use super::wire::Contact;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{Cursor, OfUser, PageQuery, limit};

/// A page of contacts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactPage {
    /// The contacts, by name.
    pub items: Vec<Contact>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// See one's own contact list
///
/// Everyone with whom one shares a team, who has joined and is not suspended; and whom one
/// added: as that person, where such a user of the own domain has the address.
#[utoipa::path(
    get, path = "/v1/me/contacts", tag = "teams",
    params(PageQuery),
    responses((status = 200, description = "A page of contacts", body = ContactPage)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn list_own_contacts(
    State(http): State<Http>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let after = after(&query)?;
    let page = http
        .app
        .own_contacts(&ask, after.as_ref(), limit(query.limit));
    Ok(shown(&page.await?))
}

/// See a user's contact list
///
/// For the user itself, and for those who see the domain's users: everyone with whom the user
/// shares a team. Whom the user added shows in its own list alone.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}/contacts", tag = "teams",
    params(OfUser, PageQuery),
    responses((status = 200, description = "A page of contacts", body = ContactPage)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_contacts(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let after = after(&query)?;
    let limit = limit(query.limit);
    let page = http
        .app
        .contacts(&ask, domain.0, user.0, after.as_ref(), limit);
    Ok(shown(&page.await?))
}

/// A cursor holds the last row's place in the order.
fn after(query: &PageQuery) -> Result<Option<After>, Stopped> {
    let Some(cursor) = &query.cursor else {
        return Ok(None);
    };
    let [key, id] = Cursor::read(cursor)?;
    let id = id.parse().map_err(|_| Cursor::foreign())?;
    Ok(Some(After { key, id }))
}

fn shown(page: &Page<ContactLine>) -> Response {
    let last = page.items.last().filter(|_| page.more);
    let next = |line: &ContactLine| {
        let After { key, id } = line.place();
        Cursor::write(&[&key, &id.to_string()])
    };
    ok(&ContactPage {
        items: page.items.iter().map(Contact::from).collect(),
        next_cursor: last.map(next),
    })
}
