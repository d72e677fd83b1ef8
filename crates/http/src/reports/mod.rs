//! Reports (rule E14): one file per endpoint.

mod seats;
mod seats_needed;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(seats::report_seats))
        .routes(routes!(seats_needed::report_seats_needed))
}
