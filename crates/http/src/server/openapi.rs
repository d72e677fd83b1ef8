//! `GET /v1/openapi.json`: the API's description.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::state::Http;

/// The API's description, in OpenAPI 3.1
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "server",
    responses((status = 200, description = "The document", body = Object)),
    security(()),
)]
pub async fn see_openapi(State(http): State<Http>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, http.description.clone()).into_response()
}
