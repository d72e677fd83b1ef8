//! `GET /v1/domains/{domain}/pools/{pool}/events`: a pool, live (rule E11).

use std::future::Future;
use std::pin::Pin;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use serde::Serialize;
use usher_app::feed::{PoolNews, PoolStream};
use usher_app::limits::PAGE;
use usher_rules::{Event as Happened, PoolId};
use usher_store::codec;
use utoipa::ToSchema;

use super::wire::{OfPool, Pool};
use crate::answer::Answer;
use crate::extract::{At, Reads};
use crate::problem::{Ended, Stopped};
use crate::sessions::Session;
use crate::state::Http;
use crate::streams::{Counted, Source, event, last_event_id, send};
use crate::wire::{Moment, SessionId, UserId};

/// Some of the sessions that a pool has when someone begins to follow it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolSessionsNow {
    /// In the order of log-in.
    pub items: Vec<Session>,
}

/// Something that happened in a pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolNotice {
    /// When.
    pub at: Moment,
    /// The pool as it is now.
    pub pool: Pool,
    /// Which session it was about.
    pub session_id: Option<SessionId>,
    /// That session as it is now; `null` once it is over.
    pub session: Option<Session>,
    /// Which user it was about.
    pub user: Option<UserId>,
    /// What the person is called.
    pub name: Option<String>,
    /// Why a session ended, by whom and when.
    pub ended: Option<Ended>,
}

/// An event that is sent to who follows a pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolEvent {
    /// What `Last-Event-ID` names after a break; none before all sessions were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// `pool`, the first: the Pool; `sessions`, once or more: a PoolSessionsNow; then what
    /// happens, by the journal's word for it, such as `session_started`, `call_answered`,
    /// `log_in_refused`: a PoolNotice.
    pub event: String,
    /// As said, as JSON.
    #[schema(content_media_type = "application/json")]
    pub data: String,
}

fn shown(news: &PoolNews) -> Event {
    let line = &news.line;
    let ended = match line.event {
        Happened::SessionEnded { reason, by, .. } => Some(Ended {
            reason: reason.into(),
            by: by.map(Into::into),
            by_name: None,
            at: line.at.into(),
        }),
        _ => None,
    };
    let notice = PoolNotice {
        at: line.at.into(),
        pool: Pool::from(&news.pool),
        session_id: news.about.map(Into::into),
        session: news.session.as_ref().map(Session::from),
        user: news.user.as_ref().map(|(user, _)| (*user).into()),
        name: news.user.as_ref().map(|(_, name)| name.clone()),
        ended,
    };
    let (kind, _) = codec::to_value(&line.event);
    event(kind, Some(line.seq), &notice)
}

impl Source for PoolStream {
    fn more(&mut self) -> Pin<Box<dyn Future<Output = Option<Vec<Event>>> + Send + '_>> {
        Box::pin(async {
            let news = self.next().await?;
            Some(news.iter().map(shown).collect())
        })
    }
}

/// Follow a seat pool
///
/// As server-sent events: the pool and who sits there, and then each thing that happens, with
/// the pool and the session as they are after it; log-ins that were refused, too. After a break
/// it goes on behind the header `Last-Event-ID`, with nothing lost and nothing twice.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/pools/{pool}/events", tag = "pools",
    params(
        OfPool,
        ("Last-Event-ID" = Option<u64>, Header, minimum = 0,
            maximum = 9_007_199_254_740_991_u64,
            description = "The id of the last event that was read."),
    ),
    responses((status = 200, description = "What happens in the pool", content(
        (PoolEvent = "text/event-stream"),
    ))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "busy"]))),
)]
pub async fn follow_pool(
    State(http): State<Http>,
    At(OfPool { domain, pool }): At<OfPool>,
    headers: HeaderMap,
    Reads(ask): Reads,
) -> Answer {
    let after = last_event_id(&headers)?;
    let place = Counted::new(&http)?;
    let (domain, pool) = (domain.0, pool.0);
    let (now, seq, stream) = http.app.follow_pool(&ask, domain, pool, after).await?;
    let mut first = Vec::new();
    if after.is_none() {
        first.push(event("pool", None, &Pool::from(&now)));
        first.extend(sessions(&http, &ask, (domain, pool), seq).await?);
    }
    Ok(send(&http, place, first, stream))
}

/// Who sits there, page by page. The last has the id from which to go on.
async fn sessions(
    http: &Http,
    ask: &usher_app::Ask,
    (domain, pool): (usher_rules::DomainId, PoolId),
    seq: u64,
) -> Result<Vec<Event>, Stopped> {
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = http.app.pool_sessions(ask, domain, pool, after, PAGE);
        let page = page.await?;
        let items = page.items.iter().map(Session::from).collect();
        after = page.next;
        let id = after.is_none().then_some(seq);
        events.push(event("sessions", id, &PoolSessionsNow { items }));
        if after.is_none() {
            return Ok(events);
        }
    }
}
