//! The operator's: prices, verifications, root domains. One file per endpoint.

mod decide_verification;
mod domains;
mod set_prices;
mod verifications;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(set_prices::set_prices))
        .routes(routes!(verifications::list_verifications))
        .routes(routes!(decide_verification::decide_verification))
        .routes(routes!(domains::list_root_domains))
}
