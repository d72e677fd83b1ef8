//! Refusals: all the ways in which a command is turned down. A closed list, each with the
//! code that the API shows. A storage error is never one of them.

use crate::ids::{AccountId, CallId, DeviceKey, PoolId, SessionId};
use crate::links::LinkState;
use crate::prices::Currency;
use crate::seats::{Quantities, SeatKind};
use crate::sessions::EndReason;
use crate::standing::Prerequisite;
use crate::time::Time;

/// Why a command was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No seat of this kind is left (rules A1, A3), or none of the pool is free (rule E4).
    #[error("no {} seat is available", kind.name())]
    NoSeatAvailable {
        /// The first kind that was short.
        kind: SeatKind,
        /// The pool that someone wanted to log in to.
        pool: Option<PoolId>,
    },
    /// The user is on another device, and didn't ask to take over (rule E5).
    #[error("you are logged in on another device")]
    SessionElsewhere {
        /// The session there.
        session: SessionId,
        /// The device.
        device: DeviceKey,
    },
    /// The session is over (rule E7).
    #[error("the session has ended")]
    SessionEnded {
        /// Why.
        reason: EndReason,
        /// By whom; none for what time brought about.
        by: Option<AccountId>,
        /// When.
        at: Time,
    },
    /// Users are assigned to the pool (rule E10).
    #[error("users are assigned to the pool")]
    PoolNotEmpty {
        /// How many.
        users: u32,
    },
    /// One call at a time (rule F1).
    #[error("another call is in progress")]
    CallInProgress {
        /// That call.
        call: CallId,
    },
    /// The call link was used up, revoked, or its time has passed (rule F2).
    #[error("the call link is no longer valid")]
    LinkNotValid {
        /// Which of them.
        state: LinkState,
    },
    /// Whom the guest calls is not logged in (rule F2).
    #[error("the user is not logged in")]
    UserLoggedOff,
    /// A prerequisite for operating the domain is missing (rule C3).
    #[error("the domain's owner does not meet all prerequisites")]
    NotInStanding {
        /// All that are.
        missing: Vec<Prerequisite>,
    },
    /// What the preview gave no longer holds (rule A5).
    #[error("the price or the order changed since the preview: {what}")]
    PriceChanged {
        /// Which of the three.
        what: &'static str,
    },
    /// Fewer seats than are in use (rule A4).
    #[error("more seats are in use than would be ordered")]
    BelowUse {
        /// How many to free of each kind.
        to_free: Quantities,
    },
    /// A move that would put a domain below itself (rule C6).
    #[error("the move would put a domain below itself")]
    WouldMakeACircle,
    /// The user or account owns a domain (rules C7, D1).
    #[error("it owns a domain, which has to be handed over or closed first")]
    OwnsADomain,
    /// The caller may not do this.
    #[error("you may not do this")]
    NotAllowed,
    /// The tier does not give this.
    #[error("your seat does not include this")]
    NotEntitled,
    /// An idempotency key that came with another body before (rule I3).
    #[error("this idempotency key came with another request before")]
    IdempotencyMismatch,
    /// Nobody is signed in.
    #[error("sign in first")]
    NotSignedIn,
    /// Wrong e-mail, password or code; which one is not said (rule I1).
    #[error("the e-mail, the password or the code is wrong")]
    WrongCredentials,
    /// Too many wrong attempts (rule I1).
    #[error("too many attempts; wait before the next")]
    TooManyAttempts {
        /// How long to wait, in seconds.
        retry_after_seconds: i64,
    },
    /// What was named does not exist, or not for the caller.
    #[error("there is no such {what}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
    },
    /// A value that can't be.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Several values that can't be, in a list (CSV rows).
    #[error("some rows can't be taken")]
    InvalidRows {
        /// Row number, counted from one, field and what is wrong.
        rows: Vec<(u32, &'static str, String)>,
    },
    /// A name that is taken (e-mail, prefix, external id).
    #[error("{field} is taken")]
    Taken {
        /// The field.
        field: &'static str,
    },
    /// Not in the state in which this can be done.
    #[error("{why}")]
    WrongState {
        /// What stands in the way.
        why: &'static str,
    },
    /// The operator has set no prices in this currency.
    #[error("there are no prices in {currency}")]
    NoPrice {
        /// The currency.
        currency: Currency,
    },
}

impl Refusal {
    /// The stable code that the API shows.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NoSeatAvailable { .. } => "no_seat_available",
            Refusal::SessionElsewhere { .. } => "session_elsewhere",
            Refusal::SessionEnded { .. } => "session_ended",
            Refusal::PoolNotEmpty { .. } => "pool_not_empty",
            Refusal::CallInProgress { .. } => "call_in_progress",
            Refusal::LinkNotValid { .. } => "link_not_valid",
            Refusal::UserLoggedOff => "user_logged_off",
            Refusal::NotInStanding { .. } => "not_in_standing",
            Refusal::PriceChanged { .. } => "price_changed",
            Refusal::BelowUse { .. } => "below_use",
            Refusal::WouldMakeACircle => "would_make_a_circle",
            Refusal::OwnsADomain => "owns_a_domain",
            Refusal::NotAllowed => "not_allowed",
            Refusal::NotEntitled => "not_entitled",
            Refusal::IdempotencyMismatch => "idempotency_mismatch",
            Refusal::NotSignedIn => "not_signed_in",
            Refusal::WrongCredentials => "wrong_credentials",
            Refusal::TooManyAttempts { .. } => "too_many_attempts",
            Refusal::NotFound { .. } => "not_found",
            Refusal::Invalid { .. } | Refusal::InvalidRows { .. } => "invalid",
            Refusal::Taken { .. } => "taken",
            Refusal::WrongState { .. } => "wrong_state",
            Refusal::NoPrice { .. } => "no_price",
        }
    }

    /// There is no such thing, or not for the caller.
    #[must_use]
    pub fn not_found(what: &'static str) -> Refusal {
        Refusal::NotFound { what }
    }
}
