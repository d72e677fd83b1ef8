//! A session as the API shows it.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::sessions::{self as app, AfterReport, SessionView};
use usher_app::{Ask, Reply};
use usher_rules::{Refusal, calls};
use utoipa::{IntoParams, ToSchema};

use crate::answer::reply;
use crate::problem::Problem;
use crate::wire::{CallId, Direction, DomainId, Moment, PoolId, SessionId, UserId};

/// A live session: one user on one device.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Of which domain.
    pub domain: DomainId,
    /// Whose.
    pub user: UserId,
    /// What the person is called.
    pub name: String,
    /// The pool whose seat it holds; `null` for a named user's.
    pub pool: Option<PoolId>,
    /// The device.
    pub device: Device,
    /// Since when.
    pub started_at: Moment,
    /// The call that it is in.
    pub call: Option<Call>,
    /// Whether a guest can call by a link now.
    pub waiting_for_guest: bool,
    /// When it would be logged off automatically, as things stand; `null`: not.
    pub log_off_at: Option<Moment>,
    /// When its device would have been silent for too long; `null`: never.
    pub silent_at: Option<Moment>,
    /// Whether an admin's log-out waits for the end of the call.
    pub log_out_after_call: bool,
}

/// A call.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Made or received.
    pub direction: Direction,
    /// Whether a guest called by a call link.
    pub by_link: bool,
    /// Since when it rings.
    pub started_at: Moment,
    /// Since when they talk.
    pub answered_at: Option<Moment>,
}

impl From<&calls::Call> for Call {
    fn from(call: &calls::Call) -> Self {
        Call {
            id: call.id.into(),
            direction: call.direction.into(),
            by_link: call.link.is_some(),
            started_at: call.started_at.into(),
            answered_at: call.answered_at.map(Into::into),
        }
    }
}

impl From<&SessionView> for Session {
    fn from(view: &SessionView) -> Self {
        let (session, pool) = (&view.session, view.pool.as_ref());
        Session {
            id: session.id.into(),
            domain: session.domain.into(),
            user: session.user.into(),
            name: view.name.clone(),
            pool: session.pool.map(Into::into),
            device: Device {
                id: view.record.device_id.to_string(),
                name: view.record.device_name.to_string(),
            },
            started_at: session.started_at.into(),
            call: session.call.as_ref().map(Call::from),
            waiting_for_guest: session.waits_for_guest(view.now),
            log_off_at: session.log_off_at(pool).map(Into::into),
            silent_at: session.silent_at(pool).map(Into::into),
            log_out_after_call: session.log_out_after_call.is_some(),
        }
    }
}

/// What a device is answered that said something: its session, or how that ended.
pub fn after_report(result: Result<&AfterReport, &Refusal>) -> Reply {
    shown(StatusCode::OK, result)
}

/// Likewise, of a call that began by it.
pub fn after_first_report(result: Result<&AfterReport, &Refusal>) -> Reply {
    shown(StatusCode::CREATED, result)
}

fn shown(status: StatusCode, result: Result<&AfterReport, &Refusal>) -> Reply {
    match result {
        Ok(Ok(view)) => reply(status, &Session::from(view)),
        Ok(Err(ended)) => Problem::from(ended).into_reply(),
        Err(refusal) => Problem::from(refusal).into_reply(),
    }
}

/// A device, as it names itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The id that it gives itself and keeps: whoever asks with the same one again is the
    /// same device.
    #[schema(min_length = 1, max_length = 200)]
    pub id: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

impl From<Device> for app::Device {
    fn from(device: Device) -> Self {
        app::Device {
            id: device.id,
            name: device.name,
        }
    }
}

/// A session, to its own device.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OwnSession {
    /// The session.
    pub session: SessionId,
}

/// A session of a domain.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfSession {
    /// The domain.
    pub domain: DomainId,
    /// The session.
    pub session: SessionId,
}

impl OfSession {
    /// As who asks.
    #[must_use]
    pub fn by(self, ask: &Ask) -> app::OfSession {
        app::OfSession {
            domain: self.domain.0,
            session: self.session.0,
            token: ask.token,
        }
    }
}
