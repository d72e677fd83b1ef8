//! writes.
