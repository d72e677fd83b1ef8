//! `GET /health/ready`: the store can be written to.

use axum::extract::State;
use usher_app::Failure;

use super::live::Health;
use crate::answer::{Answer, ok};
use crate::state::Http;

/// Whether the server can take requests
#[utoipa::path(
    get, path = "/health/ready", tag = "server",
    responses((status = 200, description = "It can", body = Health)),
    security(()),
)]
pub async fn see_ready(State(http): State<Http>) -> Answer {
    http.app.store.ready().await.map_err(Failure::Store)?;
    Ok(ok(&Health::ok()))
}
