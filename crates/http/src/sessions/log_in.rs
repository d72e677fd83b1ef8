//! `POST /v1/sessions` (rules E4, E5).

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::Reply;
use usher_app::sessions::{Entered, LogIn};
use usher_rules::Refusal;
use utoipa::ToSchema;

use super::wire::{Device, Session};
use crate::answer::{Answer, of_reply, reply};
use crate::extract::Writes;
use crate::problem::{Problem, Stopped};
use crate::state::Http;

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
/// By a domain user, with its account's token. A user of a pool takes one of its seats; with none free the answer
/// is `no_seat_available`. On another device already, it is `session_elsewhere`, unless the
/// request takes over. The same device asking again gets its session back with a new token.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions",
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
    Writes { ask, body }: Writes<SessionRequest>,
) -> Answer {
    let place = http.app.likely_place(&ask).await?;
    let Some((domain, user)) = place else {
        return Err(Stopped::from(&Refusal::NotAllowed));
    };
    let case = LogIn {
        domain,
        user,
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
            problem.device = device.as_deref().map(str::to_owned);
            problem.into_reply()
        }
        Err(refusal) => Problem::from(refusal).into_reply(),
    }
}
