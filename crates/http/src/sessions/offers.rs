//! `GET /v1/domains/{domain}/users/{user}/waiting/events`: what who waits is told (rule E13).

use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use futures::stream;
use tokio::sync::watch;
use usher_app::feed::Listener;
use usher_app::waiting::{FollowPlace, OwnPlace};
use usher_rules::{Event as Happened, UserId};

use crate::answer::Answer;
use crate::domains::StreamedEvent;
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::stream::{Counted, answer, last_event_id, of_line};
use crate::wire::OfUser;

/// Listen while waiting for a seat
///
/// By the user itself: `offer_made` when a seat is held for it, `offer_lapsed`,
/// `waiting_left`. After a break the stream goes on behind the header `Last-Event-ID`.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}/waiting/events", tag = "sessions",
    params(
        OfUser,
        ("Last-Event-ID" = Option<u64>, Header, minimum = 0,
            maximum = 9_007_199_254_740_991_u64,
            description = "The `id` of the last event that was read."),
    ),
    responses((status = 200, description = "What who waits is told",
        content((StreamedEvent = "text/event-stream")))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "busy"]))),
)]
pub async fn listen_for_offers(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    headers: HeaderMap,
    Reads(ask): Reads,
) -> Answer {
    let resumed = last_event_id(&headers)?;
    let counted = Counted::new(&http)?;
    let own = OwnPlace {
        domain: domain.0,
        user: user.0,
    };
    let (_, now) = http.app.look(&ask, &FollowPlace(own)).await?;
    let waiter = Waiter {
        lines: http.app.listen(own.domain, resumed.unwrap_or(now)),
        stopping: http.options.stopping.clone(),
        user: own.user,
        _counted: counted,
    };
    Ok(answer(stream::unfold(waiter, Waiter::next)))
}

struct Waiter {
    lines: Listener,
    stopping: watch::Receiver<bool>,
    user: UserId,
    _counted: Counted,
}

impl Waiter {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !*self.stopping.borrow() {
            tokio::select! {
                line = self.lines.next() => {
                    let line = line.ok()??;
                    if of_who_waits(&line.event) == Some(self.user) {
                        return Some((Ok(of_line(&line)), self));
                    }
                }
                _ = self.stopping.changed() => {}
            }
        }
        None
    }
}

fn of_who_waits(event: &Happened) -> Option<UserId> {
    match *event {
        Happened::WaitingJoined { user, .. }
        | Happened::WaitingLeft { user, .. }
        | Happened::OfferMade { user, .. }
        | Happened::OfferLapsed { user, .. } => Some(user),
        _ => None,
    }
}
