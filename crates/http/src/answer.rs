//! Answers: from what a use case gave to what goes over the wire.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use usher_app::{App, Ask, Look, Reply, UseCase};
use usher_rules::Refusal;

use crate::problem::{self, Problem, Stopped};

/// What a handler gives.
pub type Answer = Result<Response, Stopped>;

/// What most answers need: a body is not moved while it grows, nor are headers.
const BODY_BYTES: usize = 1024;
const HEADERS: usize = 12;

/// JSON with 200.
pub fn ok<T: Serialize>(body: &T) -> Response {
    let mut bytes = Vec::with_capacity(BODY_BYTES);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => of_bytes(StatusCode::OK, "application/json", bytes),
        Err(error) => Stopped::inside(error.to_string()).into_response(),
    }
}

fn of_bytes(status: StatusCode, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// No content.
#[must_use]
pub fn nothing() -> Reply {
    Reply {
        status: StatusCode::NO_CONTENT.as_u16(),
        body: String::new(),
    }
}

/// A reply that can be kept under an idempotency key.
pub fn reply<T: Serialize>(status: StatusCode, body: &T) -> Reply {
    match serde_json::to_string(body) {
        Ok(body) => Reply {
            status: status.as_u16(),
            body,
        },
        // Wire types are structs of texts and numbers; they always have a JSON form.
        Err(error) => Problem::new(&problem::table::INTERNAL, error.to_string()).into_reply(),
    }
}

/// A reply as it goes out.
#[must_use]
pub fn of_reply(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::NO_CONTENT {
        return status.into_response();
    }
    let is_problem = status.is_client_error() || status.is_server_error();
    let media_type = if is_problem {
        problem::MEDIA_TYPE
    } else {
        "application/json"
    };
    let retry = is_problem.then(|| retry_after(&reply)).flatten();
    let mut response = of_bytes(status, media_type, reply.body.into_bytes());
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"usher\"");
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = retry {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// How long to wait, as the problem itself says.
fn retry_after(reply: &Reply) -> Option<i64> {
    if !matches!(reply.status, 429 | 503) {
        return None;
    }
    let problem: serde_json::Value = serde_json::from_str(&reply.body).ok()?;
    problem["retry_after_seconds"].as_i64()
}

/// Turns an answer or a refusal into a reply: with this status and body, or as a problem.
pub fn render<A, T: Serialize>(
    status: StatusCode,
    show: impl Fn(&A) -> T + Send + Sync + 'static,
) -> impl Fn(Result<&A, &Refusal>) -> Reply + Send + Sync + 'static {
    move |result| match result {
        Ok(answer) => reply(status, &show(answer)),
        Err(refusal) => Problem::from(refusal).into_reply(),
    }
}

/// Likewise, for what has nothing to show.
pub fn render_nothing<A>() -> impl Fn(Result<&A, &Refusal>) -> Reply + Send + Sync + 'static {
    |result| match result {
        Ok(_) => nothing(),
        Err(refusal) => Problem::from(refusal).into_reply(),
    }
}

/// Does a use case; its answer is shown with 200.
///
/// # Errors
/// What stopped it before it was decided.
pub async fn change<U: UseCase, T: Serialize + 'static>(
    app: &Arc<App>,
    ask: Ask,
    case: U,
    show: impl Fn(&U::Answer) -> T + Send + Sync + 'static,
) -> Answer {
    let reply = app.run(ask, case, render(StatusCode::OK, show)).await?;
    Ok(of_reply(reply))
}

/// Looks; what is seen is shown with 200.
///
/// # Errors
/// A refusal, or a storage error.
pub async fn look<L: Look, T: Serialize>(
    app: &App,
    ask: &Ask,
    look: &L,
    show: impl Fn(&L::Answer) -> T,
) -> Answer {
    let seen = app.look(ask, look).await?;
    Ok(ok(&show(&seen)))
}
