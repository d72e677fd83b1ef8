//! `GET /v1/domains/{domain}/sessions/{session}/events`: what the device is told (rules E7,
//! E8, E13).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use futures::stream;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use usher_app::Ask;
use usher_app::feed::Listener;
use usher_app::sessions::{ListenAs, OfSession as App, Presence};
use usher_rules::{Event as Happened, PoolId, SessionId};
use usher_store::lists::EventLine;

use super::wire::OfSession;
use crate::answer::Answer;
use crate::domains::StreamedEvent;
use crate::extract::{At, Reads};
use crate::limits;
use crate::state::Http;
use crate::stream::{Counted, answer, last_event_id, of_line};

/// Listen as a device
///
/// A stream of server-sent events about this session: `session_ended` with reason and by
/// whom, after which the stream ends; `log_off_near`, `log_out_after_call`; `call_started`
/// when a guest's call rings, `call_answered`, `call_ended`; `pool_changed` when the pool's
/// settings change. `id` is the number of the line in the domain's journal; after a break
/// the stream goes on behind the header `Last-Event-ID`. While it is open the device counts
/// as present.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/sessions/{session}/events", tag = "sessions",
    params(
        OfSession,
        ("Last-Event-ID" = Option<u64>, Header, minimum = 0,
            maximum = 9_007_199_254_740_991_u64,
            description = "The `id` of the last event that was read."),
    ),
    responses((status = 200, description = "What the device is told",
        content((StreamedEvent = "text/event-stream")))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "session_ended", "busy"]))),
)]
pub async fn listen_as_device(
    State(http): State<Http>,
    At(of): At<OfSession>,
    headers: HeaderMap,
    Reads(ask): Reads,
) -> Answer {
    let resumed = last_event_id(&headers)?;
    let counted = Counted::new(&http)?;
    let of = of.by(&ask);
    let (session, now) = http.app.look(&ask, &ListenAs(of)).await?;
    let mut presence = interval(PRESENCE);
    presence.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let device = Device {
        lines: http.app.listen(of.domain, resumed.unwrap_or(now)),
        stopping: http.options.stopping.clone(),
        http,
        of,
        pool: session.pool,
        presence,
        over: false,
        _counted: counted,
    };
    Ok(answer(stream::unfold(device, Device::next)))
}

/// How often an open stream is noted as presence; what is written is less
/// (`usher_app::limits::PRESENCE_SECONDS`).
const PRESENCE: Duration = Duration::from_secs(5);

struct Device {
    http: Http,
    of: App,
    pool: Option<PoolId>,
    lines: Listener,
    presence: Interval,
    stopping: watch::Receiver<bool>,
    over: bool,
    _counted: Counted,
}

impl Device {
    /// The next event; none when the stream ends.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !self.over && !*self.stopping.borrow() {
            tokio::select! {
                line = self.lines.next() => {
                    let line = line.ok()??;
                    if is_about(&line, self.of.session, self.pool) {
                        self.over = matches!(line.event, Happened::SessionEnded { .. });
                        return Some((Ok(of_line(&line)), self));
                    }
                }
                _ = self.presence.tick() => self.is_there().await,
                _ = self.stopping.changed() => {}
            }
        }
        None
    }

    async fn is_there(&self) {
        let noted = self.http.app.do_now(Ask::default(), Presence(self.of));
        if let Err(error) = noted.await {
            // That the session is over is told by the journal.
            tracing::debug!(%error, "presence was not noted");
        }
    }
}

/// What a device is told of: its own session, and its pool's settings.
fn is_about(line: &EventLine, session: SessionId, pool: Option<PoolId>) -> bool {
    match line.event {
        Happened::SessionStarted { .. } => false,
        Happened::PoolChanged { pool: of, .. } => Some(of) == pool,
        ref event => event.session() == Some(session),
    }
}

const _: () = assert!(PRESENCE.as_secs() < limits::STREAM_KEEP_ALIVE.as_secs());
