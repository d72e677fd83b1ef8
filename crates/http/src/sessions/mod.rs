//! Sessions (rules E4 to E8, F1): one file per endpoint.

mod events;
mod heartbeat;
mod list;
mod log_in;
mod log_off;
mod log_out;
mod place_events;
mod report_call;
mod see;
mod wait;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

pub use wire::Session;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_user_sessions))
        .routes(routes!(log_in::log_in_to_seat))
        .routes(routes!(see::see_session))
        .routes(routes!(see::see_own_session, log_off::log_off))
        .routes(routes!(events::follow_session))
        .routes(routes!(place_events::follow_own_place))
        .routes(routes!(log_out::log_user_out))
        .routes(routes!(heartbeat::send_heartbeat))
        .routes(routes!(report_call::report_call))
        .routes(routes!(report_call::report_progress))
        .routes(routes!(
            wait::see_own_place,
            wait::join_waiting_list,
            wait::leave_waiting_list
        ))
}
