//! Where the links in mails lead: joining a domain (rule D1), choosing a new password (rule
//! I4). A form and a few lines of script that call the API; the panel will have its own.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::page;
use crate::state::Http;

const SCRIPT: &str = include_str!("links.js");

const JOIN: &str = "<p id=\"about\">One moment …</p>\
    <form data-link=\"join\" hidden>\
    <p><label>E-mail address<br><input name=\"email\" type=\"email\" required></label></p>\
    <p><label>The domain's prefix, from the mail<br>\
    <input name=\"domain_prefix\" required></label></p>\
    <p><label>Your name<br><input name=\"name\" autocomplete=\"name\" required></label></p>\
    <p><label>A password of your own, at least 10 characters<br>\
    <input name=\"password\" type=\"password\" minlength=\"10\" required \
    autocomplete=\"new-password\"></label></p>\
    <p><button>Join</button></p></form><p id=\"said\" role=\"status\"></p>";

const RESET: &str = "<form data-link=\"reset\">\
    <p><label>Your new password, at least 10 characters<br>\
    <input name=\"password\" type=\"password\" minlength=\"10\" required \
    autocomplete=\"new-password\"></label></p>\
    <p><button>Change the password</button></p></form><p id=\"said\" role=\"status\"></p>";

pub(super) async fn join(State(http): State<Http>, Path(_token): Path<String>) -> Response {
    with_script("Join", http.options.sandbox, JOIN)
}

pub(super) async fn reset(State(http): State<Http>, Path(_token): Path<String>) -> Response {
    with_script("A new password", http.options.sandbox, RESET)
}

pub(super) async fn script() -> Response {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], SCRIPT).into_response()
}

/// A page that runs our script and talks to this server only.
fn with_script(title: &str, sandbox: bool, body: &str) -> Response {
    let body = format!("{body}<script type=\"module\" src=\"/links.js\"></script>");
    let mut response = page(title, sandbox, &body);
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
         form-action 'none'; frame-ancestors 'none'",
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
