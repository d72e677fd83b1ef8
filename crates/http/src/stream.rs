//! Event streams (server-sent events): what all of them share.

use std::convert::Infallible;

use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::Stream;
use metrics::gauge;
use tokio::sync::OwnedSemaphorePermit;
use usher_store::lists::EventLine;

use crate::domains::JournalEvent;
use crate::problem::{Stopped, table};
use crate::state::Http;
use crate::{limits, meters};

/// One of the streams that may run.
pub struct Counted(#[allow(dead_code)] OwnedSemaphorePermit);

impl Counted {
    /// A place for one more.
    ///
    /// # Errors
    /// 503 when there are too many.
    pub fn new(http: &Http) -> Result<Counted, Stopped> {
        let place = http.streams.clone().try_acquire_owned();
        let Ok(place) = place else {
            return Err(Stopped::saying(&table::BUSY, "too many event streams"));
        };
        gauge!(meters::STREAMS).increment(1.0);
        Ok(Counted(place))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(meters::STREAMS).decrement(1.0);
    }
}

/// The answer that is a stream of these events.
pub fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let alive = KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // Proxies in between must not hold events back.
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    response
}

/// A line of the journal as an event: its number, its kind, itself as JSON.
pub fn of_line(line: &EventLine) -> Event {
    let shown = JournalEvent::from(line);
    let data = serde_json::to_string(&shown).unwrap_or_default();
    Event::default()
        .id(line.seq.to_string())
        .event(shown.kind)
        .data(data)
}

/// After which line a reader that comes back wants to go on.
///
/// # Errors
/// 422 for what is no sequence number.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Stopped> {
    let Some(id) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let id = id.to_str().ok().and_then(|id| id.trim().parse().ok());
    let id = id.filter(|id| i64::try_from(*id).is_ok());
    id.map(Some)
        .ok_or_else(|| Stopped::invalid("Last-Event-ID", "must be a sequence number"))
}
