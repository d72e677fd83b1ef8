//! Pages for people: the landing page, the readable API page, what each kind of problem
//! means, where the links in mails and call links lead. Nothing on them loads from elsewhere.
//! The panel is not here.

mod call;
mod docs;
mod landing;
mod links;
mod problems;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;

use crate::state::Http;

/// The pages' routes; they are no part of the API's description.
pub fn routes() -> Router<Http> {
    Router::new()
        .route("/", get(landing::see))
        .route("/join/{token}", get(links::join))
        .route("/reset/{token}", get(links::reset))
        .route("/call/{token}", get(call::see).post(call::call))
        .route("/links.js", get(links::script))
        .route("/problems/{code}", get(problems::see))
        .route("/docs", get(docs::redirect))
        .route("/docs/", get(docs::index))
        .route("/docs/{*file}", get(docs::file))
}

/// The routes' templates, for who counts and lists them.
pub const ROUTES: [&str; 9] = [
    "/",
    "/join/{token}",
    "/reset/{token}",
    "/call/{token}",
    "/links.js",
    "/problems/{code}",
    "/docs",
    "/docs/",
    "/docs/{*file}",
];

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;\
    padding:0 1rem;color:#1b1f24}code{background:#eef0f2;padding:.1em .3em}\
    .sandbox{background:#fff3c4;border:1px solid #c9a400;padding:.5rem 1rem}";

const SANDBOX_NOTICE: &str = "<p class=\"sandbox\"><strong>This is a sandbox.</strong> \
    Its clock can be moved, and it sends no mail.</p>";

/// A text of someone's own, as it stands between tags or in an attribute.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            other => written.push(other),
        }
    }
    written
}

/// A page of ours: no script, one style, nothing from elsewhere.
fn page(title: &str, sandbox: bool, body: &str) -> Response {
    let notice = if sandbox { SANDBOX_NOTICE } else { "" };
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body>{notice}<h1>{title}</h1>{body}</body></html>"
    );
    let mut response = Html(text).into_response();
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
