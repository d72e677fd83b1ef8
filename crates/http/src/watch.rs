//! What happens around every request: it gets an id, a span, a time limit, a net for
//! panics; its answer gets its headers, is counted, and is logged when the server failed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::meters::Meters;
use crate::options::HttpOptions;
use crate::problem::{Cause, Stopped, table};

/// The id of a request: in the journal, in the log, and in the answer.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const USHER_SANDBOX: HeaderName = HeaderName::from_static("usher-sandbox");

/// A JSON answer loads nothing and is framed by nobody; pages set their own.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What the watch needs.
pub struct Watch {
    options: HttpOptions,
    meters: Meters,
    ids: Ids,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Watch {
    /// For these options and routes.
    pub fn new(options: HttpOptions, routes: impl Iterator<Item = String>) -> Arc<Watch> {
        let mut headers = vec![
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ),
        ];
        if options.public_url.starts_with("https://") {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.push((header::STRICT_TRANSPORT_SECURITY, year));
        }
        if options.sandbox {
            headers.push((USHER_SANDBOX, HeaderValue::from_static("true")));
        }
        Arc::new(Watch {
            options,
            meters: Meters::new(routes),
            ids: Ids::new(),
            headers,
        })
    }

    fn dress(&self, response: &mut Response, id: Uuid) {
        let headers = response.headers_mut();
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = id.hyphenated().encode_lower(&mut text);
        if let Ok(id) = HeaderValue::from_str(text) {
            headers.insert(X_REQUEST_ID, id);
        }
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(POLICY);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
    }
}

/// Watches over a request.
pub async fn watch(State(watch): State<Arc<Watch>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = watch.ids.of(&request);
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = watch.meters.of(matched.map(MatchedPath::as_str));
    let span = tracing::debug_span!("request", %id, %method, route = route.name());
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let work = tokio::time::timeout(watch.options.time_out, work.instrument(span));
    let mut response = match work.await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => panicked(panic.as_ref()),
        Err(_) => Stopped::by(&table::TIMED_OUT).into_response(),
    };
    watch.dress(&mut response, id);
    let (status, took) = (response.status(), started.elapsed());
    route.count(&method, status, took);
    if status.is_server_error() {
        let cause = response.extensions().get::<Cause>();
        let cause = cause.map_or("", |cause| &cause.0);
        tracing::error!(
            request = %id, %method, route = route.name(), status = status.as_u16(), cause,
            "a request failed"
        );
    } else {
        tracing::debug!(
            request = %id, %method, route = route.name(), status = status.as_u16(), ?took,
            "a request was answered"
        );
    }
    response
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Stopped::inside(format!("panicked: {}", text.unwrap_or_default())).into_response()
}

/// Ids for requests that bring none: what this process began with, and a number. Unique,
/// and for the price of an addition.
struct Ids {
    process: u64,
    next: AtomicU64,
}

impl Ids {
    fn new() -> Ids {
        // The only random bits and the only clock here; nothing is decided by them.
        let (time, random) = Uuid::now_v7().as_u64_pair();
        Ids {
            process: time.rotate_left(16) ^ random,
            next: AtomicU64::new(random & 0xffff_ffff),
        }
    }

    /// The id that the request brings, if it is a UUID; a new one otherwise.
    fn of(&self, request: &Request) -> Uuid {
        let brought = request.headers().get(X_REQUEST_ID);
        brought
            .and_then(|id| Uuid::try_parse_ascii(id.as_bytes()).ok())
            .unwrap_or_else(|| self.next())
    }

    fn next(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let bits = (u128::from(self.process) << 64) | u128::from(number);
        uuid::Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    #[test]
    fn j1_request_ids_differ() {
        let ids = Ids::new();
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.get_version_num(), 8);
    }

    async fn answer(path: &str) -> (u16, serde_json::Value) {
        let router = Router::new()
            .route("/panics", get(panics))
            .route("/hangs", get(std::future::pending::<()>));
        let watched = Watch::new(HttpOptions::default(), std::iter::empty());
        let router = router.layer(from_fn_with_state(watched, watch));
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    async fn panics() {
        panic!("something that nobody must see");
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_says_nothing_of_it() {
        let (status, problem) = answer("/panics").await;
        assert_eq!((status, &problem["code"]), (500, &"internal".into()));
        assert!(!problem.to_string().contains("nobody must see"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_worked_on_for_a_limited_time() {
        let (status, problem) = answer("/hangs").await;
        assert_eq!((status, &problem["code"]), (503, &"timed_out".into()));
    }
}
