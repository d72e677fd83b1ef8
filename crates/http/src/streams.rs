//! What all event streams share: a limit on their number, how they are sent, and that they end
//! when the server stops.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, stream};
use metrics::gauge;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::problem::{Stopped, table};
use crate::state::{Http, Shared};
use crate::{limits, meters};

/// One of the streams that may run.
pub struct Counted(#[allow(dead_code)] OwnedSemaphorePermit);

impl Counted {
    /// A place for one more.
    ///
    /// # Errors
    /// 503 when there are too many.
    pub fn new(http: &Shared) -> Result<Counted, Stopped> {
        let place = http.streams.clone().try_acquire_owned();
        let busy = |_| Stopped::saying(&table::BUSY, "too many event streams");
        let place = place.map_err(busy)?;
        gauge!(meters::STREAMS).increment(1.0);
        Ok(Counted(place))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(meters::STREAMS).decrement(1.0);
    }
}

/// A stream as it is sent.
fn respond(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let alive = KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // Proxies in between must not hold events back.
    let unbuffered = HeaderValue::from_static("no");
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", unbuffered);
    response
}

/// An event with JSON in it. Who comes back says the id of the last that had one.
pub fn event<T: Serialize>(kind: &str, id: Option<u64>, data: &T) -> Event {
    // Wire types are structs of texts and numbers; they always have a JSON form.
    let data = serde_json::to_string(data).unwrap_or_default();
    let event = Event::default().event(kind).data(data);
    match id {
        Some(id) => event.id(id.to_string()),
        None => event,
    }
}

/// After which event to go on, for who comes back.
///
/// # Errors
/// 422 for what is no number of one.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Stopped> {
    let Some(id) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let id = id.to_str().ok().and_then(|id| id.trim().parse().ok());
    let id = id.filter(|id| i64::try_from(*id).is_ok());
    id.map(Some)
        .ok_or_else(|| Stopped::invalid("Last-Event-ID", "must be a sequence number"))
}

/// Events that come some at a time.
pub trait Source: Send + 'static {
    /// The next ones; none when the stream ends.
    fn more(&mut self) -> Pin<Box<dyn Future<Output = Option<Vec<Event>>> + Send + '_>>;
}

struct Running<S> {
    source: S,
    ready: VecDeque<Event>,
    stopping: watch::Receiver<bool>,
    _counted: Counted,
}

/// Sends the first events, and then what comes, until there is nothing more or the server
/// stops.
pub fn send<S: Source>(http: &Http, place: Counted, first: Vec<Event>, source: S) -> Response {
    let running = Running {
        source,
        ready: first.into(),
        stopping: http.options.stopping.clone(),
        _counted: place,
    };
    respond(stream::unfold(running, Running::next))
}

impl<S: Source> Running<S> {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            let stopped = async {
                if self.stopping.wait_for(|stopping| *stopping).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let more = tokio::select! {
                more = self.source.more() => more?,
                () = stopped => return None,
            };
            self.ready.extend(more);
        }
    }
}
