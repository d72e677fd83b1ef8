//! Seats and the order (rules A1, A4, A5): one file per endpoint.

mod order;
mod preview;
mod see;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(see::see_seats, order::set_order))
        .routes(routes!(preview::preview_order))
}
