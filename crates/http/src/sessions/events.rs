//! `GET /v1/sessions/{session}/events`: what the device is told (rules E5 to
//! E8, E13, F2).

use std::future::Future;
use std::pin::Pin;

use axum::extract::State;
use axum::response::sse::Event;
use serde::Serialize;
use usher_app::feed::{DeviceNews, DeviceNow, DeviceStream};
use usher_rules::Refusal;
use usher_store::codec;
use utoipa::ToSchema;

use super::wire::{OwnSession, Session};
use crate::answer::Answer;
use crate::extract::{At, Reads};
use crate::problem::Ended;
use crate::state::Http;
use crate::streams::{Counted, Source, event, send};
use crate::wire::Moment;

/// What a device is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeviceNotice {
    /// When it happened; `null` in the first event.
    pub at: Option<Moment>,
    /// The session as it is now; `null` once it is over.
    pub session: Option<Session>,
    /// What the guest is called whose call it is in.
    pub guest: Option<String>,
    /// Why it is over, by whom and when.
    pub ended: Option<Ended>,
}

/// An event that a device is sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeviceEvent {
    /// A number that grows.
    pub id: String,
    /// `session`: the first, which says how things are; `logged_out`: the last, the session is
    /// over; any other: what happened, by the journal's word for it, such as `call_started`,
    /// `log_off_near`, `log_out_after_call`, `pool_changed`.
    pub event: String,
    /// A DeviceNotice, as JSON.
    #[schema(content_media_type = "application/json")]
    pub data: String,
}

impl From<&DeviceNow> for DeviceNotice {
    fn from(now: &DeviceNow) -> Self {
        DeviceNotice {
            at: None,
            session: Some(Session::from(&now.view)),
            guest: now.guest.clone(),
            ended: None,
        }
    }
}

/// A notice, or none for a session that is not even over any more.
fn notice(news: &DeviceNews) -> Option<Event> {
    let at = Some(news.line.at.into());
    let seq = Some(news.line.seq);
    match &news.now {
        Ok(now) => {
            let (kind, _) = codec::to_value(&news.line.event);
            let notice = DeviceNotice {
                at,
                ..DeviceNotice::from(now)
            };
            Some(event(kind, seq, &notice))
        }
        Err(Refusal::SessionEnded { reason, by, at }) => {
            let ended = Ended {
                reason: (*reason).into(),
                by: by.map(Into::into),
                by_name: news.by_name.clone(),
                at: (*at).into(),
            };
            let notice = DeviceNotice {
                at: Some((*at).into()),
                session: None,
                guest: None,
                ended: Some(ended),
            };
            Some(event("logged_out", seq, &notice))
        }
        Err(_) => None,
    }
}

impl Source for DeviceStream {
    fn more(&mut self) -> Pin<Box<dyn Future<Output = Option<Vec<Event>>> + Send + '_>> {
        Box::pin(async {
            let news = self.next().await?;
            notice(&news).map(|event| vec![event])
        })
    }
}

/// Follow one's own session
///
/// By the session's device, as server-sent events. It begins with the session as it is, so that
/// nothing is lost however long the device was away, and ends with `logged_out`. A device that
/// follows is there: it needs no heartbeats.
#[utoipa::path(
    get, path = "/v1/sessions/{session}/events", tag = "sessions",
    params(OwnSession),
    responses((status = 200, description = "What happens to the session", content(
        (DeviceEvent = "text/event-stream"),
    ))),
    extensions(("x-refusals" = json!(["not_found", "session_ended", "busy"]))),
)]
pub async fn follow_session(
    State(http): State<Http>,
    At(OwnSession { session }): At<OwnSession>,
    Reads(ask): Reads,
) -> Answer {
    let place = Counted::new(&http)?;
    let of = http.app.own_session(&ask, session.0).await?;
    let (now, seq, stream) = http.app.follow_session(of).await?;
    let first = event("session", Some(seq), &DeviceNotice::from(&now));
    Ok(send(&http, place, vec![first], stream))
}
