//! The sandbox: its clock, and the mails that it would have sent. Outside of one these
//! answer 404.

mod clock;
mod mail;
mod move_clock;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(clock::see_clock, move_clock::move_clock))
        .routes(routes!(mail::list_mail))
}
