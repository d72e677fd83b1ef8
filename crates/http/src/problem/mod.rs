//! Problems (RFC 9457): what an answer says when something was not done.
//!
//! Which status each refusal and each failure has stands in [`table`], and nowhere else.

pub mod table;

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use usher_app::{Failure, Reply};
use usher_rules::Refusal;
use utoipa::ToSchema;

use crate::shape::FieldError;
use crate::wire::{
    AccountId, CallId, Currency, EndReason, LinkState, Moment, PoolId, Prerequisite, Quantities,
    SeatKind,
};
pub use table::{Kind, kind_of_code};

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Errors that one problem names at most.
const MOST_ERRORS: usize = 100;

/// Why something was not done (RFC 9457). Nothing has changed, unless the code is
/// `outcome_unknown` or `timed_out`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Where this kind of problem is described.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    pub kind_uri: String,
    /// What kind of problem it is, for people.
    pub title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What it is in this case, for people.
    pub detail: String,
    /// What kind of problem it is, for programs. Stable.
    pub code: String,
    /// `invalid`, `taken`: each field with what is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// `no_seat_available`: the kind of which none is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SeatKind>,
    /// `link_not_valid`: in which state the call link is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<LinkState>,
    /// `not_in_standing`: everything that is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub missing: Vec<Prerequisite>,
    /// `below_use`: how many seats to free of each kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_free: Option<Quantities>,
    /// `price_changed`: which part of the preview no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    /// `no_price`: the currency without prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// `no_seat_available`, at a log-in: the pool of which no seat is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// `pool_not_empty`: how many users are assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub users: Option<u32>,
    /// `session_elsewhere`: what the device is called on which the user is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// `call_in_progress`: the call that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// `session_ended`: why, by whom, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// How many seconds to wait before the next try; also in the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub retry_after_seconds: Option<i64>,
}

/// How a session ended (rule E7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// By whom; `null` for what time brought about.
    pub by: Option<AccountId>,
    /// What that person is called; in the streams of devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// When.
    pub at: Moment,
}

/// What went wrong inside, for the log; never part of an answer.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: &Kind, detail: impl Into<String>) -> Problem {
        Problem {
            kind_uri: format!("/problems/{}", kind.code),
            title: kind.title.to_owned(),
            status: kind.status,
            detail: detail.into(),
            code: kind.code.to_owned(),
            errors: Vec::new(),
            kind: None,
            state: None,
            missing: Vec::new(),
            to_free: None,
            changed: None,
            currency: None,
            pool: None,
            users: None,
            device: None,
            call: None,
            ended: None,
            retry_after_seconds: kind.retry_after_seconds,
        }
    }

    /// Fields that are not as they must be.
    #[must_use]
    pub fn fields(mut errors: Vec<FieldError>) -> Problem {
        errors.truncate(MOST_ERRORS);
        let mut names: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        names.dedup();
        let detail = format!("not as described: {}", names.join(", "));
        Problem {
            errors,
            ..Problem::new(&table::INVALID, detail)
        }
    }

    /// There is no such thing, or not for the caller.
    #[must_use]
    pub fn not_found() -> Problem {
        Problem::new(&table::NOT_FOUND, "there is nothing here, or not for you")
    }

    /// As a reply that can be kept.
    #[must_use]
    pub fn into_reply(self) -> Reply {
        Reply {
            status: self.status,
            // A struct of texts and numbers always has a JSON form.
            body: serde_json::to_string(&self).unwrap_or_default(),
        }
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let mut problem = Problem::new(table::kind_of(refusal), refusal.to_string());
        match refusal {
            Refusal::NoSeatAvailable { kind, pool } => {
                problem.kind = Some((*kind).into());
                problem.pool = pool.map(Into::into);
            }
            Refusal::PoolNotEmpty { users } => problem.users = Some(*users),
            Refusal::CallInProgress { call } => problem.call = Some((*call).into()),
            Refusal::SessionEnded { reason, by, at } => {
                problem.ended = Some(Ended {
                    reason: (*reason).into(),
                    by: by.map(Into::into),
                    by_name: None,
                    at: (*at).into(),
                });
            }
            Refusal::LinkNotValid { state } => problem.state = Some((*state).into()),
            Refusal::NotInStanding { missing } => {
                problem.missing = missing.iter().map(|word| (*word).into()).collect();
            }
            Refusal::BelowUse { to_free } => problem.to_free = Some((*to_free).into()),
            Refusal::PriceChanged { what } => problem.changed = Some((*what).to_owned()),
            Refusal::TooManyAttempts {
                retry_after_seconds,
            } => problem.retry_after_seconds = Some(*retry_after_seconds),
            Refusal::Invalid { field, why } => problem.errors = vec![FieldError::new(*field, *why)],
            Refusal::Taken { field } => problem.errors = vec![FieldError::new(*field, "is taken")],
            Refusal::InvalidRows { rows } => {
                let errors = rows.iter().map(|(row, field, detail)| FieldError {
                    row: Some(*row),
                    ..FieldError::new(*field, detail)
                });
                problem.errors = errors.collect();
            }
            Refusal::NoPrice { currency } => problem.currency = Some(Currency(*currency)),
            _ => {}
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        crate::answer::of_reply(self.into_reply())
    }
}

/// Why a handler gave no answer of its own: a problem, and what to log of it.
#[derive(Debug, Clone)]
pub struct Stopped {
    problem: Box<Problem>,
    cause: Option<Cause>,
}

impl Stopped {
    /// By a problem of this kind, which says all there is to say.
    #[must_use]
    pub fn by(kind: &Kind) -> Stopped {
        Problem::new(kind, kind.explanation).into()
    }

    /// By a problem of this kind.
    #[must_use]
    pub fn saying(kind: &Kind, detail: impl Into<String>) -> Stopped {
        Problem::new(kind, detail).into()
    }

    /// By fields that are not as they must be.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Stopped {
        Problem::fields(errors).into()
    }

    /// By one field that is not as it must be.
    #[must_use]
    pub fn invalid(field: &str, detail: &str) -> Stopped {
        Stopped::fields(vec![FieldError::new(field, detail)])
    }

    /// By there being no such thing, or not for the caller.
    #[must_use]
    pub fn not_found() -> Stopped {
        Problem::not_found().into()
    }

    /// Something went wrong inside, which only the log says.
    #[must_use]
    pub fn inside(cause: impl Into<String>) -> Stopped {
        Stopped {
            cause: Some(Cause(cause.into())),
            ..Stopped::by(&table::INTERNAL)
        }
    }
}

impl From<&Refusal> for Stopped {
    fn from(refusal: &Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Stopped {
            problem: Box::new(problem),
            cause: None,
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        let (kind, cause) = match &failure {
            Failure::Refused(refusal) => return Problem::from(refusal).into(),
            Failure::Busy => (&table::BUSY, None),
            Failure::Store(error) => (table::kind_of_error(error), Some(error.to_string())),
        };
        Stopped {
            cause: cause.map(Cause),
            ..Stopped::by(kind)
        }
    }
}

impl IntoResponse for Stopped {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}
