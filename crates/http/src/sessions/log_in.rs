//! `POST /v1/domains/{domain}/users/{user}/sessions` (rules E4, E5).

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::Reply;
use usher_app::sessions::{Entered, LogIn};
use usher_rules::Refusal;
use utoipa::ToSchema;

use super::wire::{Device, Session};
use crate::answer::{Answer, of_reply, reply};
use crate::extract::{At, Writes};
use crate::problem::Problem;
use crate::state::Http;
use crate::wire::OfUser;

/// A log-in to a seat.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// The device.
    pub device: Device,
    /// Whether a session on another device shall end for this one.
    #[schema(nullable = false)]
    #[serde(default)]
    pub take_over: Option<bool>,
}

/// A session with its token.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionAnswer {
    /// The device's token, `dev_…`; shown once.
    pub token: String,
    /// The session.
    pub session: Session,
}

/// Log in to a seat
///
/// By the user itself. A user of a pool takes one of its seats; with none free the answer
/// is `no_seat_available`. On another device already, it is `session_elsewhere`, unless the
/// request takes over. The same device asking again gets its session back with a new token.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/{user}/sessions", tag = "sessions",
    params(OfUser),
    request_body = SessionRequest,
    responses(
        (status = 201, description = "A new session", body = SessionAnswer),
        (status = 200, description = "The session that the device had", body = SessionAnswer),
    ),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "no_seat_available", "session_elsewhere", "not_in_standing",
        "session_ended",
    ]))),
)]
pub async fn log_in_to_seat(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, body }: Writes<SessionRequest>,
) -> Answer {
    let case = LogIn {
        domain: domain.0,
        user: user.0,
        device: body.device.into(),
        take_over: body.take_over.unwrap_or_default(),
    };
    Ok(of_reply(http.app.run(ask, case, shown).await?))
}

fn shown(result: Result<&Entered, &Refusal>) -> Reply {
    match result {
        Ok(Entered::In {
            text,
            view,
            resumed,
        }) => {
            let status = match resumed {
                true => StatusCode::OK,
                false => StatusCode::CREATED,
            };
            let answer = SessionAnswer {
                token: text.clone(),
                session: Session::from(&**view),
            };
            reply(status, &answer)
        }
        Ok(Entered::Not { refusal, device }) => {
            let mut problem = Problem::from(refusal);
            problem.device = device.clone();
            problem.into_reply()
        }
        Err(refusal) => Problem::from(refusal).into_reply(),
    }
}
