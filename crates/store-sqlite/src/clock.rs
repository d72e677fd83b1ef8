//! The store's clock: this machine's, moved in a sandbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use usher_rules::Time;

/// Where `now` comes from.
#[derive(Clone)]
pub struct Clock {
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that is so many microseconds ahead.
    pub fn ahead_by(offset: i64) -> Clock {
        Clock {
            offset: Arc::new(AtomicI64::new(offset)),
        }
    }

    /// Moves it.
    pub fn set_ahead_by(&self, offset: i64) {
        self.offset.store(offset, Ordering::SeqCst);
    }

    // The database's clock is this machine's: the store is where `now` comes from.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> Time {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Time(micros.saturating_add(self.offset.load(Ordering::SeqCst)))
    }
}
