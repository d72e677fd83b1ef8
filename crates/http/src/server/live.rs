//! `GET /health/live`: the process answers.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::ok;

/// How the server is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
}

impl Health {
    /// All is well.
    #[must_use]
    pub fn ok() -> Health {
        Health {
            status: "ok".to_owned(),
        }
    }
}

/// Whether the process is alive
#[utoipa::path(
    get, path = "/health/live", tag = "server",
    responses((status = 200, description = "It is", body = Health)),
    security(()),
)]
pub async fn see_live() -> Response {
    ok(&Health::ok())
}
