//! seats.
