//! Trusted proxies: the operator's side, and what a proxy asks and reports with a credential of
//! its own (rules E12, F1). One file per endpoint.

mod check;
mod issue;
mod list;
mod register;
mod report_call;
mod revoke;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_proxies, issue::issue_proxy))
        .routes(routes!(revoke::revoke_proxy))
        .routes(routes!(check::check_live_service))
        .routes(routes!(report_call::report_call_by_proxy))
        .routes(routes!(register::report_registration))
}
