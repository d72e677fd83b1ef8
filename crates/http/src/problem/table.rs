//! The one table of problems: every refusal and every failure with its status.

use usher_rules::Refusal;
use usher_store::Error;

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The stable code.
    pub code: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What it is called.
    pub title: &'static str,
    /// What it means, and what to do.
    pub explanation: &'static str,
    /// How long to wait before the next try, where waiting helps.
    pub retry_after_seconds: Option<i64>,
}

/// The table: a constant per kind, and all of them as a list.
macro_rules! kinds {
    (@retry) => { None };
    (@retry $retry:literal) => { Some($retry) };
    ($($name:ident $status:literal $code:literal $(retry $retry:literal)? $title:literal: $explanation:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: Kind = Kind {
                code: $code,
                status: $status,
                title: $title,
                explanation: $explanation,
                retry_after_seconds: kinds!(@retry $($retry)?),
            };
        )*

        /// All kinds.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    // What a request itself can be wrong in.
    MALFORMED 400 "malformed" "Not JSON":
        "The body is not a JSON text.";
    NOT_SIGNED_IN 401 "not_signed_in" "Not signed in":
        "The request carries no token, or one that is no longer good. Sign in with POST /v1/login.";
    WRONG_CREDENTIALS 401 "wrong_credentials" "Wrong credentials":
        "The e-mail, the password or the code is wrong; which one is not said.";
    NOT_ALLOWED 403 "not_allowed" "Not allowed":
        "Your role does not include this, or your token may only read.";
    NOT_ENTITLED 403 "not_entitled" "Not included":
        "Your seat does not include this.";
    NOT_IN_STANDING 403 "not_in_standing" "Not in standing":
        "The domain's owner lacks something that operating a domain needs; `missing` lists all of it.";
    CROSS_ORIGIN 403 "cross_origin" "From another site":
        "A write with the panel's cookie must come from the panel itself.";
    NOT_FOUND 404 "not_found" "Not found":
        "There is nothing here, or not for you.";
    METHOD_NOT_ALLOWED 405 "method_not_allowed" "Method not allowed":
        "This address takes other methods; the header `Allow` names them.";
    TOO_LARGE 413 "too_large" "Too large":
        "The body is larger than this server takes.";
    UNSUPPORTED_MEDIA_TYPE 415 "unsupported_media_type" "Unsupported media type":
        "The body must be JSON, with the header `Content-Type: application/json`.";
    INVALID 422 "invalid" "Not as described":
        "Some fields are not as they must be; `errors` names each.";
    IDEMPOTENCY_MISMATCH 422 "idempotency_mismatch" "Idempotency key used before":
        "This Idempotency-Key came with another request before. Take a new key for a new request.";
    TOO_MANY_ATTEMPTS 429 "too_many_attempts" "Too many attempts":
        "There were too many wrong attempts. Wait as long as `Retry-After` says.";

    // What the state stands against.
    NO_SEAT_AVAILABLE 409 "no_seat_available" "No seat available":
        "All seats of the kind in `kind`, or of the pool, are in use. Order more, or free one.";
    SESSION_ELSEWHERE 409 "session_elsewhere" "Logged in on another device":
        "You are logged in on another device. Ask to take over, and that one is logged out.";
    SESSION_ENDED 410 "session_ended" "The session has ended":
        "The session is over. Log in again.";
    POOL_NOT_EMPTY 409 "pool_not_empty" "Users are assigned":
        "Users are assigned to the pool, invited ones among them. Move them first.";
    CALL_IN_PROGRESS 409 "call_in_progress" "Another call":
        "A session has one call at a time, and one that rings counts.";
    LINK_NOT_VALID 410 "link_not_valid" "No longer valid":
        "The call link was used up or revoked, or its time has passed.";
    USER_LOGGED_OFF 409 "user_logged_off" "Not logged in":
        "Whom you call is not logged in.";
    PRICE_CHANGED 409 "price_changed" "Changed since the preview":
        "The price book, the order or the total is no longer what the preview gave. Preview again.";
    BELOW_USE 409 "below_use" "Below use":
        "More seats are in use than would be ordered; `to_free` says how many to free. Or order with `when: period_end`.";
    WOULD_MAKE_A_CIRCLE 409 "would_make_a_circle" "Would make a circle":
        "The move would put a domain below itself.";
    OWNS_A_DOMAIN 409 "owns_a_domain" "Owns a domain":
        "Hand the domain over or close it first. An account owns at most one.";
    TAKEN 409 "taken" "Taken":
        "Someone else has this name already.";
    WRONG_STATE 409 "wrong_state" "Not in this state":
        "This can't be done in the present state; `detail` says what stands in the way.";
    NO_PRICE 409 "no_price" "No price":
        "The operator has set no prices in this currency.";

    // What the server can't do.
    INTERNAL 500 "internal" "Internal error":
        "Something went wrong inside the server. Its log knows more under the id in the header `x-request-id`.";
    BUSY 503 "busy" retry 1 "Busy":
        "Too much is going on at once. Nothing was done; try again in a moment.";
    UNAVAILABLE 503 "unavailable" retry 2 "Storage unavailable":
        "The database can't be reached. Nothing was done; try again in a moment.";
    STOPPED 503 "stopped" retry 30 "Storage stopped":
        "The store could not write to disk and acknowledges nothing more until the server is started again.";
    OUTCOME_UNKNOWN 503 "outcome_unknown" retry 2 "Outcome unknown":
        "The database was lost around the commit. Send the request again with the same Idempotency-Key.";
    TIMED_OUT 503 "timed_out" retry 5 "Timed out":
        "The answer took too long; what was asked may still be done. Send the request again with the same Idempotency-Key.";
}

/// The kind with this code.
#[must_use]
pub fn kind_of_code(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

/// What answers a refusal.
#[must_use]
pub fn kind_of(refusal: &Refusal) -> &'static Kind {
    match refusal {
        Refusal::NoSeatAvailable { .. } => &NO_SEAT_AVAILABLE,
        Refusal::SessionElsewhere { .. } => &SESSION_ELSEWHERE,
        Refusal::SessionEnded { .. } => &SESSION_ENDED,
        Refusal::PoolNotEmpty { .. } => &POOL_NOT_EMPTY,
        Refusal::CallInProgress { .. } => &CALL_IN_PROGRESS,
        Refusal::LinkNotValid { .. } => &LINK_NOT_VALID,
        Refusal::UserLoggedOff => &USER_LOGGED_OFF,
        Refusal::NotInStanding { .. } => &NOT_IN_STANDING,
        Refusal::PriceChanged { .. } => &PRICE_CHANGED,
        Refusal::BelowUse { .. } => &BELOW_USE,
        Refusal::WouldMakeACircle => &WOULD_MAKE_A_CIRCLE,
        Refusal::OwnsADomain => &OWNS_A_DOMAIN,
        Refusal::NotAllowed => &NOT_ALLOWED,
        Refusal::NotEntitled => &NOT_ENTITLED,
        Refusal::IdempotencyMismatch => &IDEMPOTENCY_MISMATCH,
        Refusal::NotSignedIn => &NOT_SIGNED_IN,
        Refusal::WrongCredentials => &WRONG_CREDENTIALS,
        Refusal::TooManyAttempts { .. } => &TOO_MANY_ATTEMPTS,
        Refusal::NotFound { .. } => &NOT_FOUND,
        Refusal::Invalid { .. } | Refusal::InvalidRows { .. } => &INVALID,
        Refusal::Taken { .. } => &TAKEN,
        Refusal::WrongState { .. } => &WRONG_STATE,
        Refusal::NoPrice { .. } => &NO_PRICE,
    }
}

/// What answers a storage error. A row that the database refused, or one that can't be, is
/// a bug: 500, and the log says which.
#[must_use]
pub fn kind_of_error(error: &Error) -> &'static Kind {
    match error {
        Error::Conflict => &BUSY,
        Error::Unavailable(_) => &UNAVAILABLE,
        Error::Stopped(_) => &STOPPED,
        Error::Unknown(_) => &OUTCOME_UNKNOWN,
        Error::Sandbox(_) => &WRONG_STATE,
        Error::NotUnique(_)
        | Error::Constraint(_)
        | Error::Inconsistent { .. }
        | Error::Engine(_) => &INTERNAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_rules::Time;
    use usher_rules::ids::{CallId, DeviceKey, SessionId};
    use usher_rules::links::LinkState;
    use usher_rules::prices::Currency;
    use usher_rules::seats::{Quantities, SeatKind};
    use usher_rules::sessions::EndReason;

    #[test]
    fn every_refusal_has_its_status() {
        let refusals = [
            (
                Refusal::NoSeatAvailable {
                    kind: SeatKind::Business,
                    pool: None,
                },
                409,
            ),
            (
                Refusal::SessionElsewhere {
                    session: SessionId::nth(1),
                    device: DeviceKey::nth(1),
                },
                409,
            ),
            (
                Refusal::SessionEnded {
                    reason: EndReason::LoggedOut,
                    by: None,
                    at: Time::ZERO,
                },
                410,
            ),
            (Refusal::PoolNotEmpty { users: 1 }, 409),
            (
                Refusal::CallInProgress {
                    call: CallId::nth(1),
                },
                409,
            ),
            (
                Refusal::LinkNotValid {
                    state: LinkState::Used,
                },
                410,
            ),
            (Refusal::UserLoggedOff, 409),
            (Refusal::NotInStanding { missing: vec![] }, 403),
            (Refusal::PriceChanged { what: "order" }, 409),
            (
                Refusal::BelowUse {
                    to_free: Quantities::default(),
                },
                409,
            ),
            (Refusal::WouldMakeACircle, 409),
            (Refusal::OwnsADomain, 409),
            (Refusal::NotAllowed, 403),
            (Refusal::NotEntitled, 403),
            (Refusal::IdempotencyMismatch, 422),
            (Refusal::NotSignedIn, 401),
            (Refusal::WrongCredentials, 401),
            (
                Refusal::TooManyAttempts {
                    retry_after_seconds: 1,
                },
                429,
            ),
            (Refusal::not_found("user"), 404),
            (
                Refusal::Invalid {
                    field: "name",
                    why: "too long",
                },
                422,
            ),
            (Refusal::InvalidRows { rows: vec![] }, 422),
            (Refusal::Taken { field: "prefix" }, 409),
            (Refusal::WrongState { why: "" }, 409),
            (
                Refusal::NoPrice {
                    currency: Currency::EUR,
                },
                409,
            ),
        ];
        for (refusal, status) in refusals {
            let kind = kind_of(&refusal);
            assert_eq!(kind.status, status, "{refusal:?}");
            assert_eq!(kind.code, refusal.code());
            assert_eq!(kind_of_code(refusal.code()), Some(kind));
        }
    }

    #[test]
    fn every_storage_error_has_its_status() {
        let text = || "what happened".to_owned();
        let errors = [
            (Error::Conflict, 503, "busy"),
            (Error::NotUnique(text()), 500, "internal"),
            (Error::Constraint(text()), 500, "internal"),
            (Error::Unknown(text()), 503, "outcome_unknown"),
            (Error::inconsistent("users", "what"), 500, "internal"),
            (Error::Unavailable(text()), 503, "unavailable"),
            (Error::Stopped(text()), 503, "stopped"),
            (Error::Sandbox("not one"), 409, "wrong_state"),
            (Error::Engine(text()), 500, "internal"),
        ];
        for (error, status, code) in errors {
            let kind = kind_of_error(&error);
            assert_eq!((kind.status, kind.code), (status, code), "{error:?}");
            assert_eq!(kind.retry_after_seconds.is_some(), status == 503);
        }
    }

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = KINDS.iter().map(|kind| kind.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), KINDS.len());
    }
}
