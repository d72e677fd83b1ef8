//! `GET /v1/domains/{domain}/users/{user}/waiting/events`: the own place in the waiting list,
//! as it changes (rule E13).

use std::future::Future;
use std::pin::Pin;

use axum::extract::State;
use axum::response::sse::Event;
use serde::Serialize;
use usher_app::feed::PlaceStream;
use usher_rules::waiting::Waiting;
use utoipa::ToSchema;

use super::wait::{PlaceAnswer, own};
use crate::answer::Answer;
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::streams::{Counted, Source, event, send};
use crate::wire::OfUser;

/// An event that someone is sent who waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceEvent {
    /// `waiting`; `seat_offered`: log in before the offer lapses; `no_longer_waiting`: the last.
    pub event: String,
    /// A PlaceAnswer, as JSON.
    #[schema(content_media_type = "application/json")]
    pub data: String,
}

fn shown(place: &Option<Waiting>) -> Event {
    let kind = match place {
        Some(waiting) if waiting.offered_until.is_some() => "seat_offered",
        Some(_) => "waiting",
        None => "no_longer_waiting",
    };
    event(kind, None, &PlaceAnswer::from(place))
}

impl Source for PlaceStream {
    fn more(&mut self) -> Pin<Box<dyn Future<Output = Option<Vec<Event>>> + Send + '_>> {
        Box::pin(async {
            let place = self.next().await?;
            Some(vec![shown(&place)])
        })
    }
}

/// Follow the own place in the waiting list
///
/// By the user itself, as server-sent events: the place now, and whenever it changes; so at
/// once when a seat is offered. Ends when the user no longer waits.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}/waiting/events", tag = "sessions",
    params(OfUser),
    responses((status = 200, description = "The place, as it changes", content(
        (PlaceEvent = "text/event-stream"),
    ))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "busy"]))),
)]
pub async fn follow_own_place(
    State(http): State<Http>,
    At(of): At<OfUser>,
    Reads(ask): Reads,
) -> Answer {
    let place = Counted::new(&http)?;
    let (now, stream) = http.app.follow_place(&ask, own(of)).await?;
    Ok(send(&http, place, vec![shown(&now)], stream))
}
