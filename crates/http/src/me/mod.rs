//! The caller's own account: one file per endpoint.

mod begin_totp;
mod change_password;
mod confirm_totp;
mod disable_totp;
mod entitlement_token;
mod jwks;
mod make_token;
mod rename;
mod revoke_token;
mod see;
mod set_plan;
mod start_verification;
mod tokens;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use start_verification::VerificationAnswer;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(see::see_me, rename::rename_me))
        .routes(routes!(set_plan::set_plan))
        .routes(routes!(start_verification::start_verification))
        .routes(routes!(change_password::change_password))
        .routes(routes!(
            begin_totp::begin_totp,
            confirm_totp::confirm_totp,
            disable_totp::disable_totp
        ))
        .routes(routes!(tokens::list_tokens, make_token::make_token))
        .routes(routes!(revoke_token::revoke_token))
        .routes(routes!(entitlement_token::make_entitlement_token))
        .routes(routes!(jwks::see_keys))
}
