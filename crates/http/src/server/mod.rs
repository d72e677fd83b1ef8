//! About the server itself: health, metrics, the API's description. One file per endpoint.

mod live;
mod meters;
mod openapi;
mod ready;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(live::see_live))
        .routes(routes!(ready::see_ready))
        .routes(routes!(meters::see_metrics))
        .routes(routes!(openapi::see_openapi))
}
