//! Request ids.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header that brings an id, and carries it back.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids for requests that bring none: what this process began with, and a number. Unique,
/// and for the price of an addition.
pub(super) struct Ids {
    process: u64,
    next: AtomicU64,
}

impl Ids {
    pub(super) fn new() -> Ids {
        // The only random bits and the only clock here; nothing is decided by them.
        let (time, random) = Uuid::now_v7().as_u64_pair();
        Ids {
            process: time.rotate_left(16) ^ random,
            next: AtomicU64::new(random & 0xffff_ffff),
        }
    }

    /// The id that the request brings, if it is a UUID; a new one otherwise.
    pub(super) fn of(&self, headers: &HeaderMap) -> Uuid {
        let brought = headers.get(X_REQUEST_ID);
        brought
            .and_then(|id| Uuid::try_parse_ascii(id.as_bytes()).ok())
            .unwrap_or_else(|| self.next())
    }

    fn next(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let bits = (u128::from(self.process) << 64) | u128::from(number);
        uuid::Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j1_request_ids_differ() {
        let ids = Ids::new();
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.get_version_num(), 8);
    }
}
