//! Seat pools (rules E1, E9 to E13): one file per endpoint.

mod change;
mod delete;
mod events;
mod list;
mod make;
mod reserve;
mod see;
mod sessions;
mod waiting;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_pools, make::make_pool))
        .routes(routes!(
            see::see_pool,
            change::change_pool,
            delete::delete_pool
        ))
        .routes(routes!(events::follow_pool))
        .routes(routes!(sessions::list_pool_sessions))
        .routes(routes!(waiting::list_waiting))
        .routes(routes!(reserve::reserve_seat))
}
