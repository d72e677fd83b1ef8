//! `GET /problems/{code}`: where a problem's `type` leads.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};

use super::page;
use crate::problem::{Stopped, kind_of_code};
use crate::state::Http;

pub(super) async fn see(State(http): State<Http>, Path(code): Path<String>) -> Response {
    let Some(kind) = kind_of_code(&code) else {
        return Stopped::not_found().into_response();
    };
    let body = format!(
        "<p>Code <code>{}</code>, status {}.</p><p>{}</p><p><a href=\"/docs/\">The API</a></p>",
        kind.code,
        kind.status,
        kind.explanation.replace('`', ""),
    );
    page(kind.title, http.options.sandbox, &body)
}
