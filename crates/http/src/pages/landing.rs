//! `GET /`: what this is, and where to go.

use axum::extract::State;
use axum::response::Response;

use super::page;
use crate::state::Http;

const BODY: &str = "<p>The seat server: who may sit where, what a seat unlocks, and who pays \
    for it.</p><ul>\
    <li><a href=\"/docs/\">The API, to read and to try</a></li>\
    <li><a href=\"/v1/openapi.json\">Its description (OpenAPI 3.1)</a></li>\
    <li><a href=\"/v1/prices\">The price book</a></li>\
    <li><a href=\"/health/ready\">Health</a></li></ul>";

pub(super) async fn see(State(http): State<Http>) -> Response {
    page("Usher", http.options.sandbox, BODY)
}
