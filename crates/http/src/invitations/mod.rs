//! Joining a domain (rule D1): one file per endpoint.

mod accept;
mod decline;
mod see;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(see::see_invitation))
        .routes(routes!(accept::accept_invitation))
        .routes(routes!(decline::decline_invitation))
}
