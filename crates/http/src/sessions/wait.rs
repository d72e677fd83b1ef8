//! `/v1/domains/{domain}/users/{user}/waiting`: the own place in the waiting list (rule
//! E13).

use axum::extract::State;
use serde::Serialize;
use usher_app::waiting::{OwnPlace, SetWaiting};
use usher_rules::waiting::Waiting;
use utoipa::ToSchema;

use crate::answer::{Answer, change, look, of_reply, render_nothing};
use crate::extract::{At, Nothing, Reads, Writes};
use crate::state::Http;
use crate::wire::{Moment, OfUser, PoolId};

/// The own place in the waiting list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceAnswer {
    /// The place; `null` for who doesn't wait.
    pub place: Option<Place>,
}

/// A place in a waiting list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Place {
    /// Of which pool.
    pub pool: PoolId,
    /// Since when.
    pub since: Moment,
    /// Until when a seat is held: log in until then. `null` while none is.
    pub offered_until: Option<Moment>,
}

impl From<&Option<Waiting>> for PlaceAnswer {
    fn from(waiting: &Option<Waiting>) -> Self {
        PlaceAnswer {
            place: waiting.map(|waiting| Place {
                pool: waiting.pool.into(),
                since: waiting.since.into(),
                offered_until: waiting.offered_until.map(Into::into),
            }),
        }
    }
}

pub(super) fn own(of: OfUser) -> OwnPlace {
    OwnPlace {
        domain: of.domain.0,
        user: of.user.0,
    }
}

/// See the own place in the waiting list
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}/waiting", tag = "sessions",
    params(OfUser),
    responses((status = 200, description = "The place", body = PlaceAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_own_place(
    State(http): State<Http>,
    At(of): At<OfUser>,
    Reads(ask): Reads,
) -> Answer {
    look(&http.app, &ask, &own(of), |place| PlaceAnswer::from(place)).await
}

/// Wait for a seat
///
/// By the user itself, who is not logged in. When a seat is free, it is offered: held for a
/// minute, for this user to log in.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/users/{user}/waiting", tag = "sessions",
    params(OfUser),
    request_body = Nothing,
    responses((status = 200, description = "The place", body = PlaceAnswer)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "wrong_state", "not_in_standing",
    ]))),
)]
pub async fn join_waiting_list(
    State(http): State<Http>,
    At(of): At<OfUser>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = SetWaiting {
        own: own(of),
        wait: true,
    };
    change(&http.app, ask, case, |place| PlaceAnswer::from(place)).await
}

/// No longer wait for a seat
///
/// Gives back one that was offered.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}/users/{user}/waiting", tag = "sessions",
    params(OfUser),
    responses((status = 204, description = "No longer waiting")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn leave_waiting_list(
    State(http): State<Http>,
    At(of): At<OfUser>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = SetWaiting {
        own: own(of),
        wait: false,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
