//! `GET /docs/`: the API to read and to try, with Swagger UI from this binary. It loads
//! nothing from elsewhere, and its policy lets it load nothing from elsewhere.

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use utoipa_swagger_ui::Config;

use super::SANDBOX_NOTICE;
use crate::problem::Stopped;
use crate::state::Http;

/// Styles are set by its script; pictures come from its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     frame-ancestors 'none'",
);

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/v1/openapi.json")
        // Its badge would ask a server of its makers.
        .validator_url("none")
        .try_it_out_enabled(true)
        .deep_linking(true);
    Arc::new(config)
});

pub(super) async fn redirect() -> Redirect {
    Redirect::permanent("/docs/")
}

pub(super) async fn index(State(http): State<Http>) -> Response {
    serve(&http, "index.html")
}

pub(super) async fn file(State(http): State<Http>, Path(file): Path<String>) -> Response {
    serve(&http, &file)
}

fn serve(http: &Http, name: &str) -> Response {
    let file = match utoipa_swagger_ui::serve(name, CONFIG.clone()) {
        Ok(Some(file)) => file,
        Ok(None) => return Stopped::not_found().into_response(),
        Err(error) => return Stopped::inside(error.to_string()).into_response(),
    };
    let mut bytes = file.bytes.into_owned();
    if name == "index.html" {
        bytes = titled(&bytes, http.options.sandbox);
    }
    let kind = HeaderValue::from_str(&file.content_type);
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = kind {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// The page with our name on it, and the sandbox's notice.
fn titled(page: &[u8], sandbox: bool) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    let page = page.replace("<title>Swagger UI</title>", "<title>Usher API</title>");
    let notice = if sandbox { SANDBOX_NOTICE } else { "" };
    page.replacen("<body>", &format!("<body>{notice}"), 1)
        .into_bytes()
}
