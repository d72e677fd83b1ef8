//! Contact lists (rule D5): one file per endpoint.

mod add;
mod list;
mod remove;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_contacts))
        .routes(routes!(list::list_own_contacts, add::add_contact))
        .routes(routes!(remove::remove_contact))
}
