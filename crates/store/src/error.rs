//! What can go wrong with storage. Never a refusal: those are decided by the rules.

/// The result of a call to a store.
pub type Result<T> = std::result::Result<T, Error>;

/// A storage error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A head has moved on since the snapshot: load, decide and commit again.
    #[error("the state changed in between")]
    Conflict,
    /// A name that must be unique is taken; the constraint or table that says so.
    #[error("not unique: {0}")]
    NotUnique(String),
    /// A constraint other than uniqueness refused the rows: a bug in a decision, stopped
    /// by the database.
    #[error("the database refused the rows: {0}")]
    Constraint(String),
    /// The connection was lost around the commit: it may have happened or not.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// A row that can't be.
    #[error("inconsistent row in {table}: {what}")]
    Inconsistent {
        /// In which table.
        table: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The store can't be reached now; trying again may help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A write could not be made durable. The store acknowledges nothing any more until
    /// it is opened again.
    #[error("the store could not write to disk and has stopped: {0}")]
    Stopped(String),
    /// The store was made with or without a sandbox, and is opened the other way.
    #[error("{0}")]
    Sandbox(&'static str),
    /// Anything else that the engine reports.
    #[error("{0}")]
    Engine(String),
}

impl Error {
    /// A row that can't be.
    pub fn inconsistent(table: &'static str, what: impl Into<String>) -> Error {
        Error::Inconsistent {
            table,
            what: what.into(),
        }
    }
}
