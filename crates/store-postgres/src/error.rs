//! What the engine's errors are to whoever asked.

use std::error::Error as _;

use tokio_postgres::error::{DbError, Severity, SqlState};
use usher_store::Error;

/// Keys that only a commit under a wrong version can meet twice.
const VERSIONS: [&str; 2] = ["heads_pkey", "journal_by_head"];

/// The store's word for an error of the engine.
pub(crate) fn translate(error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(db) => of_database(db),
        None => match error.source() {
            Some(cause) => Error::Unavailable(format!("{error}: {cause}")),
            None => Error::Unavailable(error.to_string()),
        },
    }
}

fn of_database(error: &DbError) -> Error {
    let code = error.code();
    if *code == SqlState::UNIQUE_VIOLATION {
        return not_unique(error);
    }
    let conflicts = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        // How our own statements say that a version is another than expected.
        SqlState::DIVISION_BY_ZERO,
    ];
    if conflicts.contains(code) {
        return Error::Conflict;
    }
    let told = || format!("{} ({})", error.message(), code.code());
    match code.code().get(..2) {
        // Other constraints, and text or numbers that the engine can't hold.
        Some("23") => Error::Constraint(error.constraint().map_or_else(told, str::to_owned)),
        Some("22") => Error::Constraint(told()),
        // Connections, resources, an operator's intervention.
        Some("08" | "53" | "57") => Error::Unavailable(told()),
        _ if is_fatal(error) || is_passing(code) => Error::Unavailable(told()),
        _ => Error::Engine(told()),
    }
}

fn not_unique(error: &DbError) -> Error {
    match error.constraint() {
        Some(name) if VERSIONS.contains(&name) => Error::Conflict,
        Some(name) => Error::NotUnique(name.to_owned()),
        None => Error::NotUnique(error.message().to_owned()),
    }
}

/// Whether a commit met a version that is there already.
pub(crate) fn is_of_versions(error: &tokio_postgres::Error) -> bool {
    let constraint = error.as_db_error().and_then(DbError::constraint);
    constraint.is_some_and(|name| VERSIONS.contains(&name))
}

/// A lock that took too long; a server that became a standby.
fn is_passing(code: &SqlState) -> bool {
    *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

fn is_fatal(error: &DbError) -> bool {
    matches!(
        error.parsed_severity(),
        Some(Severity::Fatal | Severity::Panic)
    )
}

/// Whether the session ends with this error.
pub(crate) fn ends_session(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || error.as_db_error().is_some_and(is_fatal)
}
