//! `GET /v1/domains/{domain}/events`: the journal, as a stream that resumes (rule J2), or
//! page by page.

mod stream;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_app::Ask;
use usher_store::codec;
use usher_store::lists::EventLine;
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::state::Http;
use crate::streams::last_event_id;
use crate::wire::{AccountId, Cursor, DomainId, InDomain, Moment, limit};

/// From where to read.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// After this sequence number; the header `Last-Event-ID` counts more. From the
    /// beginning unless said.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub after: Option<u64>,
    /// Of a page: how many items at most; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// Of a page: the `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$", min_length = 1, max_length = 1000)]
    pub cursor: Option<String>,
}

/// A line of the journal. Ids, numbers and states; never people's words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JournalEvent {
    /// Its number in this domain's journal: counts up by one.
    #[schema(minimum = 1)]
    pub seq: u64,
    /// When it took effect.
    pub at: Moment,
    /// When it was decided.
    pub recorded_at: Moment,
    /// What kind of event it is.
    pub kind: String,
    /// Who asked; `null` for what time brought about.
    pub actor: Option<AccountId>,
    /// The id of the request that caused it.
    #[schema(format = "uuid")]
    pub request: String,
    /// What happened: before and after, where something changed.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// An event of the stream.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StreamedEvent {
    /// The sequence number; what `Last-Event-ID` names after a break.
    pub id: String,
    /// What kind of event it is.
    pub event: String,
    /// The line of the journal, as JSON: a JournalEvent.
    #[schema(content_media_type = "application/json")]
    pub data: String,
}

/// A page of the journal.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JournalPage {
    /// The lines, oldest first.
    pub items: Vec<JournalEvent>,
    /// Where the next page begins; `null` when there is nothing more yet.
    pub next_cursor: Option<String>,
}

impl From<&EventLine> for JournalEvent {
    fn from(line: &EventLine) -> Self {
        let (kind, data) = codec::to_value(&line.event);
        JournalEvent {
            seq: line.seq,
            at: line.at.into(),
            recorded_at: line.recorded_at.into(),
            kind: kind.to_owned(),
            actor: line.actor.map(Into::into),
            request: line.request.to_string(),
            data,
        }
    }
}

/// Follow what happens in a domain
///
/// A stream of server-sent events: `id` is the sequence number, `event` the kind, `data`
/// the line as JSON. After a break it goes on behind the header `Last-Event-ID`, with
/// nothing lost and nothing twice. A reader that takes nothing for half a minute is cut
/// off. With `Accept: application/json` it is a page instead.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/events", tag = "domains",
    params(
        InDomain,
        EventsQuery,
        ("Last-Event-ID" = Option<u64>, Header, minimum = 0,
            maximum = 9_007_199_254_740_991_u64,
            description = "The sequence number of the last line that was read."),
    ),
    responses((status = 200, description = "The journal", content(
        (JournalPage = "application/json"), (StreamedEvent = "text/event-stream"),
    ))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "busy"]))),
)]
pub async fn follow_events(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<EventsQuery>,
    headers: HeaderMap,
    Reads(ask): Reads,
) -> Answer {
    let after = last_event_id(&headers)?.or(query.after).unwrap_or(0);
    if wants_json(&headers) {
        return page(&http, &ask, domain, query, after).await;
    }
    stream::follow(http, ask, domain.0, after).await
}

async fn page(http: &Http, ask: &Ask, domain: DomainId, query: EventsQuery, after: u64) -> Answer {
    let after = match query.cursor.as_deref() {
        Some(cursor) => {
            let [seq] = Cursor::read(cursor)?;
            seq.parse().map_err(|_| Cursor::foreign())?
        }
        None => after,
    };
    let limit = limit(query.limit);
    // One more than is shown, to know whether there is more.
    let lines = http.app.events(ask, domain.0, after, limit + 1).await?;
    let more = lines.len() > limit as usize;
    let shown = &lines[..lines.len().min(limit as usize)];
    let last = shown.last().filter(|_| more);
    Ok(ok(&JournalPage {
        items: shown.iter().map(JournalEvent::from).collect(),
        next_cursor: last.map(|line| Cursor::write(&[&line.seq.to_string()])),
    }))
}

/// JSON was asked for, and no stream.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let texts: Vec<&str> = accepted.filter_map(|value| value.to_str().ok()).collect();
    let has = |kind| texts.iter().any(|text| text.contains(kind));
    has("application/json") && !has("text/event-stream")
}
