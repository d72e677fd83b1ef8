//! Where ids and secrets come from. Given to the app, so that a simulation can replay.

use uuid::Uuid;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's.
#[derive(Debug, Default, Clone, Copy)]
pub struct System;

impl Entropy for System {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness nothing here is safe to do.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// A new id of this time: UUID version 7 (RFC 9562).
pub fn uuid(entropy: &dyn Entropy, now: usher_rules::Time) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.0 / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
