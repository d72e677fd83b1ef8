//! `GET /v1/domains/{domain}/pools/{pool}/events`: a pool, live (rule E11).

use std::collections::HashSet;
use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use futures::stream;
use serde::Serialize;
use tokio::sync::watch;
use usher_app::Ask;
use usher_app::feed::Listener;
use usher_app::pools::{FollowPool, GetPool};
use usher_app::sessions::{GetSession, OfSession};
use usher_rules::{Event as Happened, SessionId};
use usher_store::codec;
use usher_store::lists::EventLine;
use utoipa::ToSchema;

use super::wire::{OfPool, Pool};
use crate::answer::Answer;
use crate::domains::{JournalEvent, StreamedEvent};
use crate::extract::{At, Reads};
use crate::limits;
use crate::problem::Stopped;
use crate::sessions::Session;
use crate::state::Http;
use crate::stream::{Counted, answer, last_event_id};
use crate::wire::limit;

/// What happened in a pool, and how it is since.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolEvent {
    /// The line of the journal; `null` of the first event.
    pub line: Option<JournalEvent>,
    /// The pool since.
    pub pool: Pool,
    /// The session that it is about, while it is live; of the first event, all of them
    /// follow one by one.
    pub session: Option<Session>,
}

/// Follow a pool
///
/// A stream of server-sent events, whose `data` is a PoolEvent: first `pool` with the pool,
/// and one `session` for each that is live; then each line of the journal that is about the
/// pool, under its kind, log-ins that were refused among them. `id` is the number of the
/// line; after a break the stream goes on behind the header `Last-Event-ID`, and of a
/// session that ended meanwhile tells the end alone.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/pools/{pool}/events", tag = "pools",
    params(
        OfPool,
        ("Last-Event-ID" = Option<u64>, Header, minimum = 0,
            maximum = 9_007_199_254_740_991_u64,
            description = "The `id` of the last event that was read."),
    ),
    responses((status = 200, description = "The pool, live",
        content((StreamedEvent = "text/event-stream")))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "busy"]))),
)]
pub async fn follow_pool(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    headers: HeaderMap,
    Reads(ask): Reads,
) -> Answer {
    let resumed = last_event_id(&headers)?;
    let counted = Counted::new(&http)?;
    let of = GetPool {
        domain: domain.0,
        pool: pool.0,
    };
    let (line, now) = http.app.look(&ask, &FollowPool(of)).await?;
    let mut lead = Lead {
        lines: http.app.listen(of.domain, resumed.unwrap_or(now)),
        stopping: http.options.stopping.clone(),
        http,
        ask,
        of,
        seated: HashSet::new(),
        _counted: counted,
    };
    let shown = Pool::from(&line);
    let sessions = lead.sessions().await?;
    let mut first = vec![event("pool", now, None, &shown, None)];
    let each = sessions.into_iter();
    first.extend(each.map(|session| event("session", now, None, &shown, Some(session))));
    if resumed.is_some() {
        first.clear();
    }
    let first = stream::iter(first.into_iter().map(Ok));
    let rest = stream::unfold(lead, Lead::next);
    Ok(answer(futures::StreamExt::chain(first, rest)))
}

fn event(
    kind: &str,
    id: u64,
    line: Option<JournalEvent>,
    pool: &Pool,
    session: Option<Session>,
) -> Event {
    let said = PoolEvent {
        line,
        pool: pool.clone(),
        session,
    };
    let data = serde_json::to_string(&said).unwrap_or_default();
    Event::default().id(id.to_string()).event(kind).data(data)
}

struct Lead {
    http: Http,
    ask: Ask,
    of: GetPool,
    lines: Listener,
    /// The pool's sessions, as far as told.
    seated: HashSet<SessionId>,
    stopping: watch::Receiver<bool>,
    _counted: Counted,
}

impl Lead {
    /// All live sessions, as they are now.
    async fn sessions(&mut self) -> Result<Vec<Session>, Stopped> {
        let GetPool { domain, pool } = self.of;
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let app = &self.http.app;
            let page = app.pool_sessions(&self.ask, domain, pool, after, limit(Some(u32::MAX)));
            let page = page.await?;
            self.seated
                .extend(page.items.iter().map(|item| item.session.id));
            all.extend(page.items.iter().map(Session::from));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// The next event; none when the stream ends: the server stops, or the caller may no
    /// longer see the pool.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !*self.stopping.borrow() {
            tokio::select! {
                line = self.lines.next() => {
                    let line = line.ok()??;
                    if self.is_about(&line) {
                        return self.told(&line).await.map(|event| (Ok(event), self));
                    }
                }
                () = tokio::time::sleep(limits::STREAM_KEEP_ALIVE) => {
                    self.http.app.look(&self.ask, &self.of).await.ok()?;
                }
                _ = self.stopping.changed() => {}
            }
        }
        None
    }

    async fn told(&self, line: &EventLine) -> Option<Event> {
        let seen = self.http.app.look(&self.ask, &self.of).await;
        let pool = Pool::from(&seen.ok()?);
        let session = match line.event.session() {
            Some(session) => {
                let of = OfSession {
                    domain: self.of.domain,
                    session,
                    token: None,
                };
                let seen = self.http.app.look(&self.ask, &GetSession(of)).await;
                seen.ok().as_ref().map(Session::from)
            }
            None => None,
        };
        let shown = JournalEvent::from(line);
        let kind = shown.kind.clone();
        Some(event(&kind, line.seq, Some(shown), &pool, session))
    }

    /// Whether a line is about the pool, or about a session in it.
    fn is_about(&mut self, line: &EventLine) -> bool {
        let (_, data) = codec::to_value(&line.event);
        let here = data["pool"].as_str() == Some(&self.of.pool.to_string());
        let Some(session) = line.event.session() else {
            return here;
        };
        match line.event {
            Happened::SessionStarted { .. } if here => self.seated.insert(session),
            Happened::SessionEnded { .. } => self.seated.remove(&session) || here,
            _ => self.seated.contains(&session),
        }
    }
}
