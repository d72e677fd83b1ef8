//! Getting in (rules I1, I4): one file per endpoint.

mod log_in;
mod log_out;
mod request_reset;
mod reset_password;
mod sign_up;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(log_in::log_in))
        .routes(routes!(log_out::log_out))
        .routes(routes!(request_reset::request_reset))
        .routes(routes!(reset_password::reset_password))
}
