//! domains.
