//! Call links, the user's side and the guest's (rule F2): one file per endpoint. The page that
//! a guest sees is [`crate::pages`]'.

mod call;
mod list;
mod make;
mod revoke;
mod see;
mod see_call;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_call_links, make::make_call_link))
        .routes(routes!(revoke::revoke_call_link))
        .routes(routes!(see::see_call_link))
        .routes(routes!(call::call_by_link))
        .routes(routes!(see_call::see_guest_call))
}
