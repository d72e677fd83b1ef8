//! roles.
