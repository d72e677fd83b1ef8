//! `GET /metrics`: counters and timings, in Prometheus' text format.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;

use crate::answer::Answer;
use crate::problem::Stopped;
use crate::state::Http;

/// Counters and timings, for Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses((status = 200, description = "In Prometheus' text format", body = String,
        content_type = "text/plain")),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn see_metrics(State(http): State<Http>) -> Answer {
    let Some(metrics) = &http.options.metrics else {
        return Err(Stopped::not_found());
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], metrics.render()).into_response())
}
