//! What happens around every request: it gets an id, a span, a time limit, a net for
//! panics; its answer gets its headers, is counted, and is logged when the server failed.

mod ids;

use std::any::Any;
use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use tower::{Layer, Service};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::client::Peer;
use crate::meters::Meters;
use crate::options::HttpOptions;
use crate::problem::{Cause, Stopped, table};
use ids::{Ids, X_REQUEST_ID};

/// The id of a request: in the journal, in the log, and in the answer.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

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

    /// From where a request comes; none for one that came over no connection.
    fn client_of(&self, request: &Request) -> Option<IpAddr> {
        let ConnectInfo(Peer(peer)) = request.extensions().get()?;
        let proxies = &self.options.trusted_proxies;
        Some(proxies.client(peer.ip(), request.headers()))
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

/// Puts the watch around a route.
#[derive(Clone)]
pub struct WatchLayer(pub Arc<Watch>);

impl<S> Layer<S> for WatchLayer {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched {
            watch: self.0.clone(),
            inner,
        }
    }
}

/// A route that is watched over. A service of its own, because every request pays for what
/// stands here: the general way to write this costs two allocations more.
#[derive(Clone)]
pub struct Watched<S> {
    watch: Arc<Watch>,
    inner: S,
}

impl<S> Service<Request> for Watched<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        let watch = self.watch.clone();
        let id = watch.ids.of(request.headers());
        let client = watch.client_of(&request);
        let method = request.method().clone();
        let matched = request.extensions().get::<MatchedPath>();
        let route = watch.meters.of(matched.map(MatchedPath::as_str));
        request.extensions_mut().insert(RequestId(id));
        let work = self.inner.call(request);
        Box::pin(async move {
            let span = tracing::debug_span!("request", %id, %method, route = route.name());
            let work = AssertUnwindSafe(work).catch_unwind().instrument(span);
            let mut response = in_time(work, watch.options.time_out).await;
            watch.dress(&mut response, id);
            let took = started.elapsed();
            route.count(&method, response.status(), took);
            let asked = Asked {
                id,
                client,
                method: &method,
                route: route.name(),
                took,
            };
            asked.log(&response);
            Ok(response)
        })
    }
}

type Caught = Result<Result<Response, Infallible>, Box<dyn Any + Send>>;

/// The response, or what stands for it when the work panicked or takes too long. The clock
/// is only started for what is not done at once.
async fn in_time(work: impl Future<Output = Caught>, time_out: Duration) -> Response {
    let mut work = pin!(work);
    let outcome = match futures::poll!(work.as_mut()) {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => tokio::time::timeout(time_out, work).await,
    };
    match outcome {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(panic)) => panicked(panic.as_ref()),
        Err(_) => Stopped::by(&table::TIMED_OUT).into_response(),
    }
}

/// A request that was answered, for the log.
struct Asked<'a> {
    id: Uuid,
    client: Option<IpAddr>,
    method: &'a Method,
    route: &'a str,
    took: Duration,
}

impl Asked<'_> {
    fn log(self, response: &Response) {
        let Asked {
            id,
            client,
            method,
            route,
            took,
        } = self;
        let client = client.map(tracing::field::display);
        let status = response.status().as_u16();
        if response.status().is_server_error() {
            let cause = response.extensions().get::<Cause>();
            let cause = cause.map_or("", |cause| &cause.0);
            tracing::error!(
                request = %id, client, %method, route, status, cause, ?took,
                "a request failed"
            );
        } else {
            tracing::debug!(
                request = %id, client, %method, route, status, ?took,
                "a request was answered"
            );
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Stopped::inside(format!("panicked: {}", text.unwrap_or_default())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt as _;

    async fn answer(path: &str) -> (u16, serde_json::Value) {
        let router = Router::new()
            .route("/panics", get(panics))
            .route("/hangs", get(std::future::pending::<()>));
        let watched = Watch::new(HttpOptions::default(), std::iter::empty());
        let router = router.layer(WatchLayer(watched));
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
