//! Teams (rule D5): one file per endpoint.

mod delete;
mod join;
mod leave;
mod list;
mod make;
mod rename;
mod see;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_teams, make::make_team))
        .routes(routes!(
            see::see_team,
            rename::rename_team,
            delete::delete_team
        ))
        .routes(routes!(join::join_team, leave::leave_team))
}
