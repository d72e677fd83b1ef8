//! The price book (rules A5, G1).

mod see;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use see::PriceBookAnswer;

use crate::state::Http;

/// The endpoint.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(see::see_prices))
}
